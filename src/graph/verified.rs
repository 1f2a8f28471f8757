//! The verified graph: rustc's references as edges between items.
//!
//! Input: [`References`]. Output: [`ItemGraph`]. Names that macros produced are tied to the macro calls
//! (or derives) of their module whose tokens hold the name; such edges are approximate. So are those to items
//! whose marks an attribute macro threw away: rustc is silent about them, and their names decide.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Certainty, Edge, ItemGraph, OpenEdge, quick};
use crate::id::{CrateId, ItemId, ModuleId};
use crate::oracle::references::{Meaning, References};
use crate::syntax::{ItemKind, ItemTree, Payload};
use crate::workspace::Workspace;

/// The graph of what rustc resolved.
pub fn graph(workspace: &Workspace, tree: &ItemTree, references: &References) -> ItemGraph {
    let mut edges = Vec::with_capacity(references.list.len());
    let mut open = Vec::new();
    let producers = Producers::new(tree);
    for reference in &references.list {
        let Some(from) = tree.innermost(reference.krate, reference.file, reference.start) else {
            continue;
        };
        let edge = |to: ItemId, certainty: Certainty| Edge {
            from,
            to,
            file: reference.file,
            offset: reference.start,
            certainty,
        };
        match &reference.meaning {
            Meaning::Item(to) => edges.push(edge(*to, Certainty::Verified)),
            Meaning::Product {
                krate,
                module,
                name,
            } => {
                let made_by = producers.of(tree, *krate, *module, name);
                if made_by.is_empty() {
                    let reason = format!("`{name}` is produced by a macro that could not be told");
                    open.push(OpenEdge {
                        from,
                        offset: reference.start,
                        reason,
                    });
                }
                edges.extend(
                    made_by
                        .into_iter()
                        .map(|to| edge(to, Certainty::Approximate)),
                );
            }
        }
    }
    producers.blind_spots(tree, &mut edges);
    producers.derived_types(tree, &mut edges);
    let swallowed = swallowed(tree, &edges);
    if !swallowed.is_empty() {
        let by_name = quick::edges(workspace, tree).into_iter();
        edges.extend(by_name.filter(|e| swallowed.contains(&e.to)));
    }
    ItemGraph::new(tree, edges, open, true)
}

/// Types that an attribute macro makes anew and that rustc never names: the macro threw the mark away.
fn swallowed(tree: &ItemTree, edges: &[Edge]) -> HashSet<ItemId> {
    let sure = edges.iter().filter(|e| e.certainty == Certainty::Verified);
    let named: HashSet<ItemId> = sure.map(|e| e.to).collect();
    let items = tree.items.iter().filter(|i| {
        let kind = tree.raw(i.id).kind;
        i.active && matches!(kind, ItemKind::Struct | ItemKind::Enum | ItemKind::Union)
    });
    let remade = items.filter(|i| {
        let attrs = tree.raw(i.id).attrs.iter();
        attrs
            .filter(|a| !a.is_doc && a.path != "derive")
            .any(|a| !a.is_built_in())
    });
    remade
        .map(|i| i.id)
        .filter(|id| !named.contains(id))
        .collect()
}

/// Macro calls and derives by module, and the names they are known to declare.
struct Producers {
    calls: BTreeMap<ModuleId, Vec<ItemId>>,
    module_of_decl: HashMap<ItemId, ModuleId>,
    derived: BTreeMap<ModuleId, Vec<ItemId>>,
}

impl Producers {
    fn new(tree: &ItemTree) -> Self {
        let mut calls: BTreeMap<ModuleId, Vec<ItemId>> = BTreeMap::new();
        let mut derived: BTreeMap<ModuleId, Vec<ItemId>> = BTreeMap::new();
        let mut module_of_decl = HashMap::new();
        for item in tree.items.iter().filter(|i| i.active) {
            let raw = tree.raw(item.id);
            match raw.kind {
                ItemKind::MacroCall | ItemKind::ImplMacro | ItemKind::TraitMacro => {
                    calls.entry(item.module).or_default().push(item.id);
                }
                _ if raw.attrs.iter().any(|a| !a.is_doc && !a.is_built_in()) => {
                    derived.entry(item.module).or_default().push(item.id);
                }
                _ => {}
            }
            if let Some(module) = item.declares {
                module_of_decl.insert(item.id, module);
            }
        }
        Self {
            calls,
            module_of_decl,
            derived,
        }
    }

    /// The items of a module that can have produced `path`, the likeliest kind first found.
    fn of(&self, tree: &ItemTree, krate: CrateId, decl: Option<ItemId>, path: &str) -> Vec<ItemId> {
        let module = match decl {
            Some(decl) => match self.module_of_decl.get(&decl) {
                Some(module) => *module,
                None => return Vec::new(),
            },
            None => tree.krate(krate).root,
        };
        let names: Vec<&str> = segments(path);
        let calls = self
            .calls
            .get(&module)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let declared: Vec<ItemId> = calls
            .iter()
            .copied()
            .filter(|call| declares(tree, *call, |d| names.contains(&d)))
            .collect();
        if !declared.is_empty() {
            return declared;
        }
        let holds = |item: &ItemId, exact: bool| {
            tree.raw(*item).refs.iter().any(|r| {
                r.path.split("::").any(|word| {
                    names.iter().any(|name| {
                        if exact {
                            *name == word
                        } else {
                            word.len() > 2 && name.contains(word)
                        }
                    })
                })
            })
        };
        let named: Vec<ItemId> = calls.iter().copied().filter(|c| holds(c, true)).collect();
        if !named.is_empty() {
            return named;
        }
        // `FooBuilder` of `#[derive(Builder)] struct Foo`.
        let derived: Vec<ItemId> = self
            .derived
            .get(&module)
            .into_iter()
            .flatten()
            .copied()
            .filter(|item| {
                let name = &tree.raw(*item).name;
                !name.is_empty() && names.iter().any(|n| n.contains(name.as_str()))
            })
            .collect();
        if !derived.is_empty() {
            return derived;
        }
        let similar: Vec<ItemId> = calls.iter().copied().filter(|c| holds(c, false)).collect();
        if similar.is_empty() {
            calls.to_vec()
        } else {
            similar
        }
    }

