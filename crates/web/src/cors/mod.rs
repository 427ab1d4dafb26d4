//! Pages of other origins that may read what the site answers (CORS).
//!
//! A browser lets a page's script read what another site answered only if that site says so, and asks before it sends what a plain form
//! could not have sent (a preflight). [`Cors`] is what the site says; `[cors]` says it for all or some of its paths, and
//! [`.cors(..)`](crate::Routing::cors) for the routes of an app. Without either, scripts of other origins read nothing.
//!
//! ```
//! use quintet_core::App;
//! use quintet_web::{Cors, Routing};
//!
//! let api = App::new("api").get("/films/", async || "…").cors(Cors::new(["https://app.example.com"]).credentials());
//! # let _ = api;
//! ```
//!
//! What a page may send is another question, see [`csrf`](crate::csrf): whoever is let in here may send without cookies, and with them
//! where [`credentials`](Cors::credentials) are let in. A form needs its token nonetheless.
//!
//! `rules` is what is made of the words at the start, `layer` stands around routes.
mod layer;
mod rules;
mod settings;

use std::time::Duration;

use quintet_core::Result;

pub use layer::{CorsLayer, CorsService};
pub(crate) use rules::{Grant, Granted, Rules, is_at};
pub use settings::CorsSettings;

/// Whose scripts may read answers, and how they may ask for them.
#[derive(Debug, Clone)]
pub struct Cors {
    origins: Vec<String>,
    methods: Vec<String>,
    headers: Vec<String>,
    expose: Vec<String>,
    credentials: bool,
    max_age: Duration,
    private_network: bool,
}

impl Cors {
    /// Pages of these origins: `https://app.example.com`, `https://*.example.com` for all below that, `*` for everybody. They may
    /// ask by the usual methods and send JSON and keys (`Authorization`).
    #[must_use]
    pub fn new<I>(origins: I) -> Self
    where
        I: IntoIterator<Item: Into<String>>,
    {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        Cors {
            origins: origins.into_iter().map(Into::into).collect(),
            methods: texts(&settings::METHODS),
            headers: texts(&settings::HEADERS),
            expose: Vec::new(),
            credentials: false,
            max_age: settings::MAX_AGE,
            private_network: false,
        }
    }

    /// By these methods only.
    #[must_use]
    pub fn methods<I: IntoIterator<Item: Into<String>>>(mut self, methods: I) -> Self {
        self.methods = methods.into_iter().map(Into::into).collect();
        self
    }

    /// With these headers, beside those that need no word; `*` for any.
    #[must_use]
    pub fn headers<I: IntoIterator<Item: Into<String>>>(mut self, headers: I) -> Self {
        self.headers = headers.into_iter().map(Into::into).collect();
        self
    }

    /// Their scripts may read these headers of answers, beside those that need no word.
    #[must_use]
    pub fn expose<I: IntoIterator<Item: Into<String>>>(mut self, headers: I) -> Self {
        self.expose = headers.into_iter().map(Into::into).collect();
        self
    }

    /// They may ask as whoever has logged in: with cookies. Never for everybody (`*`).
    #[must_use]
    pub fn credentials(mut self) -> Self {
        self.credentials = true;
        self
    }

    /// For so long browsers need not ask again; at most two hours or a day are kept.
    #[must_use]
    pub fn max_age(mut self, time: Duration) -> Self {
        self.max_age = time;
        self
    }

    /// Pages of the internet may ask though the site is in a private network.
    #[must_use]
    pub fn private_network(mut self) -> Self {
        self.private_network = true;
        self
    }

    /// As a tower layer, for routers of axum. In a router that is mounted on a site it stands behind the site's judgement of what
    /// changes something (see [`csrf`](crate::csrf)); give `.cors(..)` to the app that mounts it, and it stands before.
    ///
    /// # Errors
    /// If an origin, a method or a header is none, and if everybody were let in with cookies.
    pub fn layer(&self) -> Result<CorsLayer> {
        Ok(CorsLayer::new(Rules::of(self, "cors(..)")?))
    }
}
