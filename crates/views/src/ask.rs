//! A request as pages see it: which rows it is about.

use axum::{
    extract::{FromRequestParts as _, RawPathParams},
    response::IntoResponse as _,
};
use http::request::Parts;
use quintet_core::{Error, Result, Service as _, Services};
use quintet_orm::{Db, Model, QuerySet, dynamic::DynSet};
use quintet_web::{Url, axum};

use crate::{hook::Instead, what::What};

/// A request without its body.
pub(crate) struct Ask {
    parts: Parts,
    /// The parameters of its path.
    params: Vec<(String, String)>,
}

impl Ask {
    /// # Errors
    /// An answer of status 400 if its path can't be read.
    pub(crate) async fn of(mut parts: Parts) -> Result<Ask, Instead> {
        let params = RawPathParams::from_request_parts(&mut parts, &()).await;
        let params = params.map_err(|wrong| Instead::Response(Box::new(wrong.into_response())))?;
        let params = params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Ok(Ask { parts, params })
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.parts
    }

    pub(crate) fn parts_mut(&mut self) -> &mut Parts {
        &mut self.parts
    }

    pub(crate) fn services(&self) -> Result<&Services> {
        Services::of_request(&self.parts)
    }

    pub(crate) fn db(&self) -> Result<Db> {
        Db::of(self.services()?)
    }

    fn param(&self, wanted: &str) -> &str {
        self.params.iter().find(|(name, _)| name == wanted).map_or("", |(_, value)| value)
    }

    /// The rows of this request.
    ///
    /// # Errors
    /// What a function that narrows them answers instead.
    pub(crate) async fn rows<M: Model>(&mut self, what: &What<M>) -> Result<QuerySet<M>, Instead> {
        let mut query = what.query.clone();
        for narrow in &what.rows {
            query = narrow(query, &mut self.parts).await?;
        }
        Ok(query)
    }

    /// Those, narrowed to the row of the address.
    ///
    /// # Errors
    /// Of status 404 if no row can be called like this; as [`rows`](Self::rows).
    pub(crate) async fn only<M: Model>(&mut self, what: &What<M>) -> Result<QuerySet<M>, Instead> {
        let rows = DynSet::on(self.rows(what).await?);
        let said = self.param(what.parameter);
        if what.field.is_none() {
            return Ok(rows.having_key(said)?.typed()?);
        }
        let found = rows.allow([what.parameter])?.filter(what.parameter, said);
        let missing = |error: Error| match error.status().is_client_error() {
            true => Error::not_found(format!("{} {said:?} not found", M::meta().name)),
            false => error,
        };
        Ok(found.map_err(missing)?.typed()?)
    }

    /// The address of another page of the model.
    pub(crate) fn url<M: Model>(
        &self,
        what: &What<M>,
        page: &str,
        row: Option<(&'static str, String)>,
    ) -> Url {
        let above = what.above.iter().map(|name| (*name, self.param(name).to_owned()));
        Url::named(format!("{}_{page}", what.one), above.chain(row))
    }
}
