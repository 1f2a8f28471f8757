//! Verifying a finished split: whether it is still what was made, whether it builds, whether its names mean
//! what they meant, and whether its functions answer as the monolith's do.
//!
//! Input: the monolith and an output folder. Output: one part each of [`integrity`], [`build`],
//! [`binding`]. Refuses with [`crate::diag::Code::NoOutput`] a folder that is no output of ours. Writes to
//! the work folder alone.

pub mod align;
pub mod answers;
pub mod binding;
pub mod build;
pub mod integrity;
pub mod origin;
pub mod output;
pub mod tests;

use camino::Utf8Path;

use crate::diag::{Code, Diagnostic, Outcome, Sink};
use crate::oracle::cargo::Progress;
use crate::oracle::references;
use crate::review::lockfile::Lock;
use binding::{Binding, Side};
use output::Output;

/// Differences that a refusal shows.
const SHOWN: usize = 5;

/// Asks rustc what the names of an output mean, and compares with the monolith. The caller holds the work
/// folder's lock.
///
/// # Errors
/// What rustc refuses about the output.
pub fn compare_names(
    monolith: Side<'_>,
    output: &Output,
    progress: Progress<'_>,
) -> Outcome<Binding> {
    progress("asking rustc what every name of the output means");
    let said = references::of_output(
        &output.workspace,
        &output.tree,
        &mut Sink::default(),
        progress,
    )?;
    let origins = origin::origins(monolith.workspace, monolith.tree, output);
    let there = Side {
        workspace: &output.workspace,
        tree: &output.tree,
        references: &said,
    };
    Ok(binding::binding(monolith, there, &origins))
}

/// The binding proof of a cut before it is delivered; `dir` holds its files, and `lock` says where they
/// came from.
///
/// # Errors
/// [`Code::BindingDiffers`] with the first differences.
pub fn prove(
    monolith: Side<'_>,
    dir: &Utf8Path,
    lock: Lock,
    progress: Progress<'_>,
) -> Outcome<Binding> {
    let output = output::load(monolith.workspace, dir, lock)?;
    let binding = compare_names(monolith, &output, progress)?;
    if binding.differences.is_empty() {
        return Ok(binding);
    }
    let count = crate::text::counted(binding.differences.len(), "name");
    let mut diagnostic = Diagnostic::new(
        Code::BindingDiffers,
        format!("{count} of the moved code would mean something else; nothing was written"),
    );
    for difference in binding.differences.iter().take(SHOWN) {
        diagnostic.notes.push(difference.to_string());
    }
    let more = binding.differences.len().saturating_sub(SHOWN);
    if more > 0 {
        diagnostic.notes.push(format!("and {more} more"));
    }
    Err(diagnostic
        .help(format!("what would have been delivered lies in {dir}"))
        .help("please report it with the crate's name and the entry")
        .into())
}
