//! Traits, impls and extern blocks with their members.
//!
//! Input: an item of syn. Output: its row and one row a member.

use syn::spanned::Spanned as _;

use super::reader::{Head, Reader, ident_text, member, path_text, start};
use crate::syntax::signature;
use crate::syntax::types::{ImplHead, ItemKind, Payload};

impl Reader<'_> {
    pub(super) fn item_trait(&mut self, i: &syn::ItemTrait, parent: Option<usize>) {
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

    pub(super) fn item_impl(&mut self, i: &syn::ItemImpl, parent: Option<usize>) {
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
                    let means = Payload::Alias(signature::ty(self, &t.ty));
                    self.push(head, Some(index), means);
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

    pub(super) fn foreign(&mut self, item: &syn::ForeignItem, parent: usize) {
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
}
