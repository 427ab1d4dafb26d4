#[path = "../common/models.rs"]
mod common;
use common::*;
use quintet_orm::prelude::*;

async fn ask(db: &Db) -> Result {
    create!(Tag { nam: "x" }).insert(db).await?;
    Ok(())
}

fn main() {}
