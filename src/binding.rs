//! Bindings: where a parameter's value comes from, as people write it.
//!
//! Input: text such as `s3:key`, `env:REGION` or `init:shop::db::connect(env:DATABASE_URL)`. Output:
//! [`Source`]. Refuses what is none, with its neighbour; whether a source suits a parameter is for
//! [`crate::entry`] to say.

pub mod returned;

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use crate::text::did_you_mean;
use crate::trigger::Trigger;
use returned::{RETURN, Returned};

/// What is bound: a parameter, or the result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bound {
    /// A parameter, to a source.
    Parameter(String, Source),
    /// The result.
    Result(Returned),
}

impl Bound {
    /// What a name and a text say.
    ///
    /// # Errors
    /// Why the text is nothing that the name can be bound to.
    pub fn of(name: &str, text: &str) -> Result<Self, String> {
        if name == RETURN {
            return text.parse().map(Self::Result);
        }
        Ok(Self::Parameter(name.to_owned(), text.parse()?))
    }
}

/// Where a parameter comes from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Source {
    /// The field of its name in the message: where nothing else is said.
    Field,
    /// The whole message.
    Body(Body),
    /// Something that an event of one trigger says.
    Fact(Fact),
    /// What stays the same when the event is delivered again: the key of an idempotent call.
    Id,
    /// An environment variable, read once.
    Env(String),
    /// A secret, by its name, read once.
    Secret(String),
    /// A value that never changes, as JSON.
    Const(String),
    /// What a function makes, once, before the first event.
    Init(Init),
}

/// How the whole message becomes a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// It is the parameter's JSON.
    Json,
    /// It is text.
    Text,
    /// It is bytes.
    Bytes,
}

/// Something that an event of one trigger says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// The trigger.
    pub trigger: Trigger,
    /// The name in [`FACTS`].
    pub name: &'static str,
    /// What `header:NAME` and the like ask for.
    pub argument: Option<String>,
}

/// A function that makes a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Init {
    /// The function, as `--entry` would name it.
    pub path: String,
    /// What its parameters are; none where they are to be found without being named.
    pub arguments: Vec<Source>,
    /// The field of what it makes that is wanted, by the names that lead there.
    pub fields: Vec<String>,
}

/// A call as `init:` has it, its arguments written already.
pub(crate) fn call(path: &str, arguments: &[String], fields: &[String]) -> String {
    let mut text = path.to_owned();
    if !arguments.is_empty() || !fields.is_empty() {
        text += &format!("({})", arguments.join(", "));
    }
    for field in fields {
        text += &format!(".{field}");
    }
    text
}

/// What a fact is in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// Text, if the event has it.
    Maybe,
    /// Any JSON.
    Json,
    /// Bytes.
    Bytes,
    /// A list of texts.
    List,
}

/// What events say, by trigger. A name that ends in a colon takes an argument.
pub const FACTS: &[(Trigger, &str, Kind)] = &[
    (Trigger::Http, "method", Kind::Text),
    (Trigger::Http, "path", Kind::Text),
    (Trigger::Http, "path:", Kind::Maybe),
    (Trigger::Http, "query:", Kind::Maybe),
    (Trigger::Http, "header:", Kind::Maybe),
    (Trigger::Sns, "subject", Kind::Maybe),
    (Trigger::Sns, "topic", Kind::Text),
    (Trigger::Sqs, "attribute:", Kind::Maybe),
    (Trigger::S3, "object", Kind::Bytes),
    (Trigger::S3, "key", Kind::Text),
    (Trigger::S3, "bucket", Kind::Text),
    (Trigger::S3, "event-name", Kind::Text),
    (Trigger::DynamoDb, "new", Kind::Json),
    (Trigger::DynamoDb, "old", Kind::Json),
    (Trigger::DynamoDb, "keys", Kind::Json),
    (Trigger::DynamoDb, "event-name", Kind::Text),
    (Trigger::CodeCommit, "repository", Kind::Text),
    (Trigger::CodeCommit, "reference", Kind::Maybe),
    (Trigger::CodeCommit, "references", Kind::List),
    (Trigger::CodeCommit, "commit", Kind::Maybe),
    (Trigger::EventBridge, "detail-type", Kind::Text),
    (Trigger::EventBridge, "source", Kind::Text),
    (Trigger::EventBridge, "time", Kind::Text),
    (Trigger::Schedule, "time", Kind::Text),
    (Trigger::Schedule, "rule", Kind::Maybe),
];

