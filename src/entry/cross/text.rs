//! A small reader of type texts, for what the syntax table keeps as written: bounds, self types,
//! generic argument lists.
//!
//! Input: text and the offset where it stands in its file. Output: [`Ty`] with ranges into that file.
//! What it does not know becomes [`Ty::Other`]; it refuses nothing.

use crate::id::TextRange;
use crate::syntax::Ty;

/// The type that `text` spells; `base` is the offset of its first byte.
pub(super) fn parse(text: &str, base: u32) -> Ty {
    let mut scan = Scan { text, at: 0, base };
    let ty = scan.ty();
    scan.space();
    if scan.at < text.len() {
        Ty::Other(text.trim().to_owned())
    } else {
        ty
    }
}

/// The arguments of the last `<…>` of a path or bound, each with its offset in `text`.
pub(super) fn arguments(text: &str) -> Vec<(usize, &str)> {
    let Some(open) = text.find('<') else {
        return Vec::new();
    };
    let mut scan = Scan {
        text,
        at: open + 1,
        base: 0,
    };
    let mut out = Vec::new();
    loop {
        scan.space();
        let start = scan.at;
        let piece = scan.until_delimiter(false).trim_end();
        if !piece.is_empty() {
            out.push((start, piece));
        }
        if !scan.eat(",") {
            return out;
        }
    }
}

/// The value of `Name = Type` among the arguments of a bound, with its offset in `text`.
pub(super) fn associated<'t>(text: &'t str, name: &str) -> Option<(usize, &'t str)> {
    arguments(text).into_iter().find_map(|(offset, piece)| {
        let (left, right) = piece.split_once('=')?;
        let pad = right.len() - right.trim_start().len();
        (left.trim() == name).then(|| (offset + left.len() + 1 + pad, right.trim()))
    })
}

/// `AsRef` of `std::convert::AsRef<str>`; empty for lifetimes and `?Sized`.
pub(super) fn bound_name(text: &str) -> &str {
    let text = text.trim();
    if text.starts_with('\'') || text.starts_with('?') {
        return "";
    }
    let head = text.split(['<', '(']).next().unwrap_or(text).trim();
    let head = head.rsplit(char::is_whitespace).next().unwrap_or(head);
    head.rsplit("::").next().unwrap_or(head)
}

/// Whether a trait with this name is a closure's.
pub(super) fn is_closure(name: &str) -> bool {
    matches!(
        name,
        "Fn" | "FnMut" | "FnOnce" | "AsyncFn" | "AsyncFnMut" | "AsyncFnOnce"
    )
}

struct Scan<'t> {
    text: &'t str,
    at: usize,
    base: u32,
}

