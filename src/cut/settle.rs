//! One cut from its first decisions to the check that has nothing to say.
//!
//! Input: a [`State`]. Output: [`Settled`]. Refuses with [`Code::ProofFailed`](crate::diag::Code::ProofFailed) when no
//! repair helps.

use std::collections::BTreeSet;

use super::check::{Checked, Checker};
use super::state::State;
use super::{Job, is_of_proof, partition, rounds};
use crate::diag::Outcome;
use crate::id::ItemId;

/// A cut that rustc is content with.
pub struct Settled {
    /// The decisions before it was said what functions own: where another cut may begin.
    pub pruned: State,
    /// All decisions.
    pub state: State,
    /// The last check.
    pub checked: Checked,
}

/// Checks and repairs until nothing is left to say.
///
/// # Errors
/// When no repair helps, or a check cannot be made.
pub fn settle(checker: &mut Checker<'_>, job: &Job<'_>, mut state: State) -> Outcome<Settled> {
    rounds::until_it_compiles(checker, &mut state)?;
    rounds::without_doubtful(checker, &mut state)?;
    rounds::prune(checker, &mut state)?;
    let pruned = state.clone();
    state.owned = partition::partition(job, &checker.slice(&state), &state);
    rounds::settle_partition(checker, &mut state, &pruned)?;
    let checked = match rounds::until_it_is_silent(checker, &mut state) {
        Ok(checked) => checked,
        // An item that cannot live in the function crate after all: everything stays in the domain.
        Err(refused) if !state.owned.is_empty() && is_of_proof(&refused) => {
            let owners: BTreeSet<ItemId> = state.owned.values().copied().collect();
            // The refusal's first note is rustc's first message.
            let first = refused.diagnostics.iter().flat_map(|d| &d.notes).next();
            let said = first.cloned().unwrap_or_default();
            state = pruned.clone();
            state
                .returned
                .extend(owners.into_iter().map(|o| (o, said.clone())));
            rounds::until_it_is_silent(checker, &mut state)?
        }
        Err(refused) => return Err(refused),
    };
    Ok(Settled {
        pruned,
        state,
        checked,
    })
}
