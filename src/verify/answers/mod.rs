//! The equivalence run: the functions of an output answer as the monolith does.
//!
//! Input: the job as a cut would have it, the output, and cases. Output: [`Answers`], an [`EntryAnswers`]
//! each. Each side calls the function through its shim, from the same events: [`monolith`] is a copy of the
//! whole monolith in which nothing was cut, [`extracted`] a copy of the output. What could not be compared is
//! counted as that and never as agreement.

pub mod cases;
pub mod compare;
pub mod extracted;
pub mod generate;
pub mod guess;
pub mod json;
pub mod literals;
pub mod monolith;
pub mod record;
pub mod shrink;

use std::collections::BTreeMap;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::cut::Job;
use crate::cut::along::lock;
use crate::diag::{Diagnostic, Sink};
use crate::entry::cross::Given;
use crate::entry::cross::form;
use crate::entry::imports::Imports;
use crate::entry::meaning::Meanings;
use crate::entry::plan::Entry;
use crate::oracle::cargo::{self, CheckRequest, CheckRun, Progress};
use crate::oracle::harness::Reply;
use crate::render::shim;
use crate::verify::output::Output;
use cases::Cases;
use compare::{Answer, Compared, Kind, Pair, Verdict};
use record::{Calls, Recorded};

/// The folder of the crate that stands in for `lambda_runtime`.
const RUNTIME: &str = "extract-runtime";

/// Time for finding the smallest case that differs.
const SHRINKING: Duration = Duration::from_secs(60);
/// Time for each case that is smaller.
const SHRINKING_ONE: Duration = Duration::from_secs(2);

/// Events of one sort that the report shows.
const SHOWN: usize = 5;

/// The outcome.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Answers {
    /// The seed of the cases that were made.
    pub seed: Option<u64>,
    /// The tests of the monolith that were run to record cases; absent when nobody asked.
    pub recorded: Option<Recorded>,
    /// Each entry of the output.
    pub entries: Vec<EntryAnswers>,
}

/// The outcome for one entry.
#[derive(Clone, Debug, Default, Serialize)]
pub struct EntryAnswers {
    /// Its path.
    pub path: String,
    /// The function's name.
    pub function: String,
    /// What became of the cases.
    pub counts: Counts,
    /// What was recorded of it; absent when nobody asked.
    pub recorded: Option<Calls>,
    /// Why nothing was compared; absent when something was.
    pub why: Option<String>,
    /// The smallest case that differs.
    pub difference: Option<Difference>,
    /// Some of the events on which the monolith does not answer twice alike.
    pub unsteady: Vec<Box<RawValue>>,
    /// Some of the events that the monolith does not answer in time.
    pub slow: Vec<Box<RawValue>>,
}

/// How many cases came to what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// All.
    pub cases: usize,
    /// Those that both sides answered, alike or not.
    pub compared: usize,
    /// Those that differ.
    pub differ: usize,
    /// Both gave the same result.
    pub results: usize,
    /// Both gave the same function error.
    pub errors: usize,
    /// Both panicked with the same message.
    pub panics: usize,
    /// Both ended the process in the same way.
    pub ends: usize,
    /// Neither could read the event.
    pub rejected: usize,
    /// The monolith does not answer twice alike.
    pub unsteady: usize,
    /// The monolith does not answer in time.
    pub slow: usize,
}

/// A case on which the two differ.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// The event.
    pub event: Box<RawValue>,
    /// What the monolith answers.
    pub monolith: Answer,
    /// What the function answers.
    pub function: Answer,
    /// Whether it differs only after the cases before it, so that nothing could be taken from it.
    pub after_others: bool,
}

impl Answers {
    /// Whether every entry that has cases was compared, and nothing differs.
    pub fn is_fine(&self) -> bool {
        let asked = self.entries.iter().filter(|e| e.counts.cases > 0);
        let compared = self.entries.iter().any(|e| e.counts.compared > 0);
        compared
            && asked
                .clone()
                .all(|e| e.counts.differ == 0 && e.counts.compared > 0)
    }
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The events of `--cases`.
    pub cases: Cases,
    /// How many cases to make for each entry, and from which seed.
    pub generate: Option<(usize, u64)>,
    /// Whether the monolith's own tests are run for more cases.
    pub record: bool,
    /// How long a case may take.
    pub limit: Duration,
}

/// A side that can be built.
#[derive(Clone, Debug)]
pub struct Side {
    dir: Utf8PathBuf,
    args: Vec<String>,
}

/// The name of an entry's program on one side; both lie in one folder.
fn program(side: &str, entry: &Entry) -> String {
    format!("extract-{side}-{}", entry.name)
}

