//! Files that are not Rust modules: templates, embedded data, migrations, build scripts.
//!
//! Input: the layout and, after a check, rustc's dep-info. Output: bytes by relative path. While checking,
//! everything is there; what is delivered is what the build read, and folders that macros read unseen.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use super::Job;
use super::layout::manifests::keeps_build;
use super::layout::paths::out_path;
use super::layout::{Domain, Layout, Mode};
use crate::oracle::shadow;
use crate::text::clean;

/// Folders that macros read without telling rustc.
const SILENT: &[&str] = &[".sqlx", "migrations", "templates"];

/// Adds every file of the domain crates' packages, and what lies beside them in the workspace.
pub fn add_all(job: &Job<'_>, layout: &Layout, files: &mut BTreeMap<Utf8PathBuf, Vec<u8>>) {
    for (path, source) in candidates(job, layout) {
        if !files.contains_key(&path)
            && let Some(bytes) = read_inside(job, &source)
        {
            files.insert(path, bytes);
        }
    }
}

/// A file's bytes, unless it is a symlink out of the workspace.
fn read_inside(job: &Job<'_>, source: &Utf8Path) -> Option<Vec<u8>> {
    let real = source.canonicalize_utf8().ok()?;
    let root = job.workspace.root.canonicalize_utf8().ok()?;
    if !real.starts_with(&root) {
        return None;
    }
    fs_err::read(&real).ok()
}

/// Output path and source of every file that a domain crate could read.
fn candidates(job: &Job<'_>, layout: &Layout) -> Vec<(Utf8PathBuf, Utf8PathBuf)> {
    let mut found = Vec::new();
    let known: BTreeSet<&Utf8Path> = job.tree.files.iter().map(|f| f.path.as_path()).collect();
    for domain in layout.domains.iter().filter(|d| d.mode != Mode::Kept) {
        let Some(package) = job.workspace.package(domain.package) else {
            continue;
        };
        let build = keeps_build(job, package, domain, layout) || domain.mode == Mode::Copied;
        let member_dirs: Vec<&Utf8Path> = job
            .workspace
            .packages
            .iter()
            .map(|p| p.dir.as_path())
            .filter(|d| *d != package.dir && d.starts_with(&package.dir))
            .collect();
        for relative in shadow::files(&package.dir, &job.workspace.target_dir) {
            let source = package.dir.join(&relative);
            if known.contains(source.as_path()) || member_dirs.iter().any(|d| source.starts_with(d))
            {
                continue;
            }
            if is_cargos(&relative) || skipped(&relative, build) {
                continue;
            }
            if let Some(path) = out_path(package, domain, &source, None) {
                found.push((path, source));
            }
        }
        if package.dir != job.workspace.root {
            for relative in shadow::files(&job.workspace.root, &job.workspace.target_dir) {
                let source = job.workspace.root.join(&relative);
                let in_member = job
                    .workspace
                    .packages
                    .iter()
                    .any(|p| source.starts_with(&p.dir));
                if in_member || is_cargos(&relative) || relative.extension() == Some("rs") {
                    continue;
                }
                if let Some(path) = out_path(package, domain, &source, None) {
                    found.push((path, source));
                }
            }
        }
    }
    found
}

/// Files that the output has its own version of, or that no build reads.
fn is_cargos(relative: &Utf8Path) -> bool {
    matches!(
        relative.as_str(),
        "Cargo.toml" | "Cargo.lock" | "Cargo.toml.orig" | ".cargo_vcs_info.json" | ".gitignore"
    ) || relative.starts_with(".cargo")
        || relative.starts_with(".github")
}

fn skipped(relative: &Utf8Path, build: bool) -> bool {
    let first = relative
        .components()
        .next()
        .map(|c| c.as_str())
        .unwrap_or("");
    if matches!(first, "tests" | "benches" | "examples") && relative.extension() == Some("rs") {
        return true;
    }
    // Other Rust files are modules of the build script, or are included by path.
    relative.as_str() == "build.rs" && !build
}

/// Adds what the last check in `dir` read, by rustc's dep-info, and what silent macros may have read.
pub fn add_read(
    job: &Job<'_>,
    layout: &Layout,
    dir: &Utf8Path,
    units: &[String],
    files: &mut BTreeMap<Utf8PathBuf, Vec<u8>>,
) {
    let read = read_files(job, dir, units);
    for (path, source) in candidates(job, layout) {
        if files.contains_key(&path) {
            continue;
        }
        let Some(domain) = layout.domains.iter().find(|d| path.starts_with(&d.dir)) else {
            if read.contains(&path)
                && let Some(bytes) = read_inside(job, &source)
            {
                files.insert(path, bytes);
            }
            continue;
        };
        let needed = read.contains(&path)
            || domain.mode == Mode::Copied
            || silently_read(job, layout, domain, &path);
        if needed && let Some(bytes) = read_inside(job, &source) {
            files.insert(path, bytes);
        }
    }
}

/// The files that rustc read for `units` in the last check, relative to `dir`.
fn read_files(job: &Job<'_>, dir: &Utf8Path, units: &[String]) -> BTreeSet<Utf8PathBuf> {
    let mut read = BTreeSet::new();
    let deps = job.workspace.target_dir.join("debug").join("deps");
    let prefix = format!("{dir}/");
    for unit in units {
        let Ok(text) = fs_err::read_to_string(deps.join(format!("{unit}.d"))) else {
            continue;
        };
        for line in text.lines().filter(|l| l.ends_with(':')) {
            let name = line.trim_end_matches(':').replace("\\ ", " ");
            let relative = name.strip_prefix(&prefix).unwrap_or(&name);
            if !relative.starts_with('/') {
                read.insert(clean(Utf8Path::new(relative)));
            }
        }
    }
    read
}

fn silently_read(job: &Job<'_>, layout: &Layout, domain: &Domain, path: &Utf8Path) -> bool {
    let Ok(inside) = path.strip_prefix(&domain.dir) else {
        return false;
    };
    let Some(package) = job.workspace.package(domain.package) else {
        return false;
    };
    if let Some(script) = &package.build_script
        && keeps_build(job, package, domain, layout)
    {
        if package.dir.join(inside) == *script {
            return true;
        }
        // A build script names what it reads; a folder stands for all in it.
        let text = fs_err::read_to_string(script).unwrap_or_default();
        let mut prefix = Utf8PathBuf::new();
        for part in inside.components() {
            prefix.push(part.as_str());
            let is_source_root = prefix.as_str() == "src";
            if !is_source_root
                && (text.contains(&format!("\"{prefix}"))
                    || text.contains(&format!("mod {}", prefix.file_stem().unwrap_or("\""))))
            {
                return true;
            }
        }
    }
    let first = inside.components().next().map(|c| c.as_str()).unwrap_or("");
    let texts = || {
        layout
            .files
            .iter()
            .filter(|(p, f)| p.starts_with(&domain.dir) && f.origin.is_some())
            .filter_map(|(_, f)| std::str::from_utf8(&f.bytes).ok())
    };
    let has = |needle: &str| texts().any(|t| t.contains(needle));
    match first {
        ".sqlx" => has("query"),
        "migrations" => has("migrate!") || has("embed_migrations!"),
        "askama.toml" | "templates" => has("Template") || has("template("),
        _ if SILENT.contains(&first) => true,
        // `#[folder = "static/"]` of rust-embed and its like: a folder named in a string.
        _ => {
            inside.components().count() > 1
                && texts().any(|t| {
                    t.contains(&format!("folder = \"{first}"))
                        || t.contains(&format!("include_dir!(\"$CARGO_MANIFEST_DIR/{first}"))
                })
        }
    }
}
