//! Connections of channels by the protocol, where its promises depend on what happens at the same time: who somebody is takes long to
//! find, the client goes meanwhile, a topic is left slowly.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#[path = "../socket/client.rs"]
#[allow(dead_code)]
mod client;
#[path = "../socket/site.rs"]
#[allow(dead_code)]
mod site;

use std::{sync::Arc, time::Duration};

use http::request::Parts;
use quintet_core::{BoxFuture, Result, Room as _, Site, settings::Settings};
use quintet_orm::{Db, DbOptions};
use quintet_realtime::{
    Channel, Channeling, Channels, Client as ClientOf, Identify, Identity, Join, PROTOCOL, RealtimeRoom,
    channel, ticket,
};
use quintet_web::{Routing, data};
use serde_json::{Value, json};
use tokio::{sync::Semaphore, time::timeout};

use crate::{
    client::Client,
    site::{HANG, Served, serve_after},
};

/// Something that waits until the test lets it go on, and tells that it waits.
#[derive(Clone)]
struct Door(Arc<(Semaphore, Semaphore)>);

impl Door {
    fn shut() -> Door {
        Door(Arc::new((Semaphore::new(0), Semaphore::new(0))))
    }

    async fn pass(&self) {
        self.0.0.add_permits(1);
        self.0.1.acquire().await.unwrap().forget();
    }

    /// Waits until so many stand before it.
    async fn wait_for(&self, many: u32) {
        timeout(HANG, self.0.0.acquire_many(many)).await.expect("they come").unwrap().forget();
    }

    fn open(&self, for_many: usize) {
        self.0.1.add_permits(for_many);
    }
}

/// Everybody is who their ticket says, after a while.
struct Slowly(Door);

impl Identify for Slowly {
    fn by_request<'a>(&'a self, _: &'a mut Parts) -> BoxFuture<'a, Result<Identity>> {
        Box::pin(async { Ok(Identity::default()) })
    }

    fn by_ticket<'a>(&'a self, user: &'a str, _: &'a Parts) -> BoxFuture<'a, Result<Identity>> {
        Box::pin(async move {
            self.0.pass().await;
            Ok(Identity { user: Some(user.to_owned()), who: None })
        })
    }
}

#[derive(Clone)]
struct Leaving(Door);

#[channel("room")]
struct Room {}

#[data]
enum Line {
    Said { text: String },
}

impl Channel for Room {
    type In = Line;
    type Out = Line;

    async fn join(&self, _: &ClientOf<Self>) -> Result<Join> {
        Ok(Join::quietly())
    }

    async fn hear(&self, line: Line, me: &ClientOf<Self>) -> Result {
        me.others(line).await
    }

    async fn left(&self, me: &ClientOf<Self>) -> Result {
        me.services().require::<Leaving>()?.0.pass().await;
        Ok(())
    }
}

struct Running {
    served: Served,
    /// Before it is found who shows a ticket.
    asking: Door,
    /// Before a topic is left.
    leaving: Door,
}

async fn run() -> Running {
    let (asking, leaving) = (Door::shut(), Door::shut());
    let site = Site::new().channel::<Room>().with(Leaving(leaving.clone()));
    let identify = Slowly(asking.clone());
    let db = Db::open("sqlite::memory:", DbOptions::default()).await.unwrap();
    let served = serve_after(site, &[("secret_key", "a key for tests, known to everyone")], async |boot| {
        boot.services.insert(db);
        boot.services.insert::<Arc<dyn Identify>>(Arc::new(identify));
        RealtimeRoom.start(boot).await
    })
    .await;
    RealtimeRoom.ready(&served.services).await.unwrap();
    Running { served, asking, leaving }
}

impl Running {
    async fn connect(&self) -> Client {
        let protocol = [("sec-websocket-protocol", PROTOCOL)];
        let mut client = Client::open(self.served.connect().await, "/channels/", &protocol).await;
        assert_eq!(heard(&mut client).await["type"], "hello");
        client
    }

    fn ticket(&self, user: &str) -> String {
        let settings = self.served.services.require::<Settings>().unwrap();
        ticket(settings, user, Duration::from_secs(3600)).unwrap()
    }

    fn connections(&self) -> usize {
        self.served.services.require::<Channels>().unwrap().stats().connections
    }
}

