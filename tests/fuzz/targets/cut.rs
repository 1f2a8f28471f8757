//! A crate of any text is cut: what comes out is the source's own bytes with the allowed edits, or a diagnostic says
//! what is wrong with it.
//!
//! Input: two bytes that choose the entries and whether functions own what they alone need, then the text of
//! `lib.rs`. Fails on a panic, and on what the property tests of rendering find.

#![no_main]

#[path = "../../common/rendered.rs"]
mod rendered;

use extract::diag::Sink;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let [first, second, text @ ..] = data else {
        return;
    };
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    let mut sink = Sink::default();
    let made = rendered::made(&[("lib.rs".to_owned(), text.to_owned())], &mut sink);
    let entries = made.entries(usize::from(first / 2), usize::from(*second));
    if !sink.diagnostics().is_empty() || entries.is_empty() {
        return;
    }
    let graph = made.graph(&[]);
    let (slice, _, layout) = rendered::laid_out(&made, &graph, &entries, first % 2 == 1);
    if let Err(wrong) = rendered::moved(&made, &slice, &layout) {
        panic!("{wrong}");
    }
});
