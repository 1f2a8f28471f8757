//! `extract verify`: proves that a finished split still is what the monolith is.
//!
//! Input: [`Options`]. Output: [`Verify`]. Refuses a folder that is no output of ours, and a monolith that
//! cannot be read or does not compile; everything else is a finding.

use std::collections::BTreeSet;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use super::load::{self, Graphed, Loaded};
use super::{Context, split};
use crate::cut::keep;
use crate::diag::{Outcome, Sink};
use crate::entry::{find, plan};
use crate::oracle::cargo;
use crate::report::json;
use crate::report::verify::{Names, Verify};
use crate::review::lockfile::Lock;
use crate::verify::answers::{self, cases};
use crate::verify::binding::Side;
use crate::verify::{self, build, integrity, output, tests};
use crate::workspace::{self, FeatureChoice, Request};

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The output folder; by default where `split` writes.
    pub dir: Option<Utf8PathBuf>,
    /// Leave the tests that came along alone.
    pub no_tests: bool,
    /// A file with events for the entries.
    pub cases: Option<Utf8PathBuf>,
    /// How many events to make for each entry.
    pub generate: Option<usize>,
    /// Record what the monolith's own tests call the entries with.
    pub record: bool,
    /// From which seed.
    pub seed: u64,
    /// How long one event may take.
    pub limit: Duration,
}

/// Verifies.
///
/// # Errors
/// What the stages refuse.
pub fn verify(context: &Context<'_>, options: &Options, sink: &mut Sink) -> Outcome<Verify> {
    let start = std::time::Instant::now();
    let request = with_manifest(&context.request, options.dir.as_deref());
    let dir = match &options.dir {
        Some(dir) => camino::absolute_utf8(dir).unwrap_or_else(|_| dir.clone()),
        None => load::default_out(&workspace::load(&request)?)?,
    };
    let dir = dir.canonicalize_utf8().unwrap_or(dir);
    let lock = output::lock(&dir)?;
    let asked = if options.cases.is_some() || options.generate.is_some() || options.record {
        let file = options.cases.as_ref();
        let cases = file.map(|file| cases::read(file, &lock.entries));
        Some(answers::Asked {
            cases: cases.transpose()?.unwrap_or_default(),
            generate: options.generate.map(|count| (count, options.seed)),
            record: options.record,
            limit: options.limit,
        })
    } else {
        None
    };
    let context = Context {
        request: as_built(request, &lock),
        progress: context.progress,
    };
    let loaded = load::source(&context, sink)?;
    let Loaded {
        workspace, tree, ..
    } = &loaded;
    (context.progress)("comparing files");
    let integrity = integrity::integrity(&workspace.root, &dir, &lock)?;
    let graphed = load::graph(&context, &loaded, &[], false, sink)?;
    let Some(references) = &graphed.references else {
        return Err(load::needs_rustc().into());
    };
    // Asks for the lock that is taken below.
    let planned = asked.as_ref().map(|_| planned(&loaded, &graphed, &lock));
    let output = output::load(workspace, &dir, lock)?;
    let _lock = crate::oracle::lock(&cargo::work_dir(&workspace.target_dir))?;
    let build = build::build(&output, context.progress)?;
    let monolith = Side {
        workspace,
        tree,
        references,
    };
    // Names of what does not compile mean nothing.
    let names = if build.errors.is_empty() {
        Names::of(verify::compare_names(monolith, &output, context.progress)?)
    } else {
        Names::Skipped
    };
    let tests = if options.no_tests || !build.errors.is_empty() {
        None
    } else {
        Some(tests::run(&output, context.progress)?)
    };
    let answers = match (&asked, &planned) {
        // What does not compile answers nothing.
        (Some(asked), Some(planned)) if build.errors.is_empty() => {
            let nothing = keep::Asked::default();
            let job = load::job(&loaded, &graphed, planned, &nothing, &dir)?;
            let progress = context.progress;
            Some(answers::answers(&job, &output, asked, progress, sink)?)
        }
        _ => None,
    };
    let fine = integrity.is_fine()
        && build.is_fine()
        && names.is_fine()
        && tests.as_ref().is_none_or(tests::Tests::is_fine)
        && answers.as_ref().is_none_or(answers::Answers::is_fine);
    Ok(Verify {
        version: json::VERSION,
        kind: "verify",
        dir: split::shown(&dir),
        fine,
        integrity,
        build,
        names,
        tests,
        answers,
        seconds: start.elapsed().as_secs_f64(),
        diagnostics: json::findings(sink.diagnostics()),
    })
}

/// The entries of an output as a split would take them now; those that it would refuse are left out, or have
/// no crossing.
fn planned(loaded: &Loaded, graphed: &Graphed, lock: &Lock) -> plan::Planned {
    let Loaded {
        workspace, tree, ..
    } = loaded;
    let mut unheard = Sink::default();
    let (found, names): (Vec<_>, Vec<&String>) = lock
        .entries
        .iter()
        .filter_map(|(path, name)| {
            let item = find::find(tree, workspace, path, &mut unheard)?;
            let wishes = lock.wishes.get(path).cloned().unwrap_or_default();
            Some((plan::Wanted { item, wishes }, name))
        })
        .unzip();
    let (graph, rules) = (&graphed.graph, &graphed.rules);
    let mut planned = plan::plan(
        workspace,
        tree,
        graph,
        rules,
        &found,
        Some(&BTreeSet::new()),
        &mut unheard,
    );
    for (entry, name) in planned.entries.iter_mut().zip(names) {
        entry.name.clone_from(name);
    }
    planned
}

/// The monolith is the current folder's, or where there is none, the one above the output.
fn with_manifest(request: &Request, dir: Option<&Utf8Path>) -> Request {
    let mut request = request.clone();
    let here = std::env::current_dir()
        .ok()
        .and_then(|dir| Utf8PathBuf::from_path_buf(dir).ok());
    let within = here.is_some_and(|dir| {
        dir.ancestors()
            .any(|a| a.join("Cargo.toml").is_file() && !a.join("extract.lock").is_file())
    });
    if let (None, Some(dir), false) = (&request.manifest_path, dir, within) {
        let dir = camino::absolute_utf8(dir).unwrap_or_else(|_| dir.to_owned());
        let above = dir.ancestors().skip(1);
        request.manifest_path = above
            .map(|a| a.join("Cargo.toml"))
            .find(|manifest| manifest.is_file());
    }
    request
}

/// Package and features as the split had them, where the arguments do not say otherwise.
fn as_built(mut request: Request, lock: &Lock) -> Request {
    if request.package.is_none() {
        request.package.clone_from(&lock.build.package);
    }
    if request.features == FeatureChoice::default() {
        request.features = FeatureChoice {
            features: lock.build.features.clone(),
            all: lock.build.all_features,
            no_default: lock.build.no_default_features,
        };
    }
    request
}
