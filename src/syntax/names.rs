//! Names as written: walks a file's tokens once and hands each path, member access and macro name to
//! the innermost item that holds it. Macro input and bodies are treated alike.
//!
//! Input: the tokens of a file and its items. Output: [`super::types::RawItem::refs`] filled in source
//! order; for macro calls, the names that their tokens declare.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};

use super::parse::{Places, ident_text, is_word, plain};
use super::types::{NameRef, RawItem, RefKind};

/// Keywords that begin no path.
fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "as" | "async"
            | "await"
            | "break"
            | "const"
            | "continue"
            | "dyn"
            | "else"
            | "enum"
            | "extern"
            | "false"
            | "fn"
            | "for"
            | "if"
            | "impl"
            | "in"
            | "let"
            | "loop"
            | "match"
            | "mod"
            | "move"
            | "mut"
            | "pub"
            | "ref"
            | "return"
            | "static"
            | "struct"
            | "trait"
            | "true"
            | "type"
            | "unsafe"
            | "use"
            | "where"
            | "while"
    )
}

/// Fills the `refs` of `items`, which are in source order with an enclosing item before its members.
pub(super) fn collect(tokens: TokenStream, places: &Places<'_>, items: &mut [RawItem]) {
    let mut walker = Walker {
        places,
        refs: Vec::new(),
    };
    walker.stream(tokens);
    let mut open: Vec<usize> = Vec::new();
    let mut next = 0usize;
    // Both lists are sorted by offset, so one sweep with a stack of open items is enough.
    for name in walker.refs {
        while let Some(item) = items.get(next) {
            if item.range.start > name.offset {
                break;
            }
            open.push(next);
            next += 1;
        }
        while let Some(top) = open.last() {
            match items.get(*top) {
                Some(item) if name.offset < item.range.end => break,
                _ => open.pop(),
            };
        }
        if let Some(item) = open.last().and_then(|top| items.get_mut(*top)) {
            item.refs.push(name);
        }
    }
}

struct Walker<'a> {
    places: &'a Places<'a>,
    refs: Vec<NameRef>,
}

impl Walker<'_> {
    fn stream(&mut self, tokens: TokenStream) {
        // By index, since a look-ahead at an iterator copies the rest of it.
        let trees: Vec<TokenTree> = tokens.into_iter().collect();
        let mut after_dot = false;
        let mut next = 0;
        while let Some(tree) = trees.get(next) {
            next += 1;
            let is_member = std::mem::replace(&mut after_dot, false);
            match tree {
                TokenTree::Group(group) => self.stream(group.stream()),
                TokenTree::Punct(punct) => after_dot = punct.as_char() == '.',
                TokenTree::Literal(literal) => self.literal(literal),
                TokenTree::Ident(first) => {
                    let text = first.to_string();
                    // `r#type` is a name.
                    if is_keyword(&text) {
                        continue;
                    }
                    let mut path = plain(text);
                    while is_colon(trees.get(next)) && is_colon(trees.get(next + 1)) {
                        let Some(TokenTree::Ident(segment)) = trees.get(next + 2) else {
                            break;
                        };
                        path.push_str("::");
                        path.push_str(&ident_text(segment));
                        next += 3;
                    }
                    let is_macro =
                        matches!(trees.get(next), Some(TokenTree::Punct(p)) if p.as_char() == '!');
                    let kind = match (is_macro, is_member) {
                        (true, _) => RefKind::Macro,
                        (false, true) => RefKind::Member,
                        (false, false) => RefKind::Path,
                    };
                    self.refs.push(NameRef {
                        path: path.into_boxed_str(),
                        offset: self.offset(first.span()),
                        kind,
                    });
                }
            }
        }
    }

    fn offset(&self, span: Span) -> u32 {
        u32::try_from(self.places.start(span)).unwrap_or(u32::MAX)
    }

    /// Strings hold paths in `#[serde(with = "a::b")]` and names in `"{name}"`.
    fn literal(&mut self, literal: &proc_macro2::Literal) {
        let text = literal.to_string();
        let Some(inner) = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')) else {
            return;
        };
        let is_path = !inner.is_empty()
            && inner.len() < 200
            && inner.split("::").all(|segment| {
                let mut chars = segment.chars();
                chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
                    && chars.all(|c| c.is_alphanumeric() || c == '_')
            });
        if is_path {
            self.refs.push(NameRef {
                path: inner.into(),
                offset: self.offset(literal.span()),
                kind: RefKind::Path,
            });
        }
    }
}

fn is_colon(tree: Option<&TokenTree>) -> bool {
    matches!(tree, Some(TokenTree::Punct(p)) if p.as_char() == ':')
}

/// The names that a macro call's tokens declare with an item keyword, and the `mod name;` among them.
pub(super) fn declared(tokens: &TokenStream) -> (Vec<String>, Vec<String>) {
    let mut declares = Vec::new();
    let mut modules = Vec::new();
    declared_in(tokens.clone(), &mut declares, &mut modules);
    declares.sort();
    declares.dedup();
    (declares, modules)
}

fn declared_in(tokens: TokenStream, declares: &mut Vec<String>, modules: &mut Vec<String>) {
    const ITEM: &[&str] = &[
        "struct", "enum", "union", "fn", "trait", "type", "const", "static", "ref", "mod",
    ];
    let mut keyword: Option<String> = None;
    let mut trees = tokens.into_iter().peekable();
    while let Some(tree) = trees.next() {
        if let TokenTree::Group(group) = &tree {
            if matches!(
                group.delimiter(),
                Delimiter::Brace | Delimiter::Bracket | Delimiter::None
            ) {
                declared_in(group.stream(), declares, modules);
            }
            keyword = None;
            continue;
        }
        let TokenTree::Ident(ident) = &tree else {
            keyword = None;
            continue;
        };
        let text = ident.to_string();
        if ITEM.contains(&text.as_str()) {
            keyword = Some(text);
            continue;
        }
        if is_word(&tree, "mut") {
            continue;
        }
        if let Some(word) = keyword.take() {
            let is_semi = matches!(trees.peek(), Some(TokenTree::Punct(p)) if p.as_char() == ';');
            if word == "mod" && is_semi {
                modules.push(plain(text.clone()));
            }
            declares.push(plain(text));
        }
    }
}
