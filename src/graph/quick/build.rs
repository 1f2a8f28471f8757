//! Fills the scopes: what each module declares, and its imports followed to a fixpoint.
//!
//! Input: [`Workspace`] and [`ItemTree`]. Output: [`Scopes`]. Refuses nothing; imports that lead nowhere
//! bind nothing.

use std::collections::{HashMap, HashSet};

use crate::id::ModuleId;
use crate::syntax::{Item, ItemKind, ItemTree, Payload, RawItem, RefKind};
use crate::workspace::Workspace;

use super::externs::crate_scopes;
use super::lexical::is_word_byte;
use super::scope::{Def, Defs, Origin, Rank, Scope, Scopes, Sight, Slot, both};

/// Rounds after which imports that still change (they can only chase each other) are left as they are.
const MAX_ROUNDS: usize = 64;

/// Names that every module has from the language and its prelude.
const KNOWN: &[&str] = &[
    "Box",
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "Eq",
    "Err",
    "From",
    "Hash",
    "Into",
    "Iterator",
    "None",
    "Ok",
    "Option",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Result",
    "Self",
    "Some",
    "String",
    "Vec",
    "bool",
    "char",
    "crate",
    "f32",
    "f64",
    "i128",
    "i16",
    "i32",
    "i64",
    "i8",
    "isize",
    "self",
    "str",
    "super",
    "u128",
    "u16",
    "u32",
    "u64",
    "u8",
    "usize",
];

struct Import<'a> {
    module: ModuleId,
    path: &'a [String],
    origin: Origin,
    name: &'a str,
    glob: bool,
    sight: Sight,
    /// The version of the glob's source that was copied last.
    seen: usize,
}

impl<'a> Scopes<'a> {
    /// The scopes of `tree`, imports followed.
    pub(super) fn new(workspace: &'a Workspace, tree: &'a ItemTree) -> Self {
        let mut scopes = Self {
            tree,
            scopes: tree.modules.iter().map(|_| Scope::default()).collect(),
            crates: crate_scopes(workspace, tree),
            variants: HashMap::new(),
        };
        for module in tree.modules.iter().filter(|m| m.active) {
            if let Some(parent) = module.parent {
                let sight = module
                    .decl
                    .map_or(Sight::All, |d| Sight::from(&tree.raw(d).vis));
                let def = Def::Module(module.id);
                scopes.bind(
                    parent,
                    &module.name,
                    Defs::of_type(Some(def)),
                    Rank::Item,
                    sight,
                );
            }
        }
        let mut imports = Vec::new();
        for item in tree.items.iter().filter(|i| i.active) {
            scopes.declare(item, tree.raw(item.id), &mut imports);
        }
        scopes.mention(&imports);
        for _ in 0..MAX_ROUNDS {
            let mut changed = false;
            for (index, import) in imports.iter_mut().enumerate() {
                changed |= scopes.follow(index, import);
            }
            if !changed {
                break;
            }
        }
        scopes
    }

