//! The modules of a shim that is triggered by more than direct calls: what tells the senders of events apart,
//! and one module a sender that turns its events into calls.
//!
//! Input: [`Shim`]. Output: files by their paths below `src`. Refuses nothing of the user's.

mod request;

pub(super) use request::{table, traits as traits_of};

use std::collections::{BTreeMap, BTreeSet};

use super::middle::is_batched;
use super::{Shim, ShimDependency, is_transient, own_kinds};
use crate::binding::returned::{Bucket, Object};
use crate::entry::feed::Feed;
use crate::entry::returned::{is_bytes, is_text};
use crate::trigger::{KEEP_WARM, Trigger};

/// The module's file and those of its triggers.
pub(super) fn files(shim: &Shim) -> BTreeMap<String, String> {
    let (invalid_event, invalid_response) = own_kinds(&shim.display, &shim.crossing);
    let transience = transience(shim);
    let object = shim.sent.object.as_ref();
    let mut files = BTreeMap::new();
    for feed in shim.feeds.iter().filter(|f| f.trigger != Trigger::Direct) {
        let mut holds = request::traits(feed, object);
        holds.insert(form(shim));
        holds.insert(if object.is_some() { "puts" } else { "answers" });
        holds.insert(transience);
        let text = filled(fixed(feed.trigger), &holds)
            .replace("@Display@", &shim.display)
            .replace("@InvalidEvent@", invalid_event)
            .replace("@InvalidResponse@", invalid_response)
            .replace("@ContentType@", content_type(shim))
            .replace("@Changes@", &changes(feed));
        let text = match (feed.trigger, object) {
            (Trigger::Http, _) => {
                let place = object.map(|object| request::place_of_request(&object.key));
                let fields = table("The function's request.", "FIELDS", feed);
                text.replace("@Fields@", &fields)
                    .replace("@Place@", &place.unwrap_or_default())
            }
            (_, None) => format!("{text}\n{}", request::of(feed)),
            (trigger, Some(object)) => {
                let place = request::place(trigger, &object.key);
                format!("{text}\n{}\n{place}", request::of(feed))
            }
        };
        files.insert(format!("{}/{}.rs", shim.module, feed.trigger), text);
    }
    let text = filled(include_str!("trigger/entrance.rs.txt"), &traits(shim))
        .replace("@Modules@", &modules(shim))
        .replace("@Arms@", &arms(shim, invalid_event))
        .replace(
            "@Runtime@",
            if takes_context(shim) {
                "Context, Diagnostic, LambdaEvent"
            } else {
                "Diagnostic, LambdaEvent"
            },
        )
        .replace("@Crate@", {
            let calls = object.is_none() && (has_direct(shim) || is_batched(shim));
            let tells = is_batched(shim) && transience == "transient";
            match (calls, tells) {
                (true, true) => "{call, failure, is_transient}",
                (false, true) => "{failure, is_transient}",
                (true, false) => "{call, failure}",
                (false, false) => "failure",
            }
        })
        .replace("@Ping@", KEEP_WARM)
        .replace("@Senders@", &titles(shim))
        .replace("@InvalidEvent@", invalid_event)
        .replace("@InvalidResponse@", invalid_response);
    let text = match object.filter(|_| has_direct(shim)) {
        Some(object) => format!("{text}\n{}", request::place(Trigger::Direct, &object.key)),
        None => text,
    };
    let text = text.trim_end().to_owned() + "\n";
    files.insert(format!("{}.rs", shim.module), text);
    if let Some(object) = object {
        let text = bucket(shim, object)
            .replace("@ContentType@", content_type(shim))
            .replace("@InvalidResponse@", invalid_response);
        files.insert(format!("{}/bucket.rs", shim.module), text);
    }
    files
}

/// The names of the changes that a function takes, as a pattern.
pub(super) fn changes(feed: &Feed) -> String {
    let names = feed.changes.iter();
    let names: Vec<String> = names.map(|c| format!("{:?}", c.event_name())).collect();
    names.join(" | ")
}

/// The module that puts results into a bucket.
fn bucket(shim: &Shim, object: &Object) -> String {
    let output = &shim.crossing.output;
    let (kind, name) = match &object.bucket {
        Bucket::Named(name) => ("named", name),
        Bucket::Env(name) => ("env", name),
    };
    let mut holds = BTreeSet::from([kind]);
    holds.insert(match output {
        output if is_bytes(output) => "bytes",
        output if shim.sent.content_type.is_some() && is_text(output) => "words",
        _ => "json",
    });
    if senders(shim).any(|trigger| trigger == Trigger::S3) {
        holds.insert("guards");
    }
    holds.insert(if traits(shim).contains("object") {
        "object"
    } else {
        "stated"
    });
    let quoted = |text: &str| text.escape_debug().to_string();
    filled(include_str!("trigger/bucket.rs.txt"), &holds)
        .replace("@Bucket@", name)
        .replace("@Prefix@", &quoted(object.prefix()))
        .replace("@Suffix@", &quoted(object.suffix()))
}

