//! The crates of an output as the answer lists them: how each came, why, and what slimming it saves.
//!
//! Input: the job and the proven cut. Output: [`json::SplitCrate`]s. Refuses nothing.

use crate::cut::layout::Mode;
use crate::cut::{Cut, Job, keep};
use crate::entry::candidates::Measures;
use crate::report::json::{self, Part};

/// Domain crates, then function crates.
pub(super) fn crates(job: &Job<'_>, cut: &Cut, measures: &Measures) -> Vec<json::SplitCrate> {
    let tree = job.tree;
    let domains = cut.layout.domains.iter().map(|domain| {
        let here = |id: &crate::id::ItemId| tree.item(*id).krate == domain.krate;
        let needed = measures.sum(cut.slice.kept.keys().copied().filter(here));
        let active = tree.items.iter().filter(|i| i.active).map(|i| i.id);
        let total = measures.sum(active.filter(here));
        json::SplitCrate {
            dir: domain.dir.clone().into(),
            name: domain.package_name.clone(),
            role: "domain",
            choice: Some(match domain.mode {
                Mode::Slimmed => "slimmed",
                Mode::Copied => "copied",
                Mode::Kept => "kept",
            }),
            why: cut
                .state
                .choices
                .get(&domain.krate)
                .map(|choice| choice.why.text()),
            items: Some(Part {
                kept: needed.items,
                total: total.items,
            }),
            lines: Some(Part {
                kept: needed.lines,
                total: total.lines,
            }),
            drops: keep::drops(job, &cut.layout, &cut.state, domain)
                .into_iter()
                .collect(),
        }
    });
    let functions = job.entries.iter().map(|e| json::SplitCrate {
        dir: format!("functions/{}", e.name).into(),
        name: e.name.clone(),
        role: "function",
        choice: None,
        why: None,
        items: None,
        lines: None,
        drops: Vec::new(),
    });
    domains.chain(functions).collect()
}
