//! The commands' answers as calm, aligned text.
//!
//! Input: the types of [`super::json`]. Output: text with ANSI escapes. Numbers that rustc did not confirm
//! are called approximate.

use std::fmt::Write as _;

use super::json::{Analyze, Candidate, HeldCrates, Part, Split, Step, Why};
use super::style::{blue, bold, cyan, dim, green, yellow};
use crate::entry::candidates::Standing;
use crate::text::counted;

/// Paths longer than this are shown by their end.
const PATH_WIDTH: usize = 56;
/// File lists longer than this are counted.
const FILES_SHOWN: usize = 20;

/// The table of `analyze`.
pub fn analyze(report: &Analyze) -> String {
    let mut out = String::new();
    let total = &report.total;
    let how = if report.approximate {
        format!(" {}", yellow("(approximate: rustc was not asked)"))
    } else {
        String::new()
    };
    let _ = writeln!(
        out,
        "{}, {}, {}, {}{how}",
        counted(total.packages, "package"),
        counted(total.items, "item"),
        counted(total.lines, "line"),
        counted(total.external_crates.len(), "external crate"),
    );
    let edges = total.edges;
    let _ = writeln!(
        out,
        "{}",
        dim(format!(
            "references: {} verified, {} approximate, {} open",
            edges.verified, edges.approximate, total.open_edges
        ))
    );
    if report.candidates.is_empty() {
        let _ = writeln!(
            out,
            "\nno function can be cut out: there are only tests, mains and trait methods"
        );
        return out;
    }
    let width = report
        .candidates
        .iter()
        .map(|c| shown(&c.path).chars().count())
        .max()
        .unwrap_or(0);
    let approximate = if report.approximate { "~" } else { "" };
    let head = format!(
        "{:width$}  {:>6}  {:>6}  {:>6}  {:>6}  {:>6}  {:>7}  in the way",
        "function", "work", "lines", "items", "crates", "leaves", "callers"
    );
    let _ = writeln!(out, "\n{}", bold(head));
    let mut group = None;
    for c in &report.candidates {
        if group.replace(c.standing) != Some(c.standing) && report.slice.is_empty() {
            let _ = writeln!(out, "{}", dim(heading(c.standing)));
        }
        row(&mut out, c, width, approximate);
    }
    if report.candidate_count > report.candidates.len() {
        let rest = report.candidate_count - report.candidates.len();
        let _ = writeln!(
            out,
            "{}",
            dim(format!("and {rest} more; --limit 0 shows all"))
        );
    }
    if let [one] = report.candidates.as_slice()
        && !report.slice.is_empty()
    {
        detail(&mut out, one, report);
    }
    out
}

fn heading(standing: Standing) -> &'static str {
    match standing {
        Standing::Marked => "marked as entries",
        Standing::Ready => "can be cut as they stand",
        Standing::Blocked => {
            "something is in the way (`extract explain CODE`, or `--entry` for the reason)"
        }
        Standing::Minor => "small, or an inner part of their crate",
    }
}

fn row(out: &mut String, c: &Candidate, width: usize, approximate: &str) {
    let number = |n: usize| format!("{approximate}{n}");
    let codes: Vec<&str> = c.obstacles.iter().map(|o| o.code).collect();
    let line = format!(
        "{:width$}  {:>6}  {:>6}  {:>6}  {:>6}  {:>6}  {:>7}",
        shown(&c.path),
        number(c.work),
        number(c.lines),
        number(c.items),
        number(c.external_crates.len()),
        format!("{approximate}{} %", c.leaves / 10),
        c.callers,
    );
    let _ = if codes.is_empty() {
        writeln!(out, "{line}")
    } else {
        writeln!(out, "{line}  {}", yellow(codes.join(" ")))
    };
}

