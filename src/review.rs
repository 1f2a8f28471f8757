//! What a person and the next run read about an output: `REVIEW.md` and `extract.lock`.
//!
//! Input: the job and the proven cut. Output: texts, the same on any machine: no clock, no absolute paths.
//! Refuses nothing. What comes from the user's code is escaped for Markdown.

pub mod depends;
mod deploy;
mod features;
mod function;
mod held;
mod items;
mod krate;
mod links;
pub mod lockfile;
mod machine;
mod meanings;
mod open;
mod summary;
mod tests;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use camino::{Utf8Path, Utf8PathBuf};

use crate::cut::{Cut, Job};
use crate::entry::feed::Wishes;
use crate::render::deploy::model::Deployment;
use crate::render::edit::Edited;
use crate::target::Target;
use crate::text::clean;
use crate::text::relative;
use lockfile::{Build, Lock, Moved, sha256};
use words::{Places, code};

/// `REVIEW.md`: what came, why, what was changed, what stayed behind, what is open, how to check.
pub fn review(job: &Job<'_>, cut: &Cut, deployment: Option<&Deployment>) -> String {
    let places = Places::new(job);
    let mut out = String::from("# Review of this cut\n\n");
    out.push_str(
        "Moved code is the monolith's own, byte for byte. The only edits are deletions (with them the \
         imports that nothing needs any more) and what the tables below name.\n\n",
    );
    summary::section(job, cut, &mut out);
    for entry in job.entries {
        function::section(job, cut, &places, entry, &mut out);
    }
    for domain in &cut.layout.domains {
        krate::section(job, cut, &places, domain, &mut out);
    }
    meanings::section(job, cut, &places, &mut out);
    let asked = machine::asked(job, cut);
    machine::section(job, &asked, &places, &mut out);
    features::section(cut, &mut out);
    held::section(job, cut, &places, &mut out);
    tests::section(cut, &mut out);
    crates_left(job, cut, &mut out);
    deploy::section(deployment, &asked, &mut out);
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
    let said = job.entries.iter().map(|e| (e.path.clone(), e.own_wishes()));
    lock.wishes = said
        .filter(|(_, wishes)| *wishes != Wishes::default())
        .collect();
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
    let mut shims = job.entries.iter().filter(|e| e.crossing.is_some());
    if shims.any(|e| e.wishes.target == Target::Lambda) {
        out.push_str("cargo lambda build --release     # what would be deployed to AWS Lambda\n");
    }
    out.push_str("```\n\n");
    let _ = writeln!(
        out,
        "{} holds the hash of every file here and of its source. In the monolith's folder {} compares all of it \
         again, names and files, and says which of the sources have changed since; {} with the same arguments \
         says what a new cut would change here, and writes nothing.",
        code(lockfile::NAME),
        code("extract verify"),
        code("extract split --dry-run"),
    );
}
