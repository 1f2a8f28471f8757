//! Lints that the monolith forbids and that a cut cannot keep: an entry that became `pub` has no documentation,
//! say. What is forbidden can be allowed nowhere, so the word goes from its `forbid`.
//!
//! Input: a [`Round`] that failed. Output: a changed [`State`].

use super::{Round, code, places};
use crate::cut::state::State;

/// Acts on `allow` under `forbid`.
pub fn forbidden(round: &Round<'_>, state: &mut State) -> bool {
    let tree = round.job.tree;
    let mut changed = false;
    for message in round.run.errors().filter(|m| code(m) == "E0453") {
        let levels = message.diagnostic.spans.iter().filter(|span| {
            let label = span.label.as_deref().unwrap_or_default();
            label.contains("level set here")
        });
        for place in levels.flat_map(|span| places(round, span)) {
            let path = tree.file(place.file).path.clone();
            changed |= state.lifted.insert((path, place.offset));
        }
    }
    changed
}
