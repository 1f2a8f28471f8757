//! The manifests of the layout, and the files of its root.
//!
//! Input: the layout so far. Output: manifest texts; root files in the layout.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use super::paths::between;
use super::{Domain, Layout, Mode, OutFile};
use crate::cut::Job;
use crate::cut::state::State;
use crate::diag::Diagnostic;
use crate::render::manifest::domain::DomainManifest;
use crate::render::manifest::features::offered_features;
use crate::render::manifest::function::FunctionDependency;
use crate::render::manifest::root::RootManifest;
use crate::render::manifest::{self, Places};
use crate::syntax::names_test;
use crate::text::relative;
use crate::workspace::{Dependency, Package, TargetShape};

/// The manifest of a domain crate whose files are in the layout.
///
/// # Errors
/// A diagnostic when the package's own cannot be read.
pub fn domain_manifest(
    job: &Job<'_>,
    domain: &Domain,
    out: &Layout,
    state: &State,
) -> Result<String, Diagnostic> {
    let Some(package) = job.workspace.package(domain.package) else {
        return Ok(String::new());
    };
    let text = job.workspace.read_source(&package.manifest_path)?;
    let tree = job.tree;
    let krate = tree.krate(domain.krate);
    let root = &tree.file(tree.module(krate.root).file).path;
    let lib_path = if krate.shape == TargetShape::Bin {
        relative(root, &package.dir).with_file_name("lib.rs")
    } else {
        relative(root, &package.dir)
    };
    let places = places(job, out, &package.dir, &domain.dir);
    if domain.mode == Mode::Copied {
        let files = || texts(out, &domain.dir);
        // Its tests may need what stays behind.
        let mut flags = Vec::new();
        if files().any(names_test) {
            flags.push("test");
        }
        if files().any(|text| text.contains("```")) {
            flags.push("doctest");
        }
        return Ok(manifest::without_tests(&text, &places, &flags));
    }
    let mut named = named_features(out, &domain.dir);
    named.extend(asked_features(job, domain, package, out));
    let own_lib = (krate.shape == TargetShape::Bin)
        .then(|| {
            let lib = out.domains.iter().find(|d| {
                d.package == domain.package && tree.krate(d.krate).shape != TargetShape::Bin
            })?;
            Some(FunctionDependency {
                path: places.members.get(&package.dir)?.clone(),
                ..dependency_on(job, lib, out)
            })
        })
        .flatten();
    let mut add = Vec::new();
    let derives = state.attributes.iter().any(|(item, lines)| {
        tree.item(*item).krate == domain.krate && lines.iter().any(|l| l.contains("serde"))
    });
    if derives {
        // `rc`, where a type holds one.
        let asked = job.foreign_features.iter();
        let asked = asked.filter(|(name, _)| name == "serde");
        let asked = asked.map(|(_, feature)| feature.clone());
        add.push((
            "serde".to_owned(),
            "1".to_owned(),
            std::iter::once("derive".to_owned()).chain(asked).collect(),
        ));
    }
    let is_bin = krate.shape == TargetShape::Bin;
    let root_text = job
        .workspace
        .read_source(&job.workspace.root.join("Cargo.toml"))?;
    let text = manifest::domain::domain(&DomainManifest {
        text: &text,
        root_text: &root_text,
        rename: is_bin.then_some(domain.package_name.as_str()),
        lib: Some((domain.lib_name.clone(), lib_path.into_string())),
        drop: dropped(job, package, domain, out, state),
        keep_build: keeps_build(job, package, domain, out),
        places: &places,
        root_places: &self::places(job, out, &job.workspace.root, ""),
        active: package.active_features.clone(),
        named,
        allow: state
            .allow_lints
            .get(&domain.dir)
            .cloned()
            .unwrap_or_default(),
        add,
        add_features: job.foreign_features.clone(),
        own_lib,
    });
    Ok(text)
}

/// The keys of dependencies that a domain crate does without.
fn dropped(
    job: &Job<'_>,
    package: &Package,
    domain: &Domain,
    out: &Layout,
    state: &State,
) -> BTreeSet<String> {
    let mut keys = state.unused.get(&domain.dir).cloned().unwrap_or_default();
    keys.extend(unnamed(job, package, domain, out));
    keys
}

/// The keys of dependencies for single platforms that no text of a crate names: on another platform's rustc is
/// silent. What a build script makes may name any.
pub fn unnamed(
    job: &Job<'_>,
    package: &Package,
    domain: &Domain,
    out: &Layout,
) -> BTreeSet<String> {
    if keeps_build(job, package, domain, out) {
        return BTreeSet::new();
    }
    let mut words: BTreeSet<&str> = BTreeSet::new();
    for text in texts(out, &domain.dir) {
        words.extend(text.split(|c: char| !(c.is_alphanumeric() || c == '_')));
    }
    let single = package.dependencies.iter().filter(|d| {
        d.target.is_some()
            && d.kind == cargo_metadata::DependencyKind::Normal
            && !words.contains(d.extern_name.as_str())
    });
    single.map(|d| d.key.clone()).collect()
}

