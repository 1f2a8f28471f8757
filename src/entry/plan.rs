//! From found entries to what the cut needs of them: names, crossings, derives.
//!
//! Input: the entries' items. Output: [`Planned`]. Refuses what cannot cross, each with its own code.

use std::collections::{BTreeMap, BTreeSet};

use super::cross::{self, Crossing, Given, TypePart, TypeText, form};
use super::feed::{self, Feed, Wishes};
use super::imports::Imports;
use super::meaning::Meanings;
use super::retry;
use super::returned::{self, Sent};
use crate::diag::{Code, Diagnostic, Sink};
use crate::graph::ItemGraph;
use crate::id::ItemId;
use crate::oracle::packages::{self, Foreign};
use crate::slice::Rules;
use crate::syntax::{ItemKind, ItemTree};
use crate::text::{did_you_mean, kebab};
use crate::trigger::Trigger;
use crate::workspace::Workspace;

/// Names that a function crate cannot have: crates of the toolchain.
const TAKEN: &[&str] = &[
    "alloc",
    "core",
    "std",
    "test",
    "proc-macro",
    "main",
    "lib",
    "build",
    "deps",
];

/// An entry with what its function crate needs.
#[derive(Debug)]
pub struct Entry {
    /// The function.
    pub item: ItemId,
    /// The function crate's name and folder.
    pub name: String,
    /// The function as the user names it.
    pub path: String,
    /// How its parameters cross; `None` gives a library without a shim.
    pub crossing: Option<Crossing>,
    /// How the events of its triggers become requests.
    pub feeds: Vec<Feed>,
    /// What becomes of its result.
    pub sent: Sent,
    /// What was said of triggers and parameters.
    pub wishes: Wishes,
}

impl Entry {
    /// What was said that is for this entry: of what is said of several at once it takes its part.
    pub fn own_wishes(&self) -> Wishes {
        let mut own = self.wishes.clone();
        if let Some(crossing) = self.crossing.as_ref().filter(|_| own.shared) {
            let is_there = |name: &String| crossing.inputs.iter().any(|i| i.field == *name);
            own.bind.retain(|name, _| is_there(name));
            own.retry_on.retain(|name| retry::has(crossing, name));
        }
        own.shared = false;
        own
    }

    /// Whether an event may be a request.
    pub fn is_direct(&self) -> bool {
        let mut triggers = self.feeds.iter().map(|feed| feed.trigger);
        self.feeds.is_empty() || triggers.any(|trigger| trigger == Trigger::Direct)
    }
}

/// A function that is to be cut, and what is said of it.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The function.
    pub item: ItemId,
    /// Its triggers and bindings.
    pub wishes: Wishes,
}

/// What the cut needs of the entries.
#[derive(Debug, Default)]
pub struct Planned {
    /// The entries, in the order they were named.
    pub entries: Vec<Entry>,
    /// Features that crossing types need from foreign crates: name in code, feature.
    pub foreign_features: BTreeSet<(String, String)>,
    /// What foreign crates offer for serde, by their names in code.
    pub foreign: BTreeMap<String, Foreign>,
    /// Attributes that crossing types and fields need.
    pub derives: BTreeMap<ItemId, Vec<String>>,
    /// Types that the shims name.
    pub exposed: BTreeSet<ItemId>,
}

