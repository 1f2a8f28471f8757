//! How the events of each trigger become requests.
//!
//! Input: an entry's crossing, the form of its event, its triggers and bindings. Output: [`Feed`]s. Refuses
//! a parameter that events of a trigger have nothing for, and a source that does not suit its parameter.

mod defaults;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use super::cross::form::{Event, Form, Shape};
use super::cross::{Bind, Input};
use crate::binding::returned::{Object, Returned};
use crate::binding::{Body, FACTS, Kind, Source};
use crate::diag::{Code, Diagnostic};
use crate::target::Target;
use crate::text::did_you_mean;
use crate::trigger::{Change, Sender, Trigger};

/// How the events of one trigger become requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// The trigger.
    pub trigger: Trigger,
    /// The parts of the request.
    pub parts: Vec<Part>,
    /// The kinds of changes that it takes; all where none is named.
    pub changes: Vec<Change>,
}

/// A field of the request, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The field.
    pub field: String,
    /// The message's field of its name, a fact, the whole message or the event's id.
    pub source: Source,
    /// How a query or a part of a path spells it.
    pub spelled: Spelled,
    /// Whether it may be missing.
    pub optional: bool,
}

/// How a query or a part of a path spells a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelled {
    /// As it is.
    Text,
    /// As JSON, or as text where it is none.
    Json,
    /// As often as there are elements, each as it is.
    Texts,
    /// As often as there are elements, each as JSON.
    Jsons,
}

/// What a person says of an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// What sends its events; `Direct` when there is none.
    pub triggers: Vec<Sender>,
    /// Sources by parameter.
    pub bind: Bind,
    /// Where it runs.
    pub target: Target,
    /// What is done with its result.
    pub returned: Vec<Returned>,
    /// Variants of its error that are worth another try, as they were named.
    pub retry_on: Vec<String>,
    /// Whether events come that only keep it warm.
    pub keep_warm: bool,
    /// Whether they are said of several entries at once, of which each takes what is for it.
    pub shared: bool,
}

impl Wishes {
    /// What sends its events, each once.
    pub fn triggers(&self) -> Vec<Trigger> {
        let all: BTreeSet<Trigger> = self.triggers.iter().map(|sender| sender.trigger).collect();
        all.into_iter().collect()
    }

    /// The kinds of changes that it takes; all where none is named, or where the trigger stands by itself too.
    pub fn changes(&self) -> Vec<Change> {
        let of = self
            .triggers
            .iter()
            .filter(|s| s.trigger == Trigger::DynamoDb);
        let named: Option<BTreeSet<Change>> = of.map(|sender| sender.change).collect();
        named.unwrap_or_default().into_iter().collect()
    }

    /// The object that its result becomes.
    pub fn object(&self) -> Option<&Object> {
        self.returned.iter().find_map(|returned| match returned {
            Returned::Object(object) => Some(object),
            Returned::ContentType(_) => None,
        })
    }
}

