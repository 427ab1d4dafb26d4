//! What `#[field(..)]` says of files: how large they may be, and of which types.

use proc_macro2::Span;
use syn::{Error, Expr, ExprLit, Lit, LitStr, parse_quote, spanned::Spanned};

/// The rules of files that a message can be given for; `content` is what a file itself has wrong.
pub(super) const CODES: [&str; 4] = ["max_size", "accept", "max_pixels", "content"];

/// As the settings write sizes.
const UNITS: [(&str, u64); 7] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1_000),
    ("B", 1),
];

/// A text in quotes.
///
/// # Errors
/// At what is none.
pub(super) fn literal(value: &Expr) -> syn::Result<LitStr> {
    syn::parse2(parse_quote!(#value)).map_err(|_| Error::new_spanned(value, "expected text in quotes"))
}

/// `"5 MB"`, `"512 KiB"`, or a number of bytes.
///
/// # Errors
/// At the value, if it is none of these or nothing.
pub(crate) fn size(value: &Expr) -> syn::Result<(Span, u64)> {
    let wrong = || Error::new(value.span(), "expected a size such as \"5 MB\" or \"512 KiB\"");
    let bytes = match value {
        Expr::Lit(ExprLit { lit: Lit::Int(bytes), .. }) => bytes.base10_parse().map_err(|_| wrong())?,
        _ => {
            let text = literal(value).map_err(|_| wrong())?.value();
            let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
            let (number, unit) = text.split_at(end);
            let number: u64 = number.parse().map_err(|_| wrong())?;
            let unit =
                UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit.trim())).ok_or_else(wrong)?;
            number.checked_mul(unit.1).ok_or_else(wrong)?
        }
    };
    if bytes == 0 { Err(wrong()) } else { Ok((value.span(), bytes)) }
}

/// A number of dots.
///
/// # Errors
/// At the value, if it is no number.
pub(super) fn pixels(value: &Expr) -> syn::Result<(Span, u64)> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Int(dots), .. }) => Ok((value.span(), dots.base10_parse()?)),
        _ => Err(Error::new(value.span(), "expected a number of dots: `max_pixels = 24_000_000`")),
    }
}

/// A list of endings and types, as HTML has it.
///
/// # Errors
/// At the text, with the word that is neither.
pub(super) fn accept(value: &Expr) -> syn::Result<LitStr> {
    let text = literal(value)?;
    for word in text.value().split(',').map(str::trim) {
        let plain = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
        };
        let fits = match (word.strip_prefix('.'), word.split_once('/')) {
            (Some(ending), _) => plain(ending),
            (None, Some((major, "*"))) => major == "*" || plain(major),
            (None, Some((major, minor))) => plain(major) && plain(minor),
            (None, None) => false,
        };
        if !fits {
            let dot = if plain(word) { format!(": `.{word}`?") } else { String::new() };
            let why = format!(
                "`{word}` is neither an ending nor a type{dot} (`accept = \"image/*,.pdf,text/csv\"`)"
            );
            return Err(Error::new(text.span(), why));
        }
    }
    Ok(text)
}