/// Where what a manifest in the folder `from` of the user leads to lies from the folder `to` of the output, which is
/// not there for itself.
pub fn places(job: &Job<'_>, out: &Layout, from: &Utf8Path, to: &str) -> Places {
    let is_lib = |d: &&Domain| job.tree.krate(d.krate).shape != TargetShape::Bin;
    let members = job.workspace.packages.iter().map(|p| {
        let mut domains = out.domains.iter().filter(is_lib);
        let domain = domains.find(|d| d.package == p.id && d.dir != to);
        (p.dir.clone(), domain.map(|d| between(to, &d.dir)))
    });
    Places {
        dir: from.to_owned(),
        members: members.collect(),
    }
}

/// The sources in a folder of the output.
fn texts<'o>(out: &'o Layout, dir: &str) -> impl Iterator<Item = &'o str> {
    let files = out.files.iter();
    files
        .filter(move |(path, _)| path.starts_with(dir) && path.extension() == Some("rs"))
        .filter_map(|(_, file)| std::str::from_utf8(&file.bytes).ok())
}

/// Features that the code of a domain crate names in `cfg`s.
fn named_features(out: &Layout, dir: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for text in texts(out, dir) {
        for (at, _) in text.match_indices("feature") {
            let rest = text.get(at + "feature".len()..).unwrap_or("").trim_start();
            let Some(rest) = rest.strip_prefix('=') else {
                continue;
            };
            let Some(rest) = rest.trim_start().strip_prefix('"') else {
                continue;
            };
            if let Some((name, _)) = rest.split_once('"') {
                names.insert(name.to_owned());
            }
        }
    }
    names
}

/// Features that the other domain crates' manifests ask a package for: in a dependency on it, or in a feature
/// that is on.
fn asked_features(
    job: &Job<'_>,
    domain: &Domain,
    package: &Package,
    out: &Layout,
) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let others = out.domains.iter().filter(|d| d.krate != domain.krate);
    for other in others.filter_map(|d| job.workspace.package(d.package)) {
        let on_it = other.dependencies.iter();
        let is_on = |d: &&Dependency| job.workspace.member(d).is_some_and(|m| m.id == package.id);
        for dependency in on_it.filter(is_on) {
            names.extend(dependency.features.iter().cloned());
            let on = other.features.iter();
            let on = on.filter(|(name, _)| other.active_features.contains(*name));
            names.extend(on.flat_map(|(_, list)| list).filter_map(|entry| {
                let (key, feature) = entry.split_once('/')?;
                (key.trim_end_matches('?') == dependency.key).then(|| feature.to_owned())
            }));
        }
    }
    names
}

/// A build script stays when kept code reads what it makes: generated files, environment, `cfg`s, or when
/// it links a library.
pub fn keeps_build(job: &Job<'_>, package: &Package, domain: &Domain, out: &Layout) -> bool {
    if package.build_script.is_none() {
        return false;
    }
    let (cfgs, env, linked) = job
        .references
        .build_scripts
        .get(&package.name)
        .cloned()
        .unwrap_or_default();
    if linked || package.links.is_some() {
        return true;
    }
    let cfg_names: Vec<&str> = cfgs
        .iter()
        .map(|c| c.split('=').next().unwrap_or(c).trim())
        .collect();
    out.files.iter().any(|(path, file)| {
        if !path.starts_with(&domain.dir) || file.origin.is_none() {
            return false;
        }
        let Ok(text) = std::str::from_utf8(&file.bytes) else {
            return true;
        };
        text.contains("OUT_DIR")
            || env.iter().any(|name| text.contains(name.as_str()))
            || cfg_names
                .iter()
                .any(|name| text.contains("cfg") && text.contains(name))
    })
}

