//! Constructors: the functions that make a value which no event can bring, once, before the first event.
//!
//! Input: a type, and what a person said of it. Output: [`Make`], the call. Refuses a function that does not make
//! the type, arguments that nothing gives, and, where nothing was said, to choose among several. A function that takes
//! no value of the workspace's goes before a method, and both go before a field of what they make.

mod list;

use std::sync::OnceLock;

use super::lower::{Lowered, lower};
use super::meaning::Mean;
use super::travel::Travel;
use super::{Argument, Bind, Gives, Make, Start, TypePart, TypeText};
use crate::binding::{self, Init, Source};
use crate::id::ItemId;
use crate::syntax::{ItemTree, Payload};
use crate::workspace::TargetShape;

use list::{List, Maker, list, own_type};

/// Variables that a shell or a platform sets.
const EVERYWHERE: [&str; 11] = [
    "HOME", "HOSTNAME", "LANG", "PATH", "PORT", "PWD", "SHELL", "TERM", "TMPDIR", "TZ", "USER",
];

/// How deep a constructor's arguments may be made by constructors.
const DEPTH: usize = 4;

/// What is said of parameters, and the constructors that the workspace has, looked up when first asked for.
#[derive(Debug, Default)]
pub struct Given {
    /// Sources by parameter.
    pub bind: Bind,
    list: OnceLock<List>,
}

impl Given {
    /// With these sources.
    pub fn new(bind: &Bind) -> Self {
        Self {
            bind: bind.clone(),
            list: OnceLock::new(),
        }
    }
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
        let is_sure = |maker: &Maker| !maker.is_method && maker.gives != Gives::Maybe;
        let is_maybe = |maker: &Maker| !maker.is_method && maker.gives == Gives::Maybe;
        let tree = self.travel.reader.tree;
        let is_method = |maker: &Maker| maker.is_method && is_guessed(tree, maker);
        let ranks: [&dyn Fn(&Maker) -> bool; 3] = [&is_sure, &is_maybe, &is_method];
        for rank in ranks {
            let of_rank: Vec<&Maker> = fitting.iter().copied().filter(|m| rank(m)).collect();
            let called = of_rank.into_iter();
            let made = called.filter_map(|m| Some((m.item, self.call(m, &[], depth).ok()?)));
            let mut made: Vec<(ItemId, Make)> = made.collect();
            let resolve = self.travel.facts.resolve;
            // Beside one that the program calls, one for tests is none.
            if made.iter().any(|(item, _)| resolve.is_named(*item)) {
                made.retain(|(item, _)| resolve.is_named(*item));
            }
            let made: Vec<Make> = made.into_iter().map(|(_, make)| make).collect();
            if !made.is_empty() {
                return only(made);
            }
        }
        let fields = self.fields(wanted, depth);
        if !fields.is_empty() {
            return only(fields);
        }
        fitting.sort_by_key(|maker| (maker.is_method, maker.params.len()));
        let inits = fitting.iter().filter_map(|maker| self.init(maker, depth));
        let inits: Vec<String> = inits.collect();
        if inits.is_empty() {
            Err(Unmade::Nothing)
        } else {
            Err(Unmade::Several(inits))
        }
    }

    /// The fields of that type, in what can be made.
    fn fields(&mut self, wanted: &Mean, depth: usize) -> Vec<Make> {
        let all = &self.list().fields;
        let fitting = all.iter().filter(|field| field.makes == *wanted);
        let mut found = Vec::new();
        for field in fitting {
            if let Ok(mut make) = self.make(&field.of, None, depth + 1) {
                make.fields.push(field.name.clone());
                found.push(make);
            }
        }
        found
    }

    /// A maker as `init:` takes it: an argument that text can give from a variable of its name, all others made.
    /// `None` where that leaves one without a source.
    fn init(&mut self, maker: &Maker, depth: usize) -> Option<String> {
        let mut arguments = Vec::new();
        for (name, mean) in &maker.params {
            if self.lowered(mean).is_some() {
                let of = self.travel.reader.show(&maker.makes);
                arguments.push(format!("env:{}", variable(name, &of)));
                continue;
            }
            let make = self.make(mean.behind(), None, depth + 1).ok()?;
            arguments.push(format!("init:{}", make.said()));
        }
        let path = self.travel.reader.tree.path(maker.item);
        Some(binding::call(&path, &arguments, &[]))
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
        match named.as_slice() {
            [] => Err(Unmade::Because(format!(
                "`{}` is no function that can be called at the start",
                init.path
            ))),
            [one] => self.named(one, wanted, init, depth),
            several => {
                let fitting: Vec<&&Maker> = several.iter().filter(|m| m.makes == *wanted).collect();
                match fitting.as_slice() {
                    [one] => self.named(one, wanted, init, depth),
                    _ => Err(Unmade::Several(
                        several.iter().map(|m| tree.path(m.item)).collect(),
                    )),
                }
            }
        }
    }

    /// The named maker's call, and the fields that were named with it.
    fn named(
        &mut self,
        maker: &Maker,
        wanted: &Mean,
        init: &Init,
        depth: usize,
    ) -> Result<Make, Unmade> {
        let mut makes = &maker.makes;
        for name in &init.fields {
            let mut all = self.list().fields.iter();
            let field = all.find(|field| field.of == *makes && field.name == *name);
            let Some(field) = field else {
                let shown = self.travel.reader.show(makes);
                return Err(Unmade::Because(format!(
                    "`{shown}` has no public field `{name}` that is a type of its own"
                )));
            };
            makes = &field.makes;
        }
        if makes != wanted {
            let (makes, shown) = (
                self.travel.reader.show(makes),
                self.travel.reader.show(wanted),
            );
            let said = &init.path;
            return Err(Unmade::Because(format!(
                "`{said}` makes a `{makes}`, not a `{shown}`"
            )));
        }
        let mut make = self.call(maker, &init.arguments, depth)?;
        make.fields.clone_from(&init.fields);
        Ok(make)
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
            fields: Vec::new(),
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
        let tree = self.travel.reader.tree;
        let here = tree.item(self.entry).krate;
        // A program's own functions can be called in its own crate alone.
        let in_reach = |maker: &&Maker| {
            let krate = tree.item(maker.item).krate;
            krate == here || tree.krate(krate).shape == TargetShape::Lib
        };
        self.list().makers.iter().filter(in_reach).collect()
    }

    fn list(&mut self) -> &'b List {
        self.given.list.get_or_init(|| list(self.travel))
    }
}

