#!/usr/bin/env python3
"""An arm64 function: packed on this machine, run by qemu under AWS's Runtime Interface Emulator.

It gives the monolith's answers, a panic among them. Needs what `setup-arm64.sh` installs; where that cannot be had,
nothing is run, and the last line says so. On an arm64 machine `run.py` shows all of this without qemu.
"""

import pathlib
import platform
import shutil
import subprocess
import sys

from harness import Tools, main, package, say
from run import options, play
from shop import Probe, cut_shop

FUNCTION = "split_evenly"
LIBRARIES = pathlib.Path("/usr/aarch64-linux-gnu")
# The second byte pair after the identification of an ELF file: its machine.
AARCH64 = (183).to_bytes(2, "little")


def missing():
    """What is not there, in words; `None` when all is."""
    if platform.machine() in ("aarch64", "arm64"):
        return "a machine of another kind"
    if not shutil.which("qemu-aarch64-static"):
        return "qemu-aarch64-static"
    if not (LIBRARIES / "lib" / "ld-linux-aarch64.so.1").exists():
        return "libc6-arm64-cross"
    told = ["rustc", "--print", "target-libdir", "--target", "aarch64-unknown-linux-gnu"]
    folder = pathlib.Path(subprocess.run(told, capture_output=True, text=True).stdout.strip() or "/nowhere")
    if not any(folder.glob("libstd-*")):
        return "Rust's standard library for arm64"
    return None


def test(args, work, score):
    tools = Tools()
    output = args.output.resolve() if args.output else cut_shop(args, work)
    name = FUNCTION.replace("_", "-")
    made = package(args, tools, work, output, "--arch", "arm64", "--function", name, "--out", work / "arm64-zips")
    program = made[name].unpack(work / "arm64" / "program")
    machine = program.read_bytes()[18:20]
    score.check(machine == AARCH64, f"{FUNCTION}: is a program for arm64", f"its machine is {machine.hex()}")
    started = work / "arm64" / "bootstrap"
    started.write_text(f'#!/bin/sh\nexec qemu-aarch64-static -L {LIBRARIES} "{program}" "$@"\n')
    started.chmod(0o755)
    play(score, tools, Probe(work), FUNCTION, started)


if __name__ == "__main__":
    if lacks := missing():
        say(f"NOT PROVEN here: arm64, for want of {lacks}")
        sys.exit(0)
    sys.exit(main(__doc__, test, options))
