//! `#[model(..)]`.

use syn::{
    Error, Expr, ExprLit, Ident, Lit, LitStr, Meta, Path, Result,
    parse::{Parse, ParseStream},
    spanned::Spanned,
};

use super::index::{self, Check, Index};

/// The options of a model, as written.
#[derive(Default)]
pub(super) struct Options {
    pub(super) app: Option<LitStr>,
    pub(super) table: Option<LitStr>,
    pub(super) ordering: Vec<LitStr>,
    pub(super) verbose_name: Option<LitStr>,
    pub(super) verbose_name_plural: Option<LitStr>,
    pub(super) unique_together: Vec<Vec<LitStr>>,
    pub(super) indexes: Vec<Index>,
    pub(super) checks: Vec<Check>,
    pub(super) renamed_from: Option<LitStr>,
    pub(super) handle: Option<Ident>,
    pub(super) clean: Option<Path>,
    pub(super) unmanaged: bool,
    pub(super) permissions: Vec<(LitStr, LitStr)>,
    pub(super) default_permissions: Option<Vec<LitStr>>,
    pub(super) get_latest_by: Vec<LitStr>,
    pub(super) natural_key: Vec<LitStr>,
    pub(super) scope: Option<Path>,
    pub(super) database: Option<LitStr>,
    pub(super) display: Option<LitStr>,
    pub(super) live: bool,
}

const KNOWN: &str = "app, table, ordering, verbose_name, verbose_name_plural, unique_together, indexes, constraints, \
     renamed_from, handle, search, clean, managed, permissions, default_permissions, get_latest_by, natural_key, scope, database, display, live";

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Options::default();
        while !input.is_empty() {
            if index::is_next(input) {
                index::read(input, &mut options.indexes, &mut options.checks)?;
                index::comma(input)?;
                continue;
            }
            let meta: Meta = input.parse()?;
            index::comma(input)?;
            // The only option that is on or off and is off by itself.
            if meta.path().is_ident("live") {
                options.live = match &meta {
                    Meta::Path(_) => true,
                    Meta::NameValue(pair) => flag(&pair.value)?,
                    Meta::List(list) => {
                        let message = "`live` has no parts: #[model(live)]; what is shown to whom is said where it is heard";
                        return Err(Error::new(list.span(), message));
                    }
                };
                continue;
            }
            let Meta::NameValue(pair) = &meta else {
                return Err(Error::new(
                    meta.span(),
                    format!("expected `option = value`; a model's options are {KNOWN}"),
                ));
            };
            let name = pair.path.get_ident().map(Ident::to_string).unwrap_or_default();
            match name.as_str() {
                "app" => options.app = Some(text(&pair.value)?),
                "table" => options.table = Some(text(&pair.value)?),
                "verbose_name" => options.verbose_name = Some(text(&pair.value)?),
                "verbose_name_plural" => options.verbose_name_plural = Some(text(&pair.value)?),
                "renamed_from" => options.renamed_from = Some(text(&pair.value)?),
                "ordering" => options.ordering = texts(&pair.value)?,
                "unique_together" => options.unique_together = sets(&pair.value)?,
                "clean" => options.clean = Some(path(&pair.value)?),
                "managed" => options.unmanaged = !flag(&pair.value)?,
                "permissions" => options.permissions = pairs(&pair.value)?,
                "default_permissions" => options.default_permissions = Some(texts(&pair.value)?),
                "get_latest_by" => options.get_latest_by = texts(&pair.value)?,
                "database" => options.database = Some(database(&pair.value)?),
                "natural_key" => {
                    options.natural_key = texts(&pair.value)?;
                    if options.natural_key.is_empty() {
                        let message = "a natural key needs fields: natural_key = [\"name\"]";
                        return Err(Error::new(pair.value.span(), message));
                    }
                }
                "scope" => options.scope = Some(path(&pair.value)?),
                "display" => options.display = Some(text(&pair.value)?),
                "handle" => options.handle = Some(ident(&pair.value)?),
                "search" => {
                    let fields = texts(&pair.value)?;
                    if fields.is_empty() {
                        let message = "search needs the fields that are searched: search = [\"title\"]";
                        return Err(Error::new(pair.value.span(), message));
                    }
                    if options.indexes.iter().any(Index::is_of_words) {
                        let message = "a model is searched in one list of fields: put all into one `search`";
                        return Err(Error::new(pair.path.span(), message));
                    }
                    options.indexes.push(index::of_words(fields));
                }
                _ => {
                    let message = format!("a model has no option `{name}`; it has {KNOWN}");
                    return Err(Error::new(pair.path.span(), message));
                }
            }
        }
        Ok(options)
    }
}

fn text(value: &Expr) -> Result<LitStr> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(text.clone()),
        other => Err(Error::new(other.span(), "expected a text in quotes")),
    }
}

/// The name of a section `[databases.NAME]`.
fn database(value: &Expr) -> Result<LitStr> {
    let hint = "as in database = \"archive\", whose section is `[databases.archive]`";
    let Ok(name) = text(value) else {
        return Err(Error::new(value.span(), format!("expected the name of a database, {hint}")));
    };
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let text = name.value();
    if text == "default" {
        let message = "models live in the default database anyway: leave `database` out";
        return Err(Error::new(name.span(), message));
    }
    if !text.starts_with(|c: char| c.is_ascii_lowercase()) || !text.chars().all(plain) {
        let message = format!("a database's name has small letters, digits and underscores, {hint}");
        return Err(Error::new(name.span(), message));
    }
    Ok(name)
}

fn texts(value: &Expr) -> Result<Vec<LitStr>> {
    match value {
        Expr::Array(array) => array.elems.iter().map(text).collect(),
        one => Ok(vec![text(one)?]),
    }
}

/// `["a", "b"]`, or `[["a", "b"], ["c", "d"]]`.
fn sets(value: &Expr) -> Result<Vec<Vec<LitStr>>> {
    let Expr::Array(array) = value else {
        return Err(Error::new(
            value.span(),
            "expected a list of fields, as in unique_together = [\"title\", \"year\"]",
        ));
    };
    if array.elems.iter().all(|element| matches!(element, Expr::Array(_))) {
        return array.elems.iter().map(texts).collect();
    }
    Ok(vec![texts(value)?])
}

fn flag(value: &Expr) -> Result<bool> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Bool(flag), .. }) => Ok(flag.value),
        other => Err(Error::new(other.span(), "expected true or false")),
    }
}

/// `[("publish", "Can publish")]`
fn pairs(value: &Expr) -> Result<Vec<(LitStr, LitStr)>> {
    let wrong =
        |at: &Expr| Error::new(at.span(), "expected a list of pairs, as in [(\"publish\", \"Can publish\")]");
    let Expr::Array(array) = value else { return Err(wrong(value)) };
    let pair = |element: &Expr| match element {
        Expr::Tuple(tuple) => match tuple.elems.iter().collect::<Vec<_>>().as_slice() {
            [name, label] => Ok((text(name)?, text(label)?)),
            _ => Err(wrong(element)),
        },
        _ => Err(wrong(element)),
    };
    array.elems.iter().map(pair).collect()
}

fn path(value: &Expr) -> Result<Path> {
    match value {
        Expr::Path(path) => Ok(path.path.clone()),
        other => Err(Error::new(other.span(), "expected the name of a function, as in clean = Show::clean")),
    }
}

fn ident(value: &Expr) -> Result<Ident> {
    match value {
        Expr::Path(path) => path.path.get_ident().cloned(),
        _ => None,
    }
    .ok_or_else(|| Error::new(value.span(), "expected a name, as in handle = Films"))
}
