//! `#[channel("film:{id}")]`: a struct is a topic.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, Fields, Ident, ItemStruct, LitStr};

use crate::{common, near};

pub(crate) fn expand(args: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let pattern: LitStr = syn::parse2(args).map_err(|error| {
        let why = "name the topic: #[channel(\"film:{id}\")]";
        Error::new(error.span(), why)
    })?;
    let item: ItemStruct = syn::parse2(item).map_err(|error| {
        Error::new(error.span(), "a channel is a struct, whose fields are the topic's parameters")
    })?;
    if !item.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &item.generics,
            "a channel has no type parameters: its topic is a text",
        ));
    }
    let fields: Vec<_> = match &item.fields {
        Fields::Named(fields) => fields.named.iter().collect(),
        Fields::Unit => Vec::new(),
        Fields::Unnamed(fields) => {
            let why = "name the fields, as the topic names its parameters: `struct FilmRoom { id: i64 }`";
            return Err(Error::new_spanned(fields, why));
        }
    };
    let names: Vec<&Ident> = fields.iter().filter_map(|field| field.ident.as_ref()).collect();
    let texts: Vec<String> = names.iter().map(|name| plain(name)).collect();
    let pieces = pieces(&pattern)?;
    let mut used = Vec::new();
    for piece in &pieces {
        let Piece::Hole(hole) = piece else { continue };
        if !texts.contains(hole) {
            let hint = near::did_you_mean(hole, texts.iter().map(String::as_str));
            return Err(Error::new(
                pattern.span(),
                format!("`{{{hole}}}` is no field of `{}`{hint}", item.ident),
            ));
        }
        if used.contains(hole) {
            return Err(Error::new(pattern.span(), format!("`{{{hole}}}` is there twice")));
        }
        used.push(hole.clone());
    }
    for (name, text) in names.iter().zip(&texts) {
        if !used.contains(text) {
            let why = format!("`{text}` is not in the topic: write `{{{text}}}` there, or keep it elsewhere");
            return Err(Error::new(name.span(), why));
        }
    }
    let realtime = common::room("realtime");
    let ident = &item.ident;
    let parts = pieces.iter().map(|piece| match piece {
        Piece::Literal(text) => quote!(topic.push_str(#text);),
        Piece::Hole(hole) => {
            let field = names.iter().zip(&texts).find(|(_, text)| *text == hole).map(|(name, _)| name);
            quote!(topic.push_str(&#realtime::rt::encoded(&self.#field));)
        }
    });
    let types: Vec<_> = fields.iter().map(|field| &field.ty).collect();
    let made = match &item.fields {
        Fields::Unit => quote!(Self),
        _ => quote!(Self { #(#names: params.get::<#types>(#texts)?),* }),
    };
    Ok(quote! {
        #item

        #[automatically_derived]
        impl #realtime::Topic for #ident {
            const PATTERN: &'static str = #pattern;

            #[allow(clippy::vec_init_then_push)]
            fn topic(&self) -> ::std::string::String {
                let mut topic = ::std::string::String::new();
                #(#parts)*
                topic
            }

            #[allow(unused_variables)]
            fn from_params(params: &#realtime::rt::Params<'_>) -> #realtime::rt::Result<Self> {
                ::core::result::Result::Ok(#made)
            }
        }
    })
}

/// A field's name as patterns have it: `r#type` is `type`.
fn plain(name: &Ident) -> String {
    syn::ext::IdentExt::unraw(name).to_string()
}

enum Piece {
    Literal(String),
    Hole(String),
}

/// Takes a pattern apart, and says what can't be read back.
fn pieces(pattern: &LitStr) -> syn::Result<Vec<Piece>> {
    let wrong = |why: &str| Error::new(pattern.span(), why);
    let text = pattern.value();
    if text.is_empty() {
        return Err(wrong("a topic has a name: \"lobby\", \"film:{id}\""));
    }
    if text.starts_with("quintet:") {
        return Err(wrong("topics that begin with `quintet:` are the site's own"));
    }
    let mut pieces = Vec::new();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('{') {
            let (name, behind) =
                inside.split_once('}').ok_or_else(|| wrong("a parameter is closed by `}`: \"film:{id}\""))?;
            if name.is_empty() {
                return Err(wrong("a parameter has the name of a field: \"film:{id}\""));
            }
            if behind.starts_with(is_letter) || behind.starts_with('{') {
                let why = format!(
                    "behind `{{{name}}}` stands `:`, `/` or another sign, so that it is known where the value ends"
                );
                return Err(wrong(&why));
            }
            pieces.push(Piece::Hole(name.to_owned()));
            rest = behind;
        } else {
            let end = rest.find('{').unwrap_or(rest.len());
            let (literal, behind) = rest.split_at(end);
            if literal.contains('}') {
                return Err(wrong("`}` without `{`"));
            }
            if !behind.is_empty() && literal.ends_with(is_letter) {
                let why = format!(
                    "between `{literal}` and the parameter stands `:`, `/` or another sign: \"{literal}:{behind}\""
                );
                return Err(wrong(&why));
            }
            pieces.push(Piece::Literal(literal.to_owned()));
            rest = behind;
        }
    }
    Ok(pieces)
}

/// Stands in values as it is, and so can't end one.
fn is_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.' | '~')
}
