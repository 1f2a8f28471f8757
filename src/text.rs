//! Small helpers on names and paths as text: similarity for "did you mean", and identifier spellings.
//!
//! Input and output: strings. Refuses nothing.

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

/// The candidate nearest to `wanted`, when it is near enough to be meant.
pub fn did_you_mean<'a>(
    wanted: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(wanted, candidate), candidate))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)))
        .map(|(_, candidate)| candidate)
}

/// The one of `all` that a person named; or a sentence with its neighbour, and all that there are.
///
/// # Errors
/// The sentence, where none has this name.
pub fn one_of<T: Copy, const N: usize>(
    noun: &str,
    name: &str,
    all: [T; N],
    as_str: fn(T) -> &'static str,
) -> Result<T, String> {
    let found = all.into_iter().find(|one| as_str(*one) == name);
    found.ok_or_else(|| {
        let names = all.map(as_str);
        let near = did_you_mean(&name.to_ascii_lowercase(), names)
            .map(|near| format!("did you mean `{near}`? "))
            .unwrap_or_default();
        let names = names.join(", ");
        format!("there is no {noun} `{name}`; {near}there are: {names}")
    })
}

/// `render_invoice` and `RenderInvoice` as `render-invoice`.
pub fn kebab(name: &str) -> String {
    let mut out = String::new();
    for (index, c) in name.chars().enumerate() {
        if c == '_' || c == '-' || c == ':' {
            if !out.ends_with('-') && !out.is_empty() {
                out.push('-');
            }
        } else if c.is_uppercase() {
            if index > 0 && !out.ends_with('-') {
                out.push('-');
            }
            out.extend(c.to_lowercase());
        } else {
            out.push(c);
        }
    }
    out.trim_matches('-').to_owned()
}

/// `render-invoice` as `render_invoice`: letters, digits and `_`, a letter first.
pub fn snake(name: &str) -> String {
    let mut out: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .collect();
    if !out.starts_with(|c: char| c.is_ascii_alphabetic()) {
        out.insert(0, 'x');
    }
    out
}

/// `1 item`, `2 items`.
pub fn counted(count: usize, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}

/// A path without `.` and `..`, by its text alone.
pub fn clean(path: &Utf8Path) -> Utf8PathBuf {
    let mut out = Utf8PathBuf::new();
    for part in path.components() {
        match part {
            Utf8Component::ParentDir => {
                out.pop();
            }
            Utf8Component::CurDir => {}
            other => out.push(other),
        }
    }
    out
}

/// `path` relative to `base`, with `..` where it lies outside.
pub fn relative(path: &Utf8Path, base: &Utf8Path) -> Utf8PathBuf {
    let path: Vec<_> = path.components().collect();
    let base: Vec<_> = base.components().collect();
    let shared = path.iter().zip(&base).take_while(|(a, b)| a == b).count();
    let mut out = Utf8PathBuf::new();
    for _ in shared..base.len() {
        out.push("..");
    }
    for part in path.iter().skip(shared) {
        out.push(part.as_str());
    }
    out
}
