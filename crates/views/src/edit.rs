//! Forms that make rows and change them.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{FromRequest as _, Request},
    response::IntoResponse as _,
    routing::{MethodRouter, get},
};
use quintet_core::{ErrorKind, Result, TemplateValue};
use quintet_forms::Form;
use quintet_orm::{Fill, Model};
use quintet_web::{Data, Page, axum};

use crate::{
    ask::Ask,
    hook::{Hook, Instead},
    what::One,
    whole::whole,
};

pub(crate) fn create<M, T>(one: Arc<One<M>>, template: &'static str) -> MethodRouter
where
    M: Model,
    T: Data + Fill<M>,
{
    let handler = move |request: Request<Body>| async move {
        let (ask, request) = split(request).await?;
        let mut form = form::<T>(request).await?;
        match form.insert(|new| quintet_orm::create!(M { ..new }), &ask.db()?).await? {
            Some(row) => Ok(one.saved(&row, &ask)?),
            None => again(&one, Page::new(template), &form, &ask).await,
        }
    };
    get(handler.clone()).post(handler)
}

pub(crate) fn create_by<M, T, A, F>(one: Arc<One<M>>, template: &'static str, make: Arc<F>) -> MethodRouter
where
    M: Model,
    T: Data,
    F: Hook<(T,), A, M>,
{
    let handler = move |request: Request<Body>| async move {
        let (mut ask, request) = split(request).await?;
        let (services, method) = (ask.services()?.clone(), ask.parts().method.clone());
        let work = async {
            let taken = F::take(ask.parts_mut()).await?;
            let mut form = form::<T>(request).await?;
            let row = match form.valid() {
                Some(new) => heard(&mut form, make.call((new,), taken).await)?,
                None => None,
            };
            let keep = row.is_some();
            Ok(((form, row), keep))
        };
        match whole(&services, (one.name, &method), work).await? {
            (_, Some(row)) => Ok(one.saved(&row, &ask)?),
            (form, None) => again(&one, Page::new(template), &form, &ask).await,
        }
    };
    get(handler.clone()).post(handler)
}

pub(crate) fn update<M, T>(one: Arc<One<M>>, template: &'static str) -> MethodRouter
where
    M: Model + TemplateValue,
    T: Data + Fill<M>,
{
    let handler = move |request: Request<Body>| async move {
        let (mut ask, request) = split(request).await?;
        let db = ask.db()?;
        let row = ask.only(&one.what).await?.one(&db).await?;
        let mut form = form::<T>(request).await?;
        form.edits(&row, &db).await?;
        let page = Page::new(template).with(one.what.one, &row);
        match form.save(row, &db).await? {
            Some(saved) => Ok(one.saved(&saved, &ask)?),
            None => again(&one, page, &form, &ask).await,
        }
    };
    get(handler.clone()).post(handler)
}

pub(crate) fn update_by<M, T, A, F>(one: Arc<One<M>>, template: &'static str, change: Arc<F>) -> MethodRouter
where
    M: Model + TemplateValue,
    T: Data + Fill<M>,
    F: Hook<(M, T), A, M>,
{
    let handler = move |request: Request<Body>| async move {
        let (mut ask, request) = split(request).await?;
        let (services, method) = (ask.services()?.clone(), ask.parts().method.clone());
        let work = async {
            let taken = F::take(ask.parts_mut()).await?;
            let db = ask.db()?;
            let row = ask.only(&one.what).await?.one(&db).await?;
            let mut form = form::<T>(request).await?;
            form.edits(&row, &db).await?;
            let page = Page::new(template).with(one.what.one, &row);
            let row = match form.valid() {
                Some(new) => heard(&mut form, change.call((row, new), taken).await)?,
                None => None,
            };
            let keep = row.is_some();
            Ok(((page, form, row), keep))
        };
        match whole(&services, (one.name, &method), work).await? {
            (_, _, Some(row)) => Ok(one.saved(&row, &ask)?),
            (page, form, None) => again(&one, page, &form, &ask).await,
        }
    };
    get(handler.clone()).post(handler)
}

/// What all else asks of the request, and the request for its form.
async fn split(request: Request<Body>) -> Result<(Ask, Request<Body>), Instead> {
    let (parts, body) = request.into_parts();
    let ask = Ask::of(parts.clone()).await?;
    Ok((ask, Request::from_parts(parts, body)))
}

async fn form<T: Data>(request: Request<Body>) -> Result<Form<T>, Instead> {
    let refused = |why: quintet_web::Rejected| Instead::Response(Box::new(why.into_response()));
    Form::from_request(request, &()).await.map_err(refused)
}

/// The row that a function of the site's gives, or none where the form tells the person why not.
///
/// # Errors
/// What is nothing for them.
fn heard<M, T: Data>(form: &mut Form<T>, done: Result<M>) -> Result<Option<M>> {
    match done {
        Ok(row) => Ok(Some(row)),
        Err(error) => {
            let by_field = error.field_errors().is_some_and(|fields| !fields.is_empty());
            if !by_field && matches!(error.kind(), ErrorKind::Conflict { .. } | ErrorKind::Protected) {
                form.form_error(error.public_message());
            } else {
                form.refuse(error)?;
            }
            Ok(None)
        }
    }
}

/// The form with what is wrong with it, or empty.
async fn again<M: Model, T: Data>(
    one: &One<M>,
    page: Page,
    form: &Form<T>,
    ask: &Ask,
) -> Result<Page, Instead> {
    one.with_values(page.with("form", form), ask).await
}
