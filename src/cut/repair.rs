//! What rustc's messages on a cut mean for the next round.
//!
//! Input: a check's messages, mapped back to the user's items. Output: a changed [`State`]; each function
//! tells whether it changed anything. Nothing is guessed silently: what comes back here has
//! [`crate::slice::Why::Compiler`] as its reason.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::diagnostic::DiagnosticSpan;

use super::Job;
use super::layout::Layout;
use super::state::State;
use super::uses::LeafState;
use crate::id::{CrateId, FileId, ItemId};
use crate::oracle::cargo::{CheckRun, UnitMessage};
use crate::slice::Slice;
use crate::syntax::{ItemKind, Payload};
use crate::workspace::TargetShape;

/// A place in the user's code.
#[derive(Clone, Copy, Debug)]
struct At {
    krate: CrateId,
    file: FileId,
    offset: u32,
    /// The last byte of the span: where a group lost its braces, its first byte lies before the leaf.
    last: u32,
    item: Option<ItemId>,
}

/// The places of a span: its own, or the call sites of the macros it came through.
fn places(job: &Job<'_>, layout: &Layout, span: &DiagnosticSpan) -> Vec<At> {
    crate::oracle::wrapper::sites(span)
        .into_iter()
        .filter_map(|site| {
            let (krate, file, offset) = layout.origin(&site.0, site.1)?;
            let item = job.tree.innermost(krate, file, offset);
            let last = layout
                .origin(&site.0, site.2.saturating_sub(1))
                .map_or(offset, |o| o.2);
            Some(At {
                krate,
                file,
                offset,
                last,
                item,
            })
        })
        .collect()
}

fn primaries(message: &UnitMessage) -> impl Iterator<Item = &DiagnosticSpan> {
    message.diagnostic.spans.iter().filter(|s| s.is_primary)
}

fn code(message: &UnitMessage) -> &str {
    message
        .diagnostic
        .code
        .as_ref()
        .map_or("", |c| c.code.as_str())
}

/// The words in backticks of a message and its labels.
fn quoted(message: &UnitMessage) -> Vec<String> {
    let mut words = Vec::new();
    let labels = message
        .diagnostic
        .spans
        .iter()
        .filter_map(|s| s.label.as_deref());
    let children = message
        .diagnostic
        .children
        .iter()
        .map(|c| c.message.as_str());
    for text in std::iter::once(message.diagnostic.message.as_str())
        .chain(labels)
        .chain(children)
    {
        words.extend(text.split('`').skip(1).step_by(2).map(str::to_owned));
    }
    words
}

fn last_name(path: &str) -> &str {
    let head = path
        .split(['<', '(', ' ', ':'])
        .find(|s| !s.is_empty())
        .unwrap_or(path);
    let whole = path.split(['<', '(']).next().unwrap_or(path).trim();
    let last = whole.rsplit("::").next().unwrap_or(head);
    last.trim_matches(|c: char| !(c.is_alphanumeric() || c == '_'))
}

/// The leaf state that a file of the output follows.
fn leaves_of<'s>(job: &Job<'_>, file: &str, state: &'s mut State) -> &'s mut LeafState {
    let name = file
        .strip_prefix("functions/")
        .and_then(|rest| rest.split('/').next());
    match name.and_then(|name| job.entries.iter().find(|e| e.name == name)) {
        Some(entry) => state.function_leaves.entry(entry.item).or_default(),
        None => &mut state.leaves,
    }
}

/// Acts on errors.
pub fn errors(
    job: &Job<'_>,
    slice: &Slice,
    layout: &Layout,
    run: &CheckRun,
    state: &mut State,
) -> bool {
    let mut changed = false;
    for message in run.errors() {
        changed |= error(job, slice, layout, message, state);
    }
    changed
}

