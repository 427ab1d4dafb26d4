//! The benchmark's site: what `raw` answers, by Quintet's public surface alone.
mod models;
mod pages;
mod rooms;

use quintet::prelude::*;

#[quintet::main]
fn main() -> quintet::Site {
    let app =
        app!("bench").models((models::World, models::Fortune, models::Item, models::Record)).routes(routes![
            pages::plaintext,
            pages::json,
            pages::one,
            pages::queries,
            pages::queries_awaited,
            pages::fortunes,
            pages::updates,
            pages::updates_awaited,
            pages::items_page,
            pages::list,
            pages::fetch,
            pages::bulk,
        ]);
    Site::new().install(app).channel::<rooms::Room>()
}
