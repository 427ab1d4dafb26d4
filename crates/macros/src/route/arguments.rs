//! The arguments of a handler: which one reads the body, and the lines that take them.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Error, Type, spanned::Spanned};

use crate::common;

/// Extractors that read the body, by name.
const BODIES: [&str; 9] =
    ["Form", "Forms", "FormBody", "Json", "Multipart", "Bytes", "Body", "Request", "RawForm"];
/// Those of forms.
const FORMS: [&str; 3] = ["Form", "Forms", "FormBody"];
/// Extractors that surely don't, by name; they also need nothing from the site.
const PARTS: [&str; 8] =
    ["Path", "Query", "SearchForm", "HeaderMap", "Method", "Uri", "Version", "Extensions"];

pub(super) struct Arguments<'a> {
    types: Vec<&'a Type>,
    /// The one that may read the body: known by name, else the last one.
    last: Option<usize>,
    /// Does one of them read JSON?
    pub(super) json: bool,
}

impl<'a> Arguments<'a> {
    pub(super) fn of(types: &[&'a Type]) -> syn::Result<Self> {
        let mut bodies = types.iter().enumerate().filter(|(_, ty)| named(ty, &BODIES));
        let body = bodies.next().map(|(i, _)| i);
        if let Some((_, second)) = bodies.next() {
            return Err(Error::new(second.span(), "two arguments read the request's body; keep one"));
        }
        // A last argument of unknown name may be the body: `String`, or the user's own extractor.
        let end = types.len().checked_sub(1).filter(|i| types.get(*i).is_some_and(|ty| !named(ty, &PARTS)));
        let json = types.iter().any(|ty| common::generic(inner(ty), "Json").is_some());
        Ok(Arguments { types: types.to_vec(), last: body.or(end), json })
    }

    /// A handler of GET and POST takes a form.
    pub(super) fn check_form(&self, handler: proc_macro2::Span) -> syn::Result<()> {
        if self.types.iter().any(|ty| named(ty, &FORMS)) {
            return Ok(());
        }
        if let Some(ty) = self.types.iter().find(|ty| named(ty, &["Json"])) {
            let why = "a form's handler takes `Form<..>`, which reads JSON bodies by the same rules";
            return Err(Error::new(ty.span(), why));
        }
        if let Some(ty) = self.types.iter().find(|ty| named(ty, &["SearchForm"])) {
            let why = "a form that comes with the address is of GET: take it in a `#[get(..)]`";
            return Err(Error::new(ty.span(), why));
        }
        let why = "a form's handler takes a form: add `mut form: Form<NewReview>`, where `NewReview` is a struct with #[data]";
        Err(Error::new(handler, why))
    }

    /// The variables that hold them, in the order of the handler.
    pub(super) fn names(&self) -> Vec<Ident> {
        (0..self.types.len()).map(|i| format_ident!("a{i}")).collect()
    }

    /// The lines that take them out of `request`: the body's reader last, wherever it stands.
    pub(super) fn take(&self, web: &TokenStream) -> TokenStream {
        if self.types.is_empty() {
            return quote!(::core::mem::drop(request););
        }
        let only_body = self.types.len() == 1 && self.last == Some(0);
        let whole_site = web;
        let mut lines = if only_body {
            TokenStream::new()
        } else {
            quote!(#[allow(unused_mut, unused_variables)] let (mut parts, body) = #web::rt::split(request);)
        };
        let others = (0..self.types.len()).filter(|i| Some(*i) != self.last);
        for i in others.chain(self.last) {
            let Some(ty) = self.types.get(i) else { continue };
            let span = ty.span();
            let web = &common::at_span(whole_site, span);
            let variable = format_ident!("a{i}");
            // One alias with one span: else rustc would report the same mistake once for each span in the type.
            let alias = Ident::new(&format!("A{i}"), span);
            let data = data_of(ty);
            let whole = if only_body { quote!(request) } else { quote!(#web::rt::join(parts, body)) };
            lines.extend(match (Some(i) == self.last, data) {
                (true, Some(data)) => quote_spanned!(span=>
                    type #alias = #ty;
                    let #variable = #web::rt::last_data::<#alias, #data, _>(#whole).await?;),
                (true, None) => quote_spanned!(span=>
                    type #alias = #ty;
                    let #variable = #web::rt::last::<#alias, _>(#whole).await?;),
                (false, Some(data)) => quote_spanned!(span=>
                    type #alias = #ty;
                    let #variable = #web::rt::arg_data::<#alias, #data>(&mut parts).await?;),
                (false, None) => quote_spanned!(span=>
                    type #alias = #ty;
                    let #variable = #web::rt::arg::<#alias>(&mut parts).await?;),
            });
        }
        lines
    }

    /// For each argument that may need something of the site: how to find out whether the site has it.
    pub(super) fn needs(&self, web: &TokenStream) -> Vec<TokenStream> {
        let asked = self.types.iter().filter(|ty| !named(ty, &PARTS) && !named(ty, &BODIES));
        asked.map(|ty| quote!({ use #web::rt::{NoNeed as _, SomeNeed as _}; (&#web::rt::Need::<#ty>::NEW).need() })).collect()
    }
}

/// Through `Option<_>` and `Result<_, _>`, which every extractor may stand in.
fn inner(ty: &Type) -> &Type {
    common::generic(ty, "Option").or_else(|| common::generic(ty, "Result")).unwrap_or(ty)
}

/// The `T` of `Json<T>`, `Form<T>` and `Query<T>`: mostly it is what is missing when such an argument can't be taken.
fn data_of(ty: &Type) -> Option<&Type> {
    ["Json", "Form", "Forms", "Query", "SearchForm"].iter().find_map(|name| common::generic(inner(ty), name))
}

fn named(ty: &Type, names: &[&str]) -> bool {
    let Type::Path(path) = inner(ty) else { return false };
    path.path.segments.last().is_some_and(|last| names.iter().any(|name| last.ident == name))
}
