//! The generated text, and (by `EXTRACT_SHIM_PROOF`) crates for cargo to check.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::{Shim, dependencies, display_name, main_rs};
use crate::entry::cross::fixture::Fixture;

const LIB: &str = include_str!("proof.rs.txt");

fn shim(fixture: &Fixture, name: &str, call: &str) -> Shim {
    let (crossing, said) = fixture.cross(name);
    Shim {
        display: display_name(name),
        original: call.to_owned(),
        source: "shop/src/lib.rs".to_owned(),
        call: call.to_owned(),
        edition: "2021".to_owned(),
        crossing: crossing.unwrap_or_else(|| panic!("{name}: {said:?}")),
    }
}

fn text(fixture: &Fixture, name: &str, call: &str) -> String {
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
        super::joined(&call("a")),
        format!("    let result = {long}(&request.a, &request.b);\n")
    );
    let wide = call(&"a".repeat(40));
    assert_eq!(super::joined(&wide), wide);
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
