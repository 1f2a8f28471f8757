//! `extract why`: the shortest chain from an entry to an item.
//!
//! Input: [`Options`]. Output: [`json::Why`]. The slice is found breadth first, so that following the
//! reasons back from the item gives a shortest chain. Refuses names that are not there or fit several.

use super::Context;
use super::load::{self, Graphed, Loaded};
use crate::diag::{Outcome, Sink};
use crate::entry::find;
use crate::id::ItemId;
use crate::report::json;
use crate::slice::{self, Seeds, Slice, Why};
use crate::syntax::ItemTree;
use crate::workspace::Workspace;

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The item.
    pub item: String,
    /// The entry.
    pub entry: String,
    /// Do not ask rustc.
    pub quick: bool,
}

/// Explains why an item is in an entry's slice.
///
/// # Errors
/// What loading, rustc and the search for the names refuse.
pub fn why(context: &Context<'_>, options: &Options, sink: &mut Sink) -> Outcome<json::Why> {
    let loaded = load::source(context, sink)?;
    let Loaded {
        workspace, tree, ..
    } = &loaded;
    let entry = find::find(tree, workspace, &options.entry, sink);
    let named = find::items(tree, workspace, &options.item);
    if named.is_empty() {
        sink.push(find::not_found(tree, workspace, &options.item));
    }
    sink.gate()?;
    let Some(entry) = entry else {
        return Err(find::not_found(tree, workspace, &options.entry).into());
    };
    let Graphed { graph, rules, .. } =
        load::graph(context, &loaded, &[entry], options.quick, sink)?;
    let seeds = Seeds {
        entries: vec![entry],
        ..Seeds::default()
    };
    let slice = slice::slice(tree, &rules, &seeds);
    let mut units: Vec<ItemId> = named
        .iter()
        .map(|item| tree.unit(*item))
        .filter(|u| slice.kept.contains_key(u))
        .collect();
    units.sort();
    units.dedup();
    if units.len() > 1 {
        sink.push(find::ambiguous(tree, workspace, &options.item, &units));
        sink.gate()?;
    }
    let target = units.first().copied();
    let shown = target.or_else(|| named.first().copied());
    Ok(json::Why {
        version: json::VERSION,
        kind: "why",
        approximate: !graph.verified,
        entry: tree.path(entry),
        item: shown.map_or_else(|| options.item.clone(), |item| tree.path(item)),
        needed: target.is_some(),
        chain: target
            .map(|item| chain(workspace, tree, &slice, item))
            .unwrap_or_default(),
        diagnostics: json::findings(sink.diagnostics()),
    })
}

/// The word for a reason.
pub(super) fn reason(why: Why) -> &'static str {
    match why {
        Why::Entry => "entry",
        Why::Named { .. } => "named",
        Why::Holds(_) => "holds",
        Why::Impl(_) => "impl",
        Why::Registered(_) => "registered",
        Why::Compiler => "compiler",
    }
}

fn chain(workspace: &Workspace, tree: &ItemTree, slice: &Slice, item: ItemId) -> Vec<json::Step> {
    let mut steps = Vec::new();
    let mut at = Some(item);
    while let Some(item) = at {
        let Some(why) = slice.kept.get(&item).copied() else {
            break;
        };
        let declared = tree.place(workspace, item);
        let (before, place, certainty) = match why {
            Why::Named {
                by,
                offset,
                certainty,
            } => {
                let place = tree.place_at(workspace, tree.item(by).file, offset);
                (Some(by), place, Some(certainty))
            }
            Why::Holds(by) | Why::Impl(by) | Why::Registered(by) => {
                (Some(by), declared.clone(), None)
            }
            Why::Entry | Why::Compiler => (None, declared.clone(), None),
        };
        steps.push(json::Step {
            path: tree.path(item),
            item: tree.raw(item).kind,
            reason: reason(why),
            certainty,
            place,
            declared,
        });
        at = before.filter(|before| *before != item && steps.len() <= slice.kept.len());
    }
    steps.reverse();
    steps
}
