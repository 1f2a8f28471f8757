//! The writer: every refusal, the lists, the staged write and what survives it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test stops at the first surprise"
)]

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use extract::cut::keep::Asked;
use extract::cut::state::State;
use extract::cut::{Cut, Job};
use extract::diag::{Code, Diagnostic, Sink};
use extract::emit::{check_target, emit};
use extract::entry::feed::Wishes;
use extract::entry::plan::Entry;
use extract::graph::{Certainty, Edge, ItemGraph};
use extract::oracle::references::References;
use extract::review;
use extract::review::lockfile::{HEADER, Lock, Moved};
use extract::slice::Rules;
use extract::workspace::{Request, Workspace, load};

type Files = BTreeMap<Utf8PathBuf, Vec<u8>>;

struct Place {
    _temp: tempfile::TempDir,
    dir: Utf8PathBuf,
}

impl Place {
    fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        let dir = Utf8Path::from_path(temp.path())
            .unwrap()
            .canonicalize_utf8()
            .unwrap();
        Self { _temp: temp, dir }
    }

    fn out(&self) -> Utf8PathBuf {
        self.dir.join("extracted")
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.dir.join(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    }

    /// What lies beside the output: nothing of ours may stay there.
    fn beside(&self) -> BTreeSet<String> {
        self.dir
            .read_dir_utf8()
            .unwrap()
            .map(|e| e.unwrap().file_name().to_owned())
            .collect()
    }

    fn text(&self, path: &str) -> String {
        fs_err::read_to_string(self.dir.join(path)).unwrap()
    }
}

fn files(list: &[(&str, &str)]) -> Files {
    let mut files: Files = list
        .iter()
        .map(|(path, text)| (Utf8PathBuf::from(path), text.as_bytes().to_vec()))
        .collect();
    let lock = Lock::of(&files).to_text();
    files.insert("extract.lock".into(), lock.into_bytes());
    files
}

fn refused(out: &Utf8Path, files: &Files) -> Diagnostic {
    let dry = emit(out, files, true).map(|_| ());
    let real = emit(out, files, false).unwrap_err().diagnostics.remove(0);
    if let Err(dry) = dry {
        assert_eq!(dry.diagnostics[0], real, "a dry run refuses alike");
    }
    assert!(
        !real.help.is_empty(),
        "every refusal has a way out: {real:?}"
    );
    real
}

fn tree(dir: &Utf8Path) -> Files {
    let mut found = Files::new();
    for entry in walkdir::WalkDir::new(dir) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let path = Utf8Path::from_path(entry.path()).unwrap();
            found.insert(
                path.strip_prefix(dir).unwrap().to_owned(),
                fs_err::read(path).unwrap(),
            );
        }
    }
    found
}

fn workspace(place: &Place) -> Workspace {
    let package = |name: &str, lib: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\n[lib]\npath = \"{lib}\"\n")
    };
    let members = "[workspace]\nmembers = [\"crates/*\"]\n";
    place.put("shop/Cargo.toml", &(package("shop", "lib.rs") + members));
    place.put("shop/lib.rs", "");
    place.put(
        "shop/crates/core/Cargo.toml",
        &package("core-of-it", "src/lib.rs"),
    );
    place.put("shop/crates/core/src/lib.rs", "");
    place.put("shop/crates/core/tests/all.rs", "");
    place.put(
        "shop/crates/odd/Cargo.toml",
        &package("odd", "code/deep/lib.rs"),
    );
    place.put("shop/crates/odd/code/deep/lib.rs", "");
    place.put("shop/target/CACHEDIR.TAG", "");
    let manifest_path = Some(place.dir.join("shop/Cargo.toml"));
    let mut workspace = load(&Request {
        manifest_path,
        ..Request::default()
    })
    .unwrap();
    // Whoever runs the tests may have their own CARGO_TARGET_DIR.
    workspace.target_dir = place.dir.join("shop/target");
    workspace
}

