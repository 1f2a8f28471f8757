//! Forms by derives and attributes, and the cases that are made from them.

use super::{Event, Field, Form, Shape, Tag};
use crate::entry::cross::fixture::Fixture;

fn check(source: &str, fields: &[(&str, Form)], types: &[Shape]) {
    let wanted = Event {
        fields: fields
            .iter()
            .map(|(name, form)| ((*name).to_owned(), form.clone()))
            .collect(),
        types: types.to_vec(),
    };
    assert_eq!(Fixture::new(source).event("f"), wanted, "{source}");
}

fn u8s() -> Form {
    Form::Integer { min: 0, max: 255 }
}

fn field(name: &str, form: Form) -> Field {
    Field {
        name: name.to_owned(),
        form,
        optional: false,
        flat: false,
    }
}

#[test]
fn plain_values() {
    check(
        "pub fn f(a: &str, b: Option<&[u8]>, c: Vec<Vec<u8>>, d: &[(bool, char)], e: [f32; 2]) {}",
        &[
            ("a", Form::Text),
            ("b", Form::Option(Box::new(Form::Base64))),
            (
                "c",
                Form::List(Box::new(Form::List(Box::new(u8s()), None)), None),
            ),
            (
                "d",
                Form::List(Box::new(Form::Tuple(vec![Form::Bool, Form::Char])), None),
            ),
            ("e", Form::List(Box::new(Form::Float), Some(2))),
        ],
        &[],
    );
    check(
        "use std::collections::HashMap; const N: usize = 4;
         pub fn f(a: &HashMap<String, [u8; N]>, b: std::num::NonZeroU8, c: i8, d: uuid::Uuid) {}",
        &[
            (
                "a",
                Form::Map(
                    Box::new(Form::Text),
                    Box::new(Form::List(Box::new(u8s()), Some(4))),
                ),
            ),
            ("b", Form::Integer { min: 1, max: 255 }),
            (
                "c",
                Form::Integer {
                    min: -128,
                    max: 127,
                },
            ),
            ("d", Form::Guess("uuid::Uuid".to_owned())),
        ],
        &[],
    );
}

#[test]
fn types_by_their_attributes() {
    check(
        "#[derive(serde::Deserialize)] #[serde(rename_all = \"camelCase\")]
         pub struct S {
             line_no: u8,
             #[serde(rename = \"x\")] other: Vec<S>,
             #[serde(default)] d: bool,
             #[serde(skip)] gone: u8,
             #[serde(flatten)] rest: W,
             #[serde(with = \"hex\")] by: u8,
         }
         #[derive(serde::Deserialize)] pub struct W(u8);
         pub fn f(s: S) {}",
        &[("s", Form::Type(0))],
        &[
            Shape::Struct(vec![
                field("lineNo", u8s()),
                field("x", Form::List(Box::new(Form::Type(0)), None)),
                Field {
                    optional: true,
                    ..field("d", Form::Bool)
                },
                Field {
                    flat: true,
                    ..field("rest", Form::Type(1))
                },
                field("by", Form::Guess(String::new())),
            ]),
            Shape::Wrapper(u8s()),
        ],
    );
    check(
        "#[derive(serde::Deserialize)]
         #[cfg_attr(feature = \"serde\", serde(tag = \"kind\", rename_all = \"kebab-case\"))]
         pub enum E { OneTwo, Three { four: bool }, #[serde(skip)] Five }
         pub fn f(e: &E) {}",
        &[("e", Form::Type(0))],
        &[Shape::Enum(
            Tag::Internal("kind".to_owned()),
            vec![
                ("one-two".to_owned(), Shape::Unit),
                (
                    "three".to_owned(),
                    Shape::Struct(vec![field("four", Form::Bool)]),
                ),
            ],
        )],
    );
}

#[test]
fn generic_types_are_taken_as_they_are_used() {
    check(
        "pub struct P<T> { a: T, b: Option<T> } pub fn f(x: P<bool>, y: P<char>) {}",
        &[("x", Form::Type(0)), ("y", Form::Type(1))],
        &[Form::Bool, Form::Char].map(|of| {
            Shape::Struct(vec![
                field("a", of.clone()),
                Field {
                    optional: true,
                    ..field("b", Form::Option(Box::new(of)))
                },
            ])
        }),
    );
}

#[test]
fn types_that_read_by_hand_are_guessed() {
    check(
        "pub struct S; impl<'de> serde::Deserialize<'de> for S {} pub fn f(s: S) {}",
        &[("s", Form::Guess("S".to_owned()))],
        &[],
    );
    check(
        "#[derive(serde::Deserialize)] #[serde(try_from = \"String\")] pub struct Email(String);
         #[derive(serde::Deserialize)] #[serde(from = \"u8\")] pub struct Level { of: bool }
         pub fn f(a: Email, b: Level) {}",
        &[("a", Form::Guess("Email".to_owned())), ("b", u8s())],
        &[],
    );
}
