//! SAM's events, and the resources that send them.
//!
//! Input: a function and its events. Output: `Events` of the function; queues, topics and buckets beside it.

use super::super::model::{Event, Function, Source};
use super::super::names::pascal;
use super::super::node::{Node, attribute, int, literal, map, reference, sub, text, texts};
use super::super::rate;
use super::{Writer, bucket_name, repository_arn, staged};
use crate::trigger::KEEP_WARM;

impl Writer<'_> {
    pub(super) fn events(&mut self, function: &Function, id: &str, dead: Option<&str>) -> Node {
        let mut events = Node::Map(Vec::new());
        let mut put = |name: &str, kind: &str, properties: Node| {
            let event = map([("Type", text(kind)), ("Properties", properties)]);
            events.put(name, event);
        };
        for event in &function.events {
            match event {
                Event::Http { method, path } => {
                    put(
                        "Http",
                        "HttpApi",
                        map([("Path", text(path)), ("Method", text(method))]),
                    );
                    let url = format!(
                        "https://${{ServerlessHttpApi}}.execute-api.${{AWS::Region}}.${{AWS::URLSuffix}}{}",
                        literal(path)
                    );
                    let output = self.id(function, "Url");
                    self.outputs.put(&output, map([("Value", sub(url))]));
                }
                Event::Sns { topic } => {
                    let topic = self.topic(function, topic.as_ref());
                    put("Sns", "SNS", map([("Topic", topic)]));
                }
                Event::Sqs { queue, fifo, batch } => {
                    let queue = self.queue(function, queue.as_ref(), *fifo);
                    let mut properties = map([("Queue", queue), ("BatchSize", int(*batch))]);
                    if *batch > 10 {
                        // Lambda asks for a window then.
                        properties.put("MaximumBatchingWindowInSeconds", int(1));
                    }
                    let properties = properties
                        .with("FunctionResponseTypes", texts(["ReportBatchItemFailures"]));
                    put("Sqs", "SQS", properties);
                }
                Event::S3 {
                    bucket,
                    prefix,
                    suffix,
                } => {
                    if let Some(Source::Arn(arn)) = bucket {
                        self.permission(function, id, "S3", "s3.amazonaws.com", text(arn));
                        continue;
                    }
                    let made = self.bucket(function, bucket.as_ref());
                    let mut properties = map([
                        ("Bucket", reference(&made)),
                        ("Events", text("s3:ObjectCreated:*")),
                    ]);
                    let rules = [("prefix", prefix), ("suffix", suffix)];
                    let rules = rules.into_iter().filter_map(|(name, value)| {
                        let value = value.as_ref()?;
                        Some(map([("Name", text(name)), ("Value", text(value))]))
                    });
                    let rules: Vec<Node> = rules.collect();
                    if !rules.is_empty() {
                        let key = map([("Rules", Node::List(rules))]);
                        properties.put("Filter", map([("S3Key", key)]));
                    }
                    put("S3", "S3", properties);
                }
                Event::DynamoDb {
                    table,
                    batch,
                    changes,
                } => {
                    let stream = match table {
                        Some(Source::Arn(arn)) => text(arn),
                        named => self.stream(function, named.as_ref().map(Source::text)),
                    };
                    let mut properties = map([
                        ("Stream", stream),
                        ("StartingPosition", text("TRIM_HORIZON")),
                        ("BatchSize", int(*batch)),
                        ("MaximumRetryAttempts", int(5)),
                        ("BisectBatchOnFunctionError", Node::Bool(true)),
                        ("FunctionResponseTypes", texts(["ReportBatchItemFailures"])),
                    ]);
                    if let Some(dead) = dead {
                        let failed = map([
                            ("Type", text("SQS")),
                            ("Destination", attribute(dead, "Arn")),
                        ]);
                        properties.put("DestinationConfig", map([("OnFailure", failed)]));
                    }
                    if let Some(pattern) = crate::render::deploy::pattern(changes) {
                        let filter = map([("Pattern", text(pattern))]);
                        let filters = map([("Filters", Node::List(vec![filter]))]);
                        properties.put("FilterCriteria", filters);
                    }
                    put("DynamoDb", "DynamoDB", properties);
                }
                Event::CodeCommit { repository } => {
                    let arn = match repository {
                        Some(Source::Arn(arn)) => text(arn),
                        Some(Source::Name(name)) => sub(repository_arn(&literal(name))),
                        None => {
                            let id = self.id(function, "Repository");
                            self.parameters.put(
                                &id,
                                map([
                                    ("Type", text("String")),
                                    ("Description", text("The CodeCommit repository.")),
                                ]),
                            );
                            sub(repository_arn(&format!("${{{id}}}")))
                        }
                    };
                    self.permission(function, id, "CodeCommit", "codecommit.amazonaws.com", arn);
                }
                Event::EventBridge { pattern } => {
                    put(
                        "EventBridge",
                        "EventBridgeRule",
                        map([("Pattern", Node::from(pattern))]),
                    );
                }
                Event::Schedule { expression } => {
                    put(
                        "Schedule",
                        "Schedule",
                        map([("Schedule", text(expression))]),
                    );
                }
            }
        }
        if let Some(minutes) = function.keep_warm {
            let input = ("Input", text(KEEP_WARM));
            put(
                "KeepWarm",
                "Schedule",
                map([("Schedule", text(rate(minutes))), input]),
            );
        }
        events
    }

    /// Lets a service call the function; the other end is set up outside of the template.
    pub(super) fn permission(
        &mut self,
        function: &Function,
        id: &str,
        what: &str,
        service: &str,
        arn: Node,
    ) {
        let name = self.id(function, &format!("{what}Permission"));
        let target = match function.provisioned {
            // The alias that SAM makes for `AutoPublishAlias: live`.
            Some(_) => reference(&format!("{id}.Alias")),
            None => attribute(id, "Arn"),
        };
        self.resources.put(
            &name,
            map([
                ("Type", text("AWS::Lambda::Permission")),
                (
                    "Properties",
                    map([
                        ("Action", text("lambda:InvokeFunction")),
                        ("FunctionName", target),
                        ("Principal", text(service)),
                        ("SourceAccount", reference("AWS::AccountId")),
                        ("SourceArn", arn),
                    ]),
                ),
            ]),
        );
    }

    pub(super) fn topic(&mut self, function: &Function, topic: Option<&Source>) -> Node {
        if let Some(Source::Arn(arn)) = topic {
            return text(arn);
        }
        let id = self.source(function, "Topic", topic);
        if self.is_new(&id) {
            let mut resource = map([("Type", text("AWS::SNS::Topic"))]);
            if let Some(name) = topic {
                let name = map([("TopicName", staged(name.text(), ""))]);
                resource.put("Properties", name);
            }
            self.resources.put(&id, resource);
        }
        reference(&id)
    }

    pub(super) fn queue(
        &mut self,
        function: &Function,
        queue: Option<&Source>,
        fifo: bool,
    ) -> Node {
        if let Some(Source::Arn(arn)) = queue {
            return text(arn);
        }
        let fifo = fifo || queue.is_some_and(|q| q.text().ends_with(".fifo"));
        let id = self.source(function, "Queue", queue);
        if self.is_new(&id) {
            let dead = self
                .names
                .of(&format!("{id} dead"), &format!("{id}DeadLetters"));
            self.put_dead_letters(&dead, fifo);
            let mut properties = Node::Map(Vec::new());
            if let Some(queue) = queue {
                let ending = if fifo { ".fifo" } else { "" };
                let name = queue.text().trim_end_matches(".fifo");
                properties.put("QueueName", staged(name, ending));
            }
            if fifo {
                properties.put("FifoQueue", Node::Bool(true));
            }
            let redrive = map([
                ("deadLetterTargetArn", attribute(&dead, "Arn")),
                ("maxReceiveCount", int(5)),
            ]);
            let properties = properties
                // Six times what a call may take, as AWS asks.
                .with("VisibilityTimeout", int((function.timeout * 6).min(43_200)))
                .with("SqsManagedSseEnabled", Node::Bool(true))
                .with("RedrivePolicy", redrive);
            let queue = map([
                ("Type", text("AWS::SQS::Queue")),
                ("Properties", properties),
            ]);
            self.resources.put(&id, queue);
        }
        attribute(&id, "Arn")
    }

    pub(super) fn bucket(&mut self, function: &Function, bucket: Option<&Source>) -> String {
        let id = self.source(function, "Bucket", bucket);
        if self.is_new(&id) {
            let name = sub(bucket_name(self.deployment, function, bucket));
            let closed = [
                "BlockPublicAcls",
                "BlockPublicPolicy",
                "IgnorePublicAcls",
                "RestrictPublicBuckets",
            ];
            let closed = closed.map(|key| (key, Node::Bool(true)));
            let resource = map([
                ("Type", text("AWS::S3::Bucket")),
                ("DeletionPolicy", text("Retain")),
                ("UpdateReplacePolicy", text("Retain")),
                (
                    "Properties",
                    map([
                        ("BucketName", name),
                        ("PublicAccessBlockConfiguration", map(closed)),
                    ]),
                ),
            ]);
            self.resources.put(&id, resource);
        }
        id
    }

    pub(super) fn stream(&mut self, function: &Function, table: Option<&str>) -> Node {
        let id = self.id(function, "StreamArn");
        let of = table
            .map(|name| format!(" of the table {name}"))
            .unwrap_or_default();
        self.parameters.put(
            &id,
            map([
                ("Type", text("String")),
                ("Description", text(format!("The ARN of the stream{of}."))),
            ]),
        );
        reference(&id)
    }

    /// The id of what sends events: by its name, so that two functions share it, or the function's own.
    pub(super) fn source(
        &mut self,
        function: &Function,
        kind: &str,
        source: Option<&Source>,
    ) -> String {
        match source {
            Some(source) => {
                let thing = format!("{kind} {}", source.text());
                let wanted = format!("{}{kind}", pascal(source.text().trim_end_matches(".fifo")));
                self.names.of(&thing, &wanted)
            }
            None => self.id(function, kind),
        }
    }

    pub(super) fn is_new(&mut self, id: &str) -> bool {
        let is_new = !self.made.iter().any(|made| made == id);
        if is_new {
            self.made.push(id.to_owned());
        }
        is_new
    }
}
