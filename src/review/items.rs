//! The items of one crate of the output: where each came from, why it is there, what was changed on the way.
//!
//! Input: the job, the cut, and what the crate was rendered from. Output: a Markdown table, and a list of
//! changes to what is no item of the slice: modules and imports. Refuses nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::words::{Places, code, name, noun, prose};
use crate::cut::{Cut, Job};
use crate::id::{CrateId, ItemId};
use crate::render::item::{self, Choice};
use crate::syntax::{ItemKind, Visibility};

/// The table of `kept`, and the other changes.
pub(super) fn table(
    job: &Job<'_>,
    cut: &Cut,
    places: &Places<'_>,
    kept: impl Iterator<Item = ItemId>,
    rendered: Option<&(CrateId, Choice)>,
    out: &mut String,
) {
    let tree = job.tree;
    let mut kept: Vec<ItemId> = kept.collect();
    kept.sort_by_key(|id| {
        (
            places.file(tree.item(*id).file),
            tree.raw(*id).range.start,
            *id,
        )
    });
    let mut changes = rendered.map_or_else(BTreeMap::new, |(krate, choice)| {
        changes(job, *krate, choice)
    });
    if !kept.is_empty() {
        out.push_str(
            "| item | source | why it is here | changed on the way |\n| --- | --- | --- | --- |\n",
        );
    }
    for id in &kept {
        let Some(why) = cut.slice.kept.get(id) else {
            continue;
        };
        let changed = changes.remove(id).unwrap_or_default().join("; ");
        let _ = writeln!(
            out,
            "| {}{} | {} | {} | {changed} |",
            noun(job, *id),
            code(&name(job, *id)),
            prose(&places.of(*id)),
            places.why(*id, *why),
        );
    }
    out.push('\n');
    let mut elsewhere: Vec<(String, String)> = changes
        .iter()
        .map(|(id, changed)| {
            let what = if tree.raw(*id).kind == ItemKind::Use {
                "import".to_owned()
            } else {
                format!("{}{}", noun(job, *id), code(&name(job, *id)))
            };
            let text = format!(
                "{what} at {}: {}",
                prose(&places.of(*id)),
                changed.join("; ")
            );
            (places.of(*id), text)
        })
        .collect();
    elsewhere.sort();
    for (module, lines) in rendered.into_iter().flat_map(|(_, c)| &c.prologue) {
        let module = tree.module_path(*module).join("::");
        let lines = lines.lines().map(str::trim).filter(|l| !l.is_empty());
        for line in lines {
            let text = format!("added to module {}: {}", code(&module), code(line));
            elsewhere.push((String::new(), text));
        }
    }
    if !elsewhere.is_empty() {
        out.push_str("Changed as well:\n\n");
        for (_, text) in elsewhere {
            let _ = writeln!(out, "- {text}");
        }
        out.push('\n');
    }
}

/// What was changed in each item's text, by the item whose row shows it: what the renderer does with the choice.
fn changes(job: &Job<'_>, krate: CrateId, choice: &Choice) -> BTreeMap<ItemId, Vec<String>> {
    let tree = job.tree;
    let delivered = |id: ItemId| {
        let item = tree.item(id);
        let unit = tree.unit(id);
        item.krate == krate
            && choice.modules.contains(&item.module)
            && item::stays(tree, unit, choice)
            && item.parent.is_none_or(|p| item::stays(tree, p, choice))
    };
    let mut changes: BTreeMap<ItemId, Vec<String>> = BTreeMap::new();
    let mut add = |id: ItemId, change: String| {
        let unit = tree.unit(id);
        let part = if unit == id {
            String::new()
        } else {
            format!("{}: ", code(&tree.raw(id).name))
        };
        changes
            .entry(unit)
            .or_default()
            .push(format!("{part}{change}"));
    };
    let touched: BTreeSet<ItemId> = choice
        .widen
        .iter()
        .chain(choice.attributes.keys())
        .copied()
        .filter(|id| delivered(*id))
        .collect();
    for id in touched {
        let raw = tree.raw(id);
        let is_wider = choice.widen.contains(&id)
            && raw.vis != Visibility::Public
            && item::can_be_public(tree, id);
        if is_wider {
            let text = raw.vis_range.of(&tree.file(tree.item(id).file).text);
            let was = if text.is_empty() {
                "private".to_owned()
            } else {
                code(text)
            };
            add(id, format!("{was} → {}", code("pub")));
        }
        for line in choice.attributes.get(&id).into_iter().flatten() {
            let why = if line == "#[allow(dead_code)]" {
                ": parts of it are for code that was left behind"
            } else {
                ""
            };
            add(id, format!("added {}{why}", code(line)));
        }
    }
    changes
}
