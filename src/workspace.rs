//! The user's workspace as cargo sees it, and the only door to the user's files.
//!
//! Input: [`Request`]. Output: [`Workspace`], and [`Workspace::read_source`] for one file's text.
//! Refuses: no manifest, a package that is no member, a cargo that fails, files behind symlinks that
//! leave the workspace, files that are not UTF-8 or larger than [`MAX_SOURCE_BYTES`].

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use cargo_metadata::{DependencyKind, MetadataCommand, TargetKind};

use crate::diag::{Code, Diagnostic, Outcome};
use crate::id::PackageId;

/// A source file above this size is refused: rustc's own spans are 32-bit and no hand-written file
/// comes near it.
pub const MAX_SOURCE_BYTES: u64 = 64 * 1024 * 1024;

/// Which features the user builds with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeatureChoice {
    /// `--features`
    pub features: Vec<String>,
    /// `--all-features`
    pub all: bool,
    /// `--no-default-features`
    pub no_default: bool,
}

impl FeatureChoice {
    /// The same choice as cargo arguments.
    pub fn cargo_args(&self) -> Vec<String> {
        let mut args = Vec::new();
        if self.all {
            args.push("--all-features".to_owned());
        }
        if self.no_default {
            args.push("--no-default-features".to_owned());
        }
        if !self.features.is_empty() {
            args.push("--features".to_owned());
            args.push(self.features.join(","));
        }
        args
    }
}

/// What to load.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `--manifest-path`, or the current folder's.
    pub manifest_path: Option<Utf8PathBuf>,
    /// `--package`
    pub package: Option<String>,
    /// The features.
    pub features: FeatureChoice,
}

/// The kind of a target that can hold items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TargetShape {
    /// A library (any crate type but proc-macro).
    Lib,
    /// A proc-macro library.
    ProcMacro,
    /// A binary.
    Bin,
}

/// A lib or bin target.
#[derive(Clone, Debug)]
pub struct Target {
    /// The name as cargo has it.
    pub name: String,
    /// Lib, proc-macro or bin.
    pub shape: TargetShape,
    /// The root file.
    pub root: Utf8PathBuf,
    /// The edition, `2021`.
    pub edition: String,
    /// Features that must be on for it to be built.
    pub required_features: Vec<String>,
}

impl Target {
    /// The crate name rustc uses.
    pub fn crate_name(&self) -> String {
        self.name.replace('-', "_")
    }
}

/// A dependency as declared.
#[derive(Clone, Debug)]
pub struct Dependency {
    /// The package's name.
    pub package: String,
    /// The name in code (rename applied, `-` as `_`).
    pub extern_name: String,
    /// The key in the manifest's table.
    pub key: String,
    /// Normal, dev or build.
    pub kind: DependencyKind,
    /// `optional = true`
    pub optional: bool,
    /// The folder of a path dependency.
    pub path: Option<Utf8PathBuf>,
    /// The platform it is for, as written.
    pub target: Option<String>,
}

/// A member of the workspace.
#[derive(Clone, Debug)]
pub struct Package {
    /// Its id.
    pub id: PackageId,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its folder.
    pub dir: Utf8PathBuf,
    /// Its manifest.
    pub manifest_path: Utf8PathBuf,
    /// Lib and bin targets.
    pub targets: Vec<Target>,
    /// Its dependencies.
    pub dependencies: Vec<Dependency>,
    /// `[features]`
    pub features: BTreeMap<String, Vec<String>>,
    /// The features that are on.
    pub active_features: BTreeSet<String>,
    /// The build script, if it has one.
    pub build_script: Option<Utf8PathBuf>,
    /// `links = "…"`
    pub links: Option<String>,
    /// Whether the user's choice (`--package`, default members) names it or reaches it.
    pub selected: bool,
}

