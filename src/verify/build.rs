//! Building an output: every crate, every target, not one warning.
//!
//! Input: an [`Output`]. Output: [`Build`], which keeps what is delivered apart from targets of tests: what these
//! lack says nothing of the functions. The check runs in a copy in the work folder, so that the output
//! itself is not written to. Refuses what keeps cargo from being run.

use camino::Utf8PathBuf;
use cargo_metadata::diagnostic::Diagnostic as RustcDiagnostic;
use serde::Serialize;

use crate::diag::{Diagnostic, Place};
use crate::oracle::cargo::{self, CheckRequest, CheckRun, Progress, UnitMessage};
use crate::oracle::{self, shadow};
use crate::verify::output::Output;

/// Lines of cargo's own that are shown when no message of rustc tells why it failed.
const CARGO_LINES: usize = 20;

/// What rustc said.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Build {
    /// The crates of the output.
    pub crates: usize,
    /// What keeps it from compiling.
    pub errors: Vec<Message>,
    /// What keeps the tests, and nothing else, from compiling.
    pub test_errors: Vec<Message>,
    /// What rustc or cargo would say in red or yellow.
    pub warnings: Vec<Message>,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Message {
    /// The sentence.
    pub message: String,
    /// Where, in the output.
    pub place: Option<Place>,
}

impl Build {
    /// Whether there is nothing to say.
    pub fn is_fine(&self) -> bool {
        self.errors.is_empty() && self.test_errors.is_empty() && self.warnings.is_empty()
    }
}

/// Checks all crates and targets of the output. The caller holds the work folder's lock.
///
/// # Errors
/// What keeps cargo from being run, or the copy from being made.
pub fn build(output: &Output, progress: Progress<'_>) -> Result<Build, Diagnostic> {
    let workspace = &output.workspace;
    let work = cargo::work_dir(&workspace.target_dir);
    let dir = copy(output)?;
    let ask = |targets: &[&str]| {
        let args = ["--workspace", "--keep-going"];
        cargo::check(
            &CheckRequest {
                dir: &dir,
                target_dir: &workspace.target_dir,
                args: args
                    .iter()
                    .chain(targets)
                    .map(ToString::to_string)
                    .collect(),
                force: None,
                side_dir: &work.join("output-refs"),
                toolchain: workspace.toolchain.as_deref(),
            },
            progress,
        )
    };
    progress("checking every crate of the output");
    let run = ask(&[])?;
    let mut found = Build {
        crates: workspace.packages.len(),
        errors: errors(&run),
        test_errors: Vec::new(),
        warnings: warnings(&run),
    };
    if found.errors.is_empty() {
        let run = ask(&["--all-targets"])?;
        found.test_errors = errors(&run);
        found.warnings.extend(warnings(&run));
        found.warnings.sort();
        found.warnings.dedup();
    }
    Ok(found)
}

fn warnings(run: &CheckRun) -> Vec<Message> {
    listed(run.warnings())
}

/// The errors of a run; what cargo said, when it failed without one.
fn errors(run: &CheckRun) -> Vec<Message> {
    let mut found = listed(run.errors());
    if !run.success && found.is_empty() {
        let said = run
            .stderr
            .lines()
            .map(str::trim_end)
            .filter(|l| !l.is_empty())
            .filter(|l| !l.starts_with("    Checking") && !l.starts_with("   Compiling"))
            .take(CARGO_LINES);
        found.push(Message {
            message: said.collect::<Vec<_>>().join("\n"),
            place: None,
        });
    }
    found
}

/// Messages in order, each once: a library is compiled once more for its tests, and says the same twice.
fn listed<'a>(messages: impl Iterator<Item = &'a UnitMessage>) -> Vec<Message> {
    let mut list: Vec<Message> = messages.map(|m| message(&m.diagnostic)).collect();
    list.sort();
    list.dedup();
    list
}

/// The copy of the output in the work folder, brought up to date.
///
/// # Errors
/// A [`crate::diag::Code::WriteFailed`] that names the file.
pub fn copy(output: &Output) -> Result<Utf8PathBuf, Diagnostic> {
    let workspace = &output.workspace;
    let dir = cargo::work_dir(&workspace.target_dir).join("output-copy");
    let manifests = oracle::manifests(workspace)?;
    shadow::sync(&workspace.root, &workspace.target_dir, &dir, &manifests)?;
    Ok(dir)
}

fn message(diagnostic: &RustcDiagnostic) -> Message {
    let code = diagnostic.code.as_ref().map(|c| c.code.as_str());
    let message = match code {
        Some(code) => format!("{} [{code}]", diagnostic.message),
        None => diagnostic.message.clone(),
    };
    let span = diagnostic.spans.iter().find(|s| s.is_primary);
    Message {
        message,
        place: span.map(|span| Place {
            file: span.file_name.clone().into(),
            line: span.line_start,
            column: span.column_start,
            source: span
                .text
                .first()
                .map(|t| t.text.clone())
                .unwrap_or_default(),
        }),
    }
}
