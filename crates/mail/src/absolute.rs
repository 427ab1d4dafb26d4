//! The site as mails see it: each of its addresses is a whole one, as nobody reads a mail at the site.

use std::sync::Arc;

use quintet_core::{
    Error, Result, Services, ServicesBuilder,
    clock::Clock,
    settings::{Settings, SiteSettings},
    template::{Assets, FragmentCache, PagePolicy, Reverse, StoredFiles},
};

/// The whole address of one of the site's.
///
/// # Errors
/// If the site does not know where it is found.
fn whole(address: &str, info: &SiteSettings) -> Result<String> {
    match &info.url {
        Some(url) => Ok(url.join(address)),
        None => Err(Error::settings(format!(
            "`{address}` has to be a whole address in a mail, and the site does not know where people find it: set `url` of `[site]`, as \
             in `url = \"https://example.com\"`, or QUINTET_SITE_URL in the environment"
        ))),
    }
}

/// The services that a template of a mail finds: those of the site that make addresses, made whole.
pub(crate) fn services(site: &ServicesBuilder, info: &Arc<SiteSettings>) -> Services {
    let mut services = Services::builder();
    if let Some(inner) = site.get::<Arc<dyn Reverse>>().cloned() {
        services.insert::<Arc<dyn Reverse>>(Arc::new(Whole { inner, info: info.clone() }));
    }
    if let Some(inner) = site.get::<Arc<dyn Assets>>().cloned() {
        services.insert::<Arc<dyn Assets>>(Arc::new(Whole { inner, info: info.clone() }));
    }
    if let Some(inner) = site.get::<Arc<dyn StoredFiles>>().cloned() {
        services.insert::<Arc<dyn StoredFiles>>(Arc::new(Whole { inner, info: info.clone() }));
    }
    if let Some(cache) = site.get::<Arc<dyn FragmentCache>>().cloned() {
        services.insert(cache);
    }
    if let Some(settings) = site.get::<Settings>().cloned() {
        services.insert(settings);
    }
    if let Some(clock) = site.get::<Clock>().cloned() {
        services.insert(clock);
    }
    services.build()
}

struct Whole<T: ?Sized> {
    inner: Arc<T>,
    info: Arc<SiteSettings>,
}

impl Reverse for Whole<dyn Reverse> {
    fn url(&self, app: Option<&str>, name: &str, arguments: &[(&str, String)]) -> Result<String> {
        whole(&self.inner.url(app, name, arguments)?, &self.info)
    }

    fn parameters(&self, app: Option<&str>, name: &str) -> Option<Vec<String>> {
        self.inner.parameters(app, name)
    }

    fn names(&self) -> Vec<String> {
        self.inner.names()
    }
}

impl Assets for Whole<dyn Assets> {
    fn url(&self, path: &str) -> Result<String> {
        whole(&self.inner.url(path)?, &self.info)
    }

    fn import_map(&self, run: Option<&str>, policy: Option<&dyn PagePolicy>) -> Result<String> {
        self.inner.import_map(run, policy)
    }
}

impl StoredFiles for Whole<dyn StoredFiles> {
    /// Where the site does not know its own address, the file's stays as it is.
    fn url(&self, name: &str) -> String {
        let address = self.inner.url(name);
        self.info.url.as_ref().map_or(address.clone(), |url| url.join(&address))
    }
}
