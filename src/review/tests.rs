//! The tests of a review: those that came, with what they brought, and those that stay behind, with the reason.
//!
//! Input: the cut. Output: Markdown. Refuses nothing; a cut whose tests nobody asked for has no such section, unless
//! something had to be switched off for want of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::words::{code, codes, prose};
use crate::cut::Cut;
use crate::cut::along::Along;
use crate::cut::layout::Mode;
use crate::text::counted;

/// The section.
pub(super) fn section(cut: &Cut, out: &mut String) {
    let along = &cut.tests;
    if !along.asked {
        if !along.quiet.units.is_empty() {
            out.push_str("## Tests\n\nThe tests were left behind.\n\n");
            quiet(along, out);
        }
        return;
    }
    out.push_str("## Tests\n\n");
    if let Some(trouble) = &along.trouble {
        let _ = writeln!(out, "No test came along: {}.\n", prose(trouble));
    } else if along.came.is_empty() {
        out.push_str("No test came along.\n\n");
    } else {
        let came = counted(along.came.len(), "test");
        let _ = writeln!(
            out,
            "{came} came along; `cargo test` in this folder runs them.\n"
        );
    }
    let mut by_dir: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for test in &along.came {
        by_dir.entry(&test.dir).or_default().push(&test.path);
    }
    for (dir, tests) in by_dir {
        let _ = writeln!(
            out,
            "<details><summary>{}: {}</summary>\n\n{}\n\n</details>\n",
            super::words::html(dir),
            counted(tests.len(), "test"),
            codes(tests.into_iter()),
        );
    }
    for (dir, keys) in &along.dependencies {
        let keys = codes(keys.iter().map(String::as_str));
        let _ = writeln!(out, "- dev-dependencies of {}: {keys}", code(dir));
    }
    for (dir, imports) in &along.imports {
        let imports = codes(imports.iter().map(String::as_str));
        let _ = writeln!(
            out,
            "- imports of {} that only tests need any more, put under `#[cfg(test)]`: {imports}",
            code(dir)
        );
    }
    if !along.data.is_empty() {
        let files = codes(along.data.iter().map(|p| p.as_str()));
        let _ = writeln!(out, "- files that they read: {files}");
    }
    for folder in &along.too_large {
        let _ = writeln!(
            out,
            "- {} is named by a test and too large to come: copy it if the test needs it",
            code(folder.as_str())
        );
    }
    if !(along.dependencies.is_empty()
        && along.imports.is_empty()
        && along.data.is_empty()
        && along.too_large.is_empty())
    {
        out.push('\n');
    }
    examples(along, out);
    quiet(along, out);
    let whole = |krate: &str| {
        let mut domains = cut.layout.domains.iter();
        domains.any(|d| d.mode == Mode::Kept && d.lib_name == krate)
    };
    let (stay, lost): (Vec<_>, Vec<_>) = along.elsewhere.iter().partition(|(k, _)| whole(k));
    let list = |tests: Vec<(&String, &usize)>| {
        let tests = tests.into_iter();
        let tests: Vec<String> = tests.map(|(k, n)| format!("{} ({n})", code(k))).collect();
        tests.join(", ")
    };
    if !stay.is_empty() {
        let stay = list(stay);
        let _ = writeln!(
            out,
            "Tests of crates that are kept whole stay with them: {stay}.\n"
        );
    }
    if !lost.is_empty() {
        let lost = list(lost);
        let _ = writeln!(
            out,
            "Tests of crates that have no library here stay behind: {lost}.\n"
        );
    }
    if along.left.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "### Tests left behind\n\n| test | where | why |\n| --- | --- | --- |"
    );
    for test in &along.left {
        let place = format!("{}:{}", test.place.file, test.place.line);
        let _ = writeln!(
            out,
            "| {} | {} | {} |",
            code(&test.path),
            code(&place),
            prose(&test.reason)
        );
    }
    out.push('\n');
}

/// What is switched off because no test came.
fn quiet(along: &Along, out: &mut String) {
    for (dir, reason) in &along.quiet.units {
        let _ = writeln!(
            out,
            "The library in {} is not tested (`test = false`): it does not compile under `cfg(test)` without what \
             stayed behind ({}).\n",
            code(dir),
            prose(reason)
        );
    }
    let told = |dir: &&String| !along.examples_off.contains_key(*dir);
    for dir in along.quiet.examples.iter().filter(told) {
        let _ = writeln!(
            out,
            "The examples in the documentation of {} are not run (`doctest = false`), as no test came along.\n",
            code(dir)
        );
    }
}

/// The examples in documentation: moved with the items, run where all of a crate's compile.
fn examples(along: &Along, out: &mut String) {
    if along.examples > 0 {
        let _ = writeln!(
            out,
            "{} in documentation came with the code.\n",
            counted(along.examples, "example")
        );
    }
    for (dir, failed) in &along.examples_off {
        let why = if failed.is_empty() {
            "they name another crate than this".to_owned()
        } else {
            let list = failed.iter().map(|(path, reason)| {
                format!(
                    "that of {} does not compile ({})",
                    code(path),
                    prose(reason)
                )
            });
            list.collect::<Vec<_>>().join("; ")
        };
        let _ = writeln!(
            out,
            "The examples in the documentation of {} are not run (`doctest = false`): {why}.\n",
            code(dir)
        );
    }
}
