//! Films are added, changed and deleted, with their posters, by those who may.

use quintet::auth::guard::{can, staff};
use quintet::prelude::*;
use quintet::web::messages::Message;

use crate::models::{Film, Genre, Kind};

/// What people can say of a film. What it earned and how it was liked comes by the import.
#[data(model = Film)]
pub struct FilmInput {
    /// As it was released in the United States.
    #[field(error(required = "every film has a title: what is this one called?"))]
    pub title: String,
    /// Who directed it, if that is known.
    pub director: Option<i64>,
    /// The first day in a cinema, if that is known.
    #[field(min = Date::constant(1900, 1, 1), max = Date::constant(2099, 12, 31))]
    pub released: Option<Date>,
    /// Its tone, and the world it is set in.
    #[field(widget = "checkboxes")]
    pub genres: Vec<i64>,
    /// A picture of up to 5 MB: PNG, JPEG, GIF or WebP.
    #[field(
        max_size = "5 MB",
        accept = "image/*",
        max_pixels = 24_000_000,
        error(
            content = "choose a picture: this file is none, whatever its name says",
            accept = "choose a picture: PNG, JPEG, GIF or WebP",
            max_size = "choose a smaller picture: this one has more than 5 MB",
            max_pixels = "choose a smaller picture: PNG, JPEG, GIF or WebP, of at most 24 million dots"
        )
    )]
    pub poster: FileChange,
}

/// Adds a film.
#[form("/films/new/", max_body = "20 MB", guard = staff() | can::add(Film))]
pub async fn add_film(db: Db, mut form: Form<FilmInput>) -> Result<Page> {
    offer_genres(&mut form, &db).await?;
    match form.insert(|new| create!(Film { ..new }), &db).await? {
        Some(film) => Ok(redirect(super::film::url(film.id)).flash(told(&film.title, "was added"))),
        None => Ok(page!("film_form.html", form, id: None::<i64>, title: "")),
    }
}

/// Changes a film. The poster stays unless another one is chosen, or it is to be removed.
#[form("/films/{id}/edit/", max_body = "20 MB", guard = staff() | can::change(Film))]
pub async fn edit_film(Path(id): Path<i64>, db: Db, mut form: Form<FilmInput>) -> Result<Page> {
    let film = Film.get(id, &db).await?;
    form.edits(&film, &db).await?;
    offer_genres(&mut form, &db).await?;
    let title = film.title.clone();
    match form.save(film, &db).await? {
        Some(film) => Ok(redirect(super::film::url(id)).flash(told(&film.title, "was saved"))),
        None => Ok(page!("film_form.html", form, id: Some(id), title)),
    }
}

/// Asks whether a film is to go.
#[get("/films/{id}/delete/", guard = staff() | can::delete(Film))]
pub async fn delete_film(Path(id): Path<i64>, db: Db) -> Result<Page> {
    let film = Film.get(id, &db).await?;
    Ok(page!("film_delete.html", id, title: film.title.clone(), poster: film.poster.clone()))
}

/// Deletes a film, and its poster once that lasts.
#[post("/films/{id}/delete/", atomic, guard = staff() | can::delete(Film))]
pub async fn film_goes(Path(id): Path<i64>, db: Db, storage: Storage) -> Result<Page> {
    let film = Film.get(id, &db).await?;
    let said = told(&film.title, "was deleted");
    let poster = film.poster.clone();
    film.delete(&db).await?;
    if let Some(poster) = poster {
        db.on_commit(async move || storage.delete(poster.name()).await.map(drop)).await?;
    }
    Ok(redirect(super::home::url()).flash(said))
}

/// The boxes of a film's genres: first the tones, then the worlds.
async fn offer_genres(form: &mut Form<FilmInput>, db: &Db) -> Result {
    let genres = Genre.query().all(db).await?;
    let of = |kind: Kind| -> Vec<(i64, String)> {
        let those = genres.iter().filter(|genre| genre.kind == kind);
        those.map(|genre| (genre.id, genre.name.clone())).collect()
    };
    let groups = [Kind::Genre, Kind::World].map(|kind| (kind.label(), of(kind)));
    form.offer_groups(FilmInput.genres, groups);
    Ok(())
}

fn told(title: &str, what: &str) -> Message {
    Message::success(format!("“{title}” {what}."))
}
