//! Comments above a call, as `rust-callgraph-benchmark` has them: the kind, the target, remarks.
//!
//! Input: a loaded suite. Output: [`Expectations`].

use std::collections::BTreeSet;

use extract::id::{FileId, ItemId, TextRange};
use extract::syntax::{ItemKind, ItemTree, Payload};

use crate::{Expectations, Expected, Judged, Suite, in_trait_impl, is_fn};

/// Which functions a call through a pointer can reach: where the call stands, the targets.
const POINTERS: &[(&str, &[&str])] = &[
    (
        "function_pointers::lib::indirection",
        &[
            "structs::lib::fat::Fat::method",
            "structs::lib::fat::{impl FooTrait for Fat}::method",
            "structs::lib::fat::{impl BarTrait for Fat}::method",
        ],
    ),
    (
        "function_pointers::lib::indirection_generic",
        &["structs::lib::fat::Fat::method"],
    ),
    (
        "function_pointers::lib::indirection_trait_object",
        &["function_pointers::bench::helpers::m2"],
    ),
    (
        "function_pointers::lib::indirection_fn_trait",
        &["structs::lib::fat::Fat::method"],
    ),
    (
        "calls::pointers::apply",
        &["calls::pointers::double", "calls::pointers::Step::go"],
    ),
    ("calls::pointers::Table::call", &["calls::pointers::halve"]),
];

/// Slips of the pen in suites: what the code beside the comment begins with, what is written, what is meant.
const MEANT: &[(&str, &str, &str)] = &[
    (
        "GenericFooTrait::<T>::method(x)",
        "traits::lib::GenericTrait<T>::method",
        "traits::lib::GenericFooTrait::method",
    ),
    (
        "indirection_trait_object(",
        "function_pointers::lib::indirection_generic",
        "function_pointers::lib::indirection_trait_object",
    ),
];

/// A function of that path; of a trait's impl when `of_trait`, with the default body alone when `default`.
struct Target {
    path: String,
    implementation: Option<(String, String)>,
    name: String,
}

impl Target {
    fn parse(text: &str) -> Self {
        if let Some((before, rest)) = text.split_once("{impl ")
            && let Some((head, name)) = rest.split_once("}::")
            && let Some((of, ty)) = head.split_once(" for ")
        {
            return Self {
                path: before.trim_end_matches("::").to_owned(),
                implementation: Some((of.to_owned(), ty.to_owned())),
                name: name.to_owned(),
            };
        }
        let plain = match text.strip_prefix('<').and_then(|t| t.split_once(" as ")) {
            Some((_, rest)) => rest.replace(">::", "::"),
            None => without_arguments(text),
        };
        let name = plain.rsplit("::").next().unwrap_or_default().to_owned();
        Self {
            path: plain,
            implementation: None,
            name,
        }
    }

    fn find(&self, tree: &ItemTree, truth: &Judged, kind: &str) -> Option<BTreeSet<ItemId>> {
        let functions = || {
            tree.items
                .iter()
                .filter(|i| i.active && is_fn(tree.raw(i.id).kind))
                .map(|i| i.id)
        };
        if let Some((of, ty)) = &self.implementation {
            let krate = self.path.split("::").next().unwrap_or_default();
            let found = functions().find(|item| {
                let head = tree.item(*item).parent.map(|p| &tree.raw(p).payload);
                matches!(head, Some(Payload::Impl(head))
                    if head.self_text == *ty && head.trait_path.as_ref() == Some(of))
                    && tree.raw(*item).name == self.name
                    && tree.path(*item).starts_with(krate)
            });
            // An impl that a derive makes has no text: the trait's method stands for it.
            return found.map(|item| BTreeSet::from([item])).or_else(|| {
                let method = functions().find(|item| {
                    tree.raw(*item).kind == ItemKind::TraitFn
                        && tree
                            .path(*item)
                            .ends_with(&format!("::{of}::{}", self.name))
                })?;
                Some(truth.bodies(tree, method))
            });
        }
        let mut fits: Vec<ItemId> = functions().filter(|i| tree.path(*i) == self.path).collect();
        if fits.len() > 1 {
            fits.retain(|item| !in_trait_impl(tree, *item));
        }
        let item = *fits.first()?;
        if kind.contains("trait default") {
            return Some(BTreeSet::from([item]));
        }
        Some(truth.bodies(tree, item))
    }
}

fn without_arguments(text: &str) -> String {
    let mut depth = 0;
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '<' => depth += 1,
            '>' => depth -= 1,
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out.replace("::::", "::").trim_end_matches("::").to_owned()
}

