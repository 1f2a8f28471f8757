//! The stages that every command starts with: workspace, configuration, items; then the graph, and
//! what a cut is made from.
//!
//! Input: [`Context`]. Output: [`Loaded`], [`Graphed`], a [`Job`]. Refuses what the stages refuse.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use super::Context;
use crate::config::{self, Config};
use crate::cut::{Job, keep};
use crate::diag::{Code, Diagnostic, Outcome, Sink};
use crate::entry::find;
use crate::entry::plan::Planned;
use crate::graph::{ItemGraph, quick, verified};
use crate::id::ItemId;
use crate::oracle::references::{self, References};
use crate::slice::Rules;
use crate::syntax::{self, ItemTree};
use crate::workspace::{self, FeatureChoice, Workspace};

/// The source.
pub(super) struct Loaded {
    pub(super) workspace: Workspace,
    pub(super) config: Config,
    pub(super) tree: ItemTree,
}

/// The graph of it.
pub(super) struct Graphed {
    pub(super) graph: ItemGraph,
    pub(super) rules: Rules,
    /// What rustc said; `None` when it was not asked.
    pub(super) references: Option<References>,
}

/// Reads workspace, `extract.toml` and items. Arguments win over the file.
pub(super) fn source(context: &Context<'_>, sink: &mut Sink) -> Outcome<Loaded> {
    (context.progress)("reading the workspace");
    let mut request = context.request.clone();
    let mut workspace = workspace::load(&request)?;
    let config = config::load(&workspace)?;
    let mut again = false;
    if request.package.is_none() && config.package.is_some() {
        request.package.clone_from(&config.package);
        again = true;
    }
    if request.features == FeatureChoice::default() && !config.features.is_empty() {
        request.features.features.clone_from(&config.features);
        again = true;
    }
    if again {
        workspace = workspace::load(&request)?;
    }
    (context.progress)("reading the source");
    let tree = syntax::load(&workspace, sink);
    Ok(Loaded {
        workspace,
        config,
        tree,
    })
}

/// The output folder when nobody names one: that of `extract.toml`, or `extracted`, in the workspace root.
pub(super) fn default_out(workspace: &Workspace) -> Outcome<Utf8PathBuf> {
    let config = config::load(workspace)?;
    let out = config.out.as_deref();
    Ok(workspace
        .root
        .join(out.unwrap_or(super::split::DEFAULT_OUT)))
}

/// The functions that `extract.toml` and comments mark as entries; what is wrong with a mark is for `split`
/// to say.
pub(super) fn marked(loaded: &Loaded) -> BTreeSet<ItemId> {
    let Loaded {
        workspace,
        config,
        tree,
    } = loaded;
    let mut unheard = Sink::default();
    let mut found: BTreeSet<ItemId> = find::marked(tree, workspace, &mut unheard)
        .into_iter()
        .collect();
    let named = config.entries.iter();
    found.extend(named.filter_map(|e| find::find(tree, workspace, &e.path, &mut unheard)));
    found
}

/// Builds the graph: rustc's, or with `quick` the one that the syntax suggests. What it holds of packages
/// that no package of `around` depends on is left open; without any of these it is complete.
pub(super) fn graph(
    context: &Context<'_>,
    loaded: &Loaded,
    around: &[ItemId],
    quick: bool,
    sink: &mut Sink,
) -> Outcome<Graphed> {
    let Loaded {
        workspace, tree, ..
    } = loaded;
    let (graph, references) = if quick {
        (context.progress)("resolving names by syntax");
        sink.push(
            Diagnostic::new(
                Code::Approximate,
                "names were resolved by syntax alone; all numbers are approximate",
            )
            .help("leave `--quick` out to ask rustc"),
        );
        (
            ItemGraph::new(tree, quick::edges(workspace, tree), Vec::new(), false),
            None,
        )
    } else {
        sink.gate()?;
        (context.progress)("asking rustc what every name means");
        let roots = around
            .iter()
            .map(|item| tree.krate(tree.item(*item).krate).package)
            .collect();
        let found = references::references(workspace, tree, &roots, sink, context.progress)?;
        (verified::graph(workspace, tree, &found), Some(found))
    };
    let rules = Rules::new(tree, &graph);
    Ok(Graphed {
        graph,
        rules,
        references,
    })
}

/// What a cut is made from.
pub(super) fn job<'a>(
    loaded: &'a Loaded,
    graphed: &'a Graphed,
    planned: &'a Planned,
    asked: &'a keep::Asked,
    out: &'a Utf8Path,
) -> Result<Job<'a>, Diagnostic> {
    let Some(references) = &graphed.references else {
        return Err(needs_rustc());
    };
    Ok(Job {
        workspace: &loaded.workspace,
        tree: &loaded.tree,
        graph: &graphed.graph,
        rules: &graphed.rules,
        references,
        entries: &planned.entries,
        foreign_features: &planned.foreign_features,
        foreign: &planned.foreign,
        derives: &planned.derives,
        exposed: &planned.exposed,
        asked,
        out,
    })
}

pub(super) fn needs_rustc() -> Diagnostic {
    Diagnostic::new(
        Code::DoesNotCompile,
        "a cut needs what rustc says about every name",
    )
}
