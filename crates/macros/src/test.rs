use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Error, Ident, ItemFn, Lit, LitStr, Path, Token,
    parse::{Parse, ParseStream},
};

use crate::common::room;

/// `#[quintet::test(path::to::site, on = "postgres")]`; without a path the site is `crate::site`, without `on` the test
/// runs on each database that is there.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let Args { site, on, settings, paused } = syn::parse2(args)?;
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
    let settings = settings.iter().map(|(key, value)| quote!((#key, #value)));
    let choice = match on {
        None => quote!(All),
        Some(on) => quote!(Only(#test::rt::On::#on)),
    };
    Ok(quote! {
        #[::core::prelude::v1::test]
        #(#attrs)*
        fn #name() {
            async fn body(#inputs) #output #block
            const SETUP: #test::rt::Setup = #test::rt::Setup {
                on: #test::rt::Choice::#choice,
                settings: &[#(#settings),*],
                paused: #paused,
            };
            #test::rt::run(SETUP, #site, ::quintet::rooms, body)
        }
    })
}

/// `path::to::site, on = "sqlite", settings = { "cinema.per_page" = 5 }, time = "paused"`, each of which may be absent.
#[derive(Default)]
struct Args {
    site: Option<Path>,
    on: Option<Ident>,
    settings: Vec<(String, String)>,
    paused: bool,
}

const OPTIONS: &str = "on = \"sqlite\", settings = { \"section.key\" = value } and time = \"paused\"";

impl Parse for Args {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut args = Args::default();
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
        let mut seen: Vec<String> = Vec::new();
        while !input.is_empty() {
            let option: Ident = input.parse()?;
            let name = option.to_string();
            if seen.contains(&name) {
                return Err(Error::new(option.span(), format!("`{name}` is said twice")));
            }
            input.parse::<Token![=]>()?;
            match name.as_str() {
                "on" => args.on = Some(database(input)?),
                "settings" => args.settings = settings(input)?,
                "time" => args.paused = time(input)?,
                _ => {
                    let text = format!("a test has no option `{name}`; it has {OPTIONS}");
                    return Err(Error::new(option.span(), text));
                }
            }
            seen.push(name);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(args)
    }
}

fn database(input: ParseStream<'_>) -> syn::Result<Ident> {
    let name: LitStr = input.parse()?;
    let on = match name.value().as_str() {
        "sqlite" => "Sqlite",
        "postgres" => "Postgres",
        _ => {
            let text = "a test runs on \"sqlite\" or \"postgres\"; without `on` on both";
            return Err(Error::new(name.span(), text));
        }
    };
    Ok(Ident::new(on, name.span()))
}

fn time(input: ParseStream<'_>) -> syn::Result<bool> {
    let how: LitStr = input.parse()?;
    if how.value() == "paused" {
        return Ok(true);
    }
    Err(Error::new(how.span(), "time is \"paused\", or passes where nothing is said"))
}

/// `{ "section.key" = value, .. }`: the values as texts, as a variable of the environment has them.
fn settings(input: ParseStream<'_>) -> syn::Result<Vec<(String, String)>> {
    let list;
    syn::braced!(list in input);
    let mut all: Vec<(String, String)> = Vec::new();
    while !list.is_empty() {
        let key: LitStr = list.parse().map_err(|error| {
            Error::new(error.span(), "a setting is named in quotes: settings = { \"cinema.per_page\" = 5 }")
        })?;
        if key.value() == "database.url" {
            return Err(Error::new(key.span(), "a test has a database of its own: choose which by `on`"));
        }
        if all.iter().any(|(known, _)| *known == key.value()) {
            return Err(Error::new(key.span(), format!("`{}` is said twice", key.value())));
        }
        list.parse::<Token![=]>()?;
        let minus = list.parse::<Option<Token![-]>>()?.map_or("", |_| "-");
        let value: Lit = list.parse()?;
        let value = match value {
            Lit::Str(text) if minus.is_empty() => text.value(),
            Lit::Bool(yes) if minus.is_empty() => yes.value.to_string(),
            Lit::Int(number) => format!("{minus}{}", number.base10_digits()),
            Lit::Float(number) => format!("{minus}{}", number.base10_digits()),
            other => {
                return Err(Error::new(other.span(), "a setting is a text, a number, or true or false here"));
            }
        };
        all.push((key.value(), value));
        if !list.is_empty() {
            list.parse::<Token![,]>()?;
        }
    }
    Ok(all)
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
            (quote!(cinema::site, time = "paused"), ("paused : true", "cinema :: site")),
            (quote!(settings = { "a.b" = -5, "a.c" = "x" }), (r#"("a.b" , "-5")"#, r#"("a.c" , "x")"#)),
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
            (quote!(on = "sqlite", on = "sqlite"), test.clone(), "`on` is said twice"),
            (quote!(time = "fast"), test.clone(), "time is \"paused\""),
            (quote!(settings = { per_page = 5 }), test.clone(), "named in quotes"),
            (quote!(settings = { "a.b" = [5] }), test.clone(), "expected literal"),
            (quote!(settings = { "a.b" = b"x" }), test.clone(), "a text, a number"),
            (quote!(settings = { "a.b" = 5, "a.b" = 6 }), test.clone(), "said twice"),
            (quote!(settings = { "database.url" = "x" }), test, "a database of its own"),
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
