//! The cut: from a slice to files that rustc accepts without a warning.
//!
//! Input: [`Job`]. Output: [`Cut`]. Each round renders, checks in the shadow and reads what rustc says:
//! what is missing comes back, what is unused goes, until nothing is left to say. When repairs stop
//! helping, whole files and then whole crates stay, so that the last resort is the monolith's own code.
//! Refuses with [`Code::ProofFailed`](crate::diag::Code::ProofFailed) when even that does not compile; then nothing is delivered.

pub mod along;
pub mod check;
pub mod exposure;
pub mod features;
pub mod function;
pub mod keep;
pub mod layout;
pub mod lean;
pub mod partition;
pub mod repair;
pub mod resources;
pub mod rounds;
pub mod settle;
pub mod stands;
pub mod state;
pub mod uses;

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use crate::diag::{Code, Outcome, Refused};
use crate::entry::plan::{self, Entry};
use crate::graph::ItemGraph;
use crate::id::ItemId;
use crate::oracle::cargo::{self, Progress};
use crate::oracle::packages::Foreign;
use crate::oracle::references::References;
use crate::render::manifest::alone::with_relative_paths;
use crate::slice::{Rules, Slice};
use crate::syntax::ItemTree;
use crate::workspace::Workspace;
use check::Checker;
use layout::Layout;
use state::State;

/// What a cut is made from.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// The workspace.
    pub workspace: &'a Workspace,
    /// Its items.
    pub tree: &'a ItemTree,
    /// The verified graph.
    pub graph: &'a ItemGraph,
    /// The impl rules.
    pub rules: &'a Rules,
    /// What rustc said.
    pub references: &'a References,
    /// The entries.
    pub entries: &'a [Entry],
    /// Features that crossing types need from foreign crates: name in code, feature.
    pub foreign_features: &'a BTreeSet<(String, String)>,
    /// What foreign crates offer for serde, by their names in code.
    pub foreign: &'a BTreeMap<String, Foreign>,
    /// Attributes that crossing types need.
    pub derives: &'a BTreeMap<ItemId, Vec<String>>,
    /// Types that the shims name.
    pub exposed: &'a BTreeSet<ItemId>,
    /// Which crates are to be kept whole or slimmed.
    pub asked: &'a keep::Asked,
    /// The output folder, absolute.
    pub out: &'a Utf8Path,
}

/// A proven cut.
#[derive(Debug)]
pub struct Cut {
    /// What is delivered, by relative path; paths in manifests are absolute until it is [`Cut::settled`].
    pub files: BTreeMap<Utf8PathBuf, Vec<u8>>,
    /// The last layout, for reviews.
    pub layout: Layout,
    /// The slice.
    pub slice: Slice,
    /// The decisions.
    pub state: State,
    /// The dependencies' features against the monolith's; `None` when cargo could not tell.
    pub features: Option<features::Features>,
    /// External crates that impls of foreign traits alone hold, or would.
    pub weights: Vec<lean::Weight>,
    /// How many checks it took.
    pub checks: usize,
    /// Held as long as the files lie in [`Cut::dir`].
    pub lock: crate::oracle::WorkLock,
    /// The folder in the work folder that holds exactly what is delivered.
    pub dir: Utf8PathBuf,
    /// The tests that came along.
    pub tests: along::Along,
}

/// Whether rustc's words alone stopped a cut: another arrangement may please it.
fn is_of_proof(refused: &Refused) -> bool {
    let mut found = refused.diagnostics.iter();
    found.any(|d| d.code == Code::ProofFailed)
}

/// Cuts and proves.
///
/// # Errors
/// [`Code::ProofFailed`] with rustc's words, or what [`cargo::check`] and the shadow report.
pub fn cut(job: &Job<'_>, progress: Progress<'_>) -> Outcome<Cut> {
    let work = cargo::work_dir(&job.workspace.target_dir);
    let lock = crate::oracle::lock(&work)?;
    let mut checker = Checker::new(job, &work, progress);
    let mut state = State::default();
    let makers: BTreeSet<ItemId> = job
        .entries
        .iter()
        .filter_map(|e| e.crossing.as_ref())
        .flat_map(plan::makers)
        .map(|make| make.item)
        .collect();
    let seeds = job.entries.iter().map(|e| e.item);
    state.seeds.entries = seeds.chain(makers.iter().copied()).collect();
    state.attributes = job.derives.clone();
    state.choices = keep::first(job)?;
    let named = job
        .entries
        .iter()
        .map(|e| function::anchor(job, e.item))
        .chain(job.exposed.iter().copied());
    for id in named {
        match exposure::exposure(job, id) {
            Some(found) => {
                state.leaves.pinned.extend(found.leaves.iter().copied());
                state.exposed.insert(id, found.path);
            }
            None => {
                state.widen.insert(id);
            }
        }
    }
    for item in job.entries.iter().map(|e| e.item).chain(makers) {
        // A method needs its own visibility beside its type's.
        if job.tree.item(item).parent.is_some() {
            state.widen.insert(item);
        }
    }
    for krate in layout::domains::served(job, &checker.slice(&state)) {
        repair::escalate::keep_all(job, &mut state, krate);
    }
    progress("cutting");
    let settled = settle::settle(&mut checker, job, state)?;
    let mut weights = lean::weights(&checker, job, &settled.state, &settled.checked);
    let settled = if job.asked.lean {
        lean::lean(&mut checker, job, settled, &mut weights)?
    } else {
        settled
    };
    let (state, checked) = (settled.state, settled.checked);
    let (files, features) = checker.proven(&checked)?;
    Ok(Cut {
        files,
        features,
        layout: checked.layout,
        slice: checked.slice,
        state,
        weights,
        checks: checker.checks,
        lock,
        dir: checker.proof_dir(),
        tests: along::Along::default(),
    })
}

impl Cut {
    /// The cut as it is delivered: what the workspace takes from other folders is named by absolute paths while it
    /// is checked elsewhere, and by relative ones where it goes.
    pub fn settled(mut self, job: &Job<'_>) -> Self {
        let manifests = self
            .files
            .iter_mut()
            .filter(|(path, _)| path.file_name() == Some("Cargo.toml"));
        for (path, bytes) in manifests {
            let dir = job.out.join(path.parent().unwrap_or(Utf8Path::new("")));
            let text = String::from_utf8_lossy(bytes);
            *bytes = with_relative_paths(&text, &dir).into_bytes();
        }
        self
    }
}
