//! The binding proof: every name in moved text means the same item as in the monolith.
//!
//! Input: two sides, each with what rustc said of it, and the way back. Output: [`Binding`]. Refuses
//! nothing: what differs is a finding. Names of foreign items are not reported by rustc's lint; that a name
//! became foreign, or is no longer, shows as a name that means nothing of the workspace on one side.

mod target;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::diag::Place;
use crate::id::{CrateId, FileId, ItemId, TextRange};
use crate::oracle::references::{Reference, References};
use crate::syntax::{ItemKind, ItemTree, Payload};
use crate::verify::origin::Origin;
use crate::workspace::Workspace;
use target::{Target, Targets};

/// A workspace and what rustc said of it.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// The workspace.
    pub workspace: &'a Workspace,
    /// Its items.
    pub tree: &'a ItemTree,
    /// Its references.
    pub references: &'a References,
}

/// The outcome.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Binding {
    /// The references of the monolith in moved text.
    pub references: usize,
    /// Those that mean the same item.
    pub same: usize,
    /// Those in lines that were edited since, which nothing can be compared with.
    pub edited: usize,
    /// The names that mean something else.
    pub differences: Vec<Difference>,
}

/// A name that means something else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The name as written.
    pub name: String,
    /// Where it stands in the output.
    pub place: Place,
    /// Where it stands in the monolith.
    pub source: Place,
    /// What it means in the monolith, by path; empty for what is not of the workspace.
    pub was: Vec<String>,
    /// What it means in the output.
    pub is: Vec<String>,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let meaning = |list: &[String]| match list {
            [] => "nothing of the workspace".to_owned(),
            some => some.join(" and "),
        };
        write!(
            f,
            "`{}` at {}:{}:{} means {}, and in {}:{} {}",
            self.name,
            self.source.file,
            self.source.line,
            self.source.column,
            meaning(&self.was),
            self.place.file,
            self.place.line,
            meaning(&self.is)
        )
    }
}

/// Compares all names of moved text.
pub fn binding(
    monolith: Side<'_>,
    output: Side<'_>,
    origins: &BTreeMap<FileId, Origin>,
) -> Binding {
    let targets = Targets::new(monolith, output, origins);
    let mut before: BTreeMap<(CrateId, FileId), Vec<&Reference>> = BTreeMap::new();
    for reference in &monolith.references.list {
        let key = (reference.krate, reference.file);
        before.entry(key).or_default().push(reference);
    }
    let mut after: BTreeMap<FileId, Vec<&Reference>> = BTreeMap::new();
    for reference in &output.references.list {
        after.entry(reference.file).or_default().push(reference);
    }
    let mut all = Binding::default();
    for (file, origin) in origins {
        // A crate that one side's build leaves out says nothing.
        let compiled = |tree: &ItemTree, said: &References, file: FileId| {
            tree.crates_of(file).any(|k| said.crates.contains(&k))
        };
        if !monolith.references.crates.contains(&origin.krate)
            || !compiled(output.tree, output.references, *file)
        {
            continue;
        }
        let pair = Pair {
            monolith,
            output,
            targets: &targets,
            origin,
            file: *file,
        };
        let was = before.get(&(origin.krate, origin.file));
        let is = after.get(file);
        pair.compare(
            was.map_or(&[], Vec::as_slice),
            is.map_or(&[], Vec::as_slice),
            &mut all,
        );
    }
    all
}

/// What a name means: the targets, and whether each came through an expansion.
type Meanings = BTreeMap<Target, bool>;

/// A delivered file and its source.
struct Pair<'a> {
    monolith: Side<'a>,
    output: Side<'a>,
    targets: &'a Targets<'a>,
    origin: &'a Origin,
    file: FileId,
}

