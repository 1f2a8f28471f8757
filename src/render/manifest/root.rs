//! The output workspace's root manifest.
//!
//! Input: [`RootManifest`], the user's root manifest in it. Output: the text.

use std::collections::BTreeSet;

use toml_edit::{Array, DocumentMut, Item, Table, value};

use super::Places;

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
            relocate(&mut item, &input.places);
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
                    for (_, item) in source.iter_mut() {
                        relocate(item, &input.places);
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
    /// Members, as relative folders.
    pub members: Vec<String>,
    /// Where path dependencies lie now.
    pub places: Places,
    /// The resolver that the user's workspace has.
    pub resolver: &'a str,
    /// Packages that members depend on themselves.
    pub direct: BTreeSet<String>,
    /// Keys of `workspace.dependencies` that are still inherited.
    pub inherited: BTreeSet<String>,
    /// Keys of `workspace.package` that are still inherited, and `lints` if these are.
    pub shared: BTreeSet<String>,
}

/// Leads a dependency to where it lies now; a member that is not there, to its folder in the user's workspace.
pub(super) fn relocate(item: &mut Item, places: &Places) {
    let Some(table) = item.as_table_like_mut() else {
        return;
    };
    let Some(path) = table.get("path").and_then(Item::as_str) else {
        return;
    };
    let to = places.moved(path);
    let to = to.unwrap_or_else(|| crate::text::clean(&places.dir.join(path)).into_string());
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
                members: Vec::new(),
                places: Places::default(),
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
