#[path = "../common/models.rs"]
mod common;
use common::*;
use quintet_orm::prelude::*;

async fn ask(db: &Db) -> Result {
    Film.filter(Film.title.year().eq(1979)).all(db).await?;
    Ok(())
}

fn main() {}
