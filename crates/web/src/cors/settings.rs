use std::time::Duration;

use quintet_core::Result;
use quintet_macros::Settings;

use super::{Cors, Rules};

pub(super) const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
pub(super) const HEADERS: [&str; 4] = ["authorization", "content-type", "x-csrf-token", "x-requested-with"];
pub(super) const MAX_AGE: Duration = Duration::from_secs(600);

/// `[cors]` in `quintet.toml`: pages of other origins that may read answers. Off without origins.
#[derive(Debug, Clone, Settings)]
#[settings("cors")]
pub struct CorsSettings {
    /// Whose pages: `https://app.example.com`, `https://*.example.com`, or `*`.
    #[setting(default)]
    pub origins: Vec<String>,
    /// The paths that they may ask for, and all below these.
    #[setting(default = vec!["/".to_owned()])]
    pub paths: Vec<String>,
    /// By which methods.
    #[setting(default = METHODS.map(str::to_owned).to_vec())]
    pub methods: Vec<String>,
    /// With which headers, beside those that need no word; "*" for any.
    #[setting(default = HEADERS.map(str::to_owned).to_vec())]
    pub headers: Vec<String>,
    /// Headers of answers that their scripts may read.
    #[setting(default)]
    pub expose: Vec<String>,
    /// May they ask with cookies, as whoever has logged in? Never for "*".
    #[setting(default = false)]
    pub credentials: bool,
    /// For so long browsers need not ask again whether they may ask.
    #[setting(default = "10m")]
    pub max_age: Duration,
    /// May pages of the internet ask a site in a private network?
    #[setting(default = false)]
    pub private_network: bool,
}

impl CorsSettings {
    /// # Errors
    /// If a value is none, and if everybody were let in with cookies.
    pub(crate) fn rules(self) -> Result<Option<Rules>> {
        if self.origins.is_empty() {
            return Ok(None);
        }
        let CorsSettings { origins, paths, methods, headers, expose, credentials, max_age, private_network } =
            self;
        let cors = Cors { origins, methods, headers, expose, credentials, max_age, private_network };
        Rules::of(&cors, "[cors]").map(|rules| Some(rules.at(paths)))
    }
}
