//! From a record to a request: the part of a sender's module that depends on the function.
//!
//! Input: [`Feed`]. Output: the text of `fn request`, and what it needs. Refuses nothing.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::binding::returned::{Object, Piece};
use crate::binding::{Body, Fact, Source};
use crate::entry::feed::{Feed, Part, Spelled};
use crate::render::shim::lines;
use crate::text::snake;
use crate::trigger::Trigger;

/// What is true of a sender's module, for the parts of its text that depend on it.
pub(in crate::render::shim) fn traits(
    feed: &Feed,
    object: Option<&Object>,
) -> BTreeSet<&'static str> {
    let mut all = BTreeSet::new();
    let said = || object.iter().flat_map(|object| object.sources());
    let sources = || feed.parts.iter().map(|part| &part.source).chain(said());
    let facts = || sources().filter_map(fact);
    let has = |name: &str| facts().any(|fact| fact.name == name);
    let is_asked = |wanted: &Source| feed.parts.iter().any(|part| part.source == *wanted);
    let needs = |name: &str| {
        let mut parts = feed.parts.iter().filter(|part| !part.optional);
        parts.any(|part| fact(&part.source).is_some_and(|fact| fact.name == name))
    };
    match feed.trigger {
        Trigger::Http => all.extend(["decodes", "encodes"]),
        Trigger::S3 => {
            let has_object = has("object");
            all.insert(if has_object { "object" } else { "stated" });
            if has_object {
                all.insert("encodes");
            }
            // What is put may be in the way of its own event: that is told by the key.
            if has_object || has("key") || object.is_some() {
                all.extend(["key", "decodes"]);
            }
        }
        Trigger::Sqs if has("attribute:") => all.extend(["attribute"]),
        Trigger::CodeCommit => {
            let names = ["repository", "reference", "references", "commit"];
            all.extend(names.into_iter().filter(|name| has(name)));
        }
        Trigger::Schedule if has("rule") => all.extend(["rule"]),
        Trigger::DynamoDb => {
            if ["new", "old", "keys"].into_iter().any(has) {
                all.extend(["items", "encodes"]);
            }
            let filters = !feed.changes.is_empty();
            let known = [
                ("filters", filters),
                ("new", needs("new")),
                ("old", needs("old")),
            ];
            for (word, _) in known.iter().filter(|(_, holds)| *holds) {
                all.extend([*word, "passes"]);
            }
        }
        _ => {}
    }
    if is_asked(&Source::Body(Body::Bytes)) {
        all.insert("encodes");
    }
    let is_mixed = feed.parts.iter().any(|part| part.source != Source::Field);
    if feed.trigger != Trigger::Http && is_asked(&Source::Field) && is_mixed {
        all.insert("fields");
    }
    all
}

fn fact(source: &Source) -> Option<&Fact> {
    match source {
        Source::Fact(fact) => Some(fact),
        _ => None,
    }
}

/// A table of fields, for a module whose requests come of facts by their names.
pub(in crate::render::shim) fn table(doc: &str, name: &str, feed: &Feed) -> String {
    let fields = feed.parts.iter().map(|part| {
        let source = match &part.source {
            Source::Fact(fact) => {
                format!(
                    "{}{}",
                    fact.name,
                    fact.argument.as_deref().unwrap_or_default()
                )
            }
            other => other.to_string(),
        };
        let is_text = matches!(part.spelled, Spelled::Text | Spelled::Texts);
        let is_list = matches!(part.spelled, Spelled::Texts | Spelled::Jsons);
        [
            format!("name: {:?},", part.field),
            format!("source: {source:?},"),
            format!("is_text: {is_text},"),
            format!("is_list: {is_list},"),
        ]
    });
    let indented = |lines: &[String; 4], by: &str| -> String {
        lines.iter().map(|line| format!("{by}{line}\n")).collect()
    };
    let fields: Vec<[String; 4]> = fields.collect();
    // As rustfmt has them: no line for none, less room for one.
    let list = match fields.as_slice() {
        [] => String::new(),
        [one] => format!("Field {{\n{}}}", indented(one, "    ")),
        several => {
            let several = several
                .iter()
                .map(|lines| format!("    Field {{\n{}    }},\n", indented(lines, "        ")));
            format!("\n{}", several.collect::<String>())
        }
    };
    format!("/// {doc}\nconst {name}: &[Field] = &[{list}];\n")
}

