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
            let keys: Vec<String> = table.iter().map(|(key, _)| key.to_owned()).collect();
            for key in keys.iter().filter(|key| !input.shared.contains(*key)) {
                table.remove(key);
            }
            if !table.is_empty() {
                workspace.insert("package", package);
            }
        }
    }
    let lints = old_workspace.and_then(|w| w.get("lints"));
    if let Some(lints) = lints.filter(|_| input.shared.contains("lints")) {
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
    /// Keys of `workspace.package` that are still inherited, and `lints` if these are.
    pub shared: BTreeSet<String>,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_member_inherits_goes() {
        let text = "[workspace]\nmembers = [\"a\"]\n[workspace.package]\nversion = \"0.4.2\"\nedition = \"2024\"\n\
                    [workspace.lints.rust]\nunsafe_code = \"forbid\"\n";
        let made = |shared: &[&str]| {
            root(&RootManifest {
                text,
                root: Utf8Path::new("/work"),
                members: Vec::new(),
                member_paths: BTreeMap::new(),
                resolver: "3",
                direct: BTreeSet::new(),
                inherited: BTreeSet::new(),
                shared: shared.iter().map(|k| (*k).to_owned()).collect(),
            })
        };
        let none = made(&[]);
        assert!(
            !none.contains("package") && !none.contains("lints"),
            "{none}"
        );
        let some = made(&["edition", "lints"]);
        assert!(
            some.contains("[workspace.package]\nedition = \"2024\"\n"),
            "{some}"
        );
        assert!(
            some.contains("unsafe_code") && !some.contains("0.4.2"),
            "{some}"
        );
    }
}
