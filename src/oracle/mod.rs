//! Asking the compiler: shadow copies, the wrapper, and what rustc's messages mean for items.
//!
//! Input: workspace and tree, or a cut. Output: resolved references and proofs. Only this module runs
//! cargo builds. The user's files are never written; registry dependencies in the user's target folder are
//! reused, its workspace artefacts are not touched (a shadow's crates have another hash).

pub mod cargo;
pub mod features;
pub mod harness;
pub mod instances;
pub mod libtest;
pub mod linked;
pub mod mark;
pub mod packages;
pub mod references;
pub mod release;
pub mod reproduce;
pub mod shadow;
pub mod wrapper;

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use crate::diag::Diagnostic;
use crate::workspace::Workspace;

/// Held while a shadow is in use: a second run on the same target folder waits.
#[derive(Debug)]
pub struct WorkLock(
    #[expect(dead_code, reason = "holds the lock until it is dropped")] std::fs::File,
);

/// Takes the lock on the work folder.
///
/// # Errors
/// A [`crate::diag::Code::WriteFailed`] when the folder cannot be made.
pub fn lock(work: &Utf8Path) -> Result<WorkLock, Diagnostic> {
    fs_err::create_dir_all(work).map_err(shadow::write_failed)?;
    let path = work.join(".lock");
    let file = std::fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|error| {
            shadow::write_failed(std::io::Error::new(
                error.kind(),
                format!("{path}: {error}"),
            ))
        })?;
    // A filesystem without locks is no reason to stop.
    let _ = file.lock();
    Ok(WorkLock(file))
}

/// The manifests as a shadow needs them: standing alone, with paths that leave the workspace absolute.
///
/// # Errors
/// A [`crate::diag::Code::UnreadableSource`] for a manifest that vanished meanwhile.
pub fn manifests(workspace: &Workspace) -> Result<BTreeMap<Utf8PathBuf, String>, Diagnostic> {
    manifests_where(workspace, &|path| path.starts_with(&workspace.root))
}

/// The manifests as a copy of the workspace needs them: standing alone, with paths absolute that do not stay.
///
/// # Errors
/// A [`crate::diag::Code::UnreadableSource`] for a manifest that vanished meanwhile.
pub fn manifests_where(
    workspace: &Workspace,
    stays: &dyn Fn(&Utf8Path) -> bool,
) -> Result<BTreeMap<Utf8PathBuf, String>, Diagnostic> {
    let mut out = BTreeMap::new();
    let root = workspace.root.join("Cargo.toml");
    let mut paths: Vec<Utf8PathBuf> = workspace
        .packages
        .iter()
        .map(|p| p.manifest_path.clone())
        .collect();
    paths.push(root.clone());
    paths.sort();
    paths.dedup();
    for path in paths {
        let text = workspace.read_source(&path)?;
        let dir = path.parent().unwrap_or(&workspace.root);
        let text = crate::render::manifest::alone::standing_alone(&text, dir, stays, path == root);
        if let Ok(relative) = path.strip_prefix(&workspace.root) {
            out.insert(relative.to_owned(), text);
        }
    }
    Ok(out)
}
