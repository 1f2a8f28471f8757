#!/usr/bin/env python3
"""Cuts the entries of a list out of published crates and prints a table.

Input: a list (tests/corpus/dev.toml). Output: a Markdown table, a line an entry; exit status 1 when an
entry failed. Nothing of the crates is kept in this repository: cargo brings them, they are copied to a
folder of their own (--work), and only that copy is read and built. With CARGO_TARGET_DIR set, all of them
share that target folder, and what they have in common is built once.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import tomllib

HERE = pathlib.Path(__file__).resolve().parent


def fetch(crate, version, work):
    """The crate's folder under `work`, copied out of cargo's registry."""
    home = work / crate
    if home.is_dir():
        return home
    subprocess.run(["cargo", "info", f"{crate}@{version}"], cwd="/", capture_output=True, check=False)
    cargo_home = pathlib.Path(os.environ.get("CARGO_HOME", pathlib.Path.home() / ".cargo"))
    found = sorted(cargo_home.glob(f"registry/src/*/{crate}-{version}"))
    if not found:
        raise RuntimeError(f"cargo did not bring {crate} {version}")
    shutil.copytree(found[0], home)
    manifest = home / "Cargo.toml"
    text = manifest.read_text()
    if "\n[workspace]" not in text:
        manifest.write_text(text + "\n[workspace]\n")
    return home


def check(out, target):
    """Warnings and success of a plain `cargo check` that knows nothing of this tool."""
    command = ["cargo", "check", "--workspace", "--message-format=json", "--target-dir", str(target)]
    env = dict(os.environ)
    if subprocess.run(["cargo", "-V"], cwd=out, capture_output=True, check=False).returncode != 0:
        # The crate pins a toolchain that this machine lacks; its default was what split used.
        default = subprocess.run(["rustup", "default"], cwd="/", capture_output=True, text=True, check=True)
        env["RUSTUP_TOOLCHAIN"] = default.stdout.split()[0]
    run = subprocess.run(command, cwd=out, capture_output=True, text=True, check=False, env=env)
    warnings = 0
    for line in run.stdout.splitlines():
        message = json.loads(line)
        if message.get("reason") == "compiler-message" and message["message"].get("spans"):
            warnings += 1
    return run.returncode == 0, warnings


def unused(out):
    """What cargo-machete and cargo-shear call unused in an output: dependencies and features."""
    found = []
    machete = subprocess.run(["cargo-machete", "."], cwd=out, capture_output=True, text=True, check=False)
    found += [f"machete: {line.strip()}" for line in machete.stdout.splitlines() if line.startswith("\t")]
    command = ["cargo-shear", "--format=json"]
    shear = subprocess.run(command, cwd=out, capture_output=True, text=True, check=False)
    for finding in json.loads(shear.stdout)["findings"]:
        # The rest is about test harnesses that the monolith asks for too.
        if any(word in finding["code"] for word in ["unused", "misplaced", "redundant", "empty"]):
            found.append(f"shear: {finding['message']}")
    return found


def part(value):
    return f"{value['kept']} of {value['total']}"


def one(entry, work, extract, no_shim, ask_unused):
    home = fetch(entry["crate"], entry["version"], work)
    subprocess.run(["cargo", "check", "-q"], cwd=home, capture_output=True, check=False)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", home / "target"))
    # Beside the copy: inside of it, cargo would join the crate's configuration with the output's.
    out = work / f"{entry['crate']}-extracted"
    shutil.rmtree(out, ignore_errors=True)
    command = [extract, "split", "--manifest-path", str(home / "Cargo.toml"), "--entry", entry["path"]]
    command += ["--out", str(out), "--format", "json"]
    if entry.get("features"):
        command += ["--features", ",".join(entry["features"])]
    if no_shim or entry.get("shim") is False:
        command += ["--no-shim"]
    start = time.monotonic()
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - start
    row = {"entry": f"{entry['crate']} {entry['version']} `{entry['path']}`", "seconds": f"{seconds:.1f}"}
    try:
        said = json.loads(run.stdout)
    except json.JSONDecodeError:
        return row | {"warnings": "failed: " + (run.stderr.strip().splitlines() or ["no output"])[-1]}, False
    findings = said.get("diagnostics", [])
    codes = sorted({d["code"] for d in findings if d.get("severity") == "error"})
    if run.returncode not in (0, 1) or codes:
        fine = entry.get("refused") in codes
        word = "refused as it should be" if fine else "failed"
        return row | {"warnings": f"{word}: {', '.join(codes)}"}, fine
    compiles, warnings = check(out, target)
    row |= {
        "items": part(said["items"]),
        "lines": part(said["lines"]),
        "crates": part(said["external_crates"]),
        "edges": f"{said['edges']['verified']} + {said['edges']['approximate']}",
        "shim": "yes" if said["entries"][0]["shim"] else "no",
        "checks": str(said["checks"]),
        "warnings": str(warnings) if compiles else "does not compile",
    }
    if ask_unused:
        row["unused"] = "; ".join(unused(out)).replace("|", "\\|")
    return row, compiles and warnings == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", type=pathlib.Path, default=HERE / "dev.toml")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path.home() / ".cache/extract-corpus")
    parser.add_argument("--extract", default="target/release/extract", help="the program to measure")
    parser.add_argument("--only", action="append", help="entries whose crate and path contain this; can be repeated")
    parser.add_argument("--no-shim", action="store_true", help="cut libraries alone")
    parser.add_argument("--unused", action="store_true", help="ask cargo-machete and cargo-shear (in PATH) too")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    entries = tomllib.loads(args.list.read_text())["entry"]
    columns = ["entry", "shim", "seconds", "items", "lines", "crates", "edges", "checks", "warnings"]
    columns += ["unused"] if args.unused else []
    print("| " + " | ".join(columns) + " |")
    print("| " + " | ".join("---" for _ in columns) + " |", flush=True)
    failed = tried = 0
    for entry in entries:
        if args.only and not any(only in entry["crate"] + " " + entry["path"] for only in args.only):
            continue
        tried += 1
        try:
            extract = str(pathlib.Path(args.extract).resolve())
            row, fine = one(entry, args.work.resolve(), extract, args.no_shim, args.unused)
        except RuntimeError as error:
            row, fine = {"entry": entry["path"], "warnings": f"failed: {error}"}, False
        failed += not fine
        print("| " + " | ".join(row.get(c, "") for c in columns) + " |", flush=True)
    print(f"\n{tried - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
