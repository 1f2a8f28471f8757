//! For tests: a one-file crate as an item tree, and a [`Resolve`] that goes by names.
//!
//! Input: source text. Output: [`Fixture`]. Refuses nothing; it is for tests alone.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::sync::LazyLock;

use camino::Utf8PathBuf;

use super::form::{self, Event};
use super::{Bind, Crossing, Given, Resolve, analyze};
use crate::diag::{Diagnostic, Sink};
use crate::id::ItemId;
use crate::syntax::{self, ItemKind, ItemTree, Payload, Ty, bare_type_name};
use crate::workspace::{self, Request, Workspace};

/// A crate named `shop` with one file.
pub(crate) struct Fixture {
    pub(crate) workspace: Workspace,
    pub(crate) tree: ItemTree,
    _dir: tempfile::TempDir,
}

impl Fixture {
    pub(crate) fn new(source: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(dir.path().to_owned()).unwrap();
        let file = root.join("lib.rs");
        std::fs::write(&file, source).unwrap();
        // The rest is this very package's: a new field elsewhere does not concern these tests.
        static OWN: LazyLock<Workspace> = LazyLock::new(|| {
            let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
            let request = Request {
                manifest_path: Some(manifest.into()),
                ..Request::default()
            };
            workspace::load(&request).unwrap()
        });
        let mut workspace = OWN.clone();
        workspace.packages.truncate(1);
        let package = &mut workspace.packages[0];
        package.active_features = ["serde".to_owned()].into();
        package.dir = root.clone();
        package.targets.truncate(1);
        let target = &mut package.targets[0];
        target.name = "shop".to_owned();
        target.root = file;
        workspace.root = root;
        let mut sink = Sink::default();
        let tree = syntax::load(&workspace, &mut sink);
        assert!(sink.diagnostics().is_empty(), "{:?}", sink.diagnostics());
        Self {
            workspace,
            tree,
            _dir: dir,
        }
    }

    /// The item with this name.
    pub(crate) fn item(&self, name: &str) -> ItemId {
        self.tree
            .items
            .iter()
            .map(|item| item.id)
            .find(|id| self.tree.raw(*id).name == name)
            .unwrap()
    }

    /// What crosses for the function `name`, and what was said.
    pub(crate) fn cross(&self, name: &str) -> (Option<Crossing>, Vec<Diagnostic>) {
        self.cross_bound(name, &Bind::new())
    }

    /// The same with bindings.
    pub(crate) fn cross_bound(
        &self,
        name: &str,
        bind: &Bind,
    ) -> (Option<Crossing>, Vec<Diagnostic>) {
        let mut sink = Sink::default();
        let names = ByName { tree: &self.tree };
        let crossing = analyze(
            &self.tree,
            &self.workspace,
            self.item(name),
            &names,
            &Given::new(bind),
            &mut sink,
        );
        (crossing, sink.diagnostics().to_vec())
    }

    /// The event of the function `name`.
    pub(crate) fn event(&self, name: &str) -> Event {
        self.event_bound(name, &Bind::new())
    }

    /// The same with bindings.
    pub(crate) fn event_bound(&self, name: &str, bind: &Bind) -> Event {
        let names = ByName { tree: &self.tree };
        form::event(
            &self.tree,
            &self.workspace,
            self.item(name),
            &names,
            &Given::new(bind),
        )
        .unwrap()
    }

    /// `shop::Name`.
    pub(crate) fn path(&self, item: ItemId) -> String {
        format!("shop::{}", self.tree.raw(item).name)
    }
}

struct ByName<'a> {
    tree: &'a ItemTree,
}

impl Resolve for ByName<'_> {
    fn local(&self, _from: ItemId, path: &Ty) -> Option<ItemId> {
        let Ty::Path { segments, .. } = path else {
            return None;
        };
        let [name] = segments.as_slice() else {
            return None;
        };
        let wanted = |kind: ItemKind| {
            matches!(
                kind,
                ItemKind::Struct
                    | ItemKind::Enum
                    | ItemKind::Union
                    | ItemKind::TypeAlias
                    | ItemKind::Trait
                    | ItemKind::Const
            )
        };
        let ids = self.tree.items.iter().map(|item| item.id);
        ids.into_iter()
            .find(|id| self.tree.raw(*id).name == *name && wanted(self.tree.raw(*id).kind))
    }

    fn foreign_path(&self, _from: ItemId, path: &Ty) -> Vec<String> {
        let Ty::Path { segments, .. } = path else {
            return Vec::new();
        };
        let leaves =
            self.tree
                .items
                .iter()
                .filter_map(|item| match &self.tree.raw(item.id).payload {
                    Payload::Use(decl) => Some(&decl.leaves),
                    _ => None,
                });
        match leaves
            .flatten()
            .find(|leaf| Some(&leaf.name) == segments.first())
        {
            Some(leaf) => leaf
                .path
                .iter()
                .chain(segments.iter().skip(1))
                .cloned()
                .collect(),
            None => segments.to_vec(),
        }
    }

    fn trait_impls(&self, item: ItemId) -> Vec<&str> {
        let name = &self.tree.raw(item).name;
        let heads =
            self.tree
                .items
                .iter()
                .filter_map(|item| match &self.tree.raw(item.id).payload {
                    Payload::Impl(head) => Some(head),
                    _ => None,
                });
        heads
            .filter(|head| bare_type_name(&head.self_text) == *name)
            .filter_map(|head| head.trait_path.as_deref())
            .collect()
    }
}
