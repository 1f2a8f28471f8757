//! Printing: the only place that writes to the terminal.
//!
//! Input: text with ANSI escapes. Output: stdout and stderr, escapes stripped where nobody wants them; a
//! spinner on a terminal. Refuses nothing; errors of the streams go to the caller.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::args::Colour;

/// How often the spinner turns.
const TICK: Duration = Duration::from_millis(120);

/// Sets what `--color` says; `NO_COLOR` and pipes are honoured under `auto`.
pub(super) fn choose_colour(colour: Colour) {
    match colour {
        Colour::Auto => {}
        Colour::Always => anstream::ColorChoice::Always.write_global(),
        Colour::Never => anstream::ColorChoice::Never.write_global(),
    }
}

/// Writes an answer.
pub(super) fn stdout(text: &str) -> std::io::Result<()> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Writes diagnostics.
pub(super) fn stderr(text: &str) -> std::io::Result<()> {
    let mut out = anstream::stderr().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// A spinner with what goes on; silent where stderr is no terminal.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    pub(super) fn new(silent: bool) -> Self {
        if silent || !std::io::stderr().is_terminal() {
            return Self { bar: None };
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TICK);
        Self { bar: Some(bar) }
    }

    pub(super) fn tell(&self, message: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(message.to_owned());
        }
    }

    pub(super) fn done(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
