//! Which external crates are in a cut for the sake of impls of foreign traits alone.
//!
//! Input: the job, a slice and what it started from. Output: [`Held`]s, by the names that code has for crates. Refuses
//! nothing; what may name a crate in a way that is not seen (through the workspace's own re-exports) is found out when
//! the impls are gone and the crate is not.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::DependencyKind;

use crate::cut::Job;
use crate::id::{CrateId, ItemId, ModuleId};
use crate::slice::{self, Seeds, Slice, Why};
use crate::syntax::{ItemKind, Payload, RefKind, bare_type_name};

/// What impls alone hold, with what they need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// External crates; none where it is items of the workspace alone.
    pub crates: BTreeSet<External>,
    /// The impls, each of which is enough to hold them.
    pub impls: BTreeSet<ItemId>,
}

/// An external crate, as a crate of the workspace names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct External {
    /// The crate of the workspace.
    pub krate: CrateId,
    /// The name in its code.
    pub name: String,
    /// Its key in manifests.
    pub key: String,
    /// The package's name.
    pub package: String,
}

/// What a crate of the workspace has from outside.
struct Outside {
    /// Keys and packages by their names in code.
    packages: BTreeMap<String, (String, String)>,
    /// By module: what imports are called there, with the package's name in code. A glob's names are not known.
    imports: BTreeMap<(ModuleId, String), String>,
    /// Packages whose names a glob brings.
    globs: BTreeSet<String>,
}

/// All of them, those crates together that the same impls hold. With `items` also the impls, each by itself, that hold
/// items of the workspace and no external crate.
pub fn held(job: &Job<'_>, seeds: &Seeds, all: &Slice, items: bool) -> Vec<Held> {
    let naming = naming(job, all);
    let named = |of: &Slice| -> BTreeSet<&External> {
        let kept = naming
            .iter()
            .filter(|(item, _)| of.contains(job.tree, *item));
        kept.flat_map(|(_, externals)| externals).collect()
    };
    let impls: BTreeSet<ItemId> = all
        .kept
        .keys()
        .copied()
        .filter(|item| is_droppable(job, all, *item))
        .collect();
    let without = |one: Option<ItemId>| {
        let mut seeds = seeds.clone();
        let others = impls.iter().copied().filter(|item| Some(*item) != one);
        seeds.blocked.extend(others);
        slice::slice(job.tree, job.rules, &seeds)
    };
    let bare = without(None);
    let mut held = named(all);
    for needed in named(&bare) {
        held.remove(needed);
    }
    if held.is_empty() && !items {
        return Vec::new();
    }
    let mut holders: BTreeMap<&External, BTreeSet<ItemId>> = BTreeMap::new();
    let mut of_items = BTreeSet::new();
    for item in &impls {
        let with = without(Some(*item));
        let named = named(&with);
        let mut crates = named.intersection(&held).peekable();
        let mut more = with.kept.keys().filter(|kept| {
            let is_new = !bare.kept.contains_key(kept);
            is_new && !is_within(job, **kept, *item)
        });
        if items && crates.peek().is_none() && more.next().is_some() {
            of_items.insert(*item);
        }
        for external in crates {
            holders.entry(*external).or_default().insert(*item);
        }
    }
    let mut groups: BTreeMap<BTreeSet<ItemId>, BTreeSet<External>> = BTreeMap::new();
    for (external, impls) in holders {
        groups.entry(impls).or_default().insert(external.clone());
    }
    let groups = groups.into_iter();
    let of_items = of_items.into_iter().map(|item| Held {
        crates: BTreeSet::new(),
        impls: BTreeSet::from([item]),
    });
    groups
        .map(|(impls, crates)| Held { crates, impls })
        .chain(of_items)
        .collect()
}

/// The items of a slice that name external crates. Where a glob brings names, nobody knows who uses them.
fn naming(job: &Job<'_>, slice: &Slice) -> Vec<(ItemId, BTreeSet<External>)> {
    let tree = job.tree;
    let crates = slice.crates(tree).into_iter();
    let outside: BTreeMap<CrateId, Outside> = crates
        .filter_map(|krate| Some((krate, Outside::of(job, krate)?)))
        .collect();
    let code = tree.items.iter().filter(|item| {
        let is_code = !matches!(tree.raw(item.id).kind, ItemKind::Use | ItemKind::Mod);
        item.active && is_code && slice.contains(tree, item.id)
    });
    let naming = code.filter_map(|item| {
        let outside = outside.get(&item.krate)?;
        let names = outside.named(job, item.id).into_iter();
        let externals = names.filter(|name| !outside.globs.contains(name));
        let externals: BTreeSet<External> = externals
            .filter_map(|name| {
                let (key, package) = outside.packages.get(&name)?.clone();
                Some(External {
                    krate: item.krate,
                    name,
                    key,
                    package,
                })
            })
            .collect();
        (!externals.is_empty()).then_some((item.id, externals))
    });
    naming.collect()
}

