//! What a type as written means: paths looked up, aliases opened, `Self` and generic parameters put in.
//!
//! Input: [`Ty`] and the item that holds it. Output: [`Mean`], free of any scope, and its spelling for
//! people and for the generated request struct. Refuses nothing.

use std::collections::BTreeMap;

use super::{Resolve, TypePart, TypeText, known, text};
use crate::id::ItemId;
use crate::syntax::{ItemKind, ItemTree, Payload, Ty};

/// Deeper than this an alias or a type is taken as unknown.
const DEPTH: usize = 32;

/// A type without scope.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Mean {
    /// A type of the workspace.
    Local {
        item: ItemId,
        args: Vec<Mean>,
    },
    /// A std, primitive or foreign type, or one that nothing is known of.
    Named {
        path: Vec<String>,
        args: Vec<Mean>,
    },
    /// A generic argument of a local type, which is checked where it is given.
    Checked,
    /// A literal const argument.
    Literal(String),
    Ref {
        mutable: bool,
        inner: Box<Mean>,
    },
    Slice(Box<Mean>),
    Array(Box<Mean>, Length),
    Tuple(Vec<Mean>),
    Pointer,
    FnPointer,
    /// `impl …` with `Item = …` or `Output = …` of its first bound.
    Impl {
        bounds: Vec<String>,
        item: Option<Box<Mean>>,
    },
    /// `dyn …`, the same.
    Dyn {
        bounds: Vec<String>,
        item: Option<Box<Mean>>,
    },
    Never,
    Other(String),
}

/// An array's length.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Length {
    Literal(String),
    Const(ItemId),
    Unknown(String),
}

/// Generic parameters, `Self`, and the `Self::Name` of an impl's types, with what stands for them.
pub(super) type Names = BTreeMap<String, Mean>;

impl Mean {
    /// A type named by one word.
    pub(super) fn word(name: &str) -> Self {
        Self::Named {
            path: vec![name.to_owned()],
            args: Vec::new(),
        }
    }

    /// Whether it is this std, primitive or foreign type, by canonical path.
    pub(super) fn is(&self, wanted: &str) -> bool {
        matches!(self, Self::Named { path, .. } if path.iter().map(String::as_str).eq(wanted.split("::")))
    }

    /// The arguments when it is this type.
    pub(super) fn args_of(&self, wanted: &str) -> Option<&[Mean]> {
        match self {
            Self::Named { args, .. } if self.is(wanted) => Some(args),
            _ => None,
        }
    }

    /// The only or first argument when it is this type.
    pub(super) fn arg_of(&self, wanted: &str) -> Option<&Mean> {
        self.args_of(wanted).and_then(<[Mean]>::first)
    }

    /// What a reference is to; a type that is none itself.
    pub(super) fn behind(&self) -> &Mean {
        match self {
            Self::Ref { inner, .. } => inner,
            other => other,
        }
    }

    /// Whether it is bytes: `[u8]`, `Vec<u8>`, `Bytes`.
    pub(super) fn is_bytes(&self) -> bool {
        match self {
            Self::Slice(inner) => inner.is("u8"),
            _ => {
                self.is("bytes::Bytes")
                    || self.is("bytes::BytesMut")
                    || self.arg_of("Vec").is_some_and(|inner| inner.is("u8"))
            }
        }
    }
}

/// Looks types up.
pub(super) struct Reader<'a> {
    pub(super) tree: &'a ItemTree,
    pub(super) resolve: &'a dyn Resolve,
}