/// What an answer over HTTP is.
pub(super) fn form(shim: &Shim) -> &'static str {
    let output = &shim.crossing.output;
    match &shim.sent.content_type {
        _ if shim.sent.object.is_some() => "text",
        _ if is_bytes(output) => "binary",
        Some(_) if is_text(output) => "words",
        _ => "text",
    }
}

/// The type of bytes or text.
pub(super) fn content_type(shim: &Shim) -> &str {
    let octets = is_bytes(&shim.crossing.output);
    let default = if octets {
        "application/octet-stream"
    } else {
        "application/json"
    };
    shim.sent.content_type.as_deref().unwrap_or(default)
}

/// Whether the entrance looks at more than the event.
fn takes_context(shim: &Shim) -> bool {
    is_batched(shim) || (shim.sent.object.is_some() && has_direct(shim))
}

/// The part that is the same for each function.
fn fixed(trigger: Trigger) -> &'static str {
    match trigger {
        Trigger::Http => include_str!("trigger/http.rs.txt"),
        Trigger::Sns => include_str!("trigger/sns.rs.txt"),
        Trigger::Sqs => include_str!("trigger/sqs.rs.txt"),
        Trigger::S3 => include_str!("trigger/s3.rs.txt"),
        Trigger::DynamoDb => include_str!("trigger/dynamodb.rs.txt"),
        Trigger::CodeCommit => include_str!("trigger/codecommit.rs.txt"),
        Trigger::EventBridge => include_str!("trigger/eventbridge.rs.txt"),
        Trigger::Schedule => include_str!("trigger/schedule.rs.txt"),
        Trigger::Direct => "",
    }
}

/// What is true of a shim, for the parts of a text that depend on it.
fn traits(shim: &Shim) -> BTreeSet<&'static str> {
    let object = shim.sent.object.as_ref();
    let feeds = shim.feeds.iter();
    let mut all: BTreeSet<&str> = feeds.flat_map(|f| request::traits(f, object)).collect();
    all.insert(if takes_context(shim) {
        "parted"
    } else {
        "whole"
    });
    all.insert(if object.is_some() { "puts" } else { "answers" });
    if object.is_some_and(|object| object.sources().next().is_some()) {
        all.insert("parts");
    }
    all.insert(if is_batched(shim) { "batch" } else { "single" });
    let is_of_bus = |t| matches!(t, Trigger::EventBridge | Trigger::Schedule);
    all.insert(if senders(shim).next().is_none() {
        "alone"
    } else if senders(shim).all(is_of_bus) {
        "silent"
    } else {
        "writes"
    });
    if shim.keep_warm {
        all.insert("ping");
    }
    all.insert(transience(shim));
    all
}

/// The word for whether failures that may pass are told from others.
fn transience(shim: &Shim) -> &'static str {
    if is_transient(shim).is_some() {
        "transient"
    } else {
        "lasting"
    }
}

fn has_direct(shim: &Shim) -> bool {
    shim.feeds.iter().any(|f| f.trigger == Trigger::Direct)
}

/// The declarations of the senders' modules.
fn modules(shim: &Shim) -> String {
    let mut names: Vec<&str> = senders(shim).map(Trigger::as_str).collect();
    names.extend(shim.sent.object.as_ref().map(|_| "bucket"));
    names.sort_unstable();
    names.iter().map(|name| format!("mod {name};\n")).collect()
}

fn senders(shim: &Shim) -> impl Iterator<Item = Trigger> {
    let triggers = shim.feeds.iter().map(|f| f.trigger);
    triggers.filter(|t| *t != Trigger::Direct)
}

