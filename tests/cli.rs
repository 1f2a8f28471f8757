//! The command line as a process: every refusal of names and configuration, and the happy paths.
//!
//! Input: the workspaces in `tests/fixtures`, copied to a temporary folder. Output: stored snapshots of
//! what the program says, with the folder's path filtered.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod common;

use std::path::Path;
use std::process::Command;

use common::{fixture, program, run_in};
use tempfile::TempDir;

/// Runs in the fixture of refusals, which must be status 2 with an empty stdout, and compares stderr.
fn refused(snapshot: &str, args: &[&str]) {
    let dir = fixture("refusals");
    refused_in(dir.path(), snapshot, args);
}

fn refused_in(dir: &Path, snapshot: &str, args: &[&str]) {
    let run = run_in(dir, args);
    assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{}", run.stderr);
    insta::assert_snapshot!(snapshot, run.stderr);
}

fn entry_refused(snapshot: &str, name: &str) {
    refused(snapshot, &["split", "--entry", name]);
}

/// The path that an entry name leads to.
fn leads_to(name: &str, path: &str) {
    let dir = fixture("refusals");
    let run = run_in(
        dir.path(),
        &["analyze", "--quick", "--format", "json", "--entry", name],
    );
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    let answer: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(answer["candidates"][0]["path"], path, "{name}");
}

#[test]
fn names_lead_to_functions() {
    leads_to("shop::invoice::render", "shop::invoice::render");
    leads_to("invoice::render", "shop::invoice::render");
    leads_to("crate::invoice::render()", "shop::invoice::render");
    leads_to("corner-shop::invoice::render", "shop::invoice::render");
    leads_to("Cart::total", "shop::Cart::total");
    leads_to("total", "shop::Cart::total");
    leads_to("<Cart as Shape>::area", "shop::Cart::area");
}

#[test]
fn re_exports_lead_to_functions() {
    leads_to("shop::everything", "shop::invoice::render_all");
    leads_to("shop::summary", "shop::report::summary");
}

#[test]
fn a_file_in_lib_and_bin_is_the_libs() {
    leads_to("cents", "shop::money::cents");
    leads_to("till::money::cents", "till::money::cents");
}

#[test]
fn not_found() {
    entry_refused("not_found", "frobnicate");
}

#[test]
fn not_found_with_a_neighbour() {
    entry_refused("not_found_neighbour", "invoice::rendr");
}

#[test]
fn not_found_there_but_elsewhere() {
    entry_refused("not_found_elsewhere", "shop::stock::summary");
}

#[test]
fn not_found_in_std() {
    entry_refused("not_found_std", "std::mem::swap");
}

#[test]
fn ambiguous() {
    entry_refused("ambiguous", "render");
}

#[test]
fn not_a_function() {
    entry_refused("not_a_function_struct", "Cart");
    entry_refused("not_a_function_const", "shop::LIMIT");
    entry_refused("not_a_function_module", "shop::invoice");
    entry_refused("not_a_function_macro", "getter");
    entry_refused("not_a_function_trait_method", "Shape::area");
}

#[test]
fn in_a_proc_macro_crate() {
    entry_refused("in_proc_macro", "nothing");
}

#[test]
fn cfg_off() {
    entry_refused("cfg_off_feature", "pdf");
    entry_refused("cfg_off_platform", "nowhere");
}

#[test]
fn a_feature_turns_it_on() {
    let dir = fixture("refusals");
    let args = [
        "analyze",
        "--quick",
        "--entry",
        "pdf",
        "-p",
        "corner-shop",
        "--features",
        "pdf",
        "--format",
        "json",
    ];
    let run = run_in(dir.path(), &args);
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
}

#[test]
fn tests_and_mains() {
    entry_refused("test", "adds");
    entry_refused("test_module", "tests::renders");
    entry_refused("main", "till::main");
}

#[test]
fn made_by_a_macro() {
    entry_refused("macro_made", "inside_a_macro");
    entry_refused("macro_made_by_name", "made");
}

