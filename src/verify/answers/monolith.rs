//! The monolith's side: a copy of the whole monolith in which the entries can be named, with a program for
//! each that calls it through the same shim as the output does.
//!
//! Input: the job, as a cut would have it. Output: the copy, and what cargo is told to build. The copy
//! differs from the monolith in three things alone: wider visibility on the way to the entries and to the
//! types that their requests name, the derives that crossing needs, and programs that call the entries.
//! Nothing is cut, so what it answers is what the monolith answers.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use super::{RUNTIME, Side, program};
use crate::cut::exposure::exposure;
use crate::cut::layout::paths::public_path;
use crate::cut::layout::{Domain, Layout, Mode};
use crate::cut::state::State;
use crate::cut::{Job, function};
use crate::diag::{Code, Diagnostic};
use crate::entry::cross::{Crossing, TypePart};
use crate::entry::plan::{self, Entry};
use crate::entry::returned::Sent;
use crate::id::{CrateId, FileId, ItemId};
use crate::oracle::references::selection;
use crate::oracle::{self, shadow};
use crate::render::item::{self, Choice};
use crate::render::manifest::function::{FunctionDependency, FunctionManifest};
use crate::render::manifest::harness::Opened;
use crate::render::shim::{self, Shim, display_name};
use crate::render::{harness, manifest};
use crate::target::Target;
use crate::text::relative;
use crate::workspace::{Package, TargetShape};

/// The folder of a program that is a library of its own here, in its package's folder.
const BESIDE: &str = "extract-bin";

/// Texts by path in the copy.
type Texts = BTreeMap<Utf8PathBuf, String>;

/// Makes the copy in `dir`, with this lock file.
///
/// # Errors
/// [`Code::WriteFailed`] for the copy; [`Code::OutsideWorkspace`] for an entry that lies outside of it.
pub fn copy(
    job: &Job<'_>,
    entries: &[&Entry],
    dir: &Utf8Path,
    lock: &str,
) -> Result<Side, Diagnostic> {
    let workspace = job.workspace;
    let mut texts = oracle::manifests(workspace)?;
    let (state, crates) = opened(job, entries);
    let layout = Layout {
        domains: crates.iter().filter_map(|k| domain(job, *k)).collect(),
        ..Layout::default()
    };
    manifests(job, &layout, &state, &mut texts);
    sources(job, &state, &mut texts)?;
    let mut members = vec![RUNTIME.to_owned()];
    let beside = layout.domains.iter().filter(|d| d.mode == Mode::Copied);
    members.extend(beside.map(|d| d.dir.clone()));
    for entry in entries {
        let Some(crossing) = &entry.crossing else {
            continue;
        };
        let home = format!("extract-answers/{}", entry.name);
        let (manifest, main) = caller(job, entry, crossing, &state, &layout, &texts, &home)?;
        texts.insert(format!("{home}/Cargo.toml").into(), manifest);
        texts.insert(format!("{home}/src/main.rs").into(), main);
        members.push(home);
    }
    texts.extend(harness::runtime(RUNTIME.into()));
    let root = Utf8PathBuf::from("Cargo.toml");
    if let Some(text) = texts.get_mut(&root) {
        *text = manifest::harness::with_members(text, &members);
    }
    texts.insert("Cargo.lock".into(), lock.to_owned());
    shadow::sync(&workspace.root, &workspace.target_dir, dir, &texts)?;
    let mut args = selection(workspace);
    for entry in entries {
        let name = program("monolith", entry);
        if workspace.focus.is_some() {
            args.extend(["--package".to_owned(), name.clone()]);
        }
        args.extend(["--bin".to_owned(), name]);
    }
    Ok(Side {
        dir: dir.to_owned(),
        args,
    })
}

/// What has to be seen and derived, and the crates that the programs name.
fn opened(job: &Job<'_>, entries: &[&Entry]) -> (State, BTreeSet<CrateId>) {
    let mut state = State {
        attributes: job.derives.clone(),
        ..State::default()
    };
    let mut crates = BTreeSet::new();
    for entry in entries {
        let named = named(entry).chain([function::anchor(job, entry.item)]);
        for id in named {
            crates.insert(job.tree.item(id).krate);
            match exposure(job, id) {
                Some(found) => {
                    state.exposed.insert(id, found.path);
                }
                None => {
                    state.widen.insert(id);
                    state
                        .widen
                        .extend(job.tree.declarations(job.tree.item(id).module));
                }
            }
        }
        // A method needs its own visibility beside its type's.
        let makers = entry
            .crossing
            .iter()
            .flat_map(plan::makers)
            .map(|make| make.item);
        for item in makers.chain([entry.item]) {
            if job.tree.item(item).parent.is_some() {
                state.widen.insert(item);
            }
        }
    }
    (state, crates)
}

