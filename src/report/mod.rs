//! Reports: what the commands found, for people, for programs and for graphviz.
//!
//! Input: the commands' answers ([`json`]) and diagnostics. Output: text; printing it is the duty of
//! [`crate::cli`]. Colours are written as ANSI escapes and stripped where nobody wants them. Refuses
//! nothing.

pub mod dot;
pub mod explain;
pub mod human;
pub mod json;
pub mod package;
mod style;
mod tables;
pub mod verify;
