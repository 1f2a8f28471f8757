//! One domain crate of a review: what came, why, what was changed, what was left behind.
//!
//! Input: the job, the cut and a domain crate. Output: Markdown. Refuses nothing.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::items;
use super::words::{Places, code, codes, html, name, prose, shown};
use crate::cut::layout::manifests::unnamed;
use crate::cut::layout::{Domain, Mode};
use crate::cut::{Cut, Job};
use crate::id::{FileId, ItemId};
use crate::syntax::ItemKind;
use crate::text::counted;

/// The section of one domain crate.
pub(super) fn section(
    job: &Job<'_>,
    cut: &Cut,
    places: &Places<'_>,
    domain: &Domain,
    out: &mut String,
) {
    let tree = job.tree;
    let _ = writeln!(out, "## Crate {}\n", code(&domain.package_name));
    let source = job
        .workspace
        .package(domain.package)
        .map(|p| (p.name.as_str(), shown(job, &p.dir)));
    if let Some((package, dir)) = source {
        let dir = if dir.as_str().is_empty() {
            "the workspace's root".to_owned()
        } else {
            code(dir.as_str())
        };
        let _ = match domain.mode {
            Mode::Kept => writeln!(out, "Package {} at {dir}.\n", code(package)),
            Mode::Copied | Mode::Slimmed => writeln!(
                out,
                "In {}, from package {} at {dir}.\n",
                code(&domain.dir),
                code(package)
            ),
        };
    }
    choice(job, cut, domain, out);
    if domain.mode != Mode::Slimmed {
        return;
    }
    if cut.state.whole_crates.contains(&domain.krate) {
        out.push_str("All of its items stay: a proc macro stands on it, or smaller cuts of it did not compile.\n\n");
    } else {
        let whole: Vec<String> = cut
            .state
            .whole_files
            .iter()
            .filter(|(krate, _)| *krate == domain.krate)
            .map(|(_, file)| code(places.file(*file).as_str()))
            .collect();
        if !whole.is_empty() {
            let _ = writeln!(
                out,
                "All items of these files stay, since smaller cuts of them did not compile: {}.\n",
                whole.join(", ")
            );
        }
    }
    allowed(cut, &domain.dir, out);
    lifted(job, cut, domain, out);
    unused(job, cut, domain, out);
    let here =
        |id: &ItemId| tree.item(*id).krate == domain.krate && !cut.state.owned.contains_key(id);
    let kept = cut.slice.kept.keys().copied().filter(here);
    let rendered = cut.layout.choices.get(&domain.dir);
    items::table(job, cut, places, kept, rendered, out);
    left_behind(job, cut, places, domain, out);
}

/// How the crate comes, and why.
fn choice(job: &Job<'_>, cut: &Cut, domain: &Domain, out: &mut String) {
    let why = cut.state.choices.get(&domain.krate).map(|c| c.why.text());
    let why = prose(why.as_deref().unwrap_or("smaller than the whole"));
    let _ = match domain.mode {
        Mode::Slimmed => writeln!(out, "Slimmed: {why}.\n"),
        Mode::Copied => writeln!(out, "Copied as it is: {why}.\n"),
        Mode::Kept => {
            let here = |id: &ItemId| job.tree.item(*id).krate == domain.krate;
            let needed = cut
                .slice
                .kept
                .keys()
                .filter(|id| here(id) && counts(job, **id));
            writeln!(
                out,
                "Kept whole: {why}. The manifests here lead to the monolith's own folder, {}, and nothing of \
                 it was copied: when this output moves elsewhere, that path has to follow. The entries need {} \
                 of it.\n",
                code(&domain.dir),
                counted(needed.count(), "item"),
            )
        }
    };
}

/// The lints that the manifest in an output folder allows.
pub(super) fn allowed(cut: &Cut, dir: &str, out: &mut String) {
    if let Some(lints) = cut.state.allow_lints.get(dir).filter(|l| !l.is_empty()) {
        let _ = writeln!(
            out,
            "Its manifest allows {}: moved code raises it, and its text is not changed for that.\n",
            codes(lints.iter().map(String::as_str))
        );
    }
}

/// The lints that a domain crate's text forbids no more.
fn lifted(job: &Job<'_>, cut: &Cut, domain: &Domain, out: &mut String) {
    let Some(package) = job.workspace.package(domain.package) else {
        return;
    };
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let of_it = cut.state.lifted.iter();
    let words: Vec<&str> = of_it
        .filter(|(path, _)| path.starts_with(&package.dir))
        .filter_map(|(path, at)| {
            let text = &job.tree.file(job.tree.file_at(path)?).text;
            text.get(*at as usize..)?.split(|c| !is_word(c)).next()
        })
        .collect();
    if !words.is_empty() {
        let _ = writeln!(
            out,
            "It forbids {} no more: what had to become `pub` or stays without its users raises it.\n",
            codes(words.into_iter())
        );
    }
}

