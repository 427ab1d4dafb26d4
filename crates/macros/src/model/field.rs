//! One field: its shape, read from its type, and `#[field(..)]`.

use proc_macro2::Span;
use syn::{
    Attribute, Error, Expr, Ident, LitInt, LitStr, Path, Result, Type, Visibility, ext::IdentExt,
    meta::ParseNestedMeta, parenthesized, parse::ParseStream, spanned::Spanned,
};

use super::{
    on_delete::OnDelete,
    rules::{self, Rules},
};
use crate::common::{doc, generic, last_name};

/// A field, as written.
pub(super) struct Field {
    pub(super) ident: Ident,
    /// The name without `r#`.
    pub(super) name: String,
    pub(super) ty: Type,
    pub(super) vis: Visibility,
    pub(super) docs: Vec<Attribute>,
    pub(super) help: String,
    pub(super) shape: Shape,
    pub(super) options: FieldOptions,
}

/// What the type says.
pub(super) enum Shape {
    /// A column.
    Column,
    /// A foreign key.
    Key { to: Type, optional: bool },
    /// The other end of a one-to-one.
    One { to: Type },
    /// A struct whose fields are columns.
    Embed { prefix: Option<LitStr> },
    /// A to-many relation: a many-to-many, or the other end of a foreign key.
    Many { to: Type, own_table: bool },
}

/// `#[field(..)]`, as written.
#[derive(Default)]
pub(super) struct FieldOptions {
    pub(super) max_length: Option<LitInt>,
    pub(super) max_digits: Option<LitInt>,
    pub(super) decimal_places: Option<LitInt>,
    pub(super) unique: bool,
    pub(super) index: bool,
    /// `index = false`: not even where it is usual.
    pub(super) no_index: bool,
    pub(super) primary_key: bool,
    pub(super) secret: bool,
    pub(super) default: Option<Expr>,
    pub(super) db_default: Option<LitStr>,
    pub(super) generated: Option<LitStr>,
    pub(super) verbose_name: Option<LitStr>,
    pub(super) via: Option<Ident>,
    pub(super) through: Option<Path>,
    pub(super) through_fields: Option<(Ident, Ident)>,
    pub(super) symmetrical: Option<Span>,
    pub(super) on_delete: Option<OnDelete>,
    pub(super) validate: Vec<Path>,
    pub(super) renamed_from: Option<LitStr>,
    pub(super) column: Option<LitStr>,
    pub(super) version: bool,
    pub(super) embed: Option<Span>,
    pub(super) prefix: Option<LitStr>,
    pub(super) rules: Rules,
}

const KNOWN: &str = "max_length, max_digits, decimal_places, unique, index, primary_key, secret, default, db_default, \
                     generated, verbose_name, via, through, through_fields, symmetrical, on_delete, validate, renamed_from, column, \
                     version, embed, prefix";

/// Is this the key, as far as the attributes and the name tell?
pub(super) fn is_key(field: &syn::Field) -> bool {
    let named_id = field.ident.as_ref().is_some_and(|ident| ident == "id");
    named_id
        || field.attrs.iter().filter(|a| a.path().is_ident("field")).any(|attribute| {
            let mut found = false;
            // Mistakes are reported when the options are read.
            let _ = attribute.parse_nested_meta(|meta| {
                found |= meta.path.is_ident("primary_key");
                if meta.input.peek(syn::Token![=]) {
                    let _: Expr = meta.value()?.parse()?;
                } else if meta.input.peek(syn::token::Paren) {
                    let _: proc_macro2::Group = meta.input.parse()?;
                }
                Ok(())
            });
            found
        })
}

impl Field {
    /// Reads a field and takes `#[field]` off it.
    pub(super) fn read(field: &mut syn::Field) -> Result<Self> {
        let ident = field.ident.clone().ok_or_else(|| Error::new(field.span(), "a field needs a name"))?;
        let mut options = FieldOptions::default();
        for attribute in field.attrs.iter().filter(|a| a.path().is_ident("field")) {
            attribute.parse_nested_meta(|meta| options.read(&meta))?;
        }
        field.attrs.retain(|attribute| !attribute.path().is_ident("field"));
        let docs = field.attrs.iter().filter(|a| a.path().is_ident("doc")).cloned().collect();
        let read = Field {
            name: ident.unraw().to_string(),
            help: options.rules.help(&doc(&field.attrs)),
            shape: match options.embed {
                Some(_) => Shape::Embed { prefix: options.prefix.clone() },
                None => shape(&field.ty),
            },
            ty: field.ty.clone(),
            vis: field.vis.clone(),
            ident,
            docs,
            options,
        };
        read.check()?;
        Ok(read)
    }

