#[path = "../common/models.rs"]
mod common;
use common::*;
use quintet_orm::prelude::*;

async fn ask(db: &Db) -> Result {
    Film.query().prefetch_related(Film.director).all(db).await?;
    Ok(())
}

fn main() {}
