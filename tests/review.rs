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
         let line = line!();\n    assert!(line != n);\n    Template { n }.fill() + &template::escape(\"<\")\n}\n",
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
        "/// Less than [`report`](crate::report::report), as [`thumb`] says.\npub fn thumb(n: u32) -> u32 {\n    n / 2\n}\n",
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
        "## Function crate `bill`\n\nFor `shop::bill::bill`.\nWhat it alone needs, 4 items of `shop`, ",
        "| function `bill::bill` | src/bill.rs:3 | entry |  |",
        "| method `template::Template::fill` | src/template.rs:6 | named by `bill::bill` at src/bill.rs:6 |  |",
        // What is wider only for the function's sake is said, too.
        "| function `template::escape` | src/template.rs:11 | named by `bill::bill` at src/bill.rs:6 | \
         `pub(crate)` → `pub` |",
        "- module `template` at src/lib.rs:3: private → `pub`\n",
        "- added to module `shop::template`: `pub(crate) use shop::template::*;`\n",
        // What rustdoc would warn of.
        "- src/thumb.rs:1: `crate::report::report` in the documentation of function `thumb::thumb`\n",
        // What reads its own place.
        "- src/bill.rs:4: `line!()` in function `bill::bill`\n",
    ] {
        assert!(review.contains(line), "{line}\n{review}");
    }
    for never in [
        "hidden_glob_reexports",
        "extract check",
        "src/bill.rs:5",
        "`thumb` in the documentation",
    ] {
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

const MACROS: &[(&str, &str)] = &[
    (
        "Cargo.toml",
        "[workspace]\nresolver = \"2\"\nmembers = [\"app\", \"macros\", \"support\"]\n",
    ),
    (
        "macros/Cargo.toml",
        "[package]\nname = \"macros\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[lib]\nproc-macro = true\n\n\
         [dependencies]\nsupport = { path = \"../support\" }\n",
    ),
    (
        "macros/src/lib.rs",
        "use proc_macro::TokenStream;\n\n#[proc_macro]\npub fn seven(_: TokenStream) -> TokenStream {\n    \
         support::text(7).parse().unwrap()\n}\n",
    ),
    (
        "support/Cargo.toml",
        "[package]\nname = \"support\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
    ),
    (
        "support/src/lib.rs",
        "pub fn text(n: u32) -> String {\n    n.to_string()\n}\n\npub fn round(n: u32) -> u32 {\n    n / 10 * 10\n}\n",
    ),
    (
        "app/Cargo.toml",
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[dependencies]\n\
         macros = { path = \"../macros\" }\nsupport = { path = \"../support\" }\n",
    ),
    (
        "app/src/lib.rs",
        "pub fn price(n: u32) -> u32 {\n    support::round(n) + macros::seven!()\n}\n\n\
         pub fn plain(n: u32) -> u32 {\n    half(n)\n}\n\nfn half(n: u32) -> u32 {\n    n / 2\n}\n\n\
         pub fn report() -> u32 {\n    half(8)\n}\n",
    ),
];

/// A proc macro's own code is not followed: what it stands on has to be there whole, also where the slice needs a
/// part of it.
#[test]
fn a_library_serves_a_proc_macro_and_the_slice() {
    let dir = monolith(MACROS);
    // Outside of the workspace nothing can be kept where it is.
    let out = TempDir::new().unwrap();
    let to = out.path().join("cut");
    let to = to.to_str().unwrap();
    let args = ["split", "--no-shim", "--entry", "price", "--out", to];
    let run = common::run_in(dir.path(), &args);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let support = std::fs::read_to_string(out.path().join("cut/domain/support/src/lib.rs"));
    assert!(support.unwrap().contains("fn text"));
    let macros = std::fs::read_to_string(out.path().join("cut/domain/macros/Cargo.toml"));
    assert!(macros.unwrap().contains("path = \"../support\""));
}

/// Nothing follows a macro's use, so a package that depends on a proc-macro crate gets it, until rustc says that the
/// code left there does without.
#[test]
fn a_proc_macro_that_nothing_uses_any_more_is_no_member() {
    let dir = monolith(MACROS);
    split(dir.path(), &["plain"]);
    let dir = dir.path();
    for name in [
        "Cargo.toml",
        "domain/app/Cargo.toml",
        "functions/plain/Cargo.toml",
        "REVIEW.md",
    ] {
        let text = text(dir, name);
        assert!(!text.contains("../macros"), "{name}: {text}");
    }
    assert!(!dir.join("extracted/domain/macros").exists());
    assert!(text(dir, "REVIEW.md").contains("## Crates left behind\n\n`macros`, `support`\n"));
}

/// The target of a log line is its module's path, which begins with the function's name now.
#[test]
fn log_targets_that_a_move_changes_are_told() {
    let dir = monolith(&[
        (
            "Cargo.toml",
            "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[workspace]\nexclude = [\"log\"]\n\n\
             [dependencies]\nlog = { path = \"log\" }\n",
        ),
        (
            "src/lib.rs",
            "use log::info;\n\npub fn greet(n: u32) -> u32 {\n    info!(\"greeting\");\n    n\n}\n\n\
             pub fn quiet(n: u32) -> bool {\n    n != 0\n}\n",
        ),
        (
            "log/Cargo.toml",
            "[package]\nname = \"log\"\nversion = \"0.4.0\"\nedition = \"2021\"\n",
        ),
        (
            "log/src/lib.rs",
            "#[macro_export]\nmacro_rules! info {\n    ($($t:tt)*) => {};\n}\n",
        ),
    ]);
    split(dir.path(), &["greet", "quiet"]);
    let review = text(dir.path(), "REVIEW.md");
    let line = "Log targets of moved code that began with `app` begin with `greet` now: filters such as `RUST_LOG` \
                have to name it. 1 item is concerned.\n";
    assert!(review.contains(line), "{review}");
    assert!(!review.contains("with `quiet` now"), "{review}");
}

/// oxipng: one leaf of a `pub use` that has to stay kept all of it from being pruned, and with it imports of foreign
/// crates. glob of the same, for Windows alone: rustc says nothing of it elsewhere.
#[test]
fn nothing_unused_stays_beside_a_re_export_that_does() {
    let dir = monolith(&[
        (
            "Cargo.toml",
            "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[workspace]\nexclude = [\"paths\"]\n\n\
             [target.'cfg(target_os = \"none\")'.dependencies]\npaths = { path = \"paths\" }\n",
        ),
        (
            "src/lib.rs",
            "pub use std::collections::HashMap;\n\npub use crate::{\n    kind::Kind,\n    start::Start,\n};\n\nmod kind;\n\
             mod start;\n\n#[cfg(target_os = \"none\")]\npub use paths::find;\n\npub fn seen(seen: &HashMap<u32, Start>) -> usize {\n    \
             seen.len()\n}\n",
        ),
        (
            "src/start.rs",
            "use crate::Kind;\n\npub struct Start;\n\nimpl Start {\n    pub fn start(n: u32) -> u32 {\n        Kind(n).0\n    }\n}\n",
        ),
        ("src/kind.rs", "pub struct Kind(pub u32);\n"),
        (
            "paths/Cargo.toml",
            "[package]\nname = \"paths\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
        ),
        ("paths/src/lib.rs", "pub fn find() {}\n"),
    ]);
    split(dir.path(), &["Start::start"]);
    let lib = text(dir.path(), "domain/app/src/lib.rs");
    assert!(
        lib.contains("start::Start") && !lib.contains("HashMap"),
        "{lib}"
    );
    let manifest = text(dir.path(), "domain/app/Cargo.toml");
    assert!(!manifest.contains("paths"), "{manifest}");
}

#[test]
fn what_a_function_asks_of_its_machine_is_told() {
    let dir = monolith(&[
        (
            "Cargo.toml",
            "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
        ),
        (
            "src/lib.rs",
            "use std::env;\nuse std::fs::{self, File as Opened};\nuse std::sync::{LazyLock, Mutex};\n\n\
             static SEEN: Mutex<u32> = Mutex::new(0);\nstatic NAME: LazyLock<String> = LazyLock::new(region);\n\n\
             fn region() -> String {\n    env::var(\"SHOP_REGION\").unwrap_or_default()\n}\n\n\
             pub fn read(n: u32) -> u32 {\n    let _ = Opened::open(\"stock.csv\");\n    let _ = fs::read(&*NAME);\n    \
             std::thread::spawn(|| ());\n    if let Ok(mut seen) = SEEN.lock() {\n        *seen += 1;\n    }\n    n\n}\n\n\
             pub fn plain(n: u32) -> u32 {\n    n\n}\n\n\
             pub fn left() -> bool {\n    std::process::Command::new(\"ls\").spawn().is_ok()\n}\n",
        ),
    ]);
    split(dir.path(), &["read"]);
    let review = text(dir.path(), "REVIEW.md");
    let (_, section) = review.split_once("asks of its machine\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let lines: Vec<&str> = section
        .lines()
        .filter(|line| line.starts_with("- "))
        .collect();
    assert_eq!(
        lines,
        [
            "- src/lib.rs:9: `SHOP_REGION` in function `region`",
            "- src/lib.rs:13: `std::fs::File::open` in function `read`",
            "- src/lib.rs:14: `std::fs::read` in function `read`",
            "- src/lib.rs:15: `std::thread::spawn` in function `read`",
            "- src/lib.rs:5: static `SEEN`",
        ]
    );
    split(dir.path(), &["plain"]);
    assert!(!text(dir.path(), "REVIEW.md").contains("asks of its machine"));
}
