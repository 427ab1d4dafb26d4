use std::time::Duration;

use quintet_core::{Services, settings::Settings};
use quintet_storage::{Storage, StorageSettings};

/// For how long the link to a private file in a form is good.
const GOOD: Duration = Duration::from_secs(60 * 60);

/// Where files are kept, and how a form links to them.
#[derive(Clone, Debug)]
pub(crate) struct Shelf {
    pub(crate) storage: Storage,
    private: Vec<String>,
}

impl Shelf {
    pub(crate) fn of(services: Option<&Services>) -> Option<Self> {
        let services = services?;
        let settings = services.get::<Settings>().and_then(|settings| settings.get::<StorageSettings>().ok());
        let folder = |name: String| if name.ends_with('/') { name } else { format!("{name}/") };
        let private = settings.map(|settings| settings.private).unwrap_or_default();
        let storage = services.get::<Storage>()?.clone();
        Some(Shelf { storage, private: private.into_iter().map(folder).collect() })
    }

    /// The address of a file; signed for whoever is shown the form, if not everybody may see it.
    pub(crate) fn url(&self, name: &str) -> Option<String> {
        if self.private.iter().any(|folder| name.starts_with(folder.as_str())) {
            return self.storage.signed_url(name, GOOD).ok();
        }
        Some(self.storage.url(name))
    }
}
