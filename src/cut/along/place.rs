//! The files of an output whose tests have come.
//!
//! Input: a proposal. Output: [`Made`]: the files that differ from the cut's, and what each of them was made
//! from. Writes nothing.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use super::choice::{Borrowed, choice};
use super::data::{self, Data};
use super::doc;
use super::host::Host;
use super::lock;
use super::propose::{Proposal, propose};
use super::repair::{Rendered, Said};
use super::view::View;
use crate::cut::layout::manifests::places;
use crate::cut::{Cut, Job};
use crate::diag::Diagnostic;
use crate::id::{CrateId, FileId, ItemId, TextRange};
use crate::render::item::{self, Choice};
use crate::render::manifest::dev::{self, TestManifest};
use crate::syntax::{ItemKind, Payload, is_for_tests};
use crate::workspace::Package;

/// What a round checks.
#[derive(Debug, Default)]
pub struct Made {
    /// What comes.
    pub proposal: Proposal,
    /// Files that are new or differ from the cut's.
    pub files: BTreeMap<Utf8PathBuf, Vec<u8>>,
    /// Moved code among them.
    pub rendered: BTreeMap<Utf8PathBuf, Rendered>,
    /// Imports that only tests need, by host.
    pub borrowed: Vec<Vec<Borrowed>>,
    /// Dependencies that tests brought, by folder.
    pub dependencies: BTreeMap<String, BTreeSet<String>>,
    /// Data.
    pub data: Data,
    /// Files for the check alone.
    pub scratch: BTreeMap<Utf8PathBuf, Vec<u8>>,
    /// First lines of the examples in them: the host, line and number.
    pub examples: doc::Sheets,
}

impl Made {
    /// Whether there is neither a test nor an example.
    pub fn is_nothing(&self) -> bool {
        self.proposal.placed.is_empty() && self.examples.is_empty()
    }
}

/// Makes the files.
///
/// # Errors
/// A manifest that cannot be read.
pub fn make(
    job: &Job<'_>,
    cut: &Cut,
    view: &View,
    hosts: &[Host],
    said: &Said,
) -> Result<Made, Diagnostic> {
    let proposal = propose(view, hosts, said);
    let mut made = Made {
        borrowed: vec![Vec::new(); hosts.len()],
        ..Made::default()
    };
    let root_text = job
        .workspace
        .read_source(&job.workspace.root.join("Cargo.toml"))?;
    let mut inherited = BTreeSet::new();
    for (index, host) in hosts.iter().enumerate() {
        let Some(package) = job.workspace.package(host.package) else {
            continue;
        };
        let empty = BTreeSet::new();
        let kept = proposal.kept.get(index).unwrap_or(&empty);
        let placer = Placer {
            job,
            view,
            hosts,
            index,
            host,
            package,
            said,
        };
        let is_changed = kept.iter().any(|i| view.tree.item(*i).krate == host.krate)
            || said.anchors.iter().any(|(of, _)| *of == index)
            || said.attributes.iter().any(|(of, _, _)| *of == index);
        let mut choices = BTreeMap::new();
        if is_changed {
            choices.insert(host.krate, placer.own(kept, &mut made));
        }
        let targets = placer.integration(kept, &mut choices, &mut made);
        placer.examples(&mut made);
        let words = placer.words(kept, &choices, &made);
        let text = placer.manifest(cut, &words, targets, &root_text, &mut made)?;
        inherited.extend(dev::inherited(&text));
        let path = Utf8PathBuf::from(&host.dir).join("Cargo.toml");
        if cut.files.get(&path).map(Vec::as_slice) != Some(text.as_bytes()) {
            made.files.insert(path, text.into_bytes());
        }
    }
    if let Some(text) = cut.files.get(&Utf8PathBuf::from("Cargo.toml")) {
        let text = String::from_utf8_lossy(text);
        let root = places(job, &cut.layout, &job.workspace.root, "");
        let with = dev::root(&text, &root_text, &root, &inherited);
        if with != text {
            made.files.insert("Cargo.toml".into(), with.into_bytes());
        }
    }
    made.data = data::data(job, view, hosts, &proposal);
    for (path, bytes) in &made.data.files {
        if !cut.files.contains_key(path) {
            made.files
                .entry(path.clone())
                .or_insert_with(|| bytes.clone());
        }
    }
    made.proposal = proposal;
    if made.files.is_empty() {
        return Ok(made);
    }
    let locks = (
        cut.files.get(&Utf8PathBuf::from("Cargo.lock")),
        fs_err::read_to_string(job.workspace.root.join("Cargo.lock")),
    );
    if let (Some(own), Ok(monolith)) = locks {
        let text = lock::merged(&String::from_utf8_lossy(own), &monolith);
        made.files.insert("Cargo.lock".into(), text.into_bytes());
    }
    Ok(made)
}

