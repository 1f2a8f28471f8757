//! The slice: the items that entries need, and no other.
//!
//! Input: [`ItemTree`], [`ItemGraph`], seeds. Output: [`Slice`]: the kept items, each with its reason.
//! The rules: what a kept item names is kept; a member keeps its impl or trait; an impl is kept when every
//! local type and trait in its head is kept (docs/concepts, "The impl rule"); a method of the workspace's own
//! trait comes with all kept impls of it or with none; impls of foreign traits come whole; what registers itself
//! in kept state comes with it.

pub mod registrations;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::graph::{Certainty, ItemGraph};
use crate::id::{CrateId, ItemId};
use crate::syntax::{ItemKind, ItemTree, Payload};
use registrations::Registration;

/// Why an item is in the slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It is an entry.
    Entry,
    /// Another kept item names it, at this byte of the other's file.
    Named {
        /// The item that names it.
        by: ItemId,
        /// Where.
        offset: u32,
        /// How sure.
        certainty: Certainty,
    },
    /// It holds a kept member, or is a member that comes with its holder.
    Holds(ItemId),
    /// The impl rule: the last of its head's items that was kept.
    Impl(ItemId),
    /// The linker or the loader makes it reach this kept state.
    Registered(ItemId),
    /// A cut without it did not compile; rustc asked for it.
    Compiler,
}

/// The kept items.
#[derive(Clone, Debug, Default)]
pub struct Slice {
    /// Items and members with their reasons.
    pub kept: BTreeMap<ItemId, Why>,
}

impl Slice {
    /// Whether an item is kept; a field or variant is when its type is.
    pub fn contains(&self, tree: &ItemTree, item: ItemId) -> bool {
        self.kept.contains_key(&tree.unit(item))
    }
}

/// What the closure starts from and must leave out.
#[derive(Clone, Debug, Default)]
pub struct Seeds {
    /// The entries.
    pub entries: Vec<ItemId>,
    /// Items a check asked for.
    pub forced: BTreeSet<ItemId>,
    /// Items the reachability oracle found dead.
    pub blocked: BTreeSet<ItemId>,
}

/// Items by item: a closure asks for them at each step, and a run makes thousands of closures.
#[derive(Debug)]
struct Lists(Vec<Vec<ItemId>>);

impl Lists {
    fn new(tree: &ItemTree) -> Self {
        Self(vec![Vec::new(); tree.items.len()])
    }

    fn add(&mut self, to: ItemId, item: ItemId) {
        if let Some(list) = self.0.get_mut(to.index()) {
            list.push(item);
        }
    }

    fn of(&self, item: ItemId) -> &[ItemId] {
        self.0
            .get(item.index())
            .map(Vec::as_slice)
            .unwrap_or_default()
    }
}

/// Facts about impls that do not depend on the entry; made once for many closures.
#[derive(Debug)]
pub struct Rules {
    /// Trait impls and impl-like macro calls: the units their heads name.
    heads: BTreeMap<ItemId, Vec<ItemId>>,
    /// From a unit to the impls whose heads name it.
    waiting: Lists,
    /// The local trait of an impl.
    trait_of: BTreeMap<ItemId, ItemId>,
    /// From a local trait to its impls.
    impls_of: Lists,
    /// Members of impls, traits, types.
    members: Lists,
    /// Impls whose heads name nothing local that is known.
    unconditional: Vec<ItemId>,
    /// What registers itself.
    registrations: Vec<Registration>,
}

impl Rules {
    /// Reads the rules off the graph.
    pub fn new(tree: &ItemTree, graph: &ItemGraph) -> Self {
        let mut rules = Self {
            heads: BTreeMap::new(),
            waiting: Lists::new(tree),
            trait_of: BTreeMap::new(),
            impls_of: Lists::new(tree),
            members: Lists::new(tree),
            unconditional: Vec::new(),
            registrations: registrations::registrations(tree, graph),
        };
        for item in &tree.items {
            if let Some(parent) = item.parent {
                rules.members.add(parent, item.id);
            }
            if !item.active {
                continue;
            }
            let raw = tree.raw(item.id);
            let head = match &raw.payload {
                Payload::Impl(head) => {
                    let deciding = |offset: u32| head.deciding.iter().any(|r| r.contains(offset));
                    if let Some(range) = head.deciding.get(1) {
                        let named = graph.out(item.id).find(|e| {
                            range.contains(e.offset) && tree.raw(e.to).kind == ItemKind::Trait
                        });
                        if let Some(edge) = named {
                            rules.trait_of.insert(item.id, edge.to);
                            rules.impls_of.add(edge.to, item.id);
                        }
                    } else {
                        continue;
                    }
                    head_units(tree, graph, item.id, deciding)
                }
                // A macro call that declares nothing by name makes impls: the types in its tokens decide.
                Payload::MacroCall { declares, .. }
                    if raw.kind == ItemKind::MacroCall && declares.is_empty() =>
                {
                    let units = head_units(tree, graph, item.id, |offset| offset > raw.body_start);
                    if units.is_empty() {
                        continue;
                    }
                    units
                }
                Payload::None if raw.kind == ItemKind::Const && raw.name == "_" => {
                    let units = head_units(tree, graph, item.id, |_| true);
                    if units.is_empty() {
                        continue;
                    }
                    units
                }
                _ => continue,
            };
            if head.is_empty() {
                rules.unconditional.push(item.id);
            }
            for unit in &head {
                rules.waiting.add(*unit, item.id);
            }
            rules.heads.insert(item.id, head);
        }
        rules
    }

