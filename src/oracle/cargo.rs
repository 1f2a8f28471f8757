//! Runs cargo in a shadow and reads its JSON messages.
//!
//! Input: a folder, arguments, lints to force. Output: [`CheckRun`]. Only this module,
//! [`super::libtest`] and [`super::release`] start cargo builds.

use std::collections::BTreeMap;
use std::io::{BufReader, Read as _};
use std::process::{Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};
use cargo_metadata::Message;
use cargo_metadata::diagnostic::{Diagnostic as RustcDiagnostic, DiagnosticLevel};

use super::shadow::write_failed;
use super::wrapper;
use crate::diag::{Code, Diagnostic};
use crate::workspace::cargo_program;

/// Tells a person what goes on; called often.
pub type Progress<'a> = &'a dyn Fn(&str);

/// What rustc said about one unit.
#[derive(Debug)]
pub struct UnitMessage {
    /// The package's name as in its id.
    pub package: String,
    /// The target's name.
    pub target: String,
    /// Whether the target is a binary.
    pub is_bin: bool,
    /// The message.
    pub diagnostic: RustcDiagnostic,
}

/// What a build script printed.
#[derive(Clone, Debug, Default)]
pub struct BuildScriptOutput {
    /// `cargo::rustc-cfg`
    pub cfgs: Vec<String>,
    /// `cargo::rustc-env` names.
    pub env: Vec<String>,
    /// `cargo::rustc-link-lib`
    pub linked: bool,
}

/// The outcome of a `cargo check`.
#[derive(Debug, Default)]
pub struct CheckRun {
    /// Whether cargo succeeded.
    pub success: bool,
    /// All compiler messages for workspace members.
    pub messages: Vec<UnitMessage>,
    /// `name-hash` of each compiled or fresh unit.
    pub units: Vec<String>,
    /// By manifest path of the package.
    pub build_scripts: BTreeMap<String, BuildScriptOutput>,
    /// The programs that were built, by the target's name.
    pub programs: BTreeMap<String, Utf8PathBuf>,
    /// cargo's own words on stderr.
    pub stderr: String,
}

impl CheckRun {
    /// The errors among the messages.
    pub fn errors(&self) -> impl Iterator<Item = &UnitMessage> {
        self.messages.iter().filter(|m| {
            matches!(
                m.diagnostic.level,
                DiagnosticLevel::Error | DiagnosticLevel::Ice
            )
        })
    }

    /// Whether a crate outside of `home` does not compile.
    pub fn fails_abroad(&self, home: &Utf8Path) -> bool {
        let abroad = |m: &UnitMessage| !m.package.contains(home.as_str());
        !self.success && self.errors().any(abroad)
    }

    /// What lints say of code, as warnings or, where the source denies them, as errors.
    pub fn lints(&self) -> impl Iterator<Item = &UnitMessage> {
        let denied = self.errors().filter(|m| is_denied_lint(m));
        self.warnings().chain(denied)
    }

    /// Whether lints that the source denies are all that stands against success.
    pub fn fails_by_lints_alone(&self) -> bool {
        // "aborting due to …" points at nothing and has no code.
        let mut at_code = self.errors().filter(|m| !m.diagnostic.spans.is_empty());
        let first = at_code.next();
        first.is_some_and(is_denied_lint) && at_code.all(is_denied_lint)
    }

    /// The warnings that point at code.
    pub fn warnings(&self) -> impl Iterator<Item = &UnitMessage> {
        self.messages.iter().filter(|m| {
            m.diagnostic.level == DiagnosticLevel::Warning && !m.diagnostic.spans.is_empty()
        })
    }
}

/// Whether a message is a lint that the source denies: an error with a lint's name for its code.
fn is_denied_lint(message: &UnitMessage) -> bool {
    let code = message.diagnostic.code.as_ref().map(|c| c.code.as_str());
    message.diagnostic.level == DiagnosticLevel::Error
        && code.is_some_and(|c| !c.starts_with(|first: char| first.is_ascii_uppercase()))
}

