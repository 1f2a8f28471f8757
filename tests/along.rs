//! Tests come along: which do, which stay behind and why, and that those that came pass in the output.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

/// A copy of the fixture, cut.
struct Cut {
    _temp: TempDir,
    out: PathBuf,
    answer: Value,
}

fn cut(args: &[&str]) -> Cut {
    let temp = tempfile::tempdir().unwrap();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/along");
    for entry in walkdir::WalkDir::new(&fixture) {
        let entry = entry.unwrap();
        let to = temp
            .path()
            .join(entry.path().strip_prefix(&fixture).unwrap());
        if entry.file_type().is_dir() {
            fs_err::create_dir_all(to).unwrap();
        } else {
            fs_err::copy(entry.path(), to).unwrap();
        }
    }
    let output = Command::new(env!("CARGO_BIN_EXE_extract"))
        .args(["split", "--no-shim", "--format", "json"])
        .args(args)
        .current_dir(temp.path())
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    Cut {
        out: temp.path().join("extracted"),
        answer: serde_json::from_str(&text).unwrap(),
        _temp: temp,
    }
}

impl Cut {
    fn came(&self) -> Vec<(&str, &str)> {
        let list = self.answer["tests"]["came"].as_array().unwrap();
        list.iter()
            .map(|t| (t["path"].as_str().unwrap(), t["dir"].as_str().unwrap()))
            .collect()
    }

    fn why_left(&self, path: &str) -> &str {
        let list = self.answer["tests"]["left"].as_array().unwrap();
        let test = list.iter().find(|t| t["path"] == path).unwrap();
        test["reason"].as_str().unwrap()
    }

    fn text(&self, path: &str) -> String {
        fs_err::read_to_string(self.out.join(path)).unwrap()
    }

    fn has(&self, path: &str) -> bool {
        self.out.join(path).exists()
    }

    /// `cargo test` in the output: the names of the tests that passed. Nothing fails, nothing warns.
    fn passed(&self) -> Vec<String> {
        let output = Command::new(env!("CARGO"))
            .arg("test")
            .current_dir(&self.out)
            .env_remove("CARGO_TARGET_DIR")
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text}{said}");
        assert!(!said.contains("warning"), "{said}");
        let mut names: Vec<String> = text
            .lines()
            .filter_map(|l| l.strip_prefix("test ")?.strip_suffix(" ... ok"))
            .map(str::to_owned)
            .collect();
        names.sort();
        names
    }
}

#[test]
fn tests_inside_the_slice_come_and_pass() {
    let cut = cut(&["--entry", "statement"]);
    let domain = "domain/ledger";
    let function = "functions/statement";
    assert_eq!(
        cut.came(),
        [
            (
                "ledger::amount::tests::counts_with_the_modules_import",
                domain
            ),
            ("ledger::amount::tests::parses", domain),
            ("ledger::statement::tests::embedded_data", function),
            ("ledger::statement::tests::snapshot", function),
            ("statements::reads_a_file", function),
        ]
    );
    assert_eq!(
        cut.passed(),
        [
            "amount::tests::counts_with_the_modules_import",
            "amount::tests::parses",
            "reads_a_file",
            "statement::tests::embedded_data",
            "statement::tests::snapshot",
        ]
    );
}

#[test]
fn what_stays_behind_has_a_reason() {
    let cut = cut(&["--entry", "statement"]);
    for (test, reason) in [
        (
            "ledger::amount::tests::sums",
            "it names `ledger::amount::by_name`, which was left behind",
        ),
        (
            "ledger::amount::tests::halves",
            "it needs `halved`; rustc: no method named `half` found for struct `amount::Amount` in the current scope",
        ),
        (
            "ledger::account::tests::pays",
            "it stands in `ledger::account`, which was left behind",
        ),
        (
            "statements::starts_at_nothing",
            "it needs `account`, which names `ledger::account::Account`, which was left behind",
        ),
    ] {
        assert_eq!(cut.why_left(test), reason);
    }
    let review = cut.text("REVIEW.md");
    assert!(review.contains("### Tests left behind"));
    assert!(review.contains("| `ledger::amount::tests::sums` | `src/amount.rs:"));
}

#[test]
fn helpers_and_data_come_with_the_tests_that_need_them() {
    let cut = cut(&["--entry", "statement"]);
    let amount = cut.text("domain/ledger/src/amount.rs");
    assert!(amount.contains("fn parsed(") && !amount.contains("fn halved("));
    assert!(amount.contains("#[cfg(test)]\nuse std::collections::BTreeMap;\n"));
    let function = |path: &str| format!("functions/statement/{path}");
    let common = cut.text(&function("tests/common/mod.rs"));
    assert!(common.contains("fn total") && !common.contains("Account"));
    assert!(cut.has(&function("tests/data/lines.txt")));
    assert!(!cut.has(&function("tests/data/unused.bin")));
    assert!(cut.has(&function("src/testdata/lines.txt")));
    // A snapshot is known by the crate's name, which is another here.
    let snapshots = "src/statement/snapshots/statement__statement__tests__";
    assert!(cut.has(&function(&format!("{snapshots}snapshot.snap"))));
    assert!(!cut.has(&function(&format!("{snapshots}audit_snapshot.snap"))));
}

#[test]
fn examples_run_where_all_of_them_compile() {
    let off = cut(&["--entry", "statement"]);
    assert!(
        off.text("domain/ledger/Cargo.toml")
            .contains("doctest = false")
    );
    let review = off.text("REVIEW.md");
    assert!(review.contains("that of `ledger::amount::Amount::parse` does not compile"));

    let on = cut(&["--entry", "by_name"]);
    assert!(!on.text("domain/ledger/Cargo.toml").contains("doctest"));
    assert!(!on.has("domain/ledger/tests"));
    let passed = on.passed();
    let example = "domain/ledger/src/amount.rs - amount::Amount (line";
    assert!(
        passed.iter().any(|name| name.starts_with(example)),
        "{passed:?}"
    );
}

#[test]
fn without_tests_the_code_is_the_same() {
    let with = cut(&["--entry", "statement"]);
    let without = cut(&["--entry", "statement", "--no-tests"]);
    assert_eq!(without.answer["tests"], Value::Null);
    assert!(!without.text("REVIEW.md").contains("## Tests"));
    for path in [
        "domain/ledger/src/amount.rs",
        "functions/statement/src/statement.rs",
    ] {
        let with = with.text(path);
        let without = without.text(path);
        assert!(!without.contains("#[test]"));
        // Taking lines away from the one gives the other.
        let mut lines = with.lines();
        for line in without.lines() {
            assert!(lines.any(|l| l == line), "{path}: {line}");
        }
    }
}
