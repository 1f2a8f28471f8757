//! Moved code: a file's text with what the slice does not need cut out.
//!
//! Input: [`Choice`] for one crate of the output. Output: [`Edited`] texts by file. The only edits are
//! deletions, wider visibility, added derives and attributes, and `use` lines; all else stays byte for byte.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use super::edit::{Edited, Edits, whole_lines};
use crate::id::{CrateId, FileId, ItemId, ModuleId, TextRange};
use crate::syntax::{
    ItemKind, ItemTree, Payload, RawItem, UseDecl, UseNode, Visibility, is_for_tests,
};
use crate::workspace::TargetShape;

/// The width of a line that rustfmt fills, if nobody says otherwise.
const LINE_WIDTH: usize = 100;

/// What one output crate holds of one source crate.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// The items, members included.
    pub items: BTreeSet<ItemId>,
    /// The modules that stay.
    pub modules: BTreeSet<ModuleId>,
    /// Leaves of `use` items that stay: by item, the leaf numbers.
    pub leaves: BTreeMap<ItemId, BTreeSet<usize>>,
    /// Items, fields and modules whose visibility becomes `pub`.
    pub widen: BTreeSet<ItemId>,
    /// Attributes to put before items and fields, a line each.
    pub attributes: BTreeMap<ItemId, Vec<String>>,
    /// Lines to put at the top of a module (re-exports of the domain).
    pub prologue: BTreeMap<ModuleId, String>,
    /// Lints that go from the `forbid` they stand in: by the file's path and the first byte of the word.
    pub lifted: BTreeSet<(Utf8PathBuf, u32)>,
    /// When set, every `pub` but these becomes `pub(crate)`: the reachability oracle's view.
    pub private_but: Option<BTreeSet<ItemId>>,
    /// Whether tests come with it, and with them the attributes that count in a build of tests alone.
    pub tests: bool,
}

/// The text of `file` as part of `krate` under `choice`.
pub fn cut(tree: &ItemTree, krate: CrateId, file: FileId, choice: &Choice) -> Edited {
    let source = tree.file(file);
    let mut edits = Edits::default();
    // First, so that it comes before the visibility of an item that starts at the same byte.
    for module in tree
        .modules
        .iter()
        .filter(|m| m.krate == krate && m.file == file && m.inline.is_none())
    {
        if let Some(lines) = choice.prologue.get(&module.id) {
            edits.insert(first_item(tree, file), lines.clone());
        }
    }
    for (path, at) in &choice.lifted {
        if *path == source.path {
            edits.delete(forbidden(&source.text, *at));
        }
    }
    let mut skip_until = 0u32;
    for (index, raw) in source.syntax.items.iter().enumerate() {
        if raw.range.start < skip_until {
            continue;
        }
        let Some(id) = tree.item_of(krate, file, index) else {
            continue;
        };
        let stays = stays(tree, id, choice);
        if !stays {
            edits.delete(whole_lines(&source.text, raw.range));
            skip_until = raw.range.end;
            continue;
        }
        if let Payload::Use(decl) = &raw.payload {
            let all: BTreeSet<usize> = (0..decl.leaves.len()).collect();
            let left = choice.leaves.get(&id).unwrap_or(&all);
            if *left != all {
                delete_leaves(&source.text, decl, &decl.root, left, &mut edits);
            }
        }
        if !choice.tests {
            test_attributes(&source.text, raw, &mut edits);
        }
        attributes(tree, id, choice, &mut edits);
        visibility(tree, id, choice, &mut edits);
        if matches!(raw.payload, Payload::Mod { inline: true, .. })
            && let (Some(inner), Some(module)) = (raw.inner, tree.item(id).declares)
            && let Some(lines) = choice.prologue.get(&module)
        {
            let indent = indentation(&source.text, raw.body_start);
            edits.insert(inner.start, format!("\n{indent}    {}", lines.trim_end()));
        }
    }
    edits.apply(&source.text)
}

/// The whole text of `file`, with the visibilities and attributes of `choice`, for all crates that it is
/// part of. `starts` are statements to put first into functions' bodies, on the line of the brace.
pub fn opened(
    tree: &ItemTree,
    file: FileId,
    choice: &Choice,
    starts: &BTreeMap<ItemId, String>,
) -> Edited {
    let source = tree.file(file);
    let mut edits = Edits::default();
    for index in 0..source.syntax.items.len() {
        let mut ids = tree
            .crates_of(file)
            .filter_map(|krate| tree.item_of(krate, file, index));
        let touched = |id: &ItemId| {
            choice.widen.contains(id)
                || choice.attributes.contains_key(id)
                || starts.contains_key(id)
        };
        if let Some(id) = ids.find(touched) {
            attributes(tree, id, choice, &mut edits);
            visibility(tree, id, choice, &mut edits);
            let body = tree.raw(id).signature().and_then(|sig| sig.body);
            if let (Some(statement), Some(body)) = (starts.get(&id), body) {
                edits.insert(body.start + 1, format!(" {statement}"));
            }
        }
    }
    edits.apply(&source.text)
}