/// Plans the entries. `shim` holds the foreign types of which rustc said that serde cannot read them; without it only
/// libraries are made, and nothing has to cross.
pub fn plan(
    workspace: &Workspace,
    tree: &ItemTree,
    graph: &ItemGraph,
    rules: &Rules,
    found: &[Wanted],
    shim: Option<&BTreeSet<String>>,
    sink: &mut Sink,
) -> Planned {
    let mut planned = Planned::default();
    let mut derives: BTreeMap<ItemId, cross::Derives> = BTreeMap::new();
    let mut names = taken_names(workspace);
    let foreign = if shim.is_some() {
        foreign(workspace, sink)
    } else {
        BTreeMap::new()
    };
    let imports = Imports::new(tree);
    let meanings = Meanings {
        tree,
        graph,
        rules,
        imports: &imports,
        foreign: &foreign,
        unreadable: shim,
        workspace: Some(workspace),
    };
    for Wanted { item, wishes } in found {
        let given = Given::new(&wishes.bind);
        let mut crossing = if shim.is_some() {
            cross::analyze(tree, workspace, *item, &meanings, &given, sink)
        } else {
            None
        };
        let feeds = crossing.as_ref().map(|crossing| {
            let form = form::event(tree, workspace, *item, &meanings, &given);
            let form = form.unwrap_or_default();
            feed::feeds(&tree.path(*item), &crossing.inputs, &form, wishes)
        });
        let feeds = feeds
            .unwrap_or_else(|| Ok(Vec::new()))
            .unwrap_or_else(|problems| {
                problems.into_iter().for_each(|problem| {
                    sink.push(problem.at(tree.place(workspace, *item)));
                });
                Vec::new()
            });
        let sent = crossing.as_ref().map(|crossing| {
            let path = tree.path(*item);
            returned::sent(&path, &crossing.output, &feeds, wishes)
        });
        let sent = sent.unwrap_or_else(|| Ok(Sent::default()));
        let sent = sent.unwrap_or_else(|problems| {
            problems.into_iter().for_each(|problem| {
                sink.push(problem.at(tree.place(workspace, *item)));
            });
            Sent::default()
        });
        if let Some(crossing) = &mut crossing {
            let left = retry::mark(crossing, &wishes.retry_on);
            // What is said of all is for those that have it; `unbound` says where none has.
            for name in left.iter().filter(|_| !wishes.shared) {
                let failure = crossing.output.failure.as_ref();
                let place = tree.place(workspace, retry::home(tree, *item, failure));
                let path = tree.path(*item);
                sink.push(retry::refused(name, Some(&path), &[failure]).at(place));
            }
            collect(tree, rules, crossing, &mut derives, &mut planned);
        }
        let name = free_name(workspace, tree, *item, &names);
        names.insert(name.clone());
        planned.entries.push(Entry {
            item: *item,
            name,
            path: tree.path(*item),
            crossing,
            feeds,
            sent,
            wishes: wishes.clone(),
        });
    }
    unbound(workspace, tree, &planned, sink);
    for (item, needs) in derives {
        let mut traits = Vec::new();
        if needs.serialize {
            traits.push("serde::Serialize");
        }
        if needs.deserialize {
            traits.push("serde::Deserialize");
        }
        let line = format!("#[derive({})]", traits.join(", "));
        planned.derives.entry(item).or_default().push(line);
    }
    planned.foreign = foreign;
    planned
}

/// Says which names of parameters that were said of several entries none of them has.
fn unbound(workspace: &Workspace, tree: &ItemTree, planned: &Planned, sink: &mut Sink) {
    let all = || planned.entries.iter().filter(|entry| entry.wishes.shared);
    let names: BTreeSet<&String> = all().flat_map(|entry| entry.wishes.bind.keys()).collect();
    let fields: BTreeSet<&str> = all()
        .flat_map(|entry| entry.crossing.iter().flat_map(|c| &c.inputs))
        .map(|input| input.field.as_str())
        .collect();
    // An entry that is refused has parameters that are not known here.
    if all().any(|entry| entry.crossing.is_none()) {
        return;
    }
    for name in names
        .into_iter()
        .filter(|name| !fields.contains(name.as_str()))
    {
        let message = format!("no entry has a parameter `{name}` to bind");
        let diagnostic = Diagnostic::new(Code::BadBinding, message);
        sink.push(match did_you_mean(name, fields.iter().copied()) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => diagnostic.help("a parameter's name is the one in the request"),
        });
    }
    retry::unmarked(workspace, tree, &all().collect::<Vec<_>>(), sink);
}

/// What dependencies offer for serde; a note when cargo does not say.
fn foreign(workspace: &Workspace, sink: &mut Sink) -> BTreeMap<String, Foreign> {
    packages::packages(workspace).unwrap_or_else(|why| {
        let message = "what the dependencies offer for serde is not known: cargo did not list them";
        let diagnostic = Diagnostic::new(Code::SerdeUnknown, message);
        let diagnostic = why.lines().take(5).fold(diagnostic, Diagnostic::note);
        sink.push(diagnostic.help(
            "where a foreign type crosses, rustc decides, and no serde feature is switched on",
        ));
        BTreeMap::new()
    })
}

fn collect(
    tree: &ItemTree,
    rules: &Rules,
    crossing: &Crossing,
    derives: &mut BTreeMap<ItemId, cross::Derives>,
    planned: &mut Planned,
) {
    for (item, needs) in &crossing.needs_derive {
        let all = derives.entry(*item).or_default();
        all.serialize |= needs.serialize;
        all.deserialize |= needs.deserialize;
    }
    for skipped in &crossing.skipped_fields {
        let found = if skipped.is_variant {
            member(tree, rules, skipped.item, &skipped.field)
        } else {
            field(tree, rules, skipped.item, &skipped.field)
        };
        if let Some(member) = found {
            let lines = planned.derives.entry(member).or_default();
            let line = if skipped.is_variant {
                "#[serde(skip_deserializing)]".to_owned()
            } else {
                "#[serde(skip)]".to_owned()
            };
            if !lines.contains(&line) {
                lines.push(line);
            }
            if skipped.is_variant {
                skip_references(tree, rules, member, &mut planned.derives);
            }
        }
    }
    planned
        .foreign_features
        .extend(crossing.serde_features.iter().cloned());
    for text in texts(crossing) {
        for part in &text.parts {
            if let TypePart::Local(item) = part {
                planned.exposed.insert(*item);
            }
        }
    }
}

