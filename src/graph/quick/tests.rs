//! The edges of small workspaces, by the paths of their ends.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may stop at the first surprise"
)]

use std::collections::BTreeSet;

use camino::Utf8Path;

use crate::diag::Sink;
use crate::graph::Certainty;
use crate::workspace::Request;

const ONE: &str = "[package]\nname = \"one\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";

/// `from -> to` for every edge of the workspace with these files.
fn edges(files: &[(&str, &str)]) -> BTreeSet<String> {
    let dir = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(dir.path()).unwrap();
    for (name, text) in files {
        let path = root.join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    }
    let request = Request {
        manifest_path: Some(root.join("Cargo.toml")),
        ..Request::default()
    };
    let workspace = crate::workspace::load(&request).expect("the workspace loads");
    let tree = crate::syntax::load(&workspace, &mut Sink::default());
    assert!(
        tree.files.iter().all(|f| f.syntax.error.is_none()),
        "all files parse"
    );
    let edges = super::edges(&workspace, &tree);
    assert!(edges.iter().all(|e| e.certainty == Certainty::Approximate));
    assert_eq!(
        edges,
        super::edges(&workspace, &tree),
        "the order is always the same"
    );
    edges
        .iter()
        .map(|e| format!("{} -> {}", tree.path(e.from), tree.path(e.to)))
        .collect()
}

/// The edges of a package `one` with this `src/lib.rs`.
fn lib(text: &str) -> BTreeSet<String> {
    edges(&[("Cargo.toml", ONE), ("src/lib.rs", text)])
}

#[track_caller]
fn has(found: &BTreeSet<String>, wanted: &[&str]) {
    for edge in wanted {
        assert!(found.contains(*edge), "no {edge} in {found:#?}");
    }
}

/// Asserts that nothing but `wanted` starts at `from`.
#[track_caller]
fn only(found: &BTreeSet<String>, from: &str, wanted: &[&str]) {
    let prefix = format!("{from} -> ");
    let all: Vec<&str> = found
        .iter()
        .filter_map(|e| e.strip_prefix(&prefix))
        .collect();
    assert_eq!(all, wanted, "from {from}");
}

