use std::time::Duration;

use quintet_core::settings::Secret;
use quintet_macros::Settings;

/// `[auth]` in `quintet.toml`: who may log in, and by what.
#[derive(Debug, Clone, Settings)]
#[settings("auth")]
pub struct AuthSettings {
    /// Who is asked about users, in this order: "model" (the site's own table), "tokens" (of their programs), "remote_user" (a proxy
    /// before the site), and those that apps bring.
    #[setting(default = vec!["model".to_owned(), "tokens".to_owned()])]
    pub backends: Vec<String>,
    /// By what people log in: their "username", their "email", or "either".
    #[setting(default = "username")]
    pub login_by: LoginBy,
    /// Where people log in: a page that needs a user sends them there, with `?next=` and its own address.
    #[setting(default = "/login/")]
    pub login_url: String,
    /// Where somebody goes who has logged in, and came from no page of the site's.
    #[setting(default = "/")]
    pub after_login: String,
    /// Where somebody goes who has logged out.
    #[setting(default = "/")]
    pub after_logout: String,
    /// So many wrong passwords for one name from one network, then one a minute; the other limits stand beside it. 0 for no
    /// limits at all.
    #[setting(default = 5)]
    pub wrong_logins: u32,
    /// Who must have an app that shows codes, as a second factor: "nobody", "staff", "everybody". Who may have one is everybody.
    #[setting(default = "nobody")]
    pub require_totp: RequireTotp,
    /// What apps call this site beside its codes; without, the host that people see.
    #[setting(default)]
    pub totp_name: String,
    /// For how long somebody who has shown their password is not asked for it again, where it matters.
    #[setting(default = "10m")]
    pub fresh_for: Duration,
    /// The password that `createsuperuser --no-input` gives.
    pub superuser_password: Option<Secret>,
}

/// `[audit]` in `quintet.toml`: how long the stored audit log remembers.
#[derive(Debug, Clone, Settings)]
#[settings("audit")]
pub struct AuditSettings {
    /// For how long entries are kept; `clearaudit` removes older ones. 0 for ever.
    #[setting(default = "365d")]
    pub keep: Duration,
}

/// By what people log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Settings)]
pub enum LoginBy {
    /// Their username.
    Username,
    /// Their e-mail address, if no other active account has it.
    Email,
    /// Their username; or if nobody has that, their e-mail address.
    Either,
}

/// What `[auth]` says about accounts and mail.
#[cfg(feature = "mail")]
#[derive(Debug, Clone, Settings)]
#[settings("auth")]
pub(crate) struct ByMailSettings {
    /// May people sign up by themselves, at /signup/?
    #[setting(default = false)]
    pub(crate) signup: bool,
    /// Where somebody goes who has signed up.
    #[setting(default = "/")]
    pub(crate) after_signup: String,
    /// For how long the link of a mail leads to another password.
    #[setting(default = "1h")]
    pub(crate) reset_expires: Duration,
    /// For how long the link of a mail confirms an address: of who signs up, or has another one.
    #[setting(default = "1d")]
    pub(crate) confirm_expires: Duration,
}

/// Who must have a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Settings)]
pub enum RequireTotp {
    /// Nobody.
    Nobody,
    /// Staff and superusers.
    Staff,
    /// Everybody.
    Everybody,
}
