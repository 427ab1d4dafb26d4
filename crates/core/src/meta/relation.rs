use std::{fmt, sync::OnceLock};

use super::ModelMeta;

/// What happens to the rows that point to a deleted one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OnDelete {
    /// They go too.
    Cascade,
    /// The deletion is refused.
    Protect,
    /// The deletion is refused, unless they go too on another way: by the cascade of another key of theirs.
    Restrict,
    /// Their key becomes NULL.
    SetNull,
    /// Their key becomes the field's default.
    SetDefault,
    /// Their key becomes the field's [`on_delete_value`](super::FieldMeta::on_delete_value).
    Set,
    /// Nothing: the database's constraint decides at commit.
    DoNothing,
}

/// Another model: a function for compiled models, so that cycles are fine; a cell for models rebuilt from migrations.
#[derive(Clone, Copy)]
pub enum ModelRef {
    /// The model of a compiled type.
    Type(fn() -> &'static ModelMeta),
    /// A model that is filled in while a set of historical models is built.
    Cell(&'static OnceLock<&'static ModelMeta>),
}

impl ModelRef {
    /// The model, unless a historical set was left incomplete.
    #[must_use]
    pub fn get(self) -> Option<&'static ModelMeta> {
        match self {
            ModelRef::Type(meta) => Some(meta()),
            ModelRef::Cell(cell) => cell.get().copied(),
        }
    }
}

impl fmt::Debug for ModelRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.get().map_or("?", |m| m.name))
    }
}

/// The table between the two sides of a many-to-many relation.
#[derive(Clone, Copy, Debug)]
pub struct Through {
    /// Its name, or `None` for `{table}_{field}`.
    pub table: Option<&'static str>,
    /// The column that points to the model with the field.
    pub from: &'static str,
    /// The column that points to the other model.
    pub to: &'static str,
    /// The model of the table, where it is the site's own: its columns and its table take the place of those above.
    pub model: Option<ThroughModel>,
    /// Is each pair kept in both directions, as friends are? Only between rows of one model.
    pub symmetrical: bool,
}

impl Through {
    /// A table that migrations make: what macros start from.
    pub const BASE: Through = Through { table: None, from: "", to: "", model: None, symmetrical: false };
}

/// A model of the site's own between the two sides of a many-to-many.
#[derive(Clone, Copy, Debug)]
pub struct ThroughModel {
    /// The model.
    pub model: ModelRef,
    /// Its foreign key to the model with the field; `None` for the only one that leads there.
    pub from: Option<u16>,
    /// Its foreign key to the other model; `None` for the only one that leads there.
    pub to: Option<u16>,
}

/// How a field leads to other rows.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Relation {
    /// It doesn't.
    None,
    /// A foreign key.
    ToOne {
        /// The other model.
        to: ModelRef,
        /// What happens here when the other row goes.
        on_delete: OnDelete,
    },
    /// Many-to-many through a table.
    ManyToMany {
        /// The other model.
        to: ModelRef,
        /// The table between.
        through: Through,
    },
    /// The other end of a foreign key that no two rows share: one row or none.
    HasOne {
        /// The other model.
        to: ModelRef,
        /// The index of its foreign key that leads here.
        via: u16,
    },
    /// The other end of a foreign key or of a many-to-many.
    HasMany {
        /// The other model.
        to: ModelRef,
        /// The index of its field that leads here.
        via: u16,
    },
}

impl Relation {
    /// The other model, if it is a relation.
    #[must_use]
    pub fn target(&self) -> Option<&'static ModelMeta> {
        match self {
            Relation::None => None,
            Relation::ToOne { to, .. }
            | Relation::ManyToMany { to, .. }
            | Relation::HasOne { to, .. }
            | Relation::HasMany { to, .. } => to.get(),
        }
    }
}
