//! The user's workspace as cargo sees it, and the only door to the user's files.
//!
//! Input: [`Request`]. Output: [`Workspace`], and [`Workspace::read_source`] for one file's text.
//! Refuses: no manifest, a package that is no member, a cargo that fails, files behind symlinks that
//! leave the workspace, files that are not UTF-8 or larger than [`MAX_SOURCE_BYTES`].

mod features;
mod load;
mod toolchain;

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use cargo_metadata::DependencyKind;

use crate::diag::{Code, Diagnostic};
use crate::id::PackageId;

pub use load::load;
pub use toolchain::{cargo_program, too_old};

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
    /// `features = […]`
    pub features: Vec<String>,
    /// Whether `default-features` is left on.
    pub default_features: bool,
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
    /// Integration tests.
    pub tests: Vec<Target>,
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

impl Package {
    /// What cargo calls it where another package, of a registry, may have its name.
    pub fn spec(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }

    /// Whether the features that are on let cargo build a target. What a dependency's feature asks for is taken
    /// for granted.
    pub fn builds_target(&self, target: &Target) -> bool {
        let mut required = target.required_features.iter();
        required.all(|f| f.contains('/') || self.active_features.contains(f))
    }

    /// Whether the features that are on build a dependency.
    pub fn builds(&self, dependency: &Dependency) -> bool {
        let key = dependency.key.as_str();
        let switches = |entry: &String| {
            let entry = entry.strip_prefix("dep:").unwrap_or(entry);
            entry.split('/').next() == Some(key)
        };
        !dependency.optional
            || self.active_features.iter().any(|feature| {
                feature == key
                    || self
                        .features
                        .get(feature)
                        .is_some_and(|list| list.iter().any(switches))
            })
    }
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
    /// `rustc -vV`, for cache keys.
    pub rustc_version: String,
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

    /// The member that a dependency is. It is known by its folder: a package of another place may have its name.
    pub fn member(&self, dependency: &Dependency) -> Option<&Package> {
        let dir = dependency.path.as_ref()?;
        self.packages.iter().find(|p| p.dir == *dir)
    }

    /// `path` relative to the root, for display and keys; unchanged when it lies outside.
    pub fn relative<'a>(&self, path: &'a Utf8Path) -> &'a Utf8Path {
        path.strip_prefix(&self.root).unwrap_or(path)
    }

    /// Whether flags for rustc set a `cfg`, by the environment or cargo's configuration.
    pub fn flags_set_cfg(&self) -> bool {
        let named = [
            "RUSTFLAGS",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_BUILD_RUSTFLAGS",
        ];
        let by_env = named
            .into_iter()
            .filter_map(|name| std::env::var(name).ok());
        let files = [".cargo/config.toml", ".cargo/config"].map(|name| self.root.join(name));
        let by_file = files.iter().filter_map(|path| self.read_source(path).ok());
        by_env.chain(by_file).any(|text| text.contains("--cfg"))
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
            )
            .help("split it, or leave its module out with a cfg"));
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
