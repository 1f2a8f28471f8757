//! Edits on a text: deletions, replacements and insertions by byte range, applied in one pass, with the
//! way back from a place in the result to the place in the source.
//!
//! Input: a text and edits. Output: [`Edited`]. A replacement inside a deletion is dropped with it; an
//! insertion stays.

use crate::id::TextRange;

/// Edits to one text.
#[derive(Clone, Debug, Default)]
pub struct Edits {
    list: Vec<(TextRange, String)>,
}

/// The edited text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edited {
    /// The result.
    pub text: String,
    /// Kept stretches: start in the result, start in the source, length.
    kept: Vec<(u32, u32, u32)>,
}

impl Edits {
    /// Deletes a range.
    pub fn delete(&mut self, range: TextRange) {
        self.list.push((range, String::new()));
    }

    /// Replaces a range; an empty range inserts.
    pub fn replace(&mut self, range: TextRange, with: impl Into<String>) {
        self.list.push((range, with.into()));
    }

    /// Inserts before a byte.
    pub fn insert(&mut self, at: u32, text: impl Into<String>) {
        self.list
            .push((TextRange { start: at, end: at }, text.into()));
    }

    /// Applies them.
    pub fn apply(mut self, text: &str) -> Edited {
        // At the same start insertions come first, in the order they were made (an attribute before the
        // visibility that follows it), then the longest range, so that a deletion swallows what it covers.
        self.list.sort_by(|a, b| {
            let by_start = a.0.start.cmp(&b.0.start);
            let by_kind = b.0.is_empty().cmp(&a.0.is_empty());
            by_start.then(by_kind).then_with(|| b.0.end.cmp(&a.0.end))
        });
        let mut out = Edited::default();
        let mut at = 0u32;
        // Whether what came last was a deletion: blank lines on both sides of it become one.
        let mut join = false;
        for (range, with) in self.list {
            if range.start < at {
                // What is put before a deleted item stands for itself.
                if range.is_empty() {
                    out.text.push_str(&with);
                }
                if range.end > at {
                    at = range.end;
                }
                continue;
            }
            out.keep(text, at, range.start, join);
            // An insertion belongs to what follows it; only a deletion leaves a seam.
            join = with.is_empty()
                && !range.is_empty()
                && (out.text.is_empty() || out.text.ends_with('\n'));
            out.text.push_str(&with);
            at = range.end;
        }
        let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
        out.keep(text, at, end, join);
        if join && at == end {
            out.trim_blank_lines();
        }
        out
    }
}

impl Edited {
    /// Keeps a stretch. Where it follows a deletion, blank lines do not pile up, neither above it nor at
    /// either end of a block or of the file.
    fn keep(&mut self, text: &str, mut from: u32, to: u32, join: bool) {
        let of = |from: u32| {
            let end = to.max(from);
            TextRange { start: from, end }.of(text)
        };
        if join {
            let blank = blank_lines(of(from));
            let rest = of(from + blank);
            let ends = rest.trim_start().starts_with('}')
                || (rest.is_empty() && to as usize == text.len());
            if ends {
                self.trim_blank_lines();
            }
            let above = self.text.trim_end_matches([' ', '\t', '\r', '\n']);
            let starts = above.is_empty() || above.ends_with('{');
            if ends || starts || self.text.len() > above.len() + line_end(&self.text) {
                from += blank;
            }
        }
        let piece = of(from);
        if !piece.is_empty() {
            let at = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
            self.kept.push((at, from, piece.len() as u32));
            self.text.push_str(piece);
        }
    }

    /// Takes the blank lines at the end away, those that were kept from the source.
    fn trim_blank_lines(&mut self) {
        // Each line has an end of its own: a file may have both kinds.
        while let line = line_end(&self.text)
            && line > 0
            && let Some((at, _, len)) = self.kept.last_mut()
            && *at + *len == u32::try_from(self.text.len()).unwrap_or(u32::MAX)
            && let Some(shorter) = len.checked_sub(u32::try_from(line).unwrap_or(u32::MAX))
            && let Some(rest) = self.text.len().checked_sub(line)
            && self.text.get(..rest).is_some_and(|t| t.ends_with('\n'))
        {
            self.text.truncate(rest);
            *len = shorter;
            if *len == 0 {
                self.kept.pop();
            }
        }
    }

    /// The place in the source; for inserted text the place right after it.
    pub fn original(&self, offset: u32) -> u32 {
        let next = self.kept.partition_point(|(at, _, _)| *at <= offset);
        if let Some((at, from, len)) = next.checked_sub(1).and_then(|i| self.kept.get(i))
            && offset < at + len
        {
            return from + (offset - at);
        }
        self.kept.get(next).map_or(offset, |(_, from, _)| *from)
    }

    /// The kept stretches: start in the result, start in the source, length.
    pub fn pieces(&self) -> &[(u32, u32, u32)] {
        &self.kept
    }

    /// Whether a place in the result was put there and is not of the source.
    pub fn is_inserted(&self, offset: u32) -> bool {
        let next = self.kept.partition_point(|(at, _, _)| *at <= offset);
        let last = next.checked_sub(1).and_then(|i| self.kept.get(i));
        last.is_none_or(|(at, _, len)| offset >= at + len)
    }

    /// The kept stretches of the source, in order.
    pub fn stretches(&self) -> impl Iterator<Item = TextRange> + '_ {
        self.kept.iter().map(|(_, from, len)| TextRange {
            start: *from,
            end: from + len,
        })
    }
}

