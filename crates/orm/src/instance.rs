//! What every row can do, whatever its model.

use std::{borrow::Cow, panic::Location};

use quintet_core::{
    BoxFuture, Error, FieldErrors, Result, Value,
    meta::Relation,
    near::did_you_mean,
    value::{Map, Unloaded},
};

use crate::{
    db::{at_primary, to_home},
    executor::Executor,
    expr::{Expr, IntoAssigns},
    key::{Key, key_is},
    model::{Model, Record, Relative},
    query::{QuerySet, Related},
    relation::{Many, OneCol},
    validate::check,
    write::{Edit, Update, delete_rows},
};

/// The methods of rows: every model has them.
pub trait Instance: Model {
    /// Starts editing: `save` writes the columns that have changed.
    fn edit(self) -> Edit<Self> {
        Edit::new(self)
    }

    /// Changes this row in the database, computed there: `film.update(Film.votes.set(Film.votes + 1)).exec(&db)`. The
    /// value in memory stays as it is.
    fn update(&self, assigns: impl IntoAssigns<Self>) -> Update<Self> {
        Update::new(this(self).into_select(), assigns)
    }

    /// Deletes this row. Gives 0 if it was gone already.
    ///
    /// # Errors
    /// Of kind `Protected` (409) if a row that stays points to it.
    #[track_caller]
    fn delete<'a>(&self, db: &'a dyn Executor) -> BoxFuture<'a, Result<u64>> {
        Box::pin(delete_rows(this(self).into_select(), db, Location::caller()))
    }

    /// The row as the database has it now, with nothing of what was loaded beside it.
    ///
    /// # Errors
    /// Of kind `NotFound` (404) if it is gone.
    #[track_caller]
    fn refresh(&self, db: &dyn Executor) -> impl Future<Output = Result<Self>> + Send {
        let at = Location::caller();
        let key = self.pk().to_key();
        async move {
            to_home!(db, Self::meta(), at);
            // A copy may not know yet of what was written a moment ago.
            at_primary!(db);
            this(self).only(db, Some(key), at).await
        }
    }

    /// The objects of one of its to-many relations, as a query and as a set: `film.related(Film.reviews)`.
    fn related<C: Model, const I: u16>(&self, _relation: Many<Self, C, I>) -> Related<C> {
        Related::new(Self::meta(), I, self.pk().to_key())
    }

    /// The object at the other end of a one-to-one relation, if there is one: `user.related_one(User.profile, &db)`.
    ///
    /// # Errors
    /// If the database fails, or the row does not hold what the model says.
    #[track_caller]
    fn related_one<C: Model, const I: u16>(
        &self,
        _relation: OneCol<Self, C, I>,
        db: &dyn Executor,
    ) -> impl Future<Output = Result<Option<C>>> + Send {
        Related::<C>::new(Self::meta(), I, self.pk().to_key()).query().first(db)
    }

    /// The value of a column, by the field's name.
    ///
    /// # Errors
    /// If there is no such column, with the nearest name.
    #[track_caller]
    fn get_field(&self, name: &str) -> Result<Value> {
        let at = Location::caller();
        column(self, name).and_then(|index| value(self, index)).map_err(|error| error.at(at))
    }

    /// Sets a column, by the field's name, after the checks that an insert would make.
    ///
    /// # Errors
    /// If there is no such column; of kind `Invalid` (422) if the value is wrong.
    #[track_caller]
    fn set_field(&mut self, name: &str, value: impl Into<Value>) -> Result {
        let at = Location::caller();
        set(self, name, &value.into()).map_err(|error| error.at(at))
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model> Instance for M {}

/// The query for one row.
fn this<M: Model>(row: &M) -> QuerySet<M> {
    QuerySet::new().unscoped().filter(Expr::from_node(key_is(M::meta(), row.pk().to_key())))
}

fn column(record: &dyn Record, name: &str) -> Result<u16> {
    let meta = record.model();
    match meta.field(name) {
        Some((index, field)) if field.is_column() => Ok(index),
        _ => {
            let near = did_you_mean(name, meta.columns().map(|(_, field)| field.name));
            Err(Error::bad_request(format!("{} has no column `{name}`{near}", meta.name)))
        }
    }
}

fn value(record: &dyn Record, index: u16) -> Result<Value> {
    record.value_at(index).ok_or_else(|| Error::internal(format!("field {index} is no column")))
}

fn set(record: &mut dyn Record, name: &str, value: &Value) -> Result {
    let index = column(record, name)?;
    if let Some(field) = record.model().field_at(index) {
        let mut errors = FieldErrors::new();
        check(field, value, &mut errors);
        errors.into_result()?;
    }
    if let Err(error) = record.set_at(index, value) {
        let mut errors = FieldErrors::new();
        errors.push(name.to_owned(), error.to_string());
        return errors.into_result();
    }
    Ok(())
}

/// A row as templates and JSON see it: columns and relations by name, the key of each foreign key as `{field}_id`. Secret
/// fields are left out; relations that were not loaded are `NotLoaded`.
pub fn to_value(record: &dyn Record) -> Value {
    let meta = record.model();
    let mut map: Map = Vec::with_capacity(meta.fields.len());
    let shown = |relation: &dyn Relative, index| {
        relation.show().unwrap_or_else(|| Value::NotLoaded(Unloaded::new(meta, index)))
    };
    for (field, index) in meta.fields.iter().zip(0u16..) {
        if field.secret {
            continue;
        }
        match field.relation {
            Relation::None => {
                map.push((Cow::Borrowed(field.name), record.value_at(index).unwrap_or_default()))
            }
            Relation::ToOne { .. } => {
                let key = match field.column.strip_suffix("_id") {
                    Some(name) if name == field.name => Cow::Borrowed(field.column),
                    _ => Cow::Owned(format!("{}_id", field.name)),
                };
                map.push((key, record.value_at(index).unwrap_or_default()));
                // An empty key has no object: that is known without loading it.
                let object = record.relation_at(index).map(|relation| shown(relation, index));
                map.push((Cow::Borrowed(field.name), object.unwrap_or_default()));
            }
            _ => {
                let objects = record.relation_at(index).map(|relation| shown(relation, index));
                map.extend(objects.map(|objects| (Cow::Borrowed(field.name), objects)));
            }
        }
    }
    Value::Map(map)
}
