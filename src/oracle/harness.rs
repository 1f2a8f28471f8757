//! Runs a harness over cases: one process answers them in turn, with a time limit for each.
//!
//! Input: a program that [`crate::render::harness`] made, and events. Output: a [`Reply`] for each. A
//! process that dies or hangs costs one case; the next one is answered by a new process. The program runs
//! in an empty folder of the work folder, with nothing on stdin.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use camino::Utf8Path;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::shadow::write_failed;
use crate::diag::{Code, Diagnostic};

/// Time to start in, beside the limit of the first case.
const START: Duration = Duration::from_secs(20);

/// How a program answered a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A result, as JSON.
    Ok(String),
    /// A function error.
    Error {
        /// `errorType`
        kind: String,
        /// `errorMessage`
        message: String,
    },
    /// A panic, with its message.
    Panic(String),
    /// The process ended; how.
    Died(String),
    /// There was no answer in time.
    Slow,
}

/// What to run.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// The program.
    pub program: &'a Utf8Path,
    /// A folder for the cases and for the program to run in.
    pub work: &'a Utf8Path,
    /// How long a case may take.
    pub limit: Duration,
    /// The names of the variables that the program reads: file, first case, mark.
    pub variables: [&'a str; 3],
}

#[derive(Deserialize)]
struct Line {
    case: usize,
    #[serde(default, deserialize_with = "some")]
    ok: Option<Box<RawValue>>,
    error: Option<Failure>,
    panic: Option<String>,
}

#[derive(Deserialize)]
struct Failure {
    kind: String,
    message: String,
}

/// A value that is there, `null` too.
fn some<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::deserialize(from).map(Some)
}

impl Line {
    /// The reply; a line without one says that the process has started.
    fn reply(self) -> Option<Reply> {
        let ok = self.ok.map(|raw| Reply::Ok(raw.get().to_owned()));
        let error = self.error.map(|e| Reply::Error {
            kind: e.kind,
            message: e.message,
        });
        ok.or(error).or(self.panic.map(Reply::Panic))
    }
}

/// Answers every case; a case is one line of JSON.
///
/// # Errors
/// [`Code::WriteFailed`] for the work folder, [`Code::CargoFailed`] for a program that cannot be started.
pub fn run(run: &Run<'_>, cases: &[String]) -> Result<Vec<Reply>, Diagnostic> {
    let file = run.work.join("cases");
    fs_err::create_dir_all(run.work).map_err(write_failed)?;
    fs_err::write(&file, cases.join("\n")).map_err(write_failed)?;
    let mut replies = Vec::with_capacity(cases.len());
    while replies.len() < cases.len() {
        let mut process = Process::start(run, &file, replies.len())?;
        // Whatever happens, each process answers one case at least.
        match process.read(run.limit, cases.len(), &mut replies) {
            Left::Nothing => {}
            Left::Late => replies.push(Reply::Slow),
            Left::Ended => replies.push(Reply::Died(process.end())),
        }
    }
    Ok(replies)
}

/// What a call may take of memory, in KiB: cases of any size must not take the machine down.
#[cfg(unix)]
const MEMORY: &str = "4194304";

/// The program, started under a limit where the system has one.
#[cfg(unix)]
fn limited(program: &Utf8Path) -> Command {
    let mut command = Command::new("sh");
    let script = format!("ulimit -v {MEMORY} 2>/dev/null; ulimit -c 0 2>/dev/null; exec \"$0\"");
    command.args(["-c", &script, program.as_str()]);
    command
}

#[cfg(not(unix))]
fn limited(program: &Utf8Path) -> Command {
    Command::new(program)
}

/// Why no more replies are read from a process.
enum Left {
    /// All are there.
    Nothing,
    /// The next one is late.
    Late,
    /// The process is at its end.
    Ended,
}

struct Process {
    child: Child,
    lines: Receiver<Line>,
}

impl Process {
    fn start(run: &Run<'_>, cases: &Utf8Path, first: usize) -> Result<Self, Diagnostic> {
        let dir = run.work.join("here");
        // What an earlier process left there is not for this one.
        let _ = fs_err::remove_dir_all(&dir);
        fs_err::create_dir_all(&dir).map_err(write_failed)?;
        let mark = format!("extract-{:x}-", std::process::id());
        let [file_variable, first_variable, mark_variable] = run.variables;
        let mut child = limited(run.program)
            .current_dir(&dir)
            .env(file_variable, cases)
            .env(first_variable, first.to_string())
            .env(mark_variable, &mark)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| {
                let message = format!("{} cannot be run: {error}", run.program);
                Diagnostic::new(Code::CargoFailed, message)
            })?;
        let (send, lines) = channel();
        if let Some(stdout) = child.stdout.take() {
            // Not joined: what the function starts may hold the pipe open for longer than it lives.
            std::thread::spawn(move || {
                for line in BufReader::new(stdout).split(b'\n') {
                    let Ok(line) = line else { break };
                    let said = line.strip_prefix(mark.as_bytes());
                    let said = said.and_then(|said| serde_json::from_slice(said).ok());
                    if let Some(line) = said
                        && send.send(line).is_err()
                    {
                        break;
                    }
                }
            });
        }
        Ok(Self { child, lines })
    }

    /// Reads replies until all are there, the process ends, or one is late.
    fn read(&self, limit: Duration, count: usize, replies: &mut Vec<Reply>) -> Left {
        let mut wait = limit + START;
        while replies.len() < count {
            match self.lines.recv_timeout(wait) {
                Ok(line) => {
                    wait = limit;
                    if line.case == replies.len() {
                        replies.extend(line.reply());
                    }
                }
                Err(RecvTimeoutError::Timeout) => return Left::Late,
                Err(RecvTimeoutError::Disconnected) => return Left::Ended,
            }
        }
        Left::Nothing
    }

    /// How a process that closed its output ended.
    fn end(&mut self) -> String {
        let ended = (0..200).find_map(|_| match self.child.try_wait() {
            Ok(Some(status)) => Some(status.to_string()),
            _ => {
                std::thread::sleep(Duration::from_millis(5));
                None
            }
        });
        ended.unwrap_or_else(|| "it closed its output".to_owned())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
