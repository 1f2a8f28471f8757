//! The same features as in the monolith.
//!
//! Cargo unites features over all that is built together. A dependency that the cut shares with the monolith
//! can lose a feature that only another crate asked for, and behave otherwise: `preserve_order` of serde_json
//! is the best known case. Input: what cargo builds for the monolith and for the cut, and the cut's manifests.
//! Output: manifests that ask for what is missing on direct dependencies, and what could not be asked for.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use crate::oracle::features::{Built, Lists, Needs, Release};
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
    /// The packages that moved code in it can name, where not all of its dependencies are: a shim has some of
    /// its own, and what they are built with in the monolith is nothing to it.
    pub named: Option<BTreeSet<String>>,
}

/// The packages of the cut that have fewer features than in the monolith, of those that moved code stands on.
pub fn missing(monolith: &Built, cut: &Built, members: &[Member], needs: &Needs) -> Built {
    let reached = reached(members, needs);
    let foreign = cut
        .iter()
        .filter(|(release, _)| reached.contains(*release))
        .filter(|(release, _)| !members.iter().any(|m| m.package == release.0));
    foreign
        .filter_map(|(release, now)| {
            let lost: BTreeSet<String> = monolith.get(release)?.difference(now).cloned().collect();
            (!lost.is_empty()).then(|| (release.clone(), lost))
        })
        .collect()
}

/// What moved code stands on.
fn reached<'n>(members: &[Member], needs: &'n Needs) -> BTreeSet<&'n Release> {
    let roots = members.iter().flat_map(|member| {
        let own = own(needs, member).into_iter().flatten();
        own.filter(|release| member.named.as_ref().is_none_or(|n| n.contains(&release.0)))
    });
    let mut queue: Vec<&Release> = roots.collect();
    let mut reached = BTreeSet::new();
    while let Some(next) = queue.pop() {
        if reached.insert(next) {
            queue.extend(needs.get(next).into_iter().flatten());
        }
    }
    reached
}

/// A member's own dependencies.
fn own<'n>(needs: &'n Needs, member: &Member) -> Option<&'n BTreeSet<Release>> {
    let found = needs
        .iter()
        .find(|(release, _)| release.0 == member.package);
    found.map(|(_, needs)| needs)
}

/// Asks for what is missing in the manifests among `files` that depend on it themselves.
pub fn ask(
    missing: &Built,
    needs: &Needs,
    lists: &Lists,
    members: &[Member],
    files: &mut BTreeMap<Utf8PathBuf, Vec<u8>>,
) -> Features {
    let mut found = Features::default();
    let root = text(files, "Cargo.toml");
    for (release, missing) in missing {
        let missing = &shortest(missing, lists.get(release));
        let mut asked = false;
        let depends = |m: &&Member| {
            m.named.as_ref().is_none_or(|n| n.contains(&release.0))
                && own(needs, m).is_some_and(|d| d.contains(release))
        };
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

/// The features without those that others of them turn on.
fn shortest(
    features: &BTreeSet<String>,
    lists: Option<&BTreeMap<String, Vec<String>>>,
) -> BTreeSet<String> {
    let Some(lists) = lists else {
        return features.clone();
    };
    let mut left = features.clone();
    for feature in features {
        left.remove(feature);
        let mut queue: Vec<&String> = left.iter().collect();
        let mut on = BTreeSet::new();
        while let Some(next) = queue.pop() {
            if on.insert(next) {
                queue.extend(lists.get(next).into_iter().flatten());
            }
        }
        if !on.contains(feature) {
            left.insert(feature.clone());
        }
    }
    left
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
            named: None,
        }];
        let needs = Needs::from([
            (
                release("app"),
                BTreeSet::from([release("json"), release("log")]),
            ),
            (release("json"), BTreeSet::from([release("deep")])),
        ]);
        let missing = missing(&built(monolith), &built(cut), &members, &needs);
        let found = ask(&missing, &needs, &Lists::new(), &members, &mut files);
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

    /// aquatic: `default-features = false` stood beside `features = ["default"]`.
    #[test]
    fn default_features_are_asked_for_as_people_do() {
        for (before, after) in [
            (
                "json = { version = \"1\", default-features = false }\n",
                "json = \"1\"\n",
            ),
            (
                "json = { version = \"1\", default-features = false, optional = true }\n",
                "json = { version = \"1\", optional = true }\n",
            ),
            (
                "json = { workspace = true }\n",
                "json = { workspace = true, features = [\"default\"] }\n",
            ),
        ] {
            let (text, _) = run(
                &format!("[dependencies]\n{before}"),
                &[("json", "default")],
                &[("json", "")],
            );
            assert_eq!(text, format!("[dependencies]\n{after}"));
        }
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

    #[test]
    fn what_only_a_shim_needs_is_nothing_to_moved_code() {
        let members = [Member {
            package: "thumb".to_owned(),
            dir: "functions/thumb".to_owned(),
            named: Some(set("image")),
        }];
        let needs = Needs::from([
            (
                release("thumb"),
                BTreeSet::from([release("image"), release("tokio")]),
            ),
            (release("image"), BTreeSet::from([release("png")])),
        ]);
        let before = built(&[("image", "a"), ("png", "b"), ("tokio", "signal")]);
        let now = built(&[("image", ""), ("png", ""), ("tokio", "")]);
        let missing = missing(&before, &now, &members, &needs);
        let names: Vec<&str> = missing.keys().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["image", "png"]);
    }

    #[test]
    fn what_another_feature_turns_on_is_not_asked_for() {
        let lists = BTreeMap::from([
            (
                "signal".to_owned(),
                vec!["libc".to_owned(), "dep:mio".to_owned()],
            ),
            ("libc".to_owned(), vec!["dep:libc".to_owned()]),
            ("net".to_owned(), Vec::new()),
        ]);
        let all = set("libc net signal");
        assert_eq!(shortest(&all, Some(&lists)), set("net signal"));
        assert_eq!(shortest(&all, None), all);
        // Two that turn each other on: one of them is enough.
        let circle = BTreeMap::from([
            ("a".to_owned(), vec!["b".to_owned()]),
            ("b".to_owned(), vec!["a".to_owned()]),
        ]);
        assert_eq!(shortest(&set("a b"), Some(&circle)), set("b"));
    }
}
