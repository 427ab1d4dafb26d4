//! `#[model]`: a struct becomes a table.
//!
//! The struct and its options are read ([`options`], [`field`]), then written as four things: the struct itself, its typed
//! columns ([`columns`]), its metadata ([`meta`]) and its rows ([`record`]). All of it is safe code: a match over
//! field indexes, no offsets.
mod columns;
mod debug;
mod embed;
mod embeddable;
mod field;
mod index;
mod key;
mod meta;
mod natural;
mod on_delete;
mod options;
mod record;
mod rules;
mod through;
mod version;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Error, Fields, ItemStruct, Result, spanned::Spanned};

use crate::common::{last_name, room};
use field::Field;
use options::Options;

pub(crate) use embeddable::expand as expand_embed;
pub(crate) use meta::snake_case;
pub(crate) use rules::{CODES, FORMATS};

/// What the writers need to know.
struct Model {
    /// The path to the ORM.
    orm: TokenStream,
    item: ItemStruct,
    options: Options,
    fields: Vec<Field>,
    /// The indexes of the fields that make the key, in declared order.
    key: Vec<usize>,
}

pub(crate) fn expand(args: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let options: Options = syn::parse2(args)?;
    let mut item: ItemStruct = syn::parse2(item)?;
    if !item.generics.params.is_empty() {
        return Err(Error::new(item.generics.span(), "a model can't be generic: it is one table"));
    }
    let Fields::Named(named) = &mut item.fields else {
        return Err(Error::new(item.ident.span(), "a model is a struct with named fields"));
    };
    if !named.named.iter().any(field::is_key) {
        let id = syn::parse_quote!(
            /// The key, numbered by the database.
            pub id: i64
        );
        named.named.insert(0, id);
    }
    let mut errors: Option<Error> = None;
    let mut fields = Vec::new();
    for named in &mut named.named {
        match Field::read(named) {
            Ok(field) => fields.push(field),
            Err(error) => match &mut errors {
                Some(all) => all.combine(error),
                None => errors = Some(error),
            },
        }
    }
    if let Some(errors) = errors {
        return Err(errors);
    }
    let key = key(&item, &fields)?;
    version::check(&fields, &key)?;
    let orm = room("orm");
    let debug = debug::write(&orm, &mut item, &fields);
    let model = Model { orm, item, options, fields, key };
    let (columns, meta, record) = (columns::write(&model), meta::write(&model)?, record::write(&model));
    let (orm, item, name, vis) = (&model.orm, &model.item, &model.item.ident, &model.item.vis);
    let handle = model.options.handle.as_ref().unwrap_or(name);
    let live = model.options.live.then(|| quote!(#[automatically_derived] impl #orm::LiveModel for #name {}));
    Ok(quote! {
        #item
        #[doc = concat!("The columns of [`", stringify!(#name), "`](struct@", stringify!(#name), "), and queries on it.")]
        #[allow(non_upper_case_globals, dead_code)]
        #vis const #handle: #orm::Table<#name> = #orm::Table::new();
        #columns
        #meta
        #record
        #live
        #debug
    })
}

/// The most columns of a key: what `quintet_orm::key::Key` is implemented for.
const LONGEST_KEY: usize = 5;

/// The indexes of the fields that make the key.
fn key(item: &ItemStruct, fields: &[Field]) -> Result<Vec<usize>> {
    let marked: Vec<usize> =
        fields.iter().enumerate().filter(|(_, f)| f.options.primary_key).map(|(i, _)| i).collect();
    for field in marked.iter().filter_map(|index| fields.get(*index)) {
        fits_a_key(field)?;
    }
    match marked.as_slice() {
        [] => fields
            .iter()
            .position(|field| field.name == "id")
            .map(|id| vec![id])
            .ok_or_else(|| Error::new(item.ident.span(), "a model needs a key")),
        [.., last] if marked.len() > LONGEST_KEY => Err(Error::new(
            fields.get(*last).map_or_else(|| item.ident.span(), |field| field.ident.span()),
            format!(
                "a key has at most {LONGEST_KEY} fields; let the model have an `id`, and use #[model(unique_together = [..])]"
            ),
        )),
        _ => Ok(marked),
    }
}

/// Refuses what no row can be found by.
fn fits_a_key(field: &Field) -> Result<()> {
    if !field.is_column() {
        return Err(Error::new(field.ty.span(), "a key is made of columns, and this relation is none"));
    }
    if field.is_optional() {
        return Err(Error::new(field.ty.span(), "no part of a key can be missing: leave out the Option"));
    }
    let inexact = ["f64", "f32", "JsonValue"];
    if last_name(&field.ty).is_some_and(|name| inexact.contains(&name.as_str())) {
        return Err(Error::new(
            field.ty.span(),
            "a key needs values that are the same or not: no floats, no JSON",
        ));
    }
    Ok(())
}

impl Model {
    /// Is the field at this index numbered by the database?
    fn is_auto(&self, index: usize) -> bool {
        let field = self.fields.get(index);
        self.key == [index]
            && field.is_some_and(|f| f.name == "id" && f.options.default.is_none() && f.is_integer())
    }

    /// Can no two rows share the field's value?
    fn is_unique(&self, index: usize) -> bool {
        self.key == [index]
            || self.fields.get(index).is_some_and(|field| field.options.unique || field.is_one_to_one())
    }

    /// Must `create!` give the field?
    fn is_required(&self, index: usize) -> bool {
        self.fields.get(index).is_some_and(|field| {
            !field.is_optional()
                && !self.is_auto(index)
                && !field.options.version
                && field.options.default.is_none()
                && field.options.db_default.is_none()
                && field.options.generated.is_none()
                && field.options.rules.on_save.is_none()
                && field.is_column()
        })
    }

    /// Where the field at this position begins, and the same as a pattern.
    fn at(&self, position: usize) -> TokenStream {
        embed::at(&self.orm, &self.fields, position)
    }

    /// The name of the struct of columns.
    fn columns_name(&self) -> syn::Ident {
        format_ident!("{}Columns", self.item.ident)
    }
}
