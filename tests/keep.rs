//! Which workspace crates are kept whole and which are slimmed, in a workspace where each has its reason.
//!
//! Input: `tests/fixtures/keep`, copied to a temporary folder. Output: the choices, the delivered manifests,
//! and whether cargo accepts the output where it lies.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod common;

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

struct Place(TempDir);

struct Said {
    status: i32,
    json: Value,
}

impl Place {
    fn new() -> Self {
        Self(common::fixture("keep"))
    }

    fn split(&self, args: &[&str]) -> Said {
        let output = common::program(self.0.path())
            .args(["split", "--no-shim", "--format", "json"])
            .args(args)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let json = serde_json::from_str(&text).unwrap_or_else(|error| {
            let stderr = String::from_utf8_lossy(&output.stderr);
            panic!("{error}: {text}{stderr}")
        });
        Said {
            status: output.status.code().unwrap(),
            json,
        }
    }

    fn text(&self, path: &str) -> String {
        std::fs::read_to_string(self.0.path().join(path)).unwrap()
    }

    /// What a user does first; warnings are errors.
    fn checks(&self) {
        let output = Command::new(env!("CARGO"))
            .args(["check", "--workspace", "--locked", "--offline"])
            .current_dir(self.0.path().join("extracted"))
            .env_remove("CARGO_TARGET_DIR")
            .env("RUSTFLAGS", "-D warnings")
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{stderr}");
    }
}

impl Said {
    /// `name: choice, dir, why` of each domain crate.
    fn choices(&self) -> Vec<String> {
        assert_eq!(self.status, 0, "{:#}", self.json);
        let crates = self.json["crates"].as_array().unwrap().iter();
        let domains = crates.filter(|c| c["role"] == "domain");
        domains
            .map(|c| {
                let word = |key: &str| c[key].as_str().unwrap().to_owned();
                format!(
                    "{}: {}, {}, {}",
                    word("name"),
                    word("choice"),
                    word("dir"),
                    word("why")
                )
            })
            .collect()
    }

    fn refusal(&self) -> String {
        assert_eq!(self.status, 2, "{:#}", self.json);
        let finding = &self.json["diagnostics"][0];
        let helps = finding["help"].as_array().unwrap().iter();
        let helps: Vec<&str> = helps.map(|h| h.as_str().unwrap()).collect();
        format!(
            "{}: {} | {}",
            finding["code"].as_str().unwrap(),
            finding["message"].as_str().unwrap(),
            helps.join(" | ")
        )
    }
}