/// The dependencies that a domain crate does without.
fn unused(job: &Job<'_>, cut: &Cut, domain: &Domain, out: &mut String) {
    let unused = cut.state.unused.get(&domain.dir);
    let mut unused = unused.cloned().unwrap_or_default();
    if let Some(package) = job.workspace.package(domain.package) {
        unused.extend(unnamed(job, package, domain, &cut.layout));
    }
    if !unused.is_empty() {
        let _ = writeln!(
            out,
            "Dependencies that the code left here does not use, and that went from its manifest: {}.\n",
            codes(unused.iter().map(String::as_str))
        );
    }
}

fn words(cfg: &str) -> impl Iterator<Item = &str> {
    cfg.split(|c: char| !c.is_alphanumeric() && c != '_')
}

/// Whether an item is a test or lies in a test module.
pub(super) fn is_test(job: &Job<'_>, id: ItemId) -> bool {
    let tree = job.tree;
    let marked = |id: ItemId| {
        let raw = tree.raw(id);
        raw.cfgs()
            .any(|cfg| words(cfg).any(|w| w == "test") && !words(cfg).any(|w| w == "not"))
            || raw.attrs.iter().any(|a| {
                matches!(
                    a.path.rsplit("::").next().map(str::trim),
                    Some("test" | "rstest" | "test_case" | "bench")
                )
            })
    };
    let mut at = Some(id);
    while let Some(item) = at {
        if marked(item) {
            return true;
        }
        at = tree.item(item).parent;
    }
    let mut module = Some(tree.item(id).module);
    while let Some(at) = module {
        let node = tree.module(at);
        if node.decl.is_some_and(marked) {
            return true;
        }
        module = node.parent;
    }
    false
}

/// Whether an item counts by itself: no parts of types, no modules and imports.
pub(super) fn counts(job: &Job<'_>, id: ItemId) -> bool {
    let kind = job.tree.raw(id).kind;
    kind.stands_alone() && kind != ItemKind::Other
}

/// Whether the text of an item is in the output, by its own right or with a whole file or crate.
pub(super) fn stays(job: &Job<'_>, cut: &Cut, id: ItemId) -> bool {
    let item = job.tree.item(id);
    let whole = cut.state.whole_crates.contains(&item.krate)
        || cut.state.whole_files.contains(&(item.krate, item.file));
    cut.slice.contains(job.tree, id) || (whole && item.active)
}

fn left_behind(job: &Job<'_>, cut: &Cut, places: &Places<'_>, domain: &Domain, out: &mut String) {
    let tree = job.tree;
    let mut left: BTreeMap<FileId, Vec<ItemId>> = BTreeMap::new();
    let mut tests: BTreeMap<FileId, Vec<ItemId>> = BTreeMap::new();
    for item in tree.items.iter().filter(|i| i.krate == domain.krate) {
        if !counts(job, item.id) || stays(job, cut, item.id) {
            continue;
        }
        // Members of what is left behind as a whole go without saying.
        if item
            .parent
            .is_some_and(|p| counts(job, p) && !stays(job, cut, p))
        {
            continue;
        }
        if is_test(job, item.id) {
            tests.entry(item.file).or_default().push(item.id);
        } else if item.active {
            left.entry(item.file).or_default().push(item.id);
        }
    }
    if left.is_empty() && tests.is_empty() {
        out.push_str("Nothing of it was left behind.\n\n");
        return;
    }
    out.push_str("### Left behind\n\n");
    listed(job, places, &left, "item", out);
    listed(job, places, &tests, "test item", out);
}

fn listed(
    job: &Job<'_>,
    places: &Places<'_>,
    files: &BTreeMap<FileId, Vec<ItemId>>,
    what: &str,
    out: &mut String,
) {
    let mut files: Vec<_> = files
        .iter()
        .map(|(file, ids)| (places.file(*file), ids))
        .collect();
    files.sort();
    for (file, ids) in files {
        let names: Vec<String> = ids.iter().map(|id| name(job, *id)).collect();
        let _ = writeln!(
            out,
            "<details><summary>{}: {}</summary>\n\n{}\n\n</details>\n",
            html(file.as_str()),
            counted(ids.len(), what),
            codes(names.iter().map(String::as_str)),
        );
    }
}
