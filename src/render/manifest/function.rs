//! A function crate's manifest, written anew.
//!
//! Input: [`FunctionManifest`]. Output: the text.

use std::collections::{BTreeMap, BTreeSet};

use toml_edit::{DocumentMut, InlineTable, Item, Table, Value, value};

use super::{add_feature, allow_lints};

/// Renders a function crate's manifest.
pub fn function(input: &FunctionManifest) -> String {
    let mut doc = DocumentMut::new();
    let mut package = Table::new();
    package.insert("name", value(input.name.as_str()));
    package.insert("version", value("0.1.0"));
    package.insert("edition", value(input.edition.as_str()));
    package.insert("description", value(input.description.as_str()));
    package.insert("publish", value(false));
    doc.insert("package", Item::Table(package));
    let mut table = Table::new();
    for dependency in &input.dependencies {
        let mut inline = InlineTable::new();
        if let Some(path) = &dependency.path {
            inline.insert("path", path.as_str().into());
        }
        if let Some(version) = &dependency.version {
            inline.insert("version", version.as_str().into());
        }
        if !dependency.default_features {
            inline.insert("default-features", false.into());
        }
        if !dependency.features.is_empty() {
            inline.insert(
                "features",
                Value::Array(dependency.features.iter().map(String::as_str).collect()),
            );
        }
        let only_version = inline.len() == 1 && inline.contains_key("version");
        match &dependency.version {
            Some(version) if only_version => table.insert(&dependency.key, value(version.as_str())),
            _ => table.insert(&dependency.key, value(inline)),
        };
    }
    for (key, text) in &input.copied {
        let Ok(parsed) = text.parse::<DocumentMut>() else {
            continue;
        };
        let Some(item) = parsed.get(key) else {
            continue;
        };
        // Where the shim needs the crate too, the monolith's version counts, with the features of both.
        let asked = input.dependencies.iter().find(|d| d.key == *key);
        let mut item = item.clone();
        for feature in asked.into_iter().flat_map(|d| &d.features) {
            add_feature(&mut item, feature);
        }
        table.insert(key, item);
    }
    table.sort_values();
    if !table.is_empty() {
        doc.insert("dependencies", Item::Table(table));
    }
    allow_lints(&mut doc, &input.allow, "");
    doc.to_string()
}

/// A function crate's manifest.
#[derive(Debug, Default)]
pub struct FunctionManifest {
    /// The package's name.
    pub name: String,
    /// The edition.
    pub edition: String,
    /// One line for `description`.
    pub description: String,
    /// Dependencies: key, then version requirement or path, features, whether default features are on.
    pub dependencies: Vec<FunctionDependency>,
    /// Whole tables copied from a domain manifest (its own dependencies that moved code names).
    pub copied: BTreeMap<String, String>,
    /// Lints to allow.
    pub allow: BTreeSet<String>,
}

/// A dependency of a function crate.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FunctionDependency {
    /// The key.
    pub key: String,
    /// A version requirement.
    pub version: Option<String>,
    /// A relative folder.
    pub path: Option<String>,
    /// Features.
    pub features: Vec<String>,
    /// Whether default features are on.
    pub default_features: bool,
}
