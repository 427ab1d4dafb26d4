//! What somebody may change about themselves, and the ways to the pages that auth brings for it.

use quintet::auth::{Tokens, models::Totp};
use quintet::prelude::*;
use quintet::web::{Url, messages::Message};

use crate::models::Review;

/// How people are called beside what they say.
#[data(model = User)]
pub struct NameInput {
    #[field(label = "First name", autocomplete = "given-name")]
    first_name: String,
    #[field(label = "Last name", autocomplete = "family-name")]
    last_name: String,
}

/// What stands on the page beside the form.
#[data]
pub struct Account {
    /// Since when codes are asked for, where they are.
    codes_since: Option<quintet::core::value::Timestamp>,
    /// In how many places they are signed in.
    places: usize,
    /// How many programs act for them.
    tokens: usize,
    /// How many films they have reviewed.
    reviews: u64,
}

/// One's own account.
#[form("/account/")]
pub async fn account(
    user: User,
    session: Session,
    tokens: Tokens,
    db: Db,
    mut form: Form<NameInput>,
) -> Result<Page> {
    form.edits(&user, &db).await?;
    if let Some(name) = form.valid() {
        let mut edit = user.edit();
        name.apply(&mut edit)?;
        edit.save(&db).await?;
        let done = Message::success("This is your name now, beside every review of yours.");
        return Ok(redirect(account::url()).flash(done));
    }
    let about = Account {
        codes_since: Totp.filter(Totp.user.eq(&user)).first(&db).await?.map(|totp| totp.confirmed),
        places: session.list().await?.len(),
        tokens: tokens.of_user(user.id).await?.len(),
        reviews: Review.filter(Review.author.eq(&user)).count(&db).await?,
    };
    // The page for another e-mail address is there where mail is.
    let email = cfg!(feature = "mail").then(|| Url::named("auth:email", [("", ""); 0]));
    Ok(page!("account.html", form, about, email).header("cache-control", "no-store"))
}
