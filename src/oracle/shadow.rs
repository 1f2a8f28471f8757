//! The shadow copy: the workspace's files in a folder of ours, some with other texts.
//!
//! Input: the workspace root and texts that replace files. Output: the folder, brought up to date so that
//! unchanged files keep their times and cargo its freshness. Symlinks that leave the workspace are not
//! followed. Only this module and [`crate::emit`] write.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use walkdir::WalkDir;

use crate::diag::{Code, Diagnostic};

/// A file above this size is linked, not copied; build inputs of that size are data.
const COPY_LIMIT: u64 = 256 * 1024 * 1024;

/// Files of the workspace that a build may read, relative to `root`, sorted.
///
/// Left out: target folders, version control, `node_modules`, and folders that extract made.
pub fn files(root: &Utf8Path, target_dir: &Utf8Path) -> Vec<Utf8PathBuf> {
    let mut found = Vec::new();
    let walk = WalkDir::new(root)
        .follow_links(false)
        .sort_by_file_name()
        .into_iter();
    let keep = |entry: &walkdir::DirEntry| {
        let Some(path) = Utf8Path::from_path(entry.path()) else {
            return false;
        };
        if !entry.file_type().is_dir() {
            return true;
        }
        let name = path.file_name().unwrap_or("");
        let is_ours = path != root && path.join("extract.lock").is_file();
        let is_target =
            path == target_dir || (name == "target" && path.join("CACHEDIR.TAG").is_file());
        !(is_ours || is_target || matches!(name, ".git" | ".hg" | ".jj" | "node_modules"))
    };
    for entry in walk.filter_entry(keep).flatten() {
        let Some(path) = Utf8Path::from_path(entry.path()) else {
            continue;
        };
        let Ok(relative) = path.strip_prefix(root) else {
            continue;
        };
        if entry.file_type().is_file() || (entry.file_type().is_symlink() && path.exists()) {
            found.push(relative.to_owned());
        }
    }
    found
}

/// Whether cargo finds this file of `root` by itself when it runs in `dest`, because `dest` lies inside.
/// Cargo joins the lists of all configurations on its way up: a copy would double `rustflags`, and other
/// flags mean that every dependency is built again.
fn is_inherited(root: &Utf8Path, dest: &Utf8Path, relative: &Utf8Path) -> bool {
    dest.starts_with(root)
        && (relative.ends_with(".cargo/config.toml") || relative.ends_with(".cargo/config"))
}

/// Files that are copied: where to, and from where, never from outside of `root`.
#[derive(Debug)]
pub struct Copies<'a> {
    /// The workspace.
    pub root: &'a Utf8Path,
    /// The source by the path in the destination.
    pub files: BTreeMap<Utf8PathBuf, Utf8PathBuf>,
}

/// Brings `dest` in line with `root`: `texts` (by relative path) replace files' contents.
///
/// # Errors
/// [`Code::WriteFailed`] naming the path.
pub fn sync(
    root: &Utf8Path,
    target_dir: &Utf8Path,
    dest: &Utf8Path,
    texts: &BTreeMap<Utf8PathBuf, String>,
) -> Result<(), Diagnostic> {
    let mut wanted: BTreeSet<Utf8PathBuf> = files(root, target_dir)
        .into_iter()
        .filter(|relative| !is_inherited(root, dest, relative))
        .collect();
    for relative in &wanted {
        let to = dest.join(relative);
        match texts.get(relative) {
            Some(text) => write_if_changed(&to, text.as_bytes())?,
            None => copy_if_changed(root, &root.join(relative), &to)?,
        }
    }
    for (relative, text) in texts {
        if !wanted.contains(relative) {
            write_if_changed(&dest.join(relative), text.as_bytes())?;
            wanted.insert(relative.clone());
        }
    }
    remove_others(dest, &wanted);
    Ok(())
}

/// Makes `dest` hold exactly `files` and copies of the files that `copies` names, but for cargo's
/// configuration where `root`'s own applies.
///
/// # Errors
/// [`Code::WriteFailed`] naming the path.
pub fn materialize(
    dest: &Utf8Path,
    files: &BTreeMap<Utf8PathBuf, Vec<u8>>,
    copies: &Copies<'_>,
) -> Result<(), Diagnostic> {
    let mut wanted = BTreeSet::new();
    for (relative, bytes) in files {
        if !is_inherited(copies.root, dest, relative) {
            write_if_changed(&dest.join(relative), bytes)?;
            wanted.insert(relative.clone());
        }
    }
    for (relative, from) in &copies.files {
        copy_if_changed(copies.root, from, &dest.join(relative))?;
    }
    wanted.extend(copies.files.keys().cloned());
    remove_others(dest, &wanted);
    Ok(())
}

