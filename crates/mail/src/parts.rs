use bytes::Bytes;
use jiff::Timestamp;

use crate::{Address, Attachment};

/// What a mail is made of, once nothing of it is missing.
pub(crate) struct Parts {
    pub(crate) subject: String,
    pub(crate) from: Address,
    pub(crate) to: Vec<Address>,
    pub(crate) cc: Vec<Address>,
    pub(crate) bcc: Vec<Address>,
    pub(crate) reply_to: Vec<Address>,
    pub(crate) text: Option<String>,
    pub(crate) html: Option<String>,
    pub(crate) attachments: Vec<Attachment>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) id: String,
    pub(crate) date: Timestamp,
    pub(crate) recipients: Vec<String>,
    /// All of it, as it goes over the wire.
    pub(crate) bytes: Bytes,
}
