//! The app that a site installs.

use quintet_core::{App, EmbeddedFile, Folder, signal::Listen as _};
use quintet_migrate::KeepMigrations as _;
use quintet_orm::{Model as _, Models as _};
use quintet_web::{Route, Routing as _};

use crate::{
    models::{ContentType, Group, Permission, RecoveryCode, SessionEpoch, Token, Totp, User},
    own::{SiteUser, Users},
    pages, permissions,
};

static FILES: &[EmbeddedFile] = &[
    EmbeddedFile {
        path: "migrations/0001_initial.toml",
        bytes: include_bytes!("../migrations/0001_initial.toml"),
    },
    EmbeddedFile {
        path: "migrations/0002_factors_and_tokens.toml",
        bytes: include_bytes!("../migrations/0002_factors_and_tokens.toml"),
    },
];

/// Users, groups and permissions, and the pages for logging in, logging out and what belongs to an account: `Site::new().install(auth::app())`.
#[must_use]
pub fn app() -> App {
    base(Users::default()).models((User,))
}

/// The same with a user model of the site's own in the place of [`User`](struct@User).
///
/// ```no_run
/// # use quintet_core::Site;
/// # use quintet_orm::prelude::*;
/// use quintet_auth::{self as auth, Account, UserModel};
///
/// #[model]
/// #[derive(Clone, UserModel)]
/// pub struct Member {
///     #[field(embed)]
///     pub account: Account,
///     #[field(max_length = 80, default = "")]
///     pub city: String,
/// }
///
/// let site = Site::new().install(auth::app_with::<Member>());
/// ```
///
/// `makemigrations` writes the migrations of the further columns into `migrations/auth/` of the crate that has the model.
#[must_use]
pub fn app_with<M: SiteUser>() -> App {
    base(Users::of::<M>()).model_in_place_of(M::meta(), User::meta()).migrations_in(M::migrations())
}

fn base(users: Users) -> App {
    let mut app = App::new("auth").folder(Folder::embedded(env!("CARGO_MANIFEST_DIR"), FILES).partly());
    *app.slot_mut::<Users>() = users;
    app.models((ContentType, Permission, Group))
        .models((Totp, RecoveryCode, Token, SessionEpoch))
        .on(permissions::keep)
        .routes(pages::routes())
        .routes(by_mail())
        .context("user", async |user: Option<User>| Ok(user))
}

/// The pages that need mail, where the site has that.
fn by_mail() -> Vec<Route> {
    #[cfg(feature = "mail")]
    return crate::by_mail::routes();
    #[cfg(not(feature = "mail"))]
    Vec::new()
}
