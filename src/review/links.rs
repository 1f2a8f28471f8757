//! Links in documentation that lead to what was left behind: rustdoc warns of them, and moved text is not edited.
//!
//! Input: the job and the cut. Output: places and texts. Refuses nothing. Names are compared, not resolved: a link
//! counts as broken when every item of its name was left behind.

use std::collections::{BTreeMap, BTreeSet};

use super::krate::stays;
use super::words::{Places, code, name, noun};
use crate::cut::{Cut, Job};
use crate::id::{FileId, ItemId};
use crate::syntax::Attr;

/// The links, by where they stand.
pub(super) fn broken(job: &Job<'_>, cut: &Cut, places: &Places<'_>) -> BTreeSet<(String, String)> {
    let tree = job.tree;
    let mut named: BTreeMap<&str, Vec<ItemId>> = BTreeMap::new();
    for item in &tree.items {
        named
            .entry(&tree.raw(item.id).name)
            .or_default()
            .push(item.id);
    }
    let is_gone = |path: &str| {
        let last = path.rsplit("::").next().unwrap_or(path);
        let items = named.get(last.trim_end_matches("()").trim_end_matches('!'));
        items.is_some_and(|items| items.iter().all(|id| !stays(job, cut, tree.unit(*id))))
    };
    let delivered = cut.layout.sources();
    let mut found = BTreeSet::new();
    let mut add = |file: FileId, doc: &Attr, of: &str| {
        for path in links(&doc.args).into_iter().filter(|p| is_gone(p)) {
            let at = places.at(file, doc.range.start);
            found.insert((at, format!("{} in the documentation of {of}", code(path))));
        }
    };
    for (_, file) in &delivered {
        let docs = tree.file(*file).syntax.attrs.iter().filter(|a| a.is_doc);
        docs.for_each(|doc| add(*file, doc, "the module"));
    }
    for item in tree.items.iter().filter(|i| stays(job, cut, i.id)) {
        if !delivered.contains(&(item.krate, item.file)) {
            continue;
        }
        let of = format!("{}{}", noun(job, item.id), code(&name(job, item.id)));
        let docs = tree.raw(item.id).attrs.iter().filter(|a| a.is_doc);
        docs.for_each(|doc| add(item.file, doc, &of));
    }
    found
}

/// The paths of intra-doc links in one line: of `` [`a::B`] ``, of `[B]`, and of `[text](a::B)`.
fn links(text: &str) -> Vec<&str> {
    let is_path = |path: &&str| {
        let plain = path.trim_end_matches("()").trim_end_matches('!');
        plain.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && plain
                .chars()
                .all(|c| c.is_alphanumeric() || c == '_' || c == ':')
    };
    let mut found = Vec::new();
    for (at, _) in text.match_indices('[') {
        // Code between backticks has brackets of its own.
        let before = text.get(..at).unwrap_or_default();
        if before.matches('`').count() % 2 == 1 {
            continue;
        }
        let rest = text.get(at + 1..).unwrap_or_default();
        let Some((label, after)) = rest.split_once(']') else {
            continue;
        };
        let target = match after.strip_prefix('(').and_then(|t| t.split_once(')')) {
            Some((target, _)) => target,
            None => label,
        };
        let target = target.trim_matches('`');
        let target = target.split_once('@').map_or(target, |(_, path)| path);
        found.extend(Some(target).filter(is_path));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_told_from_brackets() {
        for (text, paths) in [
            (
                "See [`a::B`], [C] and [the text](crate::d::E).",
                vec!["a::B", "C", "crate::d::E"],
            ),
            (
                "[`run()`] of [`vec!`]; [fn@go]",
                vec!["run()", "vec!", "go"],
            ),
            ("`Fn(&'a [u8]) -> T` and [`B`]", vec!["B"]),
            ("`x[0]`, [a book](https://example.org), [two words]", vec![]),
        ] {
            assert_eq!(links(text), paths, "{text}");
        }
    }
}
