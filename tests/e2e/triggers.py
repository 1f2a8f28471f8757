#!/usr/bin/env python3
"""The end-to-end test of triggers: what services send, at the functions of the small monolith in `desk/`.

At the Runtime Interface Emulator every event that `aws_lambda_events` has a sample of is sent to every function: the
function takes what its triggers send and refuses all else. Then real senders: MiniStack's SNS, SQS, S3, DynamoDB
streams, EventBridge, Function URL and API Gateway. What a function was called with stands in the desk's book.
See README.md beside this file.
"""

import base64
import json
import pathlib
import shutil
import struct
import subprocess
import sys
import urllib.parse

import cloud
import shop
from harness import HERE, Emulator, Stop, Tools, is_error, main, package, short, split

# What each function takes; `desk/extract.toml` says the same.
TAKES = {
    "take-order": {"direct", "http", "sns", "sqs", "eventbridge", "schedule"},
    "hear": {"sns", "sqs"},
    "serve": {"http"},
    "store": {"s3"},
    "follow": {"dynamodb"},
    "keep": {"dynamodb"},
    "pushed": {"codecommit"},
    "happened": {"eventbridge", "schedule"},
    "tick": {"schedule"},
    "greet": {"direct"},
    "badge": {"http"},
}


class Book:
    """What the functions were called with."""

    def __init__(self, path):
        self.path = path
        path.unlink(missing_ok=True)

    def lines(self):
        return [json.loads(line)["with"] for line in self.path.read_text().splitlines()] if self.path.exists() else []

    def take(self):
        """The lines so far, which are forgotten."""
        lines = self.lines()
        self.path.unlink(missing_ok=True)
        return lines


def sender(event):
    """The trigger that sends such an event."""
    if not isinstance(event, dict):
        return "direct"
    if isinstance(records := event.get("Records"), list):
        first = records[0] if records else {}
        source = first.get("eventSource", first.get("EventSource", ""))
        return source.removeprefix("aws:")
    if isinstance(event.get("requestContext"), dict):
        return "http"
    if "detail" in event and "detail-type" in event:
        return "schedule" if event["detail-type"] == "Scheduled Event" else "eventbridge"
    return "direct"


def is_request(event):
    """Whether it is a whole HTTP request, and no authorizer's question or websocket's message."""
    return event.get("type") != "REQUEST" and ("rawPath" in event or {"httpMethod", "path"} <= event.keys())


def header(event, wanted):
    lists = {name: values[-1] for name, values in (event.get("multiValueHeaders") or {}).items()}
    found = {**(event.get("headers") or {}), **lists}
    return next((value for name, value in found.items() if name.lower() == wanted), None)


class Anything(str):
    """Equals all."""

    __hash__ = str.__hash__

    def __eq__(self, other):
        return True


def item(image):
    """An item of DynamoDB as JSON."""
    return {name: plain(value) for name, value in image.items()} if image else None


def plain(value):
    """An attribute of DynamoDB as JSON; bytes have a form that is the function's own."""
    ((kind, inner),) = value.items()
    match kind:
        case "S" | "BOOL" | "SS":
            return inner
        case "N":
            return float(inner)
        case "NULL":
            return None
        case "M":
            return {name: plain(one) for name, one in inner.items()}
        case "L":
            return [plain(one) for one in inner]
        case "NS":
            return [float(one) for one in inner]
        case _:
            return Anything("…")


