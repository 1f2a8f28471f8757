#!/usr/bin/env python3
"""The end-to-end test: generated functions under AWS's Runtime Interface Emulator, and deployed to MiniStack.

Cuts the hot functions out of a copy of `examples/shop`, packages them, runs each `bootstrap` out of its zip
under the emulator, and compares its answers with those of the monolith. The same zips are then deployed
through AWS's own APIs. See README.md beside this file.
"""

import json
import pathlib
import re
import sys
import time

import cloud
import deployed
from harness import Emulator, Stop, Tools, is_error, main, package, short
from shop import CASES, POLICY, Case, Probe, cut_shop

# What `provided.al2023` has; a binary that asks for more does not start there.
GLIBC = (2, 34)


def judge(score, label, case, answer, truth):
    """Compares what the function said with what the monolith said."""
    if case.field is not None:
        names = is_error(answer) and re.search(rf"\b{re.escape(case.field)}\b", answer["errorMessage"])
        score.check(names, f"{label}: the error names `{case.field}`", f"got {short(answer)}")
    elif case.error is not None:
        same = (is_error(answer) and answer["errorMessage"] == truth.get("error")
                and answer["errorType"] == case.error)
        score.check(same, f"{label}: {case.error}, in the monolith's words", f"got {short(answer)}, not {short(truth)}")
    elif "panic" in truth:
        same = is_error(answer) and truth["panic"] and truth["panic"] in answer["errorMessage"]
        score.check(same, f"{label}: reported as an error", f"got {short(answer)}, not {short(truth)}")
    else:
        score.check("ok" in truth and answer == truth["ok"], f"{label}: the monolith's answer",
                    f"got {short(answer)}, not {short(truth)}")


def play(score, tools, probe, function, bootstrap):
    cases = CASES[function]
    asked = [case for case in cases if case.field is None]
    truths = dict(zip(map(id, asked), probe.ask([(function, case.event) for case in asked])))
    with Emulator(tools, bootstrap) as emulator:
        first = None
        try:
            for case in cases:
                start = time.monotonic()
                answer = emulator.invoke(case.body())
                millis = (time.monotonic() - start) * 1000
                judge(score, f"{function}, {case.label} ({millis:.0f} ms)", case, answer, truths.get(id(case)))
                first = first or emulator.served_by()
            if function == "hash_password":
                passwords(score, probe, emulator)
            alive = emulator.served_by()
            score.check(first and alive == first, f"{function}: one process served all {len(cases)} events",
                        f"first {first}, then {alive}\n{emulator.tail()}")
        except (Stop, OSError) as problem:
            score.check(False, f"{function}: answers", f"{problem}\n{emulator.tail()}")


def passwords(score, probe, emulator):
    """A hash made by the function is one that the monolith accepts, for that password alone."""
    password = "the owl flies at noon"
    made = [emulator.invoke(json.dumps({"password": password, "policy": POLICY}).encode()) for _ in range(2)]
    score.check(all(isinstance(hash, str) for hash in made) and made[0] != made[1],
                "hash_password, twice: two hashes", f"got {short(made)}")
    pairs = [(password, made[0]), ("the owl flies at nine", made[0])]
    said = probe.ask([("verify_password", {"password": p, "hash": h}) for p, h in pairs])
    score.check(said == [{"ok": True}, {"ok": False}], "hash_password: the monolith verifies the hash", f"got {short(said)}")
    CASES["verify_password"][:0] = [
        Case("the right password", {"password": password, "hash": made[1]}),
        Case("a wrong password", {"password": "the owl flies at nine", "hash": made[1]}),
    ]


def unpack(score, tools, work, args, output, packages):
    """The programs out of the zips, by function."""
    again = package(args, tools, work, output)
    changed = [name for name, one in again.items() if one.told["changed"]]
    score.check(packages.keys() == again.keys() and not changed, "packing again gives the same bytes", f"not of {changed}")
    found = {}
    for name, one in packages.items():
        program = one.unpack(work / "functions" / name)
        # Whatever `extract` says: the program itself names what it needs.
        needs = {(int(a), int(b)) for a, b in re.findall(rb"GLIBC_(\d+)\.(\d+)", program.read_bytes())}
        newest = max(needs, default=(0, 0))
        good = one.listed() == [("bootstrap", "0o755")] and newest <= GLIBC
        size = f"{program.stat().st_size / 1000:.0f} KB, zip {one.zip.stat().st_size / 1000:.0f} KB"
        score.check(good, f"{name}: the zip holds only bootstrap, 0755, glibc {newest[0]}.{newest[1]} ({size})",
                    f"it holds {one.listed()}, needs glibc {newest}")
        found[name.replace("-", "_")] = program
    return found


def test(args, work, score):
    tools = Tools()
    output = args.output.resolve() if args.output else cut_shop(args, work)
    packages = package(args, tools, work, output)
    programs = unpack(score, tools, work, args, output, packages)
    probe = Probe(work)
    for function in CASES:
        if score.check(function in programs, f"{function}: is built", "there is no zip for it"):
            play(score, tools, probe, function, programs[function])
    deployed.play(score, work, probe, packages)


def options(parser):
    parser.add_argument("--output", type=pathlib.Path, help="an output of `extract split`, to leave that step out")


if __name__ == "__main__":
    cloud.with_boto3()
    sys.exit(main(__doc__, test, options))
