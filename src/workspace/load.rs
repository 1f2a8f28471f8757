//! Asks cargo what the workspace is, and rustc for its `cfg` values.
//!
//! Input: [`Request`]. Output: [`Workspace`]. Refuses: no manifest, a package that is no member, a cargo
//! or rustc that fails or is missing.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use cargo_metadata::{MetadataCommand, TargetKind};

use super::features::select;
use super::toolchain::{Compiler, pins_below, substitute_toolchain, too_old};
use super::{Dependency, Package, Request, Target, TargetShape, Workspace};
use crate::diag::{Code, Diagnostic, Outcome};
use crate::id::PackageId;

/// Loads the workspace.
///
/// # Errors
/// Refuses with [`Code::NoManifest`], [`Code::NotAMember`] or [`Code::CargoFailed`].
pub fn load(request: &Request) -> Outcome<Workspace> {
    let manifest = find_manifest(request)?;
    let home = manifest.parent().unwrap_or(Utf8Path::new("/"));
    let toolchain = substitute_toolchain(home);
    let mut command = MetadataCommand::new();
    // Where the caller stands, another toolchain can be pinned, or other settings lie.
    command.manifest_path(&manifest).current_dir(home).no_deps();
    if let Some(toolchain) = &toolchain {
        command.env("RUSTUP_TOOLCHAIN", toolchain);
    }
    // Three programs are asked side by side, since none needs what another says.
    let ask = |dir: &Utf8Path| Compiler::ask(dir, toolchain.as_deref());
    let (metadata, compiler) = std::thread::scope(|scope| {
        let compiler = scope.spawn(|| ask(home));
        let metadata = command.exec();
        (metadata, compiler.join())
    });
    let metadata =
        metadata.map_err(|error| cargo_failed(&manifest, toolchain.as_deref(), &error))?;
    let mut members: Vec<&cargo_metadata::Package> = metadata
        .packages
        .iter()
        .filter(|p| metadata.workspace_members.contains(&p.id))
        .collect();
    members.sort_by(|a, b| a.name.cmp(&b.name));
    let mut packages: Vec<Package> = members
        .iter()
        .enumerate()
        .map(|(index, p)| package(PackageId::new(index), p))
        .collect();
    let root = metadata.workspace_root.clone();
    // A member's folder can pin a toolchain of its own, but cargo will run at the root.
    let compiler = match compiler {
        Ok(compiler) if !pins_below(&root, home) => compiler?,
        _ => ask(&root)?,
    };
    let focus = focus(request, &packages, &manifest)?;
    select(&mut packages, focus, &request.features);
    Ok(Workspace {
        target_dir: metadata.target_directory.clone(),
        packages,
        focus,
        features: request.features.clone(),
        host_cfg: compiler.host_cfg,
        rustc_version: compiler.version,
        toolchain,
        root,
    })
}

fn find_manifest(request: &Request) -> Outcome<Utf8PathBuf> {
    let missing = |place: &Utf8Path| {
        Diagnostic::new(
            Code::NoManifest,
            format!("no Cargo.toml at {place} or above it"),
        )
        .help("run it inside a cargo workspace, or name one with --manifest-path")
    };
    if let Some(path) = &request.manifest_path {
        let path = if path.is_dir() {
            path.join("Cargo.toml")
        } else {
            path.clone()
        };
        let path = camino::absolute_utf8(&path).unwrap_or(path);
        if path.is_file() {
            return Ok(path);
        }
        return Err(missing(&path).into());
    }
    let here = std::env::current_dir()
        .ok()
        .and_then(|dir| Utf8PathBuf::from_path_buf(dir).ok())
        .unwrap_or_else(|| Utf8PathBuf::from("."));
    here.ancestors()
        .map(|dir| dir.join("Cargo.toml"))
        .find(|path| path.is_file())
        .ok_or_else(|| missing(&here).into())
}

