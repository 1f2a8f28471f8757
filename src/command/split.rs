//! `extract split`: cuts the entries out, proves the result, and writes it.
//!
//! Input: [`Options`]. Output: [`json::Split`], and the output folder unless it is a dry run. Refuses what
//! the stages refuse; names and signatures are checked before rustc is asked, the folder before all else.

mod crates;
mod cutting;
mod deliver;
mod deploy;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use camino::{Utf8Path, Utf8PathBuf};

use super::Context;
use super::load::{self, Graphed, Loaded};
use crate::binding::Bound;
use crate::config::{self, deploy::Format};
use crate::cut::{self, Cut, Job, along, keep};
use crate::diag::{Code, Diagnostic, Outcome, Sink};
use crate::emit::{self, Emitted};
use crate::entry::candidates::Measures;
use crate::entry::feed::Wishes;
use crate::entry::plan::{Planned, Wanted};
use crate::entry::{find, plan};
use crate::id::ItemId;
use crate::report::json::{self, Part};
use crate::target::Target;
use crate::text;
use crate::trigger::Sender;
use crate::verify::{self, binding::Side};

/// The output folder when nobody names one, in the workspace root.
pub(super) const DEFAULT_OUT: &str = "extracted";

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The functions; without any, those of `extract.toml` and of the comments.
    pub entries: Vec<String>,
    /// The output folder.
    pub out: Option<Utf8PathBuf>,
    /// What sends the events of `entries`.
    pub triggers: Vec<Sender>,
    /// Where the functions run.
    pub target: Option<Target>,
    /// Where their parameters come from, and their results go.
    pub bind: Vec<Bound>,
    /// Variants of their errors that are worth another try.
    pub retry_on: Vec<String>,
    /// Crates to keep whole, beside those of `extract.toml`.
    pub keep: Vec<String>,
    /// Crates to slim, beside those of `extract.toml`.
    pub slim: Vec<String>,
    /// Drop impls of foreign traits that alone hold an external crate.
    pub lean: bool,
    /// Libraries only.
    pub no_shim: bool,
    /// Leave the tests behind.
    pub no_tests: bool,
    /// The templates to write; without any, those of `extract.toml`.
    pub deploy: Vec<Format>,
    /// Write nothing.
    pub dry_run: bool,
}

/// Cuts.
///
/// # Errors
/// What the stages refuse.
pub fn split(context: &Context<'_>, options: &Options, sink: &mut Sink) -> Outcome<json::Split> {
    let start = Instant::now();
    let loaded = load::source(context, sink)?;
    let Loaded {
        workspace,
        config,
        tree,
    } = &loaded;
    let out = match (&options.out, &config.out) {
        (Some(out), _) => {
            // `..` in it would lead elsewhere from the folder of the same shape where the cut is checked.
            text::clean(&camino::absolute_utf8(out).unwrap_or_else(|_| out.clone()))
        }
        (None, Some(out)) => text::clean(&workspace.root.join(out)),
        (None, None) => workspace.root.join(DEFAULT_OUT),
    };
    emit::check_target(workspace, &out)?;
    let found = entries(&loaded, options, sink);
    // An argument for a crate wins over the file.
    let both = |own: &[String], other: &[String], configured: &[String]| {
        let left = configured.iter().filter(|name| !other.contains(name));
        own.iter().chain(left).cloned().collect::<Vec<_>>()
    };
    let mut asked = keep::asked(
        workspace,
        tree,
        &both(&options.keep, &options.slim, &config.keep),
        &both(&options.slim, &options.keep, &config.slim),
        sink,
    );
    asked.lean = options.lean || config.lean;
    sink.gate()?;
    let items: Vec<ItemId> = found.iter().map(|wanted| wanted.item).collect();
    let graphed = load::graph(context, &loaded, &items, false, sink)?;
    let Graphed { graph, rules, .. } = &graphed;
    for item in &items {
        find::vet_const(tree, graph, workspace, *item, sink);
    }
    let formats = deploy::formats(options, &loaded);
    let templates = deploy::asked(&loaded);
    let mut clients = BTreeMap::new();
    if !formats.is_empty() {
        clients = deploy::clients(workspace, sink);
    }
    let plan = |unreadable: &BTreeSet<String>, said: &mut Sink| {
        let shim = (!options.no_shim).then_some(unreadable);
        let planned = plan::plan(workspace, tree, graph, rules, &found, shim, said);
        if !formats.is_empty() {
            crate::deploy::check(workspace, tree, &planned.entries, &templates, said);
        }
        planned
    };
    let cut = |planned: &Planned| {
        let job = load::job(&loaded, &graphed, planned, &asked, &out)?;
        cut::cut(&job, context.progress)
    };
    let (planned, cut) = cutting::cutting(plan, cut, sink)?;
    let job = load::job(&loaded, &graphed, &planned, &asked, &out)?;
    let cut = if options.no_tests {
        along::without(&job, cut, context.progress)?
    } else {
        along::along(&job, cut, context.progress)?
    };
    let cut = cut.settled(&job);
    let deployment =
        (!formats.is_empty()).then(|| deploy::deployment(&job, &cut, &templates, &clients, sink));
    let (files, lock) = deliver::files(&job, &cut, deployment.as_ref(), &formats);
    let monolith = Side {
        workspace,
        tree,
        references: job.references,
    };
    let binding = verify::prove(monolith, &cut.dir, lock, context.progress)?;
    (context.progress)("writing");
    let emitted = emit::emit(&out, &files, options.dry_run)?;
    let review = files
        .contains_key(Utf8Path::new(deliver::REVIEW))
        .then(|| deliver::REVIEW.into());
    let shown = shown(&out);
    Ok(json::Split {
        review,
        seconds: start.elapsed().as_secs_f64(),
        dry_run: options.dry_run,
        files: changes(emitted),
        names: Part {
            kept: binding.same,
            total: binding.references,
        },
        ..summary(&job, &cut, shown, sink)
    })
}

