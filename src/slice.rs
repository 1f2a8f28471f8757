//! The slice: the items that entries need, and no other.
//!
//! Input: [`ItemTree`], [`ItemGraph`], seeds. Output: [`Slice`]: the kept items, each with its reason.
//! The rules: what a kept item names is kept; a member keeps its impl or trait; an impl is kept when every
//! local type and trait in its head is kept (docs/concepts, "The impl rule"); a method or constant of the workspace's
//! own trait comes with all kept impls of it or with none; impls of foreign traits come whole; what registers itself
//! in kept state comes with it.

mod clauses;
pub mod closures;
pub mod registrations;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::graph::{Certainty, ItemGraph};
use crate::id::{CrateId, ItemId};
use crate::syntax::{ItemKind, ItemTree, Payload};
use clauses::{Clauses, keepable};
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
    /// The crates of which something is kept.
    pub fn crates(&self, tree: &ItemTree) -> BTreeSet<CrateId> {
        let kept = self.kept.keys();
        kept.map(|item| tree.item(*item).krate).collect()
    }

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
    /// The local trait of an impl.
    trait_of: BTreeMap<ItemId, ItemId>,
    /// From a local trait to its impls.
    impls_of: Lists,
    /// From a type to the trait impls whose self type names it.
    impls_for: Lists,
    /// Members of impls, traits, types.
    members: Lists,
    /// What registers itself.
    registrations: Vec<Registration>,
    /// All that makes an item kept.
    clauses: Clauses,
}

impl Rules {
    /// Reads the rules off the graph.
    pub fn new(tree: &ItemTree, graph: &ItemGraph) -> Self {
        let mut rules = Self {
            heads: BTreeMap::new(),
            trait_of: BTreeMap::new(),
            impls_of: Lists::new(tree),
            impls_for: Lists::new(tree),
            members: Lists::new(tree),
            registrations: registrations::registrations(tree, graph),
            clauses: Clauses::default(),
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
                    if let Some(range) = head.deciding.first().filter(|_| head.trait_path.is_some())
                    {
                        let named = graph.out(item.id).filter(|e| range.contains(e.offset));
                        for edge in named {
                            rules.impls_for.add(edge.to, item.id);
                        }
                    }
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
            rules.heads.insert(item.id, head);
        }
        rules.clauses = Clauses::new(tree, graph, &rules);
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

    /// The trait impls whose self type names a type.
    pub fn impls_for(&self, item: ItemId) -> &[ItemId] {
        self.impls_for.of(item)
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
pub fn slice(tree: &ItemTree, rules: &Rules, seeds: &Seeds) -> Slice {
    let clauses = &rules.clauses;
    let mut closure = Closure {
        tree,
        clauses,
        seeds,
        kept: Vec::new(),
        queue: VecDeque::new(),
        late: Vec::new(),
        met: vec![0; clauses.joints.len()],
        there: vec![false; clauses.steps.len()],
    };
    for entry in &seeds.entries {
        closure.keep(*entry, Why::Entry);
    }
    for forced in &seeds.forced {
        closure.keep(*forced, Why::Compiler);
    }
    closure.run();
    Slice {
        kept: closure.kept.into_iter().collect(),
    }
}

struct Closure<'a> {
    tree: &'a ItemTree,
    clauses: &'a Clauses,
    seeds: &'a Seeds,
    kept: Vec<(ItemId, Why)>,
    /// Atoms whose clauses are to be followed.
    queue: VecDeque<usize>,
    /// The same of crates: what only its crate makes kept comes last, so that chains of names are the reasons.
    late: Vec<usize>,
    /// How much of what a clause needs is there.
    met: Vec<usize>,
    /// What `kept` has, to be asked at each step.
    there: Vec<bool>,
}

impl Closure<'_> {
    fn keep(&mut self, item: ItemId, why: Why) {
        let Some(unit) = keepable(self.tree, item) else {
            return;
        };
        if self.seeds.blocked.contains(&unit) && why != Why::Entry {
            return;
        }
        if !self.insert(unit.index()) {
            return;
        }
        self.kept.push((unit, why));
        self.queue.push_back(unit.index());
        let krate = self.clauses.krate(self.tree.item(unit).krate);
        if self.insert(krate) {
            self.late.push(krate);
        }
    }

    /// Whether it was not there.
    fn insert(&mut self, atom: usize) -> bool {
        self.there
            .get_mut(atom)
            .is_some_and(|there| !std::mem::replace(there, true))
    }

    fn run(&mut self) {
        let clauses = self.clauses;
        while let Some(atom) = self.queue.pop_front().or_else(|| self.late.pop()) {
            for step in clauses.steps.get(atom).into_iter().flatten() {
                self.keep(step.gives, step.why);
            }
            for number in clauses.waiting.get(atom).into_iter().flatten() {
                let joint = clauses.joints.get(*number);
                let met = self.met.get_mut(*number);
                let (Some(joint), Some(met)) = (joint, met) else {
                    continue;
                };
                *met += 1;
                if *met == joint.needs.len() {
                    // The impl rule's reason is what was met last.
                    self.keep(
                        joint.gives,
                        joint.why.unwrap_or(Why::Impl(ItemId::new(atom))),
                    );
                }
            }
        }
    }
}
