//! The cut: from a slice to files that rustc accepts without a warning.
//!
//! Input: [`Job`]. Output: [`Cut`]. Each round renders, checks in the shadow and reads what rustc says:
//! what is missing comes back, what is unused goes, until nothing is left to say. When repairs stop
//! helping, whole files and then whole crates stay, so that the last resort is the monolith's own code.
//! Refuses with [`Code::ProofFailed`] when even that does not compile; then nothing is delivered.

pub mod exposure;
pub mod function;
pub mod layout;
pub mod partition;
pub mod repair;
pub mod resources;
pub mod state;
pub mod uses;

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use crate::diag::{Code, Diagnostic, Outcome};
use crate::graph::ItemGraph;
use crate::id::ItemId;
use crate::oracle::cargo::{self, CheckRequest, CheckRun, Progress};
use crate::oracle::references::References;
use crate::oracle::shadow;
use crate::slice::{self, Rules, Slice};
use crate::syntax::ItemTree;
use crate::workspace::Workspace;
use layout::Layout;
use state::State;

/// Checks before the cut gives up.
const MAX_ROUNDS: usize = 40;
/// Rounds in which a partition may settle.
const PARTITION_ROUNDS: usize = 8;
/// Rounds of the reachability oracle.
const PRUNE_ROUNDS: usize = 8;

/// An entry with what its function crate needs.
#[derive(Debug)]
pub struct Entry {
    /// The function.
    pub item: ItemId,
    /// The function crate's name and folder.
    pub name: String,
    /// The function as the user names it.
    pub path: String,
    /// How its parameters cross; `None` gives a library without a shim.
    pub crossing: Option<crate::entry::cross::Crossing>,
}

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
    /// Attributes that crossing types need.
    pub derives: &'a BTreeMap<ItemId, Vec<String>>,
    /// Types that the shims name.
    pub exposed: &'a BTreeSet<ItemId>,
}

/// A proven cut.
#[derive(Debug)]
pub struct Cut {
    /// What is delivered, by relative path.
    pub files: BTreeMap<Utf8PathBuf, Vec<u8>>,
    /// The last layout, for reviews.
    pub layout: Layout,
    /// The slice.
    pub slice: Slice,
    /// The decisions.
    pub state: State,
    /// How many checks it took.
    pub checks: usize,
}

/// Cuts and proves.
///
/// # Errors
/// [`Code::ProofFailed`] with rustc's words, or what [`cargo::check`] and the shadow report.
pub fn cut(job: &Job<'_>, progress: Progress<'_>) -> Outcome<Cut> {
    let work = cargo::work_dir(&job.workspace.target_dir);
    let _lock = crate::oracle::lock(&work)?;
    let mut run = Runner {
        job,
        work: &work,
        checks: 0,
        progress,
    };
    let mut state = State::default();
    state.seeds.entries = job.entries.iter().map(|e| e.item).collect();
    state.attributes = job.derives.clone();
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
    for entry in job.entries {
        // A method needs its own visibility beside its type's.
        if tree_parent_is_impl(job, entry.item) {
            state.widen.insert(entry.item);
        }
    }
    progress("cutting");
    run.until_it_compiles(&mut state)?;
    run.prune(&mut state)?;
    let shared = state.clone();
    let slice = run.slice(&state);
    state.owned = partition::partition(job, &slice, &state);
    run.settle_partition(&mut state, &shared)?;
    let attempt = run.until_it_is_silent(&mut state);
    let (slice, layout, units) = match attempt {
        Ok(done) => done,
        // An item that cannot live in the function crate after all: everything stays in the domain.
        Err(_) if !state.owned.is_empty() => {
            state = shared;
            run.until_it_is_silent(&mut state)?
        }
        Err(refused) => return Err(refused),
    };
    let files = run.deliverable(&layout, &units)?;
    let files = run.proven(&layout, files)?;
    Ok(Cut {
        files,
        layout,
        slice,
        state,
        checks: run.checks,
    })
}

fn tree_parent_is_impl(job: &Job<'_>, id: ItemId) -> bool {
    job.tree.item(id).parent.is_some()
}

struct Runner<'a> {
    job: &'a Job<'a>,
    work: &'a Utf8Path,
    checks: usize,
    progress: Progress<'a>,
}

