//! One check of a cut: render, write into the work folder, ask rustc.
//!
//! Input: a [`State`]. Output: [`Checked`], or the files to deliver once they are proven. Refuses with
//! [`Code::ProofFailed`] in rustc's words.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use super::Job;
use super::features::{self, Features, Member};
use super::layout::{self, Layout, Mode};
use super::repair::{Names, Round};
use super::resources;
use super::state::State;
use crate::diag::{Code, Diagnostic, Outcome};
use crate::entry::plan::Entry;
use crate::oracle;
use crate::oracle::cargo::{self, CheckRequest, CheckRun, Progress};
use crate::oracle::features::{built, lists, needs, settle};
use crate::oracle::references;
use crate::oracle::shadow::{self, Copies};
use crate::render::manifest;
use crate::slice::{self, Slice};

/// The files of an output by relative path.
pub type Files = BTreeMap<Utf8PathBuf, Vec<u8>>;

/// Renders and checks.
pub struct Checker<'a> {
    job: &'a Job<'a>,
    work: &'a Utf8Path,
    progress: Progress<'a>,
    names: Names<'a>,
    place: Place,
    /// Whether a dependency does not compile without a feature that the monolith's build turns on for it.
    needs_features: bool,
    /// How many checks there were.
    pub checks: usize,
}

/// What was checked, and what rustc said.
pub struct Checked {
    /// The slice.
    pub slice: Slice,
    /// Its files.
    pub layout: Layout,
    /// What rustc said.
    pub run: CheckRun,
}

/// Which crates of the output a check is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The domain crates alone.
    Domains,
    /// The function crates too.
    All,
}

impl<'a> Checker<'a> {
    /// A checker that has asked nothing yet.
    pub fn new(job: &'a Job<'a>, work: &'a Utf8Path, progress: Progress<'a>) -> Self {
        Self {
            job,
            work,
            progress,
            names: Names::new(job.tree),
            place: Place::of(job.out, &job.workspace.root),
            needs_features: false,
            checks: 0,
        }
    }

    /// The slice of a state.
    pub fn slice(&self, state: &State) -> Slice {
        slice::slice(self.job.tree, self.job.rules, &state.seeds)
    }

    /// Renders the state and checks it. With `lints`, the wrapper forces them and caps all others.
    ///
    /// # Errors
    /// What the layout, the work folder or cargo refuses.
    pub fn check(
        &mut self,
        state: &State,
        lints: Option<&[&str]>,
        scope: Scope,
    ) -> Outcome<Checked> {
        let slice = self.slice(state);
        let layout = layout::layout(self.job, &slice, state)?;
        let mut files = bytes(&layout);
        resources::add_all(self.job, &layout, &mut files);
        let work = self.work.join("cut");
        let dir = work.join(&self.place.out);
        // Cargo keeps its own view of the lock file between rounds.
        let lock = fs_err::read(dir.join("Cargo.lock"));
        if let (Ok(lock), true) = (lock, self.checks > 0) {
            files.insert("Cargo.lock".into(), lock);
        }
        write(self.job, &work, &layout, files.clone())?;
        if self.needs_features {
            self.write_with_features(&work, &layout, &mut files)?;
        }
        let args = match scope {
            Scope::Domains => layout::manifests::selection(self.job, &layout),
            Scope::All => vec!["--workspace".to_owned()],
        };
        let mut run = self.ask(&dir, args.clone(), lints, "")?;
        if !self.needs_features && run.fails_abroad(&work) {
            self.needs_features = true;
            self.write_with_features(&work, &layout, &mut files)?;
            run = self.ask(&dir, args, lints, "")?;
        }
        Ok(Checked { slice, layout, run })
    }

    /// Writes the files again, with the features that the monolith's dependencies are built with.
    fn write_with_features(
        &self,
        work: &Utf8Path,
        layout: &Layout,
        files: &mut Files,
    ) -> Outcome<()> {
        settle(&self.dir(), self.job.workspace.toolchain.as_deref());
        self.same_features(layout, files);
        write(self.job, work, layout, files.clone())
    }

