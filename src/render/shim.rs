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

mod start;
#[cfg(test)]
mod tests;
mod trigger;

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use crate::entry::cross::{Crossing, Input, Shape, Words};
use crate::entry::feed::Feed;
use crate::id::ItemId;
use crate::trigger::Trigger;

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
    /// The module for events that are none: a name that the function's own modules leave free.
    pub module: String,
}

impl Shim {
    /// Whether each event is a request.
    fn is_direct(&self) -> bool {
        self.feeds
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
    let service = if shim.is_direct() {
        quote!(handle)
    } else {
        let module = ident(&shim.module);
        quote!(#module::answer)
    };
    let made = start::statements(shim);
    if shim.crossing.is_async {
        sections.push(section(quote! {
            #[tokio::main(flavor = "current_thread")]
            async fn main() -> Result<(), Error> {
                #made
                lambda_runtime::run(service_fn(#service)).await
            }
        })?);
    } else {
        sections.push(section(blocking_main(made.as_ref(), &service))?);
        sections.push(section(blocking_handle(shim))?);
    }
    sections.push(section(handle(shim)?)?);
    sections.push(section(failure(shim))?);
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
    let mut files = if shim.is_direct() {
        BTreeMap::new()
    } else {
        trigger::files(shim)
    };
    files.insert("main.rs".to_owned(), main_rs(shim, path)?);
    Ok(files)
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
        ShimDependency {
            name: "lambda_runtime",
            version_req: "1.5",
            features: Vec::new(),
            default_features: false,
        },
        plain("serde", "1", &["derive"]),
        plain("serde_json", "1", &["raw_value"]),
        plain("tokio", "1", &tokio_features(shim)),
    ];
    if !shim.is_direct() {
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
    if shim.crossing.is_async {
        features.insert(0, "macros");
    }
    if trigger::fetches(shim) {
        features.push("sync");
    }
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

/// The crates (by their names in code) that `main.rs` names for the sake of the request's types: the
/// function's package needs them beside [`dependencies`].
pub fn named_crates(shim: &Shim) -> BTreeSet<String> {
    shim.crossing
        .inputs
        .iter()
        .flat_map(|input| input.ty.crates())
        .collect()
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
        format!("//! Runs `{}` on AWS Lambda.", shim.original),
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
    Ok(joined(&prettyplease::unparse(&syn::parse2(tokens)?)))
}

/// Calls over several lines on one line where rustfmt would have them there: prettyplease has shorter lines.
fn joined(text: &str) -> String {
    const LINE: usize = 100;
    const ARGUMENTS: usize = 60;
    let lines: Vec<&str> = text.lines().collect();
    let mut out = String::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        at += 1;
        let indent = line.len() - line.trim_start().len();
        let rest = lines.get(at..).unwrap_or_default();
        let inner = rest
            .iter()
            .take_while(|l| l.len() - l.trim_start().len() == indent + 4 && l.ends_with(','));
        let inner: Vec<&str> = inner.map(|l| l.trim()).collect();
        let close = rest.get(inner.len()).copied().unwrap_or_default();
        let arguments = inner.join(" ");
        let arguments = arguments.trim_end_matches(',');
        let whole = format!("{line}{arguments}{}", close.trim_start());
        let is_call = line.ends_with('(')
            && !inner.is_empty()
            && close.trim_start().starts_with(')')
            && close.len() - close.trim_start().len() == indent;
        if is_call && arguments.len() <= ARGUMENTS && whole.len() <= LINE {
            out.push_str(&whole);
            at += inner.len() + 1;
        } else {
            out.push_str(line);
        }
        out.push('\n');
    }
    out
}

fn imports(shim: &Shim) -> TokenStream {
    let bytes = (reads_bytes(shim) || writes_bytes(shim)).then(|| {
        quote!(
            use base64::prelude::{BASE64_STANDARD, Engine as _};
        )
    });
    let serde = if !takes(shim) && !reads_bytes(shim) {
        let ignored = shim.is_direct().then(|| {
            quote!(
                use serde::de::IgnoredAny;
            )
        });
        quote!(#ignored)
    } else {
        quote!(
            use serde::Deserialize;
        )
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
    quote! {
        #bytes
        use lambda_runtime::{Diagnostic, Error, #event service_fn};
        #serde
        use serde_json::value::{RawValue, to_raw_value};
        #try_from
        #from_iter
        #once
    }
}

fn request(shim: &Shim, path: &dyn Fn(ItemId) -> String) -> syn::Result<TokenStream> {
    let doc = format!(" The event: what `{}` takes.", shim.original);
    let mut fields = Vec::new();
    for input in shim.crossing.inputs.iter().filter(|i| i.start.is_none()) {
        let name = ident(&input.field);
        let ty: syn::Type = syn::parse_str(&input.ty.render(path))?;
        fields.push(quote!(#name: #ty));
    }
    Ok(quote! {
        #[doc = #doc]
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Request { #(#fields,)* }
    })
}

fn handle(shim: &Shim) -> syn::Result<TokenStream> {
    let crossing = &shim.crossing;
    let call: syn::Expr = syn::parse_str(&shim.call)?;
    let mut bindings = Vec::new();
    let mut arguments: Vec<syn::Expr> = Vec::new();
    for input in &crossing.inputs {
        let name = ident(&input.field);
        let place = match &input.start {
            None => quote!(request.#name).to_string(),
            Some(_) => start::place(input),
        };
        let place = match &input.binding {
            None => place,
            Some(value) => {
                let local = local_name(input, &crossing.inputs);
                let value: syn::Expr = syn::parse_str(&fill(value, &place))?;
                bindings.push(quote!(let #local = #value;));
                local.to_string()
            }
        };
        arguments.push(syn::parse_str(&fill(&input.argument, &place))?);
    }
    let mut value = quote!(#call(#(#arguments),*));
    if crossing.is_async {
        value = quote!(#value.await);
    }
    if let Some(error) = &crossing.output.failure {
        let name = &error.name;
        let words = match error.words {
            Words::Display => quote!(error),
            Words::Debug => quote!(format!("{error:?}")),
        };
        bindings.push(quote!(let result = #value;));
        value = quote!(result.map_err(|error| failure(#name, #words))?);
    }
    let (keep, answer) = match crossing.output.shape {
        Shape::Unit => (quote!(#value;), quote!(&())),
        Shape::Plain => (quote!(let answer = #value;), quote!(&answer)),
        Shape::Bytes => (
            quote!(let answer = #value;),
            quote!(&BASE64_STANDARD.encode(&answer[..])),
        ),
        Shape::OptionalBytes => (
            quote!(let answer = #value.map(|bytes| BASE64_STANDARD.encode(&bytes[..]));),
            quote!(&answer),
        ),
        Shape::Text => (quote!(let answer = #value.to_string();), quote!(&answer)),
        Shape::OsText => (
            quote!(let answer = #value;),
            quote!(&answer.to_string_lossy()),
        ),
        Shape::Collect => (
            quote!(let answer = Vec::from_iter(#value);),
            quote!(&answer),
        ),
        Shape::Shared => (quote!(let answer = #value;), quote!(&*answer)),
    };
    let (invalid_event, invalid_response) = own_kinds(crossing);
    let started = start::access(shim, invalid_event);
    let read = takes(shim).then(|| {
        let text = match (crossing.is_async, shim.is_direct()) {
            (true, true) => quote!(event.payload.get()),
            (true, false) => quote!(&request),
            (false, _) => quote!(event),
        };
        quote! {
            let mut json = serde_json::Deserializer::from_str(#text);
            let request: Request = serde_path_to_error::deserialize(&mut json)
                .map_err(|error| failure(#invalid_event, error))?;
        }
    });
    let head = match (crossing.is_async, !takes(shim)) {
        (true, true) if !shim.is_direct() => quote!(async fn call(_request: String)),
        (true, false) if !shim.is_direct() => quote!(async fn call(request: String)),
        (true, true) => quote!(async fn handle(_event: LambdaEvent<IgnoredAny>)),
        (true, false) => quote!(async fn handle(event: LambdaEvent<Box<RawValue>>)),
        (false, true) => quote!(fn respond()),
        (false, false) => quote!(fn respond(event: &str)),
    };
    let doc = if crossing.is_async && shim.is_direct() {
        " Answers one event."
    } else if crossing.is_async {
        " Reads the request, calls the function, writes its result."
    } else {
        " Reads the event, calls the function, writes its result."
    };
    Ok(quote! {
        #[doc = #doc]
        #head -> Result<Box<RawValue>, Diagnostic> {
            #started
            #read
            #(#bindings)*
            #keep
            to_raw_value(#answer).map_err(|error| failure(#invalid_response, error))
        }
    })
}

/// What the shim calls an event that it cannot read, and a response that it cannot write: the function's own error
/// may have one of these names.
fn own_kinds(crossing: &Crossing) -> (&'static str, &'static str) {
    let failure = crossing.output.failure.as_ref();
    match failure.map(|failure| failure.name.as_str()) {
        Some("InvalidEvent") => ("UnreadableEvent", "InvalidResponse"),
        Some("InvalidResponse") => ("InvalidEvent", "UnwritableResponse"),
        _ => ("InvalidEvent", "InvalidResponse"),
    }
}

/// The `errorType` of an event that the shim of a function of this name cannot read.
pub fn rejection(name: &str, crossing: &Crossing) -> String {
    format!("{}.{}", display_name(name), own_kinds(crossing).0)
}

/// `main` with a runtime whose blocking threads have as much stack as a main thread has.
fn blocking_main(made: Option<&TokenStream>, service: &TokenStream) -> TokenStream {
    if let Some(made) = made {
        return quote! {
            fn main() -> Result<(), Error> {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .thread_stack_size(8 << 20)
                    .build()?;
                #made
                runtime.block_on(lambda_runtime::run(service_fn(#service)))
            }
        };
    }
    quote! {
        fn main() -> Result<(), Error> {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .thread_stack_size(8 << 20)
                .build()?
                .block_on(lambda_runtime::run(service_fn(#service)))
        }
    }
}

/// The handler of a function that is not async: hands over to a thread that may block, and a panic there
/// goes on here.
fn blocking_handle(shim: &Shim) -> TokenStream {
    if !shim.is_direct() {
        let (request, call) = if !takes(shim) {
            (quote!(_request), quote!(respond))
        } else {
            (quote!(request), quote!(move || respond(&request)))
        };
        return quote! {
            #[doc = " Calls the function, on a thread where it may block."]
            async fn call(#request: String) -> Result<Box<RawValue>, Diagnostic> {
                tokio::task::spawn_blocking(#call)
                    .await
                    .unwrap_or_else(|failed| std::panic::resume_unwind(failed.into_panic()))
            }
        };
    }
    let (event, call) = if !takes(shim) {
        (quote!(_event: LambdaEvent<IgnoredAny>), quote!(respond))
    } else {
        (
            quote!(event: LambdaEvent<Box<RawValue>>),
            quote!(move || respond(event.payload.get())),
        )
    };
    quote! {
        #[doc = " Answers one event, on a thread where the function may block."]
        async fn handle(#event) -> Result<Box<RawValue>, Diagnostic> {
            tokio::task::spawn_blocking(#call)
                .await
                .unwrap_or_else(|failed| std::panic::resume_unwind(failed.into_panic()))
        }
    }
}

fn failure(shim: &Shim) -> TokenStream {
    let template = format!("{}.{{kind}}", shim.display);
    quote! {
        #[doc = " What the caller sees as `errorType` and `errorMessage`."]
        fn failure(kind: &str, reason: impl std::fmt::Display) -> Diagnostic {
            Diagnostic {
                error_type: format!(#template),
                error_message: reason.to_string(),
            }
        }
    }
}

fn base64(is_copied: bool) -> syn::Result<[String; 2]> {
    let clone = is_copied.then(|| quote!(Clone,));
    let ty = section(quote! {
        #[doc = " Bytes, which JSON carries as base64 text."]
        #[derive(#clone Deserialize)]
        #[serde(try_from = "String")]
        struct Base64(Vec<u8>);
    })?;
    let read = section(quote! {
        impl TryFrom<String> for Base64 {
            type Error = base64::DecodeError;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                BASE64_STANDARD.decode(text).map(Self)
            }
        }
    })?;
    Ok([ty, read])
}

/// A template's place filled in: `&$` as `&request.name`.
fn fill(template: &str, place: &str) -> String {
    template.replace('$', place)
}

/// The name of an input's local value: the field's, unless the handler uses that itself.
fn local_name(input: &Input, inputs: &[Input]) -> Ident {
    let mut name = input.field.clone();
    while matches!(
        name.as_str(),
        "request" | "event" | "json" | "result" | "answer" | "start"
    ) || (name != input.field && inputs.iter().any(|other| other.field == name))
    {
        name.push('_');
    }
    ident(&name)
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
