//! One field of a shape.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Error, Expr, Result, Type, ext::IdentExt, spanned::Spanned};

use super::shape_attributes;
use crate::common::{at_span, generic, unknown_option};

/// A field, as written.
pub(super) struct Field {
    ident: Ident,
    /// The name without `r#`.
    name: String,
    ty: Type,
    source: Source,
}

/// Where a field comes from.
enum Source {
    /// The column of its name, or an expression.
    Value(Option<Expr>),
    /// The relation of its name, or another one; a shape of its object.
    One(Option<Expr>),
    /// The same, where there may be none.
    Optional(Option<Expr>, Type),
    /// Shapes of the objects of a to-many relation.
    Many(Option<Expr>, Type),
}

impl Field {
    /// `raw` if it is a column of the user's own SQL.
    pub(super) fn read(field: &syn::Field, raw: bool) -> Result<Self> {
        let ident = field.ident.clone().ok_or_else(|| Error::new(field.span(), "a field needs a name"))?;
        let (mut nested, mut expr): (Option<Option<Expr>>, Option<Expr>) = (None, None);
        for attribute in shape_attributes(&field.attrs) {
            attribute.parse_nested_meta(|meta| {
                if raw && meta.path.is_ident("expr") {
                    return Err(meta.error(
                        "a raw shape reads the columns of your SQL: write it into the SQL, with the field's name (AS …)",
                    ));
                }
                if raw && meta.path.is_ident("nested") {
                    return Err(meta.error("a raw shape has no relations: make it a shape of a model"));
                }
                if meta.path.is_ident("nested") {
                    let given = meta.input.peek(syn::Token![=]);
                    nested = Some(if given { Some(meta.value()?.parse()?) } else { None });
                } else if meta.path.is_ident("expr") {
                    expr = Some(meta.value()?.parse()?);
                } else {
                    return Err(unknown_option(&meta.path, &["nested", "expr"]));
                }
                Ok(())
            })?;
        }
        let source = match (nested, expr) {
            (Some(_), Some(expr)) => {
                return Err(Error::new(expr.span(), "a field is nested or an expr, not both"));
            }
            (None, expr) => Source::Value(expr),
            (Some(relation), None) => {
                if let Some(inner) = generic(&field.ty, "Vec") {
                    Source::Many(relation, inner.clone())
                } else if let Some(inner) = generic(&field.ty, "Option") {
                    Source::Optional(relation, inner.clone())
                } else {
                    Source::One(relation)
                }
            }
        };
        Ok(Field { name: ident.unraw().to_string(), ident, ty: field.ty.clone(), source })
    }

