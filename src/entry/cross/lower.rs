//! Owned forms: what the request holds for a parameter, and how that becomes the parameter.
//!
//! Input: [`Mean`] of a parameter. Output: [`Lowered`]. Refuses by [`Travel::refuse`].

use super::meaning::{Length, Mean};
use super::text;
use super::traits::Way;
use super::travel::{Barrier, Travel};
use super::{TypePart, TypeText};

/// An owned type and the expressions (`$` for the place) that make the wanted type of it.
#[derive(Clone, Debug)]
pub(super) struct Lowered {
    pub(super) owned: TypeText,
    /// In argument position, where coercions happen.
    pub(super) argument: String,
    /// Anywhere.
    pub(super) exact: String,
    /// From a variable that is a reference to the owned value; `None` when it must be consumed.
    pub(super) by_ref: Option<String>,
    /// The value that must live beside the call, from which the argument borrows.
    pub(super) binding: Option<String>,
    /// Whether the owned type is the wanted type.
    pub(super) same: bool,
}

impl Lowered {
    fn borrowed(owned: TypeText, argument: &str, exact: &str) -> Self {
        Self {
            owned,
            argument: argument.to_owned(),
            exact: exact.to_owned(),
            by_ref: Some(exact.to_owned()),
            binding: None,
            same: false,
        }
    }

    fn consumed(owned: TypeText, exact: impl Into<String>) -> Self {
        let exact = exact.into();
        Self {
            owned,
            argument: exact.clone(),
            exact,
            by_ref: None,
            binding: None,
            same: false,
        }
    }

    fn same(owned: TypeText, copy: bool) -> Self {
        let by_ref = copy.then(|| "*$".to_owned());
        Self {
            by_ref,
            same: true,
            ..Self::consumed(owned, "$")
        }
    }
}

fn put(template: &str, place: &str) -> String {
    template.replace('$', place)
}

fn base64() -> TypeText {
    TypeText {
        parts: vec![TypePart::Base64],
    }
}

fn wrap(open: &str, inner: &[&TypeText], close: &str) -> TypeText {
    let mut out = TypeText::plain(open);
    for (index, member) in inner.iter().enumerate() {
        if index > 0 {
            out.text(", ");
        }
        for part in &member.parts {
            match part {
                TypePart::Text(piece) => out.text(piece),
                other => out.push(other.clone()),
            }
        }
    }
    out.text(close);
    out
}

/// The owned form of a parameter; `None` after a problem was noted.
pub(super) fn lower(travel: &mut Travel<'_>, mean: &Mean) -> Option<Lowered> {
    if mean.is_bytes() {
        let exact = if mean.is("Vec") { "$.0" } else { "$.0.into()" };
        return Some(Lowered::consumed(base64(), exact));
    }
    match mean {
        Mean::Ref { mutable: true, .. } => {
            travel.check(mean, Way::In);
            None
        }
        Mean::Ref { inner, .. } => reference(travel, inner),
        Mean::Tuple(of) if !of.is_empty() => tuple(travel, mean, of),
        Mean::Array(inner, len) => array(travel, mean, inner, len),
        Mean::Impl { bounds, item } => iterator(travel, mean, bounds, item.as_deref()),
        Mean::Named { path, args } => {
            let name = path.last().map_or("", String::as_str);
            match (name, args.as_slice()) {
                ("OsString", _) if mean.is("std::ffi::OsString") => {
                    Some(Lowered::consumed(TypeText::plain("String"), "$.into()"))
                }
                ("Option", [inner]) if path.len() == 1 => option(travel, inner),
                ("Cow", [inner]) if mean.is("std::borrow::Cow") => {
                    shared(travel, inner, "std::borrow::Cow::Owned")
                }
                ("Arc", [inner]) if mean.is("std::sync::Arc") => {
                    shared(travel, inner, "std::sync::Arc::new")
                }
                ("Rc", [inner]) if mean.is("std::rc::Rc") => {
                    shared(travel, inner, "std::rc::Rc::new")
                }
                ("Box", [inner]) if path.len() == 1 && inner.is_bytes() => {
                    let exact = match inner {
                        Mean::Slice(_) => "$.0.into_boxed_slice()",
                        _ => "Box::new($.0)",
                    };
                    Some(Lowered::consumed(base64(), exact))
                }
                (
                    "Vec" | "VecDeque" | "LinkedList" | "BTreeSet" | "HashSet" | "BinaryHeap",
                    [inner, ..],
                ) if borrows(inner) => sequence(travel, name, inner),
                ("HashMap" | "BTreeMap", [key, value, ..]) if borrows(key) || borrows(value) => {
                    map(travel, mean, key, value)
                }
                _ => plain(travel, mean),
            }
        }
        _ => plain(travel, mean),
    }
}