struct Placer<'a> {
    job: &'a Job<'a>,
    view: &'a View,
    hosts: &'a [Host],
    index: usize,
    host: &'a Host,
    package: &'a Package,
    said: &'a Said,
}

impl Placer<'_> {
    /// The host's own files, with unit tests.
    fn own(&self, kept: &BTreeSet<ItemId>, made: &mut Made) -> Choice {
        let krate = self.host.krate;
        let (choice, borrowed) = choice(self.view, self.hosts, self.index, krate, kept, self.said);
        for file in self.files(krate, &choice) {
            self.render(krate, file, &choice, made);
        }
        if let Some(list) = made.borrowed.get_mut(self.index) {
            *list = borrowed;
        }
        choice
    }

    /// The check of the examples in a library's documentation. A binary's were never run, and those of a
    /// function crate name the monolith's library.
    fn examples(&self, made: &mut Made) {
        if self.runs_examples() {
            let (text, starts) = doc::file(&self.host.examples);
            let path = Utf8PathBuf::from(&self.host.dir).join(doc::FILE);
            made.scratch.insert(path.clone(), text.into_bytes());
            made.examples.insert(path, (self.index, starts));
        }
    }

    /// Whether the examples run, as far as is known: one that does not compile switches all of them off.
    fn runs_examples(&self) -> bool {
        let mut failed = self.said.examples.keys();
        !self.host.examples.is_empty()
            && !self.host.has_foreign_examples(self.view)
            && !failed.any(|(host, _)| *host == self.index)
    }

    /// The integration tests that come to this host, their choices added to `all`; the targets that cargo does not
    /// find by itself.
    fn integration(
        &self,
        kept: &BTreeSet<ItemId>,
        all: &mut BTreeMap<CrateId, Choice>,
        made: &mut Made,
    ) -> BTreeMap<String, String> {
        let tree = &self.view.tree;
        let crates: BTreeSet<CrateId> = kept
            .iter()
            .map(|i| tree.item(*i).krate)
            .filter(|k| self.view.integration.contains_key(k))
            .collect();
        let mut choices: BTreeMap<CrateId, Choice> = BTreeMap::new();
        for krate in &crates {
            let (choice, _) = choice(self.view, self.hosts, self.index, *krate, kept, self.said);
            choices.insert(*krate, choice);
        }
        self.share(&mut choices);
        let mut targets = BTreeMap::new();
        for (krate, choice) in &mut choices {
            let root = tree.krate(*krate).root;
            let source = tree.krate(self.host.krate).name.clone();
            if self.host.domain.is_none() && source != self.host.lib_name {
                // The function crate stands for the library that the test knows.
                let line = format!("extern crate {} as {source};\n\n", self.host.lib_name);
                let old = choice.prologue.entry(root).or_default();
                *old = format!("{line}{old}");
            }
            for file in self.files(*krate, choice) {
                self.render(*krate, file, choice, made);
            }
            let path = &tree.file(tree.module(root).file).path;
            let relative = crate::text::relative(path, &self.package.dir);
            let name = self
                .view
                .integration
                .get(krate)
                .cloned()
                .unwrap_or_default();
            let is_found = relative.as_str() == format!("tests/{name}.rs")
                || relative.as_str() == format!("tests/{name}/main.rs");
            if !is_found {
                targets.insert(name, relative.into_string());
            }
        }
        all.append(&mut choices);
        targets
    }

    /// Tests of one package share the files of their helpers: what one of them needs is there for all.
    fn share(&self, choices: &mut BTreeMap<CrateId, Choice>) {
        let tree = &self.view.tree;
        let all: Vec<CrateId> = choices.keys().copied().collect();
        let old = choices.clone();
        for (of, choice) in &old {
            for other in all.iter().filter(|k| *k != of) {
                let twin = |id: &ItemId| {
                    let item = tree.item(*id);
                    tree.item_of(*other, item.file, item.raw)
                };
                let Some(to) = choices.get_mut(other) else {
                    continue;
                };
                to.items.extend(choice.items.iter().filter_map(twin));
                for (using, left) in &choice.leaves {
                    if let Some(using) = twin(using) {
                        to.leaves.entry(using).or_default().extend(left);
                    }
                }
                let decls = choice.modules.iter().filter_map(|m| tree.module(*m).decl);
                let declared = decls.filter_map(|d| tree.item(twin(&d)?).declares);
                to.modules.extend(declared);
            }
        }
    }

    fn files(&self, krate: CrateId, choice: &Choice) -> BTreeSet<FileId> {
        let tree = &self.view.tree;
        choice
            .modules
            .iter()
            .filter(|m| tree.module(**m).krate == krate)
            .map(|m| tree.module(*m).file)
            .collect()
    }

    fn render(&self, krate: CrateId, file: FileId, choice: &Choice, made: &mut Made) {
        let tree = &self.view.tree;
        let source = tree.file(file);
        let Some(path) = self.host.place(self.view, self.package, &source.path) else {
            return;
        };
        if made.rendered.contains_key(&path) {
            return;
        }
        let edited = item::cut(tree, krate, file, choice);
        made.files
            .insert(path.clone(), edited.text.clone().into_bytes());
        let rendered = Rendered {
            host: self.index,
            krate,
            file,
            edited,
        };
        made.rendered.insert(path, rendered);
    }

    fn manifest(
        &self,
        cut: &Cut,
        words: &BTreeSet<String>,
        targets: BTreeMap<String, String>,
        root_text: &str,
        made: &mut Made,
    ) -> Result<String, Diagnostic> {
        let path = Utf8PathBuf::from(&self.host.dir).join("Cargo.toml");
        let text = cut.files.get(&path).map(|b| String::from_utf8_lossy(b));
        let text = text.unwrap_or_default();
        let original = self
            .job
            .workspace
            .read_source(&self.package.manifest_path)?;
        let keys: BTreeSet<String> = self
            .package
            .dependencies
            .iter()
            .filter(|d| d.kind != cargo_metadata::DependencyKind::Build)
            .filter(|d| is_named(words, &d.extern_name))
            .filter(|d| {
                !self
                    .said
                    .idle
                    .contains(&(self.index, d.extern_name.clone()))
            })
            .map(|d| d.key.clone())
            .collect();
        let none = BTreeSet::new();
        let with = dev::with_tests(&TestManifest {
            text: &text,
            original: &original,
            keys,
            places: places(self.job, &cut.layout, &self.package.dir, &self.host.dir),
            targets,
            allow: self.said.lints.get(&self.host.dir).unwrap_or(&none),
            root_text,
            no_unit_tests: self.said.off.contains_key(&self.index),
            no_doc_tests: !self.host.examples.is_empty() && !self.runs_examples(),
        });
        let added = dev::keys(&with);
        if !added.is_empty() {
            made.dependencies.insert(self.host.dir.clone(), added);
        }
        Ok(with)
    }

    /// The words that may name crates in the test code and the imports that came, and in what moved code has under
    /// `cfg_attr(test, …)`.
    fn words(
        &self,
        kept: &BTreeSet<ItemId>,
        choices: &BTreeMap<CrateId, Choice>,
        made: &Made,
    ) -> BTreeSet<String> {
        let tree = &self.view.tree;
        let mut words = BTreeSet::new();
        let mut add = |text: &str| words.extend(all_words(text).map(|(_, word)| word.to_owned()));
        let chosen = choices.values().flat_map(|choice| &choice.leaves);
        for (item, left) in chosen.filter(|(item, _)| self.view.is_test_only(**item)) {
            let raw = tree.raw(*item);
            match &raw.payload {
                Payload::Use(decl) => {
                    let left = left.iter().filter_map(|at| decl.leaves.get(*at));
                    left.filter_map(|leaf| leaf.path.first())
                        .for_each(|first| add(first));
                }
                _ if left.is_empty() => {}
                _ => add(raw.range.of(&tree.file(tree.item(*item).file).text)),
            }
        }
        for import in made.borrowed.get(self.index).into_iter().flatten() {
            add(&import.text);
        }
        let examples = self.host.examples.iter();
        for example in examples.filter(|_| self.runs_examples()) {
            add(&example.code);
        }
        // Without tests these attributes are not there.
        let has_tests = choices.contains_key(&self.host.krate);
        let items = self.host.choice.items.iter().filter(|_| has_tests);
        for attr in items.flat_map(|item| &tree.raw(*item).attrs) {
            if is_for_tests(attr) {
                add(&attr.args);
            }
        }
        let parts = kept.iter().flat_map(|item| self.own_text(*item));
        words.extend(parts.flat_map(path_words));
        words
    }

    /// The text of an item of test code; that of an impl or trait without its members, each of which comes or stays
    /// behind by itself.
    fn own_text(&self, item: ItemId) -> Vec<&str> {
        let tree = &self.view.tree;
        let node = tree.item(item);
        let file = tree.file(node.file);
        let mut rest = tree.raw(item).range;
        let mut parts = Vec::new();
        let inner = file.syntax.items.iter().skip(node.raw + 1);
        let inner = inner.take_while(|raw| tree.raw(item).range.covers(raw.range));
        let is_holder = matches!(tree.raw(item).kind, ItemKind::Impl | ItemKind::Trait);
        for member in inner.filter(|raw| is_holder && raw.parent == Some(node.raw)) {
            let end = member.range.start;
            parts.push(TextRange { end, ..rest }.of(&file.text));
            rest.start = member.range.end;
        }
        parts.push(rest.of(&file.text));
        parts
    }
}

