use proc_macro2::Span;
use quote::ToTokens;
use syn::{
    Attribute, Error, Expr, ExprArray, ExprLit, ExprTuple, Ident, Lit, LitInt, LitStr, Path, Token,
    meta::ParseNestedMeta, spanned::Spanned,
};

use super::files::{self, literal};
use crate::{
    common,
    model::{CODES, FORMATS},
    near::did_you_mean,
};

const KNOWN: [&str; 32] = [
    "accept",
    "autocomplete",
    "blank",
    "choices",
    "decimal_places",
    "default",
    "disabled",
    "email",
    "error",
    "help",
    "initial",
    "label",
    "max",
    "max_digits",
    "max_length",
    "max_pixels",
    "max_size",
    "min",
    "min_length",
    "own",
    "placeholder",
    "regex",
    "required",
    "slug",
    "step",
    "trim",
    "unicode_slug",
    "url",
    "validate",
    "widget",
    // Of models; said here so that the error can say what to do.
    "unique",
    "verbose_name",
];

/// What `#[field(..)]` says.
#[derive(Default)]
pub(super) struct Options {
    /// Of files: what it takes, how large they and their pictures may be.
    pub(super) accept: Option<LitStr>,
    pub(super) max_size: Option<(Span, u64)>,
    pub(super) max_pixels: Option<(Span, u64)>,
    pub(super) autocomplete: Option<String>,
    pub(super) blank: bool,
    pub(super) choices: Option<Vec<(String, String)>>,
    /// The groups of the choices, each with how many are in it.
    pub(super) groups: Vec<(String, usize)>,
    /// Of decimals: how many digits, and how many of them behind the point.
    pub(super) max_digits: Option<LitInt>,
    pub(super) decimal_places: Option<LitInt>,
    pub(super) default: Option<Expr>,
    pub(super) disabled: bool,
    /// The word, and the variant of `Format`.
    pub(super) format: Option<(Ident, &'static str)>,
    pub(super) messages: Vec<(String, LitStr)>,
    pub(super) help: Option<String>,
    pub(super) initial: Option<Expr>,
    pub(super) label: Option<String>,
    pub(super) max: Option<Expr>,
    pub(super) min: Option<Expr>,
    pub(super) max_length: Option<Expr>,
    pub(super) min_length: Option<Expr>,
    pub(super) own: bool,
    pub(super) placeholder: Option<String>,
    pub(super) regex: Option<LitStr>,
    pub(super) required: Option<Span>,
    pub(super) step: Option<Expr>,
    pub(super) trim: Option<Expr>,
    pub(super) validate: Vec<Path>,
    pub(super) widget: Option<LitStr>,
}

impl Options {
    /// Reads the attributes and takes them off the field.
    pub(super) fn take(attributes: &mut Vec<Attribute>) -> syn::Result<Self> {
        let mut options = Options::default();
        for attribute in attributes.iter().filter(|a| a.path().is_ident("field")) {
            attribute.parse_nested_meta(|meta| options.read(&meta))?;
        }
        attributes.retain(|a| !a.path().is_ident("field"));
        if let (true, Some(span)) = (options.blank, options.required) {
            return Err(Error::new(span, "`blank` and `required` say the opposite: keep one"));
        }
        if let (Some(most), Some(places)) = (&options.max_digits, &options.decimal_places)
            && most.base10_parse::<u8>()? < places.base10_parse()?
        {
            return Err(Error::new(places.span(), "decimal_places is a part of max_digits"));
        }
        Ok(options)
    }

    fn read(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        let word = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
        match word.as_str() {
            "unique" => {
                return Err(
                    meta.error("uniqueness is the model's: say it there, and here #[data(model = ..)]")
                );
            }
            "verbose_name" => return Err(meta.error("in data it is called `label`: `label = \"…\"`")),
            known if !KNOWN.contains(&known) => {
                let listed = KNOWN.iter().filter(|known| !matches!(**known, "unique" | "verbose_name"));
                let listed = listed.copied().collect::<Vec<_>>().join(", ");
                let near = did_you_mean(&word, KNOWN);
                return Err(meta.error(format!("unknown field option `{word}`{near} (known: {listed})")));
            }
            "error" => return meta.parse_nested_meta(|inner| self.message(&inner)),
            "blank" => self.blank = true,
            "disabled" => self.disabled = true,
            "own" => self.own = true,
            "required" => self.required = Some(meta.path.span()),
            _ => return self.read_more(&word, meta),
        }
        if meta.input.peek(Token![=]) {
            return Err(meta.error(format!("`{word}` has no value: leave out what follows it")));
        }
        Ok(())
    }

    fn read_more(&mut self, word: &str, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        if let Some((_, variant)) = FORMATS.iter().find(|(known, _)| *known == word) {
            if let Some((first, _)) = &self.format {
                return Err(meta.error(format!("the text is `{first}` already: it has one format")));
            }
            self.format = meta.path.get_ident().map(|ident| (ident.clone(), *variant));
            return Ok(());
        }
        if !meta.input.peek(Token![=]) {
            return Err(meta.error(format!("`{word}` needs a value: `{word} = …`")));
        }
        let value = meta.value()?;
        match word {
            "validate" => self.validate.push(value.parse()?),
            "widget" => self.widget = Some(literal(&value.parse()?)?),
            "accept" => self.accept = Some(files::accept(&value.parse()?)?),
            "max_size" => self.max_size = Some(files::size(&value.parse()?)?),
            "max_pixels" => self.max_pixels = Some(files::pixels(&value.parse()?)?),
            "max_digits" => self.max_digits = Some(digits(value.parse()?, 1)?),
            "decimal_places" => self.decimal_places = Some(digits(value.parse()?, 0)?),
            "regex" => self.regex = Some(literal(&value.parse()?)?),
            _ => self.set(word, value.parse()?)?,
        }
        Ok(())
    }

