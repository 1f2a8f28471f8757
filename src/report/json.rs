//! The machine-readable answers: the schema that `--format json` writes, version [`VERSION`].
//!
//! Input: what the commands gather into these types. Output: one JSON object on stdout, ended by a line
//! break. Every object has `version` and `kind`. Fields are added without a new version; a field that goes
//! or changes its meaning brings one. Paths of files are relative to the workspace root, lines and columns
//! count from 1, columns in characters.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;
use serde::Serialize;

use crate::cut::lean::Fate;
use crate::cut::{Cut, Job};
use crate::diag::{Diagnostic, Place};
use crate::entry::candidates::Standing;

/// The schema's version.
pub const VERSION: u32 = 1;

/// `kind: "analyze"`.
#[derive(Clone, Debug, Serialize)]
pub struct Analyze {
    /// The schema's version.
    pub version: u32,
    /// `"analyze"`.
    pub kind: &'static str,
    /// Whether names were resolved without rustc (`--quick`); then every number is an estimate.
    pub approximate: bool,
    /// The whole workspace.
    pub total: Total,
    /// How many functions can be considered; `candidates` holds the first `--limit` of them.
    pub candidate_count: usize,
    /// Functions, in the order to look at them; with `--entry`, those that were named.
    pub candidates: Vec<Candidate>,
    /// With `--entry`: the items of the slice of all of them, by path. Empty otherwise.
    pub slice: Vec<SliceItem>,
    /// With `--entry`: the references in that slice that cannot be followed. Empty otherwise.
    pub open: Vec<Open>,
    /// Warnings and notes.
    pub diagnostics: Vec<Finding>,
}

/// The whole that slices are compared with.
#[derive(Clone, Debug, Serialize)]
pub struct Total {
    /// Packages that the chosen features build.
    pub packages: usize,
    /// Items: types, functions, methods, impls, constants, macros.
    pub items: usize,
    /// Lines that are not blank.
    pub lines: usize,
    /// External crates that the manifests declare.
    pub external_crates: Vec<String>,
    /// References by certainty.
    pub edges: Edges,
    /// References that cannot be followed.
    pub open_edges: usize,
}

/// References by certainty.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Edges {
    /// rustc resolved them.
    pub verified: usize,
    /// Only the syntax suggests them.
    pub approximate: usize,
}

/// A function and what it would take along.
#[derive(Clone, Debug, Serialize)]
pub struct Candidate {
    /// Its path, crate first.
    pub path: String,
    /// Its package.
    pub package: String,
    /// Its file.
    pub file: Utf8PathBuf,
    /// Its line.
    pub line: usize,
    /// Whether it is `pub` as written.
    pub public: bool,
    /// Items in its slice, itself included.
    pub items: usize,
    /// Lines of its slice.
    pub lines: usize,
    /// Those of them in functions that it runs, itself included.
    pub work: usize,
    /// External crates that the slice's text names (an estimate; rustc decides at the cut).
    pub external_crates: Vec<String>,
    /// References within the slice.
    pub edges: Edges,
    /// References in the slice that cannot be followed.
    pub open_edges: usize,
    /// How many items name it.
    pub callers: usize,
    /// Its group: `"marked"`, `"ready"`, `"blocked"` or `"minor"`.
    pub standing: Standing,
    /// What it leaves behind, in thousandths: the mean of the shares of lines and external crates.
    pub leaves: usize,
    /// Its place within the group, the highest first: `leaves` for each doubling of `work`.
    pub rank: usize,
    /// What stands in the way of a shim.
    pub obstacles: Vec<Obstacle>,
}

/// A reason against a shim.
#[derive(Clone, Debug, Serialize)]
pub struct Obstacle {
    /// The diagnostic's code, for `extract explain`.
    pub code: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What `split` would say.
    pub message: String,
}

/// An item of a slice.
#[derive(Clone, Debug, Serialize)]
pub struct SliceItem {
    /// Its path, crate first.
    pub path: String,
    /// What it is, `"fn"`, `"struct"`, `"impl"`, ….
    pub item: crate::syntax::ItemKind,
    /// Its file.
    pub file: Utf8PathBuf,
    /// Its line.
    pub line: usize,
    /// Why it is kept: `"entry"`, `"named"`, `"holds"`, `"impl"` or `"compiler"`.
    pub reason: &'static str,
    /// The path of the item that brought it; absent for entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because_of: Option<String>,
}

/// A reference that cannot be followed.
#[derive(Clone, Debug, Serialize)]
pub struct Open {
    /// The item that holds it.
    pub path: String,
    /// Where it stands.
    pub place: Place,
    /// Why it cannot be followed.
    pub reason: String,
}

