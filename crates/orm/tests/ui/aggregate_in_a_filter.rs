#[path = "../common/models.rs"]
mod common;
use common::*;
use quintet_orm::prelude::*;

async fn ask(db: &Db) -> Result {
    Film.filter(Film.votes.sum().gt(5)).all(db).await?;
    Ok(())
}

fn main() {}
