//! The examples in the documentation of moved code, which `cargo test` runs too.
//!
//! Input: a host. Output: its [`Example`]s, and a file in which rustc checks them as rustdoc would wrap them.
//! The file is for the check alone and is not delivered. Examples that are ignored, that must not compile, or
//! that are not Rust are left out.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use camino::Utf8PathBuf;

use super::host::Host;
use super::view::View;
use crate::id::ItemId;
use crate::syntax::{Attr, ItemKind, SourceFile};

/// The file's place under the crate's folder.
pub const FILE: &str = "tests/extract_doc_examples.rs";

/// By the file that checks them: the host, and the first line and the number of each example.
pub type Sheets = BTreeMap<Utf8PathBuf, (usize, Vec<(usize, usize)>)>;

/// An example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// What is documented; `None` for a module's own words.
    pub item: Option<ItemId>,
    /// The path of the item or file, as a person names it.
    pub path: String,
    /// The code, hidden lines shown.
    pub code: String,
}

/// The examples of a host, in the order of its files.
pub fn examples(view: &View, host: &Host) -> Vec<Example> {
    let tree = &view.tree;
    let mut found = Vec::new();
    for module in tree.modules.iter().filter(|m| m.inline.is_none()) {
        if module.krate == host.krate && host.choice.modules.contains(&module.id) {
            let file = tree.file(module.file);
            let path = tree.module_path(module.id).join("::");
            take(&file.syntax.attrs, file, None, &path, &mut found);
        }
    }
    for item in tree.items.iter().filter(|i| i.krate == host.krate) {
        let unit = tree.unit(item.id);
        let is_module = tree.raw(unit).kind == ItemKind::Mod
            && item
                .declares
                .is_some_and(|m| host.choice.modules.contains(&m));
        if host.choice.items.contains(&unit) || is_module {
            let path = tree.path(item.id);
            let file = tree.file(item.file);
            take(
                &tree.raw(item.id).attrs,
                file,
                Some(item.id),
                &path,
                &mut found,
            );
        }
    }
    found
}

fn take(
    attrs: &[Attr],
    file: &SourceFile,
    item: Option<ItemId>,
    path: &str,
    found: &mut Vec<Example>,
) {
    let mut text = String::new();
    for attr in attrs.iter().filter(|a| a.path == "doc") {
        match included(&attr.args) {
            Some(name) => {
                let dir = file.path.parent().unwrap_or(&file.path);
                // What cannot be read has no examples; rustc says so if it matters.
                text.push_str(&fs_err::read_to_string(dir.join(name)).unwrap_or_default());
            }
            None => text.push_str(&attr.args),
        }
        text.push('\n');
    }
    let codes = blocks(&text).into_iter();
    found.extend(codes.map(|code| Example {
        item,
        path: path.to_owned(),
        code,
    }));
}

/// The file that `#[doc = include_str!("…")]` names.
fn included(args: &str) -> Option<&str> {
    args.trim()
        .strip_prefix("include_str!")?
        .trim_matches(|c| matches!(c, '(' | ')' | ' ' | '"'))
        .into()
}

/// The Rust code between fences that rustdoc compiles.
fn blocks(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Option<(String, bool, String)> = None;
    for line in text.lines() {
        let trimmed = line.trim_start();
        match &mut open {
            None => {
                let fence: String = trimmed
                    .chars()
                    .take_while(|c| matches!(c, '`' | '~'))
                    .collect();
                if fence.len() >= 3 {
                    let info = trimmed.get(fence.len()..).unwrap_or("");
                    open = Some((fence, is_compiled(info), String::new()));
                }
            }
            Some((fence, compiled, code)) => {
                if trimmed.trim_end() == fence.as_str() {
                    if *compiled {
                        found.push(std::mem::take(code));
                    }
                    open = None;
                } else {
                    code.push_str(shown(line));
                    code.push('\n');
                }
            }
        }
    }
    found
}

fn is_compiled(info: &str) -> bool {
    let mut words = info
        .split([',', ' ', '\t', '{', '}', '.'])
        .filter(|w| !w.is_empty());
    words.all(|w| {
        matches!(w, "rust" | "no_run" | "should_panic" | "test_harness") || w.starts_with("edition")
    })
}

/// A line as rustdoc compiles it: what `# ` hides is there.
fn shown(line: &str) -> &str {
    let trimmed = line.trim_start();
    if trimmed == "#" {
        return "";
    }
    if let Some(hidden) = trimmed.strip_prefix("# ") {
        return hidden;
    }
    match trimmed.strip_prefix("##") {
        Some(_) => trimmed.get(1..).unwrap_or(trimmed),
        None => line,
    }
}

/// The file that checks the examples, and the first line of each.
pub fn file(examples: &[Example]) -> (String, Vec<(usize, usize)>) {
    let mut text = String::from("#![allow(warnings)]\n");
    let mut starts = Vec::new();
    for (index, example) in examples.iter().enumerate() {
        starts.push((text.matches('\n').count() + 1, index));
        let code: String = example
            .code
            .lines()
            .filter(|l| !l.trim_start().starts_with("#!["))
            .map(|l| format!("{l}\n"))
            .collect();
        let _ = if code.contains("fn main(") {
            writeln!(text, "mod example_{index} {{\n{code}}}")
        } else if code.trim_end().ends_with("(())") {
            writeln!(
                text,
                "mod example_{index} {{\nfn example() {{\n\
                 fn inner() -> core::result::Result<(), impl core::fmt::Debug> {{\n{code}}}\n}}\n}}"
            )
        } else {
            writeln!(
                text,
                "mod example_{index} {{\nfn example() {{\n{code}}}\n}}"
            )
        };
    }
    (text, starts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_rustdoc_compiles_is_an_example() {
        let text = " Words\n ```\n # use a::b;\n b();\n ```\n ```text\n no\n ```\n ```ignore\n no\n \
                    ```\n ```rust,no_run\n c();\n ```\n";
        assert_eq!(blocks(text), ["use a::b;\n b();\n", " c();\n"]);
    }

    #[test]
    fn examples_are_wrapped_as_rustdoc_does() {
        let example = |code: &str| Example {
            item: None,
            path: "a".to_owned(),
            code: code.to_owned(),
        };
        let list = [
            example("a();\n"),
            example("fn main() { b(); }\n"),
            example("c()?;\nOk::<(), E>(())\n"),
        ];
        let (text, starts) = file(&list);
        assert_eq!(starts, [(2, 0), (7, 1), (10, 2)]);
        assert!(text.contains("mod example_0 {\nfn example() {\na();\n}\n}"));
        assert!(text.contains("mod example_1 {\nfn main() { b(); }\n}"));
        assert!(text.contains("impl core::fmt::Debug> {\nc()?;"));
    }
}
