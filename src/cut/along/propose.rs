//! Which tests may come, by the names in them.
//!
//! Input: the view, the hosts and what rustc has said so far. Output: [`Proposal`]: each test with the crate
//! it comes to, what it needs of the test code around it, and the tests that stay behind, with the reason.
//! A name that leads to an item that was left behind keeps a test out; a name that cannot be followed does
//! not, since rustc is asked next.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::host::Host;
use super::repair::Said;
use super::view::{View, is_test_fn};
use crate::id::{CrateId, ItemId, ModuleId};
use crate::syntax::{ItemKind, Payload, RefKind};

/// Calls in test code that make no test whatever they hold.
const NO_TESTS: &[&str] = &["thread_local", "lazy_static", "include", "compile_error"];

/// How the reason begins that a crate lacks a test's module.
const NO_MODULE: &str = "it stands in";

/// What the reason has that a crate lacks what another crate of the output has.
const ELSEWHERE: &str = ", which came to ";

/// What comes where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proposal {
    /// Tests with the host they come to.
    pub placed: BTreeMap<ItemId, usize>,
    /// Test code by host: the tests, and what they need.
    pub kept: Vec<BTreeSet<ItemId>>,
    /// Tests that stay behind, and why.
    pub left: BTreeMap<ItemId, String>,
    /// Tests of crates that no host stands for, by crate.
    pub homeless: BTreeMap<CrateId, usize>,
}

/// The names that stand at one place of an item, and what they may mean.
struct Group {
    offset: u32,
    is_member: bool,
    targets: Vec<ItemId>,
}

/// Proposes.
pub fn propose(view: &View, hosts: &[Host], said: &Said) -> Proposal {
    let facts = Facts::new(view);
    let mut proposal = Proposal {
        kept: vec![BTreeSet::new(); hosts.len()],
        ..Proposal::default()
    };
    let mut closers: Vec<Closer<'_>> = hosts
        .iter()
        .enumerate()
        .map(|(index, host)| Closer {
            view,
            facts: &facts,
            hosts,
            host,
            index,
            said,
            failed: HashMap::new(),
        })
        .collect();
    for root in &facts.tests {
        let krate = view.tree.item(*root).krate;
        let mut why = None;
        let mut place = None;
        for closer in closers.iter_mut().filter(|c| c.fits(krate)) {
            match closer.test(*root) {
                Ok(found) => {
                    place = Some((closer.index, found));
                    break;
                }
                Err(reason) => {
                    if why.as_deref().is_none_or(|w| weight(w) < weight(&reason)) {
                        why = Some(reason);
                    }
                }
            }
        }
        if let Some((index, found)) = place {
            proposal.placed.insert(*root, index);
            if let Some(kept) = proposal.kept.get_mut(index) {
                kept.extend(found);
            }
        } else if let Some(why) = why {
            proposal.left.insert(*root, why);
        } else {
            *proposal.homeless.entry(krate).or_default() += 1;
        }
    }
    for (closer, kept) in closers.iter_mut().zip(&mut proposal.kept) {
        let index = closer.index;
        for (_, item) in said.forced.iter().filter(|(host, _)| *host == index) {
            closer.offer(*item, kept);
        }
        if kept.is_empty() {
            continue;
        }
        let crates: BTreeSet<CrateId> = kept.iter().map(|i| view.tree.item(*i).krate).collect();
        for item in &facts.impls {
            if crates.contains(&view.tree.item(*item).krate) && closer.is_for_what_is_there(*item) {
                closer.offer(*item, kept);
            }
        }
    }
    proposal
}

/// What the view says of test code, made once.
struct Facts {
    tests: Vec<ItemId>,
    impls: Vec<ItemId>,
    /// From a type or trait of test code to the impls in test code whose heads name it.
    impls_of: HashMap<ItemId, Vec<ItemId>>,
    members: HashMap<ItemId, Vec<ItemId>>,
}

impl Facts {
    fn new(view: &View) -> Self {
        let tree = &view.tree;
        let mut facts = Self {
            tests: Vec::new(),
            impls: Vec::new(),
            impls_of: HashMap::new(),
            members: HashMap::new(),
        };
        for item in tree.items.iter().filter(|i| view.is_test_only(i.id)) {
            if let Some(parent) = item.parent {
                facts.members.entry(parent).or_default().push(item.id);
            }
            let raw = tree.raw(item.id);
            if is_test_fn(raw) || makes_tests(view, item.id) {
                facts.tests.push(item.id);
            }
            if let Payload::Impl(head) = &raw.payload {
                facts.impls.push(item.id);
                let heads = view
                    .graph
                    .out(item.id)
                    .filter(|e| head.deciding.iter().any(|r| r.contains(e.offset)));
                for edge in heads {
                    let unit = tree.unit(edge.to);
                    facts.impls_of.entry(unit).or_default().push(item.id);
                }
            }
        }
        facts
    }
}

