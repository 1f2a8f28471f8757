//! `expected-edges.json`: calls by the names and files of both ends.
//!
//! Input: a loaded suite and the list. Output: [`Expectations`], one for each caller and category with all
//! that it calls there.

use std::collections::BTreeSet;

use camino::Utf8Path;
use extract::id::ItemId;
use serde::Deserialize;

use crate::{Expectations, Expected, Suite, is_fn};

#[derive(Deserialize)]
struct List {
    edges: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    source: End,
    target: End,
    mode: String,
}

#[derive(Deserialize)]
struct End {
    name: String,
    file: String,
}

impl End {
    fn find(&self, suite: &Suite) -> Option<ItemId> {
        let tree = &suite.tree;
        let path = suite.dir.join(&self.file);
        let file = tree.file_at(&path)?;
        tree.items
            .iter()
            .filter(|i| i.file == file && is_fn(tree.raw(i.id).kind))
            .map(|i| i.id)
            .find(|item| tree.local_name(*item).join(".") == self.name)
    }
}

/// Reads the list.
pub fn read(suite: &Suite, path: &Utf8Path) -> Result<Expectations, String> {
    let text = fs_err::read_to_string(path).map_err(|e| e.to_string())?;
    let list: List = serde_json::from_str(&text).map_err(|e| format!("{path}: {e}"))?;
    let mut expected = Expectations::default();
    for line in list.edges {
        let label = format!("{} -> {}", line.source.name, line.target.name);
        let ends = (line.source.find(suite), line.target.find(suite));
        let (Some(from), Some(to)) = ends else {
            expected.unread.push(label);
            continue;
        };
        expected.calls.push(Expected {
            category: line.mode,
            from,
            site: None,
            through: None,
            wanted: BTreeSet::from([to]),
            also: BTreeSet::new(),
            pointer: false,
            label,
        });
    }
    // What a function calls without a line in the list counts once, with its first line.
    let mut seen = BTreeSet::new();
    let listed: Vec<(ItemId, BTreeSet<ItemId>)> = expected
        .calls
        .iter()
        .map(|call| (call.from, call.wanted.clone()))
        .collect();
    let functions: BTreeSet<ItemId> = suite.tree.items.iter().map(|i| i.id).collect();
    for call in &mut expected.calls {
        call.also = if seen.insert(call.from) {
            let same = listed.iter().filter(|(from, _)| *from == call.from);
            same.flat_map(|(_, wanted)| wanted.clone()).collect()
        } else {
            functions.clone()
        };
    }
    Ok(expected)
}
