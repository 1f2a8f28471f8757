//! What tests add to the manifests of an output that is complete without them.
//!
//! Input: a generated manifest, the package's own, and what kept tests name. Output: the manifest with
//! dev-dependencies and test targets; all else stays as it is.

use std::collections::{BTreeMap, BTreeSet};

use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

use super::Places;

/// What tests need of a manifest.
#[derive(Debug)]
pub struct TestManifest<'a> {
    /// The manifest in the output.
    pub text: &'a str,
    /// The package's own manifest.
    pub original: &'a str,
    /// Keys of dependencies that tests name.
    pub keys: BTreeSet<String>,
    /// Where path dependencies lie now.
    pub places: Places,
    /// Test targets that cargo does not find by itself: name and path.
    pub targets: BTreeMap<String, String>,
    /// Lints to allow.
    pub allow: &'a BTreeSet<String>,
    /// The root manifest, for inherited lints.
    pub root_text: &'a str,
    /// Whether the library has no unit tests that compile.
    pub no_unit_tests: bool,
    /// Whether the examples in its documentation are not run.
    pub no_doc_tests: bool,
}

/// The manifest with what tests need.
pub fn with_tests(input: &TestManifest<'_>) -> String {
    let Ok(mut doc) = input.text.parse::<DocumentMut>() else {
        return input.text.to_owned();
    };
    let original = input.original.parse::<DocumentMut>().unwrap_or_default();
    add_section(doc.as_table_mut(), original.as_table(), input);
    if let Some(targets) = original.get("target").and_then(Item::as_table) {
        for (name, table) in targets {
            let Some(from) = table.as_table() else {
                continue;
            };
            let mut own = Table::new();
            add_section(&mut own, from, input);
            let Some(dev) = own.remove("dev-dependencies") else {
                continue;
            };
            let all = doc.entry("target").or_insert_with(|| {
                let mut table = Table::new();
                table.set_implicit(true);
                Item::Table(table)
            });
            if let Some(all) = all.as_table_mut() {
                let one = all.entry(name).or_insert_with(|| {
                    let mut table = Table::new();
                    table.set_implicit(true);
                    Item::Table(table)
                });
                if let Some(one) = one.as_table_mut() {
                    one.insert("dev-dependencies", dev);
                }
            }
        }
    }
    if !input.targets.is_empty() {
        let mut tables = ArrayOfTables::new();
        for (name, path) in &input.targets {
            let mut table = Table::new();
            table.insert("name", value(name.as_str()));
            table.insert("path", value(path.as_str()));
            tables.push(table);
        }
        doc.insert("test", Item::ArrayOfTables(tables));
    }
    lib_flags(&mut doc, &original, input);
    super::allow_lints(&mut doc, input.allow, input.root_text);
    doc.to_string()
}

/// What the package says of its library's own tests is kept; what does not compile here is off.
fn lib_flags(doc: &mut DocumentMut, original: &DocumentMut, input: &TestManifest<'_>) {
    let said = |key: &str| {
        let lib = original.get("lib").and_then(Item::as_table_like);
        lib.and_then(|l| l.get(key)).and_then(Item::as_bool) == Some(false)
    };
    let mut flags = Vec::new();
    if input.no_unit_tests || said("test") {
        flags.push("test");
    }
    if input.no_doc_tests || said("doctest") {
        flags.push("doctest");
    }
    super::switch_off(doc, &flags);
}

/// Copies the wanted dependencies: the development ones, and normal ones that the output does without.
fn add_section(to: &mut Table, from: &Table, input: &TestManifest<'_>) {
    let mut found = Table::new();
    for section in ["dependencies", "dev-dependencies"] {
        let Some(listed) = from.get(section).and_then(Item::as_table_like) else {
            continue;
        };
        for (key, item) in listed.iter().filter(|(key, _)| input.keys.contains(*key)) {
            let is_there = to
                .get("dependencies")
                .and_then(Item::as_table_like)
                .is_some_and(|t| t.contains_key(key));
            if section == "dependencies" && is_there {
                continue;
            }
            if let Some(item) = relocated(item, input) {
                found.insert(key, item);
            }
        }
    }
    if found.is_empty() {
        return;
    }
    found.sort_values();
    let above = to.get("dependencies").and_then(Item::as_table);
    if let Some(position) = above.and_then(Table::position) {
        found.set_position(Some(position));
    }
    to.insert("dev-dependencies", Item::Table(found));
}

fn relocated(item: &Item, input: &TestManifest<'_>) -> Option<Item> {
    let mut item = match item {
        Item::Table(table) => value(table.clone().into_inline_table()),
        other => other.clone(),
    };
    super::required(&mut item);
    let Some(table) = item.as_table_like_mut() else {
        return Some(item);
    };
    if let Some(path) = table.get("path").and_then(Item::as_str) {
        let to = input.places.moved(path)?;
        table.insert("path", value(to));
    }
    Some(item)
}

/// The keys that dev-dependencies of a manifest inherit from the workspace.
pub fn inherited(text: &str) -> BTreeSet<String> {
    let Ok(doc) = text.parse::<DocumentMut>() else {
        return BTreeSet::new();
    };
    let read = |table: &Table| -> Vec<String> {
        let dev = table.get("dev-dependencies").and_then(Item::as_table_like);
        dev.into_iter()
            .flat_map(|t| t.iter())
            .filter(|(_, item)| super::is_inherited(item))
            .map(|(key, _)| key.to_owned())
            .collect()
    };
    let targets = doc.get("target").and_then(Item::as_table);
    let targets = targets
        .into_iter()
        .flat_map(|t| t.iter())
        .filter_map(|(_, t)| t.as_table());
    std::iter::once(doc.as_table())
        .chain(targets)
        .flat_map(read)
        .collect()
}

