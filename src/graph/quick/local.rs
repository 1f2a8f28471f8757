//! `use` declarations inside function bodies, which are no items of their own.
//!
//! Input: an item's text and the places where a name follows `use`. Output: [`Local`], the names they
//! bind for the whole item. Refuses nothing: a declaration that cannot be read binds nothing.

use super::lexical::{Spot, is_word_byte};
use super::scope::{Def, Defs, Origin, Scopes};
use crate::id::{ItemId, ModuleId};
use crate::syntax::{NameRef, RefKind};

/// Groups nested deeper than this are not read.
const MAX_DEPTH: usize = 16;

/// A leaf as written: its path, the bound name (`*` for a glob) and its place.
struct Leaf<'t> {
    path: Vec<&'t str>,
    name: &'t str,
    offset: u32,
}

/// What an item's own `use` declarations bind.
#[derive(Default)]
pub(super) struct Local<'t> {
    names: Vec<(&'t str, Defs)>,
    globs: Vec<Def>,
    ranges: Vec<(u32, u32)>,
    targets: Vec<(u32, ItemId)>,
}

impl<'t> Local<'t> {
    /// Reads the declarations among `refs`.
    pub(super) fn read(
        scopes: &Scopes<'_>,
        module: ModuleId,
        text: &'t str,
        refs: &[NameRef],
    ) -> Self {
        let mut local = Self::default();
        for name in refs.iter().filter(|r| r.kind == RefKind::Path) {
            let spot = Spot::new(text, &name.path, name.offset);
            let absolute = spot.follows("::");
            let is_use = if absolute {
                follows_use_colons(text, name.offset)
            } else {
                spot.follows_word("use")
            };
            if !is_use || local.covers(name.offset) {
                continue;
            }
            let rest = text.get(name.offset as usize..).unwrap_or("");
            let Some(end) = rest.find(';') else { continue };
            let mut reader = Reader {
                text: rest.get(..end).unwrap_or(""),
                at: 0,
                base: name.offset,
                leaves: Vec::new(),
            };
            if reader.tree(&mut Vec::new(), 0).is_none() {
                continue;
            }
            local
                .ranges
                .push((name.offset, name.offset + u32::try_from(end).unwrap_or(0)));
            for leaf in reader.leaves {
                local.add(scopes, module, absolute, &leaf);
            }
        }
        local
    }

    fn add(&mut self, scopes: &Scopes<'_>, module: ModuleId, absolute: bool, leaf: &Leaf<'t>) {
        let origin = if absolute {
            Origin::Absolute
        } else {
            Origin::Use
        };
        let mut path = leaf.path.iter().copied();
        let mut defs = scopes.resolve(module, origin, path.clone());
        // A path may also start at a name that the same item imported before.
        if defs.is_empty()
            && let Some(first) = path.next()
        {
            let mut at = self.lookup(scopes, first);
            for segment in path {
                at = match at.types {
                    Some(def) => step(scopes, def, segment),
                    None => Defs::default(),
                };
            }
            defs = at;
        }
        if leaf.name == "*" {
            // The text names the enum itself, whichever variants are used.
            self.targets.extend(
                defs.types
                    .and_then(Def::item)
                    .map(|owner| (leaf.offset, owner)),
            );
            self.globs.extend(defs.types);
        } else {
            self.targets
                .extend(defs.items().map(|item| (leaf.offset, item)));
            if !defs.is_empty() {
                self.names.push((leaf.name, defs));
            }
        }
    }

    /// Whether `offset` lies in one of the declarations.
    pub(super) fn covers(&self, offset: u32) -> bool {
        self.ranges
            .iter()
            .any(|(start, end)| *start <= offset && offset < *end)
    }

    /// What the leaves lead to, with their places.
    pub(super) fn targets(&self) -> &[(u32, ItemId)] {
        &self.targets
    }

    /// What `name` is by these declarations.
    pub(super) fn lookup(&self, scopes: &Scopes<'_>, name: &str) -> Defs {
        if let Some((_, defs)) = self.names.iter().find(|(bound, _)| *bound == name) {
            return *defs;
        }
        let found = self.globs.iter().map(|glob| step(scopes, *glob, name));
        found
            .into_iter()
            .find(|defs| !defs.is_empty())
            .unwrap_or_default()
    }
}

/// What `name` is in a module or enum.
fn step(scopes: &Scopes<'_>, owner: Def, name: &str) -> Defs {
    match owner {
        Def::Module(module) => scopes.lookup(module, name),
        Def::Item(item) => {
            let variant = scopes.variant(item, name).map(Def::Item);
            Defs {
                types: variant,
                values: variant,
                macros: None,
            }
        }
    }
}

fn follows_use_colons(text: &str, offset: u32) -> bool {
    let before = text.get(..offset as usize).unwrap_or("").trim_ascii_end();
    before
        .strip_suffix("::")
        .and_then(|b| b.trim_ascii_end().strip_suffix("use"))
        .is_some_and(|b| !b.bytes().next_back().is_some_and(is_word_byte))
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    base: u32,
    leaves: Vec<Leaf<'t>>,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn eat(&mut self, token: &str) -> bool {
        self.space();
        let eaten = self.rest().starts_with(token);
        self.at += if eaten { token.len() } else { 0 };
        eaten
    }

    fn word(&mut self) -> Option<&'t str> {
        self.eat("r#");
        self.space();
        let rest = self.rest();
        let len = rest.bytes().take_while(|b| is_word_byte(*b)).count();
        self.at += len;
        rest.get(..len).filter(|w| !w.is_empty())
    }

    fn leaf(&mut self, path: &[&'t str], name: &'t str, start: usize) {
        let offset = self.base + u32::try_from(start).unwrap_or(0);
        self.leaves.push(Leaf {
            path: path.to_vec(),
            name,
            offset,
        });
    }

    fn tree(&mut self, prefix: &mut Vec<&'t str>, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.space();
        let start = self.at;
        if self.eat("*") {
            self.leaf(prefix, "*", start);
            return Some(());
        }
        if self.eat("{") {
            while !self.eat("}") {
                self.tree(prefix, depth + 1)?;
                self.eat(",");
            }
            return Some(());
        }
        let word = self.word()?;
        if self.eat("::") {
            prefix.push(word);
            self.tree(prefix, depth + 1)?;
            prefix.pop();
            return Some(());
        }
        let is_self = word == "self" && !prefix.is_empty();
        let mut bound = if is_self {
            prefix.last().copied()?
        } else {
            word
        };
        if self
            .rest()
            .trim_start()
            .strip_prefix("as")
            .is_some_and(|r| r.starts_with(char::is_whitespace))
        {
            self.eat("as");
            bound = self.word()?;
        }
        if !is_self {
            prefix.push(word);
        }
        self.leaf(prefix, bound, start);
        if !is_self {
            prefix.pop();
        }
        Some(())
    }
}
