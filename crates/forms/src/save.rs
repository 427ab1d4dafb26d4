//! Rows of a model, written together.

use quintet_core::{Error, Result, Value};
use quintet_orm::{
    Apply, Draft, Executor, Fill, Instance, IntoFields, Model,
    ast::Node,
    expr::{AssignValue, IntoAssigns, RawAssign},
};
use quintet_web::Data;

use crate::{Forms, RowChange, files::Kept, write::is_told};

/// What [`Forms::save`] has written.
#[derive(Debug, Clone)]
pub struct SavedRows<M> {
    /// New rows.
    pub added: Vec<M>,
    /// Rows that were there before and stay, as they are now.
    pub kept: Vec<M>,
    /// Rows that are gone, as they were.
    pub deleted: Vec<M>,
}

impl<T: Data> Forms<T> {
    /// Lets rows be put in order, and [`save`](Self::save) write their places into this column of whole numbers: 1, 2, 3.
    pub fn ordered_by<M: Model>(&mut self, column: impl IntoFields<M>) -> &mut Self
    where
        T: Fill<M>,
    {
        self.settings.position = column.fields().first().copied();
        self.ordered()
    }

    /// Writes what became of the rows, in one transaction: first those that go are deleted, then those that stay are changed, then
    /// new ones are inserted as `new` makes them; files are stored and deleted
    /// as [`Form::save`](crate::Form::save) does it. `rows` are those that [`edits`](Self::edits) was told of.
    ///
    /// Nothing is given, and nothing written, if the form was not sent or something is wrong with it. What the database refuses is
    /// told in the row that it is about: a value that somebody else has taken in between, one that must be unique together with what
    /// the form does not show, a version that is not the newest any more; and above all rows if others protect one that is to go.
    ///
    /// ```
    /// use quintet_forms::{Forms, form};
    /// use quintet_orm::prelude::*;
    /// use quintet_web::{Page, Path, data, redirect};
    ///
    /// #[model(app = "docs")]
    /// pub struct Album {
    ///     #[field(max_length = 60)]
    ///     pub title: String,
    /// }
    ///
    /// #[model(app = "docs")]
    /// pub struct Track {
    ///     pub album: ForeignKey<Album>,
    ///     #[field(max_length = 60)]
    ///     pub title: String,
    ///     #[field(default = 0)]
    ///     pub place: i32,
    /// }
    ///
    /// #[data(model = Track)]
    /// struct TrackRow {
    ///     title: String,
    /// }
    ///
    /// #[form("/albums/{id}/")]
    /// async fn tracks(Path(id): Path<i64>, db: Db, mut tracks: Forms<TrackRow>) -> Result<Page> {
    ///     let album = Album.get(id, &db).await?;
    ///     let rows = Track.filter(Track.album.eq(&album)).order_by(Track.place).all(&db).await?;
    ///     tracks.max(30).deletable().ordered_by(Track.place);
    ///     tracks.edits(&rows, &db).await?;
    ///     let new = |new| create!(Track { album: &album, ..new });
    ///     let Some(_) = tracks.save(rows, new, &db).await? else {
    ///         return Ok(Page::new("tracks.html").with("tracks", &tracks));
    ///     };
    ///     Ok(redirect("/albums/"))
    /// }
    /// ```
    ///
    /// # Errors
    /// If the database fails. Then nothing is written.
    pub async fn save<M: Model>(
        &mut self,
        rows: Vec<M>,
        new: impl Fn(T) -> Draft<M> + Send,
        db: &dyn Executor,
    ) -> Result<Option<SavedRows<M>>>
    where
        T: Fill<M>,
    {
        let Some(changes) = self.take() else { return Ok(None) };
        let mut kept = Kept::new(self.blank.shelf.as_ref());
        let done = self.write(changes, rows, new, &mut kept, db).await;
        match done {
            Ok(Some(saved)) => {
                kept.done(db).await?;
                Ok(Some(saved))
            }
            other => {
                kept.undo().await;
                other
            }
        }
    }

    async fn write<M: Model>(
        &mut self,
        changes: Vec<(usize, RowChange<T>)>,
        rows: Vec<M>,
        new: impl Fn(T) -> Draft<M> + Send,
        kept: &mut Kept,
        db: &dyn Executor,
    ) -> Result<Option<SavedRows<M>>>
    where
        T: Fill<M>,
    {
        let mut rows: Vec<Option<M>> = rows.into_iter().map(Some).collect();
        let position = self.settings.position;
        let (mut gone, mut staying, mut drafts) = (Vec::new(), Vec::new(), Vec::new());
        let mut place = 0;
        for (at, change) in changes {
            if !matches!(change, RowChange::Delete(_)) {
                place += 1;
            }
            let put = position.map(|field| Put(field, Value::Int(place)));
            match change {
                RowChange::Delete(of) => {
                    let row = taken(&mut rows, of)?;
                    kept.drop_row::<T, M>(&row);
                    gone.push(row);
                }
                RowChange::Change(of, mut data) => {
                    let row = taken(&mut rows, of)?;
                    if let Err(error) = kept.keep(&mut data, Some(&row)).await {
                        return self.refused(at, error);
                    }
                    let mut edit = row.edit();
                    data.apply(&mut edit)?;
                    if let Some(Put(field, value)) = put {
                        edit.set_at(field, &value)?;
                    }
                    staying.push((at, edit));
                }
                RowChange::Add(mut data) => {
                    if let Err(error) = kept.keep::<T, M>(&mut data, None).await {
                        return self.refused(at, error);
                    }
                    let draft = new(data);
                    let draft = match put {
                        Some(put) => draft.with(put),
                        None => draft,
                    };
                    drafts.push((at, draft));
                }
            }
        }
        let mut saved = SavedRows { added: Vec::new(), kept: Vec::new(), deleted: Vec::new() };
        let tx = db.begin().await?;
        for row in gone {
            match row.delete(&*tx).await {
                Ok(_) => saved.deleted.push(row),
                Err(error) if is_told(&error) => {
                    self.form_error(error.public_message());
                    return Ok(None);
                }
                Err(error) => return Err(error),
            }
        }
        for (at, edit) in staying {
            match edit.save(&*tx).await {
                Ok(row) => saved.kept.push(row),
                Err(error) => return self.refused(at, error),
            }
        }
        for (at, draft) in drafts {
            match draft.insert(&*tx).await {
                Ok(row) => saved.added.push(row),
                Err(error) => return self.refused(at, error),
            }
        }
        tx.commit().await?;
        Ok(Some(saved))
    }

    /// Tells in a row what a failed write says of it. The transaction is undone where it was dropped.
    fn refused<M>(&mut self, at: usize, error: Error) -> Result<Option<SavedRows<M>>> {
        let Some(row) = self.sent.get_mut(at) else { return Err(error) };
        if error.is_not_found() {
            row.form.form_error("this row is not there any more");
        } else {
            row.form.take_refusal(error)?;
        }
        Ok(None)
    }
}

/// The row at a place of those that were edited.
fn taken<M>(rows: &mut [Option<M>], place: usize) -> Result<M> {
    rows.get_mut(place)
        .and_then(Option::take)
        .ok_or_else(|| Error::internal("the rows to save are not those that the form was told to edit"))
}

/// A value for a column that is known by its index.
struct Put(u16, Value);

impl<M> IntoAssigns<M> for Put {
    fn assigns(self, out: &mut Vec<RawAssign>) {
        out.push(RawAssign { field: self.0, value: AssignValue::Node(Node::Value(self.1)) });
    }
}
