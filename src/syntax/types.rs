//! The owned syntax of one file: items with byte ranges, names and outgoing names as written.
//!
//! Input: nothing (data only). Output: [`FileSyntax`]. No syn type appears here, so that the data can
//! cross threads and stages.

use crate::id::TextRange;

/// What kind of item a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// `mod m { … }` or `mod m;`.
    Mod,
    /// A free function.
    Fn,
    /// A struct.
    Struct,
    /// An enum.
    Enum,
    /// A union.
    Union,
    /// A trait.
    Trait,
    /// `trait A = B;`
    TraitAlias,
    /// A type alias.
    TypeAlias,
    /// A constant.
    Const,
    /// A static.
    Static,
    /// A `macro_rules!` definition.
    MacroRules,
    /// A macro invocation in item position.
    MacroCall,
    /// An inherent or trait impl block.
    Impl,
    /// A function in an impl block.
    ImplFn,
    /// A constant in an impl block.
    ImplConst,
    /// An associated type in an impl block.
    ImplType,
    /// A macro invocation in an impl block.
    ImplMacro,
    /// A function in a trait.
    TraitFn,
    /// A constant in a trait.
    TraitConst,
    /// An associated type in a trait.
    TraitType,
    /// A macro invocation in a trait.
    TraitMacro,
    /// `use …;`
    Use,
    /// `extern crate …;`
    ExternCrate,
    /// `extern "C" { … }`
    ForeignMod,
    /// A function, static or type in an extern block.
    ForeignItem,
    /// An enum variant.
    Variant,
    /// A field of a struct, union or variant.
    Field,
    /// Tokens syn does not interpret.
    Other,
}

impl ItemKind {
    /// Whether it has a life of its own in a cut. Modules, imports, fields and variants follow from what they
    /// hold, bring, or belong to.
    pub fn stands_alone(self) -> bool {
        !matches!(
            self,
            Self::Mod
                | Self::Use
                | Self::ExternCrate
                | Self::Field
                | Self::Variant
                | Self::ForeignItem
        )
    }

    /// The word a person would use.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Mod => "module",
            Self::Fn => "function",
            Self::Struct => "struct",
            Self::Enum => "enum",
            Self::Union => "union",
            Self::Trait => "trait",
            Self::TraitAlias => "trait alias",
            Self::TypeAlias => "type alias",
            Self::Const | Self::ImplConst | Self::TraitConst => "constant",
            Self::Static => "static",
            Self::MacroRules => "macro",
            Self::MacroCall | Self::ImplMacro | Self::TraitMacro => "macro call",
            Self::Impl => "impl",
            Self::ImplFn => "method",
            Self::TraitFn => "trait method",
            Self::ImplType | Self::TraitType => "associated type",
            Self::Use => "use declaration",
            Self::ExternCrate => "extern crate",
            Self::ForeignMod => "extern block",
            Self::ForeignItem => "foreign item",
            Self::Variant => "variant",
            Self::Field => "field",
            Self::Other => "item",
        }
    }
}

/// How far an item can be seen, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Nothing written.
    Inherited,
    /// `pub`
    Public,
    /// `pub(crate)` or `crate`-wide in another spelling.
    Crate,
    /// `pub(super)`, `pub(self)`, `pub(in path)`.
    Restricted,
}

/// An attribute as written.
#[derive(Clone, Debug)]
pub struct Attr {
    /// The path, `derive`, `cfg_attr`, `serde`, ….
    pub path: String,
    /// The tokens after the path, as source text without the delimiters; for `#[doc = "…"]` the value.
    pub args: String,
    /// The whole attribute or doc comment.
    pub range: TextRange,
    /// Whether it is a doc comment.
    pub is_doc: bool,
}

impl Attr {
    /// Whether it is rustc's own, or a tool's, and no macro.
    pub fn is_built_in(&self) -> bool {
        is_built_in(&self.path)
    }
}

/// The same by an attribute's path. A derive is a macro.
pub fn is_built_in(path: &str) -> bool {
    const BUILT_IN: &[&str] = &[
        "allow",
        "cfg",
        "cfg_attr",
        "cold",
        "deny",
        "deprecated",
        "doc",
        "expect",
        "forbid",
        "inline",
        "must_use",
        "non_exhaustive",
        "path",
        "repr",
        "rustfmt",
        "serde",
        "test",
        "warn",
        "macro_use",
        "macro_export",
        "no_mangle",
        "track_caller",
        "automatically_derived",
        "ignore",
    ];
    BUILT_IN.contains(&path) || path.starts_with("clippy") || path.starts_with("rustfmt")
}

/// How a name is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefKind {
    /// A path in expression, type or pattern position.
    Path,
    /// `.name(…)` or `.name`.
    Member,
    /// `name!`
    Macro,
}

