//! What crosses and what is refused, signature by signature.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::fixture::Fixture;
use super::{Shape, Words};
use crate::diag::Code;

/// `field: type => binding | argument` of each input of `fn f`.
fn inputs(source: &str) -> Vec<String> {
    let fixture = Fixture::new(source);
    let (crossing, said) = fixture.cross("f");
    let crossing = crossing.unwrap_or_else(|| panic!("{said:?}"));
    let line = |input: &super::Input| {
        let ty = input.ty.render(&|item| fixture.path(item));
        let binding = input
            .binding
            .as_ref()
            .map(|b| format!("{b} | "))
            .unwrap_or_default();
        format!("{}: {ty} => {binding}{}", input.field, input.argument)
    };
    crossing.inputs.iter().map(line).collect()
}

fn input(ty: &str) -> String {
    let source = format!(
        "use std::{{borrow::Cow, collections::*, path::Path, sync::Arc, rc::Rc, ffi::OsStr}};
         use std::collections::{{HashMap, HashSet}}; use bytes::Bytes;
         const KEY: usize = 4;
         #[derive(Clone)] pub struct Order {{ id: u32 }}
         pub struct Page<T> {{ items: Vec<T> }}
         pub type Orders = Vec<Order>;
         pub type Few<T = Order> = Option<T>;
         pub struct Name<'a> {{ text: Cow<'a, str> }}
         pub fn f(x: {ty}) {{}}"
    );
    inputs(&source)
        .remove(0)
        .trim_start_matches("x: ")
        .to_owned()
}

fn refused(source: &str) -> Vec<(Code, String)> {
    let (crossing, said) = Fixture::new(source).cross("f");
    assert!(crossing.is_none(), "{crossing:?}");
    assert!(
        said.iter().all(|d| d.place.is_some() && !d.help.is_empty()),
        "{said:?}"
    );
    said.into_iter().map(|d| (d.code, d.message)).collect()
}

fn codes(source: &str) -> Vec<Code> {
    refused(source).into_iter().map(|(code, _)| code).collect()
}

#[test]
fn what_is_chosen_for_many_types_is_told() {
    let source = "pub fn f<S: AsRef<str>>(s: S, p: impl AsRef<std::path::Path>) {}";
    let (crossing, _) = Fixture::new(source).cross("f");
    let chosen = crossing.unwrap().chosen;
    let pair = |many: &str, one: &str| (many.to_owned(), one.to_owned());
    assert_eq!(
        chosen,
        [
            pair("S: AsRef<str>", "String"),
            pair("impl AsRef<std::path::Path>", "PathBuf")
        ]
    );
}

