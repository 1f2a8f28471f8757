//! Candidates: what each function of the workspace would take along, and what it would leave behind.
//!
//! Input: the item tree, the graph and the rules. Output: [`Candidate`]s, the greatest saving first. One
//! closure a function, side by side; facts about items are gathered once ([`Measures`]). Refuses nothing:
//! what stands in a function's way is listed with it. External crates are told by names, as written, and
//! so approximate.

mod externs;
mod measure;

use std::collections::{BTreeMap, BTreeSet};

use petgraph::graph::{DiGraph, NodeIndex};
use rayon::prelude::*;

use super::find::is_candidate;
use crate::diag::Code;
use crate::graph::ItemGraph;
use crate::id::{CrateId, ItemId};
use crate::slice::{self, Rules, Seeds, Slice};
use crate::syntax::{FnSig, ItemKind, ItemTree, Payload, Ty};
use crate::workspace::Workspace;

pub use measure::{Measures, Size};

/// A function that could be an entry.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The function.
    pub item: ItemId,
    /// Its path.
    pub path: String,
    /// What its slice takes along.
    pub size: Size,
    /// How many items name it.
    pub callers: usize,
    /// What stands in the way of a shim, by the signature alone.
    pub obstacles: Vec<Code>,
}

/// All candidates, those that leave most behind first.
pub fn candidates(
    workspace: &Workspace,
    tree: &ItemTree,
    graph: &ItemGraph,
    rules: &Rules,
    measures: &Measures,
) -> Vec<Candidate> {
    let selected = |krate: CrateId| {
        workspace
            .package(tree.krate(krate).package)
            .is_some_and(|package| package.selected)
    };
    let functions: Vec<ItemId> = tree
        .items
        .iter()
        .filter(|i| selected(i.krate) && is_candidate(tree, i.id))
        .map(|i| i.id)
        .collect();
    // Functions that need each other have the same slice: one closure for each such group.
    let groups = groups(tree, graph);
    let mut by_group: BTreeMap<usize, Vec<ItemId>> = BTreeMap::new();
    for item in functions {
        by_group
            .entry(groups.get(item.index()).copied().unwrap_or_default())
            .or_default()
            .push(item);
    }
    let mut found: Vec<Candidate> = by_group
        .into_par_iter()
        .flat_map_iter(|(_, items)| {
            let size = items
                .first()
                .map(|item| measures.of(&closure(tree, graph, rules, *item)));
            let size = size.unwrap_or_default();
            items
                .into_iter()
                .map(move |item| describe(tree, graph, item, size.clone()))
        })
        .collect();
    found.sort_by(|a, b| {
        let left = |c: &Candidate| (c.size.externs.len(), c.size.lines);
        left(a).cmp(&left(b)).then_with(|| a.path.cmp(&b.path))
    });
    // A file that a lib and a bin include gives the same function twice.
    let mut seen = BTreeSet::new();
    found.retain(|c| {
        let node = tree.item(c.item);
        seen.insert((node.file, node.raw))
    });
    found
}

/// One function and its slice.
pub fn candidate(
    tree: &ItemTree,
    graph: &ItemGraph,
    rules: &Rules,
    measures: &Measures,
    item: ItemId,
) -> (Candidate, Slice) {
    let slice = closure(tree, graph, rules, item);
    (describe(tree, graph, item, measures.of(&slice)), slice)
}

fn closure(tree: &ItemTree, graph: &ItemGraph, rules: &Rules, item: ItemId) -> Slice {
    let seeds = Seeds {
        entries: vec![item],
        ..Seeds::default()
    };
    slice::slice(tree, graph, rules, &seeds)
}

fn describe(tree: &ItemTree, graph: &ItemGraph, item: ItemId, size: Size) -> Candidate {
    let callers: BTreeSet<ItemId> = graph
        .into(item)
        .map(|e| tree.unit(e.from))
        .filter(|from| is_code(tree, *from))
        .collect();
    Candidate {
        item,
        path: tree.path(item),
        size,
        callers: callers.len(),
        obstacles: obstacles(tree, item),
    }
}

/// For each item the number of the group of items that need each other, directly or not.
fn groups(tree: &ItemTree, graph: &ItemGraph) -> Vec<usize> {
    let mut needs: DiGraph<(), ()> =
        DiGraph::with_capacity(tree.items.len(), graph.graph.edge_count());
    for _ in &tree.items {
        needs.add_node(());
    }
    let node = |item: ItemId| NodeIndex::new(item.index());
    for edge in graph.graph.edge_weights() {
        let (from, to) = (tree.unit(edge.from), tree.unit(edge.to));
        if from != to && tree.item(to).active && is_code(tree, from) && is_code(tree, to) {
            needs.add_edge(node(from), node(to), ());
        }
    }
    for item in &tree.items {
        if let Some(parent) = item.parent.filter(|_| tree.unit(item.id) == item.id) {
            needs.add_edge(node(item.id), node(parent), ());
        }
    }
    let mut group = vec![0; tree.items.len()];
    for (number, members) in petgraph::algo::kosaraju_scc(&needs).into_iter().enumerate() {
        for member in members {
            if let Some(slot) = group.get_mut(member.index()) {
                *slot = number;
            }
        }
    }
    group
}

