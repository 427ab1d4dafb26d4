use std::fmt;

use quintet_core::{
    FieldErrors, Value,
    meta::{Choice, FieldMeta, Format, ModelMeta},
};
use serde::de::DeserializeOwned;

use super::Given;

/// One field of a `#[data]` type, for whoever reads, shows or documents it.
#[derive(Clone, Copy)]
pub struct DataField {
    /// Its name in JSON, query strings and forms.
    pub name: &'static str,
    /// Its name in Rust, by which templates know it.
    pub ident: &'static str,
    /// What people read beside it.
    pub label: &'static str,
    /// The doc comment, or what `help = "…"` says.
    pub help: &'static str,
    /// Has it a default, so that it may be left out?
    pub has_default: bool,
    /// Fewest characters, or items.
    pub min_length: Option<usize>,
    /// Most characters, or items.
    pub max_length: Option<usize>,
    /// The least value.
    pub min: Option<fn() -> Value>,
    /// The greatest value.
    pub max: Option<fn() -> Value>,
    /// How it looks from outside.
    pub shape: fn() -> DataShape,
    /// What is said of it more rarely.
    pub options: FieldOptions,
    /// Checks the rules of a value that came alone.
    #[doc(hidden)]
    pub judge: fn(Given<'_>, &mut FieldErrors),
}

/// What `#[field(..)]` says of a field beyond its label and its bounds: mostly how forms show it.
#[derive(Clone, Copy)]
pub struct FieldOptions {
    /// The widget of a form, where it is not the one that its type has: a name (`textarea`), or a template of the site's own
    /// (`widgets/map.html`).
    pub widget: Option<&'static str>,
    /// What an empty control shows.
    pub placeholder: Option<&'static str>,
    /// What browsers may fill in: `email`, `new-password`, `off`.
    pub autocomplete: Option<&'static str>,
    /// A regular expression that is found somewhere in the text: `^…$` for the whole.
    pub regex: Option<&'static str>,
    /// Whole steps from `min`, or from 0.
    pub step: Option<fn() -> Value>,
    /// Most digits of a decimal, before and behind the point.
    pub max_digits: Option<u8>,
    /// Most digits of a decimal behind the point.
    pub decimal_places: Option<u8>,
    /// The values that it may have, where its type does not say them.
    pub choices: &'static [Choice],
    /// The groups that the choices stand in, each with how many there are in it; none if they stand in none.
    pub groups: &'static [(&'static str, usize)],
    /// What its text means.
    pub format: Format,
    /// Must a person fill it in (`required`), or may they leave it empty (`blank`)? Where neither is said, its type tells.
    pub required: Option<bool>,
    /// Does `label` stand there, rather than being made of the name?
    pub labelled: bool,
    /// Are blanks around its text taken away in forms?
    pub trim: bool,
    /// What an empty form shows.
    pub initial: Option<fn() -> Value>,
    /// Messages instead of the usual ones, by code: `("required", "who are you?")`.
    pub messages: &'static [(&'static str, &'static str)],
    /// In data of a model: is it none of the model's fields?
    pub own: bool,
    /// Do forms show it without letting anybody change it?
    pub disabled: bool,
    /// Most bytes of a file.
    pub max_size: Option<u64>,
    /// Which files it takes: `image/*,.pdf`.
    pub accept: Option<&'static str>,
    /// Most dots of a picture.
    pub max_pixels: Option<u64>,
}

impl FieldOptions {
    /// A field of which nothing is said.
    pub const NONE: FieldOptions = FieldOptions {
        widget: None,
        placeholder: None,
        autocomplete: None,
        regex: None,
        step: None,
        max_digits: None,
        decimal_places: None,
        choices: &[],
        groups: &[],
        format: Format::Plain,
        required: None,
        labelled: false,
        trim: true,
        initial: None,
        messages: &[],
        own: false,
        disabled: false,
        max_size: None,
        accept: None,
        max_pixels: None,
    };
}

impl DataField {
    /// Must it be given?
    #[must_use]
    pub fn is_required(&self) -> bool {
        !self.has_default && !matches!((self.shape)().kind, ShapeKind::Optional(_))
    }

    /// The model's field that it is, in data of a model.
    #[must_use]
    pub fn column(&self, model: Option<&'static ModelMeta>) -> Option<&'static FieldMeta> {
        model.filter(|_| !self.options.own)?.field(self.ident).map(|(_, field)| field)
    }
}

impl DataField {
    /// What to write instead of something that is no whole number: within the field's own bounds, if it has both.
    pub(super) fn expected_whole(&self, min: i128, max: i128) -> String {
        let bound = |bound: Option<fn() -> Value>| match bound.map(|bound| bound()) {
            Some(Value::Int(n)) => Some(i128::from(n)),
            _ => None,
        };
        match (bound(self.min), bound(self.max)) {
            (Some(min), Some(max)) => format!("expected a whole number from {min} to {max}"),
            _ => whole(min, max),
        }
    }
}

impl fmt::Debug for DataField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", self.name, (self.shape)().kind)
    }
}

