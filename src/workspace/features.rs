//! Which members the user's choice reaches, and which of their features are on.
//!
//! Input: the members, the chosen package and features. Output: `selected` and `active_features` of each
//! member. A feature that nobody declares is passed over: cargo refuses it when it builds.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use cargo_metadata::DependencyKind;

use super::{Dependency, FeatureChoice, Package};
use crate::id::PackageId;

/// Marks what the user's choice reaches and works out the features that are on there.
pub(super) fn select(packages: &mut [Package], focus: Option<PackageId>, choice: &FeatureChoice) {
    let dirs: BTreeMap<Utf8PathBuf, usize> = packages
        .iter()
        .enumerate()
        .map(|(i, p)| (p.dir.clone(), i))
        .collect();
    let mut queue: Vec<(usize, String)> = Vec::new();
    for (index, package) in packages.iter().enumerate() {
        if focus.is_some_and(|id| id != package.id) {
            continue;
        }
        queue.push((index, String::new()));
        if choice.all {
            queue.extend(package.features.keys().map(|f| (index, f.clone())));
        }
        if !choice.no_default {
            queue.push((index, "default".to_owned()));
        }
        for feature in &choice.features {
            let named = feature.split_once('/');
            match named {
                Some((name, feature)) if name == package.name => {
                    queue.push((index, feature.to_owned()));
                }
                Some(_) => {}
                None => queue.push((index, feature.clone())),
            }
        }
    }
    // Optional dependencies that are on, and what `dep?/feature` asks of them should they be.
    let mut on: BTreeSet<(usize, String)> = BTreeSet::new();
    let mut waiting: Vec<(usize, String, String)> = Vec::new();
    loop {
        let Some((index, feature)) = queue.pop() else {
            let ready =
                |(index, dep, _): &(usize, String, String)| on.contains(&(*index, dep.clone()));
            let (asked, left) = waiting.into_iter().partition(ready);
            waiting = left;
            for (index, dep, feature) in asked {
                queue.extend(member(packages, &dirs, index, &dep).map(|at| (at, feature)));
            }
            if queue.is_empty() {
                break;
            }
            continue;
        };
        let Some(package) = packages.get_mut(index) else {
            continue;
        };
        let first_visit = !package.selected;
        package.selected = true;
        if first_visit {
            for dependency in package.dependencies.iter().filter(|d| !d.optional) {
                queue.extend(asked_of(dependency, &dirs));
            }
        }
        if feature.is_empty() {
            continue;
        }
        let Some(enables) = package.features.get(&feature).cloned() else {
            continue;
        };
        if !package.active_features.insert(feature) {
            continue;
        }
        for enabled in enables {
            if let Some(dep) = enabled.strip_prefix("dep:") {
                on.insert((index, dep.to_owned()));
                let named = package.dependencies.iter().filter(|d| d.key == dep);
                queue.extend(named.flat_map(|d| asked_of(d, &dirs)));
            } else if let Some((dep, feature)) = enabled.split_once("?/") {
                waiting.push((index, dep.to_owned(), feature.to_owned()));
            } else if let Some((dep, feature)) = enabled.split_once('/') {
                on.insert((index, dep.to_owned()));
                let named = package.dependencies.iter().filter(|d| d.key == dep);
                queue.extend(named.clone().flat_map(|d| asked_of(d, &dirs)));
                let at = named.filter_map(|d| dirs.get(d.path.as_ref()?)).next();
                queue.extend(at.map(|at| (*at, feature.to_owned())));
                if package.features.contains_key(dep) {
                    queue.push((index, dep.to_owned()));
                }
            } else {
                queue.push((index, enabled));
            }
        }
    }
}

/// The member that a package's dependency is.
fn member(
    packages: &[Package],
    dirs: &BTreeMap<Utf8PathBuf, usize>,
    index: usize,
    dep: &str,
) -> Option<usize> {
    let mut named = packages.get(index)?.dependencies.iter();
    let found = named.find(|d| d.key == dep)?;
    dirs.get(found.path.as_ref()?).copied()
}

/// What a declared dependency asks of a member: to be built, and with which features. Tests are not built,
/// so what they depend on asks nothing.
fn asked_of(dependency: &Dependency, dirs: &BTreeMap<Utf8PathBuf, usize>) -> Vec<(usize, String)> {
    let at = dependency.path.as_ref().and_then(|p| dirs.get(p));
    let Some(at) = at.filter(|_| dependency.kind != DependencyKind::Development) else {
        return Vec::new();
    };
    let default = dependency.default_features.then_some("default");
    let asked = [""].into_iter().chain(default);
    let named = dependency.features.iter().map(String::as_str);
    asked.chain(named).map(|f| (*at, f.to_owned())).collect()
}
