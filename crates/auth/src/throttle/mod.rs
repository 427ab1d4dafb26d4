//! How often somebody may be wrong.
//!
//! A wrong password takes something out of [buckets](Limit) that fill again by themselves. It is taken before the password is compared, so
//! that a thousand attempts at once are a thousand, and given back if the password was right. Where nothing is left, nothing is compared:
//! the answer is 429 and costs no hash.
//!
//! A browser in which somebody has logged in with a name is a known device of that name (`device`): it has buckets that nobody else can
//! empty. All others share three: of the name and their network, of their network, of the name. So nobody guesses much, and nobody
//! locks out whoever has been there before. Why these numbers: `docs/decisions/0033-throttled-logins.md`.
//!
//! The buckets stand in this process's memory, or where `[rates] url` says (`or_memory`); an [`AttemptStore`] of your own, given with `.with(..)` as `Arc<dyn AttemptStore>`, keeps them
//! elsewhere.
mod device;
mod or_memory;
mod store;

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use quintet_core::{Result, Service as _, Services, clock, signing::Signer};
use sha2::{Digest as _, Sha256};

pub(crate) use device::Device;
pub(crate) use or_memory::OrMemory;
pub(crate) use quintet_core::audit::network_of as network;
pub use quintet_core::rate::{AttemptStore, Limit};
pub(crate) use store::MemoryAttempts;

use crate::names::normal_username;

const MINUTE: Duration = Duration::from_secs(60);

/// One bucket, by what it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bucket {
    key: String,
    limit: Limit,
}

/// Short whatever it is made of, and says nothing of it to whoever reads the store.
fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        // No name has a zero (`Accounts::find`): what is apart stays apart.
        hash.update([0]);
    }
    URL_SAFE_NO_PAD.encode(hash.finalize().get(..12).unwrap_or_default())
}

/// What a typed name is called in logs: the same name the same, and nobody reads it without the site's key.
pub(crate) fn logged_name(counted: &str, services: &Services) -> Result<String> {
    let signed = Signer::of(services)?.purpose("quintet.auth.logged_name").sign(counted);
    Ok(signed.rsplit(':').next().unwrap_or_default().chars().take(12).collect())
}

/// What a name is counted as: however it is written, and whether or not somebody has it.
pub(crate) fn counted_name(name: &str) -> String {
    digest(&[&normal_username(name.trim()).to_lowercase()])
}

impl Bucket {
    fn new(kind: &str, parts: &[&str], burst: u32, every: Duration) -> Self {
        Bucket { key: format!("{kind}:{}", digest(parts)), limit: Limit::new(burst, every) }
    }

    /// Those that a login takes from, the narrowest first. `name` is a counted one; `first` is `[auth] wrong_logins`.
    pub(crate) fn of_login(name: &str, network: Option<&str>, device: Option<&str>, first: u32) -> Vec<Self> {
        if first == 0 {
            return Vec::new();
        }
        if let Some(device) = device {
            return vec![
                Bucket::new("device", &[name, device], first.saturating_mul(2), MINUTE),
                Bucket::new("devices", &[name], first.saturating_mul(20), 5 * MINUTE),
            ];
        }
        let mut buckets = Vec::new();
        // Who comes over no network comes through a socket of this machine, as everybody may.
        if let Some(network) = network {
            buckets.push(Bucket::new("pair", &[name, network], first, MINUTE));
            buckets.push(Bucket::new("network", &[network], first.saturating_mul(10), MINUTE / 6));
        }
        buckets.push(Bucket::new("name", &[name], first.saturating_mul(10), 5 * MINUTE));
        buckets
    }

    /// Those that a mail takes from which somebody has asked for: nobody's mailbox is filled, and nobody tries many addresses. `what` is for
    /// what the mail is.
    #[cfg(feature = "mail")]
    pub(crate) fn of_mail(what: &str, address: &str, network: Option<&str>, first: u32) -> Vec<Self> {
        if first == 0 {
            return Vec::new();
        }
        let address = counted_name(address);
        let mut buckets = vec![Bucket::new("mail", &[what, &address], first, 10 * MINUTE)];
        if let Some(network) = network {
            buckets.push(Bucket::new("mails", &[network], first.saturating_mul(4), MINUTE));
        }
        buckets
    }

    /// That of something that can be done once.
    #[cfg(feature = "mail")]
    pub(crate) fn once(what: &str, token: &str) -> Vec<Self> {
        vec![Bucket::new("once", &[what, token], 1, 24 * 60 * MINUTE)]
    }

    /// Those of the codes of a user who has shown their password.
    pub(crate) fn of_code(user: i64, first: u32) -> Vec<Self> {
        if first == 0 {
            return Vec::new();
        }
        let user = user.to_string();
        vec![
            Bucket::new("code", &[&user], first, MINUTE),
            Bucket::new("codes", &[&user], first.saturating_mul(10), 10 * MINUTE),
        ]
    }

    /// That of who has logged in and tells the password once more.
    pub(crate) fn of_old_password(user: i64, first: u32) -> Vec<Self> {
        if first == 0 {
            return Vec::new();
        }
        vec![Bucket::new("old", &[&user.to_string()], first.saturating_mul(2), MINUTE)]
    }
}

