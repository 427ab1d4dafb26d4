//! Which new passwords are taken: Django's four rules, and those of the site.

use std::sync::Arc;

use quintet_core::FieldErrors;

use super::{PasswordSettings, common::is_common, similar::too_similar};

/// What is known of the person whose password it shall be, so that it is not that: pairs of what people call it and the value.
///
/// ```
/// # use quintet_auth::passwords::About;
/// let about = About::new().with("username", "ann").with("email address", "ann@example.com");
/// ```
#[derive(Debug, Clone, Default)]
pub struct About(Vec<(String, String)>);

impl About {
    /// Nothing is known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Something more; an empty value is nothing.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let value = value.into();
        if !value.is_empty() {
            self.0.push((name.into(), value));
        }
        self
    }

    /// What is known of a user.
    #[must_use]
    pub fn of(user: &crate::User) -> Self {
        About::new()
            .with("username", &user.username)
            .with("first name", &user.first_name)
            .with("last name", &user.last_name)
            .with("email address", &user.email)
    }

    /// What is known: names and values.
    pub fn known(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// A rule of a site's own for new passwords.
///
/// ```
/// use quintet_auth::passwords::{About, PasswordRule};
///
/// struct NoCompany;
///
/// impl PasswordRule for NoCompany {
///     fn check(&self, password: &str, _about: &About) -> Result<(), String> {
///         if password.to_lowercase().contains("cinema") { Err("Everybody here would guess that.".into()) } else { Ok(()) }
///     }
///     fn help(&self) -> String {
///         "Your password can't have our name in it.".into()
///     }
/// }
/// ```
pub trait PasswordRule: Send + Sync + 'static {
    /// Says what is wrong with the password.
    ///
    /// # Errors
    /// What the person who chose it reads.
    fn check(&self, password: &str, about: &About) -> Result<(), String>;

    /// What people read before they choose one.
    fn help(&self) -> String;
}

/// What a form shows beside `field`: what is wrong with the password, a message for each rule that it breaks.
pub(super) fn check(
    field: &'static str,
    password: &str,
    about: &About,
    settings: &PasswordSettings,
    own: &[Arc<dyn PasswordRule>],
) -> FieldErrors {
    let mut errors = FieldErrors::new();
    let min = settings.min_length;
    if password.chars().count() < min {
        let s = if min == 1 { "" } else { "s" };
        let message = format!("This password is too short. It must contain at least {min} character{s}.");
        errors.push_coded(field, "password_too_short", message);
    }
    let like = about.known().find(|(_, value)| too_similar(password, value, settings.max_similarity));
    if let Some((name, _)) = like {
        errors.push_coded(
            field,
            "password_too_similar",
            format!("The password is too similar to the {name}."),
        );
    }
    if !settings.allow_common && is_common(password) {
        errors.push_coded(field, "password_too_common", "This password is too common.");
    }
    if !settings.allow_numeric && !password.is_empty() && password.chars().all(char::is_numeric) {
        errors.push_coded(field, "password_entirely_numeric", "This password is entirely numeric.");
    }
    for message in own.iter().filter_map(|rule| rule.check(password, about).err()) {
        errors.push_coded(field, "password_rule", message);
    }
    errors
}

/// What people read before they choose one: a sentence a rule.
pub(super) fn help(settings: &PasswordSettings, own: &[Arc<dyn PasswordRule>]) -> Vec<String> {
    let mut texts = vec!["Your password can’t be too similar to your other personal information.".to_owned()];
    if settings.min_length > 0 {
        let (min, s) = (settings.min_length, if settings.min_length == 1 { "" } else { "s" });
        texts.push(format!("Your password must contain at least {min} character{s}."));
    }
    if !settings.allow_common {
        texts.push("Your password can’t be a commonly used password.".to_owned());
    }
    if !settings.allow_numeric {
        texts.push("Your password can’t be entirely numeric.".to_owned());
    }
    texts.extend(own.iter().map(|rule| rule.help()));
    texts
}
