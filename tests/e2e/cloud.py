"""MiniStack, the AWS APIs on this machine, and drivers for what sends events to a function.

    with MiniStack(work) as cloud:
        cloud.function("thumbnail", package.zip)
        answer = cloud.invoke("thumbnail", {"image": "…", "max_side": 48})

It listens on 127.0.0.1 alone, on a free port, and is stopped with everything that it started when the block is left,
or when the test is killed. Needs the Python that `setup.sh` installs boto3 into: call `with_boto3()` first.
"""

import base64
import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

from harness import Stop, cache, free_ports, processes_below

REGION = "us-east-1"
ACCOUNT = "000000000000"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/lambda"

# Seconds: what an event may take from the sender to the function, on a machine that is busy with other work.
PATIENCE = 60


def with_boto3():
    """Starts the program again with the Python that has boto3."""
    python = cache() / "cloud" / "bin" / "python"
    if not python.exists():
        sys.exit(f"{python} is missing; run tests/e2e/setup.sh first")
    if os.environ.get("EXTRACT_E2E_PYTHON") != str(python):
        os.environ["EXTRACT_E2E_PYTHON"] = str(python)
        os.execv(python, [str(python), *sys.argv])


def until(label, ask, seconds=PATIENCE):
    """Asks again and again until the answer is one, and returns it."""
    end = time.monotonic() + seconds
    while True:
        if answer := ask():
            return answer
        if time.monotonic() > end:
            raise Stop(f"{label}: nothing after {seconds} s")
        time.sleep(0.2)