    /// The column or relation: the field's name on the model, or what the user wrote.
    fn given(&self, expr: Option<&Expr>) -> TokenStream {
        match expr {
            Some(expr) => quote!(#expr),
            None => {
                let ident = &self.ident;
                quote_spanned!(ident.span()=> __model.#ident)
            }
        }
    }

    /// The call of the plan.
    pub(super) fn plan(&self, orm: &TokenStream) -> TokenStream {
        let (ident, ty, span) = (&self.ident, &self.ty, self.ty.span());
        let some = at_span(&quote!(::core::option::Option::Some), span);
        let _ = orm;
        match &self.source {
            Source::Value(expr) => {
                let given = self.given(expr.as_ref());
                quote_spanned!(span=> __plan.field::<#ty>(#given);)
            }
            Source::One(relation) => {
                let given = self.given(relation.as_ref());
                quote_spanned!(span=> __plan.one::<#ty>(#given, |__shape| #some(&mut __shape.#ident));)
            }
            Source::Optional(relation, inner) => {
                let given = self.given(relation.as_ref());
                quote_spanned!(span=> __plan.optional::<#inner>(#given, |__shape| __shape.#ident.as_mut());)
            }
            Source::Many(relation, inner) => {
                let given = self.given(relation.as_ref());
                quote_spanned!(span=> __plan.many::<#inner, _>(#given, |__shape| &mut __shape.#ident);)
            }
        }
    }

    /// `field: value`, read from the cursor.
    pub(super) fn decode(&self, orm: &TokenStream, shape: &str) -> TokenStream {
        let (ident, ty, span) = (&self.ident, &self.ty, self.ty.span());
        let orm = at_span(orm, span);
        let label = format!("{shape}.{}", self.name);
        match &self.source {
            Source::Value(_) => quote_spanned!(span=> #ident: __cursor.field::<#ty>(#label)?),
            Source::One(_) => quote_spanned!(span=> #ident: <#ty as #orm::Shape>::decode(__cursor)?),
            Source::Optional(_, inner) => {
                quote_spanned!(span=> #ident: #orm::rt::decode_optional::<#inner>(__cursor)?)
            }
            Source::Many(..) => quote!(#ident: ::std::vec::Vec::new()),
        }
    }

    /// What SQL of the user's own calls it, in a shape of a model.
    pub(super) fn named(&self, orm: &TokenStream, shape: &str) -> TokenStream {
        let (name, ty, span) = (&self.name, &self.ty, self.ty.span());
        let label = format!("{shape}.{name}");
        let named = quote!(#orm::rt::Named);
        let orm = at_span(orm, span);
        match &self.source {
            Source::Value(None) => quote!(#named::Column(#name, #label)),
            Source::Value(Some(_)) => quote!(#named::Value(#name, #label)),
            Source::One(_) => quote_spanned!(span=> #named::One(#name, <#ty as #orm::Shape>::NAMES)),
            Source::Optional(_, inner) => quote_spanned!(span=> #named::Optional(
                #name,
                #label,
                <<#inner as #orm::Shape>::Model as #orm::Model>::meta,
                <#inner as #orm::Shape>::NAMES,
            )),
            Source::Many(..) => quote!(#named::Many(#label)),
        }
    }

    /// Its name and its label, in a shape of SQL of the user's own.
    pub(super) fn wanted(&self, shape: &str) -> TokenStream {
        let (name, label) = (&self.name, format!("{shape}.{}", self.name));
        quote!((#name, #label))
    }

    /// How many columns it has.
    pub(super) fn width(&self, orm: &TokenStream) -> Option<TokenStream> {
        let (ty, span) = (&self.ty, self.ty.span());
        let orm = at_span(orm, span);
        match &self.source {
            Source::Value(_) => Some(quote!(1)),
            Source::One(_) => Some(quote_spanned!(span=> <#ty as #orm::Shape>::WIDTH)),
            Source::Optional(_, inner) => Some(quote_spanned!(span=> 1 + <#inner as #orm::Shape>::WIDTH)),
            Source::Many(..) => None,
        }
    }

    /// How many foreign keys it follows.
    pub(super) fn depth(&self, orm: &TokenStream) -> Option<TokenStream> {
        let span = self.ty.span();
        let orm = at_span(orm, span);
        match &self.source {
            Source::One(_) => {
                let ty = &self.ty;
                Some(quote_spanned!(span=> 1 + <#ty as #orm::Shape>::DEPTH))
            }
            Source::Optional(_, inner) => Some(quote_spanned!(span=> 1 + <#inner as #orm::Shape>::DEPTH)),
            Source::Value(_) | Source::Many(..) => None,
        }
    }

    /// The entry in a template's map.
    pub(super) fn entry(&self, orm: &TokenStream) -> TokenStream {
        let (ident, name, span) = (&self.ident, &self.name, self.ty.span());
        let orm = at_span(orm, span);
        quote_spanned!(span=>
            (::std::borrow::Cow::Borrowed(#name), #orm::rt::core::TemplateValue::to_value(&self.#ident)))
    }

    /// The call that serializes it.
    pub(super) fn serialize(&self, orm: &TokenStream) -> TokenStream {
        let (ident, name, span) = (&self.ident, &self.name, self.ty.span());
        let orm = at_span(orm, span);
        quote_spanned!(span=>
            #orm::rt::serde::ser::SerializeStruct::serialize_field(&mut __out, #name, &self.#ident)?;)
    }
}
