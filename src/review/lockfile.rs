//! The format of `extract.lock`: what was delivered and where it came from, a JSON object a line.
//!
//! Input: [`Lock`] or its text. Output: the other. Refuses a text without our header or with a line that
//! is not ours: such a folder is treated as the user's. This is the only reader and writer of the format.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::binding::Source;
use crate::binding::returned::RETURN;
use crate::entry::feed::Wishes;
use crate::id::CrateId;
use crate::syntax::ItemTree;
use crate::target::Target;
use crate::workspace::{TargetShape, Workspace};

/// The file's name, at the top of an output folder.
pub const NAME: &str = "extract.lock";

/// The first line.
pub const HEADER: &str = "# extract.lock v1: made by extract; do not edit";

/// What any version's first line starts with.
const ANY_VERSION: &str = "# extract.lock v";

/// Where a delivered file's text came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The source file, relative to the monolith's root.
    pub from: Utf8PathBuf,
    /// The crate that it is part of there: `shop/lib`, `shop/bin/till`.
    pub of: String,
    /// The hash of the whole source file.
    pub sha256: String,
    /// The hash of the kept stretches alone: unchanged when only code that was left behind changes.
    pub kept_sha256: String,
    /// The kept byte ranges of the source, in order.
    pub kept: Vec<[u32; 2]>,
    /// Where each of them starts in the delivered file.
    pub at: Vec<u32>,
}

/// What the monolith was built with when the cut was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Build {
    /// `--package`
    pub package: Option<String>,
    /// The features.
    pub features: Vec<String>,
    /// `--all-features`
    pub all_features: bool,
    /// `--no-default-features`
    pub no_default_features: bool,
}

/// The content of `extract.lock`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// What the monolith was built with.
    pub build: Build,
    /// Entries as the user named them, with the names of their function crates.
    pub entries: BTreeMap<String, String>,
    /// What was said of their triggers and parameters, where anything was.
    pub wishes: BTreeMap<String, Wishes>,
    /// The hash of every delivered file but the lock itself, by relative path.
    pub files: BTreeMap<Utf8PathBuf, String>,
    /// Where moved files came from, by their path in the output.
    pub moved: BTreeMap<Utf8PathBuf, Moved>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum Line {
    Build(Build),
    Entry {
        path: String,
        function: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        triggers: Vec<String>,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        bind: BTreeMap<String, Vec<String>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target: Option<Target>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        retry_on: Vec<String>,
    },
    File {
        path: Utf8PathBuf,
        sha256: String,
    },
    Moved {
        path: Utf8PathBuf,
        from: Utf8PathBuf,
        of: String,
        sha256: String,
        kept_sha256: String,
        kept: Vec<[u32; 2]>,
        at: Vec<u32>,
    },
}

impl Lock {
    /// A lock over `files`; `extract.lock` itself is left out.
    pub fn of(files: &BTreeMap<Utf8PathBuf, Vec<u8>>) -> Self {
        let mut files = hashes(files);
        files.remove(Utf8Path::new(NAME));
        Self {
            files,
            ..Self::default()
        }
    }

    /// The text of `extract.lock`.
    pub fn to_text(&self) -> String {
        let entries = self.entries.iter().map(|(path, function)| {
            let wishes = self.wishes.get(path).cloned().unwrap_or_default();
            let triggers = wishes.triggers.iter().map(ToString::to_string);
            let texts = |sources: Vec<Source>| sources.iter().map(ToString::to_string).collect();
            let bind = wishes
                .bind
                .into_iter()
                .map(|(name, said)| (name, texts(said)));
            let returned = wishes.returned.iter().map(ToString::to_string);
            let returned: Vec<String> = returned.collect();
            let returned = Some((RETURN.to_owned(), returned)).filter(|(_, all)| !all.is_empty());
            Line::Entry {
                path: path.clone(),
                function: function.clone(),
                triggers: triggers.collect(),
                bind: bind.chain(returned).collect(),
                target: Some(wishes.target).filter(|target| *target != Target::Lambda),
                retry_on: wishes.retry_on,
            }
        });
        let files = self.files.iter().map(|(path, sha256)| Line::File {
            path: path.clone(),
            sha256: sha256.clone(),
        });
        let moved = self.moved.iter().map(|(path, moved)| Line::Moved {
            path: path.clone(),
            from: moved.from.clone(),
            of: moved.of.clone(),
            sha256: moved.sha256.clone(),
            kept_sha256: moved.kept_sha256.clone(),
            kept: moved.kept.clone(),
            at: moved.at.clone(),
        });
        let mut text = format!("{HEADER}\n");
        let build = std::iter::once(Line::Build(self.build.clone()));
        for line in build.chain(entries).chain(files).chain(moved) {
            // Strings and numbers always serialize.
            if let Ok(json) = serde_json::to_string(&line) {
                text.push_str(&json);
                text.push('\n');
            }
        }
        text
    }

