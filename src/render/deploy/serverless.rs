//! The Serverless Framework: `serverless.yml`.
//!
//! Input: [`Deployment`]. Output: the text. Each function has a role of its own among the resources, since the
//! framework itself knows one role for all; with a role of ours it adds no permissions, so all stand here. Values that
//! are not ours have their `${` escaped, as it would start a variable.

use super::iam;
use super::model::{Deployment, Event, Function, On, Source};
use super::names::{FUNCTION, Names, description, pascal, short};
use super::node::{Node, attribute, document, int, literal, map, reference, sub, text, texts};
use crate::trigger::KEEP_WARM;

/// `serverless.yml`.
pub fn service(deployment: &Deployment) -> String {
    let mut writer = Writer {
        deployment,
        names: Names::default(),
        functions: Node::Map(Vec::new()),
        resources: Node::Map(Vec::new()),
        parameters: Node::Map(Vec::new()),
    };
    for function in &deployment.functions {
        writer.names.of(&function.name, &pascal(&function.name));
    }
    for function in &deployment.functions {
        writer.function(function);
    }
    let stage = format!("${{opt:stage, '{}'}}", deployment.stage());
    let mut provider = map([
        ("name", text("aws")),
        ("runtime", text("provided.al2023")),
        ("stage", text(stage)),
        ("deploymentMethod", text("direct")),
    ]);
    if !deployment.tags.is_empty() {
        let tags = deployment
            .tags
            .iter()
            .map(|(k, v)| (plain(k), text(plain(v))));
        provider.put("stackTags", Node::Map(tags.collect()));
    }
    let mut root = map([
        ("service", text(&deployment.name)),
        ("frameworkVersion", text(">=3")),
        ("provider", provider),
        ("package", map([("individually", Node::Bool(true))])),
        ("plugins", texts(["./serverless-zips.cjs"])),
    ]);
    root.put("functions", writer.functions);
    let resources = map([("Resources", writer.resources)]);
    root.put("resources", resources);
    let how = [
        "Build the functions, then: serverless deploy --stage STAGE (or osls deploy), with the variables of ${env:...} \
         set.",
    ];
    let mut notes = deployment.notes(&how);
    if let Node::Map(parameters) = &writer.parameters
        && !parameters.is_empty()
    {
        notes.push(String::new());
        notes.push("Give with --param NAME=VALUE:".to_owned());
        notes.extend(parameters.iter().map(|(name, said)| match said {
            Node::Text(said) => format!("  {name}: {}", super::names::one_line(said)),
            _ => format!("  {name}"),
        }));
    }
    document(&notes, &root)
}

/// `serverless-zips.cjs`: the framework uploads archives by their file names, and those of cargo-lambda are all one.
pub fn plugin() -> String {
    include_str!("serverless-zips.cjs").to_owned()
}

struct Writer<'a> {
    deployment: &'a Deployment,
    names: Names,
    functions: Node,
    resources: Node,
    /// What `${param:…}` names, each with what it is.
    parameters: Node,
}

