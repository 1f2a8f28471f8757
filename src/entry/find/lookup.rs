//! What a name can mean: items whose path ends with it, and items that a `use` brings to it.
//!
//! Input: a [`Name`]. Output: items, without judging them. Refuses nothing.

use std::collections::BTreeSet;

use crate::id::{CrateId, ItemId, ModuleId};
use crate::syntax::{ItemKind, ItemTree, Payload, UseLeaf};
use crate::workspace::{TargetShape, Workspace};

/// How many re-exports are followed one after the other.
const DEPTH: usize = 8;

/// A name as a person types it, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Name {
    /// `["shop", "invoice", "render"]`, without `crate`, `r#` and generic arguments.
    pub(super) segments: Vec<String>,
    /// The trait in `<Type as Trait>::method`.
    pub(super) of_trait: Option<String>,
}

impl Name {
    /// Reads `shop::invoice::render`, `crate::Invoice::render`, `<A as B>::c`, `render()`.
    pub(super) fn parse(text: &str) -> Self {
        let text = text.trim();
        let text = text.split('(').next().unwrap_or(text).trim();
        let mut of_trait = None;
        let mut plain = text.to_owned();
        if let Some((ty, of, rest)) = qualified(text) {
            of_trait = Some(last_word(of));
            plain = format!("{ty}{rest}");
        }
        let mut depth = 0usize;
        let without: String = plain
            .chars()
            .filter(|c| {
                match c {
                    '<' => depth += 1,
                    '>' => depth = depth.saturating_sub(1),
                    c => return depth == 0 && !c.is_whitespace(),
                }
                false
            })
            .collect();
        let mut segments: Vec<String> = without
            .split("::")
            .filter(|s| !s.is_empty())
            .map(|s| s.strip_prefix("r#").unwrap_or(s).to_owned())
            .collect();
        if segments.first().is_some_and(|s| s == "crate") {
            segments.remove(0);
        }
        if let Some(first) = segments.first_mut() {
            *first = first.replace('-', "_");
        }
        Self { segments, of_trait }
    }

    /// The last segment.
    pub(super) fn last(&self) -> &str {
        self.segments.last().map_or("", String::as_str)
    }
}

/// `<A as B>::c` as `A`, `B`, `::c`.
fn qualified(text: &str) -> Option<(&str, &str, &str)> {
    let inner = text.strip_prefix('<')?;
    let (ty, rest) = inner.split_once(" as ")?;
    let end = rest.rfind(">::")?;
    Some((ty.trim(), rest.get(..end)?.trim(), rest.get(end + 1..)?))
}

fn last_word(path: &str) -> String {
    let head = path.split('<').next().unwrap_or(path);
    head.rsplit("::").next().unwrap_or(head).trim().to_owned()
}

/// The names of a workspace.
pub(super) struct Lookup<'a> {
    pub(super) tree: &'a ItemTree,
    pub(super) workspace: &'a Workspace,
}

impl<'a> Lookup<'a> {
    pub(super) fn new(tree: &'a ItemTree, workspace: &'a Workspace) -> Self {
        Self { tree, workspace }
    }

    /// Whether an item is a module: it leaves the name free for a function.
    pub(super) fn is_module(&self, item: ItemId) -> bool {
        self.tree.raw(item).kind == ItemKind::Mod
    }

    /// The segments of an item's path.
    pub(super) fn path(&self, item: ItemId) -> Vec<String> {
        let mut path = self.tree.module_path(self.tree.item(item).module);
        path.extend(self.tree.local_name(item));
        path
    }

