//! Names as written: walks a file's tokens once and hands each path, member access and macro name to
//! the innermost item that holds it. Macro input and bodies are treated alike.
//!
//! Input: the tokens of a file and its items. Output: [`super::types::RawItem::refs`] filled in source
//! order; for macro calls, the names that their tokens declare.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::parse::is_word;
use super::types::{NameRef, RawItem, RefKind};

const KEYWORDS: &[&str] = &[
    "as", "async", "await", "break", "const", "continue", "dyn", "else", "enum", "extern", "false",
    "fn", "for", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref",
    "return", "static", "struct", "trait", "true", "type", "unsafe", "use", "where", "while",
];

/// Fills the `refs` of `items`, which are in source order with an enclosing item before its members.
pub(super) fn collect(tokens: TokenStream, base: usize, items: &mut [RawItem]) {
    let mut walker = Walker {
        base,
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

struct Walker {
    base: usize,
    refs: Vec<NameRef>,
}

impl Walker {
    fn stream(&mut self, tokens: TokenStream) {
        let mut trees = tokens.into_iter().peekable();
        let mut after_dot = false;
        while let Some(tree) = trees.next() {
            match tree {
                TokenTree::Group(group) => {
                    self.stream(group.stream());
                    after_dot = false;
                }
                TokenTree::Punct(punct) => after_dot = punct.as_char() == '.',
                TokenTree::Literal(literal) => {
                    self.literal(&literal);
                    after_dot = false;
                }
                TokenTree::Ident(first) => {
                    let mut path = plain(&first.to_string());
                    if KEYWORDS.contains(&path.as_str()) {
                        after_dot = false;
                        continue;
                    }
                    let offset = self.base + first.span().byte_range().start;
                    let mut kind = if after_dot {
                        RefKind::Member
                    } else {
                        RefKind::Path
                    };
                    after_dot = false;
                    // `a::b::c`, looking ahead by clone only where a `:` follows.
                    while is_colon(trees.peek()) {
                        let mut ahead = trees.clone();
                        ahead.next();
                        if !is_colon(ahead.peek()) {
                            break;
                        }
                        ahead.next();
                        let Some(TokenTree::Ident(segment)) = ahead.peek() else {
                            break;
                        };
                        path.push_str("::");
                        path.push_str(&plain(&segment.to_string()));
                        ahead.next();
                        trees = ahead;
                    }
                    if matches!(trees.peek(), Some(TokenTree::Punct(p)) if p.as_char() == '!') {
                        kind = RefKind::Macro;
                    }
                    let offset = u32::try_from(offset).unwrap_or(u32::MAX);
                    self.refs.push(NameRef {
                        path: path.into_boxed_str(),
                        offset,
                        kind,
                    });
                }
            }
        }
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
            let offset = self.base + literal.span().byte_range().start;
            self.refs.push(NameRef {
                path: inner.into(),
                offset: u32::try_from(offset).unwrap_or(u32::MAX),
                kind: RefKind::Path,
            });
        }
    }
}

fn is_colon(tree: Option<&TokenTree>) -> bool {
    matches!(tree, Some(TokenTree::Punct(p)) if p.as_char() == ':')
}

fn plain(ident: &str) -> String {
    ident.strip_prefix("r#").unwrap_or(ident).to_owned()
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
                modules.push(plain(&text));
            }
            declares.push(plain(&text));
        }
    }
}
