//! `indexes = [index(..)]` and `constraints = [check(..), unique(..)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Error, Ident, LitStr, Result, Token, bracketed,
    ext::IdentExt,
    parenthesized,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
};

use super::{Model, embed};

/// An index as written.
#[derive(Default)]
pub(super) struct Index {
    /// The field's name as a text at its place, and whether it descends.
    fields: Vec<(LitStr, bool)>,
    expressions: Vec<LitStr>,
    name: Option<LitStr>,
    condition: Option<LitStr>,
    include: Vec<(LitStr, bool)>,
    unique: bool,
    /// The word, for errors.
    deferrable: Option<Ident>,
    search: bool,
}

/// A rule as written.
pub(super) struct Check {
    name: LitStr,
    sql: LitStr,
}

/// Do indexes or constraints come next?
pub(super) fn is_next(input: ParseStream<'_>) -> bool {
    input.fork().parse::<Ident>().is_ok_and(|name| name == "indexes" || name == "constraints")
}

pub(super) fn comma(input: ParseStream<'_>) -> Result<()> {
    if !input.is_empty() {
        input.parse::<Token![,]>()?;
    }
    Ok(())
}

/// The index of a column by name, or an error at `part` that lists them.
pub(super) fn column(model: &Model, part: &LitStr, name: &str) -> Result<TokenStream> {
    if let Some(index) = embed::column(&model.orm, &model.fields, part, name)? {
        return Ok(index);
    }
    let known = model.fields.iter().filter(|field| field.is_column());
    match model.fields.iter().position(|field| field.name == name) {
        Some(position) if known.clone().any(|field| field.name == name) => Ok(model.at(position)),
        _ => {
            let names: Vec<&str> = known.map(|field| field.name.as_str()).collect();
            let message =
                format!("`{name}` is no column of {}; it has {}", model.item.ident, names.join(", "));
            Err(Error::new(part.span(), message))
        }
    }
}

/// Reads `indexes = […]` or `constraints = […]`.
pub(super) fn read(input: ParseStream<'_>, indexes: &mut Vec<Index>, checks: &mut Vec<Check>) -> Result<()> {
    let option: Ident = input.parse()?;
    input.parse::<Token![=]>()?;
    let list;
    bracketed!(list in input);
    while !list.is_empty() {
        let word: Ident = list.parse()?;
        let inner;
        parenthesized!(inner in list);
        match (option.to_string().as_str(), word.to_string().as_str()) {
            ("indexes", "index") => indexes.push(deferred(read_index(&word, &inner)?)?),
            ("constraints", "unique") => {
                indexes.push(deferred(Index { unique: true, ..read_index(&word, &inner)? })?);
            }
            ("constraints", "check") => {
                let name = inner.parse()?;
                inner.parse::<Token![,]>()?;
                checks.push(Check { name, sql: inner.parse()? });
                comma(&inner)?;
            }
            ("indexes", _) => {
                return Err(Error::new(word.span(), "expected index(fields(..)) in `indexes`"));
            }
            _ => {
                let message = "expected check(\"name\", \"SQL\") or unique(fields(..)) in `constraints`";
                return Err(Error::new(word.span(), message));
            }
        }
        comma(&list)?;
    }
    Ok(())
}

/// The index of words over these fields.
pub(super) fn of_words(fields: Vec<LitStr>) -> Index {
    let fields = fields.into_iter().map(|name| (name, false)).collect();
    Index { fields, search: true, ..Index::default() }
}

impl Index {
    /// Is it one of words?
    pub(super) fn is_of_words(&self) -> bool {
        self.search
    }
}

