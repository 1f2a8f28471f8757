//! Cases that the monolith's own tests give: its entries write down what they are called with.
//!
//! Input: the job, the output and its entries. Output: [`Recorded`]. The tests run in a copy of the monolith
//! that differs in two things: each entry begins with a statement that writes its arguments, and the types of
//! these have the derives that it takes. Only packages from which an entry can be reached are tested. A test
//! that fails is no refusal; neither is an entry whose calls cannot be written, with the reason.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::cut::Job;
use crate::cut::along::lock;
use crate::diag::{Code, Diagnostic, Sink};
use crate::entry::cross::Given;
use crate::entry::cross::record::{self, How, Recording};
use crate::entry::imports::Imports;
use crate::entry::meaning::Meanings;
use crate::entry::plan::Entry;
use crate::id::{FileId, ItemId, PackageId};
use crate::oracle::cargo::Progress;
use crate::oracle::libtest::{self, Record, TestRequest, TestRun};
use crate::oracle::{self, shadow};
use crate::render::harness::{self, RECORDER};
use crate::render::item::{self, Choice};
use crate::render::manifest;
use crate::render::manifest::harness::Opened;
use crate::text::relative;
use crate::verify::output::Output;
use crate::verify::tests::Tests;
use crate::workspace::Package;

/// Events of one entry that are compared.
const EVENTS: usize = 1_000;

/// The file of calls, in the folder of the crate that writes it: the next copy begins without it.
const CALLS: &str = "calls.jsonl";

/// What a run of the monolith's tests gave.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Recorded {
    /// The packages that were tested.
    pub packages: Vec<String>,
    /// What their tests did.
    pub tests: Tests,
    /// What each entry was called with, by its path.
    #[serde(skip)]
    pub calls: BTreeMap<String, Calls>,
}

/// The calls of an entry.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Calls {
    /// How many were written, no two alike.
    pub written: usize,
    /// Why calls were not written, each reason once.
    pub unwritten: Vec<String>,
    /// Those that are compared.
    #[serde(skip)]
    pub events: Vec<String>,
}

/// A line of the file.
#[derive(Deserialize)]
struct Line {
    entry: String,
    event: Option<Box<RawValue>>,
    unwritten: Option<String>,
}

/// Runs the tests. The caller holds the work folder's lock.
///
/// # Errors
/// What keeps the copy from being made or cargo from being run.
pub fn record(
    job: &Job<'_>,
    output: &Output,
    wanted: &[&Entry],
    work: &Utf8Path,
    progress: Progress<'_>,
    sink: &mut Sink,
) -> Result<Recorded, Diagnostic> {
    let mut recorded = Recorded::default();
    let mut ways = Vec::new();
    for entry in wanted {
        match way(job, entry) {
            Ok(way) => ways.push((*entry, way)),
            Err(why) => {
                let calls = recorded.calls.entry(entry.path.clone()).or_default();
                sink.push(cannot(job, entry, &why));
                calls.unwritten.push(why);
            }
        }
    }
    if ways.is_empty() {
        return Ok(recorded);
    }
    let dir = work.join("recording");
    let packages = reaching(job, &ways);
    let lock_of = |root: &Utf8Path| fs_err::read_to_string(root.join("Cargo.lock"));
    let own = lock_of(&job.workspace.root).unwrap_or_default();
    let other = lock_of(&output.workspace.root).unwrap_or_default();
    progress("running the monolith's tests to record what they call");
    copy(job, &ways, &dir, &lock::merged(&own, &other))?;
    let mut run = run(job, &packages, &dir, work)?;
    let said = run.trouble.as_deref().unwrap_or_default();
    if said.contains("failed to select a version") {
        // As for the answers: where the versions do not fit together, the output's win.
        copy(job, &ways, &dir, &lock::merged(&other, &own))?;
        run = self::run(job, &packages, &dir, work)?;
    }
    let text = fs_err::read_to_string(dir.join(RECORDER).join(CALLS)).unwrap_or_default();
    recorded.packages = packages.iter().map(|p| p.name.clone()).collect();
    recorded.tests = Tests::of(run);
    for (entry, _) in &ways {
        let calls = read(&text, &entry.path);
        if let Some(why) = &recorded.tests.trouble {
            let why = why.lines().next().unwrap_or_default();
            let why = format!("the monolith's tests could not be run: {why}");
            sink.push(cannot(job, entry, &why));
        } else if !calls.unwritten.is_empty() {
            sink.push(cannot(job, entry, &calls.unwritten.join("; ")));
        }
        recorded.calls.insert(entry.path.clone(), calls);
    }
    Ok(recorded)
}

