//! A domain crate's manifest: the package's own, less what the slice does not need.
//!
//! Input: [`DomainManifest`]. Output: the text.

use std::collections::BTreeSet;

use toml_edit::{DocumentMut, InlineTable, Item, Table, Value, value};

use super::features::{features, switched_on};
use super::function::{FunctionDependency, written_out};
use super::{Places, add_feature, allow_lints};

/// What a domain crate's manifest is made from.
#[derive(Debug)]
pub struct DomainManifest<'a> {
    /// The package's own manifest.
    pub text: &'a str,
    /// The workspace's root manifest, for inherited lints.
    pub root_text: &'a str,
    /// The package's new name, when it changes (a binary that becomes a library).
    pub rename: Option<&'a str>,
    /// The library's name and path.
    pub lib: Option<(String, String)>,
    /// Keys of normal dependencies that go.
    pub drop: BTreeSet<String>,
    /// Whether the build script stays.
    pub keep_build: bool,
    /// Where path dependencies lie now; members that are not there go.
    pub places: &'a Places,
    /// The same for those that the workspace's root manifest has.
    pub root_places: &'a Places,
    /// Features that are on.
    pub active: BTreeSet<String>,
    /// Features that kept code names.
    pub named: BTreeSet<String>,
    /// Lints that the monolith's own code raises, to allow.
    pub allow: BTreeSet<String>,
    /// Dependencies to add: name, version requirement, features.
    pub add: Vec<(String, String, Vec<String>)>,
    /// Features to add to dependencies (by name in code).
    pub add_features: BTreeSet<(String, String)>,
    /// A path dependency to add on the own library, for a binary that uses it.
    pub own_lib: Option<FunctionDependency>,
}

/// A domain crate's manifest: the package's own, less what the slice does not need.
pub fn domain(input: &DomainManifest<'_>) -> String {
    let mut doc = input.text.parse::<DocumentMut>().unwrap_or_default();
    if let Some(package) = doc.get_mut("package").and_then(Item::as_table_mut) {
        let stale = [
            "autobins",
            "autoexamples",
            "autotests",
            "autobenches",
            "metadata",
            "workspace",
            "autolib",
            "im-a-teapot",
        ];
        for key in stale {
            package.remove(key);
        }
        if !input.keep_build {
            package.remove("build");
            package.remove("links");
        }
        if let Some(name) = input.rename {
            package.insert("name", value(name));
        }
        // What the workspace says of all its crates counts, if that is no.
        let root = input.root_text.parse::<DocumentMut>().unwrap_or_default();
        let inherits = package.get("publish").is_some_and(super::is_inherited)
            && super::workspace_key(&root, "publish").and_then(Item::as_bool) == Some(false);
        if !inherits {
            package.insert("publish", value(false));
        }
    }
    super::library_alone(&mut doc);
    library(&mut doc, input);
    dependencies(doc.as_table_mut(), input);
    if let Some(targets) = doc.get_mut("target").and_then(Item::as_table_mut) {
        for (_, target) in targets.iter_mut() {
            if let Some(target) = target.as_table_mut() {
                target.remove("dev-dependencies");
                dependencies(target, input);
            }
        }
        let empty: Vec<String> = targets
            .iter()
            .filter(|(_, t)| t.as_table().is_none_or(Table::is_empty))
            .map(|(k, _)| k.to_owned())
            .collect();
        for key in empty {
            targets.remove(&key);
        }
        if targets.is_empty() {
            doc.remove("target");
        }
    }
    let mut forced = BTreeSet::new();
    let root = input.root_text.parse::<DocumentMut>().unwrap_or_default();
    let made = super::after_package(&doc);
    let add_table = doc
        .entry("dependencies")
        .or_insert_with(|| Item::Table(made));
    if let Some(table) = add_table.as_table_mut() {
        let keys: Vec<&str> = table.iter().map(|(key, _)| key).collect();
        let sorted = keys.is_sorted();
        for (name, version, features) in &input.add {
            let inherited = super::workspace_entry(&root, name);
            add_dependency(table, name, version, features, inherited);
            // What the code now always needs is no longer optional.
            if let Some(existing) = table.get_mut(name) {
                super::required(existing);
            }
            forced.insert(name.clone());
        }
        if let Some(lib) = &input.own_lib {
            table.insert(&lib.key, written_out(lib));
        }
        if sorted {
            table.sort_values();
        }
        if table.is_empty() {
            doc.remove("dependencies");
        }
    }
    features(&mut doc, input, &forced);
    allow_lints(&mut doc, &input.allow, input.root_text);
    doc.to_string()
}

