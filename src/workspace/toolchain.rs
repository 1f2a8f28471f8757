//! The toolchain that builds the monolith: which one, whether it is new enough, what it is configured for.
//!
//! Input: the folder of the manifest. Output: names and `cfg` values. Refuses a rustc that is missing or
//! fails, and names a cargo that is too old where another refusal would only puzzle.

use std::process::Command;

use camino::Utf8Path;

use crate::diag::{Code, Diagnostic, Outcome};

/// The first cargo whose stable `check` has all that is asked of it (`--keep-going`).
const MIN_CARGO: (u32, u32) = (1, 74);

/// The program to run as cargo.
pub fn cargo_program() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

/// Says so when a cargo that just failed is older than what `extract` needs. It is asked only then: a run
/// that works needs no version.
pub fn too_old(dir: &Utf8Path, toolchain: Option<&str>) -> Option<Diagnostic> {
    let mut command = Command::new(cargo_program());
    command.arg("-V").current_dir(dir);
    if let Some(toolchain) = toolchain {
        command.env("RUSTUP_TOOLCHAIN", toolchain);
    }
    let output = command.output().ok()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = said.split_whitespace().nth(1)?;
    let mut numbers = version.split('.').map(str::parse::<u32>);
    let found = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    let (major, minor) = MIN_CARGO;
    (found < MIN_CARGO).then(|| {
        Diagnostic::new(
            Code::CargoFailed,
            format!("cargo {version} is too old: {major}.{minor} or newer is needed"),
        )
        .help("install a newer toolchain, or set CARGO and RUSTC to the programs of one")
    })
}

/// The default toolchain, when a `rust-toolchain` file of the workspace asks for one that rustup does not
/// have. Without rustup there is nothing to substitute.
pub(super) fn substitute_toolchain(root: &Utf8Path) -> Option<String> {
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

/// What rustc says of itself.
pub(super) struct Compiler {
    /// The `cfg` values of the host.
    pub(super) host_cfg: Vec<cargo_platform::Cfg>,
    /// `rustc -vV`
    pub(super) version: String,
}

impl Compiler {
    /// Asks the rustc that is used in a folder.
    pub(super) fn ask(dir: &Utf8Path, toolchain: Option<&str>) -> Outcome<Self> {
        let (version, host_cfg) = std::thread::scope(|scope| {
            let version = scope.spawn(|| rustc_version(dir, toolchain));
            let host_cfg = host_cfg(dir, toolchain);
            (version.join(), host_cfg)
        });
        Ok(Self {
            host_cfg: host_cfg?,
            version: version.unwrap_or_default(),
        })
    }
}

/// Whether a folder below the root, on the way to `home`, pins a toolchain.
pub(super) fn pins_below(root: &Utf8Path, home: &Utf8Path) -> bool {
    home.ancestors().take_while(|dir| *dir != root).any(|dir| {
        dir.join("rust-toolchain.toml").is_file() || dir.join("rust-toolchain").is_file()
    })
}

/// For cache keys; empty when it cannot be had.
fn rustc_version(dir: &Utf8Path, toolchain: Option<&str>) -> String {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let mut command = Command::new(rustc);
    command.arg("-vV").current_dir(dir);
    if let Some(toolchain) = toolchain {
        command.env("RUSTUP_TOOLCHAIN", toolchain);
    }
    let output = command.output();
    output
        .map(|o| String::from_utf8_lossy(&o.stdout).into_owned())
        .unwrap_or_default()
}

/// The `cfg` values of the host.
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
