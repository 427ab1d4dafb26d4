//! New rows, changes, deletions.

use quintet_orm::prelude::*;

use crate::{common::*, sheet::*};

pub(crate) async fn rows(sheet: &mut Sheet) {
    let s = sheet;
    let db = s.db.clone();
    let votes = async || Film.order_by(Film.id).select(Film.votes).all(&db).await.unwrap();
    let changed =
        Film.filter(Film.votes.gt(500)).update(Film.votes.set(Film.votes + 1)).set(Film.classic.set(true));
    s.statement("QuerySet::update, Col::set, Update::set", |dialect| changed.to_sql(dialect));
    assert_eq!(changed.exec(&db).await.unwrap(), 2);
    assert_eq!(votes().await, [901, 801, 100]);
    let joined = Film
        .filter(Film.director.name.eq("Agnès Varda"))
        .update((Film.votes.set(5), Film.subtitle.set(Film.director.name)));
    s.statement("QuerySet::update (over a join)", |dialect| joined.to_sql(dialect));
    let back = joined.returning(&db).await.unwrap();
    assert_eq!((back[0].votes, back[0].subtitle.as_deref()), (5, Some("Agnès Varda")));
    let cut = Film.order_by(Film.votes).limit(1).update(Film.votes.set(6));
    s.statement("QuerySet::update (the first rows)", |dialect| cut.to_sql(dialect));
    assert_eq!((cut.exec(&db).await.unwrap(), votes().await), (1, vec![901, 801, 6]));
    let moved = Film.filter(Film.votes.eq(6)).update((Film.director.set(&s.rows.ridley), Film.studio.set(1)));
    s.statement("FkCol::set", |dialect| moved.to_sql(dialect));
    assert_eq!(moved.exec(&db).await.unwrap(), 1);
    let left = Film.filter(Film.votes.eq(6)).update(Film.studio.set_null());
    s.statement("FkCol::set_null", |dialect| left.to_sql(dialect));
    assert_eq!(left.exec(&db).await.unwrap(), 1);
    let cleo = Film.get(s.rows.cleo.id, &db).await.unwrap();
    assert_eq!((*cleo.director.id(), cleo.studio.is_none()), (s.rows.ridley.id, true));
    s.about("Update::exec, Update::returning, Update::to_sql");

    let mut edit = cleo.edit();
    edit.title = "Cléo".into();
    assert_eq!(edit.changed(), ["title"]);
    let saved = edit.save(&db).await.unwrap();
    assert_eq!(saved.edit().into_inner().title, "Cléo");
    s.about("Edit::changed, Edit::save, Edit::into_inner");

    let log = db.record();
    let draft = create!(Film {
        title: "Dune",
        director: &s.rows.ridley,
        released: date("2021-09-15"),
        tags: [&s.rows.tags[0]]
    });
    let draft = draft.with(Film.votes.set(7));
    draft.validate().unwrap();
    assert_eq!(log.count(), 0);
    let dune = draft.insert(&db).await.unwrap();
    assert_eq!((dune.votes, dune.related(Film.tags).count(&db).await.unwrap()), (7, 1));
    s.about("Draft::with, Draft::validate, Draft::insert, Many::set");
    let tag = |name: &str| create!(Tag { name });
    let (noir, created) = tag("noir").or_get(Tag.name, &db).await.unwrap();
    assert!(!created && noir.id == s.rows.tags[1].id);
    let same = tag("noir").or_update(Tag.name, Tag.name, &db).await.unwrap();
    assert_eq!(same.id, noir.id);
    s.about("Draft::or_get, Draft::or_update");
    let many = Tag.bulk_create(["a", "b"].map(tag), &db).await.unwrap();
    assert_eq!(many.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    let renamed: Vec<Tag> =
        many.into_iter().map(|tag| Tag { name: format!("{}!", tag.name), ..tag }).collect();
    assert_eq!(Tag.bulk_update(&renamed, Tag.name, &db).await.unwrap(), 2);
    assert_eq!(Tag.filter(Tag.name.ends_with("!")).count(&db).await.unwrap(), 2);
    s.about("Table::bulk_create, Table::bulk_update");
    let log = db.record();
    assert_eq!(Tag.bulk_insert(["c", "d"].map(tag), &db).await.unwrap(), 2);
    let inserted = marked(&log.queries()[0].sql);
    assert_eq!(inserted, r#"INSERT INTO "cinema_tag" ("name") VALUES (?1), (?2)"#);
    assert_eq!(Tag.filter(Tag.name.is_in(["c", "d"])).delete(&db).await.unwrap(), 2);
    s.about("Table::bulk_insert");
    let log = db.record();
    let upserted = Tag.bulk_upsert(["noir", "new"].map(tag), Tag.name, Tag.name, &db).await.unwrap();
    assert_eq!((upserted.len(), log.count()), (2, 1));
    assert!(upserted.iter().any(|tag| tag.id == noir.id));
    assert!(log.queries()[0].sql.contains(r#"ON CONFLICT ("name") DO UPDATE SET "name" = excluded."name""#));
    let made = Tag.bulk_create_missing(["noir", "newer"].map(tag), Tag.name, &db).await.unwrap();
    assert_eq!(made.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>(), ["newer"]);
    assert!(log.queries()[1].sql.contains(r#"ON CONFLICT ("name") DO NOTHING"#));
    // More than one statement takes, all or none.
    let count = db.dialect().max_parameters + 5;
    let many = || (0..count).map(|n| tag(&format!("many {n}")));
    assert_eq!(Tag.bulk_upsert(many(), Tag.name, Tag.name, &db).await.unwrap().len(), count);
    assert!(Tag.bulk_create_missing(many(), Tag.name, &db).await.unwrap().is_empty());
    assert_eq!(Tag.filter(Tag.name.starts_with("many ")).delete(&db).await.unwrap(), count as u64);
    let twice = Tag.bulk_upsert(["x", "x"].map(tag), Tag.name, Tag.name, &db).await.unwrap_err().to_string();
    assert!(twice.contains("are the same Tag: they share name"), "{twice}");
    let linked =
        create!(Film { title: "x", director: &s.rows.ridley, released: date("2000-01-01"), tags: [&noir] });
    let linked = Film.bulk_upsert([linked], (Film.title, Film.released), Film.votes, &db).await.unwrap_err();
    assert!(linked.to_string().contains("row.related(..).set(..)"), "{linked}");
    let unclear = Film.bulk_create_missing([], Film.title, &db).await.unwrap_err().to_string();
    assert!(unclear.contains("title does not identify a Film"), "{unclear}");
    s.about("Table::bulk_upsert, Table::bulk_create_missing");
    // The first rows of an order, rows over a join, all.
    assert_eq!(
        Tag.order_by(Tag.name.desc()).filter(Tag.name.ends_with("!")).limit(1).delete(&db).await.unwrap(),
        1
    );
    assert_eq!(Tag.filter(Tag.name.ends_with("!")).one(&db).await.unwrap().name, "a!");
    assert_eq!(Review.filter(Review.film.title.eq("Alien")).delete(&db).await.unwrap(), 2);
    assert_eq!(Review.count(&db).await.unwrap(), 2);
    assert_eq!(Review.query().delete(&db).await.unwrap(), 2);
    s.about("QuerySet::delete");
}
