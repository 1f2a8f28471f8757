//! Files, crates, modules and items: the syntax of the whole workspace as one owned table.
//!
//! Input: [`Workspace`](crate::workspace::Workspace). Output: [`ItemTree`]. A file that does not parse
//! or cannot be read is a diagnostic, its module stays empty, the rest still loads. No syn type leaves
//! this module.

mod ahead;
mod conditions;
mod load;
mod markers;
mod names;
mod parse;
mod signature;
mod tree;
mod types;
mod uses;

pub use conditions::{is_for_tests, names_test};
pub use load::load;
pub use parse::parse_file;
pub use tree::{Crate, Item, ItemTree, Module, SourceFile, bare_type_name, code_lines};
pub use types::{
    Attr, FieldSyntax, FileSyntax, FnSig, ImplHead, ItemKind, NameRef, Param, ParseError, Payload,
    RawItem, RefKind, Ty, TypeParam, TypeShape, UseDecl, UseLeaf, UseNode, Visibility, is_built_in,
};
