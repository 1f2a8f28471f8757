//! The signature, read once: receiver, parameters, result, and what is refused of them.
//!
//! Input: as [`super::analyze`]. Output: [`Crossing`]. Refuses all that [`super`] names; every problem is
//! a diagnostic of its own.

mod generics;
mod made;

use std::collections::BTreeSet;

use super::lower::{Lowered, lower};
use super::meaning::{Mean, Names, Reader};
use super::traits::Facts;
use super::travel::{Barrier, Travel};
use super::{Crossing, Given, Input, Resolve, Through, TypeText, answer, text};
use crate::diag::{Code, Diagnostic, Sink};
use crate::id::ItemId;
use crate::syntax::{FnSig, ItemKind, ItemTree, Payload};
use crate::workspace::Workspace;

/// The way out where serde cannot carry a type.
pub const SERDE_HELP: &str = "let the entry take or return plain data, or write a small function around it that does; `--no-shim` gives the library alone";

pub(super) fn analyze(
    tree: &ItemTree,
    workspace: &Workspace,
    entry: ItemId,
    resolve: &dyn Resolve,
    given: &Given,
    sink: &mut Sink,
) -> Option<Crossing> {
    Desk::new(tree, workspace, entry, resolve, given, sink)?.read()
}

/// What crosses, with the types of the inputs and what can be asked of them.
pub(super) fn means<'a>(
    tree: &'a ItemTree,
    workspace: &'a Workspace,
    entry: ItemId,
    resolve: &'a dyn Resolve,
    given: &'a Given,
) -> Option<(Crossing, Vec<Mean>, Travel<'a>)> {
    let mut unheard = Sink::default();
    let mut desk = Desk::new(tree, workspace, entry, resolve, given, &mut unheard)?;
    let crossing = desk.read()?;
    Some((crossing, desk.means, desk.travel))
}

struct Desk<'a, 's> {
    entry: ItemId,
    sig: &'a FnSig,
    name: &'a str,
    workspace: &'a Workspace,
    given: &'a Given,
    names: Names,
    travel: Travel<'a>,
    sink: &'s mut Sink,
    failed: bool,
    /// Whether a refusal told how the entry is used.
    told: bool,
    /// What was chosen for parameters that take many types.
    chosen: Vec<(String, String)>,
    /// The inputs' types.
    means: Vec<Mean>,
    /// Those of them that are sent.
    sent: Vec<Mean>,
    /// Ways out that the next refusal has beside its own.
    offers: Vec<String>,
}

impl<'a, 's> Desk<'a, 's> {
    fn new(
        tree: &'a ItemTree,
        workspace: &'a Workspace,
        entry: ItemId,
        resolve: &'a dyn Resolve,
        given: &'a Given,
        sink: &'s mut Sink,
    ) -> Option<Self> {
        let raw = tree.raw(entry);
        let facts = Facts {
            tree,
            workspace,
            resolve,
        };
        Some(Self {
            entry,
            sig: raw.signature()?,
            name: &raw.name,
            workspace,
            given,
            names: Names::new(),
            travel: Travel::new(Reader { tree, resolve }, facts),
            sink,
            failed: false,
            told: false,
            chosen: Vec::new(),
            means: Vec::new(),
            sent: Vec::new(),
            offers: Vec::new(),
        })
    }

    fn read(&mut self) -> Option<Crossing> {
        let tree = self.travel.reader.tree;
        if self.sig.is_unsafe || tree.raw(self.entry).kind == ItemKind::ForeignItem {
            let message = format!(
                "`{}` is unsafe: its caller's duties cannot be sent",
                self.name
            );
            let help = "name a safe function that calls it";
            self.error(Diagnostic::new(Code::EntryUnsafe, message).help(help), None);
        }
        let mut open = self.own_type();
        for param in &self.sig.generics {
            open.extend(self.generic(param));
        }
        self.refuse_generic(&open);
        let mut inputs = Vec::new();
        let mut taken = BTreeSet::new();
        if let Some(receiver) = self.sig.receiver.clone() {
            inputs.extend(self.receiver(&receiver, &mut taken));
        }
        for (index, param) in self.sig.params.iter().enumerate() {
            let at = Some(param.range.start);
            let mean = self.travel.reader.mean(self.entry, &param.ty, &self.names);
            let mean = self.opaque(mean, at);
            let shown = param
                .name
                .clone()
                .unwrap_or_else(|| format!("{}", index + 1));
            let field = field_name(param.name.as_deref(), index, &mut taken);
            if let Some(mean) = &mean
                && let Some(made) = self.made(&field, mean, at, false)
            {
                inputs.extend(made);
                self.means.push(mean.clone());
                continue;
            }
            let lowered = mean.as_ref().and_then(|mean| lower(&mut self.travel, mean));
            if param.text.contains("&'static") {
                let what = format!(
                    "is a `{}`: what a request holds does not live that long",
                    param.text
                );
                self.travel.refuse(Barrier::NoSerde, what);
            }
            if let Some(mean) = &mean
                && let Some(made) = self.made_instead(&field, mean, false)
            {
                inputs.push(made);
                self.means.push(mean.clone());
                continue;
            }
            self.report(&format!("parameter `{shown}`"), at, false);
            if let (Some(lowered), Some(mean)) = (lowered, mean) {
                let start = self.start(&field, &lowered.owned, at);
                inputs.push(Input {
                    start,
                    ..input(field, lowered, false)
                });
                self.sent.push(mean.clone());
                self.means.push(mean);
            }
        }
        let mut is_async = self.sig.is_async;
        let mut mean = match &self.sig.output {
            Some(ty) => self.travel.reader.mean(self.entry, ty, &self.names),
            None => Mean::Tuple(Vec::new()),
        };
        if let Some(value) = answer::future(&mean) {
            is_async = true;
            mean = value;
        }
        let output = answer::answer(&mut self.travel, &mean);
        self.report("the result", None, true);
        let output = output.filter(|_| !self.failed)?;
        self.warn_skipped();
        let needs = std::mem::take(&mut self.travel.needs);
        Some(Crossing {
            inputs,
            output,
            is_async,
            through: self.through(),
            chosen: std::mem::take(&mut self.chosen),
            needs_derive: needs.derives,
            skipped_fields: needs.skipped,
            serde_features: needs.features,
            assumed: needs.assumed,
        })
    }

