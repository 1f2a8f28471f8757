//! The output's side: a copy of the output in which the functions answer cases instead of events.
//!
//! Input: the output. Output: the copy, and what cargo is told to build. Only manifests differ: in place of
//! `lambda_runtime` stands the crate of [`crate::render::harness`], so that each `main.rs` is compiled as it
//! lies in the output, with what a person changed in it. Refuses nothing: a function that does not run on
//! `lambda_runtime` gets no program.

use camino::Utf8Path;

use super::{RUNTIME, Side, program};
use crate::diag::Diagnostic;
use crate::entry::plan::Entry;
use crate::oracle::{self, shadow};
use crate::render::{harness, manifest};
use crate::verify::output::Output;

/// Makes the copy in `dir`.
///
/// # Errors
/// [`crate::diag::Code::WriteFailed`] naming the file.
pub fn copy(output: &Output, entries: &[&Entry], dir: &Utf8Path) -> Result<Side, Diagnostic> {
    let workspace = &output.workspace;
    let mut texts = oracle::manifests(workspace)?;
    texts.extend(harness::runtime(RUNTIME.into()));
    let mut args = vec!["--workspace".to_owned()];
    for entry in entries {
        let name = program("function", entry);
        let path = format!("functions/{}/Cargo.toml", entry.name).into();
        let runtime = format!("../../{RUNTIME}");
        let changed = texts
            .get(&path)
            .and_then(|text| manifest::harness::function(text, &name, &runtime));
        if let Some(text) = changed {
            texts.insert(path, text);
            args.extend(["--bin".to_owned(), name]);
        }
    }
    shadow::sync(&workspace.root, &workspace.target_dir, dir, &texts)?;
    Ok(Side {
        dir: dir.to_owned(),
        args,
    })
}
