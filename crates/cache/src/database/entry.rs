use jiff::Timestamp;
use quintet_macros::model;

/// A cached value.
#[model(app = "cache", table = "cache_entry")]
#[derive(Debug, Clone)]
pub struct CacheEntry {
    /// The full key.
    #[field(primary_key, max_length = 300)]
    pub key: String,
    /// The bytes.
    pub value: Vec<u8>,
    /// It is not found from here on.
    #[field(index)]
    pub until: Option<Timestamp>,
    /// What was written first goes first.
    #[field(index)]
    pub written: Timestamp,
}
