//! Any text is read: into items whose places lie inside of it, or into an error.
//!
//! Input: text. Fails on a panic, and on a place that is none.

#![no_main]

use extract::id::TextRange;
use extract::syntax::{Payload, parse_file};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let read = parse_file(text);
    let is_place = |range: TextRange| {
        let (start, end) = (range.start as usize, range.end as usize);
        start <= end && text.get(start..end).is_some()
    };
    for item in &read.items {
        assert!(is_place(item.range), "{item:?}");
        assert!(is_place(item.name_range), "{item:?}");
        assert!(is_place(item.vis_range), "{item:?}");
        assert!(item.inner.is_none_or(is_place), "{item:?}");
        assert!(item.range.contains(item.body_start) || item.range.is_empty(), "{item:?}");
        assert!(item.attrs.iter().all(|a| is_place(a.range)), "{item:?}");
        assert!(item.refs.is_sorted_by_key(|r| r.offset), "{item:?}");
        assert!(item.refs.iter().all(|r| text.is_char_boundary(r.offset as usize)), "{item:?}");
        if let Payload::Use(decl) = &item.payload {
            assert!(decl.leaves.iter().all(|l| is_place(l.range) && is_place(l.full)), "{item:?}");
        }
    }
    assert!(read.attrs.iter().all(|a| is_place(a.range)));
});
