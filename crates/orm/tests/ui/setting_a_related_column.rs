#[path = "../common/models.rs"]
mod common;
use common::*;
use quintet_orm::prelude::*;

async fn ask(db: &Db) -> Result {
    Film.query().update(Film.director.name.set("x")).exec(db).await?;
    Ok(())
}

fn main() {}
