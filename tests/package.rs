//! `extract package`, on a small output that needs no crate of the registry.
//!
//! Input: a workspace as `split` would have written it, with one function, and a crate of the monolith that
//! is kept whole beside it. Output: nothing but failures.

#![cfg(all(target_os = "linux", target_env = "gnu"))]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod common;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use common::{Run, program, run_in, said};
use serde_json::Value;
use tempfile::TempDir;

const MANIFEST: &str = r#"
[workspace]
members = ["functions/*"]
resolver = "3"

[profile.release]
codegen-units = 1
strip = "symbols"
"#;

const FUNCTION: &str = r#"
[package]
name = "say-hello"
version = "0.1.0"
edition = "2024"

[dependencies]
words = { path = "../../../crates/words" }
"#;

const LOCK: &str = r#"# extract.lock v1: made by extract; do not edit
{"entry":{"path":"words::hello","function":"say-hello"}}
"#;

/// What tells folders apart: a panic that names its file, and a `TypeId`.
const WORDS: &str = r#"
pub struct Word;
pub fn hello(name: &str) -> String {
    assert!(!name.is_empty(), "nobody");
    format!("hello {name} {:?}", std::any::TypeId::of::<Word>())
}
"#;

const MAIN: &str =
    r#"fn main() { println!("{}", words::hello(&std::env::args().nth(1).unwrap_or_default())); }"#;

const ARCH: &str = if cfg!(target_arch = "aarch64") {
    "arm64"
} else {
    "x86_64"
};

fn write(dir: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = dir.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

/// A monolith's folder with its output, `below` the temporary folder, and other files in place of these.
fn output(below: &str, others: &[(&str, &str)]) -> TempDir {
    let dir = TempDir::new().unwrap();
    let home = dir.path().join(below);
    let words = "[package]\nname = \"words\"\nversion = \"0.3.0\"\nedition = \"2024\"\n";
    write(
        &home,
        &[
            ("crates/words/Cargo.toml", words),
            ("crates/words/src/lib.rs", WORDS),
            ("out/Cargo.toml", MANIFEST),
            ("out/extract.lock", LOCK),
            ("out/functions/say-hello/Cargo.toml", FUNCTION),
            ("out/functions/say-hello/src/main.rs", MAIN),
        ],
    );
    write(&home, others);
    let lock = Command::new("cargo")
        .args(["generate-lockfile", "--offline"])
        .current_dir(home.join("out"))
        .output()
        .unwrap();
    assert!(lock.status.success(), "{lock:?}");
    dir
}

fn package(dir: &Path, args: &[&str]) -> Run {
    let fixed = ["package", "--builder", "cargo"];
    run_in(dir, &[&fixed, args].concat())
}

fn json(run: &Run) -> Value {
    assert_eq!(run.stderr, "");
    serde_json::from_str(&run.stdout).unwrap()
}

#[test]
fn the_same_archive_in_every_folder() {
    let (here, there) = (output("a", &[]), output("elsewhere/b", &[]));
    let out = here.path().join("a/out");
    // Without a name it is the folder that one stands in.
    let first = json(&package(&out, &["--format", "json"]));
    let run = package(there.path(), &["elsewhere/b/out", "--format", "json"]);
    let second = json(&run);
    let book =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/src/json.md"))
            .unwrap();
    for name in first
        .as_object()
        .unwrap()
        .keys()
        .chain(first["functions"][0].as_object().unwrap().keys())
    {
        assert!(book.contains(&format!("`{name}`")), "json.md lacks {name}");
    }
    let function = &first["functions"][0];
    assert_eq!(function["name"], "say-hello");
    assert_eq!(function["zip"], "target/lambda/say-hello/bootstrap.zip");
    assert_eq!(function["changed"], true);
    assert_eq!(
        function["sha256"], second["functions"][0]["sha256"],
        "{}",
        run.stdout
    );
    let program = std::fs::read(out.join("target/lambda/say-hello/bootstrap")).unwrap();
    let text = String::from_utf8_lossy(&program);
    assert!(
        !text.contains(here.path().to_str().unwrap()),
        "the folder is in the program"
    );
    assert!(
        text.contains("words-0.3.0/src/lib.rs"),
        "a panic names its file"
    );

    let zip = std::fs::File::open(out.join("target/lambda/say-hello/bootstrap.zip")).unwrap();
    let mut zip = zip::ZipArchive::new(zip).unwrap();
    assert_eq!(zip.file_names().collect::<Vec<_>>(), ["bootstrap"]);
    assert_eq!(zip.by_index(0).unwrap().unix_mode(), Some(0o100_755));
    let path = out.join("target/lambda/say-hello/bootstrap");
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o755);
    let answer = Command::new(path).arg("Ann").output().unwrap();
    assert!(answer.stdout.starts_with(b"hello Ann"), "{answer:?}");

    let again = json(&package(
        &out,
        &["--function", "say_hello", "--format", "json"],
    ));
    assert_eq!(again["functions"][0]["changed"], false);
    assert_eq!(again["functions"][0]["sha256"], function["sha256"]);

    let elsewhere = package(here.path(), &["a/out", "--out", "zips"]);
    insta::assert_snapshot!("packaged", steady(&elsewhere.stdout));
    assert!(here.path().join("zips/say-hello/bootstrap.zip").is_file());
}