fn run(
    job: &Job<'_>,
    packages: &[&Package],
    dir: &Utf8Path,
    work: &Utf8Path,
) -> Result<TestRun, Diagnostic> {
    let mut args = job.workspace.features.cargo_args();
    for package in packages {
        args.extend(["--package".to_owned(), package.spec()]);
    }
    libtest::run(&TestRequest {
        dir,
        target_dir: &work.join("recording-target"),
        args,
        toolchain: job.workspace.toolchain.as_deref(),
        record: Some(Record {
            variable: harness::RECORD,
            file: &dir.join(RECORDER).join(CALLS),
            build_dir: &job.workspace.target_dir,
            side_dir: &work.join("refs"),
        }),
    })
}

fn cannot(job: &Job<'_>, entry: &Entry, why: &str) -> Diagnostic {
    let message = format!("calls of `{}` were not recorded: {why}", entry.path);
    Diagnostic::new(Code::NotRecorded, message)
        .at(job.tree.place(job.workspace, entry.item))
        .help("give cases with `--cases`, or let them be made with `--generate`")
}

/// How an entry's calls are written.
fn way(job: &Job<'_>, entry: &Entry) -> Result<Recording, String> {
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
    record::recording(job.tree, job.workspace, entry.item, &meanings, &given)
}

/// Makes the copy in which calls are written down.
fn copy(
    job: &Job<'_>,
    ways: &[(&Entry, Recording)],
    dir: &Utf8Path,
    lock: &str,
) -> Result<(), Diagnostic> {
    let mut texts = oracle::manifests(job.workspace)?;
    let attributes = attributes(job, ways);
    manifests(job, ways, &attributes, &mut texts);
    let statement = |(entry, way): &(&Entry, Recording)| {
        let edition = &job.tree.krate(job.tree.item(entry.item).krate).edition;
        (entry.item, harness::statement(&entry.path, way, edition))
    };
    let starts: BTreeMap<ItemId, String> = ways.iter().map(statement).collect();
    let choice = Choice {
        attributes,
        ..Choice::default()
    };
    let touched = starts.keys().chain(choice.attributes.keys());
    let files: BTreeSet<FileId> = touched.map(|id| job.tree.item(*id).file).collect();
    for file in files {
        let path = &job.tree.file(file).path;
        let Ok(inside) = path.strip_prefix(&job.workspace.root) else {
            let message = format!("{path} lies outside of the workspace and would have to change");
            return Err(Diagnostic::new(Code::OutsideWorkspace, message));
        };
        texts.insert(
            inside.to_owned(),
            item::opened(job.tree, file, &choice, &starts).text,
        );
    }
    let has_bytes = ways
        .iter()
        .flat_map(|(_, way)| &way.arguments)
        .any(|a| matches!(a.how, How::Bytes | How::OptionalBytes | How::ListOfBytes));
    texts.extend(harness::recorder(RECORDER.into(), has_bytes));
    let root = Utf8PathBuf::from("Cargo.toml");
    if let Some(text) = texts.get_mut(&root) {
        *text = manifest::harness::with_members(text, &[RECORDER.to_owned()]);
    }
    texts.insert("Cargo.lock".into(), lock.to_owned());
    shadow::sync(&job.workspace.root, &job.workspace.target_dir, dir, &texts)
}

/// The attributes of a cut, with what writing takes. A variant that no event can bring is not written
/// either.
fn attributes(job: &Job<'_>, ways: &[(&Entry, Recording)]) -> BTreeMap<ItemId, Vec<String>> {
    const WRITES: &str = "serde::Serialize";
    let mut attributes = job.derives.clone();
    for line in attributes.values_mut().flatten() {
        if line == "#[serde(skip_deserializing)]" {
            *line = "#[serde(skip)]".to_owned();
        }
    }
    for item in ways.iter().flat_map(|(_, way)| &way.serialize) {
        let lines = attributes.entry(*item).or_default();
        match lines.iter_mut().find(|l| l.starts_with("#[derive(")) {
            Some(line) if line.contains(WRITES) => {}
            Some(line) => *line = line.replacen("#[derive(", &format!("#[derive({WRITES}, "), 1),
            None => lines.push(format!("#[derive({WRITES})]")),
        }
    }
    attributes
}

