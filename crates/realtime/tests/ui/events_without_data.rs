use quintet_core::Result;
use quintet_realtime::{Channel, Client, Join, channel};

#[channel("lobby")]
pub struct Lobby;

pub enum News {
    Opened,
}

impl Channel for Lobby {
    type In = News;
    type Out = News;

    async fn join(&self, _: &Client<Self>) -> Result<Join> {
        Ok(Join::quietly())
    }

    async fn hear(&self, _: News, _: &Client<Self>) -> Result {
        Ok(())
    }
}

fn main() {}
