//! Function crates: the part that one entry alone owns, and its shim.
//!
//! Input: an entry and the layout so far. Output: the function crate's files in the layout.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use super::layout::manifests::dependency_on;
use super::layout::paths::{between, public_path};
use super::layout::{Layout, OutFile};
use super::state::State;
use super::{Job, partition, uses};
use crate::diag::{Code, Diagnostic};
use crate::entry::cross::TypePart;
use crate::entry::plan;
use crate::entry::plan::Entry;
use crate::id::{CrateId, FileId, ItemId};
use crate::render::item::{self, Choice};
use crate::render::manifest;
use crate::render::manifest::function::{FunctionDependency, FunctionManifest};
use crate::render::shim::{self, Shim, display_name};
use crate::syntax::{ItemKind, Payload, Visibility};
use crate::text::relative;
use crate::workspace::Dependency;

/// Adds the function crate of `entry`.
///
/// # Errors
/// A diagnostic when the shim cannot be rendered.
pub fn place(
    job: &Job<'_>,
    entry: &Entry,
    kept: &BTreeSet<ItemId>,
    state: &State,
    out: &mut Layout,
) -> Result<(), Diagnostic> {
    let dir = format!("functions/{}", entry.name);
    let tree = job.tree;
    let krate = tree.item(entry.item).krate;
    let anchor = anchor(job, entry.item);
    let mut path = public_path(job, state, out, anchor);
    if is_made(job, entry.item, anchor)
        && !state.owned.contains_key(&entry.item)
        && let Some((of_type, _)) = path.rsplit_once("::")
    {
        path = of_type.to_owned();
    }
    let lib_name = entry.name.replace('-', "_");
    // Moved code keeps its edition; where there is none, the shim needs none that is old.
    let edition = match tree.krate(krate).edition.as_str() {
        "2015" | "2018" if !state.owned.values().any(|owner| *owner == entry.item) => "2021",
        edition => edition,
    };
    let mut named: BTreeSet<CrateId> = BTreeSet::from([krate]);
    let mut copied = BTreeMap::new();
    let mut needs = Vec::new();
    let mut shim_files: BTreeMap<String, String> = BTreeMap::new();
    if let Some(crossing) = &entry.crossing {
        let to_path = |id: ItemId| public_path(job, state, out, id);
        let shim = Shim {
            display: display_name(&tree.raw(entry.item).name),
            original: entry.path.clone(),
            source: job
                .workspace
                .relative(&tree.file(tree.item(entry.item).file).path)
                .to_string(),
            call: match &crossing.through {
                Some(through) => {
                    let name = public_path(job, state, out, entry.item);
                    let name = name.rsplit("::").next().unwrap_or(&name).to_owned();
                    let (of, by) = (through.of.render(&to_path), through.by.render(&to_path));
                    format!("<{of} as {by}>::{name}")
                }
                None if state.owned.contains_key(&entry.item) => path.clone(),
                None => call_path(job, entry.item, anchor, &lib_name, &path),
            },
            edition: edition.to_owned(),
            crossing: crossing.clone(),
            feeds: entry.feeds.clone(),
            sent: entry.sent.clone(),
            keep_warm: entry.wishes.keep_warm,
            package: entry.name.clone(),
            target: entry.wishes.target,
            module: free_module(job, krate),
        };
        let files = shim::files(&shim, &to_path).map_err(|error| {
            Diagnostic::new(
                Code::ProofFailed,
                format!("the shim of `{}` is no Rust: {error}", entry.path),
            )
            .help("use --no-shim to get the library alone, and please report the signature")
        })?;
        for spelled in plan::texts(crossing) {
            for part in &spelled.parts {
                if let TypePart::Local(id) = part {
                    named.insert(tree.item(*id).krate);
                }
            }
        }
        let main = files.get("main.rs").map(String::as_str);
        copied = foreign_entries(job, krate, out, main.unwrap_or_default());
        needs = shim::dependencies(&shim);
        shim_files = files
            .into_iter()
            .map(|(name, text)| (format!("src/{name}"), text))
            .collect();
        shim_files.extend(shim::host_files(&shim));
    }
    let owned: BTreeSet<ItemId> = state
        .owned
        .iter()
        .filter(|(_, owner)| **owner == entry.item)
        .map(|(item, _)| *item)
        .collect();
    if !owned.is_empty() {
        let own = own_dependencies(job, krate, out, &dir, state);
        copied.extend(own);
        named.insert(krate);
    }
    let unused = state.unused.get(&dir).cloned().unwrap_or_default();
    let mut dependencies: Vec<FunctionDependency> = out
        .domains
        .iter()
        .filter(|d| named.contains(&d.krate) && !unused.contains(&d.package_name))
        .map(|d| dependency_on(job, d, out))
        .collect();
    dependencies.extend(needs.into_iter().map(|need| FunctionDependency {
        key: need.name.to_owned(),
        version: Some(need.version_req.to_owned()),
        path: None,
        home: None,
        features: need.features.iter().map(|f| (*f).to_owned()).collect(),
        default_features: need.default_features,
    }));
    let lib = format!(
        "//! `{}`, cut out to run on its own.\n\npub use {path};\n",
        entry.path
    );
    let home = job.workspace.package(tree.krate(krate).package);
    let home = home.map(|p| job.workspace.read_source(&p.manifest_path));
    let root = job
        .workspace
        .read_source(&job.workspace.root.join("Cargo.toml"))?;
    let manifest = manifest::function::function(&FunctionManifest {
        name: entry.name.clone(),
        edition: edition.to_owned(),
        description: format!("`{}` as a function of its own", entry.path),
        dependencies,
        copied,
        allow: state.allow_lints.get(&dir).cloned().unwrap_or_default(),
        home: home.transpose()?.as_deref().unwrap_or_default(),
        root: &root,
        root_dir: job.workspace.root.clone(),
        lints: !state.no_lints.contains(&dir),
    });
    let mut put = |name: &str, text: String| {
        let path = Utf8PathBuf::from(&dir).join(name);
        out.files.insert(path, OutFile::made(text));
    };
    put("Cargo.toml", manifest);
    for (name, text) in shim_files {
        put(&name, text);
    }
    if owned.is_empty() {
        put("src/lib.rs", lib);
    } else {
        place_owned(job, entry, &owned, kept, state, out);
    }
    Ok(())
}

