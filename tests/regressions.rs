//! Bugs that real crates showed, each as the smallest crate that had it.
//!
//! Input: files of a crate, written into a temporary folder. Output: what `split --no-shim` makes of it.
//! Nothing is fetched: no crate here has a dependency.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{app, cut, program, split};
use tempfile::TempDir;

/// svgbob: `..` in `--out` led out of the folder where the cut is checked, and cargo was said to be missing.
#[test]
fn an_output_beside_the_workspace_is_named_by_a_relative_path() {
    let dir = TempDir::new().unwrap();
    let app = dir.path().join("app");
    std::fs::create_dir_all(app.join("src")).unwrap();
    std::fs::write(
        app.join("Cargo.toml"),
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
    )
    .unwrap();
    std::fs::write(app.join("src/lib.rs"), "pub fn one() -> u32 {\n    1\n}\n").unwrap();
    let run = program(&app)
        .args(["split", "--no-shim", "--entry", "one", "--out", "../cut"])
        .output()
        .unwrap();
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    assert!(dir.path().join("cut/functions/one/Cargo.toml").is_file());
}

/// whatlang: `mod detect; pub use detect::detect;` gives a module and a function one path.
#[test]
fn a_function_is_found_beside_a_module_of_its_name() {
    let dir = app(&[
        ("src/lib.rs", "mod core;\npub use crate::core::detect;\n"),
        ("src/core/mod.rs", "mod detect;\npub use detect::detect;\n"),
        (
            "src/core/detect.rs",
            "pub fn detect(text: &str) -> usize {\n    text.len()\n}\n",
        ),
    ]);
    let lib = cut(
        dir.path(),
        "app::detect",
        "functions/detect/src/core/detect.rs",
    );
    assert!(lib.contains("text.len()"), "{lib}");
}

/// svgtypes: an entry that becomes `pub` meets `#![deny(missing_docs)]`.
#[test]
fn a_widened_entry_passes_a_denied_lint() {
    let dir = app(&[
        (
            "src/lib.rs",
            "//! Colours.\n#![deny(missing_docs)]\nmod names;\n\
             /// A hash.\npub fn hash(text: &str) -> u64 {\n    names::find(text).value\n}\n",
        ),
        (
            "src/names.rs",
            "pub struct Found {\n    pub value: u64,\n}\n\
             pub fn find(text: &str) -> Found {\n    Found { value: text.len() as u64 }\n}\n",
        ),
    ]);
    let run = split(dir.path(), "app::names::find");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
}

/// toml_edit: a public re-export that stays beside that of the entry made the reachability oracle's view
/// invalid, and nothing was pruned; what macro calls make was never pruned.
#[test]
fn what_macro_calls_make_goes_when_it_is_dead() {
    let dir = app(&[
        (
            "src/lib.rs",
            "mod item;\npub mod visit;\n\npub use crate::item::{Item, span, value};\n",
        ),
        (
            "src/item.rs",
            "pub struct Item(pub u8);\n\npub fn value(byte: u8) -> Item {\n    Item(byte)\n}\n\n\
             impl From<u8> for Item {\n    fn from(byte: u8) -> Self {\n        crate::value(byte)\n    }\n}\n\n\
             pub fn span(item: &Item) -> u8 {\n    item.0\n}\n",
        ),
        (
            "src/visit.rs",
            "use crate::Item;\n\npub trait Visit {\n    fn visit_item(&mut self, item: &Item) {\n        \
             visit_item(self, item);\n    }\n}\n\nmacro_rules! empty {\n    ($name:ident, $of:ty) => {\n        \
             fn $name<V: Visit + ?Sized>(_v: &mut V, _of: &$of) {}\n    };\n}\n\nempty!(visit_item, Item);\n",
        ),
    ]);
    let lib = cut(dir.path(), "span", "domain/app/src/lib.rs");
    assert!(!lib.contains("visit"), "{lib}");
    let item =
        std::fs::read_to_string(dir.path().join("extracted/domain/app/src/item.rs")).unwrap();
    assert!(item.contains("fn value"), "{item}");
}

