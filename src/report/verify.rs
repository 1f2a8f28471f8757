//! The answer of `extract verify`, as JSON and for people.
//!
//! Input: the parts of [`crate::verify`]. Output: [`Verify`], and its text. Refuses nothing.

use std::fmt::Write as _;

use camino::Utf8PathBuf;
use serde::Serialize;

use super::json::Finding;
use super::style::{bold, dim, green, red, yellow};
use crate::text::counted;
use crate::verify::answers::record::Recorded;
use crate::verify::answers::{Answers, EntryAnswers};
use crate::verify::binding::Binding;
use crate::verify::build::{Build, Message};
use crate::verify::integrity::Integrity;
use crate::verify::tests::Tests;

/// Lines of a list that a person sees.
const SHOWN: usize = 20;

/// `kind: "verify"`.
#[derive(Clone, Debug, Serialize)]
pub struct Verify {
    /// The schema's version.
    pub version: u32,
    /// `"verify"`.
    pub kind: &'static str,
    /// The output folder.
    pub dir: Utf8PathBuf,
    /// Whether nothing differs; the exit status is 0 then, and 1 otherwise.
    pub fine: bool,
    /// Whether the files are what was delivered.
    pub integrity: Integrity,
    /// Whether it builds without a warning.
    pub build: Build,
    /// Whether the names mean what they meant.
    pub names: Names,
    /// Whether the tests that came along pass; absent when they were not run.
    pub tests: Option<Tests>,
    /// Whether the functions answer as the monolith does; absent when nobody asked.
    pub answers: Option<Answers>,
    /// How long it took.
    pub seconds: f64,
    /// Warnings and notes.
    pub diagnostics: Vec<Finding>,
}

/// The binding proof.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum Names {
    /// The output does not compile.
    Skipped,
    /// All are the same.
    Same(Binding),
    /// Some differ.
    Differ(Binding),
}

impl Names {
    /// By what was found.
    pub fn of(binding: Binding) -> Self {
        if binding.differences.is_empty() {
            Self::Same(binding)
        } else {
            Self::Differ(binding)
        }
    }

    /// Whether all are the same.
    pub fn is_fine(&self) -> bool {
        matches!(self, Self::Same(_))
    }
}

/// For people.
pub fn human(report: &Verify) -> String {
    let mut out = String::new();
    let verdict = if report.fine {
        green("verified")
    } else {
        red("differs")
    };
    let _ = writeln!(out, "{verdict} {}\n", bold(&report.dir));
    integrity(&mut out, &report.integrity);
    build(&mut out, &report.build);
    names(&mut out, &report.names);
    if let Some(found) = &report.tests {
        tests(&mut out, found);
    }
    if let Some(found) = &report.answers {
        if let Some(tests) = &found.recorded {
            recorded(&mut out, tests);
        }
        for entry in &found.entries {
            answers(&mut out, entry);
        }
    }
    row(&mut out, "time", true, format!("{:.1} s", report.seconds));
    out
}

fn row(out: &mut String, name: &str, fine: bool, text: impl std::fmt::Display) {
    let text = if fine {
        text.to_string()
    } else {
        red(text.to_string())
    };
    let _ = writeln!(out, "  {} {text}", dim(format!("{name:<10}")));
}

fn list<T: std::fmt::Display>(out: &mut String, mark: &str, lines: &[T]) {
    for line in lines.iter().take(SHOWN) {
        let _ = writeln!(out, "             {mark} {line}");
    }
    if lines.len() > SHOWN {
        let more = lines.len() - SHOWN;
        let _ = writeln!(out, "             {mark} and {more} more");
    }
}

fn integrity(out: &mut String, found: &Integrity) {
    let whole = found.edited.is_empty() && found.missing.is_empty() && found.added.is_empty();
    let files = if whole {
        format!("{}, all as delivered", counted(found.files, "file"))
    } else {
        format!(
            "{}; {} edited, {} added, {} missing",
            counted(found.files, "file"),
            found.edited.len(),
            found.added.len(),
            found.missing.len()
        )
    };
    row(out, "files", found.missing.is_empty(), files);
    list(out, &yellow("~"), &found.edited);
    list(out, &yellow("+"), &found.added);
    list(out, &red("-"), &found.missing);
    let sources = counted(found.sources, "source");
    if found.moved_on.is_empty() {
        row(
            out,
            "monolith",
            true,
            format!("{sources}, all as they were cut"),
        );
    } else {
        let changed = found.moved_on.len();
        row(
            out,
            "monolith",
            false,
            format!("{sources}, {changed} changed since; run `extract split` again"),
        );
        list(out, &red("~"), &found.moved_on);
    }
}

