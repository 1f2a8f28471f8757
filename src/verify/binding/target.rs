//! What a name can mean, in words that hold for both sides: by the place in the monolith's own text.
//!
//! Input: meanings as the oracle gives them. Output: [`Target`]. Refuses nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::Side;
use crate::id::{CrateId, FileId, ItemId, TextRange};
use crate::oracle::references::Meaning;
use crate::syntax::{ItemKind, ItemTree, RawItem};
use crate::verify::origin::Origin;
use crate::workspace::{Package, TargetShape};

/// An item's name in the monolith: crate, file, first byte.
pub(super) type At = (CrateId, FileId, u32);

/// What a name means.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    /// An item of the monolith.
    Item(At),
    /// The root module of one of its crates.
    Root(CrateId),
    /// What a macro made in a module (of a crate, when at its root), by name.
    Product(Option<At>, CrateId, String),
    /// An item that only the output has, by its path.
    New(String),
}

/// Turns meanings into targets.
pub(super) struct Targets<'a> {
    monolith: Side<'a>,
    output: Side<'a>,
    origins: &'a BTreeMap<FileId, Origin>,
    /// Items that could not bear a mark on either side.
    unmarked: BTreeSet<At>,
    /// Items that the output has.
    delivered: BTreeSet<At>,
    /// By place, for display.
    names: BTreeMap<At, ItemId>,
    /// The monolith's crates that the output uses where they are: their items bear no marks there.
    kept: BTreeSet<CrateId>,
}

impl<'a> Targets<'a> {
    pub(super) fn new(
        monolith: Side<'a>,
        output: Side<'a>,
        origins: &'a BTreeMap<FileId, Origin>,
    ) -> Self {
        let mut targets = Self {
            monolith,
            output,
            origins,
            unmarked: BTreeSet::new(),
            delivered: BTreeSet::new(),
            names: BTreeMap::new(),
            kept: kept(monolith, output),
        };
        let here: Vec<At> = monolith
            .references
            .unmarked
            .iter()
            .map(|item| targets.place_of(*item))
            .collect();
        let there: Vec<At> = output
            .references
            .unmarked
            .iter()
            .filter_map(|item| targets.place_in_output(*item))
            .collect();
        targets.unmarked.extend(here);
        targets.unmarked.extend(there);
        let delivered: Vec<At> = output
            .tree
            .items
            .iter()
            .filter_map(|item| targets.place_in_output(item.id))
            .collect();
        targets.delivered.extend(delivered);
        let names: Vec<(At, ItemId)> = monolith
            .tree
            .items
            .iter()
            .map(|item| (targets.place_of(item.id), item.id))
            .collect();
        targets.names.extend(names);
        targets
    }

    pub(super) fn of_monolith(&self, meaning: &Meaning) -> Target {
        match meaning {
            Meaning::Item(item) => Target::Item(self.place_of(*item)),
            Meaning::Product {
                krate,
                module,
                name,
            } => product(
                module.map(|m| self.place_of(m)),
                *krate,
                self.monolith.tree,
                *krate,
                name,
            ),
        }
    }

    pub(super) fn of_output(&self, meaning: &Meaning) -> Target {
        let tree = self.output.tree;
        match meaning {
            Meaning::Item(item) => match self.place_in_output(*item) {
                Some(at) => Target::Item(at),
                None => Target::New(tree.path(*item)),
            },
            Meaning::Product {
                krate,
                module,
                name,
            } => {
                let place = module.map(|m| self.place_in_output(m));
                let root = tree.module(tree.krate(*krate).root).file;
                let source = self.origins.get(&root).map(|o| o.krate);
                match (place, source) {
                    (Some(None), _) | (_, None) => Target::New(name.clone()),
                    (place, Some(source)) => product(place.flatten(), source, tree, *krate, name),
                }
            }
        }
    }

    /// An item of the monolith.
    pub(super) fn place_of(&self, item: ItemId) -> At {
        let tree = self.monolith.tree;
        let entry = tree.item(item);
        (entry.krate, entry.file, name(tree.raw(item)).start)
    }

    fn place_in_output(&self, item: ItemId) -> Option<At> {
        let tree = self.output.tree;
        let origin = self.origins.get(&tree.item(item).file)?;
        let back = origin.back(name(tree.raw(item)))?;
        Some((origin.krate, origin.file, back.start))
    }

    pub(super) fn is_unmarked(&self, target: &Target) -> bool {
        matches!(target, Target::Item(at) if self.unmarked.contains(at))
    }

