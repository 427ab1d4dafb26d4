use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use quintet_core::{BoxFuture, Result, clock};

use super::{Change, Record, SessionInfo, SessionSettings, SessionStore, new_token, token_hash};

/// Sessions in the memory of this process: for tests, and for programs that nobody minds to be forgotten by.
#[derive(Debug)]
pub struct MemorySessions {
    settings: SessionSettings,
    /// By the token's hash.
    all: Mutex<HashMap<String, Record>>,
}

impl MemorySessions {
    /// None yet.
    #[must_use]
    pub fn new(settings: SessionSettings) -> Self {
        MemorySessions { settings, all: Mutex::default() }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Record>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn insert_now(&self, record: &Record) -> Result<String> {
        let token = new_token()?;
        if let Some(hash) = token_hash(&token) {
            self.all().insert(hash, record.clone());
        }
        Ok(token)
    }

    fn update_now(&self, token: &str, change: &Change) -> Result<Option<(String, Record)>> {
        let Some(hash) = token_hash(token) else { return Ok(None) };
        let mut all = self.all();
        let Some(record) = all.get_mut(&hash) else { return Ok(None) };
        change.apply(record, &self.settings);
        let record = record.clone();
        if !change.cycle {
            return Ok(Some((token.to_owned(), record)));
        }
        all.remove(&hash);
        drop(all);
        Ok(Some((self.insert_now(&record)?, record)))
    }
}

fn done<'a, T: Send + 'a>(value: Result<T>) -> BoxFuture<'a, Result<T>> {
    Box::pin(std::future::ready(value))
}

impl SessionStore for MemorySessions {
    fn load<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Option<Record>>> {
        let now = clock::now();
        let found = token_hash(token).and_then(|hash| self.all().get(&hash).cloned());
        done(Ok(found.filter(|record| !record.is_over(now))))
    }

    fn insert<'a>(&'a self, record: &'a Record) -> BoxFuture<'a, Result<String>> {
        done(self.insert_now(record))
    }

    fn update<'a>(
        &'a self,
        token: &'a str,
        _: &'a Record,
        change: &'a Change,
    ) -> BoxFuture<'a, Result<Option<(String, Record)>>> {
        done(self.update_now(token, change))
    }

    fn end<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result> {
        if let Some(hash) = token_hash(token) {
            self.all().remove(&hash);
        }
        done(Ok(()))
    }

    fn of_user<'a>(
        &'a self,
        user: &'a str,
        current: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Vec<SessionInfo>>> {
        let (now, current) = (clock::now(), current.and_then(token_hash));
        let all = self.all();
        let own =
            all.iter().filter(|(_, record)| record.user.as_deref() == Some(user) && !record.is_over(now));
        let mut own: Vec<SessionInfo> = own
            .map(|(hash, record)| SessionInfo::new(hash.clone(), record, current.as_ref() == Some(hash)))
            .collect();
        own.sort_by_key(|info| std::cmp::Reverse(info.used));
        done(Ok(own))
    }

    fn end_one<'a>(&'a self, user: &'a str, id: &'a str) -> BoxFuture<'a, Result<bool>> {
        let mut all = self.all();
        let own = all.get(id).is_some_and(|record| record.user.as_deref() == Some(user));
        if own {
            all.remove(id);
        }
        done(Ok(own))
    }

    fn end_all<'a>(&'a self, user: &'a str, except: Option<&'a str>) -> BoxFuture<'a, Result<Option<u64>>> {
        let except = except.and_then(token_hash);
        let mut all = self.all();
        let before = all.len();
        all.retain(|hash, record| record.user.as_deref() != Some(user) || Some(hash) == except.as_ref());
        let ended = before.saturating_sub(all.len());
        done(Ok(Some(ended as u64)))
    }

    fn clear<'a>(&'a self) -> BoxFuture<'a, Result<u64>> {
        let now = clock::now();
        let mut all = self.all();
        let before = all.len();
        all.retain(|_, record| !record.is_over(now));
        let cleared = before.saturating_sub(all.len());
        done(Ok(cleared as u64))
    }
}