/// Whether a type holds something whose owned form is another type.
fn borrows(mean: &Mean) -> bool {
    match mean {
        Mean::Ref { .. } => true,
        Mean::Named { args, .. } => {
            mean.is("std::borrow::Cow") || mean.is("std::ffi::OsString") || args.iter().any(borrows)
        }
        Mean::Tuple(of) => of.iter().any(borrows),
        Mean::Array(inner, _) | Mean::Slice(inner) => borrows(inner),
        _ => false,
    }
}

/// A type that crosses as it is.
fn plain(travel: &mut Travel<'_>, mean: &Mean) -> Option<Lowered> {
    if !travel.check(mean, Way::In) {
        return None;
    }
    let mut owned = TypeText::default();
    travel.reader.spell(mean, "'static", &mut owned);
    Some(Lowered::same(owned, is_copy(mean)))
}

fn is_copy(mean: &Mean) -> bool {
    match mean {
        Mean::Named { path, .. } => {
            path.len() == 1 && path.iter().all(|name| super::known::is_primitive(name))
        }
        Mean::Tuple(of) => of.iter().all(is_copy),
        Mean::Array(inner, _) => is_copy(inner),
        _ => false,
    }
}

fn reference(travel: &mut Travel<'_>, inner: &Mean) -> Option<Lowered> {
    match inner {
        _ if inner.is("str") => Some(Lowered::borrowed(
            TypeText::plain("String"),
            "&$",
            "$.as_str()",
        )),
        _ if inner.is("std::path::Path") => Some(Lowered::borrowed(
            TypeText::plain("std::path::PathBuf"),
            "&$",
            "$.as_path()",
        )),
        _ if inner.is("std::ffi::CStr") => Some(Lowered::borrowed(
            TypeText::plain("std::ffi::CString"),
            "&$",
            "$.as_c_str()",
        )),
        _ if inner.is("std::ffi::OsStr") => {
            let exact = "std::ffi::OsStr::new(&$)";
            let by_ref = Some("std::ffi::OsStr::new($)".to_owned());
            Some(Lowered {
                by_ref,
                ..Lowered::borrowed(TypeText::plain("String"), exact, exact)
            })
        }
        Mean::Slice(_) if inner.is_bytes() => {
            Some(Lowered::borrowed(base64(), "&$.0", "$.0.as_slice()"))
        }
        _ if inner.is("Vec") && inner.is_bytes() => Some(Lowered {
            by_ref: Some("&$.0".to_owned()),
            ..Lowered::borrowed(base64(), "&$.0", "&$.0")
        }),
        Mean::Slice(of) if !borrows(of) => {
            let of = lower(travel, of)?;
            let owned = wrap("Vec<", &[&of.owned], ">");
            Some(Lowered::borrowed(owned, "&$", "$.as_slice()"))
        }
        Mean::Slice(of) => bind(travel, |travel| sequence(travel, "Vec", of)),
        // A trait object or closure behind the reference: named as what it is.
        Mean::Dyn { .. } => {
            travel.check(inner, Way::In);
            None
        }
        _ => {
            let of = lower(travel, inner)?;
            if of.same {
                let by_ref = Some("$".to_owned());
                return Some(Lowered {
                    by_ref,
                    ..Lowered::borrowed(of.owned, "&$", "&$")
                });
            }
            bind(travel, |_| Some(of))
        }
    }
}

