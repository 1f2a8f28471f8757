//! References by content key, so that unchanged sources start no compiler.
//!
//! Input: everything that decides what rustc would say. Output: what it said then. A cache that cannot be
//! read or written only costs time.

use std::collections::BTreeSet;

use camino::Utf8Path;
use sha2::{Digest as _, Sha256};

use super::References;
use crate::oracle::shadow;
use crate::syntax::ItemTree;
use crate::workspace::Workspace;

/// The keys of one state of the sources.
pub(super) struct Keys(Sha256);

impl Keys {
    /// The key for a selection of packages and features.
    pub(super) fn of(&self, args: &[String]) -> String {
        let mut hash = self.0.clone();
        hash.update(args.join(" "));
        let digest = hash.finalize();
        digest.iter().take(16).map(|b| format!("{b:02x}")).collect()
    }
}

pub(super) fn cache_keys(workspace: &Workspace, tree: &ItemTree) -> Keys {
    let mut hash = Sha256::new();
    hash.update(concat!(env!("CARGO_PKG_VERSION"), " references 5\n"));
    hash.update(&workspace.rustc_version);
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
        hash.update(std::env::var(name).unwrap_or_default());
    }
    let known: BTreeSet<&Utf8Path> = tree.files.iter().map(|f| f.path.as_path()).collect();
    for file in &tree.files {
        hash.update(workspace.relative(&file.path).as_str());
        hash.update((file.text.len() as u64).to_le_bytes());
        hash.update(file.text.as_bytes());
    }
    for relative in shadow::files(&workspace.root, &workspace.target_dir) {
        let path = workspace.root.join(&relative);
        if known.contains(path.as_path()) {
            continue;
        }
        hash.update(relative.as_str());
        if relative.extension() == Some("toml") || relative.file_name() == Some("Cargo.lock") {
            hash.update(fs_err::read(&path).unwrap_or_default());
        } else if let Ok(meta) = fs_err::metadata(&path) {
            // Data that macros may read: size and time stand for the content.
            let time = meta
                .modified()
                .ok()
                .and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok())
                .map_or(0, |t| t.as_nanos());
            hash.update(format!(" {} {time}\n", meta.len()));
        }
    }
    Keys(hash)
}

pub(super) fn read_cache(path: &Utf8Path) -> Option<References> {
    serde_json::from_slice(&fs_err::read(path).ok()?).ok()
}

/// A cache that cannot be written only costs the next run its time.
pub(super) fn write_cache(path: &Utf8Path, references: &References) {
    let Ok(bytes) = serde_json::to_vec(references) else {
        return;
    };
    let Some(parent) = path.parent() else { return };
    if fs_err::create_dir_all(parent).is_ok() {
        let partial = path.with_extension("part");
        if fs_err::write(&partial, bytes).is_ok() {
            let _ = fs_err::rename(&partial, path);
        }
    }
}
