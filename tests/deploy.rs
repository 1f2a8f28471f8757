//! `--deploy` on a whole cut: permissions read off the calls, settings, and what is refused.
//!
//! Input: `tests/fixtures/deploy`, whose client crates have the shape of AWS's. Output: templates, the review, and
//! what the program says.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use std::path::Path;

fn read(dir: &Path, path: &str) -> String {
    std::fs::read_to_string(dir.join("extracted").join(path)).unwrap()
}

/// The actions of a function in `main.tf`.
fn actions(terraform: &str, function: &str) -> Vec<String> {
    let (_, policy) = terraform
        .split_once(&format!("\"aws_iam_role_policy\" \"{function}\""))
        .unwrap();
    let (policy, _) = policy.split_once("\n}").unwrap();
    let words = policy.split('"').skip(1).step_by(2);
    let actions = words.filter(|word| {
        let action = word.split_once(':');
        action.is_some_and(|(_, a)| a.starts_with(|c: char| c.is_ascii_uppercase()))
    });
    actions.map(str::to_owned).collect()
}

#[test]
fn permissions_are_those_of_the_calls_and_no_more() {
    let place = common::fixture("deploy");
    let dir = place.path();
    let run = common::run_in(
        dir,
        &[
            "split",
            "--no-shim",
            "--deploy",
            "terraform,sam,cargo-lambda",
        ],
    );
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    let terraform = read(dir, "deploy/terraform/main.tf");
    assert_eq!(
        actions(&terraform, "archive"),
        [
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            "sqs:SendMessage",
            // `head_object`, `list_objects_v2` in a macro's arguments, `put_object`.
            "s3:GetObject",
            "s3:ListBucket",
            "s3:PutObject",
        ]
    );
    assert_eq!(
        actions(&terraform, "notify"),
        [
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            "sqs:SendMessage",
            "sqs:SendMessage",
            "s3:ListAllMyBuckets",
        ]
    );
    assert!(terraform.contains("arn:aws:sqs:eu-west-1:123456789012:done"));
    let sam = read(dir, "deploy/template.yaml");
    assert!(
        sam.contains("ArchiveS3Resources:") && sam.contains("MemorySize: 1024"),
        "{sam}"
    );
    let review = read(dir, "REVIEW.md");
    for said in [
        "src/lib.rs:32: `tag_resource` is an operation of several clients: aws-sdk-s3, aws-sdk-sqs",
        "src/lib.rs:33: `create_session`: no single action of IAM answers to `CreateSession` of `aws-sdk-s3`",
    ] {
        assert!(sam.contains(said), "{sam}");
        assert!(
            run.stdout.contains(said) || run.stderr.contains(said),
            "{}{}",
            run.stdout,
            run.stderr
        );
        assert!(
            review.replace('\\', "").contains(&said.replace('\\', "")),
            "{review}"
        );
    }
    let unset = "variables that no template sets: `NOTIFY`. What it";
    assert!(review.contains(unset), "{review}");
    assert!(!terraform.contains("DeleteObject") && !terraform.contains("CopyObject"));
    let manifest = read(dir, "functions/archive/Cargo.toml");
    assert!(
        manifest.contains("[package.metadata.lambda.deploy]\nmemory = 1024\n"),
        "{manifest}"
    );
    // Nothing of it is lost, or written twice.
    let again = common::run_in(
        dir,
        &[
            "split",
            "--no-shim",
            "--deploy",
            "terraform,sam,cargo-lambda",
            "--dry-run",
        ],
    );
    assert_eq!(again.status, 0, "{}{}", again.stdout, again.stderr);
}

#[test]
fn a_schedule_without_a_time_is_refused() {
    let place = common::fixture("deploy");
    let dir = place.path();
    let text = std::fs::read_to_string(dir.join("extract.toml")).unwrap();
    let text = text.replace("[entry.deploy]\nschedule = \"rate(1 hour)\"\n", "");
    std::fs::write(dir.join("extract.toml"), text).unwrap();
    let run = common::run_in(dir, &["split", "--no-shim", "--deploy", "sam"]);
    assert_eq!(run.status, 2);
    insta::assert_snapshot!("no_schedule", run.stderr);
    let run = common::run_in(dir, &["split", "--deploy", "terrafrom"]);
    assert!(
        run.stderr.contains("did you mean `terraform`?"),
        "{}",
        run.stderr
    );
}

/// What events, secrets and results need, each on what it is and no more.
#[test]
fn bindings_bring_their_permissions() {
    let place = common::fixture("deploy");
    let dir = place.path();
    let bind = |to: &str| {
        format!(
            "[deploy]\nstages = [\"test\"]\n\n[[entry]]\npath = \"shrink\"\ntriggers = [\"s3\"]\n\
             bind = {{ picture = \"s3:object\", key = \"secret:prod/key\", return = \"{to}\" }}\n\n\
             [entry.deploy]\nbucket = \"incoming\"\n"
        )
    };
    let source = std::fs::read_to_string(dir.join("src/lib.rs")).unwrap();
    let own = "\npub fn shrink(picture: Vec<u8>, key: &str) -> Vec<u8> {\n    [&picture[..1], key.as_bytes()].concat()\n}\n";
    std::fs::write(dir.join("src/lib.rs"), source + own).unwrap();
    let split = |to: &str, formats: &str| {
        std::fs::write(dir.join("extract.toml"), bind(to)).unwrap();
        common::run_in(
            dir,
            &["split", "--no-shim", "--no-tests", "--deploy", formats],
        )
    };
    let run = split("s3:thumbs/of/{s3:key}", "sam,serverless,terraform,cdk");
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    let terraform = read(dir, "deploy/terraform/main.tf");
    let (_, policy) = terraform
        .split_once("\"aws_iam_role_policy\" \"shrink\"")
        .unwrap();
    let (policy, _) = policy.split_once("\n}").unwrap();
    insta::assert_snapshot!("permissions_of_bindings_terraform", policy);
    let sam = read(dir, "deploy/template.yaml");
    let (_, policy) = sam.split_once("Policies:").unwrap();
    let policy: Vec<&str> = policy
        .lines()
        .take_while(|line| !line.contains("Events:"))
        .collect();
    insta::assert_snapshot!("permissions_of_bindings_sam", policy.join("\n"));
    // Which bucket it is only the environment knows: a parameter says it, and the template has the variable.
    let run = split("s3:{env:THUMBS}/of/{s3:key}", "sam");
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    let sam = read(dir, "deploy/template.yaml");
    assert!(
        sam.contains("ShrinkS3Resources") && sam.contains("THUMBS"),
        "{sam}"
    );
    // A result that would be the next event.
    for to in ["s3:incoming-test/{s3:key}", "s3:incoming/of/{s3:key}"] {
        let run = split(to, "sam");
        assert_eq!(run.status, 2, "{to}");
        insta::allow_duplicates! { insta::assert_snapshot!("own_events", run.stderr.replace(&to[3..], "BUCKET/KEY")); }
    }
    let other = bind("s3:incoming-test/of/{s3:key}") + "prefix = \"in/\"\n";
    std::fs::write(dir.join("extract.toml"), other).unwrap();
    let run = common::run_in(
        dir,
        &["split", "--no-shim", "--no-tests", "--deploy", "sam"],
    );
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
}
