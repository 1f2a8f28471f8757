//! Visibility: what an error or a warning calls private becomes `pub`.
//!
//! Input: a message. Output: a changed [`State`].

use super::{Round, last_name, places, quoted};
use crate::cut::state::State;
use crate::oracle::cargo::UnitMessage;

/// Widens what an error or warning calls private.
pub fn widen(round: &Round<'_>, message: &UnitMessage, state: &mut State) -> bool {
    let job = round.job;
    let tree = job.tree;
    let mut changed = false;
    // rustc shows the private definition itself in most of these messages.
    let spans = message.diagnostic.spans.iter().chain(
        message
            .diagnostic
            .children
            .iter()
            .flat_map(|c| c.spans.iter()),
    );
    for span in spans {
        let says_private = span
            .label
            .as_deref()
            .is_some_and(|l| l.contains("private") || l.contains("defined here"))
            || message.diagnostic.children.iter().any(|c| {
                c.spans
                    .iter()
                    .any(|s| s.byte_start == span.byte_start && s.file_name == span.file_name)
            });
        if !says_private {
            continue;
        }
        for place in places(round, span) {
            if let Some(item) = place.item
                && crate::render::item::can_be_public(tree, item)
                && tree.raw(item).range.start <= place.offset
            {
                changed |= state.widen.insert(item);
            }
        }
    }
    if !changed {
        for name in quoted(message) {
            for item in round.names.of(last_name(&name)).iter().copied() {
                if round.slice.contains(tree, item)
                    && crate::render::item::can_be_public(tree, item)
                {
                    changed |= state.widen.insert(item);
                }
            }
        }
    }
    changed
}
