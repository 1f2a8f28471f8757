//! A template engine that is just large enough for invoices.
//!
//! - `{{name}}` inserts a value, escaped for the output format
//! - `{{#each name}} … {{/each}}` repeats its body for every item of a list
//! - `{{#if name}} … {{/if}}` keeps its body if the value is there
//!
//! Within `each`, names that the item lacks are looked up outside of it.

use std::borrow::Cow;
use std::collections::HashMap;

use thiserror::Error;

/// What is wrong with a template or with the values given to it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TemplateError {
    #[error("a tag is opened at byte {0} but never closed")]
    UnclosedTag(usize),
    #[error("`{0}` has no end")]
    UnclosedBlock(String),
    #[error("`{0}` ends a block that was not begun")]
    UnexpectedEnd(String),
    #[error("there is no value `{0}`")]
    MissingValue(String),
    #[error("`{name}` is not {expected}")]
    WrongKind {
        name: String,
        expected: &'static str,
    },
}

/// Something to put into a template.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(String),
    List(Vec<Context>),
    Nothing,
}

/// Values by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Context {
    values: HashMap<&'static str, Value>,
}

impl Context {
    /// Sets a text.
    pub(crate) fn text(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.values.insert(name, Value::Text(text.into()));
        self
    }

    /// Sets a text that may be missing.
    pub(crate) fn maybe(mut self, name: &'static str, text: Option<&str>) -> Self {
        let value = text.map_or(Value::Nothing, |text| Value::Text(text.to_owned()));
        self.values.insert(name, value);
        self
    }

    /// Sets a list of items.
    pub(crate) fn list<I>(mut self, name: &'static str, items: I) -> Self
    where
        I: IntoIterator<Item = Context>,
    {
        let items = items.into_iter().collect();
        self.values.insert(name, Value::List(items));
        self
    }
}

/// How values are made harmless.
pub(crate) type Escape = fn(&str) -> Cow<'_, str>;

/// Leaves values as they are.
pub(crate) fn escape_nothing(text: &str) -> Cow<'_, str> {
    Cow::Borrowed(text)
}

/// Escapes what means something in HTML.
pub(crate) fn escape_html(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    Cow::Owned(escaped)
}

#[derive(Debug, PartialEq)]
enum Node<'t> {
    Literal(&'t str),
    Value(&'t str),
    Each(&'t str, Vec<Node<'t>>),
    If(&'t str, Vec<Node<'t>>),
}

/// A template that has been understood.
#[derive(Debug)]
pub(crate) struct Template<'t> {
    nodes: Vec<Node<'t>>,
}

impl<'t> Template<'t> {
    /// Reads a template.
    pub(crate) fn parse(source: &'t str) -> Result<Self, TemplateError> {
        let mut parser = Parser { source, at: 0 };
        let nodes = parser.block(None)?;
        Ok(Self { nodes })
    }

    /// Fills the template in.
    pub(crate) fn render(
        &self,
        context: &Context,
        escape: Escape,
    ) -> Result<String, TemplateError> {
        let mut out = String::new();
        render_nodes(&self.nodes, &[context], escape, &mut out)?;
        Ok(out)
    }
}

struct Parser<'t> {
    source: &'t str,
    at: usize,
}

impl<'t> Parser<'t> {
    const OPEN: &'static str = "{{";
    const CLOSE: &'static str = "}}";

    /// Reads up to the end of the block `kind`, or of the template.
    fn block(&mut self, kind: Option<&'t str>) -> Result<Vec<Node<'t>>, TemplateError> {
        let mut nodes = Vec::new();
        loop {
            let rest = &self.source[self.at..];
            let Some(length) = rest.find(Self::OPEN) else {
                self.at = self.source.len();
                push_literal(&mut nodes, rest);
                return match kind {
                    Some(kind) => Err(TemplateError::UnclosedBlock(kind.to_owned())),
                    None => Ok(nodes),
                };
            };
            push_literal(&mut nodes, &rest[..length]);
            self.at += length;

            let tag = self.tag()?;
            if let Some(name) = tag.strip_prefix("#each ") {
                nodes.push(Node::Each(name.trim(), self.block(Some("each"))?));
            } else if let Some(name) = tag.strip_prefix("#if ") {
                nodes.push(Node::If(name.trim(), self.block(Some("if"))?));
            } else if let Some(end) = tag.strip_prefix('/') {
                return if Some(end) == kind {
                    Ok(nodes)
                } else {
                    Err(TemplateError::UnexpectedEnd(tag.to_owned()))
                };
            } else {
                nodes.push(Node::Value(tag));
            }
        }
    }

    /// Reads one tag and returns what is between its braces.
    fn tag(&mut self) -> Result<&'t str, TemplateError> {
        let start = self.at + Self::OPEN.len();
        let length = self.source[start..]
            .find(Self::CLOSE)
            .ok_or(TemplateError::UnclosedTag(self.at))?;
        self.at = start + length + Self::CLOSE.len();
        Ok(self.source[start..start + length].trim())
    }
}

