"""What the end-to-end tests share: the score, the tools that `setup.sh` installs, and the emulator.

Python's standard library only. A test is a program that makes a `Score`, calls `main` with what it does, and exits
with what `main` gives.
"""

import argparse
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
REPO = HERE.parent.parent


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


def cache():
    """Where `setup.sh` installs what the tests need."""
    home = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    return pathlib.Path(os.environ.get("EXTRACT_CI_CACHE") or home / "extract-ci")


class Tools:
    """cargo-lambda, zig and the emulator, as `setup.sh` installs them."""

    def __init__(self):
        home = cache()
        self.emulator = home / "rie" / "aws-lambda-rie"
        binaries = home / "venv" / "bin"
        for tool in (self.emulator, binaries / "cargo-lambda", home / "versions"):
            if not tool.exists():
                raise Stop(f"{tool} is missing; run tests/e2e/setup.sh first")
        self.env = {**os.environ, "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}"}


def copy_monolith(to):
    ignore = shutil.ignore_patterns("target", "extracted")
    return pathlib.Path(shutil.copytree(REPO / "examples" / "shop", to, ignore=ignore, dirs_exist_ok=True))


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

    def __init__(self, tools, bootstrap, timeout=30, **environment):
        self.tools, self.bootstrap, self.timeout, self.environment = tools, bootstrap, timeout, environment
        self.log_path = bootstrap.with_name("emulator.log")

    def __enter__(self):
        self.port, runtime = free_ports(2)
        self.log = open(self.log_path, "wb")
        self.process = subprocess.Popen(
            [self.tools.emulator, "--runtime-interface-emulator-address", f"127.0.0.1:{self.port}",
             "--runtime-api-address", f"127.0.0.1:{runtime}", self.bootstrap],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT, cwd=self.bootstrap.parent,
            env={**os.environ, "AWS_LAMBDA_FUNCTION_TIMEOUT": str(self.timeout), "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
                 **{name: str(value) for name, value in self.environment.items()}},
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

    def ask(self, body):
        """The answer's text, whatever its status is."""
        url = f"http://127.0.0.1:{self.port}/2015-03-31/functions/function/invocations"
        request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.read().decode("utf-8", "replace")
        except urllib.error.HTTPError as response:
            return response.read().decode("utf-8", "replace")

    def invoke(self, body):
        """The answer. The emulator answers 200 for errors of the handler too: the body says which it is."""
        text = self.ask(body)
        try:
            return json.loads(text)
        except ValueError:
            raise Stop(f"an answer that is no JSON: {text!r}") from None

    def served_by(self):
        """The function's process, by its id."""
        return processes_below(self.process.pid)

    def tail(self):
        return self.log_path.read_text(errors="replace")[-2000:]

    def told(self, words):
        """The lines of JSON in the function's log that have these words."""
        lines = self.log_path.read_text(errors="replace").splitlines()
        return [json.loads(line[line.index("{"):]) for line in lines if words in line]


def is_error(answer):
    return isinstance(answer, dict) and {"errorType", "errorMessage"} <= answer.keys()


def short(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 300 else text[:300] + "…"




def split(args, work, monolith, options, name="extracted"):
    """Runs `extract split` and returns the workspace that it wrote."""
    output = work / name
    shutil.rmtree(output, ignore_errors=True)
    command = [args.extract, "split", "--manifest-path", monolith / "Cargo.toml", "--out", output, *options]
    run(f"extract split {' '.join(map(str, options))}"[:100], command, cwd=work)
    return output


class Package:
    """A function's archive, as `extract package` wrote it."""

    def __init__(self, told):
        self.name, self.told = told["name"], told
        self.zip = pathlib.Path(told["zip"])

    def unpack(self, into):
        """The program out of the zip, executable."""
        with zipfile.ZipFile(self.zip) as opened:
            opened.extract("bootstrap", into)
        program = into / "bootstrap"
        program.chmod(0o755)
        return program

    def listed(self):
        with zipfile.ZipFile(self.zip) as opened:
            return [(entry.filename, oct(entry.external_attr >> 16 & 0o777)) for entry in opened.infolist()]


def package(args, tools, work, output, *options):
    """Runs `extract package` with cargo-lambda, as most users will, and returns what it made by function."""
    command = [args.extract, "package", output, "--builder", "cargo-lambda", "--format", "json", *options]
    # One target folder for all outputs of a test: what functions share is compiled once.
    env = {**tools.env, "CARGO_TARGET_DIR": str(work / "target")}
    start = time.monotonic()
    done = subprocess.run(command, cwd=work, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise Stop(f"extract package: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    told = json.loads(done.stdout)
    for one in told["functions"]:
        one["zip"] = work / one["zip"]
    say(f"extract package, {len(told['functions'])} functions: {time.monotonic() - start:.1f} s")
    if told["diagnostics"]:
        raise Stop(f"extract package has something to say: {told['diagnostics']}")
    return {one["name"]: Package(one) for one in told["functions"]}


def main(doc, test, options=lambda parser: None, builds=True):
    """Runs a test and gives the program's exit status. `builds`: whether the test wants `extract` and the monolith."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--work", type=pathlib.Path, help="keep everything in this folder; without it, a temporary one")
    parser.add_argument("--extract", type=pathlib.Path, help="the program to test; without it, a release build of this repository")
    parser.add_argument("--monolith", type=pathlib.Path, help="a copy of examples/shop to cut; without it, one is made")
    options(parser)
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
            if builds and args.extract is None:
                run("build extract", ["cargo", "build", "-q", "--release", "--bin", "extract"], cwd=REPO)
                target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or "target")
                args.extract = REPO / target / "release" / "extract"
            if builds:
                args.extract = args.extract.resolve()
                args.monolith = (args.monolith or copy_monolith(work / "monolith")).resolve()
            test(args, work, score)
        except Stop as problem:
            score.check(False, "the test runs to its end", str(problem))
    print(f"{score.passed} passed, {score.failed} failed")
    return 1 if score.failed or not score.passed else 0
