//! The values of deploy settings, each a type that knows its limit.
//!
//! Input: a number or a text of `extract.toml`. Output: the value. Refuses what AWS would not take, in a sentence.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident, $range:expr, $default:expr, $said:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
        #[serde(try_from = "i64")]
        pub struct $name(u32);

        impl $name {
            /// The number.
            pub fn get(self) -> u32 {
                self.0
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self($default)
            }
        }

        impl TryFrom<i64> for $name {
            type Error = String;

            fn try_from(number: i64) -> Result<Self, String> {
                let range: std::ops::RangeInclusive<i64> = $range;
                match u32::try_from(number) {
                    Ok(fits) if range.contains(&number) => Ok(Self(fits)),
                    _ => Err(format!("{number} is not {}", $said)),
                }
            }
        }
    };
}

number! {
    /// Memory in MB.
    Memory, 128..=10_240, 256, "a memory size: Lambda takes 128 to 10240 MB"
}
number! {
    /// Seconds that a call may take.
    Timeout, 1..=900, 30, "a timeout: Lambda takes 1 to 900 seconds"
}
number! {
    /// How many calls may run at once; 0 stops the function.
    Concurrency, 0..=100_000, 1, "a number of calls at once"
}
number! {
    /// How many instances are always there.
    Provisioned, 1..=100_000, 1, "a number of instances"
}
number! {
    /// Minutes between two pings.
    Minutes, 1..=60, 5, "a number of minutes between pings: 1 to 60"
}
number! {
    /// How many records an event may hold.
    BatchSize, 1..=10_000, 10, "a batch size: 1 to 10000"
}

/// The numbers of days that CloudWatch Logs knows.
const RETENTIONS: &[u32] = &[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

/// Days that logs stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i64")]
pub struct Retention(u32);

impl Retention {
    /// The days.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl Default for Retention {
    fn default() -> Self {
        Self(30)
    }
}

impl TryFrom<i64> for Retention {
    type Error = String;

    fn try_from(days: i64) -> Result<Self, String> {
        let known = RETENTIONS.iter().find(|known| i64::from(**known) == days);
        known.map(|days| Self(*days)).ok_or_else(|| {
            let all: Vec<String> = RETENTIONS.iter().map(u32::to_string).collect();
            format!(
                "{days} is not a retention that CloudWatch knows; the days are {}",
                all.join(", ")
            )
        })
    }
}

/// The processor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum Architecture {
    /// Intel and AMD.
    #[default]
    #[serde(rename = "x86_64")]
    X86,
    /// Graviton.
    #[serde(rename = "arm64")]
    Arm,
}

impl Architecture {
    /// As Lambda spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::X86 => "x86_64",
            Self::Arm => "arm64",
        }
    }
}

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                let check: fn(&str) -> Result<(), String> = $check;
                check(&text)?;
                Ok(Self(text))
            }
        }
    };
}

text! {
    /// The name of an environment variable.
    VariableName, variable
}
text! {
    /// The name of a secret of Secrets Manager.
    SecretName, secret
}
text! {
    /// A stage.
    StageName, |text| {
        let fits = (1..=16).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && !text.ends_with('-')
            && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        said(fits, || format!("`{text}` is not a stage: up to 16 small letters, digits and `-`, a letter first"))
    }
}
text! {
    /// A stack.
    StackName, |text| {
        let fits = (1..=40).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        said(fits, || format!("`{text}` is not a name for a stack: up to 40 letters, digits and `-`, a letter first"))
    }
}
text! {
    /// What keys begin or end with.
    KeyFilter, |text| {
        let fits = (1..=1024).contains(&text.len()) && !text.chars().any(char::is_control);
        said(fits, || "a key has 1 to 1024 characters, none of them a control character".to_owned())
    }
}
text! {
    /// An HTTP method.
    Method, |text| {
        let fits = ["ANY", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"].contains(&text);
        said(fits, || format!("`{text}` is not a method: ANY, GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS"))
    }
}
text! {
    /// A path of an HTTP API.
    Route, |text| {
        let fits = text.starts_with('/')
            && !text.contains("//")
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "/{}+-_.~".contains(c));
        said(fits, || format!("`{text}` is not a path: it begins with `/` and has letters, digits, `-_.~` and `{{parameters}}`"))
    }
}
text! {
    /// `rate(…)` or `cron(…)`.
    Schedule, schedule
}

fn said(fits: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if fits { Ok(()) } else { Err(why()) }
}

/// Whether Lambda takes a name for an environment variable.
///
/// # Errors
/// Why not.
pub fn variable(name: &str) -> Result<(), String> {
    /// What Lambda sets itself.
    const RESERVED: &[&str] = &[
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    ];
    if RESERVED.contains(&name) {
        return Err(format!("Lambda sets the variable `{name}` itself"));
    }
    let fits = name.len() >= 2
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    said(fits, || {
        format!(
            "Lambda does not take `{name}` for a variable: two or more letters, digits and `_`, a letter first"
        )
    })
}

/// Whether Secrets Manager takes a name.
///
/// # Errors
/// Why not.
pub fn secret(name: &str) -> Result<(), String> {
    let fits = (1..=512).contains(&name.len())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "/_+=.@-".contains(c));
    said(fits, || {
        format!("`{name}` is not a name of a secret: letters, digits and `/_+=.@-`")
    })
}

