//! What IAM asks for an operation of an AWS client crate.
//!
//! Input: the crate and the operation's method, `aws-sdk-s3` and `put_object`. Output: actions, each with whether IAM
//! knows resources for it. Refuses what the table does not know: nothing is guessed.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The services that are known.
const TABLE: &str = include_str!("iam.txt");

/// An action.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Action {
    /// IAM's name of the service.
    pub service: String,
    /// `s3:GetObject`
    pub name: String,
    /// Whether a policy can say on what.
    pub has_resources: bool,
}

#[derive(Debug, Default)]
struct Service {
    prefix: &'static str,
    /// Operations whose actions have other names.
    others: BTreeMap<&'static str, &'static str>,
    /// Operations without a known action.
    unknown: Vec<&'static str>,
    /// Actions without resources.
    anything: Vec<&'static str>,
}

static SERVICES: LazyLock<BTreeMap<&'static str, Service>> = LazyLock::new(|| {
    let mut services: BTreeMap<&str, Service> = BTreeMap::new();
    let mut current = "";
    for line in TABLE
        .lines()
        .filter(|l| !l.is_empty() && !l.starts_with('#'))
    {
        let mut words = line.split(' ');
        let first = words.next().unwrap_or_default();
        let service = services
            .entry(if first.len() > 1 { first } else { current })
            .or_default();
        match first {
            "=" => {
                let (operation, actions) = (words.next(), words.next());
                service.others.extend(operation.zip(actions));
            }
            "-" => service.unknown.extend(words),
            "*" => service.anything.extend(words),
            krate => {
                current = krate;
                service.prefix = words.next().unwrap_or_default();
            }
        }
    }
    services
});

/// The actions of an operation.
///
/// # Errors
/// Why they are not known.
pub fn actions(krate: &str, method: &str) -> Result<Vec<Action>, String> {
    let Some(service) = SERVICES.get(krate) else {
        return Err(format!(
            "what IAM calls the actions of `{krate}` is not known"
        ));
    };
    let operation = operation(method);
    if service.unknown.contains(&operation.as_str()) {
        return Err(format!(
            "no single action of IAM answers to `{operation}` of `{krate}`"
        ));
    }
    let named = service.others.get(operation.as_str()).copied();
    let actions = named.unwrap_or(&operation).split('+').map(|action| Action {
        service: service.prefix.to_owned(),
        name: format!("{}:{action}", service.prefix),
        has_resources: !service.anything.contains(&action),
    });
    Ok(actions.collect())
}

/// `list_objects_v2` as `ListObjectsV2`.
fn operation(method: &str) -> String {
    let mut out = String::new();
    for word in method.split('_') {
        let mut letters = word.chars();
        out.extend(letters.next().map(|c| c.to_ascii_uppercase()));
        out.push_str(letters.as_str());
    }
    out
}

/// What a parameter is for that names resources.
pub fn resources(actions: &[&str], path: &str) -> String {
    format!(
        "ARNs of what {path} may call {} on, with commas between.",
        actions.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(krate: &str, method: &str) -> Vec<String> {
        let found = actions(krate, method).unwrap_or_default();
        found.into_iter().map(|a| a.name).collect()
    }

    #[test]
    fn operations_have_their_actions() {
        assert_eq!(names("aws-sdk-s3", "put_object"), ["s3:PutObject"]);
        assert_eq!(names("aws-sdk-s3", "head_object"), ["s3:GetObject"]);
        assert_eq!(names("aws-sdk-s3", "list_objects_v2"), ["s3:ListBucket"]);
        assert_eq!(
            names("aws-sdk-s3", "copy_object"),
            ["s3:GetObject", "s3:PutObject"]
        );
        assert_eq!(
            names("aws-sdk-sfn", "start_execution"),
            ["states:StartExecution"]
        );
        assert_eq!(names("aws-sdk-lambda", "invoke"), ["lambda:InvokeFunction"]);
    }

    #[test]
    fn what_is_not_known_is_not_guessed() {
        assert!(actions("aws-sdk-nosuch", "get_it").is_err());
        assert!(actions("aws-sdk-dynamodb", "transact_write_items").is_err());
    }

    #[test]
    fn some_actions_have_no_resources() {
        let found = actions("aws-sdk-s3", "list_buckets").unwrap_or_default();
        assert_eq!(found.first().map(|a| a.has_resources), Some(false));
        let found = actions("aws-sdk-s3", "get_object").unwrap_or_default();
        assert_eq!(found.first().map(|a| a.has_resources), Some(true));
    }

    #[test]
    fn no_action_is_a_wildcard() {
        for (krate, service) in SERVICES.iter() {
            let named = service
                .others
                .values()
                .chain(&service.anything)
                .chain(&service.unknown);
            let words = named.flat_map(|n| n.split('+')).chain([service.prefix]);
            for word in words {
                let fits = word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
                assert!(fits && !word.is_empty(), "{krate}: {word}");
            }
        }
        assert!(SERVICES.len() > 40);
    }
}
