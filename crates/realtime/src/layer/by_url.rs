//! A layer by its URL, as settings name it.
use std::sync::Arc;

use quintet_core::{Error, Result, ServicesBuilder};

use super::{Layer, Retention, memory::Memory};

/// The layer of `url` in settings, not started yet:
///
/// - `memory://`: for a site of one process;
/// - `redis://user:password@host:6379/0`, `unix:///run/redis.sock`: in Redis, with the feature `redis`. `?prefix=shop` is what keys begin
///   with, where several sites share it; `quintet` without;
/// - `database://`: in the site's PostgreSQL, with the feature `orm`.
///
/// # Errors
/// If there is no such layer, its feature is off, or it can't work by that URL.
pub fn by_url(url: &str, retention: Retention, services: &ServicesBuilder) -> Result<Arc<dyn Layer>> {
    match url.split_once("://").map_or(url, |(scheme, _)| scheme) {
        "memory" => Ok(Arc::new(Memory::new(retention))),
        "redis" | "rediss" | "redis+unix" | "unix" | "valkey" => redis(url, retention),
        "database" => database(url, retention, services),
        other => Err(Error::settings(format!(
            "there is no layer `{other}://`: write memory://, redis://host:6379 or database://"
        ))),
    }
}

#[cfg(feature = "redis")]
fn redis(url: &str, retention: Retention) -> Result<Arc<dyn Layer>> {
    use super::redis::{Redis, RedisOptions};
    let mut options = RedisOptions { retention, ..RedisOptions::default() };
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let mut rest = Vec::new();
    for part in query.split('&').filter(|part| !part.is_empty()) {
        match part.strip_prefix("prefix=") {
            Some(prefix) => prefix.clone_into(&mut options.prefix),
            None => rest.push(part),
        }
    }
    let url = if rest.is_empty() { address.to_owned() } else { format!("{address}?{}", rest.join("&")) };
    Ok(Arc::new(Redis::new(&url, options)?))
}

#[cfg(not(feature = "redis"))]
fn redis(_: &str, _: Retention) -> Result<Arc<dyn Layer>> {
    Err(Error::settings("topics in Redis need the feature `redis` of quintet: add it in Cargo.toml"))
}

#[cfg(feature = "orm")]
fn database(url: &str, retention: Retention, services: &ServicesBuilder) -> Result<Arc<dyn Layer>> {
    use super::postgres::{Postgres, PostgresOptions};
    if url != "database://" {
        return Err(Error::settings("topics are kept in the site's default database: write `database://`"));
    }
    let db = services.get::<quintet_orm::Db>().ok_or_else(|| {
        Error::settings(
            "topics in the database need one: set `url` of `[database]`, or keep them in memory or Redis",
        )
    })?;
    let options = PostgresOptions { retention, ..PostgresOptions::default() };
    Ok(Arc::new(Postgres::new(db.clone(), options)?))
}

#[cfg(not(feature = "orm"))]
fn database(_: &str, _: Retention, _: &ServicesBuilder) -> Result<Arc<dyn Layer>> {
    Err(Error::settings("topics in the database need the feature `orm` of quintet: add it in Cargo.toml"))
}
