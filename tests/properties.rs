//! What holds for every crate: the slice is closed and nothing is in it without a reason, each kept item
//! lies in one crate of the output, rendering is the same each time, and moved text is the source's own
//! bytes with the allowed edits.
//!
//! Input: crates made at random, read and linked by syntax, since rustc would take seconds for each. The
//! stages after the graph do not know where its edges come from; random edges are added to it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

#[path = "common/generated.rs"]
mod generated;

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
use extract::render::edit::{Edited, Edits};
use extract::slice::closures::Net;
use extract::slice::{self, Rules, Slice, Why};
use extract::syntax::{self, ItemKind, ItemTree, Payload};
use extract::workspace::{self, Request, Workspace};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

const MANIFEST: &str = "[package]\nname = \"random\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";

/// A crate on disk, read.
struct Made {
    _dir: tempfile::TempDir,
    workspace: Workspace,
    tree: ItemTree,
}

fn write(dir: &std::path::Path, source: &generated::Source) {
    std::fs::create_dir_all(dir.join("src")).unwrap();
    std::fs::write(dir.join("Cargo.toml"), MANIFEST).unwrap();
    for (name, text) in &source.files {
        std::fs::write(dir.join("src").join(name), text).unwrap();
    }
}

fn made(source: &generated::Source) -> Made {
    // cargo is asked once; every other crate has the same manifest in another folder.
    static FIRST: LazyLock<Workspace> = LazyLock::new(|| {
        let dir = tempfile::tempdir().unwrap();
        write(
            dir.path(),
            &generated::Source {
                files: vec![("lib.rs".into(), String::new())],
            },
        );
        let manifest = Utf8PathBuf::from_path_buf(dir.path().join("Cargo.toml")).unwrap();
        workspace::load(&Request {
            manifest_path: Some(manifest),
            ..Request::default()
        })
        .unwrap()
    });
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), source);
    let root = Utf8PathBuf::from_path_buf(dir.path().canonicalize().unwrap()).unwrap();
    let mut workspace = FIRST.clone();
    let package = &mut workspace.packages[0];
    package.dir = root.clone();
    package.manifest_path = root.join("Cargo.toml");
    package.targets[0].root = root.join("src/lib.rs");
    workspace.target_dir = root.join("target");
    workspace.root = root;
    let mut sink = Sink::default();
    let tree = syntax::load(&workspace, &mut sink);
    assert!(
        sink.diagnostics().is_empty(),
        "{:?}\n{source:#?}",
        sink.diagnostics()
    );
    Made {
        _dir: dir,
        workspace,
        tree,
    }
}

