//! What `check --deploy` looks for: settings that are right while one works and wrong where others are. The numbers are those of Django's
//! checks (`security.W004`), as far as it has the same.

use std::sync::Arc;

use quintet_core::{
    Services,
    check::Check,
    settings::{Secret, Settings, SiteSettings},
};

use super::{FrameOptions, HeaderSettings, SecuritySettings};
use crate::{
    policy,
    routing::Routes,
    session::{SameSite, SecureCookie, SessionSettings},
    settings::ServerSettings,
};

/// Fewer bytes are guessed, or are no bytes of chance.
const SHORTEST_KEY: usize = 32;
/// Fewer different ones are a word that somebody typed.
const LEAST_DIFFERENT: usize = 5;

const REFERRER: [&str; 8] = [
    "no-referrer",
    "no-referrer-when-downgrade",
    "origin",
    "origin-when-cross-origin",
    "same-origin",
    "strict-origin",
    "strict-origin-when-cross-origin",
    "unsafe-url",
];
const OPENER: [&str; 4] = ["same-origin", "same-origin-allow-popups", "noopener-allow-popups", "unsafe-none"];

/// All that is found.
pub(crate) fn deploy_checks(services: &Services) -> Vec<Check> {
    let Some(settings) = services.get::<Settings>() else { return Vec::new() };
    let mut found = of_settings(settings);
    if let Some(routes) = services.get::<Arc<Routes>>() {
        found.extend(open_routes(routes));
    }
    found
}

fn warn(id: &'static str, setting: &str, what: &str, fix: &str) -> Check {
    Check::warning(id, what).hint(fix).about(setting)
}

/// What the settings say.
pub(super) fn of_settings(settings: &Settings) -> Vec<Check> {
    let mut found = Vec::new();
    if settings.debug() {
        let what = "errors are shown with source, settings and statements";
        let fix = "take `debug = true` out of `.env`, quintet.toml and the environment (QUINTET_DEBUG)";
        found.push(warn("security.W018", "debug", what, fix));
    }
    keys(settings, &mut found);
    if let Ok(site) = settings.get::<SiteSettings>()
        && let Ok(security) = settings.get::<SecuritySettings>()
    {
        hosts(&site, &security, &mut found);
        https(&security, &mut found);
        if let Ok(session) = settings.get::<SessionSettings>() {
            cookies(&security, &session, &mut found);
        }
    }
    if let Ok(said) = settings.get::<HeaderSettings>() {
        headers(&said, &mut found);
    }
    if settings.get::<ServerSettings>().is_ok_and(|server| server.allow_public_debug) {
        let what = "a site in debug may be reached from other machines";
        found.push(warn("security.W034", "[server] allow_public_debug", what, "take it out"));
    }
    found
}

fn is_weak(key: &Secret) -> bool {
    let key = key.expose();
    let mut different: Vec<u8> = key.bytes().collect();
    different.sort_unstable();
    different.dedup();
    key.len() < SHORTEST_KEY || different.len() < LEAST_DIFFERENT || key.starts_with("django-insecure-")
}

fn keys(settings: &Settings, found: &mut Vec<Check>) {
    let fix =
        "set QUINTET_SECRET_KEY to 32 or more random bytes (`openssl rand -base64 48`), one for each site";
    match settings.secret_key() {
        Err(_) => found.push(warn("security.W009", "secret_key", "the site has no secret key", fix)),
        Ok(key) if is_weak(key) => {
            let what = "the secret key is short, or of few different letters: whoever guesses it signs what he likes";
            found.push(warn("security.W009", "secret_key", what, fix));
        }
        Ok(_) => {}
    }
    if settings.secret_key_fallbacks().iter().any(is_weak) {
        let what = "one of the former keys is weak, and what it signs is still taken";
        found.push(warn(
            "security.W025",
            "secret_key_fallbacks",
            what,
            "take it out of `secret_key_fallbacks`",
        ));
    }
}