#[test]
fn unsafe_and_foreign() {
    entry_refused("unsafe", "peek");
    entry_refused("extern", "callback");
    entry_refused("foreign", "abs");
}

#[test]
fn not_built_with_the_package() {
    refused(
        "other_package",
        &["split", "-p", "shop-macros", "--entry", "Cart::total"],
    );
}

#[test]
fn not_a_member() {
    refused("not_a_member", &["analyze", "--quick", "-p", "corner-shp"]);
}

#[test]
fn no_entry() {
    refused("no_entry", &["split"]);
}

#[test]
fn a_const_fn_in_types() {
    refused(
        "const_in_types",
        &["split", "--no-shim", "--entry", "width"],
    );
}

#[test]
fn a_generic_entry_is_told_its_instances() {
    let dir = fixture("callgraph");
    refused_in(
        dir.path(),
        "generic_instances",
        &["split", "--entry", "generics::sum"],
    );
}

#[test]
fn no_manifest() {
    let dir = TempDir::new().unwrap();
    refused_in(
        dir.path(),
        "no_manifest",
        &["analyze", "--quick", "--manifest-path", "nowhere"],
    );
}

fn config(snapshot: &str, text: &str) {
    let dir = fixture("refusals");
    std::fs::write(dir.path().join("extract.toml"), text).unwrap();
    refused_in(dir.path(), snapshot, &["split"]);
}

#[test]
fn bad_config() {
    config("config_key", "outt = \"functions\"\n");
    config(
        "config_entry_key",
        "[[entry]]\npth = \"shop::invoice::render\"\n",
    );
    config("config_type", "out = 3\n");
    config("config_syntax", "out = \"a\n");
    config(
        "config_entry_not_found",
        "[[entry]]\npath = \"shop::invoice::rendr\"\n",
    );
}

#[test]
fn a_marker_above_no_function() {
    let dir = fixture("cut");
    let path = dir.path().join("src/basket.rs");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(
        &path,
        text.replacen("/// A line", "// extract: entry\n/// A line", 1),
    )
    .unwrap();
    refused_in(dir.path(), "marker_above_struct", &["split"]);
}

#[test]
fn wrong_use() {
    refused("quick_split", &["split", "--quick", "--entry", "total"]);
    refused("unknown_code", &["explain", "X0212"]);
    refused("unknown_flag", &["split", "--entri", "total"]);
}

#[test]
fn refusals_as_json() {
    let dir = fixture("refusals");
    let run = run_in(
        dir.path(),
        &["split", "--entry", "Cart", "--format", "json"],
    );
    assert_eq!((run.status, run.stderr.as_str()), (2, ""));
    insta::assert_snapshot!("refusal_json", run.stdout);
}

