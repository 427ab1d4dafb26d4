//! Which bucket of which server, and who asks.

use std::{fmt, sync::Arc, time::Duration};

use object_store::{
    BackoffConfig, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey, S3ConditionalPut},
};
use quintet_core::{Error, Result};

use super::{S3Settings, http::Http};

/// Parts may not be smaller, nor may there be more of them.
const SMALLEST_PART: u64 = 5 * 1024 * 1024;
pub(super) const MOST_PARTS: usize = 10_000;

/// S3 takes no longer for an address that is signed.
pub(super) const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Where roles of machines and containers are said to be: what the systems that run them set, and nobody by hand.
const ROLES: [&str; 8] = [
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_ENDPOINT_URL_STS",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_METADATA_ENDPOINT",
];

/// A bucket, a folder in it, and the ways there.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) bucket: String,
    /// With a slash at its end, or empty.
    pub(super) folder: String,
    /// As in the settings, for people.
    pub(super) server: String,
    /// Of the addresses that the server itself has.
    pub(super) origin: String,
    /// Were credentials given, or are they a role's?
    pub(super) given: bool,
    pub(super) store: Arc<AmazonS3>,
    /// The same, but an upload in parts ends only where there is no file of its name yet.
    pub(super) creating: Arc<AmazonS3>,
}

impl Place {
    /// The place that `bucket/folder` names.
    ///
    /// # Errors
    /// What is wrong with the URL or the settings.
    pub(super) fn of(rest: &str, settings: &S3Settings) -> Result<Self> {
        let (bucket, folder) = rest.split_once('/').unwrap_or((rest, ""));
        let folder = folder.trim_end_matches('/');
        check_bucket(bucket)?;
        if !folder.is_empty() {
            crate::name::checked(folder).map_err(|error| {
                Error::settings(format!("`storage.url` names a folder that can't be one: {error}"))
            })?;
        }
        let wrong = |key: &str, why: &str| Err(Error::settings(format!("`{key}` of `[storage.s3]` {why}")));
        if settings.part_size.bytes() < SMALLEST_PART || settings.part_size.bytes() > (5 << 30) {
            return wrong("part_size", "must be between 5 MiB and 5 GiB: servers take no other parts");
        }
        if settings.region.is_empty()
            || !settings.region.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/')
        {
            return wrong(
                "region",
                "is no region: write one such as `eu-central-1`, or `auto` where the server has none",
            );
        }
        if settings.redirect.is_some_and(|time| time < Duration::from_secs(10) || time > LONGEST) {
            return wrong(
                "redirect",
                "must be between ten seconds and seven days, the longest that S3 allows",
            );
        }
        let path_style = settings.path_style.unwrap_or(settings.endpoint.is_some() || bucket.contains('.'));
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_region(&settings.region)
            .with_virtual_hosted_style_request(!path_style)
            .with_retry(RetryConfig {
                max_retries: settings.retries as usize,
                // Of all attempts together, and no longer than a request's signature is good.
                retry_timeout: (settings.timeout * 2).min(Duration::from_secs(240)),
                backoff: BackoffConfig { max_backoff: Duration::from_secs(5), ..BackoffConfig::default() },
            })
            // Not every server knows the other way.
            .with_disable_bulk_delete(true)
            .with_conditional_put(if settings.conditional {
                S3ConditionalPut::ETagMatch
            } else {
                S3ConditionalPut::Disabled
            });
        let (server, origin) = match &settings.endpoint {
            None => {
                let host = if path_style { String::new() } else { format!("{bucket}.") };
                let region = &settings.region;
                (format!("Amazon S3 ({region})"), format!("https://{host}s3.{region}.amazonaws.com"))
            }
            Some(endpoint) => {
                let endpoint = endpoint.trim_end_matches('/');
                check_endpoint(endpoint, settings.allow_http)?;
                let own = match endpoint.split_once("://") {
                    Some((scheme, host)) if !path_style => format!("{scheme}://{bucket}.{host}"),
                    _ => endpoint.to_owned(),
                };
                builder = builder.with_endpoint(&own);
                let path = own.match_indices('/').nth(2).map_or(own.len(), |(at, _)| at);
                (endpoint.to_owned(), own.get(..path).unwrap_or_default().to_owned())
            }
        };
        let given = settings.access_key_id.is_some();
        builder = match (&settings.access_key_id, &settings.secret_access_key) {
            (Some(key), Some(secret)) => {
                builder.with_access_key_id(key).with_secret_access_key(secret.expose())
            }
            (Some(_), None) => {
                return wrong(
                    "access_key_id",
                    "is set without `secret_access_key` (the variable AWS_SECRET_ACCESS_KEY)",
                );
            }
            (None, Some(_)) => {
                return wrong(
                    "secret_access_key",
                    "is set without `access_key_id` (the variable AWS_ACCESS_KEY_ID)",
                );
            }
            (None, None) => of_role(builder),
        };
        if let Some(token) = &settings.session_token {
            builder = builder.with_token(token.expose());
        }
        let http = Http::new(settings.timeout).map_err(|error| {
            Error::settings("the certificates of this system, which S3 over TLS needs, can't be read")
                .with_source(error)
        })?;
        let built = |builder: AmazonS3Builder| {
            let store = builder.build();
            store.map(Arc::new).map_err(|error| {
                Error::settings("`[storage.s3]` and `storage.url` lead to no S3").with_source(error)
            })
        };
        Ok(Place {
            store: built(builder.clone().with_http_connector(http.clone()))?,
            creating: built(builder.with_http_connector(if settings.conditional {
                http.creating()
            } else {
                http
            }))?,
            bucket: bucket.to_owned(),
            folder: if folder.is_empty() { String::new() } else { format!("{folder}/") },
            server,
            origin,
            given,
        })
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{} at {}", self.bucket, self.folder, self.server)
    }
}

