//! Which features each package is built with.
//!
//! Input: a workspace's folder and the arguments that select what is built. Output: [`Built`] and [`Needs`], as
//! cargo's own resolver has them. An answer that cannot be had without the network, or without a change to the lock file, is `None`; the caller says so.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};

use camino::Utf8Path;
use cargo_metadata::MetadataCommand;

use crate::workspace::cargo_program;

/// A package's name and version.
pub type Release = (String, String);

/// The features of each package, over all the places where it is built.
pub type Built = BTreeMap<Release, BTreeSet<String>>;

/// The packages that each package depends on itself.
pub type Needs = BTreeMap<Release, BTreeSet<Release>>;

/// What the selection in `dir` is built with. Development and build dependencies count for nothing here: they
/// are not part of what runs.
pub fn built(dir: &Utf8Path, args: &[String], toolchain: Option<&str>) -> Option<Built> {
    let text = tree(dir, args, &["--prefix", "none"], toolchain)?;
    Some(features(&text))
}

/// What each package of the selection depends on.
pub fn needs(dir: &Utf8Path, args: &[String], toolchain: Option<&str>) -> Option<Needs> {
    let text = tree(dir, args, &["--prefix", "depth"], toolchain)?;
    Some(levels(&text))
}

/// The features of each package and what each of them turns on, by the packages' own manifests.
pub type Lists = BTreeMap<Release, BTreeMap<String, Vec<String>>>;

/// What the packages in a workspace's lock file offer; empty when cargo cannot tell.
pub fn lists(dir: &Utf8Path, toolchain: Option<&str>) -> Lists {
    let mut command = MetadataCommand::new();
    command
        .manifest_path(dir.join("Cargo.toml"))
        .current_dir(dir)
        .other_options(["--offline".to_owned(), "--locked".to_owned()]);
    if let Some(toolchain) = toolchain {
        command.env("RUSTUP_TOOLCHAIN", toolchain);
    }
    let packages = command.exec().map(|m| m.packages).unwrap_or_default();
    packages
        .into_iter()
        .map(|p| ((p.name.to_string(), p.version.to_string()), p.features))
        .map(|(release, features)| (release, features.into_iter().collect()))
        .collect()
}

/// Lets cargo bring the lock file of a folder of ours in line with its manifests.
pub fn settle(dir: &Utf8Path, toolchain: Option<&str>) {
    let mut command = Command::new(cargo_program());
    command
        .args(["tree", "--offline", "--depth", "0", "--workspace"])
        .current_dir(dir)
        .stdin(Stdio::null());
    if let Some(toolchain) = toolchain {
        command.env("RUSTUP_TOOLCHAIN", toolchain);
    }
    // Where that fails, the next question has no answer, and its caller says so.
    let _ = command.output();
}

fn tree(
    dir: &Utf8Path,
    args: &[String],
    shape: &[&str],
    toolchain: Option<&str>,
) -> Option<String> {
    let mut command = Command::new(cargo_program());
    command
        // Locked, so that a stale lock file is not rewritten by a question.
        .args(["tree", "--offline", "--locked", "--edges", "normal"])
        .args(["--format", "{p}|{f}"])
        .args(shape)
        .args(args)
        .current_dir(dir)
        .env("CARGO_TERM_COLOR", "never")
        .env("CARGO_TERM_QUIET", "true")
        .stdin(Stdio::null());
    if let Some(toolchain) = toolchain {
        command.env("RUSTUP_TOOLCHAIN", toolchain);
    }
    let output = command.output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// `serde v1.0.228|alloc,std` as a release and its features.
fn line(text: &str) -> Option<(Release, BTreeSet<String>)> {
    let (package, features) = text.rsplit_once('|')?;
    let mut words = package.split_whitespace();
    let name = words.next()?.to_owned();
    let version = words.next()?.strip_prefix('v')?.to_owned();
    let features = features.trim_end_matches("(*)").trim();
    let features = features
        .split(',')
        .filter(|f| !f.is_empty())
        .map(str::to_owned);
    Some(((name, version), features.collect()))
}

fn features(text: &str) -> Built {
    let mut found = Built::new();
    for (release, features) in text.lines().filter_map(line) {
        found.entry(release).or_default().extend(features);
    }
    found
}

/// The lines of a tree with the depth in front of each. A package's own dependencies stand below one of its
/// lines; the others say `(*)`.
fn levels(text: &str) -> Needs {
    let mut found = Needs::new();
    let mut above: Vec<Release> = Vec::new();
    for text in text.lines() {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (depth, rest) = text.split_at(digits);
        let (Ok(depth), Some((release, _))) = (depth.parse::<usize>(), line(rest)) else {
            continue;
        };
        above.truncate(depth);
        if let Some(parent) = above.last() {
            let needs = found.entry(parent.clone()).or_default();
            needs.insert(release.clone());
        }
        found.entry(release.clone()).or_default();
        above.push(release);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_united_over_all_places() {
        let text = "app v0.1.0 (/home/a|b/app)|default\n\
                    serde v1.0.0|alloc\n\
                    derive v1.0.0 (proc-macro)|\n\
                    \n\
                    serde v1.0.0|std (*)\n\
                    serde v2.0.0|\n";
        let found = features(text);
        let of = |name: &str, version: &str| {
            let release = (name.to_owned(), version.to_owned());
            found
                .get(&release)
                .map(|f| f.iter().cloned().collect::<Vec<_>>().join(" "))
        };
        assert_eq!(of("serde", "1.0.0").as_deref(), Some("alloc std"));
        assert_eq!(of("serde", "2.0.0").as_deref(), Some(""));
        assert_eq!(of("app", "0.1.0").as_deref(), Some("default"));
        assert_eq!(of("derive", "1.0.0").as_deref(), Some(""));
    }

    #[test]
    fn dependencies_belong_to_the_package_above_them() {
        let text = "0app v0.1.0 (/app)|\n1serde v1.0.0|std\n2core v3.0.0|\n1log v0.4.0|\n\n\
                    0lib v0.2.0 (/lib)|\n1log v0.4.0|\n1serde v1.0.0|std (*)\n";
        let found = levels(text);
        let of = |name: &str| {
            let needs = found.iter().find(|(release, _)| release.0 == name);
            let needs = needs.into_iter().flat_map(|(_, needs)| needs);
            needs.map(|(name, _)| name.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(of("app"), ["log", "serde"]);
        assert_eq!(of("lib"), ["log", "serde"]);
        assert_eq!(of("serde"), ["core"]);
    }
}
