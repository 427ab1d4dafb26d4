//! The page that deletes a row.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::Request,
    routing::{MethodRouter, get},
};
use http::Method;
use quintet_core::{Error, Result, TemplateValue};
use quintet_orm::{Model, dynamic::DynSet, model::Key as _};
use quintet_web::{Page, axum};

use crate::{
    ask::Ask,
    hook::{Hook, Instead},
    what::One,
    whole::whole,
};

pub(crate) fn handler<M: Model + TemplateValue>(one: Arc<One<M>>, template: &'static str) -> MethodRouter {
    let handler = move |request: Request<Body>| async move {
        let (parts, _) = request.into_parts();
        let mut ask = Ask::of(parts).await?;
        let found = ask.only(&one.what).await?;
        let db = ask.db()?;
        let row = found.clone().one(&db).await?;
        let page = Page::new(template).with(one.what.one, &row);
        if ask.parts().method != Method::POST {
            return question(&one, page, None, &ask).await;
        }
        let key = M::meta().key_text(&row.pk().to_key())?;
        match DynSet::on(found).delete(&*key, &db).await {
            Ok(()) => Ok(one.gone(&row, &ask)),
            Err(error) => question(&one, page, Some(told(error)?), &ask).await,
        }
    };
    get(handler.clone()).post(handler)
}

pub(crate) fn by<M, A, F>(one: Arc<One<M>>, template: &'static str, delete: Arc<F>) -> MethodRouter
where
    M: Model + TemplateValue,
    F: Hook<(M,), A, ()>,
{
    let handler = move |request: Request<Body>| async move {
        let (parts, _) = request.into_parts();
        let mut ask = Ask::of(parts).await?;
        let (services, method) = (ask.services()?.clone(), ask.parts().method.clone());
        let work = async {
            let taken = F::take(ask.parts_mut()).await?;
            let row = ask.only(&one.what).await?.one(&ask.db()?).await?;
            let page = Page::new(template).with(one.what.one, &row);
            if method != Method::POST {
                return Ok(((page, None), false));
            }
            // The function has the row then.
            let gone = one.gone(&row, &ask);
            let done = delete.call((row,), taken).await.map(|()| gone);
            let keep = done.is_ok();
            Ok(((page, Some(done)), keep))
        };
        let (page, done) = whole(&services, (one.name, &method), work).await?;
        match done {
            None => question(&one, page, None, &ask).await,
            Some(Ok(gone)) => Ok(gone),
            Some(Err(error)) => question(&one, page, Some(told(error)?), &ask).await,
        }
    };
    get(handler.clone()).post(handler)
}

/// The page that asks, or says why not.
async fn question<M: Model>(
    one: &One<M>,
    page: Page,
    error: Option<Error>,
    ask: &Ask,
) -> Result<Page, Instead> {
    let page = match error {
        Some(error) => page.with("error", &error.public_message()).status(error.status().as_u16()),
        None => page.with("error", &None::<String>),
    };
    one.with_values(page, ask).await
}

/// Other rows are in the way, or a rule of the site's: the page says which.
///
/// # Errors
/// The error itself, if it is about something else.
fn told(error: Error) -> Result<Error> {
    match error.status().as_u16() {
        409 | 422 => Ok(error),
        _ => Err(error),
    }
}
