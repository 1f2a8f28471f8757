//! The rustc wrapper that cargo runs for the workspace's own crates (`RUSTC_WORKSPACE_WRAPPER`).
//!
//! Input: the rustc command line and the environment that [`super::cargo`] sets. Output: rustc's exit
//! status; its stderr is passed on, except the reports of marks, which go in short form to a side file
//! (one a compiled unit). Everything but a plain compilation is passed through untouched.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::process::{Command, ExitCode, Stdio};

use cargo_metadata::diagnostic::{Diagnostic, DiagnosticSpan};
use serde::{Deserialize, Serialize};

use super::mark::Mark;

/// Set to the folder for side files; its presence turns the program into the wrapper.
pub const ENV_DIR: &str = "EXTRACT_WRAPPER_DIR";
/// Lints to force, comma separated.
pub const ENV_LINTS: &str = "EXTRACT_WRAPPER_LINTS";

/// A span in a file as rustc names it, with the call sites of the macros it came through.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Site(pub String, pub u32, pub u32);

/// One report of a mark: the message and the sites, the innermost first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Report {
    /// rustc's message, `use of deprecated struct `a::B`: extract!0:3`.
    pub message: String,
    /// The primary span, then the call sites outward.
    pub sites: Vec<Site>,
}

/// Acts as the wrapper when cargo started the program as one; `None` otherwise.
pub fn intercept() -> Option<ExitCode> {
    if let Some(code) = super::reproduce::intercept() {
        return Some(code);
    }
    let dir = std::env::var_os(ENV_DIR)?;
    let mut args = std::env::args_os().skip(1);
    let rustc = args.next()?;
    let args: Vec<OsString> = args.collect();
    Some(run(&rustc, &args, &dir).unwrap_or_else(|error| {
        // cargo shows it below the unit that failed.
        let _ = writeln!(std::io::stderr(), "error: {error}");
        ExitCode::from(101)
    }))
}

fn run(rustc: &OsString, args: &[OsString], dir: &OsString) -> std::io::Result<ExitCode> {
    let crate_name = value_of(args, "--crate-name");
    let extra = args
        .iter()
        .filter_map(|a| a.to_str())
        .find_map(|a| a.strip_prefix("extra-filename="))
        .unwrap_or_default()
        .to_owned();
    let compiles = crate_name
        .as_deref()
        .is_some_and(|n| n != "___" && n != "build_script_build");
    let mut command = Command::new(rustc);
    if !compiles {
        let status = command.args(args).status()?;
        return Ok(exit_code(status.code()));
    }
    for arg in args {
        // The long rendering of thousands of reports is most of rustc's extra work.
        match arg.to_str() {
            Some(text) if text.starts_with("--json=") => {
                command.arg(text.replace("diagnostic-rendered-ansi", "diagnostic-short"))
            }
            _ => command.arg(arg),
        };
    }
    command.args(["--cap-lints", "warn"]);
    // Types in messages are shortened to the width.
    let has_width = |arg: &OsString| {
        arg.to_str()
            .is_some_and(|a| a.starts_with("--diagnostic-width"))
    };
    if !args.iter().any(has_width) {
        command.arg("--diagnostic-width=100000");
    }
    let lints = std::env::var(ENV_LINTS).unwrap_or_default();
    for lint in lints.split(',').filter(|l| !l.is_empty()) {
        command.args(["--force-warn", lint]);
    }
    let mut child = command.stderr(Stdio::piped()).spawn()?;
    let stderr = child.stderr.take().ok_or(std::io::ErrorKind::BrokenPipe)?;
    let stderr = BufReader::with_capacity(1 << 16, stderr);
    let name = format!("{}{extra}.refs", crate_name.unwrap_or_default());
    let side_path = std::path::Path::new(dir).join(&name);
    let partial = side_path.with_extension("part");
    let mut side = BufWriter::new(fs_err::File::create(&partial)?);
    let mut through = std::io::stderr().lock();
    for line in stderr.split(b'\n') {
        let line = line?;
        if let Some(report) = report(&line) {
            serde_json::to_writer(&mut side, &report)?;
            side.write_all(b"\n")?;
        } else if !line.is_empty() {
            through.write_all(&line)?;
            through.write_all(b"\n")?;
        }
    }
    side.flush()?;
    drop(side);
    let status = child.wait()?;
    if status.success() {
        fs_err::rename(&partial, &side_path)?;
    }
    Ok(exit_code(status.code()))
}

pub(super) fn exit_code(code: Option<i32>) -> ExitCode {
    ExitCode::from(u8::try_from(code.unwrap_or(101)).unwrap_or(101))
}

fn value_of(args: &[OsString], flag: &str) -> Option<String> {
    let at = args.iter().position(|a| a == flag)?;
    args.get(at + 1)?.to_str().map(str::to_owned)
}

/// The report in a line of rustc's JSON, when the line is one of a mark.
fn report(line: &[u8]) -> Option<Report> {
    const NEEDLE: &[u8] = b"extract!";
    if !line.windows(NEEDLE.len()).any(|w| w == NEEDLE) {
        return None;
    }
    let diagnostic: Diagnostic = serde_json::from_slice(line).ok()?;
    if diagnostic
        .code
        .as_ref()
        .is_none_or(|c| c.code != "deprecated")
    {
        return None;
    }
    Mark::parse(&diagnostic.message)?;
    let primary = diagnostic.spans.iter().find(|s| s.is_primary)?;
    Some(Report {
        message: diagnostic.message.clone(),
        sites: sites(primary),
    })
}

/// The primary span and the call sites outward.
pub fn sites(span: &DiagnosticSpan) -> Vec<Site> {
    let mut out = Vec::new();
    let mut at = Some(span);
    while let Some(span) = at {
        out.push(Site(span.file_name.clone(), span.byte_start, span.byte_end));
        at = span.expansion.as_ref().map(|e| &e.span);
    }
    out
}
