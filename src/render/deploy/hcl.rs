//! HCL, in the form that `terraform fmt` gives it.
//!
//! Input: [`Body`]. Output: the text. Strings are quoted and their `${` and `%{` escaped; only [`Expr::Raw`], which
//! is never made of the user's text, is written as it is.

use super::node::Node;

/// What stands between braces, or in a file.
pub type Body = Vec<Entry>;

/// A line or a block.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// `name = value`
    Set(String, Expr),
    /// `kind "label" { … }`
    Block(String, Vec<String>, Body),
    /// `# …`
    Comment(String),
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A string.
    Text(String),
    /// A string with interpolations of ours; the user's parts went through [`escape`].
    Template(String),
    /// A number.
    Int(u32),
    /// `true` or `false`.
    Bool(bool),
    /// A reference or call of ours.
    Raw(String),
    /// A list.
    List(Vec<Expr>),
    /// An object; its keys are quoted where they must be.
    Object(Vec<(String, Expr)>),
    /// A call of ours with one argument over several lines.
    Call(&'static str, Box<Expr>),
    /// Whether a list has what a reference names.
    Contains(Vec<String>, &'static str),
}

/// `name = value`
pub fn set(name: &str, value: Expr) -> Entry {
    Entry::Set(name.to_owned(), value)
}

/// A block.
pub fn block(kind: &str, labels: &[&str], body: Body) -> Entry {
    let labels = labels.iter().map(|l| (*l).to_owned()).collect();
    Entry::Block(kind.to_owned(), labels, body)
}

/// A string.
pub fn text(text: impl Into<String>) -> Expr {
    Expr::Text(text.into())
}

/// A reference.
pub fn raw(text: impl Into<String>) -> Expr {
    Expr::Raw(text.into())
}

/// An object.
pub fn object<const N: usize>(entries: [(&str, Expr); N]) -> Expr {
    Expr::Object(
        entries
            .into_iter()
            .map(|(k, v)| (k.to_owned(), v))
            .collect(),
    )
}

/// Strings.
pub fn texts<S: Into<String>>(list: impl IntoIterator<Item = S>) -> Expr {
    Expr::List(list.into_iter().map(text).collect())
}

/// A text inside of [`Expr::Template`].
pub fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' '..='~' => out.push(c),
            c if c.is_alphanumeric() => out.push(c),
            c if u32::from(c) < 0x1_0000 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    out.replace("${", "$${").replace("%{", "%%{")
}

impl From<&Node> for Expr {
    fn from(node: &Node) -> Self {
        match node {
            Node::Text(text) => Self::Text(text.clone()),
            Node::Int(number) => Self::Raw(number.to_string()),
            Node::Number(number) => Self::Raw(number.clone()),
            Node::Bool(value) => Self::Bool(*value),
            Node::Null => Self::Raw("null".to_owned()),
            Node::List(list) => Self::List(list.iter().map(Self::from).collect()),
            Node::Map(entries) => {
                let entries = entries.iter().map(|(k, v)| (k.clone(), Self::from(v)));
                Self::Object(entries.collect())
            }
            // Only CloudFormation has tags.
            Node::Tag(_, text) => Self::Text(text.clone()),
        }
    }
}

/// The file.
pub fn file(body: &Body) -> String {
    let mut out = String::new();
    write(body, 0, &mut out);
    out
}

