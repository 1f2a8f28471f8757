//! Pruning: what the reachability oracle lists goes, unless something that lives names it.
//!
//! Input: a [`Round`] under the lints of the oracle. Output: a [`State`] that keeps less.

use std::collections::BTreeSet;

use super::unused::unused_imports;
use super::{Round, code, places, primaries};
use crate::cut::Job;
use crate::cut::state::State;
use crate::id::ItemId;
use crate::syntax::{ItemKind, Payload};

/// Acts on what the reachability oracle lists.
pub fn dead(round: &Round<'_>, state: &mut State) -> bool {
    let mut changed = unused_imports(round, state);
    let found = dead_items(round);
    // Something that living code still names is not removed, whatever the lint says of its construction.
    let mut blocked: BTreeSet<ItemId> = found
        .into_iter()
        .filter(|i| !state.pinned.contains(i) && !state.seeds.entries.contains(i))
        .filter(|i| round.slice.kept.contains_key(i))
        .collect();
    loop {
        let living = blocked.iter().copied();
        let living: Vec<ItemId> = living
            .filter(|item| is_named(round, *item, &blocked))
            .collect();
        if living.is_empty() {
            break;
        }
        for item in living {
            blocked.remove(&item);
        }
    }
    for item in blocked {
        state.seeds.forced.remove(&item);
        changed |= state.seeds.blocked.insert(item);
    }
    changed
}

/// Whether something that is kept, and is neither `item` nor of what goes, names `item`.
pub fn is_named(round: &Round<'_>, item: ItemId, going: &BTreeSet<ItemId>) -> bool {
    let job = round.job;
    job.graph.into(item).any(|edge| {
        let user = job.tree.unit(edge.from);
        round.slice.kept.contains_key(&user)
            && !is_within(job, user, item)
            && !going.iter().any(|b| is_within(job, user, *b))
    })
}

/// Whether `user` is `item`, a member of it, or (of) an impl whose head names it.
fn is_within(job: &Job<'_>, user: ItemId, item: ItemId) -> bool {
    let mut at = Some(user);
    while let Some(id) = at {
        if id == item {
            return true;
        }
        if job.rules.head(id).is_some_and(|head| head.contains(&item)) {
            return true;
        }
        if let Payload::Impl(head) = &job.tree.raw(id).payload
            && head.trait_path.is_none()
        {
            let range = head.deciding.first().copied().unwrap_or_default();
            if job
                .graph
                .out(id)
                .any(|e| e.to == item && range.contains(e.offset))
            {
                return true;
            }
        }
        at = job.tree.item(id).parent;
    }
    false
}

/// The items that `dead_code` and `unused_macros` name.
fn dead_items(round: &Round<'_>) -> BTreeSet<ItemId> {
    let job = round.job;
    let mut found = BTreeSet::new();
    for message in round.run.warnings() {
        if !matches!(code(message), "dead_code" | "unused_macros") {
            continue;
        }
        for span in primaries(message) {
            for place in places(round, span) {
                let Some(item) = place.item else { continue };
                let raw = job.tree.raw(item);
                let is_name = raw.name_range.contains(place.offset);
                // A call is what it makes; a product that lives is named in the call's stead.
                let is_call = raw.kind == ItemKind::MacroCall;
                if (is_call || is_name && span.expansion.is_none())
                    && !matches!(
                        raw.kind,
                        ItemKind::Field | ItemKind::Variant | ItemKind::Impl
                    )
                {
                    found.insert(item);
                }
            }
        }
    }
    found
}

/// After a failed pruning: none of what was called dead may go.
pub fn pin_all_dead(round: &Round<'_>, state: &mut State) {
    state.pinned.extend(dead_items(round));
}
