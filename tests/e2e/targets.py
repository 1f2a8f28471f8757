#!/usr/bin/env python3
"""Functions on other platforms than Lambda, over HTTP.

`gcp`: the program on `PORT`, driven with plain requests and by the CloudEvents SDK, in binary and in structured mode;
changes of documents are written by Google's own types of events.
`azure`: the program on `FUNCTIONS_CUSTOMHANDLER_PORT`, driven with payloads in the form in which the Functions host
sends them. The host itself is not run: it cannot be installed without a download of its own.
"""

import base64
import contextlib
import datetime
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import cloud
from harness import HERE, Stop, free_ports, is_error, main, run, short, split

EUR = {"minor": 100, "currency": "EUR"}
RIGHT = {"total": EUR, "parts": 3}
ANSWER = [{"minor": minor, "currency": "EUR"} for minor in (34, 33, 33)]
HTTP = ["http", "sqs", "eventbridge"]
FACTS = ["--bind", "password=s3:key", "--bind", "hash=s3:bucket", "--bind", "password=schedule:time",
         "--bind", "hash=schedule:rule", "--retry-on", "Hash"]


class Server:
    """A function's program, on a port of its own."""

    def __init__(self, program, variable, **more):
        self.program, self.variable, self.more = program, variable, more

    def __enter__(self):
        (self.port,) = free_ports(1)
        self.process = subprocess.Popen([self.program], env={**os.environ, self.variable: str(self.port), **self.more},
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

    def ask(self, path, headers, body):
        """The status, the type of the answer and its bytes."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=body, headers=headers, method="POST")
        try:
            response = urllib.request.urlopen(request, timeout=30)
        except urllib.error.HTTPError as failed:
            response = failed
        with response:
            return response.status, response.headers.get("Content-Type"), response.read()

    def post(self, path, headers, body):
        """The status and the answer."""
        status, _, answer = self.ask(path, headers, body)
        return status, json.loads(answer)


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


def desk(args, work, target, kinds):
    """The output for functions of the small monolith, and where their programs are."""
    monolith = work / f"desk-{target}"
    shutil.rmtree(monolith, ignore_errors=True)
    shutil.copytree(HERE / "desk", monolith, ignore=shutil.ignore_patterns("target"))
    entries = [
        ("keep", kinds, {"item": "dynamodb:new"}), ("badge", ["http"], {"return": "content-type:image/svg+xml"}),
        ("hold", ["http"], {}),
    ]
    if target == "gcp":
        entries.append(("follow", ["dynamodb"], {"kind": "dynamodb:event-name", "keys": "const:null", "new": "dynamodb:new",
                                                 "old": "dynamodb:old"}))
        entries.append(("stamp", ["http"], {"return": "content-type:image/x-stamp"}))
    text = lambda values: "{ " + ", ".join(f"{name} = {json.dumps(value)}" for name, value in values.items()) + " }"
    (monolith / "extract.toml").write_text("".join(
        f"[[entry]]\npath = \"desk::{name}\"\ntriggers = {json.dumps(triggers)}\nbind = {text(bind)}\n\n"
        for name, triggers, bind in entries))
    output = split(args, work, monolith, ["--target", target, "--no-tests"], f"{target}-desk")
    env = {**os.environ, "CARGO_TARGET_DIR": str(work / "targets"), "RUSTFLAGS": "-Dwarnings"}
    run(f"cargo build of {output.name}", ["cargo", "build", "--locked"], cwd=output, env=env)
    return output, work / "targets" / "debug"


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


def documents(score, work, args):
    """Changes of documents in Firestore."""
    from cloudevents.conversion import to_binary, to_structured
    from cloudevents.http import CloudEvent
    from google.events.cloud import firestore_v1 as firestore
    from google.type import latlng_pb2

    _, programs = desk(args, work, "gcp", ["dynamodb:insert", "dynamodb:modify"])
    value = lambda **of: firestore.Value(**of)
    document = lambda **of: firestore.Document(name="projects/p/databases/(default)/documents/orders/7", fields=of)
    when = datetime.datetime(2026, 3, 1, 8, 0, 0, 250_000, tzinfo=datetime.timezone.utc)
    full = document(
        id=value(string_value="7"), pieces=value(integer_value=2**53 + 1), weight=value(double_value=1.5),
        paid=value(boolean_value=True), none=value(null_value=0), at=value(timestamp_value=when),
        seal=value(bytes_value=b"\x00\xff"), of=value(reference_value="projects/p/databases/d/documents/a/b"),
        where=value(geo_point_value=latlng_pb2.LatLng(latitude=52.5, longitude=13.25)),
        tags=value(array_value=firestore.ArrayValue(values=[value(string_value="a"), value(integer_value=-1)])),
        deep=value(map_value=firestore.MapValue(fields={"x": value(map_value=firestore.MapValue(fields={}))})))
    wanted = {"id": "7", "pieces": 2**53 + 1, "weight": 1.5, "paid": True, "none": None, "at": "2026-03-01T08:00:00.250Z",
              "seal": "AP8=", "of": "projects/p/databases/d/documents/a/b", "where": {"latitude": 52.5, "longitude": 13.25},
              "tags": ["a", -1], "deep": {"x": {}}}
    small = document(id=value(string_value="7"))

    def event(kind, **data):
        data = firestore.DocumentEventData.serialize(firestore.DocumentEventData(**data))
        about = {"type": f"google.cloud.firestore.document.v1.{kind}", "source": "//firestore.googleapis.com/x",
                 "datacontenttype": "application/protobuf", "document": "orders/7"}
        return CloudEvent(about, data)

    def sent(server, event, mode=to_binary):
        headers, body = mode(event)
        if mode is to_binary:
            headers["content-type"] = "application/protobuf"
        status, _, answer = server.ask("/", headers, body)
        return status, json.loads(answer) if answer else None

    book = work / "gcp-book.jsonl"
    book.unlink(missing_ok=True)
    lines = lambda: [json.loads(line)["with"] for line in book.read_text().splitlines()] if book.exists() else []
    with Server(programs / "follow", "PORT", DESK_BOOK=str(book)) as server:
        got = [sent(server, event("created", value=full)), sent(server, event("written", value=full, old_value=small), to_structured),
               sent(server, event("deleted.withAuthContext", old_value=small))]
        score.check([status for status, _ in got] == [200, 200, 200], "gcp: changes of documents", f"got {got}")
        noted = [(line["kind"], line["new"], line["old"]) for line in lines()]
        right = noted == [("INSERT", wanted, None), ("MODIFY", wanted, {"id": "7"}), ("REMOVE", None, {"id": "7"})]
        score.check(right, "gcp: what documents are, before and after", short(noted))
        bad = document(id=value(string_value="bad"))
        status, answer = sent(server, event("created", value=bad))
        right = status == 422 and is_error(answer) and answer["errorType"] == "Follow.NotForUs"
        score.check(right, "gcp: a document that is refused", f"got {status} {short(answer)}")
        for label, data in (("no protocol buffer", b"{}"), ("no document", b"")):
            about = {"type": "google.cloud.firestore.document.v1.written", "source": "//x"}
            status, answer = sent(server, CloudEvent(about, data))
            score.check(status == 400 and is_error(answer), f"gcp: a change with {label}", f"got {status} {short(answer)}")
    book.unlink(missing_ok=True)
    with Server(programs / "keep", "PORT", DESK_BOOK=str(book)) as server:
        got = [sent(server, event("written", old_value=small)), sent(server, event("written", value=small))]
        right = got == [(204, None), (200, 1)] and lines() == [{"item": {"id": "7"}}]
        score.check(right, "gcp: the kinds of changes that were said, and no other", f"got {got} {lines()}")
    json_type = {"Content-Type": "application/json"}
    named = lambda name: json.dumps({"name": name}).encode()
    with Server(programs / "badge", "PORT") as server:
        status, kind, body = server.ask("/", json_type, named("Eva"))
        right = (status, kind) == (200, "image/svg+xml") and body.startswith(b"<svg")
        score.check(right, "gcp: text of its own type", f"got {status} {kind} {body[:60]}")
        status, kind, body = server.ask("/", json_type, b"{}")
        score.check((status, kind) == (400, "application/json"), "gcp: an error is JSON all the same", f"got {status} {kind}")
    with Server(programs / "stamp", "PORT") as server:
        got = server.ask("/", json_type, named("Eva"))
        score.check(got == (200, "image/x-stamp", b"\x00\xffEva"), "gcp: bytes as they are", f"got {got}")
        status, _, body = server.ask("/", json_type, named(""))
        score.check((status, body) == (404, b"null"), "gcp: no bytes are not found", f"got {status} {body}")
    with Server(programs / "hold", "PORT") as server:
        got = server.post("/", json_type, named("Eva"))
        score.check(got == (200, "held Eva"), "gcp: a future that stays on its thread", f"got {got}")


def feed(score, work, args):
    """The change feed of Cosmos DB."""
    output, programs = desk(args, work, "azure", ["dynamodb"])
    function = json.loads((output / "functions" / "keep" / "azure" / "keep-change" / "function.json").read_text())
    (binding,) = function["bindings"]
    right = binding["type"] == "cosmosDBTrigger" and binding["name"] == "documents" and function["retry"]["maxRetryCount"] == -1
    score.check(right, "azure: the host's file of a change feed", short(function))
    json_type = {"Content-Type": "application/json"}
    book = work / "azure-book.jsonl"
    book.unlink(missing_ok=True)
    lines = lambda: [json.loads(line)["with"]["item"] for line in book.read_text().splitlines()] if book.exists() else []
    items = [{"id": str(at), "_rid": f"r{at}", "_etag": "\"e\"", "_ts": 1} for at in range(2)]
    with Server(programs / "keep", "FUNCTIONS_CUSTOMHANDLER_PORT", DESK_BOOK=str(book)) as server:
        def post(data):
            body = json.dumps({"Data": data, "Metadata": {"sys": {"MethodName": "keep-change"}}}).encode()
            return server.post("/keep-change", json_type, body)

        for label, written in (("text", json.dumps(items)), ("text in JSON", json.dumps(json.dumps(items))), ("JSON", items)):
            book.unlink(missing_ok=True)
            status, answer = post({"documents": written})
            right = status == 200 and answer["ReturnValue"] == [1, 1] and lines() == items
            score.check(right, f"azure: documents of a change feed, {label}", f"got {status} {short(answer)} {lines()}")
        status, answer = post({"documents": "[]"})
        score.check(status == 200 and answer["ReturnValue"] == [], "azure: no documents", f"got {status} {short(answer)}")
        for data in ({"documents": "no JSON"}, {}):
            status, answer = post(data)
            score.check(status == 500 and is_error(answer), "azure: what is no list of documents fails", f"got {status} {short(answer)}")

    def request(program, name):
        with Server(programs / program, "FUNCTIONS_CUSTOMHANDLER_PORT") as server:
            req = {"Url": "http://h/api/x", "Method": "POST", "Query": {}, "Params": {}, "Headers": {}, "Body": json.dumps(name)}
            status, answer = server.post(f"/{program}-http", json_type, json.dumps({"Data": {"req": req}, "Metadata": {}}).encode())
            res = answer["Outputs"]["res"]
            return res["statusCode"], res["headers"]["Content-Type"], res["body"]

    got = request("badge", {"name": "Eva"})
    score.check(got[:2] == (200, "image/svg+xml") and got[2].startswith("<svg"), "azure: text of its own type", f"got {got}")
    got = request("badge", {})
    score.check(got[:2] == (400, "application/json"), "azure: an error is JSON all the same", f"got {got}")
    got = request("hold", {"name": "Eva"})
    score.check((got[0], got[2]) == (200, '"held Eva"'), "azure: a future that stays on its thread", f"got {got}")


def test(args, work, score):
    gcp(score, work, args, args.monolith)
    documents(score, work, args)
    azure(score, work, args, args.monolith)
    feed(score, work, args)


if __name__ == "__main__":
    cloud.with_boto3()
    sys.exit(main(__doc__, test))
