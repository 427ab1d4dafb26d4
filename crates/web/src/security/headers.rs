//! `[security.headers]`: what answers say to make browsers careful.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use quintet_core::{Error, Result};
use quintet_macros::Settings;

use super::SecuritySettings;
use crate::policy;

/// `[security.headers]` in `quintet.toml`: headers of every answer that does not set its own. An empty text leaves one out, here
/// and in an answer.
#[derive(Debug, Clone, Settings)]
#[settings("security.headers")]
pub struct HeaderSettings {
    /// What pages may load (Content-Security-Policy). Without a word, what is of this site and of the host of its files.
    pub content_security_policy: Option<String>,
    /// A policy that is only tried (Content-Security-Policy-Report-Only): browsers report what it would keep out, and keep nothing
    /// out. `report-uri` or `report-to` in it say where to.
    pub content_security_policy_report_only: Option<String>,
    /// Where browsers report to, by the names that `report-to` has (Reporting-Endpoints): `csp="https://example.com/reports/"`.
    #[setting(default)]
    pub reporting_endpoints: String,
    /// May other sites show pages in frames (X-Frame-Options, and frame-ancestors of the usual policy)?
    #[setting(default)]
    pub frame_options: FrameOptions,
    /// Are browsers told that a file is what its type says (X-Content-Type-Options)?
    #[setting(default = true)]
    pub nosniff: bool,
    /// What other sites learn of the address that somebody comes from (Referrer-Policy).
    #[setting(default = "same-origin")]
    pub referrer_policy: String,
    /// What a page that is opened from here gets hold of (Cross-Origin-Opener-Policy).
    #[setting(default = "same-origin")]
    pub opener_policy: String,
    /// What pages and their frames may use (Permissions-Policy): "camera=(self), geolocation=(self)".
    #[setting(default = "camera=(), microphone=(), geolocation=(), payment=(), usb=()")]
    pub permissions_policy: String,
}

/// Who may show pages in frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Settings)]
pub enum FrameOptions {
    /// Nobody.
    #[default]
    Deny,
    /// Pages of this site.
    SameOrigin,
    /// Everybody.
    Off,
}

const OPENER: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const REPORTING: HeaderName = HeaderName::from_static("reporting-endpoints");
const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");

impl HeaderSettings {
    /// The headers; pages may load from `hosts`, too, and show pictures and films from `files`.
    ///
    /// # Errors
    /// If a text can't be a header.
    pub(crate) fn headers(&self, hosts: &[&str], files: &[String]) -> Result<HeaderMap> {
        let mut headers = HeaderMap::new();
        let mut put = |name: HeaderName, key: &str, text: &str| -> Result {
            if !text.is_empty() {
                headers.insert(name, value(key, text)?);
            }
            Ok(())
        };
        let policy = match &self.content_security_policy {
            Some(own) => own.clone(),
            None => and_files(self.usual(hosts), hosts, files),
        };
        put(header::CONTENT_SECURITY_POLICY, "content_security_policy", &policy)?;
        let tried = self.content_security_policy_report_only.as_deref().unwrap_or_default();
        put(header::CONTENT_SECURITY_POLICY_REPORT_ONLY, "content_security_policy_report_only", tried)?;
        put(REPORTING, "reporting_endpoints", &self.reporting_endpoints)?;
        let frames = match self.frame_options {
            FrameOptions::Deny => "DENY",
            FrameOptions::SameOrigin => "SAMEORIGIN",
            FrameOptions::Off => "",
        };
        put(header::X_FRAME_OPTIONS, "frame_options", frames)?;
        put(header::X_CONTENT_TYPE_OPTIONS, "nosniff", if self.nosniff { "nosniff" } else { "" })?;
        put(header::REFERRER_POLICY, "referrer_policy", &self.referrer_policy)?;
        put(OPENER, "opener_policy", &self.opener_policy)?;
        put(PERMISSIONS, "permissions_policy", &self.permissions_policy)?;
        Ok(headers)
    }

    /// The usual policy, as far as frames go.
    fn usual(&self, hosts: &[&str]) -> String {
        let usual = policy::usual(hosts);
        let usual = usual.to_str().unwrap_or_default();
        match self.frame_options {
            FrameOptions::Deny => usual.to_owned(),
            FrameOptions::SameOrigin => usual.replace("frame-ancestors 'none'", "frame-ancestors 'self'"),
            FrameOptions::Off => usual.replace("; frame-ancestors 'none'", ""),
        }
    }
}

/// Where the storage's files come from, if not from here: what people have sent may be shown, and never run.
fn and_files(policy: String, hosts: &[&str], files: &[String]) -> String {
    if files.is_empty() {
        return policy;
    }
    let of = |origins: &mut dyn Iterator<Item = &str>| {
        origins.map(|origin| format!(" {origin}")).collect::<String>()
    };
    let (hosts, files) = (of(&mut hosts.iter().copied()), of(&mut files.iter().map(String::as_str)));
    let policy = policy.replacen("img-src 'self' data:", &format!("img-src 'self' data:{files}"), 1);
    format!("{policy}; media-src 'self'{hosts}{files}")
}

fn value(key: &str, text: &str) -> Result<HeaderValue> {
    HeaderValue::try_from(text).map_err(|_| {
        Error::settings(format!("[security.headers] {key}: `{}` can't be a header", text.escape_debug()))
    })
}

/// Strict-Transport-Security, if the site asks for it.
///
/// # Errors
/// If it asks to be in browsers' lists without what they want for that.
pub(crate) fn hsts(settings: &SecuritySettings) -> Result<Option<HeaderValue>> {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
    if settings.hsts_preload && !(settings.hsts_subdomains && settings.hsts >= YEAR) {
        return Err(Error::settings(
            "[security] hsts_preload: browsers' lists take sites with `hsts = \"365d\"` or more and `hsts_subdomains = true` only",
        ));
    }
    if settings.hsts.is_zero() {
        return Ok(None);
    }
    let below = if settings.hsts_subdomains { "; includeSubDomains" } else { "" };
    let preload = if settings.hsts_preload { "; preload" } else { "" };
    let text = format!("max-age={}{below}{preload}", settings.hsts.as_secs());
    Ok(Some(HeaderValue::try_from(text).map_err(|error| Error::settings(error.to_string()))?))
}
