//! The tests that came along, run.
//!
//! Input: an output. Output: [`Tests`]. They run in the copy of the output, with a target folder of their
//! own in the work folder: tests build programs, and yours are not to be replaced. Refuses what keeps cargo
//! from being run.

use serde::Serialize;

use super::build;
use crate::diag::Diagnostic;
use crate::oracle::cargo::{self, Progress};
use crate::oracle::libtest::{self, TestRequest, TestRun};
use crate::verify::output::Output;

/// What the tests did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Tests {
    /// Those that passed.
    pub passed: usize,
    /// Those that are marked `#[ignore]`.
    pub ignored: usize,
    /// Those that failed.
    pub failed: Vec<Failed>,
    /// What cargo said, when it failed and no test did.
    pub trouble: Option<String>,
}

/// A test that failed.
#[derive(Clone, Debug, Serialize)]
pub struct Failed {
    /// Its name, as libtest has it.
    pub name: String,
    /// What it said.
    pub said: String,
}

impl Tests {
    /// By what libtest said.
    pub fn of(run: TestRun) -> Self {
        let failed = run.failed.into_iter();
        Self {
            passed: run.passed,
            ignored: run.ignored,
            failed: failed.map(|(name, said)| Failed { name, said }).collect(),
            trouble: run.trouble,
        }
    }

    /// Whether none failed.
    pub fn is_fine(&self) -> bool {
        self.failed.is_empty() && self.trouble.is_none()
    }
}

/// Runs the tests of all crates of an output; where it has none, nothing is built. The caller holds the work
/// folder's lock.
///
/// # Errors
/// What keeps cargo from being run, or the copy from being made.
pub fn run(output: &Output, progress: Progress<'_>) -> Result<Tests, Diagnostic> {
    if !has_tests(output) {
        return Ok(Tests::default());
    }
    progress("running the tests that came along");
    let workspace = &output.workspace;
    let dir = build::copy(output)?;
    let target = cargo::work_dir(&workspace.target_dir).join("tests-target");
    let run = libtest::run(&TestRequest {
        dir: &dir,
        target_dir: &target,
        args: vec!["--workspace".to_owned()],
        toolchain: workspace.toolchain.as_deref(),
        record: None,
    })?;
    Ok(Tests::of(run))
}

/// Whether there may be a test: an attribute of that name, an integration test, an example in documentation.
fn has_tests(output: &Output) -> bool {
    let is_integration = output
        .workspace
        .packages
        .iter()
        .any(|p| !p.tests.is_empty());
    let mut files = output.tree.files.iter();
    is_integration
        || files
            .any(|f| f.text.contains("test]") || f.text.contains("test(") || f.text.contains("```"))
}