fn remove_others(dest: &Utf8Path, wanted: &BTreeSet<Utf8PathBuf>) {
    for entry in WalkDir::new(dest)
        .follow_links(false)
        .contents_first(true)
        .into_iter()
        .flatten()
    {
        let Some(path) = Utf8Path::from_path(entry.path()) else {
            continue;
        };
        let Ok(relative) = path.strip_prefix(dest) else {
            continue;
        };
        if entry.file_type().is_dir() {
            // Fails for a folder that still holds something, which is what is wanted.
            let _ = fs_err::remove_dir(path);
        } else if !wanted.contains(relative) {
            // A file that cannot be removed makes the check fail later, with its name.
            let _ = fs_err::remove_file(path);
        }
    }
}

fn write_if_changed(to: &Utf8Path, bytes: &[u8]) -> Result<(), Diagnostic> {
    if let Ok(old) = fs_err::read(to)
        && old == bytes
    {
        return Ok(());
    }
    if let Some(parent) = to.parent() {
        fs_err::create_dir_all(parent).map_err(write_failed)?;
    }
    // A symlink from an earlier state must not be written through.
    if to.is_symlink() {
        fs_err::remove_file(to).map_err(write_failed)?;
    }
    fs_err::write(to, bytes).map_err(write_failed)
}

fn copy_if_changed(root: &Utf8Path, from: &Utf8Path, to: &Utf8Path) -> Result<(), Diagnostic> {
    let Ok(real) = from.canonicalize_utf8() else {
        return Ok(());
    };
    let real_root = root.canonicalize_utf8().unwrap_or_else(|_| root.to_owned());
    if !real.starts_with(&real_root) {
        return Ok(());
    }
    let Ok(meta) = fs_err::metadata(&real) else {
        return Ok(());
    };
    if meta.is_dir() {
        return Ok(());
    }
    if let Ok(old) = fs_err::metadata(to)
        && old.len() == meta.len()
        && old.modified().ok() >= meta.modified().ok()
        && !to.is_symlink()
    {
        return Ok(());
    }
    if let Some(parent) = to.parent() {
        fs_err::create_dir_all(parent).map_err(write_failed)?;
    }
    if meta.len() > COPY_LIMIT && fs_err::hard_link(&real, to).is_ok() {
        return Ok(());
    }
    fs_err::copy(&real, to).map_err(write_failed)?;
    Ok(())
}

/// The diagnostic for a failed write; the error names the path.
pub fn write_failed(error: std::io::Error) -> Diagnostic {
    let help = match error.kind() {
        std::io::ErrorKind::StorageFull
        | std::io::ErrorKind::QuotaExceeded
        | std::io::ErrorKind::FileTooLarge => {
            "free some space, or lift the limit on it, and run it again"
        }
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            "give yourself write permission there, or set CARGO_TARGET_DIR to a folder you own"
        }
        _ => "nothing of yours was changed; run it again when the cause is gone",
    };
    Diagnostic::new(Code::WriteFailed, error.to_string()).help(help)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn cargo_configuration_is_copied_only_where_cargo_would_not_find_it() {
        let dir = tempfile::TempDir::new().unwrap();
        let base = Utf8Path::from_path(dir.path()).unwrap();
        let root = base.join("monolith");
        fs_err::create_dir_all(root.join(".cargo")).unwrap();
        fs_err::write(root.join(".cargo/config.toml"), "[build]\n").unwrap();
        fs_err::write(root.join("Cargo.toml"), "[package]\n").unwrap();
        let (inside, outside) = (root.join("target/extract/shadow"), base.join("elsewhere"));
        for (dest, copied) in [(&inside, false), (&outside, true)] {
            sync(&root, &root.join("target"), dest, &BTreeMap::new()).unwrap();
            assert!(dest.join("Cargo.toml").is_file());
            assert_eq!(dest.join(".cargo/config.toml").is_file(), copied, "{dest}");
            let config = Utf8PathBuf::from(".cargo/config.toml");
            let files = BTreeMap::from([(config, b"[build]\n".to_vec())]);
            let copies = Copies {
                root: &root,
                files: BTreeMap::new(),
            };
            materialize(dest, &files, &copies).unwrap();
            assert_eq!(dest.join(".cargo/config.toml").is_file(), copied, "{dest}");
        }
    }
}
