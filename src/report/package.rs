//! The answer of `extract package`, as JSON and for people.
//!
//! Input: what was built and written. Output: [`Package`], and its text. Refuses nothing.

use std::fmt::Write as _;

use camino::Utf8PathBuf;
use serde::Serialize;

use super::json::Finding;
use super::style::{bold, dim, green};
use crate::oracle::release::{Arch, Builder};
use crate::text::counted;

/// `kind: "package"`.
#[derive(Clone, Debug, Serialize)]
pub struct Package {
    /// The schema's version.
    pub version: u32,
    /// `"package"`.
    pub kind: &'static str,
    /// The output folder.
    pub dir: Utf8PathBuf,
    /// What the programs run on.
    pub arch: Arch,
    /// What built them.
    pub builder: Builder,
    /// One a function, by name.
    pub functions: Vec<Archive>,
    /// How long it took.
    pub seconds: f64,
    /// Warnings and notes.
    pub diagnostics: Vec<Finding>,
}

/// A function's archive.
#[derive(Clone, Debug, Serialize)]
pub struct Archive {
    /// The function.
    pub name: String,
    /// Where it lies.
    pub zip: Utf8PathBuf,
    /// Its size.
    pub zip_bytes: usize,
    /// The program's size.
    pub bytes: usize,
    /// The archive's hash, in hexadecimal.
    pub sha256: String,
    /// The newest glibc that the program asks for; none when it is static.
    pub glibc: Option<String>,
    /// Whether the archive is another than the one that was there.
    pub changed: bool,
}

/// For people.
pub fn human(report: &Package) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{} {} of {} for {}, built by `{}`\n",
        green("packaged"),
        counted(report.functions.len(), "function"),
        bold(&report.dir),
        report.arch.as_str(),
        report.builder.command(),
    );
    let width = report.functions.iter().map(|f| f.name.len()).max();
    for function in &report.functions {
        let same = if function.changed { "" } else { ", as it was" };
        let _ = writeln!(
            out,
            "  {:<width$}  {:>6} KB  {}{}",
            function.name,
            function.zip_bytes.div_ceil(1000),
            function.zip,
            dim(same),
            width = width.unwrap_or(0),
        );
    }
    let _ = writeln!(out, "\n  {} {:.1} s", dim("time"), report.seconds);
    out
}
