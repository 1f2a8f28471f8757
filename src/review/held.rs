//! What a review says of external crates that impls of foreign traits alone hold.
//!
//! Input: the job and the proven cut. Output: Markdown. Refuses nothing.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::words::{Places, code, codes, name, prose};
use crate::cut::lean::{Fate, Weight};
use crate::cut::{Cut, Job};
use crate::text::counted;

/// The section, empty where there are none.
pub(super) fn section(job: &Job<'_>, cut: &Cut, places: &Places<'_>, out: &mut String) {
    if cut.weights.is_empty() {
        return;
    }
    out.push_str("## External crates for the sake of impls\n\n");
    out.push_str(
        "Nothing names these crates but impls of foreign traits, and what these need. An impl may be used without being named, \
         so it comes with its type; `--lean` drops those that rustc does without and of which the linker leaves nothing in a \
         program.\n\n| crates | go with them | impls | now |\n| --- | --- | --- | --- |\n",
    );
    for weight in &cut.weights {
        let impls = weight.held.impls.iter().map(|item| {
            let node = job.tree.item(*item);
            let place = places.at(node.file, job.tree.raw(*item).range.start);
            format!("{} ({})", code(&name(job, *item)), code(&place))
        });
        let crates = weight.held.crates.iter();
        let names: BTreeSet<&str> = crates.map(|external| external.package.as_str()).collect();
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} |",
            if names.is_empty() {
                "none".to_owned()
            } else {
                codes(names.iter().copied())
            },
            packages(weight),
            impls.collect::<Vec<_>>().join(", "),
            match &weight.fate {
                Fate::Kept => "in the cut".to_owned(),
                Fate::Gone => "gone".to_owned(),
                Fate::Needed(why) => format!("in the cut: {}", prose(why)),
            },
        );
    }
    out.push('\n');
}

fn packages(weight: &Weight) -> String {
    match weight.packages {
        _ if weight.held.crates.is_empty() => "items of the workspace".to_owned(),
        Some(number) => counted(number, "package"),
        None => "not known".to_owned(),
    }
}
