//! `[storage.s3]`: what an S3 needs besides its URL. It is there without the feature, too, so that a site whose build lacks S3 is
//! told that, and not that its section is unknown.

use std::time::Duration;

use quintet_core::settings::{ByteSize, Secret};
use quintet_macros::Settings;

/// `[storage.s3]` in `quintet.toml`: the server and the account behind `[storage] url = "s3://bucket/folder"`.
#[derive(Debug, Clone, Settings)]
#[settings("storage.s3")]
pub struct S3Settings {
    /// `https://minio.example.com:9000`: the server, if it is not Amazon's.
    #[setting(env = "AWS_ENDPOINT_URL_S3", env = "AWS_ENDPOINT_URL")]
    pub endpoint: Option<String>,
    /// Where the bucket is.
    #[setting(default = "us-east-1", env = "AWS_REGION", env = "AWS_DEFAULT_REGION")]
    pub region: String,
    /// The account's key. Without one it is the role of the machine or of the container that is asked for.
    #[setting(env = "AWS_ACCESS_KEY_ID")]
    pub access_key_id: Option<String>,
    /// The key's secret.
    #[setting(env = "AWS_SECRET_ACCESS_KEY")]
    pub secret_access_key: Option<Secret>,
    /// What belongs to a key that is good for a while only.
    #[setting(env = "AWS_SESSION_TOKEN")]
    pub session_token: Option<Secret>,
    /// May the endpoint be one without TLS? For a server on this machine or in a net of your own.
    #[setting(default)]
    pub allow_http: bool,
    /// Is the bucket in the path of addresses, rather than in the host's name? With an endpoint it is, at Amazon's it isn't.
    pub path_style: Option<bool>,
    /// Does the server know conditions on writes (`If-None-Match`)? Without them two who save under one name at the same moment
    /// may overwrite one another.
    #[setting(default = true)]
    pub conditional: bool,
    /// Larger files are sent in parts of this size, at least 5 MiB; three of them are in memory for each upload.
    #[setting(default = "8 MiB")]
    pub part_size: ByteSize,
    /// How long the server may be silent.
    #[setting(default = "30s")]
    pub timeout: Duration,
    /// How often what failed for a while is tried again.
    #[setting(default = 3)]
    pub retries: u32,
    /// Sends who asks for a file to the server, with an address that is good for so long. Without it the site passes files through.
    pub redirect: Option<Duration>,
}
