//! Which row a request is about.

use axum::extract::{FromRequestParts as _, RawPathParams};
use http::request::Parts;
use quintet_core::{Error, Result, meta::ModelMeta};
use quintet_orm::{Db, dynamic::DynSet};

/// The row of a model that the path says.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) meta: &'static ModelMeta,
    /// By this parameter; else by the one that is called as the key, or the only one.
    pub(super) parameter: Option<&'static str>,
}

impl Row {
    /// The key as it stands in the path.
    pub(super) async fn key(&self, parts: &mut Parts) -> Result<String> {
        let params = RawPathParams::from_request_parts(parts, &()).await.ok();
        let params: Vec<(&str, &str)> = params.iter().flat_map(|params| params.iter()).collect();
        let called = |wanted: &str| params.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
        let key = self.meta.key_fields().next().map_or("id", |field| field.name);
        let found = match (self.parameter, params.as_slice()) {
            (Some(wanted), _) => called(wanted),
            (None, [(_, only)]) => Some(*only),
            (None, _) => called(key),
        };
        found.map(str::to_owned).ok_or_else(|| {
            let (model, listed) = (self.meta.name, params.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", "));
            let wanted = self.parameter.unwrap_or(key);
            Error::internal(format!(
                "a guard asks for a `{model}` by the parameter `{wanted}` of the path, which has ({listed}): say which one it is, `can::own_at(\"…\", ..)`"
            ))
        })
    }

    /// 404 if there is no such row.
    pub(super) async fn must_be(&self, key: &str, db: &Db) -> Result {
        if DynSet::new(self.meta).having_key(key)?.exists(db).await? {
            return Ok(());
        }
        Err(Error::not_found(format!("{} {key} not found", self.meta.name)))
    }
}
