//! What `split` refuses once the source is read: signatures that cannot cross, monoliths that do not
//! compile, toolchains that are not there, outputs that cannot be written.
//!
//! Input: the dependency-free workspaces in `tests/fixtures`. Output: stored snapshots of what real runs
//! say. `tests/cli.rs` has the refusals of names, arguments and configuration.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::path::Path;
use std::process::Command;

use common::{Run, fixture, program, run_in, said};
use extract::diag::{Code, Severity};
use tempfile::TempDir;

/// A refusal is status 2 with an empty stdout; its words are stored.
fn stored(snapshot: &str, run: &Run) {
    assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{}", run.stderr);
    insta::assert_snapshot!(snapshot, run.stderr);
}

/// The fixture of a shop that can be cut, with the text appended to one of its files.
fn shop_with(file: &str, text: &str) -> TempDir {
    let dir = fixture("cut");
    let path = dir.path().join(file);
    let before = std::fs::read_to_string(&path).unwrap_or_default();
    std::fs::write(path, before + text).unwrap();
    dir
}

fn split(dir: &Path) -> Run {
    run_in(dir, &["split", "--no-shim", "--entry", "total"])
}

fn split_to(dir: &Path, out: &str) -> Run {
    run_in(
        dir,
        &["split", "--no-shim", "--entry", "total", "--out", out],
    )
}

/// Every file under a folder with its bytes, the work folder left out.
fn files(dir: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    walkdir::WalkDir::new(dir)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|e| e.file_name() != "target")
        .map(Result::unwrap)
        .filter(|e| e.file_type().is_file())
        .map(|e| (e.path().to_owned(), std::fs::read(e.path()).unwrap()))
        .collect()
}

/// What only rustc knows is a refusal too, and not a cut that does not compile.
#[test]
fn foreign_types_that_cannot_cross() {
    let dir = fixture("crossing");
    for (snapshot, entry) in [
        ("foreign_parameter", "length"),
        ("foreign_field", "end"),
        ("foreign_result", "tokenize"),
        ("foreign_both", "shift"),
        ("foreign_feature", "since"),
        ("foreign_error", "parse"),
        ("foreign_unnamed", "weight"),
    ] {
        stored(snapshot, &run_in(dir.path(), &["split", "--entry", entry]));
    }
    // What rustc has nothing against crosses: a parameter's default, methods of traits that are not in scope.
    let mut args = vec!["split"];
    for entry in ["words", "count", "Number::from_str", "Vec::measure"] {
        args.extend(["--entry", entry]);
    }
    let run = run_in(dir.path(), &args);
    assert_eq!(run.status, 0, "{}", run.stderr);
}

#[test]
fn signatures_that_cannot_cross() {
    let dir = fixture("signatures");
    let before = files(dir.path());
    for (snapshot, entry) in [
        ("generic", "largest"),
        ("impl_trait", "label"),
        ("raw_pointer", "first"),
        ("function_pointer", "twice"),
        ("closure", "apply"),
        ("mutable", "bump"),
        ("trait_object", "show"),
        ("no_serde_field", "area"),
        ("no_serde_foreign", "size"),
        ("no_serde_result", "open"),
        ("self", "Pool::take"),
    ] {
        stored(snapshot, &run_in(dir.path(), &["split", "--entry", entry]));
    }
    let s3 = ["split", "--entry", "scale", "--trigger", "s3"];
    stored("unfed", &run_in(dir.path(), &s3));
    for (snapshot, bind) in [
        ("misbound_type", "size=s3:key"),
        ("misbound_name", "sise=const:1"),
    ] {
        let run = run_in(dir.path(), &[&s3[..], &["--bind", bind]].concat());
        stored(snapshot, &run);
    }
    for (snapshot, name) in [("no_variant", "Bussy"), ("no_variant_of_it", "Other::Busy")] {
        let args = ["split", "--entry", "reserve", "--retry-on", name];
        stored(snapshot, &run_in(dir.path(), &args));
    }
    let args = ["split", "--entry", "scale", "--retry-on", "Busy"];
    stored("no_variant_at_all", &run_in(dir.path(), &args));
    // Several at once: every reason is said, not the first alone.
    let run = run_in(
        dir.path(),
        &["split", "--entry", "first", "--entry", "bump"],
    );
    assert!(
        run.status == 2 && run.stderr.contains("X0302") && run.stderr.contains("X0304"),
        "{}",
        run.stderr
    );
    let after: Vec<_> = files(dir.path())
        .into_iter()
        .filter(|(path, _)| !path.ends_with("Cargo.lock"))
        .collect();
    assert_eq!(
        before, after,
        "a refusal writes nothing beside the work folder"
    );
}