fn detail(out: &mut String, c: &Candidate, report: &Analyze) {
    let _ = writeln!(out, "\n{} {}:{}", blue("-->"), c.file, c.line);
    let _ = writeln!(
        out,
        "takes along {} of {} items and {} of {} lines",
        c.items, report.total.items, c.lines, report.total.lines
    );
    let kept = if c.external_crates.is_empty() {
        "none".to_owned()
    } else {
        c.external_crates.join(", ")
    };
    let _ = writeln!(out, "external crates (estimated from names): {kept}");
    for obstacle in &c.obstacles {
        let _ = writeln!(out, "{} {}", yellow(obstacle.code), obstacle.message);
    }
    for open in &report.open {
        let _ = writeln!(
            out,
            "{} {} at {}:{}",
            yellow("open"),
            open.reason,
            open.place.file,
            open.place.line
        );
    }
    let width = report
        .slice
        .iter()
        .map(|s| s.path.chars().count())
        .max()
        .unwrap_or(0)
        .min(60);
    let _ = writeln!(out, "\n{}", bold("slice"));
    for item in &report.slice {
        let place = dim(format!("{}:{}", item.file, item.line));
        let _ = writeln!(
            out,
            "  {:<width$}  {:<15}  {place}",
            item.path,
            item.item.noun()
        );
    }
}

/// The end of a long path.
fn shown(path: &str) -> String {
    let count = path.chars().count();
    if count <= PATH_WIDTH {
        return path.to_owned();
    }
    let tail: String = path.chars().skip(count - PATH_WIDTH + 1).collect();
    format!("…{tail}")
}

/// The chain of `why`.
pub fn why(report: &Why) -> String {
    let mut out = String::new();
    if report.approximate {
        let _ = writeln!(out, "{}", yellow("approximate: rustc was not asked"));
    }
    if !report.needed {
        let _ = writeln!(out, "`{}` does not need `{}`", report.entry, report.item);
        return out;
    }
    for (index, step) in report.chain.iter().enumerate() {
        let indent = "  ".repeat(index);
        let words = words(step);
        let at = format!(
            "{}:{}:{}",
            step.place.file, step.place.line, step.place.column
        );
        let _ = writeln!(
            out,
            "{indent}{} {}",
            bold(&step.path),
            dim(format!("({})", step.item.noun()))
        );
        let _ = writeln!(out, "{indent}  {words} {} {at}", blue("-->"));
        let source = step.place.source.trim();
        if !source.is_empty() {
            let _ = writeln!(out, "{indent}  {} {source}", blue("|"));
        }
    }
    out
}

fn words(step: &Step) -> String {
    match (step.reason, step.certainty) {
        ("entry", _) => "the entry".to_owned(),
        ("named", Some(crate::graph::Certainty::Approximate)) => {
            format!("named by the one above ({})", yellow("approximate"))
        }
        ("named", _) => "named by the one above".to_owned(),
        ("holds", _) => "comes with the one above, one holding the other".to_owned(),
        ("impl", _) => "an impl comes when its type and its trait do".to_owned(),
        _ => "rustc asked for it".to_owned(),
    }
}

