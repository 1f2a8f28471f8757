#!/usr/bin/env python3
"""Overhead: an extracted function against one that was put on Lambda by hand, in one run on one machine.

Both are built and packed by `extract package` in the same way. Their programs run side by side under AWS's Runtime
Interface Emulator and take turns, so that whatever slows the machine down slows both. The last lines are a table of
ratios, extracted to hand-written. The exit status is 1 when an answer is wrong, whatever the ratios are.
"""

import contextlib
import http.client
import json
import shutil
import statistics
import sys
import time

from harness import HERE, Emulator, Tools, main, package, run, split
from shop import CASES

FUNCTIONS = ("split_evenly", "thumbnail")


class Caller:
    """Calls one emulator over one connection."""

    def __init__(self, emulator):
        self.connection = http.client.HTTPConnection("127.0.0.1", emulator.port, timeout=60)

    def call(self, body):
        """The answer, and the seconds that it took."""
        start = time.perf_counter()
        self.connection.request("POST", "/2015-03-31/functions/function/invocations", body)
        answer = self.connection.getresponse().read()
        return json.loads(answer), time.perf_counter() - start


def compare(score, tools, args, name, event, programs):
    """The median milliseconds of each, and of each round the ratio of medians."""
    body = json.dumps(event).encode()
    with contextlib.ExitStack() as stack:
        callers = [Caller(stack.enter_context(Emulator(tools, program))) for program in programs]
        first = [caller.call(body)[0] for caller in callers]
        score.check(first[0] == first[1], f"{name}: both answer the same", f"{first[0]} and {first[1]}")
        for _ in range(50):
            for caller in callers:
                caller.call(body)
        rounds, all_times = [], ([], [])
        for at in range(args.rounds):
            times = ([], [])
            for call in range(args.calls):
                # Who goes first changes, too.
                for side in ((0, 1), (1, 0))[call % 2]:
                    times[side].append(callers[side].call(body)[1] * 1000)
            rounds.append(statistics.median(times[0]) / statistics.median(times[1]))
            for side in (0, 1):
                all_times[side].extend(times[side])
    return [statistics.median(times) for times in all_times], rounds


def test(args, work, score):
    tools = Tools()
    entries = [word for function in FUNCTIONS for word in ("--entry", function)]
    cut = package(args, tools, work, split(args, work, args.monolith, entries, "extracted-two"))
    by_hand = work / "handwritten"
    shutil.rmtree(by_hand, ignore_errors=True)
    shutil.copytree(HERE / "handwritten", by_hand)
    for manifest in by_hand.glob("*/Cargo.toml"):
        manifest.write_text(manifest.read_text().replace("../../monolith", str(args.monolith)))
    # The same versions of everything; what is not needed goes, nothing else changes.
    shutil.copy(work / "extracted-two" / "Cargo.lock", by_hand)
    run("cargo update --workspace", ["cargo", "update", "--workspace"], cwd=by_hand)
    hand = package(args, tools, work, by_hand, "--out", work / "handwritten-zips")
    table = []
    for function in FUNCTIONS:
        name = function.replace("_", "-")
        programs = [one[name].unpack(work / "overhead" / side / name) for side, one in (("cut", cut), ("hand", hand))]
        event = CASES[function][0].event
        medians, rounds = compare(score, tools, args, name, event, programs)
        sizes = [one[name].told["zip_bytes"] / 1000 for one in (cut, hand)]
        table.append((name, "zip, KB", f"{sizes[0]:.0f}", f"{sizes[1]:.0f}", f"{sizes[0] / sizes[1]:.3f}"))
        table.append((name, "warm call, ms", f"{medians[0]:.3f}", f"{medians[1]:.3f}",
                      f"{statistics.median(rounds):.3f} ({min(rounds):.3f} to {max(rounds):.3f})"))
    for row in [("function", "what", "extracted", "by hand", "ratio"), *table]:
        print("{:<14} {:<14} {:>10} {:>10}  {}".format(*row))


def options(parser):
    parser.add_argument("--calls", type=int, default=500, help="calls of each program a round")
    parser.add_argument("--rounds", type=int, default=7, help="rounds; the ratio shown is the median of theirs")


if __name__ == "__main__":
    sys.exit(main(__doc__, test, options))
