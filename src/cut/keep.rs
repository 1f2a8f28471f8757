//! Kept whole or slimmed: the choice for each workspace crate that the slice reaches.
//!
//! Input: a layout that compiles, with everything slimmed, and what the user asked for. Output: a
//! [`Choice`] a crate. A crate that is kept whole stays where it is and is a path dependency: one source of
//! truth. All that it depends on is kept too, so that no crate is in one build twice. Refuses, with
//! [`Code::CrateChoice`], what was asked for and cannot be.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use super::layout::{Domain, Layout, Mode};
use super::repair::Round;
use super::state::State;
use super::{Job, stands};
use crate::diag::{Code, Diagnostic, Sink};
use crate::id::CrateId;
use crate::render::manifest;
use crate::syntax::ItemTree;
use crate::text::did_you_mean;
use crate::workspace::{TargetShape, Workspace};

/// What the user asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// `--keep`
    pub keep: BTreeSet<CrateId>,
    /// `--slim`
    pub slim: BTreeSet<CrateId>,
    /// `--lean`: whether impls go that alone hold an external crate.
    pub lean: bool,
}

/// How a crate comes into the output, and why so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// How.
    pub mode: Mode,
    /// Why.
    pub why: Why,
}

/// The reason for a [`Choice`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// `--keep`, `--slim` or `extract.toml`.
    Asked,
    /// A crate that is kept because it was asked for needs it.
    NeededBy(String),
    /// Slimming would drop no dependency.
    NothingToDrop,
    /// Proc-macro crates, and what they stand on, are never cut.
    ProcMacro,
    /// The output does not lie in the workspace's folder: a path out of it would break when it moves.
    Outside,
    /// It holds an entry.
    Entry,
    /// It is a binary, which nothing can depend on.
    Binary,
    /// Slimming it drops these.
    Drops(BTreeSet<String>),
    /// It depends on a crate that is slimmed.
    DependsOn(String),
    /// Its text has to change.
    Edited(&'static str),
    /// rustc has something to say about the whole of it.
    Rustc(String),
}

impl Why {
    /// The reason as the end of a sentence.
    pub fn text(&self) -> String {
        match self {
            Self::Asked => "as asked".to_owned(),
            Self::NeededBy(name) => format!("`{name}` is kept as asked and needs it"),
            Self::NothingToDrop => "slimming it would drop no dependency".to_owned(),
            Self::ProcMacro => "a crate that holds or serves a proc macro is not cut".to_owned(),
            Self::Outside => "the output lies outside of the workspace's folder".to_owned(),
            Self::Entry => "it holds an entry".to_owned(),
            Self::Binary => "it is a binary".to_owned(),
            Self::Drops(names) => {
                let names: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
                format!("that drops {}", names.join(", "))
            }
            Self::DependsOn(name) => format!("it depends on `{name}`, which is slimmed"),
            Self::Edited(what) => (*what).to_owned(),
            Self::Rustc(said) => format!("the whole of it has a warning or an error: {said}"),
        }
    }
}

/// What the user's names mean: names of packages or of their libraries.
pub fn asked(
    workspace: &Workspace,
    tree: &ItemTree,
    keep: &[String],
    slim: &[String],
    sink: &mut Sink,
) -> Asked {
    let mut find = |flag: &str, names: &[String]| -> BTreeSet<CrateId> {
        let mut found = BTreeSet::new();
        for name in names {
            match named(workspace, tree, flag, name) {
                Ok(krate) => {
                    found.insert(krate);
                }
                Err(refused) => sink.push(refused),
            }
        }
        found
    };
    let asked = Asked {
        keep: find("keep", keep),
        slim: find("slim", slim),
        lean: false,
    };
    for krate in asked.keep.intersection(&asked.slim) {
        let name = &tree.krate(*krate).name;
        sink.push(
            impossible(name, "kept whole", "it is to be slimmed as well").help(format!(
                "name it once, for `--keep {name}` or `--slim {name}`"
            )),
        );
    }
    for krate in &asked.slim {
        if tree.krate(*krate).shape == TargetShape::ProcMacro {
            let name = &tree.krate(*krate).name;
            sink.push(impossible(name, "slimmed", &Why::ProcMacro.text()));
        }
    }
    asked
}