impl Writer<'_> {
    fn function(&mut self, function: &Function) {
        let role = self.id(function, "Role");
        let dead = function.has_dead_letters().then(|| {
            let id = self.id(function, "DeadLetters");
            self.resources.put(&id, dead_letters(false));
            id
        });
        let mut statements = vec![allow(
            &["logs:CreateLogStream", "logs:PutLogEvents"],
            sub(format!(
                "arn:${{AWS::Partition}}:logs:${{AWS::Region}}:${{AWS::AccountId}}:log-group:/aws/lambda/{}:*",
                self.lambda_name(function)
            )),
        )];
        if let Some(dead) = &dead {
            statements.push(allow(&["sqs:SendMessage"], attribute(dead, "Arn")));
        }
        self.grants(function, &mut statements);
        let events = self.events(function, dead.as_deref(), &mut statements);
        let assume = map([
            ("Version", text("2012-10-17")),
            (
                "Statement",
                Node::List(vec![map([
                    ("Effect", text("Allow")),
                    ("Action", text("sts:AssumeRole")),
                    (
                        "Principal",
                        map([("Service", text("lambda.amazonaws.com"))]),
                    ),
                ])]),
            ),
        ]);
        let policy = map([
            ("PolicyName", text("function")),
            (
                "PolicyDocument",
                map([
                    ("Version", text("2012-10-17")),
                    ("Statement", Node::List(statements)),
                ]),
            ),
        ]);
        let properties = map([
            ("AssumeRolePolicyDocument", assume),
            ("Policies", Node::List(vec![policy])),
        ]);
        let resource = map([("Type", text("AWS::IAM::Role")), ("Properties", properties)]);
        self.resources.put(&role, resource);
        let zip = format!("../target/lambda/{0}/{0}.zip", function.name);
        let mut out = map([
            ("name", text(self.lambda_name(function))),
            ("description", text(plain(&description(function)))),
            ("handler", text("bootstrap")),
            ("package", map([("artifact", text(zip))])),
            ("architecture", text(function.architecture.as_str())),
            ("memorySize", int(function.memory)),
            ("timeout", int(function.timeout)),
            ("logRetentionInDays", int(function.log_retention)),
            ("role", text(&role)),
        ]);
        if let Some(concurrency) = function.concurrency {
            out.put("reservedConcurrency", int(concurrency));
        }
        if let Some(provisioned) = function.provisioned {
            out.put("provisionedConcurrency", int(provisioned));
        }
        if let Some(dead) = dead.as_ref().filter(|_| function.is_async()) {
            let target = map([("type", text("sqs")), ("arn", attribute(dead, "Arn"))]);
            out.put("destinations", map([("onFailure", target)]));
        }
        let variables = function.environment.iter();
        let variables = variables.map(|name| (name.clone(), text(format!("${{env:{name}}}"))));
        let variables = Node::Map(variables.collect());
        if !variables.is_empty() {
            out.put("environment", variables);
        }
        if !function.tags.is_empty() {
            let tags = function
                .tags
                .iter()
                .map(|(k, v)| (plain(k), text(plain(v))));
            out.put("tags", Node::Map(tags.collect()));
        }
        if !events.is_empty() {
            out.put("events", Node::List(events));
        }
        self.functions.put(&function.name, out);
    }

    /// The function's name, with the stage.
    fn lambda_name(&self, function: &Function) -> String {
        let room = FUNCTION - 1 - self.deployment.stage_length();
        let name = format!("{}-{}", self.deployment.name, function.name);
        format!("{}-${{sls:stage}}", short(&name, room))
    }

    fn id(&mut self, function: &Function, what: &str) -> String {
        let own = self.names.of(&function.name, "");
        let thing = format!("{} {what}", function.name);
        self.names.of(&thing, &format!("{own}{what}"))
    }

    fn parameter(&mut self, function: &Function, what: &str, said: String) -> String {
        let name = self.id(function, what);
        self.parameters.put(&name, text(said));
        format!("${{param:{name}}}")
    }

    fn grants(&mut self, function: &Function, statements: &mut Vec<Node>) {
        for grant in &function.grants {
            let actions: Vec<&str> = grant.actions.iter().map(String::as_str).collect();
            let on = match &grant.on {
                On::Arns(arns) => texts(arns.iter().map(|arn| plain(arn))),
                On::Parameter(service) => {
                    let what = format!("{}Resources", pascal(service));
                    let said = iam::resources(&actions, &function.path);
                    let parameter = self.parameter(function, &what, said);
                    map([("Fn::Split", Node::List(vec![text(","), text(parameter)]))])
                }
                On::Secret(name) => sub(format!(
                    "arn:${{AWS::Partition}}:secretsmanager:${{AWS::Region}}:${{AWS::AccountId}}:secret:{}-??????",
                    inner(name)
                )),
                On::Objects => match bucket(function) {
                    Some(Source::Arn(arn)) => text(plain(&format!("{arn}/*"))),
                    named => sub(format!(
                        "arn:${{AWS::Partition}}:s3:::{}/*",
                        self.bucket_name(function, named.as_ref())
                    )),
                },
                On::Results(objects) => {
                    sub(format!("arn:${{AWS::Partition}}:s3:::{}", inner(objects)))
                }
                On::Anything => text("*"),
            };
            statements.push(allow(&actions, on));
        }
    }

    fn bucket_name(&self, function: &Function, bucket: Option<&Source>) -> String {
        let room = 62 - self.deployment.stage_length();
        match bucket {
            Some(source) => format!("{}-${{sls:stage}}", short(source.text(), room)),
            None => format!(
                "{}-${{sls:stage}}-${{aws:accountId}}",
                short(&function.name, room - 13)
            ),
        }
    }

    fn events(
        &mut self,
        function: &Function,
        dead: Option<&str>,
        statements: &mut Vec<Node>,
    ) -> Vec<Node> {
        let mut events = Vec::new();
        let mut put = |kind: &str, value: Node| events.push(map([(kind, value)]));
        for event in &function.events {
            match event {
                Event::Http { method, path } => {
                    let method = if method == "ANY" { "*" } else { method };
                    put(
                        "httpApi",
                        map([("method", text(method)), ("path", text(path))]),
                    );
                }
                Event::Sns { topic } => {
                    let topic = match topic {
                        Some(Source::Arn(arn)) => text(arn),
                        named => {
                            let id = self.source(function, "Topic", named.as_ref());
                            let mut resource = map([("Type", text("AWS::SNS::Topic"))]);
                            if let Some(name) = named {
                                let name = text(format!("{}-${{sls:stage}}", name.text()));
                                resource.put("Properties", map([("TopicName", name)]));
                            }
                            self.resource(&id, resource);
                            reference(&id)
                        }
                    };
                    put("sns", self.named_topic(function, topic));
                }
                Event::Sqs { queue, fifo, batch } => {
                    let arn = match queue {
                        Some(Source::Arn(arn)) => text(arn),
                        named => self.queue(function, named.as_ref(), *fifo),
                    };
                    statements.push(allow(
                        &[
                            "sqs:ChangeMessageVisibility",
                            "sqs:DeleteMessage",
                            "sqs:GetQueueAttributes",
                            "sqs:ReceiveMessage",
                        ],
                        arn.clone(),
                    ));
                    let mut inner = map([("arn", arn), ("batchSize", int(*batch))]);
                    if *batch > 10 {
                        inner.put("maximumBatchingWindow", int(1));
                    }
                    put(
                        "sqs",
                        inner.with("functionResponseType", text("ReportBatchItemFailures")),
                    );
                }
                Event::S3 {
                    bucket,
                    prefix,
                    suffix,
                } => {
                    let name = match bucket {
                        Some(Source::Arn(arn)) => arn.rsplit(':').next().unwrap_or(arn).to_owned(),
                        named => self.bucket_name(function, named.as_ref()),
                    };
                    let mut inner = map([
                        ("bucket", text(name)),
                        ("event", text("s3:ObjectCreated:*")),
                    ]);
                    let rules = [("prefix", prefix), ("suffix", suffix)];
                    let rules = rules.into_iter().filter_map(|(name, value)| {
                        let value = value.as_ref()?;
                        Some(map([(name, text(plain(value)))]))
                    });
                    let rules: Vec<Node> = rules.collect();
                    if !rules.is_empty() {
                        inner.put("rules", Node::List(rules));
                    }
                    if matches!(bucket, Some(Source::Arn(_))) {
                        inner.put("existing", Node::Bool(true));
                    }
                    put("s3", inner);
                }
                Event::DynamoDb {
                    table,
                    batch,
                    changes,
                } => {
                    let arn = match table {
                        Some(Source::Arn(arn)) => text(arn),
                        named => {
                            let of = named.iter().map(|t| format!(" of the table {}", t.text()));
                            let said = format!("the ARN of the stream{}", of.collect::<String>());
                            text(self.parameter(function, "StreamArn", said))
                        }
                    };
                    statements.push(allow(
                        &[
                            "dynamodb:DescribeStream",
                            "dynamodb:GetRecords",
                            "dynamodb:GetShardIterator",
                        ],
                        arn.clone(),
                    ));
                    statements.push(allow(&["dynamodb:ListStreams"], text("*")));
                    let mut inner = map([
                        ("type", text("dynamodb")),
                        ("arn", arn),
                        ("startingPosition", text("TRIM_HORIZON")),
                        ("batchSize", int(*batch)),
                        ("maximumRetryAttempts", int(5)),
                        ("bisectBatchOnFunctionError", Node::Bool(true)),
                        ("functionResponseType", text("ReportBatchItemFailures")),
                    ]);
                    if let Some(dead) = dead {
                        let target = map([("type", text("sqs")), ("arn", attribute(dead, "Arn"))]);
                        inner.put("destinations", map([("onFailure", target)]));
                    }
                    if !changes.is_empty() {
                        let names = texts(changes.iter().map(|change| change.event_name()));
                        let filter = map([("eventName", names)]);
                        inner.put("filterPatterns", Node::List(vec![filter]));
                    }
                    put("stream", inner);
                }
                Event::CodeCommit { repository } => {
                    let arn = match repository {
                        Some(Source::Arn(arn)) => text(arn),
                        named => {
                            let name = match named {
                                Some(name) => name.text().to_owned(),
                                None => self.parameter(
                                    function,
                                    "Repository",
                                    "the CodeCommit repository".to_owned(),
                                ),
                            };
                            sub(format!(
                                "arn:${{AWS::Partition}}:codecommit:${{AWS::Region}}:${{AWS::AccountId}}:{name}"
                            ))
                        }
                    };
                    let id = self.id(function, "CodeCommitPermission");
                    let lambda = self.lambda_name(function);
                    let of = format!(
                        "arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:{lambda}"
                    );
                    let properties = map([
                        ("Action", text("lambda:InvokeFunction")),
                        ("FunctionName", sub(of)),
                        ("Principal", text("codecommit.amazonaws.com")),
                        ("SourceAccount", reference("AWS::AccountId")),
                        ("SourceArn", arn),
                    ]);
                    let permission = map([
                        ("Type", text("AWS::Lambda::Permission")),
                        ("DependsOn", texts([logical(&function.name)])),
                        ("Properties", properties),
                    ]);
                    self.resources.put(&id, permission);
                }
                Event::EventBridge { pattern } => {
                    put(
                        "eventBridge",
                        map([("pattern", plain_node(&Node::from(pattern)))]),
                    );
                }
                Event::Schedule { expression } => put("schedule", text(expression)),
            }
        }
        if let Some(minutes) = function.keep_warm {
            // Below `input` the framework writes JSON itself.
            let input = serde_json::from_str(KEEP_WARM).unwrap_or_default();
            put(
                "schedule",
                map([
                    ("rate", texts([super::rate(minutes)])),
                    ("input", Node::from(&input)),
                ]),
            );
        }
        events
    }

    /// The framework wants a name beside an ARN that is no plain text.
    fn named_topic(&mut self, function: &Function, topic: Node) -> Node {
        match topic {
            Node::Text(arn) => text(arn),
            other => {
                let name = self.id(function, "Topic");
                map([("arn", other), ("topicName", text(name))])
            }
        }
    }

    fn queue(&mut self, function: &Function, queue: Option<&Source>, fifo: bool) -> Node {
        let fifo = fifo || queue.is_some_and(|q| q.text().ends_with(".fifo"));
        let id = self.source(function, "Queue", queue);
        let dead = self
            .names
            .of(&format!("{id} dead"), &format!("{id}DeadLetters"));
        self.resource(&dead, dead_letters(fifo));
        let mut properties = Node::Map(Vec::new());
        if let Some(queue) = queue {
            let ending = if fifo { ".fifo" } else { "" };
            let name = queue.text().trim_end_matches(".fifo");
            properties.put("QueueName", text(format!("{name}-${{sls:stage}}{ending}")));
        }
        if fifo {
            properties.put("FifoQueue", Node::Bool(true));
        }
        let redrive = map([
            ("deadLetterTargetArn", attribute(&dead, "Arn")),
            ("maxReceiveCount", int(5)),
        ]);
        let properties = properties
            .with("VisibilityTimeout", int((function.timeout * 6).min(43_200)))
            .with("SqsManagedSseEnabled", Node::Bool(true))
            .with("RedrivePolicy", redrive);
        let resource = map([
            ("Type", text("AWS::SQS::Queue")),
            ("Properties", properties),
        ]);
        self.resource(&id, resource);
        attribute(&id, "Arn")
    }

    fn source(&mut self, function: &Function, kind: &str, source: Option<&Source>) -> String {
        match source {
            Some(source) => {
                let thing = format!("{kind} {}", source.text());
                let wanted = format!("{}{kind}", pascal(source.text().trim_end_matches(".fifo")));
                self.names.of(&thing, &wanted)
            }
            None => self.id(function, kind),
        }
    }

    /// Adds a resource that is not there.
    fn resource(&mut self, id: &str, resource: Node) {
        if let Node::Map(entries) = &mut self.resources
            && !entries.iter().any(|(name, _)| name == id)
        {
            entries.push((id.to_owned(), resource));
        }
    }
}

