use std::time::Duration;

use quintet_core::{Services, settings::Settings};
use quintet_storage::{Storage, StorageSettings};

/// For how long the link to a private file in a form is good.
const GOOD: Duration = Duration::from_secs(60 * 60);

/// Where files are kept, and how a form links to them.
#[derive(Clone, Debug)]
pub(crate) struct Shelf {
    pub(crate) storage: Storage,
    /// Only where a form shows files that are there.
    settings: Option<StorageSettings>,
}

impl Shelf {
    pub(crate) fn of(services: Option<&Services>, shows_files: bool) -> Option<Self> {
        let services = services?;
        let storage = services.get::<Storage>()?.clone();
        let settings = services.get::<Settings>().filter(|_| shows_files);
        Some(Shelf { storage, settings: settings.and_then(|settings| settings.get().ok()) })
    }

    /// The address of a file; signed for whoever is shown the form, if not everybody may see it.
    pub(crate) fn url(&self, name: &str) -> Option<String> {
        if self.settings.as_ref().is_some_and(|settings| settings.is_private(name)) {
            return self.storage.signed_url(name, GOOD).ok();
        }
        Some(self.storage.url(name))
    }
}
