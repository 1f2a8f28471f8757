//! Files, crates, modules and items: the syntax of the whole workspace as one owned table.
//!
//! Input: [`Workspace`]. Output: [`ItemTree`]. A file that does not parse or cannot be read is a
//! diagnostic, its module stays empty, the rest still loads. No syn type leaves this module.

mod markers;
mod names;
mod parse;
mod signature;
mod types;
mod uses;

use std::collections::{BTreeMap, HashMap};
use std::str::FromStr as _;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;

use crate::diag::{Code, Diagnostic, Place, Sink};
use crate::id::{CrateId, FileId, ItemId, ModuleId, PackageId};
use crate::workspace::{TargetShape, Workspace};

pub use parse::parse_file;
pub use types::{
    Attr, FieldSyntax, FileSyntax, FnSig, ImplHead, ItemKind, NameRef, Param, ParseError, Payload,
    RawItem, RefKind, Ty, TypeParam, TypeShape, UseDecl, UseLeaf, UseNode, Visibility,
};

/// A source file.
#[derive(Debug)]
pub struct SourceFile {
    /// Its id.
    pub id: FileId,
    /// Where it lies.
    pub path: Utf8PathBuf,
    /// Its text.
    pub text: Arc<str>,
    /// Its items.
    pub syntax: FileSyntax,
}

/// A lib or bin target.
#[derive(Debug)]
pub struct Crate {
    /// Its id.
    pub id: CrateId,
    /// Its package.
    pub package: PackageId,
    /// Its name in rustc.
    pub name: String,
    /// Lib, proc-macro or bin.
    pub shape: TargetShape,
    /// Its root module.
    pub root: ModuleId,
    /// Its edition.
    pub edition: String,
}

/// A module of a crate.
#[derive(Debug)]
pub struct Module {
    /// Its id.
    pub id: ModuleId,
    /// Its crate.
    pub krate: CrateId,
    /// The enclosing module.
    pub parent: Option<ModuleId>,
    /// Its name; the crate's name for the root.
    pub name: String,
    /// The file that holds its body.
    pub file: FileId,
    /// The raw item of the file when it is inline.
    pub inline: Option<usize>,
    /// The `mod` item (or the macro call) that declares it; `None` for the root.
    pub decl: Option<ItemId>,
    /// Whether its `cfg`s hold.
    pub active: bool,
}

/// An item of a crate.
#[derive(Debug)]
pub struct Item {
    /// Its id.
    pub id: ItemId,
    /// Its crate.
    pub krate: CrateId,
    /// The module that holds it.
    pub module: ModuleId,
    /// Its file.
    pub file: FileId,
    /// Its place in the file's items.
    pub raw: usize,
    /// The impl, trait, type or extern block that holds it.
    pub parent: Option<ItemId>,
    /// The module it declares.
    pub declares: Option<ModuleId>,
    /// Whether its `cfg`s hold for the features and the host.
    pub active: bool,
}

/// The whole.
#[derive(Debug, Default)]
pub struct ItemTree {
    /// All files.
    pub files: Vec<SourceFile>,
    /// All crates.
    pub crates: Vec<Crate>,
    /// All modules.
    pub modules: Vec<Module>,
    /// All items.
    pub items: Vec<Item>,
    by_file: HashMap<(CrateId, FileId), u32>,
    file_by_path: BTreeMap<Utf8PathBuf, FileId>,
}

