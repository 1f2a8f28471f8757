//! Parameters that take many types: the one that stands for all of them, or the refusal.
//!
//! Input: as [`super`]. Output: concrete types in the place of type parameters and `impl Trait`. Refuses those that no
//! event can choose, with the types that callers choose.

use super::super::meaning::Mean;
use super::super::{instances, text};
use super::Desk;
use crate::diag::{Code, Diagnostic};
use crate::syntax::TypeParam;

impl Desk<'_, '_> {
    /// One refusal for all parameters that no event can choose, with the types that callers choose.
    pub(super) fn refuse_generic(&mut self, open: &[String]) {
        if open.is_empty() {
            return;
        }
        let message = format!("`{}` is generic over {}", self.name, open.join(" and "));
        let help = "write a function that calls it with concrete types, and name that";
        let diagnostic = self.with_instances(Diagnostic::new(Code::EntryGeneric, message), help);
        self.error(diagnostic, None);
    }

    /// Adds how the entry is used, once, and the way out with the types of one use.
    fn with_instances(&mut self, diagnostic: Diagnostic, help: &str) -> Diagnostic {
        let tree = self.travel.reader.tree;
        if std::mem::replace(&mut self.told, true) {
            return diagnostic.help(help);
        }
        let Some(uses) = self.travel.reader.resolve.uses(self.entry) else {
            return diagnostic.help(help);
        };
        let told = instances::told(self.workspace, tree, self.entry, &uses);
        let diagnostic = told.notes.into_iter().fold(diagnostic, Diagnostic::note);
        match told.offer {
            Some(offer) => diagnostic.help(format!(
                "put a function with the types that are used beside it, and name that: `{offer}`"
            )),
            None => diagnostic.help(help),
        }
    }

    /// Puts a type parameter into the names; gives it back when no owned type stands for it.
    pub(super) fn generic(&mut self, param: &TypeParam) -> Option<String> {
        if let Some(closure) = param
            .bounds
            .iter()
            .find(|bound| text::is_closure(text::bound_name(bound)))
        {
            // Refused where it is used, as the closure it is.
            let mean = Mean::Impl {
                bounds: vec![closure.clone()],
                item: None,
            };
            self.names.insert(param.name.clone(), mean);
            return None;
        }
        let concrete = if param.is_const {
            None
        } else {
            self.concrete(&param.bounds)
        };
        let mut written = param.name.clone();
        if !param.bounds.is_empty() {
            written = format!("{written}: {}", param.bounds.join(" + "));
        }
        let open = match &concrete {
            Some(mean) => {
                let shown = self.travel.reader.show(mean);
                self.chosen.push((written, shown));
                None
            }
            None => Some(format!("`{written}`")),
        };
        // `Checked` keeps one generic parameter from being refused a second time where it is used.
        self.names
            .insert(param.name.clone(), concrete.unwrap_or(Mean::Checked));
        open
    }

    /// The owned type that a bound such as `AsRef<str>` accepts.
    fn concrete(&self, bounds: &[String]) -> Option<Mean> {
        let mut found = None;
        let mut shows = false;
        for bound in bounds {
            match text::bound_name(bound) {
                "" | "Send" | "Sync" | "Unpin" | "Sized" | "Clone" | "Debug" | "PartialEq"
                | "Eq" | "Hash" | "PartialOrd" | "Ord" => {}
                "Display" | "ToString" => shows = true,
                "AsRef" | "Borrow" | "Into" if found.is_none() => {
                    let argument = text::arguments(bound)
                        .into_iter()
                        .find(|(_, a)| !a.starts_with('\''));
                    let mean = self
                        .travel
                        .reader
                        .mean_text(self.entry, argument?.1, &self.names);
                    found = Some(accepted(text::bound_name(bound), mean)?);
                }
                "IntoIterator" if found.is_none() => {
                    let (_, item) = text::associated(bound, "Item")?;
                    let item = self.travel.reader.mean_text(self.entry, item, &self.names);
                    let item = self.concrete_or_same(item)?;
                    found = Some(Mean::Named {
                        path: vec!["Vec".to_owned()],
                        args: vec![item],
                    });
                }
                _ => return None,
            }
        }
        match (found, shows) {
            (Some(mean), true) => mean.is("String").then_some(mean),
            (found, false) => found,
            (None, true) => Some(Mean::word("String")),
        }
    }

    fn concrete_or_same(&self, mean: Mean) -> Option<Mean> {
        match mean {
            Mean::Impl { bounds, .. } => self.concrete(&bounds),
            other => Some(other),
        }
    }

    /// Opens `impl Trait` parameters (also inside references and options) or refuses them.
    pub(super) fn opaque(&mut self, mean: Mean, at: Option<u32>) -> Option<Mean> {
        match mean {
            Mean::Impl { bounds, item } => {
                if let Some(concrete) = self.concrete(&bounds) {
                    let written = format!("impl {}", bounds.join(" + "));
                    let shown = self.travel.reader.show(&concrete);
                    self.chosen.push((written, shown));
                    return Some(concrete);
                }
                let first = bounds.first().map_or("", |bound| text::bound_name(bound));
                let iterates = matches!(
                    first,
                    "Iterator" | "ExactSizeIterator" | "DoubleEndedIterator"
                );
                if text::is_closure(first) {
                    return Some(Mean::Impl { bounds, item });
                }
                if let Some(item) = item
                    .filter(|_| iterates)
                    .and_then(|item| self.concrete_or_same(*item))
                {
                    return Some(Mean::Impl {
                        bounds,
                        item: Some(Box::new(item)),
                    });
                }
                let shown = bounds.join(" + ");
                let message = format!("`{}` takes `impl {shown}`", self.name);
                let help = "write a function that takes a concrete type, calls it, and name that";
                let diagnostic =
                    self.with_instances(Diagnostic::new(Code::EntryImplTrait, message), help);
                self.error(diagnostic, at);
                None
            }
            Mean::Ref { mutable, inner } => {
                let inner = Box::new(self.opaque(*inner, at)?);
                Some(Mean::Ref { mutable, inner })
            }
            Mean::Slice(inner) => Some(Mean::Slice(Box::new(self.opaque(*inner, at)?))),
            Mean::Named { path, args } => {
                let args = args
                    .into_iter()
                    .map(|arg| self.opaque(arg, at))
                    .collect::<Option<_>>()?;
                Some(Mean::Named { path, args })
            }
            other => Some(other),
        }
    }
}

/// The owned type to send for `AsRef<T>` and the like.
fn accepted(bound: &str, mean: Mean) -> Option<Mean> {
    let owned = |name: &[&str]| Mean::Named {
        path: name.iter().map(|segment| (*segment).to_owned()).collect(),
        args: Vec::new(),
    };
    let text = mean.is("str")
        || mean.is("String")
        || mean.is("std::ffi::OsStr")
        || mean.is("std::ffi::OsString")
        || mean
            .arg_of("std::borrow::Cow")
            .is_some_and(|inner| inner.is("str"));
    if text {
        return Some(owned(&["String"]));
    }
    if mean.is("std::path::Path") || mean.is("std::path::PathBuf") {
        return Some(owned(&["std", "path", "PathBuf"]));
    }
    match (bound, mean) {
        (_, Mean::Slice(inner)) => Some(Mean::Named {
            path: vec!["Vec".to_owned()],
            args: vec![*inner],
        }),
        ("Into", mean @ (Mean::Named { .. } | Mean::Local { .. })) => Some(mean),
        _ => None,
    }
}
