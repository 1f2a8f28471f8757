//! Which failures may pass: variants of an entry's error that are worth another try, as a person names them.
//!
//! Input: names (`Busy`, `OrderError::Busy` or `OrderError.Busy`) and an entry's [`Crossing`], in which the variants
//! are marked. Refuses a name that is no variant, with its neighbour.

use std::collections::BTreeSet;

use super::cross::{Case, Crossing, Failure, TypePart};
use super::plan::Entry;
use crate::diag::{Code, Diagnostic, Sink};
use crate::id::ItemId;
use crate::syntax::{ItemKind, ItemTree};
use crate::text::did_you_mean;
use crate::workspace::Workspace;

/// Marks the variants that `names` are; the names that were none are left.
pub(super) fn mark<'a>(crossing: &mut Crossing, names: &'a [String]) -> Vec<&'a str> {
    let mut left = Vec::new();
    for name in names {
        match find(crossing.output.failure.as_mut(), name) {
            Some(case) => case.is_transient = true,
            None => left.push(name.as_str()),
        }
    }
    left
}

/// Whether it is a variant of an entry's error.
pub fn has(crossing: &Crossing, name: &str) -> bool {
    find(crossing.output.failure.clone().as_mut(), name).is_some()
}

fn find<'a>(failure: Option<&'a mut Failure>, name: &str) -> Option<&'a mut Case> {
    let (of, variant) = parts(name);
    let failure = failure.filter(|failure| of.is_none_or(|of| of == failure.name))?;
    let mut variants = failure.cases.as_mut()?.variants.iter_mut();
    variants.find(|case| case.name == variant)
}

/// Refuses the names that were said of several entries and are a variant of none.
pub(super) fn unmarked(
    workspace: &Workspace,
    tree: &ItemTree,
    entries: &[&Entry],
    sink: &mut Sink,
) {
    let crossings: Vec<&Crossing> = entries.iter().flat_map(|e| &e.crossing).collect();
    let failures: Vec<_> = crossings
        .iter()
        .map(|c| c.output.failure.as_ref())
        .collect();
    let names = entries.iter().flat_map(|entry| &entry.wishes.retry_on);
    let names: BTreeSet<&String> = names.collect();
    for name in names {
        if crossings.iter().any(|crossing| has(crossing, name)) {
            continue;
        }
        let only = entries.first().filter(|_| entries.len() == 1);
        let refused = refused(name, only.map(|entry| entry.path.as_str()), &failures);
        // Any entry that fails at all shows what a variant would be.
        let mut shown = entries.iter().zip(&failures);
        let shown = shown
            .clone()
            .find(|(_, f)| f.is_some())
            .or_else(|| shown.next());
        sink.push(match shown {
            Some((entry, failure)) => {
                refused.at(tree.place(workspace, home(tree, entry.item, *failure)))
            }
            None => refused,
        });
    }
}

/// Where an entry's failures stand: its enum, or the function itself.
pub(super) fn home(tree: &ItemTree, entry: ItemId, failure: Option<&Failure>) -> ItemId {
    let parts = failure.iter().flat_map(|failure| &failure.ty.parts);
    let mut local = parts.filter_map(|part| match part {
        TypePart::Local(item) if tree.raw(*item).kind == ItemKind::Enum => Some(*item),
        _ => None,
    });
    local.next().unwrap_or(entry)
}

/// A name's type, where it has one, and its variant.
fn parts(name: &str) -> (Option<&str>, &str) {
    let name = name.trim();
    let pair = name.rsplit_once("::").or_else(|| name.rsplit_once('.'));
    match pair {
        Some((of, variant)) => (of.rsplit("::").next(), variant),
        None => (None, name),
    }
}

/// The refusal of a name that is no variant: of one entry by its path, or of any that was named.
pub(super) fn refused(name: &str, path: Option<&str>, failures: &[Option<&Failure>]) -> Diagnostic {
    let known: BTreeSet<&str> = failures
        .iter()
        .flatten()
        .flat_map(|failure| &failure.cases)
        .flat_map(|cases| &cases.variants)
        .map(|case| case.name.as_str())
        .collect();
    let whose = match path {
        Some(path) => format!("the error of `{path}`"),
        None => "any entry's error".to_owned(),
    };
    let message = format!("`{name}` is no variant of {whose}");
    let diagnostic = Diagnostic::new(Code::NoVariant, message);
    if known.is_empty() {
        let mut named = failures.iter().flatten();
        return match named.next() {
            Some(failure) => diagnostic.help(format!(
                "its error is `{}`, which is no enum of this workspace whose variants can be seen",
                failure.name
            )),
            None => diagnostic.help("it does not return a `Result`"),
        };
    }
    let (_, variant) = parts(name);
    match did_you_mean(variant, known.iter().copied()) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => {
            let known: Vec<&str> = known.into_iter().collect();
            diagnostic.help(format!("its variants are: {}", known.join(", ")))
        }
    }
}
