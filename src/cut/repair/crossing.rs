//! Serde support that was taken for granted and is not there: a refusal, not a search.
//!
//! Input: a [`Round`] that failed. Output: the refusal that the entry's signature would have got, had it
//! been known before what only rustc knows: which foreign types serde can carry, which errors can be shown,
//! and which names lead to a type that a shim can spell. `None` when rustc complains of anything else.

use std::collections::BTreeSet;

use super::{Round, code, is_foreign, last_name, places, primaries};
use crate::cut::state::State;
use crate::diag::{Code, Diagnostic, Refused};
use crate::entry::cross::{Crossing, SERDE_HELP};
use crate::entry::imports::Imports;
use crate::entry::plan::Entry;
use crate::id::{ItemId, ModuleId};
use crate::oracle::cargo::UnitMessage;
use crate::syntax::ItemKind;

/// What a type was to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Duty {
    /// Be read from the event.
    Read,
    /// Be written to the response.
    Write,
    /// Be shown as an error.
    Show,
    /// Be spelled in the shim.
    Spell,
}

/// A reason against a shim.
struct Reason {
    diagnostic: Diagnostic,
    /// Whether it names a type and none of its fields.
    whole_type: bool,
}

/// How much is known when the question is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Repairs may still help a type of the workspace.
    Early,
    /// Nothing helped.
    Late,
}

/// The refusal, every reason once; `None` when there is none.
pub fn refusal(round: &Round<'_>, state: &State, when: When) -> Option<Refused> {
    let mut found: Vec<Reason> = Vec::new();
    let mut unreadable = BTreeSet::new();
    for message in round.run.errors() {
        let Some((name, duty)) = unmet(message) else {
            continue;
        };
        // What the cut left behind is brought back before it is missed.
        if when == When::Early && (duty == Duty::Spell || !is_foreign(round, &name)) {
            continue;
        }
        for reason in reasons(round, state, message, &name, duty) {
            let (code, message) = (reason.diagnostic.code, &reason.diagnostic.message);
            let known = |r: &Reason| r.diagnostic.code == code && r.diagnostic.message == *message;
            if !found.iter().any(known) {
                found.push(reason);
            }
            if duty == Duty::Read {
                unreadable.insert(last_name(&name).to_owned());
            }
        }
    }
    // A derive complains of the field and of the whole type.
    let exact: Vec<Code> = found
        .iter()
        .filter(|r| !r.whole_type)
        .map(|r| r.diagnostic.code)
        .collect();
    found.retain(|r| !r.whole_type || !exact.contains(&r.diagnostic.code));
    let diagnostics: Vec<Diagnostic> = found.into_iter().map(|r| r.diagnostic).collect();
    (!diagnostics.is_empty()).then_some(Refused {
        diagnostics,
        unreadable,
    })
}

/// The type that an error is about and what it was to do, where the error may be one of crossing.
fn unmet(message: &UnitMessage) -> Option<(String, Duty)> {
    let text = message.diagnostic.message.as_str();
    match code(message) {
        "E0277" => {
            let mut words = text.split('`').skip(1).step_by(2);
            let first = words.next()?;
            // "the trait bound `T: Trait` is not satisfied", or "`T` doesn't implement `Trait`".
            let (name, wanted) = match first.rsplit_once(": ") {
                Some((name, wanted)) => (name, wanted),
                None => (first, words.next()?),
            };
            let duty = match last_name(wanted) {
                "Deserialize" | "DeserializeOwned" => Duty::Read,
                "Serialize" => Duty::Write,
                "Display" | "Debug" => Duty::Show,
                _ => return None,
            };
            Some((name.trim_start_matches('&').to_owned(), duty))
        }
        "E0412" | "E0425" | "E0432" | "E0433" | "E0603" => {
            let name = text.split('`').nth(1)?;
            Some((name.to_owned(), Duty::Spell))
        }
        _ => None,
    }
}

/// What an error says of the entries whose shims or types it stands in.
fn reasons(
    round: &Round<'_>,
    state: &State,
    message: &UnitMessage,
    name: &str,
    duty: Duty,
) -> Vec<Reason> {
    let mut found = Vec::new();
    for span in primaries(message) {
        if let Some((entry, crossing)) = shim(round, &span.file_name) {
            let line = span.text.first().map_or("", |line| line.text.as_str());
            let said = in_shim(round, entry, crossing, line, name, duty);
            found.extend(said.map(|diagnostic| Reason {
                diagnostic,
                whole_type: false,
            }));
            continue;
        }
        if duty != Duty::Read && duty != Duty::Write {
            continue;
        }
        // A derive that we added points at the type and at the field that cannot follow.
        let at = places(round, span).into_iter().find_map(|place| place.item);
        let Some(at) = at else { continue };
        let holder = round.job.tree.unit(at);
        let added = state.attributes.get(&holder);
        if !added.is_some_and(|lines| lines.iter().any(|line| line.contains("serde::"))) {
            continue;
        }
        for entry in round.job.entries {
            let Some(crossing) = &entry.crossing else {
                continue;
            };
            let derives = crossing.needs_derive.get(&holder);
            let asked = derives.is_some_and(|derives| match duty {
                Duty::Read => derives.deserialize,
                _ => derives.serialize,
            });
            if asked {
                found.push(Reason {
                    diagnostic: in_type(round, entry, (at, holder), name, duty),
                    whole_type: at == holder,
                });
            }
        }
    }
    found
}

/// The entry whose shim a file of the output is.
fn shim<'r>(round: &Round<'r>, file: &str) -> Option<(&'r Entry, &'r Crossing)> {
    let name = file
        .strip_prefix("functions/")?
        .strip_suffix("/src/main.rs")?;
    let entry = round.job.entries.iter().find(|e| e.name == name)?;
    Some((entry, entry.crossing.as_ref()?))
}