/// One run of cargo.
#[derive(Debug)]
pub struct CheckRequest<'a> {
    /// The folder to run in.
    pub dir: &'a Utf8Path,
    /// The target folder.
    pub target_dir: &'a Utf8Path,
    /// Arguments after the subcommand.
    pub args: Vec<String>,
    /// Lints to force; with `None` no wrapper is set.
    pub force: Option<&'a [&'a str]>,
    /// Where the wrapper writes its side files.
    pub side_dir: &'a Utf8Path,
    /// A toolchain to use instead of the pinned one.
    pub toolchain: Option<&'a str>,
}

/// Runs `cargo check`.
///
/// # Errors
/// [`Code::CargoFailed`] when cargo cannot be started, [`Code::WriteFailed`] when the disk is full.
pub fn check(request: &CheckRequest<'_>, progress: Progress<'_>) -> Result<CheckRun, Diagnostic> {
    run("check", request, progress)
}

/// Runs `cargo build`, with panics that unwind whatever the profile says.
///
/// # Errors
/// As [`check`].
pub fn build(request: &CheckRequest<'_>, progress: Progress<'_>) -> Result<CheckRun, Diagnostic> {
    run("build", request, progress)
}

fn run(
    subcommand: &str,
    request: &CheckRequest<'_>,
    progress: Progress<'_>,
) -> Result<CheckRun, Diagnostic> {
    let mut command = Command::new(cargo_program());
    command
        .arg(subcommand)
        .arg("--message-format=json")
        .args(["--target-dir", request.target_dir.as_str()])
        .args(&request.args)
        .current_dir(request.dir)
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .env_remove("CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER")
        .env("CARGO_TERM_COLOR", "never")
        .env("CARGO_INCREMENTAL", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if subcommand == "build" {
        command.env("CARGO_PROFILE_DEV_PANIC", "unwind");
    }
    if let Some(toolchain) = request.toolchain {
        command.env("RUSTUP_TOOLCHAIN", toolchain);
    }
    if let Some(lints) = request.force {
        wrap(&mut command, request.side_dir, lints)?;
    }
    follow(command, progress)
}

/// Runs a cargo that answers in JSON, to its end. Its streams must be piped.
pub(super) fn follow(mut command: Command, progress: Progress<'_>) -> Result<CheckRun, Diagnostic> {
    let mut child = command.spawn().map_err(failed)?;
    let stdout = child.stdout.take();
    let stderr = child.stderr.take();
    let reader = read_aside(stderr);
    let mut run = CheckRun::default();
    if let Some(stdout) = stdout {
        for message in Message::parse_stream(BufReader::with_capacity(1 << 16, stdout)) {
            let Ok(message) = message else { break };
            take(message, &mut run, progress);
        }
    }
    let status = child.wait().map_err(failed)?;
    run.stderr = reader.join().unwrap_or_default();
    run.success = status.success();
    match out_of_room(&run) {
        Some(diagnostic) => Err(diagnostic),
        None => Ok(run),
    }
}

/// Sets the wrapper, which forces these lints and lets no other stop the build.
pub(super) fn wrap(
    command: &mut Command,
    side_dir: &Utf8Path,
    lints: &[&str],
) -> Result<(), Diagnostic> {
    let me = wrapper_program(side_dir, lints).map_err(write_failed)?;
    command
        .env("RUSTC_WORKSPACE_WRAPPER", me)
        .env(wrapper::ENV_DIR, side_dir.as_str())
        .env(wrapper::ENV_LINTS, lints.join(","));
    Ok(())
}

/// Reads what a program says beside what it answers, or a full pipe would stop it.
pub(super) fn read_aside(
    stream: Option<std::process::ChildStderr>,
) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(mut stream) = stream {
            // A broken pipe only shortens what is shown.
            let _ = stream.read_to_end(&mut text);
        }
        String::from_utf8_lossy(&text).into_owned()
    })
}