    /// Places are worked out here alone: most entries of `analyze` have nothing to say.
    fn error(&mut self, diagnostic: Diagnostic, at: Option<u32>) {
        self.failed = true;
        let offers = std::mem::take(&mut self.offers);
        let diagnostic = offers.into_iter().fold(diagnostic, Diagnostic::help);
        let tree = self.travel.reader.tree;
        let place = match at {
            Some(at) => tree.place_at(self.workspace, tree.item(self.entry).file, at),
            None => tree.place(self.workspace, self.entry),
        };
        self.sink.push(diagnostic.at(place));
    }

    /// Puts `Self` and the impl's types into the names; gives the parameters of a generic impl.
    fn own_type(&mut self) -> Vec<String> {
        let tree = self.travel.reader.tree;
        let Some(parent) = tree.item(self.entry).parent else {
            return Vec::new();
        };
        let Payload::Impl(head) = &tree.raw(parent).payload else {
            return Vec::new();
        };
        for name in &head.generics {
            self.names.insert(name.clone(), Mean::Checked);
        }
        let mean = self
            .travel
            .reader
            .mean_text(parent, &head.self_text, &self.names);
        self.names.insert("Self".to_owned(), mean);
        // A foreign trait's types have no place to look them up at: here they stand.
        let members = tree.items.iter().filter(|m| m.parent == Some(parent));
        for member in members.filter(|m| tree.raw(m.id).kind == ItemKind::ImplType) {
            let raw = tree.raw(member.id);
            if let Payload::Alias(target) = &raw.payload {
                let mean = self.travel.reader.mean(member.id, target, &self.names);
                self.names.insert(format!("Self::{}", raw.name), mean);
            }
        }
        let of = |name: &String| format!("`{name}` of `impl {}`", head.self_text);
        head.generics.iter().map(of).collect()
    }

    /// The type and the trait of the impl that gives the entry.
    fn through(&self) -> Option<Through> {
        let reader = &self.travel.reader;
        let parent = reader.tree.item(self.entry).parent?;
        let Payload::Impl(head) = &reader.tree.raw(parent).payload else {
            return None;
        };
        let (written, range) = (head.trait_text.as_ref()?, head.deciding.get(1)?);
        let by = reader.mean(parent, &text::parse(written, range.start), &self.names);
        let mut through = Through {
            of: TypeText::default(),
            by: TypeText::default(),
        };
        reader.spell(self.names.get("Self")?, "'_", &mut through.of);
        reader.spell(&by, "'_", &mut through.by);
        Some(through)
    }

