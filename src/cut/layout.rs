//! The output as files: domain crates cut from the user's text, function crates, manifests.
//!
//! Input: the tree, the slice and the [`State`]. Output: [`Layout`], each text with the way back to the
//! user's file. Writes nothing.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use super::Job;
use super::state::State;
use super::uses;
use crate::diag::Diagnostic;
use crate::id::{CrateId, FileId, ItemId, ModuleId, PackageId};
use crate::render::edit::Edited;
use crate::render::item::{self, Choice};
use crate::render::manifest::{self, DomainManifest, FunctionDependency, RootManifest};
use crate::slice::Slice;
use crate::syntax::ItemKind;
use crate::workspace::{Package, TargetShape};

/// A domain crate of the output.
#[derive(Clone, Debug)]
pub struct Domain {
    /// The source crate.
    pub krate: CrateId,
    /// Its package.
    pub package: PackageId,
    /// Its folder in the output, `domain/shop-domain`.
    pub dir: String,
    /// The package's name in the output.
    pub package_name: String,
    /// The library's name in the output.
    pub lib_name: String,
    /// Whether it is copied as it is (proc-macro crates).
    pub verbatim: bool,
    /// The modules that it has in the output.
    pub modules: BTreeSet<ModuleId>,
}

/// A file of the output.
#[derive(Clone, Debug)]
pub struct OutFile {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// For moved code: the crate, the file, and the edits.
    pub origin: Option<(CrateId, FileId, Edited)>,
}

/// The output.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// Files by relative path.
    pub files: BTreeMap<Utf8PathBuf, OutFile>,
    /// Domain crates in order of their folders.
    pub domains: Vec<Domain>,
}

impl Layout {
    /// The user's file and offset behind a place in an output file.
    pub fn origin(&self, path: &str, offset: u32) -> Option<(CrateId, FileId, u32)> {
        let file = self.files.get(Utf8Path::new(path))?;
        let (krate, id, edited) = file.origin.as_ref()?;
        Some((*krate, *id, edited.original(offset)))
    }

    /// The domain crate in a folder.
    pub fn domain(&self, dir: &str) -> Option<&Domain> {
        self.domains.iter().find(|d| d.dir == dir)
    }
}

/// The domain crates that a slice needs.
pub fn domains(job: &Job<'_>, slice: &Slice, state: &State) -> Vec<Domain> {
    let tree = job.tree;
    // A crate whose kept items all belong to functions has no domain part.
    let shared = slice.kept.keys().filter(|i| !state.owned.contains_key(i));
    let mut crates: BTreeSet<CrateId> = shared.map(|i| tree.item(*i).krate).collect();
    // Proc-macro crates leave no edges; a package that depends on one may use it.
    let mut queue: Vec<CrateId> = crates.iter().copied().collect();
    let mut verbatim = BTreeSet::new();
    while let Some(krate) = queue.pop() {
        let Some(package) = job.workspace.package(tree.krate(krate).package) else {
            continue;
        };
        let is_verbatim = verbatim.contains(&krate);
        for dependency in package.dependencies.iter().filter(|d| d.path.is_some()) {
            if dependency.kind == cargo_metadata::DependencyKind::Development {
                continue;
            }
            let found = tree.crates.iter().find(|c| {
                c.shape != TargetShape::Bin
                    && job
                        .workspace
                        .package(c.package)
                        .is_some_and(|p| p.name == dependency.package)
            });
            let Some(found) = found else { continue };
            if (found.shape == TargetShape::ProcMacro || is_verbatim) && crates.insert(found.id) {
                verbatim.insert(found.id);
                queue.push(found.id);
            }
        }
    }
    let mut list: Vec<Domain> = crates
        .into_iter()
        .filter_map(|krate| {
            let c = tree.krate(krate);
            let package = job.workspace.package(c.package)?;
            let is_bin = c.shape == TargetShape::Bin;
            let package_name = if is_bin {
                format!("{}-bin", kebab_crate(&c.name))
            } else {
                package.name.clone()
            };
            Some(Domain {
                krate,
                package: package.id,
                dir: format!("domain/{package_name}"),
                lib_name: if is_bin {
                    format!("{}_bin", c.name)
                } else {
                    c.name.clone()
                },
                package_name,
                verbatim: verbatim.contains(&krate),
                modules: BTreeSet::new(),
            })
        })
        .collect();
    list.sort_by(|a, b| a.dir.cmp(&b.dir));
    list
}