/// `kind: "why"`.
#[derive(Clone, Debug, Serialize)]
pub struct Why {
    /// The schema's version.
    pub version: u32,
    /// `"why"`.
    pub kind: &'static str,
    /// Whether names were resolved without rustc (`--quick`).
    pub approximate: bool,
    /// The entry's path.
    pub entry: String,
    /// The item's path.
    pub item: String,
    /// Whether the entry needs the item; `chain` is empty when it does not.
    pub needed: bool,
    /// The shortest chain, from the entry to the item.
    pub chain: Vec<Step>,
    /// Warnings and notes.
    pub diagnostics: Vec<Finding>,
}

/// A step of a chain.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// The item's path.
    pub path: String,
    /// What it is.
    pub item: crate::syntax::ItemKind,
    /// How the step before leads to it: `"entry"`, `"named"`, `"holds"`, `"impl"` or `"compiler"`.
    pub reason: &'static str,
    /// `"verified"` or `"approximate"` for a name; absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certainty: Option<crate::graph::Certainty>,
    /// Where the name stands, or where the item is declared.
    pub place: Place,
    /// Where the item itself is declared.
    pub declared: Place,
}

/// `kind: "split"`.
#[derive(Clone, Debug, Serialize)]
pub struct Split {
    /// The schema's version.
    pub version: u32,
    /// `"split"`.
    pub kind: &'static str,
    /// Whether nothing was written (`--dry-run`).
    pub dry_run: bool,
    /// The output folder, as given or relative to the workspace root.
    pub out: Utf8PathBuf,
    /// The entries.
    pub entries: Vec<SplitEntry>,
    /// The crates that were made, by folder.
    pub crates: Vec<SplitCrate>,
    /// What happened to the files.
    pub files: SplitFiles,
    /// Items kept of all.
    pub items: Part,
    /// Lines kept of all.
    pub lines: Part,
    /// External crates kept of all, shims' own not counted.
    pub external_crates: Part,
    /// The external crates that are kept.
    pub kept_crates: Vec<String>,
    /// The binding proof: names in moved code that mean what they meant (`kept`), of all.
    pub names: Part,
    /// The tests that came along; `null` with `--no-tests`.
    pub tests: Option<SplitTests>,
    /// External crates that impls of foreign traits alone hold, or held.
    pub held: Vec<HeldCrates>,
    /// References within what is kept, by certainty.
    pub edges: Edges,
    /// References in it that cannot be followed.
    pub open_edges: usize,
    /// How often rustc checked the cut.
    pub checks: usize,
    /// How long it took.
    pub seconds: f64,
    /// The review, relative to the output folder.
    pub review: Option<Utf8PathBuf>,
    /// Warnings and notes.
    pub diagnostics: Vec<Finding>,
}

/// External crates that impls of foreign traits alone hold.
#[derive(Clone, Debug, Serialize)]
pub struct HeldCrates {
    /// Their packages' names.
    pub names: BTreeSet<String>,
    /// The packages of the lock file that go with them; `null` when that is not known.
    pub packages: Option<usize>,
    /// `"kept"`, `"gone"` (with `--lean`), or `"needed"` in spite of `--lean`.
    pub fate: &'static str,
    /// Why they are needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Where the impls stand.
    pub impls: Vec<Place>,
}

/// What is told of what impls hold.
pub fn held(job: &Job<'_>, cut: &Cut) -> Vec<HeldCrates> {
    let weights = cut.weights.iter();
    weights
        .map(|weight| {
            let impls = weight.held.impls.iter();
            let (fate, why) = match &weight.fate {
                Fate::Kept => ("kept", None),
                Fate::Gone => ("gone", None),
                Fate::Needed(why) => ("needed", Some(why.clone())),
            };
            let crates = weight.held.crates.iter();
            HeldCrates {
                names: crates.map(|external| external.package.clone()).collect(),
                packages: weight.packages,
                fate,
                why,
                impls: impls
                    .map(|item| job.tree.place(job.workspace, *item))
                    .collect(),
            }
        })
        .collect()
}

/// The tests of a cut.
#[derive(Clone, Debug, Serialize)]
pub struct SplitTests {
    /// Those that came, by path.
    pub came: Vec<CameTest>,
    /// Those that stay behind, by path.
    pub left: Vec<LeftTest>,
    /// Tests of crates that have no place in the output, by crate: how many.
    pub elsewhere: std::collections::BTreeMap<String, usize>,
    /// Files that they read, relative to the output folder.
    pub data: Vec<Utf8PathBuf>,
    /// Why none came, when that is no single test's reason.
    pub trouble: Option<String>,
}

/// A test that came along.
#[derive(Clone, Debug, Serialize)]
pub struct CameTest {
    /// Its path, crate first.
    pub path: String,
    /// The crate's folder in the output.
    pub dir: Utf8PathBuf,
    /// `"unit"` or `"integration"`.
    pub test: &'static str,
}

/// A test that stays behind.
#[derive(Clone, Debug, Serialize)]
pub struct LeftTest {
    /// Its path, crate first.
    pub path: String,
    /// Where it stands.
    pub place: Place,
    /// Why.
    pub reason: String,
}