/// The variable that is offered for an argument: of its name, behind the type's where every process has one of that
/// name already.
fn variable(name: &str, of: &str) -> String {
    let name = name.to_uppercase();
    if !EVERYWHERE.contains(&name.as_str()) {
        return name;
    }
    let of: String = of.chars().take_while(|c| c.is_alphanumeric()).collect();
    format!("{}_{name}", of.to_uppercase())
}

/// The one that there is.
fn only(mut made: Vec<Make>) -> Result<Make, Unmade> {
    match made.pop() {
        Some(make) if made.is_empty() => Ok(make),
        last => Err(Unmade::Several(
            made.iter().chain(&last).map(Make::said).collect(),
        )),
    }
}

/// Whether a method is called without a person's word: what a builder gives before it was told anything is no
/// one's settings, and what borrows is a message rather than a thing to keep.
fn is_guessed(tree: &ItemTree, method: &Maker) -> bool {
    let of = |mean: &Mean| match mean {
        Mean::Local { item, .. } => Some(*item),
        _ => None,
    };
    let receiver = method.params.first().map(|(_, mean)| mean.behind());
    let is_builder = receiver
        .and_then(of)
        .is_some_and(|item| tree.raw(item).name.ends_with("Builder"));
    let borrows = of(&method.makes).is_some_and(
        |item| matches!(&tree.raw(item).payload, Payload::Type(shape) if shape.lifetimes),
    );
    !is_builder && !borrows
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
