use http::StatusCode;
use quintet_core::{BoxFuture, Error, ErrorKind, Result, Service, Services, clock};
use quintet_orm::prelude::*;
use quintet_web::session::{
    Change, Record, SessionInfo, SessionSettings, SessionStore, new_token, token_hash,
};

use crate::{
    SessionRow,
    row::{json, seconds},
};

/// So often a change is written anew because others were faster.
const TRIES: usize = 20;

/// Sessions in the table of [`SessionRow`](struct@SessionRow).
#[derive(Debug)]
pub struct DatabaseSessions {
    db: Db,
    settings: SessionSettings,
}

impl DatabaseSessions {
    /// In this database.
    #[must_use]
    pub fn new(db: Db, settings: SessionSettings) -> Self {
        DatabaseSessions { db, settings }
    }

    /// What has just been written is read: no replica. Inside of an atomic request, its transaction.
    fn db(&self) -> Db {
        let inside = Services::current().and_then(|services| Db::of(&services).ok());
        inside.unwrap_or_else(|| self.db.clone()).primary()
    }

    async fn row(&self, hash: &str, db: &Db) -> Result<Option<SessionRow>> {
        let found = SessionRow.filter(SessionRow.key.eq(hash)).first(db).await?;
        Ok(found.filter(|row| row.expires > clock::now()))
    }

    async fn begin(&self, record: &Record) -> Result<String> {
        let token = new_token()?;
        let key = token_hash(&token).unwrap_or_default();
        let db = self.db();
        create!(SessionRow {
            key,
            data: json(record),
            owner: record.user.clone(),
            created: record.created,
            used: record.used,
            expires: record.expires,
            lasting: seconds(record.lasting),
            address: record.address,
            agent: record.agent.clone(),
            revision: record.version,
        })
        .insert(&db)
        .await?;
        Ok(token)
    }

    async fn write(&self, token: &str, known: &Record, change: &Change) -> Result<Option<(String, Record)>> {
        let Some(hash) = token_hash(token) else { return Ok(None) };
        let new = if change.cycle { Some(new_token()?) } else { None };
        let key = new.as_deref().and_then(token_hash).unwrap_or_else(|| hash.clone());
        let db = self.db();
        let mut known = known.clone();
        for _ in 0..TRIES {
            let mut record = known.clone();
            change.apply(&mut record, &self.settings);
            let written = SessionRow
                .filter(SessionRow.key.eq(&hash) & SessionRow.revision.eq(known.version))
                .update(vec![
                    SessionRow.key.set(&key),
                    SessionRow.data.set(json(&record)),
                    SessionRow.owner.set(record.user.clone()),
                    SessionRow.used.set(record.used),
                    SessionRow.expires.set(record.expires),
                    SessionRow.lasting.set(seconds(record.lasting)),
                    SessionRow.address.set(record.address),
                    SessionRow.agent.set(record.agent.clone()),
                    SessionRow.revision.set(record.version),
                ])
                .exec(&db)
                .await?;
            if written > 0 {
                return Ok(Some((new.unwrap_or_else(|| token.to_owned()), record)));
            }
            // Somebody has changed it since, or ended it.
            match self.row(&hash, &db).await? {
                Some(row) => known = row.record(),
                None => return Ok(None),
            }
        }
        let text = "a session is changed by so many requests at once that this one did not get its turn";
        Err(Error::of_kind(ErrorKind::Unavailable, StatusCode::SERVICE_UNAVAILABLE, text))
    }

    /// The hash of one of a user's sessions.
    #[cfg(feature = "cache")]
    pub(crate) async fn hash_of(&self, user: &str, id: &str) -> Result<Option<String>> {
        let Ok(id) = id.parse::<i64>() else { return Ok(None) };
        let own = SessionRow.id.eq(id) & SessionRow.owner.eq(user);
        SessionRow.filter(own).select(SessionRow.key).first(&self.db()).await
    }

    /// Those of all of a user's sessions.
    #[cfg(feature = "cache")]
    pub(crate) async fn hashes_of(&self, user: &str) -> Result<Vec<String>> {
        SessionRow.filter(SessionRow.owner.eq(user)).select(SessionRow.key).all(&self.db()).await
    }

    /// Ends these, and gives how many those were.
    #[cfg(feature = "cache")]
    pub(crate) async fn end_these(&self, hashes: &[String]) -> Result<u64> {
        let db = self.db();
        let mut ended = 0;
        for hashes in hashes.chunks(500) {
            ended += SessionRow.filter(SessionRow.key.is_in(hashes)).delete(&db).await?;
        }
        Ok(ended)
    }

    async fn list(&self, user: &str, current: Option<&str>) -> Result<Vec<SessionInfo>> {
        let own = SessionRow.owner.eq(user) & SessionRow.expires.gt(clock::now());
        let rows =
            SessionRow.filter(own).order_by((SessionRow.used.desc(), SessionRow.id)).all(&self.db()).await?;
        let current = current.and_then(token_hash);
        let info = |row: &SessionRow| {
            SessionInfo::new(row.id.to_string(), &row.record(), Some(&row.key) == current.as_ref())
        };
        Ok(rows.iter().map(info).collect())
    }
}

impl SessionStore for DatabaseSessions {
    fn load<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Option<Record>>> {
        Box::pin(async move {
            // What can't be a token is not looked for.
            let Some(hash) = token_hash(token) else { return Ok(None) };
            Ok(self.row(&hash, &self.db()).await?.map(|row| row.record()))
        })
    }

    fn insert<'a>(&'a self, record: &'a Record) -> BoxFuture<'a, Result<String>> {
        Box::pin(self.begin(record))
    }

    fn update<'a>(
        &'a self,
        token: &'a str,
        known: &'a Record,
        change: &'a Change,
    ) -> BoxFuture<'a, Result<Option<(String, Record)>>> {
        Box::pin(self.write(token, known, change))
    }

    fn end<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            if let Some(hash) = token_hash(token) {
                SessionRow.filter(SessionRow.key.eq(hash)).delete(&self.db()).await?;
            }
            Ok(())
        })
    }

    fn of_user<'a>(
        &'a self,
        user: &'a str,
        current: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Vec<SessionInfo>>> {
        Box::pin(self.list(user, current))
    }

    fn end_one<'a>(&'a self, user: &'a str, id: &'a str) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let Ok(id) = id.parse::<i64>() else { return Ok(false) };
            let own = SessionRow.id.eq(id) & SessionRow.owner.eq(user);
            Ok(SessionRow.filter(own).delete(&self.db()).await? > 0)
        })
    }

    fn end_all<'a>(&'a self, user: &'a str, except: Option<&'a str>) -> BoxFuture<'a, Result<Option<u64>>> {
        Box::pin(async move {
            let own = SessionRow.filter(SessionRow.owner.eq(user));
            let others = match except.and_then(token_hash) {
                Some(hash) => own.filter(SessionRow.key.ne(hash)),
                None => own,
            };
            Ok(Some(others.delete(&self.db()).await?))
        })
    }

    fn clear<'a>(&'a self) -> BoxFuture<'a, Result<u64>> {
        Box::pin(
            async move { SessionRow.filter(SessionRow.expires.le(clock::now())).delete(&self.db()).await },
        )
    }
}
