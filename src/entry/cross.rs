//! What crosses the boundary: an entry's parameters and result as a request and a response.
//!
//! Input: the item tree, an entry and [`Resolve`], which says what names mean. Output: [`Crossing`]: the
//! request's fields, how each becomes its parameter, the response, and what the moved types need for it.
//! Refuses, each with its code: generic and unsafe entries, closures, `&mut`, raw pointers, trait objects,
//! and types that serde cannot be taught.

mod answer;
mod cases;
pub mod form;
mod instances;
mod known;
mod lower;
mod makers;
mod meaning;
pub mod record;
mod said;
mod signature;
mod text;
mod threads;
mod traits;
mod travel;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::binding::{self, Source};
use crate::diag::Sink;
use crate::id::ItemId;
use crate::oracle::instances::Use;
use crate::syntax::{ItemTree, Ty};
use crate::workspace::Workspace;

pub use cases::{Case, Cases};
pub use known::is_prelude;
pub use makers::Given;
pub use signature::SERDE_HELP;

/// Looks up what names mean. Made by the caller over verified edges; in tests by names.
pub trait Resolve {
    /// The struct, enum, union, alias, trait (or, for an array's length, constant) of the workspace that
    /// `path`, a [`Ty::Path`] written in `from`, names; `None` when it is foreign, std's or generic. `from`
    /// is the type or function that holds the path, and the path's range lies in its file.
    fn local(&self, from: ItemId, path: &Ty) -> Option<ItemId>;

    /// The full path of what `path`, a [`Ty::Path`] that is not the workspace's, names, `use` declarations
    /// applied: `["indexmap", "IndexSet"]`; its segments themselves when there is nothing to apply.
    fn foreign_path(&self, from: ItemId, path: &Ty) -> Vec<String>;

    /// The trait paths, as written, of the impls by hand for a type of the workspace.
    fn trait_impls(&self, item: ItemId) -> Vec<&str>;

    /// The places that name a function, with the types that they give it; none when nobody is asked.
    fn uses(&self, _entry: ItemId) -> Option<Vec<Use>> {
        None
    }

    /// Whether a foreign crate, by its name in code, has a feature; none when its manifest was not read.
    fn has_feature(&self, _krate: &str, _feature: &str) -> Option<bool> {
        None
    }

    /// Whether other code than tests names an item.
    fn is_named(&self, _item: ItemId) -> bool {
        true
    }

    /// Whether rustc found that serde cannot read a foreign type of this name.
    fn is_unreadable(&self, _name: &str) -> bool {
        false
    }

    /// What the manifest of a foreign crate, by its name in code, offers for serde.
    fn serde_support(&self, _krate: &str) -> Support {
        Support::Unknown
    }
}

/// A foreign crate's serde support.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Support {
    /// Its manifest was not read.
    Unknown,
    /// It depends on serde in any case.
    Native,
    /// It has this feature.
    Feature(String),
    /// It has neither.
    None,
}

/// A piece of a type's spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypePart {
    /// Text as it is.
    Text(String),
    /// The path of an item of the workspace in the output.
    Local(ItemId),
    /// The shim's own type for bytes, base64 in JSON.
    Base64,
}

/// A type's spelling in generated code, in which the paths of moved items are still open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypeText {
    /// Its pieces.
    pub parts: Vec<TypePart>,
}

impl TypeText {
    /// A spelling without open paths.
    pub fn plain(text: &str) -> Self {
        Self {
            parts: vec![TypePart::Text(text.to_owned())],
        }
    }

    /// The text, with the paths that `path` gives.
    pub fn render(&self, path: &dyn Fn(ItemId) -> String) -> String {
        let piece = |part: &TypePart| match part {
            TypePart::Text(text) => text.clone(),
            TypePart::Local(item) => path(*item),
            TypePart::Base64 => "Base64".to_owned(),
        };
        self.parts.iter().map(piece).collect()
    }

    /// Whether it names the shim's type for bytes.
    pub fn has_bytes(&self) -> bool {
        self.parts.contains(&TypePart::Base64)
    }

