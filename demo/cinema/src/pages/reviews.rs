//! People write reviews, and change and delete their own.

use quintet::auth::Permissions;
use quintet::auth::guard::can;
use quintet::axum::http::HeaderMap;
use quintet::prelude::*;
use quintet::web::messages::Message;

use super::{is_partial, talk};
use crate::live::{FilmRoom, News, Note, tell};
use crate::models::{Film, Review};
use crate::view::review::{ReviewRow, Said};

/// What people say of a film. Whose it is and of which film, the address and the session say; whether it is hidden, moderators.
#[data(model = Review)]
pub struct ReviewInput {
    /// How good is it?
    #[field(label = "Your rating", widget = "stars", error(required = "how many stars do you give it?"))]
    pub stars: i32,
    /// Up to 2,000 characters.
    #[field(label = "Your review", widget = "textarea", error(required = "say in a few words why"))]
    pub text: String,
}

/// The film's page at its reviews.
pub(super) fn at_reviews(film: i64) -> String {
    format!("{}#reviews", super::film::url(film))
}

/// Told where the reviews are, which is where the visitor looks.
pub(super) fn told(what: impl Into<String>) -> Message {
    Message::success(what.into()).tags("reviews")
}

/// Writes a review: one of each person for each film.
#[form("/films/{id}/review/")]
pub async fn write_review(
    Path(id): Path<i64>,
    user: User,
    may: Permissions,
    headers: HeaderMap,
    db: Db,
    mut form: Form<ReviewInput>,
) -> Result<Page> {
    let film = Film.get(id, &db).await?;
    let own = Review.filter(Review.film.eq(&film) & Review.author.eq(&user)).first(&db).await?;
    if let Some(own) = own {
        if !form.is_submitted() {
            return Ok(redirect(edit_review::url(own.id)));
        }
        form.form_error("You have reviewed this film already: you can change what you said.");
    }
    if let Some(review) =
        form.insert(|new| create!(Review { film: &film, author: &user, ..new }), &db).await?
    {
        let text = format!("Your review of “{}” is here now.", film.title);
        tell_of(&review, true, text, &headers, &db).await?;
        let said = told(format!("Thank you: your review of “{}” is here now.", film.title));
        return Ok(redirect(at_reviews(id)).flash(said));
    }
    if is_partial(&headers) {
        return Ok(talk::part(talk::talk(&film, None, Some(&user), &may, &db).await?, Some(&form)));
    }
    Ok(page!("review_form.html", form, film: id, title: film.title.clone(), review: None::<i64>))
}

/// Changes one's own.
#[form("/reviews/{id}/edit/", guard = can::own(Review.author))]
pub async fn edit_review(
    Path(id): Path<i64>,
    user: User,
    may: Permissions,
    headers: HeaderMap,
    db: Db,
    mut form: Form<ReviewInput>,
) -> Result<Page> {
    let review = Review.select_related(Review.film).get(id, &db).await?;
    let film = review.film.get()?.clone();
    form.edits(&review, &db).await?;
    if let Some(new) = form.valid() {
        let mut edit = review.edit();
        new.apply(&mut edit)?;
        edit.changed = Some(quintet::core::clock::now());
        let review = edit.save(&db).await?;
        let text = format!("Your review of “{}” was changed.", film.title);
        tell_of(&review, false, text.clone(), &headers, &db).await?;
        let said = told(text);
        return Ok(redirect(at_reviews(film.id)).flash(said));
    }
    if is_partial(&headers) {
        return Ok(talk::part(talk::talk(&film, None, Some(&user), &may, &db).await?, Some(&form)));
    }
    Ok(page!("review_form.html", form, film: film.id, title: film.title.clone(), review: Some(id)))
}

/// Asks whether one's own review is to go.
#[get("/reviews/{id}/delete/", guard = can::own(Review.author))]
pub async fn delete_review(Path(id): Path<i64>, db: Db) -> Result<Page> {
    let review: ReviewRow = Review.query().shape().get(id, &db).await?;
    Ok(page!("review_delete.html", review: Said::from(review)))
}

/// Deletes one's own.
#[post("/reviews/{id}/delete/", guard = can::own(Review.author))]
pub async fn review_goes(Path(id): Path<i64>, headers: HeaderMap, db: Db) -> Result<Page> {
    let review = Review.select_related(Review.film).get(id, &db).await?;
    let (film, title) = (review.film.get()?.id, review.film.get()?.title.clone());
    let gone = review.clone();
    review.delete(&db).await?;
    let text = format!("Your review of “{title}” was deleted.");
    tell_of(&gone, false, text.clone(), &headers, &db).await?;
    Ok(redirect(at_reviews(film)).flash(told(text)))
}

/// Tells all pages of the film, and the other ones of the review's author.
pub(super) async fn tell_of(
    review: &Review,
    new: bool,
    text: String,
    headers: &HeaderMap,
    db: &Db,
) -> Result {
    let film = *review.film.id();
    FilmRoom { id: film }.send(News::Reviews { review: review.id, new }, db).await?;
    let note = Note::Review { text, href: at_reviews(film), film, review: review.id };
    tell(*review.author.id(), note, headers, db).await
}
