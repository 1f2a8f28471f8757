//! The foreign crates of a workspace and what they offer for serde.
//!
//! Input: a workspace whose shadow exists. Output: [`Foreign`] by name in code. An answer that cannot be had
//! is an empty table: the proof decides then.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use cargo_metadata::{DependencyKind, MetadataCommand};

use crate::workspace::Workspace;

/// A dependency's serde support, by its manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Foreign {
    /// Its features.
    pub features: BTreeSet<String>,
    /// Whether it depends on serde in any case.
    pub has_serde: bool,
}

/// The dependencies of the workspace's members, by their names in code.
pub fn packages(workspace: &Workspace) -> BTreeMap<String, Foreign> {
    let work = super::cargo::work_dir(&workspace.target_dir);
    let shadow = work.join("shadow");
    // Answers from the cache leave no shadow behind, or one of another state.
    if let Ok(_lock) = super::lock(&work)
        && let Ok(texts) = super::manifests(workspace)
        && super::shadow::sync(&workspace.root, &workspace.target_dir, &shadow, &texts).is_ok()
    {
        return read(workspace, &shadow).unwrap_or_default();
    }
    BTreeMap::new()
}

fn read(workspace: &Workspace, shadow: &Utf8Path) -> Option<BTreeMap<String, Foreign>> {
    let mut command = MetadataCommand::new();
    command.manifest_path(shadow.join("Cargo.toml"));
    let mut options = vec!["--offline".to_owned()];
    // Crates of other platforms were never downloaded, and cargo would miss them.
    if let Some(host) = host(workspace) {
        options.extend(["--filter-platform".to_owned(), host]);
    }
    command.other_options(options);
    if let Some(toolchain) = &workspace.toolchain {
        command.env("RUSTUP_TOOLCHAIN", toolchain);
    }
    let metadata = command.exec().ok()?;
    let by_id: BTreeMap<_, _> = metadata.packages.iter().map(|p| (&p.id, p)).collect();
    let mut found = BTreeMap::new();
    for node in &metadata.resolve.as_ref()?.nodes {
        if !metadata.workspace_members.contains(&node.id) {
            continue;
        }
        for dependency in &node.deps {
            let Some(package) = by_id.get(&dependency.pkg) else {
                continue;
            };
            let has_serde = package.dependencies.iter().any(|d| {
                matches!(d.name.as_str(), "serde" | "serde_core")
                    && !d.optional
                    && d.kind == DependencyKind::Normal
            });
            let features = package.features.keys().cloned().collect();
            found.insert(
                dependency.name.clone(),
                Foreign {
                    features,
                    has_serde,
                },
            );
        }
    }
    Some(found)
}

/// The platform that the user builds for, as rustc names it.
fn host(workspace: &Workspace) -> Option<String> {
    let said = &workspace.rustc_version;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "))?;
    Some(host.trim().to_owned())
}
