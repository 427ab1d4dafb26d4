//! What happens to a site's safety: who logged in, who was refused, and why.
//!
//! Whoever sees such a thing makes a [`SecurityEvent`] and [tells](SecurityEvent::tell) it. It becomes a line of the log, with the target
//! `quintet::security`, and is a signal: a receiver stores it, counts it, or wakes somebody.
//!
//! ```
//! use std::sync::Arc;
//! use quintet_core::{App, Result, Services, audit::SecurityEvent, signal::Listen};
//!
//! let app = App::new("watch").on(async |_: Services, event: Arc<SecurityEvent>| -> Result {
//!     if event.what.is_refusal() {
//!         println!("{} from {:?}", event.what.name(), event.network);
//!     }
//!     Ok(())
//! });
//! # let _ = app;
//! ```
use std::net::{IpAddr, Ipv6Addr};

use jiff::Timestamp;

use crate::{clock, services::Services, signal::Signals};

/// The target of the log's lines.
pub const TARGET: &str = "quintet::security";

/// So much of what a client said is kept.
const LONGEST: usize = 200;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum What {
    /// Somebody has logged in.
    LoggedIn,
    /// A name or a password was wrong.
    LoginFailed,
    /// Too many were wrong: nothing was compared.
    LoginThrottled,
    /// Somebody has logged out.
    LoggedOut,
    /// Somebody has another password.
    PasswordChanged,
    /// Somebody asks for a way back into an account.
    ResetAsked,
    /// Somebody has got back into an account.
    ResetDone,
    /// Somebody may not do what they tried.
    PermissionDenied,
    /// A request was not from the site's own pages.
    CsrfRefused,
    /// A request was for a host that the site does not answer for.
    HostRefused,
    /// A request came too soon after others.
    RateLimited,
    /// An address that no link has: broken encoding, a zero byte.
    SuspiciousPath,
    /// A token for a program was made.
    TokenMade,
    /// A token was shown for the first time.
    TokenUsed,
    /// A token was taken away.
    TokenRevoked,
    /// A token that was shown is not good: unknown, taken away, or over.
    TokenRefused,
    /// Sessions of somebody were ended, not by logging out: `which` says whether one, all others or all.
    SessionsEnded,
    /// Somebody has set up an app that shows codes.
    SecondFactorAdded,
    /// Somebody has no second factor any more.
    SecondFactorRemoved,
    /// A recovery code stood in for the app's.
    RecoveryCodeUsed,
    /// Somebody has other recovery codes.
    RecoveryCodesMade,
    /// Somebody has another e-mail address, and has read what came there.
    EmailChanged,
    /// There is a new account.
    AccountCreated,
    /// Somebody has made an account by themselves, and has read what came to its address.
    SignedUp,
    /// An event of an app or another room: a short name in `snake_case`.
    Other(&'static str),
}

impl What {
    /// Its name in logs: `login_failed`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            What::LoggedIn => "logged_in",
            What::LoginFailed => "login_failed",
            What::LoginThrottled => "login_throttled",
            What::LoggedOut => "logged_out",
            What::PasswordChanged => "password_changed",
            What::ResetAsked => "reset_asked",
            What::ResetDone => "reset_done",
            What::PermissionDenied => "permission_denied",
            What::CsrfRefused => "csrf_refused",
            What::HostRefused => "host_refused",
            What::RateLimited => "rate_limited",
            What::SuspiciousPath => "suspicious_path",
            What::TokenMade => "token_made",
            What::TokenUsed => "token_used",
            What::TokenRevoked => "token_revoked",
            What::TokenRefused => "token_refused",
            What::SessionsEnded => "sessions_ended",
            What::SecondFactorAdded => "second_factor_added",
            What::SecondFactorRemoved => "second_factor_removed",
            What::RecoveryCodeUsed => "recovery_code_used",
            What::RecoveryCodesMade => "recovery_codes_made",
            What::EmailChanged => "email_changed",
            What::AccountCreated => "account_created",
            What::SignedUp => "signed_up",
            What::Other(name) => name,
        }
    }

    /// Was somebody refused? Such lines are warnings.
    #[must_use]
    pub fn is_refusal(self) -> bool {
        matches!(
            self,
            What::LoginFailed
                | What::LoginThrottled
                | What::PermissionDenied
                | What::TokenRefused
                | What::CsrfRefused
                | What::HostRefused
                | What::RateLimited
                | What::SuspiciousPath
        )
    }
}

/// One event. It holds no secrets, and no names that somebody typed: people type passwords into the wrong field.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SecurityEvent {
    /// What happened.
    pub what: What,
    /// When.
    pub at: Timestamp,
    /// The key of the user, if it is known who it was.
    pub user: Option<String>,
    /// The client's [network](network_of).
    pub network: Option<String>,
    /// The id of the request, as the access log has it.
    pub request: Option<String>,
    /// Method and path of the request, without its query.
    pub address: Option<String>,
    /// What else there is to say of it, by short names.
    pub details: Vec<(&'static str, String)>,
}

impl SecurityEvent {
    /// It happened now, to nobody yet.
    #[must_use]
    pub fn new(what: What) -> Self {
        let (user, network, request, address) = (None, None, None, None);
        SecurityEvent { what, at: clock::now(), user, network, request, address, details: Vec::new() }
    }

