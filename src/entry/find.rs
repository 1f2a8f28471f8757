//! Finds the functions that a person names: by path, by a tail of it, by a re-export, by a marker.
//!
//! Input: the item tree and a name. Output: the [`ItemId`] of one function that can be an entry. Refuses,
//! each with its code, place, reason and way out: what is not there, what fits several, what is no
//! function, and functions that cannot stand alone (tests, `main`, unsafe, cfg'd off, in proc-macro crates,
//! behind array lengths).

mod lookup;
mod markers;
mod vet;

use crate::diag::{Code, Diagnostic, Sink};
use crate::graph::ItemGraph;
use crate::id::ItemId;
use crate::syntax::{ItemKind, ItemTree};
use crate::text::did_you_mean;
use crate::workspace::{TargetShape, Workspace};
use lookup::{Lookup, Name};

/// Places that a list names before it says how many more there are.
const SHOWN: usize = 12;

/// The function that `name` means: its path, any unambiguous tail of it, or a path that re-exports it.
pub fn find(tree: &ItemTree, workspace: &Workspace, name: &str, sink: &mut Sink) -> Option<ItemId> {
    let lookup = Lookup::new(tree, workspace);
    let wanted = Name::parse(name);
    let found = lookup.all(&wanted);
    let (functions, others): (Vec<ItemId>, Vec<ItemId>) =
        found.into_iter().partition(|item| is_function(tree, *item));
    let functions = narrow(&lookup, &wanted, functions);
    let (bodies, declared): (Vec<ItemId>, Vec<ItemId>) = functions
        .into_iter()
        .partition(|item| tree.raw(*item).kind != ItemKind::TraitFn);
    match (bodies.as_slice(), declared.first(), others.first()) {
        ([one], ..) => vet::vet(tree, workspace, *one, sink).then_some(*one),
        ([], Some(one), _) => {
            sink.push(trait_method(tree, workspace, *one));
            None
        }
        ([], None, Some(one)) => {
            sink.push(not_a_function(tree, workspace, name, *one));
            None
        }
        ([], None, None) => {
            sink.push(missing(&lookup, name, &wanted));
            None
        }
        (several, ..) => {
            sink.push(ambiguous(tree, workspace, name, several));
            None
        }
    }
}

/// The items of any kind that `name` can mean, for questions about items.
pub fn items(tree: &ItemTree, workspace: &Workspace, name: &str) -> Vec<ItemId> {
    let lookup = Lookup::new(tree, workspace);
    let wanted = Name::parse(name);
    let mut found = lookup.all(&wanted);
    if found.iter().any(|item| !lookup.is_module(*item)) {
        found.retain(|item| !lookup.is_module(*item));
    }
    let is_member =
        |item: &ItemId| matches!(tree.raw(*item).kind, ItemKind::Field | ItemKind::Variant);
    // A type is meant before a field or a variant of the same name.
    let (members, others): (Vec<ItemId>, Vec<ItemId>) = found.into_iter().partition(is_member);
    narrow(
        &lookup,
        &wanted,
        if others.is_empty() { members } else { others },
    )
}

/// The functions below `// extract: entry` comments, in the order of files and lines.
pub fn marked(tree: &ItemTree, workspace: &Workspace, sink: &mut Sink) -> Vec<ItemId> {
    let found = markers::marked(tree, workspace, sink);
    found
        .into_iter()
        .filter(|item| vet::vet(tree, workspace, *item, sink))
        .collect()
}

/// Refuses a `const fn` that types or constants need at compile time: its value cannot come from afar.
pub fn vet_const(
    tree: &ItemTree,
    graph: &ItemGraph,
    workspace: &Workspace,
    entry: ItemId,
    sink: &mut Sink,
) -> bool {
    vet::vet_const(tree, graph, workspace, entry, sink)
}

/// Whether a function is one that `analyze` looks at: active, no test, no `main`, with a body of its own
/// and no trait to serve.
pub fn is_candidate(tree: &ItemTree, item: ItemId) -> bool {
    let node = tree.item(item);
    matches!(tree.raw(item).kind, ItemKind::Fn | ItemKind::ImplFn)
        && node.active
        && tree.krate(node.krate).shape != TargetShape::ProcMacro
        && !vet::is_main(tree, item)
        && !vet::in_trait_impl(tree, item)
        && !vet::is_test(tree, item)
}