/// The sources that are no trigger's.
const GENERAL: &[&str] = &[
    "field",
    "body",
    "body:json",
    "body:text",
    "body:bytes",
    "event:id",
    "env:",
    "secret:",
    "const:",
    "init:",
];

impl Source {
    /// The trigger whose events alone have it.
    pub fn trigger(&self) -> Option<Trigger> {
        match self {
            Self::Fact(fact) => Some(fact.trigger),
            _ => None,
        }
    }

    /// Whether it is known before the first event.
    pub fn is_of_start(&self) -> bool {
        matches!(
            self,
            Self::Env(_) | Self::Secret(_) | Self::Const(_) | Self::Init(_)
        )
    }

    fn fact(trigger: &str, rest: &str) -> Option<Self> {
        let trigger: Trigger = trigger.parse().ok()?;
        let of = || FACTS.iter().filter(|(t, ..)| *t == trigger);
        let plain = of().find(|(_, name, _)| *name == rest && !name.ends_with(':'));
        let found = plain.map(|(_, name, _)| (*name, None)).or_else(|| {
            of().find_map(|(_, name, _)| {
                let argument = rest.strip_prefix(*name).filter(|a| !a.is_empty())?;
                name.ends_with(':')
                    .then(|| (*name, Some(argument.to_owned())))
            })
        });
        let (name, argument) = found?;
        Some(Self::Fact(Fact {
            trigger,
            name,
            argument,
        }))
    }
}

impl FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (head, rest) = text.split_once(':').unwrap_or((text, ""));
        let said = |rest: &str| (!rest.is_empty()).then(|| rest.to_owned());
        let found = match (head, rest) {
            ("field", "") => Some(Self::Field),
            ("body", "" | "json") => Some(Self::Body(Body::Json)),
            ("body", "text") => Some(Self::Body(Body::Text)),
            ("body", "bytes") => Some(Self::Body(Body::Bytes)),
            ("event", "id") => Some(Self::Id),
            ("env", rest) => said(rest)
                .map(|name| variable(&name).map(Self::Env))
                .transpose()?,
            ("secret", rest) => said(rest).map(Self::Secret),
            ("const", rest) => said(rest).map(|value| Self::Const(constant(&value))),
            ("init", rest) => said(rest).map(|call| init(&call)).transpose()?,
            (trigger, rest) => Self::fact(trigger, rest),
        };
        found.ok_or_else(|| {
            let facts: Vec<String> = FACTS
                .iter()
                .map(|(t, name, _)| format!("{t}:{name}"))
                .collect();
            let all = GENERAL
                .iter()
                .copied()
                .chain(facts.iter().map(String::as_str));
            let near = did_you_mean(text, all)
                .map(|near| format!("; did you mean `{near}`?"))
                .unwrap_or_default();
            format!("`{text}` is no source of a value{near}")
        })
    }
}

impl TryFrom<String> for Source {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field => f.write_str("field"),
            Self::Body(Body::Json) => f.write_str("body"),
            Self::Body(Body::Text) => f.write_str("body:text"),
            Self::Body(Body::Bytes) => f.write_str("body:bytes"),
            Self::Fact(fact) => {
                let argument = fact.argument.as_deref().unwrap_or_default();
                write!(f, "{}:{}{argument}", fact.trigger, fact.name)
            }
            Self::Id => f.write_str("event:id"),
            Self::Env(name) => write!(f, "env:{name}"),
            Self::Secret(name) => write!(f, "secret:{name}"),
            Self::Const(value) => write!(f, "const:{value}"),
            Self::Init(init) => {
                let arguments: Vec<String> =
                    init.arguments.iter().map(ToString::to_string).collect();
                write!(f, "init:{}", call(&init.path, &arguments, &init.fields))
            }
        }
    }
}

