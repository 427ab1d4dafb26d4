#[path = "../common/models.rs"]
mod common;
use common::*;
use quintet_orm::prelude::*;

async fn ask(db: &Db) -> Result {
    Film.aggregate((Film.rows(), Film.votes), db).await?;
    Ok(())
}

fn main() {}