    fn message(&mut self, inner: &ParseNestedMeta<'_>) -> syn::Result<()> {
        let code = inner.path.require_ident()?.to_string();
        let codes: Vec<&str> = CODES.into_iter().chain(files::CODES).collect();
        if !codes.contains(&code.as_str()) {
            let (near, known) = (did_you_mean(&code, codes.iter().copied()), codes.join(", "));
            return Err(inner.error(format!("there is no rule `{code}`{near} (known: {known})")));
        }
        self.messages.push((code, literal(&inner.value()?.parse()?)?));
        Ok(())
    }

    fn set(&mut self, word: &str, value: Expr) -> syn::Result<()> {
        match word {
            "autocomplete" => self.autocomplete = Some(text(&value)?),
            "choices" => {
                let (choices, groups) = grouped(&value)?;
                (self.choices, self.groups) = (Some(choices), groups);
            }
            "default" => self.default = Some(value),
            "help" => self.help = Some(text(&value)?),
            "initial" => self.initial = Some(value),
            "label" => self.label = Some(text(&value)?),
            "max" => self.max = Some(value),
            "min" => self.min = Some(value),
            "max_length" => self.max_length = Some(value),
            "min_length" => self.min_length = Some(value),
            "placeholder" => self.placeholder = Some(text(&value)?),
            "step" => self.step = Some(value),
            _ => self.trim = Some(value),
        }
        Ok(())
    }
}

/// As many digits as a decimal has room for.
fn digits(value: Expr, least: u8) -> syn::Result<LitInt> {
    let wrong =
        |at: &Expr| Error::new_spanned(at, format!("expected {least} to 28: the digits of a Decimal"));
    match &value {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => match number.base10_parse::<u8>() {
            Ok(n) if (least..=28).contains(&n) => Ok(number.clone()),
            _ => Err(wrong(&value)),
        },
        other => Err(wrong(other)),
    }
}

fn text(value: &Expr) -> syn::Result<String> {
    Ok(literal(value)?.value())
}

/// Values, and what people read.
type Choices = Vec<(String, String)>;

/// `[("Europe", ["de", "fr"]), ("Asia", [("jp", "Japan")])]`, or choices that stand in no groups: all of them, and the groups.
fn grouped(value: &Expr) -> syn::Result<(Choices, Vec<(String, usize)>)> {
    let groups = |value: &Expr| -> Option<Vec<(Expr, Expr)>> {
        let Expr::Array(ExprArray { elems, .. }) = value else { return None };
        let pair = |element: &Expr| match element {
            Expr::Tuple(ExprTuple { elems, .. }) => match elems.iter().collect::<Vec<_>>().as_slice() {
                [name, all @ Expr::Array(_)] => Some(((*name).clone(), (*all).clone())),
                _ => None,
            },
            _ => None,
        };
        elems.iter().map(pair).collect()
    };
    let Some(all) = groups(value).filter(|all| !all.is_empty()) else {
        return Ok((choices(value)?, Vec::new()));
    };
    let (mut flat, mut named): (Choices, _) = (Vec::new(), Vec::new());
    for (name, all) in all {
        let inside = choices(&all)?;
        if let Some((value, _)) =
            inside.iter().find(|(value, _)| flat.iter().any(|(other, _)| other == value))
        {
            return Err(Error::new_spanned(all, format!("`{value}` is there already, in another group")));
        }
        named.push((text(&name)?, inside.len()));
        flat.extend(inside);
    }
    Ok((flat, named))
}

/// `["a", "b"]`, `[(1, "one"), (2, "two")]`: what is stored, and what people read.
fn choices(value: &Expr) -> syn::Result<Choices> {
    let wrong = |at: &dyn ToTokens| {
        let why = "expected a list such as [\"small\", \"large\"], [(1, \"one\"), (2, \"two\")], or groups: [(\"Europe\", [\"de\", \"fr\"])]";
        Error::new_spanned(at.to_token_stream(), why)
    };
    let Expr::Array(ExprArray { elems, .. }) = value else { return Err(wrong(value)) };
    let plain = |value: &Expr| match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(text.value()),
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => Ok(number.base10_digits().to_owned()),
        Expr::Unary(_) => Ok(value.to_token_stream().to_string().replace(' ', "")),
        other => Err(wrong(other)),
    };
    let mut all: Choices = Vec::new();
    for element in elems {
        let (value, label) = match element {
            Expr::Tuple(ExprTuple { elems, .. }) if elems.len() == 2 => {
                let mut both = elems.iter().map(plain);
                (both.next().transpose()?.unwrap_or_default(), both.next().transpose()?.unwrap_or_default())
            }
            one => (plain(one)?, common::label(&plain(one)?)),
        };
        if all.iter().any(|(other, _)| *other == value) {
            return Err(Error::new_spanned(element, format!("`{value}` is there already")));
        }
        all.push((value, label));
    }
    if all.is_empty() { Err(wrong(value)) } else { Ok(all) }
}
