//! What serde's attributes say of a type, a variant or a field: names, tags, what is left out.
//!
//! Input: attributes. Output: [`Said`]. What is not read here changes no form of an event. Refuses nothing.

use super::traits::{Facts, split};
use crate::id::ItemId;
use crate::syntax::Attr;

/// What is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) rename: Option<String>,
    pub(super) rename_all: Option<String>,
    pub(super) rename_all_fields: Option<String>,
    pub(super) tag: Option<String>,
    pub(super) content: Option<String>,
    pub(super) untagged: bool,
    pub(super) transparent: bool,
    pub(super) default: bool,
    pub(super) flatten: bool,
    pub(super) skip: bool,
    /// A function does the reading.
    pub(super) by_hand: bool,
    /// Another type does.
    pub(super) from: Option<String>,
}

/// Reads the attributes on something of `item`.
pub(super) fn said(facts: &Facts<'_>, item: ItemId, attrs: &[Attr]) -> Said {
    let mut said = Said::default();
    for part in facts.arguments(item, attrs, "serde") {
        let (key, value) = match part.split_once('=') {
            Some((key, value)) if !key.contains('(') => (key.trim(), Some(unquoted(value))),
            _ => (part.split('(').next().unwrap_or("").trim(), inner(&part)),
        };
        match (key, value) {
            ("rename", value) => said.rename = value,
            ("rename_all", value) => said.rename_all = value,
            ("rename_all_fields", value) => said.rename_all_fields = value,
            ("tag", value) => said.tag = value,
            ("content", value) => said.content = value,
            ("untagged", _) => said.untagged = true,
            ("transparent", _) => said.transparent = true,
            ("default", _) => said.default = true,
            ("flatten", _) => said.flatten = true,
            ("skip" | "skip_deserializing", _) => said.skip = true,
            ("from" | "try_from", value) => said.from = value,
            ("with" | "deserialize_with" | "remote", _) => said.by_hand = true,
            _ => {}
        }
    }
    said
}

fn unquoted(value: &str) -> String {
    value.trim().trim_matches('"').to_owned()
}

/// `x` of `rename(serialize = "y", deserialize = "x")`.
fn inner(part: &str) -> Option<String> {
    let (_, rest) = part.split_once('(')?;
    let rest = rest.trim_end().strip_suffix(')')?;
    split(rest).into_iter().find_map(|part| {
        let (key, value) = part.split_once('=')?;
        (key.trim() == "deserialize").then(|| unquoted(value))
    })
}

impl Said {
    /// The name that is given, or the one that follows from a rule.
    pub(super) fn name(&self, other: impl FnOnce() -> String) -> String {
        self.rename.clone().unwrap_or_else(other)
    }

    /// A field's name by this type's rule.
    pub(super) fn field(&self, name: &str) -> String {
        let Some(rule) = &self.rename_all else {
            return name.to_owned();
        };
        let pascal = || -> String { name.split('_').map(capital).collect() };
        match rule.as_str() {
            "UPPERCASE" | "SCREAMING_SNAKE_CASE" => name.to_ascii_uppercase(),
            "PascalCase" => pascal(),
            "camelCase" => small(&pascal()),
            "kebab-case" => name.replace('_', "-"),
            "SCREAMING-KEBAB-CASE" => name.to_ascii_uppercase().replace('_', "-"),
            _ => name.to_owned(),
        }
    }

    /// A variant's name by this type's rule.
    pub(super) fn variant(&self, name: &str) -> String {
        let Some(rule) = &self.rename_all else {
            return name.to_owned();
        };
        let snake = || -> String {
            let mut out = String::new();
            for (at, c) in name.char_indices() {
                if at > 0 && c.is_uppercase() {
                    out.push('_');
                }
                out.push(c.to_ascii_lowercase());
            }
            out
        };
        match rule.as_str() {
            "lowercase" => name.to_ascii_lowercase(),
            "UPPERCASE" => name.to_ascii_uppercase(),
            "camelCase" => small(name),
            "snake_case" => snake(),
            "SCREAMING_SNAKE_CASE" => snake().to_ascii_uppercase(),
            "kebab-case" => snake().replace('_', "-"),
            "SCREAMING-KEBAB-CASE" => snake().to_ascii_uppercase().replace('_', "-"),
            _ => name.to_owned(),
        }
    }
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}

fn small(word: &str) -> String {
    let mut chars = word.chars();
    let first = chars.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(chars).collect()
}
