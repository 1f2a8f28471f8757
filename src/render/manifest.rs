//! Manifests: the shadow's, the cut crates', and the output workspace's.
//!
//! Input: manifest texts and decisions. Output: manifest texts. Only this module names toml_edit; every
//! value is set through it, so that names and paths are escaped.

pub mod alone;
pub mod dev;
pub mod domain;
pub mod features;
pub mod function;
pub mod harness;
pub mod lambda;
mod profile;
pub mod root;

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, value};

/// Where the path dependencies of a manifest lie that stands elsewhere now.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// The folder that it stood in.
    pub dir: Utf8PathBuf,
    /// Folders of workspace members, and where they lie from here; `None` is not there.
    pub members: BTreeMap<Utf8PathBuf, Option<String>>,
}

impl Places {
    /// Where a path leads from here; `None` when what it led to is not there. A member is known by its folder: a
    /// package of another place may have its name.
    fn moved(&self, path: &str) -> Option<String> {
        let full = crate::text::clean(&self.dir.join(path));
        match self.members.get(&full) {
            Some(to) => to.clone(),
            None => Some(full.into_string()),
        }
    }
}

/// The keys of the dependencies and build-dependencies that a manifest has.
pub fn dependency_keys_of(text: &str) -> BTreeSet<String> {
    let doc = text.parse::<DocumentMut>().unwrap_or_default();
    features::dependency_keys(&doc)
}

/// The manifest entry of a dependency as a one-line document, to copy into another manifest.
pub fn entry(text: &str, key: &str) -> Option<String> {
    let doc = text.parse::<DocumentMut>().ok()?;
    let find = |table: &Table| {
        table
            .get("dependencies")
            .and_then(Item::as_table_like)?
            .get(key)
            .cloned()
    };
    let mut item = find(doc.as_table());
    if item.is_none() {
        let targets = doc.get("target").and_then(Item::as_table)?;
        item = targets
            .iter()
            .find_map(|(_, t)| t.as_table().and_then(&find));
    }
    let mut item = item?;
    required(&mut item);
    if let Item::Table(table) = &item
        && !table.is_dotted()
    {
        item = value(table.clone().into_inline_table());
    }
    let mut out = DocumentMut::new();
    out.insert(key, item);
    Some(out.to_string())
}

/// Makes a dependency one that is not optional, which is told. Its table ends as it did: what stands before
/// the closing brace belongs to the last value.
fn required(item: &mut Item) -> bool {
    let Some(table) = item.as_inline_table_mut() else {
        let table = item.as_table_like_mut();
        return table.is_some_and(|t| t.remove("optional").is_some());
    };
    let ends = |table: &InlineTable| {
        let last = table.iter().last();
        last.and_then(|(_, value)| value.decor().suffix().cloned())
    };
    let end = ends(table);
    let was = table.remove("optional").is_some();
    if let (Some(end), Some((_, last))) = (end, table.iter_mut().last()) {
        last.decor_mut().set_suffix(end);
    }
    was
}

/// [`entry`] of a path dependency, with the path where it lies now; what the workspace says of it stays inherited.
pub fn moved_entry(text: &str, key: &str, path: &str) -> Option<String> {
    let mut doc = entry(text, key)?.parse::<DocumentMut>().ok()?;
    let item = doc.get_mut(key)?;
    if is_inherited(item) {
        return Some(doc.to_string());
    }
    if let Some(table) = item.as_table_like_mut() {
        for stale in ["version", "git", "branch", "tag", "rev", "registry"] {
            table.remove(stale);
        }
        table.insert("path", value(path));
    }
    Some(doc.to_string())
}

/// The keys of dependencies that a manifest inherits from the workspace.
pub fn inherited(text: &str) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let Ok(doc) = text.parse::<DocumentMut>() else {
        return keys;
    };
    let mut read = |table: &Table| {
        for section in ["dependencies", "build-dependencies"] {
            let Some(deps) = table.get(section).and_then(Item::as_table_like) else {
                continue;
            };
            keys.extend(
                deps.iter()
                    .filter(|(_, item)| is_inherited(item))
                    .map(|(k, _)| k.to_owned()),
            );
        }
    };
    read(doc.as_table());
    if let Some(targets) = doc.get("target").and_then(Item::as_table) {
        for (_, target) in targets {
            if let Some(target) = target.as_table() {
                read(target);
            }
        }
    }
    keys
}

/// Keys of `package` that a manifest leaves to the workspace, and `lints` if it leaves these.
pub fn shared(text: &str) -> BTreeSet<String> {
    let Ok(doc) = text.parse::<DocumentMut>() else {
        return BTreeSet::new();
    };
    let package = doc.get("package").and_then(Item::as_table_like);
    let package = package.into_iter().flat_map(|t| t.iter());
    let lints = doc.get("lints").map(|item| ("lints", item));
    package
        .chain(lints)
        .filter(|(_, item)| is_inherited(item))
        .map(|(key, _)| key.to_owned())
        .collect()
}

