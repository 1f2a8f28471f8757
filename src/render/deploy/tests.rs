//! Every format over a few functions with every trigger, and over names that try to get out of their quotes.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::json;

use super::files;
use super::model::{Change, Deployment, Event, Function, Grant, On, Source, Unknown};
use crate::config::deploy::Format;
use crate::config::deploy::values::Architecture;

pub(super) fn function(name: &str, events: Vec<Event>) -> Function {
    Function {
        name: name.to_owned(),
        path: format!("shop::{}", name.replace('-', "_")),
        events,
        architecture: Architecture::X86,
        memory: 256,
        timeout: 30,
        log_retention: 30,
        concurrency: None,
        keep_warm: None,
        provisioned: None,
        tags: BTreeMap::new(),
        environment: BTreeSet::new(),
        grants: Vec::new(),
        unknown: Vec::new(),
    }
}

fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|w| (*w).to_owned()).collect()
}

fn deployment(functions: Vec<Function>) -> Deployment {
    Deployment {
        name: "shop".to_owned(),
        stages: vec!["dev".to_owned(), "prod".to_owned()],
        tags: BTreeMap::new(),
        functions,
        inside: "extracted".to_owned(),
        rust: "1.95.0".to_owned(),
    }
}

fn name(text: &str) -> Option<Source> {
    Some(Source::Name(text.to_owned()))
}

fn arn(text: &str) -> Option<Source> {
    Some(Source::Arn(format!("arn:aws:{text}")))
}

/// Functions with every trigger and every setting.
fn shop() -> Deployment {
    let mut api = function(
        "render-invoice",
        vec![Event::Http {
            method: "POST".to_owned(),
            path: "/invoices/{id}".to_owned(),
        }],
    );
    api.architecture = Architecture::Arm;
    api.memory = 1024;
    api.timeout = 10;
    api.provisioned = Some(2);
    api.concurrency = Some(20);
    api.environment = set(&["DATABASE_URL", "LOG_LEVEL"]);
    api.tags = BTreeMap::from([("team".to_owned(), "billing: a + b".to_owned())]);
    api.grants = vec![
        Grant {
            on: On::Arns(vec!["arn:aws:s3:::invoices/*".to_owned()]),
            actions: set(&["s3:PutObject"]),
        },
        Grant {
            on: On::Parameter("dynamodb".to_owned()),
            actions: set(&["dynamodb:GetItem", "dynamodb:Query"]),
        },
        Grant {
            on: On::Secret("shop/key".to_owned()),
            actions: set(&["secretsmanager:GetSecretValue"]),
        },
        Grant {
            on: On::Anything,
            actions: set(&["cloudwatch:PutMetricData"]),
        },
    ];
    api.unknown = vec![Unknown {
        at: "src/orders.rs:40".to_owned(),
        why: "`transact_write_items`: no single action of IAM answers to it".to_owned(),
    }];
    let mut orders = function(
        "orders",
        vec![
            Event::Sqs {
                queue: name("orders"),
                fifo: false,
                batch: 50,
            },
            Event::Sns { topic: None },
            Event::DynamoDb {
                table: name("orders"),
                batch: 10,
                changes: vec![Change::Insert, Change::Modify],
            },
            Event::EventBridge {
                pattern: json!({"source": ["shop.orders"], "detail": {"total": [{"numeric": [">", 100]}], "gift": [true]}}),
            },
            Event::CodeCommit {
                repository: name("shop"),
            },
        ],
    );
    orders.keep_warm = Some(5);
    let mut pictures = function(
        "thumbnail",
        vec![
            Event::S3 {
                bucket: None,
                prefix: Some("in/".to_owned()),
                suffix: Some(".png".to_owned()),
            },
            Event::Schedule {
                expression: "cron(0 8 ? * MON-FRI *)".to_owned(),
            },
            Event::Sqs {
                queue: name("pictures.fifo"),
                fifo: false,
                batch: 10,
            },
        ],
    );
    pictures.grants = vec![
        Grant {
            on: On::Objects,
            actions: set(&["s3:GetObject"]),
        },
        Grant {
            on: On::Results("thumbs/of/*".to_owned()),
            actions: set(&["s3:PutObject"]),
        },
    ];
    let there = function(
        "audit",
        vec![
            Event::Sqs {
                queue: arn("sqs:eu-west-1:123456789012:audit"),
                fifo: false,
                batch: 10,
            },
            Event::Sns {
                topic: arn("sns:eu-west-1:123456789012:audit"),
            },
            Event::S3 {
                bucket: arn("s3:::audit"),
                prefix: None,
                suffix: None,
            },
            Event::DynamoDb {
                table: arn(
                    "dynamodb:eu-west-1:123456789012:table/audit/stream/2026-01-01T00:00:00.000",
                ),
                batch: 10,
                changes: Vec::new(),
            },
            Event::CodeCommit { repository: None },
        ],
    );
    let mut shop = deployment(vec![
        api,
        orders,
        pictures,
        there,
        function("price-basket", Vec::new()),
    ]);
    shop.tags = BTreeMap::from([("app".to_owned(), "shop".to_owned())]);
    shop
}

