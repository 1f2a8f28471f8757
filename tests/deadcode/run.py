#!/usr/bin/env python3
"""Cuts of rustc's own tests of its dead-code lint: what the lint calls dead is not in the cut.

Input: a folder with the files of `tests/ui/lint/dead-code` of rust-lang/rust, in a copy outside of this repository.
Output: a Markdown table, a row for what was annotated, and a line for each file that does not pass; exit status 1 when
there is one. Each file becomes a library of its own and is cut at `main`, or at its public functions where it has
none. The cut must pass its checks, among which the file's own `#![deny(dead_code)]` is, and no item that an annotation
calls dead may be in it.

    tests/deadcode/run.py FOLDER --extract target/debug/extract

Not cut: files for which a second crate has to be built, those that are compiled as tests, those without a function to
begin at, and those for which other lints than this one are the matter. Fields and variants are no items: a cut leaves
types whole.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

# The lint's words for items, and for parts of types.
ITEMS = {"function", "struct", "enum", "union", "constant", "static", "trait", "type alias", "method", "associated function",
         "associated constant", "associated type"}
SINGULAR = {"type alias": "type alias", "type aliases": "type alias"}
DECLARED = r"\b(?:fn|struct|enum|union|const|static(?:\s+mut)?|trait|type)\s+{}\b"


def annotated(text):
    """What the annotations call dead: kinds and names."""
    for line in text.splitlines():
        said = re.search(r"//~[\^|v?]*\s*(?:ERROR|WARN(?:ING)?)?:?\s*(.*never (?:used|constructed|read).*)", line)
        if said:
            kind = said.group(1).split("`")[0].strip()
            for name in re.findall(r"`([^`]+)`", said.group(1)):
                yield SINGULAR.get(kind, kind.removesuffix("s")), name


def why_not(text):
    """Why a file is not cut; nothing where it is."""
    if re.search(r"//@\s*(aux-build|aux-crate|proc-macro)", text):
        return "another crate beside it"
    if re.search(r"//@\s*compile-flags:.*--test", text) or "#![feature(test)]" in text:
        return "compiled as tests"
    if re.search(r"#!\[(no_std|no_core)\]", text):
        return "without the standard library"
    return None


def entries(text):
    """Where a file begins."""
    if named := re.search(r"#\[rustc_main\]\s*(?:pub )?fn (\w+)", text):
        return [named.group(1)]
    if re.search(r"^\s*(pub )?(async )?fn main\b", text, re.M):
        return ["main"]
    return re.findall(r"^pub fn (\w+)", text, re.M)


def cut(text, folder, extract, target):
    """The texts of the cut of a file, or the codes and first words of what stopped it."""
    edition = re.search(r"//@\s*edition:\s*(\d{4})", text)
    (folder / "src").mkdir(parents=True)
    (folder / "Cargo.toml").write_text('[package]\nname = "dead"\nversion = "0.1.0"\nedition = "%s"\n' % (edition.group(1) if edition else "2015"))
    (folder / "src" / "lib.rs").write_text(text)
    command = [extract, "split", "--no-shim", "--no-tests", "--format", "json", "--out", folder / "out"]
    for name in entries(text):
        command += ["--entry", f"dead::{name}"]
    env = {**os.environ, "CARGO_TARGET_DIR": str(target), "RUSTC_BOOTSTRAP": "1"}
    run = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    said = json.loads(run.stdout or "{}")
    if said.get("kind") != "split":
        found = said.get("diagnostics", [{"code": "none", "message": run.stderr[-200:], "notes": []}])
        return None, [f"{one['code']}: {one['message']} {' '.join(one['notes'][:1])}" for one in found if one.get("severity", "error") == "error"]
    return "".join(path.read_text() for path in sorted((folder / "out").rglob("*.rs"))), said


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--extract", type=lambda path: pathlib.Path(path).resolve(), required=True)
    args = parser.parse_args()
    kinds, skipped, failed, refused, passed = {}, {}, [], [], 0
    with tempfile.TemporaryDirectory(prefix="extract-dead-") as work:
        work = pathlib.Path(work)
        for path in sorted(args.folder.glob("*.rs")):
            text = path.read_text()
            why = why_not(text) or (None if entries(text) else "no function to begin at")
            if why:
                skipped.setdefault(why, []).append(path.stem)
                continue
            made, said = cut(text, work / path.stem, args.extract, work / "target")
            if made is None:
                codes = {one.split(":")[0] for one in said}
                (failed if codes & {"X0501", "X0503", "none"} else refused).append(f"{path.stem}: {said[0][:160] if said else '?'}")
                continue
            left = []
            for kind, name in annotated(text):
                gone_is_asked = kind in ITEMS
                counts = kinds.setdefault(kind if gone_is_asked else "parts of types", [0, 0])
                counts[1] += 1
                before = len(re.findall(DECLARED.format(re.escape(name)), text))
                after = len(re.findall(DECLARED.format(re.escape(name)), made))
                if not gone_is_asked:
                    continue
                if after < before:
                    counts[0] += 1
                else:
                    left.append(f"{kind} `{name}`")
            if left:
                failed.append(f"{path.stem}: still there: {', '.join(left)}")
            else:
                passed += 1
            shutil.rmtree(work / path.stem)
    print("| what the lint calls dead | annotated | not in the cut |\n| --- | --- | --- |")
    for kind, (gone, all_) in sorted(kinds.items()):
        print(f"| {kind} | {all_} | {gone if kind in ITEMS else 'not asked'} |")
    print(f"\n{passed} files passed, {len(failed)} failed, {len(refused)} refused")
    for one in failed:
        print("FAIL   ", one)
    for one in refused:
        print("REFUSED", one)
    for why, names in sorted(skipped.items()):
        print("not cut:", why + ":", ", ".join(names))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
