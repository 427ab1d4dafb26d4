use std::sync::Arc;

use quintet_core::{
    Boot, BoxFuture, Result, Room, Services, ServicesBuilder,
    settings::{Section, SettingsSection},
    signing::Signer,
    template::StoredFiles,
};

use crate::{Storage, StorageSettings};

/// The room of files: the `[storage]` section and the service [`Storage`].
#[derive(Debug, Clone, Copy, Default)]
pub struct StorageRoom;

impl Room for StorageRoom {
    fn name(&self) -> &'static str {
        "storage"
    }

    fn sections(&self) -> Vec<Section> {
        vec![StorageSettings::section()]
    }

    /// Files of a test are gone with it, and never among those of the developer's own site.
    fn in_tests(&self) -> Vec<(&'static str, &'static str)> {
        vec![("storage.url", "memory://")]
    }

    fn share(&self, first: &Services, second: &mut ServicesBuilder) {
        if let Some(storage) = first.get::<Storage>() {
            second.insert(storage.clone());
        }
    }

    fn start<'a>(&'a self, boot: &'a mut Boot) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            let mut storage = boot.settings.get::<StorageSettings>()?.open(boot.settings.root())?;
            // A test kit may have put its own there already.
            if let Some(given) = boot.services.get::<Storage>() {
                storage = given.clone();
            }
            // Without a key nothing is signed, and who wants to is told.
            if boot.settings.secret_key().is_ok() {
                storage = storage.signed_by(&Signer::of_settings(&boot.settings)?);
            }
            boot.services.insert::<Arc<dyn StoredFiles>>(Arc::new(storage.clone()));
            boot.services.insert(storage);
            Ok(())
        })
    }
}
