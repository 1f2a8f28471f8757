//! The profiles of the output: small and fast starts, and the arithmetic of the monolith.
//!
//! Input: the user's root manifest. Output: `[profile]`.

use toml_edit::{DocumentMut, Item, Table, value};

/// Keys that change what code does, not only how fast: whether an overflow panics, whether `debug_assert!`
/// runs (The Cargo Book, "Profiles"). The level of optimization is the user's own trade.
const KEPT: &[&str] = &["opt-level", "overflow-checks", "debug-assertions"];

/// The output's profiles.
pub(super) fn profile(old: &DocumentMut) -> Table {
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
        let table = kept(old, name);
        if !table.is_empty() {
            profile.insert(name, Item::Table(table));
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overflows_panic_as_they_did() {
        let old = "[profile.release]\noverflow-checks = true # money\nlto = \"fat\"\n\n\
                   [profile.dev]\ndebug = 0\n\n[profile.test]\nopt-level = 1\n";
        let old: DocumentMut = old.parse().unwrap_or_default();
        let mut doc = DocumentMut::new();
        doc.insert("profile", Item::Table(profile(&old)));
        assert_eq!(
            doc.to_string(),
            "[profile.test]\nopt-level = 1\n\n[profile.release]\noverflow-checks = true\n\
             codegen-units = 1\nlto = \"thin\"\n# A panic must not end the process: it is reported \
             and the next event is served.\npanic = \"unwind\"\nstrip = \"symbols\"\n"
        );
    }
}