/// A folder as the user can type it: from the folder they stand in.
pub(super) fn shown(dir: &Utf8Path) -> Utf8PathBuf {
    let here = std::env::current_dir()
        .ok()
        .and_then(|dir| Utf8PathBuf::from_path_buf(dir).ok());
    here.and_then(|here| dir.strip_prefix(here).ok().map(ToOwned::to_owned))
        .unwrap_or_else(|| dir.to_owned())
}

/// The entries by arguments, or by `extract.toml` and comments; each once.
fn entries(loaded: &Loaded, options: &Options, sink: &mut Sink) -> Vec<Wanted> {
    let Loaded {
        workspace,
        config,
        tree,
    } = loaded;
    let target = options.target.or(config.target).unwrap_or_default();
    // What is said on the command line is said of all that are named there.
    let mut all = Wishes {
        triggers: options.triggers.clone(),
        target,
        retry_on: options.retry_on.clone(),
        shared: true,
        ..Wishes::default()
    };
    for bound in &options.bind {
        match bound {
            Bound::Parameter(name, source) => {
                let sources = all.bind.entry(name.clone()).or_default();
                sources.push(source.clone());
            }
            Bound::Result(returned) => all.returned.push(returned.clone()),
        }
    }
    let wanted = |item| Wanted {
        item,
        wishes: all.clone(),
    };
    let mut found: Vec<Wanted> = options
        .entries
        .iter()
        .filter_map(|name| find::find(tree, workspace, name, sink).map(wanted))
        .collect();
    let before = sink.diagnostics().len();
    if options.entries.is_empty() {
        for entry in &config.entries {
            let mut said = Sink::default();
            let item = find::find(tree, workspace, &entry.path, &mut said);
            let own = entry
                .bind
                .parameters
                .iter()
                .map(|(name, sources)| (name.clone(), sources.clone()));
            found.extend(item.map(|item| Wanted {
                item,
                wishes: Wishes {
                    triggers: entry.triggers.clone(),
                    bind: own.collect(),
                    target,
                    returned: entry.bind.returned.clone(),
                    retry_on: entry.retry_on.clone(),
                    keep_warm: false,
                    shared: false,
                },
            }));
            for diagnostic in said.diagnostics() {
                sink.push(
                    diagnostic
                        .clone()
                        .note(format!("it is named in {}", config::FILE_NAME)),
                );
            }
        }
        found.extend(find::marked(tree, workspace, sink).into_iter().map(wanted));
    }
    if options.entries.is_empty() && found.is_empty() && sink.diagnostics().len() == before {
        sink.push(
            Diagnostic::new(Code::EntryNone, "no entry was named")
                .help("name a function: `extract split --entry path::to::function`")
                .help("or put the comment `// extract: entry` directly above it")
                .help("or list it in extract.toml, as `[[entry]]` with `path = \"path::to::function\"`")
                .help("`extract analyze` shows which functions are worth it"),
        );
    }
    let mut seen = BTreeSet::new();
    found.retain(|wanted| seen.insert(wanted.item));
    let asked = deploy::asked(loaded);
    for wanted in &mut found {
        let own = asked
            .functions
            .get(&wanted.item)
            .cloned()
            .unwrap_or_default();
        let settings = config::deploy::resolve(asked.settings, &own);
        wanted.wishes.keep_warm = settings.keep_warm.is_some();
    }
    found
}

fn changes(emitted: Emitted) -> json::SplitFiles {
    json::SplitFiles {
        created: emitted.created,
        changed: emitted.changed,
        removed: emitted.removed,
        unchanged: emitted.unchanged,
    }
}

/// What the answer says about the cut itself.
fn summary(job: &Job<'_>, cut: &Cut, out: Utf8PathBuf, sink: &Sink) -> json::Split {
    let measures = Measures::new(job.workspace, job.tree, job.graph);
    let (kept, total) = (measures.of(&cut.slice), measures.total());
    let kept_crates = deliver::external_crates(job, cut, &kept.externs);
    json::Split {
        version: json::VERSION,
        kind: "split",
        dry_run: false,
        out,
        entries: job
            .entries
            .iter()
            .map(|e| json::SplitEntry {
                path: e.path.clone(),
                name: e.name.clone(),
                shim: e.crossing.is_some(),
                target: e.wishes.target.as_str(),
                triggers: e.feeds.iter().map(|feed| feed.trigger.as_str()).collect(),
            })
            .collect(),
        crates: crates::crates(job, cut, &measures),
        files: json::SplitFiles::default(),
        items: Part {
            kept: kept.items,
            total: total.items,
        },
        lines: Part {
            kept: kept.lines,
            total: total.lines,
        },
        external_crates: Part {
            kept: kept_crates.len(),
            total: total.externs.len().max(kept_crates.len()),
        },
        kept_crates,
        edges: json::Edges {
            verified: kept.verified,
            approximate: kept.approximate,
        },
        open_edges: kept.open,
        checks: cut.checks,
        names: Part { kept: 0, total: 0 },
        tests: json::tests(&cut.tests),
        held: json::held(job, cut),
        seconds: 0.0,
        review: None,
        diagnostics: json::findings(sink.diagnostics()),
    }
}
