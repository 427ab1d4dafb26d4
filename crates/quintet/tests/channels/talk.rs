//! What is said in topics, and who hears it.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use quintet::prelude::*;
use serde_json::json;

use crate::site::{Called, FilmRoom, Lobby, News, Say, alien, site};

fn comment(by: &str, text: &str) -> News {
    News::Comment { by: by.into(), text: text.into() }
}

fn say(text: &str) -> Say {
    Say::Comment { text: text.into() }
}

#[quintet::test(site)]
async fn all_hear_what_is_sent_and_others_what_is_for_others(site: TestSite) -> Result {
    let room = alien(&site).await?;
    let mut ann = site.login("ann").await.join(room).await?;
    let mut bob = site.login("bob").await.join(room).await?;
    let mut elsewhere = site.join(Lobby).await?;
    ann.say(say("hello")).await?;
    assert_eq!(ann.next().await, comment("ann", "hello"));
    assert_eq!(bob.next().await, comment("ann", "hello"));
    ann.say(Say::Typing).await?;
    bob.say(say("hi")).await?;
    assert_eq!(ann.next().await, comment("bob", "hi"), "not her own typing");
    assert_eq!(bob.next().await, News::Typing { by: "ann".into() });
    let mut other = site.join(Lobby).await?;
    other.say(Called::Out { name: "x".into() }).await?;
    assert_eq!(elsewhere.next().await, Called::Out { name: "x".into() });
    Ok(())
}

#[quintet::test(site)]
async fn a_client_is_answered_alone(site: TestSite) -> Result {
    let room = alien(&site).await?;
    let (mut ann, mut bob) = (site.login("ann").await.join(room).await?, site.join(room).await?);
    assert_eq!(ann.say(Say::Count).await?, json!(1));
    assert_eq!(ann.say(Say::Count).await?, json!(2));
    assert_eq!(ann.next().await, News::Welcome { times: 1 });
    assert_eq!(ann.next().await, News::Welcome { times: 2 });
    assert_eq!(bob.say(Say::Count).await?, json!(1), "each client in each topic has its own values");
    assert_eq!(ann.say(say("x")).await?, json!(null), "it was heard, and that is all");
    assert_eq!(ann.say(Say::Link).await?, json!(format!("/c/films/{}/", room.id)), "as code of its app");
    Ok(())
}

#[quintet::test(site)]
async fn what_goes_wrong_is_told_to_the_client_alone(site: TestSite) -> Result {
    let room = alien(&site).await?;
    let mut ann = site.login("ann").await.join(room).await?;
    let mut nobody = site.join(room).await?;
    let refused = nobody.say(say("x")).await.unwrap_err();
    assert_eq!((refused.status().as_u16(), refused.to_string().as_str()), (401, "Log in first."));
    let refused = ann.say(say("this is longer than twenty letters")).await.unwrap_err();
    assert_eq!(refused.status().as_u16(), 422);
    for wrong in [json!({"event": "dance"}), json!({"event": "comment"}), json!(7), json!(null)] {
        assert_eq!(ann.say_json(wrong).await.unwrap_err().status().as_u16(), 400);
    }
    for broken in [Say::Fail, Say::Panic] {
        let refused = ann.say(broken).await.unwrap_err();
        assert_eq!((refused.status().as_u16(), refused.to_string().as_str()), (500, "Internal Server Error"));
    }
    ann.say(say("still here")).await?;
    assert_eq!(nobody.next().await, comment("ann", "still here"));
    Ok(())
}

#[quintet::test(site)]
async fn the_site_sends_from_anywhere_and_from_transactions_after_the_commit(site: TestSite) -> Result {
    let room = alien(&site).await?;
    let mut ann = site.login("ann").await.join(room).await?;
    site.post(&format!("/c/films/{}/say/", room.id), &[]).await.ok().contains("ann");
    for text in ["at once", "before", "after"] {
        assert_eq!(ann.next().await, comment("the site", text));
    }
    let channels = site.services().require::<Channels>()?;
    room.send(comment("a task", "by name"), channels).await?;
    channels.publish(&format!("film:{}", room.id), &json!({"event": "typing", "by": "x"})).await?;
    assert_eq!(ann.next().await, comment("a task", "by name"));
    assert_eq!(ann.next().await, News::Typing { by: "x".into() });
    Ok(())
}

