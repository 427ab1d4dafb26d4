//! Rows that are followed.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
    task::Poll,
};

use quintet::{axum::http::StatusCode, core::ErrorKind, prelude::*};

use crate::site::{Any, Item, Tag, heard, item, next, nothing, site};

async fn all(site: &TestSite) -> Result<Live<Item>> {
    Item.live(Allow::everybody(), &site.db).await
}

#[quintet::test(site)]
async fn what_is_committed_is_told(site: TestSite) -> Result {
    let db = &site.db;
    let mut live = all(&site).await?;
    let chair = item("chair", db).await?;
    assert_eq!(heard(&mut live).await?, "saved chair");
    let undone = db
        .atomic(async |tx| {
            create!(Item { name: "never" }).insert(tx).await?;
            Err::<(), _>(Error::bad_request("undone"))
        })
        .await;
    assert!(undone.is_err());
    nothing(&mut live, db).await?;
    chair.update(Item.name.set("stool")).exec(db).await?;
    assert_eq!(heard(&mut live).await?, "saved stool");
    // A transaction is told as one, of what lasts.
    db.atomic(async |tx| {
        create!(Item { name: "a" }).insert(tx).await?;
        let gone = create!(Item { name: "b" }).insert(tx).await?;
        gone.delete(tx).await?;
        create!(Item { name: "c" }).insert(tx).await
    })
    .await?;
    assert_eq!(heard(&mut live).await?, "saved a c");
    assert!(heard(&mut live).await?.starts_with("gone ["));
    let id = chair.id;
    chair.delete(db).await?;
    assert_eq!(heard(&mut live).await?, format!("gone [{id}]"));
    Ok(())
}

#[quintet::test(site)]
async fn writes_of_many_rows_and_of_links_are_told(site: TestSite) -> Result {
    let db = &site.db;
    let mut live = all(&site).await?;
    Item.bulk_create(["a", "b", "c"].map(|name| create!(Item { name })), db).await?;
    assert_eq!(heard(&mut live).await?, "saved a b c");
    Item.filter(Item.name.eq("b")).update(Item.name.set("x")).exec(db).await?;
    assert_eq!(heard(&mut live).await?, "saved x");
    let mut tags = Tag.live(Allow::everybody(), db).await?;
    let red = create!(Tag { name: "red" }).insert(db).await?;
    assert!(matches!(next(&mut tags).await?, LiveNews::Saved(tags) if tags[0].name == "red"));
    let a = Item.filter(Item.name.eq("a")).one(db).await?;
    a.related(Item.tags).add([&red], db).await?;
    assert_eq!(heard(&mut live).await?, "saved a");
    assert!(matches!(next(&mut tags).await?, LiveNews::Saved(tags) if tags[0].name == "red"), "both sides");
    Item.filter(Item.name.ne("a")).delete(db).await?;
    assert!(heard(&mut live).await?.matches(',').count() == 1, "two are gone");
    Ok(())
}

#[quintet::test(site)]
async fn rows_that_leave_the_query_are_gone(site: TestSite) -> Result {
    let db = &site.db;
    let mut live = Item.filter(Item.shown.eq(true)).live(Allow::everybody(), db).await?;
    create!(Item { name: "hidden", shown: false }).insert(db).await?;
    nothing(&mut live, db).await?;
    let chair = item("chair", db).await?;
    assert_eq!(heard(&mut live).await?, "saved chair");
    chair.update(Item.shown.set(false)).exec(db).await?;
    assert_eq!(heard(&mut live).await?, format!("gone [{}]", chair.id));
    chair.update(Item.shown.set(true)).exec(db).await?;
    assert_eq!(heard(&mut live).await?, "saved chair");
    Ok(())
}

