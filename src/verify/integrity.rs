//! Integrity: whether an output is still what was delivered, and the monolith what it was cut from.
//!
//! Input: the output folder, its lock, the monolith's root. Output: [`Integrity`]. Refuses files that
//! cannot be read.

use std::path::Path;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;
use walkdir::WalkDir;

use crate::diag::{Code, Diagnostic};
use crate::emit::CARRIED;
use crate::review::lockfile::{self, Lock, Moved, sha256};
use crate::text::clean;

/// What became of the files.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Integrity {
    /// Files that were delivered.
    pub files: usize,
    /// Delivered files whose content was changed by hand.
    pub edited: Vec<Utf8PathBuf>,
    /// Files that were added by hand.
    pub added: Vec<Utf8PathBuf>,
    /// Delivered files that are gone.
    pub missing: Vec<Utf8PathBuf>,
    /// Sources of moved text.
    pub sources: usize,
    /// Sources whose moved text is not in the monolith any more.
    pub moved_on: Vec<Utf8PathBuf>,
}

impl Integrity {
    /// Whether the output is whole and as old as the monolith. Edits by hand are allowed.
    pub fn is_fine(&self) -> bool {
        self.missing.is_empty() && self.moved_on.is_empty()
    }
}

/// Compares the folder `dir` with its lock, and the lock with the monolith in `root`.
///
/// # Errors
/// [`Code::UnreadableSource`] naming the file.
pub fn integrity(root: &Utf8Path, dir: &Utf8Path, lock: &Lock) -> Result<Integrity, Diagnostic> {
    let mut found = Integrity {
        files: lock.files.len(),
        ..Integrity::default()
    };
    for (path, recorded) in &lock.files {
        match fs_err::read(dir.join(path)) {
            Ok(bytes) if sha256(&bytes) == *recorded => {}
            Ok(_) => found.edited.push(path.clone()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                found.missing.push(path.clone());
            }
            Err(error) => {
                return Err(Diagnostic::new(Code::UnreadableSource, error.to_string()));
            }
        }
    }
    // What tools and people put there is not the delivery's.
    let is_ours = |entry: &walkdir::DirEntry| {
        let relative = entry.path().strip_prefix(dir).unwrap_or(entry.path());
        !CARRIED.iter().any(|name| relative == Path::new(name))
    };
    for entry in WalkDir::new(dir)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(is_ours)
        .flatten()
        .filter(|e| !e.file_type().is_dir())
    {
        let path = Utf8Path::from_path(entry.path()).and_then(|p| p.strip_prefix(dir).ok());
        found.added.extend(
            path.filter(|p| p.as_str() != lockfile::NAME && !lock.files.contains_key(*p))
                .map(Utf8Path::to_owned),
        );
    }
    let mut sources: Vec<(&Utf8PathBuf, &Moved)> = lock.moved.iter().collect();
    sources.sort_by(|a, b| a.1.from.cmp(&b.1.from));
    for (path, moved) in sources {
        found.sources += 1;
        let is_pristine = !found.edited.contains(path) && !found.missing.contains(path);
        let delivered = if is_pristine {
            fs_err::read(dir.join(path)).ok()
        } else {
            None
        };
        if !still_there(root, moved, delivered.as_deref()) && !found.moved_on.contains(&moved.from)
        {
            found.moved_on.push(moved.from.clone());
        }
    }
    Ok(found)
}

/// Whether the moved text is still in its source: at the recorded place, or (when the delivered file shows
/// what it was) further up or down, in the same order. A line that is new between two moved ones is a
/// change, since nothing here can tell whether it matters.
fn still_there(root: &Utf8Path, moved: &Moved, delivered: Option<&[u8]>) -> bool {
    let Ok(source) = fs_err::read(clean(&root.join(&moved.from))) else {
        return false;
    };
    if sha256(&source) == moved.sha256 {
        return true;
    }
    let kept: Option<Vec<u8>> = moved
        .kept
        .iter()
        .map(|[start, end]| source.get(*start as usize..*end as usize))
        .collect::<Option<Vec<_>>>()
        .map(|parts| parts.concat());
    if kept.is_some_and(|kept| sha256(&kept) == moved.kept_sha256) {
        return true;
    }
    let Some(delivered) = delivered else {
        return false;
    };
    let mut rest = source.as_slice();
    for (at, [start, end]) in moved.at.iter().zip(&moved.kept) {
        let at = *at as usize;
        let len = end.saturating_sub(*start) as usize;
        let Some(piece) = delivered.get(at..at + len).filter(|p| !p.is_empty()) else {
            return false;
        };
        let Some(found) = rest.windows(piece.len()).position(|w| w == piece) else {
            return false;
        };
        rest = rest.get(found + piece.len()..).unwrap_or_default();
    }
    true
}
