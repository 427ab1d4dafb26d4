//! A chat: rooms that are there when somebody comes, who is in them, and what was said. Nobody logs in; people say how they are called.
use quintet::prelude::*;

/// A room.
#[channel("room:{name}")]
pub struct Room {
    /// Its name.
    pub name: String,
}

/// What somebody does, and what the others are told of it.
#[data]
#[derive(Debug, PartialEq)]
pub enum Talk {
    /// Somebody is called so from now on.
    Called {
        /// The name.
        #[field(min_length = 1, max_length = 30)]
        name: String,
    },
    /// Somebody says something.
    Line {
        /// Who; the room sees to that.
        by: Option<String>,
        /// What.
        #[field(min_length = 1, max_length = 500)]
        text: String,
    },
}

impl Channel for Room {
    type In = Talk;
    type Out = Talk;

    async fn join(&self, me: &Client<Self>) -> Result<Join> {
        Ok(Join::present(me.get::<String>().unwrap_or("somebody".into())))
    }

    async fn hear(&self, talk: Talk, me: &Client<Self>) -> Result {
        match talk {
            Talk::Called { name } => {
                me.put(name.clone());
                me.show(&name).await
            }
            Talk::Line { text, .. } => {
                let by =
                    me.get::<String>().ok_or_else(|| Error::forbidden("Say how you are called first."))?;
                self.send(Talk::Line { by: Some(by), text }, me.services().require::<Channels>()?).await
            }
        }
    }
}

/// The site.
pub fn site() -> Site {
    Site::new().install(app!("chat").channel::<Room>().get("/", async || page!("chat.html")))
}