fn hosts(site: &SiteSettings, security: &SecuritySettings, found: &mut Vec<Check>) {
    if security.hosts.iter().any(|host| host == "*") {
        let what = "requests for hosts of any name are answered: what is made of the host may lead elsewhere";
        let fix = "name the site's hosts, unless a proxy before it has looked";
        found.push(warn("security.W020", "[security] hosts", what, fix));
    } else if security.hosts.is_empty() && site.url.is_none() {
        let what = "the site answers for no hosts but this machine and the address it listens on";
        let fix = "set `url` in [site] (QUINTET_SITE_URL=https://example.com), or `hosts` in [security]";
        found.push(warn("security.W020", "[security] hosts", what, fix));
    }
    if site.url.as_ref().is_some_and(|url| !url.is_https()) {
        let what = "links in mails lead to http";
        found.push(warn("security.W033", "[site] url", what, "write https:// in `url` of [site]"));
    }
    let everybody = |network: &String| network.trim().ends_with("/0");
    if security.trusted_proxies.iter().any(everybody) {
        let what = "everybody is believed about https, the host and the address that he has";
        let fix = "name the proxies' own addresses in `trusted_proxies` of [security]";
        found.push(warn("security.W030", "[security] trusted_proxies", what, fix));
    }
}

fn https(security: &SecuritySettings, found: &mut Vec<Check>) {
    if !security.https_redirect {
        let what = "who asks over http is answered over http";
        let fix =
            "set `https_redirect = true` in [security]; silence this if the proxy before the site does it";
        found.push(warn("security.W008", "[security] https_redirect", what, fix));
    }
    if security.hsts.is_zero() {
        let what = "browsers are not told to speak https only";
        let fix = "set `hsts = \"1h\"` in [security], and more once all works";
        found.push(warn("security.W004", "[security] hsts", what, fix));
        return;
    }
    if !security.hsts_subdomains {
        let what = "hosts below the site's may still be asked over http, and set its cookies";
        let fix = "set `hsts_subdomains = true` in [security] if all of them speak https";
        found.push(warn("security.W005", "[security] hsts_subdomains", what, fix));
    }
    if !security.hsts_preload {
        let what = "the first request of a browser may still go over http";
        let fix = "set `hsts_preload = true` in [security], and hand the site in at hstspreload.org";
        found.push(Check::info("security.W021", what).hint(fix).about("[security] hsts_preload"));
    }
}

fn cookies(security: &SecuritySettings, session: &SessionSettings, found: &mut Vec<Check>) {
    if session.secure == SecureCookie::Auto && !security.https_redirect {
        let what = "whoever asks over http gets a session that anybody on the way can read";
        let fix = "set `secure = \"always\"` in [session], or `https_redirect = true` in [security]";
        found.push(warn("security.W010", "[session] secure", what, fix));
    }
    if !security.https_redirect {
        let what = "whoever asks over http gets the cookie of forms' tokens without `Secure`";
        let fix =
            "set `https_redirect = true` in [security]; silence this if the proxy before the site does it";
        found.push(warn("security.W016", "[security] https_redirect", what, fix));
    }
    if !session.http_only {
        let what = "scripts can read the cookie of the session, and so can those that somebody smuggles in";
        found.push(warn(
            "security.W013",
            "[session] http_only",
            what,
            "take `http_only = false` out of [session]",
        ));
    }
    if session.same_site == SameSite::None {
        let what = "requests from other sites' pages come with the session";
        let fix = "set `same_site = \"lax\"` in [session], unless pages are shown in other sites' frames";
        found.push(warn("security.W031", "[session] same_site", what, fix));
    }
}

