//! The staging folder beside the output, and the swap.
//!
//! Input: the resolved output folder and its files. Output: the folder swapped in by one rename. What a
//! killed run left beside it is put back or removed first. Refuses nothing of its own: errors name the path.
//!
//! Names beside `out`: `.out.extract-PID` is a staging folder, or after the exchange the old output;
//! `.out.extract-PID.old` is the old output where the platform cannot exchange two folders.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;

use super::{CARRIED, failed, io_failed};
use crate::diag::Diagnostic;

/// How long a run waits for another one that writes beside it, before it goes on by process ids.
const LOCK_WAIT: Duration = Duration::from_secs(10);

/// Threads that write; they wait for the disk, not for a core.
const WRITERS: usize = 16;

/// Between two tries of the lock.
const LOCK_STEP: Duration = Duration::from_millis(10);

/// An output folder by its place.
#[derive(Debug)]
pub(super) struct Target {
    out: Utf8PathBuf,
    parent: Utf8PathBuf,
    name: String,
}

/// Parent folders that were made for the output.
#[derive(Debug)]
pub(super) struct Made(Vec<Utf8PathBuf>);

/// Held while the folders beside the output change; `held` is `None` where locks do not work.
#[derive(Debug)]
pub(super) struct Lock {
    held: Option<std::fs::File>,
}

/// A staging folder; removed when it is dropped before the swap.
#[derive(Debug)]
pub(super) struct Staging<'a> {
    target: &'a Target,
    dir: Utf8PathBuf,
}

/// A folder that an earlier run left.
struct Leftover {
    dir: Utf8PathBuf,
    pid: u32,
    is_backup: bool,
}

impl Made {
    /// Removes them again, as far as nothing else is in them.
    pub(super) fn undo(&self) {
        for dir in self.0.iter().rev() {
            let _ = fs_err::remove_dir(dir);
        }
    }
}

impl Target {
    pub(super) fn new(out: Utf8PathBuf) -> Result<Self, Diagnostic> {
        let (Some(parent), Some(name)) = (out.parent(), out.file_name()) else {
            return Err(failed(format!("{out} cannot be replaced")));
        };
        Ok(Self {
            parent: parent.to_owned(),
            name: name.to_owned(),
            out,
        })
    }

    pub(super) fn out(&self) -> &Utf8Path {
        &self.out
    }

    /// The folder that the next write would find: the output, or what a killed run moved aside.
    pub(super) fn standing_in(&self) -> Utf8PathBuf {
        if self.out.symlink_metadata().is_err() {
            let lock = Lock { held: None };
            let backup = self
                .leftovers()
                .into_iter()
                .find(|l| l.is_backup && !lives(l.pid, &lock));
            if let Some(backup) = backup {
                return backup.dir;
            }
        }
        self.out.clone()
    }

    pub(super) fn make_parent(&self) -> Result<Made, Diagnostic> {
        let missing: Vec<Utf8PathBuf> = self
            .parent
            .ancestors()
            .take_while(|p| p.symlink_metadata().is_err())
            .map(Utf8Path::to_owned)
            .collect();
        let made = Made(missing.into_iter().rev().collect());
        if let Err(error) = fs_err::create_dir_all(&self.parent) {
            made.undo();
            return Err(io_failed(error));
        }
        Ok(made)
    }

