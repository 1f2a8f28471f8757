//! Builds the programs of an output for the platform: all of them in one run of cargo.
//!
//! Input: [`Request`]. Output: the programs by name. Refuses what does not build, with cargo's words, and an
//! architecture that this machine has no parts for. cargo-zigbuild or cargo-lambda is used where it is
//! installed, since both link against the platform's glibc whatever this machine has; otherwise plain cargo.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;

use super::cargo::{CheckRun, Progress, follow, own_program};
use super::reproduce;
use super::shadow::write_failed;
use crate::diag::{Code, Diagnostic};
use crate::workspace::cargo_program;

/// The newest version of glibc whose symbols the platform has: that of `provided.al2023`.
pub const GLIBC: (u32, u32) = (2, 34);

/// Lines of cargo's own that are shown of a build that failed.
const LINES: usize = 40;

/// What the functions run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Arch {
    /// Intel and AMD, 64 bits.
    #[serde(rename = "x86_64")]
    X86,
    /// Graviton.
    Arm64,
}

impl Arch {
    /// This machine's, where functions can run on it.
    pub fn host() -> Self {
        match std::env::consts::ARCH {
            "aarch64" => Self::Arm64,
            _ => Self::X86,
        }
    }

    /// As the platform calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::X86 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }

    /// As rustc calls it.
    pub fn target(self) -> &'static str {
        match self {
            Self::X86 => "x86_64-unknown-linux-gnu",
            Self::Arm64 => "aarch64-unknown-linux-gnu",
        }
    }

    /// Whether programs for it are this machine's own.
    fn is_hosts(self) -> bool {
        cfg!(all(target_os = "linux", target_env = "gnu")) && self == Self::host()
    }
}

/// What builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Builder {
    /// `cargo build`
    Cargo,
    /// `cargo zigbuild`
    CargoZigbuild,
    /// `cargo lambda build`
    CargoLambda,
}

impl Builder {
    /// As a person types it.
    pub fn command(self) -> &'static str {
        match self {
            Self::Cargo => "cargo build",
            Self::CargoZigbuild => "cargo zigbuild",
            Self::CargoLambda => "cargo lambda build",
        }
    }
}

/// What to build.
#[derive(Debug)]
pub struct Request<'a> {
    /// The output.
    pub dir: &'a Utf8Path,
    /// The folder for what is built, used for nothing else: cargo cannot tell what this build leaves there
    /// from what another does.
    pub target_dir: &'a Utf8Path,
    /// A toolchain to use instead of the pinned one.
    pub toolchain: Option<&'a str>,
    /// For what.
    pub arch: Arch,
    /// By what.
    pub builder: Builder,
    /// All packages of functions. Cargo unites the features of what it builds together, so that the choice of
    /// programs would show in each of them otherwise.
    pub packages: &'a [String],
    /// The programs to build.
    pub programs: &'a [String],
}

/// The best builder that is installed.
pub fn installed(dir: &Utf8Path) -> Builder {
    let answers = |subcommand: &str| {
        let mut command = Command::new(cargo_program());
        command.args([subcommand, "--help"]).current_dir(dir);
        let output = command.stdin(Stdio::null()).output();
        output.is_ok_and(|output| output.status.success())
    };
    if answers("zigbuild") {
        Builder::CargoZigbuild
    } else if answers("lambda") {
        Builder::CargoLambda
    } else {
        Builder::Cargo
    }
}

/// Builds, and gives where each program lies.
///
/// # Errors
/// [`Code::CannotBuildFor`] when this machine has no parts for the architecture, [`Code::DoesNotBuild`]
/// with cargo's words, [`Code::CargoFailed`] when cargo cannot be started.
pub fn build(
    request: &Request<'_>,
    progress: Progress<'_>,
) -> Result<BTreeMap<String, Utf8PathBuf>, Diagnostic> {
    has_std(request)?;
    let lambda_dir = request.target_dir.join("lambda");
    let run = follow(command(request, &lambda_dir)?, progress)?;
    if !run.success {
        return Err(failed(request, &run));
    }
    let mut found = BTreeMap::new();
    for name in request.programs {
        let path = match request.builder {
            // It moves what it built.
            Builder::CargoLambda => Some(lambda_dir.join(name).join("bootstrap")),
            Builder::Cargo | Builder::CargoZigbuild => run.programs.get(name).cloned(),
        };
        match path.filter(|path| path.is_file()) {
            Some(path) => found.insert(name.clone(), path),
            None => return Err(failed(request, &run).note(format!("there is no program `{name}`"))),
        };
    }
    Ok(found)
}

