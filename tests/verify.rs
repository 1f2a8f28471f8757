//! `extract verify` over a small output: untouched, edited by hand, and left behind by the monolith.
//!
//! Input: `tests/fixtures/verify`, copied to a temporary folder and split there. Output: what the program
//! answers as JSON, and its status.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod common;

use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

/// A copy of the fixture with its output.
struct Till(TempDir);

impl Till {
    fn split(args: &[&str]) -> Self {
        let till = Self(common::fixture("verify"));
        let (status, answer) = till.run(&[&["split"], args].concat());
        assert_eq!(status, 0, "{answer}");
        assert_eq!(answer["names"]["kept"], answer["names"]["total"]);
        till
    }

    fn run(&self, args: &[&str]) -> (i32, Value) {
        let output = common::program(self.0.path())
            .args(args)
            .args(["--format", "json"])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let answer = serde_json::from_str(&text)
            .unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)));
        (output.status.code().unwrap(), answer)
    }

    /// The file of the folder that holds a text, the text replaced.
    fn edit(&self, folder: &str, text: &str, with: &str) -> PathBuf {
        let folder = self.0.path().join(folder);
        let found = walkdir::WalkDir::new(&folder)
            .into_iter()
            .map(|entry| entry.unwrap().into_path())
            .filter(|path| path.extension().is_some_and(|e| e == "rs"))
            .find(|path| std::fs::read_to_string(path).unwrap().contains(text))
            .unwrap_or_else(|| panic!("nothing holds {text}"));
        let old = std::fs::read_to_string(&found).unwrap();
        std::fs::write(&found, old.replacen(text, with, 1)).unwrap();
        found
    }
}

#[test]
fn an_untouched_output_is_fine() {
    let till = Till::split(&["--no-shim"]);
    let (status, answer) = till.run(&["verify"]);
    assert_eq!((status, &answer["fine"]), (0, &json!(true)), "{answer}");
    assert_eq!(
        answer["build"],
        json!({"crates": 2, "errors": [], "test_errors": [], "warnings": []})
    );
    let names = &answer["names"];
    assert_eq!(names["status"], "same");
    assert!(names["references"].as_u64().unwrap() >= 5, "{names}");
    assert_eq!(names["same"], names["references"]);
    assert_eq!(
        answer["tests"],
        json!({"passed": 1, "ignored": 1, "failed": [], "trouble": null})
    );
    assert_eq!(answer["answers"], Value::Null);
}

#[test]
fn a_test_that_fails_is_a_difference() {
    let till = Till::split(&["--no-shim"]);
    till.edit("extracted", "round(cents) / 5", "round(cents) / 4");
    let (status, answer) = till.run(&["verify"]);
    assert_eq!((status, &answer["fine"]), (1, &json!(false)), "{answer}");
    let tests = &answer["tests"];
    assert_eq!(
        (&tests["passed"], &tests["ignored"]),
        (&json!(0), &json!(1))
    );
    let failed = &tests["failed"][0];
    assert_eq!(failed["name"], "tax::tests::a_fifth_of_whole_euros");
    assert!(
        failed["said"].as_str().unwrap().contains("left: 250"),
        "{failed}"
    );

    let (status, answer) = till.run(&["verify", "--no-tests"]);
    assert_eq!((status, &answer["tests"]), (0, &Value::Null), "{answer}");
}

/// comrak: a test that did not compile kept the answers from being compared.
#[test]
fn a_test_that_does_not_compile_says_nothing_of_the_functions() {
    let till = Till::split(&["--no-shim"]);
    till.edit(
        "extracted",
        "#[test]",
        "#[test]\n    fn lost() { missing(); }\n\n    #[test]",
    );
    let (status, answer) = till.run(&["verify", "--no-tests"]);
    assert_eq!((status, &answer["fine"]), (1, &json!(false)), "{answer}");
    let build = &answer["build"];
    assert_eq!(build["errors"], json!([]));
    assert_eq!(build["test_errors"].as_array().unwrap().len(), 1, "{build}");
    assert_eq!(answer["names"]["status"], "same");
}