    /// rustc does not report a use of a macro's product from an unmarked item of the same module (trait
    /// impls, macro calls): there the names decide, where it reported nothing else.
    fn blind_spots(&self, tree: &ItemTree, edges: &mut Vec<Edge>) {
        let said: HashSet<(ItemId, u32)> = edges.iter().map(|e| (e.from, e.offset)).collect();
        for (module, calls) in &self.calls {
            let mut names: BTreeMap<&str, Vec<ItemId>> = BTreeMap::new();
            for call in calls {
                if let Payload::MacroCall { declares, .. } = &tree.raw(*call).payload {
                    for name in declares {
                        names.entry(name).or_default().push(*call);
                    }
                }
                // `id_type!(UserId)`: a bare name in the tokens may be what is declared.
                for name in &tree.raw(*call).refs {
                    if !name.path.contains("::") {
                        names.entry(&name.path).or_default().push(*call);
                    }
                }
            }
            for item in tree
                .items
                .iter()
                .filter(|i| i.module == *module && i.active)
            {
                let raw = tree.raw(item.id);
                let unmarked = matches!(
                    raw.kind,
                    ItemKind::Impl
                        | ItemKind::ImplFn
                        | ItemKind::ImplType
                        | ItemKind::ImplConst
                        | ItemKind::MacroCall
                        | ItemKind::Use
                );
                if !unmarked {
                    continue;
                }
                let unsaid = |offset: u32| !said.contains(&(item.id, offset));
                for name in raw.refs.iter().filter(|name| unsaid(name.offset)) {
                    let first = name.path.split("::").next().unwrap_or("");
                    for call in names.get(first).into_iter().flatten() {
                        let declares_it = declares(tree, *call, |d| d == first)
                            || (first.starts_with(char::is_uppercase)
                                && !names_item(tree, item.module, first));
                        if *call != item.id && declares_it {
                            edges.push(Edge {
                                from: item.id,
                                to: *call,
                                file: item.file,
                                offset: name.offset,
                                certainty: Certainty::Approximate,
                            });
                        }
                    }
                }
            }
        }
    }

    /// An impl for a type that a derive made (`#[discriminants(name(Kind))]`, `FooBuilder`) belongs to the
    /// item that derives it; rustc is silent about it where both lie in one module.
    fn derived_types(&self, tree: &ItemTree, edges: &mut Vec<Edge>) {
        for item in tree.items.iter().filter(|i| i.active) {
            let raw = tree.raw(item.id);
            let (Payload::Impl(head), Some(makers)) =
                (&raw.payload, self.derived.get(&item.module))
            else {
                continue;
            };
            let Some(self_type) = head.deciding.first() else {
                continue;
            };
            for name in raw.refs.iter().filter(|r| self_type.contains(r.offset)) {
                if name.path.contains("::") || names_item(tree, item.module, &name.path) {
                    continue;
                }
                let made_by = makers.iter().copied().filter(|maker| {
                    let maker = tree.raw(*maker);
                    let own = maker.name.as_str();
                    let attrs = maker
                        .refs
                        .iter()
                        .filter(|r| r.offset < maker.name_range.start);
                    attrs.into_iter().any(|r| r.path == name.path)
                        || (own.len() > 2 && name.path.contains(own))
                });
                edges.extend(made_by.map(|to| Edge {
                    from: item.id,
                    to,
                    file: item.file,
                    offset: name.offset,
                    certainty: Certainty::Approximate,
                }));
            }
        }
    }
}

/// Whether the module declares or imports `name` in its own text, so that no macro did.
fn names_item(tree: &ItemTree, module: ModuleId, name: &str) -> bool {
    tree.items
        .iter()
        .filter(|i| i.module == module && i.parent.is_none())
        .any(|i| {
            let raw = tree.raw(i.id);
            match &raw.payload {
                Payload::Use(decl) => decl.leaves.iter().any(|l| l.name == name),
                Payload::MacroCall { .. } | Payload::Impl(_) => false,
                _ => raw.name == name,
            }
        })
}

fn declares(tree: &ItemTree, call: ItemId, test: impl Fn(&str) -> bool) -> bool {
    matches!(&tree.raw(call).payload, Payload::MacroCall { declares, .. } if declares.iter().any(|d| test(d)))
}

/// The names in a path as rustc prints it, `<impl a::B>::c` included.
fn segments(path: &str) -> Vec<&str> {
    path.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|s| !s.is_empty())
        .collect()
}
