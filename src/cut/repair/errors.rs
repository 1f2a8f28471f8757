//! Errors: what is missing comes back, what leads nowhere goes.
//!
//! Input: a [`Round`] that failed. Output: a changed [`State`].

use std::collections::BTreeSet;

use super::widen::widen;
use super::{At, Round, code, is_main, last_name, leaf_at, leaves_of, places, primaries, quoted};
use crate::cut::Job;
use crate::cut::state::State;
use crate::cut::uses::{Leads, leads};
use crate::id::{CrateId, ItemId};
use crate::oracle::cargo::UnitMessage;
use crate::slice::Why;
use crate::syntax::{ImplHead, ItemKind, Payload};

/// Acts on errors.
pub fn errors(round: &Round<'_>, state: &mut State) -> bool {
    let mut changed = false;
    for message in round.run.errors() {
        changed |= error(round, message, state);
    }
    changed
}

fn error(round: &Round<'_>, message: &UnitMessage, state: &mut State) -> bool {
    let job = round.job;
    let at: Vec<At> = primaries(message).flat_map(|s| places(round, s)).collect();
    let krate = at.first().map(|a| a.krate);
    if undrop_dependency(round, message, state) {
        return true;
    }
    // An import of what was left behind goes; if the name is used after all, it comes back by name.
    if matches!(
        code(message),
        "E0432" | "E0433" | "E0364" | "E0365" | "E0603"
    ) {
        let mut changed = false;
        for place in &at {
            if let Some(leaf) = leaf_at(job, *place) {
                let names_kept = round.names.of(&leaf.2).iter().any(|id| {
                    round.slice.kept.contains_key(id) && job.tree.item(*id).krate == place.krate
                });
                if code(message) == "E0603" && names_kept {
                    continue;
                }
                let file = primaries(message)
                    .next()
                    .map_or("", |s| s.file_name.as_str());
                changed |= leaves_of(job, file, state).dropped.insert((leaf.0, leaf.1));
            }
        }
        if changed {
            return true;
        }
    }
    let is_private = matches!(
        code(message),
        "E0603" | "E0616" | "E0624" | "E0451" | "E0423" | "E0446"
    );
    if is_private && widen(round, message, state) {
        return true;
    }
    let is_unmet = matches!(
        code(message),
        "E0277" | "E0599" | "E0369" | "E0614" | "E0608" | "E0600" | "E0271" | "E0282" | "E0283"
    );
    if is_unmet && restore_impls(round, message, state) {
        return true;
    }
    if matches!(code(message), "E0405" | "E0412" | "E0425") && head_in_the_void(round, &at, state) {
        return true;
    }
    let is_no_member = matches!(code(message), "E0407" | "E0437" | "E0438");
    if is_no_member && restore_members(round, message, state) {
        return true;
    }
    let mut changed = false;
    for name in missed(round, message, &at) {
        let name = last_name(&name);
        if name.is_empty() || matches!(name, "self" | "Self" | "crate" | "super") {
            continue;
        }
        // An import that went is nearer than an item of its name.
        changed |= undrop_foreign(job, krate, name, state);
        if changed {
            break;
        }
        changed |= restore(round, krate, name, state);
        changed |= undrop(job, krate, name, state);
        if changed {
            break;
        }
    }
    changed
}

/// The names that a message may be about.
fn missed(round: &Round<'_>, message: &UnitMessage, at: &[At]) -> Vec<String> {
    if code(message) != "E0107" {
        return quoted(message);
    }
    // The prelude's type stands in for one that had another number of parameters. Only the place has the name:
    // the words in backticks are the parameters'.
    let tree = &round.job.tree;
    let named = at.iter().filter_map(|place| {
        let mut refs = tree.raw(place.item?).refs.iter();
        refs.find(|r| r.offset == place.offset)
    });
    named.map(|r| r.path.to_string()).collect()
}

