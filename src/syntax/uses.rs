//! `use` declarations: leaves with their paths and ranges, and the tree to delete leaves from.
//!
//! Input: a syn `use` item. Output: [`UseDecl`].

use super::parse::{Reader, ident_text};
use super::types::{UseDecl, UseLeaf, UseNode};
use crate::id::TextRange;

/// The owned form of a `use` declaration.
pub(super) fn decl(reader: &Reader<'_>, item: &syn::ItemUse) -> UseDecl {
    let mut leaves = Vec::new();
    let start = reader.range(first_ident(&item.tree)).start;
    let root = node(reader, &item.tree, start, &mut Vec::new(), &mut leaves).1;
    UseDecl {
        leaves,
        root,
        absolute: item.leading_colon.is_some(),
    }
}

fn node(
    reader: &Reader<'_>,
    tree: &syn::UseTree,
    start: u32,
    prefix: &mut Vec<String>,
    leaves: &mut Vec<UseLeaf>,
) -> (TextRange, UseNode) {
    let mut leaf = |path: Vec<String>, name: String, glob: bool, range: TextRange| {
        let full = TextRange {
            start,
            end: range.end,
        };
        leaves.push(UseLeaf {
            path,
            name,
            glob,
            range,
            full,
        });
        (range, UseNode::Leaf(leaves.len() - 1))
    };
    match tree {
        syn::UseTree::Path(path) => {
            prefix.push(ident_text(&path.ident));
            let (range, inner) = node(reader, &path.tree, start, prefix, leaves);
            prefix.pop();
            (
                TextRange {
                    start,
                    end: range.end,
                },
                inner,
            )
        }
        syn::UseTree::Name(name) => {
            let text = ident_text(&name.ident);
            let range = reader.range(name.ident.span());
            if text == "self" && !prefix.is_empty() {
                let bound = prefix.last().cloned().unwrap_or_default();
                return leaf(prefix.clone(), bound, false, range);
            }
            let mut path = prefix.clone();
            path.push(text.clone());
            leaf(path, text, false, range)
        }
        syn::UseTree::Rename(rename) => {
            let text = ident_text(&rename.ident);
            let range = reader.between(rename.ident.span(), rename.rename.span());
            let mut path = prefix.clone();
            if text != "self" || path.is_empty() {
                path.push(text);
            }
            leaf(path, ident_text(&rename.rename), false, range)
        }
        syn::UseTree::Glob(glob) => leaf(
            prefix.clone(),
            "*".to_owned(),
            true,
            reader.range(glob.star_token.span),
        ),
        syn::UseTree::Group(group) => {
            let range = reader.between(
                group.brace_token.span.open(),
                group.brace_token.span.close(),
            );
            let members = group
                .items
                .iter()
                .map(|item| {
                    let start = reader.range(first_ident(item)).start;
                    node(reader, item, start, prefix, leaves)
                })
                .collect();
            (range, UseNode::Group { range, members })
        }
    }
}

fn first_ident(tree: &syn::UseTree) -> proc_macro2::Span {
    match tree {
        syn::UseTree::Path(path) => path.ident.span(),
        syn::UseTree::Name(name) => name.ident.span(),
        syn::UseTree::Rename(rename) => rename.ident.span(),
        syn::UseTree::Glob(glob) => glob.star_token.span,
        syn::UseTree::Group(group) => group.brace_token.span.open(),
    }
}