    /// Everything that `wanted` can mean.
    pub(super) fn all(&self, wanted: &Name) -> Vec<ItemId> {
        let mut found: Vec<ItemId> = self
            .named(wanted.last())
            .filter(|item| {
                let path = self.path(*item);
                path.ends_with(&wanted.segments) || self.by_package(*item, &path, &wanted.segments)
            })
            .collect();
        // `mod parse; pub use parse::parse;`: a module and what a `use` brings may share a name.
        if found.iter().all(|item| self.is_module(*item)) {
            let mut through: BTreeSet<ItemId> = found.iter().copied().collect();
            self.through_uses(&wanted.segments, 0, &mut through);
            for krate in &self.tree.crates {
                let mut with_crate = vec![krate.name.clone()];
                with_crate.extend(wanted.segments.iter().cloned());
                self.through_uses(&with_crate, 0, &mut through);
            }
            found = through.into_iter().collect();
        }
        if let Some(of) = &wanted.of_trait {
            found.retain(|item| {
                let parent = self.tree.item(*item).parent.map(|p| self.tree.raw(p));
                parent.is_some_and(|p| match &p.payload {
                    Payload::Impl(head) => head
                        .trait_path
                        .as_deref()
                        .is_some_and(|t| last_word(t) == *of),
                    _ => false,
                })
            });
        }
        found
    }

    /// The paths of all functions that could be entries, tests left out.
    pub(super) fn functions(&self) -> Vec<String> {
        let mut paths: Vec<String> = self
            .tree
            .items
            .iter()
            .filter(|i| {
                i.active && matches!(self.tree.raw(i.id).kind, ItemKind::Fn | ItemKind::ImplFn)
            })
            .filter(|i| !super::vet::is_test(self.tree, i.id))
            .map(|i| self.tree.path(i.id))
            .collect();
        paths.sort();
        paths.dedup();
        paths
    }

    /// Whether the item lies in the package that `--package` names.
    pub(super) fn in_focus(&self, item: ItemId) -> bool {
        let package = self.tree.krate(self.tree.item(item).krate).package;
        self.workspace.focus.is_some_and(|focus| focus == package)
    }

    /// The dependency that the first segment names, when no crate of the workspace has that name.
    pub(super) fn dependency(&self, wanted: &Name) -> Option<String> {
        let first = wanted
            .segments
            .first()
            .filter(|_| wanted.segments.len() > 1)?;
        if matches!(first.as_str(), "std" | "core" | "alloc") {
            return Some(first.clone());
        }
        if self.crates_named(first).next().is_some() {
            return None;
        }
        let all = self.workspace.packages.iter().flat_map(|p| &p.dependencies);
        all.filter(|d| self.workspace.member(d).is_none())
            .find(|d| d.extern_name == *first)
            .map(|d| d.package.clone())
    }

    fn named(&self, last: &str) -> impl Iterator<Item = ItemId> {
        self.tree.items.iter().map(|i| i.id).filter(move |item| {
            let raw = self.tree.raw(*item);
            raw.name == last
                && !matches!(
                    raw.kind,
                    ItemKind::Use
                        | ItemKind::Impl
                        | ItemKind::ForeignMod
                        | ItemKind::ExternCrate
                        | ItemKind::MacroCall
                        | ItemKind::ImplMacro
                        | ItemKind::TraitMacro
                        | ItemKind::Other
                )
        })
    }

    /// Whether `wanted` is the item's path with the package's name for the crate's.
    fn by_package(&self, item: ItemId, path: &[String], wanted: &[String]) -> bool {
        let (Some((first, rest)), Some((_, own))) = (wanted.split_first(), path.split_first())
        else {
            return false;
        };
        rest == own && self.is_named(self.tree.item(item).krate, first)
    }

    fn is_named(&self, krate: CrateId, name: &str) -> bool {
        let krate = self.tree.krate(krate);
        krate.name == name
            || self
                .workspace
                .package(krate.package)
                .is_some_and(|p| p.name.replace('-', "_") == name)
    }

    fn crates_named(&self, name: &str) -> impl Iterator<Item = CrateId> {
        let mut crates: Vec<CrateId> = self
            .tree
            .crates
            .iter()
            .map(|c| c.id)
            .filter(|c| self.is_named(*c, name))
            .collect();
        crates.sort_by_key(|c| self.tree.krate(*c).shape == TargetShape::Bin);
        crates.into_iter()
    }

