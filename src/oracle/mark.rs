//! Marks: `#[deprecated(note = "ID")]` on everything that can carry it, so that rustc reports each
//! resolved reference (docs/concepts, "How names are resolved").
//!
//! Input: a file's syntax and text. Output: [`Marked`], the text with marks and the map from its offsets
//! back to the file's. Every insertion stays on its line, and what is removed is blanked, so lines keep
//! their numbers.

use std::collections::BTreeSet;

use crate::id::FileId;
use crate::syntax::{ItemKind, Payload, RawItem, SourceFile};

/// The prefix of a mark's note; a user's own note will not start with it.
const PREFIX: &str = "extract!";

/// What a mark stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// The `raw`-th item of a file.
    Item(FileId, u32),
    /// The root module of the crate whose root is the file.
    Root(FileId),
}

impl Mark {
    fn note(self) -> String {
        match self {
            Self::Item(file, raw) => format!("{PREFIX}{}:{raw}", file.0),
            Self::Root(file) => format!("{PREFIX}{}:root", file.0),
        }
    }

    /// Reads the end of a diagnostic's message, `use of deprecated fn `a::b`: extract!3:17`.
    pub fn parse(message: &str) -> Option<Mark> {
        let at = message.rfind(PREFIX)?;
        let (file, raw) = message.get(at + PREFIX.len()..)?.trim().split_once(':')?;
        let file = FileId(file.parse().ok()?);
        match raw {
            "root" => Some(Self::Root(file)),
            raw => Some(Self::Item(file, raw.parse().ok()?)),
        }
    }
}

/// A file's text with marks.
#[derive(Debug)]
pub struct Marked {
    /// The marked text.
    pub text: String,
    insertions: Vec<(u32, u32)>,
}

impl Marked {
    /// The offset in the original text for an offset in the marked text.
    pub fn original(&self, marked: u32) -> u32 {
        let mut shift = 0;
        for (at, len) in &self.insertions {
            if at + shift >= marked {
                break;
            }
            if marked < at + shift + len {
                return *at;
            }
            shift += len;
        }
        marked - shift
    }
}

/// The marked text of `file`. Items in `skip` stay unmarked. `is_root`: the file is a crate's root.
pub fn mark(file: &SourceFile, is_root: bool, is_bin_root: bool, skip: &BTreeSet<u32>) -> Marked {
    let items = &file.syntax.items;
    let mut text = file.text.as_bytes().to_vec();
    let mut points: Vec<(u32, String)> = Vec::new();
    if is_root && file.syntax.error.is_none() && !skip.contains(&u32::MAX) {
        let note = Mark::Root(file.id).note();
        points.push((
            file.syntax.inner_start,
            format!("#![deprecated(note=\"{note}\")]"),
        ));
    }
    for (index, item) in items.iter().enumerate() {
        let index = index as u32;
        if skip.contains(&index) || !can_carry(items, item, is_bin_root) {
            continue;
        }
        for attr in item.attrs.iter().filter(|a| a.path == "deprecated") {
            // Two `deprecated` attributes on one item are an error.
            let range = attr.range.start as usize..attr.range.end as usize;
            for byte in text.get_mut(range).into_iter().flatten() {
                if *byte != b'\n' && *byte != b'\r' {
                    *byte = b' ';
                }
            }
        }
        let note = Mark::Item(file.id, index).note();
        points.push((item.body_start, format!("#[deprecated(note=\"{note}\")]")));
    }
    points.sort_by_key(|(at, _)| *at);
    let mut out = Vec::with_capacity(text.len() + points.len() * 40);
    let mut from = 0usize;
    let mut insertions = Vec::with_capacity(points.len());
    for (at, mark) in points {
        out.extend_from_slice(text.get(from..at as usize).unwrap_or_default());
        out.extend_from_slice(mark.as_bytes());
        insertions.push((at, mark.len() as u32));
        from = at as usize;
    }
    out.extend_from_slice(text.get(from..).unwrap_or_default());
    // Only ASCII was inserted and whole ASCII attributes blanked, so the text stays UTF-8; a doc text
    // inside an attribute may hold more, hence lossy.
    let text = match String::from_utf8(out) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    };
    Marked { text, insertions }
}

fn can_carry(items: &[RawItem], item: &RawItem, is_bin_root: bool) -> bool {
    match item.kind {
        ItemKind::Impl
        | ItemKind::Use
        | ItemKind::ExternCrate
        | ItemKind::MacroCall
        | ItemKind::ImplMacro
        | ItemKind::TraitMacro
        | ItemKind::ForeignMod
        | ItemKind::Other
        | ItemKind::TraitAlias => false,
        ItemKind::ImplFn | ItemKind::ImplConst | ItemKind::ImplType => {
            let parent = item.parent.and_then(|p| items.get(p));
            matches!(parent.map(|p| &p.payload), Some(Payload::Impl(head)) if head.trait_path.is_none())
        }
        ItemKind::Const => item.name != "_",
        ItemKind::Fn => {
            let is_main = is_bin_root && item.parent.is_none() && item.name == "main";
            !is_main && !item.has_attr("test") && !is_proc_macro(item)
        }
        ItemKind::Mod
        | ItemKind::Struct
        | ItemKind::Enum
        | ItemKind::Union
        | ItemKind::Trait
        | ItemKind::TypeAlias
        | ItemKind::Static
        | ItemKind::MacroRules
        | ItemKind::TraitFn
        | ItemKind::TraitConst
        | ItemKind::TraitType
        | ItemKind::ForeignItem
        | ItemKind::Variant
        | ItemKind::Field => true,
    }
}

fn is_proc_macro(item: &RawItem) -> bool {
    ["proc_macro", "proc_macro_derive", "proc_macro_attribute"]
        .iter()
        .any(|a| item.has_attr(a))
}
