//! The few styles of human output.
//!
//! Input: text. Output: text with ANSI escapes.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const BLUE: Style = AnsiColor::BrightBlue.on_default().bold();
const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
const GREEN: Style = AnsiColor::Green.on_default().bold();
const CYAN: Style = AnsiColor::Cyan.on_default().bold();

fn paint(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

pub(super) fn bold(text: impl Display) -> String {
    paint(BOLD, text)
}

pub(super) fn dim(text: impl Display) -> String {
    paint(DIM, text)
}

pub(super) fn blue(text: impl Display) -> String {
    paint(BLUE, text)
}

pub(super) fn red(text: impl Display) -> String {
    paint(RED, text)
}

pub(super) fn yellow(text: impl Display) -> String {
    paint(YELLOW, text)
}

pub(super) fn green(text: impl Display) -> String {
    paint(GREEN, text)
}

pub(super) fn cyan(text: impl Display) -> String {
    paint(CYAN, text)
}