/// What goes with a word of a `forbid`: the comma after it (or before the last), or the attribute that held
/// nothing else.
fn forbidden(text: &str, at: u32) -> TextRange {
    let at = at as usize;
    let (before, rest) = text.split_at_checked(at).unwrap_or_default();
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let end = at + rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    let after = text.get(end..).unwrap_or_default();
    let is_first = before.trim_end().ends_with('(');
    if let Some(more) = after.trim_start().strip_prefix(',') {
        let next = more.trim_start();
        if !(is_first && next.starts_with(')')) {
            return TextRange::new(at, text.len() - next.len());
        }
    } else if !is_first {
        return TextRange::new(before.trim_end().trim_end_matches(',').len(), end);
    }
    let start = before.rfind("#!").unwrap_or(at);
    let close = after.find(']').map_or(end, |i| end + i + 1);
    whole_lines(text, TextRange::new(start, close))
}

/// Adds attributes above an item, a line each. What is derived joins the list that stands there, as rustfmt
/// would have it, while that is one line.
fn attributes(tree: &ItemTree, id: ItemId, choice: &Choice, edits: &mut Edits) {
    let Some(lines) = choice.attributes.get(&id) else {
        return;
    };
    let raw = tree.raw(id);
    let text = &tree.file(tree.item(id).file).text;
    let indent = indentation(text, raw.body_start);
    let mut above = String::new();
    for line in lines {
        let derived = line
            .strip_prefix("#[derive(")
            .and_then(|l| l.strip_suffix(")]"));
        match derived.and_then(|traits| Some((traits, last_derive(text, raw)?))) {
            Some((traits, at)) if fits(text, at, traits) => edits.insert(at, format!(", {traits}")),
            _ => above.push_str(&format!("{line}\n{indent}")),
        }
    }
    if !above.is_empty() {
        edits.insert(raw.body_start, above);
    }
}

/// Deletes attributes that count in a build of tests alone: without tests they only ask for dependencies and
/// helpers that stay behind.
fn test_attributes(text: &str, raw: &RawItem, edits: &mut Edits) {
    for attr in raw.attrs.iter().filter(|a| is_for_tests(a)) {
        let TextRange { mut start, mut end } = attr.range;
        let before = text.get(..start as usize).unwrap_or_default();
        let after = text.get(end as usize..).unwrap_or_default();
        let indent = before.len() - before.trim_end_matches([' ', '\t']).len();
        let tail = after.len() - after.trim_start_matches([' ', '\t', '\r']).len();
        let own_line =
            before.len() == indent || before.trim_end_matches([' ', '\t']).ends_with('\n');
        match after.get(tail..) {
            Some(rest) if own_line && rest.starts_with('\n') => {
                start -= u32::try_from(indent).unwrap_or(0);
                end += u32::try_from(tail + 1).unwrap_or(0);
            }
            _ => end += u32::try_from(tail).unwrap_or(0),
        }
        edits.delete(TextRange { start, end });
    }
}

/// The end of the list of a `derive` that stands directly above an item.
fn last_derive(text: &str, raw: &RawItem) -> Option<u32> {
    let last = raw.attrs.iter().max_by_key(|a| a.range.end)?;
    let gap = text.get(last.range.end as usize..raw.body_start as usize)?;
    let list = last.range.of(text).trim_end_matches([')', ']']).trim_end();
    let is_plain = last.path == "derive"
        && gap.trim().is_empty()
        && list.ends_with(|c: char| c.is_alphanumeric() || c == '_')
        && !list.contains(['\n', '/']);
    is_plain.then(|| last.range.start + u32::try_from(list.len()).unwrap_or(0))
}

/// Whether a line has room for more traits.
fn fits(text: &str, at: u32, traits: &str) -> bool {
    let (before, after) = text.split_at_checked(at as usize).unwrap_or_default();
    let start = before.rsplit('\n').next().unwrap_or(before);
    let end = after.split(['\n', '\r']).next().unwrap_or(after);
    start.chars().count() + ", ".len() + traits.chars().count() + end.chars().count() <= LINE_WIDTH
}

/// Where the first item of a file stands, or the end of its inner attributes.
fn first_item(tree: &ItemTree, file: FileId) -> u32 {
    let source = tree.file(file);
    let first = source.syntax.items.first().map(|i| i.range.start);
    first.unwrap_or_else(|| u32::try_from(source.text.len()).unwrap_or(0))
}

/// Whether an item's text stays, if that of what holds it does.
pub fn stays(tree: &ItemTree, id: ItemId, choice: &Choice) -> bool {
    let item = tree.item(id);
    let raw = tree.raw(id);
    match raw.kind {
        ItemKind::Mod => item.declares.is_some_and(|m| choice.modules.contains(&m)),
        ItemKind::Use | ItemKind::ExternCrate => {
            item.active && choice.leaves.get(&id).is_none_or(|left| !left.is_empty())
        }
        ItemKind::Field | ItemKind::Variant | ItemKind::ForeignItem => true,
        ItemKind::Other => item.active,
        _ => choice.items.contains(&id),
    }
}