    /// The local trait that an impl implements.
    pub fn trait_of(&self, item: ItemId) -> Option<ItemId> {
        self.trait_of.get(&item).copied()
    }

    /// The impls of a local trait.
    pub fn impls_of(&self, item: ItemId) -> &[ItemId] {
        self.impls_of.of(item)
    }

    /// The members of an impl, trait or type.
    pub fn members(&self, item: ItemId) -> &[ItemId] {
        self.members.of(item)
    }

    /// Registrations in kept state that are not kept: their crates have no other part in the slice, so nothing
    /// would link them. Each with the state.
    pub fn unlinked<'a>(&'a self, slice: &'a Slice) -> impl Iterator<Item = (ItemId, ItemId)> + 'a {
        let left = self
            .registrations
            .iter()
            .filter(|r| !slice.kept.contains_key(&r.item));
        left.filter_map(|r| {
            let state = r.touches.iter().find(|t| slice.kept.contains_key(t))?;
            Some((r.item, *state))
        })
    }

    /// The units that an impl's head names.
    pub fn head(&self, item: ItemId) -> Option<&[ItemId]> {
        self.heads.get(&item).map(Vec::as_slice)
    }
}

/// The local types and traits (and macro calls that made some) in a head, aliases followed.
fn head_units(
    tree: &ItemTree,
    graph: &ItemGraph,
    item: ItemId,
    deciding: impl Fn(u32) -> bool,
) -> Vec<ItemId> {
    let mut units = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut queue: Vec<ItemId> = graph
        .out(item)
        .filter(|e| deciding(e.offset))
        .map(|e| tree.unit(e.to))
        .collect();
    while let Some(unit) = queue.pop() {
        if !seen.insert(unit) || unit == item {
            continue;
        }
        match tree.raw(unit).kind {
            ItemKind::Struct
            | ItemKind::Enum
            | ItemKind::Union
            | ItemKind::Trait
            | ItemKind::MacroCall => {
                units.insert(unit);
            }
            ItemKind::TypeAlias => queue.extend(graph.out(unit).map(|e| tree.unit(e.to))),
            _ => {}
        }
    }
    units.into_iter().collect()
}

/// The closure of the seeds.
pub fn slice(tree: &ItemTree, graph: &ItemGraph, rules: &Rules, seeds: &Seeds) -> Slice {
    let mut closure = Closure {
        tree,
        graph,
        rules,
        seeds,
        kept: Vec::new(),
        queue: VecDeque::new(),
        met: vec![0; tree.items.len()],
        there: vec![false; tree.items.len()],
    };
    for entry in &seeds.entries {
        closure.keep(*entry, Why::Entry);
    }
    for forced in &seeds.forced {
        closure.keep(*forced, Why::Compiler);
    }
    closure.run();
    // Impls of foreign traits for types that only macros know: kept when their crate is, since nothing
    // tells that they are not needed.
    let crates = closure.crates();
    for item in &rules.unconditional {
        if crates.contains(&tree.item(*item).krate) {
            closure.keep(*item, Why::Impl(*item));
        }
    }
    closure.run();
    closure.register();
    Slice {
        kept: closure.kept.into_iter().collect(),
    }
}

struct Closure<'a> {
    tree: &'a ItemTree,
    graph: &'a ItemGraph,
    rules: &'a Rules,
    seeds: &'a Seeds,
    kept: Vec<(ItemId, Why)>,
    queue: VecDeque<ItemId>,
    /// How many units of its head an impl has met.
    met: Vec<usize>,
    /// What `kept` has, to be asked at each step.
    there: Vec<bool>,
}

