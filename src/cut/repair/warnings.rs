//! Warnings of the last check: those that the cut caused are repaired, the monolith's own are allowed.
//!
//! Input: a [`Round`] that compiled. Output: a changed [`State`].

use std::collections::BTreeSet;

use super::dead::is_named;
use super::unused::unused_imports;
use super::widen::widen;
use super::{Round, code, places, primaries};
use crate::cut::state::State;
use crate::oracle::cargo::UnitMessage;
use crate::syntax::ItemKind;

/// Acts on the warnings of the final check.
pub fn warnings(round: &Round<'_>, state: &mut State) -> bool {
    let job = round.job;
    let mut changed = unused_imports(round, state);
    // A manifest that allows a lint from now on does so for all that this check says of it.
    let allowed_before = state.allow_lints.clone();
    for message in round.run.lints() {
        match code(message) {
            "unused_imports" | "redundant_imports" | "unused_extern_crates" => {}
            "dead_code" => changed |= dead_for_good(round, message, state),
            "unused_macros" => {
                for span in primaries(message) {
                    for item in places(round, span).iter().filter_map(|p| p.item) {
                        changed |=
                            !state.pinned.contains(&item) && state.seeds.blocked.insert(item);
                    }
                }
            }
            // What a macro makes cannot be widened.
            "private_interfaces" | "private_bounds" if widen(round, message, state) => {
                changed = true;
            }
            "" => {}
            // Glue is ours: where the monolith's lints forbid what it needs, it is not held against them.
            _ if glue(round, message).is_some_and(|dir| state.no_lints.insert(dir)) => {
                changed = true;
            }
            lint => {
                // The monolith's own: the text is not ours to change.
                let dirs: BTreeSet<String> = message
                    .diagnostic
                    .spans
                    .iter()
                    .filter_map(|s| {
                        let mut parts = s.file_name.split('/');
                        Some(format!("{}/{}", parts.next()?, parts.next()?))
                    })
                    .collect();
                let mut allowed = false;
                for dir in dirs {
                    let before = allowed_before.get(&dir);
                    allowed |= before.is_none_or(|lints| !lints.contains(lint));
                    let lints = state.allow_lints.entry(dir).or_default();
                    lints.insert(lint.to_owned());
                }
                if !allowed {
                    // An attribute in the source outranks the manifest: the item itself must allow it.
                    for place in primaries(message).flat_map(|s| places(round, s)) {
                        let Some(item) = place.item else { continue };
                        let line = format!("#[allow({lint})]");
                        let lines = state.attributes.entry(job.tree.unit(item)).or_default();
                        if !lines.contains(&line) {
                            lines.push(line);
                            allowed = true;
                        }
                    }
                }
                changed |= allowed;
            }
        }
    }
    changed
}

/// The folder of the function crate whose generated code a message is about.
fn glue(round: &Round<'_>, message: &UnitMessage) -> Option<String> {
    let file = &primaries(message).next()?.file_name;
    let made = round.layout.files.get(camino::Utf8Path::new(file))?;
    let name = file.strip_prefix("functions/")?.split('/').next()?;
    made.origin.is_none().then(|| format!("functions/{name}"))
}

/// A dead item goes when nothing names it; otherwise its type is marked.
fn dead_for_good(round: &Round<'_>, message: &UnitMessage, state: &mut State) -> bool {
    let job = round.job;
    let tree = job.tree;
    let mut changed = false;
    for span in primaries(message) {
        for place in places(round, span) {
            let Some(item) = place.item else { continue };
            let unit = tree.unit(item);
            let is_call = tree.raw(item).kind == ItemKind::MacroCall;
            // What an error brought back may have lost what needed it; it goes once, and if it comes back
            // again, it stays.
            let is_needed = (is_call || state.pinned.contains(&unit))
                && is_named(round, unit, &state.seeds.blocked);
            let can_go = unit == item
                && !is_needed
                && !state.gone.contains(&unit)
                && !state.seeds.entries.contains(&unit)
                && !state.seeds.blocked.contains(&unit)
                && (is_call || span.expansion.is_none());
            if can_go {
                state.seeds.forced.remove(&unit);
                state.seeds.blocked.insert(unit);
                state.gone.insert(unit);
                changed = true;
            } else if is_call {
                // An attribute on a macro call says nothing to what it makes.
                let dir = span.file_name.splitn(3, '/').take(2).collect::<Vec<_>>();
                let lints = state.allow_lints.entry(dir.join("/")).or_default();
                changed |= lints.insert("dead_code".to_owned());
            } else {
                changed |= state.allow_dead.insert(unit);
            }
        }
    }
    changed
}
