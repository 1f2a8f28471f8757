//! The output folder: the only place where what the user sees is written.
//!
//! Input: a folder and the files it shall hold. Output: [`Emitted`], and the folder, swapped in as a whole:
//! a run that is killed leaves the old output, the new one, or none, never a part of either.
//! Refuses with [`Code::OutputNotOurs`] what it did not make and what the user changed in it, with
//! [`Code::OutputInSource`] folders that cargo or the monolith own, with [`Code::WriteFailed`] the rest.
//!
//! What is in an old output and is not ours is never lost: a `target` folder and version control move over,
//! anything else stops the run.

pub mod place;
mod stage;

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use rayon::prelude::*;
use walkdir::WalkDir;

use crate::diag::{Code, Diagnostic, Outcome};
use crate::review::lockfile::{self, Lock};
use crate::workspace::Workspace;
use stage::Target;

/// What tools and people put into an output; it moves over as it is. Deployment leaves more than build products:
/// Terraform's state is the only word on what it made.
pub const CARRIED: &[&str] = &[
    "target",
    ".git",
    ".hg",
    ".jj",
    "deploy/.aws-sam",
    "deploy/.serverless",
    "deploy/node_modules",
    "deploy/cdk/cdk.context.json",
    "deploy/cdk/cdk.out",
    "deploy/cdk/node_modules",
    "deploy/cdk/package-lock.json",
    "deploy/terraform/.terraform",
    "deploy/terraform/.terraform.lock.hcl",
    "deploy/terraform/terraform.tfstate",
    "deploy/terraform/terraform.tfstate.backup",
    "deploy/terraform/terraform.tfstate.d",
];

/// How many of the user's files a refusal names.
const NAMED: usize = 20;

/// What a write did, or would do: paths relative to the output folder, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Emitted {
    /// Files that are new.
    pub created: Vec<Utf8PathBuf>,
    /// Files whose content differs.
    pub changed: Vec<Utf8PathBuf>,
    /// Files of the old output that the new one does not have.
    pub removed: Vec<Utf8PathBuf>,
    /// How many files stay as they are.
    pub unchanged: usize,
}

impl Emitted {
    /// Whether the folder already held exactly these files.
    pub fn is_up_to_date(&self) -> bool {
        self.created.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }
}

/// Whether `out` can become an output folder of this workspace; asks before any work is done.
///
/// # Errors
/// [`Code::OutputNotOurs`], [`Code::OutputInSource`] or [`Code::WriteFailed`].
pub fn check_target(workspace: &Workspace, out: &Utf8Path) -> Result<(), Diagnostic> {
    let real = resolve(out)?;
    outside_sources(workspace, out, &real)?;
    if real.symlink_metadata().is_ok() {
        ours(&real)?;
    }
    let parent = real.parent().unwrap_or(&real);
    let Some(existing) = parent.ancestors().find(|p| p.symlink_metadata().is_ok()) else {
        return Err(failed(format!("{parent} does not exist")));
    };
    if !existing.is_dir() {
        return Err(failed(format!(
            "{out} cannot be made: {existing} is not a folder"
        )));
    }
    stage::writable(existing)
        .map_err(|error| failed(format!("{existing} cannot be written to: {error}")))
}

/// Writes `files` as the whole content of `out`, or with `dry_run` only tells what that would change.
///
/// `files` must hold an `extract.lock`, by which the next run knows the folder again.
///
/// # Errors
/// [`Code::OutputNotOurs`] naming the user's files, or [`Code::WriteFailed`] naming the path; the old
/// output is then as it was.
pub fn emit(
    out: &Utf8Path,
    files: &BTreeMap<Utf8PathBuf, Vec<u8>>,
    dry_run: bool,
) -> Outcome<Emitted> {
    well_formed(files)?;
    let target = Target::new(resolve(out)?)?;
    let wanted = lockfile::hashes(files);
    if dry_run {
        // A killed run may have left the old output under another name; it would be put back first.
        let old = Old::read(&target.standing_in())?;
        old.refuse_losses(out, &wanted)?;
        return Ok(old.compare(&wanted));
    }
    let made = target.make_parent()?;
    let result = write(&target, out, files, &wanted);
    if result.is_err() {
        made.undo();
    }
    Ok(result?)
}

