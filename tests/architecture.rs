//! What `docs/src/architecture.md` says of the source, held against the source.
//!
//! Input: the files under `src` as tokens, so that comments and strings count for nothing, and the order
//! of modules as the document declares it. A test fails with the places that break its rule.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::str::FromStr as _;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The longest that a file may be before it must be split.
const MAX_LINES: usize = 600;

/// A file of `src`.
struct Source {
    /// Relative to `src`, with `/`.
    path: String,
    /// Its module, `["oracle", "shadow"]`; empty for the roots of the targets.
    module: Vec<String>,
    text: String,
    tokens: TokenStream,
}

/// A word with the line it stands in and the words that follow it over `::`.
struct Named {
    line: usize,
    path: Vec<String>,
}

fn sources() -> Vec<Source> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found: Vec<Source> = walkdir::WalkDir::new(&src)
        .sort_by_file_name()
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.path().extension().is_some_and(|e| e == "rs"))
        .map(|entry| {
            let text = std::fs::read_to_string(entry.path()).unwrap();
            let relative = entry.path().strip_prefix(&src).unwrap();
            let path = relative.to_str().unwrap().replace('\\', "/");
            let mut module: Vec<String> = path
                .trim_end_matches(".rs")
                .split('/')
                .map(str::to_owned)
                .collect();
            if module.last().is_some_and(|last| last == "mod") {
                module.pop();
            }
            let is_root = ["main.rs", "lib.rs"].contains(&path.as_str()) || module[0] == "bin";
            Source {
                tokens: TokenStream::from_str(&text).unwrap(),
                module: if is_root { Vec::new() } else { module },
                path,
                text,
            }
        })
        .collect();
    found.retain(|source| !source.text.is_empty());
    assert!(found.len() > 50, "src was not found");
    found
}

/// Every path in the tokens, groups of a `use` multiplied out: `a::{b, c::d}` gives `a::b` and `a::c::d`.
fn paths(tokens: &TokenStream) -> Vec<Named> {
    let mut found = Vec::new();
    collect(tokens, &mut found);
    found
}

fn collect(tokens: &TokenStream, found: &mut Vec<Named>) {
    let trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let mut at = 0;
    while at < trees.len() {
        match &trees[at] {
            TokenTree::Ident(_) => at = path(&trees, at, &[], found),
            TokenTree::Group(group) => {
                collect(&group.stream(), found);
                at += 1;
            }
            _ => at += 1,
        }
    }
}

/// Reads the path that starts at `at`; gives the place behind it.
fn path(trees: &[TokenTree], mut at: usize, prefix: &[String], found: &mut Vec<Named>) -> usize {
    let mut words = prefix.to_vec();
    let mut line = 0;
    while let Some(TokenTree::Ident(ident)) = trees.get(at) {
        words.push(ident.to_string());
        line = ident.span().start().line;
        at += 1;
        let colon = |tree: Option<&TokenTree>| matches!(tree, Some(TokenTree::Punct(p)) if p.as_char() == ':');
        if !(colon(trees.get(at)) && colon(trees.get(at + 1))) {
            break;
        }
        if let Some(TokenTree::Group(group)) = trees.get(at + 2)
            && group.delimiter() == Delimiter::Brace
        {
            let inner: Vec<TokenTree> = group.stream().into_iter().collect();
            let mut within = 0;
            while within < inner.len() {
                within = match &inner[within] {
                    TokenTree::Ident(_) => path(&inner, within, &words, found),
                    _ => within + 1,
                };
            }
            return at + 3;
        }
        if !matches!(trees.get(at + 2), Some(TokenTree::Ident(_))) {
            break;
        }
        at += 2;
    }
    found.push(Named { line, path: words });
    at
}

/// The path from the crate's root, for one that starts with `crate`, `self` or `super`.
fn from_root(source: &Source, path: &[String]) -> Option<Vec<String>> {
    let mut base = match path.first()?.as_str() {
        "crate" => Vec::new(),
        "self" | "super" => source.module.clone(),
        _ => return None,
    };
    let mut rest = path[1..].iter();
    if path[0] == "super" {
        base.pop();
    }
    for word in rest.by_ref() {
        if word == "super" {
            base.pop();
        } else {
            base.push(word.clone());
            break;
        }
    }
    base.extend(rest.cloned());
    Some(base)
}

/// The order that the document declares: a module may name those before it.
fn order() -> Vec<Vec<String>> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/src/architecture.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, after) = page.split_once("**Imports run downward.**").unwrap();
    let (_, list) = after.split_once(':').unwrap();
    let (list, _) = list.split_once(".\n").unwrap();
    list.split('`')
        .skip(1)
        .step_by(2)
        .map(|name| name.split("::").map(str::to_owned).collect())
        .collect()
}

/// The place in the order of the longest listed module that holds `path`.
fn rank(order: &[Vec<String>], path: &[String]) -> Option<usize> {
    (0..order.len())
        .filter(|at| path.starts_with(&order[*at]))
        .max_by_key(|at| order[*at].len())
}

