//! What becomes of a result: an object of a bucket, bytes or text of a type that a person names.
//!
//! Input: the result's shape, and what was said under `return`. Output: [`Sent`]. Refuses a place that events have
//! no name for, a result of which nothing is left to put, and a type for what is JSON.

use super::cross::{Output, Shape};
use super::feed::{Feed, Wishes};
use crate::binding::returned::{Object, Returned};
use crate::diag::{Code, Diagnostic};
use crate::target::Target;
use crate::trigger::Trigger;

/// Where a result goes, and as what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// The object that it becomes.
    pub object: Option<Object>,
    /// The type of bytes or text.
    pub content_type: Option<String>,
}

/// What becomes of the result of the function at `path`.
///
/// # Errors
/// A diagnostic for each wish that cannot be.
pub(super) fn sent(
    path: &str,
    output: &Output,
    feeds: &[Feed],
    wishes: &Wishes,
) -> Result<Sent, Vec<Diagnostic>> {
    let mut sent = Sent::default();
    let mut problems = Vec::new();
    let mut refuse = |why: String, help: &str| {
        let message = format!("the result of `{path}` {why}");
        problems.push(Diagnostic::new(Code::BadBinding, message).help(help));
    };
    for returned in &wishes.returned {
        let before = match returned {
            Returned::Object(object) => sent.object.replace(object.clone()).is_some(),
            Returned::ContentType(kind) => sent.content_type.replace(kind.clone()).is_some(),
        };
        if before {
            refuse(
                format!("is bound to `{returned}` and to another of its kind"),
                "bind it once",
            );
        }
    }
    if let Some(object) = &sent.object {
        if wishes.target != Target::Lambda {
            let target = wishes.target.title();
            refuse(
                format!("cannot go to a bucket of S3 from {target}"),
                "let the function put it where it is to lie, or choose another target",
            );
        }
        if output.shape == Shape::Unit {
            refuse(
                "is `()`, which is nothing to put into a bucket".to_owned(),
                "return what is to lie there",
            );
        }
        for source in object.sources() {
            let of = source.trigger();
            let lacking = feeds.iter().map(|feed| feed.trigger);
            for trigger in lacking.filter(|trigger| of.is_some_and(|of| of != *trigger)) {
                let title = trigger.title();
                refuse(
                    format!("cannot lie at `{object}`: events of {title} have no `{source}`"),
                    "`{event:id}` is in all events; or cut the function once for each of its triggers",
                );
            }
        }
    }
    if let Some(kind) = &sent.content_type {
        let is_http = |feed: &Feed| feed.trigger == Trigger::Http;
        if wishes.target == Target::Azure && is_bytes(output) {
            let target = wishes.target.title();
            refuse(
                format!("cannot be told as `{kind}` on {target}: its host passes text on alone"),
                "return a `String`, or choose another target",
            );
        } else if sent.object.is_none() && !feeds.iter().any(is_http) {
            refuse(
                format!("cannot be told as `{kind}`: no answer of its triggers has a type"),
                "answers of `http` have one, and objects: `--bind return=s3:BUCKET/KEY`",
            );
        } else if !is_bytes(output) && !is_text(output) {
            refuse(
                format!("cannot be told as `{kind}`: it is JSON"),
                "return bytes or a `String`",
            );
        }
    }
    if problems.is_empty() {
        Ok(sent)
    } else {
        Err(problems)
    }
}

/// Whether a result is bytes.
pub fn is_bytes(output: &Output) -> bool {
    matches!(output.shape, Shape::Bytes | Shape::OptionalBytes)
}

/// Whether its JSON is a string, and nothing else.
pub fn is_text(output: &Output) -> bool {
    let ty = output.ty.render(&|_| String::new());
    match output.shape {
        Shape::Text | Shape::OsText => true,
        Shape::Plain => {
            matches!(ty.as_str(), "String" | "&str" | "&String" | "Box<str>")
                || (ty.contains("Cow<") && ty.ends_with("str>"))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use crate::entry::cross::fixture::Fixture;

    fn of(
        function: &str,
        triggers: &[Trigger],
        target: Target,
        said: &[&str],
    ) -> Result<Sent, String> {
        let (crossing, _) = Fixture::new(function).cross("f");
        let feeds = triggers.iter().map(|trigger| Feed {
            trigger: *trigger,
            parts: Vec::new(),
            changes: Vec::new(),
        });
        let wishes = Wishes {
            returned: said.iter().map(|text| text.parse().unwrap()).collect(),
            target,
            ..Wishes::default()
        };
        let feeds: Vec<Feed> = feeds.collect();
        sent("shop::f", &crossing.unwrap().output, &feeds, &wishes).map_err(|all| {
            all.iter()
                .map(|d| d.message.clone())
                .collect::<Vec<_>>()
                .join("\n")
        })
    }

    #[test]
    fn what_suits_is_taken() {
        use Trigger::{Direct, Http, S3, Sqs};
        let bytes = "pub fn f() -> Result<Vec<u8>, String> {}";
        for (function, triggers, said) in [
            (
                bytes,
                &[S3][..],
                &["s3:abc/{s3:key}.png", "content-type:image/png"][..],
            ),
            (bytes, &[Http, Sqs], &["s3:abc/{event:id}"]),
            (bytes, &[Http], &["content-type:image/png"]),
            (
                "pub fn f() -> String {}",
                &[Http],
                &["content-type:text/html"],
            ),
            (
                "pub fn f() -> std::borrow::Cow<'static, str> {}",
                &[Http],
                &["content-type:text/html"],
            ),
            ("pub fn f() -> u8 {}", &[Direct], &["s3:abc/latest.json"]),
        ] {
            let sent = of(function, triggers, Target::Lambda, said);
            assert!(sent.is_ok(), "{function} {said:?}: {sent:?}");
        }
        let text = "pub fn f() -> String {}";
        for (function, target) in [
            (bytes, Target::Gcp),
            (text, Target::Gcp),
            (text, Target::Azure),
        ] {
            let sent = of(function, &[Http], target, &["content-type:image/png"]);
            assert!(sent.is_ok(), "{function} {target}: {sent:?}");
        }
    }

    #[test]
    fn what_has_no_sense_is_refused() {
        use Trigger::{Http, S3, Sqs};
        let bytes = "pub fn f() -> Vec<u8> {}";
        for (function, triggers, target, said, why) in [
            (
                "pub fn f() {}",
                &[S3][..],
                Target::Lambda,
                &["s3:abc/x"][..],
                "is `()`, which is nothing to put",
            ),
            (
                bytes,
                &[S3, Sqs],
                Target::Lambda,
                &["s3:abc/{s3:key}"],
                "events of SQS have no `s3:key`",
            ),
            (
                bytes,
                &[Http],
                Target::Gcp,
                &["s3:abc/x"],
                "cannot go to a bucket of S3 from Google Cloud Run",
            ),
            (
                bytes,
                &[Http],
                Target::Azure,
                &["content-type:a/b"],
                "its host passes text on alone",
            ),
            (
                bytes,
                &[S3],
                Target::Lambda,
                &["content-type:a/b"],
                "no answer of its triggers has a type",
            ),
            (
                "pub fn f() -> Option<String> {}",
                &[Http],
                Target::Lambda,
                &["content-type:a/b"],
                "it is JSON",
            ),
            (
                bytes,
                &[S3],
                Target::Lambda,
                &["s3:abc/x", "s3:abc/y"],
                "to another of its kind",
            ),
        ] {
            let refused = of(function, triggers, target, said).unwrap_err();
            assert!(refused.contains(why), "{said:?}: {refused}");
        }
    }
}
