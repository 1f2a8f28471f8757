//! A workflow for GitHub Actions: builds all functions in one run of cargo, then deploys a stage.
//!
//! Input: [`Deployment`] and the formats that are there. Output: the text. It logs in by OpenID Connect: no key of AWS
//! is kept.

use super::model::Deployment;
use super::node::{Node, document, map, text, texts};
use super::{sam, terraform};
use crate::config::deploy::Format;
use crate::config::deploy::values::Architecture;

/// The version of cargo-lambda that builds.
const CARGO_LAMBDA: &str = "1.9.2";

/// `workflow.yml`.
pub fn workflow(deployment: &Deployment, formats: &[Format]) -> String {
    let inside = if deployment.inside.is_empty() {
        "."
    } else {
        &deployment.inside
    };
    let mut steps = vec![
        map([("uses", text("actions/checkout@v5"))]),
        map([
            ("name", text("Rust")),
            (
                "run",
                text(format!(
                    "rustup toolchain install {} --profile minimal && rustup default {}",
                    deployment.rust, deployment.rust
                )),
            ),
        ]),
        map([
            ("name", text("cargo-lambda")),
            (
                "run",
                text(format!(
                    "pip install cargo-lambda=={CARGO_LAMBDA} ziglang==0.17.1"
                )),
            ),
        ]),
    ];
    for (architecture, flag) in [
        (Architecture::X86, "--x86-64"),
        (Architecture::Arm, "--arm64"),
    ] {
        let packages = deployment
            .functions
            .iter()
            .filter(|f| f.architecture == architecture);
        let packages: Vec<String> = packages.map(|f| format!("--package {}", f.name)).collect();
        if packages.is_empty() {
            continue;
        }
        let run = format!(
            "cargo lambda build --release --locked --output-format zip {flag} {}",
            packages.join(" ")
        );
        steps.push(map([
            ("name", text(format!("Build for {}", architecture.as_str()))),
            ("run", text(run)),
        ]));
    }
    steps.push(map([
        ("uses", text("aws-actions/configure-aws-credentials@v5")),
        (
            "with",
            map([
                ("role-to-assume", text("${{ vars.AWS_ROLE }}")),
                ("aws-region", text("${{ vars.AWS_REGION }}")),
            ]),
        ),
    ]));
    steps.extend(deploy(deployment, formats));
    let job = map([
        ("runs-on", text("ubuntu-24.04")),
        ("environment", text("${{ inputs.stage }}")),
        ("concurrency", text("deploy-${{ inputs.stage }}")),
        (
            "permissions",
            map([("contents", text("read")), ("id-token", text("write"))]),
        ),
        ("env", map([("STAGE", text("${{ inputs.stage }}"))])),
        (
            "defaults",
            map([("run", map([("working-directory", text(inside))]))]),
        ),
        ("steps", Node::List(steps)),
    ]);
    let stage = map([
        ("type", text("choice")),
        ("options", texts(&deployment.stages)),
        ("default", text(deployment.stage())),
        ("required", Node::Bool(true)),
    ]);
    let root = map([
        ("name", text(format!("Deploy {}", deployment.name))),
        (
            "on",
            map([(
                "workflow_dispatch",
                map([("inputs", map([("stage", stage)]))]),
            )]),
        ),
        // What a job may do it says itself.
        ("permissions", Node::Map(Vec::new())),
        ("jobs", map([("deploy", job)])),
    ]);
    document(
        &deployment.notes(&[
            "Copy it to .github/workflows. For each stage make an environment with the variables AWS_ROLE (a role that \
             trusts GitHub's OpenID Connect) and AWS_REGION, and with what the templates ask for.",
        ]),
        &root,
    )
}

/// The steps of the first format that deploys.
fn deploy(deployment: &Deployment, formats: &[Format]) -> Vec<Node> {
    let secret = |name: &str| text(format!("${{{{ secrets.{name} }}}}"));
    let variable = |name: &str| text(format!("${{{{ vars.{name} }}}}"));
    let (variables, others) = sam::parameters(deployment);
    // What a command names is in its environment, so that no value is part of its text.
    let mut env: Vec<(String, Node)> = Vec::new();
    env.extend(
        variables
            .iter()
            .map(|(name, _)| (name.clone(), secret(name))),
    );
    env.extend(others.iter().map(|name| (name.clone(), variable(name))));
    let step = |run: String, env: Vec<(String, Node)>, below: &str| {
        let mut step = map([("name", text("Deploy"))]);
        if !env.is_empty() {
            step.put("env", Node::Map(env));
        }
        if !below.is_empty() {
            let dir = if deployment.inside.is_empty() {
                below.to_owned()
            } else {
                format!("{}/{below}", deployment.inside)
            };
            step.put("working-directory", text(dir));
        }
        vec![step.with("run", text(run))]
    };
    let given = |sign: &str, with_variables: bool| {
        let variables = variables.iter().filter(|_| with_variables);
        let variables = variables.map(|(name, id)| format!("{sign}\"{id}=${name}\""));
        let others = others
            .iter()
            .map(|name| format!("{sign}\"{name}=${name}\""));
        variables.chain(others).collect::<String>()
    };
    if formats.contains(&Format::Sam) {
        let run = format!(
            "sam deploy --config-env \"$STAGE\" --no-confirm-changeset --no-fail-on-empty-changeset \
             --parameter-overrides \"Stage=$STAGE\"{}",
            given(" ", true)
        );
        return step(run, env, "deploy");
    }
    if formats.contains(&Format::Serverless) {
        let run = format!(
            "npx --yes osls@4.3.1 deploy --stage \"$STAGE\"{}",
            given(" --param ", false)
        );
        return step(run, env, "deploy");
    }
    if formats.contains(&Format::Terraform) {
        let inputs = terraform::variables::inputs(deployment).into_iter();
        let env = inputs.map(|(name, is_secret)| {
            let value = if is_secret {
                secret(
                    name.trim_start_matches("env_")
                        .to_ascii_uppercase()
                        .as_str(),
                )
            } else {
                variable(&name.to_ascii_uppercase())
            };
            (format!("TF_VAR_{name}"), value)
        });
        let run = "terraform init -input=false && terraform apply -input=false -auto-approve -var \"stage=$STAGE\"";
        return step(run.to_owned(), env.collect(), "deploy/terraform");
    }
    if formats.contains(&Format::Cdk) {
        let run = format!(
            "npm install && npx cdk deploy --require-approval never --context \"stage=$STAGE\"{}",
            given(" --parameters ", true)
        );
        return step(run, env, "deploy/cdk");
    }
    let commands = deployment.functions.iter().map(|f| {
        // One command a line: the shell stops at the first that fails.
        format!(
            "cargo lambda deploy --binary-name {} {}-\"$STAGE\"\n",
            f.name, f.name
        )
    });
    step(commands.collect(), Vec::new(), "")
}
