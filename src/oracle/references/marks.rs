//! The marked texts of a round, and which items lose their mark for the next.
//!
//! Input: the tree, and rustc's errors on the marked copy. Output: texts with the way back, and the items
//! that bear no mark from now on.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use crate::diag::Diagnostic;
use crate::id::{FileId, ItemId};
use crate::oracle::cargo::CheckRun;
use crate::oracle::mark::{self, Marked};
use crate::oracle::wrapper::{self, Site};
use crate::syntax::{ItemKind, ItemTree};
use crate::workspace::{TargetShape, Workspace};

pub(super) fn mark_all(tree: &ItemTree, skip: &BTreeMap<FileId, BTreeSet<u32>>) -> Vec<Marked> {
    use rayon::prelude::*;
    let none = BTreeSet::new();
    let roots: BTreeMap<FileId, TargetShape> = tree
        .crates
        .iter()
        .map(|c| (tree.module(c.root).file, c.shape))
        .collect();
    let opaque: BTreeSet<FileId> = tree
        .modules
        .iter()
        .filter(|m| tree.krate(m.krate).shape == TargetShape::ProcMacro)
        .map(|m| m.file)
        .collect();
    tree.files
        .par_iter()
        .map(|file| {
            if opaque.contains(&file.id) {
                return mark::mark(
                    file,
                    false,
                    false,
                    &(0..file.syntax.items.len() as u32).collect(),
                );
            }
            let root = roots.get(&file.id);
            let is_bin = root == Some(&TargetShape::Bin);
            mark::mark(
                file,
                root.is_some(),
                is_bin,
                skip.get(&file.id).unwrap_or(&none),
            )
        })
        .collect()
}

/// The texts that differ from the user's files: marked sources, and manifests that must stand alone.
pub(super) fn texts(
    workspace: &Workspace,
    tree: &ItemTree,
    marked: &[Marked],
) -> Result<BTreeMap<Utf8PathBuf, String>, Diagnostic> {
    let mut texts = crate::oracle::manifests(workspace)?;
    for (file, marked) in tree.files.iter().zip(marked) {
        if let Ok(relative) = file.path.strip_prefix(&workspace.root)
            && !file.text.is_empty()
        {
            texts.insert(relative.to_owned(), marked.text.clone());
        }
    }
    Ok(texts)
}

/// Takes the marks from the items that errors point at.
pub(super) fn unmark_at_errors(
    workspace: &Workspace,
    tree: &ItemTree,
    marked: &[Marked],
    run: &CheckRun,
    skip: &mut BTreeMap<FileId, BTreeSet<u32>>,
    unmarked: &mut BTreeSet<ItemId>,
) {
    for error in run.errors() {
        for span in &error.diagnostic.spans {
            for Site(name, start, _) in wrapper::sites(span) {
                let path = workspace.root.join(name);
                let Some(file) = tree.file_at(&path) else {
                    continue;
                };
                let Some(offset) = marked.get(file.index()).map(|m| m.original(start)) else {
                    continue;
                };
                for krate in tree.crates_of(file) {
                    let Some(item) = tree.innermost(krate, file, offset) else {
                        continue;
                    };
                    let unit = tree.unit(item);
                    for other in &tree.items {
                        let is_inside = other.file == file
                            && tree.raw(unit).range.covers(tree.raw(other.id).range)
                            && tree.raw(unit).kind != ItemKind::Mod;
                        if (is_inside || other.id == unit)
                            && skip.entry(file).or_default().insert(other.raw as u32)
                        {
                            unmarked.insert(other.id);
                        }
                    }
                }
            }
        }
    }
}