fn write(body: &Body, indent: usize, out: &mut String) {
    let pad = " ".repeat(indent);
    let mut at = 0;
    while let Some(entry) = body.get(at) {
        let before = at.checked_sub(1).and_then(|before| body.get(before));
        let apart = |entry: &Entry| match entry {
            Entry::Block(..) => true,
            Entry::Set(_, value) => is_long(value),
            Entry::Comment(_) => false,
        };
        let after_comment = matches!(before, Some(Entry::Comment(_)));
        if before.is_some_and(|b| apart(b) || (apart(entry) && !after_comment)) {
            out.push('\n');
        }
        match entry {
            Entry::Comment(text) => {
                out.push_str(format!("{pad}# {text}").trim_end());
                out.push('\n');
                at += 1;
            }
            Entry::Block(kind, labels, inner) => {
                out.push_str(&format!("{pad}{kind} "));
                for label in labels {
                    out.push_str(&format!("\"{}\" ", escape(label)));
                }
                out.push_str("{\n");
                write(inner, indent + 2, out);
                out.push_str(&format!("{pad}}}\n"));
                at += 1;
            }
            Entry::Set(name, value) if is_long(value) => {
                out.push_str(&format!("{pad}{name} = "));
                expression(value, indent, out);
                out.push('\n');
                at += 1;
            }
            Entry::Set(..) => {
                // The signs of lines that follow each other stand below each other.
                let run = body.iter().skip(at).map_while(|entry| match entry {
                    Entry::Set(name, value) if !is_long(value) => Some((name, value)),
                    _ => None,
                });
                let run: Vec<_> = run.collect();
                let width = run.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
                for (name, value) in &run {
                    out.push_str(&format!("{pad}{name:width$} = "));
                    expression(value, indent, out);
                    out.push('\n');
                }
                at += run.len();
            }
        }
    }
}

/// Whether it takes several lines.
fn is_long(value: &Expr) -> bool {
    match value {
        Expr::Object(entries) => !entries.is_empty(),
        Expr::List(list) => list.iter().any(is_long) || list.len() > 1,
        Expr::Call(_, inner) => is_long(inner),
        _ => false,
    }
}

fn expression(value: &Expr, indent: usize, out: &mut String) {
    let pad = " ".repeat(indent);
    match value {
        Expr::Text(text) => out.push_str(&format!("\"{}\"", escape(text))),
        Expr::Template(text) => out.push_str(&format!("\"{text}\"")),
        Expr::Int(number) => out.push_str(&number.to_string()),
        Expr::Bool(value) => out.push_str(&value.to_string()),
        Expr::Raw(text) => out.push_str(text),
        Expr::Contains(list, name) => {
            let list: Vec<String> = list.iter().map(|t| format!("\"{}\"", escape(t))).collect();
            out.push_str(&format!("contains([{}], {name})", list.join(", ")));
        }
        Expr::Call(name, inner) => {
            out.push_str(name);
            out.push('(');
            expression(inner, indent, out);
            out.push(')');
        }
        Expr::List(list) if !is_long(value) => {
            out.push('[');
            for item in list {
                expression(item, indent, out);
            }
            out.push(']');
        }
        Expr::List(list) => {
            out.push_str("[\n");
            for item in list {
                out.push_str(&format!("{pad}  "));
                expression(item, indent + 2, out);
                out.push_str(",\n");
            }
            out.push_str(&format!("{pad}]"));
        }
        Expr::Object(entries) if entries.is_empty() => out.push_str("{}"),
        Expr::Object(entries) => {
            out.push_str("{\n");
            let keyed: Vec<(String, &Expr)> = entries.iter().map(|(k, v)| (key(k), v)).collect();
            let mut at = 0;
            while let Some((name, value)) = keyed.get(at) {
                if is_long(value) {
                    out.push_str(&format!("{pad}  {name} = "));
                    expression(value, indent + 2, out);
                    out.push('\n');
                    at += 1;
                    continue;
                }
                let run: Vec<_> = keyed
                    .iter()
                    .skip(at)
                    .take_while(|(_, v)| !is_long(v))
                    .collect();
                let width = run
                    .iter()
                    .map(|(k, _)| k.chars().count())
                    .max()
                    .unwrap_or(0);
                for (name, value) in &run {
                    out.push_str(&format!("{pad}  {name:width$} = "));
                    expression(value, indent + 2, out);
                    out.push('\n');
                }
                at += run.len();
            }
            out.push_str(&format!("{pad}}}"));
        }
    }
}

fn key(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain {
        name.to_owned()
    } else {
        format!("\"{}\"", escape(name))
    }
}
