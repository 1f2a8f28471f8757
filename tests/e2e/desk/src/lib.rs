//! What comes to the desk is written into its book, so that a test can read what the functions were called with.

use std::io::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Receipt {
    pub order: String,
    pub cents: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    #[error("order {0} is for nothing")]
    Empty(String),
    #[error("the desk is busy")]
    Busy,
}

/// Takes an order of at least one piece.
pub fn take_order(order: String, pieces: u32) -> Result<Receipt, OrderError> {
    note("take_order", json!({ "order": order, "pieces": pieces }));
    assert!(pieces < 1_000_000, "the desk cannot carry {pieces} pieces");
    if order.starts_with("slow") {
        std::thread::sleep(std::time::Duration::from_secs(3));
    }
    if pieces == 0 {
        return Err(OrderError::Empty(order));
    }
    if order.starts_with("busy") {
        return Err(OrderError::Busy);
    }
    let cents = u64::from(pieces) * 250;
    Ok(Receipt { order, cents })
}

/// Hears anything.
pub fn hear(text: String, id: String) -> usize {
    note("hear", json!({ "text": text, "id": id }));
    text.len()
}

#[derive(Clone, Debug, Serialize)]
pub struct Served {
    pub method: String,
    pub path: String,
    pub agent: Option<String>,
}

/// Says how it was asked.
pub fn serve(method: String, path: String, agent: Option<String>) -> Served {
    note("serve", json!({ "method": method, "path": path, "agent": agent }));
    Served { method, path, agent }
}

#[derive(Debug, thiserror::Error)]
#[error("{key} is not for this desk")]
pub struct NotForUs {
    key: String,
}

/// Notes an object of a bucket.
pub fn store(bucket: String, key: String, event: String) -> Result<String, NotForUs> {
    note("store", json!({ "bucket": bucket, "key": key, "event": event }));
    if key.starts_with("secret/") {
        return Err(NotForUs { key });
    }
    Ok(format!("{bucket}/{key}"))
}

/// Notes a change of a table.
pub fn follow(kind: String, keys: Value, new: Option<Value>, old: Option<Value>) -> Result<(), NotForUs> {
    note("follow", json!({ "kind": kind, "keys": keys, "new": new, "old": old }));
    match new.as_ref().and_then(|item| item["id"].as_str()) {
        Some(key) if key.starts_with("bad") => Err(NotForUs { key: key.to_owned() }),
        _ => Ok(()),
    }
}

/// Notes what a table has now.
pub fn keep(item: Value) -> usize {
    note("keep", json!({ "item": item }));
    1
}

/// Notes a push.
pub fn pushed(repository: String, references: Vec<String>, commit: Option<String>) -> usize {
    note("pushed", json!({ "repository": repository, "references": references, "commit": commit }));
    references.len()
}

/// Notes an event.
pub fn happened(source: String, kind: String, detail: Value) -> String {
    note("happened", json!({ "source": source, "kind": kind, "detail": detail }));
    kind
}

/// A badge as a picture.
pub fn badge(name: String) -> String {
    format!("<svg xmlns=\"http://www.w3.org/2000/svg\"><text>{name}</text></svg>")
}

/// What is printed on a letter; nothing for nobody.
pub fn stamp(name: String) -> Option<Vec<u8>> {
    (!name.is_empty()).then(|| [b"\x00\xff".as_slice(), name.as_bytes()].concat())
}

/// Waits with something that stays on its thread.
pub async fn hold(name: String) -> String {
    let held = std::rc::Rc::new(name);
    std::future::ready(()).await;
    format!("held {held}")
}

/// Notes the time.
pub fn tick(time: String, rule: Option<String>) -> String {
    note("tick", json!({ "time": time, "rule": rule }));
    time
}

/// Greets as the desk is told to.
pub fn greet(name: String, greeting: String) -> String {
    format!("{greeting}, {name}!")
}

/// Writes a line into the book that `DESK_BOOK` names.
fn note(function: &str, with: Value) {
    let Some(path) = std::env::var_os("DESK_BOOK") else {
        return;
    };
    let book = std::fs::OpenOptions::new().create(true).append(true).open(path);
    let line = format!("{}\n", json!({ "function": function, "with": with }));
    book.and_then(|mut book| book.write_all(line.as_bytes())).expect("a book that can be written");
}
