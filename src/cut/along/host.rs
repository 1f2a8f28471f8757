//! Where tests can live: the crates of the output that hold moved code.
//!
//! Input: the job, the cut and the view. Output: [`Host`]s, domain crates first. Crates that are copied as
//! they are have no choice to extend and are no hosts.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use super::doc::{self, Example};
use super::view::View;
use crate::cut::layout::Domain;
use crate::cut::layout::Mode;
use crate::cut::layout::paths::out_path;
use crate::cut::{Cut, Job};
use crate::id::{CrateId, FileId, ItemId, PackageId};
use crate::render::item::Choice;
use crate::text::relative;
use crate::workspace::{Package, TargetShape};

/// A crate of the output that tests can come to.
#[derive(Debug)]
pub struct Host {
    /// Its folder in the output.
    pub dir: String,
    /// Its library's name in the output.
    pub lib_name: String,
    /// The source crate, in the view.
    pub krate: CrateId,
    /// The source package.
    pub package: PackageId,
    /// The domain crate; `None` for a function crate.
    pub domain: Option<Domain>,
    /// What it holds without tests, in terms of the view.
    pub choice: Choice,
    /// What code in it can name: its own items, and for a function crate those of the domain.
    pub there: BTreeSet<ItemId>,
    /// The examples in its documentation.
    pub examples: Vec<Example>,
}

impl Host {
    /// Where a file of the source package lies in this crate.
    pub fn place(&self, view: &View, package: &Package, path: &Utf8Path) -> Option<Utf8PathBuf> {
        let root = &view.tree.file(self.root_file(view)).path;
        let is_root = path == root.as_path();
        if let Some(domain) = &self.domain {
            let is_bin = view.tree.krate(self.krate).shape == TargetShape::Bin;
            return out_path(
                package,
                domain,
                path,
                (is_root && is_bin).then_some("lib.rs"),
            );
        }
        let path = relative(path, &package.dir);
        let source_dir = relative(root, &package.dir)
            .parent()
            .map(ToOwned::to_owned)
            .unwrap_or_default();
        let dir = Utf8Path::new(&self.dir);
        match path.strip_prefix(&source_dir) {
            Ok(_) if is_root => Some(dir.join("src/lib.rs")),
            Ok(inside) if !source_dir.as_str().is_empty() => Some(dir.join("src").join(inside)),
            _ => {
                let full = crate::text::clean(&Utf8Path::new("/").join(dir).join(&path));
                full.strip_prefix("/").ok().map(Utf8Path::to_owned)
            }
        }
    }

    /// Whether it has examples that are not its own: a binary's were never run, and those of a function crate
    /// name the monolith's library.
    pub fn has_foreign_examples(&self, view: &View) -> bool {
        let is_bin = view.tree.krate(self.krate).shape == TargetShape::Bin;
        !self.examples.is_empty() && (is_bin || self.domain.is_none())
    }

    /// The file of the crate's root module.
    pub fn root_file(&self, view: &View) -> FileId {
        view.tree.module(view.tree.krate(self.krate).root).file
    }
}

/// The hosts of a cut.
pub fn hosts(job: &Job<'_>, cut: &Cut, view: &View) -> Vec<Host> {
    let mut found: Vec<Host> = Vec::new();
    let mut shared: BTreeSet<ItemId> = BTreeSet::new();
    for (dir, (krate, choice)) in &cut.layout.choices {
        let twin = view
            .tree
            .crates
            .iter()
            .map(|c| c.id)
            .find(|c| view.main_crate(*c) == Some(*krate));
        let Some(twin) = twin else { continue };
        let choice = view.choice(choice, twin);
        let domain = cut.layout.domain(dir);
        if domain.is_some() {
            shared.extend(choice.items.iter().copied());
        }
        if domain.is_some_and(|d| d.mode != Mode::Slimmed) {
            continue;
        }
        let entry = job
            .entries
            .iter()
            .find(|e| *dir == format!("functions/{}", e.name));
        let lib_name = match (domain, entry) {
            (Some(domain), _) => domain.lib_name.clone(),
            (None, Some(entry)) => entry.name.replace('-', "_"),
            (None, None) => continue,
        };
        found.push(Host {
            dir: dir.clone(),
            lib_name,
            krate: twin,
            package: view.tree.krate(twin).package,
            domain: domain.cloned(),
            there: choice.items.clone(),
            choice,
            examples: Vec::new(),
        });
    }
    // A crate that is kept whole is there with all it has.
    for domain in cut.layout.domains.iter().filter(|d| d.mode == Mode::Kept) {
        let whole = view.tree.items.iter().filter(|i| {
            view.main_crate(i.krate) == Some(domain.krate) && i.active && !view.is_test_only(i.id)
        });
        shared.extend(whole.map(|i| i.id));
    }
    for host in &mut found {
        host.there.extend(shared.iter().copied());
        host.examples = doc::examples(view, host);
    }
    found
}
