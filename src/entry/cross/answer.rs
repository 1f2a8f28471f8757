//! The result: what the response is made of, and how an error is shown.
//!
//! Input: [`Mean`] of the return type. Output: [`Output`]. Refuses by [`Travel::refuse`]: results that
//! serde cannot write and errors that nobody can read.

use super::cases;
use super::meaning::Mean;
use super::text;
use super::traits::Way;
use super::travel::{Barrier, Travel};
use super::{Failure, Output, Shape, TypeText, Words};
use crate::syntax::ItemKind;

/// The response for a return type; `None` after a problem was noted.
pub(super) fn answer(travel: &mut Travel<'_>, mean: &Mean) -> Option<Output> {
    let Some((value, error)) = result(mean) else {
        let (shape, ty) = value(travel, mean)?;
        return Some(Output {
            shape,
            ty,
            failure: None,
        });
    };
    let failure = error_side(travel, error.as_ref());
    let (shape, ty) = self::value(travel, &value)?;
    Some(Output {
        shape,
        ty,
        failure: Some(failure?),
    })
}

/// The value of `impl Future<Output = T>`, `Pin<Box<dyn Future<Output = T>>>` and `BoxFuture<T>`.
pub(super) fn future(mean: &Mean) -> Option<Mean> {
    match mean {
        Mean::Impl { bounds, item } | Mean::Dyn { bounds, item } => {
            let is_future = bounds
                .first()
                .is_some_and(|bound| text::bound_name(bound) == "Future");
            if is_future {
                item.as_deref().cloned()
            } else {
                None
            }
        }
        Mean::Named { path, args } => match (path.last().map(String::as_str), args.as_slice()) {
            (Some("BoxFuture" | "LocalBoxFuture"), [value]) => Some(value.clone()),
            (Some("Pin" | "Box"), [inner]) => future(inner),
            _ => None,
        },
        _ => None,
    }
}

/// The sides of a `Result`; the error is `None` when a foreign alias hides it.
pub(super) fn result(mean: &Mean) -> Option<(Mean, Option<Mean>)> {
    let Mean::Named { path, args } = mean else {
        return None;
    };
    if path.last().is_none_or(|name| name != "Result") {
        return None;
    }
    let value = args.first().cloned().unwrap_or(Mean::Tuple(Vec::new()));
    Some((value, args.get(1).cloned()))
}

fn value(travel: &mut Travel<'_>, mean: &Mean) -> Option<(Shape, TypeText)> {
    let shape = match mean {
        Mean::Tuple(of) if of.is_empty() => Some(Shape::Unit),
        Mean::Ref { inner, .. } if inner.is_bytes() => Some(Shape::Bytes),
        Mean::Array(inner, _) if inner.is("u8") => Some(Shape::Bytes),
        _ if is_bytes(mean) => Some(Shape::Bytes),
        Mean::Ref { inner, .. } if is_os(inner) => Some(Shape::OsText),
        _ if is_os(mean) => Some(Shape::OsText),
        _ if mean.arg_of("Option").is_some_and(is_bytes) => Some(Shape::OptionalBytes),
        Mean::Impl { bounds, item } => opaque(travel, mean, bounds, item.as_deref()),
        Mean::Named { args, .. } if mean.is("std::rc::Rc") || mean.is("std::sync::Arc") => {
            let fits = args.iter().all(|arg| travel.check(arg, Way::Out));
            fits.then_some(Shape::Shared)
        }
        _ => travel.check(mean, Way::Out).then_some(Shape::Plain),
    }?;
    let mut ty = TypeText::default();
    travel.reader.spell(mean, "'_", &mut ty);
    Some((shape, ty))
}

fn is_os(mean: &Mean) -> bool {
    mean.is("std::ffi::OsString") || mean.is("std::ffi::OsStr")
}

fn is_bytes(mean: &Mean) -> bool {
    let behind = |wrapper: &str| mean.arg_of(wrapper).is_some_and(Mean::is_bytes);
    match mean {
        Mean::Ref { inner, .. } => inner.is_bytes(),
        _ => {
            mean.is_bytes()
                || behind("std::borrow::Cow")
                || behind("Box")
                || behind("std::sync::Arc")
                || behind("std::rc::Rc")
        }
    }
}