fn write(
    target: &Target,
    out: &Utf8Path,
    files: &BTreeMap<Utf8PathBuf, Vec<u8>>,
    wanted: &Hashes,
) -> Result<Emitted, Diagnostic> {
    let lock = target.lock();
    target.recover(&lock)?;
    let old = Old::read(target.out())?;
    old.refuse_losses(out, wanted)?;
    let emitted = old.compare(wanted);
    if emitted.is_up_to_date() {
        return Ok(emitted);
    }
    let staging = target.stage(files, |path| old.same(path, wanted))?;
    staging.swap(old.exists)?;
    Ok(emitted)
}

/// SHA-256 by relative path.
type Hashes = BTreeMap<Utf8PathBuf, String>;

/// What an output folder holds before the write.
#[derive(Default)]
struct Old {
    dir: Utf8PathBuf,
    exists: bool,
    /// Hashes of the files on disk; `None` for what is no plain file.
    found: BTreeMap<Utf8PathBuf, Option<String>>,
    /// Hashes as the last run left them.
    recorded: Hashes,
}

impl Old {
    fn read(dir: &Utf8Path) -> Result<Self, Diagnostic> {
        let mut old = Self {
            dir: dir.to_owned(),
            ..Self::default()
        };
        if dir.symlink_metadata().is_err() {
            return Ok(old);
        }
        old.exists = true;
        let Some(lock) = ours(dir)? else {
            return Ok(old);
        };
        old.recorded = lock.files;
        let is_ours = |entry: &walkdir::DirEntry| {
            let relative = entry.path().strip_prefix(dir).unwrap_or(entry.path());
            !CARRIED
                .iter()
                .any(|name| relative == std::path::Path::new(name))
        };
        let mut entries = Vec::new();
        for entry in WalkDir::new(dir)
            .follow_links(false)
            .into_iter()
            .filter_entry(is_ours)
        {
            let entry = entry.map_err(|error| failed(format!("{dir} cannot be read: {error}")))?;
            if !entry.file_type().is_dir() {
                entries.push(entry);
            }
        }
        old.found = entries
            .par_iter()
            .map(|entry| {
                // A name that is not UTF-8 is not ours; it only has to be told.
                let path = Utf8PathBuf::from(entry.path().to_string_lossy().into_owned());
                let relative = path.strip_prefix(dir).unwrap_or(&path).to_owned();
                let is_file = entry.file_type().is_file();
                let bytes = is_file.then(|| fs_err::read(entry.path())).transpose()?;
                Ok((relative, bytes.map(|b| lockfile::sha256(&b))))
            })
            .collect::<std::io::Result<_>>()
            .map_err(io_failed)?;
        Ok(old)
    }

    /// The file on disk, when `path` has the wanted content already.
    fn same(&self, path: &Utf8Path, wanted: &Hashes) -> Option<Utf8PathBuf> {
        (self.found.get(path)?.as_ref() == Some(wanted.get(path)?)).then(|| self.dir.join(path))
    }

    fn compare(&self, wanted: &Hashes) -> Emitted {
        let mut emitted = Emitted::default();
        for path in wanted.keys() {
            if !self.found.contains_key(path) {
                emitted.created.push(path.clone());
            } else if self.same(path, wanted).is_some() {
                emitted.unchanged += 1;
            } else {
                emitted.changed.push(path.clone());
            }
        }
        emitted.removed = self
            .found
            .keys()
            .filter(|p| !wanted.contains_key(*p))
            .cloned()
            .collect();
        emitted
    }

