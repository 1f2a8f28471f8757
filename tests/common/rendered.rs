//! Crates that are read, cut by syntax alone and held against their source: for property tests and fuzzing.
//!
//! Input: files of a crate. Output: [`Made`], its layouts, and what is wrong with them. rustc is not asked.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]
#![allow(dead_code, reason = "each program uses its own part")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use camino::Utf8PathBuf;
use extract::cut::Job;
use extract::cut::keep::Asked;
use extract::cut::layout::{Layout, layout};
use extract::cut::partition::partition;
use extract::cut::state::State;
use extract::diag::Sink;
use extract::entry::plan::Entry;
use extract::graph::{Certainty, Edge, ItemGraph, quick};
use extract::id::{ItemId, TextRange};
use extract::oracle::references::References;
use extract::render::edit::Edited;
use extract::slice::{self, Rules, Slice};
use extract::syntax::{self, ItemKind, ItemTree};
use extract::workspace::{self, Request, Workspace};

macro_rules! held {
    ($is:expr, $($words:tt)+) => {
        if !$is {
            return Err(format!($($words)+));
        }
    };
}

macro_rules! same {
    ($a:expr, $b:expr $(, $($words:tt)+)?) => {
        if $a != $b {
            let words = String::new() $(+ &format!($($words)+))?;
            return Err(format!("{:?} is not {:?} {words}", $a, $b));
        }
    };
}

const MANIFEST: &str = "[package]\nname = \"random\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";

/// A crate on disk, read.
pub struct Made {
    _dir: tempfile::TempDir,
    pub workspace: Workspace,
    pub tree: ItemTree,
}

fn write(dir: &std::path::Path, files: &[(String, String)]) {
    std::fs::create_dir_all(dir.join("src")).unwrap();
    std::fs::write(dir.join("Cargo.toml"), MANIFEST).unwrap();
    for (name, text) in files {
        std::fs::write(dir.join("src").join(name), text).unwrap();
    }
}

/// A crate of these files below `src`; what is wrong with them goes to the sink.
pub fn made(files: &[(String, String)], sink: &mut Sink) -> Made {
    // cargo is asked once; every other crate has the same manifest in another folder.
    static FIRST: LazyLock<Workspace> = LazyLock::new(|| {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &[("lib.rs".into(), String::new())]);
        let manifest = Utf8PathBuf::from_path_buf(dir.path().join("Cargo.toml")).unwrap();
        workspace::load(&Request {
            manifest_path: Some(manifest),
            ..Request::default()
        })
        .unwrap()
    });
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), files);
    let root = Utf8PathBuf::from_path_buf(dir.path().canonicalize().unwrap()).unwrap();
    let mut workspace = FIRST.clone();
    let package = &mut workspace.packages[0];
    package.dir = root.clone();
    package.manifest_path = root.join("Cargo.toml");
    package.targets[0].root = root.join("src/lib.rs");
    workspace.target_dir = root.join("target");
    workspace.root = root;
    let tree = syntax::load(&workspace, sink);
    Made {
        _dir: dir,
        workspace,
        tree,
    }
}

impl Made {
    /// The graph by syntax, with edges between any two items added.
    pub fn graph(&self, extra: &[(usize, usize)]) -> ItemGraph {
        let mut edges = quick::edges(&self.workspace, &self.tree);
        let count = self.tree.items.len();
        for (from, to) in extra {
            let (from, to) = (ItemId::new(from % count), ItemId::new(to % count));
            edges.push(Edge {
                from,
                to,
                file: self.tree.item(from).file,
                offset: self.tree.raw(from).body_start,
                certainty: Certainty::Verified,
            });
        }
        ItemGraph::new(&self.tree, edges, Vec::new(), false)
    }

    /// Up to two free functions.
    pub fn entries(&self, first: usize, second: usize) -> Vec<ItemId> {
        let functions: Vec<ItemId> = self
            .tree
            .items
            .iter()
            .filter(|i| i.active && self.tree.raw(i.id).kind == ItemKind::Fn)
            .map(|i| i.id)
            .collect();
        if functions.is_empty() {
            return Vec::new();
        }
        let found: BTreeSet<ItemId> = [first, second]
            .iter()
            .map(|n| functions[n % functions.len()])
            .collect();
        found.into_iter().collect()
    }
}

