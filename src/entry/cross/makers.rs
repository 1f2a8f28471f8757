//! Constructors: the functions that make a value which no event can bring, once, before the first event.
//!
//! Input: a type, and what a person said of it. Output: [`Make`], the call. Refuses a function that does not make
//! the type, arguments that nothing gives, and, where nothing was said, to choose among several.

use std::sync::OnceLock;

use super::lower::{Lowered, lower};
use super::meaning::{Mean, Names, Reader};
use super::travel::Travel;
use super::{Argument, Bind, Gives, Make, Start, TypePart, TypeText, Words, answer};
use crate::binding::{Init, Source};
use crate::id::ItemId;
use crate::syntax::{ItemKind, ItemTree, Payload};
use crate::workspace::TargetShape;

/// How deep a constructor's arguments may be made by constructors.
const DEPTH: usize = 4;

/// What is said of parameters, and the constructors that the workspace has, looked up when first asked for.
#[derive(Debug, Default)]
pub struct Given {
    /// Sources by parameter.
    pub bind: Bind,
    makers: OnceLock<Vec<Maker>>,
}

impl Given {
    /// With these sources.
    pub fn new(bind: &Bind) -> Self {
        Self {
            bind: bind.clone(),
            makers: OnceLock::new(),
        }
    }
}

/// A function that gives a value without taking one of its type.
#[derive(Clone, Debug)]
pub(super) struct Maker {
    item: ItemId,
    /// What it makes: future, `Result` and `Option` taken off.
    makes: Mean,
    /// How its answer holds that.
    gives: Gives,
    params: Vec<(String, Mean)>,
    is_async: bool,
}

/// Why nothing makes a value.
pub(super) enum Unmade {
    /// Nothing gives the type.
    Nothing,
    /// These do, as `init:` takes them: with a source for each argument.
    Several(Vec<String>),
    /// In words.
    Because(String),
}

/// The call that makes a `wanted`, for an entry of the crate of `entry`.
pub(super) fn make(
    travel: &mut Travel<'_>,
    given: &Given,
    entry: ItemId,
    wanted: &Mean,
    said: Option<&Init>,
) -> Result<Make, Unmade> {
    let mut bench = Bench {
        travel,
        given,
        entry,
    };
    bench.make(wanted, said, 0)
}

struct Bench<'b, 'a> {
    travel: &'b mut Travel<'a>,
    given: &'b Given,
    entry: ItemId,
}

