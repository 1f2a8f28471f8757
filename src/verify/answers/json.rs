//! JSON texts as answers are compared: by value, numbers by their digits.
//!
//! Input: texts. Output: whether they say the same; a text on one line. Refuses nothing: what is no JSON is
//! the same as its own text alone.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

/// Whether two texts are the same value. Objects have no order. A number is its digits: `1` is not `1.0`,
/// and no digit is lost to a float.
pub fn same(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    if let (Some(a), Some(b)) = (object(a), object(b)) {
        return a.len() == b.len()
            && a.iter()
                .zip(&b)
                .all(|((ka, a), (kb, b))| ka == kb && same(a.get(), b.get()));
    }
    if let (Some(a), Some(b)) = (array(a), array(b)) {
        return a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| same(a.get(), b.get()));
    }
    // One character has several spellings.
    matches!((text(a), text(b)), (Some(a), Some(b)) if a == b)
}

fn object(text: &str) -> Option<BTreeMap<String, Box<RawValue>>> {
    text.starts_with('{')
        .then(|| serde_json::from_str(text).ok())?
}

fn array(text: &str) -> Option<Vec<Box<RawValue>>> {
    text.starts_with('[')
        .then(|| serde_json::from_str(text).ok())?
}

fn text(text: &str) -> Option<String> {
    text.starts_with('"')
        .then(|| serde_json::from_str(text).ok())?
}

/// A text on one line: blanks outside of strings go.
pub fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut quoted, mut escaped) = (false, false);
    for c in text.chars() {
        if quoted {
            (quoted, escaped) = match c {
                _ if escaped => (true, false),
                '\\' => (true, true),
                '"' => (false, false),
                _ => (true, false),
            };
        } else if c.is_ascii_whitespace() {
            continue;
        } else {
            quoted = c == '"';
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_compared_and_not_texts() {
        assert!(same(
            r#"{"a":[1,{"b":"\u0041"}],"c":null}"#,
            r#"{"c":null,"a":[1,{"b":"A"}]}"#
        ));
        assert!(!same("[1,2]", "[2,1]"));
        assert!(!same("1", "1.0"));
        assert!(!same("18446744073709551617", "18446744073709551616"));
        assert!(!same("null", "false"));
        assert!(!same(r#"{"a":1}"#, r#"{"a":1,"b":1}"#));
    }

    #[test]
    fn blanks_in_strings_stay() {
        assert_eq!(
            one_line("{ \"a b\" :\n [1, \" \\\" , \"] }"),
            "{\"a b\":[1,\" \\\" , \"]}"
        );
    }
}