def expected(function, event):
    """What stands in the book after the event; `None` where that is not worked out here."""
    records = event.get("Records", [])
    match function:
        case "hear":
            return [record["Sns"]["Message"] if "Sns" in record else record["body"] for record in records]
        case "store":
            return [{"bucket": one["s3"]["bucket"]["name"], "key": urllib.parse.unquote_plus(one["s3"]["object"]["key"]),
                     "event": one["eventName"]} for one in records]
        case "pushed":
            return [{"repository": one["eventSourceARN"].rpartition(":")[2],
                     "references": [ref["ref"] for ref in one["codecommit"]["references"]],
                     "commit": one["codecommit"]["references"][0]["commit"]} for one in records]
        case "follow":
            return [{"kind": one["eventName"], "keys": item(one["dynamodb"].get("Keys")),
                     "new": item(one["dynamodb"].get("NewImage")), "old": item(one["dynamodb"].get("OldImage"))}
                    for one in records]
        case "keep":
            of = [one for one in records if one["eventName"] != "REMOVE" and one["dynamodb"].get("NewImage")]
            return [{"item": item(one["dynamodb"]["NewImage"])} for one in of]
        case "happened":
            return [{"source": event["source"], "kind": event["detail-type"], "detail": event["detail"]}]
        case "tick":
            return [{"time": event["time"], "rule": event["resources"][0]}]
        case "serve" if is_request(event):
            context = event["requestContext"].get("http", {})
            return [{"method": event.get("httpMethod") or context["method"], "path": event.get("rawPath") or event["path"],
                     "agent": header(event, "user-agent")}]
    return None


def noted(function, lines):
    """The book in the form of `expected`."""
    return [line["text"] for line in lines] if function == "hear" else lines


def samples(output):
    """The events that `aws_lambda_events` is tested with, by name."""
    asked = subprocess.run(["cargo", "metadata", "--format-version", "1", "--locked"], cwd=output, capture_output=True,
                           text=True, check=True)
    (crate,) = [p for p in json.loads(asked.stdout)["packages"] if p["name"] == "aws_lambda_events"]
    folder = pathlib.Path(crate["manifest_path"]).parent / "src" / "fixtures"
    return {path.stem.removeprefix("example-"): json.loads(path.read_bytes()) for path in sorted(folder.glob("*.json"))}


def play_samples(score, tools, work, function, program, events):
    """Every sample at one function."""
    book = Book(work / f"{function}.book")
    taken = refused = 0
    wrong = []
    with Emulator(tools, program, DESK_BOOK=book.path, DESK_GREETING="Hello") as emulator:
        for name, event in events.items():
            answer = emulator.invoke(json.dumps(event).encode())
            lines = noted(function, book.take())
            if sender(event) not in TAKES[function]:
                refused += 1
                if lines or not is_error(answer):
                    wrong.append(f"{name} is not refused: {short(answer)}, {short(lines)}")
                continue
            wanted = expected(function, event)
            if wanted is None:
                continue
            taken += 1
            if lines != wanted:
                wrong.append(f"{name}: called with {short(lines)}, not {short(wanted)}; answered {short(answer)}")
    score.check(not wrong, f"{function}: takes {taken} samples and refuses {refused}", "\n      ".join(wrong))


def order(name, pieces=2):
    return {"order": name, "pieces": pieces}


def queued(*bodies, **more):
    """An event of SQS."""
    record = {"receiptHandle": "r", "attributes": {}, "messageAttributes": {}, "md5OfBody": "", "eventSource": "aws:sqs",
              "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:q", "awsRegion": "us-east-1"}
    return {"Records": [{**record, "messageId": f"m{at}", "body": body if isinstance(body, str) else json.dumps(body), **more}
                        for at, body in enumerate(bodies)]}


def asked(body=None, encoded=False, path="/", method="POST", query=""):
    """An event of an HTTP API."""
    return {"version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query, "headers": {},
            "requestContext": {"http": {"method": method, "path": "/"}, "requestId": "id", "stage": "$default"},
            "body": body, "isBase64Encoded": encoded}


def failures_of(answer):
    return [one["itemIdentifier"] for one in answer.get("batchItemFailures", [])]


