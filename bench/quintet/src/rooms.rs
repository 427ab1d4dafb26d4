//! Rooms in which people see each other and talk: what `bench/realtime` measures.

use quintet::prelude::*;

#[channel("room:{id}")]
pub struct Room {
    pub id: i64,
}

#[data]
pub enum Talk {
    Line { n: u64, text: String },
}

impl Channel for Room {
    type In = Talk;
    type Out = Talk;

    async fn join(&self, _: &Client<Self>) -> Result<Join> {
        Ok(Join::present("somebody"))
    }

    async fn hear(&self, said: Talk, me: &Client<Self>) -> Result {
        self.send(said, &me.db).await
    }
}
