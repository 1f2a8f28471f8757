//! The reference oracle: asks rustc what every name in the workspace means.
//!
//! Input: [`Workspace`] and [`ItemTree`]. Output: [`References`], each resolved reference once, with the
//! place in the user's own file. Cached by content: unchanged sources start no compiler. Refuses a
//! monolith that does not compile, with rustc's first errors.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::cargo::{self, BuildScriptOutput, CheckRequest, CheckRun, Progress};
use super::mark::{self, Mark, Marked};
use super::shadow;
use super::wrapper::{Report, Site};
use crate::diag::{Code, Diagnostic, Outcome, Sink};
use crate::id::{CrateId, FileId, ItemId};
use crate::syntax::{ItemKind, ItemTree};
use crate::workspace::{TargetShape, Workspace};

/// Rounds in which items that cannot bear a mark lose it; each round is a run of rustc.
const UNMARK_ROUNDS: usize = 5;

/// What a reference means.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Meaning {
    /// An item of the tree.
    Item(ItemId),
    /// Something a macro or derive produced in the module that this `mod` item (or root) opens:
    /// its kind and name as rustc says them.
    Product {
        /// The crate it lies in.
        krate: CrateId,
        /// The module's `mod` item; `None` for the crate's root.
        module: Option<ItemId>,
        /// The last segment of its path.
        name: String,
    },
}

/// A resolved reference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reference {
    /// The crate that was compiled.
    pub krate: CrateId,
    /// The file of the site that counts as the user.
    pub file: FileId,
    /// Its byte range in the file.
    pub start: u32,
    /// Its end.
    pub end: u32,
    /// What it means.
    pub meaning: Meaning,
    /// Whether it came through a macro expansion.
    pub expanded: bool,
}

/// All that rustc said.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct References {
    /// Sorted, each once.
    pub list: Vec<Reference>,
    /// Items that could not bear a mark; references to them are unknown.
    pub unmarked: Vec<ItemId>,
    /// What build scripts printed, by package name.
    pub build_scripts: BTreeMap<String, (Vec<String>, Vec<String>, bool)>,
    /// Whether the answer came from the cache.
    #[serde(skip)]
    pub cached: bool,
    /// The crates rustc compiled.
    pub crates: BTreeSet<CrateId>,
}

/// Asks rustc.
///
/// # Errors
/// [`Code::DoesNotCompile`], [`Code::CargoFailed`], [`Code::WriteFailed`].
pub fn references(
    workspace: &Workspace,
    tree: &ItemTree,
    sink: &mut Sink,
    progress: Progress<'_>,
) -> Outcome<References> {
    let work = cargo::work_dir(&workspace.target_dir);
    let key = cache_key(workspace, tree);
    let cache = work.join("cache").join(format!("{key}.json"));
    if let Some(mut found) = read_cache(&cache) {
        found.cached = true;
        return Ok(found);
    }
    let _lock = super::lock(&work)?;
    let shadow_dir = work.join("shadow");
    let side_dir = work.join("refs");
    let mut skip: BTreeMap<FileId, BTreeSet<u32>> = BTreeMap::new();
    let mut unmarked = BTreeSet::new();
    for round in 0..=UNMARK_ROUNDS {
        let marked = mark_all(tree, &skip);
        let texts = texts(workspace, tree, &marked)?;
        progress("preparing the shadow copy");
        shadow::sync(&workspace.root, &workspace.target_dir, &shadow_dir, &texts)?;
        let run = cargo::check(
            &CheckRequest {
                dir: &shadow_dir,
                target_dir: &workspace.target_dir,
                args: check_args(workspace),
                force: Some(&["deprecated"]),
                side_dir: &side_dir,
                toolchain: workspace.toolchain.as_deref(),
            },
            progress,
        )?;
        if run.success {
            let found = collect(workspace, tree, &marked, &side_dir, &run, unmarked);
            write_cache(&cache, &found);
            return Ok(found);
        }
        if run.errors().next().is_none() {
            return Err(cargo_refused(&run).into());
        }
        let before = unmarked.len();
        if round < UNMARK_ROUNDS {
            unmark_at_errors(workspace, tree, &marked, &run, &mut skip, &mut unmarked);
        }
        if unmarked.len() == before {
            // The marks are not what rustc dislikes, or they cannot be told from what it does.
            return Err(
                does_not_compile(workspace, &shadow_dir, &side_dir, sink, progress)?.into(),
            );
        }
    }
    Err(does_not_compile(workspace, &shadow_dir, &side_dir, sink, progress)?.into())
}

