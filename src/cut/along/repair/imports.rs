//! Imports that tests miss, and those that they can do without.
//!
//! Input: a message of rustc about test code and where it points. Output: a changed [`Said`]; each function tells
//! whether it changed anything.

use super::{At, MISSING, Round, Said, code, quoted};
use crate::cut::along::choice::{Borrowed, spelled};
use crate::cut::uses::{Leads, leads};
use crate::id::{ItemId, ModuleId};
use crate::oracle::cargo::UnitMessage;
use crate::syntax::{NameRef, Payload, UseLeaf};

impl Round<'_> {
    pub(super) fn return_borrowed(&self, at: &At, text: &str, said: &mut Said) -> bool {
        let list = self.borrowed.get(at.host).map(Vec::as_slice);
        let mut changed = false;
        for import in list.unwrap_or_default() {
            let Payload::Use(decl) = &self.view.tree.raw(import.item).payload else {
                continue;
            };
            let Some(leaf) = decl.leaves.get(import.leaf) else {
                continue;
            };
            if is_of(leaf, import, text) {
                changed |= said.returned.insert((at.host, import.item, import.leaf));
            }
        }
        changed
    }
}

pub(super) fn unused_import(round: &Round<'_>, at: &At, said: &mut Said) -> bool {
    if let Some(text) = &at.inserted {
        return round.return_borrowed(at, text, said);
    }
    let Some(item) = at.item.filter(|i| round.view.is_test_only(*i)) else {
        return false;
    };
    let leaf = leaf_at(round, at.host, item, at.offset, said);
    leaf.is_some_and(|leaf| said.dropped.insert((at.host, item, leaf)))
}

/// The leaf of an import at a place: what stands before several is that of the first that is left.
pub(super) fn leaf_at(
    round: &Round<'_>,
    host: usize,
    item: ItemId,
    offset: u32,
    said: &Said,
) -> Option<usize> {
    let leaves = match &round.view.tree.raw(item).payload {
        Payload::ExternCrate { .. } => return Some(0),
        Payload::Use(decl) => &decl.leaves,
        _ => return None,
    };
    let is_left = |number: &usize| !said.dropped.contains(&(host, item, *number));
    let all = || leaves.iter().enumerate();
    let own = all().find(|(_, leaf)| leaf.range.contains(offset));
    let full = all().filter(|(_, leaf)| leaf.full.contains(offset));
    own.map(|(number, _)| number)
        .or_else(|| full.map(|(number, _)| number).find(is_left))
        .or_else(|| all().map(|(number, _)| number).find(is_left))
        .or(Some(0))
}

/// Borrows the imports that could bring what an error misses: by name, and if there is none, globs.
pub(super) fn borrow(
    round: &Round<'_>,
    message: &UnitMessage,
    at: &At,
    item: ItemId,
    said: &mut Said,
) -> bool {
    let Some(host) = round.hosts.get(at.host) else {
        return false;
    };
    if at.krate != host.krate || !MISSING.contains(&code(message)) {
        return false;
    }
    let tree = &round.view.tree;
    let names = quoted(message);
    let mut module = Some(tree.item(item).module);
    while let Some(id) = module {
        module = tree.module(id).parent;
        if host.choice.modules.contains(&id) {
            // Further out nothing is seen by a glob.
            let is_named = |name: &str| names.contains(name);
            return take(round, at.host, id, &is_named, said);
        }
    }
    false
}

/// Borrows the re-export that a path of test code goes through and that the cut left out: the import's own at
/// `leaf`, or the one that stands at `offset` of an item.
pub(super) fn reexport(round: &Round<'_>, at: &At, item: ItemId, said: &mut Said) -> bool {
    let tree = &round.view.tree;
    let raw = tree.raw(item);
    let path = match (&raw.payload, leaf_at(round, at.host, item, at.offset, said)) {
        (Payload::Use(decl), Some(leaf)) => decl.leaves.get(leaf).map(|l| l.path.clone()),
        _ => {
            let is_at =
                |r: &&NameRef| (r.offset..=r.offset + r.path.len() as u32).contains(&at.offset);
            let of = raw.refs.iter().find(is_at);
            of.map(|r| whole(round, tree.item(item).module, &r.path))
        }
    };
    let module = tree.item(item).module;
    path.is_some_and(|path| through(round, at.host, module, &path, said))
}