#[quintet::test(site)]
async fn each_row_is_asked_for_whether_it_may_be_seen(site: TestSite) -> Result {
    let db = &site.db;
    let answer = Arc::new(AtomicU16::new(0));
    let asked = answer.clone();
    let allow = Allow::rows(move |row: Arc<Item>| {
        let answer = asked.load(Ordering::Relaxed);
        async move {
            match StatusCode::from_u16(answer) {
                Ok(status) => Err(Error::of_kind(ErrorKind::Unavailable, status, "no")),
                Err(_) => Ok(row.name != "secret"),
            }
        }
    });
    let mut live = Item.live(allow, db).await?;
    let chair = item("chair", db).await?;
    item("secret", db).await?;
    assert_eq!(heard(&mut live).await?, "saved chair");
    nothing(&mut live, db).await?;
    // What was seen and may not be any more.
    chair.update(Item.name.set("secret")).exec(db).await?;
    assert_eq!(heard(&mut live).await?, format!("gone [{}]", chair.id));
    answer.store(403, Ordering::Relaxed);
    chair.update(Item.name.set("table")).exec(db).await?;
    assert_eq!(heard(&mut live).await?, format!("gone [{}]", chair.id));
    // A failure is none, and nothing is lost with it.
    answer.store(500, Ordering::Relaxed);
    chair.update(Item.name.set("table")).exec(db).await?;
    assert!(live.next().await.is_err());
    answer.store(0, Ordering::Relaxed);
    assert_eq!(heard(&mut live).await?, "saved table");
    let mut some = Item.live(Allow::when(|item: &Item| item.shown), db).await?;
    create!(Item { name: "hidden", shown: false }).insert(db).await?;
    nothing(&mut some, db).await
}

#[quintet::test(site)]
async fn what_is_not_known_or_too_much_is_to_be_read_again(site: TestSite) -> Result {
    let db = &site.db;
    let mut live = all(&site).await?;
    db.touched::<Item>();
    assert_eq!(heard(&mut live).await?, "reload");
    db.touched::<Tag>();
    nothing(&mut live, db).await?;
    // More than a change lists.
    Item.bulk_create((0..1_100).map(|_| create!(Item { name: "many" })), db).await?;
    assert_eq!(heard(&mut live).await?, "reload");
    // More than waits for one who does not look.
    let mut early = all(&site).await?;
    for _ in 0..300 {
        item("one", db).await?;
    }
    while Item.live_position(db).await?.offset < early.position().offset + 300 {
        tokio::task::yield_now().await;
    }
    assert_eq!(heard(&mut early).await?, "reload");
    while heard(&mut live).await? != "reload" {}
    // What comes after is whole again.
    nothing(&mut early, db).await
}

#[quintet::test(site)]
async fn one_who_comes_back_hears_what_was_missed(site: TestSite) -> Result {
    let db = &site.db;
    let before = Item.live_position(db).await?;
    let mut live = all(&site).await?;
    assert_eq!(live.position(), before);
    item("a", db).await?;
    assert_eq!(heard(&mut live).await?, "saved a");
    let after = live.position();
    assert_ne!(after, before);
    item("b", db).await?;
    assert_eq!(heard(&mut live).await?, "saved b");
    for (position, missed) in [(before, "saved a b"), (after, "saved b")] {
        let mut back = all(&site).await?.after(Some(&position.to_string())).await?;
        assert_eq!(heard(&mut back).await?, missed);
        assert_eq!(back.position(), live.position());
    }
    let mut back = all(&site).await?.after(Some(&live.position().to_string())).await?;
    nothing(&mut back, db).await?;
    for strange in ["", "never", "1-7", "ffff-0"] {
        let mut back = all(&site).await?.after(Some(strange)).await?;
        assert_eq!(heard(&mut back).await?, "reload", "{strange:?}");
    }
    Ok(())
}

#[quintet::test(site)]
async fn one_who_stops_waiting_loses_nothing(site: TestSite) -> Result {
    let mut live = all(&site).await?;
    item("a", &site.db).await?;
    // Given up wherever it is, until it is through.
    let told = loop {
        let waiting = std::pin::pin!(live.next());
        if let Poll::Ready(told) = once(waiting).await {
            break told?;
        }
        tokio::task::yield_now().await;
    };
    assert!(matches!(told, Some(LiveNews::Saved(items)) if items[0].name == "a"));
    Ok(())
}

/// Asks a future once.
async fn once<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    std::future::poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await
}

#[quintet::test(site)]
async fn what_can_not_be_followed_says_why(site: TestSite) -> Result {
    let db = &site.db;
    let why = Item.limit(3).live(Allow::everybody(), db).await.unwrap_err().to_string();
    assert!(why.contains("`Item`") && why.contains("limit"), "{why}");
    assert!(Item.query().offset(3).live(Allow::everybody(), db).await.is_err());
    Ok(())
}

#[quintet::test(site)]
async fn no_client_joins_what_the_site_tells_itself(site: TestSite) -> Result {
    let topic = |one: &str| Any { one: one.into(), two: "live".into(), three: "shop.Item".into() };
    assert!(site.join(topic("mine")).await.is_ok());
    assert_eq!(site.join(topic("quintet")).await.unwrap_err().status(), StatusCode::NOT_FOUND);
    Ok(())
}