fn is_inherited(item: &Item) -> bool {
    item.as_table_like()
        .and_then(|t| t.get("workspace"))
        .and_then(Item::as_bool)
        .unwrap_or(false)
}

/// A manifest without what tests alone need.
pub fn without_dev_dependencies(text: &str) -> String {
    let Ok(mut doc) = text.parse::<DocumentMut>() else {
        return text.to_owned();
    };
    doc.remove("dev-dependencies");
    doc.remove("dev_dependencies");
    if let Some(targets) = doc.get_mut("target").and_then(Item::as_table_like_mut) {
        for (_, target) in targets.iter_mut() {
            if let Some(target) = target.as_table_like_mut() {
                target.remove("dev-dependencies");
            }
        }
    }
    doc.to_string()
}

/// A manifest of a crate that is copied as it is: without dev-dependencies and extra targets, path dependencies at
/// their new places, and the library's `flags` (`test`, `doctest`) off.
pub fn without_tests(text: &str, places: &Places, flags: &[&str]) -> String {
    let Ok(mut doc) = text.parse::<DocumentMut>() else {
        return text.to_owned();
    };
    library_alone(&mut doc);
    switch_off(&mut doc, flags);
    for table in dependency_tables(&mut doc) {
        for (_, item) in table.iter_mut() {
            let Some(detail) = item.as_table_like_mut() else {
                continue;
            };
            let path = detail.get("path").and_then(Item::as_str);
            if let Some(to) = path.and_then(|path| places.moved(path)) {
                detail.insert("path", value(to));
            }
        }
    }
    doc.to_string()
}

/// Sets flags of the library to no.
fn switch_off(doc: &mut DocumentMut, flags: &[&str]) {
    if flags.is_empty() {
        return;
    }
    let made = after_package(doc);
    let lib = doc.entry("lib").or_insert_with(|| Item::Table(made));
    if let Some(lib) = lib.as_table_like_mut() {
        for flag in flags {
            lib.insert(flag, value(false));
        }
    }
}

/// Takes away what a package has beside its library, and what only the root of a workspace or a release has.
fn library_alone(doc: &mut DocumentMut) {
    for key in [
        "bin",
        "example",
        "test",
        "bench",
        "dev-dependencies",
        "badges",
        "profile",
        "workspace",
        "patch",
        "replace",
    ] {
        doc.remove(key);
    }
    if let Some(package) = doc.get_mut("package").and_then(Item::as_table_mut) {
        for key in [
            "default-run",
            "readme",
            "license-file",
            "include",
            "exclude",
        ] {
            package.remove(key);
        }
    }
}

/// A manifest that asks for `features` of the one dependency on `package`; `None` when it has none, or
/// several that cannot be told apart. `root` is the workspace's manifest, for inherited renames.
pub fn with_features(
    text: &str,
    root: &str,
    package: &str,
    features: &BTreeSet<String>,
) -> Option<String> {
    let mut doc = text.parse::<DocumentMut>().ok()?;
    let root = root.parse::<DocumentMut>().unwrap_or_default();
    let inherited = root.get("workspace").and_then(|w| w.get("dependencies"));
    let is_wanted = |key: &str, item: &Item| {
        let from = if is_inherited(item) {
            inherited.and_then(|table| table.get(key))
        } else {
            Some(item)
        };
        let renamed = from
            .and_then(Item::as_table_like)
            .and_then(|t| t.get("package"))
            .and_then(Item::as_str);
        renamed.unwrap_or(key) == package
    };
    let mut wanted = Vec::new();
    for table in dependency_tables(&mut doc) {
        let found = table.iter_mut().filter(|(k, i)| is_wanted(k.get(), i));
        wanted.extend(found.map(|(key, item)| (key.get().to_owned(), item)));
    }
    let [(key, one)] = wanted.as_mut_slice() else {
        return None;
    };
    for feature in features {
        add_feature(
            one,
            feature,
            inherited.and_then(|table| table.get(key.as_str())),
        );
    }
    Some(doc.to_string())
}

/// The tables of normal dependencies, those for one platform too.
fn dependency_tables(doc: &mut DocumentMut) -> Vec<&mut dyn TableLike> {
    let mut tables: Vec<&mut dyn TableLike> = Vec::new();
    for (key, item) in doc.iter_mut() {
        let Some(table) = item.as_table_like_mut() else {
            continue;
        };
        match key.get() {
            "dependencies" => tables.push(table),
            "target" => {
                tables.extend(table.iter_mut().filter_map(|(_, platform)| {
                    platform.get_mut("dependencies")?.as_table_like_mut()
                }))
            }
            _ => {}
        }
    }
    tables
}