    /// Refuses when the user's own work would go: files that they added or edited.
    fn refuse_losses(&self, out: &Utf8Path, wanted: &Hashes) -> Result<(), Diagnostic> {
        let mut lost: Vec<String> = Vec::new();
        for (path, hash) in &self.found {
            if path.as_str() == lockfile::NAME || self.same(path, wanted).is_some() {
                continue;
            }
            match self.recorded.get(path) {
                Some(recorded) if hash.as_ref() == Some(recorded) => {}
                Some(_) => lost.push(format!("{path} was edited")),
                None => lost.push(format!("{path} was added")),
            }
        }
        if lost.is_empty() {
            return Ok(());
        }
        let count = crate::text::counted(lost.len(), "file");
        let mut diagnostic = Diagnostic::new(
            Code::OutputNotOurs,
            format!("{out} holds {count} of yours that a new output would remove"),
        );
        let more = lost.len().saturating_sub(NAMED);
        diagnostic.notes.extend(lost.into_iter().take(NAMED));
        if more > 0 {
            diagnostic.notes.push(format!("and {more} more"));
        }
        Err(diagnostic
            .help("commit your changes and move them out of the folder (edited files: into the monolith), then run it again")
            .help("or write the new output beside it with --out"))
    }
}

/// The lock of an existing output; `None` for an empty folder.
fn ours(dir: &Utf8Path) -> Result<Option<Lock>, Diagnostic> {
    let not_ours = |message: String| {
        Diagnostic::new(Code::OutputNotOurs, message)
            .help("name another folder with --out, or move this one away")
    };
    if !dir.is_dir() {
        return Err(not_ours(format!("{dir} is a file, not a folder")));
    }
    let mut entries = fs_err::read_dir(dir).map_err(io_failed)?;
    if entries.next().is_none() {
        return Ok(None);
    }
    let path = dir.join(lockfile::NAME);
    // A lock that is no plain file was not made here.
    let is_file = path.symlink_metadata().is_ok_and(|m| m.is_file());
    let text = if is_file {
        fs_err::read(&path).map_err(io_failed)?
    } else {
        Vec::new()
    };
    let text = String::from_utf8_lossy(&text);
    if !lockfile::is_ours(&text) {
        return Err(not_ours(format!(
            "{dir} exists, is not empty, and has no {} made by extract",
            lockfile::NAME
        )));
    }
    Lock::parse(&text)
        .map(Some)
        .map_err(|why| not_ours(format!("{path} cannot be used: {why}")))
}

fn outside_sources(
    workspace: &Workspace,
    out: &Utf8Path,
    real: &Utf8Path,
) -> Result<(), Diagnostic> {
    let refuse = |why: String| {
        Err(
            Diagnostic::new(Code::OutputInSource, format!("{out} {why}"))
                .help("name a folder beside the sources with --out, such as `extracted`"),
        )
    };
    let canonical = |path: &Utf8Path| path.canonicalize_utf8().unwrap_or_else(|_| path.to_owned());
    let root = canonical(&workspace.root);
    if root.starts_with(real) {
        return refuse("is the workspace's root, or a folder above it".to_owned());
    }
    if real.starts_with(canonical(&workspace.target_dir)) {
        return refuse("lies in cargo's target folder, which `cargo clean` empties".to_owned());
    }
    for package in &workspace.packages {
        let dir = canonical(&package.dir);
        if dir.starts_with(real) {
            return refuse(format!(
                "is the folder of package `{}`, or above it",
                package.name
            ));
        }
        for sources in source_folders(package, &dir) {
            if real.starts_with(&sources) {
                let shown = sources.strip_prefix(&root).unwrap_or(&sources);
                return refuse(format!(
                    "lies in {shown}, a source folder of package `{}`",
                    package.name
                ));
            }
        }
    }
    Ok(())
}

