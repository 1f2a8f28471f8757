//! `extract.toml` at the workspace root: what `split` cuts when no argument says so.
//!
//! Input: [`Workspace`] (its root). Output: [`Config`]; without a file, the empty one. Refuses, with
//! [`Code::BadConfig`] and the place: what is not TOML, keys that are not known, values of another type.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::binding::Source;
use crate::diag::{Code, Diagnostic, Outcome, Place, Refused};
use crate::id::line_column;
use crate::trigger::Trigger;
use crate::workspace::Workspace;

/// The name of the file.
pub const FILE_NAME: &str = "extract.toml";

/// Every key of the file, for "did you mean".
const KEYS: &[&str] = &[
    "bind", "entry", "features", "keep", "out", "package", "path", "slim", "triggers",
];

/// What the file says. Arguments win over it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `[[entry]]`: the functions to cut.
    #[serde(default, rename = "entry")]
    pub entries: Vec<EntryConfig>,
    /// The output folder, relative to the workspace root.
    pub out: Option<String>,
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
}

/// One `[[entry]]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EntryConfig {
    /// The function, as `--entry`.
    pub path: String,
    /// What sends its events, as `--trigger`.
    #[serde(default)]
    pub triggers: Vec<Trigger>,
    /// Where its parameters come from, as `--bind`; several sources where triggers have their own.
    #[serde(default)]
    pub bind: BTreeMap<String, Sources>,
}

/// One source or a list of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sources(pub Vec<Source>);

impl<'de> Deserialize<'de> for Sources {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;

        impl<'de> Visitor<'de> for Read {
            type Value = Sources;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a source such as \"env:NAME\", or a list of them")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Sources, E> {
                text.parse()
                    .map(|one| Sources(vec![one]))
                    .map_err(E::custom)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Sources, A::Error> {
                let mut sources = Vec::new();
                while let Some(source) = list.next_element()? {
                    sources.push(source);
                }
                Ok(Sources(sources))
            }
        }

        deserializer.deserialize_any(Read)
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
    let unknown = said
        .strip_prefix("unknown field `")
        .and_then(|rest| rest.split('`').next());
    if let Some(near) = unknown.and_then(|key| crate::text::did_you_mean(key, KEYS.iter().copied()))
    {
        diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
    }
    diagnostic
        .help("the keys are `out`, `package`, `features`, `keep`, `slim`, and `[[entry]]` with `path = \"crate::function\"`, `triggers`, `bind`")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

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
                    bind = { key = [\"s3:key\", \"body\"], region = \"env:REGION\" }\n";
        let config = parse(text).unwrap();
        let entry = config.entries.first().unwrap();
        assert_eq!(entry.triggers, [Trigger::Sqs, Trigger::S3]);
        assert_eq!(entry.bind.get("key").map(|s| s.0.len()), Some(2));
        for (wrong, said) in [
            ("triggers = [\"sqss\"]", "did you mean `sqs`?"),
            ("bind = { key = \"s3:kee\" }", "did you mean `s3:key`?"),
        ] {
            let refused = parse(&format!("[[entry]]\npath = \"a\"\n{wrong}\n")).unwrap_err();
            let error = refused.diagnostics.into_iter().next().unwrap();
            assert!(error.message.contains(said), "{}", error.message);
            assert_eq!(error.place.map(|p| p.line), Some(3));
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
