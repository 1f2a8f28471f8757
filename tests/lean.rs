//! Impls of foreign traits that alone hold an external crate: told, and dropped with `--lean`.
//!
//! Input: the workspace in `tests/fixtures/lean`, whose external crates are folders beside it. Output: what `split` says
//! of them, and what is in the cut.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use common::fixture;
use serde_json::Value;

/// What is held, by crate: the packages that go with it, and what became of its impls.
fn split(dir: &Path, more: &[&str]) -> BTreeMap<String, (Option<u64>, String, String)> {
    let mut command = common::program(dir);
    command.args([
        "split",
        "--entry",
        "total",
        "--no-tests",
        "--format",
        "json",
    ]);
    let output = command.args(more).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let held = answer["held"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    held.iter()
        .map(|one| {
            assert!(!one["impls"].as_array().unwrap().is_empty());
            let what = (
                one["packages"].as_u64(),
                text(&one["fate"]),
                text(&one["why"]),
            );
            let names = one["names"].as_array().unwrap().iter();
            (names.map(text).collect::<Vec<_>>().join(" "), what)
        })
        .collect()
}

fn read(dir: &Path, path: &str) -> String {
    std::fs::read_to_string(dir.join("extracted").join(path)).unwrap()
}

#[test]
fn what_nothing_uses_goes_and_its_crate_with_it() {
    let made = fixture("lean");
    let shop = made.path().join("shop");
    let kept = split(&shop, &[]);
    let fates: Vec<(&str, Option<u64>, &str)> = kept
        .iter()
        .map(|(name, (packages, fate, _))| (name.as_str(), *packages, fate.as_str()))
        .collect();
    let wanted = [
        ("checked", Some(1), "kept"),
        ("store", Some(1), "kept"),
        ("web", Some(2), "kept"),
    ];
    assert_eq!(fates, wanted);
    let review = read(&shop, "REVIEW.md");
    let row =
        "| `web` | 2 packages | `impl Respond for ShopError` (`src/lib.rs:25`) | in the cut |";
    assert!(review.contains(row), "{review}");

    let lean = split(&shop, &["--lean"]);
    assert_eq!(
        (lean["web"].1.as_str(), lean["store"].1.as_str()),
        ("gone", "gone")
    );
    let (_, fate, why) = &lean["checked"];
    assert_eq!(fate, "needed");
    assert_eq!(why, "a program has `<Cents as Add>` in it");
    let manifests = ["domain/shop/Cargo.toml", "functions/total/Cargo.toml"];
    let manifests = manifests.map(|path| {
        let path = shop.join("extracted").join(path);
        std::fs::read_to_string(path).unwrap_or_default()
    });
    let has = |name: &str| {
        manifests
            .iter()
            .any(|text| text.contains(&format!("{name} =")))
    };
    assert!(
        has("checked") && !has("web") && !has("store"),
        "{manifests:?}"
    );
    let mut code = String::new();
    for file in walkdir::WalkDir::new(shop.join("extracted")) {
        let file = file.unwrap();
        if file.path().extension().is_some_and(|e| e == "rs") {
            code += &std::fs::read_to_string(file.path()).unwrap();
        }
    }
    // What only a dropped impl used goes with it; another impl of its trait does not.
    assert!(!code.contains("fn status"), "{code}");
    assert!(!code.contains("fn nothing"), "{code}");
    assert_eq!(lean[""].1, "gone");
    assert!(
        code.contains("impl From<fmt::Error> for ShopError"),
        "{code}"
    );
    let lock = read(&shop, "Cargo.lock");
    assert!(!lock.contains("\"wire\""), "{lock}");
}

#[test]
fn a_library_keeps_what_its_users_may_need() {
    let made = fixture("lean");
    let shop = made.path().join("shop");
    let held = split(&shop, &["--lean", "--no-shim"]);
    for (name, (_, fate, why)) in &held {
        assert_eq!(fate, "needed", "{name}");
        assert_eq!(why, "who uses the library `total` may need it");
    }
    assert_eq!(held.len(), 3);
}