fn headers(said: &HeaderSettings, found: &mut Vec<Check>) {
    match said.frame_options {
        FrameOptions::Deny => {}
        FrameOptions::SameOrigin => {
            let what = "pages may be shown in frames of this site";
            let fix = "set `frame_options = \"deny\"` in [security.headers], unless the site has frames";
            found
                .push(Check::info("security.W019", what).hint(fix).about("[security.headers] frame_options"));
        }
        FrameOptions::Off => {
            let what = "other sites may show pages in frames, and have visitors click what they don't see";
            let fix = "set `frame_options = \"deny\"` in [security.headers], and let out single routes";
            found.push(warn("security.W002", "[security.headers] frame_options", what, fix));
        }
    }
    if !said.nosniff {
        let what = "browsers may take a file that somebody has uploaded for a script";
        let fix = "take `nosniff = false` out of [security.headers]";
        found.push(warn("security.W006", "[security.headers] nosniff", what, fix));
    }
    let about = "[security.headers] referrer_policy";
    if said.referrer_policy.is_empty() {
        let what = "other sites learn the addresses that visitors come from";
        found.push(warn(
            "security.W022",
            about,
            what,
            "set `referrer_policy = \"same-origin\"` in [security.headers]",
        ));
    } else if let Some(wrong) =
        said.referrer_policy.split(',').map(str::trim).find(|word| !REFERRER.contains(word))
    {
        let what = format!("`{wrong}` is no policy that browsers know");
        found.push(
            Check::error("security.E023", what).hint(format!("one of {}", REFERRER.join(", "))).about(about),
        );
    }
    if !said.opener_policy.is_empty() && !OPENER.contains(&&*said.opener_policy) {
        let what = format!("`{}` is no policy that browsers know", said.opener_policy);
        let about = "[security.headers] opener_policy";
        found.push(
            Check::error("security.E024", what).hint(format!("one of {}", OPENER.join(", "))).about(about),
        );
    }
    policies(said, found);
}

/// The policy that holds, and the one that is only tried.
fn policies(said: &HeaderSettings, found: &mut Vec<Check>) {
    const HOLDS: &str = "[security.headers] content_security_policy";
    const TRIED: &str = "[security.headers] content_security_policy_report_only";
    let (holds, tried) = (&said.content_security_policy, &said.content_security_policy_report_only);
    for (about, policy) in [(HOLDS, holds), (TRIED, tried)] {
        if let Some((what, fix)) = policy.as_deref().and_then(policy::mistake) {
            found.push(Check::error("security.E026", what).hint(fix).about(about));
        }
    }
    if let Some(policy) = holds {
        let fix = "take it out of `content_security_policy` in [security.headers]; single pages ask for more by themselves";
        let empty = "take the empty `content_security_policy` out of [security.headers]";
        if let Some(word) = open_word(policy) {
            let what = format!("{word} lets in scripts that somebody has smuggled into a page");
            found.push(Check::warning("security.W032", what).hint(fix).about(HOLDS));
        } else if policy.trim().is_empty() {
            found.push(warn("security.W032", HOLDS, "pages may load scripts from everywhere", empty));
        }
    }
    let Some(policy) = tried.as_deref().filter(|policy| !policy.trim().is_empty()) else { return };
    // It is not there to be let as it is: it is what is to hold one day.
    if let Some(word) = open_word(policy) {
        let what = format!("the policy that is tried has {word}: held, it would let in smuggled scripts");
        let fix = "try one without it";
        found.push(Check::info("security.W032", what).hint(fix).about(TRIED));
    }
    let reports = |name: &str| policy.to_ascii_lowercase().split(';').any(|one| one.trim().starts_with(name));
    if !reports("report-uri") && !reports("report-to") {
        let what = "browsers report to nobody what the policy that is tried would keep out";
        let fix = "add `; report-uri /reports/` to it, or `; report-to NAME` with `reporting_endpoints`";
        found.push(warn("security.W035", TRIED, what, fix));
    }
}

/// A word that takes the policy its sense.
fn open_word(policy: &str) -> Option<&'static str> {
    ["'unsafe-inline'", "'unsafe-eval'"].into_iter().find(|word| policy.contains(word))
}

