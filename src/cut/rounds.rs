//! The rounds of a cut: check, repair, check again, until rustc has nothing left to say.
//!
//! Input: a [`Checker`] and a first [`State`]. Output: a state that compiles, that nothing can be taken
//! from, that is partitioned, that checks without a warning. Refuses with
//! [`Code::ProofFailed`](crate::diag::Code::ProofFailed) when no repair helps.

use std::collections::{BTreeMap, BTreeSet};

use super::check::{Checked, Checker, Scope};
use super::keep;
use super::repair::crossing::When;
use super::repair::{self, dead, escalate, partition, unused, warnings, widen};
use super::state::State;
use crate::diag::Outcome;
use crate::id::ItemId;

/// Checks before the cut gives up.
const MAX_ROUNDS: usize = 40;
/// Rounds in which a partition may settle.
const PARTITION_ROUNDS: usize = 8;
/// Rounds in which the reachability oracle's view may become valid.
const VIEW_ROUNDS: usize = 5;
/// Rounds of the reachability oracle.
const PRUNE_ROUNDS: usize = 8;

/// The domain crates compile.
///
/// # Errors
/// When no repair helps.
pub fn until_it_compiles(checker: &mut Checker<'_>, state: &mut State) -> Outcome<()> {
    for round in 0..MAX_ROUNDS {
        let checked = checker.check(state, Some(&["unused_imports"]), Scope::Domains)?;
        if checked.run.success {
            return Ok(());
        }
        if checked.run.errors().next().is_none() {
            return Err(checker.failed(&checked.run).into());
        }
        repair::refuse(&checker.round(&checked), state, When::Early)?;
        let mut changed = repair::errors::errors(&checker.round(&checked), state);
        if round > MAX_ROUNDS / 2 || !changed {
            repair::refuse(&checker.round(&checked), state, When::Late)?;
            changed |= escalate::escalate(&checker.round(&checked), state);
        }
        if !changed {
            return Err(checker.failed(&checked.run).into());
        }
    }
    let last = checker.check(state, Some(&[]), Scope::Domains)?;
    if last.run.success {
        Ok(())
    } else {
        Err(checker.failed(&last.run).into())
    }
}

/// Does without the impls that were brought back in doubt, when it compiles without all of them.
///
/// # Errors
/// When a check cannot be made.
pub fn without_doubtful(checker: &mut Checker<'_>, state: &mut State) -> Outcome<()> {
    let doubtful = std::mem::take(&mut state.doubtful);
    let mut trial = state.clone();
    trial.seeds.forced.retain(|item| !doubtful.contains(item));
    if trial.seeds.forced.len() < state.seeds.forced.len()
        && checker
            .check(&trial, Some(&["unused_imports"]), Scope::Domains)?
            .run
            .success
    {
        *state = trial;
    }
    Ok(())
}

/// The reachability oracle: everything that other crates do not use becomes `pub(crate)`, and rustc
/// lists what is dead.
///
/// # Errors
/// When a check cannot be made.
pub fn prune(checker: &mut Checker<'_>, state: &mut State) -> Outcome<()> {
    // What must be visible for the view to be valid: a public re-export, say, of what nothing else names.
    let mut visible = BTreeSet::new();
    for _ in 0..PRUNE_ROUNDS {
        let Some(checked) = private_view(checker, state, &mut visible)? else {
            // The narrowed view is not valid for this code: keep what the graph gave.
            return Ok(());
        };
        let before = state.clone();
        if !dead::dead(&checker.round(&checked), state) {
            break;
        }
        let after = checker.check(state, Some(&["unused_imports"]), Scope::Domains)?;
        if !after.run.success {
            *state = before;
            dead::pin_all_dead(&checker.round(&checked), state);
            break;
        }
    }
    Ok(())
}

/// Checks the domain crates with everything `pub(crate)` that other crates do not use and that is not
/// `visible`, to which comes what rustc wants public; nothing when that does not compile.
fn private_view(
    checker: &mut Checker<'_>,
    state: &State,
    visible: &mut BTreeSet<ItemId>,
) -> Outcome<Option<Checked>> {
    const LINTS: &[&str] = &[
        "dead_code",
        "unused_imports",
        "unused_macros",
        "unused_extern_crates",
    ];
    let mut view = state.clone();
    view.private_view = true;
    view.widen.extend(visible.iter().copied());
    for _ in 0..VIEW_ROUNDS {
        let checked = checker.check(&view, Some(LINTS), Scope::Domains)?;
        if checked.run.success {
            visible.extend(view.widen.difference(&state.widen));
            return Ok(Some(checked));
        }
        let before = view.widen.len();
        for message in checked.run.errors() {
            widen::widen(&checker.round(&checked), message, &mut view);
        }
        if view.widen.len() == before {
            break;
        }
    }
    Ok(None)
}

