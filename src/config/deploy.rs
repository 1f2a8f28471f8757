//! `[deploy]` and `[entry.deploy]` of `extract.toml`: what the templates say of the functions.
//!
//! Input: TOML. Output: [`Deploy`] for all functions, [`EntryDeploy`] for one. Refuses what AWS would: each value
//! is read by a type that knows its limit, so that the refusal has the value's place.

pub mod values;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use crate::text::one_of;
use values::{
    Architecture, BatchSize, Concurrency, KeyFilter, Memory, Method, Minutes, Pattern, Provisioned,
    Resources, Retention, Route, Schedule, Source, StackName, StageName, Tags, Timeout,
    VariableName,
};

/// A kind of template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub enum Format {
    /// AWS SAM.
    Sam,
    /// The Serverless Framework.
    Serverless,
    /// Terraform.
    Terraform,
    /// The AWS CDK.
    Cdk,
    /// What `cargo lambda deploy` reads in the functions' manifests.
    CargoLambda,
    /// A workflow for GitHub Actions.
    Workflow,
    /// A container image.
    Docker,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Sam,
        Self::Serverless,
        Self::Terraform,
        Self::Cdk,
        Self::CargoLambda,
        Self::Workflow,
        Self::Docker,
    ];

    /// Its name in arguments and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sam => "sam",
            Self::Serverless => "serverless",
            Self::Terraform => "terraform",
            Self::Cdk => "cdk",
            Self::CargoLambda => "cargo-lambda",
            Self::Workflow => "workflow",
            Self::Docker => "docker",
        }
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        one_of("deploy format", name, Self::ALL, Self::as_str)
    }
}

impl TryFrom<String> for Format {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        name.parse()
    }
}

macro_rules! settings {
    ($(#[$doc:meta])* $name:ident { $($own:tt)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
        pub struct $name {
            $($own)*
            /// The processor.
            pub architecture: Option<Architecture>,
            /// Memory in MB.
            pub memory: Option<Memory>,
            /// How long a call may take, in seconds.
            pub timeout: Option<Timeout>,
            /// How many days the logs stay.
            pub log_retention: Option<Retention>,
            /// How many calls may run at once.
            pub concurrency: Option<Concurrency>,
            /// Minutes between pings that keep an instance.
            pub keep_warm: Option<Minutes>,
            /// Instances that are always there.
            pub provisioned_concurrency: Option<Provisioned>,
            /// Names of environment variables that the function reads, beside those of its bindings.
            pub environment: Vec<VariableName>,
            /// Names of secrets that the function reads, beside those of its bindings.
            pub secrets: Vec<values::SecretName>,
            /// What the function's AWS calls may touch: ARNs by IAM's name of the service.
            pub resources: Resources,
            /// Tags.
            pub tags: Tags,
        }

        impl $name {
            /// What does not fit together, and why.
            fn check(&self) -> Result<(), String> {
                if self.keep_warm.is_some() && self.provisioned_concurrency.is_some() {
                    return Err("`keep-warm` and `provisioned-concurrency` exclude each other: what is provisioned is warm".to_owned());
                }
                if let (Some(all), Some(part)) = (self.concurrency, self.provisioned_concurrency)
                    && part.get() > all.get()
                {
                    return Err(format!(
                        "`provisioned-concurrency` {} is more than `concurrency` {}",
                        part.get(),
                        all.get()
                    ));
                }
                Ok(())
            }
        }
    };
}

settings! {
    /// `[deploy]`.
    Settings {
        /// The templates to write.
        pub formats: Vec<Format>,
        /// The stack's, service's or app's name.
        pub name: Option<StackName>,
        /// The stages; the first is the default.
        pub stages: Vec<StageName>,
    }
}

settings! {
    /// `[entry.deploy]`.
    Own {
        /// The queue of the `sqs` trigger.
        pub queue: Option<Source>,
        /// Whether a queue that the template makes keeps the order.
        pub fifo: bool,
        /// How many records one event may hold.
        pub batch_size: Option<BatchSize>,
        /// The topic of the `sns` trigger.
        pub topic: Option<Source>,
        /// The bucket of the `s3` trigger.
        pub bucket: Option<Source>,
        /// What the keys of the `s3` trigger begin with.
        pub prefix: Option<KeyFilter>,
        /// What the keys of the `s3` trigger end with.
        pub suffix: Option<KeyFilter>,
        /// The table of the `dynamodb` trigger, or its stream's ARN.
        pub table: Option<Source>,
        /// When the `schedule` trigger runs.
        pub schedule: Option<Schedule>,
        /// What the `eventbridge` trigger matches.
        pub pattern: Option<Pattern>,
        /// The repository of the `codecommit` trigger.
        pub repository: Option<Source>,
        /// The method of the `http` trigger.
        pub method: Option<Method>,
        /// The path of the `http` trigger.
        pub path: Option<Route>,
    }
}

/// `[deploy]`, or `deploy = ["sam"]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Deploy(pub Settings);

/// `[entry.deploy]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EntryDeploy(pub Own);

impl<'de> Deserialize<'de> for Deploy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Deploy;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of formats, or a table")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Deploy, A::Error> {
                let formats = Vec::deserialize(SeqAccessDeserializer::new(list))?;
                Ok(Deploy(Settings {
                    formats,
                    ..Settings::default()
                }))
            }

            fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<Deploy, A::Error> {
                let settings = Settings::deserialize(MapAccessDeserializer::new(table))?;
                settings.check().map_err(serde::de::Error::custom)?;
                Ok(Deploy(settings))
            }
        }

        deserializer.deserialize_any(Either)
    }
}

