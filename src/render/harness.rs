//! The harness: what makes a shim answer the cases of `extract verify` instead of Lambda's events, and what
//! writes calls down as cases.
//!
//! Input: nothing, or how calls are written. Output: the files of a crate that stands in for
//! `lambda_runtime`, so that a shim is compiled as it is; those of a crate that writes, and the statement
//! that calls it. Refuses nothing.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::{manifest, shim};
use crate::entry::cross::record::{How, Recording};

/// The crate that writes calls down.
pub const RECORDER: &str = "extract-recorder";

/// The variable that names the file with the cases.
pub const CASES: &str = "EXTRACT_CASES";
/// The variable with what each answer's line begins with.
pub const MARK: &str = "EXTRACT_MARK";
/// The variable with the number of the first case.
pub const FIRST: &str = "EXTRACT_FIRST";

/// The variable that names the file of calls that were written down.
pub const RECORD: &str = "EXTRACT_RECORD";

/// The crate's files, in a folder of a workspace.
pub fn runtime(dir: &Utf8Path) -> BTreeMap<Utf8PathBuf, String> {
    BTreeMap::from([
        (dir.join("Cargo.toml"), manifest::harness::runtime()),
        (
            dir.join("src/lib.rs"),
            include_str!("harness/runtime.rs.txt").to_owned(),
        ),
    ])
}

/// The files of the crate that writes calls down, in a folder of a workspace. Only what is asked for bytes
/// needs base64.
pub fn recorder(dir: &Utf8Path, bytes: bool) -> BTreeMap<Utf8PathBuf, String> {
    let mut text = include_str!("harness/recorder.rs.txt").to_owned();
    if bytes {
        text.push_str(include_str!("harness/bytes.rs.txt"));
    }
    text.push_str("}\n");
    if bytes {
        text.push_str(
            "\nfn base64<T: AsRef<[u8]> + ?Sized>(bytes: &T) -> String {\n    \
             base64::Engine::encode(&base64::prelude::BASE64_STANDARD, bytes)\n}\n",
        );
    }
    BTreeMap::from([
        (
            dir.join("Cargo.toml"),
            manifest::harness::recorder(RECORDER, bytes),
        ),
        (dir.join("src/lib.rs"), text),
        (
            dir.join("src/json.rs"),
            include_str!("harness/json.rs.txt").to_owned(),
        ),
    ])
}

/// The statement that writes a call of `entry` down, for the start of its body. In the first edition a path
/// from the root does not lead to another crate.
pub fn statement(entry: &str, recording: &Recording, edition: &str) -> String {
    let name = RECORDER.replace('-', "_");
    let (before, krate) = match edition {
        "2015" => (format!("extern crate {name}; "), name),
        _ => (String::new(), format!("::{name}")),
    };
    let mut rebound = String::new();
    let mut calls = String::new();
    for argument in &recording.arguments {
        let (place, field) = (shim::raw(&argument.name), &argument.field);
        if let Some(into) = &argument.into {
            rebound.push_str(&format!(
                "let {place}: {into} = ::core::convert::Into::into({place}); "
            ));
        }
        let (method, value) = match &argument.how {
            How::Serde => ("serde", format!("&{place}")),
            How::Bytes => ("bytes", format!("&{place}")),
            How::OptionalBytes => ("optional_bytes", format!("&{place}")),
            How::ListOfBytes => ("list_of_bytes", format!("{place}.iter()")),
            How::Text => ("text", format!("&{place}")),
            How::Path => ("path", format!("&{place}")),
            How::OsText => ("os_text", format!("&{place}")),
            How::Slice(of) => (
                "slice",
                format!("::core::convert::AsRef::<{of}>::as_ref(&{place})"),
            ),
            How::Shown => ("shown", format!("&{place}")),
        };
        calls.push_str(&format!("to.{method}({field:?}, {value}); "));
    }
    let to = if calls.is_empty() { "_" } else { "to" };
    format!("{rebound}{{ {before}{krate}::event({entry:?}, |{to}| {{ {calls}}}); }}")
}

#[cfg(test)]
mod tests;
