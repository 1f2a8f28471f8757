//! Impls of foreign traits that alone hold an external crate: what they weigh, and the cut without them (`--lean`).
//!
//! Input: a finished cut. Output: [`Weight`]s, and with `--lean` a cut in which those are gone whose crate goes with them.
//! An impl goes when rustc compiles all crates without it and the linker had left no function of it in any program.
//! Refuses nothing: where one of both disagrees, the impl stays, and the weight says why.

pub mod held;
mod lock;
mod spelled;

use std::collections::BTreeSet;

use camino::Utf8PathBuf;

use super::check::{Checked, Checker};
use super::layout::{Layout, Mode};
use super::settle::{self, Settled};
use super::state::State;
use super::{Job, is_of_proof};
use crate::diag::Outcome;
use crate::id::ItemId;
use crate::render::manifest::entry;
use held::{External, Held};
use spelled::Spelled;

/// External crates that impls alone hold in a cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weight {
    /// Which, and what holds it.
    pub held: Held,
    /// The packages of the lock file that go with them; `None` when that is not known.
    pub packages: Option<usize>,
    /// What became of the impls.
    pub fate: Fate,
}

/// What became of impls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// They are in the cut; nobody asked to be without them.
    Kept,
    /// They are gone, and the crates with them.
    Gone,
    /// They are in the cut, for this reason.
    Needed(String),
}

/// What impls alone hold in a cut.
pub fn weights(
    checker: &Checker<'_>,
    job: &Job<'_>,
    state: &State,
    checked: &Checked,
) -> Vec<Weight> {
    let lock = checker.lock_file().unwrap_or_default();
    let domains = checked.layout.domains.iter();
    let members: BTreeSet<String> = domains
        .map(|d| d.package_name.clone())
        .chain(job.entries.iter().map(|entry| entry.name.clone()))
        .collect();
    let all = held::held(job, &state.seeds, &checked.slice, job.asked.lean).into_iter();
    all.filter_map(|mut held| {
        if held.crates.is_empty() {
            return Some(Weight {
                packages: Some(0),
                held,
                fate: Fate::Kept,
            });
        }
        let mut dependencies = BTreeSet::new();
        held.crates.retain(|external| {
            let folders = folders(job, state, &checked.layout, external);
            let of = folders.into_iter().map(|(_, package)| package);
            let before = dependencies.len();
            dependencies.extend(of.map(|package| (package, external.package.clone())));
            dependencies.len() > before
        });
        (!held.crates.is_empty()).then(|| Weight {
            packages: lock::saved(&lock, &members, &dependencies),
            held,
            fate: Fate::Kept,
        })
    })
    .collect()
}

/// The cut without what impls alone hold; the one that there is where nothing can go.
///
/// # Errors
/// What a check or the build that links the programs refuses.
pub fn lean(
    checker: &mut Checker<'_>,
    job: &Job<'_>,
    whole: Settled,
    weights: &mut Vec<Weight>,
) -> Outcome<Settled> {
    if weights.is_empty() {
        return Ok(whole);
    }
    let settled = without(checker, job, whole, weights);
    // That an impl is needed which holds no crate goes without saying.
    weights.retain(|w| w.fate == Fate::Gone || !w.held.crates.is_empty());
    settled
}