def dies_with_its_parent():
    # PR_SET_PDEATHSIG: also where the test is killed without a chance to clean up.
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class MiniStack:
    """The APIs of AWS, with functions as processes of this machine."""

    def __init__(self, work):
        self.work = work / "cloud"
        self.log_path = self.work / "ministack.log"

    def __enter__(self):
        (self.work / "tmp").mkdir(parents=True, exist_ok=True)
        (self.port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = open(self.log_path, "wb")
        mine = {
            # Its default is every interface.
            "BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(self.port), "TMPDIR": str(self.work / "tmp"),
            "S3_DATA_DIR": str(self.work / "s3"), "PYTHONUNBUFFERED": "1",
            # Where functions find the other services.
            "AWS_ENDPOINT_URL": self.url, "MINISTACK_REGION": REGION,
        }
        others = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "MINISTACK_"))}
        self.process = subprocess.Popen(
            [cache() / "cloud" / "bin" / "ministack"], stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=subprocess.STDOUT, cwd=self.work, env={**others, **mine}, start_new_session=True,
            preexec_fn=dies_with_its_parent,
        )
        try:
            until("MiniStack starts", self.is_up)
        except BaseException:
            self.__exit__()
            raise
        return self

    def is_up(self):
        if self.process.poll() is not None:
            raise Stop(f"MiniStack ended: {self.tail()}")
        with contextlib.suppress(OSError):
            return urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=5).status == 200

    def __exit__(self, *_):
        mine = [self.process.pid, *processes_below(self.process.pid)]
        for number in (signal.SIGTERM, signal.SIGKILL):
            for pid in mine:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
        self.log.close()

    def tail(self):
        return self.log_path.read_text(errors="replace")[-4000:]

    def client(self, service):
        """boto3's client for a service."""
        import boto3
        from botocore.config import Config

        config = Config(retries={"max_attempts": 1}, read_timeout=PATIENCE, s3={"addressing_style": "path"})
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, aws_access_key_id="test",
                            aws_secret_access_key="test", config=config)

    # The function itself.

    def function(self, name, archive, timeout=30, memory=512, environment=None, arch="x86_64"):
        """Makes a function of a zip; returns its ARN."""
        made = self.client("lambda").create_function(
            FunctionName=name, Runtime="provided.al2023", Handler="bootstrap", Role=ROLE, Timeout=timeout,
            MemorySize=memory, Architectures=[arch], Code={"ZipFile": archive.read_bytes()},
            Environment={"Variables": environment or {}},
        )
        self.client("lambda").get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
        return made["FunctionArn"]

    def invoke(self, name, event):
        """Calls a function and waits: its answer, and whether that is an error of the function."""
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        said = self.client("lambda").invoke(FunctionName=name, Payload=body)
        return json.loads(said["Payload"].read()), "FunctionError" in said

    def invoke_later(self, name, event):
        """Hands an event in and does not wait."""
        said = self.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(event).encode())
        if said["StatusCode"] != 202:
            raise Stop(f"{name}: an asynchronous call is answered {said['StatusCode']}")

    def failures(self, name, retries=0):
        """A queue for the asynchronous calls that fail; returns its URL. MiniStack knows no destination of successes."""
        url = self.queue(f"{name}-failures")
        self.client("lambda").put_function_event_invoke_config(
            FunctionName=name, MaximumRetryAttempts=retries,
            DestinationConfig={"OnFailure": {"Destination": self.queue_arn(url)}})
        return url

    # Queues.

    def queue(self, name, **attributes):
        """Makes a queue; returns its URL. A name that ends with `.fifo` makes one that keeps the order."""
        if name.endswith(".fifo"):
            attributes["FifoQueue"] = "true"
        return self.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]

    def queue_arn(self, url):
        asked = self.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return asked["Attributes"]["QueueArn"]

    def send(self, url, *bodies, group=None):
        """Sends messages, ten at most, in one call."""
        entries = [{"Id": str(at), "MessageBody": body if isinstance(body, str) else json.dumps(body)}
                   for at, body in enumerate(bodies)]
        if group is not None:
            for entry in entries:
                entry.update(MessageGroupId=group, MessageDeduplicationId=f"{time.monotonic_ns()}-{entry['Id']}")
        said = self.client("sqs").send_message_batch(QueueUrl=url, Entries=entries)
        if said.get("Failed"):
            raise Stop(f"{url}: not sent: {said['Failed']}")

    def receive(self, url, count=1, seconds=PATIENCE):
        """Takes messages off a queue and returns their bodies, read as JSON where they are."""
        client, bodies = self.client("sqs"), []

        def more():
            got = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", [])
            for message in got:
                bodies.append(read(message["Body"]))
                client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return len(bodies) >= count

        until(f"{count} messages of {url}", more, seconds)
        return bodies

    def depth(self, url):
        """Messages that are there, those in flight included."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        asked = self.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
        return sum(int(asked["Attributes"][name]) for name in names)

    def queue_with_function(self, name, function, batch=10, tries=2, partial=True):
        """A queue that a function empties, with one for dead letters; returns both URLs.

        `partial`: the function says which messages of a batch failed, as SAM's `ReportBatchItemFailures`.
        """
        fifo = ".fifo" if name.endswith(".fifo") else ""
        dead = self.queue(f"{name.removesuffix('.fifo')}-dead{fifo}")
        redrive = json.dumps({"deadLetterTargetArn": self.queue_arn(dead), "maxReceiveCount": str(tries)})
        url = self.queue(name, RedrivePolicy=redrive, VisibilityTimeout="2")
        self.client("lambda").create_event_source_mapping(
            EventSourceArn=self.queue_arn(url), FunctionName=function, BatchSize=batch,
            FunctionResponseTypes=["ReportBatchItemFailures"] if partial else [],
        )
        return url, dead

    # Topics.

    def topic_with_function(self, name, function):
        """A topic that a function listens to; returns its ARN."""
        topic = self.client("sns").create_topic(Name=name)["TopicArn"]
        self.allow(function, "sns.amazonaws.com", topic)
        self.client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=self.arn(function))
        return topic

    def publish(self, topic, message, **more):
        text = message if isinstance(message, str) else json.dumps(message)
        self.client("sns").publish(TopicArn=topic, Message=text, **more)

    # Buckets.

    def bucket(self, name):
        self.client("s3").create_bucket(Bucket=name)
        return name

    def bucket_with_function(self, name, function, events=("s3:ObjectCreated:*",), prefix=""):
        """A bucket that tells a function of its objects; returns its name."""
        self.bucket(name)
        self.allow(function, "s3.amazonaws.com", f"arn:aws:s3:::{name}")
        config = {"LambdaFunctionArn": self.arn(function), "Events": list(events)}
        if prefix:
            config["Filter"] = {"Key": {"FilterRules": [{"Name": "prefix", "Value": prefix}]}}
        self.client("s3").put_bucket_notification_configuration(
            Bucket=name, NotificationConfiguration={"LambdaFunctionConfigurations": [config]})
        return name

    def put(self, bucket, key, body):
        self.client("s3").put_object(Bucket=bucket, Key=key, Body=body)

    def get(self, bucket, key, seconds=PATIENCE):
        """An object's bytes, when it is there."""
        client = self.client("s3")

        def ask():
            try:
                return (client.get_object(Bucket=bucket, Key=key)["Body"].read(),)
            except client.exceptions.NoSuchKey:
                return None

        return until(f"{key} in {bucket}", ask, seconds)[0]

    # Tables.

    def table_with_function(self, name, function, key="id", batch=10, partial=True):
        """A table whose stream a function follows; returns its name."""
        made = self.client("dynamodb").create_table(
            TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )["TableDescription"]
        self.client("lambda").create_event_source_mapping(
            EventSourceArn=made["LatestStreamArn"], FunctionName=function, StartingPosition="TRIM_HORIZON",
            BatchSize=batch, MaximumRetryAttempts=1,
            FunctionResponseTypes=["ReportBatchItemFailures"] if partial else [],
        )
        return name

    def write(self, table, **attributes):
        """Writes an item; the attributes are Python values."""
        from boto3.dynamodb.types import TypeSerializer

        item = {name: TypeSerializer().serialize(value) for name, value in attributes.items()}
        self.client("dynamodb").put_item(TableName=table, Item=item)

    def remove(self, table, **key):
        item = {name: {"S": value} for name, value in key.items()}
        self.client("dynamodb").delete_item(TableName=table, Key=item)

    # EventBridge.

    def rule_with_function(self, name, function, pattern):
        """A rule that passes events of a pattern on to a function."""
        rule = self.client("events").put_rule(Name=name, EventPattern=json.dumps(pattern))["RuleArn"]
        self.target(name, rule, function)

    def schedule_with_function(self, name, function, expression="rate(1 minute)"):
        """A rule that calls a function by the clock."""
        rule = self.client("events").put_rule(Name=name, ScheduleExpression=expression)["RuleArn"]
        self.target(name, rule, function)

    def target(self, name, rule, function):
        self.allow(function, "events.amazonaws.com", rule)
        self.client("events").put_targets(Rule=name, Targets=[{"Id": "function", "Arn": self.arn(function)}])

    def emit(self, source, kind, detail):
        """Puts an event on the default bus."""
        entry = {"Source": source, "DetailType": kind, "Detail": json.dumps(detail)}
        said = self.client("events").put_events(Entries=[entry])
        if said["FailedEntryCount"]:
            raise Stop(f"EventBridge does not take the event: {said}")

    # HTTP.

    def function_url(self, function):
        """A URL of a function's own."""
        said = self.client("lambda").create_function_url_config(FunctionName=function, AuthType="NONE")
        return self.local(said["FunctionUrl"])

    def http_api(self, name, function):
        """An HTTP API (version 2) that passes everything on to a function; returns its URL."""
        client = self.client("apigatewayv2")
        api = client.create_api(Name=name, ProtocolType="HTTP")["ApiId"]
        integration = client.create_integration(
            ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=self.arn(function), PayloadFormatVersion="2.0")
        client.create_route(ApiId=api, RouteKey="$default", Target=f"integrations/{integration['IntegrationId']}")
        client.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
        self.allow(function, "apigateway.amazonaws.com", f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api}/*")
        return Url(self.url, {"Host": f"{api}.execute-api.localhost:{self.port}"})

    def rest_api(self, name, function, stage="prod"):
        """A REST API (version 1) that passes everything on to a function; returns its URL."""
        client = self.client("apigateway")
        api = client.create_rest_api(name=name)["id"]
        (root,) = [r["id"] for r in client.get_resources(restApiId=api)["items"] if r["path"] == "/"]
        proxy = client.create_resource(restApiId=api, parentId=root, pathPart="{proxy+}")["id"]
        target = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{self.arn(function)}/invocations"
        for resource in (root, proxy):
            client.put_method(restApiId=api, resourceId=resource, httpMethod="ANY", authorizationType="NONE")
            client.put_integration(restApiId=api, resourceId=resource, httpMethod="ANY", type="AWS_PROXY",
                                   integrationHttpMethod="POST", uri=target)
        client.create_deployment(restApiId=api, stageName=stage)
        self.allow(function, "apigateway.amazonaws.com", f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api}/*")
        return Url(f"{self.url}/{stage}", {"Host": f"{api}.execute-api.localhost:{self.port}"})

    def local(self, url):
        """The same URL, reached without a name server: the name goes into the header."""
        host, _, path = url.removeprefix("https://").removeprefix("http://").partition("/")
        return Url(f"{self.url}/{path}".rstrip("/"), {"Host": host})

    # Parts of the above.

    def arn(self, function):
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}"

    def allow(self, function, service, source):
        self.client("lambda").add_permission(
            FunctionName=function, StatementId=f"s{time.monotonic_ns()}", Action="lambda:InvokeFunction",
            Principal=service, SourceArn=source)

    def logs(self, function):
        """What a function has printed."""
        client, group = self.client("logs"), f"/aws/lambda/{function}"
        streams = client.describe_log_streams(logGroupName=group)["logStreams"]
        texts = []
        for stream in streams:
            got = client.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])
            texts += [event["message"] for event in got["events"]]
        return "\n".join(texts)


class Url:
    """An address, with the headers that lead there."""

    def __init__(self, base, headers):
        self.base, self.headers = base, headers

    def call(self, path="", body=None, method=None, **headers):
        """Status and body of the answer."""
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode() if isinstance(body, dict) else body
        sent = {"Content-Type": "application/json", **self.headers, **headers}
        request = urllib.request.Request(self.base + path, data=data, headers=sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read()


def read(text):
    """JSON, or the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text
