//! Values that are computed where they are missing, by one caller at a time.

use std::time::Duration;

use bytes::Bytes;
use quintet_core::{Error, Result};
use serde::{Serialize, de::DeserializeOwned};
use tokio::{
    sync::OwnedMutexGuard,
    time::{Instant, sleep, timeout},
};

use super::Cache;
use crate::{
    Keep,
    flight::{Outcome, Seat},
    key,
    packed::{self, Found},
};

/// How long to wait before looking again whether another process is done: at first, and at most.
const PATIENCE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(200));

/// What to do about a value.
enum Step {
    /// Take this one.
    Have(Bytes),
    /// Compute it.
    Make(Box<Turn>),
}

/// The right to compute a value, and those who wait for it.
struct Turn {
    seat: Option<(Seat, OwnedMutexGuard<()>)>,
    lease: Option<Lease>,
    full: String,
    keep: Option<Duration>,
    stale: Duration,
    /// A value whose time is over, but which may still be served.
    old: Option<Bytes>,
}

impl Cache {
    /// The value of a key; if there is none, what `make` gives, which is then kept.
    ///
    /// One caller at a time computes a value: the others of this process wait for it, and get the same value or the same error. Where
    /// other processes see the values (files, a database, Redis), they wait as well, for at most `[cache] wait`; after that a caller
    /// goes ahead by itself. An error is not kept. With [`stale`](Self::stale), nobody waits while there is an old value.
    ///
    /// `make` must not ask for the same key.
    ///
    /// # Errors
    /// What `make` fails with; else as [`set`](Self::set).
    pub async fn get_or<T, F>(&self, key: &str, keep: impl Into<Keep>, make: F) -> Result<T>
    where
        T: Serialize + DeserializeOwned,
        F: AsyncFnOnce() -> Result<T>,
    {
        let keep = keep.into();
        let mut step = self.begin(key, &keep, true).await?;
        if let Step::Have(json) = &step {
            match packed::value(json) {
                Ok(value) => return Ok(value),
                // Another type, from another version of the program.
                Err(error) => {
                    self.broken(&self.full_key(key)?, &error.to_string()).await;
                    step = self.begin(key, &keep, false).await?;
                }
            }
        }
        let Step::Make(turn) = step else {
            // Those who wait for this key want something else of it.
            return make().await;
        };
        match make().await {
            Ok(value) => {
                let json = packed::json(key, &value)?;
                self.land(turn, json).await?;
                Ok(value)
            }
            Err(error) => packed::value(&self.fail(turn, error).await?).map_err(Into::into),
        }
    }

    /// Finds the value, or waits for the turn to compute it. `look` is false where what is there is known to be of no use.
    async fn begin(&self, key: &str, keep: &Keep, look: bool) -> Result<Step> {
        let (full, keep) = (self.full_key(key)?, self.span(keep)?);
        let stale = self.stale.span(None)?.unwrap_or(Duration::MAX);
        let mut old = None;
        if look {
            match self.find(&full).await? {
                Some(Found { json, stale: false }) => return Ok(Step::Have(json)),
                Some(Found { json, stale: true }) if !stale.is_zero() => old = Some(json),
                _ => {}
            }
        }
        let seat = self.inner.flights.join(&full);
        let mut turn = Box::new(Turn { seat: None, lease: None, full, keep, stale, old });
        let guard = match &turn.old {
            Some(old) => match seat.turn_now() {
                Some(guard) => guard,
                None => return Ok(Step::Have(old.clone())),
            },
            // Who waits for itself, or for something that never ends, goes ahead in the end.
            None => match timeout(self.inner.options.wait, seat.turn()).await {
                Ok(guard) => guard,
                Err(_) => return Ok(Step::Make(turn)),
            },
        };
        if let Some(outcome) = seat.outcome() {
            return outcome.into_result().map(Step::Have);
        }
        turn.seat = Some((seat, guard));
        if self.inner.backend.is_shared() {
            return self.lease(turn).await;
        }
        self.look_again(turn, look).await
    }