/// What a failed run says when the disk is full: then nothing is wrong with the code.
fn out_of_room(run: &CheckRun) -> Option<Diagnostic> {
    if run.success {
        return None;
    }
    let errors = run.errors().filter(|e| e.diagnostic.code.is_none());
    let said = errors.flat_map(|e| e.diagnostic.message.lines());
    out_of_room_in(said.chain(run.stderr.lines()))
}

/// The same by the lines that were said.
pub(super) fn out_of_room_in<'a>(mut said: impl Iterator<Item = &'a str>) -> Option<Diagnostic> {
    // ENOSPC, EDQUOT, EFBIG, and ERROR_DISK_FULL.
    let full = ["28", "122", "69", "27", "112"].map(|number| format!("(os error {number})"));
    let said = said.find(|line| full.iter().any(|words| line.contains(words.as_str())))?;
    let what = said.trim().trim_start_matches("error: ");
    Some(
        Diagnostic::new(
            Code::WriteFailed,
            format!("no room for what rustc writes: {what}"),
        )
        .help("free some space, or lift the limit on it, and run it again"),
    )
}

/// The wrapper under a name of its own for each set of lints: cargo's fingerprint knows the wrapper's path
/// but not the environment, and would otherwise replay what another set of lints said.
fn wrapper_program(side_dir: &Utf8Path, lints: &[&str]) -> std::io::Result<Utf8PathBuf> {
    let me = own_program()?;
    fs_err::create_dir_all(side_dir)?;
    let name = if lints.is_empty() {
        "plain".to_owned()
    } else {
        lints.join("+")
    };
    let link = side_dir.join(format!("rustc-{name}"));
    if fs_err::read_link(&link).ok().as_deref() != Some(me.as_path()) {
        let _ = fs_err::remove_file(&link);
        link_or_copy(&me, &link)?;
    }
    Ok(link)
}

/// The program that acts as the wrapper.
pub(super) fn own_program() -> std::io::Result<std::path::PathBuf> {
    match std::env::var_os("EXTRACT_WRAPPER_PROGRAM") {
        Some(path) => Ok(std::path::PathBuf::from(path)),
        None => std::env::current_exe(),
    }
}

#[cfg(unix)]
fn link_or_copy(from: &std::path::Path, to: &Utf8Path) -> std::io::Result<()> {
    fs_err::os::unix::fs::symlink(from, to)
}

#[cfg(not(unix))]
fn link_or_copy(from: &std::path::Path, to: &Utf8Path) -> std::io::Result<()> {
    fs_err::copy(from, to).map(|_| ())
}

fn take(message: Message, run: &mut CheckRun, progress: Progress<'_>) {
    match message {
        Message::CompilerMessage(m) => run.messages.push(UnitMessage {
            package: m.package_id.repr,
            is_bin: m.target.is_bin(),
            target: m.target.name,
            diagnostic: m.message,
        }),
        Message::CompilerArtifact(artifact) => {
            progress(&artifact.target.name);
            if let Some(program) = artifact.executable {
                run.programs.insert(artifact.target.name.clone(), program);
            }
            run.units.extend(artifact.filenames.iter().filter_map(|f| {
                let stem = f.file_stem()?;
                Some(stem.strip_prefix("lib").unwrap_or(stem).to_owned())
            }));
        }
        Message::BuildScriptExecuted(script) => {
            run.build_scripts.insert(
                script.package_id.repr,
                BuildScriptOutput {
                    cfgs: script.cfgs,
                    env: script.env.into_iter().map(|(name, _)| name).collect(),
                    linked: !script.linked_libs.is_empty(),
                },
            );
        }
        _ => {}
    }
}

/// The diagnostic for a cargo that cannot be run.
pub(super) fn failed(error: std::io::Error) -> Diagnostic {
    Diagnostic::new(Code::CargoFailed, format!("cargo cannot be run: {error}"))
        .help("install Rust with rustup, or set CARGO to the cargo that builds the monolith")
}

/// The folder that holds everything of ours under the monolith's target folder.
pub fn work_dir(target_dir: &Utf8Path) -> Utf8PathBuf {
    target_dir.join("extract")
}
