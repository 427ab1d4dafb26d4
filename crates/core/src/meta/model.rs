use std::{any::Any, fmt, sync::OnceLock};

use super::{CheckMeta, CleanRow, FieldMeta, IndexMeta, ModelOptions, Relation, snake_case};
use crate::{
    error::{Error, ErrorKind, Result},
    value::{Kind, Relations},
};

/// A model: one a type, in static memory.
pub struct ModelMeta {
    /// The type's name.
    pub name: &'static str,
    /// The app, where `#[model(app = "…")]` says it; else the app that registers the model.
    pub app: Option<&'static str>,
    /// The table, where `#[model(table = "…")]` says it; else `{app}_{model}`.
    pub table: Option<&'static str>,
    /// The Rust module, for messages only: moving a file changes nothing else.
    pub module: &'static str,
    /// The name for people, singular.
    pub verbose_name: &'static str,
    /// The name for people, plural.
    pub verbose_name_plural: &'static str,
    /// The doc comment.
    pub help_text: &'static str,
    /// The order of rows where a query names none: field index, and whether it descends.
    pub ordering: &'static [(u16, bool)],
    /// Sets of fields that no two rows may share.
    pub unique_together: &'static [&'static [u16]],
    /// Indexes beyond those of single fields.
    pub indexes: &'static [IndexMeta],
    /// Rules that the database checks for every row.
    pub constraints: &'static [CheckMeta],
    /// The fields, in declared order.
    pub fields: &'static [FieldMeta],
    /// The indexes of the fields that make the key.
    pub primary_key: &'static [u16],
    /// The name that it had, for the migration that renames it.
    pub renamed_from: Option<&'static str>,
    /// What the ORM knows of the Rust type; `None` for models that have none, as those rebuilt from migrations.
    pub typed: Option<&'static (dyn Any + Send + Sync)>,
    /// The model's own rules for a row as a whole.
    pub clean: Option<CleanRow>,
    /// Further options.
    pub options: ModelOptions,
    /// Settled when an app claims it.
    pub identity: OnceLock<Identity>,
}

/// A model's place among all models of a site: settled once, when an app claims it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The label of the app.
    pub app: String,
    /// `app.Model`.
    pub label: String,
    /// The table.
    pub table: String,
    /// The tables between, by the index of the many-to-many field.
    through: Vec<(u16, String)>,
    /// The model that took this one's place, or whose place this one took.
    place: Place,
}