fn error(
    job: &Job<'_>,
    slice: &Slice,
    layout: &Layout,
    message: &UnitMessage,
    state: &mut State,
) -> bool {
    let at: Vec<At> = primaries(message)
        .flat_map(|s| places(job, layout, s))
        .collect();
    let krate = at.first().map(|a| a.krate);
    // An import of what was left behind goes; if the name is used after all, it comes back by name.
    if matches!(
        code(message),
        "E0432" | "E0433" | "E0364" | "E0365" | "E0603"
    ) {
        let mut changed = false;
        for place in &at {
            if let Some(leaf) = leaf_at(job, *place) {
                let names_kept = job.tree.items.iter().any(|i| {
                    slice.kept.contains_key(&i.id)
                        && job.tree.raw(i.id).name == leaf.2
                        && i.krate == place.krate
                });
                if code(message) == "E0603" && names_kept {
                    continue;
                }
                let file = primaries(message)
                    .next()
                    .map_or("", |s| s.file_name.as_str());
                changed |= leaves_of(job, file, state).dropped.insert((leaf.0, leaf.1));
            }
        }
        if changed {
            return true;
        }
    }
    let is_private = matches!(
        code(message),
        "E0603" | "E0616" | "E0624" | "E0451" | "E0423" | "E0446"
    );
    if is_private && widen(job, slice, layout, message, state) {
        return true;
    }
    let is_unmet = matches!(
        code(message),
        "E0277" | "E0599" | "E0369" | "E0614" | "E0608" | "E0600" | "E0271" | "E0282" | "E0283"
    );
    if is_unmet && restore_impls(job, slice, message, state) {
        return true;
    }
    let mut changed = false;
    for name in quoted(message) {
        let name = last_name(&name);
        if name.is_empty() || matches!(name, "self" | "Self" | "crate" | "super") {
            continue;
        }
        changed |= restore(job, slice, krate, name, state);
        changed |= undrop(job, krate, name, state);
        if changed {
            break;
        }
    }
    changed
}

/// The leaf of a `use` item at a place, with the name it binds.
fn leaf_at(job: &Job<'_>, at: At) -> Option<(ItemId, usize, String)> {
    let item = at.item?;
    if let Payload::ExternCrate { bound, .. } = &job.tree.raw(item).payload {
        return Some((item, 0, bound.clone()));
    }
    let Payload::Use(decl) = &job.tree.raw(item).payload else {
        return None;
    };
    let exact = decl.leaves.iter().position(|l| l.range.contains(at.offset));
    let index = exact
        .or_else(|| decl.leaves.iter().position(|l| l.range.contains(at.last)))
        .or_else(|| decl.leaves.iter().position(|l| l.full.contains(at.offset)))?;
    Some((item, index, decl.leaves.get(index)?.name.clone()))
}

/// Brings back what has `name`: items, then macro calls that may make it, then modules.
fn restore(
    job: &Job<'_>,
    slice: &Slice,
    krate: Option<CrateId>,
    name: &str,
    state: &mut State,
) -> bool {
    let tree = job.tree;
    let missing = |id: ItemId| !slice.kept.contains_key(&tree.unit(id));
    let mut found: Vec<ItemId> = tree
        .items
        .iter()
        .filter(|i| i.active && tree.raw(i.id).name == name && missing(i.id))
        .filter(|i| {
            !matches!(
                tree.raw(i.id).kind,
                ItemKind::Mod
                    | ItemKind::Use
                    | ItemKind::Impl
                    | ItemKind::ExternCrate
                    | ItemKind::Field
            ) && !is_main(job, i.id)
        })
        .map(|i| i.id)
        .collect();
    if found.is_empty() {
        found = tree
            .items
            .iter()
            .filter(|i| i.active && missing(i.id))
            .filter(|i| match &tree.raw(i.id).payload {
                Payload::MacroCall { declares, .. } => {
                    declares.iter().any(|d| d == name)
                        || tree.raw(i.id).refs.iter().any(|r| &*r.path == name)
                }
                _ => false,
            })
            .map(|i| i.id)
            .collect();
    }
    let same: Vec<ItemId> = found
        .iter()
        .copied()
        .filter(|i| Some(tree.item(*i).krate) == krate)
        .collect();
    let chosen = if same.is_empty() { found } else { same };
    let mut changed = false;
    for item in chosen {
        let unit = tree.unit(item);
        state.seeds.blocked.remove(&unit);
        state.pinned.insert(unit);
        changed |= state.seeds.forced.insert(unit);
    }
    if !changed {
        let modules = tree
            .modules
            .iter()
            .filter(|m| m.name == name && m.active && Some(m.krate) == krate);
        for module in modules {
            changed |= state.leaves.forced.insert(module.id);
        }
    }
    changed
}

