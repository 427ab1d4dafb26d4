use proc_macro2::{Ident, TokenStream};
use syn::{
    Error, Expr, Lit, LitBool, LitStr, Token, parse::ParseStream, parse::Parser, punctuated::Punctuated,
    token,
};

use crate::{data::size, near::did_you_mean};

const KNOWN: [&str; 9] = ["name", "url", "detach", "atomic", "max_body", "csrf", "cache", "guard", "secret"];

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
    /// For how many milliseconds are its answers kept? 0 is never.
    pub(super) cache: Option<u64>,
    /// Who says who may pass.
    pub(super) guard: Option<Expr>,
    /// Parameters that no log shows.
    pub(super) secret: Vec<LitStr>,
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
                cache: None,
                guard: None,
                secret: Vec::new(),
            };
            while !input.is_empty() {
                input.parse::<Token![,]>()?;
                if !input.is_empty() {
                    options.option(input, method)?;
                }
            }
            Ok(options)
        };
        read.parse2(args)
    }

    fn option(&mut self, input: ParseStream<'_>, method: &str) -> syn::Result<()> {
        let expected = "expected `name = \"…\"`, `url = …`, `detach = false`, `atomic`, `max_body = \"100 MB\"`, `csrf = false`, `cache = \"5m\"`, `guard = staff()` or `secret = \"slip\"`";
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
        if word == "guard" && !input.peek(Token![=]) {
            return Err(Error::new(key.span(), GUARD));
        }
        input.parse::<Token![=]>()?;
        match word.as_str() {
            "name" => self.name = Some(name(input.parse()?)?),
            "url" => self.url = Some(input.parse()?),
            "secret" => self.secret = secret(input)?,
            "guard" => self.guard = Some(guard(input)?),
            "csrf" => self.csrf = Some(input.parse::<LitBool>()?.value),
            "atomic" => self.atomic = Some(input.parse::<LitBool>()?.value),
            "cache" if method != "get" => {
                let why = "only what GET answers is kept: `cache` belongs to #[get]";
                return Err(Error::new(key.span(), why));
            }
            "cache" => self.cache = Some(keep(&input.parse()?)?),
            "max_body" => self.max_body = Some(size(&input.parse()?)?.1),
            _ => self.detach = input.parse::<LitBool>()?.value,
        }
        Ok(())
    }
}

/// One name, or a list of them.
fn secret(input: ParseStream<'_>) -> syn::Result<Vec<LitStr>> {
    let why =
        "parameters of the path that no log shows: `secret = \"slip\"`, `secret = [\"slip\", \"stub\"]`";
    if input.peek(token::Bracket) {
        let list;
        syn::bracketed!(list in input);
        let names = Punctuated::<LitStr, Token![,]>::parse_terminated(&list);
        return names.map(|names| names.into_iter().collect()).map_err(|e| Error::new(e.span(), why));
    }
    input.parse().map(|name: LitStr| vec![name]).map_err(|e| Error::new(e.span(), why))
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

const GUARD: &str = "who may pass: `guard = staff()`, `guard = can::change(Film) | superuser()`";

/// Any expression; what is surely none is told here, the rest by the compiler.
fn guard(input: ParseStream<'_>) -> syn::Result<Expr> {
    let guard: Expr = input.parse().map_err(|e| Error::new(e.span(), GUARD))?;
    match guard {
        Expr::Lit(_) => Err(Error::new_spanned(guard, GUARD)),
        guard => Ok(guard),
    }
}

/// `"5m"`, or `false` for never, in milliseconds.
fn keep(value: &Lit) -> syn::Result<u64> {
    let wrong = || Error::new(value.span(), "for how long: \"5m\", \"1h 30m\"; or `false` for never");
    let text = match value {
        Lit::Bool(LitBool { value: false, .. }) => return Ok(0),
        Lit::Str(text) => text.value(),
        _ => return Err(wrong()),
    };
    let mut rest = text.trim();
    let mut total = 0u64;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, after) = rest.split_at(end);
        let after = after.trim_start();
        let end = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let (_, size) = SPANS.iter().find(|(names, _)| names.contains(&unit)).ok_or_else(wrong)?;
        let number: u64 = number.parse().map_err(|_| wrong())?;
        total = number.checked_mul(*size).and_then(|part| total.checked_add(part)).ok_or_else(wrong)?;
        rest = after.trim_start();
    }
    if total == 0 { Err(wrong()) } else { Ok(total) }
}

/// Units of time in milliseconds, as settings have them.
const SPANS: [(&[&str], u64); 6] = [
    (&["ms"], 1),
    (&["s", "sec", "second", "seconds"], 1_000),
    (&["m", "min", "minute", "minutes"], 60_000),
    (&["h", "hour", "hours"], 3_600_000),
    (&["d", "day", "days"], 86_400_000),
    (&["w", "week", "weeks"], 604_800_000),
];
