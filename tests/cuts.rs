//! Cuts that are compiled and run: what the extracted functions answer is what the monolith answers.
//!
//! Input: the workspaces in `tests/fixtures`, copied to a temporary folder. Output: both answers, compared.
//! A program of the test's own, `answers.rs` in the fixture, calls the functions; it is compiled once against
//! the monolith and once against the cut, and differs in its imports alone.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::{fixture, run_in};

/// Cuts `entries` out of the workspace in `dir`; gives the output folder.
fn split(dir: &Path, entries: &[&str]) -> PathBuf {
    let mut command = common::program(dir);
    command.args(["split", "--no-shim"]);
    for entry in entries {
        command.args(["--entry", entry]);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    dir.join("extracted")
}

/// What the workspace's default binary prints.
fn run(dir: &Path, package: &str) -> String {
    let mut command = common::cleaned(Command::new("cargo"), dir);
    command.args(["run", "--quiet", "--package", package]);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout).unwrap()
}

/// Adds a member to the cut that runs `main` against the functions.
fn caller(out: &Path, functions: &[&str], main: &str) {
    let dir = out.join("caller");
    std::fs::create_dir_all(dir.join("src")).unwrap();
    let mut manifest = String::from(
        "[package]\nname = \"caller\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n",
    );
    for function in functions {
        manifest.push_str(&format!(
            "{function} = {{ path = \"../functions/{function}\" }}\n"
        ));
    }
    std::fs::write(dir.join("Cargo.toml"), manifest).unwrap();
    std::fs::write(dir.join("src/main.rs"), main).unwrap();
    let root = out.join("Cargo.toml");
    let text = std::fs::read_to_string(&root).unwrap();
    let text = text.replacen("members = [", "members = [\n    \"caller\",", 1);
    std::fs::write(root, text).unwrap();
}

/// A path to `name` in its function crate: re-exported at the root, or at the place it had in the monolith.
fn call(out: &Path, name: &str, path: &str) -> String {
    let package = name.replace('_', "-");
    let lib = std::fs::read_to_string(out.join(format!("functions/{package}/src/lib.rs"))).unwrap();
    if lib.contains(&format!("::{name};")) {
        return format!("{name}::{name}");
    }
    let inside = path.split_once("::").map_or(path, |(_, inside)| inside);
    format!("{name}::{inside}")
}

/// Everything that the language has, cut at once: the answers of 26 functions for four arguments each.
#[test]
fn every_feature_of_the_language_answers_as_before() {
    let dir = fixture("language");
    let before = run(dir.path(), "server");
    let server = std::fs::read_to_string(dir.path().join("server/src/main.rs")).unwrap();
    // The server's own calls name the entries.
    let paths: Vec<String> = server
        .lines()
        .filter_map(|line| {
            let call = line.trim().strip_prefix("println!(")?.split_once("\", ")?.1;
            Some(call.strip_suffix("(n));")?.to_owned())
        })
        .collect();
    assert_eq!(paths.len(), 26);
    let mut entries: Vec<&str> = paths.iter().map(String::as_str).collect();
    entries.push("in_a_binary");
    let out = split(dir.path(), &entries);
    let mut main = server.clone();
    let mut functions = Vec::new();
    for path in &paths {
        let name = path.rsplit("::").next().unwrap();
        functions.push(name.replace('_', "-"));
        main = main.replacen(
            &format!(", {path}(n)"),
            &format!(", {}(n)", call(&out, name, path)),
            1,
        );
    }
    // What a program prints of its own package, too.
    let tool = run(dir.path(), "tool");
    let called = call(&out, "in_a_binary", "tool::report::in_a_binary");
    main = main.replacen(
        "fn main() {",
        &format!("fn main() {{\n    println!(\"{{}} tool\", {called}(1));"),
        1,
    );
    let before = format!("{tool}{before}");
    functions.push("in-a-binary".to_owned());
    let functions: Vec<&str> = functions.iter().map(String::as_str).collect();
    caller(&out, &functions, &main);
    let after = run(&out, "caller");
    let pairs = before.lines().zip(after.lines());
    let different: Vec<_> = pairs.filter(|(a, b)| a != b).collect();
    assert!(different.is_empty(), "{different:#?}");
    assert_eq!(before.len(), after.len());
    // What one entry alone uses lies in its function crate, impls for foreign types with the local one.
    for (function, text) in [
        ("drops", "impl Drop for Guard"),
        ("conversions", "impl From<Code> for String"),
        ("operators", "impl Mul<Money> for i64"),
        ("objects", "fn build(kind: i64)"),
        ("iterators", "impl<'a> IntoIterator for &'a Tree"),
    ] {
        let path = format!("functions/{function}/src/{function}.rs");
        let own = std::fs::read_to_string(out.join(path)).unwrap();
        assert!(own.contains(text), "{function} lacks {text}");
    }
    // What none of them needs is gone, of every kind of item.
    let mut left = String::new();
    for entry in walkdir::WalkDir::new(out.join("domain"))
        .into_iter()
        .flatten()
    {
        if entry.path().extension().is_some_and(|e| e == "rs") {
            left.push_str(&std::fs::read_to_string(entry.path()).unwrap());
        }
    }
    for gone in [
        "fn shout",
        "unused_helper",
        "unused_macro",
        "tripled",
        "struct Triangle",
        "fn grow",
        "fn not_needed",
        "fn touch",
        "fn spare",
        "macro_rules! nobody",
        "unused_id",
        "struct Nothing",
        "fn corners",
        "fn never_listed",
        "const UNUSED",
        "static UNUSED",
        "fn only_off",
        "fn clear",
        "mod rest",
        "fn usage",
        "pub fn unused",
    ] {
        assert!(!left.contains(gone), "{gone} is still there");
    }
}

