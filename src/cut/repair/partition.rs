//! Errors of a partition: what cannot live in a function crate goes back to the domain.
//!
//! Input: a [`Round`] that failed. Output: a [`State`] in which functions own less.

use std::collections::{BTreeMap, BTreeSet};

use super::errors::undrop_dependency;
use super::widen::widen;
use super::{At, Round, code, last_name, leaf_at, leaves_of, places, primaries, quoted};
use crate::cut::Job;
use crate::cut::partition::anchor;
use crate::cut::state::State;
use crate::id::ItemId;
use crate::oracle::cargo::UnitMessage;
use crate::syntax::ItemKind;

/// Acts on errors of a partition: imports that lead nowhere go, private things are widened, and what can
/// live in neither crate alone returns to the domain.
pub fn errors(round: &Round<'_>, state: &mut State) -> bool {
    let job = round.job;
    let mut changed = false;
    let mut groups: BTreeMap<ItemId, Vec<ItemId>> = BTreeMap::new();
    for item in state.owned.keys() {
        groups.entry(anchor(job, *item)).or_default().push(*item);
    }
    for message in round.run.errors() {
        let Some(span) = primaries(message).next() else {
            continue;
        };
        let file = span.file_name.clone();
        if undrop_dependency(round, message, state) {
            changed = true;
            continue;
        }
        let at: Vec<At> = primaries(message).flat_map(|s| places(round, s)).collect();
        let is_import = matches!(
            code(message),
            "E0432" | "E0433" | "E0364" | "E0365" | "E0603" | "E0659"
        );
        let leaf = at.iter().find_map(|place| leaf_at(job, *place));
        if is_import && let Some((item, index, _)) = leaf {
            // A private name that the function needs is widened; one that is not there is no loss.
            let widened = code(message) == "E0603" && widen(round, message, state);
            changed |= widened || leaves_of(job, &file, state).dropped.insert((item, index));
            continue;
        }
        if matches!(
            code(message),
            "E0603" | "E0616" | "E0624" | "E0451" | "E0423" | "E0425" | "E0433"
        ) && widen(round, message, state)
        {
            changed = true;
            continue;
        }
        let mut back = owned_names(round, message, state);
        if file.starts_with("functions/") {
            back.extend(at.iter().filter_map(|p| p.item).map(|i| job.tree.unit(i)));
        }
        // A type goes with its impls, and a member with its type.
        for item in back {
            for member in groups.get(&anchor(job, item)).into_iter().flatten() {
                changed |= state.owned.remove(member).is_some();
                if state.seeds.entries.contains(member) {
                    let said = message.diagnostic.message.clone();
                    state.returned.entry(*member).or_insert(said);
                }
            }
        }
    }
    if changed {
        reclaim(job, state);
    }
    changed
}

/// The owned items whose names a message quotes.
fn owned_names(round: &Round<'_>, message: &UnitMessage, state: &State) -> BTreeSet<ItemId> {
    let mut found = BTreeSet::new();
    for word in quoted(message) {
        let named = round.names.of(last_name(&word)).iter().copied();
        found.extend(named.filter(|i| state.owned.contains_key(i)));
    }
    found
}

/// What stays owned when the entries whose function crates have errors own nothing any more.
pub fn without(round: &Round<'_>, state: &State) -> BTreeMap<ItemId, ItemId> {
    let job = round.job;
    let mut troubled = BTreeSet::new();
    for message in round.run.errors() {
        troubled.extend(message.diagnostic.spans.iter().filter_map(|span| {
            let name = span
                .file_name
                .strip_prefix("functions/")?
                .split('/')
                .next()?;
            job.entries.iter().find(|e| e.name == name).map(|e| e.item)
        }));
        // In a domain crate the missing name tells who took it.
        let taken = owned_names(round, message, state);
        troubled.extend(taken.iter().filter_map(|item| state.owned.get(item)));
    }
    if troubled.is_empty() {
        return BTreeMap::new();
    }
    let untroubled = state
        .owned
        .iter()
        .filter(|(_, owner)| !troubled.contains(owner));
    untroubled.map(|(item, owner)| (*item, *owner)).collect()
}

/// Takes back to the domain what an item there names: the domain never depends on a function.
fn reclaim(job: &Job<'_>, state: &mut State) {
    loop {
        let entries: BTreeSet<ItemId> = state.seeds.entries.iter().copied().collect();
        let lost: Vec<ItemId> = state
            .owned
            .iter()
            .filter(|(item, owner)| {
                let entry_left = !state.owned.contains_key(*owner);
                let used = !entries.contains(item)
                    && job.graph.into(**item).any(|edge| {
                        let user = job.tree.unit(edge.from);
                        job.tree.raw(user).kind != ItemKind::Use
                            && job.tree.item(user).active
                            && !state.owned.contains_key(&user)
                            && !entries.contains(&user)
                    });
                entry_left || used
            })
            .map(|(item, _)| *item)
            .collect();
        if lost.is_empty() {
            break;
        }
        for item in lost {
            state.owned.remove(&item);
        }
    }
}