#[test]
fn every_format_shows_every_trigger() {
    for (path, text) in files(&shop(), &Format::ALL) {
        insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(path.replace('/', "_"), text);
        });
    }
}

#[test]
fn the_same_input_gives_the_same_files() {
    assert_eq!(files(&shop(), &Format::ALL), files(&shop(), &Format::ALL));
}

const HOSTILE: &[&str] = &[
    "\"",
    "'",
    "\\",
    "\n- x: y",
    "${x}",
    "%{x}",
    "#{x}",
    "{{x}}",
    "`",
    "*/",
    "//",
    "#",
    "$(x)",
    "\u{2028}",
    ": ",
    "${AWS::Region}",
    "\u{85}",
    "!Ref x",
];

/// Functions whose every free text is hostile.
fn hostile() -> Deployment {
    let all = HOSTILE.concat();
    let mut one = function(
        "one",
        vec![
            Event::S3 {
                bucket: None,
                prefix: Some(all.clone()),
                suffix: Some(all.clone()),
            },
            Event::EventBridge {
                pattern: json!({all.clone(): [all.clone()]}),
            },
        ],
    );
    one.path.clone_from(&all);
    one.tags = BTreeMap::from([(all.clone(), all.clone())]);
    one.unknown = vec![Unknown {
        at: all.clone(),
        why: all.clone(),
    }];
    one.grants = vec![
        Grant {
            on: On::Secret(all.clone()),
            actions: set(&["secretsmanager:GetSecretValue"]),
        },
        Grant {
            on: On::Results(format!("abc/{all}*")),
            actions: set(&["s3:PutObject"]),
        },
        Grant {
            on: On::Parameter("s3".to_owned()),
            actions: set(&["s3:GetObject"]),
        },
    ];
    let mut hostile = deployment(vec![one]);
    hostile.tags = BTreeMap::from([(all.clone(), all)]);
    hostile
}

#[test]
fn hostile_texts_stay_in_their_quotes() {
    for (path, text) in files(&hostile(), &Format::ALL) {
        insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(format!("hostile_{}", path.replace('/', "_")), text);
        });
        for line in text.lines() {
            assert!(!line.starts_with("- x: y"), "{path}: {line}");
        }
        assert!(!text.contains(['\u{2028}', '\u{85}']), "{path}");
    }
}

/// All strings that look like an action of IAM.
fn actions(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || ":-*_".contains(c)));
    let is_action = |word: &&str| {
        let Some((service, action)) = word.split_once(':') else {
            return false;
        };
        [
            "s3",
            "sqs",
            "sns",
            "lambda",
            "dynamodb",
            "logs",
            "states",
            "iam",
            "secretsmanager",
            "kms",
            "ses",
        ]
        .contains(&service)
            && action.starts_with(|c: char| c.is_ascii_uppercase() || c == '*')
    };
    words.filter(is_action).collect()
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        Just(Event::Sns { topic: None }),
        (any::<bool>(), 1..20_u32).prop_map(|(fifo, batch)| Event::Sqs {
            queue: None,
            fifo,
            batch
        }),
        Just(Event::S3 {
            bucket: None,
            prefix: None,
            suffix: None
        }),
        Just(Event::DynamoDb {
            table: None,
            batch: 10,
            changes: vec![Change::Remove],
        }),
        Just(Event::CodeCommit { repository: None }),
        Just(Event::Http {
            method: "GET".to_owned(),
            path: "/a".to_owned()
        }),
        Just(Event::Schedule {
            expression: "rate(1 day)".to_owned()
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_action_is_a_wildcard(
        events in prop::collection::vec(any_event(), 0..5),
        warm in prop::option::of(1..60_u32),
        calls in prop::collection::vec(("aws-sdk-(s3|sqs|sns|dynamodb|sfn|kms|ses|lambda)", "[a-z]{1,8}(_[a-z]{1,8}){0,3}"), 0..6),
    ) {
        let mut one = function("one", events);
        one.keep_warm = warm;
        for (krate, method) in &calls {
            for action in super::iam::actions(krate, method).unwrap_or_default() {
                let on = if action.has_resources { On::Parameter(action.service) } else { On::Anything };
                one.grants.push(Grant { on, actions: BTreeSet::from([action.name]) });
            }
        }
        for (path, text) in files(&deployment(vec![one]), &Format::ALL) {
            for action in actions(&text) {
                // An event of S3 has a star, an action has none.
                prop_assert!(!action.contains('*') || action == "s3:ObjectCreated:*", "{path}: {action}");
            }
        }
    }
}

#[test]
fn names_have_lambdas_length() {
    let long = "a-very-long-name-of-a-function-that-nobody-would-write-by-hand-but-a-path-may-give";
    let text = &files(
        &deployment(vec![function(long, Vec::new())]),
        &[Format::Terraform, Format::Serverless],
    );
    assert!(
        text["terraform/main.tf"]
            .lines()
            .any(|l| l.contains("function_name"))
    );
}
