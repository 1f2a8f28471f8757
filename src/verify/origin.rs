//! Where the text of an output came from: the way from a place in a delivered file to the monolith's own.
//!
//! Input: the monolith and an [`Output`]. Output: [`Origin`] by file. A file that was edited by hand, or
//! whose source moved on, is aligned by its lines; all else goes by what `extract.lock` recorded.

use std::collections::BTreeMap;

use crate::id::{CrateId, FileId, TextRange};
use crate::review::lockfile::{Moved, crate_key, sha256};
use crate::syntax::ItemTree;
use crate::verify::align::align;
use crate::verify::output::Output;
use crate::workspace::Workspace;

/// The way back from a delivered file.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The monolith's crate.
    pub krate: CrateId,
    /// The monolith's file.
    pub file: FileId,
    /// Start in the delivered file, start in the source, length; in order in both.
    pieces: Vec<(u32, u32, u32)>,
    /// The ranges of the source that were delivered; empty when the source is no longer the same.
    pub delivered: Vec<TextRange>,
}

impl Origin {
    /// The source's range for one of the delivered file, when both its ends are moved text.
    pub fn back(&self, range: TextRange) -> Option<TextRange> {
        let one = |offset: u32| {
            let next = self.pieces.partition_point(|(at, _, _)| *at <= offset);
            let (at, from, len) = *self.pieces.get(next.checked_sub(1)?)?;
            (offset < at + len).then(|| from + (offset - at))
        };
        let start = one(range.start)?;
        if range.is_empty() {
            return Some(TextRange { start, end: start });
        }
        let end = one(range.end - 1)? + 1;
        Some(TextRange { start, end })
    }

    /// Whether both ends of a range of the source are in the delivered file.
    pub fn has(&self, range: TextRange) -> bool {
        let one = |offset: u32| {
            let next = self.pieces.partition_point(|(_, from, _)| *from <= offset);
            let piece = next.checked_sub(1).and_then(|at| self.pieces.get(at));
            piece.is_some_and(|(_, from, len)| offset < from + len)
        };
        one(range.start) && (range.is_empty() || one(range.end - 1))
    }
}

/// The origins of the output's moved Rust files.
pub fn origins(monolith: &Workspace, tree: &ItemTree, output: &Output) -> BTreeMap<FileId, Origin> {
    let crates: BTreeMap<String, CrateId> = tree
        .crates
        .iter()
        .map(|c| (crate_key(monolith, tree, c.id), c.id))
        .collect();
    let mut found = BTreeMap::new();
    for file in &output.tree.files {
        let relative = output.workspace.relative(&file.path);
        let Some(moved) = output.lock.moved.get(relative) else {
            continue;
        };
        let path = crate::text::clean(&monolith.root.join(&moved.from));
        let (Some(krate), Some(source)) = (crates.get(&moved.of), tree.file_at(&path)) else {
            continue;
        };
        let text = &tree.file(source).text;
        let is_same_source = sha256(text.as_bytes()) == moved.sha256;
        let delivered = output.lock.files.get(relative);
        let is_same_output = delivered == Some(&sha256(file.text.as_bytes()));
        found.insert(
            file.id,
            Origin {
                krate: *krate,
                file: source,
                pieces: if is_same_source && is_same_output {
                    recorded(moved)
                } else {
                    align(text, &file.text)
                },
                delivered: if is_same_source {
                    ranges(moved)
                } else {
                    Vec::new()
                },
            },
        );
    }
    found
}

fn ranges(moved: &Moved) -> Vec<TextRange> {
    moved
        .kept
        .iter()
        .map(|[start, end]| TextRange {
            start: *start,
            end: *end,
        })
        .collect()
}

fn recorded(moved: &Moved) -> Vec<(u32, u32, u32)> {
    moved
        .at
        .iter()
        .zip(&moved.kept)
        .map(|(at, [start, end])| (*at, *start, end.saturating_sub(*start)))
        .collect()
}