/// `codec` answers otherwise when a feature is on that only the server asks for.
#[test]
fn a_feature_that_a_left_crate_asked_for_stays_on() {
    let dir = fixture("features");
    let monolith = dir.path().join("monolith");
    let before = run(&monolith, "server");
    let out = split(&monolith, &["label"]);
    let manifest = std::fs::read_to_string(out.join("functions/label/Cargo.toml")).unwrap();
    assert!(
        manifest.contains("codec = { workspace = true, features = [\"sorted\"] }\n"),
        "{manifest}"
    );
    let review = std::fs::read_to_string(out.join("REVIEW.md")).unwrap();
    assert!(
        review.contains("- `codec` in `functions/label`: `sorted`\n"),
        "{review}"
    );
    caller(
        &out,
        &["label"],
        "fn main() { println!(\"{}\", label::label(vec![\"b\".into(), \"a\".into()])); }\n",
    );
    let after = run(&out, "caller");
    assert_eq!(after.lines().next(), before.lines().next());
    assert_eq!(after, "a,b\n");
}

/// Only what the entry's crate depends on is compiled: another member may even be broken. The feature that
/// the entry lies behind is one that another member asks for.
#[test]
fn members_that_the_entry_does_not_need_are_not_compiled() {
    let dir = fixture("members");
    let out = split(dir.path(), &["slug"]);
    caller(
        &out,
        &["slug"],
        "fn main() { println!(\"{}\", slug::slug(\"Hello, World\")); }\n",
    );
    assert_eq!(run(&out, "caller"), "hello-world\n");
}

/// zola: a member has the name of a package that what it is compiled with depends on, and cargo does not know which of
/// them is meant.
#[test]
fn a_member_that_shares_its_name_is_compiled_alone_too() {
    let dir = fixture("members");
    let add = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let old = std::fs::read_to_string(&path).unwrap_or_default();
        std::fs::write(path, old + text).unwrap();
    };
    add("Cargo.toml", "exclude = [\"vendor\"]\n");
    add("vendor/text/src/lib.rs", "");
    add(
        "vendor/text/Cargo.toml",
        "[package]\nname = \"text\"\nversion = \"9.0.0\"\nedition = \"2021\"\n\n[workspace]\n",
    );
    add(
        "kinds/Cargo.toml",
        "\n[dev-dependencies]\nother = { package = \"text\", path = \"../vendor/text\" }\n",
    );
    split(dir.path(), &["slug"]);
}

/// A path dependency from outside of the workspace was led to the member that has its name: a cycle.
#[test]
fn a_member_is_known_by_its_folder() {
    let spelled = "other = { package = \"text\", path = \"../vendor/text\" }\n";
    let inherited = "other.workspace = true\n";
    for (entries, own) in [
        (&["slug"][..], inherited),
        (&["slug", "lower"], spelled),
        (&["served"], spelled),
    ] {
        let dir = fixture("members");
        let change = |name: &str, replaced: &[(&str, &str)], more: &str| {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            let mut text = std::fs::read_to_string(&path).unwrap_or_default();
            for (was, is) in replaced {
                text = text.replace(was, is);
            }
            std::fs::write(path, text + more).unwrap();
        };
        change(
            "Cargo.toml",
            &[(", \"unfinished\"", "")],
            "exclude = [\"vendor\"]\n\n[workspace.dependencies]\n\
             other = { package = \"text\", path = \"vendor/text\" }\ntext = { path = \"vendor/text\" }\n",
        );
        change(
            "vendor/text/Cargo.toml",
            &[],
            "[package]\nname = \"text\"\nversion = \"9.0.0\"\nedition = \"2021\"\n\n[workspace]\n",
        );
        change(
            "vendor/text/src/lib.rs",
            &[],
            "pub fn joined(words: &[String], by: &str) -> String {\n    words.join(by)\n}\n",
        );
        // Cargo would take `text/full` for a feature of the server's dependency.
        change("text/Cargo.toml", &[("full = []\n", "")], own);
        change(
            "text/src/lib.rs",
            &[("#[cfg(feature = \"full\")]\n", "")],
            "",
        );
        change(
            "text/src/slugs.rs",
            &[("words.join(", "other::joined(&words, ")],
            "",
        );
        change(
            "server/Cargo.toml",
            &[
                ("text = {", "ours = { package = \"text\","),
                (", features = [\"full\"]", ""),
            ],
            "text.workspace = true\n",
        );
        change(
            "server/src/main.rs",
            &[
                ("text::slugs::slug(", "served("),
                ("text::node", "ours::node"),
            ],
            "\nfn served(title: &str) -> String {\n    \
             ours::slugs::slug(&text::joined(&[title.to_owned()], \" \"))\n}\n",
        );
        split(dir.path(), entries);
    }
}