fn named(
    workspace: &Workspace,
    tree: &ItemTree,
    flag: &str,
    name: &str,
) -> Result<CrateId, Diagnostic> {
    let same = |other: &str| other.replace('-', "_") == name.replace('-', "_");
    let of = |c: &crate::syntax::Crate| workspace.package(c.package).map(|p| p.name.as_str());
    let mut crates = tree
        .crates
        .iter()
        .filter(|c| same(&c.name) || of(c).is_some_and(same));
    match crates.clone().find(|c| c.shape != TargetShape::Bin) {
        Some(found) => Ok(found.id),
        None if crates.next().is_some() => {
            let what = if flag == "keep" {
                "kept whole"
            } else {
                "slimmed"
            };
            Err(impossible(name, what, "it has no library")
                .help("a binary that holds an entry always becomes a library of its own"))
        }
        None => {
            let names = workspace.packages.iter().map(|p| p.name.as_str());
            let mut refused = Diagnostic::new(
                Code::NotAMember,
                format!("no crate of the workspace is called `{name}`"),
            )
            .note(format!("it is named for `--{flag}`"));
            if let Some(near) = did_you_mean(name, names) {
                refused = refused.help(format!("did you mean `{near}`?"));
            }
            Err(refused)
        }
    }
}

fn impossible(name: &str, what: &str, why: &str) -> Diagnostic {
    Diagnostic::new(
        Code::CrateChoice,
        format!("`{name}` cannot be {what}: {why}"),
    )
}

/// The choice before anything is known of the cut: what is asked to be kept, with all that it needs.
///
/// # Errors
/// [`Code::CrateChoice`] when that contradicts an entry or `--slim`.
pub fn first(job: &Job<'_>) -> Result<BTreeMap<CrateId, Choice>, Diagnostic> {
    let mut choices = BTreeMap::new();
    for krate in &job.asked.keep {
        let name = &job.tree.krate(*krate).name;
        for needed in std::iter::once(*krate).chain(stands::all(job, *krate, &stands::built)) {
            let why = if job.asked.slim.contains(&needed) {
                Some("is to be slimmed")
            } else if holds_entry(job, needed) {
                Some("holds an entry, and what holds an entry is cut")
            } else {
                None
            };
            if let Some(why) = why {
                let subject = if needed == *krate {
                    "it".to_owned()
                } else {
                    format!("it depends on `{}`, which", job.tree.krate(needed).name)
                };
                return Err(
                    impossible(name, "kept whole", &format!("{subject} {why}")).help(format!(
                        "leave `--keep {name}` out: it is kept or slimmed as it fits"
                    )),
                );
            }
            let why = if job.asked.keep.contains(&needed) {
                Why::Asked
            } else {
                Why::NeededBy(name.clone())
            };
            choices.insert(
                needed,
                Choice {
                    mode: Mode::Kept,
                    why,
                },
            );
        }
    }
    Ok(choices)
}

/// The choice for every crate of a layout that compiles.
///
/// # Errors
/// [`Code::CrateChoice`] when a crate that was asked to be kept needs an edit.
pub fn choose(
    job: &Job<'_>,
    layout: &Layout,
    state: &State,
) -> Result<BTreeMap<CrateId, Choice>, Diagnostic> {
    let forced = first(job)?;
    let mut slimmed: BTreeMap<CrateId, Why> = BTreeMap::new();
    for domain in &layout.domains {
        let found = against(job, layout, state, domain);
        match (forced.contains_key(&domain.krate), found) {
            (true, Some(why @ (Why::Edited(_) | Why::Rustc(_)))) => {
                return Err(impossible(&domain.package_name, "kept whole", &why.text())
                    .help("leave `--keep` out: then the copy in the output gets what is needed"));
            }
            (true, _) | (false, None) => {}
            (false, Some(why)) => {
                slimmed.insert(domain.krate, why);
            }
        }
    }
    // All that a kept crate depends on is kept.
    loop {
        let next = layout.domains.iter().find_map(|domain| {
            if slimmed.contains_key(&domain.krate) || forced.contains_key(&domain.krate) {
                return None;
            }
            let below = stands::on(job, domain.krate, &stands::built);
            let lost = below.into_iter().find_map(|needed| {
                let name = job.tree.krate(needed).name.clone();
                if slimmed.contains_key(&needed) {
                    Some(Why::DependsOn(name))
                } else if layout.domains.iter().any(|d| d.krate == needed) {
                    None
                } else {
                    Some(Why::Drops(BTreeSet::from([name])))
                }
            });
            lost.map(|why| (domain.krate, why))
        });
        let Some((krate, why)) = next else { break };
        slimmed.insert(krate, why);
    }
    let choices = layout.domains.iter().map(|domain| {
        let choice = match slimmed.remove(&domain.krate) {
            Some(_) if domain.mode == Mode::Copied => Choice {
                mode: Mode::Copied,
                why: Why::ProcMacro,
            },
            Some(why) => Choice {
                mode: Mode::Slimmed,
                why,
            },
            None => forced.get(&domain.krate).cloned().unwrap_or(Choice {
                mode: Mode::Kept,
                why: if domain.mode == Mode::Copied {
                    Why::ProcMacro
                } else {
                    Why::NothingToDrop
                },
            }),
        };
        (domain.krate, choice)
    });
    Ok(choices.collect())
}