/// The types of the workspace that an entry's shim names.
fn named(entry: &Entry) -> impl Iterator<Item = ItemId> {
    let texts = entry.crossing.iter().flat_map(plan::texts);
    texts
        .flat_map(|text| &text.parts)
        .filter_map(|part| match part {
            TypePart::Local(id) => Some(*id),
            _ => None,
        })
}

/// How a crate of the monolith is depended on: a library as it is, a program as a library.
fn domain(job: &Job<'_>, krate: CrateId) -> Option<Domain> {
    let c = job.tree.krate(krate);
    let package = job.workspace.package(c.package)?;
    let dir = relative(&package.dir, &job.workspace.root);
    let is_beside = c.shape == TargetShape::Bin && package.targets.len() > 1;
    let (dir, package_name, lib_name, mode) = if is_beside {
        let name = format!("{}-bin", c.name.replace('_', "-"));
        (
            dir.join(BESIDE),
            name,
            format!("{}_bin", c.name),
            Mode::Copied,
        )
    } else {
        (dir, package.name.clone(), c.name.clone(), Mode::Kept)
    };
    Some(Domain {
        krate,
        package: package.id,
        dir: dir.into_string(),
        package_name,
        lib_name,
        mode,
        modules: BTreeSet::new(),
    })
}

/// Changes the manifests of packages that need it, and makes those of programs that become libraries.
fn manifests(job: &Job<'_>, layout: &Layout, state: &State, texts: &mut Texts) {
    let derived: BTreeSet<CrateId> = state
        .attributes
        .iter()
        .filter(|(_, lines)| lines.iter().any(|l| l.contains("serde::")))
        .map(|(item, _)| job.tree.item(*item).krate)
        .collect();
    for package in &job.workspace.packages {
        let path = relative(&package.manifest_path, &job.workspace.root);
        let Some(text) = texts.get(&path).cloned() else {
            continue;
        };
        let of = |krate: &CrateId| job.tree.krate(*krate).package == package.id;
        let mut with = Opened {
            serde: derived.iter().any(of),
            features: job.foreign_features.clone(),
            ..Opened::default()
        };
        for domain in layout.domains.iter().filter(|d| of(&d.krate)) {
            let Some(root) = root_file(job, package, domain.krate) else {
                continue;
            };
            if domain.mode == Mode::Copied {
                let lib = (domain.lib_name.as_str(), root.as_str());
                let text = manifest::harness::beside(&text, &domain.package_name, lib);
                let text = manifest::harness::opened(&text, &with);
                texts.insert(format!("{}/Cargo.toml", domain.dir).into(), text);
            } else if job.tree.krate(domain.krate).shape == TargetShape::Bin {
                with.lib = Some((domain.lib_name.clone(), root));
            }
        }
        texts.insert(path, manifest::harness::opened(&text, &with));
    }
}

fn root_file(job: &Job<'_>, package: &Package, krate: CrateId) -> Option<String> {
    let root = job.tree.module(job.tree.krate(krate).root).file;
    let path = job.tree.file(root).path.strip_prefix(&package.dir).ok()?;
    Some(path.to_string())
}

/// The files in which something has to be seen or derived.
fn sources(job: &Job<'_>, state: &State, texts: &mut Texts) -> Result<(), Diagnostic> {
    let choice = Choice {
        widen: state.widen.clone(),
        attributes: state.all_attributes(),
        ..Choice::default()
    };
    let touched = choice.widen.iter().chain(choice.attributes.keys());
    let files: BTreeSet<FileId> = touched.map(|id| job.tree.item(*id).file).collect();
    for file in files {
        let path = &job.tree.file(file).path;
        let Ok(inside) = path.strip_prefix(&job.workspace.root) else {
            let message = format!("{path} lies outside of the workspace and would have to change");
            return Err(Diagnostic::new(Code::OutsideWorkspace, message));
        };
        let edited = item::opened(job.tree, file, &choice, &BTreeMap::new());
        texts.insert(inside.to_owned(), edited.text);
    }
    Ok(())
}

