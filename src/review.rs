//! What a person and the next run read about an output: `REVIEW.md` and `extract.lock`.
//!
//! Input: the job and the proven cut. Output: texts, the same on any machine: no clock, no absolute paths.
//! Refuses nothing. What comes from the user's code is escaped for Markdown.

mod features;
mod krate;
pub mod lockfile;
mod open;
mod tests;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use camino::{Utf8Path, Utf8PathBuf};
use cargo_metadata::DependencyKind;

use crate::cut::layout::{Domain, Mode};
use crate::cut::{Cut, Job};
use crate::entry::plan::Entry;
use crate::id::ItemId;
use crate::render::edit::Edited;
use crate::slice::{self, Seeds};
use crate::syntax::{ItemKind, code_lines};
use crate::text::clean;
use crate::text::counted;
use crate::text::relative;
use crate::workspace::Package;
use lockfile::{Build, Lock, Moved, sha256};
use words::{Places, code, codes, prose};

/// `REVIEW.md`: what came, why, what was changed, what stayed behind, what is open, how to check.
pub fn review(job: &Job<'_>, cut: &Cut) -> String {
    let places = Places::new(job);
    let mut out = String::from("# Review of this cut\n\n");
    out.push_str(
        "Moved code is the monolith's own, byte for byte. The only edits are deletions (with them the \
         imports that nothing needs any more) and what the tables below name.\n\n",
    );
    summary(job, cut, &mut out);
    for domain in &cut.layout.domains {
        krate::section(job, cut, &places, domain, &mut out);
    }
    functions(job, cut, &mut out);
    features::section(cut, &mut out);
    tests::section(cut, &mut out);
    crates_left(job, cut, &mut out);
    open::section(job, cut, &places, &mut out);
    how_to_check(job, &mut out);
    out
}

/// `extract.lock` over the delivered files (itself left out): hashes, sources and entries.
pub fn lock(job: &Job<'_>, cut: &Cut, files: &BTreeMap<Utf8PathBuf, Vec<u8>>) -> Lock {
    let mut lock = Lock::of(files);
    let choice = &job.workspace.features;
    lock.build = Build {
        package: job
            .workspace
            .focus
            .and_then(|id| job.workspace.package(id))
            .map(|p| p.name.clone()),
        features: choice.features.clone(),
        all_features: choice.all,
        no_default_features: choice.no_default,
    };
    lock.entries = job
        .entries
        .iter()
        .map(|e| (e.path.clone(), e.name.clone()))
        .collect();
    for (path, bytes) in files {
        if let Some(test) = cut.tests.moved.get(path) {
            let key = match test.krate {
                Some(krate) => lockfile::crate_key(job.workspace, job.tree, krate),
                None => format!("test {}", test.target),
            };
            let moved = moved(job, key, &test.source, &test.text, &test.edited);
            lock.moved.insert(path.clone(), moved);
            continue;
        }
        let moved = match cut.layout.files.get(path) {
            Some(file) => match &file.origin {
                Some((krate, source, edited)) => {
                    let source = job.tree.file(*source);
                    let key = lockfile::crate_key(job.workspace, job.tree, *krate);
                    Some(moved(job, key, &source.path, &source.text, edited))
                }
                // Rust files of crates that are copied as they are; the rest is made, not moved.
                None if path.extension() == Some("rs") => copied(job, cut, path, bytes),
                None => None,
            },
            // What only the delivered files have is embedded data, copied as it is.
            None => copied(job, cut, path, bytes),
        };
        lock.moved.extend(moved.map(|moved| (path.clone(), moved)));
    }
    lock
}

/// What the lock says of moved code.
fn moved(job: &Job<'_>, of: String, source: &Utf8Path, text: &str, edited: &Edited) -> Moved {
    let stretches: Vec<_> = edited.stretches().collect();
    let kept: String = stretches.iter().map(|r| r.of(text)).collect();
    Moved {
        from: words::shown(job, source),
        of,
        sha256: sha256(text.as_bytes()),
        kept_sha256: sha256(kept.as_bytes()),
        kept: stretches.iter().map(|r| [r.start, r.end]).collect(),
        at: edited.pieces().iter().map(|(at, _, _)| *at).collect(),
    }
}

