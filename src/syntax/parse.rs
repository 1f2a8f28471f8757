//! Parses one file with syn into owned data.
//!
//! Input: the text of a file. Output: [`FileSyntax`] with byte ranges into exactly that text. A text
//! that does not parse gives no items and [`FileSyntax::error`]; nothing here panics on any input.

use proc_macro2::{Span, TokenStream, TokenTree};
use std::str::FromStr as _;
use syn::spanned::Spanned as _;

use super::names;
use super::types::{
    Attr, FieldSyntax, FileSyntax, ImplHead, ItemKind, ParseError, Payload, RawItem, TypeShape,
    Visibility,
};
use super::{signature, uses};
use crate::id::TextRange;

/// Parses `text`.
pub fn parse_file(text: &str) -> FileSyntax {
    let base = prefix_len(text);
    let body = text.get(base..).unwrap_or("");
    let mut syntax = FileSyntax {
        markers: super::markers::entry_markers(text),
        inner_start: inner_start(text, base),
        ..FileSyntax::default()
    };
    match TokenStream::from_str(body) {
        Err(error) => syntax.error = Some(failure(text, base, error.span(), error.to_string())),
        Ok(tokens) => match syn::parse2::<syn::File>(tokens.clone()) {
            Err(error) => syntax.error = Some(failure(text, base, error.span(), error.to_string())),
            Ok(file) => {
                let mut reader = Reader {
                    base,
                    text,
                    items: Vec::new(),
                };
                syntax.attrs = reader.attrs(&file.attrs);
                for item in &file.items {
                    reader.item(item, None);
                }
                syntax.items = reader.items;
                names::collect(tokens, base, &mut syntax.items);
            }
        },
    }
    // Spans of this file are no longer needed; without this the thread's source map only grows.
    proc_macro2::extra::invalidate_current_thread_spans();
    syntax
}

/// Bytes before the first token that rustc's lexer skips and proc_macro2's does not: BOM, shebang.
fn prefix_len(text: &str) -> usize {
    let bom = if text.starts_with('\u{feff}') {
        '\u{feff}'.len_utf8()
    } else {
        0
    };
    let rest = text.get(bom..).unwrap_or("");
    let is_shebang = rest
        .strip_prefix("#!")
        .is_some_and(|after| !after.trim_start().starts_with('['));
    if is_shebang {
        bom + rest.find('\n').unwrap_or(rest.len())
    } else {
        bom
    }
}

/// `base`, or the start of the line after the shebang that ends there.
fn inner_start(text: &str, base: usize) -> u32 {
    let after_shebang = text.get(base..).is_some_and(|rest| rest.starts_with('\n')) && base > 3;
    u32::try_from(if after_shebang { base + 1 } else { base }).unwrap_or(0)
}

fn failure(text: &str, base: usize, span: Span, message: String) -> ParseError {
    let offset = base + span.byte_range().start;
    let (line, column) = crate::id::line_column(text, u32::try_from(offset).unwrap_or(0));
    ParseError {
        message,
        line,
        column,
    }
}

pub(super) struct Reader<'a> {
    pub(super) base: usize,
    pub(super) text: &'a str,
    items: Vec<RawItem>,
}

/// The parts that all items share, before the payload.
struct Head<'a> {
    kind: ItemKind,
    name: String,
    attrs: &'a [syn::Attribute],
    /// First token after the attributes.
    first: Span,
    /// Last token.
    last: Span,
    ident: Option<Span>,
    vis: Option<&'a syn::Visibility>,
}