impl<'b> Bench<'b, '_> {
    fn make(&mut self, wanted: &Mean, said: Option<&Init>, depth: usize) -> Result<Make, Unmade> {
        if depth > DEPTH || is_unspoken(wanted) {
            return Err(Unmade::Nothing);
        }
        let makers = self.makers();
        if let Some(init) = said {
            return self.said(wanted, init, &makers, depth);
        }
        let is_other = |maker: &&Maker| maker.item != self.entry && maker.makes == *wanted;
        let mut fitting: Vec<&Maker> = makers.into_iter().filter(is_other).collect();
        let mut made = Vec::new();
        for maker in &fitting {
            if let Ok(make) = self.call(maker, &[], depth) {
                made.push(make);
            }
        }
        // What may give nothing is rather a search than a constructor.
        if made.iter().any(|make| make.gives != Gives::Maybe) {
            made.retain(|make| make.gives != Gives::Maybe);
        }
        if made.len() == 1 {
            return made.pop().ok_or(Unmade::Nothing);
        }
        fitting.sort_by_key(|maker| maker.params.len());
        let inits = fitting.iter().filter_map(|maker| self.init(maker, depth));
        let inits: Vec<String> = inits.collect();
        if inits.is_empty() {
            Err(Unmade::Nothing)
        } else {
            Err(Unmade::Several(inits))
        }
    }

    /// A maker as `init:` takes it: an argument that text can give from a variable of its name, all others made.
    /// `None` where that leaves one without a source.
    fn init(&mut self, maker: &Maker, depth: usize) -> Option<String> {
        let mut arguments = Vec::new();
        for (name, mean) in &maker.params {
            if self.lowered(mean).is_some() {
                arguments.push(format!("env:{}", name.to_uppercase()));
                continue;
            }
            let inner = match mean {
                Mean::Ref { inner, .. } => inner,
                other => other,
            };
            let make = self.make(inner, None, depth + 1).ok()?;
            arguments.push(format!("init:{}", make.path));
        }
        let path = self.travel.reader.tree.path(maker.item);
        Some(match arguments.as_slice() {
            [] => path,
            some => format!("{path}({})", some.join(", ")),
        })
    }

    /// The maker that a person named.
    fn said(
        &mut self,
        wanted: &Mean,
        init: &Init,
        makers: &[&Maker],
        depth: usize,
    ) -> Result<Make, Unmade> {
        let tree = self.travel.reader.tree;
        let tail = format!("::{}", init.path);
        let is_named = |maker: &&Maker| {
            let path = tree.path(maker.item);
            path == init.path || path.ends_with(&tail)
        };
        let named: Vec<&Maker> = makers.iter().copied().filter(is_named).collect();
        let shown = self.travel.reader.show(wanted);
        match named.as_slice() {
            [] => Err(Unmade::Because(format!(
                "`{}` is no function that can be called at the start",
                init.path
            ))),
            [one] if one.makes == *wanted => self.call(one, &init.arguments, depth),
            [one] => {
                let makes = self.travel.reader.show(&one.makes);
                Err(Unmade::Because(format!(
                    "`{}` makes a `{makes}`, not a `{shown}`",
                    init.path
                )))
            }
            several => {
                let fitting: Vec<&&Maker> = several.iter().filter(|m| m.makes == *wanted).collect();
                match fitting.as_slice() {
                    [one] => self.call(one, &init.arguments, depth),
                    _ => Err(Unmade::Several(
                        several.iter().map(|m| tree.path(m.item)).collect(),
                    )),
                }
            }
        }
    }

    fn call(&mut self, maker: &Maker, said: &[Source], depth: usize) -> Result<Make, Unmade> {
        let mut arguments = Vec::new();
        if said.len() > maker.params.len() {
            let path = self.travel.reader.tree.path(maker.item);
            return Err(Unmade::Because(format!(
                "`{path}` takes {} arguments",
                maker.params.len()
            )));
        }
        for (index, (name, mean)) in maker.params.iter().enumerate() {
            arguments.push(self.argument(maker, name, mean, said.get(index), depth)?);
        }
        Ok(Make {
            function: self.spelled(maker.item),
            item: maker.item,
            arguments,
            shared: false,
            is_async: maker.is_async,
            gives: maker.gives,
            path: self.travel.reader.tree.path(maker.item),
        })
    }

    fn argument(
        &mut self,
        maker: &Maker,
        name: &str,
        mean: &Mean,
        said: Option<&Source>,
        depth: usize,
    ) -> Result<Argument, Unmade> {
        if let Some(start) = said.and_then(Start::read_from) {
            let lowered = self.lowered(mean).ok_or_else(|| {
                let path = self.travel.reader.tree.path(maker.item);
                let shown = self.travel.reader.show(mean);
                Unmade::Because(format!(
                    "`{name}` of `{path}` is a `{shown}`, which no text can give"
                ))
            })?;
            return Ok(Argument {
                name: name.to_owned(),
                ty: Some(lowered.owned),
                start,
                binding: lowered.binding,
                argument: lowered.argument,
            });
        }
        let init = match said {
            Some(Source::Init(init)) => Some(init),
            _ => None,
        };
        let (inner, argument) = match mean {
            Mean::Ref {
                inner,
                mutable: false,
            } => (&**inner, "&$"),
            Mean::Ref { .. } => (mean, ""),
            other => (other, "$"),
        };
        match self.make(inner, init, depth + 1) {
            Ok(make) if !argument.is_empty() => Ok(Argument {
                name: name.to_owned(),
                ty: None,
                start: Start::Made(Box::new(make)),
                binding: None,
                argument: argument.to_owned(),
            }),
            Err(Unmade::Nothing) | Ok(_) => {
                let path = self.travel.reader.tree.path(maker.item);
                let why = format!("nothing is said of `{name}` of `{path}`");
                Err(Unmade::Because(why))
            }
            Err(other) => Err(other),
        }
    }

    /// An argument's owned form; what stands in its way is no finding.
    fn lowered(&mut self, mean: &Mean) -> Option<Lowered> {
        let before = self.travel.problems.len();
        let lowered = lower(self.travel, mean);
        self.travel.problems.truncate(before);
        lowered
    }

    /// `path::to::function`, `path::to::Type::function`.
    fn spelled(&self, item: ItemId) -> TypeText {
        let tree = self.travel.reader.tree;
        let parent = tree.item(item).parent;
        let of = parent.and_then(|parent| match own_type(&self.travel.reader, parent)? {
            Mean::Local { item, .. } => Some(item),
            _ => None,
        });
        let mut text = TypeText::default();
        match of {
            Some(of) => {
                text.push(TypePart::Local(of));
                text.text(&format!("::{}", tree.raw(item).name));
            }
            None => text.push(TypePart::Local(item)),
        }
        text
    }

    /// Those that can be called from the entry's crate.
    fn makers(&mut self) -> Vec<&'b Maker> {
        let all = self.given.makers.get_or_init(|| all(self.travel));
        let tree = self.travel.reader.tree;
        let here = tree.item(self.entry).krate;
        // A program's own functions can be called in its own crate alone.
        let in_reach = |maker: &&Maker| {
            let krate = tree.item(maker.item).krate;
            krate == here || tree.krate(krate).shape == TargetShape::Lib
        };
        all.iter().filter(in_reach).collect()
    }
}

