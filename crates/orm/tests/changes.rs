//! The change feed: what is told after it lasts, and what is not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod common;

use common::*;
use quintet_orm::{
    Stmt,
    change::{Batch, Change, Changes, Keys, Notice, What},
    prelude::*,
};

scenarios!(
    nobody_subscribed_nobody_pays,
    each_write_says_what_it_did,
    a_transaction_is_one_batch_in_order,
    rolled_back_writes_are_not_told,
    queries_tell_their_keys,
    links_name_both_sides,
    cascades_are_told,
    large_writes_say_unknown,
    a_slow_subscription_hears_of_a_gap,
    models_are_chosen,
    sql_of_ones_own_is_touched,
    who_subscribes_in_the_middle_hears_of_a_gap,
    a_write_whose_caller_is_gone_is_told,
    subscriptions_end_with_the_database,
);

/// What waits, as texts.
fn told(changes: &mut Changes) -> Vec<String> {
    let mut all = Vec::new();
    while let Some(notice) = changes.try_next() {
        match notice {
            Notice::Changes(batch) => {
                all.push(batch.changes().iter().map(say).collect::<Vec<_>>().join("; "))
            }
            Notice::Gap { missed } => all.push(format!("gap of {missed}")),
            other => panic!("{other:?}"),
        }
    }
    all
}

fn say(change: &Change) -> String {
    let keys = |keys: &Keys| match keys {
        Keys::Known(keys) => format!("{:?}", keys.iter().filter_map(Value::as_int).collect::<Vec<_>>()),
        Keys::Unknown => "?".to_owned(),
    };
    let mut text = format!("{:?} {} {}", change.what, change.model.name, keys(&change.keys));
    if change.what == What::Links {
        text = format!("{text} {}", keys(&change.related));
    }
    let fields: Vec<&str> = change.field_names().collect();
    if fields.is_empty() { text } else { format!("{text} {}", fields.join(",")) }
}

fn know(db: &Db) {
    db.know([Country.meta(), Director.meta(), Studio.meta(), Tag.meta(), Film.meta(), Review.meta()]);
}

fn draft(title: &str) -> Draft<Film> {
    create!(Film { title, director: 1, released: date("2000-01-01") })
}

async fn nobody_subscribed_nobody_pays(on: &On) {
    let (db, rows) = on.filled().await;
    know(&db);
    let gone = db.changes();
    drop(gone);
    let log = db.record();
    Film.query().update(Film.votes.set(1)).exec(&db).await.unwrap();
    rows.ridley.delete(&db).await.unwrap();
    let sqls: Vec<String> = log.queries().iter().map(|query| query.sql.clone()).collect();
    assert!(sqls.len() == 2 && sqls.iter().all(|sql| !sql.contains("RETURNING")), "{sqls:?}");
}

