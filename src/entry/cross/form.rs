//! The forms of events: what JSON may stand in each place of a request, for making cases.
//!
//! Input: as [`super::analyze`]. Output: [`Event`]. It is a description by derives and serde's attributes;
//! where these do not tell (impls by hand, foreign types) a place is a [`Form::Guess`]. Refuses nothing: a
//! case of the wrong form is one that both sides reject.

#[cfg(test)]
mod tests;

use super::meaning::{Length, Mean, Names};
use super::said::{self, Said};
use super::signature;
use super::traits::Way;
use super::travel::Travel;
use super::{Given, Resolve, SkippedField};
use crate::id::ItemId;
use crate::syntax::{FieldSyntax, ItemKind, ItemTree, Payload, TypeShape};
use crate::workspace::Workspace;

/// The elements of an array whose length is not known.
const SOME: usize = 3;

/// What an entry's event is made of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Event {
    /// The request's fields.
    pub fields: Vec<(String, Form)>,
    /// The types of the workspace that [`Form::Type`] counts into; they may hold themselves.
    pub types: Vec<Shape>,
}

/// What may stand in a place.
#[derive(Clone, Debug, PartialEq)]
pub enum Form {
    /// `null`
    Null,
    /// A bool.
    Bool,
    /// An integer between these.
    Integer {
        /// The least.
        min: i128,
        /// The greatest.
        max: u128,
    },
    /// A float.
    Float,
    /// One character.
    Char,
    /// Text.
    Text,
    /// Bytes as base64 text.
    Base64,
    /// `null` or that.
    Option(Box<Form>),
    /// An array, of any or of one length.
    List(Box<Form>, Option<usize>),
    /// An object from keys to values.
    Map(Box<Form>, Box<Form>),
    /// An array of these.
    Tuple(Vec<Form>),
    /// An object with these fields.
    Object(Vec<Field>),
    /// One of these.
    OneOf(Vec<Form>),
    /// The type with this number.
    Type(usize),
    /// What a foreign type takes, guessed by its path.
    Guess(String),
}

/// A field of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its key.
    pub name: String,
    /// Its value.
    pub form: Form,
    /// Whether it may be left out.
    pub optional: bool,
    /// Whether its own fields stand in its place.
    pub flat: bool,
}

/// The shape of a type of the workspace.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// An object.
    Struct(Vec<Field>),
    /// What is in it.
    Wrapper(Form),
    /// An array.
    Tuple(Vec<Form>),
    /// `null`
    Unit,
    /// One of several.
    Enum(Tag, Vec<(String, Shape)>),
}

/// How an enum's variant is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tag {
    /// `{"Variant": content}`, `"Variant"`
    External,
    /// A field beside the content.
    Internal(String),
    /// A field for the name and one for the content.
    Adjacent(String, String),
    /// Not at all.
    None,
}

/// The event of an entry; `None` when it cannot be called with one.
pub fn event(
    tree: &ItemTree,
    workspace: &Workspace,
    entry: ItemId,
    resolve: &dyn Resolve,
    given: &Given,
) -> Option<Event> {
    let (crossing, means, travel) = signature::means(tree, workspace, entry, resolve, given)?;
    let mut forms = Forms {
        travel: &travel,
        skipped: &crossing.skipped_fields,
        known: Vec::new(),
        types: Vec::new(),
    };
    let mut fields = Vec::new();
    let all = crossing.inputs.iter().zip(&means);
    for (input, mean) in all.filter(|(input, _)| input.start.is_none()) {
        fields.push((input.field.clone(), forms.sent(mean)));
    }
    Some(Event {
        fields,
        types: forms.types,
    })
}

struct Forms<'a> {
    travel: &'a Travel<'a>,
    skipped: &'a [SkippedField],
    /// The types that [`Forms::types`] describes.
    known: Vec<Mean>,
    types: Vec<Shape>,
}