/// Puts the root manifest and what stands beside it into the layout.
///
/// # Errors
/// A diagnostic when the workspace's own root manifest cannot be read.
pub fn root_files(job: &Job<'_>, out: &mut Layout) -> Result<(), Diagnostic> {
    let text = job
        .workspace
        .read_source(&job.workspace.root.join("Cargo.toml"))?;
    let made = out.domains.iter().filter(|d| d.mode != Mode::Kept);
    let mut members: Vec<String> = made.map(|d| d.dir.clone()).collect();
    members.extend(job.entries.iter().map(|e| format!("functions/{}", e.name)));
    let manifests = out
        .files
        .iter()
        .filter(|(path, _)| path.file_name() == Some("Cargo.toml"));
    let manifests: Vec<_> = manifests
        .map(|(_, file)| String::from_utf8_lossy(&file.bytes))
        .collect();
    let inherited: BTreeSet<String> = manifests
        .iter()
        .flat_map(|text| manifest::inherited(text))
        .collect();
    let shared = manifests.iter().flat_map(|text| manifest::shared(text));
    let shared: BTreeSet<String> = shared.collect();
    // The key of a renamed dependency is no package's name.
    let keys = manifests
        .iter()
        .flat_map(|text| manifest::dependency_keys_of(text));
    let locked = job.workspace.packages.iter().flat_map(|p| &p.dependencies);
    let packages: BTreeSet<&str> = locked.map(|d| d.package.as_str()).collect();
    let direct: BTreeSet<String> = keys.filter(|k| packages.contains(k.as_str())).collect();
    let root = manifest::root::root(&RootManifest {
        text: &text,
        members,
        places: places(job, out, &job.workspace.root, ""),
        resolver: &manifest::root::resolver(&text),
        direct,
        inherited,
        shared,
    });
    out.files.insert("Cargo.toml".into(), OutFile::made(root));
    for name in [
        "Cargo.lock",
        "rust-toolchain.toml",
        "rust-toolchain",
        ".cargo/config.toml",
        ".cargo/config",
        "clippy.toml",
        ".clippy.toml",
        "rustfmt.toml",
        ".rustfmt.toml",
    ] {
        let path = job.workspace.root.join(name);
        // A pin that this machine cannot follow was not what the cut was proven with.
        let unproven = name.starts_with("rust-toolchain") && job.workspace.toolchain.is_some();
        if !unproven
            && path.is_file()
            && let Ok(bytes) = fs_err::read(&path)
        {
            out.files.insert(name.into(), OutFile::made(bytes));
        }
    }
    out.files
        .insert(".gitignore".into(), OutFile::made("/target\n"));
    Ok(())
}

/// The arguments that choose the domain crates alone, with the features that functions ask them for: what only
/// other crates' features switch on is compiled where functions are left out, too.
pub fn selection(job: &Job<'_>, out: &Layout) -> Vec<String> {
    let mut args = vec!["--no-default-features".to_owned()];
    let mut features = Vec::new();
    for domain in out.domains.iter().filter(|d| d.mode != Mode::Kept) {
        let name = &domain.package_name;
        let package = job.workspace.package(domain.package);
        let version = package.map_or_else(String::new, |p| format!("@{}", p.version));
        args.extend(["--package".to_owned(), format!("{name}{version}")]);
        let asked = dependency_on(job, domain, out);
        let default = asked.default_features && offered(job, domain, out).contains_key("default");
        let all = asked.features.iter().map(String::as_str);
        let all = all.chain(default.then_some("default"));
        features.extend(all.map(|feature| format!("{name}/{feature}")));
    }
    if !features.is_empty() {
        args.extend(["--features".to_owned(), features.join(",")]);
    }
    args
}

/// The features that a domain crate offers in the output.
fn offered(job: &Job<'_>, domain: &Domain, out: &Layout) -> BTreeMap<String, Vec<String>> {
    let path = Utf8PathBuf::from(&domain.dir).join("Cargo.toml");
    match (out.files.get(&path), job.workspace.package(domain.package)) {
        (Some(made), _) => offered_features(&String::from_utf8_lossy(&made.bytes)),
        (None, Some(kept)) => kept.features.clone(),
        (None, None) => BTreeMap::new(),
    }
}

/// What a function crate, or the program beside it, asks of a domain crate.
pub fn dependency_on(job: &Job<'_>, domain: &Domain, out: &Layout) -> FunctionDependency {
    let offered = offered(job, domain, out);
    let package = job.workspace.package(domain.package);
    let active = package
        .map(|p| p.active_features.clone())
        .unwrap_or_default();
    let has_default = offered.contains_key("default");
    let default_features = !has_default || active.contains("default");
    // What is on by default needs no name.
    let mut on: BTreeSet<&String> = BTreeSet::new();
    let mut queue: Vec<&String> = Vec::new();
    if default_features {
        queue.extend(offered.get("default").into_iter().flatten());
    }
    while let Some(next) = queue.pop() {
        if on.insert(next) {
            queue.extend(offered.get(next).into_iter().flatten());
        }
    }
    FunctionDependency {
        key: domain.package_name.clone(),
        path: Some(format!("../../{}", domain.dir)),
        home: package.map(|p| p.dir.clone()),
        features: active
            .iter()
            .filter(|f| offered.contains_key(*f) && *f != "default" && !on.contains(f))
            .cloned()
            .collect(),
        default_features,
        ..FunctionDependency::default()
    }
}
