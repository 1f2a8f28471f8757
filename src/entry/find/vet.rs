//! Whether a function can be an entry at all, before anyone asks what crosses its boundary.
//!
//! Input: a found function. Output: yes, or a diagnostic in the sink. Refuses proc-macro crates, tests and
//! `main`, cfg'd-off and unselected code, unsafe and foreign functions, and `const fn`s in types.

use std::str::FromStr as _;

use cargo_platform::{Cfg, CfgExpr};

use crate::diag::{Code, Diagnostic, Sink};
use crate::graph::ItemGraph;
use crate::id::{ItemId, ModuleId};
use crate::syntax::{ItemKind, ItemTree, Payload};
use crate::workspace::{TargetShape, Workspace};

/// Whether `item` can be an entry.
pub(super) fn vet(tree: &ItemTree, workspace: &Workspace, item: ItemId, sink: &mut Sink) -> bool {
    let refusal = in_proc_macro(tree, item)
        .or_else(|| test_or_main(tree, item))
        .or_else(|| cfg_off(tree, workspace, item))
        .or_else(|| unselected(tree, workspace, item))
        .or_else(|| not_safe(tree, item));
    match refusal {
        Some(diagnostic) => {
            sink.push(diagnostic.at(tree.place(workspace, item)));
            false
        }
        None => true,
    }
}

/// Whether an item is a test or lies in test code.
pub(super) fn is_test(tree: &ItemTree, item: ItemId) -> bool {
    let own = tree.raw(item).attrs.iter().any(|a| {
        let last = a.path.rsplit("::").next().unwrap_or(&a.path);
        matches!(
            last,
            "test" | "bench" | "rstest" | "test_case" | "quickcheck" | "proptest"
        )
    });
    own || chain(tree, item)
        .iter()
        .any(|node| tree.raw(*node).cfgs().any(|cfg| cfg.trim() == "test"))
}

/// Whether an item is a member of a trait's impl.
pub(super) fn in_trait_impl(tree: &ItemTree, item: ItemId) -> bool {
    tree.item(item).parent.is_some_and(|parent| {
        matches!(&tree.raw(parent).payload, Payload::Impl(head) if head.trait_path.is_some())
    })
}

/// Whether an item is a binary's `main`.
pub(super) fn is_main(tree: &ItemTree, item: ItemId) -> bool {
    let node = tree.item(item);
    let raw = tree.raw(item);
    let krate = tree.krate(node.krate);
    raw.kind == ItemKind::Fn
        && raw.name == "main"
        && node.module == krate.root
        && krate.shape == TargetShape::Bin
}

/// Refuses a `const fn` that is needed at compile time.
pub(super) fn vet_const(
    tree: &ItemTree,
    graph: &ItemGraph,
    workspace: &Workspace,
    entry: ItemId,
    sink: &mut Sink,
) -> bool {
    if !tree.raw(entry).signature().is_some_and(|sig| sig.is_const) {
        return true;
    }
    let user = graph.into(entry).find(|edge| {
        let kind = tree.raw(edge.from).kind;
        matches!(
            kind,
            ItemKind::Const
                | ItemKind::Static
                | ItemKind::ImplConst
                | ItemKind::TraitConst
                | ItemKind::TypeAlias
                | ItemKind::ImplType
                | ItemKind::TraitType
                | ItemKind::Struct
                | ItemKind::Enum
                | ItemKind::Union
                | ItemKind::Variant
                | ItemKind::Field
        ) || in_array_length(
            &tree.file(edge.file).text,
            tree.raw(edge.from).range.start,
            edge.offset,
        )
    });
    let Some(edge) = user else { return true };
    let place = tree.place_at(workspace, edge.file, edge.offset);
    let what = tree.raw(tree.unit(edge.from));
    let (noun, name) = (what.kind.noun(), tree.path(tree.unit(edge.from)));
    sink.push(
        Diagnostic::new(
            Code::EntryConstInTypes,
            format!(
                "`{}` is evaluated at compile time, by the {noun} `{name}`",
                tree.path(entry)
            ),
        )
        .at(tree.place(workspace, entry))
        .note(format!("it is needed at {}:{}", place.file, place.line))
        .note("what the compiler needs to build the monolith cannot run elsewhere")
        .help("write a function that calls it, and name that"),
    );
    false
}

