//! Whether a program has a function of an impl in it, by the functions' names.
//!
//! Input: an impl and the name of a function. Output: yes or no; yes where the names do not tell. Refuses nothing.

use std::collections::BTreeSet;
use std::fmt;

use super::held::{self, Held};
use crate::cut::Job;
use crate::id::ItemId;
use crate::slice::Slice;
use crate::syntax::{Payload, bare_type_name};

/// An impl as names of functions spell it.
pub(super) struct Spelled {
    ty: String,
    of_trait: String,
    /// The trait's first argument; empty where it has none.
    argument: String,
    /// Whether its arguments name the crate that the impl holds.
    is_foreign: bool,
    /// The first arguments of the type's other impls of the trait.
    others: BTreeSet<String>,
}

impl Spelled {
    /// Reads it off an impl; nothing where the item is none of a trait.
    pub(super) fn of(job: &Job<'_>, slice: &Slice, item: ItemId, held: &Held) -> Option<Self> {
        let (ty, of_trait, arguments) = head(job, item)?;
        let impls = slice.kept.keys().filter(|other| **other != item);
        let others = impls.filter_map(|other| head(job, *other));
        let others = others.filter(|(t, of, _)| *t == ty && *of == of_trait);
        Some(Self {
            argument: first(arguments),
            is_foreign: held::named_in(job, item, arguments)
                .iter()
                .any(|meant| held.crates.iter().any(|external| external.name == *meant)),
            others: others.map(|(.., arguments)| first(arguments)).collect(),
            ty,
            of_trait,
        })
    }

    /// Whether a function may be one of the impl's: `<shop::Error as web::Respond>::respond`. It is not where its
    /// arguments are those of another impl, or known not to be this one's.
    pub(super) fn is_spelled(&self, function: &str) -> bool {
        let mut rest = function;
        while let Some(at) = rest.find('<') {
            rest = rest.get(at + 1..).unwrap_or_default();
            let Some((ty, after)) = rest.split_once(" as ") else {
                return false;
            };
            let head = after.split(['<', '>']).next().unwrap_or_default();
            if bare_type_name(ty) != self.ty || bare_type_name(head) != self.of_trait {
                continue;
            }
            let arguments = after.strip_prefix(head).and_then(|a| a.strip_prefix('<'));
            let arguments = arguments.unwrap_or_default();
            let argument = first(arguments);
            let is_others = argument != self.argument && self.others.contains(&argument);
            let is_std = ["std", "core", "alloc"].iter().any(|krate| {
                let after = arguments.strip_prefix(krate);
                after.is_some_and(|after| after.starts_with("::"))
            });
            if !(is_others || self.is_foreign && is_std) {
                return true;
            }
        }
        false
    }
}

/// The names of an impl's type and trait, and the text of the trait's arguments.
fn head<'a>(job: &'a Job<'_>, item: ItemId) -> Option<(String, String, &'a str)> {
    let Payload::Impl(head) = &job.tree.raw(item).payload else {
        return None;
    };
    let path = head.trait_path.as_deref()?;
    let text = head.trait_text.as_deref().unwrap_or(path);
    let arguments = text.split_once('<').map_or("", |(_, arguments)| arguments);
    Some((
        bare_type_name(&head.self_text),
        bare_type_name(path),
        arguments,
    ))
}

/// The name of the first of some arguments, which what stands around them ends.
fn first(arguments: &str) -> String {
    let first = arguments.split(['<', '>', ',']).next().unwrap_or_default();
    if first.trim().is_empty() {
        String::new()
    } else {
        bare_type_name(first)
    }
}

impl fmt::Display for Spelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} as {}>", self.ty, self.of_trait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_an_impls_by_type_and_trait() {
        let of = |of_trait: &str, argument: &str, others: &[&str]| Spelled {
            ty: "Error".to_owned(),
            of_trait: of_trait.to_owned(),
            argument: argument.to_owned(),
            is_foreign: !argument.is_empty(),
            others: others.iter().map(|other| (*other).to_owned()).collect(),
        };
        let respond = of("Respond", "", &[]);
        assert!(respond.is_spelled("<shop::Error as web::respond::Respond>::respond"));
        assert!(respond.is_spelled("<shop::Error as web::Respond>::respond::{{closure}}"));
        assert!(respond.is_spelled("core::ptr::drop<<shop::Error<T> as web::Respond>::respond>"));
        assert!(!respond.is_spelled("<shop::Other as web::Respond>::respond"));
        assert!(!respond.is_spelled("<shop::Error as core::fmt::Display>::fmt"));
        let from = "<shop::Error as core::convert::From<crypt::CryptError>>::from";
        let of_store = "<shop::Error as core::convert::From<store::result::Error>>::from";
        let of_io = "<shop::Error as core::convert::From<std::io::error::Error>>::from";
        let crypt = of("From", "CryptError", &["Error"]);
        assert!(crypt.is_spelled(from) && !crypt.is_spelled(of_store) && !crypt.is_spelled(of_io));
        // An alias has another name than what it stands for.
        assert!(of("From", "Alias", &["Error"]).is_spelled(from));
        let store = of("From", "Error", &["Error", "CryptError"]);
        assert!(store.is_spelled(of_store) && !store.is_spelled(from) && !store.is_spelled(of_io));
    }
}
