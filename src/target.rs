//! Targets, by their names: where a function runs.
//!
//! Input: a name as typed. Output: [`Target`]. Refuses an unknown name, with its neighbour.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::text::did_you_mean;
use crate::trigger::Trigger;

/// Where a function runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum Target {
    /// AWS Lambda.
    #[default]
    Lambda,
    /// A function on Google's Cloud Run.
    Gcp,
    /// A custom handler of Azure Functions.
    Azure,
}

impl Target {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Lambda, Self::Gcp, Self::Azure];

    /// Its name in arguments and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lambda => "lambda",
            Self::Gcp => "gcp",
            Self::Azure => "azure",
        }
    }

    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Lambda => "AWS Lambda",
            Self::Gcp => "Google Cloud Run",
            Self::Azure => "Azure Functions",
        }
    }

    /// Why events of a trigger do not come there; `None` when it has a counterpart.
    pub fn lacks(self, trigger: Trigger) -> Option<&'static str> {
        match (self, trigger) {
            (Self::Lambda, _) => None,
            (_, Trigger::CodeCommit) => Some("there is no counterpart of CodeCommit"),
            (Self::Gcp, Trigger::DynamoDb) => {
                Some("Firestore's events are protocol buffers, which are not read yet")
            }
            (Self::Azure, Trigger::DynamoDb) => {
                Some("the change feed of Cosmos DB is not read yet")
            }
            (Self::Azure, Trigger::Sns) => Some("topics are not read yet; queues are: `sqs`"),
            _ => None,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|t| t.as_str() == name);
        found.ok_or_else(|| {
            let names = Self::ALL.map(Self::as_str);
            let near = did_you_mean(&name.to_ascii_lowercase(), names)
                .map(|near| format!("did you mean `{near}`? "))
                .unwrap_or_default();
            format!(
                "there is no target `{name}`; {near}there are: {}",
                names.join(", ")
            )
        })
    }
}

impl From<Target> for &'static str {
    fn from(target: Target) -> Self {
        target.as_str()
    }
}

impl TryFrom<String> for Target {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        name.parse()
    }
}