/// Whether the byte at `offset` lies after the `;` of an array type or expression that opens after `start`.
fn in_array_length(text: &str, start: u32, offset: u32) -> bool {
    let before = text.get(start as usize..offset as usize).unwrap_or("");
    let (mut depth, mut semicolon) = (0usize, false);
    for c in before.chars().rev() {
        match c {
            ')' | ']' | '}' => depth += 1,
            '[' if depth == 0 => return semicolon,
            '(' | '{' if depth == 0 => return false,
            '(' | '{' | '[' => depth -= 1,
            ';' if depth == 0 => semicolon = true,
            _ => {}
        }
    }
    false
}

fn in_proc_macro(tree: &ItemTree, item: ItemId) -> Option<Diagnostic> {
    (tree.krate(tree.item(item).krate).shape == TargetShape::ProcMacro).then(|| {
        Diagnostic::new(
            Code::EntryInProcMacro,
            format!(
                "`{}` runs inside the compiler, in a proc-macro crate",
                tree.path(item)
            ),
        )
        .note("nothing calls it when the program runs")
        .help("move the function into a library that the proc-macro crate uses, and name it there")
    })
}

fn test_or_main(tree: &ItemTree, item: ItemId) -> Option<Diagnostic> {
    let path = tree.path(item);
    if is_main(tree, item) {
        return Some(
            Diagnostic::new(Code::EntryTest, format!("`{path}` is the program's `main`"))
                .note("`main` takes no input and its result is the process's")
                .help("name a function that it calls"),
        );
    }
    is_test(tree, item).then(|| {
        Diagnostic::new(Code::EntryTest, format!("`{path}` is test code"))
            .note("tests come along with the function that they test")
            .help("name the function that it tests")
    })
}

fn cfg_off(tree: &ItemTree, workspace: &Workspace, item: ItemId) -> Option<Diagnostic> {
    if tree.item(item).active {
        return None;
    }
    if let Some(diagnostic) = target_off(tree, workspace, item) {
        return Some(diagnostic);
    }
    let mut cfgs = workspace.host_cfg.clone();
    if let Some(package) = workspace.package(tree.krate(tree.item(item).krate).package) {
        cfgs.extend(
            package
                .active_features
                .iter()
                .filter_map(|f| Cfg::from_str(&format!("feature = {f:?}")).ok()),
        );
    }
    let fails =
        |cfg: &&str| CfgExpr::from_str(cfg).is_ok_and(|predicate| !predicate.matches(&cfgs));
    let nodes = chain(tree, item);
    let predicates: Vec<String> = nodes
        .iter()
        .flat_map(|node| tree.raw(*node).cfgs().filter(fails))
        .map(|cfg| cfg.trim().to_owned())
        .collect();
    let shown: Vec<String> = predicates
        .iter()
        .map(|p| format!("`#[cfg({p})]`"))
        .collect();
    let mut diagnostic = Diagnostic::new(
        Code::EntryCfgOff,
        format!(
            "`{}` is left out by {}",
            tree.path(item),
            shown.join(" and ")
        ),
    );
    let features: Vec<&str> = predicates.iter().flat_map(|p| features_in(p)).collect();
    let negated = predicates.iter().any(|p| p.contains("not("));
    if features.is_empty() || negated {
        diagnostic = diagnostic
            .help("choose the features and run on the platform for which it is compiled, or name another function");
    } else {
        diagnostic = diagnostic.help(format!(
            "turn it on with `--features {}`",
            features.join(",")
        ));
    }
    Some(diagnostic.note("rustc cannot check what it does not compile"))
}