#[test]
fn a_target_beside_the_sources_is_taken() {
    let place = Place::new();
    let workspace = workspace(&place);
    for out in [
        "shop/extracted",
        "elsewhere",
        "shop/crates/core/extracted",
        "shop/new/extracted",
        "a/b/../c",
    ] {
        let result = check_target(&workspace, &place.dir.join(out));
        assert!(result.is_ok(), "{out}: {result:?}");
    }
    // An empty folder and one of ours, too.
    fs_err::create_dir(place.out()).unwrap();
    assert!(check_target(&workspace, &place.out()).is_ok());
    emit(&place.out(), &files(&[("a", "1")]), false).unwrap();
    assert!(check_target(&workspace, &place.out()).is_ok());
}

#[test]
fn a_target_among_the_sources_is_refused() {
    let place = Place::new();
    let workspace = workspace(&place);
    for out in [
        "shop",
        "",
        "shop/crates",
        "shop/crates/core",
        "shop/crates/core/src",
        "shop/crates/core/src/extracted",
        "shop/crates/core/tests/extracted",
        "shop/crates/odd/code/deep/extracted",
        "shop/target",
        "shop/target/extracted",
        "shop/extracted/../crates/core/src/x",
    ] {
        let diagnostic = check_target(&workspace, &place.dir.join(out)).unwrap_err();
        assert_eq!(
            diagnostic.code,
            Code::OutputInSource,
            "{out}: {diagnostic:?}"
        );
        assert!(!diagnostic.help.is_empty());
    }
}

#[test]
fn what_extract_did_not_make_is_refused_and_stays() {
    let place = Place::new();
    let workspace = workspace(&place);
    place.put("extracted/notes.txt", "mine");
    place.put("a-file", "mine");
    place.put("fake/extract.lock", "something else\n");
    place.put("broken/extract.lock", &format!("{HEADER}\n<<<<<<< HEAD\n"));
    place.put(
        "newer/extract.lock",
        "# extract.lock v2: made by extract; do not edit\n",
    );
    for out in ["extracted", "a-file", "fake", "broken", "newer"] {
        let out = place.dir.join(out);
        let before = tree(&place.dir);
        assert_eq!(
            check_target(&workspace, &out).unwrap_err().code,
            Code::OutputNotOurs,
            "{out}"
        );
        assert_eq!(
            refused(&out, &files(&[("a", "1")])).code,
            Code::OutputNotOurs,
            "{out}"
        );
        assert_eq!(tree(&place.dir), before);
    }
}

#[cfg(unix)]
#[test]
fn symlinks_are_resolved_first() {
    let place = Place::new();
    let workspace = workspace(&place);
    let link = |name: &str, to: &str| std::os::unix::fs::symlink(to, place.dir.join(name)).unwrap();
    link("into-src", "shop/crates/core/src");
    let diagnostic = check_target(&workspace, &place.dir.join("into-src/x")).unwrap_err();
    assert_eq!(diagnostic.code, Code::OutputInSource);

    link("dangling", "nowhere");
    assert_eq!(
        check_target(&workspace, &place.dir.join("dangling"))
            .unwrap_err()
            .code,
        Code::WriteFailed
    );
    assert_eq!(
        refused(&place.dir.join("dangling"), &files(&[])).code,
        Code::WriteFailed
    );

    fs_err::create_dir(place.dir.join("real")).unwrap();
    link("linked", "real");
    emit(&place.dir.join("linked"), &files(&[("a", "1")]), false).unwrap();
    assert!(
        place.dir.join("linked").is_symlink(),
        "the user's link stays a link"
    );
    assert_eq!(place.text("real/a"), "1");
}

