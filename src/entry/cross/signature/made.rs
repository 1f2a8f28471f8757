//! Parameters that no event brings: they are made once, before the first event.
//!
//! Input: as [`super`]. Output: [`Input`]s with a [`Start`]. A parameter that can be sent is sent, unless a person says
//! that it is made. Refuses, as [`super`] does, what nothing makes, with the constructors that there are.

use super::super::makers::{self, Unmade};
use super::super::meaning::Mean;
use super::super::threads::{Threads, threads};
use super::super::traits::Way;
use super::super::travel::Needs;
use super::super::{Input, Make, Start, TypePart, TypeText};
use super::{Desk, lower};
use crate::binding::{Init, Source};
use crate::diag::{Code, Diagnostic};

/// How many constructors a refusal offers.
const OFFERED: usize = 6;

/// How a parameter takes what was made.
struct Taken {
    /// What is made and kept.
    kept: Mean,
    /// The argument, `$` being the place.
    argument: &'static str,
    locked: bool,
}

impl Desk<'_, '_> {
    /// The input for a parameter that a person wants made; `None` where nobody does, nothing in it where it is
    /// refused.
    pub(super) fn made(
        &mut self,
        field: &str,
        mean: &Mean,
        at: Option<u32>,
        receiver: bool,
    ) -> Option<Option<Input>> {
        let init = self.said(field)?;
        let Some(taken) = self.taken(mean, true) else {
            let why = "calls run on threads of their own, which cannot share it, or it is taken by value and is not \
                       `Clone`"
                .to_owned();
            self.refuse_made(field, why, &init, at);
            return Some(None);
        };
        match self.maker(&taken, Some(&init)) {
            Ok(make) => Some(Some(self.started(field, &taken, make, receiver))),
            Err(why) => {
                let why = match why {
                    Unmade::Nothing => format!("`{}` cannot make it", init.path),
                    Unmade::Because(why) => why,
                    Unmade::Several(paths) => {
                        format!("`{}` fits {}", init.path, paths.join(" and "))
                    }
                };
                self.refuse_made(field, why, &init, at);
                Some(None)
            }
        }
    }

    /// The input for a parameter that turned out not to be one that can be sent, where one constructor alone makes
    /// it. What was found against sending it is forgotten then.
    pub(super) fn made_instead(
        &mut self,
        field: &str,
        mean: &Mean,
        receiver: bool,
    ) -> Option<Input> {
        if self.travel.problems.is_empty() || self.given.bind.contains_key(field) {
            return None;
        }
        let Some(taken) = self.taken(mean, false) else {
            self.offer_changed(field, mean);
            return None;
        };
        let problems = std::mem::take(&mut self.travel.problems);
        let found = self.maker(&taken, None);
        self.travel.problems = problems;
        match found {
            Ok(make) => {
                self.travel.problems.clear();
                self.send_again();
                let message = format!(
                    "`{field}` of `{}` is not sent: `{}` makes it once, before the first event",
                    self.name,
                    make.said()
                );
                let tree = self.travel.reader.tree;
                self.sink.push(
                    Diagnostic::new(Code::MadeAtStart, message)
                        .at(tree.place(self.workspace, self.entry))
                        .help(format!("to say so: `--bind {field}=init:{}`", make.said())),
                );
                Some(self.started(field, &taken, make, receiver))
            }
            Err(why) => {
                self.offers = offers(field, why);
                None
            }
        }
    }

    /// Offers what makes a value that calls change, where no event could bring it and take it back.
    fn offer_changed(&mut self, field: &str, mean: &Mean) {
        let Mean::Ref { mutable: true, .. } = mean else {
            return;
        };
        let problems = std::mem::take(&mut self.travel.problems);
        let needs = self.travel.needs.clone();
        let is_data = self.travel.check(mean.behind(), Way::In);
        if let Some(taken) = self.taken(mean, true).filter(|_| !is_data) {
            self.offers = match self.maker(&taken, None) {
                Ok(make) => offers(field, Unmade::Several(vec![make.said()])),
                Err(why) => offers(field, why),
            };
        }
        self.travel.problems = problems;
        self.travel.needs = needs;
    }

    /// What the parameters that are sent need, without what one needed that is not.
    fn send_again(&mut self) {
        self.travel.needs = Needs::default();
        for mean in self.sent.clone() {
            lower(&mut self.travel, &mean);
        }
    }

    fn maker(&mut self, taken: &Taken, said: Option<&Init>) -> Result<Make, Unmade> {
        let (given, entry) = (self.given, self.entry);
        let made = makers::make(&mut self.travel, given, entry, &taken.kept, said);
        let inner = taken.kept.arg_of("std::sync::Arc");
        match (made, inner) {
            (Err(_), Some(inner)) => {
                let made = makers::make(&mut self.travel, given, entry, inner, said)?;
                Ok(Make {
                    shared: true,
                    ..made
                })
            }
            (made, _) => made,
        }
    }

