//! When repairs do not help: whole files stay, then whole crates.
//!
//! Input: a [`Round`] that failed. Output: a [`State`] that keeps more.

use std::collections::BTreeSet;

use super::{Round, is_main, places, primaries};
use crate::cut::Job;
use crate::cut::layout::Mode;
use crate::cut::state::State;
use crate::id::CrateId;

/// When repairs do not help: whole files stay, then whole crates.
pub fn escalate(round: &Round<'_>, state: &mut State) -> bool {
    let job = round.job;
    let tree = job.tree;
    let mut changed = false;
    let mut crates = BTreeSet::new();
    for message in round.run.errors() {
        for span in primaries(message) {
            for place in places(round, span) {
                crates.insert(place.krate);
                if state.whole_files.insert((place.krate, place.file)) {
                    changed = true;
                    for item in tree
                        .items
                        .iter()
                        .filter(|i| i.krate == place.krate && i.file == place.file && i.active)
                    {
                        if !is_main(job, item.id) {
                            state.seeds.forced.insert(tree.unit(item.id));
                        }
                    }
                }
            }
        }
    }
    if changed {
        return true;
    }
    if crates.is_empty() {
        let cut = round.layout.domains.iter();
        crates.extend(cut.filter(|d| d.mode == Mode::Slimmed).map(|d| d.krate));
    }
    for krate in crates {
        changed |= keep_all(job, state, krate);
    }
    changed
}

/// All items of a crate stay, and what they need.
pub fn keep_all(job: &Job<'_>, state: &mut State, krate: CrateId) -> bool {
    let tree = job.tree;
    if !state.whole_crates.insert(krate) {
        return false;
    }
    state
        .leaves
        .dropped
        .retain(|(item, _)| tree.item(*item).krate != krate);
    for item in tree.items.iter().filter(|i| i.krate == krate && i.active) {
        if !is_main(job, item.id) {
            state.seeds.forced.insert(tree.unit(item.id));
        }
    }
    true
}
