//! From the names in an item to the items they may mean.
//!
//! Input: [`Scopes`] and [`Members`]. Output: the edges of one item at a time. Refuses nothing; where a
//! name has several meanings all of them get an edge, where it surely is a local one none does.

use super::lexical::Spot;
use super::local::Local;
use super::members::Members;
use super::scope::{Def, Defs, Origin, Scopes};
use crate::graph::{Certainty, Edge};
use crate::id::{ItemId, ModuleId};
use crate::syntax::{Item, ItemKind, NameRef, Payload, RawItem, RefKind};

/// Attribute keys whose strings are text, never paths.
const TEXT_KEYS: &[&[u8]] = &[
    b"about",
    b"alias",
    b"cfg",
    b"content",
    b"doc",
    b"feature",
    b"help",
    b"long",
    b"message",
    b"name",
    b"note",
    b"reason",
    b"rename",
    b"rename_all",
    b"short",
    b"since",
    b"tag",
    b"target_os",
];

/// What may follow the `:` of a macro's `$name:`.
const FRAGMENTS: &[&str] = &[
    "block",
    "expr",
    "ident",
    "item",
    "lifetime",
    "literal",
    "meta",
    "pat",
    "pat_param",
    "path",
    "stmt",
    "tt",
    "ty",
    "vis",
];

/// Resolves names.
pub(super) struct Resolver<'a, 's> {
    /// What modules have in scope.
    pub(super) scopes: &'s Scopes<'a>,
    /// What types and traits have.
    pub(super) members: &'s Members<'a>,
    /// The roots of each crate's direct dependencies.
    pub(super) dependencies: Vec<Vec<ModuleId>>,
}

/// The item whose names are resolved.
pub(super) struct Site<'t> {
    /// The item.
    pub(super) item: &'t Item,
    /// Its syntax.
    pub(super) raw: &'t RawItem,
    text: &'t str,
    local: Local<'t>,
}

impl<'a, 's> Resolver<'a, 's> {
    /// A resolver over these tables.
    pub(super) fn new(scopes: &'s Scopes<'a>, members: &'s Members<'a>) -> Self {
        let dependencies = scopes
            .tree
            .crates
            .iter()
            .map(|c| scopes.dependencies(c.id))
            .collect();
        Self {
            scopes,
            members,
            dependencies,
        }
    }

    /// Adds the edges that start at `item`.
    pub(super) fn item(&self, item: &Item, edges: &mut Vec<Edge>) {
        let tree = self.scopes.tree;
        let raw = tree.raw(item.id);
        let mut add = |to: ItemId, offset: u32| {
            if to != item.id {
                let certainty = Certainty::Approximate;
                edges.push(Edge {
                    from: item.id,
                    to,
                    file: item.file,
                    offset,
                    certainty,
                });
            }
        };
        if let Payload::Use(decl) = &raw.payload {
            let origin = if decl.absolute {
                Origin::Absolute
            } else {
                Origin::Use
            };
            for leaf in decl.leaves.iter().filter(|leaf| !leaf.glob) {
                let path = leaf.path.iter().map(String::as_str);
                let defs = self.scopes.resolve(item.module, origin, path);
                defs.items().for_each(|to| add(to, leaf.range.start));
            }
            return;
        }
        let text: &str = &tree.file(item.file).text;
        let local = Local::read(self.scopes, item.module, text, &raw.refs);
        let site = Site {
            item,
            raw,
            text,
            local,
        };
        site.local
            .targets()
            .iter()
            .for_each(|(offset, to)| add(*to, *offset));
        let mut found = Vec::new();
        for name in &raw.refs {
            let is_own_name = name.offset == raw.name_range.start && !raw.name_range.is_empty();
            if is_own_name || site.local.covers(name.offset) {
                continue;
            }
            self.name(&site, name, &mut found);
            found.drain(..).for_each(|to| add(to, name.offset));
        }
    }

    fn name(&self, site: &Site<'_>, name: &NameRef, out: &mut Vec<ItemId>) {
        let spot = Spot::new(site.text, &name.path, name.offset);
        let path = &*name.path;
        let is_meta = spot.follows("$") && !path.starts_with("crate");
        if spot.is_doc() || is_meta || spot.follows("'") {
            return;
        }
        let is_path = match name.kind {
            RefKind::Path => true,
            // `a != b` looks like a macro to the tokens, `..b` like a member.
            RefKind::Macro => spot.precedes("!=") && !spot.is_member(),
            RefKind::Member => !spot.is_member(),
        };
        match name.kind {
            _ if is_path => self.path(site, name, spot, out),
            RefKind::Macro if !spot.precedes("!=") => self.macro_name(site, path, out),
            RefKind::Member if spot.precedes("(") || spot.precedes("::") => {
                self.members
                    .methods(self.scopes, site.item.krate, path, out);
            }
            _ => {}
        }
    }

