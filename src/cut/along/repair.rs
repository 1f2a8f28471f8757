//! What rustc's messages on test code mean for the next round.
//!
//! Input: a check's messages and the texts that were checked. Output: a changed [`Said`]; each function tells
//! whether it changed anything. A test that does not compile in the output stays behind with rustc's words.

mod imports;

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use cargo_metadata::diagnostic::DiagnosticSpan;

use super::choice::Borrowed;
use super::doc::Sheets;
use super::host::Host;
use super::propose::Proposal;
use super::view::View;
use crate::id::{CrateId, FileId, ItemId, ModuleId};
use crate::oracle::cargo::{CheckRun, UnitMessage};
use crate::oracle::wrapper::sites;
use crate::render::edit::Edited;
use crate::syntax::{ItemKind, Payload};
use imports::{borrow, leaf_at, reexport, reexport_of_borrowed, unused_import};

/// What checks have decided. Hosts are meant by their number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Test code that does not compile there, and why.
    pub rejected: BTreeMap<(usize, ItemId), String>,
    /// Test code that nothing needs there.
    pub unneeded: BTreeSet<(usize, ItemId)>,
    /// Test code that the moved code itself needs under `cfg(test)`.
    pub forced: BTreeSet<(usize, ItemId)>,
    /// Modules of moved code whose test imports stay.
    pub anchors: BTreeSet<(usize, ModuleId)>,
    /// Leaves of test code's imports that lead nowhere or are unused.
    pub dropped: BTreeSet<(usize, ItemId, usize)>,
    /// Imports that the cut left out and tests ask for.
    pub borrowed: BTreeSet<(usize, ItemId, usize)>,
    /// Such imports that turned out to be of no use.
    pub returned: BTreeSet<(usize, ItemId, usize)>,
    /// Attributes for items.
    pub attributes: BTreeSet<(usize, ItemId, String)>,
    /// Lints that the monolith's tests raise, by folder.
    pub lints: BTreeMap<String, BTreeSet<String>>,
    /// Dependencies that the tests' words name and nothing uses, by their names in code.
    pub idle: BTreeSet<(usize, String)>,
    /// Hosts whose moved code does not compile under `cfg(test)`, and why.
    pub off: BTreeMap<usize, String>,
    /// Examples in documentation that do not compile there, by host and number, and why.
    pub examples: BTreeMap<(usize, usize), String>,
}

/// A file as it was checked.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// Its host.
    pub host: usize,
    /// A crate of the view that it is part of.
    pub krate: CrateId,
    /// The source file.
    pub file: FileId,
    /// The text with the way back.
    pub edited: Edited,
}

/// A round: what was proposed, what was checked.
#[derive(Debug)]
pub struct Round<'a> {
    /// The view.
    pub view: &'a View,
    /// The hosts.
    pub hosts: &'a [Host],
    /// What was proposed.
    pub proposal: &'a Proposal,
    /// The texts, by path.
    pub files: &'a BTreeMap<Utf8PathBuf, Rendered>,
    /// Borrowed imports, by host.
    pub borrowed: &'a [Vec<Borrowed>],
    /// The imports that were asked for when the texts were made, whether they came or not.
    pub asked: BTreeSet<(usize, ItemId, usize)>,
    /// First lines of examples in the file that checks them, by that file: the host, line and number.
    pub examples: &'a Sheets,
}

/// Where a message points.
struct At {
    host: usize,
    krate: CrateId,
    offset: u32,
    item: Option<ItemId>,
    /// The text when it was inserted: a borrowed import.
    inserted: Option<String>,
}

