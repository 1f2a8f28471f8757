//! The commands: wiring only. Each takes its options and gives the answer that [`crate::report`] shows.
//!
//! Input: a [`Context`] and the command's options. Output: an answer of [`crate::report::json`], and
//! warnings in the sink. Refuses what the stages refuse.

pub mod analyze;
mod load;
pub mod package;
pub mod split;
pub mod verify;
pub mod why;

use crate::oracle::cargo::Progress;
use crate::workspace::Request;

/// What every command gets.
pub struct Context<'a> {
    /// What to load, as the arguments say.
    pub request: Request,
    /// Told what goes on.
    pub progress: Progress<'a>,
}
