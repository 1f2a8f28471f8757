//! One function crate of a review: its shim, and the items that its entry alone uses.
//!
//! Input: the job, the cut and an entry. Output: Markdown. Refuses nothing.

use std::fmt::Write as _;

use super::items;
use super::krate;
use super::words::{Places, code, prose};
use crate::binding::Source;
use crate::cut::{Cut, Job};
use crate::entry::cross::Start;
use crate::entry::feed::Feed;
use crate::entry::plan::Entry;
use crate::id::ItemId;
use crate::target::Target;
use crate::text::counted;
use crate::trigger::Trigger;

/// What sends it events, and what is made before the first.
fn events(entry: &Entry, out: &mut String) {
    if entry
        .feeds
        .iter()
        .any(|feed| feed.trigger != Trigger::Direct)
    {
        for feed in &entry.feeds {
            let parts = feed.parts.iter();
            let said = parts.filter(|part| part.source != Source::Field);
            let said: Vec<String> = said
                .map(|part| {
                    format!(
                        "{} is {}",
                        code(&part.field),
                        code(&part.source.to_string())
                    )
                })
                .collect();
            let _ = write!(out, "- events of {}", feed.trigger.title());
            let _ = match said.as_slice() {
                [] => writeln!(out),
                said => writeln!(out, ": {}", said.join(", ")),
            };
        }
        let batched = |feed: &&Feed| matches!(feed.trigger, Trigger::Sqs | Trigger::DynamoDb);
        if entry.wishes.target == Target::Lambda && entry.feeds.iter().any(|f| batched(&f)) {
            let _ = writeln!(
                out,
                "\nThe event source mapping must have {} among its {}: without it records that fail are lost.",
                code("ReportBatchItemFailures"),
                code("FunctionResponseTypes")
            );
        }
        out.push('\n');
    }
    if let Some(object) = &entry.sent.object {
        let _ = writeln!(
            out,
            "Its result is put into a bucket, at {}; the answer says where it lies.\n",
            code(&object.to_string())
        );
    }
    let failure = entry
        .crossing
        .as_ref()
        .and_then(|c| c.output.failure.as_ref());
    let cases = failure.iter().flat_map(|failure| &failure.cases);
    let transient: Vec<String> = cases
        .flat_map(|cases| cases.variants.iter().filter(|case| case.is_transient))
        .map(|case| code(&case.name))
        .collect();
    if !transient.is_empty() {
        let _ = writeln!(
            out,
            "Failures that are worth another try: {}. All others are told as lasting.\n",
            transient.join(", ")
        );
    }
    let inputs = entry.crossing.iter().flat_map(|crossing| &crossing.inputs);
    let made: Vec<String> = inputs
        .filter_map(|input| {
            let how = match input.start.as_ref()? {
                Start::Env(name) => format!("the environment variable {}", code(name)),
                Start::Secret(name) => format!("the secret {}", code(name)),
                Start::Const(value) => code(value),
                Start::Made(make) => format!("what {} makes", code(&make.said())),
            };
            let lock = if input.locked {
                ", one call at a time"
            } else {
                ""
            };
            Some(format!("{} is {how}{lock}", code(&input.field)))
        })
        .collect();
    if !made.is_empty() {
        let _ = writeln!(
            out,
            "Before the first event, once for each process: {}.\n",
            made.join(", ")
        );
    }
}

/// The section of one function crate.
pub(super) fn section(
    job: &Job<'_>,
    cut: &Cut,
    places: &Places<'_>,
    entry: &Entry,
    out: &mut String,
) {
    let dir = format!("functions/{}", entry.name);
    let source = &job.tree.krate(job.tree.item(entry.item).krate).name;
    let owned: Vec<ItemId> = cut
        .state
        .owned
        .iter()
        .filter(|(_, of)| **of == entry.item)
        .map(|(item, _)| *item)
        .collect();
    let _ = writeln!(
        out,
        "## Function crate {}\n\nFor {}.",
        code(&entry.name),
        code(&entry.path)
    );
    if entry.crossing.is_some() {
        let main = code(&format!("{dir}/src/main.rs"));
        let _ = writeln!(
            out,
            "{main} was generated: it reads the event and calls it."
        );
    }
    events(entry, out);
    if owned.is_empty() {
        let _ = writeln!(
            out,
            "{} re-exports it; it owns no code that was moved.\n",
            code(&format!("{dir}/src/lib.rs"))
        );
    } else {
        let _ = writeln!(
            out,
            "What it alone needs, {} of {}, stands in files of the same names; what others need too is in the domain \
             crates.\n",
            counted(owned.len(), "item"),
            code(source),
        );
    }
    if let Some(said) = cut.state.returned.get(&entry.item) {
        let _ = writeln!(
            out,
            "What it alone needs went back to the domain crates, where the rest compiles with it. rustc said: \
             {}.\n",
            prose(said)
        );
    }
    let chosen = entry.crossing.iter().flat_map(|c| &c.chosen);
    let chosen: Vec<String> = chosen
        .map(|(many, one)| format!("{} for {}", code(one), code(many)))
        .collect();
    if !chosen.is_empty() {
        let _ = writeln!(
            out,
            "Parameters that take many types take one from the event: {}.\n",
            chosen.join(", ")
        );
    }
    krate::allowed(cut, &dir, out);
    if !owned.is_empty() {
        let rendered = cut.layout.choices.get(&dir);
        items::table(job, cut, places, owned.into_iter(), rendered, out);
    }
}