impl Round<'_> {
    fn at(&self, message: &UnitMessage, span: &DiagnosticSpan) -> Option<At> {
        sites(span).into_iter().find_map(|site| {
            let rendered = self.files.get(Utf8Path::new(&site.0))?;
            // Several tests share their helpers' files: the target tells which is meant.
            let krate = self
                .view
                .integration
                .iter()
                .find(|(krate, name)| {
                    **name == message.target && {
                        let of = self.view.tree.krate(**krate).package;
                        self.hosts
                            .get(rendered.host)
                            .is_some_and(|h| h.package == of)
                    }
                })
                .map(|(krate, _)| *krate)
                .filter(|krate| {
                    self.view.integration.contains_key(&rendered.krate)
                        && self.view.tree.item_of(*krate, rendered.file, 0).is_some()
                })
                .unwrap_or(rendered.krate);
            let offset = rendered.edited.original(site.1);
            let inserted = rendered.edited.is_inserted(site.1).then(|| {
                let text = rendered.edited.text.get(site.1 as usize..site.2 as usize);
                text.unwrap_or_default().to_owned()
            });
            Some(At {
                host: rendered.host,
                krate,
                offset,
                item: self.view.tree.innermost(krate, rendered.file, offset),
                inserted,
            })
        })
    }
}

/// Errors about a name that is not there; macros say so without a code.
const MISSING: &[&str] = &[
    "E0404", "E0405", "E0412", "E0422", "E0423", "E0425", "E0432", "E0433", "E0531", "E0532",
    "E0576", "E0599", "",
];

fn primaries(message: &UnitMessage) -> impl Iterator<Item = &DiagnosticSpan> {
    message.diagnostic.spans.iter().filter(|s| s.is_primary)
}

fn code(message: &UnitMessage) -> &str {
    message
        .diagnostic
        .code
        .as_ref()
        .map_or("", |c| c.code.as_str())
}

/// The last names of the paths in backticks of a message, its labels and its notes.
fn quoted(message: &UnitMessage) -> BTreeSet<String> {
    let labels = message.diagnostic.spans.iter();
    let labels = labels.filter_map(|s| s.label.as_deref());
    let children = message.diagnostic.children.iter();
    let suggested = children
        .clone()
        .flat_map(|c| c.spans.iter())
        .filter_map(|s| s.suggested_replacement.as_deref());
    let mut names = BTreeSet::new();
    for text in std::iter::once(message.diagnostic.message.as_str())
        .chain(labels)
        .chain(children.map(|c| c.message.as_str()))
    {
        for path in text.split('`').skip(1).step_by(2) {
            names.extend(last_name(path));
        }
    }
    for text in suggested {
        let path = text.trim().strip_prefix("use ");
        names.extend(path.and_then(|p| last_name(p.trim_end_matches(';'))));
    }
    names
}

fn last_name(path: &str) -> Option<String> {
    let whole = path.split(['<', '(', '!']).next().unwrap_or(path);
    let last = whole.trim().rsplit("::").next().unwrap_or(whole).trim();
    let name = last.trim_start_matches("r#");
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    is_name.then(|| name.to_owned())
}

/// Whether a message is a lint's; a denied one is an error.
fn is_lint(message: &UnitMessage) -> bool {
    let code = code(message);
    !code.is_empty() && !code.starts_with("E0")
}

/// Acts on errors.
pub fn errors(round: &Round<'_>, run: &CheckRun, said: &mut Said) -> bool {
    let mut changed = false;
    for message in run.errors().filter(|m| !is_lint(m)) {
        if let Some(acted) = example(round, message, said) {
            changed |= acted;
            continue;
        }
        let found = primaries(message).find_map(|span| round.at(message, span));
        if let Some(at) = found {
            changed |= error(round, message, &at, said);
        }
    }
    changed
}

/// An example that does not compile; `None` when the message is about something else.
fn example(round: &Round<'_>, message: &UnitMessage, said: &mut Said) -> Option<bool> {
    let all = message.diagnostic.spans.iter();
    let site = all
        .flat_map(|span| {
            std::iter::successors(Some(span), |s| s.expansion.as_ref().map(|e| &e.span))
        })
        .find_map(|s| {
            let (host, starts) = round.examples.get(Utf8Path::new(&s.file_name))?;
            Some((*host, starts, s.line_start))
        });
    let (host, starts, line) = site?;
    let at = starts.partition_point(|(first, _)| *first <= line);
    let (_, number) = starts.get(at.saturating_sub(1))?;
    let reason = format!("rustc: {}", message.diagnostic.message);
    let is_new = !said.examples.contains_key(&(host, *number));
    said.examples.entry((host, *number)).or_insert(reason);
    Some(is_new)
}

