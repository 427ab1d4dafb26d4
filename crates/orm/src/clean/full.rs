//! `full_clean`: all that can be told about a row before it is written.

use std::panic::Location;

use quintet_core::{BoxFuture, Result, meta::FieldMeta};

use super::lookup::{Looked, look_up};
use crate::{
    ast::Node,
    executor::Executor,
    model::Model,
    validate::check_given,
    write::{Draft, Edit},
};

impl<M: Model> Draft<M> {
    /// Checks the row without inserting it, as for a person who filled in a form: each field (a text that may not be blank
    /// must say something), the model's own rules, and by looking into the database whether unique values are free and
    /// foreign keys lead to rows.
    ///
    /// Inserting checks all but the looks and the blanks again; what another has taken in between is then a `Conflict` (409)
    /// with the same messages by field.
    ///
    /// # Errors
    /// Of kind `Invalid` (422) with all that is wrong, by field.
    #[track_caller]
    pub fn full_clean<'a>(&self, db: &'a dyn Executor) -> BoxFuture<'a, Result>
    where
        M: 'a,
    {
        let at = Location::caller();
        let (row, mut errors) = self.raw.checked(Default::default(), check_given);
        Box::pin(async move {
            let value = |index: u16| {
                let place = row.fields.iter().position(|field| *field == index)?;
                match row.values.get(place) {
                    Some(Node::Value(value)) => Some(value.clone()),
                    _ => None,
                }
            };
            let looked = Looked { meta: M::meta(), values: &value, touched: &|_| true, own: None };
            look_up(looked, &mut errors, db, at).await?;
            errors.into_result().map_err(|error| error.at(at))
        })
    }
}

impl<M: Model> Edit<M> {
    /// Checks the changes without saving them, as [`Draft::full_clean`] does. What the model's own rules set is set in this
    /// row.
    ///
    /// # Errors
    /// Of kind `Invalid` (422) with all that is wrong, by field.
    #[track_caller]
    pub fn full_clean<'a>(&'a mut self, db: &'a dyn Executor) -> BoxFuture<'a, Result> {
        let at = Location::caller();
        Box::pin(async move {
            let mut errors = self.clean(check_given).map_err(|error| error.at(at))?;
            let changed: Vec<u16> = self.changes().into_iter().map(|(index, _)| index).collect();
            let row: &M = self;
            // What the database will compute is not known yet.
            let computed = |index: u16| M::meta().field_at(index).is_some_and(FieldMeta::is_generated);
            let value = |index: u16| row.value_at(index).filter(|_| !computed(index));
            let looked = Looked {
                meta: M::meta(),
                values: &value,
                touched: &|index| changed.contains(&index),
                own: Some(self.own_key()),
            };
            look_up(looked, &mut errors, db, at).await?;
            errors.into_result().map_err(|error| error.at(at))
        })
    }
}
