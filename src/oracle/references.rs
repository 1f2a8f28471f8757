//! The reference oracle: asks rustc what every name in the workspace means.
//!
//! Input: [`Workspace`] and [`ItemTree`]. Output: [`References`], each resolved reference once, with the
//! place in the user's own file. Cached by content: unchanged sources start no compiler. Refuses a
//! monolith that does not compile, with rustc's first errors.

mod cache;
mod collect;
mod failure;
mod marks;
mod selection;

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use super::cargo::{self, CheckRequest, Progress};
use super::shadow;
use crate::diag::{Outcome, Sink};
use crate::id::{CrateId, FileId, ItemId, PackageId};
use crate::syntax::ItemTree;
use crate::workspace::Workspace;

use cache::{cache_keys, read_cache, write_cache};
use collect::collect;
use failure::{cargo_refused, does_not_compile};
use marks::{mark_all, texts, unmark_at_errors};

/// Rounds in which items that cannot bear a mark lose it; each round is a run of rustc.
const UNMARK_ROUNDS: usize = 5;

pub(in crate::oracle) use selection::around;
pub use selection::{check_args, selection};

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

/// Asks rustc. With `roots`, only these packages and the members they depend on are compiled; when that
/// fails (a member may compile only with what others switch on), all that the user builds.
///
/// # Errors
/// [`crate::diag::Code::DoesNotCompile`], [`crate::diag::Code::CargoFailed`], [`crate::diag::Code::WriteFailed`].
pub fn references(
    workspace: &Workspace,
    tree: &ItemTree,
    roots: &BTreeSet<PackageId>,
    sink: &mut Sink,
    progress: Progress<'_>,
) -> Outcome<References> {
    let whole = check_args(workspace);
    let narrow = around(workspace, roots);
    let keys = cache_keys(workspace, tree);
    let cache = cache_dir(workspace);
    let place = |args: &[String]| cache.join(format!("{}.json", keys.of(args)));
    // An answer for all serves for a part.
    let known = narrow.iter().chain([&whole]);
    if let Some(mut found) = known.into_iter().find_map(|args| read_cache(&place(args))) {
        found.cached = true;
        return Ok(found);
    }
    let _lock = super::lock(&cargo::work_dir(&workspace.target_dir))?;
    let folders = ["shadow", "refs"];
    if let Some(args) = narrow
        && let Ok(found) = ask(workspace, tree, &args, folders, sink, progress)
    {
        write_cache(&place(&args), &found);
        return Ok(found);
    }
    let found = ask(workspace, tree, &whole, folders, sink, progress)?;
    write_cache(&place(&whole), &found);
    Ok(found)
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
    let whole = check_args(output);
    let place = cache_dir(output).join(format!("{}.json", cache_keys(output, tree).of(&whole)));
    if let Some(mut found) = read_cache(&place) {
        found.cached = true;
        return Ok(found);
    }
    let found = ask(
        output,
        tree,
        &whole,
        ["output", "output-refs"],
        sink,
        progress,
    )?;
    write_cache(&place, &found);
    Ok(found)
}

fn cache_dir(workspace: &Workspace) -> Utf8PathBuf {
    cargo::work_dir(&workspace.target_dir).join("cache")
}

/// Asks rustc in two folders of these names: the shadow and what the wrapper writes.
fn ask(
    workspace: &Workspace,
    tree: &ItemTree,
    args: &[String],
    [shadow_name, side_name]: [&str; 2],
    sink: &mut Sink,
    progress: Progress<'_>,
) -> Outcome<References> {
    let work = cargo::work_dir(&workspace.target_dir);
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
                args: args.to_vec(),
                force: Some(&["deprecated"]),
                side_dir: &side_dir,
                toolchain: workspace.toolchain.as_deref(),
            },
            progress,
        )?;
        if run.success {
            return Ok(collect(workspace, tree, &marked, &side_dir, &run, unmarked));
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
                does_not_compile(workspace, args, &shadow_dir, &side_dir, sink, progress)?.into(),
            );
        }
    }
    Err(does_not_compile(workspace, args, &shadow_dir, &side_dir, sink, progress)?.into())
}
