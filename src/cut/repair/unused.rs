//! Imports and dependencies that rustc calls unused.
//!
//! Input: a [`Round`] with such warnings. Output: a [`State`] without them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Round, code, leaf_at, leaves_of, places, primaries, quoted};
use crate::cut::Job;
use crate::cut::layout::Mode;
use crate::cut::state::State;
use crate::entry::cross::TypePart;
use crate::entry::plan::{self, Entry};
use crate::oracle::cargo::UnitMessage;

/// Drops the imports that rustc calls unused.
pub fn unused_imports(round: &Round<'_>, state: &mut State) -> bool {
    let job = round.job;
    let mut changed = false;
    for message in round.run.lints().filter(|m| {
        matches!(
            code(m),
            "unused_imports" | "redundant_imports" | "unused_extern_crates"
        )
    }) {
        changed |= unused_glob(job, message, state);
        for span in primaries(message) {
            for place in places(round, span) {
                if let Some((item, index, _)) = leaf_at(job, place) {
                    let leaves = leaves_of(job, &span.file_name, state);
                    changed |= leaves.dropped.insert((item, index));
                }
            }
        }
    }
    changed
}

/// A function crate's module that needs nothing of the domain does without the glob.
fn unused_glob(job: &Job<'_>, message: &UnitMessage, state: &mut State) -> bool {
    let file = primaries(message)
        .next()
        .map_or("", |s| s.file_name.as_str());
    let name = file
        .strip_prefix("functions/")
        .and_then(|rest| rest.split('/').next());
    let Some(entry) = job.entries.iter().find(|e| Some(e.name.as_str()) == name) else {
        return false;
    };
    let krate = job.tree.item(entry.item).krate;
    let mut changed = false;
    for word in quoted(message) {
        let Some(path) = word.strip_suffix("::*") else {
            continue;
        };
        let path: Vec<&str> = path.split("::").skip(1).collect();
        let found = job
            .tree
            .modules
            .iter()
            .filter(|m| m.krate == krate)
            .find(|m| {
                let own = job.tree.module_path(m.id);
                own.iter()
                    .skip(1)
                    .map(String::as_str)
                    .eq(path.iter().map(|p| p.trim_start_matches("r#")))
            });
        if let Some(module) = found {
            changed |= state.no_glob.insert((entry.item, module.id));
        }
    }
    changed
}

/// Drops the dependencies that rustc calls unused in every target of their package.
pub fn unused_dependencies(round: &Round<'_>, state: &mut State) {
    let job = round.job;
    let mut said: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for message in round
        .run
        .warnings()
        .filter(|m| code(m) == "unused_crate_dependencies")
    {
        let Some(name) = quoted(message).into_iter().next() else {
            continue;
        };
        let Some(span) = message.diagnostic.spans.first() else {
            continue;
        };
        let mut parts = span.file_name.split('/');
        let (Some(kind), Some(dir)) = (parts.next(), parts.next()) else {
            continue;
        };
        let targets = said.entry((format!("{kind}/{dir}"), name)).or_default();
        targets.insert(span.file_name.clone());
    }
    let needed = only_for_features(round, state, &said);
    for ((dir, name), targets) in said {
        if needed.contains(&name) {
            continue;
        }
        let domain = round
            .layout
            .domains
            .iter()
            .find(|d| d.dir == dir && d.mode == Mode::Slimmed);
        let entry = job
            .entries
            .iter()
            .find(|e| dir == format!("functions/{}", e.name));
        let lib = format!("{dir}/src/lib.rs");
        let is_shims = entry.is_some_and(|e| e.crossing.is_some()) && targets.len() < 2;
        let package = match (domain, entry) {
            (Some(domain), _) => job.workspace.package(domain.package),
            (None, Some(entry)) => {
                // A library and a shim: both must do without, but for crates that the shim asks for by itself.
                if is_shims && (!targets.contains(&lib) || spells(entry, &name)) {
                    continue;
                }
                job.workspace
                    .package(job.tree.krate(job.tree.item(entry.item).krate).package)
            }
            (None, None) => None,
        };
        let Some(package) = package else { continue };
        let keys = package
            .dependencies
            .iter()
            .filter(|d| d.kind == cargo_metadata::DependencyKind::Normal)
            .filter(|d| d.extern_name == name || extern_names_differ(&d.extern_name, &name))
            .filter(|d| !is_shims || d.path.is_none())
            .map(|d| d.key.clone());
        let own = round
            .layout
            .domains
            .iter()
            .filter(|d| entry.is_some() && d.package == package.id && d.lib_name == name)
            .filter(|_| !is_shims);
        let keys: Vec<String> = keys.chain(own.map(|d| d.package_name.clone())).collect();
        state.unused.entry(dir).or_default().extend(keys);
    }
}

/// Crates that no moved code names and that a type which crosses has its feature for serde from: the code reaches the
/// type through another crate, which passes it on.
fn only_for_features(
    round: &Round<'_>,
    state: &State,
    said: &BTreeMap<(String, String), BTreeSet<String>>,
) -> BTreeSet<String> {
    let job = round.job;
    let domains = round.layout.domains.iter();
    let domains = domains.filter(|d| d.mode == Mode::Slimmed);
    let functions = job.entries.iter().filter(|e| {
        let mut owners = state.owned.values();
        owners.any(|owner| *owner == e.item)
    });
    let home = |item| job.tree.krate(job.tree.item(item).krate).package;
    let crates: Vec<_> = domains
        .map(|d| (d.dir.clone(), d.package))
        .chain(functions.map(|e| (format!("functions/{}", e.name), home(e.item))))
        .collect();
    let is_used = |name: &String| {
        crates.iter().any(|(dir, package)| {
            let package = job.workspace.package(*package);
            let mut declared = package.into_iter().flat_map(|p| &p.dependencies);
            declared.any(|d| d.extern_name == *name)
                && !said.contains_key(&(dir.clone(), name.clone()))
        })
    };
    let asked = job.foreign_features.iter().map(|(name, _)| name);
    asked.filter(|name| !is_used(name)).cloned().collect()
}

/// Whether the types that cross are spelled through a crate.
fn spells(entry: &Entry, name: &str) -> bool {
    let path = format!("{name}::");
    let texts = entry.crossing.iter().flat_map(plan::texts);
    let mut parts = texts.flat_map(|text| &text.parts);
    parts.any(|part| matches!(part, TypePart::Text(text) if text.contains(&path)))
}

/// A library may have another name than its package; the lint names the library.
fn extern_names_differ(declared: &str, library: &str) -> bool {
    declared.strip_prefix("rust_").is_some_and(|d| d == library)
        || declared.strip_suffix("_rs").is_some_and(|d| d == library)
        || declared.replace('_', "") == library.replace('_', "")
}
