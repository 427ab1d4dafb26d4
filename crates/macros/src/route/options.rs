use proc_macro2::{Ident, TokenStream};
use syn::{Error, LitBool, LitStr, Token, parse::ParseStream, parse::Parser};

use crate::{data::size, near::did_you_mean};

const KNOWN: [&str; 6] = ["name", "url", "detach", "atomic", "max_body", "csrf"];

/// What stands in the attribute: the path, then `key = value`.
pub(super) struct Options {
    pub(super) path: LitStr,
    /// The route's name, instead of the function's.
    pub(super) name: Option<LitStr>,
    /// The name of the type that has `url(..)`, instead of the function's.
    pub(super) url: Option<Ident>,
    /// Does a handler of an unsafe method finish when its client has gone?
    pub(super) detach: bool,
    /// Is a request one transaction?
    pub(super) atomic: Option<bool>,
    /// Bytes of a request's body.
    pub(super) max_body: Option<u64>,
    /// Must what changes something come from the site's own pages?
    pub(super) csrf: Option<bool>,
}

impl Options {
    pub(super) fn parse(args: TokenStream, method: &str) -> syn::Result<Self> {
        let start = format!("a route starts with its path: #[{method}(\"/films/{{id}}/\")]");
        if args.is_empty() {
            return Err(Error::new(proc_macro2::Span::call_site(), start));
        }
        let read = |input: ParseStream<'_>| {
            let path: LitStr = input.parse().map_err(|e| Error::new(e.span(), &start))?;
            let mut options = Options {
                path,
                name: None,
                url: None,
                detach: true,
                atomic: None,
                max_body: None,
                csrf: None,
            };
            while !input.is_empty() {
                input.parse::<Token![,]>()?;
                if !input.is_empty() {
                    options.option(input)?;
                }
            }
            Ok(options)
        };
        read.parse2(args)
    }

    fn option(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        let expected = "expected `name = \"…\"`, `url = …`, `detach = false`, `atomic`, `max_body = \"100 MB\"` or `csrf = false`";
        let key: Ident = input.parse().map_err(|e| Error::new(e.span(), expected))?;
        let word = key.to_string();
        if !KNOWN.contains(&word.as_str()) {
            let near = did_you_mean(&word, KNOWN);
            let known = KNOWN.join(", ");
            return Err(Error::new(
                key.span(),
                format!("unknown route option `{word}`{near} (known: {known})"),
            ));
        }
        if word == "atomic" && (input.is_empty() || input.peek(Token![,])) {
            self.atomic = Some(true);
            return Ok(());
        }
        input.parse::<Token![=]>()?;
        match word.as_str() {
            "name" => self.name = Some(name(input.parse()?)?),
            "url" => self.url = Some(input.parse()?),
            "csrf" => self.csrf = Some(input.parse::<LitBool>()?.value),
            "atomic" => self.atomic = Some(input.parse::<LitBool>()?.value),
            "max_body" => self.max_body = Some(size(&input.parse()?)?.1),
            _ => self.detach = input.parse::<LitBool>()?.value,
        }
        Ok(())
    }
}

/// Templates write `app:name`, so a name has no colon.
fn name(text: LitStr) -> syn::Result<LitStr> {
    let value = text.value();
    if value.is_empty() || value.contains([':', ' ', '"', '\'']) {
        let why = "a route's name is one word without colon or quotes: templates write \"app:name\"";
        return Err(Error::new(text.span(), why));
    }
    Ok(text)
}