/// What a sender's module calls one of its records, and its type; nothing where there is none.
fn record(trigger: Trigger) -> (&'static str, &'static str) {
    match trigger {
        Trigger::Sns => ("record", "SnsRecord"),
        Trigger::Sqs => ("message", "SqsMessage"),
        Trigger::S3 => ("record", "S3EventRecord"),
        Trigger::DynamoDb => ("record", "EventRecord"),
        Trigger::CodeCommit => ("record", "CodeCommitRecord"),
        Trigger::EventBridge | Trigger::Schedule => ("event", "EventBridgeEvent"),
        Trigger::Http | Trigger::Direct => ("", ""),
    }
}

/// `fn request`.
pub(super) fn of(feed: &Feed) -> String {
    let (name, ty) = record(feed.trigger);
    if name.is_empty() {
        return String::new();
    }
    let is_given = |part: &&Part| part.source != Source::Field;
    let given: Vec<&Part> = feed.parts.iter().filter(is_given).collect();
    let has_fields = feed.parts.len() > given.len();
    let text = message(feed.trigger);
    let mut body = String::new();
    match (has_fields, given.as_slice()) {
        (false, []) => body.push_str("    Ok(\"null\".to_owned())\n"),
        (true, []) => {
            let _ = writeln!(body, "    Ok({text})");
        }
        (_, given) => {
            let start = if has_fields {
                format!("super::object(&{text})?")
            } else {
                "serde_json::Map::new()".to_owned()
            };
            let _ = writeln!(body, "    let mut fields = {start};");
            for part in given {
                let value = value(feed.trigger, &part.source);
                let field = format!("{:?}.to_owned()", part.field);
                let insert = lines::call(4, "fields.insert", &[&field, &value], ";");
                let _ = writeln!(body, "{insert}");
            }
            body.push_str("    Ok(serde_json::Value::Object(fields).to_string())\n");
        }
    }
    let name = if feed.parts.is_empty() { "_" } else { name };
    let awaits = if body.contains(".await") {
        "async "
    } else {
        ""
    };
    format!(
        "/// The function's request.\n{awaits}fn request({name}: &{ty}) -> Result<String, Diagnostic> {{\n{body}}}\n"
    )
}

/// `fn place`, for what takes a record of this type: the key that the result of its call is put under.
pub(super) fn place(trigger: Trigger, key: &[Piece]) -> String {
    let (name, ty) = match trigger {
        Trigger::Direct => ("context", "Context"),
        _ => record(trigger),
    };
    let (mut lines, value) = pieces(key, |source| value(trigger, source));
    if trigger == Trigger::Direct {
        // It stands in the module that has it.
        lines
            .iter_mut()
            .for_each(|line| *line = line.replacen("super::", "", 1));
    }
    let name = if lines.is_empty() { "_" } else { name };
    let lines: String = lines.iter().map(|line| format!("    {line}\n")).collect();
    let call = if trigger == Trigger::Direct {
        " of a direct call"
    } else {
        ""
    };
    format!(
        "/// The key that the result{call} is put under.\nfn place({name}: &{ty}) -> Result<String, Diagnostic> {{\n{lines}    Ok({value})\n}}\n"
    )
}

/// The same as a method of a request over HTTP.
pub(super) fn place_of_request(key: &[Piece]) -> String {
    let (lines, value) = pieces(key, |source| match source {
        Source::Fact(fact) => {
            let argument = fact.argument.as_deref().unwrap_or_default();
            format!("self.fact({:?})?", format!("{}{argument}", fact.name))
        }
        other => format!("self.fact({:?})?", other.to_string()),
    });
    let mut text = String::from("impl Incoming {\n");
    if !lines.is_empty() {
        text.push_str(
            "    /// What the request says under a name.\n    \
             fn fact(&self, source: &'static str) -> Result<Value, Diagnostic> {\n        \
             self.said(&Field {\n            name: source,\n            source,\n            \
             is_text: true,\n            is_list: false,\n        })\n    }\n\n",
        );
    }
    let lines: String = lines
        .iter()
        .map(|line| format!("        {line}\n"))
        .collect();
    let _ = write!(
        text,
        "    /// The key that the result is put under.\n    fn place(&self) -> Result<String, Diagnostic> {{\n{lines}        Ok({value})\n    }}\n}}\n"
    );
    text
}