/// Checks the partition: what the function crates name becomes `pub`, an item that cannot live there goes
/// back to the domain, entries that stay in trouble own nothing, and when that does not help, none does.
///
/// # Errors
/// When a check cannot be made.
pub fn settle_partition(
    checker: &mut Checker<'_>,
    state: &mut State,
    shared: &State,
) -> Outcome<()> {
    let Some(failed) = try_partition(checker, state)? else {
        if state.owned.is_empty() {
            // What was widened for functions that own nothing after all has no use.
            let returned = std::mem::take(&mut state.returned);
            *state = State {
                returned,
                ..shared.clone()
            };
        }
        return Ok(());
    };
    let owned = partition::without(&checker.round(&failed), state);
    *state = give_back(state, &failed, shared, owned);
    if state.owned.is_empty() {
        return Ok(());
    }
    if let Some(failed) = try_partition(checker, state)? {
        *state = give_back(state, &failed, shared, BTreeMap::new());
    }
    Ok(())
}

/// The shared state with fewer owned items, and what rustc said to those that own nothing now.
fn give_back(
    state: &State,
    failed: &Checked,
    shared: &State,
    owned: BTreeMap<ItemId, ItemId>,
) -> State {
    let mut returned = state.returned.clone();
    let first = failed.run.errors().next();
    let said = first.map_or_else(String::new, |m| m.diagnostic.message.clone());
    let owners: BTreeSet<ItemId> = owned.values().copied().collect();
    for owner in state.owned.values().filter(|o| !owners.contains(o)) {
        returned.entry(*owner).or_insert_with(|| said.clone());
    }
    State {
        owned,
        returned,
        ..shared.clone()
    }
}

/// Repairs a partition; gives the last check when that did not help.
fn try_partition(checker: &mut Checker<'_>, state: &mut State) -> Outcome<Option<Checked>> {
    let mut last = None;
    for _ in 0..PARTITION_ROUNDS {
        if state.owned.is_empty() {
            return Ok(None);
        }
        let checked = checker.check(state, Some(&["unused_imports"]), Scope::All)?;
        if checked.run.success {
            return Ok(None);
        }
        repair::refuse(&checker.round(&checked), state, When::Early)?;
        if !partition::errors(&checker.round(&checked), state) {
            return Ok(Some(checked));
        }
        last = Some(checked);
    }
    Ok(last)
}

/// The last word: every crate, no wrapper, not one warning.
///
/// # Errors
/// When no repair helps.
pub fn until_it_is_silent(checker: &mut Checker<'_>, state: &mut State) -> Outcome<Checked> {
    let scope = if state.owned.is_empty() {
        Scope::Domains
    } else {
        Scope::All
    };
    for _ in 0..MAX_ROUNDS / 4 {
        let lints = ["unused_crate_dependencies", "unused_imports"];
        let checked = checker.check(state, Some(&lints), scope)?;
        let round = checker.round(&checked);
        if checked.run.success {
            // An import that nobody needs counts as a use of what it names.
            if unused::unused_imports(&round, state) {
                continue;
            }
            unused::unused_dependencies(&round, state);
            state.choices = keep::choose(round.job, round.layout, state)?;
            break;
        }
        repair::refuse(&round, state, When::Early)?;
        if !repair::errors(&round, state) {
            break;
        }
    }
    for _ in 0..MAX_ROUNDS {
        let checked = checker.check(state, None, Scope::All)?;
        let round = checker.round(&checked);
        if keep::unfit(&round, state, false) {
            state.choices = keep::choose(round.job, round.layout, state)?;
            continue;
        }
        if checked.run.success || checked.run.fails_by_lints_alone() {
            if checked.run.lints().next().is_none() {
                return Ok(checked);
            }
            if !warnings::warnings(&round, state) {
                return Err(checker.failed(&checked.run).into());
            }
            continue;
        }
        if checked.run.errors().next().is_none() {
            if keep::unfit(&round, state, true) {
                state.choices = keep::choose(round.job, round.layout, state)?;
            } else if state.unused.is_empty() {
                return Err(checker.failed(&checked.run).into());
            } else {
                state.unused.clear();
            }
            continue;
        }
        let has_own = !state.owned.is_empty();
        repair::refuse(&round, state, When::Early)?;
        let mut changed = repair::errors(&round, state);
        if !changed && keep::unfit(&round, state, true) {
            state.choices = keep::choose(round.job, round.layout, state)?;
            changed = true;
        }
        if !changed && !state.unused.is_empty() {
            state.unused.clear();
            changed = true;
        }
        if !changed && !has_own {
            repair::refuse(&round, state, When::Late)?;
            changed = escalate::escalate(&round, state);
        }
        if !changed {
            return Err(checker.failed(&checked.run).into());
        }
    }
    let last = checker.check(state, None, Scope::All)?;
    Err(checker.failed(&last.run).into())
}
