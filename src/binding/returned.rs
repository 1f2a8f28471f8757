//! Where a result goes, as people write it under `return`.
//!
//! Input: text such as `s3:thumbs/{s3:key}.png` or `content-type:image/png`. Output: [`Returned`]. Refuses what is
//! none; whether it suits the result is for [`crate::entry`] to say.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use super::{FACTS, Kind, Source, variable};

/// The name that stands for the result among the parameters.
pub const RETURN: &str = "return";

/// What is done with a result.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Returned {
    /// It is put into a bucket, and the answer says where it lies.
    Object(Object),
    /// It is of this type: `image/png`.
    ContentType(String),
}

/// The object that a result becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// The bucket.
    pub bucket: Bucket,
    /// Its key, piece by piece.
    pub key: Vec<Piece>,
}

/// A bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bucket {
    /// By its name.
    Named(String),
    /// By an environment variable.
    Env(String),
}

/// A piece of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text as it is.
    Text(String),
    /// What the event says.
    Of(Source),
}

impl Object {
    /// What every key begins with.
    pub fn prefix(&self) -> &str {
        match self.key.first() {
            Some(Piece::Text(text)) => text,
            _ => "",
        }
    }

    /// What every key ends with.
    pub fn suffix(&self) -> &str {
        match self.key.last() {
            Some(Piece::Text(text)) => text,
            _ => "",
        }
    }

    /// All keys that it can have, with a `*` for what is not known: `of/*`.
    pub fn keys(&self) -> String {
        let star = if self.sources().next().is_some() {
            "*"
        } else {
            ""
        };
        format!("{}{star}", self.prefix())
    }

    /// Whether an event of a bucket that this is could come of its own result, where events are of keys that begin and
    /// end so.
    pub fn meets(&self, prefix: &str, suffix: &str) -> bool {
        let (own, last) = (self.prefix(), self.suffix());
        if self.sources().next().is_none() {
            return own.starts_with(prefix) && own.ends_with(suffix);
        }
        (own.starts_with(prefix) || prefix.starts_with(own))
            && (last.ends_with(suffix) || suffix.ends_with(last))
    }

    /// What the event says in its keys.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.key.iter().filter_map(|piece| match piece {
            Piece::Of(source) => Some(source),
            Piece::Text(_) => None,
        })
    }
}

impl FromStr for Returned {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        match text.split_once(':') {
            Some(("s3", place)) => object(place).map(Self::Object),
            Some(("content-type", kind)) => content_type(kind.trim()).map(Self::ContentType),
            _ => Err(format!(
                "`{text}` is nothing that a result can be: `s3:BUCKET/KEY`, `content-type:TYPE`"
            )),
        }
    }
}

impl TryFrom<String> for Returned {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for Returned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ContentType(kind) => write!(f, "content-type:{kind}"),
            Self::Object(object) => write!(f, "s3:{object}"),
        }
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.bucket {
            Bucket::Named(name) => write!(f, "{name}/")?,
            Bucket::Env(name) => write!(f, "{{env:{name}}}/")?,
        }
        self.key.iter().try_for_each(|piece| match piece {
            Piece::Text(text) => f.write_str(text),
            Piece::Of(source) => write!(f, "{{{source}}}"),
        })
    }
}

/// `BUCKET/KEY`
fn object(text: &str) -> Result<Object, String> {
    let (bucket, key) = text
        .split_once('/')
        .filter(|(_, key)| !key.is_empty())
        .ok_or_else(|| format!("`s3:{text}` names no key: `s3:BUCKET/KEY` is wanted"))?;
    let named = bucket
        .strip_prefix("{env:")
        .and_then(|rest| rest.strip_suffix('}'));
    let bucket = match named {
        Some(name) => Bucket::Env(variable(name)?),
        None => Bucket::Named(self::bucket(bucket)?),
    };
    Ok(Object {
        bucket,
        key: pieces(key)?,
    })
}

/// A name that a bucket can have (S3's user guide, "General purpose bucket naming rules").
fn bucket(name: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
    if (3..=63).contains(&name.len()) && name.chars().all(is_plain) {
        return Ok(name.to_owned());
    }
    Err(format!(
        "`{name}` cannot be a bucket: 3 to 63 small letters, digits, `.` and `-`, or `{{env:NAME}}`"
    ))
}