/// The summary of `split`.
pub fn split(report: &Split) -> String {
    let mut out = String::new();
    let files = &report.files;
    let differs =
        !files.created.is_empty() || !files.changed.is_empty() || !files.removed.is_empty();
    let verb = match (report.dry_run, differs) {
        (true, true) => yellow("would write"),
        (true, false) | (false, false) => green("up to date"),
        (false, true) => green("wrote"),
    };
    let _ = writeln!(out, "{verb} {}", bold(&report.out));
    for entry in &report.entries {
        let shim = if entry.shim {
            ""
        } else {
            " (library, no shim)"
        };
        let _ = writeln!(
            out,
            "  {} as functions/{}{shim}",
            cyan(&entry.path),
            entry.name
        );
    }
    for made in report.crates.iter().filter(|c| c.role == "domain") {
        let verb = match made.choice {
            Some("kept") => "kept whole in",
            Some("copied") => "copied to",
            _ => "slimmed in",
        };
        let _ = write!(out, "  {} {verb} {}", cyan(&made.name), made.dir);
        if let (Some(lines), Some("slimmed")) = (made.lines, made.choice) {
            let _ = write!(out, ", {} of {} lines", lines.kept, lines.total);
        }
        let why = made.why.as_deref().unwrap_or_default();
        let saved = made.drops.iter().map(|d| format!("`{d}`"));
        let saved: Vec<String> = saved.collect();
        let saved = saved.join(", ");
        let said = if saved.is_empty() || why.contains(&saved) {
            why.to_owned()
        } else {
            format!("{why}; drops {saved}")
        };
        let _ = writeln!(out, "{}", dim(format!(" ({said})")));
    }
    out.push('\n');
    let fact = |out: &mut String, name: &str, value: String| {
        let _ = writeln!(out, "  {} {value}", dim(format!("{name:<16}")));
    };
    fact(&mut out, "items", part(report.items));
    fact(&mut out, "lines", part(report.lines));
    fact(&mut out, "external crates", part(report.external_crates));
    if let Some(said) = held(&report.held) {
        fact(&mut out, "held by impls", said);
    }
    if let Some(tests) = &report.tests {
        let elsewhere: usize = tests.elsewhere.values().sum();
        let total = tests.came.len() + tests.left.len() + elsewhere;
        let came = tests.came.len();
        fact(&mut out, "tests", format!("{came} of {total} came along"));
    }
    fact(
        &mut out,
        "files",
        format!(
            "{} created, {} changed, {} removed, {} unchanged",
            files.created.len(),
            files.changed.len(),
            files.removed.len(),
            files.unchanged
        ),
    );
    fact(
        &mut out,
        "proof",
        format!(
            "{}, the last without error or warning",
            counted(report.checks, "check")
        ),
    );
    fact(
        &mut out,
        "names",
        format!(
            "{} of {} mean the same item as in the monolith",
            report.names.kept, report.names.total
        ),
    );
    fact(&mut out, "time", format!("{:.1} s", report.seconds));
    if report.dry_run {
        for (mark, list) in [
            ("+", &files.created),
            ("~", &files.changed),
            ("-", &files.removed),
        ] {
            for path in list.iter().take(FILES_SHOWN) {
                let _ = writeln!(out, "  {mark} {path}");
            }
            if list.len() > FILES_SHOWN {
                let _ = writeln!(out, "  {mark} and {} more", list.len() - FILES_SHOWN);
            }
        }
        return out;
    }
    let _ = writeln!(out, "\n{}", bold("next"));
    if let Some(review) = &report.review {
        let _ = writeln!(out, "  read {}", report.out.join(review));
    }
    let _ = writeln!(out, "  cd {} && cargo test --workspace", report.out);
    let has_shim = report.entries.iter().any(|e| e.shim);
    if has_shim && report.entries.iter().any(|e| e.target != "lambda") {
        let _ = writeln!(out, "  cd {} && cargo build --release", report.out);
    } else if has_shim {
        let _ = writeln!(
            out,
            "  cd {} && cargo lambda build --release --output-format zip",
            report.out
        );
    }
    out
}

/// The external crates that impls of foreign traits alone hold, in a line.
fn held(all: &[HeldCrates]) -> Option<String> {
    let of = |fate: &str| {
        let found = all.iter().filter(|held| held.fate == fate);
        let names = found.map(|held| {
            let names: Vec<&str> = held.names.iter().map(String::as_str).collect();
            let names = names.join(", ");
            match held.packages {
                _ if names.is_empty() => counted(held.impls.len(), "impl"),
                Some(packages) => format!("{names} ({})", counted(packages, "package")),
                None => names,
            }
        });
        let names: Vec<String> = names.collect();
        (!names.is_empty()).then(|| names.join("; "))
    };
    let kept = of("kept").map(|names| format!("{names}; --lean drops what nothing uses"));
    let gone = of("gone").map(|names| format!("gone: {names}"));
    let needed = of("needed").map(|names| format!("needed: {names}"));
    let said: Vec<String> = [kept, gone, needed].into_iter().flatten().collect();
    (!said.is_empty()).then(|| said.join("; "))
}

fn part(part: Part) -> String {
    format!("{} of {} kept", part.kept, part.total)
}
