//! `extract` takes the hot functions out of a Rust monolith.
//!
//! The modules in reading order: a request becomes a [`workspace`], its files a [`syntax`] tree, …

pub mod diag;
pub mod entry;
pub mod graph;
pub mod id;
pub mod syntax;
pub mod text;
pub mod workspace;
pub mod oracle;
pub mod render;
pub mod slice;
pub mod cut;
pub mod emit;
pub mod config;
pub mod command;
pub mod cli;
pub mod report;
