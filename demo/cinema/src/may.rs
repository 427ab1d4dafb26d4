//! What whoever is there may do, for templates: `{% if may.add_film %}`. It only decides what they are shown; the routes have guards.

use quintet::auth::Permissions;
use quintet::prelude::*;

use crate::models::Film;

/// Hides and shows reviews.
pub const MODERATE: &str = "cinema.moderate_review";

/// What whoever is there may do.
#[data]
#[derive(Default)]
pub struct May {
    /// Add films.
    pub add_film: bool,
    /// Change films.
    pub change_film: bool,
    /// Delete films.
    pub delete_film: bool,
    /// Hide and show reviews.
    pub moderate: bool,
}

/// The `may` of all templates. Nothing is asked where nobody has signed in.
///
/// # Errors
/// None; the signature is that of what templates find.
pub async fn may(user: Option<User>, all: Permissions) -> Result<May> {
    let Some(user) = user else { return Ok(May::default()) };
    Ok(May {
        add_film: user.is_staff || all.may("add", Film),
        change_film: user.is_staff || all.may("change", Film),
        delete_film: user.is_staff || all.may("delete", Film),
        moderate: all.has(MODERATE),
    })
}

/// Lets somebody hide and show reviews.
#[command]
pub async fn moderator(
    /// who it is
    username: String,
    db: &Db,
    console: &Console,
) -> Result {
    use quintet::auth::Permission;
    let user = User.filter(User.username.eq(&username)).first(db).await?;
    let user = user.ok_or_else(|| Error::bad_request(format!("nobody is called `{username}`")))?;
    let named = Permission.codename.eq("moderate_review") & Permission.content_type.app_label.eq("cinema");
    let permission = Permission.filter(named).one(db).await?;
    user.related(User.user_permissions).add([&permission], db).await?;
    console.line(format!("{username} may hide and show reviews now."));
    Ok(())
}
