//! The table between the two sides of a many-to-many, whether migrations make it or it is a model of the site's own.

use super::{ModelMeta, Relation, ThroughModel};
use crate::error::{Error, Result};

/// The table between, resolved.
#[derive(Clone, Copy, Debug)]
pub struct Between {
    /// The table.
    pub table: &'static str,
    /// The column that points to the model with the field.
    pub from: &'static str,
    /// The column that points to the other model.
    pub to: &'static str,
    /// Is each pair kept in both directions?
    pub symmetrical: bool,
    /// The model of the table, and its foreign keys to either side, if it is the site's own.
    pub model: Option<(&'static ModelMeta, u16, u16)>,
}

impl ModelMeta {
    /// The table between this model and the target of its many-to-many field `index`.
    ///
    /// # Errors
    /// If the field is no many-to-many, a model is in no app, or the model between has not exactly one foreign key to
    /// either side and the field does not say which.
    pub fn between(&'static self, index: u16) -> Result<Between> {
        let none = || Error::internal(format!("field {index} of {} is no many-to-many relation", self.name));
        let field = self.field_at(index).ok_or_else(none)?;
        let Relation::ManyToMany { to, through } = field.relation else { return Err(none()) };
        let symmetrical = through.symmetrical;
        let Some(own) = through.model else {
            let table = self.through_table(index)?;
            return Ok(Between { table, from: through.from, to: through.to, symmetrical, model: None });
        };
        let (model, target) = (own.model.get().ok_or_else(none)?, to.get().ok_or_else(none)?);
        let (from, to) = self.sides(field.name, model, own, target)?;
        let column = |index: u16| model.field_at(index).map_or("", |field| field.column);
        Ok(Between {
            table: &model.identity()?.table,
            from: column(from),
            to: column(to),
            symmetrical,
            model: Some((model, from, to)),
        })
    }

    /// The foreign keys of the model between to either side.
    fn sides(
        &'static self,
        name: &str,
        model: &'static ModelMeta,
        own: ThroughModel,
        target: &'static ModelMeta,
    ) -> Result<(u16, u16)> {
        let find = |given: Option<u16>, side: &'static ModelMeta| {
            let leads = |index: &u16| {
                model.field_at(*index).is_some_and(|field| {
                    matches!(field.relation, Relation::ToOne { .. }) && field.relation.target() == Some(side)
                })
            };
            let all: Vec<u16> = match given {
                Some(index) => vec![index],
                None => model.columns().map(|(index, _)| index).collect(),
            };
            let all: Vec<u16> = all.into_iter().filter(leads).collect();
            let names = || all.iter().filter_map(|i| model.field_at(*i)).map(|f| f.name).collect::<Vec<_>>();
            match all.as_slice() {
                [one] => Ok(*one),
                [] => Err(Error::internal(format!(
                    "{}.{name} goes through {}, which has no foreign key to {}: give it one",
                    self.name, model.name, side.name
                ))),
                _ => Err(Error::internal(format!(
                    "{}.{name} goes through {}, which has several foreign keys to {} ({}): say which ones are meant, \
                     #[field(through = {}, through_fields = (to_{}, to_{}))]",
                    self.name,
                    model.name,
                    side.name,
                    names().join(", "),
                    model.name,
                    self.name.to_lowercase(),
                    target.name.to_lowercase(),
                ))),
            }
        };
        Ok((find(own.from, self)?, find(own.to, target)?))
    }
}