#[quintet::test(site)]
async fn who_comes_back_hears_what_they_missed(site: TestSite) -> Result {
    let room = alien(&site).await?;
    let mut ann = site.login("ann").await.join(room).await?;
    let mut bob = site.login("bob").await.join(room).await?;
    ann.say(say("one")).await?;
    assert_eq!(bob.next().await, comment("ann", "one"));
    let away = bob.cut();
    for text in ["two", "three"] {
        ann.say(say(text)).await?;
    }
    ann.say(Say::Typing).await?;
    let mut bob = away.come_back().await?;
    // Not that he has left, which he has told the others himself; and nobody hears later who was typing.
    assert_eq!(bob.next().await, comment("ann", "two"));
    assert_eq!(bob.next().await, comment("ann", "three"));
    ann.say(say("four")).await?;
    assert_eq!(bob.next().await, comment("ann", "four"));
    Ok(())
}

#[quintet::test(site)]
async fn what_hangs_is_told_with_the_line_of_the_test(site: TestSite) -> Result {
    let mut ann = site.login("ann").await.join(alien(&site).await?).await?;
    ann.end(quintet::realtime::Bye::Restart);
    assert_eq!(ann.heard().await, Heard::Bye("restart".into()));
    let (line, said) = (line!(), ann.say(say("x")));
    let panic = AssertUnwindSafe(said).catch_unwind().await.unwrap_err();
    let text = panic.downcast_ref::<String>().unwrap();
    assert!(text.starts_with(&format!("{}:{line}:", file!())), "{text}");
    Ok(())
}

#[quintet::test(site)]
async fn a_page_goes_on_where_it_was_made(site: TestSite) -> Result {
    let room = alien(&site).await?;
    let channels = site.services().require::<Channels>()?;
    room.send(comment("a", "on the page"), channels).await?;
    let made = room.position(channels).await?;
    room.send(comment("a", "meanwhile"), channels).await?;
    let mut late = site.join_after(room, made).await?;
    assert_eq!(late.next().await, comment("a", "meanwhile"));
    let ann = site.login("ann").await.join(room).await?;
    let mut bob = site.login("bob").await.join(room).await?;
    room.send_except(comment("ann", "x"), ann.connection(), channels).await?;
    room.send(comment("ann", "y"), channels).await?;
    assert_eq!(bob.next().await, comment("ann", "x"));
    let mut ann = ann;
    assert_eq!(ann.next().await, comment("ann", "y"));
    Ok(())
}

#[quintet::test(site, settings = { "channels.history" = "2" })]
async fn who_was_away_for_too_long_is_told_of_a_gap(site: TestSite) -> Result {
    let room = alien(&site).await?;
    let mut ann = site.login("ann").await.join(room).await?;
    let bob = site.join(room).await?;
    let away = bob.cut();
    for text in ["one", "two", "three"] {
        ann.say(say(text)).await?;
    }
    let mut bob = away.come_back().await?;
    assert_eq!(bob.heard().await, Heard::Gap);
    ann.say(say("four")).await?;
    assert_eq!(bob.next().await, comment("ann", "four"));
    Ok(())
}

#[quintet::test(site)]
async fn topics_that_are_not_there_are_refused(site: TestSite) -> Result {
    let missing = site.join(FilmRoom { id: 77 }).await.unwrap_err();
    assert_eq!(missing.status().as_u16(), 404);
    let films = Film.insert_secret(&site).await?;
    assert_eq!(site.join(films).await.unwrap_err().status().as_u16(), 401);
    let ann = site.login("ann").await;
    let refused = ann.join(films).await.unwrap_err();
    assert_eq!((refused.status().as_u16(), refused.to_string().as_str()), (403, "Not for you."));
    Ok(())
}

use crate::site::Film;

trait Secret {
    async fn insert_secret(&self, site: &TestSite) -> Result<FilmRoom>;
}

impl Secret for quintet::orm::Table<Film> {
    async fn insert_secret(&self, site: &TestSite) -> Result<FilmRoom> {
        let film = create!(Film { title: "Secret", secret: true }).insert(&site.db).await?;
        Ok(FilmRoom { id: film.id })
    }
}
