//! What reads the place of its own code: lines, files, modules, log targets. It means something else after a move.
//!
//! Input: the job and the cut. Output: Markdown: a line for each such use in moved code. Refuses nothing. Names
//! are taken as they are written: a macro of the user's that is called `line` is listed too.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::words::{Places, code, name, noun, prose};
use crate::cut::layout::Mode;
use crate::cut::{Cut, Job};
use crate::id::{CrateId, ItemId};
use crate::syntax::{ItemKind, RefKind};
use crate::text::counted;

/// Macros that give a place in the source.
const PLACES: &[&str] = &["line", "column", "file"];

/// Macros of `log` and `tracing`, whose target is the path of the module.
const LOGS: &[&str] = &[
    "log",
    "event",
    "span",
    "trace",
    "debug",
    "info",
    "warn",
    "error",
    "trace_span",
    "debug_span",
    "info_span",
    "warn_span",
    "error_span",
];

/// What cargo says of the folder, and of the names.
const FOLDER: &[&str] = &["CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH"];
const NAMES: &[&str] = &["CARGO_PKG_NAME", "CARGO_CRATE_NAME"];
const NOTHING: &[&str] = &[];

/// Crates with such macros.
const LOGGERS: &[&str] = &["log", "tracing"];

/// The section.
pub(super) fn section(job: &Job<'_>, cut: &Cut, places: &Places<'_>, out: &mut String) {
    let mut lines: BTreeSet<(String, usize, String)> = BTreeSet::new();
    let mut targets: BTreeMap<(String, String), BTreeSet<ItemId>> = BTreeMap::new();
    for (dir, (krate, choice)) in &cut.layout.choices {
        let now = lib_name(job, cut, dir);
        let domain = cut.layout.domain(dir);
        if domain.is_some_and(|d| d.mode == Mode::Kept) {
            continue;
        }
        let was = &job.tree.krate(*krate).name;
        for id in &choice.items {
            let found = uses(job, *krate, *id, *was == now);
            for (offset, what) in found.places {
                let file = job.tree.item(*id).file;
                let text = format!(
                    "{} in {}{}",
                    code(&what),
                    noun(job, *id),
                    code(&name(job, *id))
                );
                lines.insert((
                    places.file(file).to_string(),
                    places.line(file, offset),
                    text,
                ));
            }
            if found.logs && *was != now {
                targets
                    .entry((was.clone(), now.clone()))
                    .or_default()
                    .insert(*id);
            }
        }
    }
    out.push_str("## What moved code says of its own place\n\n");
    out.push_str(
        "The places in panic messages and the callers that `#[track_caller]` gives are those of the files \
         here.\n\n",
    );
    for ((was, now), items) in &targets {
        let _ = writeln!(
            out,
            "Log targets of moved code that began with {} begin with {} now: filters such as `RUST_LOG` have \
             to name it. {} {} concerned.\n",
            code(was),
            code(now),
            counted(items.len(), "item"),
            if items.len() == 1 { "is" } else { "are" },
        );
    }
    if lines.is_empty() {
        return;
    }
    out.push_str("These read it, and can get another answer than in the monolith:\n\n");
    for (file, line, text) in lines {
        let _ = writeln!(out, "- {}: {text}", prose(&format!("{file}:{line}")));
    }
    out.push('\n');
}

/// The name of the library in a folder of the output.
fn lib_name(job: &Job<'_>, cut: &Cut, dir: &str) -> String {
    let function = || {
        let entry = job
            .entries
            .iter()
            .find(|e| *dir == format!("functions/{}", e.name));
        entry.map(|e| e.name.replace('-', "_")).unwrap_or_default()
    };
    cut.layout
        .domain(dir)
        .map_or_else(function, |d| d.lib_name.clone())
}

/// What an item reads of its place.
#[derive(Default)]
struct Uses {
    /// Offsets, and what stands there.
    places: Vec<(u32, String)>,
    /// Whether it logs to its module's path.
    logs: bool,
}

fn uses(job: &Job<'_>, krate: CrateId, id: ItemId, same_paths: bool) -> Uses {
    let tree = job.tree;
    let raw = tree.raw(id);
    let text = &tree.file(tree.item(id).file).text;
    let mut found = Uses::default();
    for used in &raw.refs {
        let end = used.offset as usize + used.path.len();
        let after = text.get(end..).unwrap_or("").trim_start();
        let (head, last) = used
            .path
            .rsplit_once("::")
            .unwrap_or(("", used.path.as_ref()));
        let first = used.path.split("::").next().unwrap_or(last);
        match used.kind {
            // `a != b` looks like a macro to the tokens.
            RefKind::Macro if !after.starts_with('!') || after.starts_with("!=") => {}
            RefKind::Macro if matches!(head, "" | "std" | "core") && PLACES.contains(&last) => {
                found.places.push((used.offset, format!("{last}!()")));
            }
            RefKind::Macro if last == "module_path" && !same_paths => {
                found
                    .places
                    .push((used.offset, "module_path!()".to_owned()));
            }
            RefKind::Macro if LOGS.contains(&last) => {
                found.logs |=
                    LOGGERS.contains(&first) || (head.is_empty() && has_logger(job, krate));
            }
            RefKind::Path if used.path.ends_with("Location::caller") => {
                found.places.push((used.offset, used.path.to_string()));
            }
            RefKind::Path if matches!(last, "type_name" | "type_name_of_val") && !same_paths => {
                found.places.push((used.offset, used.path.to_string()));
            }
            _ => {}
        }
    }
    // The members of these are items of their own.
    let is_holder = matches!(raw.kind, ItemKind::Impl | ItemKind::Trait | ItemKind::Mod);
    let renamed = if same_paths { NOTHING } else { NAMES };
    for word in FOLDER.iter().chain(renamed).filter(|_| !is_holder) {
        for (at, _) in raw.range.of(text).match_indices(word) {
            let at = raw.range.start + u32::try_from(at).unwrap_or(0);
            found.places.push((at, (*word).to_owned()));
        }
    }
    found.logs |= raw.attrs.iter().any(|a| {
        let path = a.path.as_str();
        path == "tracing::instrument" || (path == "instrument" && has_logger(job, krate))
    });
    found
}

fn has_logger(job: &Job<'_>, krate: CrateId) -> bool {
    let package = job.workspace.package(job.tree.krate(krate).package);
    package.is_some_and(|p| {
        p.dependencies
            .iter()
            .any(|d| LOGGERS.contains(&d.package.as_str()))
    })
}
