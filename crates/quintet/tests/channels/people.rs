//! Who is there, and who may stay.

use quintet::{
    auth::{NewToken, Tokens},
    core::Service as _,
    prelude::*,
    realtime::Bye,
};
use serde_json::{Value, json};

use crate::site::{Film, News, Say, alien, site};

/// Waits until somebody has come or gone.
async fn presence<C: Channel<Out = News>>(room: &mut TestRoom<C>) {
    while room.heard().await != Heard::Presence {}
}

#[quintet::test(site)]
async fn it_is_seen_who_is_there(site: TestSite) -> Result {
    let room = alien(&site).await?;
    let mut ann = site.login("ann").await.join(room).await?;
    assert_eq!(ann.here(), [json!("ann")]);
    let nobody = site.join(room).await?;
    assert_eq!(nobody.here(), [json!("ann")], "and is not seen");
    let bob = site.login("bob").await;
    let mut one = bob.join(room).await?;
    presence(&mut ann).await;
    assert_eq!(ann.here().len(), 2);
    let other = bob.join(room).await?;
    presence(&mut ann).await;
    assert_eq!(ann.here().len(), 3, "once for each connection");
    assert_eq!(room.present(&site.db_here()).await?.len(), 3);
    drop(other);
    presence(&mut ann).await;
    one.say(Say::Rename { name: "Robert".into() }).await?;
    presence(&mut ann).await;
    let mut here = ann.here();
    here.sort_by_key(ToString::to_string);
    assert_eq!(here, [json!("Robert"), json!("ann")]);
    one.leave();
    presence(&mut ann).await;
    assert_eq!(ann.here(), [json!("ann")]);
    Ok(())
}

/// Where staff see who else is there.
#[channel("desk")]
#[derive(Clone, Copy, Debug)]
struct Desk {}

impl Channel for Desk {
    type In = Say;
    type Out = News;

    async fn join(&self, me: &Client<Self>) -> Result<Join> {
        let user = me.user()?;
        let join = Join::present(&user.username);
        Ok(if user.is_staff { join } else { join.unseeing() })
    }

    async fn hear(&self, event: Say, me: &Client<Self>) -> Result {
        match event {
            Say::Rename { name } => me.show(&name).await,
            _ => Ok(()),
        }
    }
}

fn with_a_desk() -> Site {
    site().install(App::new("desk").channel::<Desk>())
}

#[quintet::test(with_a_desk)]
async fn who_is_looked_at_again_is_seen_as_before_and_sees_what_they_may(site: TestSite) -> Result {
    let is_staff = async |staff: bool| {
        let ann = User.filter(User.username.eq("ann"));
        ann.update(User.is_staff.set(staff)).exec(&site.db).await
    };
    let ann = site.login("ann").await;
    is_staff(false).await?;
    let mut ann = ann.join(Desk {}).await?;
    let mut bob = site.login("bob").await.join(Desk {}).await?;
    ann.say(Say::Rename { name: "Queen Ann".into() }).await?;
    bob.say(Say::Rename { name: "Bobby".into() }).await?;
    let all = [json!("Bobby"), json!("Queen Ann")];
    let sorted = |mut here: Vec<serde_json::Value>| {
        here.sort_by_key(ToString::to_string);
        here
    };
    assert!(ann.here().is_empty());
    for _ in 0..2 {
        is_staff(true).await?;
        presence(&mut ann).await;
        assert_eq!(sorted(ann.here()), all, "she may see it now");
        is_staff(false).await?;
        presence(&mut ann).await;
        assert!(ann.here().is_empty(), "and does not any more");
        assert_eq!(sorted((Desk {}).present(&site.db_here()).await?), all, "they are who they say");
    }
    bob.leave();
    is_staff(true).await?;
    presence(&mut ann).await;
    while ann.here() != [json!("Queen Ann")] {
        presence(&mut ann).await;
    }
    Ok(())
}

trait Here {
    fn db_here(&self) -> Channels;
}

impl Here for TestSite {
    fn db_here(&self) -> Channels {
        self.services().require::<Channels>().unwrap().clone()
    }
}

