//! The types that callers give a generic function, as rustc infers them.
//!
//! Input: a function and the places that name it (from the verified graph). Output: a [`Use`] a place. In
//! a shadow of its own each naming path is wrapped, `f` becomes `({ let __extract = f;
//! ::core::convert::identity(__extract); __extract })`, which means the same, and the lint `unused_results`
//! prints the type of the middle part: the function with its type arguments. A method called with a dot and
//! what macros write cannot be wrapped; their places come without types. Refuses nothing: where rustc does
//! not answer, the types stay unknown.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use super::cargo::{self, CheckRequest, CheckRun};
use super::references::{around, check_args};
use super::shadow;
use crate::diag::Diagnostic;
use crate::id::{FileId, ItemId, PackageId};
use crate::syntax::{ItemKind, ItemTree, RefKind};
use crate::workspace::Workspace;

const BEFORE: &str = "({ let __extract = ";
const AFTER: &str = "; ::core::convert::identity(__extract); __extract })";
const LINT: &str = "unused_results";

/// A place that names the function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The item that names it.
    pub from: ItemId,
    /// The file.
    pub file: FileId,
    /// Where the name stands.
    pub offset: u32,
    /// The function's type there, `fn(Tea) -> u32 {sum::<Tea>}`; `None` when it is not known.
    pub ty: Option<String>,
}

/// Asks which types the places `named` (who, where) give to the function that they name.
pub fn instances(
    workspace: &Workspace,
    tree: &ItemTree,
    named: &[(ItemId, FileId, u32)],
) -> Vec<Use> {
    let mut uses: Vec<Use> = named
        .iter()
        .filter(|(from, ..)| !matches!(tree.raw(*from).kind, ItemKind::Use | ItemKind::Mod))
        .map(|(from, file, offset)| Use {
            from: *from,
            file: *file,
            offset: *offset,
            ty: None,
        })
        .collect();
    let mut ranges: BTreeMap<FileId, BTreeSet<(usize, usize)>> = BTreeMap::new();
    for site in &uses {
        if let Some(range) = path_around(tree, site) {
            ranges.entry(site.file).or_default().insert(range);
        }
    }
    if ranges.is_empty() {
        return uses;
    }
    let users = uses.iter().map(|site| tree.item(site.from).krate);
    let users = users.map(|krate| tree.krate(krate).package).collect();
    // An answer that does not come leaves the types unknown; the places are still worth telling.
    if let Ok(run) = check(workspace, tree, &users, &ranges) {
        for (file, end, ty) in told(workspace, tree, &ranges, &run) {
            let matching = uses
                .iter_mut()
                .filter(|u| u.file == file)
                .filter(|u| path_around(tree, u).is_some_and(|(_, to)| to == end));
            for site in matching {
                site.ty = Some(ty.clone());
            }
        }
    }
    uses
}

/// The path expression whose last name stands at the place, turbofish included.
fn path_around(tree: &ItemTree, site: &Use) -> Option<(usize, usize)> {
    let text = &tree.file(site.file).text;
    let at = site.offset as usize;
    // What stands before the path would become part of it.
    let is_whole = |start: usize| {
        let before = text.get(..start).unwrap_or_default().trim_end();
        !before.ends_with('.') && !before.ends_with("::")
    };
    let named = |r: &&crate::syntax::NameRef| {
        r.kind == RefKind::Path
            && (r.offset as usize) <= at
            && text
                .get(r.offset as usize..at)
                .is_some_and(|before| is_prefix(before, &r.path))
    };
    let start = tree
        .raw(site.from)
        .refs
        .iter()
        .filter(named)
        .map(|r| r.offset as usize)
        .filter(|start| is_whole(*start))
        .max()?;
    let rest = text.get(at..)?;
    let name = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '#'))?;
    let after = rest.get(name..)?;
    let turbofish = after.strip_prefix("::<").map_or(0, |inner| {
        let mut depth = 1;
        let end = inner.find(|c| {
            depth += i32::from(c == '<') - i32::from(c == '>');
            depth == 0
        });
        end.map_or(0, |end| end + "::<>".len())
    });
    let is_macro = after.starts_with('!');
    (name > 0 && !is_macro).then_some((start, at + name + turbofish))
}

