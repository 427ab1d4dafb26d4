use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Error, Ident, ItemFn, LitStr, Path, Token,
    parse::{Parse, ParseStream},
};

use crate::common::room;

/// `#[quintet::test(path::to::site, on = "postgres")]`; without a path the site is `crate::site`, without `on` the test
/// runs on each database that is there.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let Args { site, on } = syn::parse2(args)?;
    let site = site.map_or_else(|| quote!(crate::site), |path| quote!(#path));
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
    let choice = match on {
        None => quote!(All),
        Some(on) => quote!(Only(#test::rt::On::#on)),
    };
    Ok(quote! {
        #[::core::prelude::v1::test]
        #(#attrs)*
        fn #name() {
            async fn body(#inputs) #output #block
            #test::rt::run(#test::rt::Choice::#choice, #site, ::quintet::rooms, body)
        }
    })
}

/// `path::to::site, on = "sqlite"`, each of which may be absent.
struct Args {
    site: Option<Path>,
    on: Option<Ident>,
}

impl Parse for Args {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut args = Args { site: None, on: None };
        let names_site = !(input.is_empty() || (input.peek(Ident) && input.peek2(Token![=])));
        if names_site {
            let span = input.span();
            let path = input.parse().map_err(|_| {
                Error::new(
                    span,
                    "expected the path of a function that makes the site: #[quintet::test(cinema::site)]",
                )
            })?;
            args.site = Some(path);
            if input.is_empty() {
                return Ok(args);
            }
            input.parse::<Token![,]>()?;
        }
        if input.is_empty() {
            return Ok(args);
        }
        let option: Ident = input.parse()?;
        if option != "on" {
            let text = format!("a test has no option `{option}`; it has on = \"sqlite\" or \"postgres\"");
            return Err(Error::new(option.span(), text));
        }
        input.parse::<Token![=]>()?;
        let name: LitStr = input.parse()?;
        let on = match name.value().as_str() {
            "sqlite" => "Sqlite",
            "postgres" => "Postgres",
            _ => {
                return Err(Error::new(
                    name.span(),
                    "a test runs on \"sqlite\" or \"postgres\"; without `on` on both",
                ));
            }
        };
        args.on = Some(Ident::new(on, name.span()));
        input.parse::<Option<Token![,]>>()?;
        if input.is_empty() { Ok(args) } else { Err(input.error("a test has one option: on")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_site_and_the_database_may_each_be_left_out() {
        for (args, expected) in [
            (quote!(), ("All", "crate :: site")),
            (quote!(cinema::site), ("All", "cinema :: site")),
            (quote!(on = "postgres"), ("Only", "crate :: site")),
            (quote!(cinema::site, on = "sqlite",), ("Only", "cinema :: site")),
        ] {
            let made = expand(
                args,
                quote!(
                    async fn works(site: TestSite) {}
                ),
            )
            .unwrap()
            .to_string();
            assert!(made.contains(expected.0) && made.contains(expected.1), "{made}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let test = quote!(
            async fn works(site: TestSite) {}
        );
        for (args, item, expected) in [
            (quote!("cinema"), test.clone(), "expected the path of a function"),
            (quote!(site, at = "sqlite"), test.clone(), "a test has no option `at`"),
            (quote!(on = "oracle"), test.clone(), "a test runs on \"sqlite\" or \"postgres\""),
            (quote!(on = "sqlite", on = "sqlite"), test, "a test has one option"),
            (
                quote!(),
                quote!(
                    fn works(site: TestSite) {}
                ),
                "an `async fn`",
            ),
            (
                quote!(),
                quote!(
                    async fn works() {}
                ),
                "takes the site as its one argument",
            ),
        ] {
            let error = expand(args, item).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
