//! The full paths of names that lead out of the workspace, through the workspace's own `use` declarations.
//!
//! Input: the item tree. Output: `["html5ever", "tokenizer", "Token"]` for a `Token` that a glob, a
//! re-export or a prelude of the workspace brings. Refuses nothing: a name that nothing leads to, or that
//! more than one foreign glob may bring, stays as it is written, and rustc has the word.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::ModuleId;
use crate::syntax::{ItemTree, Payload, UseLeaf};
use crate::workspace::TargetShape;

/// The imports of each module.
#[derive(Debug)]
pub struct Imports<'a> {
    tree: &'a ItemTree,
    leaves: BTreeMap<ModuleId, Vec<&'a UseLeaf>>,
    children: BTreeMap<(ModuleId, &'a str), ModuleId>,
    items: BTreeSet<(ModuleId, &'a str)>,
}

/// One search.
struct Search {
    /// Whether foreign globs count.
    globs: bool,
    /// Where a name was looked for already: globs run in circles.
    seen: BTreeSet<(ModuleId, String)>,
}

/// Where a path leads.
enum End {
    /// Out of the workspace.
    Foreign(Vec<String>),
    /// To a module of the workspace.
    Module(ModuleId),
    /// To something else of the workspace, or nowhere.
    Here,
}

impl<'a> Imports<'a> {
    /// The imports of all modules.
    pub fn new(tree: &'a ItemTree) -> Self {
        let mut imports = Self {
            tree,
            leaves: BTreeMap::new(),
            children: BTreeMap::new(),
            items: BTreeSet::new(),
        };
        for module in tree.modules.iter().filter(|m| m.active) {
            if let Some(parent) = module.parent {
                imports.children.insert((parent, &module.name), module.id);
            }
        }
        for item in tree.items.iter().filter(|i| i.active) {
            let raw = tree.raw(item.id);
            match &raw.payload {
                Payload::Use(decl) => {
                    let leaves = imports.leaves.entry(item.module).or_default();
                    leaves.extend(&decl.leaves);
                }
                _ if item.parent.is_none() => {
                    imports.items.insert((item.module, &raw.name));
                }
                _ => {}
            }
        }
        imports
    }

    /// The path of what `segments`, written in `module`, names outside of the workspace; the segments
    /// themselves when nothing leads there. With `globs` a foreign glob may bring it.
    pub fn foreign_path(&self, module: ModuleId, segments: &[String], globs: bool) -> Vec<String> {
        let mut search = Search {
            globs,
            seen: BTreeSet::new(),
        };
        match self.follow(module, segments, &mut search) {
            End::Foreign(path) => path,
            _ => segments.to_vec(),
        }
    }

    fn follow(&self, module: ModuleId, path: &[String], search: &mut Search) -> End {
        let Some((first, rest)) = path.split_first() else {
            return End::Module(module);
        };
        let krate = self.tree.krate(self.tree.module(module).krate);
        let base = match first.as_str() {
            "crate" => Some(krate.root),
            "self" => Some(module),
            "super" => Some(self.tree.module(module).parent.unwrap_or(module)),
            _ => None,
        };
        if let Some(base) = base {
            return self.within(base, rest, search);
        }
        let found = self.name(module, first, rest.is_empty(), search);
        match self.behind(found, rest, search) {
            End::Here if self.items.contains(&(module, first.as_str())) || rest.is_empty() => {
                End::Here
            }
            End::Here => match self.library(first) {
                Some(root) => self.within(root, rest, search),
                None => End::Foreign(path.to_vec()),
            },
            found => found,
        }
    }

    /// A path behind a module of the workspace.
    fn within(&self, module: ModuleId, path: &[String], search: &mut Search) -> End {
        match path.split_first() {
            None => End::Module(module),
            Some((first, _)) if matches!(first.as_str(), "self" | "super") => {
                self.follow(module, path, search)
            }
            Some((first, rest)) => {
                let found = self.name(module, first, rest.is_empty(), search);
                self.behind(found, rest, search)
            }
        }
    }

    fn behind(&self, found: End, rest: &[String], search: &mut Search) -> End {
        match found {
            End::Foreign(mut path) => {
                path.extend(rest.iter().cloned());
                End::Foreign(path)
            }
            End::Module(module) => self.within(module, rest, search),
            End::Here => End::Here,
        }
    }

    /// What one name leads to in a module: its own, an import's, a glob's. That a foreign glob brings it is
    /// assumed of the `last` name of a path alone: the first may well be a crate.
    fn name(&self, module: ModuleId, name: &str, last: bool, search: &mut Search) -> End {
        if !search.seen.insert((module, name.to_owned())) {
            return End::Here;
        }
        if let Some(child) = self.children.get(&(module, name)) {
            return End::Module(*child);
        }
        let leaves = self.leaves.get(&module).map_or(&[][..], Vec::as_slice);
        if let Some(leaf) = leaves.iter().find(|l| !l.glob && l.name == name) {
            return self.import(module, &leaf.path, search);
        }
        if self.items.contains(&(module, name)) {
            return End::Here;
        }
        let mut foreign: Vec<Vec<String>> = Vec::new();
        for leaf in leaves.iter().filter(|l| l.glob) {
            match self.import(module, &leaf.path, search) {
                End::Module(at) => match self.name(at, name, last, search) {
                    End::Here => {}
                    found => return found,
                },
                End::Foreign(mut path) if last && search.globs => {
                    path.push(name.to_owned());
                    foreign.push(path);
                }
                _ => {}
            }
        }
        foreign.sort();
        foreign.dedup();
        // A prelude brings traits before all else, and so do std's globs.
        for lesser in ["std", "core", "alloc", "prelude"] {
            if foreign.len() > 1 {
                foreign.retain(|path| !path.iter().any(|segment| segment == lesser));
            }
        }
        match <[_; 1]>::try_from(foreign) {
            Ok([path]) => End::Foreign(path),
            Err(_) => End::Here,
        }
    }

    /// Where the path of a `use` leads.
    fn import(&self, module: ModuleId, path: &[String], search: &mut Search) -> End {
        let krate = self.tree.krate(self.tree.module(module).krate);
        // Until 2018 the paths of imports started at the crate's root.
        let module = match krate.edition.as_str() {
            "2015" => krate.root,
            _ => module,
        };
        let [only] = path else {
            return self.follow(module, path, search);
        };
        if matches!(only.as_str(), "crate" | "self" | "super") {
            return self.follow(module, path, search);
        }
        if let Some(child) = self.children.get(&(module, only.as_str())) {
            return End::Module(*child);
        }
        let leaves = self.leaves.get(&module).map_or(&[][..], Vec::as_slice);
        let mut other = leaves.iter().filter(|l| !l.glob && l.name == *only);
        if let Some(leaf) = other.find(|l| l.path != path) {
            return self.follow(module, &leaf.path, search);
        }
        match self.library(only) {
            Some(root) => End::Module(root),
            None if self.items.contains(&(module, only.as_str())) => End::Here,
            None => End::Foreign(path.to_vec()),
        }
    }

    /// The root of the workspace's library with this name.
    fn library(&self, name: &str) -> Option<ModuleId> {
        let mut libraries = self.tree.crates.iter();
        let found = libraries.find(|c| c.name == name && c.shape != TargetShape::Bin)?;
        Some(found.root)
    }
}
