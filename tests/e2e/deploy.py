#!/usr/bin/env python3
"""Deployment: the templates of `--deploy` before their own tools, and deployed to MiniStack.

First the expected texts of the unit tests, which have every trigger: SAM's and CloudFormation's linters, Terraform's
formatter and a parser of HCL, GitHub's schema, hadolint, and the CDK. Then `examples/shop` is cut with templates, with
zips that were built before; SAM, the Serverless Framework and the CDK deploy them to an emulation of AWS on this
machine, and the functions are called there. Python's standard library only; `setup-deploy.sh` installs the tools.
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
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
REPO = HERE.parent.parent
SNAPSHOTS = REPO / "src" / "render" / "deploy" / "snapshots"
REGION = "eu-west-1"
ACCOUNT = "000000000000"
# Seconds for a tool that may wait for something that never comes.
PATIENCE = 240

# Not the templates' own: what the CDK and the Serverless Framework write into theirs.
THEIRS = ["W3005"]

SETTINGS = """
[deploy]
name = "shop"
stages = ["sam", "sls", "cdk"]
memory = 256
log-retention = 7
tags = { team = "till" }

[[entry]]
path = "render_invoice"

[entry.deploy]
memory = 512
timeout = 20
keep-warm = 30

[[entry]]
path = "split_evenly"

[entry.deploy]
environment = ["LOG_LEVEL"]
"""


class Failed(Exception):
    """What makes going on pointless."""


class Score:
    def __init__(self):
        self.failed = 0

    def check(self, holds, label, why=""):
        print(("ok    " if holds else "FAIL  ") + label + ("" if holds else f"\n{why}"), flush=True)
        self.failed += not holds
        return holds


def cache():
    home = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    return pathlib.Path(os.environ.get("EXTRACT_CI_CACHE") or home / "extract-ci") / "deploy"


def run(command, cwd, env=None):
    """The exit status, and what was said."""
    try:
        done = subprocess.run(
            [str(word) for word in command], cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired as slow:
        return 124, f"nothing after {PATIENCE} s: {slow.stdout}"
    return done.returncode, done.stdout


class Tools:
    def __init__(self):
        home = cache()
        self.sam = home / "sam" / "bin" / "sam"
        self.venv = home / "venv" / "bin"
        self.node = home / "node_modules"
        self.cargo_lambda = home.parent / "venv" / "bin" / "cargo-lambda"
        for tool in (self.sam, self.venv / "cfn-lint", self.venv / "node", self.cargo_lambda):
            if not tool.exists():
                sys.exit(f"{tool} is missing; run tests/e2e/setup.sh and setup-deploy.sh first")
        self.has_npm = self.node.exists()
        if not self.has_npm:
            print("----  NOT PROVEN: npm's registry did not answer, so neither the Serverless Framework nor the CDK ran", flush=True)
        if not shutil.which("terraform"):
            print("----  no terraform here: its files are parsed, their format is not checked", flush=True)


EXPAND = """
import json, sys
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

class Policies:
    def load(self):
        return {}

template = yaml_parse(open(sys.argv[1]).read())
for resource in template["Resources"].values():
    if resource["Type"] == "AWS::Serverless::Function":
        resource["Properties"]["CodeUri"] = "s3://bucket/key"
print(json.dumps(transform(template, {}, Policies()), indent=1))
"""


def lint_sam(score, tools, folder, env):
    """SAM's own check, then CloudFormation's on what SAM makes of it: before, it is blind to much."""
    said = run([tools.sam, "validate", "--lint", "--template", "template.yaml"], folder, env)
    score.check(said[0] == 0, "sam validate --lint", said[1])
    status, expanded = run([tools.venv / "python", "-c", EXPAND, "template.yaml"], folder, env)
    (folder / "expanded.json").write_text(expanded)
    score.check(status == 0, "SAM expands the template", expanded)
    said = run([tools.venv / "cfn-lint", "--region", REGION, "--", "expanded.json"], folder, env)
    score.check(said == (0, ""), "cfn-lint has no finding in the expanded template", said[1])


PARSE = """
import sys, hcl2
for path in sys.argv[1:]:
    with open(path) as file:
        assert hcl2.load(file), path
