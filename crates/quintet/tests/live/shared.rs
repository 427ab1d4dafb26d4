//! Two sites on one layer, as two processes of one site are.

use std::sync::{Arc, Mutex};

use quintet::{
    core::BoxFuture,
    prelude::*,
    realtime::layer::{
        ConnectionId, Event, Here, Layer, News, Position, Retention, Since, Sink, memory::Memory,
    },
};

use crate::{
    channel::{All, Post, club},
    site::{Item, heard, item, nothing, site},
};

/// The layer in memory, which tells its news to more than one.
#[derive(Clone)]
struct Shared(Arc<Memory>, Arc<Ends>);

#[derive(Default)]
struct Ends(Mutex<Vec<Arc<dyn Sink>>>);

impl Ends {
    fn all(&self) -> Vec<Arc<dyn Sink>> {
        self.0.lock().unwrap().clone()
    }
}

impl Sink for Ends {
    fn hear(&self, topic: &str, news: News) {
        self.all().iter().for_each(|end| end.hear(topic, news.clone()));
    }
}

impl Layer for Shared {
    fn name(&self) -> &'static str {
        "shared"
    }

    fn start<'a>(&'a self, sink: Arc<dyn Sink>) -> BoxFuture<'a, Result> {
        let mut ends = self.1.0.lock().unwrap();
        ends.push(sink);
        match ends.len() {
            1 => self.0.start(self.1.clone()),
            _ => Box::pin(std::future::ready(Ok(()))),
        }
    }

    fn append<'a>(&'a self, topic: &'a str, event: Event) -> BoxFuture<'a, Result<Position>> {
        self.0.append(topic, event)
    }

    fn pass<'a>(&'a self, topic: &'a str, event: Event) -> BoxFuture<'a, Result> {
        self.0.pass(topic, event)
    }

    fn listen<'a>(&'a self, topic: &'a str) -> BoxFuture<'a, Result<Position>> {
        self.0.listen(topic)
    }

    /// The other one may still want it.
    fn forget(&self, _: &str) {}

    fn since<'a>(&'a self, topic: &'a str, after: Position) -> BoxFuture<'a, Result<Since>> {
        self.0.since(topic, after)
    }

    fn enter<'a>(&'a self, topic: &'a str, here: Here) -> BoxFuture<'a, Result> {
        self.0.enter(topic, here)
    }

    fn leave<'a>(&'a self, topic: &'a str, id: ConnectionId) -> BoxFuture<'a, Result> {
        self.0.leave(topic, id)
    }

    fn here<'a>(&'a self, topic: &'a str) -> BoxFuture<'a, Result<Vec<Here>>> {
        self.0.here(topic)
    }

    fn health<'a>(&'a self) -> BoxFuture<'a, Result> {
        self.0.health()
    }

    fn stop<'a>(&'a self) -> BoxFuture<'a, ()> {
        Box::pin(std::future::ready(()))
    }
}

async fn start(layer: &Shared, site: Site) -> Result<TestSite> {
    let layer: Arc<dyn Layer> = Arc::new(layer.clone());
    TestSite::start(site.with(layer), quintet::rooms()).await
}

fn shared() -> Shared {
    let memory = Memory::new(Retention { events: 100, age: std::time::Duration::from_secs(600) });
    Shared(Arc::new(memory), Arc::default())
}

#[tokio::test]
async fn browsers_hear_of_rows_of_other_processes() -> Result {
    let layer = shared();
    let (one, two) = (start(&layer, club()).await?, start(&layer, club()).await?);
    // Each has a database of its own here, and so shows which one is asked.
    let here = create!(Post { board: "news", title: "here" }).insert(&two.db).await?;
    let heard = async {
        let mut room = two.join_live(All {}).await?;
        let there = create!(Post { board: "news", title: "there" }).insert(&one.db).await?;
        assert_eq!(there.id, here.id);
        let news = room.next().await;
        there.delete(&one.db).await?;
        let away = room.cut();
        one.db.touched::<Post>();
        // Whoever comes back, comes back to any process.
        let mut back = away.come_back().await?;
        while back.heard().await != Heard::Gap {}
        Ok::<_, Error>(news)
    };
    let news = two.services().clone().scope(heard).await?;
    assert_eq!(news, RowNews::Saved { rows: vec![serde_json::json!([here.id, "here"])] });
    one.running().stop().await;
    two.running().stop().await;
    Ok(())
}

#[tokio::test]
async fn all_processes_hear_and_ask_for_themselves() -> Result {
    let layer = shared();
    let (one, two) = (start(&layer, site()).await?, start(&layer, site()).await?);
    // Each has a database of its own here, and so shows which one is asked.
    let row = item("here", &two.db).await?;
    let live = async { Item.live(Allow::everybody(), &two.db).await };
    let mut live = two.services().clone().scope(live).await?;
    // That it was made may be told still.
    row.update(Item.name.set("first")).exec(&two.db).await?;
    while heard(&mut live).await? != "saved first" {}
    // Twice, if that it was made was told when it was changed already.
    let mark = item("mark", &two.db).await?;
    loop {
        match heard(&mut live).await?.as_str() {
            "saved first" => {}
            said => break assert!(["saved mark", "saved first mark"].contains(&said), "{said}"),
        }
    }
    mark.delete(&two.db).await?;
    assert_eq!(heard(&mut live).await?, format!("gone [{}]", mark.id));
    let there = item("there", &one.db).await?;
    assert_eq!(there.id, row.id);
    // It may have been heard together with what came before.
    there.delete(&one.db).await?;
    assert_eq!(heard(&mut live).await?, "saved first");
    // What is written last is told before a site ends.
    one.db.touched::<Item>();
    one.running().stop().await;
    while heard(&mut live).await? != "reload" {}
    nothing(&mut live, &two.db).await?;
    two.running().stop().await;
    Ok(())
}