/// serde takes what a variant's references live for over into the whole type, be the variant skipped or not.
fn skip_references(
    tree: &ItemTree,
    rules: &Rules,
    variant: ItemId,
    lines: &mut BTreeMap<ItemId, Vec<String>>,
) {
    for field in rules.members(variant) {
        let raw = tree.raw(*field);
        if raw
            .range
            .of(&tree.file(tree.item(*field).file).text)
            .contains('&')
        {
            lines.insert(*field, vec!["#[serde(skip_deserializing)]".to_owned()]);
        }
    }
}

/// The functions that a shim calls before the first event.
pub fn makers(crossing: &Crossing) -> impl Iterator<Item = &cross::Make> {
    let starts = crossing
        .inputs
        .iter()
        .filter_map(|input| input.start.as_ref());
    starts.flat_map(cross::Start::makers)
}

/// The types that a shim spells.
pub fn texts(crossing: &Crossing) -> impl Iterator<Item = &TypeText> {
    crossing
        .inputs
        .iter()
        .map(|input| &input.ty)
        .chain(std::iter::once(&crossing.output.ty))
        .chain(crossing.output.failure.iter().map(|failure| &failure.ty))
        .chain(crossing.through.iter().flat_map(|t| [&t.of, &t.by]))
        .chain(makers(crossing).flat_map(|make| {
            let arguments = make
                .arguments
                .iter()
                .filter_map(|argument| argument.ty.as_ref());
            std::iter::once(&make.function).chain(arguments)
        }))
}

fn member(tree: &ItemTree, rules: &Rules, of: ItemId, name: &str) -> Option<ItemId> {
    rules
        .members(of)
        .iter()
        .copied()
        .find(|m| tree.raw(*m).name == name)
}

fn field(tree: &ItemTree, rules: &Rules, item: ItemId, name: &str) -> Option<ItemId> {
    match name.split_once('.') {
        Some((variant, field)) => member(tree, rules, member(tree, rules, item, variant)?, field),
        None => member(tree, rules, item, name).filter(|m| tree.raw(*m).kind == ItemKind::Field),
    }
}

/// Names of packages that the output's lock file may hold.
fn taken_names(workspace: &Workspace) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = TAKEN.iter().map(|n| (*n).to_owned()).collect();
    names.extend(workspace.packages.iter().map(|p| p.name.clone()));
    for package in &workspace.packages {
        names.extend(
            package
                .dependencies
                .iter()
                .flat_map(|d| [d.package.clone(), d.key.clone()]),
        );
    }
    if let Ok(lock) = workspace.read_source(&workspace.root.join("Cargo.lock")) {
        let named = lock
            .lines()
            .filter_map(|l| l.strip_prefix("name = \"")?.strip_suffix('"'));
        names.extend(named.map(str::to_owned));
    }
    names
}

/// `render-invoice`; with the type's name for methods, and the package's where the name is taken.
fn free_name(
    workspace: &Workspace,
    tree: &ItemTree,
    item: ItemId,
    taken: &BTreeSet<String>,
) -> String {
    let own = tree.local_name(item).join("-");
    let own = kebab(&own);
    let package = workspace.package(tree.krate(tree.item(item).krate).package);
    let package = package.map_or("function", |p| p.name.as_str());
    let module = kebab(&tree.module(tree.item(item).module).name);
    let candidates = [
        own.clone(),
        format!("{}-{own}", kebab(package)),
        format!("{}-{module}-{own}", kebab(package)),
    ];
    let is_free = |name: &String| {
        let as_code = name.replace('-', "_");
        !taken.contains(name) && !taken.contains(&as_code) && is_identifier(&as_code)
    };
    candidates
        .iter()
        .find(|n| is_free(n))
        .cloned()
        .unwrap_or_else(|| format!("{}-{module}-{own}-{}", kebab(package), item.0))
}

fn is_identifier(name: &str) -> bool {
    const KEYWORDS: &[&str] = &[
        "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do",
        "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in",
        "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
        "return", "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe",
        "unsized", "use", "virtual", "where", "while", "yield",
    ];
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic());
    starts_well && name.is_ascii() && !KEYWORDS.contains(&name)
}
