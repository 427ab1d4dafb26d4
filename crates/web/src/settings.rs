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
    /// Connections open at once. A further one takes the place of that which has waited longest for a request, a second at least; if all
    /// are at work, or have been upgraded, it waits.
    #[setting(default = 10_000)]
    pub max_connections: usize,
    /// Longest wait for a request's head, and longest rest of a kept-alive connection; 0 for no limit.
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
    /// Are texts sent compressed to those who take it? Static files have their own switch, in `[static]`.
    #[setting(default = true)]
    pub compress: bool,
    /// Shorter texts are not compressed.
    #[setting(default = "1 KiB")]
    pub compress_above: ByteSize,
    /// Which answers get a tag, so that a client that has them need not be sent them again.
    #[setting(default)]
    pub etags: Etags,
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

/// Which answers get a tag (`ETag`) made of their text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Settings)]
pub enum Etags {
    /// Pages: what templates have made.
    #[default]
    Pages,
    /// Whatever is answered with 200 and is no stream.
    All,
    /// None, and nobody is told that he has an answer already; static files go their own way.
    Off,
}
