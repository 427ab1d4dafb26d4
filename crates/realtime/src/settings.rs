use std::time::Duration;

use quintet_core::settings::ByteSize;
use quintet_macros::Settings;

/// `[channels]` in `quintet.toml`: where topics are kept, and what clients may ask of the site.
#[derive(Debug, Clone, Settings)]
#[settings("channels")]
pub struct ChannelSettings {
    /// "memory://" for a site of one process, "redis://host:6379" or "database://" (PostgreSQL) for several.
    #[setting(default = "memory://", env = "CHANNELS_URL", secret)]
    pub url: String,
    /// Where clients connect.
    #[setting(default = "/channels/")]
    pub path: String,
    /// Pages of which other origins may connect, without cookies: `"https://app.example.com"`.
    #[setting(default)]
    pub origins: Vec<String>,
    /// How many events of a topic are kept for those who come back.
    #[setting(default = 1_000)]
    pub history: usize,
    /// How long they are kept.
    #[setting(default = "10m")]
    pub history_age: Duration,
    /// The largest message of a client.
    #[setting(default = "64 KiB")]
    pub max_message: ByteSize,
    /// How many topics one connection may be in.
    #[setting(default = 100)]
    pub max_topics: usize,
    /// How many messages a second a client may send for long.
    #[setting(default = 50)]
    pub rate: u32,
    /// How many at once.
    #[setting(default = 200)]
    pub burst: u32,
    /// How many messages wait for a client that reads slowly, before it is sent away.
    #[setting(default = 1_000)]
    pub queue: usize,
    /// How much they may be together.
    #[setting(default = "1 MiB")]
    pub queue_size: ByteSize,
    /// How often a client that says nothing is asked whether it is there.
    #[setting(default = "25s")]
    pub ping: Duration,
    /// How often it is looked at whether a client is still who it was, when nothing has said that this has changed.
    #[setting(default = "5m")]
    pub recheck: Duration,
    /// How many people of a topic a client is told who joins it.
    #[setting(default = 1_000)]
    pub max_presence: usize,
}
