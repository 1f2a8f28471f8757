//! The output workspace's root manifest.
//!
//! Input: [`RootManifest`], the user's root manifest in it. Output: the text.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use toml_edit::{Array, DocumentMut, Item, Table, value};

/// The output workspace's root manifest.
pub fn root(input: &RootManifest<'_>) -> String {
    let old = input.text.parse::<DocumentMut>().unwrap_or_default();
    let mut doc = DocumentMut::new();
    doc.decor_mut()
        .set_prefix("# Made by `extract split`. What came from where, and why: REVIEW.md\n");
    let mut workspace = Table::new();
    workspace.insert("resolver", value(input.resolver));
    let mut members = Array::new();
    for member in &input.members {
        members.push(member.as_str());
    }
    for item in members.iter_mut() {
        item.decor_mut().set_prefix("\n    ");
    }
    members.set_trailing("\n");
    members.set_trailing_comma(true);
    workspace.insert("members", value(members));
    let old_workspace = old.get("workspace").and_then(Item::as_table);
    if let Some(package) = old_workspace.and_then(|w| w.get("package")) {
        let mut package = package.clone();
        if let Some(table) = package.as_table_like_mut() {
            for key in ["readme", "license-file", "include", "exclude"] {
                table.remove(key);
            }
        }
        workspace.insert("package", package);
    }
    if let Some(lints) = old_workspace.and_then(|w| w.get("lints")) {
        workspace.insert("lints", lints.clone());
    }
    if let Some(deps) = old_workspace
        .and_then(|w| w.get("dependencies"))
        .and_then(Item::as_table_like)
    {
        let mut table = Table::new();
        for (key, item) in deps.iter().filter(|(k, _)| input.inherited.contains(*k)) {
            let mut item = item.clone();
            relocate(&mut item, key, input);
            table.insert(key, item);
        }
        if !table.is_empty() {
            workspace.insert("dependencies", Item::Table(table));
        }
    }
    doc.insert("workspace", Item::Table(workspace));
    if let Some(patch) = old.get("patch") {
        let mut patch = patch.clone();
        if let Some(sources) = patch.as_table_like_mut() {
            for (_, source) in sources.iter_mut() {
                if let Some(source) = source.as_table_like_mut() {
                    for (key, item) in source.iter_mut() {
                        relocate(item, key.get(), input);
                    }
                }
            }
        }
        doc.insert("patch", patch);
    }
    doc.insert(
        "profile",
        Item::Table(super::profile::profile(&old, &input.direct)),
    );
    doc.to_string()
}

/// What the output workspace's root manifest is made from.
#[derive(Debug)]
pub struct RootManifest<'a> {
    /// The user's root manifest.
    pub text: &'a str,
    /// The user's root folder.
    pub root: &'a Utf8Path,
    /// Members, as relative folders.
    pub members: Vec<String>,
    /// Where members of the user's workspace lie now: package name to relative folder.
    pub member_paths: BTreeMap<String, String>,
    /// The resolver that the user's workspace has.
    pub resolver: &'a str,
    /// Packages that members depend on themselves.
    pub direct: BTreeSet<String>,
    /// Keys of `workspace.dependencies` that are still inherited.
    pub inherited: BTreeSet<String>,
}

fn relocate(item: &mut Item, key: &str, input: &RootManifest<'_>) {
    let Some(table) = item.as_table_like_mut() else {
        return;
    };
    let package = table
        .get("package")
        .and_then(Item::as_str)
        .unwrap_or(key)
        .to_owned();
    let Some(path) = table.get("path").and_then(Item::as_str).map(str::to_owned) else {
        return;
    };
    let to = match input.member_paths.get(&package) {
        Some(to) => to.clone(),
        None => crate::text::clean(&input.root.join(path)).into_string(),
    };
    table.insert("path", value(to));
}

/// The resolver a root manifest asks for or implies by its edition.
pub fn resolver(text: &str) -> String {
    let Ok(doc) = text.parse::<DocumentMut>() else {
        return "2".to_owned();
    };
    let asked = |key: &str| {
        doc.get(key)
            .and_then(Item::as_table)
            .and_then(|t| t.get("resolver"))
            .and_then(Item::as_str)
    };
    if let Some(resolver) = asked("workspace").or(asked("package")) {
        return resolver.to_owned();
    }
    let edition = doc
        .get("package")
        .and_then(Item::as_table)
        .and_then(|p| p.get("edition"))
        .and_then(Item::as_str);
    match edition {
        Some("2024") => "3".to_owned(),
        Some("2021") => "2".to_owned(),
        _ => "1".to_owned(),
    }
}
