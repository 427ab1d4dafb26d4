#[path = "../common/models.rs"]
mod common;
use common::*;
use quintet_orm::prelude::*;

async fn ask(db: &Db) -> Result {
    Film.query().select_related(Film.tags).all(db).await?;
    Ok(())
}

fn main() {}
