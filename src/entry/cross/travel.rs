//! Whether a type can cross: what serde needs of it, down to the last field.
//!
//! Input: [`Mean`] and the direction. Output: in [`Travel`], the derives to add, the fields to skip, the
//! features to switch on, and the problems found. Refuses by a [`Problem`] a caller turns into a
//! diagnostic.

use std::collections::{BTreeMap, BTreeSet};

use super::known::{self, Fate, Foreign};
use super::meaning::{Length, Mean, Names, Reader};
use super::traits::{Facts, Way};
use super::{Derives, SkippedField, Support};
use crate::id::ItemId;
use crate::syntax::{ItemKind, ItemTree, Payload};

/// What kind of thing cannot cross.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Barrier {
    Closure,
    Dyn,
    Pointer,
    Mutable,
    NoSerde,
}

/// Why a type cannot cross.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub(super) barrier: Barrier,
    /// The fields that lead there, outermost first.
    pub(super) chain: Vec<(ItemId, String)>,
    /// The sentence's end: "is a `Mutex<u8>`, which …".
    pub(super) what: String,
}

impl Problem {
    /// "field `cache` of `Options` is a `Mutex<u8>`, which …"
    pub(super) fn sentence(&self, tree: &ItemTree) -> String {
        let mut out = String::new();
        for (item, field) in self.chain.iter().rev() {
            let link = if out.is_empty() {
                "field"
            } else {
                ", reached through field"
            };
            let place = format!("{link} `{field}` of `{}`", tree.raw(*item).name);
            if out.is_empty() {
                out = format!("{place} {}", self.what);
            } else {
                out.push_str(&place);
            }
        }
        if out.is_empty() {
            self.what.clone()
        } else {
            out
        }
    }
}

/// What crossing needs, gathered over all parameters and the result.
#[derive(Clone, Debug, Default)]
pub(super) struct Needs {
    pub(super) derives: BTreeMap<ItemId, Derives>,
    pub(super) skipped: Vec<SkippedField>,
    pub(super) features: BTreeSet<(String, String)>,
    pub(super) assumed: BTreeSet<String>,
    done: BTreeSet<(ItemId, Way)>,
}

/// The check.
pub(super) struct Travel<'a> {
    pub(super) reader: Reader<'a>,
    pub(super) facts: Facts<'a>,
    pub(super) needs: Needs,
    pub(super) problems: Vec<Problem>,
    /// Variants that are not looked at: they stay behind on both ways.
    pub(super) behind: BTreeSet<(ItemId, String)>,
    chain: Vec<(ItemId, String)>,
}

impl<'a> Travel<'a> {
    pub(super) fn new(reader: Reader<'a>, facts: Facts<'a>) -> Self {
        Self {
            reader,
            facts,
            needs: Needs::default(),
            problems: Vec::new(),
            behind: BTreeSet::new(),
            chain: Vec::new(),
        }
    }

    /// Notes a problem at the place reached; false, for the caller to return.
    pub(super) fn refuse(&mut self, barrier: Barrier, what: String) -> bool {
        self.problems.push(Problem {
            barrier,
            chain: self.chain.clone(),
            what,
        });
        false
    }

    fn cannot(&mut self, mean: &Mean, why: &str) -> bool {
        let shown = self.reader.show(mean);
        let article = if shown.starts_with(['A', 'E', 'I', 'O']) {
            "an"
        } else {
            "a"
        };
        self.refuse(
            Barrier::NoSerde,
            format!("is {article} `{shown}`, which {why}"),
        )
    }

