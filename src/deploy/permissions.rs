//! Which of AWS's actions a function needs, read off the calls in the code that it can reach.
//!
//! Input: the cut, an entry, and the operations of the client crates. Output: [`Needs`]: actions, and what they could
//! not be derived for. Guesses nothing: a method that two clients have, or that IAM has no single action for, is said.

use std::collections::{BTreeMap, BTreeSet};

use crate::cut::{Cut, Job};
use crate::id::{ItemId, PackageId, line_column};
use crate::render::deploy::calls;
use crate::render::deploy::iam::{self, Action};
use crate::render::deploy::model::Unknown;
use crate::slice::{self, Seeds};
use crate::syntax::ItemKind;

/// The methods that make operations, by client crate.
pub type Clients = BTreeMap<String, BTreeSet<String>>;

/// Crates that call AWS, and whose operations are not read.
const OTHERS: &[&str] = &[
    "rusoto_",
    "object_store",
    "rust-s3",
    "opendal",
    "aws-sdk-s3-transfer-manager",
    "dynomite",
    "modyne",
];

/// What a function needs.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// Actions.
    pub actions: BTreeSet<Action>,
    /// What is not known.
    pub unknown: BTreeSet<Unknown>,
}

/// What an entry's code calls.
pub fn permissions(job: &Job<'_>, cut: &Cut, entry: ItemId, clients: &Clients) -> Needs {
    let tree = job.tree;
    let seeds = Seeds {
        entries: vec![entry],
        blocked: cut.state.seeds.blocked.clone(),
        ..Seeds::default()
    };
    let alone = slice::slice(tree, job.rules, &seeds);
    let mut needs = Needs::default();
    let mut near: BTreeMap<PackageId, Near> = BTreeMap::new();
    for item in alone.kept.keys().copied() {
        if !cut.slice.kept.contains_key(&item) {
            continue;
        }
        let raw = tree.raw(item);
        // Their members are kept by themselves.
        if matches!(raw.kind, ItemKind::Impl | ItemKind::Trait | ItemKind::Mod) {
            continue;
        }
        let package = tree.krate(tree.item(item).krate).package;
        let near = near
            .entry(package)
            .or_insert_with(|| Near::new(job, package, clients));
        if near.clients.is_empty() {
            continue;
        }
        let file = tree.file(tree.item(item).file);
        let local: BTreeSet<u32> = job.graph.out(item).map(|e| e.offset).collect();
        for call in calls::calls(raw.range.of(&file.text)) {
            let offset = raw.range.start + call.offset;
            // rustc knows it as one of the workspace's own.
            if local.contains(&offset) {
                continue;
            }
            let (line, _) = line_column(&file.text, offset);
            let at = format!("{}:{line}", job.workspace.relative(&file.path));
            let mut open = |why: String| {
                needs.unknown.insert(Unknown {
                    at: at.clone(),
                    why,
                });
            };
            if call.is_indirect {
                open("`send_with` sends an input that was built elsewhere".to_owned());
                continue;
            }
            match near.with(&call.method).as_slice() {
                [] => {}
                [krate] => match iam::actions(krate, &call.method) {
                    Ok(actions) => needs.actions.extend(actions),
                    Err(why) => open(format!("`{}`: {why}", call.method)),
                },
                several => open(format!(
                    "`{}` is an operation of several clients: {}",
                    call.method,
                    several.join(", ")
                )),
            }
        }
    }
    for (package, near) in &near {
        for name in &near.others {
            let of = job
                .workspace
                .package(*package)
                .map_or("", |p| p.name.as_str());
            needs.unknown.insert(Unknown {
                at: of.to_owned(),
                why: format!("`{name}` calls AWS too; its calls are not read"),
            });
        }
    }
    needs
}

/// The client crates that a package can name, by its own dependencies or those of members that it stands on.
struct Near<'a> {
    clients: BTreeMap<&'a str, &'a BTreeSet<String>>,
    others: BTreeSet<String>,
}

impl<'a> Near<'a> {
    fn new(job: &Job<'_>, package: PackageId, clients: &'a Clients) -> Self {
        let mut near = Self {
            clients: BTreeMap::new(),
            others: BTreeSet::new(),
        };
        let mut seen = BTreeSet::new();
        let mut queue = vec![package];
        while let Some(id) = queue.pop() {
            let Some(package) = job.workspace.package(id).filter(|_| seen.insert(id)) else {
                continue;
            };
            let built = package
                .dependencies
                .iter()
                .filter(|d| d.kind == cargo_metadata::DependencyKind::Normal && package.builds(d));
            for dependency in built {
                let name = dependency.package.as_str();
                if let Some((name, operations)) = clients.get_key_value(name) {
                    near.clients.insert(name, operations);
                }
                if OTHERS.iter().any(|other| name.starts_with(other)) {
                    near.others.insert(name.to_owned());
                }
                let member =
                    |p: &&crate::workspace::Package| Some(&p.dir) == dependency.path.as_ref();
                queue.extend(job.workspace.packages.iter().find(member).map(|p| p.id));
            }
        }
        near
    }

    /// The clients that have an operation.
    fn with(&self, method: &str) -> Vec<&'a str> {
        let found = self.clients.iter().filter(|(_, ops)| ops.contains(method));
        found.map(|(name, _)| *name).collect()
    }
}
