#!/usr/bin/env python3
"""Shims of every trigger, alone and beside another, for every target: what is generated is as a person would have it.

A crate with a function for each combination is cut. Then no manifest allows a lint, rustfmt changes nothing, and clippy
says nothing. What the functions answer is for the other tests.
"""

import itertools
import json
import os
import sys

from harness import main, run, split

TARGETS = {
    "lambda": ["direct", "http", "sns", "sqs", "s3", "dynamodb", "dynamodb:insert", "codecommit", "eventbridge", "schedule"],
    "gcp": ["direct", "http", "sqs", "s3", "dynamodb", "dynamodb:insert", "eventbridge", "schedule"],
    "azure": ["direct", "http", "sqs", "s3", "dynamodb", "eventbridge", "schedule"],
}
# What a text can be where an event has no message. What has one, and all else, has a field of its name.
TEXTS = {"s3": "s3:key", "dynamodb": "event:id", "codecommit": "codecommit:repository", "schedule": "schedule:time"}
RESULTS = [
    ("String", "text"), ("Vec<u8>", "text.into_bytes()"), ("u32", "text.len() as u32"), ("()", "drop(text)"),
    ("Option<Vec<u8>>", "Some(text.into_bytes())"), ("Result<u32, Failed>", "text.parse().map_err(|_| Failed::NoNumber(text))"),
]
SOURCE = """\
use serde_json::Value;

#[derive(Debug)]
pub enum Failed {
    NoNumber(String),
    Busy,
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoNumber(text) => write!(f, "{text} is no number"),
            Self::Busy => f.write_str("busy"),
        }
    }
}

impl std::error::Error for Failed {}
"""
MANIFEST = """\
[package]
name = "combinations"
version = "0.1.0"
edition = "2024"

[dependencies]
serde = { version = "1", features = ["derive"] }
serde_json = "1"
"""


def entry(name, triggers, result, changes, target):
    """A function's source, and what `extract.toml` says of it. `changes`: whether it wants what the record has."""
    kinds = {trigger.split(":")[0] for trigger in triggers}
    takes = ["text: String"]
    bind = {"text": sorted({TEXTS[kind] for kind in kinds if kind in TEXTS} | ({"field"} if kinds - TEXTS.keys() else set()))}
    if changes and "dynamodb" in kinds:
        takes.append("item: Option<Value>")
        bind["item"] = ["dynamodb:new"] + (["event:id"] if len(kinds) > 1 else [])
    ty, value = result
    is_text = ty in ("String", "Vec<u8>", "Option<Vec<u8>>")
    returned = []
    if "http" in kinds and is_text and not (target == "azure" and ty != "String"):
        returned.append("content-type:text/x-own")
    if target == "lambda" and ty != "()" and "dynamodb" not in kinds and changes:
        returned.append("s3:own-results/{event:id}.json")
    if returned:
        bind["return"] = returned
    ignored = "    let _ = item;\n" if len(takes) > 1 else ""
    arrow = "" if ty == "()" else f" -> {ty}"
    end = ";" if ty == "()" else ""
    source = f"\npub fn {name}({', '.join(takes)}){arrow} {{\n{ignored}    {value}{end}\n}}\n"
    binds = ", ".join(f"{of} = {json.dumps(sources)}" for of, sources in bind.items())
    retry = 'retry-on = ["Busy"]\n' if ty.startswith("Result") else ""
    return source, f'[[entry]]\npath = "combinations::{name}"\ntriggers = {json.dumps(triggers)}\nbind = {{ {binds} }}\n{retry}\n'


def workspace(folder, target):
    """A crate with a function for each trigger, for pairs of them, and for all."""
    triggers = TARGETS[target]
    some = [[one] for one in triggers]
    some += [list(pair) for pair in itertools.combinations(triggers, 2)][::3]
    some.append([one for one in triggers if ":" not in one])
    results = itertools.cycle(RESULTS)
    entries = [entry(f"f{at}", chosen, next(results), at % 2 == 1, target) for at, chosen in enumerate(some)]
    (folder / "src").mkdir(parents=True, exist_ok=True)
    (folder / "Cargo.toml").write_text(MANIFEST)
    (folder / "src" / "lib.rs").write_text(SOURCE + "".join(source for source, _ in entries))
    (folder / "extract.toml").write_text("".join(said for _, said in entries))
    return len(some)


def test(args, work, score):
    env = {**os.environ, "CARGO_TARGET_DIR": str(work / "targets")}
    for target in TARGETS:
        monolith = work / f"combinations-{target}"
        number = workspace(monolith, target)
        output = split(args, work, monolith, ["--target", target, "--no-tests"], f"{target}-combinations")
        allowed = [path for path in output.glob("*/*/Cargo.toml") if "allow" in path.read_text()]
        score.check(not allowed, f"{target}: {number} shims, and no lint is allowed", f"{allowed}")
        run("rustfmt", ["cargo", "fmt", "--all", "--check"], cwd=output)
        run("clippy", ["cargo", "clippy", "--quiet", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"],
            cwd=output, env=env)
        score.check(True, f"{target}: rustfmt and clippy have nothing to say")


if __name__ == "__main__":
    sys.exit(main(__doc__, test))
