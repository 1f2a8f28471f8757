//! The module of a shim that serves HTTP: as a Cloud Run function, or as a custom handler of Azure Functions.
//!
//! Input: [`Shim`]. Output: the module's text, and what it needs in the manifest. Refuses nothing of the user's:
//! what a platform has no counterpart for is refused with the feeds.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::trigger::{changes, content_type, filled, form, table, traits_of};
use super::{Shim, ShimDependency, is_transient, own_kinds};
use crate::target::Target;
use crate::trigger::Trigger;

/// The tables of fields: their names, the words that a text has for them, and the triggers whose feed they hold.
const TABLES: &[(&str, &str, &[Trigger])] = &[
    ("PLAIN", "plain", &[Trigger::Http, Trigger::Direct]),
    ("MESSAGE", "message", &[Trigger::Sqs, Trigger::Sns]),
    ("STORAGE", "storage", &[Trigger::S3]),
    ("EVENT", "event", &[Trigger::EventBridge]),
    ("SCHEDULE", "schedule", &[Trigger::Schedule]),
    ("CHANGE", "change", &[Trigger::DynamoDb]),
];

/// The module's file, and those of its own modules, by their paths below `src`.
pub(super) fn files(shim: &Shim) -> BTreeMap<String, String> {
    let mut files = BTreeMap::from([(format!("{}.rs", shim.module), module(shim))]);
    if reads_firestore(shim) {
        let text = include_str!("server/firestore.rs.txt").to_owned();
        files.insert(format!("{}/firestore.rs", shim.module), text);
    }
    files
}

fn reads_firestore(shim: &Shim) -> bool {
    let mut triggers = shim.feeds.iter().map(|feed| feed.trigger);
    shim.target == Target::Gcp && triggers.any(|trigger| trigger == Trigger::DynamoDb)
}

fn module(shim: &Shim) -> String {
    let (invalid_event, invalid_response) = own_kinds(&shim.display, &shim.crossing);
    let mut holds = BTreeSet::new();
    let mut tables = String::new();
    let mut changes = String::new();
    for (name, word, triggers) in TABLES {
        let mut wanted = triggers.iter();
        let feed = wanted.find_map(|t| shim.feeds.iter().find(|feed| feed.trigger == *t));
        if let Some(feed) = feed {
            holds.insert(*word);
            if feed.trigger == Trigger::DynamoDb {
                holds.extend(traits_of(feed, None));
                changes = self::changes(feed);
            }
            let doc = format!("The request of {}.", feed.trigger.title());
            tables.push_str(&table(&doc, name, feed));
            tables.push('\n');
        }
    }
    if holds.contains("plain") {
        holds.insert("http");
    } else {
        holds.insert("eventful");
    }
    if shim.target == Target::Gcp || holds.contains("http") {
        holds.insert("status");
    }
    if !holds.contains("event") {
        holds.insert("noevent");
    }
    let arms = match shim.target {
        Target::Azure => ["message", "storage", "event", "schedule"],
        _ => ["message", "storage", "event", "change"],
    };
    let has = |words: &[&str]| words.iter().any(|word| holds.contains(word));
    let (armed, kinds) = (has(&arms), has(&["message", "storage", "change"]));
    let is_sole = !armed && !holds.contains("change");
    holds.insert(if armed { "armed" } else { "armless" });
    holds.insert(if kinds { "kinds" } else { "uniform" });
    if is_sole {
        holds.insert("sole");
    }
    for (word, other) in [("passes", "takes"), ("change", "same")] {
        if !holds.contains(word) {
            holds.insert(other);
        }
    }
    holds.insert(match form(shim) {
        // Azure's host passes text on alone.
        "binary" if shim.target == Target::Azure => "text",
        form => form,
    });
    let is_told = is_transient(shim).is_some();
    if is_told {
        holds.insert("transient");
    }
    let (head, port, address) = match shim.target {
        Target::Azure => (
            include_str!("server/azure.rs.txt"),
            "FUNCTIONS_CUSTOMHANDLER_PORT",
            "Ipv4Addr::LOCALHOST",
        ),
        _ => (
            include_str!("server/gcp.rs.txt"),
            "PORT",
            "Ipv4Addr::UNSPECIFIED",
        ),
    };
    let text = format!("{head}{}", include_str!("server/fields.rs.txt"));
    filled(&text, &holds)
        .replace("@Tables@\n", &tables)
        .replace(
            "@Crate@",
            if is_told {
                "{Diagnostic, Error, call, failure, is_transient}"
            } else {
                "{Diagnostic, Error, call, failure}"
            },
        )
        .replace("@Display@", &shim.display)
        .replace("@Port@", port)
        .replace("@Address@", address)
        .replace("@ContentType@", content_type(shim))
        .replace("@Changes@", &changes)
        .replace("@InvalidEvent@", invalid_event)
        .replace("@InvalidResponse@", invalid_response)
}

