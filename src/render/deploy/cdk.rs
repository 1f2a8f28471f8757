//! The AWS CDK: `app.mjs` with a stack, its `cdk.json` and `package.json`.
//!
//! Input: [`Deployment`]. Output: the texts. Strings are written with all but plain ASCII escaped; what differs from
//! account to account is a parameter of the stack.

mod events;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use super::iam;
use super::model::{Deployment, Event, Function, On};
use super::names::{Names, description, one_line, pascal};
use super::node::{comment, quoted};
use crate::config::deploy::values::Architecture;
use crate::trigger::KEEP_WARM;

/// `cdk.json`.
pub fn settings() -> String {
    "{\n  \"app\": \"node app.mjs\"\n}\n".to_owned()
}

/// `package.json`.
pub fn package(deployment: &Deployment) -> String {
    let name = quoted(&format!("{}-deploy", deployment.name.to_ascii_lowercase()));
    format!(
        "{{\n  \"name\": {name},\n  \"private\": true,\n  \"type\": \"module\",\n  \"dependencies\": {{\n    \
         \"aws-cdk-lib\": \"^2.265.0\",\n    \"constructs\": \"^10.4.0\"\n  }},\n  \"devDependencies\": {{\n    \
         \"aws-cdk\": \"^2.1148.1\"\n  }}\n}}\n"
    )
}

/// `app.mjs`.
pub fn app(deployment: &Deployment) -> String {
    let mut writer = Writer {
        deployment,
        names: Names::default(),
        modules: BTreeSet::from(["lambda", "logs"]),
        made: BTreeSet::new(),
        out: String::new(),
    };
    for name in deployment.environment() {
        let id = writer
            .names
            .of(&format!("environment {name}"), &pascal(name));
        let said = format!("The environment variable {name}.");
        writer.parameter(&id, "String", &said, true);
    }
    for function in &deployment.functions {
        writer.names.of(&function.name, &pascal(&function.name));
    }
    for function in &deployment.functions {
        writer.function(function);
    }
    let notes = deployment.notes(&[
        "Build the functions, then in this folder: npm install, npx cdk deploy --context stage=STAGE.",
    ]);
    let mut out = comment("// ", &notes);
    out.push_str("// @ts-check\n\nimport { fileURLToPath } from \"node:url\";\nimport * as cdk from \"aws-cdk-lib\";\n");
    for module in &writer.modules {
        let path = match *module {
            "apigateway" => "apigatewayv2",
            "integrations" => "apigatewayv2-integrations",
            "sources" => "lambda-event-sources",
            "targets" => "events-targets",
            plain => plain,
        };
        let _ = writeln!(out, "import * as {module} from \"aws-cdk-lib/aws-{path}\";");
    }
    let stages: Vec<String> = deployment.stages.iter().map(|s| string(s)).collect();
    let _ = write!(
        out,
        "\nconst app = new cdk.App();\nconst stages = [{}];\nconst stage = app.node.tryGetContext(\"stage\") ?? \
         stages[0];\nif (!stages.includes(stage)) {{\n  throw new Error(`there is no stage ${{stage}}: \
         ${{stages.join(\", \")}}`);\n}}\nconst stack = new cdk.Stack(app, `{}-${{stage}}`);\n\n/** @param {{string}} \
         name */\nconst zip = (name) =>\n  \
         lambda.Code.fromAsset(fileURLToPath(new URL(`../../target/lambda/${{name}}/bootstrap.zip`, \
         import.meta.url)));\n",
        stages.join(", "),
        deployment.name
    );
    out.push_str(&writer.out);
    if !deployment.tags.is_empty() {
        out.push('\n');
    }
    for (key, value) in &deployment.tags {
        let _ = writeln!(
            out,
            "cdk.Tags.of(stack).add({}, {});",
            string(key),
            string(value)
        );
    }
    out
}

struct Writer<'a> {
    deployment: &'a Deployment,
    names: Names,
    modules: BTreeSet<&'static str>,
    made: BTreeSet<String>,
    out: String,
}