#[test]
fn owned_forms() {
    let cases = [
        ("&str", "String => &$"),
        ("String", "String => $"),
        ("&String", "String => &$"),
        ("&[u8]", "Base64 => &$.0"),
        ("Vec<u8>", "Base64 => $.0"),
        ("&Vec<u8>", "Base64 => &$.0"),
        ("Bytes", "Base64 => $.0.into()"),
        ("&Bytes", "Base64 => $.0.into() | &$"),
        (
            "Option<&[u8]>",
            "Option<Base64> => $.as_ref().map(|item| item.0.as_slice())",
        ),
        ("Option<Vec<u8>>", "Option<Base64> => $.map(|item| item.0)"),
        ("&[u32]", "Vec<u32> => &$"),
        ("&[Order]", "Vec<shop::Order> => &$"),
        ("Orders", "Vec<shop::Order> => $"),
        ("Few", "Option<shop::Order> => $"),
        ("Few<&str>", "Option<String> => $.as_deref()"),
        ("&Order", "shop::Order => &$"),
        ("&Page<Order>", "shop::Page<shop::Order> => &$"),
        ("Name<'_>", "shop::Name<'static> => $"),
        ("&Name", "shop::Name<'static> => &$"),
        ("Option<&Order>", "Option<shop::Order> => $.as_ref()"),
        ("Option<&str>", "Option<String> => $.as_deref()"),
        ("&Option<Order>", "Option<shop::Order> => &$"),
        ("&Option<&str>", "Option<String> => $.as_deref() | &$"),
        ("&Path", "std::path::PathBuf => &$"),
        (
            "Option<&Path>",
            "Option<std::path::PathBuf> => $.as_deref()",
        ),
        ("&OsStr", "String => std::ffi::OsStr::new(&$)"),
        ("Cow<'_, str>", "String => $.into()"),
        ("Arc<str>", "String => $.into()"),
        ("Arc<Order>", "shop::Order => std::sync::Arc::new($)"),
        ("&Rc<Order>", "shop::Order => std::rc::Rc::new($) | &$"),
        ("Box<Order>", "Box<shop::Order> => $"),
        ("&&str", "String => $.as_str() | &$"),
        (
            "&[&str]",
            "Vec<String> => $.iter().map(|item| item.as_str()).collect::<Vec<_>>() | &$",
        ),
        (
            "Vec<&str>",
            "Vec<String> => $.iter().map(|item| item.as_str()).collect::<Vec<_>>()",
        ),
        (
            "&[(&str, u32)]",
            "Vec<(String, u32,)> => $.iter().map(|item| (item.0.as_str(), item.1,)).collect::<Vec<_>>() | &$",
        ),
        (
            "(&str, Order)",
            "(String, shop::Order,) => ($.0.as_str(), $.1,)",
        ),
        ("[u8; 16]", "[u8; 16] => $"),
        ("&[u8; KEY]", "[u8; shop::KEY] => &$"),
        (
            "[&str; 2]",
            "[String; 2] => $.each_ref().map(|item| item.as_str())",
        ),
        (
            "HashMap<String, Order>",
            "std::collections::HashMap<String, shop::Order> => $",
        ),
        (
            "&HashMap<&str, u8>",
            "std::collections::HashMap<String, u8> => $.iter().map(|(key, value)| (key.as_str(), *value)).collect::<std::collections::HashMap<_, _>>() | &$",
        ),
        (
            "HashSet<&str>",
            "Vec<String> => $.iter().map(|item| item.as_str()).collect::<std::collections::HashSet<_>>()",
        ),
        ("impl AsRef<str>", "String => $"),
        ("&impl AsRef<str>", "String => &$"),
        ("impl AsRef<Path>", "std::path::PathBuf => $"),
        ("impl AsRef<[u8]>", "Base64 => $.0"),
        ("impl Into<String> + Clone", "String => $"),
        ("impl ToString", "String => $"),
        ("&[impl AsRef<str>]", "Vec<String> => &$"),
        ("impl IntoIterator<Item = Order>", "Vec<shop::Order> => $"),
        (
            "impl Iterator<Item = Order>",
            "Vec<shop::Order> => $.into_iter()",
        ),
        ("std::time::Duration", "std::time::Duration => $"),
        (
            "&rustc_hash::FxHashMap<u8, Order>",
            "rustc_hash::FxHashMap<u8, shop::Order> => &$",
        ),
        ("uuid::Uuid", "uuid::Uuid => $"),
        (
            "arrayvec::ArrayVec<u8, 16>",
            "arrayvec::ArrayVec<u8, 16> => $",
        ),
        ("()", "() => $"),
    ];
    for (ty, wanted) in cases {
        assert_eq!(input(ty), wanted, "{ty}");
    }
}

#[test]
fn generic_bounds_that_stand_for_owned_types() {
    let source = "use std::path::Path;
        pub fn f<P: AsRef<Path>, S>(path: P, names: &[S], last: Option<S>) where S: AsRef<str> {}";
    let wanted = [
        "path: std::path::PathBuf => $",
        "names: Vec<String> => &$",
        "last: Option<String> => $",
    ];
    assert_eq!(inputs(source), wanted);
}

#[test]
fn receivers_and_field_names() {
    let source = "pub struct PriceList { rows: Vec<u32> }
        impl PriceList { pub fn f(&self, _max: u32, (a, b): (u32, u32), price_list: &Self) {} }";
    let wanted = [
        "price_list: shop::PriceList => &$",
        "max: u32 => $",
        "arg2: (u32, u32, ) => $",
        "price_list2: shop::PriceList => &$",
    ];
    assert_eq!(inputs(source), wanted);
}

