//! Entries: what crosses their boundary.
//!
//! Input: the item tree. Output: see the modules. Refuses what they refuse.

pub mod candidates;
pub mod cross;
pub mod feed;
pub mod find;
pub mod imports;
pub mod meaning;
pub mod plan;
pub mod retry;
pub mod returned;