    fn check(&self) -> Result<()> {
        let options = &self.options;
        let at = |span: Span, message: &str| Err(Error::new(span, message));
        if let Some(on_delete) = &options.on_delete {
            let key = match &self.shape {
                Shape::Key { optional, .. } => Some(*optional),
                _ => None,
            };
            on_delete.check(key, options.default.is_some() || options.db_default.is_some())?;
        }
        let other_end = matches!(self.shape, Shape::Many { own_table: false, .. } | Shape::One { .. });
        if let (Some(via), false) = (&options.via, other_end) {
            return at(
                via.span(),
                "via is for HasMany and HasOne: it names the foreign key on the other side",
            );
        }
        if matches!(self.shape, Shape::Embed { .. }) {
            return self.check_embed();
        }
        if let Some(prefix) = &options.prefix {
            return at(prefix.span(), "prefix is for embedded structs: #[field(embed, prefix = \"home_\")]");
        }
        self.check_through()?;
        if !self.is_column()
            && (options.unique || options.index || options.no_index || options.default.is_some())
        {
            return at(
                self.ident.span(),
                "this relation is no column: it can't be unique, indexed or have a default",
            );
        }
        if let (Some(_), Some(text)) = (&options.default, &options.db_default) {
            return at(text.span(), "a field has one default: default = value, or db_default = \"SQL\"");
        }
        let plain = matches!(self.shape, Shape::Column);
        self.check_generated()?;
        options.rules.check(self.base(), self.is_column(), plain)?;
        self.check_digits()
    }

    /// What the database computes can't come from anywhere else.
    fn check_generated(&self) -> Result<()> {
        let o = &self.options;
        let Some(sql) = &o.generated else { return Ok(()) };
        let message = if !matches!(self.shape, Shape::Column) {
            "a generated column holds a value: a relation can't be computed"
        } else if o.default.is_some() || o.db_default.is_some() {
            "a generated column is always computed: leave its default out"
        } else if o.primary_key || self.name == "id" {
            "the key can't be computed: it is what the row is known by before it is written"
        } else if o.version {
            "a generated column is computed by the database, and a version counted by the ORM: leave one of them out"
        } else if o.rules.is_made() {
            "a generated column is computed by the database: leave on_save out"
        } else if sql.value().trim().is_empty() {
            "generated = \"SQL\" is the expression that the database computes: generated = \"price * seats\""
        } else {
            return Ok(());
        };
        Err(Error::new(sql.span(), message))
    }

    /// An embedded struct has no options of its own: its fields have theirs.
    fn check_embed(&self) -> Result<()> {
        let o = &self.options;
        let own = o.unique
            || o.index
            || o.no_index
            || o.primary_key
            || o.secret
            || o.version
            || o.max_length.is_some()
            || o.max_digits.is_some()
            || o.default.is_some()
            || o.db_default.is_some()
            || o.generated.is_some()
            || o.via.is_some()
            || o.through.is_some()
            || o.on_delete.is_some()
            || o.renamed_from.is_some()
            || o.column.is_some()
            || !o.validate.is_empty()
            || o.rules.are_given();
        if own {
            let message = "an embedded struct has no options but `prefix`: its fields have theirs";
            return Err(Error::new(self.ident.span(), message));
        }
        if self.is_optional() {
            let message = "an embedded struct is always there: let its fields be optional instead";
            return Err(Error::new(self.ty.span(), message));
        }
        Ok(())
    }

    /// Can it be a field of an embedded struct?
    pub(super) fn check_embedded(&self) -> Result<()> {
        let o = &self.options;
        let why = match self.shape {
            Shape::Column if o.primary_key => "the key of a model stays in the model",
            Shape::Column if o.generated.is_some() => {
                "a generated column stays in the model, whose columns its SQL names"
            }
            Shape::Column if o.version => "the version of a model stays in the model",
            Shape::Column => return Ok(()),
            Shape::Embed { .. } => "an embedded struct embeds no other: let the model have both",
            _ => "an embedded struct holds values: relations stay in the model",
        };
        Err(Error::new(self.ty.span(), why))
    }

    fn check_through(&self) -> Result<()> {
        let FieldOptions { through, through_fields, symmetrical, .. } = &self.options;
        let own_table = matches!(self.shape, Shape::Many { own_table: true, .. });
        if let (Some(through), false) = (through, own_table) {
            return Err(Error::new(through.span(), "through is for ManyToMany: it names the model between"));
        }
        if let (Some((first, _)), None) = (through_fields, through) {
            return Err(Error::new(
                first.span(),
                "through_fields names foreign keys of the model between: say which with through = Model",
            ));
        }
        if let (Some(at), false) = (symmetrical, own_table) {
            return Err(Error::new(*at, "symmetrical is for a ManyToMany of a model to itself"));
        }
        Ok(())
    }