fn visibility(tree: &ItemTree, id: ItemId, choice: &Choice, edits: &mut Edits) {
    let raw = tree.raw(id);
    if choice.widen.contains(&id) {
        if raw.vis != Visibility::Public && can_be_public(tree, id) {
            let text = if raw.vis_range.is_empty() {
                "pub "
            } else {
                "pub"
            };
            edits.replace(raw.vis_range, text);
        }
    } else if let Some(public) = &choice.private_but
        && raw.vis == Visibility::Public
        && !public.contains(&id)
    {
        edits.replace(raw.vis_range, "pub(crate)");
    }
}

/// Whether an item of this kind can bear a visibility of its own.
pub fn can_be_public(tree: &ItemTree, id: ItemId) -> bool {
    let parent = tree.item(id).parent.map(|p| tree.raw(p));
    // A proc-macro crate can export its macros alone.
    if tree.krate(tree.item(id).krate).shape == TargetShape::ProcMacro {
        return false;
    }
    match tree.raw(id).kind {
        ItemKind::Mod
        | ItemKind::Fn
        | ItemKind::Struct
        | ItemKind::Enum
        | ItemKind::Union
        | ItemKind::Trait
        | ItemKind::TraitAlias
        | ItemKind::TypeAlias
        | ItemKind::Const
        | ItemKind::Static
        | ItemKind::Use
        | ItemKind::ForeignItem
        | ItemKind::ExternCrate => true,
        ItemKind::Field => parent.is_some_and(|p| p.kind != ItemKind::Variant),
        ItemKind::ImplFn | ItemKind::ImplConst | ItemKind::ImplType => parent.is_some_and(
            |p| matches!(&p.payload, Payload::Impl(head) if head.trait_path.is_none()),
        ),
        _ => false,
    }
}

fn indentation(text: &str, at: u32) -> String {
    let before = text.get(..at as usize).unwrap_or("");
    let line = before.rsplit('\n').next().unwrap_or("");
    line.chars()
        .take_while(|c| *c == ' ' || *c == '\t')
        .collect()
}

/// Deletes the leaves that do not stay. Returns whether anything of `node` stays.
fn delete_leaves(
    text: &str,
    decl: &UseDecl,
    node: &UseNode,
    left: &BTreeSet<usize>,
    edits: &mut Edits,
) -> bool {
    match node {
        UseNode::Leaf(index) => left.contains(index),
        UseNode::Group { range, members } => {
            let stays: Vec<bool> = members.iter().map(|(_, m)| any_stays(m, left)).collect();
            let count = stays.iter().filter(|s| **s).count();
            if count == 0 {
                return false;
            }
            // One member left: the braces go, unless it is `self` or stands without a prefix.
            let only = members
                .iter()
                .zip(&stays)
                .find(|(_, s)| **s)
                .map(|((range, m), _)| (range, m));
            if count == 1
                && let Some((member, node)) = only
                && !is_self(text, decl, node)
            {
                edits.delete(TextRange {
                    start: range.start,
                    end: member.start,
                });
                edits.delete(TextRange {
                    start: member.end,
                    end: range.end,
                });
                delete_leaves(text, decl, node, left, edits);
                return true;
            }
            for (at, ((member, node), stays)) in members.iter().zip(&stays).enumerate() {
                if *stays {
                    delete_leaves(text, decl, node, left, edits);
                    continue;
                }
                let next = members.get(at + 1).map(|(r, _)| r.start);
                let previous = at
                    .checked_sub(1)
                    .and_then(|p| members.get(p))
                    .map(|(r, _)| r.end);
                let later_stays = stays_after(members.get(at..).unwrap_or_default(), left);
                let deletion = match (next, previous) {
                    (Some(next), _) if later_stays => TextRange {
                        start: member.start,
                        end: next,
                    },
                    (_, Some(previous)) => TextRange {
                        start: previous,
                        end: member.end,
                    },
                    (Some(next), None) => TextRange {
                        start: member.start,
                        end: next,
                    },
                    (None, None) => *member,
                };
                edits.delete(deletion);
            }
            true
        }
    }
}

fn stays_after(members: &[(TextRange, UseNode)], left: &BTreeSet<usize>) -> bool {
    members.iter().skip(1).any(|(_, m)| any_stays(m, left))
}

fn any_stays(node: &UseNode, left: &BTreeSet<usize>) -> bool {
    match node {
        UseNode::Leaf(index) => left.contains(index),
        UseNode::Group { members, .. } => members.iter().any(|(_, m)| any_stays(m, left)),
    }
}

fn is_self(text: &str, decl: &UseDecl, node: &UseNode) -> bool {
    match node {
        UseNode::Leaf(index) => decl
            .leaves
            .get(*index)
            .is_some_and(|leaf| leaf.range.of(text).split_whitespace().next() == Some("self")),
        UseNode::Group { .. } => false,
    }
}
