//! The `[features]` of a domain crate: those that kept code names or that still switch something on.
//!
//! Input: the manifest after its dependencies were shortened. Output: its shorter table of features.

use std::collections::{BTreeMap, BTreeSet};

use toml_edit::{Array, DocumentMut, Item, Table, Value, value};

use super::domain::DomainManifest;
use super::{add_feature, workspace_entry};

/// Shortens the table of features; `forced` dependencies are no longer optional.
pub fn features(doc: &mut DocumentMut, input: &DomainManifest<'_>, forced: &BTreeSet<String>) {
    let keys = dependency_keys(doc);
    let lost = implied(input, |name| keys.contains(name) && !forced.contains(name));
    if !lost.is_empty() {
        let made = super::after_package(doc);
        let table = doc.entry("features").or_insert_with(|| Item::Table(made));
        if let Some(table) = table.as_table_like_mut() {
            for name in &lost {
                table.insert(name, value(Array::new()));
            }
        }
    }
    let Some(table) = doc.get_mut("features").and_then(Item::as_table_mut) else {
        return;
    };
    let all: BTreeSet<String> = table.iter().map(|(k, _)| k.to_owned()).collect();
    let mut lists: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut moved: Vec<(String, String)> = Vec::new();
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
        // A question mark is for what may be off: what is always there has the feature itself. Without the mark
        // the entry would switch on a feature of the dependency's name, too.
        let left = left.filter(|entry| match entry.split_once("?/") {
            Some((dep, feature)) if forced.contains(dep) => {
                if input.active.contains(name) {
                    moved.push((dep.to_owned(), feature.to_owned()));
                }
                false
            }
            _ => true,
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
        // What another feature switches on passes its own list on for it.
        let passed_on: BTreeSet<&String> = stays
            .iter()
            .flat_map(|n| lists.get(n).into_iter().flatten())
            .collect();
        let idle: Vec<String> = stays
            .iter()
            .filter(|n| !input.named.contains(*n) && n.as_str() != "default")
            .filter(|n| {
                lists.get(*n).is_none_or(|list| {
                    list.iter().all(|e| {
                        let is_dependency =
                            e.contains('/') || e.starts_with("dep:") || keys.contains(e);
                        let is_passed_on = stays.contains(e) && passed_on.contains(n);
                        !is_dependency && !is_passed_on
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
        let old = table.get(&name).and_then(Item::as_array);
        let old: Vec<&str> = old
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let left: Vec<&str> = list
            .iter()
            .filter(|e| !all.contains(*e) || stays.contains(*e))
            .map(String::as_str)
            .collect();
        if left != old {
            let array: Array = left.into_iter().collect();
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
    let root = input.root_text.parse::<DocumentMut>().unwrap_or_default();
    let dependencies = doc.get_mut("dependencies").and_then(Item::as_table_mut);
    if let Some(table) = dependencies {
        for (dep, feature) in moved {
            if let Some(item) = table.get_mut(&dep) {
                add_feature(item, &feature, workspace_entry(&root, &dep));
            }
        }
    }
}

/// Features that kept code names and that cargo made of an optional dependency, unless one still `is_there`.
fn implied(input: &DomainManifest<'_>, is_there: impl Fn(&str) -> bool) -> Vec<String> {
    let made = made(input.text);
    let names = input.named.iter().filter(|name| !is_there(name));
    names.filter(|name| made.contains(*name)).cloned().collect()
}

/// Features that cargo makes of a manifest's optional dependencies.
fn made(text: &str) -> BTreeSet<String> {
    let doc = text.parse::<DocumentMut>().unwrap_or_default();
    let mut optional = keys_where(&doc, |item| {
        let table = item.as_table_like();
        let optional = table.and_then(|t| t.get("optional"));
        optional.and_then(Item::as_bool).unwrap_or(false)
    });
    let declared = declared_features(text);
    // Where a list has `dep:` before a name, cargo makes no feature of that name.
    let explicit = declared.values().flatten();
    let explicit: BTreeSet<&str> = explicit.filter_map(|e| e.strip_prefix("dep:")).collect();
    optional.retain(|name| !declared.contains_key(name) && !explicit.contains(name.as_str()));
    optional
}

/// The features that can be asked of a package, by its manifest: those it declares, and those that cargo makes.
pub fn offered_features(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut features = declared_features(text);
    features.extend(made(text).into_iter().map(|name| (name, Vec::new())));
    features
}

/// Optional dependencies that the features which are on switch on.
pub fn switched_on(text: &str, active: &BTreeSet<String>) -> BTreeSet<String> {
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

/// The keys of dependencies that the manifest still has.
pub fn dependency_keys(doc: &DocumentMut) -> BTreeSet<String> {
    keys_where(doc, |_| true)
}

fn keys_where(doc: &DocumentMut, is_meant: impl Fn(&Item) -> bool) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let mut read = |table: &Table| {
        for section in ["dependencies", "build-dependencies"] {
            if let Some(deps) = table.get(section).and_then(Item::as_table) {
                let meant = deps.iter().filter(|(_, item)| is_meant(item));
                keys.extend(meant.map(|(k, _)| k.to_owned()));
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

/// The features a manifest declares, and what each turns on.
fn declared_features(text: &str) -> BTreeMap<String, Vec<String>> {
    let doc = text.parse::<DocumentMut>().unwrap_or_default();
    let table = doc.get("features").and_then(Item::as_table_like);
    let lists = table.into_iter().flat_map(|t| t.iter());
    lists
        .map(|(name, list)| {
            let entries = list.as_array().into_iter().flatten();
            let entries = entries.filter_map(|v| v.as_str().map(str::to_owned));
            (name.to_owned(), entries.collect())
        })
        .collect()
}