#[test]
fn imports_run_downward() {
    let order = order();
    let mut listed = BTreeSet::new();
    for name in &order {
        assert!(listed.insert(name.clone()), "{name:?} is listed twice");
    }
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    for source in sources() {
        if source.module.is_empty() {
            continue;
        }
        let Some(own) = rank(&order, &source.module) else {
            wrong.push(format!(
                "{}: the module has no place in the order",
                source.path
            ));
            continue;
        };
        used.insert(own);
        for named in paths(&source.tokens) {
            let Some(target) = from_root(&source, &named.path) else {
                continue;
            };
            // A name that is no module of ours is a re-export or text inside a macro.
            let Some(other) = rank(&order, &target) else {
                continue;
            };
            if other > own {
                wrong.push(format!(
                    "{}:{}: {} names {}, which comes after it",
                    source.path,
                    named.line,
                    order[own].join("::"),
                    order[other].join("::"),
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert_eq!(
        used.len(),
        order.len(),
        "a listed module has no file: {order:?}"
    );
}

/// Fails when a file outside `allowed` has one of the words where `is_it` says so.
fn only(allowed: &[&str], why: &str, is_it: impl Fn(&Source, &Named) -> bool) {
    let mut wrong = Vec::new();
    let mut used: BTreeMap<&str, usize> = allowed.iter().map(|a| (*a, 0)).collect();
    for source in sources() {
        let home = allowed.iter().find(|a| {
            let folder = a.trim_end_matches(".rs");
            source.path == **a
                || source
                    .path
                    .strip_prefix(folder)
                    .is_some_and(|r| r.starts_with('/'))
        });
        for named in paths(&source.tokens) {
            if !is_it(&source, &named) {
                continue;
            }
            match home {
                Some(home) => *used.get_mut(home).unwrap() += 1,
                None => wrong.push(format!(
                    "{}:{}: `{}`",
                    source.path,
                    named.line,
                    named.path.join("::")
                )),
            }
        }
    }
    assert!(wrong.is_empty(), "{why}\n{}", wrong.join("\n"));
    let idle: Vec<_> = used.iter().filter(|(_, uses)| **uses == 0).collect();
    assert!(idle.is_empty(), "no longer needed in this list: {idle:?}");
}

fn starts_with(named: &Named, names: &[&str]) -> bool {
    named.path.len() > 1 && names.contains(&named.path[0].as_str())
}

#[test]
fn syn_stays_in_syntax_and_render() {
    only(
        &["syntax", "render"],
        "no type of syn leaves `syntax` and `render`",
        |_, named| starts_with(named, &["syn", "quote", "prettyplease", "proc_macro2"]),
    );
}

#[test]
fn toml_edit_stays_in_manifests() {
    only(
        &["render/manifest.rs"],
        "only `render::manifest` names toml_edit",
        |_, named| starts_with(named, &["toml_edit"]),
    );
}

/// Names of functions and types that change files, of std and fs_err.
const WRITES: &[&str] = &[
    "write",
    "create_dir",
    "create_dir_all",
    "rename",
    "remove_file",
    "remove_dir",
    "remove_dir_all",
    "copy",
    "hard_link",
    "symlink",
    "symlink_file",
    "symlink_dir",
    "set_permissions",
    "File",
    "OpenOptions",
];

fn is_test(source: &Source) -> bool {
    ["tests", "fixture"].contains(&source.module.last().map_or("", String::as_str))
}

#[test]
fn files_are_written_in_few_places() {
    only(
        &[
            "emit.rs",
            // Copies of the workspace and states of the cut.
            "oracle/shadow.rs",
            // The lock, the wrapper's link, its side files and the cache, all in the work folder.
            "oracle/mod.rs",
            "oracle/cargo.rs",
            "oracle/wrapper.rs",
            "oracle/references/cache.rs",
            // Cases, and the folder that a harness runs in.
            "oracle/harness.rs",
        ],
        "only `emit` writes the output, and only `oracle` the work folder",
        |source, named| {
            let is_fs = starts_with(named, &["fs_err"])
                || named.path.starts_with(&["std".to_owned(), "fs".to_owned()]);
            !is_test(source)
                && ((is_fs
                    && named
                        .path
                        .iter()
                        .any(|word| WRITES.contains(&word.as_str())))
                    || starts_with(named, &["tempfile", "rustix"]))
        },
    );
}

#[test]
fn programs_are_started_in_few_places() {
    only(
        &["workspace.rs", "oracle"],
        "only `oracle` starts a build; `workspace` asks for metadata and `cfg` values",
        |_, named| {
            let last = named.path.last().map_or("", String::as_str);
            (last == "Command" && named.path.contains(&"process".to_owned()))
                || named.path.contains(&"MetadataCommand".to_owned())
        },
    );
}

#[test]
fn the_terminal_belongs_to_cli() {
    let printing = ["print", "println", "eprint", "eprintln", "dbg"];
    only(
        // The wrappers pass rustc's own output through, and say why they cannot.
        &["cli", "oracle/wrapper.rs", "oracle/reproduce.rs"],
        "no stage prints",
        |source, named| {
            let last = named.path.last().map_or("", String::as_str);
            let is_macro = named.path.len() == 1 && printing.contains(&last);
            let is_stream = ["stdout", "stderr"].contains(&last)
                && named.path.iter().any(|w| w == "io" || w == "anstream");
            !is_test(source) && (is_macro || is_stream)
        },
    );
}

#[test]
fn files_say_what_they_are_for_and_stay_short() {
    let mut wrong = Vec::new();
    for source in sources() {
        if !source.text.starts_with("//!") {
            wrong.push(format!("{}: does not open with `//!`", source.path));
        }
        let lines = source.text.lines().count();
        if lines > MAX_LINES {
            wrong.push(format!("{}: {lines} lines, split it", source.path));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