fn opaque(
    travel: &mut Travel<'_>,
    mean: &Mean,
    bounds: &[String],
    item: Option<&Mean>,
) -> Option<Shape> {
    let names: Vec<&str> = bounds.iter().map(|bound| text::bound_name(bound)).collect();
    if names.contains(&"Serialize") {
        return Some(Shape::Plain);
    }
    if names
        .iter()
        .any(|name| matches!(*name, "Display" | "ToString"))
    {
        return Some(Shape::Text);
    }
    let iterates = |name: &&str| {
        matches!(
            *name,
            "Iterator" | "ExactSizeIterator" | "DoubleEndedIterator" | "IntoIterator"
        )
    };
    match item {
        Some(item) if names.iter().any(iterates) => {
            travel.check(item, Way::Out).then_some(Shape::Collect)
        }
        _ => {
            let what = format!(
                "is `{}`: its type is hidden from serde",
                travel.reader.show(mean)
            );
            travel.refuse(Barrier::NoSerde, what);
            None
        }
    }
}

pub(super) fn error_side(travel: &mut Travel<'_>, error: Option<&Mean>) -> Option<Failure> {
    let Some(error) = error else {
        // `anyhow::Result<T>`, `io::Result<T>`: every such alias has an error that can be displayed.
        let ty = TypeText::plain("_");
        return Some(Failure {
            ty,
            name: "Error".to_owned(),
            words: Words::Display,
            cases: None,
        });
    };
    let (name, words) = match error {
        Mean::Local { item, .. } => {
            let raw = travel.reader.tree.raw(*item);
            let is_type = matches!(
                raw.kind,
                ItemKind::Struct | ItemKind::Enum | ItemKind::Union
            );
            (
                raw.name.clone(),
                if is_type {
                    words(travel, error, *item)?
                } else {
                    Words::Display
                },
            )
        }
        Mean::Named { path, args } => match (path.last().map(String::as_str), args.first()) {
            (Some("Box" | "Arc" | "Rc" | "Cow"), Some(inner)) => {
                let inner = error_side(travel, Some(inner))?;
                if inner.words == Words::Json {
                    let shared = ("serde".to_owned(), "rc".to_owned());
                    travel.needs.features.insert(shared);
                }
                (inner.name, inner.words)
            }
            (Some("String" | "str"), _) => ("Error".to_owned(), Words::Display),
            (Some("Vec" | "Option" | "HashMap" | "BTreeMap"), Some(inner)) => {
                let inner = error_side(travel, Some(inner))?;
                let words = match inner.words {
                    Words::Json => Words::Json,
                    Words::Display | Words::Debug => Words::Debug,
                };
                (inner.name, words)
            }
            (name, _) => (name.unwrap_or("Error").to_owned(), Words::Display),
        },
        Mean::Ref { inner, .. } => {
            let inner = error_side(travel, Some(inner))?;
            (inner.name, inner.words)
        }
        Mean::Dyn { bounds, .. } | Mean::Impl { bounds, .. } => {
            let first = bounds
                .first()
                .map_or("Error", |bound| text::bound_name(bound));
            let name = if first == "Error" {
                "Error".to_owned()
            } else {
                format!("{first}Error")
            };
            (
                name,
                if first == "Debug" {
                    Words::Debug
                } else {
                    Words::Display
                },
            )
        }
        _ => ("Error".to_owned(), Words::Debug),
    };
    let mut ty = TypeText::default();
    travel.reader.spell(error, "'_", &mut ty);
    let cases = cases::cases(travel, error);
    Some(Failure {
        ty,
        name,
        words,
        cases,
    })
}

/// How a local error is shown; a problem when it cannot be.
fn words(travel: &mut Travel<'_>, error: &Mean, item: crate::id::ItemId) -> Option<Words> {
    let facts = &travel.facts;
    let shows = ["Display", "Error", "Snafu", "Diagnostic"];
    if facts.implements(item, "Display")
        || facts.implements(item, "Error")
        || shows.iter().any(|derive| facts.derived(item, derive))
    {
        return Some(Words::Display);
    }
    if facts.derived(item, "Debug") || facts.implements(item, "Debug") {
        return Some(Words::Debug);
    }
    let before = travel.problems.len();
    if travel.check(error, Way::Out) {
        return Some(Words::Json);
    }
    travel.problems.truncate(before);
    let what = format!(
        "fails with `{}`, which has neither Display nor Debug, and cannot be written as JSON",
        travel.reader.show(error)
    );
    travel.refuse(Barrier::NoSerde, what);
    None
}
