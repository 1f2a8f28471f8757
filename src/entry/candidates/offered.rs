//! Whether a function is offered to others: a part of its library's public face, or used by another crate.
//!
//! Input: the item tree, the graph, a function. Output: yes or no. A binary offers nothing to anybody, so
//! there every function counts. Re-exports are followed one step, which is what people write.

use crate::graph::ItemGraph;
use crate::id::{ItemId, ModuleId};
use crate::syntax::{ItemKind, ItemTree, Visibility};
use crate::workspace::TargetShape;

/// Whether others than its own crate can or do use `item`.
pub(super) fn offered(tree: &ItemTree, graph: &ItemGraph, item: ItemId) -> bool {
    let krate = tree.item(item).krate;
    if tree.krate(krate).shape == TargetShape::Bin {
        return true;
    }
    let is_foreign = |user: ItemId| tree.item(user).krate != krate;
    if graph.into(item).any(|edge| is_foreign(edge.from)) {
        return true;
    }
    if tree.raw(item).vis != Visibility::Public {
        return false;
    }
    let holder = tree.item(item).parent.into_iter();
    let types = holder.flat_map(|holder| graph.out(holder)).map(|e| e.to);
    let types = types.filter(|to| {
        matches!(
            tree.raw(*to).kind,
            ItemKind::Struct | ItemKind::Enum | ItemKind::Union
        )
    });
    std::iter::once(item).chain(types).any(|named| {
        is_public(tree, tree.item(named).module) && is_pub(tree, named)
            || re_exported(tree, graph, named)
    })
}

fn is_pub(tree: &ItemTree, item: ItemId) -> bool {
    tree.raw(item).vis == Visibility::Public
}

/// Whether all modules on the way are `pub`.
fn is_public(tree: &ItemTree, module: ModuleId) -> bool {
    tree.declarations(module).all(|decl| is_pub(tree, decl))
}

/// Whether a `pub use` in a public module names the item, or one of the modules around it does as a whole.
fn re_exported(tree: &ItemTree, graph: &ItemGraph, item: ItemId) -> bool {
    std::iter::once(item)
        .chain(tree.declarations(tree.item(item).module))
        .flat_map(|named| graph.into(named))
        .any(|edge| {
            let user = tree.raw(edge.from);
            user.kind == ItemKind::Use
                && user.vis == Visibility::Public
                && is_public(tree, tree.item(edge.from).module)
        })
}
