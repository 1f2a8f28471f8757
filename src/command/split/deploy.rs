//! `--deploy`: what was asked of it, and its files.
//!
//! Input: the arguments, `extract.toml`, and the entries. Output: [`Asked`] and files. Wiring only.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use crate::command::load::Loaded;
use crate::config::deploy::Format;
use crate::deploy::permissions::Clients;
use crate::deploy::{self, Asked};
use crate::diag::{Code, Diagnostic, Sink};
use crate::entry::find;
use crate::oracle::packages;
use crate::render::deploy::model::Deployment;
use crate::render::manifest::lambda::{self, Lambda};
use crate::workspace::Workspace;
use crate::{cut, render};

/// The formats, each once, in the order of [`Format::ALL`].
pub(super) fn formats(options: &super::Options, loaded: &Loaded) -> Vec<Format> {
    let asked = if options.deploy.is_empty() {
        &loaded.config.deploy.0.formats
    } else {
        &options.deploy
    };
    let asked: BTreeSet<Format> = asked.iter().copied().collect();
    asked.into_iter().collect()
}

/// What `extract.toml` says of each function, whether an argument named it or not.
pub(super) fn asked(loaded: &Loaded) -> Asked<'_> {
    let mut functions = BTreeMap::new();
    for entry in &loaded.config.entries {
        // What is wrong with a name is said where entries are found.
        let mut unheard = Sink::default();
        let found = find::find(&loaded.tree, &loaded.workspace, &entry.path, &mut unheard);
        functions.extend(found.map(|item| (item, entry.deploy.0.clone())));
    }
    Asked {
        settings: &loaded.config.deploy.0,
        functions,
    }
}

/// What the AWS clients can do; a warning when cargo does not say. Asked before the cut, which holds the work folder.
pub(super) fn clients(workspace: &Workspace, sink: &mut Sink) -> Clients {
    packages::clients(workspace).unwrap_or_else(|why| {
        let message = "permissions were not derived: cargo did not list the dependencies";
        let diagnostic = Diagnostic::new(Code::PermissionsUnknown, message);
        sink.push(why.lines().take(5).fold(diagnostic, Diagnostic::note));
        BTreeMap::new()
    })
}

/// What is deployed, and a warning for what no permission was derived for.
pub(super) fn deployment(
    job: &cut::Job<'_>,
    cut: &cut::Cut,
    asked: &Asked<'_>,
    clients: &Clients,
    sink: &mut Sink,
) -> Deployment {
    let deployment = deploy::deployment(job, cut, asked, clients);
    for function in deployment
        .functions
        .iter()
        .filter(|f| !f.unknown.is_empty())
    {
        let message = format!(
            "`{}` may need permissions that were not derived",
            function.path
        );
        let notes = function
            .unknown
            .iter()
            .map(|u| format!("{}: {}", u.at, u.why));
        let diagnostic = Diagnostic::new(Code::PermissionsUnknown, message);
        sink.push(notes.fold(diagnostic, Diagnostic::note));
    }
    deployment
}

/// Adds the files of the formats.
pub(super) fn add(
    files: &mut BTreeMap<Utf8PathBuf, Vec<u8>>,
    deployment: &Deployment,
    formats: &[Format],
) {
    for (path, text) in render::deploy::files(deployment, formats) {
        files.insert(Utf8Path::new("deploy").join(path), text.into_bytes());
    }
    if !formats.contains(&Format::CargoLambda) {
        return;
    }
    for function in &deployment.functions {
        let path = Utf8PathBuf::from(format!("functions/{}/Cargo.toml", function.name));
        if let Some(bytes) = files.get_mut(&path) {
            let text = String::from_utf8_lossy(bytes);
            let settings = Lambda {
                memory: function.memory,
                timeout: function.timeout,
                log_retention: function.log_retention,
                tags: &function.tags,
            };
            *bytes = lambda::with_settings(&text, &settings).into_bytes();
        }
    }
}