    /// Reads the text of `extract.lock`.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it, for a person.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut lines = text.lines().enumerate();
        let first = lines.next().map_or("", |(_, line)| line);
        if first != HEADER {
            let why = if is_ours(text) {
                "another version of extract made it"
            } else {
                "its first line is not extract's"
            };
            return Err(why.to_owned());
        }
        let mut lock = Self::default();
        for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            let line: Line = serde_json::from_str(line)
                .map_err(|error| format!("line {} does not read: {error}", number + 1))?;
            match line {
                Line::Build(build) => lock.build = build,
                Line::Entry {
                    path,
                    function,
                    triggers,
                    bind,
                    target,
                    retry_on,
                } => {
                    let mut wishes = wishes(&triggers, bind, target.unwrap_or_default())
                        .map_err(|error| format!("line {} does not read: {error}", number + 1))?;
                    wishes.retry_on = retry_on;
                    if wishes != Wishes::default() {
                        lock.wishes.insert(path.clone(), wishes);
                    }
                    lock.entries.insert(path, function);
                }
                Line::File { path, sha256 } => {
                    lock.files.insert(path, sha256);
                }
                Line::Moved {
                    path,
                    from,
                    of,
                    sha256,
                    kept_sha256,
                    kept,
                    at,
                } => {
                    lock.moved.insert(
                        path,
                        Moved {
                            from,
                            of,
                            sha256,
                            kept_sha256,
                            kept,
                            at,
                        },
                    );
                }
            }
        }
        Ok(lock)
    }
}

/// What the texts of an entry's line say.
fn wishes(
    triggers: &[String],
    bind: BTreeMap<String, Vec<String>>,
    target: Target,
) -> Result<Wishes, String> {
    let mut wishes = Wishes {
        target,
        ..Wishes::default()
    };
    for name in triggers {
        wishes.triggers.push(name.parse()?);
    }
    for (name, sources) in bind {
        if name == RETURN {
            let read: Result<_, String> = sources.iter().map(|text| text.parse()).collect();
            wishes.returned = read?;
            continue;
        }
        let read: Result<Vec<Source>, String> = sources.iter().map(|text| text.parse()).collect();
        wishes.bind.insert(name, read?);
    }
    Ok(wishes)
}

/// A crate as the lock names it: `shop/lib`, `shop/bin/till`.
pub fn crate_key(workspace: &Workspace, tree: &ItemTree, krate: CrateId) -> String {
    let krate = tree.krate(krate);
    let package = workspace.package(krate.package);
    let package = package.map_or("", |p| p.name.as_str());
    match krate.shape {
        TargetShape::Lib | TargetShape::ProcMacro => format!("{package}/lib"),
        TargetShape::Bin => format!("{package}/bin/{}", krate.name),
    }
}

/// Whether a text starts with the header of any version.
pub fn is_ours(text: &str) -> bool {
    text.starts_with(ANY_VERSION)
}

/// The SHA-256 of every file.
pub fn hashes(files: &BTreeMap<Utf8PathBuf, Vec<u8>>) -> BTreeMap<Utf8PathBuf, String> {
    files
        .par_iter()
        .map(|(path, bytes)| (path.clone(), sha256(bytes)))
        .collect()
}

/// The SHA-256 of some bytes, in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