    /// Somebody may have been faster between the first look and the turn.
    async fn look_again(&self, turn: Box<Turn>, look: bool) -> Result<Step> {
        let found = if look { self.find(&turn.full).await? } else { None };
        match found.filter(|found| !found.stale) {
            Some(found) => Ok(Step::Have(found.json)),
            None => Ok(Step::Make(turn)),
        }
    }

    /// Waits until no other process computes the value, or it is there.
    async fn lease(&self, mut turn: Box<Turn>) -> Result<Step> {
        let key = key::lease(&self.inner.options.prefix, &turn.full);
        let token = Bytes::from(token()?);
        let end = Instant::now() + self.inner.options.wait;
        let mut patience = PATIENCE.0;
        loop {
            let taken = self.inner.backend.add(&key, token.clone(), Some(self.inner.options.wait)).await;
            // Without a lease, if the place does not work.
            match self.or_without("lease", &key, taken.map(Some), None)? {
                None => return Ok(Step::Make(turn)),
                Some(true) => {
                    turn.lease = Some(Lease { cache: self.clone(), key, token, held: true });
                    return self.look_again(turn, true).await;
                }
                Some(false) => {}
            }
            if let Some(old) = &turn.old {
                return Ok(Step::Have(old.clone()));
            }
            if Instant::now() >= end {
                return Ok(Step::Make(turn));
            }
            sleep(patience).await;
            patience = (patience * 2).min(PATIENCE.1);
            if let Some(found) = self.find(&turn.full).await?.filter(|found| !found.stale) {
                return Ok(Step::Have(found.json));
            }
        }
    }

    /// Keeps what was computed, and gives it to those who wait.
    async fn land(&self, mut turn: Box<Turn>, json: Bytes) -> Result {
        let fresh = turn.keep.filter(|_| !turn.stale.is_zero());
        let until = fresh.and_then(|keep| self.clock().now().checked_add(keep).ok());
        let kept = match turn.keep {
            Some(none) if none.is_zero() => Ok(()),
            keep => {
                let keep = keep.and_then(|keep| keep.checked_add(turn.stale));
                self.inner.backend.set(&turn.full, packed::pack(&json, until), keep).await
            }
        };
        if let Some((seat, _)) = &turn.seat {
            seat.land(Outcome::Made(json));
        }
        if let Some(lease) = turn.lease.take() {
            lease.release().await;
        }
        self.or_without("set", &turn.full, kept, ())
    }

    /// The old value, if there is one, or the error, which those who wait get as well.
    async fn fail(&self, mut turn: Box<Turn>, error: Error) -> Result<Bytes> {
        let outcome = match &turn.old {
            Some(old) => {
                tracing::warn!(cache = self.name(), key = turn.full, error = %error, "a value can't be computed anew; the old one is served");
                Outcome::Made(old.clone())
            }
            None => Outcome::failed(&error),
        };
        if let Some((seat, _)) = &turn.seat {
            seat.land(outcome);
        }
        if let Some(lease) = turn.lease.take() {
            lease.release().await;
        }
        turn.old.take().ok_or(error)
    }
}

/// A text that no other lease has.
fn token() -> Result<String> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| Error::internal(format!("no random numbers: {error}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A mark at the backend that this process is computing a value. It is taken away at the end, and when the computation is given up.
struct Lease {
    cache: Cache,
    key: String,
    token: Bytes,
    held: bool,
}

impl Lease {
    async fn release(mut self) {
        self.held = false;
        let inner = &self.cache.inner;
        if let Err(error) = inner.backend.delete_if(&self.key, self.token.clone()).await {
            // It ends by itself in a while.
            inner.faults.tell(self.cache.clock(), &inner.name, "release", &self.key, &error);
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if !self.held {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let (cache, key, token) = (self.cache.clone(), self.key.clone(), self.token.clone());
            runtime.spawn(Lease { cache, key, token, held: false }.release());
        }
    }
}