/// The id that the framework gives a function.
fn logical(name: &str) -> String {
    let name = name.replace('-', "Dash").replace('_', "Underscore");
    let mut letters = name.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    format!(
        "{}{}LambdaFunction",
        first.into_iter().collect::<String>(),
        letters.as_str()
    )
}

fn bucket(function: &Function) -> Option<Source> {
    function.events.iter().find_map(|event| match event {
        Event::S3 { bucket, .. } => bucket.clone(),
        _ => None,
    })
}

/// A text without variables of the framework.
fn plain(text: &str) -> String {
    text.replace("${", "\\${")
}

/// A text without variables of the framework or of `!Sub`.
fn inner(text: &str) -> String {
    plain(&literal(text))
}

fn plain_node(node: &Node) -> Node {
    match node {
        Node::Text(text) => Node::Text(plain(text)),
        Node::List(list) => Node::List(list.iter().map(plain_node).collect()),
        Node::Map(entries) => {
            let entries = entries.iter().map(|(k, v)| (plain(k), plain_node(v)));
            Node::Map(entries.collect())
        }
        other => other.clone(),
    }
}

fn dead_letters(fifo: bool) -> Node {
    let mut properties = map([
        ("MessageRetentionPeriod", int(1_209_600)),
        ("SqsManagedSseEnabled", Node::Bool(true)),
    ]);
    if fifo {
        properties.put("FifoQueue", Node::Bool(true));
    }
    map([
        ("Type", text("AWS::SQS::Queue")),
        ("Properties", properties),
    ])
}

fn allow(actions: &[&str], on: Node) -> Node {
    map([
        ("Effect", text("Allow")),
        ("Action", texts(actions.iter().copied())),
        ("Resource", on),
    ])
}
