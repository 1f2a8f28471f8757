//! Domain crates: which there are, and their files.
//!
//! Input: the slice and the [`State`]. Output: [`Domain`]s, and their texts in the layout.

use std::collections::{BTreeMap, BTreeSet};

use super::paths::out_path;
use super::{Domain, Layout, Mode, OutFile};
use crate::cut::state::State;
use crate::cut::{Job, partition, stands, uses};
use crate::id::{CrateId, FileId, ItemId};
use crate::render::item::{self, Choice};
use crate::slice::Slice;
use crate::syntax::ItemKind;
use crate::text::relative;
use crate::workspace::TargetShape;

/// The domain crates that a slice needs.
pub fn domains(job: &Job<'_>, slice: &Slice, state: &State) -> Vec<Domain> {
    let tree = job.tree;
    // A crate whose kept items all belong to functions has no domain part.
    let shared = slice.kept.keys().filter(|i| !state.owned.contains_key(i));
    let mut crates: BTreeSet<CrateId> = shared.map(|i| tree.item(*i).krate).collect();
    // A crate of which nothing is kept, and that kept code imports through.
    let kept = slice.crates(tree);
    let through = state.leaves.forced.iter().map(|m| tree.module(*m).krate);
    crates.extend(through.filter(|krate| !kept.contains(krate)));
    let mut verbatim = BTreeSet::new();
    for (krate, unused) in users(job, slice, state) {
        for found in stands::on(job, krate, &|_, d| !unused.contains(&d.key)) {
            if tree.krate(found).shape == TargetShape::ProcMacro {
                verbatim.insert(found);
                verbatim.extend(stands::all(job, found, &stands::declared));
            }
        }
    }
    // What the slice has of such a crate too is not copied beside it: all of it stays (see `served`).
    verbatim.retain(|krate| crates.insert(*krate));
    let mut list: Vec<Domain> = crates
        .into_iter()
        .filter_map(|krate| {
            let c = tree.krate(krate);
            let package = job.workspace.package(c.package)?;
            // A program that is all of its package keeps the names: `module_path!` and `CARGO_PKG_NAME` give what
            // they gave. Beside a library or another program it needs names of its own.
            let is_beside = c.shape == TargetShape::Bin && package.targets.len() > 1;
            let mode = match state.choices.get(&krate) {
                Some(choice) => choice.mode,
                None if verbatim.contains(&krate) => Mode::Copied,
                None => Mode::Slimmed,
            };
            let package_name = if is_beside {
                format!("{}-bin", kebab_crate(&c.name))
            } else {
                package.name.clone()
            };
            Some(Domain {
                krate,
                package: package.id,
                dir: if mode == Mode::Kept {
                    relative(&package.dir, job.out).into_string()
                } else {
                    format!("domain/{package_name}")
                },
                lib_name: if is_beside {
                    format!("{}_bin", c.name)
                } else {
                    c.name.clone()
                },
                package_name,
                mode,
                modules: BTreeSet::new(),
            })
        })
        .collect();
    list.sort_by(|a, b| a.dir.cmp(&b.dir));
    list
}

/// The crates that slice items lie in, with the dependencies that they do without: as domain crates, and as what
/// functions own of them.
fn users(job: &Job<'_>, slice: &Slice, state: &State) -> BTreeSet<(CrateId, BTreeSet<String>)> {
    let tree = job.tree;
    let unused = |dir: String| state.unused.get(&dir).cloned().unwrap_or_default();
    let users: BTreeSet<(CrateId, Option<&ItemId>)> = slice
        .kept
        .keys()
        .map(|item| (tree.item(*item).krate, state.owned.get(item)))
        .collect();
    let without = |krate: CrateId, owner: Option<&ItemId>| {
        if let Some(owner) = owner {
            let entry = job.entries.iter().find(|e| e.item == *owner);
            return unused(entry.map_or_else(String::new, |e| format!("functions/{}", e.name)));
        }
        // What is kept whole has all its dependencies.
        let choice = state.choices.get(&krate);
        if choice.is_some_and(|c| c.mode == Mode::Kept) {
            return BTreeSet::new();
        }
        let package = job.workspace.package(tree.krate(krate).package);
        unused(package.map_or_else(String::new, |p| format!("domain/{}", p.name)))
    };
    users
        .into_iter()
        .map(|(krate, owner)| (krate, without(krate, owner)))
        .collect()
}

