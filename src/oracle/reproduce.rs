//! The rustc wrapper of a packaging build (`RUSTC_WRAPPER`): what rustc writes says nothing of where it ran.
//!
//! Input: the rustc command line and the environment that cargo sets. Output: rustc's exit status. Two
//! things tell folders apart in a program: the paths in it, of panics for example, which are shortened; and
//! cargo's number for a crate, in which the absolute path of a path dependency counts, and which is in
//! every symbol and every `TypeId`. That number is made anew from what the crate is. Everything but a
//! compilation that cargo asked for is passed through untouched.

use std::ffi::OsString;
use std::io::Write as _;
use std::process::{Command, ExitCode};

use camino::{Utf8Component, Utf8Path};
use sha2::{Digest as _, Sha256};

/// Set to the folder of the output; its presence turns the program into this wrapper.
pub const ENV_ROOT: &str = "EXTRACT_WRAPPER_ROOT";
/// The wrapper that the user has set (sccache and the like), which runs rustc then.
pub const ENV_INNER: &str = "EXTRACT_WRAPPER_INNER";

/// Digits of a crate's number; cargo's own has as many.
const DIGITS: usize = 16;

/// Acts as the wrapper when cargo started the program as one; `None` otherwise.
pub fn intercept() -> Option<ExitCode> {
    let root = std::env::var(ENV_ROOT).ok()?;
    let mut given: Vec<OsString> = std::env::args_os().skip(1).collect();
    if given.is_empty() {
        return None;
    }
    let args = given.split_off(1);
    let args = match Unit::read(&args, &|name| std::env::var(name).ok()) {
        Some(unit) => unit.rewritten(&args, Utf8Path::new(&root)),
        None => args,
    };
    let rustc = given.pop()?;
    let mut command = match std::env::var_os(ENV_INNER) {
        Some(inner) => {
            let mut command = Command::new(inner);
            command.arg(&rustc);
            command
        }
        None => Command::new(&rustc),
    };
    Some(match command.args(args).status() {
        Ok(status) => super::wrapper::exit_code(status.code()),
        Err(error) => {
            // cargo shows it below the unit that failed.
            let rustc = rustc.to_string_lossy();
            let _ = writeln!(std::io::stderr(), "error: {rustc} cannot be run: {error}");
            ExitCode::from(101)
        }
    })
}

/// What cargo says of the crate that it has compiled.
struct Unit {
    name: String,
    package: String,
    version: String,
    dir: String,
    /// Where its build script wrote.
    out_dir: Option<String>,
}

impl Unit {
    /// `None` when it is no compilation of a package.
    fn read(args: &[OsString], env: &dyn Fn(&str) -> Option<String>) -> Option<Self> {
        let at = args.iter().position(|arg| arg == "--crate-name")?;
        args.iter().find(|arg| metadata(arg).is_some())?;
        Some(Self {
            name: args.get(at + 1)?.to_str()?.to_owned(),
            package: env("CARGO_PKG_NAME")?,
            version: env("CARGO_PKG_VERSION")?,
            dir: env("CARGO_MANIFEST_DIR")?,
            out_dir: env("OUT_DIR"),
        })
    }

    fn rewritten(&self, args: &[OsString], root: &Utf8Path) -> Vec<OsString> {
        let number = self.number(args, root);
        let renumbered = args.iter().map(|arg| match metadata(arg) {
            Some(_) => OsString::from(format!("metadata={number}")),
            None => arg.clone(),
        });
        let mut out: Vec<OsString> = renumbered.collect();
        // rustc takes the last that fits.
        let called = format!("{}-{}", self.package, self.version);
        let mut remaps = vec![(root.as_str(), ".".to_owned())];
        remaps.push((&self.dir, called.clone()));
        if let Some(dir) = &self.out_dir {
            remaps.push((dir, format!("{called}/out")));
        }
        let flag = |(from, to): (&str, String)| format!("--remap-path-prefix={from}={to}");
        out.extend(remaps.into_iter().map(flag).map(OsString::from));
        out
    }

    /// The crate's number: the same wherever the output lies, another for each crate of a program. If two
    /// should get the same, rustc refuses to link them.
    fn number(&self, args: &[OsString], root: &Utf8Path) -> String {
        let mut hash = Sha256::new();
        let mut add = |text: &str| {
            hash.update(text.as_bytes());
            hash.update([0]);
        };
        for text in [&self.name, &self.package, &self.version] {
            add(text);
        }
        add(&place(Utf8Path::new(&self.dir), root));
        let mut follows = false;
        for arg in args.iter().filter_map(|arg| arg.to_str()) {
            let tells = ["--crate-type", "--cfg", "--target", "--test", "--edition"];
            let starts = tells.iter().any(|flag| {
                let rest = arg.strip_prefix(flag);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
            });
            if follows || starts {
                add(arg);
            }
            follows = starts && !arg.contains('=') && arg != "--test";
        }
        let digest = hash.finalize();
        let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        digits.chars().take(DIGITS).collect()
    }
}

