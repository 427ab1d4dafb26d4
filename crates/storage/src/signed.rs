//! Addresses that hold for a while, for whoever was given one.

use std::time::Duration;

use http::StatusCode;
use quintet_core::{Error, Result, clock, signing::Signer};

use crate::Storage;

/// What the signatures are for.
pub(crate) const PURPOSE: &str = "quintet.storage.address";

impl Storage {
    /// With this signer, for [`signed_url`](Self::signed_url). The storage of a site with a `secret_key` has one.
    #[must_use]
    pub fn signed_by(self, signer: &Signer) -> Self {
        Storage { signer: Some(signer.purpose(PURPOSE)), ..self }
    }

    /// The address of a file, good for so long: whoever has it may read the file, also one of a private folder.
    ///
    /// Check first whether the one who gets it may see the file. It can't be taken back.
    ///
    /// ```
    /// use std::time::Duration;
    /// use quintet_core::{settings::Secret, signing::Signer};
    /// use quintet_storage::Storage;
    ///
    /// let storage = Storage::memory().signed_by(&Signer::new(Secret::new("a long random text")));
    /// let url = storage.signed_url("private/7.pdf", Duration::from_secs(600))?;
    /// assert!(url.starts_with("/media/private/7.pdf?expires="));
    /// # Ok::<(), quintet_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the site has no `secret_key`, or its files are at another host, which knows nothing of the signature.
    pub fn signed_url(&self, name: &str, good_for: Duration) -> Result<String> {
        let signer = self.signer()?;
        if !self.address().starts_with('/') {
            return Err(Error::internal(format!(
                "the files are at `{}`, where nobody checks signatures: make `storage.address` a path, or take `storage.direct_url(..)` for files in S3",
                self.address()
            )));
        }
        let now = u64::try_from(clock::now().as_second()).unwrap_or_default();
        let expires = now.saturating_add(good_for.as_secs());
        let signed = signer.sign(&text(name, expires));
        let signature = signed.rsplit(':').next().unwrap_or_default();
        Ok(format!("{}?expires={expires}&signature={signature}", self.url(name)))
    }

    /// Checks the query of an address that [`signed_url`](Self::signed_url) made, and says how long it is still good.
    ///
    /// # Errors
    /// 403 if it was made for another file, was changed, or is no longer good.
    pub fn check_signed(&self, name: &str, query: &str) -> Result<Duration> {
        let wrong = || Error::new(StatusCode::FORBIDDEN, "This address was not made by this site.");
        let of = |key: &str| {
            let pair = query.split('&').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='));
            pair.ok_or_else(wrong)
        };
        let (expires, signature) = (of("expires")?, of("signature")?);
        let expires: u64 = expires.parse().map_err(|_| wrong())?;
        let signed = format!("{}:{signature}", text(name, expires));
        self.signer()?.unsign(&signed).map_err(|_| wrong())?;
        let now = u64::try_from(clock::now().as_second()).unwrap_or(u64::MAX);
        let left = expires.checked_sub(now).filter(|left| *left > 0);
        left.map(Duration::from_secs).ok_or_else(|| {
            Error::new(StatusCode::FORBIDDEN, "This address was good for a while only, which is over.")
        })
    }

    fn signer(&self) -> Result<&Signer> {
        self.signer.as_ref().ok_or_else(|| {
            Error::settings(
                "signed addresses of files need a key: set `secret_key` (or the variable SECRET_KEY)",
            )
        })
    }
}

/// What is signed. The number comes first: no name can say another one.
fn text(name: &str, expires: u64) -> String {
    format!("{expires}:{name}")
}

#[cfg(test)]
mod tests {
    use quintet_core::{Services, clock::Clock, settings::Secret};

    use super::*;

    #[tokio::test]
    async fn an_address_is_good_for_its_file_and_its_time() {
        let mut services = Services::builder();
        let clock = Clock::fixed("2026-11-20T12:00:00Z".parse().unwrap());
        services.insert(clock.clone());
        services
            .build()
            .scope(async move {
                let storage = Storage::memory().signed_by(&Signer::new(Secret::new("key")));
                let url = storage.signed_url("private/ä:b.pdf", Duration::from_secs(60)).unwrap();
                let (path, query) = url.split_once('?').unwrap();
                assert_eq!(path, "/media/private/%C3%A4%3Ab.pdf");
                let status = |name: &str, query: &str| {
                    storage.check_signed(name, query).map_err(|error| error.status().as_u16())
                };
                assert_eq!(status("private/ä:b.pdf", query), Ok(Duration::from_secs(60)));
                assert_eq!(status("private/other.pdf", query), Err(403));
                let later = query.replace("expires=1", "expires=2");
                for wrong in [
                    later.as_str(),
                    "",
                    "expires=1",
                    "signature=x",
                    "expires=x&signature=y",
                    &query[..query.len() - 1],
                ] {
                    assert_eq!(status("private/ä:b.pdf", wrong), Err(403), "{wrong}");
                }
                let other = Storage::memory().signed_by(&Signer::new(Secret::new("other key")));
                assert!(other.check_signed("private/ä:b.pdf", query).is_err());
                clock.advance(jiff::SignedDuration::from_secs(59));
                assert_eq!(status("private/ä:b.pdf", query), Ok(Duration::from_secs(1)));
                clock.advance(jiff::SignedDuration::from_secs(1));
                assert_eq!(status("private/ä:b.pdf", query), Err(403));
            })
            .await;
        assert!(
            Storage::memory().signed_url("a", Duration::MAX).unwrap_err().to_string().contains("secret_key")
        );
        let elsewhere =
            Storage::memory().at("https://x.example/").signed_by(&Signer::new(Secret::new("key")));
        assert!(elsewhere.signed_url("a", Duration::MAX).is_err());
    }
}