/// A path in a module, its first name replaced by what the module's imports say that it is.
fn whole(round: &Round<'_>, module: ModuleId, path: &str) -> Vec<String> {
    let tree = &round.view.tree;
    let mut parts: Vec<String> = path.split("::").map(str::to_owned).collect();
    let leaves = tree.items.iter().filter(|i| i.module == module);
    let mut leaves = leaves.flat_map(|i| match &tree.raw(i.id).payload {
        Payload::Use(decl) => decl.leaves.as_slice(),
        _ => &[],
    });
    if let Some(leaf) = leaves.find(|l| parts.first().is_some_and(|first| *first == l.name)) {
        parts.splice(..1, leaf.path.iter().cloned());
    }
    parts
}

/// The same for an import that was borrowed itself.
pub(super) fn reexport_of_borrowed(
    round: &Round<'_>,
    at: &At,
    text: &str,
    said: &mut Said,
) -> bool {
    let tree = &round.view.tree;
    let list = round.borrowed.get(at.host).map(Vec::as_slice);
    list.unwrap_or_default().iter().any(|import| {
        let Payload::Use(decl) = &tree.raw(import.item).payload else {
            return false;
        };
        let leaf = decl
            .leaves
            .get(import.leaf)
            .filter(|l| is_of(l, import, text));
        leaf.is_some_and(|leaf| through(round, at.host, import.module, &leaf.path, said))
    })
}

fn through(
    round: &Round<'_>,
    host: usize,
    from: ModuleId,
    path: &[String],
    said: &mut Said,
) -> bool {
    let tree = &round.view.tree;
    let Leads::Inside(module) = leads(&round.view.workspace, tree, from, path) else {
        return false;
    };
    let is_named = |name: &str| path.iter().any(|part| part == name);
    let is_host = round.hosts.get(host).is_some_and(|h| {
        h.krate == tree.module(module).krate && h.choice.modules.contains(&module)
    });
    is_host && take(round, host, module, &is_named, said)
}

/// Borrows what the cut left out of a module's imports: those of a name, and if there is none, globs.
fn take(
    round: &Round<'_>,
    index: usize,
    module: ModuleId,
    is_named: &dyn Fn(&str) -> bool,
    said: &mut Said,
) -> bool {
    let Some(host) = round.hosts.get(index) else {
        return false;
    };
    let tree = &round.view.tree;
    let mut named = Vec::new();
    let mut globs = Vec::new();
    for using in tree.items.iter().filter(|i| i.module == module && i.active) {
        let Payload::Use(decl) = &tree.raw(using.id).payload else {
            continue;
        };
        for (number, leaf) in decl.leaves.iter().enumerate() {
            let key = (index, using.id, number);
            let has = host.choice.leaves.get(&using.id);
            let is_there = has.is_none_or(|left| left.contains(&number));
            if is_there || round.asked.contains(&key) {
                continue;
            }
            if is_named(&leaf.name) || leaf.path.last().is_some_and(|l| is_named(l)) {
                named.push(key);
            } else if leaf.glob {
                globs.push(key);
            }
        }
    }
    let chosen = if named.is_empty() { globs } else { named };
    // What another message of this round has asked for is as good as new.
    let is_any = !chosen.is_empty();
    said.borrowed.extend(chosen);
    is_any
}

fn is_of(leaf: &UseLeaf, import: &Borrowed, text: &str) -> bool {
    let whole = spelled(leaf);
    text == whole || whole.starts_with(text) || import.text == text
}
