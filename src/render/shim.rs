//! The shim: the `main.rs` that turns a Lambda event into the entry's call.
//!
//! Input: [`Shim`] and the paths of moved items in the output. Output: the text of `src/main.rs`, and
//! [`dependencies`], what it needs in the manifest. Refuses nothing of the user's; an error means that a
//! path or type text handed in is no Rust.
//!
//! The event is taken as raw JSON and read inside the handler, so that a malformed one is answered with a
//! function error that names the field. The answer is written to raw JSON inside the handler too, so that
//! it may borrow from the request and hold what is not `Send`. A panic in the entry is caught by
//! `lambda_runtime` itself (its `CatchPanicService`) as long as the profile says `panic = "unwind"`.
//!
//! A function that is not async is called on a thread where blocking is allowed, as it was in the monolith:
//! one that drives a runtime of its own (`Runtime::block_on`, `reqwest::blocking`) would panic on the
//! thread that drives the handler's.

mod lines;
mod middle;
mod server;
mod start;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_answers;
mod trigger;

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use crate::binding::returned::Bucket;
use crate::entry::cross::{Crossing, Shape};
use crate::entry::feed::Feed;
use crate::entry::plan;
use crate::entry::returned::Sent;
use crate::id::ItemId;
use crate::target::Target;
use crate::trigger::Trigger;
pub use middle::rejection;
use middle::{
    base64, blocking_handle, failure, fill, handle, is_transient, own_kinds, own_thread, refusal,
    request,
};

/// What a shim is made of.
#[derive(Clone, Debug)]
pub struct Shim {
    /// The name before the dot in `errorType`: `RenderInvoice`.
    pub display: String,
    /// The entry's path in the monolith: `shop::pricing::render_invoice`.
    pub original: String,
    /// The file it was cut from, relative to the workspace: `shop/src/pricing.rs`.
    pub source: String,
    /// The path that the shim calls: `render_invoice::pricing::render_invoice`.
    pub call: String,
    /// The package's edition, `2018` or later: an older prelude lacks traits that the shim names.
    pub edition: String,
    /// What crosses.
    pub crossing: Crossing,
    /// How events become requests; none where each event is one.
    pub feeds: Vec<Feed>,
    /// What becomes of the result.
    pub sent: Sent,
    /// Whether events come that only keep it warm.
    pub keep_warm: bool,
    /// The package.
    pub package: String,
    /// Where it runs.
    pub target: Target,
    /// The module for events that are none: a name that the function's own modules leave free.
    pub module: String,
}

impl Shim {
    /// Whether it is a server of HTTP.
    fn serves(&self) -> bool {
        self.target != Target::Lambda
    }

    /// Whether each event is a request.
    fn is_direct(&self) -> bool {
        !self.serves()
            && !self.keep_warm
            && self.sent.object.is_none()
            && self
                .feeds
                .iter()
                .all(|feed| feed.trigger == Trigger::Direct)
    }
}

/// A dependency of the generated `main.rs`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ShimDependency {
    /// The package.
    pub name: &'static str,
    /// The version requirement.
    pub version_req: &'static str,
    /// The features, sorted.
    pub features: Vec<&'static str>,
    /// `default-features`
    pub default_features: bool,
}