#[quintet::test(site)]
async fn whoever_logs_out_is_disconnected(site: TestSite) -> Result {
    let room = alien(&site).await?;
    let (ann, again) = (site.login("ann").await, site.login("ann").await);
    let mut gone = ann.join(room).await?;
    let mut stays = again.join(room).await?;
    let mut bob = site.login("bob").await.join(room).await?;
    ann.post("/logout/", &[]).await.status(303);
    let why = loop {
        if let Heard::Bye(why) = gone.heard().await {
            break why;
        }
    };
    assert_eq!(why, "logout");
    stays.say(Say::Comment { text: "still".into() }).await?;
    while bob.next().await != (News::Comment { by: "ann".into(), text: "still".into() }) {}
    Ok(())
}

#[quintet::test(site)]
async fn whoever_may_not_be_in_a_topic_any_more_is_put_out(site: TestSite) -> Result {
    let film = create!(Film { title: "Secret", secret: true }).insert(&site.db).await?;
    let room = crate::site::FilmRoom { id: film.id };
    let ann = site.login("ann").await;
    User.filter(User.username.eq("ann")).update(User.is_staff.set(true)).exec(&site.db).await?;
    let mut inside = ann.join(room).await?;
    User.filter(User.username.eq("ann")).update(User.is_staff.set(false)).exec(&site.db).await?;
    loop {
        match inside.heard().await {
            Heard::Out(status, why) => {
                assert_eq!((status, why.as_str()), (403, "Not for you."));
                break;
            }
            Heard::Presence => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(inside.say(Say::Typing).await.unwrap_err().status().as_u16(), 404, "not in the topic");
    User.filter(User.username.eq("ann")).update(User.is_active.set(false)).exec(&site.db).await?;
    assert_eq!(inside.heard().await, Heard::Bye("logout".into()));
    Ok(())
}

#[quintet::test(site)]
async fn who_comes_with_a_token_may_do_as_much_as_over_http(site: TestSite) -> Result {
    let room = alien(&site).await?;
    let tokens = Tokens::of(site.services())?;
    let with = async |user: i64, token: NewToken| -> Result<Value> {
        let token = tokens.make(user, token).await?;
        let mut inside =
            site.browser().with_header("authorization", &format!("Bearer {token}")).join(room).await?;
        inside.say(Say::May).await
    };
    let root = create!(User { username: "root", password: "!", is_superuser: true }).insert(&site.db).await?;
    assert_eq!(with(root.id, NewToken::named("all")).await?, json!([true, true]));
    assert_eq!(
        with(root.id, NewToken::named("less").only(["cinema.change_film"])).await?,
        json!([true, false])
    );
    let ann = create!(User { username: "ann", password: "!" }).insert(&site.db).await?;
    assert_eq!(
        with(ann.id, NewToken::named("more").only(["cinema.change_film"])).await?,
        json!([false, false])
    );
    assert_eq!(site.join(room).await?.say(Say::May).await?, json!([false, false]));
    Ok(())
}

#[quintet::test(site, settings = { "channels.rate" = "1", "channels.burst" = "3" })]
async fn whoever_says_too_much_is_told_and_then_disconnected(site: TestSite) -> Result {
    let mut ann = site.login("ann").await.join(alien(&site).await?).await?;
    ann.say(Say::Typing).await?;
    ann.say(Say::Typing).await?;
    for _ in 0..3 {
        assert_eq!(ann.say(Say::Typing).await.unwrap_err().status().as_u16(), 429);
    }
    let _ = ann.say(Say::Typing).await;
    assert_eq!(ann.heard().await, Heard::Bye("rate".into()));
    Ok(())
}

#[quintet::test(site, settings = { "channels.queue" = "4" })]
async fn a_client_that_does_not_read_is_sent_away(site: TestSite) -> Result {
    let room = alien(&site).await?;
    let mut ann = site.login("ann").await.join(room).await?;
    let mut slow = site.join(room).await?;
    for n in 0..10 {
        ann.say(Say::Comment { text: n.to_string() }).await?;
        ann.next().await;
    }
    assert_eq!(slow.heard().await, Heard::Bye("slow".into()));
    let mut back = slow.cut().come_back().await?;
    assert_eq!(back.next().await, News::Comment { by: "ann".into(), text: "0".into() });
    Ok(())
}

#[quintet::test(site)]
async fn clients_are_told_when_the_site_stops(site: TestSite) -> Result {
    let mut ann = site.join(alien(&site).await?).await?;
    ann.end(Bye::Restart);
    assert_eq!(ann.heard().await, Heard::Bye("restart".into()));
    Ok(())
}