#[test]
fn derives_go_down_to_the_last_field_and_one_way() {
    let source = "use serde::{Serialize, Deserialize};
        pub struct In { a: Vec<Inner>, b: Box<In2>, c: Done }
        pub enum Inner { One(Leaf), Two { leaf: Leaf }, Not }
        pub struct Leaf(u8);
        pub struct In2 { again: Option<Box<In>> }
        #[cfg_attr(feature = \"serde\", derive(Serialize, Deserialize))] pub struct Done { x: u8 }
        #[cfg_attr(feature = \"other\", derive(Serialize))] pub struct Out { leaf: Leaf }
        pub fn f(x: &In) -> Option<Out> { None }";
    let fixture = Fixture::new(source);
    let crossing = fixture.cross("f").0.unwrap();
    let of = |name: &str| {
        let derives = crossing
            .needs_derive
            .get(&fixture.item(name))
            .copied()
            .unwrap_or_default();
        (derives.deserialize, derives.serialize)
    };
    for name in ["In", "Inner", "In2"] {
        assert_eq!(of(name), (true, false), "{name}");
    }
    assert_eq!(of("Leaf"), (true, true));
    assert_eq!(of("Out"), (false, true));
    assert_eq!(of("Done"), (false, false));
    assert!(crossing.skipped_fields.is_empty());
}

#[test]
fn optional_and_defaulted_fields_are_skipped_with_a_warning() {
    let source = "use std::sync::Mutex;
        #[derive(Default)] pub struct Options { deep: u8, cache: Mutex<Vec<u8>>, hook: Option<Box<dyn Fn()>> }
        pub fn f(x: &Options) {}";
    let (crossing, said) = Fixture::new(source).cross("f");
    let fields: Vec<_> = crossing
        .unwrap()
        .skipped_fields
        .into_iter()
        .map(|skipped| skipped.field)
        .collect();
    assert_eq!(fields, ["cache", "hook"]);
    assert!(said.iter().all(|d| d.code == Code::FieldSkipped) && said.len() == 2);
}

/// indicatif: `Arc<RwLock<State>>` has a default where `State` has one.
#[test]
fn a_lock_has_the_default_of_what_it_holds() {
    let of = |state: &str| {
        let source = format!(
            "use std::sync::Mutex;
            {state} pub struct State {{ hook: fn() }}
            pub struct Bar {{ state: Mutex<State> }}
            impl Default for Bar {{ fn default() -> Self {{ todo!() }} }}
            pub fn f(x: &Bar) {{}}"
        );
        Fixture::new(&source).cross("f").0.is_some()
    };
    assert!(of("#[derive(Default)]"));
    assert!(!of(""));
}

#[test]
fn variants_that_no_event_can_hold_stay_behind() {
    let source = "pub enum Codec { Fast { level: u8 }, Hooked(Box<dyn Fn()>) }
        pub struct Options { codec: Codec }
        pub fn f(x: &Options) {}
        pub enum Only { Hooked(Box<dyn Fn()>) }
        pub fn g(x: Only) {}
        pub fn h() -> Codec { Codec::Fast { level: 1 } }";
    let fixture = Fixture::new(source);
    let (crossing, said) = fixture.cross("f");
    let skipped = crossing.unwrap().skipped_fields;
    let skipped: Vec<_> = skipped
        .iter()
        .map(|skipped| (skipped.field.as_str(), skipped.is_variant))
        .collect();
    assert_eq!(skipped, [("Hooked", true)]);
    assert!(said.iter().all(|d| d.code == Code::FieldSkipped) && said.len() == 1);
    // With no variant left, and on the way out, it is a refusal.
    assert!(fixture.cross("g").0.is_none());
    assert!(fixture.cross("h").0.is_none());
}

#[test]
fn features_of_foreign_crates() {
    let source = "use indexmap::IndexMap; use odd::Thing;
        pub struct Row { at: chrono::NaiveDate }
        pub fn f(x: IndexMap<String, Row>, y: Thing) {}";
    let crossing = Fixture::new(source).cross("f").0.unwrap();
    let features: Vec<_> = crossing
        .serde_features
        .iter()
        .map(|(krate, _)| krate.as_str())
        .collect();
    // A feature is not asked for where nobody knows whether there is one.
    assert_eq!(features, ["chrono", "indexmap"]);
    assert!(crossing.assumed.iter().eq(["odd"]));
}

/// feroxbuster: its `reqwest::Url` is `url`'s, which it asks for serde; it was said to have none.
#[test]
fn types_that_other_crates_pass_on() {
    let source = "use reqwest::Url; use sqlx::types::chrono::NaiveDate;
        pub fn f(x: Url, y: NaiveDate) -> Url { x }
        pub fn g(x: reqwest::Client) {}";
    let crossing = Fixture::new(source).cross("f").0.unwrap();
    let features: Vec<_> = crossing
        .serde_features
        .iter()
        .map(|(krate, _)| krate.as_str())
        .collect();
    assert_eq!(features, ["chrono", "url"]);
    assert!(Fixture::new(source).cross("g").0.is_none());
}