#[test]
fn names_of_the_module_and_its_paths() {
    let found = lib("
        pub fn top() { inner::deep::leaf(); crate::side(); self::side(); }
        fn side() {}
        mod inner {
            pub mod deep { pub fn leaf() { super::up(); super::super::side(); LIMIT; } const LIMIT: u8 = 0; }
            fn up() {}
            fn unseen() { side(); }
        }
    ");
    only(&found, "one::top", &["one::inner::deep::leaf", "one::side"]);
    only(
        &found,
        "one::inner::deep::leaf",
        &["one::inner::deep::LIMIT", "one::inner::up", "one::side"],
    );
    only(&found, "one::inner::unseen", &[]);
}

#[test]
fn globs_renames_and_reexports_are_followed() {
    let found = lib("
        mod a { pub struct A; pub fn shadowed() {} fn private() {} }
        mod b { pub use crate::a::*; pub use crate::a::A as Renamed; }
        mod c { pub use super::b::Renamed as Again; pub fn shadowed() {} }
        mod user {
            use super::{b::*, c::{self as see, Again}};
            fn shadowed() {}
            fn run(_: A, _: Again, _: see::Again) { shadowed(); private(); see::shadowed(); }
        }
    ");
    only(
        &found,
        "one::user::run",
        &["one::a::A", "one::c::shadowed", "one::user::shadowed"],
    );
    only(&found, "one::b::use *", &[]);
    only(&found, "one::b::use Renamed", &["one::a::A"]);
    only(&found, "one::c::use Again", &["one::a::A"]);
    only(&found, "one::user::use *, see, Again", &["one::a::A"]);
}

#[test]
fn circular_globs_end() {
    let found = lib("
        mod a { pub use super::b::*; pub fn from_a() { from_b() } }
        mod b { pub use super::a::*; pub fn from_b() { from_a() } }
    ");
    has(
        &found,
        &[
            "one::a::from_a -> one::b::from_b",
            "one::b::from_b -> one::a::from_a",
        ],
    );
}

#[test]
fn variants_and_associated_items() {
    let found = lib("
        pub enum Kind { Small, Big }
        impl Kind { const ALL: u8 = 2; pub fn new() -> Self { Self::Small } fn all() -> u8 { Self::ALL } }
        type Alias = Kind;
        fn a() -> Kind { Kind::Big }
        fn b() -> Alias { Alias::new() }
        mod m { use super::Kind::*; fn c() { let _ = Small; } }
    ");
    only(&found, "one::Kind::new", &["one::Kind", "one::Kind::Small"]);
    only(&found, "one::Kind::all", &["one::Kind", "one::Kind::ALL"]);
    only(&found, "one::a", &["one::Kind", "one::Kind::Big"]);
    only(&found, "one::b", &["one::Alias", "one::Kind::new"]);
    only(&found, "one::m::c", &["one::Kind::Small"]);
}

#[test]
fn traits_and_methods() {
    let found = lib("
        trait Run { const N: u8; fn make() -> Self; fn run(&self) {} fn twice(&self) { self.run(); } }
        struct S { run: u8 }
        impl Run for S { const N: u8 = 1; fn make() -> Self { let _ = Self::N; S { run: 0 } } }
        impl Run for String { const N: u8 = 2; fn make() -> Self { String::new() } }
        impl S { fn run(&self) -> u8 { self.run } }
        fn generic<T: Run>() { T::make(); }
        fn outside() { let s = String::make(); s.run(); }
        fn qualified() { <S as Run>::make(); Vec::<S>::new(); Run::twice(&S::make()); }
        fn derived() { S::twice(&S { run: 1 }); }
    ");
    only(&found, "one::Run::twice", &["one::Run::run", "one::S::run"]);
    only(&found, "one::S::run", &[]);
    only(&found, "one::generic", &["one::Run", "one::Run::make"]);
    only(
        &found,
        "one::outside",
        &["one::Run::run", "one::S::run", "one::String::make"],
    );
    has(
        &found,
        &[
            "one::S::make -> one::S::N",
            "one::qualified -> one::S::make",
        ],
    );
    has(
        &found,
        &[
            "one::qualified -> one::Run::make",
            "one::qualified -> one::Run::twice",
        ],
    );
    only(&found, "one::derived", &["one::Run::twice", "one::S"]);
}

#[test]
fn crates_of_the_workspace() {
    let found = edges(&[
        (
            "Cargo.toml",
            "[workspace]\nmembers = [\"app\", \"base-lib\", \"mac\"]\nresolver = \"2\"\n",
        ),
        (
            "app/Cargo.toml",
            "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\n\
             base-lib = { path = \"../base-lib\" }\nmm = { path = \"../mac\", package = \"mac\" }\n",
        ),
        (
            "app/src/lib.rs",
            "pub use base_lib::deep::Thing; pub fn help(_: Thing) { shout!(); base_lib::shout!(); }",
        ),
        (
            "app/src/main.rs",
            "use app::Thing; #[derive(mm::Make)] struct X; #[mm::attr] fn main() { app::help(Thing); ::app::help(Thing); }",
        ),
        (
            "base-lib/Cargo.toml",
            "[package]\nname = \"base-lib\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
        ),
        (
            "base-lib/src/lib.rs",
            "pub mod deep { pub struct Thing; }\n#[macro_export] macro_rules! shout { () => { $crate::helper() } }\n\
             #[doc(hidden)] pub fn helper() {}",
        ),
        (
            "mac/Cargo.toml",
            "[package]\nname = \"mac\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[lib]\nproc-macro = true\n",
        ),
        (
            "mac/src/lib.rs",
            "use proc_macro::TokenStream;\n#[proc_macro_derive(Make)] pub fn make_it(i: TokenStream) -> TokenStream { i }\n\
             #[proc_macro_attribute] pub fn attr(_: TokenStream, i: TokenStream) -> TokenStream { i }",
        ),
    ]);
    only(
        &found,
        "app::help",
        &["base_lib::deep::Thing", "base_lib::shout"],
    );
    only(
        &found,
        "app::main",
        &["app::help", "base_lib::deep::Thing", "mac::attr"],
    );
    only(&found, "app::X", &["mac::make_it"]);
    only(&found, "app::use Thing", &["base_lib::deep::Thing"]);
    only(&found, "base_lib::shout", &["base_lib::helper"]);
}

#[test]
fn edition_2015_paths_start_at_the_root() {
    let manifest = ONE.replace("2021", "2015");
    let found = edges(&[
        ("Cargo.toml", &manifest),
        (
            "src/lib.rs",
            "mod a { pub fn f() {} } mod b { use a::f; fn g() { f(); ::a::f(); } }",
        ),
    ]);
    only(&found, "one::b::g", &["one::a::f"]);
}

#[test]
fn macros_and_what_they_declare() {
    let found = lib("
        macro_rules! local { ($name:ident) => { helper() } }
        fn helper() {}
        fn ident() {}
        fn uses() { local!(x); if LIMIT != 3 {} }
        thread_local! { static LIMIT: u8 = 3; }
        mod m { fn deep() { super::LIMIT; local!(y); } }
        bitflags::bitflags! { pub struct Flags: u8 { const A = 1; } }
        fn flags() -> Flags { Flags::A }
        mod out { macro_rules! own { () => {} } pub(crate) use own; }
        fn other() { out::own!(); }
    ");
    only(&found, "one::local", &["one::helper"]);
    only(&found, "one::uses", &["one::local", "one::thread_local!"]);
    only(
        &found,
        "one::m::deep",
        &["one::local", "one::thread_local!"],
    );
    only(&found, "one::flags", &["one::bitflags::bitflags!"]);
    only(&found, "one::other", &["one::out::own"]);
    only(&found, "one::out::use own", &["one::out::own"]);
}

#[test]
fn names_given_to_a_macro_that_declares_items() {
    let found = lib("
        macro_rules! make { ($name:ident, $other:ident) => { pub fn $name() { $other() } } }
        macro_rules! plain { ($name:ident) => { impl Clone for $name {} } }
        mod text { make!(trim, given); plain!(given_too); pub fn given() {} }
        fn a() { text::trim(); }
        fn b() { text::given(); }
        fn c() { use text::*; trim(); given_too(); }
    ");
    only(&found, "one::a", &["one::text::make!"]);
    only(&found, "one::b", &["one::text::given"]);
    only(&found, "one::c", &["one::text::make!"]);
    only(
        &found,
        "one::text::make!",
        &["one::make", "one::text::given"],
    );
}

#[test]
fn uses_inside_functions() {
    let found = lib("
        mod a { pub struct A; pub enum E { V, W } pub mod b { pub fn f() {} pub fn g() {} } }
        fn run() { use a::{b::{self, f as ff}, E::*}; ff(); b::g(); let _ = V; }
        fn other() { let _ = V; ff(); }
    ");
    only(
        &found,
        "one::run",
        &["one::a::E", "one::a::E::V", "one::a::b::f", "one::a::b::g"],
    );
    only(&found, "one::other", &[]);
}

#[test]
fn local_names_are_not_items() {
    let found = lib("
        /// doc
        fn doc() {}
        fn name() {}
        mod text {}
        struct S { name: u8 }
        fn run(name: u8, text: u8) -> u8 { let s = S { name: name }; let _ = s.name; name + text }
        fn calls(name: u8) { name(); }
        #[test] fn test() {}
        fn label() { 'name: loop { break 'name; } let _ = \"name\"; }
        fn range() { let _ = 0..LIMIT; let _ = S { ..base() }; }
        const LIMIT: u8 = 1;
        fn base() -> S { todo!() }
    ");
    only(&found, "one::run", &["one::S"]);
    only(&found, "one::S::name", &[]);
    only(&found, "one::doc", &[]);
    only(&found, "one::calls", &["one::name"]);
    only(&found, "one::label", &[]);
    only(&found, "one::range", &["one::LIMIT", "one::S", "one::base"]);
}

#[test]
fn strings_of_attributes_are_paths() {
    let found = lib("
        fn port() -> u16 { 1 }
        fn check() {}
        fn name() {}
        mod codec { pub fn serialize() {} }
        struct S {
            #[serde(default = \"port\", rename = \"name\")] a: u16,
            #[serde(with = \"codec\")] b: u16,
            #[validate(with = check)] c: u16,
        }
    ");
    only(&found, "one::S::a", &["one::port"]);
    only(&found, "one::S::b", &["one::codec::serialize"]);
    only(&found, "one::S::c", &["one::check"]);
}

#[test]
fn inactive_items_are_neither_ends() {
    let found = lib("
        #[cfg(any())] fn f() {}
        #[cfg(any())] mod off { fn g() { super::h(); } }
        fn h() { f(); off::g(); }
    ");
    assert!(found.is_empty(), "{found:?}");
}