/// Whether `before` is what stands before the last name of `path` (or nothing): segments and arguments.
fn is_prefix(before: &str, path: &str) -> bool {
    before.is_empty()
        || (before.ends_with("::")
            && path.contains("::")
            && !before.contains(['(', ')', '{', '}', ';', ',', '=', '.', '|', '!']))
        || (before.ends_with("::") && before.contains('<') && balanced(before))
}

fn balanced(text: &str) -> bool {
    let count = |wanted: char| text.chars().filter(|c| *c == wanted).count();
    count('<') == count('>') && !text.contains([';', '{', '}', '='])
}

/// Compiles the packages of the users, which can be few; all, where these do not compile by themselves.
fn check(
    workspace: &Workspace,
    tree: &ItemTree,
    users: &BTreeSet<PackageId>,
    ranges: &BTreeMap<FileId, BTreeSet<(usize, usize)>>,
) -> Result<CheckRun, Diagnostic> {
    let work = cargo::work_dir(&workspace.target_dir);
    let _lock = super::lock(&work)?;
    let dir = work.join("instances");
    let mut texts: BTreeMap<Utf8PathBuf, String> = super::manifests(workspace)?;
    for (file, ranges) in ranges {
        let file = tree.file(*file);
        if let Ok(relative) = file.path.strip_prefix(&workspace.root) {
            texts.insert(relative.to_owned(), wrapped(&file.text, ranges));
        }
    }
    shadow::sync(&workspace.root, &workspace.target_dir, &dir, &texts)?;
    let ask = |args: Vec<String>| {
        let request = CheckRequest {
            dir: &dir,
            target_dir: &workspace.target_dir,
            args,
            force: Some(&[LINT]),
            side_dir: &work.join("instances-refs"),
            toolchain: workspace.toolchain.as_deref(),
        };
        cargo::check(&request, &|_| ())
    };
    if let Some(narrow) = around(workspace, users)
        && let Ok(run) = ask(narrow)
        && run.success
    {
        return Ok(run);
    }
    ask(check_args(workspace))
}

/// The text with each range wrapped; a range inside another one (an argument's) too.
fn wrapped(text: &str, ranges: &BTreeSet<(usize, usize)>) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        for (_, end) in ranges {
            if *end == at {
                out.push_str(AFTER);
            }
        }
        for (start, _) in ranges {
            if *start == at {
                out.push_str(BEFORE);
            }
        }
        out.push(c);
    }
    out
}

/// What rustc said of the middle parts: the file, the end of the wrapped path, the type.
fn told(
    workspace: &Workspace,
    tree: &ItemTree,
    ranges: &BTreeMap<FileId, BTreeSet<(usize, usize)>>,
    run: &CheckRun,
) -> Vec<(FileId, usize, String)> {
    let mut found = Vec::new();
    for message in &run.messages {
        let diagnostic = &message.diagnostic;
        if diagnostic.code.as_ref().is_none_or(|c| c.code != LINT) {
            continue;
        }
        let Some(ty) = diagnostic
            .message
            .split_once('`')
            .and_then(|(_, rest)| rest.rsplit_once('`'))
            .map(|(ty, _)| ty.to_owned())
        else {
            continue;
        };
        let Some(span) = diagnostic.spans.iter().find(|s| s.is_primary) else {
            continue;
        };
        let Some(file) = tree.file_at(&workspace.root.join(&span.file_name)) else {
            continue;
        };
        let Some(ranges) = ranges.get(&file) else {
            continue;
        };
        for (_, end) in ranges {
            // The middle part begins two bytes into what follows the path.
            let starts = ranges.iter().filter(|(s, _)| s < end).count();
            let ends = ranges.iter().filter(|(_, e)| e < end).count();
            let at = end + starts * BEFORE.len() + ends * AFTER.len() + "; ".len();
            if at == span.byte_start as usize {
                found.push((file, *end, ty.clone()));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_wrapped_where_they_stand() {
        let text = "f(a::g::<u8>(1), é)";
        let ranges = BTreeSet::from([(0, 1), (2, 12)]);
        let expected = format!("{BEFORE}f{AFTER}({BEFORE}a::g::<u8>{AFTER}(1), é)");
        assert_eq!(wrapped(text, &ranges), expected);
    }

    #[test]
    fn what_can_stand_before_a_name() {
        assert!(is_prefix("", "f"));
        assert!(is_prefix("crate::a::", "crate::a::f"));
        assert!(is_prefix("Pot::<Tea>::", "Pot::new"));
        assert!(!is_prefix("g(1); a::", "f"));
        assert!(!is_prefix("g(", "g"));
    }
}
