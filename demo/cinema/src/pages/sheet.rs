//! A film’s own page.

use quintet::auth::Permissions;
use quintet::axum::http::HeaderMap;
use quintet::prelude::*;

use super::chat::CommentInput;
use super::reviews::ReviewInput;
use super::start::drawing;
use super::{VARY, chat, is_partial, talk};
use crate::models::{Director, Distributor, Film};
use crate::view::film::Told;

/// How many other films of the director the page names.
const OTHERS: usize = 6;

/// Which of the reviews are shown.
#[data]
pub struct After {
    /// Those after the one of this cursor.
    pub after: Option<String>,
}

/// A film's own page. To a script that asks for a part of the page (a form was sent, a list goes on) only what people say.
#[get("/films/{id}/")]
pub async fn film(
    Path(id): Path<i64>,
    Query(After { after }): Query<After>,
    user: Option<User>,
    may: Permissions,
    headers: HeaderMap,
    db: Db,
) -> Result<Page> {
    if is_partial(&headers) {
        let film = Film.get(id, &db).await?;
        let talk = talk::talk(&film, after.as_deref(), user.as_ref(), &may, &db).await?;
        // An empty one for who has not said anything yet.
        let form = talk.own.is_none().then(Form::empty);
        return Ok(talk::part(talk, form.as_ref()));
    }
    let film = Film
        .query()
        .select_related(Film.director)
        .select_related(Film.distributor)
        .prefetch_related(Film.genres)
        .get(id, &db)
        .await?;
    let director: Option<Director> = film.director.as_ref().map(|d| d.get().cloned()).transpose()?;
    let distributor: Option<Distributor> = film.distributor.as_ref().map(|d| d.get().cloned()).transpose()?;
    let mut others = match &director {
        Some(director) => {
            let films = Film.filter(Film.director.eq(director)).exclude(Film.id.eq(id));
            films.order_by((Film.imdb_rating.desc(), Film.title.asc())).all(&db).await?
        }
        None => Vec::new(),
    };
    let more = (others.len() > OTHERS).then_some(others.len() + 1);
    others.truncate(OTHERS);
    let others: Vec<Other> = others
        .into_iter()
        .map(|film| Other {
            id: film.id,
            title: film.title,
            rating: film.imdb_rating.map(|n| format!("{n:.1}")),
        })
        .collect();

    // First: it says from where on the page hears what changes.
    let chat = chat::chat(id, user.as_ref(), &db).await?;
    let talk = talk::talk(&film, after.as_deref(), user.as_ref(), &may, &db).await?;
    let form = talk.own.is_none().then(Form::<ReviewInput>::empty);
    let told = Told {
        genre: film.genre()?.map(|genre| genre.name.as_str()),
        running_time: film.running_time,
        certificate: film.certificate.map(|certificate| certificate.label()),
        distributor: distributor.as_ref().map(|d| d.name.as_str()),
        released: film.released,
        source: film.source.as_deref(),
        us_gross: film.us_gross,
        worldwide_gross: film.worldwide_gross,
        dvd_sales: film.dvd_sales,
        budget: film.budget,
        viewers: film.imdb_rating,
        critics: film.tomatoes,
        votes: film.imdb_votes,
    };
    let remarks: Vec<String> = film.remarks.lines().map(str::to_owned).collect();
    let decade = film.released.map(|day| i64::from(day.year() / 10 * 10));
    Ok(page!(
        "film.html",
        id,
        poster: film.poster.clone(),
        title: film.title.clone(),
        summary: told.summary(),
        drawing: drawing(&film)?,
        decade,
        director,
        distributor,
        facts: told.facts(),
        details: told.details(),
        genres: film.genres.get()?.to_vec(),
        remarks,
        others,
        more,
        talk,
        form,
        chat,
        line: Form::<CommentInput>::empty(),
        partial: false
    )
    .header("Vary", VARY))
}

/// Another film of the same director.
#[data]
pub struct Other {
    /// The film's key.
    pub id: i64,
    /// Its title.
    pub title: String,
    /// Viewers' rating with one decimal.
    pub rating: Option<String>,
}
