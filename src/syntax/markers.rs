//! Entry markers: the comment `// extract: entry` directly above a function.
//!
//! Input: a file's text. Output: the byte offset of the end of each marker's line. Comments inside
//! string literals cannot be told apart here; the caller matches an offset to a function that starts
//! right after it, which such text does not.

/// Offsets just past each marker line.
pub(super) fn entry_markers(text: &str) -> Vec<u32> {
    if !text.contains("extract:") {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut offset = 0usize;
    for line in text.split_inclusive('\n') {
        offset += line.len();
        let is_marker = line
            .trim()
            .strip_prefix("//")
            .and_then(|rest| rest.trim().strip_prefix("extract:"))
            .is_some_and(|rest| rest.split_whitespace().next() == Some("entry"));
        if is_marker {
            found.push(u32::try_from(offset).unwrap_or(u32::MAX));
        }
    }
    found
}