#[test]
fn a_monolith_that_does_not_compile() {
    let dir = shop_with(
        "src/basket.rs",
        "\npub fn broken() -> u32 {\n    \"text\"\n}\n",
    );
    stored("does_not_compile", &split(dir.path()));
    // What the message offers works.
    let quick = run_in(dir.path(), &["analyze", "--quick"]);
    assert_eq!(quick.status, 0, "{}", quick.stderr);
}

#[test]
fn a_source_that_does_not_parse() {
    let dir = shop_with("src/stock.rs", "\npub fn broken() -> u32 {\n    1 +\n}\n");
    stored("does_not_parse", &split(dir.path()));
    // The rest still loads.
    let quick = run_in(dir.path(), &["analyze", "--quick"]);
    assert_eq!(quick.status, 0, "{}", quick.stderr);
    assert!(quick.stdout.contains("basket::total"), "{}", quick.stdout);
    assert!(quick.stderr.contains("X0105"), "{}", quick.stderr);
}

#[test]
fn a_source_that_is_not_utf8() {
    let dir = fixture("cut");
    std::fs::write(
        dir.path().join("src/stock.rs"),
        b"// caf\xe9\npub fn left() {}\n",
    )
    .unwrap();
    stored("not_utf8", &split(dir.path()));
}

#[test]
fn a_source_that_no_one_wrote_by_hand() {
    let dir = fixture("cut");
    let file = std::fs::File::create(dir.path().join("src/stock.rs")).unwrap();
    file.set_len(64 * 1024 * 1024 + 1).unwrap();
    stored("too_large", &split(dir.path()));
}

#[cfg(unix)]
#[test]
fn a_symlink_out_of_the_workspace() {
    let outside = TempDir::new().unwrap();
    let secret = outside.path().join("secret.rs");
    std::fs::write(&secret, "pub fn left() -> u32 { 7 }\n").unwrap();
    let dir = fixture("cut");
    let link = dir.path().join("src/stock.rs");
    std::fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(&secret, &link).unwrap();
    let mut run = split(dir.path());
    let real = outside.path().canonicalize().unwrap();
    run.stderr = run.stderr.replace(real.to_str().unwrap(), "[outside]");
    stored("symlink_out", &run);
}

#[test]
fn a_cargo_that_is_missing() {
    let dir = fixture("cut");
    let output = program(dir.path())
        .args(["split", "--entry", "total"])
        .env_remove("CARGO")
        .env("PATH", dir.path().join("nothing"))
        .output()
        .unwrap();
    stored("cargo_missing", &said(dir.path(), &output));
    let output = program(dir.path())
        .args(["split", "--entry", "total"])
        .env("RUSTC", dir.path().join("no/rustc"))
        .output()
        .unwrap();
    stored("rustc_missing", &said(dir.path(), &output));
}

#[test]
fn a_manifest_that_cargo_rejects() {
    let dir = fixture("cut");
    std::fs::write(
        dir.path().join("Cargo.toml"),
        "[package]\nname = \"tiny shop\"\nversion = \"0.1.0\"\n",
    )
    .unwrap();
    stored("manifest_rejected", &split(dir.path()));
}

/// A program of that name in the folder, which answers as the shell script says.
#[cfg(unix)]
fn script(dir: &Path, name: &str, text: &str) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let path = dir.join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[cfg(unix)]
#[test]
fn a_cargo_that_is_too_old() {
    let dir = fixture("cut");
    // One that knows neither the edition nor, later, the arguments.
    let old = "case \"$1\" in -V|--version) echo 'cargo 1.56.1 (4ed5d137b 2021-10-04)';; \
               *) echo \"error: Found argument '$2' which wasn't expected\" >&2; exit 1;; esac";
    let cargo = script(dir.path(), "old-cargo", old);
    let output = program(dir.path())
        .args(["split", "--entry", "total"])
        .env("CARGO", &cargo)
        .output()
        .unwrap();
    stored("cargo_too_old", &said(dir.path(), &output));
    // One that reads the manifest and then refuses the build.
    let real = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let later = format!(
        "case \"$1\" in metadata) exec '{real}' \"$@\";; -V) echo 'cargo 1.70.0 (ec8a8a0ca 2023-04-25)';; \
         *) echo \"error: unexpected argument '--keep-going' found\" >&2; exit 1;; esac"
    );
    let cargo = script(dir.path(), "later-cargo", &later);
    let output = program(dir.path())
        .args(["split", "--entry", "total"])
        .env("CARGO", &cargo)
        .output()
        .unwrap();
    stored("cargo_too_old_to_check", &said(dir.path(), &output));
}