impl Reader<'_> {
    pub(super) fn range(&self, span: Span) -> TextRange {
        let range = span.byte_range();
        TextRange::new(self.base + range.start, self.base + range.end)
    }

    pub(super) fn between(&self, first: Span, last: Span) -> TextRange {
        TextRange {
            start: self.range(first).start,
            end: self.range(last).end,
        }
    }

    pub(super) fn source(&self, range: TextRange) -> String {
        range.of(self.text).to_owned()
    }

    fn attrs(&self, attrs: &[syn::Attribute]) -> Vec<Attr> {
        attrs.iter().map(|a| self.attr(a)).collect()
    }

    fn attr(&self, attr: &syn::Attribute) -> Attr {
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

    fn push(&mut self, head: Head<'_>, parent: Option<usize>, payload: Payload) -> usize {
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

    pub(super) fn visibility(
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

    fn set_inner(&mut self, index: usize, brace: &syn::token::Brace) {
        let open = self.range(brace.span.open()).end;
        let close = self.range(brace.span.close()).start;
        if let Some(item) = self.items.get_mut(index) {
            item.inner = Some(TextRange {
                start: open,
                end: close,
            });
        }
    }

    fn fields(&self, fields: &syn::Fields) -> Vec<FieldSyntax> {
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

    fn push_fields(&mut self, fields: &syn::Fields, parent: usize) {
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

    #[expect(clippy::too_many_lines, reason = "one arm a kind of item, each short")]
    fn item(&mut self, item: &syn::Item, parent: Option<usize>) {
        use syn::Item;
        match item {
            Item::Const(i) => {
                let first = start(&i.vis, i.const_token.span);
                let name = ident_text(&i.ident);
                let head = Head {
                    kind: ItemKind::Const,
                    name,
                    attrs: &i.attrs,
                    first,
                    last: i.semi_token.span,
                    ident: Some(i.ident.span()),
                    vis: Some(&i.vis),
                };
                self.push(head, parent, Payload::None);
            }
            Item::Static(i) => {
                let head = Head {
                    kind: ItemKind::Static,
                    name: ident_text(&i.ident),
                    attrs: &i.attrs,
                    first: start(&i.vis, i.static_token.span),
                    last: i.semi_token.span,
                    ident: Some(i.ident.span()),
                    vis: Some(&i.vis),
                };
                self.push(head, parent, Payload::None);
            }
            Item::Fn(i) => {
                let sig = signature::fn_sig(self, &i.sig, Some(&i.block));
                let head = Head {
                    kind: ItemKind::Fn,
                    name: ident_text(&i.sig.ident),
                    attrs: &i.attrs,
                    first: start(&i.vis, signature::first_token(&i.sig)),
                    last: i.block.brace_token.span.close(),
                    ident: Some(i.sig.ident.span()),
                    vis: Some(&i.vis),
                };
                self.push(head, parent, Payload::Fn(sig));
            }
            Item::Struct(i) => {
                let last = match (&i.fields, &i.semi_token) {
                    (_, Some(semi)) => semi.span,
                    (syn::Fields::Named(named), None) => named.brace_token.span.close(),
                    (syn::Fields::Unnamed(unnamed), None) => unnamed.paren_token.span.close(),
                    (syn::Fields::Unit, None) => i.ident.span(),
                };
                let shape = TypeShape {
                    variants: vec![(String::new(), self.fields(&i.fields))],
                    generics: i
                        .generics
                        .type_params()
                        .map(|p| ident_text(&p.ident))
                        .collect(),
                    lifetimes: i.generics.lifetimes().next().is_some(),
                };
                let head = Head {
                    kind: ItemKind::Struct,
                    name: ident_text(&i.ident),
                    attrs: &i.attrs,
                    first: start(&i.vis, i.struct_token.span),
                    last,
                    ident: Some(i.ident.span()),
                    vis: Some(&i.vis),
                };
                let index = self.push(head, parent, Payload::Type(shape));
                self.push_fields(&i.fields, index);
            }
            Item::Union(i) => {
                let fields = syn::Fields::Named(i.fields.clone());
                let shape = TypeShape {
                    variants: vec![(String::new(), self.fields(&fields))],
                    generics: i
                        .generics
                        .type_params()
                        .map(|p| ident_text(&p.ident))
                        .collect(),
                    lifetimes: i.generics.lifetimes().next().is_some(),
                };
                let head = Head {
                    kind: ItemKind::Union,
                    name: ident_text(&i.ident),
                    attrs: &i.attrs,
                    first: start(&i.vis, i.union_token.span),
                    last: i.fields.brace_token.span.close(),
                    ident: Some(i.ident.span()),
                    vis: Some(&i.vis),
                };
                let index = self.push(head, parent, Payload::Type(shape));
                self.push_fields(&fields, index);
            }
            Item::Enum(i) => self.item_enum(i, parent),
            Item::Trait(i) => self.item_trait(i, parent),
            Item::Impl(i) => self.item_impl(i, parent),
            Item::TraitAlias(i) => {
                let head = Head {
                    kind: ItemKind::TraitAlias,
                    name: ident_text(&i.ident),
                    attrs: &i.attrs,
                    first: start(&i.vis, i.trait_token.span),
                    last: i.semi_token.span,
                    ident: Some(i.ident.span()),
                    vis: Some(&i.vis),
                };
                self.push(head, parent, Payload::None);
            }
            Item::Type(i) => {
                let alias = Payload::Alias(signature::ty(self, &i.ty));
                let head = Head {
                    kind: ItemKind::TypeAlias,
                    name: ident_text(&i.ident),
                    attrs: &i.attrs,
                    first: start(&i.vis, i.type_token.span),
                    last: i.semi_token.span,
                    ident: Some(i.ident.span()),
                    vis: Some(&i.vis),
                };
                self.push(head, parent, alias);
            }
            Item::Use(i) => {
                let payload = Payload::Use(uses::decl(self, i));
                let head = Head {
                    kind: ItemKind::Use,
                    name: String::new(),
                    attrs: &i.attrs,
                    first: start(&i.vis, i.use_token.span),
                    last: i.semi_token.span,
                    ident: None,
                    vis: Some(&i.vis),
                };
                self.push(head, parent, payload);
            }
            Item::ExternCrate(i) => {
                let name = ident_text(&i.ident);
                let bound = i
                    .rename
                    .as_ref()
                    .map_or_else(|| name.clone(), |r| ident_text(&r.1));
                let head = Head {
                    kind: ItemKind::ExternCrate,
                    name: bound.clone(),
                    attrs: &i.attrs,
                    first: start(&i.vis, i.extern_token.span),
                    last: i.semi_token.span,
                    ident: Some(i.ident.span()),
                    vis: Some(&i.vis),
                };
                self.push(head, parent, Payload::ExternCrate { name, bound });
            }
            Item::ForeignMod(i) => {
                let first = i.unsafety.map_or(i.abi.extern_token.span, |u| u.span);
                let head = Head {
                    kind: ItemKind::ForeignMod,
                    name: String::new(),
                    attrs: &i.attrs,
                    first,
                    last: i.brace_token.span.close(),
                    ident: None,
                    vis: None,
                };
                let index = self.push(head, parent, Payload::None);
                self.set_inner(index, &i.brace_token);
                for foreign in &i.items {
                    self.foreign(foreign, index);
                }
            }
            Item::Macro(i) => self.item_macro(i, parent),
            Item::Mod(i) => {
                let last = match (&i.content, &i.semi) {
                    (Some((brace, _)), _) => brace.span.close(),
                    (None, Some(semi)) => semi.span,
                    (None, None) => i.ident.span(),
                };
                let path = i
                    .attrs
                    .iter()
                    .map(|a| self.attr(a))
                    .find(|a| a.path == "path");
                let payload = Payload::Mod {
                    inline: i.content.is_some(),
                    path: path.map(|a| a.args),
                };
                let keyword = i.unsafety.map_or(i.mod_token.span, |u| u.span);
                let head = Head {
                    kind: ItemKind::Mod,
                    name: ident_text(&i.ident),
                    attrs: &i.attrs,
                    first: start(&i.vis, keyword),
                    last,
                    ident: Some(i.ident.span()),
                    vis: Some(&i.vis),
                };
                let index = self.push(head, parent, payload);
                if let Some((brace, items)) = &i.content {
                    self.set_inner(index, brace);
                    for item in items {
                        self.item(item, Some(index));
                    }
                }
            }
            Item::Verbatim(tokens) => self.verbatim(tokens, ItemKind::Other, parent),
            other => {
                let head = Head {
                    kind: ItemKind::Other,
                    name: String::new(),
                    attrs: &[],
                    first: other.span(),
                    last: other.span(),
                    ident: None,
                    vis: None,
                };
                self.push(head, parent, Payload::None);
            }
        }
    }

    fn verbatim(&mut self, tokens: &TokenStream, kind: ItemKind, parent: Option<usize>) {
        let span = tokens.span();
        let head = Head {
            kind,
            name: String::new(),
            attrs: &[],
            first: span,
            last: span,
            ident: None,
            vis: None,
        };
        self.push(head, parent, Payload::None);
    }

    fn item_enum(&mut self, i: &syn::ItemEnum, parent: Option<usize>) {
        let shape = TypeShape {
            variants: i
                .variants
                .iter()
                .map(|v| (ident_text(&v.ident), self.fields(&v.fields)))
                .collect(),
            generics: i
                .generics
                .type_params()
                .map(|p| ident_text(&p.ident))
                .collect(),
            lifetimes: i.generics.lifetimes().next().is_some(),
        };
        let head = Head {
            kind: ItemKind::Enum,
            name: ident_text(&i.ident),
            attrs: &i.attrs,
            first: start(&i.vis, i.enum_token.span),
            last: i.brace_token.span.close(),
            ident: Some(i.ident.span()),
            vis: Some(&i.vis),
        };
        let index = self.push(head, parent, Payload::Type(shape));
        for variant in &i.variants {
            let last = match &variant.fields {
                syn::Fields::Named(named) => named.brace_token.span.close(),
                syn::Fields::Unnamed(unnamed) => unnamed.paren_token.span.close(),
                syn::Fields::Unit => variant.ident.span(),
            };
            let head = Head {
                kind: ItemKind::Variant,
                name: ident_text(&variant.ident),
                attrs: &variant.attrs,
                first: variant.ident.span(),
                last,
                ident: Some(variant.ident.span()),
                vis: None,
            };
            let at = self.push(head, Some(index), Payload::None);
            self.push_fields(&variant.fields, at);
        }
    }

    fn item_trait(&mut self, i: &syn::ItemTrait, parent: Option<usize>) {
        use syn::TraitItem;
        let keyword = i
            .unsafety
            .map(|u| u.span)
            .or(i.modifiers.auto_token.map(|a| a.span))
            .unwrap_or(i.trait_token.span);
        let head = Head {
            kind: ItemKind::Trait,
            name: ident_text(&i.ident),
            attrs: &i.attrs,
            first: start(&i.vis, keyword),
            last: i.brace_token.span.close(),
            ident: Some(i.ident.span()),
            vis: Some(&i.vis),
        };
        let index = self.push(head, parent, Payload::None);
        self.set_inner(index, &i.brace_token);
        for item in &i.items {
            match item {
                TraitItem::Const(c) => {
                    let head = member(
                        ItemKind::TraitConst,
                        &c.ident,
                        &c.attrs,
                        c.const_token.span,
                        c.semi_token.span,
                    );
                    self.push(head, Some(index), Payload::None);
                }
                TraitItem::Fn(f) => {
                    let sig = signature::fn_sig(self, &f.sig, f.default.as_ref());
                    let last = match (&f.default, &f.semi_token) {
                        (Some(block), _) => block.brace_token.span.close(),
                        (None, Some(semi)) => semi.span,
                        (None, None) => f.sig.ident.span(),
                    };
                    let head = member(
                        ItemKind::TraitFn,
                        &f.sig.ident,
                        &f.attrs,
                        signature::first_token(&f.sig),
                        last,
                    );
                    self.push(head, Some(index), Payload::Fn(sig));
                }
                TraitItem::Type(t) => {
                    let head = member(
                        ItemKind::TraitType,
                        &t.ident,
                        &t.attrs,
                        t.type_token.span,
                        t.semi_token.span,
                    );
                    self.push(head, Some(index), Payload::None);
                }
                TraitItem::Macro(m) => {
                    let (last, payload) = self.macro_call(&m.mac, m.semi_token.as_ref());
                    let head = Head {
                        kind: ItemKind::TraitMacro,
                        name: path_text(&m.mac.path),
                        attrs: &m.attrs,
                        first: m.mac.path.span(),
                        last,
                        ident: None,
                        vis: None,
                    };
                    self.push(head, Some(index), payload);
                }
                TraitItem::Verbatim(tokens) => self.verbatim(tokens, ItemKind::Other, Some(index)),
                _ => {}
            }
        }
    }

    fn item_impl(&mut self, i: &syn::ItemImpl, parent: Option<usize>) {
        use syn::ImplItem;
        let self_range = self.range(i.self_ty.span());
        let mut deciding = vec![self_range];
        let mut trait_text = None;
        if let Some((path, _)) = &i.trait_ {
            let range = self.range(path.span());
            trait_text = Some(self.source(range));
            deciding.push(range);
        }
        let payload = Payload::Impl(ImplHead {
            trait_path: i.trait_.as_ref().map(|(path, _)| path_text(path)),
            trait_text,
            self_text: self.source(self_range),
            deciding,
            negative: i.modifiers.polarity.is_some(),
            generics: i
                .generics
                .type_params()
                .map(|p| ident_text(&p.ident))
                .collect(),
        });
        let first = i
            .modifiers
            .defaultness
            .map(|d| d.span)
            .or(i.unsafety.map(|u| u.span))
            .unwrap_or(i.impl_token.span);
        let head = Head {
            kind: ItemKind::Impl,
            name: self.source(self_range),
            attrs: &i.attrs,
            first,
            last: i.brace_token.span.close(),
            ident: None,
            vis: None,
        };
        let index = self.push(head, parent, payload);
        self.set_inner(index, &i.brace_token);
        for item in &i.items {
            match item {
                ImplItem::Const(c) => {
                    let first = start(
                        &c.vis,
                        c.modifiers
                            .defaultness
                            .map_or(c.const_token.span, |d| d.span),
                    );
                    let mut head = member(
                        ItemKind::ImplConst,
                        &c.ident,
                        &c.attrs,
                        first,
                        c.semi_token.span,
                    );
                    head.vis = Some(&c.vis);
                    self.push(head, Some(index), Payload::None);
                }
                ImplItem::Fn(f) => {
                    let sig = signature::fn_sig(self, &f.sig, Some(&f.block));
                    let first = start(
                        &f.vis,
                        f.modifiers
                            .defaultness
                            .map_or_else(|| signature::first_token(&f.sig), |d| d.span),
                    );
                    let mut head = member(
                        ItemKind::ImplFn,
                        &f.sig.ident,
                        &f.attrs,
                        first,
                        f.block.brace_token.span.close(),
                    );
                    head.vis = Some(&f.vis);
                    self.push(head, Some(index), Payload::Fn(sig));
                }
                ImplItem::Type(t) => {
                    let first = start(
                        &t.vis,
                        t.modifiers
                            .defaultness
                            .map_or(t.type_token.span, |d| d.span),
                    );
                    let mut head = member(
                        ItemKind::ImplType,
                        &t.ident,
                        &t.attrs,
                        first,
                        t.semi_token.span,
                    );
                    head.vis = Some(&t.vis);
                    self.push(head, Some(index), Payload::None);
                }
                ImplItem::Macro(m) => {
                    let (last, payload) = self.macro_call(&m.mac, m.semi_token.as_ref());
                    let head = Head {
                        kind: ItemKind::ImplMacro,
                        name: path_text(&m.mac.path),
                        attrs: &m.attrs,
                        first: m.mac.path.span(),
                        last,
                        ident: None,
                        vis: None,
                    };
                    self.push(head, Some(index), payload);
                }
                ImplItem::Verbatim(tokens) => self.verbatim(tokens, ItemKind::Other, Some(index)),
                _ => {}
            }
        }
    }

    fn foreign(&mut self, item: &syn::ForeignItem, parent: usize) {
        use syn::ForeignItem;
        let (attrs, vis, ident, first, last) = match item {
            ForeignItem::Fn(f) => (
                &f.attrs,
                &f.vis,
                &f.sig.ident,
                signature::first_token(&f.sig),
                f.semi_token.span,
            ),
            ForeignItem::Static(s) => (
                &s.attrs,
                &s.vis,
                &s.ident,
                s.static_token.span,
                s.semi_token.span,
            ),
            ForeignItem::Type(t) => (
                &t.attrs,
                &t.vis,
                &t.ident,
                t.type_token.span,
                t.semi_token.span,
            ),
            ForeignItem::Verbatim(tokens) => {
                return self.verbatim(tokens, ItemKind::Other, Some(parent));
            }
            _ => return,
        };
        let mut head = member(ItemKind::ForeignItem, ident, attrs, start(vis, first), last);
        head.vis = Some(vis);
        self.push(head, Some(parent), Payload::None);
    }

    fn macro_call(&self, mac: &syn::Macro, semi: Option<&syn::Token![;]>) -> (Span, Payload) {
        let close = mac.delimiter.span().close();
        let (declares, modules) = names::declared(&mac.tokens);
        let payload = Payload::MacroCall {
            path: path_text(&mac.path),
            declares,
            modules,
        };
        (semi.map_or(close, |s| s.span), payload)
    }

    fn item_macro(&mut self, i: &syn::ItemMacro, parent: Option<usize>) {
        let (last, call) = self.macro_call(&i.mac, i.semi_token.as_ref());
        let is_definition = i.mac.path.is_ident("macro_rules") && i.ident.is_some();
        let (kind, name, payload) = match &i.ident {
            Some(ident) if is_definition => {
                let exported = i.attrs.iter().any(|a| a.path().is_ident("macro_export"));
                (
                    ItemKind::MacroRules,
                    ident_text(ident),
                    Payload::MacroRules { exported },
                )
            }
            _ => (ItemKind::MacroCall, path_text(&i.mac.path), call),
        };
        let first = i
            .mac
            .path
            .segments
            .first()
            .map_or_else(Span::call_site, |s| s.ident.span());
        let head = Head {
            kind,
            name,
            attrs: &i.attrs,
            first,
            last,
            ident: i.ident.as_ref().map(|i| i.span()),
            vis: None,
        };
        self.push(head, parent, payload);
    }
}

fn member<'a>(
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
fn start(vis: &syn::Visibility, keyword: Span) -> Span {
    match vis {
        syn::Visibility::Public(token) => token.span,
        syn::Visibility::Restricted(restricted) => restricted.pub_token.span,
        syn::Visibility::Inherited => keyword,
    }
}

/// An identifier without `r#`.
pub(super) fn ident_text(ident: &syn::Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map(str::to_owned).unwrap_or(text)
}

/// A path's segments joined by `::`, generics left out.
pub(super) fn path_text(path: &syn::Path) -> String {
    let segments: Vec<String> = path.segments.iter().map(|s| ident_text(&s.ident)).collect();
    segments.join("::")
}

/// Whether the tree is the identifier `word`.
pub(super) fn is_word(tree: &TokenTree, word: &str) -> bool {
    matches!(tree, TokenTree::Ident(ident) if ident == word)
}