fn kebab_crate(name: &str) -> String {
    name.replace('_', "-")
}

/// Renders everything.
///
/// # Errors
/// A diagnostic when a manifest cannot be read.
pub fn layout(job: &Job<'_>, slice: &Slice, state: &State) -> Result<Layout, Diagnostic> {
    let mut out = Layout {
        domains: domains(job, slice, state),
        ..Layout::default()
    };
    let everywhere: BTreeSet<ItemId> = slice.kept.keys().copied().collect();
    let owned: BTreeSet<ItemId> = state.owned.keys().copied().collect();
    let mut state = state.clone();
    let imported = uses::imported_modules(
        job.workspace,
        job.tree,
        job.graph,
        &everywhere,
        &owned,
        &state.leaves,
    );
    state.leaves.forced.extend(imported);
    let state = &state;
    let mut manifests = Vec::new();
    for domain in out.domains.clone() {
        let choice = domain_choice(job, &domain, &everywhere, state);
        place_crate(job, &domain, &choice, &mut out);
        if let Some(placed) = out.domains.iter_mut().find(|d| d.dir == domain.dir) {
            placed.modules.clone_from(&choice.modules);
        }
        let text = domain_manifest(job, &domain, &out, state)?;
        manifests.push(text.clone());
        let path = Utf8PathBuf::from(&domain.dir).join("Cargo.toml");
        out.files.insert(
            path,
            OutFile {
                bytes: text.into_bytes(),
                origin: None,
            },
        );
    }
    for entry in job.entries {
        super::function::place(job, entry, &everywhere, state, &mut out)?;
    }
    root_files(job, &manifests, &mut out)?;
    Ok(out)
}

fn domain_choice(
    job: &Job<'_>,
    domain: &Domain,
    everywhere: &BTreeSet<ItemId>,
    state: &State,
) -> Choice {
    let tree = job.tree;
    let is_whole = state.whole_crates.contains(&domain.krate) || domain.verbatim;
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
    // A widened item is of no use in a module that cannot be named.
    for id in widen.clone() {
        if tree.item(id).krate != domain.krate {
            continue;
        }
        widen.extend(tree.declarations(tree.item(id).module));
    }
    let mut attributes = state.attributes.clone();
    for item in &state.allow_dead {
        attributes
            .entry(*item)
            .or_default()
            .push("#[allow(dead_code)]".to_owned());
    }
    let private_but = state.private_view.then(|| {
        let mut public = public_items(job, domain.krate, everywhere, &widen);
        // The modules and re-exports on the way to what function crates name.
        public.extend(state.exposed.keys().copied());
        public.extend(state.leaves.pinned.iter().map(|(using, _)| *using));
        for id in state
            .exposed
            .keys()
            .copied()
            .chain(state.leaves.pinned.iter().map(|(u, _)| *u))
        {
            public.extend(tree.declarations(tree.item(id).module));
        }
        public
    });
    Choice {
        items,
        modules,
        leaves,
        widen,
        attributes,
        prologue: BTreeMap::new(),
        private_but,
    }
}