/// The program that is not built without some features.
fn target_off(tree: &ItemTree, workspace: &Workspace, item: ItemId) -> Option<Diagnostic> {
    let krate = tree.krate(tree.item(item).krate);
    let package = workspace.package(krate.package)?;
    let root = &tree.file(tree.module(krate.root).file).path;
    let target = package.targets.iter().find(|t| t.root == *root)?;
    if package.builds_target(target) {
        return None;
    }
    let off = target.required_features.iter();
    let off: Vec<&str> = off
        .map(String::as_str)
        .filter(|f| !package.active_features.contains(*f))
        .collect();
    let shown: Vec<String> = off.iter().map(|f| format!("`{f}`")).collect();
    let message = format!(
        "`{}` lies in the program `{}`, which is built with {} alone",
        tree.path(item),
        target.name,
        shown.join(" and ")
    );
    Some(
        Diagnostic::new(Code::EntryCfgOff, message)
            .help(format!("turn it on with `--features {}`", off.join(",")))
            .note("rustc cannot check what it does not compile"),
    )
}

/// The values of `feature = "…"` in a predicate.
fn features_in(predicate: &str) -> impl Iterator<Item = &str> {
    predicate.split("feature").skip(1).filter_map(|rest| {
        rest.trim_start()
            .strip_prefix('=')?
            .trim_start()
            .strip_prefix('"')?
            .split('"')
            .next()
    })
}

fn unselected(tree: &ItemTree, workspace: &Workspace, item: ItemId) -> Option<Diagnostic> {
    let package = workspace.package(tree.krate(tree.item(item).krate).package)?;
    let focus = workspace.focus.and_then(|id| workspace.package(id))?;
    (!package.selected).then(|| {
        Diagnostic::new(
            Code::EntryNotFound,
            format!(
                "`{}` lies in `{}`, which `--package {}` does not build",
                tree.path(item),
                package.name,
                focus.name
            ),
        )
        .help(format!(
            "leave `--package` out, or give `--package {}`",
            package.name
        ))
    })
}

fn not_safe(tree: &ItemTree, item: ItemId) -> Option<Diagnostic> {
    let raw = tree.raw(item);
    let path = tree.path(item);
    let refuse = |message: String| Diagnostic::new(Code::EntryUnsafe, message);
    if raw.kind == ItemKind::ForeignItem {
        return Some(
            refuse(format!(
                "`{path}` is declared here and defined in another language"
            ))
            .help("name a safe function that calls it"),
        );
    }
    let sig = raw.signature()?;
    if sig.is_unsafe {
        return Some(
            refuse(format!("`{path}` is an unsafe function"))
                .note("a request cannot keep the promises that its caller must make")
                .help("name a safe function that calls it"),
        );
    }
    let head = sig.range.of(&tree.file(tree.item(item).file).text);
    let is_extern = head.split("fn").next().is_some_and(|modifiers| {
        modifiers
            .split_whitespace()
            .any(|word| word.starts_with("extern"))
    });
    is_extern.then(|| {
        refuse(format!(
            "`{path}` is an `extern` function, made for callers in another language"
        ))
        .help("write a plain function with the same body, call it from this one, and name that")
    })
}

/// The item, what holds it, and the modules around it, innermost first.
fn chain(tree: &ItemTree, item: ItemId) -> Vec<ItemId> {
    let mut nodes = vec![item];
    let mut at = item;
    while let Some(parent) = tree.item(at).parent {
        nodes.push(parent);
        at = parent;
    }
    let mut module: Option<ModuleId> = Some(tree.item(item).module);
    while let Some(id) = module {
        let m = tree.module(id);
        nodes.extend(m.decl);
        module = m.parent;
    }
    nodes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn array_lengths_are_told_from_statements() {
        let check = |text: &str, expected: bool| {
            let offset = u32::try_from(text.find("len(").unwrap_or(0)).unwrap_or(0);
            assert_eq!(in_array_length(text, 0, offset), expected, "{text}");
        };
        check("fn f(a: [u8; len(3)]) {}", true);
        check("fn f() { let a = [0u8; 2 * len(3)]; }", true);
        check("fn f() { let a = [0u8; 2]; len(3) }", false);
        check("fn f() { [len(3), 1] }", false);
    }
}
