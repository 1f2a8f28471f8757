//! A function crate's manifest, written anew, in the style of the package that the function comes from.
//!
//! Input: [`FunctionManifest`]. Output: the text.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use toml_edit::{DocumentMut, InlineTable, Item, Table, Value, value};

use super::{add_feature, allow_lints, is_inherited, workspace_entry, workspace_key};

/// Renders a function crate's manifest.
pub fn function(input: &FunctionManifest<'_>) -> String {
    let home = input.home.parse::<DocumentMut>().unwrap_or_default();
    let root = input.root.parse::<DocumentMut>().unwrap_or_default();
    let mut doc = DocumentMut::new();
    doc.insert("package", Item::Table(package(input, &home, &root)));
    let style = Style::of(&home);
    let mut table = Table::new();
    for dependency in &input.dependencies {
        let inherited = style.and_then(|style| inherit(&root, &input.root_dir, style, dependency));
        let item = inherited.unwrap_or_else(|| written_out(dependency));
        table.insert(&dependency.key, item);
    }
    for (key, text) in &input.copied {
        let Ok(parsed) = text.parse::<DocumentMut>() else {
            continue;
        };
        let Some(item) = parsed.get(key) else {
            continue;
        };
        // Where the shim needs the crate too, the monolith's version counts, with the features of both.
        let asked = input.dependencies.iter().find(|d| d.key == *key);
        // Another package under the name that the shim needs: `serde_core` as `serde`.
        let package = item.as_table_like().and_then(|t| t.get("package"));
        let is_other = package.and_then(Item::as_str).is_some_and(|p| p != key);
        if asked.is_some() && is_other {
            continue;
        }
        let mut item = item.clone();
        for feature in asked.into_iter().flat_map(|d| &d.features) {
            add_feature(&mut item, feature, workspace_entry(&root, key));
        }
        table.insert(key, item);
    }
    table.sort_values();
    if !table.is_empty() {
        doc.insert("dependencies", Item::Table(table));
    }
    if let Some(lints) = home.get("lints").filter(|_| input.lints) {
        doc.insert("lints", lints.clone());
    }
    allow_lints(&mut doc, &input.allow, input.root);
    doc.to_string()
}

/// `[package]`: what the function's own package takes from the workspace, this one takes too.
fn package(input: &FunctionManifest<'_>, home: &DocumentMut, root: &DocumentMut) -> Table {
    let theirs = home.get("package").and_then(Item::as_table_like);
    let inherits = |key: &str| theirs.and_then(|t| t.get(key)).is_some_and(is_inherited);
    let said = |key: &str| workspace_key(root, key);
    let mut package = Table::new();
    package.insert("name", value(input.name.as_str()));
    if inherits("version") {
        package.insert("version", from_workspace(Style::Dotted));
    } else {
        package.insert("version", value("0.1.0"));
    }
    if inherits("edition") && said("edition").and_then(Item::as_str) == Some(&input.edition) {
        package.insert("edition", from_workspace(Style::Dotted));
    } else {
        package.insert("edition", value(input.edition.as_str()));
    }
    package.insert("description", value(input.description.as_str()));
    if inherits("license") {
        package.insert("license", from_workspace(Style::Dotted));
    }
    if inherits("publish") && said("publish").and_then(Item::as_bool) == Some(false) {
        package.insert("publish", from_workspace(Style::Dotted));
    } else {
        package.insert("publish", value(false));
    }
    package
}

/// How a package writes what it inherits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// `serde.workspace = true`
    Dotted,
    /// `serde = { workspace = true }`
    Braces,
}

impl Style {
    /// That of a manifest's first inherited dependency.
    fn of(home: &DocumentMut) -> Option<Self> {
        let list = home.get("dependencies").and_then(Item::as_table_like)?;
        let (_, item) = list.iter().find(|(_, item)| is_inherited(item))?;
        let dotted = match item {
            Item::Table(table) => table.is_dotted(),
            Item::Value(Value::InlineTable(table)) => table.is_dotted(),
            _ => false,
        };
        Some(if dotted { Self::Dotted } else { Self::Braces })
    }
}

/// `workspace = true`
fn from_workspace(style: Style) -> Item {
    match style {
        Style::Dotted => {
            let mut table = Table::new();
            table.set_dotted(true);
            table.insert("workspace", value(true));
            Item::Table(table)
        }
        Style::Braces => {
            let mut table = InlineTable::new();
            table.insert("workspace", true.into());
            value(table)
        }
    }
}

