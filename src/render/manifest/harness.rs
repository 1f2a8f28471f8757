//! Manifests of the harnesses of `extract verify`: the crate that stands in for `lambda_runtime`, a function
//! that runs on it, and the monolith as the entries need it opened.
//!
//! Input: manifest texts. Output: manifest texts. Text that is no TOML stays as it is, cargo will name the
//! fault.

use std::collections::BTreeSet;

use toml_edit::{
    Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, TableLike, Value, value,
};

use super::{add_feature, dependency_tables};

/// The manifest of the crate that stands in for `lambda_runtime`.
pub fn runtime() -> String {
    "[package]\nname = \"lambda_runtime\"\nversion = \"1.5.0\"\nedition = \"2021\"\npublish = false\n\n\
     [dependencies]\nserde = \"1\"\n\
     serde_json = { version = \"1\", features = [\"raw_value\"] }\n"
        .to_owned()
}

/// The manifest of the crate that writes calls down.
pub fn recorder(name: &str, bytes: bool) -> String {
    let base64 = if bytes { "base64 = \"0.22\"\n" } else { "" };
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2021\"\npublish = false\n\n\
         [dependencies]\n{base64}serde = \"1\"\n"
    )
}

/// A function's manifest with the stand-in at `runtime` and its program under another name; `None` when it
/// does not run on `lambda_runtime`.
pub fn function(text: &str, program: &str, runtime: &str) -> Option<String> {
    let mut doc = text.parse::<DocumentMut>().ok()?;
    let dependencies = doc.get_mut("dependencies")?.as_table_like_mut()?;
    dependencies.get("lambda_runtime")?;
    let mut inline = InlineTable::new();
    inline.insert("path", runtime.into());
    dependencies.insert("lambda_runtime", value(inline));
    let package = doc.get_mut("package")?.as_table_like_mut()?;
    package.insert("autobins", value(false));
    let mut bin = Table::new();
    bin.insert("name", value(program));
    bin.insert("path", value("src/main.rs"));
    let mut bins = ArrayOfTables::new();
    bins.push(bin);
    doc.insert("bin", Item::ArrayOfTables(bins));
    Some(doc.to_string())
}

/// What the manifest of a package of the monolith is given.
#[derive(Clone, Debug, Default)]
pub struct Opened {
    /// Whether code of it gets derives of serde.
    pub serde: bool,
    /// Features to add to dependencies, by name in code.
    pub features: BTreeSet<(String, String)>,
    /// A program that becomes a library: its name and root file.
    pub lib: Option<(String, String)>,
    /// A crate to depend on beside its own: its name and where it lies.
    pub beside: Option<(String, String)>,
}

/// A package's manifest with what an entry needs of it.
pub fn opened(text: &str, with: &Opened) -> String {
    let Ok(mut doc) = text.parse::<DocumentMut>() else {
        return text.to_owned();
    };
    for table in dependency_tables(&mut doc) {
        for (key, item) in table.iter_mut() {
            let name = key.get().replace('-', "_");
            for (_, feature) in with.features.iter().filter(|(krate, _)| *krate == name) {
                add_feature(item, feature, None);
            }
        }
    }
    if with.serde {
        serde(&mut doc);
    }
    if let Some((name, path)) = &with.beside {
        let table = doc
            .entry("dependencies")
            .or_insert_with(|| Item::Table(Table::new()));
        if let Some(table) = table.as_table_like_mut() {
            let mut inline = InlineTable::new();
            inline.insert("path", path.as_str().into());
            table.insert(name, value(inline));
        }
    }
    if let Some((name, path)) = &with.lib {
        let mut lib = Table::new();
        lib.insert("name", value(name.as_str()));
        lib.insert("path", value(path.as_str()));
        doc.insert("lib", Item::Table(lib));
    }
    doc.to_string()
}

/// Makes serde with its derives a dependency in any case.
fn serde(doc: &mut DocumentMut) {
    let table = doc
        .entry("dependencies")
        .or_insert_with(|| Item::Table(Table::new()));
    let Some(table) = table.as_table_like_mut() else {
        return;
    };
    let Some(item) = table.get_mut("serde") else {
        let mut inline = InlineTable::new();
        inline.insert("version", "1".into());
        inline.insert("features", Value::Array(Array::from_iter(["derive"])));
        table.insert("serde", value(inline));
        return;
    };
    // Under the name may stand a part of serde that has no derives; serde itself has all of it.
    let is_part = |t: &dyn TableLike| {
        t.get("package")
            .is_some_and(|p| p.as_str() != Some("serde"))
    };
    if let Some(table) = item.as_table_like_mut()
        && is_part(table)
    {
        for key in ["package", "path", "git", "workspace", "default-features"] {
            table.remove(key);
        }
        table.insert("version", value("1"));
    }
    add_feature(item, "derive", None);
    if super::required(item) {
        // For some platforms it may stand in a table of its own, and no feature names it any more.
        for table in dependency_tables(doc) {
            if let Some(item) = table.get_mut("serde") {
                super::required(item);
            }
        }
        no_longer_optional(doc);
    }
}

