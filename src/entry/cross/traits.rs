//! Which traits a type of the workspace has: derives (also under `cfg_attr`) and impls by hand.
//!
//! Input: attributes and [`Resolve::trait_impls`]. Output: yes or no. Refuses nothing.

use std::str::FromStr as _;

use super::Resolve;
use crate::id::ItemId;
use crate::syntax::{Attr, ItemTree};
use crate::workspace::Workspace;

/// The direction in which a value crosses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    /// Into the function: it is deserialized.
    In,
    /// Out of it: it is serialized.
    Out,
}

/// Looks traits up.
pub(super) struct Facts<'a> {
    pub(super) tree: &'a ItemTree,
    pub(super) workspace: &'a Workspace,
    pub(super) resolve: &'a dyn Resolve,
}

impl Facts<'_> {
    /// Whether the type can already go this way.
    pub(super) fn has(&self, item: ItemId, way: Way) -> bool {
        let derives = match way {
            Way::In => ["Deserialize", "DeserializeFromStr", "Deserialize_repr"],
            Way::Out => ["Serialize", "SerializeDisplay", "Serialize_repr"],
        };
        derives.iter().any(|name| self.derived(item, name)) || self.by_hand(item, way)
    }

    /// Whether it has an impl by hand for this way.
    pub(super) fn by_hand(&self, item: ItemId, way: Way) -> bool {
        match way {
            Way::In => {
                self.implements(item, "Deserialize") || self.implements(item, "DeserializeOwned")
            }
            Way::Out => self.implements(item, "Serialize"),
        }
    }

    /// Whether an impl by hand of a trait with this last segment exists.
    pub(super) fn implements(&self, item: ItemId, name: &str) -> bool {
        self.resolve
            .trait_impls(item)
            .iter()
            .any(|path| last_segment(path) == name)
    }

    /// Whether it derives a macro with this last segment under the features that are on.
    pub(super) fn derived(&self, item: ItemId, name: &str) -> bool {
        // Most attributes do not hold the name at all: those are not taken apart.
        let attrs = self.tree.raw(item).attrs.iter();
        let mut out = Vec::new();
        for attr in attrs.filter(|attr| attr.args.contains(name)) {
            self.collect(item, &attr.path, &attr.args, &mut out);
        }
        out.iter().any(|derive| derive == name)
    }

    /// Whether an attribute `name` is among `attrs`, which stand on something of `item`, be it behind a `cfg_attr`
    /// that holds.
    pub(super) fn bears(&self, item: ItemId, attrs: &[Attr], name: &str) -> bool {
        attrs.iter().any(|attr| {
            let mut parts = split(&attr.args).into_iter();
            let is_held = |p: &str| attr.path == "cfg_attr" && self.holds(item, p);
            attr.path == name
                || (parts.next().is_some_and(is_held)
                    && parts.any(|part| part.split(['(', '=']).next().map(str::trim) == Some(name)))
        })
    }

    /// The paths of an item's attributes; those behind a `cfg_attr` that holds among them.
    pub(super) fn attributes(&self, item: ItemId) -> Vec<&str> {
        let mut out = Vec::new();
        for attr in &self.tree.raw(item).attrs {
            if attr.path != "cfg_attr" {
                out.push(attr.path.as_str());
                continue;
            }
            let mut parts = split(&attr.args).into_iter();
            let holds = parts.next().is_some_and(|p| self.holds(item, p));
            let paths = parts.filter_map(|part| part.split(['(', '=']).next());
            out.extend(paths.filter(|_| holds).map(str::trim));
        }
        out
    }

    /// The arguments of all attributes `name` among `attrs`, which stand on something of `item`; those
    /// behind a `cfg_attr` that holds among them.
    pub(super) fn arguments(&self, item: ItemId, attrs: &[Attr], name: &str) -> Vec<String> {
        let mut out = Vec::new();
        for attr in attrs {
            if attr.path == name {
                out.extend(split(&attr.args).into_iter().map(str::to_owned));
            } else if attr.path == "cfg_attr" {
                let mut parts = split(&attr.args).into_iter();
                let holds = parts.next().is_some_and(|p| self.holds(item, p));
                for part in parts.filter(|_| holds) {
                    let inner = part.split_once('(').filter(|(path, _)| path.trim() == name);
                    let inner = inner.and_then(|(_, rest)| rest.trim_end().strip_suffix(')'));
                    let inner = inner.map(split).unwrap_or_default();
                    out.extend(inner.into_iter().map(str::to_owned));
                }
            }
        }
        out
    }

    fn collect(&self, item: ItemId, path: &str, args: &str, out: &mut Vec<String>) {
        match path {
            "derive" => {
                let names = args
                    .split(',')
                    .map(str::trim)
                    .filter(|name| !name.is_empty());
                out.extend(names.map(|name| last_segment(name).to_owned()));
            }
            "cfg_attr" => {
                let mut parts = split(args).into_iter();
                let holds = parts
                    .next()
                    .is_some_and(|predicate| self.holds(item, predicate));
                for part in parts.filter(|_| holds) {
                    if let Some((path, rest)) = part.split_once('(') {
                        let inner = rest.trim_end().strip_suffix(')').unwrap_or(rest);
                        self.collect(item, path.trim(), inner, out);
                    }
                }
            }
            _ => {}
        }
    }

    fn holds(&self, item: ItemId, predicate: &str) -> bool {
        let Ok(expr) = cargo_platform::CfgExpr::from_str(predicate) else {
            return false;
        };
        let mut cfgs = self.workspace.host_cfg.clone();
        let package = self.tree.krate(self.tree.item(item).krate).package;
        if let Some(package) = self.workspace.package(package) {
            cfgs.extend(package.active_features.iter().filter_map(|feature| {
                cargo_platform::Cfg::from_str(&format!("feature = {feature:?}")).ok()
            }));
        }
        expr.matches(&cfgs)
    }
}

/// `Deserialize` of `serde::Deserialize<'de>`.
pub(super) fn last_segment(path: &str) -> &str {
    let head = path.split('<').next().unwrap_or(path).trim();
    head.rsplit("::").next().unwrap_or(head).trim()
}

/// The parts of a comma list, commas in brackets left alone.
pub(super) fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0usize, 0usize);
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(text.get(start..at).unwrap_or("").trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text.get(start..).unwrap_or("").trim());
    parts.retain(|part| !part.is_empty());
    parts
}
