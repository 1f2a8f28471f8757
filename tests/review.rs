//! What a person reads of a cut: the texts of the generated crates, and `REVIEW.md`.
//!
//! Input: a small crate in a temporary folder. Output: what `split --no-shim` makes of it, held against what a
//! reviewer would ask.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::path::Path;

use tempfile::TempDir;

/// A workspace of these files.
fn monolith(files: &[(&str, &str)]) -> TempDir {
    let dir = TempDir::new().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    dir
}

fn split(dir: &Path, entries: &[&str]) {
    let entries = entries.iter().flat_map(|e| ["--entry", e]);
    let args: Vec<&str> = ["split", "--no-shim"].into_iter().chain(entries).collect();
    let run = common::run_in(dir, &args);
    assert_eq!(run.status, 0, "{}", run.stderr);
}

fn text(dir: &Path, name: &str) -> String {
    let path = dir.join("extracted").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

const SHOP: &[(&str, &str)] = &[
    (
        "Cargo.toml",
        "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[workspace]\n",
    ),
    (
        "src/lib.rs",
        "pub mod bill;\npub mod report;\nmod template;\npub mod thumb;\n",
    ),
    (
        "src/bill.rs",
        "use crate::template::{self, Template};\n\npub fn bill(n: u32) -> String {\n    \
         let line = line!();\n    assert!(n != line);\n    Template { n }.fill() + &template::escape(\"<\")\n}\n",
    ),
    (
        "src/template.rs",
        "pub(crate) struct Template {\n    pub n: u32,\n}\n\nimpl Template {\n    pub fn fill(&self) -> String {\n        \
         self.n.to_string()\n    }\n}\n\npub(crate) fn escape(text: &str) -> String {\n    text.replace('<', \"&lt;\")\n}\n",
    ),
    (
        "src/report.rs",
        "pub fn report() -> String {\n    crate::template::escape(\"<report>\")\n}\n",
    ),
    (
        "src/thumb.rs",
        "pub fn thumb(n: u32) -> u32 {\n    n / 2\n}\n",
    ),
];

/// The function crate brings the domain's twin of a module in by a glob. As `pub use` it raised a lint of ours
/// (`hidden_glob_reexports`), which the review laid to the monolith, and was never found unused.
#[test]
fn the_way_to_the_domain_raises_no_lint_and_goes_when_nothing_needs_it() {
    let dir = monolith(SHOP);
    split(dir.path(), &["bill", "thumb"]);
    let dir = dir.path();
    let lib = text(dir, "functions/bill/src/lib.rs");
    assert!(!lib.contains("allow("), "{lib}");
    assert_eq!(
        text(dir, "functions/thumb/src/lib.rs"),
        "pub mod thumb;\n",
        "nothing of the domain is needed"
    );
    let manifest = text(dir, "functions/thumb/Cargo.toml");
    assert!(!manifest.contains("[dependencies]"), "{manifest}");
    for crate_ in ["domain/shop", "functions/bill", "functions/thumb"] {
        let manifest = text(dir, &format!("{crate_}/Cargo.toml"));
        assert!(!manifest.contains("lints"), "{manifest}");
    }

    let review = text(dir, "REVIEW.md");
    for line in [
        // Items that a function owns have rows like all others.
        "## Function crate `bill`\n\nFor `shop::bill::bill`.\nThe rest are 4 items of `shop` ",
        "| function `bill::bill` | src/bill.rs:3 | entry |  |",
        "| method `template::Template::fill` | src/template.rs:6 | named by `bill::bill` at src/bill.rs:6 |  |",
        // What is wider only for the function's sake is said, too.
        "| function `template::escape` | src/template.rs:11 | named by `bill::bill` at src/bill.rs:6 | \
         `pub(crate)` → `pub` |",
        "- module `template` at src/lib.rs:3: private → `pub`\n",
        "- added to module `shop::template`: `pub(crate) use shop::template::*;`\n",
        // What reads its own place.
        "- src/bill.rs:4: `line!()` in function `bill::bill`\n",
    ] {
        assert!(review.contains(line), "{line}\n{review}");
    }
    for never in ["hidden_glob_reexports", "extract check", "src/bill.rs:5"] {
        assert!(!review.contains(never), "{never}\n{review}");
    }
}

/// A new crate in a workspace inherits what its neighbours inherit, and its manifest says nothing that goes without
/// saying.
#[test]
fn manifests_are_as_a_colleague_would_write_them() {
    let dir = monolith(&[
        (
            "Cargo.toml",
            "[workspace]\nresolver = \"2\"\nmembers = [\"core\", \"shop\"]\n\n[workspace.package]\nedition = \"2021\"\n\
             publish = false\n\n[workspace.dependencies]\ncore-money = { path = \"core\" }\nshop = { path = \"shop\" }\n\n\
             [workspace.lints.rust]\nunsafe_code = \"forbid\"\n",
        ),
        (
            "core/Cargo.toml",
            "[package]\nname = \"core-money\"\nversion = \"1.2.0\"\nedition.workspace = true\npublish.workspace = true\n",
        ),
        (
            "core/src/lib.rs",
            "pub fn cents(n: u32) -> u32 {\n    n * 100\n}\n",
        ),
        (
            "shop/Cargo.toml",
            "[package]\nname = \"shop\"\nversion = \"1.2.0\"\nedition.workspace = true\npublish.workspace = true\n\n\
             [dependencies]\ncore-money.workspace = true\n\n[lints]\nworkspace = true\n",
        ),
        (
            "shop/src/lib.rs",
            "pub fn price(n: u32) -> u32 {\n    core_money::cents(n) + fee()\n}\n\nfn fee() -> u32 {\n    7\n}\n\n\
             pub fn report() -> u32 {\n    fee()\n}\n",
        ),
        ("rustfmt.toml", "max_width = 100\n"),
    ]);
    split(dir.path(), &["price"]);
    let dir = dir.path();
    assert_eq!(
        text(dir, "functions/price/Cargo.toml"),
        "[package]\nname = \"price\"\nversion = \"0.1.0\"\nedition.workspace = true\n\
         description = \"`shop::price` as a function of its own\"\npublish.workspace = true\n\n[dependencies]\n\
         core-money.workspace = true\nshop.workspace = true\n\n[lints]\nworkspace = true\n"
    );
    assert_eq!(
        text(dir, "domain/shop/Cargo.toml"),
        "[package]\nname = \"shop\"\nversion = \"1.2.0\"\nedition.workspace = true\npublish.workspace = true\n\n[lints]\n\
         workspace = true\n"
    );
    assert!(
        text(dir, "Cargo.toml").contains(
            "[workspace.dependencies]\ncore-money = { path = \"../core\" }\nshop = { path = \"domain/shop\" }\n"
        )
    );
    assert_eq!(text(dir, "rustfmt.toml"), "max_width = 100\n");
    assert!(text(dir, "REVIEW.md").contains("| `shop::price` | `functions/price` |"));
}
