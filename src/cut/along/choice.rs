//! What a host's files hold when its tests have come.
//!
//! Input: a host, what was proposed for it and what rustc said. Output: the [`Choice`] for one crate of the
//! view: the host's own, test code, the modules and imports around it, and imports that only tests need any
//! more. The latter stand under `#[cfg(test)]` at the top of their module, as they were written.

use std::collections::{BTreeMap, BTreeSet};

use super::host::Host;
use super::repair::Said;
use super::view::View;
use crate::cut::uses::{Leads, leads};
use crate::id::{CrateId, ItemId, ModuleId};
use crate::render::item::Choice;
use crate::syntax::{ItemKind, Payload, UseLeaf, Visibility};

/// An import of the monolith that the cut left out and tests need.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Borrowed {
    /// The module it stands in.
    pub module: ModuleId,
    /// The `use` item.
    pub item: ItemId,
    /// The leaf's number.
    pub leaf: usize,
    /// The declaration, `use std::fmt::Write as _;`.
    pub text: String,
}

/// The choice for `krate`, which is the host's own crate or an integration test.
pub fn choice(
    view: &View,
    hosts: &[Host],
    index: usize,
    krate: CrateId,
    kept: &BTreeSet<ItemId>,
    said: &Said,
) -> (Choice, Vec<Borrowed>) {
    let Some(host) = hosts.get(index) else {
        return (Choice::default(), Vec::new());
    };
    let tree = &view.tree;
    let is_own = krate == host.krate;
    let mut choice = if is_own {
        host.choice.clone()
    } else {
        Choice {
            tests: true,
            ..Choice::default()
        }
    };
    let own: Vec<ItemId> = kept
        .iter()
        .copied()
        .filter(|i| tree.item(*i).krate == krate)
        .collect();
    choice.items.extend(own.iter().copied());
    // The modules of test code, and those of the cut that hold them.
    let mut anchors: BTreeSet<ModuleId> = said
        .anchors
        .iter()
        .filter(|(host, module)| *host == index && tree.module(*module).krate == krate)
        .map(|(_, module)| *module)
        .collect();
    let mut grown: BTreeSet<ModuleId> = BTreeSet::new();
    for item in &own {
        let mut module = Some(tree.item(*item).module);
        while let Some(at) = module {
            if is_own && host.choice.modules.contains(&at) {
                anchors.insert(at);
                break;
            }
            grown.insert(at);
            module = tree.module(at).parent;
        }
    }
    choice.modules.extend(grown.iter().copied());
    for item in tree.items.iter().filter(|i| i.krate == krate && i.active) {
        if !view.is_test_only(item.id) {
            continue;
        }
        let left = match &tree.raw(item.id).payload {
            _ if !grown.contains(&item.module) && !anchors.contains(&item.module) => {
                BTreeSet::new()
            }
            Payload::ExternCrate { .. } => BTreeSet::from([0]),
            Payload::Use(decl) => decl
                .leaves
                .iter()
                .enumerate()
                .filter(|(at, _)| !said.dropped.contains(&(index, item.id, *at)))
                .filter(|(_, leaf)| stays(view, hosts, index, kept, &choice, item.id, leaf))
                .map(|(at, _)| at)
                .collect(),
            _ => continue,
        };
        choice.leaves.insert(item.id, left);
    }
    let borrowed = if is_own {
        borrowed(view, host, index, &anchors, &own, said)
    } else {
        Vec::new()
    };
    let mut lines: BTreeMap<ModuleId, String> = BTreeMap::new();
    for import in &borrowed {
        let text = lines.entry(import.module).or_default();
        text.push_str("#[cfg(test)]\n");
        text.push_str(&import.text);
        text.push('\n');
    }
    for (module, text) in lines {
        let old = choice.prologue.entry(module).or_default();
        *old = format!("{text}\n{old}");
    }
    for (_, item, line) in said.attributes.iter().filter(|(host, _, _)| *host == index) {
        let lines = choice.attributes.entry(*item).or_default();
        if !lines.contains(line) {
            lines.push(line.clone());
        }
    }
    (choice, borrowed)
}

