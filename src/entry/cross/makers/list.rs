//! What makes values: functions and methods that give one, and fields of what these give.
//!
//! Input: the items. Output: [`List`]. Refuses nothing: what cannot be called without more than arguments is left out.

use std::collections::BTreeSet;

use super::super::meaning::{Mean, Names, Reader};
use super::super::travel::Travel;
use super::super::{Gives, Words, answer, known};
use crate::id::ItemId;
use crate::syntax::{ItemKind, ItemTree, Payload};

/// All that makes values.
#[derive(Debug, Default)]
pub(in super::super) struct List {
    pub(super) makers: Vec<Maker>,
    pub(super) fields: Vec<Field>,
}

/// A function that gives a value without taking one of its type.
#[derive(Clone, Debug)]
pub(super) struct Maker {
    pub(super) item: ItemId,
    /// What it makes: future, `Result` and `Option` taken off.
    pub(super) makes: Mean,
    /// How its answer holds that.
    pub(super) gives: Gives,
    /// Its parameters; a method's receiver is the first.
    pub(super) params: Vec<(String, Mean)>,
    pub(super) is_async: bool,
    pub(super) is_method: bool,
}

/// A field that everyone may read.
#[derive(Clone, Debug)]
pub(super) struct Field {
    /// The type that has it.
    pub(super) of: Mean,
    pub(super) name: String,
    pub(super) makes: Mean,
}

/// Whether a value of this type is made by something that is worth naming.
fn is_value(mean: &Mean) -> bool {
    matches!(mean, Mean::Local { .. } | Mean::Named { .. }) && !is_plain(mean)
}

/// The type that an impl is for.
pub(super) fn own_type(reader: &Reader<'_>, parent: ItemId) -> Option<Mean> {
    let Payload::Impl(head) = &reader.tree.raw(parent).payload else {
        return None;
    };
    let is_plain = head.trait_text.is_none() && head.generics.is_empty();
    is_plain.then(|| reader.mean_text(parent, &head.self_text, &Names::new()))
}

/// Holders of a value that functions share.
const SHARED: [&str; 4] = [
    "Box",
    "std::sync::Arc",
    "std::sync::Mutex",
    "std::sync::RwLock",
];

/// What the workspace has.
pub(super) fn list(travel: &mut Travel<'_>) -> List {
    let tree = travel.reader.tree;
    let found = tree
        .items
        .iter()
        .filter(|item| item.active && is_callable(tree, item.id));
    let ids: Vec<ItemId> = found.map(|item| item.id).collect();
    let makers: Vec<Maker> = ids
        .into_iter()
        .filter_map(|item| maker(travel, item))
        .collect();
    let mut fields = Vec::new();
    let mut seen = BTreeSet::new();
    for maker in &makers {
        if let Mean::Local { item, args } = &maker.makes
            && args.is_empty()
            && seen.insert(*item)
            // Out of what has a `Drop` nothing can be moved.
            && !travel.facts.implements(*item, "Drop")
        {
            fields.extend(fields_of(&travel.reader, *item, &maker.makes));
        }
    }
    List { makers, fields }
}

/// The public fields of a struct.
fn fields_of(reader: &Reader<'_>, item: ItemId, of: &Mean) -> Vec<Field> {
    let raw = reader.tree.raw(item);
    let Payload::Type(shape) = &raw.payload else {
        return Vec::new();
    };
    if raw.kind != ItemKind::Struct || !shape.generics.is_empty() || shape.lifetimes {
        return Vec::new();
    }
    let text = &reader.tree.file(reader.tree.item(item).file).text;
    let fields = shape.variants.iter().flat_map(|(_, fields)| fields);
    let public = fields.filter(|field| field.vis_range.of(text) == "pub");
    let named = public.filter(|field| !field.attrs.iter().any(|attr| attr.path == "cfg"));
    let means = named.map(|field| Field {
        of: of.clone(),
        name: field.name.clone(),
        makes: reader.mean(item, &field.ty, &Names::new()),
    });
    means.filter(|field| is_value(&field.makes)).collect()
}

fn is_callable(tree: &ItemTree, item: ItemId) -> bool {
    let raw = tree.raw(item);
    let is_function = matches!(raw.kind, ItemKind::Fn | ItemKind::ImplFn);
    let is_test = raw.attrs.iter().any(|attr| attr.path.ends_with("test"));
    is_function
        && !is_test
        && raw.name != "main"
        && raw.signature().is_some_and(|sig| {
            matches!(sig.receiver.as_deref(), None | Some("self" | "&self"))
                && sig.generics.is_empty()
                && !sig.is_unsafe
                && sig.output.is_some()
        })
}

fn maker(travel: &mut Travel<'_>, item: ItemId) -> Option<Maker> {
    let reader = &travel.reader;
    let raw = reader.tree.raw(item);
    let sig = raw.signature()?;
    let mut names = Names::new();
    if let Some(parent) = reader.tree.item(item).parent {
        names.insert("Self".to_owned(), own_type(reader, parent)?);
    }
    let mut makes = reader.mean(item, sig.output.as_ref()?, &names);
    let mut is_async = sig.is_async;
    if let Some(value) = answer::future(&makes) {
        (is_async, makes) = (true, value);
    }
    let mut params = Vec::new();
    if let Some(receiver) = sig.receiver.as_deref() {
        let own = names.get("Self")?.clone();
        let mean = match receiver {
            "self" => own,
            _ => Mean::Ref {
                mutable: false,
                inner: Box::new(own),
            },
        };
        params.push(("receiver".to_owned(), mean));
    }
    for (index, param) in sig.params.iter().enumerate() {
        let name = param
            .name
            .clone()
            .unwrap_or_else(|| format!("arg{}", index + 1));
        params.push((name, reader.mean(item, &param.ty, &names)));
    }
    let mut gives = Gives::Value;
    if let Some((value, error)) = answer::result(&makes) {
        let (before, needs) = (travel.problems.len(), travel.needs.clone());
        let failure = answer::error_side(travel, error.as_ref());
        travel.problems.truncate(before);
        travel.needs = needs;
        // One that needs a derive to be told is none: nothing derives for what is only looked at.
        let words = failure.map(|failure| failure.words);
        gives = Gives::Result(words.filter(|words| *words != Words::Json)?);
        makes = value;
    } else if let Some(value) = makes.arg_of("Option") {
        gives = Gives::Maybe;
        makes = value.clone();
    }
    let takes_itself = params.iter().any(|(_, mean)| *mean.behind() == makes);
    let is_method = sig.receiver.is_some();
    // A method that may find nothing is a search.
    let is_search = is_method && gives == Gives::Maybe;
    (is_value(&makes) && !takes_itself && !is_search).then_some(Maker {
        item,
        makes,
        gives,
        params,
        is_async,
        is_method,
    })
}

/// Whether a type says nothing of what its value is for: numbers, texts, lists.
fn is_plain(mean: &Mean) -> bool {
    match mean {
        // What many share is made as what it holds is.
        Mean::Named { args, .. } if SHARED.iter().any(|name| mean.is(name)) => {
            !args.first().is_some_and(is_value)
        }
        Mean::Named { path, .. } => path.len() == 1 || known::is_std(path),
        _ => false,
    }
}