/// A name as written somewhere in an item.
#[derive(Clone, Debug)]
pub struct NameRef {
    /// `a::b::C`, turbofish and generics left out.
    pub path: Box<str>,
    /// Byte offset of the first segment.
    pub offset: u32,
    /// How it is used.
    pub kind: RefKind,
}

/// One name that a `use` declaration brings in.
#[derive(Clone, Debug)]
pub struct UseLeaf {
    /// The full path as written, without the rename; a glob's path ends before the `*`.
    pub path: Vec<String>,
    /// The name that is bound; `*` for a glob, `_` for an anonymous import.
    pub name: String,
    /// Whether it is `*`.
    pub glob: bool,
    /// The leaf's own tokens (`Name`, `Name as Other`, `*`, `self`).
    pub range: TextRange,
    /// The leaf with the path before it, back to its group's member start.
    pub full: TextRange,
}

/// The shape of a `use` tree, to delete leaves from it.
#[derive(Clone, Debug)]
pub enum UseNode {
    /// The index of a leaf in [`UseDecl::leaves`].
    Leaf(usize),
    /// `{ a, b }`: the braces' range and the members' own ranges.
    Group {
        /// From `{` to `}` inclusive.
        range: TextRange,
        /// Members with the range of the whole member (prefix included).
        members: Vec<(TextRange, UseNode)>,
    },
}

/// A `use` declaration.
#[derive(Clone, Debug)]
pub struct UseDecl {
    /// Its leaves in source order.
    pub leaves: Vec<UseLeaf>,
    /// Its tree.
    pub root: UseNode,
    /// Whether the path starts with `::`.
    pub absolute: bool,
}

/// An impl block's head.
#[derive(Clone, Debug)]
pub struct ImplHead {
    /// The trait's path as written, without generic arguments.
    pub trait_path: Option<String>,
    /// The trait as written, with generic arguments.
    pub trait_text: Option<String>,
    /// The self type as written.
    pub self_text: String,
    /// The ranges of trait and self type: where local names decide whether the impl is needed.
    pub deciding: Vec<TextRange>,
    /// `impl !Trait for T`.
    pub negative: bool,
    /// Names of the generic parameters.
    pub generics: Vec<String>,
}

/// A type as written, owned.
#[derive(Clone, Debug, PartialEq)]
pub enum Ty {
    /// `a::B<C>`
    Path {
        /// The segments' names.
        segments: Vec<String>,
        /// Generic type arguments of the last segment.
        args: Vec<Ty>,
        /// Whether a lifetime argument is written.
        lifetimes: bool,
        /// The path's first byte.
        range: TextRange,
    },
    /// `&T`, `&mut T`
    Ref {
        /// Whether it is `&mut`.
        mutable: bool,
        /// The referent.
        inner: Box<Ty>,
    },
    /// `[T]`
    Slice(Box<Ty>),
    /// `[T; N]` with the length as written.
    Array(Box<Ty>, String),
    /// `(A, B)`, `()` when empty.
    Tuple(Vec<Ty>),
    /// `*const T`, `*mut T`
    Pointer,
    /// `fn(A) -> B`
    FnPointer,
    /// `impl A + B`, bounds as written, with the type arguments of the first bound.
    ImplTrait(Vec<String>, Vec<Ty>),
    /// `dyn A + B`, bounds as written.
    DynTrait(Vec<String>),
    /// `!`
    Never,
    /// Anything else, as written.
    Other(String),
}

/// A function parameter.
#[derive(Clone, Debug)]
pub struct Param {
    /// The name when the pattern is a plain identifier.
    pub name: Option<String>,
    /// The type.
    pub ty: Ty,
    /// The type as written.
    pub text: String,
    /// The whole parameter.
    pub range: TextRange,
}

/// A generic type parameter's name and bounds.
#[derive(Clone, Debug)]
pub struct TypeParam {
    /// The name.
    pub name: String,
    /// Its bounds as written, from the list and the where clause.
    pub bounds: Vec<String>,
    /// Whether it is a const parameter.
    pub is_const: bool,
}

/// A function's signature.
#[derive(Clone, Debug)]
pub struct FnSig {
    /// `async fn`
    pub is_async: bool,
    /// `const fn`
    pub is_const: bool,
    /// `unsafe fn`
    pub is_unsafe: bool,
    /// Type and const parameters (lifetimes left out).
    pub generics: Vec<TypeParam>,
    /// The receiver as written (`&self`, `self: Arc<Self>`).
    pub receiver: Option<String>,
    /// The other parameters.
    pub params: Vec<Param>,
    /// The return type; `None` for `()`.
    pub output: Option<Ty>,
    /// The return type as written.
    pub output_text: Option<String>,
    /// From the modifiers to before the body.
    pub range: TextRange,
    /// The body's braces and all between; `None` for a declaration.
    pub body: Option<TextRange>,
}

