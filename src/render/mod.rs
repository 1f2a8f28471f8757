//! Rendering: the plan's texts. Moved code is cut out of the user's text by byte range; glue is made with
//! quote; manifests with toml_edit.
//!
//! Input: plans. Output: texts. Refuses nothing: what cannot be rendered was refused before.

pub mod deploy;
pub mod edit;
pub mod harness;
pub mod item;
pub mod manifest;
pub mod shim;
