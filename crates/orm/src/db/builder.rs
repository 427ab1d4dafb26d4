use std::panic::Location;

use quintet_core::{Error, Result};

use super::{Db, Tx, guard, retry};
use crate::{
    driver::{Begin, Place, Terms},
    isolation::Isolation,
};

/// A transaction with settings of its own: [`Db::transaction`]. It begins with [`run`](Self::run).
///
/// With [`retries`](Self::retries) (`AGAIN`) the closure may run several times. Each try has a clone of it: what it captures
/// is borrowed, or moved and `Clone`.
#[derive(Debug, Clone)]
#[must_use = "nothing happens before `.run(..)`"]
pub struct TxBuilder<'a, const AGAIN: bool = false> {
    db: &'a Db,
    terms: Terms,
    durable: bool,
    retries: u32,
}

impl<'a> TxBuilder<'a> {
    pub(super) fn new(db: &'a Db) -> Self {
        TxBuilder { db, terms: Terms::default(), durable: false, retries: 0 }
    }

    /// Has it run again, at most `retries` times more, when the database undid it because of another transaction
    /// ([`ErrorKind::Clash`](quintet_core::ErrorKind::Clash): a serialization failure or a deadlock), after a pause that grows
    /// and differs. Nothing else is tried again.
    ///
    /// What the closure did elsewhere than in the database is not undone: keep it out, or in `tx.on_commit(..)`, whose hooks
    /// run for the try that commits only.
    pub fn retries(self, retries: u32) -> TxBuilder<'a, true> {
        TxBuilder { db: self.db, terms: self.terms, durable: self.durable, retries }
    }

    /// Runs `work` in it, as [`Db::atomic`] does.
    ///
    /// # Errors
    /// Those of `work`, of beginning and committing, and of settings that don't go together.
    #[track_caller]
    pub fn run<T: 'a>(
        self,
        work: impl AsyncFnOnce(&Tx) -> Result<T> + 'a,
    ) -> impl Future<Output = Result<T>> + 'a {
        self.try_run(work)
    }

    /// [`run`](Self::run) with an error type of your own.
    ///
    /// # Errors
    /// Those of `work`, of beginning and committing, and of settings that don't go together.
    #[track_caller]
    pub fn try_run<T: 'a, E: From<Error> + 'a>(
        self,
        work: impl AsyncFnOnce(&Tx) -> Result<T, E> + 'a,
    ) -> impl Future<Output = Result<T, E>> + 'a {
        let at = Location::caller();
        async move {
            let how = self.check(at)?;
            self.db.run(how, at, work).await
        }
    }

    /// Begins it: drop it to roll back, or call [`Tx::commit`].
    ///
    /// # Errors
    /// Those of beginning, and of settings that don't go together.
    #[track_caller]
    pub fn begin(self) -> impl Future<Output = Result<Tx>> + 'a {
        let at = Location::caller();
        async move {
            let how = self.check(at)?;
            self.db.start(how, Some(at)).await
        }
    }
}

impl<'a> TxBuilder<'a, true> {
    /// Runs `work` in it, and again if another transaction got in its way.
    ///
    /// # Errors
    /// Those of `work`, of beginning and committing, and of settings that don't go together. That of the last try tells how
    /// many there were.
    #[track_caller]
    pub fn run<T: 'a>(
        self,
        work: impl AsyncFnOnce(&Tx) -> Result<T> + Clone + 'a,
    ) -> impl Future<Output = Result<T>> + 'a {
        let at = Location::caller();
        async move {
            let how = self.check(at)?;
            retry::run(self.db, (how, at), self.retries, work, |error, tried| tried.tell(error)).await
        }
    }

    /// [`run`](Self::run) with an error type of your own, which is not told how many tries there were.
    ///
    /// # Errors
    /// Those of `work`, of beginning and committing, and of settings that don't go together.
    #[track_caller]
    pub fn try_run<T: 'a, E: From<Error> + 'a>(
        self,
        work: impl AsyncFnOnce(&Tx) -> Result<T, E> + Clone + 'a,
    ) -> impl Future<Output = Result<T, E>> + 'a {
        let at = Location::caller();
        async move {
            let how = self.check(at)?;
            retry::run(self.db, (how, at), self.retries, work, |error, _| error).await
        }
    }
}

impl<const AGAIN: bool> TxBuilder<'_, AGAIN> {
    /// Isolates it from others at least this much. Without, it is as much as the database's transactions always are:
    /// serializable on SQLite, read committed on PostgreSQL unless the server is set up otherwise.
    pub fn isolation(mut self, isolation: Isolation) -> Self {
        self.terms.isolation = Some(isolation);
        self
    }

    /// Refuses to write in it. On SQLite it then needs no writer: it reads one state of the file on a connection of its own,
    /// while others write. For one such state on PostgreSQL ask for [`Isolation::RepeatableRead`] as well.
    pub fn read_only(mut self) -> Self {
        self.terms.read_only = true;
        self
    }

    /// Waits at its first statement until it can clash with nobody (PostgreSQL's `DEFERRABLE`): for a long report that is
    /// serializable and only reads, which it has to be. Where such a transaction can't clash anyway (SQLite), there is nothing
    /// to wait for.
    pub fn deferrable(mut self) -> Self {
        self.terms.deferrable = true;
        self
    }

    /// Insists that it is committed when it ends: inside of another `atomic` of the same database, or of an atomic request,
    /// where it could only be a savepoint, it is an error that names both places.
    pub fn durable(mut self) -> Self {
        self.durable = true;
        self
    }

    fn check(&self, at: Place) -> Result<Begin> {
        let Terms { isolation, read_only, deferrable } = self.terms;
        if deferrable && !(read_only && isolation == Some(Isolation::Serializable)) {
            return Err(Error::internal(
                "a deferrable transaction is one that is serializable and only reads: add \
                 `.isolation(Isolation::Serializable).read_only()`, or leave out `.deferrable()`",
            )
            .at(at));
        }
        if let Some(request) = &self.db.0.request {
            request.check(self.terms, (self.durable, self.retries > 0), at)?;
        }
        if self.durable {
            guard::check_durable(self.db.0.id, Some(at))?;
        }
        Ok(Begin::Data(self.terms))
    }
}
