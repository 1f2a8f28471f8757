//! The recorder's JSON, held against serde_json's.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use serde_json::value::RawValue;

#[path = "json.rs.txt"]
mod json;

#[derive(Serialize)]
enum Kind {
    Bare,
    One(u8),
    Two(u8, f32),
    Named { a: Option<bool>, b: () },
}

#[derive(Serialize)]
struct Unit;

#[derive(Serialize)]
struct New(char);

#[derive(Serialize)]
struct Pair(i8, &'static str);

#[derive(Serialize)]
struct All<'a> {
    kinds: Vec<Kind>,
    unit: Unit,
    new: New,
    pair: Pair,
    numbers: BTreeMap<i32, u128>,
    named: BTreeMap<bool, HashMap<char, i128>>,
    empty: [u8; 0],
    none: Option<&'a str>,
    some: Option<&'a str>,
    raw: Box<RawValue>,
    #[serde(flatten)]
    more: BTreeMap<&'a str, f64>,
}

fn same<T: Serialize + ?Sized>(value: &T) {
    assert_eq!(
        json::text(value).unwrap(),
        serde_json::to_string(value).unwrap()
    );
}

#[test]
fn every_form_is_written_as_serde_json_writes_it() {
    let controls: String = (0..40).filter_map(char::from_u32).collect();
    same(&All {
        kinds: vec![
            Kind::Bare,
            Kind::One(1),
            Kind::Two(2, 0.1),
            Kind::Named {
                a: Some(true),
                b: (),
            },
        ],
        unit: Unit,
        new: New('\u{1f600}'),
        pair: Pair(-128, "\"quoted\" \\ and / \u{7f}\u{2028}"),
        numbers: BTreeMap::from([(-1, u128::MAX), (2, 0)]),
        named: BTreeMap::from([(true, HashMap::from([('\'', i128::MIN)]))]),
        empty: [],
        none: None,
        some: Some(&controls),
        raw: RawValue::from_string("{\"a\": [1, \"\\u0041\\n\"]}".to_owned()).unwrap(),
        more: BTreeMap::from([("x", f64::NAN), ("y", 1.0)]),
    });
    same("text");
    same(&(1, "a", [1.5]));
}

#[test]
fn a_key_that_is_no_text_is_refused_as_there() {
    let list = BTreeMap::from([(vec![1], 1)]);
    let own = json::text(&list).unwrap_err().to_string();
    assert_eq!(own, serde_json::to_string(&list).unwrap_err().to_string());
    same(&BTreeMap::from([("1", 1)]));
}

proptest::proptest! {
    #[test]
    fn texts_and_numbers_are_those_of_serde_json(text in ".*", float: f64, small: f32, int: i64) {
        same(&text);
        same(&(int, [int as u8]));
        // Both write the shortest form that is read as the same number; only its spelling may differ.
        for float in [float, f64::from(small)] {
            let own: f64 = json::text(&float).unwrap().parse().unwrap_or(f64::NAN);
            proptest::prop_assert!(own == float || !float.is_finite());
        }
        let own: f32 = json::text(&small).unwrap().parse().unwrap_or(f32::NAN);
        proptest::prop_assert!(own == small || !small.is_finite());
    }
}
