//! What type paths mean, by rustc's edges.
//!
//! Input: the verified graph. Output: an implementation of [`Resolve`]. Refuses nothing: a path without an
//! edge is foreign.

use std::collections::{BTreeMap, BTreeSet};

use super::cross::{Resolve, Support, is_prelude};
use super::imports::Imports;
use crate::graph::ItemGraph;
use crate::id::{FileId, ItemId};
use crate::oracle::instances::{Use, instances};
use crate::oracle::packages::Foreign;
use crate::slice::Rules;
use crate::syntax::{ItemKind, ItemTree, Payload, Ty};
use crate::workspace::Workspace;

/// Looks names up in the graph.
#[derive(Debug)]
pub struct Meanings<'a> {
    /// The items.
    pub tree: &'a ItemTree,
    /// The verified graph.
    pub graph: &'a ItemGraph,
    /// Members and impls.
    pub rules: &'a Rules,
    /// The imports of its modules.
    pub imports: &'a Imports<'a>,
    /// The foreign crates by name in code.
    pub foreign: &'a BTreeMap<String, Foreign>,
    /// The foreign types that serde cannot read, as far as rustc said so.
    pub unreadable: Option<&'a BTreeSet<String>>,
    /// Whom to ask for the types that callers give a generic entry; `None` asks nobody.
    pub workspace: Option<&'a Workspace>,
}

impl Meanings<'_> {
    fn edge_at(&self, from: ItemId, offset: u32) -> Option<ItemId> {
        let here = self
            .graph
            .out(from)
            .find(|e| e.offset == offset)
            .map(|e| e.to);
        here.or_else(|| {
            self.rules
                .members(from)
                .iter()
                .find_map(|member| self.edge_at(*member, offset))
        })
    }

    /// What rustc says a path, a [`Ty::Path`] in `from`, names.
    fn named(&self, from: ItemId, path: &Ty) -> Option<ItemId> {
        let Ty::Path { range, .. } = path else {
            return None;
        };
        let file = self.tree.item(from).file;
        let text = range.of(&self.tree.file(file).text);
        // rustc points at the last segment's name.
        let head = text.split('<').next().unwrap_or(text);
        let last = head.rfind("::").map_or(0, |at| at + 2);
        let blank = head
            .get(last..)
            .map_or(0, |s| s.len() - s.trim_start().len());
        self.edge_at(from, range.start + (last + blank) as u32)
    }
}

impl Resolve for Meanings<'_> {
    fn local(&self, from: ItemId, path: &Ty) -> Option<ItemId> {
        self.named(from, path).filter(|to| {
            matches!(
                self.tree.raw(*to).kind,
                ItemKind::Struct
                    | ItemKind::Enum
                    | ItemKind::Union
                    | ItemKind::Trait
                    | ItemKind::TypeAlias
                    | ItemKind::Const
            )
        })
    }

    fn foreign_path(&self, from: ItemId, path: &Ty) -> Vec<String> {
        let Ty::Path { segments, .. } = path else {
            return Vec::new();
        };
        // What a macro of the workspace makes is not foreign.
        let makes = |to: ItemId| self.tree.raw(to).kind == ItemKind::MacroCall;
        if self.named(from, path).is_some_and(makes) {
            return segments.clone();
        }
        let in_prelude = matches!(segments.as_slice(), [only] if is_prelude(only));
        self.imports
            .foreign_path(self.tree.item(from).module, segments, !in_prelude)
    }

    fn trait_impls(&self, item: ItemId) -> Vec<&str> {
        let impls = self.rules.impls_for(item).iter();
        impls
            .filter_map(|imp| match &self.tree.raw(*imp).payload {
                Payload::Impl(head) => head.trait_path.as_deref(),
                _ => None,
            })
            .collect()
    }

    fn uses(&self, entry: ItemId) -> Option<Vec<Use>> {
        let workspace = self.workspace?;
        let graph = self.graph;
        let named: Vec<(ItemId, FileId, u32)> = graph
            .into(entry)
            .map(|e| (e.from, e.file, e.offset))
            .collect();
        Some(instances(workspace, self.tree, &named))
    }

    fn has_feature(&self, krate: &str, feature: &str) -> Option<bool> {
        let found = self.foreign.get(krate)?;
        Some(found.features.contains(feature))
    }

    fn is_named(&self, item: ItemId) -> bool {
        let from = |id: ItemId| self.tree.raw(id).kind;
        let mut edges = self.graph.into(item);
        edges.any(|edge| edge.from != item && from(edge.from) != ItemKind::Use)
    }

    fn is_unreadable(&self, name: &str) -> bool {
        self.unreadable.is_some_and(|names| names.contains(name))
    }

    fn serde_support(&self, krate: &str) -> Support {
        match self.foreign.get(krate) {
            None => Support::Unknown,
            Some(found) => match found.serde_feature() {
                Some(feature) => Support::Feature(feature.to_owned()),
                None if found.has_serde => Support::Native,
                None => Support::None,
            },
        }
    }
}