/// The statements that look up what a key is made of, and the key.
fn pieces(key: &[Piece], of: impl Fn(&Source) -> String) -> (Vec<String>, String) {
    let mut lines = Vec::new();
    let mut seen = BTreeSet::new();
    let mut text = String::new();
    for piece in key {
        match piece {
            Piece::Text(own) => text.push_str(own),
            Piece::Of(source) => {
                let said = source.to_string();
                let name = snake(&said);
                if seen.insert(name.clone()) {
                    lines.push(format!(
                        "let {name} = super::part({said:?}, {})?;",
                        of(source)
                    ));
                }
                let _ = write!(text, "{{{name}}}");
            }
        }
    }
    let value = if lines.is_empty() {
        format!("{text:?}.to_owned()")
    } else {
        format!("format!({text:?})")
    };
    (lines, value)
}

/// The text of the whole message, as a `String`.
fn message(trigger: Trigger) -> &'static str {
    match trigger {
        Trigger::Sqs => "message.body.clone().unwrap_or_default()",
        Trigger::Sns => "record.sns.message.clone()",
        _ => "event.detail.to_string()",
    }
}

/// A source's value, as JSON.
fn value(trigger: Trigger, source: &Source) -> String {
    let text = message(trigger);
    let json = |value: &str| format!("serde_json::json!({value})");
    match source {
        Source::Body(Body::Json) => format!("super::read(&{text})?"),
        Source::Body(Body::Text) => json(text),
        Source::Body(Body::Bytes) => json(&format!("BASE64_STANDARD.encode({text})")),
        Source::Id => json(match trigger {
            Trigger::Sqs => "message.message_id",
            Trigger::Sns => "record.sns.message_id",
            Trigger::S3 => "record.s3.object.sequencer",
            Trigger::DynamoDb | Trigger::CodeCommit => "record.event_id",
            Trigger::Direct => "context.request_id",
            _ => "event.id",
        }),
        Source::Fact(fact) => stated(fact),
        // The message's own field, or what is known before the event.
        Source::Field | Source::Env(_) | Source::Secret(_) | Source::Const(_) | Source::Init(_) => {
            json("null")
        }
    }
}

/// What the event states.
fn stated(fact: &Fact) -> String {
    let argument = fact.argument.as_deref().unwrap_or_default();
    let attribute = format!("attribute(message, {argument:?})");
    let value = match (fact.trigger, fact.name) {
        (Trigger::Sns, "subject") => "record.sns.subject",
        (Trigger::Sns, "topic") => "record.sns.topic_arn",
        (Trigger::Sqs, "attribute:") => &attribute,
        (Trigger::S3, "key") => "key(record)",
        (Trigger::S3, "bucket") => "record.s3.bucket.name",
        (Trigger::S3 | Trigger::DynamoDb, "event-name") => "record.event_name",
        (Trigger::DynamoDb, "new") => return "image(&record.change.new_image)".to_owned(),
        (Trigger::DynamoDb, "old") => return "image(&record.change.old_image)".to_owned(),
        (Trigger::DynamoDb, "keys") => return "image(&record.change.keys)".to_owned(),
        (Trigger::CodeCommit, "repository") => "repository(record)",
        (Trigger::CodeCommit, "reference") => "reference(record)",
        (Trigger::CodeCommit, "references") => "references(record)",
        (Trigger::CodeCommit, "commit") => "commit(record)",
        (Trigger::EventBridge, "detail-type") => "event.detail_type",
        (Trigger::EventBridge, "source") => "event.source",
        (Trigger::Schedule, "rule") => "rule(event)",
        (_, "time") => "event.time",
        (Trigger::S3, "object") => "object(record).await?",
        // HTTP has a table.
        _ => "null",
    };
    format!("serde_json::json!({value})")
}
