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
            out.keep(text, at, range.start);
            out.text.push_str(&with);
            at = range.end;
        }
        out.keep(text, at, u32::try_from(text.len()).unwrap_or(u32::MAX));
        out
    }
}

impl Edited {
    fn keep(&mut self, text: &str, from: u32, to: u32) {
        let piece = TextRange {
            start: from,
            end: to.max(from),
        }
        .of(text);
        if !piece.is_empty() {
            let at = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
            self.kept.push((at, from, piece.len() as u32));
            self.text.push_str(piece);
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
}
