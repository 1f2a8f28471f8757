//! Triggers, by their names: what can send an event to a function.
//!
//! Input: a name as typed. Output: [`Trigger`]. Refuses an unknown name, with its neighbour.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use crate::text::one_of;

/// The event that keeps an instance warm: a shim answers it before any work, and templates send it by the clock.
pub const KEEP_WARM: &str = r#"{"extract":"keep-warm"}"#;

/// What sends an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub enum Trigger {
    /// An API Gateway (REST and HTTP API), a Function URL or a load balancer.
    Http,
    /// A message of an SNS topic.
    Sns,
    /// A batch of messages of an SQS queue.
    Sqs,
    /// A notification of an S3 bucket.
    S3,
    /// A batch of records of a DynamoDB stream.
    DynamoDb,
    /// A push to a CodeCommit repository.
    CodeCommit,
    /// An event that a rule of EventBridge passes on.
    EventBridge,
    /// A rule of EventBridge that runs by the clock.
    Schedule,
    /// A call of the function itself: the event is the request.
    Direct,
}

impl Trigger {
    /// All of them. `Direct` is the last: it is what an event is that no other trigger sends.
    pub const ALL: [Self; 9] = [
        Self::Http,
        Self::Sns,
        Self::Sqs,
        Self::S3,
        Self::DynamoDb,
        Self::CodeCommit,
        Self::EventBridge,
        Self::Schedule,
        Self::Direct,
    ];

    /// Its name in arguments and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Sns => "sns",
            Self::Sqs => "sqs",
            Self::S3 => "s3",
            Self::DynamoDb => "dynamodb",
            Self::CodeCommit => "codecommit",
            Self::EventBridge => "eventbridge",
            Self::Schedule => "schedule",
            Self::Direct => "direct",
        }
    }

    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Http => "HTTP",
            Self::Sns => "SNS",
            Self::Sqs => "SQS",
            Self::S3 => "S3",
            Self::DynamoDb => "DynamoDB streams",
            Self::CodeCommit => "CodeCommit",
            Self::EventBridge => "EventBridge",
            Self::Schedule => "a schedule",
            Self::Direct => "direct calls",
        }
    }
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Trigger {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        one_of("trigger", name, Self::ALL, Self::as_str)
    }
}

impl TryFrom<String> for Trigger {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        name.parse()
    }
}

/// A kind of change that a stream of DynamoDB tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// A new item.
    Insert,
    /// An item that is another now.
    Modify,
    /// An item that is gone.
    Remove,
}

impl Change {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Insert, Self::Modify, Self::Remove];

    /// Its name in arguments and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Insert => "insert",
            Self::Modify => "modify",
            Self::Remove => "remove",
        }
    }

    /// Its name in events.
    pub fn event_name(self) -> &'static str {
        match self {
            Self::Insert => "INSERT",
            Self::Modify => "MODIFY",
            Self::Remove => "REMOVE",
        }
    }
}

/// A trigger as it is asked for: `sqs`, `dynamodb`, `dynamodb:insert`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Sender {
    /// The trigger.
    pub trigger: Trigger,
    /// The kind of its events; all where none is named.
    pub change: Option<Change>,
}

impl Sender {
    /// All that can be typed.
    pub const NAMES: [&'static str; 12] = [
        "http",
        "sns",
        "sqs",
        "s3",
        "dynamodb",
        "dynamodb:insert",
        "dynamodb:modify",
        "dynamodb:remove",
        "codecommit",
        "eventbridge",
        "schedule",
        "direct",
    ];
}

impl From<Trigger> for Sender {
    fn from(trigger: Trigger) -> Self {
        Self {
            trigger,
            change: None,
        }
    }
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.trigger.fmt(f)?;
        match self.change {
            Some(change) => write!(f, ":{}", change.as_str()),
            None => Ok(()),
        }
    }
}

impl FromStr for Sender {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let Some((head, kind)) = name.split_once(':') else {
            return Ok(Self::from(name.parse::<Trigger>()?));
        };
        let trigger: Trigger = head.parse()?;
        if trigger != Trigger::DynamoDb {
            return Err(format!(
                "events of `{trigger}` have no kinds; those of `dynamodb` have"
            ));
        }
        let change = one_of("kind of change", kind, Change::ALL, Change::as_str)?;
        Ok(Self {
            trigger,
            change: Some(change),
        })
    }
}

impl TryFrom<String> for Sender {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        name.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_typed_leads_back() {
        for name in Sender::NAMES {
            let sender: Result<Sender, _> = name.parse();
            assert_eq!(sender.map(|s| s.to_string()).as_deref(), Ok(name));
        }
        let is_there = |trigger: &Trigger| Sender::NAMES.contains(&trigger.as_str());
        assert!(Trigger::ALL.iter().all(is_there));
        for (wrong, said) in [
            ("dynamodb:inserted", "did you mean `insert`?"),
            ("sqs:insert", "events of `sqs` have no kinds"),
            ("dynamo:insert", "did you mean `dynamodb`?"),
        ] {
            let error = wrong.parse::<Sender>().err().unwrap_or_default();
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn names_lead_back() {
        for trigger in Trigger::ALL {
            assert_eq!(trigger.as_str().parse(), Ok(trigger));
        }
    }

    #[test]
    fn a_neighbour_is_named() {
        let said = "dynamo".parse::<Trigger>().err().unwrap_or_default();
        assert!(said.contains("did you mean `dynamodb`?"), "{said}");
    }
}