def play_edges(score, tools, work, programs):
    """Events at the edge: too many, too large, too late, and none at all."""
    book = Book(work / "edges.book")
    with Emulator(tools, programs["take-order"], DESK_BOOK=book.path) as emulator:
        def say(event):
            return emulator.invoke(event if isinstance(event, bytes) else json.dumps(event).encode())

        answer = say(order("a"))
        score.check(answer == {"order": "a", "cents": 500}, "direct: the answer", short(answer))
        answer = say(order("a", 0))
        refused = {"errorType": "OrderError.Empty", "errorMessage": "order a is for nothing"}
        score.check(is_error(answer) and answer.items() >= refused.items(), "direct: a refusal, by its variant", short(answer))
        answer = say(order("busy"))
        score.check(is_error(answer) and answer["errorType"] == "OrderError.Busy", "direct: one that may pass", short(answer))
        answer = say(b"{")
        score.check(is_error(answer), "an event that is no JSON: a function error", short(answer))
        answer = say({"Records": []})
        score.check(answer == {"batchItemFailures": []}, "an empty batch: nothing failed", short(answer))

        batch = queued(*[order(f"o{at}", 0 if at in (3, 7) else 1) for at in range(9)], "no JSON", order("x", 2_000_000))
        book.take()
        answer = say(batch)
        score.check(failures_of(answer) == ["m3", "m7", "m9", "m10"], "sqs: those that failed are named, a panic too", short(answer))
        score.check(len(book.take()) == 10, "sqs: each that can be read is called once")
        answer = say(queued(order("busy"), order("a", 0)))
        told = [(line["record"], line["errorType"], line["transient"]) for line in emulator.told('"transient"')[-2:]]
        wanted = [("m0", "OrderError.Busy", True), ("m1", "OrderError.Empty", False)]
        score.check(failures_of(answer) == ["m0", "m1"] and told == wanted, "sqs: the log says which failure may pass", short(told))
        many = queued(*[order(f"o{at}", at % 100) for at in range(10_000)])
        answer = say(many)
        wanted = [f"m{at}" for at in range(0, 10_000, 100)]
        score.check(failures_of(answer) == wanted, "sqs: 10,000 records, 100 of them bad", short(answer))
        first_in = queued(order("a"), order("b", 0), order("c"), attributes={"MessageGroupId": "g"})
        book.take()
        answer = say(first_in)
        called = [line["order"] for line in book.take()]
        score.check(failures_of(answer) == ["m1", "m2"] and called == ["a", "b"], "fifo: what follows a failure waits", short(answer))

        answer = say(asked(json.dumps(order("a"))))
        told = json.loads(answer.get("body", "null"))
        score.check(answer.get("statusCode") == 200 and told == {"order": "a", "cents": 500}, "http: the answer", short(answer))
        for label, event, status in [
            ("no JSON", asked("{"), 400),
            ("bytes that are no text", asked("gICA", encoded=True), 400),
            ("text that is no base64", asked("%%", encoded=True), 400),
            ("a field that is missing", asked('{"order": "a"}'), 400),
            ("a refusal", asked(json.dumps(order("a", 0))), 422),
            ("a refusal that may pass", asked(json.dumps(order("busy"))), 503),
        ]:
            answer = say(event)
            score.check(answer.get("statusCode") == status, f"http: {label}: {status}", short(answer))
        answer = say(asked(json.dumps(order("a", 2_000_000))))
        score.check(is_error(answer), "http: a panic is a function error", short(answer))
        answer = say(order("z"))
        score.check(answer == {"order": "z", "cents": 500}, "and the function still serves", short(answer))

    with Emulator(tools, programs["serve"], DESK_BOOK=book.path) as emulator:
        # Each quote is two bytes in the event and four in the answer.
        answer = emulator.invoke(json.dumps(asked(path="/" + '"' * 2_500_000, method="GET")).encode())
        score.check(is_error(answer) and "TooLarge" in answer["errorType"], "an answer over 6 MB", short(answer))

    with Emulator(tools, programs["keep"], DESK_BOOK=book.path) as emulator:
        book.take()
        record = {"eventVersion": "1.1", "eventSource": "aws:dynamodb", "awsRegion": "us-east-1", "eventSourceARN": "arn"}
        image = {"NewImage": {"id": {"S": "1"}}}
        changes = [("INSERT", image), ("REMOVE", {"OldImage": {"id": {"S": "1"}}}), ("REMOVE", image), ("MODIFY", {})]
        event = {"Records": [{**record, "eventID": f"e{at}", "eventName": name,
                              "dynamodb": {"Keys": {"id": {"S": "1"}}, "SequenceNumber": str(at), "SizeBytes": 1,
                              "StreamViewType": "NEW_IMAGE", "ApproximateCreationDateTime": 1, **more}}
                             for at, (name, more) in enumerate(changes)]}
        answer = emulator.invoke(json.dumps(event).encode())
        score.check(answer == {"batchItemFailures": []} and book.take() == [{"item": {"id": "1"}}],
                    "dynamodb: the kinds that were said, and no other", short(answer))
        told = [(line["record"], line["message"].rpartition(": ")[2]) for line in emulator.told("passed over")]
        other = "the function takes other kinds of changes"
        wanted = [("e1", other), ("e2", other), ("e3", "it has no new image")]
        score.check(told == wanted, "dynamodb: what is passed over is told, once a record", short(told))

    with Emulator(tools, programs["badge"]) as emulator:
        answer = emulator.invoke(json.dumps(asked('{"name": "Ann"}')).encode())
        right = (answer.get("headers", {}).get("content-type"), answer.get("body", "")[:4]) == ("image/svg+xml", "<svg")
        score.check(right and not answer.get("isBase64Encoded"), "http: text of a type is itself", short(answer))
        answer = emulator.invoke(json.dumps(asked("{")).encode())
        right = (answer.get("statusCode"), answer.get("headers", {}).get("content-type")) == (400, "application/json")
        score.check(right, "http: a failure is JSON all the same", short(answer))

    with Emulator(tools, programs["take-order"], timeout=1, DESK_BOOK=book.path) as emulator:
        text = emulator.ask(json.dumps(order("slow")).encode())
        score.check("timed out" in text, "a function that takes too long", text[:300])

    with Emulator(tools, programs["greet"], DESK_GREETING="Good morning") as emulator:
        answer = emulator.invoke(b'{"name": "Ann"}')
        score.check(answer == "Good morning, Ann!", "a setting of the environment", short(answer))
    with Emulator(tools, programs["greet"]) as emulator:
        text = emulator.ask(b'{"name": "Ann"}')
        score.check("Ann" not in text and "DESK_GREETING" in emulator.tail(), "a setting that is missing: the start fails, and says why",
                    f"{text[:300]}\n{emulator.tail()}")