/// spade: an inherent impl on an alias was taken for one on the alias's argument.
#[test]
fn a_method_of_an_alias_is_reached_by_the_alias() {
    let dir = app(&[(
        "src/lib.rs",
        "pub struct Outer;\n\npub struct Handle<T>(pub u8, pub T);\n\npub type Face<T> = Handle<T>;\n\n\
         impl Face<Outer> {\n    pub fn is_outer(&self) -> bool {\n        self.0 == 0\n    }\n}\n",
    )]);
    let run = split(dir.path(), "Face::is_outer");
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    let functions = dir.path().join("extracted/functions");
    let function = std::fs::read_dir(functions)
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let lib = std::fs::read_to_string(function.path().join("src/lib.rs")).unwrap();
    assert!(lib.contains("pub use app::Face;"), "{lib}");
}

/// A prelude of foreign names was left behind as if it brought nothing: `Result<u32>` meant the standard one then,
/// no repair knew the name, and the whole crate stayed.
#[test]
fn a_prelude_of_foreign_names_stays_for_those_who_use_it() {
    let dir = app(&[
        (
            "src/lib.rs",
            "mod more;\npub mod parse;\nmod prelude;\n\nmod names {\n    pub use std::io::{Error, Result};\n}\n",
        ),
        ("src/prelude.rs", "pub use crate::names::*;\n"),
        ("src/more.rs", "pub use std::fmt::Write;\n"),
        (
            "src/parse.rs",
            "use crate::more::Write;\nuse crate::prelude::*;\n\n\
             pub fn number(text: &str) -> Option<u32> {\n    helper(text).ok()\n}\n\n\
             pub fn helper(text: &str) -> Result<u32> {\n    text.parse().map_err(|_| Error::other(\"no\"))\n}\n\n\
             pub fn other(text: &str) -> String {\n    let mut out = String::new();\n    \
             let _ = out.write_str(text);\n    out\n}\n\npub struct T;\n\npub struct E;\n",
        ),
    ]);
    let parse = cut(dir.path(), "number", "domain/app/src/parse.rs");
    assert!(parse.contains("use crate::prelude::*;"), "{parse}");
    for gone in ["fn other", "Write", "struct T", "struct E"] {
        assert!(!parse.contains(gone), "{parse}");
    }
    let lib = std::fs::read_to_string(dir.path().join("extracted/domain/app/src/lib.rs")).unwrap();
    assert!(!lib.contains("mod more"), "{lib}");
}

/// fend-core: what `self` in a `use` meant was missed where only its companion stayed.
#[test]
fn a_module_may_go_from_a_use_of_which_another_name_stays() {
    let dir = app(&[
        ("src/lib.rs", "mod real;\npub mod complex;\n"),
        (
            "src/real.rs",
            "pub struct Real(pub u8);\n\npub fn three(byte: u8) -> u8 {\n    byte\n}\n",
        ),
        (
            "src/complex.rs",
            "pub mod parts {\n    use crate::real::{self, Real};\n\n    \
             pub fn one(byte: u8) -> u8 {\n        Real(byte).0\n    }\n\n    \
             pub fn two(byte: u8) -> u8 {\n        real::three(byte)\n    }\n}\n",
        ),
    ]);
    let run = split(dir.path(), "one");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
}

