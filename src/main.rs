//! The `extract` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(code) = extract::oracle::wrapper::intercept() {
        return code;
    }
    extract::cli::run("extract", std::env::args_os())
}
