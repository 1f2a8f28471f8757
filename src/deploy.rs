//! What is deployed: each function with its events, limits, variables, and the permissions that its code needs.
//!
//! Input: the entries with their triggers and settings, then the proven cut. Output: [`Deployment`], which
//! [`crate::render::deploy`] writes. Refuses what a template cannot leave open, with [`Code::DeployUnfit`], before
//! the cut: a rule without a pattern, a schedule without a time, more variables than Lambda takes.

pub mod permissions;

use std::collections::{BTreeMap, BTreeSet};

use crate::binding::returned::Bucket;
use crate::binding::{Init, Source as Binding};
use crate::config::deploy::{Own, Settings, resolve, values};
use crate::cut::{Cut, Job};
use crate::diag::{Code, Diagnostic, Place, Sink};
use crate::entry::cross::Start;
use crate::entry::plan::Entry;
use crate::id::{ItemId, line_column};
use crate::render::deploy::model::{Deployment, Event, Function, Grant, On};
use crate::syntax::ItemTree;
use crate::target::Target;
use crate::text::{kebab, relative};
use crate::trigger::Trigger;
use crate::workspace::Workspace;
use permissions::Clients;

/// Lambda's limit on all names and values of a function's environment.
const ENVIRONMENT: usize = 4096;

/// What `extract.toml` says.
#[derive(Debug)]
pub struct Asked<'a> {
    /// `[deploy]`
    pub settings: &'a Settings,
    /// `[entry.deploy]`, by function; one that is not here has the defaults.
    pub functions: BTreeMap<ItemId, Own>,
}

/// What one function's deployment is made from.
struct Wants {
    own: Own,
    /// What sends its events.
    triggers: Vec<Trigger>,
    /// Where its parameters come from.
    bindings: Vec<Binding>,
}

impl Asked<'_> {
    fn wants(&self, entry: &Entry) -> Wants {
        let said = entry.wishes.bind.values().flatten();
        let found = entry.feeds.iter().flat_map(|feed| &feed.parts);
        let found = found.map(|part| &part.source);
        let mut bindings: Vec<Binding> = said.chain(found).cloned().collect();
        let inputs = entry.crossing.iter().flat_map(|c| &c.inputs);
        let mut starts: Vec<&Start> = inputs.filter_map(|i| i.start.as_ref()).collect();
        // What makes a value may need others.
        while let Some(start) = starts.pop() {
            match start {
                Start::Env(name) => bindings.push(Binding::Env(name.clone())),
                Start::Secret(name) => bindings.push(Binding::Secret(name.clone())),
                Start::Const(_) => {}
                Start::Made(make) => starts.extend(make.arguments.iter().map(|a| &a.start)),
            }
        }
        let object = entry.wishes.object();
        if let Some(Bucket::Env(name)) = object.map(|object| &object.bucket) {
            bindings.push(Binding::Env(name.clone()));
        }
        Wants {
            own: self.functions.get(&entry.item).cloned().unwrap_or_default(),
            triggers: entry.wishes.triggers(),
            bindings,
        }
    }
}

/// Says what a template cannot be made without.
pub fn check(
    workspace: &Workspace,
    tree: &ItemTree,
    entries: &[Entry],
    asked: &Asked<'_>,
    sink: &mut Sink,
) {
    for entry in entries {
        let wants = asked.wants(entry);
        let target = entry.wishes.target;
        let mut refuse = |message: String, help: &str| {
            let diagnostic =
                Diagnostic::new(Code::DeployUnfit, message).at(place(workspace, tree, entry.item));
            sink.push(diagnostic.help(help));
        };
        if target != Target::Lambda {
            refuse(
                format!(
                    "`{}` runs on {}, for which there are no templates",
                    entry.path,
                    target.title()
                ),
                "leave `--deploy` and `deploy` out, or cut the functions for AWS Lambda into an output of their own",
            );
        }
        if wants.triggers.contains(&Trigger::Schedule) && wants.own.schedule.is_none() {
            refuse(
                format!("when `{}` runs is not known", entry.path),
                "say it in extract.toml, below its `[[entry]]`: `[entry.deploy]` with `schedule = \"rate(1 hour)\"`",
            );
        }
        if wants.triggers.contains(&Trigger::EventBridge) && wants.own.pattern.is_none() {
            refuse(
                format!("which events reach `{}` is not known", entry.path),
                "say it in extract.toml, below its `[[entry]]`: `[entry.deploy]` with `pattern = { source = [\"shop.orders\"] }`",
            );
        }
        if let Some(why) = circle(asked.settings, &wants, entry) {
            refuse(
                why,
                "let results go to another bucket, or under a prefix that `prefix` below `[entry.deploy]` leaves out",
            );
        }
        let (environment, secrets) = names(asked.settings, &wants);
        for why in environment.iter().filter_map(|n| values::variable(n).err()) {
            refuse(
                format!(
                    "`{}` reads a variable that it cannot have: {why}",
                    entry.path
                ),
                "bind the parameter to a variable of another name",
            );
        }
        for why in secrets.iter().filter_map(|n| values::secret(n).err()) {
            refuse(
                format!("`{}` reads a secret that cannot be: {why}", entry.path),
                "bind the parameter to a secret of another name",
            );
        }
        let size: usize = environment.iter().map(String::len).sum();
        if size > ENVIRONMENT {
            refuse(
                format!(
                    "the variables' names of `{}` alone have {size} bytes",
                    entry.path
                ),
                "Lambda takes 4096 bytes of names and values: keep what is large in a parameter store",
            );
        }
    }
}

