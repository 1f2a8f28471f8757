//! Ratios of speed, measured side by side in one run.
//!
//! Input: `cargo bench --bench speed -- MANIFEST… [--rounds N]`. Output: a table a workspace. Each workspace
//! is copied to a temporary folder and built with its own target folder, where its dependencies must be built
//! already. Before each round a line is added to the copies of its main files, so that what is measured is a
//! change, not an answer from a cache.
//!
//! | row | what is compared |
//! | --- | --- |
//! | analyze / check | `extract analyze` after the change, with `cargo check` of the same members |
//! | again / analyze | the same again on unchanged sources, with the first |
//! | quick / parse | `extract analyze --quick`, with a program that reads and parses the same files and no more |
//! | quick / parse + metadata | the same, with `cargo metadata` counted as reading too |

#![expect(clippy::print_stdout, reason = "a table for people")]

use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use camino::{Utf8Path, Utf8PathBuf};
use extract::diag::Sink;
use extract::workspace::{self, Request};
use rayon::prelude::*;

type Problem = Box<dyn std::error::Error>;

/// The name of the option that makes this program the one that only reads and parses.
const PARSE: &str = "--parse-only";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let done = match args.as_slice() {
        [flag, list] if flag == PARSE => parse(Utf8Path::new(list)),
        _ => bench(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            println!("{problem}");
            ExitCode::FAILURE
        }
    }
}

/// Reads and parses the files that a list names, as many at a time as the tool does.
fn parse(list: &Utf8Path) -> Result<(), Problem> {
    let list = fs_err::read_to_string(list)?;
    let paths: Vec<&str> = list.lines().collect();
    let items: usize = paths
        .par_iter()
        .filter_map(|path| fs_err::read_to_string(path).ok())
        .map(|text| syn::parse_file(&text).map_or(0, |file| file.items.len()))
        .sum();
    println!("{items}");
    Ok(())
}

fn bench(args: &[String]) -> Result<(), Problem> {
    let mut rounds = 5;
    let mut manifests = Vec::new();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--rounds" => rounds = args.next().ok_or("--rounds needs a number")?.parse()?,
            // cargo's own.
            "--bench" => {}
            path => manifests.push(Utf8PathBuf::from(path)),
        }
    }
    if manifests.is_empty() {
        return Err("usage: cargo bench --bench speed -- MANIFEST… [--rounds N]".into());
    }
    for manifest in manifests {
        one(&manifest, rounds)?;
    }
    Ok(())
}

fn load(manifest: &Utf8Path) -> Result<workspace::Workspace, Problem> {
    let request = Request {
        manifest_path: Some(manifest.to_owned()),
        ..Request::default()
    };
    workspace::load(&request).map_err(|refused| format!("{refused:?}").into())
}

fn one(manifest: &Utf8Path, rounds: usize) -> Result<(), Problem> {
    let original = load(manifest)?;
    let home = tempfile::tempdir()?;
    let home = Utf8Path::from_path(home.path())
        .ok_or("the temporary folder's path is not UTF-8")?
        .canonicalize_utf8()?;
    copy(&original.root, &original.target_dir, &home)?;
    let copied = load(&home.join("Cargo.toml"))?;
    let tree = extract::syntax::load(&copied, &mut Sink::default());
    let paths: Vec<&str> = tree.files.iter().map(|f| f.path.as_str()).collect();
    let list = home.join("files.list");
    fs_err::write(&list, paths.join("\n"))?;
    let roots: Vec<Utf8PathBuf> = copied
        .packages
        .iter()
        .flat_map(|p| &p.targets)
        .map(|t| t.root.clone())
        .collect();
    let run = |program: &str, args: &[&str]| -> Result<f64, Problem> {
        let start = Instant::now();
        let status = Command::new(program)
            .args(args)
            .current_dir(&home)
            .env("CARGO_TARGET_DIR", &original.target_dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        if !status.success() {
            return Err(format!("`{program} {}` failed in {home}", args.join(" ")).into());
        }
        Ok(start.elapsed().as_secs_f64())
    };
    let extract = env!("CARGO_BIN_EXE_extract");
    let me = std::env::current_exe()?.to_string_lossy().into_owned();
    let check = [
        "check",
        "--workspace",
        "--config",
        "profile.dev.incremental=false",
    ];
    let analyze = ["analyze", "--quiet", "--format", "json"];
    let quick = ["analyze", "--quiet", "--format", "json", "--quick"];
    let metadata = ["metadata", "--no-deps", "--format-version", "1"];
    run("cargo", &check)?;
    let mut rows: [(&str, Vec<f64>, Vec<f64>); 4] = [
        ("analyze / check", Vec::new(), Vec::new()),
        ("again / analyze", Vec::new(), Vec::new()),
        ("quick / parse", Vec::new(), Vec::new()),
        ("quick / parse + metadata", Vec::new(), Vec::new()),
    ];
    for round in 0..rounds {
        for root in &roots {
            let text = fs_err::read_to_string(root)?;
            fs_err::write(root, format!("{text}\n// {round}\n"))?;
        }
        let checked = run("cargo", &check)?;
        let first = run(extract, &analyze)?;
        let again = run(extract, &analyze)?;
        let quickly = run(extract, &quick)?;
        let parsed = run(&me, &[PARSE, list.as_str()])?;
        let asked = run("cargo", &metadata)?;
        let measured = [
            (first, checked),
            (again, first),
            (quickly, parsed),
            (quickly, parsed + asked),
        ];
        for ((_, ratios, seconds), (time, base)) in rows.iter_mut().zip(measured) {
            ratios.push(time / base);
            seconds.push(time);
        }
    }
    println!("{} ({} files, {rounds} rounds)", manifest, paths.len());
    println!(
        "{:26} {:>8} {:>8} {:>8} {:>10}",
        "", "median", "lowest", "highest", "seconds"
    );
    for (name, ratios, seconds) in &mut rows {
        ratios.sort_by(f64::total_cmp);
        seconds.sort_by(f64::total_cmp);
        let at = |list: &[f64], place: usize| list.get(place).copied().unwrap_or_default();
        let middle = ratios.len() / 2;
        println!(
            "{name:26} {:>8.2} {:>8.2} {:>8.2} {:>10.2}",
            at(ratios, middle),
            at(ratios, 0),
            at(ratios, ratios.len().saturating_sub(1)),
            at(seconds, middle),
        );
    }
    Ok(())
}

fn copy(from: &Utf8Path, target_dir: &Utf8Path, to: &Utf8Path) -> Result<(), Problem> {
    for relative in extract::oracle::shadow::files(from, target_dir) {
        let target = to.join(&relative);
        if let Some(parent) = target.parent() {
            fs_err::create_dir_all(parent)?;
        }
        fs_err::copy(from.join(&relative), target)?;
    }
    Ok(())
}