    /// The foreign crates, by their names in code, that it names.
    pub fn crates(&self) -> BTreeSet<String> {
        let texts = self.parts.iter().filter_map(|part| match part {
            TypePart::Text(text) => Some(text),
            _ => None,
        });
        texts
            .flat_map(|text| text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != ':'))
            .filter_map(|path| path.split_once("::"))
            .map(|(krate, _)| krate)
            .filter(|krate| !matches!(*krate, "" | "std" | "core" | "alloc"))
            .map(str::to_owned)
            .collect()
    }

    fn push(&mut self, part: TypePart) {
        self.parts.push(part);
    }

    fn text(&mut self, text: &str) {
        match self.parts.last_mut() {
            Some(TypePart::Text(last)) => last.push_str(text),
            _ => self.parts.push(TypePart::Text(text.to_owned())),
        }
    }
}

/// A parameter (or the receiver).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The field of the request, without `r#`; the receiver's is its type in snake case.
    pub field: String,
    /// The field's type.
    pub ty: TypeText,
    /// A local value that the argument borrows from, in which `$` is the field's place:
    /// `$.iter().map(|item| item.as_str()).collect::<Vec<_>>()`.
    pub binding: Option<String>,
    /// The argument, in which `$` is the binding's name or, without one, the field's place: `&$`.
    pub argument: String,
    /// Whether JSON carries it as base64 text.
    pub bytes: bool,
    /// Whether it is the receiver.
    pub receiver: bool,
    /// How it is made before the first event; `None` when it is sent.
    pub start: Option<Start>,
    /// Whether it is made and changed by calls, one after the other.
    pub locked: bool,
}

/// A value that is made once, before the first event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// An environment variable.
    Env(String),
    /// A secret, by its name.
    Secret(String),
    /// A value as JSON.
    Const(String),
    /// What a function makes.
    Made(Box<Make>),
}

/// The call of a function that makes a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Make {
    /// The function's path.
    pub function: TypeText,
    /// The function.
    pub item: ItemId,
    /// Its arguments.
    pub arguments: Vec<Argument>,
    /// The field of its value that is wanted, by the names that lead there; none where that is the value itself.
    pub fields: Vec<String>,
    /// Whether its value is put behind an `Arc`.
    pub shared: bool,
    /// Whether the call is awaited.
    pub is_async: bool,
    /// How its answer holds the value.
    pub gives: Gives,
    /// The function as people name it.
    pub path: String,
}

/// How the answer of a function that makes a value holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    /// It is the value.
    Value,
    /// A `Result`, whose error is shown so.
    Result(Words),
    /// An `Option`.
    Maybe,
}

/// An argument of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// The parameter's name.
    pub name: String,
    /// The owned type that is read; `None` for what is made.
    pub ty: Option<TypeText>,
    /// Where it comes from.
    pub start: Start,
    /// As [`Input::binding`].
    pub binding: Option<String>,
    /// As [`Input::argument`].
    pub argument: String,
}

impl Make {
    /// The call as `init:` takes it, with a source for each argument.
    pub fn said(&self) -> String {
        let of = |argument: &Argument| match &argument.start {
            Start::Env(name) => format!("env:{name}"),
            Start::Secret(name) => format!("secret:{name}"),
            Start::Const(json) => format!("const:{json}"),
            Start::Made(make) => format!("init:{}", make.said()),
        };
        let arguments: Vec<String> = self.arguments.iter().map(of).collect();
        binding::call(&self.path, &arguments, &self.fields)
    }
}

impl Start {
    /// What a source is that is read, not made; `None` for all others.
    pub(super) fn read_from(source: &Source) -> Option<Self> {
        match source {
            Source::Env(name) => Some(Self::Env(name.clone())),
            Source::Secret(name) => Some(Self::Secret(name.clone())),
            Source::Const(json) => Some(Self::Const(json.clone())),
            _ => None,
        }
    }