/// The arguments that select what the user builds.
pub fn check_args(workspace: &Workspace) -> Vec<String> {
    let mut args = workspace.features.cargo_args();
    match workspace.focus.and_then(|id| workspace.package(id)) {
        Some(package) => args.extend(["--package".to_owned(), package.name.clone()]),
        None => args.push("--workspace".to_owned()),
    }
    args.push("--keep-going".to_owned());
    args
}

fn mark_all(tree: &ItemTree, skip: &BTreeMap<FileId, BTreeSet<u32>>) -> Vec<Marked> {
    use rayon::prelude::*;
    let none = BTreeSet::new();
    let roots: BTreeMap<FileId, TargetShape> = tree
        .crates
        .iter()
        .map(|c| (tree.module(c.root).file, c.shape))
        .collect();
    let opaque: BTreeSet<FileId> = tree
        .modules
        .iter()
        .filter(|m| tree.krate(m.krate).shape == TargetShape::ProcMacro)
        .map(|m| m.file)
        .collect();
    tree.files
        .par_iter()
        .map(|file| {
            if opaque.contains(&file.id) {
                return mark::mark(
                    file,
                    false,
                    false,
                    &(0..file.syntax.items.len() as u32).collect(),
                );
            }
            let root = roots.get(&file.id);
            let is_bin = root == Some(&TargetShape::Bin);
            mark::mark(
                file,
                root.is_some(),
                is_bin,
                skip.get(&file.id).unwrap_or(&none),
            )
        })
        .collect()
}

/// The texts that differ from the user's files: marked sources, and manifests that must stand alone.
fn texts(
    workspace: &Workspace,
    tree: &ItemTree,
    marked: &[Marked],
) -> Result<BTreeMap<Utf8PathBuf, String>, Diagnostic> {
    let mut texts = super::manifests(workspace)?;
    for (file, marked) in tree.files.iter().zip(marked) {
        if let Ok(relative) = file.path.strip_prefix(&workspace.root)
            && !file.text.is_empty()
        {
            texts.insert(relative.to_owned(), marked.text.clone());
        }
    }
    Ok(texts)
}

/// Takes the marks from the items that errors point at.
fn unmark_at_errors(
    workspace: &Workspace,
    tree: &ItemTree,
    marked: &[Marked],
    run: &CheckRun,
    skip: &mut BTreeMap<FileId, BTreeSet<u32>>,
    unmarked: &mut BTreeSet<ItemId>,
) {
    for error in run.errors() {
        for span in &error.diagnostic.spans {
            for Site(name, start, _) in super::wrapper::sites(span) {
                let path = workspace.root.join(name);
                let Some(file) = tree.file_at(&path) else {
                    continue;
                };
                let Some(offset) = marked.get(file.index()).map(|m| m.original(start)) else {
                    continue;
                };
                for krate in tree.crates_of(file) {
                    let Some(item) = tree.innermost(krate, file, offset) else {
                        continue;
                    };
                    let unit = tree.unit(item);
                    for other in &tree.items {
                        let is_inside = other.file == file
                            && tree.raw(unit).range.covers(tree.raw(other.id).range)
                            && tree.raw(unit).kind != ItemKind::Mod;
                        if (is_inside || other.id == unit)
                            && skip.entry(file).or_default().insert(other.raw as u32)
                        {
                            unmarked.insert(other.id);
                        }
                    }
                }
            }
        }
    }
}

fn cargo_refused(run: &CheckRun) -> Diagnostic {
    let lines: Vec<&str> = run
        .stderr
        .lines()
        .filter(|l| !l.trim().is_empty())
        .filter(|l| {
            !l.trim_start().starts_with("Checking ") && !l.trim_start().starts_with("Compiling ")
        })
        .collect();
    let first = lines
        .iter()
        .find(|l| l.starts_with("error"))
        .or(lines.first())
        .copied();
    let mut diagnostic = Diagnostic::new(
        Code::CargoFailed,
        format!(
            "cargo could not build the monolith: {}",
            first.unwrap_or("it said nothing")
        ),
    );
    diagnostic
        .notes
        .extend(lines.iter().take(20).map(|l| (*l).to_owned()));
    diagnostic.help("`cargo check` must succeed in the monolith first, or use `analyze --quick`")
}