impl<'t> Scan<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn eat(&mut self, token: &str) -> bool {
        self.space();
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    /// The identifier here, `r#` dropped.
    fn word(&mut self) -> &'t str {
        self.space();
        if self.rest().starts_with("r#") {
            self.at += 2;
        }
        let rest = self.rest();
        let len = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        self.at += len;
        rest.get(..len).unwrap_or("")
    }

    fn peek_word(&self) -> &'t str {
        Scan {
            text: self.text,
            at: self.at,
            base: 0,
        }
        .word()
    }

    /// Everything up to a closing bracket, a comma or (when `plus`) a `+` that stands outside brackets.
    fn until_delimiter(&mut self, plus: bool) -> &'t str {
        let start = self.at;
        let mut depth = 0usize;
        let mut before = ' ';
        for (offset, c) in self.rest().char_indices() {
            let arrow = c == '>' && before == '-';
            let ends = match c {
                ',' | ';' => depth == 0,
                '+' => plus && depth == 0,
                '<' | '(' | '[' | '{' => {
                    depth += 1;
                    false
                }
                '>' if arrow => false,
                '>' | ')' | ']' | '}' => {
                    let outside = depth == 0;
                    depth = depth.saturating_sub(1);
                    outside
                }
                _ => false,
            };
            if ends {
                self.at = start + offset;
                return self.text.get(start..self.at).unwrap_or("");
            }
            before = c;
        }
        self.at = self.text.len();
        self.text.get(start..).unwrap_or("")
    }

    fn lifetime(&mut self) -> bool {
        if !self.eat("'") {
            return false;
        }
        self.word();
        true
    }

    fn bounds(&mut self) -> Vec<String> {
        let mut out = Vec::new();
        loop {
            self.space();
            out.push(self.until_delimiter(true).trim().to_owned());
            if !self.eat("+") {
                return out;
            }
        }
    }

    fn ty(&mut self) -> Ty {
        self.space();
        if self.eat("&") {
            self.lifetime();
            let mutable = self.peek_word() == "mut" && !self.word().is_empty();
            return Ty::Ref {
                mutable,
                inner: Box::new(self.ty()),
            };
        }
        if self.eat("[") {
            let inner = Box::new(self.ty());
            let ty = if self.eat(";") {
                Ty::Array(inner, self.until_delimiter(false).trim().to_owned())
            } else {
                Ty::Slice(inner)
            };
            self.eat("]");
            return ty;
        }
        if self.eat("(") {
            return self.tuple();
        }
        if self.eat("*") {
            self.until_delimiter(false);
            return Ty::Pointer;
        }
        if self.eat("!") {
            return Ty::Never;
        }
        match self.peek_word() {
            "impl" => {
                self.word();
                let bounds = self.bounds();
                let args = bounds
                    .first()
                    .map(|b| type_arguments(b, self.base))
                    .unwrap_or_default();
                Ty::ImplTrait(bounds, args)
            }
            "dyn" => {
                self.word();
                Ty::DynTrait(self.bounds())
            }
            "fn" | "unsafe" | "extern" | "for" => {
                self.until_delimiter(false);
                Ty::FnPointer
            }
            _ => self.path(),
        }
    }

    fn tuple(&mut self) -> Ty {
        let mut members = Vec::new();
        let mut comma = false;
        while !self.eat(")") {
            let before = self.at;
            members.push(self.ty());
            comma = self.eat(",");
            if self.at == before {
                break;
            }
        }
        match (members.len(), comma) {
            (1, false) => members.pop().unwrap_or(Ty::Never),
            _ => Ty::Tuple(members),
        }
    }

    fn path(&mut self) -> Ty {
        let start = self.at;
        self.eat("::");
        let mut segments = Vec::new();
        let mut args = Vec::new();
        let mut lifetimes = false;
        loop {
            let word = self.word();
            if word.is_empty() {
                let from = self.at;
                let text = self.until_delimiter(false).trim();
                let whole = self.text.get(start..from + text.len()).unwrap_or(text);
                return Ty::Other(whole.trim().to_owned());
            }
            segments.push(word.to_owned());
            args.clear();
            let turbofish = self.rest().trim_start().starts_with("::<");
            if turbofish {
                self.eat("::");
            }
            if self.eat("<") {
                self.path_arguments(&mut args, &mut lifetimes);
            }
            if !self.eat("::") {
                break;
            }
        }
        let range = TextRange::new(self.base as usize + start, self.base as usize + self.at);
        Ty::Path {
            segments,
            args,
            lifetimes,
            range,
        }
    }

    fn path_arguments(&mut self, args: &mut Vec<Ty>, lifetimes: &mut bool) {
        loop {
            if self.eat(">") || self.rest().is_empty() {
                return;
            }
            self.space();
            let before = self.at;
            if self.lifetime() {
                *lifetimes = true;
            } else {
                let piece = Scan {
                    text: self.text,
                    at: self.at,
                    base: 0,
                }
                .until_delimiter(false);
                if is_type(piece) {
                    args.push(self.ty());
                } else {
                    self.until_delimiter(false);
                }
            }
            self.eat(",");
            if self.at == before {
                return;
            }
        }
    }
}

/// Whether a generic argument is a type (no lifetime, literal, block or `Name = Type`).
pub(super) fn is_type(piece: &str) -> bool {
    let piece = piece.trim();
    let named = piece
        .split(['<', '('])
        .next()
        .is_some_and(|head| head.contains('='));
    let literal =
        piece.starts_with(|c: char| c.is_ascii_digit() || c == '{' || c == '"' || c == '-');
    !(named || literal || piece.starts_with('\'') && !piece.is_empty())
}

fn type_arguments(bound: &str, base: u32) -> Vec<Ty> {
    arguments(bound)
        .into_iter()
        .filter(|(_, piece)| is_type(piece))
        .map(|(_, piece)| parse(piece, base))
        .collect()
}
