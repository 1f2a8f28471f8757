//! The slice's rules as definite clauses: what has to be kept where other things are.
//!
//! Input: tree, graph, and what [`Rules`] has read off them. Output: [`Clauses`] over atoms: an item is the
//! atom of its own number, and after the items each crate is one, which holds when any item of it is kept.
//! Nothing depends on an entry. Refuses nothing.

use super::{Rules, Why};
use crate::graph::ItemGraph;
use crate::id::{CrateId, ItemId};
use crate::syntax::{ItemKind, ItemTree, Payload};

/// One atom makes an item kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// What is kept.
    pub gives: ItemId,
    /// Why.
    pub why: Why,
}

/// Several atoms together make an item kept.
#[derive(Clone, Debug)]
pub(super) struct Joint {
    /// The atoms, each once; the first is the one that holds least often.
    pub needs: Vec<usize>,
    /// What is kept.
    pub gives: ItemId,
    /// Why; `None` for the impl rule, whose reason is the atom that was met last.
    pub why: Option<Why>,
}

/// All clauses.
#[derive(Debug, Default)]
pub(super) struct Clauses {
    items: usize,
    /// By atom; in the order in which a person would look for a reason.
    pub steps: Vec<Vec<Step>>,
    /// The others.
    pub joints: Vec<Joint>,
    /// By atom: the joints that need it.
    pub waiting: Vec<Vec<usize>>,
}

/// What a cut keeps when it keeps `item`: its unit, if that is compiled. Modules and uses follow from what
/// they hold and bring.
pub(super) fn keepable(tree: &ItemTree, item: ItemId) -> Option<ItemId> {
    let unit = tree.unit(item);
    let follows = matches!(tree.raw(unit).kind, ItemKind::Mod | ItemKind::Use);
    (tree.item(unit).active && !follows).then_some(unit)
}

impl Clauses {
    /// Writes the rules down.
    pub(super) fn new(tree: &ItemTree, graph: &ItemGraph, rules: &Rules) -> Self {
        let items = tree.items.len();
        let atoms = items + tree.crates.len();
        let mut clauses = Self {
            items,
            steps: vec![Vec::new(); atoms],
            joints: Vec::new(),
            waiting: vec![Vec::new(); atoms],
        };
        for item in tree.items.iter().map(|item| item.id) {
            if keepable(tree, item) == Some(item) {
                clauses.item(tree, graph, rules, item);
            }
        }
        for (item, head) in &rules.heads {
            clauses.head(tree, *item, head);
        }
        for registration in &rules.registrations {
            let krate = clauses.krate(tree.item(registration.item).krate);
            for state in &registration.touches {
                let needs = vec![state.index(), krate];
                clauses.joint(
                    tree,
                    needs,
                    registration.item,
                    Some(Why::Registered(*state)),
                );
            }
        }
        clauses.first_reasons();
        for (number, joint) in clauses.joints.iter().enumerate() {
            for atom in &joint.needs {
                if let Some(list) = clauses.waiting.get_mut(*atom) {
                    list.push(number);
                }
            }
        }
        clauses
    }

    /// Of several reasons for the same item the first is the one to tell.
    fn first_reasons(&mut self) {
        let mut by = vec![usize::MAX; self.items];
        for (atom, steps) in self.steps.iter_mut().enumerate() {
            steps.retain(|step| {
                let last = by.get_mut(step.gives.index());
                last.is_none_or(|last| std::mem::replace(last, atom) != atom)
            });
        }
    }

    /// The atom of a crate.
    pub(super) fn krate(&self, krate: CrateId) -> usize {
        self.items + krate.index()
    }

