use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::{Lasting, Record, SessionSettings, record};

/// What a request has changed in a session: key by key, so that what another one changed meanwhile stays.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Change {
    /// New values; none for keys that are removed.
    pub data: BTreeMap<String, Option<Value>>,
    /// Whose it is from now on.
    pub user: Option<Option<String>>,
    /// How long it stays good from now on.
    pub lasting: Option<Lasting>,
    /// Does it get another token, so that the one of before is good for nothing?
    pub cycle: bool,
    /// Now.
    pub(crate) used: Timestamp,
    /// Taken over at a change of the user.
    pub(crate) address: Option<std::net::IpAddr>,
    pub(crate) agent: Option<String>,
}

impl Change {
    /// Does it change more than when the session was last used?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.data.is_empty() && self.user.is_none() && self.lasting.is_none() && !self.cycle
    }

    /// The session as it is with this change. `settings` say how long it then lasts.
    pub fn apply(&self, record: &mut Record, settings: &SessionSettings) {
        for (key, value) in &self.data {
            match value {
                Some(value) => record.data.insert(key.clone(), value.clone()),
                None => record.data.remove(key),
            };
        }
        if let Some(user) = &self.user {
            record.user.clone_from(user);
            record.address = self.address.or(record.address);
            record.agent = self.agent.clone().or(record.agent.take());
        }
        if let Some(lasting) = self.lasting {
            record.lasting = lasting;
        }
        // Two requests may come to their ends in another order than they began.
        record.used = record.used.max(self.used);
        record.expires = record::expiry(record.lasting, record.created, settings, record.used);
        record.version += 1;
    }
}