/// The crates of a slice that a proc-macro crate stands on which the slice may use: a macro's own code is not
/// followed, so all of them has to stay.
pub fn served(job: &Job<'_>, slice: &Slice) -> BTreeSet<CrateId> {
    let tree = job.tree;
    let crates = slice.crates(tree);
    let direct = crates
        .iter()
        .flat_map(|krate| stands::on(job, *krate, &stands::declared));
    let macros = direct.filter(|k| tree.krate(*k).shape == TargetShape::ProcMacro);
    let below: BTreeSet<CrateId> = macros
        .flat_map(|krate| stands::all(job, krate, &stands::declared))
        .collect();
    below.intersection(&crates).copied().collect()
}

fn kebab_crate(name: &str) -> String {
    name.replace('_', "-")
}

/// Puts the files of a domain crate into the layout.
pub fn place(
    job: &Job<'_>,
    domain: &Domain,
    everywhere: &BTreeSet<ItemId>,
    state: &State,
    out: &mut Layout,
) {
    let choice = domain_choice(job, domain, everywhere, state);
    out.choices
        .insert(domain.dir.clone(), (domain.krate, choice.clone()));
    place_crate(job, domain, &choice, out);
    if let Some(placed) = out.domains.iter_mut().find(|d| d.dir == domain.dir) {
        placed.modules = choice.modules;
    }
}

fn domain_choice(
    job: &Job<'_>,
    domain: &Domain,
    everywhere: &BTreeSet<ItemId>,
    state: &State,
) -> Choice {
    let tree = job.tree;
    let is_whole = state.whole_crates.contains(&domain.krate) || domain.mode == Mode::Copied;
    let items: BTreeSet<ItemId> = tree
        .items
        .iter()
        .filter(|i| i.krate == domain.krate)
        .filter(|i| {
            let main = tree.raw(i.id).kind == ItemKind::Fn
                && tree.raw(i.id).name == "main"
                && tree.krate(i.krate).root == i.module
                && tree.krate(i.krate).shape == TargetShape::Bin;
            if state.owned.contains_key(&i.id) || main {
                return false;
            }
            everywhere.contains(&i.id)
                || (i.active && (is_whole || state.whole_files.contains(&(i.krate, i.file))))
        })
        .map(|i| i.id)
        .collect();
    // What functions own is not there for the domain.
    let mut all: BTreeSet<ItemId> = everywhere
        .iter()
        .copied()
        .filter(|i| !state.owned.contains_key(i))
        .collect();
    all.extend(items.iter().copied());
    let (modules, leaves) = uses::needed(
        job.workspace,
        tree,
        job.graph,
        domain.krate,
        &items,
        &uses::There {
            items: &all,
            modules: &BTreeSet::new(),
        },
        &state.leaves,
    );
    let mut widen = state.widen.clone();
    widen.extend(used_by_functions(job, domain.krate, state));
    // A widened item is of no use in a module that cannot be named; a method is named by its type's path.
    let is_entry = |id: ItemId| job.entries.iter().any(|e| e.item == id);
    for id in widen.clone() {
        let item = tree.item(id);
        if item.krate != domain.krate || (item.parent.is_some() && is_entry(id)) {
            continue;
        }
        widen.extend(tree.declarations(tree.item(id).module));
    }
    let private_but = state.private_view.then(|| {
        let mut public = public_items(job, domain.krate, everywhere, &widen);
        // The modules and re-exports on the way to what function crates name.
        public.extend(state.exposed.keys().copied());
        for (using, _) in &state.leaves.pinned {
            public.insert(*using);
            // All leaves of a declaration have one visibility, and what they name must bear it.
            public.extend(job.graph.out(*using).map(|edge| edge.to));
        }
        for id in public.clone() {
            public.extend(tree.declarations(tree.item(id).module));
        }
        public
    });
    Choice {
        items,
        modules,
        leaves,
        widen,
        attributes: state.all_attributes(),
        prologue: BTreeMap::new(),
        lifted: state.lifted.clone(),
        private_but,
        tests: false,
    }
}