async fn heard(client: &mut Client) -> Value {
    serde_json::from_str(&timeout(HANG, client.text()).await.expect("something is heard")).unwrap()
}

async fn auth(client: &mut Client, reference: &str, token: &str) {
    client.say(&json!({"type": "auth", "ref": reference, "token": token}).to_string()).await;
}

async fn say(client: &mut Client, kind: &str, reference: &str) {
    client.say(&json!({"type": kind, "ref": reference, "topic": "room"}).to_string()).await;
}

async fn until(what: &str, is: impl Fn() -> bool) {
    let waits = async {
        while !is() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    assert!(timeout(HANG, waits).await.is_ok(), "{what}");
}

fn tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

#[tokio::test]
async fn who_goes_while_their_ticket_is_read_is_not_kept() {
    let site = run().await;
    let quiet = tasks();
    let mut client = site.connect().await;
    auth(&mut client, "1", &site.ticket("ann")).await;
    site.asking.wait_for(1).await;
    assert_eq!(site.connections(), 1);
    drop(client);
    until("the connection is gone", || site.connections() == 0).await;
    site.asking.open(1);
    until("nobody works for it any more", || tasks() <= quiet).await;
    assert_eq!(site.connections(), 0);
}

/// By several threads: whether two are judged at the same moment is chance.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_tickets_at_once_those_of_one_user_count() {
    const AT_ONCE: usize = 16;
    let site = run().await;
    for _ in 0..10 {
        let mut client = site.connect().await;
        for n in 0..AT_ONCE {
            auth(&mut client, &n.to_string(), &site.ticket(&n.to_string())).await;
        }
        site.asking.wait_for(AT_ONCE as u32).await;
        site.asking.open(AT_ONCE);
        let mut refused = 0;
        for _ in 0..AT_ONCE {
            refused += usize::from(heard(&mut client).await["problem"]["status"] == 409);
        }
        assert_eq!(refused, AT_ONCE - 1);
    }
}

#[tokio::test]
async fn a_topic_joined_while_the_ticket_is_read_comes_first() {
    let site = run().await;
    let mut client = site.connect().await;
    auth(&mut client, "1", &site.ticket("ann")).await;
    site.asking.wait_for(1).await;
    say(&mut client, "join", "2").await;
    assert_eq!(heard(&mut client).await["type"], "joined");
    site.asking.open(1);
    assert_eq!(heard(&mut client).await["problem"]["status"], 409);
}

#[tokio::test]
async fn tickets_shown_again_and_again_leave_one_task() {
    let site = run().await;
    site.asking.open(100);
    let mut client = site.connect().await;
    auth(&mut client, "first", &site.ticket("ann")).await;
    assert!(heard(&mut client).await["data"]["expires"].is_i64());
    let (one, same) = (tasks(), site.ticket("ann"));
    for n in 0..40 {
        let token = if n % 2 == 0 { same.clone() } else { site.ticket("ann") };
        auth(&mut client, &n.to_string(), &token).await;
        assert!(heard(&mut client).await["data"]["expires"].is_i64());
    }
    until("what waits for earlier tickets ends", || tasks() <= one + 2).await;
    let short = ticket(site.served.services.require().unwrap(), "ann", Duration::from_secs(2)).unwrap();
    auth(&mut client, "last", &short).await;
    heard(&mut client).await;
    assert_eq!(heard(&mut client).await["reason"], "expired", "the last one counts");
}

#[tokio::test]
async fn a_topic_is_joined_again_only_after_it_was_left() {
    let site = run().await;
    let mut client = site.connect().await;
    say(&mut client, "join", "1").await;
    assert_eq!(heard(&mut client).await["type"], "joined");
    say(&mut client, "leave", "2").await;
    site.leaving.wait_for(1).await;
    say(&mut client, "join", "3").await;
    let refused = heard(&mut client).await;
    assert_eq!(
        (&refused["type"], &refused["ref"], &refused["problem"]["status"]),
        (&json!("refused"), &json!("3"), &json!(409))
    );
    site.leaving.open(1);
    assert_eq!(heard(&mut client).await, json!({"type": "left", "ref": "2", "topic": "room"}));
    say(&mut client, "join", "4").await;
    assert_eq!(heard(&mut client).await["type"], "joined");
}
