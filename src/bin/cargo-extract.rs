//! The `cargo extract` subcommand: cargo passes its own name for the command along, which is dropped.

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(code) = extract::oracle::wrapper::intercept() {
        return code;
    }
    let args = std::env::args_os().enumerate();
    let args = args
        .filter(|(index, arg)| *index != 1 || arg != "extract")
        .map(|(_, arg)| arg);
    extract::cli::run("cargo extract", args)
}
