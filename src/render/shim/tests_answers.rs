//! What triggers are answered with: failures by their names, results that go to a bucket, records passed over.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use super::tests::{shim, text};
use super::{dependencies, files};
use crate::binding::returned::Returned;
use crate::entry::cross::fixture::Fixture;
use crate::entry::feed::{Feed, Part, Spelled};
use crate::target::Target;
use crate::trigger::{Change, Trigger};

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
         use wraps::wrapped; #[derive(Debug)] #[wrapped] pub enum Wrapped { A } \
         #[derive(Debug)] #[cfg_attr(feature = \"serde\", wrapped(1))] pub enum Behind { A } \
         #[wrapped] pub mod around { #[derive(Debug)] pub enum Inside { A } } \
         pub mod globs { use super::*; #[derive(Debug)] #[wrapped] pub enum Globbed { A } \
         #[derive(Debug)] #[snafu(visibility(pub))] #[repr(u8)] pub enum Listed { A } } \
         #[derive(Debug)] #[read(1)] #[clippy::x] #[cfg_attr(feature = \"off\", wrapped)] pub enum Read { A } \
         pub fn wrapped() -> Result<(), Wrapped> {} pub fn behind() -> Result<(), Behind> {} \
         pub fn inside() -> Result<(), Inside> {} pub fn globbed() -> Result<(), Globbed> {} \
         pub fn listed() -> Result<(), Listed> {} pub fn read() -> Result<(), Read> {} \
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
    for name in [
        "none", "other", "made", "wrapped", "behind", "inside", "globbed",
    ] {
        assert!(!text(name).contains("refusal"), "{name}");
    }
    for name in ["listed", "read"] {
        assert!(text(name).contains("refusal"), "{name}");
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
            changes: Vec::new(),
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
            changes: Vec::new(),
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
            changes: Vec::new(),
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

/// A record that is not for the function is passed over, and the log says why.
#[test]
fn records_that_are_passed_over_are_told() {
    let fixture =
        Fixture::new("pub struct Row { a: u8 } pub fn f(row: Row) {} pub fn g(kind: String) {}");
    let path = |item| fixture.path(item);
    let made = |name: &str, source: &str, changes: &[Change]| {
        let mut shim = shim(&fixture, name, &format!("shop::{name}"));
        let part = Part {
            field: if name == "f" { "row" } else { "kind" }.to_owned(),
            source: source.parse().unwrap(),
            spelled: Spelled::Json,
            optional: false,
        };
        shim.feeds = vec![Feed {
            trigger: Trigger::DynamoDb,
            parts: vec![part],
            changes: changes.to_vec(),
        }];
        let text = files(&shim, &path)
            .unwrap()
            .remove("trigger/dynamodb.rs")
            .unwrap();
        assert!(syn::parse_file(&text).is_ok(), "{text}");
        text
    };
    let all = made("g", "dynamodb:event-name", &[]);
    assert!(!all.contains("passed"), "{all}");
    let some = made(
        "g",
        "dynamodb:event-name",
        &[Change::Insert, Change::Modify],
    );
    let pattern = "    if !matches!(record.event_name.as_str(), \"INSERT\" | \"MODIFY\") {\n";
    assert!(some.contains(pattern) && !some.contains("image"), "{some}");
    let image = made("f", "dynamodb:new", &[]);
    assert!(
        image.contains("it has no new image") && image.contains("is passed over: {why}"),
        "{image}"
    );
}

/// A server's handlers must be `Send`; what the function awaits need not be.
#[test]
fn a_servers_future_stays_on_one_thread() {
    let fixture = Fixture::new("pub async fn f(id: u8) -> u8 { id } pub async fn g() {}");
    let path = |item| fixture.path(item);
    for name in ["f", "g"] {
        let mut shim = shim(&fixture, name, &format!("shop::{name}"));
        shim.target = Target::Gcp;
        let text = files(&shim, &path).unwrap().remove("main.rs").unwrap();
        assert!(syn::parse_file(&text).is_ok(), "{text}");
        let wanted = "spawn_blocking(move || runtime.block_on(respond(request)))";
        assert!(
            text.contains(wanted) && !text.contains("tokio::main"),
            "{text}"
        );
        let tokio = dependencies(&shim).into_iter().find(|d| d.name == "tokio");
        let tokio = tokio.map(|d| d.features.to_vec());
        assert_eq!(tokio, Some(vec!["net", "rt", "signal"]));
    }
}

/// Changes of documents: protocol buffers on the one platform, lists on the other.
#[test]
fn changes_come_on_other_platforms_too() {
    let fixture = Fixture::new("pub struct Row { a: u8 } pub fn f(row: Row) {}");
    let path = |item| fixture.path(item);
    let made = |target: Target, changes: &[Change]| {
        let mut shim = shim(&fixture, "f", "shop::f");
        shim.target = target;
        shim.feeds = vec![Feed {
            trigger: Trigger::DynamoDb,
            parts: vec![Part {
                field: "row".to_owned(),
                source: "dynamodb:new".parse().unwrap(),
                spelled: Spelled::Json,
                optional: false,
            }],
            changes: changes.to_vec(),
        }];
        let all = files(&shim, &path).unwrap();
        for text in all.values() {
            assert!(syn::parse_file(text).is_ok(), "{text}");
        }
        let needs_prost = dependencies(&shim).iter().any(|d| d.name == "prost");
        (all, needs_prost, super::host_files(&shim))
    };
    let (gcp, needs_prost, _) = made(Target::Gcp, &[Change::Insert]);
    assert!(needs_prost && gcp.contains_key("trigger/firestore.rs"));
    let text = &gcp["trigger.rs"];
    assert!(
        text.contains("if !matches!(change.name, \"INSERT\")"),
        "{text}"
    );
    assert!(text.contains("the document is no more"), "{text}");
    let (azure, needs_prost, host) = made(Target::Azure, &[]);
    assert!(!needs_prost && azure.len() == 2, "{azure:?}");
    let text = &azure["trigger.rs"];
    assert!(
        text.contains("facts.images.insert(\"new\", document);"),
        "{text}"
    );
    let of = host
        .iter()
        .find(|(name, _)| name.ends_with("-change/function.json"));
    let (_, function) = of.unwrap();
    assert!(function.contains("\"cosmosDBTrigger\""), "{function}");
    assert!(function.contains("\"maxRetryCount\": -1"), "{function}");
}