/// Whether a type has no spelling in generated code.
fn is_unspoken(mean: &Mean) -> bool {
    match mean {
        Mean::Local { args, .. } | Mean::Named { args, .. } => args.iter().any(is_unspoken),
        Mean::Array(inner, _) => is_unspoken(inner),
        Mean::Tuple(of) => of.is_empty() || of.iter().any(is_unspoken),
        Mean::Literal(_) => false,
        _ => true,
    }
}

/// The type that an impl is for.
fn own_type(reader: &Reader<'_>, parent: ItemId) -> Option<Mean> {
    let Payload::Impl(head) = &reader.tree.raw(parent).payload else {
        return None;
    };
    let is_plain = head.trait_text.is_none() && head.generics.is_empty();
    is_plain.then(|| reader.mean_text(parent, &head.self_text, &Names::new()))
}

/// All functions of the workspace that can be called without a value of the type that they make.
fn all(travel: &mut Travel<'_>) -> Vec<Maker> {
    let tree = travel.reader.tree;
    let found = tree
        .items
        .iter()
        .filter(|item| item.active && is_callable(tree, item.id));
    let ids: Vec<ItemId> = found.map(|item| item.id).collect();
    ids.into_iter()
        .filter_map(|item| maker(travel, item))
        .collect()
}

fn is_callable(tree: &ItemTree, item: ItemId) -> bool {
    let raw = tree.raw(item);
    let is_function = matches!(raw.kind, ItemKind::Fn | ItemKind::ImplFn);
    let is_test = raw.attrs.iter().any(|attr| attr.path.ends_with("test"));
    is_function
        && !is_test
        && raw.name != "main"
        && raw.signature().is_some_and(|sig| {
            sig.receiver.is_none()
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
    for (index, param) in sig.params.iter().enumerate() {
        let name = param
            .name
            .clone()
            .unwrap_or_else(|| format!("arg{}", index + 1));
        params.push((name, reader.mean(item, &param.ty, &names)));
    }
    let mut gives = Gives::Value;
    if let Some((value, error)) = answer::result(&makes) {
        let before = travel.problems.len();
        let failure = answer::error_side(travel, error.as_ref());
        travel.problems.truncate(before);
        gives = Gives::Result(failure.map_or(Words::Debug, |failure| failure.words));
        makes = value;
    } else if let Some(value) = makes.arg_of("Option") {
        gives = Gives::Maybe;
        makes = value.clone();
    }
    let takes_itself = params.iter().any(|(_, mean)| *mean == makes);
    let is_value = matches!(makes, Mean::Local { .. } | Mean::Named { .. }) && !is_plain(&makes);
    (is_value && !takes_itself).then_some(Maker {
        item,
        makes,
        gives,
        params,
        is_async,
    })
}

/// Whether a type says nothing of what its value is for: numbers, texts, lists.
fn is_plain(mean: &Mean) -> bool {
    match mean {
        Mean::Named { path, .. } => path.len() == 1 || super::known::is_std(path),
        _ => false,
    }
}