impl Writer<'_> {
    fn line(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }

    fn id(&mut self, function: &Function, what: &str) -> String {
        let own = self.names.of(&function.name, "");
        self.names.of(
            &format!("{} {what}", function.name),
            &format!("{own}{what}"),
        )
    }

    fn parameter(&mut self, id: &str, kind: &str, said: &str, hidden: bool) {
        let hidden = if hidden { ", noEcho: true" } else { "" };
        let line = format!(
            "\nconst {} = new cdk.CfnParameter(stack, \"{id}\", {{\n  type: \"{kind}\",\n  description: {}{hidden},\n}});",
            variable(id),
            string(said)
        );
        self.line(&line);
    }

    fn function(&mut self, function: &Function) {
        let id = self.names.of(&function.name, "");
        let own = variable(&id);
        let line = format!("\n// {}", one_line(&function.path));
        self.line(&line);
        let mut properties = vec![
            format!("description: {}", string(&description(function))),
            format!("code: zip({})", string(&function.name)),
            "handler: \"bootstrap\"".to_owned(),
            "runtime: lambda.Runtime.PROVIDED_AL2023".to_owned(),
            format!(
                "architecture: lambda.Architecture.{}",
                match function.architecture {
                    Architecture::X86 => "X86_64",
                    Architecture::Arm => "ARM_64",
                }
            ),
            format!("memorySize: {}", function.memory),
            format!("timeout: cdk.Duration.seconds({})", function.timeout),
            format!(
                "logGroup: new logs.LogGroup(stack, \"{id}Logs\", {{ retention: {} }})",
                function.log_retention
            ),
        ];
        if let Some(concurrency) = function.concurrency {
            properties.push(format!("reservedConcurrentExecutions: {concurrency}"));
        }
        let variables = function.environment.iter().map(|name| {
            let id = self.names.of(&format!("environment {name}"), "");
            format!("{name}: {}.valueAsString", variable(&id))
        });
        let variables: Vec<String> = variables.collect();
        if !variables.is_empty() {
            properties.push(format!("environment: {{ {} }}", variables.join(", ")));
        }
        let dead = function
            .has_dead_letters()
            .then(|| self.id(function, "DeadLetters"));
        if let Some(dead) = &dead {
            self.dead_letters(dead, false);
            if function.is_async() {
                properties.push(format!("deadLetterQueue: {}", variable(dead)));
            }
        }
        let line = format!(
            "const {own} = new lambda.Function(stack, \"{id}\", {{\n  {},\n}});",
            properties.join(",\n  ")
        );
        self.line(&line);
        let mut keys = BTreeSet::new();
        for (key, value) in &function.tags {
            if self.deployment.tags.get(key) != Some(value) && keys.insert(key) {
                let line = format!(
                    "cdk.Tags.of({own}).add({}, {});",
                    string(key),
                    string(value)
                );
                self.line(&line);
            }
        }
        let target = match function.provisioned {
            Some(provisioned) => {
                let line = format!(
                    "const {own}Live = {own}.addAlias(\"live\", {{ provisionedConcurrentExecutions: {provisioned} }});"
                );
                self.line(&line);
                format!("{own}Live")
            }
            None => own.clone(),
        };
        self.grants(function, &own);
        for event in &function.events {
            self.event(function, event, &target, dead.as_deref());
        }
        if let Some(minutes) = function.keep_warm {
            let input = format!("{{ event: events.RuleTargetInput.fromObject({KEEP_WARM}) }}");
            self.schedule(
                function,
                "KeepWarm",
                &super::rate(minutes),
                &target,
                Some(&input),
            );
        }
        let output = self.id(function, "Name");
        let line =
            format!("new cdk.CfnOutput(stack, \"{output}\", {{ value: {own}.functionName }});");
        self.line(&line);
    }

    fn dead_letters(&mut self, id: &str, fifo: bool) {
        self.modules.insert("sqs");
        let fifo = if fifo { "\n  fifo: true," } else { "" };
        let line = format!(
            "const {} = new sqs.Queue(stack, \"{id}\", {{{fifo}\n  retentionPeriod: cdk.Duration.days(14),\n  encryption: \
             sqs.QueueEncryption.SQS_MANAGED,\n}});",
            variable(id)
        );
        self.line(&line);
    }

    fn grants(&mut self, function: &Function, own: &str) {
        for grant in &function.grants {
            self.modules.insert("iam");
            let list: Vec<String> = grant.actions.iter().map(|a| string(a)).collect();
            let on = match &grant.on {
                On::Arns(arns) => {
                    let arns: Vec<String> = arns.iter().map(|a| string(a)).collect();
                    format!("[{}]", arns.join(", "))
                }
                On::Parameter(service) => {
                    let id = self.id(function, &format!("{}Resources", pascal(service)));
                    let actions: Vec<&str> = grant.actions.iter().map(String::as_str).collect();
                    let said = iam::resources(&actions, &function.path);
                    self.parameter(&id, "CommaDelimitedList", &said, false);
                    format!("{}.valueAsList", variable(&id))
                }
                On::Secret(name) => {
                    let arn = account(
                        "secretsmanager",
                        "secret",
                        &string(&format!("{name}-??????")),
                        "COLON_RESOURCE_NAME",
                    );
                    format!("[{arn}]")
                }
                On::Objects => {
                    let bucket = function.events.iter().find_map(|event| match event {
                        Event::S3 { bucket, .. } => Some(bucket.clone()),
                        _ => None,
                    });
                    let bucket = self.bucket(function, bucket.flatten().as_ref());
                    format!("[{bucket}.arnForObjects(\"*\")]")
                }
                On::Results(objects) => format!(
                    "[stack.formatArn({{ service: \"s3\", region: \"\", account: \"\", resource: {}, arnFormat: \
                     cdk.ArnFormat.NO_RESOURCE_NAME }})]",
                    string(objects)
                ),
                On::Anything => "[\"*\"]".to_owned(),
            };
            let line = format!(
                "{own}.addToRolePolicy(\n  new iam.PolicyStatement({{ actions: [{}], resources: {on} }}),\n);",
                list.join(", ")
            );
            self.line(&line);
        }
    }
}