/// How a value looks from outside: what JSON, query strings and documents know of its type.
#[derive(Clone)]
pub struct DataShape {
    /// What sort of value it is.
    pub kind: ShapeKind,
    /// Can this be read as the type? Else the reason.
    pub(super) reads: fn(Given<'_>) -> Result<(), String>,
}

/// What sort of value a [`DataShape`] is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ShapeKind {
    /// Text.
    Text,
    /// True or false.
    Bool,
    /// A whole number within bounds.
    Whole {
        /// The least that the type holds.
        min: i128,
        /// The greatest that the type holds.
        max: i128,
    },
    /// A number with a fraction.
    Number,
    /// A decimal number, as text or number.
    Decimal,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// An instant.
    DateTime,
    /// A span of time.
    Duration,
    /// A UUID.
    Uuid,
    /// An IP address.
    Ip,
    /// One of the old kind.
    Ipv4,
    /// One of the new kind.
    Ipv6,
    /// One of these words.
    Choice(&'static [Choice]),
    /// A value or nothing.
    Optional(Box<DataShape>),
    /// Several values.
    List(Box<DataShape>),
    /// Values by name.
    Map(Box<DataShape>),
    /// Fields.
    Object(&'static [DataField]),
    /// Any JSON.
    Json,
    /// A file, which comes with a form.
    File,
    /// What becomes of a file that is kept.
    FileChange,
    /// Something that only serde knows.
    Any,
}

impl DataShape {
    /// The shape of `T`.
    #[must_use]
    pub fn new<T: DeserializeOwned>(kind: ShapeKind) -> Self {
        DataShape { kind, reads: |given| given.read::<T>().map(drop) }
    }

    /// What is not looked into: a field whose reading serde attributes have changed.
    #[must_use]
    pub fn opaque() -> Self {
        DataShape { kind: ShapeKind::Any, reads: |_| Ok(()) }
    }

    /// This shape or nothing. One that is optional already stays as it is.
    #[must_use]
    pub fn optional(self) -> Self {
        match self.kind {
            ShapeKind::Optional(_) => self,
            _ => DataShape { reads: self.reads, kind: ShapeKind::Optional(Box::new(self)) },
        }
    }

    /// What to write instead, for the person who wrote something else.
    pub(super) fn expected(&self) -> Option<String> {
        Some(match &self.kind {
            ShapeKind::Text => "expected text".to_owned(),
            ShapeKind::Bool => "expected true or false".to_owned(),
            ShapeKind::Whole { min, max } => whole(*min, *max),
            ShapeKind::Number | ShapeKind::Decimal => "expected a number".to_owned(),
            ShapeKind::Date => "expected a date such as 2026-11-20".to_owned(),
            ShapeKind::Time => "expected a time such as 18:30:00".to_owned(),
            ShapeKind::DateTime => "expected a date and time such as 2026-11-20T18:30:00Z".to_owned(),
            ShapeKind::Duration => "expected a duration such as PT1H30M".to_owned(),
            ShapeKind::Uuid => "expected a UUID such as 67e55044-10b1-426f-9247-bb680e5fe0c8".to_owned(),
            ShapeKind::Ipv4 => "expected an IPv4 address such as 192.0.2.1".to_owned(),
            ShapeKind::Ipv6 => "expected an IPv6 address such as 2001:db8::1".to_owned(),
            ShapeKind::Ip => "expected an IP address such as 192.0.2.1 or 2001:db8::1".to_owned(),
            ShapeKind::Choice(choices) => {
                let words: Vec<&str> = choices.iter().map(|choice| choice.value).collect();
                format!("expected one of {}", words.join(", "))
            }
            ShapeKind::Optional(inner) => return inner.expected(),
            ShapeKind::List(_) => "expected a list".to_owned(),
            ShapeKind::Map(_) | ShapeKind::Object(_) => "expected an object".to_owned(),
            ShapeKind::Json => "expected JSON".to_owned(),
            ShapeKind::File | ShapeKind::FileChange => crate::upload::data::EXPECTED.to_owned(),
            ShapeKind::Any => return None,
        })
    }

    /// The kind without `Optional`.
    #[must_use]
    pub fn inner(&self) -> &ShapeKind {
        match &self.kind {
            ShapeKind::Optional(shape) => shape.inner(),
            kind => kind,
        }
    }

    /// The code of a message about something that can't be read.
    pub(super) fn code(&self) -> &'static str {
        if matches!(self.inner(), ShapeKind::Choice(_)) { "choice" } else { "invalid" }
    }
}

/// Bounds are worth telling only where people may meet them.
fn whole(min: i128, max: i128) -> String {
    let wide = max > i128::from(u32::MAX);
    match (wide, min == 0) {
        (true, true) => "expected a whole number, not negative".to_owned(),
        (true, false) => "expected a whole number".to_owned(),
        (false, _) => format!("expected a whole number from {min} to {max}"),
    }
}

impl fmt::Debug for DataShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}