fn pieces(key: &str) -> Result<Vec<Piece>, String> {
    let unclosed = || {
        format!(
            "`{key}` does not close what it opens: `{{` and `}}` stand around what the event says"
        )
    };
    let mut pieces = Vec::new();
    let mut rest = key;
    while !rest.is_empty() {
        let (text, after) = rest.split_once('{').unwrap_or((rest, ""));
        if text.contains('}') {
            return Err(unclosed());
        }
        // IAM takes `*` and `?` for anything.
        if text.contains(|c: char| c.is_control() || matches!(c, '*' | '?')) {
            return Err(format!(
                "`{key}` cannot be a key: it has `*`, `?` or control characters"
            ));
        }
        if !text.is_empty() {
            pieces.push(Piece::Text(text.to_owned()));
        }
        if text.len() == rest.len() {
            break;
        }
        let (name, after) = after.split_once('}').ok_or_else(unclosed)?;
        pieces.push(Piece::Of(said(name)?));
        rest = after;
    }
    Ok(pieces)
}

/// What an event says as text, which alone can be in a key.
fn said(name: &str) -> Result<Source, String> {
    let source: Source = name.parse()?;
    let is_text = match &source {
        Source::Id => true,
        Source::Fact(fact) => FACTS.iter().any(|(trigger, name, kind)| {
            (*trigger, *name) == (fact.trigger, fact.name)
                && matches!(kind, Kind::Text | Kind::Maybe)
        }),
        _ => false,
    };
    if is_text {
        Ok(source)
    } else {
        Err(format!(
            "`{{{source}}}` cannot be in a key: what an event says as text can, such as `{{s3:key}}` or `{{event:id}}`"
        ))
    }
}

/// `image/png`, with parameters or without.
fn content_type(text: &str) -> Result<String, String> {
    let (of, rest) = text.split_once('/').unwrap_or((text, ""));
    let is_token = |text: &str| {
        let sign = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-' | '_' | '*');
        !text.is_empty() && text.chars().all(sign)
    };
    let kind = rest.split(';').next().unwrap_or_default().trim_end();
    let is_plain = text.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    if is_token(of) && is_token(kind) && is_plain {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` is no content type: `image/png` is one"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn what_is_written_is_read_and_written_again() {
        for text in [
            "s3:thumbs/{s3:key}.thumb.png",
            "s3:{env:THUMBS}/of/{s3:bucket}/{event:id}",
            "s3:my.reports/latest.json",
            "s3:abc/{http:path:id}/{http:header:x-name}",
            "content-type:image/png",
            "content-type:text/html; charset=utf-8",
        ] {
            let returned: Returned = text.parse().unwrap();
            assert_eq!(returned.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for (text, said) in [
            ("thumbs", "is nothing that a result can be"),
            ("s3:thumbs", "names no key"),
            ("s3:thumbs/", "names no key"),
            ("s3:Thumbs/a", "cannot be a bucket"),
            ("s3:{s3:bucket}/a", "cannot be a bucket"),
            ("s3:thumbs/{s3:key", "does not close"),
            ("s3:thumbs/s3:key}", "does not close"),
            ("s3:thumbs/{s3:kee}", "did you mean `s3:key`?"),
            ("s3:thumbs/{s3:object}", "cannot be in a key"),
            ("s3:thumbs/*.png", "it has `*`"),
            ("s3:thumbs/{body}", "cannot be in a key"),
            ("s3:{env:1}/a", "cannot name an environment variable"),
            ("content-type:png", "is no content type"),
            ("content-type:image/png\nx", "is no content type"),
        ] {
            let error = text.parse::<Returned>().unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    #[test]
    fn ends_of_keys_are_known() {
        let Returned::Object(object) = "s3:abc/of/{s3:key}.png".parse().unwrap() else {
            unreachable!("it is an object");
        };
        assert_eq!((object.prefix(), object.suffix()), ("of/", ".png"));
        assert_eq!(object.keys(), "of/*");
        for (prefix, suffix, meets) in [
            ("", "", true),
            ("of/", "", true),
            ("of/small/", ".png", true),
            ("in/", "", false),
            ("", ".jpg", false),
            ("", "a.png", true),
        ] {
            assert_eq!(object.meets(prefix, suffix), meets, "{prefix}…{suffix}");
        }
    }
}
