//! The first table of a review: each entry with its crate, its size, and the dependencies it does without.
//!
//! Input: the job and the cut. Output: Markdown. Refuses nothing.

use std::fmt::Write as _;

use super::depends;
use super::krate::{counts, is_test};
use super::words::{code, codes};
use crate::cut::{Cut, Job};
use crate::entry::plan::Entry;
use crate::id::ItemId;
use crate::slice::{self, Seeds};
use crate::syntax::ItemKind;

/// The section.
pub(super) fn section(job: &Job<'_>, cut: &Cut, out: &mut String) {
    let tree = job.tree;
    let all = size(
        job,
        tree.items
            .iter()
            .filter(|i| i.active && !is_test(job, i.id))
            .map(|i| i.id),
    );
    out.push_str("## Summary\n\n");
    out.push_str("| entry | function crate | items | lines | external crates no longer needed |\n");
    out.push_str("| --- | --- | --- | --- | --- |\n");
    for entry in job.entries {
        let seeds = Seeds {
            entries: vec![entry.item],
            blocked: cut.state.seeds.blocked.clone(),
            ..Seeds::default()
        };
        let alone = slice::slice(tree, job.rules, &seeds);
        let own = size(
            job,
            alone
                .kept
                .keys()
                .copied()
                .filter(|id| cut.slice.kept.contains_key(id)),
        );
        let _ = writeln!(
            out,
            "| {} | {} | {} of {} | {} of {} | {} |",
            code(&entry.path),
            code(&format!("functions/{}", entry.name)),
            own.0,
            all.0,
            own.1,
            all.1,
            dependencies_gone(job, cut, entry),
        );
    }
    out.push_str(
        "\nFields and variants count with their types, methods by themselves; tests and code that is \
         switched off do not count, nor do blank lines and imports.\n\n",
    );
    let times = if cut.checks == 1 {
        "once".to_owned()
    } else {
        format!("{} times", cut.checks)
    };
    let _ = writeln!(
        out,
        "Checked: rustc compiled the cut {times}; the last time all crates together, without a warning.\n"
    );
    let guesses = if job.graph.verified {
        "rustc resolved the references"
    } else {
        "no compiler was asked: all references are approximate"
    };
    let _ = writeln!(out, "Which item a name means: {guesses}.\n");
}

/// Items and lines of a set, members apart from what holds them.
fn size(job: &Job<'_>, items: impl Iterator<Item = ItemId>) -> (usize, usize) {
    let tree = job.tree;
    let mut total = (0, 0);
    for id in items.filter(|id| counts(job, *id)) {
        let members: usize = match tree.raw(id).kind {
            ItemKind::Impl | ItemKind::Trait => job
                .rules
                .members(id)
                .iter()
                .filter(|m| counts(job, **m))
                .map(|m| tree.lines(*m))
                .sum(),
            _ => 0,
        };
        total.0 += 1;
        total.1 += tree.lines(id).saturating_sub(members);
    }
    total
}

/// External crates that the entry's package and the members it stands on declare, and that neither the
/// function crate nor what it stands on does.
fn dependencies_gone(job: &Job<'_>, cut: &Cut, entry: &Entry) -> String {
    let home = job.tree.krate(job.tree.item(entry.item).krate).package;
    let before = job
        .workspace
        .package(home)
        .map(|p| depends::declared(job, p))
        .unwrap_or_default();
    let after = depends::external(job, cut, &format!("functions/{}", entry.name));
    let gone: Vec<&str> = before.difference(&after).map(String::as_str).collect();
    match (gone.len(), before.len()) {
        (_, 0) => "it had none".to_owned(),
        (0, of) => format!("none of {of}"),
        (left, of) => format!("{left} of {of}: {}", codes(gone)),
    }
}
