//! Terraform: `main.tf`, `variables.tf` and `outputs.tf`.
//!
//! Input: [`Deployment`]. Output: the texts, as `terraform fmt` would leave them. Each function has a role of its own.

mod events;
pub mod variables;

use super::hcl::{Body, Entry, Expr, block, escape, file, object, raw, set, text, texts};
use events::Told;

use super::model::{Deployment, Event, Function, On};
use super::names::{FUNCTION, Names, description, short};
use super::node::comment;
use crate::text::snake;
use variables::{environment, names, resources};

use crate::trigger::KEEP_WARM;

/// `main.tf`.
pub fn main(deployment: &Deployment) -> String {
    let mut body = vec![
        block(
            "terraform",
            &[],
            vec![
                set("required_version", text(">= 1.5")),
                block(
                    "required_providers",
                    &[],
                    vec![set(
                        "aws",
                        object([
                            ("source", text("hashicorp/aws")),
                            ("version", text(">= 5.0")),
                        ]),
                    )],
                ),
            ],
        ),
        block("data", &["aws_caller_identity", "current"], Vec::new()),
        block("data", &["aws_partition", "current"], Vec::new()),
        block("data", &["aws_region", "current"], Vec::new()),
    ];
    let mut writer = Writer {
        deployment,
        names: names(deployment),
        made: Vec::new(),
        told: Vec::new(),
    };
    for function in &deployment.functions {
        body.push(Entry::Comment(super::names::one_line(&format!(
            "{}: {}",
            function.name, function.path
        ))));
        writer.function(function, &mut body);
    }
    writer.notifications(&mut body);
    let notes = deployment
        .notes(&["Build the functions, then: terraform init, terraform apply -var stage=STAGE."]);
    format!("{}\n{}", comment("# ", &notes), file(&body))
}

/// `outputs.tf`.
pub fn outputs(deployment: &Deployment) -> String {
    let mut body = Vec::new();
    for function in &deployment.functions {
        let own = snake(&function.name);
        let value = format!("aws_lambda_function.{own}.function_name");
        body.push(block(
            "output",
            &[&format!("{own}_name")],
            vec![set("value", raw(value))],
        ));
        for event in &function.events {
            if let Event::Http { path, .. } = event {
                let url = format!(
                    "${{aws_apigatewayv2_api.{own}.api_endpoint}}{}",
                    escape(path)
                );
                body.push(block(
                    "output",
                    &[&format!("{own}_url")],
                    vec![set("value", Expr::Template(url))],
                ));
            }
        }
    }
    file(&body)
}

struct Writer<'a> {
    deployment: &'a Deployment,
    names: Names,
    /// Addresses of queues, topics and buckets that are there.
    made: Vec<String>,
    /// What buckets tell, by bucket: its notifications are one resource.
    told: Vec<Told>,
}