/// Routes at which nobody asks where a request comes from.
fn open_routes(routes: &Routes) -> Option<Check> {
    let writes = |methods: &[&str]| methods.is_empty() || methods.iter().any(|method| *method != "GET");
    let open = routes.all().iter().filter(|route| !route.csrf && writes(&route.methods));
    let paths: Vec<&str> = open.map(|route| route.path.as_str()).collect();
    if paths.is_empty() {
        return None;
    }
    let what = "other sites' pages may send to these routes what changes something: they must know otherwise who asks";
    let hint = "where they go by cookies, take out `csrf = false`, `.csrf(false)` or `.csrf_exempt(..)`";
    Some(Check::info("security.W003", what).hint(hint).about(paths.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: (&str, &str) = ("secret_key", "0123456789abcdefghijklmnopqrstuvwxyz-ABCDEF");
    /// A site as it should be.
    const GOOD: [(&str, &str); 6] = [
        KEY,
        ("site.url", "https://example.com"),
        ("security.https_redirect", "true"),
        ("security.hsts", "365d"),
        ("security.hsts_subdomains", "true"),
        ("security.hsts_preload", "true"),
    ];

    const POLICY: &str = "security.headers.content_security_policy";
    const TRIED: &str = "security.headers.content_security_policy_report_only";

    fn ids(more: &[(&str, &str)]) -> Vec<&'static str> {
        let all = GOOD.iter().chain(more).copied();
        of_settings(&Settings::for_tests("/nowhere", all)).iter().map(|check| check.id).collect()
    }

    #[test]
    fn each_setting_that_is_wrong_is_found_and_nothing_else() {
        assert_eq!(ids(&[]), Vec::<&str>::new());
        for (given, expected) in [
            (&[("debug", "true")][..], &["security.W018"][..]),
            (&[("secret_key", "short")], &["security.W009"]),
            (&[("secret_key", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")], &["security.W009"]),
            (&[("secret_key", "django-insecure-0123456789abcdefghijklmnopqrstuvwxyz")], &["security.W009"]),
            (&[("secret_key_fallbacks", "old")], &["security.W025"]),
            (&[("security.hosts", "*")], &["security.W020"]),
            (&[("site.url", "http://example.com")], &["security.W033"]),
            (&[("security.trusted_proxies", "0.0.0.0/0")], &["security.W030"]),
            // The session's cookie is not the only one.
            (
                &[("security.https_redirect", "false"), ("session.secure", "always")],
                &["security.W008", "security.W016"],
            ),
            (&[("security.https_redirect", "false")], &["security.W008", "security.W010", "security.W016"]),
            (&[("security.hsts", "0s"), ("security.hsts_preload", "false")], &["security.W004"]),
            (
                &[("security.hsts_subdomains", "false"), ("security.hsts_preload", "false")],
                &["security.W005", "security.W021"],
            ),
            (&[("session.http_only", "false")], &["security.W013"]),
            (&[("session.same_site", "none")], &["security.W031"]),
            (&[("security.headers.frame_options", "off")], &["security.W002"]),
            (&[("security.headers.frame_options", "same-origin")], &["security.W019"]),
            (&[("security.headers.nosniff", "false")], &["security.W006"]),
            (&[("security.headers.referrer_policy", "")], &["security.W022"]),
            (&[("security.headers.referrer_policy", "sometimes")], &["security.E023"]),
            (&[("security.headers.opener_policy", "never")], &["security.E024"]),
            (
                &[("security.headers.content_security_policy", "script-src 'unsafe-inline'")],
                &["security.W032"],
            ),
            (&[(POLICY, "default-src 'self' 'unsafe-eval'")], &["security.W032"]),
            (&[(POLICY, "")], &["security.W032"]),
            (&[(POLICY, "default-src self")], &["security.E026"]),
            (&[(TRIED, "scrpt-src 'self'; report-to csp")], &["security.E026"]),
            (&[(TRIED, "script-src 'unsafe-inline'; report-uri /csp/")], &["security.W032"]),
            (&[(TRIED, "script-src 'self'")], &["security.W035"]),
            (&[(TRIED, "script-src 'self'; REPORT-TO csp")], &[]),
            (&[(TRIED, "")], &[]),
            (&[("server.allow_public_debug", "true")], &["security.W034"]),
        ] {
            assert_eq!(ids(given), expected, "{given:?}");
        }
    }

    #[test]
    fn each_finding_says_what_to_set() {
        let bare = Settings::for_tests("/nowhere", [("secret_key", "short"), ("debug", "true")]);
        let found = of_settings(&bare);
        let ids: Vec<&str> = found.iter().map(|check| check.id).collect();
        let expected =
            ["W018", "W009", "W020", "W008", "W004", "W010", "W016"].map(|id| format!("security.{id}"));
        assert_eq!(ids, expected);
        for check in found {
            assert!(check.hint.is_some() && check.object.is_some(), "{check}");
        }
    }
}