#[test]
fn an_output_that_is_not_ours() {
    let dir = fixture("cut");
    std::fs::create_dir(dir.path().join("extracted")).unwrap();
    std::fs::write(dir.path().join("extracted/notes.txt"), "mine\n").unwrap();
    stored("output_not_ours", &split(dir.path()));
    assert_eq!(
        std::fs::read_to_string(dir.path().join("extracted/notes.txt")).unwrap(),
        "mine\n"
    );
    stored(
        "output_is_a_file",
        &split_to(dir.path(), "extracted/notes.txt"),
    );
}

#[test]
fn an_output_inside_the_source() {
    let dir = fixture("cut");
    stored("output_in_src", &split_to(dir.path(), "src/extracted"));
    stored("output_is_src", &split_to(dir.path(), "src"));
    stored("output_is_the_workspace", &split_to(dir.path(), "."));
    stored(
        "output_in_target",
        &split_to(dir.path(), "target/extracted"),
    );
}

/// The message with what differs from run to run left out: process ids, rustc's temporary names.
fn steady(said: &str) -> String {
    let mut out = said.to_owned();
    for (before, what) in [(".extract-", "[pid]"), ("deps/rmeta", "[random]")] {
        if let Some(at) = out.find(before).map(|at| at + before.len()) {
            let end = out[at..]
                .find(|c: char| !c.is_ascii_alphanumeric())
                .map_or(out.len(), |len| at + len);
            out.replace_range(at..end, what);
        }
    }
    out
}

/// A refusal for want of a place to write leaves no output, and no part of one.
fn unwritable(snapshot: &str, dir: &Path, run: &Run) {
    let said = steady(&run.stderr);
    assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{said}");
    insta::assert_snapshot!(snapshot, said);
    let left: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("extracted"))
        .collect();
    assert!(left.is_empty(), "a part is left: {left:?}");
}

/// A folder that cannot be made for anybody, root included: its parent is a file.
#[test]
fn an_output_below_a_file() {
    let dir = fixture("cut");
    std::fs::write(dir.path().join("plain"), "mine\n").unwrap();
    unwritable(
        "output_below_a_file",
        dir.path(),
        &split_to(dir.path(), "plain/extracted"),
    );
}

/// No permission, for root too: the kernel makes the folders of `/sys` itself. Which words it uses depends
/// on who asks and how it is mounted.
#[cfg(target_os = "linux")]
#[test]
fn no_permission() {
    let dir = fixture("cut");
    let mut run = split_to(dir.path(), "/sys/extracted");
    for words in [
        "Permission denied (os error 13)",
        "Operation not permitted (os error 1)",
        "Read-only file system (os error 30)",
    ] {
        run.stderr = run.stderr.replace(words, "[denied]");
    }
    unwritable("no_permission", dir.path(), &run);
}

/// The work folder cannot be made either: the shadow copy is refused before rustc is asked.
#[test]
fn a_work_folder_that_cannot_be_made() {
    let dir = fixture("cut");
    std::fs::create_dir(dir.path().join("target")).unwrap();
    std::fs::write(dir.path().join("target/extract"), "mine\n").unwrap();
    unwritable("work_folder", dir.path(), &split(dir.path()));
}

/// A run whose files may have so many blocks of 512 bytes: any user can take the room away from a process.
#[cfg(unix)]
fn split_within(dir: &Path, blocks: u32) -> Run {
    let mut sh = Command::new("sh");
    // The signal is ignored, so that the write fails instead.
    sh.arg("-c")
        .arg(format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\""))
        .arg("sh")
        .arg(env!("CARGO_BIN_EXE_extract"))
        .args(["split", "--no-shim", "--entry", "total"]);
    let output = common::cleaned(sh, dir).output().unwrap();
    said(dir, &output)
}

