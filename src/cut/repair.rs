//! What rustc's messages on a cut mean for the next round.
//!
//! Input: a check's messages, mapped back to the user's items. Output: a changed [`State`]; each function
//! tells whether it changed anything. Nothing is guessed silently: what comes back here has
//! [`crate::slice::Why::Compiler`] as its reason.

pub mod crossing;
pub mod dead;
pub mod errors;
pub mod escalate;
pub mod forbidden;
pub mod partition;
pub mod unused;
pub mod warnings;
pub mod widen;

use std::collections::BTreeMap;

use cargo_metadata::diagnostic::DiagnosticSpan;

use crossing::When;

use super::Job;
use super::layout::Layout;
use super::state::State;
use super::uses::LeafState;
use crate::diag::Outcome;
use crate::id::{CrateId, FileId, ItemId};
use crate::oracle::cargo::{CheckRun, UnitMessage};
use crate::slice::Slice;
use crate::syntax::{ItemKind, ItemTree, Payload};
use crate::workspace::TargetShape;

/// One check and what was checked.
#[derive(Clone, Copy)]
pub struct Round<'a> {
    /// What is cut.
    pub job: &'a Job<'a>,
    /// The slice of this round.
    pub slice: &'a Slice,
    /// Its files.
    pub layout: &'a Layout,
    /// What rustc said of them.
    pub run: &'a CheckRun,
    /// The items by name.
    pub names: &'a Names<'a>,
}

/// Refuses what no repair helps: see [`crossing`].
///
/// # Errors
/// The refusal, when serde support that was taken for granted is not there.
pub fn refuse(round: &Round<'_>, state: &State, when: When) -> Outcome<()> {
    crossing::refusal(round, state, when).map_or(Ok(()), Err)
}

/// Acts on errors: those of a partition, where there is one, or else those of domain crates.
pub fn errors(round: &Round<'_>, state: &mut State) -> bool {
    if forbidden::forbidden(round, state) {
        return true;
    }
    if state.owned.is_empty() {
        errors::errors(round, state)
    } else {
        partition::errors(round, state)
    }
}

/// Items by name: messages name them, and a tree is too large to be searched for each.
#[derive(Debug, Default)]
pub struct Names<'a> {
    named: BTreeMap<&'a str, Vec<ItemId>>,
    macro_calls: Vec<ItemId>,
    impls: Vec<ItemId>,
}

impl<'a> Names<'a> {
    /// The index of a tree.
    pub fn new(tree: &'a ItemTree) -> Self {
        let mut names = Self::default();
        for item in &tree.items {
            let raw = tree.raw(item.id);
            match raw.payload {
                Payload::MacroCall { .. } => names.macro_calls.push(item.id),
                Payload::Impl(_) => names.impls.push(item.id),
                _ => {}
            }
            names.named.entry(&raw.name).or_default().push(item.id);
        }
        names
    }

    /// The items that have a name, in the tree's order.
    pub fn of(&self, name: &str) -> &[ItemId] {
        self.named.get(name).map_or(&[], Vec::as_slice)
    }

    /// The macro calls: their text alone tells what they make.
    fn macro_calls(&self) -> &[ItemId] {
        &self.macro_calls
    }

    /// The impls, which have no name.
    fn impls(&self) -> &[ItemId] {
        &self.impls
    }
}

/// A place in the user's code.
#[derive(Clone, Copy, Debug)]
struct At {
    krate: CrateId,
    file: FileId,
    offset: u32,
    /// The last byte of the span: where a group lost its braces, its first byte lies before the leaf.
    last: u32,
    item: Option<ItemId>,
}

/// The places of a span: its own, or the call sites of the macros it came through.
fn places(round: &Round<'_>, span: &DiagnosticSpan) -> Vec<At> {
    let job = round.job;
    crate::oracle::wrapper::sites(span)
        .into_iter()
        .filter_map(|site| {
            let (krate, file, offset) = round.layout.origin(&site.0, site.1)?;
            let item = job.tree.innermost(krate, file, offset);
            let last = round
                .layout
                .origin(&site.0, site.2.saturating_sub(1))
                .map_or(offset, |o| o.2);
            Some(At {
                krate,
                file,
                offset,
                last,
                item,
            })
        })
        .collect()
}

/// Whether a type that a message names is none of the workspace's.
fn is_foreign(round: &Round<'_>, name: &str) -> bool {
    let tree = round.job.tree;
    let is_type = |id: &ItemId| {
        matches!(
            tree.raw(*id).kind,
            ItemKind::Struct | ItemKind::Enum | ItemKind::Union | ItemKind::Trait
        )
    };
    !round.names.of(last_name(name)).iter().any(is_type)
}

fn primaries(message: &UnitMessage) -> impl Iterator<Item = &DiagnosticSpan> {
    message.diagnostic.spans.iter().filter(|s| s.is_primary)
}

fn code(message: &UnitMessage) -> &str {
    message
        .diagnostic
        .code
        .as_ref()
        .map_or("", |c| c.code.as_str())
}

/// The words in backticks of a message and its labels.
fn quoted(message: &UnitMessage) -> Vec<String> {
    let mut words = Vec::new();
    let labels = message
        .diagnostic
        .spans
        .iter()
        .filter_map(|s| s.label.as_deref());
    let children = message
        .diagnostic
        .children
        .iter()
        .map(|c| c.message.as_str());
    for text in std::iter::once(message.diagnostic.message.as_str())
        .chain(labels)
        .chain(children)
    {
        words.extend(text.split('`').skip(1).step_by(2).map(str::to_owned));
    }
    words
}

fn last_name(path: &str) -> &str {
    let head = path
        .split(['<', '(', ' ', ':'])
        .find(|s| !s.is_empty())
        .unwrap_or(path);
    let whole = path.split(['<', '(']).next().unwrap_or(path).trim();
    let last = whole.rsplit("::").next().unwrap_or(head);
    last.trim_matches(|c: char| !(c.is_alphanumeric() || c == '_'))
}

/// The leaf state that a file of the output follows.
fn leaves_of<'s>(job: &Job<'_>, file: &str, state: &'s mut State) -> &'s mut LeafState {
    let name = file
        .strip_prefix("functions/")
        .and_then(|rest| rest.split('/').next());
    match name.and_then(|name| job.entries.iter().find(|e| e.name == name)) {
        Some(entry) => state.function_leaves.entry(entry.item).or_default(),
        None => &mut state.leaves,
    }
}

/// The leaf of a `use` item at a place, with the name it binds.
fn leaf_at(job: &Job<'_>, at: At) -> Option<(ItemId, usize, String)> {
    let item = at.item?;
    if let Payload::ExternCrate { bound, .. } = &job.tree.raw(item).payload {
        return Some((item, 0, bound.clone()));
    }
    let Payload::Use(decl) = &job.tree.raw(item).payload else {
        return None;
    };
    let exact = decl.leaves.iter().position(|l| l.range.contains(at.offset));
    let index = exact
        .or_else(|| decl.leaves.iter().position(|l| l.range.contains(at.last)))
        .or_else(|| decl.leaves.iter().position(|l| l.full.contains(at.offset)))?;
    Some((item, index, decl.leaves.get(index)?.name.clone()))
}

fn is_main(job: &Job<'_>, id: ItemId) -> bool {
    let item = job.tree.item(id);
    let krate = job.tree.krate(item.krate);
    krate.shape == TargetShape::Bin && krate.root == item.module && job.tree.raw(id).name == "main"
}
