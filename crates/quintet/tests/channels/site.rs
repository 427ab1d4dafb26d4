//! A site with films, and rooms where people talk of them.

use quintet::prelude::*;

/// What takes so long hangs.
pub(crate) const HANG: std::time::Duration = std::time::Duration::from_secs(10);

#[model(app = "cinema")]
#[derive(Clone, Debug)]
pub(crate) struct Film {
    pub title: String,
    #[field(default = false)]
    pub secret: bool,
}

/// What is talked of a film.
#[channel("film:{id}")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct FilmRoom {
    pub id: i64,
}

#[data]
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Say {
    Comment {
        #[field(max_length = 20)]
        text: String,
    },
    Typing,
    Count,
    Link,
    May,
    Fail,
    Panic,
    Rename {
        name: String,
    },
    Who,
}

#[data]
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum News {
    Comment { by: String, text: String },
    Typing { by: String },
    Welcome { times: i32 },
    Bye { by: String },
}

impl Channel for FilmRoom {
    type In = Say;
    type Out = News;

    async fn join(&self, me: &Client<Self>) -> Result<Join> {
        let film = Film.get(self.id, &me.db).await?;
        if film.secret && !me.user()?.is_staff {
            return Err(Error::forbidden("Not for you."));
        }
        Ok(match me.maybe_user() {
            Some(user) => Join::present(&user.username),
            None => Join::quietly(),
        })
    }

    async fn hear(&self, event: Say, me: &Client<Self>) -> Result {
        match event {
            Say::Comment { text } => {
                let by = me.user()?.username.clone();
                self.send(News::Comment { by, text }, &me.db).await
            }
            Say::Typing => {
                let by = me.maybe_user().map_or("somebody".to_owned(), |user| user.username.clone());
                me.pass_others(News::Typing { by }).await
            }
            Say::Count => {
                let times = me.change(|times: &mut i32| {
                    *times += 1;
                    *times
                });
                me.push(News::Welcome { times }).await?;
                me.reply(&times)
            }
            Say::Link => me.reply(&film::url(self.id).to_string()),
            Say::May => {
                let may = me.permissions().await?;
                me.reply(&(may.may("change", Film), may.may("view", Film)))
            }
            Say::Fail => Err(Error::internal("the password is x")),
            Say::Panic => panic!("nobody expects this"),
            Say::Rename { name } => me.show(&name).await,
            Say::Who => {
                // What a handler would find of the same browser: its session, and what a proxy says.
                let session = me.extract::<Session>().await?.user().await?;
                let user = me.extract::<Option<User>>().await?.map(|user| user.username);
                me.reply(&(session, user))
            }
        }
    }

    async fn left(&self, me: &Client<Self>) -> Result {
        match me.maybe_user() {
            Some(user) => me.others(News::Bye { by: user.username.clone() }).await,
            None => Ok(()),
        }
    }
}

#[channel("lobby")]
pub(crate) struct Lobby;

#[data]
#[derive(Debug, PartialEq)]
pub(crate) enum Called {
    Out { name: String },
}

impl Channel for Lobby {
    type In = Called;
    type Out = Called;

    async fn join(&self, _: &Client<Self>) -> Result<Join> {
        Ok(Join::quietly().unseeing())
    }

    async fn hear(&self, event: Called, me: &Client<Self>) -> Result {
        me.others(event).await
    }
}

#[get("/films/{id}/")]
async fn film(Path(id): Path<i64>) -> String {
    format!("film {id}")
}

#[post("/films/{id}/say/")]
async fn say(Path(id): Path<i64>, db: Db) -> Result<String> {
    let tell = |text: &str| News::Comment { by: "the site".into(), text: text.into() };
    FilmRoom { id }.send(tell("at once"), &db).await?;
    let undone = db
        .atomic(async |tx| {
            FilmRoom { id }.send(tell("never"), tx).await?;
            Err::<(), _>(Error::bad_request("undone"))
        })
        .await;
    assert!(undone.is_err());
    db.atomic(async |tx| {
        FilmRoom { id }.send(tell("after"), tx).await?;
        FilmRoom { id }.send(tell("before"), &db).await
    })
    .await?;
    Ok(format!("{:?}", FilmRoom { id }.present(&db).await?))
}

pub(crate) fn site() -> Site {
    Site::new().install(auth::app()).install(quintet::sessions::app()).install(
        App::new("cinema")
            .at("/c")
            .models((Film,))
            .channel::<FilmRoom>()
            .channel::<Lobby>()
            .routes(routes![film, say]),
    )
}

/// A film that is there.
pub(crate) async fn alien(site: &TestSite) -> Result<FilmRoom> {
    let film = create!(Film { title: "Alien" }).insert(&site.db).await?;
    Ok(FilmRoom { id: film.id })
}
