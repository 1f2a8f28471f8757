//! Byte offsets of spans.
//!
//! Input: the parsed text and spans of it. Output: byte offsets into the whole file. Spans count characters; their
//! lines lead to bytes by one search in a table, where asking for a span's byte range fills an ordered map.

use proc_macro2::{LineColumn, Span};

/// The lines of a parsed text.
pub(in crate::syntax) struct Places<'a> {
    base: usize,
    text: &'a str,
    /// Where each line starts.
    lines: Vec<usize>,
    is_ascii: bool,
}

impl<'a> Places<'a> {
    /// The lines of `text`, which begins `base` bytes after its file does.
    pub(in crate::syntax) fn new(text: &'a str, base: usize) -> Self {
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            base,
            text,
            lines: std::iter::once(0).chain(ends).collect(),
            is_ascii: text.is_ascii(),
        }
    }

    /// Where a span starts.
    pub(in crate::syntax) fn start(&self, span: Span) -> usize {
        self.offset(span.start())
    }

    /// Where it ends.
    pub(in crate::syntax) fn end(&self, span: Span) -> usize {
        self.offset(span.end())
    }

    fn offset(&self, at: LineColumn) -> usize {
        let line = at.line.saturating_sub(1);
        let start = self.lines.get(line).copied().unwrap_or(self.text.len());
        let within = if self.is_ascii {
            at.column
        } else {
            let rest = self.text.get(start..).unwrap_or_default();
            let mut chars = rest.char_indices();
            chars.nth(at.column).map_or(rest.len(), |(bytes, _)| bytes)
        };
        self.base + start + within
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proc_macro2::TokenStream;

    #[test]
    #[expect(clippy::unwrap_used, reason = "a test may panic")]
    fn offsets_are_those_of_the_byte_ranges() {
        for text in [
            "fn a() {}\nfn b() {}",
            "fn ä() {\r\n \"ö\\\n ü\" }\r\n/* é\n */ fn 名() {} // ß",
            "/// ü\nfn a() { b\"\u{7f}\" }\n\n\n",
        ] {
            let tokens: TokenStream = text.parse().unwrap();
            let places = Places::new(text, 3);
            let mut queue: Vec<_> = tokens.into_iter().collect();
            while let Some(tree) = queue.pop() {
                let range = tree.span().byte_range();
                let found = (places.start(tree.span()), places.end(tree.span()));
                assert_eq!(found, (range.start + 3, range.end + 3), "{tree}");
                if let proc_macro2::TokenTree::Group(group) = tree {
                    queue.extend(group.stream());
                }
            }
        }
    }
}
