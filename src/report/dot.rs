//! Graphs for graphviz: a slice by items, or the workspace by modules.
//!
//! Input: the item tree, the graph, and for a slice its items. Output: one `digraph`. Approximate edges are
//! dashed, and a graph that rustc was not asked about says so in its label. Refuses nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::graph::{Certainty, ItemGraph};
use crate::id::{ItemId, ModuleId};
use crate::slice::{Slice, Why};
use crate::syntax::{ItemKind, ItemTree};

/// The slice of some entries.
pub fn slice(tree: &ItemTree, graph: &ItemGraph, entries: &[ItemId], slice: &Slice) -> String {
    let mut out = open(graph, "slice");
    for item in slice.kept.keys() {
        let shape = if entries.contains(item) {
            ", shape=doubleoctagon"
        } else {
            ""
        };
        let label = format!(
            "{}\\n{}",
            escape(&tree.path(*item)),
            tree.raw(*item).kind.noun()
        );
        let _ = writeln!(out, "  i{} [label=\"{label}\"{shape}];", item.0);
    }
    let mut lines: BTreeMap<(ItemId, ItemId), Certainty> = BTreeMap::new();
    for edge in graph.graph.edge_weights() {
        let ends = (tree.unit(edge.from), tree.unit(edge.to));
        if ends.0 != ends.1 && slice.kept.contains_key(&ends.0) && slice.kept.contains_key(&ends.1)
        {
            let known = lines.entry(ends).or_insert(edge.certainty);
            *known = (*known).min(edge.certainty);
        }
    }
    for ((from, to), certainty) in &lines {
        let style = match certainty {
            Certainty::Verified => "",
            Certainty::Approximate => " [style=dashed]",
        };
        let _ = writeln!(out, "  i{} -> i{}{style};", from.0, to.0);
    }
    // What comes by a rule rather than by a name.
    for (item, why) in &slice.kept {
        let (by, label) = match why {
            Why::Holds(by) => (*by, "holds"),
            Why::Impl(by) => (*by, "impl"),
            Why::Registered(by) => (*by, "registered"),
            Why::Entry | Why::Named { .. } | Why::Compiler => continue,
        };
        if by != *item {
            let _ = writeln!(
                out,
                "  i{} -> i{} [style=dotted, label=\"{label}\"];",
                by.0, item.0
            );
        }
    }
    out.push_str("}\n");
    out
}

/// The workspace's modules, an edge for each pair with its number of references.
pub fn modules(tree: &ItemTree, graph: &ItemGraph) -> String {
    let mut out = open(graph, "modules");
    let mut lines: BTreeMap<(ModuleId, ModuleId), (usize, bool)> = BTreeMap::new();
    let mut named: BTreeSet<ModuleId> = BTreeSet::new();
    for item in tree.items.iter().filter(|i| i.active) {
        named.insert(item.module);
    }
    for edge in graph.graph.edge_weights() {
        if matches!(tree.raw(edge.to).kind, ItemKind::Mod | ItemKind::Use) {
            continue;
        }
        let ends = (tree.item(edge.from).module, tree.item(edge.to).module);
        if ends.0 != ends.1 {
            let line = lines.entry(ends).or_default();
            line.0 += 1;
            line.1 |= edge.certainty == Certainty::Verified;
        }
    }
    for module in &named {
        let label = escape(&tree.module_path(*module).join("::"));
        let _ = writeln!(out, "  m{} [label=\"{label}\"];", module.0);
    }
    for ((from, to), (count, verified)) in &lines {
        let style = if *verified { "" } else { ", style=dashed" };
        let _ = writeln!(
            out,
            "  m{} -> m{} [label=\"{count}\"{style}];",
            from.0, to.0
        );
    }
    out.push_str("}\n");
    out
}

fn open(graph: &ItemGraph, what: &str) -> String {
    let label = if graph.verified {
        what.to_owned()
    } else {
        format!("{what} (approximate: rustc was not asked)")
    };
    format!(
        "digraph extract {{\n  label=\"{label}\";\n  rankdir=LR;\n  node [shape=box, fontname=\"monospace\"];\n"
    )
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}
