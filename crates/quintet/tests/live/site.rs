//! A site with items and tags whose changes are told, and what the tests hear of them.

use std::time::Duration;

use quintet::{
    core::{EmbeddedFile, Folder},
    prelude::*,
    realtime::sse::{Event, LastEventId, Sse},
};

#[model(app = "shop", live)]
#[derive(Clone, Debug)]
pub(crate) struct Item {
    #[field(max_length = 20)]
    pub name: String,
    #[field(default = true)]
    pub shown: bool,
    pub tags: ManyToMany<Tag>,
}

#[model(app = "shop", live = true)]
#[derive(Debug)]
pub(crate) struct Tag {
    #[field(max_length = 20)]
    pub name: String,
}

#[model(app = "shop", live = false)]
#[derive(Debug)]
pub(crate) struct Quiet {
    #[field(max_length = 20)]
    pub name: String,
}

/// A channel whose pattern would stand for topics of the site's own.
#[channel("{one}:{two}:{three}")]
#[derive(Clone, Debug)]
pub(crate) struct Any {
    pub one: String,
    pub two: String,
    pub three: String,
}

#[data]
#[derive(Debug, PartialEq)]
pub(crate) enum Said {
    Word { text: String },
}

impl Channel for Any {
    type In = Said;
    type Out = Said;

    async fn join(&self, _: &Client<Self>) -> Result<Join> {
        Ok(Join::quietly())
    }

    async fn hear(&self, _: Said, _: &Client<Self>) -> Result<()> {
        Ok(())
    }
}

#[data]
struct From {
    after: Option<String>,
}

#[get("/names/")]
async fn names(LastEventId(last): LastEventId, Query(from): Query<From>, db: Db) -> Result<Sse> {
    let live =
        Item.filter(Item.shown.eq(true)).live(Allow::when(|item: &Item| item.name != "secret"), &db).await?;
    let live = live.after(last.or(from.after).as_deref()).await?;
    Ok(live.sse(|news| match news {
        LiveNews::Saved(items) => items.iter().map(|item| Event::json(&item.name)).collect(),
        LiveNews::Gone(keys) => vec![Event::json(&keys).map(|event| event.event("gone"))],
        LiveNews::Reload => vec![Ok(Event::new().event("reload"))],
    }))
}

#[get("/changed/", atomic)]
async fn changed(db: Db) -> Result<Sse> {
    Ok(Item.live(Allow::everybody(), &db).await?.sse_changed())
}

/// A page that says from where on it listens.
#[get("/shown/")]
async fn shown(db: Db) -> Result<Page> {
    let position = Item.live_position(&db).await?;
    Ok(Page::new("shown.html").with("position", &position))
}

static FILES: [EmbeddedFile; 1] =
    [EmbeddedFile { path: "templates/shown.html", bytes: b"/names/?after={{ position }}" }];

pub(crate) fn site() -> Site {
    let routes = routes![names, changed, shown];
    let app = App::new("shop").folder(Folder::embedded("/shop", &FILES));
    let app = app.models((Item, Tag, Quiet)).channel::<Any>().routes(routes);
    Site::new().install(app)
}

/// A new item.
pub(crate) async fn item(name: &str, db: &Db) -> Result<Item> {
    create!(Item { name }).insert(db).await
}

/// The next news, as a line.
pub(crate) async fn heard(live: &mut Live<Item>) -> Result<String> {
    Ok(match next(live).await? {
        LiveNews::Saved(items) => {
            format!("saved {}", items.iter().map(|item| &*item.name).collect::<Vec<_>>().join(" "))
        }
        LiveNews::Gone(keys) => format!("gone {keys:?}"),
        LiveNews::Reload => "reload".into(),
    })
}

pub(crate) async fn next<M: quintet::orm::Model>(live: &mut Live<M>) -> Result<LiveNews<M>> {
    let news = tokio::time::timeout(Duration::from_secs(30), live.next()).await.expect("it is told");
    Ok(news?.expect("the server goes on"))
}

/// Nothing was told before this.
pub(crate) async fn nothing(live: &mut Live<Item>, db: &Db) -> Result {
    let mark = item("mark", db).await?;
    assert_eq!(heard(live).await?, "saved mark");
    let id = mark.id;
    mark.delete(db).await?;
    assert_eq!(heard(live).await?, format!("gone [{id}]"));
    Ok(())
}
