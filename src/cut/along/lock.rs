//! One lock file of two.
//!
//! Input: the cut's lock file and the monolith's. Output: the cut's, with the packages that only the monolith
//! has added, so that cargo takes the monolith's versions of them. Cargo drops those that nothing needs. A
//! package that both have in versions of which one can stand for the other is taken from the first: two of
//! them in one file, and cargo may find no way to use both.

use std::collections::BTreeSet;

/// The head of a package's entry.
const PACKAGE: &str = "[[package]]\n";

/// Merges.
pub fn merged(cut: &str, monolith: &str) -> String {
    if cut.trim().is_empty() {
        return monolith.to_owned();
    }
    let known: BTreeSet<(&str, &str)> = cut.split(PACKAGE).skip(1).map(key).collect();
    let mut out = cut.trim_end().to_owned();
    out.push('\n');
    for entry in monolith.split(PACKAGE).skip(1) {
        if known.contains(&key(entry)) {
            continue;
        }
        // A member of the monolith is none of the output.
        if !entry.contains("\nsource = ") {
            continue;
        }
        // Tables may follow the last entry.
        let body = entry.split("\n[").next().unwrap_or(entry);
        let is_list = entry.contains("dependencies = [\n");
        let body = if is_list { whole_list(entry) } else { body };
        out.push('\n');
        out.push_str(PACKAGE);
        out.push_str(body.trim_end());
        out.push('\n');
    }
    out
}

/// An entry up to the end of its list of dependencies.
fn whole_list(entry: &str) -> &str {
    entry
        .find("\n]")
        .and_then(|at| entry.get(..at + 2))
        .unwrap_or(entry)
}

/// The name, and what versions that can stand for each other have in common.
fn key(entry: &str) -> (&str, &str) {
    let field = |name: &str| {
        let line = entry.lines().find_map(|l| l.strip_prefix(name))?;
        line.split('"').nth(1)
    };
    let version = field("version = ").unwrap_or_default();
    (field("name = ").unwrap_or_default(), line(version))
}

/// `1` of `1.2.3`, `0.2` of `0.2.3`, `0.0.3` of itself.
fn line(version: &str) -> &str {
    let dots = || version.match_indices('.').map(|(at, _)| at);
    let end = if !version.starts_with("0.") {
        dots().next()
    } else if !version.starts_with("0.0.") {
        dots().nth(1)
    } else {
        None
    };
    end.and_then(|end| version.get(..end)).unwrap_or(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_versions_that_can_stand_for_each_other_the_first_is_taken() {
        let lock = |packages: &[(&str, &str)]| {
            let entry = |(name, version): &(&str, &str)| {
                format!(
                    "\n[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = \"r\"\n"
                )
            };
            let entries: String = packages.iter().map(entry).collect();
            format!("version = 4\n{entries}")
        };
        let cut = [("a", "1.0.229"), ("b", "0.2.1"), ("c", "0.0.3")];
        let monolith = [
            ("a", "1.0.218"),
            ("a", "0.9.1"),
            ("b", "0.2.9"),
            ("b", "0.3.0"),
            ("c", "0.0.4"),
        ];
        let both = [&cut[..], &[("a", "0.9.1"), ("b", "0.3.0"), ("c", "0.0.4")]].concat();
        assert_eq!(merged(&lock(&cut), &lock(&monolith)), lock(&both));
    }

    #[test]
    fn what_only_the_monolith_has_is_added() {
        let cut = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"r\"\n";
        let monolith = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"r\"\n\n\
                        [[package]]\nname = \"b\"\nversion = \"2.0.0\"\nsource = \"r\"\ndependencies = [\n \"a\",\n]\n\n\
                        [[package]]\nname = \"own\"\nversion = \"0.1.0\"\n";
        let made = merged(cut, monolith);
        assert_eq!(
            made,
            format!(
                "{cut}\n[[package]]\nname = \"b\"\nversion = \"2.0.0\"\nsource = \"r\"\ndependencies = [\n \"a\",\n]\n"
            )
        );
    }
}
