//! Bugs that real crates showed, each as the smallest crate that had it.
//!
//! Input: files of a crate, written into a temporary folder. Output: what `split --no-shim` makes of it.
//! Nothing is fetched: no crate here has a dependency.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A crate named `app` of these files.
fn app(files: &[(&str, &str)]) -> TempDir {
    let dir = TempDir::new().unwrap();
    let manifest =
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[workspace]\n";
    for (name, text) in [("Cargo.toml", manifest)].iter().chain(files) {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    dir
}

fn split(dir: &Path, entry: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_extract"))
        .args(["split", "--no-shim", "--entry", entry])
        .current_dir(dir)
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("CARGO_BUILD_TARGET_DIR")
        .env_remove("RUSTFLAGS")
        .env("CARGO_NET_OFFLINE", "true")
        .output()
        .unwrap()
}

/// Cuts, and gives the text of a file of the output.
fn cut(dir: &Path, entry: &str, file: &str) -> String {
    let run = split(dir, entry);
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    std::fs::read_to_string(dir.join("extracted").join(file)).unwrap()
}

/// whatlang: `mod detect; pub use detect::detect;` gives a module and a function one path.
#[test]
fn a_function_is_found_beside_a_module_of_its_name() {
    let dir = app(&[
        ("src/lib.rs", "mod core;\npub use crate::core::detect;\n"),
        ("src/core/mod.rs", "mod detect;\npub use detect::detect;\n"),
        (
            "src/core/detect.rs",
            "pub fn detect(text: &str) -> usize {\n    text.len()\n}\n",
        ),
    ]);
    let lib = cut(
        dir.path(),
        "app::detect",
        "functions/detect/src/core/detect.rs",
    );
    assert!(lib.contains("text.len()"), "{lib}");
}

/// svgtypes: an entry that becomes `pub` meets `#![deny(missing_docs)]`.
#[test]
fn a_widened_entry_passes_a_denied_lint() {
    let dir = app(&[
        (
            "src/lib.rs",
            "//! Colours.\n#![deny(missing_docs)]\nmod names;\n\
             /// A hash.\npub fn hash(text: &str) -> u64 {\n    names::find(text).value\n}\n",
        ),
        (
            "src/names.rs",
            "pub struct Found {\n    pub value: u64,\n}\n\
             pub fn find(text: &str) -> Found {\n    Found { value: text.len() as u64 }\n}\n",
        ),
    ]);
    let run = split(dir.path(), "app::names::find");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
}