/// Whether an item is an impl of a foreign trait that nothing but its type and trait ask for.
fn is_droppable(job: &Job<'_>, slice: &Slice, item: ItemId) -> bool {
    let tree = job.tree;
    let Payload::Impl(head) = &tree.raw(item).payload else {
        return false;
    };
    let Some(path) = head.trait_path.as_deref() else {
        return false;
    };
    let is_asked_for = !matches!(slice.kept.get(&item), Some(Why::Impl(_)));
    // When a value is dropped is what its `Drop` says, and nothing names it.
    let is_drop = bare_type_name(path) == "Drop";
    if head.negative || is_asked_for || is_drop || job.rules.trait_of(item).is_some() {
        return false;
    }
    let members = job.rules.members(item).iter().copied();
    let mut users = members.chain([item]).flat_map(|part| job.graph.into(part));
    !users.any(|edge| slice.contains(tree, edge.from) && !is_within(job, edge.from, item))
}

/// Whether an item is `of` or a part of it.
fn is_within(job: &Job<'_>, item: ItemId, of: ItemId) -> bool {
    let mut at = Some(item);
    while let Some(id) = at {
        if id == of {
            return true;
        }
        at = job.tree.item(id).parent;
    }
    false
}

impl Outside {
    fn of(job: &Job<'_>, krate: CrateId) -> Option<Self> {
        let tree = job.tree;
        let package = job.workspace.package(tree.krate(krate).package)?;
        let declared = package.dependencies.iter();
        let packages: BTreeMap<String, (String, String)> = declared
            .filter(|d| d.kind == DependencyKind::Normal && package.builds(d))
            .filter(|d| job.workspace.member(d).is_none())
            .map(|d| (d.extern_name.clone(), (d.key.clone(), d.package.clone())))
            .collect();
        let mut imports = BTreeMap::new();
        let mut globs = BTreeSet::new();
        let uses = tree.items.iter().filter(|i| i.krate == krate && i.active);
        for item in uses {
            let Payload::Use(decl) = &tree.raw(item.id).payload else {
                continue;
            };
            for leaf in &decl.leaves {
                let Some(first) = leaf.path.first().filter(|p| packages.contains_key(*p)) else {
                    continue;
                };
                if leaf.glob {
                    globs.insert(first.clone());
                } else {
                    imports.insert((item.module, leaf.name.clone()), first.clone());
                }
            }
        }
        Some(Self {
            packages,
            imports,
            globs,
        })
    }

    /// The external crates that an item names, by path, by import or in an attribute.
    fn named(&self, job: &Job<'_>, item: ItemId) -> BTreeSet<String> {
        let tree = job.tree;
        let raw = tree.raw(item);
        let module = tree.item(item).module;
        let refs = raw.refs.iter().filter(|r| r.kind != RefKind::Member);
        let paths = refs.filter_map(|r| r.path.trim_start_matches("::").split("::").next());
        let attributes = raw.attrs.iter().filter(|attribute| !attribute.is_doc);
        let written = attributes.flat_map(|a| [a.path.as_str(), a.args.as_str()]);
        self.meant(module, paths.chain(written.flat_map(words)))
    }

    /// The crates that words stand for in a module.
    fn meant<'w>(
        &self,
        module: ModuleId,
        words: impl Iterator<Item = &'w str>,
    ) -> BTreeSet<String> {
        let meant = words.filter_map(|word| {
            let word = word.trim_start_matches("r#");
            if self.packages.contains_key(word) {
                return Some(word.to_owned());
            }
            self.imports.get(&(module, word.to_owned())).cloned()
        });
        meant.collect()
    }
}

/// The external crates that a text names where an item stands.
pub(super) fn named_in(job: &Job<'_>, item: ItemId, text: &str) -> BTreeSet<String> {
    let node = job.tree.item(item);
    let outside = Outside::of(job, node.krate);
    outside.map_or_else(BTreeSet::new, |o| o.meant(node.module, words(text)))
}

/// The words of a text.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.split(move |c| !is_part(c)).filter(|w| !w.is_empty())
}