/// minijinja: calls of one macro that share a name in their tokens waited for each other, and impls whose type
/// stands in the macro's definition did not come back.
#[test]
fn impls_that_macro_calls_make_come_with_their_types() {
    let dir = app(&[
        ("src/lib.rs", "pub mod value;\npub mod other;\n"),
        (
            "src/value.rs",
            "pub enum Repr {\n    Number(u64),\n}\n\npub struct Value(pub Repr);\n\n\
             macro_rules! from {\n    ($of:ty, $to:ident) => {\n        \
             impl From<$of> for Value {\n            fn from(it: $of) -> Self {\n                \
             Value(Repr::$to(it as u64))\n            }\n        }\n    };\n}\n\n\
             from!(u8, Number);\nfrom!(u16, Number);\n\n\
             macro_rules! into {\n    ($to:ty) => {\n        \
             impl From<Value> for $to {\n            fn from(it: Value) -> $to {\n                \
             match it.0 {\n                    Repr::Number(n) => n as $to,\n                }\n            }\n        }\n    };\n}\n\n\
             into!(u8);\ninto!(u16);\n",
        ),
        (
            "src/other.rs",
            "use crate::value::Value;\n\npub fn twice(byte: u8) -> u16 {\n    \
             u16::from(Value::from(byte)) * 2\n}\n\npub fn none() {}\n",
        ),
    ]);
    let run = split(dir.path(), "twice");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
    let cut = dir.path().join("extracted");
    assert!(
        !walkdir::WalkDir::new(cut)
            .into_iter()
            .filter_map(|e| std::fs::read_to_string(e.ok()?.path()).ok())
            .any(|text| text.contains("fn none")),
        "no file has to stay whole"
    );
}

/// fend-core: what is forbidden cannot be allowed.
#[test]
fn a_widened_entry_passes_a_forbidden_lint() {
    let dir = app(&[
        (
            "src/lib.rs",
            "//! Colours.\n#![forbid(unsafe_code, missing_docs)]\nmod names;\n\
             /// A hash.\npub fn hash(text: &str) -> u64 {\n    names::find(text).value\n}\n",
        ),
        (
            "src/names.rs",
            "pub struct Found {\n    pub value: u64,\n}\n\
             pub fn find(text: &str) -> Found {\n    Found { value: text.len() as u64 }\n}\n",
        ),
    ]);
    let lib = cut(dir.path(), "app::names::find", "domain/app/src/lib.rs");
    assert!(lib.contains("#![forbid(unsafe_code)]\n"), "{lib}");
}

/// pulldown-cmark: a type that a macro makes cannot be widened.
#[test]
fn a_private_type_of_a_macro_may_stand_in_what_became_public() {
    let dir = app(&[
        (
            "src/lib.rs",
            "mod parse;\n\npub fn inline() -> bool {\n    parse::Body::List(parse::Flags(1)).is_inline()\n}\n",
        ),
        (
            "src/parse.rs",
            "macro_rules! flags {\n    ($name:ident) => {\n        \
         #[derive(Clone, Copy)]\n        pub(crate) struct $name(pub u8);\n    };\n}\n\nflags!(Flags);\n\n\
         pub(crate) enum Body {\n    List(Flags),\n}\n\nimpl Body {\n    pub(crate) fn is_inline(&self) -> bool {\n        \
         let Body::List(flags) = self;\n        flags.0 == 0\n    }\n}\n",
        ),
    ]);
    let run = split(dir.path(), "Body::is_inline");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
}

/// zoxide: an attribute macro that makes a type anew throws its mark away, and rustc is silent about its uses.
#[test]
fn a_type_that_an_attribute_macro_makes_anew_is_found_by_name() {
    let dir = TempDir::new().unwrap();
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let package = "[package]\nname = \"NAME\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n";
    write(
        "Cargo.toml",
        &(package.replace("NAME", "app")
            + "[dependencies]\nremake = { path = \"remake\" }\n\n[workspace]\n"),
    );
    write(
        "remake/Cargo.toml",
        &(package.replace("NAME", "remake") + "[lib]\nproc-macro = true\n"),
    );
    write(
        "remake/src/lib.rs",
        "use proc_macro::{TokenStream, TokenTree};\n\n#[proc_macro_attribute]\n\
         pub fn remake(_: TokenStream, item: TokenStream) -> TokenStream {\n    \
         let mut tokens = item.into_iter().peekable();\n    \
         while matches!(tokens.peek(), Some(TokenTree::Punct(p)) if p.as_char() == '#') {\n        \
         tokens.next();\n        tokens.next();\n    }\n    \
         let text: TokenStream = tokens.collect();\n    \
         format!(\"mod made {{ {text} }}\\npub use made::Store;\").parse().unwrap()\n}\n",
    );
    write("src/lib.rs", "pub mod store;\n");
    write(
        "src/store.rs",
        "use remake::remake;\n\n#[remake]\npub struct Store {\n    pub size: usize,\n}\n\n\
         impl Store {\n    pub fn read(text: &str) -> usize {\n        text.len()\n    }\n}\n",
    );
    let run = split(dir.path(), "Store::read");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
}

