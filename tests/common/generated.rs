//! Small Rust crates made at random: items of most kinds in file modules and inline ones, which name each
//! other by path, with comments, attributes, line ends and spacing as people leave them.

use proptest::prelude::*;

/// A crate as text.
#[derive(Clone, Debug)]
pub struct Source {
    /// Files below `src`, by name.
    pub files: Vec<(String, String)>,
}

/// What one item is made from; numbers are taken modulo what is there.
#[derive(Clone, Debug)]
struct Seed {
    module: usize,
    kind: usize,
    refs: Vec<usize>,
    trivia: usize,
    public: bool,
}

/// Where items can stand: the root, two files, an inline module of the root and one inside of it.
const MODULES: [&str; 5] = ["crate", "crate::a", "crate::b", "crate::c", "crate::c::d"];

/// What stands before an item.
const TRIVIA: [&str; 10] = [
    "",
    "\n",
    "/// What it is, with `code` and \"quotes\".\n",
    "// A plain comment { with a brace\n",
    "#[allow(dead_code)]\n",
    "/* a block */ ",
    "\n\n// one\n\n// two\n",
    "#[allow(dead_code)] // behind\n/// Ünïcode → here\n",
    "\t",
    "#[cfg(any())]\n",
];

fn seed() -> impl Strategy<Value = Seed> {
    (
        0..MODULES.len(),
        0_usize..11,
        prop::collection::vec(0_usize..64, 0..4),
        0..TRIVIA.len(),
        any::<bool>(),
    )
        .prop_map(|(module, kind, refs, trivia, public)| Seed {
            module,
            kind,
            refs,
            trivia,
            public,
        })
}

/// A crate with two to thirty items, and up to as many more members and imports.
pub fn source() -> impl Strategy<Value = Source> {
    (
        prop::collection::vec(seed(), 2..30),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(seeds, crlf, bom)| render(&seeds, crlf, bom))
}

/// The items of one kind that a reference can mean.
fn among(seeds: &[Seed], kinds: &[usize], number: usize) -> Option<usize> {
    let found: Vec<usize> = (0..seeds.len())
        .filter(|i| seeds.get(*i).is_some_and(|s| kinds.contains(&s.kind)))
        .collect();
    (!found.is_empty()).then(|| found[number % found.len()])
}

fn name(seeds: &[Seed], index: usize) -> String {
    let seed = &seeds[index];
    let letter = [
        "f", "S", "E", "C", "T", "impl", "impl", "A", "r", "use", "f",
    ][seed.kind];
    format!("{}::{letter}{index}", MODULES[seed.module])
}

/// A statement that names the item.
fn statement(seeds: &[Seed], number: usize) -> String {
    let Some(index) = among(seeds, &[0, 1, 2, 3, 4, 7, 10], number) else {
        return String::new();
    };
    let name = name(seeds, index);
    match seeds[index].kind {
        0 | 10 => format!("{name}();"),
        3 => format!("let _ = {name} + 1;"),
        4 => format!("let _: Option<&dyn {name}> = None;"),
        _ => format!("let _ = std::mem::size_of::<{name}>();"),
    }
}

fn body(seeds: &[Seed], seed: &Seed) -> String {
    let statements: Vec<String> = seed.refs.iter().map(|r| statement(seeds, *r)).collect();
    format!("{{ {} }}", statements.join(" "))
}

