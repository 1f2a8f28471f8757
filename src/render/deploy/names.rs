//! Names in templates: each thing has one, no two the same, none too long.
//!
//! Input: what a thing is, and what it would be called. Output: its name. Refuses nothing.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

/// Lambda's limit on a function's name.
pub const FUNCTION: usize = 64;

/// Names by what they stand for.
#[derive(Debug, Default)]
pub struct Names {
    given: BTreeMap<String, String>,
    taken: BTreeSet<String>,
}

impl Names {
    /// The name of `thing`: the wanted one, or that with a number. Case does not tell names apart.
    pub fn of(&mut self, thing: &str, wanted: &str) -> String {
        if let Some(name) = self.given.get(thing) {
            return name.clone();
        }
        let mut name = wanted.to_owned();
        let mut number = 2;
        while !self.taken.insert(name.to_ascii_lowercase()) {
            name = format!("{wanted}{number}");
            number += 1;
        }
        self.given.insert(thing.to_owned(), name.clone());
        name
    }
}

/// `render-invoice` and `DATABASE_URL` as `RenderInvoice` and `DatabaseUrl`: letters and digits, a letter first.
pub fn pascal(name: &str) -> String {
    let mut out = String::new();
    for word in name.split(|c: char| !c.is_ascii_alphanumeric()) {
        let shouts = !word.chars().any(|c| c.is_ascii_lowercase());
        for (at, c) in word.chars().enumerate() {
            match (at, shouts) {
                (0, _) => out.push(c.to_ascii_uppercase()),
                (_, true) => out.push(c.to_ascii_lowercase()),
                (_, false) => out.push(c),
            }
        }
    }
    if !out.starts_with(|c: char| c.is_ascii_alphabetic()) {
        out.insert(0, 'X');
    }
    out
}

/// The name, or its beginning with a hash of all of it, so that it has at most `limit` bytes.
pub fn short(name: &str, limit: usize) -> String {
    const HASH: usize = 8;
    if name.len() <= limit {
        return name.to_owned();
    }
    let digest = Sha256::digest(name.as_bytes());
    let hash: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let hash: String = hash.chars().take(HASH).collect();
    let keep = limit.saturating_sub(HASH + 1);
    let head: String = name.chars().take(keep).collect();
    format!("{}-{hash}", head.trim_end_matches(['-', '_', '.']))
}

/// What Lambda shows beside a function: its path in the monolith, as far as there is room.
pub fn description(function: &super::model::Function) -> String {
    function.path.chars().take(256).collect()
}

/// A text that cannot end a comment: on one line, and without what hides or turns text around.
pub fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| {
            let hides = c.is_control()
                || ('\u{2028}'..='\u{202e}').contains(&c)
                || ('\u{2066}'..='\u{2069}').contains(&c)
                || c == '\u{feff}';
            if hides { ' ' } else { c }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::snake;

    #[test]
    fn names_differ_where_their_words_do_not() {
        let mut names = Names::default();
        assert_eq!(names.of("function a-1", &pascal("a-1")), "A1");
        assert_eq!(names.of("function a1", &pascal("a1")), "A12");
        assert_eq!(names.of("function a-1", "other"), "A1");
        assert_eq!(pascal("DATABASE_URL"), "DatabaseUrl");
        assert_eq!(pascal("9-lives"), "X9Lives");
        assert_eq!(snake("Render-Invoice"), "render_invoice");
    }

    #[test]
    fn long_names_are_cut_and_stay_apart() {
        let (a, b) = ("x".repeat(80), "x".repeat(81));
        assert_eq!(short(&a, 64).len(), 64);
        assert_ne!(short(&a, 64), short(&b, 64));
        assert_eq!(short("short", 64), "short");
    }
}