def play_cloud(score, work, packages):
    """Real senders."""
    with cloud.MiniStack(work) as stack:
        books = {}
        for name, one in packages.items():
            books[name] = Book(work / f"{name}.cloud.book")
            stack.function(name, one.zip, environment={"DESK_BOOK": str(books[name].path), "DESK_GREETING": "Hello"})
        # The clock needs a minute; what it does is looked at last.
        stack.schedule_with_function("clock", "tick")

        def arrives(label, name, wanted, so_far=lambda lines: lines):
            """Waits until the book says it."""
            try:
                cloud.until(label, lambda: so_far(books[name].lines()) == wanted)
                score.check(True, label)
            except Stop:
                lines = short(so_far(books[name].lines()))
                score.check(False, label, f"the book of {name} says {lines}, not {short(wanted)}\n{stack.tail()}")
            books[name].take()

        topic = stack.topic_with_function("orders", "take-order")
        stack.publish(topic, order("by-sns"))
        arrives("sns: published, and called", "take-order", [order("by-sns")])
        queue, dead = stack.queue_with_function("orders", "take-order")
        stack.send(queue, *[order(f"o{at}", 0 if at == 4 else 1) for at in range(10)])
        try:
            left = stack.receive(dead)
            score.check(left == [order("o4", 0)], "sqs: of ten messages one is bad, and it alone is left", short(left))
            score.check(stack.depth(queue) == 0, "sqs: the queue is empty")
        except Stop as problem:
            score.check(False, "sqs: the bad message is left", f"{problem}\n{stack.tail()}")
        called = [line["order"] for line in books["take-order"].take()]
        wanted = sorted([f"o{at}" for at in range(10)] + ["o4"])
        score.check(sorted(called) == wanted, "sqs: the good ones were called once, the bad one twice", short(called))

        fifo, _ = stack.queue_with_function("lines.fifo", "hear")
        stack.send(fifo, "one", "two", "three", group="g")
        arrives("sqs: a FIFO queue keeps the order", "hear", ["one", "two", "three"],
                lambda lines: [line["text"] for line in lines])

        bucket = stack.bucket_with_function("desk-objects", "store")
        stack.put(bucket, "a folder/Ähre+1.txt", b"x")
        arrives("s3: put, and called with the key as it is", "store",
                [{"bucket": bucket, "key": "a folder/Ähre+1.txt", "event": "ObjectCreated:Put"}])

        # MiniStack forgets what fails after SNS and EventBridge; with S3 it tries again, as AWS does.
        failures = stack.failures("store", retries=1)
        stack.put(bucket, "secret/plan.txt", b"x")
        try:
            (told,) = stack.receive(failures)
            said = (told.get("responsePayload") or {}).get("errorMessage")
            tries = len(books["store"].take())
            score.check(said == "secret/plan.txt is not for this desk" and tries == 2,
                        "s3: a failure is tried again, and arrives at its queue", f"{tries} tries, {short(told)}")
        except Stop as problem:
            score.check(False, "s3: a failure arrives at its queue", f"{problem}\n{stack.tail()}")

        table = stack.table_with_function("desk-items", "follow")
        stack.write(table, id="1", name="pen", price=3)
        stack.write(table, id="1", name="pen", price=4)
        stack.remove(table, id="1")
        pen = {"id": "1", "name": "pen"}
        arrives("dynamodb: three changes, in their order", "follow", [
            {"kind": "INSERT", "keys": {"id": "1"}, "new": {**pen, "price": 3}, "old": None},
            {"kind": "MODIFY", "keys": {"id": "1"}, "new": {**pen, "price": 4}, "old": {**pen, "price": 3}},
            {"kind": "REMOVE", "keys": {"id": "1"}, "new": None, "old": {**pen, "price": 4}},
        ])

        stack.rule_with_function("desk", "happened", {"source": ["shop.desk"]})
        stack.emit("shop.other", "Opened", {"by": "Bob"})
        stack.emit("shop.desk", "Opened", {"by": "Ann"})
        arrives("eventbridge: the rule's event, and no other", "happened",
                [{"source": "shop.desk", "kind": "Opened", "detail": {"by": "Ann"}}])

        for label, url in [("a Function URL", stack.function_url("take-order")),
                           ("an HTTP API", stack.http_api("desk", "take-order")),
                           ("a REST API", stack.rest_api("desk-rest", "take-order"))]:
            status, body = url.call("/orders", order("by-http"))
            right = status == 200 and json.loads(body) == {"order": "by-http", "cents": 500}
            score.check(right, f"http: {label}", f"{status} {body[:300]}")
            status, body = url.call("/orders?pieces=3", {"order": "by-query"})
            score.check(status == 200 and json.loads(body)["cents"] == 750, f"http: {label}, a parameter", f"{status} {body[:300]}")
            status, body = url.call("/orders", order("by-http", 0))
            refused = status == 422 and json.loads(body)["errorMessage"] == "order by-http is for nothing"
            score.check(refused, f"http: {label}, a refusal", f"{status} {body[:300]}")

        try:
            ticks = cloud.until("the clock", books["tick"].lines, 150)
            right = ticks[0]["rule"].endswith(":rule/clock") and ticks[0]["time"].endswith("Z")
            score.check(right, "schedule: called by the clock", short(ticks))
        except Stop as problem:
            score.check(False, "schedule: called by the clock", f"{problem}\n{stack.tail()}")