/// A name that Lambda takes for a variable: two characters or more, of letters, digits and `_`, the first a
/// letter (Lambda's developer guide, "Environment variables").
fn variable(name: &str) -> Result<String, String> {
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic());
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if starts_well && is_plain && name.len() > 1 {
        Ok(name.to_owned())
    } else {
        Err(format!(
            "`{name}` cannot name an environment variable: two or more letters, digits or `_`, a letter first"
        ))
    }
}

/// JSON as it is, and any other text as a JSON string.
fn constant(text: &str) -> String {
    let value: Result<serde_json::Value, _> = serde_json::from_str(text);
    value
        .unwrap_or_else(|_| serde_json::Value::String(text.to_owned()))
        .to_string()
}

/// `path`, `path(source, source)` or `path(source).field.field`.
fn init(text: &str) -> Result<Source, String> {
    let (path, rest) = text.split_at(text.find('(').unwrap_or(text.len()));
    let mut fields = Vec::new();
    let mut arguments = Vec::new();
    if let Some(rest) = rest.strip_prefix('(') {
        let (inner, after) = rest
            .rsplit_once(')')
            .ok_or_else(|| format!("`init:{text}` lacks its closing `)`"))?;
        arguments = split(inner)?;
        if !after.is_empty() {
            let names = after.strip_prefix('.').map(|names| names.split('.'));
            let names: Vec<&str> = names.into_iter().flatten().collect();
            let is_name = |name: &&str| {
                !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')
            };
            if names.is_empty() || !names.iter().all(is_name) {
                return Err(format!("`{after}` after `init:{path}(…)` names no field"));
            }
            fields.extend(names.into_iter().map(str::to_owned));
        }
    }
    let mut sources = Vec::new();
    for argument in arguments {
        let source: Source = argument.parse()?;
        if !source.is_of_start() {
            return Err(format!(
                "`{argument}` is not known before the first event: `init:` takes `env:`, `secret:`, `const:` and `init:`"
            ));
        }
        sources.push(source);
    }
    Ok(Source::Init(Init {
        path: path.trim().to_owned(),
        arguments: sources,
        fields,
    }))
}

/// The pieces between commas that stand in no brackets or quotes.
fn split(text: &str) -> Result<Vec<&str>, String> {
    let (mut depth, mut quoted, mut escaped, mut from) = (0_usize, false, false, 0);
    let mut pieces = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.checked_sub(1).ok_or("a bracket too many")?,
            ',' if depth == 0 => {
                pieces.push(text.get(from..at).unwrap_or_default().trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    let last = text.get(from..).unwrap_or_default().trim();
    if !last.is_empty() || !pieces.is_empty() {
        pieces.push(last);
    }
    if depth > 0 || quoted {
        return Err(format!("`{text}` does not close what it opens"));
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn what_is_written_is_read_and_written_again() {
        for text in [
            "field",
            "body",
            "body:text",
            "event:id",
            "s3:key",
            "http:header:X-Tenant",
            "http:path",
            "http:path:id",
            "env:REGION",
            "secret:prod/db",
            "const:200",
            "const:\"a, b\"",
            "init:shop::db::connect(env:DATABASE_URL, const:[1,2], init:config(const:\"(\"))",
            "init:AppState::new",
            "init:connect(init:settings().database, init:read(env:FILE).a.b)",
        ] {
            let source: Source = text.parse().unwrap();
            assert_eq!(source.to_string(), text);
        }
        assert_eq!("body:json".parse::<Source>().unwrap().to_string(), "body");
        assert_eq!(
            "const:de".parse::<Source>().unwrap().to_string(),
            "const:\"de\""
        );
    }

    #[test]
    fn what_is_no_source_has_a_neighbour() {
        for (text, near) in [
            ("s3:kee", "did you mean `s3:key`?"),
            ("bodi", "did you mean `body`?"),
            ("env:1", "cannot name an environment variable"),
            ("init:f(s3:key)", "not known before the first event"),
            ("init:f(env:AB", "lacks its closing"),
            ("init:f() database", "names no field"),
            ("init:f().a..b", "names no field"),
            ("init:f(const:\"a)", "does not close"),
            ("http:header:", "is no source"),
        ] {
            let said = text.parse::<Source>().unwrap_err();
            assert!(said.contains(near), "{text}: {said}");
        }
    }
}