    fn item(&mut self, tree: &ItemTree, graph: &ItemGraph, rules: &Rules, item: ItemId) {
        self.follow(tree, graph, item, item);
        let node = tree.item(item);
        if let Some(parent) = node.parent {
            self.step(tree, item.index(), parent, Why::Holds(item));
        }
        // A module that a macro call declares keeps the call.
        let mut module = Some(node.module);
        while let Some(id) = module {
            let m = tree.module(id);
            if let Some(decl) = m.decl
                && tree.raw(decl).kind == ItemKind::MacroCall
            {
                self.step(tree, item.index(), decl, Why::Holds(item));
            }
            module = m.parent;
        }
        match tree.raw(item).kind {
            ItemKind::Struct | ItemKind::Enum | ItemKind::Union | ItemKind::ForeignMod => {
                self.follow_members(tree, graph, rules, item, item);
            }
            ItemKind::Trait => {
                for member in rules.members(item) {
                    let by_name = [ItemKind::TraitFn, ItemKind::TraitConst];
                    if !by_name.contains(&tree.raw(*member).kind) {
                        self.step(tree, item.index(), *member, Why::Holds(item));
                    }
                }
            }
            ItemKind::Impl => self.members(tree, rules, item),
            _ => {}
        }
    }

    /// What `part` of a unit names is kept with the unit.
    fn follow(&mut self, tree: &ItemTree, graph: &ItemGraph, unit: ItemId, part: ItemId) {
        for edge in graph.out(part) {
            let why = Why::Named {
                by: unit,
                offset: edge.offset,
                certainty: edge.certainty,
            };
            self.step(tree, unit.index(), edge.to, why);
        }
    }

    /// Fields and variants have no life of their own: what they name, their type needs.
    fn follow_members(
        &mut self,
        tree: &ItemTree,
        graph: &ItemGraph,
        rules: &Rules,
        unit: ItemId,
        of: ItemId,
    ) {
        for member in rules.members(of) {
            self.follow(tree, graph, unit, *member);
            self.follow_members(tree, graph, rules, unit, *member);
        }
    }

    /// The members of an impl: of the workspace's own trait those that the trait keeps, of a foreign trait
    /// all, of a type itself those that are named.
    fn members(&mut self, tree: &ItemTree, rules: &Rules, item: ItemId) {
        let is_trait_impl =
            matches!(&tree.raw(item).payload, Payload::Impl(head) if head.trait_path.is_some());
        let own = rules.trait_of(item);
        let why = Why::Holds(item);
        for member in rules.members(item).iter().copied() {
            let raw = tree.raw(member);
            let named = |m: &&ItemId| tree.raw(**m).name == raw.name;
            let declared = own.map(|own| rules.members(own).iter().filter(named));
            // Under opposite conditions a trait declares one method twice.
            let mut declared: Vec<ItemId> = declared.into_iter().flatten().copied().collect();
            let comes = match (raw.kind, own) {
                // A name that the trait does not have comes from a macro in the trait.
                (ItemKind::ImplFn | ItemKind::ImplConst, Some(_)) => declared.is_empty(),
                (ItemKind::ImplFn | ItemKind::ImplConst, None) => is_trait_impl,
                _ => true,
            };
            if comes {
                self.step(tree, item.index(), member, why);
                continue;
            }
            declared.retain(|m| tree.item(*m).active);
            for declared in declared {
                self.joint(
                    tree,
                    vec![item.index(), declared.index()],
                    member,
                    Some(why),
                );
            }
        }
    }

    /// The impl rule. What no head decides comes with its crate, since nothing tells that it is not needed.
    fn head(&mut self, tree: &ItemTree, item: ItemId, head: &[ItemId]) {
        match head {
            [] => {
                let krate = self.krate(tree.item(item).krate);
                self.step(tree, krate, item, Why::Impl(item));
            }
            [one] => self.step(tree, one.index(), item, Why::Impl(*one)),
            all => {
                let needs = all.iter().map(|unit| unit.index()).collect();
                self.joint(tree, needs, item, None);
            }
        }
    }

    fn step(&mut self, tree: &ItemTree, atom: usize, gives: ItemId, why: Why) {
        if let (Some(gives), Some(list)) = (keepable(tree, gives), self.steps.get_mut(atom))
            && gives.index() != atom
        {
            list.push(Step { gives, why });
        }
    }

    fn joint(&mut self, tree: &ItemTree, needs: Vec<usize>, gives: ItemId, why: Option<Why>) {
        if let Some(gives) = keepable(tree, gives) {
            self.joints.push(Joint { needs, gives, why });
        }
    }
}
