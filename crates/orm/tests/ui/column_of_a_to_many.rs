#[path = "../common/models.rs"]
mod common;
use common::*;
use quintet_orm::prelude::*;

async fn ask(db: &Db) -> Result {
    Director.filter(Director.films.title.eq("x")).all(db).await?;
    Ok(())
}

fn main() {}