fn is_main(job: &Job<'_>, id: ItemId) -> bool {
    let item = job.tree.item(id);
    let krate = job.tree.krate(item.krate);
    krate.shape == TargetShape::Bin && krate.root == item.module && job.tree.raw(id).name == "main"
}

/// Brings back leaves that bind `name` and were dropped.
fn undrop(job: &Job<'_>, krate: Option<CrateId>, name: &str, state: &mut State) -> bool {
    let back: Vec<(ItemId, usize)> = state
        .leaves
        .dropped
        .iter()
        .copied()
        .filter(|(item, index)| {
            Some(job.tree.item(*item).krate) == krate
                && match &job.tree.raw(*item).payload {
                    Payload::Use(decl) => decl.leaves.get(*index).is_some_and(|l| l.name == name),
                    // What `#[macro_use] extern crate` brought has names of its own.
                    Payload::ExternCrate { bound, .. } => {
                        bound == name || job.tree.raw(*item).has_attr("macro_use")
                    }
                    _ => false,
                }
        })
        .collect();
    for leaf in &back {
        state.leaves.dropped.remove(leaf);
    }
    !back.is_empty()
}

/// Brings back impls of the traits and for the types that an error names.
fn restore_impls(job: &Job<'_>, slice: &Slice, message: &UnitMessage, state: &mut State) -> bool {
    let words: BTreeSet<String> = quoted(message)
        .iter()
        .flat_map(|w| w.split(|c: char| !(c.is_alphanumeric() || c == '_')))
        .filter(|w| !w.is_empty())
        .map(str::to_owned)
        .collect();
    let tree = job.tree;
    let mut changed = false;
    for item in tree
        .items
        .iter()
        .filter(|i| i.active && !slice.kept.contains_key(&i.id))
    {
        let Payload::Impl(head) = &tree.raw(item.id).payload else {
            continue;
        };
        let Some(path) = &head.trait_path else {
            continue;
        };
        let of_trait = words.contains(last_name(path));
        let of_type = words.contains(&crate::syntax::bare_type_name(&head.self_text));
        if of_trait && of_type {
            state.seeds.blocked.remove(&item.id);
            changed |= state.seeds.forced.insert(item.id);
        }
    }
    changed
}

/// Widens what an error or warning calls private.
fn widen(
    job: &Job<'_>,
    slice: &Slice,
    layout: &Layout,
    message: &UnitMessage,
    state: &mut State,
) -> bool {
    let tree = job.tree;
    let mut changed = false;
    // rustc shows the private definition itself in most of these messages.
    let spans = message.diagnostic.spans.iter().chain(
        message
            .diagnostic
            .children
            .iter()
            .flat_map(|c| c.spans.iter()),
    );
    for span in spans {
        let says_private = span
            .label
            .as_deref()
            .is_some_and(|l| l.contains("private") || l.contains("defined here"))
            || message.diagnostic.children.iter().any(|c| {
                c.spans
                    .iter()
                    .any(|s| s.byte_start == span.byte_start && s.file_name == span.file_name)
            });
        if !says_private {
            continue;
        }
        for place in places(job, layout, span) {
            if let Some(item) = place.item
                && crate::render::item::can_be_public(tree, item)
                && tree.raw(item).range.start <= place.offset
            {
                changed |= state.widen.insert(item);
            }
        }
    }
    if !changed {
        for name in quoted(message) {
            let name = last_name(&name).to_owned();
            for item in tree.items.iter().filter(|i| tree.raw(i.id).name == name) {
                if slice.contains(tree, item.id)
                    && crate::render::item::can_be_public(tree, item.id)
                {
                    changed |= state.widen.insert(item.id);
                }
            }
        }
    }
    changed
}