/// Does one model stand in another's place?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Its own.
    Own,
    /// That of this one.
    Of(&'static ModelMeta),
    /// This one took it.
    TakenBy(&'static ModelMeta),
}

impl ModelMeta {
    /// Makes the model one of the app labelled `app`, unless the model names its app itself.
    ///
    /// # Errors
    /// If another app has claimed it already.
    pub fn claim(&'static self, app: &str) -> Result {
        let identity = self.identity.get_or_init(|| self.identify(self.app.unwrap_or(app)));
        if let Place::TakenBy(other) | Place::Of(other) = identity.place {
            return Err(Error::internal(format!(
                "model `{}` ({}) can't be registered by `{app}`: in this program `{}` ({}) stands in its place, or it stands in \
                 that one's; have all sites of a program agree",
                self.name, self.module, other.name, other.module
            )));
        }
        if identity.app == self.app.unwrap_or(app) {
            return Ok(());
        }
        Err(Error::internal(format!(
            "model `{}` ({}) belongs to app `{}` and can't be registered by `{app}` as well: \
             remove it from one `.models(..)`, or say #[model(app = \"{}\")]",
            self.name, self.module, identity.app, identity.app
        )))
    }

    /// Puts the model in the place of `other`: it gets the label and the table that `other` would have in the app labelled
    /// `app`, keys to `other` lead to its rows, and `other` is one more view of the table.
    ///
    /// # Errors
    /// If either is somewhere else already.
    pub fn claim_place_of(&'static self, other: &'static ModelMeta, app: &str) -> Result {
        let app = other.app.unwrap_or(app);
        let theirs =
            other.identity.get_or_init(|| Identity { place: Place::TakenBy(self), ..other.identify(app) });
        let ours = || {
            let label = format!("{app}.{}", other.name);
            let place = Place::Of(other);
            let table = other.identify(app).table;
            Identity { label, place, through: self.tables_between(&table), app: app.to_owned(), table }
        };
        if theirs.place == Place::TakenBy(self) && self.identity.get_or_init(ours).place == Place::Of(other) {
            return Ok(());
        }
        Err(Error::internal(format!(
            "`{}` ({}) can't stand in the place of `{}` ({}): in this program one of them has another place already; have all \
             sites of a program agree",
            self.name, self.module, other.name, other.module
        )))
    }

    /// The model that stands in this one's place, else this one.
    #[must_use]
    pub fn standing(&'static self) -> &'static ModelMeta {
        match self.identity.get().map(|identity| identity.place) {
            Some(Place::TakenBy(other)) => other,
            _ => self,
        }
    }

    /// The model in whose place this one stands.
    #[must_use]
    pub fn stands_for(&self) -> Option<&'static ModelMeta> {
        match self.identity.get()?.place {
            Place::Of(other) => Some(other),
            _ => None,
        }
    }

    /// Label and table.
    ///
    /// # Errors
    /// If no app has claimed the model.
    pub fn identity(&self) -> Result<&Identity> {
        if let Some(identity) = self.identity.get() {
            return Ok(identity);
        }
        match self.app {
            Some(app) => Ok(self.identity.get_or_init(|| self.identify(app))),
            None => Err(Error::of_kind(
                ErrorKind::Other,
                http::StatusCode::INTERNAL_SERVER_ERROR,
                format!(
                    "model `{}` ({}) is in no app: add it to `.models((.., {}))` of an app that the site installs, \
                     or say #[model(app = \"…\")]",
                    self.name, self.module, self.name
                ),
            )),
        }
    }

    fn identify(&self, app: &str) -> Identity {
        let table = self.table.map_or_else(|| format!("{app}_{}", snake_case(self.name)), str::to_owned);
        let through = self.tables_between(&table);
        Identity {
            app: app.to_owned(),
            label: format!("{app}.{}", self.name),
            table,
            through,
            place: Place::Own,
        }
    }

    fn tables_between(&self, table: &str) -> Vec<(u16, String)> {
        self.fields
            .iter()
            .zip(0u16..)
            .filter_map(|(field, i)| match field.relation {
                Relation::ManyToMany { through, .. } if through.model.is_none() => {
                    Some((i, through.table.map_or_else(|| format!("{table}_{}", field.name), str::to_owned)))
                }
                _ => None,
            })
            .collect()
    }

    /// `app.Model`, or the bare name before an app claims it.
    #[must_use]
    pub fn label(&self) -> &str {
        self.identity().map_or(self.name, |identity| &identity.label)
    }

    /// The table that migrations make between this model and the target of its many-to-many field `index`. A table of
    /// either sort is found by [`between`](Self::between).
    ///
    /// # Errors
    /// If no app has claimed the model, or the field is no many-to-many or has a model between.
    pub fn through_table(&self, index: u16) -> Result<&str> {
        let through = &self.identity()?.through;
        through.iter().find(|(i, _)| *i == index).map(|(_, table)| table.as_str()).ok_or_else(|| {
            Error::internal(format!("field {index} of {} has no table between of its own", self.name))
        })
    }

    /// The field of this name or column, with its index.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<(u16, &'static FieldMeta)> {
        let mut all = self.fields.iter().zip(0u16..);
        let found = all.clone().find(|(f, _)| f.name == name);
        found.or_else(|| all.find(|(f, _)| f.is_column() && f.column == name)).map(|(f, i)| (i, f))
    }

    /// The field at this index.
    #[must_use]
    pub fn field_at(&self, index: u16) -> Option<&'static FieldMeta> {
        self.fields.get(usize::from(index))
    }

    /// The column that people know a row by: what `#[model(display = "…")]` says, else one that is called `title`, `name`,
    /// `label`, `username` or `slug`, else the first text. `None` if there is no text.
    #[must_use]
    pub fn display_field(&self) -> Option<(u16, &'static FieldMeta)> {
        if let Some(index) = self.options.display {
            return self.field_at(index).map(|field| (index, field));
        }
        let texts = || self.columns().filter(|(_, field)| field.kind == Kind::Text && !field.secret);
        let named = |name: &&str| texts().find(|(_, field)| field.name == *name);
        let known = ["title", "name", "label", "username", "slug"];
        known.iter().find_map(named).or_else(|| texts().next())
    }

    /// The fields that are columns, with their indexes.
    pub fn columns(&self) -> impl Iterator<Item = (u16, &'static FieldMeta)> + use<> {
        self.fields.iter().zip(0u16..).filter(|(f, _)| f.is_column()).map(|(f, i)| (i, f))
    }

    /// The index of the key, if it is a single field. What works for every model takes [`key_fields`](Self::key_fields).
    #[must_use]
    pub fn key(&self) -> Option<u16> {
        match self.primary_key {
            [one] => Some(*one),
            _ => None,
        }
    }

    /// The field that counts the changes of a row, with its index.
    #[must_use]
    pub fn version(&self) -> Option<(u16, &'static FieldMeta)> {
        self.columns().find(|(_, field)| field.version)
    }
}

