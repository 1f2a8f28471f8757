//! Targets, by their names: where a function runs.
//!
//! Input: a name as typed. Output: [`Target`]. Refuses an unknown name, with its neighbour.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::text::one_of;
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
        one_of("target", name, Self::ALL, Self::as_str)
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