/// Runs both sides. The caller holds the work folder's lock.
///
/// # Errors
/// What keeps the copies from being made or cargo from being run.
pub fn answers(
    job: &Job<'_>,
    output: &Output,
    asked: &Asked,
    progress: Progress<'_>,
    sink: &mut Sink,
) -> Result<Answers, Diagnostic> {
    let work = cargo::work_dir(&job.workspace.target_dir).join("answers");
    let mut found: BTreeMap<&str, EntryAnswers> = BTreeMap::new();
    for (path, function) in &output.lock.entries {
        let entry = EntryAnswers {
            path: path.clone(),
            function: function.clone(),
            ..EntryAnswers::default()
        };
        found.insert(path, entry);
    }
    let has_shim = |e: &Entry| {
        output
            .workspace
            .root
            .join(format!("functions/{}/src/main.rs", e.name))
            .is_file()
    };
    let mut able = Vec::new();
    for (path, answers) in &mut found {
        let entry = job.entries.iter().find(|e| e.path == *path);
        answers.why = match entry {
            None => Some("the monolith has no such function any more".to_owned()),
            Some(entry) if entry.crossing.is_none() => {
                Some("the monolith's function cannot be called with events any more".to_owned())
            }
            Some(entry) if !has_shim(entry) => {
                Some("it was split without a shim, so nothing says how it is called".to_owned())
            }
            Some(entry) if !entry.is_direct() => Some(
                "it answers events that hold more than a request: give it the trigger `direct` too"
                    .to_owned(),
            ),
            Some(entry) => {
                able.push(entry);
                None
            }
        };
    }
    let recorded = match asked.record {
        true => Some(record::record(job, output, &able, &work, progress, sink)?),
        false => None,
    };
    let mut wanted = Vec::new();
    let mut cases: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for entry in able {
        let Some(answers) = found.get_mut(entry.path.as_str()) else {
            continue;
        };
        let calls = recorded.as_ref().and_then(|r| r.calls.get(&entry.path));
        answers.recorded = calls.cloned();
        let events = events(job, asked, calls, entry);
        answers.counts.cases = events.len();
        if events.is_empty() {
            answers.why = Some("no cases".to_owned());
        } else {
            wanted.push(entry);
            cases.insert(&entry.path, events);
        }
    }
    if !wanted.is_empty() {
        progress("building the monolith with a program for each entry");
        let there = build_monolith(job, output, &wanted, &work, progress)?;
        let extracted = extracted::copy(output, &wanted, &work.join("output"))?;
        progress("building the functions");
        let here = build(job, &extracted, &work, false, progress)?;
        for entry in wanted {
            let Some(answers) = found.get_mut(entry.path.as_str()) else {
                continue;
            };
            let programs = built("monolith", entry, &there, "the monolith")
                .and_then(|m| Ok((m, built("function", entry, &here, "the output")?)));
            match programs {
                Err(why) => answers.why = Some(why),
                Ok((monolith, function)) => {
                    progress(&format!("calling {} in both", entry.path));
                    let pair = Pair {
                        monolith,
                        function,
                        work: work.join("run"),
                        limit: asked.limit,
                        rejection: rejection(job, entry),
                    };
                    let cases = cases.get(entry.path.as_str());
                    let compared = compare::compare(&pair, cases.map_or(&[], Vec::as_slice))?;
                    count(answers, &compared);
                    progress(&format!("looking for the smallest case of {}", entry.path));
                    answers.difference = smallest(&pair, &compared)?;
                }
            }
        }
    }
    Ok(Answers {
        seed: asked.generate.map(|(_, seed)| seed),
        recorded,
        entries: found.into_values().collect(),
    })
}

/// What an entry's shim calls an event that it cannot read.
fn rejection(job: &Job<'_>, entry: &Entry) -> String {
    let name = &job.tree.raw(entry.item).name;
    let crossing = entry.crossing.as_ref();
    crossing.map_or_else(String::new, |crossing| shim::rejection(name, crossing))
}

/// The cases of an entry: those of the file, then those that were recorded, then those that are made.
fn events(job: &Job<'_>, asked: &Asked, calls: Option<&Calls>, entry: &Entry) -> Vec<String> {
    let mut all = asked.cases.get(&entry.path).cloned().unwrap_or_default();
    let recorded = calls.map_or(&[][..], |calls| &calls.events);
    let new = recorded.iter().filter(|case| !all.contains(case));
    all.extend(new.cloned().collect::<Vec<_>>());
    if let Some((count, seed)) = asked.generate {
        let meanings = Meanings {
            tree: job.tree,
            graph: job.graph,
            rules: job.rules,
            imports: &Imports::new(job.tree),
            foreign: &BTreeMap::new(),
            unreadable: None,
            workspace: None,
        };
        let given = Given::new(&entry.wishes.bind);
        let event = form::event(job.tree, job.workspace, entry.item, &meanings, &given);
        let texts = literals::literals(job.workspace, job.tree, entry.item);
        let made = generate::generate(&event.unwrap_or_default(), &texts, seed, count);
        let new = made.into_iter().filter(|case| !all.contains(case));
        all.extend(new.collect::<Vec<_>>());
    }
    all
}

