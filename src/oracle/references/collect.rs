//! What rustc's reports mean for items.
//!
//! Input: the side files of a run that succeeded, and the maps of the marked texts. Output:
//! [`References`] in the user's own files. Reports on text that no crate holds are passed over.

use std::collections::BTreeSet;

use camino::Utf8Path;

use super::{Meaning, Reference, References};
use crate::id::{CrateId, FileId, ItemId};
use crate::oracle::cargo::{BuildScriptOutput, CheckRun};
use crate::oracle::mark::{Mark, Marked};
use crate::oracle::wrapper::{Report, Site};
use crate::syntax::{ItemKind, ItemTree};
use crate::workspace::Workspace;

pub(super) fn collect(
    workspace: &Workspace,
    tree: &ItemTree,
    marked: &[Marked],
    side_dir: &Utf8Path,
    run: &CheckRun,
    unmarked: BTreeSet<ItemId>,
) -> References {
    let mut found = References {
        unmarked: unmarked.into_iter().collect(),
        ..References::default()
    };
    let mut list = BTreeSet::new();
    let units: BTreeSet<&String> = run.units.iter().collect();
    let mut texts: Vec<(&String, String)> = units
        .into_iter()
        .filter_map(|unit| {
            let text = fs_err::read_to_string(side_dir.join(format!("{unit}.refs")));
            Some((unit, text.ok()?))
        })
        .collect();
    // Those that name nothing take what is left.
    texts.sort_by_key(|(_, text)| text.is_empty());
    for (unit, text) in texts {
        let name = unit
            .rsplit_once('-')
            .map_or(unit.as_str(), |(name, _)| name);
        // A lib and a bin may share the crate's name; the reports' files tell which was compiled.
        let krates: Vec<CrateId> = tree
            .crates
            .iter()
            .filter(|c| c.name == name)
            .map(|c| c.id)
            .collect();
        let reports: Vec<Report> = text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect();
        let krate = krates.iter().copied().max_by_key(|krate| {
            let root = &tree.file(tree.module(tree.krate(*krate).root).file).path;
            let root = workspace.relative(root);
            let hits = reports.iter().take(2000).filter(|r| {
                r.sites.first().is_some_and(|s| {
                    tree.file_at(&workspace.root.join(&s.0))
                        .is_some_and(|f| tree.item_of(*krate, f, 0).is_some())
                })
            });
            let at_root = |r: &Report| r.sites.iter().any(|s| s.0 == root.as_str());
            let is_new = !found.crates.contains(krate);
            (hits.count(), reports.iter().any(at_root), is_new)
        });
        let Some(krate) = krate else { continue };
        found.crates.insert(krate);
        for report in &reports {
            if let Some(reference) = reference(workspace, tree, marked, krate, report) {
                list.insert(reference);
            }
        }
    }
    found.list = list.into_iter().collect();
    for (package_id, script) in &run.build_scripts {
        for package in &workspace.packages {
            let relative = workspace.relative(&package.dir);
            let suffix = format!("/{relative}#");
            let is_it = package_id.contains(&suffix)
                || (relative == package.dir.as_path() && package_id.contains("/shadow#"))
                || (relative.as_str().is_empty() && package_id.contains("/shadow#"));
            if is_it {
                let BuildScriptOutput { cfgs, env, linked } = script.clone();
                found
                    .build_scripts
                    .insert(package.name.clone(), (cfgs, env, linked));
            }
        }
    }
    found
}

fn reference(
    workspace: &Workspace,
    tree: &ItemTree,
    marked: &[Marked],
    krate: CrateId,
    report: &Report,
) -> Option<Reference> {
    let mark = Mark::parse(&report.message)?;
    // The user of a name is the innermost site that lies in the crate's own code and not in the body of
    // a macro_rules definition: there the text only waits to be expanded.
    let mut chosen = None;
    for (depth, Site(name, start, end)) in report.sites.iter().enumerate() {
        let Some(file) = tree.file_at(&workspace.root.join(name)) else {
            continue;
        };
        if tree.item_of(krate, file, 0).is_none() {
            continue;
        }
        let map = marked.get(file.index())?;
        let (start, end) = (map.original(*start), map.original(*end));
        let in_definition = tree
            .innermost(krate, file, start)
            .is_some_and(|item| tree.raw(item).kind == ItemKind::MacroRules);
        if !in_definition {
            chosen = Some((file, start, end, depth > 0 || report.sites.len() > 1));
            break;
        }
    }
    let (file, start, end, expanded) = chosen?;
    let meaning = meaning(tree, krate, mark, &report.message)?;
    Some(Reference {
        krate,
        file,
        start,
        end,
        meaning,
        expanded,
    })
}

fn meaning(tree: &ItemTree, user: CrateId, mark: Mark, message: &str) -> Option<Meaning> {
    let owner = |file: FileId| {
        if tree.item_of(user, file, 0).is_some() {
            return Some(user);
        }
        let mut krates: Vec<CrateId> = tree.crates_of(file).collect();
        krates.sort_by_key(|k| tree.krate(*k).shape);
        krates.first().copied()
    };
    match mark {
        Mark::Item(file, raw) => {
            let krate = owner(file)?;
            let item = tree.item_of(krate, file, raw as usize)?;
            let is_module = tree.raw(item).kind == ItemKind::Mod;
            if is_module && !message.contains("deprecated module") {
                return Some(Meaning::Product {
                    krate,
                    module: Some(item),
                    name: product(message)?,
                });
            }
            Some(Meaning::Item(item))
        }
        Mark::Root(file) => {
            let krate = owner(file)?;
            Some(Meaning::Product {
                krate,
                module: None,
                name: product(message)?,
            })
        }
    }
}

/// The path in a message's backticks.
fn product(message: &str) -> Option<String> {
    let path = message.split('`').nth(1)?;
    Some(path.to_owned())
}
