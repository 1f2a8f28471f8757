//! SIGKILL to the whole of `split`, cargo and rustc with it, at moments spread over its run: the output is
//! the old one, the new one or absent, the monolith is as it was, and the next run works on what is left.
//!
//! `tests/kill.rs` does the same to the writer alone, where it hits the swap itself more often.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test stops at the first surprise and says what it did"
)]

mod common;

use std::collections::BTreeMap;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::{fixture, program};

type Files = BTreeMap<PathBuf, Vec<u8>>;

const KILLS: u32 = 20;
/// After every so many kills the next run is let through.
const RUN_AFTER: u32 = 4;
const ARGS: &[&str] = &["split", "--no-shim", "--entry", "total"];

/// The files of a folder; none when it is absent.
fn tree(dir: &Path) -> Files {
    walkdir::WalkDir::new(dir)
        .into_iter()
        .filter_entry(|e| e.depth() == 0 || e.file_name() != "target")
        .filter_map(Result::ok)
        .filter(|e| e.file_type().is_file())
        .map(|e| {
            let relative = e.path().strip_prefix(dir).unwrap().to_owned();
            (relative, std::fs::read(e.path()).unwrap())
        })
        .collect()
}

/// The monolith: all but outputs and what cargo made.
fn monolith(dir: &Path) -> Files {
    let mut files = tree(dir);
    files.retain(|path, _| {
        let first = path
            .components()
            .next()
            .unwrap()
            .as_os_str()
            .to_str()
            .unwrap();
        first != "extracted" && !first.starts_with(".extracted")
    });
    files
}

/// One of two states of the source, so that outputs can be told apart.
fn write_source(dir: &Path, original: &str, version: u32) {
    let text = format!("{original}\n/// State {version}.\npub const STATE: u32 = {version};\n");
    let text = text.replacen(
        ".map(|line|",
        &format!("/* state {version} */.map(|line|"),
        1,
    );
    std::fs::write(dir.join("src/basket.rs"), text).unwrap();
}

/// What rustc said is forgotten, so that every run has all its stages.
fn forget(dir: &Path) {
    let _ = std::fs::remove_dir_all(dir.join("target/extract/cache"));
}

fn run_through(dir: &Path) -> Duration {
    forget(dir);
    let start = Instant::now();
    let output = program(dir).args(ARGS).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    start.elapsed()
}

#[test]
fn a_killed_split_leaves_no_part() {
    let temp = fixture("cut");
    let dir = temp.path();
    let out = dir.join("extracted");
    let original = std::fs::read_to_string(dir.join("src/basket.rs")).unwrap();
    let mut expected = Vec::new();
    let mut whole = Duration::MAX;
    for version in [0, 1, 0, 1] {
        write_source(dir, &original, version);
        whole = whole.min(run_through(dir));
        expected.push(tree(&out));
    }
    assert_ne!(expected[0], expected[1], "the two states must differ");
    assert_eq!(
        expected[..2],
        expected[2..],
        "the same source, the same output"
    );
    std::fs::remove_dir_all(&out).unwrap();

    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    let mut ended = 0;
    for kill in 0..KILLS {
        let version = kill % 2;
        write_source(dir, &original, version);
        forget(dir);
        let old = tree(&out);
        let source = monolith(dir);
        let mut child = program(dir)
            .args(ARGS)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        // Not in the order of time, so that old outputs meet early and late kills.
        std::thread::sleep(whole * (kill * 7 % KILLS * 2 + 1) / (KILLS * 2));
        ended += u32::from(child.try_wait().unwrap().is_some());
        let status = Command::new("kill")
            .args(["-KILL", "--", &format!("-{}", child.id())])
            .stderr(Stdio::null())
            .status()
            .unwrap();
        // The group is gone when the run ended before.
        let _ = status;
        child.wait().unwrap();

        let found = tree(&out);
        let state = if !out.exists() {
            "absent"
        } else if found == expected[version as usize] {
            "new"
        } else if found == old {
            "old"
        } else {
            let names: Vec<_> = found.keys().take(9).collect();
            panic!("kill {kill}: a part of {} files: {names:?}", found.len());
        };
        *seen.entry(state).or_default() += 1;
        assert_eq!(
            source,
            monolith(dir),
            "kill {kill}: the monolith was changed"
        );

        if kill % RUN_AFTER == RUN_AFTER - 1 {
            run_through(dir);
            assert_eq!(tree(&out), expected[version as usize], "after kill {kill}");
            let left: Vec<_> = tree(dir)
                .into_keys()
                .filter(|path| {
                    path.starts_with(".extracted")
                        || path.to_str().unwrap().starts_with(".extracted")
                })
                .collect();
            assert!(left.is_empty(), "after kill {kill}: {left:?}");
            if kill % (2 * RUN_AFTER) == RUN_AFTER - 1 {
                std::fs::remove_dir_all(&out).unwrap();
            }
        }
    }
    println!("one run {whole:?}; {seen:?}; {ended} of {KILLS} had ended before");
    assert!(
        ended < KILLS / 2,
        "too few kills hit a run; the test shows little"
    );
}
