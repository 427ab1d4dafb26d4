use std::{net::IpAddr, time::Duration};

use quintet_orm::prelude::*;
use quintet_web::session::{Lasting, Record};
use serde_json::{Map, Value as Json};

/// A session of a browser.
#[model(table = "sessions_session", ordering = "-used")]
#[derive(Debug, Clone)]
pub struct SessionRow {
    /// What is kept of the browser's token.
    #[field(max_length = 43, unique, secret, editable = false)]
    pub key: String,
    /// What the site remembers.
    #[field(secret, editable = false)]
    pub data: JsonValue,
    /// Whose it is.
    #[field(max_length = 255, index)]
    pub owner: Option<String>,
    /// When it began.
    pub created: Timestamp,
    /// When it was last used.
    pub used: Timestamp,
    /// When it is over, unless it is used before.
    #[field(index)]
    pub expires: Timestamp,
    /// Seconds that it lasts without being used; -1 until the browser is closed; none for what the settings say.
    pub lasting: Option<i64>,
    /// From where its owner signed in.
    pub address: Option<IpAddr>,
    /// By which browser, as that says.
    #[field(max_length = 300)]
    pub agent: Option<String>,
    /// How often it was changed.
    #[field(default = 0)]
    pub revision: i64,
}

impl SessionRow {
    pub(crate) fn record(&self) -> Record {
        let data = match self.data.as_object() {
            Some(map) => map.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
            None => std::collections::BTreeMap::new(),
        };
        let mut record = Record::new(data, self.created);
        record.user.clone_from(&self.owner);
        record.used = self.used;
        record.expires = self.expires;
        record.lasting = lasting(self.lasting);
        record.address = self.address;
        record.agent.clone_from(&self.agent);
        record.version = self.revision;
        record
    }
}

fn lasting(seconds: Option<i64>) -> Lasting {
    match seconds {
        None => Lasting::Usual,
        Some(seconds) => {
            u64::try_from(seconds).map_or(Lasting::Browser, |s| Lasting::For(Duration::from_secs(s)))
        }
    }
}

pub(crate) fn seconds(lasting: Lasting) -> Option<i64> {
    match lasting {
        Lasting::For(time) => Some(i64::try_from(time.as_secs()).unwrap_or(i64::MAX)),
        Lasting::Browser => Some(-1),
        _ => None,
    }
}

pub(crate) fn json(record: &Record) -> Json {
    Json::Object(record.data.iter().map(|(key, value)| (key.clone(), value.clone())).collect::<Map<_, _>>())
}
