//! Two people talk; one is cut off and has missed nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use chat::{Room, Talk};
use quintet::prelude::*;

fn lobby() -> Room {
    Room { name: "lobby".into() }
}

fn called(name: &str) -> Talk {
    Talk::Called { name: name.into() }
}

fn line(by: &str, text: &str) -> Talk {
    Talk::Line { by: Some(by.into()), text: text.into() }
}

#[quintet::test(chat::site)]
async fn two_people_talk(site: TestSite) -> Result {
    site.get("/").await.ok().contains("Your name").contains("type=\"importmap\"");
    let mut ann = site.join(lobby()).await?;
    assert_eq!(
        ann.say(line("", "hello")).await.unwrap_err().status().as_u16(),
        403,
        "nobody talks without a name"
    );
    ann.say(called("Ann")).await?;
    let mut bob = site.join(lobby()).await?;
    bob.say(called("Bob")).await?;
    while ann.here().len() < 2 || ann.here().contains(&"somebody".into()) {
        ann.heard().await;
    }
    let mut elsewhere = site.join(Room { name: "elsewhere".into() }).await?;

    ann.say(line("Bob", "Is that you?")).await?;
    assert_eq!(bob.next().await, line("Ann", "Is that you?"), "nobody talks in another one's name");
    for wrong in [called(""), line("", ""), line("", &"x".repeat(501))] {
        assert_eq!(ann.say(wrong).await.unwrap_err().status().as_u16(), 422);
    }

    let away = bob.cut();
    ann.say(line("", "Still there?")).await?;
    let mut bob = away.come_back().await?;
    assert_eq!(bob.next().await, line("Ann", "Still there?"));

    elsewhere.say(called("Cem")).await?;
    elsewhere.say(line("", "Echo")).await?;
    assert_eq!(elsewhere.next().await, line("Cem", "Echo"), "a room hears itself alone");
    Ok(())
}
