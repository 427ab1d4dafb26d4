//! Rows of a model, written together.

use quintet_core::{Error, Result, Value, error::ErrorKind};
use quintet_orm::{
    Apply, Draft, Executor, Fill, Instance, IntoFields, Model,
    ast::Node,
    expr::{AssignValue, IntoAssigns, RawAssign},
};
use quintet_web::Data;

use crate::{Forms, RowChange};

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
    /// new ones are inserted as `new` makes them. `rows` are those that [`edits`](Self::edits) was told of.
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
        let mut rows: Vec<Option<M>> = rows.into_iter().map(Some).collect();
        let position = self.settings.position;
        let (mut gone, mut staying, mut drafts) = (Vec::new(), Vec::new(), Vec::new());
        let mut place = 0;
        for (at, change) in changes {
            let mut row = |place: usize| {
                rows.get_mut(place).and_then(Option::take).ok_or_else(|| {
                    Error::internal("the rows to save are not those that the form was told to edit")
                })
            };
            if let RowChange::Delete(of) = change {
                gone.push(row(of)?);
                continue;
            }
            place += 1;
            let put = position.map(|field| Put(field, Value::Int(place)));
            match change {
                RowChange::Change(of, data) => {
                    let mut edit = row(of)?.edit();
                    data.apply(&mut edit)?;
                    if let Some(Put(field, value)) = put {
                        edit.set_at(field, &value)?;
                    }
                    staying.push((at, edit));
                }
                RowChange::Add(data) => {
                    let draft = new(data);
                    drafts.push((
                        at,
                        match put {
                            Some(put) => draft.with(put),
                            None => draft,
                        },
                    ));
                }
                RowChange::Delete(_) => {}
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
        let by_field = error.field_errors().is_some_and(|fields| !fields.is_empty());
        if error.is_not_found() {
            row.form.form_error("this row is not there any more");
        } else if !by_field && is_told(&error) {
            row.form.form_error(error.public_message());
        } else {
            row.form.refuse(error)?;
        }
        Ok(None)
    }
}

/// Is it something that the person at the form is to hear of: somebody else has changed the row, others need it?
fn is_told(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Conflict { .. } | ErrorKind::Protected)
}

/// A value for a column that is known by its index.
struct Put(u16, Value);

impl<M> IntoAssigns<M> for Put {
    fn assigns(self, out: &mut Vec<RawAssign>) {
        out.push(RawAssign { field: self.0, value: AssignValue::Node(Node::Value(self.1)) });
    }
}
