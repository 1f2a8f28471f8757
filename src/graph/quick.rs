//! The approximate edges: names resolved by syntax alone, without rustc.
//!
//! Input: [`Workspace`] (who depends on whom) and [`ItemTree`] (items, `use` leaves, names as written).
//! Output: [`Edge`]s with [`super::Certainty::Approximate`], sorted, each once, between active items.
//! Refuses nothing: a name that leads out of the workspace or nowhere gives no edge. Types are not
//! inferred, so `.name(…)` leads to every method of that name; an item's name in itself is no edge.

mod build;
mod externs;
mod lexical;
mod local;
mod members;
mod paths;
mod refs;
mod scope;
#[cfg(test)]
mod tests;

use rayon::prelude::*;

use super::Edge;
use crate::syntax::ItemTree;
use crate::workspace::Workspace;

/// Items that one task takes at a time.
const CHUNK: usize = 128;

/// Edges that the syntax suggests, all [`super::Certainty::Approximate`].
pub fn edges(workspace: &Workspace, tree: &ItemTree) -> Vec<Edge> {
    let scopes = scope::Scopes::new(workspace, tree);
    let members = members::Members::new(&scopes);
    let resolver = refs::Resolver::new(&scopes, &members);
    let parts: Vec<Vec<Edge>> = tree
        .items
        .par_chunks(CHUNK)
        .map(|items| {
            let mut found = Vec::new();
            for item in items.iter().filter(|item| item.active) {
                resolver.item(item, &mut found);
            }
            found
        })
        .collect();
    let mut edges = parts.concat();
    edges.par_sort_unstable();
    edges.dedup();
    edges
}
