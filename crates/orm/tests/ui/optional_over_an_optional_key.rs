#[path = "../common/models.rs"]
mod common;
use common::*;
use quintet_orm::prelude::*;

async fn ask(db: &Db) -> Result {
    let names: Vec<String> = Film.select(Film.studio.name).all(db).await?;
    drop(names);
    Ok(())
}

fn main() {}
