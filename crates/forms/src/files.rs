//! Files that are stored beside a row, and those whose place they take.

use quintet_core::{Error, Result, Value, clock, meta::FieldMeta};
use quintet_orm::{Executor, Model, StoredFile, model::Record};
use quintet_storage::Storage;
use quintet_web::Data;

use crate::{shelf::Shelf, state};

/// So much of a name's room is left for what the storage adds where a name is taken.
const ADDED: u32 = 12;

/// What was stored for rows that are not written yet, and what they will not need any more.
pub(crate) struct Kept {
    storage: Option<Storage>,
    new: Vec<String>,
    old: Vec<String>,
}

impl Kept {
    pub(crate) fn new(shelf: Option<&Shelf>) -> Self {
        Kept { storage: shelf.map(|shelf| shelf.storage.clone()), new: Vec::new(), old: Vec::new() }
    }

    /// Stores the new files of the data, each in the folder that its column says. `row` is the row that the data is about.
    pub(crate) async fn keep<T: Data, M: Model>(&mut self, data: &mut T, row: Option<&M>) -> Result {
        for (name, change) in data.file_changes() {
            // Fields of the form's own are for the handler.
            let Some((index, column)) = M::meta().field(name) else { continue };
            if change.is_kept() {
                continue;
            }
            if let Some(file) = change.upload() {
                let storage = self.storage.as_ref().ok_or_else(|| {
                    Error::internal(
                        "a file is to be stored, and there is no storage: read the form in a site",
                    )
                })?;
                let room = column.max_length.map(|most| most.saturating_sub(ADDED));
                let place =
                    StoredFile::place(&FieldMeta { max_length: room, ..*column }, file.name(), clock::now())?;
                self.new.extend(change.store_as(storage, place.name()).await?);
            }
            self.forget(row, index);
        }
        Ok(())
    }

    /// The files of a row that goes.
    pub(crate) fn drop_row<T: Data, M: Model>(&mut self, row: &M) {
        for field in T::FIELDS.iter().filter(|field| state::is_change(field)) {
            if let Some((index, _)) = M::meta().field(field.ident).filter(|_| !field.options.own) {
                self.forget(Some(row), index);
            }
        }
    }

    fn forget(&mut self, row: Option<&impl Record>, index: u16) {
        if let Some(Value::Text(name)) = row.and_then(|row| row.value_at(index))
            && !name.is_empty()
        {
            self.old.push(name);
        }
    }

    /// The rows are not written: the new files go.
    pub(crate) async fn undo(self) {
        let Some(storage) = self.storage else { return };
        for name in self.new {
            if let Err(error) = storage.delete(&name).await {
                tracing::error!(file = name, ?error, "a file that no row has could not be deleted");
            }
        }
    }

    /// The rows are written: what they had before goes once that lasts.
    pub(crate) async fn done(self, db: &dyn Executor) -> Result {
        let Some(storage) = self.storage.filter(|_| !self.old.is_empty()) else { return Ok(()) };
        let old = self.old;
        db.on_commit(async move || {
            for name in old {
                storage.delete(&name).await?;
            }
            Ok(())
        })
        .await
    }
}