/// The refusal for a name that nothing has.
pub fn not_found(tree: &ItemTree, workspace: &Workspace, name: &str) -> Diagnostic {
    missing(&Lookup::new(tree, workspace), name, &Name::parse(name))
}

/// The refusal for a name that several items have.
pub fn ambiguous(
    tree: &ItemTree,
    workspace: &Workspace,
    name: &str,
    several: &[ItemId],
) -> Diagnostic {
    let mut diagnostic = Diagnostic::new(
        Code::EntryAmbiguous,
        format!(
            "`{name}` fits {}",
            crate::text::counted(several.len(), "item")
        ),
    );
    let mut paths: Vec<String> = several.iter().map(|item| tree.path(*item)).collect();
    for (item, path) in several.iter().zip(&paths).take(SHOWN) {
        let place = tree.place(workspace, *item);
        diagnostic = diagnostic.note(format!("`{path}` at {}:{}", place.file, place.line));
    }
    if several.len() > SHOWN {
        diagnostic = diagnostic.note(format!("and {} more", several.len() - SHOWN));
    }
    let count = paths.len();
    paths.sort();
    paths.dedup();
    if paths.len() == count {
        diagnostic.help("name it by more of its path")
    } else {
        diagnostic
            .help("their paths are the same: put `// extract: entry` above the one that is meant")
    }
}

fn is_function(tree: &ItemTree, item: ItemId) -> bool {
    let raw = tree.raw(item);
    match raw.kind {
        ItemKind::Fn | ItemKind::ImplFn | ItemKind::TraitFn => true,
        ItemKind::ForeignItem => {
            let text = raw.range.of(&tree.file(tree.item(item).file).text);
            text.split_whitespace().any(|word| word == "fn")
        }
        _ => false,
    }
}

/// Leaves out what a person does not mean when a better fit is there.
fn narrow(lookup: &Lookup<'_>, wanted: &Name, mut found: Vec<ItemId>) -> Vec<ItemId> {
    let tree = lookup.tree;
    let mut prefer = |better: &dyn Fn(ItemId) -> bool| {
        if found.len() > 1 && found.iter().any(|item| better(*item)) {
            found.retain(|item| better(*item));
        }
    };
    prefer(&|item| tree.item(item).active);
    prefer(&|item| !vet::is_test(tree, item));
    prefer(&|item| lookup.path(item) == wanted.segments);
    prefer(&|item| lookup.in_focus(item));
    // A file in both the lib and the bin: the lib's, since others can depend on it.
    let copies = found.clone();
    let same_text = |a: ItemId, b: ItemId| {
        let (a, b) = (tree.item(a), tree.item(b));
        (a.file, a.raw) == (b.file, b.raw)
    };
    let same_path = |a: ItemId, b: ItemId| {
        tree.item(a).krate != tree.item(b).krate && tree.path(a) == tree.path(b)
    };
    let is_lib = |item: ItemId| tree.krate(tree.item(item).krate).shape != TargetShape::Bin;
    found.retain(|item| {
        is_lib(*item)
            || !copies
                .iter()
                .any(|c| is_lib(*c) && (same_text(*item, *c) || same_path(*item, *c)))
    });
    // Two binaries that include one file: the first stands for both.
    let copies = found.clone();
    found.retain(|item| copies.iter().find(|c| same_text(**c, *item)) == Some(item));
    // Rust itself prefers a type's own method to a trait's of the same name.
    let copies = found.clone();
    found.retain(|item| {
        !vet::in_trait_impl(tree, *item)
            || wanted.of_trait.is_some()
            || !copies
                .iter()
                .any(|c| !vet::in_trait_impl(tree, *c) && tree.path(*c) == tree.path(*item))
    });
    found
}

fn trait_method(tree: &ItemTree, workspace: &Workspace, item: ItemId) -> Diagnostic {
    let name = &tree.raw(item).name;
    let mut diagnostic = Diagnostic::new(
        Code::EntryNotFunction,
        format!(
            "`{}` is a trait method: it has a body for each type, not one",
            tree.path(item)
        ),
    )
    .at(tree.place(workspace, item));
    let bodies: Vec<String> = tree
        .items
        .iter()
        .filter(|i| i.active && vet::in_trait_impl(tree, i.id) && tree.raw(i.id).name == *name)
        .map(|i| tree.path(i.id))
        .collect();
    for path in bodies.iter().take(SHOWN) {
        diagnostic = diagnostic.note(format!("`{path}` has one"));
    }
    diagnostic.help("name the method of one type, as `Type::method`")
}