impl ItemTree {
    /// The file with this id.
    #[expect(clippy::indexing_slicing, reason = "ids are made by this table alone")]
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.index()]
    }

    /// The crate with this id.
    #[expect(clippy::indexing_slicing, reason = "ids are made by this table alone")]
    pub fn krate(&self, id: CrateId) -> &Crate {
        &self.crates[id.index()]
    }

    /// The module with this id.
    #[expect(clippy::indexing_slicing, reason = "ids are made by this table alone")]
    pub fn module(&self, id: ModuleId) -> &Module {
        &self.modules[id.index()]
    }

    /// The item with this id.
    #[expect(clippy::indexing_slicing, reason = "ids are made by this table alone")]
    pub fn item(&self, id: ItemId) -> &Item {
        &self.items[id.index()]
    }

    /// The syntax of an item.
    #[expect(clippy::indexing_slicing, reason = "ids are made by this table alone")]
    pub fn raw(&self, id: ItemId) -> &RawItem {
        let item = self.item(id);
        &self.file(item.file).syntax.items[item.raw]
    }

    /// The file at `path`.
    pub fn file_at(&self, path: &Utf8Path) -> Option<FileId> {
        self.file_by_path.get(path).copied()
    }

    /// The item of `krate` that is the `raw`-th of `file`.
    pub fn item_of(&self, krate: CrateId, file: FileId, raw: usize) -> Option<ItemId> {
        self.by_file
            .get(&(krate, file))
            .map(|base| ItemId(base + raw as u32))
    }

    /// The crates that include `file`.
    pub fn crates_of(&self, file: FileId) -> impl Iterator<Item = CrateId> + '_ {
        self.crates
            .iter()
            .map(|c| c.id)
            .filter(move |c| self.by_file.contains_key(&(*c, file)))
    }

    /// The innermost item of `krate` at a byte of `file`.
    pub fn innermost(&self, krate: CrateId, file: FileId, offset: u32) -> Option<ItemId> {
        let raws = &self.file(file).syntax.items;
        let mut at = raws
            .partition_point(|raw| raw.range.start <= offset)
            .checked_sub(1)?;
        loop {
            let raw = raws.get(at)?;
            if raw.range.contains(offset) {
                return self.item_of(krate, file, at);
            }
            at = raw.parent?;
        }
    }

    /// The item that a cut treats as one: fields and variants belong to their type, foreign items to
    /// their block.
    pub fn unit(&self, id: ItemId) -> ItemId {
        let mut id = id;
        while matches!(
            self.raw(id).kind,
            ItemKind::Field | ItemKind::Variant | ItemKind::ForeignItem
        ) {
            match self.item(id).parent {
                Some(parent) => id = parent,
                None => break,
            }
        }
        id
    }

    /// The module's path, crate name first.
    pub fn module_path(&self, id: ModuleId) -> Vec<String> {
        let mut path = Vec::new();
        let mut at = Some(id);
        while let Some(module) = at {
            let module = self.module(module);
            path.push(module.name.clone());
            at = module.parent;
        }
        path.reverse();
        path
    }

    /// The items that declare a module and the modules around it, innermost first.
    pub fn declarations(&self, module: ModuleId) -> impl Iterator<Item = ItemId> + '_ {
        std::iter::successors(Some(module), |at| self.module(*at).parent)
            .filter_map(|at| self.module(at).decl)
    }

    /// `crate::module::Type::method`, as a person would name it.
    pub fn path(&self, id: ItemId) -> String {
        let mut path = self.module_path(self.item(id).module);
        path.extend(self.local_name(id));
        path.join("::")
    }

    /// The item's own name with its impl's, trait's or type's before it.
    pub fn local_name(&self, id: ItemId) -> Vec<String> {
        let raw = self.raw(id);
        let mut names = match self.item(id).parent {
            Some(parent) => self.local_name(parent),
            None => Vec::new(),
        };
        match &raw.payload {
            Payload::Impl(head) => names.push(bare_type_name(&head.self_text)),
            Payload::Use(decl) => {
                let bound: Vec<&str> = decl.leaves.iter().map(|l| l.name.as_str()).collect();
                names.push(format!("use {}", bound.join(", ")));
            }
            _ if raw.kind == ItemKind::ForeignMod => {}
            _ if raw.kind == ItemKind::MacroCall => names.push(format!("{}!", raw.name)),
            _ => names.push(raw.name.clone()),
        }
        names
    }

    /// Where an item's name stands, for a diagnostic.
    pub fn place(&self, workspace: &Workspace, id: ItemId) -> Place {
        let raw = self.raw(id);
        let offset = if raw.name_range.is_empty() {
            raw.body_start
        } else {
            raw.name_range.start
        };
        self.place_at(workspace, self.item(id).file, offset)
    }

    /// A byte of a file, for a diagnostic.
    pub fn place_at(&self, workspace: &Workspace, file: FileId, offset: u32) -> Place {
        let file = self.file(file);
        let (line, column) = crate::id::line_column(&file.text, offset);
        let source = file
            .text
            .lines()
            .nth(line.saturating_sub(1))
            .unwrap_or("")
            .to_owned();
        Place {
            file: workspace.relative(&file.path).to_owned(),
            line,
            column,
            source,
        }
    }

    /// Lines of code an item covers, blank ones left out.
    pub fn lines(&self, id: ItemId) -> usize {
        let raw = self.raw(id);
        code_lines(raw.range.of(&self.file(self.item(id).file).text))
    }
}

/// Lines that are not blank.
pub fn code_lines(text: &str) -> usize {
    text.lines().filter(|line| !line.trim().is_empty()).count()
}

/// `Foo` of `&'a foo::Foo<T>`; text without a plain name stays as it is.
pub fn bare_type_name(text: &str) -> String {
    let head = text.split('<').next().unwrap_or(text).trim();
    let last = head.rsplit("::").next().unwrap_or(head);
    let word: String = last
        .chars()
        .filter(|c| c.is_alphanumeric() || *c == '_')
        .collect();
    if word.is_empty() {
        text.to_owned()
    } else {
        word
    }
}

/// A file's text and syntax, or why it could not be read.
type Parsed = Result<(String, FileSyntax), Diagnostic>;

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
                active: true,
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
    // Breadth first: all files of a level are read and parsed side by side.
    while !pending.is_empty() {
        let mut wanted: Vec<&Utf8PathBuf> = pending
            .iter()
            .map(|(_, path)| path)
            .filter(|p| !tree.file_by_path.contains_key(*p))
            .collect();
        wanted.sort();
        wanted.dedup();
        let parsed: Vec<(Utf8PathBuf, Parsed)> = wanted
            .into_par_iter()
            .map(|path| {
                let loaded = workspace.read_source(path).map(|text| {
                    let syntax = parse::parse_file(&text);
                    (text, syntax)
                });
                (path.clone(), loaded)
            })
            .collect();
        for (path, loaded) in parsed {
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
            tree.files.push(SourceFile {
                id,
                path,
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
    // A file that one crate includes twice keeps its first place for look-ups by offset.
    tree.by_file.entry((krate, file)).or_insert(base);
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
        let active = outer_active && head.cfgs.iter().all(|cfg| holds(workspace, package, cfg));
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
                } else if active {
                    // rustc will say what is missing; here the module just stays empty.
                }
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

/// Whether a `cfg` predicate holds for the package's features on the host. A predicate that cannot be
/// read holds, so that its item is offered to rustc.
fn holds(workspace: &Workspace, package: PackageId, predicate: &str) -> bool {
    let Ok(expr) = cargo_platform::CfgExpr::from_str(predicate) else {
        return true;
    };
    let mut cfgs = workspace.host_cfg.clone();
    if let Some(package) = workspace.package(package) {
        cfgs.extend(
            package
                .active_features
                .iter()
                .filter_map(|f| cargo_platform::Cfg::from_str(&format!("feature = {f:?}")).ok()),
        );
    }
    expr.matches(&cfgs)
}
