use std::sync::Arc;

use quintet_core::{
    Boot, BoxFuture, Result, Room, Services, ServicesBuilder,
    check::Check,
    settings::{Section, SettingsSection},
    signing::Signer,
    template::StoredFiles,
};

use crate::{S3Settings, Storage, StorageSettings};

/// The room of files: the sections `[storage]` and `[storage.s3]`, and the service [`Storage`].
#[derive(Debug, Clone, Copy, Default)]
pub struct StorageRoom;

impl Room for StorageRoom {
    fn name(&self) -> &'static str {
        "storage"
    }

    fn sections(&self) -> Vec<Section> {
        vec![StorageSettings::section(), S3Settings::section()]
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

    /// Asked of a server only before others come: a site starts without its storage.
    fn deploy_checks<'a>(&'a self, services: &'a Services) -> BoxFuture<'a, Vec<Check>> {
        Box::pin(async move {
            let Some(storage) = services.get::<Storage>() else { return Vec::new() };
            let wrong = storage.check().await.err();
            wrong
                .map(|error| Check::error("storage.E001", error.to_string()).about("[storage] url"))
                .into_iter()
                .collect()
        })
    }

    fn start<'a>(&'a self, boot: &'a mut Boot) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            let section = boot.settings.get::<StorageSettings>()?;
            let mut storage = section.open(boot.settings.root(), &boot.settings.get()?)?;
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
