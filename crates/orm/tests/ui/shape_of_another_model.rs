#[path = "../common/models.rs"]
mod common;
use common::*;
use quintet_orm::prelude::*;

#[derive(Shape)]
#[shape(model = Director)]
struct DirectorName {
    name: String,
}

async fn ask(db: &Db) -> Result {
    let films: Vec<DirectorName> = Film.query().shape().all(db).await?;
    Ok(())
}

fn main() {}