fn is_code(tree: &ItemTree, item: ItemId) -> bool {
    !matches!(tree.raw(item).kind, ItemKind::Use | ItemKind::Mod)
}

/// What the signature alone says against a shim; `entry::cross` looks deeper when it is split.
pub fn obstacles(tree: &ItemTree, item: ItemId) -> Vec<Code> {
    let Some(sig) = tree.raw(item).signature() else {
        return Vec::new();
    };
    let mut codes = BTreeSet::new();
    if sig.is_unsafe {
        codes.insert(Code::EntryUnsafe);
    }
    if !sig.generics.is_empty() {
        codes.insert(Code::EntryGeneric);
    }
    receiver(tree, item, sig, &mut codes);
    for param in &sig.params {
        parameter(&param.ty, &mut codes);
    }
    if sig.output.as_ref().is_some_and(cannot_return) {
        codes.insert(Code::ReturnNoSerde);
    }
    codes.into_iter().collect()
}

fn receiver(tree: &ItemTree, item: ItemId, sig: &FnSig, codes: &mut BTreeSet<Code>) {
    let head = tree
        .item(item)
        .parent
        .and_then(|parent| match &tree.raw(parent).payload {
            Payload::Impl(head) => Some(head),
            _ => None,
        });
    if head.is_some_and(|head| !head.generics.is_empty()) {
        codes.insert(Code::EntryGeneric);
    }
    let Some(receiver) = &sig.receiver else {
        return;
    };
    let mut words = receiver.split(|c: char| !c.is_alphanumeric() && c != '\'');
    if receiver.starts_with('&') && words.any(|w| w == "mut") {
        codes.insert(Code::ParamMutable);
    }
    let behind = receiver
        .split_once(':')
        .is_some_and(|(_, ty)| ty.trim() != "Self");
    let borrows = head.is_some_and(|head| head.self_text.contains('\''));
    if behind || borrows {
        codes.insert(Code::SelfNotSendable);
    }
}

fn parameter(ty: &Ty, codes: &mut BTreeSet<Code>) {
    const CLOSURES: &[&str] = &["Fn", "FnMut", "FnOnce"];
    match ty {
        Ty::Ref { mutable, inner } => {
            if *mutable {
                codes.insert(Code::ParamMutable);
            }
            parameter(inner, codes);
        }
        Ty::Slice(inner) | Ty::Array(inner, _) => parameter(inner, codes),
        Ty::Tuple(parts) => parts.iter().for_each(|part| parameter(part, codes)),
        Ty::Path { args, .. } => args.iter().for_each(|arg| parameter(arg, codes)),
        Ty::Pointer => {
            codes.insert(Code::ParamRawPointer);
        }
        Ty::FnPointer => {
            codes.insert(Code::ParamClosure);
        }
        Ty::ImplTrait(bounds, _) | Ty::DynTrait(bounds) => {
            let closure = bounds.iter().any(|b| {
                let name = b.split(['(', '<']).next().unwrap_or(b).trim();
                CLOSURES.contains(&name.rsplit("::").next().unwrap_or(name))
            });
            codes.insert(match ty {
                _ if closure => Code::ParamClosure,
                Ty::DynTrait(_) => Code::ParamDyn,
                _ => Code::EntryImplTrait,
            });
        }
        Ty::Never | Ty::Other(_) => {}
    }
}

fn cannot_return(ty: &Ty) -> bool {
    match ty {
        Ty::Pointer | Ty::FnPointer | Ty::ImplTrait(..) | Ty::DynTrait(_) => true,
        Ty::Ref { mutable, inner } => *mutable || cannot_return(inner),
        Ty::Slice(inner) | Ty::Array(inner, _) => cannot_return(inner),
        Ty::Tuple(parts) => parts.iter().any(cannot_return),
        // `Result<T, Box<dyn Error>>`: the error crosses as text.
        Ty::Path { segments, args, .. } if segments.last().is_some_and(|s| s == "Result") => {
            args.first().is_some_and(cannot_return)
        }
        Ty::Path { args, .. } => args.iter().any(cannot_return),
        Ty::Never | Ty::Other(_) => false,
    }
}
