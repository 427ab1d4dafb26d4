//! Rows of a query, each with the whole object that it was made of: for whoever must look at an object before a part of it goes out.

use std::{
    any::{Any, TypeId},
    panic::Location,
    sync::Arc,
};

use quintet_core::{Error, Result, Value};

use super::{QuerySet, is_empty};
use crate::{
    ast::{PathKey, Select, model_columns},
    db::at_home,
    decode::{Cursor, DecodeCx, Scales, sink::Decode},
    executor::Executor,
    expr::{Cond, Expr},
    key::{Key, key_in, keys_at_once},
    model::Model,
    row::{RowAccess, RowSink},
    shape::{Level, Parts, load},
    sql::{self, Ask},
};

/// The rows of the query that have these keys, each with its object, both of one statement: what was looked at is what is given. Only
/// what a shape loads into a `Vec` is read after it.
///
/// # Errors
/// If the database fails, or a row does not hold what the model says; if relations are to be loaded into rows that are no models.
#[track_caller]
pub fn beside_models<'a, M, O>(
    query: QuerySet<M, O>,
    keys: Vec<Value>,
    db: &'a dyn Executor,
) -> impl Future<Output = Result<Vec<(Arc<M>, Arc<O>)>>> + Send + use<'a, M, O>
where
    M: Model,
    O: Send + Sync + 'static,
{
    let at = Location::caller();
    async move {
        let mut found = Vec::with_capacity(keys.len());
        for chunk in keys.chunks(keys_at_once(db.dialect().max_parameters, M::Pk::WIDTH)) {
            let some: Cond<M> = Expr::from_node(key_in(M::meta(), chunk.to_vec()));
            found.extend(pairs(query.clone().filter(some), db, at).await?);
        }
        Ok(found)
    }
}

async fn pairs<M, O>(
    query: QuerySet<M, O>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<Vec<(Arc<M>, Arc<O>)>>
where
    M: Model,
    O: Send + Sync + 'static,
{
    // Whole objects are read once.
    if TypeId::of::<M>() == TypeId::of::<O>() {
        let query: Box<dyn Any + Send> = Box::new(query);
        let Ok(query) = query.downcast::<QuerySet<M>>() else { return Err(unlike()) };
        let rows = query.rows(db, at).await?.into_iter().map(|row| {
            let model = Arc::new(row);
            let same: Arc<dyn Any + Send + Sync> = model.clone();
            Ok((model, same.downcast::<O>().map_err(|_| unlike())?))
        });
        return rows.collect();
    }
    if query.loads.is_some() {
        let why = "relations can't be loaded into rows that are no whole objects: a shape has them as fields";
        return Err(Error::internal(why).at(at));
    }
    if is_empty(&query.select) {
        return Ok(Vec::new());
    }
    let QuerySet { mut select, decode, parts, .. } = query;
    let parts = parts.unwrap_or_else(|| Arc::new([]));
    let mut columns = Vec::new();
    model_columns(M::meta(), PathKey::ROOT, &mut columns);
    columns.append(&mut select.columns);
    select.columns = columns;
    select.prepare();
    let sink = Sink::<M, O> {
        rows: Vec::new(),
        keys: parts.iter().map(|_| Vec::new()).collect(),
        decode,
        parts: parts.clone(),
        cx: DecodeCx::for_rows(Scales::default()),
    };
    let mut sink = read(&select, sink, db, at).await?;
    let rows = sink.rows.iter_mut().map(|(_, row)| row).collect();
    load(&parts, std::mem::take(&mut sink.keys), rows, Level::first(db, at)).await?;
    Ok(sink.rows.into_iter().map(|(model, row)| (Arc::new(model), Arc::new(row))).collect())
}

async fn read<M: Model, O: Send + 'static>(
    select: &Select,
    mut sink: Sink<M, O>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<Sink<M, O>> {
    at_home!(db, select, at);
    let (stmt, scales) = sql::select(select, Ask::Rows, db.dialect()).map_err(|error| error.at(at))?;
    sink.cx = DecodeCx::for_rows(scales);
    match db.fetch(stmt.at(at), Box::new(sink)).await?.into_any().downcast::<Sink<M, O>>() {
        Ok(mut sink) => {
            sink.cx.finish();
            Ok(*sink)
        }
        Err(_) => Err(Error::internal("the driver gave back another sink than it was given")),
    }
}

fn unlike() -> Error {
    Error::internal("a query's rows are of another type than it says")
}

struct Sink<M, O> {
    rows: Vec<(M, O)>,
    keys: Vec<Vec<Value>>,
    decode: Decode<O>,
    parts: Parts<O>,
    cx: DecodeCx,
}

impl<M: Model, O: Send + 'static> RowSink for Sink<M, O> {
    fn push(&mut self, row: &dyn RowAccess) -> Result<bool> {
        let mut cursor = Cursor::new(row, &mut self.cx);
        let model = M::from_row(&mut cursor)?;
        self.rows.push((model, (self.decode)(&mut cursor)?));
        for (part, keys) in self.parts.iter().zip(&mut self.keys) {
            keys.push(part.read(&mut cursor)?);
        }
        Ok(true)
    }

    fn restart(&mut self) -> bool {
        self.rows.clear();
        self.keys.iter_mut().for_each(Vec::clear);
        self.cx.restart();
        true
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}
