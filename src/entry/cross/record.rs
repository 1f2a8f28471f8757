//! Calls written down: an entry's arguments as the event that its shim would read.
//!
//! Input: as [`super::analyze`]. Output: [`Recording`]: each argument with the way in which it becomes JSON,
//! and the types that have to be written for it. Refuses, with a sentence, what has no such way: parameters
//! that are patterns, iterators that writing would use up, types that serde cannot write.

use std::collections::BTreeSet;

use super::meaning::Mean;
use super::traits::Way;
use super::{Crossing, Given, Input, Resolve, TypePart, signature, text};
use crate::id::ItemId;
use crate::syntax::{FnSig, ItemTree, Ty};
use crate::workspace::Workspace;

/// How an argument becomes JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// As serde writes it.
    Serde,
    /// Bytes as base64 text.
    Bytes,
    /// Bytes or nothing.
    OptionalBytes,
    /// A list of bytes.
    ListOfBytes,
    /// What `AsRef<str>` gives.
    Text,
    /// What `AsRef<Path>` gives.
    Path,
    /// What `AsRef<OsStr>` gives.
    OsText,
    /// What `AsRef<[T]>` gives, by the slice's type as written.
    Slice(String),
    /// What `Display` writes.
    Shown,
}

/// An argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// The request's field.
    pub field: String,
    /// The parameter's name, without `r#`; `self` for the receiver.
    pub name: String,
    /// How it is written.
    pub how: How,
    /// The type, as written, into which an `impl Into` is turned before.
    pub into: Option<String>,
}

/// What writing an entry's calls down takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// The arguments, in the order of the call.
    pub arguments: Vec<Argument>,
    /// Types of the workspace that need `serde::Serialize`.
    pub serialize: BTreeSet<ItemId>,
    /// Features to switch on: the crate's name in code and the feature.
    pub features: BTreeSet<(String, String)>,
}

/// How the calls of `entry` can be written down.
///
/// # Errors
/// A sentence that says why they cannot.
pub fn recording(
    tree: &ItemTree,
    workspace: &Workspace,
    entry: ItemId,
    resolve: &dyn Resolve,
    given: &Given,
) -> Result<Recording, String> {
    let no_call = || "it cannot be called with events".to_owned();
    let sig = tree.raw(entry).signature().ok_or_else(no_call)?;
    let body = sig.body.ok_or_else(|| "it has no body".to_owned())?;
    if sig.is_const {
        return Err("a `const fn` cannot write".to_owned());
    }
    let inside = body.of(&tree.file(tree.item(entry).file).text);
    let first = inside.trim_start_matches('{').trim_start();
    if first.starts_with("#!") || first.starts_with("//!") {
        return Err("its body begins with an attribute of its own".to_owned());
    }
    let (crossing, means, mut travel) =
        signature::means(tree, workspace, entry, resolve, given).ok_or_else(no_call)?;
    travel.behind = behind(&crossing);
    let (fields, _): (Vec<_>, Vec<_>) = crossing
        .skipped_fields
        .iter()
        .cloned()
        .partition(|s| !s.is_variant);
    let left = fields.len();
    travel.needs.skipped = fields;
    let names = names(sig)?;
    let mut arguments = Vec::new();
    let all = crossing.inputs.iter().zip(&means).zip(names);
    // What is made at the start is in no event.
    for ((input, mean), (name, ty)) in all.filter(|((input, _), _)| input.start.is_none()) {
        let (how, into) =
            how(sig, input, mean, ty).map_err(|why| format!("parameter `{name}` {why}"))?;
        if how == How::Serde && !travel.check(mean, Way::Out) {
            let why = travel.problems.first().map(|p| p.sentence(tree));
            return Err(format!("parameter `{name}`: {}", why.unwrap_or_default()));
        }
        arguments.push(Argument {
            field: input.field.clone(),
            name,
            how,
            into,
        });
    }
    if let Some(skipped) = travel.needs.skipped.get(left) {
        let (field, of) = (&skipped.field, &tree.raw(skipped.item).name);
        return Err(format!("field `{field}` of `{of}` {}", skipped.reason));
    }
    let derives = travel.needs.derives.iter().filter(|(_, d)| d.serialize);
    // What reading needs of foreign crates is asked for already, and no more can be known of them here.
    let shares = |feature: &&(String, String)| feature.0 == "serde";
    Ok(Recording {
        arguments,
        serialize: derives.map(|(item, _)| *item).collect(),
        features: travel
            .needs
            .features
            .iter()
            .filter(shares)
            .cloned()
            .collect(),
    })
}

fn behind(crossing: &Crossing) -> BTreeSet<(ItemId, String)> {
    let variants = crossing.skipped_fields.iter().filter(|s| s.is_variant);
    variants.map(|s| (s.item, s.field.clone())).collect()
}