/// imdl: an entry that could own nothing after all left an import `pub` that it had asked for.
#[test]
fn an_entry_that_owns_nothing_after_all_leaves_no_trace() {
    let dir = app(&[
        (
            "src/lib.rs",
            "mod common;\nmod env;\nmod run;\n\npub use crate::run::run;\n",
        ),
        (
            "src/common.rs",
            "pub(crate) use {crate::env::Env, std::ffi::OsString};\n",
        ),
        (
            "src/env.rs",
            "use crate::common::*;\n\npub(crate) struct Env(OsString);\n\nimpl Env {\n    \
             pub(crate) fn new(text: OsString) -> Self {\n        Self(text)\n    }\n\n    \
             pub(crate) fn len(&self) -> usize {\n        self.0.len()\n    }\n}\n",
        ),
        (
            "src/run.rs",
            "use crate::common::*;\n\npub fn run(text: impl Into<OsString>) -> usize {\n    \
             Env::new(text.into()).len()\n}\n",
        ),
    ]);
    let run = split(dir.path(), "run");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
}

/// taplo: a method of a type that a macro call makes was imported like a function.
#[test]
fn a_method_of_a_type_that_a_macro_makes_is_reached_by_the_type() {
    let dir = app(&[(
        "src/lib.rs",
        "pub mod nodes {\n    macro_rules! wrap {\n        ($(#[$attr:meta])* $vis:vis struct $name:ident { inner: $inner:ty }) => {\n            \
         $(#[$attr])* $vis struct $name { inner: $inner }\n        };\n    }\n\n    \
         wrap! { pub struct Str { inner: String } }\n\n    \
         impl Str {\n        pub fn read(text: &str) -> usize {\n            \
         Str { inner: text.to_owned() }.inner.len()\n        }\n    }\n}\n",
    )]);
    let run = split(dir.path(), "Str::read");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
}

/// pomsky: a feature that another crate's manifest switches on went from a slimmed crate.
#[test]
fn a_feature_that_another_manifest_asks_for_stays() {
    let package = "[package]\nname = \"NAME\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n";
    let manifest = package.replace("NAME", "app")
        + "[features]\ndefault = [\"debug\"]\ndebug = [\"core/debug\"]\n\n\
           [dependencies]\ncore = { path = \"parts\", package = \"parts\", features = [\"more\"] }\n\n[workspace]\n";
    let parts = package.replace("NAME", "parts") + "[features]\ndebug = []\nmore = []\n";
    let dir = app(&[
        ("Cargo.toml", &manifest),
        (
            "src/lib.rs",
            "pub fn one() -> u8 {\n    if cfg!(feature = \"debug\") { core::one() } else { 0 }\n}\n",
        ),
        ("parts/Cargo.toml", &parts),
        (
            "parts/src/lib.rs",
            "pub fn one() -> u8 {\n    1\n}\n\n#[cfg(feature = \"debug\")]\npub fn debug() {}\n\n\
             #[cfg(feature = \"more\")]\npub fn more() {}\n",
        ),
    ]);
    let run = program(dir.path())
        .args([
            "split",
            "--no-shim",
            "--entry",
            "app::one",
            "--slim",
            "parts",
        ])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
}

