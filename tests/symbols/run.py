#!/usr/bin/env python3
"""Compares cuts with what a linker keeps: the symbol oracle.

Input: a list of crates and entries (tests/symbols/list.toml). Output: a Markdown table, a line an entry;
exit status 1 when a function is missing. For each entry the crate is cut with --no-shim; then a program
that takes nothing but the entry's address is linked with the whole, uncut crate, and `nm` and `addr2line`
tell which of the crate's functions are left in it. At opt-level 0 each function has a section of its own
and nothing is inlined, so what the linker keeps is what can be reached. A function of the crate that is
reachable and not in the cut is missing. One that is in the cut and not reachable is one too many.

Functions are matched by file, enclosing items and name, which a cut does not change. Not compared:
functions that a `macro_rules!` writes, which have no text of their own. Told apart among those too many:
functions in impls of traits that the crate does not declare, which the cut keeps whole with their type, and
those that they name;
`const fn`s, which may run while compiling; and generic ones without an instance to see.
"""

import argparse
import importlib.util
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import functions as rust  # noqa: E402


def corpus_runner():
    """The corpus runner, for its way to a crate's source."""
    spec = importlib.util.spec_from_file_location("corpus", HERE.parent / "corpus/run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PROBE = "extract_symbol_probe"
MAIN = f"""extern crate {{krate}} as whole;
unsafe extern "C" {{{{ fn {PROBE}() -> *const (); }}}}
fn main() {{{{ std::hint::black_box(unsafe {{{{ {PROBE}() }}}}); let _ = whole::{PROBE}_is_linked; }}}}
"""


def split(entry, home, out, extract, target):
    """Cuts without a shim; what the command says, as JSON."""
    shutil.rmtree(out, ignore_errors=True)
    # Tests call nothing that the entry needs to run, and keep what they name.
    command = [extract, "split", "--no-shim", "--no-tests", "--manifest-path", str(home / "Cargo.toml")]
    command += ["--entry", entry["path"], "--out", str(out), "--format", "json"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=with_target(target))
    said = json.loads(run.stdout or "{}")
    if said.get("kind") != "split":
        raise RuntimeError("not cut: " + ", ".join(d["code"] for d in said.get("diagnostics", [])))
    return said


def with_target(target):
    return dict(os.environ) | {"CARGO_TARGET_DIR": str(target)}


def place(entry, home, extract, target):
    """The file and line of the entry."""
    command = [extract, "analyze", "--quick", "--manifest-path", str(home / "Cargo.toml")]
    command += ["--entry", entry["path"], "--format", "json"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=with_target(target))
    found = json.loads(run.stdout)["candidates"][0]
    return found["file"], found["line"]


def probe(entry, home, where, copy):
    """A copy of the crate with the entry's address taken beside the entry, and a program that asks for it."""
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(home, copy / "whole", ignore=shutil.ignore_patterns("target", "extracted"))
    for path in (copy / "whole").rglob("*.rs"):
        text = path.read_text(errors="surrogateescape")
        path.write_text(text.replace("#[inline(always)]", "#[inline]"), errors="surrogateescape")
    file, line = where
    path = copy / "whole" / file
    text = path.read_text()
    found = next(f for f in rust.functions(text) if f.start <= line <= f.end)
    name = found.key[-1].removeprefix("fn ")
    holder = next((k for k in reversed(found.key[:-1]) if re.match(r"(unsafe )?impl\b", k)), None)
    if holder:
        # The impl's own header gives the type; its lifetimes are inferred.
        self_type = re.sub(r"'\w+ ?,? ?", "", holder.split(" for ")[-1].split(" where ")[0])
        self_type = re.sub(r"^impl(?: <[^>]*>)? ", "", self_type).replace("< >", "")
        of_trait = holder.split(" for ")[0].removeprefix("impl ") if " for " in holder else ""
        name = f"<{self_type}{' as ' + of_trait if of_trait else ''}>::{name}"
    path.write_text(
        f'{text}\n#[unsafe(no_mangle)]\npub extern "C" fn {PROBE}() -> *const () {{ {name} as *const () }}\n'
    )
    manifest = tomllib.loads((copy / "whole" / "Cargo.toml").read_text())
    lib = manifest.get("lib", {})
    krate = lib.get("name", manifest["package"]["name"]).replace("-", "_")
    root = copy / "whole" / lib.get("path", "src/lib.rs")
    root.write_text(root.read_text() + f"\n#[doc(hidden)]\npub const {PROBE}_is_linked: () = ();\n")
    features = json.dumps(entry.get("features", []))
    (copy / "probe/src").mkdir(parents=True)
    (copy / "probe/src/main.rs").write_text(MAIN.format(krate=krate))
    (copy / "probe/Cargo.toml").write_text(
        '[package]\nname = "probe"\nversion = "0.0.0"\nedition = "2024"\n\n[dependencies]\n'
        f'{manifest["package"]["name"]} = {{ path = "../whole", features = {features} }}\n\n[workspace]\n'
    )
    lock = copy / "whole/Cargo.lock"
    if lock.is_file():
        shutil.copy(lock, copy / "probe/Cargo.lock")
    return copy / "whole"


def reachable(copy, target):
    """File and line of every function that the linker kept of the crate."""
    env = with_target(target) | {
        "RUSTFLAGS": "--cap-lints allow -C opt-level=0 -C debuginfo=1 -C symbol-mangling-version=v0",
        "CARGO_INCREMENTAL": "0",
    }
    run = subprocess.run(
        ["cargo", "build", "-q"], cwd=copy / "probe", env=env, capture_output=True, text=True, check=False
    )
    if run.returncode != 0:
        raise RuntimeError("the probe does not build: " + " / ".join(run.stderr.strip().splitlines()[:6]))
    binary = pathlib.Path(target) / "debug/probe"
    said = subprocess.run(["nm", "--defined-only", str(binary)], capture_output=True, text=True, check=True)
    addresses = [l.split()[0] for l in said.stdout.splitlines() if l.split()[1] in "tTwW"]
    said = subprocess.run(
        ["addr2line", "-e", str(binary)], input="\n".join(addresses), capture_output=True, text=True, check=True
    )
    places = set()
    for line in said.stdout.splitlines():
        file, _, number = line.split(" (")[0].rpartition(":")
        if file.startswith(str(copy / "whole")) and number.isdigit():
            places.add((pathlib.Path(file).resolve(), int(number)))
    return places


def keys(root):
    """Functions by (file below the root, key)."""
    found = {}
    for path in sorted(root.rglob("*.rs")):
        if "target" in path.relative_to(root).parts:
            continue
        for function in rust.functions(path.read_text(errors="replace")):
            found.setdefault((str(path.relative_to(root)), function.key), []).append(function)
    return found


def cut_keys(out, said, home):
    """The functions of the cut, by the files of the crate that they came from."""
    lib = tomllib.loads((home / "Cargo.toml").read_text()).get("lib", {}).get("path", "src/lib.rs")
    base = str(pathlib.PurePath(lib).parent)
    found = {}
    for crate in said["crates"]:
        for (file, key), there in keys(out / crate["dir"]).items():
            if crate["role"] == "function":
                inside = str(pathlib.PurePath(file).relative_to("src")) if file.startswith("src/") else file
                file = lib if inside == "lib.rs" else f"{base}/{inside}"
            found.setdefault((file, key), []).extend(there)
    return found


def named_by(rest, roots, out, said):
    """Parts `rest` into what is left and what the roots name, directly or through others that they name."""
    words = {}
    for crate in said["crates"]:
        for path in sorted((out / crate["dir"]).rglob("*.rs")):
            text = path.read_text(errors="replace")
            lines = text.splitlines()
            for function in rust.functions(text):
                body = "\n".join(lines[function.start - 1 : function.end])
                words.setdefault(function.key, set()).update(re.findall(r"\w+", body))
    called, queue, left = [], list(roots), list(rest)
    while queue:
        said_here = words.get(queue.pop()[1], set())
        for name in [n for n in left if n[1][-1].removeprefix("fn ") in said_here]:
            left.remove(name)
            called.append(name)
            queue.append(name)
    return left, called


def declared_traits(home):
    names = set()
    for path in home.rglob("*.rs"):
        names.update(re.findall(r"\btrait\s+([A-Za-z_][A-Za-z0-9_]*)", path.read_text(errors="replace")))
    return names


def one(entry, work, extract, verbose):
    home = corpus_runner().fetch(entry["crate"], entry["version"], work)
    out, copy, target = work / "symbols-out", work / "symbols-copy", work / "symbols-target"
    said = split(entry, home, out, extract, target)
    whole = probe(entry, home, place(entry, home, extract, target), copy).resolve()
    kept_lines = reachable(copy.resolve(), target)
    original = keys(whole)
    alive = set()
    for file, line in kept_lines:
        inside = str(file.relative_to(whole))
        around = [
            (f.end - f.start, name)
            for name, there in original.items()
            if name[0] == inside
            for f in there
            if f.start <= line <= f.end
        ]
        if around and min(around)[1][1][-1] != f"fn {PROBE}":
            alive.add(min(around)[1])
    cut = cut_keys(out, said, home)
    own_traits = declared_traits(home)
    missing = sorted(alive - set(cut))
    more = sorted(set(cut) - alive)
    by_rule, consts, rest = [], [], []
    for name in more:
        function = cut[name][0]
        if function.trait == "impl" and rust.trait_name(name[1]) not in own_traits:
            by_rule.append(name)
        elif function.is_const:
            consts.append(name)
        else:
            rest.append(name)
    rest, called = named_by(rest, by_rule, out, said)
    by_rule += called
    judged = max(1, len(cut) - len(by_rule) - len(consts))
    if verbose:
        for title, names in [("missing", missing), ("too many", rest), ("const", consts), ("by rule", by_rule)]:
            for file, key in names:
                print(f"  {title}: {file}: {' / '.join(key)}", file=sys.stderr)
    row = [
        f"{entry['crate']} {entry['version']} `{entry['path']}`",
        str(len(original)),
        str(len(alive)),
        str(len(cut)),
        str(len(missing)),
        f"{len(rest)} ({100 * len(rest) / judged:.1f} %)",
        str(len(by_rule)),
        str(len(consts)),
    ]
    return row, not missing, (len(rest), judged)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", type=pathlib.Path, default=HERE / "list.toml")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path.home() / ".cache/extract-corpus")
    parser.add_argument("--extract", default="target/release/extract", help="the program to measure")
    parser.add_argument("--only", help="entries whose crate or path contains this")
    parser.add_argument("--verbose", action="store_true", help="name the functions on the standard error")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    columns = ["entry", "functions", "reachable", "in the cut", "missing", "too many", "by the impl rule", "const"]
    print("| " + " | ".join(columns) + " |")
    print("| " + " | ".join("---" for _ in columns) + " |", flush=True)
    failed, many, all_judged = 0, 0, 0
    for entry in tomllib.loads(args.list.read_text())["entry"]:
        if args.only and args.only not in entry["crate"] + " " + entry["path"]:
            continue
        try:
            row, fine, (rest, judged) = one(
                entry, args.work.resolve(), str(pathlib.Path(args.extract).resolve()), args.verbose
            )
            many, all_judged = many + rest, all_judged + judged
        except RuntimeError as error:
            row, fine = [f"{entry['crate']} `{entry['path']}`", f"failed: {error}"], False
        failed += not fine
        print("| " + " | ".join(row) + " |", flush=True)
    if all_judged:
        print(f"\n{failed} failed; {many} of {all_judged} judged functions too many ({100 * many / all_judged:.1f} %)")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
