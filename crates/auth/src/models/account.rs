use std::fmt;

use quintet_core::value::Timestamp;
use quintet_macros::Embed;
use quintet_orm::prelude::*;

/// The columns of a user, for a site's own user model: `#[field(embed)] account: Account`.
///
/// They are those of [`User`](struct@super::User), which says what they are.
#[derive(Clone, Embed)]
pub struct Account {
    /// What is stored of the password.
    #[field(max_length = 128, secret, editable = false, default = "!")]
    pub password: String,
    /// When they last logged in.
    #[field(editable = false, help_text = "")]
    pub last_login: Option<Timestamp>,
    /// Has all permissions without being given them.
    #[field(default = false, verbose_name = "superuser status")]
    pub is_superuser: bool,
    /// 150 characters or fewer. Letters, digits and @/./+/-/_ only.
    #[field(max_length = 150, unique, regex = r"^[\w.@+-]+$")]
    pub username: String,
    /// The given name.
    #[field(max_length = 150, default = "", help_text = "")]
    pub first_name: String,
    /// The family name.
    #[field(max_length = 150, default = "", help_text = "")]
    pub last_name: String,
    /// Where mail reaches them.
    #[field(email, max_length = 254, default = "", verbose_name = "email address", help_text = "")]
    pub email: String,
    /// May enter the administration.
    #[field(default = false, verbose_name = "staff status")]
    pub is_staff: bool,
    /// May log in. Take this away instead of deleting an account.
    #[field(default = true, verbose_name = "active")]
    pub is_active: bool,
    /// When the account was made.
    #[field(default = now, editable = false, help_text = "")]
    pub date_joined: Timestamp,
}

impl Account {
    /// An account with this username and no password yet; made now, active, neither staff nor superuser.
    #[must_use]
    pub fn named(username: &str) -> Self {
        Account {
            password: "!".to_owned(),
            last_login: None,
            is_superuser: false,
            username: crate::normal_username(username),
            first_name: String::new(),
            last_name: String::new(),
            email: String::new(),
            is_staff: false,
            is_active: true,
            date_joined: Timestamp::now(),
        }
    }
}

/// The name: nothing of it is secret.
impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Account({:?})", self.username)
    }
}