/// An impl for a type that a derive makes belongs to what derives it, and goes with it.
#[test]
fn an_impl_for_a_derived_type_goes_with_what_derives_it() {
    let dir = fixture("members");
    let out = split(dir.path(), &["slug"]);
    let texts: Vec<String> = walkdir::WalkDir::new(&out)
        .into_iter()
        .map(Result::unwrap)
        .filter(|e| e.path().extension().is_some_and(|x| x == "rs"))
        .map(|e| std::fs::read_to_string(e.path()).unwrap())
        .collect();
    assert!(texts.iter().any(|t| t.contains("pub fn lower")));
    assert!(!texts.iter().any(|t| t.contains("for Kind")));
    assert!(!texts.iter().any(|t| t.contains("struct Node")));
}

/// jj: a shim's tokio had every feature that the monolith builds its own with, `test-util` too, though no moved
/// code names it.
#[test]
fn what_the_shim_alone_needs_has_the_shims_features() {
    let dir = fixture("crossing");
    let append = |name: &str, text: &str| {
        let path = dir.path().join(name);
        let old = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, old + text).unwrap();
    };
    append("vendor/tokio/Cargo.toml", "full = []\n");
    append(
        "Cargo.toml",
        "\n[dependencies.tokio]\nversion = \"1\"\nfeatures = [\"full\"]\n",
    );
    append(
        "src/lib.rs",
        "\npub fn runtime() -> tokio::runtime::Builder {\n    tokio::runtime::Builder\n}\n\n\
         pub fn twice(count: u32) -> u32 {\n    count * 2\n}\n",
    );
    let run = run_in(dir.path(), &["split", "--entry", "twice"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let manifest = dir.path().join("extracted/functions/twice/Cargo.toml");
    let manifest = std::fs::read_to_string(manifest).unwrap();
    assert!(
        manifest.contains("tokio = { version = \"1\", features = [\"rt\"] }"),
        "{manifest}"
    );
}

/// feroxbuster: `reqwest::Url` crosses since the package asks `url` for serde, which no code of it names.
#[test]
fn a_type_that_another_crate_passes_on_crosses() {
    let dir = fixture("crossing");
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        let old = std::fs::read_to_string(&path).unwrap_or_default();
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, old + text).unwrap();
    };
    let package = "[package]\nversion = \"0.1.0\"\nedition = \"2024\"\nname = ";
    write(
        "Cargo.toml",
        "\n[dependencies.reqwest]\npath = \"vendor/reqwest\"\n\n\
         [dependencies.url]\npath = \"vendor/url\"\nfeatures = [\"serde\"]\n",
    );
    let reqwest = "\"reqwest\"\n\n[dependencies]\nurl = { path = \"../url\" }\n";
    write("vendor/reqwest/Cargo.toml", &format!("{package}{reqwest}"));
    write("vendor/reqwest/src/lib.rs", "pub use url::Url;\n");
    let url = "\"url\"\n\n[dependencies]\nserde = { version = \"1\", features = [\"derive\"], optional = true }\n";
    write("vendor/url/Cargo.toml", &format!("{package}{url}"));
    write(
        "vendor/url/src/lib.rs",
        "#[cfg_attr(feature = \"serde\", derive(serde::Serialize, serde::Deserialize))]\n\
         pub struct Url(pub String);\n",
    );
    write(
        "src/lib.rs",
        "\npub fn address(text: &str) -> reqwest::Url {\n    reqwest::Url(text.to_owned())\n}\n",
    );
    let run = run_in(dir.path(), &["split", "--entry", "address"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
}

/// zero-to-production: a worker takes a pool and a client, which are made of parts of the settings. All of it is private
/// here, as it may be in a program.
#[test]
fn what_is_made_of_settings_is_made_in_the_shim() {
    let dir = fixture("crossing");
    let path = dir.path().join("src/lib.rs");
    let old = std::fs::read_to_string(&path).unwrap();
    let more = "\nmod config {\n    pub(crate) struct Settings {\n        pub database: Database,\n        pub(crate) mail: u8,\n    }\n\n    \
                pub struct Database {\n        pub url: String,\n    }\n\n    \
                impl Database {\n        fn client(self) -> crate::stock::Client {\n            \
                crate::stock::Client(std::sync::Mutex::new(self.url.len()))\n        }\n    }\n\n    \
                pub(crate) fn settings() -> Option<Settings> {\n        \
                Some(Settings { database: Database { url: String::new() }, mail: 1 })\n    }\n\n    \
                pub(crate) fn left() -> usize {\n        \
                settings().map_or(0, |s| s.database.client().0.into_inner().unwrap_or(0) + usize::from(s.mail))\n    }\n}\n\n\
                mod stock {\n    use std::sync::Mutex;\n\n    \
                pub(crate) struct Pool(Mutex<std::fs::File>);\n    pub(crate) struct Client(pub(crate) Mutex<usize>);\n\n    \
                pub(crate) fn connect(database: &crate::config::Database) -> std::io::Result<Pool> {\n        \
                Ok(Pool(Mutex::new(std::fs::File::open(&database.url)?)))\n    }\n\n    \
                pub(crate) fn work(pool: &Pool, client: &Client, id: usize) -> usize {\n        \
                let _ = pool.0.lock();\n        id + client.0.lock().map_or(0, |n| *n)\n    }\n}\n\n\
                pub fn serve() -> usize {\n    let settings = config::settings().unwrap();\n    \
                let pool = stock::connect(&settings.database).unwrap();\n    \
                stock::work(&pool, &stock::Client(std::sync::Mutex::new(1)), config::left())\n}\n";
    std::fs::write(&path, old + more).unwrap();
    let run = run_in(dir.path(), &["split", "--entry", "stock::work"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    for call in [
        "app::stock::connect(init:app::config::settings().database)",
        "app::config::Database::client(init:app::config::settings().database)",
    ] {
        assert!(run.stderr.contains(call), "{}", run.stderr);
    }
}

/// axum-rest-api-sample: the settings hold keys that serde cannot read, as rustc alone knows, and one function
/// that the program calls makes the settings.
#[test]
fn what_rustc_says_cannot_be_read_is_made_in_the_shim() {
    let dir = fixture("crossing");
    let path = dir.path().join("src/lib.rs");
    let old = std::fs::read_to_string(&path).unwrap();
    let more = "\npub struct Settings {\n    pub key: Token,\n}\n\npub fn load() -> Settings {\n    \
                Settings { key: Token::new(\"a\") }\n}\n\n\
                pub fn for_tests() -> Settings {\n    Settings { key: Token::new(\"b\") }\n}\n\n\
                pub fn serve() -> usize {\n    sign(\"c\", &load())\n}\n\n\
                pub fn sign(text: &str, settings: &Settings) -> usize {\n    text.len() + settings.key.text.len()\n}\n";
    std::fs::write(&path, old + more).unwrap();
    let run = run_in(dir.path(), &["split", "--entry", "sign"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(run.stderr.contains("X0313"), "{}", run.stderr);
    // The proof of the output reads the same of its lock file.
    let lock = dir.path().join("extracted/extract.lock");
    let lock = std::fs::read_to_string(lock).unwrap();
    assert!(lock.contains("init:app::load"), "{lock}");
}

/// chhoto-url: an error that is neither displayed nor debugged is a plain enum, and was refused.
#[test]
fn an_error_without_words_is_told_as_json() {
    let dir = fixture("crossing");
    let path = dir.path().join("src/lib.rs");
    let old = std::fs::read_to_string(&path).unwrap();
    let more = "\npub enum Fault {\n    Server,\n    Client { reason: String },\n}\n\n\
                pub fn check(text: &str) -> Result<usize, Fault> {\n    match text {\n        \
                \"\" => Err(Fault::Server),\n        \"?\" => Err(Fault::Client { reason: text.to_owned() }),\n        \
                _ => Ok(text.len()),\n    }\n}\n";
    std::fs::write(&path, old + more).unwrap();
    let run = run_in(dir.path(), &["split", "--entry", "app::check"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let shim = dir.path().join("extracted/functions/check/src/main.rs");
    let shim = std::fs::read_to_string(shim).unwrap();
    let words = "error_message: serde_json::to_string(&error).unwrap_or_default(),";
    assert!(shim.contains(words), "{shim}");
}
