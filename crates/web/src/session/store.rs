use std::net::IpAddr;

use jiff::Timestamp;
use quintet_core::{BoxFuture, Error, Result};

use super::{Change, Record};

/// Where sessions are kept. A site is given its own with `.with(..)` as `Arc<dyn SessionStore>`; a room puts its own among the services, before
/// the web room starts.
///
/// The browser has a *token*: what [`insert`](Self::insert) gave, and nobody else can guess. A store that has records keeps only its
/// [hash](super::token_hash), so that who reads them can't take any session over. What can't be reached is an error of status 503:
/// never an empty session, and never somebody else's.
pub trait SessionStore: Send + Sync + 'static {
    /// The session of this token; none if there is none, or it is over.
    fn load<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Option<Record>>>;

    /// Begins to keep a session, and gives its token.
    fn insert<'a>(&'a self, record: &'a Record) -> BoxFuture<'a, Result<String>>;

    /// Writes a change into the session of this token, of which `known` is what was loaded, and gives its token and what it is now.
    /// None if it has ended meanwhile: it is not begun again.
    ///
    /// What others have written since it was loaded stays, but for the keys that are changed here.
    fn update<'a>(
        &'a self,
        token: &'a str,
        known: &'a Record,
        change: &'a Change,
    ) -> BoxFuture<'a, Result<Option<(String, Record)>>>;

    /// Ends the session of this token.
    fn end<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result>;

    /// The sessions of a user, the last used first. `current` is the token of the one that asks.
    fn of_user<'a>(
        &'a self,
        user: &'a str,
        current: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Vec<SessionInfo>>> {
        let _ = (user, current);
        Box::pin(async { Err(unlisted()) })
    }

    /// Ends one session of a user, by the id that [`of_user`](Self::of_user) gave; false if it is none of his.
    fn end_one<'a>(&'a self, user: &'a str, id: &'a str) -> BoxFuture<'a, Result<bool>> {
        let _ = (user, id);
        Box::pin(async { Err(unlisted()) })
    }

    /// Ends all sessions of a user but that of the token `except`. Gives how many those were, if the store knows.
    fn end_all<'a>(&'a self, user: &'a str, except: Option<&'a str>) -> BoxFuture<'a, Result<Option<u64>>>;

    /// Forgets the sessions that are over, and gives how many those were.
    fn clear<'a>(&'a self) -> BoxFuture<'a, Result<u64>>;
}

fn unlisted() -> Error {
    Error::internal(
        "sessions that are kept in cookies can't be listed: install `sessions::app()`, which keeps them in the database",
    )
}

/// A session, for the list of a user's own.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SessionInfo {
    /// Names it among the user's sessions; no token.
    pub id: String,
    /// When it began.
    pub created: Timestamp,
    /// When it was last used, within `[session] touch_interval`.
    pub used: Timestamp,
    /// When it is over, unless it is used before.
    pub expires: Timestamp,
    /// From where the user signed in.
    pub address: Option<IpAddr>,
    /// By which browser, as that says.
    pub agent: Option<String>,
    /// Is it the one that asks?
    pub current: bool,
}

impl SessionInfo {
    /// Of a record.
    #[must_use]
    pub fn new(id: impl Into<String>, record: &Record, current: bool) -> Self {
        SessionInfo {
            id: id.into(),
            created: record.created,
            used: record.used,
            expires: record.expires,
            address: record.address,
            agent: record.agent.clone(),
            current,
        }
    }
}

/// A number for each user that grows whenever all his sessions are to end: for sessions that are kept in cookies, which nobody can take
/// away. Whoever has the users puts it among the services as `Arc<dyn SessionEpochs>`.
pub trait SessionEpochs: Send + Sync + 'static {
    /// The number now. A cookie of another number is nothing.
    fn epoch<'a>(&'a self, user: &'a str) -> BoxFuture<'a, Result<i64>>;

    /// Another number from now on.
    fn advance<'a>(&'a self, user: &'a str) -> BoxFuture<'a, Result>;
}

/// Somebody who wants to know that a session of a user has ended: put among the services as `Arc<dyn SessionWatch>`, they are told
/// after it has.
pub trait SessionWatch: Send + Sync + 'static {
    /// A session of this user has ended, or several.
    fn ended<'a>(&'a self, user: &'a str) -> BoxFuture<'a, ()>;
}
