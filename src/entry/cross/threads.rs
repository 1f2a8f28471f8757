//! Whether threads can use a value: what is kept from the start on is used by the thread of each call.
//!
//! Input: [`Mean`]. Output: [`Threads`]. A type of another crate is taken for one that threads share, unless it is
//! known; what is wrong in that rustc finds. Refuses nothing.

use super::meaning::{Mean, Names};
use super::text;
use super::travel::Travel;
use crate::id::ItemId;
use crate::syntax::{ItemKind, Payload};

/// Deeper than this nothing is looked at.
const DEPTH: usize = 24;

/// How threads can use a value. The order is that of freedom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Threads {
    /// One alone.
    Never,
    /// One at a time, behind a lock: it is `Send`.
    InTurn,
    /// All at once: it is `Sync` too.
    Shared,
}

/// How threads can use a value of this type.
pub(super) fn threads(travel: &Travel<'_>, mean: &Mean) -> Threads {
    let mut walk = Walk {
        travel,
        seen: Vec::new(),
    };
    walk.of(mean, 0)
}

struct Walk<'b, 'a> {
    travel: &'b Travel<'a>,
    seen: Vec<Mean>,
}

impl Walk<'_, '_> {
    fn all<'m>(&mut self, of: impl IntoIterator<Item = &'m Mean>, depth: usize) -> Threads {
        let each = of.into_iter().map(|mean| self.of(mean, depth + 1));
        each.min().unwrap_or(Threads::Shared)
    }

    fn of(&mut self, mean: &Mean, depth: usize) -> Threads {
        if depth > DEPTH {
            return Threads::Shared;
        }
        match mean {
            Mean::Local { item, args } => self.local(*item, args, mean, depth),
            Mean::Named { path, args } => self.named(path, args, depth),
            // A reference goes to other threads where what is behind it is shared.
            Mean::Ref {
                mutable: false,
                inner,
            } => self.behind(inner, depth),
            Mean::Ref { inner, .. } | Mean::Slice(inner) | Mean::Array(inner, _) => {
                self.of(inner, depth + 1)
            }
            Mean::Tuple(of) => self.all(of, depth),
            Mean::Pointer | Mean::Impl { .. } | Mean::Other(_) => Threads::Never,
            Mean::Dyn { bounds, .. } => self.object(bounds),
            Mean::FnPointer | Mean::Checked | Mean::Literal(_) | Mean::Never => Threads::Shared,
        }
    }

    /// `&T` and `Arc<T>`.
    fn behind(&mut self, inner: &Mean, depth: usize) -> Threads {
        match self.of(inner, depth + 1) {
            Threads::Shared => Threads::Shared,
            _ => Threads::Never,
        }
    }

    fn named(&mut self, path: &[String], args: &[Mean], depth: usize) -> Threads {
        let name = path.last().map_or("", String::as_str);
        let is_std = path.len() == 1 || super::known::is_std(path);
        let inner = self.all(args, depth);
        match name {
            "Rc" | "Weak" | "NonNull" | "MutexGuard" | "RwLockReadGuard" | "RwLockWriteGuard"
                if is_std =>
            {
                Threads::Never
            }
            "RefCell" | "Cell" | "OnceCell" | "UnsafeCell" | "LazyCell" | "Receiver" if is_std => {
                inner.min(Threads::InTurn)
            }
            "Mutex" if inner >= Threads::InTurn => Threads::Shared,
            "Arc" if inner < Threads::Shared => Threads::Never,
            "Connection" if path.first().is_some_and(|krate| krate == "rusqlite") => {
                Threads::InTurn
            }
            _ => inner,
        }
    }

    fn local(&mut self, item: ItemId, args: &[Mean], mean: &Mean, depth: usize) -> Threads {
        let facts = &self.travel.facts;
        if facts.implements(item, "Sync") {
            return Threads::Shared;
        }
        if self.seen.contains(mean) {
            return Threads::Shared;
        }
        self.seen.push(mean.clone());
        let reader = &self.travel.reader;
        let Payload::Type(shape) = &reader.tree.raw(item).payload else {
            return Threads::Shared;
        };
        let mut names: Names = shape.generics.iter().cloned().zip(args.to_vec()).collect();
        names.insert("Self".to_owned(), mean.clone());
        let fields = shape.variants.iter().flat_map(|(_, fields)| fields);
        let fields: Vec<Mean> = fields
            .map(|field| reader.mean(item, &field.ty, &names))
            .collect();
        let found = self.all(&fields, depth);
        if self.travel.facts.implements(item, "Send") {
            found.max(Threads::InTurn)
        } else {
            found
        }
    }

    /// A trait object: by its own bounds, and those that its trait asks for.
    fn object(&self, bounds: &[String]) -> Threads {
        let tree = self.travel.reader.tree;
        let mut says: Vec<String> = bounds
            .iter()
            .map(|b| text::bound_name(b).to_owned())
            .collect();
        if let Some(first) = bounds.first().map(|bound| text::bound_name(bound)) {
            let traits = tree.items.iter().map(|item| (item.id, tree.raw(item.id)));
            let named = traits.filter(|(_, raw)| raw.kind == ItemKind::Trait && raw.name == first);
            for (id, raw) in named {
                let text = raw.range.of(&tree.file(tree.item(id).file).text);
                let head = text.split('{').next().unwrap_or_default();
                let words = head.split(|c: char| !c.is_alphanumeric() && c != '_');
                says.extend(words.map(str::to_owned));
            }
        }
        let has = |name: &str| says.iter().any(|said| said == name);
        match (has("Send"), has("Sync")) {
            (true, true) => Threads::Shared,
            (true, false) => Threads::InTurn,
            _ => Threads::Never,
        }
    }
}
