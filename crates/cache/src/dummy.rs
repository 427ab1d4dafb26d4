//! A cache that keeps nothing: to see a site as it is.

use std::time::Duration;

use bytes::Bytes;
use quintet_core::{BoxFuture, Result};

use crate::{Backend, Counted};

/// Keeps nothing. What is set is accepted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Dummy;

fn done<'a, T: Send + 'a>(value: T) -> BoxFuture<'a, Result<T>> {
    Box::pin(std::future::ready(Ok(value)))
}

impl Backend for Dummy {
    fn get<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<Bytes>>> {
        done(None)
    }

    fn set<'a>(&'a self, _: &'a str, _: Bytes, _: Option<Duration>) -> BoxFuture<'a, Result> {
        done(())
    }

    fn add<'a>(&'a self, _: &'a str, _: Bytes, _: Option<Duration>) -> BoxFuture<'a, Result<bool>> {
        done(true)
    }

    fn replace<'a>(
        &'a self,
        _: &'a str,
        _: Bytes,
        _: Bytes,
        _: Option<Duration>,
    ) -> BoxFuture<'a, Result<bool>> {
        done(false)
    }

    fn touch<'a>(&'a self, _: &'a str, _: Option<Duration>) -> BoxFuture<'a, Result<bool>> {
        done(false)
    }

    fn count<'a>(&'a self, _: &'a str, _: i64) -> BoxFuture<'a, Result<Counted>> {
        done(Counted::Missing)
    }

    fn delete<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<bool>> {
        done(false)
    }

    fn delete_if<'a>(&'a self, _: &'a str, _: Bytes) -> BoxFuture<'a, Result<bool>> {
        done(false)
    }

    fn clear<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result> {
        done(())
    }

    fn is_shared(&self) -> bool {
        false
    }

    fn is_immediate(&self) -> bool {
        true
    }
}