async fn each_write_says_what_it_did(on: &On) {
    let (db, rows) = on.filled().await;
    let mut changes = db.changes();
    let log = db.record();
    let film = draft("a").insert(&db).await.unwrap();
    assert_eq!(told(&mut changes), ["Created Film [4]"]);
    let mut edit = film.edit();
    edit.votes = 3;
    edit.classic = true;
    let film = edit.save(&db).await.unwrap();
    assert_eq!(told(&mut changes), ["Updated Film [4] votes,classic"]);
    let tag = create!(Tag { name: "noir" });
    tag.clone().or_get(Tag.name, &db).await.unwrap();
    assert!(told(&mut changes).is_empty());
    tag.or_update(Tag.name, Tag.name, &db).await.unwrap();
    assert_eq!(told(&mut changes), ["Saved Tag [2]"]);
    film.delete(&db).await.unwrap();
    assert_eq!(told(&mut changes), ["Deleted Film [4]"]);
    assert_eq!(log.count(), 5, "the keys come with the writes themselves");
    Film.bulk_create([draft("b"), draft("c")], &db).await.unwrap();
    assert_eq!(told(&mut changes), ["Created Film [5, 6]"]);
    Film.bulk_update(std::slice::from_ref(&rows.alien), Film.votes, &db).await.unwrap();
    assert_eq!(told(&mut changes), ["Updated Film [1] votes"]);
    let tags = || ["noir", "other"].map(|name| create!(Tag { name }));
    Tag.bulk_upsert(tags(), Tag.name, Tag.name, &db).await.unwrap();
    Tag.bulk_create_missing(tags(), Tag.name, &db).await.unwrap();
    let said = told(&mut changes);
    assert!(said.len() == 1 && said[0].starts_with("Saved Tag [2, "), "{said:?}");
    // Nothing changed, and what the database refuses, is not told.
    Film.filter(Film.id.eq(99)).update(Film.votes.set(1)).exec(&db).await.unwrap();
    create!(Tag { name: "noir" }).insert(&db).await.unwrap_err();
    // Nor is what is wrong before the database is asked.
    Review.query().update(Review.stars.set(9)).exec(&db).await.unwrap_err();
    let mut edit = Review.get(1, &db).await.unwrap().edit();
    edit.stars = 9;
    edit.save(&db).await.unwrap_err();
    assert!(told(&mut changes).is_empty());
    let films = quintet_orm::dynamic::DynSet::new(Film.meta()).writable(["votes"]).unwrap();
    films.update("5", [("votes", "9")], &db).await.unwrap();
    assert_eq!(told(&mut changes), ["Updated Film [5] votes"]);
}

