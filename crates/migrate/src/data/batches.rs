use quintet_core::{Result, Value, command::Progress};
use quintet_orm::{
    Tx,
    dynamic::{DynRow, DynSet},
};

/// The rows of a query in parts: [`OldModels::batches`](super::OldModels::batches).
#[derive(Debug)]
#[must_use = "no row is read until .next(tx).await"]
pub struct Batches {
    rows: DynSet,
    size: u64,
    last: Option<Value>,
    ended: bool,
    progress: Progress,
}

impl Batches {
    pub(super) fn new(rows: DynSet, size: u64, progress: Progress) -> Self {
        Batches { rows, size: size.max(1), last: None, ended: false, progress }
    }

    /// The next part; `None` after the last. Rows may be changed and deleted meanwhile.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn next(&mut self, tx: &Tx) -> Result<Option<Vec<DynRow>>> {
        if self.ended {
            return Ok(None);
        }
        let some = self.rows.clone().after(self.last.as_ref(), self.size, tx).await?;
        let count = u64::try_from(some.len()).unwrap_or(u64::MAX);
        self.progress.advance(count);
        self.last = some.last().map(|row| row.key().clone());
        self.ended = count < self.size;
        if self.ended {
            self.progress.finish();
        }
        Ok((count > 0).then_some(some))
    }
}
