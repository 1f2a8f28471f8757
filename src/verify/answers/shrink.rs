//! The smallest case that differs: parts are taken from a differing case as long as it still differs.
//!
//! Input: a case, and a question to ask of smaller ones. Output: one of which no part can be taken any more,
//! or the smallest that was found when the time was over. Greedy: each step takes the first of the smaller
//! cases that still differs, the boldest ones first.

use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use crate::diag::Diagnostic;

/// Cases that are asked about at once.
const BATCH: usize = 24;
/// Steps at most.
const STEPS: usize = 200;

/// Gives the number of the first of some cases that differs.
pub type Differs<'a> = &'a mut dyn FnMut(&[String]) -> Result<Option<usize>, Diagnostic>;

/// Shrinks `case`.
///
/// # Errors
/// What `differs` reports.
pub fn shrink(case: &str, time: Duration, differs: Differs<'_>) -> Result<String, Diagnostic> {
    let start = Instant::now();
    let mut smallest = case.to_owned();
    for _ in 0..STEPS {
        let Ok(value) = serde_json::from_str::<Value>(&smallest) else {
            break;
        };
        let mut smaller: Vec<String> = Vec::new();
        for candidate in candidates(&value) {
            let text = candidate.to_string();
            if weight(&text) < weight(&smallest) && !smaller.contains(&text) {
                smaller.push(text);
            }
        }
        let mut found = None;
        for batch in smaller.chunks(BATCH) {
            if start.elapsed() > time {
                return Ok(smallest);
            }
            if let Some(at) = differs(batch)? {
                found = batch.get(at).cloned();
                break;
            }
        }
        match found {
            Some(next) => smallest = next,
            None => break,
        }
    }
    Ok(smallest)
}

/// What becomes less with each step: the length, then the text itself.
fn weight(text: &str) -> (usize, &str) {
    (text.len(), text)
}

/// Values with something taken from them, the boldest first.
fn candidates(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Bool(true) => vec![Value::Bool(false)],
        Value::Bool(false) => Vec::new(),
        Value::Number(number) => numbers(number),
        Value::String(text) => strings(text),
        Value::Array(items) => arrays(items),
        Value::Object(members) => objects(members),
    }
}

fn numbers(number: &serde_json::Number) -> Vec<Value> {
    if let Some(n) = number.as_i64() {
        // Half of the way to zero, a quarter of it, and so on down to one step.
        let steps = (1..63)
            .map(|by| n - n / (1 << by))
            .take_while(|less| *less != n);
        let all = [0, n / 100, n / 10].into_iter().chain(steps);
        let all = all.chain([n - n.signum(), n.saturating_abs()]);
        let others = all.filter(|other| *other != n).map(Value::from);
        // `null` is what an option can be.
        return std::iter::once(Value::Null).chain(others).collect();
    }
    if let Some(n) = number.as_u64() {
        let steps = (1..63).map(|by| n - (n >> by)).map(Value::from);
        return [Value::Null, 0.into()].into_iter().chain(steps).collect();
    }
    let n = number.as_f64().unwrap_or_default();
    // A float stays one: what is no integer may not be read as one.
    [0.0, 1.0, n.trunc(), (n * 10.0).trunc() / 10.0, n.abs()]
        .into_iter()
        .filter(|other| *other != n)
        .map(Value::from)
        .collect()
}

fn strings(text: &str) -> Vec<Value> {
    let chars: Vec<char> = text.chars().collect();
    let mut all: Vec<Value> = vec![Value::Null, "".into()];
    for (start, end) in removals(chars.len()) {
        let left: String = chars
            .iter()
            .enumerate()
            .filter(|(at, _)| !(start..end).contains(at))
            .map(|(_, c)| *c)
            .collect();
        all.push(left.into());
    }
    // Plain letters say which ones matter.
    let plainer = |from: &char, to: char| -> Value {
        chars
            .iter()
            .map(|c| if c == from { to } else { *c })
            .collect::<String>()
            .into()
    };
    let mut seen = Vec::new();
    for c in &chars {
        if !seen.contains(c) && *c != 'a' && *c != '0' && seen.len() < 16 {
            seen.push(*c);
            all.push(plainer(c, if c.is_ascii_digit() { '0' } else { 'a' }));
        }
    }
    all
}

fn arrays(items: &[Value]) -> Vec<Value> {
    let mut all = vec![Value::Null, Value::Array(Vec::new())];
    for (start, end) in removals(items.len()) {
        let left = items
            .iter()
            .enumerate()
            .filter(|(at, _)| !(start..end).contains(at));
        all.push(Value::Array(left.map(|(_, item)| item.clone()).collect()));
    }
    for (at, item) in items.iter().enumerate() {
        for smaller in candidates(item) {
            let mut changed = items.to_vec();
            if let Some(slot) = changed.get_mut(at) {
                *slot = smaller;
            }
            all.push(Value::Array(changed));
        }
    }
    all
}

fn objects(members: &Map<String, Value>) -> Vec<Value> {
    let mut all = Vec::new();
    for key in members.keys() {
        let mut left = members.clone();
        left.remove(key);
        all.push(Value::Object(left));
    }
    for (key, value) in members {
        for smaller in candidates(value) {
            let mut changed = members.clone();
            changed.insert(key.clone(), smaller);
            all.push(Value::Object(changed));
        }
    }
    all
}

/// Ranges to take from something of this length: halves, quarters, down to single places.
fn removals(length: usize) -> Vec<(usize, usize)> {
    let mut all = Vec::new();
    let mut size = length / 2;
    while size > 0 {
        let starts = (0..length).step_by(size);
        all.extend(starts.map(|start| (start, (start + size).min(length))));
        size /= 2;
    }
    all
}

#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]
mod tests {
    use super::*;

    fn check(case: &str, differs: impl Fn(&Value) -> bool, wanted: &str) {
        let mut ask = |cases: &[String]| {
            let is = |case: &String| differs(&serde_json::from_str(case).unwrap());
            Ok(cases.iter().position(is))
        };
        let found = shrink(case, Duration::from_secs(60), &mut ask).unwrap();
        assert_eq!(found, wanted);
    }

    #[test]
    fn what_does_not_matter_goes() {
        check(
            r#"{"a":[7,8,9],"b":{"c":"some long text with an X in it","d":-17},"e":true}"#,
            |v| v["b"]["c"].as_str().is_some_and(|c| c.contains('X')),
            r#"{"b":{"c":"X"}}"#,
        );
        check(
            r#"{"n":123456}"#,
            |v| v["n"].as_i64() > Some(1000),
            r#"{"n":1001}"#,
        );
        check(
            r#"{"l":[1,2,3,4,5,6]}"#,
            |v| v["l"].as_array().is_some_and(|l| l.len() > 2),
            r#"{"l":[0,0,0]}"#,
        );
        check(
            r#"{"f":3.25}"#,
            |v| v["f"].as_f64() > Some(3.0),
            r#"{"f":3.2}"#,
        );
    }
}
