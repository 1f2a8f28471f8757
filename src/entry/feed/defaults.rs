//! What a parameter is where nobody says it.
//!
//! Input: a trigger, a parameter's name and form. Output: its [`Source`]; `None` where it would be a guess.
//! Refuses nothing.

use super::{Form, Shape, bare};
use crate::binding::{FACTS, Fact, Source};
use crate::trigger::Trigger;

/// The source of a parameter that is not bound. Messages have fields of the parameters' names; events without a
/// message are taken apart by form and name.
pub(super) fn source(
    trigger: Trigger,
    field: &str,
    form: &Form,
    all: &[(&str, &Form)],
    types: &[Shape],
) -> Option<Source> {
    let plain = bare(form, types);
    let is_text = super::is_text(form, types) && !matches!(plain, Form::Base64);
    let is_open = matches!(plain, Form::Guess(_));
    let named = |words: &[&str]| {
        let mut parts = field.split('_');
        parts.any(|part| words.contains(&part))
    };
    let name = match trigger {
        Trigger::Http | Trigger::Sns | Trigger::Sqs | Trigger::EventBridge | Trigger::Direct => {
            return Some(Source::Field);
        }
        Trigger::S3 => match plain {
            Form::Base64 => "object",
            _ if is_text && named(&["bucket"]) => "bucket",
            _ if is_text && named(&["key", "path", "file", "filename", "name"]) => "key",
            // The only text can be nothing else.
            _ if is_text && only_text(all, types) => "key",
            _ => return None,
        },
        Trigger::DynamoDb => match plain {
            _ if named(&["event"]) && is_text => "event-name",
            Form::Type(_) | Form::Object(_) | Form::Map(..) | Form::Guess(_) => {
                if named(&["keys", "key"]) {
                    "keys"
                } else if named(&["old", "before", "previous"]) {
                    "old"
                } else {
                    "new"
                }
            }
            _ => return None,
        },
        Trigger::CodeCommit => match plain {
            Form::List(..) if named(&["references", "refs", "branches"]) => "references",
            _ if !is_text => return None,
            _ if named(&["repository", "repo"]) => "repository",
            _ if named(&["commit", "sha", "revision"]) => "commit",
            _ if named(&["reference", "ref", "branch"]) => "reference",
            _ => return None,
        },
        Trigger::Schedule => match plain {
            _ if (is_text || is_open) && named(&["time", "now", "at", "when"]) => "time",
            _ if is_text && named(&["rule"]) => "rule",
            _ => return None,
        },
    };
    let known = FACTS
        .iter()
        .find(|(of, n, _)| *of == trigger && *n == name)?;
    Some(Source::Fact(Fact {
        trigger,
        name: known.1,
        argument: None,
    }))
}

fn only_text(all: &[(&str, &Form)], types: &[Shape]) -> bool {
    let texts = all
        .iter()
        .filter(|(_, form)| matches!(bare(form, types), Form::Text));
    texts.count() == 1
}
