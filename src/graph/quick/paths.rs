//! From one path to the items it may mean: longer paths, `Self`, associated items, macro names.
//!
//! Input: a path as written and the [`Site`] it stands at. Output: item ids, the type and its member
//! both for `Type::name`. Refuses nothing; a path that stops early gives what it reached.

use super::refs::{Resolver, Site};
use super::scope::{Def, Origin};
use crate::id::ItemId;
use crate::syntax::{ItemKind, NameRef, Payload};

impl Resolver<'_, '_> {
    /// Several segments, as far as they lead.
    pub(super) fn long(
        &self,
        site: &Site<'_>,
        path: &str,
        origin: Origin,
        in_attr: bool,
        out: &mut Vec<ItemId>,
    ) {
        let mut segments = path.split("::").peekable();
        let mut at = match self.scopes.base(site.item.module, &mut segments) {
            Some(module) => Def::Module(module),
            None => {
                let Some(first) = segments.next() else { return };
                if first == "Self" {
                    return segments
                        .next()
                        .map_or((), |name| self.self_member(site, name, out));
                }
                let defs = match origin {
                    Origin::Relative => self.first(site, first),
                    _ => self.scopes.lookup_first(site.item.module, origin, first),
                };
                match defs.types {
                    Some(def) => def,
                    None => return self.foreign(site, path, out),
                }
            }
        };
        while let Some(segment) = segments.next() {
            let module = match at {
                Def::Module(module) => module,
                Def::Item(owner) => return self.member(owner, segment, out),
            };
            let defs = self.scopes.lookup(module, segment);
            if segments.peek().is_some() {
                match defs.types {
                    Some(next) => at = next,
                    None => return out.extend(self.scopes.tree.module(module).decl),
                }
                continue;
            }
            let before = out.len();
            out.extend(defs.types.and_then(Def::item));
            out.extend(defs.values.and_then(Def::item));
            if in_attr || out.len() == before {
                out.extend(defs.macros.and_then(Def::item));
            }
            if out.len() == before {
                let last = match defs.types {
                    Some(Def::Module(found)) => found,
                    _ => module,
                };
                out.extend(self.scopes.tree.module(last).decl);
            }
        }
    }

    /// `Type::name`: the type and what it has of that name; a variant stands for its enum.
    pub(super) fn member(&self, owner: ItemId, name: &str, out: &mut Vec<ItemId>) {
        if let Some(variant) = self.scopes.variant(owner, name) {
            out.push(variant);
            return;
        }
        out.push(owner);
        self.members.of(owner, name, out);
    }

    /// A path whose first segment is unknown: an outside type that the workspace extends, or a type
    /// parameter with a trait's member.
    fn foreign(&self, site: &Site<'_>, path: &str, out: &mut Vec<ItemId>) {
        let Some((owner, name)) = path.rsplit_once("::") else {
            return;
        };
        let type_name = owner.rsplit("::").next().unwrap_or(owner);
        self.members.of_foreign(type_name, name, out);
        if self.is_type_parameter(site, owner) {
            self.members.of_any_trait(name, out);
        }
    }

    fn is_type_parameter(&self, site: &Site<'_>, name: &str) -> bool {
        let tree = self.scopes.tree;
        let chain = std::iter::successors(Some(site.item.id), |id| tree.item(*id).parent);
        chain.into_iter().any(|id| match &tree.raw(id).payload {
            Payload::Fn(sig) => sig.generics.iter().any(|g| g.name == name),
            Payload::Impl(head) => head.generics.iter().any(|g| g == name),
            Payload::Type(shape) => shape.generics.iter().any(|g| g == name),
            _ => false,
        })
    }

    /// The impl block, trait or type that says what `Self` is in the item.
    fn self_owner(&self, site: &Site<'_>) -> Option<ItemId> {
        let tree = self.scopes.tree;
        std::iter::successors(Some(site.item.id), |id| tree.item(*id).parent).find(|id| {
            matches!(
                tree.raw(*id).kind,
                ItemKind::Impl
                    | ItemKind::Trait
                    | ItemKind::Struct
                    | ItemKind::Enum
                    | ItemKind::Union
            )
        })
    }