/// The keys of a manifest's dev-dependencies, those of all platforms.
pub fn keys(text: &str) -> BTreeSet<String> {
    let Ok(doc) = text.parse::<DocumentMut>() else {
        return BTreeSet::new();
    };
    let read = |table: &Table| -> Vec<String> {
        let dev = table.get("dev-dependencies").and_then(Item::as_table_like);
        let dev = dev.into_iter().flat_map(|t| t.iter());
        dev.map(|(key, _)| key.to_owned()).collect()
    };
    let targets = doc.get("target").and_then(Item::as_table);
    let targets = targets
        .into_iter()
        .flat_map(|t| t.iter())
        .filter_map(|(_, t)| t.as_table());
    std::iter::once(doc.as_table())
        .chain(targets)
        .flat_map(read)
        .collect()
}

/// Names of test targets that bring a harness of their own.
pub fn own_harness(text: &str) -> BTreeSet<String> {
    let Ok(doc) = text.parse::<DocumentMut>() else {
        return BTreeSet::new();
    };
    let tests = doc.get("test").and_then(Item::as_array_of_tables);
    tests
        .into_iter()
        .flat_map(ArrayOfTables::iter)
        .filter(|t| t.get("harness").and_then(Item::as_bool) == Some(false))
        .filter_map(|t| t.get("name").and_then(Item::as_str))
        .map(str::to_owned)
        .collect()
}

/// The output's root manifest with the workspace dependencies that tests inherit.
pub fn root(text: &str, original: &str, places: &Places, keys: &BTreeSet<String>) -> String {
    let (Ok(mut doc), Ok(old)) = (text.parse::<DocumentMut>(), original.parse::<DocumentMut>())
    else {
        return text.to_owned();
    };
    let listed = old
        .get("workspace")
        .and_then(Item::as_table_like)
        .and_then(|w| w.get("dependencies"))
        .and_then(Item::as_table_like);
    let Some(listed) = listed else {
        return text.to_owned();
    };
    let Some(workspace) = doc.get_mut("workspace").and_then(Item::as_table_mut) else {
        return text.to_owned();
    };
    let table = workspace
        .entry("dependencies")
        .or_insert_with(|| Item::Table(Table::new()));
    let Some(table) = table.as_table_mut() else {
        return text.to_owned();
    };
    for (key, item) in listed.iter().filter(|(key, _)| keys.contains(*key)) {
        if table.contains_key(key) {
            continue;
        }
        let mut item = item.clone();
        super::root::relocate(&mut item, places);
        table.insert(key, item);
    }
    if table.is_empty() {
        workspace.remove("dependencies");
    }
    doc.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input<'a>(text: &'a str, original: &'a str, keys: &[&str]) -> TestManifest<'a> {
        const NONE: &BTreeSet<String> = &BTreeSet::new();
        TestManifest {
            text,
            original,
            keys: keys.iter().map(|k| (*k).to_owned()).collect(),
            places: Places {
                dir: "/w/shop".into(),
                members: BTreeMap::from([("/w/gone".into(), None)]),
            },
            targets: BTreeMap::new(),
            allow: NONE,
            root_text: "",
            no_unit_tests: false,
            no_doc_tests: false,
        }
    }

    #[test]
    fn only_what_tests_name_comes() {
        let original = "[dependencies]\nserde = \"1\"\nlog = \"0.4\"\n[dev-dependencies]\n\
                        insta = \"1\"\ncriterion = \"0.5\"\ngone = { path = \"../gone\" }\n";
        let text = "[dependencies]\nserde = \"1\"\n";
        let made = with_tests(&input(text, original, &["serde", "log", "insta", "gone"]));
        assert_eq!(
            made,
            "[dependencies]\nserde = \"1\"\n\n[dev-dependencies]\ninsta = \"1\"\nlog = \"0.4\"\n"
        );
    }

    #[test]
    fn what_the_library_says_of_its_tests_stays() {
        let made = with_tests(&input(
            "[lib]\nname = \"a\"\n",
            "[lib]\ndoctest = false\n",
            &[],
        ));
        assert_eq!(made, "[lib]\nname = \"a\"\ndoctest = false\n");
    }

    #[test]
    fn inherited_keys_come_to_the_root() {
        let old = "[workspace.dependencies]\ninsta = \"1\"\nserde = \"1\"\n";
        let made = root(
            "[workspace]\nmembers = []\n",
            old,
            &Places::default(),
            &BTreeSet::from(["insta".to_owned()]),
        );
        assert!(made.contains("[workspace.dependencies]\ninsta = \"1\"\n"));
        assert!(!made.contains("serde"));
    }

    /// hickory-dns: what is copied without its last key ended in `]}`.
    #[test]
    fn a_dependency_that_is_copied_keeps_its_spaces() {
        for (was, is) in [
            (
                "{ workspace = true, features = [\"derive\"], optional = true }",
                "{ workspace = true, features = [\"derive\"] }",
            ),
            (
                "{ optional = true, version = \"1\" }",
                "{ version = \"1\" }",
            ),
            ("{version = \"1\", optional = true}", "{version = \"1\"}"),
        ] {
            let text = format!("[dependencies]\nserde = {was}\n");
            assert_eq!(
                crate::render::manifest::entry(&text, "serde"),
                Some(format!("serde = {is}\n"))
            );
        }
    }
}
