//! What a crate stands on: the workspace's libraries among its package's dependencies.
//!
//! Input: the job and a crate. Output: crates. A dependency is known by its folder, whatever name the package gives it;
//! those for tests alone do not count.

use std::collections::BTreeSet;

use cargo_metadata::DependencyKind;

use super::Job;
use crate::id::CrateId;
use crate::workspace::{Dependency, Package, TargetShape};

/// The libraries that a crate's package depends on, of the dependencies that are `wanted`.
pub fn on(
    job: &Job<'_>,
    krate: CrateId,
    wanted: &dyn Fn(&Package, &Dependency) -> bool,
) -> BTreeSet<CrateId> {
    let Some(package) = job.workspace.package(job.tree.krate(krate).package) else {
        return BTreeSet::new();
    };
    let declared = package.dependencies.iter();
    let members: BTreeSet<_> = declared
        .filter(|d| d.kind != DependencyKind::Development && wanted(package, d))
        .filter_map(|d| job.workspace.member(d))
        .map(|member| member.id)
        .collect();
    let crates = job.tree.crates.iter();
    crates
        .filter(|c| c.shape != TargetShape::Bin && members.contains(&c.package))
        .map(|c| c.id)
        .collect()
}

/// All that a crate stands on, near and far.
pub fn all(
    job: &Job<'_>,
    krate: CrateId,
    wanted: &dyn Fn(&Package, &Dependency) -> bool,
) -> BTreeSet<CrateId> {
    let mut all = BTreeSet::new();
    let mut queue = vec![krate];
    while let Some(next) = queue.pop() {
        let below = on(job, next, wanted);
        queue.extend(below.into_iter().filter(|k| all.insert(*k)));
    }
    all
}

/// What the build has: what is optional and off does not count, nor what is for other platforms.
pub fn built(package: &Package, dependency: &Dependency) -> bool {
    dependency.kind != DependencyKind::Development && package.builds(dependency)
}

/// What is declared: moved code may name the feature that switches it on.
pub fn declared(_: &Package, _: &Dependency) -> bool {
    true
}
