//! Candidates: what each function of the workspace would take along, and what it would leave behind.
//!
//! Input: a [`Scene`]. Output: [`Candidate`]s, in the order in which a person should look at them. The closures
//! are made all at once; facts about items are gathered once ([`Measures`]). Refuses nothing:
//! what stands in a function's way is listed with it. External crates are told by names, as written, and
//! so approximate.
//!
//! **The order.** What leaves most behind alone is no measure: a helper of three lines leaves everything
//! behind. So the share left behind counts once for each doubling of the work, that is, of the lines of the
//! functions that it calls, itself included ([`Candidate::rank`]). Before that, groups: what the user has
//! marked, what can be cut as it stands, what something stands in the way of, and at last what is small or
//! serves its own module alone ([`Standing`]).

mod externs;
mod measure;
mod offered;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::cross;
use super::cross::Given;
use super::find::{is_candidate, vet_const};
use super::imports::Imports;
use super::meaning::Meanings;
use crate::diag::{Code, Severity, Sink};
use crate::graph::ItemGraph;
use crate::id::{CrateId, ItemId};
use crate::slice::Rules;
use crate::syntax::{ItemKind, ItemTree, Visibility};
use crate::workspace::Workspace;

pub use measure::{Measures, Size};

/// Work below this many lines is not worth a function of its own.
const SMALL: usize = 10;

/// What candidates are judged by.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The workspace.
    pub workspace: &'a Workspace,
    /// Its items.
    pub tree: &'a ItemTree,
    /// Who names whom.
    pub graph: &'a ItemGraph,
    /// The slice's rules.
    pub rules: &'a Rules,
    /// The imports of its modules.
    pub imports: &'a Imports<'a>,
    /// What items weigh.
    pub measures: &'a Measures,
    /// The constructors that may make what cannot be sent.
    pub given: &'a Given,
    /// The functions that `extract.toml` and comments name.
    pub marked: &'a BTreeSet<ItemId>,
}

/// Which group a candidate belongs to, the first to look at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// The user has marked it.
    Marked,
    /// It can be cut as it stands.
    Ready,
    /// Something is in the way.
    Blocked,
    /// It does little, or is an inner part: only its own module uses it, or its library does not offer it.
    Minor,
}

/// A reason against a shim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// Its code.
    pub code: Code,
    /// What `split` would say.
    pub message: String,
}

/// A function that could be an entry.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The function.
    pub item: ItemId,
    /// Its path.
    pub path: String,
    /// What its slice takes along.
    pub size: Size,
    /// How many items name it.
    pub callers: usize,
    /// Its group.
    pub standing: Standing,
    /// What it leaves behind, in thousandths: the mean of the shares of lines and of external crates.
    pub leaves: usize,
    /// Its place within the group: [`Candidate::leaves`] for each doubling of [`Size::work`].
    pub rank: usize,
    /// What stands in the way of a shim.
    pub obstacles: Vec<Obstacle>,
}

/// All candidates, in the order to look at them.
pub fn candidates(scene: &Scene<'_>) -> Vec<Candidate> {
    let Scene {
        workspace, tree, ..
    } = *scene;
    let selected = |krate: CrateId| {
        workspace
            .package(tree.krate(krate).package)
            .is_some_and(|package| package.selected)
    };
    let functions: Vec<ItemId> = tree
        .items
        .iter()
        .filter(|i| selected(i.krate) && is_candidate(tree, i.id))
        .map(|i| i.id)
        .collect();
    let mut found = described(scene, &functions);
    found.sort_by(|a, b| {
        let order = |c: &Candidate| (c.standing, std::cmp::Reverse(c.rank));
        order(a).cmp(&order(b)).then_with(|| a.path.cmp(&b.path))
    });
    // A file that a lib and a bin include gives the same function twice.
    let mut seen = BTreeSet::new();
    found.retain(|c| {
        let node = tree.item(c.item);
        seen.insert((node.file, node.raw))
    });
    found
}

/// One function.
pub fn candidate(scene: &Scene<'_>, item: ItemId) -> Option<Candidate> {
    described(scene, &[item]).pop()
}

fn described(scene: &Scene<'_>, functions: &[ItemId]) -> Vec<Candidate> {
    // The closures are one walk of one thread; what stands in the way is asked meanwhile.
    let (sizes, obstacles) = rayon::join(
        || scene.measures.of_functions(scene, functions),
        || {
            let asked = functions.par_iter().map(|item| obstacles(scene, *item));
            asked.collect::<Vec<_>>()
        },
    );
    let found = functions.par_iter().zip(sizes).zip(obstacles);
    found
        .map(|((item, size), obstacles)| describe(scene, *item, size, obstacles))
        .collect()
}

fn describe(scene: &Scene<'_>, item: ItemId, size: Size, obstacles: Vec<Obstacle>) -> Candidate {
    let Scene { tree, graph, .. } = *scene;
    let callers: BTreeSet<ItemId> = graph
        .into(item)
        .map(|e| tree.unit(e.from))
        .filter(|from| is_code(tree, *from))
        .collect();
    let module = tree.item(item).module;
    let is_local = !callers.is_empty()
        && callers.iter().all(|from| tree.item(*from).module == module)
        && tree.raw(item).vis != Visibility::Public;
    let is_helper = is_local || !offered::offered(tree, graph, item);
    let standing = if scene.marked.contains(&item) {
        Standing::Marked
    } else if is_helper || size.work < SMALL {
        Standing::Minor
    } else if obstacles.is_empty() {
        Standing::Ready
    } else {
        Standing::Blocked
    };
    let total = scene.measures.total();
    let left =
        |kept: usize, of: usize| 1000 - (kept.min(of) * 1000).checked_div(of).unwrap_or(1000);
    let lines = left(size.lines, total.lines);
    let leaves = if total.externs.is_empty() {
        lines
    } else {
        usize::midpoint(lines, left(size.externs.len(), total.externs.len()))
    };
    Candidate {
        item,
        path: tree.path(item),
        callers: callers.len(),
        standing,
        leaves,
        rank: leaves * size.work.max(1).ilog2() as usize,
        size,
        obstacles,
    }
}

fn is_code(tree: &ItemTree, item: ItemId) -> bool {
    !matches!(tree.raw(item).kind, ItemKind::Use | ItemKind::Mod)
}

/// What `split` would refuse, each code once. What foreign crates offer for serde is taken for granted:
/// their manifests are read when it is split.
fn obstacles(scene: &Scene<'_>, item: ItemId) -> Vec<Obstacle> {
    let Scene {
        workspace,
        tree,
        graph,
        rules,
        imports,
        ..
    } = *scene;
    let foreign = BTreeMap::new();
    let meanings = Meanings {
        tree,
        graph,
        rules,
        imports,
        foreign: &foreign,
        unreadable: None,
        workspace: None,
    };
    let mut sink = Sink::default();
    vet_const(tree, graph, workspace, item, &mut sink);
    cross::analyze(tree, workspace, item, &meanings, scene.given, &mut sink);
    let mut found: Vec<Obstacle> = sink
        .diagnostics()
        .iter()
        .filter(|d| d.code.severity() == Severity::Error)
        .map(|d| Obstacle {
            code: d.code,
            message: d.message.clone(),
        })
        .collect();
    found.sort_by_key(|o| o.code);
    found.dedup_by_key(|o| o.code);
    found
}
