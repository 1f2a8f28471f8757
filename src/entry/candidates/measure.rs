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
        let mut measures = Self {
            own,
            externs,
            total: Size::default(),
        };
        measures.total = measures.whole(workspace, tree);
        measures
    }

    /// The size of a slice, its work left out.
    pub fn of(&self, slice: &Slice) -> Size {
        self.sum(slice.kept.keys().copied())
    }

    /// The size of an entry's slice, with the work.
    pub(super) fn of_entry(&self, scene: &Scene<'_>, entry: ItemId, slice: &Slice) -> Size {
        let mut size = self.of(slice);
        size.work = work(scene, entry, slice)
            .into_iter()
            .filter_map(|item| self.own.get(item.index()))
            .map(|own| own.lines)
            .sum();
        size
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

    fn sum(&self, items: impl Iterator<Item = ItemId>) -> Size {
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

/// The functions that a chain of names leads to, through functions, constants and macros: not through
/// types, whose impls come along whether anything runs them or not.
fn work(scene: &Scene<'_>, entry: ItemId, slice: &Slice) -> BTreeSet<ItemId> {
    let Scene {
        tree, graph, rules, ..
    } = *scene;
    let mut seen = BTreeSet::from([entry]);
    let mut queue = vec![entry];
    while let Some(item) = queue.pop() {
        let named = graph.out(item).map(|edge| edge.to);
        let bodies = slice_bodies(tree, rules, item, slice);
        for to in named.chain(bodies) {
            let runs = matches!(
                tree.raw(to).kind,
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
            if runs && slice.contains(tree, to) && seen.insert(to) {
                queue.push(to);
            }
        }
    }
    seen.retain(|item| {
        let kind = tree.raw(*item).kind;
        matches!(kind, ItemKind::Fn | ItemKind::ImplFn | ItemKind::TraitFn)
    });
    seen
}

/// The bodies of a trait's method in the impls that the slice keeps.
fn slice_bodies<'a>(
    tree: &'a ItemTree,
    rules: &'a Rules,
    method: ItemId,
    slice: &'a Slice,
) -> impl Iterator<Item = ItemId> + 'a {
    let own = tree
        .item(method)
        .parent
        .filter(|_| tree.raw(method).kind == ItemKind::TraitFn);
    let impls = own.map(|own| rules.impls_of(own)).unwrap_or_default();
    let kept = impls.iter().filter(|i| slice.kept.contains_key(i));
    kept.flat_map(|i| rules.members(*i))
        .copied()
        .filter(move |member| tree.raw(*member).name == tree.raw(method).name)
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
