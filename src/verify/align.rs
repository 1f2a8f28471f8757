//! Lines that two texts share, for a text that was edited since its way back was recorded.
//!
//! Input: source and result. Output: the common stretches, as [`crate::render::edit::Edited::pieces`] has
//! them. A wider visibility and indentation do not make a line another one. Refuses nothing; lines that
//! cannot be told from others are left out.

use std::collections::HashMap;

/// A line's words without indentation and visibility, and where they start.
struct Line<'a> {
    key: &'a str,
    at: u32,
}

/// The stretches that `result` has of `source`: start in the result, start in the source, length.
pub fn align(source: &str, result: &str) -> Vec<(u32, u32, u32)> {
    let (from, to) = (lines(source), lines(result));
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    let (mut last_from, mut last_to) = (0, 0);
    let anchors = anchors(&from, &to);
    for (a, b) in anchors
        .into_iter()
        .chain(std::iter::once((from.len(), to.len())))
    {
        pairs.extend(between(&from, &to, (last_from, last_to), (a, b)));
        if a < from.len() && b < to.len() {
            pairs.push((a, b));
        }
        (last_from, last_to) = (a + 1, b + 1);
    }
    pairs
        .into_iter()
        .filter_map(|(a, b)| {
            let (a, b) = (from.get(a)?, to.get(b)?);
            Some((b.at, a.at, u32::try_from(a.key.len()).ok()?))
        })
        .filter(|(_, _, len)| *len > 0)
        .collect()
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut at = 0usize;
    text.split_inclusive('\n')
        .map(|line| {
            let start = at;
            at += line.len();
            let mut key = line.trim_start();
            for prefix in ["pub(crate) ", "pub(super) ", "pub "] {
                key = key.strip_prefix(prefix).unwrap_or(key);
            }
            let skipped = line.len() - key.len();
            Line {
                key: key.trim_end(),
                at: u32::try_from(start + skipped).unwrap_or(u32::MAX),
            }
        })
        .collect()
}

/// Lines that each text has once, in the longest run that is in order in both.
fn anchors(from: &[Line<'_>], to: &[Line<'_>]) -> Vec<(usize, usize)> {
    let once = |lines: &[Line<'_>]| -> HashMap<String, Option<usize>> {
        let mut seen = HashMap::new();
        for (index, line) in lines.iter().enumerate() {
            seen.entry(line.key.to_owned())
                .and_modify(|at| *at = None)
                .or_insert(Some(index));
        }
        seen
    };
    let there = once(to);
    let mut candidates: Vec<(usize, usize)> = once(from)
        .into_iter()
        .filter_map(|(key, at)| Some((at?, (*there.get(&key)?)?)))
        .collect();
    candidates.sort_unstable();
    rising(&candidates)
}

/// The longest subsequence whose second numbers rise.
fn rising(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // The ends of the best chains by length, and each pair's predecessor.
    let mut ends: Vec<(usize, usize)> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (index, (_, second)) in pairs.iter().enumerate() {
        let at = ends.partition_point(|(end, _)| end < second);
        before.push(at.checked_sub(1).and_then(|p| ends.get(p)).map(|(_, i)| *i));
        if at == ends.len() {
            ends.push((*second, index));
        } else if let Some(slot) = ends.get_mut(at) {
            *slot = (*second, index);
        }
    }
    let mut chain = Vec::new();
    let mut at = ends.last().map(|(_, index)| *index);
    while let Some(index) = at {
        chain.extend(pairs.get(index).copied());
        at = before.get(index).copied().flatten();
    }
    chain.reverse();
    chain
}

/// Equal lines next to the anchors on both sides of a gap.
fn between(
    from: &[Line<'_>],
    to: &[Line<'_>],
    start: (usize, usize),
    end: (usize, usize),
) -> Vec<(usize, usize)> {
    let same = |a: usize, b: usize| match (from.get(a), to.get(b)) {
        (Some(a), Some(b)) => a.key == b.key,
        _ => false,
    };
    let mut found = Vec::new();
    let (mut a, mut b) = start;
    while a < end.0 && b < end.1 && same(a, b) {
        found.push((a, b));
        a += 1;
        b += 1;
    }
    let (mut c, mut d) = end;
    let mut tail = Vec::new();
    while c > a && d > b && same(c - 1, d - 1) {
        c -= 1;
        d -= 1;
        tail.push((c, d));
    }
    tail.reverse();
    found.extend(tail);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edited_line_is_left_out_and_the_rest_found() {
        let source = "use a::f;\n\nfn gone() {}\n\nfn main() {\n    f();\n}\n";
        let result = "use b::f;\n\npub fn main() {\n    f();\n}\n";
        let pieces = align(source, result);
        let texts: Vec<&str> = pieces
            .iter()
            .map(|(_, at, len)| {
                source
                    .get(*at as usize..(*at + *len) as usize)
                    .unwrap_or("")
            })
            .collect();
        assert_eq!(texts, ["fn main() {", "f();", "}"]);
        for (to, from, len) in pieces {
            let part = |text: &'static str, at: u32| text.get(at as usize..(at + len) as usize);
            assert_eq!(part(source, from), part(result, to));
        }
    }

    #[test]
    fn lines_that_moved_past_each_other_are_not_both_taken() {
        let pieces = align("one\ntwo\nthree\n", "two\none\nthree\n");
        assert_eq!(pieces.len(), 2, "{pieces:?}");
    }
}
