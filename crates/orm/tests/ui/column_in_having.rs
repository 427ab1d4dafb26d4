#[path = "../common/models.rs"]
mod common;
use common::*;
use quintet_orm::prelude::*;

async fn ask(db: &Db) -> Result {
    Film.group_by(Film.classic).having(Film.votes.gt(5)).aggregate(Film.rows()).all(db).await?;
    Ok(())
}

fn main() {}
