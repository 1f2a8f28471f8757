//! `extract` takes the hot functions out of a Rust monolith.
//!
//! The modules in reading order: a request becomes a [`workspace`], its files a [`syntax`] tree, …

pub mod binding;
pub mod cli;
pub mod command;
pub mod config;
pub mod cut;
pub mod deploy;
pub mod diag;
pub mod emit;
pub mod entry;
pub mod graph;
pub mod id;
pub mod oracle;
pub mod package;
pub mod render;
pub mod report;
pub mod review;
pub mod slice;
pub mod syntax;
pub mod target;
pub mod text;
pub mod trigger;
pub mod verify;
pub mod workspace;
