use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::SessionSettings;

/// A session as a store has it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Record {
    /// Values by key.
    pub data: BTreeMap<String, Value>,
    /// Whose it is: a label that the site gives, such as the user's key; none before somebody signs in.
    pub user: Option<String>,
    /// When it began.
    pub created: Timestamp,
    /// When it was last used, as far as that was noted.
    pub used: Timestamp,
    /// When it is over, unless it is used before.
    pub expires: Timestamp,
    /// How long it stays good.
    pub lasting: Lasting,
    /// From where it was begun or taken over by a user.
    pub address: Option<IpAddr>,
    /// By which browser, as that says.
    pub agent: Option<String>,
    /// How often it was changed: a store finds by it that somebody else did so in between.
    pub version: i64,
}

/// How long a session stays good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub enum Lasting {
    /// As the settings say.
    #[default]
    Usual,
    /// So long after its last use, and the browser keeps the cookie as long.
    For(Duration),
    /// Until the browser is closed, as the browser sees it; at most as long as the settings say.
    Browser,
}

impl Record {
    /// With these values, begun then and not used since; for stores, which say the rest.
    #[must_use]
    pub fn new(data: BTreeMap<String, Value>, created: Timestamp) -> Self {
        Record {
            data,
            user: None,
            created,
            used: created,
            expires: created,
            lasting: Lasting::Usual,
            address: None,
            agent: None,
            version: 0,
        }
    }

    /// A session that begins now.
    pub(crate) fn begin(settings: &SessionSettings, now: Timestamp) -> Self {
        let mut record = Record::new(BTreeMap::new(), now);
        record.use_now(settings, now);
        record
    }

    /// Notes a use.
    pub(crate) fn use_now(&mut self, settings: &SessionSettings, now: Timestamp) {
        self.used = now;
        self.expires = expiry(self.lasting, self.created, settings, now);
    }

    /// Is it over?
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.expires
    }
}

/// When a session is over that is used now.
pub(super) fn expiry(
    lasting: Lasting,
    created: Timestamp,
    settings: &SessionSettings,
    now: Timestamp,
) -> Timestamp {
    let idle = match lasting {
        Lasting::For(time) => time,
        Lasting::Usual | Lasting::Browser => settings.idle_timeout,
    };
    let idle = later(now, idle);
    if settings.absolute_timeout.is_zero() {
        idle
    } else {
        idle.min(later(created, settings.absolute_timeout))
    }
}

fn later(from: Timestamp, by: Duration) -> Timestamp {
    // Past the end of time it is the end of time.
    SignedDuration::try_from(by).ok().and_then(|by| from.checked_add(by).ok()).unwrap_or(Timestamp::MAX)
}
