#!/usr/bin/env python3
"""Steps: what a person types from a fresh clone to a function that answers, each with its seconds.

Nothing is compiled before: the clone, the target folders and the output are new. What cargo has downloaded before stays.
The last lines are a table. The exit status is 1 when a step fails or the function's answer is wrong; how long it took
is never a failure.
"""

import json
import os
import shutil
import subprocess
import sys
import time

from harness import REPO, Emulator, Package, Stop, Tools, main
from shop import CASES

FUNCTION = "thumbnail"


def test(args, work, score):
    tools = Tools()
    clone = work / "clone"
    shutil.rmtree(clone, ignore_errors=True)
    # As in a shell that was just opened: the tools that the README names are on the path, nothing else is set.
    env = {name: value for name, value in tools.env.items() if not name.startswith(("CARGO_TARGET", "EXTRACT"))}
    env["PATH"] = os.pathsep.join([str(work / "bin"), env["PATH"]])
    steps = []

    def step(command, folder):
        start = time.monotonic()
        done = subprocess.run(command, cwd=folder, env=env, shell=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        steps.append((command, time.monotonic() - start))
        if done.returncode != 0:
            raise Stop(f"exit status {done.returncode} of `{command}`\n{done.stdout}")
        return done.stdout

    step(f"git clone -q {REPO} clone", work)
    step(f"cargo install -q --locked --path . --root {work}", clone)
    shop = clone / "examples" / "shop"
    step(f"extract split --entry {FUNCTION}", shop)
    told = json.loads(step("extract package extracted --format json", shop))
    (one,) = told["functions"]
    program = Package({**one, "zip": shop / one["zip"]}).unpack(work / "function")
    start = time.monotonic()
    with Emulator(tools, program) as emulator:
        answer = emulator.invoke(CASES[FUNCTION][0].body())
    steps.append(("the first answer, at the emulator", time.monotonic() - start))
    score.check(isinstance(answer, str) and answer, f"{FUNCTION}: answers", f"got {answer}")
    for number, (command, seconds) in enumerate(steps, 1):
        print(f"{number}  {seconds:6.1f} s  {command}")
    print(f"   {sum(seconds for _, seconds in steps):6.1f} s")


if __name__ == "__main__":
    sys.exit(main(__doc__, test, builds=False))
