#[path = "../common/models.rs"]
mod common;
use common::*;
use quintet_orm::prelude::*;

async fn ask(db: &Db) -> Result {
    Film.get(1, "site.db").await?;
    Ok(())
}

fn main() {}