/// The length of the blank lines at the start of a text.
fn blank_lines(text: &str) -> u32 {
    let blank = text
        .split_inclusive('\n')
        .take_while(|line| line.ends_with('\n') && line.trim().is_empty());
    blank.map(|line| line.len() as u32).sum()
}

/// The length of the line break at the end of a text.
fn line_end(text: &str) -> usize {
    match text.as_bytes() {
        [.., b'\r', b'\n'] => 2,
        [.., b'\n'] => 1,
        _ => 0,
    }
}

/// A range grown to whole lines, with the plain comment directly above and one of two blank lines around.
pub fn whole_lines(text: &str, range: TextRange) -> TextRange {
    let bytes = text.as_bytes();
    let blank = |from: usize, to: usize| {
        text.get(from..to)
            .is_some_and(|s| s.chars().all(char::is_whitespace))
    };
    let line_start = |at: usize| {
        text.get(..at)
            .and_then(|s| s.rfind('\n'))
            .map_or(0, |i| i + 1)
    };
    let line_end = |at: usize| {
        text.get(at..)
            .and_then(|s| s.find('\n'))
            .map_or(text.len(), |i| at + i + 1)
    };
    let (mut start, mut end) = (range.start as usize, range.end as usize);
    let own_line = blank(line_start(start), start);
    let tail_end = line_end(end);
    let tail = text.get(end..tail_end).unwrap_or("").trim();
    let rest_is_free = tail.is_empty() || tail.starts_with("//");
    if !own_line || !rest_is_free {
        // Shares its line with other code: only a following space goes.
        if bytes.get(end) == Some(&b' ') && own_line {
            end += 1;
        }
        return TextRange::new(start, end);
    }
    start = line_start(start);
    end = tail_end;
    while start > 0 {
        let above = line_start(start - 1);
        let line = text.get(above..start).unwrap_or("").trim();
        let is_comment = line.starts_with("//") && !line.starts_with("//!");
        if !is_comment {
            break;
        }
        start = above;
    }
    let blank_above = start == 0 || {
        let above = line_start(start - 1);
        blank(above, start)
            || text
                .get(above..start)
                .unwrap_or("")
                .trim_end()
                .ends_with('{')
    };
    if blank_above && end < text.len() {
        let next = line_end(end);
        if blank(end, next) {
            end = next;
        }
    }
    TextRange::new(start, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_stands_before_a_replaced_visibility() {
        let mut edits = Edits::default();
        edits.insert(0, "#[allow(dead_code)]\n");
        edits.replace(TextRange::new(0, 10), "pub");
        let edited = edits.apply("pub(crate) enum E {}");
        assert_eq!(edited.text, "#[allow(dead_code)]\npub enum E {}");
        assert_eq!(edited.original(24), 11);
    }

    #[test]
    fn an_insertion_outlives_the_deletion_of_what_follows() {
        let mut edits = Edits::default();
        edits.delete(TextRange::new(0, 5));
        edits.insert(3, "use a::*;\n");
        assert_eq!(edits.apply("gone\nstays\n").text, "use a::*;\nstays\n");
    }

    #[test]
    fn nothing_put_into_a_blank_line_changes_nothing() {
        let mut edits = Edits::default();
        edits.insert(4, "");
        assert_eq!(edits.apply("a;\n\n\n").text, "a;\n\n\n");
    }

    /// Cuts the items that start with `gone` and are a line long.
    fn without_gone(text: &str) -> String {
        let mut edits = Edits::default();
        for (at, line) in text.match_indices("gone;") {
            let start = at as u32;
            let range = TextRange::new(at, start as usize + line.len());
            edits.delete(whole_lines(text, range));
        }
        let edited = edits.apply(text);
        let kept: String = edited.stretches().map(|r| r.of(text)).collect();
        assert_eq!(kept, edited.text);
        edited.text
    }

    #[test]
    fn blank_lines_do_not_pile_up() {
        for (text, left) in [
            ("a;\n\ngone;\n\nb;\n", "a;\n\nb;\n"),
            ("a;\n\n\ngone;\n\ngone;\n\nb;\n", "a;\n\n\nb;\n"),
            ("a;\n\ngone;\ngone;\n", "a;\n"),
            ("a;\n\n// Why.\ngone;\n\n", "a;\n"),
            ("gone;\n\nb;\n", "b;\n"),
            ("gone;\ngone;\n\ngone;\n\n\nb;\n", "b;\n"),
            ("gone;\n\n\n#[a]\nb;\n", "#[a]\nb;\n"),
            ("mod m {\n    gone;\n\n    b;\n}\n", "mod m {\n    b;\n}\n"),
            ("mod m {\n    a;\n\n    gone;\n}\n", "mod m {\n    a;\n}\n"),
            ("a;\r\n\r\ngone;\r\n\r\nb;\r\n", "a;\r\n\r\nb;\r\n"),
            ("a;\r\n\r\ngone;\r\n", "a;\r\n"),
            ("a;\n\ngone;", "a;\n"),
            // Found by fuzzing: the ends of lines are not all alike, and a brace went with the blank line.
            ("a {\n}\n\r\n\ngone;\n", "a {\n}\n"),
            ("a {\r\n}\r\n\n\r\ngone;\n", "a {\r\n}\r\n"),
        ] {
            assert_eq!(without_gone(text), left, "{text:?}");
        }
    }
}
