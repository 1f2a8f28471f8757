//! Signatures and types: syn's forms into [`FnSig`] and [`Ty`].
//!
//! Input: syn types and the reader that knows the file's offsets. Output: owned data. What has no
//! shape of its own becomes [`Ty::Other`] with the text as written.

use proc_macro2::Span;
use syn::spanned::Spanned as _;

use super::parse::{Reader, ident_text, path_text};
use super::types::{FnSig, Param, Ty, TypeParam};
use crate::id::TextRange;

/// The owned signature.
pub(super) fn fn_sig(
    reader: &Reader<'_>,
    sig: &syn::Signature,
    body: Option<&syn::Block>,
) -> FnSig {
    let mut params = Vec::new();
    let mut receiver = None;
    for input in &sig.inputs {
        match input {
            syn::FnArg::Receiver(r) => receiver = Some(reader.source(reader.range(r.span()))),
            syn::FnArg::Typed(typed) => {
                let name = match &*typed.pat {
                    syn::Pat::Ident(pat) => Some(ident_text(&pat.ident)),
                    _ => None,
                };
                let ty_range = reader.range(typed.ty.span());
                params.push(Param {
                    name,
                    ty: ty(reader, &typed.ty),
                    text: reader.source(ty_range),
                    range: ty_range,
                });
            }
        }
    }
    let (output, output_text, end) = match &sig.output {
        syn::ReturnType::Default => (None, None, reader.range(sig.paren_token.span.close()).end),
        syn::ReturnType::Type(_, out) => {
            let range = reader.range(out.span());
            (Some(ty(reader, out)), Some(reader.source(range)), range.end)
        }
    };
    FnSig {
        is_async: sig.asyncness.is_some(),
        is_const: sig.constness.is_some(),
        is_unsafe: matches!(sig.safety, syn::Safety::Unsafe(_)),
        generics: generics(reader, &sig.generics),
        receiver,
        params,
        output,
        output_text,
        range: TextRange {
            start: reader.range(first_token(sig)).start,
            end,
        },
        body: body.map(|b| reader.between(b.brace_token.span.open(), b.brace_token.span.close())),
    }
}

/// The first token of a signature (its modifiers or `fn`).
pub(super) fn first_token(sig: &syn::Signature) -> Span {
    if let Some(token) = &sig.constness {
        return token.span;
    }
    if let Some(token) = &sig.asyncness {
        return token.span;
    }
    match &sig.safety {
        syn::Safety::Unsafe(token) => return token.span,
        syn::Safety::Safe(token) => return token.span,
        syn::Safety::Default => {}
    }
    sig.abi
        .as_ref()
        .map_or(sig.fn_token.span, |abi| abi.extern_token.span)
}

fn generics(reader: &Reader<'_>, generics: &syn::Generics) -> Vec<TypeParam> {
    let mut params: Vec<TypeParam> = generics
        .params
        .iter()
        .filter_map(|param| match param {
            syn::GenericParam::Type(t) => Some(TypeParam {
                name: ident_text(&t.ident),
                bounds: t
                    .bounds
                    .iter()
                    .map(|b| reader.source(reader.range(b.span())))
                    .collect(),
                is_const: false,
            }),
            syn::GenericParam::Const(c) => Some(TypeParam {
                name: ident_text(&c.ident),
                bounds: vec![reader.source(reader.range(c.ty.span()))],
                is_const: true,
            }),
            _ => None,
        })
        .collect();
    if let Some(clause) = &generics.where_clause {
        for predicate in &clause.predicates {
            if let syn::WherePredicate::Type(p) = predicate {
                let bounded = reader.source(reader.range(p.bounded_ty.span()));
                if let Some(param) = params.iter_mut().find(|param| param.name == bounded) {
                    let more = p
                        .bounds
                        .iter()
                        .map(|b| reader.source(reader.range(b.span())));
                    param.bounds.extend(more);
                }
            }
        }
    }
    params
}

/// The owned form of a type.
pub(super) fn ty(reader: &Reader<'_>, ty_: &syn::Type) -> Ty {
    use syn::Type;
    match ty_ {
        Type::Path(path) if path.qself.is_none() => path_ty(reader, &path.path),
        Type::Reference(r) => Ty::Ref {
            mutable: r.mutability.is_some(),
            inner: Box::new(ty(reader, &r.elem)),
        },
        Type::Slice(s) => Ty::Slice(Box::new(ty(reader, &s.elem))),
        Type::Array(a) => Ty::Array(
            Box::new(ty(reader, &a.elem)),
            reader.source(reader.range(a.len.span())),
        ),
        Type::Tuple(t) => Ty::Tuple(t.elems.iter().map(|e| ty(reader, e)).collect()),
        Type::Ptr(_) => Ty::Pointer,
        Type::FnPtr(_) => Ty::FnPointer,
        Type::ImplTrait(i) => {
            let args = i
                .bounds
                .iter()
                .find_map(|bound| match bound {
                    syn::TypeParamBound::Trait(t) => match path_ty(reader, &t.path) {
                        Ty::Path { args, .. } => Some(args),
                        _ => None,
                    },
                    _ => None,
                })
                .unwrap_or_default();
            let bounds = i
                .bounds
                .iter()
                .map(|b| reader.source(reader.range(b.span())))
                .collect();
            Ty::ImplTrait(bounds, args)
        }
        Type::TraitObject(d) => Ty::DynTrait(
            d.bounds
                .iter()
                .map(|b| reader.source(reader.range(b.span())))
                .collect(),
        ),
        Type::Never(_) => Ty::Never,
        Type::Paren(p) => ty(reader, &p.elem),
        Type::Group(g) => ty(reader, &g.elem),
        other => Ty::Other(reader.source(reader.range(other.span()))),
    }
}

fn path_ty(reader: &Reader<'_>, path: &syn::Path) -> Ty {
    let mut args = Vec::new();
    let mut lifetimes = false;
    if let Some(last) = path.segments.last()
        && let syn::PathArguments::AngleBracketed(bracketed) = &last.arguments
    {
        for arg in &bracketed.args {
            match arg {
                syn::GenericArgument::Type(t) => args.push(ty(reader, t)),
                syn::GenericArgument::Lifetime(_) => lifetimes = true,
                _ => {}
            }
        }
    }
    let text = path_text(path);
    Ty::Path {
        segments: text.split("::").map(str::to_owned).collect(),
        args,
        lifetimes,
        range: reader.range(path.span()),
    }
}