/// The source of a file that was copied whole: where its domain crate's folder maps it to.
fn copied(job: &Job<'_>, cut: &Cut, path: &Utf8Path, bytes: &[u8]) -> Option<Moved> {
    let inside = cut
        .layout
        .domains
        .iter()
        .filter(|d| path.starts_with(&d.dir));
    // Data that the workspace shares lies outside of any domain's folder.
    let outside = cut
        .layout
        .domains
        .iter()
        .filter(|d| !path.starts_with(&d.dir) && !path.starts_with("functions"));
    let (krate, source) = inside.chain(outside).find_map(|domain| {
        let package = job.workspace.package(domain.package)?;
        let source = clean(&package.dir.join(relative(path, Utf8Path::new(&domain.dir))));
        source.is_file().then_some((domain.krate, source))
    })?;
    let hash = sha256(bytes);
    let end = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    Some(Moved {
        from: words::shown(job, &source),
        of: lockfile::crate_key(job.workspace, job.tree, krate),
        sha256: hash.clone(),
        kept_sha256: hash,
        kept: vec![[0, end]],
        at: vec![0],
    })
}

/// Items and lines of a set, members apart from what holds them.
fn size(job: &Job<'_>, items: impl Iterator<Item = ItemId>) -> (usize, usize) {
    let tree = job.tree;
    let mut total = (0, 0);
    for id in items.filter(|id| krate::counts(job, *id)) {
        let members: usize = match tree.raw(id).kind {
            ItemKind::Impl | ItemKind::Trait => job
                .rules
                .members(id)
                .iter()
                .filter(|m| krate::counts(job, **m))
                .map(|m| tree.lines(*m))
                .sum(),
            _ => 0,
        };
        total.0 += 1;
        total.1 += tree.lines(id).saturating_sub(members);
    }
    total
}

fn summary(job: &Job<'_>, cut: &Cut, out: &mut String) {
    let tree = job.tree;
    let all = size(
        job,
        tree.items
            .iter()
            .filter(|i| i.active && !krate::is_test(job, i.id))
            .map(|i| i.id),
    );
    let total_lines: usize = tree.files.iter().map(|f| code_lines(&f.text)).sum();
    let moved: usize = cut
        .layout
        .files
        .values()
        .filter_map(|f| f.origin.as_ref())
        .map(|(_, _, edited)| code_lines(&edited.text))
        .sum();
    out.push_str("## Summary\n\n");
    out.push_str("| entry | function crate | items | lines | external crates no longer needed |\n");
    out.push_str("| --- | --- | --- | --- | --- |\n");
    for entry in job.entries {
        let seeds = Seeds {
            entries: vec![entry.item],
            blocked: cut.state.seeds.blocked.clone(),
            ..Seeds::default()
        };
        let alone = slice::slice(tree, job.graph, job.rules, &seeds);
        let own = size(
            job,
            alone
                .kept
                .keys()
                .copied()
                .filter(|id| cut.slice.kept.contains_key(id)),
        );
        let (gone, of) = dependencies_gone(job, cut, entry);
        let gone = match (gone.is_empty(), of) {
            (_, 0) => "it had none".to_owned(),
            (true, of) => format!("none of {of}"),
            (false, of) => format!(
                "{} of {of}: {}",
                gone.len(),
                codes(gone.iter().map(String::as_str))
            ),
        };
        let _ = writeln!(
            out,
            "| {} | {} | {} of {} | {} of {} | {gone} |",
            code(&entry.path),
            code(&format!("functions/{}", entry.name)),
            own.0,
            all.0,
            own.1,
            all.1,
        );
    }
    let _ = writeln!(
        out,
        "\nFields and variants count with their types, methods by themselves; tests and code that is switched off do not count, nor do blank lines and imports. \
         Together the domain crates hold {moved} of the monolith's {total_lines} lines.\n"
    );
    let _ = writeln!(
        out,
        "Checked: rustc compiled the cut {}; the last time all crates together, without a warning.\n",
        if cut.checks == 1 {
            "once".to_owned()
        } else {
            format!("{} times", cut.checks)
        }
    );
    let guesses = if job.graph.verified {
        "rustc resolved the references"
    } else {
        "no compiler was asked: all references are approximate"
    };
    let _ = writeln!(out, "Which item a name means: {guesses}.\n");
}

/// External crates that the entry's package and the members it stands on declare and the output does not;
/// and of how many.
fn dependencies_gone(job: &Job<'_>, cut: &Cut, entry: &Entry) -> (BTreeSet<String>, usize) {
    let Some(home) = job
        .workspace
        .package(job.tree.krate(job.tree.item(entry.item).krate).package)
    else {
        return (BTreeSet::new(), 0);
    };
    let relevant = |kind: DependencyKind| kind != DependencyKind::Development;
    let mut seen: BTreeSet<&str> = BTreeSet::from([home.name.as_str()]);
    let mut queue: Vec<&Package> = vec![home];
    let mut before = BTreeSet::new();
    while let Some(package) = queue.pop() {
        for dependency in package.dependencies.iter().filter(|d| relevant(d.kind)) {
            let member = job
                .workspace
                .by_name(&dependency.package)
                .filter(|p| dependency.path.as_ref().is_some_and(|path| *path == p.dir));
            match member {
                Some(member) => {
                    if seen.insert(member.name.as_str()) {
                        queue.push(member);
                    }
                }
                None => {
                    before.insert(dependency.package.clone());
                }
            }
        }
    }
    let mut after = BTreeSet::new();
    for domain in &cut.layout.domains {
        let Some(package) = job.workspace.package(domain.package) else {
            continue;
        };
        after.extend(declared(cut, domain, package));
    }
    let gone = before.difference(&after).cloned().collect();
    (gone, before.len())
}