/// The feeds of an entry, one a trigger, in the order of [`Trigger::ALL`].
///
/// # Errors
/// A diagnostic for each parameter that is left without a source, and for each source that cannot be one.
pub fn feeds(
    path: &str,
    inputs: &[Input],
    event: &Event,
    wishes: &Wishes,
) -> Result<Vec<Feed>, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut wanted = wishes.triggers();
    if wanted.is_empty() {
        wanted.push(Trigger::Direct);
    }
    let sent: Vec<&Input> = inputs.iter().filter(|i| i.start.is_none()).collect();
    for (name, sources) in &wishes.bind {
        if !wishes.shared && !inputs.iter().any(|input| input.field == *name) {
            problems.push(no_parameter(path, name, inputs));
        }
        for trigger in sources.iter().filter_map(Source::trigger) {
            if !wanted.contains(&trigger) {
                problems.push(no_trigger(path, name, trigger));
            }
        }
    }
    let mut feeds = Vec::new();
    if wishes.target == Target::Azure && !wishes.changes().is_empty() {
        let why =
            "the change feed of Cosmos DB does not tell kinds apart, and nothing of what is gone";
        problems.push(no_counterpart(path, "dynamodb:…", wishes.target, why));
    }
    for trigger in &wanted {
        if let Some(why) = wishes.target.lacks(*trigger) {
            problems.push(no_counterpart(path, trigger.as_str(), wishes.target, why));
        }
    }
    for trigger in wanted {
        let mut feed = Feed {
            trigger,
            parts: Vec::new(),
            changes: if trigger == Trigger::DynamoDb {
                wishes.changes()
            } else {
                Vec::new()
            },
        };
        let forms: Vec<(&str, &Form)> = sent
            .iter()
            .map(|input| (input.field.as_str(), form_of(event, &input.field)))
            .collect();
        for (field, form) in &forms {
            let said = wishes.bind.get(*field).map(Vec::as_slice);
            let own = |s: &&Source| s.trigger() == Some(trigger);
            let general = |s: &&Source| s.trigger().is_none() && !s.is_of_start();
            let chosen = said.and_then(|sources| {
                let mut all = sources.iter();
                all.clone().find(own).or_else(|| all.find(general))
            });
            let chosen = match chosen {
                Some(source) => Some(source.clone()),
                None => defaults::source(trigger, field, form, &forms, &event.types),
            };
            let Some(source) = chosen else {
                problems.push(unfed(path, field, trigger));
                continue;
            };
            if let Some(why) = missing(&source, wishes.target) {
                problems.push(no_source(path, field, &source, wishes.target, why));
            }
            if let Some(why) = misfit(&source, form, &event.types) {
                problems.push(unsuited(path, field, &source, why));
            }
            if let Some(why) = imageless(&source, form, &feed.changes) {
                problems.push(unsuited(path, field, &source, why));
            }
            feed.parts.push(Part {
                field: (*field).to_owned(),
                source,
                spelled: spelled(form, event),
                optional: matches!(form, Form::Option(_)),
            });
        }
        feeds.push(feed);
    }
    if problems.is_empty() {
        Ok(feeds)
    } else {
        Err(problems)
    }
}

fn form_of<'a>(event: &'a Event, field: &str) -> &'a Form {
    const NONE: &Form = &Form::Guess(String::new());
    let found = event.fields.iter().find(|(name, _)| name == field);
    found.map_or(NONE, |(_, form)| form)
}

/// A form without the wrappers around it: `Option`, types that are one value.
fn bare<'a>(form: &'a Form, types: &'a [Shape]) -> &'a Form {
    let mut at = form;
    // As deep as types are many, and an option around each.
    for _ in 0..=2 * types.len() + 1 {
        at = match at {
            Form::Option(inner) => inner,
            Form::Type(number) => match types.get(*number) {
                Some(Shape::Wrapper(inner)) => inner,
                _ => return at,
            },
            other => return other,
        };
    }
    at
}

fn spelled(form: &Form, event: &Event) -> Spelled {
    let is_text = |form: &Form| is_text(form, &event.types);
    match bare(form, &event.types) {
        Form::List(inner, _) if is_text(inner) => Spelled::Texts,
        Form::List(..) => Spelled::Jsons,
        _ if is_text(form) => Spelled::Text,
        _ => Spelled::Json,
    }
}

/// Whether a text can be its JSON, and no other JSON can.
fn is_text(form: &Form, types: &[Shape]) -> bool {
    match bare(form, types) {
        Form::Text | Form::Char | Form::Base64 => true,
        Form::Type(number) => matches!(types.get(*number), Some(Shape::Enum(..))),
        _ => false,
    }
}

/// Why a source cannot be that of a parameter of this form.
fn misfit(source: &Source, form: &Form, types: &[Shape]) -> Option<&'static str> {
    let kind = match source {
        Source::Body(Body::Text) | Source::Id => Kind::Text,
        Source::Body(Body::Bytes) => Kind::Bytes,
        Source::Fact(fact) => {
            let known = FACTS
                .iter()
                .find(|(t, n, _)| *t == fact.trigger && *n == fact.name);
            known.map_or(Kind::Json, |(.., kind)| *kind)
        }
        _ => Kind::Json,
    };
    let form = bare(form, types);
    let is_open = matches!(form, Form::Guess(_) | Form::OneOf(_));
    match kind {
        // A number in a path or a header is read as one.
        Kind::Json | Kind::Maybe => None,
        Kind::Bytes => (!matches!(form, Form::Base64)).then_some("is bytes"),
        Kind::Text => (!is_open && !is_text(form, types)).then_some("is text"),
        Kind::List => (!is_open && !matches!(form, Form::List(..))).then_some("is a list"),
    }
}