/// The library, as far as it is not what cargo makes of the folder by itself.
fn library(doc: &mut DocumentMut, input: &DomainManifest<'_>) {
    let package = doc.get("package").and_then(Item::as_table_like);
    let package = package.and_then(|p| p.get("name")).and_then(Item::as_str);
    let usual = package.unwrap_or_default().replace('-', "_");
    let made = super::after_package(doc);
    let lib = doc.entry("lib").or_insert_with(|| Item::Table(made));
    let Some(lib) = lib.as_table_like_mut() else {
        return;
    };
    for key in ["crate-type", "crate_type", "bench", "test", "doctest"] {
        lib.remove(key);
    }
    if let Some((name, path)) = &input.lib {
        if *name == usual {
            lib.remove("name");
        } else {
            lib.insert("name", value(name.as_str()));
        }
        if path == "src/lib.rs" {
            lib.remove("path");
        } else {
            lib.insert("path", value(path.as_str()));
        }
    }
    if lib.is_empty() {
        doc.remove("lib");
    }
}

/// Adds a dependency, or features to one that is there.
fn add_dependency(
    table: &mut Table,
    name: &str,
    version: &str,
    features: &[String],
    inherited: Option<&Item>,
) {
    if let Some(existing) = table.get_mut(name) {
        for feature in features {
            add_feature(existing, feature, inherited);
        }
        // Without its defaults serde knows neither `String` nor `Vec`.
        let is_bare = |item: &Item| {
            let keys = ["default-features", "default_features"];
            let table = item.as_table_like();
            let mut said = keys.iter().filter_map(|key| table?.get(key)?.as_bool());
            said.any(|on| !on)
        };
        if name == "serde" && (is_bare(existing) || inherited.is_some_and(is_bare)) {
            add_feature(existing, "std", inherited);
        }
        return;
    }
    let mut inline = InlineTable::new();
    inline.insert("version", version.into());
    if !features.is_empty() {
        inline.insert(
            "features",
            Value::Array(features.iter().map(String::as_str).collect()),
        );
    }
    table.insert(name, value(inline));
}

fn dependencies(table: &mut Table, input: &DomainManifest<'_>) {
    let root = input.root_text.parse::<DocumentMut>().unwrap_or_default();
    let on = switched_on(input.text, &input.active);
    if !input.keep_build {
        table.remove("build-dependencies");
        table.remove("build_dependencies");
    }
    for section in ["dependencies", "build-dependencies"] {
        let Some(deps) = table.get_mut(section).and_then(Item::as_table_mut) else {
            continue;
        };
        let keys: Vec<String> = deps.iter().map(|(k, _)| k.to_owned()).collect();
        for key in keys {
            // What no feature that is on asks for is not built, so nothing kept can need it.
            let is_optional = deps
                .get(&key)
                .and_then(Item::as_table_like)
                .and_then(|t| t.get("optional"))
                .and_then(Item::as_bool)
                .unwrap_or(false);
            if is_optional && !on.contains(&key) {
                deps.remove(&key);
                continue;
            }
            let Some(item) = deps.get_mut(&key) else {
                continue;
            };
            let path = |item: Option<&Item>| {
                let path = item.and_then(Item::as_table_like)?.get("path")?;
                path.as_str().map(str::to_owned)
            };
            let mut gone = section == "dependencies" && input.drop.contains(&key);
            if super::is_inherited(item) {
                let path = path(super::workspace_entry(&root, &key));
                gone |= path.is_some_and(|path| input.root_places.moved(&path).is_none());
            } else if let Some(path) = path(Some(item)) {
                match (input.places.moved(&path), item.as_table_like_mut()) {
                    (Some(to), Some(table)) => {
                        table.insert("path", value(to));
                    }
                    _ => gone = true,
                }
            }
            if gone {
                deps.remove(&key);
                continue;
            }
            for (name, feature) in &input.add_features {
                if key.replace('-', "_") == *name
                    && let Some(item) = deps.get_mut(&key)
                {
                    add_feature(item, feature, super::workspace_entry(&root, &key));
                }
            }
        }
        if deps.is_empty() {
            table.remove(section);
        }
    }
}