#[test]
fn a_parent_that_cannot_be_made_is_a_failed_write() {
    // A path below a regular file fails for root, too.
    let place = Place::new();
    let workspace = workspace(&place);
    place.put("a-file", "mine");
    for out in ["a-file/extracted", "a-file/deeper/extracted"] {
        let out = place.dir.join(out);
        let diagnostic = check_target(&workspace, &out).unwrap_err();
        assert_eq!(diagnostic.code, Code::WriteFailed, "{diagnostic:?}");
        let diagnostic = emit(&out, &files(&[]), false)
            .unwrap_err()
            .diagnostics
            .remove(0);
        assert_eq!(diagnostic.code, Code::WriteFailed, "{diagnostic:?}");
        assert!(diagnostic.message.contains("a-file"), "{diagnostic:?}");
    }
    assert_eq!(place.text("a-file"), "mine");
}

#[cfg(target_os = "linux")]
#[test]
fn a_filesystem_that_takes_no_files_is_a_failed_write() {
    // /proc has no room for folders, whoever asks.
    let diagnostic = refused(Utf8Path::new("/proc/extract-test/out"), &files(&[]));
    assert_eq!(diagnostic.code, Code::WriteFailed);
    assert!(diagnostic.message.contains("/proc/"), "{diagnostic:?}");
}

#[test]
fn lists_tell_what_changed_and_a_dry_run_tells_the_same() {
    let place = Place::new();
    let first = files(&[("a.rs", "1"), ("b/c.rs", "2"), ("d", "3")]);
    let would = emit(&place.out(), &first, true).unwrap();
    assert!(place.beside().is_empty(), "a dry run writes nothing");
    let did = emit(&place.out(), &first, false).unwrap();
    assert_eq!(would, did);
    assert_eq!(did.created, ["a.rs", "b/c.rs", "d", "extract.lock"]);
    assert_eq!(tree(&place.out()), first);

    let second = files(&[("a.rs", "1"), ("b/c.rs", "other"), ("e/f", "4")]);
    let would = emit(&place.out(), &second, true).unwrap();
    assert_eq!(tree(&place.out()), first, "a dry run writes nothing");
    let did = emit(&place.out(), &second, false).unwrap();
    assert_eq!(would, did);
    assert_eq!(did.created, ["e/f"]);
    assert_eq!(did.changed, ["b/c.rs", "extract.lock"]);
    assert_eq!(did.removed, ["d"]);
    assert_eq!(did.unchanged, 1);
    assert_eq!(tree(&place.out()), second);
    assert_eq!(place.beside(), BTreeSet::from(["extracted".to_owned()]));
}

#[test]
fn nothing_is_touched_when_nothing_differs() {
    let place = Place::new();
    let set = files(&[("a.rs", "1"), ("b/c.rs", "2")]);
    emit(&place.out(), &set, false).unwrap();
    let time = |path: &str| {
        fs_err::metadata(place.out().join(path))
            .unwrap()
            .modified()
            .unwrap()
    };
    let before = [time(""), time("a.rs"), time("b"), time("b/c.rs")];
    std::thread::sleep(std::time::Duration::from_millis(20));
    let emitted = emit(&place.out(), &set, false).unwrap();
    assert!(emitted.is_up_to_date());
    assert_eq!(emitted.unchanged, 3);
    assert_eq!([time(""), time("a.rs"), time("b"), time("b/c.rs")], before);
    // And when something else differs, a file that does not keeps its time: cargo stays fresh.
    emit(
        &place.out(),
        &files(&[("a.rs", "1"), ("b/c.rs", "3")]),
        false,
    )
    .unwrap();
    assert_eq!(time("a.rs"), before[1]);
    assert_ne!(time("b/c.rs"), before[3]);
}