/// The dependency as one that is inherited, if the workspace's own entry asks for nothing that this one does not.
fn inherit(
    root: &DocumentMut,
    root_dir: &Utf8Path,
    style: Style,
    dependency: &FunctionDependency,
) -> Option<Item> {
    let theirs = workspace_entry(root, &dependency.key)?;
    let detail = |key: &str| theirs.as_table_like().and_then(|t| t.get(key));
    if ["package", "git", "registry"]
        .iter()
        .any(|key| detail(key).is_some())
    {
        return None;
    }
    let has_defaults = detail("default-features").and_then(Item::as_bool) != Some(false);
    if has_defaults != dependency.default_features {
        return None;
    }
    let features = detail("features").and_then(Item::as_array);
    let mut features = features.into_iter().flatten().filter_map(Value::as_str);
    if !features.all(|f| dependency.features.iter().any(|own| own == f)) {
        return None;
    }
    match (&dependency.version, detail("path")) {
        // A package of another place may have the member's name.
        (None, Some(path)) => {
            let dir = dependency.home.as_deref()?;
            let path = path.as_str()?;
            if crate::text::clean(&root_dir.join(path)) != dir {
                return None;
            }
        }
        (Some(asked), None) => {
            let version = theirs.as_str().or_else(|| detail("version")?.as_str())?;
            if !is_within(version, asked) {
                return None;
            }
        }
        _ => return None,
    }
    let mut item = from_workspace(style);
    for feature in &dependency.features {
        add_feature(&mut item, feature, Some(theirs));
    }
    Some(item)
}

/// Whether all that a caret requirement allows, the shorter `asked` allows too: `1.47` is within `1`.
fn is_within(version: &str, asked: &str) -> bool {
    let version = version.trim().trim_start_matches('^');
    let numbers = |text: &str| -> Option<Vec<u64>> {
        let numbers = text.split('.').map(|n| n.parse().ok());
        numbers.collect()
    };
    let (Some(version), Some(asked)) = (numbers(version), numbers(asked)) else {
        return false;
    };
    let meaningful = if asked.first() == Some(&0) { 2 } else { 1 };
    let rest = |numbers: &[u64]| numbers.get(meaningful..).map(<[u64]>::to_vec);
    version.get(..meaningful) == asked.get(..meaningful)
        && version.len() >= meaningful
        && rest(&version) >= rest(&asked)
}

/// A dependency with all that it asks for.
pub(super) fn written_out(dependency: &FunctionDependency) -> Item {
    let mut inline = InlineTable::new();
    if let Some(path) = &dependency.path {
        inline.insert("path", path.as_str().into());
    }
    if let Some(version) = &dependency.version {
        inline.insert("version", version.as_str().into());
    }
    if !dependency.default_features {
        inline.insert("default-features", false.into());
    }
    if !dependency.features.is_empty() {
        let features = dependency.features.iter().map(String::as_str);
        inline.insert("features", Value::Array(features.collect()));
    }
    match &dependency.version {
        Some(version) if inline.len() == 1 => value(version.as_str()),
        _ => value(inline),
    }
}

/// A function crate's manifest.
#[derive(Debug, Default)]
pub struct FunctionManifest<'a> {
    /// The package's name.
    pub name: String,
    /// The edition.
    pub edition: String,
    /// One line for `description`.
    pub description: String,
    /// Dependencies: key, then version requirement or path, features, whether default features are on.
    pub dependencies: Vec<FunctionDependency>,
    /// Whole tables copied from a domain manifest (its own dependencies that moved code names).
    pub copied: BTreeMap<String, String>,
    /// Lints to allow.
    pub allow: BTreeSet<String>,
    /// The manifest of the package that the function comes from.
    pub home: &'a str,
    /// The workspace's root manifest.
    pub root: &'a str,
    /// The workspace's folder.
    pub root_dir: Utf8PathBuf,
    /// Whether that package's lints hold here too.
    pub lints: bool,
}

