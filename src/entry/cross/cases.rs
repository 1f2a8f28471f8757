//! The variants of an entry's error, so that callers are told which of them it was.
//!
//! Input: [`Mean`] of the error. Output: [`Cases`], where it is an enum of the workspace whose variants can be named
//! in generated code. Refuses nothing: any other error goes by its type's name.

use super::known;
use super::meaning::Mean;
use super::traits::Facts;
use super::travel::Travel;
use crate::id::ItemId;
use crate::syntax::{Item, ItemKind, ItemTree, Payload, RawItem, is_built_in};

/// The variants of an error that is an enum of the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cases {
    /// The enum.
    pub of: ItemId,
    /// The variants that can be named, in the order of the source.
    pub variants: Vec<Case>,
    /// Whether there may be others.
    pub is_open: bool,
    /// The references and smart pointers around it.
    pub depth: usize,
}

/// A variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Its name, without `r#`.
    pub name: String,
    /// What follows the name in a pattern: nothing, `(..)` or `{ .. }`.
    pub rest: &'static str,
    /// Whether a person said that it may go well when it is tried again.
    pub is_transient: bool,
}

/// The variants of an error; `None` where it goes by its type's name.
pub(super) fn cases(travel: &Travel<'_>, error: &Mean) -> Option<Cases> {
    match error {
        Mean::Local { item, args } if args.is_empty() => of(travel, *item),
        Mean::Ref { inner, .. } => around(cases(travel, inner)?),
        Mean::Named { path, args } if known::is_std(path) || path.len() == 1 => {
            let is_pointer = matches!(path.last()?.as_str(), "Box" | "Arc" | "Rc" | "Cow");
            let inner = args.first().filter(|_| is_pointer)?;
            around(cases(travel, inner)?)
        }
        _ => None,
    }
}

fn around(inner: Cases) -> Option<Cases> {
    Some(Cases {
        depth: inner.depth + 1,
        ..inner
    })
}

fn of(travel: &Travel<'_>, item: ItemId) -> Option<Cases> {
    let (tree, facts) = (travel.reader.tree, &travel.facts);
    let raw = tree.raw(item);
    let Payload::Type(shape) = &raw.payload else {
        return None;
    };
    // A deprecated name is a warning.
    let is_named = raw.kind == ItemKind::Enum && !facts.bears(item, &raw.attrs, "deprecated");
    if !is_named || !is_as_written(facts, item) {
        return None;
    }
    let mut found = Cases {
        of: item,
        variants: Vec::new(),
        is_open: facts.bears(item, &raw.attrs, "non_exhaustive"),
        depth: 0,
    };
    let own = tree.items.iter().filter(|i| i.parent == Some(item));
    for variant in own.filter(|i| i.active) {
        let raw = tree.raw(variant.id);
        if raw.kind != ItemKind::Variant {
            continue;
        }
        if facts.bears(item, &raw.attrs, "deprecated") {
            found.is_open = true;
            continue;
        }
        let text = &tree.file(variant.file).text;
        let fields = shape.variants.iter().find(|(name, _)| *name == raw.name);
        let first = fields.and_then(|(_, fields)| fields.first());
        let is_numbered = first.map(|f| f.name.starts_with(|c: char| c.is_ascii_digit()));
        let rest = match is_numbered {
            // Braces fit every variant, and are the only pattern for one that may get more fields.
            _ if facts.bears(item, &raw.attrs, "non_exhaustive") => " { .. }",
            Some(true) => "(..)",
            None if is_bare(raw, text) => "",
            _ => " { .. }",
        };
        found.variants.push(Case {
            name: raw.name.clone(),
            rest,
            is_transient: false,
        });
    }
    (!found.variants.is_empty()).then_some(found)
}

/// Attributes that derives read, by custom.
const READ_BY_DERIVES: &[&str] = &[
    "archive",
    "builder",
    "clap",
    "darling",
    "debug",
    "derivative",
    "diagnostic",
    "diesel",
    "display",
    "educe",
    "error",
    "from",
    "graphql",
    "help",
    "rkyv",
    "schemars",
    "snafu",
    "sqlx",
    "strum",
    "strum_discriminants",
    "ts",
    "value",
    "zeroize",
];

/// Whether the variants are sure to be those of the source: an attribute macro may make another type of the enum, or
/// of what is in a module around it.
fn is_as_written(facts: &Facts<'_>, item: ItemId) -> bool {
    let tree = facts.tree;
    let around = tree.declarations(tree.item(item).module);
    std::iter::once(item).chain(around).all(|holder| {
        let mut paths = facts.attributes(holder).into_iter();
        paths.all(|path| !may_be_macro(tree, holder, path))
    })
}

/// Whether an attribute of an item may be a macro. A macro is named by a path or has to be imported, which what a derive
/// reads has not.
fn may_be_macro(tree: &ItemTree, item: ItemId, path: &str) -> bool {
    if path == "derive" || is_built_in(path) || READ_BY_DERIVES.contains(&path) {
        return false;
    }
    let node = tree.item(item);
    let here = tree
        .items
        .iter()
        .filter(|i| i.active && i.krate == node.krate);
    let brings = |other: &Item| match &tree.raw(other.id).payload {
        Payload::Use(decl) if other.module == node.module => decl
            .leaves
            .iter()
            .any(|leaf| leaf.glob || leaf.name == path),
        Payload::ExternCrate { .. } => tree.raw(other.id).has_attr("macro_use"),
        _ => false,
    };
    path.contains("::") || here.into_iter().any(brings)
}

/// Whether a variant without fields has no brackets either.
fn is_bare(raw: &RawItem, text: &str) -> bool {
    let rest = text.get(raw.name_range.end as usize..raw.range.end as usize);
    !rest.unwrap_or_default().contains(['(', '{'])
}
