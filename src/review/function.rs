//! One function crate of a review: its shim, and the items that its entry alone uses.
//!
//! Input: the job, the cut and an entry. Output: Markdown. Refuses nothing.

use std::fmt::Write as _;

use super::items;
use super::krate;
use super::words::{Places, code, prose};
use crate::cut::{Cut, Job};
use crate::entry::plan::Entry;
use crate::id::ItemId;
use crate::text::counted;

/// The section of one function crate.
pub(super) fn section(
    job: &Job<'_>,
    cut: &Cut,
    places: &Places<'_>,
    entry: &Entry,
    out: &mut String,
) {
    let dir = format!("functions/{}", entry.name);
    let source = &job.tree.krate(job.tree.item(entry.item).krate).name;
    let owned: Vec<ItemId> = cut
        .state
        .owned
        .iter()
        .filter(|(_, of)| **of == entry.item)
        .map(|(item, _)| *item)
        .collect();
    let _ = writeln!(
        out,
        "## Function crate {}\n\nFor {}.",
        code(&entry.name),
        code(&entry.path)
    );
    if entry.crossing.is_some() {
        let main = code(&format!("{dir}/src/main.rs"));
        let _ = writeln!(
            out,
            "{main} was generated: it reads the event and calls it."
        );
    }
    if owned.is_empty() {
        let _ = writeln!(
            out,
            "{} re-exports it; it owns no code that was moved.\n",
            code(&format!("{dir}/src/lib.rs"))
        );
    } else {
        let _ = writeln!(
            out,
            "What it alone needs, {} of {}, stands in files of the same names; what others need too is in the domain \
             crates.\n",
            counted(owned.len(), "item"),
            code(source),
        );
    }
    if let Some(said) = cut.state.returned.get(&entry.item) {
        let _ = writeln!(
            out,
            "What it alone needs went back to the domain crates, where the rest compiles with it. rustc said: \
             {}.\n",
            prose(said)
        );
    }
    let chosen = entry.crossing.iter().flat_map(|c| &c.chosen);
    let chosen: Vec<String> = chosen
        .map(|(many, one)| format!("{} for {}", code(one), code(many)))
        .collect();
    if !chosen.is_empty() {
        let _ = writeln!(
            out,
            "Parameters that take many types take one from the event: {}.\n",
            chosen.join(", ")
        );
    }
    krate::allowed(cut, &dir, out);
    if !owned.is_empty() {
        let rendered = cut.layout.choices.get(&dir);
        items::table(job, cut, places, owned.into_iter(), rendered, out);
    }
}