    fn check_digits(&self) -> Result<()> {
        let needs = last_name(self.base()).is_some_and(|name| name == "Decimal");
        let (max, places) = (&self.options.max_digits, &self.options.decimal_places);
        match (max, places) {
            (None, None) if needs => Err(Error::new(
                self.ty.span(),
                "a Decimal needs its size: #[field(max_digits = 8, decimal_places = 2)]",
            )),
            (Some(only), None) | (None, Some(only)) => {
                Err(Error::new(only.span(), "max_digits and decimal_places go together"))
            }
            (Some(max), Some(places)) => {
                let (most, behind): (u8, u8) = (max.base10_parse()?, places.base10_parse()?);
                if most == 0 || most > 28 {
                    return Err(Error::new(max.span(), "a Decimal has 1 to 28 digits"));
                }
                if behind > most {
                    return Err(Error::new(places.span(), "decimal_places is a part of max_digits"));
                }
                Ok(())
            }
            (None, None) => Ok(()),
        }
    }

    /// The type without `Option`.
    pub(super) fn base(&self) -> &Type {
        generic(&self.ty, "Option").unwrap_or(&self.ty)
    }

    /// May it be left out and NULL?
    pub(super) fn is_optional(&self) -> bool {
        generic(&self.ty, "Option").is_some()
    }

    /// Is it one of the integer types?
    pub(super) fn is_integer(&self) -> bool {
        last_name(&self.ty)
            .is_some_and(|name| matches!(name.as_str(), "i64" | "i32" | "i16" | "u64" | "u32" | "u16" | "u8"))
    }

    /// Is it a column?
    pub(super) fn is_column(&self) -> bool {
        !matches!(self.shape, Shape::Many { .. } | Shape::One { .. } | Shape::Embed { .. })
    }

    /// Is it a foreign key that no two rows share?
    pub(super) fn is_one_to_one(&self) -> bool {
        generic(self.base(), "OneToOne").is_some()
    }
}

impl FieldOptions {
    fn read(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        let name = meta.path.get_ident().map(Ident::to_string).unwrap_or_default();
        match name.as_str() {
            "max_length" => self.max_length = Some(meta.value()?.parse()?),
            "max_digits" => self.max_digits = Some(meta.value()?.parse()?),
            "decimal_places" => self.decimal_places = Some(meta.value()?.parse()?),
            "unique" => self.unique = true,
            "index" if meta.input.peek(syn::Token![=]) => {
                let wanted = meta.value()?.parse::<syn::LitBool>()?.value;
                (self.index, self.no_index) = (wanted, !wanted);
            }
            "index" => self.index = true,
            "primary_key" => self.primary_key = true,
            "secret" => self.secret = true,
            "default" => self.default = Some(meta.value()?.parse()?),
            "db_default" => self.db_default = Some(meta.value()?.parse()?),
            "generated" => self.generated = Some(meta.value()?.parse()?),
            "verbose_name" => self.verbose_name = Some(meta.value()?.parse()?),
            "via" => self.via = Some(meta.value()?.parse()?),
            "through" => self.through = Some(meta.value()?.parse()?),
            "through_fields" => self.through_fields = Some(pair(meta.value()?)?),
            "symmetrical" => self.symmetrical = Some(meta.path.span()),
            "on_delete" => self.on_delete = Some(meta.value()?.parse()?),
            "validate" => self.validate.push(meta.value()?.parse()?),
            "renamed_from" => self.renamed_from = Some(meta.value()?.parse()?),
            "embed" => self.embed = Some(meta.path.span()),
            "prefix" => self.prefix = Some(meta.value()?.parse()?),
            "version" => self.version = true,
            "column" => self.column = Some(meta.value()?.parse()?),
            _ => {
                if !self.rules.read(&name, meta)? {
                    let more = rules::KNOWN;
                    return Err(meta.error(format!("a field has no option `{name}`; it has {KNOWN}, {more}")));
                }
            }
        }
        Ok(())
    }
}

/// `(group, person)`
fn pair(input: ParseStream<'_>) -> Result<(Ident, Ident)> {
    let inner;
    parenthesized!(inner in input);
    let first = inner.parse()?;
    inner.parse::<syn::Token![,]>()?;
    let second = inner.parse()?;
    inner.parse::<Option<syn::Token![,]>>()?;
    Ok((first, second))
}

fn shape(ty: &Type) -> Shape {
    let key = |ty| ["ForeignKey", "OneToOne"].iter().find_map(|name| generic(ty, name));
    if let Some(to) = key(ty) {
        return Shape::Key { to: to.clone(), optional: false };
    }
    if let Some(to) = generic(ty, "Option").and_then(key) {
        return Shape::Key { to: to.clone(), optional: true };
    }
    if let Some(to) = generic(ty, "HasOne") {
        return Shape::One { to: to.clone() };
    }
    if let Some(to) = generic(ty, "ManyToMany") {
        return Shape::Many { to: to.clone(), own_table: true };
    }
    if let Some(to) = generic(ty, "HasMany") {
        return Shape::Many { to: to.clone(), own_table: false };
    }
    Shape::Column
}