impl<'de> Deserialize<'de> for EntryDeploy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let own = Own::deserialize(deserializer)?;
        own.check()
            .and_then(|()| own.check_sources())
            .map_err(serde::de::Error::custom)?;
        Ok(Self(own))
    }
}

impl Own {
    fn check_sources(&self) -> Result<(), String> {
        let queue = self.queue.as_ref();
        if self.fifo
            && let Some(Source::Arn(arn)) = queue
            && !arn.ends_with(".fifo")
        {
            return Err(format!(
                "`fifo = true`, but the queue is not one: {arn} does not end in `.fifo`"
            ));
        }
        if (self.fifo || queue.is_some_and(|q| q.text().ends_with(".fifo")))
            && self.batch_size.is_some_and(|size| size.get() > 10)
        {
            return Err("a FIFO queue gives at most 10 messages: lower `batch-size`".to_owned());
        }
        let sources = [
            ("queue", queue, "sqs", 80),
            ("topic", self.topic.as_ref(), "sns", 256),
            ("bucket", self.bucket.as_ref(), "s3", 63),
            ("table", self.table.as_ref(), "dynamodb", 255),
            ("repository", self.repository.as_ref(), "codecommit", 100),
        ];
        for (key, source, service, limit) in sources {
            match source {
                Some(Source::Arn(arn)) if arn.split(':').nth(2) != Some(service) => {
                    return Err(format!("`{key}` is an ARN of another service: {arn}"));
                }
                Some(Source::Name(name)) if name.len() > limit => {
                    return Err(format!("`{key}` is longer than {limit} characters"));
                }
                _ => {}
            }
        }
        if let Some(Source::Arn(arn)) = &self.table
            && !arn.contains("/stream/")
        {
            return Err(format!(
                "`table` is the ARN of a table, not of its stream: {arn} has no `/stream/`"
            ));
        }
        if let Some(Source::Name(name)) = &self.bucket
            && (name.len() < 3
                || name.contains('_')
                || name.chars().any(|c| c.is_ascii_uppercase()))
        {
            return Err(format!(
                "`{name}` cannot be a bucket: 3 to 63 small letters, digits, `.` and `-`"
            ));
        }
        Ok(())
    }
}

/// Settings of one function: its own, then those for all, then the defaults.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The processor.
    pub architecture: Architecture,
    /// Memory in MB.
    pub memory: u32,
    /// Seconds.
    pub timeout: u32,
    /// Days.
    pub log_retention: u32,
    /// How many calls may run at once.
    pub concurrency: Option<u32>,
    /// Minutes between pings.
    pub keep_warm: Option<u32>,
    /// Instances that are always there.
    pub provisioned: Option<u32>,
    /// Tags of both.
    pub tags: BTreeMap<String, String>,
}

/// What a function gets.
pub fn resolve(all: &Settings, own: &Own) -> Resolved {
    let mut tags = all.tags.0.clone();
    tags.extend(own.tags.0.clone());
    // A function that says how it stays warm says it alone.
    let says_warm = own.keep_warm.is_some() || own.provisioned_concurrency.is_some();
    let warm = |own_one: Option<u32>, all: Option<u32>| if says_warm { own_one } else { all };
    Resolved {
        architecture: own.architecture.or(all.architecture).unwrap_or_default(),
        memory: own.memory.or(all.memory).unwrap_or_default().get(),
        timeout: own.timeout.or(all.timeout).unwrap_or_default().get(),
        log_retention: own
            .log_retention
            .or(all.log_retention)
            .unwrap_or_default()
            .get(),
        concurrency: own.concurrency.or(all.concurrency).map(Concurrency::get),
        keep_warm: warm(
            own.keep_warm.map(Minutes::get),
            all.keep_warm.map(Minutes::get),
        ),
        provisioned: warm(
            own.provisioned_concurrency.map(Provisioned::get),
            all.provisioned_concurrency.map(Provisioned::get),
        ),
        tags,
    }
}