/// Acts on errors of a partition: imports that lead nowhere go, private things are widened, and what can
/// live in neither crate alone returns to the domain.
pub fn partition_errors(
    job: &Job<'_>,
    slice: &Slice,
    layout: &Layout,
    run: &CheckRun,
    state: &mut State,
) -> bool {
    let mut changed = false;
    for message in run.errors() {
        let Some(span) = primaries(message).next() else {
            continue;
        };
        let file = span.file_name.clone();
        let at: Vec<At> = primaries(message)
            .flat_map(|s| places(job, layout, s))
            .collect();
        let is_import = matches!(
            code(message),
            "E0432" | "E0433" | "E0364" | "E0365" | "E0603" | "E0659"
        );
        let leaf = at.iter().find_map(|place| leaf_at(job, *place));
        if is_import && let Some((item, index, _)) = leaf {
            // A private name that the function needs is widened; one that is not there is no loss.
            let widened = code(message) == "E0603" && widen(job, slice, layout, message, state);
            changed |= widened || leaves_of(job, &file, state).dropped.insert((item, index));
            continue;
        }
        if matches!(
            code(message),
            "E0603" | "E0616" | "E0624" | "E0451" | "E0423" | "E0425" | "E0433"
        ) && widen(job, slice, layout, message, state)
        {
            changed = true;
            continue;
        }
        let mut back: BTreeSet<ItemId> = quoted(message)
            .iter()
            .flat_map(|word| {
                let name = last_name(word).to_owned();
                let named = state
                    .owned
                    .keys()
                    .copied()
                    .filter(|i| job.tree.raw(*i).name == name);
                named.collect::<Vec<_>>()
            })
            .collect();
        if file.starts_with("functions/") {
            back.extend(at.iter().filter_map(|p| p.item).map(|i| job.tree.unit(i)));
        }
        for item in back {
            let mut holder = Some(item);
            while let Some(id) = holder {
                changed |= state.owned.remove(&id).is_some();
                holder = job.tree.item(id).parent;
            }
        }
    }
    if changed {
        reclaim(job, state);
    }
    changed
}

/// What stays owned when the entries whose function crates have errors own nothing any more.
pub fn partition_without(job: &Job<'_>, run: &CheckRun, state: &State) -> BTreeMap<ItemId, ItemId> {
    let troubled: BTreeSet<ItemId> = run
        .errors()
        .flat_map(|message| message.diagnostic.spans.iter())
        .filter_map(|span| {
            let name = span
                .file_name
                .strip_prefix("functions/")?
                .split('/')
                .next()?;
            job.entries.iter().find(|e| e.name == name).map(|e| e.item)
        })
        .collect();
    if troubled.is_empty() {
        return BTreeMap::new();
    }
    let untroubled = state
        .owned
        .iter()
        .filter(|(_, owner)| !troubled.contains(owner));
    untroubled.map(|(item, owner)| (*item, *owner)).collect()
}

