#[path = "../common/models.rs"]
mod common;
use common::*;
use quintet_orm::prelude::*;

async fn ask(db: &Db) -> Result {
    Film.filter(Director.name.eq("x")).all(db).await?;
    Ok(())
}

fn main() {}