    /// The type or trait that `Self` is in the item.
    pub(super) fn self_type(&self, site: &Site<'_>) -> Option<ItemId> {
        let owner = self.self_owner(site)?;
        let is_impl = self.scopes.tree.raw(owner).kind == ItemKind::Impl;
        if is_impl {
            self.members.impl_of(owner).self_type
        } else {
            Some(owner)
        }
    }

    /// `Self::name`: of the block itself, else of the type, else of the trait.
    fn self_member(&self, site: &Site<'_>, name: &str, out: &mut Vec<ItemId>) {
        let Some(owner) = self.self_owner(site) else {
            return;
        };
        let self_type = self.self_type(site);
        if let Some(variant) = self_type.and_then(|t| self.scopes.variant(t, name)) {
            out.push(variant);
            return;
        }
        out.extend(self_type);
        let of_trait = self.members.impl_of(owner).of_trait;
        let mut owners = [Some(owner), self_type, of_trait].into_iter().flatten();
        if !owners.any(|owner| self.members.of(owner, name, out)) {
            let is_open = self_type.is_none_or(|t| self.scopes.tree.raw(t).kind == ItemKind::Trait);
            if is_open {
                // A supertrait's or a blanket impl's.
                self.members.of_any_trait(name, out);
            }
        }
    }

    /// `<A as B>::name` and `A::<B>::name`, of which the tokens give each part by itself.
    pub(super) fn after_angle(
        &self,
        site: &Site<'_>,
        name: &NameRef,
        angle: u32,
        after_path: bool,
        out: &mut Vec<ItemId>,
    ) {
        let refs = &site.raw.refs;
        let here = refs.partition_point(|r| r.offset < name.offset);
        let open = refs.partition_point(|r| r.offset < angle);
        let owners = if after_path {
            open.saturating_sub(1)..open
        } else {
            open..here
        };
        let segment = name.path.split("::").next().unwrap_or(&name.path);
        for owner in refs.get(owners).into_iter().flatten() {
            if &*owner.path == "Self" {
                self.self_member(site, segment, out);
                continue;
            }
            let defs = match owner.path.contains("::") {
                true => {
                    self.scopes
                        .resolve(site.item.module, Origin::Relative, owner.path.split("::"))
                }
                false => self.first(site, &owner.path),
            };
            match defs.types.and_then(Def::item) {
                Some(item) => {
                    self.members.of(item, segment, out);
                }
                None => self.members.of_foreign(&owner.path, segment, out),
            }
        }
    }

    /// `name!`: the nearest `macro_rules!`, an imported one, any of the crate, one of a dependency.
    pub(super) fn macro_name(&self, site: &Site<'_>, path: &str, out: &mut Vec<ItemId>) {
        let (scopes, module) = (self.scopes, site.item.module);
        let name = path.rsplit("::").next().unwrap_or(path);
        let textual = scopes.textual_macros(module, name);
        if path != name {
            let found = scopes
                .resolve(module, Origin::Relative, path.split("::"))
                .macros;
            let is_here = path.starts_with("crate::")
                || path.starts_with("self::")
                || path.starts_with("super::");
            match found.and_then(Def::item) {
                Some(item) => out.push(item),
                None if is_here => out.extend(textual),
                None => {}
            }
            return;
        }
        let of = |id: &ItemId| scopes.tree.item(*id).module;
        let before = out.len();
        out.extend(textual.iter().filter(|id| of(id) == module));
        if out.len() == before {
            out.extend(textual.iter().filter(|id| scopes.is_within(module, of(id))));
        }
        if out.len() == before {
            out.extend(self.first(site, name).macros.and_then(Def::item));
        }
        if out.len() == before {
            out.extend(textual);
        }
        if out.len() == before {
            let roots = self
                .dependencies
                .get(site.item.krate.index())
                .into_iter()
                .flatten();
            out.extend(roots.filter_map(|root| scopes.lookup(*root, name).macros?.item()));
        }
    }
}
