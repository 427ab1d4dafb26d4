#[path = "../common/models.rs"]
mod common;
use common::*;
use quintet_orm::prelude::*;

async fn ask(db: &Db) -> Result {
    create!(Film { title: "Alien", released: date("1979-05-25") }).insert(db).await?;
    Ok(())
}

fn main() {}
