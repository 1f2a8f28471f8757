//! Cases made from the forms of an event: edge values, plain values, and what the source itself speaks of. Forms lie
//! here, the values at their ends in [`plain`].
//!
//! Input: [`Event`], texts to start from, a seed and a number. Output: events, each once. The same input
//! gives the same cases. A case that neither side can read costs nothing but its place.

mod plain;

use std::collections::BTreeSet;

use fastrand::Rng;

use super::guess;
use crate::entry::cross::form::{Event, Field, Form, Shape, Tag};
use plain::base64;

/// How deep values lie in each other at most.
const DEPTH: usize = 5;
/// Attempts for each case that is wanted: forms with few values repeat themselves.
const ATTEMPTS: usize = 20;

/// What may stand where anything may.
const VALUES: &[&str] = &[
    "null",
    "true",
    "0",
    "-1.5",
    "\"a\"",
    "[]",
    "[1,\"b\",null]",
    "{}",
    "{\"a\":{\"b\":[2]}}",
];

/// Makes at most `count` cases; fewer when the form has no more values.
pub fn generate(event: &Event, texts: &[String], seed: u64, count: usize) -> Vec<String> {
    let mut maker = Maker {
        event,
        texts,
        rng: Rng::with_seed(seed),
        size: 0,
        numbers: false,
    };
    let mut cases = Vec::new();
    let mut seen = BTreeSet::new();
    for attempt in 0..count.saturating_mul(ATTEMPTS) {
        if cases.len() == count {
            break;
        }
        // Small ones first: what they show is read at once.
        maker.size = 1 + (cases.len().max(attempt / ATTEMPTS) * 8) / count.max(1);
        maker.numbers = maker.rng.bool();
        let case = maker.case();
        if seen.insert(case.clone()) {
            cases.push(case);
        }
    }
    cases
}

struct Maker<'a> {
    event: &'a Event,
    texts: &'a [String],
    rng: Rng,
    /// How long texts and lists are, about.
    size: usize,
    /// Whether identifiers that cannot be looked into are numbers in this case: all of them, or a case with
    /// several would hardly ever be read.
    numbers: bool,
}

impl<'a> Maker<'a> {
    fn case(&mut self) -> String {
        let fields: Vec<String> = self
            .event
            .fields
            .iter()
            .map(|(name, form)| format!("{}:{}", quoted(name), self.value(form, 0)))
            .collect();
        format!("{{{}}}", fields.join(","))
    }

    fn chance(&mut self, percent: u8) -> bool {
        self.rng.u8(0..100) < percent
    }