    /// Waits until no other run writes in the parent folder.
    pub(super) fn lock(&self) -> Lock {
        let Ok(file) = self.lock_file() else {
            return Lock { held: None };
        };
        let start = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Lock { held: Some(file) },
                Err(std::fs::TryLockError::WouldBlock) if start.elapsed() < LOCK_WAIT => {
                    std::thread::sleep(LOCK_STEP);
                }
                Err(_) => return Lock { held: None },
            }
        }
    }

    /// The parent folder itself, so that no lock file stays behind.
    #[cfg(unix)]
    fn lock_file(&self) -> std::io::Result<std::fs::File> {
        std::fs::File::open(&self.parent)
    }

    /// A folder cannot be locked here: a file in the temporary folder stands for it.
    #[cfg(not(unix))]
    fn lock_file(&self) -> std::io::Result<std::fs::File> {
        let name = crate::review::lockfile::sha256(self.parent.as_str().as_bytes());
        let path = std::env::temp_dir().join(format!("extract-{name}.lock"));
        std::fs::OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)
    }

    /// Restores the old output where a run was killed between two renames, gives carried folders back, and
    /// removes the rest of what killed runs left.
    pub(super) fn recover(&self, lock: &Lock) -> Result<(), Diagnostic> {
        let mut dead = self.leftovers();
        dead.retain(|l| !lives(l.pid, lock));
        if self.out.symlink_metadata().is_err()
            && let Some(at) = dead.iter().position(|l| l.is_backup)
        {
            let backup = dead.remove(at);
            fs_err::rename(&backup.dir, &self.out).map_err(io_failed)?;
        }
        for leftover in dead {
            if give_back(&leftover.dir, &self.out) {
                fs_err::remove_dir_all(&leftover.dir).map_err(io_failed)?;
            }
        }
        Ok(())
    }

    fn leftovers(&self) -> Vec<Leftover> {
        let prefix = format!(".{}.extract-", self.name);
        let mut found = Vec::new();
        for entry in self.parent.read_dir_utf8().into_iter().flatten().flatten() {
            let Some(rest) = entry.file_name().strip_prefix(&prefix) else {
                continue;
            };
            let (pid, is_backup) = match rest.strip_suffix(".old") {
                Some(pid) => (pid, true),
                None => (rest, false),
            };
            let Ok(pid) = pid.parse() else { continue };
            if entry.file_type().is_ok_and(|t| t.is_dir()) {
                found.push(Leftover {
                    dir: entry.path().to_owned(),
                    pid,
                    is_backup,
                });
            }
        }
        found.sort_by(|a, b| a.dir.cmp(&b.dir));
        found
    }

    /// Writes everything beside the output. `same` gives the old file where the content is the same: the new
    /// one takes its time, so that cargo sees no change.
    pub(super) fn stage(
        &self,
        files: &BTreeMap<Utf8PathBuf, Vec<u8>>,
        same: impl Fn(&Utf8Path) -> Option<Utf8PathBuf> + Sync,
    ) -> Result<Staging<'_>, Diagnostic> {
        let dir = self
            .parent
            .join(format!(".{}.extract-{}", self.name, std::process::id()));
        fs_err::create_dir(&dir).map_err(io_failed)?;
        let staging = Staging { target: self, dir };
        let mut folders: BTreeSet<Utf8PathBuf> = BTreeSet::new();
        for path in files.keys() {
            folders.extend(
                path.ancestors()
                    .skip(1)
                    .map(|folder| staging.dir.join(folder)),
            );
        }
        for folder in &folders {
            fs_err::create_dir_all(folder).map_err(io_failed)?;
        }
        let write = || {
            files
                .par_iter()
                .map(|(path, bytes)| write_file(&staging.dir.join(path), bytes, same(path)))
                .collect::<std::io::Result<()>>()
        };
        // Side by side, since a disk takes many syncs together and each alone is slow.
        match rayon::ThreadPoolBuilder::new().num_threads(WRITERS).build() {
            Ok(pool) => pool.install(write),
            Err(_) => write(),
        }
        .map_err(io_failed)?;
        folders.iter().for_each(|folder| sync_folder(folder));
        Ok(staging)
    }
}

impl Staging<'_> {
    /// Puts the staging folder in the output's place, in one step where the platform can.
    pub(super) fn swap(self, old_exists: bool) -> Result<(), Diagnostic> {
        let out = &self.target.out;
        if !old_exists {
            fs_err::rename(&self.dir, out).map_err(io_failed)?;
            sync_folder(&self.target.parent);
            return Ok(());
        }
        for name in CARRIED {
            let from = out.join(name);
            if from.symlink_metadata().is_ok() {
                let to = self.dir.join(name);
                fs_err::create_dir_all(to.parent().unwrap_or(&self.dir)).map_err(io_failed)?;
                fs_err::rename(from, to).map_err(io_failed)?;
            }
        }
        if let Ok(meta) = fs_err::metadata(out)
            && !meta.permissions().readonly()
        {
            let _ = fs_err::set_permissions(&self.dir, meta.permissions());
        }
        if !exchange(&self.dir, out)? {
            let backup = self.target.parent.join(format!(
                ".{}.extract-{}.old",
                self.target.name,
                std::process::id()
            ));
            fs_err::rename(out, &backup).map_err(io_failed)?;
            if let Err(error) = fs_err::rename(&self.dir, out) {
                // The error is told in any case; what could not be put back is at the next start.
                let _ = fs_err::rename(&backup, out);
                return Err(io_failed(error));
            }
            sync_folder(&self.target.parent);
            let _ = fs_err::remove_dir_all(&backup);
            return Ok(());
        }
        sync_folder(&self.target.parent);
        // Now `self.dir` is the old output, which goes as `self` does.
        Ok(())
    }
}

