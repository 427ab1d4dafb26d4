use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use quintet_core::{BoxFuture, Error, Result, Services, signing::Signer};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Change, Lasting, Record, SessionEpochs, SessionSettings, SessionStore, record};

/// Sessions in the browser's cookie: signed with the site's `secret_key`, so that nobody changes them, and readable by whoever has the
/// browser.
///
/// Nothing is kept here, so none can be listed, and one that has ended could be shown again by who has kept its cookie, until it expires.
/// All of a user's end when the site's [`SessionEpochs`] count on.
#[derive(Debug)]
pub struct CookieSessions {
    signer: Option<Signer>,
    settings: SessionSettings,
}

/// What is in the cookie; short names, since every byte travels.
#[derive(Serialize, Deserialize)]
struct Coded {
    #[serde(rename = "d")]
    data: Map<String, Value>,
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    /// The user's epoch.
    #[serde(rename = "e", default, skip_serializing_if = "is_zero")]
    epoch: i64,
    #[serde(rename = "c")]
    created: i64,
    #[serde(rename = "t")]
    used: i64,
    #[serde(rename = "l", default, skip_serializing_if = "is_usual")]
    lasting: Lasting,
    #[serde(rename = "v", default)]
    version: i64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

fn is_usual(lasting: &Lasting) -> bool {
    *lasting == Lasting::Usual
}

impl CookieSessions {
    /// Signed by this signer. Without one there are no sessions: asking for one is an error.
    #[must_use]
    pub fn new(signer: Option<Signer>, settings: SessionSettings) -> Self {
        CookieSessions { signer: signer.map(|signer| signer.purpose("quintet.session")), settings }
    }

    fn signer(&self) -> Result<&Signer> {
        self.signer.as_ref().ok_or_else(|| {
            Error::internal(
                "sessions are signed with the `secret_key` of the settings, and this site has none",
            )
        })
    }

    async fn read(&self, token: &str) -> Result<Option<Record>> {
        // What is not signed as it should be is no session.
        let Ok(text) = self.signer()?.unsign(token) else { return Ok(None) };
        let json = URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
        let Ok(coded) = serde_json::from_slice::<Coded>(&json) else { return Ok(None) };
        let time = |second: i64| Timestamp::from_second(second).unwrap_or_default();
        let (created, used) = (time(coded.created), time(coded.used));
        if let Some(user) = &coded.user
            && epoch(user).await? != coded.epoch
        {
            return Ok(None);
        }
        Ok(Some(Record {
            data: coded.data.into_iter().collect(),
            user: coded.user,
            created,
            used,
            expires: record::expiry(coded.lasting, created, &self.settings, used),
            lasting: coded.lasting,
            address: None,
            agent: None,
            version: coded.version,
        }))
    }

    async fn write(&self, record: &Record) -> Result<String> {
        let epoch = match &record.user {
            Some(user) => epoch(user).await?,
            None => 0,
        };
        let coded = Coded {
            data: record.data.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
            user: record.user.clone(),
            epoch,
            created: record.created.as_second(),
            used: record.used.as_second(),
            lasting: record.lasting,
            version: record.version,
        };
        let text = self.signer()?.sign(&URL_SAFE_NO_PAD.encode(serde_json::to_string(&coded)?));
        let most = usize::try_from(self.settings.max_cookie_size.bytes()).unwrap_or(usize::MAX);
        if text.len() > most {
            return Err(too_large(record, text.len(), most));
        }
        Ok(text)
    }
}

fn too_large(record: &Record, size: usize, most: usize) -> Error {
    let sizes = record.data.iter().map(|(key, value)| (value.to_string().len(), key));
    let (of, key) = sizes.max().map_or((0, ""), |(size, key)| (size, key.as_str()));
    Error::internal(format!(
        "the session is too large for a cookie: {size} bytes, of at most {most}; its largest value is `{key}` with {of} bytes. Keep less \
         in it, or install `sessions::app()`, which keeps sessions in the database"
    ))
}

/// The epoch of a user; 0 where nobody counts.
async fn epoch(user: &str) -> Result<i64> {
    match epochs() {
        Some(epochs) => epochs.epoch(user).await,
        None => Ok(0),
    }
}

fn epochs() -> Option<Arc<dyn SessionEpochs>> {
    Services::current()?.get::<Arc<dyn SessionEpochs>>().cloned()
}

impl SessionStore for CookieSessions {
    fn load<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Option<Record>>> {
        Box::pin(self.read(token))
    }

    fn insert<'a>(&'a self, record: &'a Record) -> BoxFuture<'a, Result<String>> {
        Box::pin(self.write(record))
    }

    fn update<'a>(
        &'a self,
        _: &'a str,
        known: &'a Record,
        change: &'a Change,
    ) -> BoxFuture<'a, Result<Option<(String, Record)>>> {
        Box::pin(async move {
            let mut record = known.clone();
            change.apply(&mut record, &self.settings);
            Ok(Some((self.write(&record).await?, record)))
        })
    }

    fn end<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result> {
        Box::pin(async { Ok(()) })
    }

    fn end_all<'a>(&'a self, user: &'a str, _: Option<&'a str>) -> BoxFuture<'a, Result<Option<u64>>> {
        Box::pin(async move {
            let epochs = epochs().ok_or_else(|| {
                Error::internal(
                    "sessions that are kept in cookies can't be ended here: this site has nobody who counts the users' epochs \
                     (`SessionEpochs`); install `sessions::app()`, which keeps sessions in the database",
                )
            })?;
            epochs.advance(user).await.map(|()| None)
        })
    }

    /// Those that are over are nothing by themselves.
    fn clear<'a>(&'a self) -> BoxFuture<'a, Result<u64>> {
        Box::pin(async { Ok(0) })
    }
}