#[test]
fn results() {
    let cases = [
        ("", Shape::Unit, None),
        ("-> ()", Shape::Unit, None),
        ("-> &'static str", Shape::Plain, None),
        ("-> Vec<Token<'_>>", Shape::Plain, None),
        ("-> Vec<u8>", Shape::Bytes, None),
        ("-> std::borrow::Cow<'_, [u8]>", Shape::Bytes, None),
        ("-> Option<Vec<u8>>", Shape::OptionalBytes, None),
        (
            "-> impl Iterator<Item = Token<'_>> + '_",
            Shape::Collect,
            None,
        ),
        ("-> std::sync::Arc<Order>", Shape::Shared, None),
        (
            "-> Result<Order, Bad>",
            Shape::Plain,
            Some(("Bad", Words::Display)),
        ),
        (
            "-> Result<(), Plain>",
            Shape::Unit,
            Some(("Plain", Words::Debug)),
        ),
        (
            "-> Res<Vec<u8>>",
            Shape::Bytes,
            Some(("Bad", Words::Display)),
        ),
        (
            "-> anyhow::Result<u8>",
            Shape::Plain,
            Some(("Error", Words::Display)),
        ),
        (
            "-> std::io::Result<()>",
            Shape::Unit,
            Some(("Error", Words::Display)),
        ),
        (
            "-> Result<u8, Box<dyn std::error::Error + Send>>",
            Shape::Plain,
            Some(("Error", Words::Display)),
        ),
        (
            "-> Result<u8, String>",
            Shape::Plain,
            Some(("Error", Words::Display)),
        ),
        (
            "-> std::pin::Pin<Box<dyn Future<Output = Result<u8, Bad>>>>",
            Shape::Plain,
            Some(("Bad", Words::Display)),
        ),
    ];
    for (output, shape, error) in cases {
        let source = format!(
            "pub struct Token<'a> {{ text: &'a str }} pub struct Order {{ id: u8 }}
             #[derive(Debug, thiserror::Error)] pub enum Bad {{ #[error(\"x\")] One }}
             #[derive(Debug)] pub struct Plain;
             pub type Res<T> = std::result::Result<T, Bad>;
             pub fn f() {output} {{ todo!() }}"
        );
        let (crossing, said) = Fixture::new(&source).cross("f");
        let crossing = crossing.unwrap_or_else(|| panic!("{output}: {said:?}"));
        assert_eq!(crossing.output.shape, shape, "{output}");
        let failure = crossing
            .output
            .failure
            .as_ref()
            .map(|f| (f.name.as_str(), f.words));
        assert_eq!(failure, error, "{output}");
        assert_eq!(crossing.is_async, output.contains("Future"), "{output}");
    }
}

