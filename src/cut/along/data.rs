//! The files that kept tests read: data named in their strings, snapshots, seeds of property tests.
//!
//! Input: the view, the hosts, what is kept. Output: bytes by relative path, and what is too large to come.
//! A path in a string is tried from the package's folder, where cargo runs tests, and from the source file's;
//! a folder stands for all in it. What rustc reads itself (`include_str!`) is known from the check.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use super::host::Host;
use super::propose::Proposal;
use super::view::View;
use crate::cut::Job;
use crate::id::ItemId;
use crate::oracle::shadow;
use crate::workspace::Package;

/// A folder with more bytes than this does not come.
const MAX_FOLDER: u64 = 64 * 1024 * 1024;

/// Data for tests.
#[derive(Clone, Debug, Default)]
pub struct Data {
    /// Files by their path in the output.
    pub files: BTreeMap<Utf8PathBuf, Vec<u8>>,
    /// Folders that are too large, relative to the workspace.
    pub too_large: BTreeSet<Utf8PathBuf>,
}

/// Collects.
pub fn data(job: &Job<'_>, view: &View, hosts: &[Host], proposal: &Proposal) -> Data {
    let mut data = Data::default();
    let tree = &view.tree;
    for (host, kept) in hosts.iter().zip(&proposal.kept) {
        let Some(package) = job.workspace.package(host.package) else {
            continue;
        };
        let taker = Taker {
            job,
            view,
            host,
            package,
        };
        let mut seen: BTreeSet<(String, Utf8PathBuf)> = BTreeSet::new();
        for item in kept {
            let file = tree.file(tree.item(*item).file);
            let text = tree.raw(*item).range.of(&file.text);
            let beside = file.path.parent().unwrap_or(&package.dir).to_owned();
            for literal in strings(text) {
                if seen.insert((literal.clone(), beside.clone())) {
                    taker.literal(&literal, &beside, &mut data);
                }
            }
            if text.contains("snapshot") {
                taker.snapshots(*item, &beside, &mut data);
            }
        }
        let is_property = kept.iter().any(|item| {
            let text = &tree.file(tree.item(*item).file).text;
            tree.raw(*item).range.of(text).contains("proptest")
        });
        if is_property {
            taker.folder(&package.dir.join("proptest-regressions"), &mut data);
        }
    }
    data
}

struct Taker<'a> {
    job: &'a Job<'a>,
    view: &'a View,
    host: &'a Host,
    package: &'a Package,
}

impl Taker<'_> {
    fn literal(&self, literal: &str, beside: &Utf8Path, data: &mut Data) {
        let Some(path) = path_in(literal) else { return };
        let mut bases = vec![self.package.dir.as_path()];
        // A word is seldom a path, but for the folders beside the manifest.
        if path.as_str().contains('/') || path.extension().is_some() {
            bases.push(beside);
        }
        for base in bases {
            let full = crate::text::clean(&base.join(&path));
            if full.is_file() {
                self.file(&full, data);
                return;
            }
            if full.is_dir() && self.is_data_folder(&full) {
                self.folder(&full, data);
                return;
            }
        }
    }

    /// A folder of data, and none that holds the package or its source.
    fn is_data_folder(&self, dir: &Utf8Path) -> bool {
        let root = &self.view.tree.file(self.host.root_file(self.view)).path;
        let source = root.parent().unwrap_or(root);
        dir.starts_with(&self.job.workspace.root)
            && !self.package.dir.starts_with(dir)
            && !source.starts_with(dir)
            && !dir.starts_with(source)
            && !dir.starts_with(&self.job.workspace.target_dir)
            && !dir.as_str().contains("/.git")
    }

    fn folder(&self, dir: &Utf8Path, data: &mut Data) {
        if !dir.is_dir() {
            return;
        }
        let files = shadow::files(dir, &self.job.workspace.target_dir);
        let size: u64 = files
            .iter()
            .filter_map(|f| fs_err::metadata(dir.join(f)).ok())
            .map(|m| m.len())
            .sum();
        if size > MAX_FOLDER {
            data.too_large
                .insert(self.job.workspace.relative(dir).to_owned());
            return;
        }
        for file in files {
            self.file(&dir.join(file), data);
        }
    }

    fn file(&self, source: &Utf8Path, data: &mut Data) {
        // Modules are rendered, and manifests are made.
        let is_module = self.view.tree.file_at(source).is_some();
        let is_manifest = matches!(source.file_name(), Some("Cargo.toml" | "Cargo.lock"));
        if is_module || is_manifest {
            return;
        }
        let Some(to) = self.host.place(self.view, self.package, source) else {
            return;
        };
        self.put(source, to, data);
    }

    fn put(&self, source: &Utf8Path, to: Utf8PathBuf, data: &mut Data) {
        let Ok(real) = source.canonicalize_utf8() else {
            return;
        };
        let root = &self.job.workspace.root;
        let root = root.canonicalize_utf8().unwrap_or_else(|_| root.clone());
        if real.starts_with(root)
            && let Ok(bytes) = fs_err::read(&real)
        {
            data.files.insert(to, bytes);
        }
    }

    /// The snapshots of the module that a test stands in: `snapshots/<crate>__<module>__<name>.snap`. The
    /// name begins with the crate's, which may be another in the output.
    fn snapshots(&self, item: ItemId, beside: &Utf8Path, data: &mut Data) {
        let tree = &self.view.tree;
        let node = tree.item(item);
        let module = tree.module_path(node.module).join("__");
        let own = tree.raw(item).name.clone();
        let dir = beside.join("snapshots");
        let Ok(entries) = dir.read_dir_utf8() else {
            return;
        };
        let renamed = node.krate == self.host.krate;
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Some(rest) = name.strip_prefix(&format!("{module}__")) else {
                continue;
            };
            // Other tests' snapshots come with them, or stay behind with them.
            let stem = rest.split(['.', '@']).next().unwrap_or(rest);
            let others = tree.items.iter().filter(|i| i.module == node.module);
            let is_others = others
                .map(|i| tree.raw(i.id).name.as_str())
                .filter(|n| *n != own)
                .any(|n| n == stem || n.strip_prefix("test_") == Some(stem));
            if is_others {
                continue;
            }
            let Some(to) = self.host.place(self.view, self.package, entry.path()) else {
                continue;
            };
            let krate = &tree.krate(node.krate).name;
            let to = match name.strip_prefix(krate.as_str()) {
                Some(rest) if renamed => to.with_file_name(format!("{}{rest}", self.host.lib_name)),
                _ => to,
            };
            self.put(entry.path(), to, data);
        }
    }
}

