//! Rows of a model, written from a form with their files.

use quintet_core::{Error, Result, error::ErrorKind};
use quintet_orm::{Apply, Draft, Executor, Fill, Instance, Model};
use quintet_web::Data;

use crate::{Form, files::Kept};

impl<T: Data> Form<T> {
    /// Inserts the row that `new` makes of the data, and gives it. Files are stored before, each in the folder that its column says
    /// (`upload_to`), and deleted again if the row can't be written.
    ///
    /// Nothing is given, and nothing written, if the form was not sent or something is wrong with it. What the database refuses is told
    /// in the form.
    ///
    /// ```
    /// use quintet_forms::{Form, form};
    /// use quintet_orm::prelude::*;
    /// use quintet_web::{FileChange, Page, data, redirect};
    ///
    /// #[model(app = "docs")]
    /// pub struct Poster {
    ///     #[field(max_length = 60)]
    ///     pub title: String,
    ///     #[field(upload_to = "posters/%Y")]
    ///     pub picture: StoredImage,
    /// }
    ///
    /// #[data(model = Poster)]
    /// struct PosterInput {
    ///     title: String,
    ///     #[field(accept = "image/*", max_size = "5 MB")]
    ///     picture: FileChange,
    /// }
    ///
    /// #[form("/posters/new/")]
    /// async fn add(db: Db, mut form: Form<PosterInput>) -> Result<Page> {
    ///     match form.insert(|new| create!(Poster { ..new }), &db).await? {
    ///         Some(poster) => Ok(redirect(format!("/posters/{}/", poster.id))),
    ///         None => Ok(Page::new("poster.html").with("form", &form)),
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// If the database or the storage fails.
    pub async fn insert<M: Model>(
        &mut self,
        new: impl FnOnce(T) -> Draft<M> + Send,
        db: &dyn Executor,
    ) -> Result<Option<M>>
    where
        T: Fill<M>,
    {
        let Some(mut data) = self.valid() else { return Ok(None) };
        let mut kept = Kept::new(self.state.shelf.as_ref());
        let done = match kept.keep::<T, M>(&mut data, None).await {
            Ok(()) => new(data).insert(db).await,
            Err(error) => Err(error),
        };
        self.finish(done, kept, db).await
    }

    /// Changes this row by the data, and gives it as it is then. A new file is stored, and the one whose place it takes, or that is
    /// removed, is deleted once the change lasts: after the commit of the transaction, if `db` is one.
    ///
    /// Nothing is given, and nothing written, if the form was not sent or something is wrong with it. Call [`edits`](Self::edits)
    /// before, with the same row.
    ///
    /// # Errors
    /// If the database or the storage fails, or the row is gone.
    pub async fn save<M: Model>(&mut self, row: M, db: &dyn Executor) -> Result<Option<M>>
    where
        T: Fill<M>,
    {
        let Some(mut data) = self.valid() else { return Ok(None) };
        let mut kept = Kept::new(self.state.shelf.as_ref());
        let mut edit = row.edit();
        let done = match kept.keep::<T, M>(&mut data, Some(&*edit)).await {
            Ok(()) => match data.apply(&mut edit) {
                Ok(()) => edit.save(db).await,
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        };
        self.finish(done, kept, db).await
    }

    async fn finish<M>(&mut self, done: Result<M>, kept: Kept, db: &dyn Executor) -> Result<Option<M>> {
        match done {
            Ok(row) => {
                kept.done(db).await?;
                Ok(Some(row))
            }
            Err(error) => {
                kept.undo().await;
                self.take_refusal(error)?;
                Ok(None)
            }
        }
    }

    /// Tells what a failed write says to the person at the form: by field, or about the whole.
    pub(crate) fn take_refusal(&mut self, error: Error) -> Result {
        let by_field = error.field_errors().is_some_and(|fields| !fields.is_empty());
        if !by_field && is_told(&error) {
            self.form_error(error.public_message());
            return Ok(());
        }
        self.refuse(error)
    }
}

/// Is it something that the person at the form is to hear of: somebody else has changed the row, others need it?
pub(crate) fn is_told(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Conflict { .. } | ErrorKind::Protected)
}
