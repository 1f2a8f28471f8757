//! Function crates: the part that one entry alone owns, and its shim.
//!
//! Input: an entry and the layout so far. Output: the function crate's files in the layout.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;

use super::layout::{Layout, OutFile, dependency_on, public_path};
use super::state::State;
use super::{Entry, Job};
use crate::diag::Diagnostic;
use crate::id::ItemId;
use crate::render::manifest::{self, FunctionManifest};
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
    let mut dependencies = Vec::new();
    if let Some(domain) = out.domains.iter().find(|d| d.krate == krate) {
        dependencies.push(dependency_on(job, domain, out));
    }
    // A method cannot be re-exported, its type can.
    let parent = tree.item(entry.item).parent;
    let path = match parent.and_then(|p| self_type(job, p)) {
        Some(ty) => public_path(job, out, ty),
        None => public_path(job, out, entry.item),
    };
    let lib = format!("//! `{}`, cut out to run on its own.\n\npub use {path};\n", entry.path);
    let manifest = manifest::function(&FunctionManifest {
        name: entry.name.clone(),
        edition: "2021".to_owned(),
        description: format!("`{}` as a function of its own", entry.path),
        dependencies,
        allow: state.allow_lints.get(&dir).cloned().unwrap_or_default(),
        ..FunctionManifest::default()
    });
    let mut put = |name: &str, text: String| {
        let path = Utf8PathBuf::from(&dir).join(name);
        out.files.insert(path, OutFile { bytes: text.into_bytes(), origin: None });
    };
    put("Cargo.toml", manifest);
    put("src/lib.rs", lib);
    Ok(())
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