    fn receiver(&mut self, written: &str, taken: &mut BTreeSet<String>) -> Option<Input> {
        let own = self.names.get("Self").cloned();
        let (own, compact) = (
            own,
            written.split_whitespace().collect::<Vec<_>>().join(" "),
        );
        let Some(own) = own else {
            let message = format!(
                "`{}` is a trait's method: its `self` has no one type",
                self.name
            );
            let help = "name the method of an impl instead";
            self.error(
                Diagnostic::new(Code::SelfNotSendable, message).help(help),
                None,
            );
            return None;
        };
        let mean = if let Some((_, ty)) = compact.split_once(':') {
            self.travel
                .reader
                .mean_text(self.entry, ty.trim(), &self.names)
        } else if compact.starts_with('&') {
            let mutable = compact.split([' ', '&']).any(|word| word == "mut");
            Mean::Ref {
                mutable,
                inner: Box::new(own.clone()),
            }
        } else {
            own.clone()
        };
        let shown = self.travel.reader.show(&own);
        let field = field_name(Some(&snake(&shown)), 0, taken);
        if let Some(made) = self.made(&field, &mean, None, true) {
            self.means.push(mean);
            return made;
        }
        let lowered = lower(&mut self.travel, &mean);
        if let Some(made) = self.made_instead(&field, &mean, true) {
            self.means.push(mean);
            return Some(made);
        }
        for problem in std::mem::take(&mut self.travel.problems) {
            let said = if problem.barrier == Barrier::Mutable && problem.chain.is_empty() {
                "is changed by the call, and the caller would not see it".to_owned()
            } else {
                problem.sentence(self.travel.reader.tree)
            };
            let message = format!(
                "`{}` takes a `self` that cannot be sent: `{shown}` {said}",
                self.name
            );
            let help = "write a function that builds the value and calls the method, and name that";
            self.error(
                Diagnostic::new(Code::SelfNotSendable, message).help(help),
                None,
            );
        }
        let lowered = lowered?;
        self.sent.push(mean.clone());
        self.means.push(mean);
        let start = self.start(&field, &lowered.owned, None);
        Some(Input {
            start,
            ..input(field, lowered, true)
        })
    }

    /// Turns the problems found since the last call into diagnostics.
    fn report(&mut self, subject: &str, at: Option<u32>, outwards: bool) {
        let mut said = BTreeSet::new();
        for problem in std::mem::take(&mut self.travel.problems) {
            // A field is told once, be it reached on several ways.
            let field = problem.chain.last().cloned();
            if field.is_some() && !said.insert((field, problem.what.clone())) {
                continue;
            }
            let direct = problem.chain.is_empty();
            let (code, help) = match problem.barrier {
                _ if outwards => (Code::ReturnNoSerde, SERDE_HELP),
                Barrier::Closure if direct => (
                    Code::ParamClosure,
                    "write a function that passes the closure itself, and name that",
                ),
                Barrier::Dyn if direct => (
                    Code::ParamDyn,
                    "take the concrete type, or an enum of the types that are used",
                ),
                Barrier::Pointer if direct => (Code::ParamRawPointer, "take a slice or a value"),
                Barrier::Mutable if direct => (
                    Code::ParamMutable,
                    "take the value and return the changed one",
                ),
                _ => (Code::ParamNoSerde, SERDE_HELP),
            };
            let message = format!(
                "{subject} of `{}`: {}",
                self.name,
                problem.sentence(self.travel.reader.tree)
            );
            self.error(Diagnostic::new(code, message).help(help), at);
        }
    }

    fn warn_skipped(&mut self) {
        let tree = self.travel.reader.tree;
        for skipped in &self.travel.needs.skipped {
            let name = &tree.raw(skipped.item).name;
            let (message, help) = if skipped.is_variant {
                (
                    format!(
                        "variant `{}` of `{name}` holds what {}: no event can bring it",
                        skipped.field, skipped.reason
                    ),
                    "make sure that the other variants are all that is sent",
                )
            } else {
                (
                    format!(
                        "field `{}` of `{name}` {}: it stays behind and takes its default",
                        skipped.field, skipped.reason
                    ),
                    "make sure that the entry works without it",
                )
            };
            let place = tree.place(self.workspace, skipped.item);
            self.sink.push(
                Diagnostic::new(Code::FieldSkipped, message)
                    .at(place)
                    .help(help),
            );
        }
    }
}

fn input(field: String, lowered: Lowered, receiver: bool) -> Input {
    let bytes = lowered.owned.has_bytes();
    Input {
        field,
        ty: lowered.owned,
        binding: lowered.binding,
        argument: lowered.argument,
        bytes,
        receiver,
        start: None,
        locked: false,
    }
}

/// A field name for a parameter: `_` in front is dropped, a pattern gets `argN`, each name comes once.
fn field_name(name: Option<&str>, index: usize, taken: &mut BTreeSet<String>) -> String {
    let plain = name.unwrap_or("").trim_start_matches('_');
    let plain = match plain {
        "" => format!("arg{}", index + 1),
        "self" | "super" | "crate" | "Self" => format!("{plain}_"),
        other => other.to_owned(),
    };
    let mut field = plain.clone();
    let mut number = 2;
    while !taken.insert(field.clone()) {
        field = format!("{plain}{number}");
        number += 1;
    }
    field
}

/// `HttpClient<T>` as `http_client`.
fn snake(name: &str) -> String {
    let head: String = name
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect();
    let mut out = String::new();
    let mut before_lower = false;
    for c in head.chars() {
        if c.is_uppercase() && before_lower {
            out.push('_');
        }
        before_lower = c.is_lowercase() || c.is_ascii_digit();
        out.extend(c.to_lowercase());
    }
    out
}