    /// Whether `mean` itself can go `way`; every problem is noted.
    pub(super) fn check(&mut self, mean: &Mean, way: Way) -> bool {
        match mean {
            Mean::Checked | Mean::Literal(_) => true,
            Mean::Local { item, args } => self.local(*item, args, mean, way),
            Mean::Named { path, args } => self.named(path, args, mean, way),
            Mean::Ref { inner, .. } if way == Way::Out => self.check(inner, way),
            Mean::Ref { mutable: true, .. } => {
                let what = format!("is a `{}`, a place to write to", self.reader.show(mean));
                self.refuse(Barrier::Mutable, what)
            }
            Mean::Ref { .. } => self.cannot(
                mean,
                "borrows: a deserialized value has nothing to borrow from",
            ),
            Mean::Slice(inner) => self.check(inner, way),
            Mean::Array(inner, len) => {
                if let Length::Literal(digits) = len
                    && array_length(digits).is_some_and(|n| n > 32)
                {
                    return self.cannot(mean, "serde cannot handle: its arrays end at 32");
                }
                self.check(inner, way)
            }
            Mean::Tuple(of) if of.len() > 16 => {
                self.cannot(mean, "serde cannot handle: its tuples end at 16")
            }
            Mean::Tuple(of) => self.all(of, way),
            Mean::Pointer => self.refuse(Barrier::Pointer, "is a raw pointer".to_owned()),
            Mean::FnPointer => self.refuse(Barrier::Closure, "is a function pointer".to_owned()),
            Mean::Impl { bounds, .. } | Mean::Dyn { bounds, .. } => {
                let shown = self.reader.show(mean);
                let first = bounds.first().map_or("", |b| super::text::bound_name(b));
                if super::text::is_closure(first) {
                    self.refuse(Barrier::Closure, format!("is the closure `{shown}`"))
                } else {
                    self.refuse(
                        Barrier::Dyn,
                        format!("is a `{shown}`, whose type is known at run time only"),
                    )
                }
            }
            Mean::Never => self.refuse(Barrier::NoSerde, "is `!`: there is no value".to_owned()),
            Mean::Other(text) => self.refuse(
                Barrier::NoSerde,
                format!("is `{text}`, a type that cannot be followed"),
            ),
        }
    }

    fn all(&mut self, of: &[Mean], way: Way) -> bool {
        // Each is checked even after one failed: all problems are to be seen.
        let fits: Vec<bool> = of.iter().map(|mean| self.check(mean, way)).collect();
        fits.into_iter().all(|fit| fit)
    }

    fn named(&mut self, path: &[String], args: &[Mean], mean: &Mean, way: Way) -> bool {
        let Some(fate) = known::fate(path) else {
            return self.foreign(path, args, mean, way);
        };
        let name = path.last().map_or("", String::as_str);
        match fate {
            Fate::Never => self.cannot(mean, "lives in one process only"),
            Fate::NoImpl => self.cannot(mean, "serde does not know"),
            Fate::Outwards if way == Way::In => {
                self.cannot(mean, "is changed in place, and the caller would not see it")
            }
            Fate::Shared => {
                self.needs
                    .features
                    .insert(("serde".to_owned(), "rc".to_owned()));
                self.all(args, way)
            }
            Fate::Map => {
                let (key, value) = (args.first(), args.get(1));
                let key_fits = key.is_none_or(|key| self.key(key, mean) && self.check(key, way));
                let value_fits = value.is_none_or(|value| self.check(value, way));
                key_fits && value_fits
            }
            Fate::Crosses if name == "PhantomData" => true,
            Fate::Crosses if name.ends_with("Set") => {
                args.first().is_none_or(|a| self.check(a, way))
            }
            Fate::Crosses | Fate::Outwards => self.all(args, way),
        }
    }

    /// Whether a map's key can be a JSON object's key.
    fn key(&mut self, key: &Mean, map: &Mean) -> bool {
        let plain = match key {
            Mean::Tuple(_) | Mean::Slice(_) | Mean::Array(..) => false,
            Mean::Named { path, .. } => !matches!(
                path.last().map(String::as_str),
                Some(
                    "Vec"
                        | "Option"
                        | "HashMap"
                        | "BTreeMap"
                        | "HashSet"
                        | "BTreeSet"
                        | "Duration"
                        | "SystemTime"
                )
            ),
            Mean::Local { item, .. } => {
                let raw = self.reader.tree.raw(*item);
                let named = matches!(&raw.payload, Payload::Type(shape)
                    if raw.kind == ItemKind::Struct
                        && shape.variants.iter().any(|(_, fields)| fields.len() > 1));
                !named || self.facts.by_hand(*item, Way::Out) || self.facts.by_hand(*item, Way::In)
            }
            Mean::Ref { inner, .. } => return self.key(inner, map),
            _ => true,
        };
        plain || self.cannot(map, "has keys that are no JSON object keys")
    }

