//! Buckets of rates in Redis, so that all processes of a site share them.
//!
//! A bucket is the same one number as in memory ([`Limit`]): when it will be full again. It is looked at and changed by one script, which Redis runs
//! at once, and by Redis's clock, so that machines whose clocks differ count the same. What is full again goes by itself.

use std::{fmt, time::Duration};

use quintet_core::{
    BoxFuture, Result,
    rate::{AttemptStore, Limit},
    value::Timestamp,
};

use crate::in_redis::{LONGEST, RedisCache, script};

/// `KEYS[1]` is the bucket, the arguments how long one takes to come back and how long all of them do. Gives whether there was one, and how long
/// until the bucket is full or until there is one. In Lua, numbers are exact up to 2^53.
const TAKE: &str = "local t = redis.call('TIME') \
                    local now = t[1] * 1000 + math.floor(t[2] / 1000) \
                    local full = tonumber(redis.call('GET', KEYS[1]) or now) \
                    if full < now then full = now end \
                    local next = full + ARGV[1] \
                    local over = next - now - ARGV[2] \
                    if over > 0 then return {0, over} end \
                    redis.call('SET', KEYS[1], string.format('%.0f', next), 'PX', string.format('%.0f', next - now)) \
                    return {1, next - now}";
const GIVE_BACK: &str = "local full = tonumber(redis.call('GET', KEYS[1]) or '') \
                         if not full then return 0 end \
                         local t = redis.call('TIME') \
                         local now = t[1] * 1000 + math.floor(t[2] / 1000) \
                         full = full - ARGV[1] \
                         if full <= now then return redis.call('DEL', KEYS[1]) end \
                         redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', string.format('%.0f', full - now)) \
                         return 1";

/// Buckets in Redis (or Valkey): `[rates] url` has a site keep its rates and its wrong passwords here.
///
/// ```no_run
/// use std::{sync::Arc, time::Duration};
/// use quintet_cache::{RedisCache, RedisRates};
/// # fn example() -> quintet_core::Result {
/// let redis = RedisCache::new("redis://host:6379/0", Duration::from_millis(200))?;
/// let rates = RedisRates::new(Arc::new(redis), "shop");
/// # let _ = rates; Ok(()) }
/// ```
pub struct RedisRates {
    redis: std::sync::Arc<RedisCache>,
    prefix: String,
}

impl RedisRates {
    /// Buckets whose keys begin with this at that place. Sites that share a Redis need different ones.
    #[must_use]
    pub fn new(redis: std::sync::Arc<RedisCache>, prefix: &str) -> Self {
        RedisRates { redis, prefix: prefix.to_owned() }
    }

    fn key(&self, key: &str) -> String {
        format!("{}:{key}", self.prefix)
    }
}

impl fmt::Debug for RedisRates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisRates").field("redis", &self.redis).field("prefix", &self.prefix).finish()
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(LONGEST).min(LONGEST)
}

impl AttemptStore for RedisRates {
    fn take<'a>(
        &'a self,
        key: &'a str,
        limit: Limit,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Duration>>> {
        Box::pin(async move { Ok(self.take_counted(key, limit, now).await?.err()) })
    }

    fn take_counted<'a>(
        &'a self,
        key: &'a str,
        limit: Limit,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Result<i64, Duration>>> {
        Box::pin(async move {
            let mut take = script(TAKE, &self.key(key));
            take.arg(millis(limit.every())).arg(millis(limit.whole()));
            let (taken, time): (i64, i64) = self.redis.ask("a rate", &take).await?;
            Ok(match taken {
                0 => Err(Duration::from_millis(time.unsigned_abs())),
                // As the caller's clock has it.
                _ => Ok(now.as_millisecond().saturating_add(time)),
            })
        })
    }

    fn give_back<'a>(&'a self, key: &'a str, limit: Limit) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            let mut give = script(GIVE_BACK, &self.key(key));
            give.arg(millis(limit.every()));
            self.redis.ask::<i64>("a rate", &give).await.map(drop)
        })
    }

    fn forget<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            let mut forget = redis::cmd("DEL");
            forget.arg(self.key(key));
            self.redis.ask::<i64>("a rate", &forget).await.map(drop)
        })
    }
}
