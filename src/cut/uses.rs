//! Which `use` leaves and modules a set of items needs.
//!
//! Input: kept items and what checks have said so far. Output: modules and leaves for
//! [`crate::render::item::Choice`]. A leaf whose meaning rustc gave follows its meaning; one that names a
//! module follows the module; any other stays until rustc calls it unused or unresolved.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::ItemGraph;
use crate::id::{CrateId, ItemId, ModuleId};
use crate::syntax::{ItemKind, ItemTree, Payload, RefKind, UseDecl, UseLeaf, Visibility};
use crate::workspace::{Package, TargetShape, Workspace};

/// Where a path leads as far as modules go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leads {
    /// To a module of the workspace.
    Module(ModuleId),
    /// To a name inside a module of the workspace.
    Inside(ModuleId),
    /// Out of the workspace, or nowhere that is known.
    Elsewhere,
}

/// Follows `path`, written in `from`, through declared modules.
pub fn leads(workspace: &Workspace, tree: &ItemTree, from: ModuleId, path: &[String]) -> Leads {
    let krate = tree.module(from).krate;
    let mut segments = path.iter().map(String::as_str).peekable();
    let mut at = match segments.peek().copied() {
        Some("crate") => {
            segments.next();
            tree.krate(krate).root
        }
        Some("self") => {
            segments.next();
            from
        }
        Some("super") => from,
        Some(name) => {
            if let Some(child) = child(tree, from, name) {
                segments.next();
                child
            } else if let Some(other) = workspace_crate(workspace, tree, krate, name) {
                segments.next();
                tree.krate(other).root
            } else {
                return Leads::Elsewhere;
            }
        }
        None => return Leads::Elsewhere,
    };
    for name in segments {
        if name == "super" {
            match tree.module(at).parent {
                Some(parent) => at = parent,
                None => return Leads::Elsewhere,
            }
            continue;
        }
        match child(tree, at, name) {
            Some(next) => at = next,
            None => return Leads::Inside(at),
        }
    }
    Leads::Module(at)
}

fn child(tree: &ItemTree, of: ModuleId, name: &str) -> Option<ModuleId> {
    tree.modules
        .iter()
        .find(|m| m.parent == Some(of) && m.name == name && m.active)
        .map(|m| m.id)
}

/// The library of the workspace that `krate` calls `name`.
pub fn workspace_crate(
    workspace: &Workspace,
    tree: &ItemTree,
    krate: CrateId,
    name: &str,
) -> Option<CrateId> {
    let package = workspace.package(tree.krate(krate).package)?;
    let lib = |of: &Package| {
        let mut crates = tree.crates.iter();
        crates.find(|c| c.shape != TargetShape::Bin && c.package == of.id)
    };
    if let Some(own) = lib(package)
        && own.id != krate
        && own.name == name
    {
        return Some(own.id);
    }
    let declared = package.dependencies.iter();
    let mut libs = declared.filter_map(|d| Some((d, lib(workspace.member(d)?)?)));
    let (_, found) =
        libs.find(|(d, lib)| d.extern_name == name || (d.key == d.package && lib.name == name))?;
    Some(found.id)
}

/// What checks have decided about leaves and modules.
#[derive(Clone, Debug, Default)]
pub struct LeafState {
    /// Leaves that rustc called unused or unresolved.
    pub dropped: BTreeSet<(ItemId, usize)>,
    /// Leaves of foreign names that came back once: whoever misses the name again misses something else.
    pub undropped: BTreeSet<(ItemId, usize)>,
    /// Re-exports that function crates go through.
    pub pinned: BTreeSet<(ItemId, usize)>,
    /// Modules that must stay though they seem empty.
    pub forced: BTreeSet<ModuleId>,
}

/// What the output has beside the items in question.
#[derive(Debug)]
pub struct There<'a> {
    /// All kept items, of whatever crate.
    pub items: &'a BTreeSet<ItemId>,
    /// Modules that another crate of the output holds and that paths lead to all the same.
    pub modules: &'a BTreeSet<ModuleId>,
}

