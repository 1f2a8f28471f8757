//! The harness: what makes a shim answer the cases of `extract verify` instead of Lambda's events.
//!
//! Input: nothing. Output: the files of a crate that stands in for `lambda_runtime`, so that a shim is
//! compiled as it is. Refuses nothing.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::manifest;

/// The variable that names the file with the cases.
pub const CASES: &str = "EXTRACT_CASES";
/// The variable with what each answer's line begins with.
pub const MARK: &str = "EXTRACT_MARK";
/// The variable with the number of the first case.
pub const FIRST: &str = "EXTRACT_FIRST";

/// The crate's files, in a folder of a workspace.
pub fn runtime(dir: &Utf8Path) -> BTreeMap<Utf8PathBuf, String> {
    BTreeMap::from([
        (dir.join("Cargo.toml"), manifest::harness::runtime()),
        (
            dir.join("src/lib.rs"),
            include_str!("harness/runtime.rs.txt").to_owned(),
        ),
    ])
}
