//! The profiles of the output: small and fast starts, and the arithmetic of the monolith.
//!
//! Input: the user's root manifest. Output: `[profile]`.

use std::collections::BTreeSet;

use toml_edit::{DocumentMut, Item, Table, value};

/// Keys that change what code does, not only how fast: whether an overflow panics, whether `debug_assert!`
/// runs (The Cargo Book, "Profiles"). The level of optimization is the user's own trade.
const KEPT: &[&str] = &["opt-level", "overflow-checks", "debug-assertions"];

/// The output's profiles. What the user says of single packages stays for those in `packages`: cargo warns of
/// any other.
pub(super) fn profile(old: &DocumentMut, packages: &BTreeSet<String>) -> Table {
    let mut release = kept(old, "release");
    release.insert("codegen-units", value(1));
    release.insert("lto", value("thin"));
    release.insert("panic", value("unwind"));
    release.insert("strip", value("symbols"));
    if let Some(mut panic) = release.key_mut("panic") {
        panic.leaf_decor_mut().set_prefix(
            "# A panic must not end the process: it is reported and the next event is served.\n",
        );
    }
    let mut profile = Table::new();
    profile.set_implicit(true);
    for name in ["dev", "test"] {
        let mut table = kept(old, name);
        if let Some(single) = single(old, name, packages) {
            table.insert("package", single);
        }
        if !table.is_empty() {
            table.set_implicit(true);
            profile.insert(name, Item::Table(table));
        }
    }
    if let Some(single) = single(old, "release", packages) {
        release.insert("package", single);
    }
    profile.insert("release", Item::Table(release));
    profile
}

/// What stays of one of the user's profiles.
fn kept(old: &DocumentMut, name: &str) -> Table {
    let mut table = Table::new();
    let theirs = old
        .get("profile")
        .and_then(|p| p.get(name))
        .and_then(Item::as_table_like);
    for key in KEPT {
        if let Some(item) = theirs.and_then(|t| t.get(key)).and_then(Item::as_value) {
            let mut item = item.clone();
            item.decor_mut().clear();
            table.insert(key, value(item));
        }
    }
    table
}

/// The levels of optimization that one of the user's profiles has for single packages.
fn single(old: &DocumentMut, name: &str, packages: &BTreeSet<String>) -> Option<Item> {
    let theirs = old.get("profile")?.get(name)?.get("package")?;
    let mut table = Table::new();
    table.set_implicit(true);
    for (package, settings) in theirs.as_table_like()?.iter() {
        let level = settings.get("opt-level").and_then(Item::as_value);
        if let Some(level) = level.filter(|_| package == "*" || packages.contains(package)) {
            let mut level = level.clone();
            level.decor_mut().clear();
            let mut one = Table::new();
            one.set_dotted(true);
            one.insert("opt-level", value(level));
            table.insert(package, Item::Table(one));
        }
    }
    (!table.is_empty()).then_some(Item::Table(table))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overflows_panic_as_they_did() {
        let old = "[profile.release]\noverflow-checks = true # money\nlto = \"fat\"\n\n\
                   [profile.dev]\ndebug = 0\n\n[profile.test]\nopt-level = 1\n";
        let old: DocumentMut = old.parse().unwrap_or_default();
        let mut doc = DocumentMut::new();
        doc.insert("profile", Item::Table(profile(&old, &BTreeSet::new())));
        assert_eq!(
            doc.to_string(),
            "[profile.test]\nopt-level = 1\n\n[profile.release]\noverflow-checks = true\n\
             codegen-units = 1\nlto = \"thin\"\n# A panic must not end the process: it is reported \
             and the next event is served.\npanic = \"unwind\"\nstrip = \"symbols\"\n"
        );
    }

    #[test]
    fn what_is_slow_without_optimization_stays_fast_to_test() {
        let old = "[profile.dev.package]\nimage.opt-level = 2\nargon2.opt-level = 2\n\
                   [profile.dev.package.serde]\ndebug = 0\n";
        let old: DocumentMut = old.parse().unwrap_or_default();
        let packages = ["image", "serde"].map(str::to_owned);
        let mut doc = DocumentMut::new();
        let made = profile(&old, &BTreeSet::from(packages));
        doc.insert("profile", Item::Table(made));
        let text = doc.to_string();
        assert!(
            text.starts_with("[profile.dev.package]\nimage.opt-level = 2\n\n[profile.release]\n"),
            "{text}"
        );
    }
}
