//! What the settings leave open.

use quintet_core::{
    Services,
    check::Check,
    settings::{Settings, SiteSettings},
};

use super::SecuritySettings;
use crate::settings::ServerSettings;

/// What whoever starts the site should know.
pub(crate) fn checks(services: &Services) -> Vec<Check> {
    services.get::<Settings>().and_then(unnamed).into_iter().collect()
}

/// A site that others can reach, and that refuses all of them.
fn unnamed(settings: &Settings) -> Option<Check> {
    let bind = settings.get::<ServerSettings>().ok()?.bind;
    let host = bind.rsplit_once(':').map_or(&*bind, |(host, _)| host);
    let local = host == "localhost" || host.starts_with("127.") || host == "[::1]";
    let named = !settings.get::<SecuritySettings>().ok()?.hosts.is_empty();
    let url = settings.get::<SiteSettings>().ok()?.url;
    if settings.debug() || local || named || url.is_some() {
        return None;
    }
    let text = "the site answers for no hosts but this machine and the address it listens on: everybody else gets 400";
    let hint = "set `url` in [site] (QUINTET_SITE_URL=https://example.com), or `hosts` in [security] if it has several";
    Some(Check::warning("web.W004", text).hint(hint).about("[security] hosts"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_that_refuses_everybody_is_told() {
        let found = |given: &[(&str, &str)]| unnamed(&Settings::for_tests("/nowhere", given.iter().copied()));
        let open = ("server.bind", "0.0.0.0:8000");
        let check = found(&[open]).unwrap();
        assert!(check.id == "web.W004" && check.hint.unwrap().contains("QUINTET_SITE_URL"));
        assert!(found(&[("server.bind", "[::]:8000")]).is_some());
        for given in [
            &[][..],
            &[("server.bind", "[::1]:8000")],
            &[open, ("debug", "true")],
            &[open, ("security.hosts", "example.com")],
            &[open, ("site.url", "https://example.com")],
        ] {
            assert_eq!(found(given), None, "{given:?}");
        }
    }
}