/// What is told of the tests of a cut.
pub fn tests(along: &crate::cut::along::Along) -> Option<SplitTests> {
    along.asked.then(|| SplitTests {
        came: along
            .came
            .iter()
            .map(|test| CameTest {
                path: test.path.clone(),
                dir: test.dir.clone().into(),
                test: if test.integration {
                    "integration"
                } else {
                    "unit"
                },
            })
            .collect(),
        left: along
            .left
            .iter()
            .map(|test| LeftTest {
                path: test.path.clone(),
                place: test.place.clone(),
                reason: test.reason.clone(),
            })
            .collect(),
        elsewhere: along.elsewhere.clone(),
        data: along.data.clone(),
        trouble: along.trouble.clone(),
    })
}

/// A part of a whole.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Part {
    /// What is kept.
    pub kept: usize,
    /// What there is.
    pub total: usize,
}

/// An entry that was cut.
#[derive(Clone, Debug, Serialize)]
pub struct SplitEntry {
    /// Its path.
    pub path: String,
    /// Its function crate's name.
    pub name: String,
    /// Whether it has a shim.
    pub shim: bool,
    /// Where it runs.
    pub target: &'static str,
    /// What sends it events; none without a shim.
    pub triggers: Vec<&'static str>,
}

/// A crate of the output, or of the monolith where it is kept whole.
#[derive(Clone, Debug, Serialize)]
pub struct SplitCrate {
    /// Its folder seen from the output's; one that is kept whole lies outside of it.
    pub dir: Utf8PathBuf,
    /// Its package's name.
    pub name: String,
    /// `"domain"` or `"function"`.
    pub role: &'static str,
    /// For domain crates: `"slimmed"`, `"copied"` or `"kept"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choice: Option<&'static str>,
    /// For domain crates: the reason for the choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// For domain crates: items that the slice needs of all that it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Part>,
    /// For domain crates: lines that the slice needs of all that it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Part>,
    /// External crates that slimming it drops.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub drops: Vec<String>,
}

/// Files of the output, relative to its folder.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SplitFiles {
    /// New ones.
    pub created: Vec<Utf8PathBuf>,
    /// Those whose content differs.
    pub changed: Vec<Utf8PathBuf>,
    /// Those that are no longer made.
    pub removed: Vec<Utf8PathBuf>,
    /// How many stayed as they were.
    pub unchanged: usize,
}

/// `kind: "explain"`.
#[derive(Clone, Debug, Serialize)]
pub struct Explain {
    /// The schema's version.
    pub version: u32,
    /// `"explain"`.
    pub kind: &'static str,
    /// The code that was asked for, or all.
    pub codes: Vec<CodePage>,
}

/// A diagnostic code.
#[derive(Clone, Debug, Serialize)]
pub struct CodePage {
    /// The stable text form, `"X0101"`.
    pub code: &'static str,
    /// One line that names the problem.
    pub title: &'static str,
    /// `"error"`, `"warning"` or `"note"`.
    pub severity: crate::diag::Severity,
    /// The page in Markdown, when one code was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
}

/// `kind: "refused"`: the command stopped; exit status 2.
#[derive(Clone, Debug, Serialize)]
pub struct Refusal {
    /// The schema's version.
    pub version: u32,
    /// `"refused"`.
    pub kind: &'static str,
    /// What was found, at least one of them an error.
    pub diagnostics: Vec<Finding>,
}

/// A diagnostic.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// The stable code, `"X0201"`.
    pub code: &'static str,
    /// `"error"`, `"warning"` or `"note"`.
    pub severity: crate::diag::Severity,
    /// The sentence that a person reads.
    pub message: String,
    /// Where, if it has a place; line 0 stands for the whole file.
    pub place: Option<Place>,
    /// More context, a line each.
    pub notes: Vec<String>,
    /// Ways out.
    pub help: Vec<String>,
}

impl From<&Diagnostic> for Finding {
    fn from(diagnostic: &Diagnostic) -> Self {
        Self {
            code: diagnostic.code.as_str(),
            severity: diagnostic.code.severity(),
            message: diagnostic.message.clone(),
            place: diagnostic.place.clone(),
            notes: diagnostic.notes.clone(),
            help: diagnostic.help.clone(),
        }
    }
}

/// All of them.
pub fn findings(diagnostics: &[Diagnostic]) -> Vec<Finding> {
    diagnostics.iter().map(Finding::from).collect()
}

/// A refusal's object.
pub fn refusal(diagnostics: &[Diagnostic]) -> Refusal {
    Refusal {
        version: VERSION,
        kind: "refused",
        diagnostics: findings(diagnostics),
    }
}

/// An object as text, indented, ended by a line break.
pub fn render(value: &impl Serialize) -> String {
    // Only maps with keys that are no strings fail, and there are none.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}