/// The modules and leaves that `items` of `krate` need.
pub fn needed(
    workspace: &Workspace,
    tree: &ItemTree,
    graph: &ItemGraph,
    krate: CrateId,
    items: &BTreeSet<ItemId>,
    there: &There<'_>,
    state: &LeafState,
) -> (BTreeSet<ModuleId>, BTreeMap<ItemId, BTreeSet<usize>>) {
    let (everywhere, beside) = (there.items, there.modules);
    let reexports = Reexports::new(workspace, tree, graph, everywhere);
    let mut modules = BTreeSet::new();
    let add = |modules: &mut BTreeSet<ModuleId>, module: ModuleId| {
        let mut at = Some(module);
        while let Some(id) = at {
            modules.insert(id);
            at = tree.module(id).parent;
        }
    };
    add(&mut modules, tree.krate(krate).root);
    for item in items {
        add(&mut modules, tree.item(*item).module);
    }
    for module in &state.forced {
        if tree.module(*module).krate == krate {
            add(&mut modules, *module);
        }
    }
    for (using, _) in &state.pinned {
        if tree.item(*using).krate == krate {
            add(&mut modules, tree.item(*using).module);
        }
    }
    let mut leaves = BTreeMap::new();
    let externs: Vec<ItemId> = state
        .dropped
        .iter()
        .map(|(item, _)| *item)
        .filter(|i| tree.raw(*i).kind == ItemKind::ExternCrate)
        .collect();
    let uses: Vec<ItemId> = tree
        .items
        .iter()
        .filter(|i| i.krate == krate && i.active && tree.raw(i.id).kind == ItemKind::Use)
        .map(|i| i.id)
        .collect();
    // A module that only re-exports stays while a staying leaf leads to it: repeat until nothing grows.
    loop {
        let before = modules.len();
        leaves.clear();
        let mut grown = Vec::new();
        for id in &uses {
            let module = tree.item(*id).module;
            if !modules.contains(&module) {
                continue;
            }
            let Payload::Use(decl) = &tree.raw(*id).payload else {
                continue;
            };
            let mut left = BTreeSet::new();
            for (index, leaf) in decl.leaves.iter().enumerate() {
                if state.pinned.contains(&(*id, index))
                    && !names_absent(tree, graph, *id, leaf, everywhere)
                {
                    left.insert(index);
                    continue;
                }
                if state.dropped.contains(&(*id, index)) {
                    continue;
                }
                let there: BTreeSet<ModuleId> = if beside.is_empty() {
                    BTreeSet::new()
                } else {
                    modules.union(beside).copied().collect()
                };
                let there = if beside.is_empty() { &modules } else { &there };
                match leaf_stays(&reexports, *id, leaf, there) {
                    Stays::Yes => {
                        left.insert(index);
                    }
                    Stays::WithModule(module) => {
                        left.insert(index);
                        grown.push(module);
                    }
                    Stays::No => {}
                }
            }
            leaves.insert(*id, left);
        }
        for module in grown {
            add(&mut modules, module);
        }
        if modules.len() == before {
            break;
        }
    }
    leaves.extend(externs.into_iter().map(|item| (item, BTreeSet::new())));
    (modules, leaves)
}

/// Modules that hold nothing but re-exports and that kept code of another crate (or code that moved to a
/// function crate) imports from: a prelude, say.
pub fn imported_modules(
    workspace: &Workspace,
    tree: &ItemTree,
    graph: &ItemGraph,
    kept: &BTreeSet<ItemId>,
    owned: &BTreeMap<ItemId, ItemId>,
    leaves: &LeafState,
    of_functions: &BTreeMap<ItemId, LeafState>,
) -> BTreeSet<ModuleId> {
    let holding: BTreeSet<ModuleId> = kept.iter().map(|i| tree.item(*i).module).collect();
    // The functions that hold code of a module, by module.
    let mut moved: BTreeMap<ModuleId, BTreeSet<ItemId>> = BTreeMap::new();
    for (item, owner) in owned {
        let owners = moved.entry(tree.item(*item).module).or_default();
        owners.insert(*owner);
    }
    let is_dropped = |module: ModuleId, key: &(ItemId, usize)| {
        let mut owners = moved.get(&module).into_iter().flatten();
        leaves.dropped.contains(key)
            && owners.all(|o| of_functions.get(o).is_some_and(|l| l.dropped.contains(key)))
    };
    let reexports = Reexports::new(workspace, tree, graph, kept);
    let others = |from: CrateId, at: ModuleId, path: &[String]| {
        let (module, wanted) = asked(workspace, tree, at, path)?;
        let is_other = tree.module(module).krate != from || moved.contains_key(&at);
        (is_other && reexports.bring(module, wanted)).then_some(module)
    };
    let mut uses: BTreeMap<ModuleId, Vec<(ItemId, &UseDecl)>> = BTreeMap::new();
    for item in tree.items.iter().filter(|i| i.active) {
        if let Payload::Use(decl) = &tree.raw(item.id).payload {
            uses.entry(item.module).or_default().push((item.id, decl));
        }
    }
    let mut found = written_paths(workspace, tree, kept, &others);
    // What such a module imports from may be of the same kind.
    let mut queue: Vec<ModuleId> = holding.union(&found).copied().collect();
    while let Some(module) = queue.pop() {
        let krate = tree.module(module).krate;
        for (item, decl) in uses.get(&module).into_iter().flatten() {
            for (index, leaf) in decl.leaves.iter().enumerate() {
                if !is_dropped(module, &(*item, index))
                    && let Some(next) = others(krate, module, &leaf.path)
                    && found.insert(next)
                    && !holding.contains(&next)
                {
                    queue.push(next);
                }
            }
        }
    }
    found
}

