//! Why the marked copy could not be checked: the monolith's own errors, cargo's, or the marks.
//!
//! Input: a failed run. Output: the diagnostic that refuses it.

use camino::Utf8Path;

use crate::diag::{Code, Diagnostic, Sink};
use crate::oracle::cargo::{self, CheckRequest, CheckRun, Progress};
use crate::oracle::shadow;
use crate::text::clean;
use crate::workspace::{Workspace, too_old};

/// What cargo itself did not like, when rustc was not even asked.
pub(super) fn cargo_refused(workspace: &Workspace, run: &CheckRun) -> Diagnostic {
    if let Some(diagnostic) = too_old(&workspace.root, workspace.toolchain.as_deref()) {
        return diagnostic;
    }
    let lines: Vec<&str> = run
        .stderr
        .lines()
        .filter(|l| !l.trim().is_empty())
        .filter(|l| {
            !l.trim_start().starts_with("Checking ") && !l.trim_start().starts_with("Compiling ")
        })
        .collect();
    let first = lines
        .iter()
        .find(|l| l.starts_with("error"))
        .or(lines.first())
        .copied();
    let mut diagnostic = Diagnostic::new(
        Code::CargoFailed,
        format!(
            "cargo could not build the monolith: {}",
            first.unwrap_or("it said nothing")
        ),
    );
    diagnostic
        .notes
        .extend(lines.iter().take(20).map(|l| (*l).to_owned()));
    diagnostic.help("`cargo check` must succeed in the monolith first, or use `analyze --quick`")
}

/// An embedded file that is there, and that the copy lacks because a symlink on the way leads outside.
fn left_out(workspace: &Workspace, run: &CheckRun) -> Option<Diagnostic> {
    let root = workspace.root.canonicalize_utf8().ok()?;
    run.errors().find_map(|error| {
        let message = error.diagnostic.message.strip_prefix("couldn't read `")?;
        let (named, _) = message.split_once('`')?;
        let path = clean(&workspace.root.join(named));
        let real = path.canonicalize_utf8().ok()?;
        (!real.starts_with(&root)).then(|| {
            let message = format!("{path} is a symlink to {real}, outside the workspace");
            Diagnostic::new(Code::OutsideWorkspace, message)
                .note("the compiler reads it, and links that leave the workspace are not followed")
                .help("copy the file into the workspace")
        })
    })
}

/// Checks the monolith without marks: if it fails too, its own first errors are the reason.
pub(super) fn does_not_compile(
    workspace: &Workspace,
    args: &[String],
    shadow_dir: &Utf8Path,
    side_dir: &Utf8Path,
    _sink: &mut Sink,
    progress: Progress<'_>,
) -> Result<Diagnostic, Diagnostic> {
    let manifests = crate::oracle::manifests(workspace)?;
    shadow::sync(
        &workspace.root,
        &workspace.target_dir,
        shadow_dir,
        &manifests,
    )?;
    let run = cargo::check(
        &CheckRequest {
            dir: shadow_dir,
            target_dir: &workspace.target_dir,
            args: args.to_vec(),
            force: None,
            side_dir,
            toolchain: workspace.toolchain.as_deref(),
        },
        progress,
    )?;
    if run.success {
        return Ok(Diagnostic::new(
            Code::DoesNotCompile,
            "the monolith compiles, but not with the marks that ask rustc what names mean",
        )
        .help(
            "please report it with the crate's name; `analyze --quick` works without the compiler",
        ));
    }
    if run.errors().next().is_none() {
        return Ok(cargo_refused(workspace, &run));
    }
    if let Some(diagnostic) = left_out(workspace, &run) {
        return Ok(diagnostic);
    }
    let count = run.errors().count();
    let mut diagnostic = Diagnostic::new(
        Code::DoesNotCompile,
        format!(
            "the monolith does not compile: rustc reports {}",
            crate::text::counted(count, "error")
        ),
    );
    for error in run.errors().take(3) {
        let text = error
            .diagnostic
            .rendered
            .as_deref()
            .unwrap_or(&error.diagnostic.message);
        diagnostic
            .notes
            .extend(text.trim_end().lines().map(shortened));
    }
    Ok(diagnostic
        .help("fix these first: a cut is made from code that compiles")
        .help("`extract analyze --quick` gives an approximate graph meanwhile"))
}

/// A line that people read: that of a linker's command goes on for pages.
fn shortened(line: &str) -> String {
    const LONGEST: usize = 300;
    match line.char_indices().nth(LONGEST) {
        None => line.to_owned(),
        Some((at, _)) => format!("{} …", line.get(..at).unwrap_or(line)),
    }
}
