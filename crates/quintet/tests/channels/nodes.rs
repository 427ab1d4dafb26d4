//! Two processes of a site, as far as their channels go: two starts of it that share a Redis or a PostgreSQL.

use quintet::prelude::*;
use serde_json::json;

use crate::site::{FilmRoom, News, Say, alien, site};

/// The layers that can be had here.
fn layers(site: &TestSite) -> Vec<String> {
    let redis = std::env::var("QUINTET_TEST_REDIS")
        .ok()
        .map(|url| format!("{url}?prefix=channels-{}", std::process::id()));
    let postgres = (site.db.dialect().name == "postgres").then(|| "database://".to_owned());
    redis.into_iter().chain(postgres).collect()
}

async fn together(site: &TestSite, work: impl AsyncFn(&TestSite, &TestSite, FilmRoom) -> Result) -> Result {
    let room = alien(site).await?;
    for url in layers(site) {
        let given = [("channels.url", url.as_str())];
        let both = async |one: &TestSite| {
            site.with_settings(&given, async |other: &TestSite| work(one, other, room).await).await
        };
        site.with_settings(&given, both).await???;
    }
    Ok(())
}

#[quintet::test(site)]
async fn people_of_two_processes_talk(site: TestSite) -> Result {
    together(&site, async |one, other, room| {
        let mut ann = one.login("ann").await.join(room).await?;
        let mut bob = other.login("bob").await.join(room).await?;
        ann.say(Say::Comment { text: "hello".into() }).await?;
        let hello = News::Comment { by: "ann".into(), text: "hello".into() };
        assert_eq!((ann.next().await, bob.next().await), (hello.clone(), hello));
        bob.say(Say::Typing).await?;
        assert_eq!(ann.next().await, News::Typing { by: "bob".into() });
        let mut here = room.present(one.services().require::<Channels>()?).await?;
        here.sort_by_key(ToString::to_string);
        assert_eq!(here, [json!("ann"), json!("bob")]);
        let away = bob.cut();
        ann.say(Say::Comment { text: "again".into() }).await?;
        let mut bob = away.come_back().await?;
        while bob.next().await != (News::Comment { by: "ann".into(), text: "again".into() }) {}
        let typing = r#"{"event":"typing","by":"me"}"#;
        let said = one.run(&format!("publish film:{} '{typing}'", room.id)).await?;
        assert!(said.contains("Said in film:"), "{said}");
        while bob.next().await != (News::Typing { by: "me".into() }) {}
        Ok(())
    })
    .await
}

#[quintet::test(site)]
async fn whoever_logs_out_by_one_process_is_disconnected_from_all(site: TestSite) -> Result {
    together(&site, async |one, other, room| {
        let ann = one.login("ann").await;
        let cookies = ann.cookie("session").unwrap();
        let mut elsewhere = other.browser().with_cookie("session", &cookies).join(room).await?;
        assert_eq!(elsewhere.here(), [json!("ann")]);
        ann.post("/logout/", &[]).await.status(303);
        loop {
            if let Heard::Bye(why) = elsewhere.heard().await {
                break assert_eq!(why, "logout");
            }
        }
        Ok(())
    })
    .await
}

#[quintet::test(site)]
async fn what_can_reach_nobody_is_told(site: TestSite) -> Result {
    let refused = site.run("publish film:1 7").await.unwrap_err();
    assert!(refused.to_string().contains("no other process hears"), "{refused}");
    let wrong = site.with_settings(&[("channels.url", "carrier-pigeon://x")], async |_| ()).await;
    let wrong = wrong.unwrap_err().to_string();
    assert!(wrong.contains("`url` of `[channels]`") && wrong.contains("carrier-pigeon"), "{wrong}");
    Ok(())
}
