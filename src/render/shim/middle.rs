//! The middle of a shim, which is the same wherever it runs: the request, the call, the answer.
//!
//! Input: [`Shim`]. Output: items of `main.rs`. Refuses nothing of the user's.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::{Shim, display_name, ident, section, start, takes};
use crate::entry::cross::{Crossing, Input, Shape, Words};
use crate::id::ItemId;

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
pub(super) fn own_kinds(crossing: &Crossing) -> (&'static str, &'static str) {
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
