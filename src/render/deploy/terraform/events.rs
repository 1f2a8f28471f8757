//! Terraform's resources for what sends events.
//!
//! Input: a function and its events. Output: blocks, and statements for what Lambda itself reads.

use super::super::hcl::{Body, Entry, Expr, block, escape, object, raw, set, text, texts};
use super::super::model::{Event, Function, Source};
use super::super::names::short;
use super::super::node::Node;
use super::variables::own;
use super::{Writer, account, allow};
use crate::text::snake;

/// What a bucket tells, and whom.
pub(super) struct Told {
    label: String,
    id: Expr,
    is_ours: bool,
    to: Body,
    after: Vec<String>,
}

impl Writer<'_> {
    /// The notifications of all buckets.
    pub(super) fn notifications(&mut self, out: &mut Body) {
        for told in std::mem::take(&mut self.told) {
            if !told.is_ours {
                out.push(Entry::Comment(
                    "This is all of the bucket's notifications: what it had before is replaced."
                        .to_owned(),
                ));
            }
            let mut inner = vec![set("bucket", told.id)];
            inner.extend(told.to);
            inner.push(set(
                "depends_on",
                raw(format!("[{}]", told.after.join(", "))),
            ));
            out.push(block(
                "resource",
                &["aws_s3_bucket_notification", &told.label],
                inner,
            ));
        }
    }

    /// What a service calls: the function, or its alias.
    pub(super) fn target(function: &Function) -> (String, Vec<Entry>) {
        let label = snake(&function.name);
        let of = set(
            "function_name",
            raw(format!("aws_lambda_function.{label}.function_name")),
        );
        if function.provisioned.is_some() {
            let alias = format!("aws_lambda_alias.{label}");
            return (
                format!("{alias}.arn"),
                vec![of, set("qualifier", raw(format!("{alias}.name")))],
            );
        }
        (format!("aws_lambda_function.{label}.arn"), vec![of])
    }

    pub(super) fn permission(
        function: &Function,
        what: &str,
        service: &str,
        arn: Expr,
        out: &mut Body,
    ) {
        let label = format!("{}_{what}", snake(&function.name));
        let (_, mut inner) = Self::target(function);
        inner.push(set("action", text("lambda:InvokeFunction")));
        inner.push(set("principal", text(service)));
        if service.starts_with("s3") || service.starts_with("codecommit") {
            inner.push(set(
                "source_account",
                raw("data.aws_caller_identity.current.account_id"),
            ));
        }
        inner.push(set("source_arn", arn));
        out.push(block("resource", &["aws_lambda_permission", &label], inner));
    }

    pub(super) fn rule(
        &mut self,
        function: &Function,
        what: &str,
        rule: Body,
        input: Option<&str>,
        out: &mut Body,
    ) {
        let label = format!("{}_{what}", snake(&function.name));
        out.push(block(
            "resource",
            &["aws_cloudwatch_event_rule", &label],
            rule,
        ));
        let mut target = vec![
            set(
                "rule",
                raw(format!("aws_cloudwatch_event_rule.{label}.name")),
            ),
            set("arn", raw(Self::target(function).0)),
        ];
        target.extend(input.map(|input| set("input", text(input))));
        out.push(block(
            "resource",
            &["aws_cloudwatch_event_target", &label],
            target,
        ));
        let arn = raw(format!("aws_cloudwatch_event_rule.{label}.arn"));
        Self::permission(function, what, "events.amazonaws.com", arn, out);
    }

    pub(super) fn mapping(
        function: &Function,
        what: &str,
        arn: Expr,
        batch: u32,
        more: Body,
        out: &mut Body,
    ) {
        let label = format!("{}_{what}", snake(&function.name));
        let mut inner = vec![
            set("event_source_arn", arn),
            set("function_name", raw(Self::target(function).0)),
            set("batch_size", Expr::Int(batch)),
            set(
                "function_response_types",
                texts(["ReportBatchItemFailures"]),
            ),
        ];
        inner.extend(more);
        out.push(block(
            "resource",
            &["aws_lambda_event_source_mapping", &label],
            inner,
        ));
    }

    pub(super) fn event(
        &mut self,
        function: &Function,
        event: &Event,
        statements: &mut Vec<Expr>,
        out: &mut Body,
    ) {
        let own_name = snake(&function.name);
        let label = own_name.as_str();
        match event {
            Event::Http { method, path } => {
                let name = short(&format!("{}-{}", self.deployment.name, function.name), 100);
                out.push(block(
                    "resource",
                    &["aws_apigatewayv2_api", label],
                    vec![
                        set(
                            "name",
                            Expr::Template(format!("{}-${{var.stage}}", escape(&name))),
                        ),
                        set("protocol_type", text("HTTP")),
                    ],
                ));
                let api = raw(format!("aws_apigatewayv2_api.{label}.id"));
                out.push(block(
                    "resource",
                    &["aws_apigatewayv2_stage", label],
                    vec![
                        set("api_id", api.clone()),
                        set("name", text("$default")),
                        set("auto_deploy", Expr::Bool(true)),
                    ],
                ));
                out.push(block(
                    "resource",
                    &["aws_apigatewayv2_integration", label],
                    vec![
                        set("api_id", api.clone()),
                        set("integration_type", text("AWS_PROXY")),
                        set("integration_uri", raw(Self::target(function).0)),
                        set("payload_format_version", text("2.0")),
                    ],
                ));
                let target = format!("integrations/${{aws_apigatewayv2_integration.{label}.id}}");
                out.push(block(
                    "resource",
                    &["aws_apigatewayv2_route", label],
                    vec![
                        set("api_id", api),
                        set("route_key", text(format!("{method} {path}"))),
                        set("target", Expr::Template(target)),
                    ],
                ));
                let arn =
                    Expr::Template(format!("${{aws_apigatewayv2_api.{label}.execution_arn}}/*"));
                Self::permission(function, "http", "apigateway.amazonaws.com", arn, out);
            }
            Event::Sns { topic } => {
                let arn = match topic {
                    Some(Source::Arn(arn)) => text(arn),
                    named => {
                        let of = self.source(function, "topic", named.as_ref());
                        if self.is_new(&format!("topic {of}")) {
                            let name = named.iter().map(|n| set("name", staged(n.text(), "")));
                            out.push(block("resource", &["aws_sns_topic", &of], name.collect()));
                        }
                        raw(format!("aws_sns_topic.{of}.arn"))
                    }
                };
                let inner = vec![
                    set("topic_arn", arn.clone()),
                    set("protocol", text("lambda")),
                    set("endpoint", raw(Self::target(function).0)),
                ];
                out.push(block(
                    "resource",
                    &["aws_sns_topic_subscription", label],
                    inner,
                ));
                Self::permission(function, "sns", "sns.amazonaws.com", arn, out);
            }
            Event::Sqs { queue, fifo, batch } => {
                let arn = self.queue(function, queue.as_ref(), *fifo, out);
                statements.push(allow(
                    &[
                        "sqs:ChangeMessageVisibility",
                        "sqs:DeleteMessage",
                        "sqs:GetQueueAttributes",
                        "sqs:ReceiveMessage",
                    ],
                    arn.clone(),
                ));
                let window =
                    (*batch > 10).then(|| set("maximum_batching_window_in_seconds", Expr::Int(1)));
                Self::mapping(
                    function,
                    "sqs",
                    arn,
                    *batch,
                    window.into_iter().collect(),
                    out,
                );
            }
            Event::S3 {
                bucket,
                prefix,
                suffix,
            } => {
                let found = self.bucket(function, bucket.as_ref());
                if let Some((of, name)) = &found.made
                    && self.is_new(&format!("bucket {of}"))
                {
                    let resource = vec![set("bucket", name.clone())];
                    out.push(block("resource", &["aws_s3_bucket", of], resource));
                    let closed = [
                        "block_public_acls",
                        "block_public_policy",
                        "ignore_public_acls",
                        "restrict_public_buckets",
                    ];
                    let mut inner = vec![set("bucket", raw(format!("aws_s3_bucket.{of}.id")))];
                    inner.extend(closed.map(|key| set(key, Expr::Bool(true))));
                    out.push(block(
                        "resource",
                        &["aws_s3_bucket_public_access_block", of],
                        inner,
                    ));
                }
                let arn = match &found.made {
                    Some((of, _)) => raw(format!("aws_s3_bucket.{of}.arn")),
                    None => Expr::Template(found.arn.clone()),
                };
                Self::permission(function, "s3", "s3.amazonaws.com", arn, out);
                let mut to = vec![
                    set("lambda_function_arn", raw(Self::target(function).0)),
                    set("events", texts(["s3:ObjectCreated:*"])),
                ];
                to.extend(prefix.iter().map(|p| set("filter_prefix", text(p))));
                to.extend(suffix.iter().map(|s| set("filter_suffix", text(s))));
                let to = block("lambda_function", &[], to);
                let permission = format!("aws_lambda_permission.{label}_s3");
                match self.told.iter_mut().find(|told| told.id == found.id) {
                    Some(told) => {
                        told.to.push(to);
                        told.after.push(permission);
                    }
                    None => self.told.push(Told {
                        label: label.to_owned(),
                        id: found.id,
                        is_ours: found.made.is_some(),
                        to: vec![to],
                        after: vec![permission],
                    }),
                }
            }
            Event::DynamoDb {
                table,
                batch,
                changes,
            } => {
                let arn = match table {
                    Some(Source::Arn(arn)) => text(arn),
                    Some(Source::Name(name)) => {
                        let inner = vec![set("name", text(name))];
                        out.push(block("data", &["aws_dynamodb_table", label], inner));
                        raw(format!("data.aws_dynamodb_table.{label}.stream_arn"))
                    }
                    None => raw(format!(
                        "var.{}",
                        own(&mut self.names, function, "stream_arn")
                    )),
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
                let queue = raw(format!("aws_sqs_queue.{label}_dead_letters.arn"));
                let failed = block("on_failure", &[], vec![set("destination_arn", queue)]);
                let mut more = vec![
                    set("starting_position", text("TRIM_HORIZON")),
                    set("maximum_retry_attempts", Expr::Int(5)),
                    set("bisect_batch_on_function_error", Expr::Bool(true)),
                    block("destination_config", &[], vec![failed]),
                ];
                if let Some(pattern) = crate::render::deploy::pattern(changes) {
                    let filter = block("filter", &[], vec![set("pattern", text(pattern))]);
                    more.push(block("filter_criteria", &[], vec![filter]));
                }
                Self::mapping(function, "dynamodb", arn, *batch, more, out);
            }
            Event::CodeCommit { repository } => {
                let name = match repository {
                    Some(Source::Arn(arn)) => text(arn.rsplit(':').next().unwrap_or(arn)),
                    Some(Source::Name(name)) => text(name),
                    None => raw(format!(
                        "var.{}",
                        own(&mut self.names, function, "repository")
                    )),
                };
                let arn = match repository {
                    Some(Source::Arn(arn)) => text(arn),
                    Some(Source::Name(name)) => account("codecommit", &escape(name)),
                    None => {
                        let variable = own(&mut self.names, function, "repository");
                        account("codecommit", &format!("${{var.{variable}}}"))
                    }
                };
                Self::permission(function, "codecommit", "codecommit.amazonaws.com", arn, out);
                let trigger = vec![
                    set("name", text(short(&function.name, 100))),
                    set("events", texts(["all"])),
                    set("destination_arn", raw(Self::target(function).0)),
                ];
                let inner = vec![
                    set("repository_name", name),
                    block("trigger", &[], trigger),
                    set(
                        "depends_on",
                        raw(format!("[aws_lambda_permission.{label}_codecommit]")),
                    ),
                ];
                out.push(block("resource", &["aws_codecommit_trigger", label], inner));
            }
            Event::EventBridge { pattern } => {
                let pattern = Expr::from(&Node::from(pattern));
                let rule = vec![set(
                    "event_pattern",
                    Expr::Call("jsonencode", Box::new(pattern)),
                )];
                self.rule(function, "eventbridge", rule, None, out);
            }
            Event::Schedule { expression } => {
                let rule = vec![set("schedule_expression", text(expression))];
                self.rule(function, "schedule", rule, None, out);
            }
        }
    }

    pub(super) fn queue(
        &mut self,
        function: &Function,
        queue: Option<&Source>,
        fifo: bool,
        out: &mut Body,
    ) -> Expr {
        if let Some(Source::Arn(arn)) = queue {
            return text(arn);
        }
        let of = self.source(function, "queue", queue);
        let fifo = fifo || queue.is_some_and(|q| q.text().ends_with(".fifo"));
        if self.is_new(&format!("queue {of}")) {
            let ending = if fifo { ".fifo" } else { "" };
            let name = queue.map_or_else(
                || short(&function.name, 50),
                |q| q.text().trim_end_matches(".fifo").to_owned(),
            );
            let common = |name: &str| {
                let mut inner = vec![set("name", staged(name, ending))];
                if fifo {
                    inner.push(set("fifo_queue", Expr::Bool(true)));
                }
                inner.push(set("sqs_managed_sse_enabled", Expr::Bool(true)));
                inner
            };
            let dead_name = format!("{name}-dead-letters");
            let mut dead = common(&short(&dead_name, 75 - self.deployment.stage_length()));
            dead.push(set("message_retention_seconds", Expr::Int(1_209_600)));
            let dead_label = format!("{of}_queue_dead_letters");
            out.push(block("resource", &["aws_sqs_queue", &dead_label], dead));
            let mut inner = common(&name);
            inner.push(set(
                "visibility_timeout_seconds",
                Expr::Int((function.timeout * 6).min(43_200)),
            ));
            let redrive = object([
                (
                    "deadLetterTargetArn",
                    raw(format!("aws_sqs_queue.{dead_label}.arn")),
                ),
                ("maxReceiveCount", Expr::Int(5)),
            ]);
            inner.push(set(
                "redrive_policy",
                Expr::Call("jsonencode", Box::new(redrive)),
            ));
            out.push(block(
                "resource",
                &["aws_sqs_queue", &format!("{of}_queue")],
                inner,
            ));
        }
        raw(format!("aws_sqs_queue.{of}_queue.arn"))
    }

    pub(super) fn bucket(&mut self, function: &Function, bucket: Option<&Source>) -> Bucket {
        let room = 62 - self.deployment.stage_length();
        match bucket {
            Some(Source::Arn(arn)) => Bucket {
                id: text(arn.rsplit(':').next().unwrap_or(arn)),
                arn: escape(arn),
                made: None,
            },
            named => {
                let name = match named {
                    Some(source) => staged(&short(source.text(), room), ""),
                    None => Expr::Template(format!(
                        "{}-${{var.stage}}-${{data.aws_caller_identity.current.account_id}}",
                        escape(&short(&function.name, room - 13))
                    )),
                };
                let of = self.source(function, "bucket", named);
                Bucket {
                    arn: format!("${{aws_s3_bucket.{of}.arn}}"),
                    id: raw(format!("aws_s3_bucket.{of}.id")),
                    made: Some((of, name)),
                }
            }
        }
    }

    /// The label of what sends events: by its name, so that two functions share it, or the function's own.
    pub(super) fn source(
        &mut self,
        function: &Function,
        kind: &str,
        source: Option<&Source>,
    ) -> String {
        match source {
            Some(source) => {
                let thing = format!("{kind} {}", source.text());
                let wanted = snake(source.text().trim_end_matches(".fifo"));
                self.names
                    .of(&thing, &format!("{wanted}_{kind}"))
                    .trim_end_matches("_queue")
                    .to_owned()
            }
            None => snake(&function.name),
        }
    }

    pub(super) fn is_new(&mut self, address: &str) -> bool {
        let is_new = !self.made.iter().any(|made| made == address);
        if is_new {
            self.made.push(address.to_owned());
        }
        is_new
    }
}

/// A bucket, as other resources name it.
pub(super) struct Bucket {
    pub(super) arn: String,
    id: Expr,
    made: Option<(String, Expr)>,
}

/// A name in each stage.
fn staged(name: &str, ending: &str) -> Expr {
    Expr::Template(format!("{}-${{var.stage}}{ending}", escape(name)))
}
