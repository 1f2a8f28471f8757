//! The approximate edges: names resolved by syntax alone.

use super::Edge;
use crate::syntax::ItemTree;
use crate::workspace::Workspace;

/// Edges that the syntax suggests, all [`super::Certainty::Approximate`].
pub fn edges(_workspace: &Workspace, _tree: &ItemTree) -> Vec<Edge> {
    Vec::new()
}
