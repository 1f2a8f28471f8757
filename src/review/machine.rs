//! What moved code asks of the machine that it runs on: variables, files, programs, threads, state. A function has a
//! machine of its own, and many of them at once.
//!
//! Input: the job and the cut. Output: [`Asked`], each such use in moved code; Markdown with a line for each; and the
//! names of variables. Refuses nothing. What other crates ask for is not looked at.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::words::{Places, code, name, noun, prose};
use crate::cut::{Cut, Job};
use crate::entry::imports::Imports;
use crate::id::ItemId;
use crate::syntax::{ItemKind, NameRef, Payload, RefKind};

/// What is asked for. The order is that of the review.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    Variables,
    Files,
    Programs,
    Threads,
    Network,
    State,
}

/// Functions and types of std and tokio by the start of their path. The longer ones of a module come first.
const NEEDS: &[(&str, Need)] = &[
    ("std::env::current_dir", Need::Files),
    ("std::env::set_current_dir", Need::Files),
    ("std::env::current_exe", Need::Files),
    ("std::env::home_dir", Need::Files),
    ("std::env::temp_dir", Need::Files),
    ("std::env::args", Need::Variables),
    ("std::env::args_os", Need::Variables),
    ("std::env::var", Need::Variables),
    ("std::env::var_os", Need::Variables),
    ("std::env::vars", Need::Variables),
    ("std::env::vars_os", Need::Variables),
    ("std::env::set_var", Need::Variables),
    ("std::env::remove_var", Need::Variables),
    ("std::fs", Need::Files),
    ("tokio::fs", Need::Files),
    ("std::process::Command", Need::Programs),
    ("std::process::exit", Need::Programs),
    ("std::process::abort", Need::Programs),
    ("tokio::process", Need::Programs),
    ("std::thread::spawn", Need::Threads),
    ("std::thread::Builder", Need::Threads),
    ("tokio::spawn", Need::Threads),
    ("tokio::task::spawn", Need::Threads),
    ("std::net::TcpListener", Need::Network),
    ("std::net::UdpSocket", Need::Network),
    ("tokio::net::TcpListener", Need::Network),
    ("tokio::net::UdpSocket", Need::Network),
];

/// Types that are changed behind a shared reference, as they stand in a static's type.
const CHANGED: &[&str] = &[
    "Mutex", "RwLock", "Atomic", "RefCell", "Cell<", "DashMap", "mut ",
];

impl Need {
    fn words(self) -> &'static str {
        match self {
            Self::Variables => {
                "Variables of the environment and arguments, which each function has to be given:"
            }
            Self::Files => {
                "Files and folders. An archive holds the program alone, and on AWS Lambda only `/tmp` can be written:"
            }
            Self::Programs => "Other programs, and the end of its own:",
            Self::Threads => {
                "Threads and tasks. What still runs when the answer is given stands still until the next event:"
            }
            Self::Network => "Ports that others would call; nobody reaches those of a function:",
            Self::State => {
                "State of the process. Each instance has its own, which begins and ends with it:"
            }
        }
    }
}

/// Something that moved code asks for.
pub(super) struct Asked {
    by: ItemId,
    need: Need,
    /// Where it stands in the item's file.
    offset: u32,
    /// In which words; a variable's name as it is written.
    what: String,
}

/// All that moved code asks for.
pub(super) fn asked(job: &Job<'_>, cut: &Cut) -> Vec<Asked> {
    let imports = Imports::new(job.tree);
    let kept = cut.slice.kept.keys();
    kept.flat_map(|id| needs(job, &imports, *id)).collect()
}

/// The section; none where nothing is asked for.
pub(super) fn section(job: &Job<'_>, all: &[Asked], places: &Places<'_>, out: &mut String) {
    let mut found: BTreeSet<(Need, String, usize, String)> = BTreeSet::new();
    for asked in all {
        let file = job.tree.item(asked.by).file;
        let whose = format!("{}{}", noun(job, asked.by), code(&name(job, asked.by)));
        let text = match asked.need {
            Need::State => whose,
            _ => format!("{} in {whose}", code(asked.what.trim_matches('"'))),
        };
        let line = places.line(file, asked.offset);
        found.insert((asked.need, places.file(file).to_string(), line, text));
    }
    if found.is_empty() {
        return;
    }
    out.push_str("## What moved code asks of its machine\n\n");
    let mut before = None;
    for (need, file, line, text) in found {
        if before != Some(need) {
            let gap = if before.is_some() { "\n" } else { "" };
            let _ = writeln!(out, "{gap}{}\n", need.words());
            before = Some(need);
        }
        let _ = writeln!(out, "- {}: {text}", prose(&format!("{file}:{line}")));
    }
    out.push('\n');
}

/// The variables of the environment that moved code reads by a name that stands in it.
pub(super) fn variables(all: &[Asked]) -> BTreeSet<&str> {
    let read = all.iter().filter(|asked| asked.need == Need::Variables);
    read.filter_map(|asked| asked.what.strip_prefix('"')?.strip_suffix('"'))
        .collect()
}

fn needs(job: &Job<'_>, imports: &Imports<'_>, by: ItemId) -> Vec<Asked> {
    let tree = job.tree;
    let raw = tree.raw(by);
    if matches!(
        raw.kind,
        ItemKind::Use | ItemKind::Mod | ItemKind::ExternCrate
    ) {
        return Vec::new();
    }
    let text = &tree.file(tree.item(by).file).text;
    let mut found = Vec::new();
    let mut add = |need, offset, what| {
        found.push(Asked {
            by,
            need,
            offset,
            what,
        });
    };
    let paths = raw.refs.iter().filter(|used| used.kind == RefKind::Path);
    for used in paths {
        let written: Vec<String> = used.path.split("::").map(str::to_owned).collect();
        let path = imports
            .foreign_path(tree.item(by).module, &written, true)
            .join("::");
        let is_below = |head: &str| {
            path.strip_prefix(head)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        };
        if let Some((_, need)) = NEEDS.iter().find(|(head, _)| is_below(head)) {
            let what = variable(text, used).filter(|_| *need == Need::Variables);
            add(*need, used.offset, what.unwrap_or(path));
        }
    }
    let may_hold = match (&raw.kind, &raw.payload) {
        (ItemKind::Static, _) => true,
        (_, Payload::MacroCall { path, .. }) => {
            matches!(
                path.rsplit("::").next(),
                Some("thread_local" | "lazy_static")
            )
        }
        _ => false,
    };
    if may_hold {
        let whole = raw.range.of(text);
        let head = match raw.kind {
            ItemKind::Static => whole.split('=').next().unwrap_or(whole),
            _ => whole,
        };
        if CHANGED.iter().any(|word| head.contains(word)) {
            add(Need::State, raw.range.start, String::new());
        }
    }
    found
}

/// The variable's name where it stands in the call.
fn variable(text: &str, used: &NameRef) -> Option<String> {
    let after = text.get(used.offset as usize + used.path.len()..)?;
    let argument = after.trim_start().strip_prefix('(')?;
    let end = argument.find([')', ',', '\n'])?;
    let argument = argument.get(..end)?.trim();
    (!argument.is_empty()).then(|| argument.to_owned())
}
