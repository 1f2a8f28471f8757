//! Plain values of a case: numbers, texts and bytes, at the edges and between.
//!
//! Input: the state of a [`Maker`]. Output: values; numbers as JSON has them.

use super::Maker;
use crate::verify::answers::guess;

/// Texts that programs stumble over.
const TEXTS: &[&str] = &[
    "",
    " ",
    "a",
    "A",
    "0",
    "-1",
    "42",
    "3.14",
    "1e9",
    "true",
    "null",
    "\n",
    "\t",
    "\r\n",
    "\u{0}",
    "\u{feff}",
    "é",
    "e\u{301}",
    "ß",
    "İ",
    "日本語",
    "🦀",
    "👩‍👩‍👧",
    "مرحبا",
    "a b",
    " a ",
    "a,b;c",
    "a=b&c=d",
    "a/b\\c",
    "../../etc",
    "%s %d",
    "{}",
    "{0}",
    "${x}",
    "\"quoted\"",
    "'",
    "`",
    "<b>x</b>",
    "<!-- -->",
    "&amp;",
    "[x](y)",
    "# Title\n\ntext\n\n* one\n* two\n",
    "| a | b |\n|---|---|\n| 1 | 2 |\n",
    "1.2.3",
    "^1.2, <2",
    "v1.0.0-rc.1+build.5",
    "10s",
    "1h 30m",
    "2024-02-29",
    "2024-01-31T12:00:00Z",
    "12:34",
    "12.50",
    "1,234.5",
    "EUR",
    "foo@example.com",
    "https://example.com/a?b=c#d",
    "127.0.0.1",
    "::1",
    "SELECT a FROM t WHERE b = 'c' -- d",
    "key: value\n",
    "[a]\nb = 1\n",
    "{\"a\": [1, null]}",
    "a\tb\n1\t2\n",
    "The quick brown fox jumps over the lazy dog.",
    "lorem ipsum dolor sit amet, consectetur",
    "00000000-0000-0000-0000-000000000000",
    "deadbeef",
    "aGVsbG8=",
    "--flag",
    "$5",
    "(",
    ")",
    "[",
    "*",
    "^$",
];

impl Maker<'_> {
    pub(super) fn integer(&mut self, min: i128, max: u128) -> String {
        let clamp = |n: i128| {
            let n = n.max(min);
            if u128::try_from(n).is_ok_and(|n| n > max) {
                max.to_string()
            } else {
                n.to_string()
            }
        };
        match self.rng.u8(0..100) {
            0..50 => {
                let most = i128::try_from(self.size * 6).unwrap_or(20);
                let least = if min < 0 { -most } else { 0 };
                clamp(self.rng.i128(least..=most))
            }
            50..70 => clamp(self.rng.i128(-1000..=100_000)),
            70..77 => min.to_string(),
            77..84 => max.to_string(),
            84..88 => clamp(min.saturating_add(1)),
            88..92 => max.saturating_sub(1).to_string(),
            92..96 => clamp(i128::from(self.rng.u8(0..=2)) - 1),
            _ => {
                let high = i128::try_from(max).unwrap_or(i128::MAX);
                self.rng.i128(min..=high.max(min)).to_string()
            }
        }
    }

    pub(super) fn float(&mut self) -> String {
        const EDGES: &[&str] = &[
            "0.0",
            "-0.0",
            "1.0",
            "-1.0",
            "0.5",
            "0.1",
            "1e-7",
            "1e21",
            "1.7976931348623157e308",
            "5e-324",
            "99.995",
            "0.005",
            "2.675",
            "1000000.0",
            "3",
            "-273.15",
        ];
        if self.chance(50) {
            let edge = self.pick(EDGES).copied().unwrap_or("0.0");
            return edge.to_owned();
        }
        let scale = 10_f64.powi(self.rng.i32(-3..=6));
        let number = (self.rng.f64() - 0.3) * scale;
        serde_json::to_string(&number).unwrap_or_else(|_| "0.0".to_owned())
    }

    pub(super) fn bytes(&mut self) -> Vec<u8> {
        if self.chance(40) {
            return self.text().into_bytes();
        }
        let length = self.rng.usize(0..=self.size * 6);
        let any = self.chance(50);
        (0..length)
            .map(|_| {
                if any {
                    self.rng.u8(..)
                } else {
                    self.rng.u8(0..4) * 85
                }
            })
            .collect()
    }

    pub(super) fn text(&mut self) -> String {
        match self.rng.u8(0..100) {
            0..55 if !self.texts.is_empty() => {
                let text = self.pick(self.texts).cloned().unwrap_or_default();
                if self.chance(40) {
                    self.changed(&text)
                } else {
                    text
                }
            }
            0..72 => self
                .pick(TEXTS)
                .map(|t| (*t).to_owned())
                .unwrap_or_default(),
            72..80 => {
                let text = self
                    .pick(TEXTS)
                    .map(|t| (*t).to_owned())
                    .unwrap_or_default();
                self.changed(&text)
            }
            80..92 => {
                let words = self.rng.usize(0..=self.size * 2);
                let words: Vec<String> = (0..words).map(|_| guess::word(&mut self.rng)).collect();
                words.join(if self.chance(80) { " " } else { "\n" })
            }
            _ => {
                let length = self.rng.usize(0..=self.size * 4);
                (0..length)
                    .map(|_| match self.rng.u8(0..10) {
                        0..7 => char::from(self.rng.u8(32..127)),
                        7 => self.rng.char('\u{a0}'..='\u{24f}'),
                        8 => self.rng.char('\u{300}'..='\u{36f}'),
                        _ => self.rng.char(..),
                    })
                    .collect()
            }
        }
    }

    /// A text that is not quite the given one.
    fn changed(&mut self, text: &str) -> String {
        let mut chars: Vec<char> = text.chars().collect();
        let at = self.rng.usize(0..=chars.len());
        match self.rng.u8(0..6) {
            0 => chars.truncate(at),
            1 => {
                chars.drain(..at);
            }
            2 => chars.insert(at, self.rng.alphanumeric()),
            3 if at < chars.len() => {
                chars.remove(at);
            }
            4 => chars.extend(self.pick(self.texts).map_or("", String::as_str).chars()),
            _ => {
                let again = chars.clone();
                chars.extend(again);
            }
        }
        chars.into_iter().collect()
    }
}

pub(super) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let index = (bits >> (18 - 6 * at) & 63) as usize;
            let digit = DIGITS.get(index).filter(|_| at <= chunk.len());
            out.push(digit.map_or('=', |digit| char::from(*digit)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_as_base64() {
        assert_eq!(
            ["", "a", "ab", "abc", "abcd"].map(|t| base64(t.as_bytes())),
            ["", "YQ==", "YWI=", "YWJj", "YWJjZA=="]
        );
    }
}