    fn pick<'t, T>(&mut self, list: &'t [T]) -> Option<&'t T> {
        let at = (!list.is_empty()).then(|| self.rng.usize(0..list.len()))?;
        list.get(at)
    }

    fn value(&mut self, form: &'a Form, depth: usize) -> String {
        let is_deep = depth > DEPTH;
        match form {
            Form::Null => "null".to_owned(),
            Form::Bool => self.rng.bool().to_string(),
            Form::Integer { min, max } => self.integer(*min, *max),
            Form::Float => self.float(),
            Form::Char => {
                let text = self.text();
                quoted(&text.chars().next().unwrap_or('x').to_string())
            }
            Form::Text => quoted(&self.text()),
            Form::Base64 => {
                let bytes = self.bytes();
                quoted(&base64(&bytes))
            }
            Form::Option(_) if is_deep || self.chance(25) => "null".to_owned(),
            Form::Option(inner) => self.value(inner, depth),
            Form::List(inner, length) => {
                let length = match length {
                    Some(length) => *length,
                    None if is_deep => 0,
                    None => self.rng.usize(0..=self.size),
                };
                let items: Vec<String> =
                    (0..length).map(|_| self.value(inner, depth + 1)).collect();
                format!("[{}]", items.join(","))
            }
            Form::Map(key, value) => {
                let length = if is_deep {
                    0
                } else {
                    self.rng.usize(0..=self.size)
                };
                let mut entries = std::collections::BTreeMap::new();
                for _ in 0..length {
                    let key = self.value(key, DEPTH);
                    let key = if key.starts_with('"') {
                        key
                    } else {
                        quoted(&key)
                    };
                    entries.insert(key, self.value(value, depth + 1));
                }
                let entries: Vec<String> = entries
                    .into_iter()
                    .map(|(key, value)| format!("{key}:{value}"))
                    .collect();
                format!("{{{}}}", entries.join(","))
            }
            Form::Tuple(of) => self.tuple(of, depth),
            Form::Object(fields) => self.object(fields, depth),
            Form::OneOf(forms) => match self.pick(forms) {
                Some(form) => self.value(form, depth + 1),
                None => "null".to_owned(),
            },
            Form::Type(at) => match self.event.types.get(*at) {
                Some(shape) => self.shape(shape, depth),
                None => "null".to_owned(),
            },
            Form::Guess(path) => self.guess(path),
        }
    }

    fn tuple(&mut self, of: &'a [Form], depth: usize) -> String {
        let items: Vec<String> = of.iter().map(|form| self.value(form, depth + 1)).collect();
        format!("[{}]", items.join(","))
    }

    fn object(&mut self, fields: &'a [Field], depth: usize) -> String {
        format!("{{{}}}", self.members(fields, depth).join(","))
    }

    fn members(&mut self, fields: &'a [Field], depth: usize) -> Vec<String> {
        let mut members = Vec::new();
        for field in fields {
            if field.optional && self.chance(20) {
                continue;
            }
            let value = self.value(&field.form, depth + 1);
            if !field.flat {
                members.push(format!("{}:{value}", quoted(&field.name)));
            } else if let Some(inner) = inside(&value) {
                members.push(inner.to_owned());
            }
        }
        members
    }

    fn shape(&mut self, shape: &'a Shape, depth: usize) -> String {
        match shape {
            Shape::Unit => "null".to_owned(),
            Shape::Struct(fields) => self.object(fields, depth),
            Shape::Wrapper(form) => self.value(form, depth + 1),
            Shape::Tuple(of) => self.tuple(of, depth),
            Shape::Enum(tag, variants) => {
                let leaves: Vec<&(String, Shape)> =
                    variants.iter().filter(|(_, s)| *s == Shape::Unit).collect();
                let picked = if depth > DEPTH && !leaves.is_empty() {
                    self.pick(&leaves).copied()
                } else {
                    self.pick(variants)
                };
                // What holds itself in every variant ends somewhere, if only by a case that is rejected.
                let picked = picked.filter(|_| depth <= 2 * DEPTH);
                picked.map_or_else(|| "null".to_owned(), |v| self.variant(tag, v, depth))
            }
        }
    }

    fn variant(&mut self, tag: &Tag, (name, shape): &'a (String, Shape), depth: usize) -> String {
        let name = quoted(name);
        let content = self.shape(shape, depth + 1);
        match tag {
            Tag::External if *shape == Shape::Unit => name,
            Tag::External => format!("{{{name}:{content}}}"),
            Tag::Internal(tag) => match inside(&content) {
                Some(inner) => format!("{{{}:{name},{inner}}}", quoted(tag)),
                None => format!("{{{}:{name}}}", quoted(tag)),
            },
            Tag::Adjacent(tag, _) if *shape == Shape::Unit => format!("{{{}:{name}}}", quoted(tag)),
            Tag::Adjacent(tag, key) => {
                format!("{{{}:{name},{}:{content}}}", quoted(tag), quoted(key))
            }
            Tag::None => content,
        }
    }

    /// What a type that cannot be looked into may read.
    fn guess(&mut self, path: &str) -> String {
        if path == "serde_json::Value" {
            let value = self.pick(VALUES).copied().unwrap_or("null");
            return value.to_owned();
        }
        match guess::guess(&mut self.rng, path) {
            Some(text) => quoted(&text),
            None if self.numbers && guess::may_count(path) => self.integer(0, u16::MAX.into()),
            None if self.chance(20) => self.integer(0, u16::MAX.into()),
            None => quoted(&self.text()),
        }
    }
}

/// The members of an object's text.
fn inside(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('{')?.strip_suffix('}')?;
    (!inner.is_empty()).then_some(inner)
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]
mod tests {
    use super::*;
    use crate::entry::cross::fixture::Fixture;

    const SOURCE: &str = "
        pub struct Tree { name: String, kids: Vec<Tree>, kind: Kind, code: Option<i128>, at: (f64, char) }
        pub enum Kind { Leaf, Deep(Box<Kind>), Named { name: String }, Both(u8, u64) }
        pub fn f(tree: &Tree, map: std::collections::BTreeMap<u16, bool>, bytes: &[u8]) {}
        pub fn none() {}
        pub fn few(a: bool, b: Option<bool>) {}";

    #[test]
    fn cases_are_json_each_once_and_the_same_each_time() {
        let event = Fixture::new(SOURCE).event("f");
        let cases = generate(&event, &["seed".to_owned()], 7, 300);
        assert_eq!(cases.len(), 300);
        assert_eq!(cases, generate(&event, &["seed".to_owned()], 7, 300));
        assert_ne!(cases, generate(&event, &["seed".to_owned()], 8, 300));
        let values: Vec<serde_json::Value> = cases
            .iter()
            .map(|case| serde_json::from_str(case).unwrap())
            .collect();
        let has = |is: &dyn Fn(&serde_json::Value) -> bool| values.iter().any(is);
        assert!(has(&|v| v["tree"]["name"] == "seed"));
        assert!(has(&|v| v["tree"]["kind"] == "Leaf"));
        assert!(has(&|v| v["tree"]["kind"]["Deep"].is_object()));
        assert!(has(&|v| v["tree"]["kids"][0]["kids"][0].is_object()));
        assert!(has(&|v| v["map"].as_object().is_some_and(|m| m.len() > 2)));
        assert!(has(&|v| v["tree"]["code"].is_null()));
        assert!(cases.iter().any(|c| c.contains(&i128::MIN.to_string())));
    }

    #[test]
    fn a_form_with_few_values_has_few_cases() {
        let fixture = Fixture::new(SOURCE);
        assert_eq!(generate(&fixture.event("none"), &[], 0, 50), ["{}"]);
        assert_eq!(generate(&fixture.event("few"), &[], 0, 50).len(), 6);
    }
}
