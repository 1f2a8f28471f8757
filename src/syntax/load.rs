//! Reads and parses the files of a workspace and lays out its modules and items.
//!
//! Input: [`Workspace`]. Output: [`ItemTree`]. A file that does not parse or cannot be read is a
//! diagnostic, its module stays empty, the rest still loads.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;

use super::ahead::ahead;
use super::conditions::{holds_unset, may_hold};
use super::parse;
use super::tree::{Crate, Item, ItemTree, Module, SourceFile};
use super::types::{FileSyntax, ItemKind, Payload};
use crate::diag::{Code, Diagnostic, Place, Sink};
use crate::id::{CrateId, FileId, ItemId, ModuleId, PackageId};
use crate::workspace::Workspace;

/// Stack of a parsing thread, in bytes: room for [`parse`]'s deepest nesting. It is address space; memory is
/// used as far as code really nests.
const STACK: usize = 256 << 20;

/// A file's text and syntax, or why it could not be read.
pub(super) type Parsed = Result<(String, FileSyntax), Diagnostic>;

/// Reads and parses every file of every lib and bin target, and lays out modules and items.
pub fn load(workspace: &Workspace, sink: &mut Sink) -> ItemTree {
    let mut tree = ItemTree::default();
    let mut pending: Vec<(ModuleId, Utf8PathBuf)> = Vec::new();
    for package in &workspace.packages {
        for target in &package.targets {
            let id = CrateId::new(tree.crates.len());
            let root = ModuleId::new(tree.modules.len());
            tree.modules.push(Module {
                id: root,
                krate: id,
                parent: None,
                name: target.crate_name(),
                file: FileId(0),
                inline: None,
                decl: None,
                // A program whose features are off is not compiled at all.
                active: package.builds_target(target),
            });
            tree.crates.push(Crate {
                id,
                package: package.id,
                name: target.crate_name(),
                shape: target.shape,
                root,
                edition: target.edition.clone(),
            });
            pending.push((root, target.root.clone()));
        }
    }
    let threads = rayon::ThreadPoolBuilder::new().stack_size(STACK).build();
    let roots: Vec<Utf8PathBuf> = pending.iter().map(|(_, path)| path.clone()).collect();
    let mut read = on(threads.as_ref().ok(), || ahead(workspace, roots));
    // Breadth first: ids are the same in each run.
    while !pending.is_empty() {
        let mut wanted: Vec<&Utf8PathBuf> = pending
            .iter()
            .map(|(_, path)| path)
            .filter(|p| !tree.file_by_path.contains_key(*p))
            .collect();
        wanted.sort();
        wanted.dedup();
        let missing: Vec<&Utf8PathBuf> = wanted
            .iter()
            .copied()
            .filter(|path| !read.contains_key(*path))
            .collect();
        if !missing.is_empty() {
            let files: Vec<(Utf8PathBuf, Parsed)> = on(threads.as_ref().ok(), || {
                let files = missing.into_par_iter();
                files
                    .map(|path| (path.clone(), parsed(workspace, path)))
                    .collect()
            });
            read.extend(files);
        }
        let wanted = wanted.into_iter().cloned();
        let files: Vec<(Utf8PathBuf, Parsed)> =
            wanted.filter_map(|path| read.remove_entry(&path)).collect();
        for (path, loaded) in files {
            let (text, syntax) = match loaded {
                Ok(loaded) => loaded,
                Err(diagnostic) => {
                    sink.push(diagnostic);
                    (String::new(), FileSyntax::default())
                }
            };
            if let Some(error) = &syntax.error {
                let source = text
                    .lines()
                    .nth(error.line.saturating_sub(1))
                    .unwrap_or("")
                    .to_owned();
                let place = Place {
                    file: workspace.relative(&path).to_owned(),
                    line: error.line,
                    column: error.column,
                    source,
                };
                sink.push(
                    Diagnostic::new(
                        Code::DoesNotParse,
                        format!(
                            "{} does not parse: {}",
                            workspace.relative(&path),
                            error.message
                        ),
                    )
                    .at(place)
                    .help(
                        "its items are left out of the graph; fix the file if the slice needs them",
                    ),
                );
            }
            let id = FileId::new(tree.files.len());
            tree.file_by_path.insert(path.clone(), id);
            let ends = text.match_indices('\n').map(|(at, _)| at as u32 + 1);
            tree.files.push(SourceFile {
                id,
                path,
                line_starts: std::iter::once(0).chain(ends).collect(),
                text: text.into(),
                syntax,
            });
        }
        let mut next = Vec::new();
        for (module, path) in std::mem::take(&mut pending) {
            if let Some(file) = tree.file_by_path.get(&path).copied() {
                place_file(&mut tree, workspace, module, file, &mut next);
            }
        }
        pending = next;
    }
    tree
}

