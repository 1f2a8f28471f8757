//! The workspace as `cargo test` sees it: under `cfg(test)`, with the integration tests as crates.
//!
//! Input: the job. Output: [`View`]: an item tree of its own with the way from the cut's items to its own,
//! and approximate edges out of test code. What does not parse was said when the workspace was loaded.

use std::collections::{BTreeMap, HashMap};

use cargo_metadata::DependencyKind;

use crate::cut::Job;
use crate::diag::Sink;
use crate::graph::{ItemGraph, quick};
use crate::id::{CrateId, ItemId, ModuleId};
use crate::render::item::Choice;
use crate::syntax::{self, ItemKind, ItemTree, RawItem};
use crate::workspace::{Target, Workspace};

/// The workspace under `cfg(test)`.
#[derive(Debug)]
pub struct View {
    /// The workspace with tests as targets and dev-dependencies as dependencies.
    pub workspace: Workspace,
    /// Its items.
    pub tree: ItemTree,
    /// Edges out of test code and imports, by syntax.
    pub graph: ItemGraph,
    /// Integration tests: the crate and the target's name.
    pub integration: BTreeMap<CrateId, String>,
    /// Whether an item is compiled for tests alone, by id.
    test_only: Vec<bool>,
    /// From the cut's items to those of this tree.
    items: HashMap<ItemId, ItemId>,
    /// From the cut's modules to those of this tree.
    modules: HashMap<ModuleId, ModuleId>,
    /// From this tree's crates to the cut's.
    crates: BTreeMap<CrateId, CrateId>,
}

impl View {
    /// Whether an item is compiled for tests alone.
    pub fn is_test_only(&self, id: ItemId) -> bool {
        self.test_only.get(id.index()).copied().unwrap_or(false)
    }

    /// The cut's crate behind one of this tree.
    pub fn main_crate(&self, id: CrateId) -> Option<CrateId> {
        self.crates.get(&id).copied()
    }

    /// A choice of the cut in terms of this tree. Test code is left out of it.
    pub fn choice(&self, choice: &Choice, krate: CrateId) -> Choice {
        let item = |id: &ItemId| self.items.get(id).copied();
        let module = |id: &ModuleId| self.modules.get(id).copied();
        let mut leaves: BTreeMap<ItemId, _> = choice
            .leaves
            .iter()
            .filter_map(|(id, left)| Some((item(id)?, left.clone())))
            .collect();
        for own in self.tree.items.iter().filter(|i| i.krate == krate) {
            let is_import = matches!(
                self.tree.raw(own.id).kind,
                ItemKind::Use | ItemKind::ExternCrate
            );
            if is_import && self.is_test_only(own.id) {
                leaves.entry(own.id).or_default();
            }
        }
        Choice {
            items: choice.items.iter().filter_map(item).collect(),
            modules: choice.modules.iter().filter_map(module).collect(),
            leaves,
            widen: choice.widen.iter().filter_map(item).collect(),
            attributes: choice
                .attributes
                .iter()
                .filter_map(|(id, lines)| Some((item(id)?, lines.clone())))
                .collect(),
            prologue: choice
                .prologue
                .iter()
                .filter_map(|(id, lines)| Some((module(id)?, lines.clone())))
                .collect(),
            lifted: choice.lifted.clone(),
            private_but: None,
            tests: true,
        }
    }
}

/// Whether an attribute makes a function a test.
pub fn is_test_fn(raw: &RawItem) -> bool {
    raw.kind == ItemKind::Fn
        && raw.attrs.iter().any(|a| {
            let last = a.path.rsplit("::").next().unwrap_or(&a.path).trim();
            last.ends_with("test")
                || matches!(
                    last,
                    "test_case" | "quickcheck" | "parameterized" | "apply" | "theory"
                )
        })
}

/// Loads the view.
pub fn view(job: &Job<'_>) -> View {
    let mut workspace = job.workspace.clone();
    workspace.host_cfg.extend("test".parse());
    for package in &mut workspace.packages {
        // A test sees the library as a binary does.
        let tests = package.tests.iter().filter(|t| package.builds_target(t));
        let tests: Vec<Target> = tests.cloned().collect();
        package.targets.extend(tests);
        for dependency in &mut package.dependencies {
            if dependency.kind == DependencyKind::Development {
                dependency.kind = DependencyKind::Normal;
            }
        }
    }
    // What does not parse was said before.
    let mut tree = syntax::load(&workspace, &mut Sink::default());
    let main = job.tree;
    let mut crates = BTreeMap::new();
    let mut integration = BTreeMap::new();
    for krate in &tree.crates {
        let root = &tree.file(tree.module(krate.root).file).path;
        let is_test = job.workspace.package(krate.package).and_then(|p| {
            p.tests
                .iter()
                .find(|t| t.root == *root && t.crate_name() == krate.name)
        });
        if let Some(target) = is_test {
            integration.insert(krate.id, target.name.clone());
            continue;
        }
        let same = main
            .crates
            .iter()
            .find(|c| c.package == krate.package && c.shape == krate.shape && c.name == krate.name);
        crates.extend(same.map(|c| (krate.id, c.id)));
    }
    let back: HashMap<CrateId, CrateId> = crates.iter().map(|(v, m)| (*m, *v)).collect();
    let mut items = HashMap::new();
    for item in &main.items {
        let twin = back.get(&item.krate).and_then(|krate| {
            let file = tree.file_at(&main.file(item.file).path)?;
            tree.item_of(*krate, file, item.raw)
        });
        items.extend(twin.map(|twin| (item.id, twin)));
    }
    let mut modules = HashMap::new();
    for module in &main.modules {
        let twin = match module.decl {
            None => back.get(&module.krate).map(|k| tree.krate(*k).root),
            Some(decl) => items.get(&decl).and_then(|decl| {
                tree.modules
                    .iter()
                    .find(|m| m.decl == Some(*decl) && m.name == module.name)
                    .map(|m| m.id)
            }),
        };
        modules.extend(twin.map(|twin| (module.id, twin)));
    }
    let mut test_only: Vec<bool> = tree.items.iter().map(|i| i.active).collect();
    for (id, twin) in &items {
        let is_active = main.item(*id).active;
        if let Some(flag) = test_only.get_mut(twin.index()) {
            *flag &= !is_active || is_test_fn(main.raw(*id));
        }
        // What is `cfg(not(test))` stays what it is.
        if let Some(item) = tree.items.get_mut(twin.index()) {
            item.active |= is_active;
        }
    }
    for (id, twin) in &modules {
        if let Some(module) = tree.modules.get_mut(twin.index()) {
            module.active |= main.module(*id).active;
        }
    }
    let unread: Vec<ItemId> = tree
        .items
        .iter()
        .map(|i| i.id)
        .filter(|id| tree.raw(*id).kind == ItemKind::Other)
        .filter(|id| test_only.get(id.index()).copied().unwrap_or(false))
        .collect();
    for id in unread {
        if let Some(item) = tree.items.get_mut(id.index()) {
            item.active = false;
        }
    }
    let mut edges = quick::edges(&workspace, &tree);
    edges.retain(|e| {
        test_only.get(e.from.index()).copied().unwrap_or(false)
            || tree.raw(e.from).kind == ItemKind::Use
    });
    let graph = ItemGraph::new(&tree, edges, Vec::new(), false);
    View {
        workspace,
        tree,
        graph,
        integration,
        test_only,
        items,
        modules,
        crates,
    }
}
