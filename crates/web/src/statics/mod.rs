//! Static files: style sheets, scripts and images from the apps' `static/` folders.
//!
//! [`Statics`] knows the files (`files`): embedded ones are hashed once at start-up, those on disk are looked at
//! when they are asked for. It gives them addresses that change with their content (`static("cinema/app.css")` in
//! templates, through [`Assets`]) and answers those addresses before any route or layer of the site is asked: a style sheet needs no
//! login (`serve`). `respond` decides on headers, 304 and 206, with ranges read by `range`.
//!
//! What stands at an address with the version of the file (`?v=…`) may be kept for ever; anything else is asked for
//! again each time and answered with 304 while it is the same.
mod files;
mod range;
mod respond;
mod serve;
mod settings;

use std::fmt;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use quintet_core::{Error, Result, Site, near::did_you_mean, settings::Settings, template::Assets};

use files::Files;
pub use settings::StaticSettings;

/// What is percent-encoded in the path of an address.
const ENCODED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'\'')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}');

/// The static files of a site. In the services as `Arc<dyn Assets>`.
pub struct Statics {
    prefix: String,
    files: Files,
}

impl Statics {
    /// The files of a site's apps, in install order: where two have a name, the first installed wins.
    ///
    /// # Errors
    /// If `[static] url` is not a path.
    pub fn new(site: &Site, settings: &Settings) -> Result<Self> {
        let section: StaticSettings = settings.get()?;
        Ok(Statics { prefix: section.prefix()?, files: Files::new(site) })
    }

    /// What all their addresses begin with: `/static/`.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }
}

impl Assets for Statics {
    fn url(&self, path: &str) -> Result<String> {
        match self.files.find(path) {
            Some(file) => {
                Ok(format!("{}{}?v={}", self.prefix, utf8_percent_encode(path, ENCODED), file.version()))
            }
            None => {
                let known = self.files.names();
                let near = did_you_mean(path, known.iter().map(String::as_str));
                Err(Error::internal(format!("no app has the static file `{path}`{near}")))
            }
        }
    }
}

impl fmt::Debug for Statics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Statics").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}