/// Runs on threads with room for deep nesting; where address space is limited, on those that there are.
fn on<T: Send>(threads: Option<&rayon::ThreadPool>, work: impl FnOnce() -> T + Send) -> T {
    match threads {
        Some(threads) => threads.install(work),
        None => work(),
    }
}

/// One file.
pub(super) fn parsed(workspace: &Workspace, path: &Utf8Path) -> Parsed {
    let text = workspace.read_source(path)?;
    let syntax = parse::parse_file(&text);
    Ok((text, syntax))
}

/// Puts a file's items and inline modules under `module`; out-of-line modules go to `next`.
fn place_file(
    tree: &mut ItemTree,
    workspace: &Workspace,
    module: ModuleId,
    file: FileId,
    next: &mut Vec<(ModuleId, Utf8PathBuf)>,
) {
    let krate = tree.module(module).krate;
    if let Some(m) = tree.modules.get_mut(module.index()) {
        m.file = file;
    }
    let base = tree.items.len() as u32;
    // A file that one crate includes twice keeps its first place for look-ups by offset, of those that are
    // compiled.
    let before = tree.by_file.get(&(krate, file)).copied();
    let is_off = |base: u32| {
        let first = tree.items.get(base as usize);
        first.is_some_and(|item| !tree.module(item.module).active)
    };
    if before.is_none_or(|base| is_off(base) && tree.module(module).active) {
        tree.by_file.insert((krate, file), base);
    }
    let raws: Vec<RawHead> = tree
        .file(file)
        .syntax
        .items
        .iter()
        .map(|raw| RawHead {
            kind: raw.kind,
            name: raw.name.clone(),
            parent: raw.parent,
            cfgs: raw.cfgs().map(str::to_owned).collect(),
            payload: match &raw.payload {
                Payload::Mod { inline, path } => Declares::Mod(*inline, path.clone()),
                Payload::MacroCall { modules, .. } => Declares::ByMacro(modules.clone()),
                _ => Declares::Nothing,
            },
        })
        .collect();
    let off = twins_off(workspace, tree.krate(krate).package, &raws);
    let mut inline_modules: HashMap<usize, ModuleId> = HashMap::new();
    for (index, head) in raws.into_iter().enumerate() {
        let id = ItemId::new(tree.items.len());
        let enclosing = head.parent.and_then(|p| inline_modules.get(&p).copied());
        let (in_module, parent) = match (head.parent, enclosing) {
            (None, _) => (module, None),
            (Some(_), Some(inline)) => (inline, None),
            (Some(p), None) => {
                let parent = ItemId(base + p as u32);
                (
                    tree.items.get(parent.index()).map_or(module, |i| i.module),
                    Some(parent),
                )
            }
        };
        let outer_active = match parent {
            Some(parent) => tree.items.get(parent.index()).is_none_or(|i| i.active),
            None => tree.module(in_module).active,
        };
        let package = tree.krate(krate).package;
        let features = workspace.package(package).map(|p| &p.active_features);
        let none = BTreeSet::new();
        let active = outer_active
            && !off.contains(&index)
            && head
                .cfgs
                .iter()
                .all(|cfg| may_hold(&workspace.host_cfg, features.unwrap_or(&none), cfg));
        tree.items.push(Item {
            id,
            krate,
            module: in_module,
            file,
            raw: index,
            parent,
            declares: None,
            active,
        });
        match head.payload {
            Declares::Nothing => {}
            Declares::Mod(inline, path) => {
                let child = add_module(
                    tree,
                    in_module,
                    &head.name,
                    id,
                    active,
                    inline.then_some(index),
                );
                if let Some(item) = tree.items.get_mut(id.index()) {
                    item.declares = Some(child);
                }
                if inline {
                    inline_modules.insert(index, child);
                } else if let Some(found) =
                    module_file(tree, in_module, &head.name, path.as_deref())
                {
                    next.push((child, found));
                }
                // rustc will say what is missing; here the module just stays empty.
            }
            Declares::ByMacro(names) if head.kind == ItemKind::MacroCall => {
                for name in names {
                    if let Some(found) = module_file(tree, in_module, &name, None) {
                        let child = add_module(tree, in_module, &name, id, active, None);
                        next.push((child, found));
                    }
                }
            }
            Declares::ByMacro(_) => {}
        }
    }
}

