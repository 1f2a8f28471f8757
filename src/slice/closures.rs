//! The closures of many starts at once, for measures of every function of a workspace.
//!
//! Input: a [`Net`] of definite clauses over numbered atoms, and starts. Output: one value a start, made from the
//! set of atoms that it makes hold; the same set that a walk from it would give. What is closed is closed once:
//! a start's set begins as the union of the sets that its steps lead to, and only clauses that need several
//! atoms are left to try. Sets are dropped as soon as nothing will ask for them. Refuses nothing.

use fixedbitset::FixedBitSet;
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::Rules;
use crate::syntax::ItemTree;

/// Several atoms together give one.
#[derive(Clone, Debug)]
struct Joint {
    needs: Vec<usize>,
    gives: usize,
}

/// Clauses over atoms. The first are the items, by their numbers.
#[derive(Clone, Debug, Default)]
pub struct Net {
    steps: Vec<Vec<usize>>,
    joints: Vec<Joint>,
    /// By atom: the joints that need it.
    waiting: Vec<Vec<usize>>,
}

impl Net {
    /// The slice's rules.
    pub fn new(tree: &ItemTree, rules: &Rules) -> Self {
        let clauses = &rules.clauses;
        let mut net = Self::default();
        net.grow(clauses.steps.len());
        for (atom, steps) in clauses.steps.iter().enumerate() {
            for step in steps {
                net.step(atom, step.gives.index());
            }
        }
        for item in &tree.items {
            net.step(item.id.index(), clauses.krate(item.krate));
        }
        for joint in &clauses.joints {
            net.joint(joint.needs.clone(), joint.gives.index());
        }
        net
    }

    /// Adds atoms; gives the first of them.
    pub fn grow(&mut self, more: usize) -> usize {
        let first = self.steps.len();
        self.steps.resize(first + more, Vec::new());
        self.waiting.resize(first + more, Vec::new());
        first
    }

    /// Where `atom` holds, `gives` does.
    pub fn step(&mut self, atom: usize, gives: usize) {
        if let Some(steps) = self.steps.get_mut(atom) {
            steps.push(gives);
        }
    }

    /// Where all of `needs` hold, `gives` does. The first is the one to hold least often.
    pub fn joint(&mut self, needs: Vec<usize>, gives: usize) {
        for atom in &needs {
            if let Some(waiting) = self.waiting.get_mut(*atom) {
                waiting.push(self.joints.len());
            }
        }
        self.joints.push(Joint { needs, gives });
    }

    /// What `each` makes of the closure of every start, in their order.
    pub fn closures<T: Clone>(
        &self,
        starts: &[usize],
        mut each: impl FnMut(&FixedBitSet) -> T,
    ) -> Vec<Option<T>> {
        let groups = Groups::new(self, starts);
        let watched = self.watched();
        let mut wanted: Vec<Vec<usize>> = vec![Vec::new(); groups.members.len()];
        for (place, start) in starts.iter().enumerate() {
            if let Some(list) = groups.of(*start).and_then(|group| wanted.get_mut(group)) {
                list.push(place);
            }
        }
        let mut users = groups.users.clone();
        let mut sets: Vec<Option<FixedBitSet>> = vec![None; groups.members.len()];
        let mut found = vec![None; starts.len()];
        for group in 0..groups.members.len() {
            let mut set = self.union(&groups, group, &mut users, &mut sets);
            self.close(&watched, &mut set);
            let places = wanted.get(group).map(Vec::as_slice).unwrap_or_default();
            if !places.is_empty() {
                let value = each(&set);
                for place in places {
                    if let Some(slot) = found.get_mut(*place) {
                        *slot = Some(value.clone());
                    }
                }
            }
            if users.get(group).is_some_and(|users| *users > 0)
                && let Some(slot) = sets.get_mut(group)
            {
                *slot = Some(set);
            }
        }
        found
    }

    /// The atoms that are the first need of a joint.
    fn watched(&self) -> FixedBitSet {
        let mut watched = FixedBitSet::with_capacity(self.steps.len());
        watched.extend(self.joints.iter().filter_map(|j| j.needs.first().copied()));
        watched
    }

