//! Words and Markdown: how items, places and reasons read in a review.
//!
//! Input: the job and ids. Output: text that is safe inside Markdown, tables included. Refuses nothing.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use crate::cut::Job;
use crate::graph::Certainty;
use crate::id::{FileId, ItemId};
use crate::slice::Why;
use crate::syntax::{ItemKind, Payload};
use crate::text::relative;

/// Code in backticks, on one line: the fence is longer than any run of backticks inside.
pub(super) fn code(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() {
        return String::new();
    }
    let longest = line.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // A pipe ends a table's cell even inside of code; outside of tables it is rare in Rust names.
    let line = line.replace('|', "\\|");
    if longest > 0 {
        format!("{fence} {line} {fence}")
    } else {
        format!("{fence}{line}{fence}")
    }
}

/// Prose that may hold anything: what Markdown or HTML would act on is escaped; code in backticks, as
/// rustc quotes it, stays code.
pub(super) fn prose(text: &str) -> String {
    let pieces: Vec<&str> = text.split('`').collect();
    let paired = pieces.len() % 2 == 1;
    let mut out = String::new();
    for (index, piece) in pieces.iter().enumerate() {
        if paired && index % 2 == 1 {
            out.push_str(&code(piece));
            continue;
        }
        if !paired && index > 0 {
            out.push_str("\\`");
        }
        for c in piece.chars() {
            match c {
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '&' => out.push_str("&amp;"),
                '|' | '*' | '_' | '[' | ']' | '\\' | '#' | '~' => {
                    out.push('\\');
                    out.push(c);
                }
                '\n' | '\r' | '\t' => out.push(' '),
                _ => out.push(c),
            }
        }
    }
    out
}

/// Text inside of HTML tags such as `<summary>`.
pub(super) fn html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace(['\n', '\r'], " ")
}

/// A list of code words.
pub(super) fn codes<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(code).collect::<Vec<_>>().join(", ")
}

/// Places in the user's files, with line starts worked out once a file.
pub(super) struct Places<'a> {
    job: &'a Job<'a>,
    starts: BTreeMap<FileId, Vec<usize>>,
}

impl<'a> Places<'a> {
    pub(super) fn new(job: &'a Job<'a>) -> Self {
        let starts = job
            .tree
            .files
            .iter()
            .map(|file| {
                let ends = file
                    .text
                    .bytes()
                    .enumerate()
                    .filter(|(_, b)| *b == b'\n')
                    .map(|(at, _)| at + 1);
                (file.id, std::iter::once(0).chain(ends).collect())
            })
            .collect();
        Self { job, starts }
    }

    /// The file relative to the monolith's root; never absolute.
    pub(super) fn file(&self, file: FileId) -> Utf8PathBuf {
        shown(self.job, &self.job.tree.file(file).path)
    }

    /// The 1-based line of a byte.
    pub(super) fn line(&self, file: FileId, offset: u32) -> usize {
        self.starts.get(&file).map_or(0, |starts| {
            starts.partition_point(|s| *s <= offset as usize)
        })
    }

    /// `src/a.rs:12` of a byte.
    pub(super) fn at(&self, file: FileId, offset: u32) -> String {
        format!("{}:{}", self.file(file), self.line(file, offset))
    }

    /// `src/a.rs:12` of an item's name, or of its first token.
    pub(super) fn of(&self, id: ItemId) -> String {
        let raw = self.job.tree.raw(id);
        let offset = if raw.name_range.is_empty() {
            raw.body_start
        } else {
            raw.name_range.start
        };
        self.at(self.job.tree.item(id).file, offset)
    }

    /// Why an item is in the slice, in Markdown.
    pub(super) fn why(&self, id: ItemId, why: Why) -> String {
        let tree = self.job.tree;
        match why {
            Why::Entry if self.job.entries.iter().any(|e| e.item == id) => "entry".to_owned(),
            Why::Entry => "makes a value before the first event".to_owned(),
            Why::Named {
                by,
                offset,
                certainty,
            } => {
                let at = self.at(tree.item(by).file, offset);
                let by = code(&name(self.job, by));
                let guess = if certainty == Certainty::Approximate {
                    " (approximate)"
                } else {
                    ""
                };
                format!("named by {by} at {}{guess}", prose(&at))
            }
            Why::Holds(other) if tree.item(id).parent == Some(other) => {
                format!("comes with {}", code(&name(self.job, other)))
            }
            Why::Holds(other) => format!("holds {}", code(&name(self.job, other))),
            Why::Impl(last) if last == id => "impl that no kept name decides on".to_owned(),
            Why::Impl(last) => {
                let last = code(&name(self.job, last));
                match &tree.raw(id).payload {
                    Payload::Impl(head) if head.trait_path.is_some() => {
                        format!("impl of kept trait for kept type; the last to be kept was {last}")
                    }
                    _ => format!("made for kept items; the last to be kept was {last}"),
                }
            }
            Why::Registered(state) => format!(
                "registers itself in {} by the linker or the loader",
                code(&name(self.job, state))
            ),
            Why::Compiler => "rustc asked for it".to_owned(),
        }
    }
}

/// A path as a review shows it: relative to the monolith's root.
pub(super) fn shown(job: &Job<'_>, path: &Utf8Path) -> Utf8PathBuf {
    relative(path, &job.workspace.root)
}

/// An item inside its crate: `pricing::Cart::total`, `impl Display for Cart`.
pub(super) fn name(job: &Job<'_>, id: ItemId) -> String {
    let tree = job.tree;
    let raw = tree.raw(id);
    if let (ItemKind::Impl, Payload::Impl(head)) = (raw.kind, &raw.payload) {
        return match &head.trait_text {
            Some(of) => format!("impl {of} for {}", head.self_text),
            None => format!("impl {}", head.self_text),
        };
    }
    let mut path: Vec<String> = tree
        .module_path(tree.item(id).module)
        .into_iter()
        .skip(1)
        .collect();
    path.extend(tree.local_name(id));
    if path.is_empty() {
        raw.kind.noun().to_owned()
    } else {
        path.join("::")
    }
}

/// `struct`, `method`, …; nothing where the name says it.
pub(super) fn noun(job: &Job<'_>, id: ItemId) -> String {
    let kind = job.tree.raw(id).kind;
    if kind == ItemKind::Impl {
        String::new()
    } else {
        format!("{} ", kind.noun())
    }
}
