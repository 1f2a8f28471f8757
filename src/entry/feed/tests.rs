//! Feeds of small functions: what is taken without being said, what is refused.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::entry::cross::fixture::Fixture;

fn made(source: &str, triggers: &[Trigger], bind: &[(&str, &str)]) -> Result<String, String> {
    let fixture = Fixture::new(source);
    let mut wishes = Wishes {
        triggers: triggers.iter().map(|trigger| (*trigger).into()).collect(),
        ..Wishes::default()
    };
    for (name, source) in bind {
        let source: Source = source.parse().unwrap();
        wishes
            .bind
            .entry((*name).to_owned())
            .or_default()
            .push(source);
    }
    let (crossing, said) = fixture.cross_bound("f", &wishes.bind);
    let crossing = crossing.unwrap_or_else(|| panic!("{said:?}"));
    let event = fixture.event_bound("f", &wishes.bind);
    let feeds = feeds("shop::f", &crossing.inputs, &event, &wishes).map_err(|problems| {
        let all: Vec<String> = problems
            .iter()
            .map(|d| format!("{} {}", d.code.as_str(), d.message))
            .collect();
        all.join("\n")
    })?;
    let shown = feeds.iter().map(|feed| {
        let parts = feed
            .parts
            .iter()
            .map(|p| format!("{}={}", p.field, p.source));
        format!("{}({})", feed.trigger, parts.collect::<Vec<_>>().join(" "))
    });
    Ok(shown.collect::<Vec<_>>().join(" "))
}

#[test]
fn messages_have_the_parameters_under_their_names() {
    let of = "pub fn f(sku: &str, count: u32) {}";
    assert_eq!(made(of, &[], &[]).unwrap(), "direct(sku=field count=field)");
    let all = [Trigger::Direct, Trigger::Sqs, Trigger::Http];
    assert_eq!(
        made(of, &all, &[]).unwrap(),
        "http(sku=field count=field) sqs(sku=field count=field) direct(sku=field count=field)"
    );
}

#[test]
fn other_events_are_taken_apart_by_form_and_name() {
    let s3 = [Trigger::S3];
    let of = "pub fn f(image: &[u8], bucket: String, key: &str) {}";
    let shown = "s3(image=s3:object bucket=s3:bucket key=s3:key)";
    assert_eq!(made(of, &s3, &[]).unwrap(), shown);
    let of = "pub fn f(picture: &str) {}";
    assert_eq!(made(of, &s3, &[]).unwrap(), "s3(picture=s3:key)");
    let of = "pub struct Row { a: u8 } pub fn f(row: Row, old: Option<Row>) {}";
    let shown = "dynamodb(row=dynamodb:new old=dynamodb:old)";
    assert_eq!(made(of, &[Trigger::DynamoDb], &[]).unwrap(), shown);
    let of = "pub fn f(repo: &str, branches: Vec<String>, commit: Option<String>) {}";
    let shown = "codecommit(repo=codecommit:repository branches=codecommit:references commit=codecommit:commit)";
    assert_eq!(made(of, &[Trigger::CodeCommit], &[]).unwrap(), shown);
    assert_eq!(
        made("pub fn f() {}", &[Trigger::Schedule], &[]).unwrap(),
        "schedule()"
    );
}

#[test]
fn what_is_bound_is_not_guessed() {
    let of = "pub fn f(name: &str, size: u32, region: String) {}";
    let bind = [
        ("size", "const:200"),
        ("name", "s3:key"),
        ("name", "body:text"),
        ("region", "env:REGION"),
    ];
    let shown = made(of, &[Trigger::S3, Trigger::Sqs], &bind).unwrap();
    assert_eq!(shown, "sqs(name=body:text) s3(name=s3:key)");
}

