use super::{Format, MakeValue, Relation, Rules};
use crate::value::{Kind, Value};

/// One value of a `#[derive(Choices)]` enum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What the database stores.
    pub value: &'static str,
    /// What people read.
    pub label: &'static str,
}

/// An enum whose variants are words: `#[derive(Choices)]`.
pub trait Chooses {
    /// All of them, in declared order.
    const CHOICES: &'static [Choice];
}

/// Total digits and digits after the point of an exact decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Digits {
    /// All digits, at most 18 on SQLite.
    pub max: u8,
    /// Digits after the point.
    pub places: u8,
}

/// What a new row gets where nothing was given.
#[derive(Clone, Copy, Debug)]
pub enum FieldDefault {
    /// The field must be given.
    None,
    /// Computed by the program for each row.
    Value(fn() -> Value),
    /// Computed by the database: an SQL expression of the developer's, never of a user's.
    Database(&'static str),
    /// Computed by the database from the row's other columns, always, and anew whenever those change: such an expression. No
    /// program writes the column.
    Generated(&'static str),
}

/// Refuses a value with a message for the person who gave it.
pub type Validator = fn(&Value) -> Result<(), String>;

/// A field of a model.
#[derive(Clone, Copy, Debug)]
pub struct FieldMeta {
    /// The Rust field's name.
    pub name: &'static str,
    /// The column's name; empty for what is no column.
    pub column: &'static str,
    /// The column's type; for a foreign key that of the other model's key.
    pub kind: Kind,
    /// May it be NULL?
    pub null: bool,
    /// Is it the key, or a part of it?
    pub primary_key: bool,
    /// Does the database number it?
    pub auto: bool,
    /// May no two rows share a value?
    pub unique: bool,
    /// Has it an index of its own?
    pub index: bool,
    /// Longest text, in characters.
    pub max_length: Option<u32>,
    /// Size of a decimal.
    pub digits: Option<Digits>,
    /// The allowed values, if it is an enum.
    pub choices: &'static [Choice],
    /// What a new row gets.
    pub default: FieldDefault,
    /// Where it points, if it is a relation.
    pub relation: Relation,
    /// What a foreign key becomes when its row goes, where its rule is [`OnDelete::Set`](super::OnDelete::Set).
    pub on_delete_value: Option<fn() -> Value>,
    /// Is it the number that each change of the row increases, by which a change made meanwhile is noticed?
    pub version: bool,
    /// The name for people.
    pub verbose_name: &'static str,
    /// The doc comment.
    pub help_text: &'static str,
    /// Further checks.
    pub validators: &'static [Validator],
    /// Is it left out of filters, exports, history and logs?
    pub secret: bool,
    /// The name that it had, for the migration that renames the column.
    pub renamed_from: Option<&'static str>,
    /// What its text means.
    pub format: Format,
    /// May a form leave it empty? See [`may_be_blank`](Self::may_be_blank).
    pub blank: bool,
    /// Do forms offer it?
    pub editable: bool,
    /// What its values must keep to.
    pub rules: Rules,
    /// Computed anew by the program whenever the row is saved.
    pub on_save: Option<MakeValue>,
    /// The folder that new files are stored in, with `%Y`, `%m` and `%d` for the day; for [`Format::File`] and
    /// [`Format::Image`].
    pub upload_to: &'static str,
}

impl FieldMeta {
    /// A plain column without any option: what macros and migrations start from.
    pub const BASE: FieldMeta = FieldMeta {
        name: "",
        column: "",
        kind: Kind::BigInt,
        null: false,
        primary_key: false,
        auto: false,
        unique: false,
        index: false,
        max_length: None,
        digits: None,
        choices: &[],
        default: FieldDefault::None,
        relation: Relation::None,
        on_delete_value: None,
        version: false,
        verbose_name: "",
        help_text: "",
        validators: &[],
        secret: false,
        renamed_from: None,
        format: Format::Plain,
        blank: false,
        editable: true,
        rules: Rules::NONE,
        on_save: None,
        upload_to: "",
    };

    /// Is it a column of the table, as opposed to a to-many relation or the other end of a one-to-one?
    #[must_use]
    pub fn is_column(&self) -> bool {
        !matches!(
            self.relation,
            Relation::ManyToMany { .. } | Relation::HasMany { .. } | Relation::HasOne { .. }
        )
    }

    /// May it be left empty by people: because it says so (`blank`), may be NULL, or has an empty text for its default?
    #[must_use]
    pub fn may_be_blank(&self) -> bool {
        let empty = |make: fn() -> Value| matches!(make(), Value::Text(text) if text.is_empty());
        self.blank || self.null || matches!(self.default, FieldDefault::Value(make) if empty(make))
    }

    /// Does the database compute it from the row's other columns, so that nobody writes it?
    #[must_use]
    pub fn is_generated(&self) -> bool {
        matches!(self.default, FieldDefault::Generated(_))
    }

    /// Must `create!` give it?
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.is_column()
            && !self.auto
            && !self.null
            && matches!(self.default, FieldDefault::None)
            && self.on_save.is_none()
    }
}
