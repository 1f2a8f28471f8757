//! Function crates: the part that one entry alone owns, and its shim.
//!
//! Input: an entry and the layout so far. Output: the function crate's files in the layout.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use super::layout::{Layout, OutFile, dependency_on, public_path};
use super::state::State;
use super::{Entry, Job};
use crate::diag::{Code, Diagnostic};
use crate::entry::cross::TypePart;
use crate::entry::plan;
use crate::id::{CrateId, ItemId};
use crate::render::manifest::{self, FunctionDependency, FunctionManifest};
use crate::render::shim::{self, Shim, display_name};
use crate::syntax::{ItemKind, Payload};

/// Adds the function crate of `entry`.
///
/// # Errors
/// A diagnostic when the shim cannot be rendered.
pub fn place(
    job: &Job<'_>,
    entry: &Entry,
    _kept: &BTreeSet<ItemId>,
    state: &State,
    out: &mut Layout,
) -> Result<(), Diagnostic> {
    let dir = format!("functions/{}", entry.name);
    let tree = job.tree;
    let krate = tree.item(entry.item).krate;
    let anchor = anchor(job, entry.item);
    let path = public_path(job, state, out, anchor);
    let lib_name = entry.name.replace('-', "_");
    let mut named: BTreeSet<CrateId> = BTreeSet::from([krate]);
    let mut copied = BTreeMap::new();
    let mut needs = Vec::new();
    let mut main = None;
    if let Some(crossing) = &entry.crossing {
        let shim = Shim {
            display: display_name(&tree.raw(entry.item).name),
            original: entry.path.clone(),
            source: job.workspace.relative(&tree.file(tree.item(entry.item).file).path).to_string(),
            call: call_path(job, entry.item, anchor, &lib_name, &path),
            crossing: crossing.clone(),
        };
        let to_path = |id: ItemId| public_path(job, state, out, id);
        let text = shim::main_rs(&shim, &to_path).map_err(|error| {
            Diagnostic::new(Code::ProofFailed, format!("the shim of `{}` is no Rust: {error}", entry.path))
                .help("use --no-shim to get the library alone, and please report the signature")
        })?;
        for spelled in plan::texts(crossing) {
            for part in &spelled.parts {
                if let TypePart::Local(id) = part {
                    named.insert(tree.item(*id).krate);
                }
            }
        }
        copied = foreign_entries(job, krate, out, &text);
        needs = shim::dependencies(&shim);
        main = Some(text);
    }
    let mut dependencies: Vec<FunctionDependency> = out
        .domains
        .iter()
        .filter(|d| named.contains(&d.krate))
        .map(|d| dependency_on(job, d, out))
        .collect();
    dependencies.extend(needs.into_iter().map(|need| FunctionDependency {
        key: need.name.to_owned(),
        version: Some(need.version_req.to_owned()),
        path: None,
        features: need.features.iter().map(|f| (*f).to_owned()).collect(),
        default_features: need.default_features,
    }));
    let lib = format!("//! `{}`, cut out to run on its own.\n\npub use {path};\n", entry.path);
    let manifest = manifest::function(&FunctionManifest {
        name: entry.name.clone(),
        edition: tree.krate(krate).edition.clone(),
        description: format!("`{}` as a function of its own", entry.path),
        dependencies,
        copied,
        allow: state.allow_lints.get(&dir).cloned().unwrap_or_default(),
    });
    let mut put = |name: &str, text: String| {
        let path = Utf8PathBuf::from(&dir).join(name);
        out.files.insert(path, OutFile { bytes: text.into_bytes(), origin: None });
    };
    put("Cargo.toml", manifest);
    put("src/lib.rs", lib);
    if let Some(main) = main {
        put("src/main.rs", main);
    }
    Ok(())
}

/// The call in the shim, through the function crate's own library.
fn call_path(job: &Job<'_>, entry: ItemId, anchor: ItemId, lib_name: &str, path: &str) -> String {
    let last = path.rsplit("::").next().unwrap_or(path);
    if anchor == entry {
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
    let Some(package) = job.workspace.package(job.tree.krate(krate).package) else { return found };
    let manifest = out
        .domains
        .iter()
        .find(|d| d.krate == krate)
        .and_then(|d| out.files.get(&Utf8PathBuf::from(&d.dir).join("Cargo.toml")))
        .map(|f| String::from_utf8_lossy(&f.bytes).into_owned())
        .unwrap_or_default();
    for dependency in &package.dependencies {
        let spelled = format!("{}::", dependency.extern_name);
        let is_whole_word = text.match_indices(&spelled).any(|(at, _)| {
            !text.get(..at).is_some_and(|t| t.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'))
        });
        if is_whole_word
            && let Some(entry) = manifest::entry(&manifest, &dependency.key)
        {
            found.insert(dependency.key.clone(), entry);
        }
    }
    found
}

/// The type that an impl is for.
fn self_type(job: &Job<'_>, implementation: ItemId) -> Option<ItemId> {
    let Payload::Impl(head) = &job.tree.raw(implementation).payload else { return None };
    let range = head.deciding.first().copied()?;
    job.graph
        .out(implementation)
        .find(|e| range.contains(e.offset) && matches!(job.tree.raw(e.to).kind, ItemKind::Struct | ItemKind::Enum | ItemKind::Union | ItemKind::Trait))
        .map(|e| e.to)
}

/// What is re-exported for an entry: the function, or the type of a method, which cannot be named alone.
pub fn anchor(job: &Job<'_>, entry: ItemId) -> ItemId {
    job.tree.item(entry).parent.and_then(|p| self_type(job, p)).unwrap_or(entry)
}