def play_results(score, tools, args, work):
    """A picture is put into a bucket, and a thumbnail of it lies in another."""
    to = "s3:{env:THUMBS}/small/{s3:key}"
    options = ["--entry", "thumbnail", "--trigger", "s3", "--bind", "max_side=const:48", "--bind", f"return={to}",
               "--bind", "return=content-type:image/png"]
    output = split(args, work, args.monolith, options, "extracted-results")
    made = package(args, tools, work, output)["thumbnail"]
    picture = base64.b64decode(shop.IMAGE["image"])
    with cloud.MiniStack(work) as stack:
        stack.function("thumbnail", made.zip, environment={"THUMBS": "thumbs"})
        stack.bucket("thumbs")
        stack.bucket_with_function("photos", "thumbnail")
        failures = stack.failures("thumbnail")
        stack.put("photos", "a folder/Ähre+1.png", picture)
        try:
            thumbnail = stack.get("thumbs", "small/a folder/Ähre+1.png")
            kind = stack.client("s3").head_object(Bucket="thumbs", Key="small/a folder/Ähre+1.png")["ContentType"]
            sides = struct.unpack(">II", thumbnail[16:24])
            right = thumbnail.startswith(b"\x89PNG") and max(sides) == 48 and kind == "image/png"
            score.check(right, "results: put a picture, and its thumbnail lies in the other bucket", f"{sides} {kind}")
        except Stop as problem:
            score.check(False, "results: the thumbnail lies in the other bucket", f"{problem}\n{stack.tail()}")
        answer, failed = stack.invoke("thumbnail", notified("photos", "a+folder/%C3%84hre%2B1.png"))
        wanted = [{"bucket": "thumbs", "key": "small/a folder/Ähre+1.png"}]
        score.check(not failed and answer == wanted, "results: the answer says where it lies", short(answer))
        # The bucket of the results sends events too, by mistake.
        answer, failed = stack.invoke("thumbnail", notified("thumbs", "small/a.png"))
        right = failed and answer["errorType"] == "Thumbnail.OwnResult"
        score.check(right, "results: an event of a result of its own is a failure, and no circle", short(answer))
        stack.put("photos", "no-picture.png", b"x")
        try:
            (told,) = stack.receive(failures)
            said = (told.get("responsePayload") or {}).get("errorType")
            score.check(said == "ThumbnailError.UnknownFormat", "results: what fails is not put", short(told))
        except Stop as problem:
            score.check(False, "results: a failure arrives at its queue", f"{problem}\n{stack.tail()}")
    unset = made.unpack(work / "results-functions")
    with Emulator(tools, unset) as emulator:
        emulator.ask(json.dumps(notified("photos", "a.png")).encode())
        score.check("THUMBS" in emulator.tail(), "results: without its bucket it does not start, and says why", emulator.tail())


