//! How deep a file nests, found without recursion, so that a hostile one is refused before the recursive
//! parser meets it.
//!
//! Input: a file's text and tokens. Output: the place where they nest deeper than allowed, if they do.

use proc_macro2::{Delimiter, Spacing, Span, TokenStream, TokenTree, token_stream};

/// Levels that are allowed. The parser takes up to 20 kB of stack a level in an unoptimized build; code that
/// people or generators write stays below some hundreds.
pub const MAX: usize = 8_000;

/// Words after which an expression or a type begins.
fn is_prefix(word: &str) -> bool {
    matches!(
        word,
        "async"
            | "become"
            | "break"
            | "const"
            | "dyn"
            | "else"
            | "if"
            | "in"
            | "let"
            | "match"
            | "move"
            | "mut"
            | "raw"
            | "return"
            | "try"
            | "unsafe"
            | "while"
            | "yield"
    )
}

/// A stream that is being walked.
struct Level {
    rest: token_stream::IntoIter,
    /// Levels above it.
    above: usize,
    /// Levels that its tokens opened since the last separator.
    here: usize,
    /// Whether the token before was an operator: the next one is a prefix then.
    after_punct: bool,
    /// Whether the token before is the first character of a longer operator.
    joint: bool,
    /// Whether the token before was a block, after which a statement or an arm may end.
    after_block: bool,
}

impl Level {
    fn new(stream: TokenStream, above: usize) -> Self {
        Self {
            rest: stream.into_iter(),
            above,
            here: 0,
            after_punct: true,
            joint: false,
            after_block: false,
        }
    }
}

/// Where the tokens nest deeper than [`MAX`]: by brackets, by prefix operators, by `else if`, by generics and
/// by assignments, which the parser all reads by recursion.
pub fn too_deep(text: &str, tokens: &TokenStream) -> Option<Span> {
    // A sign opens a level at most, and so does a word of two letters and a space: most files are too short.
    let is_sign = |byte: &u8| byte.is_ascii_punctuation() && !b"_;,.:#'\"".contains(byte);
    if text.len() / 3 + text.bytes().filter(|b| is_sign(b)).count() <= MAX {
        return None;
    }
    let mut open = vec![Level::new(tokens.clone(), 0)];
    while let Some(level) = open.last_mut() {
        let Some(token) = level.rest.next() else {
            open.pop();
            continue;
        };
        let span = match &token {
            TokenTree::Group(group) => group.span_open(),
            other => other.span(),
        };
        let (mut is_punct, mut is_block) = (false, false);
        let mut inner = None;
        let joint = matches!(&token, TokenTree::Punct(p) if p.spacing() == Spacing::Joint);
        match token {
            TokenTree::Punct(punct) => match punct.as_char() {
                ';' | ',' => level.here = 0,
                '<' => {
                    level.here += 1;
                    is_punct = true;
                }
                // `==`, `=>`, `<=` are other operators.
                '=' => {
                    level.here += usize::from(!joint && !level.joint);
                    is_punct = true;
                }
                // `->` is followed by a type.
                '-' if joint => level.here += 1,
                '>' | '.' | ':' | '#' | '\'' => {}
                _ => {
                    level.here += usize::from(level.after_punct);
                    is_punct = true;
                }
            },
            TokenTree::Ident(word) => {
                let word = word.to_string();
                let word = word.as_str();
                if level.after_block && !matches!(word, "else" | "as") {
                    level.here = 0;
                }
                is_punct = is_prefix(word);
                let opens = is_punct && (level.after_punct || matches!(word, "else" | "in"));
                level.here += usize::from(opens);
            }
            TokenTree::Group(group) => {
                is_block = group.delimiter() == Delimiter::Brace;
                inner = Some(group.stream());
            }
            TokenTree::Literal(_) if level.after_block => level.here = 0,
            TokenTree::Literal(_) => {}
        }
        level.after_punct = is_punct;
        level.joint = joint;
        level.after_block = is_block;
        let depth = level.above + level.here;
        if depth > MAX {
            return Some(span);
        }
        if let Some(stream) = inner {
            open.push(Level::new(stream, depth + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::unwrap_used, reason = "a test may panic")]
    fn chains_nest_and_lists_do_not() {
        for (before, part, after) in [
            ("fn f() { ", "!", "true }"),
            ("fn f() { a", " = a", "}"),
            ("fn f() { if a {}", " else if a {}", "}"),
            ("fn f() { ", "match ", "1 {} }"),
            ("fn f() { ", "if ", "1 {} }"),
            ("fn f() { ", "while ", "1 {} }"),
            ("fn f() { ", "for a in ", "1 {} }"),
            ("fn f() { ", "yield ", "1 }"),
            ("fn f() { ", "|a| ", "1 }"),
            ("fn f(a: ", "&mut ", "u8) {}"),
            ("fn f(a: ", "A<", "u8>) {}"),
            ("fn f(a: ", "fn() -> ", "u8) {}"),
        ] {
            let text = format!("{before}{}{after}", part.repeat(MAX + 1));
            assert!(too_deep(&text, &text.parse().unwrap()).is_some(), "{part}");
        }
        for (before, part, after) in [
            ("fn f() { match a {", "1 => {}", "} }"),
            ("fn f() { ", "for a in b {}", "}"),
            ("fn f() { ", "if a {} else {}", "}"),
            ("fn f() { match a {", "1 => match b { 2 => 3 }", "} }"),
            ("fn f() { ", "let a = if b { 1 } else { -2 };", "}"),
            ("fn f() { ", "if a == b && !c { return; }", "}"),
            ("const A: &[u8] = &[", "-1, ", "];"),
            ("fn f() { match a { 1", " | 1", " => {} } }"),
            ("fn f() { 1", " + 1", "}"),
        ] {
            let text = format!("{before}{}{after}", part.repeat(MAX + 1));
            assert!(too_deep(&text, &text.parse().unwrap()).is_none(), "{part}");
        }
    }
}