fn schedule(text: &str) -> Result<(), String> {
    let inner = |name: &str| {
        let inside = text.strip_prefix(name)?.strip_prefix('(')?;
        inside.strip_suffix(')')
    };
    let fits = match (inner("rate"), inner("cron")) {
        (Some(rate), _) => {
            let (number, unit) = rate.split_once(' ').unwrap_or((rate, ""));
            match (number.parse::<u32>(), unit) {
                (Ok(1), "minute" | "hour" | "day") => true,
                (Ok(count), "minutes" | "hours" | "days") => count > 1,
                _ => false,
            }
        }
        (None, Some(cron)) => {
            let fields: Vec<&str> = cron.split(' ').collect();
            let known = |c: char| c.is_ascii_alphanumeric() || "*?,-/#".contains(c);
            let full = fields.iter().all(|f| !f.is_empty() && f.chars().all(known));
            // Of day of month and day of week one stands open.
            let days = fields.iter().skip(2).step_by(2).take(2);
            fields.len() == 6 && full && days.filter(|f| **f == "?").count() == 1
        }
        (None, None) => false,
    };
    said(fits, || {
        format!(
            "`{text}` is not a schedule: `rate(5 minutes)`, `rate(1 day)`, or `cron(0 8 ? * MON-FRI *)` with six \
             fields, one of the two for days `?`"
        )
    })
}

/// What sends the events: something that the template makes under this name, or that exists already.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Source {
    /// Its name.
    Name(String),
    /// Its ARN.
    Arn(String),
}

impl Source {
    /// As it was written.
    pub fn text(&self) -> &str {
        match self {
            Self::Name(text) | Self::Arn(text) => text,
        }
    }
}

impl TryFrom<String> for Source {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.starts_with("arn:") {
            arn(&text, "")?;
            return Ok(Self::Arn(text));
        }
        let fits = text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        said(fits, || {
            format!("`{text}` is neither a name (letters, digits, `-`, `_`, `.`) nor an ARN")
        })?;
        Ok(Self::Name(text))
    }
}

/// Whether it has the form of an ARN; `also` are more characters that it may have.
fn arn(text: &str, also: &str) -> Result<(), String> {
    let known = |c: char| c.is_ascii_alphanumeric() || ":/-_.+=@".contains(c) || also.contains(c);
    let fits = text.starts_with("arn:")
        && text.splitn(6, ':').filter(|part| part.len() < 1024).count() == 6
        && !text.ends_with(':')
        && text.chars().all(known);
    said(fits, || format!("`{text}` is not an ARN"))
}

/// ARNs by IAM's name of the service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "BTreeMap<String, Vec<String>>")]
pub struct Resources(pub BTreeMap<String, Vec<String>>);

impl TryFrom<BTreeMap<String, Vec<String>>> for Resources {
    type Error = String;

    fn try_from(table: BTreeMap<String, Vec<String>>) -> Result<Self, String> {
        let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        for (service, arns) in &table {
            said(!service.is_empty() && service.chars().all(known), || {
                format!("`{service}` is no service as IAM names them, such as `s3`")
            })?;
            if arns.is_empty() {
                return Err(format!(
                    "`{service}` has no ARN: leave it out to get a parameter"
                ));
            }
            for text in arns {
                arn(text, "*?")?;
            }
        }
        Ok(Self(table))
    }
}

/// Tags by key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>")]
pub struct Tags(pub BTreeMap<String, String>);

impl TryFrom<BTreeMap<String, String>> for Tags {
    type Error = String;

    fn try_from(tags: BTreeMap<String, String>) -> Result<Self, String> {
        let fits = |text: &str| {
            text.chars()
                .all(|c| c.is_alphanumeric() || " _.:/=+-@".contains(c))
        };
        said(tags.len() <= 40, || "more than 40 tags".to_owned())?;
        for (key, value) in &tags {
            let free = !key.to_ascii_lowercase().starts_with("aws:");
            let short = (1..=128).contains(&key.chars().count());
            said(free && short && fits(key), || {
                format!(
                    "`{key}` is not a tag's key: 1 to 128 letters, digits, blanks and `_.:/=+-@`, not beginning \
                     with `aws:`"
                )
            })?;
            said(value.chars().count() <= 256 && fits(value), || {
                format!(
                    "`{value}` is not a tag's value: up to 256 letters, digits, blanks and `_.:/=+-@`"
                )
            })?;
        }
        Ok(Self(tags))
    }
}

/// What an EventBridge rule matches.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "Value")]
pub struct Pattern(pub Value);

impl TryFrom<Value> for Pattern {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        let value = match value {
            Value::String(text) => serde_json::from_str(&text)
                .map_err(|error| format!("the pattern is not JSON: {error}"))?,
            other => other,
        };
        let is_table = value.as_object().is_some_and(|map| !map.is_empty());
        said(is_table && matches_lists(&value), || {
            "a pattern is a table whose values are lists or tables, such as `{ source = [\"shop.orders\"] }`".to_owned()
        })?;
        Ok(Self(value))
    }
}

fn matches_lists(value: &Value) -> bool {
    match value {
        Value::Array(list) => !list.is_empty(),
        Value::Object(map) => map.values().all(matches_lists),
        _ => false,
    }
}
