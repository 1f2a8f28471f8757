//! Tests come along: unit tests, integration tests, their helpers, data and dev-dependencies.
//!
//! Input: a proven [`Cut`]. Output: the same cut with the tests whose closure lies inside it, and
//! [`Along`], which names those that stay behind, each with the reason. Names in test code propose, rustc
//! decides: what it does not accept in the output stays behind, until all targets check without a warning.
//! Nothing here changes what the cut holds without tests; when cargo itself fails, the cut is left as it is.

pub mod choice;
pub mod data;
pub mod doc;
pub mod host;
pub mod lock;
pub mod place;
pub mod propose;
pub mod repair;
pub mod view;
pub mod without;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::{Cut, Job, check, resources};
use crate::diag::{Outcome, Place};
use crate::id::{CrateId, ItemId};
use crate::oracle::cargo::{self, CheckRequest, CheckRun, Progress};
use crate::render::edit::Edited;
use host::Host;
use place::Made;
use repair::{Round, Said};
use view::View;
use without::Quiet;

/// Checks before tests are left behind altogether.
const MAX_ROUNDS: usize = 16;

/// The tests of a cut.
#[derive(Clone, Debug, Default)]
pub struct Along {
    /// Whether tests were looked for.
    pub asked: bool,
    /// Those that came.
    pub came: Vec<Came>,
    /// Those that stay behind.
    pub left: Vec<Left>,
    /// Tests of crates that have no place in the output: the crate and how many.
    pub elsewhere: BTreeMap<String, usize>,
    /// Files that tests read, by their path in the output.
    pub data: Vec<Utf8PathBuf>,
    /// Folders of data that are too large to come.
    pub too_large: BTreeSet<Utf8PathBuf>,
    /// Dev-dependencies by folder of the output.
    pub dependencies: BTreeMap<String, BTreeSet<String>>,
    /// Imports that stand under `#[cfg(test)]`, by folder.
    pub imports: BTreeMap<String, BTreeSet<String>>,
    /// Moved test code by path: its source.
    pub moved: BTreeMap<Utf8PathBuf, MovedTest>,
    /// Libraries whose documentation's examples are not run, by folder, and the examples that do not compile.
    pub examples_off: BTreeMap<String, Vec<(String, String)>>,
    /// What is switched off in the output for want of tests.
    pub quiet: Quiet,
    /// How many examples in documentation came along.
    pub examples: usize,
    /// Why no tests came, when that is no single test's reason.
    pub trouble: Option<String>,
}

/// A test that came.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Came {
    /// Its path.
    pub path: String,
    /// The crate's folder in the output.
    pub dir: String,
    /// Whether it is an integration test.
    pub integration: bool,
}

/// A test that stays behind.
#[derive(Clone, Debug)]
pub struct Left {
    /// Its path.
    pub path: String,
    /// Where it stands.
    pub place: Place,
    /// Why.
    pub reason: String,
}

/// Where moved test code came from.
#[derive(Clone, Debug)]
pub struct MovedTest {
    /// The source file.
    pub source: Utf8PathBuf,
    /// The crate of the cut that it is part of; `None` for an integration test.
    pub krate: Option<CrateId>,
    /// The integration test's name.
    pub target: String,
    /// Its text.
    pub text: Arc<str>,
    /// What became of it.
    pub edited: Edited,
}

/// Brings the tests.
///
/// # Errors
/// What [`cargo::check`] and the shadow report; a test that does not fit is no error.
pub fn along(job: &Job<'_>, cut: Cut, progress: Progress<'_>) -> Outcome<Cut> {
    progress("looking for tests that can come along");
    let view = view::view(job);
    let hosts = host::hosts(job, &cut, &view);
    let work = cargo::work_dir(&job.workspace.target_dir);
    let mut runner = Runner::new(job, &view, &hosts, &work, progress);
    let mut said = Said::default();
    let settled = runner.settle(&cut, &mut said)?;
    let (made, trouble) = match settled {
        Ok(made) => (made, None),
        Err(trouble) => (Made::default(), Some(trouble)),
    };
    let mut along = runner.report(&made, &said, trouble.as_ref());
    let mut cut = cut;
    let mut stay = trouble.is_some() || made.is_nothing();
    if !stay && !made.files.is_empty() {
        match runner.proven(&cut, &made)? {
            Ok(files) => cut.files = files,
            Err(trouble) => {
                along = runner.report(&Made::default(), &said, Some(&trouble));
                stay = true;
            }
        }
    }
    if stay {
        along.quiet = runner.without(&mut cut)?;
    }
    cut.checks += runner.checks;
    cut.tests = along;
    Ok(cut)
}