#[test]
fn the_users_own_files_are_named_and_stay() {
    let place = Place::new();
    let first = files(&[("a.rs", "1"), ("b.rs", "2"), ("c.rs", "3")]);
    emit(&place.out(), &first, false).unwrap();
    place.put("extracted/a.rs", "edited");
    place.put("extracted/deploy/mine.tf", "added");
    let before = tree(&place.dir);
    let diagnostic = refused(&place.out(), &files(&[("a.rs", "new"), ("b.rs", "2")]));
    assert_eq!(diagnostic.code, Code::OutputNotOurs);
    assert_eq!(
        diagnostic.notes,
        ["a.rs was edited", "deploy/mine.tf was added"]
    );
    assert!(diagnostic.help.iter().any(|h| h.contains("--out")));
    assert_eq!(tree(&place.dir), before);

    // What the new output has just so is not lost.
    let agreed = files(&[("a.rs", "edited"), ("deploy/mine.tf", "added")]);
    let emitted = emit(&place.out(), &agreed, false).unwrap();
    assert_eq!(emitted.unchanged, 2);
    assert_eq!(tree(&place.out()), agreed);
    // A file that the user deleted is made again.
    fs_err::remove_file(place.out().join("a.rs")).unwrap();
    assert_eq!(
        emit(&place.out(), &agreed, false).unwrap().created,
        ["a.rs"]
    );
}

#[cfg(unix)]
#[test]
fn a_link_in_place_of_a_file_is_the_users() {
    let place = Place::new();
    emit(&place.out(), &files(&[("a.rs", "1")]), false).unwrap();
    fs_err::remove_file(place.out().join("a.rs")).unwrap();
    place.put("mine.rs", "1");
    std::os::unix::fs::symlink("../mine.rs", place.out().join("a.rs")).unwrap();
    assert_eq!(
        refused(&place.out(), &files(&[("a.rs", "2")])).notes,
        ["a.rs was edited"]
    );
    assert_eq!(place.text("mine.rs"), "1");
}

#[test]
fn build_products_and_version_control_move_over() {
    let place = Place::new();
    emit(&place.out(), &files(&[("a.rs", "1")]), false).unwrap();
    place.put("extracted/target/debug/built", "big");
    place.put("extracted/.git/HEAD", "ref");
    place.put("extracted/deploy/terraform/terraform.tfstate", "made");
    let emitted = emit(&place.out(), &files(&[("a.rs", "2")]), false).unwrap();
    assert_eq!(emitted.changed, ["a.rs", "extract.lock"]);
    assert!(emitted.removed.is_empty());
    assert_eq!(place.text("extracted/target/debug/built"), "big");
    assert_eq!(place.text("extracted/.git/HEAD"), "ref");
    assert_eq!(
        place.text("extracted/deploy/terraform/terraform.tfstate"),
        "made"
    );
    assert_eq!(place.text("extracted/a.rs"), "2");
    assert_eq!(place.beside(), BTreeSet::from(["extracted".to_owned()]));
}

#[test]
fn paths_that_leave_the_folder_are_refused() {
    let place = Place::new();
    for path in [
        "../x",
        "a/../../x",
        "a/../b",
        "/x",
        "",
        "./a",
        "a//b",
        "a/",
        "target/x",
        ".git/config",
    ] {
        let diagnostic = refused(&place.out(), &files(&[("ok", "1"), (path, "2")]));
        assert_eq!(diagnostic.code, Code::WriteFailed, "{path}");
        assert!(place.beside().is_empty(), "{path}");
    }
    let diagnostic = refused(
        &place.out(),
        &files(&[("a", "1"), ("a-b", "1"), ("a/b", "2")]),
    );
    assert!(
        diagnostic.message.contains("both a file and a folder"),
        "{diagnostic:?}"
    );
    let without_lock = Files::from([("a".into(), b"1".to_vec())]);
    assert_eq!(refused(&place.out(), &without_lock).code, Code::WriteFailed);
}

