//! Forms that make rows and change them.

use std::sync::Arc;

use axum::{
    extract::Path,
    routing::{MethodRouter, get},
};
use quintet_core::{Error, Result, TemplateValue};
use quintet_forms::Form;
use quintet_orm::{Db, Fill, Model, model::Key as _};
use quintet_web::{Data, Page, Url, axum, redirect};

use crate::{
    show,
    what::{What, list, url},
};

pub(crate) fn create<M, T>(what: Arc<What<M>>, template: &'static str) -> MethodRouter
where
    M: Model,
    T: Data + Fill<M>,
{
    let handler = move |db: Db, mut form: Form<T>| async move {
        match form.insert(|new| quintet_orm::create!(M { ..new }), &db).await? {
            Some(row) => Ok(redirect(after(&what, &row)?)),
            None => Ok::<Page, Error>(Page::new(template).with("form", &form)),
        }
    };
    get(handler.clone()).post(handler)
}

pub(crate) fn create_by<M, T, F, R>(what: Arc<What<M>>, template: &'static str, make: Arc<F>) -> MethodRouter
where
    M: Model,
    T: Data,
    F: Fn(T, Db) -> R + Send + Sync + 'static,
    R: Future<Output = Result<M>> + Send + 'static,
{
    let handler = move |db: Db, mut form: Form<T>| async move {
        if let Some(new) = form.valid() {
            match make(new, db).await {
                Ok(row) => return Ok(redirect(after(&what, &row)?)),
                Err(error) => form.refuse(error)?,
            }
        }
        Ok::<Page, Error>(Page::new(template).with("form", &form))
    };
    get(handler.clone()).post(handler)
}

pub(crate) fn update<M, T>(what: Arc<What<M>>, template: &'static str) -> MethodRouter
where
    M: Model + TemplateValue,
    T: Data + Fill<M>,
{
    let handler = move |Path(key): Path<String>, db: Db, mut form: Form<T>| async move {
        let row = show::row(&what, &key, &db).await?;
        form.edits(&row, &db).await?;
        let page = Page::new(template).with(what.one, &row);
        match form.save(row, &db).await? {
            Some(saved) => Ok(redirect(after(&what, &saved)?)),
            None => Ok::<Page, Error>(page.with("form", &form)),
        }
    };
    get(handler.clone()).post(handler)
}

/// Where a form leads to.
fn after<M: Model>(what: &What<M>, row: &M) -> Result<Url> {
    if let Some(then) = &what.then {
        return Ok(then(row));
    }
    if what.has_detail {
        let key = M::meta().key_text(&row.pk().to_key())?;
        return Ok(url("detail", what.one, Some(key)));
    }
    Ok(list(what))
}
