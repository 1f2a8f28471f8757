//! What belongs to types and traits: variants, associated items, methods by name, alias targets.
//!
//! Input: [`Scopes`]. Output: [`Members`]. Refuses nothing; an impl whose self type lies outside the
//! workspace is kept under that type's bare name.

use std::collections::HashMap;

use crate::id::{CrateId, ItemId, ModuleId};
use crate::syntax::{Item, ItemKind, ItemTree, Payload, Ty};

use super::scope::{Def, Origin, Scopes};

/// Above this many methods of one name only those of reachable crates count.
const MANY: usize = 40;

/// Aliases of aliases are followed this far.
const MAX_ALIASES: usize = 8;

/// What an impl block is for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ImplOf {
    /// The self type, when it is an item of the workspace.
    pub(super) self_type: Option<ItemId>,
    /// The trait, when it is an item of the workspace.
    pub(super) of_trait: Option<ItemId>,
}

/// Members of types and traits.
#[derive(Default)]
pub(super) struct Members<'a> {
    /// By type, trait or impl block, and name.
    by_owner: HashMap<(ItemId, &'a str), Vec<ItemId>>,
    /// By the name of a self type outside the workspace, and name.
    by_foreign: HashMap<(&'a str, &'a str), Vec<ItemId>>,
    /// Members of traits by name.
    of_traits: HashMap<&'a str, Vec<ItemId>>,
    /// Functions with a receiver by name, with their crates.
    methods: HashMap<&'a str, Vec<(CrateId, ItemId)>>,
    /// The traits of the workspace that a type implements.
    traits: HashMap<ItemId, Vec<ItemId>>,
    /// What an alias stands for.
    aliases: HashMap<ItemId, ItemId>,
    /// Impl heads.
    impls: HashMap<ItemId, ImplOf>,
}

impl<'a> Members<'a> {
    /// The members of everything in `scopes`.
    pub(super) fn new(scopes: &Scopes<'a>) -> Self {
        let tree = scopes.tree;
        let mut members = Self::default();
        for (owner, variant) in scopes.variants() {
            members
                .by_owner
                .entry((owner, &tree.raw(variant).name))
                .or_default()
                .push(variant);
        }
        for item in tree.items.iter().filter(|i| i.active) {
            match &tree.raw(item.id).payload {
                Payload::Alias(Ty::Path { segments, .. }) => {
                    let path = segments.iter().map(String::as_str);
                    let target = scopes.resolve(item.module, Origin::Relative, path).types;
                    if let Some(target) = target.and_then(Def::item).filter(|t| *t != item.id) {
                        members.aliases.insert(item.id, target);
                    }
                }
                Payload::Impl(head) => {
                    let of_trait = head.trait_path.as_deref();
                    let head = ImplOf {
                        self_type: type_item(scopes, item.module, type_head(&head.self_text)),
                        of_trait: of_trait.and_then(|path| type_item(scopes, item.module, path)),
                    };
                    members.impls.insert(item.id, head);
                }
                _ => {}
            }
        }
        members.lift_aliases();
        for item in tree.items.iter().filter(|i| i.active) {
            members.add(tree, item);
        }
        members
    }

    /// An impl for an alias is one for its target; notes which traits a type has.
    fn lift_aliases(&mut self) {
        let mut impls = std::mem::take(&mut self.impls);
        for head in impls.values_mut() {
            head.self_type = head.self_type.map(|t| self.real(t));
            if let (Some(of), Some(of_trait)) = (head.self_type, head.of_trait) {
                self.traits.entry(of).or_default().push(of_trait);
            }
        }
        self.impls = impls;
        for traits in self.traits.values_mut() {
            traits.sort();
            traits.dedup();
        }
    }

    fn add(&mut self, tree: &'a ItemTree, item: &Item) {
        let Some(parent) = item.parent else { return };
        let raw = tree.raw(item.id);
        let in_trait = match raw.kind {
            ItemKind::ImplFn | ItemKind::ImplConst | ItemKind::ImplType => false,
            ItemKind::TraitFn | ItemKind::TraitConst | ItemKind::TraitType => true,
            ItemKind::ImplMacro | ItemKind::TraitMacro => {
                // Names in the macro's tokens count as functions of the block, receiver unknown.
                let Payload::MacroCall { declares, .. } = &raw.payload else {
                    return;
                };
                for name in declares {
                    self.name(tree, item, parent, name, raw.kind == ItemKind::TraitMacro);
                    self.methods
                        .entry(name)
                        .or_default()
                        .push((item.krate, item.id));
                }
                return;
            }
            _ => return,
        };
        self.name(tree, item, parent, &raw.name, in_trait);
        if raw.signature().is_some_and(|sig| sig.receiver.is_some()) {
            self.methods
                .entry(&raw.name)
                .or_default()
                .push((item.krate, item.id));
        }
    }

