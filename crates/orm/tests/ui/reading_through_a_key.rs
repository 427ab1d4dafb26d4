#[path = "../common/models.rs"]
mod common;
use common::*;
use quintet_orm::prelude::*;

async fn ask(db: &Db) -> Result {
    let film = Film.get(1, db).await?;
    println!("{}", film.director.name);
    Ok(())
}

fn main() {}
