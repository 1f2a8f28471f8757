//! What templates are made of: functions with their events, limits and permissions.
//!
//! Input: nothing (data only). Output: [`Deployment`]. No format's words appear here.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::config::deploy::values::Architecture;
pub use crate::config::deploy::values::Source;
pub use crate::trigger::Change;

/// All that is deployed together.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// The stack's name.
    pub name: String,
    /// The stages, the default first; never empty.
    pub stages: Vec<String>,
    /// Tags of all.
    pub tags: BTreeMap<String, String>,
    /// The functions.
    pub functions: Vec<Function>,
    /// Where the output lies in the folder that a container or a workflow sees: `extracted`; empty for the folder itself.
    pub inside: String,
    /// The Rust version that the cut was proven with: `1.95.0`.
    pub rust: String,
}

/// One function.
#[derive(Clone, Debug)]
pub struct Function {
    /// The crate's name, which is the program's too.
    pub name: String,
    /// The function in the monolith.
    pub path: String,
    /// What sends it events; direct calls need nothing.
    pub events: Vec<Event>,
    /// The processor.
    pub architecture: Architecture,
    /// Memory in MB.
    pub memory: u32,
    /// How long a call may take, in seconds.
    pub timeout: u32,
    /// How many days the logs stay.
    pub log_retention: u32,
    /// How many calls may run at once.
    pub concurrency: Option<u32>,
    /// Minutes between pings.
    pub keep_warm: Option<u32>,
    /// Instances that are always there.
    pub provisioned: Option<u32>,
    /// All its tags.
    pub tags: BTreeMap<String, String>,
    /// Names of environment variables.
    pub environment: BTreeSet<String>,
    /// What it may do.
    pub grants: Vec<Grant>,
    /// What it does that no permission was derived for.
    pub unknown: Vec<Unknown>,
}

/// What sends events.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A route of an HTTP API.
    Http {
        /// `ANY` or a method.
        method: String,
        /// `/orders/{id}`
        path: String,
    },
    /// A topic.
    Sns {
        /// Which; `None` is one that the template makes and names.
        topic: Option<Source>,
    },
    /// A queue.
    Sqs {
        /// Which.
        queue: Option<Source>,
        /// Whether it keeps the order.
        fifo: bool,
        /// Messages an event.
        batch: u32,
    },
    /// A bucket.
    S3 {
        /// Which.
        bucket: Option<Source>,
        /// What keys begin with.
        prefix: Option<String>,
        /// What keys end with.
        suffix: Option<String>,
    },
    /// A table's stream.
    DynamoDb {
        /// The table, or the stream's ARN; `None` is a parameter.
        table: Option<Source>,
        /// Records an event.
        batch: u32,
        /// The kinds of changes; all where none is named.
        changes: Vec<Change>,
    },
    /// A repository.
    CodeCommit {
        /// Which; `None` is a parameter.
        repository: Option<Source>,
    },
    /// A rule.
    EventBridge {
        /// What it matches.
        pattern: Value,
    },
    /// The clock.
    Schedule {
        /// `rate(…)` or `cron(…)`.
        expression: String,
    },
}

impl Event {
    /// Whether Lambda itself calls again after a failure, and gives up later: such a function has a queue for what was
    /// given up.
    pub fn is_async(&self) -> bool {
        match self {
            Self::Sns { .. }
            | Self::S3 { .. }
            | Self::CodeCommit { .. }
            | Self::EventBridge { .. }
            | Self::Schedule { .. } => true,
            Self::Http { .. } | Self::Sqs { .. } | Self::DynamoDb { .. } => false,
        }
    }
}

/// A permission.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// On what.
    pub on: On,
    /// `s3:GetObject`; never with a `*`.
    pub actions: BTreeSet<String>,
}

/// What a permission is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum On {
    /// These.
    Arns(Vec<String>),
    /// What a parameter names, one for each service.
    Parameter(String),
    /// A secret, by its name.
    Secret(String),
    /// The objects of the bucket that sends the events.
    Objects,
    /// Objects, by their bucket and key: `thumbs/of/*`.
    Results(String),
    /// IAM knows no resources for these actions.
    Anything,
}

/// A call without a permission.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unknown {
    /// Where it stands.
    pub at: String,
    /// What it is, and why nothing was derived.
    pub why: String,
}

impl Function {
    /// The queue for events that were given up: for calls without an answer, and for streams.
    pub fn has_dead_letters(&self) -> bool {
        self.keep_warm.is_some()
            || self
                .events
                .iter()
                .any(|e| e.is_async() || matches!(e, Event::DynamoDb { .. }))
    }

    /// Whether calls without an answer reach it.
    pub fn is_async(&self) -> bool {
        self.keep_warm.is_some() || self.events.iter().any(Event::is_async)
    }
}

impl Deployment {
    /// The environment variables of all functions.
    pub fn environment(&self) -> BTreeSet<&str> {
        let names = self.functions.iter().flat_map(|f| &f.environment);
        names.map(String::as_str).collect()
    }

    /// The default stage.
    pub fn stage(&self) -> &str {
        self.stages.first().map_or("prod", String::as_str)
    }

    /// The length of the longest stage.
    pub fn stage_length(&self) -> usize {
        self.stages.iter().map(String::len).max().unwrap_or(0)
    }

    /// What a template's first lines say: what it is, and what was not derived.
    pub fn notes(&self, how: &[&str]) -> Vec<String> {
        let mut lines =
            vec!["Written by extract; a change here is lost when it runs again.".to_owned()];
        lines.extend(how.iter().map(|line| (*line).to_owned()));
        for function in self.functions.iter().filter(|f| !f.unknown.is_empty()) {
            lines.push(String::new());
            lines.push(format!(
                "{} may need more permissions. Not derived:",
                function.name
            ));
            let unknown = function.unknown.iter();
            lines.extend(unknown.map(|u| format!("  {}: {}", u.at, u.why)));
        }
        lines.iter().map(|line| names::one_line(line)).collect()
    }
}

use super::names;