fn error(round: &Round<'_>, message: &UnitMessage, at: &At, said: &mut Said) -> bool {
    if let Some(text) = &at.inserted
        && (reexport_of_borrowed(round, at, text, said) || round.return_borrowed(at, text, said))
    {
        return true;
    }
    let tree = &round.view.tree;
    let Some(item) = at.item.map(|i| tree.unit(i)) else {
        return off(round, at, message, said);
    };
    if !round.view.is_test_only(item) {
        return in_moved_code(round, message, at, said);
    }
    let is_missing = MISSING.contains(&code(message));
    if is_missing && reexport(round, at, item, said) {
        return true;
    }
    if let Some(leaf) = leaf_at(round, at.host, item, at.offset, said) {
        return said.dropped.insert((at.host, item, leaf));
    }
    if borrow(round, message, at, item, said) {
        return true;
    }
    let reason = format!("rustc: {}", message.diagnostic.message);
    // A trait's impl comes whole; a module or import holds no test of its own.
    let parent = tree.item(item).parent;
    let whole = parent.filter(
        |p| matches!(&tree.raw(*p).payload, Payload::Impl(head) if head.trait_path.is_some()),
    );
    let item = whole.unwrap_or(item);
    let key = (at.host, item);
    if said.rejected.contains_key(&key) {
        return false;
    }
    said.rejected.insert(key, reason);
    true
}

/// Moved code that does not compile under `cfg(test)`: it may need test code that has the name.
fn in_moved_code(round: &Round<'_>, message: &UnitMessage, at: &At, said: &mut Said) -> bool {
    let tree = &round.view.tree;
    let names = quoted(message);
    let mut changed = false;
    for other in tree.items.iter().filter(|i| i.krate == at.krate) {
        if !round.view.is_test_only(other.id) {
            continue;
        }
        let raw = tree.raw(other.id);
        if let Payload::Use(decl) = &raw.payload {
            if decl.leaves.iter().any(|l| names.contains(&l.name)) {
                changed |= said.anchors.insert((at.host, other.module));
            }
        } else if names.contains(&raw.name) && tree.unit(other.id) == other.id {
            changed |= said.forced.insert((at.host, other.id));
        }
    }
    changed || off(round, at, message, said)
}

/// The host does without unit tests.
fn off(round: &Round<'_>, at: &At, message: &UnitMessage, said: &mut Said) -> bool {
    let is_own = round
        .hosts
        .get(at.host)
        .is_some_and(|h| h.krate == at.krate);
    if !is_own {
        // A whole integration test is in trouble.
        return reject_crate(round, at.host, at.krate, message, said);
    }
    let reason = format!(
        "its crate does not compile under cfg(test); rustc: {}",
        message.diagnostic.message
    );
    said.off.insert(at.host, reason).is_none()
}

fn reject_crate(
    round: &Round<'_>,
    host: usize,
    krate: CrateId,
    message: &UnitMessage,
    said: &mut Said,
) -> bool {
    let tree = &round.view.tree;
    let reason = format!("rustc: {}", message.diagnostic.message);
    let mut changed = false;
    for (test, of) in &round.proposal.placed {
        if *of == host && tree.item(*test).krate == krate {
            changed |= said
                .rejected
                .insert((host, *test), reason.clone())
                .is_none();
        }
    }
    changed
}

/// When nothing else helps: the crates that have errors do without tests.
pub fn give_up(round: &Round<'_>, run: &CheckRun, said: &mut Said) -> bool {
    let mut changed = false;
    for message in run.errors() {
        let found = primaries(message).find_map(|span| round.at(message, span));
        match found {
            Some(at) => changed |= off(round, &at, message, said),
            None => {
                let hosts = round.hosts.iter().enumerate();
                let named = hosts.filter(|(_, h)| h.lib_name == message.target.replace('-', "_"));
                for (index, _) in named {
                    let reason = format!("rustc: {}", message.diagnostic.message);
                    changed |= said.off.insert(index, reason).is_none();
                }
            }
        }
    }
    changed
}

