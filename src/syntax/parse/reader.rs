//! What all kinds of items share: ranges, attributes, visibility, fields, and the row that is pushed.
//!
//! Input: nodes of syn and their spans. Output: [`RawItem`] rows with byte ranges into the file's text.

use proc_macro2::{Span, TokenTree};
use syn::spanned::Spanned as _;

use super::places::Places;
use crate::id::TextRange;
use crate::syntax::signature;
use crate::syntax::types::{Attr, FieldSyntax, ItemKind, Payload, RawItem, Visibility};

pub(in crate::syntax) struct Reader<'a> {
    pub(in crate::syntax) places: &'a Places<'a>,
    pub(in crate::syntax) text: &'a str,
    pub(in crate::syntax) items: Vec<RawItem>,
}

/// The parts that all items share, before the payload.
pub(super) struct Head<'a> {
    pub(super) kind: ItemKind,
    pub(super) name: String,
    pub(super) attrs: &'a [syn::Attribute],
    /// First token after the attributes.
    pub(super) first: Span,
    /// Last token.
    pub(super) last: Span,
    pub(super) ident: Option<Span>,
    pub(super) vis: Option<&'a syn::Visibility>,
}

impl Reader<'_> {
    pub(in crate::syntax) fn range(&self, span: Span) -> TextRange {
        TextRange::new(self.places.start(span), self.places.end(span))
    }

    pub(in crate::syntax) fn between(&self, first: Span, last: Span) -> TextRange {
        TextRange {
            start: self.range(first).start,
            end: self.range(last).end,
        }
    }

    pub(in crate::syntax) fn source(&self, range: TextRange) -> String {
        range.of(self.text).to_owned()
    }

    pub(super) fn attrs(&self, attrs: &[syn::Attribute]) -> Vec<Attr> {
        attrs.iter().map(|a| self.attr(a)).collect()
    }

    pub(super) fn attr(&self, attr: &syn::Attribute) -> Attr {
        let path = path_text(attr.path());
        let whole = self.between(attr.pound_token.span, attr.bracket_token.span.close());
        let is_doc = path == "doc" && !whole.of(self.text).starts_with("#");
        let args = match &attr.meta {
            syn::Meta::Path(_) => String::new(),
            syn::Meta::List(list) => {
                let delimiter = list.delimiter.span();
                let range = self.between(delimiter.open(), delimiter.close());
                let inner = range.of(self.text);
                let mut chars = inner.chars();
                chars.next();
                chars.next_back();
                chars.as_str().trim().to_owned()
            }
            syn::Meta::NameValue(pair) => match &pair.value {
                syn::Expr::Lit(syn::ExprLit {
                    lit: syn::Lit::Str(s),
                    ..
                }) => s.value(),
                other => self.source(self.range(other.span())),
            },
        };
        Attr {
            path,
            args,
            range: whole,
            is_doc,
        }
    }

    pub(super) fn push(
        &mut self,
        head: Head<'_>,
        parent: Option<usize>,
        payload: Payload,
    ) -> usize {
        let attrs = self.attrs(head.attrs);
        let first = self.range(head.first).start;
        let outer_start = attrs
            .iter()
            .map(|a| a.range.start)
            .filter(|start| *start < first)
            .min()
            .unwrap_or(first);
        let (vis, vis_range) = self.visibility(head.vis, first, head.ident);
        let attrs = attrs
            .into_iter()
            .filter(|a| a.range.start < first)
            .collect();
        self.items.push(RawItem {
            kind: head.kind,
            name: head.name,
            parent,
            range: TextRange {
                start: outer_start,
                end: self.range(head.last).end,
            },
            body_start: first,
            name_range: head.ident.map(|s| self.range(s)).unwrap_or_default(),
            vis,
            vis_range,
            attrs,
            inner: None,
            payload,
            refs: Vec::new(),
        });
        self.items.len() - 1
    }

    pub(in crate::syntax) fn visibility(
        &self,
        vis: Option<&syn::Visibility>,
        first: u32,
        _ident: Option<Span>,
    ) -> (Visibility, TextRange) {
        let none = TextRange {
            start: first,
            end: first,
        };
        match vis {
            None | Some(syn::Visibility::Inherited) => (Visibility::Inherited, none),
            Some(syn::Visibility::Public(token)) => (Visibility::Public, self.range(token.span)),
            Some(syn::Visibility::Restricted(restricted)) => {
                let range = self.between(
                    restricted.pub_token.span,
                    restricted.paren_token.span.close(),
                );
                let is_crate = restricted.path.is_ident("crate");
                (
                    if is_crate {
                        Visibility::Crate
                    } else {
                        Visibility::Restricted
                    },
                    range,
                )
            }
        }
    }

    pub(super) fn set_inner(&mut self, index: usize, brace: &syn::token::Brace) {
        let open = self.range(brace.span.open()).end;
        let close = self.range(brace.span.close()).start;
        if let Some(item) = self.items.get_mut(index) {
            item.inner = Some(TextRange {
                start: open,
                end: close,
            });
        }
    }

    pub(super) fn fields(&self, fields: &syn::Fields) -> Vec<FieldSyntax> {
        fields
            .iter()
            .enumerate()
            .map(|(number, field)| {
                let range = self.field_range(field);
                let first = match &field.ident {
                    Some(ident) => self.range(ident.span()).start,
                    None => self.range(field.ty.span()).start,
                };
                let (_, vis_range) = self.visibility(Some(&field.vis), first, None);
                FieldSyntax {
                    name: field
                        .ident
                        .as_ref()
                        .map_or_else(|| number.to_string(), ident_text),
                    ty: signature::ty(self, &field.ty),
                    attrs: self.attrs(&field.attrs),
                    range,
                    vis_range,
                }
            })
            .collect()
    }

    fn field_range(&self, field: &syn::Field) -> TextRange {
        let first = match (&field.attrs.first(), &field.vis, &field.ident) {
            (Some(attr), ..) => attr.pound_token.span,
            (None, syn::Visibility::Public(token), _) => token.span,
            (None, syn::Visibility::Restricted(restricted), _) => restricted.pub_token.span,
            (None, syn::Visibility::Inherited, Some(ident)) => ident.span(),
            (None, syn::Visibility::Inherited, None) => field.ty.span(),
        };
        TextRange {
            start: self.range(first).start,
            end: self.range(field.ty.span()).end,
        }
    }

    pub(super) fn push_fields(&mut self, fields: &syn::Fields, parent: usize) {
        for (number, field) in fields.iter().enumerate() {
            let first = match (&field.vis, &field.ident) {
                (syn::Visibility::Public(token), _) => token.span,
                (syn::Visibility::Restricted(restricted), _) => restricted.pub_token.span,
                (syn::Visibility::Inherited, Some(ident)) => ident.span(),
                (syn::Visibility::Inherited, None) => field.ty.span(),
            };
            let head = Head {
                kind: ItemKind::Field,
                name: field
                    .ident
                    .as_ref()
                    .map_or_else(|| number.to_string(), ident_text),
                attrs: &field.attrs,
                first,
                last: field.ty.span(),
                ident: field.ident.as_ref().map(|i| i.span()),
                vis: Some(&field.vis),
            };
            self.push(head, Some(parent), Payload::None);
        }
    }
}