/// pomsky: a module that only passes on another crate's module was lost to the third crate that imports from it.
#[test]
fn a_module_that_passes_on_another_crate_stays_for_a_third() {
    let package = "[package]\nname = \"NAME\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n";
    let manifest = package.replace("NAME", "app")
        + "[dependencies]\nfront = { path = \"front\" }\n\n[workspace]\n";
    let front =
        package.replace("NAME", "front") + "[dependencies]\nback = { path = \"../back\" }\n";
    let dir = app(&[
        ("Cargo.toml", &manifest),
        (
            "src/lib.rs",
            "use front::test::Case;\n\npub fn one(byte: u8) -> u8 {\n    front::two(Case(byte).0)\n}\n",
        ),
        ("front/Cargo.toml", &front),
        (
            "front/src/lib.rs",
            "pub mod test {\n    pub use back::test::*;\n}\n\npub fn two(byte: u8) -> u8 {\n    byte * 2\n}\n",
        ),
        ("back/Cargo.toml", &package.replace("NAME", "back")),
        (
            "back/src/lib.rs",
            "pub mod test {\n    pub struct Case(pub u8);\n\n    pub struct Other;\n}\n",
        ),
    ]);
    let run = program(dir.path())
        .args(["split", "--no-shim", "--entry", "app::one"])
        .args(["--slim", "front", "--slim", "back"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
}

/// A crate of which nothing is kept was left out, though kept code names what it needs through it: by a `use`, by a
/// path, and through another crate of this kind.
#[test]
fn a_crate_that_only_passes_on_others_stays() {
    let package = |name: &str, on: &str| {
        let on = if on.is_empty() {
            String::new()
        } else {
            format!("[dependencies]\n{on} = {{ path = \"../{on}\" }}\n")
        };
        format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n{on}")
    };
    let workspace =
        "[workspace]\nresolver = \"2\"\nmembers = [\"app\", \"door\", \"front\", \"back\"]\n";
    let dir = app(&[
        ("Cargo.toml", workspace),
        ("app/Cargo.toml", &package("app", "door")),
        (
            "app/src/lib.rs",
            "use door::test;\nuse door::Case;\nuse door::prelude::*;\n\n\
             pub fn one(byte: u8) -> u8 {\n    test::two(Case(byte).0) + three(byte)\n}\n\n\
             pub fn other(byte: u8) -> u8 {\n    door::test::two(byte)\n}\n",
        ),
        ("door/Cargo.toml", &package("door", "front")),
        (
            "door/src/lib.rs",
            "pub use front::{Case, test};\n\npub mod prelude {\n    pub use front::three;\n}\n\npub fn left() {}\n",
        ),
        ("front/Cargo.toml", &package("front", "back")),
        ("front/src/lib.rs", "pub use back::*;\n"),
        ("back/Cargo.toml", &package("back", "")),
        (
            "back/src/lib.rs",
            "pub struct Case(pub u8);\n\npub fn three(byte: u8) -> u8 {\n    byte * 3\n}\n\n\
             pub mod test {\n    pub fn two(byte: u8) -> u8 {\n        byte * 2\n    }\n\n    pub fn left() {}\n}\n",
        ),
    ]);
    for entry in ["app::one", "app::other"] {
        for slim in [
            &[][..],
            &["--slim", "door", "--slim", "front", "--slim", "back"],
        ] {
            let mut split = program(dir.path());
            split.args(["split", "--no-shim", "--entry", entry]);
            let run = split.args(slim).output().unwrap();
            let said = String::from_utf8_lossy(&run.stderr);
            assert!(run.status.success(), "{entry}: {said}");
        }
        let door = dir.path().join("extracted/domain/door/src/lib.rs");
        let text = std::fs::read_to_string(door).unwrap();
        assert!(!text.contains("left"), "{text}");
    }
}

/// kickstart: a program with `required-features` is not compiled without them, and rustc says nothing of it.
#[test]
fn an_entry_of_a_program_that_is_not_built_is_refused() {
    let manifest = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[workspace]\n\n\
                    [features]\ncli = []\n\n[[bin]]\nname = \"app\"\nrequired-features = [\"cli\"]\n";
    let dir = app(&[
        ("Cargo.toml", manifest),
        (
            "src/lib.rs",
            "#[cfg(feature = \"cli\")]\npub mod cli {\n    pub fn ask() -> u32 {\n        1\n    }\n}\n",
        ),
        (
            "src/main.rs",
            "use app::cli::ask;\n\nfn twice() -> u32 {\n    ask() * 2\n}\n\nfn main() {\n    twice();\n}\n",
        ),
    ]);
    let said = split(dir.path(), "twice");
    let said = String::from_utf8_lossy(&said.stderr);
    assert!(
        said.contains("error[X0208]: `app::twice` lies in the program `app`"),
        "{said}"
    );
    assert!(said.contains("turn it on with `--features cli`"), "{said}");
    let run = program(dir.path())
        .args([
            "split",
            "--no-shim",
            "--entry",
            "twice",
            "--features",
            "cli",
        ])
        .output()
        .unwrap();
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
}

/// Found by fuzzing: of a macro call that goes the colons before its path stayed.
#[test]
fn a_macro_call_goes_with_the_colons_of_its_path() {
    let dir = app(&[(
        "src/lib.rs",
        "pub fn one() -> u32 {\n    1\n}\n\n::std::thread_local! {\n    \
         static SEEN: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };\n}\n\n\
         pub fn seen() -> u32 {\n    SEEN.get()\n}\n",
    )]);
    let lib = cut(dir.path(), "one", "functions/one/src/lib.rs");
    assert!(
        lib.trim_end().ends_with("pub fn one() -> u32 {\n    1\n}"),
        "{lib}"
    );
}

/// graphql-client: a library passes its derive macros on by a glob, and nothing else of the glob is used.
#[test]
fn a_glob_of_macros_stays_for_those_who_derive() {
    let manifest = |name: &str, rest: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n{rest}")
    };
    let client = "[dependencies]\nnamed = { path = \"../named\" }\n";
    let cli = "[dependencies]\nclient = { path = \"../client\" }\n";
    let derive = "#[proc_macro_derive(Named)]\n\
                  pub fn named(input: proc_macro::TokenStream) -> proc_macro::TokenStream {\n    \
                  let name = input.into_iter().nth(2).unwrap().to_string();\n    \
                  format!(\"impl client::Named for {name} {{}}\").parse().unwrap()\n}\n";
    let dir = app(&[
        (
            "Cargo.toml",
            "[workspace]\nmembers = [\"named\", \"client\", \"cli\"]\nresolver = \"2\"\n",
        ),
        (
            "named/Cargo.toml",
            &manifest("named", "[lib]\nproc-macro = true\n"),
        ),
        ("named/src/lib.rs", derive),
        ("client/Cargo.toml", &manifest("client", client)),
        (
            "client/src/lib.rs",
            "pub use named::*;\n\npub trait Named {\n    fn name() -> u32 {\n        1\n    }\n}\n\n\
             pub fn other() -> u32 {\n    2\n}\n",
        ),
        ("cli/Cargo.toml", &manifest("cli", cli)),
        (
            "cli/src/lib.rs",
            "use client::Named;\n\n#[derive(Named)]\npub struct Query;\n\n\
             pub fn ask() -> u32 {\n    Query::name()\n}\n",
        ),
    ]);
    for crates in [&[][..], &["--slim", "client"]] {
        let run = program(dir.path())
            .args(["split", "--no-shim", "--entry", "ask"])
            .args(crates)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "{said}");
    }
}