#[test]
fn what_events_do_not_have_is_refused() {
    for (source, trigger, bind, said) in [
        (
            "pub fn f(size: u32) {}",
            Trigger::S3,
            None,
            "X0311 events of S3 have nothing that is clearly `size`",
        ),
        ("pub fn f(a: &str, b: &str) {}", Trigger::S3, None, "X0311"),
        (
            "pub fn f(size: u32) {}",
            Trigger::S3,
            Some(("size", "s3:key")),
            "X0312 `s3:key` cannot be `size` of `shop::f`: it is text",
        ),
        (
            "pub fn f(size: u32) {}",
            Trigger::Sqs,
            Some(("size", "body:bytes")),
            "X0312",
        ),
        (
            "pub fn f(size: u32) {}",
            Trigger::Sqs,
            Some(("sise", "env:SIZE")),
            "X0312 `shop::f` has no parameter `sise`",
        ),
        (
            "pub fn f(key: &str) {}",
            Trigger::Sqs,
            Some(("key", "s3:key")),
            "X0312 `key` of `shop::f` is bound to events of `s3`",
        ),
    ] {
        let refused = made(source, &[trigger], bind.as_slice()).unwrap_err();
        assert!(refused.starts_with(said), "{source}: {refused}");
    }
}

/// Of one kind of change a needed image is never there: the function would not be called at all.
#[test]
fn kinds_of_changes_have_images_or_not() {
    let fixture = Fixture::new(
        "pub struct Row { a: u8 } pub fn f(row: Row) {} pub fn g(old: Row) {} pub fn h(row: Option<Row>) {}",
    );
    let refused = |function: &str, triggers: &[&str]| {
        let wishes = Wishes {
            triggers: triggers.iter().map(|name| name.parse().unwrap()).collect(),
            ..Wishes::default()
        };
        let crossing = fixture.cross(function).0.unwrap();
        feeds(
            "shop::f",
            &crossing.inputs,
            &fixture.event(function),
            &wishes,
        )
        .is_err()
    };
    assert!(refused("f", &["dynamodb:remove"]));
    assert!(!refused("f", &["dynamodb:remove", "dynamodb:modify"]));
    assert!(!refused("f", &["dynamodb:remove", "dynamodb"]));
    assert!(refused("g", &["dynamodb:insert"]) && !refused("g", &["dynamodb:remove"]));
    assert!(!refused("h", &["dynamodb:remove"]));
}

/// Firestore has no keys, and the change feed of Cosmos DB neither kinds nor what was before.
#[test]
fn changes_of_other_platforms_say_less() {
    let fixture = Fixture::new(
        "pub struct Row { a: u8 } pub fn f(row: Row) {} pub fn g(old: Row) {} pub fn h(keys: Row) {}",
    );
    let made = |function: &str, target: Target, trigger: &str| {
        let wishes = Wishes {
            triggers: vec![trigger.parse().unwrap()],
            target,
            ..Wishes::default()
        };
        let inputs = fixture.cross(function).0.unwrap().inputs;
        let event = fixture.event(function);
        feeds("shop::f", &inputs, &event, &wishes).map_err(|all| {
            let all = all.iter().map(|problem| problem.message.clone());
            all.collect::<Vec<_>>().join("\n")
        })
    };
    for (function, target, trigger, said) in [
        ("f", Target::Gcp, "dynamodb", None),
        ("g", Target::Gcp, "dynamodb:remove", None),
        ("f", Target::Azure, "dynamodb", None),
        ("h", Target::Gcp, "dynamodb", Some("has no keys")),
        (
            "g",
            Target::Azure,
            "dynamodb",
            Some("as they are now, and no more"),
        ),
        (
            "f",
            Target::Azure,
            "dynamodb:modify",
            Some("does not tell kinds apart"),
        ),
    ] {
        let made = made(function, target, trigger);
        match said {
            None => assert!(made.is_ok(), "{function} {target} {trigger}: {made:?}"),
            Some(said) => assert!(made.clone().unwrap_err().contains(said), "{made:?}"),
        }
    }
}
