#!/usr/bin/env python3
"""Ratios, measured side by side in one run: `extract analyze` against `cargo check` of the same members.

Usage: tests/bench.py MANIFEST [--extract PROGRAM] [--rounds N]. The workspace's dependencies must be built.
Its main source file gets a comment line at its end before each measurement, which is taken away after it.
"""

import argparse
import pathlib
import statistics
import subprocess
import time


def seconds(command, cwd):
    start = time.monotonic()
    subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("manifest", type=pathlib.Path)
    parser.add_argument("--extract", type=pathlib.Path, default=pathlib.Path("target/release/extract"))
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    extract = str(args.extract.resolve())
    home = args.manifest.resolve().parent
    roots = [p for p in (home / "src/lib.rs", home / "src/main.rs") if p.is_file()]
    texts = {p: p.read_bytes() for p in roots}
    analyze = [extract, "analyze", "--quiet", "--format", "json"]
    check = ["cargo", "check", "--workspace", "--config", "profile.dev.incremental=false"]
    found = {"cold/check": [], "again/cold": [], "quick/check": []}
    try:
        seconds(check, home)
        for number in range(args.rounds):
            for path, text in texts.items():
                path.write_bytes(text + f"\n// {number}\n".encode())
            plain = seconds(check, home)
            cold = seconds(analyze, home)
            again = seconds(analyze, home)
            quick = seconds([*analyze, "--quick"], home)
            found["cold/check"].append(cold / plain)
            found["again/cold"].append(again / cold)
            found["quick/check"].append(quick / plain)
    finally:
        for path, text in texts.items():
            path.write_bytes(text)
    for name, ratios in found.items():
        print(f"{name:12} median {statistics.median(ratios):.2f}  min {min(ratios):.2f}  max {max(ratios):.2f}")


if __name__ == "__main__":
    main()