/// The files that tell the Azure Functions host of the function, by their paths beside `src`.
pub(super) fn host_files(shim: &Shim) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    if shim.target != Target::Azure {
        return files;
    }
    let host = json!({
        "version": "2.0",
        "customHandler": {
            "description": { "defaultExecutablePath": shim.package },
            "enableForwardingHttpRequest": false,
        },
        "logging": { "logLevel": { "default": "Information" } },
        "extensionBundle": {
            "id": "Microsoft.Azure.Functions.ExtensionBundle",
            "version": "[4.*, 5.0.0)",
        },
    });
    files.insert("azure/host.json".to_owned(), pretty(&host));
    for feed in &shim.feeds {
        let (word, bindings) = match feed.trigger {
            Trigger::Http | Trigger::Direct => (
                "http",
                json!([
                    {
                        "type": "httpTrigger", "direction": "in", "name": "req",
                        "authLevel": "function", "methods": ["get", "post", "put", "patch", "delete"],
                    },
                    { "type": "http", "direction": "out", "name": "res" },
                ]),
            ),
            Trigger::Sqs => (
                "queue",
                json!([{
                    "type": "queueTrigger", "direction": "in", "name": "message",
                    "queueName": format!("%{}%", setting(shim, "QUEUE")),
                    "connection": "AzureWebJobsStorage",
                }]),
            ),
            Trigger::S3 => (
                "blob",
                json!([{
                    "type": "blobTrigger", "direction": "in", "name": "blob",
                    "path": format!("%{}%/{{name}}", setting(shim, "CONTAINER")),
                    "connection": "AzureWebJobsStorage",
                }]),
            ),
            Trigger::Schedule => (
                "timer",
                json!([{
                    "type": "timerTrigger", "direction": "in", "name": "timer",
                    "schedule": format!("%{}%", setting(shim, "SCHEDULE")),
                }]),
            ),
            Trigger::EventBridge => (
                "event",
                json!([{ "type": "eventGridTrigger", "direction": "in", "name": "event" }]),
            ),
            Trigger::DynamoDb => (
                "change",
                json!([{
                    "type": "cosmosDBTrigger", "direction": "in", "name": "documents",
                    "connection": setting(shim, "COSMOS"),
                    "databaseName": format!("%{}%", setting(shim, "COSMOS_DATABASE")),
                    "containerName": format!("%{}%", setting(shim, "COSMOS_CONTAINER")),
                    "leaseContainerName": "leases",
                    "leaseContainerPrefix": shim.package,
                    "createLeaseContainerIfNotExists": true,
                }]),
            ),
            // Refused with the feeds.
            Trigger::Sns | Trigger::CodeCommit => continue,
        };
        let path = format!("azure/{}-{word}/function.json", shim.package);
        let function = match feed.trigger {
            // Without a policy the host goes on behind what failed, which is lost then.
            Trigger::DynamoDb => json!({
                "bindings": bindings,
                "retry": {
                    "strategy": "exponentialBackoff", "maxRetryCount": -1,
                    "minimumInterval": "00:00:05", "maximumInterval": "00:15:00",
                },
            }),
            _ => json!({ "bindings": bindings }),
        };
        files.insert(path, pretty(&function));
    }
    files
}

/// The application setting that names what a trigger listens to.
fn setting(shim: &Shim, of: &str) -> String {
    let name = shim.package.to_ascii_uppercase().replace('-', "_");
    format!("{name}_{of}")
}

fn pretty(value: &serde_json::Value) -> String {
    // Objects of texts always serialize.
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

/// What the module needs in the manifest.
pub(super) fn dependencies(shim: &Shim) -> Vec<ShimDependency> {
    let with = |name, version_req, features: &[&'static str], default_features| ShimDependency {
        name,
        version_req,
        features: features.to_vec(),
        default_features,
    };
    let mut found = vec![
        with("axum", "0.8", &["http1", "json", "tokio"], false),
        with("base64", "0.22", &[], true),
        with("futures-util", "0.3", &[], true),
    ];
    if shim.target == Target::Gcp {
        found.push(with("form_urlencoded", "1", &[], true));
    }
    if reads_firestore(shim) {
        found.push(with("prost", "0.14", &[], true));
        found.push(with("prost-types", "0.14", &[], true));
    }
    found
}