    fn foreign(&mut self, path: &[String], args: &[Mean], mean: &Mean, way: Way) -> bool {
        let name = path.last().map_or("", String::as_str);
        if way == Way::In && self.facts.resolve.is_unreadable(name) {
            return self.cannot(mean, "serde cannot read");
        }
        if let [only] = path {
            // Neither std's nor reached by a `use`: a glob import or a macro; rustc will tell.
            self.needs.assumed.insert(only.clone());
            return self.all(args, way);
        }
        let krate = known::origin(path);
        match known::foreign(krate) {
            Foreign::Native => {}
            Foreign::None => {
                let why = format!("comes from `{krate}` and has no serde support");
                return self.cannot(mean, &why);
            }
            // The version at hand may be one that had no such feature yet.
            Foreign::Feature(feature)
                if self.facts.resolve.has_feature(krate, feature) != Some(false) =>
            {
                self.needs
                    .features
                    .insert((krate.to_owned(), feature.to_owned()));
            }
            Foreign::Feature(_) | Foreign::Assumed => match self.facts.resolve.serde_support(krate)
            {
                Support::Native => {
                    self.needs.assumed.insert(krate.to_owned());
                }
                Support::None => {
                    let why = format!("comes from `{krate}`, which has no serde support");
                    return self.cannot(mean, &why);
                }
                Support::Feature(feature) => {
                    self.needs.features.insert((krate.to_owned(), feature));
                    self.needs.assumed.insert(krate.to_owned());
                }
                // A feature that may not be there must not be asked for: cargo would refuse the whole cut.
                Support::Unknown => {
                    self.needs.assumed.insert(krate.to_owned());
                }
            },
        }
        self.all(args, way)
    }

    fn local(&mut self, item: ItemId, args: &[Mean], mean: &Mean, way: Way) -> bool {
        let left_out = self.reader.defaults(item, args.len());
        let args_fit = self.all(args, way) & self.all(&left_out, way);
        let tree: &'a ItemTree = self.reader.tree;
        let raw = tree.raw(item);
        let shape = match (&raw.payload, raw.kind) {
            (Payload::Type(_), ItemKind::Union) => {
                return self.cannot(mean, "is a union: nobody knows which field holds");
            }
            (Payload::Type(shape), _) => shape,
            (_, ItemKind::Trait | ItemKind::TraitAlias) => {
                let what = format!("is the trait `{}`", raw.name);
                return self.refuse(Barrier::Dyn, what);
            }
            // What a macro makes; rustc will tell.
            _ => return args_fit,
        };
        let has = self.facts.has(item, way);
        // A derived `Deserialize` may borrow, and a borrowed string cannot hold an escape.
        if has && !(way == Way::In && shape.lifetimes) {
            return args_fit;
        }
        if !self.needs.done.insert((item, way)) {
            return args_fit;
        }
        let mut names: Names = shape
            .generics
            .iter()
            .map(|name| (name.clone(), Mean::Checked))
            .collect();
        let own = shape.generics.iter().map(|_| Mean::Checked).collect();
        names.insert("Self".to_owned(), Mean::Local { item, args: own });
        let mut fits = true;
        // A variant that no event can hold stays behind, as long as another is left.
        let can_skip = raw.kind == ItemKind::Enum && way == Way::In && !has;
        let mut behind: Vec<(&String, Vec<Problem>)> = Vec::new();
        for (variant, fields) in &shape.variants {
            if self.behind.contains(&(item, variant.clone())) {
                continue;
            }
            let before = can_skip.then(|| (self.needs.clone(), self.problems.len()));
            let mut whole = true;
            for field in fields {
                let name = match variant.as_str() {
                    "" => field.name.clone(),
                    variant => format!("{variant}.{}", field.name),
                };
                let field_mean = self.reader.mean(item, &field.ty, &names);
                let words = self.facts.arguments(item, &field.attrs, "serde");
                if has
                    && words
                        .iter()
                        .any(|word| word.trim_start().starts_with("borrow"))
                {
                    self.chain.push((item, name));
                    whole &= self.cannot(&field_mean, "borrows from what it is read from");
                    self.chain.pop();
                    continue;
                }
                whole &= self.field(item, name, &field_mean, way, has);
            }
            match before.filter(|_| !whole) {
                Some((needs, known)) => {
                    self.needs = needs;
                    behind.push((variant, self.problems.split_off(known)));
                }
                None => fits &= whole,
            }
        }
        if behind.len() == shape.variants.len() && !behind.is_empty() {
            fits = false;
            self.problems
                .extend(behind.into_iter().flat_map(|(_, problems)| problems));
        } else {
            self.needs
                .skipped
                .extend(behind.into_iter().map(|(variant, problems)| SkippedField {
                    item,
                    field: variant.clone(),
                    is_variant: true,
                    reason: problems.first().map(|p| p.what.clone()).unwrap_or_default(),
                }));
        }
        if !fits {
            self.needs.done.remove(&(item, way));
        } else if !has {
            let derives = self.needs.derives.entry(item).or_default();
            match way {
                Way::In => derives.deserialize = true,
                Way::Out => derives.serialize = true,
            }
        }
        fits && args_fit
    }