/// Without what differs between machines.
fn steady(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.contains("time"));
    let words = lines.map(|line| {
        line.split(' ')
            .map(|word| {
                if word.parse::<u32>().is_ok_and(|n| n > 9) {
                    "N"
                } else {
                    word
                }
            })
            .collect::<Vec<_>>()
            .join(" ")
    });
    words.collect::<Vec<_>>().join("\n").replace(ARCH, "[arch]")
}

#[test]
fn what_is_not_there_is_refused() {
    let dir = output("", &[]);
    let run = package(&dir.path().join("out"), &["--function", "say-helo"]);
    assert_eq!(run.status, 2);
    insta::assert_snapshot!("not_there", run.stderr);
    let run = package(dir.path(), &["crates"]);
    assert!(
        run.status == 2 && run.stderr.contains("X0404"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_library_has_nothing_to_start() {
    let dir = output("", &[("out/functions/say-hello/src/lib.rs", "")]);
    let out = dir.path().join("out");
    std::fs::remove_file(out.join("functions/say-hello/src/main.rs")).unwrap();
    let run = package(&out, &[]);
    assert_eq!(run.status, 2);
    insta::assert_snapshot!("library", run.stderr);
}

#[test]
fn a_lock_file_that_no_longer_fits_is_not_changed() {
    let dir = output("", &[]);
    let more = "[package]\nname = \"words\"\nversion = \"0.4.0\"\nedition = \"2024\"\n";
    write(dir.path(), &[("crates/words/Cargo.toml", more)]);
    let run = package(&dir.path().join("out"), &[]);
    assert_eq!(run.status, 2);
    assert!(
        run.stderr.contains("X0702") && run.stderr.contains("run `extract split` again"),
        "{}",
        run.stderr
    );
}

#[test]
fn what_does_not_compile_is_shown() {
    let main = "fn main() { words::bye() }";
    let dir = output("", &[("out/functions/say-hello/src/main.rs", main)]);
    let run = package(&dir.path().join("out"), &[]);
    assert_eq!(run.status, 2);
    // The rest is rustc's.
    let lines = run.stderr.lines();
    let own: Vec<&str> = lines.filter(|line| !line.contains("= note")).collect();
    let own = own.join("\n").replace(std::env::consts::ARCH, "[arch]");
    insta::assert_snapshot!("does_not_build", own);
    assert!(
        run.stderr.contains("cannot find function `bye`"),
        "{}",
        run.stderr
    );
}

/// The program is made of this test's own by a cargo of the test.
#[test]
fn a_program_that_is_too_large_is_refused() {
    let dir = output("", &[]);
    let program = dir.path().join("large");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let file = std::fs::File::options().write(true).open(&program).unwrap();
    file.set_len(300 << 20).unwrap();
    let built = serde_json::json!({
        "reason": "compiler-artifact", "package_id": "say-hello", "manifest_path": "/Cargo.toml",
        "target": {"kind": ["bin"], "crate_types": ["bin"], "name": "say-hello", "src_path": "/main.rs",
            "edition": "2024", "doc": true, "doctest": false, "test": true},
        "profile": {"opt_level": "3", "debuginfo": 0, "debug_assertions": false, "overflow_checks": false,
            "test": false},
        "features": [], "filenames": [], "executable": program, "fresh": false,
    });
    let cargo = dir.path().join("cargo");
    let script =
        format!("#!/bin/sh\ncase $1 in build) echo '{built}';; *) exec cargo \"$@\";; esac\n");
    script_at(&cargo, &script);
    let output = common::program(&dir.path().join("out"))
        .args(["package", "--builder", "cargo"])
        .env("CARGO", &cargo)
        .output()
        .unwrap();
    let run = said(dir.path(), &output);
    assert_eq!(run.status, 2);
    insta::assert_snapshot!("too_large", run.stderr);
}

fn script_at(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// `arc4random` came with glibc 2.36.
#[test]
fn a_program_that_would_not_start_is_refused() {
    let main = "unsafe extern \"C\" { fn arc4random() -> u32; }\n\
                fn main() { println!(\"{}\", unsafe { arc4random() }); }";
    let dir = output("", &[("out/functions/say-hello/src/main.rs", main)]);
    let run = package(&dir.path().join("out"), &[]);
    assert_eq!(run.status, 2);
    if run.stderr.contains("undefined reference") {
        // This machine's glibc is older: there is nothing to refuse.
        return;
    }
    insta::assert_snapshot!("will_not_start", run.stderr);
    assert!(!dir.path().join("out/target/lambda").exists());
}

#[test]
fn an_architecture_without_its_standard_library_is_refused() {
    let dir = output("", &[]);
    let rustc = dir.path().join("rustc");
    let script =
        "#!/bin/sh\ncase $* in *target-libdir*) echo /nowhere/lib;; *) exec rustc \"$@\";; esac\n";
    script_at(&rustc, script);
    let output = program(&dir.path().join("out"))
        .args(["package", "--builder", "cargo", "--arch", "arm64"])
        .env("RUSTC", &rustc)
        .output()
        .unwrap();
    let run = said(dir.path(), &output);
    assert_eq!(run.status, 2);
    insta::assert_snapshot!("no_std", run.stderr);
}
