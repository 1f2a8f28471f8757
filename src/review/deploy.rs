//! What a review says of deployment: who calls each function, what it may do, and what was not derived.
//!
//! Input: the deployment, if templates were asked for, and what moved code asks of its machine. Output: Markdown. Refuses nothing.

use std::fmt::Write as _;

use super::machine::{self, Asked};
use super::words::{code, codes, prose};
use crate::render::deploy::model::{Deployment, Event, Function, On};

/// The section.
pub(super) fn section(deployment: Option<&Deployment>, asked: &[Asked], out: &mut String) {
    let Some(deployment) = deployment else {
        return;
    };
    out.push_str("## Deployment\n\n");
    out.push_str(
        "The templates in `deploy` allow each function what follows and no more. Actions were read off the calls to \
         AWS in its code.\n\n",
    );
    out.push_str("| function | events | variables | permissions |\n| --- | --- | --- | --- |\n");
    for function in &deployment.functions {
        let variables = codes(function.environment.iter().map(String::as_str));
        let _ = writeln!(
            out,
            "| {} | {} | {variables} | {} |",
            code(&function.name),
            events(function),
            permissions(function)
        );
    }
    out.push('\n');
    // Lambda sets those itself, and takes none of these names from a template.
    let is_own = |name: &str| !name.starts_with("AWS_") && !name.starts_with("LAMBDA_");
    let set = deployment.environment();
    let read = machine::variables(asked).into_iter();
    let unset: Vec<&str> = read
        .filter(|name| is_own(name) && !set.contains(name))
        .collect();
    if !unset.is_empty() {
        let _ = writeln!(
            out,
            "Moved code reads variables that no template sets: {}. What it cannot do without belongs under \
             `environment` of `[deploy]` in `extract.toml`.\n",
            codes(unset)
        );
    }
    let is_open = |f: &&Function| f.events.iter().any(|e| matches!(e, Event::Http { .. }));
    let open: Vec<&str> = deployment
        .functions
        .iter()
        .filter(is_open)
        .map(|f| f.name.as_str())
        .collect();
    if !open.is_empty() {
        let _ = writeln!(
            out,
            "Routes of an HTTP API have no authorizer in the templates: whoever knows the address can call {}.\n",
            codes(open)
        );
    }
    for function in deployment
        .functions
        .iter()
        .filter(|f| !f.unknown.is_empty())
    {
        let _ = writeln!(
            out,
            "{} may need more. No permission was derived for:\n",
            code(&function.name)
        );
        for unknown in &function.unknown {
            let _ = writeln!(out, "- {}: {}", prose(&unknown.at), prose(&unknown.why));
        }
        out.push('\n');
    }
}

fn events(function: &Function) -> String {
    let events = function.events.iter().map(|event| match event {
        Event::Http { method, path } => code(&format!("{method} {path}")),
        Event::Sns { .. } => "SNS".to_owned(),
        Event::Sqs { .. } => "SQS".to_owned(),
        Event::S3 { .. } => "S3".to_owned(),
        Event::DynamoDb { .. } => "DynamoDB stream".to_owned(),
        Event::CodeCommit { .. } => "CodeCommit".to_owned(),
        Event::EventBridge { .. } => "EventBridge".to_owned(),
        Event::Schedule { expression } => code(expression),
    });
    let events: Vec<String> = events.collect();
    if events.is_empty() {
        "direct calls".to_owned()
    } else {
        events.join(", ")
    }
}

fn permissions(function: &Function) -> String {
    let grants = function.grants.iter().map(|grant| {
        let actions = codes(grant.actions.iter().map(String::as_str));
        let on = match &grant.on {
            On::Arns(arns) => codes(arns.iter().map(String::as_str)),
            On::Parameter(_) => "what a parameter names".to_owned(),
            On::Secret(name) => format!("the secret {}", code(name)),
            On::Objects => "objects of its bucket".to_owned(),
            On::Results(objects) => format!("the objects {}", code(objects)),
            On::Anything => "anything: IAM knows no resources for it".to_owned(),
        };
        format!("{actions} on {on}")
    });
    let grants: Vec<String> = grants.collect();
    if grants.is_empty() {
        "none".to_owned()
    } else {
        grants.join("; ")
    }
}
