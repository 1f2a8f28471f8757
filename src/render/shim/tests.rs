//! The generated text, and (by `EXTRACT_SHIM_PROOF`) crates for cargo to check.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod made;

use super::{Shim, dependencies, display_name, files, main_rs};
use crate::entry::cross::Crossing;
use crate::entry::cross::fixture::Fixture;
use crate::entry::feed::{Feed, Part, Spelled};
use crate::entry::returned::Sent;
use crate::target::Target;
use crate::trigger::Trigger;

const LIB: &str = include_str!("proof.rs.txt");

pub(super) fn shim(fixture: &Fixture, name: &str, call: &str) -> Shim {
    let (crossing, said) = fixture.cross(name);
    let crossing = crossing.unwrap_or_else(|| panic!("{name}: {said:?}"));
    around(name, call, crossing)
}

fn around(name: &str, call: &str, crossing: Crossing) -> Shim {
    Shim {
        display: display_name(name),
        original: call.to_owned(),
        source: "shop/src/lib.rs".to_owned(),
        call: call.to_owned(),
        edition: "2021".to_owned(),
        feeds: Vec::new(),
        sent: Sent::default(),
        keep_warm: false,
        package: name.to_owned(),
        target: Target::Lambda,
        module: "trigger".to_owned(),
        crossing,
    }
}

pub(super) fn text(fixture: &Fixture, name: &str, call: &str) -> String {
    main_rs(&shim(fixture, name, call), &|item| fixture.path(item)).unwrap()
}

#[test]
fn reads_as_a_person_would_write_it() {
    let fixture = Fixture::new(LIB);
    let text = text(&fixture, "render_invoice", "shop::render_invoice");
    assert_eq!(text, include_str!("render_invoice.rs.txt"));
}

#[test]
fn calls_stand_on_one_line_where_rustfmt_has_them_there() {
    let long = "x".repeat(50);
    let call = |argument: &str| {
        format!(
            "    let result = {long}(\n        &request.{argument},\n        &request.b,\n    );\n"
        )
    };
    assert_eq!(
        super::lines::joined(&call("a")),
        format!("    let result = {long}(&request.a, &request.b);\n")
    );
    let wide = call(&"a".repeat(40));
    assert_eq!(super::lines::joined(&wide), wide);
}

/// base64 is of 2018.
#[test]
fn an_old_prelude_lacks_traits() {
    let fixture = Fixture::new(
        "pub fn read(bytes: Vec<u8>) -> impl Iterator<Item = u8> { bytes.into_iter() }",
    );
    let mut shim = shim(&fixture, "read", "read::read");
    let path = |item| fixture.path(item);
    let uses = ["use std::convert::TryFrom;", "use std::iter::FromIterator;"];
    assert!(
        !uses
            .iter()
            .any(|line| main_rs(&shim, &path).unwrap().contains(line))
    );
    shim.edition = "2018".to_owned();
    assert!(
        uses.iter()
            .all(|line| main_rs(&shim, &path).unwrap().contains(line))
    );
}

#[test]
fn no_parameter_needs_no_request() {
    let fixture = Fixture::new("pub fn tick() {}");
    let shim = shim(&fixture, "tick", "shop::tick");
    let text = main_rs(&shim, &|item| fixture.path(item)).unwrap();
    assert!(
        !text.contains("Request") && text.contains("fn respond() ->"),
        "{text}"
    );
    let names: Vec<_> = dependencies(&shim).into_iter().map(|d| d.name).collect();
    assert_eq!(names, ["lambda_runtime", "serde", "serde_json", "tokio"]);
}

#[test]
fn only_async_functions_run_on_the_handlers_thread() {
    let fixture = Fixture::new("pub async fn wait(id: u8) {} pub fn work(id: u8) {}");
    let wait = text(&fixture, "wait", "shop::wait");
    assert!(
        wait.contains("#[tokio::main") && !wait.contains("spawn_blocking"),
        "{wait}"
    );
    let work = text(&fixture, "work", "shop::work");
    assert!(
        work.contains("spawn_blocking") && !work.contains("#[tokio::main"),
        "{work}"
    );
    let tokio = |name| dependencies(&shim(&fixture, name, name)).pop();
    assert_eq!(
        tokio("wait").map(|d| d.features.to_vec()),
        Some(vec!["macros", "rt"])
    );
    assert_eq!(tokio("work").map(|d| d.features.to_vec()), Some(vec!["rt"]));
}