/// The shop with four megabytes in it; a cut of them is in the work folder, and none elsewhere.
#[cfg(unix)]
fn large_shop() -> TempDir {
    let dir = shop_with("src/basket.rs", "");
    std::fs::write(dir.path().join("src/data.bin"), vec![7; 4 << 20]).unwrap();
    let path = dir.path().join("src/basket.rs");
    let text = std::fs::read_to_string(&path).unwrap();
    let text = text.replace(
        "    lines.iter()",
        "    assert!(include_bytes!(\"data.bin\").len() > 1);\n    lines.iter()",
    );
    std::fs::write(path, text).unwrap();
    let first = split(dir.path());
    assert_eq!(first.status, 0, "{}", first.stderr);
    std::fs::remove_dir_all(dir.path().join("extracted")).unwrap();
    dir
}

/// Everything is proven, only the output has no room.
#[cfg(unix)]
#[test]
fn no_room_for_the_output() {
    let dir = large_shop();
    unwritable("no_room", dir.path(), &split_within(dir.path(), 2048));
}

/// The copies have room, what rustc makes of them has none: the disk is named, not the user's code.
#[cfg(unix)]
#[test]
fn no_room_for_rustc() {
    let dir = fixture("cut");
    let run = split_within(dir.path(), 8);
    unwritable("no_room_for_rustc", dir.path(), &run);
}

/// A disk that is full in truth: a file system of 64 KiB, which only this run sees.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs a kernel that lets this user mount; `cargo test --test refusals -- --ignored`"]
fn no_space_left() {
    let dir = fixture("cut");
    let first = split_to(dir.path(), "first");
    assert_eq!(first.status, 0, "{}", first.stderr);
    std::fs::create_dir(dir.path().join("small")).unwrap();
    let mut unshare = Command::new("unshare");
    unshare
        .args(["-rm", "sh", "-ec"])
        .arg("mount -t tmpfs -o size=4k none small; exec \"$@\"")
        .arg("sh")
        .arg(env!("CARGO_BIN_EXE_extract"))
        .args([
            "split",
            "--no-shim",
            "--entry",
            "total",
            "--out",
            "small/out",
        ]);
    let output = common::cleaned(unshare, dir.path()).output().unwrap();
    unwritable("no_space_left", dir.path(), &said(dir.path(), &output));
}

#[test]
fn no_output_to_verify() {
    let dir = fixture("cut");
    stored("no_output", &run_in(dir.path(), &["verify"]));
}

#[test]
fn cases_for_another_entry() {
    let dir = fixture("cut");
    let lock = "# extract.lock v1: made by extract; do not edit\n\
                {\"entry\":{\"path\":\"shop::invoice::render\",\"function\":\"render\"}}\n";
    std::fs::create_dir(dir.path().join("extracted")).unwrap();
    std::fs::write(dir.path().join("extracted/extract.lock"), lock).unwrap();
    std::fs::write(
        dir.path().join("cases.json"),
        "{\"shop::invoice::rendr\": []}",
    )
    .unwrap();
    let args = ["verify", "--cases", "cases.json"];
    stored("bad_cases", &run_in(dir.path(), &args));
}

#[test]
fn a_crate_that_cannot_be_kept() {
    let dir = fixture("keep");
    let args = [
        "split",
        "--no-shim",
        "--entry",
        "app::price",
        "--keep",
        "app",
    ];
    stored("crate_choice", &run_in(dir.path(), &args));
}

/// A code without a stored message is a message that nobody has read.
#[test]
fn every_refusal_has_a_stored_message() {
    let stored: String =
        std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots"))
            .unwrap()
            .map(|e| std::fs::read_to_string(e.unwrap().path()).unwrap())
            .collect();
    let missing: Vec<&str> = Code::ALL
        .iter()
        .filter(|code| code.severity() == Severity::Error)
        // No monolith is known whose cut rustc rejects or reads otherwise; one that is found is a bug and
        // gets mended.
        .filter(|code| !matches!(code, Code::ProofFailed | Code::BindingDiffers))
        .map(|code| code.as_str())
        .filter(|code| !stored.contains(&format!("error[{code}]")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
