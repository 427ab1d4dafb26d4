use std::time::Duration;

use quintet_core::settings::ByteSize;
use quintet_macros::Settings;

/// `[session]` in `quintet.toml`: where sessions are kept, how long, and in which cookie.
#[derive(Debug, Clone, Settings)]
#[settings("session")]
pub struct SessionSettings {
    /// Where sessions are kept.
    #[setting(default)]
    pub store: StoreChoice,
    /// The cache that sessions are kept in, where `store` is `cache` or `cached_db`.
    #[setting(default = "default")]
    pub cache: String,
    /// A session that is not used for so long is over.
    #[setting(default = "14d")]
    pub idle_timeout: Duration,
    /// A session is over so long after it began, used or not; 0 for never.
    #[setting(default = "90d")]
    pub absolute_timeout: Duration,
    /// How exactly it is known when a session was last used: it is written no more often than this, if nothing else is.
    #[setting(default = "5m")]
    pub touch_interval: Duration,
    /// The cookie's name; over https `__Host-` stands before it, or `__Secure-` if there is a domain.
    #[setting(default = "session")]
    pub cookie: String,
    /// Does the browser keep the cookie when it is closed?
    #[setting(default = true)]
    pub persistent: bool,
    /// Which requests from other sites' pages come with the cookie.
    #[setting(default)]
    pub same_site: SameSite,
    /// Is the cookie for encrypted connections only?
    #[setting(default)]
    pub secure: SecureCookie,
    /// Is the cookie kept from scripts?
    #[setting(default = true)]
    pub http_only: bool,
    /// The domain whose hosts all get the cookie: example.com; without, this host alone does.
    #[setting(default)]
    pub domain: String,
    /// The largest session that is kept in a cookie; no browser takes more than 4 KiB with name and flags.
    #[setting(default = "3800 B")]
    pub max_cookie_size: ByteSize,
}

/// Where sessions are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Settings)]
pub enum StoreChoice {
    /// Where an installed app keeps them, such as the database; without one, in the cookie.
    #[default]
    Auto,
    /// In the cookie, signed: readable by its browser.
    Cookie,
    /// In a cache, and nowhere else: what the cache drops is forgotten.
    Cache,
    /// In the database, with copies in a cache that are read instead.
    #[setting(name = "cached_db")]
    CachedDb,
    /// In the memory of this process, for as long as it runs.
    Memory,
}

/// Which requests from other sites' pages come with the cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Settings)]
pub enum SameSite {
    /// Those that show a page: somebody follows a link.
    #[default]
    Lax,
    /// None: who follows a link is not signed in on the first page.
    Strict,
    /// All, such as those from frames; browsers want the cookie to be secure then.
    None,
}

/// Is the cookie for encrypted connections only?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Settings)]
pub enum SecureCookie {
    /// Where the browser speaks https.
    #[default]
    Auto,
    /// Always; over http nobody can sign in.
    Always,
}
