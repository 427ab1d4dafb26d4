//! What no log and no page for developers may show: values by their [names](is_secret), and values that are known to be secret while
//! a request runs.
//!
//! Whoever runs a request says who [`Conceals`] its values ([`scope`]). Whoever reads something secret within it [hides](hide) it, and
//! whoever writes for people's eyes [covers](cover) it again, wherever it has got to: into an error's message, a panic, a line of the log.
//!
//! ```
//! use std::sync::Arc;
//! use quintet_core::hidden::{self, Values};
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! hidden::scope(Arc::new(Values::default()), async {
//!     hidden::hide("hunter2");
//!     assert_eq!(hidden::cover("`hunter2` is wrong"), "`••••••••` is wrong");
//! })
//! .await;
//! # });
//! ```
use std::{
    borrow::Cow,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use crate::local;
pub use crate::local::Conceals;

/// What is shown in place of a secret: of one length for all.
pub const MASK: &str = "••••••••";

/// What stands in place of a secret in an address.
pub const IN_PATH: &str = "***";

/// Words that make a name secret, wherever in it they stand.
const SECRET: [&str; 13] = [
    "authorization",
    "cookie",
    "credential",
    "csrf",
    "apikey",
    "passphrase",
    "passwd",
    "password",
    "pwd",
    "secret",
    "session",
    "signature",
    "token",
];

/// Words that do so only as a whole word of it.
const WORDS: [&str; 7] = ["cvc", "cvv", "otp", "passcode", "pin", "totp", "tan"];

/// Words with which a `code` lets one in: that of a country does not.
const CODES: [&str; 13] = [
    "access",
    "auth",
    "backup",
    "confirmation",
    "invite",
    "login",
    "mfa",
    "one",
    "recovery",
    "reset",
    "security",
    "sms",
    "verification",
];

/// Shorter values are in every text: to cover them would cover the text, and tell that they are in it.
const SHORTEST: usize = 4;

/// Does a value of this name let one in? It is then not shown, not even to a developer: pages are copied into tickets.
///
/// ```
/// use quintet_core::hidden::is_secret;
/// for name in ["DB_PASSWORD", "csrf_token", "api_key", "code", "recovery_code", "pin"] {
///     assert!(is_secret(name), "{name}");
/// }
/// assert!(!is_secret("title") && !is_secret("country_code") && !is_secret("spinning"));
/// ```
#[must_use]
pub fn is_secret(name: &str) -> bool {
    let code =
        || name.eq_ignore_ascii_case("code") || is_one(name, &["code", "codes"]) && is_one(name, &CODES);
    has(name, "key") || is_surely_secret(name) || code()
}

/// The same of a part of an address, where a `key` and a `code` are what something is found by.
#[must_use]
pub fn is_surely_secret(name: &str) -> bool {
    let more = || MORE.read().unwrap_or_else(PoisonError::into_inner).iter().any(|word| has(name, word));
    SECRET.iter().chain(&["api_key", "api-key"]).any(|word| has(name, word)) || is_one(name, &WORDS) || more()
}

/// Is one of its words one of these?
fn is_one(name: &str, list: &[&str]) -> bool {
    words(name).any(|word| list.iter().any(|one| word.eq_ignore_ascii_case(one)))
}

/// Is the word in it? Allocates nothing: it is asked of each field of a form.
fn has(name: &str, word: &str) -> bool {
    let (name, word) = (name.as_bytes(), word.as_bytes());
    !word.is_empty() && name.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word))
}

/// `loginCode` and `login-code` are `login` and `code`.
fn words(name: &str) -> impl Iterator<Item = &str> {
    let mut rest = name;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
        let mut last_lower = false;
        let end = rest.char_indices().find(|(_, c)| {
            let ends = !c.is_alphanumeric() || (last_lower && c.is_uppercase());
            last_lower = c.is_lowercase();
            ends
        });
        let (word, after) = rest.split_at_checked(end.map_or(rest.len(), |(at, _)| at))?;
        rest = after;
        (!word.is_empty()).then_some(word)
    })
}

/// What sites have said beyond that.
static MORE: RwLock<Vec<String>> = RwLock::new(Vec::new());

/// Hides all values whose names have one of these words in them, for all sites of this process.
pub fn hide_names(words: &[String]) {
    let mut more = MORE.write().unwrap_or_else(PoisonError::into_inner);
    for word in words.iter().filter(|word| !word.trim().is_empty()) {
        if !more.contains(word) {
            more.push(word.trim().to_owned());
        }
    }
}

/// Values that somebody has hidden: of a request, or copied from one.
#[derive(Default)]
pub struct Values(Mutex<Vec<String>>);

impl Values {
    /// Hides what the running request hides so far, too.
    pub fn copy(&self) {
        for value in values() {
            self.hide(&value);
        }
    }

    /// The text without these.
    #[must_use]
    pub fn cover<'a>(&self, text: &'a str) -> Cow<'a, str> {
        cover_all(text, &self.values())
    }
}

impl std::fmt::Debug for Values {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Values(…)")
    }
}

impl Conceals for Values {
    fn hide(&self, value: &str) {
        if value.len() < SHORTEST {
            return;
        }
        let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !values.iter().any(|known| known == value) {
            values.push(value.to_owned());
        }
    }

