//! The equivalence run of `extract verify`: functions that answer, fail, panic, wait, end and hang.
//!
//! Input: `tests/fixtures/answers`, copied to a temporary folder and split there once. Output: what the
//! program answers as JSON, and its status. One test goes through all scenes, for the builds are the cost.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod common;

use serde_json::{Value, json};
use tempfile::TempDir;

/// A copy of the fixture with its output.
struct Desk(TempDir);

impl Desk {
    fn split() -> Self {
        let desk = Self(common::fixture("answers"));
        let (status, answer) = desk.run(&["split"]);
        assert_eq!(status, 0, "{answer}");
        desk
    }

    fn run(&self, args: &[&str]) -> (i32, Value) {
        let output = common::program(self.0.path())
            .args(args)
            .args(["--format", "json"])
            .env_remove("CARGO_NET_OFFLINE")
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let answer = serde_json::from_str(&text)
            .unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)));
        (output.status.code().unwrap(), answer)
    }

    /// Verifies with these cases; gives the status and each entry's answers.
    fn verify(&self, cases: &Value) -> (i32, Value) {
        let file = self.0.path().join("cases.json");
        std::fs::write(&file, cases.to_string()).unwrap();
        let (status, mut answer) = self.run(&[
            "verify",
            "--no-tests",
            "--cases",
            "cases.json",
            "--time-limit",
            "2",
        ]);
        (status, answer["answers"]["entries"].take())
    }

    /// Verifies with cases of its own making.
    fn generate(&self, args: &[&str]) -> (i32, Value) {
        let limit = ["verify", "--no-tests", "--time-limit", "2"];
        let (status, mut answer) = self.run(&[&limit, args].concat());
        (status, answer["answers"].take())
    }

    /// Replaces a text in a file of the output.
    fn plant(&self, file: &str, text: &str, with: &str) {
        let path = self.0.path().join("extracted").join(file);
        let old = std::fs::read_to_string(&path).unwrap();
        assert!(old.contains(text), "{old}");
        std::fs::write(path, old.replacen(text, with, 1)).unwrap();
    }
}

/// The answers of an entry.
fn of<'a>(entries: &'a Value, path: &str) -> &'a Value {
    let list = entries.as_array().unwrap();
    list.iter().find(|e| e["path"] == path).unwrap()
}

/// What the cases of an entry came to, without the zeros.
fn counts(entries: &Value, path: &str) -> Value {
    let mut counts = of(entries, path)["counts"].clone();
    counts.as_object_mut().unwrap().retain(|_, n| *n != 0);
    counts
}