#[test]
fn a_failed_write_leaves_the_old_output_and_nothing_else() {
    let place = Place::new();
    let old = files(&[("a.rs", "1")]);
    emit(&place.out(), &old, false).unwrap();
    place.put("extracted/target/built", "big");
    let before = tree(&place.dir);
    // No filesystem takes a name this long: an error in the middle of the write, for root, too.
    let long = "x".repeat(300);
    let bad = files(&[("a.rs", "2"), (&long, "2"), ("z.rs", "2")]);
    let diagnostic = emit(&place.out(), &bad, false)
        .unwrap_err()
        .diagnostics
        .remove(0);
    assert_eq!(diagnostic.code, Code::WriteFailed);
    assert!(diagnostic.message.contains(&long), "{diagnostic:?}");
    assert_eq!(tree(&place.dir), before);
    assert_eq!(place.beside(), BTreeSet::from(["extracted".to_owned()]));
    // Parent folders that were made for it go as well.
    emit(&place.dir.join("deep/er/out"), &bad, false).unwrap_err();
    assert_eq!(place.beside(), BTreeSet::from(["extracted".to_owned()]));
}

#[test]
fn parents_are_made_and_an_empty_folder_is_filled() {
    let place = Place::new();
    let set = files(&[("a.rs", "1")]);
    emit(&place.dir.join("deep/er/out"), &set, false).unwrap();
    assert_eq!(tree(&place.dir.join("deep/er/out")), set);
    fs_err::create_dir(place.out()).unwrap();
    emit(&place.out(), &set, false).unwrap();
    assert_eq!(tree(&place.out()), set);
}

