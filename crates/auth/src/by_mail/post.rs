//! Mails written beside the request, so that its answer takes as long whether or not there is anybody to write to.

use quintet_core::{Error, Result, Services};
use quintet_mail::{Mail, Mailer};
use quintet_web::{Url, spawn};

/// Does it beside the request, which knows nothing of what comes of it; what fails is in the log.
pub(super) fn beside(what: &'static str, work: impl Future<Output = Result> + Send + 'static) {
    drop(spawn(async move {
        if let Err(error) = work.await {
            tracing::error!(?error, "{what} could not be sent");
        }
    }));
}

/// The whole address of a page of the site: made of the settings, never of what a request says of its host.
pub(super) fn link(address: &Url, services: &Services) -> Result<String> {
    let site = services.require::<Mailer>()?.site();
    let url = site.url.as_ref().ok_or_else(|| {
        Error::settings(
            "a mail with a link can't be sent: set `url` of `[site]`, as in `url = \"https://example.com\"`, or QUINTET_SITE_URL in the \
             environment",
        )
    })?;
    Ok(url.join(&address.resolve()?))
}

/// Sends a mail to this address.
pub(super) async fn send(mail: Mail, to: &str, services: &Services) -> Result {
    mail.to(to).send(services.require::<Mailer>()?).await
}

/// A span of time as people read it in a mail.
pub(super) fn span(time: std::time::Duration) -> String {
    let minutes = time.as_secs() / 60;
    let (count, unit) = match minutes {
        2880.. => (minutes / 1440, "day"),
        120.. => (minutes / 60, "hour"),
        60.. => (1, "hour"),
        _ => (minutes.max(1), "minute"),
    };
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{s}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::span;

    #[test]
    fn spans_are_read_by_people() {
        for (minutes, text) in [
            (0, "1 minute"),
            (1, "1 minute"),
            (30, "30 minutes"),
            (60, "1 hour"),
            (90, "1 hour"),
            (1440, "24 hours"),
            (4320, "3 days"),
        ] {
            assert_eq!(span(Duration::from_secs(60 * minutes)), text);
        }
    }
}
