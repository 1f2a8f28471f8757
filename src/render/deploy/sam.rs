//! AWS SAM: `template.yaml`, and `samconfig.toml` with an environment for each stage.
//!
//! Input: [`Deployment`]. Output: the texts. SAM itself adds what an event source and a dead-letter queue need of
//! permissions; they are not repeated here.

mod events;

use std::fmt::Write as _;

use super::iam;
use super::model::{Deployment, Event, Function, On, Source};
use super::names::{Names, description, pascal, short};
use super::node::{
    Node, attribute, document, int, literal, map, quoted, reference, sub, text, texts,
};

/// `template.yaml`.
pub fn template(deployment: &Deployment) -> String {
    let writer = written(deployment);
    let mut root = map([
        ("AWSTemplateFormatVersion", text("2010-09-09")),
        ("Transform", text("AWS::Serverless-2016-10-31")),
        (
            "Description",
            text(format!("Functions of {}.", deployment.name)),
        ),
        ("Parameters", writer.parameters),
        ("Resources", writer.resources),
    ]);
    root.put("Outputs", writer.outputs);
    let notes = deployment.notes(&[
        "Build the functions, then: sam deploy --config-env STAGE (with --guided the first time).",
    ]);
    document(&notes, &root)
}

/// The parameters but for the stage: environment variables with their parameters' names, and the others.
pub fn parameters(deployment: &Deployment) -> (Vec<(String, String)>, Vec<String>) {
    let mut writer = written(deployment);
    let variables = deployment.environment();
    let variables: Vec<(String, String)> = variables
        .into_iter()
        .map(|name| {
            let id = writer.names.of(&format!("environment {name}"), "");
            (name.to_owned(), id)
        })
        .collect();
    let Node::Map(all) = writer.parameters else {
        return (variables, Vec::new());
    };
    let others = all
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| name != "Stage" && !variables.iter().any(|(_, id)| id == name));
    let others = others.collect();
    (variables, others)
}

fn written(deployment: &Deployment) -> Writer<'_> {
    let mut writer = Writer {
        deployment,
        names: Names::default(),
        parameters: Node::Map(Vec::new()),
        resources: Node::Map(Vec::new()),
        outputs: Node::Map(Vec::new()),
        made: Vec::new(),
    };
    writer.parameters.put(
        "Stage",
        map([
            ("Type", text("String")),
            ("Default", text(deployment.stage())),
            ("AllowedValues", texts(&deployment.stages)),
        ]),
    );
    writer.names.of("stage", "Stage");
    for name in deployment.environment() {
        let id = writer
            .names
            .of(&format!("environment {name}"), &pascal(name));
        writer.parameters.put(
            &id,
            map([
                ("Type", text("String")),
                ("NoEcho", Node::Bool(true)),
                (
                    "Description",
                    text(format!("The environment variable {name}.")),
                ),
            ]),
        );
    }
    for function in &deployment.functions {
        writer.names.of(&function.name, &pascal(&function.name));
    }
    for function in &deployment.functions {
        writer.function(function);
    }
    writer
}

/// `samconfig.toml`.
pub fn config(deployment: &Deployment) -> String {
    let mut out = String::from("version = 0.1\n");
    for stage in &deployment.stages {
        let stack = quoted(&format!("{}-{stage}", deployment.name));
        let _ = write!(
            out,
            "\n[{stage}.deploy.parameters]\nstack_name = {stack}\nresolve_s3 = true\ncapabilities = \
             \"CAPABILITY_IAM\"\nconfirm_changeset = true\nparameter_overrides = \"Stage={stage}\"\n",
        );
    }
    out
}

struct Writer<'a> {
    deployment: &'a Deployment,
    names: Names,
    parameters: Node,
    resources: Node,
    outputs: Node,
    /// Topics, queues and buckets that are there.
    made: Vec<String>,
}