pub(super) fn member<'a>(
    kind: ItemKind,
    ident: &syn::Ident,
    attrs: &'a [syn::Attribute],
    first: Span,
    last: Span,
) -> Head<'a> {
    Head {
        kind,
        name: ident_text(ident),
        attrs,
        first,
        last,
        ident: Some(ident.span()),
        vis: None,
    }
}

/// The first token of an item: its visibility, or else `keyword`.
pub(super) fn start(vis: &syn::Visibility, keyword: Span) -> Span {
    match vis {
        syn::Visibility::Public(token) => token.span,
        syn::Visibility::Restricted(restricted) => restricted.pub_token.span,
        syn::Visibility::Inherited => keyword,
    }
}

/// An identifier without `r#`.
pub(in crate::syntax) fn ident_text(ident: &syn::Ident) -> String {
    plain(ident.to_string())
}

/// The same of its text.
pub(in crate::syntax) fn plain(mut text: String) -> String {
    if text.starts_with("r#") {
        text.drain(..2);
    }
    text
}

/// A path's segments joined by `::`, generics left out.
pub(in crate::syntax) fn path_text(path: &syn::Path) -> String {
    let segments: Vec<String> = path.segments.iter().map(|s| ident_text(&s.ident)).collect();
    segments.join("::")
}

/// Whether the tree is the identifier `word`.
pub(in crate::syntax) fn is_word(tree: &TokenTree, word: &str) -> bool {
    matches!(tree, TokenTree::Ident(ident) if ident == word)
}
