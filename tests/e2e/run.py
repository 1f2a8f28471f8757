#!/usr/bin/env python3
"""The end-to-end test: generated functions under AWS's Runtime Interface Emulator.

Cuts the hot functions out of a copy of `examples/shop`, builds them with cargo-lambda, runs each `bootstrap`
out of its zip under the emulator, and compares its answers with those of the monolith. Python's standard
library only. See README.md beside this file.
"""

import argparse
import base64
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile
import zlib

HERE = pathlib.Path(__file__).resolve().parent
REPO = HERE.parent.parent

# What `provided.al2023` has; a binary that asks for more does not start there.
GLIBC = (2, 34)


# The events, by function. `None` as the field of a case means that the monolith is asked what is right.


def png(width, height):
    """A picture with an edge in it, so that scaling has something to do."""
    rows = b"".join(
        b"\0" + b"".join(bytes((x * 255 // width, y * 255 // height, 200 * (x > y))) for x in range(width))
        for y in range(height)
    )

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def b64(data):
    return base64.b64encode(data).decode()


def eur(minor):
    return {"minor": minor, "currency": "EUR"}


def party(name):
    address = {"street": "Rue du Lac 3", "postal_code": "74000", "city": "Annecy", "region": "FR"}
    return {"name": name, "address": address, "email": None, "tax_number": None}


INVOICE = {
    "id": 12,
    "order": 34,
    "issued_on": "2025-03-09",
    "due_on": "2025-03-23",
    "seller": party("Shop"),
    "buyer": party("Tom & <b>Jo</b>"),
    "lines": [
        {
            "sku": "KETTLE",
            "description": 'Kettle "Boil"',
            "quantity": 20,
            "unit_price": eur(10_000),
            "tax_rate": 2000,
            "amount": eur(200_000),
        }
    ],
    "discounts": [{"reason": "5 % volume discount", "amount": eur(10_000)}],
    "taxes": [{"rate": 2000, "base": eur(190_000), "tax": eur(38_000)}],
    "total": eur(228_000),
}
HTML = {"format": "html", "locale": "German", "tax_breakdown": True, "logo_url": "https://shop.example/logo.png"}
TEXT = {"format": "text", "locale": "French", "tax_breakdown": False, "logo_url": None}

BASKET = {
    "lines": [{"sku": "TEAPOT", "quantity": 3}, {"sku": "HERBAL", "quantity": 5}],
    "region": "DE",
    "tier": "silver",
    "day": "2025-11-20",
}


def product(sku, name, minor, category, tax_class):
    price = eur(minor)
    return {"sku": sku, "name": name, "price": price, "category": category, "tax_class": tax_class, "weight_grams": 1}


CATALOG = {
    "currency": "EUR",
    "products": {
        "TEAPOT": product("TEAPOT", "Teapot", 3490, "kitchen", "standard"),
        "HERBAL": product("HERBAL", "A History of Herbs", 2400, "books", "books"),
    },
}
COUPON = {"code": "WINTER", "kind": {"Percent": 1000}, "valid_until": None, "minimum_spend": None}

POLICY = {"min_length": 12, "min_classes": 1, "memory_kib": 64, "iterations": 1, "parallelism": 1}

PARCEL = {"weight_grams": 4_200, "value": eur(15_000)}
ADDRESS = {"street": "High Street 1", "postal_code": "12345", "city": "Somewhere", "region": "GB"}


class Case:
    """One event and what must come of it.

    `field` is what the error for a malformed event must name; `error` is the name of the error's type where
    the monolith returns `Err`. Without either the monolith decides between an answer and a panic.
    """

    def __init__(self, label, event, field=None, error=None, raw=None):
        self.label, self.event, self.field, self.error, self.raw = label, event, field, error, raw

    def body(self):
        return self.raw if self.raw is not None else json.dumps(self.event).encode()


def without(event, key):
    return {k: v for k, v in event.items() if k != key}


IMAGE = {"image": b64(png(120, 80)), "max_side": 48}
RENDER = {"invoice": INVOICE, "options": HTML}
SHIP = {"parcel": PARCEL, "destination": ADDRESS, "speed": "standard"}
PRICE = {"basket": BASKET, "catalog": CATALOG, "coupon": None}
SPLIT = {"total": eur(1000), "parts": 3}

# Each list ends with the event of its first line: whatever came before, the function must still serve.
CASES = {
    "thumbnail": [
        Case("a picture, as base64 both ways", IMAGE),
        Case("a small picture keeps its size", {**IMAGE, "max_side": 500}),
        Case("not a picture", {**IMAGE, "image": b64(b"GIF89a and so on")}, error="ThumbnailError"),
        Case("no size", {**IMAGE, "max_side": 0}, error="ThumbnailError"),
        Case("text that is not base64", {**IMAGE, "image": "%%%"}, field="image"),
        Case("a field of the wrong type", {**IMAGE, "max_side": "48"}, field="max_side"),
        Case("a field that is missing", without(IMAGE, "max_side"), field="max_side"),
        Case("a field too many", {**IMAGE, "quality": 3}, field="quality"),
        Case("the picture again", IMAGE),
    ],
    "render_invoice": [
        Case("an invoice as HTML", RENDER),
        Case("an invoice as text", {**RENDER, "options": TEXT}),
        Case("an invoice that does not add up", {**RENDER, "invoice": {**INVOICE, "total": eur(1)}}, error="RenderError"),
        Case("a bad value deep inside", {**RENDER, "invoice": {**INVOICE, "issued_on": 5}}, field="invoice.issued_on"),
        Case("an unknown variant", {**RENDER, "options": {**HTML, "format": "pdf"}}, field="options.format"),
        Case("the invoice again", RENDER),
    ],
    "price_basket": [
        Case("a basket without a coupon", PRICE),
        Case("a basket with a coupon", {**PRICE, "coupon": COUPON}),
        Case(
            "a coupon that needs more",
            {**PRICE, "coupon": {**COUPON, "minimum_spend": eur(9_999_999)}},
            error="PricingError",
        ),
        Case("an empty basket", {**PRICE, "basket": {**BASKET, "lines": []}}, error="PricingError"),
        Case("a basket that is no object", {**PRICE, "basket": 7}, field="basket"),
        Case("the basket again", PRICE),
    ],
    "split_evenly": [
        Case("three parts", SPLIT),
        Case("a panic", {**SPLIT, "parts": 0}),
        Case("the good call after the panic", {**SPLIT, "parts": 7}),
        Case("a second panic", {**SPLIT, "parts": 0}),
        Case("a negative number of parts", {**SPLIT, "parts": -1}, field="parts"),
        Case("three parts again", SPLIT),
    ],
    "estimate_shipping": [
        Case("an async entry", SHIP),
        Case("in a hurry", {**SHIP, "speed": "express"}),
        Case("too heavy", {**SHIP, "parcel": {**PARCEL, "weight_grams": 80_000}}, error="ShippingError"),
        Case("an incomplete address", {**SHIP, "destination": {**ADDRESS, "city": " "}}, error="ShippingError"),
        Case("an unknown speed", {**SHIP, "speed": "warp"}, field="speed"),
        Case("the first parcel again", SHIP),
    ],
    # Drives a runtime of its own, which panics on a thread that drives one already.
    "estimate_shipping_blocking": [
        Case("a runtime of its own", SHIP),
        Case("too heavy", {**SHIP, "parcel": {**PARCEL, "weight_grams": 80_000}}, error="ShippingError"),
        Case("the first parcel again", SHIP),
    ],
    # A hash is different every time, so these two are also played against each other; see `passwords`.
    "hash_password": [
        Case("too short", {"password": "short", "policy": POLICY}, error="PasswordError"),
        Case("one everyone tries", {"password": "passwordpassword", "policy": POLICY}, error="PasswordError"),
        Case(
            "a policy with a field of its own",
            {"password": "the owl flies at noon", "policy": {**POLICY, "pepper": 1}},
            field="policy.pepper",
        ),
        Case("too short again", {"password": "short", "policy": POLICY}, error="PasswordError"),
    ],
    "verify_password": [
        Case("a hash that is none", {"password": "x", "hash": "plain text"}, error="PasswordError"),
        Case("a missing hash", {"password": "x"}, field="hash"),
        Case("no object at all", None, field="Request", raw=b"7"),
        Case("a hash that is none, again", {"password": "x", "hash": "plain text"}, error="PasswordError"),
    ],
}


class Score:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, holds, label, why=""):
        if holds:
            self.passed += 1
            print(f"ok    {label}", flush=True)
        else:
            self.failed += 1
            print(f"FAIL  {label}" + (f"\n      {why}" if why else ""), flush=True)
        return holds


class Stop(Exception):
    """What makes going on pointless."""


def say(text):
    print(f"----  {text}", flush=True)


def run(label, command, **kwargs):
    """Runs a step, shows its output only when it fails, and returns the output."""
    start = time.monotonic()
    done = subprocess.run(command, stdin=kwargs.pop("stdin", subprocess.DEVNULL), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", **kwargs)
    if done.returncode != 0:
        shown = " ".join(map(str, command))
        raise Stop(f"{label}: exit status {done.returncode} of `{shown}`\n{done.stdout}")
    say(f"{label}: {time.monotonic() - start:.1f} s")
    return done.stdout


class Tools:
    """cargo-lambda, zig and the emulator, as `setup.sh` installs them."""

    def __init__(self):
        home = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
        cache = pathlib.Path(os.environ.get("EXTRACT_CI_CACHE") or home / "extract-ci")
        self.emulator = cache / "rie" / "aws-lambda-rie"
        binaries = cache / "venv" / "bin"
        for tool in (self.emulator, binaries / "cargo-lambda", cache / "versions"):
            if not tool.exists():
                raise Stop(f"{tool} is missing; run tests/e2e/setup.sh first")
        self.env = {**os.environ, "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}"}


def copy_monolith(to):
    ignore = shutil.ignore_patterns("target", "extracted")
    return pathlib.Path(shutil.copytree(REPO / "examples" / "shop", to, ignore=ignore, dirs_exist_ok=True))


class Probe:
    """The monolith's own answers."""

    def __init__(self, work):
        folder = work / "probe"
        shutil.rmtree(folder, ignore_errors=True)
        copy_monolith(folder)
        shutil.copytree(HERE / "probe", folder / "crates" / "e2e-probe")
        target = work / "probe-target"
        run("build the monolith and its probe", ["cargo", "build", "-q", "-p", "e2e-probe"], cwd=folder,
            env={**os.environ, "CARGO_TARGET_DIR": str(target)})
        self.program = target / "debug" / "e2e-probe"

    def ask(self, calls):
        calls = [{"function": function, "event": event} for function, event in calls]
        done = subprocess.run([self.program], input=json.dumps(calls), capture_output=True, text=True)
        if done.returncode != 0:
            raise Stop(f"the probe failed: {done.stderr}")
        return json.loads(done.stdout)


def processes_below(pid):
    """The descendants of a process, by /proc."""
    children = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            after_name = stat.read_text().rpartition(")")[2].split()
            children.setdefault(int(after_name[1]), []).append(int(stat.parent.name))
    found, todo = [], [pid]
    while todo:
        todo += (below := sorted(children.get(todo.pop(), [])))
        found += below
    return found


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Emulator:
    """One function under the Runtime Interface Emulator."""

    def __init__(self, tools, bootstrap):
        self.tools, self.bootstrap = tools, bootstrap
        self.log_path = bootstrap.with_name("emulator.log")

    def __enter__(self):
        self.port, runtime = free_ports(2)
        self.log = open(self.log_path, "wb")
        self.process = subprocess.Popen(
            [self.tools.emulator, "--runtime-interface-emulator-address", f"127.0.0.1:{self.port}",
             "--runtime-api-address", f"127.0.0.1:{runtime}", self.bootstrap],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT, cwd=self.bootstrap.parent,
            env={**os.environ, "AWS_LAMBDA_FUNCTION_TIMEOUT": "30", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512"},
            start_new_session=True,
        )
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        self.__exit__()
        raise Stop(f"the emulator did not start: {self.tail()}")

    def __exit__(self, *_):
        # The emulator puts the function into a process group of its own.
        mine = [self.process.pid, *processes_below(self.process.pid)]
        for number in (signal.SIGTERM, signal.SIGKILL):
            for pid in mine:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(2)
        self.log.close()

    def invoke(self, body):
        url = f"http://127.0.0.1:{self.port}/2015-03-31/functions/function/invocations"
        request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})
        # The emulator answers 200 for errors of the handler too: the body says which it is.
        with urllib.request.urlopen(request, timeout=60) as response:
            text = response.read().decode("utf-8", "replace")
        try:
            return json.loads(text)
        except ValueError:
            raise Stop(f"an answer that is no JSON: {text!r}") from None

    def served_by(self):
        """The function's process, by its id."""
        return processes_below(self.process.pid)

    def tail(self):
        return self.log_path.read_text(errors="replace")[-2000:]


def is_error(answer):
    return isinstance(answer, dict) and {"errorType", "errorMessage"} <= answer.keys()


def short(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 300 else text[:300] + "…"


def judge(score, label, case, answer, truth):
    """Compares what the function said with what the monolith said."""
    if case.field is not None:
        names = is_error(answer) and re.search(rf"\b{re.escape(case.field)}\b", answer["errorMessage"])
        score.check(names, f"{label}: the error names `{case.field}`", f"got {short(answer)}")
    elif case.error is not None:
        same = (is_error(answer) and answer["errorMessage"] == truth.get("error")
                and answer["errorType"].rpartition(".")[2] == case.error)
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


def split(args, work):
    """Runs `extract split` and returns the workspace that it wrote."""
    extract = args.extract
    if extract is None:
        run("build extract", ["cargo", "build", "-q", "--release", "--bin", "extract"], cwd=REPO)
        target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or "target")
        extract = REPO / target / "release" / "extract"
    monolith = args.monolith or copy_monolith(work / "monolith")
    output = work / "extracted"
    shutil.rmtree(output, ignore_errors=True)
    command = [extract.resolve(), "split", "--manifest-path", monolith.resolve() / "Cargo.toml", "--out", output]
    for function in CASES:
        command += ["--entry", function]
    run(f"extract split, {len(CASES)} entries", command, cwd=work)
    return output


def build(score, tools, work, output):
    """Builds with cargo-lambda and returns the unpacked bootstraps by function."""
    # cargo-lambda 1.9.2 hands `--target-dir` on to `cargo metadata`, which does not know it.
    env = {**tools.env, "CARGO_TARGET_DIR": str(work / "lambda-target")}
    log = run("cargo lambda build --release", ["cargo", "lambda", "build", "--release", "--locked",
              "--output-format", "zip", "--lambda-dir", work / "lambda"], cwd=output, env=env)
    warnings = re.findall(r"^warning\b.*", log, re.M)
    score.check(not warnings, "the build has no warning", "\n      ".join(warnings))
    found = {}
    for archive in sorted((work / "lambda").glob("*/bootstrap.zip")):
        function = archive.parent.name.replace("-", "_")
        if function not in CASES:
            continue
        with zipfile.ZipFile(archive) as opened:
            listed = [(entry.filename, oct(entry.external_attr >> 16 & 0o777)) for entry in opened.infolist()]
            opened.extractall(archive.parent)
        bootstrap = archive.with_suffix("")
        bootstrap.chmod(0o755)
        needs = {(int(a), int(b)) for a, b in re.findall(rb"GLIBC_(\d+)\.(\d+)", bootstrap.read_bytes())}
        newest = max(needs, default=(0, 0))
        good = listed == [("bootstrap", "0o755")] and newest <= GLIBC
        size = f"{bootstrap.stat().st_size / 1000:.0f} KB, zip {archive.stat().st_size / 1000:.0f} KB"
        score.check(good, f"{function}: the zip holds only bootstrap, 0755, glibc {newest[0]}.{newest[1]} ({size})",
                    f"it holds {listed}, needs glibc {newest}")
        found[function] = bootstrap
    return found


def test(args, work, score):
    tools = Tools()
    # Leftovers of an earlier run in the same folder must not stand in for what this one fails to build.
    shutil.rmtree(work / "lambda", ignore_errors=True)
    output = args.output.resolve() if args.output else split(args, work)
    bootstraps = build(score, tools, work, output)
    probe = Probe(work)
    for function in CASES:
        if score.check(function in bootstraps, f"{function}: is built", "cargo-lambda made no zip for it"):
            play(score, tools, probe, function, bootstraps[function])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=pathlib.Path, help="keep everything in this folder; without it, a temporary one")
    parser.add_argument("--extract", type=pathlib.Path, help="the program to test; without it, a release build of this repository")
    parser.add_argument("--monolith", type=pathlib.Path, help="a copy of examples/shop to cut; without it, one is made")
    parser.add_argument("--output", type=pathlib.Path, help="an output of `extract split`, to leave that step out")
    args = parser.parse_args()
    # An ordinary exit on these, so that everything that was started is stopped.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    score = Score()
    with contextlib.ExitStack() as stack:
        if args.work:
            work = args.work.resolve()
            work.mkdir(parents=True, exist_ok=True)
        else:
            work = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="extract-e2e-")))
        try:
            test(args, work, score)
        except Stop as problem:
            score.check(False, "the test runs to its end", str(problem))
    print(f"{score.passed} passed, {score.failed} failed")
    return 1 if score.failed or not score.passed else 0


if __name__ == "__main__":
    sys.exit(main())