/// An impl that only the impl rule kept, and whose head names what nothing in the workspace declares: a
/// macro makes it, and what calls the macro was not needed.
fn head_in_the_void(round: &Round<'_>, at: &[At], state: &mut State) -> bool {
    let tree = round.job.tree;
    let mut changed = false;
    for place in at {
        let Some(item) = place.item else { continue };
        let Payload::Impl(head) = &tree.raw(item).payload else {
            continue;
        };
        let by_rule = matches!(round.slice.kept.get(&item), Some(Why::Impl(_)));
        let in_head = head.deciding.iter().any(|r| r.contains(place.offset));
        let name = tree
            .raw(item)
            .refs
            .iter()
            .find(|r| r.offset == place.offset);
        let unknown = name.is_some_and(|n| round.names.of(last_name(&n.path)).is_empty());
        if by_rule && in_head && unknown && !state.pinned.contains(&item) {
            changed |= state.seeds.blocked.insert(item);
        }
    }
    changed
}

/// Brings back what has `name`: items, then macro calls that may make it, then modules.
fn restore(round: &Round<'_>, krate: Option<CrateId>, name: &str, state: &mut State) -> bool {
    let job = round.job;
    let tree = job.tree;
    let missing = |id: ItemId| !round.slice.kept.contains_key(&tree.unit(id));
    let named = round.names.of(name).iter().copied();
    let mut found: Vec<ItemId> = named
        .filter(|i| tree.item(*i).active && missing(*i))
        .filter(|i| {
            !matches!(
                tree.raw(*i).kind,
                ItemKind::Mod
                    | ItemKind::Use
                    | ItemKind::Impl
                    | ItemKind::ExternCrate
                    | ItemKind::Field
            ) && !is_main(job, *i)
        })
        .collect();
    if found.is_empty() {
        let calls = round.names.macro_calls().iter().copied();
        found = calls
            .filter(|i| tree.item(*i).active && missing(*i))
            .filter(|i| match &tree.raw(*i).payload {
                Payload::MacroCall { declares, .. } => {
                    declares.iter().any(|d| d == name)
                        || tree.raw(*i).refs.iter().any(|r| &*r.path == name)
                }
                _ => false,
            })
            .collect();
    }
    if found.is_empty() {
        found = callers_of_makers(round, name)
            .into_iter()
            .filter(|i| tree.item(*i).active && missing(*i))
            .collect();
    }
    let same: Vec<ItemId> = found
        .iter()
        .copied()
        .filter(|i| Some(tree.item(*i).krate) == krate)
        .collect();
    let chosen = if same.is_empty() { found } else { same };
    let mut changed = false;
    for item in chosen {
        changed |= bring_back(tree.unit(item), state);
    }
    if !changed {
        let modules = tree
            .modules
            .iter()
            .filter(|m| m.name == name && m.active && Some(m.krate) == krate);
        for module in modules {
            changed |= state.leaves.forced.insert(module.id);
        }
    }
    changed
}

/// Brings back what an impl that a macro makes has of its trait: of all that bear the name, the trait's own member. What
/// kept impls have of it comes with it.
fn restore_members(round: &Round<'_>, message: &UnitMessage, state: &mut State) -> bool {
    let tree = round.job.tree;
    let words = quoted(message);
    let [name, of, ..] = words.as_slice() else {
        return false;
    };
    let is_of_trait = |id: &ItemId| {
        let parent = tree.item(*id).parent.map(|p| tree.raw(p));
        parent.is_some_and(|p| p.kind == ItemKind::Trait && p.name == last_name(of))
    };
    let named = round.names.of(last_name(name)).iter().copied();
    let missing = named.filter(|i| tree.item(*i).active && !round.slice.kept.contains_key(i));
    let found: Vec<ItemId> = missing.filter(is_of_trait).collect();
    for member in &found {
        bring_back(*member, state);
    }
    !found.is_empty()
}

/// Has a unit stay, whatever was said of it before; whether that is new.
fn bring_back(unit: ItemId, state: &mut State) -> bool {
    state.seeds.blocked.remove(&unit);
    state.pinned.insert(unit);
    state.seeds.forced.insert(unit)
}