    fn name(
        &mut self,
        tree: &'a ItemTree,
        item: &Item,
        parent: ItemId,
        name: &'a str,
        in_trait: bool,
    ) {
        self.by_owner
            .entry((parent, name))
            .or_default()
            .push(item.id);
        if in_trait {
            self.of_traits.entry(name).or_default().push(item.id);
            return;
        }
        match self.impls.get(&parent).and_then(|head| head.self_type) {
            Some(of) => self.by_owner.entry((of, name)).or_default().push(item.id),
            None => {
                if let Payload::Impl(head) = &tree.raw(parent).payload {
                    let of = type_head(&head.self_text);
                    let of = of.rsplit("::").next().unwrap_or(of);
                    self.by_foreign.entry((of, name)).or_default().push(item.id);
                }
            }
        }
    }

    /// What an alias stands for in the end; anything else stays itself.
    fn real(&self, item: ItemId) -> ItemId {
        let chain = std::iter::successors(Some(item), |at| self.aliases.get(at).copied());
        chain.take(MAX_ALIASES).last().unwrap_or(item)
    }

    /// What `impl_block` is for.
    pub(super) fn impl_of(&self, impl_block: ItemId) -> ImplOf {
        self.impls.get(&impl_block).copied().unwrap_or_default()
    }

    /// Adds the members of a type, trait or impl block with this name, else those of the type's traits;
    /// says whether there were any.
    pub(super) fn of(&self, owner: ItemId, name: &str, out: &mut Vec<ItemId>) -> bool {
        let owner = self.real(owner);
        if let Some(found) = self.by_owner.get(&(owner, name)) {
            out.extend(found);
            return true;
        }
        let before = out.len();
        for of_trait in self.traits.get(&owner).into_iter().flatten() {
            out.extend(self.by_owner.get(&(*of_trait, name)).into_iter().flatten());
        }
        out.len() > before
    }

    /// Adds the members that the workspace gives to an outside type of this name.
    pub(super) fn of_foreign(&self, type_name: &str, name: &str, out: &mut Vec<ItemId>) {
        out.extend(
            self.by_foreign
                .get(&(type_name, name))
                .into_iter()
                .flatten(),
        );
    }

    /// Adds the members of this name of every trait.
    pub(super) fn of_any_trait(&self, name: &str, out: &mut Vec<ItemId>) {
        out.extend(self.of_traits.get(name).into_iter().flatten());
    }

    /// Adds the functions with a receiver that `.name(…)` in `krate` may call.
    pub(super) fn methods(
        &self,
        scopes: &Scopes<'a>,
        krate: CrateId,
        name: &str,
        out: &mut Vec<ItemId>,
    ) {
        let Some(found) = self.methods.get(name) else {
            return;
        };
        let all = found.len() <= MANY;
        let near = found
            .iter()
            .filter(|(of, _)| all || scopes.reaches(krate, *of));
        out.extend(near.map(|(_, item)| *item));
    }
}

fn type_item(scopes: &Scopes<'_>, module: ModuleId, path: &str) -> Option<ItemId> {
    scopes
        .resolve(module, Origin::Relative, path.split("::"))
        .types?
        .item()
}

/// `a::Foo` of `&'a mut a::Foo<T>`; empty when the type is no path.
fn type_head(text: &str) -> &str {
    let mut rest = text.trim_start();
    loop {
        let next = if let Some(after) = rest.strip_prefix(['&', '(']) {
            after
        } else if rest.starts_with('\'') {
            rest.split_once(char::is_whitespace)
                .map_or("", |(_, after)| after)
        } else if let Some(after) = rest
            .strip_prefix("mut ")
            .or_else(|| rest.strip_prefix("dyn "))
        {
            after
        } else {
            break;
        };
        rest = next.trim_start();
    }
    let rest = rest.strip_prefix("::").unwrap_or(rest);
    let end = rest
        .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'))
        .unwrap_or(rest.len());
    rest.get(..end).unwrap_or("").trim_end_matches(':')
}