impl Pair<'_> {
    fn compare(&self, before: &[&Reference], after: &[&Reference], all: &mut Binding) {
        let mut was: BTreeMap<TextRange, Meanings> = BTreeMap::new();
        for reference in before {
            let range = range(reference);
            if self.origin.has(range) {
                let target = self.targets.of_monolith(&reference.meaning);
                was.entry(range)
                    .or_default()
                    .insert(target, reference.expanded);
            } else if self.is_delivered(range) {
                all.edited += 1;
            }
        }
        let mut is: BTreeMap<TextRange, (TextRange, Meanings)> = BTreeMap::new();
        for reference in after {
            let there = range(reference);
            if let Some(here) = self.origin.back(there) {
                let target = self.targets.of_output(&reference.meaning);
                let entry = is.entry(here).or_insert((there, Meanings::new()));
                entry.1.insert(target, reference.expanded);
            }
        }
        let places: BTreeSet<TextRange> = was.keys().chain(is.keys()).copied().collect();
        let none = Meanings::new();
        for at in places {
            let was = was.get(&at).unwrap_or(&none);
            let (there, is) = is
                .get(&at)
                .map_or((None, &none), |(there, is)| (Some(*there), is));
            self.compare_at(at, there, was, is, all);
        }
    }

    fn compare_at(
        &self,
        at: TextRange,
        there: Option<TextRange>,
        was: &Meanings,
        is: &Meanings,
        all: &mut Binding,
    ) {
        let gone: BTreeSet<&Target> = was
            .keys()
            .filter(|t| !is.contains_key(t) && !self.may_be_gone(at, t, !is.is_empty()))
            .collect();
        let new: BTreeSet<&Target> = is
            .iter()
            .filter(|(t, _)| !was.contains_key(t))
            .filter(|(t, _)| !(gone.is_empty() && !was.is_empty() && self.is_twin_module(at, t)))
            .filter(|(t, expanded)| {
                there.is_none_or(|there| !self.may_be_new(at, there, t, **expanded))
            })
            .map(|(t, _)| t)
            .collect();
        all.references += was.len();
        all.same += was.len() - gone.len();
        if gone.is_empty() && new.is_empty() {
            return;
        }
        if gone.is_empty() {
            // The name means what it meant, and something else beside: that is no longer the same.
            all.same -= usize::from(!was.is_empty());
        }
        let source = self.monolith.tree.file(self.origin.file);
        let place = there.map_or_else(
            || Place {
                file: self
                    .output
                    .workspace
                    .relative(&self.output.tree.file(self.file).path)
                    .to_owned(),
                line: 0,
                column: 0,
                source: String::new(),
            },
            |there| {
                self.output
                    .tree
                    .place_at(self.output.workspace, self.file, there.start)
            },
        );
        let words = |set: &Meanings| set.keys().map(|t| self.targets.show(t)).collect();
        all.differences.push(Difference {
            name: at.of(&source.text).to_owned(),
            place,
            source: self.monolith.tree.place_at(
                self.monolith.workspace,
                self.origin.file,
                at.start,
            ),
            was: words(was),
            is: words(is),
        });
    }

    /// Whether a range of the source was delivered, and is not in the file any more: it was edited.
    fn is_delivered(&self, range: TextRange) -> bool {
        self.origin.delivered.iter().any(|kept| kept.covers(range))
    }

    /// What the output need not mean any more: what could not be asked for or is not compiled with marks, a module named from inside of
    /// it, and the second of the items that one `use` brought in.
    fn may_be_gone(&self, at: TextRange, target: &Target, others: bool) -> bool {
        let tree = self.monolith.tree;
        if self.targets.is_unmarked(target) || self.targets.is_kept(target) {
            return true;
        }
        let user = tree.innermost(self.origin.krate, self.origin.file, at.start);
        let is_use = user.is_some_and(|user| tree.raw(user).kind == ItemKind::Use);
        (is_use && others && !self.targets.is_in_output(target))
            || self.is_own_module(user, target)
            || user.is_some_and(|user| self.lost_its_self(user, at, target))
    }

    /// Whether a name in a `use` meant its module by a `self` that went: what is left of it is the way to the
    /// others, `m` of `use a::m::{self, Other}`, of which rustc says nothing.
    fn lost_its_self(&self, user: ItemId, at: TextRange, target: &Target) -> bool {
        let tree = self.monolith.tree;
        let is_module = |item: ItemId| tree.raw(item).kind == ItemKind::Mod;
        let Payload::Use(decl) = &tree.raw(user).payload else {
            return false;
        };
        let text = &tree.file(self.origin.file).text;
        let went = decl.leaves.iter().any(|leaf| {
            leaf.range.of(text).split_whitespace().next() == Some("self")
                && leaf.path.last().map(String::as_str) == Some(at.of(text))
                && !self.origin.has(leaf.range)
        });
        went && self.targets.item(target).is_some_and(is_module)
    }

    /// What the output may mean beside: what could not be asked for in the monolith, a module named from
    /// inside of it, and what an attribute that the cut added expands to.
    fn may_be_new(&self, at: TextRange, there: TextRange, target: &Target, expanded: bool) -> bool {
        if self.targets.is_unmarked(target) {
            return true;
        }
        let user = self
            .monolith
            .tree
            .innermost(self.origin.krate, self.origin.file, at.start);
        self.is_own_module(user, target) || self.is_of_added(there, target, expanded)
    }

    /// rustc is silent about uses inside of what inherits the same mark: products of a module, and the
    /// module itself, named in that module by an item that bears no mark of its own.
    fn is_own_module(&self, user: Option<ItemId>, target: &Target) -> bool {
        let tree = self.monolith.tree;
        let Some(module) = user.map(|user| tree.item(user).module) else {
            return false;
        };
        let decl = tree.module(module).decl;
        match target {
            Target::Root(krate) => decl.is_none() && *krate == self.origin.krate,
            Target::Product(at, krate, _) => {
                *krate == self.origin.krate && *at == decl.map(|d| self.targets.place_of(d))
            }
            Target::Item(at) => decl.is_some_and(|d| self.targets.place_of(d) == *at),
            Target::New(_) => false,
        }
    }

    /// Whether a `use` brings a module of the same name beside what it brought: a module that is visible now.
    /// Who names it is compared for itself.
    fn is_twin_module(&self, at: TextRange, target: &Target) -> bool {
        let tree = self.monolith.tree;
        let user = tree.innermost(self.origin.krate, self.origin.file, at.start);
        let is_module = |item: ItemId| tree.raw(item).kind == ItemKind::Mod;
        user.is_some_and(|user| tree.raw(user).kind == ItemKind::Use)
            && self.targets.item(target).is_some_and(is_module)
    }

    /// Whether the name stands in a type that got an attribute, and could be of what that expands to.
    fn is_of_added(&self, there: TextRange, target: &Target, expanded: bool) -> bool {
        let tree = self.output.tree;
        let Some(krate) = tree.crates_of(self.file).next() else {
            return false;
        };
        let Some(user) = tree.innermost(krate, self.file, there.start) else {
            return false;
        };
        let mut at = Some(user);
        while let Some(item) = at {
            let raw = tree.raw(item);
            // An attribute that is new, or a `derive` that grew.
            let is_added = raw.attrs.iter().filter(|a| !a.is_doc).any(|a| {
                let was = self.origin.back(a.range);
                was.is_none_or(|was| was.len() != a.range.len())
            });
            if is_added {
                return expanded || self.targets.is_within(target, item);
            }
            at = tree.item(item).parent;
        }
        false
    }
}

fn range(reference: &Reference) -> TextRange {
    TextRange {
        start: reference.start,
        end: reference.end.max(reference.start),
    }
}
