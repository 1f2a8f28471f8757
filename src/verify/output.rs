//! The output folder as it lies on disk: its lock, and its crates as a workspace of their own.
//!
//! Input: a folder. Output: [`Output`]. Refuses with [`Code::NoOutput`] a folder without our lock.

use camino::Utf8Path;

use crate::diag::{Code, Diagnostic, Outcome, Sink};
use crate::review::lockfile::{self, Lock};
use crate::syntax::{self, ItemTree};
use crate::workspace::{self, Request, Workspace};

/// An output folder.
#[derive(Debug)]
pub struct Output {
    /// Its crates; builds go to the monolith's target folder, where dependencies are found compiled.
    pub workspace: Workspace,
    /// Their items.
    pub tree: ItemTree,
    /// What was delivered.
    pub lock: Lock,
}

/// The lock of an output folder.
///
/// # Errors
/// [`Code::NoOutput`] when the folder was not made by extract.
pub fn lock(dir: &Utf8Path) -> Result<Lock, Diagnostic> {
    let none = |message: String| {
        Diagnostic::new(Code::NoOutput, message)
            .help("name the folder that `extract split` wrote, or run `extract split` first")
    };
    if !dir.is_dir() {
        return Err(none(format!("{dir} is not a folder")));
    }
    let path = dir.join(lockfile::NAME);
    let text = fs_err::read_to_string(&path)
        .map_err(|error| none(format!("{dir} holds no output of extract: {error}")))?;
    Lock::parse(&text).map_err(|why| none(format!("{path} cannot be used: {why}")))
}

/// Loads the crates of an output folder, to be built as `monolith` is.
///
/// # Errors
/// What cargo refuses about its manifests.
pub fn load(monolith: &Workspace, dir: &Utf8Path, lock: Lock) -> Outcome<Output> {
    let request = Request {
        manifest_path: Some(dir.join("Cargo.toml")),
        ..Request::default()
    };
    let mut workspace = workspace::load(&request)?;
    workspace.target_dir.clone_from(&monolith.target_dir);
    workspace.toolchain.clone_from(&monolith.toolchain);
    // What does not parse does not compile either, and rustc says it better.
    let tree = syntax::load(&workspace, &mut Sink::default());
    Ok(Output {
        workspace,
        tree,
        lock,
    })
}
