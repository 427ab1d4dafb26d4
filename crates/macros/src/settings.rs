//! `#[derive(Settings)]`: a struct is a section of `quintet.toml`, an enum is a setting's allowed words.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::{
    Attribute, Data, DeriveInput, Error, Expr, ExprLit, Fields, Ident, Lit, LitStr, Result, Type,
    spanned::Spanned,
};

use crate::common;

pub(crate) fn expand(item: TokenStream) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(item)?;
    if let Some(parameter) = input.generics.params.first() {
        return Err(Error::new_spanned(parameter, "settings have no generic parameters"));
    }
    match &input.data {
        Data::Struct(data) => section(&input, &data.fields),
        Data::Enum(data) => words(&input, data.variants.iter()),
        Data::Union(data) => Err(Error::new_spanned(data.union_token, "a union can't be read from settings")),
    }
}

/// A field, as declared.
struct Key<'a> {
    field: &'a Ident,
    ty: &'a Type,
    name: LitStr,
    help: String,
    env: Vec<LitStr>,
    secret: bool,
    default: Default,
}

enum Default {
    None,
    /// `default` alone: the type's own.
    OfType,
    /// A literal text for a type that is not text: read as a variable would be.
    Text(LitStr),
    Value(Box<Expr>),
}

fn section(input: &DeriveInput, fields: &Fields) -> Result<TokenStream> {
    let name = section_name(input)?;
    let Fields::Named(fields) = fields else {
        return Err(Error::new_spanned(&input.ident, "a section of settings is a struct with named fields"));
    };
    let mut keys: Vec<Key<'_>> = Vec::new();
    let mut errors: Option<Error> = None;
    for field in &fields.named {
        let Some(ident) = &field.ident else { continue };
        match key(ident, &field.ty, &field.attrs) {
            Ok(key) => match keys.iter().find(|k| k.name.value() == key.name.value()) {
                Some(other) => {
                    let text = format!("`{}` is the key of `{}` already", key.name.value(), other.field);
                    join(&mut errors, Error::new(key.name.span(), text));
                }
                None => keys.push(key),
            },
            Err(error) => join(&mut errors, error),
        }
    }
    if let Some(errors) = errors {
        return Err(errors);
    }
    let core = common::room("core");
    let ident = &input.ident;
    let declared = keys.iter().map(|key| declare(key, &core));
    let read = keys.iter().map(|key| read(key, &core));
    Ok(quote! {
        #[automatically_derived]
        impl #core::settings::SettingsSection for #ident {
            fn section() -> #core::settings::Section {
                #core::settings::Section::new(#name, ::std::vec![#(#declared),*])
            }
            fn read(settings: &#core::settings::Settings) -> #core::Result<Self> {
                let reader = settings.reader::<Self>()?;
                ::core::result::Result::Ok(Self { #(#read),* })
            }
        }
        #[automatically_derived]
        impl #core::Service for #ident {
            fn of(services: &#core::Services) -> #core::Result<Self> {
                services.require::<#core::settings::Settings>()?.get()
            }
        }
    })
}

fn join(errors: &mut Option<Error>, new: Error) {
    match errors {
        Some(errors) => errors.combine(new),
        None => *errors = Some(new),
    }
}

fn section_name(input: &DeriveInput) -> Result<LitStr> {
    let Some(attribute) = input.attrs.iter().find(|a| a.path().is_ident("settings")) else {
        let text = "which section of quintet.toml? Write `#[settings(\"name\")]` above the struct";
        return Err(Error::new_spanned(&input.ident, text));
    };
    let name: LitStr = attribute.parse_args().map_err(|error| {
        Error::new(error.span(), "the section's name is a text: `#[settings(\"cinema\")]`")
    })?;
    let value = name.value();
    let plain = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase())
            && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    if !value.split('.').all(plain) {
        let text =
            "a section's name has small letters, digits and underscores, and dots between nested sections";
        return Err(Error::new(name.span(), text));
    }
    Ok(name)
}

fn key<'a>(field: &'a Ident, ty: &'a Type, attributes: &[Attribute]) -> Result<Key<'a>> {
    let plain = field.to_string();
    let plain = plain.strip_prefix("r#").unwrap_or(&plain);
    let mut key = Key {
        field,
        ty,
        name: LitStr::new(plain, field.span()),
        help: common::doc(attributes),
        env: Vec::new(),
        secret: false,
        default: Default::None,
    };
    for attribute in attributes.iter().filter(|a| a.path().is_ident("setting")) {
        attribute.parse_nested_meta(|meta| {
            let option = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
            match option.as_str() {
                "default" if meta.input.peek(syn::Token![=]) => {
                    key.default = default(meta.value()?.parse()?, ty)
                }
                "default" => key.default = Default::OfType,
                "env" => key.env.push(variable(meta.value()?.parse()?)?),
                "name" => key.name = meta.value()?.parse()?,
                "secret" => key.secret = true,
                _ => return Err(common::unknown_option(&meta.path, &["default", "env", "name", "secret"])),
            }
            Ok(())
        })?;
    }
    if !matches!(key.default, Default::None) && common::generic(ty, "Option").is_some() {
        let text = "a default makes `Option` needless: it would never be `None`";
        return Err(Error::new_spanned(ty, text));
    }
    Ok(key)
}