impl Writer<'_> {
    fn function(&mut self, function: &Function, body: &mut Body) {
        let own_name = snake(&function.name);
        let label = own_name.as_str();
        let room = FUNCTION - 1 - self.deployment.stage_length();
        let name = short(&format!("{}-{}", self.deployment.name, function.name), room);
        let name = Expr::Template(format!("{}-${{var.stage}}", escape(&name)));
        let zip = format!(
            "${{path.module}}/../../target/lambda/{}/bootstrap.zip",
            escape(&function.name)
        );
        let tags = |inner: &mut Body| {
            if !function.tags.is_empty() {
                let tags = function.tags.iter().map(|(k, v)| (k.clone(), text(v)));
                inner.push(set("tags", Expr::Object(tags.collect())));
            }
        };
        let mut logs = vec![
            set(
                "name",
                Expr::Template(format!("/aws/lambda/{}", template(&name))),
            ),
            set("retention_in_days", Expr::Int(function.log_retention)),
        ];
        tags(&mut logs);
        body.push(block(
            "resource",
            &["aws_cloudwatch_log_group", label],
            logs,
        ));
        let mut role = vec![
            set("name_prefix", text(short(&function.name, 38))),
            set(
                "assume_role_policy",
                Expr::Call(
                    "jsonencode",
                    Box::new(policy(vec![object([
                        ("Effect", text("Allow")),
                        ("Action", text("sts:AssumeRole")),
                        (
                            "Principal",
                            object([("Service", text("lambda.amazonaws.com"))]),
                        ),
                    ])])),
                ),
            ),
        ];
        tags(&mut role);
        body.push(block("resource", &["aws_iam_role", label], role));
        if function.has_dead_letters() {
            let queue = vec![
                set("message_retention_seconds", Expr::Int(1_209_600)),
                set("sqs_managed_sse_enabled", Expr::Bool(true)),
            ];
            body.push(block(
                "resource",
                &["aws_sqs_queue", &format!("{label}_dead_letters")],
                queue,
            ));
        }
        let mut statements = self.statements(function);
        let mut sources = Vec::new();
        for event in &function.events {
            self.event(function, event, &mut statements, &mut sources);
        }
        if let Some(minutes) = function.keep_warm {
            let rule = vec![set("schedule_expression", text(super::rate(minutes)))];
            self.rule(function, "keep_warm", rule, Some(KEEP_WARM), &mut sources);
        }
        body.push(block(
            "resource",
            &["aws_iam_role_policy", label],
            vec![
                set("role", raw(format!("aws_iam_role.{label}.id"))),
                set(
                    "policy",
                    Expr::Call("jsonencode", Box::new(policy(statements))),
                ),
            ],
        ));
        let mut inner = vec![
            set("function_name", name),
            set("description", text(description(function))),
            set("filename", Expr::Template(zip.clone())),
            set(
                "source_code_hash",
                raw(format!("filebase64sha256(\"{zip}\")")),
            ),
            set("handler", text("bootstrap")),
            set("runtime", text("provided.al2023")),
            set("architectures", texts([function.architecture.as_str()])),
            set("memory_size", Expr::Int(function.memory)),
            set("timeout", Expr::Int(function.timeout)),
            set("role", raw(format!("aws_iam_role.{label}.arn"))),
        ];
        if let Some(concurrency) = function.concurrency {
            inner.push(set(
                "reserved_concurrent_executions",
                Expr::Int(concurrency),
            ));
        }
        if function.provisioned.is_some() {
            inner.push(set("publish", Expr::Bool(true)));
        }
        tags(&mut inner);
        inner.push(block(
            "logging_config",
            &[],
            vec![
                set("log_format", text("Text")),
                set(
                    "log_group",
                    raw(format!("aws_cloudwatch_log_group.{label}.name")),
                ),
            ],
        ));
        if function.is_async() {
            let target = raw(format!("aws_sqs_queue.{label}_dead_letters.arn"));
            inner.push(block(
                "dead_letter_config",
                &[],
                vec![set("target_arn", target)],
            ));
        }
        let variables = function.environment.iter();
        let variables = variables.map(|name| {
            let variable = environment(&mut self.names, name);
            (name.clone(), raw(format!("var.{variable}")))
        });
        let variables: Vec<_> = variables.collect();
        if !variables.is_empty() {
            let variables = set("variables", Expr::Object(variables));
            inner.push(block("environment", &[], vec![variables]));
        }
        inner.push(set(
            "depends_on",
            raw(format!("[aws_iam_role_policy.{label}]")),
        ));
        body.push(block("resource", &["aws_lambda_function", label], inner));
        if let Some(provisioned) = function.provisioned {
            let of = raw(format!("aws_lambda_function.{label}.function_name"));
            body.push(block(
                "resource",
                &["aws_lambda_alias", label],
                vec![
                    set("name", text("live")),
                    set("function_name", of.clone()),
                    set(
                        "function_version",
                        raw(format!("aws_lambda_function.{label}.version")),
                    ),
                ],
            ));
            body.push(block(
                "resource",
                &["aws_lambda_provisioned_concurrency_config", label],
                vec![
                    set("function_name", of),
                    set("qualifier", raw(format!("aws_lambda_alias.{label}.name"))),
                    set("provisioned_concurrent_executions", Expr::Int(provisioned)),
                ],
            ));
        }
        body.extend(sources);
    }

    fn statements(&mut self, function: &Function) -> Vec<Expr> {
        let label = snake(&function.name);
        let logs = Expr::Template(format!("${{aws_cloudwatch_log_group.{label}.arn}}:*"));
        let mut statements = vec![allow(&["logs:CreateLogStream", "logs:PutLogEvents"], logs)];
        if function.has_dead_letters() {
            let queue = raw(format!("aws_sqs_queue.{label}_dead_letters.arn"));
            statements.push(allow(&["sqs:SendMessage"], queue));
        }
        for grant in &function.grants {
            let on = match &grant.on {
                On::Arns(arns) => texts(arns),
                On::Parameter(service) => raw(format!(
                    "var.{}",
                    resources(&mut self.names, function, service)
                )),
                On::Secret(name) => {
                    account("secretsmanager", &format!("secret:{}-??????", escape(name)))
                }
                On::Objects => {
                    let bucket = function.events.iter().find_map(|event| match event {
                        Event::S3 { bucket, .. } => Some(self.bucket(function, bucket.as_ref())),
                        _ => None,
                    });
                    Expr::Template(format!("{}/*", bucket.map_or_else(String::new, |b| b.arn)))
                }
                On::Results(objects) => Expr::Template(format!(
                    "arn:${{data.aws_partition.current.partition}}:s3:::{}",
                    escape(objects)
                )),
                On::Anything => text("*"),
            };
            let actions: Vec<&str> = grant.actions.iter().map(String::as_str).collect();
            statements.push(allow(&actions, on));
        }
        statements
    }
}

fn template(expr: &Expr) -> &str {
    match expr {
        Expr::Template(text) => text,
        _ => "",
    }
}

/// The ARN of something in the account; `what` is escaped.
fn account(service: &str, what: &str) -> Expr {
    Expr::Template(format!(
        "arn:${{data.aws_partition.current.partition}}:{service}:${{data.aws_region.current.id}}:\
         ${{data.aws_caller_identity.current.account_id}}:{what}"
    ))
}

fn allow(actions: &[&str], on: Expr) -> Expr {
    object([
        ("Effect", text("Allow")),
        ("Action", texts(actions.iter().copied())),
        ("Resource", on),
    ])
}

fn policy(statements: Vec<Expr>) -> Expr {
    object([
        ("Version", text("2012-10-17")),
        ("Statement", Expr::List(statements)),
    ])
}