/// A cut of a small crate with something of everything that a review tells.
fn with_a_cut(check: impl FnOnce(&Job<'_>, &Cut)) {
    let place = Place::new();
    place.put(
        "shop/Cargo.toml",
        "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\n",
    );
    place.put(
        "shop/src/lib.rs",
        "pub mod price;\n\npub fn left() -> u32 {\n    7\n}\n\n#[cfg(windows)]\npub fn off() {}\n\n\
         #[cfg(test)]\nmod tests {\n    #[test]\n    fn seven() {\n        assert_eq!(super::left(), 7);\n    }\n}\n",
    );
    place.put(
        "shop/src/price.rs",
        "use std::fmt;\n\n/// Cents.\n#[derive(Debug)]\npub struct Cents<T>(pub T);\n\nimpl<T: fmt::Display> fmt::Display for Cents<T> {\n    \
         fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {\n        write!(f, \"{}\", self.0)\n    }\n}\n\n\
         fn double(n: u32) -> u32 {\n    n * 2\n}\n\npub fn price(n: u32) -> String {\n    Cents(double(n)).to_string()\n}\n",
    );
    let request = Request {
        manifest_path: Some(place.dir.join("shop/Cargo.toml")),
        ..Request::default()
    };
    let mut workspace = load(&request).unwrap();
    workspace.target_dir = place.dir.join("shop/target");
    let mut sink = Sink::default();
    let tree = extract::syntax::load(&workspace, &mut sink);
    // Without rustc: what syntax suggests is right for so small a crate, and is taken as if rustc had said it.
    let edges = extract::graph::quick::edges(&workspace, &tree);
    let edges = edges
        .into_iter()
        .map(|e| Edge {
            certainty: Certainty::Verified,
            ..e
        })
        .collect();
    let graph = ItemGraph::new(&tree, edges, Vec::new(), true);
    let references = References::default();
    let rules = Rules::new(&tree, &graph);
    let item = tree
        .items
        .iter()
        .find(|i| tree.path(i.id) == "shop::price::price")
        .unwrap()
        .id;
    let entries = [Entry {
        item,
        name: "price".to_owned(),
        path: "shop::price::price".to_owned(),
        crossing: None,
        feeds: Vec::new(),
        sent: Default::default(),
        wishes: Default::default(),
    }];
    let job = Job {
        workspace: &workspace,
        tree: &tree,
        graph: &graph,
        rules: &rules,
        references: &references,
        entries: &entries,
        foreign_features: &BTreeSet::new(),
        foreign: &BTreeMap::new(),
        derives: &BTreeMap::new(),
        exposed: &BTreeSet::new(),
        asked: &Asked::default(),
        out: Utf8Path::new("/out"),
    };
    let mut state = State::default();
    state.seeds.entries.push(item);
    let slice = extract::slice::slice(&tree, &rules, &state.seeds);
    let double = tree
        .items
        .iter()
        .find(|i| tree.path(i.id) == "shop::price::double")
        .unwrap()
        .id;
    state.widen.insert(double);
    let cents = tree
        .items
        .iter()
        .find(|i| tree.path(i.id) == "shop::price::Cents")
        .unwrap()
        .id;
    state
        .attributes
        .insert(double, vec!["#[inline]".to_owned()]);
    state
        .attributes
        .insert(cents, vec!["#[derive(Clone)]".to_owned()]);
    let layout = extract::cut::layout::layout(&job, &slice, &state).unwrap();
    let files = layout
        .files
        .iter()
        .map(|(path, file)| (path.clone(), file.bytes.clone()))
        .collect();
    let cut = Cut {
        weights: Vec::new(),
        files,
        layout,
        slice,
        state,
        features: Some(extract::cut::features::Features::default()),
        checks: 3,
        lock: extract::oracle::lock(&workspace.target_dir.join("extract")).unwrap(),
        dir: workspace.target_dir.join("extract/proof"),
        tests: extract::cut::along::Along::default(),
    };
    check(&job, &cut);
}

#[test]
fn a_review_and_a_lock_tell_where_everything_comes_from() {
    with_a_cut(|job, cut| {
        let text = review::review(job, cut, None);
        println!("{text}");
        for line in [
            "| function `price::price` | src/price.rs:17 | entry |  |",
            "| function `price::double` | src/price.rs:13 | named by `price::price` at src/price.rs:18 | \
             private → `pub`; added `#[inline]` |",
            "| `impl fmt::Display for Cents<T>` | src/price.rs:7 | impl of kept trait for kept type; the last to be \
             kept was `price::Cents` |  |",
            "added `#[derive(Clone)]` |\n",
            "<details><summary>src/lib.rs: 1 item</summary>\n\n`left`\n",
            "<details><summary>src/lib.rs: 1 test item</summary>\n\n`tests::seven`\n",
            "- src/lib.rs:8: function `off`: `cfg(windows)`",
            "| `shop::price::price` | `functions/price` | 5 of 6 |",
        ] {
            assert!(text.contains(line), "{line}");
        }
        assert!(
            !text.contains(job.workspace.root.as_str()),
            "no absolute paths"
        );
        assert_eq!(text, review::review(job, cut, None));

        let mut files = cut.files.clone();
        files.insert("REVIEW.md".into(), text.into_bytes());
        let lock = review::lock(job, cut, &files);
        let text = lock.to_text();
        assert_eq!(Lock::parse(&text).unwrap(), lock);
        assert_eq!(lock.entries["shop::price::price"], "price");
        assert_eq!(lock.files.len(), files.len());
        let (path, moved) = lock
            .moved
            .iter()
            .find(|(_, m)| m.from == "src/price.rs")
            .unwrap();
        let delivered = String::from_utf8(files[path].clone()).unwrap();
        let source = fs_err::read_to_string(job.workspace.root.join("src/price.rs")).unwrap();
        let kept: String = moved
            .kept
            .iter()
            .map(|[a, b]| &source[*a as usize..*b as usize])
            .collect();
        assert_eq!(
            kept,
            delivered
                .replace("#[inline]\npub fn double", "fn double")
                .replace("#[derive(Debug, Clone)]\n", "#[derive(Debug)]\n"),
            "all but what was added"
        );
        assert!(
            !text.contains(job.workspace.root.as_str()),
            "no absolute paths"
        );
    });
}

/// A process id that no system gives.
const DEAD: u32 = u32::MAX;

#[test]
fn what_killed_runs_left_is_removed() {
    let place = Place::new();
    let set = files(&[("a.rs", "1")]);
    emit(&place.out(), &set, false).unwrap();
    place.put(&format!(".extracted.extract-{DEAD}/half.rs"), "");
    place.put(&format!(".extracted.extract-{DEAD}/target/built"), "big");
    place.put(&format!(".extracted.extract-{DEAD}.old/a.rs"), "0");
    place.put(".extracted.extract-mine/a.rs", "not a process id");
    place.put(".other.extract-1/a.rs", "another output's");
    emit(&place.out(), &set, false).unwrap();
    let left = [".extracted.extract-mine", ".other.extract-1", "extracted"].map(str::to_owned);
    assert_eq!(place.beside(), BTreeSet::from(left));
    // A target folder that was on its way over comes back.
    assert_eq!(place.text("extracted/target/built"), "big");
}

#[test]
fn an_output_that_was_moved_aside_is_put_back() {
    let place = Place::new();
    let set = files(&[("a.rs", "1")]);
    emit(&place.out(), &set, false).unwrap();
    fs_err::rename(
        place.out(),
        place.dir.join(format!(".extracted.extract-{DEAD}.old")),
    )
    .unwrap();
    place.put(&format!(".extracted.extract-{DEAD}/.git/HEAD"), "ref");
    let would = emit(&place.out(), &set, true).unwrap();
    assert!(would.is_up_to_date(), "{would:?}");
    assert!(emit(&place.out(), &set, false).unwrap().is_up_to_date());
    assert_eq!(place.text("extracted/.git/HEAD"), "ref");
    assert_eq!(place.beside(), BTreeSet::from(["extracted".to_owned()]));
}

#[test]
fn writers_at_the_same_time_take_turns() {
    let place = Place::new();
    let sets: Vec<Files> = (0..4)
        .map(|i| files(&[("a.rs", &format!("{i}")), ("b.rs", &format!("{i}"))]))
        .collect();
    std::thread::scope(|scope| {
        for set in &sets {
            scope.spawn(|| emit(&place.out(), set, false).unwrap());
        }
    });
    assert!(sets.contains(&tree(&place.out())));
    assert_eq!(place.beside(), BTreeSet::from(["extracted".to_owned()]));
}

#[test]
fn the_lock_reads_as_it_was_written() {
    let mut lock = Lock::of(&files(&[("a b.rs", "1"), ("ü\"\n.rs", "2")]));
    assert!(
        !lock.files.contains_key(Utf8Path::new("extract.lock")),
        "it cannot hold its own hash"
    );
    lock.entries
        .insert("shop::render".to_owned(), "render".to_owned());
    let name = |text: &str| text.parse().unwrap();
    let wishes = Wishes {
        triggers: vec![name("dynamodb:insert"), name("sqs")],
        returned: vec!["s3:abc/{event:id}.json".parse().unwrap()],
        retry_on: vec!["Busy".to_owned()],
        ..Wishes::default()
    };
    lock.wishes.insert("shop::render".to_owned(), wishes);
    lock.moved.insert(
        "a b.rs".into(),
        Moved {
            from: "src/a.rs".into(),
            sha256: "00".to_owned(),
            kept_sha256: "11".to_owned(),
            kept: vec![[0, 5], [7, 9]],
            of: "shop/lib".to_owned(),
            at: vec![0, 9],
        },
    );
    let text = lock.to_text();
    assert_eq!(text.lines().next(), Some(HEADER));
    assert_eq!(Lock::parse(&text).unwrap(), lock);
    assert_eq!(Lock::parse(&text).unwrap().to_text(), text);
    assert!(
        Lock::parse(&text.replace("\"kept\"", "\"kept_\""))
            .unwrap_err()
            .contains("line 6")
    );
    assert!(Lock::parse("").is_err());
}