/// Leaves the tests behind, where nobody asked for them.
///
/// # Errors
/// What [`cargo::check`] and the shadow report.
pub fn without(job: &Job<'_>, cut: Cut, progress: Progress<'_>) -> Outcome<Cut> {
    let view = view::view(job);
    let hosts = host::hosts(job, &cut, &view);
    let work = cargo::work_dir(&job.workspace.target_dir);
    let mut runner = Runner::new(job, &view, &hosts, &work, progress);
    let mut cut = cut;
    cut.tests.quiet = runner.without(&mut cut)?;
    cut.checks += runner.checks;
    Ok(cut)
}

struct Runner<'a> {
    job: &'a Job<'a>,
    view: &'a View,
    hosts: &'a [Host],
    work: &'a Utf8Path,
    progress: Progress<'a>,
    checks: usize,
    /// What rustc compiled in the last check of tests.
    units: Vec<String>,
}

impl<'a> Runner<'a> {
    fn new(
        job: &'a Job<'a>,
        view: &'a View,
        hosts: &'a [Host],
        work: &'a Utf8Path,
        progress: Progress<'a>,
    ) -> Self {
        Self {
            job,
            view,
            hosts,
            work,
            progress,
            checks: 0,
            units: Vec::new(),
        }
    }

    /// Rounds until rustc has nothing to say; or the words for why there are no tests.
    fn settle(&mut self, cut: &Cut, said: &mut Said) -> Outcome<Result<Made, String>> {
        let mut words = String::new();
        for _ in 0..MAX_ROUNDS {
            let made = place::make(self.job, cut, self.view, self.hosts, said)?;
            if made.is_nothing() {
                return Ok(Ok(Made {
                    proposal: made.proposal,
                    ..Made::default()
                }));
            }
            let run = self.check(cut, &made)?;
            self.units.clone_from(&run.units);
            let round = Round {
                view: self.view,
                hosts: self.hosts,
                proposal: &made.proposal,
                files: &made.rendered,
                borrowed: &made.borrowed,
                asked: said.borrowed.clone(),
                examples: &made.examples,
            };
            if run.success && run.warnings().next().is_none() {
                return Ok(Ok(made));
            }
            words = first_words(&run);
            let mut changed = repair::errors(&round, &run, said);
            changed |= repair::warnings(&round, &run, run.success, said);
            if !changed && !repair::give_up(&round, &run, said) {
                return Ok(Err(words));
            }
        }
        Ok(Err(words))
    }

    fn all(&self, cut: &Cut, made: &Made) -> BTreeMap<Utf8PathBuf, Vec<u8>> {
        let mut files = cut.files.clone();
        let made = made.files.iter();
        files.extend(made.map(|(path, bytes)| (path.clone(), bytes.clone())));
        files
    }

    fn check(&mut self, cut: &Cut, made: &Made) -> Outcome<CheckRun> {
        let mut files = self.all(cut, made);
        resources::add_all(self.job, &cut.layout, &mut files);
        let scratch = made.scratch.iter();
        files.extend(scratch.map(|(path, bytes)| (path.clone(), bytes.clone())));
        check::write(self.job, &self.work.join("tests"), &cut.layout, files)?;
        let dir = self.dir();
        // All crates, as in the last check: the functions switch features on in the crates they stand on.
        let args = ["--workspace", "--tests"].map(str::to_owned);
        self.ask(&dir, "tests-refs", args.to_vec())
    }

    /// Where the cut and its tests are checked.
    fn dir(&self) -> Utf8PathBuf {
        let place = check::Place::of(self.job.out, &self.job.workspace.root);
        self.work.join("tests").join(place.out)
    }

    /// Asks rustc. Cargo knows a crate by its place in its workspace and would take what it compiled in another
    /// of our folders for fresh; a wrapper of the folder's own, in `side`, keeps them apart.
    fn ask(&mut self, dir: &Utf8Path, side: &str, mut args: Vec<String>) -> Outcome<CheckRun> {
        self.checks += 1;
        (self.progress)(&format!("check {} (tests)", self.checks));
        args.push("--keep-going".to_owned());
        let run = cargo::check(
            &CheckRequest {
                dir,
                target_dir: &self.job.workspace.target_dir,
                args,
                force: Some(&[]),
                side_dir: &self.work.join(side),
                toolchain: self.job.workspace.toolchain.as_deref(),
            },
            self.progress,
        )?;
        Ok(run)
    }

