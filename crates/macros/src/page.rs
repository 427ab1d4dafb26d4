//! `page!("film.html", film, q: p.q)`: the file must be in the crate's `templates/`.

use std::path::{Path, PathBuf};

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Error, Expr, LitStr, Token, parse::ParseStream, parse::Parser, spanned::Spanned};

use crate::{common, near::nearest};

pub(crate) fn expand(input: TokenStream) -> syn::Result<TokenStream> {
    expand_in(input, &templates())
}

/// `email!("mail/thanks.html", text: review.text)`: a mail of a template, checked in the same way.
pub(crate) fn expand_email(input: TokenStream) -> syn::Result<TokenStream> {
    let mail = common::room("mail");
    of_template(
        input,
        &templates(),
        "an email",
        "email!(\"mail/thanks.html\", name)",
        &quote!(#mail::Mail::template),
    )
}

fn templates() -> PathBuf {
    PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default()).join("templates")
}

fn expand_in(input: TokenStream, directory: &Path) -> syn::Result<TokenStream> {
    let web = common::room("web");
    of_template(input, directory, "a page", "page!(\"film.html\", film)", &quote!(#web::Page::new))
}

/// What `make` makes of a template, with values.
fn of_template(
    input: TokenStream,
    directory: &Path,
    what: &str,
    example: &str,
    make: &TokenStream,
) -> syn::Result<TokenStream> {
    let read = |input: ParseStream<'_>| Input::read(input, what, example);
    let Input { template, values } = read.parse2(input)?;
    check(&template, directory)?;
    let values = values.iter().map(|(name, value)| {
        let text = name.to_string();
        let text = text.trim_start_matches("r#");
        match value {
            Some(value) => quote_spanned!(value.span()=> .with(#text, &(#value))),
            None => quote_spanned!(name.span()=> .with(#text, &#name)),
        }
    });
    Ok(quote!(#make(#template) #(#values)*))
}

struct Input {
    template: LitStr,
    values: Vec<(Ident, Option<Expr>)>,
}

impl Input {
    fn read(input: ParseStream<'_>, what: &str, example: &str) -> syn::Result<Self> {
        let start = format!("{what} starts with its template: {example}");
        let template: LitStr = input.parse().map_err(|e| Error::new(e.span(), start))?;
        let mut values: Vec<(Ident, Option<Expr>)> = Vec::new();
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            let name: Ident =
                input.parse().map_err(|e| Error::new(e.span(), "expected a variable, or `name: value`"))?;
            if values.iter().any(|(n, _)| *n == name) {
                return Err(Error::new(name.span(), format!("`{name}` is given twice")));
            }
            let value =
                if input.parse::<Option<Token![:]>>()?.is_some() { Some(input.parse()?) } else { None };
            values.push((name, value));
        }
        Ok(Input { template, values })
    }
}

/// A crate without `templates/` shows the templates of other apps, which are found at run time.
pub(crate) fn check(template: &LitStr, directory: &Path) -> syn::Result<()> {
    let text = template.value();
    let name = text.split('#').next().unwrap_or_default();
    if !directory.is_dir() || directory.join(name).is_file() {
        return Ok(());
    }
    let mut known = Vec::new();
    list(directory, directory, &mut known);
    let hint = match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => format!("; did you mean \"{near}\"?"),
        None if known.is_empty() => "; the directory is empty".to_owned(),
        None => String::new(),
    };
    Err(Error::new(template.span(), format!("no template \"{name}\" in templates/{hint}")))
}

fn list(start: &Path, directory: &Path, known: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            list(start, &path, known);
        } else if let Ok(below) = path.strip_prefix(start) {
            known.push(below.to_string_lossy().replace('\\', "/"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_must_be_there() {
        // Any directory with files will do: this one's.
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let error = |input| expand_in(input, &here).expect_err("a mistake").to_string();
        assert!(expand_in(quote!("page.rs", film, q: p.q), &here).is_ok());
        assert!(expand_in(quote!("data/member.rs#list"), &here).is_ok());
        assert_eq!(
            error(quote!("pgae.rs")),
            "no template \"pgae.rs\" in templates/; did you mean \"page.rs\"?"
        );
        assert_eq!(error(quote!("page.rs", film, film: 1)), "`film` is given twice");
        assert_eq!(error(quote!(film)), "a page starts with its template: page!(\"film.html\", film)");
        assert!(expand_in(quote!("x.html"), &here.join("none")).is_ok());
    }

    #[test]
    fn a_mail_is_checked_in_the_same_way() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let email = |input| {
            of_template(input, &here, "an email", "email!(\"mail/thanks.html\", name)", &quote!(mail))
        };
        let error = |input| email(input).expect_err("a mistake").to_string();
        assert_eq!(
            error(quote!("pgae.rs")),
            "no template \"pgae.rs\" in templates/; did you mean \"page.rs\"?"
        );
        assert_eq!(
            error(quote!(name)),
            "an email starts with its template: email!(\"mail/thanks.html\", name)"
        );
        assert_eq!(
            email(quote!("page.rs", name)).unwrap().to_string(),
            "mail (\"page.rs\") . with (\"name\" , & name)"
        );
    }

    #[test]
    fn values_go_by_reference_under_their_names() {
        let code = expand_in(quote!("a.html", film, q: p.q), Path::new("/nowhere")).unwrap().to_string();
        assert!(
            code.contains(". with (\"film\" , & film)") && code.contains(". with (\"q\" , & (p . q))"),
            "{code}"
        );
    }
}
