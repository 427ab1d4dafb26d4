#[path = "../common/models.rs"]
mod common;
use common::*;
use quintet_orm::prelude::*;

async fn ask(db: &Db) -> Result {
    Film.order_by(Director.name.desc()).all(db).await?;
    Ok(())
}

fn main() {}