    /// The names of the secrets that are read for it.
    pub fn secrets(&self) -> Vec<&str> {
        self.read(|start| match start {
            Self::Secret(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// The environment variables that are read for it.
    pub fn variables(&self) -> Vec<&str> {
        self.read(|start| match start {
            Self::Env(name) => Some(name.as_str()),
            _ => None,
        })
    }

    fn read<'a>(&'a self, pick: fn(&'a Self) -> Option<&'a str>) -> Vec<&'a str> {
        let arguments = self.makers().into_iter().flat_map(|make| &make.arguments);
        let inner = arguments.filter_map(|argument| pick(&argument.start));
        pick(self).into_iter().chain(inner).collect()
    }

    /// The functions that are called for it.
    pub fn makers(&self) -> Vec<&Make> {
        let mut found = Vec::new();
        if let Self::Made(make) = self {
            found.push(&**make);
            found.extend(
                make.arguments
                    .iter()
                    .flat_map(|argument| argument.start.makers()),
            );
        }
        found
    }
}

/// What the response is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `()`: JSON's `null`.
    Unit,
    /// The value as serde writes it.
    Plain,
    /// Bytes, as base64 text.
    Bytes,
    /// Bytes or nothing.
    OptionalBytes,
    /// What `Display` writes.
    Text,
    /// An `OsStr` or `OsString`, as text.
    OsText,
    /// An iterator, as an array.
    Collect,
    /// Behind `Rc` or `Arc`.
    Shared,
}

/// How an error is turned into words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// `{}`
    Display,
    /// `{:?}`
    Debug,
    /// As JSON: it has no other words.
    Json,
}

/// The error side of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its type.
    pub ty: TypeText,
    /// Its name in `errorType`: `RenderError`.
    pub name: String,
    /// How it is shown.
    pub words: Words,
    /// Its variants, where it is an enum that has them to see.
    pub cases: Option<Cases>,
}

/// The result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// What the response is made of.
    pub shape: Shape,
    /// The type of the value, that is of `Ok`.
    pub ty: TypeText,
    /// The error when the entry returns a `Result`.
    pub failure: Option<Failure>,
}

/// The derives that a type needs added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Derives {
    /// `serde::Serialize`
    pub serialize: bool,
    /// `serde::Deserialize`
    pub deserialize: bool,
}

/// A field that gets `#[serde(skip)]`, or an enum's variant that events cannot name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedField {
    /// The type.
    pub item: ItemId,
    /// The field; `Variant.field` in an enum; the variant when all of it stays behind.
    pub field: String,
    /// Whether it is a variant, which gets `#[serde(skip_deserializing)]`.
    pub is_variant: bool,
    /// Why it cannot cross.
    pub reason: String,
}

/// A method that a trait's impl gives: it is called by both names, since the trait need not be in scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Through {
    /// The type that the impl is for.
    pub of: TypeText,
    /// The trait.
    pub by: TypeText,
}

/// How an entry is called with JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crossing {
    /// The receiver, then the parameters, in the order of the call.
    pub inputs: Vec<Input>,
    /// The result.
    pub output: Output,
    /// Whether the call is awaited.
    pub is_async: bool,
    /// The trait through which it is called.
    pub through: Option<Through>,
    /// Parameters that take many types, `S: AsRef<str>` or `impl Into<String>`, and the one that is sent.
    pub chosen: Vec<(String, String)>,
    /// The types of the workspace that need derives.
    pub needs_derive: BTreeMap<ItemId, Derives>,
    /// The fields that stay behind.
    pub skipped_fields: Vec<SkippedField>,
    /// Features to switch on: the crate's name in code and the feature.
    pub serde_features: BTreeSet<(String, String)>,
    /// Crates of [`Crossing::serde_features`] (or single names) of which the tool knows nothing: the
    /// compile proof decides.
    pub assumed: BTreeSet<String>,
}

/// Sources by parameter, as a person says them.
pub type Bind = BTreeMap<String, Vec<Source>>;

/// What crosses when `entry`, a function or method, is called from outside; `None` when `sink` got an
/// error that says why it cannot be.
pub fn analyze(
    tree: &ItemTree,
    workspace: &Workspace,
    entry: ItemId,
    resolve: &dyn Resolve,
    given: &Given,
    sink: &mut Sink,
) -> Option<Crossing> {
    signature::analyze(tree, workspace, entry, resolve, given, sink)
}
