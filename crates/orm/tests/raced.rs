//! Many at once want the same row: one makes it, all have it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod common;

use std::collections::HashSet;

use common::*;
use futures_util::future::join_all;
use quintet_orm::prelude::*;

const RACERS: usize = 24;

/// Tasks of their own on several threads; what each did, in no certain order.
async fn race<T: Send + 'static>(
    db: &Db,
    run: impl Fn(Db, usize) -> futures_util::future::BoxFuture<'static, T>,
) -> Vec<T> {
    let tasks: Vec<_> = (0..RACERS).map(|racer| tokio::spawn(run(db.clone(), racer))).collect();
    join_all(tasks).await.into_iter().map(|done| done.unwrap()).collect()
}

async fn one_row_for_all(on: &On) {
    let db = on.empty().await;
    for round in 0..8 {
        let got = race(&db, move |db, _| {
            Box::pin(async move {
                create!(Tag { name: format!("tag {round}") }).or_get(Tag.name, &db).await.unwrap()
            })
        });
        let got = got.await;
        assert_eq!(got.iter().filter(|(_, created)| *created).count(), 1, "one of them made it");
        assert_eq!(got.iter().map(|(tag, _)| tag.id).collect::<HashSet<_>>().len(), 1, "all have the same");
    }
    assert_eq!(Tag.count(&db).await.unwrap(), 8);
    // With many-to-many objects, whose rows are written in the same transaction; by several fields.
    let director = create!(Director { name: "Ann" }).insert(&db).await.unwrap();
    let tags = Tag.all(&db).await.unwrap();
    let key = director.id;
    let got = race(&db, move |db, _| {
        let tags: Vec<i64> = tags.iter().map(|tag| tag.id).collect();
        Box::pin(async move {
            let draft =
                create!(Film { title: "Alien", director: key, released: date("1979-05-25"), tags: tags });
            draft.or_get((Film.title, Film.released), &db).await.unwrap()
        })
    });
    assert_eq!(got.await.iter().filter(|(_, created)| *created).count(), 1);
    let film = Film.query().one(&db).await.unwrap();
    assert_eq!(film.related(Film.tags).count(&db).await.unwrap(), 8);
}

async fn the_last_word_stays(on: &On) {
    let db = on.empty().await;
    let director = create!(Director { name: "Ann" }).insert(&db).await.unwrap().id;
    let votes = race(&db, move |db, racer| {
        Box::pin(async move {
            let votes = i32::try_from(racer).unwrap();
            let draft = create!(Film { title: "Alien", director, released: date("1979-05-25"), votes });
            draft.or_update((Film.title, Film.released), Film.votes, &db).await.unwrap().votes
        })
    });
    // Each saw its own word written.
    assert_eq!(votes.await.into_iter().collect::<HashSet<_>>().len(), RACERS);
    assert_eq!(Film.count(&db).await.unwrap(), 1);
}

async fn no_increment_is_lost(on: &On) {
    let (db, rows) = on.filled().await;
    let key = rows.alien.id;
    let changed = race(&db, move |db, _| {
        Box::pin(async move {
            Film.filter(Film.id.eq(key)).update(Film.votes.set(Film.votes + 1)).exec(&db).await.unwrap()
        })
    });
    assert_eq!(changed.await.iter().sum::<u64>(), RACERS as u64);
    assert_eq!(Film.get(key, &db).await.unwrap().votes, 900 + i32::try_from(RACERS).unwrap());
}

macro_rules! raced {
    ($($name:ident),+) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $name() {
                let folder = tempfile::tempdir().unwrap();
                super::$name(&super::On::sqlite_file(folder.path())).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $name() {
                let Some(on) = super::On::postgres().await else { return };
                super::$name(&on).await;
            })+
        }
    };
}
raced!(one_row_for_all, the_last_word_stays, no_increment_is_lost);