/// Gives the manifests serde where something derives it, and the writer where an entry is.
fn manifests(
    job: &Job<'_>,
    ways: &[(&Entry, Recording)],
    attributes: &BTreeMap<ItemId, Vec<String>>,
    texts: &mut BTreeMap<Utf8PathBuf, String>,
) {
    let of = |item: &ItemId| job.tree.krate(job.tree.item(*item).krate).package;
    let derives = |lines: &[String]| lines.iter().any(|l| l.contains("serde::"));
    let derived = attributes.iter().filter(|(_, lines)| derives(lines));
    let derived: BTreeSet<PackageId> = derived.map(|(item, _)| of(item)).collect();
    let written: BTreeSet<PackageId> = ways.iter().map(|(e, _)| of(&e.item)).collect();
    let mut features = job.foreign_features.clone();
    features.extend(ways.iter().flat_map(|(_, way)| way.features.clone()));
    for package in &job.workspace.packages {
        let path = relative(&package.manifest_path, &job.workspace.root);
        let Some(text) = texts.get_mut(&path) else {
            continue;
        };
        let beside = written.contains(&package.id).then(|| {
            let writer = job.workspace.root.join(RECORDER);
            (
                RECORDER.to_owned(),
                relative(&writer, &package.dir).into_string(),
            )
        });
        *text = manifest::harness::opened(
            text,
            &Opened {
                serde: derived.contains(&package.id),
                features: features.clone(),
                lib: None,
                beside,
            },
        );
    }
}

/// The packages whose tests can call an entry: its own, and those that depend on it.
fn reaching<'j>(job: &Job<'j>, ways: &[(&Entry, Recording)]) -> Vec<&'j Package> {
    let packages = &job.workspace.packages;
    let own = |entry: &Entry| job.tree.krate(job.tree.item(entry.item).krate).package;
    let mut found: BTreeSet<PackageId> = ways.iter().map(|(entry, _)| own(entry)).collect();
    loop {
        let before = found.len();
        let dirs: BTreeSet<&Utf8PathBuf> = packages
            .iter()
            .filter(|p| found.contains(&p.id))
            .map(|p| &p.dir)
            .collect();
        let names_one = |path: &Utf8PathBuf| dirs.contains(path);
        let reaches = packages.iter().filter(|p| {
            let mut paths = p.dependencies.iter().filter_map(|d| d.path.as_ref());
            p.selected && paths.any(names_one)
        });
        let more: Vec<PackageId> = reaches.map(|p| p.id).collect();
        found.extend(more);
        if found.len() == before {
            break;
        }
    }
    packages.iter().filter(|p| found.contains(&p.id)).collect()
}

/// The calls of an entry in the file: each once, the shorter ones first, and of many a share of every
/// length.
fn read(text: &str, path: &str) -> Calls {
    let mut events = BTreeSet::new();
    let mut unwritten = BTreeSet::new();
    // A process that was killed may have left half a line.
    let lines = text
        .lines()
        .filter_map(|l| serde_json::from_str::<Line>(l).ok());
    for line in lines.filter(|line| line.entry == path) {
        if let Some(event) = line.event {
            let event = event.get().to_owned();
            events.insert((event.len(), event));
        }
        unwritten.extend(line.unwritten);
    }
    let written = events.len();
    let all = events.into_iter().map(|(_, event)| event).enumerate();
    let spread = all.filter(|(at, _)| {
        written <= EVENTS || at * EVENTS / written != (at + 1) * EVENTS / written
    });
    Calls {
        written,
        unwritten: unwritten.into_iter().collect(),
        events: spread.map(|(_, event)| event).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_come_once_and_in_order() {
        let text = "{\"entry\":\"a::f\",\"event\":{\"n\":10}}\n{\"entry\":\"a::f\",\"event\":{\"n\":2}}\n\
                    {\"entry\":\"a::g\",\"event\":{}}\n{\"entry\":\"a::f\",\"event\":{\"n\":10}}\n\
                    {\"entry\":\"a::f\",\"unwritten\":\"no\"}\n{\"entry\":\"a::f\",\"eve";
        let found = read(text, "a::f");
        assert_eq!(found.written, 2);
        assert_eq!(found.events, ["{\"n\":2}", "{\"n\":10}"]);
        assert_eq!(found.unwritten, ["no"]);
    }

    #[test]
    fn of_many_calls_a_share_of_every_length_stays() {
        let line = |n: usize| format!("{{\"entry\":\"f\",\"event\":{{\"n\":{n}}}}}\n");
        let text: String = (0..2_500).map(line).collect();
        let found = read(&text, "f");
        assert_eq!((found.written, found.events.len()), (2_500, EVENTS));
        assert!(found.events.iter().any(|e| e.len() == "{\"n\":7}".len()));
        assert_eq!(
            found.events.last().map(String::as_str),
            Some("{\"n\":2499}")
        );
    }
}
