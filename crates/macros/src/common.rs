//! What all macros share: the path to a room, doc comments, names.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{format_ident, quote};
use syn::{Attribute, Expr, ExprLit, GenericArgument, Lit, Meta, PathArguments, Type};

/// The path to a room (`core`, `orm`, `web`, …): through the face in a user's crate, straight in the rooms' own
/// crates and their tests, which do not depend on the face.
pub(crate) fn room(name: &str) -> TokenStream {
    let package = std::env::var("CARGO_PKG_NAME").unwrap_or_default();
    // trybuild compiles its cases as the package `quintet-…-tests`.
    let package = package.strip_suffix("-tests").unwrap_or(&package);
    let inside = [
        "core",
        "orm",
        "migrate",
        "storage",
        "cache",
        "mail",
        "web",
        "templates",
        "forms",
        "views",
        "realtime",
        "auth",
        "sessions",
        "cli",
        "test",
    ]
    .iter()
    .any(|room| package.strip_prefix("quintet-") == Some(*room));
    if inside {
        let krate = format_ident!("quintet_{name}");
        quote!(::#krate)
    } else {
        let room = format_ident!("{name}");
        quote!(::quintet::__rooms::#room)
    }
}

/// The same tokens with another span, so that rustc reports what is wrong with them there.
pub(crate) fn at_span(tokens: &TokenStream, span: Span) -> TokenStream {
    let respanned = tokens.clone().into_iter().map(|mut token| {
        if let TokenTree::Group(group) = &token {
            token = Group::new(group.delimiter(), at_span(&group.stream(), span)).into();
        }
        token.set_span(span);
        token
    });
    respanned.collect()
}

/// An error as code, or the code.
pub(crate) fn finish(result: syn::Result<TokenStream>) -> proc_macro::TokenStream {
    result.unwrap_or_else(|error| error.into_compile_error()).into()
}

/// The doc comment as one text: lines joined by blanks, paragraphs by line breaks.
pub(crate) fn doc(attributes: &[Attribute]) -> String {
    let mut text = String::new();
    for attribute in attributes.iter().filter(|a| a.path().is_ident("doc")) {
        let Meta::NameValue(pair) = &attribute.meta else { continue };
        let Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) = &pair.value else { continue };
        let line = line.value();
        let line = line.trim();
        if line.is_empty() {
            if !text.is_empty() {
                text.push_str("\n\n");
            }
            continue;
        }
        if !text.is_empty() && !text.ends_with('\n') {
            text.push(' ');
        }
        text.push_str(line);
    }
    text.trim().to_owned()
}

/// The `T` of `Name<T>`, whatever path leads to `Name`.
pub(crate) fn generic<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    if last.ident != name {
        return None;
    }
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    arguments.args.iter().find_map(|a| match a {
        GenericArgument::Type(inner) => Some(inner),
        _ => None,
    })
}

/// An error at `name`: no such option, and the nearest or all that there are.
pub(crate) fn unknown_option(name: &impl quote::ToTokens, known: &[&str]) -> syn::Error {
    let given = name.to_token_stream().to_string();
    let hint = match crate::near::nearest(&given, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            format!("there are {}", known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", "))
        }
    };
    syn::Error::new_spanned(name, format!("unknown option `{given}`; {hint}"))
}

/// The last name of a type's path.
pub(crate) fn last_name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    }
}

/// What people read of a name: `first_name` is `First name`.
pub(crate) fn label(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut chars = words.trim().chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