impl Runner<'_> {
    fn slice(&self, state: &State) -> Slice {
        slice::slice(self.job.tree, self.job.graph, self.job.rules, &state.seeds)
    }

    fn dir(&self) -> Utf8PathBuf {
        self.work.join("cut")
    }

    /// Renders the state and checks it. With `lints`, the wrapper forces them and caps all others.
    fn check(
        &mut self,
        state: &State,
        lints: Option<&[&str]>,
        only_domains: bool,
    ) -> Outcome<(Slice, Layout, CheckRun)> {
        let slice = self.slice(state);
        let layout = layout::layout(self.job, &slice, state)?;
        let mut files: BTreeMap<Utf8PathBuf, Vec<u8>> = layout
            .files
            .iter()
            .map(|(p, f)| (p.clone(), f.bytes.clone()))
            .collect();
        resources::add_all(self.job, &layout, &mut files);
        let dir = self.dir();
        // Cargo keeps its own view of the lock file between rounds.
        let lock = fs_err::read(dir.join("Cargo.lock"));
        if let (Ok(lock), true) = (lock, self.checks > 0) {
            files.insert("Cargo.lock".into(), lock);
        }
        shadow::materialize(&dir, &files)?;
        self.checks += 1;
        (self.progress)(&format!("check {}", self.checks));
        let mut args = vec!["--keep-going".to_owned()];
        if only_domains {
            for domain in &layout.domains {
                args.extend(["--package".to_owned(), domain.package_name.clone()]);
            }
        } else {
            args.push("--workspace".to_owned());
        }
        let side_dir = self.work.join("cut-refs");
        let run = cargo::check(
            &CheckRequest {
                dir: &dir,
                target_dir: &self.job.workspace.target_dir,
                args,
                force: lints,
                side_dir: &side_dir,
                toolchain: self.job.workspace.toolchain.as_deref(),
            },
            self.progress,
        )?;
        Ok((slice, layout, run))
    }

    fn until_it_compiles(&mut self, state: &mut State) -> Outcome<()> {
        for round in 0..MAX_ROUNDS {
            let (slice, layout, run) = self.check(state, Some(&["unused_imports"]), true)?;
            if run.success {
                return Ok(());
            }
            if run.errors().next().is_none() {
                return Err(self.failed(&run).into());
            }
            let mut changed = repair::errors(self.job, &slice, &layout, &run, state);
            if round > MAX_ROUNDS / 2 {
                changed |= repair::escalate(self.job, &layout, &run, state);
            } else if !changed {
                changed = repair::escalate(self.job, &layout, &run, state);
            }
            if !changed {
                return Err(self.failed(&run).into());
            }
        }
        let (_, _, run) = self.check(state, Some(&[]), true)?;
        if run.success {
            Ok(())
        } else {
            Err(self.failed(&run).into())
        }
    }

    /// The reachability oracle: everything that other crates do not use becomes `pub(crate)`, and rustc
    /// lists what is dead.
    fn prune(&mut self, state: &mut State) -> Outcome<()> {
        const LINTS: &[&str] = &[
            "dead_code",
            "unused_imports",
            "unused_macros",
            "unused_extern_crates",
        ];
        for _ in 0..PRUNE_ROUNDS {
            let mut view = state.clone();
            view.private_view = true;
            let (slice, layout, run) = self.check(&view, Some(LINTS), true)?;
            if !run.success {
                // The narrowed view is not valid for this code: keep what the graph gave.
                return Ok(());
            }
            let before = state.clone();
            if !repair::dead(self.job, &slice, &layout, &run, state) {
                break;
            }
            let (_, _, after) = self.check(state, Some(&["unused_imports"]), true)?;
            if !after.success {
                *state = before;
                repair::pin_all_dead(self.job, &slice, &layout, &run, state);
                break;
            }
        }
        Ok(())
    }

    /// Checks the partition: what the function crates name becomes `pub`, an item that cannot live there
    /// goes back to the domain, and when that does not end, all do.
    fn settle_partition(&mut self, state: &mut State, shared: &State) -> Outcome<()> {
        for round in 0..PARTITION_ROUNDS {
            if state.owned.is_empty() {
                break;
            }
            let (slice, layout, run) = self.check(state, Some(&["unused_imports"]), false)?;
            if run.success {
                return Ok(());
            }
            let stuck = round + 1 == PARTITION_ROUNDS;
            let changed = repair::partition_errors(self.job, &slice, &layout, &run, state);
            if stuck || !changed {
                *state = State {
                    owned: repair::partition_without(self.job, &run, state),
                    ..shared.clone()
                };
                return self.settle_rest(state, shared);
            }
        }
        Ok(())
    }

    /// A second and last try with the entries that were not in trouble.
    fn settle_rest(&mut self, state: &mut State, shared: &State) -> Outcome<()> {
        for _ in 0..PARTITION_ROUNDS {
            if state.owned.is_empty() {
                break;
            }
            let (slice, layout, run) = self.check(state, Some(&["unused_imports"]), false)?;
            if run.success {
                return Ok(());
            }
            if !repair::partition_errors(self.job, &slice, &layout, &run, state) {
                break;
            }
        }
        *state = shared.clone();
        Ok(())
    }

    /// The last word: every crate, no wrapper, not one warning.
    fn until_it_is_silent(&mut self, state: &mut State) -> Outcome<(Slice, Layout, Vec<String>)> {
        let has_own = !state.owned.is_empty();
        for _ in 0..MAX_ROUNDS / 4 {
            let (slice, layout, run) =
                self.check(state, Some(&["unused_crate_dependencies"]), !has_own)?;
            if run.success {
                repair::unused_dependencies(self.job, &layout, &run, state);
                break;
            }
            let changed = if has_own {
                repair::partition_errors(self.job, &slice, &layout, &run, state)
            } else {
                repair::errors(self.job, &slice, &layout, &run, state)
            };
            if !changed {
                break;
            }
        }
        for _ in 0..MAX_ROUNDS {
            let (slice, layout, run) = self.check(state, None, false)?;
            if run.success {
                if run.warnings().next().is_none() {
                    return Ok((slice, layout, run.units));
                }
                if !repair::warnings(self.job, &slice, &layout, &run, state) {
                    return Err(self.failed(&run).into());
                }
                continue;
            }
            if run.errors().next().is_none() {
                if state.unused.is_empty() {
                    return Err(self.failed(&run).into());
                }
                state.unused.clear();
                continue;
            }
            let has_own = !state.owned.is_empty();
            let mut changed = if has_own {
                repair::partition_errors(self.job, &slice, &layout, &run, state)
            } else {
                repair::errors(self.job, &slice, &layout, &run, state)
            };
            if !changed && !state.unused.is_empty() {
                state.unused.clear();
                changed = true;
            }
            if !changed && !has_own {
                changed = repair::escalate(self.job, &layout, &run, state);
            }
            if !changed {
                return Err(self.failed(&run).into());
            }
        }
        let (_, _, run) = self.check(state, None, false)?;
        Err(self.failed(&run).into())
    }

    /// The files to deliver: the layout's, the resources that the build read, and the lock file.
    fn deliverable(
        &self,
        layout: &Layout,
        units: &[String],
    ) -> Outcome<BTreeMap<Utf8PathBuf, Vec<u8>>> {
        let mut files: BTreeMap<Utf8PathBuf, Vec<u8>> = layout
            .files
            .iter()
            .map(|(p, f)| (p.clone(), f.bytes.clone()))
            .collect();
        let dir = self.dir();
        resources::add_read(self.job, layout, &dir, units, &mut files);
        if let Ok(lock) = fs_err::read(dir.join("Cargo.lock")) {
            files.insert("Cargo.lock".into(), lock);
        }
        Ok(files)
    }

    /// Checks exactly what is delivered, in a folder where nothing else lies. When a file is missing that
    /// a macro reads unseen, everything beside the code comes along.
    fn proven(
        &mut self,
        layout: &Layout,
        files: BTreeMap<Utf8PathBuf, Vec<u8>>,
    ) -> Outcome<BTreeMap<Utf8PathBuf, Vec<u8>>> {
        let run = self.proof(&files)?;
        if run.success && run.warnings().next().is_none() {
            return Ok(files);
        }
        let mut all = files;
        resources::add_all(self.job, layout, &mut all);
        let run = self.proof(&all)?;
        if run.success && run.warnings().next().is_none() {
            return Ok(all);
        }
        Err(self.failed(&run).into())
    }

    fn proof(&mut self, files: &BTreeMap<Utf8PathBuf, Vec<u8>>) -> Outcome<CheckRun> {
        let dir = self.work.join("proof");
        shadow::materialize(&dir, files)?;
        self.checks += 1;
        (self.progress)(&format!("check {} (what is delivered)", self.checks));
        let side_dir = self.work.join("cut-refs");
        let run = cargo::check(
            &CheckRequest {
                dir: &dir,
                target_dir: &self.job.workspace.target_dir,
                args: vec!["--workspace".to_owned(), "--keep-going".to_owned()],
                force: None,
                side_dir: &side_dir,
                toolchain: self.job.workspace.toolchain.as_deref(),
            },
            self.progress,
        )?;
        Ok(run)
    }

    fn failed(&self, run: &CheckRun) -> Diagnostic {
        let mut diagnostic = Diagnostic::new(
            Code::ProofFailed,
            "the cut was not accepted by rustc; nothing was written",
        );
        for message in run.errors().chain(run.warnings()).take(3) {
            let text = message
                .diagnostic
                .rendered
                .as_deref()
                .unwrap_or(&message.diagnostic.message);
            diagnostic
                .notes
                .extend(text.trim_end().lines().map(str::to_owned));
        }
        if run.errors().next().is_none() && !run.success {
            diagnostic.notes.extend(
                run.stderr
                    .lines()
                    .filter(|l| !l.trim_start().starts_with("Checking"))
                    .take(20)
                    .map(str::to_owned),
            );
        }
        diagnostic
            .help(format!(
                "the state of the last check lies in {}",
                self.dir()
            ))
            .help("please report it with the crate's name and the entry")
    }
}