fn read_index(word: &Ident, input: ParseStream<'_>) -> Result<Index> {
    const KNOWN: &str = "fields(a, -b), expressions(\"SQL\"), name = \"…\", where = \"SQL\", include(a, b), unique, deferrable";
    let mut index = Index::default();
    while !input.is_empty() {
        // `where` is a keyword.
        let key = input.call(Ident::parse_any)?;
        match key.to_string().as_str() {
            "fields" => index.fields = names(input, true)?,
            "include" => index.include = names(input, false)?,
            "expressions" => {
                let inner;
                parenthesized!(inner in input);
                index.expressions =
                    Punctuated::<LitStr, Token![,]>::parse_terminated(&inner)?.into_iter().collect();
            }
            "name" => index.name = Some(value(input)?),
            "where" => index.condition = Some(value(input)?),
            "unique" => index.unique = true,
            "deferrable" => index.deferrable = Some(key),
            other => {
                let message = format!("an index has no `{other}`; it has {KNOWN}");
                return Err(Error::new(key.span(), message));
            }
        }
        comma(input)?;
    }
    if index.fields.is_empty() && index.expressions.is_empty() {
        let message = format!("`{word}` needs fields(..) or expressions(..)");
        return Err(Error::new(word.span(), message));
    }
    Ok(index)
}

/// Only what is a constraint can be checked later.
fn deferred(index: Index) -> Result<Index> {
    let Some(word) = &index.deferrable else { return Ok(index) };
    let message = if !index.unique {
        "only what is unique can be deferrable: write unique(fields(..), deferrable) in `constraints`"
    } else if !index.expressions.is_empty() || index.condition.is_some() {
        "what is deferrable is unique among all rows, over fields: leave `where` and `expressions` out"
    } else if index.fields.iter().any(|(_, descending)| *descending) {
        "what is deferrable has no direction: leave the minus out"
    } else {
        return Ok(index);
    };
    Err(Error::new(word.span(), message))
}

fn value(input: ParseStream<'_>) -> Result<LitStr> {
    input.parse::<Token![=]>()?;
    input.parse()
}

/// `(title, -released)`
fn names(input: ParseStream<'_>, may_descend: bool) -> Result<Vec<(LitStr, bool)>> {
    struct Name(LitStr, bool);
    impl Parse for Name {
        fn parse(input: ParseStream<'_>) -> Result<Self> {
            let minus = input.parse::<Option<Token![-]>>()?.is_some();
            let name: Ident = input.call(Ident::parse_any)?;
            let mut text = name.unraw().to_string();
            if input.parse::<Option<Token![.]>>()?.is_some() {
                let inner: Ident = input.call(Ident::parse_any)?;
                text = format!("{text}.{}", inner.unraw());
            }
            Ok(Name(LitStr::new(&text, name.span()), minus))
        }
    }
    let inner;
    parenthesized!(inner in input);
    let all = Punctuated::<Name, Token![,]>::parse_terminated(&inner)?;
    all.into_iter()
        .map(|Name(name, minus)| {
            if minus && !may_descend {
                return Err(Error::new(name.span(), "only fields(..) have a direction"));
            }
            Ok((name, minus))
        })
        .collect()
}

/// The metadata of the indexes and of the rules.
pub(super) fn write(model: &Model, meta: &TokenStream) -> Result<(Vec<TokenStream>, Vec<TokenStream>)> {
    let mut indexes = Vec::new();
    for index in &model.options.indexes {
        let mut parts = Vec::new();
        for (name, descending) in &index.fields {
            let column = column(model, name, &name.value())?;
            parts.push(quote!((#column, #descending)));
        }
        let include = index
            .include
            .iter()
            .map(|(name, _)| column(model, name, &name.value()))
            .collect::<Result<Vec<_>>>()?;
        let option = |text: &Option<LitStr>| match text {
            Some(text) => quote!(::core::option::Option::Some(#text)),
            None => quote!(::core::option::Option::None),
        };
        let (name, condition) = (option(&index.name), option(&index.condition));
        let deferrable = index.deferrable.is_some();
        let (expressions, unique, search) = (&index.expressions, index.unique, index.search);
        indexes.push(quote!(#meta::IndexMeta {
            name: #name,
            fields: &[#(#parts),*],
            expressions: &[#(#expressions),*],
            condition: #condition,
            include: &[#(#include),*],
            unique: #unique,
            deferrable: #deferrable,
            search: #search,
        }));
    }
    let checks = model
        .options
        .checks
        .iter()
        .map(|Check { name, sql }| quote!(#meta::CheckMeta { name: #name, sql: #sql }));
    Ok((indexes, checks.collect()))
}
