use quintet_core::Result;
use quintet_realtime::{Channel, Client, Join, channel};
use quintet_web::data;

#[channel("lobby")]
pub struct Lobby;

#[data]
pub enum News {
    Said { text: String },
}

impl Channel for Lobby {
    type In = News;
    type Out = News;

    async fn join(&self, _: &Client<Self>) -> Result<Join> {
        Ok(Join::quietly())
    }

    async fn hear(&self, event: News, _: &Client<Self>) -> Result {
        self.send(event, "everybody").await
    }
}

fn main() {}
