//! `extract package`: builds the functions of an output and writes them as the platform takes them.
//!
//! Input: [`Options`]. Output: [`Package`], and the archives. Refuses a folder that is no output of ours, and
//! what the stages refuse. The monolith is not looked at, but for what cargo builds of it.

use std::time::Instant;

use camino::{Utf8Path, Utf8PathBuf};

use super::{Context, load};
use crate::diag::{Code, Diagnostic, Outcome, Sink};
use crate::emit::place::{self, File};
use crate::oracle::cargo;
use crate::oracle::release::{self, Arch, Builder};
use crate::package::{self, PROGRAM, archive, fit};
use crate::report::json;
use crate::report::package::{Archive, Package};
use crate::review::lockfile::{self, sha256};
use crate::verify::output;
use crate::workspace::{self, Request};

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The output folder; by default the current folder's, or where `split` writes.
    pub dir: Option<Utf8PathBuf>,
    /// For what; by default this machine's.
    pub arch: Option<Arch>,
    /// What builds; by default the best that is installed.
    pub builder: Option<Builder>,
    /// Where the archives go; by default `lambda` in the output's target folder.
    pub out: Option<Utf8PathBuf>,
    /// Functions by name; without any, all.
    pub functions: Vec<String>,
}

/// Packages.
///
/// # Errors
/// What the stages refuse.
pub fn package(context: &Context<'_>, options: &Options, sink: &mut Sink) -> Outcome<Package> {
    let start = Instant::now();
    let dir = folder(&context.request, options.dir.as_deref())?;
    let lock = output::lock(&dir)?;
    (context.progress)("reading the output");
    let workspace = workspace::load(&Request {
        manifest_path: Some(dir.join("Cargo.toml")),
        ..Request::default()
    })?;
    let chosen = package::functions(&workspace, &lock, &options.functions)?;
    let arch = options.arch.unwrap_or_else(Arch::host);
    let out = match &options.out {
        Some(out) => camino::absolute_utf8(out).unwrap_or_else(|_| out.clone()),
        None => workspace.target_dir.join("lambda"),
    };
    let work = cargo::work_dir(&workspace.target_dir);
    let _lock = crate::oracle::lock(&work)?;
    let builder = options.builder.unwrap_or_else(|| release::installed(&dir));
    (context.progress)("building the functions");
    let built = release::build(
        &release::Request {
            dir: &dir,
            target_dir: &work.join("package"),
            toolchain: workspace.toolchain.as_deref(),
            arch,
            builder,
            packages: &chosen.packages,
            programs: &chosen.programs,
        },
        context.progress,
    )?;
    (context.progress)("packing");
    let mut packed = Vec::new();
    for (name, path) in &built {
        let program = fs_err::read(path)
            .map_err(|error| Diagnostic::new(Code::UnreadableSource, error.to_string()))?;
        match fit::pack(name, program, arch, builder, sink) {
            Ok(one) => packed.push((name, one)),
            Err(diagnostic) => sink.push(diagnostic),
        }
    }
    sink.gate()?;
    let mut functions = Vec::new();
    for (name, one) in &packed {
        let folder = out.join(name);
        let zip = folder.join(format!("{PROGRAM}.zip"));
        let written = place::place(&[
            File {
                path: zip.clone(),
                bytes: &one.zip,
                mode: 0o644,
            },
            // For the emulator, a container image, and tools that make the archive themselves.
            File {
                path: folder.join(PROGRAM),
                bytes: &one.program,
                mode: archive::MODE,
            },
        ])?;
        functions.push(Archive {
            name: (*name).clone(),
            changed: written.contains(&zip),
            zip: shown(&zip),
            zip_bytes: one.zip.len(),
            bytes: one.program.len(),
            sha256: sha256(&one.zip),
            glibc: one.glibc.map(|(major, minor)| format!("{major}.{minor}")),
        });
    }
    Ok(Package {
        version: json::VERSION,
        kind: "package",
        dir: shown(&dir),
        arch,
        builder,
        functions,
        seconds: start.elapsed().as_secs_f64(),
        diagnostics: json::findings(sink.diagnostics()),
    })
}

/// A path as the user can type it.
fn shown(path: &Utf8Path) -> Utf8PathBuf {
    let shown = super::split::shown(path);
    if shown.as_str().is_empty() {
        Utf8PathBuf::from(".")
    } else {
        shown
    }
}

/// The output: the one that is named, the one that the current folder lies in, or the workspace's.
fn folder(request: &Request, dir: Option<&Utf8Path>) -> Outcome<Utf8PathBuf> {
    let dir = match dir {
        Some(dir) => camino::absolute_utf8(dir).unwrap_or_else(|_| dir.to_owned()),
        None => {
            let workspace = workspace::load(request)?;
            if workspace.root.join(lockfile::NAME).is_file() {
                workspace.root
            } else {
                load::default_out(&workspace)?
            }
        }
    };
    Ok(dir.canonicalize_utf8().unwrap_or(dir))
}
