//! Bugs that real crates showed in features, modules and fields, each as the smallest crate that had it.
//!
//! Input: files of a crate, written into a temporary folder. Output: what `split --no-shim` makes of it.
//! Nothing is fetched: no crate here has a dependency but those in its own folder.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{app, cut, package, program, split};

/// ammonia: `mod dom` stands twice, under a `cfg` and under its opposite.
#[test]
fn a_module_that_is_declared_twice_is_the_one_that_is_compiled() {
    let dir = app(&[
        (
            "src/lib.rs",
            "#[cfg(app_unstable)]\npub mod dom;\n#[cfg(not(app_unstable))]\nmod dom;\n\n\
             pub fn depth(text: &str) -> usize {\n    dom::parse(text).len()\n}\n\n\
             pub fn is_empty(text: &str) -> bool {\n    text.is_empty()\n}\n",
        ),
        (
            "src/dom.rs",
            "#![allow(missing_docs)]\n\nuse std::borrow::Cow;\n\n\
             pub fn parse(text: &str) -> Vec<Cow<'_, str>> {\n    \
             text.split('<').map(Cow::from).collect()\n}\n",
        ),
    ]);
    let run = split(dir.path(), "app::is_empty");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
    let run = split(dir.path(), "app::depth");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
}

/// humantime: the field of a tuple struct becomes `pub`, and is the same field all the same.
#[test]
fn a_widened_field_without_a_name_means_the_same() {
    let dir = app(&[(
        "src/lib.rs",
        "use std::fmt;\n\npub struct Shown(u64);\n\n\
         impl fmt::Display for Shown {\n    \
         fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {\n        \
         write!(f, \"{}\", self.0 + 1)\n    }\n}\n\n\
         pub fn up(value: u64) -> Shown {\n    Shown(value + 1)\n}\n\n\
         pub fn down(value: u64) -> Shown {\n    Shown(value - 1)\n}\n",
    )]);
    let run = program(dir.path())
        .args(["split", "--no-shim", "--entry", "up", "--entry", "down"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
    let lib = std::fs::read_to_string(dir.path().join("extracted/domain/app/src/lib.rs")).unwrap();
    assert!(lib.contains("pub struct Shown(pub u64);"), "{lib}");
}

/// hyperfine: a dependency compiles with a feature alone that the build script's dependency turns on, as
/// cargo's first resolver unites both.
#[test]
fn a_dependency_keeps_the_feature_that_it_cannot_do_without() {
    let dir = app(&[
        (
            "Cargo.toml",
            "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2018\"\nbuild = \"build.rs\"\n\n\
             [dependencies]\nparts = { path = \"vendor/parts\", default-features = false }\n\n\
             [build-dependencies]\nparts = { path = \"vendor/parts\", features = [\"std\"] }\n\n\
             [workspace]\nexclude = [\"vendor\"]\n",
        ),
        (
            "build.rs",
            "fn main() {\n    parts::join(\"a\", \"b\");\n}\n",
        ),
        (
            "src/lib.rs",
            "pub fn name(text: &str) -> String {\n    parts::join(text, \"!\")\n}\n\n\
             pub fn other(text: &str) -> String {\n    parts::join(text, \"?\")\n}\n",
        ),
        (
            "vendor/parts/Cargo.toml",
            "[package]\nname = \"parts\"\nversion = \"0.1.0\"\nedition = \"2018\"\n\n[features]\nstd = []\n",
        ),
        (
            "vendor/parts/src/lib.rs",
            "#[cfg(not(feature = \"std\"))]\ncompile_error!(\"`std` is required\");\n\n\
             pub fn join(a: &str, b: &str) -> String {\n    format!(\"{a}{b}\")\n}\n",
        ),
    ]);
    let run = split(dir.path(), "app::name");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
}

/// sea-query: under cargo's first resolver a root package's features were left out when only what an entry
/// needs was compiled; so were those of a package that its own tests depend on by name, for cargo gave them to the
/// dependency.
#[test]
fn features_of_a_package_stay_on() {
    let first = "edition = \"2018\"\n";
    let itself = "edition = \"2024\"\n\n[dev-dependencies]\napp = { path = \".\" }\n";
    for more in [first, itself] {
        let dir = app(&[
            (
                "Cargo.toml",
                &format!(
                    "[package]\nname = \"app\"\nversion = \"0.1.0\"\n{more}\n\
                     [features]\ndefault = [\"audit\"]\naudit = []\n\n\
                     [workspace]\nmembers = [\"other\"]\n"
                ),
            ),
            (
                "src/lib.rs",
                "#[cfg(feature = \"audit\")]\npub mod audit;\n\npub fn unused() {}\n",
            ),
            (
                "src/audit.rs",
                "pub fn name(text: &str) -> String {\n    shown(text)\n}\n\n\
                 fn shown(text: &str) -> String {\n    text.to_owned()\n}\n",
            ),
            (
                "other/Cargo.toml",
                "[package]\nname = \"other\"\nversion = \"0.1.0\"\nedition = \"2018\"\n",
            ),
            ("other/src/lib.rs", "pub fn other() {}\n"),
        ]);
        let text = cut(dir.path(), "app::audit::name", "domain/app/src/audit.rs");
        assert!(text.contains("fn shown"), "{text}");
    }
}

/// hickory-dns: what a manifest came to allow was allowed at each item but the first, too.
#[test]
fn a_lint_that_several_items_raise_is_allowed_once() {
    let dir = app(&[(
        "src/lib.rs",
        "#[derive(Debug)]\npub struct price(pub u32);\n\n#[derive(Debug)]\npub struct basket(pub price);\n\n\
         pub fn fill(cents: u32) -> basket {\n    basket(price(cents))\n}\n\n\
         pub fn empty() {}\n",
    )]);
    let lib = cut(dir.path(), "fill", "functions/fill/src/lib.rs");
    assert!(!lib.contains("allow"), "{lib}");
    let manifest = dir.path().join("extracted/functions/fill/Cargo.toml");
    let manifest = std::fs::read_to_string(manifest).unwrap();
    let allowed = "[lints.rust]\nnon_camel_case_types = \"allow\"\n";
    assert!(manifest.contains(allowed), "{manifest}");
}

/// hickory-dns: a method's module became `pub`, though its type has a public path through a re-export.
#[test]
fn a_method_is_reached_by_the_path_that_its_type_has() {
    let dir = app(&[
        (
            "src/lib.rs",
            "mod name;\npub use name::Name;\n\npub fn empty() -> Name {\n    Name(String::new())\n}\n",
        ),
        (
            "src/name.rs",
            "#[derive(Debug)]\npub struct Name(pub(crate) String);\n\n\
             impl Name {\n    pub fn parse(text: &str) -> Self {\n        Self(text.trim().to_owned())\n    }\n\n    \
             pub fn is_empty(&self) -> bool {\n        self.0.is_empty()\n    }\n}\n",
        ),
    ]);
    let lib = cut(dir.path(), "Name::parse", "domain/app/src/lib.rs");
    assert_eq!(lib, "mod name;\npub use name::Name;\n");
}

/// gitoxide: a feature that cargo makes of an optional dependency went with it, and the manifest allowed
/// `unexpected_cfgs` for the code that names it.
#[test]
fn a_feature_that_an_optional_dependency_made_stays_declared() {
    let dir = app(&[
        (
            "Cargo.toml",
            "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n\
             [dependencies]\npages = { path = \"vendor/pages\", optional = true }\n\n\
             [workspace]\nexclude = [\"vendor\"]\n",
        ),
        ("vendor/pages/Cargo.toml", &package("pages")),
        ("vendor/pages/src/lib.rs", ""),
        (
            "src/lib.rs",
            "#![cfg_attr(feature = \"pages\", doc = \"Pages.\")]\n\n\
             pub fn one() -> u32 {\n    shared() + 1\n}\n\npub fn two() -> u32 {\n    shared() + 2\n}\n\n\
             pub fn shared() -> u32 {\n    0\n}\n\npub fn other() {}\n",
        ),
    ]);
    let run = program(dir.path())
        .args(["split", "--no-shim", "--entry", "one", "--entry", "two"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
    let manifest = dir.path().join("extracted/domain/app/Cargo.toml");
    let manifest = std::fs::read_to_string(manifest).unwrap();
    assert!(
        manifest.ends_with("\n[features]\npages = []\n"),
        "{manifest}"
    );
}

/// dotenv-linter: a feature that cargo makes of an optional dependency was on since the program asks for it, and the
/// function, which needs what is behind it, did not ask.
#[test]
fn a_feature_that_an_optional_dependency_made_is_asked_for() {
    let dir = app(&[
        (
            "Cargo.toml",
            "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n\
             [dependencies]\npages = { path = \"vendor/pages\", optional = true }\n\n\
             [workspace]\nmembers = [\"cli\"]\nexclude = [\"vendor\"]\n",
        ),
        ("vendor/pages/Cargo.toml", &package("pages")),
        (
            "vendor/pages/src/lib.rs",
            "pub fn count() -> u32 {\n    3\n}\n",
        ),
        (
            "cli/Cargo.toml",
            "[package]\nname = \"cli\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n\
             [dependencies]\napp = { path = \"..\", features = [\"pages\"] }\n",
        ),
        (
            "cli/src/main.rs",
            "fn main() {\n    println!(\"{}\", app::one());\n}\n",
        ),
        (
            "src/lib.rs",
            "pub fn one() -> u32 {\n    shared() + 1\n}\n\npub fn two() -> u32 {\n    shared() + 2\n}\n\n\
             pub fn shared() -> u32 {\n    #[cfg(feature = \"pages\")]\n    return base() + pages::count();\n    \
             #[cfg(not(feature = \"pages\"))]\n    0\n}\n\n\
             #[cfg(feature = \"pages\")]\nfn base() -> u32 {\n    1\n}\n",
        ),
    ]);
    let run = program(dir.path())
        .args(["split", "--no-shim", "--entry", "one", "--entry", "two"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
    let manifest = dir.path().join("extracted/functions/one/Cargo.toml");
    let manifest = std::fs::read_to_string(manifest).unwrap();
    let asked = "app = { path = \"../../domain/app\", features = [\"pages\"] }\n";
    assert!(manifest.contains(asked), "{manifest}");
}

/// A crate whose trait's method alone is called was said to be left behind.
#[test]
fn a_crate_that_only_a_method_of_its_trait_is_called_of_counts_as_kept() {
    let dir = app(&[
        (
            "Cargo.toml",
            "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n\
             [dependencies]\nclusters = { path = \"clusters\" }\n\n[workspace]\nexclude = [\"clusters\"]\n",
        ),
        ("clusters/Cargo.toml", &package("clusters")),
        (
            "clusters/src/lib.rs",
            "pub trait Clusters {\n    fn clusters(&self) -> usize;\n}\n\n\
             impl Clusters for str {\n    fn clusters(&self) -> usize {\n        self.len()\n    }\n}\n",
        ),
        (
            "src/lib.rs",
            "use clusters::Clusters;\n\npub fn width(text: &str) -> usize {\n    text.clusters()\n}\n",
        ),
    ]);
    let run = split(dir.path(), "width");
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(said.contains("external crates  1 of 1 kept"), "{said}");
}

/// minijinja: an impl that a macro makes missed a method of its trait, and all methods of that name came back.
#[test]
fn what_a_made_impl_has_of_its_trait_is_the_traits_own() {
    let dir = app(&[(
        "src/lib.rs",
        "pub trait Arg {\n    fn from_value(value: u64) -> Self;\n    fn to_value(self) -> u64;\n}\n\n\
         macro_rules! arg {\n    ($of:ty) => {\n        impl Arg for $of {\n            \
         fn from_value(value: u64) -> Self {\n                value as $of\n            }\n\n            \
         fn to_value(self) -> u64 {\n                self as u64\n            }\n        }\n    };\n}\n\narg!(u8);\n\n\
         pub struct Far(u64);\n\nimpl Far {\n    pub fn from_value(value: u64) -> Self {\n        Self(value)\n    }\n}\n\n\
         pub fn size<T: Arg>(_: T) -> usize {\n    std::mem::size_of::<T>()\n}\n\n\
         pub fn width(of: u8) -> usize {\n    size(of)\n}\n",
    )]);
    let run = split(dir.path(), "width");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
    let all = walkdir::WalkDir::new(dir.path().join("extracted"));
    for file in all.into_iter().map(Result::unwrap) {
        if file.path().extension().is_some_and(|x| x == "rs") {
            let text = std::fs::read_to_string(file.path()).unwrap();
            assert!(!text.contains("Far"), "{text}");
        }
    }
}

/// minijinja: an error about `From<B>` brought back `From<A>` too, and all that `A` needs.
#[test]
fn an_impl_of_other_arguments_goes_again() {
    let dir = app(&[(
        "src/lib.rs",
        "pub struct Value(u64);\n\nmacro_rules! pair {\n    ($of:ty) => {\n        impl From<($of, $of)> for Value {\n            \
         fn from((a, b): ($of, $of)) -> Self {\n                Self(u64::from(a) + u64::from(b))\n            }\n        }\n    };\n}\n\npair!(u8);\n\n\
         pub struct Far {\n    pub at: u64,\n}\n\nimpl From<u64> for Value {\n    fn from(of: u64) -> Self {\n        Self(of)\n    }\n}\n\n\
         impl From<Far> for Value {\n    fn from(far: Far) -> Self {\n        Self(far.at)\n    }\n}\n\n\
         pub fn sum(a: u8, b: u8) -> u64 {\n    Value::from((a, b)).0\n}\n",
    )]);
    let run = split(dir.path(), "sum");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
    let all = walkdir::WalkDir::new(dir.path().join("extracted"));
    for file in all.into_iter().map(Result::unwrap) {
        if file.path().extension().is_some_and(|x| x == "rs") {
            let text = std::fs::read_to_string(file.path()).unwrap();
            assert!(!text.contains("Far"), "{text}");
        }
    }
}