/// css-inline: its package's `README.md` is a symlink to the repository's, and the crate was said not to compile.
#[cfg(unix)]
#[test]
fn an_embedded_file_behind_a_symlink_is_named() {
    let outside = TempDir::new().unwrap();
    let readme = outside.path().join("README.md");
    std::fs::write(&readme, "# Words\n").unwrap();
    let dir = app(&[(
        "src/lib.rs",
        "#![doc = include_str!(\"../README.md\")]\n\npub fn one() -> u32 {\n    1\n}\n",
    )]);
    std::os::unix::fs::symlink(&readme, dir.path().join("README.md")).unwrap();
    let run = split(dir.path(), "one");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(said.contains("error[X0107]"), "{said}");
    assert!(said.contains("README.md is a symlink to "), "{said}");
}

/// hickory-dns: what only another crate's features switch on was never compiled where rustc names what is unused,
/// so a function that parses a number brought a library for cryptography along.
#[test]
fn what_other_crates_features_switch_on_goes_where_nothing_uses_it() {
    let package = |name: &str, rest: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n{rest}")
    };
    let base = "[features]\nfull = [\"heavy\", \"plain\"]\nheavy = [\"dep:heavy\", \"plain\"]\nplain = []\n\n\
                [dependencies]\nheavy = { path = \"../vendor/heavy\", optional = true }\n";
    let dir = app(&[
        (
            "Cargo.toml",
            &package(
                "app",
                "[dependencies]\nbase = { path = \"base\", features = [\"full\"] }\n\n\
                 [workspace]\nmembers = [\"base\"]\nexclude = [\"vendor\"]\n",
            ),
        ),
        (
            "src/lib.rs",
            "pub fn total() -> u32 {\n    base::price() + base::heavy_price()\n}\n",
        ),
        ("vendor/heavy/Cargo.toml", &package("heavy", "")),
        (
            "vendor/heavy/src/lib.rs",
            "pub fn load() -> u32 {\n    1\n}\n",
        ),
        ("base/Cargo.toml", &package("base", base)),
        (
            "base/src/lib.rs",
            "pub fn price() -> u32 {\n    #[cfg(feature = \"plain\")]\n    return 2;\n    \
             #[cfg(not(feature = \"plain\"))]\n    1\n}\n\n\
             #[cfg(feature = \"heavy\")]\npub fn heavy_price() -> u32 {\n    heavy::load()\n}\n",
        ),
    ]);
    let manifest = cut(dir.path(), "price", "domain/base/Cargo.toml");
    assert!(manifest.ends_with("[features]\nplain = []\n"), "{manifest}");
    let function = dir.path().join("extracted/functions/price/Cargo.toml");
    let function = std::fs::read_to_string(function).unwrap();
    assert!(function.contains("features = [\"plain\"]"), "{function}");
}

