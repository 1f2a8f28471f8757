//! One lock file of two: the monolith's versions, and for what the shims need beside, the output's.
//!
//! Input: two texts of `Cargo.lock`. Output: one. Cargo drops from it what nothing asks for. Refuses
//! nothing: a text that is no lock file adds nothing.

use std::collections::BTreeSet;

/// `first`, and the packages of `second` whose names `first` does not have.
pub fn merged(first: &str, second: &str) -> String {
    if first.trim().is_empty() {
        return second.to_owned();
    }
    let names: BTreeSet<&str> = blocks(first).filter_map(name).collect();
    let mut out = first.trim_end().to_owned();
    for block in blocks(second) {
        // What has no source is a crate of the output itself.
        let is_registry = block.lines().any(|line| line.starts_with("source = "));
        if is_registry && name(block).is_some_and(|name| !names.contains(name)) {
            out.push_str("\n\n[[package]]\n");
            out.push_str(block.trim());
        }
    }
    out.push('\n');
    out
}

fn blocks(text: &str) -> impl Iterator<Item = &str> {
    text.split("[[package]]").skip(1)
}

fn name(block: &str) -> Option<&str> {
    block
        .lines()
        .find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
}

#[cfg(test)]
mod tests {
    use super::merged;

    #[test]
    fn the_monoliths_versions_win() {
        let own =
            "version = 4\n\n[[package]]\nname = \"serde\"\nversion = \"1.0.1\"\nsource = \"r\"\n";
        let other = "version = 4\n\n[[package]]\nname = \"base64\"\nversion = \"0.22.1\"\nsource = \"r\"\n\n\
                     [[package]]\nname = \"serde\"\nversion = \"1.0.2\"\nsource = \"r\"\n\n\
                     [[package]]\nname = \"total\"\nversion = \"0.1.0\"\n";
        let wanted = format!(
            "{own}\n[[package]]\nname = \"base64\"\nversion = \"0.22.1\"\nsource = \"r\"\n"
        );
        assert_eq!(merged(own, other), wanted);
        assert_eq!(merged("", other), other);
    }
}
