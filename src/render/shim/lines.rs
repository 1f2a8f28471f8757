//! Lines as rustfmt breaks them: prettyplease, which makes most texts, has shorter ones.
//!
//! Input: a text of prettyplease's. Output: the text. Refuses nothing: what it does not know stays as it is.

/// rustfmt's `max_width`.
const LINE: usize = 100;
/// rustfmt's `fn_call_width`.
const ARGUMENTS: usize = 60;

/// The text with calls and arms on one line where rustfmt has them there.
pub(super) fn joined(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut out = String::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        at += 1;
        let indent = line.len() - line.trim_start().len();
        let rest = lines.get(at..).unwrap_or_default();
        let inner = rest
            .iter()
            .take_while(|l| l.len() - l.trim_start().len() == indent + 4 && l.ends_with(','));
        let inner: Vec<&str> = inner.map(|l| l.trim()).collect();
        let close = rest.get(inner.len()).copied().unwrap_or_default();
        let arguments = inner.join(" ");
        let arguments = arguments.trim_end_matches(',');
        let whole = format!("{line}{arguments}{}", close.trim_start());
        if let Some(arm) = arm(line, rest) {
            out.push_str(&arm);
            out.push('\n');
            at += 2;
            continue;
        }
        if let Some(linked) = linked(line, rest) {
            out.push_str(&linked);
            out.push('\n');
            at += 1;
            continue;
        }
        if let Some(spread) = spread(line) {
            out.push_str(&spread);
            out.push('\n');
            continue;
        }
        let is_call = line.ends_with('(')
            && !inner.is_empty()
            && close.trim_start().starts_with(')')
            && close.len() - close.trim_start().len() == indent;
        if is_call && arguments.len() <= ARGUMENTS && whole.len() <= LINE {
            out.push_str(&whole);
            at += inner.len() + 1;
        } else {
            out.push_str(line);
        }
        out.push('\n');
    }
    out
}

/// A statement that calls, its arguments over several lines where rustfmt has them there.
pub(super) fn call(indent: usize, head: &str, arguments: &[&str], tail: &str) -> String {
    let flat = arguments.join(", ");
    let space = " ".repeat(indent);
    let whole = format!("{space}{head}({flat}){tail}");
    if flat.len() <= ARGUMENTS && whole.len() <= LINE {
        return whole;
    }
    // What a macro takes ends without a comma.
    let comma = if head.ends_with('!') { "" } else { "," };
    let inner = arguments.join(&format!(",\n{space}    "));
    format!("{space}{head}(\n{space}    {inner}{comma}\n{space}){tail}")
}

/// A `matches!` of one line that is too long for one.
fn spread(line: &str) -> Option<String> {
    let inner = line
        .trim_start()
        .strip_prefix("matches!(")?
        .strip_suffix(')')?;
    let (value, pattern) = inner.split_once(", ")?;
    let indent = line.len() - line.trim_start().len();
    Some(call(indent, "matches!", &[value, pattern], ""))
}

/// An arm whose literal stands in braces, without them.
fn arm(line: &str, rest: &[&str]) -> Option<String> {
    let pattern = line.strip_suffix('{').filter(|p| p.ends_with(" => "))?;
    let [value, close, ..] = rest else {
        return None;
    };
    let value = value.trim();
    let is_literal = value.len() > 1 && value.starts_with('"') && value.ends_with('"');
    let whole = format!("{pattern}{value},");
    (is_literal && close.trim() == "}" && whole.len() <= LINE).then_some(whole)
}

/// A call with one method behind it: rustfmt has no narrower width for a chain of one.
fn linked(line: &str, rest: &[&str]) -> Option<String> {
    let (method, after) = rest.split_first()?;
    let indent = |l: &str| l.len() - l.trim_start().len();
    let is_method = |l: &str| l.trim_start().starts_with('.');
    let is_one = is_method(method)
        && !is_method(line)
        && !after.first().is_some_and(|l| is_method(l))
        && indent(method) == indent(line) + 4;
    let (head, _) = line.split_once('(')?;
    let is_closed = line.ends_with(')') && !head.contains('.') && method.ends_with(';');
    let whole = format!("{line}{}", method.trim_start());
    (is_one && is_closed && whole.len() <= LINE).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::{call, joined};

    #[test]
    fn arms_and_calls_stand_on_one_line_where_they_fit() {
        let long = "x".repeat(70);
        let text = format!(
            "    match a {{\n        Some::Path::To {{ .. }} => {{\n            \"Kind.To\"\n        }}\n        \
             Some::{long} => {{\n            \"Kind.Of{long}\"\n        }}\n        _ => {{\n            go()\n        }}\n    \
             }}\n    f(\n        a,\n        b,\n    )\n"
        );
        let wanted = format!(
            "    match a {{\n        Some::Path::To {{ .. }} => \"Kind.To\",\n        \
             Some::{long} => {{\n            \"Kind.Of{long}\"\n        }}\n        _ => {{\n            go()\n        }}\n    \
             }}\n    f(a, b)\n"
        );
        assert_eq!(joined(&text), wanted);
    }

    #[test]
    fn one_method_stands_behind_its_call_where_it_fits() {
        let text = "    let a = b::c(d)\n        .map(|e| f(&e[..]));\n    g(a)\n";
        assert_eq!(
            joined(text),
            "    let a = b::c(d).map(|e| f(&e[..]));\n    g(a)\n"
        );
        let long = format!(
            "    let a = b::c(d)\n        .map(|e| {}(&e[..]));\n",
            "f".repeat(80)
        );
        let several = "    let a = b::c(d)\n        .map(e)\n        .map(f);\n";
        let field = "    let a = b.c.d(e)\n        .map(f);\n";
        for text in [long.as_str(), several, field] {
            assert_eq!(joined(text), text);
        }
    }

    #[test]
    fn what_is_too_long_for_a_line_is_spread() {
        let short = "    matches!(kind.as_str(), \"Order.Busy\")\n";
        assert_eq!(joined(short), short);
        let long =
            "    matches!(error.error_type.as_str(), \"Order.Busy\" | \"TakeOrder.OutOfTime\")\n";
        let wanted = "    matches!(\n        error.error_type.as_str(),\n        \"Order.Busy\" | \"TakeOrder.OutOfTime\"\n    )\n";
        assert_eq!(joined(long), wanted);
        let text = call(4, "go", &["a", &"b".repeat(60)], ";");
        assert_eq!(
            text,
            format!("    go(\n        a,\n        {},\n    );", "b".repeat(60))
        );
    }
}
