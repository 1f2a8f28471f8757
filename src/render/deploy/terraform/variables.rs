//! Terraform's variables: declared in `variables.tf`, named in `main.tf`.
//!
//! Input: [`Deployment`]. Output: the declarations, and each variable's name.

use super::super::hcl::{Body, Entry, Expr, block, file, raw, set, text};
use super::super::iam;
use super::super::model::{Deployment, Event, Function, On};
use super::super::names::Names;
use crate::text::snake;

/// `variables.tf`.
pub fn variables(deployment: &Deployment) -> String {
    file(&declared(deployment))
}

/// The variables that the environment gives to a run, as `TF_VAR_NAME`; each with whether it is secret.
pub fn inputs(deployment: &Deployment) -> Vec<(String, bool)> {
    let mut names = names(deployment);
    let variables = deployment.environment();
    let secret: Vec<String> = variables
        .into_iter()
        .map(|name| environment(&mut names, name))
        .collect();
    let declared = declared(deployment);
    let all = declared.iter().filter_map(|entry| match entry {
        Entry::Block(_, labels, _) => labels.first(),
        _ => None,
    });
    let inputs = all.filter(|name| *name != "stage");
    inputs
        .map(|name| (name.clone(), secret.contains(name)))
        .collect()
}

fn declared(deployment: &Deployment) -> Body {
    let mut names = names(deployment);
    let mut body = vec![block(
        "variable",
        &["stage"],
        vec![
            set("type", raw("string")),
            set("default", text(deployment.stage())),
            block(
                "validation",
                &[],
                vec![
                    set(
                        "condition",
                        Expr::Contains(deployment.stages.clone(), "var.stage"),
                    ),
                    set(
                        "error_message",
                        text(format!("The stages are {}.", deployment.stages.join(", "))),
                    ),
                ],
            ),
        ],
    )];
    let mut variable = |name: String, kind: &str, description: String, sensitive: bool| {
        let mut inner = vec![
            set("type", raw(kind)),
            set("description", text(description)),
        ];
        if sensitive {
            inner.push(set("sensitive", Expr::Bool(true)));
        }
        body.push(block("variable", &[&name], inner));
    };
    for name in deployment.environment() {
        let said = format!("The environment variable {name}.");
        variable(environment(&mut names, name), "string", said, true);
    }
    for function in &deployment.functions {
        for grant in &function.grants {
            if let On::Parameter(service) = &grant.on {
                let actions: Vec<&str> = grant.actions.iter().map(String::as_str).collect();
                let said =
                    iam::resources(&actions, &function.path).replace(", with commas between", "");
                variable(
                    resources(&mut names, function, service),
                    "list(string)",
                    said,
                    false,
                );
            }
        }
        for event in &function.events {
            match event {
                Event::DynamoDb { table: None, .. } => {
                    let said = "The ARN of the stream.".to_owned();
                    variable(
                        own(&mut names, function, "stream_arn"),
                        "string",
                        said,
                        false,
                    );
                }
                Event::CodeCommit { repository: None } => {
                    let said = "The CodeCommit repository.".to_owned();
                    variable(
                        own(&mut names, function, "repository"),
                        "string",
                        said,
                        false,
                    );
                }
                _ => {}
            }
        }
    }
    body
}

/// The names of variables, the same in both files.
pub(super) fn names(deployment: &Deployment) -> Names {
    let mut names = Names::default();
    names.of("stage", "stage");
    for function in &deployment.functions {
        names.of(
            &format!("function {}", function.name),
            &snake(&function.name),
        );
    }
    for name in deployment.environment() {
        environment(&mut names, name);
    }
    names
}

pub(super) fn environment(names: &mut Names, name: &str) -> String {
    names.of(
        &format!("environment {name}"),
        &format!("env_{}", snake(name)),
    )
}

pub(super) fn resources(names: &mut Names, function: &Function, service: &str) -> String {
    own(names, function, &format!("{}_resources", snake(service)))
}

pub(super) fn own(names: &mut Names, function: &Function, what: &str) -> String {
    let thing = format!("{} {what}", function.name);
    names.of(&thing, &format!("{}_{what}", snake(&function.name)))
}