/// Takes back to the domain what an item there names: the domain never depends on a function.
fn reclaim(job: &Job<'_>, state: &mut State) {
    loop {
        let entries: BTreeSet<ItemId> = state.seeds.entries.iter().copied().collect();
        let lost: Vec<ItemId> = state
            .owned
            .iter()
            .filter(|(item, owner)| {
                let entry_left = !state.owned.contains_key(*owner);
                let used = !entries.contains(item)
                    && job.graph.into(**item).any(|edge| {
                        let user = job.tree.unit(edge.from);
                        job.tree.raw(user).kind != ItemKind::Use
                            && job.tree.item(user).active
                            && !state.owned.contains_key(&user)
                            && !entries.contains(&user)
                    });
                entry_left || used
            })
            .map(|(item, _)| *item)
            .collect();
        if lost.is_empty() {
            break;
        }
        for item in lost {
            state.owned.remove(&item);
        }
    }
}

/// When repairs do not help: whole files stay, then whole crates.
pub fn escalate(job: &Job<'_>, layout: &Layout, run: &CheckRun, state: &mut State) -> bool {
    let tree = job.tree;
    let mut changed = false;
    let mut crates = BTreeSet::new();
    for message in run.errors() {
        for span in primaries(message) {
            for place in places(job, layout, span) {
                crates.insert(place.krate);
                if state.whole_files.insert((place.krate, place.file)) {
                    changed = true;
                    for item in tree
                        .items
                        .iter()
                        .filter(|i| i.krate == place.krate && i.file == place.file && i.active)
                    {
                        if !is_main(job, item.id) {
                            state.seeds.forced.insert(tree.unit(item.id));
                        }
                    }
                }
            }
        }
    }
    if changed {
        return true;
    }
    if crates.is_empty() {
        crates.extend(layout.domains.iter().map(|d| d.krate));
    }
    for krate in crates {
        if state.whole_crates.insert(krate) {
            changed = true;
            state
                .leaves
                .dropped
                .retain(|(item, _)| tree.item(*item).krate != krate);
            for item in tree.items.iter().filter(|i| i.krate == krate && i.active) {
                if !is_main(job, item.id) {
                    state.seeds.forced.insert(tree.unit(item.id));
                }
            }
        }
    }
    changed
}

/// Acts on what the reachability oracle lists.
pub fn dead(
    job: &Job<'_>,
    slice: &Slice,
    layout: &Layout,
    run: &CheckRun,
    state: &mut State,
) -> bool {
    let mut changed = unused_imports(job, layout, run, state);
    let found = dead_items(job, layout, run);
    // Something that living code still names is not removed, whatever the lint says of its construction.
    let mut blocked: BTreeSet<ItemId> = found
        .into_iter()
        .filter(|i| !state.pinned.contains(i) && !state.seeds.entries.contains(i))
        .filter(|i| slice.kept.contains_key(i))
        .collect();
    loop {
        let living: Vec<ItemId> = blocked
            .iter()
            .copied()
            .filter(|item| {
                job.graph.into(*item).any(|edge| {
                    let user = job.tree.unit(edge.from);
                    slice.kept.contains_key(&user)
                        && !is_within(job, user, *item)
                        && !blocked.iter().any(|b| is_within(job, user, *b))
                })
            })
            .collect();
        if living.is_empty() {
            break;
        }
        for item in living {
            blocked.remove(&item);
        }
    }
    for item in blocked {
        state.seeds.forced.remove(&item);
        changed |= state.seeds.blocked.insert(item);
    }
    changed
}

/// Whether `user` is `item`, a member of it, or (of) an impl whose head names it.
fn is_within(job: &Job<'_>, user: ItemId, item: ItemId) -> bool {
    let mut at = Some(user);
    while let Some(id) = at {
        if id == item {
            return true;
        }
        if job.rules.head(id).is_some_and(|head| head.contains(&item)) {
            return true;
        }
        if let Payload::Impl(head) = &job.tree.raw(id).payload
            && head.trait_path.is_none()
        {
            let range = head.deciding.first().copied().unwrap_or_default();
            if job
                .graph
                .out(id)
                .any(|e| e.to == item && range.contains(e.offset))
            {
                return true;
            }
        }
        at = job.tree.item(id).parent;
    }
    false
}

