//! What a review says of dependencies' features: those kept on for the monolith's sake, those lost.
//!
//! Input: the proven cut. Output: Markdown. Refuses nothing.

use std::fmt::Write as _;

use super::words::{code, codes};
use crate::cut::Cut;
use crate::text::counted;

/// The section, empty when nothing differs.
pub(super) fn section(cut: &Cut, out: &mut String) {
    let Some(found) = &cut.features else {
        out.push_str(
            "## Features of dependencies\n\nNot compared with the monolith's: cargo would have needed the \
             network, or a change to the lock file.\n\n",
        );
        return;
    };
    if found.kept.is_empty() && found.narrowed.is_empty() {
        return;
    }
    out.push_str("## Features of dependencies\n\n");
    if !found.kept.is_empty() {
        out.push_str(
            "Cargo unites features over all that is built together. These are asked for here because some \
             other crate of the monolith's build asks for them, and a feature can change behaviour:\n\n",
        );
        for kept in &found.kept {
            let _ = writeln!(
                out,
                "- {} in {}: {}",
                code(&kept.package),
                code(&kept.dir),
                codes(kept.features.iter().map(String::as_str))
            );
        }
        out.push('\n');
    }
    if !found.narrowed.is_empty() {
        let _ = writeln!(
            out,
            "{} built with fewer features than in the monolith; no manifest here names them:\n",
            if found.narrowed.len() == 1 {
                "One package is".to_owned()
            } else {
                format!("{} are", counted(found.narrowed.len(), "package"))
            }
        );
        for narrowed in &found.narrowed {
            let (name, version) = &narrowed.release;
            let _ = writeln!(
                out,
                "- {}: without {}",
                code(&format!("{name} {version}")),
                codes(narrowed.features.iter().map(String::as_str))
            );
        }
        out.push('\n');
    }
}
