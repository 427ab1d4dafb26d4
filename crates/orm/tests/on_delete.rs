//! What happens to the rows that point to a deleted one: every rule, by the database and row by row.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(missing_docs, dead_code, reason = "models of the test")]
mod common;

use std::sync::{Arc, Mutex};

use common::{On, marked, scenarios};
use quintet_core::{
    ErrorKind, Services, Site,
    signal::{Listen, Signals},
};
use quintet_orm::{
    change::{Notice, What},
    prelude::*,
};

scenarios!(
    protected_rows_are_named,
    restricted_rows_may_go_with_others,
    keys_become_what_the_rule_says,
    the_database_does_what_it_can,
    a_handle_without_models_leaves_it_to_the_database,
    trees_and_circles_go_whole,
    many_rows_go_in_batches,
    what_the_rules_change_is_told,
);

/// What migrations write for these rules.
const TABLES: &str = r#"
CREATE TABLE music_artist (id :key, name TEXT NOT NULL);
CREATE TABLE music_album (id :key, title TEXT NOT NULL,
    artist_id :ref NOT NULL REFERENCES music_artist (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE music_song (id :key, title TEXT NOT NULL,
    artist_id :ref NOT NULL REFERENCES music_artist (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    album_id :ref NOT NULL REFERENCES music_album (id) ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE music_shelf (id :key, name TEXT NOT NULL);
CREATE TABLE music_disc (id :key, name TEXT NOT NULL, version INTEGER NOT NULL,
    home_id :ref REFERENCES music_shelf (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
    usual_id :ref NOT NULL REFERENCES music_shelf (id) ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED,
    last_id :ref NOT NULL REFERENCES music_shelf (id) ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED,
    db_id :ref DEFAULT 1 REFERENCES music_shelf (id) ON DELETE SET DEFAULT DEFERRABLE INITIALLY DEFERRED,
    kept_id :ref REFERENCES music_shelf (id) ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE music_node (id :key, name TEXT NOT NULL,
    parent_id :ref REFERENCES music_node (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED);
"#;

#[model(app = "music")]
#[derive(Debug, Clone)]
pub struct Artist {
    pub name: String,
}

#[model(app = "music")]
#[derive(Debug, Clone)]
pub struct Album {
    pub title: String,
    pub artist: ForeignKey<Artist>,
}

#[model(app = "music")]
#[derive(Debug, Clone)]
pub struct Song {
    pub title: String,
    pub artist: ForeignKey<Artist>,
    #[field(on_delete = restrict)]
    pub album: ForeignKey<Album>,
}

#[model(app = "music", verbose_name_plural = "shelves")]
#[derive(Debug, Clone)]
pub struct Shelf {
    pub name: String,
}

#[model(app = "music")]
#[derive(Debug, Clone)]
pub struct Disc {
    pub name: String,
    #[field(version)]
    pub version: i32,
    #[field(on_delete = set_null)]
    pub home: Option<ForeignKey<Shelf>>,
    #[field(on_delete = set_default, default = 1)]
    pub usual: ForeignKey<Shelf>,
    #[field(on_delete = set(lost()))]
    pub last: ForeignKey<Shelf>,
    #[field(on_delete = set_default, db_default = "1")]
    pub db: Option<ForeignKey<Shelf>>,
    #[field(on_delete = protect)]
    pub kept: Option<ForeignKey<Shelf>>,
}

fn lost() -> i64 {
    2
}

#[model(app = "music", table = "music_node")]
#[derive(Debug, Clone)]
pub struct Tree {
    pub name: String,
    pub parent: Option<ForeignKey<Tree>>,
}

fn models() -> [&'static quintet_core::meta::ModelMeta; 6] {
    [Artist.meta(), Album.meta(), Song.meta(), Shelf.meta(), Disc.meta(), Tree.meta()]
}

async fn open(on: &On) -> Db {
    let db = on.with(TABLES).await;
    db.know(models());
    db
}

async fn shelves(db: &Db) -> Vec<Shelf> {
    Shelf.bulk_create(["usual", "lost", "a", "b"].map(|name| create!(Shelf { name })), db).await.unwrap()
}

async fn protected_rows_are_named(on: &On) {
    let db = open(on).await;
    let shelves = shelves(&db).await;
    let discs = (0..7).map(|i| create!(Disc { name: format!("{i}"), last: 2, usual: 1, kept: &shelves[2] }));
    Disc.bulk_create(discs, &db).await.unwrap();
    let text = "shelf can't be deleted: 7 discs point to it by `kept` (1, 2, 3, 4, 5, …)";
    let named = |error: Error| {
        assert_eq!((error.kind(), error.status().as_u16()), (&ErrorKind::Protected, 409));
        assert_eq!(error.to_string(), text);
        assert!(error.location().file().ends_with("on_delete.rs"));
    };
    named(shelves[2].delete(&db).await.unwrap_err());
    // In a transaction, which goes on.
    db.atomic(async |tx| {
        named(shelves[2].delete(tx).await.unwrap_err());
        create!(Shelf { name: "new" }).insert(tx).await.map(drop)
    })
    .await
    .unwrap();
    let mut changes = db.changes();
    named(Shelf.filter(Shelf.id.ge(3)).delete(&db).await.unwrap_err());
    assert!(changes.try_next().is_none());
    Disc.filter(Disc.id.gt(1)).delete(&db).await.unwrap();
    let error = shelves[2].delete(&db).await.unwrap_err();
    assert_eq!(error.to_string(), "shelf can't be deleted: 1 disc points to it by `kept` (1)");
    Disc.query().delete(&db).await.unwrap();
    assert_eq!(shelves[2].delete(&db).await.unwrap(), 1);
}

async fn restricted_rows_may_go_with_others(on: &On) {
    let db = open(on).await;
    let ann = create!(Artist { name: "Ann" }).insert(&db).await.unwrap();
    let bob = create!(Artist { name: "Bob" }).insert(&db).await.unwrap();
    let (first, second) =
        (create!(Album { title: "1", artist: &ann }), create!(Album { title: "2", artist: &ann }));
    let (first, second) = (first.insert(&db).await.unwrap(), second.insert(&db).await.unwrap());
    create!(Song { title: "s", artist: &ann, album: &first }).insert(&db).await.unwrap();
    let guest = create!(Song { title: "g", artist: &bob, album: &second }).insert(&db).await.unwrap();
    // By itself the album can't go.
    let error = first.delete(&db).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (&ErrorKind::Protected, "album can't be deleted: 1 song points to it by `album` (1)")
    );
    // With its artist it could; the other album has a song of somebody else.
    let error = ann.delete(&db).await.unwrap_err();
    assert_eq!(error.to_string(), "album can't be deleted: 1 song points to it by `album` (2)");
    assert_eq!((Album.count(&db).await.unwrap(), Song.count(&db).await.unwrap()), (2, 2));
    // Both artists go: all songs go on their own way.
    assert_eq!(Artist.query().delete(&db).await.unwrap(), 2);
    assert_eq!((Album.count(&db).await.unwrap(), Song.count(&db).await.unwrap()), (0, 0));
    drop(guest);
}

async fn keys_become_what_the_rule_says(on: &On) {
    let db = open(on).await;
    let shelves = shelves(&db).await;
    let (a, b) = (&shelves[2], &shelves[3]);
    let disc = create!(Disc { name: "d", home: a, usual: a, last: a, db: a }).insert(&db).await.unwrap();
    let other = create!(Disc { name: "o", home: b, usual: b, last: b, db: b }).insert(&db).await.unwrap();
    let log = db.record();
    a.delete(&db).await.unwrap();
    let sqls: Vec<String> = log.queries().iter().map(|query| marked(&query.sql)).collect();
    assert!(sqls.iter().any(|sql| sql.starts_with(r#"UPDATE "music_disc" SET "last_id" = ?1"#)), "{sqls:?}");
    let now = Disc.get(disc.id, &db).await.unwrap();
    let keys = (now.home.is_none(), *now.usual.id(), *now.last.id(), now.db.as_ref().map(|db| *db.id()));
    assert_eq!(keys, (true, 1, 2, Some(1)));
    // What the ORM changes, it counts.
    assert_eq!(now.version, 3);
    let still = Disc.get(other.id, &db).await.unwrap();
    assert_eq!((still.version, *still.last.id()), (1, b.id));
}

async fn the_database_does_what_it_can(on: &On) {
    let db = open(on).await;
    let root = create!(Tree { name: "root" }).insert(&db).await.unwrap();
    create!(Tree { name: "leaf", parent: &root }).insert(&db).await.unwrap();
    let log = db.record();
    root.delete(&db).await.unwrap();
    assert_eq!((log.count(), Tree.count(&db).await.unwrap()), (1, 0));
}

async fn a_handle_without_models_leaves_it_to_the_database(on: &On) {
    let db = open(on).await;
    db.know([]);
    let shelves = shelves(&db).await;
    create!(Disc { name: "d", last: &shelves[2] }).insert(&db).await.unwrap();
    // Nothing is left dangling: the constraint refuses it.
    let error = shelves[2].delete(&db).await.unwrap_err();
    assert_eq!((error.status().as_u16(), Shelf.count(&db).await.unwrap()), (409, 4), "{error}");
}

async fn trees_and_circles_go_whole(on: &On) {
    let db = open(on).await;
    let said: Arc<Mutex<Vec<String>>> = Arc::default();
    let (before, after) = (said.clone(), said.clone());
    let site = Site::new()
        .on(move |_: Services, tree: Arc<Deleting<Tree>>| {
            before.lock().unwrap().push(format!("-{}", tree.name));
            std::future::ready(Ok(()))
        })
        .on(move |_: Services, tree: Arc<Deleted<Tree>>| {
            after.lock().unwrap().push(tree.name.clone());
            std::future::ready(Ok(()))
        });
    db.listen(Signals::of(&site), &Services::builder().build());
    let a = create!(Tree { name: "a" }).insert(&db).await.unwrap();
    let b = create!(Tree { name: "b", parent: &a }).insert(&db).await.unwrap();
    let c = create!(Tree { name: "c", parent: &b }).insert(&db).await.unwrap();
    create!(Tree { name: "d", parent: &a }).insert(&db).await.unwrap();
    // A circle: the first points to the last.
    a.update(Tree.parent.set(&c)).exec(&db).await.unwrap();
    assert_eq!(a.delete(&db).await.unwrap(), 1);
    assert_eq!(std::mem::take(&mut *said.lock().unwrap()), ["-a", "-b", "-d", "-c", "c", "b", "d", "a"]);
    assert_eq!(Tree.count(&db).await.unwrap(), 0);
    // A long chain does not go deep into the stack.
    let mut last = create!(Tree { name: "0" }).insert(&db).await.unwrap();
    let first = last.clone();
    for i in 1..300 {
        last = create!(Tree { name: format!("{i}"), parent: &last }).insert(&db).await.unwrap();
    }
    first.delete(&db).await.unwrap();
    assert_eq!((Tree.count(&db).await.unwrap(), said.lock().unwrap().len()), (0, 600));
}

async fn many_rows_go_in_batches(on: &On) {
    let db = open(on).await;
    let mut changes = db.changes();
    let ann = create!(Artist { name: "Ann" }).insert(&db).await.unwrap();
    let albums = (0..1_200).map(|i| create!(Album { title: format!("{i}"), artist: &ann }));
    let albums = Album.bulk_create(albums, &db).await.unwrap();
    let songs = albums.iter().map(|album| create!(Song { title: "s", artist: &ann, album }));
    Song.bulk_create(songs, &db).await.unwrap();
    while changes.try_next().is_some() {}
    let log = db.record();
    ann.delete(&db).await.unwrap();
    assert_eq!((Album.count(&db).await.unwrap(), Song.count(&db).await.unwrap()), (0, 0));
    assert!(log.count() < 40, "{} statements for 2,401 rows", log.count());
    let Some(Notice::Changes(batch)) = changes.try_next() else { panic!() };
    let what: Vec<(What, &str, bool)> = batch
        .changes()
        .iter()
        .map(|change| (change.what, change.model.name, change.keys.known().is_some()))
        .collect();
    // Too many to be named.
    assert!(
        what.contains(&(What::Deleted, "Album", false)) && what.contains(&(What::Deleted, "Artist", true)),
        "{what:?}"
    );
}

async fn what_the_rules_change_is_told(on: &On) {
    let db = open(on).await;
    let shelves = shelves(&db).await;
    let a = &shelves[2];
    let disc = create!(Disc { name: "d", home: a, usual: a, last: a, db: a }).insert(&db).await.unwrap();
    let mut changes = db.changes();
    a.delete(&db).await.unwrap();
    let Some(Notice::Changes(batch)) = changes.try_next() else { panic!() };
    let told: Vec<String> = batch
        .changes()
        .iter()
        .map(|change| format!("{:?} {} {:?}", change.what, change.model.name, change.field_names().next()))
        .collect();
    assert_eq!(
        told,
        [
            r#"Updated Disc Some("home")"#,
            r#"Updated Disc Some("usual")"#,
            r#"Updated Disc Some("last")"#,
            r#"Updated Disc Some("db")"#,
            "Deleted Shelf None"
        ]
    );
    assert!(batch.changes()[..4].iter().all(|change| change.keys.known() == Some(&[Value::Int(disc.id)])));
}
