#[path = "../common/models.rs"]
mod common;
use common::*;
use quintet_orm::prelude::*;

async fn ask(db: &Db) -> Result {
    Film.aggregate(Film.votes.sum().avg(), db).await?;
    Ok(())
}

fn main() {}