/// A dependency of a function crate.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FunctionDependency {
    /// The key.
    pub key: String,
    /// A version requirement.
    pub version: Option<String>,
    /// A relative folder.
    pub path: Option<String>,
    /// The folder of the workspace's member that it stands for.
    pub home: Option<Utf8PathBuf>,
    /// Features.
    pub features: Vec<String>,
    /// Whether default features are on.
    pub default_features: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "[workspace.package]\nversion = \"0.4.2\"\nedition = \"2024\"\nlicense = \"MIT\"\npublish = false\n\n\
                        [workspace.dependencies]\nbase64 = \"0.22\"\nserde = { version = \"1.0\", features = [\"derive\"] }\n\
                        serde_json = \"1.0.140\"\nshop = { path = \"crates/shop\" }\n\
                        tokio = { version = \"1.47\", features = [\"net\"] }\n";

    fn needs() -> Vec<FunctionDependency> {
        let registry = |key: &str, version: &str, features: &[&str]| FunctionDependency {
            key: key.to_owned(),
            version: Some(version.to_owned()),
            features: features.iter().map(|f| (*f).to_owned()).collect(),
            default_features: true,
            ..FunctionDependency::default()
        };
        vec![
            registry("base64", "0.22", &[]),
            registry("serde", "1", &["derive"]),
            registry("serde_json", "1", &["raw_value"]),
            registry("tokio", "1", &["rt"]),
            FunctionDependency {
                key: "shop".to_owned(),
                path: Some("../../domain/shop".to_owned()),
                home: Some("/w/crates/shop".into()),
                default_features: true,
                ..FunctionDependency::default()
            },
        ]
    }

    fn made(home: &str) -> String {
        function(&FunctionManifest {
            name: "bill".to_owned(),
            edition: "2024".to_owned(),
            description: "d".to_owned(),
            dependencies: needs(),
            home,
            root: ROOT,
            root_dir: "/w".into(),
            lints: true,
            ..FunctionManifest::default()
        })
    }

    #[test]
    fn what_the_monolith_inherits_is_inherited_in_its_style() {
        let home = "[package]\nversion.workspace = true\nedition.workspace = true\nlicense.workspace = true\n\
                    publish.workspace = true\n\n[dependencies]\nlog.workspace = true\n\n[lints]\nworkspace = true\n";
        assert_eq!(
            made(home),
            "[package]\nname = \"bill\"\nversion.workspace = true\nedition.workspace = true\ndescription = \"d\"\n\
             license.workspace = true\npublish.workspace = true\n\n[dependencies]\nbase64.workspace = true\n\
             serde.workspace = true\nserde_json = { workspace = true, features = [\"raw_value\"] }\n\
             shop.workspace = true\ntokio = { version = \"1\", features = [\"rt\"] }\n\n[lints]\nworkspace = true\n"
        );
        let braces = made("[dependencies]\nlog = { workspace = true }\n");
        assert!(
            braces.contains("\nbase64 = { workspace = true }\n"),
            "{braces}"
        );
        assert!(braces.contains("\nversion = \"0.1.0\"\n"), "{braces}");
    }

    #[test]
    fn a_monolith_that_inherits_nothing_gets_it_written_out() {
        let text = made("[package]\nname = \"shop\"\n");
        assert!(text.contains("base64 = \"0.22\"\n"), "{text}");
        assert!(
            text.contains("shop = { path = \"../../domain/shop\" }\n"),
            "{text}"
        );
        assert!(!text.contains("workspace"), "{text}");
    }

    #[test]
    fn requirements_that_allow_more_are_not_taken() {
        for (theirs, asked, within) in [
            ("1.47", "1", true),
            ("1", "1.5", false),
            ("1.6.2", "1.5", true),
            ("^0.22.1", "0.22", true),
            ("0.21", "0.22", false),
            ("0", "0.22", false),
            (">=1", "1", false),
            ("2", "1", false),
        ] {
            assert_eq!(is_within(theirs, asked), within, "{theirs} within {asked}");
        }
    }

    #[test]
    fn what_the_shim_needs_is_not_replaced_by_another_package_of_that_name() {
        let copied = |text: &str| BTreeMap::from([("serde".to_owned(), text.to_owned())]);
        let manifest = |text: &str| {
            function(&FunctionManifest {
                dependencies: vec![FunctionDependency {
                    key: "serde".to_owned(),
                    version: Some("1".to_owned()),
                    features: vec!["derive".to_owned()],
                    default_features: true,
                    ..FunctionDependency::default()
                }],
                copied: copied(text),
                ..FunctionManifest::default()
            })
        };
        let other = "serde = { package = \"serde_core\", version = \"1.0.220\" }\n";
        let own = "serde = { version = \"1\", features = [\"derive\"] }";
        assert!(manifest(other).contains(own), "{}", manifest(other));
        let older = "serde = \"1.0.100\"\n";
        let wanted = "serde = { version = \"1.0.100\", features = [\"derive\"] }";
        assert!(manifest(older).contains(wanted), "{}", manifest(older));
    }
}