fn without(
    checker: &mut Checker<'_>,
    job: &Job<'_>,
    whole: Settled,
    weights: &mut [Weight],
) -> Outcome<Settled> {
    let reason = match job.entries.iter().find(|e| e.crossing.is_none()) {
        Some(entry) => Some(format!("who uses the library `{}` may need it", entry.name)),
        None => spare_linked(checker, job, &whole, weights)?,
    };
    for weight in weights.iter_mut().filter(|w| w.fate == Fate::Kept) {
        weight.fate = reason.clone().map_or(Fate::Gone, Fate::Needed);
    }
    let mut tried = false;
    // Each round, but the last, brings at least one back.
    for _ in 0..=weights.len() + 1 {
        let going = weights.iter().filter(|w| w.fate == Fate::Gone);
        let going: BTreeSet<ItemId> = going.flat_map(|w| &w.held.impls).copied().collect();
        if going.is_empty() {
            break;
        }
        tried = true;
        let mut state = whole.pruned.clone();
        state.seeds.blocked.extend(going);
        let settled = match settle::settle(checker, job, state) {
            Ok(settled) => settled,
            Err(refused) if is_of_proof(&refused) => {
                let said = || "without it rustc did not accept the cut".to_owned();
                // Those that hold crates are worth another try.
                if !spare(weights, &|held| held.crates.is_empty().then(said)) {
                    spare(weights, &|_| Some(said()));
                }
                continue;
            }
            Err(refused) => return Err(refused),
        };
        let kept = &settled.checked.slice.kept;
        let is_done = !spare(weights, &|held| {
            if held.impls.iter().any(|item| kept.contains_key(item)) {
                return Some("rustc asks for it".to_owned());
            }
            let layout = &settled.checked.layout;
            let is_left = |external| !folders(job, &settled.state, layout, external).is_empty();
            let mut crates = held.crates.iter();
            let left = crates.len() > 0 && crates.all(is_left);
            left.then(|| "other code needs the crates all the same".to_owned())
        });
        if is_done {
            for weight in weights.iter_mut().filter(|w| w.fate == Fate::Gone) {
                let (state, layout) = (&settled.state, &settled.checked.layout);
                let crates = &mut weight.held.crates;
                crates.retain(|external| folders(job, state, layout, external).is_empty());
            }
            return Ok(settled);
        }
    }
    if tried {
        // The proof goes on from what the last check left in the work folder.
        return settle::settle(checker, job, whole.pruned);
    }
    Ok(whole)
}

/// Has those stay, of what would go, for which there is a reason; whether there are any.
fn spare(weights: &mut [Weight], reason: &dyn Fn(&Held) -> Option<String>) -> bool {
    let mut any = false;
    for weight in weights.iter_mut().filter(|w| w.fate == Fate::Gone) {
        if let Some(reason) = reason(&weight.held) {
            weight.fate = Fate::Needed(reason);
            any = true;
        }
    }
    any
}

/// Has those stay of which a linker left something in a program; a reason for all others, if it cannot be told.
fn spare_linked(
    checker: &mut Checker<'_>,
    job: &Job<'_>,
    whole: &Settled,
    weights: &mut [Weight],
) -> Outcome<Option<String>> {
    let slice = &whole.checked.slice;
    let functions = match checker.linked()? {
        Ok(functions) => functions,
        Err(why) => return Ok(Some(format!("what the programs use is not known: {why}"))),
    };
    for weight in weights {
        let impls = weight.held.impls.iter();
        let linked = impls.filter_map(|item| Spelled::of(job, slice, *item, &weight.held));
        let mut linked = linked.filter(|of| functions.iter().any(|name| of.is_spelled(name)));
        if let Some(of) = linked.next() {
            let said = format!("a program has `{of}` in it");
            weight.fate = Fate::Needed(said);
        }
    }
    Ok(None)
}

/// The output's folders with their packages that depend on an external crate for what one of the monolith's has in them,
/// the shims' own use apart.
fn folders(
    job: &Job<'_>,
    state: &State,
    layout: &Layout,
    held: &External,
) -> Vec<(String, String)> {
    let domains = layout.domains.iter();
    let domains = domains
        .filter(|d| d.krate == held.krate && d.mode == Mode::Slimmed)
        .map(|d| (d.dir.clone(), d.package_name.clone()));
    let owning = job.entries.iter().filter(|entry| {
        let mut owned = state.owned.iter();
        owned.any(|(item, owner)| *owner == entry.item && job.tree.item(*item).krate == held.krate)
    });
    let functions = owning
        .map(|entry| (format!("functions/{}", entry.name), entry.name.clone()))
        .filter(|(dir, _)| !layout.words(dir, false).contains(held.name.as_str()));
    let depends = |dir: &str| {
        let path = Utf8PathBuf::from(dir).join("Cargo.toml");
        let text = layout.files.get(&path).map(|file| file.bytes.as_slice());
        text.is_some_and(|text| entry(&String::from_utf8_lossy(text), &held.key).is_some())
    };
    domains
        .chain(functions)
        .filter(|(dir, _)| depends(dir))
        .collect()
}
