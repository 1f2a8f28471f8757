//! The command line: parses, runs a command, prints its answer, and gives the exit status.
//!
//! Input: arguments. Output: stdout (answers), stderr (diagnostics, progress), the exit status: 0 when all
//! is well, 1 when a dry run or a verification found a difference, 2 for wrong use and failures. A reader
//! that stops reading (`| head`) is no failure.

mod args;
mod output;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, FromArgMatches as _};

use crate::command::{self, Context, analyze, package, split, verify, why};
use crate::diag::{Code, Diagnostic, Outcome, Refused, Sink};
use crate::report::{self, explain, human, json};
use args::{Cli, Command, Format};
use output::Progress;

/// All is well.
const OK: u8 = 0;
/// A dry run found that the output would change, or a verification that it differs.
const CHANGED: u8 = 1;
/// Wrong use, or a failure.
const FAILED: u8 = 2;

/// Runs the program under the name that help shows.
pub fn run(name: &'static str, args: impl IntoIterator<Item = OsString>) -> ExitCode {
    match try_run(name, args) {
        Ok(status) => ExitCode::from(status),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::from(OK),
        Err(_) => ExitCode::from(FAILED),
    }
}

fn try_run(name: &'static str, args: impl IntoIterator<Item = OsString>) -> std::io::Result<u8> {
    let parsed = Cli::command()
        .bin_name(name)
        .try_get_matches_from(args)
        .and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => {
            error.print()?;
            return Ok(if error.use_stderr() { FAILED } else { OK });
        }
    };
    if matches!(&cli.command, Command::Split(args) if args.quick) {
        let message = "a cut needs rustc: `split` has no --quick";
        Cli::command()
            .bin_name(name)
            .error(ErrorKind::ArgumentConflict, message)
            .print()?;
        return Ok(FAILED);
    }
    output::choose_colour(cli.global.color);
    let format = cli.command.format();
    let progress = Progress::new(cli.global.quiet || format != Format::Human);
    let tell = |message: &str| progress.tell(message);
    let context = Context {
        request: cli.global.request(),
        progress: &tell,
    };
    let mut sink = Sink::default();
    let outcome = dispatch(&cli.command, &context, &mut sink);
    progress.done();
    match outcome {
        Ok(answer) => {
            if format == Format::Human {
                let heard = sink
                    .diagnostics()
                    .iter()
                    .filter(|d| d.code != Code::Approximate);
                let heard: Vec<Diagnostic> = heard.filter(|_| !cli.global.quiet).cloned().collect();
                output::stderr(&human::diagnostics(&heard))?;
            }
            output::stdout(&answer.text)?;
            Ok(answer.status)
        }
        Err(Refused {
            mut diagnostics, ..
        }) => {
            diagnostics.splice(0..0, sink.diagnostics().iter().cloned());
            if format == Format::Json {
                output::stdout(&json::render(&json::refusal(&diagnostics)))?;
            } else {
                output::stderr(&human::diagnostics(&diagnostics))?;
            }
            Ok(FAILED)
        }
    }
}

struct Answer {
    text: String,
    status: u8,
}

impl Answer {
    fn new(format: Format, human: impl FnOnce() -> String, value: &impl serde::Serialize) -> Self {
        let text = if format == Format::Json {
            json::render(value)
        } else {
            human()
        };
        Self { text, status: OK }
    }
}

fn dispatch(command: &Command, context: &Context<'_>, sink: &mut Sink) -> Outcome<Answer> {
    let format = command.format();
    match command {
        Command::Analyze(args) => {
            let options = analyze::Options {
                quick: args.quick,
                limit: args.limit,
                entries: args.entry.clone(),
                dot: format == Format::Dot,
            };
            Ok(match command::analyze::analyze(context, &options, sink)? {
                analyze::Answer::Dot(text) => Answer { text, status: OK },
                analyze::Answer::Report(report) => {
                    Answer::new(format, || human::analyze(&report), &report)
                }
            })
        }
        Command::Why(args) => {
            let options = why::Options {
                item: args.item.clone(),
                entry: args.entry.clone(),
                quick: args.quick,
            };
            let report = command::why::why(context, &options, sink)?;
            Ok(Answer::new(format, || human::why(&report), &report))
        }
        Command::Split(args) => {
            let options = split::Options {
                entries: args.entry.clone(),
                triggers: args.trigger.clone(),
                target: args.target,
                bind: args.bind.clone(),
                retry_on: args.retry_on.clone(),
                out: args.out.clone(),
                keep: args.keep.clone(),
                slim: args.slim.clone(),
                lean: args.lean,
                no_shim: args.no_shim,
                no_tests: args.no_tests,
                deploy: args.deploy.clone(),
                dry_run: args.dry_run,
            };
            let report = command::split::split(context, &options, sink)?;
            let files = &report.files;
            let differs =
                !(files.created.is_empty() && files.changed.is_empty() && files.removed.is_empty());
            let mut answer = Answer::new(format, || human::split(&report), &report);
            if report.dry_run && differs {
                answer.status = CHANGED;
            }
            Ok(answer)
        }
        Command::Verify(args) => {
            let options = verify::Options {
                dir: args.dir.clone(),
                no_tests: args.no_tests,
                cases: args.cases.clone(),
                generate: args.generate,
                record: args.record,
                seed: args.seed,
                limit: std::time::Duration::from_secs(args.time_limit),
            };
            let found = command::verify::verify(context, &options, sink)?;
            let mut answer = Answer::new(format, || report::verify::human(&found), &found);
            if !found.fine {
                answer.status = CHANGED;
            }
            Ok(answer)
        }
        Command::Package(args) => {
            let options = package::Options {
                dir: args.dir.clone(),
                arch: args.arch.map(args::Architecture::arch),
                builder: args.builder.map(args::BuildTool::builder),
                out: args.out.clone(),
                functions: args.function.clone(),
            };
            let report = command::package::package(context, &options, sink)?;
            Ok(Answer::new(
                format,
                || report::package::human(&report),
                &report,
            ))
        }
        Command::Explain(args) => Ok(explained(args.code, format)),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "extract", &mut text);
            Ok(Answer {
                text: String::from_utf8_lossy(&text).into_owned(),
                status: OK,
            })
        }
    }
}

fn explained(wanted: Option<Code>, format: Format) -> Answer {
    let entry = |code: Code, page: Option<String>| json::CodePage {
        code: code.as_str(),
        title: code.title(),
        severity: code.severity(),
        page,
    };
    let whole = |codes| json::Explain {
        version: json::VERSION,
        kind: "explain",
        codes,
    };
    let Some(code) = wanted else {
        let all = whole(Code::ALL.iter().map(|code| entry(*code, None)).collect());
        return Answer::new(format, explain::list, &all);
    };
    let page = explain::page(code);
    let one = whole(vec![entry(code, Some(page.clone()))]);
    Answer::new(format, || page, &one)
}