impl Made {
    /// The graph by syntax, with edges between any two items added.
    fn graph(&self, extra: &[(usize, usize)]) -> ItemGraph {
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
    fn entries(&self, first: usize, second: usize) -> Vec<ItemId> {
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

/// Every rule by which something must be kept, told apart from how the closure works them out.
fn closed(
    tree: &ItemTree,
    graph: &ItemGraph,
    rules: &Rules,
    slice: &Slice,
) -> Result<(), TestCaseError> {
    let kept = |id: ItemId| slice.kept.contains_key(&tree.unit(id));
    let can_be_kept = |id: ItemId| {
        let unit = tree.unit(id);
        tree.item(unit).active && !matches!(tree.raw(unit).kind, ItemKind::Mod | ItemKind::Use)
    };
    for item in &tree.items {
        let unit = tree.unit(item.id);
        if !kept(item.id) || !item.active {
            continue;
        }
        for edge in graph.out(item.id).filter(|e| can_be_kept(e.to)) {
            prop_assert!(
                kept(edge.to),
                "{} names {}, which is left out",
                tree.path(item.id),
                tree.path(edge.to)
            );
        }
        if let Some(parent) = tree.item(unit).parent {
            prop_assert!(kept(parent), "{} has no holder", tree.path(unit));
        }
    }
    for item in tree.items.iter().filter(|i| i.active) {
        let Payload::Impl(head) = &tree.raw(item.id).payload else {
            continue;
        };
        let Some(units) = rules.head(item.id) else {
            continue;
        };
        if !units.is_empty() && units.iter().all(|unit| kept(*unit)) {
            prop_assert!(
                kept(item.id),
                "the impl rule leaves {} out",
                tree.path(item.id)
            );
        }
        if !kept(item.id) {
            continue;
        }
        for member in rules.members(item.id) {
            let name = &tree.raw(*member).name;
            let declared = rules.trait_of(item.id).map(|own| {
                rules
                    .members(own)
                    .iter()
                    .find(|m| tree.raw(**m).name == *name)
                    .is_none_or(|m| kept(*m))
            });
            // A foreign trait's impl comes whole, a local one's as far as the trait does.
            if head.trait_path.is_some() && declared.unwrap_or(true) && tree.item(*member).active {
                prop_assert!(kept(*member), "{} is missing", tree.path(*member));
            }
        }
    }
    Ok(())
}

/// Every reason leads to an entry, in finitely many steps.
fn reasoned(
    tree: &ItemTree,
    graph: &ItemGraph,
    slice: &Slice,
    entries: &[ItemId],
) -> Result<(), TestCaseError> {
    for start in slice.kept.keys() {
        let mut at = *start;
        for step in 0.. {
            prop_assert!(
                step <= slice.kept.len(),
                "{} is its own reason",
                tree.path(*start)
            );
            at = match slice.kept[&at] {
                Why::Entry => {
                    prop_assert!(entries.contains(&at));
                    break;
                }
                Why::Named { by, offset, .. } => {
                    let named = tree.items.iter().any(|i| {
                        tree.unit(i.id) == tree.unit(by)
                            && graph
                                .out(i.id)
                                .any(|e| tree.unit(e.to) == at && e.offset == offset)
                    });
                    prop_assert!(named, "{} is not named there", tree.path(at));
                    by
                }
                // Impls that no head decides come with their crate.
                Why::Impl(by) if by == at => break,
                Why::Holds(by) | Why::Impl(by) | Why::Registered(by) => by,
                Why::Compiler => return Err(TestCaseError::fail("nobody asked the compiler")),
            };
            prop_assert!(
                slice.kept.contains_key(&at),
                "{} has a reason outside",
                tree.path(*start)
            );
        }
    }
    Ok(())
}

/// The layout of a cut before rustc has said anything.
fn laid_out(
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
            name: tree.raw(*item).name.replace('_', "-"),
            path: tree.path(*item),
            crossing: None,
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
fn pieces(edited: &Edited, source: &str) -> Result<Vec<String>, TestCaseError> {
    let mut inserted = Vec::new();
    let mut at = 0_usize;
    let mut last = 0_u32;
    for (start, from, len) in edited.pieces() {
        prop_assert!(*from >= last, "stretches run backward");
        last = from + len;
        let start = *start as usize;
        let kept = TextRange {
            start: *from,
            end: last,
        };
        let kept = kept.of(source);
        prop_assert_eq!(edited.text.get(start..start + kept.len()), Some(kept));
        // Both ways lead to the same place.
        prop_assert_eq!(edited.original(start as u32), *from);
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

fn moved(made: &Made, slice: &Slice, layout: &Layout) -> Result<(), TestCaseError> {
    let tree = &made.tree;
    let mut homes: BTreeMap<ItemId, Vec<&str>> = BTreeMap::new();
    for (path, file) in &layout.files {
        let Some((krate, id, edited)) = &file.origin else {
            continue;
        };
        let source = &tree.file(*id).text;
        prop_assert_eq!(&file.bytes, edited.text.as_bytes());
        for inserted in pieces(edited, source)? {
            prop_assert!(is_allowed(&inserted), "{path}: {inserted:?} was put in");
        }
        let stretches: Vec<TextRange> = edited.stretches().collect();
        for item in tree
            .items
            .iter()
            .filter(|i| i.file == *id && i.krate == *krate)
        {
            let body = tree.raw(item.id).body_start;
            if stretches.iter().any(|s| s.contains(body)) {
                homes.entry(item.id).or_default().push(path.as_str());
            }
        }
        // What is cut out and put together is still Rust.
        let again = syntax::parse_file(&edited.text);
        prop_assert!(
            again.error.is_none(),
            "{path}: {:?}\n{}",
            again.error,
            edited.text
        );
    }
    for item in &tree.items {
        let raw = tree.raw(item.id);
        // These follow from what they hold, bring, or belong to.
        if matches!(
            raw.kind,
            ItemKind::Mod | ItemKind::Use | ItemKind::Field | ItemKind::Variant
        ) {
            continue;
        }
        let here = homes.get(&item.id).map(Vec::as_slice).unwrap_or_default();
        let wanted = usize::from(slice.kept.contains_key(&item.id));
        prop_assert_eq!(
            here.len(),
            wanted,
            "{} lies in {:?}",
            tree.path(item.id),
            here
        );
    }
    Ok(())
}

/// The same cases each time, so that the gate says the same of the same commit. `PROPTEST_CASES=20000`
/// looks for new ones.
fn config() -> ProptestConfig {
    let mut config = ProptestConfig {
        max_global_rejects: u32::MAX,
        ..ProptestConfig::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 96;
        config.rng_seed = RngSeed::Fixed(96);
    }
    config
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn slices_are_closed_and_reasoned(
        source in generated::source(),
        extra in prop::collection::vec((0_usize..999, 0_usize..999), 0..8),
        first in 0_usize..64,
        second in 0_usize..64,
    ) {
        let made = made(&source);
        let graph = made.graph(&extra);
        let rules = Rules::new(&made.tree, &graph);
        let entries = made.entries(first, second);
        let seeds = slice::Seeds { entries: entries.clone(), ..slice::Seeds::default() };
        let slice = slice::slice(&made.tree, &rules, &seeds);
        prop_assert!(entries.iter().all(|e| slice.kept.contains_key(e)));
        closed(&made.tree, &graph, &rules, &slice)?;
        reasoned(&made.tree, &graph, &slice, &entries)?;
    }

    #[test]
    fn closures_at_once_are_those_one_by_one(
        source in generated::source(),
        extra in prop::collection::vec((0_usize..999, 0_usize..999), 0..8),
    ) {
        let made = made(&source);
        let graph = made.graph(&extra);
        let rules = Rules::new(&made.tree, &graph);
        let entries: Vec<ItemId> = made.tree.items.iter().map(|i| i.id).collect();
        let starts: Vec<usize> = entries.iter().map(|e| e.index()).collect();
        let items = made.tree.items.len();
        let all = Net::new(&made.tree, &rules).closures(&starts, |set| {
            set.ones().take_while(|atom| *atom < items).collect::<Vec<usize>>()
        });
        for (entry, all) in entries.iter().zip(all) {
            let seeds = slice::Seeds { entries: vec![*entry], ..slice::Seeds::default() };
            let one = slice::slice(&made.tree, &rules, &seeds);
            // What is not kept itself, as a module, leads nowhere.
            if one.kept.contains_key(entry) {
                let one: Vec<usize> = one.kept.keys().map(|k| k.index()).collect();
                prop_assert_eq!(one, all.unwrap_or_default(), "{}", made.tree.path(*entry));
            }
        }
    }

    #[test]
    fn kept_items_move_once_byte_for_byte(
        source in generated::source(),
        extra in prop::collection::vec((0_usize..999, 0_usize..999), 0..4),
        first in 0_usize..64,
        second in 0_usize..64,
        apart in any::<bool>(),
    ) {
        let made = made(&source);
        let entries = made.entries(first, second);
        prop_assume!(!entries.is_empty());
        let graph = made.graph(&extra);
        let (slice, state, layout) = laid_out(&made, &graph, &entries, apart);
        prop_assert!(state.owned.keys().all(|item| slice.kept.contains_key(item)));
        moved(&made, &slice, &layout)?;
    }

    #[test]
    fn layouts_do_not_depend_on_the_run(
        source in generated::source(),
        first in 0_usize..64,
        second in 0_usize..64,
    ) {
        // Another folder, and entries in another order.
        let (one, two) = (made(&source), made(&source));
        let entries = one.entries(first, second);
        prop_assert_eq!(&entries, &two.entries(second, first));
        prop_assume!(!entries.is_empty());
        let mut texts = Vec::new();
        for made in [&one, &two] {
            let graph = made.graph(&[]);
            let mut entries = entries.clone();
            if texts.len() == 1 {
                entries.reverse();
            }
            let (_, _, layout) = laid_out(made, &graph, &entries, true);
            let files: BTreeMap<Utf8PathBuf, Vec<u8>> =
                layout.files.into_iter().map(|(path, file)| (path, file.bytes)).collect();
            texts.push(files);
        }
        // The order of members is the order in which entries were named.
        for files in &mut texts {
            files.remove(camino::Utf8Path::new("Cargo.toml"));
        }
        prop_assert_eq!(&texts[0], &texts[1]);
    }

    #[test]
    fn edits_keep_the_rest(
        text in "[a-zäß→\r\n {}]{0,60}",
        list in prop::collection::vec((0_usize..61, 0_usize..20, "[XY]{0,2}"), 0..8),
    ) {
        let boundary = |mut at: usize| {
            at = at.min(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let mut edits = Edits::default();
        let mut covered = BTreeSet::new();
        for (start, len, with) in &list {
            let range = TextRange::new(boundary(*start), boundary(start + len));
            covered.extend(range.start..range.end);
            edits.replace(range, with.clone());
        }
        let edited = edits.apply(&text);
        let stayed: BTreeSet<u32> = edited.stretches().flat_map(|r| r.start..r.end).collect();
        let all: BTreeSet<u32> = (0..text.len() as u32).collect();
        // What no edit covers stays, and nothing else; only white space beside a deletion goes with it.
        prop_assert!(stayed.is_disjoint(&covered));
        let deletes = list.iter().any(|(start, len, with)| {
            with.is_empty() && boundary(*start) < boundary(start + len)
        });
        let gone = all.iter().filter(|at| !stayed.contains(at) && !covered.contains(at));
        for at in gone {
            prop_assert!(deletes && text.as_bytes()[*at as usize].is_ascii_whitespace());
        }
        let inserted = pieces(&edited, &text)?;
        prop_assert!(inserted.concat().chars().all(|c| c == 'X' || c == 'Y'));
    }
}