impl Forms<'_> {
    /// A parameter's owned form, as [`super::lower`] makes it: there, bytes are base64 text.
    fn sent(&mut self, mean: &Mean) -> Form {
        if mean.is_bytes() {
            return Form::Base64;
        }
        match mean {
            Mean::Ref { inner, .. } => self.sent(inner),
            Mean::Slice(inner) => Form::List(Box::new(self.sent(inner)), None),
            Mean::Impl { item, .. } => match item {
                Some(item) => Form::List(Box::new(self.sent(item)), None),
                None => Form::Text,
            },
            Mean::Tuple(of) if !of.is_empty() => {
                Form::Tuple(of.iter().map(|mean| self.sent(mean)).collect())
            }
            Mean::Named { path, args } => {
                let name = path.last().map_or("", String::as_str);
                match (name, args.as_slice()) {
                    ("Option", [inner]) => Form::Option(Box::new(self.sent(inner))),
                    ("Cow" | "Arc" | "Rc" | "Box", [inner]) => self.sent(inner),
                    ("Vec", [inner]) if matches!(inner, Mean::Ref { .. }) => {
                        Form::List(Box::new(self.sent(inner)), None)
                    }
                    _ => self.form(mean),
                }
            }
            _ => self.form(mean),
        }
    }

    /// A value's form as serde has it.
    fn form(&mut self, mean: &Mean) -> Form {
        match mean {
            Mean::Local { item, args } => self.local(*item, args, mean),
            Mean::Named { path, args } => self.named(path, args),
            Mean::Ref { inner, .. } => self.form(inner),
            Mean::Slice(inner) => Form::List(Box::new(self.form(inner)), None),
            Mean::Array(inner, length) => {
                let length = self.length(length);
                Form::List(Box::new(self.form(inner)), Some(length))
            }
            Mean::Tuple(of) if of.is_empty() => Form::Null,
            Mean::Tuple(of) => Form::Tuple(of.iter().map(|mean| self.form(mean)).collect()),
            Mean::Checked
            | Mean::Literal(_)
            | Mean::Pointer
            | Mean::FnPointer
            | Mean::Impl { .. }
            | Mean::Dyn { .. }
            | Mean::Never
            | Mean::Other(_) => Form::Guess(String::new()),
        }
    }

    fn length(&self, length: &Length) -> usize {
        let digits = match length {
            Length::Literal(text) | Length::Unknown(text) => text.clone(),
            Length::Const(item) => {
                let tree = self.travel.reader.tree;
                let text = tree
                    .raw(*item)
                    .range
                    .of(&tree.file(tree.item(*item).file).text);
                text.rsplit('=').next().unwrap_or("").to_owned()
            }
        };
        let digits: String = digits
            .chars()
            .filter(|c| *c != '_' && !c.is_whitespace())
            .take_while(char::is_ascii_digit)
            .collect();
        digits.parse().unwrap_or(SOME)
    }

    fn named(&mut self, path: &[String], args: &[Mean]) -> Form {
        let name = path.last().map_or("", String::as_str);
        let is_std = path.len() == 1 || super::known::is_std(path);
        if let Some(integer) = integer(name).filter(|_| is_std) {
            return integer;
        }
        let mut list = |mean: &Mean| Form::List(Box::new(self.form(mean)), None);
        match (name, args) {
            _ if !is_std => {
                // Maps and lists of other crates go by their names.
                match (name, args) {
                    ("IndexMap" | "HashMap" | "FxHashMap" | "DashMap", [key, value, ..]) => {
                        Form::Map(Box::new(self.form(key)), Box::new(self.form(value)))
                    }
                    ("SmallVec" | "ArrayVec" | "TinyVec", [Mean::Array(inner, _), ..]) => {
                        Form::List(Box::new(self.form(inner)), None)
                    }
                    ("IndexSet" | "HashSet" | "FxHashSet", [inner, ..]) => {
                        Form::List(Box::new(self.form(inner)), None)
                    }
                    _ => Form::Guess(path.join("::")),
                }
            }
            ("bool", _) => Form::Bool,
            ("f32" | "f64", _) => Form::Float,
            ("char", _) => Form::Char,
            ("str" | "String" | "Path" | "PathBuf" | "OsString" | "OsStr", _) => Form::Text,
            ("Option", [inner]) => Form::Option(Box::new(self.form(inner))),
            (
                "Vec" | "VecDeque" | "LinkedList" | "BTreeSet" | "HashSet" | "BinaryHeap",
                [inner, ..],
            ) => list(inner),
            ("HashMap" | "BTreeMap", [key, value, ..]) => {
                Form::Map(Box::new(self.form(key)), Box::new(self.form(value)))
            }
            (
                "Box" | "Rc" | "Arc" | "Cow" | "Cell" | "RefCell" | "Wrapping" | "Saturating"
                | "Reverse" | "NonZero",
                [inner, ..],
            ) => self.form(inner),
            ("Result", [ok, error, ..]) => {
                let ok = object([("Ok", self.form(ok))]);
                Form::OneOf(vec![ok, object([("Err", self.form(error))])])
            }
            ("Range" | "RangeInclusive", [inner]) => {
                object([("start", self.form(inner)), ("end", self.form(inner))])
            }
            ("RangeFrom", [inner]) => object([("start", self.form(inner))]),
            ("RangeTo", [inner]) => object([("end", self.form(inner))]),
            ("Duration", _) => object([("secs", up_to(1_000_000)), ("nanos", up_to(999_999_999))]),
            ("SystemTime", _) => object([
                ("secs_since_epoch", up_to(4_000_000_000)),
                ("nanos_since_epoch", up_to(999_999_999)),
            ]),
            ("PhantomData" | "RandomState", _) => Form::Null,
            _ => Form::Guess(path.join("::")),
        }
    }

    fn local(&mut self, item: ItemId, args: &[Mean], mean: &Mean) -> Form {
        if let Some(at) = self.known.iter().position(|known| known == mean) {
            return Form::Type(at);
        }
        let raw = self.travel.reader.tree.raw(item);
        let facts = &self.travel.facts;
        let Payload::Type(shape) = &raw.payload else {
            return Form::Guess(raw.name.clone());
        };
        let said = said::said(facts, item, &raw.attrs);
        let is_derived = facts.derived(item, "Deserialize") || !facts.has(item, Way::In);
        if said.by_hand || !is_derived {
            return Form::Guess(raw.name.clone());
        }
        if let Some(from) = &said.from {
            // What a text must look like, the type's name may tell.
            return match from.as_str() {
                "String" | "&str" => Form::Guess(raw.name.clone()),
                other => {
                    let mean = self.travel.reader.mean_text(item, other, &Names::new());
                    self.form(&mean)
                }
            };
        }
        let at = self.types.len();
        self.known.push(mean.clone());
        self.types.push(Shape::Unit);
        let mut names: Names = shape.generics.iter().cloned().zip(args.to_vec()).collect();
        names.insert("Self".to_owned(), mean.clone());
        let made = self.shape(item, shape, &said, &names);
        if let Some(slot) = self.types.get_mut(at) {
            *slot = made;
        }
        Form::Type(at)
    }

    fn shape(&mut self, item: ItemId, shape: &TypeShape, said: &Said, names: &Names) -> Shape {
        let tree = self.travel.reader.tree;
        if tree.raw(item).kind != ItemKind::Enum {
            let fields = shape.variants.first().map_or(&[][..], |(_, f)| f);
            return self.body(item, "", fields, said, names);
        }
        let mut variants = Vec::new();
        for (variant, fields) in &shape.variants {
            let attrs = tree
                .items
                .iter()
                .filter(|i| i.parent == Some(item))
                .map(|i| tree.raw(i.id))
                .find(|raw| raw.kind == ItemKind::Variant && raw.name == *variant)
                .map_or(&[][..], |raw| raw.attrs.as_slice());
            let own = said::said(&self.travel.facts, item, attrs);
            if own.skip || self.is_skipped(item, variant) {
                continue;
            }
            let name = own.name(|| said.variant(variant));
            // Fields follow the variant's rule, or the enum's for all fields.
            let rules = Said {
                rename_all: own
                    .rename_all
                    .clone()
                    .or_else(|| said.rename_all_fields.clone()),
                ..Said::default()
            };
            let body = if own.by_hand {
                Shape::Wrapper(Form::Guess(String::new()))
            } else {
                self.body(item, variant, fields, &rules, names)
            };
            variants.push((name, body));
        }
        let tag = match (&said.tag, &said.content) {
            _ if said.untagged => Tag::None,
            (Some(tag), Some(content)) => Tag::Adjacent(tag.clone(), content.clone()),
            (Some(tag), None) => Tag::Internal(tag.clone()),
            (None, _) => Tag::External,
        };
        Shape::Enum(tag, variants)
    }

    fn body(
        &mut self,
        item: ItemId,
        variant: &str,
        fields: &[FieldSyntax],
        said: &Said,
        names: &Names,
    ) -> Shape {
        let is_tuple = fields.first().is_some_and(|f| is_number(&f.name));
        let mut made = Vec::new();
        for field in fields {
            let own = said::said(&self.travel.facts, item, &field.attrs);
            let path = match variant {
                "" => field.name.clone(),
                variant => format!("{variant}.{}", field.name),
            };
            if own.skip || self.is_skipped(item, &path) {
                continue;
            }
            let mean = self.travel.reader.mean(item, &field.ty, names);
            let form = if own.by_hand {
                Form::Guess(String::new())
            } else {
                self.form(&mean)
            };
            made.push(Field {
                name: own.name(|| said.field(&field.name)),
                optional: own.default || said.default || matches!(form, Form::Option(_)),
                flat: own.flatten,
                form,
            });
        }
        match (made.as_slice(), fields.len()) {
            ([], 0) => Shape::Unit,
            ([one], _) if said.transparent || (is_tuple && fields.len() == 1) => {
                Shape::Wrapper(one.form.clone())
            }
            (all, _) if is_tuple => Shape::Tuple(all.iter().map(|f| f.form.clone()).collect()),
            _ => Shape::Struct(made),
        }
    }

    fn is_skipped(&self, item: ItemId, field: &str) -> bool {
        self.skipped
            .iter()
            .any(|skipped| skipped.item == item && skipped.field == field)
    }
}