fn push_literal<'t>(nodes: &mut Vec<Node<'t>>, text: &'t str) {
    if !text.is_empty() {
        nodes.push(Node::Literal(text));
    }
}

fn render_nodes(
    nodes: &[Node<'_>],
    scopes: &[&Context],
    escape: Escape,
    out: &mut String,
) -> Result<(), TemplateError> {
    for node in nodes {
        match node {
            Node::Literal(text) => out.push_str(text),
            Node::Value(name) => match lookup(scopes, name)? {
                Value::Text(text) => out.push_str(&escape(text)),
                Value::Nothing => {}
                Value::List(_) => return Err(wrong_kind(name, "a text")),
            },
            Node::Each(name, body) => match lookup(scopes, name)? {
                Value::List(items) => {
                    for item in items {
                        let mut inner = scopes.to_vec();
                        inner.push(item);
                        render_nodes(body, &inner, escape, out)?;
                    }
                }
                Value::Nothing => {}
                Value::Text(_) => return Err(wrong_kind(name, "a list")),
            },
            Node::If(name, body) => {
                let present = match lookup(scopes, name)? {
                    Value::Nothing => false,
                    Value::Text(text) => !text.is_empty(),
                    Value::List(items) => !items.is_empty(),
                };
                if present {
                    render_nodes(body, scopes, escape, out)?;
                }
            }
        }
    }
    Ok(())
}

fn lookup<'c>(scopes: &[&'c Context], name: &str) -> Result<&'c Value, TemplateError> {
    scopes
        .iter()
        .rev()
        .find_map(|scope| scope.values.get(name))
        .ok_or_else(|| TemplateError::MissingValue(name.to_owned()))
}

fn wrong_kind(name: &str, expected: &'static str) -> TemplateError {
    TemplateError::WrongKind {
        name: name.to_owned(),
        expected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(source: &str) -> Result<String, TemplateError> {
        let item = |name: &str| Context::default().text("name", name);
        let context = Context::default()
            .text("shop", "Tea & Co")
            .maybe("note", None)
            .list("items", [item("<a>"), item("b")]);
        Template::parse(source)?.render(&context, escape_html)
    }

    #[test]
    fn values_are_escaped() {
        assert_eq!(render("{{ shop }}!").unwrap(), "Tea &amp; Co!");
    }

    #[test]
    fn loops_see_the_outer_names() {
        let text = render("{{#each items}}{{name}} of {{shop}};{{/each}}").unwrap();
        assert_eq!(text, "&lt;a&gt; of Tea &amp; Co;b of Tea &amp; Co;");
    }

    #[test]
    fn absent_values_skip_their_block() {
        assert_eq!(render("[{{#if note}}x{{/if}}{{note}}]").unwrap(), "[]");
        assert_eq!(render("{{#if items}}x{{/if}}").unwrap(), "x");
    }

    #[test]
    fn mistakes_are_reported() {
        use TemplateError::*;

        assert_eq!(render("ab{{c"), Err(UnclosedTag(2)));
        assert_eq!(render("{{#if shop}}"), Err(UnclosedBlock("if".into())));
        assert_eq!(render("{{/each}}"), Err(UnexpectedEnd("/each".into())));
        assert_eq!(render("{{nope}}"), Err(MissingValue("nope".into())));
        assert!(matches!(render("{{items}}"), Err(WrongKind { .. })));
    }
}
