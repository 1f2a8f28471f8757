//! How an item is reached from outside its crate: by a path that is public already, where there is one.
//!
//! Input: the job and an item. Output: [`Exposure`]. When no public path leads to the item, the caller
//! widens it and its modules.

use std::collections::{BTreeSet, VecDeque};

use super::Job;
use super::uses::{Leads, leads};
use crate::id::{ItemId, ModuleId};
use crate::syntax::{Payload, Visibility};

/// A public path to an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposure {
    /// The path inside the crate, the crate's own name left out.
    pub path: Vec<String>,
    /// The re-exports it goes through; they stay.
    pub leaves: Vec<(ItemId, usize)>,
}

/// The shortest public path to `id`, re-exports followed.
pub fn exposure(job: &Job<'_>, id: ItemId) -> Option<Exposure> {
    let tree = job.tree;
    let item = tree.item(id);
    let root = tree.krate(item.krate).root;
    let start = Exposure {
        path: Vec::new(),
        leaves: Vec::new(),
    };
    let mut seen: BTreeSet<ModuleId> = BTreeSet::from([root]);
    let mut queue: VecDeque<(ModuleId, Exposure)> = VecDeque::from([(root, start)]);
    while let Some((module, at)) = queue.pop_front() {
        if item.module == module && tree.raw(id).vis == Visibility::Public && item.parent.is_none()
        {
            let mut found = at;
            found.path.push(tree.raw(id).name.clone());
            return Some(found);
        }
        for child in tree
            .modules
            .iter()
            .filter(|m| m.parent == Some(module) && m.active)
        {
            let is_public = child
                .decl
                .is_some_and(|d| tree.raw(d).vis == Visibility::Public);
            if is_public && seen.insert(child.id) {
                let mut next = at.clone();
                next.path.push(child.name.clone());
                queue.push_back((child.id, next));
            }
        }
        for using in tree
            .items
            .iter()
            .filter(|i| i.module == module && i.active && i.krate == item.krate)
        {
            let raw = tree.raw(using.id);
            let Payload::Use(decl) = &raw.payload else {
                continue;
            };
            if raw.vis != Visibility::Public {
                continue;
            }
            for (index, leaf) in decl.leaves.iter().enumerate() {
                let mut next = at.clone();
                next.leaves.push((using.id, index));
                let names_it = !leaf.glob
                    && job
                        .graph
                        .out(using.id)
                        .any(|e| e.to == id && leaf.full.contains(e.offset));
                if names_it {
                    next.path.push(leaf.name.clone());
                    return Some(next);
                }
                if let Leads::Module(target) = leads(job.workspace, tree, module, &leaf.path)
                    && tree.module(target).krate == item.krate
                    && seen.insert(target)
                {
                    if !leaf.glob {
                        next.path.push(leaf.name.clone());
                    }
                    queue.push_back((target, next));
                }
            }
        }
    }
    None
}