fn of_role(mut builder: AmazonS3Builder) -> AmazonS3Builder {
    for name in ROLES {
        let key = name.to_lowercase().parse::<AmazonS3ConfigKey>();
        if let (Ok(value), Ok(key)) = (std::env::var(name), key) {
            builder = builder.with_config(key, value);
        }
    }
    builder
}

fn check_bucket(bucket: &str) -> Result {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_".contains(&byte);
    let end = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if (3..=63).contains(&bucket.len())
        && bucket.bytes().all(plain)
        && end(bucket.bytes().next())
        && end(bucket.bytes().last())
    {
        return Ok(());
    }
    // Not the name itself: who has put credentials there would find them in a log.
    Err(Error::settings(
        "`storage.url` names no bucket: write `s3://bucket` or `s3://bucket/folder`, with the bucket's name in 3 to 63 small \
         letters, digits, `.` and `-`; the server and the account belong into `[storage.s3]`",
    ))
}

fn check_endpoint(endpoint: &str, allow_http: bool) -> Result {
    let wrong = |why: &str| Err(Error::settings(format!("`endpoint` of `[storage.s3]` {why}")));
    let Some((scheme, host)) =
        endpoint.split_once("://").filter(|(scheme, _)| ["http", "https"].contains(scheme))
    else {
        return wrong("must begin with `https://` (or `http://`, with `allow_http = true`)");
    };
    if host.contains('@') {
        return wrong(
            "must hold no name and no password: they belong into `access_key_id` and `secret_access_key`",
        );
    }
    let uri = endpoint.parse::<::http::Uri>();
    if !uri.is_ok_and(|uri| uri.host().is_some_and(|host| !host.is_empty()) && uri.query().is_none()) {
        return wrong(&format!(
            "is `{endpoint}`, which is no address of a server: write `https://minio.example.com:9000`"
        ));
    }
    if scheme == "http" && !allow_http {
        return wrong(&format!(
            "is `{endpoint}`, which is not encrypted: write `https://`, or `allow_http = true` for a server on this machine or in \
             a net of your own"
        ));
    }
    Ok(())
}
