//! The output as files: domain crates cut from the user's text, function crates, manifests.
//!
//! Input: the tree, the slice and the [`State`]. Output: [`Layout`], each text with the way back to the
//! user's file. Writes nothing.

pub mod domains;
pub mod manifests;
pub mod paths;

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use super::state::State;
use super::{Job, function, uses};
use crate::diag::Diagnostic;
use crate::id::{CrateId, FileId, ItemId, ModuleId, PackageId};
use crate::render::edit::Edited;
use crate::render::item::Choice;
use crate::slice::Slice;
use crate::workspace::TargetShape;

/// Renders everything.
///
/// # Errors
/// A diagnostic when a manifest cannot be read.
pub fn layout(job: &Job<'_>, slice: &Slice, state: &State) -> Result<Layout, Diagnostic> {
    let everywhere: BTreeSet<ItemId> = slice.kept.keys().copied().collect();
    let mut state = state.clone();
    let imported = uses::imported_modules(
        job.workspace,
        job.tree,
        job.graph,
        &everywhere,
        &state.owned,
        &state.leaves,
        &state.function_leaves,
    );
    state.leaves.forced.extend(imported);
    let state = &state;
    let mut out = Layout {
        domains: domains::domains(job, slice, state),
        ..Layout::default()
    };
    // A program's manifest says what it asks of its library, which has to be made before.
    let mut domains = out.domains.clone();
    domains.sort_by_key(|d| job.tree.krate(d.krate).shape == TargetShape::Bin);
    for domain in domains {
        if domain.mode == Mode::Kept {
            continue;
        }
        domains::place(job, &domain, &everywhere, state, &mut out);
        let text = manifests::domain_manifest(job, &domain, &out, state)?;
        let path = Utf8PathBuf::from(&domain.dir).join("Cargo.toml");
        out.files.insert(path, OutFile::made(text));
    }
    for entry in job.entries {
        function::place(job, entry, &everywhere, state, &mut out)?;
    }
    manifests::root_files(job, &mut out)?;
    Ok(out)
}

/// A domain crate of the output.
#[derive(Clone, Debug)]
pub struct Domain {
    /// The source crate.
    pub krate: CrateId,
    /// Its package.
    pub package: PackageId,
    /// Its folder seen from the output's, `domain/shop-domain`, or `../crates/shop-domain` when it is kept.
    pub dir: String,
    /// The package's name in the output.
    pub package_name: String,
    /// The library's name in the output.
    pub lib_name: String,
    /// How it comes.
    pub mode: Mode,
    /// The modules that it has in the output.
    pub modules: BTreeSet<ModuleId>,
}

/// How a crate of the monolith comes into the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Cut: what the slice needs of it.
    Slimmed,
    /// Copied as it is.
    Copied,
    /// Not at all: the monolith's own folder is a path dependency.
    Kept,
}

/// A file of the output.
#[derive(Clone, Debug)]
pub struct OutFile {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// For moved code: the crate, the file, and the edits.
    pub origin: Option<(CrateId, FileId, Edited)>,
}

impl OutFile {
    /// A file that was made, not moved.
    pub fn made(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: bytes.into(),
            origin: None,
        }
    }

    /// Moved code.
    pub fn moved(krate: CrateId, file: FileId, edited: Edited) -> Self {
        Self {
            bytes: edited.text.clone().into_bytes(),
            origin: Some((krate, file, edited)),
        }
    }
}

/// The output.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// Files by relative path.
    pub files: BTreeMap<Utf8PathBuf, OutFile>,
    /// Domain crates in order of their folders.
    pub domains: Vec<Domain>,
    /// What each folder with moved code holds of which source crate.
    pub choices: BTreeMap<String, (CrateId, Choice)>,
}

impl Layout {
    /// The user's file and offset behind a place in an output file.
    pub fn origin(&self, path: &str, offset: u32) -> Option<(CrateId, FileId, u32)> {
        let file = self.files.get(Utf8Path::new(path))?;
        let (krate, id, edited) = file.origin.as_ref()?;
        Some((*krate, *id, edited.original(offset)))
    }

    /// The user's files that text of the output comes from, each with the crate whose text it is.
    pub fn sources(&self) -> BTreeSet<(CrateId, FileId)> {
        let origins = self.files.values().filter_map(|f| f.origin.as_ref());
        origins.map(|(krate, file, _)| (*krate, *file)).collect()
    }

    /// The words of the sources in a folder, of those that were moved or of those that were made.
    pub fn words(&self, dir: &str, is_moved: bool) -> BTreeSet<&str> {
        let files = self.files.iter().filter(|(path, file)| {
            let is_source = path.starts_with(dir) && path.extension() == Some("rs");
            is_source && file.origin.is_some() == is_moved
        });
        let texts = files.filter_map(|(_, file)| std::str::from_utf8(&file.bytes).ok());
        texts
            .flat_map(|text| text.split(|c: char| !(c.is_alphanumeric() || c == '_')))
            .collect()
    }

    /// The domain crate in a folder.
    pub fn domain(&self, dir: &str) -> Option<&Domain> {
        self.domains.iter().find(|d| d.dir == dir)
    }
}
