//! Runs a workspace's tests and reads what libtest says.
//!
//! Input: a folder. Output: [`TestRun`]. Refuses what keeps cargo from being run; a test that fails is no
//! refusal.

use std::io::Read as _;
use std::process::{Command, Stdio};

use camino::Utf8Path;

use super::cargo::{failed, out_of_room_in, read_aside, wrap};
use crate::diag::Diagnostic;
use crate::workspace::cargo_program;

/// Lines that are kept of what a failed test said.
const LINES: usize = 8;
/// Lines of cargo's own that are kept when no test tells why it failed.
const CARGO_LINES: usize = 20;

/// What the tests did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestRun {
    /// Tests that passed.
    pub passed: usize,
    /// Tests that are marked `#[ignore]`.
    pub ignored: usize,
    /// Tests that failed, with what they said.
    pub failed: Vec<(String, String)>,
    /// What cargo said, when it failed and no test did.
    pub trouble: Option<String>,
}

/// What to test.
#[derive(Clone, Debug)]
pub struct TestRequest<'a> {
    /// The folder to run in.
    pub dir: &'a Utf8Path,
    /// The target folder.
    pub target_dir: &'a Utf8Path,
    /// Which packages, with which features.
    pub args: Vec<String>,
    /// A toolchain to use instead of the pinned one.
    pub toolchain: Option<&'a str>,
    /// Where calls are written down.
    pub record: Option<Record<'a>>,
}

/// Where a test run writes calls down.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The variable that names the file.
    pub variable: &'a str,
    /// The file.
    pub file: &'a Utf8Path,
    /// The monolith's own target folder, in which its dependencies may be compiled already.
    pub build_dir: &'a Utf8Path,
    /// Where the wrapper writes its side files: what the monolith denies must not stop a copy of it.
    pub side_dir: &'a Utf8Path,
}

/// Runs `cargo test` to the end.
///
/// # Errors
/// [`crate::diag::Code::CargoFailed`] when cargo cannot be started, [`crate::diag::Code::WriteFailed`] when the disk is full.
pub fn run(request: &TestRequest<'_>) -> Result<TestRun, Diagnostic> {
    let mut command = Command::new(cargo_program());
    command
        .args(["test", "--no-fail-fast"])
        .args(["--target-dir", request.target_dir.as_str()])
        .args(&request.args)
        .current_dir(request.dir)
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .env_remove("CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER")
        .env("CARGO_TERM_COLOR", "never")
        .env("CARGO_INCREMENTAL", "0")
        // A test may look at what a failed one prints.
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(record) = &request.record {
        // An older cargo does not know of build folders, and compiles the dependencies once more.
        command
            .env(record.variable, record.file)
            .env("CARGO_BUILD_BUILD_DIR", record.build_dir);
        wrap(&mut command, record.side_dir, &[])?;
    }
    if let Some(toolchain) = request.toolchain {
        command.env("RUSTUP_TOOLCHAIN", toolchain);
    }
    let mut child = command.spawn().map_err(failed)?;
    let reader = read_aside(child.stderr.take());
    let mut stdout = Vec::new();
    if let Some(mut out) = child.stdout.take() {
        let _ = out.read_to_end(&mut stdout);
    }
    let status = child.wait().map_err(failed)?;
    let stderr = reader.join().unwrap_or_default();
    let mut found = read(&String::from_utf8_lossy(&stdout));
    if !status.success() && found.failed.is_empty() {
        if let Some(diagnostic) = out_of_room_in(stderr.lines()) {
            return Err(diagnostic);
        }
        let said: Vec<&str> = stderr
            .lines()
            // Under the wrapper rustc's place comes first.
            .skip_while(|line| !(line.starts_with("error") || line.contains(": error")))
            .take(CARGO_LINES)
            .collect();
        found.trouble = Some(said.join("\n"));
    }
    Ok(found)
}

/// Reads libtest's words.
fn read(text: &str) -> TestRun {
    let mut found = TestRun::default();
    let mut said: Vec<(String, Vec<&str>)> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if let Some(name) = line
            .strip_prefix("---- ")
            .and_then(|rest| rest.strip_suffix(" ----"))
        {
            let name = name.strip_suffix(" stdout").unwrap_or(name);
            said.push((name.to_owned(), Vec::new()));
            inside = true;
        } else if line == "failures:" {
            inside = false;
        } else if let Some(counts) = line.strip_prefix("test result: ") {
            inside = false;
            found.passed += count(counts, "passed");
            found.ignored += count(counts, "ignored");
        } else if let Some((_, lines)) = said.last_mut().filter(|_| inside)
            && !line.trim().is_empty()
            && lines.len() < LINES
        {
            lines.push(line);
        } else if let Some(name) = line
            .strip_prefix("test ")
            .and_then(|rest| rest.strip_suffix(" ... FAILED"))
        {
            found.failed.push((name.to_owned(), String::new()));
        }
    }
    for (name, lines) in said {
        let one = found.failed.iter_mut();
        if let Some((_, words)) = one.into_iter().find(|(n, w)| *n == name && w.is_empty()) {
            *words = lines.join("\n");
        }
    }
    found
}

/// `5` of `ok. 5 passed; 0 failed; …`.
fn count(text: &str, what: &str) -> usize {
    let words: Vec<&str> = text
        .split([' ', ';', '.'])
        .filter(|w| !w.is_empty())
        .collect();
    let at = words.iter().position(|word| *word == what);
    let number = at.and_then(|at| words.get(at.checked_sub(1)?));
    number.and_then(|n| n.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_programs_and_their_failures() {
        let text = "
running 2 tests
test a::ok ... ok
test a::bad ... FAILED

failures:

---- a::bad stdout ----

thread 'a::bad' panicked at src/lib.rs:9:5:
assertion failed: 1 > 2


failures:
    a::bad

test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s

running 2 tests
test later ... ignored
test src/lib.rs - f (line 3) ... ok

test result: ok. 1 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.20s
";
        let said = "thread 'a::bad' panicked at src/lib.rs:9:5:\nassertion failed: 1 > 2";
        let wanted = TestRun {
            passed: 2,
            ignored: 1,
            failed: vec![("a::bad".to_owned(), said.to_owned())],
            trouble: None,
        };
        assert_eq!(read(text), wanted);
    }
}