    fn field(&mut self, item: ItemId, name: String, mean: &Mean, way: Way, has: bool) -> bool {
        let skips = |skipped: &SkippedField| skipped.item == item && skipped.field == name;
        if self.needs.skipped.iter().any(skips) {
            return true;
        }
        let can_skip = !has && self.has_default(item, mean);
        let before = can_skip.then(|| (self.needs.clone(), self.problems.len()));
        self.chain.push((item, name.clone()));
        let fits = self.check(mean, way);
        self.chain.pop();
        let Some((needs, known)) = before.filter(|_| !fits) else {
            return fits;
        };
        let reason = self
            .problems
            .get(known)
            .map(|problem| problem.what.clone())
            .unwrap_or_default();
        self.problems.truncate(known);
        self.needs = needs;
        self.needs.skipped.push(SkippedField {
            item,
            field: name,
            is_variant: false,
            reason,
        });
        true
    }

    /// Whether a field of `item` can be left out and take its type's default.
    fn has_default(&self, item: ItemId, mean: &Mean) -> bool {
        if mean.is("Option") {
            return true;
        }
        if self.reader.tree.raw(item).kind != ItemKind::Struct {
            return false;
        }
        // A derived `Default` proves that every field has one.
        if self.facts.derived(item, "Default") {
            return true;
        }
        matches!(mean, Mean::Named { .. })
            && self.defaults(mean)
            && self.facts.implements(item, "Default")
    }

    /// Whether a type has `Default`, as far as is known.
    fn defaults(&self, mean: &Mean) -> bool {
        match mean {
            Mean::Named { path, args } => path.last().is_some_and(|name| {
                let wraps = known::wraps_default(name);
                known::fate(path).is_some()
                    && known::std_default(name)
                    && (!wraps || args.iter().all(|arg| self.defaults(arg)))
            }),
            Mean::Local { item, .. } => {
                self.facts.derived(*item, "Default") || self.facts.implements(*item, "Default")
            }
            Mean::Tuple(of) => of.iter().all(|mean| self.defaults(mean)),
            _ => false,
        }
    }
}

/// The value of an integer literal.
fn array_length(digits: &str) -> Option<u64> {
    let plain: String = digits.chars().filter(|c| *c != '_').collect();
    plain.trim_end_matches("usize").parse().ok()
}