/// Calls of macros that themselves define a macro `name`: no token of such a call need hold the name.
fn callers_of_makers(round: &Round<'_>, name: &str) -> Vec<ItemId> {
    let tree = round.job.tree;
    let defines = |id: &ItemId| {
        let raw = tree.raw(*id);
        let text = raw.range.of(&tree.file(tree.item(*id).file).text);
        let mut definitions = text.split("macro_rules!").skip(1);
        raw.kind == ItemKind::MacroRules
            && definitions.any(|rest| {
                let rest = rest.trim_start().strip_prefix(name);
                rest.is_some_and(|r| r.trim_start().starts_with(['{', '(', '[']))
                    && raw.name != name
            })
    };
    let makers: BTreeSet<&str> = tree
        .items
        .iter()
        .map(|i| i.id)
        .filter(defines)
        .map(|id| tree.raw(id).name.as_str())
        .collect();
    let calls = round.names.macro_calls().iter().copied();
    calls
        .filter(|call| makers.contains(last_name(&tree.raw(*call).name)))
        .collect()
}

/// Brings back a dependency that had become unused and is used again.
pub fn undrop_dependency(round: &Round<'_>, message: &UnitMessage, state: &mut State) -> bool {
    if !matches!(code(message), "E0432" | "E0433" | "E0463") {
        return false;
    }
    let file = primaries(message)
        .next()
        .map_or("", |s| s.file_name.as_str());
    let dirs = round.layout.domains.iter().map(|d| d.dir.clone());
    let functions = round
        .job
        .entries
        .iter()
        .map(|e| format!("functions/{}", e.name));
    let words = quoted(message);
    let mut changed = false;
    for dir in dirs.chain(functions) {
        if !file.starts_with(&format!("{dir}/")) {
            continue;
        }
        let Some(unused) = state.unused.get_mut(&dir) else {
            continue;
        };
        let before = unused.len();
        unused.retain(|key| {
            let name = key.replace('-', "_");
            !words
                .iter()
                .any(|w| w.split("::").next() == Some(name.as_str()))
        });
        changed |= unused.len() < before;
    }
    changed
}

/// Brings back leaves that bind `name`, were dropped, and lead out of the workspace. Each comes back so once.
fn undrop_foreign(job: &Job<'_>, krate: Option<CrateId>, name: &str, state: &mut State) -> bool {
    let is_foreign = |item: ItemId, index: usize| match &job.tree.raw(item).payload {
        Payload::Use(decl) => decl.leaves.get(index).is_some_and(|leaf| {
            let module = job.tree.item(item).module;
            let lead = leads(job.workspace, job.tree, module, &leaf.path);
            leaf.name == name && matches!(lead, Leads::Elsewhere)
        }),
        _ => false,
    };
    let dropped = state.leaves.dropped.iter().copied();
    let back: Vec<(ItemId, usize)> = dropped
        .filter(|(item, index)| {
            Some(job.tree.item(*item).krate) == krate
                && !state.leaves.undropped.contains(&(*item, *index))
                && is_foreign(*item, *index)
        })
        .collect();
    for leaf in &back {
        state.leaves.dropped.remove(leaf);
        state.leaves.undropped.insert(*leaf);
    }
    !back.is_empty()
}

/// Brings back leaves that bind `name` and were dropped.
fn undrop(job: &Job<'_>, krate: Option<CrateId>, name: &str, state: &mut State) -> bool {
    let back: Vec<(ItemId, usize)> = state
        .leaves
        .dropped
        .iter()
        .copied()
        .filter(|(item, index)| {
            Some(job.tree.item(*item).krate) == krate
                && match &job.tree.raw(*item).payload {
                    Payload::Use(decl) => decl.leaves.get(*index).is_some_and(|l| l.name == name),
                    // What `#[macro_use] extern crate` brought has names of its own.
                    Payload::ExternCrate { bound, .. } => {
                        bound == name || job.tree.raw(*item).has_attr("macro_use")
                    }
                    _ => false,
                }
        })
        .collect();
    for leaf in &back {
        state.leaves.dropped.remove(leaf);
    }
    !back.is_empty()
}

