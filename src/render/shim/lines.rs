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
        let rest = lines.get(at..).unwrap_or_default();
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
        let called = Called::read(line, rest);
        at += called.as_ref().map_or(0, |called| called.lines);
        let set = called.map(|called| called.set(line));
        out.push_str(set.as_deref().unwrap_or(line));
        out.push('\n');
    }
    out
}

/// A call whose arguments stand on lines of their own.
struct Called<'t> {
    arguments: Vec<&'t str>,
    /// What ends it, from its bracket on.
    close: String,
    /// What is awaited, on a line of its own.
    then: Option<&'t str>,
    /// How many lines it has after the first.
    lines: usize,
}

impl<'t> Called<'t> {
    fn read(line: &str, rest: &[&'t str]) -> Option<Self> {
        if !line.ends_with('(') {
            return None;
        }
        let indent = indent_of(line);
        // prettyplease sets what is awaited one step deeper.
        [indent, indent + 4].into_iter().find_map(|base| {
            let inner = rest.iter();
            let inner = inner.take_while(|l| indent_of(l) == base + 4 && l.ends_with(','));
            let arguments: Vec<&str> = inner.map(|l| l.trim().trim_end_matches(',')).collect();
            let mut after = rest.get(arguments.len()..)?.iter();
            let close = after.next().filter(|l| indent_of(l) == base)?.trim();
            let then = after.next().map(|l| l.trim());
            let then = then.filter(|_| base > indent);
            let fits = match then {
                Some(then) => close == ")" && then.starts_with(".await"),
                None => close.starts_with(')') && base == indent,
            };
            let lines = arguments.len() + 1 + usize::from(then.is_some());
            (fits && !arguments.is_empty()).then(|| Self {
                arguments,
                close: close.to_owned(),
                then,
                lines,
            })
        })
    }

    /// The whole: on one line, on one of its own behind `let … =`, or spread.
    fn set(&self, line: &str) -> String {
        let flat = self.arguments.join(", ");
        let end = format!("{}{}", self.close, self.then.unwrap_or_default());
        let space = " ".repeat(indent_of(line));
        let whole = format!("{line}{flat}{end}");
        if flat.len() <= ARGUMENTS && whole.len() <= LINE {
            return whole;
        }
        if let Some((name, head)) = line
            .split_once(" = ")
            .filter(|_| line.trim_start().starts_with("let "))
        {
            let own = format!("{space}    {head}{flat}{end}");
            if flat.len() <= ARGUMENTS && own.len() <= LINE {
                return format!("{name} =\n{own}");
            }
        }
        let inner = self.arguments.join(&format!(",\n{space}    "));
        let then = self.then.map(|then| format!("\n{space}{then}"));
        let then = then.unwrap_or_default();
        format!("{line}\n{space}    {inner},\n{space}{}{then}", self.close)
    }
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start().len()
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

    #[test]
    fn a_call_stands_behind_its_name_and_what_is_awaited_under_it() {
        let text = format!(
            "    let answer = {0}::go(\n        &request.style,\n        request.len,\n    );\n    \
             let result = <{0} as Handle>::handle(\n            &request.account,\n            \
             request.{0},\n        )\n        .await;\n    let all = go(\n            a,\n        )\n        .await;\n",
            "long".repeat(14)
        );
        let wanted = format!(
            "    let answer =\n        {0}::go(&request.style, request.len);\n    \
             let result = <{0} as Handle>::handle(\n        &request.account,\n        \
             request.{0},\n    )\n    .await;\n    let all = go(a).await;\n",
            "long".repeat(14)
        );
        assert_eq!(joined(&text), wanted);
    }
}