/// What is deployed.
pub fn deployment(job: &Job<'_>, cut: &Cut, asked: &Asked<'_>, clients: &Clients) -> Deployment {
    let settings = asked.settings;
    let functions = job.entries.iter().map(|entry| {
        let wants = asked.wants(entry);
        function(job, cut, settings, entry, &wants, clients)
    });
    let inside = relative(job.out, &job.workspace.root);
    // Outside of the monolith only the output itself can be seen.
    let inside = if inside.starts_with("..") {
        String::new()
    } else {
        inside.into_string()
    };
    Deployment {
        name: name(job.workspace, settings),
        stages: stages(settings),
        tags: settings.tags.0.clone(),
        functions: functions.collect(),
        inside,
        rust: rust(job.workspace),
    }
}

/// The stages that were set, or the two that most have.
fn stages(settings: &Settings) -> Vec<String> {
    let set = settings.stages.iter().map(|s| s.as_str().to_owned());
    let set: Vec<String> = set.collect();
    if set.is_empty() {
        vec!["dev".to_owned(), "prod".to_owned()]
    } else {
        set
    }
}

/// The name that was set, or the folder's.
fn name(workspace: &Workspace, settings: &Settings) -> String {
    if let Some(name) = &settings.name {
        return name.as_str().to_owned();
    }
    let name: String = kebab(workspace.root.file_name().unwrap_or("functions"))
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .take(40)
        .collect();
    let name = name.trim_matches('-');
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name.to_owned()
    } else {
        "functions".to_owned()
    }
}

/// The compiler's version, as the toolchains and images are named.
fn rust(workspace: &Workspace) -> String {
    let release = workspace
        .rustc_version
        .lines()
        .find_map(|l| l.strip_prefix("release: "));
    let release = release.map(|r| r.split('-').next().unwrap_or(r).trim());
    release.unwrap_or("1.95.0").to_owned()
}

fn function(
    job: &Job<'_>,
    cut: &Cut,
    settings: &Settings,
    entry: &Entry,
    wants: &Wants,
    clients: &Clients,
) -> Function {
    let own = resolve(settings, &wants.own);
    let (environment, secrets) = names(settings, wants);
    let needs = permissions::permissions(job, cut, entry.item, clients);
    let mut grants: BTreeMap<On, BTreeSet<String>> = BTreeMap::new();
    for action in needs.actions {
        let on = if action.has_resources {
            on_service(settings, wants, &action.service)
        } else {
            On::Anything
        };
        grants.entry(on).or_default().insert(action.name);
    }
    let mut grant = |on: On, action: &str| {
        grants.entry(on).or_default().insert(action.to_owned());
    };
    for secret in secrets {
        grant(On::Secret(secret), "secretsmanager:GetSecretValue");
    }
    if sources(&wants.bindings).any(reads_object) {
        grant(On::Objects, "s3:GetObject");
    }
    if let Some(object) = entry.wishes.object() {
        match &object.bucket {
            Bucket::Named(name) => {
                let results = format!("{name}/{}", object.keys());
                grant(On::Results(results), "s3:PutObject");
            }
            // Which bucket it is only the environment knows.
            Bucket::Env(_) => grant(on_service(settings, wants, "s3"), "s3:PutObject"),
        }
    }
    Function {
        name: entry.name.clone(),
        path: entry.path.clone(),
        events: wants
            .triggers
            .iter()
            .filter_map(|t| event(*t, wants, entry))
            .collect(),
        architecture: own.architecture,
        memory: own.memory,
        timeout: own.timeout,
        log_retention: own.log_retention,
        concurrency: own.concurrency,
        keep_warm: own.keep_warm,
        provisioned: own.provisioned,
        tags: own.tags,
        environment,
        grants: grants
            .into_iter()
            .map(|(on, actions)| Grant { on, actions })
            .collect(),
        unknown: needs.unknown.into_iter().collect(),
    }
}

