use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, ItemFn, Path, spanned::Spanned};

use crate::common::room;

/// `#[quintet::test(path::to::site)]`; without a path the site is `crate::site`.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let site: TokenStream = if args.is_empty() {
        quote!(crate::site)
    } else {
        let path: Path = syn::parse2(args.clone()).map_err(|_| {
            Error::new(
                args.span(),
                "expected the path of a function that makes the site: #[quintet::test(cinema::site)]",
            )
        })?;
        quote!(#path)
    };
    let function: ItemFn = syn::parse2(item)?;
    if function.sig.asyncness.is_none() {
        return Err(Error::new(function.sig.fn_token.span, "a test of a site is an `async fn`"));
    }
    if function.sig.inputs.len() != 1 {
        return Err(Error::new(
            function.sig.ident.span(),
            "a test takes the site as its one argument: `async fn works(site: TestSite)`",
        ));
    }
    let (attrs, name, inputs) = (&function.attrs, &function.sig.ident, &function.sig.inputs);
    let (output, block) = (&function.sig.output, &function.block);
    let test = room("test");
    Ok(quote! {
        #[::core::prelude::v1::test]
        #(#attrs)*
        fn #name() {
            async fn body(#inputs) #output #block
            #test::rt::run(#site, ::quintet::rooms, body)
        }
    })
}