/// Notes the kept crates that rustc has something to say about; tells whether there are any. With `all`,
/// every crate is noted whose keeping was not asked for: the cut fails for a reason that does not show.
pub fn unfit(round: &Round<'_>, state: &mut State, all: bool) -> bool {
    let mut changed = false;
    let kept = round.layout.domains.iter().filter(|d| d.mode == Mode::Kept);
    for domain in kept {
        let said = round
            .run
            .errors()
            .chain(round.run.warnings())
            .filter(|m| !m.is_bin && m.target == domain.lib_name)
            .map(|m| m.diagnostic.message.clone())
            .next();
        let is_asked = state
            .choices
            .get(&domain.krate)
            .is_some_and(|c| matches!(c.why, Why::Asked | Why::NeededBy(_)));
        let said = said
            .or_else(|| (all && !is_asked).then(|| "the cut did not compile beside it".to_owned()));
        if let Some(said) = said {
            changed |= state.unkeepable.insert(domain.krate, said).is_none();
        }
    }
    changed
}

/// What speaks against keeping a crate whole, by itself.
fn against(job: &Job<'_>, layout: &Layout, state: &State, domain: &Domain) -> Option<Why> {
    let tree = job.tree;
    let shape = tree.krate(domain.krate).shape;
    if shape == TargetShape::Bin {
        return Some(Why::Binary);
    }
    if job.asked.slim.contains(&domain.krate) {
        return Some(Why::Asked);
    }
    if let Some(said) = state.unkeepable.get(&domain.krate) {
        return Some(Why::Rustc(said.clone()));
    }
    if holds_entry(job, domain.krate) {
        return Some(Why::Entry);
    }
    let here = |id: &crate::id::ItemId| tree.item(*id).krate == domain.krate;
    if state.attributes.keys().any(here) {
        return Some(Why::Edited("a type that crosses needs an attribute"));
    }
    if state.widen.iter().any(here) {
        return Some(Why::Edited("something in it has to become `pub`"));
    }
    if !job.out.starts_with(&job.workspace.root) {
        return Some(Why::Outside);
    }
    let drops = drops(job, layout, state, domain);
    (!drops.is_empty()).then_some(Why::Drops(drops))
}

/// The dependencies of a crate, members aside, that its slimmed version does without.
pub fn drops(job: &Job<'_>, layout: &Layout, state: &State, domain: &Domain) -> BTreeSet<String> {
    let (Some(package), Mode::Slimmed) = (job.workspace.package(domain.package), domain.mode)
    else {
        return BTreeSet::new();
    };
    let path = Utf8PathBuf::from(&domain.dir).join("Cargo.toml");
    let text = layout
        .files
        .get(&path)
        .map(|f| String::from_utf8_lossy(&f.bytes))
        .unwrap_or_default();
    let left = manifest::dependency_keys_of(&text);
    let unused = state.unused.get(&domain.dir);
    let dependencies = package.dependencies.iter();
    dependencies
        .filter(|d| stands::built(package, d) && job.workspace.member(d).is_none())
        .filter(|d| !left.contains(&d.key) || unused.is_some_and(|u| u.contains(&d.key)))
        .map(|d| d.package.clone())
        .collect()
}

fn holds_entry(job: &Job<'_>, krate: CrateId) -> bool {
    job.entries
        .iter()
        .any(|e| job.tree.item(e.item).krate == krate)
}
