//! The metadata, and what `create!` requires.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{Expr, LitStr, Result, Type, spanned::Spanned};

use super::{
    Model, embed,
    field::{Field, Shape},
    index,
    key::{self, Key},
    natural,
    rules::{Described, called},
    through,
};
use crate::common::{at_span, doc, last_name};

pub(super) fn write(model: &Model) -> Result<TokenStream> {
    let orm = &model.orm;
    let meta = quote!(#orm::rt::core::meta);
    let name = &model.item.ident;
    let fields: Vec<TokenStream> =
        (0..model.fields.len()).map(|index| field(model, index)).collect::<Result<_>>()?;
    let fields = embed::join(orm, &model.fields, fields);
    let options = &model.options;
    let text = name.to_string();
    let (app, table, renamed) =
        (option(options.app.as_ref()), option(options.table.as_ref()), option(options.renamed_from.as_ref()));
    let singular =
        options.verbose_name.as_ref().map_or_else(|| snake_case(&text).replace('_', " "), LitStr::value);
    let plural = options.verbose_name_plural.as_ref().map_or_else(|| plural(&singular), LitStr::value);
    let help = doc(&model.item.attrs);
    let ordering = options.ordering.iter().map(|part| ordering(model, part)).collect::<Result<Vec<_>>>()?;
    let mut together = Vec::new();
    for set in &options.unique_together {
        let indexes =
            set.iter().map(|name| index::column(model, name, &name.value())).collect::<Result<Vec<_>>>()?;
        together.push(quote!(&[#(#indexes),*]));
    }
    let (indexes, checks) = index::write(model, &meta)?;
    let extra = extra(model)?;
    let Key { indexes: key, ty: key_type, value: pk, part } = key::write(model);
    let columns = model.columns_name();
    let needed =
        |index: &usize| model.is_required(*index) || model.fields.get(*index).is_some_and(embed::is_embedded);
    let required = (0..model.fields.len()).filter(needed).filter_map(|index| {
        let field = model.fields.get(index)?;
        let ident = field.ident.to_string();
        let message = format!("{text}: missing required field `{}` in create!", field.name);
        if embed::is_embedded(field) {
            // One whose fields all have defaults need not be given.
            let ty = &field.ty;
            let required = quote_spanned!(ty.span()=> <#ty as #orm::Embed>::REQUIRED);
            return Some(quote!((if #required { #ident } else { "" }, #message)));
        }
        Some(quote!((#ident, #message)))
    });
    let computed: Vec<TokenStream> = model
        .fields
        .iter()
        .filter(|field| field.options.generated.is_some())
        .map(|field| {
            let ident = field.ident.to_string();
            let why =
                format!("{text}: `{}` is computed by the database: leave it out of create!", field.name);
            quote!((#ident, #why))
        })
        .collect();
    // Most models have none.
    let computed = (!computed.is_empty())
        .then(|| quote!(const COMPUTED: &'static [(&'static str, &'static str)] = &[#(#computed),*];));
    let clean = match &options.clean {
        None => quote!(::core::option::Option::None),
        Some(path) => {
            let call = quote_spanned!(path.span()=> #path(&mut #orm::rt::clean_row::<#name>(__row)));
            quote!(::core::option::Option::Some(|__row| #call))
        }
    };
    let decode = model.fields.iter().map(|field| {
        let (ident, label) = (&field.ident, format!("{text}.{}", field.name));
        if field.is_column() {
            let (ty, span) = (&field.ty, field.ty.span());
            let read = quote_spanned!(span=> field::<#ty>);
            quote!(#ident: __cursor.#read(#label)?)
        } else if embed::is_embedded(field) {
            let ty = &field.ty;
            let read = quote_spanned!(ty.span()=> <#ty as #orm::Embed>::from_row);
            quote!(#ident: #read(__cursor)?)
        } else {
            let relation = match field.shape {
                Shape::One { .. } => quote!(HasOne),
                _ => quote!(HasMany),
            };
            quote!(#ident: #orm::#relation::unloaded(#label))
        }
    });
    Ok(quote! {
        #[automatically_derived]
        impl #orm::Model for #name {
            type Pk = #key_type;
            type Columns<__P: #orm::rt::Path> = #columns<__P>;
            const REQUIRED: &'static [(&'static str, &'static str)] = &[#(#required),*];
            #computed
            fn meta() -> &'static #meta::ModelMeta {
                static VOICE: #orm::rt::Voice = #orm::rt::Voice::of::<#name>();
                static META: #meta::ModelMeta = #meta::ModelMeta {
                    name: #text,
                    app: #app,
                    table: #table,
                    module: ::core::module_path!(),
                    verbose_name: #singular,
                    verbose_name_plural: #plural,
                    help_text: #help,
                    ordering: &[#(#ordering),*],
                    unique_together: &[#(#together),*],
                    indexes: &[#(#indexes),*],
                    constraints: &[#(#checks),*],
                    fields: #fields,
                    primary_key: &[#(#key),*],
                    renamed_from: #renamed,
                    typed: ::core::option::Option::Some(&VOICE),
                    clean: #clean,
                    options: #meta::ModelOptions { #extra ..#meta::ModelOptions::BASE },
                    identity: ::std::sync::OnceLock::new(),
                };
                &META
            }
            fn pk(&self) -> Self::Pk {
                #pk
            }
            fn from_row(__cursor: &mut #orm::decode::Cursor<'_>) -> #orm::rt::core::Result<Self> {
                ::core::result::Result::Ok(#name { #(#decode),* })
            }
        }
        #part
    })
}

/// The options that are rare, with a comma behind each.
fn extra(model: &Model) -> Result<TokenStream> {
    let (orm, name, options) = (&model.orm, &model.item.ident, &model.options);
    let mut out = TokenStream::new();
    if options.unmanaged {
        out.extend(quote!(managed: false,));
    }
    if !options.permissions.is_empty() {
        let all = options.permissions.iter().map(|(name, label)| quote!((#name, #label)));
        out.extend(quote!(permissions: &[#(#all),*],));
    }
    if let Some(all) = &options.default_permissions {
        out.extend(quote!(default_permissions: &[#(#all),*],));
    }
    if !options.get_latest_by.is_empty() {
        let by =
            options.get_latest_by.iter().map(|part| ordering(model, part)).collect::<Result<Vec<_>>>()?;
        out.extend(quote!(get_latest_by: &[#(#by),*],));
    }
    if options.live {
        out.extend(quote!(live: true,));
    }
    if let Some(database) = &options.database {
        out.extend(quote!(database: ::core::option::Option::Some(#database),));
    }
    if let Some(display) = &options.display {
        let index = index::column(model, display, &display.value())?;
        out.extend(quote!(display: ::core::option::Option::Some(#index),));
    }
    if !options.natural_key.is_empty() {
        let key = natural::write(model)?;
        out.extend(quote!(natural_key: &[#(#key),*],));
    }
    if let Some(scope) = &options.scope {
        let made = quote_spanned!(scope.span()=> #orm::rt::scope::<#name>(#scope()));
        out.extend(quote!(scope: ::core::option::Option::Some(|| #made),));
    }
    Ok(out)
}

pub(super) fn field(model: &Model, index: usize) -> Result<TokenStream> {
    let Some(field) = model.fields.get(index) else { return Ok(TokenStream::new()) };
    let orm = &model.orm;
    let meta = quote!(#orm::rt::core::meta);
    let (name, ty, options, help) = (&field.name, &field.ty, &field.options, &field.help);
    let span = ty.span();
    let verbose = options.verbose_name.as_ref().map_or_else(|| name.replace('_', " "), LitStr::value);
    let (mut calls, mut more) = (Vec::new(), Vec::new());
    let start = if field.is_column() {
        let column = options.column.as_ref().map_or_else(
            || if matches!(field.shape, Shape::Key { .. }) { format!("{name}_id") } else { name.clone() },
            LitStr::value,
        );
        // At the type, so that what it lacks is reported there.
        let start = quote_spanned!(span=> #orm::rt::column::<#ty>);
        quote!(#start(#name, #verbose, #help, #column))
    } else {
        quote!(#meta::FieldMeta::named(#name, #verbose, #help, ""))
    };
    if let Some(relation) = relation(model, field)? {
        calls.push(quote!(relation(#relation)));
    }
    for (flag, set) in [
        (quote!(primary_key), model.key.contains(&index)),
        (quote!(auto), model.is_auto(index)),
        (quote!(unique), options.unique || field.is_one_to_one()),
        (
            quote!(index),
            options.index
                || (!options.no_index
                    && ((matches!(field.shape, Shape::Key { .. }) && !field.is_one_to_one())
                        || (options.rules.wants_index() && !options.unique))),
        ),
        (quote!(secret), options.secret),
        (quote!(version), options.version),
    ] {
        if set {
            calls.push(quote!(#flag()));
        }
    }
    if let Some(most) = &options.max_length {
        calls.push(quote!(max_length(#most)));
    }
    if let (Some(max), Some(places)) = (&options.max_digits, &options.decimal_places) {
        calls.push(quote!(digits(#meta::Digits { max: #max, places: #places })));
    }
    if let Some(default) = &options.default {
        let value = default_value(field, default, orm);
        calls.push(quote!(default(#meta::FieldDefault::Value(|| #value))));
    }
    if options.version {
        calls.push(quote!(default(#meta::FieldDefault::Value(|| #orm::rt::core::Value::Int(1)))));
    }
    if let Some(value) = options.on_delete.as_ref().and_then(|on_delete| on_delete.value.as_ref()) {
        let value = default_value(field, value, orm);
        more.push(quote!(on_delete_value: ::core::option::Option::Some(|| #value)));
    }
    if let Some(sql) = &options.db_default {
        calls.push(quote!(default(#meta::FieldDefault::Database(#sql))));
    }
    if let Some(sql) = &options.generated {
        calls.push(quote!(default(#meta::FieldDefault::Generated(#sql))));
    }
    if let Some(old) = &options.renamed_from {
        more.push(quote!(renamed_from: ::core::option::Option::Some(#old)));
    }
    more.extend(options.rules.write(
        orm,
        Described {
            ty,
            base: field.base(),
            plain: matches!(field.shape, Shape::Column),
            max_length: options.max_length.is_some(),
            generated: options.generated.is_some(),
        },
    ));
    if !options.validate.is_empty() {
        let all = &options.validate;
        more.push(quote!(validators: &[#(#all),*]));
    }
    let written = quote!(#start #(.#calls)*);
    if more.is_empty() {
        return Ok(written);
    }
    // What is rare.
    Ok(quote!(#meta::FieldMeta { #(#more,)* ..#written }))
}

/// The value of an expression that the field takes.
fn default_value(field: &Field, value: &Expr, orm: &TokenStream) -> TokenStream {
    let (ty, given) = (&field.ty, called(value));
    match &field.shape {
        Shape::Key { to, optional: true } => {
            quote_spanned!(value.span()=> #orm::rt::default_opt_key::<#to>(#given))
        }
        Shape::Key { to, optional: false } => {
            quote_spanned!(value.span()=> #orm::rt::default_key::<#to>(#given))
        }
        _ => quote_spanned!(value.span()=> #orm::rt::default_value::<#ty, _>(#given)),
    }
}

fn relation(model: &Model, field: &Field) -> Result<Option<TokenStream>> {
    let orm = &model.orm;
    let meta = quote!(#orm::rt::core::meta);
    let target = |to: &syn::Type| {
        let span = to.span();
        quote_spanned!(span=> #meta::ModelRef::Type(<#to as #orm::Model>::meta))
    };
    let own = snake_case(&model.item.ident.to_string());
    Ok(Some(match &field.shape {
        Shape::Column | Shape::Embed { .. } => return Ok(None),
        Shape::Key { to, .. } => {
            let on_delete = match &field.options.on_delete {
                None => format_ident!("Cascade"),
                Some(named) => named.variant()?,
            };
            let to = target(to);
            quote!(#meta::Relation::ToOne { to: #to, on_delete: #meta::OnDelete::#on_delete })
        }
        Shape::Many { to, own_table: true } => {
            let other = last_name(to).map(|name| snake_case(&name)).unwrap_or_default();
            let (from, far) = if other == own {
                (format!("from_{own}_id"), format!("to_{own}_id"))
            } else {
                (format!("{own}_id"), format!("{other}_id"))
            };
            let through = through::write(model, field, to, other == own)?;
            let to = target(to);
            quote!(#meta::Relation::ManyToMany {
                to: #to,
                through: #meta::Through { from: #from, to: #far, #through ..#meta::Through::BASE },
            })
        }
        Shape::One { to } => {
            let leads = other_end(model, field, to, own, &quote!(leads_to_one));
            let to = target(to);
            quote!(#meta::Relation::HasOne { to: #to, via: #leads })
        }
        Shape::Many { to, own_table: false } => {
            let leads = other_end(model, field, to, own, &quote!(leads_to));
            let to = target(to);
            quote!(#meta::Relation::HasMany { to: #to, via: #leads })
        }
    }))
}

/// The index of the other model's field that leads here.
fn other_end(model: &Model, field: &Field, to: &Type, own: String, leads: &TokenStream) -> TokenStream {
    let (orm, name) = (&model.orm, &model.item.ident);
    let (via, span) = match &field.options.via {
        Some(via) => (via.to_string(), via.span()),
        None => (own, to.span()),
    };
    let relation = format_ident!("foreign_key_{via}", span = span);
    at_span(&quote!(#orm::rt::#leads::<#name>(&<#to>::#relation)), span)
}

/// `"-released"` → its index, descending.
fn ordering(model: &Model, part: &LitStr) -> Result<TokenStream> {
    let text = part.value();
    let (name, descending) = match text.strip_prefix('-') {
        Some(name) => (name, true),
        None => (text.as_str(), false),
    };
    let index = index::column(model, part, name)?;
    Ok(quote!((#index, #descending)))
}

fn option(text: Option<&LitStr>) -> TokenStream {
    match text {
        Some(text) => quote!(::core::option::Option::Some(#text)),
        None => quote!(::core::option::Option::None),
    }
}

/// `FilmReview` → `film_review`, as `quintet_core::meta::snake_case` does it.
pub(crate) fn snake_case(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::with_capacity(name.len() + 4);
    for (i, c) in chars.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|k| chars.get(k));
        let after = chars.get(i + 1);
        let starts_word = c.is_uppercase()
            && before.is_some_and(|b| {
                b.is_lowercase()
                    || b.is_numeric()
                    || (b.is_uppercase() && after.is_some_and(|a| a.is_lowercase()))
            });
        if starts_word {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

/// `country` → `countries`, `box` → `boxes`, `film` → `films`.
fn plural(singular: &str) -> String {
    let ends = |endings: &[&str]| endings.iter().any(|ending| singular.ends_with(ending));
    match singular.strip_suffix('y') {
        Some(stem) if !ends(&["ay", "ey", "iy", "oy", "uy"]) => format!("{stem}ies"),
        _ if ends(&["s", "x", "z", "ch", "sh"]) => format!("{singular}es"),
        _ => format!("{singular}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_tables_and_plurals() {
        assert_eq!(snake_case("HTTPLog2"), "http_log2");
        for (one, many) in [
            ("country", "countries"),
            ("day", "days"),
            ("box", "boxes"),
            ("film", "films"),
            ("match", "matches"),
        ] {
            assert_eq!(plural(one), many);
        }
    }
}