    fn path(&self, site: &Site<'_>, name: &NameRef, spot: Spot<'_>, out: &mut Vec<ItemId>) {
        let path = &*name.path;
        let in_attr = name.offset < site.raw.body_start;
        if spot.is_string() {
            // Only an attribute's strings are paths: `#[serde(default = "path")]`.
            let in_attr = in_attr || spot.precedes(")") || spot.precedes(",");
            if !in_attr || spot.key().is_none_or(|key| TEXT_KEYS.contains(&key)) {
                return;
            }
            if spot.key() == Some(b"with") {
                self.serde_with(site, path, out);
            }
        } else if spot.follows("::") {
            return match spot.angle() {
                Some((at, after_path)) => self.after_angle(site, name, at, after_path, out),
                None => self.long(site, path, Origin::Absolute, in_attr, out),
            };
        }
        if path.contains("::") {
            self.long(site, path, Origin::Relative, in_attr, out);
        } else {
            self.short(site, name, spot, in_attr, out);
        }
    }

    /// `with = "path"`: serde calls two functions of the module or type.
    fn serde_with(&self, site: &Site<'_>, path: &str, out: &mut Vec<ItemId>) {
        let segments = path.split("::");
        let found = self
            .scopes
            .resolve(site.item.module, Origin::Relative, segments)
            .types;
        for name in ["serialize", "deserialize"] {
            match found {
                Some(Def::Module(module)) => out.extend(self.scopes.lookup(module, name).items()),
                Some(Def::Item(owner)) => self.member(owner, name, out),
                None => {}
            }
        }
    }

    /// A single segment: what the module has in scope, local names left out where they are seen.
    fn short(
        &self,
        site: &Site<'_>,
        name: &NameRef,
        spot: Spot<'_>,
        in_attr: bool,
        out: &mut Vec<ItemId>,
    ) {
        let path = &*name.path;
        if matches!(path, "self" | "crate" | "super" | "_") {
            return;
        }
        if path == "Self" {
            out.extend(self.self_type(site));
            return;
        }
        let lower = !path.starts_with(char::is_uppercase);
        let is_fragment = site.raw.kind == ItemKind::MacroRules && FRAGMENTS.contains(&path);
        if (lower && spot.is_label()) || (is_fragment && spot.follows(":")) {
            return;
        }
        let defs = self.first(site, path);
        if spot.is_attribute() || (in_attr && lower && !spot.is_string() && !spot.follows("=")) {
            out.extend(defs.macros.and_then(Def::item));
            return;
        }
        let types = defs.types.and_then(Def::item);
        out.extend(types.filter(|item| !lower || !self.is_only_mentioned(*item, path)));
        if let Some(value) = defs.values.and_then(Def::item) {
            let is_bare = lower && !spot.precedes("(") && !spot.is_string();
            if !is_bare || !(self.is_only_mentioned(value, path) || self.is_bound(site, path)) {
                out.push(value);
            }
        }
        if in_attr {
            out.extend(defs.macros.and_then(Def::item));
        }
    }

    /// Whether `item` is a macro call that is given `name` without a word that declares it.
    fn is_only_mentioned(&self, item: ItemId, name: &str) -> bool {
        match &self.scopes.tree.raw(item).payload {
            Payload::MacroCall { declares, .. } => !declares.iter().any(|d| d == name),
            _ => false,
        }
    }

    /// Whether the item introduces a parameter or a `let` of this name.
    fn is_bound(&self, site: &Site<'_>, name: &str) -> bool {
        let mut same = site
            .raw
            .refs
            .iter()
            .filter(|r| &*r.path == name && r.kind == RefKind::Path);
        same.any(|r| Spot::new(site.text, name, r.offset).is_binding())
    }

    /// What a path's first segment is: a name the item itself imports, else one of its module.
    pub(super) fn first(&self, site: &Site<'_>, name: &str) -> Defs {
        let local = site.local.lookup(self.scopes, name);
        let outer = self
            .scopes
            .lookup_first(site.item.module, Origin::Relative, name);
        Defs {
            types: local.types.or(outer.types),
            values: local.values.or(outer.values),
            macros: local.macros.or(outer.macros),
        }
    }
}
