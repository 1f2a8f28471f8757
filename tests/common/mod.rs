//! What tests of the program as a process share: copies of fixtures, and runs with a cleaned environment.

#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![allow(dead_code, reason = "each test program uses its own part")]

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// What a run said, the folder's path filtered.
pub struct Run {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

/// A copy of a workspace in `tests/fixtures`.
pub fn fixture(name: &str) -> TempDir {
    let to = TempDir::new().unwrap();
    copy_fixture(name, to.path());
    to
}

/// Copies a workspace in `tests/fixtures` to `to`.
pub fn copy_fixture(name: &str, to: &Path) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name);
    for entry in walkdir::WalkDir::new(&from) {
        let entry = entry.unwrap();
        let target = to.join(entry.path().strip_prefix(&from).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(target).unwrap();
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The program in `dir`, away from what the one who runs the tests has set for cargo.
pub fn program(dir: &Path) -> Command {
    cleaned(Command::new(env!("CARGO_BIN_EXE_extract")), dir)
}

/// The same for a program that starts ours.
pub fn cleaned(mut command: Command, dir: &Path) -> Command {
    command
        .current_dir(dir)
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("CARGO_BUILD_TARGET_DIR")
        .env_remove("RUSTFLAGS")
        .env("CARGO_NET_OFFLINE", "true");
    command
}

/// Runs it there.
pub fn run_in(dir: &Path, args: &[&str]) -> Run {
    said(dir, &program(dir).args(args).output().unwrap())
}

/// What it said.
pub fn said(dir: &Path, output: &Output) -> Run {
    let real = dir.canonicalize().unwrap();
    let clean = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
        text.replace(real.to_str().unwrap(), "[root]")
            .replace(dir.to_str().unwrap(), "[root]")
    };
    Run {
        status: output.status.code().unwrap_or(-1),
        stdout: clean(&output.stdout),
        stderr: clean(&output.stderr),
    }
}

/// The manifest of a package that has nothing but its name.
pub fn package(name: &str) -> String {
    format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n")
}

/// A crate named `app` of these files.
pub fn app(files: &[(&str, &str)]) -> TempDir {
    let dir = TempDir::new().unwrap();
    let manifest =
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[workspace]\n";
    for (name, text) in [("Cargo.toml", manifest)].iter().chain(files) {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    dir
}

/// `split --no-shim` of an entry there.
pub fn split(dir: &Path, entry: &str) -> Output {
    program(dir)
        .args(["split", "--no-shim", "--entry", entry])
        .output()
        .unwrap()
}

/// Cuts, and gives the text of a file of the output.
pub fn cut(dir: &Path, entry: &str, file: &str) -> String {
    let run = split(dir, entry);
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    std::fs::read_to_string(dir.join("extracted").join(file)).unwrap()
}