/// Of modules that are declared twice, under a condition and under its opposite, those that are not compiled
/// unless something sets the condition, where nothing can: no build script, no flags.
fn twins_off(workspace: &Workspace, package: PackageId, raws: &[RawHead]) -> BTreeSet<usize> {
    let mut off = BTreeSet::new();
    let Some(package) = workspace.package(package) else {
        return off;
    };
    if package.build_script.is_some() || workspace.flags_set_cfg() {
        return off;
    }
    let mut named: BTreeMap<(Option<usize>, &str), Vec<usize>> = BTreeMap::new();
    for (index, head) in raws.iter().enumerate() {
        if head.kind == ItemKind::Mod && !head.cfgs.is_empty() {
            let same = named.entry((head.parent, &head.name)).or_default();
            same.push(index);
        }
    }
    for twins in named.values().filter(|twins| twins.len() > 1) {
        let holds = |index: &usize| {
            raws.get(*index).is_some_and(|head| {
                let mut cfgs = head.cfgs.iter();
                cfgs.all(|cfg| holds_unset(&workspace.host_cfg, &package.active_features, cfg))
            })
        };
        let (on, others): (Vec<usize>, Vec<usize>) = twins.iter().partition(|index| holds(index));
        if on.len() == 1 {
            off.extend(others);
        }
    }
    off
}

struct RawHead {
    kind: ItemKind,
    name: String,
    parent: Option<usize>,
    cfgs: Vec<String>,
    payload: Declares,
}

enum Declares {
    Nothing,
    Mod(bool, Option<String>),
    ByMacro(Vec<String>),
}

fn add_module(
    tree: &mut ItemTree,
    parent: ModuleId,
    name: &str,
    decl: ItemId,
    active: bool,
    inline: Option<usize>,
) -> ModuleId {
    let id = ModuleId::new(tree.modules.len());
    let (krate, file) = (tree.module(parent).krate, tree.module(parent).file);
    tree.modules.push(Module {
        id,
        krate,
        parent: Some(parent),
        name: name.to_owned(),
        file,
        inline,
        decl: Some(decl),
        active,
    });
    id
}

/// The file of `mod name;` in `module`, by the rules of the Rust reference, items.mod.outlined.
fn module_file(
    tree: &ItemTree,
    module: ModuleId,
    name: &str,
    path_attr: Option<&str>,
) -> Option<Utf8PathBuf> {
    let mut inline_names = Vec::new();
    let mut at = tree.module(module);
    while at.inline.is_some() {
        inline_names.push(at.name.clone());
        at = tree.module(at.parent?);
    }
    inline_names.reverse();
    let file = &tree.file(at.file).path;
    let dir = file.parent()?;
    let stem = file.file_stem()?;
    let owns_dir = at.parent.is_none() || stem == "mod" || {
        // A file reached by #[path] owns its folder like a mod.rs.
        at.decl
            .is_some_and(|d| matches!(&tree.raw(d).payload, Payload::Mod { path: Some(_), .. }))
    };
    let mut own_dir = if owns_dir {
        dir.to_owned()
    } else {
        dir.join(stem)
    };
    let mut attr_dir = if inline_names.is_empty() || owns_dir {
        dir.to_owned()
    } else {
        dir.join(stem)
    };
    for inline in &inline_names {
        own_dir.push(inline);
        attr_dir.push(inline);
    }
    if let Some(path) = path_attr {
        let joined = crate::text::clean(&attr_dir.join(path));
        return joined.is_file().then_some(joined);
    }
    [
        own_dir.join(format!("{name}.rs")),
        own_dir.join(name).join("mod.rs"),
    ]
    .into_iter()
    .find(|path| path.is_file())
}
