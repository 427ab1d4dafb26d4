//! What `check --deploy` looks for: mails that would not go out, go to nobody, or lead nowhere.

use quintet_core::{
    check::Check,
    settings::{Settings, SiteSettings},
};

use crate::{MailSettings, Tls};

/// The ways of `[mail] url` by which a mail reaches nobody.
const HERE: [(&str, &str); 3] =
    [("console://", "shown on the terminal"), ("memory://", "kept in memory"), ("dummy://", "thrown away")];

/// Where no way is said at all, `mail.W001` of `check` tells it. A site that brings a way of its own (`own`) may leave `[mail] url` out.
pub(crate) fn checks(settings: &Settings, own: bool) -> Vec<Check> {
    let Ok(mail) = settings.get::<MailSettings>() else { return Vec::new() };
    if mail.url.is_none() && !own {
        return Vec::new();
    }
    let mut found = Vec::new();
    let url = mail.url.as_deref().unwrap_or_default();
    if let Some((_, what)) = HERE.iter().find(|(way, _)| !own && url.starts_with(way)) {
        let what = format!("mails reach nobody: they are {what}");
        let fix = "set MAIL_URL to a server, as in `MAIL_URL=smtp://user:password@mail.example.com:587`";
        found.push(Check::warning("mail.W002", what).hint(fix).about("[mail] url"));
    }
    if !own && mail.tls == Some(Tls::Off) && host(url).is_some_and(|host| !is_here(host)) {
        let what = "mails and the password of the mail server go over the network in plain text";
        let fix = "take `tls = \"off\"` out of [mail]: TLS is required then, as it is of every server but this machine";
        found.push(Check::warning("mail.W005", what).hint(fix).about("[mail] tls"));
    }
    if mail.from.is_none() {
        let what = "mails that name no sender can't be sent";
        let fix = "set `from` in [mail], as in `from = \"Cinema <no-reply@example.com>\"`";
        found.push(Check::warning("mail.W003", what).hint(fix).about("[mail] from"));
    }
    if settings.get::<SiteSettings>().is_ok_and(|site| site.url.is_none()) {
        let what = "mails can't lead to the site: it does not know where people find it";
        let fix = "set `url` in [site] (QUINTET_SITE_URL=https://example.com)";
        found.push(Check::warning("mail.W004", what).hint(fix).about("[site] url"));
    }
    found
}

/// Of the server of `smtp://user:password@mail.example.com:587`.
fn host(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("smtp://")?;
    let authority = rest.split(['/', '?']).next()?;
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    if place.starts_with('[') {
        return place.split_inclusive(']').next();
    }
    place.split(':').next()
}

fn is_here(host: &str) -> bool {
    host.is_empty() || host.eq_ignore_ascii_case("localhost") || host.starts_with("127.") || host == "[::1]"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(own: bool, given: &[(&str, &str)]) -> Vec<&'static str> {
        let settings = Settings::for_tests("/nowhere", given.iter().copied());
        checks(&settings, own).iter().map(|check| check.id).collect()
    }

    #[test]
    fn what_keeps_mails_from_people_is_found() {
        let (smtp, from) = (("mail.url", "smtp://mail.example.com"), ("mail.from", "no-reply@example.com"));
        let site = ("site.url", "https://example.com");
        assert!(ids(false, &[smtp, from, site]).is_empty());
        assert_eq!(ids(false, &[smtp, site]), ["mail.W003"]);
        assert_eq!(ids(false, &[smtp, from]), ["mail.W004"]);
        for here in ["console://", "memory://", "dummy://"] {
            assert_eq!(ids(false, &[("mail.url", here), from, site]), ["mail.W002"], "{here}");
        }
        for (url, tls, expected) in [
            ("smtp://mail.example.com", "off", &["mail.W005"][..]),
            ("smtp://ann:w@rd@10.0.0.7:25", "off", &["mail.W005"]),
            ("smtp://mail.example.com", "if-offered", &[]),
            ("smtp://localhost:1025", "off", &[]),
            ("smtp://127.0.0.1", "off", &[]),
            ("smtp://[::1]:25", "off", &[]),
        ] {
            assert_eq!(ids(false, &[("mail.url", url), ("mail.tls", tls), from, site]), expected, "{url}");
        }
        // Nothing is said of what is not set: `mail.W001` has said it. A way of the site's own needs the rest nonetheless.
        assert!(ids(false, &[]).is_empty());
        assert_eq!(ids(true, &[]), ["mail.W003", "mail.W004"]);
    }
}