    /// The lock file of the last check.
    pub fn lock_file(&self) -> Option<String> {
        fs_err::read_to_string(self.dir().join("Cargo.lock")).ok()
    }

    /// The functions that a linker leaves in the programs of the last check, built without optimization: nothing is
    /// inlined. Or why that is not known.
    ///
    /// # Errors
    /// When cargo cannot be started.
    pub fn linked(&self) -> Outcome<Result<BTreeSet<String>, String>> {
        (self.progress)("linking, to see what the programs use");
        let settings = ["opt-level=0", "debug=0", "strip=\"none\"", "lto=\"off\""];
        let settings = settings.map(|s| ["--config".to_owned(), format!("profile.dev.{s}")]);
        let args = ["--workspace".to_owned(), "--bins".to_owned()];
        let run = cargo::build(
            &CheckRequest {
                dir: &self.dir(),
                target_dir: &self.job.workspace.target_dir,
                args: args
                    .into_iter()
                    .chain(settings.into_iter().flatten())
                    .collect(),
                force: None,
                side_dir: &self.work.join("cut-refs"),
                toolchain: self.job.workspace.toolchain.as_deref(),
            },
            self.progress,
        )?;
        let mut functions = BTreeSet::new();
        for entry in self.job.entries {
            let Some(program) = run.programs.get(&entry.name) else {
                let said = run.errors().next().map(|m| m.diagnostic.message.clone());
                return Ok(Err(said.unwrap_or_else(|| "they do not link".to_owned())));
            };
            let found = fs_err::read(program).map_err(|error| error.to_string());
            match found.and_then(|program| oracle::linked::functions(&program)) {
                Ok(found) => functions.extend(found),
                Err(why) => return Ok(Err(why)),
            }
        }
        Ok(Ok(functions))
    }

    /// A check as repairs read it.
    pub fn round<'r>(&'r self, checked: &'r Checked) -> Round<'r> {
        Round {
            job: self.job,
            slice: &checked.slice,
            layout: &checked.layout,
            run: &checked.run,
            names: &self.names,
        }
    }

    /// Checks exactly what is delivered, in a folder where nothing else lies: the layout's files, the
    /// resources that the build read, and the lock file. When a file is missing that a macro reads unseen,
    /// everything beside the code comes along.
    ///
    /// # Errors
    /// [`Code::ProofFailed`] when that does not check without a warning.
    pub fn proven(&mut self, checked: &Checked) -> Outcome<(Files, Option<Features>)> {
        let dir = self.dir();
        let layout = &checked.layout;
        let mut files = bytes(layout);
        resources::add_read(self.job, layout, &dir, &checked.run.units, &mut files);
        if let Ok(lock) = fs_err::read(dir.join("Cargo.lock")) {
            files.insert("Cargo.lock".into(), lock);
        }
        if self.needs_features {
            // What the manifests ask for by themselves is compared, not what was added for the checks.
            write(self.job, &self.work.join("cut"), layout, files.clone())?;
            settle(&dir, self.job.workspace.toolchain.as_deref());
        }
        let features = self.same_features(layout, &mut files);
        let run = self.proof(layout, &mut files)?;
        if is_silent(&run) {
            return Ok((files, features));
        }
        resources::add_all(self.job, layout, &mut files);
        let run = self.proof(layout, &mut files)?;
        if is_silent(&run) {
            return Ok((files, features));
        }
        Err(self.failed(&run).into())
    }