"""


def lint_terraform(score, tools, folder, env):
    said = run([tools.venv / "python", "-c", PARSE, "main.tf", "variables.tf", "outputs.tf"], folder, env)
    score.check(said[0] == 0, "Terraform's files parse", said[1])
    if shutil.which("terraform"):
        said = run(["terraform", "fmt", "-check", "-diff", "."], folder, env)
        score.check(said[0] == 0, "terraform fmt -check", said[1])


def lint_files(score, tools, folder, env):
    said = run([tools.venv / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", "workflow.yml"], folder, env)
    score.check(said[0] == 0, "the workflow satisfies GitHub's schema", said[1])
    said = run([tools.venv / "hadolint", "Dockerfile"], folder, env)
    score.check(said == (0, ""), "hadolint has no finding in the Dockerfile", said[1])


def lint_cdk(score, tools, folder, env):
    said = run([tools.node / ".bin" / "cdk", "synth", "--quiet"], folder, env)
    score.check(said[0] == 0, "cdk synth", said[1])
    made = sorted((folder / "cdk.out").glob("*.template.json"))
    command = [tools.venv / "cfn-lint", "--region", REGION, "--ignore-checks", *THEIRS, "--", *made]
    said = run(command, folder, env)
    score.check(bool(made) and said == (0, ""), "cfn-lint has no finding in the CDK's template", said[1])


def with_modules(tools, folder):
    (folder / "node_modules").symlink_to(tools.node)


def expected(score, tools, work, env):
    """The texts of the unit tests: every trigger, every setting; and the hostile ones, which must parse."""
    for kind in ("", "hostile_"):
        root = work / (kind + "expected")
        folder = root / "deploy"
        for path in SNAPSHOTS.glob("*.snap"):
            name = path.name.removesuffix(".snap")
            if name.startswith("hostile_") != bool(kind):
                continue
            name = name.removeprefix("hostile_")
            for below in ("terraform_", "cdk_"):
                name = name.replace(below, below[:-1] + "/", 1) if name.startswith(below) else name
            to = folder / name
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_text(path.read_text().split("\n---\n", 1)[1])
        for zipped in ("render-invoice", "orders", "thumbnail", "audit", "price-basket", "one"):
            archive = root / "target" / "lambda" / zipped / "bootstrap.zip"
            archive.parent.mkdir(parents=True)
            archive.write_bytes(b"PK\5\6" + bytes(18))
        with_modules(tools, folder / "cdk")
        if kind:
            # No AWS takes such names: the tools must read them as what they are.
            status, said = run([tools.venv / "python", "-c", EXPAND, "template.yaml"], folder, env)
            score.check(status == 0, "hostile names: SAM reads them", said)
            lint_terraform(score, tools, folder / "terraform", env)
            said = run([tools.venv / "node", "--check", "app.mjs"], folder / "cdk", env)
            score.check(said[0] == 0, "hostile names: node reads the CDK's app", said[1])
            continue
        lint_sam(score, tools, folder, env)
        lint_terraform(score, tools, folder / "terraform", env)
        lint_files(score, tools, folder, env)
        if tools.has_npm:
            lint_cdk(score, tools, folder / "cdk", env)


class MiniStack:
    """The APIs of AWS on 127.0.0.1, stopped with all that it started."""

    def __init__(self, tools, work):
        self.tools, self.work = tools, work

    def __enter__(self):
        self.work.mkdir(parents=True)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        clean = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
        own = {
            # Its default is every interface.
            "BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "AWS_ENDPOINT_URL": self.url,
            "MINISTACK_REGION": REGION, "TMPDIR": str(self.work), "S3_DATA_DIR": str(self.work / "s3"),
        }
        self.log = open(self.work / "log", "wb")
        self.process = subprocess.Popen(
            [self.tools.venv / "ministack"], stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT,
            cwd=self.work, env={**clean, **own}, start_new_session=True,
        )
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=5)
                return self
            time.sleep(0.3)
        self.__exit__()
        raise Failed(f"MiniStack does not start: {(self.work / 'log').read_text()}")

    def __exit__(self, *_):
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
        self.log.close()

    def names(self):
        """Of the functions."""
        return [function["FunctionName"] for function in self.get("/2015-03-31/functions/")["Functions"]]

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=60) as answer:
            return json.load(answer)

    def invoke(self, name, event):
        """Its answer, and whether that is an error."""
        body = json.dumps(event).encode()
        request = urllib.request.Request(f"{self.url}/2015-03-31/functions/{name}/invocations", body)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer), "x-amz-function-error" in {key.lower() for key in answer.headers}


def tried(score, stack, tool, before):
    """The functions that a deployment added, called: one with what it takes, the other with what it does not."""
    added = sorted(set(stack.names()) - before)
    called = {name.replace("-", "").lower(): name for name in added}
    for function in ("renderinvoice", "splitevenly"):
        found = [name for bare, name in called.items() if function in bare]
        if not score.check(len(found) == 1, f"{tool}: {function} is there", f"{added}"):
            continue
        if function == "splitevenly":
            answer, failed = stack.invoke(found[0], {"total": {"minor": 1000, "currency": "EUR"}, "parts": 3})
            right = not failed and [part["minor"] for part in answer] == [334, 333, 333]
        else:
            answer, failed = stack.invoke(found[0], {})
            right = failed and answer.get("errorType") == "RenderInvoice.InvalidEvent"
        score.check(right, f"{tool}: {found[0]} answers", f"{answer}")


def deployed_by_node(score, tools, stack, folder, env):
    """By the Serverless Framework and by the CDK."""
    before = set(stack.names())
    status, said = run([tools.node / ".bin" / "osls", "deploy", "--stage", "sls", "--region", REGION], folder, env)
    score.check(status == 0, "osls deploy", said)
    tried(score, stack, "Serverless", before)
    cdk = tools.node / ".bin" / "cdk"
    app = folder / "cdk"
    status, said = run([cdk, "bootstrap", f"aws://{ACCOUNT}/{REGION}", "--context", "stage=cdk"], app, env)
    score.check(status == 0, "cdk bootstrap", said)
    before = set(stack.names())
    command = [cdk, "deploy", "--require-approval", "never", "--context", "stage=cdk", "--parameters", "LogLevel=info"]
    status, said = run(command, app, env)
    score.check(status == 0, "cdk deploy", said)
    tried(score, stack, "CDK", before)


def deployed(score, tools, args, work, env):
    monolith = work / "shop"
    ignore = shutil.ignore_patterns("target", "extracted")
    shutil.copytree(args.monolith, monolith, ignore=ignore)
    (monolith / "extract.toml").write_text(SETTINGS)
    target = args.monolith / "target"
    cut = ["split", "--no-tests", "--deploy", "sam,serverless,terraform,cdk,cargo-lambda,workflow,docker"]
    status, said = run([args.extract, *cut], monolith, {**os.environ, "CARGO_TARGET_DIR": str(target)})
    if status:
        raise Failed(said)
    out = monolith / "extracted"
    # Those of the settings, and those that a comment marks in the source.
    for function in sorted(path.name for path in (out / "functions").iterdir()):
        to = out / "target" / "lambda" / function
        to.mkdir(parents=True)
        shutil.copy(next(args.zips.rglob(f"{function}/bootstrap.zip")), to)
    folder = out / "deploy"
    with_modules(tools, folder / "cdk")
    lint_sam(score, tools, folder, env)
    lint_terraform(score, tools, folder / "terraform", env)
    lint_files(score, tools, folder, env)
    with MiniStack(tools, work / "cloud") as stack:
        env = {
            **env, "AWS_ENDPOINT_URL": stack.url, "AWS_ENDPOINT_URL_S3": stack.url, "LOG_LEVEL": "info",
            "CDK_DEFAULT_ACCOUNT": ACCOUNT, "CDK_DEFAULT_REGION": REGION,
        }
        command = [
            tools.sam, "deploy", "--config-env", "sam", "--no-confirm-changeset", "--parameter-overrides", "Stage=sam",
            "LogLevel=info",
        ]
        before = set(stack.names())
        status, said = run(command, folder, env)
        score.check(status == 0, "sam deploy", said)
        tried(score, stack, "SAM", before)
        if tools.has_npm:
            deployed_by_node(score, tools, stack, folder, env)
        before = set(stack.names())
        for function in ("render-invoice", "split-evenly"):
            command = [
                tools.cargo_lambda, "lambda", "deploy", "--binary-name", function, "--region", REGION, "--role",
                f"arn:aws:iam::{ACCOUNT}:role/function", f"plain-{function}",
            ]
            # rustup looks for its toolchains at home.
            status, said = run(command, out, {**env, "HOME": str(pathlib.Path.home())})
            score.check(status == 0, f"cargo lambda deploy {function}", said)
        tried(score, stack, "cargo-lambda", before)
        made = stack.get("/2015-03-31/functions/plain-render-invoice/configuration")
        found = (made["MemorySize"], made["Timeout"])
        score.check(found == (512, 20), "cargo-lambda reads the manifest's settings", f"{found}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=pathlib.Path, required=True, help="a folder that is not there yet")
    parser.add_argument("--extract", type=pathlib.Path, help="the program; without it only expected texts are looked at")
    parser.add_argument("--monolith", type=pathlib.Path, default=REPO / "examples" / "shop")
    parser.add_argument("--zips", type=pathlib.Path, help="where NAME/bootstrap.zip lies")
    args = parser.parse_args()
    args.work = args.work.resolve()
    args.work.mkdir(parents=True)
    score, tools = Score(), Tools()
    clean = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    env = {
        **clean, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION, "SAM_CLI_TELEMETRY": "0", "NODE_NO_WARNINGS": "1", "CI": "true",
        "CDK_DISABLE_VERSION_CHECK": "1", "SLS_TELEMETRY_DISABLED": "1", "HOME": str(args.work / "home"),
        # The programs from npm look for the node that was installed for them.
        "PATH": f"{tools.venv}{os.pathsep}{os.environ['PATH']}",
    }
    start = time.monotonic()
    expected(score, tools, args.work, env)
    if args.extract:
        deployed(score, tools, args, args.work, env)
    print(f"----  {time.monotonic() - start:.0f} s, {score.failed} failed", flush=True)
    return 1 if score.failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as why:
        sys.exit(f"FAIL  {why}")