/// The words of a text and where they begin.
fn all_words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    let parts = text.split_inclusive(|c: char| !(c.is_alphanumeric() || c == '_'));
    parts.filter_map(move |part| {
        let start = at;
        at += part.len();
        let word = part.trim_end_matches(|c: char| !(c.is_alphanumeric() || c == '_'));
        (!word.is_empty()).then_some((start, word))
    })
}

/// The words of a text that may begin a path: what stands before `::`, behind `use` or `crate`, or alone in a
/// string, as serde's attributes have it. A test's text is full of others: `http` is in every address.
fn path_words(text: &str) -> BTreeSet<String> {
    let mut before = "";
    let mut found = BTreeSet::new();
    for (start, word) in all_words(text) {
        let rest = text.get(start + word.len()..).unwrap_or_default();
        let begins = rest.trim_start().starts_with("::");
        let is_quoted =
            rest.starts_with('"') && text.get(..start).is_some_and(|t| t.ends_with('"'));
        if begins || is_quoted || matches!(before, "use" | "crate") {
            found.insert(word.to_owned());
        }
        before = word;
    }
    found
}

/// Whether a dependency is named, by its own name or the one that its library has by custom.
fn is_named(words: &BTreeSet<String>, name: &str) -> bool {
    let bare = name.strip_prefix("rust_").unwrap_or(name);
    let bare = bare.strip_suffix("_rs").unwrap_or(bare);
    words.contains(name) || words.contains(bare) || words.contains(&name.replace('_', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_in_an_address_names_no_crate() {
        let text = "#[tokio::test]\nasync fn get() {\n    use serde_json as json;\n    extern crate libc;\n    \
                    ask(\"http://é.example/log\", ::url ::Url::new(), \"humantime_serde\");\n}\n";
        let found: Vec<String> = path_words(text).into_iter().collect();
        let expected = [
            "Url",
            "humantime_serde",
            "libc",
            "serde_json",
            "tokio",
            "url",
        ];
        assert_eq!(found, expected);
    }
}
