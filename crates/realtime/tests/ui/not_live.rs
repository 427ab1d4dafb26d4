use quintet_core::Result;
use quintet_orm::prelude::*;
use quintet_realtime::{Allow, Client, LiveChannel, LiveChanneling, LiveQuery, channel};

#[model(app = "docs")]
pub struct Review {
    pub text: String,
}

#[channel("reviews")]
pub struct Reviews {}

impl LiveChannel for Reviews {
    type Model = Review;
    type Row = Review;

    fn rows(&self) -> QuerySet<Review> {
        Review.query()
    }

    async fn join(&self, _: &Client<Self>) -> Result<Allow<Review>> {
        Ok(Allow::everybody())
    }
}

#[channel("others")]
pub struct Others {}

async fn follow(db: &Db) -> Result {
    Review.live(Allow::everybody(), db).await?;
    Ok(())
}

fn main() {
    let _ = quintet_core::App::new("docs").live_channel::<Others>();
    let _ = follow;
}
