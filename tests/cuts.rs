//! Cuts that are compiled and run: what the extracted functions answer is what the monolith answers.
//!
//! Input: the workspaces in `tests/fixtures`, copied to a temporary folder. Output: both answers, compared.
//! A program of the test's own, `answers.rs` in the fixture, calls the functions; it is compiled once against
//! the monolith and once against the cut, and differs in its imports alone.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A copy of a fixture.
fn fixture(name: &str) -> TempDir {
    let from = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name);
    let to = TempDir::new().unwrap();
    for entry in walkdir::WalkDir::new(&from) {
        let entry = entry.unwrap();
        let target = to.path().join(entry.path().strip_prefix(&from).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(target).unwrap();
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
    to
}

/// A command that nothing of this machine's settings reaches.
fn command(program: &str, dir: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(dir)
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("CARGO_BUILD_TARGET_DIR")
        .env_remove("RUSTFLAGS")
        .env("CARGO_NET_OFFLINE", "true");
    command
}

/// Cuts `entries` out of the workspace in `dir`; gives the output folder.
fn split(dir: &Path, entries: &[&str]) -> PathBuf {
    let mut command = command(env!("CARGO_BIN_EXE_extract"), dir);
    command.args(["split", "--no-shim"]);
    for entry in entries {
        command.args(["--entry", entry]);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    dir.join("extracted")
}

/// What the workspace's default binary prints.
fn run(dir: &Path, package: &str) -> String {
    let mut command = command("cargo", dir);
    command.args(["run", "--quiet", "--package", package]);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout).unwrap()
}

/// Adds a member to the cut that runs `main` against the functions.
fn caller(out: &Path, functions: &[&str], main: &str) {
    let dir = out.join("caller");
    std::fs::create_dir_all(dir.join("src")).unwrap();
    let mut manifest = String::from(
        "[package]\nname = \"caller\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n",
    );
    for function in functions {
        manifest.push_str(&format!(
            "{function} = {{ path = \"../functions/{function}\" }}\n"
        ));
    }
    std::fs::write(dir.join("Cargo.toml"), manifest).unwrap();
    std::fs::write(dir.join("src/main.rs"), main).unwrap();
    let root = out.join("Cargo.toml");
    let text = std::fs::read_to_string(&root).unwrap();
    let text = text.replacen("members = [", "members = [\n    \"caller\",", 1);
    std::fs::write(root, text).unwrap();
}

/// `codec` answers otherwise when a feature is on that only the server asks for.
#[test]
fn a_feature_that_a_left_crate_asked_for_stays_on() {
    let dir = fixture("features");
    let monolith = dir.path().join("monolith");
    let before = run(&monolith, "server");
    let out = split(&monolith, &["label"]);
    let manifest = std::fs::read_to_string(out.join("domain/app/Cargo.toml")).unwrap();
    assert!(
        manifest.contains("codec = { workspace = true, features = [\"sorted\"] }\n"),
        "{manifest}"
    );
    let review = std::fs::read_to_string(out.join("REVIEW.md")).unwrap();
    assert!(
        review.contains("- `codec` in `domain/app`: `sorted`\n"),
        "{review}"
    );
    caller(
        &out,
        &["label"],
        "fn main() { println!(\"{}\", label::label(vec![\"b\".into(), \"a\".into()])); }\n",
    );
    let after = run(&out, "caller");
    assert_eq!(after.lines().next(), before.lines().next());
    assert_eq!(after, "a,b\n");
}