#[test]
fn refusals() {
    let cases = [
        ("pub fn f(x: *const u8) {}", Code::ParamRawPointer),
        ("pub fn f(x: fn(u8) -> u8) {}", Code::ParamClosure),
        ("pub fn f(x: impl Fn(u8) -> u8) {}", Code::ParamClosure),
        ("pub fn f<F: FnOnce() -> u8>(x: F) {}", Code::ParamClosure),
        ("pub fn f(x: Box<dyn Fn()>) {}", Code::ParamClosure),
        ("pub fn f(x: &dyn Fn()) {}", Code::ParamClosure),
        ("pub fn f(x: &mut Vec<u8>) {}", Code::ParamMutable),
        ("pub fn f(x: &dyn std::fmt::Debug) {}", Code::ParamDyn),
        (
            "pub trait Store {} pub fn f(x: std::sync::Arc<dyn Store>) {}",
            Code::ParamDyn,
        ),
        ("pub fn f(x: std::sync::Mutex<u8>) {}", Code::ParamNoSerde),
        ("pub fn f(x: std::time::Instant) {}", Code::ParamNoSerde),
        ("pub fn f(x: std::fs::File) {}", Code::ParamNoSerde),
        ("pub fn f(x: &sqlx::PgPool) {}", Code::ParamNoSerde),
        (
            "pub struct T<'a>(&'a str); pub fn f(x: T<'_>) {}",
            Code::ParamNoSerde,
        ),
        ("pub fn f(x: [u8; 64]) {}", Code::ParamNoSerde),
        (
            "pub fn f(x: std::collections::HashMap<(u8, u8), u8>) {}",
            Code::ParamNoSerde,
        ),
        ("pub fn f(x: &'static str) {}", Code::ParamNoSerde),
        ("pub fn f(x: std::cmp::Ordering) {}", Code::ParamNoSerde),
        (
            "pub union U { a: u8 } pub fn f(x: U) {}",
            Code::ParamNoSerde,
        ),
        ("pub unsafe fn f(x: u8) {}", Code::EntryUnsafe),
        ("pub fn f<T: Clone>(x: T) {}", Code::EntryGeneric),
        ("pub fn f<const N: usize>(x: u8) {}", Code::EntryGeneric),
        (
            "pub struct S<T>(T); impl<T> S<T> { pub fn f(x: u8) {} }",
            Code::EntryGeneric,
        ),
        ("pub fn f(x: impl std::io::Write) {}", Code::EntryImplTrait),
        (
            "pub struct S; impl S { pub fn f(&mut self) {} }",
            Code::SelfNotSendable,
        ),
        (
            "pub struct S(std::fs::File); impl S { pub fn f(&self) {} }",
            Code::SelfNotSendable,
        ),
        ("pub trait S { fn f(&self) {} }", Code::SelfNotSendable),
        (
            "pub fn f() -> std::time::Instant { todo!() }",
            Code::ReturnNoSerde,
        ),
        (
            "pub fn f() -> Box<dyn std::any::Any> { todo!() }",
            Code::ReturnNoSerde,
        ),
        ("pub fn f() -> ! { loop {} }", Code::ReturnNoSerde),
        (
            "pub struct E(std::fs::File); pub fn f() -> Result<(), E> { Ok(()) }",
            Code::ReturnNoSerde,
        ),
    ];
    for (source, code) in cases {
        assert_eq!(codes(source), [code], "{source}");
    }
}

#[test]
fn all_problems_are_named_with_their_fields() {
    let source = "use std::sync::Mutex; use std::time::Instant;
        pub struct Options { inner: Inner, at: Instant }
        pub struct Inner { cache: Mutex<Vec<u8>> }
        pub fn f(options: &Options, hook: fn()) -> Instant { todo!() }";
    let said = refused(source);
    let wanted = [
        (
            Code::ParamNoSerde,
            "parameter `options` of `f`: field `cache` of `Inner` is a `Mutex<Vec<u8>>`, which lives in one process only, reached through field `inner` of `Options`",
        ),
        (
            Code::ParamNoSerde,
            "parameter `options` of `f`: field `at` of `Options` is an `Instant`, which lives in one process only",
        ),
        (
            Code::ParamClosure,
            "parameter `hook` of `f`: is a function pointer",
        ),
        (
            Code::ReturnNoSerde,
            "the result of `f`: is an `Instant`, which lives in one process only",
        ),
    ];
    let wanted: Vec<_> = wanted
        .into_iter()
        .map(|(code, text)| (code, text.to_owned()))
        .collect();
    assert_eq!(said, wanted);
}

/// cqrs-demo: a command handler takes what its impl says the trait's types are.
#[test]
fn the_types_of_an_impl_are_put_in() {
    let source = "pub struct Order { id: u32 } pub struct Desk;
        impl handling::Handle for Desk {
            type Command = Order; type Notes = Vec<Self::Command>; type Failure = String;
            fn f(command: Self::Command, notes: &Self::Notes) -> Result<Self, Self::Failure> { todo!() }
        }";
    let codes = codes(&source.replace("Result<Self", "Result<std::time::Instant"));
    assert_eq!(codes, [Code::ReturnNoSerde]);
    let wanted = ["command: shop::Order => $", "notes: Vec<shop::Order> => &$"];
    assert_eq!(inputs(&source.replace("Result<Self", "Result<u32")), wanted);
}

/// aquatic: each field that led to the same one was told, 23 of them.
#[test]
fn one_field_is_told_once() {
    let source = "pub struct Count(std::time::Instant);
        pub struct Peers { seeders: Count } pub struct Scrape { leechers: Count, peers: Peers }
        pub fn f() -> (Peers, Scrape) { todo!() }";
    assert_eq!(codes(source), [Code::ReturnNoSerde]);
}