/// The module of another crate that a path leads through, written in a crate's module.
type Others<'a> = dyn Fn(CrateId, ModuleId, &[String]) -> Option<ModuleId> + 'a;

/// The modules of other crates that kept code goes through by a path without a `use`.
fn written_paths(
    workspace: &Workspace,
    tree: &ItemTree,
    kept: &BTreeSet<ItemId>,
    others: &Others<'_>,
) -> BTreeSet<ModuleId> {
    let dependencies = workspace.packages.iter().flat_map(|p| &p.dependencies);
    let local = dependencies.filter(|d| d.path.is_some());
    let names: BTreeSet<&str> = local
        .map(|d| d.extern_name.as_str())
        .chain(tree.crates.iter().map(|c| c.name.as_str()))
        .collect();
    let mut found = BTreeSet::new();
    for item in tree
        .items
        .iter()
        .filter(|i| kept.contains(&tree.unit(i.id)))
    {
        for name in &tree.raw(item.id).refs {
            let Some((first, _)) = name.path.split_once("::") else {
                continue;
            };
            if name.kind != RefKind::Member && names.contains(first) {
                let path: Vec<String> = name.path.split("::").map(str::to_owned).collect();
                found.extend(others(item.krate, item.module, &path));
            }
        }
    }
    found
}

/// Whether a leaf is known to name only items that are not there.
fn names_absent(
    tree: &ItemTree,
    graph: &ItemGraph,
    item: ItemId,
    leaf: &UseLeaf,
    there: &BTreeSet<ItemId>,
) -> bool {
    let mut meanings = graph
        .out(item)
        .filter(|e| leaf.full.contains(e.offset) && tree.raw(e.to).kind != ItemKind::Mod)
        .map(|e| tree.unit(e.to))
        .peekable();
    meanings.peek().is_some() && !meanings.any(|unit| there.contains(&unit))
}

enum Stays {
    Yes,
    /// It stays and takes this re-exporting module along.
    WithModule(ModuleId),
    No,
}

fn leaf_stays(
    reexports: &Reexports<'_>,
    item: ItemId,
    leaf: &UseLeaf,
    modules: &BTreeSet<ModuleId>,
) -> Stays {
    let Reexports {
        workspace,
        tree,
        graph,
        kept,
        ..
    } = reexports;
    let meanings: Vec<ItemId> = graph
        .out(item)
        .filter(|e| leaf.full.contains(e.offset))
        .map(|e| e.to)
        .filter(|to| tree.raw(*to).kind != ItemKind::Mod)
        .map(|to| tree.unit(to))
        .collect();
    if !meanings.is_empty() {
        return if meanings.iter().any(|m| kept.contains(m)) {
            Stays::Yes
        } else {
            Stays::No
        };
    }
    let from = tree.item(item).module;
    let krate = tree.item(item).krate;
    let Some((reached, wanted)) = asked(workspace, tree, from, &leaf.path) else {
        return Stays::Yes;
    };
    // No reference leads to a macro that a crate makes for others; as for a foreign name, rustc tells.
    if tree.krate(tree.module(reached).krate).shape == TargetShape::ProcMacro {
        return Stays::Yes;
    }
    if tree.module(reached).krate != krate {
        // Another crate of the output decides on its own; rustc tells what is missing.
        let any = kept
            .iter()
            .any(|k| tree.item(*k).krate == tree.module(reached).krate);
        return if any || reexports.bring(reached, wanted) {
            Stays::Yes
        } else {
            Stays::No
        };
    }
    if modules.contains(&reached) {
        return Stays::Yes;
    }
    if reexports.bring(reached, wanted) {
        Stays::WithModule(reached)
    } else {
        Stays::No
    }
}

