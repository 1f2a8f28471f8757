//! What is compiled to learn what names mean: all that the user builds, or what some packages need of it.
//!
//! Input: [`Workspace`]. Output: cargo's arguments.

use std::collections::BTreeSet;

use cargo_metadata::DependencyKind;

use crate::id::PackageId;
use crate::render::manifest::root::resolver;
use crate::workspace::{Dependency, Package, Workspace};

/// The arguments that select what the user builds.
pub fn selection(workspace: &Workspace) -> Vec<String> {
    let mut args = workspace.features.cargo_args();
    match workspace.focus.and_then(|id| workspace.package(id)) {
        Some(package) => args.extend(["--package".to_owned(), package.spec()]),
        None => args.push("--workspace".to_owned()),
    }
    args
}

/// [`selection`], and all that can be checked when something cannot.
pub fn check_args(workspace: &Workspace) -> Vec<String> {
    let mut args = selection(workspace);
    args.push("--keep-going".to_owned());
    args
}

/// `roots` and the members that they depend on, with the features that the whole workspace switches on in
/// them; `None` when that is no less than the whole.
pub(in crate::oracle) fn around(
    workspace: &Workspace,
    roots: &BTreeSet<PackageId>,
) -> Option<Vec<String>> {
    if roots.is_empty() || workspace.focus.is_some() {
        return None;
    }
    let mut needed = BTreeSet::new();
    let mut queue: Vec<&Package> = roots.iter().filter_map(|r| workspace.package(*r)).collect();
    while let Some(package) = queue.pop() {
        if !needed.insert(package.id) {
            continue;
        }
        let dependencies = package.dependencies.iter().filter(|d| is_on(package, d));
        queue.extend(dependencies.filter_map(|d| workspace.member(d)));
    }
    if needed.len() == workspace.packages.len() {
        return None;
    }
    // What tests a package by a dependency on itself cannot be given features by its name: cargo gives them
    // to the dependency.
    let mut all = needed.iter().filter_map(|p| workspace.package(*p));
    if all.any(|p| p.dependencies.iter().any(|d| d.key == p.name)) {
        return None;
    }
    let mut args = vec!["--no-default-features".to_owned()];
    let packages: Vec<&Package> = needed
        .iter()
        .filter_map(|p| workspace.package(*p))
        .collect();
    let bare = root_takes_bare_names(workspace);
    let name = |p: &Package, feature: &String| match bare && p.dir == workspace.root {
        true => feature.clone(),
        false => format!("{}/{feature}", p.name),
    };
    let features: Vec<String> = packages
        .iter()
        .flat_map(|p| p.active_features.iter().map(|f| name(p, f)))
        .collect();
    if !features.is_empty() {
        args.extend(["--features".to_owned(), features.join(",")]);
    }
    for package in packages {
        args.extend(["--package".to_owned(), package.spec()]);
    }
    args.push("--keep-going".to_owned());
    Some(args)
}

/// Under its first resolver cargo takes `package/feature` of the root package for a dependency's feature, and
/// leaves it out; a bare name is the root package's alone there.
fn root_takes_bare_names(workspace: &Workspace) -> bool {
    let root = workspace.read_source(&workspace.root.join("Cargo.toml"));
    root.is_ok_and(|text| resolver(&text) == "1")
}

/// Whether a build of the package needs the dependency.
fn is_on(package: &Package, dependency: &Dependency) -> bool {
    if dependency.kind == DependencyKind::Development {
        return false;
    }
    let key = dependency.key.as_str();
    let enables = |enabled: &String| {
        let name = enabled.strip_prefix("dep:").unwrap_or(enabled);
        name.split('/').next() == Some(key)
    };
    let mut on = package.active_features.iter();
    !dependency.optional
        || on.any(|f| {
            package
                .features
                .get(f)
                .is_some_and(|e| e.iter().any(enables))
        })
}