/// Reads all annotations of a suite.
pub fn read(suite: &Suite) -> Expectations {
    let tree = &suite.tree;
    let mut expected = Expectations::default();
    for file in &tree.files {
        let Some(krate) = tree.crates_of(file.id).next() else {
            continue;
        };
        let lines: Vec<(usize, &str)> = positions(&file.text).collect();
        let mut before = "";
        for (at, (_, line)) in lines.iter().enumerate() {
            let first_of_block = comment(std::mem::replace(&mut before, line)).is_none();
            let Some(kind) = comment(line).filter(|c| first_of_block && is_kind(c)) else {
                continue;
            };
            let rest = lines.get(at + 1..).unwrap_or_default();
            let Some(target) = rest.first().and_then(|(_, line)| comment(line)) else {
                continue;
            };
            // The call stands in the lines below the comment, up to a blank one, a comment or a brace.
            let code: Vec<&(usize, &str)> = rest
                .iter()
                .skip_while(|(_, line)| comment(line).is_some())
                .take_while(|(_, line)| comment(line).is_none() && !ends(line))
                .collect();
            let (Some((start, text)), Some((last, end))) = (code.first(), code.last()) else {
                continue;
            };
            let site = TextRange::new(*start, last + end.len());
            let indent = text.len() - text.trim_start().len();
            let meant = MEANT
                .iter()
                .find(|(code, written, _)| text.trim().starts_with(code) && *written == target);
            let target = meant.map_or(target, |(.., meant)| meant);
            let Some(from) = tree.innermost(krate, file.id, (start + indent) as u32) else {
                continue;
            };
            if !tree.item(from).active {
                continue;
            }
            one(suite, &mut expected, (file.id, site), from, kind, target);
        }
    }
    expected
}

fn one(
    suite: &Suite,
    expected: &mut Expectations,
    site: (FileId, TextRange),
    from: ItemId,
    kind: &str,
    target: &str,
) {
    let tree = &suite.tree;
    let path = tree.path(from);
    let label = format!("{path} -> {target}");
    if target.starts_with("std::") {
        expected.outside += 1;
        return;
    }
    if target.contains("fn(") || target.contains("Fn(") {
        let Some((_, targets)) = POINTERS.iter().find(|(at, _)| *at == path) else {
            expected
                .unread
                .push(format!("{label}: no line in POINTERS"));
            return;
        };
        let found: Vec<_> = targets
            .iter()
            .map(|t| Target::parse(t).find(tree, &suite.verified, ""))
            .collect();
        if found.iter().any(Option::is_none) {
            expected.unread.push(label);
            return;
        }
        expected.calls.push(Expected {
            category: category(suite, from),
            from,
            site: None,
            through: None,
            also: BTreeSet::new(),
            wanted: found.into_iter().flatten().flatten().collect(),
            pointer: true,
            label,
        });
        return;
    }
    let Some(wanted) = Target::parse(target).find(tree, &suite.verified, kind) else {
        expected.unread.push(label);
        return;
    };
    let (at, defined) = (from, site);
    let mut call = |from: ItemId, site: (FileId, TextRange)| {
        expected.calls.push(Expected {
            category: category(suite, from),
            from,
            site: Some(site),
            through: (from != at).then_some((at, defined)),
            wanted: wanted.clone(),
            also: BTreeSet::new(),
            pointer: false,
            label: label.clone(),
        });
    };
    if tree.raw(from).kind != ItemKind::MacroRules {
        call(from, site);
        return;
    }
    // What stands in a macro's definition is called where the macro is.
    let graph = &suite.verified.graph;
    for edge in graph.into(from) {
        let text = &tree.file(edge.file).text;
        let rest = text.get(edge.offset as usize..).unwrap_or_default();
        let name = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
        let expands = name.is_some_and(|end| rest.get(end..).is_some_and(|r| r.starts_with('!')));
        if is_fn(tree.raw(edge.from).kind) && expands {
            let end = edge.offset as usize + rest.find('\n').unwrap_or(rest.len());
            let start = text.get(..edge.offset as usize).unwrap_or_default();
            let start = start.rfind('\n').map_or(0, |at| at + 1);
            call(edge.from, (edge.file, TextRange::new(start, end)));
        }
    }
}

/// The crate, or in a suite of one package the module.
fn category(suite: &Suite, item: ItemId) -> String {
    let path = suite.tree.path(item);
    let mut parts = path.split("::");
    let krate = parts.next().unwrap_or_default().to_owned();
    if suite.workspace.packages.len() > 1 {
        krate
    } else {
        parts.next().unwrap_or_default().to_owned()
    }
}

fn is_kind(comment: &str) -> bool {
    [
        "static function call",
        "static method call",
        "instance method call",
        "function pointer call",
    ]
    .iter()
    .any(|kind| comment.starts_with(kind))
}

fn ends(line: &str) -> bool {
    line.trim().is_empty() || line.trim().starts_with('}')
}

fn comment(line: &str) -> Option<&str> {
    line.trim().strip_prefix("//").map(str::trim)
}

/// Lines with the offsets at which they start.
fn positions(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split('\n').map(move |line| {
        let start = at;
        at += line.len() + 1;
        (start, line)
    })
}