/// What a service's actions are for: what was set, or a parameter.
fn on_service(settings: &Settings, wants: &Wants, service: &str) -> On {
    let set = |r: &values::Resources| r.0.get(service).cloned();
    let arns = set(&wants.own.resources).or_else(|| set(&settings.resources));
    arns.map_or_else(|| On::Parameter(service.to_owned()), On::Arns)
}

/// Why a function's results would be its own events.
fn circle(settings: &Settings, wants: &Wants, entry: &Entry) -> Option<String> {
    let object = entry.wishes.object()?;
    let Bucket::Named(to) = &object.bucket else {
        return None;
    };
    let from = wants
        .own
        .bucket
        .as_ref()
        .filter(|_| wants.triggers.contains(&Trigger::S3))?;
    let is_same = match from {
        values::Source::Arn(arn) => arn.rsplit(':').next() == Some(to),
        // Each stage has a bucket of its own.
        values::Source::Name(name) => {
            let stage = to
                .strip_prefix(name.as_str())
                .and_then(|rest| rest.strip_prefix('-'));
            to == name || stage.is_some_and(|stage| stages(settings).iter().any(|one| one == stage))
        }
    };
    let text =
        |filter: &Option<values::KeyFilter>| filter.as_ref().map_or("", |f| f.as_str()).to_owned();
    let (prefix, suffix) = (text(&wants.own.prefix), text(&wants.own.suffix));
    (is_same && object.meets(&prefix, &suffix)).then(|| {
        format!(
            "the results of `{}` would be its own events: `{object}` is in the bucket that sends them",
            entry.path
        )
    })
}

fn event(trigger: Trigger, wants: &Wants, entry: &Entry) -> Option<Event> {
    let own = &wants.own;
    let batch = own.batch_size.unwrap_or_default().get();
    Some(match trigger {
        Trigger::Direct => return None,
        Trigger::Http => Event::Http {
            method: own.method.as_ref().map_or("ANY", |m| m.as_str()).to_owned(),
            path: own
                .path
                .as_ref()
                .map_or_else(|| format!("/{}", entry.name), |p| p.as_str().to_owned()),
        },
        Trigger::Sns => Event::Sns {
            topic: own.topic.clone(),
        },
        Trigger::Sqs => Event::Sqs {
            queue: own.queue.clone(),
            fifo: own.fifo,
            batch,
        },
        Trigger::S3 => Event::S3 {
            bucket: own.bucket.clone(),
            prefix: own.prefix.as_ref().map(|p| p.as_str().to_owned()),
            suffix: own.suffix.as_ref().map(|s| s.as_str().to_owned()),
        },
        Trigger::DynamoDb => Event::DynamoDb {
            table: own.table.clone(),
            batch,
            changes: entry.wishes.changes(),
        },
        Trigger::CodeCommit => Event::CodeCommit {
            repository: own.repository.clone(),
        },
        Trigger::EventBridge => Event::EventBridge {
            pattern: own.pattern.as_ref()?.0.clone(),
        },
        Trigger::Schedule => Event::Schedule {
            expression: own.schedule.as_ref()?.as_str().to_owned(),
        },
    })
}

/// Variables and secrets: those of the settings, and those of the bindings.
fn names(settings: &Settings, wants: &Wants) -> (BTreeSet<String>, BTreeSet<String>) {
    let set = settings.environment.iter().chain(&wants.own.environment);
    let mut environment: BTreeSet<String> = set.map(|n| n.as_str().to_owned()).collect();
    let set = settings.secrets.iter().chain(&wants.own.secrets);
    let mut secrets: BTreeSet<String> = set.map(|n| n.as_str().to_owned()).collect();
    for source in sources(&wants.bindings) {
        match source {
            Binding::Env(name) => {
                environment.insert(name.clone());
            }
            Binding::Secret(name) => {
                secrets.insert(name.clone());
            }
            _ => {}
        }
    }
    (environment, secrets)
}

/// The bindings, with those of constructors.
fn sources(bindings: &[Binding]) -> impl Iterator<Item = &Binding> {
    let mut all: Vec<&Binding> = bindings.iter().collect();
    let mut at = 0;
    while let Some(source) = all.get(at).copied() {
        if let Binding::Init(Init { arguments, .. }) = source {
            all.extend(arguments);
        }
        at += 1;
    }
    all.into_iter()
}

fn reads_object(source: &Binding) -> bool {
    matches!(source, Binding::Fact(fact) if fact.trigger == Trigger::S3 && fact.name == "object")
}

/// Where a function stands.
fn place(workspace: &Workspace, tree: &ItemTree, item: ItemId) -> Place {
    let file = tree.file(tree.item(item).file);
    let (line, column) = line_column(&file.text, tree.raw(item).name_range.start);
    let source = file.text.lines().nth(line.saturating_sub(1)).unwrap_or("");
    Place {
        file: workspace.relative(&file.path).to_owned(),
        line,
        column,
        source: source.to_owned(),
    }
}
