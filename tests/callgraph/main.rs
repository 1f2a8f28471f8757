//! Recall and precision of the call graphs, verified and quick, over annotated suites.
//!
//! Input: this repository's own suite (`tests/fixtures/callgraph`) and every folder given as an argument:
//! `cargo test --test callgraph -- FOLDER…`. Output: a table a suite, and exit status 1 when the verified
//! graph misses a call, or an annotation cannot be read. Suites are copied to a temporary folder first.
//!
//! Two forms are read: comments above a call (`annotated`, as in `rust-callgraph-benchmark`), and a list of
//! edges beside the sources (`listed`, `expected-edges.json`). A call of a trait's method stands for all
//! bodies that it can reach: those of the impls, and the default one. That is what a slice keeps, so a call
//! that the compiler could narrow to one impl costs precision here.

#![expect(clippy::print_stdout, reason = "a table for people")]
#![expect(missing_docs, reason = "a program without a public interface")]

mod annotated;
mod listed;

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use extract::diag::Sink;
use extract::graph::{ItemGraph, quick, verified};
use extract::id::{FileId, ItemId, TextRange};
use extract::oracle::references::references;
use extract::oracle::wrapper;
use extract::slice::{Rules, Seeds, Slice, slice};
use extract::syntax::{self, ItemKind, ItemTree, Payload};
use extract::workspace::{self, Request, Workspace};

/// A call and what it can reach.
pub struct Expected {
    /// The row of the table.
    pub category: String,
    /// The function that calls.
    pub from: ItemId,
    /// Where the call stands; the whole of `from` without one.
    pub site: Option<(FileId, TextRange)>,
    /// The macro in whose definition the call stands, and where there: a graph that does not expand macros
    /// leads through it.
    pub through: Option<(ItemId, (FileId, TextRange))>,
    /// The bodies that it can reach.
    pub wanted: BTreeSet<ItemId>,
    /// What the suite says elsewhere of the same place, which is no false alarm.
    pub also: BTreeSet<ItemId>,
    /// Whether the call goes through a function pointer or a closure's trait. No name stands there: it
    /// counts as found when the suite's slice holds all that the pointer can be.
    pub pointer: bool,
    /// For messages.
    pub label: String,
}

/// What a suite says.
#[derive(Default)]
pub struct Expectations {
    pub calls: Vec<Expected>,
    /// Annotated calls that leave the workspace.
    pub outside: usize,
    /// Annotations that mean nothing here.
    pub unread: Vec<String>,
}

/// A graph with its rules.
pub struct Judged {
    pub graph: ItemGraph,
    pub rules: Rules,
}

impl Judged {
    fn new(tree: &ItemTree, graph: ItemGraph) -> Self {
        let rules = Rules::new(tree, &graph);
        Self { graph, rules }
    }

    /// The bodies that a call of `item` can reach.
    pub fn bodies(&self, tree: &ItemTree, item: ItemId) -> BTreeSet<ItemId> {
        if tree.raw(item).kind != ItemKind::TraitFn {
            return BTreeSet::from([item]);
        }
        let name = &tree.raw(item).name;
        let own = tree.item(item).parent;
        let mut found: BTreeSet<ItemId> = tree
            .items
            .iter()
            .filter(|i| i.active && own.is_some() && self.rules.trait_of(i.id) == own)
            .flat_map(|i| self.rules.members(i.id))
            .copied()
            .filter(|member| tree.raw(*member).name == *name)
            .collect();
        let default = tree.raw(item).signature().is_some_and(|s| s.body.is_some());
        if default || found.is_empty() {
            found.insert(item);
        }
        found
    }

    /// The bodies that calls in `from`, at the site, can reach.
    fn found(&self, tree: &ItemTree, call: &Expected) -> BTreeSet<ItemId> {
        let named = |from: ItemId, site: Option<(FileId, TextRange)>| {
            self.graph.out(from).filter(move |edge| {
                site.is_none_or(|(file, range)| edge.file == file && range.contains(edge.offset))
            })
        };
        let through = call
            .through
            .into_iter()
            .flat_map(|(item, site)| named(item, Some(site)));
        named(call.from, call.site)
            .chain(through)
            .filter(|edge| is_fn(tree.raw(edge.to).kind))
            .filter(|edge| is_called(&tree.file(edge.file).text, edge.offset))
            .flat_map(|edge| self.bodies(tree, edge.to))
            .collect()
    }

