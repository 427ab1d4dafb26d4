//! Files in S3, or a server that speaks as it does.
//!
//! `settings` is always there; the rest comes with the feature `s3`. `place` reads the URL and the settings, `http` carries what
//! `object_store` asks (its own client would bring a second TLS), `backend` answers the trait, `upload` sends a file that is too
//! large for one request, `told` says what went wrong and what to do about it.
mod settings;

#[cfg(feature = "s3")]
mod backend;
#[cfg(feature = "s3")]
mod http;
#[cfg(feature = "s3")]
mod place;
#[cfg(feature = "s3")]
mod told;
#[cfg(feature = "s3")]
mod upload;

#[cfg(feature = "s3")]
pub use backend::S3;
pub use settings::S3Settings;
