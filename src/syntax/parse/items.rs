//! Items of a module, one arm a kind.
//!
//! Input: an item of syn. Output: its row, and the rows of what it holds, in source order.

use proc_macro2::{Span, TokenStream};
use syn::spanned::Spanned as _;

use super::reader::{Head, Reader, ident_text, path_text, start};
use crate::syntax::types::{ItemKind, Payload, TypeShape};
use crate::syntax::{names, signature, uses};

impl Reader<'_> {
    #[expect(clippy::too_many_lines, reason = "one arm a kind of item, each short")]
    pub(super) fn item(&mut self, item: &syn::Item, parent: Option<usize>) {
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

    pub(super) fn verbatim(&mut self, tokens: &TokenStream, kind: ItemKind, parent: Option<usize>) {
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

    pub(super) fn item_enum(&mut self, i: &syn::ItemEnum, parent: Option<usize>) {
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

    pub(super) fn macro_call(
        &self,
        mac: &syn::Macro,
        semi: Option<&syn::Token![;]>,
    ) -> (Span, Payload) {
        let close = mac.delimiter.span().close();
        let (declares, modules) = names::declared(&mac.tokens);
        let payload = Payload::MacroCall {
            path: path_text(&mac.path),
            declares,
            modules,
        };
        (semi.map_or(close, |s| s.span), payload)
    }

    pub(super) fn item_macro(&mut self, i: &syn::ItemMacro, parent: Option<usize>) {
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
        let path = &i.mac.path;
        let first = match (&path.leading_colon, path.segments.first()) {
            (Some(colons), _) => colons.span(),
            (None, Some(segment)) => segment.ident.span(),
            (None, None) => Span::call_site(),
        };
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
