//! Which crate of the workspace knows which other, and by what name.
//!
//! Input: [`Workspace`] and the crates of [`ItemTree`]. Output: one [`CrateScope`] a crate, without its
//! macros. Refuses nothing: dependencies outside the workspace are left out.

use std::collections::HashMap;

use cargo_metadata::DependencyKind;

use crate::id::{CrateId, ItemId, ModuleId};
use crate::syntax::ItemTree;
use crate::workspace::{Package, TargetShape, Workspace};

/// A crate as its modules see it.
pub(super) struct CrateScope<'a> {
    /// Its root module.
    pub(super) root: ModuleId,
    /// Whether `use` paths start at the root.
    pub(super) is_2015: bool,
    /// The roots of other crates by the name they have here.
    pub(super) externs: HashMap<&'a str, ModuleId>,
    /// All its `macro_rules!`, exported or not.
    pub(super) macros: HashMap<&'a str, Vec<ItemId>>,
    /// Which crates it is or depends on, by their ids.
    pub(super) reach: Vec<bool>,
}

/// The crates of `tree`, in its order.
pub(super) fn crate_scopes<'a>(
    workspace: &'a Workspace,
    tree: &'a ItemTree,
) -> Vec<CrateScope<'a>> {
    let libs: HashMap<_, _> = tree
        .crates
        .iter()
        .filter(|c| c.shape != TargetShape::Bin)
        .map(|c| (c.package, c))
        .collect();
    let by_dir: HashMap<_, &Package> = workspace.packages.iter().map(|p| (&p.dir, p)).collect();
    let mut scopes: Vec<CrateScope<'a>> = Vec::with_capacity(tree.crates.len());
    for krate in &tree.crates {
        let mut externs = HashMap::new();
        let own = libs
            .get(&krate.package)
            .filter(|_| krate.shape == TargetShape::Bin);
        externs.extend(own.map(|lib| (lib.name.as_str(), lib.root)));
        let dependencies = workspace
            .package(krate.package)
            .map_or(&[][..], |p| &p.dependencies);
        for dependency in dependencies
            .iter()
            .filter(|d| d.kind == DependencyKind::Normal)
        {
            let member = dependency.path.as_ref().and_then(|path| by_dir.get(path));
            let Some(lib) = member.and_then(|p| libs.get(&p.id)) else {
                continue;
            };
            // Without a rename the name in code is the lib target's, not the package's.
            let renamed = dependency.key != dependency.package;
            let name = if renamed {
                dependency.extern_name.as_str()
            } else {
                lib.name.as_str()
            };
            externs.insert(name, lib.root);
        }
        scopes.push(CrateScope {
            root: krate.root,
            is_2015: krate.edition == "2015",
            externs,
            macros: HashMap::new(),
            reach: Vec::new(),
        });
    }
    let direct: Vec<Vec<CrateId>> = scopes
        .iter()
        .map(|scope| {
            scope
                .externs
                .values()
                .map(|root| tree.module(*root).krate)
                .collect()
        })
        .collect();
    for (index, scope) in scopes.iter_mut().enumerate() {
        scope.reach = vec![false; tree.crates.len()];
        let mut queue = vec![CrateId::new(index)];
        while let Some(next) = queue.pop() {
            let Some(mark) = scope.reach.get_mut(next.index()) else {
                continue;
            };
            if !std::mem::replace(mark, true) {
                queue.extend(direct.get(next.index()).into_iter().flatten());
            }
        }
    }
    scopes
}
