//! The table of files, crates, modules and items, and the questions it answers.
//!
//! Input: ids, paths, offsets. Output: rows of the table, names and places. It is filled by `load`
//! alone and refuses nothing.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::types::{FileSyntax, ItemKind, Payload, RawItem};
use crate::diag::Place;
use crate::id::{CrateId, FileId, ItemId, ModuleId, PackageId};
use crate::workspace::{TargetShape, Workspace};

/// A source file.
#[derive(Debug)]
pub struct SourceFile {
    /// Its id.
    pub id: FileId,
    /// Where it lies.
    pub path: Utf8PathBuf,
    /// Its text.
    pub text: Arc<str>,
    /// Where its lines begin, in bytes: places are asked for by the thousand.
    pub line_starts: Vec<u32>,
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
    pub(super) by_file: HashMap<(CrateId, FileId), u32>,
    pub(super) file_by_path: BTreeMap<Utf8PathBuf, FileId>,
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
        let line = file.line_starts.partition_point(|start| *start <= offset);
        let start = line.checked_sub(1).and_then(|i| file.line_starts.get(i));
        let start = start.map_or(0, |start| *start as usize);
        let rest = file.text.get(start..).unwrap_or("");
        let before = (offset as usize).saturating_sub(start);
        Place {
            file: workspace.relative(&file.path).to_owned(),
            line,
            column: rest
                .char_indices()
                .take_while(|(at, _)| *at < before)
                .count()
                + 1,
            source: rest.lines().next().unwrap_or("").to_owned(),
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