    /// To the user with this key.
    #[must_use]
    pub fn user(mut self, key: impl ToString) -> Self {
        self.user = Some(key.to_string());
        self
    }

    /// From this address; its network is kept.
    #[must_use]
    pub fn from(mut self, address: Option<IpAddr>) -> Self {
        self.network = address.map(network_of);
        self
    }

    /// In the request of this id.
    #[must_use]
    pub fn request(mut self, id: impl Into<String>) -> Self {
        self.request = Some(id.into());
        self
    }

    /// At this method and path.
    #[must_use]
    pub fn at(mut self, method: &str, path: &str) -> Self {
        self.address = Some(cut(&format!("{method} {path}")));
        self
    }

    /// With something more. What a client said is cut.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl AsRef<str>) -> Self {
        self.details.push((name, cut(value.as_ref())));
        self
    }

    /// Writes the line of the log.
    pub fn log(&self) {
        let (event, user, network) = (self.what.name(), self.user.as_deref(), self.network.as_deref());
        let (request_id, address) = (self.request.as_deref(), self.address.as_deref());
        let details: Vec<String> =
            self.details.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
        let details = (!details.is_empty()).then(|| details.join(" "));
        if self.what.is_refusal() {
            tracing::warn!(target: TARGET, event, user, network, request_id, address, details, "{event}");
        } else {
            tracing::info!(target: TARGET, event, user, network, request_id, address, details, "{event}");
        }
    }

    /// Writes the line of the log and has all receivers hear of it, in a task of its own: what they write is not part of the request's
    /// transaction, which a refusal rolls back. Waits for them; what fails is logged, and no reason to refuse anybody.
    pub async fn tell(self, services: &Services) {
        self.log();
        if !SecurityEvent::is_heard(services) {
            return;
        }
        let told = tokio::spawn(services.clone().scope(self.hear(services.clone())));
        if let Err(error) = told.await {
            tracing::error!(target: TARGET, %error, "a receiver of security events ended badly");
        }
    }

    /// Has all receivers hear of it, without a line of the log.
    pub async fn hear(self, services: Services) {
        let what = self.what.name();
        let Some(signals) = services.get::<Signals>().cloned() else { return };
        if let Err(error) = signals.emit(&services, self).await {
            tracing::error!(target: TARGET, event = what, %error, "a receiver of security events failed");
        }
    }

    /// Does anybody listen?
    #[must_use]
    pub fn is_heard(services: &Services) -> bool {
        services.get::<Signals>().is_some_and(Signals::is_heard::<SecurityEvent>)
    }
}

fn cut(text: &str) -> String {
    let mut cut: String = text.chars().take(LONGEST).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}

/// The network that a client is in, as far as one has such addresses for oneself: the address itself, and of IPv6 the first 64 bits.
///
/// ```
/// use quintet_core::audit::network_of;
///
/// assert_eq!(network_of("203.0.113.7".parse().unwrap()), "203.0.113.7");
/// assert_eq!(network_of("2001:db8:1:2:3:4:5:6".parse().unwrap()), "2001:db8:1:2::");
/// ```
#[must_use]
pub fn network_of(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) & (u128::MAX << 64)).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::{
        error::{Error, Result},
        signal::Listen,
        site::Site,
    };

    fn services(site: &Site) -> Services {
        let mut services = Services::builder();
        services.insert(Signals::of(site));
        services.build()
    }

    #[tokio::test]
    async fn receivers_hear_of_it_and_can_not_break_what_goes_on() {
        static HEARD: Mutex<Vec<SecurityEvent>> = Mutex::new(Vec::new());
        let site = Site::new().on(async |_: Services, event: Arc<SecurityEvent>| -> Result {
            HEARD.lock().unwrap().push(SecurityEvent::clone(&event));
            if event.what == What::LoginFailed { Err(Error::internal("full")) } else { Ok(()) }
        });
        let services = services(&site);
        let event = SecurityEvent::new(What::LoginFailed).user(7).from("203.0.113.7".parse().ok());
        event.request("abc").at("POST", "/login/").with("host", "x".repeat(300)).tell(&services).await;
        SecurityEvent::new(What::LoggedIn).tell(&services).await;
        let heard = HEARD.lock().unwrap();
        let [failed, done] = &heard[..] else { panic!("{heard:?}") };
        assert_eq!((failed.user.as_deref(), failed.network.as_deref()), (Some("7"), Some("203.0.113.7")));
        assert_eq!(failed.address.as_deref(), Some("POST /login/"));
        assert_eq!(failed.details[0].1.chars().count(), LONGEST + 1);
        assert!(failed.what.is_refusal() && !done.what.is_refusal());
        assert!(!SecurityEvent::is_heard(&super::tests::services(&Site::new())));
    }

    #[test]
    fn an_ipv6_client_has_more_than_one_address() {
        for (address, expected) in [
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("2001:db8:1:2::9", "2001:db8:1:2::"),
            ("2001:db8:1:3::9", "2001:db8:1:3::"),
        ] {
            assert_eq!(network_of(address.parse().unwrap()), expected);
        }
    }
}