/// The module that a path leads to, and the name that it asks of it; none when the module is what it names.
fn asked<'p>(
    workspace: &Workspace,
    tree: &ItemTree,
    from: ModuleId,
    path: &'p [String],
) -> Option<(ModuleId, Option<&'p String>)> {
    match leads(workspace, tree, from, path) {
        Leads::Module(module) => Some((module, None)),
        Leads::Elsewhere => None,
        Leads::Inside(module) => {
            let is_reached = |count: &usize| {
                let before = path.get(..*count).unwrap_or_default();
                leads(workspace, tree, from, before) == Leads::Module(module)
            };
            let count = (1..path.len()).rev().find(is_reached).unwrap_or(0);
            Some((module, path.get(count)))
        }
    }
}

/// The re-exports of modules: what is asked of many leaves is looked up once.
struct Reexports<'a> {
    workspace: &'a Workspace,
    tree: &'a ItemTree,
    graph: &'a ItemGraph,
    kept: &'a BTreeSet<ItemId>,
    /// The visible `use` items of each module.
    of: BTreeMap<ModuleId, Vec<(ItemId, &'a UseDecl)>>,
    /// The names of what each module declares itself that is kept and visible, and of the modules with such.
    own: BTreeMap<ModuleId, BTreeSet<&'a str>>,
}

impl<'a> Reexports<'a> {
    fn new(
        workspace: &'a Workspace,
        tree: &'a ItemTree,
        graph: &'a ItemGraph,
        kept: &'a BTreeSet<ItemId>,
    ) -> Self {
        let mut of: BTreeMap<ModuleId, Vec<(ItemId, &UseDecl)>> = BTreeMap::new();
        for item in tree.items.iter().filter(|i| i.active) {
            let raw = tree.raw(item.id);
            if let (Payload::Use(decl), true) = (&raw.payload, raw.vis != Visibility::Inherited) {
                of.entry(item.module).or_default().push((item.id, decl));
            }
        }
        let mut own: BTreeMap<ModuleId, BTreeSet<&str>> = BTreeMap::new();
        for id in kept {
            let raw = tree.raw(*id);
            if raw.vis != Visibility::Inherited {
                let module = tree.item(*id).module;
                own.entry(module).or_default().insert(&raw.name);
                // A glob brings the modules that hold it, too.
                let mut inner = Some(tree.module(module));
                while let Some((at, outer)) = inner.and_then(|m| Some((m, m.parent?))) {
                    own.entry(outer).or_default().insert(&at.name);
                    inner = Some(tree.module(outer));
                }
            }
        }
        Self {
            workspace,
            tree,
            graph,
            kept,
            of,
            own,
        }
    }

    /// Whether a module brings kept items or foreign names, of a name where one is wanted, itself or through
    /// others.
    fn bring(&self, module: ModuleId, wanted: Option<&String>) -> bool {
        let of_name = |own: &&UseLeaf| own.glob || wanted.is_none_or(|name| *name == own.name);
        let mut seen = BTreeSet::from([module]);
        let mut queue = vec![module];
        while let Some(module) = queue.pop() {
            for (item, decl) in self.of.get(&module).into_iter().flatten() {
                let mut named = self.graph.out(*item);
                if named.any(|e| self.kept.contains(&self.tree.unit(e.to))) {
                    return true;
                }
                for own in decl.leaves.iter().filter(of_name) {
                    match leads(self.workspace, self.tree, module, &own.path) {
                        Leads::Elsewhere => return true,
                        Leads::Module(next) | Leads::Inside(next) => {
                            if own.glob && self.declares(next, wanted) {
                                return true;
                            }
                            if seen.insert(next) {
                                queue.push(next);
                            }
                        }
                    }
                }
            }
        }
        false
    }

    /// Whether a glob of a module brings something that it declares itself, of that name where one is wanted.
    fn declares(&self, module: ModuleId, wanted: Option<&String>) -> bool {
        let names = self.own.get(&module);
        names.is_some_and(|names| wanted.is_none_or(|name| names.contains(name.as_str())))
    }
}
