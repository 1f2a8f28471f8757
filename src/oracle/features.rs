//! Which features each package is built with.
//!
//! Input: a workspace's folder and the arguments that select what is built. Output: [`Built`] and [`Direct`], as
//! cargo's own resolver has them. An answer that cannot be had without the network, or without a change to the lock file, is `None`; the caller says so.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};

use camino::Utf8Path;

use crate::workspace::cargo_program;

/// A package's name and version.
pub type Release = (String, String);

/// The features of each package, over all the places where it is built.
pub type Built = BTreeMap<Release, BTreeSet<String>>;

/// The direct dependencies of each selected member, by the member's name.
pub type Direct = BTreeMap<String, BTreeSet<Release>>;

/// What the selection in `dir` is built with. Development and build dependencies count for nothing here: they
/// are not part of what runs.
pub fn built(dir: &Utf8Path, args: &[String], toolchain: Option<&str>) -> Option<Built> {
    let text = tree(dir, args, &["--prefix", "none"], toolchain)?;
    Some(features(&text))
}

/// What the selected members themselves depend on.
pub fn direct(dir: &Utf8Path, args: &[String], toolchain: Option<&str>) -> Option<Direct> {
    let shape = ["--prefix", "depth", "--depth", "1", "--no-dedupe"];
    let text = tree(dir, args, &shape, toolchain)?;
    Some(first_level(&text))
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

fn first_level(text: &str) -> Direct {
    let mut found = Direct::new();
    let mut member = String::new();
    for text in text.lines() {
        let (depth, rest) = match (text.strip_prefix('0'), text.strip_prefix('1')) {
            (Some(rest), _) => (0, rest),
            (_, Some(rest)) => (1, rest),
            _ => continue,
        };
        let Some((release, _)) = line(rest) else {
            continue;
        };
        if depth == 0 {
            member.clone_from(&release.0);
            found.entry(release.0).or_default();
        } else {
            found.entry(member.clone()).or_default().insert(release);
        }
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
    fn direct_dependencies_belong_to_the_member_above_them() {
        let text = "0app v0.1.0 (/app)|\n1serde v1.0.0|std\n\n0core v0.2.0 (/core)|\n1log v0.4.0|\n1app v0.1.0 (/app)|\n";
        let found = first_level(text);
        assert_eq!(found.len(), 2);
        let of_core = found.get("core").cloned().unwrap_or_default();
        assert_eq!(
            of_core.into_iter().map(|r| r.0).collect::<Vec<_>>(),
            ["app", "log"]
        );
    }
}