#[test]
fn keywords_and_the_handlers_own_names_do_not_clash() {
    let fixture = Fixture::new("pub fn f(r#type: &str, request: &[&str], event: &&str) {}");
    let text = text(&fixture, "f", "shop::f");
    assert!(
        text.contains("r#type: String") && text.contains("&request.r#type"),
        "{text}"
    );
    assert!(
        text.contains("let request_ = request") && text.contains("let event_ ="),
        "{text}"
    );
}

/// cqrs-demo: beside the monolith its method was not found, for the trait is another crate's.
#[test]
fn crates_that_the_call_names() {
    let fixture = Fixture::new(
        "use handling::Handle; pub struct Desk { id: u32 } \
         impl Handle for Desk { fn f(&self, text: String) -> u32 { 0 } }",
    );
    let shim = shim(&fixture, "f", "<shop::Desk as handling::Handle>::f");
    assert!(super::named_crates(&shim).iter().eq(["handling"]));
}

#[test]
fn crates_that_the_request_names() {
    let fixture = Fixture::new(
        "pub struct Row; pub fn f(gen: uuid::Uuid, b: Option<&indexmap::IndexMap<String, Row>>, c: std::path::PathBuf) {}",
    );
    let shim = shim(&fixture, "f", "shop::f");
    assert!(super::named_crates(&shim).iter().eq(["indexmap", "uuid"]));
    assert!(
        main_rs(&shim, &|item| fixture.path(item))
            .unwrap()
            .contains("r#gen: uuid::Uuid")
    );
}

/// Writes a binary for each public function of the proof library to the folder that
/// `EXTRACT_SHIM_PROOF` names.
#[test]
fn proof_crates() {
    let fixture = Fixture::new(LIB);
    let free = fixture
        .tree
        .items
        .iter()
        .filter(|item| item.parent.is_none());
    let free = free.filter(|item| fixture.tree.raw(item.id).signature().is_some());
    let mut entries: Vec<(String, String)> = free
        .map(|item| fixture.tree.raw(item.id).name.clone())
        .map(|name| (name.clone(), format!("shop::{name}")))
        .collect();
    entries.push(("total".to_owned(), "shop::Basket::total".to_owned()));
    let folder = std::env::var("EXTRACT_SHIM_PROOF").ok();
    for (name, call) in entries {
        let text = text(&fixture, &name, &call);
        if let Some(folder) = &folder {
            std::fs::write(format!("{folder}/src/bin/{name}.rs"), text).unwrap();
        }
    }
    if let Some(folder) = &folder {
        // What the caller does to the moved types, done here by text: the library has marks for it.
        let lib = LIB.replace(
            "/*derive*/",
            "#[derive(serde::Serialize, serde::Deserialize)]",
        );
        std::fs::write(format!("{folder}/src/lib.rs"), lib).unwrap();
    }
}

fn bound(source: &str, name: &str, bind: &[(&str, &str)]) -> Result<String, String> {
    let fixture = Fixture::new(source);
    let mut all = crate::entry::cross::Bind::new();
    for (name, source) in bind {
        all.insert((*name).to_owned(), vec![source.parse().unwrap()]);
    }
    let (crossing, said) = fixture.cross_bound(name, &all);
    let words = said
        .iter()
        .map(|d| format!("{} {}\n{}", d.code.as_str(), d.message, d.help.join("\n")));
    let crossing = crossing.ok_or_else(|| words.collect::<Vec<_>>().join("\n"))?;
    let shim = around(name, &format!("shop::{name}"), crossing);
    Ok(main_rs(&shim, &|item| fixture.path(item)).unwrap())
}

