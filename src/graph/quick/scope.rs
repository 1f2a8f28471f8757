//! What each module has in scope: declared items, `use` leaves and globs, followed to a fixpoint.
//!
//! Input: [`Workspace`] and [`ItemTree`]. Output: [`Scopes`], which answers what a name or a path of a
//! module leads to in the three namespaces. Refuses nothing; visibility only decides what a glob brings.

use std::collections::HashMap;
use std::iter::Peekable;

use crate::id::{CrateId, ItemId, ModuleId};
use crate::syntax::{ItemTree, Visibility};

use super::externs::CrateScope;

/// What a name leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Def {
    /// A module or a crate's root.
    Module(ModuleId),
    /// Any other item.
    Item(ItemId),
}

impl Def {
    /// The item, unless it is a module.
    pub(super) fn item(self) -> Option<ItemId> {
        match self {
            Self::Item(item) => Some(item),
            Self::Module(_) => None,
        }
    }
}

/// What a name leads to in each namespace.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Defs {
    /// Types, traits and modules.
    pub(super) types: Option<Def>,
    /// Functions, constants, statics and constructors.
    pub(super) values: Option<Def>,
    /// Macros.
    pub(super) macros: Option<Def>,
}

impl Defs {
    /// Only a type or module.
    pub(super) fn of_type(def: Option<Def>) -> Self {
        Self {
            types: def,
            ..Self::default()
        }
    }

    /// Whether nothing was found.
    pub(super) fn is_empty(&self) -> bool {
        self.types.is_none() && self.values.is_none() && self.macros.is_none()
    }

    /// The items among them, modules left out.
    pub(super) fn items(&self) -> impl Iterator<Item = ItemId> {
        [self.types, self.values, self.macros]
            .into_iter()
            .flatten()
            .filter_map(Def::item)
    }
}

/// Where the first segment of a path is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// In the module, then among the extern crates.
    Relative,
    /// As in a `use` declaration: edition 2015 starts at the crate root.
    Use,
    /// After a leading `::`.
    Absolute,
}

/// Who may see a name, as far as globs care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// The module that binds it and those inside.
    Module,
    /// The crate.
    Crate,
    /// Everyone.
    All,
}

impl From<&Visibility> for Sight {
    fn from(vis: &Visibility) -> Self {
        match vis {
            Visibility::Inherited => Self::Module,
            Visibility::Public => Self::All,
            Visibility::Crate | Visibility::Restricted => Self::Crate,
        }
    }
}

/// What wins when a name is bound twice, the stronger last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// A call of a macro of the workspace that declares items and is given this name.
    Mention,
    /// A glob import.
    Glob,
    /// A macro call whose tokens seem to declare it.
    MacroCall,
    /// A `use` leaf.
    Use,
    /// An item.
    Item,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    /// What it leads to.
    pub(super) def: Def,
    /// What kind of declaration bound it.
    pub(super) rank: Rank,
    /// Who sees it.
    pub(super) sight: Sight,
    /// The import that bound it; the item's own binding has none.
    pub(super) import: Option<usize>,
}

/// A name in each namespace.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Entry {
    pub(super) types: Option<Slot>,
    pub(super) values: Option<Slot>,
    pub(super) macros: Option<Slot>,
}

/// The names of one module.
#[derive(Default)]
pub(super) struct Scope<'a> {
    /// What they lead to.
    pub(super) names: HashMap<&'a str, Entry>,
    /// Counts the changes, so that globs of an unchanged module are not copied again.
    pub(super) version: usize,
}

/// The scopes of all modules.
pub(super) struct Scopes<'a> {
    /// The items.
    pub(super) tree: &'a ItemTree,
    pub(super) scopes: Vec<Scope<'a>>,
    pub(super) crates: Vec<CrateScope<'a>>,
    /// An enum's variants.
    pub(super) variants: HashMap<ItemId, Vec<ItemId>>,
}

impl<'a> Scopes<'a> {
    /// What of `entry` in `source` a glob in `module` brings.
    pub(super) fn seen_from(&self, module: ModuleId, source: ModuleId, entry: &Entry) -> Defs {
        let seen = |slot: Option<Slot>| {
            let slot = slot?;
            let seen = match slot.sight {
                Sight::All => true,
                Sight::Crate => self.tree.module(module).krate == self.tree.module(source).krate,
                Sight::Module => self.is_within(module, source),
            };
            seen.then_some(slot.def)
        };
        Defs {
            types: seen(entry.types),
            values: seen(entry.values),
            macros: seen(entry.macros),
        }
    }

    /// Whether `inner` is `outer` or lies in it.
    pub(super) fn is_within(&self, inner: ModuleId, outer: ModuleId) -> bool {
        std::iter::successors(Some(inner), |m| self.tree.module(*m).parent).any(|m| m == outer)
    }

