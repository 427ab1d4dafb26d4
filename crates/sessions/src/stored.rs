//! A session as bytes, for the cache.

use std::{collections::BTreeMap, net::IpAddr};

use bytes::Bytes;
use jiff::Timestamp;
use quintet_core::{Error, Result};
use quintet_web::session::{Lasting, Record};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// A session as it is kept in a cache. Another version of the program that can't read it takes it for none.
#[derive(Serialize, Deserialize)]
pub(crate) struct Stored {
    data: BTreeMap<String, Json>,
    user: Option<String>,
    created: Timestamp,
    used: Timestamp,
    expires: Timestamp,
    lasting: Lasting,
    address: Option<IpAddr>,
    agent: Option<String>,
    version: i64,
}

impl Stored {
    pub(crate) fn bytes(record: &Record) -> Result<Bytes> {
        let stored = Stored {
            data: record.data.clone(),
            user: record.user.clone(),
            created: record.created,
            used: record.used,
            expires: record.expires,
            lasting: record.lasting,
            address: record.address,
            agent: record.agent.clone(),
            version: record.version,
        };
        let json = serde_json::to_vec(&stored);
        json.map(Bytes::from).map_err(|error| Error::internal("a session can't be JSON").with_source(error))
    }

    /// The session, if that is one.
    pub(crate) fn record(bytes: &[u8]) -> Option<Record> {
        let stored: Stored = serde_json::from_slice(bytes).ok()?;
        let mut record = Record::new(stored.data, stored.created);
        record.user = stored.user;
        record.used = stored.used;
        record.expires = stored.expires;
        record.lasting = stored.lasting;
        record.address = stored.address;
        record.agent = stored.agent;
        record.version = stored.version;
        Some(record)
    }
}
