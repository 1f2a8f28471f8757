//! The partition: which items one entry alone owns, by dominators.
//!
//! Input: the slice of a cut that compiles. Output: owned items by entry; all else is the domain. A type
//! and its impls are one group, since an impl lives with its type. From a virtual root edges lead to every
//! entry and to every group that the rest of the monolith uses; what an entry dominates is its own. Items
//! whose meaning depends on the crate they stand in (macros by textual scope, `env!`, embedded files,
//! `cfg`s) stay in the domain.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::dominators;
use petgraph::graph::{DiGraph, NodeIndex};

use super::Job;
use super::state::State;
use super::uses::{Leads, leads};
use crate::entry::plan;
use crate::id::{CrateId, ItemId, ModuleId};
use crate::slice::Slice;
use crate::syntax::{ItemKind, Payload};

/// Tokens that mean something else in another crate or file.
const BOUND_TO_CRATE: &[&str] = &[
    "include_str!",
    "include_bytes!",
    "include!",
    "env!",
    "module_path!",
    "file!",
    "cfg",
    "no_mangle",
    "$crate",
    "macro_rules",
    "type_name",
    "CARGO_",
    "sqlx::",
    "query!",
    "query_as!",
    "thread_local!",
    "lazy_static!",
];

/// Owned items and the entry that owns each.
pub fn partition(job: &Job<'_>, slice: &Slice, state: &State) -> BTreeMap<ItemId, ItemId> {
    let tree = job.tree;
    let anchors: BTreeMap<ItemId, ItemId> = slice
        .kept
        .keys()
        .map(|item| (*item, anchor(job, *item)))
        .collect();
    let mut graph: DiGraph<Option<ItemId>, ()> = DiGraph::new();
    let root = graph.add_node(None);
    let mut nodes: BTreeMap<ItemId, NodeIndex> = BTreeMap::new();
    for group in anchors.values() {
        nodes
            .entry(*group)
            .or_insert_with(|| graph.add_node(Some(*group)));
    }
    let entries: BTreeSet<ItemId> = job
        .entries
        .iter()
        .map(|e| e.item)
        .filter(|e| tree.item(*e).parent.is_none() && stays_movable(job, *e, state))
        .collect();
    let mut pinned: BTreeSet<ItemId> = job
        .entries
        .iter()
        .filter(|e| !entries.contains(&e.item))
        .filter_map(|e| anchors.get(&e.item).copied())
        .collect();
    // A shim calls constructors from outside of what an entry owns.
    let crossings = job.entries.iter().filter_map(|e| e.crossing.as_ref());
    let makers = crossings.flat_map(plan::makers);
    pinned.extend(makers.filter_map(|make| anchors.get(&make.item)));
    for (item, group) in &anchors {
        if !stays_movable(job, *item, state) {
            pinned.insert(*group);
        }
    }
    for edge in job.graph.graph.edge_weights() {
        let (from, to) = (tree.unit(edge.from), tree.unit(edge.to));
        let Some(target) = anchors.get(&to) else {
            continue;
        };
        match anchors.get(&from) {
            Some(source) if source != target => {
                if let (Some(a), Some(b)) = (nodes.get(source), nodes.get(target)) {
                    graph.update_edge(*a, *b, ());
                }
            }
            Some(_) => {}
            // Used by what was left behind: the monolith shares it. Imports alone do not use.
            None => {
                let is_use = tree.raw(from).kind == ItemKind::Use;
                if !is_use && tree.item(from).active && !entries.contains(&to) {
                    pinned.insert(*target);
                }
            }
        }
    }
    for entry in &entries {
        if let Some(node) = nodes.get(entry) {
            graph.update_edge(root, *node, ());
        }
    }
    for group in &pinned {
        if let Some(node) = nodes.get(group) {
            graph.update_edge(root, *node, ());
        }
    }
    let found = dominators::simple_fast(&graph, root);
    let mut owned = BTreeMap::new();
    for (item, group) in &anchors {
        let Some(node) = nodes.get(group) else {
            continue;
        };
        let owner = found.dominators(*node).into_iter().flatten().find_map(|n| {
            graph
                .node_weight(n)
                .copied()
                .flatten()
                .filter(|id| entries.contains(id))
        });
        let is_self_pinned = pinned.contains(group);
        if let Some(owner) = owner
            && !is_self_pinned
            && tree.item(*item).krate == tree.item(owner).krate
            // A shim cannot be written in 2015, where `async` is no keyword.
            && tree.krate(tree.item(owner).krate).edition != "2015"
        {
            owned.insert(*item, owner);
        }
    }
    owned
}