/// Builds the monolith's side with its own versions, and those of the output for what the shims need beside.
/// Where these do not fit together, the output's win.
fn build_monolith(
    job: &Job<'_>,
    output: &Output,
    wanted: &[&Entry],
    work: &Utf8Path,
    progress: Progress<'_>,
) -> Result<CheckRun, Diagnostic> {
    let lock = |root: &Utf8Path| fs_err::read_to_string(root.join("Cargo.lock"));
    let own = lock(&job.workspace.root).unwrap_or_default();
    let other = lock(&output.workspace.root).unwrap_or_default();
    let dir = work.join("monolith");
    let side = monolith::copy(job, wanted, &dir, &lock::merged(&own, &other))?;
    let run = build(job, &side, work, true, progress)?;
    if !run.stderr.contains("failed to select a version") {
        return Ok(run);
    }
    let side = monolith::copy(job, wanted, &dir, &lock::merged(&other, &own))?;
    build(job, &side, work, true, progress)
}

fn build(
    job: &Job<'_>,
    side: &Side,
    work: &Utf8Path,
    cap_lints: bool,
    progress: Progress<'_>,
) -> Result<CheckRun, Diagnostic> {
    let mut args = side.args.clone();
    args.push("--keep-going".to_owned());
    cargo::build(
        &CheckRequest {
            dir: &side.dir,
            target_dir: &job.workspace.target_dir,
            args,
            // What the monolith denies must not stop a copy in which more is public.
            force: cap_lints.then_some(&[]),
            side_dir: &work.join("refs"),
            toolchain: job.workspace.toolchain.as_deref(),
        },
        progress,
    )
}

/// An entry's program, or why there is none.
fn built(side: &str, entry: &Entry, run: &CheckRun, whose: &str) -> Result<Utf8PathBuf, String> {
    if let Some(program) = run.programs.get(&program(side, entry)) {
        return Ok(program.clone());
    }
    let said = run.errors().find(|m| !m.diagnostic.spans.is_empty());
    let said = said.map(|m| m.diagnostic.message.clone());
    let said = said.or_else(|| {
        run.stderr
            .lines()
            .find(|l| l.starts_with("error"))
            .map(str::to_owned)
    });
    let said = said.unwrap_or_else(|| "its shim does not run on `lambda_runtime`".to_owned());
    Err(format!(
        "{whose} could not be built to answer cases: {said}"
    ))
}

fn count(answers: &mut EntryAnswers, all: &[Compared]) {
    let counts = &mut answers.counts;
    for one in all {
        let slot = match one.verdict {
            Verdict::Same(Kind::Result) => &mut counts.results,
            Verdict::Same(Kind::Error) => &mut counts.errors,
            Verdict::Same(Kind::Panic) => &mut counts.panics,
            Verdict::Same(Kind::End) => &mut counts.ends,
            Verdict::Rejected => &mut counts.rejected,
            Verdict::Unsteady => &mut counts.unsteady,
            Verdict::Slow => &mut counts.slow,
            Verdict::Differs => &mut counts.differ,
        };
        *slot += 1;
    }
    counts.compared = counts.results + counts.errors + counts.panics + counts.ends + counts.differ;
    let some = |verdict: Verdict| -> Vec<Box<RawValue>> {
        let those = all.iter().filter(|one| one.verdict == verdict).take(SHOWN);
        those
            .filter_map(|one| RawValue::from_string(one.event.clone()).ok())
            .collect()
    };
    answers.unsteady = some(Verdict::Unsteady);
    answers.slow = some(Verdict::Slow);
    if counts.compared == 0 {
        let why = match counts.cases {
            all if all == counts.rejected => "neither side could read one of the events",
            all if all == counts.unsteady => "the monolith does not answer twice alike",
            all if all == counts.slow => "the monolith does not answer in time",
            _ => "no case could be compared",
        };
        // The reason of the first rejection is where a person begins to mend the cases.
        let said = all.iter().find_map(|one| match &one.monolith {
            Reply::Error { message, .. } if one.verdict == Verdict::Rejected => Some(message),
            _ => None,
        });
        let said = said.map(|message| format!(" ({message})"));
        answers.why = Some(format!("{why}{}", said.unwrap_or_default()));
    }
}

/// The smallest case that differs.
fn smallest(pair: &Pair, all: &[Compared]) -> Result<Option<Difference>, Diagnostic> {
    let differing = all.iter().filter(|one| one.verdict == Verdict::Differs);
    let Some(first) = differing.min_by_key(|one| one.event.len()) else {
        return Ok(None);
    };
    let differs = |one: &Compared| one.verdict == Verdict::Differs;
    // Smaller cases may hang where this one did not.
    let quick = Pair {
        limit: pair.limit.min(SHRINKING_ONE),
        ..pair.clone()
    };
    let event = shrink::shrink(&first.event, SHRINKING, &mut |cases| {
        Ok(compare::compare(&quick, cases)?.iter().position(differs))
    })?;
    // Once more by itself: what a process keeps from case to case may have made the difference.
    let alone = compare::compare(pair, &[event])?.into_iter().find(differs);
    let shown = alone.as_ref().unwrap_or(first);
    let event = RawValue::from_string(shown.event.clone()).ok();
    Ok(event.map(|event| Difference {
        event,
        monolith: Answer::of(&shown.monolith),
        function: Answer::of(&shown.function),
        after_others: alone.is_none(),
    }))
}