impl fmt::Debug for ModelMeta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// Two models are the same if they are the same static.
impl PartialEq for ModelMeta {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for ModelMeta {}

impl Relations for ModelMeta {
    fn relation(&self, field: u16) -> Option<(&'static str, &'static str, bool)> {
        let field = self.field_at(field)?;
        match field.relation {
            Relation::None => None,
            Relation::ToOne { .. } | Relation::HasOne { .. } => Some((self.name, field.name, false)),
            Relation::ManyToMany { .. } | Relation::HasMany { .. } => Some((self.name, field.name, true)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        meta::{ModelRef, Through},
        value::Kind,
    };

    static TAG: ModelMeta = ModelMeta {
        name: "FilmTag",
        app: None,
        table: None,
        module: "tests",
        verbose_name: "tag",
        verbose_name_plural: "tags",
        help_text: "",
        ordering: &[],
        unique_together: &[],
        indexes: &[],
        constraints: &[],
        fields: &[
            FieldMeta { name: "id", column: "id", primary_key: true, ..FieldMeta::BASE },
            FieldMeta { name: "name", column: "tag_name", kind: Kind::Text, ..FieldMeta::BASE },
            FieldMeta {
                name: "films",
                relation: Relation::ManyToMany {
                    to: ModelRef::Type(|| &TAG),
                    through: Through { from: "tag_id", to: "film_id", ..Through::BASE },
                },
                ..FieldMeta::BASE
            },
        ],
        primary_key: &[0],
        renamed_from: None,
        typed: None,
        clean: None,
        options: ModelOptions::BASE,
        identity: OnceLock::new(),
    };

    #[test]
    fn a_model_belongs_to_the_app_that_claims_it_first() {
        assert!(TAG.identity().unwrap_err().to_string().contains(".models("));
        TAG.claim("cinema").unwrap();
        TAG.claim("cinema").unwrap();
        assert_eq!(
            (TAG.label(), TAG.identity().unwrap().table.as_str()),
            ("cinema.FilmTag", "cinema_film_tag")
        );
        assert_eq!(TAG.through_table(2).unwrap(), "cinema_film_tag_films");
        assert!(TAG.through_table(1).is_err());
        let error = TAG.claim("shop").unwrap_err().to_string();
        assert!(error.contains("`cinema`") && error.contains("`shop`"), "{error}");
        assert_eq!(TAG.field("tag_name").unwrap().0, 1);
        assert_eq!(TAG.columns().count(), 2);
        assert_eq!(TAG.key(), Some(0));
    }
}
