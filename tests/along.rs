//! Tests come along: which do, which stay behind and why, and that those that came pass in the output.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod common;

use std::path::PathBuf;
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
    cut_of(common::fixture("along"), args)
}

/// A workspace, cut.
fn cut_of(temp: TempDir, args: &[&str]) -> Cut {
    let output = common::program(temp.path())
        .args(["split", "--no-shim", "--format", "json"])
        .args(args)
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
    let review = without.text("REVIEW.md");
    assert!(!review.contains("came along;"));
    // Its `scale` for tests stayed behind.
    assert!(review.contains("The library in `domain/ledger` is not tested"));
    assert_eq!(without.passed(), [""; 0]);
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

/// A crate with parts for tests that need what no output has without tests: a dev-dependency's derive, and
/// code of the monolith's tests. `test` is what its one test says.
fn labelled(test: &str) -> TempDir {
    let lib = "/// A price.\n///\n/// ```\n/// assert_eq!(app::price(1), app::double(1));\n/// ```\n\
             #[derive(Clone, Copy, PartialEq, Debug)]\n\
             #[cfg_attr(test, derive(labels::Label))]\n\
             #[cfg_attr(\n    test,\n    label(shown)\n)]\n\
             pub struct Price(#[cfg_attr(test, label(cents))] pub u32);\n\n\
             pub fn price(cents: u32) -> Price {\n    Price(cents)\n}\n\n\
             pub fn double(cents: u32) -> Price {\n    price(cents * 2)\n}\n\n\
             #[cfg(test)]\nmod tests {\n    use super::*;\n\n    \
             #[test]\n    fn doubles() {\n        assert_eq!(double(1), price(2));\n    }\n}\n";
    let lib = lib.replace("double(1), price(2)", test);
    common::app(&[
        (
            "Cargo.toml",
            "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n\
             [dev-dependencies]\nlabels = { path = \"vendor/labels\" }\n\n\
             [workspace]\nexclude = [\"vendor\"]\n",
        ),
        (
            "vendor/labels/Cargo.toml",
            "[package]\nname = \"labels\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[lib]\nproc-macro = true\n",
        ),
        (
            "vendor/labels/src/lib.rs",
            "use proc_macro::TokenStream;\n\n#[proc_macro_derive(Label, attributes(label))]\n\
             pub fn label(_: TokenStream) -> TokenStream {\n    TokenStream::new()\n}\n",
        ),
        ("src/lib.rs", &lib),
    ])
}

/// comrak: `#[cfg_attr(test, derive(…))]` of a dev-dependency kept an output without tests from being tested.
#[test]
fn where_no_test_comes_nothing_is_left_that_only_tests_need() {
    for args in [
        &["--entry", "price"][..],
        &["--entry", "price", "--no-tests"],
    ] {
        let cut = cut_of(labelled("double(1), price(2)"), args);
        let lib = cut.text("domain/app/src/lib.rs");
        assert!(lib.contains("Debug)]\npub struct Price(pub u32);"), "{lib}");
        let manifest = cut.text("domain/app/Cargo.toml");
        assert!(!manifest.contains("labels"), "{manifest}");
        // The example names what was left behind.
        assert!(manifest.contains("doctest = false"), "{manifest}");
        assert_eq!(cut.passed(), [""; 0]);
    }
}

#[test]
fn where_a_test_comes_its_attributes_come_with_it() {
    let cut = cut_of(labelled("Price(2), Price(2)"), &["--entry", "price"]);
    assert_eq!(cut.came(), [("app::tests::doubles", "domain/app")]);
    let lib = cut.text("domain/app/src/lib.rs");
    assert!(
        lib.contains("#[cfg_attr(test, derive(labels::Label))]"),
        "{lib}"
    );
    let manifest = cut.text("domain/app/Cargo.toml");
    // As seen from where it is delivered.
    let labels = "labels = { path = \"../../../vendor/labels\" }\n";
    assert!(manifest.contains(labels), "{manifest}");
    assert!(!manifest.contains("\ntest = false"), "{manifest}");
    assert_eq!(cut.passed(), ["tests::doubles"]);
}

#[test]
fn a_library_that_does_not_compile_for_tests_is_not_tested() {
    let app = common::app(&[(
        "src/lib.rs",
        "pub fn price(cents: u32) -> u32 {\n    #[cfg(test)]\n    tests::seen(cents);\n    cents\n}\n\n\
         pub fn double(cents: u32) -> u32 {\n    cents * 2\n}\n\n\
         #[cfg(test)]\nmod tests {\n    pub fn seen(cents: u32) {\n        super::double(cents);\n    }\n}\n",
    )]);
    let cut = cut_of(app, &["--entry", "price", "--no-tests"]);
    let manifest = cut.text("domain/app/Cargo.toml");
    assert!(manifest.contains("[lib]\ntest = false\n"), "{manifest}");
    assert!(
        cut.text("REVIEW.md")
            .contains("in `domain/app` is not tested (`test = false`)")
    );
    assert_eq!(cut.passed(), [""; 0]);
}

/// svgbob: tests imported types through re-exports that nothing in the slice went through.
#[test]
fn re_exports_come_back_for_the_tests_that_go_through_them() {
    let app = common::app(&[
        (
            "src/lib.rs",
            "pub mod draw;\nmod shapes;\npub(crate) use shapes::Square;\n",
        ),
        (
            "src/shapes.rs",
            "pub mod circle;\npub mod square;\npub use circle::Circle;\npub use square::Square;\n",
        ),
        (
            "src/shapes/circle.rs",
            "#[derive(Debug)]\npub struct Circle(pub u32);\n",
        ),
        (
            "src/shapes/square.rs",
            "#[derive(Clone, Copy)]\npub struct Square(pub u32);\n",
        ),
        (
            "src/draw.rs",
            "use crate::shapes::square::Square;\n\n\
             pub fn area(square: Square) -> u32 {\n    whole(square)\n}\n\n\
             fn whole(square: Square) -> u32 {\n    square.0 * square.0\n}\n\n\
             #[cfg(test)]\nmod tests {\n    use super::whole;\n    use crate::Square;\n    use crate::shapes::{self, Circle};\n\n    \
             #[test]\n    fn of_two() {\n        assert_eq!(whole(Square(2)), 4);\n    }\n\n    \
             #[test]\n    fn of_three() {\n        assert_eq!(whole(shapes::Square(3)), 9);\n    }\n\n    \
             #[test]\n    fn of_none() {\n        assert_eq!(whole(Square(Circle(0).0)), 0);\n    }\n}\n",
        ),
    ]);
    let cut = cut_of(app, &["--entry", "area"]);
    assert_eq!(
        cut.passed(),
        ["draw::tests::of_three", "draw::tests::of_two"]
    );
    let shapes = cut.text("functions/area/src/shapes.rs");
    assert!(
        shapes.contains("#[cfg(test)]\npub use square::Square;\n"),
        "{shapes}"
    );
    let lib = cut.text("functions/area/src/lib.rs");
    assert!(
        lib.contains("#[cfg(test)]\npub(crate) use shapes::Square;\n"),
        "{lib}"
    );
}

/// hickory-dns: a library whose features only other crates switch on was checked without them until the last
/// check, which then had no test come at all.
#[test]
fn tests_are_checked_with_the_features_that_the_function_asks_for() {
    let test = |call: &str| {
        format!(
            "#![cfg(feature = \"extra\")]\n\nuse base::Price;\n\n\
             #[test]\nfn of_one() {{\n    assert_eq!({call}.0, 1);\n}}\n"
        )
    };
    let app = common::app(&[
        (
            "Cargo.toml",
            "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n\
             [dependencies]\nbase = { path = \"base\", features = [\"extra\"] }\n\n\
             [workspace]\nmembers = [\"base\"]\n",
        ),
        (
            "src/lib.rs",
            "pub fn total() -> u32 {\n    base::price(1).0\n}\n",
        ),
        (
            "base/Cargo.toml",
            "[package]\nname = \"base\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[features]\nextra = []\n",
        ),
        (
            "base/src/lib.rs",
            "#[cfg(feature = \"extra\")]\npub struct Price(pub u32);\n\n\
             #[cfg(feature = \"extra\")]\nimpl Price {\n    pub fn new(cents: u32) -> Self {\n        Self(cents)\n    }\n\n    \
             pub fn of(cents: u32) -> Self {\n        Self(cents)\n    }\n}\n\n\
             #[cfg(feature = \"extra\")]\npub fn price(cents: u32) -> Price {\n    Price::of(cents)\n}\n",
        ),
        ("base/tests/made.rs", &test("Price::new(1)")),
        ("base/tests/priced.rs", &test("Price::of(1)")),
    ]);
    let cut = cut_of(app, &["--entry", "price"]);
    assert_eq!(cut.came(), [("priced::of_one", "domain/base")]);
    let why = cut.why_left("made::of_one");
    assert!(why.contains("`new`"), "{why}");
    assert_eq!(cut.passed(), ["of_one"]);
}

/// lychee: its tests' texts are full of `http://`, so a dev-dependency on `http` came, which nothing used; a lint
/// that the source asks for said so, and no test came.
#[test]
fn a_dependency_comes_where_a_path_names_it() {
    let app = common::app(&[
        (
            "Cargo.toml",
            "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n\
             [dev-dependencies]\nhttp = { path = \"vendor/http\" }\nport = { path = \"vendor/port\" }\n\
             spare = { path = \"vendor/spare\" }\n\n\
             [workspace]\nexclude = [\"vendor\"]\n",
        ),
        ("vendor/http/Cargo.toml", &common::package("http")),
        ("vendor/http/src/lib.rs", "pub const PORT: usize = 80;\n"),
        ("vendor/port/Cargo.toml", &common::package("port")),
        ("vendor/port/src/lib.rs", "pub const LEN: usize = 8;\n"),
        ("vendor/spare/Cargo.toml", &common::package("spare")),
        ("vendor/spare/src/lib.rs", "pub const LEN: usize = 7;\n"),
        (
            "src/lib.rs",
            "#![warn(unused_crate_dependencies)]\n\n\
             pub fn length(url: &str) -> usize {\n    url.len()\n}\n\npub fn other() {}\n\n\
             #[cfg(test)]\nmod tests {\n    use super::*;\n\n    \
             #[test]\n    fn of_an_address() {\n        assert_eq!(length(\"http://a\"), port::LEN);\n        \
             assert_eq!(length(\"spare::\"), 7);\n    }\n\n    \
             #[test]\n    fn of_the_port() {\n        other();\n        assert_eq!(http::PORT, 73 + spare::LEN);\n    }\n}\n",
        ),
    ]);
    let cut = cut_of(app, &["--entry", "length"]);
    assert_eq!(cut.passed(), ["tests::of_an_address"]);
    let manifest = cut.text("functions/length/Cargo.toml");
    assert!(!manifest.contains("http"), "{manifest}");
    assert!(!manifest.contains("spare"), "{manifest}");
    assert!(manifest.contains("port = "), "{manifest}");
}

/// zola: an import that only a test that stays behind uses went, and the dev-dependency that it named came.
#[test]
fn a_dependency_of_tests_that_stay_behind_stays_behind() {
    let app = common::app(&[
        (
            "Cargo.toml",
            "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n\
             [dev-dependencies]\ndesk = { path = \"vendor/desk\" }\nfolder = { path = \"vendor/folder\" }\n\
             port = { path = \"vendor/port\" }\n\n\
             [workspace]\nexclude = [\"vendor\"]\n",
        ),
        ("vendor/desk/Cargo.toml", &common::package("desk")),
        (
            "vendor/desk/src/lib.rs",
            "pub fn lamp() -> usize {\n    1\n}\n",
        ),
        ("vendor/folder/Cargo.toml", &common::package("folder")),
        (
            "vendor/folder/src/lib.rs",
            "pub fn made() -> usize {\n    1\n}\n",
        ),
        ("vendor/port/Cargo.toml", &common::package("port")),
        ("vendor/port/src/lib.rs", "pub const LEN: usize = 2;\n"),
        (
            "src/lib.rs",
            "pub fn words(text: &str) -> usize {\n    text.split_whitespace().count()\n}\n\n\
             pub fn files(count: usize) -> usize {\n    count\n}\n\n\
             #[cfg(test)]\nmod tests {\n    use super::*;\n    use folder::made;\n    use port::{self, LEN};\n\n    \
             struct Kit;\n\n    impl Kit {\n        fn two() -> usize {\n            LEN\n        }\n\n        \
             fn one() -> usize {\n            files(desk::lamp())\n        }\n    }\n\n    \
             #[test]\n    fn counts_files() {\n        assert_eq!(files(made()), Kit::one());\n    }\n\n    \
             #[test]\n    fn counts_words() {\n        assert_eq!(words(\"a b\"), Kit::two());\n        \
             assert_eq!(words(\"a b\"), port::LEN);\n    }\n}\n",
        ),
    ]);
    let cut = cut_of(app, &["--entry", "words"]);
    assert_eq!(cut.passed(), ["tests::counts_words"]);
    let manifest = cut.text("functions/words/Cargo.toml");
    assert!(manifest.contains("port = "), "{manifest}");
    assert!(!manifest.contains("folder"), "{manifest}");
    assert!(!manifest.contains("desk"), "{manifest}");
}
