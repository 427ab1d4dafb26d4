//! Rows and those who may hear of them, whatever the model is.

use std::{any::Any, sync::Arc};

use bytes::Bytes;
use quintet_core::{BoxFuture, Error, Result, Value, meta::ModelMeta};
use quintet_orm::{Db, Model, QuerySet, query::beside_models};
use serde::Serialize;

use super::Allow;
use crate::hub::encode;

/// A row as it is told.
pub(super) struct Row {
    pub(super) key: Value,
    /// The model's object, for [`Judge`].
    pub(super) object: Arc<dyn Any + Send + Sync>,
    /// What goes out.
    pub(super) json: Bytes,
}

/// Where the rows of a topic come from.
pub(super) trait Source: Send + Sync {
    fn model(&self) -> &'static ModelMeta;

    /// Those of these keys that are in the query.
    fn load<'a>(&'a self, keys: Vec<Value>) -> BoxFuture<'a, Result<Vec<Row>>>;
}

/// The rows of a query, as JSON of what it makes of them.
pub(super) struct Rows<M: Model, R> {
    pub(super) query: QuerySet<M, R>,
    pub(super) db: Db,
}

impl<M: Model, R: Serialize + Send + Sync + 'static> Source for Rows<M, R> {
    fn model(&self) -> &'static ModelMeta {
        M::meta()
    }

    fn load<'a>(&'a self, keys: Vec<Value>) -> BoxFuture<'a, Result<Vec<Row>>> {
        Box::pin(async move {
            let rows = beside_models(self.query.clone(), keys, &self.db).await?;
            let told = rows.into_iter().map(|(object, row)| {
                let key = quintet_orm::key::Key::to_key(&object.pk());
                Ok(Row { key, json: encode(&*row)?, object })
            });
            told.collect()
        })
    }
}

/// May somebody hear of a row?
pub(super) trait Judge: Send + Sync {
    /// All rows?
    fn of_all(&self) -> bool;

    fn may<'a>(&'a self, row: &'a Row) -> BoxFuture<'a, Result<bool>>;
}

pub(super) struct Judged<M>(pub(super) Allow<M>);

impl<M: Model> Judge for Judged<M> {
    fn of_all(&self) -> bool {
        self.0.is_everybody()
    }

    fn may<'a>(&'a self, row: &'a Row) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            match row.object.clone().downcast::<M>() {
                Ok(object) => self.0.may(&object).await,
                Err(_) => Err(Error::internal("a row is of another model than its query")),
            }
        })
    }
}
