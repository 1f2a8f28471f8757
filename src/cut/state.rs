//! What a cut has decided so far: grows and shrinks with each check until rustc is content.
//!
//! Input: entries and repairs. Output: the state that [`super::layout`] renders. Pure data.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use super::keep::Choice;
use super::uses::LeafState;
use crate::id::{CrateId, FileId, ItemId, ModuleId};
use crate::slice::Seeds;

/// The decisions.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Where the closure starts and what it leaves out.
    pub seeds: Seeds,
    /// Leaves and modules.
    pub leaves: LeafState,
    /// Items whose visibility becomes `pub`.
    pub widen: BTreeSet<ItemId>,
    /// Public paths inside their crates of what function crates name.
    pub exposed: BTreeMap<ItemId, Vec<String>>,
    /// Attributes added to items and fields.
    pub attributes: BTreeMap<ItemId, Vec<String>>,
    /// Items that the reachability oracle may not remove (again).
    pub pinned: BTreeSet<ItemId>,
    /// Impls that an error brought back by the names of trait and type, though it said nothing of the trait's arguments.
    pub doubtful: BTreeSet<ItemId>,
    /// Items that went in the last check, since nothing used them any more; none goes twice.
    pub gone: BTreeSet<ItemId>,
    /// Types some of whose fields or variants nothing in the slice reads or builds.
    pub allow_dead: BTreeSet<ItemId>,
    /// Files of which everything stays, after repairs failed.
    pub whole_files: BTreeSet<(CrateId, FileId)>,
    /// Crates of which everything stays.
    pub whole_crates: BTreeSet<CrateId>,
    /// Dependencies that rustc calls unused, by domain folder.
    pub unused: BTreeMap<String, BTreeSet<String>>,
    /// Lints the monolith's own code raises, by output folder.
    pub allow_lints: BTreeMap<String, BTreeSet<String>>,
    /// Words in `forbid` attributes that go, since the cut must allow them: by file and first byte.
    pub lifted: BTreeSet<(Utf8PathBuf, u32)>,
    /// Folders of function crates whose glue breaks the monolith's lints: they do without.
    pub no_lints: BTreeSet<String>,
    /// Items that one entry alone owns, by entry: they live in the function crate.
    pub owned: BTreeMap<ItemId, ItemId>,
    /// Entries that could own nothing after all, with rustc's reason.
    pub returned: BTreeMap<ItemId, String>,
    /// Leaves of the function crates' copies of modules, by entry.
    pub function_leaves: BTreeMap<ItemId, LeafState>,
    /// Modules of function crates that need nothing of the domain's twin module: entry and module.
    pub no_glob: BTreeSet<(ItemId, ModuleId)>,
    /// How crates come into the output, as far as it is decided.
    pub choices: BTreeMap<CrateId, Choice>,
    /// Crates that cannot be kept whole, with rustc's words.
    pub unkeepable: BTreeMap<CrateId, String>,
    /// The reachability oracle's view of the domain crates.
    pub private_view: bool,
}

impl State {
    /// The added attributes, those of types with unread parts among them.
    pub fn all_attributes(&self) -> BTreeMap<ItemId, Vec<String>> {
        let mut attributes = self.attributes.clone();
        for item in &self.allow_dead {
            let lines = attributes.entry(*item).or_default();
            lines.push("#[allow(dead_code)]".to_owned());
        }
        attributes
    }
}
