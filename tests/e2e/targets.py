#!/usr/bin/env python3
"""Functions on other platforms than Lambda, over HTTP.

`gcp`: the program on `PORT`, driven with plain requests and by the CloudEvents SDK, in binary and in structured mode.
`azure`: the program on `FUNCTIONS_CUSTOMHANDLER_PORT`, driven with payloads in the form in which the Functions host
sends them. The host itself is not run: it cannot be installed without a download of its own.
"""

import base64
import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import cloud
from harness import Stop, free_ports, is_error, main, run, short, split

EUR = {"minor": 100, "currency": "EUR"}
RIGHT = {"total": EUR, "parts": 3}
ANSWER = [{"minor": minor, "currency": "EUR"} for minor in (34, 33, 33)]
HTTP = ["http", "sqs", "eventbridge"]
FACTS = ["--bind", "password=s3:key", "--bind", "hash=s3:bucket", "--bind", "password=schedule:time",
         "--bind", "hash=schedule:rule", "--retry-on", "Hash"]


class Server:
    """A function's program, on a port of its own."""

    def __init__(self, program, variable):
        self.program, self.variable = program, variable

    def __enter__(self):
        (self.port,) = free_ports(1)
        self.process = subprocess.Popen([self.program], env={**os.environ, self.variable: str(self.port)},
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise Stop(f"{self.program} does not listen: {self.process.communicate()[0]!r}")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait(5)

    def stop(self):
        """The exit status after the signal with which platforms stop a process."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(10)

    def post(self, path, headers, body):
        """The status and the answer."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=body, headers=headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, json.loads(response.read())
        except urllib.error.HTTPError as response:
            return response.status, json.loads(response.read())


def build(args, work, monolith, target):
    """The programs of a cut for the target, by function."""
    output = split(args, work, monolith, ["--target", target, "--no-tests", "--entry", "split_evenly",
                                          "--trigger", ",".join(HTTP)], target)
    facts = split(args, work, monolith, ["--target", target, "--no-tests", "--entry", "verify_password",
                                         "--trigger", "s3,schedule", *FACTS], f"{target}-facts")
    env = {**os.environ, "CARGO_TARGET_DIR": str(work / "targets")}
    for made in (output, facts):
        run(f"cargo build of {made.name}", ["cargo", "build", "--locked"], cwd=made, env=env)
    programs = work / "targets" / "debug"
    return output, programs / "split-evenly", programs / "verify-password"


def plain(score, server, target):
    """What an HTTP request can say."""
    headers = {"Content-Type": "application/json"}
    post = lambda path, body: server.post(path, headers, json.dumps(body).encode())
    status, answer = post("/", RIGHT)
    score.check((status, answer) == (200, ANSWER), f"{target}: a request", f"got {status} {short(answer)}")
    status, answer = post("/?parts=3", {"total": EUR})
    score.check((status, answer) == (200, ANSWER), f"{target}: a parameter of the query", f"got {status} {short(answer)}")
    status, answer = post("/", {"total": EUR})
    names = is_error(answer) and "parts" in answer["errorMessage"]
    score.check(status == 400 and names, f"{target}: a missing field is named", f"got {status} {short(answer)}")
    status, answer = post("/", {"total": EUR, "parts": 0})
    score.check(status == 500 and is_error(answer), f"{target}: a panic", f"got {status} {short(answer)}")
    status, answer = server.post("/", headers, b"\xff\xfe")
    score.check(status == 400 and is_error(answer), f"{target}: a body that is no text", f"got {status} {short(answer)}")
    status, answer = post("/", RIGHT)
    score.check((status, answer) == (200, ANSWER), f"{target}: a good call after all that", f"got {status} {short(answer)}")


def gcp(score, work, args, monolith):
    from cloudevents.conversion import to_binary, to_structured
    from cloudevents.http import CloudEvent

    _, program, facts = build(args, work, monolith, "gcp")
    with Server(program, "PORT") as server:
        plain(score, server, "gcp")
        for mode, write in (("binary", to_binary), ("structured", to_structured)):
            event = CloudEvent({"type": "shop.split", "source": "//shop"}, RIGHT)
            status, answer = server.post("/", *write(event))
            score.check((status, answer) == (200, ANSWER), f"gcp: an event, {mode}", f"got {status} {short(answer)}")
            data = base64.b64encode(json.dumps(RIGHT).encode()).decode()
            message = {"message": {"data": data, "messageId": "7", "attributes": {"a": "b"}}, "subscription": "s"}
            kind = "google.cloud.pubsub.topic.v1.messagePublished"
            event = CloudEvent({"type": kind, "source": "//pubsub.googleapis.com/projects/p/topics/t"}, message)
            status, answer = server.post("/", *write(event))
            score.check((status, answer) == (200, ANSWER), f"gcp: a message of Pub/Sub, {mode}", f"got {status} {short(answer)}")
        event = CloudEvent({"type": kind, "source": "//x"}, {"message": {"data": "?"}})
        status, answer = server.post("/", *to_binary(event))
        score.check(status == 400 and is_error(answer), "gcp: a message that is no base64", f"got {status} {short(answer)}")
        score.check(server.stop() == 0, "gcp: ends when it is told to")
    with Server(facts, "PORT") as server:
        event = CloudEvent({"type": "google.cloud.storage.object.v1.finalized", "source": "//storage"},
                           {"bucket": "no hash", "name": "a key"})
        status, answer = server.post("/", *to_binary(event))
        wrong = is_error(answer) and answer["errorType"] == "PasswordError.Hash"
        score.check(status == 503 and wrong, "gcp: an object's bucket and key", f"got {status} {short(answer)}")
        scheduled = {"X-CloudScheduler-ScheduleTime": "2026-03-01T08:00:00Z", "X-CloudScheduler-JobName": "nightly"}
        status, answer = server.post("/", scheduled, b"")
        wrong = is_error(answer) and answer["errorType"] == "PasswordError.Hash"
        score.check(status == 503 and wrong, "gcp: a schedule's time and job", f"got {status} {short(answer)}")
        status, answer = server.post("/", {"Content-Type": "application/json"}, json.dumps(RIGHT).encode())
        score.check(status == 400, "gcp: a request where only events are taken", f"got {status} {short(answer)}")


def azure(score, work, args, monolith):
    output, program, facts = build(args, work, monolith, "azure")
    folder = output / "functions" / "split-evenly" / "azure"
    host = json.loads((folder / "host.json").read_text())
    names = sorted(path.parent.name for path in folder.glob("*/function.json"))
    wanted = ["split-evenly-event", "split-evenly-http", "split-evenly-queue"]
    runs = host["customHandler"]["description"]["defaultExecutablePath"] == "split-evenly"
    score.check(names == wanted and runs, "azure: the host's files", f"got {names} {host}")
    json_type = {"Content-Type": "application/json"}

    def post(server, function, data, metadata=None):
        body = {"Data": data, "Metadata": metadata or {}}
        return server.post(f"/{function}", json_type, json.dumps(body).encode())

    with Server(program, "FUNCTIONS_CUSTOMHANDLER_PORT") as server:
        def request(body, query=None):
            req = {"Url": "http://h/api/x", "Method": "POST", "Query": query or {}, "Params": {},
                   "Headers": {"Content-Type": ["application/json"]}, "Body": body}
            status, answer = post(server, "split-evenly-http", {"req": req})
            res = answer["Outputs"]["res"]
            return status, res["statusCode"], json.loads(res["body"])

        got = request(json.dumps(RIGHT))
        score.check(got == (200, 200, ANSWER), "azure: a request", f"got {got}")
        got = request(json.dumps({"total": EUR}), {"parts": "3"})
        score.check(got == (200, 200, ANSWER), "azure: a parameter of the query", f"got {got}")
        got = request("{}")
        score.check(got[:2] == (200, 400) and is_error(got[2]), "azure: a missing field", f"got {got}")
        got = request(json.dumps({"total": EUR, "parts": 0}))
        score.check(got[:2] == (200, 500) and is_error(got[2]), "azure: a panic", f"got {got}")
        for label, message in (("text", json.dumps(RIGHT)), ("text in JSON", json.dumps(json.dumps(RIGHT))), ("JSON", RIGHT)):
            status, answer = post(server, "split-evenly-queue", {"message": message}, {"Id": '"7"'})
            right = status == 200 and answer["ReturnValue"] == ANSWER
            score.check(right, f"azure: a message of a queue, {label}", f"got {status} {short(answer)}")
        status, answer = post(server, "split-evenly-queue", {"message": "no JSON"})
        score.check(status == 500 and is_error(answer), "azure: a bad message fails, and comes again", f"got {status} {short(answer)}")
        event = {"id": "1", "topic": "/t", "eventType": "Split", "eventTime": "2026-03-01T08:00:00Z", "data": RIGHT}
        status, answer = post(server, "split-evenly-event", {"event": event})
        right = status == 200 and answer["ReturnValue"] == ANSWER
        score.check(right, "azure: an event of Event Grid", f"got {status} {short(answer)}")
        status, answer = post(server, "split-evenly-timer", {})
        score.check(status == 500 and is_error(answer), "azure: a trigger that it has not", f"got {status} {short(answer)}")
        score.check(server.stop() == 0, "azure: ends when it is told to")
    with Server(facts, "FUNCTIONS_CUSTOMHANDLER_PORT") as server:
        for label, function, metadata in (
            ("a blob's container and name", "blob", {"BlobTrigger": '"box/a key"', "Uri": '"https://s/box/a%20key"'}),
            ("a timer's time", "timer", {"sys": {"MethodName": "nightly", "UtcNow": "2026-03-01T08:00:00Z"}}),
        ):
            status, answer = post(server, f"verify-password-{function}", {}, metadata)
            wrong = is_error(answer) and answer["errorType"] == "PasswordError.Hash"
            score.check(status == 500 and wrong, f"azure: {label}", f"got {status} {short(answer)}")


def test(args, work, score):
    gcp(score, work, args, args.monolith)
    azure(score, work, args, args.monolith)


if __name__ == "__main__":
    cloud.with_boto3()
    sys.exit(main(__doc__, test))