/// The arms of the match on an event's sender.
fn arms(shim: &Shim, invalid_event: &str) -> String {
    let mut lines = Vec::new();
    let is_there = |trigger| senders(shim).any(|t| t == trigger);
    // An empty list does not say whose it is: a batch's answer to it is the one that all can have.
    let is_batch = |t: &Trigger| matches!(t, Trigger::Sqs | Trigger::DynamoDb);
    let recorded = |t: &Trigger| matches!(t, Trigger::Sns | Trigger::S3 | Trigger::CodeCommit);
    let empty = senders(shim)
        .find(is_batch)
        .or_else(|| senders(shim).find(recorded));
    for trigger in senders(shim) {
        let name = trigger.as_str();
        let source = match trigger {
            Trigger::Http => "Some(\"http\")",
            Trigger::EventBridge if is_there(Trigger::Schedule) => "Some(\"events\")",
            // Where nothing else takes them, events of the clock are events like others.
            Trigger::EventBridge => "Some(\"events\" | \"schedule\")",
            Trigger::Schedule => "Some(\"schedule\")",
            _ if empty == Some(trigger) => &format!("Some(\"aws:{name}\" | \"\")"),
            _ => &format!("Some(\"aws:{name}\")"),
        };
        let context = match trigger {
            Trigger::Sqs | Trigger::DynamoDb => ", &context",
            _ => "",
        };
        lines.push(format!(
            "        {source} => {name}::answer(event{context}).await,"
        ));
    }
    if has_direct(shim) {
        let call = if shim.sent.object.is_some() {
            "bucket::keep(event.to_owned(), place(&context)?).await"
        } else {
            "call(event.to_owned()).await"
        };
        lines.push(format!("        None => {call},"));
    }
    lines.push(format!(
        "        _ => Err(failure(\"{invalid_event}\", \"another service sent this event\")),"
    ));
    lines.join("\n")
}

/// The senders in a sentence: `HTTP, SQS and direct calls`.
fn titles(shim: &Shim) -> String {
    let titles: Vec<&str> = shim.feeds.iter().map(|f| f.trigger.title()).collect();
    match titles.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

/// A text without the parts that are not for it: the lines between `//@ if a b` and `//@ end` stay where one of
/// the words holds, and inside of others where theirs do too.
pub(super) fn filled(text: &str, holds: &BTreeSet<&'static str>) -> String {
    let mut out = String::new();
    let mut stays: Vec<bool> = Vec::new();
    for line in text.lines() {
        match line.trim_start().strip_prefix("//@ ") {
            Some("end") => {
                stays.pop();
            }
            Some(said) => {
                let mut words = said.split(' ').skip(1);
                stays.push(words.any(|word| holds.contains(word)));
            }
            None if stays.iter().all(|one| *one) => {
                out.push_str(line);
                out.push('\n');
            }
            None => {}
        }
    }
    out
}

/// Whether something is fetched from a bucket, or put into one.
pub(super) fn uses_buckets(shim: &Shim) -> bool {
    let holds = traits(shim);
    holds.contains("object") || holds.contains("puts")
}

/// A client of AWS's SDK, and what configures it, with no more than it needs to send.
pub(super) fn sdk(name: &'static str, version_req: &'static str) -> [ShimDependency; 2] {
    let with = |name, version_req| ShimDependency {
        name,
        version_req,
        features: vec!["default-https-client", "rt-tokio"],
        default_features: false,
    };
    [with("aws-config", "1"), with(name, version_req)]
}

/// The crates that the modules name.
pub(super) fn dependencies(shim: &Shim) -> Vec<ShimDependency> {
    let holds = traits(shim);
    let plain = |name, version_req| ShimDependency {
        name,
        version_req,
        features: Vec::new(),
        default_features: true,
    };
    let mut found = Vec::new();
    if uses_buckets(shim) {
        found.extend(sdk("aws-sdk-s3", "1"));
    }
    for (word, name, version_req) in [
        ("decodes", "percent-encoding", "2"),
        ("items", "serde_dynamo", "4"),
        ("encodes", "base64", "0.22"),
        ("batch", "futures-util", "0.3"),
    ] {
        if holds.contains(word) {
            found.push(plain(name, version_req));
        }
    }
    let features: BTreeSet<&'static str> = shim
        .feeds
        .iter()
        .flat_map(|feed| match feed.trigger {
            Trigger::Http => &["alb", "apigw"][..],
            Trigger::Sns => &["sns"],
            Trigger::Sqs => &["sqs"],
            Trigger::S3 => &["s3"],
            Trigger::DynamoDb => &["dynamodb"],
            Trigger::CodeCommit => &["code_commit"],
            Trigger::EventBridge | Trigger::Schedule => &["eventbridge"],
            Trigger::Direct => &[],
        })
        .copied()
        .collect();
    if features.is_empty() {
        return found;
    }
    found.push(ShimDependency {
        name: "aws_lambda_events",
        version_req: "1.2",
        features: features.into_iter().collect(),
        default_features: false,
    });
    found
}