/// Takes `dep:serde` out of the features, and leaves a feature of the name for those who ask for it.
fn no_longer_optional(doc: &mut DocumentMut) {
    let table = doc
        .entry("features")
        .or_insert_with(|| Item::Table(Table::new()));
    let Some(table) = table.as_table_like_mut() else {
        return;
    };
    for (_, list) in table.iter_mut() {
        if let Some(list) = list.as_array_mut() {
            list.retain(|entry| entry.as_str() != Some("dep:serde"));
            for entry in list.iter_mut() {
                if let Some(rest) = entry.as_str().and_then(|e| e.strip_prefix("serde?/")) {
                    *entry = format!("serde/{rest}").into();
                }
            }
        }
    }
    if !table.contains_key("serde") {
        table.insert("serde", value(Array::new()));
    }
}

/// A program beside a library as a library of a package of its own, which lies in a folder of the old one:
/// all paths lead up. `lib` is the library's name and its root file as the old package has it.
pub fn beside(text: &str, name: &str, lib: (&str, &str)) -> String {
    let Ok(mut doc) = text.parse::<DocumentMut>() else {
        return text.to_owned();
    };
    super::library_alone(&mut doc);
    doc.remove("build-dependencies");
    let mut own = None;
    if let Some(package) = doc.get_mut("package").and_then(Item::as_table_mut) {
        own = package
            .get("name")
            .and_then(Item::as_str)
            .map(str::to_owned);
        package.remove("links");
        package.insert("build", value(false));
        package.insert("name", value(name));
    }
    for table in dependency_tables(&mut doc) {
        for (_, item) in table.iter_mut() {
            let Some(item) = item.as_table_like_mut() else {
                continue;
            };
            let path = item.get("path").and_then(Item::as_str).map(str::to_owned);
            if let Some(path) = path.filter(|p| !p.starts_with('/')) {
                item.insert("path", value(format!("../{path}")));
            }
        }
    }
    let dependencies = doc
        .entry("dependencies")
        .or_insert_with(|| Item::Table(Table::new()));
    if let (Some(table), Some(own)) = (dependencies.as_table_like_mut(), own) {
        let mut inline = InlineTable::new();
        inline.insert("path", "..".into());
        table.insert(&own, value(inline));
    }
    let mut table = Table::new();
    table.insert("name", value(lib.0));
    table.insert("path", value(format!("../{}", lib.1)));
    doc.insert("lib", Item::Table(table));
    doc.to_string()
}

/// The root manifest with more members.
pub fn with_members(text: &str, members: &[String]) -> String {
    let Ok(mut doc) = text.parse::<DocumentMut>() else {
        return text.to_owned();
    };
    let workspace = doc
        .entry("workspace")
        .or_insert_with(|| Item::Table(Table::new()));
    if let Some(workspace) = workspace.as_table_like_mut() {
        let list = workspace
            .entry("members")
            .or_insert_with(|| value(Array::new()));
        if let Some(list) = list.as_array_mut() {
            list.extend(members.iter().map(String::as_str));
        }
    }
    doc.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_serde(text: &str) -> String {
        let with = Opened {
            serde: true,
            ..Opened::default()
        };
        opened(text, &with)
    }

    #[test]
    fn serde_is_there_in_any_case() {
        for (text, made) in [
            (
                "[dependencies]\n",
                "[dependencies]\nserde = { version = \"1\", features = [\"derive\"] }\n",
            ),
            // As semver has it: a part of serde under its name, and once more for no platform at all.
            (
                "[features]\nserde = [\"dep:serde\"]\n\n[dependencies]\n\
                 serde = { package = \"serde_core\", version = \"1.0.220\", optional = true, default-features = false }\n\n\
                 [target.'cfg(any())'.dependencies]\nserde = { version = \"1\", optional = true }\n",
                "[features]\nserde = []\n\n[dependencies]\n\
                 serde = { version = \"1\", features = [\"derive\"] }\n\n\
                 [target.'cfg(any())'.dependencies]\nserde = { version = \"1\" }\n",
            ),
        ] {
            assert_eq!(with_serde(text), made);
        }
    }
}
