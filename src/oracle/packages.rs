//! The foreign crates of a workspace and what they offer for serde.
//!
//! Input: a workspace whose shadow exists. Output: [`Foreign`] by name in code, or why there is no answer:
//! the proof decides then.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

use crate::diag::Diagnostic;
use crate::render::manifest::without_dev_dependencies;
use crate::workspace::Workspace;

/// How crates call their features for serde.
const FOR_SERDE: &[&str] = &[
    "serde",
    "serde1",
    "serde-1",
    "use_serde",
    "serialize",
    "serde-serialize",
    "with-serde",
];

/// A dependency's serde support, by its manifest and what is built of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Foreign {
    /// Its features.
    pub features: BTreeSet<String>,
    /// Those that are on.
    pub on: BTreeSet<String>,
    /// Whether it depends on serde as it is built.
    pub has_serde: bool,
}

impl Foreign {
    /// Its feature for serde.
    pub fn serde_feature(&self) -> Option<&str> {
        let mut names = FOR_SERDE.iter().copied();
        names.find(|name| self.features.contains(*name))
    }
}

/// The dependencies of the workspace's members, by their names in code.
///
/// # Errors
/// Why they cannot be told, in cargo's words.
pub fn packages(workspace: &Workspace) -> Result<BTreeMap<String, Foreign>, String> {
    Ok(members_foreign(&metadata(workspace)?))
}

/// The methods that make an AWS client's operations, by package: `aws-sdk-s3` has `put_object`. Each operation is a
/// module of its own in such a package.
///
/// # Errors
/// Why they cannot be told, in cargo's words.
pub fn clients(workspace: &Workspace) -> Result<BTreeMap<String, BTreeSet<String>>, String> {
    let metadata = metadata(workspace)?;
    let clients = metadata.packages.iter();
    let clients = clients.filter(|p| p.name.starts_with("aws-sdk-"));
    let operations = clients.map(|package| {
        let dir = package
            .manifest_path
            .with_file_name("src")
            .join("operation");
        let files = dir.read_dir_utf8().into_iter().flatten().flatten();
        let names = files.filter_map(|file| file.path().file_stem().map(str::to_owned));
        (package.name.to_string(), names.collect())
    });
    Ok(operations.collect())
}

fn metadata(workspace: &Workspace) -> Result<Metadata, String> {
    let work = super::cargo::work_dir(&workspace.target_dir);
    let shadow = work.join("shadow");
    let said = |diagnostic: Diagnostic| diagnostic.message;
    let _lock = super::lock(&work).map_err(said)?;
    let texts = super::manifests(workspace).map_err(said)?;
    // Answers from the cache leave no shadow behind, or one of another state.
    super::shadow::sync(&workspace.root, &workspace.target_dir, &shadow, &texts).map_err(said)?;
    let why = match read(workspace, &shadow, true) {
        Ok(found) => return Ok(found),
        Err(why) => why,
    };
    // What tests alone need was perhaps never downloaded.
    let texts: BTreeMap<_, _> = texts
        .into_iter()
        .map(|(path, text)| (path, without_dev_dependencies(&text)))
        .collect();
    let plain = work.join("manifests");
    super::shadow::sync(&workspace.root, &workspace.target_dir, &plain, &texts).map_err(said)?;
    let read_plain = |offline| read(workspace, &plain, offline);
    // Nor what members need that were not compiled; cargo may fetch it, unless the user keeps it from the net.
    let found = read_plain(true).or_else(|_| read_plain(false));
    found.map_err(|_| why)
}

fn read(workspace: &Workspace, shadow: &Utf8Path, offline: bool) -> Result<Metadata, String> {
    let mut command = MetadataCommand::new();
    command
        .manifest_path(shadow.join("Cargo.toml"))
        .current_dir(shadow);
    let mut options = Vec::new();
    if offline {
        options.push("--offline".to_owned());
    }
    // Crates of other platforms were never downloaded, and cargo would miss them.
    if let Some(host) = host(workspace) {
        options.extend(["--filter-platform".to_owned(), host]);
    }
    options.extend(workspace.features.cargo_args());
    command.other_options(options);
    if let Some(toolchain) = &workspace.toolchain {
        command.env("RUSTUP_TOOLCHAIN", toolchain);
    }
    command.exec().map_err(|error| error.to_string())
}

fn members_foreign(metadata: &Metadata) -> BTreeMap<String, Foreign> {
    let by_id: BTreeMap<_, _> = metadata.packages.iter().map(|p| (&p.id, p)).collect();
    let nodes = || metadata.resolve.iter().flat_map(|resolve| &resolve.nodes);
    let built: BTreeMap<_, _> = nodes().map(|node| (&node.id, node)).collect();
    let mut found = BTreeMap::new();
    for node in nodes() {
        if !metadata.workspace_members.contains(&node.id) {
            continue;
        }
        for dependency in &node.deps {
            let known = (by_id.get(&dependency.pkg), built.get(&dependency.pkg));
            let (Some(package), Some(built)) = known else {
                continue;
            };
            let has_serde = built.deps.iter().any(|d| {
                matches!(d.name.as_str(), "serde" | "serde_core")
                    && d.dep_kinds.iter().any(|k| k.kind == DependencyKind::Normal)
            });
            let foreign = Foreign {
                features: package.features.keys().cloned().collect(),
                on: built.features.iter().map(ToString::to_string).collect(),
                has_serde,
            };
            found.insert(dependency.name.clone(), foreign);
        }
    }
    found
}

/// The platform that the user builds for, as rustc names it.
fn host(workspace: &Workspace) -> Option<String> {
    let said = &workspace.rustc_version;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "))?;
    Some(host.trim().to_owned())
}