impl Writer<'_> {
    fn function(&mut self, function: &Function) {
        let id = self.names.of(&function.name, "");
        let logs = self.id(function, "Logs");
        self.resources.put(
            &logs,
            map([
                ("Type", text("AWS::Logs::LogGroup")),
                (
                    "Properties",
                    map([("RetentionInDays", int(function.log_retention))]),
                ),
            ]),
        );
        let zip = format!("../target/lambda/{}/bootstrap.zip", function.name);
        let mut properties = map([
            ("Description", text(description(function))),
            ("CodeUri", text(zip)),
            ("Handler", text("bootstrap")),
            ("Runtime", text("provided.al2023")),
            ("Architectures", texts([function.architecture.as_str()])),
            ("MemorySize", int(function.memory)),
            ("Timeout", int(function.timeout)),
            ("LoggingConfig", map([("LogGroup", reference(&logs))])),
        ]);
        if let Some(concurrency) = function.concurrency {
            properties.put("ReservedConcurrentExecutions", int(concurrency));
        }
        if let Some(provisioned) = function.provisioned {
            properties.put("AutoPublishAlias", text("live"));
            properties.put(
                "ProvisionedConcurrencyConfig",
                map([("ProvisionedConcurrentExecutions", int(provisioned))]),
            );
        }
        let variables = function.environment.iter().map(|name| {
            let id = self.names.of(&format!("environment {name}"), "");
            (name.clone(), reference(&id))
        });
        let variables = Node::Map(variables.collect());
        if !variables.is_empty() {
            properties.put("Environment", map([("Variables", variables)]));
        }
        let dead = self.dead_letters(function);
        if let Some(dead) = dead.as_ref().filter(|_| function.is_async()) {
            let target = map([("Type", text("SQS")), ("TargetArn", attribute(dead, "Arn"))]);
            properties.put("DeadLetterQueue", target);
        }
        let policies = self.policies(function);
        if !policies.is_empty() {
            properties.put("Policies", policies);
        }
        let events = self.events(function, &id, dead.as_deref());
        if !events.is_empty() {
            properties.put("Events", events);
        }
        let tags = function.tags.iter().map(|(k, v)| (k.clone(), text(v)));
        let mut tags: Vec<(String, Node)> = tags.collect();
        if !function.tags.contains_key("stage") {
            tags.push(("stage".to_owned(), reference("Stage")));
        }
        properties.put("Tags", Node::Map(tags));
        self.resources.put(
            &id,
            map([
                ("Type", text("AWS::Serverless::Function")),
                ("Properties", properties),
            ]),
        );
        let output = self.id(function, "Name");
        self.outputs.put(&output, map([("Value", reference(&id))]));
    }

    /// The id of what belongs to a function.
    fn id(&mut self, function: &Function, what: &str) -> String {
        let own = self.names.of(&function.name, "");
        let thing = format!("{} {what}", function.name);
        self.names.of(&thing, &format!("{own}{what}"))
    }

    fn dead_letters(&mut self, function: &Function) -> Option<String> {
        function.has_dead_letters().then(|| {
            let id = self.id(function, "DeadLetters");
            self.put_dead_letters(&id, false);
            id
        })
    }

    fn put_dead_letters(&mut self, id: &str, fifo: bool) {
        let mut properties = map([
            // Two weeks, the longest.
            ("MessageRetentionPeriod", int(1_209_600)),
            ("SqsManagedSseEnabled", Node::Bool(true)),
        ]);
        if fifo {
            properties.put("FifoQueue", Node::Bool(true));
        }
        let queue = map([
            ("Type", text("AWS::SQS::Queue")),
            ("Properties", properties),
        ]);
        self.resources.put(id, queue);
    }

    fn policies(&mut self, function: &Function) -> Node {
        let mut statements = Vec::new();
        for grant in &function.grants {
            let resource = match &grant.on {
                On::Arns(arns) => texts(arns),
                On::Parameter(service) => {
                    let what = format!("{}Resources", pascal(service));
                    let id = self.id(function, &what);
                    let actions: Vec<&str> = grant.actions.iter().map(String::as_str).collect();
                    let description = iam::resources(&actions, &function.path);
                    self.parameters.put(
                        &id,
                        map([
                            ("Type", text("CommaDelimitedList")),
                            ("Description", text(description)),
                        ]),
                    );
                    reference(&id)
                }
                On::Secret(name) => sub(format!(
                    "arn:${{AWS::Partition}}:secretsmanager:${{AWS::Region}}:${{AWS::AccountId}}:secret:{}-??????",
                    literal(name)
                )),
                On::Objects => match bucket(function) {
                    Some(Source::Arn(arn)) => text(format!("{arn}/*")),
                    named => sub(format!(
                        "arn:${{AWS::Partition}}:s3:::{}/*",
                        bucket_name(self.deployment, function, named.as_ref())
                    )),
                },
                On::Results(objects) => {
                    sub(format!("arn:${{AWS::Partition}}:s3:::{}", literal(objects)))
                }
                On::Anything => text("*"),
            };
            statements.push(map([
                ("Effect", text("Allow")),
                ("Action", texts(&grant.actions)),
                ("Resource", resource),
            ]));
        }
        if statements.is_empty() {
            return Node::List(Vec::new());
        }
        Node::List(vec![map([
            ("Version", text("2012-10-17")),
            ("Statement", Node::List(statements)),
        ])])
    }
}

/// The bucket that sends a function's events.
fn bucket(function: &Function) -> Option<Source> {
    function.events.iter().find_map(|event| match event {
        Event::S3 { bucket, .. } => bucket.clone(),
        _ => None,
    })
}

/// A name in each stage.
fn staged(name: &str, ending: &str) -> Node {
    sub(format!("{}-${{Stage}}{ending}", literal(name)))
}

/// The bucket's name, for `!Sub`: known before it is made, so that a policy can name it without a circle.
fn bucket_name(deployment: &Deployment, function: &Function, bucket: Option<&Source>) -> String {
    let room = 63 - 1 - deployment.stage_length();
    match bucket {
        Some(source) => format!("{}-${{Stage}}", literal(&short(source.text(), room))),
        None => format!(
            "{}-${{Stage}}-${{AWS::AccountId}}",
            short(&function.name, room - 13)
        ),
    }
}

fn repository_arn(name: &str) -> String {
    format!("arn:${{AWS::Partition}}:codecommit:${{AWS::Region}}:${{AWS::AccountId}}:{name}")
}