/// The layout of a cut before rustc has said anything.
pub fn laid_out(
    made: &Made,
    graph: &ItemGraph,
    entries: &[ItemId],
    apart: bool,
) -> (Slice, State, Layout) {
    let tree = &made.tree;
    let rules = Rules::new(tree, graph);
    let entries: Vec<Entry> = entries
        .iter()
        .map(|item| Entry {
            item: *item,
            // Two functions may have one name, in text that nobody compiled even in one module.
            name: format!(
                "{}-{}",
                tree.raw(*item).name.replace('_', "-"),
                item.index()
            ),
            path: tree.path(*item),
            crossing: None,
            feeds: Vec::new(),
            sent: Default::default(),
            wishes: Default::default(),
        })
        .collect();
    let references = References::default();
    let job = Job {
        workspace: &made.workspace,
        tree,
        graph,
        rules: &rules,
        references: &references,
        entries: &entries,
        foreign_features: &BTreeSet::new(),
        foreign: &BTreeMap::new(),
        derives: &BTreeMap::new(),
        exposed: &BTreeSet::new(),
        asked: &Asked::default(),
        out: &made.workspace.root.join("extracted"),
    };
    let mut state = State::default();
    state.seeds.entries = entries.iter().map(|e| e.item).collect();
    state.widen = state.seeds.entries.iter().copied().collect();
    let slice = slice::slice(tree, &rules, &state.seeds);
    if apart {
        state.owned = partition(&job, &slice, &state);
    }
    let layout = layout(&job, &slice, &state).unwrap();
    (slice, state, layout)
}

/// The pieces of an edited text: what stayed, and what was put between.
pub fn pieces(edited: &Edited, source: &str) -> Result<Vec<String>, String> {
    let mut inserted = Vec::new();
    let mut at = 0_usize;
    let mut last = 0_u32;
    for (start, from, len) in edited.pieces() {
        held!(*from >= last, "stretches run backward");
        last = from + len;
        let start = *start as usize;
        let kept = TextRange {
            start: *from,
            end: last,
        };
        let kept = kept.of(source);
        same!(edited.text.get(start..start + kept.len()), Some(kept));
        // Both ways lead to the same place.
        same!(edited.original(start as u32), *from);
        inserted.push(edited.text[at..start].to_owned());
        at = start + kept.len();
    }
    inserted.push(edited.text[at..].to_owned());
    inserted.retain(|text| !text.is_empty());
    Ok(inserted)
}

/// Visibility, attributes, and `use` lines.
fn is_allowed(inserted: &str) -> bool {
    let line_is_allowed = |line: &str| {
        let line = line.trim();
        line.is_empty()
            || ["pub", "pub(crate)"].contains(&line)
            || line.starts_with("#[")
            || ((line.starts_with("use ")
                || line.starts_with("pub use ")
                || line.starts_with("pub(crate) use "))
                && line.ends_with(';'))
    };
    inserted.lines().all(line_is_allowed)
}

pub fn moved(made: &Made, slice: &Slice, layout: &Layout) -> Result<(), String> {
    let tree = &made.tree;
    let mut homes: BTreeMap<ItemId, Vec<&str>> = BTreeMap::new();
    for (path, file) in &layout.files {
        let Some((krate, id, edited)) = &file.origin else {
            continue;
        };
        let source = &tree.file(*id).text;
        same!(&file.bytes, edited.text.as_bytes());
        for inserted in pieces(edited, source)? {
            held!(is_allowed(&inserted), "{path}: {inserted:?} was put in");
        }
        let stretches: Vec<TextRange> = edited.stretches().collect();
        for item in tree
            .items
            .iter()
            .filter(|i| i.file == *id && i.krate == *krate)
        {
            // What stands first may be a visibility that became another one.
            let raw = tree.raw(item.id);
            let body = raw.body_start.max(raw.vis_range.end);
            if stretches.iter().any(|s| s.contains(body)) {
                homes.entry(item.id).or_default().push(path.as_str());
            }
        }
        // What is cut out and put together is still Rust.
        let again = syntax::parse_file(&edited.text);
        held!(
            again.error.is_none(),
            "{path}: {:?}\n{}",
            again.error,
            edited.text
        );
    }
    for item in &tree.items {
        let raw = tree.raw(item.id);
        // These follow from what they hold, bring, or belong to; what is not known stays everywhere.
        if matches!(
            raw.kind,
            ItemKind::Mod
                | ItemKind::Use
                | ItemKind::ExternCrate
                | ItemKind::Field
                | ItemKind::Variant
                | ItemKind::ForeignItem
                | ItemKind::Other
        ) {
            continue;
        }
        let here = homes.get(&item.id).map(Vec::as_slice).unwrap_or_default();
        let wanted = usize::from(slice.kept.contains_key(&item.id));
        same!(
            here.len(),
            wanted,
            "{} lies in {:?}",
            tree.path(item.id),
            here
        );
    }
    Ok(())
}
