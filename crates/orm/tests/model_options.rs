//! Options of `#[model(..)]`: the default scope, what the latest row goes by, tables that migrations leave alone, permissions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod common;

use std::sync::Arc;

use common::*;
use quintet_core::{App, Boot, Room, Services, Site, settings::Settings};
use quintet_orm::{OrmRoom, dialect::SQLITE, dynamic::DynSet, prelude::*};

scenarios!(
    a_default_scope_is_in_every_query,
    a_row_outside_of_the_scope_is_still_a_row,
    relations_keep_the_scope_of_what_they_lead_to,
    the_latest_row_goes_by_what_the_model_says,
    another_view_of_a_table_is_an_unmanaged_model,
);

const BLOG: &str = r#"
CREATE TABLE blog_author (id :key, name TEXT NOT NULL);
CREATE TABLE blog_post (id :key, title TEXT NOT NULL UNIQUE, author_id :ref NOT NULL REFERENCES blog_author (id),
    posted :date, deleted :bool NOT NULL);
CREATE TABLE blog_note (id :key, post_id :ref NOT NULL REFERENCES blog_post (id), text TEXT NOT NULL);
"#;

#[model(app = "blog")]
#[derive(Debug, Clone)]
struct Author {
    name: String,
    posts: HasMany<Post>,
}

/// Deleted softly: the rows stay.
#[model(
    app = "blog",
    scope = Post::kept,
    get_latest_by = ["posted", "id"],
    permissions = [("publish", "Can publish posts"), ("pin", "Can pin posts")],
)]
#[derive(Debug, Clone)]
struct Post {
    #[field(unique)]
    title: String,
    author: ForeignKey<Author>,
    posted: Option<Date>,
    #[field(default = false)]
    deleted: bool,
    notes: HasMany<Note>,
}

impl Post {
    fn kept() -> Cond<Post> {
        Post.deleted.eq(false)
    }

    fn by(author: &Author) -> QuerySet<Post> {
        Post.filter(Post.author.eq(author))
    }
}

#[model(app = "blog", default_permissions = ["view"])]
#[derive(Debug, Clone)]
struct Note {
    post: ForeignKey<Post>,
    text: String,
}

/// The same table, seen by an archivist.
#[model(app = "blog", table = "blog_post", managed = false, ordering = "-title", scope = ArchivedPost::gone)]
#[derive(Debug, Clone)]
struct ArchivedPost {
    title: String,
    author: ForeignKey<Author>,
    deleted: bool,
}

impl ArchivedPost {
    fn gone() -> Cond<ArchivedPost> {
        ArchivedPost.deleted.eq(true)
    }
}

async fn filled(on: &On) -> (Db, Author) {
    let db = on.with(BLOG).await;
    let ann = create!(Author { name: "Ann" }).insert(&db).await.unwrap();
    for (title, posted, deleted) in [
        ("a", Some("2024-01-01"), false),
        ("b", Some("2024-03-01"), true),
        ("c", None, false),
        ("d", Some("2024-02-01"), false),
    ] {
        let post = create!(Post { title, author: &ann, posted: posted.map(date), deleted })
            .insert(&db)
            .await
            .unwrap();
        create!(Note { post: &post, text: title }).insert(&db).await.unwrap();
    }
    (db, ann)
}

async fn titles(query: QuerySet<Post>, db: &Db) -> String {
    query.order_by(Post.title).select(Post.title).all(db).await.unwrap().join(" ")
}

