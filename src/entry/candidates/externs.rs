//! Which external crates an item's text names.
//!
//! Input: names as written, the module's `use` declarations, the package's dependencies. Output: a small
//! bit set an item. Refuses nothing: a method of an external trait names nothing, so that this stays an
//! estimate; what is delivered is decided by rustc.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use cargo_metadata::DependencyKind;
use rayon::prelude::*;

use crate::id::{ItemId, ModuleId, PackageId};
use crate::syntax::{ItemKind, ItemTree, Payload, RefKind};
use crate::workspace::{Dependency, Package, Workspace};

/// The crates' names and each item's set.
#[derive(Debug)]
pub(super) struct Externs {
    names: Vec<String>,
    declared: BTreeSet<String>,
    of_item: Vec<Box<[u16]>>,
}

/// What a module's `use` declarations and the package's manifest make of a first segment.
struct Scope {
    /// A bound name and the crate it comes from.
    bound: HashMap<String, u16>,
}

impl Externs {
    pub(super) fn new(workspace: &Workspace, tree: &ItemTree) -> Self {
        let mut names = BTreeSet::new();
        let mut declared = BTreeSet::new();
        let mut by_package: BTreeMap<PackageId, BTreeMap<String, String>> = BTreeMap::new();
        for package in &workspace.packages {
            let own = by_package.entry(package.id).or_default();
            for dependency in &package.dependencies {
                let is_member = workspace.member(dependency).is_some();
                if dependency.kind != DependencyKind::Normal || is_member {
                    continue;
                }
                own.insert(dependency.extern_name.clone(), dependency.package.clone());
                names.insert(dependency.package.clone());
                if package.selected && is_on(package, dependency) {
                    declared.insert(dependency.package.clone());
                }
            }
        }
        let names: Vec<String> = names.into_iter().collect();
        let number = |name: &str| {
            let at = names.binary_search_by(|n| n.as_str().cmp(name)).ok()?;
            u16::try_from(at).ok()
        };
        let externs: BTreeMap<PackageId, HashMap<String, u16>> = by_package
            .into_iter()
            .map(|(id, own)| {
                (
                    id,
                    own.into_iter()
                        .filter_map(|(key, name)| Some((key, number(&name)?)))
                        .collect(),
                )
            })
            .collect();
        let scopes = scopes(tree, &externs);
        let of_item: Vec<Box<[u16]>> = tree
            .items
            .par_iter()
            .map(|item| {
                let mut found: BTreeSet<u16> = BTreeSet::new();
                let empty = HashMap::new();
                let of_package = externs
                    .get(&tree.krate(item.krate).package)
                    .unwrap_or(&empty);
                let scope = scopes.get(&item.module);
                if item.active {
                    for name in &tree.raw(item.id).refs {
                        if name.kind == RefKind::Member {
                            continue;
                        }
                        let (first, more) = match name.path.split_once("::") {
                            Some((first, _)) => (first, true),
                            None => (&*name.path, false),
                        };
                        let bound = scope.and_then(|s| s.bound.get(first));
                        let direct = || of_package.get(first).filter(|_| more);
                        found.extend(bound.or_else(direct));
                    }
                }
                found.into_iter().collect()
            })
            .collect();
        let mut externs = Self {
            names,
            declared,
            of_item,
        };
        externs.lift_members(tree);
        externs
    }

    /// What fields and variants name, their type names.
    fn lift_members(&mut self, tree: &ItemTree) {
        for item in &tree.items {
            if !matches!(
                tree.raw(item.id).kind,
                ItemKind::Field | ItemKind::Variant | ItemKind::ForeignItem
            ) {
                continue;
            }
            let unit = tree.unit(item.id);
            let own = self
                .of_item
                .get(item.id.index())
                .cloned()
                .unwrap_or_default();
            if let Some(all) = self
                .of_item
                .get_mut(unit.index())
                .filter(|_| !own.is_empty())
            {
                let merged: BTreeSet<u16> = all.iter().chain(own.iter()).copied().collect();
                *all = merged.into_iter().collect();
            }
        }
    }

    /// The dependencies that the selected packages declare.
    pub(super) fn declared(&self) -> &BTreeSet<String> {
        &self.declared
    }

    /// An empty set.
    pub(super) fn none(&self) -> Vec<bool> {
        vec![false; self.names.len()]
    }

    /// Adds an item's crates to a set.
    pub(super) fn add(&self, item: ItemId, set: &mut [bool]) {
        for number in self.of_item.get(item.index()).into_iter().flatten() {
            if let Some(bit) = set.get_mut(usize::from(*number)) {
                *bit = true;
            }
        }
    }

    /// The names in a set.
    pub(super) fn names(&self, set: &[bool]) -> BTreeSet<String> {
        self.names
            .iter()
            .zip(set)
            .filter(|(_, bit)| **bit)
            .map(|(name, _)| name.clone())
            .collect()
    }
}

/// Whether the active features build a dependency.
fn is_on(package: &Package, dependency: &Dependency) -> bool {
    let enables = |value: &String| {
        value
            .strip_prefix("dep:")
            .is_some_and(|key| key == dependency.key)
            || value
                .split_once('/')
                .is_some_and(|(key, _)| key == dependency.key)
    };
    !dependency.optional
        || package.active_features.contains(&dependency.key)
        || package.active_features.iter().any(|feature| {
            package
                .features
                .get(feature)
                .is_some_and(|values| values.iter().any(enables))
        })
}

/// For each module, the names that its `use`s bring from external crates; `use` within a function counts
/// for its module.
fn scopes(
    tree: &ItemTree,
    externs: &BTreeMap<PackageId, HashMap<String, u16>>,
) -> HashMap<ModuleId, Scope> {
    let mut scopes: HashMap<ModuleId, Scope> = HashMap::new();
    // Twice, since `use a::b; use b::C;` may stand in either order.
    for _ in 0..2 {
        for item in tree.items.iter().filter(|i| i.active) {
            let Some(of_package) = externs.get(&tree.krate(item.krate).package) else {
                continue;
            };
            let scope = scopes.entry(item.module).or_insert_with(|| Scope {
                bound: HashMap::new(),
            });
            match &tree.raw(item.id).payload {
                Payload::Use(decl) => {
                    for leaf in decl.leaves.iter().filter(|l| !l.glob) {
                        let Some(first) = leaf.path.first() else {
                            continue;
                        };
                        let via = scope.bound.get(first).filter(|_| leaf.path.len() > 1);
                        if let Some(number) = via.or_else(|| of_package.get(first)).copied() {
                            scope.bound.insert(leaf.name.clone(), number);
                        }
                    }
                }
                Payload::ExternCrate { name, bound } => {
                    if let Some(number) = of_package.get(name).copied() {
                        scope.bound.insert(bound.clone(), number);
                    }
                }
                _ => {}
            }
        }
    }
    scopes
}
