//! `[package.metadata.lambda]`: what `cargo lambda` reads in a function's manifest.
//!
//! Input: a function crate's manifest and [`Lambda`]. Output: the manifest with the tables. They can say neither
//! events nor permissions.

use std::collections::BTreeMap;

use toml_edit::{DocumentMut, InlineTable, Item, Table, value};

/// What it reads.
#[derive(Clone, Copy, Debug)]
pub struct Lambda<'a> {
    /// Memory in MB.
    pub memory: u32,
    /// Seconds.
    pub timeout: u32,
    /// Days.
    pub log_retention: u32,
    /// Tags.
    pub tags: &'a BTreeMap<String, String>,
}

/// The manifest with the function's settings.
pub fn with_settings(text: &str, settings: &Lambda<'_>) -> String {
    let Ok(mut doc) = text.parse::<DocumentMut>() else {
        return text.to_owned();
    };
    let mut deploy = Table::new();
    deploy.insert("memory", value(i64::from(settings.memory)));
    deploy.insert("timeout", value(i64::from(settings.timeout)));
    deploy.insert("runtime", value("provided.al2023"));
    deploy.insert("log_retention", value(i64::from(settings.log_retention)));
    if !settings.tags.is_empty() {
        let tags = settings.tags.iter().map(|(k, v)| (k.as_str(), v.as_str()));
        deploy.insert("tags", value(tags.collect::<InlineTable>()));
    }
    let mut lambda = Table::new();
    lambda.set_implicit(true);
    lambda.insert("deploy", Item::Table(deploy));
    let implicit = || {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    };
    let package = doc.get_mut("package").and_then(Item::as_table_mut);
    let metadata = package.map(|p| p.entry("metadata").or_insert_with(implicit));
    if let Some(metadata) = metadata.and_then(Item::as_table_mut) {
        metadata.insert("lambda", Item::Table(lambda));
    }
    doc.to_string()
}