/// A cargo workspace or a single package.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// The root folder.
    pub root: Utf8PathBuf,
    /// The target folder.
    pub target_dir: Utf8PathBuf,
    /// The members, sorted by name.
    pub packages: Vec<Package>,
    /// The package that `--package` names, or the only or root one.
    pub focus: Option<PackageId>,
    /// The features the user builds with.
    pub features: FeatureChoice,
    /// The toolchain to run instead of the one that the workspace pins and this machine lacks.
    pub toolchain: Option<String>,
    /// `cfg` values of the host, as rustc prints them.
    pub host_cfg: Vec<cargo_platform::Cfg>,
}

impl Workspace {
    /// The package with this id.
    pub fn package(&self, id: PackageId) -> Option<&Package> {
        self.packages.get(id.index())
    }

    /// The member with this name.
    pub fn by_name(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|p| p.name == name)
    }

    /// `path` relative to the root, for display and keys; unchanged when it lies outside.
    pub fn relative<'a>(&self, path: &'a Utf8Path) -> &'a Utf8Path {
        path.strip_prefix(&self.root).unwrap_or(path)
    }

    /// The text of a source file.
    ///
    /// # Errors
    /// [`Code::UnreadableSource`] or [`Code::OutsideWorkspace`].
    pub fn read_source(&self, path: &Utf8Path) -> Result<String, Diagnostic> {
        let shown = self.relative(path);
        let real = path.canonicalize_utf8().map_err(|error| {
            Diagnostic::new(Code::UnreadableSource, format!("{shown}: {error}"))
        })?;
        let root = self
            .root
            .canonicalize_utf8()
            .unwrap_or_else(|_| self.root.clone());
        let inside = real.starts_with(&root)
            || self.packages.iter().any(|p| {
                p.dir
                    .canonicalize_utf8()
                    .is_ok_and(|dir| real.starts_with(dir))
            });
        // A path that leaves by `..` is the author's own doing; one that leaves by a symlink is a trap.
        if !inside && path.starts_with(&self.root) && !path.as_str().contains("..") {
            return Err(Diagnostic::new(
                Code::OutsideWorkspace,
                format!("{shown} is a symlink to {real}, outside the workspace"),
            )
            .help("copy the file into the workspace, or leave the module out with a cfg"));
        }
        let unreadable = |error: std::io::Error| {
            Diagnostic::new(Code::UnreadableSource, format!("{shown}: {error}"))
        };
        let meta = fs_err::metadata(&real).map_err(unreadable)?;
        if meta.len() > MAX_SOURCE_BYTES {
            return Err(Diagnostic::new(
                Code::UnreadableSource,
                format!(
                    "{shown} has {} bytes; at most {MAX_SOURCE_BYTES} are read",
                    meta.len()
                ),
            ));
        }
        let bytes = fs_err::read(&real).map_err(unreadable)?;
        String::from_utf8(bytes).map_err(|error| {
            Diagnostic::new(
                Code::UnreadableSource,
                format!(
                    "{shown} is not UTF-8 at byte {}",
                    error.utf8_error().valid_up_to()
                ),
            )
            .help("Rust source must be UTF-8; convert the file")
        })
    }
}