/// The parameters' names with their types, the receiver first.
fn names(sig: &FnSig) -> Result<Vec<(String, Option<&Ty>)>, String> {
    let receiver = sig.receiver.iter().map(|_| ("self".to_owned(), None));
    let mut names: Vec<(String, Option<&Ty>)> = receiver.collect();
    for (index, param) in sig.params.iter().enumerate() {
        let Some(name) = &param.name else {
            return Err(format!(
                "parameter {} is a pattern without a name",
                index + 1
            ));
        };
        names.push((name.clone(), Some(&param.ty)));
    }
    Ok(names)
}

/// The way of one argument, and the type that an `impl Into` is turned into before.
fn how(
    sig: &FnSig,
    input: &Input,
    mean: &Mean,
    ty: Option<&Ty>,
) -> Result<(How, Option<String>), String> {
    match ty.map(|ty| bounds(sig, ty)) {
        Some(Open::By(bounds)) => return by_bounds(bounds, input),
        Some(Open::Inside) => return Err("has a type that its callers choose".to_owned()),
        Some(Open::No) | None => {}
    }
    if matches!(mean, Mean::Impl { .. }) {
        return Err("is an iterator, which writing would use up".to_owned());
    }
    if is_os_text(mean) {
        return Ok((How::OsText, None));
    }
    Ok((owned(input)?, None))
}

/// By the request's type: where bytes stand in it.
fn owned(input: &Input) -> Result<How, String> {
    let text = |part: &TypePart, wanted: &str| matches!(part, TypePart::Text(t) if t == wanted);
    match input.ty.parts.as_slice() {
        [TypePart::Base64] => Ok(How::Bytes),
        [open, TypePart::Base64, close] if text(open, "Option<") && text(close, ">") => {
            Ok(How::OptionalBytes)
        }
        [open, TypePart::Base64, close] if text(open, "Vec<") && text(close, ">") => {
            Ok(How::ListOfBytes)
        }
        _ if input.bytes => Err("holds bytes deep inside".to_owned()),
        _ => Ok(How::Serde),
    }
}

/// Whether callers choose a type.
enum Open<'a> {
    /// They do not.
    No,
    /// They do, within these bounds.
    By(&'a [String]),
    /// They choose a part of it.
    Inside,
}

fn bounds<'a>(sig: &'a FnSig, ty: &'a Ty) -> Open<'a> {
    match ty {
        Ty::ImplTrait(bounds, _) => Open::By(bounds),
        Ty::Ref { inner, .. } => bounds_behind(sig, inner),
        Ty::Path { segments, args, .. } => {
            let named = |name: &str| sig.generics.iter().find(|p| p.name == name);
            if let [only] = segments.as_slice()
                && let Some(param) = named(only)
            {
                return Open::By(&param.bounds);
            }
            inside(sig, args.iter())
        }
        Ty::Slice(inner) | Ty::Array(inner, _) => inside(sig, std::iter::once(&**inner)),
        Ty::Tuple(of) => inside(sig, of.iter()),
        _ => Open::No,
    }
}

/// A reference to what callers choose: `&P` can do what `P` can, but for being used up.
fn bounds_behind<'a>(sig: &'a FnSig, inner: &'a Ty) -> Open<'a> {
    match bounds(sig, inner) {
        Open::By(bounds) if bounds.iter().any(|b| text::bound_name(b) == "Into") => Open::Inside,
        open => open,
    }
}

fn inside<'a>(sig: &'a FnSig, mut of: impl Iterator<Item = &'a Ty>) -> Open<'a> {
    if of.any(|ty| !matches!(bounds(sig, ty), Open::No)) {
        Open::Inside
    } else {
        Open::No
    }
}

/// The way that the bounds of a parameter offer.
fn by_bounds(bounds: &[String], input: &Input) -> Result<(How, Option<String>), String> {
    for bound in bounds {
        let argument = text::arguments(bound).first().map(|(_, a)| (*a).to_owned());
        match (text::bound_name(bound), argument) {
            ("AsRef", Some(of)) => {
                let last = of.rsplit("::").next().unwrap_or(&of);
                let how = match last {
                    "str" => How::Text,
                    "Path" => How::Path,
                    "OsStr" => How::OsText,
                    "[u8]" => How::Bytes,
                    _ => How::Slice(of),
                };
                return Ok((how, None));
            }
            ("Into", Some(of)) => return Ok((owned(input)?, Some(of))),
            ("Display" | "ToString", _) => return Ok((How::Shown, None)),
            ("IntoIterator" | "Iterator" | "ExactSizeIterator" | "DoubleEndedIterator", _) => {
                return Err("is an iterator, which writing would use up".to_owned());
            }
            _ => {}
        }
    }
    Err("has a type that its callers choose".to_owned())
}

fn is_os_text(mean: &Mean) -> bool {
    let inner = match mean {
        Mean::Ref { inner, .. } => inner,
        other => other.arg_of("std::borrow::Cow").unwrap_or(other),
    };
    inner.is("std::ffi::OsStr") || inner.is("std::ffi::OsString")
}
