//! What stands around a name in the text: the little that tokens alone tell about its use.
//!
//! Input: a file's text and a name's place. Output: [`Spot`], the bytes before and after. Refuses
//! nothing; comments between a name and its neighbours are not skipped.

/// How far back a `<` is looked for.
const MAX_ANGLE: usize = 1024;

/// A name in its text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot<'t> {
    before: &'t [u8],
    after: &'t [u8],
    first: u8,
}

impl<'t> Spot<'t> {
    /// The place of `path` at `offset`.
    pub(super) fn new(text: &'t str, path: &str, offset: u32) -> Self {
        let bytes = text.as_bytes();
        let (before, rest) = bytes
            .split_at_checked(offset as usize)
            .unwrap_or((bytes, &[]));
        let quote = if rest.starts_with(b"r#") || rest.starts_with(b"\"") {
            2
        } else {
            0
        };
        let after = rest.get(path.len() + quote..).unwrap_or(&[]);
        Self {
            before: before.trim_ascii_end(),
            after: after.trim_ascii_start(),
            first: rest.first().copied().unwrap_or(b' '),
        }
    }

    /// Whether it is the `doc` of a doc comment, not a name as written.
    pub(super) fn is_doc(&self) -> bool {
        self.first == b'/'
    }

    /// Whether it is a string.
    pub(super) fn is_string(&self) -> bool {
        self.first == b'"'
    }

    /// Whether `token` stands right before it.
    pub(super) fn follows(&self, token: &str) -> bool {
        self.before.ends_with(token.as_bytes())
    }

    /// Whether the word before it is `word`.
    pub(super) fn follows_word(&self, word: &str) -> bool {
        self.before
            .strip_suffix(word.as_bytes())
            .is_some_and(|rest| !rest.last().is_some_and(|b| is_word_byte(*b)))
    }

    /// Whether `token` stands right after it.
    pub(super) fn precedes(&self, token: &str) -> bool {
        self.after.starts_with(token.as_bytes())
    }

    /// Whether it is a method or field: after one dot, not after a range's two.
    pub(super) fn is_member(&self) -> bool {
        self.follows(".") && !self.follows("..")
    }

    /// Whether it is `name: …`: a parameter, a field or a binding with its type.
    pub(super) fn is_label(&self) -> bool {
        self.precedes(":") && !self.precedes("::")
    }

    /// Whether it stands at the head of an attribute.
    pub(super) fn is_attribute(&self) -> bool {
        let Some(rest) = self.before.strip_suffix(b"[") else {
            return false;
        };
        let rest = rest.trim_ascii_end();
        rest.ends_with(b"#") || rest.ends_with(b"#!")
    }

    /// Whether it introduces a local name here.
    pub(super) fn is_binding(&self) -> bool {
        self.is_label()
            || ["let", "mut", "ref", "for"]
                .iter()
                .any(|word| self.follows_word(word))
            || (self.follows("|") && !self.follows("||"))
            || (self.precedes("|") && !self.precedes("||"))
    }

    /// The word before the `=` that stands before it.
    pub(super) fn key(&self) -> Option<&'t [u8]> {
        let rest = self.before.strip_suffix(b"=")?.trim_ascii_end();
        let word = rest.iter().rev().take_while(|b| is_word_byte(**b)).count();
        rest.get(rest.len() - word..).filter(|w| !w.is_empty())
    }

    /// For the `name` of `<A as B>::name` and `A::<B>::name`: where the `<` stands, and whether a path
    /// stands before it.
    pub(super) fn angle(&self) -> Option<(u32, bool)> {
        let before = self.before.strip_suffix(b"::")?.trim_ascii_end();
        if !before.ends_with(b">") || before.ends_with(b"->") || before.ends_with(b"=>") {
            return None;
        }
        let mut depth = 0usize;
        let mut next = 0u8;
        for (at, byte) in before.iter().enumerate().rev().take(MAX_ANGLE) {
            match byte {
                b'>' => depth += 1,
                // The `>` of `->` was counted just now.
                b'-' if next == b'>' => depth = depth.saturating_sub(1),
                b'<' if depth > 1 => depth -= 1,
                b'<' => {
                    let head = before.get(..at).unwrap_or(&[]).trim_ascii_end();
                    return Some((u32::try_from(at).ok()?, head.ends_with(b"::")));
                }
                _ => {}
            }
            next = *byte;
        }
        None
    }
}

/// Whether the byte may stand in an identifier.
pub(super) fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}
