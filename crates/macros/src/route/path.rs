//! The parameters of a path, and the arguments of `url(..)` that they become.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Error, LitStr, Type, spanned::Spanned};

use crate::{common, near::did_you_mean};

/// The names in braces, in order.
pub(super) struct Holes(Vec<String>);

impl Holes {
    pub(super) fn of(path: &LitStr) -> syn::Result<Self> {
        let text = path.value();
        let wrong = |why: String| Err(Error::new(path.span(), why));
        if !text.starts_with('/') {
            return wrong(format!("a path starts with a slash: \"/{text}\""));
        }
        if let Some(c) = text.chars().find(|c| c.is_whitespace() || c.is_control() || matches!(c, '?' | '#'))
        {
            return wrong(format!("a path has no {c:?}: the query is taken with `Query<..>`"));
        }
        let mut names: Vec<String> = Vec::new();
        for segment in text.split('/') {
            if let Some(name) = segment.strip_prefix(':') {
                return wrong(format!("a parameter is written `{{{name}}}`, not `:{name}`"));
            }
            if segment.starts_with('*') {
                return wrong("the rest of a path is taken by `{*rest}`".to_owned());
            }
            let Some(name) = hole(segment).map_err(|why| Error::new(path.span(), why))? else { continue };
            if names.contains(&name) {
                return wrong(format!("the path names `{{{name}}}` twice"));
            }
            names.push(name);
        }
        Ok(Holes(names))
    }

    /// Refuses a name that is none of them.
    pub(super) fn has_all(&self, names: &[LitStr]) -> syn::Result<()> {
        let Holes(holes) = self;
        match names.iter().find(|name| !holes.contains(&name.value())) {
            None => Ok(()),
            Some(wrong) if holes.is_empty() => Err(Error::new(wrong.span(), "the path has no parameters")),
            Some(wrong) => {
                let name = wrong.value();
                let near = did_you_mean(&name, holes.iter().map(String::as_str));
                let why = format!("the path has no parameter `{name}`{near}; it has {}", holes.join(", "));
                Err(Error::new(wrong.span(), why))
            }
        }
    }

    /// Brings the parameters and the type of the `Path` argument together.
    pub(super) fn parameters<'a>(&self, path: &LitStr, types: &[&'a Type]) -> syn::Result<Parameters<'a>> {
        let Holes(names) = self;
        let mut paths = types.iter().filter_map(|ty| {
            let whole = common::generic(ty, "Option").unwrap_or(ty);
            common::generic(whole, "Path")
        });
        let taken = paths.next();
        if let Some(second) = paths.next() {
            return Err(Error::new(
                second.span(),
                "one `Path` takes all parameters: `Path((a, b)): Path<(A, B)>`",
            ));
        }
        let (count, listed) = (names.len(), names.join(", "));
        let plural = if count == 1 { "parameter" } else { "parameters" };
        let differ = |ty: &Type, n: usize| {
            let have =
                if count == 0 { "no parameters".to_owned() } else { format!("{count} {plural} ({listed})") };
            Error::new(ty.span(), format!("the path has {have}, this takes {n}"))
        };
        let tys: Vec<Option<&Type>> = match taken {
            None if count == 0 => Vec::new(),
            None => {
                let pattern = if count == 1 { listed } else { format!("({listed})") };
                let named = names.join("}`, `{");
                let why = format!(
                    "the path names `{{{named}}}`, but no argument takes it: add `Path({pattern}): Path<..>`"
                );
                return Err(Error::new(path.span(), why));
            }
            Some(Type::Tuple(tuple)) if tuple.elems.len() == count => tuple.elems.iter().map(Some).collect(),
            Some(ty @ Type::Tuple(tuple)) => return Err(differ(ty, tuple.elems.len())),
            Some(ty) if count == 1 => vec![Some(ty)],
            // A struct whose fields are the parameters: the compiler knows them, the macro does not.
            Some(ty) if count > 1 && !is_single(ty) => vec![None; count],
            Some(ty) => return Err(differ(ty, 1)),
        };
        let spans = path.span();
        Ok(Parameters(
            names.iter().cloned().zip(tys).map(|(name, ty)| Parameter { name, ty, span: spans }).collect(),
        ))
    }
}