    /// What the functions that set a suite going need: those named `run` or `main`.
    fn slice(&self, tree: &ItemTree) -> Slice {
        let starts = tree.items.iter().filter(|i| {
            let raw = tree.raw(i.id);
            raw.kind == ItemKind::Fn && (raw.name == "run" || raw.name == "main")
        });
        let seeds = Seeds {
            entries: starts.map(|i| i.id).collect(),
            ..Seeds::default()
        };
        slice(tree, &self.rules, &seeds)
    }
}

pub fn is_fn(kind: ItemKind) -> bool {
    matches!(kind, ItemKind::Fn | ItemKind::ImplFn | ItemKind::TraitFn)
}

/// Whether the name (or path) at `offset` is called, or stands for a macro's expansion.
fn is_called(text: &str, offset: u32) -> bool {
    let rest = text.get(offset as usize..).unwrap_or_default();
    let word = |c: char| !(c.is_alphanumeric() || c == '_' || c == ':' || c == '.');
    let mut rest = rest.trim_start_matches('.');
    loop {
        rest = rest
            .get(rest.find(word).unwrap_or(rest.len())..)
            .unwrap_or_default();
        let Some(inner) = rest.strip_prefix('<') else {
            return rest.starts_with(['(', '!']);
        };
        // A turbofish.
        let mut depth = 1;
        let end = inner.find(|c| {
            depth += i32::from(c == '<') - i32::from(c == '>');
            depth == 0
        });
        match end {
            Some(end) => rest = inner.get(end + 1..).unwrap_or_default(),
            None => return false,
        }
    }
}

/// A suite, loaded.
pub struct Suite {
    pub dir: Utf8PathBuf,
    pub workspace: Workspace,
    pub tree: ItemTree,
    pub verified: Judged,
    pub quick: Judged,
}

fn load(dir: &Utf8Path) -> Result<Suite, String> {
    let request = Request {
        manifest_path: Some(dir.join("Cargo.toml")),
        ..Request::default()
    };
    let workspace = workspace::load(&request).map_err(|e| format!("{e:?}"))?;
    let mut sink = Sink::default();
    let tree = syntax::load(&workspace, &mut sink);
    let found = references(&workspace, &tree, &BTreeSet::new(), &mut sink, &|_| ())
        .map_err(|e| format!("{e:?}"))?;
    let verified = Judged::new(&tree, verified::graph(&workspace, &tree, &found));
    let edges = quick::edges(&workspace, &tree);
    let quick = Judged::new(&tree, ItemGraph::new(&tree, edges, Vec::new(), false));
    Ok(Suite {
        dir: dir.to_owned(),
        workspace,
        tree,
        verified,
        quick,
    })
}

/// Copies a suite; packages that stand side by side become one workspace, bare sources a package.
fn copy(from: &Utf8Path, to: &Utf8Path) -> std::io::Result<()> {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry?;
        let relative = entry.path().strip_prefix(from).unwrap_or(entry.path());
        if relative.components().any(|c| c.as_os_str() == "target") || relative.starts_with(".git")
        {
            continue;
        }
        let target = to.as_std_path().join(relative);
        if entry.file_type().is_dir() {
            fs_err::create_dir_all(target)?;
        } else {
            fs_err::copy(entry.path(), target)?;
        }
    }
    if to.join("Cargo.toml").exists() {
        return Ok(());
    }
    let members: Vec<String> = walkdir::WalkDir::new(to)
        .sort_by_file_name()
        .into_iter()
        .filter_map(Result::ok)
        .filter(|e| e.file_name() == "Cargo.toml")
        .filter_map(|e| Some(e.path().parent()?.strip_prefix(to).ok()?.to_owned()))
        .map(|dir| format!("    {:?},\n", dir.to_string_lossy()))
        .collect();
    let text = if members.is_empty() {
        let root = if to.join("main.rs").exists() {
            "main.rs"
        } else {
            "lib.rs"
        };
        let section = if root == "main.rs" {
            "[[bin]]\nname = \"suite\""
        } else {
            "[lib]"
        };
        format!(
            "[package]\nname = \"suite\"\nedition = \"2021\"\n\n[workspace]\n\n{section}\npath = \"{root}\"\n"
        )
    } else {
        format!(
            "[workspace]\nresolver = \"2\"\nmembers = [\n{}]\n",
            members.concat()
        )
    };
    fs_err::write(to.join("Cargo.toml"), text)
}

/// A line of the table.
#[derive(Clone, Copy, Default)]
struct Row {
    calls: usize,
    complete: [usize; 2],
    in_slice: usize,
    hits: [usize; 2],
    found: [usize; 2],
}