async fn a_transaction_is_one_batch_in_order(on: &On) {
    let (db, rows) = on.filled().await;
    let mut changes = db.changes();
    db.atomic(async |tx| {
        let tag = create!(Tag { name: "x" }).insert(tx).await?;
        create!(Tag { name: "y" }).insert(tx).await?;
        let mut edit = rows.alien.clone().edit();
        edit.votes = 1;
        edit.save(tx).await?;
        tx.atomic(async |sp| tag.delete(sp).await).await?;
        assert!(told(&mut changes).is_empty(), "not before the commit");
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(told(&mut changes), ["Created Tag [4, 5]; Updated Film [1] votes; Deleted Tag [4]"]);
    // A transaction that is committed by nobody's waiting.
    let tx = db.begin().await.unwrap();
    draft("z").insert(&tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(told(&mut changes), ["Created Film [4]"]);
}

async fn rolled_back_writes_are_not_told(on: &On) {
    let (db, _) = on.filled().await;
    let mut changes = db.changes();
    let lost: Result = db
        .atomic(async |tx| {
            draft("a").insert(tx).await?;
            Err(Error::internal("no"))
        })
        .await;
    assert!(lost.is_err() && told(&mut changes).is_empty());
    db.atomic(async |tx| {
        let lost: Result = tx
            .atomic(async |sp| {
                draft("b").insert(sp).await?;
                sp.touched::<Review>();
                Err(Error::internal("no"))
            })
            .await;
        assert!(lost.is_err());
        create!(Tag { name: "kept" }).insert(tx).await.map(drop)
    })
    .await
    .unwrap();
    assert_eq!(told(&mut changes), ["Created Tag [4]"]);
}

async fn queries_tell_their_keys(on: &On) {
    let (db, _) = on.filled().await;
    let mut changes = db.changes();
    let n =
        Film.filter(Film.director.name.eq("Ridley Scott")).update(Film.votes.set(Film.votes + 1)).exec(&db);
    assert_eq!(n.await.unwrap(), 2);
    assert_eq!(told(&mut changes), ["Updated Film [1, 2] votes"]);
    Film.filter(Film.id.eq(3)).update(Film.votes.set(1)).returning(&db).await.unwrap();
    assert_eq!(told(&mut changes), ["Updated Film [3] votes"]);
    assert_eq!(Review.filter(Review.stars.ge(4)).delete(&db).await.unwrap(), 3);
    assert_eq!(told(&mut changes), ["Deleted Review [1, 3, 4]"]);
}

async fn links_name_both_sides(on: &On) {
    let (db, rows) = on.filled().await;
    let mut changes = db.changes();
    let log = db.record();
    rows.alien.related(Film.tags).add([1, 2, 3], &db).await.unwrap();
    assert_eq!(told(&mut changes), ["Links Film [1] [2, 3] tags"]);
    assert_eq!(log.count(), 1);
    rows.tags[0].related(Tag.films).remove([&rows.alien], &db).await.unwrap();
    assert_eq!(told(&mut changes), ["Links Film [1] [1] tags"]);
    rows.alien.related(Film.tags).set([1, 2], &db).await.unwrap();
    assert_eq!(told(&mut changes), ["Links Film [1] [3] tags; Links Film [1] [1] tags"]);
    rows.cleo.related(Film.tags).clear(&db).await.unwrap();
    assert!(told(&mut changes).is_empty());
    let mut tags = db.changes().of::<Tag>();
    rows.cleo.related(Film.tags).add([1], &db).await.unwrap();
    assert_eq!(told(&mut tags), ["Links Film [3] [1] tags"]);
    // A key on the other side.
    told(&mut changes);
    rows.agnes.related(Director.films).add([&rows.alien], &db).await.unwrap();
    assert_eq!(told(&mut changes), ["Updated Film [1] director"]);
}

async fn cascades_are_told(on: &On) {
    let (db, rows) = on.filled().await;
    know(&db);
    let mut changes = db.changes();
    rows.ridley.delete(&db).await.unwrap();
    assert_eq!(told(&mut changes), ["Deleted Review [1, 2, 3]; Deleted Film [1, 2]; Deleted Director [1]"]);
    let studio = Studio.get(1, &db).await.unwrap();
    let mut edit = rows.cleo.edit();
    edit.studio = Some(ForeignKey::new(studio.id));
    edit.save(&db).await.unwrap();
    told(&mut changes);
    studio.delete(&db).await.unwrap();
    assert_eq!(told(&mut changes), ["Updated Film [3] studio; Deleted Studio [1]"]);
    // A handle that knows no models sees only what it deletes itself.
    db.know([]);
    rows.agnes.delete(&db).await.unwrap();
    assert_eq!(told(&mut changes), ["Deleted Director [2]"]);
}

async fn large_writes_say_unknown(on: &On) {
    let (db, _) = on.filled().await;
    let mut changes = db.changes();
    let many = |from: usize, n: usize| (from..from + n).map(|i| create!(Tag { name: format!("t{i}") }));
    Tag.bulk_create(many(0, Keys::MOST), &db).await.unwrap();
    let Some(Notice::Changes(batch)) = changes.try_next() else { panic!() };
    assert_eq!(batch.changes()[0].keys.known().unwrap().len(), Keys::MOST);
    Tag.bulk_create(many(5_000, 5), &db).await.unwrap();
    told(&mut changes);
    Tag.query().update(Tag.name.set(Tag.name.lower())).exec(&db).await.unwrap();
    assert_eq!(told(&mut changes), ["Updated Tag ? name"]);
    Tag.query().delete(&db).await.unwrap();
    assert_eq!(told(&mut changes), ["Deleted Tag ?"]);
    // Many small ones in one transaction.
    db.atomic(async |tx| {
        for i in 0..=Keys::MOST {
            create!(Studio { name: format!("s{i}") }).insert(tx).await?;
        }
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(told(&mut changes), ["Created Studio ?"]);
}

async fn a_slow_subscription_hears_of_a_gap(on: &On) {
    let (db, _) = on.filled().await;
    let (mut slow, mut quick) = (db.changes().capacity(3), db.changes());
    for i in 0..5 {
        create!(Tag { name: format!("t{i}") }).insert(&db).await.unwrap();
    }
    assert_eq!(told(&mut slow), ["gap of 4", "Created Tag [8]"]);
    assert_eq!(told(&mut quick).len(), 5);
    create!(Tag { name: "after" }).insert(&db).await.unwrap();
    assert_eq!(told(&mut slow), ["Created Tag [9]"]);
}

async fn models_are_chosen(on: &On) {
    let (db, rows) = on.filled().await;
    let (mut films, mut both) = (db.changes().of::<Film>(), db.changes().of::<Film>().of::<Review>());
    db.atomic(async |tx| {
        create!(Tag { name: "x" }).insert(tx).await?;
        draft("a").insert(tx).await?;
        create!(Review { film: &rows.alien, stars: 4 }).insert(tx).await.map(drop)
    })
    .await
    .unwrap();
    create!(Tag { name: "y" }).insert(&db).await.unwrap();
    assert_eq!(told(&mut films), ["Created Film [4]"]);
    assert_eq!(told(&mut both), ["Created Film [4]; Created Review [5]"]);
}

async fn sql_of_ones_own_is_touched(on: &On) {
    let (db, _) = on.filled().await;
    let mut changes = db.changes();
    db.execute(Stmt::write("UPDATE cinema_film SET votes = 0", Vec::new())).await.unwrap();
    assert!(told(&mut changes).is_empty());
    db.touched::<Film>();
    assert_eq!(told(&mut changes), ["Touched Film ?"]);
    db.atomic(async |tx| {
        tx.execute(Stmt::write("UPDATE cinema_film SET votes = 1", Vec::new())).await?;
        tx.touched::<Film>();
        assert!(told(&mut changes).is_empty());
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(told(&mut changes), ["Touched Film ?"]);
}

async fn who_subscribes_in_the_middle_hears_of_a_gap(on: &On) {
    let (db, _) = on.filled().await;
    let tx = db.begin().await.unwrap();
    draft("a").insert(&tx).await.unwrap();
    let mut changes = db.changes();
    create!(Tag { name: "x" }).insert(&tx).await.unwrap();
    tx.commit().await.unwrap();
    // What was read before the commit is old, and the film is not in the batch.
    assert_eq!(told(&mut changes), ["gap of 1", "Created Tag [4]"]);
}

async fn a_write_whose_caller_is_gone_is_told(on: &On) {
    let (db, _) = on.filled().await;
    let mut changes = db.changes();
    for i in 0..40 {
        let title = format!("t{i}");
        let insert = create!(Film { title, director: 1, released: date("2000-01-01") }).insert(&db);
        tokio::select! {
            biased;
            _ = insert => {}
            () = async { for _ in 0..i % 4 { tokio::task::yield_now().await; } } => {}
        }
    }
    // Whatever was written has been told, by key or as unknown.
    let all = Film.count(&db).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    let mut known = 3;
    let mut unknown = false;
    while let Some(Notice::Changes(batch)) = changes.try_next() {
        for change in batch.changes() {
            match &change.keys {
                Keys::Known(keys) => known += keys.len() as u64,
                Keys::Unknown => unknown = true,
            }
        }
    }
    assert!(known == all || unknown, "{known} of {all}");
    assert!(known <= all);
}

async fn subscriptions_end_with_the_database(on: &On) {
    let db = on.empty().await;
    let mut changes = db.changes();
    create!(Tag { name: "x" }).insert(&db).await.unwrap();
    db.close().await;
    assert!(matches!(changes.next().await, Some(Notice::Changes(_))));
    assert_eq!(changes.next().await, None);
    assert_eq!(db.changes().next().await, None);
}

/// A batch never grows beyond its bound, however many rows one transaction changes one by one.
#[tokio::test]
async fn a_huge_transaction_is_condensed() {
    let db = empty().await;
    let mut changes = db.changes();
    db.atomic(async |tx| {
        for i in 0..Batch::MOST / 2 {
            // Alternating, so that neighbours can't be put together.
            create!(Tag { name: format!("t{i}") }).insert(tx).await?;
            create!(Studio { name: "s" }).insert(tx).await?;
        }
        Ok(())
    })
    .await
    .unwrap();
    let Some(Notice::Changes(batch)) = changes.try_next() else { panic!() };
    let said: Vec<String> = batch.changes().iter().map(say).collect();
    assert!(
        said.iter().any(|said| said == "Created Tag ?") && said.iter().any(|said| said == "Created Studio ?")
    );
    assert!(batch.changes().len() <= Batch::MOST / 2, "{}", batch.changes().len());
}
