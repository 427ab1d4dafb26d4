use std::sync::Arc;

use quintet_core::{
    Error, Result, ServicesBuilder,
    settings::{SettingValue as _, Settings},
    signing::Signer,
};

use super::{CookieSessions, MemorySessions, SessionSettings, SessionStore, StoreChoice};

/// Puts the store of the settings among the services, if neither the site nor a room has brought one.
pub(crate) fn choose(services: &mut ServicesBuilder, settings: &Settings) -> Result {
    let session: SessionSettings = settings.get()?;
    session.check()?;
    let brought = services.get::<Arc<dyn SessionStore>>().is_some();
    let given = services.is_given::<Arc<dyn SessionStore>>();
    let store: Arc<dyn SessionStore> = match session.store {
        StoreChoice::Auto if brought => return Ok(()),
        choice if given => {
            return Err(Error::settings(format!(
                "session.store: the site has sessions of its own, given with `.with(..)`, so it can't be `{}`: take one of both away",
                choice.show()
            )));
        }
        StoreChoice::Cache | StoreChoice::CachedDb if brought => return Ok(()),
        StoreChoice::Cache | StoreChoice::CachedDb => {
            return Err(Error::settings(
                "session.store: sessions in a cache need the features `sessions` and `cache` of `quintet`",
            ));
        }
        StoreChoice::Auto | StoreChoice::Cookie => {
            // A site without a key can't have sessions, and is none the worse as long as it wants none.
            let signer = Signer::of_settings(settings).ok();
            Arc::new(CookieSessions::new(signer, session))
        }
        StoreChoice::Memory => Arc::new(MemorySessions::new(session)),
    };
    services.insert(store);
    Ok(())
}