impl Drop for Staging<'_> {
    fn drop(&mut self) {
        // What cannot be removed now is removed at the next start; the output itself is whole.
        if self.dir.is_dir() && give_back(&self.dir, &self.target.out) {
            let _ = fs_err::remove_dir_all(&self.dir);
        }
    }
}

/// Moves carried folders to the output, where it has none; tells whether nothing of worth is left.
fn give_back(dir: &Utf8Path, out: &Utf8Path) -> bool {
    let mut free = true;
    for name in CARRIED {
        let from = dir.join(name);
        if from.symlink_metadata().is_err() {
            continue;
        }
        let to = out.join(name);
        let parent = to.parent().unwrap_or(out);
        let moved = to.symlink_metadata().is_err()
            && out.is_dir()
            && fs_err::create_dir_all(parent).is_ok()
            && fs_err::rename(&from, &to).is_ok();
        // Build products that newer ones replaced can go, a repository cannot.
        free &= moved || (*name == "target" && to.is_dir());
    }
    free
}

/// Whether the run that made a leftover still goes on. With the lock held, none does.
fn lives(pid: u32, lock: &Lock) -> bool {
    if lock.held.is_some() || pid == std::process::id() {
        return false;
    }
    let processes = Utf8Path::new("/proc");
    // Where processes cannot be seen, a leftover waits for a run that gets the lock.
    !processes.join("self").exists() || processes.join(pid.to_string()).exists()
}

fn write_file(path: &Utf8Path, bytes: &[u8], same: Option<Utf8PathBuf>) -> std::io::Result<()> {
    let mut file = fs_err::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)?;
    file.write_all(bytes)?;
    if let Some(time) = same.and_then(|old| old.metadata().ok()?.modified().ok()) {
        let _ = file.file().set_modified(time);
    }
    match file.sync_all() {
        // Some network filesystems have no sync; that is no reason to stop.
        Err(error)
            if !matches!(
                error.kind(),
                std::io::ErrorKind::InvalidInput | std::io::ErrorKind::Unsupported
            ) =>
        {
            Err(error)
        }
        _ => Ok(()),
    }
}

/// Makes renames in a folder durable, where folders can be synced.
fn sync_folder(dir: &Utf8Path) {
    if cfg!(unix)
        && let Ok(folder) = std::fs::File::open(dir)
    {
        let _ = folder.sync_all();
    }
}

/// Whether a folder takes new entries, asked without making one.
#[cfg(unix)]
pub(super) fn writable(dir: &Utf8Path) -> std::io::Result<()> {
    use rustix::fs::Access;
    Ok(rustix::fs::access(
        dir.as_std_path(),
        Access::WRITE_OK | Access::EXEC_OK,
    )?)
}

/// Whether a folder takes new entries; only the write itself can tell here.
#[cfg(not(unix))]
pub(super) fn writable(dir: &Utf8Path) -> std::io::Result<()> {
    dir.metadata().map(|_| ())
}

/// Exchanges two folders in one step; `false` when platform or filesystem cannot.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn exchange(a: &Utf8Path, b: &Utf8Path) -> Result<bool, Diagnostic> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    match renameat_with(
        CWD,
        a.as_std_path(),
        CWD,
        b.as_std_path(),
        RenameFlags::EXCHANGE,
    ) {
        Ok(()) => Ok(true),
        Err(Errno::NOSYS | Errno::INVAL | Errno::NOTSUP) => Ok(false),
        Err(error) => {
            let error = std::io::Error::from(error);
            let named = format!("{b} could not be replaced: {error}");
            Err(io_failed(std::io::Error::new(error.kind(), named)))
        }
    }
}

/// Exchanges two folders in one step; `false` when platform or filesystem cannot.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn exchange(_a: &Utf8Path, _b: &Utf8Path) -> Result<bool, Diagnostic> {
    Ok(false)
}
