use syn::{Attribute, Error, Expr, LitStr, Token, parse_quote};

use crate::near::did_you_mean;

const KNOWN: [&str; 7] = ["default", "help", "label", "max", "max_length", "min", "min_length"];

/// What `#[field(..)]` says.
#[derive(Default)]
pub(super) struct Options {
    pub(super) default: Option<Expr>,
    pub(super) help: Option<String>,
    pub(super) label: Option<String>,
    pub(super) max: Option<Expr>,
    pub(super) min: Option<Expr>,
    pub(super) max_length: Option<Expr>,
    pub(super) min_length: Option<Expr>,
}

impl Options {
    /// Reads the attributes and takes them off the field.
    pub(super) fn take(attributes: &mut Vec<Attribute>) -> syn::Result<Self> {
        let mut options = Options::default();
        for attribute in attributes.iter().filter(|a| a.path().is_ident("field")) {
            attribute.parse_nested_meta(|meta| {
                let word = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
                if !KNOWN.contains(&word.as_str()) {
                    let (near, known) = (did_you_mean(&word, KNOWN), KNOWN.join(", "));
                    return Err(meta.error(format!("unknown field option `{word}`{near} (known: {known})")));
                }
                if !meta.input.peek(Token![=]) {
                    return Err(meta.error(format!("`{word}` needs a value: `{word} = …`")));
                }
                let value: Expr = meta.value()?.parse()?;
                options.set(&word, value)
            })?;
        }
        attributes.retain(|a| !a.path().is_ident("field"));
        Ok(options)
    }

    fn set(&mut self, word: &str, value: Expr) -> syn::Result<()> {
        match word {
            "default" => self.default = Some(value),
            "help" => self.help = Some(text(&value)?),
            "label" => self.label = Some(text(&value)?),
            "max" => self.max = Some(value),
            "min" => self.min = Some(value),
            "max_length" => self.max_length = Some(value),
            _ => self.min_length = Some(value),
        }
        Ok(())
    }
}

fn text(value: &Expr) -> syn::Result<String> {
    let literal: LitStr = syn::parse2(parse_quote!(#value))
        .map_err(|_| Error::new_spanned(value, "expected text in quotes"))?;
    Ok(literal.value())
}
