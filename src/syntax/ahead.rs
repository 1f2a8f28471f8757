//! Reads and parses files before their turn, so that no file waits for another's neighbours.
//!
//! Input: the main files of the crates. Output: files by path, those that their `mod` declarations probably mean
//! among them. Which files are really part of a crate, [`super::load`] decides; what it does not find here it
//! reads itself. Refuses nothing: a file that cannot be read is its reader's affair.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};

use super::load::{Parsed, parsed};
use super::types::{FileSyntax, Payload};
use crate::workspace::Workspace;

/// Files that are being read, and those that have been.
struct Ahead<'a> {
    workspace: &'a Workspace,
    started: Mutex<HashSet<Utf8PathBuf>>,
    found: Mutex<HashMap<Utf8PathBuf, Parsed>>,
}

/// Reads the files of all crates, as far as they can be guessed.
pub(super) fn ahead(
    workspace: &Workspace,
    roots: Vec<Utf8PathBuf>,
) -> HashMap<Utf8PathBuf, Parsed> {
    let ahead = Ahead {
        workspace,
        started: Mutex::default(),
        found: Mutex::default(),
    };
    rayon::scope(|scope| {
        for root in roots {
            ahead.start(scope, root);
        }
    });
    let found = ahead.found.into_inner();
    found.unwrap_or_else(PoisonError::into_inner)
}

impl Ahead<'_> {
    fn start<'s>(&'s self, scope: &rayon::Scope<'s>, path: Utf8PathBuf) {
        if !held(&self.started).insert(path.clone()) {
            return;
        }
        scope.spawn(move |scope| {
            let file = parsed(self.workspace, &path);
            if let Ok((_, syntax)) = &file {
                for child in children(&path, syntax).filter(|child| child.is_file()) {
                    self.start(scope, child);
                }
            }
            held(&self.found).insert(path, file);
        });
    }
}

fn held<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where the modules of a file may lie: beside it, or in the folder of its name. Modules within inline modules
/// lie deeper and are left out.
fn children(path: &Utf8Path, syntax: &FileSyntax) -> impl Iterator<Item = Utf8PathBuf> {
    let dir = path.parent().unwrap_or(Utf8Path::new("")).to_owned();
    let own = dir.join(path.file_stem().unwrap_or_default());
    let top = syntax.items.iter().filter(|raw| raw.parent.is_none());
    top.flat_map(move |raw| match &raw.payload {
        Payload::Mod {
            inline: false,
            path: Some(path),
        } => vec![crate::text::clean(&dir.join(path))],
        Payload::Mod { inline: false, .. } => below([&dir, &own], std::slice::from_ref(&raw.name)),
        Payload::MacroCall { modules, .. } => below([&dir, &own], modules),
        _ => Vec::new(),
    })
}

fn below(dirs: [&Utf8PathBuf; 2], names: &[String]) -> Vec<Utf8PathBuf> {
    let modules = names.iter().flat_map(|name| {
        dirs.map(|dir| {
            [
                dir.join(format!("{name}.rs")),
                dir.join(name).join("mod.rs"),
            ]
        })
    });
    modules.flatten().collect()
}
