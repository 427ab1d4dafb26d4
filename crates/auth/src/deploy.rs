//! What `check --deploy` looks for among the settings of users.

use quintet_core::{check::Check, settings::Settings};

use quintet_web::SecuritySettings;

use crate::{passwords::PasswordSettings, settings::AuthSettings};

/// Shorter ones are tried out.
const SHORT: usize = 8;

pub(crate) fn checks(settings: &Settings) -> Vec<Check> {
    let mut found = Vec::new();
    let mut warn = |id, what: &str, setting: &str, fix: &str| {
        found.push(Check::warning(id, what).hint(fix).about(setting))
    };
    if settings.get::<AuthSettings>().is_ok_and(|auth| auth.wrong_logins == 0) {
        let fix = "take `wrong_logins = 0` out of [auth]";
        warn("auth.W001", "anybody may try passwords for ever", "[auth] wrong_logins", fix);
    }
    let remote = settings
        .get::<AuthSettings>()
        .is_ok_and(|auth| auth.backends.iter().any(|name| name == "remote_user"));
    let anybody = settings.get::<SecuritySettings>();
    if remote && anybody.is_ok_and(|security| security.trusted_proxies.iter().any(|from| from == "private")) {
        let fix = "name the proxy's own address in `trusted_proxies` of [security]";
        warn(
            "auth.W004",
            "every machine of the private network may say that it is anybody",
            "[security] trusted_proxies",
            fix,
        );
    }
    if let Ok(passwords) = settings.get::<PasswordSettings>() {
        if passwords.min_length < SHORT {
            let fix = "set `min_length` of [auth.passwords] to 8 or more";
            warn(
                "auth.W002",
                "passwords may be so short that somebody tries all",
                "[auth.passwords] min_length",
                fix,
            );
        }
        if passwords.allow_common {
            let fix = "take `allow_common = true` out of [auth.passwords]";
            warn(
                "auth.W003",
                "passwords may be those that everybody tries first",
                "[auth.passwords] allow_common",
                fix,
            );
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_passwords_easy_to_guess_is_found() {
        let ids = |given: &[(&str, &str)]| -> Vec<&str> {
            let settings = Settings::for_tests("/nowhere", given.iter().copied());
            checks(&settings).iter().map(|check| check.id).collect()
        };
        assert!(ids(&[]).is_empty());
        assert_eq!(ids(&[("auth.wrong_logins", "0")]), ["auth.W001"]);
        let remote = ("auth.backends", "remote_user,model");
        assert_eq!(ids(&[remote]), ["auth.W004"]);
        assert!(ids(&[remote, ("security.trusted_proxies", "10.0.0.7")]).is_empty());
        assert_eq!(ids(&[("auth.passwords.min_length", "4")]), ["auth.W002"]);
        assert_eq!(ids(&[("auth.passwords.allow_common", "true")]), ["auth.W003"]);
    }
}