fn not_a_function(tree: &ItemTree, workspace: &Workspace, name: &str, item: ItemId) -> Diagnostic {
    let raw = tree.raw(item);
    let noun = raw.kind.noun();
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    let diagnostic = Diagnostic::new(
        Code::EntryNotFunction,
        format!("`{name}` is {article} {noun}"),
    )
    .at(tree.place(workspace, item))
    .note("an entry is a free function, an associated function or a method");
    let path = tree.path(item);
    let inside: Vec<String> = tree
        .items
        .iter()
        .filter(|i| i.active && matches!(tree.raw(i.id).kind, ItemKind::Fn | ItemKind::ImplFn))
        .map(|i| tree.path(i.id))
        .filter(|p| {
            p.strip_prefix(&path)
                .is_some_and(|rest| rest.starts_with("::"))
        })
        .take(3)
        .collect();
    match (inside.first(), raw.kind) {
        (Some(_), _) => {
            let list: Vec<String> = inside.iter().map(|p| format!("`{p}`")).collect();
            diagnostic.help(format!(
                "name one of its functions, such as {}",
                list.join(", ")
            ))
        }
        (None, ItemKind::MacroRules) => diagnostic.help("name a function that calls the macro"),
        _ => diagnostic.help("name a function that uses it"),
    }
}

fn missing(lookup: &Lookup<'_>, name: &str, wanted: &Name) -> Diagnostic {
    if let Some(diagnostic) =
        markers::macro_made(lookup.tree, lookup.workspace, name, wanted.last())
    {
        return diagnostic;
    }
    let mut diagnostic = Diagnostic::new(
        Code::EntryNotFound,
        format!("no function `{name}` is in the workspace"),
    );
    if let Some(dependency) = lookup.dependency(wanted) {
        return diagnostic
            .note(format!(
                "`{dependency}` is no crate of the workspace; entries come from its own code"
            ))
            .help("write a function that calls it, and name that");
    }
    let functions = lookup.functions();
    let same: Vec<&String> = functions
        .iter()
        .filter(|path| path.rsplit("::").next() == Some(wanted.last()))
        .collect();
    if let [first, ..] = same.as_slice() {
        for path in same.iter().take(SHOWN) {
            diagnostic = diagnostic.note(format!("`{path}` has that name"));
        }
        return diagnostic.help(format!("did you mean `{first}`?"));
    }
    let count = wanted.segments.len();
    let tails: Vec<(String, &String)> = functions
        .iter()
        .map(|path| (tail(path, count), path))
        .collect();
    let joined = wanted.segments.join("::");
    let near = did_you_mean(&joined, tails.iter().map(|(tail, _)| tail.as_str()));
    let near = near.or_else(|| {
        let last = did_you_mean(
            wanted.last(),
            functions.iter().map(|p| p.rsplit("::").next().unwrap_or(p)),
        )?;
        functions
            .iter()
            .find(|p| p.rsplit("::").next() == Some(last))
            .map(String::as_str)
    });
    let near = near.and_then(|near| {
        tails
            .iter()
            .find(|(tail, path)| tail == near || *path == near)
            .map(|(_, path)| *path)
    });
    // `nope` and `open` share letters, not a meaning.
    let near = near.filter(|path| {
        let last = path.rsplit("::").next().unwrap_or(path);
        let most = (wanted.last().chars().count() / 3).max(1);
        strsim::osa_distance(last, wanted.last()) <= most
    });
    match near {
        Some(path) => diagnostic.help(format!("did you mean `{path}`?")),
        None => diagnostic.help("`extract analyze` lists the functions that can be cut"),
    }
}

fn tail(path: &str, segments: usize) -> String {
    let parts: Vec<&str> = path.split("::").collect();
    let from = parts.len().saturating_sub(segments);
    parts.get(from..).unwrap_or_default().join("::")
}
