//! The CDK's constructs for what sends events.
//!
//! Input: a function and its events. Output: lines of `app.mjs`.

use super::super::model::{Event, Function, Source};
use super::super::names::{pascal, short};
use super::{Writer, account, string, value, variable};

impl Writer<'_> {
    pub(super) fn event(
        &mut self,
        function: &Function,
        event: &Event,
        target: &str,
        dead: Option<&str>,
    ) {
        match event {
            Event::Http { method, path } => {
                self.modules.extend(["apigateway", "integrations"]);
                if self.made.insert("api".to_owned()) {
                    self.line("const api = new apigateway.HttpApi(stack, \"Api\");");
                }
                let id = self.id(function, "Http");
                let path_text = string(path);
                let line = format!(
                    "api.addRoutes({{\n  path: {path_text},\n  methods: [apigateway.HttpMethod.{method}],\n  integration: \
                     new integrations.HttpLambdaIntegration(\"{id}\", {target}),\n}});"
                );
                self.line(&line);
                let output = self.id(function, "Url");
                let line = format!(
                    "new cdk.CfnOutput(stack, \"{output}\", {{ value: api.apiEndpoint + {path_text} }});"
                );
                self.line(&line);
            }
            Event::Sns { topic } => {
                self.modules.extend(["sns", "sources"]);
                let id = self.source(function, "Topic", topic.as_ref());
                let own = variable(&id);
                if self.made.insert(id.clone()) {
                    let line = match topic {
                        Some(Source::Arn(arn)) => {
                            format!(
                                "const {own} = sns.Topic.fromTopicArn(stack, \"{id}\", {});",
                                string(arn)
                            )
                        }
                        Some(Source::Name(name)) => format!(
                            "const {own} = new sns.Topic(stack, \"{id}\", {{ topicName: {} + stage }});",
                            string(&format!("{name}-"))
                        ),
                        None => format!("const {own} = new sns.Topic(stack, \"{id}\");"),
                    };
                    self.line(&line);
                }
                let line = format!("{target}.addEventSource(new sources.SnsEventSource({own}));");
                self.line(&line);
            }
            Event::Sqs { queue, fifo, batch } => {
                self.modules.extend(["sqs", "sources"]);
                let own = self.queue(function, queue.as_ref(), *fifo);
                let window = if *batch > 10 {
                    ", maxBatchingWindow: cdk.Duration.seconds(1)"
                } else {
                    ""
                };
                let line = format!(
                    "{target}.addEventSource(\n  new sources.SqsEventSource({own}, {{ batchSize: {batch}, \
                     reportBatchItemFailures: true{window} }}),\n);"
                );
                self.line(&line);
            }
            Event::S3 {
                bucket,
                prefix,
                suffix,
            } => {
                self.modules.insert("sources");
                let own = self.bucket(function, bucket.as_ref());
                let filters = [("prefix", prefix), ("suffix", suffix)];
                let filters = filters.into_iter().filter_map(|(name, value)| {
                    Some(format!("{name}: {}", string(value.as_ref()?)))
                });
                let filters: Vec<String> = filters.collect();
                let filters = if filters.is_empty() {
                    String::new()
                } else {
                    format!(", filters: [{{ {} }}]", filters.join(", "))
                };
                let line = format!(
                    "{target}.addEventSource(\n  new sources.S3EventSourceV2({own}, {{ events: \
                     [s3.EventType.OBJECT_CREATED]{filters} }}),\n);"
                );
                self.line(&line);
            }
            Event::DynamoDb {
                table,
                batch,
                changes,
            } => {
                self.modules.extend(["dynamodb", "sources"]);
                let id = self.id(function, "Table");
                let own = variable(&id);
                let attributes = match table {
                    Some(Source::Arn(arn)) => {
                        let of = arn.split("/stream/").next().unwrap_or(arn);
                        format!("tableArn: {}, tableStreamArn: {}", string(of), string(arn))
                    }
                    named => {
                        let parameter = self.id(function, "StreamArn");
                        let of = named.iter().map(|t| format!(" of the table {}", t.text()));
                        let said = format!("The ARN of the stream{}.", of.collect::<String>());
                        self.parameter(&parameter, "String", &said, false);
                        let value = format!("{}.valueAsString", variable(&parameter));
                        format!(
                            "tableArn: cdk.Fn.select(0, cdk.Fn.split(\"/stream/\", {value})), tableStreamArn: {value}"
                        )
                    }
                };
                let line = format!(
                    "const {own} = dynamodb.Table.fromTableAttributes(stack, \"{id}\", {{ {attributes} }});"
                );
                self.line(&line);
                let failed = dead.map_or_else(String::new, |dead| {
                    format!("\n    onFailure: new sources.SqsDlq({}),", variable(dead))
                });
                let names: Vec<String> = changes.iter().map(|c| string(c.event_name())).collect();
                let filters = if names.is_empty() {
                    String::new()
                } else {
                    let names = names.join(", ");
                    format!(
                        "\n    filters: [lambda.FilterCriteria.filter({{ eventName: [{names}] }})],"
                    )
                };
                let line = format!(
                    "{target}.addEventSource(\n  new sources.DynamoEventSource({own}, {{\n    startingPosition: \
                     lambda.StartingPosition.TRIM_HORIZON,\n    batchSize: {batch},\n    retryAttempts: 5,\n    \
                     bisectBatchOnError: true,\n    reportBatchItemFailures: true,{failed}{filters}\n  }}),\n);"
                );
                self.line(&line);
            }
            Event::CodeCommit { repository } => {
                self.modules.insert("iam");
                let arn = match repository {
                    Some(Source::Arn(arn)) => string(arn),
                    Some(Source::Name(name)) => {
                        account("codecommit", &string(name), "undefined", "NO_RESOURCE_NAME")
                    }
                    None => {
                        let parameter = self.id(function, "Repository");
                        self.parameter(&parameter, "String", "The CodeCommit repository.", false);
                        let value = format!("{}.valueAsString", variable(&parameter));
                        account("codecommit", &value, "undefined", "NO_RESOURCE_NAME")
                    }
                };
                let line = format!(
                    "{target}.addPermission(\"CodeCommit\", {{\n  principal: new \
                     iam.ServicePrincipal(\"codecommit.amazonaws.com\"),\n  sourceAccount: stack.account,\n  sourceArn: \
                     {arn},\n}});"
                );
                self.line(&line);
            }
            Event::EventBridge { pattern } => {
                self.modules.extend(["events", "iam"]);
                let id = self.id(function, "EventBridge");
                let own = variable(&id);
                // The construct below: the other one has names of its own for a pattern's fields.
                let line = format!(
                    "const {own} = new events.CfnRule(stack, \"{id}\", {{\n  eventPattern: {},\n  targets: [{{ id: \
                     \"function\", arn: {target}.functionArn }}],\n}});\n{target}.addPermission(\"EventBridge\", {{\n  \
                     principal: new iam.ServicePrincipal(\"events.amazonaws.com\"),\n  sourceArn: {own}.attrArn,\n}});",
                    value(pattern)
                );
                self.line(&line);
            }
            Event::Schedule { expression } => {
                self.schedule(function, "Schedule", expression, target, None);
            }
        }
    }

    pub(super) fn schedule(
        &mut self,
        function: &Function,
        what: &str,
        expression: &str,
        target: &str,
        input: Option<&str>,
    ) {
        self.modules.extend(["events", "targets"]);
        let id = self.id(function, what);
        let input = input.map_or_else(String::new, |input| format!(", {input}"));
        let line = format!(
            "new events.Rule(stack, \"{id}\", {{\n  schedule: events.Schedule.expression({}),\n  targets: [new \
             targets.LambdaFunction({target}{input})],\n}});",
            string(expression)
        );
        self.line(&line);
    }

    pub(super) fn queue(
        &mut self,
        function: &Function,
        queue: Option<&Source>,
        fifo: bool,
    ) -> String {
        let id = self.source(function, "Queue", queue);
        let own = variable(&id);
        if !self.made.insert(id.clone()) {
            return own;
        }
        if let Some(Source::Arn(arn)) = queue {
            let line = format!(
                "const {own} = sqs.Queue.fromQueueArn(stack, \"{id}\", {});",
                string(arn)
            );
            self.line(&line);
            return own;
        }
        let fifo = fifo || queue.is_some_and(|q| q.text().ends_with(".fifo"));
        let dead = self
            .names
            .of(&format!("{id} dead"), &format!("{id}DeadLetters"));
        self.dead_letters(&dead, fifo);
        let ending = if fifo { " + \".fifo\"" } else { "" };
        let name = queue.map_or_else(String::new, |queue| {
            let name = queue.text().trim_end_matches(".fifo");
            format!(
                "\n  queueName: {} + stage{ending},",
                string(&format!("{name}-"))
            )
        });
        let fifo = if fifo { "\n  fifo: true," } else { "" };
        let line = format!(
            "const {own} = new sqs.Queue(stack, \"{id}\", {{{name}{fifo}\n  visibilityTimeout: \
             cdk.Duration.seconds({}),\n  encryption: sqs.QueueEncryption.SQS_MANAGED,\n  deadLetterQueue: {{ queue: {}, \
             maxReceiveCount: 5 }},\n}});",
            (function.timeout * 6).min(43_200),
            variable(&dead)
        );
        self.line(&line);
        own
    }

    pub(super) fn bucket(&mut self, function: &Function, bucket: Option<&Source>) -> String {
        self.modules.insert("s3");
        let id = self.source(function, "Bucket", bucket);
        let own = variable(&id);
        if !self.made.insert(id.clone()) {
            return own;
        }
        let room = 62 - self.deployment.stage_length();
        let name = match bucket {
            Some(Source::Arn(arn)) => {
                let line = format!(
                    "const {own} = s3.Bucket.fromBucketArn(stack, \"{id}\", {});",
                    string(arn)
                );
                self.line(&line);
                return own;
            }
            Some(Source::Name(name)) => {
                format!("{} + stage", string(&format!("{}-", short(name, room))))
            }
            None => format!(
                "{} + stage + \"-\" + stack.account",
                string(&format!("{}-", short(&function.name, room - 13)))
            ),
        };
        let line = format!(
            "const {own} = new s3.Bucket(stack, \"{id}\", {{\n  bucketName: {name},\n  blockPublicAccess: \
             s3.BlockPublicAccess.BLOCK_ALL,\n}});"
        );
        self.line(&line);
        own
    }

    pub(super) fn source(
        &mut self,
        function: &Function,
        kind: &str,
        source: Option<&Source>,
    ) -> String {
        match source {
            Some(source) => {
                let thing = format!("{kind} {}", source.text());
                let name = source.text().rsplit([':', '/']).next().unwrap_or_default();
                let wanted = format!("{}{kind}", pascal(name.trim_end_matches(".fifo")));
                self.names.of(&thing, &wanted)
            }
            None => self.id(function, kind),
        }
    }
}
