//! The cinema: 3,200 films, their directors, distributors and genres, on one binary and one SQLite file.
//!
//! A request passes through `pages`: [`search`] says what is looked for, the models in [`models`] are asked, and [`view`] turns rows
//! into words, strokes and links for the templates; [`live`] tells the pages that are open what has changed. The films come from a file by [`import`], at the first start by themselves.

use std::sync::Arc;

use quintet::prelude::*;

pub mod import;
pub mod live;
pub mod may;
pub mod models;
pub mod pages;
pub mod search;
pub mod view;

use models::{Comment, Director, Distributor, Film, Genre, Review};

/// The app: installed by [`site`], and by any other site that wants films.
#[must_use]
pub fn app() -> App {
    app!("cinema")
        .models((Director, Distributor, Genre, Film, Review, Comment))
        .routes(routes![
            pages::home,
            pages::film,
            pages::director,
            pages::directors,
            pages::genre,
            pages::genres,
            pages::distributor,
            pages::distributors,
            pages::statistics,
            pages::films_json,
            pages::add_film,
            pages::edit_film,
            pages::delete_film,
            pages::film_goes,
            pages::write_review,
            pages::edit_review,
            pages::delete_review,
            pages::review_goes,
            pages::my_reviews,
            pages::review_list,
            pages::hide_review,
            pages::show_review,
            pages::account,
            pages::comments,
            pages::write_comment,
            pages::comment_goes,
            pages::tally
        ])
        .channel::<live::FilmRoom>()
        .channel::<live::Own>()
        .context("may", may::may)
        .commands(commands![import::import_films, may::moderator])
}

/// The site of `cargo run -p cinema`: the app, people who sign in, and the films at the first start.
#[must_use]
pub fn site() -> Site {
    // The cinema first: its templates come before those of the same name in the apps after it.
    Site::new().install(app()).install(auth::app()).install(sessions::app()).on(
        async |services: Services, _: Arc<SiteStarted>| -> Result {
            films_at_the_first_start(&services).await?;
            tell_of_the_first_user(&services).await
        },
    )
}

/// There is no account that comes with the cinema, and no password that everybody knows: somebody makes the first one.
async fn tell_of_the_first_user(services: &Services) -> Result {
    if !User.query().exists(services.require::<Db>()?).await? {
        services.require::<Console>()?.line(
            "Nobody can sign in yet: `cargo run -p cinema -- createsuperuser` makes somebody who may do everything.",
        );
    }
    Ok(())
}

/// Imports the films that come with the cinema if there is none in the database.
async fn films_at_the_first_start(services: &Services) -> Result {
    let db = services.require::<Db>()?;
    if Film.query().exists(db).await? {
        return Ok(());
    }
    let console = services.require::<Console>()?;
    console.line("The database is new: importing the films, which takes a moment.");
    let report = import::import_own(db, &Progress::new(console.clone())).await?;
    console.line(report.summary());
    let path = services.require::<Settings>()?.path(import::REPORT);
    match report.write(&path) {
        Ok(()) => {
            console.line(format!("What could not be taken as it was, case by case: {}", path.display()))
        }
        // The films are there; a site in a read-only folder is served all the same.
        Err(error) => console.warn(format!("The report can't be written to {}: {error}", path.display())),
    }
    Ok(())
}
