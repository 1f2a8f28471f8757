//! Parses one file with syn into owned data.
//!
//! Input: the text of a file. Output: [`FileSyntax`] with byte ranges into exactly that text. A text
//! that does not parse gives no items and [`FileSyntax::error`]; nothing here panics on any input.

mod items;
mod members;
mod nesting;
mod places;
mod reader;

use std::str::FromStr as _;

use proc_macro2::{Span, TokenStream};

use super::names;
use super::types::{FileSyntax, ParseError};

pub(super) use places::Places;
pub(super) use reader::{Reader, ident_text, is_word, path_text, plain};

/// Parses `text`.
pub fn parse_file(text: &str) -> FileSyntax {
    let base = prefix_len(text);
    let body = text.get(base..).unwrap_or("");
    let mut syntax = FileSyntax {
        markers: super::markers::entry_markers(text),
        inner_start: inner_start(text, base),
        ..FileSyntax::default()
    };
    match TokenStream::from_str(body) {
        Err(error) => syntax.error = Some(failure(text, base, error.span(), error.to_string())),
        Ok(tokens) if let Some(span) = nesting::too_deep(body, &tokens) => {
            let message = format!("it nests deeper than {} levels", nesting::MAX);
            syntax.error = Some(failure(text, base, span, message));
        }
        Ok(tokens) => match syn::parse2::<syn::File>(tokens.clone()) {
            Err(error) => syntax.error = Some(failure(text, base, error.span(), error.to_string())),
            Ok(file) => {
                let places = Places::new(body, base);
                let mut reader = Reader {
                    places: &places,
                    text,
                    items: Vec::new(),
                };
                syntax.attrs = reader.attrs(&file.attrs);
                for item in &file.items {
                    reader.item(item, None);
                }
                syntax.items = reader.items;
                names::collect(tokens, &places, &mut syntax.items);
            }
        },
    }
    // Spans of this file are no longer needed; without this the thread's source map only grows.
    proc_macro2::extra::invalidate_current_thread_spans();
    syntax
}

/// Bytes before the first token that rustc's lexer skips and proc_macro2's does not: BOM, shebang.
fn prefix_len(text: &str) -> usize {
    let bom = if text.starts_with('\u{feff}') {
        '\u{feff}'.len_utf8()
    } else {
        0
    };
    let rest = text.get(bom..).unwrap_or("");
    let is_shebang = rest
        .strip_prefix("#!")
        .is_some_and(|after| !after.trim_start().starts_with('['));
    if is_shebang {
        bom + rest.find('\n').unwrap_or(rest.len())
    } else {
        bom
    }
}

/// `base`, or the start of the line after the shebang that ends there.
fn inner_start(text: &str, base: usize) -> u32 {
    let after_shebang = text.get(base..).is_some_and(|rest| rest.starts_with('\n')) && base > 3;
    u32::try_from(if after_shebang { base + 1 } else { base }).unwrap_or(0)
}

fn failure(text: &str, base: usize, span: Span, message: String) -> ParseError {
    let offset = base + span.byte_range().start;
    let (line, column) = crate::id::line_column(text, u32::try_from(offset).unwrap_or(0));
    ParseError {
        message,
        line,
        column,
    }
}