#[test]
fn settings_and_constants_are_read_once() {
    let of = "pub fn f(name: &str, sizes: &[u32], bytes: Vec<u8>, tag: String) {}";
    let bind = [
        ("sizes", "const:[1,2]"),
        ("name", "env:NAME"),
        ("bytes", "const:AQI="),
        ("tag", "env:TAG"),
    ];
    let text = bound(of, "f", &bind).unwrap();
    assert!(!text.contains("struct Request"), "{text}");
    assert!(
        text.contains("sizes: serde_json::from_str(\"[1,2]\")?"),
        "{text}"
    );
    assert!(
        text.contains(
            "shop::f(&start.name, &start.sizes, start.bytes.clone().0, start.tag.clone())"
        ),
        "{text}"
    );
    assert!(text.contains("#[derive(Clone, Deserialize)]"), "{text}");
}

#[test]
fn what_keeps_an_instance_warm_is_answered_before_any_work() {
    let fixture = Fixture::new("pub fn work(id: u8) {}");
    let plain = shim(&fixture, "work", "shop::work");
    let path = |item| fixture.path(item);
    assert_eq!(files(&plain, &path).unwrap().len(), 1);
    let warm = Shim {
        keep_warm: true,
        ..plain
    };
    let files = files(&warm, &path).unwrap();
    let module = files.get("trigger.rs").unwrap();
    let ping = "let ping = r#\"{\"extract\":\"keep-warm\"}\"#;";
    assert!(
        module.contains(ping) && !module.contains("aws_lambda_events"),
        "{module}"
    );
    let names: Vec<_> = dependencies(&warm).into_iter().map(|d| d.name).collect();
    let wanted = [
        "lambda_runtime",
        "serde",
        "serde_json",
        "serde_path_to_error",
        "tokio",
    ];
    assert_eq!(names, wanted);
}

#[test]
fn a_secret_is_read_before_the_first_event() {
    let text = bound(
        "pub fn f(hash: &str, id: u8) {}",
        "f",
        &[("hash", "secret:prod/hash")],
    )
    .unwrap();
    assert!(
        text.contains("hash: secret(\"prod/hash\").await?,"),
        "{text}"
    );
    assert!(
        text.contains("let start = runtime.block_on(Start::new())?;"),
        "{text}"
    );
    assert!(text.contains("shop::f(&start.hash, request.id)"), "{text}");
}

#[test]
fn a_constant_of_another_type_is_refused() {
    let of = "pub struct Row { id: u8 } pub struct Id(u8); pub fn f(name: &str, size: u8, sizes: &[u32], row: Row, ok: bool) {}";
    for (name, value, fits) in [
        ("name", "const:abc", true),
        ("name", "const:\"200\"", true),
        ("name", "const:200", false),
        ("size", "const:200", true),
        ("size", "const:300", false),
        ("size", "const:-1", false),
        ("sizes", "const:[1]", true),
        ("sizes", "const:1", false),
        ("row", "const:{\"id\":1}", true),
        ("ok", "const:true", true),
        ("ok", "const:yes", false),
    ] {
        let made = bound(of, "f", &[(name, value)]);
        assert_eq!(made.is_ok(), fits, "{name}={value}: {made:?}");
        assert!(fits || made.unwrap_err().starts_with("X0312"));
    }
}

/// As rustfmt has a list of none, of one and of several.
#[test]
fn a_table_of_fields_needs_no_formatter() {
    let part = |field: &str, source: &str, spelled| Part {
        field: field.to_owned(),
        source: source.parse().unwrap(),
        spelled,
        optional: false,
    };
    let feed = |parts| Feed {
        trigger: Trigger::Http,
        parts,
        changes: Vec::new(),
    };
    let table = |parts| super::trigger::table("Doc.", "T", &feed(parts));
    assert_eq!(table(Vec::new()), "/// Doc.\nconst T: &[Field] = &[];\n");
    let one = part("id", "http:header:X-Id", Spelled::Json);
    assert_eq!(
        table(vec![one.clone()]),
        "/// Doc.\nconst T: &[Field] = &[Field {\n    name: \"id\",\n    source: \"header:X-Id\",\n    \
         is_text: false,\n    is_list: false,\n}];\n"
    );
    let two = table(vec![one, part("tags", "field", Spelled::Texts)]);
    let first = "/// Doc.\nconst T: &[Field] = &[\n    Field {\n        name: \"id\",\n";
    let last =
        "        source: \"field\",\n        is_text: true,\n        is_list: true,\n    },\n];\n";
    assert!(two.starts_with(first) && two.ends_with(last), "{two}");
}
