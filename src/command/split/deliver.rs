//! What a split delivers beside the cut's own files: the review and the lock.
//!
//! Input: the job and the proven cut. Output: all files by relative path. Refuses nothing.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use cargo_metadata::DependencyKind;

use crate::cut::layout::Mode;
use crate::cut::{Cut, Job};
use crate::review;
use crate::review::lockfile::{self, Lock};

/// The review's file.
pub(super) const REVIEW: &str = "REVIEW.md";

/// The cut's files with the review and the lock, and the lock itself.
pub(super) fn files(job: &Job<'_>, cut: &Cut) -> (BTreeMap<Utf8PathBuf, Vec<u8>>, Lock) {
    let mut files = cut.files.clone();
    files.insert(REVIEW.into(), review::review(job, cut).into_bytes());
    let lock = review::lock(job, cut, &files);
    files.insert(lockfile::NAME.into(), lock.to_text().into_bytes());
    (files, lock)
}

/// The external crates that the manifests still name. A function crate's shim has some of its own: of its
/// manifest count those that the moved code names too.
pub(super) fn external_crates(job: &Job<'_>, cut: &Cut, in_text: &BTreeSet<String>) -> Vec<String> {
    let mut names = BTreeSet::new();
    for domain in &cut.layout.domains {
        let package = job.workspace.package(domain.package);
        match package.filter(|_| domain.mode == Mode::Kept) {
            Some(package) => {
                let built = package.dependencies.iter().filter(|d| {
                    d.kind == DependencyKind::Normal && d.path.is_none() && package.builds(d)
                });
                names.extend(built.map(|d| d.package.clone()));
            }
            None => names.extend(dependencies(cut, &domain.dir)),
        }
    }
    for entry in job.entries {
        let own = dependencies(cut, &format!("functions/{}", entry.name));
        names.extend(own.into_iter().filter(|name| in_text.contains(name)));
    }
    names.into_iter().collect()
}

/// What the manifest in a folder of the output depends on, path dependencies left out.
fn dependencies(cut: &Cut, dir: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let path = Utf8PathBuf::from(dir).join("Cargo.toml");
    let text = cut
        .files
        .get(&path)
        .and_then(|bytes| std::str::from_utf8(bytes).ok());
    let Some(manifest) = text.and_then(|text| toml::from_str::<toml::Table>(text).ok()) else {
        return names;
    };
    tables(&manifest, &mut names);
    let targets = manifest.get("target").and_then(toml::Value::as_table);
    for target in targets
        .into_iter()
        .flat_map(|t| t.values())
        .filter_map(toml::Value::as_table)
    {
        tables(target, &mut names);
    }
    names
}

fn tables(manifest: &toml::Table, names: &mut BTreeSet<String>) {
    let Some(table) = manifest.get("dependencies").and_then(toml::Value::as_table) else {
        return;
    };
    for (key, value) in table {
        let detail = value.as_table();
        if detail.is_some_and(|d| d.contains_key("path")) {
            continue;
        }
        let package = detail
            .and_then(|d| d.get("package"))
            .and_then(toml::Value::as_str);
        names.insert(package.unwrap_or(key).to_owned());
    }
}
