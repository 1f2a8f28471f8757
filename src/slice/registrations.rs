//! Items that nothing names and that run all the same: the linker or the loader finds them.
//!
//! Input: the tree and the graph. Output: [`Registration`]s: elements of `linkme`'s slices, functions of `ctor`,
//! statics in sections, exported symbols; each with the local state that it reaches. A cut that keeps that state
//! and leaves the registration behind would compile, and find its registry empty.

use std::collections::BTreeSet;

use crate::graph::ItemGraph;
use crate::id::ItemId;
use crate::syntax::{Attr, ItemKind, ItemTree, Payload};

/// An item that registers itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The function or static.
    pub item: ItemId,
    /// The statics that it fills or changes, as units.
    pub touches: Vec<ItemId>,
}

/// The registrations of a workspace, in the tree's order.
pub fn registrations(tree: &ItemTree, graph: &ItemGraph) -> Vec<Registration> {
    let mut found = Vec::new();
    for item in &tree.items {
        let raw = tree.raw(item.id);
        if !item.active || !matches!(raw.kind, ItemKind::Fn | ItemKind::Static) {
            continue;
        }
        let marks: Vec<Mark> = raw.attrs.iter().filter_map(mark).collect();
        if marks.is_empty() {
            continue;
        }
        let mut touches = reached_state(tree, graph, item.id);
        touches.extend(marks.iter().flat_map(|mark| named(tree, mark)));
        touches.remove(&item.id);
        if !touches.is_empty() {
            found.push(Registration {
                item: item.id,
                touches: touches.into_iter().collect(),
            });
        }
    }
    found
}

/// What an attribute says of the place where the item is found.
enum Mark {
    /// In the slice of this name.
    Slice(String),
    /// In the section of this name.
    Section(String),
    /// At start, at exit, or by its symbol.
    Symbol,
}

fn mark(attr: &Attr) -> Option<Mark> {
    let (path, args) = if attr.path == "unsafe" {
        let (path, args) = attr.args.split_once(['=', '(']).unwrap_or((&attr.args, ""));
        (path.trim(), args)
    } else {
        (attr.path.as_str(), attr.args.as_str())
    };
    let args = args.trim().trim_start_matches('=').trim();
    match path.rsplit("::").next().unwrap_or(path).trim() {
        // Without arguments it declares the slice itself.
        "distributed_slice" if args.is_empty() => None,
        "distributed_slice" => {
            let name = args.split(',').next().unwrap_or(args);
            let name = name.rsplit("::").next().unwrap_or(name);
            Some(Mark::Slice(name.trim().to_owned()))
        }
        "link_section" => Some(Mark::Section(args.trim_matches('"').to_owned())),
        "ctor" | "dtor" | "no_mangle" | "export_name" | "used" => Some(Mark::Symbol),
        _ => None,
    }
}

/// The registries that a mark names.
fn named(tree: &ItemTree, mark: &Mark) -> Vec<ItemId> {
    let is_registry = |id: ItemId| {
        let raw = tree.raw(id);
        match mark {
            Mark::Slice(name) => raw.kind == ItemKind::Static && raw.name == *name,
            // The linker's own names for both ends of a section.
            Mark::Section(name) => {
                raw.name.strip_prefix("__start_") == Some(name)
                    || raw.name.strip_prefix("__stop_") == Some(name)
            }
            Mark::Symbol => false,
        }
    };
    let items = tree.items.iter().filter(|i| i.active).map(|i| i.id);
    items
        .filter(|id| is_registry(*id))
        .flat_map(|id| [Some(tree.unit(id)), tree.item(id).parent])
        .flatten()
        .collect()
}

/// The statics that an item reaches, itself left out.
fn reached_state(tree: &ItemTree, graph: &ItemGraph, from: ItemId) -> BTreeSet<ItemId> {
    let mut seen = BTreeSet::from([from]);
    let mut queue = vec![from];
    let mut state = BTreeSet::new();
    while let Some(item) = queue.pop() {
        for edge in graph.out(item) {
            let unit = tree.unit(edge.to);
            if !seen.insert(unit) {
                continue;
            }
            let raw = tree.raw(unit);
            let is_state = raw.kind == ItemKind::Static
                || matches!(&raw.payload, Payload::MacroCall { declares, .. } if !declares.is_empty());
            if is_state {
                state.insert(unit);
            }
            queue.push(unit);
        }
    }
    state
}