    /// Follows `use` declarations from an absolute path.
    fn through_uses(&self, wanted: &[String], depth: usize, found: &mut BTreeSet<ItemId>) {
        let (Some((first, rest)), Some(last)) = (wanted.split_first(), wanted.last()) else {
            return;
        };
        if depth > DEPTH || rest.is_empty() {
            return;
        }
        let exact: Vec<ItemId> = self
            .named(last)
            .filter(|item| {
                let path = self.path(*item);
                path == wanted || self.by_package(*item, &path, wanted)
            })
            .collect();
        let only_modules = exact.iter().all(|item| self.is_module(*item));
        found.extend(exact);
        if !only_modules {
            return;
        }
        for krate in self.crates_named(first) {
            let mut module = self.tree.krate(krate).root;
            let mut left = rest;
            while let Some((name, after)) =
                left.split_first().filter(|(_, after)| !after.is_empty())
            {
                let Some(child) = self.child(module, name) else {
                    break;
                };
                module = child;
                left = after;
            }
            let Some((name, after)) = left.split_first() else {
                continue;
            };
            for leaf in self.leaves(module) {
                if leaf.name == *name {
                    self.through(leaf, module, after, depth, found);
                } else if leaf.glob {
                    self.through(leaf, module, left, depth, found);
                }
            }
        }
    }

    fn through(
        &self,
        leaf: &UseLeaf,
        module: ModuleId,
        rest: &[String],
        depth: usize,
        found: &mut BTreeSet<ItemId>,
    ) {
        for mut path in self.absolute(&leaf.path, module) {
            path.extend(rest.iter().cloned());
            self.through_uses(&path, depth + 1, found);
        }
    }

    fn child(&self, module: ModuleId, name: &str) -> Option<ModuleId> {
        self.tree
            .modules
            .iter()
            .find(|m| m.parent == Some(module) && m.name == name)
            .map(|m| m.id)
    }

    fn leaves(&self, module: ModuleId) -> impl Iterator<Item = &'a UseLeaf> {
        let tree = self.tree;
        tree.items
            .iter()
            .filter(move |i| i.module == module && i.active && i.parent.is_none())
            .flat_map(move |i| match &tree.raw(i.id).payload {
                Payload::Use(decl) => decl.leaves.iter(),
                _ => [].iter(),
            })
    }

    /// What a `use` path in `module` can stand for, crate name first.
    fn absolute(&self, path: &[String], module: ModuleId) -> Vec<Vec<String>> {
        let here = self.tree.module_path(module);
        let root = here.first().cloned().into_iter().collect::<Vec<_>>();
        let Some((first, rest)) = path.split_first() else {
            return Vec::new();
        };
        let join = |base: &[String], rest: &[String]| [base, rest].concat();
        match first.as_str() {
            "crate" => vec![join(&root, rest)],
            "self" => vec![join(&here, rest)],
            "super" => {
                let ups = path.iter().take_while(|s| *s == "super").count();
                let base = here
                    .get(..here.len().saturating_sub(ups))
                    .unwrap_or_default();
                vec![join(base, path.get(ups..).unwrap_or_default())]
            }
            _ => vec![join(&here, path), path.to_vec()],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        let check = |text: &str, segments: &[&str], of: Option<&str>| {
            let name = Name::parse(text);
            assert_eq!(name.segments, segments, "{text}");
            assert_eq!(name.of_trait.as_deref(), of, "{text}");
        };
        check(
            "shop::invoice::render",
            &["shop", "invoice", "render"],
            None,
        );
        check("crate::render()", &["render"], None);
        check("my-shop::r#try", &["my_shop", "try"], None);
        check(
            "::shop::Cart::<u8>::total",
            &["shop", "Cart", "total"],
            None,
        );
        check(
            "<shop::Cart as fmt::Display>::fmt",
            &["shop", "Cart", "fmt"],
            Some("Display"),
        );
    }
}