fn item(seeds: &[Seed], index: usize) -> String {
    let seed = &seeds[index];
    let public = if seed.public { "pub " } else { "" };
    let first = seed.refs.first().copied().unwrap_or(0);
    let last = seed.refs.last().copied().unwrap_or(1);
    let ty = |number| among(seeds, &[1, 2], number).map(|at| name(seeds, at));
    match seed.kind {
        0 => format!("{public}fn f{index}() {}\n", body(seeds, seed)),
        10 => format!(
            "{public}async fn f{index}()\nwhere\n    u8: Copy,\n{}\n",
            body(seeds, seed).replace(' ', "\n    ")
        ),
        1 => {
            let inner = ty(first).map_or_else(|| "u8".to_owned(), |t| format!("Option<Box<{t}>>"));
            format!(
                "#[derive(Clone)]\n{public}struct S{index} {{\n    pub a: u32, // amount\n    b: {inner},\n}}\n"
            )
        }
        2 => {
            let inner = ty(first).map_or_else(|| "u8".to_owned(), |t| format!("Vec<{t}>"));
            format!("{public}enum E{index} {{ A, B({inner}), C {{ x: u32 }} }} ")
        }
        3 => {
            let other = among(seeds, &[3], first).filter(|at| *at < index);
            let value = other.map_or_else(|| "1".to_owned(), |at| name(seeds, at));
            format!("{public}const C{index}: u32 = {value};\n")
        }
        4 => format!(
            "{public}trait T{index} {{\n    /// Given.\n    fn given(&self) {}\n\n    fn wanted(&self);\n    const K: u32 = 2;\n}}\n",
            body(seeds, seed)
        ),
        5 => match ty(first) {
            Some(ty) => format!(
                "impl {ty} {{\n    {public}fn m{index}(&self) {}\n    // between\n    const K{index}: u32 = 3;\n}}\n",
                body(seeds, seed)
            ),
            None => String::new(),
        },
        6 => match (among(seeds, &[4], first), ty(last)) {
            (Some(own), Some(ty)) => format!(
                "impl {} for {ty} {{ fn wanted(&self) {} }}\n",
                name(seeds, own),
                body(seeds, seed)
            ),
            (None, Some(ty)) => format!(
                "impl Drop for {ty} {{ fn drop(&mut self) {} }}\n",
                body(seeds, seed)
            ),
            _ => String::new(),
        },
        7 => {
            let ty = ty(first).unwrap_or_else(|| "u64".to_owned());
            format!("{public}type A{index} = {ty};\n")
        }
        8 => format!(
            "macro_rules! r{index} {{ () => {{ {} }}; }}\n",
            statement(seeds, first)
        ),
        _ => {
            let named: Vec<String> = seed
                .refs
                .iter()
                .filter_map(|r| among(seeds, &[0, 1, 2, 3, 4, 10], *r))
                .map(|at| name(seeds, at).trim_start_matches("crate::").to_owned())
                .collect();
            match named.as_slice() {
                [] => "use std::fmt;\n".to_owned(),
                [one] => format!("use crate::{one} as one{index};\n"),
                many => {
                    let leaves: Vec<String> = many
                        .iter()
                        .enumerate()
                        .map(|(at, path)| format!("{path} as u{index}_{at}"))
                        .collect();
                    format!("{public}use crate::{{{}}};\n", leaves.join(", "))
                }
            }
        }
    }
}

fn render(seeds: &[Seed], crlf: bool, bom: bool) -> Source {
    let mut texts = MODULES.map(|_| String::new());
    for (index, seed) in seeds.iter().enumerate() {
        let text = item(seeds, index);
        if !text.is_empty() {
            texts[seed.module].push_str(TRIVIA[seed.trivia]);
            texts[seed.module].push_str(&text);
        }
    }
    let [root, a, b, c, d] = texts;
    let root = format!(
        "//! A crate made at random.\n\nmod a;\n{root}\npub mod b;\n/// Inline.\npub mod c {{\n{c}\n    mod d {{ {d} }}\n}}\n"
    );
    let finish = |text: String| {
        let text = if crlf {
            text.replace('\n', "\r\n")
        } else {
            text
        };
        if bom { format!("\u{feff}{text}") } else { text }
    };
    Source {
        files: vec![
            ("lib.rs".to_owned(), finish(root)),
            ("a.rs".to_owned(), finish(a)),
            ("b.rs".to_owned(), finish(b)),
        ],
    }
}