def notified(bucket, key):
    """An event of S3."""
    return {"Records": [{"eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-east-1",
                         "eventTime": "2026-03-01T08:00:00.000Z", "eventName": "ObjectCreated:Put",
                         "userIdentity": {}, "requestParameters": {"sourceIPAddress": "127.0.0.1"}, "responseElements": {},
                         "s3": {"s3SchemaVersion": "1.0", "bucket": {"name": bucket, "ownerIdentity": {}, "arn": f"arn:aws:s3:::{bucket}"},
                                "object": {"key": key, "sequencer": "1"}}}]}


def test(args, work, score):
    tools = Tools()
    monolith = work / "desk"
    shutil.copytree(HERE / "desk", monolith, dirs_exist_ok=True)
    output = split(args, work, monolith, [], "extracted-desk")
    packages = package(args, tools, work, output)
    programs = {name: one.unpack(work / "desk-functions" / name) for name, one in packages.items()}
    score.check(programs.keys() == TAKES.keys(), "every function of the desk is there", str(sorted(programs)))
    events = samples(output)
    for name, program in programs.items():
        try:
            play_samples(score, tools, work, name, program, events)
        except (Stop, OSError) as problem:
            score.check(False, f"{name}: answers every sample", str(problem))
    play_edges(score, tools, work, programs)
    play_cloud(score, work, packages)
    play_results(score, tools, args, work)


if __name__ == "__main__":
    cloud.with_boto3()
    sys.exit(main(__doc__, test))