    fn values(&self) -> Vec<String> {
        in_order(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

/// The longest first, so that a part of one does not leave the rest of it in view; without those that are too short.
#[must_use]
pub fn in_order(mut values: Vec<String>) -> Vec<String> {
    values.retain(|value| value.len() >= SHORTEST);
    values.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    values.dedup();
    values
}

/// Runs `work`, a request, whose values `who` conceals. Like [`own_writes::scope`](crate::own_writes::scope), whose place it takes.
pub fn scope<F: Future>(who: Arc<dyn Conceals>, work: F) -> impl Future<Output = F::Output> {
    local::concealed(who, work)
}

/// Runs `work`, a task that outlives the request, as one that has written what the caller has, and whose values `who` conceals. Of the
/// request nothing is kept: see [`Values::copy`].
pub fn apart<F: Future>(who: Arc<dyn Conceals>, work: F) -> impl Future<Output = F::Output> {
    local::apart(Some(who), work)
}

/// Hides a value for as long as the running request lasts: no line of the log, no error, no panic and no page for developers shows it. For what
/// comes from elsewhere; what a request brings under a secret name is hidden already. Outside of requests it does nothing, and neither
/// with fewer than four bytes.
///
/// ```
/// # async fn ask_the_bank() -> String { String::new() }
/// # async fn example() {
/// let key = ask_the_bank().await;
/// quintet_core::hidden::hide(&key);
/// # }
/// ```
pub fn hide(value: &str) {
    if let Some(who) = local::who_conceals() {
        who.hide(value);
    }
}

/// What the running request hides, the longest first.
#[must_use]
pub fn values() -> Vec<String> {
    local::who_conceals().map(|who| who.values()).unwrap_or_default()
}

/// The text without what the running request hides.
#[must_use]
pub fn cover(text: &str) -> Cow<'_, str> {
    cover_all(text, &values())
}

/// The text without these values, as they are and as programs write them in quotes.
#[must_use]
pub fn cover_all<'a>(text: &'a str, values: &[String]) -> Cow<'a, str> {
    let mut out = Cow::Borrowed(text);
    for value in values {
        if out.contains(value.as_str()) {
            out = Cow::Owned(out.replace(value.as_str(), MASK));
        }
        if value.contains(['"', '\\', '\'']) || value.chars().any(|c| c.is_control() || !c.is_ascii()) {
            let debug = value.escape_debug().to_string();
            let json = serde_json::to_string(value).unwrap_or_default();
            for quoted in [debug.as_str(), json.trim_matches('"')] {
                if quoted != value && out.contains(quoted) {
                    out = Cow::Owned(out.replace(quoted, MASK));
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::own_writes;

    #[test]
    fn names_tell_what_lets_one_in() {
        for name in [
            "password",
            "Old-Password",
            "x-api-key",
            "apiKey",
            "X_CSRF_TOKEN",
            "sessionid",
            "code",
            "Code",
            "totp",
            "loginCode",
            "sms_code",
            "recovery_codes",
            "card_cvc",
            "PIN",
            "one_time_code",
            "signature",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["", "title", "postcode", "zip_code", "status_code", "opinion", "titan", "encoded"] {
            assert!(!is_secret(name), "{name}");
        }
        assert!(is_surely_secret("token") && !is_surely_secret("key") && !is_surely_secret("code"));
        assert!(is_surely_secret("otp") && !is_surely_secret("login_code"));
        hide_names(&["quern_no".to_owned(), " ".to_owned()]);
        assert!(is_secret("my_Quern_No") && is_surely_secret("quern_no") && !is_secret("quern"));
    }

    #[test]
    fn a_value_is_covered_however_it_is_quoted() {
        let values = in_order(vec!["hunter2\"x".into(), "hunter2\"xyz".into(), "abc".into(), "wört".into()]);
        for text in ["a hunter2\"x b", "a hunter2\"xyz b", &format!("a {:?} b", "hunter2\"x"), "a wört b"] {
            let shown = cover_all(text, &values);
            assert!(
                !shown.contains("hunter2") && !shown.contains("wört") && shown.contains(MASK),
                "{text}: {shown}"
            );
        }
        assert_eq!(cover_all("a hunter2\"xyz b", &values), format!("a {MASK} b"));
        assert!(matches!(cover_all("abc is too short", &values), Cow::Borrowed(_)));
    }

    #[tokio::test]
    async fn what_is_hidden_is_so_in_its_request_and_the_tasks_that_it_carries() {
        hide("nobody is there");
        assert_eq!(cover("nobody is there"), "nobody is there");
        scope(Arc::new(Values::default()), async {
            let task = tokio::spawn(own_writes::carried(async { hide("hunter2") }));
            task.await.unwrap();
            assert_eq!(cover("hunter2"), MASK);
            own_writes::after_all(async { assert_eq!(cover("hunter2"), MASK) }).await;
            own_writes::scope(async { assert_eq!(cover("hunter2"), "hunter2") }).await;
        })
        .await;
    }

    #[tokio::test]
    async fn what_outlives_a_request_keeps_what_it_hides_and_not_the_request() {
        let request: Arc<dyn Conceals> = Arc::new(Values::default());
        let task = scope(request.clone(), async {
            hide("hunter2");
            own_writes::note(1);
            let kept = Arc::new(Values::default());
            kept.copy();
            let work = apart(kept.clone(), async {
                hide("and more");
                assert_eq!(cover("hunter2 and more"), format!("{MASK} {MASK}"));
                assert!(own_writes::noted(1));
            });
            (kept, Box::pin(work))
        });
        let (kept, work) = task.await;
        assert_eq!(Arc::strong_count(&request), 1);
        work.await;
        assert_eq!(kept.cover("hunter2 and more"), format!("{MASK} {MASK}"));
        assert!(!request.values().contains(&"and more".to_owned()));
    }
}
