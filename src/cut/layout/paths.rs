//! Paths of the output: of files, and of items as others name them.
//!
//! Input: a file or an item of the user. Output: where it lies, or how it is named, in the output.

use camino::{Utf8Path, Utf8PathBuf};

use super::{Domain, Layout};
use crate::cut::Job;
use crate::cut::state::State;
use crate::id::ItemId;
use crate::text::relative;
use crate::workspace::Package;

/// A path to an item in the output, from the outside: `shop_domain::pricing::price`.
pub fn public_path(job: &Job<'_>, state: &State, out: &Layout, id: ItemId) -> String {
    let tree = job.tree;
    let item = tree.item(id);
    if let Some(owner) = state.owned.get(&id)
        && let Some(entry) = job.entries.iter().find(|e| e.item == *owner)
    {
        let mut path = tree.module_path(item.module);
        if let Some(first) = path.first_mut() {
            *first = entry.name.replace('-', "_");
        }
        path.extend(tree.local_name(id));
        return path
            .iter()
            .map(|s| raw_ident(s))
            .collect::<Vec<_>>()
            .join("::");
    }
    if let Some(path) = state.exposed.get(&id) {
        let domain = out.domains.iter().find(|d| d.krate == item.krate);
        let first = domain.map_or("crate", |d| d.lib_name.as_str());
        let rest = path.iter().map(|s| raw_ident(s));
        return std::iter::once(first.to_owned())
            .chain(rest)
            .collect::<Vec<_>>()
            .join("::");
    }
    let mut path = tree.module_path(item.module);
    if let Some(first) = path.first_mut()
        && let Some(domain) = out.domains.iter().find(|d| d.krate == item.krate)
    {
        first.clone_from(&domain.lib_name);
    }
    path.extend(tree.local_name(id));
    path.iter()
        .map(|s| raw_ident(s))
        .collect::<Vec<_>>()
        .join("::")
}

/// A name that is a keyword, as a raw identifier.
fn raw_ident(name: &str) -> String {
    const KEYWORDS: &[&str] = &[
        "as", "async", "await", "break", "const", "continue", "dyn", "else", "enum", "extern",
        "fn", "for", "gen", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut",
        "pub", "ref", "return", "static", "struct", "trait", "try", "type", "unsafe", "use",
        "where", "while",
    ];
    if KEYWORDS.contains(&name) {
        format!("r#{name}")
    } else {
        name.to_owned()
    }
}

/// Where a package's file goes; `None` when it would leave the output folder.
pub fn out_path(
    package: &Package,
    domain: &Domain,
    path: &Utf8Path,
    rename: Option<&str>,
) -> Option<Utf8PathBuf> {
    let base = Utf8PathBuf::from("/").join(&domain.dir);
    let inside = relative(path, &package.dir);
    let mut full = crate::text::clean(&base.join(inside));
    if let Some(name) = rename {
        full = full.with_file_name(name);
    }
    full.strip_prefix("/").ok().map(Utf8Path::to_owned)
}

/// The path from one folder of the output to another, as a manifest writes it.
pub fn between(from: &str, to: &str) -> String {
    relative(Utf8Path::new(to), Utf8Path::new(from)).into_string()
}
