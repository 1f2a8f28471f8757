//! Running both sides on the same cases and comparing what they answer.
//!
//! Input: the programs of one entry, and cases. Output: a [`Verdict`] a case. The monolith answers twice, in
//! two processes that see the same cases: where it differs from itself, nothing can be said of the case.

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;
use serde_json::value::RawValue;
use std::time::Duration;

use super::json::same;
use crate::diag::Diagnostic;
use crate::oracle::harness::{self, Reply, Run};
use crate::render::harness as names;

/// The programs of an entry.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The monolith's.
    pub monolith: Utf8PathBuf,
    /// The output's.
    pub function: Utf8PathBuf,
    /// A folder to run in.
    pub work: Utf8PathBuf,
    /// How long a case may take.
    pub limit: Duration,
    /// The `errorType` of an event that the shim cannot read.
    pub rejection: String,
}

/// What became of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Both gave this.
    Same(Kind),
    /// Neither could read the event.
    Rejected,
    /// The monolith answers otherwise each time.
    Unsteady,
    /// The monolith does not answer in time.
    Slow,
    /// They differ.
    Differs,
}

/// What an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A result.
    Result,
    /// A function error.
    Error,
    /// A panic.
    Panic,
    /// The end of the process.
    End,
}

/// A case with what was answered.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The event.
    pub event: String,
    /// What the monolith answered, the first time.
    pub monolith: Reply,
    /// What the function answered.
    pub function: Reply,
    /// What that means.
    pub verdict: Verdict,
}

/// Runs and compares.
///
/// # Errors
/// What keeps a program from being started.
pub fn compare(pair: &Pair, cases: &[String]) -> Result<Vec<Compared>, Diagnostic> {
    let ask = |program: &Utf8Path, cases: &[String]| {
        let run = Run {
            program,
            work: &pair.work,
            limit: pair.limit,
            variables: [names::CASES, names::FIRST, names::MARK],
        };
        harness::run(&run, cases)
    };
    let first = ask(&pair.monolith, cases)?;
    // What hung once would only cost the same time again.
    let steady: Vec<String> = cases
        .iter()
        .zip(&first)
        .filter(|(_, reply)| **reply != Reply::Slow)
        .map(|(case, _)| case.clone())
        .collect();
    let mut again = ask(&pair.monolith, &steady)?.into_iter();
    let mut function = ask(&pair.function, &steady)?.into_iter();
    let mut all = Vec::with_capacity(cases.len());
    for (event, monolith) in cases.iter().zip(first) {
        let (verdict, function) = if monolith == Reply::Slow {
            (Verdict::Slow, Reply::Slow)
        } else {
            // One reply a case, by `harness::run`.
            let again = again.next().unwrap_or(Reply::Slow);
            let function = function.next().unwrap_or(Reply::Slow);
            (pair.verdict(&monolith, &again, &function), function)
        };
        all.push(Compared {
            event: event.clone(),
            monolith,
            function,
            verdict,
        });
    }
    Ok(all)
}

impl Pair {
    fn verdict(&self, monolith: &Reply, again: &Reply, function: &Reply) -> Verdict {
        if *again == Reply::Slow {
            return Verdict::Slow;
        }
        if !alike(monolith, again) {
            return Verdict::Unsteady;
        }
        if self.is_rejection(monolith) && self.is_rejection(function) {
            return Verdict::Rejected;
        }
        if !alike(monolith, function) {
            return Verdict::Differs;
        }
        match monolith {
            Reply::Ok(_) => Verdict::Same(Kind::Result),
            Reply::Error { .. } => Verdict::Same(Kind::Error),
            Reply::Panic(_) => Verdict::Same(Kind::Panic),
            Reply::Died(_) => Verdict::Same(Kind::End),
            Reply::Slow => Verdict::Slow,
        }
    }

    /// Whether the event was not even read; the shim's own words say so, or the stand-in's for what is no JSON.
    fn is_rejection(&self, reply: &Reply) -> bool {
        matches!(reply, Reply::Error { kind, .. } if kind == "InvalidEvent" || *kind == self.rejection)
    }
}

fn alike(a: &Reply, b: &Reply) -> bool {
    match (a, b) {
        (Reply::Ok(a), Reply::Ok(b)) => same(a, b),
        _ => a == b,
    }
}

/// An answer as it is reported.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// A result.
    Ok(Box<RawValue>),
    /// A function error.
    Error {
        /// `errorType`
        kind: String,
        /// `errorMessage`
        message: String,
    },
    /// A panic's message.
    Panic(String),
    /// How the process ended.
    Ended(String),
    /// No answer in time.
    Slow,
}

impl Answer {
    /// The answer that a reply is.
    pub fn of(reply: &Reply) -> Self {
        match reply {
            Reply::Ok(text) => match RawValue::from_string(text.clone()) {
                Ok(raw) => Self::Ok(raw),
                Err(error) => Self::Ended(error.to_string()),
            },
            Reply::Error { kind, message } => Self::Error {
                kind: kind.clone(),
                message: message.clone(),
            },
            Reply::Panic(message) => Self::Panic(message.clone()),
            Reply::Died(how) => Self::Ended(how.clone()),
            Reply::Slow => Self::Slow,
        }
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ok(raw) => f.write_str(raw.get()),
            Self::Error { kind, message } => write!(f, "error {kind}: {message}"),
            Self::Panic(message) => write!(f, "panic: {message}"),
            Self::Ended(how) => write!(f, "the process ended: {how}"),
            Self::Slow => f.write_str("no answer in time"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: &str) -> Reply {
        Reply::Error {
            kind: kind.to_owned(),
            message: String::new(),
        }
    }

    #[test]
    fn every_verdict() {
        let ok = |text: &str| Reply::Ok(text.to_owned());
        let (one, two) = (ok("1"), ok("2"));
        let no = error("F.InvalidEvent");
        let pair = Pair {
            monolith: Utf8PathBuf::new(),
            function: Utf8PathBuf::new(),
            work: Utf8PathBuf::new(),
            limit: Duration::ZERO,
            rejection: "F.InvalidEvent".to_owned(),
        };
        for (monolith, again, function, wanted) in [
            (&one, &one, &one, Verdict::Same(Kind::Result)),
            (&one, &one, &two, Verdict::Differs),
            (&one, &two, &one, Verdict::Unsteady),
            (&one, &Reply::Slow, &one, Verdict::Slow),
            (&one, &one, &Reply::Slow, Verdict::Differs),
            (&no, &no, &no, Verdict::Rejected),
            (&no, &no, &one, Verdict::Differs),
            (
                &error("G.InvalidEvent"),
                &error("G.InvalidEvent"),
                &error("G.InvalidEvent"),
                Verdict::Same(Kind::Error),
            ),
            (
                &error("F.A"),
                &error("F.A"),
                &error("F.B"),
                Verdict::Differs,
            ),
        ] {
            assert_eq!(pair.verdict(monolith, again, function), wanted);
        }
    }
}
