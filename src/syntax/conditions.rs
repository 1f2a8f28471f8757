//! Whether a `cfg` predicate can hold.
//!
//! Input: a predicate, what rustc says of the host, the features that are on. Output: a guess in three values,
//! read as two. Build scripts, `RUSTFLAGS` and configuration files set names that nobody knows before the build,
//! so only what rustc itself defines counts as known. A predicate that cannot be read may hold.

use std::collections::BTreeSet;
use std::str::FromStr as _;

use cargo_platform::{Cfg, CfgExpr};

use super::types::Attr;

/// Names that rustc or cargo define, without a value (Rust reference, "Conditional compilation", and rustc's
/// list of well-known names).
const KNOWN_NAMES: &[&str] = &[
    "debug_assertions",
    "doc",
    "doctest",
    "miri",
    "overflow_checks",
    "proc_macro",
    "target_thread_local",
    "test",
    "ub_checks",
    "unix",
    "windows",
];

/// Names that rustc or cargo define, with a value.
const KNOWN_KEYS: &[&str] = &["feature", "panic", "relocation_model", "sanitize"];

/// False only when the predicate is known not to hold.
pub fn may_hold(host: &[Cfg], features: &BTreeSet<String>, predicate: &str) -> bool {
    let Ok(expr) = CfgExpr::from_str(predicate) else {
        return true;
    };
    value(&expr, &|cfg| known(cfg, host, features)) != Some(false)
}

/// Whether the predicate holds when what nobody knows is not set.
pub fn holds_unset(host: &[Cfg], features: &BTreeSet<String>, predicate: &str) -> bool {
    let Ok(expr) = CfgExpr::from_str(predicate) else {
        return true;
    };
    let known = |cfg: &Cfg| known(cfg, host, features).or(Some(false));
    value(&expr, &known) == Some(true)
}

/// Whether an attribute is a `cfg_attr` that can hold in a build of tests alone.
pub fn is_for_tests(attr: &Attr) -> bool {
    if attr.path != "cfg_attr" {
        return false;
    }
    let mut depth = 0u32;
    let end = attr.args.find(|c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    });
    let predicate = end.and_then(|end| attr.args.get(..end)).unwrap_or_default();
    let predicate = predicate.split_whitespace().collect::<Vec<_>>().join(" ");
    let Ok(expr) = CfgExpr::from_str(&predicate) else {
        return false;
    };
    let no_test = |cfg: &Cfg| matches!(cfg, Cfg::Name(n) if n.name == "test").then_some(false);
    value(&expr, &no_test) == Some(false)
}

/// Whether a text has a `cfg`, `cfg_attr` or `cfg!` that names `test`.
pub fn names_test(text: &str) -> bool {
    text.match_indices("cfg").any(|(at, word)| {
        let rest = text.get(at + word.len()..).unwrap_or_default();
        let rest = rest.strip_prefix("_attr").unwrap_or(rest);
        let rest = rest.strip_prefix('!').unwrap_or(rest);
        let Some(rest) = rest.trim_start().strip_prefix('(') else {
            return false;
        };
        let mut depth = 1u32;
        let end = rest.find(|c: char| {
            match c {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0
        });
        let inside = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        inside
            .split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .any(|word| word == "test")
    })
}

/// `None` when it cannot be known.
fn value(expr: &CfgExpr, known: &dyn Fn(&Cfg) -> Option<bool>) -> Option<bool> {
    let of = |inner: &CfgExpr| value(inner, known);
    match expr {
        CfgExpr::True => Some(true),
        CfgExpr::False => Some(false),
        CfgExpr::Not(inner) => of(inner).map(|v| !v),
        CfgExpr::All(list) => fold(list.iter().map(of), false),
        CfgExpr::Any(list) => fold(list.iter().map(of), true),
        CfgExpr::Value(cfg) => known(cfg),
    }
}

fn known(cfg: &Cfg, host: &[Cfg], features: &BTreeSet<String>) -> Option<bool> {
    match cfg {
        Cfg::KeyPair(key, feature) if key.name == "feature" => Some(features.contains(feature)),
        cfg if host.contains(cfg) => Some(true),
        Cfg::Name(name) => KNOWN_NAMES.contains(&name.name.as_str()).then_some(false),
        Cfg::KeyPair(key, _) => {
            let is_known =
                key.name.starts_with("target_") || KNOWN_KEYS.contains(&key.name.as_str());
            is_known.then_some(false)
        }
    }
}

/// `any` for `deciding = true`, `all` for `deciding = false`.
fn fold(values: impl Iterator<Item = Option<bool>>, deciding: bool) -> Option<bool> {
    let mut sure = true;
    for value in values {
        match value {
            Some(v) if v == deciding => return Some(deciding),
            Some(_) => {}
            None => sure = false,
        }
    }
    sure.then_some(!deciding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::TextRange;

    fn check(predicate: &str, expected: bool) {
        let host = [
            Cfg::from_str("unix").unwrap_or_else(|e| panic!("{e}")),
            Cfg::from_str("target_os = \"linux\"").unwrap_or_else(|e| panic!("{e}")),
        ];
        let features = BTreeSet::from(["on".to_owned()]);
        assert_eq!(
            may_hold(&host, &features, predicate),
            expected,
            "{predicate}"
        );
    }

    #[test]
    fn what_rustc_defines_is_known() {
        check("unix", true);
        check("windows", false);
        check("not(windows)", true);
        check("test", false);
        check("target_os = \"linux\"", true);
        check("target_os = \"macos\"", false);
        check("not(target_os = \"linux\")", false);
        check("feature = \"on\"", true);
        check("feature = \"off\"", false);
        check("all(unix, feature = \"off\")", false);
        check("any(windows, feature = \"on\")", true);
    }

    #[test]
    fn an_attribute_for_tests_alone_is_known() {
        let is = |path: &str, args: &str| {
            is_for_tests(&Attr {
                path: path.to_owned(),
                args: args.to_owned(),
                range: TextRange::default(),
                is_doc: false,
            })
        };
        assert!(is("cfg_attr", "test, derive(Debug)"));
        assert!(is("cfg_attr", "\n    test,\n    derive(Debug)\n"));
        assert!(is("cfg_attr", "all(unix, test), derive(Debug)"));
        assert!(!is("cfg_attr", "not(test), no_std"));
        assert!(!is("cfg_attr", "any(test, feature = \"x\"), derive(Debug)"));
        assert!(!is("cfg_attr", "tested, derive(Debug)"));
        assert!(!is("cfg", "test"));
    }

    #[test]
    fn what_a_build_script_may_set_can_be_either() {
        check("built", true);
        check("not(built)", true);
        check("all(built, windows)", false);
        check("any(built, unix)", true);
        check("not(any(built, unix))", false);
        check("backend = \"fast\"", true);
        check("not(backend = \"fast\")", true);
    }

    #[test]
    fn parts_for_tests_are_seen() {
        assert!(names_test("#[cfg(test)]"));
        assert!(names_test("#[cfg_attr(\n    any(test, unix),\n    x)]"));
        assert!(names_test("if cfg!(not(test)) {}"));
        assert!(!names_test("#[cfg(unix)]\nfn test() {}"));
        assert!(!names_test("#[cfg(feature = \"testing\")]"));
    }
}
