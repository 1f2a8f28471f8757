//! Entries that the source itself tells of: `// extract: entry` comments, and names in macro calls.
//!
//! Input: the item tree. Output: the functions below markers. Refuses a marker above what is no function;
//! a marker above nothing (a string that looks like one) is passed over.

use crate::diag::{Code, Diagnostic, Sink};
use crate::id::{FileId, ItemId};
use crate::syntax::{Item, ItemKind, ItemTree, Payload};
use crate::workspace::{TargetShape, Workspace};

/// The functions below markers, once each, by file and line.
pub(super) fn marked(tree: &ItemTree, workspace: &Workspace, sink: &mut Sink) -> Vec<ItemId> {
    let mut files: Vec<FileId> = tree.files.iter().map(|f| f.id).collect();
    files.sort_by(|a, b| tree.file(*a).path.cmp(&tree.file(*b).path));
    let mut found = Vec::new();
    for file in files {
        for marker in &tree.file(file).syntax.markers {
            let Some(raw) = below(tree, file, *marker) else {
                continue;
            };
            let Some(item) = best(tree, file, raw) else {
                continue;
            };
            if matches!(tree.raw(item).kind, ItemKind::Fn | ItemKind::ImplFn) {
                if !found.contains(&item) {
                    found.push(item);
                }
            } else {
                let noun = tree.raw(item).kind.noun();
                sink.push(
                    Diagnostic::new(
                        Code::EntryNotFunction,
                        format!(
                            "`// extract: entry` stands above the {noun} `{}`",
                            tree.path(item)
                        ),
                    )
                    .at(tree.place(workspace, item))
                    .help("put the comment directly above a function, or remove it"),
                );
            }
        }
    }
    found
}

/// The item that starts right after the marker, attributes, comments and blanks aside.
fn below(tree: &ItemTree, file: FileId, marker: u32) -> Option<usize> {
    let source = tree.file(file);
    let raws = &source.syntax.items;
    let between = |from: u32, to: u32| source.text.get(from as usize..to as usize).unwrap_or("x");
    raws.iter().position(|raw| {
        if matches!(raw.kind, ItemKind::Field | ItemKind::Variant) {
            return false;
        }
        if raw.range.start >= marker {
            return only_comments(between(marker, raw.range.start));
        }
        // Between the doc comment or an attribute and the function.
        marker <= raw.body_start
            && raw
                .attrs
                .iter()
                .all(|a| a.range.end <= marker || a.range.start >= marker)
    })
}

fn only_comments(text: &str) -> bool {
    text.lines()
        .map(str::trim)
        .all(|line| line.is_empty() || line.starts_with("//"))
}

/// The item for a place in a file that several crates may include: an active one, of a lib if there is one.
fn best(tree: &ItemTree, file: FileId, raw: usize) -> Option<ItemId> {
    let copies = tree
        .crates_of(file)
        .filter_map(|krate| tree.item_of(krate, file, raw));
    copies.min_by_key(|item| {
        let node = tree.item(*item);
        (
            !node.active,
            tree.krate(node.krate).shape == TargetShape::Bin,
            *item,
        )
    })
}

/// The refusal for a function that only a macro's tokens declare.
pub(super) fn macro_made(
    tree: &ItemTree,
    workspace: &Workspace,
    name: &str,
    last: &str,
) -> Option<Diagnostic> {
    let calls = || tree.items.iter().filter(|i| i.active);
    let declares = |i: &&Item| {
        matches!(&tree.raw(i.id).payload,
            Payload::MacroCall { declares, .. } if declares.iter().any(|d| d == last))
    };
    // `getter!(total)`: a bare name in the tokens may be what is declared.
    let names = |i: &&Item| {
        let raw = tree.raw(i.id);
        matches!(
            raw.kind,
            ItemKind::MacroCall | ItemKind::ImplMacro | ItemKind::TraitMacro
        ) && raw.refs.iter().any(|r| &*r.path == last)
    };
    // The shortest such call: a long one rather uses the name.
    let named = || {
        calls()
            .filter(names)
            .min_by_key(|i| tree.raw(i.id).refs.len())
    };
    let call = calls().find(declares).or_else(named)?;
    let Payload::MacroCall { path, .. } = &tree.raw(call.id).payload else {
        return None;
    };
    Some(
        Diagnostic::new(
            Code::MacroGenerated,
            format!("`{name}` is produced by the macro call `{path}!`"),
        )
        .at(tree.place(workspace, call.id))
        .note("its text is not in the source, so that it cannot be moved byte for byte")
        .help("write a function that calls it, and name that"),
    )
}