async fn a_default_scope_is_in_every_query(on: &On) {
    let (db, ann) = filled(on).await;
    let sql = Post.filter(Post.title.gt("a")).to_sql(&SQLITE).unwrap().sql;
    assert!(sql.ends_with(r#"WHERE "deleted" = ?1 AND "title" > ?2"#), "{sql}");
    assert_eq!(titles(Post.query(), &db).await, "a c d");
    assert_eq!(titles(Post::by(&ann).filter(Post.title.lt("c")), &db).await, "a");
    assert_eq!(titles(Post.unscoped(), &db).await, "a b c d");
    assert_eq!(titles(Post::by(&ann).filter(Post.title.lt("c")).unscoped(), &db).await, "a b");
    assert_eq!((Post.count(&db).await.unwrap(), Post.unscoped().count(&db).await.unwrap()), (3, 4));
    assert_eq!(Post.aggregate(Post.rows(), &db).await.unwrap(), 3);
    assert_eq!(Post.get(2, &db).await.unwrap_err().status(), 404);
    assert_eq!(Post.unscoped().get(2, &db).await.unwrap().title, "b");
    assert_eq!(Post.in_bulk([1, 2], &db).await.unwrap().len(), 1);
    // By name.
    assert_eq!(DynSet::new(Post.meta()).count(&db).await.unwrap(), 3);
    assert_eq!(DynSet::new(Post.meta()).unscoped().count(&db).await.unwrap(), 4);
    assert_eq!(DynSet::new(Post.meta()).get("2", &db).await.unwrap_err().status(), 404);
    // Changes of many are in it too.
    assert_eq!(Post.query().update(Post.deleted.set(true)).exec(&db).await.unwrap(), 3);
    assert_eq!(
        Post.unscoped().filter(Post.title.gt("b")).update(Post.deleted.set(false)).exec(&db).await.unwrap(),
        2
    );
    assert_eq!(Post.query().delete(&db).await.unwrap_err().status(), 409);
    assert_eq!(titles(Post.query(), &db).await, "c d");
}

async fn a_row_outside_of_the_scope_is_still_a_row(on: &On) {
    let (db, ann) = filled(on).await;
    let gone = Post.unscoped().filter(Post.title.eq("b")).one(&db).await.unwrap();
    assert!(gone.refresh(&db).await.unwrap().deleted);
    gone.update(Post.posted.set(None)).exec(&db).await.unwrap();
    let mut gone = gone.edit();
    gone.title = "B".into();
    let gone = gone.save(&db).await.unwrap();
    // The unique index knows nothing of scopes.
    let (same, created) = create!(Post { title: "B", author: &ann }).or_get(Post.title, &db).await.unwrap();
    assert_eq!((same.id, created), (gone.id, false));
    Note.filter(Note.post.eq(&gone)).delete(&db).await.unwrap();
    assert_eq!(gone.delete(&db).await.unwrap(), 1);
    assert_eq!(Post.unscoped().count(&db).await.unwrap(), 3);
}

async fn relations_keep_the_scope_of_what_they_lead_to(on: &On) {
    let (db, ann) = filled(on).await;
    let authors = Author.prefetch_related(Author.posts.order_by(Post.title)).all(&db).await.unwrap();
    assert_eq!(authors[0].posts.get().unwrap().len(), 3);
    let all = Author.prefetch_related(Author.posts.query().unscoped()).all(&db).await.unwrap();
    assert_eq!(all[0].posts.get().unwrap().len(), 4);
    let counts =
        (Author.posts.count(), Author.posts.query().unscoped().count(), Post.author.reverse().count());
    assert_eq!(Author.select(counts).all(&db).await.unwrap(), [(3, 4, 3)]);
    assert_eq!(Author.filter(Author.posts.any(Post.title.eq("b"))).count(&db).await.unwrap(), 0);
    assert_eq!(ann.related(Author.posts).count(&db).await.unwrap(), 3);
    assert_eq!(Post.author.reverse().unscoped().load(&authors, &db).await.unwrap()[&ann.id].len(), 4);
    let by_name = |name: &str| {
        let set = DynSet::new(Author.meta()).allow(["posts__title"]).unwrap();
        set.filter("posts__title", name).unwrap()
    };
    assert_eq!(by_name("a").count(&db).await.unwrap(), 1);
    assert_eq!(by_name("b").count(&db).await.unwrap(), 0);
    // A foreign key points where it points.
    let notes = Note.select_related(Note.post).order_by(Note.id).all(&db).await.unwrap();
    assert_eq!(notes[1].post.get().unwrap().title, "b");
    let notes = Note.order_by(Note.id).all(&db).await.unwrap();
    assert_eq!(notes[1].post.fetch(&db).await.unwrap().title, "b");
}

async fn the_latest_row_goes_by_what_the_model_says(on: &On) {
    let (db, _) = filled(on).await;
    let log = db.record();
    assert_eq!(Post.newest(&db).await.unwrap().unwrap().title, "d");
    assert!(
        log.queries()[0].sql.contains(r#"ORDER BY "posted" DESC NULLS LAST, "id" DESC LIMIT 1"#),
        "{}",
        log.queries()[0].sql
    );
    assert_eq!(Post.oldest(&db).await.unwrap().unwrap().title, "a");
    assert_eq!(Post.unscoped().newest(&db).await.unwrap().unwrap().title, "b");
    assert!(Post.filter(Post.title.eq("x")).newest(&db).await.unwrap().is_none());
    let error = Note.newest(&db).await.unwrap_err().to_string();
    assert!(
        error.contains("Note does not say what its latest row goes by: #[model(get_latest_by"),
        "{error}"
    );
}

async fn another_view_of_a_table_is_an_unmanaged_model(on: &On) {
    let (db, _) = filled(on).await;
    let gone = ArchivedPost.select_related(ArchivedPost.author).all(&db).await.unwrap();
    assert_eq!(
        (gone.len(), gone[0].title.as_str(), gone[0].author.get().unwrap().name.as_str()),
        (1, "b", "Ann")
    );
    ArchivedPost.query().update(ArchivedPost.deleted.set(false)).exec(&db).await.unwrap();
    assert_eq!(titles(Post.query(), &db).await, "a b c d");
    assert_eq!(
        ArchivedPost.unscoped().limit(2).select(ArchivedPost.title).all(&db).await.unwrap(),
        ["d", "c"]
    );
}

#[tokio::test]
async fn permissions_and_shared_tables_are_checked() {
    let names = |meta: &quintet_core::meta::ModelMeta| {
        meta.permissions().map(|(name, _)| name).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(Post.meta()), "add_post change_post delete_post view_post publish pin");
    assert_eq!(names(Note.meta()), "view_note");
    assert_eq!(Post.meta().permissions().next().unwrap().1, "Can add post");
    let site = Arc::new(Site::new().install(App::new("blog").models((Author, Post, Note, ArchivedPost))));
    let settings = Settings::for_tests(".", [("database.url", "sqlite::memory:")]);
    let mut boot = Boot::new(site.clone(), settings, Services::builder()).unwrap();
    boot.services.insert(site);
    OrmRoom.start(&mut boot).await.unwrap();
    let checks = OrmRoom.checks(&boot.services.build()).await;
    assert!(checks.is_empty(), "{checks:?}");
}
