//! A manifest as it must read in a copy of the workspace elsewhere.
//!
//! Input: a manifest's text and where it stood. Output: the text for the copy.

use camino::Utf8Path;
use toml_edit::{DocumentMut, Item, Table, value};

/// The manifest as it must read in a copy of the workspace elsewhere: relative paths for which `stays` does
/// not hold become absolute, and the root manifest is a workspace root. Text that is no TOML stays as it
/// is, cargo will name the fault.
pub fn standing_alone(
    text: &str,
    dir: &Utf8Path,
    stays: &dyn Fn(&Utf8Path) -> bool,
    is_root: bool,
) -> String {
    let Ok(mut doc) = text.parse::<DocumentMut>() else {
        return text.to_owned();
    };
    paths(doc.as_table_mut(), &|path| {
        let full = crate::text::clean(&dir.join(path));
        (!stays(&full)).then(|| full.into_string())
    });
    if is_root && !doc.contains_key("workspace") {
        doc.insert("workspace", Item::Table(Table::new()));
    }
    doc.to_string()
}

/// The manifest of the folder `dir` with relative paths where it had absolute ones.
pub fn with_relative_paths(text: &str, dir: &Utf8Path) -> String {
    let Ok(mut doc) = text.parse::<DocumentMut>() else {
        return text.to_owned();
    };
    paths(doc.as_table_mut(), &|path| {
        let path = Utf8Path::new(path);
        let shared = path.components().next() == dir.components().next();
        (path.is_absolute() && shared).then(|| crate::text::relative(path, dir).into_string())
    });
    doc.to_string()
}

/// Replaces the paths of dependencies for which `change` has another.
fn paths(table: &mut Table, change: &dyn Fn(&str) -> Option<String>) {
    for (key, item) in table.iter_mut() {
        let is_dependencies = key.get().ends_with("dependencies");
        let is_patch = matches!(key.get(), "patch" | "replace");
        let Item::Table(inner) = item else { continue };
        if is_dependencies {
            inner.iter_mut().for_each(|(_, dependency)| {
                path(dependency, change);
            });
        } else if is_patch {
            for (_, source) in inner.iter_mut() {
                for (_, dependency) in source
                    .as_table_like_mut()
                    .into_iter()
                    .flat_map(|s| s.iter_mut())
                {
                    path(dependency, change);
                }
            }
        } else {
            paths(inner, change);
        }
    }
}

fn path(dependency: &mut Item, change: &dyn Fn(&str) -> Option<String>) {
    let Some(table) = dependency.as_table_like_mut() else {
        return;
    };
    let Some(path) = table.get("path").and_then(Item::as_str) else {
        return;
    };
    if let Some(path) = change(path) {
        table.insert("path", value(path));
    }
}

/// The workspace's root manifest as its members need it to inherit from: without package and members.
pub fn workspace_only(text: &str) -> String {
    let Ok(mut doc) = text.parse::<DocumentMut>() else {
        return text.to_owned();
    };
    let mut workspace = doc.remove("workspace").unwrap_or_default();
    let mut out = DocumentMut::new();
    if let Some(table) = workspace.as_table_like_mut() {
        for key in ["members", "default-members", "exclude"] {
            table.remove(key);
        }
        out.insert("workspace", workspace);
    } else {
        out.insert("workspace", Item::Table(Table::new()));
    }
    out.to_string()
}
