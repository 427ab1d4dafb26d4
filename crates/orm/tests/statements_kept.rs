//! A statement is rendered once for all queries that differ in their values only, and no query gets that of another.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod common;

use common::*;
use quintet_orm::{
    Stmt,
    dialect::{Dialect, POSTGRES, SQLITE},
    prelude::*,
};

scenarios!(lists_of_every_length, writes_of_one_shape, rows_by_key);

/// A table whose key nothing keeps from being there twice.
#[model(app = "kept", managed = false)]
#[derive(Debug, Clone)]
struct Loose {
    text: String,
}

/// Only those that are seen.
#[model(app = "kept", scope = Seen::only_shown, table = "kept_loose", ordering = "-text")]
#[derive(Debug, Clone)]
struct Seen {
    text: String,
}

impl Seen {
    fn only_shown() -> Cond<Seen> {
        Seen.text.ne("hidden")
    }
}

async fn rows_by_key(on: &On) {
    let (db, rows) = on.filled().await;
    db.batch("CREATE TABLE kept_loose (id BIGINT NOT NULL, text TEXT NOT NULL)".into()).await.unwrap();
    for (id, text) in [(1, "a"), (2, "hidden"), (3, "b"), (3, "c"), (3, "d")] {
        create!(Loose { id, text }).insert(&db).await.unwrap();
    }
    let log = db.record();
    for _ in 0..2 {
        assert_eq!(Loose.get(1, &db).await.unwrap().text, "a");
        assert_eq!(Loose.get(2, &db).await.unwrap().text, "hidden");
        assert_eq!(Seen.get(1, &db).await.unwrap().text, "a");
        for (error, wanted) in [
            (Loose.get(3, &db).await.map(drop).unwrap_err(), "more than one Loose matches"),
            (Loose.get(4, &db).await.map(drop).unwrap_err(), "Loose 4 not found"),
            (Seen.get(2, &db).await.map(drop).unwrap_err(), "Seen 2 not found"),
            (Film.get(99, &db).await.map(drop).unwrap_err(), "Film 99 not found"),
        ] {
            assert!(error.to_string().contains(wanted), "{error}");
        }
        assert_eq!(Film.get(&rows.blade, &db).await.unwrap().title, "Blade Runner");
        assert_eq!(Tag.get(rows.tags[1].id, &db).await.unwrap().name, "noir");
    }
    let said: Vec<String> = log.queries().iter().map(|query| marked(&query.sql)).collect();
    assert_eq!(said[0], r#"SELECT "id", "text" FROM "kept_loose" WHERE "id" = ?1"#);
    assert_eq!(said[2], r#"SELECT "id", "text" FROM "kept_loose" WHERE "text" <> ?1 AND "id" = ?2"#);
    assert_eq!((said.len(), &said[..9]), (18, &said[9..]));
}

type Said = Result<Stmt>;
type Query = fn(&'static Dialect) -> Said;

/// Queries that are each other's neighbours: each differs from others in little.
fn queries() -> Vec<Query> {
    vec![
        |d| Film.query().to_sql(d),
        |d| Film.limit(1).to_sql(d),
        |d| Film.limit(2).to_sql(d),
        |d| Film.limit(3).to_sql(d),
        |d| Film.limit(300).to_sql(d),
        |d| Film.query().offset(300).to_sql(d),
        |d| Film.limit(3).offset(0).to_sql(d),
        |d| Film.query().distinct().to_sql(d),
        |d| Film.filter(Film.votes.eq(1)).to_sql(d),
        |d| Film.filter(Film.votes.eq(2)).to_sql(d),
        |d| Film.filter(Film.votes.ne(1)).to_sql(d),
        |d| Film.exclude(Film.votes.eq(1)).to_sql(d),
        |d| Film.filter(Film.id.eq(1)).to_sql(d),
        |d| Film.filter(Film.votes.gt(1)).to_sql(d),
        |d| Film.filter(Film.votes.gt(Film.votes)).to_sql(d),
        |d| Film.filter((Film.votes + 1).gt(1)).to_sql(d),
        |d| Film.filter((Film.votes - 1).gt(1)).to_sql(d),
        |d| Film.filter(Film.subtitle.eq("a")).to_sql(d),
        |d| Film.filter(Film.subtitle.is_null()).to_sql(d),
        |d| Film.filter(Film.subtitle.ne("a")).to_sql(d),
        |d| Film.filter(Film.title.ne("a")).to_sql(d),
        |d| Film.filter(Film.title.contains("a")).to_sql(d),
        |d| Film.filter(Film.title.contains("%_\\")).to_sql(d),
        |d| Film.filter(Film.title.contains("")).to_sql(d),
        |d| Film.filter(Film.title.icontains("Ä")).to_sql(d),
        |d| Film.filter(Film.title.starts_with("a")).to_sql(d),
        |d| Film.filter(Film.title.istarts_with("a")).to_sql(d),
        |d| Film.filter(Film.title.ends_with("a")).to_sql(d),
        |d| Film.filter(Film.title.ends_with("ab")).to_sql(d),
        |d| Film.filter(Film.title.iexact("Straße")).to_sql(d),
        |d| Film.filter(Film.price.gt(dec("1.5"))).to_sql(d),
        |d| Film.filter(Film.price.gt(dec("1.555"))).to_sql(d),
        |d| Film.filter(Film.released.gt(date("1979-05-25"))).to_sql(d),
        |d| Film.filter(Film.votes.eq(1) & Film.classic.eq(true)).to_sql(d),
        |d| Film.filter(Film.votes.eq(1) | Film.classic.eq(true)).to_sql(d),
        |d| Film.filter(Film.votes.eq(1)).filter(Film.classic.eq(true)).to_sql(d),
        |d| Film.filter(!(Film.votes.eq(1) & Film.classic.eq(true))).to_sql(d),
        |d| Film.filter(Film.director.name.eq("a")).to_sql(d),
        |d| Film.filter(Film.director.country.name.eq("a")).to_sql(d),
        |d| Film.filter(Film.studio.name.eq("a")).to_sql(d),
        |d| Film.query().select_related(Film.director).to_sql(d),
        |d| Film.query().select_related(Film.studio).to_sql(d),
        |d| Film.query().select_related(Film.director).select_related(Film.studio).to_sql(d),
        |d| Film.query().select_related(Film.director).filter(Film.director.name.eq("a")).to_sql(d),
        |d| Film.order_by(Film.votes).to_sql(d),
        |d| Film.order_by(Film.votes.desc()).to_sql(d),
        |d| Film.order_by(Film.subtitle.asc().nulls_last()).to_sql(d),
        |d| Film.order_by(Film.subtitle.asc().nulls_first()).to_sql(d),
        |d| Film.order_by((Film.votes, Film.title)).to_sql(d),
        |d| Film.select(Film.votes).to_sql(d),
        |d| Film.select((Film.votes, Film.id)).to_sql(d),
        |d| Film.select((Film.id, Film.votes)).to_sql(d),
        |d| Film.annotate(Film.reviews.count()).to_sql(d),
        |d| Film.annotate(Film.reviews.filter(Review.stars.ge(4)).count()).to_sql(d),
        |d| Film.annotate(Film.reviews.filter(Review.stars.ge(4) & Review.text.eq("a")).count()).to_sql(d),
        |d| Film.annotate(Film.reviews.max(Review.stars)).to_sql(d),
        |d| Film.filter(Film.reviews.any(Review.stars.gt(3))).to_sql(d),
        |d| Film.filter(Film.tags.any(Tag.name.eq("a"))).to_sql(d),
        |d| Film.annotate(Film.reviews.count()).order_by(Film.reviews.count().desc()).to_sql(d),
        |d| Tag.query().to_sql(d),
        |d| Tag.filter(Tag.name.eq("a")).to_sql(d),
        |d| Film.filter(Film.votes.is_in(0..0)).to_sql(d),
        |d| Film.filter(Film.votes.is_in([1])).to_sql(d),
        |d| Film.filter(Film.votes.is_in([1, 2, 3, 4])).to_sql(d),
        |d| Film.filter(Film.votes.is_in([1, 2, 3, 4, 5])).to_sql(d),
        |d| Film.filter(Film.votes.is_in([1, 2, 3, 4, 5, 6])).to_sql(d),
        |d| Film.filter(Film.votes.is_in(0..8)).to_sql(d),
        |d| Film.filter(Film.votes.is_in(0..9)).to_sql(d),
        |d| Film.filter(Film.votes.is_in(0..300)).to_sql(d),
        |d| Film.filter(Film.title.is_in((0..6).map(|n| n.to_string()))).to_sql(d),
        |d| Film.filter(Film.price.is_in((0..6).map(Decimal::from))).to_sql(d),
        |d| Film.filter(Film.id.eq(1)).update(Film.votes.set(1)).to_sql(d),
        |d| Film.filter(Film.id.eq(1)).update(Film.votes.set(Film.votes + 1)).to_sql(d),
        |d| Film.filter(Film.id.eq(1)).update(Film.subtitle.set("a")).to_sql(d),
        |d| Film.filter(Film.id.eq(1)).update(Film.subtitle.set(None::<String>)).to_sql(d),
        |d| Film.filter(Film.id.eq(1)).update(Film.price.set(dec("2.50"))).to_sql(d),
        |d| Film.filter(Film.id.eq(1)).update((Film.votes.set(1), Film.title.set("a"))).to_sql(d),
        |d| Film.filter(Film.votes.eq(1)).update(Film.votes.set(1)).to_sql(d),
        |d| Film.filter(Film.director.name.eq("a")).update(Film.votes.set(1)).to_sql(d),
    ]
}

fn shown(said: Said) -> String {
    said.map_or_else(
        |error| error.to_string(),
        |stmt| format!("{} {:?} {}", stmt.sql, stmt.params, stmt.short),
    )
}

#[test]
fn whatever_was_asked_before_the_statement_is_the_same() {
    // Each by a thread of its own, which has rendered nothing before.
    let alone: Vec<[String; 2]> = queries()
        .into_iter()
        .map(|query| {
            let thread = std::thread::spawn(move || [&SQLITE, &POSTGRES].map(|d| shown(query(d))));
            thread.join().unwrap()
        })
        .collect();
    let mut different: Vec<&[String; 2]> = alone.iter().collect();
    different.sort();
    different.dedup();
    assert!(different.len() > 70, "{} of {} differ", different.len(), alone.len());
    for turn in 0..3 {
        let all = queries().into_iter().zip(&alone);
        let all: Vec<_> = if turn == 1 { all.rev().collect() } else { all.collect() };
        for (query, alone) in all {
            assert_eq!([&SQLITE, &POSTGRES].map(|d| shown(query(d))), *alone);
        }
    }
}

#[test]
fn one_text_serves_all_values() {
    let address = |stmt: Stmt| stmt.sql.as_ptr();
    let of = |votes: i32, title: &str, limit: u64| {
        Film.filter(Film.votes.gt(votes) & Film.title.icontains(title)).limit(limit).to_sql(&SQLITE).unwrap()
    };
    assert_eq!(address(of(1, "a", 10)), address(of(2, "b%", 20)));
    assert_ne!(address(of(1, "a", 10)), address(of(1, "a", 1)));
    let save = |votes: i32| Film.filter(Film.id.eq(1)).update(Film.votes.set(votes)).to_sql(&SQLITE).unwrap();
    assert_eq!(address(save(1)), address(save(2)));
    let list = |length: i32| Film.filter(Film.votes.is_in(0..length)).to_sql(&SQLITE).unwrap();
    assert_eq!(address(list(5)), address(list(8)));
    assert_eq!((list(5).params.len(), list(9).params.len()), (8, 16));
}

async fn lists_of_every_length(on: &On) {
    let (db, _) = on.filled().await;
    for length in [0, 1, 2, 3, 4, 5, 7, 8, 9, 33, 199, 200, 201, 300] {
        let votes = (0..length).map(|n| 900 + n);
        let found = Film.filter(Film.votes.is_in(votes.clone())).all(&db).await.unwrap();
        assert_eq!(found.len(), usize::from(length > 0), "{length} values, one of them is a film's");
        assert_eq!(Film.exclude(Film.votes.is_in(votes)).count(&db).await.unwrap(), 3 - found.len() as u64);
        let titles = (0..length).map(|n| if n == length - 1 { "Alien".to_owned() } else { n.to_string() });
        let found = Film.filter(Film.title.is_in(titles)).all(&db).await.unwrap();
        assert_eq!(found.len(), usize::from(length > 0), "{length} titles, the last one is a film's");
    }
}

async fn writes_of_one_shape(on: &On) {
    let (db, rows) = on.filled().await;
    for (votes, subtitle) in [(1, Some("a")), (2, Some("b")), (3, None), (4, Some("c"))] {
        let mut film = Film.get(rows.alien.id, &db).await.unwrap().edit();
        film.votes = votes;
        film.subtitle = subtitle.map(str::to_owned);
        film.price = Decimal::from(votes);
        film.save(&db).await.unwrap();
        let film = Film.get(rows.alien.id, &db).await.unwrap();
        assert_eq!(
            (film.votes, film.subtitle.as_deref(), film.price),
            (votes, subtitle, Decimal::from(votes))
        );
        let tag = create!(Tag { name: format!("tag {votes}") }).insert(&db).await.unwrap();
        assert_eq!(Tag.get(tag.id, &db).await.unwrap().name, format!("tag {votes}"));
        let again = create!(Tag { name: format!("tag {votes}") }).or_get(Tag.name, &db).await.unwrap();
        assert!(again.0.id == tag.id && !again.1);
    }
    assert_eq!(Film.filter(Film.votes.lt(100)).count(&db).await.unwrap(), 1, "no other film was changed");
    // Nor is a deletion another one's.
    let log = db.record();
    for (name, left) in [("tag 1", 6), ("tag 2", 5), ("none", 5)] {
        Tag.filter(Tag.name.eq(name)).delete(&db).await.unwrap();
        assert_eq!(Tag.count(&db).await.unwrap(), left);
    }
    assert_eq!(Tag.filter(Tag.name.starts_with("tag ")).delete(&db).await.unwrap(), 2);
    assert_eq!(Tag.filter(Tag.films.any(Film.title.eq("Alien"))).delete(&db).await.unwrap(), 1);
    assert_eq!(Tag.order_by(Tag.name.desc()).limit(1).delete(&db).await.unwrap(), 1);
    let last = Tag.query().one(&db).await.unwrap();
    assert_eq!((last.name.as_str(), last.delete(&db).await.unwrap()), ("new wave", 1));
    let deletions: Vec<String> = log.queries().into_iter().map(|query| query.sql).collect();
    let deletions: Vec<&String> = deletions.iter().filter(|sql| sql.starts_with("DELETE")).collect();
    assert!(deletions[0] == deletions[1] && deletions[1] == deletions[2] && deletions[2] != deletions[3]);
}