    /// What `name` is in `module`.
    pub(super) fn lookup(&self, module: ModuleId, name: &str) -> Defs {
        let entry = self
            .scopes
            .get(module.index())
            .and_then(|s| s.names.get(name));
        let def = |slot: Option<Slot>| slot.map(|s| s.def);
        entry.map_or_else(Defs::default, |e| Defs {
            types: def(e.types),
            values: def(e.values),
            macros: def(e.macros),
        })
    }

    /// What `name` is as the first segment of a path in `module`.
    pub(super) fn lookup_first(&self, module: ModuleId, origin: Origin, name: &str) -> Defs {
        let krate = self.tree.module(module).krate;
        let Some(scope) = self.crates.get(krate.index()) else {
            return Defs::default();
        };
        let mut defs = match origin {
            Origin::Relative => self.lookup(module, name),
            Origin::Use | Origin::Absolute if scope.is_2015 => self.lookup(scope.root, name),
            Origin::Use => self.lookup(module, name),
            Origin::Absolute => Defs::default(),
        };
        if defs.types.is_none() {
            defs.types = scope.externs.get(name).map(|root| Def::Module(*root));
        }
        if defs.macros.is_none() && origin == Origin::Use {
            defs.macros = self
                .textual_macros(module, name)
                .first()
                .map(|m| Def::Item(*m));
        }
        defs
    }

    /// The module that leading `crate`, `self` and `super` segments name; they are consumed.
    pub(super) fn base<'p>(
        &self,
        module: ModuleId,
        path: &mut Peekable<impl Iterator<Item = &'p str>>,
    ) -> Option<ModuleId> {
        let mut at = None;
        loop {
            let here = at.unwrap_or(module);
            at = match path.peek() {
                Some(&"crate") => Some(self.tree.krate(self.tree.module(here).krate).root),
                Some(&"self") => Some(here),
                Some(&"super") => Some(self.tree.module(here).parent.unwrap_or(here)),
                _ => return at,
            };
            path.next();
        }
    }

    /// What a path of modules, items and variants leads to; nothing when a segment is not found.
    pub(super) fn resolve<'p>(
        &self,
        module: ModuleId,
        origin: Origin,
        path: impl Iterator<Item = &'p str>,
    ) -> Defs {
        let mut path = path.peekable();
        let mut defs = match self.base(module, &mut path) {
            Some(base) => Defs::of_type(Some(Def::Module(base))),
            None => match path.next() {
                Some(first) => self.lookup_first(module, origin, first),
                None => return Defs::default(),
            },
        };
        for segment in path {
            defs = match defs.types {
                Some(Def::Module(at)) => self.lookup(at, segment),
                Some(Def::Item(owner)) => self
                    .variant(owner, segment)
                    .map_or_else(Defs::default, both),
                None => return Defs::default(),
            };
        }
        defs
    }

    /// The variant of an enum with this name.
    pub(super) fn variant(&self, owner: ItemId, name: &str) -> Option<ItemId> {
        self.variants
            .get(&owner)?
            .iter()
            .copied()
            .find(|v| self.tree.raw(*v).name == name)
    }

    /// The variants of all enums.
    pub(super) fn variants(&self) -> impl Iterator<Item = (ItemId, ItemId)> {
        self.variants
            .iter()
            .flat_map(|(owner, all)| all.iter().map(|v| (*owner, *v)))
    }

    /// The `macro_rules!` of `module`'s crate with this name.
    pub(super) fn textual_macros(&self, module: ModuleId, name: &str) -> &[ItemId] {
        let krate = self.crates.get(self.tree.module(module).krate.index());
        krate
            .and_then(|k| k.macros.get(name))
            .map_or(&[], Vec::as_slice)
    }

    /// The roots of the crates that `krate` depends on directly, in the order of their ids.
    pub(super) fn dependencies(&self, krate: CrateId) -> Vec<ModuleId> {
        let mut roots: Vec<ModuleId> = self
            .crates
            .get(krate.index())
            .map_or_else(Vec::new, |k| k.externs.values().copied().collect());
        roots.sort();
        roots.dedup();
        roots
    }

    /// Whether `from` is `to` or depends on it, however indirectly.
    pub(super) fn reaches(&self, from: CrateId, to: CrateId) -> bool {
        let reach = self
            .crates
            .get(from.index())
            .and_then(|k| k.reach.get(to.index()));
        reach.is_some_and(|r| *r)
    }
}

/// An item in both the namespaces of types and values.
pub(super) fn both(item: ItemId) -> Defs {
    let def = Some(Def::Item(item));
    Defs {
        types: def,
        values: def,
        macros: None,
    }
}
