//! What holds for every crate: the slice is closed and nothing is in it without a reason, each kept item
//! lies in one crate of the output, rendering is the same each time, and moved text is the source's own
//! bytes with the allowed edits.
//!
//! Input: crates made at random, read and linked by syntax, since rustc would take seconds for each. The
//! stages after the graph do not know where its edges come from; random edges are added to it.

#![expect(clippy::indexing_slicing, reason = "a test may panic")]

#[path = "common/generated.rs"]
mod generated;
#[path = "common/rendered.rs"]
mod rendered;

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use extract::diag::Sink;
use extract::graph::ItemGraph;
use extract::id::{ItemId, TextRange};
use extract::render::edit::Edits;
use extract::slice::closures::Net;
use extract::slice::{self, Rules, Slice, Why};
use extract::syntax::{ItemKind, ItemTree, Payload};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rendered::{Made, laid_out, moved, pieces};

/// A crate that has nothing wrong with it, read.
fn made(source: &generated::Source) -> Made {
    let mut sink = Sink::default();
    let made = rendered::made(&source.files, &mut sink);
    let said = sink.diagnostics();
    assert!(said.is_empty(), "{said:?}\n{source:#?}");
    made
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

/// Found by fuzzing: where a visibility of several words stood first, the check of what moved lost the item.
#[test]
fn entries_of_any_visibility_move() {
    for visibility in ["", "pub ", "pub(crate) ", "pub(super) ", "pub(in crate) "] {
        let text = format!("fn paint() {{}}\n{visibility}fn bold() {{ paint() }}\n");
        let files = vec![("lib.rs".to_owned(), text)];
        for apart in [false, true] {
            let made = made(&generated::Source {
                files: files.clone(),
            });
            let entries = made.entries(1, 1);
            let (slice, _, layout) = laid_out(&made, &made.graph(&[]), &entries, apart);
            assert_eq!(moved(&made, &slice, &layout), Ok(()), "{visibility:?}");
        }
    }
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
        moved(&made, &slice, &layout).map_err(TestCaseError::fail)?;
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
        let inserted = pieces(&edited, &text).map_err(TestCaseError::fail)?;
        prop_assert!(inserted.concat().chars().all(|c| c == 'X' || c == 'Y'));
    }
}
