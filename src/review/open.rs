//! What a review leaves to a person: open edges, approximate edges, code that was off.
//!
//! Input: the job and the cut. Output: Markdown. Refuses nothing.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::krate::{counts, is_test};
use super::links;
use super::words::{Places, code, codes, html, name, noun, prose};
use crate::cut::layout::Mode;
use crate::cut::{Cut, Job};
use crate::graph::Certainty;
use crate::id::CrateId;
use crate::text::counted;

/// The section on what is open.
pub(super) fn section(job: &Job<'_>, cut: &Cut, places: &Places<'_>, out: &mut String) {
    let tree = job.tree;
    out.push_str("## Open\n\n");
    let length = out.len();

    let left: BTreeSet<(String, String)> = job
        .rules
        .unlinked(&cut.slice)
        .map(|(item, state)| {
            let at = places.at(tree.item(item).file, tree.raw(item).range.start);
            let text = format!(
                "{} registers itself in {}, from a crate that the cut does not have",
                code(&name(job, item)),
                code(&name(job, state))
            );
            (at, text)
        })
        .collect();
    list(out, "registration", "that stayed behind", &left);

    let edges: BTreeSet<(String, String)> = job
        .graph
        .open
        .iter()
        .filter(|edge| cut.slice.contains(tree, edge.from))
        .map(|edge| {
            let at = places.at(tree.item(edge.from).file, edge.offset);
            (
                at,
                format!(
                    "in {}{}: {}",
                    noun(job, edge.from),
                    code(&name(job, edge.from)),
                    prose(&edge.reason)
                ),
            )
        })
        .collect();
    list(out, "reference", "that could not be followed", &edges);

    let kept = cut.layout.domains.iter().filter(|d| d.mode == Mode::Kept);
    let whole: BTreeSet<CrateId> = kept.map(|d| d.krate).collect();
    let guesses: BTreeSet<(String, String)> = job
        .graph
        .graph
        .edge_weights()
        .filter(|e| e.certainty == Certainty::Approximate)
        .filter(|e| cut.slice.contains(tree, e.from) && cut.slice.contains(tree, e.to))
        .filter(|e| tree.unit(e.from) != tree.unit(e.to))
        // What is kept whole has all that its own names can mean.
        .filter(|e| !whole.contains(&tree.item(e.from).krate))
        .map(|e| {
            let text = format!("{} → {}", code(&name(job, e.from)), code(&name(job, e.to)));
            (places.at(e.file, e.offset), text)
        })
        .collect();
    list(
        out,
        "reference",
        "that syntax suggests and rustc did not confirm",
        &guesses,
    );

    let off = switched_off(job, cut, places);
    list(
        out,
        "item",
        "left out, since their cfg does not hold for the features and the host of this cut",
        &off,
    );

    let links = links::broken(job, cut, places);
    list(
        out,
        "link",
        "in documentation, by name to what was left behind; rustdoc warns of those that lead nowhere",
        &links,
    );

    if out.len() == length {
        out.push_str("Nothing: every reference was followed, and no code was switched off.\n\n");
    }
}

/// Items of the delivered files that a `cfg` keeps from being compiled; tests are told elsewhere.
fn switched_off(job: &Job<'_>, cut: &Cut, places: &Places<'_>) -> BTreeSet<(String, String)> {
    let tree = job.tree;
    let delivered = cut.layout.sources();
    tree.items
        .iter()
        .filter(|i| !i.active && delivered.contains(&(i.krate, i.file)))
        .filter(|i| counts(job, i.id) && !is_test(job, i.id))
        // Its members are off with it.
        .filter(|i| i.parent.is_none_or(|p| tree.item(p).active))
        .map(|i| {
            let cfgs: Vec<String> = tree.raw(i.id).cfgs().map(|c| format!("cfg({c})")).collect();
            let cfgs = if cfgs.is_empty() {
                "its module is off".to_owned()
            } else {
                codes(cfgs.iter().map(String::as_str))
            };
            (
                places.of(i.id),
                format!("{}{}: {cfgs}", noun(job, i.id), code(&name(job, i.id))),
            )
        })
        .collect()
}

fn list(out: &mut String, what: &str, rest: &str, lines: &BTreeSet<(String, String)>) {
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "<details><summary>{} {}</summary>\n",
        counted(lines.len(), what),
        html(rest)
    );
    for (at, text) in lines {
        let _ = writeln!(out, "- {}: {text}", prose(at));
    }
    out.push_str("\n</details>\n\n");
}