/// The ARN of something in the account.
fn account(service: &str, resource: &str, name: &str, format: &str) -> String {
    let resource = if resource.starts_with('"') || resource.contains('.') {
        resource.to_owned()
    } else {
        string(resource)
    };
    format!(
        "stack.formatArn({{ service: \"{service}\", resource: {resource}, resourceName: {name}, arnFormat: \
         cdk.ArnFormat.{format} }})"
    )
}

/// `RenderInvoice` as `renderInvoice`; ends in a way that no word of the language or of this file does.
fn variable(id: &str) -> String {
    const WORDS: &[&str] = &[
        "api",
        "app",
        "stage",
        "stages",
        "stack",
        "zip",
        "cdk",
        "lambda",
        "logs",
        "iam",
        "sqs",
        "sns",
        "s3",
        "events",
        "targets",
        "sources",
        "dynamodb",
        "apigateway",
        "integrations",
        "await",
        "break",
        "case",
        "catch",
        "class",
        "const",
        "continue",
        "debugger",
        "default",
        "delete",
        "do",
        "else",
        "enum",
        "export",
        "extends",
        "false",
        "finally",
        "for",
        "function",
        "if",
        "import",
        "in",
        "instanceof",
        "new",
        "null",
        "return",
        "super",
        "switch",
        "this",
        "throw",
        "true",
        "try",
        "typeof",
        "var",
        "void",
        "while",
        "with",
        "yield",
        "let",
        "static",
        "eval",
        "arguments",
        "implements",
        "interface",
        "package",
        "private",
        "protected",
        "public",
        "undefined",
    ];
    let mut letters = id.chars();
    let first = letters.next().map(|c| c.to_ascii_lowercase());
    let name = format!(
        "{}{}",
        first.into_iter().collect::<String>(),
        letters.as_str()
    );
    if WORDS.contains(&name.as_str()) {
        format!("{name}_")
    } else {
        name
    }
}

/// A string of JavaScript.
fn string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            ' '..='~' => out.push(c),
            c => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
        }
    }
    out.push('"');
    out
}

fn value(json: &Value) -> String {
    match json {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => string(text),
        Value::Array(list) => {
            let list: Vec<String> = list.iter().map(value).collect();
            format!("[{}]", list.join(", "))
        }
        Value::Object(map) => {
            // In brackets, so that `__proto__` is a key like any other.
            let entries: Vec<String> = map
                .iter()
                .map(|(k, v)| format!("[{}]: {}", string(k), value(v)))
                .collect();
            format!("{{ {} }}", entries.join(", "))
        }
    }
}
