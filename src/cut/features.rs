//! The same features as in the monolith.
//!
//! Cargo unites features over all that is built together. A dependency that the cut shares with the monolith
//! can lose a feature that only another crate asked for, and behave otherwise: `preserve_order` of serde_json
//! is the best known case. Input: what cargo builds for the monolith and for the cut, and the cut's manifests.
//! Output: manifests that ask for what is missing on direct dependencies, and what could not be asked for.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use crate::oracle::features::{Built, Direct, Release};
use crate::render::manifest;

/// Features asked for in a manifest because the monolith is built with them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kept {
    /// The manifest's folder in the output.
    pub dir: String,
    /// The dependency's package.
    pub package: String,
    /// The features.
    pub features: BTreeSet<String>,
}

/// A package that is built with fewer features than in the monolith.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Narrowed {
    /// The package and its version.
    pub release: Release,
    /// The features that are off now.
    pub features: BTreeSet<String>,
}

/// What the comparison found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Features {
    /// Features that manifests ask for now.
    pub kept: Vec<Kept>,
    /// Packages that no manifest of the cut names, or names more than once.
    pub narrowed: Vec<Narrowed>,
}

/// A member of the cut: its package's name and its folder.
#[derive(Clone, Debug)]
pub struct Member {
    /// The package's name.
    pub package: String,
    /// The folder in the output.
    pub dir: String,
}

/// The packages of the cut, `members` apart, that have fewer features than in the monolith.
pub fn missing(monolith: &Built, cut: &Built, members: &[Member]) -> Built {
    let foreign = cut
        .iter()
        .filter(|(release, _)| !members.iter().any(|m| m.package == release.0));
    foreign
        .filter_map(|(release, now)| {
            let lost: BTreeSet<String> = monolith.get(release)?.difference(now).cloned().collect();
            (!lost.is_empty()).then(|| (release.clone(), lost))
        })
        .collect()
}

/// Asks for what is missing in the manifests among `files` that depend on it themselves.
pub fn ask(
    missing: &Built,
    direct: &Direct,
    members: &[Member],
    files: &mut BTreeMap<Utf8PathBuf, Vec<u8>>,
) -> Features {
    let mut found = Features::default();
    let root = text(files, "Cargo.toml");
    for (release, missing) in missing {
        let mut asked = false;
        let depends = |m: &&Member| direct.get(&m.package).is_some_and(|d| d.contains(release));
        for member in members.iter().filter(depends) {
            let path = format!("{}/Cargo.toml", member.dir);
            let Some(more) =
                manifest::with_features(&text(files, &path), &root, &release.0, missing)
            else {
                continue;
            };
            files.insert(path.into(), more.into_bytes());
            asked = true;
            found.kept.push(Kept {
                dir: member.dir.clone(),
                package: release.0.clone(),
                features: missing.clone(),
            });
        }
        if !asked {
            found.narrowed.push(Narrowed {
                release: release.clone(),
                features: missing.clone(),
            });
        }
    }
    found
}

fn text(files: &BTreeMap<Utf8PathBuf, Vec<u8>>, path: &str) -> String {
    files
        .get(camino::Utf8Path::new(path))
        .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(name: &str) -> Release {
        (name.to_owned(), "1.0.0".to_owned())
    }

    fn set(words: &str) -> BTreeSet<String> {
        words.split_whitespace().map(str::to_owned).collect()
    }

    fn built(features: &[(&str, &str)]) -> Built {
        let list = features.iter();
        list.map(|(name, list)| (release(name), set(list)))
            .collect()
    }

    fn run(manifest: &str, monolith: &[(&str, &str)], cut: &[(&str, &str)]) -> (String, Features) {
        let mut files = BTreeMap::from([(
            Utf8PathBuf::from("domain/app/Cargo.toml"),
            manifest.as_bytes().to_vec(),
        )]);
        let members = [Member {
            package: "app".to_owned(),
            dir: "domain/app".to_owned(),
        }];
        let direct = Direct::from([(
            "app".to_owned(),
            BTreeSet::from([release("json"), release("log")]),
        )]);
        let missing = missing(&built(monolith), &built(cut), &members);
        let found = ask(&missing, &direct, &members, &mut files);
        (text(&files, "domain/app/Cargo.toml"), found)
    }

    #[test]
    fn a_feature_that_another_crate_asked_for_is_asked_for_here() {
        let (text, found) = run(
            "[dependencies]\njson = \"1\"\n",
            &[("json", "order std"), ("app", "default")],
            &[("json", "std"), ("app", "")],
        );
        assert_eq!(
            text,
            "[dependencies]\njson = { version = \"1\", features = [\"order\"] }\n"
        );
        assert_eq!(found.kept.len(), 1);
        assert!(found.narrowed.is_empty());
    }

    #[test]
    fn an_inherited_and_a_renamed_dependency_take_it_too() {
        let (text, _) = run(
            "[dependencies]\njson = { workspace = true }\nl = { package = \"log\", version = \"1\" }\n",
            &[("json", "order"), ("log", "std")],
            &[("json", ""), ("log", "")],
        );
        assert_eq!(
            text,
            "[dependencies]\njson = { workspace = true, features = [\"order\"] }\n\
             l = { package = \"log\", version = \"1\", features = [\"std\"] }\n"
        );
    }

    #[test]
    fn what_no_manifest_names_is_listed() {
        let (text, found) = run(
            "[dependencies]\njson = \"1\"\n",
            &[("deep", "fast")],
            &[("deep", ""), ("new", "")],
        );
        assert_eq!(text, "[dependencies]\njson = \"1\"\n");
        assert_eq!(
            found.narrowed,
            [Narrowed {
                release: release("deep"),
                features: set("fast"),
            }]
        );
    }
}