/// Asks for a feature of a dependency, unless it is there already or comes with what is inherited from
/// `workspace`, the entry of the workspace's table.
fn add_feature(dependency: &mut Item, feature: &str, workspace: Option<&Item>) {
    let has = |item: &Item| {
        let features = item.as_table_like().and_then(|t| t.get("features"));
        let array = features.and_then(Item::as_array);
        array.is_some_and(|a| a.iter().any(|v| v.as_str() == Some(feature)))
    };
    if has(dependency) || (is_inherited(dependency) && workspace.is_some_and(has)) {
        return;
    }
    if feature == "default" && !is_inherited(dependency) {
        return with_default(dependency);
    }
    if let Some(version) = dependency.as_str().map(str::to_owned) {
        let mut inline = InlineTable::new();
        inline.insert("version", version.into());
        *dependency = value(inline);
    }
    // `serde.workspace = true` with more than one key is written in braces.
    if let Item::Table(table) = dependency
        && table.is_dotted()
    {
        let mut inline = table.clone().into_inline_table();
        inline.set_dotted(false);
        *dependency = value(inline);
    }
    let Some(table) = dependency.as_table_like_mut() else {
        return;
    };
    let features = table
        .entry("features")
        .or_insert_with(|| value(Array::new()));
    if let Some(array) = features.as_array_mut() {
        array.push(feature);
        array.fmt();
    }
    if let Some(inline) = dependency.as_inline_table_mut() {
        inline.fmt();
    }
}

/// Takes back that a dependency is without its default features.
fn with_default(dependency: &mut Item) {
    let Some(table) = dependency.as_table_like_mut() else {
        return;
    };
    for key in ["default-features", "default_features"] {
        table.remove(key);
    }
    let version = table.get("version").and_then(Item::as_str);
    let version = version.filter(|_| table.len() == 1).map(str::to_owned);
    if let Some(inline) = dependency.as_inline_table_mut() {
        inline.fmt();
        if let Some(version) = version {
            *dependency = value(version);
        }
    }
}

/// The workspace's own entry for a dependency that a manifest inherits.
fn workspace_entry<'a>(root: &'a DocumentMut, key: &str) -> Option<&'a Item> {
    let workspace = root.get("workspace")?.as_table_like()?;
    workspace.get("dependencies")?.as_table_like()?.get(key)
}

/// What the workspace's root manifest says of all its packages.
fn workspace_key<'a>(root: &'a DocumentMut, key: &str) -> Option<&'a Item> {
    let workspace = root.get("workspace")?.as_table_like()?;
    workspace.get("package")?.as_table_like()?.get(key)
}

/// A new table, to stand right after `[package]`, or after what else stands there.
fn after_package(doc: &DocumentMut) -> Table {
    let mut table = Table::new();
    let package = doc.get("package").and_then(Item::as_table);
    if let Some(position) = package.and_then(Table::position) {
        table.set_position(Some(position));
    }
    table
}

fn allow_lints(doc: &mut DocumentMut, allow: &BTreeSet<String>, root_text: &str) {
    if allow.is_empty() {
        return;
    }
    let lints = doc
        .entry("lints")
        .or_insert_with(|| Item::Table(Table::new()));
    let Some(lints) = lints.as_table_mut() else {
        return;
    };
    if lints.get("workspace").is_some() {
        // `workspace = true` cannot stand beside own lints: the workspace's are written out.
        lints.remove("workspace");
        let root = root_text.parse::<DocumentMut>().unwrap_or_default();
        let inherited = root
            .get("workspace")
            .and_then(Item::as_table)
            .and_then(|w| w.get("lints"));
        for (tool, table) in inherited
            .and_then(Item::as_table_like)
            .into_iter()
            .flat_map(|t| t.iter())
        {
            lints.insert(tool, table.clone());
        }
    }
    lints.set_implicit(true);
    let rust = lints
        .entry("rust")
        .or_insert_with(|| Item::Table(Table::new()));
    if let Some(rust) = rust.as_table_like_mut() {
        for lint in allow {
            rust.insert(lint, value("allow"));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::render::manifest::entry;

    #[test]
    fn a_dependency_is_known_by_its_key() {
        let manifest = "[dependencies]\nweb = \"1\"\nold = { package = \"small\", version = \"1\" }\n\
                        [target.'cfg(unix)'.dependencies]\nlibc = \"1\"\n[dev-dependencies]\ntest = \"1\"\n";
        for (key, wanted) in [
            ("web", true),
            ("old", true),
            ("small", false),
            ("libc", true),
            ("test", false),
        ] {
            assert_eq!(entry(manifest, key).is_some(), wanted, "{key}");
        }
    }
}