fn is_number(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_digit())
}

fn object<const N: usize>(fields: [(&str, Form); N]) -> Form {
    let field = |(name, form): (&str, Form)| Field {
        name: name.to_owned(),
        form,
        optional: false,
        flat: false,
    };
    Form::Object(fields.into_iter().map(field).collect())
}

fn up_to(max: u128) -> Form {
    Form::Integer { min: 0, max }
}

/// The range of an integer type.
fn integer(name: &str) -> Option<Form> {
    let (min, max) = match name.strip_prefix("NonZero") {
        Some(rest) if !rest.is_empty() => {
            let Form::Integer { min, max } = integer(&rest.to_ascii_lowercase())? else {
                return None;
            };
            (min.max(1), max)
        }
        _ => match name {
            "u8" => (0, u128::from(u8::MAX)),
            "u16" => (0, u128::from(u16::MAX)),
            "u32" => (0, u128::from(u32::MAX)),
            "u64" | "usize" => (0, u128::from(u64::MAX)),
            "u128" => (0, u128::MAX),
            "i8" => (i128::from(i8::MIN), i8::MAX as u128),
            "i16" => (i128::from(i16::MIN), i16::MAX as u128),
            "i32" => (i128::from(i32::MIN), i32::MAX as u128),
            "i64" | "isize" => (i128::from(i64::MIN), i64::MAX as u128),
            "i128" => (i128::MIN, i128::MAX as u128),
            _ => return None,
        },
    };
    Some(Form::Integer { min, max })
}
