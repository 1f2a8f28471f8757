//! What a split delivers beside the cut's own files: the review and the lock.
//!
//! Input: the job and the proven cut. Output: all files by relative path. Refuses nothing.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use crate::config::deploy::Format;
use crate::cut::{Cut, Job};
use crate::render::deploy::model::Deployment;
use crate::review::lockfile::{self, Lock};
use crate::review::{self, depends};

/// The review's file.
pub(super) const REVIEW: &str = "REVIEW.md";

/// The cut's files with the review and the lock, and the lock itself.
pub(super) fn files(
    job: &Job<'_>,
    cut: &Cut,
    deployment: Option<&Deployment>,
    formats: &[Format],
) -> (BTreeMap<Utf8PathBuf, Vec<u8>>, Lock) {
    let mut files = cut.files.clone();
    if let Some(deployment) = deployment {
        super::deploy::add(&mut files, deployment, formats);
    }
    let review = review::review(job, cut, deployment);
    files.insert(REVIEW.into(), review.into_bytes());
    let lock = review::lock(job, cut, &files);
    files.insert(lockfile::NAME.into(), lock.to_text().into_bytes());
    (files, lock)
}

/// The external crates that the manifests still name. A function crate's shim has some of its own: of its
/// manifest count those that the moved code names too, be it in an import alone: a trait's methods do not name it.
pub(super) fn external_crates(job: &Job<'_>, cut: &Cut, in_text: &BTreeSet<String>) -> Vec<String> {
    let mut names = BTreeSet::new();
    for domain in &cut.layout.domains {
        names.extend(depends::direct(job, cut, &domain.dir).external);
    }
    for entry in job.entries {
        let dir = format!("functions/{}", entry.name);
        let words = cut.layout.words(&dir, true);
        let home = job.tree.krate(job.tree.item(entry.item).krate).package;
        let declared = job.workspace.package(home).map(|p| &p.dependencies);
        let is_imported = |name: &String| {
            let mut of_name = declared
                .into_iter()
                .flatten()
                .filter(|d| d.package == *name);
            of_name.any(|d| words.contains(d.extern_name.as_str()))
        };
        let own = depends::direct(job, cut, &dir).external;
        names.extend(
            own.into_iter()
                .filter(|n| in_text.contains(n) || is_imported(n)),
        );
    }
    names.into_iter().collect()
}
