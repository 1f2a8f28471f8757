//! Files beside the output that are made of it: archives of functions.
//!
//! Input: files with their modes. Output: those that were written. Each appears by a rename, so that no
//! reader sees a part of one; one that has its bytes already is left alone. Refuses what cannot be written,
//! with its path.

use std::io::Write as _;

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::NamedTempFile;

use super::io_failed;
use crate::diag::Diagnostic;

/// A file to write.
#[derive(Debug)]
pub struct File<'a> {
    /// Where.
    pub path: Utf8PathBuf,
    /// What.
    pub bytes: &'a [u8],
    /// Its permissions, where files have such.
    pub mode: u32,
}

/// Writes the files whose bytes differ from what is there; gives their paths.
///
/// # Errors
/// A [`crate::diag::Code::WriteFailed`] that names the path.
pub fn place(files: &[File<'_>]) -> Result<Vec<Utf8PathBuf>, Diagnostic> {
    let mut written = Vec::new();
    for file in files {
        let same = fs_err::read(&file.path).is_ok_and(|old| old == file.bytes);
        if !same {
            write(file).map_err(io_failed)?;
            written.push(file.path.clone());
        }
    }
    Ok(written)
}

fn write(file: &File<'_>) -> std::io::Result<()> {
    let parent = file.path.parent().unwrap_or(Utf8Path::new("."));
    fs_err::create_dir_all(parent)?;
    let named = |error: std::io::Error| {
        std::io::Error::new(error.kind(), format!("{}: {error}", file.path))
    };
    let mut temporary = NamedTempFile::new_in(parent).map_err(named)?;
    temporary.write_all(file.bytes).map_err(named)?;
    permit(temporary.as_file(), file.mode).map_err(named)?;
    temporary.persist(&file.path).map_err(|e| named(e.error))?;
    Ok(())
}

#[cfg(unix)]
fn permit(file: &std::fs::File, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn permit(_file: &std::fs::File, _mode: u32) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_once() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = Utf8Path::from_path(dir.path()).unwrap().join("a/b/zip");
        let files = |bytes: &'static [u8]| {
            let path = path.clone();
            [File {
                path,
                bytes,
                mode: 0o644,
            }]
        };
        assert_eq!(
            place(&files(b"one")).unwrap().as_slice(),
            std::slice::from_ref(&path)
        );
        assert!(place(&files(b"one")).unwrap().is_empty());
        assert_eq!(
            place(&files(b"two")).unwrap().as_slice(),
            std::slice::from_ref(&path)
        );
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        let others = path.parent().unwrap().read_dir_utf8().unwrap().count();
        assert_eq!(others, 1, "temporary files are left");
    }

    #[test]
    fn what_is_in_the_way_is_named() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = Utf8Path::from_path(dir.path()).unwrap().join("zip");
        std::fs::create_dir(&path).unwrap();
        let file = File {
            path: path.clone(),
            bytes: b"",
            mode: 0o644,
        };
        let refused = place(&[file]).unwrap_err();
        assert!(refused.message.contains(path.as_str()), "{refused:?}");
    }
}