#[test]
fn a_name_that_leads_elsewhere_is_found_where_it_is_used() {
    let till = Till::split(&["--no-shim"]);
    till.edit(
        "extracted",
        "use crate::coins::round;",
        "use crate::tax::round;",
    );
    let (status, answer) = till.run(&["verify"]);
    assert_eq!((status, &answer["fine"]), (1, &json!(false)), "{answer}");
    assert_eq!(
        answer["integrity"]["edited"],
        json!(["functions/total/src/receipt.rs"])
    );
    assert_eq!(answer["names"]["edited"], 1, "the import itself");
    let found = &answer["names"]["differences"];
    assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
    let found = &found[0];
    assert_eq!(found["name"], "round");
    assert_eq!(found["place"]["source"], "    round(sum) + tax::of(sum)");
    assert_eq!(
        (&found["was"], &found["is"]),
        (&json!(["till::coins::round"]), &json!(["till::tax::round"]))
    );
}

#[test]
fn a_name_that_became_foreign_is_found() {
    let till = Till::split(&["--no-shim"]);
    till.edit(
        "extracted",
        "use crate::coins::round;",
        "use std::convert::identity as round;",
    );
    let (status, answer) = till.run(&["verify"]);
    assert_eq!(status, 1, "{answer}");
    let found = &answer["names"]["differences"][0];
    assert_eq!(
        (&found["was"], &found["is"]),
        (&json!(["till::coins::round"]), &json!([]))
    );
}

#[test]
fn edits_that_keep_every_name_are_listed_and_allowed() {
    let till = Till::split(&["--no-shim"]);
    till.edit("extracted", "/// A fifth.", "/// A fifth of it.");
    std::fs::write(till.0.path().join("extracted/NOTES.md"), "mine\n").unwrap();
    let (status, answer) = till.run(&["verify", "extracted"]);
    assert_eq!(status, 0, "{answer}");
    assert_eq!(
        answer["integrity"]["edited"],
        json!(["functions/total/src/tax.rs"])
    );
    assert_eq!(answer["integrity"]["added"], json!(["NOTES.md"]));
}

#[test]
fn a_warning_and_a_missing_file_are_differences() {
    let till = Till::split(&["--no-shim"]);
    till.edit(
        "extracted",
        "pub fn of(cents: u32)",
        "fn unused() {}\n\npub fn of(cents: u32)",
    );
    let (status, answer) = till.run(&["verify"]);
    assert_eq!(status, 1, "{answer}");
    let warnings = answer["build"]["warnings"].as_array().unwrap();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert_eq!(answer["names"]["status"], "same");

    std::fs::remove_file(till.0.path().join("extracted/REVIEW.md")).unwrap();
    let (_, answer) = till.run(&["verify"]);
    assert_eq!(answer["integrity"]["missing"], json!(["REVIEW.md"]));
}

#[test]
fn the_monolith_may_move_code_and_not_change_it() {
    let till = Till::split(&["--no-shim"]);
    // Code that was left behind grows, and what stands below it moves.
    till.edit(
        "src",
        "/// The sum without.",
        "/// New.\npub fn new() {}\n\n/// The sum without.",
    );
    till.edit(
        "src",
        "/// The smallest coin.",
        "/// The largest coin.\npub const LARGEST: u32 = 200;\n\n/// The smallest coin.",
    );
    let (status, answer) = till.run(&["verify"]);
    assert_eq!(status, 0, "{answer}");
    assert_eq!(answer["names"]["status"], "same");
    assert!(
        answer["names"]["references"].as_u64().unwrap() >= 5,
        "{answer}"
    );

    till.edit("src", "round(cents) / 5", "round(cents) / 4");
    let (status, answer) = till.run(&["verify"]);
    assert_eq!(status, 1, "{answer}");
    assert_eq!(answer["integrity"]["moved_on"], json!(["src/tax.rs"]));
}

#[test]
fn a_folder_of_somebody_else_is_refused() {
    let till = Till::split(&["--no-shim"]);
    let (status, answer) = till.run(&["verify", "src"]);
    assert_eq!((status, &answer["kind"]), (2, &json!("refused")));
    assert_eq!(answer["diagnostics"][0]["code"], "X0404");
}