/// A type in a shim: of a parameter, of the result, of its error.
fn in_shim(
    round: &Round<'_>,
    entry: &Entry,
    crossing: &Crossing,
    line: &str,
    name: &str,
    duty: Duty,
) -> Option<Diagnostic> {
    let tree = round.job.tree;
    let own = &tree.raw(entry.item).name;
    let shown = last_name(name);
    let (code, subject, why, at) = match duty {
        Duty::Read | Duty::Spell => {
            // A field of the request stands alone in its line.
            let field = line.trim().split_once(':').map(|(field, _)| field);
            let field = field?.trim_start_matches("r#");
            let index = crossing.inputs.iter().position(|i| i.field == field)?;
            let why = match duty {
                Duty::Read => format!("is a `{shown}`, which serde cannot read"),
                _ => format!("has a type whose name leads nowhere outside of its module: `{name}`"),
            };
            let receiver = crossing.inputs.first().is_some_and(|i| i.receiver);
            if receiver && index == 0 {
                (Code::SelfNotSendable, "`self`".to_owned(), why, None)
            } else {
                let params = tree.raw(entry.item).signature().map(|sig| &sig.params);
                let at = params
                    .and_then(|params| params.get(index - usize::from(receiver)))
                    .map(|param| param.range.start);
                (Code::ParamNoSerde, format!("parameter `{field}`"), why, at)
            }
        }
        Duty::Write => {
            let why = format!("is or holds a `{shown}`, which serde cannot write");
            (Code::ReturnNoSerde, "the result".to_owned(), why, None)
        }
        Duty::Show => {
            let why = format!("fails with `{shown}`, which has no words for a person");
            (Code::ReturnNoSerde, "the result".to_owned(), why, None)
        }
    };
    let message = format!("{subject} of `{own}`: {why}");
    Some(finish(
        round,
        entry,
        Diagnostic::new(code, message),
        at,
        name,
        duty,
    ))
}

/// A type of the workspace that got a derive for an entry's sake, and holds what cannot follow.
fn in_type(
    round: &Round<'_>,
    entry: &Entry,
    (at, holder): (ItemId, ItemId),
    name: &str,
    duty: Duty,
) -> Diagnostic {
    let tree = round.job.tree;
    let own = &tree.raw(entry.item).name;
    let of = &tree.raw(holder).name;
    let shown = last_name(name);
    let place = match tree.raw(at).kind {
        ItemKind::Field => format!("field `{}` of `{of}`", tree.raw(at).name),
        ItemKind::Variant => format!("variant `{}` of `{of}`", tree.raw(at).name),
        _ => format!("`{of}`"),
    };
    let (code, subject, verb) = match duty {
        Duty::Read => (Code::ParamNoSerde, "a parameter", "read"),
        _ => (Code::ReturnNoSerde, "the result", "write"),
    };
    let message =
        format!("{subject} of `{own}`: {place} is or holds a `{shown}`, which serde cannot {verb}");
    finish(
        round,
        entry,
        Diagnostic::new(code, message),
        None,
        name,
        duty,
    )
}

fn finish(
    round: &Round<'_>,
    entry: &Entry,
    diagnostic: Diagnostic,
    at: Option<u32>,
    name: &str,
    duty: Duty,
) -> Diagnostic {
    let job = round.job;
    let place = match at {
        Some(at) => job
            .tree
            .place_at(job.workspace, job.tree.item(entry.item).file, at),
        None => job.tree.place(job.workspace, entry.item),
    };
    let own = &job.tree.raw(entry.item).name;
    let shown = last_name(name);
    let diagnostic = diagnostic.at(place);
    let (wanted, help) = match duty {
        Duty::Read => (
            "`serde::Deserialize`",
            format!(
                "write a small function around `{own}` that takes owned types of std (`String`, `Vec<u8>`) and makes the `{shown}` of them, and name that as the entry; `--no-shim` gives the library alone"
            ),
        ),
        Duty::Write => (
            "`serde::Serialize`",
            format!(
                "write a small function around `{own}` that makes owned types of std (`String`, `Vec<u8>`) of the `{shown}` and gives these back, and name that as the entry; `--no-shim` gives the library alone"
            ),
        ),
        Duty::Show => ("`Display`", SERDE_HELP.to_owned()),
        Duty::Spell => return diagnostic.help(
            "import the type by its name (`use path::to::Type;`), or write a small function around the entry that takes plain data; `--no-shim` gives the library alone",
        ),
    };
    let mut diagnostic = diagnostic.note(format!("rustc finds no {wanted} for `{name}`"));
    let module = job.tree.item(entry.item).module;
    let off = feature_off(round, module, name).filter(|_| duty != Duty::Show);
    if let Some((krate, feature)) = off {
        diagnostic = diagnostic.help(format!(
            "`{krate}` has a feature for serde that is off, `{feature}`: switch it on in your manifest"
        ));
    }
    diagnostic.help(help)
}

/// A crate that a type comes from, or through, and its feature for serde, where it has one and it is off.
fn feature_off(round: &Round<'_>, module: ModuleId, name: &str) -> Option<(String, String)> {
    let job = round.job;
    let path = name.split('<').next().unwrap_or(name);
    let path: Vec<String> = path.split("::").map(str::to_owned).collect();
    let path = Imports::new(job.tree).foreign_path(module, &path, true);
    let (_, crates) = path.split_last()?;
    crates.iter().rev().find_map(|krate| {
        let foreign = job.foreign.get(krate)?;
        let feature = foreign.serde_feature()?.to_owned();
        let asked = (krate.clone(), feature);
        let is_on = foreign.on.contains(&asked.1) || job.foreign_features.contains(&asked);
        (!is_on).then_some(asked)
    })
}
