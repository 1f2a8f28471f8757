//! The item graph: who names whom, how sure that is, and where it stands.
//!
//! Input: [`ItemTree`] and edges, from rustc ([`crate::oracle`]) or from syntax ([`quick`]). Output:
//! [`ItemGraph`] over petgraph, one node an item, with [`ItemId`] as index. Refuses nothing: what cannot
//! be followed is an [`OpenEdge`].

pub mod quick;
pub mod verified;

use petgraph::graph::{DiGraph, NodeIndex};

use crate::id::{FileId, ItemId};
use crate::syntax::ItemTree;

/// How sure an edge is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Certainty {
    /// rustc resolved it.
    Verified,
    /// Only the syntax suggests it.
    Approximate,
}

/// A reference from one item to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edge {
    /// The innermost item that holds the reference.
    pub from: ItemId,
    /// What it names.
    pub to: ItemId,
    /// The file of the reference.
    pub file: FileId,
    /// The byte offset of the reference in its file.
    pub offset: u32,
    /// How sure it is.
    pub certainty: Certainty,
}

/// A reference that cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OpenEdge {
    /// The item that holds it.
    pub from: ItemId,
    /// The byte offset in the item's file.
    pub offset: u32,
    /// Why it cannot be followed.
    pub reason: String,
}

/// The graph.
#[derive(Debug, Default)]
pub struct ItemGraph {
    /// Nodes are items in the order of their ids.
    pub graph: DiGraph<ItemId, Edge>,
    /// What could not be followed.
    pub open: Vec<OpenEdge>,
    /// Whether rustc was asked.
    pub verified: bool,
}

impl ItemGraph {
    /// A graph from edges; duplicates (same ends, same place) count once.
    pub fn new(
        tree: &ItemTree,
        mut edges: Vec<Edge>,
        mut open: Vec<OpenEdge>,
        verified: bool,
    ) -> Self {
        edges.sort();
        edges.dedup();
        open.sort();
        open.dedup();
        let mut graph = DiGraph::with_capacity(tree.items.len(), edges.len());
        for item in &tree.items {
            graph.add_node(item.id);
        }
        for edge in edges {
            graph.add_edge(node(edge.from), node(edge.to), edge);
        }
        Self {
            graph,
            open,
            verified,
        }
    }

    /// The references that stand in `item` itself.
    pub fn out(&self, item: ItemId) -> impl Iterator<Item = &Edge> {
        self.graph.edges(node(item)).map(|e| e.weight())
    }

    /// The references to `item`.
    pub fn into(&self, item: ItemId) -> impl Iterator<Item = &Edge> {
        self.graph
            .edges_directed(node(item), petgraph::Direction::Incoming)
            .map(|e| e.weight())
    }

    /// Edges by certainty: verified, approximate.
    pub fn counts(&self) -> (usize, usize) {
        let verified = self
            .graph
            .edge_weights()
            .filter(|e| e.certainty == Certainty::Verified)
            .count();
        (verified, self.graph.edge_count() - verified)
    }
}

fn node(item: ItemId) -> NodeIndex {
    NodeIndex::new(item.index())
}