/// Acts on warnings. With `lints`, what is not about imports and dead code is allowed in the manifest.
pub fn warnings(round: &Round<'_>, run: &CheckRun, lints: bool, said: &mut Said) -> bool {
    let mut changed = false;
    let before = said.lints.clone();
    for message in run.messages.iter().filter(|m| is_lint(m)) {
        let lint = code(message).to_owned();
        let is_import = matches!(
            lint.as_str(),
            "unused_imports" | "redundant_imports" | "unused_extern_crates"
        );
        let is_dead = matches!(lint.as_str(), "dead_code" | "unused_macros");
        let mut acted = lint == "unused_crate_dependencies" && idle(round, message, said);
        for span in primaries(message) {
            let Some(at) = round.at(message, span) else {
                continue;
            };
            if is_import {
                acted |= unused_import(round, &at, said);
            } else if is_dead && span.expansion.is_none() {
                acted |= dead(round, &at, said);
            }
        }
        if !acted && lints && !lint.is_empty() {
            acted = allow(round, message, &lint, &before, said);
        }
        changed |= acted;
    }
    changed
}

/// A dependency that a library's tests do not use goes, where no integration test may be what uses it.
fn idle(round: &Round<'_>, message: &UnitMessage, said: &mut Said) -> bool {
    let target = message.target.replace('-', "_");
    let host = round.hosts.iter().position(|h| h.lib_name == target);
    let name = message.diagnostic.message.split('`').nth(1);
    let (Some(host), Some(name)) = (host, name) else {
        return false;
    };
    let mut placed = round.proposal.placed.iter();
    let has_others = placed.any(|(test, of)| {
        let krate = round.view.tree.item(*test).krate;
        *of == host && round.view.integration.contains_key(&krate)
    });
    !has_others && said.idle.insert((host, name.to_owned()))
}

/// Test code that nothing uses goes, unless several tests share its file, or it is part of something.
fn dead(round: &Round<'_>, at: &At, said: &mut Said) -> bool {
    let tree = &round.view.tree;
    let Some(item) = at.item.filter(|i| round.view.is_test_only(*i)) else {
        return false;
    };
    let raw = tree.raw(item);
    let is_shared = tree.crates_of(tree.item(item).file).count() > 1;
    let is_part = matches!(
        raw.kind,
        ItemKind::Field | ItemKind::Variant | ItemKind::Impl | ItemKind::Mod
    );
    let is_named = raw.name_range.contains(at.offset);
    if is_part || is_shared || !is_named || round.proposal.placed.contains_key(&item) {
        return false;
    }
    said.unneeded.insert((at.host, item))
}

/// The text is not ours to change: the lint is allowed in the manifest, or at the item when an attribute in
/// the source outranks that, as is seen when the manifest allowed it `before` the check. Moved code that is dead
/// only beside tests is marked for tests alone.
fn allow(
    round: &Round<'_>,
    message: &UnitMessage,
    lint: &str,
    before: &BTreeMap<String, BTreeSet<String>>,
    said: &mut Said,
) -> bool {
    let mut changed = false;
    for span in primaries(message) {
        let found = round.at(message, span);
        let unit = found
            .as_ref()
            .and_then(|at| at.item.map(|i| (at.host, round.view.tree.unit(i))));
        if let Some((host, item)) = unit
            && !round.view.is_test_only(item)
        {
            let line = format!("#[cfg_attr(test, allow({lint}))]");
            changed |= said.attributes.insert((host, item, line));
            continue;
        }
        let mut parts = span.file_name.split('/');
        let (Some(kind), Some(name)) = (parts.next(), parts.next()) else {
            continue;
        };
        let dir = format!("{kind}/{name}");
        if before.get(&dir).is_none_or(|lints| !lints.contains(lint)) {
            said.lints.entry(dir).or_default().insert(lint.to_owned());
            changed = true;
        } else if let Some((host, item)) = unit {
            let line = format!("#[allow({lint})]");
            changed |= said.attributes.insert((host, item, line));
        }
    }
    changed
}