/// A name for the shim's module that no module of the moved code has, which may lie beside it.
fn free_module(job: &Job<'_>, krate: CrateId) -> String {
    let root = job.tree.krate(krate).root;
    let is_taken = |name: &String| {
        let mut modules = job.tree.modules.iter();
        modules.any(|m| m.parent == Some(root) && m.name == *name)
    };
    let mut name = "trigger".to_owned();
    while is_taken(&name) {
        name.push('_');
    }
    name
}

/// The items that the entry alone owns, in a copy of their modules; what the domain has of each module
/// comes in by a glob, so that moved code keeps its paths.
fn place_owned(
    job: &Job<'_>,
    entry: &Entry,
    owned: &BTreeSet<ItemId>,
    kept: &BTreeSet<ItemId>,
    state: &State,
    out: &mut Layout,
) {
    let tree = job.tree;
    let krate = tree.item(entry.item).krate;
    let leaves = state
        .function_leaves
        .get(&entry.item)
        .cloned()
        .unwrap_or_default();
    let domain = out.domains.iter().find(|d| d.krate == krate).cloned();
    let Some(package) = job.workspace.package(tree.krate(krate).package) else {
        return;
    };
    let beside = domain
        .as_ref()
        .map(|d| d.modules.clone())
        .unwrap_or_default();
    let (mut modules, mut leaves) = uses::needed(
        job.workspace,
        tree,
        job.graph,
        krate,
        owned,
        &uses::There {
            items: kept,
            modules: &beside,
        },
        &leaves,
    );
    let words = partition::words(job, owned);
    for (using, left) in &mut leaves {
        // Re-exports that moved code does not use itself stay with the domain.
        if tree.raw(*using).vis != Visibility::Inherited
            && let Payload::Use(decl) = &tree.raw(*using).payload
        {
            left.retain(|at| {
                decl.leaves
                    .get(*at)
                    .is_some_and(|l| !l.glob && words.contains(l.name.as_str()))
            });
        }
    }
    // Only modules that hold something of the entry's own, and the way to them.
    let mut holding = BTreeSet::new();
    for item in owned {
        let mut module = Some(tree.item(*item).module);
        while let Some(at) = module {
            holding.insert(at);
            module = tree.module(at).parent;
        }
    }
    modules.retain(|m| holding.contains(m));
    let mut widen = state.widen.clone();
    widen.insert(entry.item);
    widen.extend(tree.declarations(tree.item(entry.item).module));
    for item in owned.iter().filter(|i| job.exposed.contains(i)) {
        widen.insert(*item);
        widen.extend(tree.declarations(tree.item(*item).module));
    }
    let mut prologue = BTreeMap::new();
    for module in modules.iter().filter(|m| beside.contains(m)) {
        if state.no_glob.contains(&(entry.item, *module)) {
            continue;
        }
        let mut path = tree.module_path(*module);
        if let (Some(first), Some(domain)) = (path.first_mut(), &domain) {
            first.clone_from(&domain.lib_name);
        }
        // Not `pub`: nothing outside names the domain's items by the function's paths, and rustc tells only of
        // such an import whether it is used. All modules see what is private to the root.
        let reach = if path.len() > 1 { "pub(crate) " } else { "" };
        let line = format!("{reach}use {}::*;\n\n", path.join("::"));
        prologue.insert(*module, line);
    }
    let choice = Choice {
        items: owned.clone(),
        modules: modules.clone(),
        leaves,
        widen,
        attributes: state.all_attributes(),
        prologue,
        lifted: state.lifted.clone(),
        private_but: None,
        tests: false,
    };
    out.choices
        .insert(format!("functions/{}", entry.name), (krate, choice.clone()));
    let root = tree.module(tree.krate(krate).root).file;
    let root_path = relative(&tree.file(root).path, &package.dir);
    let source_dir = root_path
        .parent()
        .map(ToOwned::to_owned)
        .unwrap_or_default();
    let files: BTreeSet<FileId> = modules.iter().map(|m| tree.module(*m).file).collect();
    for file in files {
        let edited = item::cut(tree, krate, file, &choice);
        let inner = relative(&tree.file(file).path, &package.dir);
        let inside = inner.strip_prefix(&source_dir).unwrap_or(&inner).to_owned();
        let name = if file == root {
            Utf8PathBuf::from("lib.rs")
        } else {
            inside
        };
        let path = Utf8PathBuf::from(format!("functions/{}/src", entry.name)).join(name);
        out.files.insert(path, OutFile::moved(krate, file, edited));
    }
}

