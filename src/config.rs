//! `extract.toml` at the workspace root: what `split` cuts when no argument says so.
//!
//! Input: [`Workspace`] (its root). Output: [`Config`]; without a file, the empty one. Refuses, with
//! [`Code::BadConfig`] and the place: what is not TOML, keys that are not known, values of another type.

pub mod deploy;

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::binding::Source;
use crate::binding::returned::{RETURN, Returned};
use crate::diag::{Code, Diagnostic, Outcome, Place, Refused};
use crate::id::line_column;
use crate::target::Target;
use crate::trigger::Sender;
use crate::workspace::Workspace;

/// The name of the file.
pub const FILE_NAME: &str = "extract.toml";

/// What the file says. Arguments win over it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `[[entry]]`: the functions to cut.
    #[serde(default, rename = "entry")]
    pub entries: Vec<EntryConfig>,
    /// The output folder, relative to the workspace root.
    pub out: Option<String>,
    /// Where the functions run, as `--target`.
    pub target: Option<Target>,
    /// The package to build, as `--package`.
    pub package: Option<String>,
    /// The features to build with, as `--features`.
    #[serde(default)]
    pub features: Vec<String>,
    /// Crates that are kept whole, as `--keep`.
    #[serde(default)]
    pub keep: Vec<String>,
    /// Crates that are slimmed, as `--slim`.
    #[serde(default)]
    pub slim: Vec<String>,
    /// Whether impls go that alone hold an external crate, as `--lean`.
    #[serde(default)]
    pub lean: bool,
    /// `[deploy]`: the templates, and what they say of all functions.
    #[serde(default)]
    pub deploy: deploy::Deploy,
}

/// One `[[entry]]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EntryConfig {
    /// The function, as `--entry`.
    pub path: String,
    /// What sends its events, as `--trigger`.
    #[serde(default)]
    pub triggers: Vec<Sender>,
    /// Where its parameters come from and its result goes, as `--bind`.
    #[serde(default)]
    pub bind: Bindings,
    /// The variants of its error that are worth another try, as `--retry-on`.
    #[serde(default)]
    pub retry_on: Vec<String>,
    /// `[entry.deploy]`: what the templates say of it.
    #[serde(default)]
    pub deploy: deploy::EntryDeploy,
}

/// `bind`: what is bound to what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bindings {
    /// Sources by parameter; several where triggers have their own.
    pub parameters: BTreeMap<String, Vec<Source>>,
    /// What is done with the result.
    pub returned: Vec<Returned>,
}

impl<'de> Deserialize<'de> for Bindings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;

        impl<'de> Visitor<'de> for Read {
            type Value = Bindings;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table of sources by parameter")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<Bindings, A::Error> {
                let mut all = Bindings::default();
                while let Some(name) = table.next_key::<String>()? {
                    if name == RETURN {
                        let OneOrMore(returned) = table.next_value()?;
                        all.returned = returned;
                    } else {
                        let OneOrMore(sources) = table.next_value()?;
                        all.parameters.insert(name, sources);
                    }
                }
                Ok(all)
            }
        }

        deserializer.deserialize_map(Read)
    }
}

/// A text or a list of texts, each read as what it stands for.
struct OneOrMore<T>(Vec<T>);

impl<'de, T> Deserialize<'de> for OneOrMore<T>
where
    T: Deserialize<'de> + FromStr<Err = String>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read<T>(PhantomData<T>);

        impl<'de, T> Visitor<'de> for Read<T>
        where
            T: Deserialize<'de> + FromStr<Err = String>,
        {
            type Value = OneOrMore<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text such as \"env:NAME\", or a list of them")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<OneOrMore<T>, E> {
                let one = text.parse().map_err(E::custom)?;
                Ok(OneOrMore(vec![one]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<OneOrMore<T>, A::Error> {
                let mut all = Vec::new();
                while let Some(one) = list.next_element()? {
                    all.push(one);
                }
                Ok(OneOrMore(all))
            }
        }

        deserializer.deserialize_any(Read(PhantomData))
    }
}

