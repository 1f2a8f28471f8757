//! SIGKILL at any moment of a write: the output is the old one, the new one or absent, never a part.
//!
//! The test binary starts itself with an environment variable that makes [`helper`] write two file sets in
//! turns until it is killed.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test stops at the first surprise and says what it did"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use camino::{Utf8Path, Utf8PathBuf};
use extract::emit::emit;
use extract::review::lockfile::Lock;

type Files = BTreeMap<Utf8PathBuf, Vec<u8>>;

const VARIABLE: &str = "EXTRACT_TEST_EMIT_UNTIL_KILLED";
const KILLS: usize = 20;
const FILES: usize = 300;

/// A third of the names is shared, and a third of those has the same content.
fn set(letter: char) -> Files {
    let mut files = Files::new();
    for i in 0..FILES {
        let name = match i % 3 {
            0 => format!("crates/shared/src/f{i}.rs"),
            _ => format!("crates/{letter}/src/m{}/f{i}.rs", i % 7),
        };
        let text = if i % 9 == 0 {
            "the same".to_owned()
        } else {
            format!("{letter} {i}\n").repeat(4)
        };
        files.insert(name.into(), text.into_bytes());
    }
    let lock = Lock::of(&files).to_text();
    files.insert("extract.lock".into(), lock.into_bytes());
    files
}

/// Without the variable nothing; with it the victim.
#[test]
fn helper() {
    let Ok(out) = std::env::var(VARIABLE) else {
        return;
    };
    let sets = [set('a'), set('b')];
    eprintln!("ready");
    for files in sets.iter().cycle() {
        emit(Utf8Path::new(&out), files, false).unwrap();
    }
}

fn tree(dir: &Utf8Path) -> Files {
    let mut found = Files::new();
    for entry in walkdir::WalkDir::new(dir)
        .into_iter()
        .filter_entry(|e| e.file_name() != "target")
    {
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

fn beside(parent: &Utf8Path) -> BTreeSet<String> {
    parent
        .read_dir_utf8()
        .unwrap()
        .map(|e| e.unwrap().file_name().to_owned())
        .collect()
}

/// A xorshift generator: a test needs no better one.
struct Random(u64);

impl Random {
    fn upto(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

fn kill_in(base: &Utf8Path) {
    let temp = tempfile::tempdir_in(base).unwrap();
    let parent = Utf8Path::from_path(temp.path()).unwrap();
    let out = parent.join("extracted");
    let sets = [set('a'), set('b')];
    let seed = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_nanos() as u64
        | 1;
    println!("{base}: seed {seed}");
    let mut random = Random(seed);
    let mut seen = BTreeMap::from([("absent", 0), ("a", 0), ("b", 0)]);
    let mut interrupted = 0;
    let mut one_write = Duration::from_millis(30);
    for kill in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "helper", "--nocapture"])
            .env(VARIABLE, &out)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(child.stderr.take().unwrap())
            .read_line(&mut said)
            .unwrap();
        assert_eq!(said, "ready\n");
        // By turns anywhere, and after the staging folder of a write has appeared.
        let mut window = 59_000;
        if kill % 2 == 1 {
            let start = Instant::now();
            while beside(parent).len() < 2 && start.elapsed() < Duration::from_secs(20) {
                std::thread::yield_now();
            }
            window = (one_write.as_micros() as u64 / 2).max(1);
        } else {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_micros(random.upto(window)));
        child.kill().unwrap();
        let status = child.wait().unwrap();
        assert!(
            !status.success(),
            "the child ended before it was killed: {status}"
        );

        let state = if !out.exists() {
            "absent"
        } else {
            let found = tree(&out);
            if found == sets[0] {
                "a"
            } else if found == sets[1] {
                "b"
            } else {
                let names: Vec<_> = found.keys().take(5).collect();
                panic!(
                    "kill {kill}, seed {seed}: a mixture of {} files: {names:?} …",
                    found.len()
                )
            }
        };
        *seen.get_mut(state).unwrap() += 1;
        interrupted += usize::from(beside(parent).iter().any(|name| name != "extracted"));

        // The next write works, and cleans up.
        let files = &sets[kill % 2];
        let start = Instant::now();
        emit(&out, files, false).unwrap();
        one_write = one_write.max(start.elapsed()).min(Duration::from_secs(2));
        assert_eq!(&tree(&out), files, "kill {kill}, seed {seed}");
        assert_eq!(
            beside(parent),
            BTreeSet::from(["extracted".to_owned()]),
            "kill {kill}, seed {seed}"
        );
        // What the user built there survives every kill.
        let built = out.join("target/debug/built");
        if kill == 0 {
            fs_err::create_dir_all(built.parent().unwrap()).unwrap();
            fs_err::write(&built, "big").unwrap();
        }
        assert_eq!(
            fs_err::read_to_string(&built).unwrap(),
            "big",
            "kill {kill}, seed {seed}"
        );
    }
    println!("{base}: {seen:?}; {interrupted} of {KILLS} kills hit a write");
    assert!(
        interrupted > 0,
        "no kill hit a write; the test shows nothing"
    );
}

#[test]
fn a_kill_leaves_no_part() {
    let temp = std::env::temp_dir();
    kill_in(Utf8Path::from_path(&temp).unwrap());
}

/// In memory a write is so fast that kills hit the swap and the removal more often.
#[cfg(target_os = "linux")]
#[test]
fn a_kill_in_memory_leaves_no_part() {
    let memory = Utf8Path::new("/dev/shm");
    if memory.is_dir() {
        kill_in(memory);
    } else {
        println!("no /dev/shm here: only the test on disk ran");
    }
}