/// Checks the monolith without marks: if it fails too, its own first errors are the reason.
fn does_not_compile(
    workspace: &Workspace,
    shadow_dir: &Utf8Path,
    side_dir: &Utf8Path,
    _sink: &mut Sink,
    progress: Progress<'_>,
) -> Result<Diagnostic, Diagnostic> {
    let manifests = super::manifests(workspace)?;
    shadow::sync(
        &workspace.root,
        &workspace.target_dir,
        shadow_dir,
        &manifests,
    )?;
    let run = cargo::check(
        &CheckRequest {
            dir: shadow_dir,
            target_dir: &workspace.target_dir,
            args: check_args(workspace),
            force: None,
            side_dir,
            toolchain: workspace.toolchain.as_deref(),
        },
        progress,
    )?;
    if run.success {
        return Ok(Diagnostic::new(
            Code::DoesNotCompile,
            "the monolith compiles, but not with the marks that ask rustc what names mean",
        )
        .help(
            "please report it with the crate's name; `analyze --quick` works without the compiler",
        ));
    }
    if run.errors().next().is_none() {
        return Ok(cargo_refused(&run));
    }
    let count = run.errors().count();
    let mut diagnostic = Diagnostic::new(
        Code::DoesNotCompile,
        format!(
            "the monolith does not compile: rustc reports {}",
            crate::text::counted(count, "error")
        ),
    );
    for error in run.errors().take(3) {
        let text = error
            .diagnostic
            .rendered
            .as_deref()
            .unwrap_or(&error.diagnostic.message);
        diagnostic
            .notes
            .extend(text.trim_end().lines().map(str::to_owned));
    }
    Ok(diagnostic
        .help("fix these first: a cut is made from code that compiles")
        .help("`extract analyze --quick` gives an approximate graph meanwhile"))
}

fn collect(
    workspace: &Workspace,
    tree: &ItemTree,
    marked: &[Marked],
    side_dir: &Utf8Path,
    run: &CheckRun,
    unmarked: BTreeSet<ItemId>,
) -> References {
    let mut found = References {
        unmarked: unmarked.into_iter().collect(),
        ..References::default()
    };
    let mut list = BTreeSet::new();
    let units: BTreeSet<&String> = run.units.iter().collect();
    for unit in units {
        let Ok(text) = fs_err::read_to_string(side_dir.join(format!("{unit}.refs"))) else {
            continue;
        };
        let name = unit
            .rsplit_once('-')
            .map_or(unit.as_str(), |(name, _)| name);
        // A lib and a bin may share the crate's name; the reports' files tell which was compiled.
        let krates: Vec<CrateId> = tree
            .crates
            .iter()
            .filter(|c| c.name == name)
            .map(|c| c.id)
            .collect();
        let reports: Vec<Report> = text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect();
        let krate = krates.iter().copied().max_by_key(|krate| {
            let root = &tree.file(tree.module(tree.krate(*krate).root).file).path;
            let root = workspace.relative(root);
            let hits = reports.iter().take(2000).filter(|r| {
                r.sites.first().is_some_and(|s| {
                    tree.file_at(&workspace.root.join(&s.0))
                        .is_some_and(|f| tree.item_of(*krate, f, 0).is_some())
                })
            });
            (
                hits.count(),
                reports
                    .iter()
                    .any(|r| r.sites.iter().any(|s| s.0 == root.as_str())),
            )
        });
        let Some(krate) = krate else { continue };
        found.crates.insert(krate);
        for report in &reports {
            if let Some(reference) = reference(workspace, tree, marked, krate, report) {
                list.insert(reference);
            }
        }
    }
    found.list = list.into_iter().collect();
    for (package_id, script) in &run.build_scripts {
        for package in &workspace.packages {
            let relative = workspace.relative(&package.dir);
            let suffix = format!("/{relative}#");
            let is_it = package_id.contains(&suffix)
                || (relative == package.dir.as_path() && package_id.contains("/shadow#"))
                || (relative.as_str().is_empty() && package_id.contains("/shadow#"));
            if is_it {
                let BuildScriptOutput { cfgs, env, linked } = script.clone();
                found
                    .build_scripts
                    .insert(package.name.clone(), (cfgs, env, linked));
            }
        }
    }
    found
}