    /// Checks exactly what is delivered: all targets, and then as it is built without tests.
    fn proven(
        &mut self,
        cut: &Cut,
        made: &Made,
    ) -> Outcome<Result<BTreeMap<Utf8PathBuf, Vec<u8>>, String>> {
        let mut files = self.all(cut, made);
        let dir = self.dir();
        resources::add_read(self.job, &cut.layout, &dir, &self.units, &mut files);
        let mut words = String::new();
        for is_last in [false, true] {
            if is_last {
                resources::add_all(self.job, &cut.layout, &mut files);
            }
            let proof = &cut.dir;
            check::write(
                self.job,
                &self.work.join("proof"),
                &cut.layout,
                files.clone(),
            )?;
            let all = vec!["--workspace".to_owned(), "--all-targets".to_owned()];
            let run = self.ask(proof, "proof-refs", all)?;
            words = first_words(&run);
            if !run.success || run.warnings().next().is_some() {
                continue;
            }
            let run = self.ask(proof, "proof-refs", vec!["--workspace".to_owned()])?;
            words = first_words(&run);
            if !run.success || run.warnings().next().is_some() {
                continue;
            }
            if let Ok(lock) = fs_err::read(proof.join("Cargo.lock")) {
                files.insert("Cargo.lock".into(), lock);
            }
            return Ok(Ok(files));
        }
        Ok(Err(words))
    }

    fn report(&self, made: &Made, said: &Said, trouble: Option<&String>) -> Along {
        let tree = &self.view.tree;
        let proposal = match trouble {
            Some(_) => propose::propose(self.view, self.hosts, &Said::default()),
            None => made.proposal.clone(),
        };
        let mut along = Along {
            asked: true,
            data: made.data.files.keys().cloned().collect(),
            too_large: made.data.too_large.clone(),
            dependencies: made.dependencies.clone(),
            trouble: trouble.cloned(),
            ..Along::default()
        };
        let left = |id: ItemId, reason: String| Left {
            path: tree.path(id),
            place: tree.place(&self.view.workspace, id),
            reason,
        };
        for (test, index) in &proposal.placed {
            if let Some(trouble) = trouble {
                along.left.push(left(*test, trouble.clone()));
            } else if let Some(host) = self.hosts.get(*index) {
                let krate = tree.item(*test).krate;
                along.came.push(Came {
                    path: tree.path(*test),
                    dir: host.dir.clone(),
                    integration: self.view.integration.contains_key(&krate),
                });
            }
        }
        let behind = proposal.left.iter();
        along
            .left
            .extend(behind.map(|(id, reason)| left(*id, reason.clone())));
        for (krate, count) in &proposal.homeless {
            let name = tree.krate(*krate).name.clone();
            *along.elsewhere.entry(name).or_default() += count;
        }
        for (index, reason) in said.off.iter().filter(|_| trouble.is_none()) {
            let host = self.hosts.get(*index).map(|host| host.dir.clone());
            let said = reason
                .split_once("; ")
                .map_or(reason.as_str(), |(_, said)| said);
            let units = &mut along.quiet.units;
            units.extend(host.map(|dir| (dir, said.to_owned())));
        }
        self.report_examples(said, trouble.is_some(), &mut along);
        along.came.sort();
        along.left.sort_by(|a, b| a.path.cmp(&b.path));
        for (host, imports) in self.hosts.iter().zip(&made.borrowed) {
            let texts: BTreeSet<String> = imports.iter().map(|i| i.text.clone()).collect();
            if !texts.is_empty() {
                along.imports.insert(host.dir.clone(), texts);
            }
        }
        for (path, rendered) in &made.rendered {
            let file = tree.file(rendered.file);
            let moved = MovedTest {
                source: file.path.clone(),
                krate: self.view.main_crate(rendered.krate),
                target: self
                    .view
                    .integration
                    .get(&rendered.krate)
                    .cloned()
                    .unwrap_or_default(),
                text: Arc::clone(&file.text),
                edited: rendered.edited.clone(),
            };
            along.moved.insert(path.clone(), moved);
        }
        along
    }
}

impl Runner<'_> {
    fn report_examples(&self, said: &Said, in_trouble: bool, along: &mut Along) {
        for (index, host) in self.hosts.iter().enumerate() {
            let total = host.examples.len();
            if in_trouble || total == 0 {
                continue;
            }
            let failed: Vec<(String, String)> = said
                .examples
                .iter()
                .filter(|((of, _), _)| *of == index)
                .filter_map(|((_, number), reason)| {
                    let example = host.examples.get(*number)?;
                    Some((example.path.clone(), reason.clone()))
                })
                .collect();
            if failed.is_empty() && !host.has_foreign_examples(self.view) {
                along.examples += total;
            } else {
                along.examples_off.insert(host.dir.clone(), failed);
            }
        }
    }
}

/// The first thing that rustc or cargo complains about.
fn first_words(run: &CheckRun) -> String {
    let message = run.errors().chain(run.warnings()).next();
    match message {
        Some(message) => {
            let place = message.diagnostic.spans.iter().find(|s| s.is_primary);
            let at = place.map(|s| format!(" at {}:{}", s.file_name, s.line_start));
            format!(
                "rustc: {}{}",
                message.diagnostic.message,
                at.unwrap_or_default()
            )
        }
        None => {
            let mut lines = run.stderr.lines();
            let error = lines.find(|l| l.starts_with("error"));
            format!(
                "cargo: {}",
                error.unwrap_or("it failed").trim_start_matches("error: ")
            )
        }
    }
}
