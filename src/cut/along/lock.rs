//! The lock file with dev-dependencies in it.
//!
//! Input: the cut's lock file and the monolith's. Output: the cut's, with the packages that only the monolith
//! has added, so that cargo takes the monolith's versions of them. Cargo drops those that nothing needs.

use std::collections::BTreeSet;

/// The head of a package's entry.
const PACKAGE: &str = "[[package]]\n";

/// Merges.
pub fn merged(cut: &str, monolith: &str) -> String {
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

fn key(entry: &str) -> (&str, &str) {
    let field = |name: &str| {
        let line = entry.lines().find_map(|l| l.strip_prefix(name))?;
        line.split('"').nth(1)
    };
    (
        field("name = ").unwrap_or_default(),
        field("version = ").unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

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