fn default(value: Expr, ty: &Type) -> Default {
    let is_string =
        matches!(ty, Type::Path(p) if p.path.segments.last().is_some_and(|s| s.ident == "String"));
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) if !is_string => Default::Text(text),
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Default::Value(Box::new(
            syn::parse_quote_spanned!(text.span()=> ::std::string::String::from(#text)),
        )),
        other => Default::Value(Box::new(other)),
    }
}

fn variable(name: LitStr) -> Result<LitStr> {
    let value = name.value();
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    if value.is_empty() || !value.chars().all(plain) || value.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(Error::new(
            name.span(),
            "a variable's name has capitals, digits and underscores: `DATABASE_URL`",
        ));
    }
    Ok(name)
}

/// The default as an expression of the field's type, so that a wrong one is an error where it stands.
fn typed(key: &Key<'_>) -> Option<TokenStream> {
    let ty = key.ty;
    match &key.default {
        Default::Value(value) => Some(quote_spanned!(value.span()=> { let value: #ty = #value; value })),
        Default::OfType => Some(quote_spanned!(ty.span()=> <#ty as ::core::default::Default>::default())),
        Default::None | Default::Text(_) => None,
    }
}

fn declare(key: &Key<'_>, core: &TokenStream) -> TokenStream {
    let Key { ty, name, help, env, .. } = key;
    let mut tokens = quote_spanned!(ty.span()=> #core::settings::Key::of::<#ty>(#name));
    if !help.is_empty() {
        tokens.extend(quote!(.help(#help)));
    }
    if !env.is_empty() {
        tokens.extend(quote!(.env(&[#(#env),*])));
    }
    if key.secret {
        tokens.extend(quote!(.secret()));
    }
    if let Default::Text(text) = &key.default {
        tokens.extend(quote!(.default_text(#text)));
    }
    if let Some(value) = typed(key) {
        tokens.extend(quote!(.default::<#ty>(&#value)));
    }
    tokens
}

fn read(key: &Key<'_>, _core: &TokenStream) -> TokenStream {
    let Key { field, ty, name, .. } = key;
    let value = match (&key.default, typed(key)) {
        (Default::Text(text), _) => quote!(reader.or_text::<#ty>(#name, #text)?),
        (_, Some(value)) => quote! {
            match reader.given::<#ty>(#name)? {
                ::core::option::Option::Some(value) => value,
                ::core::option::Option::None => #value,
            }
        },
        (_, None) => quote!(reader.needed::<#ty>(#name)?),
    };
    quote!(#field: #value)
}

/// An enum of plain variants: the words are the variants' names in kebab case.
fn words<'a>(input: &DeriveInput, variants: impl Iterator<Item = &'a syn::Variant>) -> Result<TokenStream> {
    let (mut idents, mut names): (Vec<&Ident>, Vec<LitStr>) = (Vec::new(), Vec::new());
    for variant in variants {
        if !matches!(variant.fields, Fields::Unit) {
            return Err(Error::new_spanned(
                &variant.fields,
                "a word of settings holds nothing: use plain variants",
            ));
        }
        let mut name = LitStr::new(&kebab(&variant.ident.to_string()), variant.ident.span());
        for attribute in variant.attrs.iter().filter(|a| a.path().is_ident("setting")) {
            attribute.parse_nested_meta(|meta| {
                if !meta.path.is_ident("name") {
                    return Err(common::unknown_option(&meta.path, &["name"]));
                }
                name = meta.value()?.parse()?;
                Ok(())
            })?;
        }
        idents.push(&variant.ident);
        names.push(name);
    }
    let Some(last) = idents.pop() else {
        return Err(Error::new_spanned(&input.ident, "an enum without variants can't be read"));
    };
    if let Some(attribute) = input.attrs.iter().find(|a| a.path().is_ident("settings")) {
        return Err(Error::new_spanned(attribute, "an enum is the type of a setting, not a section"));
    }
    let core = common::room("core");
    let ident = &input.ident;
    let all = idents.iter().copied().chain([last]);
    let shown = all.zip(&names).map(|(variant, name)| quote!(#ident::#variant => #name));
    let places = 0usize..idents.len();
    let places = places.map(|i| syn::Index::from(i).to_token_stream());
    Ok(quote! {
        #[automatically_derived]
        impl #core::settings::SettingValue for #ident {
            fn read(given: &#core::settings::Given) -> ::core::result::Result<Self, #core::settings::Wrong> {
                ::core::result::Result::Ok(match #core::settings::choice(given, &[#(#names),*])? {
                    #(#places => #ident::#idents,)*
                    _ => #ident::#last,
                })
            }
            fn show(&self) -> ::std::string::String {
                ::std::string::String::from(match self { #(#shown),* })
            }
        }
    })
}

fn kebab(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.extend(c.to_lowercase());
    }
    out
}