impl Closure<'_> {
    fn has(&self, item: ItemId) -> bool {
        self.there.get(item.index()).copied().unwrap_or(false)
    }

    fn crates(&self) -> BTreeSet<CrateId> {
        let kept = self.kept.iter();
        kept.map(|(item, _)| self.tree.item(*item).krate).collect()
    }

    fn keep(&mut self, item: ItemId, why: Why) {
        let unit = self.tree.unit(item);
        let kind = self.tree.raw(unit).kind;
        // Modules and uses follow from what they hold and bring.
        if matches!(kind, ItemKind::Mod | ItemKind::Use) || self.has(unit) {
            return;
        }
        if self.seeds.blocked.contains(&unit) && why != Why::Entry {
            return;
        }
        if !self.tree.item(unit).active {
            return;
        }
        if let Some(there) = self.there.get_mut(unit.index()) {
            *there = true;
        }
        self.kept.push((unit, why));
        self.queue.push_back(unit);
    }

    fn run(&mut self) {
        while let Some(item) = self.queue.pop_front() {
            self.visit(item);
        }
    }

    /// Keeps what registers itself in kept state, as far as its crate is there.
    fn register(&mut self) {
        loop {
            let crates = self.crates();
            let before = self.kept.len();
            for registration in &self.rules.registrations {
                let touched = registration.touches.iter().find(|t| self.has(**t));
                if let Some(state) = touched
                    && crates.contains(&self.tree.item(registration.item).krate)
                {
                    self.keep(registration.item, Why::Registered(*state));
                }
            }
            self.run();
            if self.kept.len() == before {
                break;
            }
        }
    }

    fn visit(&mut self, item: ItemId) {
        self.follow(item);
        let node = self.tree.item(item);
        if let Some(parent) = node.parent {
            self.keep(parent, Why::Holds(item));
        }
        // A module that a macro call declares keeps the call.
        let mut module = Some(node.module);
        while let Some(id) = module {
            let m = self.tree.module(id);
            if let Some(decl) = m.decl
                && self.tree.raw(decl).kind == ItemKind::MacroCall
            {
                self.keep(decl, Why::Holds(item));
            }
            module = m.parent;
        }
        match self.tree.raw(item).kind {
            ItemKind::Struct | ItemKind::Enum | ItemKind::Union | ItemKind::ForeignMod => {
                self.follow_members(item);
            }
            ItemKind::Trait => {
                let rules = self.rules;
                for member in rules.members(item) {
                    if self.tree.raw(*member).kind != ItemKind::TraitFn {
                        self.keep(*member, Why::Holds(item));
                    }
                }
            }
            ItemKind::TraitFn => self.keep_implementations(item),
            ItemKind::Impl => self.visit_impl(item),
            _ => {}
        }
        self.release(item);
    }

    fn follow(&mut self, item: ItemId) {
        let graph = self.graph;
        for edge in graph.out(item) {
            let why = Why::Named {
                by: item,
                offset: edge.offset,
                certainty: edge.certainty,
            };
            self.keep(edge.to, why);
        }
    }

    /// Fields and variants have no life of their own: what they name, their type needs.
    fn follow_members(&mut self, item: ItemId) {
        let rules = self.rules;
        for member in rules.members(item).iter().copied() {
            let graph = self.graph;
            // A variant's field is named by the type: the variant has no reason of its own to lead on.
            let by = self.tree.unit(item);
            for edge in graph.out(member) {
                let why = Why::Named {
                    by,
                    offset: edge.offset,
                    certainty: edge.certainty,
                };
                self.keep(edge.to, why);
            }
            self.follow_members(member);
        }
    }

    fn visit_impl(&mut self, item: ItemId) {
        let is_trait_impl =
            matches!(&self.tree.raw(item).payload, Payload::Impl(h) if h.trait_path.is_some());
        let local = self.rules.trait_of(item);
        let rules = self.rules;
        for member in rules.members(item).iter().copied() {
            let kind = self.tree.raw(member).kind;
            let comes = match (kind, local) {
                (ItemKind::ImplFn, Some(own)) => self.trait_member_kept(own, member),
                (ItemKind::ImplFn | ItemKind::ImplConst, None) => is_trait_impl,
                _ => true,
            };
            if comes {
                self.keep(member, Why::Holds(item));
            }
        }
    }

    /// Whether the trait's member with the impl member's name is kept. A name that the trait does not have
    /// comes from a macro in the trait, and is kept.
    fn trait_member_kept(&self, own: ItemId, member: ItemId) -> bool {
        let name = &self.tree.raw(member).name;
        let declared = self
            .rules
            .members(own)
            .iter()
            .find(|m| self.tree.raw(**m).name == *name);
        declared.is_none_or(|declared| self.has(*declared))
    }

    fn keep_implementations(&mut self, method: ItemId) {
        let Some(own) = self.tree.item(method).parent else {
            return;
        };
        let name = self.tree.raw(method).name.clone();
        let rules = self.rules;
        for implementation in rules.impls_of.of(own) {
            if !self.has(*implementation) {
                continue;
            }
            for member in rules.members(*implementation) {
                if self.tree.raw(*member).name == name {
                    self.keep(*member, Why::Holds(*implementation));
                }
            }
        }
    }

    /// The impl rule: impls that waited for `item` alone are kept now.
    fn release(&mut self, item: ItemId) {
        let rules = self.rules;
        for waiting in rules.waiting.of(item) {
            let Some(met) = self.met.get_mut(waiting.index()) else {
                continue;
            };
            *met += 1;
            if rules
                .heads
                .get(waiting)
                .is_some_and(|head| head.len() == *met)
            {
                self.keep(*waiting, Why::Impl(item));
            }
        }
    }
}
