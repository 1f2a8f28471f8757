//! Calls that look like those of an AWS client: `.put_object()`, `Client::put_object(…)`, `.send_with(…)`.
//!
//! Input: an item's text. Output: [`Call`]s with their places in it. Refuses nothing: what is no Rust has no calls.
//! An operation of a client takes no arguments, they are set on what it returns; that tells it from other methods.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The method.
    pub method: String,
    /// The byte offset of the method's name.
    pub offset: u32,
    /// Whether a client is handed to an input that was built elsewhere: the operation cannot be seen here.
    pub is_indirect: bool,
}

/// The calls in a text, those in macros' arguments too.
pub fn calls(text: &str) -> Vec<Call> {
    let mut found = Vec::new();
    if let Ok(tokens) = text.parse::<TokenStream>() {
        collect(tokens, &mut found);
    }
    found
}

fn collect(tokens: TokenStream, found: &mut Vec<Call>) {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, tree) in trees.iter().enumerate() {
        match tree {
            TokenTree::Group(group) => collect(group.stream(), found),
            TokenTree::Ident(name) => {
                let Some(TokenTree::Group(arguments)) = trees.get(at + 1) else {
                    continue;
                };
                if arguments.delimiter() != Delimiter::Parenthesis {
                    continue;
                }
                let name_text = name.to_string();
                let sign = |back: usize, sign: char| {
                    let before = at.checked_sub(back).and_then(|at| trees.get(at));
                    matches!(before, Some(TokenTree::Punct(p)) if p.as_char() == sign)
                };
                let is_method = sign(1, '.');
                let by_type = sign(1, ':')
                    && sign(2, ':')
                    && matches!(
                        at.checked_sub(3).and_then(|at| trees.get(at)),
                        Some(TokenTree::Ident(of)) if *of == "Client"
                    );
                let is_indirect = is_method && name_text == "send_with";
                if (is_method && arguments.stream().is_empty()) || by_type || is_indirect {
                    found.push(Call {
                        method: name_text.trim_start_matches("r#").to_owned(),
                        offset: u32::try_from(name.span().byte_range().start).unwrap_or(0),
                        is_indirect,
                    });
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_found_and_other_methods_are_not() {
        let text = "async fn f(c: &Client) { // c.copy_object()\n let a = c.put_object().bucket(\"b.head_object()\").send().await; \
                    x.get_object(1); dbg!(c . list_buckets ()); Client::delete_object(c); input.send_with(&c); }";
        let found = calls(text);
        let names: Vec<&str> = found.iter().map(|c| c.method.as_str()).collect();
        assert_eq!(
            names,
            [
                "put_object",
                "send",
                "list_buckets",
                "delete_object",
                "send_with"
            ]
        );
        let first = found.first().map_or(0, |c| c.offset as usize);
        assert_eq!(text.get(first..first + 10), Some("put_object"));
    }
}