fn cargo_failed(
    manifest: &Utf8Path,
    toolchain: Option<&str>,
    error: &cargo_metadata::Error,
) -> Diagnostic {
    let text = match error {
        cargo_metadata::Error::Io(error) => {
            return Diagnostic::new(Code::CargoFailed, format!("cargo cannot be run: {error}"))
                .help(
                    "install Rust with rustup, or set CARGO to the cargo that builds the monolith",
                );
        }
        cargo_metadata::Error::CargoMetadata { stderr } => stderr.trim().to_owned(),
        other => other.to_string(),
    };
    let home = manifest.parent().unwrap_or(Utf8Path::new("/"));
    if let Some(diagnostic) = too_old(home, toolchain) {
        return diagnostic;
    }
    let mut lines = text.lines();
    let first = lines
        .next()
        .unwrap_or_default()
        .trim_start_matches("error: ")
        .to_owned();
    let mut diagnostic = Diagnostic::new(
        Code::CargoFailed,
        format!("cargo could not read {manifest}: {first}"),
    );
    diagnostic
        .notes
        .extend(lines.map(str::to_owned).filter(|l| !l.trim().is_empty()));
    diagnostic.help("`cargo metadata --no-deps` must succeed there first")
}

fn package(id: PackageId, p: &cargo_metadata::Package) -> Package {
    let dir = p
        .manifest_path
        .parent()
        .unwrap_or(Utf8Path::new("/"))
        .to_owned();
    let mut targets = Vec::new();
    let mut tests = Vec::new();
    let mut build_script = None;
    for target in &p.targets {
        let shape = if target.kind.contains(&TargetKind::ProcMacro) {
            TargetShape::ProcMacro
        } else if target.kind.contains(&TargetKind::Bin) {
            TargetShape::Bin
        } else if target.kind.contains(&TargetKind::CustomBuild) {
            build_script = Some(target.src_path.clone());
            continue;
        } else if target.kind.contains(&TargetKind::Test) {
            // A test is a program of its own that sees the library.
            TargetShape::Bin
        } else if target.kind.iter().any(|k| {
            matches!(
                k,
                TargetKind::Lib
                    | TargetKind::RLib
                    | TargetKind::DyLib
                    | TargetKind::CDyLib
                    | TargetKind::StaticLib
            )
        }) {
            TargetShape::Lib
        } else {
            continue;
        };
        let list = if target.kind.contains(&TargetKind::Test) {
            &mut tests
        } else {
            &mut targets
        };
        list.push(Target {
            name: target.name.clone(),
            shape,
            root: target.src_path.clone(),
            edition: target.edition.to_string(),
            required_features: target.required_features.clone(),
        });
    }
    targets.sort_by(|a, b| (a.shape, &a.name).cmp(&(b.shape, &b.name)));
    tests.sort_by(|a, b| a.name.cmp(&b.name));
    let dependencies = p
        .dependencies
        .iter()
        .map(|d| {
            let key = d.rename.clone().unwrap_or_else(|| d.name.clone());
            Dependency {
                package: d.name.clone(),
                extern_name: key.replace('-', "_"),
                key,
                kind: d.kind,
                optional: d.optional,
                features: d.features.clone(),
                default_features: d.uses_default_features,
                path: d.path.clone(),
                target: d.target.as_ref().map(ToString::to_string),
            }
        })
        .collect();
    Package {
        id,
        name: p.name.to_string(),
        version: p.version.to_string(),
        dir,
        manifest_path: p.manifest_path.clone(),
        targets,
        tests,
        dependencies,
        features: p.features.clone(),
        active_features: BTreeSet::new(),
        build_script,
        links: p.links.clone(),
        selected: false,
    }
}

fn focus(
    request: &Request,
    packages: &[Package],
    manifest: &Utf8Path,
) -> Outcome<Option<PackageId>> {
    let Some(wanted) = &request.package else {
        let at_manifest = packages.iter().find(|p| p.manifest_path == *manifest);
        let only = if packages.len() == 1 {
            packages.first()
        } else {
            None
        };
        return Ok(only
            .or(at_manifest)
            .filter(|_| packages.len() == 1)
            .map(|p| p.id));
    };
    if let Some(found) = packages.iter().find(|p| p.name == *wanted) {
        return Ok(Some(found.id));
    }
    let names: Vec<&str> = packages.iter().map(|p| p.name.as_str()).collect();
    let mut diagnostic = Diagnostic::new(
        Code::NotAMember,
        format!("`{wanted}` is not a member of the workspace at {manifest}"),
    );
    if let Some(near) = crate::text::did_you_mean(wanted, names.iter().copied()) {
        diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
    }
    Err(diagnostic
        .help(format!("the members are: {}", names.join(", ")))
        .into())
}
