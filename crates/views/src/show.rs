//! The page of a row.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::{Arc, OnceLock},
};

use axum::{
    extract::FromRequestParts as _,
    routing::{MethodRouter, get},
};
use http::{header, request::Parts};
use quintet_core::{Result, TemplateValue, settings::Settings};
use quintet_orm::{Model, QuerySet, Shape};
use quintet_web::{Known, Page, Version, axum, unchanged};

use crate::{
    ask::Ask,
    what::{One, VersionOf},
};

pub(crate) fn handler<M, S>(one: Arc<One<M>>, template: &'static str) -> MethodRouter
where
    M: Model,
    S: Shape<Model = M> + TemplateValue + Sync,
{
    get(move |parts: Parts| async move {
        let mut ask = Ask::of(parts).await?;
        let found = ask.only(&one.what).await?;
        if let Some(version) = &one.what.version
            && is_known(&**version, found.clone(), &mut ask).await?
        {
            return Ok(unchanged());
        }
        let row: S = found.shape::<S>().one(&ask.db()?).await?;
        let page = Page::new(template).with(one.what.one, &row);
        one.with_values(page, &ask).await
    })
}

/// Has the client this page already? Beside the row, it hangs on who asks (by their cookies), and on the program and its templates.
///
/// # Errors
/// 404 if there is no such row; 412 if the client wants another version of it.
async fn is_known<M: Model>(version: &VersionOf<M>, row: QuerySet<M>, ask: &mut Ask) -> Result<bool> {
    // Templates change while one works on them.
    if ask.services()?.get::<Settings>().is_some_and(Settings::debug) {
        return Ok(false);
    }
    let version = version(row, ask.db()?).await?;
    let mut hash = DefaultHasher::new();
    for cookie in ask.parts().headers.get_all(header::COOKIE) {
        cookie.as_bytes().hash(&mut hash);
    }
    let version = Version::weak((version, format!("{:x}", hash.finish()), program()));
    Known::from_request_parts(ask.parts_mut(), &()).await?.has(version)
}

/// Another number for each build of the program, which has the templates in it.
fn program() -> &'static str {
    static PROGRAM: OnceLock<String> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let file = std::env::current_exe().and_then(std::fs::metadata);
        let built = file.map(|file| (file.len(), file.modified().ok()));
        format!("{built:?}")
    })
}