/// `src` and the other folders in which cargo finds target sources. A package whose sources lie at its top
/// claims only its top, not the folders in it.
fn source_folders(package: &crate::workspace::Package, dir: &Utf8Path) -> BTreeSet<Utf8PathBuf> {
    let mut folders = BTreeSet::from([dir.join("src")]);
    for name in ["tests", "benches", "examples"] {
        let folder = dir.join(name);
        let holds_sources = folder.read_dir_utf8().is_ok_and(|mut entries| {
            entries.any(|e| e.is_ok_and(|e| e.path().extension() == Some("rs")))
        });
        if holds_sources {
            folders.insert(folder);
        }
    }
    let roots = package
        .targets
        .iter()
        .map(|t| &t.root)
        .chain(&package.build_script);
    for root in roots {
        let root = root.canonicalize_utf8().unwrap_or_else(|_| root.clone());
        folders.extend(
            root.parent()
                .filter(|p| !dir.starts_with(p))
                .map(Utf8Path::to_owned),
        );
    }
    folders
}

/// The folder that `out` means: absolute, symlinks followed, as far as it exists.
fn resolve(out: &Utf8Path) -> Result<Utf8PathBuf, Diagnostic> {
    let absolute = camino::absolute_utf8(out)
        .map_err(|error| failed(format!("{out} is not a path: {error}")))?;
    for ancestor in absolute.ancestors() {
        if ancestor.symlink_metadata().is_err() {
            continue;
        }
        let real = ancestor
            .canonicalize_utf8()
            .map_err(|error| failed(format!("{ancestor} cannot be followed: {error}")))?;
        let rest = absolute.strip_prefix(ancestor).unwrap_or(Utf8Path::new(""));
        return Ok(crate::text::clean(&real.join(rest)));
    }
    Err(failed(format!("{out} is on no disk")))
}

/// Refuses file sets that would write outside the folder, or over each other.
fn well_formed(files: &BTreeMap<Utf8PathBuf, Vec<u8>>) -> Result<(), Diagnostic> {
    let mut folders: BTreeSet<&Utf8Path> = BTreeSet::new();
    for path in files.keys() {
        let plain = path
            .components()
            .all(|c| matches!(c, Utf8Component::Normal(_)));
        let canonical = path.components().collect::<Utf8PathBuf>().as_str() == path.as_str();
        if path.as_str().is_empty() || !plain || !canonical {
            return Err(failed(format!(
                "`{path}` is not a path inside the output folder"
            )));
        }
        if CARRIED.iter().any(|name| path.starts_with(name)) {
            return Err(failed(format!(
                "`{path}` lies in a folder that is not extract's to write"
            )));
        }
        folders.extend(path.ancestors().skip(1));
    }
    if let Some(path) = files.keys().find(|p| folders.contains(p.as_path())) {
        return Err(failed(format!("`{path}` is both a file and a folder")));
    }
    let lock = files
        .get(Utf8Path::new(lockfile::NAME))
        .map(Vec::as_slice)
        .unwrap_or_default();
    if !lockfile::is_ours(&String::from_utf8_lossy(lock)) {
        return Err(failed(format!("the output has no {}", lockfile::NAME)));
    }
    Ok(())
}

fn failed(message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::WriteFailed, message)
        .help("nothing was changed; name another folder with --out")
}

/// The diagnostic for a failed operation; the error names the path.
fn io_failed(error: std::io::Error) -> Diagnostic {
    let help = match error.kind() {
        std::io::ErrorKind::StorageFull
        | std::io::ErrorKind::QuotaExceeded
        | std::io::ErrorKind::FileTooLarge => {
            "free some space, or lift the limit on it, and run it again; the old output is as it was"
        }
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            "give yourself write permission there, or name another folder with --out"
        }
        std::io::ErrorKind::ResourceBusy | std::io::ErrorKind::CrossesDevices => {
            "the folder is a mount point; name a folder inside it with --out"
        }
        _ => "the old output is as it was; run it again when the cause is gone",
    };
    Diagnostic::new(Code::WriteFailed, error.to_string()).help(help)
}