/// The items that `dead_code` and `unused_macros` name.
fn dead_items(job: &Job<'_>, layout: &Layout, run: &CheckRun) -> BTreeSet<ItemId> {
    let mut found = BTreeSet::new();
    for message in run.warnings() {
        if !matches!(code(message), "dead_code" | "unused_macros") {
            continue;
        }
        for span in primaries(message) {
            if span.expansion.is_some() {
                continue;
            }
            for place in places(job, layout, span) {
                let Some(item) = place.item else { continue };
                let raw = job.tree.raw(item);
                if raw.name_range.contains(place.offset)
                    && !matches!(
                        raw.kind,
                        ItemKind::Field | ItemKind::Variant | ItemKind::Impl
                    )
                {
                    found.insert(item);
                }
            }
        }
    }
    found
}

/// After a failed pruning: none of what was called dead may go.
pub fn pin_all_dead(
    job: &Job<'_>,
    _slice: &Slice,
    layout: &Layout,
    run: &CheckRun,
    state: &mut State,
) {
    state.pinned.extend(dead_items(job, layout, run));
}

fn unused_imports(job: &Job<'_>, layout: &Layout, run: &CheckRun, state: &mut State) -> bool {
    let mut changed = false;
    for message in run.warnings().filter(|m| {
        matches!(
            code(m),
            "unused_imports" | "redundant_imports" | "unused_extern_crates"
        )
    }) {
        changed |= unused_glob(job, message, state);
        for span in primaries(message) {
            for place in places(job, layout, span) {
                if let Some((item, index, _)) = leaf_at(job, place) {
                    let leaves = leaves_of(job, &span.file_name, state);
                    changed |= leaves.dropped.insert((item, index));
                }
            }
        }
    }
    changed
}

/// A function crate's module that needs nothing of the domain does without the glob.
fn unused_glob(job: &Job<'_>, message: &UnitMessage, state: &mut State) -> bool {
    let file = primaries(message)
        .next()
        .map_or("", |s| s.file_name.as_str());
    let name = file
        .strip_prefix("functions/")
        .and_then(|rest| rest.split('/').next());
    let Some(entry) = job.entries.iter().find(|e| Some(e.name.as_str()) == name) else {
        return false;
    };
    let krate = job.tree.item(entry.item).krate;
    let mut changed = false;
    for word in quoted(message) {
        let Some(path) = word.strip_suffix("::*") else {
            continue;
        };
        let path: Vec<&str> = path.split("::").skip(1).collect();
        let found = job
            .tree
            .modules
            .iter()
            .filter(|m| m.krate == krate)
            .find(|m| {
                let own = job.tree.module_path(m.id);
                own.iter()
                    .skip(1)
                    .map(String::as_str)
                    .eq(path.iter().map(|p| p.trim_start_matches("r#")))
            });
        if let Some(module) = found {
            changed |= state.no_glob.insert((entry.item, module.id));
        }
    }
    changed
}

/// Drops the dependencies that rustc calls unused in every target of their package.
pub fn unused_dependencies(job: &Job<'_>, layout: &Layout, run: &CheckRun, state: &mut State) {
    let mut said: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for message in run
        .warnings()
        .filter(|m| code(m) == "unused_crate_dependencies")
    {
        let Some(name) = quoted(message).into_iter().next() else {
            continue;
        };
        let Some(span) = message.diagnostic.spans.first() else {
            continue;
        };
        let mut parts = span.file_name.split('/');
        let (Some(kind), Some(dir)) = (parts.next(), parts.next()) else {
            continue;
        };
        let targets = said.entry((format!("{kind}/{dir}"), name)).or_default();
        targets.insert(span.file_name.clone());
    }
    for ((dir, name), targets) in said {
        let domain = layout.domains.iter().find(|d| d.dir == dir && !d.verbatim);
        let entry = job
            .entries
            .iter()
            .find(|e| dir == format!("functions/{}", e.name));
        let package = match (domain, entry) {
            (Some(domain), _) => job.workspace.package(domain.package),
            (None, Some(entry)) => {
                // A library and a shim: both must do without.
                if entry.crossing.is_some() && targets.len() < 2 {
                    continue;
                }
                job.workspace
                    .package(job.tree.krate(job.tree.item(entry.item).krate).package)
            }
            (None, None) => None,
        };
        let Some(package) = package else { continue };
        let keys = package
            .dependencies
            .iter()
            .filter(|d| d.kind == cargo_metadata::DependencyKind::Normal)
            .filter(|d| d.extern_name == name || extern_names_differ(&d.extern_name, &name))
            .map(|d| d.key.clone());
        state.unused.entry(dir).or_default().extend(keys);
    }
}

