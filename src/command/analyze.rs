//! `extract analyze`: which functions could be cut, what each would take along, what stands in its way.
//!
//! Input: [`Options`]. Output: [`Answer`]. Refuses entries that cannot be found.

use super::Context;
use super::load::{self, Graphed, Loaded};
use crate::diag::{Outcome, Sink};
use crate::entry::candidates::{self, Measures, Scene, Size};
use crate::entry::cross::Given;
use crate::entry::find;
use crate::entry::imports::Imports;
use crate::graph::ItemGraph;
use crate::id::ItemId;
use crate::report::{dot, json};
use crate::slice::{self, Seeds, Slice, Why};
use crate::syntax::{ItemTree, Visibility};
use crate::workspace::Workspace;

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Do not ask rustc.
    pub quick: bool,
    /// How many functions to show; 0 for all.
    pub limit: usize,
    /// Only these functions.
    pub entries: Vec<String>,
    /// Whether the answer is a graph.
    pub dot: bool,
}

/// The answer.
#[derive(Clone, Debug)]
pub enum Answer {
    /// A table.
    Report(Box<json::Analyze>),
    /// A graph for graphviz.
    Dot(String),
}

/// Analyzes the workspace.
///
/// # Errors
/// What loading, rustc and the search for entries refuse.
pub fn analyze(context: &Context<'_>, options: &Options, sink: &mut Sink) -> Outcome<Answer> {
    let loaded = load::source(context, sink)?;
    let Loaded {
        workspace, tree, ..
    } = &loaded;
    let entries: Vec<ItemId> = options
        .entries
        .iter()
        .filter_map(|name| find::find(tree, workspace, name, sink))
        .collect();
    sink.gate()?;
    let graphed = load::graph(context, &loaded, &[], options.quick, sink)?;
    let Graphed { graph, rules, .. } = &graphed;
    let whole = if entries.is_empty() {
        Slice::default()
    } else {
        let seeds = Seeds {
            entries: entries.clone(),
            ..Seeds::default()
        };
        slice::slice(tree, rules, &seeds)
    };
    if options.dot {
        return Ok(Answer::Dot(if entries.is_empty() {
            dot::modules(tree, graph)
        } else {
            dot::slice(tree, graph, &entries, &whole)
        }));
    }
    (context.progress)("weighing the functions");
    let measures = Measures::new(workspace, tree, graph);
    let marked = load::marked(&loaded);
    let imports = Imports::new(tree);
    let given = Given::default();
    let scene = Scene {
        given: &given,
        workspace,
        tree,
        graph,
        rules,
        imports: &imports,
        measures: &measures,
        marked: &marked,
    };
    let mut found = if entries.is_empty() {
        candidates::candidates(&scene)
    } else {
        let one = |item: &ItemId| candidates::candidate(&scene, *item);
        entries.iter().filter_map(one).collect()
    };
    let candidate_count = found.len();
    if options.limit > 0 && entries.is_empty() {
        found.truncate(options.limit);
    }
    Ok(Answer::Report(Box::new(json::Analyze {
        version: json::VERSION,
        kind: "analyze",
        approximate: !graph.verified,
        total: total(workspace, measures.total()),
        candidate_count,
        candidates: found
            .iter()
            .map(|c| candidate(workspace, tree, c))
            .collect(),
        slice: slice_items(workspace, tree, &whole),
        open: open(workspace, tree, graph, &whole),
        diagnostics: json::findings(sink.diagnostics()),
    })))
}

fn total(workspace: &Workspace, size: &Size) -> json::Total {
    json::Total {
        packages: workspace.packages.iter().filter(|p| p.selected).count(),
        items: size.items,
        lines: size.lines,
        external_crates: size.externs.iter().cloned().collect(),
        edges: json::Edges {
            verified: size.verified,
            approximate: size.approximate,
        },
        open_edges: size.open,
    }
}

fn candidate(workspace: &Workspace, tree: &ItemTree, c: &candidates::Candidate) -> json::Candidate {
    let place = tree.place(workspace, c.item);
    let package = workspace.package(tree.krate(tree.item(c.item).krate).package);
    json::Candidate {
        path: c.path.clone(),
        package: package.map(|p| p.name.clone()).unwrap_or_default(),
        file: place.file,
        line: place.line,
        public: tree.raw(c.item).vis == Visibility::Public,
        items: c.size.items,
        lines: c.size.lines,
        work: c.size.work,
        external_crates: c.size.externs.iter().cloned().collect(),
        edges: json::Edges {
            verified: c.size.verified,
            approximate: c.size.approximate,
        },
        open_edges: c.size.open,
        callers: c.callers,
        standing: c.standing,
        leaves: c.leaves,
        rank: c.rank,
        obstacles: c
            .obstacles
            .iter()
            .map(|o| json::Obstacle {
                code: o.code.as_str(),
                title: o.code.title(),
                message: o.message.clone(),
            })
            .collect(),
    }
}

fn open(
    workspace: &Workspace,
    tree: &ItemTree,
    graph: &ItemGraph,
    slice: &Slice,
) -> Vec<json::Open> {
    let within = graph
        .open
        .iter()
        .filter(|open| slice.contains(tree, open.from));
    within
        .map(|open| json::Open {
            path: tree.path(open.from),
            place: tree.place_at(workspace, tree.item(open.from).file, open.offset),
            reason: open.reason.clone(),
        })
        .collect()
}

fn slice_items(workspace: &Workspace, tree: &ItemTree, slice: &Slice) -> Vec<json::SliceItem> {
    let mut items: Vec<json::SliceItem> = slice
        .kept
        .iter()
        .map(|(item, why)| {
            let place = tree.place(workspace, *item);
            json::SliceItem {
                path: tree.path(*item),
                item: tree.raw(*item).kind,
                file: place.file,
                line: place.line,
                reason: super::why::reason(*why),
                because_of: match why {
                    Why::Named { by, .. }
                    | Why::Holds(by)
                    | Why::Impl(by)
                    | Why::Registered(by) => Some(tree.path(*by)),
                    Why::Entry | Why::Compiler => None,
                },
            }
        })
        .collect();
    items.sort_by(|a, b| (&a.path, &a.file, a.line).cmp(&(&b.path, &b.file, b.line)));
    items
}