    /// A group's own atoms, and all that its steps lead to.
    fn union(
        &self,
        groups: &Groups,
        group: usize,
        users: &mut [usize],
        sets: &mut [Option<FixedBitSet>],
    ) -> FixedBitSet {
        let mut set: Option<FixedBitSet> = None;
        for next in groups.next.get(group).into_iter().flatten() {
            let left = users.get_mut(*next).map_or(0, |users| {
                *users = users.saturating_sub(1);
                *users
            });
            let slot = sets.get_mut(*next);
            match &mut set {
                Some(set) => {
                    if let Some(other) = slot.as_deref().and_then(Option::as_ref) {
                        set.union_with(other);
                    }
                    if let Some(slot) = sets.get_mut(*next).filter(|_| left == 0) {
                        *slot = None;
                    }
                }
                None if left == 0 => set = slot.and_then(Option::take),
                None => set = slot.and_then(|slot| slot.clone()),
            }
        }
        let mut set = set.unwrap_or_else(|| FixedBitSet::with_capacity(self.steps.len()));
        set.extend(groups.members.get(group).into_iter().flatten().copied());
        set
    }

    /// Follows joints whose needs the set has, and what they lead to.
    fn close(&self, watched: &FixedBitSet, set: &mut FixedBitSet) {
        let holds = |set: &FixedBitSet, joint: &Joint| {
            !set.contains(joint.gives) && joint.needs.iter().all(|need| set.contains(*need))
        };
        let tried = set.intersection(watched);
        let mut fresh: Vec<usize> = tried
            .flat_map(|atom| self.waiting.get(atom).into_iter().flatten())
            .filter_map(|number| self.joints.get(*number))
            .filter(|joint| holds(set, joint))
            .map(|joint| joint.gives)
            .collect();
        while let Some(atom) = fresh.pop() {
            if set.put(atom) {
                continue;
            }
            fresh.extend(self.steps.get(atom).into_iter().flatten());
            let waiting = self.waiting.get(atom).into_iter().flatten();
            let joints = waiting.filter_map(|number| self.joints.get(*number));
            fresh.extend(joints.filter(|j| holds(set, j)).map(|j| j.gives));
        }
    }
}

/// Atoms that lead to each other have one closure. Groups come after all that they lead to.
struct Groups {
    members: Vec<Vec<usize>>,
    of: Vec<usize>,
    /// The groups that a group's steps lead to, each once.
    next: Vec<Vec<usize>>,
    /// How many groups lead to a group.
    users: Vec<usize>,
}

impl Groups {
    /// The groups of all atoms that the starts lead to by steps.
    fn new(net: &Net, starts: &[usize]) -> Self {
        let count = net.steps.len();
        let mut reached = FixedBitSet::with_capacity(count);
        let mut queue: Vec<usize> = starts.iter().copied().filter(|s| *s < count).collect();
        let mut graph: DiGraph<(), ()> = DiGraph::default();
        for _ in 0..count {
            graph.add_node(());
        }
        while let Some(atom) = queue.pop() {
            if reached.put(atom) {
                continue;
            }
            for next in net.steps.get(atom).into_iter().flatten() {
                graph.add_edge(NodeIndex::new(atom), NodeIndex::new(*next), ());
                queue.push(*next);
            }
        }
        let mut members: Vec<Vec<usize>> = Vec::new();
        let mut of = vec![usize::MAX; count];
        let mut next: Vec<Vec<usize>> = Vec::new();
        for group in kosaraju_scc(&graph) {
            let atoms: Vec<usize> = group.into_iter().map(NodeIndex::index).collect();
            if !atoms.iter().all(|atom| reached.contains(*atom)) {
                continue;
            }
            let number = members.len();
            for atom in &atoms {
                if let Some(slot) = of.get_mut(*atom) {
                    *slot = number;
                }
            }
            let steps = atoms.iter().filter_map(|atom| net.steps.get(*atom));
            let mut led: Vec<usize> = steps
                .flatten()
                .filter_map(|atom| of.get(*atom).copied())
                .filter(|group| *group != number)
                .collect();
            led.sort_unstable();
            led.dedup();
            members.push(atoms);
            next.push(led);
        }
        let mut users = vec![0; members.len()];
        for group in next.iter().flatten() {
            if let Some(count) = users.get_mut(*group) {
                *count += 1;
            }
        }
        Self {
            members,
            of,
            next,
            users,
        }
    }

    fn of(&self, atom: usize) -> Option<usize> {
        let group = self.of.get(atom).copied()?;
        (group < self.members.len()).then_some(group)
    }
}