    fn declare(&mut self, item: &Item, raw: &'a RawItem, imports: &mut Vec<Import<'a>>) {
        let def = Some(Def::Item(item.id));
        let types = Defs::of_type(def);
        let values = Defs {
            values: def,
            ..Defs::default()
        };
        let both = Defs {
            types: def,
            values: def,
            macros: None,
        };
        let defs = match raw.kind {
            ItemKind::Enum
            | ItemKind::Union
            | ItemKind::Trait
            | ItemKind::TraitAlias
            | ItemKind::TypeAlias => types,
            ItemKind::Struct if has_constructor(raw) => both,
            ItemKind::Struct => types,
            ItemKind::Fn => Defs {
                macros: def.filter(|_| is_proc_macro(raw)),
                ..values
            },
            ItemKind::Const | ItemKind::Static => values,
            ItemKind::ForeignItem => both,
            ItemKind::Variant => {
                if let Some(parent) = item.parent {
                    self.variants.entry(parent).or_default().push(item.id);
                }
                return;
            }
            ItemKind::MacroRules => {
                if let Some(krate) = self.crates.get_mut(item.krate.index()) {
                    krate.macros.entry(&raw.name).or_default().push(item.id);
                }
                if matches!(raw.payload, Payload::MacroRules { exported: true }) {
                    let root = self.tree.krate(item.krate).root;
                    let macros = Defs {
                        macros: def,
                        ..Defs::default()
                    };
                    self.bind(root, &raw.name, macros, Rank::Item, Sight::All);
                }
                return;
            }
            ItemKind::MacroCall => {
                if let Payload::MacroCall { declares, .. } = &raw.payload {
                    let all = Defs {
                        types: def,
                        values: def,
                        macros: def,
                    };
                    for name in declares {
                        self.bind(item.module, name, all, Rank::MacroCall, Sight::All);
                    }
                }
                return;
            }
            ItemKind::ExternCrate => return self.declare_extern(item, raw),
            ItemKind::Use => return collect_imports(item, raw, imports),
            _ => return,
        };
        let sight = Sight::from(&raw.vis);
        self.bind(item.module, &raw.name, defs, Rank::Item, sight);
        if let Some(derive) = derive_name(raw) {
            let macros = Defs {
                macros: def,
                ..Defs::default()
            };
            self.bind(item.module, derive, macros, Rank::Item, Sight::All);
        }
    }

