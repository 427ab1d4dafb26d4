//! The page that deletes a row.

use std::sync::Arc;

use axum::{
    extract::Path,
    routing::{MethodRouter, get},
};
use http::Method;
use quintet_core::{Error, ErrorKind, TemplateValue};
use quintet_orm::{Db, Model, dynamic::DynSet};
use quintet_web::{Page, axum, redirect};

use crate::{
    show,
    what::{What, list},
};

pub(crate) fn handler<M: Model + TemplateValue>(what: Arc<What<M>>, template: &'static str) -> MethodRouter {
    let handler = move |Path(key): Path<String>, db: Db, method: Method| async move {
        let row = show::row(&what, &key, &db).await?;
        let page = Page::new(template).with(what.one, &row);
        if method != Method::POST {
            return Ok(page.with("error", &None::<String>));
        }
        match DynSet::on(what.query.clone()).delete(&key, &db).await {
            Ok(()) => Ok(redirect(list(&what))),
            // Other rows are in the way: the page says which.
            Err(error) if matches!(error.kind(), ErrorKind::Protected) => {
                Ok(page.with("error", &error.public_message()).status(error.status().as_u16()))
            }
            Err(error) => Err::<Page, Error>(error),
        }
    };
    get(handler.clone()).post(handler)
}