    /// The item of the monolith that a target is.
    pub(super) fn item(&self, target: &Target) -> Option<ItemId> {
        match target {
            Target::Item(at) => self.names.get(at).copied(),
            _ => None,
        }
    }

    /// Whether a target lies in a crate that the output uses where it is. rustc tells nothing of it there; a
    /// name that led to it and now leads to another item of the output is still found.
    pub(super) fn is_kept(&self, target: &Target) -> bool {
        match target {
            Target::Item((krate, _, _)) | Target::Root(krate) | Target::Product(_, krate, _) => {
                self.kept.contains(krate)
            }
            Target::New(_) => false,
        }
    }

    pub(super) fn is_in_output(&self, target: &Target) -> bool {
        match target {
            Target::Item(at) => self.delivered.contains(at),
            _ => false,
        }
    }

    /// Whether a target is an item of the output or one of its fields and variants.
    pub(super) fn is_within(&self, target: &Target, holder: ItemId) -> bool {
        let tree = self.output.tree;
        let Target::Item(at) = target else {
            return false;
        };
        let holder = tree.unit(holder);
        let within = tree.items.iter().filter(|i| {
            let unit = tree.unit(i.id);
            unit == holder
        });
        within
            .filter_map(|i| self.place_in_output(i.id))
            .any(|place| place == *at)
    }

    /// For a person.
    pub(super) fn show(&self, target: &Target) -> String {
        let tree = self.monolith.tree;
        match target {
            Target::Item(at) => match self.names.get(at) {
                Some(item) => tree.path(*item),
                None => "an item of the monolith".to_owned(),
            },
            Target::Root(krate) => tree.krate(*krate).name.clone(),
            Target::Product(_, krate, name) => {
                format!("{name}, made by a macro in {}", tree.krate(*krate).name)
            }
            Target::New(path) => format!("{path}, which the monolith does not have"),
        }
    }
}

/// What stands for an item in its file.
fn name(raw: &RawItem) -> TextRange {
    if raw.kind == ItemKind::Field && raw.name_range.is_empty() {
        // What stands before a tuple's type may be an added `pub`.
        let last = raw.range.end.saturating_sub(1).max(raw.body_start);
        TextRange {
            start: last,
            end: last,
        }
    } else if raw.name_range.is_empty() {
        TextRange {
            start: raw.body_start,
            end: raw.body_start,
        }
    } else {
        raw.name_range
    }
}

/// A macro's product by its last name, with its type's before it; or the crate's root, which bears the
/// mark that products inherit.
fn product(
    module: Option<At>,
    source: CrateId,
    tree: &ItemTree,
    krate: CrateId,
    path: &str,
) -> Target {
    let segments: Vec<&str> = path.split("::").collect();
    let is_root =
        matches!(segments.as_slice(), [one] if *one == "crate" || *one == tree.krate(krate).name);
    if module.is_none() && is_root {
        return Target::Root(source);
    }
    let is_type = |name: &&str| name.starts_with(|c: char| c.is_uppercase() || c == '<');
    let last = segments.last().copied().unwrap_or(path);
    let holder = segments
        .len()
        .checked_sub(2)
        .and_then(|at| segments.get(at))
        .copied()
        .filter(is_type);
    let name = match holder {
        Some(holder) => format!("{holder}::{last}"),
        None => last.to_owned(),
    };
    Target::Product(module, source, name)
}

/// The crates of the monolith that the output depends on by path, and what they depend on.
fn kept(monolith: Side<'_>, output: Side<'_>) -> BTreeSet<CrateId> {
    let members = |package: &Package| -> Vec<String> {
        let by_path = package.dependencies.iter().filter(|d| d.path.is_some());
        by_path.map(|d| d.package.clone()).collect()
    };
    let mut queue: Vec<String> = output.workspace.packages.iter().flat_map(members).collect();
    let mut seen = BTreeSet::new();
    while let Some(name) = queue.pop() {
        let is_new = output.workspace.by_name(&name).is_none() && seen.insert(name.clone());
        if let Some(package) = monolith.workspace.by_name(&name).filter(|_| is_new) {
            queue.extend(members(package));
        }
    }
    let crates = monolith.tree.crates.iter().filter(|c| {
        let package = monolith.workspace.package(c.package);
        c.shape != TargetShape::Bin && package.is_some_and(|p| seen.contains(&p.name))
    });
    crates.map(|c| c.id).collect()
}
