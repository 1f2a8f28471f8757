//! The documentation's claims, held against the program.
//!
//! Input: `docs/`, `README.md`, the workspaces in `tests/fixtures`. Output: nothing but failures.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod common;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use common::{fixture, program, run_in};
use serde_json::Value;

fn text(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The names of all fields of objects in a value, at any depth.
fn fields(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(of) => {
            for (name, inner) in of {
                found.insert(name.clone());
                fields(inner, found);
            }
        }
        Value::Array(of) => of.iter().for_each(|inner| fields(inner, found)),
        _ => {}
    }
}

/// Every command's JSON: one object with `version` and `kind`, each field of which has its place in the book.
#[test]
fn json_is_documented() {
    let book = text("docs/src/json.md");
    let cases: &[(&str, &[&str], &str)] = &[
        ("analyze", &["analyze", "--quick"], "cut"),
        (
            "analyze",
            &["analyze", "--quick", "--entry", "is_empty"],
            "cut",
        ),
        (
            "analyze",
            &["analyze", "--quick", "--limit", "0"],
            "refusals",
        ),
        (
            "why",
            &["why", "Price", "--entry", "is_empty", "--quick"],
            "cut",
        ),
        ("split", &["split", "--no-shim", "--dry-run"], "cut"),
        ("explain", &["explain"], "cut"),
        ("explain", &["explain", "X0201"], "cut"),
        ("refused", &["split", "--entry", "Cart"], "refusals"),
    ];
    for (kind, args, workspace) in cases {
        let dir = fixture(workspace);
        let run = run_in(dir.path(), &[args, &["--format", "json"][..]].concat());
        let answer: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(
            (&answer["version"], run.stderr.as_str()),
            (&Value::from(1), "")
        );
        assert_eq!(answer["kind"], *kind);
        let mut found = BTreeSet::new();
        fields(&answer, &mut found);
        let missing: Vec<&String> = found
            .iter()
            .filter(|field| !book.contains(&format!("`{field}`")))
            .collect();
        assert!(missing.is_empty(), "{args:?}: json.md lacks {missing:?}");
    }
}

/// Every option that `--help` shows stands in the book, and every command has examples.
#[test]
fn help_is_documented() {
    let book = text("docs/src/cli.md");
    let dir = fixture("cut");
    for command in [
        "analyze",
        "why",
        "split",
        "verify",
        "package",
        "explain",
        "completions",
    ] {
        let run = run_in(dir.path(), &[command, "--help"]);
        assert!(
            run.status == 0 && run.stdout.contains("Examples:"),
            "{command}"
        );
        let options = run
            .stdout
            .split(|c: char| c.is_whitespace() || matches!(c, ',' | '`' | ')' | '(' | ';'))
            .filter(|word| word.starts_with("--") && word.len() > 2);
        let shared = ["--help", "--version"];
        for option in options.filter(|word| !shared.contains(word)) {
            assert!(book.contains(option), "{command}: cli.md lacks {option}");
        }
    }
}

#[test]
fn no_colour_unless_it_is_wanted() {
    let dir = fixture("cut");
    let coloured = |args: &[&str], variable: Option<(&str, &str)>| {
        let mut command = program(dir.path());
        command.args(["analyze", "--quick"]).args(args);
        command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        if let Some((name, value)) = variable {
            command.env(name, value);
        }
        command.output().unwrap().stdout.contains(&0x1b)
    };
    assert!(!coloured(&[], None), "a pipe gets no colour");
    assert!(coloured(&["--color", "always"], None));
    assert!(!coloured(
        &["--color", "never"],
        Some(("CLICOLOR_FORCE", "1"))
    ));
    assert!(!coloured(&[], Some(("NO_COLOR", "1"))));
}

/// No progress where nobody watches: the standard error of a run that has nothing to say is empty.
#[test]
fn no_progress_in_a_pipe() {
    let dir = fixture("cut");
    let run = run_in(dir.path(), &["analyze", "--quick"]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
}

/// Links between pages lead somewhere.
#[test]
fn links_lead_to_pages() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages: Vec<PathBuf> = walkdir::WalkDir::new(root.join("docs/src"))
        .into_iter()
        .map(|e| e.unwrap().into_path())
        .filter(|p| p.extension().is_some_and(|e| e == "md"))
        .collect();
    pages.push(root.join("README.md"));
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let file = link.split('#').next().unwrap_or_default();
            if file.is_empty() || file.contains("://") || file.contains(' ') {
                continue;
            }
            let target = page.parent().unwrap().join(file);
            assert!(target.exists(), "{}: {link}", page.display());
        }
    }
}
