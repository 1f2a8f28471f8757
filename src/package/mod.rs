//! Packaging: the functions of an output as archives that the platform takes.
//!
//! Input: an output's crates and lock, then the programs as they were built. Output: [`Packed`]. Refuses a
//! function that is not there, and programs that would not start on the platform or are too large for it.
//! Builds and writes nothing itself.

pub mod archive;
pub mod fit;
pub mod program;

use crate::diag::{Code, Diagnostic, Refused};
use crate::review::lockfile::Lock;
use crate::text::did_you_mean;
use crate::workspace::{TargetShape, Workspace};

/// The file that the platform starts.
pub const PROGRAM: &str = "bootstrap";

/// One function, ready to be written.
#[derive(Clone, Debug)]
pub struct Packed {
    /// The program.
    pub program: Vec<u8>,
    /// The archive.
    pub zip: Vec<u8>,
    /// The newest glibc that it asks for; none when it is static.
    pub glibc: Option<(u32, u32)>,
}

/// The functions of an output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Functions {
    /// The packages of all of them.
    pub packages: Vec<String>,
    /// The programs of those that are wanted.
    pub programs: Vec<String>,
}

/// The functions, those to package marked: all when none is named.
///
/// # Errors
/// [`Code::NothingToPackage`] for each that is not there, or is no program.
pub fn functions(output: &Workspace, lock: &Lock, wanted: &[String]) -> Result<Functions, Refused> {
    let all: Vec<&str> = lock.entries.values().map(String::as_str).collect();
    let mut found = Functions {
        packages: all.iter().map(ToString::to_string).collect(),
        programs: Vec::new(),
    };
    let mut wrong = Vec::new();
    for name in wanted {
        // Entries are often typed as they are called in code.
        let spelled = name.replace('_', "-");
        if !all.contains(&name.as_str()) && !all.contains(&spelled.as_str()) {
            let message = format!("the output has no function `{name}`");
            let near = did_you_mean(name, all.iter().copied());
            let near = near.map(|near| format!("did you mean `{near}`?"));
            let list = format!("it has: {}", all.join(", "));
            wrong.push(Diagnostic::new(Code::NothingToPackage, message).help(near.unwrap_or(list)));
        }
    }
    let is_wanted = |name: &str| {
        wanted.is_empty()
            || wanted
                .iter()
                .any(|w| w == name || w.replace('_', "-") == name)
    };
    for name in all.iter().filter(|name| is_wanted(name)) {
        let package = output.by_name(name);
        let program = package.and_then(|p| p.targets.iter().find(|t| t.shape == TargetShape::Bin));
        match program {
            Some(program) => found.programs.push(program.name.clone()),
            None => wrong.push(
                Diagnostic::new(
                    Code::NothingToPackage,
                    format!("function `{name}` is a library: it has no program"),
                )
                .help("run `extract split` without --no-shim"),
            ),
        }
    }
    if all.is_empty() {
        wrong.push(Diagnostic::new(
            Code::NothingToPackage,
            "the output has no function",
        ));
    }
    if wrong.is_empty() {
        Ok(found)
    } else {
        Err(Refused {
            diagnostics: wrong,
            ..Refused::default()
        })
    }
}
