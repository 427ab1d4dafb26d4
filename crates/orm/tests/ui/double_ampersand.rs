#[path = "../common/models.rs"]
mod common;
use common::*;
use quintet_orm::prelude::*;

async fn ask(db: &Db) -> Result {
    Film.filter(Film.votes.gt(1) && Film.classic.eq(true)).all(db).await?;
    Ok(())
}

fn main() {}
