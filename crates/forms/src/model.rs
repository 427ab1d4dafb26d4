//! Forms of models: what they show of a row, and whether what was sent fits. `related` asks the database.

use quintet_core::{Result, Value, meta::Relation};
use quintet_orm::{Executor, Fill, Model, QuerySet, dynamic::DynSet, model::Key};
use quintet_web::{Data, DataName};

use crate::{
    Form,
    related::{check_keys, database, find_others, offer},
};

impl<T: Data> Form<T> {
    /// Asks the database what a form of a model shows, and whether what was sent fits.
    pub(crate) async fn look_up(&mut self) -> Result {
        let Some(meta) = self.state.model.filter(|_| self.state.submitted) else { return Ok(()) };
        let db = database(meta, self.state.services.as_ref())?;
        check_keys(&mut self.state, &db).await?;
        let values = self.data().map(|data| data.to_value());
        find_others(&mut self.state, meta, values, &db).await
    }

    /// Says which row the form is about: its values are shown before anything is typed, and may of course be its own (a unique
    /// name that stays as it is).
    ///
    /// ```
    /// use quintet_forms::{Form, form};
    /// use quintet_orm::prelude::*;
    /// use quintet_web::{Page, Path, data, redirect};
    ///
    /// #[model(app = "docs")]
    /// pub struct Studio {
    ///     #[field(unique, max_length = 60)]
    ///     pub name: String,
    /// }
    ///
    /// #[data(model = Studio)]
    /// struct StudioInput {
    ///     name: String,
    /// }
    ///
    /// #[form("/studios/{id}/")]
    /// async fn edit(Path(id): Path<i64>, db: Db, mut form: Form<StudioInput>) -> Result<Page> {
    ///     let studio = Studio.get(id, &db).await?;
    ///     form.edits(&studio, &db).await?;
    ///     let Some(new) = form.valid() else { return Ok(Page::new("studio.html").with("form", &form)) };
    ///     let mut studio = studio.edit();
    ///     new.apply(&mut studio)?;
    ///     studio.save(&db).await?;
    ///     Ok(redirect("/studios/"))
    /// }
    /// ```
    ///
    /// # Errors
    /// If the database fails; it is asked for the objects of many-to-many relations.
    pub async fn edits<M: Model>(&mut self, row: &M, db: &dyn Executor) -> Result
    where
        T: Fill<M>,
    {
        let key = row.pk().to_key();
        self.state.forget_taken(&key);
        let meta = M::meta();
        let mut linked: Vec<(&'static str, u16)> = Vec::new();
        for field in self.state.fields {
            let Some((index, column)) = meta.field(field.ident).filter(|_| !field.options.own) else {
                continue;
            };
            match row.value_at(index) {
                Some(value) => self.state.set_initial(field.name, value),
                None if matches!(column.relation, Relation::ManyToMany { .. }) => {
                    linked.push((field.name, index))
                }
                None => {}
            }
        }
        let (submitted, disabled) = (self.state.submitted, !self.state.disabled.is_empty());
        for (name, index) in linked {
            if !submitted || self.state.disabled.contains(&name) {
                let keys = DynSet::related(meta, index, key.clone())?.keys(db).await?;
                self.state.set_initial(name, Value::List(keys));
            }
        }
        if disabled {
            self.judge().await?;
            self.state.forget_taken(&key);
        }
        self.state.forget_missing_files();
        Ok(())
    }

    /// Offers these rows in the list of a relation, in the query's order, and refuses all others:
    /// `form.offer_rows(FilmInput.director, Director.filter(Director.retired.eq(false)), &db).await?`.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn offer_rows<M: Model>(
        &mut self,
        field: DataName<T>,
        rows: QuerySet<M>,
        db: &dyn Executor,
    ) -> Result {
        let offers = DynSet::on(rows).offers(db).await?;
        self.state.limit(field.name(), offers.into_iter().map(offer).collect());
        Ok(())
    }
}