/// The domain crate's dependencies, of which moved code may name any; what it does not, goes later.
fn own_dependencies(
    job: &Job<'_>,
    krate: CrateId,
    out: &Layout,
    dir: &str,
    state: &State,
) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let Some(package) = job.workspace.package(job.tree.krate(krate).package) else {
        return found;
    };
    let Ok(text) = job.workspace.read_source(&package.manifest_path) else {
        return found;
    };
    let gone = state.unused.get(dir).cloned().unwrap_or_default();
    for dependency in &package.dependencies {
        if dependency.kind != cargo_metadata::DependencyKind::Normal
            || gone.contains(&dependency.key)
        {
            continue;
        }
        let is_active = package.builds(dependency);
        let member = job.workspace.member(dependency);
        let member = member.and_then(|m| out.domains.iter().find(|d| d.package == m.id));
        if let Some(member) = member {
            let line = manifest::moved_entry(&text, &dependency.key, &between(dir, &member.dir));
            found.extend(line.map(|l| (dependency.key.clone(), l)));
        } else if is_active && dependency.target.is_none() {
            let line = match &dependency.path {
                None => manifest::entry(&text, &dependency.key),
                // A member that is not here has nothing that moved code could name.
                Some(_) if job.workspace.member(dependency).is_some() => None,
                Some(path) => manifest::moved_entry(&text, &dependency.key, path.as_str()),
            };
            found.extend(line.map(|l| (dependency.key.clone(), l)));
        }
    }
    found
}