/// The packages that a domain crate's delivered manifest depends on.
fn declared(cut: &Cut, domain: &Domain, package: &Package) -> BTreeSet<String> {
    if domain.mode == Mode::Kept {
        let built = package
            .dependencies
            .iter()
            .filter(|d| d.kind != DependencyKind::Development && package.builds(d));
        return built.map(|d| d.package.clone()).collect();
    }
    let path = Utf8Path::new(&domain.dir).join("Cargo.toml");
    let text = cut
        .files
        .get(&path)
        .map(|b| String::from_utf8_lossy(b).into_owned())
        .unwrap_or_default();
    let Ok(manifest) = text.parse::<toml::Table>() else {
        return BTreeSet::new();
    };
    let mut keys = BTreeSet::new();
    let mut read = |table: &toml::Table| {
        for name in ["dependencies", "build-dependencies"] {
            let list = table.get(name).and_then(toml::Value::as_table);
            keys.extend(list.into_iter().flat_map(toml::Table::keys).cloned());
        }
    };
    read(&manifest);
    for table in manifest
        .get("target")
        .and_then(toml::Value::as_table)
        .into_iter()
        .flat_map(toml::Table::values)
    {
        table.as_table().into_iter().for_each(&mut read);
    }
    keys.into_iter()
        .map(|key| {
            package
                .dependencies
                .iter()
                .find(|d| d.key == key)
                .map_or(key, |d| d.package.clone())
        })
        .collect()
}

/// Function crates: what they hold beside glue.
fn functions(job: &Job<'_>, cut: &Cut, out: &mut String) {
    out.push_str("## Function crates\n\n");
    for entry in job.entries {
        let dir = format!("functions/{}", entry.name);
        let owned = cut
            .state
            .owned
            .values()
            .filter(|of| **of == entry.item)
            .count();
        let shim = if entry.crossing.is_some() {
            "a shim that was generated, "
        } else {
            ""
        };
        let holds = if owned == 0 {
            "no moved code".to_owned()
        } else {
            counted(owned, "moved item")
        };
        let _ = writeln!(
            out,
            "- {}: {shim}{holds}, for {}.\n",
            code(&dir),
            code(&entry.path)
        );
        let chosen = entry.crossing.iter().flat_map(|c| &c.chosen);
        let chosen: Vec<String> = chosen
            .map(|(many, one)| format!("{} for {}", code(one), code(many)))
            .collect();
        if !chosen.is_empty() {
            let _ = writeln!(
                out,
                "  Parameters that take many types take one from the event: {}.\n",
                chosen.join(", ")
            );
        }
        krate::manifest(cut, &dir, out);
    }
}

/// Members of the workspace that nothing of the slice lies in.
fn crates_left(job: &Job<'_>, cut: &Cut, out: &mut String) {
    let left: BTreeSet<String> = job
        .tree
        .crates
        .iter()
        .filter(|c| !cut.layout.domains.iter().any(|d| d.krate == c.id))
        .map(|c| {
            let kind = if c.shape == crate::workspace::TargetShape::Bin {
                " (binary)"
            } else {
                ""
            };
            format!("{}{kind}", code(&c.name))
        })
        .collect();
    if !left.is_empty() {
        let left: Vec<String> = left.into_iter().collect();
        let _ = writeln!(out, "## Crates left behind\n\n{}\n", left.join(", "));
    }
}

fn how_to_check(job: &Job<'_>, out: &mut String) {
    out.push_str("## How to check it\n\nIn this folder:\n\n```sh\n");
    out.push_str("cargo check --workspace          # what rustc says, without extract\n");
    out.push_str("cargo tree --workspace --depth 1 # which dependencies are left\n");
    if job.entries.iter().any(|e| e.crossing.is_some()) {
        out.push_str("cargo lambda build --release     # what would be deployed to AWS Lambda\n");
    }
    out.push_str("```\n\n");
    let _ = writeln!(
        out,
        "{} holds the hash of every file here and of its source; {} tells when the monolith has moved on.",
        code(lockfile::NAME),
        prose("`extract check`")
    );
}