/// The item that decides where `id` lives: a member's impl, an impl's local type, or else its local trait, or
/// else the first local type in its head (`impl From<Own> for String`).
pub fn anchor(job: &Job<'_>, id: ItemId) -> ItemId {
    let tree = job.tree;
    let mut id = tree.unit(id);
    while let Some(parent) = tree.item(id).parent {
        id = parent;
    }
    let Payload::Impl(head) = &tree.raw(id).payload else {
        return id;
    };
    let self_range = head.deciding.first().copied().unwrap_or_default();
    let of_type = job.graph.out(id).find(|e| {
        self_range.contains(e.offset)
            && matches!(
                tree.raw(e.to).kind,
                ItemKind::Struct | ItemKind::Enum | ItemKind::Union
            )
    });
    of_type
        .map(|e| e.to)
        .or_else(|| job.rules.trait_of(id))
        .or_else(|| job.rules.head(id)?.first().copied())
        .unwrap_or(id)
}

/// Whether an item may leave its crate at all.
fn stays_movable(job: &Job<'_>, id: ItemId, state: &State) -> bool {
    let tree = job.tree;
    let item = tree.item(id);
    if state.whole_crates.contains(&item.krate)
        || state.whole_files.contains(&(item.krate, item.file))
    {
        return false;
    }
    let raw = tree.raw(id);
    let fits = matches!(
        raw.kind,
        ItemKind::Fn
            | ItemKind::Const
            | ItemKind::Static
            | ItemKind::Struct
            | ItemKind::Enum
            | ItemKind::TypeAlias
            | ItemKind::Impl
            | ItemKind::ImplFn
            | ItemKind::ImplConst
            | ItemKind::ImplType
    );
    if !fits || raw.name == "_" {
        return false;
    }
    // An impl for a foreign type is anchored to a trait, which does not move.
    if let Payload::Impl(head) = &raw.payload
        && head.negative
    {
        return false;
    }
    let text = raw.range.of(&tree.file(item.file).text);
    if BOUND_TO_CRATE.iter().any(|word| text.contains(word)) {
        return false;
    }
    let uses_macro = job.graph.out(id).any(|e| {
        matches!(
            tree.raw(e.to).kind,
            ItemKind::MacroRules | ItemKind::MacroCall
        )
    });
    !uses_macro && !in_macro_module(job, id)
}

/// Whether a macro call declares one of the item's modules, or the module is not plain.
fn in_macro_module(job: &Job<'_>, id: ItemId) -> bool {
    let tree = job.tree;
    let mut module = Some(tree.item(id).module);
    while let Some(at) = module {
        let m = tree.module(at);
        if let Some(decl) = m.decl {
            let raw = tree.raw(decl);
            if raw.kind != ItemKind::Mod || raw.attrs.iter().any(|a| !a.is_doc && a.path != "allow")
            {
                return true;
            }
        } else {
            let root = &tree.file(m.file).syntax.attrs;
            if root
                .iter()
                .any(|a| matches!(a.path.as_str(), "cfg_attr" | "no_std" | "feature" | "cfg"))
            {
                return true;
            }
        }
        module = m.parent;
    }
    false
}

/// The names in the first segments of what items write.
pub fn words<'a>(job: &Job<'a>, items: &BTreeSet<ItemId>) -> BTreeSet<&'a str> {
    let refs = items
        .iter()
        .flat_map(|item| job.tree.raw(*item).refs.iter());
    refs.filter_map(|r| r.path.split("::").next()).collect()
}

/// The modules, types and functions of a domain crate that owned items reach by imports and paths: they
/// must be nameable from the function crate.
pub fn reached(job: &Job<'_>, krate: CrateId, state: &State) -> BTreeSet<ItemId> {
    let tree = job.tree;
    let mut reached = BTreeSet::new();
    let owned: BTreeSet<ItemId> = state
        .owned
        .keys()
        .copied()
        .filter(|i| tree.item(*i).krate == krate)
        .collect();
    let modules: BTreeSet<ModuleId> = owned.iter().map(|i| tree.item(*i).module).collect();
    let words = words(job, &owned);
    let follow = |from: ModuleId, path: &[String], reached: &mut BTreeSet<ItemId>| {
        if let Leads::Module(module) | Leads::Inside(module) =
            leads(job.workspace, tree, from, path)
            && tree.module(module).krate == krate
        {
            let mut at = Some(module);
            while let Some(id) = at {
                reached.extend(tree.module(id).decl);
                at = tree.module(id).parent;
            }
        }
    };
    for item in &tree.items {
        if !modules.contains(&item.module) || !item.active {
            continue;
        }
        let Payload::Use(decl) = &tree.raw(item.id).payload else {
            continue;
        };
        for leaf in decl
            .leaves
            .iter()
            .filter(|l| l.glob || words.contains(l.name.as_str()))
        {
            follow(item.module, &leaf.path, &mut reached);
            let meant = job
                .graph
                .out(item.id)
                .filter(|e| leaf.full.contains(e.offset));
            reached.extend(
                meant
                    .map(|e| e.to)
                    .filter(|to| tree.item(*to).krate == krate && !owned.contains(to)),
            );
        }
    }
    for item in &owned {
        for name in tree
            .raw(*item)
            .refs
            .iter()
            .filter(|r| r.path.contains("::"))
        {
            let path: Vec<String> = name.path.split("::").map(str::to_owned).collect();
            follow(tree.item(*item).module, &path, &mut reached);
        }
    }
    reached
}
