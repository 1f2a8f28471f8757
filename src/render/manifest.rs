//! Manifests: the shadow's, the cut crates', and the output workspace's.
//!
//! Input: manifest texts and decisions. Output: manifest texts. Only this module names toml_edit; every
//! value is set through it, so that names and paths are escaped.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, Value, value};

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
    /// Where workspace members lie from here: package name to relative folder; absent ones go.
    pub members: BTreeMap<String, String>,
    /// Members' folders in the user's workspace, to know a path dependency.
    pub member_dirs: BTreeMap<Utf8PathBuf, String>,
    /// The package's folder in the user's workspace.
    pub dir: &'a Utf8Path,
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
    /// A path dependency to add on the own library, for a binary that uses it: name and folder.
    pub own_lib: Option<(String, String)>,
}

/// A domain crate's manifest: the package's own, less what the slice does not need.
pub fn domain(input: &DomainManifest<'_>) -> String {
    let mut doc = input.text.parse::<DocumentMut>().unwrap_or_default();
    if let Some(package) = doc.get_mut("package").and_then(Item::as_table_mut) {
        let stale = [
            "default-run",
            "readme",
            "include",
            "exclude",
            "autobins",
            "autoexamples",
            "autotests",
            "autobenches",
            "metadata",
            "license-file",
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
        package.insert("publish", value(false));
    }
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
    let lib = doc
        .entry("lib")
        .or_insert_with(|| Item::Table(Table::new()));
    if let Some(lib) = lib.as_table_mut() {
        lib.remove("crate-type");
        lib.remove("crate_type");
        for flag in ["bench", "test", "doctest"] {
            lib.remove(flag);
        }
        if let Some((name, path)) = &input.lib {
            lib.insert("name", value(name.as_str()));
            if path == "src/lib.rs" {
                lib.remove("path")
            } else {
                lib.insert("path", value(path.as_str()))
            };
        }
    }
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
    let add_table = doc
        .entry("dependencies")
        .or_insert_with(|| Item::Table(Table::new()));
    if let Some(table) = add_table.as_table_mut() {
        for (name, version, features) in &input.add {
            add_dependency(table, name, version, features);
            // What the code now always needs is no longer optional.
            if let Some(existing) = table.get_mut(name).and_then(Item::as_table_like_mut)
                && existing.remove("optional").is_some()
            {
                forced.insert(name.clone());
            }
        }
        if let Some((name, path)) = &input.own_lib {
            let mut inline = InlineTable::new();
            inline.insert("path", path.as_str().into());
            table.insert(name, value(inline));
        }
        if table.is_empty() {
            doc.remove("dependencies");
        }
    }
    features(&mut doc, input, &forced);
    allow_lints(&mut doc, &input.allow, input.root_text);
    doc.to_string()
}

/// Adds a dependency, or features to one that is there.
fn add_dependency(table: &mut Table, name: &str, version: &str, features: &[String]) {
    if let Some(existing) = table.get_mut(name) {
        for feature in features {
            add_feature(existing, feature);
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

fn add_feature(dependency: &mut Item, feature: &str) {
    if let Some(version) = dependency.as_str().map(str::to_owned) {
        let mut inline = InlineTable::new();
        inline.insert("version", version.into());
        *dependency = value(inline);
    }
    let Some(table) = dependency.as_table_like_mut() else {
        return;
    };
    // A dependency that the code now needs always is no longer optional.
    let features = table
        .entry("features")
        .or_insert_with(|| value(Array::new()));
    if let Some(array) = features.as_array_mut()
        && !array.iter().any(|v| v.as_str() == Some(feature))
    {
        array.push(feature);
    }
}

/// Optional dependencies that the features which are on switch on.
fn switched_on(text: &str, active: &BTreeSet<String>) -> BTreeSet<String> {
    let doc = text.parse::<DocumentMut>().unwrap_or_default();
    let mut on = active.clone();
    let lists = doc.get("features").and_then(Item::as_table_like);
    for (name, list) in lists.into_iter().flat_map(|t| t.iter()) {
        if !active.contains(name) {
            continue;
        }
        for entry in list
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|v| v.as_str())
        {
            let head = entry.strip_prefix("dep:").unwrap_or(entry);
            let head = head.split('/').next().unwrap_or(head);
            if !head.ends_with('?') {
                on.insert(head.to_owned());
            }
        }
    }
    on
}

fn dependencies(table: &mut Table, input: &DomainManifest<'_>) {
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
            let package = item
                .as_table_like()
                .and_then(|t| t.get("package"))
                .and_then(Item::as_str)
                .unwrap_or(&key)
                .to_owned();
            let path = item
                .as_table_like()
                .and_then(|t| t.get("path"))
                .and_then(Item::as_str)
                .map(str::to_owned);
            let mut gone = section == "dependencies" && input.drop.contains(&key);
            let is_workspace = item
                .as_table_like()
                .and_then(|t| t.get("workspace"))
                .and_then(Item::as_bool)
                .unwrap_or(false);
            if let Some(path) = path {
                let full = crate::text::clean(&input.dir.join(&path));
                if let Some(member) = input.member_dirs.get(&full) {
                    match input.members.get(member) {
                        Some(to) => {
                            if let Some(t) = item.as_table_like_mut() {
                                t.insert("path", value(to.as_str()));
                            }
                        }
                        None => gone = true,
                    }
                } else if let Some(t) = item.as_table_like_mut() {
                    t.insert("path", value(full.as_str()));
                }
            } else if is_workspace && input.member_dirs.values().any(|m| *m == package) {
                gone |= !input.members.contains_key(&package);
            }
            if gone {
                deps.remove(&key);
                continue;
            }
            for (name, feature) in &input.add_features {
                if key.replace('-', "_") == *name
                    && let Some(item) = deps.get_mut(&key)
                {
                    add_feature(item, feature);
                }
            }
        }
        if deps.is_empty() {
            table.remove(section);
        }
    }
}

/// The keys of optional dependencies that the manifest still has.
fn dependency_keys(doc: &DocumentMut) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let mut read = |table: &Table| {
        for section in ["dependencies", "build-dependencies"] {
            if let Some(deps) = table.get(section).and_then(Item::as_table) {
                keys.extend(deps.iter().map(|(k, _)| k.to_owned()));
            }
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

fn features(doc: &mut DocumentMut, input: &DomainManifest<'_>, forced: &BTreeSet<String>) {
    let keys = dependency_keys(doc);
    let Some(table) = doc.get_mut("features").and_then(Item::as_table_mut) else {
        return;
    };
    let all: BTreeSet<String> = table.iter().map(|(k, _)| k.to_owned()).collect();
    let mut lists: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, list) in table.iter() {
        let entries = list
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|v| v.as_str().map(str::to_owned));
        let left = entries.filter(|entry| {
            if let Some(dep) = entry.strip_prefix("dep:") {
                return keys.contains(dep) && !forced.contains(dep);
            }
            match entry.split_once('/') {
                Some((dep, _)) => keys.contains(dep.trim_end_matches('?')),
                None => all.contains(entry) || (keys.contains(entry) && !forced.contains(entry)),
            }
        });
        lists.insert(name.to_owned(), left.collect());
    }
    // A feature stays when kept code names it, or when it is on and still does something.
    let mut stays: BTreeSet<String> = lists
        .keys()
        .filter(|n| input.active.contains(*n) || input.named.contains(*n))
        .cloned()
        .collect();
    loop {
        let before = stays.len();
        let idle: Vec<String> = stays
            .iter()
            .filter(|n| !input.named.contains(*n) && n.as_str() != "default")
            .filter(|n| {
                lists.get(*n).is_none_or(|list| {
                    list.iter().all(|e| {
                        !e.contains('/')
                            && !e.starts_with("dep:")
                            && !keys.contains(e)
                            && !stays.contains(e)
                    })
                })
            })
            .cloned()
            .collect();
        for name in idle {
            stays.remove(&name);
        }
        // What a staying feature turns on stays with it.
        let wanted: Vec<String> = stays
            .iter()
            .flat_map(|n| lists.get(n).into_iter().flatten())
            .filter(|e| lists.contains_key(*e) && input.named.contains(*e))
            .cloned()
            .collect();
        stays.extend(wanted);
        if stays.len() == before {
            break;
        }
    }
    let names: Vec<String> = table.iter().map(|(k, _)| k.to_owned()).collect();
    for name in names {
        if !stays.contains(&name) {
            table.remove(&name);
            continue;
        }
        // A feature that is off is declared for the `cfg`s that name it, and switches nothing on.
        let list = if input.active.contains(&name) {
            lists.get(&name).cloned().unwrap_or_default()
        } else {
            Vec::new()
        };
        let old = table
            .get(&name)
            .and_then(Item::as_array)
            .map_or(0, Array::len);
        let left: Vec<&String> = list
            .iter()
            .filter(|e| !all.contains(*e) || stays.contains(*e))
            .collect();
        if left.len() != old {
            let array: Array = left.iter().map(|s| s.as_str()).collect();
            table.insert(&name, value(array));
        }
    }
    let only_empty_default = table.len() == 1
        && table
            .get("default")
            .and_then(Item::as_array)
            .is_some_and(Array::is_empty);
    if table.is_empty() || only_empty_default {
        doc.remove("features");
    }
}

/// The features a manifest declares.
pub fn declared_features(text: &str) -> BTreeSet<String> {
    let Ok(doc) = text.parse::<DocumentMut>() else {
        return BTreeSet::new();
    };
    doc.get("features")
        .and_then(Item::as_table)
        .map(|t| t.iter().map(|(k, _)| k.to_owned()).collect())
        .unwrap_or_default()
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
    doc.insert("dependencies", Item::Table(table));
    allow_lints(&mut doc, &input.allow, "");
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
    /// Keys of `workspace.dependencies` that are still inherited.
    pub inherited: BTreeSet<String>,
}

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
    let mut release = Table::new();
    release.insert("codegen-units", value(1));
    release.insert("lto", value("thin"));
    release.insert("panic", value("unwind"));
    release.insert("strip", value("symbols"));
    let mut profile = Table::new();
    profile.set_implicit(true);
    profile.insert("release", Item::Table(release));
    if let Some(panic) = profile
        .get_mut("release")
        .and_then(Item::as_table_mut)
        .and_then(|t| t.key_mut("panic"))
    {
        let mut panic = panic;
        panic.leaf_decor_mut().set_prefix(
            "# A panic must not end the process: it is reported and the next event is served.\n",
        );
    }
    doc.insert("profile", Item::Table(profile));
    doc.to_string()
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

fn is_inherited(item: &Item) -> bool {
    item.as_table_like()
        .and_then(|t| t.get("workspace"))
        .and_then(Item::as_bool)
        .unwrap_or(false)
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
    if let Some(table) = item.as_table_like_mut() {
        table.remove("optional");
    }
    if let Item::Table(table) = item {
        item = value(table.into_inline_table());
    }
    let mut out = DocumentMut::new();
    out.insert(key, item);
    Some(out.to_string())
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

/// A manifest of a crate that is copied as it is: without dev-dependencies and extra targets, members at
/// their new places.
pub fn without_tests(text: &str, members: &BTreeMap<String, String>) -> String {
    let Ok(mut doc) = text.parse::<DocumentMut>() else {
        return text.to_owned();
    };
    for key in [
        "bin",
        "example",
        "test",
        "bench",
        "dev-dependencies",
        "workspace",
        "profile",
        "patch",
    ] {
        doc.remove(key);
    }
    if let Some(package) = doc.get_mut("package").and_then(Item::as_table_mut) {
        for key in [
            "readme",
            "license-file",
            "include",
            "exclude",
            "default-run",
        ] {
            package.remove(key);
        }
    }
    if let Some(deps) = doc.get_mut("dependencies").and_then(Item::as_table_mut) {
        for (key, item) in deps.iter_mut() {
            let name = key.get().to_owned();
            let Some(table) = item.as_table_like_mut() else {
                continue;
            };
            let package = table
                .get("package")
                .and_then(Item::as_str)
                .unwrap_or(&name)
                .to_owned();
            if table.contains_key("path")
                && let Some(to) = members.get(&package)
            {
                table.insert("path", value(to.as_str()));
            }
        }
    }
    doc.to_string()
}

/// [`entry`] with a path in place of whatever source it had.
pub fn path_entry(text: &str, key: &str, path: &str) -> Option<String> {
    let mut doc = entry(text, key)?.parse::<DocumentMut>().ok()?;
    let item = doc.get_mut(key)?;
    if let Some(table) = item.as_table_like_mut() {
        for stale in [
            "version",
            "git",
            "branch",
            "tag",
            "rev",
            "registry",
            "workspace",
        ] {
            table.remove(stale);
        }
        table.insert("path", value(path));
    }
    Some(doc.to_string())
}