    /// `make!(name)` may declare `name` without a keyword before it, when the body of `make` holds
    /// `fn $name` or the like. Weaker than everything else that binds the name.
    fn mention(&mut self, imports: &[Import<'a>]) {
        let tree = self.tree;
        let active = || {
            tree.items
                .iter()
                .filter(|i| i.active)
                .map(|i| (i, tree.raw(i.id)))
        };
        let makers: HashSet<&str> = active()
            .filter(|(_, raw)| raw.kind == ItemKind::MacroRules)
            .filter(|(item, raw)| declares_parameter(raw.range.of(&tree.file(item.file).text)))
            .map(|(_, raw)| raw.name.as_str())
            .collect();
        if makers.is_empty() {
            return;
        }
        let imported: HashSet<(ModuleId, &str)> =
            imports.iter().map(|i| (i.module, i.name)).collect();
        for (item, raw) in active().filter(|(_, raw)| raw.kind == ItemKind::MacroCall) {
            if !makers.contains(raw.name.rsplit("::").next().unwrap_or(&raw.name)) {
                continue;
            }
            let def = Some(Def::Item(item.id));
            let all = Defs {
                types: def,
                values: def,
                macros: None,
            };
            let names = raw
                .refs
                .iter()
                .filter(|r| r.kind == RefKind::Path && !r.path.contains("::"));
            for name in names.map(|r| &*r.path) {
                let is_known = KNOWN.contains(&name)
                    || !self.lookup(item.module, name).is_empty()
                    || imported.contains(&(item.module, name))
                    || self
                        .crates
                        .get(item.krate.index())
                        .is_some_and(|k| k.externs.contains_key(name));
                if !is_known {
                    self.bind(item.module, name, all, Rank::Mention, Sight::All);
                }
            }
        }
    }

    fn declare_extern(&mut self, item: &Item, raw: &'a RawItem) {
        let Payload::ExternCrate { name, bound } = &raw.payload else {
            return;
        };
        let Some(krate) = self.crates.get_mut(item.krate.index()) else {
            return;
        };
        let root = if name == "self" {
            Some(krate.root)
        } else {
            krate.externs.get(name.as_str()).copied()
        };
        let Some(root) = root else { return };
        if item.module == krate.root {
            krate.externs.insert(bound, root);
        }
        let def = Defs::of_type(Some(Def::Module(root)));
        self.bind(item.module, bound, def, Rank::Item, Sight::from(&raw.vis));
    }

    fn bind(&mut self, module: ModuleId, name: &'a str, defs: Defs, rank: Rank, sight: Sight) {
        self.put(
            module,
            name,
            defs,
            Slot {
                def: Def::Module(module),
                rank,
                sight,
                import: None,
            },
        );
    }

    /// Binds `name` to `defs` with the rank, sight and import of `model`.
    fn put(&mut self, module: ModuleId, name: &'a str, defs: Defs, model: Slot) -> bool {
        if name == "_" || defs.is_empty() {
            return false;
        }
        let Some(scope) = self.scopes.get_mut(module.index()) else {
            return false;
        };
        let entry = scope.names.entry(name).or_default();
        let mut changed = false;
        for (slot, def) in [
            (&mut entry.types, defs.types),
            (&mut entry.values, defs.values),
            (&mut entry.macros, defs.macros),
        ] {
            let Some(def) = def else { continue };
            let replace = match slot {
                None => true,
                Some(old) if old.rank < model.rank => true,
                Some(old) => old.import.is_some() && old.import == model.import && old.def != def,
            };
            if replace {
                *slot = Some(Slot { def, ..model });
                changed = true;
            }
        }
        scope.version += usize::from(changed);
        changed
    }

    fn follow(&mut self, index: usize, import: &mut Import<'a>) -> bool {
        let defs = self.resolve(
            import.module,
            import.origin,
            import.path.iter().map(String::as_str),
        );
        let rank = if import.glob { Rank::Glob } else { Rank::Use };
        let model = Slot {
            def: Def::Module(import.module),
            rank,
            sight: import.sight,
            import: Some(index),
        };
        if !import.glob {
            return self.put(import.module, import.name, defs, model);
        }
        match defs.types {
            Some(Def::Module(source)) if source != import.module => {
                let Some(scope) = self.scopes.get(source.index()) else {
                    return false;
                };
                if scope.version == import.seen {
                    return false;
                }
                import.seen = scope.version;
                let names: Vec<(&'a str, Defs)> = scope
                    .names
                    .iter()
                    .map(|(name, entry)| (*name, self.seen_from(import.module, source, entry)))
                    .collect();
                let mut changed = false;
                for (name, defs) in names {
                    changed |= self.put(import.module, name, defs, model);
                }
                changed
            }
            Some(Def::Item(owner)) => {
                let variants = self.variants.get(&owner).cloned().unwrap_or_default();
                let tree = self.tree;
                let mut changed = false;
                for variant in variants {
                    changed |=
                        self.put(import.module, &tree.raw(variant).name, both(variant), model);
                }
                changed
            }
            _ => false,
        }
    }
}

fn collect_imports<'a>(item: &Item, raw: &'a RawItem, imports: &mut Vec<Import<'a>>) {
    let Payload::Use(decl) = &raw.payload else {
        return;
    };
    imports.extend(decl.leaves.iter().map(|leaf| Import {
        module: item.module,
        path: &leaf.path,
        origin: if decl.absolute {
            Origin::Absolute
        } else {
            Origin::Use
        },
        name: &leaf.name,
        glob: leaf.glob,
        sight: Sight::from(&raw.vis),
        seen: 0,
    }));
}

/// Whether a struct's name is also a function or constant: a tuple or unit struct.
fn has_constructor(raw: &RawItem) -> bool {
    let Payload::Type(shape) = &raw.payload else {
        return false;
    };
    let first = shape
        .variants
        .first()
        .and_then(|(_, fields)| fields.first());
    first.is_none_or(|field| field.name == "0")
}

fn is_proc_macro(raw: &RawItem) -> bool {
    raw.has_attr("proc_macro") || raw.has_attr("proc_macro_attribute")
}

/// `Name` of `#[proc_macro_derive(Name, …)]`.
fn derive_name(raw: &RawItem) -> Option<&str> {
    let attr = raw.attrs.iter().find(|a| a.path == "proc_macro_derive")?;
    attr.args.split(',').next().map(str::trim)
}

/// Whether a macro's text declares an item whose name it is given: `fn $name`.
fn declares_parameter(text: &str) -> bool {
    const ITEMS: &[&str] = &[
        "fn", "struct", "enum", "union", "trait", "type", "const", "static", "mod",
    ];
    text.match_indices('$').any(|(at, _)| {
        let before = text.get(..at).unwrap_or("").trim_end();
        ITEMS.iter().any(|word| {
            before
                .strip_suffix(word)
                .is_some_and(|b| !b.bytes().next_back().is_some_and(is_word_byte))
        })
    })
}
