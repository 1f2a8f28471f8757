//! What items weigh: lines, edges, open edges and external crates, gathered once for many slices.
//!
//! Input: workspace, item tree, graph. Output: [`Measures`] and, for functions, the [`Size`] of
//! their slices. Members are
//! not counted twice: an impl's own lines are those that no member covers.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::Scene;
use super::externs::Externs;
use crate::graph::{Certainty, ItemGraph};
use crate::id::{FileId, ItemId};
use crate::slice::closures::Net;
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

/// The weights of all items.
#[derive(Debug)]
pub struct Measures {
    own: Vec<Own>,
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
                counted: tree.raw(item.id).kind.stands_alone(),
                lines: tree.lines(item.id),
                ..Own::default()
            })
            .collect();
        let lines: Vec<usize> = own.iter().map(|o| o.lines).collect();
        for item in &tree.items {
            let weight = lines.get(item.id.index()).copied().unwrap_or_default();
            if let Some(parent) = item
                .parent
                .filter(|_| tree.raw(item.id).kind.stands_alone())
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
        let mut measures = Self {
            own,
            externs,
            total: Size::default(),
        };
        measures.total = measures.whole(workspace, tree);
        measures
    }

    /// The sizes of the functions' slices, in the functions' order.
    pub(super) fn of_functions(&self, scene: &Scene<'_>, functions: &[ItemId]) -> Vec<Size> {
        let Scene {
            tree, graph, rules, ..
        } = *scene;
        let mut net = Net::new(tree, rules);
        let runs = Runs {
            first: net.grow(tree.items.len()),
        };
        runs.clauses(&mut net, tree, graph, rules);
        let starts: Vec<usize> = functions.iter().map(|f| runs.atom(*f)).collect();
        let sizes = net.closures(&starts, |set| {
            let items = set.ones().take_while(|atom| *atom < tree.items.len());
            let mut size = self.sum(items.map(ItemId::new));
            size.work = set
                .ones()
                .filter_map(|atom| runs.item(atom))
                .filter(|item| is_function(tree, *item))
                .filter_map(|item| self.own.get(item.index()))
                .map(|own| own.lines)
                .sum();
            size
        });
        sizes.into_iter().map(Option::unwrap_or_default).collect()
    }

    /// The size of a slice, the work of its entry left out.
    pub fn of(&self, slice: &Slice) -> Size {
        self.sum(slice.kept.keys().copied())
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

/// Atoms that say an item runs, beside those that say it is kept: what an entry does is what a chain of names
/// leads to, through functions, constants and macros.
struct Runs {
    first: usize,
}

impl Runs {
    fn atom(&self, item: ItemId) -> usize {
        self.first + item.index()
    }

    fn item(&self, atom: usize) -> Option<ItemId> {
        atom.checked_sub(self.first).map(ItemId::new)
    }

    fn clauses(&self, net: &mut Net, tree: &ItemTree, graph: &ItemGraph, rules: &Rules) {
        for item in tree.items.iter().filter(|i| i.active).map(|i| i.id) {
            net.step(self.atom(item), tree.unit(item).index());
            for call in calls(tree, graph, item) {
                net.step(self.atom(item), self.atom(call));
            }
            for (imp, body) in bodies(tree, rules, item) {
                net.joint(vec![imp.index(), self.atom(item)], self.atom(body));
            }
        }
    }
}

/// What an item names that runs: not types, whose impls come along whether anything runs them or not.
fn calls(tree: &ItemTree, graph: &ItemGraph, item: ItemId) -> Vec<ItemId> {
    let named = graph.out(item).map(|edge| edge.to);
    let mut calls: Vec<ItemId> = named
        .filter(|to| {
            let runs = matches!(
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
            );
            runs && tree.item(tree.unit(*to)).active
        })
        .collect();
    calls.sort_unstable();
    calls.dedup();
    calls
}

/// The bodies of a trait's method, each with the impl that it stands in.
fn bodies<'a>(
    tree: &'a ItemTree,
    rules: &'a Rules,
    method: ItemId,
) -> impl Iterator<Item = (ItemId, ItemId)> + 'a {
    let own = tree
        .item(method)
        .parent
        .filter(|_| tree.raw(method).kind == ItemKind::TraitFn);
    let impls = own.map(|own| rules.impls_of(own)).unwrap_or_default();
    let impls = impls.iter().copied();
    let members = impls.flat_map(|imp| rules.members(imp).iter().map(move |m| (imp, *m)));
    members.filter(move |(_, member)| {
        let raw = tree.raw(*member);
        raw.kind == ItemKind::ImplFn
            && raw.name == tree.raw(method).name
            && tree.item(*member).active
    })
}

fn is_function(tree: &ItemTree, item: ItemId) -> bool {
    matches!(
        tree.raw(item).kind,
        ItemKind::Fn | ItemKind::ImplFn | ItemKind::TraitFn
    )
}