/// What the function crates' own items name in the domain: items, fields and methods.
fn used_by_functions(job: &Job<'_>, krate: CrateId, state: &State) -> BTreeSet<ItemId> {
    let tree = job.tree;
    let mut used = BTreeSet::new();
    if state.owned.is_empty() {
        return used;
    }
    used.extend(partition::reached(job, krate, state));
    for edge in job.graph.graph.edge_weights() {
        let from = tree.unit(edge.from);
        if state.owned.contains_key(&from)
            && tree.item(edge.to).krate == krate
            && !state.owned.contains_key(&tree.unit(edge.to))
        {
            used.insert(edge.to);
            used.insert(tree.unit(edge.to));
            // A method is of no use without its type.
            used.extend(tree.item(edge.to).parent);
        }
    }
    used
}

/// What must stay `pub` for other crates of the output.
fn public_items(
    job: &Job<'_>,
    krate: CrateId,
    kept: &BTreeSet<ItemId>,
    widen: &BTreeSet<ItemId>,
) -> BTreeSet<ItemId> {
    let tree = job.tree;
    let mut public = widen.clone();
    let add_modules = |public: &mut BTreeSet<ItemId>, id: ItemId| {
        public.extend(tree.declarations(tree.item(id).module));
    };
    let mut crossed = false;
    for edge in job.graph.graph.edge_weights() {
        if tree.item(edge.to).krate == krate
            && tree.item(edge.from).krate != krate
            && kept.contains(&tree.unit(edge.from))
        {
            crossed = true;
            public.insert(edge.to);
            public.insert(tree.unit(edge.to));
            add_modules(&mut public, edge.to);
        }
    }
    if crossed {
        // Re-exports may be the way the others come in.
        public.extend(
            tree.items
                .iter()
                .filter(|i| i.krate == krate && tree.raw(i.id).kind == ItemKind::Use)
                .map(|i| i.id),
        );
        public.extend(
            tree.modules
                .iter()
                .filter(|m| m.krate == krate)
                .filter_map(|m| m.decl),
        );
    }
    public
}

fn place_crate(job: &Job<'_>, domain: &Domain, choice: &Choice, out: &mut Layout) {
    let tree = job.tree;
    let Some(package) = job.workspace.package(domain.package) else {
        return;
    };
    if domain.mode == Mode::Copied {
        for file in tree
            .modules
            .iter()
            .filter(|m| m.krate == domain.krate)
            .map(|m| m.file)
        {
            let source = tree.file(file);
            if let Some(path) = out_path(package, domain, &source.path, None) {
                out.files
                    .insert(path, OutFile::made(source.text.as_bytes()));
            }
        }
        return;
    }
    let files: BTreeSet<FileId> = tree
        .modules
        .iter()
        .filter(|m| m.krate == domain.krate && choice.modules.contains(&m.id))
        .map(|m| m.file)
        .collect();
    let root = tree.module(tree.krate(domain.krate).root).file;
    for file in files {
        let source = tree.file(file);
        let edited = item::cut(tree, domain.krate, file, choice);
        let is_bin_root = file == root && tree.krate(domain.krate).shape == TargetShape::Bin;
        let Some(path) = out_path(
            package,
            domain,
            &source.path,
            is_bin_root.then_some("lib.rs"),
        ) else {
            continue;
        };
        out.files
            .insert(path, OutFile::moved(domain.krate, file, edited));
    }
}