#[test]
fn both_sides_are_called_and_compared() {
    let desk = Desk::split();
    let order = |name: &str, count: u32, way: Value| json!({"order": {"name": name, "count": count, "way": way}});

    let (status, found) = desk.verify(&json!({
        "desk::price": [
            order("tea", 2, json!("Shop")),
            order("tea", 2, json!({"Post": {"to": "me"}})),
            order("a very long name", 2, json!("Shop")),
            order("tea", u32::MAX, json!("Shop")),
            {"order": {"name": "tea"}},
        ],
        "turned": [{"bytes": "AQID"}, {"bytes": ""}, {"bytes": "?"}],
        // It counts from one case to the next, on both sides alike.
        "count": [{"step": 1}, {"step": 2}, {"step": 3}],
        "inner::told": [
            {"what": "", "n": 1},
            {"what": "divide", "n": 3},
            {"what": "divide", "n": 0},
            {"what": "index", "n": 7},
            {"what": "hang", "n": 0},
            {"what": "end", "n": 3},
            {"what": "divide", "n": 1},
        ],
        "day": [{"event": "day 3"}, {"event": "night"}, {"evening": 1}],
        // In a program beside the library.
        "till::change": [{"paid": 5, "cents": 3}, {"paid": 0, "cents": 3}],
    }));
    assert_eq!(status, 0, "{found}");
    assert_eq!(
        counts(&found, "desk::price"),
        json!({"cases": 5, "compared": 4, "results": 2, "errors": 1, "panics": 1, "rejected": 1})
    );
    assert_eq!(
        counts(&found, "desk::turned"),
        json!({"cases": 3, "compared": 2, "results": 2, "rejected": 1})
    );
    assert_eq!(
        counts(&found, "desk::count"),
        json!({"cases": 3, "compared": 3, "results": 3})
    );
    assert_eq!(
        counts(&found, "desk::inner::told"),
        json!({"cases": 7, "compared": 6, "results": 3, "panics": 2, "ends": 1, "slow": 1})
    );
    assert_eq!(
        of(&found, "desk::inner::told")["slow"],
        json!([{"what": "hang", "n": 0}])
    );
    assert_eq!(of(&found, "desk::here")["why"], "no cases");
    // Its own error has the name that the shim gives events which it cannot read.
    assert_eq!(
        counts(&found, "desk::inner::day"),
        json!({"cases": 3, "compared": 2, "results": 1, "errors": 1, "rejected": 1})
    );
    assert_eq!(
        counts(&found, "desk::till::change"),
        json!({"cases": 2, "compared": 2, "results": 1, "panics": 1})
    );

    // What differs from itself is never agreement, and neither is what nobody could read.
    let (status, found) = desk.verify(&json!({"here": [{}], "count": [{"step": 1}]}));
    assert_eq!(status, 1, "{found}");
    assert_eq!(
        counts(&found, "desk::here"),
        json!({"cases": 1, "unsteady": 1})
    );
    assert_eq!(
        of(&found, "desk::here")["why"],
        "the monolith does not answer twice alike"
    );
    let (status, found) = desk.verify(&json!({"count": [{"step": -1}, {}]}));
    assert_eq!(
        (status, counts(&found, "desk::count")),
        (1, json!({"cases": 2, "rejected": 2}))
    );
    let (status, _) = desk.verify(&json!({}));
    assert_eq!(status, 1, "nothing compared is not fine");

    // Made cases are read: all of them have the form that the function takes.
    std::fs::write(
        desk.0.path().join("one.json"),
        json!({"count": [{"step": 123_456_789}]}).to_string(),
    )
    .unwrap();
    let (status, made) = desk.generate(&["--generate", "30", "--seed", "5", "--cases", "one.json"]);
    assert_eq!((status, &made["seed"]), (1, &json!(5)), "{made}");
    let made = &made["entries"];
    assert_eq!(
        counts(made, "desk::here"),
        json!({"cases": 1, "unsteady": 1})
    );
    let cases = |path: &str| {
        (
            of(made, path)["counts"]["cases"].clone(),
            of(made, path)["counts"]["compared"].clone(),
        )
    };
    assert_eq!(cases("desk::price"), (json!(30), json!(30)));
    assert_eq!(cases("desk::turned"), (json!(30), json!(30)));
    assert_eq!(cases("desk::count"), (json!(31), json!(31)));
    assert_eq!(of(made, "desk::price")["counts"]["differ"], 0);
    assert!(
        of(made, "desk::price")["counts"]["errors"]
            .as_u64()
            .unwrap()
            > 0,
        "{made}"
    );

    // What the monolith's own tests call them with; that one of these fails is the monolith's own affair.
    let (status, said) = desk.run(&["verify", "--no-tests", "--record"]);
    assert_eq!(status, 0, "{said}");
    let recorded = &said["answers"]["recorded"];
    assert_eq!(recorded["packages"], json!(["desk"]));
    assert_eq!(recorded["tests"]["failed"][0]["name"], "this_one_fails");
    let made = &said["answers"]["entries"];
    for (path, wanted) in [
        (
            "desk::price",
            json!({"cases": 2, "compared": 2, "results": 1, "errors": 1}),
        ),
        (
            "desk::turned",
            json!({"cases": 2, "compared": 2, "results": 2}),
        ),
        (
            "desk::label",
            json!({"cases": 2, "compared": 2, "results": 2}),
        ),
        (
            "desk::inner::day",
            json!({"cases": 2, "compared": 2, "results": 1, "errors": 1}),
        ),
        ("desk::count", json!({})),
        ("desk::added", json!({})),
    ] {
        assert_eq!(counts(made, path), wanted, "{path}");
    }
    let whys: Vec<&str> = said["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|d| d["code"] == "X0407")
        .map(|d| d["message"].as_str().unwrap())
        .collect();
    assert_eq!(
        whys,
        [
            "calls of `desk::added` were not recorded: parameter 1 is a pattern without a name",
            "calls of `desk::sum` were not recorded: a `const fn` cannot write",
        ]
    );

    let (status, refused) = desk.run(&["verify", "--cases", "none.json"]);
    assert_eq!(
        (status, &refused["diagnostics"][0]["code"]),
        (2, &json!("X0406"))
    );

    // Differences planted in the output: an answer, an error's type, a panic's words.
    desk.plant(
        "functions/price/src/lib.rs",
        "order.count * 3",
        "order.count % 1000 * 3",
    );
    desk.plant(
        "functions/told/src/inner.rs",
        "\"divide\" => 100 / n",
        "\"divide\" => 100 / n.max(1)",
    );
    let (status, found) = desk.verify(&json!({
        "price": [
            order("tea", 2, json!("Shop")),
            order("coffee", 12345, json!({"Post": {"to": "somebody"}})),
            order("tea", u32::MAX, json!("Shop")),
        ],
        "told": [{"what": "divide", "n": 2}, {"what": "divide", "n": 0}],
    }));
    assert_eq!(status, 1, "{found}");
    assert_eq!(
        counts(&found, "desk::price"),
        json!({"cases": 3, "compared": 3, "results": 1, "differ": 2})
    );
    // The smallest case is one that nobody wrote.
    assert_eq!(
        of(&found, "desk::price")["difference"],
        json!({
            "event": {"order": {"name": "", "count": 1000, "way": "Shop"}},
            "monolith": {"ok": ": 3000"},
            "function": {"ok": ": 0"},
            "after_others": false,
        })
    );
    assert_eq!(
        of(&found, "desk::inner::told")["difference"],
        json!({
            "event": {"what": "divide", "n": 0},
            "monolith": {"panic": "attempt to divide by zero"},
            "function": {"ok": 100},
            "after_others": false,
        })
    );
}