/// A reference to a value that is made beside the call.
fn bind(
    travel: &mut Travel<'_>,
    make: impl FnOnce(&mut Travel<'_>) -> Option<Lowered>,
) -> Option<Lowered> {
    let of = make(travel)?;
    if of.binding.is_some() {
        return unsupported(
            travel,
            "is a reference to references that have no owned form",
        );
    }
    Some(Lowered {
        owned: of.owned,
        argument: "&$".to_owned(),
        exact: of.exact.clone(),
        by_ref: None,
        binding: Some(of.exact),
        same: false,
    })
}

fn unsupported<T>(travel: &mut Travel<'_>, what: &str) -> Option<T> {
    travel.refuse(Barrier::NoSerde, what.to_owned());
    None
}

fn no_binding(travel: &mut Travel<'_>, of: Lowered) -> Option<Lowered> {
    if of.binding.is_some() {
        return unsupported(
            travel,
            "holds references to values that would have to be built first",
        );
    }
    Some(of)
}

fn option(travel: &mut Travel<'_>, inner: &Mean) -> Option<Lowered> {
    let of = lower(travel, inner)?;
    let of = no_binding(travel, of)?;
    let owned = wrap("Option<", &[&of.owned], ">");
    if of.same {
        return Some(Lowered::same(owned, is_copy(inner)));
    }
    let Some(by_ref) = &of.by_ref else {
        return Some(Lowered::consumed(
            owned,
            format!("$.map(|item| {})", put(&of.exact, "item")),
        ));
    };
    let exact = match by_ref.as_str() {
        "$.as_str()" | "$.as_path()" | "$.as_c_str()" | "$.as_slice()" => "$.as_deref()".to_owned(),
        "$" => "$.as_ref()".to_owned(),
        other => format!("$.as_ref().map(|item| {})", put(other, "item")),
    };
    Some(Lowered::borrowed(owned, &exact, &exact))
}

/// `Cow`, `Arc`, `Rc` of something: its owned form, wrapped.
fn shared(travel: &mut Travel<'_>, inner: &Mean, make: &str) -> Option<Lowered> {
    let text = |name: &str| Some(Lowered::consumed(TypeText::plain(name), "$.into()"));
    match inner {
        _ if inner.is("str") => text("String"),
        _ if inner.is("std::path::Path") => text("std::path::PathBuf"),
        _ if inner.is("std::ffi::OsStr") && make.ends_with("Owned") => Some(Lowered::consumed(
            TypeText::plain("String"),
            format!("{make}($.into())"),
        )),
        _ if inner.is("std::ffi::OsStr") => Some(Lowered::consumed(
            TypeText::plain("String"),
            "std::ffi::OsString::from($).into()",
        )),
        Mean::Slice(_) if inner.is_bytes() => Some(Lowered::consumed(base64(), "$.0.into()")),
        Mean::Slice(of) => {
            let of = lower(travel, of)?;
            if !of.same {
                return unsupported(travel, "is a shared slice of references");
            }
            Some(Lowered::consumed(
                wrap("Vec<", &[&of.owned], ">"),
                "$.into()",
            ))
        }
        _ => {
            let of = lower(travel, inner)?;
            let of = no_binding(travel, of)?;
            let exact = format!("{make}({})", of.exact);
            Some(Lowered::consumed(of.owned, exact))
        }
    }
}

fn sequence(travel: &mut Travel<'_>, name: &str, inner: &Mean) -> Option<Lowered> {
    let of = lower(travel, inner)?;
    let of = no_binding(travel, of)?;
    // What is collected into the wanted type comes from an array: it keeps order and needs no hash.
    let owned = wrap("Vec<", &[&of.owned], ">");
    let home = match name {
        "Vec" => "Vec".to_owned(),
        other => format!("std::collections::{other}"),
    };
    Some(match &of.by_ref {
        Some(by_ref) => {
            let item = put(by_ref, "item");
            let exact = format!("$.iter().map(|item| {item}).collect::<{home}<_>>()");
            Lowered::borrowed(owned, &exact, &exact)
        }
        None => {
            let item = put(&of.exact, "item");
            Lowered::consumed(
                owned,
                format!("$.into_iter().map(|item| {item}).collect::<{home}<_>>()"),
            )
        }
    })
}

fn map(travel: &mut Travel<'_>, mean: &Mean, key: &Mean, value: &Mean) -> Option<Lowered> {
    let (key, value) = (lower(travel, key), lower(travel, value));
    let key = no_binding(travel, key?)?;
    let value = no_binding(travel, value?)?;
    let home = if mean.is("std::collections::HashMap") {
        "HashMap"
    } else {
        "BTreeMap"
    };
    let owned = wrap(
        &format!("std::collections::{home}<"),
        &[&key.owned, &value.owned],
        ">",
    );
    Some(match (&key.by_ref, &value.by_ref) {
        (Some(by_key), Some(by_value)) => {
            let pair = format!("({}, {})", put(by_key, "key"), put(by_value, "value"));
            let exact = format!(
                "$.iter().map(|(key, value)| {pair}).collect::<std::collections::{home}<_, _>>()"
            );
            Lowered::borrowed(owned, &exact, &exact)
        }
        _ if key.by_ref.is_some() && !key.same => {
            return unsupported(travel, "mixes borrowed keys with owned values");
        }
        _ if value.by_ref.is_some() && !value.same => {
            return unsupported(travel, "mixes owned keys with borrowed values");
        }
        _ => {
            let pair = format!(
                "({}, {})",
                put(&key.exact, "key"),
                put(&value.exact, "value")
            );
            let exact = format!(
                "$.into_iter().map(|(key, value)| {pair}).collect::<std::collections::{home}<_, _>>()"
            );
            Lowered::consumed(owned, exact)
        }
    })
}

fn tuple(travel: &mut Travel<'_>, mean: &Mean, of: &[Mean]) -> Option<Lowered> {
    if !borrows(mean) && !of.iter().any(Mean::is_bytes) {
        return plain(travel, mean);
    }
    let members: Vec<Option<Lowered>> = of.iter().map(|member| lower(travel, member)).collect();
    let members: Vec<Lowered> = members.into_iter().collect::<Option<_>>()?;
    if members.iter().any(|member| member.binding.is_some()) {
        return unsupported(
            travel,
            "holds references to values that would have to be built first",
        );
    }
    let owned: Vec<&TypeText> = members.iter().map(|member| &member.owned).collect();
    let owned = wrap("(", &owned, ",)");
    let places: Vec<String> = members
        .iter()
        .enumerate()
        .map(|(index, member)| put(&member.exact, &format!("$.{index}")))
        .collect();
    let exact = format!("({},)", places.join(", "));
    let copies = |member: &Lowered| member.by_ref.is_some();
    let by_ref = members.iter().all(copies).then(|| exact.clone());
    Some(Lowered {
        by_ref,
        ..Lowered::consumed(owned, exact)
    })
}

fn array(travel: &mut Travel<'_>, mean: &Mean, inner: &Mean, len: &Length) -> Option<Lowered> {
    if let Length::Unknown(len) = len {
        return unsupported(
            travel,
            &format!("is an array whose length `{len}` is not a plain constant"),
        );
    }
    if !borrows(inner) {
        return plain(travel, mean);
    }
    let of = lower(travel, inner)?;
    let of = no_binding(travel, of)?;
    let mut owned = wrap("[", &[&of.owned], "; ");
    match len {
        Length::Literal(len) | Length::Unknown(len) => owned.text(len),
        Length::Const(item) => owned.push(TypePart::Local(*item)),
    }
    owned.text("]");
    Some(match &of.by_ref {
        Some(by_ref) => {
            let exact = format!("$.each_ref().map(|item| {})", put(by_ref, "item"));
            Lowered::borrowed(owned, &exact, &exact)
        }
        None => Lowered::consumed(owned, format!("$.map(|item| {})", put(&of.exact, "item"))),
    })
}

/// `impl Iterator<Item = T>`: an array in the request.
fn iterator(
    travel: &mut Travel<'_>,
    mean: &Mean,
    bounds: &[String],
    item: Option<&Mean>,
) -> Option<Lowered> {
    let first = bounds.first().map_or("", |bound| text::bound_name(bound));
    let (Some(item), "Iterator" | "ExactSizeIterator" | "DoubleEndedIterator") = (item, first)
    else {
        travel.check(mean, Way::In);
        return None;
    };
    let of = if borrows(item) {
        sequence(travel, "Vec", item)?
    } else {
        let of = lower(travel, item)?;
        let owned = wrap("Vec<", &[&of.owned], ">");
        Lowered::consumed(
            owned,
            format!("$.into_iter().map(|item| {})", put(&of.exact, "item")),
        )
    };
    let exact = if borrows(item) {
        format!("{}.into_iter()", of.exact)
    } else {
        of.exact.replace(".map(|item| item)", "")
    };
    Some(Lowered::consumed(of.owned, exact))
}