fn command(request: &Request<'_>, lambda_dir: &Utf8Path) -> Result<Command, Diagnostic> {
    let mut command = Command::new(cargo_program());
    match request.builder {
        Builder::Cargo => command.arg("build"),
        Builder::CargoZigbuild => command.arg("zigbuild"),
        Builder::CargoLambda => {
            command.args(["lambda", "build", "--lambda-dir", lambda_dir.as_str()])
        }
    };
    let (major, minor) = GLIBC;
    let target = match request.builder {
        Builder::Cargo => request.arch.target().to_owned(),
        Builder::CargoZigbuild | Builder::CargoLambda => {
            format!("{}.{major}.{minor}", request.arch.target())
        }
    };
    command.args([
        "--release",
        "--locked",
        "--message-format=json-render-diagnostics",
    ]);
    command.args(["--target", &target]);
    for package in request.packages {
        command.args(["--package", package]);
    }
    for program in request.programs {
        command.args(["--bin", program]);
    }
    command
        .current_dir(request.dir)
        .env("RUSTC_WRAPPER", own_program().map_err(write_failed)?)
        .env(reproduce::ENV_ROOT, request.dir.as_str())
        .env("CARGO_TARGET_DIR", request.target_dir.as_str())
        .env("CARGO_TERM_COLOR", "never")
        .env("CARGO_INCREMENTAL", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    match std::env::var_os("RUSTC_WRAPPER").filter(|inner| !inner.is_empty()) {
        Some(inner) => command.env(reproduce::ENV_INNER, inner),
        None => command.env_remove(reproduce::ENV_INNER),
    };
    if let Some(toolchain) = request.toolchain {
        command.env("RUSTUP_TOOLCHAIN", toolchain);
    }
    Ok(command)
}

/// Refuses an architecture whose standard library is not installed: each crate would say it again.
fn has_std(request: &Request<'_>) -> Result<(), Diagnostic> {
    let target = request.arch.target();
    let mut command = Command::new(std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned()));
    command
        .args(["--print", "target-libdir", "--target", target])
        .current_dir(request.dir);
    if let Some(toolchain) = request.toolchain {
        command.env("RUSTUP_TOOLCHAIN", toolchain);
    }
    let Ok(output) = command.output() else {
        return Ok(());
    };
    let dir = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !output.status.success() || dir.is_empty() || Utf8Path::new(&dir).is_dir() {
        return Ok(());
    }
    let message = format!("the standard library for {target} is not installed");
    Err(Diagnostic::new(Code::CannotBuildFor, message)
        .note(format!("rustc would look for it in {dir}"))
        .help(format!("install it: `rustup target add {target}`"))
        .help("or build for this machine's architecture: see --arch"))
}

fn failed(request: &Request<'_>, run: &CheckRun) -> Diagnostic {
    let lines: Vec<&str> = run.stderr.lines().map(str::trim_end).collect();
    let first = lines.iter().position(|line| line.starts_with("error"));
    let said = lines
        .iter()
        .skip(first.unwrap_or_else(|| lines.len().saturating_sub(LINES)));
    let said: Vec<String> = said.take(LINES).map(ToString::to_string).collect();
    let by = request.builder.command();
    let target = request.arch.target();
    let links_not =
        run.stderr.contains("error: linking with") || run.stderr.contains("error: linker ");
    let mut diagnostic = if links_not
        && request.builder == Builder::Cargo
        && !request.arch.is_hosts()
    {
        let message = format!("this machine's linker makes no programs for {target}");
        Diagnostic::new(Code::CannotBuildFor, message)
            .help("install cargo-zigbuild or cargo-lambda, which bring a linker for it")
            .help(format!("or install a cross compiler and name its linker under [target.{target}] in cargo's configuration"))
    } else {
        let diagnostic = Diagnostic::new(Code::DoesNotBuild, format!("`{by}` failed for {target}"));
        if run.stderr.contains("--locked") {
            diagnostic.help("the lock file is not that of the manifests: run `extract split` again")
        } else {
            diagnostic.help(format!(
                "see how it builds in {}: `cargo build --release`",
                request.dir
            ))
        }
    };
    diagnostic.notes = said;
    diagnostic
}