/// The complete `src/main.rs`; `path` gives the path of a moved item as `main.rs` names it.
///
/// # Errors
/// When [`Shim::call`], a type text or an argument is no Rust, which is a fault of the caller.
pub fn main_rs(shim: &Shim, path: &dyn Fn(ItemId) -> String) -> syn::Result<String> {
    let mut sections = vec![header(shim)];
    if !shim.is_direct() {
        let module = ident(&shim.module);
        sections.push(section(quote!(mod #module;))?);
    }
    sections.push(section(imports(shim))?);
    if takes(shim) {
        sections.push(section(request(shim, path)?)?);
    }
    if start::is_needed(shim) {
        sections.extend(start::items(shim, path)?);
    }
    if shim.serves() {
        sections.extend(own_errors()?);
    }
    let service = if shim.is_direct() {
        quote!(handle)
    } else {
        let module = ident(&shim.module);
        quote!(#module::answer)
    };
    let made = start::statements(shim);
    // Without its bucket it does not start.
    let bucket = shim
        .sent
        .object
        .as_ref()
        .and_then(|object| match &object.bucket {
            Bucket::Env(name) => {
                let message = format!("{name}: {{error}}");
                Some(quote!(std::env::var(#name).map_err(|error| format!(#message))?;))
            }
            Bucket::Named(_) => None,
        });
    let made = match (bucket, made) {
        (None, made) => made,
        (Some(bucket), made) => Some(quote!(#bucket #made)),
    };
    let run = if shim.serves() {
        let module = ident(&shim.module);
        quote!(#module::serve())
    } else {
        quote!(lambda_runtime::run(service_fn(#service)))
    };
    if shim.crossing.is_async && shim.serves() {
        sections.push(section(quote! {
            fn main() -> Result<(), Error> {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .thread_stack_size(8 << 20)
                    .build()?;
                runtime.block_on(async {
                    #made
                    #run.await
                })
            }
        })?);
        sections.push(section(own_thread())?);
    } else if shim.crossing.is_async {
        sections.push(section(quote! {
            #[tokio::main(flavor = "current_thread")]
            async fn main() -> Result<(), Error> {
                #made
                #run.await
            }
        })?);
    } else {
        sections.push(section(blocking_main(made.as_ref(), &run))?);
        sections.push(section(blocking_handle(shim))?);
    }
    sections.push(section(handle(shim)?)?);
    sections.push(section(failure(shim))?);
    if let Some(refusal) = refusal(shim, path)? {
        sections.push(section(refusal)?);
    }
    if let Some(transient) = is_transient(shim) {
        sections.push(section(transient)?);
    }
    if reads_bytes(shim) {
        sections.extend(base64(start::inputs(shim).any(|(input, _)| input.bytes))?);
    }
    Ok(sections.join("\n"))
}

/// All files of the shim, by their paths below `src`: `main.rs`, and the modules that read events.
///
/// # Errors
/// As [`main_rs`].
pub fn files(
    shim: &Shim,
    path: &dyn Fn(ItemId) -> String,
) -> syn::Result<BTreeMap<String, String>> {
    let mut files = if shim.serves() {
        server::files(shim)
    } else if shim.is_direct() {
        BTreeMap::new()
    } else {
        trigger::files(shim)
    };
    files.insert("main.rs".to_owned(), main_rs(shim, path)?);
    Ok(files)
}

/// What lies beside `src`: what a platform's host wants to know, by paths in the package.
pub fn host_files(shim: &Shim) -> BTreeMap<String, String> {
    server::host_files(shim)
}

/// What `main.rs` needs in the manifest, sorted by name.
pub fn dependencies(shim: &Shim) -> Vec<ShimDependency> {
    let plain = |name, version_req, features: &[&'static str]| ShimDependency {
        name,
        version_req,
        features: features.to_vec(),
        default_features: true,
    };
    let mut out = vec![
        plain("serde", "1", &["derive"]),
        plain("serde_json", "1", &["raw_value"]),
        plain("tokio", "1", &tokio_features(shim)),
    ];
    if shim.serves() {
        out.extend(server::dependencies(shim));
    } else {
        out.push(ShimDependency {
            name: "lambda_runtime",
            version_req: "1.5",
            features: Vec::new(),
            default_features: false,
        });
    }
    if !shim.serves() && !shim.is_direct() {
        out.extend(trigger::dependencies(shim));
    }
    if start::keeps_secrets(shim) {
        out.extend(trigger::sdk("aws-sdk-secretsmanager", "1"));
    }
    if takes(shim) || !shim.is_direct() {
        out.push(plain("serde_path_to_error", "0.1", &[]));
    }
    if reads_bytes(shim) || writes_bytes(shim) {
        out.push(plain("base64", "0.22", &[]));
    }
    out.sort();
    out.dedup();
    out
}

/// A function that is not async has a `main` without the attribute macro.
fn tokio_features(shim: &Shim) -> Vec<&'static str> {
    let mut features = vec!["rt"];
    if shim.crossing.is_async && !shim.serves() {
        features.insert(0, "macros");
    }
    if shim.serves() {
        features.extend(["net", "signal"]);
    } else if trigger::uses_buckets(shim) {
        features.push("sync");
    }
    features.sort_unstable();
    features
}

/// `render_invoice` and `render-invoice` as `RenderInvoice`, for [`Shim::display`].
pub fn display_name(name: &str) -> String {
    let mut out = String::new();
    let mut upper = true;
    for c in name.chars() {
        if c.is_alphanumeric() {
            if upper {
                out.extend(c.to_uppercase())
            } else {
                out.push(c)
            }
            upper = false;
        } else {
            upper = true;
        }
    }
    out
}

/// The crates (by their names in code) that `main.rs` names for the sake of what it calls and sends: the function's
/// package needs them beside [`dependencies`].
pub fn named_crates(shim: &Shim) -> BTreeSet<String> {
    let texts = plan::texts(&shim.crossing);
    texts.flat_map(|text| text.crates()).collect()
}

/// Whether a request holds anything.
fn takes(shim: &Shim) -> bool {
    shim.crossing
        .inputs
        .iter()
        .any(|input| input.start.is_none())
}

fn reads_bytes(shim: &Shim) -> bool {
    shim.crossing.inputs.iter().any(|input| input.bytes)
}

fn writes_bytes(shim: &Shim) -> bool {
    matches!(
        shim.crossing.output.shape,
        Shape::Bytes | Shape::OptionalBytes
    )
}

fn header(shim: &Shim) -> String {
    let mut lines = vec![
        format!("//! Runs `{}` on {}.", shim.original, shim.target.title()),
        "//!".to_owned(),
        format!(
            "//! Written by `extract` for the function in {}.",
            shim.source
        ),
    ];
    if takes(shim) && !shim.is_direct() {
        lines.push("//! An event holds [`Request`] as JSON; the result is JSON too.".to_owned());
    } else if takes(shim) {
        lines.push(
            "//! The event is [`Request`] as JSON, the response is the result as JSON.".to_owned(),
        );
    }
    lines.join("\n") + "\n"
}

/// A few items as text; the blank lines between sections are set by the caller.
fn section(tokens: TokenStream) -> syn::Result<String> {
    Ok(lines::joined(&prettyplease::unparse(&syn::parse2(tokens)?)))
}

fn imports(shim: &Shim) -> TokenStream {
    let bytes = (reads_bytes(shim) || writes_bytes(shim)).then(|| {
        quote!(
            use base64::prelude::{BASE64_STANDARD, Engine as _};
        )
    });
    let reads = takes(shim) || reads_bytes(shim);
    let serde = match (reads, shim.serves()) {
        (true, true) => quote!(
            use serde::{Deserialize, Serialize};
        ),
        (true, false) => quote!(
            use serde::Deserialize;
        ),
        (false, true) => quote!(
            use serde::Serialize;
        ),
        (false, false) if shim.is_direct() => quote!(
            use serde::de::IgnoredAny;
        ),
        (false, false) => TokenStream::new(),
    };
    let is_old = shim.edition.as_str() < "2021";
    let try_from = (is_old && reads_bytes(shim)).then(|| {
        quote!(
            use std::convert::TryFrom;
        )
    });
    let collects = matches!(shim.crossing.output.shape, Shape::Collect);
    let from_iter = (is_old && collects).then(|| {
        quote!(
            use std::iter::FromIterator;
        )
    });
    let once = start::is_needed(shim).then(|| {
        if start::locks(shim) {
            quote!(
                use std::sync::{Mutex, OnceLock};
            )
        } else {
            quote!(
                use std::sync::OnceLock;
            )
        }
    });
    let event = shim.is_direct().then(|| quote!(LambdaEvent,));
    let runtime = (!shim.serves()).then(|| {
        quote!(
            use lambda_runtime::{Diagnostic, Error, #event service_fn};
        )
    });
    quote! {
        #bytes
        #runtime
        #serde
        use serde_json::value::{RawValue, to_raw_value};
        #try_from
        #from_iter
        #once
    }
}

/// The errors of a program without `lambda_runtime`, which has its own.
fn own_errors() -> syn::Result<[String; 2]> {
    Ok([
        section(quote! {
            #[doc = " What stops the program."]
            type Error = Box<dyn std::error::Error + Send + Sync>;
        })?,
        section(quote! {
            #[doc = " Why there is no answer."]
            #[derive(Serialize)]
            #[serde(rename_all = "camelCase")]
            struct Diagnostic {
                error_type: String,
                error_message: String,
            }
        })?,
    ])
}

/// `main` with a runtime whose blocking threads have as much stack as a main thread has.
fn blocking_main(made: Option<&TokenStream>, run: &TokenStream) -> TokenStream {
    if let Some(made) = made {
        return quote! {
            fn main() -> Result<(), Error> {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .thread_stack_size(8 << 20)
                    .build()?;
                #made
                runtime.block_on(#run)
            }
        };
    }
    quote! {
        fn main() -> Result<(), Error> {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .thread_stack_size(8 << 20)
                .build()?
                .block_on(#run)
        }
    }
}

/// An identifier, raw where it is a keyword.
/// A name as code spells it: `r#type`.
pub fn raw(name: &str) -> String {
    match name {
        "self" => name.to_owned(),
        name => ident(name).to_string(),
    }
}

fn ident(name: &str) -> Ident {
    // `gen` is a keyword from 2024 on; the raw form is good in every edition.
    match syn::parse_str::<Ident>(name) {
        Ok(ident) if name != "gen" => ident,
        _ => Ident::new_raw(name, Span::call_site()),
    }
}
