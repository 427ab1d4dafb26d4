//! Every lookup: the SQL it becomes on SQLite and the rows that it finds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod common;

use common::*;
use quintet_orm::{
    dialect::{POSTGRES, SQLITE},
    prelude::*,
};

scenarios!(
    comparisons,
    nulls_are_on_one_side_of_every_condition,
    conditions_combine,
    text_minds_the_case_unless_told_not_to,
    decimals_are_compared_exactly,
    columns_of_related_models_join_once,
    to_many_relations_have_quantifiers,
    another_query_can_be_asked,
    a_long_list_is_one_parameter,
);

/// Condition, the SQL after WHERE, the films that match in the order of their keys.
type Case = (Cond<Film>, &'static str, &'static [&'static str]);

const ALL: &[&str] = &["Alien", "Blade Runner", "Cléo de 5 à 7"];
const NONE: &[&str] = &[];
const ALIEN: &[&str] = &["Alien"];
const BLADE: &[&str] = &["Blade Runner"];
const CLEO: &[&str] = &["Cléo de 5 à 7"];
const BOTH: &[&str] = &["Alien", "Blade Runner"];
const OTHERS: &[&str] = &["Blade Runner", "Cléo de 5 à 7"];

async fn check(db: &Db, cases: Vec<Case>) {
    for (condition, sql, titles) in cases {
        let films = Film.filter(condition).order_by(Film.id);
        let text = films.to_sql(&SQLITE).unwrap().sql;
        let rest = text.split_once(" WHERE ").map_or("", |(_, rest)| rest);
        let found = rest.rsplit_once(" ORDER BY ").map_or(rest, |(found, _)| found);
        assert_eq!(found, sql, "in {text}");
        let rows = films.all(db).await.unwrap_or_else(|error| panic!("{text}: {error:?}"));
        assert_eq!(rows.iter().map(|film| film.title.as_str()).collect::<Vec<_>>(), titles, "{text}");
    }
}

async fn comparisons(on: &On) {
    let (db, rows) = on.filled().await;
    check(
        &db,
        vec![
            (Film.title.eq("Alien"), r#""title" = ?1"#, ALIEN),
            (Film.title.ne("Alien"), r#""title" <> ?1"#, OTHERS),
            (Film.votes.gt(800), r#""votes" > ?1"#, ALIEN),
            (Film.votes.ge(800), r#""votes" >= ?1"#, BOTH),
            (Film.votes.lt(800), r#""votes" < ?1"#, CLEO),
            (Film.votes.le(800), r#""votes" <= ?1"#, OTHERS),
            (Film.votes.between(100, 800), r#""votes" >= ?1 AND "votes" <= ?2"#, OTHERS),
            (Film.votes.is_in([900, 100]), r#""votes" IN (?1, ?2)"#, &["Alien", "Cléo de 5 à 7"]),
            (Film.votes.is_in(Vec::<i32>::new()), "FALSE", NONE),
            (!Film.votes.is_in(Vec::<i32>::new()), "NOT (FALSE)", ALL),
            (Film.released.lt(date("1979-05-25")), r#""released" < ?1"#, CLEO),
            (Film.status.eq(Status::Withdrawn), r#""status" = ?1"#, CLEO),
            (Film.status.is_in([Status::Draft, Status::Released]), r#""status" IN (?1, ?2)"#, BOTH),
            (Film.classic.eq(true), r#""classic" = ?1"#, ALIEN),
            (!Film.classic, r#"NOT "classic""#, OTHERS),
            (Film.id.eq(rows.blade.id), r#""id" = ?1"#, BLADE),
            (Film.votes.eq(Film.votes), r#""votes" = "votes""#, ALL),
        ],
    )
    .await;
}

async fn nulls_are_on_one_side_of_every_condition(on: &On) {
    let (db, _) = on.filled().await;
    check(
        &db,
        vec![
            (Film.subtitle.is_null(), r#""subtitle" IS NULL"#, OTHERS),
            (Film.subtitle.is_not_null(), r#""subtitle" IS NOT NULL"#, ALIEN),
            (!Film.subtitle.is_null(), r#""subtitle" IS NOT NULL"#, ALIEN),
            // Equality says nothing about NULL; its complement has all the rest.
            (Film.subtitle.eq("x"), r#""subtitle" = ?1"#, NONE),
            (Film.subtitle.ne("x"), r#""subtitle" IS DISTINCT FROM ?1"#, ALL),
            (!Film.subtitle.eq("x"), r#"("subtitle" = ?1) IS NOT TRUE"#, ALL),
            (!Film.subtitle.contains("x"), r#"(instr("subtitle", ?1) > 0) IS NOT TRUE"#, ALL),
            (
                !(Film.subtitle.contains("no one") | Film.votes.lt(5)),
                r#"(instr("subtitle", ?1) > 0 OR "votes" < ?2) IS NOT TRUE"#,
                OTHERS,
            ),
            (Film.subtitle.coalesce("none").eq("none"), r#"COALESCE("subtitle", ?1) = ?2"#, OTHERS),
            (Film.studio.is_null(), r#""studio_id" IS NULL"#, CLEO),
            (Film.studio.is_not_null(), r#""studio_id" IS NOT NULL"#, BOTH),
        ],
    )
    .await;
}

async fn conditions_combine(on: &On) {
    let (db, _) = on.filled().await;
    let (a, b) = (|| Film.title.eq("Alien"), || Film.title.eq("Blade Runner"));
    check(
        &db,
        vec![
            (a() | b(), r#"("title" = ?1 OR "title" = ?2)"#, BOTH),
            (a() & Film.votes.gt(1), r#""title" = ?1 AND "votes" > ?2"#, ALIEN),
            (!a(), r#"NOT ("title" = ?1)"#, OTHERS),
            (!!a(), r#""title" = ?1"#, ALIEN),
            (
                (a() | b()) & (Film.votes.gt(850) | Film.votes.lt(1)),
                r#"("title" = ?1 OR "title" = ?2) AND ("votes" > ?3 OR "votes" < ?4)"#,
                ALIEN,
            ),
            (
                (a() & Film.classic.eq(true)) | b(),
                r#"(("title" = ?1 AND "classic" = ?2) OR "title" = ?3)"#,
                BOTH,
            ),
            (Cond::all_of([a(), Film.votes.gt(1)]), r#""title" = ?1 AND "votes" > ?2"#, ALIEN),
            (Cond::any_of([a(), b()]), r#"("title" = ?1 OR "title" = ?2)"#, BOTH),
            (Cond::any_of([]), "FALSE", NONE),
            (Cond::all_of([]) | b(), r#"(TRUE OR "title" = ?1)"#, ALL),
        ],
    )
    .await;
}

async fn text_minds_the_case_unless_told_not_to(on: &On) {
    let (db, _) = on.filled().await;
    check(
        &db,
        vec![
            (Film.title.contains("lie"), r#"instr("title", ?1) > 0"#, ALIEN),
            (Film.title.contains("LIE"), r#"instr("title", ?1) > 0"#, NONE),
            (Film.title.icontains("LIE"), r#"instr(quintet_lower("title"), ?1) > 0"#, ALIEN),
            (Film.title.icontains("CLÉO"), r#"instr(quintet_lower("title"), ?1) > 0"#, CLEO),
            (Film.title.starts_with("Al"), r#"("title" >= ?1 AND "title" < ?2)"#, ALIEN),
            (Film.title.starts_with("al"), r#"("title" >= ?1 AND "title" < ?2)"#, NONE),
            (Film.title.istarts_with("clÉ"), r#"instr(quintet_lower("title"), ?1) = 1"#, CLEO),
            (Film.title.ends_with("à 7"), r#"substr(CAST("title" AS BLOB), -4) = ?1"#, CLEO),
            (Film.title.ends_with("À 7"), r#"substr(CAST("title" AS BLOB), -4) = ?1"#, NONE),
            (Film.title.iends_with("À 7"), r#"substr(CAST(quintet_lower("title") AS BLOB), -4) = ?1"#, CLEO),
            (
                Film.title.ends_with("a very long part that no title has"),
                r#"substr(CAST("title" AS BLOB), -34) = ?1"#,
                NONE,
            ),
            (Film.title.iexact("cLéO de 5 À 7"), r#"quintet_lower("title") = ?1"#, CLEO),
            (Film.title.iexact("cléo"), r#"quintet_lower("title") = ?1"#, NONE),
            // An empty part is in every text, but not in a NULL.
            (Film.title.contains(""), r#""title" IS NOT NULL"#, ALL),
            (Film.subtitle.istarts_with(""), r#""subtitle" IS NOT NULL"#, ALIEN),
            (Film.title.length().gt(12), r#"LENGTH("title") > ?1"#, CLEO),
            (
                Film.subtitle.coalesce("Alien 0").starts_with("Alien"),
                r#"instr(COALESCE("subtitle", ?1), ?2) = 1"#,
                OTHERS,
            ),
        ],
    )
    .await;
}

async fn decimals_are_compared_exactly(on: &On) {
    let (db, _) = on.filled().await;
    check(
        &db,
        vec![
            (Film.price.eq(dec("9.5")), r#""price" = ?1"#, ALIEN),
            (Film.price.eq(dec("9.505")), r#""price" = ?1"#, NONE),
            (Film.price.ne(dec("9.505")), r#""price" <> ?1"#, ALL),
            (Film.price.gt(dec("9.499")), r#""price" > ?1"#, BOTH),
            (Film.price.le(dec("9.501")), r#""price" <= ?1"#, &["Alien", "Cléo de 5 à 7"]),
            (Film.price.lt(dec("79228162514264337593543950335")), r#""price" <= ?1"#, ALL),
            (Film.price.is_in([dec("10"), dec("7.001")]), r#""price" IN (?1, ?2)"#, BLADE),
            (
                Film.price.between(7, dec("9.5")),
                r#""price" >= ?1 AND "price" <= ?2"#,
                &["Alien", "Cléo de 5 à 7"],
            ),
            ((Film.price + dec("0.5")).eq(10), r#"("price" + ?1) = ?2"#, ALIEN),
            ((Film.price * dec("1.1")).ge(11), r#"("price" * ?1) >= ?2"#, BLADE),
            ((-Film.price).lt(-9), r#"-("price") < ?1"#, BOTH),
            ((Film.price - 10).abs().le(1), r#"ABS("price" - ?1) <= ?2"#, BOTH),
            (Film.price.as_float().gt(9.0), r#"(CAST("price" AS DOUBLE PRECISION) / 100.0) > ?1"#, BOTH),
            (
                (Film.price + Film.price).gt(Film.price * dec("1.5")),
                r#"(("price" + "price") * 10) > ("price" * ?1)"#,
                ALL,
            ),
        ],
    )
    .await;
    let too_wide = Film.filter((Film.price * Film.price * Film.price * Film.price).gt(1)).to_sql(&SQLITE);
    assert!(too_wide.unwrap_err().to_string().contains("24 digits"));
    let divided = Film.filter((Film.price / 3).gt(1)).to_sql(&SQLITE).unwrap_err().to_string();
    assert!(divided.contains("as_float()"), "{divided}");
}

async fn columns_of_related_models_join_once(on: &On) {
    let (db, rows) = on.filled().await;
    check(
        &db,
        vec![
            (Film.director.name.eq("Ridley Scott"), r#"t1."name" = ?1"#, BOTH),
            (Film.director.eq(&rows.agnes), r#""director_id" = ?1"#, CLEO),
            (Film.director.eq(rows.agnes.id), r#""director_id" = ?1"#, CLEO),
            (Film.director.ne(&rows.agnes), r#""director_id" <> ?1"#, BOTH),
            (Film.director.is_in([&rows.agnes, &rows.ridley]), r#""director_id" IN (?1, ?2)"#, ALL),
            (Film.director.key().gt(rows.ridley.id), r#""director_id" > ?1"#, CLEO),
            (Film.studio.city.eq("Los Angeles"), r#"t1."city" = ?1"#, BOTH),
            // Whoever has no studio is not in Los Angeles.
            (!Film.studio.city.eq("Los Angeles"), r#"(t1."city" = ?1) IS NOT TRUE"#, CLEO),
            (Film.studio.name.ne("Fox"), r#"t1."name" IS DISTINCT FROM ?1"#, CLEO),
            (
                Film.director.country.name.eq("United Kingdom") & Film.director.name.ne("x"),
                r#"t2."name" = ?1 AND t1."name" <> ?2"#,
                BOTH,
            ),
        ],
    )
    .await;
    let sql = Film.filter(Film.director.country.name.eq("x") | Film.director.name.eq("y")).select(Film.id);
    assert_eq!(
        sql.to_sql(&SQLITE).unwrap().sql,
        "SELECT t0.\"id\" FROM \"cinema_film\" AS t0 JOIN \"cinema_director\" AS t1 ON t1.\"id\" = t0.\"director_id\" \
         LEFT JOIN \"cinema_country\" AS t2 ON t2.\"id\" = t1.\"country_id\" \
         WHERE (t2.\"name\" = ?1 OR t1.\"name\" = ?2) ORDER BY t0.\"released\" DESC"
    );
}

async fn to_many_relations_have_quantifiers(on: &On) {
    let (db, rows) = on.filled().await;
    let reviews = r#"FROM "cinema_review" AS t1 WHERE t1."film_id" = t0."id""#;
    let tags = r#"FROM "cinema_tag" AS t1 JOIN "cinema_film_tags" AS t2 ON t2."tag_id" = t1."id" WHERE t2."film_id" = t0."id""#;
    let leak = |sql: String| -> &'static str { Box::leak(sql.into_boxed_str()) };
    check(
        &db,
        vec![
            (
                Film.reviews.any(Review.stars.eq(3)),
                leak(format!(r#"EXISTS (SELECT 1 {reviews} AND t1."stars" = ?1)"#)),
                ALIEN,
            ),
            (
                Film.reviews.none(Review.stars.eq(5)),
                leak(format!(r#"NOT EXISTS (SELECT 1 {reviews} AND t1."stars" = ?1)"#)),
                CLEO,
            ),
            (
                Film.reviews.every(Review.stars.eq(5)),
                leak(format!(r#"NOT EXISTS (SELECT 1 {reviews} AND NOT (t1."stars" = ?1))"#)),
                BLADE,
            ),
            (Film.tags.exists(), leak(format!("EXISTS (SELECT 1 {tags})")), BOTH),
            (!Film.tags.exists(), leak(format!("NOT EXISTS (SELECT 1 {tags})")), CLEO),
            (Film.reviews.count().gt(1), leak(format!("(SELECT COUNT(*) {reviews}) > ?1")), ALIEN),
            (
                Film.reviews.filter(Review.stars.ge(4)).count().eq(1),
                leak(format!(r#"(SELECT COUNT(*) {reviews} AND t1."stars" >= ?1) = ?2"#)),
                ALL,
            ),
            (
                Film.reviews.exclude(Review.stars.ge(4)).exists(),
                leak(format!(r#"EXISTS (SELECT 1 {reviews} AND NOT (t1."stars" >= ?1))"#)),
                ALIEN,
            ),
            (
                Film.tags.contains(&rows.tags[1]),
                leak(format!(r#"EXISTS (SELECT 1 {tags} AND t1."id" = ?1)"#)),
                BLADE,
            ),
            (
                Film.reviews.sum(Review.stars).eq(8),
                leak(format!(r#"(SELECT SUM(t1."stars") {reviews}) = ?1"#)),
                ALIEN,
            ),
            (
                Film.reviews.avg(Review.stars).gt(4.5),
                leak(format!(r#"(SELECT AVG(t1."stars") {reviews}) > ?1"#)),
                BLADE,
            ),
            (
                Film.reviews.min(Review.stars).eq(3),
                leak(format!(r#"(SELECT MIN(t1."stars") {reviews}) = ?1"#)),
                ALIEN,
            ),
            (
                Film.reviews.max(Review.stars).eq(4),
                leak(format!(r#"(SELECT MAX(t1."stars") {reviews}) = ?1"#)),
                CLEO,
            ),
        ],
    )
    .await;
    // From the far side of a foreign key, and from the other side of a many-to-many.
    let siblings =
        Film.filter(Film.director.films.count().gt(1)).order_by(Film.id).select(Film.title).all(&db).await;
    assert_eq!(siblings.unwrap(), BOTH);
    let noir = Tag.filter(Tag.films.any(Film.title.starts_with("Blade"))).select(Tag.name).all(&db).await;
    assert_eq!(noir.unwrap(), ["horror", "noir"]);
    // One quantifier inside another.
    let nested =
        Director.filter(Director.films.any(Film.reviews.any(Review.stars.eq(3)))).all(&db).await.unwrap();
    assert_eq!(nested.len(), 1);
    assert_eq!(nested[0].name, "Ridley Scott");
    // Aggregates of decimals keep their places.
    let dearest = Director
        .order_by(Director.id)
        .select((Director.films.max(Film.price), Director.films.avg(Film.price)));
    let dearest = dearest.all(&db).await.unwrap();
    assert_eq!(dearest, [(Some(dec("10")), Some(9.75)), (Some(dec("7")), Some(7.0))]);
}

async fn another_query_can_be_asked(on: &On) {
    let (db, rows) = on.filled().await;
    check(
        &db,
        vec![
            (
                Film.id.in_query(Review.filter(Review.stars.eq(3)).select(Review.film.key())),
                r#"t0."id" IN (SELECT t1."film_id" FROM "cinema_review" AS t1 WHERE t1."stars" = ?1)"#,
                ALIEN,
            ),
            (
                Film.director.in_query(Director.filter(Director.country.is_null()).select(Director.id)),
                r#"t0."director_id" IN (SELECT t1."id" FROM "cinema_director" AS t1 WHERE t1."country_id" IS NULL)"#,
                CLEO,
            ),
            // A NULL among the answers does not swallow the complement.
            (
                !Film.id.in_query(Film.order_by(Film.id).select(Film.studio.key())),
                r#"(t0."id" IN (SELECT t1."studio_id" FROM "cinema_film" AS t1 ORDER BY t1."id")) IS NOT TRUE"#,
                OTHERS,
            ),
            (Film.id.in_query(Film.none().select(Film.id)), "FALSE", NONE),
        ],
    )
    .await;
    let late = Film.filter(Film.id.in_query(Film.order_by(Film.released.desc()).select(Film.id).limit(1)));
    assert_eq!(late.one(&db).await.unwrap().id, rows.blade.id);
}

async fn a_long_list_is_one_parameter(on: &On) {
    let (db, rows) = on.filled().await;
    let films = Film.filter(Film.id.is_in(0..50_000i64)).order_by(Film.id);
    let stmt = films.to_sql(&SQLITE).unwrap();
    assert_eq!(stmt.params.len(), 1);
    assert!(stmt.sql.contains(r#""id" IN (SELECT value FROM json_each(?1))"#), "{}", stmt.sql);
    let stmt = films.to_sql(&POSTGRES).unwrap();
    assert_eq!(stmt.params.len(), 1);
    assert!(stmt.sql.contains(r#""id" = ANY($1)"#), "{}", stmt.sql);
    assert_eq!(films.all(&db).await.unwrap().len(), 3);
    assert_eq!(Film.filter(!Film.id.is_in(3..50_000i64)).count(&db).await.unwrap(), 2);

    let mut titles: Vec<String> = (0..40_000).map(|n| format!("\"{n}' \\ é")).collect();
    titles.push(rows.cleo.title.clone());
    assert_eq!(Film.filter(Film.title.is_in(titles)).count(&db).await.unwrap(), 1);

    // What JSON would change are parameters, refused by their number.
    let days = (0..70_000).map(|n| date("1900-01-01").checked_add(jiff::Span::new().days(n)).unwrap());
    let error = Film.filter(Film.released.is_in(days)).all(&db).await.unwrap_err().to_string();
    assert!(error.contains("70000 values") && error.contains("in_query"), "{error}");
}
