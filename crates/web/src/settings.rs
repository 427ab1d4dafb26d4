use std::time::Duration;

use quintet_core::settings::ByteSize;
use quintet_macros::Settings;

/// `[server]` in `quintet.toml`: where the site listens and what it puts up with.
#[derive(Debug, Clone, Settings)]
#[settings("server")]
pub struct ServerSettings {
    /// Address and port; port 0 takes a free one.
    #[setting(default = "127.0.0.1:8000", env = "QUINTET_BIND")]
    pub bind: String,
    /// Connections open at once; further ones wait in the system's queue.
    #[setting(default = 10_000)]
    pub max_connections: usize,
    /// Longest wait for a request's head, and longest rest of a kept-alive connection.
    #[setting(default = "15s")]
    pub header_timeout: Duration,
    /// Largest request head.
    #[setting(default = "64 KiB")]
    pub max_header_size: ByteSize,
    /// Largest request body.
    #[setting(default = "10 MiB")]
    pub max_body_size: ByteSize,
    /// Longest pause between two pieces of a request's body.
    #[setting(default = "20s")]
    pub body_timeout: Duration,
    /// Longest time in which a client takes nothing of the response.
    #[setting(default = "30s")]
    pub write_timeout: Duration,
    /// Longest time until a handler answers; 0 for no limit. The client then gets 503; a handler of an unsafe
    /// method still runs to its end.
    #[setting(default = "60s")]
    pub request_timeout: Duration,
    /// How long requests under way may take to finish when the server stops.
    #[setting(default = "30s")]
    pub drain_timeout: Duration,
    /// Is a line written for each request?
    #[setting(default = true)]
    pub access_log: bool,
    /// Take `X-Request-Id` from the client? Only behind a proxy that sets it.
    #[setting(default = false)]
    pub trust_request_id: bool,
    /// May a site in debug be reached from other machines? Its error pages show source and settings.
    #[setting(default = false)]
    pub allow_public_debug: bool,
}
