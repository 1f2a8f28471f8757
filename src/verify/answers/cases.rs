//! The file of `--cases`: events for the entries.
//!
//! Input: its text and the entries of the output. Output: events by entry, each on one line. Refuses with
//! [`Code::BadCases`] what is no JSON, names no entry, or names none where there are several.

use std::collections::BTreeMap;

use camino::Utf8Path;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::json::one_line;
use crate::diag::{Code, Diagnostic};
use crate::text::did_you_mean;

/// Events by the entry's path.
pub type Cases = BTreeMap<String, Vec<String>>;

/// A line of a file with an event a line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    entry: String,
    event: Box<RawValue>,
}

/// Reads the file. `entries` are the paths with the names of their functions.
///
/// # Errors
/// [`Code::BadCases`], with the way out.
pub fn read(path: &Utf8Path, entries: &BTreeMap<String, String>) -> Result<Cases, Diagnostic> {
    let text = fs_err::read_to_string(path)
        .map_err(|error| bad(format!("the cases cannot be read: {error}")))?;
    let is_lines = matches!(path.extension(), Some("jsonl" | "ndjson"));
    parse(&text, is_lines, entries).map_err(|mut refused| {
        refused.message = format!("{path}: {}", refused.message);
        refused
    })
}

fn bad(message: String) -> Diagnostic {
    Diagnostic::new(Code::BadCases, message)
        .help("write a list of events, or an object with a list for each entry")
}

fn parse(
    text: &str,
    is_lines: bool,
    entries: &BTreeMap<String, String>,
) -> Result<Cases, Diagnostic> {
    let values: Result<Vec<Box<RawValue>>, _> = serde_json::Deserializer::from_str(text)
        .into_iter()
        .collect();
    let values = values.map_err(|error| bad(error.to_string()))?;
    let mut cases = Cases::new();
    match values.as_slice() {
        [list] if !is_lines && list.get().starts_with('[') => {
            let only = only(entries)?;
            cases.insert(only, events(list)?);
        }
        [object] if !is_lines => {
            let by_entry: BTreeMap<String, Box<RawValue>> =
                serde_json::from_str(object.get()).map_err(|error| bad(error.to_string()))?;
            for (name, list) in by_entry {
                let list = events(&list)?;
                cases.entry(find(&name, entries)?).or_default().extend(list);
            }
        }
        lines => {
            for line in lines {
                let (entry, event) = match serde_json::from_str::<Line>(line.get()) {
                    Ok(line) => (find(&line.entry, entries)?, line.event),
                    Err(_) => (only(entries)?, line.clone()),
                };
                cases.entry(entry).or_default().push(one_line(event.get()));
            }
        }
    }
    Ok(cases)
}

fn events(list: &RawValue) -> Result<Vec<String>, Diagnostic> {
    let list: Vec<Box<RawValue>> = serde_json::from_str(list.get())
        .map_err(|error| bad(format!("the events of an entry are no list: {error}")))?;
    Ok(list.iter().map(|event| one_line(event.get())).collect())
}

/// The only entry, which needs no name.
fn only(entries: &BTreeMap<String, String>) -> Result<String, Diagnostic> {
    let mut paths = entries.keys();
    match (paths.next(), paths.next()) {
        (Some(only), None) => Ok(only.clone()),
        _ => Err(bad(
            "the output has several entries, and the events name none".to_owned(),
        )),
    }
}

/// The entry that a name means: its path, a tail of it, or its function's name.
fn find(name: &str, entries: &BTreeMap<String, String>) -> Result<String, Diagnostic> {
    let tail = format!("::{name}");
    let fits = |(path, function): &(&String, &String)| {
        *path == name || *function == name || path.ends_with(&tail)
    };
    let mut found = entries.iter().filter(fits).map(|(path, _)| path);
    match (found.next(), found.next()) {
        (Some(path), None) => Ok(path.clone()),
        (Some(_), Some(_)) => Err(bad(format!("`{name}` fits several entries of the output"))),
        (None, _) => {
            let refused = bad(format!("the output has no entry `{name}`"));
            let known = entries.keys().map(String::as_str);
            Err(match did_you_mean(name, known) {
                Some(near) => refused.help(format!("did you mean `{near}`?")),
                None => refused,
            })
        }
    }
}

#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]
mod tests {
    use super::*;

    fn entries(paths: &[&str]) -> BTreeMap<String, String> {
        let function = |path: &str| path.rsplit("::").next().unwrap_or(path).to_owned();
        paths
            .iter()
            .map(|p| ((*p).to_owned(), function(p)))
            .collect()
    }

    fn check(text: &str, paths: &[&str], wanted: &[(&str, &[&str])]) {
        let found = parse(text, false, &entries(paths)).unwrap();
        let found: Vec<(&str, Vec<&str>)> = found
            .iter()
            .map(|(path, list)| (path.as_str(), list.iter().map(String::as_str).collect()))
            .collect();
        let wanted: Vec<(&str, Vec<&str>)> =
            wanted.iter().map(|(p, list)| (*p, list.to_vec())).collect();
        assert_eq!(found, wanted);
    }

    #[test]
    fn every_form_of_the_file() {
        let one = &["a::f"];
        let two = &["a::f", "a::g"];
        check(
            "[{\"n\": 1},\n{\"n\": 2}]",
            one,
            &[("a::f", &["{\"n\":1}", "{\"n\":2}"])],
        );
        check(
            "{\"n\": 1}\n{\"n\": 2}\n",
            one,
            &[("a::f", &["{\"n\":1}", "{\"n\":2}"])],
        );
        check(
            "{\"g\": [1], \"a::f\": []}",
            two,
            &[("a::f", &[]), ("a::g", &["1"])],
        );
        let lines = "{\"entry\": \"f\", \"event\": {}}\n{\"entry\": \"g\", \"event\": 1}";
        check(lines, two, &[("a::f", &["{}"]), ("a::g", &["1"])]);
    }

    #[test]
    fn one_line_is_one_event_where_the_files_name_says_lines() {
        let found = parse("{\"n\": 1}\n", true, &entries(&["a::f"])).unwrap();
        assert_eq!(found["a::f"], ["{\"n\":1}"]);
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let two = entries(&["a::f", "b::f"]);
        for (text, said) in [
            ("[1]", "several entries"),
            ("{\"f\": [1]}", "fits several"),
            ("{\"a::ff\": [1]}", "no entry `a::ff`"),
            ("{\"a::f\": 1}", "no list"),
            ("{", "EOF"),
        ] {
            let refused = parse(text, false, &two).unwrap_err();
            assert!(
                refused.message.contains(said),
                "{text}: {}",
                refused.message
            );
        }
    }
}
