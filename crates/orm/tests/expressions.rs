//! Computed values: the SQL they become on SQLite and what they give.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod common;

use common::*;
use quintet_orm::{dialect::SQLITE, prelude::*};

scenarios!(values_have_their_types, texts, numbers, choices_and_casts, queries_inside_queries,);

/// Selects one expression of the film Alien; the SQL between SELECT and FROM, and its value.
async fn check<T: quintet_orm::field::FieldType + PartialEq + std::fmt::Debug>(
    db: &Db,
    cases: Vec<(Expr<Film, T>, &str, T)>,
) {
    for (expression, sql, expected) in cases {
        let query = Film.filter(Film.title.eq("Alien")).select(expression);
        let text = query.to_sql(&SQLITE).unwrap().sql;
        let selected = text.strip_prefix("SELECT ").unwrap().split_once(r#" FROM "cinema_film""#).unwrap().0;
        assert_eq!(selected, sql);
        let value = query.one(db).await.unwrap_or_else(|error| panic!("{text}: {error:?}"));
        assert_eq!(value, expected, "{text}");
    }
}

fn text(text: &str) -> String {
    text.to_owned()
}

async fn texts(on: &On) {
    let (db, _) = on.filled().await;
    Film.filter(Film.title.eq("Alien")).update(Film.subtitle.set("  Äpfel ")).exec(&db).await.unwrap();
    check(
        &db,
        vec![
            (Film.title.lower(), r#"quintet_text_lower("title")"#, text("alien")),
            (Film.title.upper(), r#"quintet_text_upper("title")"#, text("ALIEN")),
            (Film.title.replace("lie", "go"), r#"REPLACE("title", ?1, ?2)"#, text("Agon")),
            (Film.title.substr(2, 3), r#"SUBSTR("title", 2, 3)"#, text("lie")),
            (Film.title.left(2), r#"SUBSTR("title", 1, 2)"#, text("Al")),
            (Film.title.right(2), r#"SUBSTR("title", -2)"#, text("en")),
            (Film.title.right(0), r#"SUBSTR("title", 1, 0)"#, text("")),
            (Film.title.reverse(), r#"quintet_reverse("title")"#, text("neilA")),
            (
                Film.title.concat(": ").concat(Film.subtitle),
                r#"("title" || ?1 || COALESCE("subtitle", ''))"#,
                text("Alien:   Äpfel "),
            ),
            (value("x"), "?1", text("x")),
        ],
    )
    .await;
    check(
        &db,
        vec![
            (Film.subtitle.trim(), r#"TRIM("subtitle")"#, Some(text("Äpfel"))),
            (Film.subtitle.trim_start(), r#"LTRIM("subtitle")"#, Some(text("Äpfel "))),
            (
                Film.subtitle.trim_end().upper(),
                r#"quintet_text_upper(RTRIM("subtitle"))"#,
                Some(text("  ÄPFEL")),
            ),
        ],
    )
    .await;
    // What may be missing stays so, over an optional key too.
    let missing: Vec<(Option<String>, Option<i64>)> = Film
        .filter(Film.studio.is_null())
        .select((Film.studio.name.lower(), Film.subtitle.length()))
        .all(&db)
        .await
        .unwrap();
    assert_eq!(missing, [(None, None)]);
}

async fn numbers(on: &On) {
    let (db, _) = on.filled().await;
    check(
        &db,
        vec![
            (Film.votes % 7, r#""votes" % ?1"#, 4),
            (Film.votes.greatest(1000), r#"MAX("votes", ?1)"#, 1000),
            (Film.votes.least(1000), r#"MIN("votes", ?1)"#, 900),
        ],
    )
    .await;
    for (price, whole, ceil, floor, tenth) in [
        ("9.55", "10", "10", "9", "9.6"),
        ("9.00", "9", "9", "9", "9"),
        ("-9.55", "-10", "-9", "-10", "-9.6"),
        ("-0.04", "0", "0", "-1", "0"),
    ] {
        Film.query().update(Film.price.set(dec(price))).exec(&db).await.unwrap();
        let row = Film
            .select((
                Film.price.round(0),
                Film.price.ceil(),
                Film.price.floor(),
                Film.price.round(1),
                Film.price.round(5),
            ))
            .first(&db)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(row, (dec(whole), dec(ceil), dec(floor), dec(tenth), dec(price)), "{price}");
        // As doubles.
        let float = Film.price.as_float();
        let row = Film.select((float.clone().round(1), float.clone().ceil(), float.floor())).first(&db).await;
        let (rounded, up, down) = row.unwrap().unwrap();
        assert!((rounded - tenth.parse::<f64>().unwrap()).abs() < 0.11, "{price}: {rounded}");
        assert_eq!((up, down), (ceil.parse::<f64>().unwrap(), floor.parse::<f64>().unwrap()), "{price}");
    }
    // The greater of an exact number and one with more places; a missing value doesn't count.
    let best = Film.price.greatest(dec("-0.005"));
    assert_eq!(Film.select(best).first(&db).await.unwrap(), Some(dec("-0.005")));
    let row = Film.order_by(Film.id).select((
        Film.subtitle.greatest("a").is_null(),
        Film.subtitle.coalesce("z").least(Film.title),
        Film.studio.name.greatest(Film.subtitle),
    ));
    let rows = row.all(&db).await.unwrap();
    assert_eq!(rows[1], (false, text("Blade Runner"), Some(text("Fox"))));
    assert_eq!(rows[2].2, None);
}

async fn choices_and_casts(on: &On) {
    let (db, _) = on.filled().await;
    let verdict = case().when(Film.votes.gt(850), "hit").when(Film.votes.gt(500), "known").otherwise("flop");
    let query = Film.order_by(Film.id).select(verdict.clone());
    assert_eq!(
        query.to_sql(&SQLITE).unwrap().sql,
        "SELECT CASE WHEN \"votes\" > ?1 THEN ?2 WHEN \"votes\" > ?3 THEN ?4 ELSE ?5 END FROM \"cinema_film\" \
         ORDER BY \"id\""
    );
    assert_eq!(query.all(&db).await.unwrap(), ["hit", "known", "flop"]);
    assert_eq!(Film.filter(verdict.eq("known")).one(&db).await.unwrap().title, "Blade Runner");
    // Decimals of different sizes meet at one scale; without a last value there may be none.
    let price = case().when(Film.classic.eq(true), Film.price).otherwise(dec("0.125"));
    let votes = case().when(Film.classic.eq(true), Film.votes).or_null();
    let rows = Film.order_by(Film.id).select((price, votes)).all(&db).await.unwrap();
    assert_eq!(rows[..2], [(dec("9.5"), Some(900)), (dec("0.125"), None)]);
    // In an update.
    let raised = case().when(Film.classic.eq(true), Film.votes + 1).otherwise(Film.votes);
    Film.query().update(Film.votes.set(raised)).exec(&db).await.unwrap();
    assert_eq!(Film.order_by(Film.id).select(Film.votes).all(&db).await.unwrap(), [901, 800, 100]);

    check(
        &db,
        vec![
            (Film.votes.cast::<String>(), r#"CAST("votes" AS TEXT)"#, text("901")),
            (Film.price.cast::<String>(), r#"quintet_decimal_text("price", 2)"#, text("9.50")),
        ],
    )
    .await;
    check(
        &db,
        vec![
            (
                Film.price.as_float().cast::<i32>(),
                r#"CAST(ROUND((CAST("price" AS DOUBLE PRECISION) / 100.0)) AS INTEGER)"#,
                10,
            ),
            (value("12").cast::<i32>(), "quintet_text_whole(?1)", 12),
        ],
    )
    .await;
    assert_eq!(Film.order_by(Film.id).select(Film.price.cast::<i64>()).all(&db).await.unwrap(), [10, 10, 7]);
    assert_eq!(
        Film.order_by(Film.id).select(Film.votes.cast::<Decimal>() + Film.price).first(&db).await.unwrap(),
        Some(dec("910.50"))
    );
    let refused = Film.select(Film.title.cast::<Decimal>()).all(&db).await.unwrap_err().to_string();
    let why = match db.dialect().native_decimal {
        true => r#"invalid input syntax for type numeric: "Alien""#,
        false => "only whole numbers can be cast to decimals",
    };
    assert!(refused.contains(why), "{refused}");
    // A text is a number or an error, and a missing one stays so.
    for refused in [
        Film.filter(Film.title.cast::<i64>().gt(0)).count(&db).await.unwrap_err(),
        Film.filter(Film.title.cast::<f64>().gt(0.0)).count(&db).await.unwrap_err(),
    ] {
        assert!(refused.to_string().contains(r#""Alien""#), "{refused}");
    }
    Film.filter(Film.subtitle.is_not_null()).update(Film.subtitle.set(" -12 ")).exec(&db).await.unwrap();
    let read = Film.order_by(Film.id).select((Film.subtitle.cast::<i32>(), Film.subtitle.cast::<f64>()));
    assert_eq!(read.all(&db).await.unwrap()[..2], [(Some(-12), Some(-12.0)), (None, None)]);
}

/// Where nothing tells the database a parameter's type, the ORM does.
async fn values_have_their_types(on: &On) {
    let (db, _) = on.filled().await;
    let row = Film.filter(Film.id.eq(1)).select((
        value(5),
        value(dec("1.50")),
        value(date("2000-01-02")),
        value(true),
        value("x").concat("y"),
    ));
    assert_eq!(row.one(&db).await.unwrap(), (5, dec("1.5"), date("2000-01-02"), true, text("xy")));
    let classic = || Film.classic.eq(true);
    let sets = (
        Film.votes.set(case().when(classic(), 1).otherwise(2)),
        Film.subtitle.set(case().when(classic(), "yes").or_null()),
        Film.price.set(case().when(classic(), dec("0.5")).otherwise(dec("0.25"))),
        Film.released.set(case().when(classic(), date("2001-01-01")).otherwise(date("2002-02-02"))),
        Film.status.set(case().when(classic(), Status::Draft).otherwise(Status::Withdrawn)),
    );
    Film.query().update(sets).exec(&db).await.unwrap();
    let rows =
        Film.order_by(Film.id).select((Film.votes, Film.subtitle, Film.price, Film.released, Film.status));
    let rows = rows.all(&db).await.unwrap();
    assert_eq!(rows[0], (1, Some(text("yes")), dec("0.5"), date("2001-01-01"), Status::Draft));
    assert_eq!(rows[2], (2, None, dec("0.25"), date("2002-02-02"), Status::Withdrawn));
    let best = Film.order_by(Film.id).select(case().when(classic(), date("2001-01-01")).or_null());
    assert_eq!(best.all(&db).await.unwrap(), [Some(date("2001-01-01")), None, None]);
}

async fn queries_inside_queries(on: &On) {
    let (db, rows) = on.filled().await;
    let of_film = || Review.filter(Review.film.key().eq(outer(Film.id)));
    // Films with a review of more stars than hundreds of votes.
    let loved = Film.filter(exists(of_film().filter((Review.stars * 100).gt(outer(Film.votes)))));
    let text = loved.clone().to_sql(&SQLITE).unwrap().sql;
    assert!(
        text.contains(
            "WHERE EXISTS (SELECT 1 FROM \"cinema_review\" AS t1 WHERE t1.\"film_id\" = t0.\"id\" \
             AND (t1.\"stars\" * ?1) > t0.\"votes\" LIMIT 1)"
        ),
        "{text}"
    );
    assert_eq!(loved.one(&db).await.unwrap().id, rows.cleo.id);
    assert_eq!(Film.filter(!exists(of_film().filter(Review.stars.eq(5)))).count(&db).await.unwrap(), 1);
    assert_eq!(Film.filter(exists(Review.none())).count(&db).await.unwrap(), 0);

    // One value of another query, beside each row and as its order.
    let worst = || of_film().order_by(Review.stars).select(Review.stars).scalar();
    let films = Film.order_by((worst(), Film.id)).annotate(worst()).all(&db).await.unwrap();
    let found: Vec<(&str, Option<i32>)> =
        films.iter().map(|(film, stars)| (film.title.as_str(), *stars)).collect();
    assert_eq!(found, [("Alien", Some(3)), ("Cléo de 5 à 7", Some(4)), ("Blade Runner", Some(5))]);
    assert_eq!(
        Film.select(Review.none().select(Review.stars).scalar()).first(&db).await.unwrap(),
        Some(None)
    );
    // Decimals keep their places; a column over a foreign key of the outer query is joined there.
    let dearest = Film.filter(Film.director.name.eq(outer(Film.director.name))).order_by(Film.price.desc());
    let dearest = Film.filter(Film.price.lt(dearest.select(Film.price).scalar()));
    assert_eq!(dearest.one(&db).await.unwrap().title, "Alien");
    // In a relation's filter, the owner is outside.
    let own = Film.filter(Film.reviews.any((Review.stars * 200).gt(outer(Film.votes))));
    assert_eq!(
        own.order_by(Film.id).select(Film.id).all(&db).await.unwrap(),
        [rows.alien.id, rows.blade.id, rows.cleo.id]
    );

    // Two levels out.
    let deep = Director.filter(exists(Film.filter(
        Film.director.key().eq(outer(Director.id))
            & exists(Review.filter(
                Review.film.key().eq(outer(Film.id))
                    & Review.stars.cast::<i64>().gt(outer::<Film, _, _>(outer(Director.id))),
            )),
    )));
    assert_eq!(deep.count(&db).await.unwrap(), 2);

    // Where it means nothing, it says so.
    let alone = Review.filter(Review.stars.gt(outer(Film.votes))).all(&db).await.unwrap_err().to_string();
    assert!(alone.contains("outer(Film.…) stands in a query that is in no other"), "{alone}");
    let wrong = Director.filter(exists(of_film())).all(&db).await.unwrap_err().to_string();
    assert!(wrong.contains("inside one on Director, not on Film"), "{wrong}");
}
