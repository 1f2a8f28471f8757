//! What the crates of an output depend on, by their delivered manifests.
//!
//! Input: the job, the cut and a folder of the output. Output: names of packages from outside of the monolith's
//! workspace, and the folders of the output's other crates. Refuses nothing: a manifest that cannot be read
//! has no dependencies.

use std::collections::BTreeSet;

use camino::Utf8Path;
use cargo_metadata::DependencyKind;
use toml::{Table, Value};

use crate::cut::layout::Mode;
use crate::cut::{Cut, Job};
use crate::id::PackageId;
use crate::text::clean;
use crate::workspace::Package;

/// What a crate stands on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Depends {
    /// Packages that are no members of the monolith's workspace.
    pub external: BTreeSet<String>,
    /// Such packages that its build script stands on.
    pub build: BTreeSet<String>,
    /// Folders of other crates of the output.
    pub members: BTreeSet<String>,
}

/// What the crate in a folder of the output depends on itself; dev-dependencies do not count.
pub fn direct(job: &Job<'_>, cut: &Cut, dir: &str) -> Depends {
    let kept = cut.layout.domain(dir).filter(|d| d.mode == Mode::Kept);
    let mut found = Depends::default();
    if let Some(package) = kept.and_then(|d| job.workspace.package(d.package)) {
        let built = package
            .dependencies
            .iter()
            .filter(|d| d.kind != DependencyKind::Development && package.builds(d));
        for dependency in built {
            match job.workspace.member(dependency) {
                Some(member) => found.members.extend(folder(cut, member.id)),
                None if dependency.kind == DependencyKind::Build => {
                    found.build.insert(dependency.package.clone());
                }
                None => {
                    found.external.insert(dependency.package.clone());
                }
            }
        }
        return found;
    }
    let root = manifest(cut, Utf8Path::new(""));
    let inherited = root
        .get("workspace")
        .and_then(|w| w.get("dependencies"))
        .and_then(Value::as_table);
    let own = manifest(cut, Utf8Path::new(dir));
    let targets = own.get("target").and_then(Value::as_table);
    let tables = targets.into_iter().flat_map(Table::values);
    for table in std::iter::once(&own).chain(tables.filter_map(Value::as_table)) {
        for section in ["dependencies", "build-dependencies"] {
            let list = table.get(section).and_then(Value::as_table);
            for (key, value) in list.into_iter().flatten() {
                let inherits = value.get("workspace").and_then(Value::as_bool) == Some(true);
                let from = inherited.and_then(|t| t.get(key)).filter(|_| inherits);
                let of = |name: &str| from.unwrap_or(value).get(name).and_then(Value::as_str);
                let package = of("package").unwrap_or(key);
                let home = job.out.join(if from.is_some() { "" } else { dir });
                let path = of("path").map(|path| clean(&home.join(path)));
                match path.and_then(|path| folder_at(job, cut, &path)) {
                    Some(dir) => found.members.insert(dir),
                    None if section == "dependencies" => found.external.insert(package.to_owned()),
                    None => found.build.insert(package.to_owned()),
                };
            }
        }
    }
    found
}

/// The external packages that a crate of the output and the output's crates below it depend on.
pub fn external(job: &Job<'_>, cut: &Cut, dir: &str) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut queue = vec![dir.to_owned()];
    let mut found = BTreeSet::new();
    while let Some(dir) = queue.pop() {
        if seen.insert(dir.clone()) {
            let next = direct(job, cut, &dir);
            found.extend(next.external);
            found.extend(next.build);
            queue.extend(next.members);
        }
    }
    found
}

/// The external packages that a package of the monolith and the members below it declare.
pub fn declared(job: &Job<'_>, home: &Package) -> BTreeSet<String> {
    let mut seen: BTreeSet<&str> = BTreeSet::from([home.name.as_str()]);
    let mut queue: Vec<&Package> = vec![home];
    let mut found = BTreeSet::new();
    while let Some(package) = queue.pop() {
        let relevant = package
            .dependencies
            .iter()
            .filter(|d| d.kind != DependencyKind::Development);
        for dependency in relevant {
            match job.workspace.member(dependency) {
                Some(member) if seen.insert(member.name.as_str()) => queue.push(member),
                Some(_) => {}
                None => {
                    found.insert(dependency.package.clone());
                }
            }
        }
    }
    found
}

/// The folder of the crate that stands for a package in the output.
fn folder(cut: &Cut, package: PackageId) -> Option<String> {
    let mut domains = cut.layout.domains.iter();
    let domain = domains.find(|d| d.package == package)?;
    Some(domain.dir.clone())
}

/// The folder of the crate that lies at a path, as the output has it.
fn folder_at(job: &Job<'_>, cut: &Cut, path: &Utf8Path) -> Option<String> {
    let mut domains = cut.layout.domains.iter();
    let domain = domains.find(|d| clean(&job.out.join(&d.dir)) == path)?;
    Some(domain.dir.clone())
}

fn manifest(cut: &Cut, dir: &Utf8Path) -> Table {
    let text = cut.files.get(&dir.join("Cargo.toml"));
    text.and_then(|bytes| std::str::from_utf8(bytes).ok())
        .and_then(|text| text.parse().ok())
        .unwrap_or_default()
}