/// Whether a macro call in item position makes tests.
fn makes_tests(view: &View, id: ItemId) -> bool {
    let tree = &view.tree;
    let raw = tree.raw(id);
    if raw.kind != ItemKind::MacroCall || tree.item(id).parent.is_some() {
        return false;
    }
    let name = raw.name.rsplit("::").next().unwrap_or(&raw.name);
    if NO_TESTS.contains(&name) {
        return false;
    }
    let has_test = |id: ItemId| {
        let text = tree.raw(id).range.of(&tree.file(tree.item(id).file).text);
        text.contains("test]") || text.contains("test(")
    };
    let is_known = matches!(name, "proptest" | "quickcheck" | "rstest" | "speculate");
    let defined = || {
        view.graph
            .out(id)
            .any(|e| tree.raw(e.to).kind == ItemKind::MacroRules && has_test(e.to))
    };
    is_known || name.ends_with("test") || name.ends_with("tests") || has_test(id) || defined()
}

/// Follows what test code needs, for one host.
struct Closer<'a> {
    view: &'a View,
    facts: &'a Facts,
    hosts: &'a [Host],
    host: &'a Host,
    index: usize,
    said: &'a Said,
    /// What cannot come whoever asks.
    failed: HashMap<ItemId, String>,
}

impl Closer<'_> {
    /// Whether tests of a crate can come to this host: its own, and the integration tests of its package.
    fn fits(&self, krate: CrateId) -> bool {
        if self.view.integration.contains_key(&krate) {
            let own = self.view.tree.krate(self.host.krate);
            let is_bin = own.shape == crate::workspace::TargetShape::Bin;
            return !is_bin && self.view.tree.krate(krate).package == self.host.package;
        }
        krate == self.host.krate
    }

    fn test(&mut self, root: ItemId) -> Result<BTreeSet<ItemId>, String> {
        let tree = &self.view.tree;
        let krate = tree.item(root).krate;
        if !self.view.integration.contains_key(&krate) {
            if let Some(why) = self.said.off.get(&self.index) {
                return Err(why.clone());
            }
            let mut module = Some(tree.item(root).module);
            while let Some(at) = module.filter(|m| self.is_test_module(*m)) {
                module = tree.module(at).parent;
            }
            if !module.is_some_and(|m| self.host.choice.modules.contains(&m)) {
                let path = module.map(|m| tree.module_path(m).join("::"));
                let path = path.unwrap_or_default();
                return Err(format!("{NO_MODULE} `{path}`, which was left behind"));
            }
        }
        let mut found = BTreeSet::new();
        self.close(root, &mut found)?;
        if !found.iter().any(|item| self.touches(*item)) {
            return Err("it names nothing of the slice".to_owned());
        }
        let runs_binary = found.iter().any(|item| {
            let text = tree
                .raw(*item)
                .range
                .of(&tree.file(tree.item(*item).file).text);
            text.contains("CARGO_BIN_EXE") || text.contains("cargo_bin")
        });
        if runs_binary {
            return Err("it runs a binary of the monolith".to_owned());
        }
        Ok(found)
    }

    fn is_test_module(&self, module: ModuleId) -> bool {
        let decl = self.view.tree.module(module).decl;
        decl.is_some_and(|d| self.view.is_test_only(d))
    }

    /// Takes an item along when all that it needs is there.
    fn offer(&mut self, item: ItemId, kept: &mut BTreeSet<ItemId>) {
        let mut trial = kept.clone();
        if self.close(item, &mut trial).is_ok() {
            *kept = trial;
        }
    }

    fn is_for_what_is_there(&self, implementation: ItemId) -> bool {
        let tree = &self.view.tree;
        let Payload::Impl(head) = &tree.raw(implementation).payload else {
            return false;
        };
        let named: Vec<ItemId> = self
            .view
            .graph
            .out(implementation)
            .filter(|e| head.deciding.iter().any(|r| r.contains(e.offset)))
            .map(|e| tree.unit(e.to))
            .collect();
        !named.is_empty() && named.iter().all(|unit| self.host.there.contains(unit))
    }

    fn close(&mut self, item: ItemId, found: &mut BTreeSet<ItemId>) -> Result<(), String> {
        let item = self.view.tree.unit(item);
        if found.contains(&item) || self.said.unneeded.contains(&(self.index, item)) {
            return Ok(());
        }
        if let Some(why) = self.failed.get(&item) {
            return Err(why.clone());
        }
        found.insert(item);
        let outcome = self.try_close(item, found);
        if let Err(why) = &outcome {
            found.remove(&item);
            self.failed.insert(item, why.clone());
        }
        outcome
    }

    fn try_close(&mut self, item: ItemId, found: &mut BTreeSet<ItemId>) -> Result<(), String> {
        if let Some(why) = self.said.rejected.get(&(self.index, item)) {
            return Err(why.clone());
        }
        let tree = &self.view.tree;
        if let Some(parent) = tree.item(item).parent {
            if self.view.is_test_only(parent) {
                self.close(parent, found)?;
            } else if !self.host.there.contains(&parent) {
                return Err(self.absent(parent));
            }
        }
        for group in self.groups(item) {
            self.group(item, &group, found)?;
        }
        let members = self.facts.members.get(&item).cloned().unwrap_or_default();
        match &tree.raw(item).payload {
            Payload::Impl(head) if head.trait_path.is_some() => {
                for member in members {
                    self.close(member, found)?;
                }
            }
            Payload::Impl(_) => {
                for member in members {
                    self.offer(member, found);
                }
            }
            _ if tree.raw(item).kind == ItemKind::Trait => {
                for member in members {
                    self.close(member, found)?;
                }
            }
            _ => {}
        }
        for implementation in self.facts.impls_of.get(&item).cloned().unwrap_or_default() {
            self.offer(implementation, found);
        }
        Ok(())
    }

    fn group(
        &mut self,
        item: ItemId,
        group: &Group,
        found: &mut BTreeSet<ItemId>,
    ) -> Result<(), String> {
        let tree = &self.view.tree;
        let krate = tree.item(item).krate;
        let is_there = |id: &ItemId| {
            tree.raw(*id).kind == ItemKind::Mod || self.host.there.contains(&tree.unit(*id))
        };
        let is_met = group.targets.iter().any(is_there);
        let own: Vec<ItemId> = group
            .targets
            .iter()
            .copied()
            .filter(|t| self.view.is_test_only(*t) && tree.item(*t).krate == krate)
            .collect();
        // `.name()` may mean any method of that name; which one, rustc knows.
        // In `Type::method` the type is there, and the method may be test code.
        if group.is_member || is_met {
            for target in own {
                let holder = tree.item(target).parent;
                if holder.is_some_and(|h| !self.view.is_test_only(h)) {
                    self.offer(target, found);
                }
            }
            return Ok(());
        }
        let mut why = None;
        let mut came = false;
        for target in own {
            let mut trial = found.clone();
            match self.close(target, &mut trial) {
                Ok(()) => {
                    *found = trial;
                    came = true;
                }
                Err(reason) => {
                    let name = tree.local_name(tree.unit(target)).join("::");
                    why = why.or(Some(needs(&name, &reason)));
                }
            }
        }
        match (came, why, group.targets.first()) {
            (true, _, _) | (_, None, None) => Ok(()),
            (false, Some(why), _) => Err(why),
            (false, None, Some(target)) => Err(self.absent(*target)),
        }
    }

    /// The names in an item, a type's fields and variants included.
    fn groups(&self, item: ItemId) -> Vec<Group> {
        let tree = &self.view.tree;
        let mut groups: Vec<Group> = Vec::new();
        let mut queue = vec![item];
        while let Some(at) = queue.pop() {
            let raw = tree.raw(at);
            let mut edges: Vec<(u32, ItemId)> =
                self.view.graph.out(at).map(|e| (e.offset, e.to)).collect();
            edges.sort_unstable();
            for (offset, to) in edges {
                match groups.last_mut() {
                    Some(last) if last.offset == offset => last.targets.push(to),
                    _ => groups.push(Group {
                        offset,
                        is_member: raw
                            .refs
                            .binary_search_by_key(&offset, |r| r.offset)
                            .ok()
                            .and_then(|at| raw.refs.get(at))
                            .is_some_and(|r| r.kind == RefKind::Member),
                        targets: vec![to],
                    }),
                }
            }
            let members = self.facts.members.get(&at).into_iter().flatten();
            queue.extend(members.copied().filter(|m| tree.unit(*m) == item));
        }
        groups
    }

    /// The reason that something is not there.
    fn absent(&self, target: ItemId) -> String {
        let unit = self.view.tree.unit(target);
        let path = self.view.tree.path(unit);
        match self.hosts.iter().find(|h| h.choice.items.contains(&unit)) {
            Some(host) => format!("it names `{path}`{ELSEWHERE}`{}`", host.dir),
            None => format!("it names `{path}`, which was left behind"),
        }
    }

    /// Whether an item of test code names something of the slice.
    fn touches(&self, item: ItemId) -> bool {
        let tree = &self.view.tree;
        let holder = tree.item(item).parent;
        holder.is_some_and(|h| !self.view.is_test_only(h))
            || self.groups(item).iter().any(|group| {
                !group.is_member
                    && group.targets.iter().any(|t| {
                        !self.view.is_test_only(*t) && self.host.there.contains(&tree.unit(*t))
                    })
            })
    }
}

/// How much a reason says: that a crate lacks what another one has says less than what keeps a test out there.
fn weight(reason: &str) -> u8 {
    match (reason.starts_with(NO_MODULE), reason.contains(ELSEWHERE)) {
        (true, _) => 0,
        (_, true) => 1,
        _ => 2,
    }
}

/// The reason that a helper gives for a test, without the chain of helpers between.
fn needs(helper: &str, reason: &str) -> String {
    if reason.starts_with("it needs ") {
        return reason.to_owned();
    }
    match reason.strip_prefix("it names ") {
        Some(names) => format!("it needs `{helper}`, which names {names}"),
        None => format!("it needs `{helper}`; {reason}"),
    }
}