    /// Asks for the features that the monolith's dependencies are built with; `None` when cargo cannot tell.
    fn same_features(&self, layout: &Layout, files: &mut Files) -> Option<Features> {
        let workspace = self.job.workspace;
        let toolchain = workspace.toolchain.as_deref();
        let args = references::selection(workspace);
        // The user's lock file may be stale or not there; the shadow's is cargo's own.
        let before = built(&workspace.root, &args, toolchain)
            .or_else(|| built(&self.work.join("shadow"), &args, toolchain))?;
        let all = ["--workspace".to_owned()];
        let now = built(&self.dir(), &all, toolchain)?;
        let made = layout.domains.iter().filter(|d| d.mode != Mode::Kept);
        let domains = made.map(|d| Member {
            package: d.package_name.clone(),
            dir: d.dir.clone(),
            named: None,
        });
        let functions = self.job.entries.iter().map(|e| Member {
            package: e.name.clone(),
            dir: format!("functions/{}", e.name),
            named: Some(self.names_of(e, layout)),
        });
        let members: Vec<Member> = domains.chain(functions).collect();
        let needs = needs(&self.dir(), &all, toolchain)?;
        let missing = features::missing(&before, &now, &members, &needs);
        if missing.is_empty() {
            return Some(Features::default());
        }
        let lists = lists(&self.dir(), toolchain);
        let found = features::ask(&missing, &needs, &lists, &members, files);
        // A feature may bring packages back, in the versions that the monolith has.
        if let (false, Ok(lock)) = (
            found.kept.is_empty(),
            fs_err::read(workspace.root.join("Cargo.lock")),
        ) {
            files.insert("Cargo.lock".into(), lock);
        }
        Some(found)
    }

    /// The packages that moved code in an entry's crate names: of those that the entry's own package depends on, and
    /// the domain's. What the shim alone needs is not built as the monolith builds it.
    fn names_of(&self, entry: &Entry, layout: &Layout) -> BTreeSet<String> {
        let krate = self.job.tree.item(entry.item).krate;
        let home = self
            .job
            .workspace
            .package(self.job.tree.krate(krate).package);
        let dir = format!("functions/{}", entry.name);
        let [made, moved] = [false, true].map(|is_moved| layout.words(&dir, is_moved));
        let is_of_shim = |name: &str| made.contains(name) && !moved.contains(name);
        let declared = home.into_iter().flat_map(|p| &p.dependencies);
        let declared = declared.filter(|d| !is_of_shim(&d.extern_name));
        let mut names: BTreeSet<String> = declared.map(|d| d.package.clone()).collect();
        names.extend(home.map(|p| p.name.clone()));
        names
    }

    /// The folder that holds exactly what is delivered, once it is proven.
    pub fn proof_dir(&self) -> Utf8PathBuf {
        self.work.join("proof").join(&self.place.out)
    }

    fn proof(&mut self, layout: &Layout, files: &mut Files) -> Outcome<CheckRun> {
        let dir = self.proof_dir();
        write(self.job, &self.work.join("proof"), layout, files.clone())?;
        let args = vec!["--workspace".to_owned()];
        let run = self.ask(&dir, args, None, " (what is delivered)")?;
        if let Ok(lock) = fs_err::read(dir.join("Cargo.lock")) {
            files.insert("Cargo.lock".into(), lock);
        }
        Ok(run)
    }

    fn ask(
        &mut self,
        dir: &Utf8Path,
        mut args: Vec<String>,
        lints: Option<&[&str]>,
        what: &str,
    ) -> Outcome<CheckRun> {
        self.checks += 1;
        (self.progress)(&format!("check {}{what}", self.checks));
        args.push("--keep-going".to_owned());
        let run = cargo::check(
            &CheckRequest {
                dir,
                target_dir: &self.job.workspace.target_dir,
                args,
                force: lints,
                side_dir: &self.work.join("cut-refs"),
                toolchain: self.job.workspace.toolchain.as_deref(),
            },
            self.progress,
        )?;
        Ok(run)
    }

