//! The tables, which lead to each other round about.

use std::fmt;

use quintet_core::value::Timestamp;
use quintet_macros::model;
use quintet_orm::{HasMany, ManyToMany, prelude::*};

/// Somebody who can log in.
///
/// The table and its columns are those of Django's `auth_user`.
#[model(ordering = "username", display = "username", get_latest_by = "date_joined", natural_key = ["username"])]
#[derive(Clone)]
pub struct User {
    /// What is stored of the password: see [`Passwords`](crate::passwords::Passwords).
    #[field(max_length = 128, secret, editable = false)]
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
    /// The groups whose permissions they have.
    pub groups: ManyToMany<Group>,
    /// Permissions of their own.
    pub user_permissions: ManyToMany<Permission>,
}

impl User {
    /// First and last name with a space between, or what there is of them.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }
}

/// Key and name: nothing of it is secret.
impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "User({}, {:?})", self.id, self.username)
    }
}

/// Users that have the same permissions. The table is Django's `auth_group`.
#[model(ordering = "name", natural_key = ["name"])]
#[derive(Debug, Clone)]
pub struct Group {
    /// What people call it.
    #[field(max_length = 150, unique, help_text = "")]
    pub name: String,
    /// What its members may do.
    pub permissions: ManyToMany<Permission>,
    /// Who is in it.
    #[field(via = groups)]
    pub members: HasMany<User>,
}

/// A model that there are permissions for, by the names that Django has in `django_content_type`.
#[model(table = "django_content_type", unique_together = ["app_label", "model"], natural_key = ["app_label", "model"], default_permissions = [])]
#[derive(Debug, Clone)]
pub struct ContentType {
    /// The label of its app.
    #[field(max_length = 100)]
    pub app_label: String,
    /// Its name in lower case.
    #[field(max_length = 100)]
    pub model: String,
}

/// Something that a user may be allowed to do: `cinema.change_film`. They are made after each `migrate`, of what the models say.
#[model(ordering = ["content_type", "codename"], unique_together = ["content_type", "codename"], natural_key = ["content_type", "codename"])]
#[derive(Debug, Clone)]
pub struct Permission {
    /// What people read: `Can change film`.
    #[field(max_length = 255)]
    pub name: String,
    /// The model that it is about.
    pub content_type: ForeignKey<ContentType>,
    /// What programs ask for: `change_film`.
    #[field(max_length = 100)]
    pub codename: String,
    /// Who has it of their own.
    #[field(via = user_permissions)]
    pub users: HasMany<User>,
    /// The groups that have it.
    #[field(via = permissions)]
    pub groups: HasMany<Group>,
}
