//! What items weigh: lines, edges, open edges and external crates, gathered once for many slices.
//!
//! Input: workspace, item tree, graph. Output: [`Measures`] and, for a slice, its [`Size`]. Members are
//! not counted twice: an impl's own lines are those that no member covers.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::Scene;
use super::externs::Externs;
use crate::graph::{Certainty, ItemGraph};
use crate::id::{FileId, ItemId};
use crate::slice::{Rules, Slice};
use crate::syntax::{ItemKind, ItemTree};
use crate::workspace::Workspace;

/// The size of a slice or of the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Items: types, functions, methods, impls, constants, macros.
    pub items: usize,
    /// Lines of code, blank ones left out.
    pub lines: usize,
    /// Those of them that lie in functions which a chain of names leads to: what the entry does. Impls that
    /// only come with their types are no work.
    pub work: usize,
    /// External crates that its text names.
    pub externs: BTreeSet<String>,
    /// References that rustc resolved.
    pub verified: usize,
    /// References that only the syntax suggests.
    pub approximate: usize,
    /// References that cannot be followed.
    pub open: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Own {
    counted: bool,
    lines: usize,
    verified: usize,
    approximate: usize,
    open: usize,
}

/// A name that runs what it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Call {
    to: ItemId,
    /// What is kept or left as one with it.
    unit: ItemId,
}

/// The weights of all items.
#[derive(Debug)]
pub struct Measures {
    own: Vec<Own>,
    /// By item, each call once: every function's work walks them.
    calls: Vec<Vec<Call>>,
    externs: Externs,
    total: Size,
}

impl Measures {
    /// Weighs every item.
    pub fn new(workspace: &Workspace, tree: &ItemTree, graph: &ItemGraph) -> Self {
        let mut own: Vec<Own> = tree
            .items
            .par_iter()
            .map(|item| Own {
                counted: counts(tree, item.id),
                lines: tree.lines(item.id),
                ..Own::default()
            })
            .collect();
        let lines: Vec<usize> = own.iter().map(|o| o.lines).collect();
        for item in &tree.items {
            let weight = lines.get(item.id.index()).copied().unwrap_or_default();
            if let Some(parent) = item.parent.filter(|_| counts(tree, item.id))
                && let Some(parent) = own.get_mut(parent.index())
            {
                parent.lines = parent.lines.saturating_sub(weight);
            }
        }
        for edge in graph.graph.edge_weights() {
            if matches!(tree.raw(edge.to).kind, ItemKind::Use | ItemKind::Mod) {
                continue;
            }
            if let Some(unit) = own.get_mut(tree.unit(edge.from).index()) {
                match edge.certainty {
                    Certainty::Verified => unit.verified += 1,
                    Certainty::Approximate => unit.approximate += 1,
                }
            }
        }
        for open in &graph.open {
            if let Some(unit) = own.get_mut(tree.unit(open.from).index()) {
                unit.open += 1;
            }
        }
        let externs = Externs::new(workspace, tree);
        let calls = tree
            .items
            .par_iter()
            .map(|item| calls(tree, graph, item.id));
        let mut measures = Self {
            own,
            calls: calls.collect(),
            externs,
            total: Size::default(),
        };
        measures.total = measures.whole(workspace, tree);
        measures
    }

    /// The size of a slice, the work of its entry left out.
    pub fn of(&self, slice: &Slice) -> Size {
        self.sum(slice.kept.keys().copied())
    }

    /// The lines of what an entry does.
    pub(super) fn work(&self, scene: &Scene<'_>, entry: ItemId, kept: &Kept) -> usize {
        let lines = |item: &ItemId| self.own.get(item.index()).map_or(0, |own| own.lines);
        let found = work(scene, entry, kept, &self.calls);
        found.iter().map(lines).sum()
    }

    /// The size of the workspace that the user builds, files that two crates include counted once. Its
    /// external crates are those that the manifests declare.
    pub fn total(&self) -> &Size {
        &self.total
    }

    fn whole(&self, workspace: &Workspace, tree: &ItemTree) -> Size {
        let mut seen: BTreeSet<(FileId, usize)> = BTreeSet::new();
        let items = tree.items.iter().filter(|item| {
            item.active
                && workspace
                    .package(tree.krate(item.krate).package)
                    .is_some_and(|p| p.selected)
                && seen.insert((item.file, item.raw))
        });
        let mut size = self.sum(items.map(|item| item.id));
        size.externs = self.externs.declared().clone();
        size
    }

