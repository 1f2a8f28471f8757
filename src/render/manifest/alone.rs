//! A manifest as it must read in a copy of the workspace elsewhere.
//!
//! Input: a manifest's text and where it stood. Output: the text for the copy.

use camino::Utf8Path;
use toml_edit::{DocumentMut, Item, Table, value};

/// The manifest as it must read in a copy of the workspace elsewhere: relative paths that leave `root`
/// become absolute, and the root manifest is a workspace root. Text that is no TOML stays as it is, cargo
/// will name the fault.
pub fn standing_alone(text: &str, dir: &Utf8Path, root: &Utf8Path, is_root: bool) -> String {
    let Ok(mut doc) = text.parse::<DocumentMut>() else {
        return text.to_owned();
    };
    absolute_paths(doc.as_table_mut(), dir, root);
    if is_root && !doc.contains_key("workspace") {
        doc.insert("workspace", Item::Table(Table::new()));
    }
    doc.to_string()
}

fn absolute_paths(table: &mut Table, dir: &Utf8Path, root: &Utf8Path) {
    for (key, item) in table.iter_mut() {
        let is_dependencies = key.get().ends_with("dependencies");
        match item {
            Item::Table(inner) if is_dependencies => {
                for (_, dependency) in inner.iter_mut() {
                    absolute_path(dependency, dir, root);
                }
            }
            Item::Table(inner) => {
                if key.get() == "patch" || key.get() == "replace" {
                    for (_, source) in inner.iter_mut() {
                        if let Some(source) = source.as_table_like_mut() {
                            for (_, dependency) in source.iter_mut() {
                                absolute_path(dependency, dir, root);
                            }
                        }
                    }
                } else {
                    absolute_paths(inner, dir, root);
                }
            }
            _ => {}
        }
    }
}

fn absolute_path(dependency: &mut Item, dir: &Utf8Path, root: &Utf8Path) {
    let Some(table) = dependency.as_table_like_mut() else {
        return;
    };
    let Some(path) = table.get("path").and_then(Item::as_str) else {
        return;
    };
    let full = crate::text::clean(&dir.join(path));
    if !full.starts_with(root) {
        table.insert("path", value(full.as_str()));
    }
}
