#[path = "../common/models.rs"]
mod common;
use common::*;
use quintet_orm::prelude::*;

async fn ask(db: &Db) -> Result {
    create!(Review { film: Director.get(1, db).await?, stars: 1 }).insert(db).await?;
    Ok(())
}

fn main() {}