fn judge(suite: &Suite, expected: &Expectations) -> bool {
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    let mut missed = expected.unread.clone();
    let graphs = [&suite.verified, &suite.quick];
    let slices = graphs.map(|judged| judged.slice(&suite.tree));
    for call in &expected.calls {
        for name in [call.category.as_str(), "all"] {
            let row = rows.entry(name).or_default();
            let holds = |slice: &Slice| {
                let mut wanted = call.wanted.iter();
                wanted.all(|item| slice.contains(&suite.tree, *item))
            };
            let held = slices.first().is_some_and(holds);
            row.calls += 1;
            row.in_slice += usize::from(held);
            for (at, (judged, slice)) in graphs.into_iter().zip(&slices).enumerate() {
                let complete = if call.pointer {
                    holds(slice)
                } else {
                    let found = judged.found(&suite.tree, call);
                    let others = found.difference(&call.wanted);
                    let false_alarms = others.filter(|item| !call.also.contains(item)).count();
                    let hits = call.wanted.intersection(&found).count();
                    add(&mut row.hits, at, hits);
                    add(&mut row.found, at, hits + false_alarms);
                    call.wanted.is_subset(&found)
                };
                add(&mut row.complete, at, usize::from(complete));
                if name == "all" && at == 0 && !(complete && held) {
                    missed.push(format!("{} ({})", call.label, call.category));
                }
            }
        }
    }
    println!(
        "{:24} {:>5} {:>16} {:>10} {:>19} {:>13} {:>16}",
        "category",
        "calls",
        "verified recall",
        "in slice",
        "verified precision",
        "quick recall",
        "quick precision"
    );
    for (name, row) in &rows {
        let [recall, quick_recall] = row.complete.map(|n| percent(n, row.calls));
        let of = |at: usize| percent(get(&row.hits, at), get(&row.found, at));
        println!(
            "{name:24} {:>5} {recall:>16} {:>10} {:>19} {quick_recall:>13} {:>16}",
            row.calls,
            percent(row.in_slice, row.calls),
            of(0),
            of(1),
        );
    }
    if expected.outside > 0 {
        println!("{} annotated calls leave the workspace", expected.outside);
    }
    for call in &missed {
        println!("MISSED  {call}");
    }
    missed.is_empty() && !expected.calls.is_empty()
}

fn add(slots: &mut [usize; 2], at: usize, more: usize) {
    if let Some(slot) = slots.get_mut(at) {
        *slot += more;
    }
}

fn get(slots: &[usize; 2], at: usize) -> usize {
    slots.get(at).copied().unwrap_or_default()
}

fn percent(part: usize, of: usize) -> String {
    if of == 0 {
        return "-".to_owned();
    }
    format!("{:.0} %", 100.0 * part as f64 / of as f64)
}

/// Whether an item is a member of a trait's impl.
pub fn in_trait_impl(tree: &ItemTree, item: ItemId) -> bool {
    tree.item(item).parent.is_some_and(|parent| {
        matches!(&tree.raw(parent).payload, Payload::Impl(head) if head.trait_path.is_some())
    })
}

fn run(from: &Utf8Path) -> Result<bool, String> {
    println!("\n{}", from.file_name().unwrap_or(from.as_str()));
    let home = tempfile::tempdir().map_err(|e| e.to_string())?;
    let dir = Utf8Path::from_path(home.path())
        .ok_or("the temporary folder's path is not UTF-8")?
        .canonicalize_utf8()
        .map_err(|e| e.to_string())?;
    copy(from, &dir).map_err(|e| e.to_string())?;
    let suite = load(&dir)?;
    let list = suite.dir.join("expected-edges.json");
    let expected = if list.exists() {
        listed::read(&suite, &list)?
    } else {
        annotated::read(&suite)
    };
    Ok(judge(&suite, &expected))
}

fn main() -> ExitCode {
    if let Some(status) = wrapper::intercept() {
        return status;
    }
    let own = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/callgraph");
    // cargo hands its own test filters and flags on; only folders (with a slash) are suites.
    let given = std::env::args().skip(1).map(Utf8PathBuf::from);
    let suites = std::iter::once(own)
        .chain(given.filter(|path| path.as_str().contains('/') && path.is_dir()));
    let mut good = true;
    for suite in suites {
        match run(&suite) {
            Ok(complete) => good &= complete,
            Err(problem) => {
                println!("{problem}");
                good = false;
            }
        }
    }
    ExitCode::from(u8::from(!good))
}
