//! What deploys the functions: templates in the formats that were asked for.
//!
//! Input: [`Deployment`]. Output: files by their path under `deploy/`. Refuses nothing: limits were checked where the
//! settings were read. What comes from the user is a quoted scalar in each format, never part of its syntax.

pub mod calls;
pub mod cdk;
pub mod docker;
pub mod hcl;
pub mod iam;
pub mod model;
pub mod names;
pub mod node;
pub mod sam;
pub mod serverless;
pub mod terraform;
#[cfg(test)]
mod tests;
pub mod workflow;

use std::collections::BTreeMap;

use crate::config::deploy::Format;
use model::Deployment;

/// A schedule of so many minutes.
fn rate(minutes: u32) -> String {
    match minutes {
        1 => "rate(1 minute)".to_owned(),
        more => format!("rate({more} minutes)"),
    }
}

/// The files of the formats, by their path under `deploy/`.
pub fn files(deployment: &Deployment, formats: &[Format]) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut put = |path: &str, text: String| {
        files.insert(path.to_owned(), text);
    };
    for format in formats {
        match format {
            Format::Sam => {
                put("template.yaml", sam::template(deployment));
                put("samconfig.toml", sam::config(deployment));
            }
            Format::Serverless => {
                put("serverless.yml", serverless::service(deployment));
                put("serverless-zips.cjs", serverless::plugin());
            }
            Format::Workflow => put("workflow.yml", workflow::workflow(deployment, formats)),
            Format::Docker => {
                put("Dockerfile", docker::file(deployment));
                put("Dockerfile.dockerignore", docker::ignored());
            }
            Format::Cdk => {
                put("cdk/app.mjs", cdk::app(deployment));
                put("cdk/cdk.json", cdk::settings());
                put("cdk/package.json", cdk::package(deployment));
            }
            Format::Terraform => {
                put("terraform/main.tf", terraform::main(deployment));
                put(
                    "terraform/variables.tf",
                    terraform::variables::variables(deployment),
                );
                put("terraform/outputs.tf", terraform::outputs(deployment));
            }
            // Its settings stand in the functions' manifests.
            Format::CargoLambda => {}
        }
    }
    files
}

/// The pattern of an event source that passes on some kinds of changes alone; `None` for all.
fn pattern(changes: &[model::Change]) -> Option<String> {
    let names: Vec<&str> = changes.iter().map(|change| change.event_name()).collect();
    (!names.is_empty()).then(|| serde_json::json!({ "eventName": names }).to_string())
}