/// The call in the shim, through the function crate's own library.
fn call_path(job: &Job<'_>, entry: ItemId, anchor: ItemId, lib_name: &str, path: &str) -> String {
    let last = path.rsplit("::").next().unwrap_or(path);
    if anchor == entry && !is_made(job, entry, anchor) {
        format!("{lib_name}::{last}")
    } else {
        format!("{lib_name}::{last}::{}", job.tree.raw(entry).name)
    }
}

/// The manifest entries of foreign crates that the shim spells.
fn foreign_entries(
    job: &Job<'_>,
    krate: CrateId,
    out: &Layout,
    text: &str,
) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let Some(package) = job.workspace.package(job.tree.krate(krate).package) else {
        return found;
    };
    let manifest = out
        .domains
        .iter()
        .find(|d| d.krate == krate)
        .and_then(|d| out.files.get(&Utf8PathBuf::from(&d.dir).join("Cargo.toml")))
        .map(|f| String::from_utf8_lossy(&f.bytes).into_owned())
        .unwrap_or_default();
    // Crates of the output are depended on in any case, and not from where the domain crate lies.
    let is_here = |dependency: &Dependency| {
        let member = job.workspace.member(dependency);
        member.is_some_and(|m| out.domains.iter().any(|d| d.package == m.id))
    };
    let foreign = package.dependencies.iter();
    for dependency in foreign.filter(|d| !is_here(d)) {
        let spelled = format!("{}::", dependency.extern_name);
        let is_whole_word = text.match_indices(&spelled).any(|(at, _)| {
            !text
                .get(..at)
                .is_some_and(|t| t.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'))
        });
        if is_whole_word && let Some(entry) = manifest::entry(&manifest, &dependency.key) {
            found.insert(dependency.key.clone(), entry);
        }
    }
    found
}

/// Whether an entry is a method of a type that no text declares: a macro call makes it. The path of such a
/// method leads through the type all the same.
fn is_made(job: &Job<'_>, entry: ItemId, anchor: ItemId) -> bool {
    let parent = job.tree.item(entry).parent;
    anchor == entry && parent.is_some_and(|p| job.tree.raw(p).kind == ItemKind::Impl)
}

/// The type that an impl is for, or its trait.
fn self_type(job: &Job<'_>, implementation: ItemId) -> Option<ItemId> {
    let Payload::Impl(head) = &job.tree.raw(implementation).payload else {
        return None;
    };
    let is_named = |kind: ItemKind| {
        matches!(
            kind,
            ItemKind::Struct
                | ItemKind::Enum
                | ItemKind::Union
                | ItemKind::Trait
                | ItemKind::TypeAlias
        )
    };
    // The type; for a foreign one, the trait.
    head.deciding.iter().find_map(|range| {
        job.graph
            .out(implementation)
            .filter(|e| range.contains(e.offset) && is_named(job.tree.raw(e.to).kind))
            // Its arguments stand after it.
            .min_by_key(|e| e.offset)
            .map(|e| e.to)
    })
}

/// What is re-exported for an entry: the function, or the type of a method, which cannot be named alone.
pub fn anchor(job: &Job<'_>, entry: ItemId) -> ItemId {
    job.tree
        .item(entry)
        .parent
        .and_then(|p| self_type(job, p))
        .unwrap_or(entry)
}
