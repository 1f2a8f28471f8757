//! Texts that the source speaks of: what stands in quotes near an entry and in the tests that name it.
//!
//! Input: source texts. Output: the texts in quotes, each once. It reads lines and not tokens, so that the
//! examples in documentation count too; a quote that is none gives a text that is of no use, and no harm.

use std::collections::BTreeSet;

use camino::Utf8Path;

use crate::id::ItemId;
use crate::syntax::ItemTree;
use crate::workspace::Workspace;

/// Texts at most.
const MOST: usize = 400;
/// A longer text is no case.
const LONGEST: usize = 4000;

/// The texts for an entry, those of its own file first.
pub fn literals(workspace: &Workspace, tree: &ItemTree, entry: ItemId) -> Vec<String> {
    let item = tree.item(entry);
    let name = &tree.raw(entry).name;
    let mut found = Vec::new();
    collect(&tree.file(item.file).text, &mut found);
    for file in &tree.files {
        if file.id != item.file && file.text.contains(name.as_str()) {
            collect(&file.text, &mut found);
        }
    }
    let package = workspace.package(tree.krate(item.krate).package);
    for test in package.into_iter().flat_map(|p| &p.tests) {
        if let Some(text) = test_text(&test.root, name) {
            collect(&text, &mut found);
        }
    }
    let mut seen = BTreeSet::new();
    found.retain(|text| text.len() <= LONGEST && seen.insert(text.clone()));
    found.truncate(MOST);
    found
}

fn test_text(path: &Utf8Path, name: &str) -> Option<String> {
    let text = fs_err::read_to_string(path).ok()?;
    text.contains(name).then_some(text)
}

fn collect(text: &str, found: &mut Vec<String>) {
    let mut rest = text;
    while let Some(at) = rest.find('"') {
        let (before, after) = rest.split_at(at);
        let after = after.get(1..).unwrap_or("");
        let hashes = before.len() - before.trim_end_matches('#').len();
        let is_raw = before.trim_end_matches('#').ends_with('r');
        let body = if is_raw {
            let end = format!("\"{}", "#".repeat(hashes));
            after
                .find(&end)
                .map(|end| (after.get(..end).unwrap_or("").to_owned(), end))
        } else {
            plain(after)
        };
        match body {
            Some((body, length)) => {
                found.push(body);
                rest = after.get(length + 1..).unwrap_or("");
            }
            // A quote alone on its line.
            None => rest = after,
        }
    }
}

/// A text up to its closing quote, and how long it is as written. One line, unless the line ends in `\`.
fn plain(text: &str) -> Option<(String, usize)> {
    let mut out = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((out, at)),
            '\n' => return None,
            '\\' => match chars.next()?.1 {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                'r' => out.push('\r'),
                '0' => out.push('\0'),
                'u' => {
                    let digits: String = chars
                        .by_ref()
                        .map(|(_, c)| c)
                        .take_while(|c| *c != '}')
                        .filter(|c| c.is_ascii_hexdigit())
                        .collect();
                    out.extend(
                        u32::from_str_radix(&digits, 16)
                            .ok()
                            .and_then(char::from_u32),
                    );
                }
                '\n' => while chars.next_if(|(_, c)| c.is_whitespace()).is_some() {},
                other => out.push(other),
            },
            c => out.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::collect;

    #[test]
    fn every_spelling() {
        let mut found = Vec::new();
        let text = "f(\"a\\n\\u{e9}\\\"\"); // it's \"b\"\nlet c = r#\"x \"y\"\nz\"#; '\"'\n\"d \\\n   e\"";
        collect(text, &mut found);
        assert_eq!(found, ["a\né\"", "b", "x \"y\"\nz", "d e"]);
    }
}