#[test]
fn analyze_quick() {
    let dir = fixture("cut");
    let run = run_in(dir.path(), &["analyze", "--quick"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    insta::assert_snapshot!("analyze_quick", run.stdout);
    let run = run_in(
        dir.path(),
        &[
            "analyze", "--quick", "--format", "json", "--entry", "is_empty",
        ],
    );
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    insta::assert_snapshot!("analyze_quick_json", run.stdout);
    let run = run_in(
        dir.path(),
        &[
            "analyze", "--quick", "--format", "dot", "--entry", "is_empty",
        ],
    );
    assert_eq!(run.status, 0, "{}", run.stderr);
    insta::assert_snapshot!("analyze_quick_dot", run.stdout);
}

#[test]
fn why_quick() {
    let dir = fixture("cut");
    let run = run_in(
        dir.path(),
        &["why", "Price", "--entry", "is_empty", "--quick"],
    );
    assert_eq!(run.status, 0, "{}", run.stderr);
    insta::assert_snapshot!("why_quick", run.stdout);
    let run = run_in(
        dir.path(),
        &[
            "why",
            "stock::left",
            "--entry",
            "total",
            "--quick",
            "--format",
            "json",
        ],
    );
    assert_eq!(run.status, 0, "{}", run.stderr);
    insta::assert_snapshot!("why_not_needed", run.stdout);
}

#[test]
fn explain() {
    let dir = TempDir::new().unwrap();
    let page = run_in(dir.path(), &["explain", "x0201"]);
    assert_eq!(page.status, 0, "{}", page.stderr);
    assert!(page.stdout.contains("X0201"), "{}", page.stdout);
    let list = run_in(dir.path(), &["explain"]);
    assert!(
        list.stdout.starts_with("X0101  no Cargo.toml was found\n"),
        "{}",
        list.stdout
    );
}

#[test]
fn completions() {
    let dir = TempDir::new().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = run_in(dir.path(), &["completions", shell]);
        assert!(
            run.status == 0 && run.stdout.contains("no-shim"),
            "{shell}: {}",
            run.stderr
        );
    }
}

#[test]
fn cargo_passes_its_word() {
    let output = Command::new(env!("CARGO_BIN_EXE_cargo-extract"))
        .args(["extract", "explain", "X0201"])
        .output()
        .unwrap();
    assert!(output.status.success());
}

#[cfg(unix)]
#[test]
fn a_reader_that_stops_is_no_failure() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_extract"))
        .args(["completions", "bash"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// One cut of all entries that `extract.toml` and the comments name, then the same again.
#[test]
fn split() {
    let dir = fixture("cut");
    let plan = run_in(
        dir.path(),
        &["split", "--no-shim", "--dry-run", "--format", "json"],
    );
    assert_eq!(
        (plan.status, plan.stderr.as_str()),
        (1, ""),
        "{}",
        plan.stdout
    );
    assert!(!dir.path().join("extracted").exists());
    let made = run_in(dir.path(), &["split", "--no-shim", "--format", "json"]);
    assert_eq!(
        (made.status, made.stderr.as_str()),
        (0, ""),
        "{}",
        made.stdout
    );
    let answer: serde_json::Value = serde_json::from_str(&made.stdout).unwrap();
    let entries: Vec<&str> = answer["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["path"].as_str().unwrap())
        .collect();
    assert_eq!(
        entries,
        ["tiny_shop::basket::total", "tiny_shop::basket::is_empty"]
    );
    let out = dir.path().join("extracted");
    assert!(out.join("REVIEW.md").is_file() && out.join("extract.lock").is_file());
    // What one entry alone uses is its function's own; what both use is the domain's.
    let own = std::fs::read_to_string(out.join("functions/total/src/basket.rs")).unwrap();
    assert!(own.contains("    lines.iter().map(|line| line.price.times(line.count).0).sum()"));
    let domain = std::fs::read_to_string(out.join("domain/tiny-shop/src/basket.rs")).unwrap();
    assert!(domain.contains("pub struct Line") && !domain.contains("fn total"));
    assert!(!out.join("domain/tiny-shop/src/stock.rs").exists());
    let again = run_in(dir.path(), &["split", "--no-shim", "--dry-run"]);
    assert_eq!(again.status, 0, "{}{}", again.stdout, again.stderr);
    assert!(
        again.stdout.starts_with("up to date extracted\n"),
        "{}",
        again.stdout
    );
}

/// Where the caller stands, another toolchain may be pinned than where the manifest lies, or one that is not there.
#[cfg(unix)]
#[test]
fn cargo_is_asked_where_the_manifest_lies() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = fixture("cut");
    let elsewhere = TempDir::new().unwrap();
    std::fs::write(elsewhere.path().join("pinned"), "").unwrap();
    let cargo = elsewhere.path().join("cargo");
    let real = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let script = format!(
        "#!/bin/sh\n[ ! -e pinned ] || {{ echo asked here >&2; exit 1; }}\nexec '{real}' \"$@\"\n"
    );
    std::fs::write(&cargo, script).unwrap();
    std::fs::set_permissions(&cargo, std::fs::Permissions::from_mode(0o755)).unwrap();
    let output = program(elsewhere.path())
        .args(["split", "--no-shim", "--entry", "total", "--manifest-path"])
        .arg(dir.path().join("Cargo.toml"))
        .env("CARGO", &cargo)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}