/// Reads the file at the workspace's root.
///
/// # Errors
/// [`Code::BadConfig`], and what [`Workspace::read_source`] refuses.
pub fn load(workspace: &Workspace) -> Outcome<Config> {
    let path = workspace.root.join(FILE_NAME);
    if !path.is_file() {
        return Ok(Config::default());
    }
    parse(&workspace.read_source(&path)?)
}

fn parse(text: &str) -> Outcome<Config> {
    let config: Config =
        toml::from_str(text).map_err(|error| Refused::one(invalid(text, &error)))?;
    Ok(config)
}

fn invalid(text: &str, error: &toml::de::Error) -> Diagnostic {
    let said = error.message().trim();
    let mut diagnostic = Diagnostic::new(
        Code::BadConfig,
        format!("{FILE_NAME}: {}", said.lines().next().unwrap_or(said)),
    );
    if let Some(span) = error.span() {
        let offset = u32::try_from(span.start).unwrap_or(u32::MAX);
        let (line, column) = line_column(text, offset);
        let source = text
            .lines()
            .nth(line.saturating_sub(1))
            .unwrap_or("")
            .to_owned();
        diagnostic = diagnostic.at(Place {
            file: FILE_NAME.into(),
            line,
            column,
            source,
        });
    }
    // serde names the key, and then those that the table has.
    let mut named = said.split('`').skip(1).step_by(2);
    let unknown = named.next().filter(|_| said.starts_with("unknown field"));
    if let Some(near) = unknown.and_then(|key| crate::text::did_you_mean(key, named)) {
        diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
    }
    diagnostic
        .help("the keys are `out`, `package`, `features`, `keep`, `slim`, `target`, and `[[entry]]` with `path = \"crate::function\"`, `triggers`, `bind`, `retry-on`")
        .help("what deployment knows stands in `[deploy]` and `[entry.deploy]`")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use crate::trigger::Trigger;

    #[test]
    fn a_full_file_is_read() {
        let config =
            parse("out = \"o\"\npackage = \"p\"\nfeatures = [\"f\"]\n[[entry]]\npath = \"a::b\"\n")
                .unwrap();
        assert_eq!(
            config.entries,
            [EntryConfig {
                path: "a::b".to_owned(),
                ..EntryConfig::default()
            }]
        );
        assert_eq!(
            (config.out.as_deref(), config.package.as_deref()),
            (Some("o"), Some("p"))
        );
        assert_eq!(config.features, ["f"]);
    }

    #[test]
    fn triggers_and_bindings_are_read_or_refused_with_their_place() {
        let text = "[[entry]]\npath = \"a\"\ntriggers = [\"sqs\", \"s3\"]\n\
                    bind = { key = [\"s3:key\", \"body\"], region = \"env:REGION\", return = \"s3:abc/{s3:key}\" }\n";
        let config = parse(text).unwrap();
        let entry = config.entries.first().unwrap();
        assert_eq!(entry.triggers, [Trigger::Sqs.into(), Trigger::S3.into()]);
        assert_eq!(entry.bind.parameters.get("key").map(Vec::len), Some(2));
        assert_eq!(entry.bind.returned.len(), 1);
        for (wrong, said) in [
            ("triggers = [\"sqss\"]", "did you mean `sqs`?"),
            ("bind = { key = \"s3:kee\" }", "did you mean `s3:key`?"),
            ("bind = { return = \"s3:Abc/x\" }", "cannot be a bucket"),
        ] {
            let refused = parse(&format!("[[entry]]\npath = \"a\"\n{wrong}\n")).unwrap_err();
            let error = refused.diagnostics.into_iter().next().unwrap();
            assert!(error.message.contains(said), "{}", error.message);
            assert_eq!(error.place.map(|p| p.line), Some(3));
        }
    }

    #[test]
    fn deployment_is_read_or_refused_with_its_place() {
        let list = parse("deploy = [\"sam\", \"docker\"]\n").unwrap();
        assert_eq!(list.deploy.0.formats.len(), 2);
        let text = "[deploy]\nformats = [\"cdk\"]\nmemory = 512\n\n[[entry]]\npath = \"a\"\n\n[entry.deploy]\n\
                    timeout = 60\nqueue = \"orders\"\npattern = { source = [\"shop\"] }\n";
        let config = parse(text).unwrap();
        let own = &config.entries.first().unwrap().deploy.0;
        let found = deploy::resolve(&config.deploy.0, own);
        assert_eq!(
            (found.memory, found.timeout, found.log_retention),
            (512, 60, 30)
        );
        for (wrong, said) in [
            ("memory = 64", "128 to 10240"),
            ("timeout = 901", "1 to 900"),
            ("log-retention = 31", "is not a retention"),
            ("architecture = \"arm\"", "`arm64`"),
            ("environment = [\"AWS_REGION\"]", "sets the variable"),
            ("environment = [\"A\"]", "two or more letters"),
            ("secrets = [\"a b\"]", "not a name of a secret"),
            ("memroy = 512", "unknown field `memroy`"),
            ("schedule = \"rate(5 minute)\"", "is not a schedule"),
            ("schedule = \"cron(0 8 * * * *)\"", "is not a schedule"),
            ("pattern = { source = \"shop\" }", "values are lists"),
            ("method = \"FETCH\"", "is not a method"),
            ("path = \"orders\"", "is not a path"),
            ("queue = \"a b\"", "neither a name"),
            ("queue = \"arn:aws:sqs\"", "is not an ARN"),
            ("batch-size = 0", "1 to 10000"),
            ("tags = { \"aws:x\" = \"y\" }", "not a tag's key"),
            ("resources = { s3 = [] }", "has no ARN"),
        ] {
            let refused = parse(&format!(
                "[[entry]]\npath = \"a\"\n[entry.deploy]\n{wrong}\n"
            ))
            .unwrap_err();
            let error = refused.diagnostics.into_iter().next().unwrap();
            assert!(error.message.contains(said), "{wrong}: {}", error.message);
            assert_eq!(error.place.map(|p| p.line), Some(4), "{wrong}");
        }
        for (wrong, said) in [
            (
                "keep-warm = 5\nprovisioned-concurrency = 1",
                "exclude each other",
            ),
            (
                "concurrency = 1\nprovisioned-concurrency = 2",
                "is more than",
            ),
            ("queue = \"orders.fifo\"\nbatch-size = 11", "at most 10"),
            (
                "table = \"arn:aws:dynamodb:eu-west-1:1:table/orders\"",
                "not of its stream",
            ),
            ("bucket = \"My_Bucket\"", "cannot be a bucket"),
            (
                "topic = \"arn:aws:sqs:eu-west-1:1:orders\"",
                "another service",
            ),
        ] {
            let refused = parse(&format!(
                "[[entry]]\npath = \"a\"\n[entry.deploy]\n{wrong}\n"
            ))
            .unwrap_err();
            let error = refused.diagnostics.into_iter().next().unwrap();
            assert!(error.message.contains(said), "{wrong}: {}", error.message);
            assert!(error.place.is_some_and(|p| p.line > 0), "{wrong}");
        }
    }

    #[test]
    fn an_unknown_key_has_a_place_and_a_neighbour() {
        let refused = parse("out = \"o\"\nfeature = []\n").unwrap_err();
        let error = refused.diagnostics.into_iter().next().unwrap();
        assert_eq!(error.code, Code::BadConfig);
        assert_eq!(error.place.map(|p| (p.line, p.column)), Some((2, 1)));
        assert_eq!(
            error.help.first().map(String::as_str),
            Some("did you mean `features`?")
        );
    }
}