/// The manifest and `main.rs` of the program that calls an entry.
fn caller(
    job: &Job<'_>,
    entry: &Entry,
    crossing: &Crossing,
    state: &State,
    layout: &Layout,
    texts: &Texts,
    home: &str,
) -> Result<(String, String), Diagnostic> {
    let tree = job.tree;
    let krate = tree.item(entry.item).krate;
    // Nothing is moved here, so the program needs no edition that is old.
    let edition = match tree.krate(krate).edition.as_str() {
        "2015" | "2018" => "2021".to_owned(),
        edition => edition.to_owned(),
    };
    let to_path = |id: ItemId| public_path(job, state, layout, id);
    let anchor = function::anchor(job, entry.item);
    let name = &tree.raw(entry.item).name;
    let call = match &crossing.through {
        // The trait may not be in scope.
        Some(through) => {
            let (of, by) = (through.of.render(&to_path), through.by.render(&to_path));
            format!("<{of} as {by}>::{name}")
        }
        None if anchor == entry.item => to_path(anchor),
        None => format!("{}::{name}", to_path(anchor)),
    };
    let shim = Shim {
        display: display_name(&tree.raw(entry.item).name),
        original: entry.path.clone(),
        source: String::new(),
        edition: edition.clone(),
        call,
        crossing: crossing.clone(),
        feeds: Vec::new(),
        sent: Sent::default(),
        target: Target::Lambda,
        keep_warm: false,
        package: String::new(),
        module: String::new(),
    };
    let main = shim::main_rs(&shim, &to_path).map_err(|error| {
        let message = format!("the shim of `{}` is no Rust: {error}", entry.path);
        Diagnostic::new(Code::ProofFailed, message)
    })?;
    let mut crates: BTreeSet<CrateId> = named(entry).map(|id| tree.item(id).krate).collect();
    crates.insert(krate);
    let local = layout.domains.iter().filter(|d| crates.contains(&d.krate));
    let mut dependencies: Vec<FunctionDependency> = local
        .map(|domain| {
            let features = job
                .workspace
                .package(domain.package)
                .map(|p| p.active_features.clone())
                .unwrap_or_default();
            FunctionDependency {
                key: domain.package_name.clone(),
                path: Some(up(home, &domain.dir)),
                default_features: features.contains("default"),
                features: features.into_iter().filter(|f| f != "default").collect(),
                ..FunctionDependency::default()
            }
        })
        .collect();
    for need in shim::dependencies(&shim) {
        let is_runtime = need.name == "lambda_runtime";
        dependencies.push(FunctionDependency {
            key: need.name.to_owned(),
            version: (!is_runtime).then(|| need.version_req.to_owned()),
            path: is_runtime.then(|| up(home, RUNTIME)),
            home: None,
            features: need.features.iter().map(|f| (*f).to_owned()).collect(),
            default_features: need.default_features || is_runtime,
        });
    }
    let manifest = manifest::function::function(&FunctionManifest {
        name: program("monolith", entry),
        edition,
        description: format!("calls `{}` where it is", entry.path),
        dependencies,
        copied: foreign(job, krate, &shim, texts),
        allow: BTreeSet::new(),
        home: "",
        root: "",
        root_dir: Utf8PathBuf::new(),
        lints: false,
    });
    Ok((manifest, main))
}

/// The manifest entries of foreign crates that the request names.
fn foreign(job: &Job<'_>, krate: CrateId, shim: &Shim, texts: &Texts) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let Some(package) = job.workspace.package(job.tree.krate(krate).package) else {
        return found;
    };
    let path = relative(&package.manifest_path, &job.workspace.root);
    let Some(text) = texts.get(&path) else {
        return found;
    };
    let mut named = shim::named_crates(shim);
    named.extend(
        shim::dependencies(shim)
            .iter()
            .map(|d| d.name.replace('-', "_")),
    );
    for dependency in &package.dependencies {
        if named.contains(&dependency.extern_name)
            && dependency.key != "lambda_runtime"
            && let Some(entry) = manifest::entry(text, &dependency.key)
        {
            found.insert(dependency.key.clone(), entry);
        }
    }
    found
}

/// A folder of the copy as seen from another one.
fn up(from: &str, to: &str) -> String {
    relative(Utf8Path::new(to), Utf8Path::new(from)).into_string()
}
