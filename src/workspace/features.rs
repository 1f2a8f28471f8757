//! Which members the user's choice reaches, and which of their features are on.
//!
//! Input: the members, the chosen package and features. Output: `selected` and `active_features` of each
//! member. A feature that nobody declares is passed over: cargo refuses it when it builds.

use std::collections::BTreeMap;

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
    while let Some((index, feature)) = queue.pop() {
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
                let named = package.dependencies.iter().filter(|d| d.key == dep);
                queue.extend(named.flat_map(|d| asked_of(d, &dirs)));
            } else if let Some((dep, feature)) = enabled.split_once('/') {
                let dep = dep.trim_end_matches('?');
                let target = package.dependencies.iter().find(|d| d.key == dep);
                if let Some(at) = target
                    .and_then(|d| d.path.as_ref())
                    .and_then(|p| dirs.get(p))
                {
                    queue.push((*at, feature.to_owned()));
                }
                if package.features.contains_key(dep) {
                    queue.push((index, dep.to_owned()));
                }
            } else {
                queue.push((index, enabled));
            }
        }
    }
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