/// What was taken for an attempt.
pub(crate) struct Attempt {
    store: Arc<dyn AttemptStore>,
    taken: Vec<Bucket>,
}

impl Attempt {
    /// Takes from all of the buckets or from none; `Err` says how long to wait.
    pub(crate) async fn begin(services: &Services, buckets: Vec<Bucket>) -> Result<Result<Self, Duration>> {
        let mut attempt =
            Attempt { store: services.require::<Arc<dyn AttemptStore>>()?.clone(), taken: Vec::new() };
        for bucket in buckets {
            if let Some(wait) = attempt.store.take(&bucket.key, bucket.limit, clock::now()).await? {
                attempt.undo().await?;
                return Ok(Err(wait));
            }
            attempt.taken.push(bucket);
        }
        Ok(Ok(attempt))
    }

    /// It was none: gives all back.
    pub(crate) async fn undo(self) -> Result {
        for bucket in &self.taken {
            self.store.give_back(&bucket.key, bucket.limit).await?;
        }
        Ok(())
    }

    /// The password was right: gives all back, and forgets what went wrong in the narrowest.
    pub(crate) async fn was_right(mut self) -> Result {
        if !self.taken.is_empty() {
            let narrowest = self.taken.remove(0);
            self.store.forget(&narrowest.key).await?;
        }
        self.undo().await
    }
}

/// What people read who have to wait.
pub(crate) fn wait_message(what: &str, wait: Duration) -> String {
    format!("Too many wrong {what}. Try again in {}.", duration_in_words(wait))
}

/// `60 seconds`, `2 minutes`
pub(crate) fn duration_in_words(wait: Duration) -> String {
    let seconds = whole_seconds(wait);
    let (count, unit) = if seconds > 90 { (seconds.div_ceil(60), "minute") } else { (seconds, "second") };
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{s}")
}

/// For `Retry-After`: never 0.
pub(crate) fn whole_seconds(wait: Duration) -> u64 {
    wait.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_counted_however_they_are_written() {
        assert_eq!(counted_name(" ANN "), counted_name("ann"));
        assert_eq!(counted_name("ﬁnn"), counted_name("finn"));
        assert_ne!(counted_name("ann"), counted_name("anna"));
    }

    #[test]
    fn buckets_are_of_the_name_and_the_network_or_of_the_device() {
        let keys = |network, device| {
            let all = Bucket::of_login("n", network, device, 5);
            all.iter().map(|b| b.key.split(':').next().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(keys(Some("203.0.113.7"), None), "pair network name");
        assert_eq!(keys(None, None), "name");
        assert_eq!(keys(Some("203.0.113.7"), Some("d")), "device devices");
        assert!(Bucket::of_login("n", None, None, 0).is_empty());
        // What is apart stays apart.
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
    }

    /// Says that there is nothing left in buckets of names.
    struct NoNames(std::sync::Mutex<Vec<String>>);

    impl AttemptStore for NoNames {
        fn take<'a>(
            &'a self,
            key: &'a str,
            _: Limit,
            _: quintet_core::value::Timestamp,
        ) -> quintet_core::BoxFuture<'a, Result<Option<Duration>>> {
            let wait = key.starts_with("name:").then_some(Duration::from_secs(7));
            if wait.is_none() {
                self.0.lock().unwrap().push(key.to_owned());
            }
            Box::pin(async move { Ok(wait) })
        }

        fn give_back<'a>(&'a self, key: &'a str, _: Limit) -> quintet_core::BoxFuture<'a, Result> {
            self.0.lock().unwrap().retain(|taken| taken != key);
            Box::pin(async { Ok(()) })
        }

        fn forget<'a>(&'a self, key: &'a str) -> quintet_core::BoxFuture<'a, Result> {
            self.give_back(key, MINUTES)
        }
    }

    const MINUTES: Limit = Limit::new(1, MINUTE);

    #[tokio::test]
    async fn an_attempt_takes_of_all_buckets_or_of_none() {
        let store = Arc::new(NoNames(std::sync::Mutex::default()));
        let mut services = Services::builder();
        services.insert::<Arc<dyn AttemptStore>>(store.clone());
        let services = services.build();
        let begun =
            Attempt::begin(&services, Bucket::of_login("n", Some("203.0.113.7"), None, 5)).await.unwrap();
        assert_eq!(begun.err(), Some(Duration::from_secs(7)));
        assert!(store.0.lock().unwrap().is_empty(), "given back");
        let known = Bucket::of_login("n", Some("203.0.113.7"), Some("d"), 5);
        let begun = Attempt::begin(&services, known.clone()).await.unwrap().ok().unwrap();
        assert_eq!(store.0.lock().unwrap().len(), 2);
        begun.was_right().await.unwrap();
        assert!(store.0.lock().unwrap().is_empty());
        drop(Attempt::begin(&services, known).await.unwrap().ok());
        assert_eq!(store.0.lock().unwrap().len(), 2, "a wrong one stays taken");
    }

    #[test]
    fn people_read_how_long_to_wait() {
        for (millis, text) in
            [(1, "1 second"), (1000, "1 second"), (60_000, "60 seconds"), (91_000, "2 minutes")]
        {
            let message = wait_message("passwords", Duration::from_millis(millis));
            assert!(message.ends_with(&format!("in {text}.")), "{message}");
        }
    }
}
