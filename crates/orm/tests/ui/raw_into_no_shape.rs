use quintet_orm::prelude::*;

struct Total {
    votes: i64,
}

#[derive(Shape)]
#[shape(raw)]
struct Card {
    #[shape(expr = Film.votes)]
    votes: i64,
}

async fn totals(db: &Db) -> Result<Vec<Total>> {
    raw("SELECT 1 AS votes", vec![]).all(db).await
}

fn main() {}