/// rustc's tests of its dead-code lint: a constant of a trait that nothing uses came with the trait. Uses through a type
/// parameter, in another constant's default, in an array's length and in a pattern all count.
#[test]
fn a_traits_constants_come_where_they_are_used() {
    let dir = app(&[(
        "src/lib.rs",
        "pub trait Shape {\n    const SIDES: usize;\n    const TWICE: usize = Self::SIDES * 2;\n    const EDGE: u32;\n    \
         const IDLE: u32;\n    const NAME: &'static str = \"shape\";\n}\n\
         pub struct Square;\nimpl Shape for Square {\n    const SIDES: usize = 4;\n    const EDGE: u32 = 7;\n    \
         const IDLE: u32 = idle();\n    const NAME: &'static str = \"square\";\n}\n\
         const fn idle() -> u32 {\n    1\n}\n\
         fn corners<S: Shape>() -> usize {\n    S::TWICE\n}\n\
         pub fn area(edge: u32) -> usize {\n    let all = [0u8; <Square as Shape>::SIDES];\n    \
         match edge {\n        Square::EDGE => all.len(),\n        _ => corners::<Square>(),\n    }\n}\n\
         pub fn name() -> &'static str {\n    Square::NAME\n}\n",
    )]);
    let lib = cut(dir.path(), "app::area", "domain/app/src/lib.rs");
    for used in [
        "SIDES: usize;",
        "SIDES: usize = 4",
        "TWICE",
        "EDGE: u32 = 7",
    ] {
        assert!(lib.contains(used), "{used}: {lib}");
    }
    for unused in ["IDLE", "idle", "NAME"] {
        assert!(!lib.contains(unused), "{unused}: {lib}");
    }
}