/// Loads the workspace.
///
/// # Errors
/// Refuses with [`Code::NoManifest`], [`Code::NotAMember`] or [`Code::CargoFailed`].
pub fn load(request: &Request) -> Outcome<Workspace> {
    let manifest = find_manifest(request)?;
    let home = manifest.parent().unwrap_or(Utf8Path::new("/"));
    let toolchain = substitute_toolchain(home);
    let mut command = MetadataCommand::new();
    command.manifest_path(&manifest).no_deps();
    if let Some(toolchain) = &toolchain {
        command.env("RUSTUP_TOOLCHAIN", toolchain);
    }
    let metadata = command
        .exec()
        .map_err(|error| cargo_failed(&manifest, &error))?;
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
    let focus = focus(request, &packages, &manifest)?;
    select(&mut packages, focus, &request.features);
    Ok(Workspace {
        target_dir: metadata.target_directory.clone(),
        packages,
        focus,
        features: request.features.clone(),
        host_cfg: host_cfg(&root, toolchain.as_deref())?,
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

fn cargo_failed(manifest: &Utf8Path, error: &cargo_metadata::Error) -> Diagnostic {
    let text = match error {
        cargo_metadata::Error::CargoMetadata { stderr } => stderr.trim().to_owned(),
        other => other.to_string(),
    };
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
    let help = if matches!(error, cargo_metadata::Error::Io(_)) {
        "install Rust with rustup, or set CARGO to the cargo that builds the monolith"
    } else {
        "`cargo metadata --no-deps` must succeed there first"
    };
    diagnostic.help(help)
}

fn package(id: PackageId, p: &cargo_metadata::Package) -> Package {
    let dir = p
        .manifest_path
        .parent()
        .unwrap_or(Utf8Path::new("/"))
        .to_owned();
    let mut targets = Vec::new();
    let mut build_script = None;
    for target in &p.targets {
        let shape = if target.kind.contains(&TargetKind::ProcMacro) {
            TargetShape::ProcMacro
        } else if target.kind.contains(&TargetKind::Bin) {
            TargetShape::Bin
        } else if target.kind.contains(&TargetKind::CustomBuild) {
            build_script = Some(target.src_path.clone());
            continue;
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
        targets.push(Target {
            name: target.name.clone(),
            shape,
            root: target.src_path.clone(),
            edition: target.edition.to_string(),
            required_features: target.required_features.clone(),
        });
    }
    targets.sort_by(|a, b| (a.shape, &a.name).cmp(&(b.shape, &b.name)));
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

/// Marks what the user's choice reaches and works out the features that are on there.
fn select(packages: &mut [Package], focus: Option<PackageId>, choice: &FeatureChoice) {
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
            for dependency in &package.dependencies {
                let Some(at) = dependency.path.as_ref().and_then(|p| dirs.get(p)) else {
                    continue;
                };
                if dependency.optional {
                    continue;
                }
                queue.push((*at, String::new()));
                // Approximation: default features of a member are on; cargo's own resolution decides
                // what is compiled.
                queue.push((*at, "default".to_owned()));
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
                let target = package.dependencies.iter().find(|d| d.key == dep);
                if let Some(at) = target
                    .and_then(|d| d.path.as_ref())
                    .and_then(|p| dirs.get(p))
                {
                    queue.push((*at, "default".to_owned()));
                }
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

/// The default toolchain, when a `rust-toolchain` file of the workspace asks for one that rustup does not
/// have. Without rustup there is nothing to substitute.
fn substitute_toolchain(root: &Utf8Path) -> Option<String> {
    let pinned = root.ancestors().any(|dir| {
        dir.join("rust-toolchain.toml").is_file() || dir.join("rust-toolchain").is_file()
    });
    if !pinned || std::env::var_os("RUSTUP_TOOLCHAIN").is_some() {
        return None;
    }
    let output = Command::new("rustc")
        .arg("-V")
        .current_dir(root)
        .output()
        .ok()?;
    if output.status.success() {
        return None;
    }
    let output = Command::new("rustup")
        .arg("default")
        .current_dir("/")
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split_whitespace().next().map(str::to_owned)
}

fn host_cfg(root: &Utf8Path, toolchain: Option<&str>) -> Outcome<Vec<cargo_platform::Cfg>> {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let mut command = Command::new(&rustc);
    command.args(["--print", "cfg"]).current_dir(root);
    if let Some(toolchain) = toolchain {
        command.env("RUSTUP_TOOLCHAIN", toolchain);
    }
    let output = command.output();
    let output = match output {
        Ok(output) if output.status.success() => output,
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(
                Diagnostic::new(Code::CargoFailed, format!("{rustc} failed: {said}"))
                    .help("install the toolchain that the monolith builds with")
                    .into(),
            );
        }
        Err(error) => {
            return Err(Diagnostic::new(
                Code::CargoFailed,
                format!("{rustc} cannot be run: {error}"),
            )
            .help("install Rust with rustup, or set RUSTC")
            .into());
        }
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(text.lines().filter_map(|line| line.parse().ok()).collect())
}
