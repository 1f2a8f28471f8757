//! YAML: a tree with tags, written so that no scalar can be read as anything but what it is.
//!
//! Input: [`Node`]. Output: the text. A string stands plain only when it is made of letters, digits and a few signs,
//! and is no word that YAML 1.1 or 1.2 reads as something else; any other is quoted as in JSON, which YAML reads the same.

use serde_json::Value;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// A string.
    Text(String),
    /// A number.
    Int(i64),
    /// `true` or `false`.
    Bool(bool),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in its order.
    Map(Vec<(String, Node)>),
    /// CloudFormation's `!Ref`, `!GetAtt` and `!Sub`.
    Tag(&'static str, String),
    /// A number as it is written.
    Number(String),
    /// Nothing.
    Null,
}

/// A string.
pub fn text(text: impl Into<String>) -> Node {
    Node::Text(text.into())
}

/// A number.
pub fn int(number: u32) -> Node {
    Node::Int(i64::from(number))
}

/// A mapping.
pub fn map<const N: usize>(entries: [(&str, Node); N]) -> Node {
    Node::Map(
        entries
            .into_iter()
            .map(|(k, v)| (k.to_owned(), v))
            .collect(),
    )
}

/// `!Ref`
pub fn reference(name: &str) -> Node {
    Node::Tag("!Ref", name.to_owned())
}

/// `!GetAtt`
pub fn attribute(name: &str, attribute: &str) -> Node {
    Node::Tag("!GetAtt", format!("{name}.{attribute}"))
}

/// `!Sub`; text that is not ours goes through [`literal`] first.
pub fn sub(text: impl Into<String>) -> Node {
    Node::Tag("!Sub", text.into())
}

/// A text that `!Sub` leaves as it is.
pub fn literal(text: &str) -> String {
    text.replace("${", "${!")
}

/// Strings.
pub fn texts<S: Into<String>>(list: impl IntoIterator<Item = S>) -> Node {
    Node::List(list.into_iter().map(text).collect())
}

impl Node {
    /// Adds an entry to a mapping.
    pub fn put(&mut self, key: &str, value: Node) {
        if let Self::Map(entries) = self {
            entries.push((key.to_owned(), value));
        }
    }

    /// The mapping with one more entry.
    #[must_use]
    pub fn with(mut self, key: &str, value: Node) -> Self {
        self.put(key, value);
        self
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::List(list) => list.is_empty(),
            Self::Map(entries) => entries.is_empty(),
            _ => false,
        }
    }
}

impl From<&Value> for Node {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(number) => Self::Number(number.to_string()),
            Value::String(text) => Self::Text(text.clone()),
            Value::Array(list) => Self::List(list.iter().map(Self::from).collect()),
            Value::Object(map) => {
                let entries = map.iter().map(|(k, v)| (k.clone(), Self::from(v)));
                Self::Map(entries.collect())
            }
        }
    }
}

/// The document; `notes` stand before it as comments.
pub fn document(notes: &[String], root: &Node) -> String {
    let mut out = comment("# ", notes);
    write(root, 0, &mut out);
    out
}

/// Lines as comments, without blanks at their ends.
pub fn comment(sign: &str, lines: &[String]) -> String {
    let lines = lines.iter().map(|line| format!("{sign}{line}"));
    lines.map(|line| format!("{}\n", line.trim_end())).collect()
}

fn write(node: &Node, indent: usize, out: &mut String) {
    match node {
        Node::Map(entries) => {
            for (at, (key, value)) in entries.iter().enumerate() {
                // Top-level sections stand apart.
                if indent == 0 && at > 0 && nests(value) {
                    out.push('\n');
                }
                line(indent, &scalar(key), out);
                out.push(':');
                after(value, indent, out);
            }
        }
        Node::List(list) => {
            for value in list {
                line(indent, "-", out);
                // A mapping's or sequence's first line stands behind the dash.
                if nests(value) {
                    let mut inner = String::new();
                    write(value, indent + 2, &mut inner);
                    out.push(' ');
                    out.push_str(inner.trim_start());
                } else {
                    after(value, indent, out);
                }
            }
        }
        _ => after(node, indent, out),
    }
}

fn nests(node: &Node) -> bool {
    matches!(node, Node::List(_) | Node::Map(_)) && !node.is_empty()
}

fn after(value: &Node, indent: usize, out: &mut String) {
    let word = match value {
        Node::Text(text) => scalar(text),
        Node::Int(number) => number.to_string(),
        Node::Number(number) => number.clone(),
        Node::Bool(value) => value.to_string(),
        Node::Tag(tag, text) => format!("{tag} {}", scalar(text)),
        Node::Null => "null".to_owned(),
        Node::List(list) if list.is_empty() => "[]".to_owned(),
        Node::Map(entries) if entries.is_empty() => "{}".to_owned(),
        Node::List(_) | Node::Map(_) => {
            out.push('\n');
            write(value, indent + 2, out);
            return;
        }
    };
    out.push(' ');
    out.push_str(&word);
    out.push('\n');
}

fn line(indent: usize, text: &str, out: &mut String) {
    out.push_str(&" ".repeat(indent));
    out.push_str(text);
}

/// A string as a scalar.
fn scalar(text: &str) -> String {
    if is_plain(text) {
        text.to_owned()
    } else {
        quoted(text)
    }
}

fn is_plain(text: &str) -> bool {
    const WORDS: &[&str] = &["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let signs = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    // `AWS::Lambda::Function`, `s3:GetObject`: a colon with a letter behind it starts no mapping.
    let colons = text.split(':').all(|part| part.chars().all(signs));
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && colons
        && !text.ends_with(':')
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

/// As in JSON, with all that is not ASCII escaped: YAML's own list of what may stand bare is shorter than JSON's.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            ' '..='~' => out.push(c),
            c if u32::from(c) < 0x1_0000 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_words_stand_bare() {
        for plain in ["AWS::Lambda::Function", "s3:GetObject", "a/b-c.d", "live"] {
            assert_eq!(scalar(plain), plain);
        }
        for other in [
            "",
            "no",
            "On",
            "2012-10-17",
            "1:20",
            "a: b",
            "a:",
            "- a",
            "#a",
            "*",
            "&a",
            "!a",
            "~",
            "a b",
            "a\nb",
            "{a}",
            "null",
            "0x1",
            ".inf",
        ] {
            assert!(scalar(other).starts_with('"'), "{other}");
        }
        assert_eq!(
            scalar("a\n\"b\" \u{85}\u{1f600}"),
            r#""a\n\"b\" \u0085\U0001f600""#
        );
    }

    #[test]
    fn trees_are_indented() {
        let node = map([
            ("A", text("x")),
            (
                "B",
                Node::List(vec![map([("C", int(1)), ("D", texts(["e"]))]), text("f g")]),
            ),
            ("E", Node::Map(vec![])),
            ("F", map([("G", reference("A")), ("H", sub("${A}"))])),
        ]);
        let expected = "A: x\n\nB:\n  - C: 1\n    D:\n      - e\n  - \"f g\"\nE: {}\n\nF:\n  G: !Ref A\n  H: !Sub \"${A}\"\n";
        assert_eq!(document(&[], &node), expected);
    }
}