fn reference(
    workspace: &Workspace,
    tree: &ItemTree,
    marked: &[Marked],
    krate: CrateId,
    report: &Report,
) -> Option<Reference> {
    let mark = Mark::parse(&report.message)?;
    // The user of a name is the innermost site that lies in the crate's own code and not in the body of
    // a macro_rules definition: there the text only waits to be expanded.
    let mut chosen = None;
    for (depth, Site(name, start, end)) in report.sites.iter().enumerate() {
        let Some(file) = tree.file_at(&workspace.root.join(name)) else {
            continue;
        };
        if tree.item_of(krate, file, 0).is_none() {
            continue;
        }
        let map = marked.get(file.index())?;
        let (start, end) = (map.original(*start), map.original(*end));
        let in_definition = tree
            .innermost(krate, file, start)
            .is_some_and(|item| tree.raw(item).kind == ItemKind::MacroRules);
        if !in_definition {
            chosen = Some((file, start, end, depth > 0 || report.sites.len() > 1));
            break;
        }
    }
    let (file, start, end, expanded) = chosen?;
    let meaning = meaning(tree, krate, mark, &report.message)?;
    Some(Reference {
        krate,
        file,
        start,
        end,
        meaning,
        expanded,
    })
}

fn meaning(tree: &ItemTree, user: CrateId, mark: Mark, message: &str) -> Option<Meaning> {
    let owner = |file: FileId| {
        if tree.item_of(user, file, 0).is_some() {
            return Some(user);
        }
        let mut krates: Vec<CrateId> = tree.crates_of(file).collect();
        krates.sort_by_key(|k| tree.krate(*k).shape);
        krates.first().copied()
    };
    match mark {
        Mark::Item(file, raw) => {
            let krate = owner(file)?;
            let item = tree.item_of(krate, file, raw as usize)?;
            let is_module = tree.raw(item).kind == ItemKind::Mod;
            if is_module && !message.contains("deprecated module") {
                return Some(Meaning::Product {
                    krate,
                    module: Some(item),
                    name: product(message)?,
                });
            }
            Some(Meaning::Item(item))
        }
        Mark::Root(file) => {
            let krate = owner(file)?;
            Some(Meaning::Product {
                krate,
                module: None,
                name: product(message)?,
            })
        }
    }
}

/// The path in a message's backticks.
fn product(message: &str) -> Option<String> {
    let path = message.split('`').nth(1)?;
    Some(path.to_owned())
}

fn cache_key(workspace: &Workspace, tree: &ItemTree) -> String {
    let mut hash = Sha256::new();
    hash.update(concat!(env!("CARGO_PKG_VERSION"), " references 3\n"));
    hash.update(super::rustc_version(workspace));
    hash.update(format!("{:?} {:?}\n", workspace.features, workspace.focus));
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
        hash.update(std::env::var(name).unwrap_or_default());
    }
    let known: BTreeSet<&Utf8Path> = tree.files.iter().map(|f| f.path.as_path()).collect();
    for file in &tree.files {
        hash.update(workspace.relative(&file.path).as_str());
        hash.update((file.text.len() as u64).to_le_bytes());
        hash.update(file.text.as_bytes());
    }
    for relative in shadow::files(&workspace.root, &workspace.target_dir) {
        let path = workspace.root.join(&relative);
        if known.contains(path.as_path()) {
            continue;
        }
        hash.update(relative.as_str());
        if relative.extension() == Some("toml") || relative.file_name() == Some("Cargo.lock") {
            hash.update(fs_err::read(&path).unwrap_or_default());
        } else if let Ok(meta) = fs_err::metadata(&path) {
            // Data that macros may read: size and time stand for the content.
            let time = meta
                .modified()
                .ok()
                .and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok())
                .map_or(0, |t| t.as_nanos());
            hash.update(format!(" {} {time}\n", meta.len()));
        }
    }
    hash.finalize()
        .iter()
        .take(16)
        .map(|b| format!("{b:02x}"))
        .collect()
}

fn read_cache(path: &Utf8Path) -> Option<References> {
    serde_json::from_slice(&fs_err::read(path).ok()?).ok()
}

/// A cache that cannot be written only costs the next run its time.
fn write_cache(path: &Utf8Path, references: &References) {
    let Ok(bytes) = serde_json::to_vec(references) else {
        return;
    };
    let Some(parent) = path.parent() else { return };
    if fs_err::create_dir_all(parent).is_ok() {
        let partial = path.with_extension("part");
        if fs_err::write(&partial, bytes).is_ok() {
            let _ = fs_err::rename(&partial, path);
        }
    }
}
