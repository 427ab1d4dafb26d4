//! `#[quintet::main]`: a function that gives a site, or an async function, is the program.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, ItemFn, Result, ReturnType};

use crate::common;

pub(crate) fn expand(args: TokenStream, item: TokenStream) -> Result<TokenStream> {
    if !args.is_empty() {
        return Err(Error::new_spanned(args, "`#[quintet::main]` has no options"));
    }
    let mut function: ItemFn = syn::parse2(item)?;
    let sig = &function.sig;
    if let Some(input) = sig.inputs.first() {
        let text = "the entry has no arguments; settings and commands bring what a program is told";
        return Err(Error::new_spanned(input, text));
    }
    if let Some(parameter) = sig.generics.params.first() {
        return Err(Error::new_spanned(parameter, "the entry has no generic parameters"));
    }
    if sig.asyncness.is_none() && matches!(sig.output, ReturnType::Default) {
        let text =
            "either `fn main() -> Site`, which runs the site's command line, or `async fn main() -> Result`";
        return Err(Error::new_spanned(&sig.ident, text));
    }
    let (ident, vis) = (sig.ident.clone(), function.vis.clone());
    let is_async = sig.asyncness.is_some();
    let attributes = std::mem::take(&mut function.attrs);
    function.vis = syn::Visibility::Inherited;

    let cli = common::room("cli");
    // Of the user's crate, which is being compiled: its directory has quintet.toml, its name is in the help.
    let program = quote! {
        #cli::rt::Program {
            directory: ::core::env!("CARGO_MANIFEST_DIR"),
            name: ::core::option_env!("CARGO_BIN_NAME"),
            version: ::core::env!("CARGO_PKG_VERSION"),
        }
    };
    let run = if is_async {
        quote!(#cli::rt::block_on(#program, async { #cli::rt::outcome(#ident().await) }))
    } else {
        quote!(#cli::rt::run_site(#program, #ident, ::quintet::rooms()))
    };
    Ok(quote! {
        #(#attributes)*
        #vis fn #ident() -> ::std::process::ExitCode {
            #function
            #run
        }
    })
}
