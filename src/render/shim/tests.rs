//! The generated text, and (by `EXTRACT_SHIM_PROOF`) crates for cargo to check.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod made;

use super::{Shim, dependencies, display_name, files, main_rs};
use crate::binding::returned::Returned;
use crate::entry::cross::Crossing;
use crate::entry::cross::fixture::Fixture;
use crate::entry::feed::{Feed, Part, Spelled};
use crate::entry::returned::Sent;
use crate::target::Target;
use crate::trigger::Trigger;

const LIB: &str = include_str!("proof.rs.txt");

fn shim(fixture: &Fixture, name: &str, call: &str) -> Shim {
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

/// Variants of every shape, and those that generated code cannot name.
#[test]
fn failures_go_by_the_names_of_their_variants() {
    let fixture = Fixture::new(
        "#[derive(Debug, thiserror::Error)] pub enum Bad { Unit, Tuple(u8, String), Empty(), Named { at: u8 }, r#Type, \
         #[cfg(feature = \"off\")] Off, #[cfg(feature = \"serde\")] On(u8), #[non_exhaustive] More(u8), \
         #[deprecated] Old } \
         #[non_exhaustive] #[derive(Debug)] pub enum Open { A } \
         pub enum Of<T> { A(T) } #[derive(Debug)] pub enum Empty {} #[derive(Debug)] pub struct Plain; \
         #[derive(Debug)] #[wrapped::by(1)] pub enum Made { A } \
         pub fn plain() -> Result<(), Bad> {} pub fn boxed() -> Result<(), Box<std::sync::Arc<Bad>>> {} \
         pub fn open() -> Result<(), &'static Open> {} pub fn none() -> Result<(), Empty> {} \
         pub fn other() -> Result<(), Plain> {} pub fn made() -> Result<(), Made> {}",
    );
    let text = |name| text(&fixture, name, &format!("shop::{name}"));
    let plain = text("plain");
    let wanted = "/// The same for what the function refuses, by its own names.
fn refusal(error: shop::Bad) -> Diagnostic {
    let kind = match &error {
        shop::Bad::Unit => \"Bad.Unit\",
        shop::Bad::Tuple(..) => \"Bad.Tuple\",
        shop::Bad::Empty { .. } => \"Bad.Empty\",
        shop::Bad::Named { .. } => \"Bad.Named\",
        shop::Bad::Type => \"Bad.Type\",
        shop::Bad::On(..) => \"Bad.On\",
        shop::Bad::More { .. } => \"Bad.More\",
        _ => \"Plain.Bad\",
    };
    Diagnostic {
        error_type: kind.to_owned(),
        error_message: error.to_string(),
    }
}
";
    assert!(plain.contains(wanted), "{plain}");
    assert!(plain.contains("result.map_err(refusal)?;"), "{plain}");
    let boxed = text("boxed");
    let head = "fn refusal(error: Box<std::sync::Arc<shop::Bad>>) -> Diagnostic {\n    let kind = match &**error {";
    assert!(boxed.contains(head), "{boxed}");
    let open = text("open");
    let arms = "match &*error {\n        shop::Open::A => \"Open.A\",\n        _ => \"Open.Open\",\n    };";
    assert!(
        open.contains(arms) && open.contains("format!(\"{error:?}\")"),
        "{open}"
    );
    for name in ["none", "other", "made"] {
        assert!(!text(name).contains("refusal"), "{name}");
    }
}

/// The shim's own words are told from the error's where both have one name before the dot.
#[test]
fn a_variant_does_not_take_the_name_of_what_the_shim_refuses() {
    let source = |name: &str| {
        format!(
            "#[derive(Debug)] pub enum Bad {{ InvalidEvent }} pub fn {name}(id: u8) -> Result<(), Bad> {{}}"
        )
    };
    let other = text(&Fixture::new(&source("other")), "other", "shop::other");
    assert!(
        other.contains("failure(\"InvalidEvent\", error)"),
        "{other}"
    );
    let same = text(&Fixture::new(&source("bad")), "bad", "shop::bad");
    assert!(
        same.contains("failure(\"UnreadableEvent\", error)"),
        "{same}"
    );
}

/// Where a status or the log says whether a failure may pass, and nowhere else.
#[test]
fn failures_that_may_pass_are_told() {
    let fixture = Fixture::new(
        "#[derive(Debug)] pub enum Bad { Busy, Wrong(u8) } pub fn work(id: u8) -> Result<(), Bad> {}",
    );
    let mut shim = shim(&fixture, "work", "shop::work");
    let cases = shim
        .crossing
        .output
        .failure
        .as_mut()
        .unwrap()
        .cases
        .as_mut()
        .unwrap();
    cases.variants.first_mut().unwrap().is_transient = true;
    let path = |item| fixture.path(item);
    let mut of = |triggers: &[Trigger], target| {
        let feeds = triggers.iter().map(|trigger| Feed {
            trigger: *trigger,
            parts: Vec::new(),
        });
        shim.feeds = feeds.collect();
        shim.target = target;
        let files = files(&shim, &path).unwrap();
        for text in files.values() {
            assert!(syn::parse_file(text).is_ok(), "{text}");
        }
        files
    };
    let all = of(&[Trigger::Direct], Target::Lambda);
    assert!(!all.values().any(|text| text.contains("transient")));
    let all = of(&[Trigger::Sns, Trigger::Direct], Target::Lambda);
    assert!(!all.values().any(|text| text.contains("transient")));
    let all = of(&[Trigger::Http, Trigger::Sqs], Target::Lambda);
    let says = |file: &str, words: &str| all.get(file).is_some_and(|text| text.contains(words));
    assert!(says(
        "main.rs",
        "matches!(error.error_type.as_str(), \"Bad.Busy\" | \"Work.OutOfTime\")"
    ));
    assert!(says(
        "trigger/http.rs",
        "        \"Work.InvalidEvent\" => 400,\n        \"Work.InvalidResponse\" => 500,\n        _ if is_transient(error) => 503,\n"
    ));
    assert!(says(
        "trigger.rs",
        "            \"transient\": is_transient(error),\n"
    ));
    assert!(says(
        "trigger.rs",
        "use crate::{call, failure, is_transient};"
    ));
    for target in [Target::Gcp, Target::Azure] {
        let all = of(&[Trigger::Http], target);
        let says = |file: &str, words: &str| all.get(file).is_some_and(|text| text.contains(words));
        assert!(says(
            "main.rs",
            "matches!(error.error_type.as_str(), \"Bad.Busy\")"
        ));
        assert!(says(
            "trigger.rs",
            "        _ if is_transient(error) => StatusCode::SERVICE_UNAVAILABLE,\n"
        ));
        assert!(says(
            "trigger.rs",
            "            \"transient\": is_transient(error),\n"
        ));
    }
}

/// Every trigger with every kind of result: what is written is Rust, and the result goes where it was said.
#[test]
fn results_are_put_into_a_bucket() {
    let fixture = Fixture::new(
        "pub fn bytes(id: u8) -> Vec<u8> {} pub fn maybe(id: u8) -> Option<Vec<u8>> {} pub fn text(id: u8) -> String {} \
         pub fn json(id: u8) -> u64 {}",
    );
    let path = |item| fixture.path(item);
    let part = |trigger: Trigger, source: &str| Part {
        field: "id".to_owned(),
        source: if trigger == Trigger::S3 {
            source.parse().unwrap()
        } else {
            "field".parse().unwrap()
        },
        spelled: Spelled::Json,
        optional: false,
    };
    let made = |name: &str, trigger: Trigger, source: &str, to: &str, kind: Option<&str>| {
        let mut shim = shim(&fixture, name, &format!("shop::{name}"));
        shim.feeds = vec![Feed {
            trigger,
            parts: vec![part(trigger, source)],
        }];
        let Returned::Object(object) = to.parse().unwrap() else {
            unreachable!("it is an object");
        };
        shim.sent.object = Some(object);
        shim.sent.content_type = kind.map(str::to_owned);
        let files = files(&shim, &path).unwrap();
        for (file, text) in &files {
            assert!(syn::parse_file(text).is_ok(), "{trigger} {file}: {text}");
        }
        let names: Vec<_> = dependencies(&shim).into_iter().map(|d| d.name).collect();
        assert!(names.contains(&"aws-sdk-s3"), "{names:?}");
        files
    };
    for trigger in Trigger::ALL {
        for name in ["bytes", "maybe", "text", "json"] {
            for to in ["s3:thumbs/latest", "s3:{env:THUMBS}/of/{event:id}"] {
                made(name, trigger, "s3:key", to, None);
            }
        }
    }
    let files = made(
        "bytes",
        Trigger::S3,
        "s3:object",
        "s3:thumbs/of/{s3:key}.png",
        Some("image/png"),
    );
    let says =
        |file: &str, words: &str| assert!(files[file].contains(words), "{file}: {}", files[file]);
    says(
        "trigger/s3.rs",
        "        answers.push(keep(request(record).await?, place(record)?).await?);\n",
    );
    says(
        "trigger/s3.rs",
        "fn place(record: &S3EventRecord) -> Result<String, Diagnostic> {\n    \
         let s3_key = super::part(\"s3:key\", serde_json::json!(key(record)))?;\n    Ok(format!(\"of/{s3_key}.png\"))\n}\n",
    );
    says(
        "trigger/s3.rs",
        "use super::bucket::{client, is_result, keep};",
    );
    says(
        "trigger/bucket.rs",
        "        .content_type(\"image/png\")\n",
    );
    says(
        "trigger/bucket.rs",
        "key.starts_with(\"of/\") && key.ends_with(\".png\")",
    );
    let files = made(
        "text",
        Trigger::Http,
        "",
        "s3:{env:OUT}/{http:path:id}/{event:id}",
        None,
    );
    let says =
        |file: &str, words: &str| assert!(files[file].contains(words), "{file}: {}", files[file]);
    says(
        "trigger/http.rs",
        "        let http_path_id = super::part(\"http:path:id\", self.fact(\"path:id\")?)?;\n",
    );
    says(
        "trigger/http.rs",
        "        Ok(format!(\"{http_path_id}/{event_id}\"))\n",
    );
    says(
        "main.rs",
        "std::env::var(\"OUT\").map_err(|error| format!(\"OUT: {error}\"))?;",
    );
    let files = made("json", Trigger::Direct, "", "s3:thumbs/{event:id}", None);
    let says =
        |file: &str, words: &str| assert!(files[file].contains(words), "{file}: {}", files[file]);
    says(
        "trigger.rs",
        "        None => bucket::keep(event.to_owned(), place(&context)?).await,\n",
    );
    says(
        "trigger.rs",
        "    let event_id = part(\"event:id\", serde_json::json!(context.request_id))?;\n",
    );
}

/// Bytes and text have the type that was said; text is itself then, and no JSON.
#[test]
fn answers_over_http_have_a_type() {
    let fixture =
        Fixture::new("pub fn bytes(id: u8) -> Vec<u8> {} pub fn text(id: u8) -> String {}");
    let path = |item| fixture.path(item);
    let made = |name: &str, kind: Option<&str>| {
        let mut shim = shim(&fixture, name, &format!("shop::{name}"));
        shim.feeds = vec![Feed {
            trigger: Trigger::Http,
            parts: Vec::new(),
        }];
        shim.sent.content_type = kind.map(str::to_owned);
        let text = files(&shim, &path)
            .unwrap()
            .remove("trigger/http.rs")
            .unwrap();
        assert!(syn::parse_file(&text).is_ok(), "{text}");
        text
    };
    let of = |name, kind, words: &str| {
        let text = made(name, kind);
        assert!(text.contains(words), "{text}");
    };
    of("bytes", None, "(bytes, \"application/octet-stream\", true)");
    of("bytes", Some("image/png"), "(bytes, \"image/png\", true)");
    of(
        "text",
        Some("text/html; charset=utf-8"),
        "Content::Text(text) => (text, \"text/html; charset=utf-8\"),",
    );
    assert!(!made("text", None).contains("Content::"));
}
