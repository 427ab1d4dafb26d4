//! Values over many rows: beside each object, over all, by groups.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod common;

use common::*;
use quintet_orm::{Model, dialect::SQLITE, prelude::*};

scenarios!(
    values_over_all_rows,
    no_rows_have_no_sum,
    an_aggregate_counts_only_what_matches_its_filter,
    spread,
    a_cut_query_is_aggregated_over_its_part,
    groups,
    objects_with_values_beside_them,
);

fn sql<M: Model, O: Send + 'static>(query: &QuerySet<M, O>) -> String {
    query.to_sql(&SQLITE).unwrap().sql.into()
}

async fn values_over_all_rows(on: &On) {
    let (db, _) = on.filled().await;
    let log = db.record();
    let (rows, votes, mean, dearest, cheapest): (i64, Option<i64>, Option<f64>, Option<Decimal>, _) = Film
        .aggregate((Film.rows(), Film.votes.sum(), Film.price.avg(), Film.price.max(), Film.price.min()), &db)
        .await
        .unwrap();
    assert_eq!((rows, votes, dearest, cheapest), (3, Some(1800), Some(dec("10")), Some(dec("7"))));
    assert!((mean.unwrap() - 26.5 / 3.0).abs() < 1e-9);
    let (sum, mean) = match db.dialect().native_types {
        true => (r#"CAST(SUM("votes") AS BIGINT)"#, r#"CAST(AVG("price") AS DOUBLE PRECISION)"#),
        false => (r#"SUM("votes")"#, r#"AVG("price") / 100.0"#),
    };
    assert_eq!(
        log.queries()[0].sql,
        format!(r#"SELECT COUNT(*), {sum}, {mean}, MAX("price"), MIN("price") FROM "cinema_film""#)
    );
    // Decimals are exact.
    assert_eq!(Film.aggregate(Film.price.sum(), &db).await.unwrap(), Some(dec("26.50")));
    assert_eq!(Film.aggregate((Film.price * dec("0.1")).sum(), &db).await.unwrap(), Some(dec("2.650")));
    assert_eq!(Film.aggregate(Film.released.min(), &db).await.unwrap(), Some(date("1962-04-11")));
    assert_eq!(Film.aggregate(Film.studio.city.max(), &db).await.unwrap().as_deref(), Some("Los Angeles"));
    assert_eq!(
        Film.aggregate((Film.subtitle.count(), Film.director.name.count_distinct()), &db).await.unwrap(),
        (1, 2)
    );
    // Of subqueries, and put together.
    assert_eq!(Film.aggregate(Film.reviews.count().max(), &db).await.unwrap(), Some(2));
    assert_eq!(Film.aggregate(Film.votes.sum().coalesce(0) + Film.rows(), &db).await.unwrap(), 1803);
}

async fn no_rows_have_no_sum(on: &On) {
    let (db, _) = on.filled().await;
    type Answer = (i64, i64, Option<i64>, Option<f64>, Option<Date>, Option<f64>);
    let asked = || {
        let votes = Film.votes;
        (Film.rows(), votes.count(), votes.sum(), votes.avg(), Film.released.max(), votes.stddev())
    };
    let nothing: Answer = (0, 0, None, None, None, None);
    assert_eq!(Film.filter(Film.votes.lt(0)).aggregate(asked(), &db).await.unwrap(), nothing);
    assert_eq!(Film.none().aggregate(asked(), &db).await.unwrap(), nothing);
    assert_eq!(Film.limit(0).aggregate(asked(), &db).await.unwrap(), nothing);
}

async fn an_aggregate_counts_only_what_matches_its_filter(on: &On) {
    let (db, _) = on.filled().await;
    let log = db.record();
    let answer = Film
        .aggregate(
            (
                Film.rows().filter(Film.classic.eq(true)),
                Film.votes.sum().filter(Film.votes.lt(900) & Film.price.gt(7)),
                Film.director.name.count_distinct().filter(Film.studio.is_not_null()),
                (Film.votes.max() - Film.votes.min()).filter(Film.votes.gt(200)),
            ),
            &db,
        )
        .await
        .unwrap();
    assert_eq!(answer, (1, Some(800), 1, Some(100)));
    let text = marked(&log.queries()[0].sql);
    assert!(text.contains(r#"COUNT(*) FILTER (WHERE t0."classic" = ?1)"#), "{text}");
    assert!(text.contains(r#"SUM(t0."votes") FILTER (WHERE t0."votes" < ?2 AND t0."price" > ?3)"#), "{text}");
    assert!(
        text.contains(r#"COUNT(DISTINCT t1."name") FILTER (WHERE t0."studio_id" IS NOT NULL)"#),
        "{text}"
    );
}

async fn spread(on: &On) {
    let (db, _) = on.filled().await;
    let (variance, deviation) =
        Film.aggregate((Film.votes.variance(), Film.price.stddev()), &db).await.unwrap();
    // 900, 800, 100: mean 600.
    assert!((variance.unwrap() - 380_000.0 / 3.0).abs() < 1e-6, "{variance:?}");
    // 9.50, 10.00, 7.00
    assert!((deviation.unwrap() - 1.312_334_645_8).abs() < 1e-6, "{deviation:?}");
    let variance = Film.aggregate(Film.price.variance(), &db).await.unwrap().unwrap();
    assert!((variance - 1.722_222_222).abs() < 1e-6, "{variance:?}");
}

async fn a_cut_query_is_aggregated_over_its_part(on: &On) {
    let (db, _) = on.filled().await;
    let log = db.record();
    let best = Film.order_by(Film.votes.desc()).limit(2);
    assert_eq!(best.aggregate((Film.rows(), Film.votes.sum()), &db).await.unwrap(), (2, Some(1700)));
    let sum = match db.dialect().native_types {
        true => r#"CAST(SUM(t0."votes") AS BIGINT)"#,
        false => r#"SUM(t0."votes")"#,
    };
    assert_eq!(
        log.queries()[0].sql,
        format!(
            r#"SELECT COUNT(*), {sum} FROM "cinema_film" AS t0 WHERE t0."id" IN (SELECT t1."id" FROM "cinema_film" AS t1 ORDER BY t1."votes" DESC LIMIT 2)"#
        )
    );
    // The related objects of one row.
    let film = Film.filter(Film.title.eq("Alien")).one(&db).await.unwrap();
    let stars = film.related(Film.reviews).query().aggregate(Review.stars.avg(), &db).await.unwrap();
    assert_eq!(stars, Some(4.0));
    let tags = film.related(Film.tags).query().aggregate((Tag.rows(), Tag.name.min()), &db).await.unwrap();
    assert_eq!(tags, (1, Some("horror".to_owned())));
}

async fn groups(on: &On) {
    let (db, _) = on.filled().await;
    let by_name = Film.group_by(Film.director.name).order_by(Film.director.name).aggregate(Film.rows());
    assert_eq!(
        sql(&by_name),
        "SELECT t1.\"name\", COUNT(*) FROM \"cinema_film\" AS t0 JOIN \"cinema_director\" AS t1 \
         ON t1.\"id\" = t0.\"director_id\" GROUP BY t1.\"name\" ORDER BY t1.\"name\""
    );
    let rows: Vec<(String, i64)> = by_name.all(&db).await.unwrap();
    assert_eq!(rows, [("Agnès Varda".to_owned(), 1), ("Ridley Scott".to_owned(), 2)]);

    // Several keys, conditions before and after grouping, an order by aggregates; an optional key stays one.
    type Row = ((Option<String>, bool), (i64, Option<Decimal>));
    let rows: Vec<Row> = Film
        .filter(Film.votes.gt(50))
        .group_by((Film.studio.city, Film.classic))
        .having(Film.price.sum().lt(10) & Film.rows().ge(1))
        .order_by((Film.price.sum().desc(), Film.classic))
        .aggregate((Film.rows(), Film.price.sum()))
        .all(&db)
        .await
        .unwrap();
    let la = Some("Los Angeles".to_owned());
    assert_eq!(rows, [((la, true), (1, Some(dec("9.5")))), ((None, false), (1, Some(dec("7"))))]);

    // By an expression with a value in it; counted, cut, and asked for existence.
    let by_length = Film.group_by(Film.title.left(1).upper()).order_by(Film.rows()).aggregate(Film.rows());
    assert_eq!(
        sql(&by_length),
        r#"SELECT quintet_text_upper(SUBSTR("title", 1, 1)), COUNT(*) FROM "cinema_film" GROUP BY 1 ORDER BY 2"#
    );
    assert_eq!(by_length.clone().count(&db).await.unwrap(), 3);
    assert!(by_length.clone().exists(&db).await.unwrap());
    assert_eq!(by_length.limit(1).all(&db).await.unwrap().len(), 1);
    assert_eq!(Film.group_by(Film.classic).aggregate(Film.rows()).count(&db).await.unwrap(), 2);

    // Whole objects as keys.
    let directors: Vec<(Director, i64)> = Film
        .group_by(Film.director)
        .order_by(Film.rows().desc())
        .aggregate(Film.rows())
        .all(&db)
        .await
        .unwrap();
    assert_eq!((directors[0].0.name.as_str(), directors[0].1), ("Ridley Scott", 2));
}

async fn objects_with_values_beside_them(on: &On) {
    let (db, _) = on.filled().await;
    let log = db.record();
    let busy: Vec<(Director, (i64, Option<Decimal>))> = Director
        .annotate((Director.films.count(), Director.films.max(Film.price)))
        .filter(Director.films.count().gt(1))
        .order_by(Director.films.count().desc())
        .select_related(Director.country)
        .prefetch_related(Director.films)
        .all(&db)
        .await
        .unwrap();
    assert_eq!(log.count(), 2);
    let text = &log.queries()[0].sql;
    // The value is computed once for the row and its order.
    assert!(text.ends_with(" ORDER BY 4 DESC"), "{text}");
    let (ridley, (films, dearest)) = &busy[0];
    assert_eq!((busy.len(), *films, *dearest), (1, 2, Some(dec("10"))));
    assert_eq!(ridley.country.as_ref().unwrap().get().unwrap().name, "United Kingdom");
    assert_eq!(ridley.films.get().unwrap().len(), 2);

    // What was asked to be loaded before stays asked.
    let films: Vec<(Film, i64)> = Film
        .select_related(Film.director)
        .order_by(Film.id)
        .annotate(Film.title.length())
        .all(&db)
        .await
        .unwrap();
    assert_eq!((films[0].0.director.get().unwrap().name.as_str(), films[0].1), ("Ridley Scott", 5));
    assert_eq!(films[2].0.director.get().unwrap().name, "Agnès Varda");
    let one = Film.annotate(Film.votes * 2).get(films[0].0.id, &db).await.unwrap();
    assert_eq!((one.0.title.as_str(), one.1), ("Alien", 1800));
}