/// Why records of these kinds have no such image, where the parameter needs one.
fn imageless(source: &Source, form: &Form, changes: &[Change]) -> Option<&'static str> {
    let Source::Fact(fact) = source else {
        return None;
    };
    if changes.is_empty() || matches!(form, Form::Option(_)) {
        return None;
    }
    let all = |kind: Change| changes.iter().all(|change| *change == kind);
    match fact.name {
        "new" if all(Change::Remove) => Some("is of items that stay, and only removed ones come"),
        "old" if all(Change::Insert) => Some("is of items that were there, and only new ones come"),
        _ => None,
    }
}

/// Why a source is not there on a target.
fn missing(source: &Source, target: Target) -> Option<&'static str> {
    match (target, source) {
        (Target::Lambda, _) => None,
        (_, Source::Fact(fact)) if fact.name == "object" => {
            Some("objects are fetched on AWS alone; take the key, and fetch it in the function")
        }
        (Target::Gcp, Source::Fact(fact)) if fact.name == "path:" => {
            Some("paths have no named parts there")
        }
        (Target::Gcp, Source::Fact(fact)) if fact.name == "keys" => {
            Some("a document of Firestore has no keys among its fields")
        }
        (Target::Azure, Source::Fact(fact))
            if fact.trigger == Trigger::DynamoDb && fact.name != "new" =>
        {
            Some("the change feed of Cosmos DB has documents as they are now, and no more")
        }
        _ => None,
    }
}

fn no_source(path: &str, field: &str, source: &Source, target: Target, why: &str) -> Diagnostic {
    let title = target.title();
    let message = format!("`{field}` of `{path}` cannot be `{source}` on {title}: {why}");
    Diagnostic::new(Code::BadBinding, message).help("bind another source, or choose another target")
}

fn no_counterpart(path: &str, trigger: &str, target: Target, why: &str) -> Diagnostic {
    let title = target.title();
    let message = format!("`{path}` cannot be triggered by `{trigger}` on {title}: {why}");
    Diagnostic::new(Code::BadBinding, message).help("choose another trigger, or another target")
}

fn no_parameter(path: &str, name: &str, inputs: &[Input]) -> Diagnostic {
    let names: Vec<&str> = inputs.iter().map(|i| i.field.as_str()).collect();
    let message = format!("`{path}` has no parameter `{name}` to bind");
    let diagnostic = Diagnostic::new(Code::BadBinding, message);
    match did_you_mean(name, names.iter().copied()) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic.help(format!("its parameters are: {}", names.join(", "))),
    }
}

fn no_trigger(path: &str, name: &str, trigger: Trigger) -> Diagnostic {
    let message =
        format!("`{name}` of `{path}` is bound to events of `{trigger}`, which do not trigger it");
    Diagnostic::new(Code::BadBinding, message).help(format!(
        "add `--trigger {trigger}`, or leave the binding out"
    ))
}

fn unsuited(path: &str, field: &str, source: &Source, why: &str) -> Diagnostic {
    let message = format!("`{source}` cannot be `{field}` of `{path}`: it {why}");
    Diagnostic::new(Code::BadBinding, message)
        .help("bind another source, or let the function take what the source is")
}

fn unfed(path: &str, field: &str, trigger: Trigger) -> Diagnostic {
    let facts: Vec<String> = FACTS
        .iter()
        .filter(|(of, ..)| *of == trigger)
        .map(|(of, name, _)| format!("`{of}:{name}`"))
        .collect();
    let title = trigger.title();
    let message = format!("events of {title} have nothing that is clearly `{field}` of `{path}`");
    Diagnostic::new(Code::ParamUnfed, message)
        .help(format!("say what it is: `--bind {field}=SOURCE`"))
        .help(format!("these events have {}", facts.join(", ")))
        .help("or bind what never changes: `const:VALUE`, `env:NAME`, `secret:NAME`, `init:path::to::constructor`")
}