    /// The refusal for a cut that rustc does not accept.
    pub fn failed(&self, run: &CheckRun) -> Diagnostic {
        let mut diagnostic = Diagnostic::new(
            Code::ProofFailed,
            "the cut was not accepted by rustc; nothing was written",
        );
        for message in run.errors().chain(run.warnings()).take(3) {
            let text = message
                .diagnostic
                .rendered
                .as_deref()
                .unwrap_or(&message.diagnostic.message);
            diagnostic
                .notes
                .extend(text.trim_end().lines().map(str::to_owned));
        }
        if run.errors().next().is_none() && !run.success {
            diagnostic.notes.extend(
                run.stderr
                    .lines()
                    .filter(|l| !l.trim_start().starts_with("Checking"))
                    .take(20)
                    .map(str::to_owned),
            );
        }
        diagnostic
            .help(format!(
                "the state of the last check lies in {}",
                self.dir()
            ))
            .help("please report it with the crate's name and the entry")
    }

    fn dir(&self) -> Utf8PathBuf {
        self.work.join("cut").join(&self.place.out)
    }
}

/// Writes the output's files, and beside them, in the user's arrangement, copies of the crates that
/// are kept whole: what is checked is what is delivered, and nothing is built in the user's folders.
pub fn write(job: &Job<'_>, work: &Utf8Path, layout: &Layout, files: Files) -> Outcome<()> {
    let workspace = job.workspace;
    let place = Place::of(job.out, &workspace.root);
    let at_out = files.into_iter().map(|(p, b)| (place.out.join(p), b));
    let mut files: Files = at_out.collect();
    let mut copies = Copies {
        root: &workspace.root,
        files: BTreeMap::new(),
    };
    let kept: Vec<&Utf8Path> = layout
        .domains
        .iter()
        .filter(|d| d.mode == Mode::Kept)
        .filter_map(|d| Some(workspace.package(d.package)?.dir.as_path()))
        .collect();
    if !kept.is_empty() {
        let manifests = oracle::manifests_where(workspace, &|path| {
            workspace.packages.iter().any(|p| p.dir == path)
        })?;
        for relative in shadow::files(&workspace.root, &workspace.target_dir) {
            let source = workspace.root.join(&relative);
            // Data that members share lies in none of them.
            let home = workspace
                .packages
                .iter()
                .map(|p| p.dir.as_path())
                .filter(|dir| source.starts_with(dir))
                .max_by_key(|dir| dir.as_str().len());
            if home.is_some_and(|home| !kept.contains(&home)) || relative.starts_with(".cargo") {
                continue;
            }
            let to = place.root.join(&relative);
            match manifests.get(&relative) {
                Some(text) => {
                    files.insert(to, text.clone().into_bytes());
                }
                None => {
                    copies.files.insert(to, source);
                }
            }
        }
        if !kept.contains(&workspace.root.as_path()) {
            let text = manifests
                .get(Utf8Path::new("Cargo.toml"))
                .map_or("", String::as_str);
            let text = manifest::alone::workspace_only(text);
            files.insert(place.root.join("Cargo.toml"), text.into_bytes());
        }
    }
    shadow::materialize(work, &files, &copies)?;
    Ok(())
}

/// Where the output and the workspace lie in the work folder: as they lie to each other for the user.
pub struct Place {
    /// The output.
    pub out: Utf8PathBuf,
    root: Utf8PathBuf,
}

impl Place {
    /// Both without what their paths share.
    pub fn of(out: &Utf8Path, root: &Utf8Path) -> Self {
        let shared = out
            .components()
            .zip(root.components())
            .take_while(|(a, b)| a == b)
            .count();
        let below = |path: &Utf8Path| -> Utf8PathBuf {
            let parts = path.components().skip(shared);
            parts.map(|part| part.as_str()).collect()
        };
        Self {
            out: below(out),
            root: below(root),
        }
    }
}

fn is_silent(run: &CheckRun) -> bool {
    run.success && run.warnings().next().is_none()
}

fn bytes(layout: &Layout) -> Files {
    let files = layout.files.iter();
    files.map(|(p, f)| (p.clone(), f.bytes.clone())).collect()
}