/// A library may have another name than its package; the lint names the library.
fn extern_names_differ(declared: &str, library: &str) -> bool {
    declared.strip_prefix("rust_").is_some_and(|d| d == library)
        || declared.strip_suffix("_rs").is_some_and(|d| d == library)
        || declared.replace('_', "") == library.replace('_', "")
}

/// Acts on the warnings of the final check.
pub fn warnings(
    job: &Job<'_>,
    slice: &Slice,
    layout: &Layout,
    run: &CheckRun,
    state: &mut State,
) -> bool {
    let mut changed = unused_imports(job, layout, run, state);
    for message in run.warnings() {
        match code(message) {
            "unused_imports" | "redundant_imports" | "unused_extern_crates" => {}
            "dead_code" => changed |= dead_for_good(job, layout, message, state),
            "unused_macros" => {
                for span in primaries(message) {
                    for item in places(job, layout, span).iter().filter_map(|p| p.item) {
                        changed |=
                            !state.pinned.contains(&item) && state.seeds.blocked.insert(item);
                    }
                }
            }
            "private_interfaces" | "private_bounds" => {
                changed |= widen(job, slice, layout, message, state)
            }
            "" => {}
            lint => {
                // The monolith's own: the text is not ours to change.
                let dirs: BTreeSet<String> = message
                    .diagnostic
                    .spans
                    .iter()
                    .filter_map(|s| {
                        let mut parts = s.file_name.split('/');
                        Some(format!("{}/{}", parts.next()?, parts.next()?))
                    })
                    .collect();
                let mut allowed = false;
                for dir in dirs {
                    allowed |= state
                        .allow_lints
                        .entry(dir)
                        .or_default()
                        .insert(lint.to_owned());
                }
                if !allowed {
                    // An attribute in the source outranks the manifest: the item itself must allow it.
                    for place in primaries(message).flat_map(|s| places(job, layout, s)) {
                        let Some(item) = place.item else { continue };
                        let line = format!("#[allow({lint})]");
                        let lines = state.attributes.entry(job.tree.unit(item)).or_default();
                        if !lines.contains(&line) {
                            lines.push(line);
                            allowed = true;
                        }
                    }
                }
                changed |= allowed;
            }
        }
    }
    changed
}

/// A dead item goes when nothing names it; otherwise its type is marked.
fn dead_for_good(job: &Job<'_>, layout: &Layout, message: &UnitMessage, state: &mut State) -> bool {
    let tree = job.tree;
    let mut changed = false;
    for span in primaries(message) {
        for place in places(job, layout, span) {
            let Some(item) = place.item else { continue };
            let unit = tree.unit(item);
            let is_part = unit != item || tree.raw(item).kind == ItemKind::MacroCall;
            let can_go = !is_part
                && !state.pinned.contains(&unit)
                && !state.seeds.entries.contains(&unit)
                && !state.seeds.blocked.contains(&unit)
                && span.expansion.is_none();
            if can_go {
                state.seeds.forced.remove(&unit);
                state.seeds.blocked.insert(unit);
                state.pinned.insert(unit);
                changed = true;
            } else {
                changed |= state.allow_dead.insert(unit);
            }
        }
    }
    changed
}