/// Whether a leaf in test code can stay, as far as names tell.
fn stays(
    view: &View,
    hosts: &[Host],
    index: usize,
    kept: &BTreeSet<ItemId>,
    choice: &Choice,
    item: ItemId,
    leaf: &UseLeaf,
) -> bool {
    let tree = &view.tree;
    let Some(host) = hosts.get(index) else {
        return false;
    };
    if let Some(known) = meant(view, host, item, leaf, kept) {
        return known;
    }
    let node = tree.item(item);
    match leads(&view.workspace, tree, node.module, &leaf.path) {
        Leads::Elsewhere => true,
        Leads::Module(module) | Leads::Inside(module) => {
            let krate = tree.module(module).krate;
            if krate == node.krate {
                return choice.modules.contains(&module);
            }
            hosts
                .iter()
                .any(|h| h.krate == krate && h.choice.modules.contains(&module))
                || hosts.iter().all(|h| h.krate != krate)
        }
    }
}

/// What is known of a leaf's meaning: whether any of it is there.
fn meant(
    view: &View,
    host: &Host,
    item: ItemId,
    leaf: &UseLeaf,
    kept: &BTreeSet<ItemId>,
) -> Option<bool> {
    let tree = &view.tree;
    let mut units = view
        .graph
        .out(item)
        .filter(|e| leaf.full.contains(e.offset) && tree.raw(e.to).kind != ItemKind::Mod)
        .map(|e| tree.unit(e.to))
        .peekable();
    units.peek()?;
    Some(units.any(|unit| kept.contains(&unit) || host.there.contains(&unit)))
}

/// The imports that tests name and the cut left out.
fn borrowed(
    view: &View,
    host: &Host,
    index: usize,
    anchors: &BTreeSet<ModuleId>,
    own: &[ItemId],
    said: &Said,
) -> Vec<Borrowed> {
    let tree = &view.tree;
    let within = |inner: ModuleId, outer: ModuleId| {
        std::iter::successors(Some(inner), |m| tree.module(*m).parent).any(|m| m == outer)
    };
    // A re-export may be missed far from the tests that name it.
    let asked = said.borrowed.iter().filter(|(of, _, _)| *of == index);
    let far = asked.map(|(_, item, _)| tree.item(*item).module);
    let modules: BTreeSet<ModuleId> = anchors.iter().copied().chain(far).collect();
    let mut found = Vec::new();
    for anchor in &modules {
        let names: BTreeSet<&str> = own
            .iter()
            .filter(|i| anchors.contains(anchor) && within(tree.item(**i).module, *anchor))
            .flat_map(|i| tree.raw(*i).refs.iter())
            .filter_map(|r| r.path.split("::").next())
            .collect();
        for item in tree
            .items
            .iter()
            .filter(|i| i.module == *anchor && i.active)
        {
            let Payload::Use(decl) = &tree.raw(item.id).payload else {
                continue;
            };
            if view.is_test_only(item.id) {
                continue;
            }
            let all: BTreeSet<usize> = (0..decl.leaves.len()).collect();
            let left = host.choice.leaves.get(&item.id).unwrap_or(&all);
            for (at, leaf) in decl.leaves.iter().enumerate() {
                let key = (index, item.id, at);
                let is_wanted = said.borrowed.contains(&key)
                    || (!leaf.glob && names.contains(leaf.name.as_str()));
                if left.contains(&at) || !is_wanted || said.returned.contains(&key) {
                    continue;
                }
                if meant(view, host, item.id, leaf, &BTreeSet::new()) == Some(false) {
                    continue;
                }
                let vis = match tree.raw(item.id).vis {
                    Visibility::Inherited => String::new(),
                    _ => {
                        let text = &tree.file(item.file).text;
                        format!("{} ", tree.raw(item.id).vis_range.of(text))
                    }
                };
                let start = if decl.absolute { "::" } else { "" };
                found.push(Borrowed {
                    module: *anchor,
                    item: item.id,
                    leaf: at,
                    text: format!("{vis}use {start}{};", spelled(leaf)),
                });
            }
        }
    }
    found
}

/// A leaf as a path of its own.
pub fn spelled(leaf: &UseLeaf) -> String {
    let path = leaf.path.join("::");
    if leaf.glob {
        return format!("{path}::*");
    }
    match leaf.path.last() {
        Some(last) if *last == leaf.name => path,
        _ => format!("{path} as {}", leaf.name),
    }
}
