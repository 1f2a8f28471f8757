//! Human output: diagnostics as rustc shows them, and the commands' answers.
//!
//! Input: diagnostics and the types of [`super::json`]. Output: text with ANSI escapes. Refuses nothing.

use std::fmt::Write as _;

use super::json::Finding;
use super::style::{blue, bold, cyan, dim, green, red, yellow};
use crate::diag::{Diagnostic, Place, Severity};

pub use super::tables::{analyze, split, why};

/// Diagnostics, worst last, so that what stops the command stands next to the prompt.
pub fn diagnostics(list: &[Diagnostic]) -> String {
    let mut findings = super::json::findings(list);
    findings.sort_by_key(|f| std::cmp::Reverse(f.severity));
    let mut out = String::new();
    for finding in &findings {
        diagnostic(&mut out, finding);
        out.push('\n');
    }
    let mut codes: Vec<&str> = findings
        .iter()
        .filter(|f| f.severity == Severity::Error)
        .map(|f| f.code)
        .collect();
    codes.dedup();
    if let Some(code) = codes.first() {
        let _ = writeln!(
            out,
            "{}",
            dim(format!(
                "For more about this error, try `extract explain {code}`."
            ))
        );
    }
    out
}

fn diagnostic(out: &mut String, finding: &Finding) {
    let label = match finding.severity {
        Severity::Error => red(format!("error[{}]", finding.code)),
        Severity::Warning => yellow(format!("warning[{}]", finding.code)),
        Severity::Note => green(format!("note[{}]", finding.code)),
    };
    let _ = writeln!(out, "{label}{}", bold(format!(": {}", finding.message)));
    let mut pad = 1;
    if let Some(place) = &finding.place {
        pad = place.line.to_string().len();
        snippet(out, place, pad);
    }
    let gutter = format!("{} {}", " ".repeat(pad), blue("="));
    for note in &finding.notes {
        let _ = writeln!(out, "{gutter} {}: {note}", bold("note"));
    }
    for help in &finding.help {
        let _ = writeln!(out, "{gutter} {}: {help}", cyan("help"));
    }
}

/// `--> file:line:column`, the line, and a mark under the name.
fn snippet(out: &mut String, place: &Place, pad: usize) {
    let space = " ".repeat(pad);
    let at = match (place.line, place.column) {
        (0, _) => place.file.to_string(),
        (line, 0) => format!("{}:{line}", place.file),
        (line, column) => format!("{}:{line}:{column}", place.file),
    };
    let _ = writeln!(out, "{space}{} {at}", blue("-->"));
    if place.source.is_empty() || place.line == 0 {
        return;
    }
    let bar = blue("|");
    let source = place.source.trim_end().replace('\t', " ");
    let _ = writeln!(out, "{space} {bar}");
    let _ = writeln!(
        out,
        "{} {bar} {source}",
        blue(format!("{:>pad$}", place.line))
    );
    if place.column > 0 {
        let marked = source
            .chars()
            .skip(place.column - 1)
            .take_while(|c| c.is_alphanumeric() || *c == '_');
        let marks = "^".repeat(marked.count().max(1));
        let _ = writeln!(
            out,
            "{space} {bar} {}{}",
            " ".repeat(place.column - 1),
            red(marks)
        );
    }
    let _ = writeln!(out, "{space} {bar}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Code;

    #[test]
    fn a_diagnostic_has_place_caret_notes_and_help() {
        let place = Place {
            file: "src/lib.rs".into(),
            line: 12,
            column: 8,
            source: "pub fn render() {}".to_owned(),
        };
        let list = [Diagnostic::new(Code::EntryUnsafe, "no")
            .at(place)
            .note("n")
            .help("h")];
        let text = anstream::adapter::strip_str(&diagnostics(&list)).to_string();
        let expected = "error[X0209]: no\n  --> src/lib.rs:12:8\n   |\n12 | pub fn render() {}\n   \
                        |        ^^^^^^\n   |\n   = note: n\n   = help: h\n\nFor more about this error, try \
                        `extract explain X0209`.\n";
        assert_eq!(text, expected);
    }
}