fn build(out: &mut String, found: &Build) {
    let crates = counted(found.crates, "crate");
    if found.is_fine() {
        row(
            out,
            "build",
            true,
            format!("{crates}, no error, no warning"),
        );
        return;
    }
    let mut text = format!(
        "{crates}, {}, {}",
        counted(found.errors.len(), "error"),
        counted(found.warnings.len(), "warning")
    );
    if !found.test_errors.is_empty() {
        let errors = counted(found.test_errors.len(), "error");
        let _ = write!(text, ", {errors} in tests");
    }
    row(out, "build", false, text);
    let line = |message: &Message| match &message.place {
        Some(place) => format!("{}:{}: {}", place.file, place.line, message.message),
        None => message.message.clone(),
    };
    let errors = found.errors.iter().chain(&found.test_errors);
    let errors: Vec<String> = errors.map(line).collect();
    let warnings: Vec<String> = found.warnings.iter().map(line).collect();
    list(out, &red("error"), &errors);
    list(out, &yellow("warning"), &warnings);
}

fn names(out: &mut String, found: &Names) {
    match found {
        Names::Skipped => row(out, "names", false, "not compared: it does not compile"),
        Names::Same(binding) | Names::Differ(binding) => {
            let edited = if binding.edited == 0 {
                String::new()
            } else {
                format!(" ({} more in edited lines)", binding.edited)
            };
            let text = format!(
                "{} of {} mean the same item{edited}",
                binding.same, binding.references
            );
            row(out, "names", found.is_fine(), text);
            list(out, &red("≠"), &binding.differences);
        }
    }
}

fn tests(out: &mut String, found: &Tests) {
    let all = found.passed + found.failed.len();
    let mut text = match all {
        0 => "none came along".to_owned(),
        all => format!("{} of {all} passed", found.passed),
    };
    if found.ignored > 0 {
        let _ = write!(text, ", {} ignored", found.ignored);
    }
    if found.trouble.is_some() {
        text = "could not be run".to_owned();
    }
    row(out, "tests", found.is_fine(), text);
    let failed = found.failed.iter();
    let failed: Vec<String> = failed
        .map(|test| {
            let said = test
                .said
                .lines()
                .map(|line| format!("\n               {line}"));
            format!("{}{}", test.name, said.collect::<String>())
        })
        .collect();
    list(out, &red("≠"), &failed);
    let trouble: Vec<&str> = found.trouble.iter().flat_map(|t| t.lines()).collect();
    list(out, &red("error"), &trouble);
}

/// The tests that were run for their calls; that some fail is the monolith's own affair.
fn recorded(out: &mut String, found: &Recorded) {
    let Tests { passed, failed, .. } = &found.tests;
    let mut text = format!(
        "by {} of the monolith",
        counted(passed + failed.len(), "test")
    );
    if !failed.is_empty() {
        let _ = write!(text, ", {} failed", failed.len());
    }
    if found.tests.trouble.is_some() {
        text = "the monolith's tests could not be run".to_owned();
    } else if found.packages.is_empty() {
        text = "no test was run".to_owned();
    }
    row(out, "recorded", true, text);
    let failed: Vec<&String> = failed.iter().map(|test| &test.name).collect();
    list(out, &yellow("!"), &failed);
    let trouble: Vec<&str> = found.tests.trouble.iter().flat_map(|t| t.lines()).collect();
    list(out, &yellow("!"), &trouble);
}

fn answers(out: &mut String, entry: &EntryAnswers) {
    let counts = &entry.counts;
    let mut parts = Vec::new();
    for (count, what) in [
        (counts.results, "results"),
        (counts.errors, "errors"),
        (counts.panics, "panics"),
        (counts.ends, "ends of the process"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    let alike = counts.compared - counts.differ;
    let mut text = format!("{}: {alike} of {} alike", entry.path, counts.compared);
    if !parts.is_empty() {
        let _ = write!(text, " ({})", parts.join(", "));
    }
    for (count, what) in [
        (counts.rejected, "rejected by both"),
        (counts.unsteady, "not comparable"),
        (counts.slow, "too slow"),
    ] {
        if count > 0 {
            let _ = write!(text, ", {count} {what}");
        }
    }
    if let Some(calls) = &entry.recorded {
        let _ = write!(text, "; {} recorded", calls.written);
    }
    if let Some(why) = &entry.why {
        text = format!("{}: nothing compared: {why}", entry.path);
    }
    let is_idle = counts.cases == 0 && counts.differ == 0;
    row(
        out,
        "answers",
        counts.differ == 0 && (is_idle || counts.compared > 0),
        text,
    );
    if let Some(found) = &entry.difference {
        let lines = [
            format!("{}", found.event),
            format!("monolith  {}", found.monolith),
            format!("function  {}", found.function),
        ];
        list(out, &red("≠"), &lines);
        if found.after_others {
            let line = "it differs after the cases before it, and not by itself";
            list(out, &yellow("!"), &[line]);
        }
    }
    list(out, &yellow("?"), &entry.unsteady);
    list(out, &yellow("…"), &entry.slow);
}
