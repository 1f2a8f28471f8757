//! What a shim makes once, before the first event: settings, secrets, what constructors give.
//!
//! Input: [`Shim`]. Output: the items of `main.rs` for it, and where an input finds its value. Refuses nothing of
//! the user's.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Shim, ident, section};
use crate::entry::cross::{Gives, Input, Make, Start, Words};
use crate::id::ItemId;

/// The inputs that are made then.
pub(super) fn inputs(shim: &Shim) -> impl Iterator<Item = (&Input, &Start)> {
    let all = shim.crossing.inputs.iter();
    all.filter_map(|input| Some((input, input.start.as_ref()?)))
}

/// Whether there is anything to make.
pub(super) fn is_needed(shim: &Shim) -> bool {
    inputs(shim).next().is_some()
}

/// The declarations: the struct, its making, and what reads a setting.
pub(super) fn items(shim: &Shim, path: &dyn Fn(ItemId) -> String) -> syn::Result<Vec<String>> {
    let mut fields = Vec::new();
    let mut made = Vec::new();
    for (input, start) in inputs(shim) {
        let name = ident(&input.field);
        let ty: syn::Type = syn::parse_str(&input.ty.render(path))?;
        let mut value = value(start, path)?;
        if input.locked {
            fields.push(quote!(#name: Mutex<#ty>));
            value = quote!(Mutex::new(#value));
        } else {
            fields.push(quote!(#name: #ty));
        }
        made.push(quote!(#name: #value));
    }
    let awaits = awaits(shim).then(|| quote!(async));
    let mut out = vec![
        section(quote! {
            #[doc = " What is made once, before the first event."]
            static START: OnceLock<Start> = OnceLock::new();
        })?,
        section(quote! {
            #[doc = " Its parts."]
            struct Start { #(#fields,)* }
        })?,
        section(quote! {
            impl Start {
                #[doc = " Makes it; what fails here fails the function's start."]
                #awaits fn new() -> Result<Self, Error> {
                    Ok(Self { #(#made,)* })
                }
            }
        })?,
    ];
    if inputs(shim).any(|(_, start)| start.makers().iter().any(|make| make.gives != Gives::Value)) {
        out.push(section(quote! {
            #[doc = " What a function made, or that it failed."]
            fn made<T, E: std::fmt::Display>(name: &str, result: Result<T, E>) -> Result<T, Error> {
                result.map_err(|error| format!("{name}: {error}").into())
            }
        })?);
    }
    if keeps_secrets(shim) {
        out.push(section(quote! {
            #[doc = " A secret, from the Secrets Manager: text, or else JSON."]
            async fn secret<T: serde::de::DeserializeOwned>(name: &str) -> Result<T, Error> {
                let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
                let client = aws_sdk_secretsmanager::Client::new(&config);
                let found = match client.get_secret_value().secret_id(name).send().await {
                    Ok(found) => found,
                    Err(error) => {
                        let error = aws_sdk_secretsmanager::error::DisplayErrorContext(error);
                        return Err(format!("{name}: {error}").into());
                    }
                };
                parsed(name, found.secret_string.unwrap_or_default())
            }
        })?);
    }
    let reads = inputs(shim).any(|(_, start)| reads(start));
    if reads || keeps_secrets(shim) {
        out.push(section(quote! {
            #[doc = " A value from its text, or else from its JSON."]
            fn parsed<T: serde::de::DeserializeOwned>(name: &str, text: String) -> Result<T, Error> {
                let value = serde_json::from_value(serde_json::Value::String(text.clone()));
                let value = value.or_else(|_| serde_json::from_str(&text));
                value.map_err(|error| format!("{name}: {error}").into())
            }
        })?);
    }
    if reads {
        out.push(section(quote! {
            #[doc = " A setting, from the environment."]
            fn setting<T: serde::de::DeserializeOwned>(name: &str) -> Result<T, Error> {
                let text = std::env::var(name).map_err(|error| format!("{name}: {error}"))?;
                parsed(name, text)
            }
        })?);
    }
    Ok(out)
}

/// An expression for the value.
fn value(start: &Start, path: &dyn Fn(ItemId) -> String) -> syn::Result<TokenStream> {
    match start {
        Start::Env(variable) => Ok(quote!(setting(#variable)?)),
        Start::Const(json) => Ok(quote!(serde_json::from_str(#json)?)),
        Start::Secret(name) => Ok(quote!(secret(#name).await?)),
        Start::Made(make) => call(make, path),
    }
}

/// The call of a constructor, its arguments made before it.
fn call(make: &Make, path: &dyn Fn(ItemId) -> String) -> syn::Result<TokenStream> {
    let function: syn::Expr = syn::parse_str(&make.function.render(path))?;
    let mut before = Vec::new();
    let mut arguments = Vec::new();
    for argument in &make.arguments {
        let name = ident(&argument.name);
        let value = value(&argument.start, path)?;
        match &argument.ty {
            Some(ty) => {
                let ty: syn::Type = syn::parse_str(&ty.render(path))?;
                before.push(quote!(let #name: #ty = #value;));
            }
            None => before.push(quote!(let #name = #value;)),
        }
        let place = name.to_string();
        if let Some(binding) = &argument.binding {
            let value: syn::Expr = syn::parse_str(&super::fill(binding, &place))?;
            before.push(quote!(let #name = #value;));
        }
        let argument: syn::Expr = syn::parse_str(&super::fill(&argument.argument, &place))?;
        arguments.push(argument);
    }
    let mut value = quote!(#function(#(#arguments),*));
    if make.is_async {
        value = quote!(#value.await);
    }
    let name = &make.path;
    value = match make.gives {
        Gives::Value => value,
        Gives::Result(Words::Display) => quote!(made(#name, #value)?),
        Gives::Result(Words::Debug) => {
            quote!(made(#name, #value.map_err(|error| format!("{error:?}")))?)
        }
        Gives::Result(Words::Json) => {
            quote!(made(#name, #value.map_err(|error| serde_json::to_string(&error).unwrap_or_default()))?)
        }
        Gives::Maybe => quote!(made(#name, #value.ok_or("it gave nothing"))?),
    };
    for field in &make.fields {
        let field: syn::Member = syn::parse_str(field)?;
        value = quote!(#value.#field);
    }
    if make.shared {
        value = quote!(std::sync::Arc::new(#value));
    }
    Ok(if before.is_empty() {
        value
    } else {
        quote!({ #(#before)* #value })
    })
}

/// Whether a setting is read for it.
fn reads(start: &Start) -> bool {
    match start {
        Start::Env(_) => true,
        Start::Made(make) => make.arguments.iter().any(|argument| reads(&argument.start)),
        Start::Secret(_) | Start::Const(_) => false,
    }
}

/// Whether something is awaited for it.
pub(super) fn awaits(shim: &Shim) -> bool {
    let mut makers = inputs(shim).flat_map(|(_, start)| start.makers());
    keeps_secrets(shim) || makers.any(|make| make.is_async)
}

/// Whether a secret is read for it.
pub(super) fn keeps_secrets(shim: &Shim) -> bool {
    inputs(shim).any(|(_, start)| !start.secrets().is_empty())
}

/// Whether a value is kept behind a lock.
pub(super) fn locks(shim: &Shim) -> bool {
    inputs(shim).any(|(input, _)| input.locked)
}

/// The statements of `main`, where a function that is not async has a `runtime`.
pub(super) fn statements(shim: &Shim) -> Option<TokenStream> {
    if !is_needed(shim) {
        return None;
    }
    let made = match (shim.crossing.is_async, awaits(shim)) {
        (true, true) => quote!(let start = Start::new().await?;),
        (true, false) => quote!(let start = Start::new()?;),
        (false, true) => quote!(let start = runtime.block_on(Start::new())?;),
        // What is made may want a runtime around it, or drive one of its own.
        (false, false) => quote! {
            let entered = runtime.enter();
            let start = Start::new()?;
            drop(entered);
        },
    };
    Some(quote! {
        #made
        START.get_or_init(|| start);
    })
}

/// The statement of the handler that gets it.
pub(super) fn access(shim: &Shim, invalid_event: &str) -> Option<TokenStream> {
    is_needed(shim).then(|| {
        quote! {
            let start = START.get().ok_or_else(|| failure(#invalid_event, "the function did not start"))?;
        }
    })
}

/// Where an input's value lies: what only borrows takes the value itself, all else a copy.
pub(super) fn place(input: &Input) -> String {
    let name = ident(&input.field);
    let template = input.binding.as_deref().unwrap_or(&input.argument);
    match &input.start {
        _ if input.locked => {
            format!("start.{name}.lock().unwrap_or_else(std::sync::PoisonError::into_inner)")
        }
        Some(Start::Made(_)) => format!("start.{name}"),
        _ if template.starts_with("&$") => format!("start.{name}"),
        _ => format!("start.{name}.clone()"),
    }
}