/// The part of a string that can be a path: up to the first placeholder or wildcard.
fn path_in(literal: &str) -> Option<Utf8PathBuf> {
    if literal.is_empty() || literal.len() > 300 || literal.contains(['\n', '\0']) {
        return None;
    }
    if literal.contains("://") {
        return None;
    }
    let fixed = match literal.find(['{', '*']) {
        Some(at) => literal.get(..at)?.rsplit_once('/')?.0,
        None => literal,
    };
    // `concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data")`
    let fixed = fixed.trim_start_matches('/').trim_start_matches("./");
    let path = Utf8Path::new(fixed);
    let is_name = path.components().any(|c| !matches!(c.as_str(), "." | ".."));
    is_name.then(|| path.to_owned())
}

/// The strings in a text, escapes resolved as far as paths need it.
fn strings(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('"') {
        let before = rest.get(..at).unwrap_or("");
        let after = rest.get(at + 1..).unwrap_or("");
        // `'"'` is no string.
        if before.ends_with('\'') && after.starts_with('\'') {
            rest = after;
            continue;
        }
        let hashes = before.len() - before.trim_end_matches('#').len();
        let is_raw = before.trim_end_matches('#').ends_with('r');
        let end = if is_raw {
            let close = format!("\"{}", "#".repeat(hashes));
            after.find(&close).map(|end| (end, end + close.len()))
        } else {
            closing(after).map(|end| (end, end + 1))
        };
        let Some((end, next)) = end else { break };
        let inner = after.get(..end).unwrap_or("");
        found.push(inner.replace("\\\\", "/"));
        rest = after.get(next..).unwrap_or("");
    }
    found
}

/// Where an ordinary string ends.
fn closing(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.char_indices().find_map(|(at, c)| {
        let ends = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        ends.then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_of_all_kinds_are_found() {
        let text = r####"read("a/b.txt"); '"'; r#"c"d.json"#; "e\"f"; concat!("/tests/x")"####;
        assert_eq!(
            strings(text),
            ["a/b.txt", "c\"d.json", "e\\\"f", "/tests/x"]
        );
    }

    #[test]
    fn a_path_ends_before_a_placeholder() {
        let path = |text: &str| path_in(text).map(Utf8PathBuf::into_string);
        assert_eq!(
            path("tests/data/{name}.json").as_deref(),
            Some("tests/data")
        );
        assert_eq!(path("/tests/data").as_deref(), Some("tests/data"));
        assert_eq!(path("./x.txt").as_deref(), Some("x.txt"));
        assert_eq!(path("{name}"), None);
        assert_eq!(path("https://a.b/c"), None);
        assert_eq!(path(".."), None);
    }
}