#[test]
fn each_crate_has_its_reason() {
    let place = Place::new();
    let said = place.split(&["--entry", "app::price"]);
    assert_eq!(
        said.choices(),
        [
            "macros: kept, ../macros, a crate that holds or serves a proc macro is not cut",
            "money: kept, ../money, slimming it would drop no dependency",
            "report: slimmed, domain/report, it depends on `stock`, which is slimmed",
            "stock: slimmed, domain/stock, that drops `audit`",
        ]
    );
    let stock = said.json["crates"].as_array().unwrap().iter();
    let stock = stock.clone().find(|c| c["name"] == "stock").unwrap();
    assert_eq!(stock["drops"], serde_json::json!(["audit"]));
    // Paths as a person writes them: to the kept crate, and to what the workspace has from elsewhere.
    let app = place.text("extracted/functions/price/Cargo.toml");
    assert!(
        app.contains("money = { path = \"../../../money\" }"),
        "{app}"
    );
    let root = place.text("extracted/Cargo.toml");
    assert!(
        root.contains("round = { path = \"../vendor/round\" }"),
        "{root}"
    );
    assert!(!root.contains("money"), "{root}");
    assert!(!place.0.path().join("extracted/domain/money").exists());
    let review = place.text("extracted/REVIEW.md");
    assert!(review.contains("Kept whole: slimming it would drop no dependency."));
    place.checks();
    let verify = common::program(place.0.path())
        .args(["verify", "extracted"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&verify.stderr);
    let shown = String::from_utf8_lossy(&verify.stdout);
    assert!(verify.status.success(), "{said}{shown}");
    // The kept crate's folder was not built in, nor was anything written there.
    assert!(!place.0.path().join("money/target").exists());
    assert!(!place.0.path().join("money/Cargo.lock").exists());
}

#[test]
fn both_choices_can_be_forced() {
    let place = Place::new();
    let said = place.split(&[
        "--entry",
        "app::price",
        "--keep",
        "report",
        "--slim",
        "money",
    ]);
    assert_eq!(
        said.choices(),
        [
            "macros: kept, ../macros, a crate that holds or serves a proc macro is not cut",
            "report: kept, ../report, as asked",
            "stock: kept, ../stock, `report` is kept as asked and needs it",
            "money: slimmed, domain/money, as asked",
        ]
    );
    assert!(
        !place
            .text("extracted/domain/money/src/lib.rs")
            .contains("idle")
    );
    place.checks();
    // An argument wins over the file.
    std::fs::write(
        place.0.path().join("extract.toml"),
        "keep = [\"money\"]\nslim = [\"report\"]\n",
    )
    .unwrap();
    let said = place.split(&["--entry", "app::price", "--slim", "money", "--dry-run"]);
    let json = said.json.to_string();
    assert!(json.contains("\"as asked\""), "{json}");
    let slimmed = said.json["crates"].as_array().unwrap().iter();
    let slimmed: Vec<&str> = slimmed
        .filter(|c| c["why"] == "as asked")
        .map(|c| c["name"].as_str().unwrap())
        .collect();
    assert_eq!(slimmed, ["money", "report"]);
}

#[test]
fn what_cannot_be_is_refused() {
    let place = Place::new();
    let refused = |args: &[&str]| {
        place
            .split(&[&["--entry", "app::price"], args].concat())
            .refusal()
    };
    assert_eq!(
        refused(&["--keep", "app"]),
        "X0405: `app` cannot be kept whole: it holds an entry, and what holds an entry is cut | leave \
         `--keep app` out: it is kept or slimmed as it fits"
    );
    assert_eq!(
        refused(&["--keep", "report", "--slim", "stock"]),
        "X0405: `report` cannot be kept whole: it depends on `stock`, which is to be slimmed | leave \
         `--keep report` out: it is kept or slimmed as it fits"
    );
    assert_eq!(
        refused(&["--slim", "macros"]),
        "X0405: `macros` cannot be slimmed: a crate that holds or serves a proc macro is not cut | "
    );
    assert_eq!(
        refused(&["--keep", "stok"]),
        "X0102: no crate of the workspace is called `stok` | did you mean `stock`?"
    );
}

#[test]
fn a_kept_crate_is_not_edited() {
    let place = Place::new();
    let lib = place.0.path().join("money/src/lib.rs");
    let text = std::fs::read_to_string(&lib).unwrap();
    // Its own warning: nobody can allow it in a manifest that is not ours.
    std::fs::write(&lib, format!("{text}\nfn forgotten() {{}}\n")).unwrap();
    let said = place.split(&["--entry", "app::price"]);
    let choices = said.choices().join("\n");
    assert!(
        choices.contains("money: slimmed, domain/money, the whole of it has a warning or an error"),
        "{choices}"
    );
    place.checks();
    let said = place.split(&["--entry", "app::price", "--keep", "money"]);
    assert!(
        said.refusal()
            .starts_with("X0405: `money` cannot be kept whole: the whole of it has")
    );
}

#[test]
fn outside_of_the_workspace_nothing_is_kept_unasked() {
    let place = Place::new();
    let elsewhere = TempDir::new().unwrap();
    let out = elsewhere.path().join("cut");
    let said = place.split(&["--entry", "app::price", "--out", out.to_str().unwrap()]);
    let choices = said.choices().join("\n");
    assert!(
        choices.contains("money: slimmed, domain/money, the output lies outside"),
        "{choices}"
    );
    assert!(
        choices.contains("macros: copied, domain/macros"),
        "{choices}"
    );
}

/// What a crate stands on is known by the folder that it lies in: `shape` is `forms` to its users. `off` is optional and
/// not asked for, but moved code names its feature.
#[test]
fn what_a_macro_stands_on_comes_whatever_its_name() {
    let member = |name: &str, more: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n{more}")
    };
    let derive = "extern crate proc_macro;\nuse proc_macro::TokenStream;\n\n\
                  #[proc_macro_derive(NAME)]\npub fn derive(_: TokenStream) -> TokenStream {\n    BODY\n}\n";
    let forms = derive.replace("NAME", "Form");
    let forms = forms.replace("BODY", "deep::text().parse().unwrap_or_default()");
    let off = derive
        .replace("NAME", "Off")
        .replace("BODY", "TokenStream::new()");
    let app = common::app(&[
        (
            "Cargo.toml",
            &member(
                "app",
                "[dependencies]\nforms = { path = \"shape\", package = \"shape\" }\noff = { path = \"off\", optional = true }\n\n\
                 [workspace]\nmembers = [\"shape\", \"off\", \"deep\"]\n",
            ),
        ),
        (
            "src/lib.rs",
            "#[derive(forms::Form)]\n#[cfg_attr(feature = \"off\", derive(off::Off))]\npub struct Side(pub u32);\n\n\
             impl Side {\n    pub fn area(&self) -> u32 {\n        self.0 * self.0\n    }\n}\n\n\
             pub fn unused() {}\n",
        ),
        (
            "shape/Cargo.toml",
            &member(
                "shape",
                "[lib]\nproc-macro = true\n\n[dependencies]\ndeep = { path = \"../deep\" }\n",
            ),
        ),
        ("shape/src/lib.rs", &forms),
        (
            "off/Cargo.toml",
            &member("off", "[lib]\nproc-macro = true\n"),
        ),
        ("off/src/lib.rs", &off),
        (
            "deep/Cargo.toml",
            &member("deep", "[dev-dependencies]\noff = { path = \"../off\" }\n"),
        ),
        (
            "deep/src/lib.rs",
            "pub fn text() -> &'static str {\n    \"\"\n}\n\n\
             #[cfg(test)]\n#[derive(off::Off)]\nstruct Tried;\n",
        ),
    ]);
    let place = Place(app);
    let elsewhere = TempDir::new().unwrap();
    for out in [
        place.0.path().join("extracted"),
        elsewhere.path().join("cut"),
    ] {
        let said = place.split(&["--entry", "Side::area", "--out", out.to_str().unwrap()]);
        let choices = said.choices();
        let copied = choices.iter().any(|c| c.contains("domain/deep"));
        if copied {
            // Its tests need a dependency that is not there.
            let manifest = std::fs::read_to_string(out.join("domain/deep/Cargo.toml")).unwrap();
            assert!(manifest.contains("test = false"), "{manifest}");
            let mut test = common::cleaned(Command::new(env!("CARGO")), &out);
            let test = test.args(["test", "-q"]).output().unwrap();
            assert!(
                test.status.success(),
                "{}",
                String::from_utf8_lossy(&test.stderr)
            );
        }
        assert_eq!(copied, !out.starts_with(place.0.path()));
        let names: BTreeSet<&str> = choices.iter().filter_map(|c| c.split(':').next()).collect();
        let all = BTreeSet::from(["app", "deep", "off", "shape"]);
        assert_eq!(names, all, "{choices:#?}");
    }
}
