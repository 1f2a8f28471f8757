//! The middle of a shim, which is the same wherever it runs: the request, the call, the answer.
//!
//! Input: [`Shim`]. Output: items of `main.rs`. Refuses nothing of the user's.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::parse::Parser as _;

use super::{Shim, display_name, ident, raw, section, start, takes};
use crate::entry::cross::{Crossing, Input, Shape, Words};
use crate::entry::feed::Feed;
use crate::id::ItemId;
use crate::trigger::Trigger;

pub(super) fn request(shim: &Shim, path: &dyn Fn(ItemId) -> String) -> syn::Result<TokenStream> {
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

pub(super) fn handle(shim: &Shim) -> syn::Result<TokenStream> {
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
        bindings.push(quote!(let result = #value;));
        value = match (&error.cases, error.words) {
            (Some(_), _) => quote!(result.map_err(refusal)?),
            (None, Words::Display) => quote!(result.map_err(|error| failure(#name, error))?),
            (None, Words::Debug) => {
                quote!(result.map_err(|error| failure(#name, format!("{error:?}")))?)
            }
            (None, Words::Json) => {
                let json = json_of_error();
                quote!(result.map_err(|error| failure(#name, #json))?)
            }
        };
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
    let (invalid_event, invalid_response) = own_kinds(&shim.display, crossing);
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
    let name = if shim.serves() {
        quote!(respond)
    } else {
        quote!(call)
    };
    let head = match (crossing.is_async, !takes(shim)) {
        (true, true) if !shim.is_direct() => quote!(async fn #name(_request: String)),
        (true, false) if !shim.is_direct() => quote!(async fn #name(request: String)),
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
pub(super) fn own_kinds(display: &str, crossing: &Crossing) -> (&'static str, &'static str) {
    let failure = crossing.output.failure.as_ref();
    // What stands behind the function's name there: that of the type, or of a variant where both have one name.
    let is_taken = |name: &str| match failure {
        None => false,
        Some(failure) => match &failure.cases {
            Some(cases) if failure.name == display => cases.variants.iter().any(|v| v.name == name),
            _ => failure.name == name,
        },
    };
    let free = |own, other| if is_taken(own) { other } else { own };
    (
        free("InvalidEvent", "UnreadableEvent"),
        free("InvalidResponse", "UnwritableResponse"),
    )
}

/// The `errorType` of an event that the shim of a function of this name cannot read.
pub fn rejection(name: &str, crossing: &Crossing) -> String {
    let display = display_name(name);
    let (invalid_event, _) = own_kinds(&display, crossing);
    format!("{display}.{invalid_event}")
}

/// The handler of a function that is not async: hands over to a thread that may block, and a panic there
/// goes on here.
pub(super) fn blocking_handle(shim: &Shim) -> TokenStream {
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

/// The call of a server's async function: its future may hold what is not `Send`, and a server's handlers may not.
pub(super) fn own_thread() -> TokenStream {
    quote! {
        #[doc = " Calls the function, on a thread that its future does not leave."]
        async fn call(request: String) -> Result<Box<RawValue>, Diagnostic> {
            let runtime = tokio::runtime::Handle::current();
            tokio::task::spawn_blocking(move || runtime.block_on(respond(request)))
                .await
                .unwrap_or_else(|failed| std::panic::resume_unwind(failed.into_panic()))
        }
    }
}

pub(super) fn failure(shim: &Shim) -> TokenStream {
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

/// An error without other words.
fn json_of_error() -> TokenStream {
    quote!(serde_json::to_string(&error).unwrap_or_default())
}

/// What the function refused, by the names of its error's variants; `None` where its error has none to see.
pub(super) fn refusal(
    shim: &Shim,
    path: &dyn Fn(ItemId) -> String,
) -> syn::Result<Option<TokenStream>> {
    let Some(failure) = &shim.crossing.output.failure else {
        return Ok(None);
    };
    let Some(cases) = &failure.cases else {
        return Ok(None);
    };
    let ty: syn::Type = syn::parse_str(&failure.ty.render(path))?;
    let of = path(cases.of);
    let mut arms = Vec::new();
    for case in &cases.variants {
        let pattern = format!("{of}::{}{}", raw(&case.name), case.rest);
        let pattern = syn::Pat::parse_multi.parse_str(&pattern)?;
        let kind = format!("{}.{}", failure.name, case.name);
        arms.push(quote!(#pattern => #kind,));
    }
    if cases.is_open {
        let kind = format!("{}.{}", shim.display, failure.name);
        arms.push(quote!(_ => #kind,));
    }
    let behind: syn::Expr = syn::parse_str(&format!("&{}error", "*".repeat(cases.depth)))?;
    let words = match failure.words {
        Words::Display => quote!(error.to_string()),
        Words::Debug => quote!(format!("{error:?}")),
        Words::Json => json_of_error(),
    };
    Ok(Some(quote! {
        #[doc = " The same for what the function refuses, by its own names."]
        fn refusal(error: #ty) -> Diagnostic {
            let kind = match #behind { #(#arms)* };
            Diagnostic {
                error_type: kind.to_owned(),
                error_message: #words,
            }
        }
    }))
}

/// Whether a failure may be none when the event comes again: said where a status or a line of the log depends on it.
pub(super) fn is_transient(shim: &Shim) -> Option<TokenStream> {
    let failure = shim.crossing.output.failure.as_ref()?;
    let variants = failure.cases.iter().flat_map(|cases| &cases.variants);
    let chosen = variants.filter(|case| case.is_transient);
    let mut kinds: Vec<String> = chosen
        .map(|case| format!("{}.{}", failure.name, case.name))
        .collect();
    if kinds.is_empty() || !tells_transient(shim) {
        return None;
    }
    if is_batched(shim) {
        kinds.push(format!("{}.OutOfTime", shim.display));
    }
    Some(quote! {
        #[doc = " Whether it may go well when the event comes again."]
        fn is_transient(error: &Diagnostic) -> bool {
            matches!(error.error_type.as_str(), #(#kinds)|*)
        }
    })
}

/// Whether there is a status or a line of the log that depends on it.
fn tells_transient(shim: &Shim) -> bool {
    let is_http = |feed: &Feed| feed.trigger == Trigger::Http;
    shim.serves() || is_batched(shim) || shim.feeds.iter().any(is_http)
}

/// Whether events come in batches of which some may fail.
pub(super) fn is_batched(shim: &Shim) -> bool {
    let mut triggers = shim.feeds.iter().map(|f| f.trigger);
    !shim.serves() && triggers.any(|t| matches!(t, Trigger::Sqs | Trigger::DynamoDb))
}

pub(super) fn base64(is_copied: bool) -> syn::Result<[String; 2]> {
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
pub(super) fn fill(template: &str, place: &str) -> String {
    template.replace('$', place)
}

/// The name of an input's local value: the field's, unless the handler uses that itself.
pub(super) fn local_name(input: &Input, inputs: &[Input]) -> Ident {
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
