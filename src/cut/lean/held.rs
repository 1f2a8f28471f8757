//! Which external crates are in a cut for the sake of impls of foreign traits alone.
//!
//! Input: the job and a slice. Output: [`Held`]s, by the names that code has for crates. Refuses nothing; what may name a
//! crate in a way that is not seen (through the workspace's own re-exports) is found out when the impls are gone and the
//! crate is not.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::DependencyKind;

use crate::cut::Job;
use crate::id::{CrateId, ItemId, ModuleId};
use crate::slice::{Slice, Why};
use crate::syntax::{ItemKind, Payload, RefKind, bare_type_name};

/// An external crate that impls alone hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The crate of the workspace that names it.
    pub krate: CrateId,
    /// Its name in code.
    pub name: String,
    /// Its package's name.
    pub package: String,
    /// The impls.
    pub impls: BTreeSet<ItemId>,
}

/// What a crate of the workspace has from outside.
struct Outside {
    /// Packages by their names in code.
    packages: BTreeMap<String, String>,
    /// By module: what imports are called there, with the package's name in code. A glob's names are not known.
    imports: BTreeMap<(ModuleId, String), String>,
    /// Packages whose names a glob brings.
    globs: BTreeSet<String>,
}

/// All of them, by crate and name.
pub fn held(job: &Job<'_>, slice: &Slice) -> Vec<Held> {
    let tree = job.tree;
    let outside: BTreeMap<CrateId, Outside> = slice
        .crates(tree)
        .into_iter()
        .filter_map(|krate| Some((krate, Outside::of(job, krate)?)))
        .collect();
    let mut holders: BTreeMap<(CrateId, String), BTreeSet<ItemId>> = BTreeMap::new();
    let mut named_elsewhere: BTreeSet<(CrateId, String)> = BTreeSet::new();
    for item in tree.items.iter().filter(|item| item.active) {
        let is_code = !matches!(tree.raw(item.id).kind, ItemKind::Use | ItemKind::Mod);
        let Some(outside) = outside.get(&item.krate).filter(|_| is_code) else {
            continue;
        };
        if !slice.contains(tree, item.id) {
            continue;
        }
        for name in outside.named(job, item.id) {
            let key = (item.krate, name);
            match droppable(job, slice, item.id) {
                Some(of) => {
                    holders.entry(key).or_default().insert(of);
                }
                None => {
                    named_elsewhere.insert(key);
                }
            }
        }
    }
    holders
        .into_iter()
        .filter(|(key, _)| !named_elsewhere.contains(key))
        .filter_map(|((krate, name), impls)| {
            let of = outside.get(&krate)?;
            let package = of.packages.get(&name)?.clone();
            (!of.globs.contains(&name)).then_some(Held {
                krate,
                name,
                package,
                impls,
            })
        })
        .collect()
}

/// The impl of a foreign trait that an item is (of), where nothing but its type and trait ask for it.
fn droppable(job: &Job<'_>, slice: &Slice, item: ItemId) -> Option<ItemId> {
    let tree = job.tree;
    let mut at = tree.unit(item);
    while tree.raw(at).kind != ItemKind::Impl {
        at = tree.item(at).parent?;
    }
    let Payload::Impl(head) = &tree.raw(at).payload else {
        return None;
    };
    let path = head.trait_path.as_deref()?;
    let is_asked_for = !matches!(slice.kept.get(&at), Some(Why::Impl(_)));
    // When a value is dropped is what its `Drop` says, and nothing names it.
    if head.negative
        || is_asked_for
        || job.rules.trait_of(at).is_some()
        || bare_type_name(path) == "Drop"
    {
        return None;
    }
    let is_within = |mut user: ItemId| loop {
        if user == at {
            return true;
        }
        match tree.item(user).parent {
            Some(parent) => user = parent,
            None => return false,
        }
    };
    let members = job.rules.members(at).iter().copied();
    let mut users = members.chain([at]).flat_map(|part| job.graph.into(part));
    let is_named = users.any(|edge| slice.contains(tree, edge.from) && !is_within(edge.from));
    (!is_named).then_some(at)
}

impl Outside {
    fn of(job: &Job<'_>, krate: CrateId) -> Option<Self> {
        let tree = job.tree;
        let package = job.workspace.package(tree.krate(krate).package)?;
        let declared = package.dependencies.iter();
        let packages: BTreeMap<String, String> = declared
            .filter(|d| d.kind == DependencyKind::Normal && package.builds(d))
            .filter(|d| job.workspace.member(d).is_none())
            .map(|d| (d.extern_name.clone(), d.package.clone()))
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
        let words = written.flat_map(words);
        paths
            .chain(words)
            .filter_map(|word| self.meant(module, word))
            .collect()
    }

    /// The crate that a word stands for in a module.
    fn meant(&self, module: ModuleId, word: &str) -> Option<String> {
        let word = word.trim_start_matches("r#");
        if self.packages.contains_key(word) {
            return Some(word.to_owned());
        }
        self.imports.get(&(module, word.to_owned())).cloned()
    }
}

/// The external crate that a word stands for where an item stands.
pub(super) fn means(job: &Job<'_>, item: ItemId, word: &str) -> Option<String> {
    let node = job.tree.item(item);
    Outside::of(job, node.krate)?.meant(node.module, word)
}

/// The words of a text.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.split(move |c| !is_part(c)).filter(|w| !w.is_empty())
}