    /// The size of a set of items.
    pub fn sum(&self, items: impl Iterator<Item = ItemId>) -> Size {
        let mut size = Size::default();
        let mut externs = self.externs.none();
        for item in items {
            let Some(own) = self.own.get(item.index()).filter(|own| own.counted) else {
                continue;
            };
            size.items += 1;
            size.lines += own.lines;
            size.verified += own.verified;
            size.approximate += own.approximate;
            size.open += own.open;
            self.externs.add(item, &mut externs);
        }
        size.externs = self.externs.names(&externs);
        size
    }
}

/// A set of items, asked more often than it has members.
#[derive(Debug)]
pub(super) struct Kept(Vec<bool>);

impl Kept {
    /// The items of a slice.
    pub(super) fn of(tree: &ItemTree, slice: &Slice) -> Self {
        let mut kept = Self(vec![false; tree.items.len()]);
        for item in slice.kept.keys() {
            kept.insert(*item);
        }
        kept
    }

    fn has(&self, item: ItemId) -> bool {
        self.0.get(item.index()).copied().unwrap_or(false)
    }

    /// Whether it was not there.
    fn insert(&mut self, item: ItemId) -> bool {
        self.0
            .get_mut(item.index())
            .is_some_and(|slot| !std::mem::replace(slot, true))
    }
}

/// What an item names that runs: not types, whose impls come along whether anything runs them or not.
fn calls(tree: &ItemTree, graph: &ItemGraph, item: ItemId) -> Vec<Call> {
    let named = graph.out(item).map(|edge| edge.to);
    let mut calls: Vec<Call> = named
        .filter(|to| {
            matches!(
                tree.raw(*to).kind,
                ItemKind::Fn
                    | ItemKind::ImplFn
                    | ItemKind::TraitFn
                    | ItemKind::Const
                    | ItemKind::ImplConst
                    | ItemKind::TraitConst
                    | ItemKind::Static
                    | ItemKind::MacroRules
                    | ItemKind::MacroCall
            )
        })
        .map(|to| Call {
            to,
            unit: tree.unit(to),
        })
        .collect();
    calls.sort_unstable();
    calls.dedup();
    calls
}

/// The functions that a chain of names leads to, through functions, constants and macros.
fn work(scene: &Scene<'_>, entry: ItemId, kept: &Kept, calls: &[Vec<Call>]) -> Vec<ItemId> {
    let Scene { tree, rules, .. } = *scene;
    let mut seen = Kept(vec![false; tree.items.len()]);
    seen.insert(entry);
    let mut found = Vec::new();
    let mut queue = vec![entry];
    while let Some(item) = queue.pop() {
        let kind = tree.raw(item).kind;
        if matches!(kind, ItemKind::Fn | ItemKind::ImplFn | ItemKind::TraitFn) {
            found.push(item);
        }
        let named = calls.get(item.index()).into_iter().flatten();
        for call in named {
            if kept.has(call.unit) && seen.insert(call.to) {
                queue.push(call.to);
            }
        }
        for body in bodies(tree, rules, item, kept) {
            if kept.has(tree.unit(body)) && seen.insert(body) {
                queue.push(body);
            }
        }
    }
    found
}

/// The bodies of a trait's method in the impls that are kept.
fn bodies<'a>(
    tree: &'a ItemTree,
    rules: &'a Rules,
    method: ItemId,
    kept: &'a Kept,
) -> impl Iterator<Item = ItemId> + 'a {
    let own = tree
        .item(method)
        .parent
        .filter(|_| tree.raw(method).kind == ItemKind::TraitFn);
    let impls = own.map(|own| rules.impls_of(own)).unwrap_or_default();
    let kept = impls.iter().filter(|i| kept.has(**i));
    kept.flat_map(|i| rules.members(*i))
        .copied()
        .filter(move |member| {
            let raw = tree.raw(*member);
            raw.kind == ItemKind::ImplFn && raw.name == tree.raw(method).name
        })
}

/// Whether an item counts as one: what has a life of its own in a slice.
fn counts(tree: &ItemTree, item: ItemId) -> bool {
    !matches!(
        tree.raw(item).kind,
        ItemKind::Mod
            | ItemKind::Use
            | ItemKind::ExternCrate
            | ItemKind::Field
            | ItemKind::Variant
            | ItemKind::ForeignItem
    )
}