    fn started(&self, field: &str, taken: &Taken, make: Make, receiver: bool) -> Input {
        let mut ty = TypeText::default();
        self.travel.reader.spell(&taken.kept, "'static", &mut ty);
        Input {
            field: field.to_owned(),
            ty,
            binding: None,
            argument: taken.argument.to_owned(),
            bytes: false,
            receiver,
            start: Some(Start::Made(Box::new(make))),
            locked: taken.locked,
        }
    }

    fn refuse_made(&mut self, field: &str, why: String, init: &Init, at: Option<u32>) {
        let message = format!("`{field}` of `{}` cannot be made: {why}", self.name);
        let help = if init.arguments.is_empty() {
            "name a function that gives the parameter's type, with its arguments: \
             `init:path::to::function(env:NAME, const:VALUE)`"
        } else {
            "name a function that gives the parameter's type, and a source for each of its arguments"
        };
        self.error(Diagnostic::new(Code::BadBinding, message).help(help), at);
    }

    /// What is kept for a parameter of this type; `None` for what nothing can be kept for. Without a person's word
    /// nothing that calls change is kept: each would see what the former left.
    fn taken(&self, mean: &Mean, is_said: bool) -> Option<Taken> {
        let (kept, argument) = match mean {
            Mean::Ref { mutable: true, .. } if !is_said => return None,
            Mean::Ref {
                mutable: true,
                inner,
            } => (&**inner, "&mut *$"),
            Mean::Ref { inner, .. } => (&**inner, "&$"),
            Mean::Local { item, .. } => {
                let facts = &self.travel.facts;
                let is_cloned = facts.derived(*item, "Clone") || facts.implements(*item, "Clone");
                (is_cloned.then_some(mean)?, "$.clone()")
            }
            Mean::Named { .. } => (mean, "$.clone()"),
            _ => return None,
        };
        let is_changed = argument.starts_with("&mut");
        let locked = match threads(&self.travel, kept) {
            Threads::Never => return None,
            Threads::InTurn => true,
            Threads::Shared => is_changed,
        };
        let argument = match argument {
            // Behind a lock stands a guard.
            "&$" if locked => "&*$",
            other => other,
        };
        Some(Taken {
            kept: kept.clone(),
            argument,
            locked,
        })
    }

    /// How a parameter that can be sent is made before the first event, where it is bound to what is known then.
    pub(super) fn start(&mut self, field: &str, ty: &TypeText, at: Option<u32>) -> Option<Start> {
        let said = self.given.bind.get(field)?;
        let start = said.iter().find_map(Start::read_from)?;
        if let Start::Const(json) = &start
            && let Some(wanted) = misfit(ty, json)
        {
            let message = format!(
                "`const:{json}` cannot be `{field}` of `{}`: it is no {wanted}",
                self.name
            );
            let help = "a text that looks like another value stands in quotes: `const:\"200\"`";
            self.error(Diagnostic::new(Code::BadBinding, message).help(help), at);
        }
        Some(start)
    }

    /// The constructor that a person named.
    fn said(&self, field: &str) -> Option<Init> {
        let sources = self.given.bind.get(field)?;
        sources.iter().find_map(|source| match source {
            Source::Init(init) => Some(init.clone()),
            _ => None,
        })
    }
}

/// The ways to have a parameter made.
fn offers(field: &str, why: Unmade) -> Vec<String> {
    match why {
        Unmade::Several(paths) => {
            let offer = |path: &String| format!("or bind it: `--bind {field}=init:{path}`");
            paths.iter().take(OFFERED).map(offer).collect()
        }
        Unmade::Nothing | Unmade::Because(_) => vec![format!(
            "or write a function that makes it once, before the first event, and bind it: `--bind \
             {field}=init:path::to::function`"
        )],
    }
}

/// What a constant should be and is not; `None` where it may be right. Types of the workspace and of other crates are
/// not looked into: one of them may be written as a number.
fn misfit(ty: &TypeText, json: &str) -> Option<&'static str> {
    let value: serde_json::Value = serde_json::from_str(json).ok()?;
    let (is_right, wanted) = match ty.parts.as_slice() {
        [TypePart::Base64] => (value.is_string(), "text"),
        [TypePart::Text(plain)] => match plain.as_str() {
            "String" | "std::path::PathBuf" | "std::ffi::CString" => (value.is_string(), "text"),
            "bool" => (value.is_boolean(), "bool"),
            "f32" | "f64" => (value.is_number(), "number"),
            "u8" => (fits::<u8>(json), "`u8`"),
            "u16" => (fits::<u16>(json), "`u16`"),
            "u32" => (fits::<u32>(json), "`u32`"),
            "u64" | "usize" => (fits::<u64>(json), "number of that type"),
            "i8" => (fits::<i8>(json), "`i8`"),
            "i16" => (fits::<i16>(json), "`i16`"),
            "i32" => (fits::<i32>(json), "`i32`"),
            "i64" | "isize" => (fits::<i64>(json), "number of that type"),
            "char" => (fits::<char>(json), "character"),
            list if list.starts_with("Vec<") => (value.is_array(), "list"),
            _ => return None,
        },
        _ => return None,
    };
    (!is_right).then_some(wanted)
}

fn fits<T: serde::de::DeserializeOwned>(json: &str) -> bool {
    serde_json::from_str::<T>(json).is_ok()
}
