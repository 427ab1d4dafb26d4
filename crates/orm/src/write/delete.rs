//! Deletion. What happens to rows that point to a deleted one is the database's work: migrations write `on_delete` into
//! the foreign keys (CASCADE, SET NULL, or none for `protect`), so that it holds for every program that deletes.

use std::panic::Location;

use quintet_core::Result;

use super::explain::explain_delete;
use crate::{ast::Select, executor::Executor, query::is_empty, sql::Render, stmt::Access};

/// Deletes the rows of a query.
pub(crate) async fn delete_rows(
    select: Box<Select>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<u64> {
    if is_empty(&select) {
        return Ok(0);
    }
    let mut render = Render::new(db.dialect());
    render.delete(&select).map_err(|error| error.at(at))?;
    let stmt = render.finish(Access::Write)?.at(at);
    db.execute(stmt).await.map_err(|error| explain_delete(error, select.root, at))
}