impl Reader<'_> {
    /// What `ty`, written in `from`, means.
    pub(super) fn mean(&self, from: ItemId, ty: &Ty, names: &Names) -> Mean {
        self.at(from, ty, names, 0)
    }

    fn at(&self, from: ItemId, ty: &Ty, names: &Names, depth: usize) -> Mean {
        if depth > DEPTH {
            return Mean::Other("a type nested too deeply".to_owned());
        }
        let inner = |ty: &Ty| Box::new(self.at(from, ty, names, depth + 1));
        match ty {
            Ty::Path {
                segments,
                args,
                range,
                ..
            } => {
                if let [only] = segments.as_slice()
                    && let Some(mean) = names.get(only)
                {
                    return mean.clone();
                }
                if let [own, name] = segments.as_slice()
                    && own == "Self"
                    && let Some(mean) = names.get(&format!("Self::{name}"))
                {
                    return mean.clone();
                }
                let mut means: Vec<Mean> = args
                    .iter()
                    .map(|arg| self.at(from, arg, names, depth + 1))
                    .collect();
                self.add_literals(from, *range, &mut means);
                match self.resolve.local(from, ty) {
                    Some(item) => self.local(item, means, depth),
                    None => {
                        let path = self.resolve.foreign_path(from, ty);
                        Mean::Named {
                            path: known::canonical(&path),
                            args: means,
                        }
                    }
                }
            }
            Ty::Ref { mutable, inner: to } => Mean::Ref {
                mutable: *mutable,
                inner: inner(to),
            },
            Ty::Slice(of) => Mean::Slice(inner(of)),
            Ty::Array(of, len) => Mean::Array(inner(of), self.length(from, len)),
            Ty::Tuple(of) => Mean::Tuple(
                of.iter()
                    .map(|ty| self.at(from, ty, names, depth + 1))
                    .collect(),
            ),
            Ty::Pointer => Mean::Pointer,
            Ty::FnPointer => Mean::FnPointer,
            Ty::ImplTrait(bounds, _) => Mean::Impl {
                bounds: bounds.clone(),
                item: self.item_of(from, bounds, names, depth),
            },
            Ty::DynTrait(bounds) => Mean::Dyn {
                bounds: bounds.clone(),
                item: self.item_of(from, bounds, names, depth),
            },
            Ty::Never => Mean::Never,
            Ty::Other(text) => Mean::Other(text.clone()),
        }
    }

    /// The type in `text` (a bound's argument, a self type) as written in `from`.
    pub(super) fn mean_text(&self, from: ItemId, written: &str, names: &Names) -> Mean {
        self.mean(
            from,
            &text::parse(written, self.offset_of(from, written)),
            names,
        )
    }

    /// Where `written` stands in the head of `from`; 0 when it does not.
    fn offset_of(&self, from: ItemId, written: &str) -> u32 {
        let raw = self.tree.raw(from);
        let file = self.tree.file(self.tree.item(from).file);
        let found = raw.range.of(&file.text).find(written).unwrap_or(0);
        raw.range.start + u32::try_from(found).unwrap_or(0)
    }

    fn item_of(
        &self,
        from: ItemId,
        bounds: &[String],
        names: &Names,
        depth: usize,
    ) -> Option<Box<Mean>> {
        let bound = bounds.first()?;
        let (offset, written) =
            text::associated(bound, "Item").or_else(|| text::associated(bound, "Output"))?;
        let base = self.offset_of(from, bound) + u32::try_from(offset).unwrap_or(0);
        Some(Box::new(self.at(
            from,
            &text::parse(written, base),
            names,
            depth + 1,
        )))
    }

    /// The literal const arguments that the syntax table leaves out, put back in their places.
    fn add_literals(&self, from: ItemId, range: crate::id::TextRange, means: &mut Vec<Mean>) {
        let file = self.tree.file(self.tree.item(from).file);
        let written = range.of(&file.text);
        if !written.ends_with('>') {
            return;
        }
        let kept = text::arguments(written)
            .into_iter()
            .filter(|(_, piece)| !piece.starts_with('\''));
        for (index, (_, piece)) in kept.enumerate() {
            if !text::is_type(piece) && !piece.contains('=') && index <= means.len() {
                means.insert(index, Mean::Literal(piece.to_owned()));
            }
        }
    }

    fn local(&self, item: ItemId, args: Vec<Mean>, depth: usize) -> Mean {
        let raw = self.tree.raw(item);
        match &raw.payload {
            Payload::Alias(target) => {
                let mut names = Names::new();
                let mut args = args.into_iter();
                for (name, default) in self.parameters(item) {
                    let given = args
                        .next()
                        .or_else(|| Some(self.default(item, &default?, &names, depth)));
                    if let Some(mean) = given {
                        names.insert(name, mean);
                    }
                }
                self.at(item, target, &names, depth + 1)
            }
            _ => Mean::Local { item, args },
        }
    }

    /// What stands for the parameters of a type of which only the first `given` have arguments.
    pub(super) fn defaults(&self, item: ItemId, given: usize) -> Vec<Mean> {
        let Payload::Type(shape) = &self.tree.raw(item).payload else {
            return Vec::new();
        };
        let checked = shape
            .generics
            .iter()
            .map(|name| (name.clone(), Mean::Checked));
        let names: Names = checked.collect();
        self.parameters(item)
            .into_iter()
            .skip(given)
            .filter_map(|(_, default)| Some(self.default(item, &default?, &names, 0)))
            .collect()
    }

    /// A parameter's default, as it stands in the item's head.
    fn default(&self, item: ItemId, written: &str, names: &Names, depth: usize) -> Mean {
        let head = self.head(item);
        let start = self.tree.raw(item).name_range.end;
        let at = text::arguments(head).into_iter().find_map(|(at, piece)| {
            Some(at + piece.find('=')? + 1).filter(|_| piece.ends_with(written))
        });
        let skipped = at
            .and_then(|at| head.get(at..))
            .map_or(0, |rest| rest.len() - rest.trim_start().len());
        let offset = u32::try_from(at.unwrap_or(0) + skipped).unwrap_or(0);
        let ty = text::parse(written, start + offset);
        self.at(item, &ty, names, depth + 1)
    }

    /// The type parameters in a type's head, with their defaults.
    fn parameters(&self, item: ItemId) -> Vec<(String, Option<String>)> {
        text::arguments(self.head(item))
            .into_iter()
            .filter(|(_, piece)| !piece.starts_with('\'') && !piece.starts_with("const "))
            .map(|(_, piece)| {
                let (left, default) = match piece.split_once('=') {
                    Some((left, right)) => (left, Some(right.trim().to_owned())),
                    None => (piece, None),
                };
                let name = left.split(':').next().unwrap_or(left).trim().to_owned();
                (name, default)
            })
            .collect()
    }

    /// `<'a, T = U>` after an item's name; empty when there is none.
    fn head(&self, item: ItemId) -> &str {
        let raw = self.tree.raw(item);
        let text = &self.tree.file(self.tree.item(item).file).text;
        let after = text
            .get(raw.name_range.end as usize..raw.range.end as usize)
            .unwrap_or("");
        if after.trim_start().starts_with('<') {
            after
        } else {
            ""
        }
    }

    /// How many lifetime parameters a type has.
    pub(super) fn lifetimes(&self, item: ItemId) -> usize {
        text::arguments(self.head(item))
            .iter()
            .filter(|(_, piece)| piece.starts_with('\''))
            .count()
    }

    fn length(&self, from: ItemId, len: &str) -> Length {
        if len.starts_with(|c: char| c.is_ascii_digit())
            && len.chars().all(|c| c.is_alphanumeric() || c == '_')
        {
            return Length::Literal(len.to_owned());
        }
        let ty = text::parse(len, self.offset_of(from, len));
        let named = match &ty {
            Ty::Path { .. } => self.resolve.local(from, &ty),
            _ => None,
        };
        let module = self.tree.item(from).module;
        let is_const = |id: &ItemId| self.tree.raw(*id).kind == ItemKind::Const;
        let beside = || {
            let same = |item: &&crate::syntax::Item| {
                item.module == module && item.parent.is_none() && self.tree.raw(item.id).name == len
            };
            self.tree
                .items
                .iter()
                .filter(same)
                .map(|item| item.id)
                .find(is_const)
        };
        match named.filter(is_const).or_else(beside) {
            Some(item) => Length::Const(item),
            None => Length::Unknown(len.to_owned()),
        }
    }

    /// The spelling for people: names without paths.
    pub(super) fn show(&self, mean: &Mean) -> String {
        let list = |args: &[Mean]| {
            args.iter()
                .map(|a| self.show(a))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let with = |name: &str, args: &[Mean]| {
            if args.is_empty() {
                name.to_owned()
            } else {
                format!("{name}<{}>", list(args))
            }
        };
        match mean {
            Mean::Local { item, args } => with(&self.tree.raw(*item).name, args),
            Mean::Named { path, args } => with(path.last().map_or("_", String::as_str), args),
            Mean::Literal(name) | Mean::Other(name) => name.clone(),
            Mean::Checked => "_".to_owned(),
            Mean::Ref {
                mutable: true,
                inner,
            } => format!("&mut {}", self.show(inner)),
            Mean::Ref {
                mutable: false,
                inner,
            } => format!("&{}", self.show(inner)),
            Mean::Slice(inner) => format!("[{}]", self.show(inner)),
            Mean::Array(inner, Length::Literal(len) | Length::Unknown(len)) => {
                format!("[{}; {len}]", self.show(inner))
            }
            Mean::Array(inner, Length::Const(item)) => {
                format!("[{}; {}]", self.show(inner), self.tree.raw(*item).name)
            }
            Mean::Tuple(of) => format!("({})", list(of)),
            Mean::Pointer => "raw pointer".to_owned(),
            Mean::FnPointer => "fn pointer".to_owned(),
            Mean::Impl { bounds, .. } => format!("impl {}", bounds.join(" + ")),
            Mean::Dyn { bounds, .. } => format!("dyn {}", bounds.join(" + ")),
            Mean::Never => "!".to_owned(),
        }
    }

    /// The spelling in generated code; lifetimes of local types are `lifetime`.
    pub(super) fn spell(&self, mean: &Mean, lifetime: &str, out: &mut TypeText) {
        match mean {
            Mean::Local { item, args } => {
                out.push(TypePart::Local(*item));
                let lifetimes = vec![lifetime; self.lifetimes(*item)];
                self.spell_args(&lifetimes, args, lifetime, out);
            }
            Mean::Named { path, args } => {
                out.text(&path.join("::"));
                let lifetimes: &[&str] = if self_borrows(path) { &[lifetime] } else { &[] };
                self.spell_args(lifetimes, args, lifetime, out);
            }
            Mean::Ref { mutable, inner } => {
                out.text(if *mutable { "&mut " } else { "&" });
                self.spell(inner, lifetime, out);
            }
            Mean::Slice(inner) => self.spell_in("[", inner, "]", lifetime, out),
            Mean::Array(inner, Length::Literal(len) | Length::Unknown(len)) => {
                self.spell_in("[", inner, &format!("; {len}]"), lifetime, out);
            }
            Mean::Array(inner, Length::Const(item)) => {
                self.spell_in("[", inner, "; ", lifetime, out);
                out.push(TypePart::Local(*item));
                out.text("]");
            }
            Mean::Tuple(of) => {
                out.text("(");
                for member in of {
                    self.spell(member, lifetime, out);
                    out.text(", ");
                }
                out.text(")");
            }
            Mean::Impl { bounds, .. } => out.text(&format!("impl {}", bounds.join(" + "))),
            Mean::Dyn { bounds, .. } => out.text(&format!("dyn {}", bounds.join(" + "))),
            Mean::Literal(name) | Mean::Other(name) => out.text(name),
            Mean::Checked | Mean::Pointer | Mean::FnPointer => out.text("_"),
            Mean::Never => out.text("!"),
        }
    }

    fn spell_in(&self, open: &str, inner: &Mean, close: &str, lifetime: &str, out: &mut TypeText) {
        out.text(open);
        self.spell(inner, lifetime, out);
        out.text(close);
    }

    fn spell_args(&self, lifetimes: &[&str], args: &[Mean], lifetime: &str, out: &mut TypeText) {
        if lifetimes.is_empty() && args.is_empty() {
            return;
        }
        out.text("<");
        let mut first = true;
        for name in lifetimes {
            out.text(if first { "" } else { ", " });
            out.text(name);
            first = false;
        }
        for arg in args {
            out.text(if first { "" } else { ", " });
            self.spell(arg, lifetime, out);
            first = false;
        }
        out.text(">");
    }
}

/// Whether a std type has a lifetime parameter.
fn self_borrows(path: &[String]) -> bool {
    known::is_std(path) && path.last().is_some_and(|name| name == "Cow")
}
