use std::sync::Arc;

use quintet_core::{Error, Result, ServicesBuilder, settings::Settings, signing::Signer};

use super::{CookieSessions, MemorySessions, SessionSettings, SessionStore, StoreChoice};

/// Puts the store of the settings among the services, if no room has brought one.
pub(crate) fn choose(services: &mut ServicesBuilder, settings: &Settings) -> Result {
    let session: SessionSettings = settings.get()?;
    session.check()?;
    let store: Arc<dyn SessionStore> = match (session.store, services.get::<Arc<dyn SessionStore>>()) {
        (StoreChoice::Auto | StoreChoice::Cache | StoreChoice::CachedDb, Some(_)) => return Ok(()),
        (StoreChoice::Cache | StoreChoice::CachedDb, None) => {
            return Err(Error::settings(
                "session.store: sessions in a cache need the features `sessions` and `cache` of `quintet`",
            ));
        }
        (StoreChoice::Auto | StoreChoice::Cookie, _) => {
            // A site without a key can't have sessions, and is none the worse as long as it wants none.
            let signer = Signer::of_settings(settings).ok();
            Arc::new(CookieSessions::new(signer, session))
        }
        (StoreChoice::Memory, _) => Arc::new(MemorySessions::new(session)),
    };
    services.insert(store);
    Ok(())
}
