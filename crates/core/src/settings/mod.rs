//! Settings: one `quintet.toml`, every key overridable by `.env` and the environment, typed by sections.
//!
//! Data passes through it once, at start-up: texts and variables come in as [`Sources`] (whoever has the
//! disk reads them); they become a document with places (`document`, `dotenv`); [`Settings::load`] looks up
//! each declared [`Key`] in the layers (`layers`), checks all of them and reports every problem at once
//! (`problem`); rooms and apps then read typed sections with [`Settings::get`].
//!
//! The layers, later ones win: the declared default, `quintet.toml`, `.env`, the environment, the program.
//! A key `port` of the section `[server]` is `QUINTET_SERVER_PORT` in the last two, or one of its aliases.
//! An empty variable counts as not set.
mod base;
mod document;
mod dotenv;
mod each;
mod given;
mod layers;
mod load;
mod named;
mod problem;
mod rows;
mod secret;
mod section;
mod site;
mod slot;
mod units;
mod value;
mod zone;

use std::{
    borrow::Cow,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

pub use base::{Base, Checks, Log, LogFilter, LogFormat};
pub use given::{Given, Wrong, choice};
pub use layers::{Origin, Sources};
pub use load::Reader;
pub use rows::Row;
pub use secret::Secret;
pub use section::{Key, Section};
pub use site::{SiteSettings, SiteUrl, split_host};
pub use slot::{SettingsSlot, WithSettings, sections_of};
pub use units::{ByteSize, parse_duration};
pub use value::SettingValue;
pub use zone::Zone;

use self::layers::Layers;
use crate::{
    error::{Error, Result},
    services::{Service, Services},
};

/// The effective settings of a site: cheap to clone.
///
/// ```
/// use quintet_core::settings::{Checks, Settings, Sources};
///
/// let toml = "debug = true\n[checks]\nsilence = [\"web.W001\"]";
/// let sources = Sources { toml: Some(("quintet.toml".into(), toml.into())), ..Sources::default() };
/// let settings = Settings::load(sources, &[]).unwrap();
/// assert!(settings.debug());
/// assert_eq!(settings.get::<Checks>().unwrap().silence, ["web.W001"]);
///
/// let wrong = Sources { toml: Some(("quintet.toml".into(), "debgu = true".into())), ..Sources::default() };
/// let error = Settings::load(wrong, &[]).unwrap_err().to_string();
/// assert_eq!(error, "unknown key `debgu`; did you mean `debug`? (quintet.toml:1:1)");
/// ```
#[derive(Clone)]
pub struct Settings(Arc<Inner>);

#[derive(Clone, Default)]
struct Inner {
    layers: Layers,
    sections: Vec<Section>,
    /// May sections be read that were not declared? Only where nothing was loaded: defaults and tests.
    open: bool,
    base: Base,
    /// A section whose struct reads another one of the same keys.
    seen_as: Option<(Cow<'static, str>, Section)>,
    made_key: Option<Secret>,
    warnings: Vec<String>,
}

/// A typed section of `quintet.toml`; `#[derive(Settings)]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a section of settings",
    label = "needs #[derive(Settings)] and #[settings(\"name\")]"
)]
pub trait SettingsSection: Sized + Clone + Send + Sync + 'static {
    /// The section with its keys.
    fn section() -> Section;

    /// Reads it.
    ///
    /// # Errors
    /// Naming file, line, key and what was expected.
    fn read(settings: &Settings) -> Result<Self>;
}

impl Settings {
    /// Settings without a file, for tests: declared defaults, and `overrides` as pairs of
    /// `section.key` (`debug` at the top) and the text that an environment variable would hold.
    ///
    /// The site's directory is `root`; any section may be read; there is a secret key.
    ///
    /// ```
    /// use quintet_core::settings::{Checks, Settings};
    ///
    /// let settings = Settings::for_tests("/tmp", [("checks.silence", "a.W001, b.W002")]);
    /// assert_eq!(settings.get::<Checks>().unwrap().silence, ["a.W001", "b.W002"]);
    /// assert!(!settings.debug() && settings.secret_key().is_ok());
    /// ```
    #[must_use]
    pub fn for_tests<K, V>(root: impl Into<PathBuf>, overrides: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: Into<String>,
        V: Into<String>,
    {
        let given = overrides.into_iter().map(|(k, v)| (k.into(), v.into())).collect();
        let layers = Layers { root: root.into(), given, ..Layers::default() };
        let mut inner = Inner { layers, open: true, sections: base::sections(), ..Inner::default() };
        inner.made_key = Some(Secret::new("a key for tests, known to everybody who reads this"));
        let open = Settings(Arc::new(inner.clone()));
        inner.base = open.get::<Base>().unwrap_or_default();
        Settings(Arc::new(inner))
    }

    /// Reads a section.
    ///
    /// # Errors
    /// If nobody declared the section (`.settings::<S>()` on an app, [`Room::sections`](crate::Room::sections)
    /// in a room). Its values were checked when the settings were loaded.
    pub fn get<S: SettingsSection>(&self) -> Result<S> {
        S::read(self)
    }

    /// Is this a development site? Errors are then shown in full. Off unless `debug = true` is set.
    #[must_use]
    pub fn debug(&self) -> bool {
        self.0.base.debug
    }

    /// The site's directory, where `quintet.toml` is.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.0.layers.root
    }

    /// A path of the settings, seen from the site's directory.
    #[must_use]
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root().join(path)
    }

    /// The key that signs cookies and tokens.
    ///
    /// # Errors
    /// If none is set; the message says how to make and set one. In debug the command line makes one.
    pub fn secret_key(&self) -> Result<&Secret> {
        self.0.base.secret_key.as_ref().or(self.0.made_key.as_ref()).ok_or_else(|| {
            Error::settings(
                "`secret_key` is not set: signed cookies and tokens need it. Set QUINTET_SECRET_KEY in the \
                 environment (or in `.env`, or `secret_key` in quintet.toml) to 32 or more random bytes, \
                 for example the output of `openssl rand -base64 48`, and keep it out of version control; \
                 or let `secret_key_file` say where one is kept",
            )
        })
    }

    /// The file that keeps the key, seen from the site's directory, if `secret_key_file` says one.
    #[must_use]
    pub fn secret_key_file(&self) -> Option<PathBuf> {
        self.0.base.secret_key_file.as_ref().map(|file| self.path(file))
    }

    /// Former keys: what they have signed is still taken, nothing new is signed with them.
    #[must_use]
    pub fn secret_key_fallbacks(&self) -> &[Secret] {
        &self.0.base.secret_key_fallbacks
    }

    /// The same settings with a key to sign with where none is set.
    #[must_use]
    pub fn or_secret_key(mut self, key: Secret) -> Self {
        Arc::make_mut(&mut self.0).made_key.get_or_insert(key);
        self
    }

    /// What is odd but does not stop a start: variables of the environment that nothing reads.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.0.warnings
    }
}

/// No file, no variables: the declared defaults of any section.
impl Default for Settings {
    fn default() -> Self {
        Settings(Arc::new(Inner { open: true, sections: base::sections(), ..Inner::default() }))
    }
}

impl Service for Settings {
    fn of(services: &Services) -> Result<Self> {
        services.require::<Settings>().cloned()
    }
}

/// The keys and where they come from; no values, for they may be secret.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("root", &self.root())
            .field("debug", &self.debug())
            .field("sections", &self.0.sections.iter().map(|s| &*s.name).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