/// Brings back impls of the traits and for the types that an error names.
fn restore_impls(round: &Round<'_>, message: &UnitMessage, state: &mut State) -> bool {
    let job = round.job;
    let words: BTreeSet<String> = quoted(message)
        .iter()
        .flat_map(|w| w.split(|c: char| !(c.is_alphanumeric() || c == '_')))
        .filter(|w| !w.is_empty())
        .map(str::to_owned)
        .collect();
    let tree = job.tree;
    let mut changed = false;
    let left = round.names.impls().iter().copied();
    for item in left.filter(|i| tree.item(*i).active && !round.slice.kept.contains_key(i)) {
        let Payload::Impl(head) = &tree.raw(item).payload else {
            continue;
        };
        let Some(path) = &head.trait_path else {
            continue;
        };
        let of_trait = words.contains(last_name(path));
        let of_type = words.contains(&crate::syntax::bare_type_name(&head.self_text));
        if of_trait && of_type {
            // `From<A>` may not be what is asked for where the error says `From<B>`.
            if !arguments(head).iter().all(|name| words.contains(*name)) {
                state.doubtful.insert(item);
            }
            state.seeds.blocked.remove(&item);
            changed |= state.seeds.forced.insert(item);
        }
    }
    changed || restore_made_impls(round, &words, state)
}

/// The last names of the paths in the arguments of an impl's trait, its own parameters and lifetimes left out.
fn arguments(head: &ImplHead) -> Vec<&str> {
    let text = head.trait_text.as_deref().unwrap_or_default();
    let (_, arguments) = text.split_once('<').unwrap_or_default();
    let is_of_path = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '\'');
    arguments
        .split(|c| !is_of_path(c))
        .filter(|path| !path.starts_with('\''))
        .map(|path| path.rsplit("::").next().unwrap_or(path))
        .filter(|name| !matches!(*name, "" | "dyn" | "mut" | "const"))
        .filter(|name| !head.generics.iter().any(|own| own == name))
        .collect()
}

/// Brings back macro calls that make such impls: trait and type may stand in the macro's definition, and of
/// many calls the one whose tokens hold a word of the error is meant.
fn restore_made_impls(round: &Round<'_>, words: &BTreeSet<String>, state: &mut State) -> bool {
    let tree = round.job.tree;
    let text = |id: ItemId| {
        let raw = tree.raw(id);
        raw.range.of(&tree.file(tree.item(id).file).text)
    };
    let idents = |text: &'_ str| -> BTreeSet<String> {
        let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        words.filter(|w| !w.is_empty()).map(str::to_owned).collect()
    };
    let is_definition = |id: &&ItemId| tree.raw(**id).kind == ItemKind::MacroRules;
    let mut found: Vec<(ItemId, bool)> = Vec::new();
    let left = round.names.macro_calls().iter().copied();
    for call in left.filter(|i| tree.item(*i).active && !round.slice.kept.contains_key(i)) {
        let own = idents(text(call));
        let definitions = round.names.of(last_name(&tree.raw(call).name)).iter();
        let made = definitions.filter(is_definition).map(|id| text(*id));
        let all: BTreeSet<String> = made.flat_map(idents).chain(own.clone()).collect();
        let shared = all.intersection(words).count();
        if all.contains("impl") && shared >= 2 {
            let standing = tree.raw(call).name.as_str();
            let is_meant = own.iter().any(|w| w != standing && words.contains(w));
            found.push((call, is_meant));
        }
    }
    let any_meant = found.iter().any(|(_, is_meant)| *is_meant);
    let mut changed = false;
    for (call, is_meant) in found {
        if is_meant || !any_meant {
            state.seeds.blocked.remove(&call);
            changed |= state.seeds.forced.insert(call);
        }
    }
    changed
}