/// The value of `metadata=…`, which follows a `-C`.
fn metadata(arg: &OsString) -> Option<&str> {
    arg.to_str()?.strip_prefix("metadata=")
}

/// Where a package lies, without what differs between machines: from cargo's own folders on, or seen from
/// the output.
fn place(dir: &Utf8Path, root: &Utf8Path) -> String {
    let text = dir.as_str().replace('\\', "/");
    for folder in ["/registry/src/", "/git/checkouts/"] {
        if let Some((_, below)) = text.split_once(folder) {
            return format!("{folder}{below}");
        }
    }
    let (from, to): (Vec<Utf8Component<'_>>, Vec<Utf8Component<'_>>) =
        (root.components().collect(), dir.components().collect());
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from.iter().skip(shared).map(|_| "..");
    let down = to.iter().skip(shared).map(|part| part.as_str());
    up.chain(down).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn args(text: &str) -> Vec<OsString> {
        text.split_whitespace().map(OsString::from).collect()
    }

    /// The command line of a crate, as cargo has it for an output in `root`.
    fn line(root: &str, metadata: &str) -> String {
        format!(
            "--crate-name dep --edition=2024 {root}/dep/src/lib.rs --crate-type lib --cfg feature=\"a\" \
             -C metadata={metadata} -C extra-filename=-{metadata} --out-dir {root}/target/deps"
        )
    }

    fn rewritten(root: &str, line: &str, dir: &str) -> Vec<String> {
        let args = args(line);
        let env = |name: &str| match name {
            "CARGO_PKG_NAME" => Some("dep".to_owned()),
            "CARGO_PKG_VERSION" => Some("1.2.0".to_owned()),
            "CARGO_MANIFEST_DIR" => Some(dir.to_owned()),
            _ => None,
        };
        let unit = Unit::read(&args, &env).unwrap();
        let out = unit.rewritten(&args, Utf8Path::new(root));
        out.iter().map(|a| a.to_str().unwrap().to_owned()).collect()
    }

    fn number(line: &[String]) -> String {
        let metadata = line.iter().find_map(|arg| arg.strip_prefix("metadata="));
        metadata.unwrap().to_owned()
    }

    #[test]
    fn a_crate_has_the_same_number_wherever_it_lies() {
        let here = rewritten("/a/out", &line("/a", "11"), "/a/dep");
        let there = rewritten("/b/c/out", &line("/b/c", "22"), "/b/c/dep");
        assert_eq!(number(&here), number(&there));
        assert_eq!(number(&here).len(), DIGITS);
        // Only the number changes: cargo looks for files by the name that it chose.
        assert!(here.contains(&"extra-filename=-11".to_owned()));
        assert!(here.contains(&"--remap-path-prefix=/a/dep=dep-1.2.0".to_owned()));
        assert!(here.contains(&"--remap-path-prefix=/a/out=.".to_owned()));
    }

    #[test]
    fn what_makes_another_crate_makes_another_number() {
        let first = number(&rewritten("/a/out", &line("/a", "11"), "/a/dep"));
        let features = line("/a", "11").replace("feature=\"a\"", "feature=\"b\"");
        let kind = line("/a", "11").replace("--crate-type lib", "--crate-type bin");
        let name = line("/a", "11").replace("--crate-name dep", "--crate-name dep2");
        let target = format!("{} --target x", line("/a", "11"));
        for other in [features, kind, name, target] {
            assert_ne!(
                first,
                number(&rewritten("/a/out", &other, "/a/dep")),
                "{other}"
            );
        }
        assert_ne!(
            first,
            number(&rewritten("/a/out", &line("/a", "11"), "/a/dep/inner"))
        );
    }

    #[test]
    fn cargos_own_folders_are_the_same_on_every_machine() {
        let home = |user: &str| format!("/home/{user}/.cargo/registry/src/index-1f/dep-1.2.0");
        let root = Utf8Path::new("/a/out");
        assert_eq!(
            place(Utf8Path::new(&home("ann")), root),
            place(Utf8Path::new(&home("bob")), root)
        );
        assert_eq!(place(Utf8Path::new("/a/dep"), root), "../dep");
        assert_eq!(place(Utf8Path::new("/a/out/f/x"), root), "f/x");
    }

    #[test]
    fn questions_to_rustc_are_left_alone() {
        let nothing = |_: &str| Some("x".to_owned());
        for line in ["-vV", "- --crate-name ___ --print=file-names"] {
            assert!(Unit::read(&args(line), &nothing).is_none(), "{line}");
        }
    }
}
