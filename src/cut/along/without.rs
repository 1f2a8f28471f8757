//! A cut whose tests stay behind: `cargo test` in the output must compile all the same.
//!
//! Input: a proven cut. Output: the cut and [`Quiet`]: manifests in which the library does without unit tests
//! where moved code does not compile under `cfg(test)` by itself, and without the examples in its documentation,
//! which nobody has tried. Nothing else changes.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use super::Runner;
use super::host::Host;
use crate::cut::{Cut, Job, check};
use crate::diag::{Diagnostic, Outcome};
use crate::oracle::cargo::CheckRun;
use crate::render::manifest::Places;
use crate::render::manifest::dev::{self, TestManifest};
use crate::syntax::names_test;

/// What is switched off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quiet {
    /// Libraries whose unit tests are, by folder, and why.
    pub units: BTreeMap<String, String>,
    /// Libraries whose examples are, by folder.
    pub examples: BTreeSet<String>,
}

impl Quiet {
    /// Switches the examples of all hosts off.
    pub fn new(hosts: &[Host]) -> Self {
        let with = hosts.iter().filter(|h| !h.examples.is_empty());
        Self {
            units: BTreeMap::new(),
            examples: with.map(|h| h.dir.clone()).collect(),
        }
    }

    /// Switches the unit tests of libraries off that rustc complains of; whether these are more than before.
    pub fn heed(&mut self, hosts: &[Host], run: &CheckRun) -> bool {
        let before = self.units.len();
        for message in run.errors().chain(run.warnings()) {
            let target = message.target.replace('-', "_");
            let named = hosts.iter().filter(|h| h.lib_name == target);
            for host in named {
                let reason = format!("rustc: {}", message.diagnostic.message);
                self.units.entry(host.dir.clone()).or_insert(reason);
            }
        }
        self.units.len() > before
    }

    /// The manifests of the cut that change.
    ///
    /// # Errors
    /// A package's manifest that cannot be read.
    pub fn manifests(
        &self,
        job: &Job<'_>,
        cut: &Cut,
        hosts: &[Host],
    ) -> Result<BTreeMap<Utf8PathBuf, Vec<u8>>, Diagnostic> {
        let mut files = BTreeMap::new();
        for host in hosts {
            let path = Utf8PathBuf::from(&host.dir).join("Cargo.toml");
            let (Some(package), Some(old)) =
                (job.workspace.package(host.package), cut.files.get(&path))
            else {
                continue;
            };
            let original = job.workspace.read_source(&package.manifest_path)?;
            let text = dev::with_tests(&TestManifest {
                text: &String::from_utf8_lossy(old),
                original: &original,
                keys: BTreeSet::new(),
                places: Places::default(),
                targets: BTreeMap::new(),
                allow: &BTreeSet::new(),
                root_text: "",
                no_unit_tests: self.units.contains_key(&host.dir),
                no_doc_tests: self.examples.contains(&host.dir),
            });
            if text.as_bytes() != old.as_slice() {
                files.insert(path, text.into_bytes());
            }
        }
        Ok(files)
    }
}

impl Runner<'_> {
    /// The cut with what its tests' absence asks for, as it is delivered, in the proof's folder.
    pub(super) fn without(&mut self, cut: &mut Cut) -> Outcome<Quiet> {
        let mut quiet = Quiet::new(self.hosts);
        let is_open = self.hosts.iter().any(|host| has_parts(cut, &host.dir));
        let files = loop {
            let mut files = cut.files.clone();
            files.extend(quiet.manifests(self.job, cut, self.hosts)?);
            let proof = self.work.join("proof");
            check::write(self.job, &proof, &cut.layout, files.clone())?;
            if !is_open {
                break files;
            }
            let all = ["--workspace", "--all-targets"].map(str::to_owned);
            let run = self.ask(&cut.dir, "proof-refs", all.to_vec())?;
            if !quiet.heed(self.hosts, &run) {
                break files;
            }
        };
        cut.files = files;
        Ok(quiet)
    }
}

/// Whether moved code in a folder of the cut has parts for a build of tests.
pub fn has_parts(cut: &Cut, dir: &str) -> bool {
    let dir = Utf8Path::new(dir);
    let mut files = cut.files.iter();
    files.any(|(path, bytes)| {
        path.starts_with(dir)
            && path.extension() == Some("rs")
            && names_test(&String::from_utf8_lossy(bytes))
    })
}
