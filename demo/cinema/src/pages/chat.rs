//! People talk about a film on its page: the newest comments, a form for one more, and their ends.

use quintet::auth::guard::can;
use quintet::axum::http::HeaderMap;
use quintet::prelude::*;

use super::{VARY, is_partial};
use crate::live::{FilmRoom, Here, News, Note, Own};
use crate::may::MODERATE;
use crate::models::{Comment, Film, Review};
use crate::view::comment::{CommentRow, Line};

/// So many comments are shown.
const SHOWN: u64 = 20;

/// A comment. Whose it is and about which film, the address and the session say.
#[data]
pub struct CommentInput {
    /// Up to 300 characters.
    #[field(
        label = "Your comment",
        max_length = 300,
        autocomplete = "off",
        placeholder = "Say something…",
        error(required = "write something first")
    )]
    pub say: String,
}

/// What is said on a film's page.
#[data]
pub struct Chat {
    /// The film's key.
    pub film: i64,
    /// Where the film's room was before the comments were read; none while that can't be known, and then the page begins where it joins.
    pub position: Option<String>,
    /// The newest comments, the newest first.
    pub lines: Vec<Line>,
}

/// Asks for it.
pub(super) async fn chat(film: i64, user: Option<&User>, db: &Db) -> Result<Chat> {
    let position = FilmRoom { id: film }.position(db).await.ok().map(|at| at.to_string());
    let newest = Comment.filter(Comment.film.eq(film)).order_by((Comment.written.desc(), Comment.id.desc()));
    let rows: Vec<CommentRow> = newest.limit(SHOWN).shape().all(db).await?;
    let visitor = user.map(|user| user.id);
    Ok(Chat { film, position, lines: rows.into_iter().map(|row| row.seen_by(visitor)).collect() })
}

/// The film's page at what is said.
fn at_talk(film: i64) -> String {
    format!("{}#talk", super::film::url(film))
}

/// The newest comments, as a part of the film's page.
#[get("/films/{id}/talk/")]
pub async fn comments(Path(id): Path<i64>, user: Option<User>, headers: HeaderMap, db: Db) -> Result<Page> {
    if !is_partial(&headers) {
        return Ok(redirect(at_talk(id)));
    }
    let chat = chat(id, user.as_ref(), &db).await?;
    Ok(page!("lines.html", chat).header("Vary", VARY))
}

/// Says something.
#[form("/films/{id}/say/", atomic)]
pub async fn write_comment(
    Path(id): Path<i64>,
    user: User,
    headers: HeaderMap,
    db: Db,
    mut line: Form<CommentInput>,
) -> Result<Page> {
    let film = Film.get(id, &db).await?;
    if let Some(new) = line.valid() {
        create!(Comment { film: &film, author: &user, text: new.say }).insert(&db).await?;
        told_of(&film, &user, &db).await?;
        if !is_partial(&headers) {
            return Ok(redirect(at_talk(id)));
        }
        line = Form::empty();
    }
    if is_partial(&headers) {
        let chat = chat(id, Some(&user), &db).await?;
        return Ok(page!("talk.html", chat, line).header("Vary", VARY));
    }
    Ok(page!("comment_form.html", line, film: id, title: film.title.clone()))
}

/// All who look at the film are told, and all who have reviewed it; after the commit, as the handler is one transaction.
async fn told_of(film: &Film, author: &User, db: &Db) -> Result {
    let Here { key, name } = Here::user(author);
    FilmRoom { id: film.id }.send(News::Comment { by: key }, db).await?;
    let text = format!("{} says something about “{}”.", name.unwrap_or_default(), film.title);
    let note = Note::Comment { text, href: at_talk(film.id), film: film.id };
    let reviews = Review.filter(Review.film.eq(film)).exclude(Review.author.eq(author));
    for id in reviews.select(Review.author.id).all(db).await? {
        Own { id }.send(note.clone(), db).await?;
    }
    Ok(())
}

/// Deletes a comment: one's own, or as a moderator.
#[post("/comments/{id}/delete/", atomic, guard = can::own(Comment.author) | can::named(MODERATE))]
pub async fn comment_goes(Path(id): Path<i64>, user: User, headers: HeaderMap, db: Db) -> Result<Page> {
    let comment = Comment.get(id, &db).await?;
    let film = *comment.film.id();
    comment.delete(&db).await?;
    FilmRoom { id: film }.send(News::CommentGone, &db).await?;
    if is_partial(&headers) {
        let chat = chat(film, Some(&user), &db).await?;
        return Ok(page!("lines.html", chat).header("Vary", VARY));
    }
    Ok(redirect(at_talk(film)))
}