/// What the function crates' own items name in the domain: items, fields and methods.
fn used_by_functions(job: &Job<'_>, krate: CrateId, state: &State) -> BTreeSet<ItemId> {
    let tree = job.tree;
    let mut used = BTreeSet::new();
    if state.owned.is_empty() {
        return used;
    }
    used.extend(super::partition::reached(job, krate, state));
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
    if domain.verbatim {
        for file in tree
            .modules
            .iter()
            .filter(|m| m.krate == domain.krate)
            .map(|m| m.file)
        {
            let source = tree.file(file);
            if let Some(path) = out_path(package, domain, &source.path, None) {
                out.files.insert(
                    path,
                    OutFile {
                        bytes: source.text.as_bytes().to_vec(),
                        origin: None,
                    },
                );
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
        let bytes = edited.text.clone().into_bytes();
        out.files.insert(
            path,
            OutFile {
                bytes,
                origin: Some((domain.krate, file, edited)),
            },
        );
    }
}

/// Where a package's file goes; `None` when it would leave the output folder.
pub fn out_path(
    package: &Package,
    domain: &Domain,
    path: &Utf8Path,
    rename: Option<&str>,
) -> Option<Utf8PathBuf> {
    let base = Utf8PathBuf::from("/").join(&domain.dir);
    let relative = relative_to(path, &package.dir);
    let mut full = crate::text::clean(&base.join(relative));
    if let Some(name) = rename {
        full = full.with_file_name(name);
    }
    full.strip_prefix("/").ok().map(Utf8Path::to_owned)
}

/// `path` relative to `base`, with `..` where it lies outside.
pub fn relative_to(path: &Utf8Path, base: &Utf8Path) -> Utf8PathBuf {
    let path: Vec<_> = path.components().collect();
    let base: Vec<_> = base.components().collect();
    let shared = path.iter().zip(&base).take_while(|(a, b)| a == b).count();
    let mut out = Utf8PathBuf::new();
    for _ in shared..base.len() {
        out.push("..");
    }
    for part in path.iter().skip(shared) {
        out.push(part.as_str());
    }
    out
}

fn domain_manifest(
    job: &Job<'_>,
    domain: &Domain,
    out: &Layout,
    state: &State,
) -> Result<String, Diagnostic> {
    let Some(package) = job.workspace.package(domain.package) else {
        return Ok(String::new());
    };
    let text = job.workspace.read_source(&package.manifest_path)?;
    let tree = job.tree;
    let krate = tree.krate(domain.krate);
    let root = &tree.file(tree.module(krate.root).file).path;
    let lib_path = if krate.shape == TargetShape::Bin {
        relative_to(root, &package.dir).with_file_name("lib.rs")
    } else {
        relative_to(root, &package.dir)
    };
    if domain.verbatim {
        return Ok(manifest::without_tests(
            &text,
            &member_relocation(job, domain, out),
        ));
    }
    let members: BTreeMap<String, String> = out
        .domains
        .iter()
        .filter(|d| d.dir != domain.dir && tree.krate(d.krate).shape != TargetShape::Bin)
        .map(|d| {
            (
                d.package_name.clone(),
                format!("../{}", d.dir.trim_start_matches("domain/")),
            )
        })
        .collect();
    let member_dirs = job
        .workspace
        .packages
        .iter()
        .map(|p| (p.dir.clone(), p.name.clone()))
        .collect();
    let named = named_features(out, &domain.dir);
    let own_lib = (krate.shape == TargetShape::Bin)
        .then(|| {
            members
                .get(&package.name)
                .map(|to| (package.name.clone(), to.clone()))
        })
        .flatten();
    let mut add = Vec::new();
    let derives = state.attributes.iter().any(|(item, lines)| {
        tree.item(*item).krate == domain.krate && lines.iter().any(|l| l.contains("serde"))
    });
    if derives {
        add.push((
            "serde".to_owned(),
            "1".to_owned(),
            vec!["derive".to_owned()],
        ));
    }
    let is_bin = krate.shape == TargetShape::Bin;
    let root_text = job
        .workspace
        .read_source(&job.workspace.root.join("Cargo.toml"))?;
    let text = manifest::domain(&DomainManifest {
        text: &text,
        root_text: &root_text,
        rename: is_bin.then_some(domain.package_name.as_str()),
        lib: Some((domain.lib_name.clone(), lib_path.into_string())),
        drop: state.unused.get(&domain.dir).cloned().unwrap_or_default(),
        keep_build: keeps_build(job, package, domain, out),
        members,
        member_dirs,
        dir: &package.dir,
        active: package.active_features.clone(),
        named,
        allow: state
            .allow_lints
            .get(&domain.dir)
            .cloned()
            .unwrap_or_default(),
        add,
        add_features: job.foreign_features.clone(),
        own_lib,
    });
    Ok(text)
}

/// Where the members that a verbatim crate depends on lie now, by their folders in the user's workspace.
fn member_relocation(job: &Job<'_>, domain: &Domain, out: &Layout) -> BTreeMap<String, String> {
    out.domains
        .iter()
        .filter(|d| d.dir != domain.dir)
        .filter_map(|d| {
            let name = &job.workspace.package(d.package)?.name;
            Some((
                name.clone(),
                format!("../{}", d.dir.trim_start_matches("domain/")),
            ))
        })
        .collect()
}

/// Features that the code of a domain crate names in `cfg`s.
fn named_features(out: &Layout, dir: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (path, file) in &out.files {
        if !path.starts_with(dir) || path.extension() != Some("rs") {
            continue;
        }
        let Ok(text) = std::str::from_utf8(&file.bytes) else {
            continue;
        };
        for (at, _) in text.match_indices("feature") {
            let rest = text.get(at + "feature".len()..).unwrap_or("").trim_start();
            let Some(rest) = rest.strip_prefix('=') else {
                continue;
            };
            let Some(rest) = rest.trim_start().strip_prefix('"') else {
                continue;
            };
            if let Some((name, _)) = rest.split_once('"') {
                names.insert(name.to_owned());
            }
        }
    }
    names
}

/// A build script stays when kept code reads what it makes: generated files, environment, `cfg`s, or when
/// it links a library.
pub fn keeps_build(job: &Job<'_>, package: &Package, domain: &Domain, out: &Layout) -> bool {
    if package.build_script.is_none() {
        return false;
    }
    let (cfgs, env, linked) = job
        .references
        .build_scripts
        .get(&package.name)
        .cloned()
        .unwrap_or_default();
    if linked || package.links.is_some() {
        return true;
    }
    let cfg_names: Vec<&str> = cfgs
        .iter()
        .map(|c| c.split('=').next().unwrap_or(c).trim())
        .collect();
    out.files.iter().any(|(path, file)| {
        if !path.starts_with(&domain.dir) || file.origin.is_none() {
            return false;
        }
        let Ok(text) = std::str::from_utf8(&file.bytes) else {
            return true;
        };
        text.contains("OUT_DIR")
            || env.iter().any(|name| text.contains(name.as_str()))
            || cfg_names
                .iter()
                .any(|name| text.contains("cfg") && text.contains(name))
    })
}

fn root_files(job: &Job<'_>, manifests: &[String], out: &mut Layout) -> Result<(), Diagnostic> {
    let text = job
        .workspace
        .read_source(&job.workspace.root.join("Cargo.toml"))?;
    let mut members: Vec<String> = out.domains.iter().map(|d| d.dir.clone()).collect();
    members.extend(job.entries.iter().map(|e| format!("functions/{}", e.name)));
    let member_paths = out
        .domains
        .iter()
        .map(|d| (d.package_name.clone(), d.dir.clone()))
        .collect();
    let mut inherited: BTreeSet<String> = manifests
        .iter()
        .flat_map(|m| manifest::inherited(m))
        .collect();
    for (path, file) in &out.files {
        if path.file_name() == Some("Cargo.toml") {
            inherited.extend(manifest::inherited(&String::from_utf8_lossy(&file.bytes)));
        }
    }
    let root = manifest::root(&RootManifest {
        text: &text,
        root: &job.workspace.root,
        members,
        member_paths,
        resolver: &manifest::resolver(&text),
        inherited,
    });
    out.files.insert(
        "Cargo.toml".into(),
        OutFile {
            bytes: root.into_bytes(),
            origin: None,
        },
    );
    for name in [
        "Cargo.lock",
        "rust-toolchain.toml",
        "rust-toolchain",
        ".cargo/config.toml",
        ".cargo/config",
        "clippy.toml",
    ] {
        let path = job.workspace.root.join(name);
        // A pin that this machine cannot follow was not what the cut was proven with.
        let unproven = name.starts_with("rust-toolchain") && job.workspace.toolchain.is_some();
        if !unproven
            && path.is_file()
            && let Ok(bytes) = fs_err::read(&path)
        {
            out.files.insert(
                name.into(),
                OutFile {
                    bytes,
                    origin: None,
                },
            );
        }
    }
    out.files.insert(
        ".gitignore".into(),
        OutFile {
            bytes: b"/target\n".to_vec(),
            origin: None,
        },
    );
    Ok(())
}

/// The function crate's dependency on a domain crate.
pub fn dependency_on(job: &Job<'_>, domain: &Domain, out: &Layout) -> FunctionDependency {
    let manifest = out
        .files
        .get(&Utf8PathBuf::from(&domain.dir).join("Cargo.toml"));
    let declared = manifest
        .map(|m| manifest::declared_features(&String::from_utf8_lossy(&m.bytes)))
        .unwrap_or_default();
    let active = job
        .workspace
        .package(domain.package)
        .map(|p| p.active_features.clone())
        .unwrap_or_default();
    let has_default = declared.contains("default");
    FunctionDependency {
        key: domain.package_name.clone(),
        path: Some(format!("../../{}", domain.dir)),
        features: active
            .intersection(&declared)
            .filter(|f| *f != "default")
            .cloned()
            .collect(),
        default_features: !has_default || active.contains("default"),
        ..FunctionDependency::default()
    }
}

/// A path to an item in the output, from the outside: `shop_domain::pricing::price`.
pub fn public_path(job: &Job<'_>, state: &State, out: &Layout, id: ItemId) -> String {
    let tree = job.tree;
    let item = tree.item(id);
    if let Some(owner) = state.owned.get(&id)
        && let Some(entry) = job.entries.iter().find(|e| e.item == *owner)
    {
        let mut path = tree.module_path(item.module);
        if let Some(first) = path.first_mut() {
            *first = entry.name.replace('-', "_");
        }
        path.extend(tree.local_name(id));
        return path
            .iter()
            .map(|s| raw_ident(s))
            .collect::<Vec<_>>()
            .join("::");
    }
    if let Some(path) = state.exposed.get(&id) {
        let domain = out.domains.iter().find(|d| d.krate == item.krate);
        let first = domain.map_or("crate", |d| d.lib_name.as_str());
        let rest = path.iter().map(|s| raw_ident(s));
        return std::iter::once(first.to_owned())
            .chain(rest)
            .collect::<Vec<_>>()
            .join("::");
    }
    let mut path = tree.module_path(item.module);
    if let Some(first) = path.first_mut()
        && let Some(domain) = out.domains.iter().find(|d| d.krate == item.krate)
    {
        first.clone_from(&domain.lib_name);
    }
    path.extend(tree.local_name(id));
    path.iter()
        .map(|s| raw_ident(s))
        .collect::<Vec<_>>()
        .join("::")
}

/// A name that is a keyword, as a raw identifier.
fn raw_ident(name: &str) -> String {
    const KEYWORDS: &[&str] = &[
        "as", "async", "await", "break", "const", "continue", "dyn", "else", "enum", "extern",
        "fn", "for", "gen", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut",
        "pub", "ref", "return", "static", "struct", "trait", "try", "type", "unsafe", "use",
        "where", "while",
    ];
    if KEYWORDS.contains(&name) {
        format!("r#{name}")
    } else {
        name.to_owned()
    }
}
