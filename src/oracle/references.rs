//! The reference oracle: asks rustc what every name in the workspace means.
//!
//! Input: [`Workspace`] and [`ItemTree`]. Output: [`References`], each resolved reference once, with the
//! place in the user's own file. Cached by content: unchanged sources start no compiler. Refuses a
//! monolith that does not compile, with rustc's first errors.

mod cache;
mod collect;
mod failure;
mod marks;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::cargo::{self, CheckRequest, Progress};
use super::shadow;
use crate::diag::{Outcome, Sink};
use crate::id::{CrateId, FileId, ItemId};
use crate::syntax::ItemTree;
use crate::workspace::Workspace;

use cache::{cache_key, read_cache, write_cache};
use collect::collect;
use failure::{cargo_refused, does_not_compile};
use marks::{mark_all, texts, unmark_at_errors};

/// Rounds in which items that cannot bear a mark lose it; each round is a run of rustc.
const UNMARK_ROUNDS: usize = 5;

/// What a reference means.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Meaning {
    /// An item of the tree.
    Item(ItemId),
    /// Something a macro or derive produced in the module that this `mod` item (or root) opens:
    /// its kind and name as rustc says them.
    Product {
        /// The crate it lies in.
        krate: CrateId,
        /// The module's `mod` item; `None` for the crate's root.
        module: Option<ItemId>,
        /// The last segment of its path.
        name: String,
    },
}

/// A resolved reference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reference {
    /// The crate that was compiled.
    pub krate: CrateId,
    /// The file of the site that counts as the user.
    pub file: FileId,
    /// Its byte range in the file.
    pub start: u32,
    /// Its end.
    pub end: u32,
    /// What it means.
    pub meaning: Meaning,
    /// Whether it came through a macro expansion.
    pub expanded: bool,
}

/// All that rustc said.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct References {
    /// Sorted, each once.
    pub list: Vec<Reference>,
    /// Items that could not bear a mark; references to them are unknown.
    pub unmarked: Vec<ItemId>,
    /// What build scripts printed, by package name.
    pub build_scripts: BTreeMap<String, (Vec<String>, Vec<String>, bool)>,
    /// Whether the answer came from the cache.
    #[serde(skip)]
    pub cached: bool,
    /// The crates rustc compiled.
    pub crates: BTreeSet<CrateId>,
}

/// Asks rustc.
///
/// # Errors
/// [`crate::diag::Code::DoesNotCompile`], [`crate::diag::Code::CargoFailed`], [`crate::diag::Code::WriteFailed`].
pub fn references(
    workspace: &Workspace,
    tree: &ItemTree,
    sink: &mut Sink,
    progress: Progress<'_>,
) -> Outcome<References> {
    if let Some(found) = cached(workspace, tree) {
        return Ok(found);
    }
    let _lock = super::lock(&cargo::work_dir(&workspace.target_dir))?;
    ask(workspace, tree, "shadow", "refs", sink, progress)
}

/// Asks rustc about an output of ours, in folders of its own; the caller holds the lock.
///
/// # Errors
/// As [`references`].
pub fn of_output(
    output: &Workspace,
    tree: &ItemTree,
    sink: &mut Sink,
    progress: Progress<'_>,
) -> Outcome<References> {
    match cached(output, tree) {
        Some(found) => Ok(found),
        None => ask(output, tree, "output", "output-refs", sink, progress),
    }
}

fn cache_path(workspace: &Workspace, tree: &ItemTree) -> camino::Utf8PathBuf {
    let key = cache_key(workspace, tree);
    cargo::work_dir(&workspace.target_dir)
        .join("cache")
        .join(format!("{key}.json"))
}

fn cached(workspace: &Workspace, tree: &ItemTree) -> Option<References> {
    let mut found = read_cache(&cache_path(workspace, tree))?;
    found.cached = true;
    Some(found)
}

fn ask(
    workspace: &Workspace,
    tree: &ItemTree,
    shadow_name: &str,
    side_name: &str,
    sink: &mut Sink,
    progress: Progress<'_>,
) -> Outcome<References> {
    let work = cargo::work_dir(&workspace.target_dir);
    let cache = cache_path(workspace, tree);
    let shadow_dir = work.join(shadow_name);
    let side_dir = work.join(side_name);
    let mut skip: BTreeMap<FileId, BTreeSet<u32>> = BTreeMap::new();
    let mut unmarked = BTreeSet::new();
    for round in 0..=UNMARK_ROUNDS {
        let marked = mark_all(tree, &skip);
        let texts = texts(workspace, tree, &marked)?;
        progress("preparing the shadow copy");
        shadow::sync(&workspace.root, &workspace.target_dir, &shadow_dir, &texts)?;
        let run = cargo::check(
            &CheckRequest {
                dir: &shadow_dir,
                target_dir: &workspace.target_dir,
                args: check_args(workspace),
                force: Some(&["deprecated"]),
                side_dir: &side_dir,
                toolchain: workspace.toolchain.as_deref(),
            },
            progress,
        )?;
        if run.success {
            let found = collect(workspace, tree, &marked, &side_dir, &run, unmarked);
            write_cache(&cache, &found);
            return Ok(found);
        }
        if run.errors().next().is_none() {
            return Err(cargo_refused(workspace, &run).into());
        }
        let before = unmarked.len();
        if round < UNMARK_ROUNDS {
            unmark_at_errors(workspace, tree, &marked, &run, &mut skip, &mut unmarked);
        }
        if unmarked.len() == before {
            // The marks are not what rustc dislikes, or they cannot be told from what it does.
            return Err(
                does_not_compile(workspace, &shadow_dir, &side_dir, sink, progress)?.into(),
            );
        }
    }
    Err(does_not_compile(workspace, &shadow_dir, &side_dir, sink, progress)?.into())
}

/// The arguments that select what the user builds.
pub fn selection(workspace: &Workspace) -> Vec<String> {
    let mut args = workspace.features.cargo_args();
    match workspace.focus.and_then(|id| workspace.package(id)) {
        Some(package) => args.extend(["--package".to_owned(), package.name.clone()]),
        None => args.push("--workspace".to_owned()),
    }
    args
}

/// [`selection`], and all that can be checked when something cannot.
pub fn check_args(workspace: &Workspace) -> Vec<String> {
    let mut args = selection(workspace);
    args.push("--keep-going".to_owned());
    args
}