/// A struct's, union's or variant's field.
#[derive(Clone, Debug)]
pub struct FieldSyntax {
    /// Its name; tuple fields have their number.
    pub name: String,
    /// Its type.
    pub ty: Ty,
    /// Its attributes.
    pub attrs: Vec<Attr>,
    /// The whole field, attributes included.
    pub range: TextRange,
    /// Where the visibility stands or would stand.
    pub vis_range: TextRange,
}

/// The shape of a type definition.
#[derive(Clone, Debug)]
pub struct TypeShape {
    /// A struct's fields under one entry with an empty name; an enum's variants.
    pub variants: Vec<(String, Vec<FieldSyntax>)>,
    /// Type parameter names.
    pub generics: Vec<String>,
    /// Whether it has a lifetime parameter.
    pub lifetimes: bool,
}

/// What a kind of item has beside the common part.
#[derive(Clone, Debug)]
pub enum Payload {
    /// Nothing.
    None,
    /// A `use` declaration.
    Use(UseDecl),
    /// An impl head.
    Impl(ImplHead),
    /// A function's signature.
    Fn(FnSig),
    /// A macro invocation in item position.
    MacroCall {
        /// The macro's path as written.
        path: String,
        /// Names that follow an item keyword in the tokens.
        declares: Vec<String>,
        /// Modules that the tokens declare with `mod name;`.
        modules: Vec<String>,
    },
    /// A `macro_rules!` definition.
    MacroRules {
        /// `#[macro_export]`
        exported: bool,
    },
    /// A module.
    Mod {
        /// Whether the body is inline.
        inline: bool,
        /// `#[path = "…"]`
        path: Option<String>,
    },
    /// A struct, union or enum.
    Type(TypeShape),
    /// What a type alias, or a type of an impl, stands for.
    Alias(Ty),
    /// `extern crate name as rename;`
    ExternCrate {
        /// The crate.
        name: String,
        /// The bound name.
        bound: String,
    },
}

/// An item of a file.
#[derive(Clone, Debug)]
pub struct RawItem {
    /// Its kind.
    pub kind: ItemKind,
    /// Its name without `r#`; impls have the self type, uses and blocks nothing.
    pub name: String,
    /// The enclosing item of the same file (module, impl, trait, type, extern block).
    pub parent: Option<usize>,
    /// All of it, attributes and doc comments included; members also their separator comma.
    pub range: TextRange,
    /// First byte after the outer attributes.
    pub body_start: u32,
    /// The name's own range; empty when it has none.
    pub name_range: TextRange,
    /// Visibility as written.
    pub vis: Visibility,
    /// Where the visibility stands, or the empty range where it would stand.
    pub vis_range: TextRange,
    /// Its attributes.
    pub attrs: Vec<Attr>,
    /// The inside of the braces of modules, impls, traits and extern blocks.
    pub inner: Option<TextRange>,
    /// What the kind has beside.
    pub payload: Payload,
    /// The names used directly in it (not in nested items).
    pub refs: Vec<NameRef>,
}

impl RawItem {
    /// The `cfg` predicates on it, `cfg_attr` left out.
    pub fn cfgs(&self) -> impl Iterator<Item = &str> {
        self.attrs
            .iter()
            .filter(|a| a.path == "cfg")
            .map(|a| a.args.as_str())
    }

    /// Whether an attribute with this path is on it.
    pub fn has_attr(&self, path: &str) -> bool {
        self.attrs.iter().any(|a| a.path == path)
    }

    /// The signature, when it is a function.
    pub fn signature(&self) -> Option<&FnSig> {
        match &self.payload {
            Payload::Fn(sig) => Some(sig),
            _ => None,
        }
    }
}

/// The owned syntax of one file.
#[derive(Clone, Debug, Default)]
pub struct FileSyntax {
    /// Items, an enclosing one before what it holds.
    pub items: Vec<RawItem>,
    /// Inner attributes of the file.
    pub attrs: Vec<Attr>,
    /// Where an inner attribute may be inserted: after BOM and shebang line.
    pub inner_start: u32,
    /// Entry comments: byte offsets just past the line of each `// extract: entry`.
    pub markers: Vec<u32>,
    /// Why it did not parse, when it did not.
    pub error: Option<ParseError>,
}

/// Why a file did not parse.
#[derive(Clone, Debug)]
pub struct ParseError {
    /// What syn said.
    pub message: String,
    /// 1-based line.
    pub line: usize,
    /// 1-based column.
    pub column: usize,
}