/// `{id}` is `id`, `{*rest}` is `rest`, `list` is none.
fn hole(segment: &str) -> Result<Option<String>, String> {
    // `{{` and `}}` are literal braces.
    let bare = segment.replace("{{", "").replace("}}", "");
    let Some((before, rest)) = bare.split_once('{') else {
        return if bare.contains('}') {
            Err(format!("`{segment}` closes a brace that is not open"))
        } else {
            Ok(None)
        };
    };
    let Some((name, after)) = rest.split_once('}') else {
        return Err(format!("`{segment}` opens a brace and doesn't close it"));
    };
    if !before.is_empty() || !after.is_empty() {
        return Err(format!("`{{{name}}}` must be a whole segment: \"/{{{name}}}/\""));
    }
    let name = name.strip_prefix('*').unwrap_or(name);
    if syn::parse_str::<Ident>(name).is_err() {
        return Err(format!("`{name}` is no name for a parameter: write it as a Rust name"));
    }
    Ok(Some(name.to_owned()))
}

/// A type that surely takes one parameter only.
fn is_single(ty: &Type) -> bool {
    const SINGLE: [&str; 18] = [
        "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize", "f32", "f64",
        "bool", "char", "String", "Uuid",
    ];
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|s| SINGLE.iter().any(|n| s.ident == n)))
}

pub(super) struct Parameters<'a>(Vec<Parameter<'a>>);

struct Parameter<'a> {
    name: String,
    /// Its type, where the macro can see it.
    ty: Option<&'a Type>,
    span: Span,
}

impl Parameters<'_> {
    /// The arguments of `url(..)`.
    pub(super) fn arguments(&self) -> Vec<TokenStream> {
        self.0
            .iter()
            .map(|p| {
                let name = p.ident();
                match p.ty {
                    None => quote!(#name: impl ::core::fmt::Display),
                    Some(ty) if is_text(ty) => {
                        quote!(#name: impl ::core::convert::Into<::std::string::String>)
                    }
                    Some(ty) => quote!(#name: #ty),
                }
            })
            .collect()
    }

    /// A closure that calls `url(..)`.
    pub(super) fn used(&self) -> TokenStream {
        let names: Vec<Ident> = self.0.iter().map(Parameter::ident).collect();
        let typed = self.0.iter().zip(&names).map(|(p, name)| match p.ty {
            Some(ty) => quote!(#name: #ty),
            None => quote!(#name: &::core::primitive::str),
        });
        quote!(|#(#typed),*| Self::url(#(#names),*))
    }

    /// Names and texts, for the address.
    pub(super) fn pairs(&self, web: &TokenStream) -> Vec<TokenStream> {
        self.0
            .iter()
            .map(|p| {
                let (name, key) = (p.ident(), &p.name);
                let text = match p.ty {
                    Some(ty) if is_text(ty) => {
                        quote!(::core::convert::Into::<::std::string::String>::into(#name))
                    }
                    Some(ty) => {
                        let web = common::at_span(web, ty.span());
                        quote_spanned!(ty.span()=> #web::rt::text(&#name))
                    }
                    None => quote!(#web::rt::text(&#name)),
                };
                quote!((#key, #text))
            })
            .collect()
    }
}

impl Parameter<'_> {
    fn ident(&self) -> Ident {
        syn::parse_str::<Ident>(&self.name)
            .unwrap_or_else(|_| format_ident!("r#{}", self.name, span = self.span))
    }
}

fn is_text(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|s| s.ident == "String"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_whole_segments() {
        assert_eq!(hole("list"), Ok(None));
        assert_eq!(hole("{{x}}"), Ok(None));
        assert_eq!(hole("{*rest}").unwrap().as_deref(), Some("rest"));
        for wrong in ["{id", "id}", "a{id}", "{id}.json", "{}", "{a-b}", "{1}"] {
            assert!(hole(wrong).is_err(), "{wrong}");
        }
    }
}
