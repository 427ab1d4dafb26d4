//! One value over many rows.

use std::fmt::Debug;

use quintet_orm::{Model, expr::Aggregates, prelude::*};
use serde_json::json;

use crate::{common::*, sheet::*};

impl Sheet {
    /// An aggregate over all films; its statement is that of one group, as that of all has none to show.
    async fn of_films<A: Aggregates<Film> + Clone>(&mut self, label: &str, aggregate: A, expected: A::Out)
    where
        A::Out: Debug + PartialEq,
    {
        self.of(label, Film.query(), aggregate, expected).await;
    }

    async fn of<M: Model, A: Aggregates<M> + Clone>(
        &mut self,
        label: &str,
        query: QuerySet<M>,
        aggregate: A,
        expected: A::Out,
    ) where
        A::Out: Debug + PartialEq,
    {
        let grouped = query.clone().group_by(value(1)).aggregate(aggregate.clone());
        self.statement(label, |dialect| grouped.to_sql(dialect));
        let found =
            query.aggregate(aggregate, &self.db).await.unwrap_or_else(|error| panic!("{label}: {error:?}"));
        assert_eq!(found, expected, "{label}");
    }
}

pub(crate) async fn rows(sheet: &mut Sheet) {
    let s = sheet;
    let some = |text: &str| Some(text.to_owned());
    s.of_films("Table::rows", Film.rows(), 3).await;
    s.of_films("Operand::count", Film.subtitle.count(), 1).await;
    s.of_films("Operand::count_distinct", Film.director.name.count_distinct(), 2).await;
    s.of_films("Operand::sum", Film.price.sum(), Some(dec("26.50"))).await;
    s.of_films("Operand::sum (whole numbers)", Film.votes.sum(), Some(1800)).await;
    s.of_films("Operand::avg", Film.votes.avg(), Some(600.0)).await;
    s.of_films("Operand::avg (a decimal)", (Film.price * 2).avg().coalesce(0) * 3.0, 53.0).await;
    s.of_films("Operand::min", Film.released.min(), Some(date("1962-04-11"))).await;
    s.of_films("Operand::max", Film.studio.city.max(), some("Los Angeles")).await;
    // 900, 800, 100: mean 600.
    let near = |label: &'static str, squares: f64| {
        move |found: f64| assert!((found - squares).abs() < 1e-6, "{label}: {found}")
    };
    for (label, aggregate, expected) in [
        ("Operand::variance", Film.votes.variance(), 380_000.0 / 3.0),
        ("Operand::stddev", Film.votes.stddev(), (380_000.0f64 / 3.0).sqrt()),
        ("Operand::sample_variance", Film.votes.sample_variance(), 190_000.0),
        ("Operand::sample_stddev", Film.votes.sample_stddev(), 190_000f64.sqrt()),
        ("Operand::variance (a decimal)", Film.price.variance(), 1.722_222_222),
        ("Operand::sample_variance (a decimal)", Film.price.sample_variance(), 2.583_333_333),
    ] {
        let grouped = Film.group_by(value(1)).aggregate(aggregate.clone());
        s.statement(label, |dialect| grouped.to_sql(dialect));
        near(label, expected)(Film.aggregate(aggregate, &s.db).await.unwrap().unwrap());
    }
    let one = || Film.filter(Film.classic.eq(true));
    s.of("Operand::variance (of one row)", one(), Film.votes.variance(), Some(0.0)).await;
    s.of("Operand::sample_variance (of one row)", one(), Film.votes.sample_variance(), None).await;
    s.of("Operand::sample_stddev (of one row)", one(), Film.votes.sample_stddev(), None).await;

    s.of(
        "Operand::string_agg",
        Tag.query(),
        Tag.name.string_agg("/").order_by(Tag.name.desc()),
        some("noir/new wave/horror"),
    )
    .await;
    s.of(
        "Operand::string_agg (missing ones)",
        Film.query(),
        Film.studio.city.string_agg("; "),
        some("Los Angeles; Los Angeles"),
    )
    .await;
    s.of(
        "Operand::string_agg (without any)",
        one(),
        Film.studio.city.string_agg(",").filter(Film.votes.lt(0)),
        None,
    )
    .await;
    s.of(
        "Expr::order_by",
        Film.query(),
        Film.title.left(1).string_agg("").order_by((Film.votes.asc(), Film.id)),
        some("CBA"),
    )
    .await;
    s.of("Expr::distinct", Film.query(), Film.studio.city.string_agg("', '").distinct(), some("Los Angeles"))
        .await;
    s.of(
        "Expr::distinct (in an order)",
        Film.query(),
        Film.director.name.string_agg(" & ").distinct().order_by(Film.director.name.desc()),
        some("Ridley Scott & Agnès Varda"),
    )
    .await;
    s.of(
        "Expr::distinct (without any)",
        Film.filter(Film.votes.lt(0)),
        Film.title.string_agg(",").distinct(),
        None,
    )
    .await;
    s.of(
        "Expr::distinct (a sum)",
        Review.query(),
        (Review.stars.sum().distinct(), Review.stars.avg().distinct()),
        (Some(12), Some(4.0)),
    )
    .await;
    s.of(
        "Expr::filter",
        Film.query(),
        (Film.rows().filter(Film.votes.gt(500)), Film.title.string_agg("+").filter(Film.classic.eq(true))),
        (2, some("Alien")),
    )
    .await;
    s.of(
        "Operand::json_agg",
        Film.query(),
        Film.title.json_agg().order_by(Film.id),
        json!(["Alien", "Blade Runner", "Cléo de 5 à 7"]),
    )
    .await;
    s.of(
        "Operand::json_agg (each kind)",
        one(),
        (
            Film.votes.json_agg(),
            Film.price.json_agg(),
            Film.classic.json_agg(),
            Film.released.json_agg(),
            Film.studio.city.json_agg(),
        ),
        (json!([900]), json!([9.5]), json!([true]), json!(["1979-05-25"]), json!(["Los Angeles"])),
    )
    .await;
    s.of(
        "Operand::json_agg (missing ones)",
        Film.query(),
        Film.subtitle.is_null().json_agg().order_by(Film.id),
        json!([false, true, true]),
    )
    .await;
    s.of(
        "Operand::json_agg (different ones)",
        Film.query(),
        Film.subtitle.left(2).json_agg().distinct().order_by(Film.subtitle.left(2).desc()),
        json!(["In", null]),
    )
    .await;
    s.of("Operand::json_agg (without any)", Film.filter(Film.votes.lt(0)), Film.title.json_agg(), json!([]))
        .await;
    s.of(
        "Operand::any_value",
        Film.query(),
        (Film.subtitle.any_value().is_not_null(), Film.classic.any_value().filter(Film.classic.eq(true))),
        (true, Some(true)),
    )
    .await;
    s.of("Operand::any_value (a decimal)", one(), Film.price.any_value(), Some(dec("9.5"))).await;
    s.of(
        "Operand::bool_and",
        Film.query(),
        (Film.classic.bool_and(), Film.votes.ge(100).bool_and()),
        (Some(false), Some(true)),
    )
    .await;
    s.of(
        "Operand::bool_or",
        Film.query(),
        (Film.classic.bool_or(), Film.votes.gt(1000).bool_or()),
        (Some(true), Some(false)),
    )
    .await;
    s.of(
        "Operand::bool_or (without any)",
        Film.filter(Film.votes.lt(0)),
        (Film.classic.bool_or(), Film.classic.bool_and()),
        (None, None),
    )
    .await;

    let by_city = Film
        .group_by((Film.studio.city, Film.classic))
        .having(Film.price.sum().lt(10) & Film.rows().ge(1))
        .order_by((Film.price.sum().desc(), Film.classic))
        .aggregate((Film.rows(), Film.price.sum()));
    s.query(
        "Table::group_by, Grouped::having, Grouped::order_by, Grouped::aggregate",
        by_city,
        &[((some("Los Angeles"), true), (1, Some(dec("9.5")))), ((None, false), (1, Some(dec("7"))))],
    )
    .await;
    let by_director = Film
        .filter(Film.votes.gt(100))
        .group_by(Film.director.name)
        .aggregate(Film.title.string_agg(" + ").order_by(Film.title));
    s.query("QuerySet::group_by", by_director, &[("Ridley Scott".to_owned(), some("Alien + Blade Runner"))])
        .await;
    // Over a part, over none, over all of the table.
    let part =
        Film.order_by(Film.votes.desc()).limit(2).aggregate((Film.rows(), Film.votes.sum()), &s.db).await;
    assert_eq!(part.unwrap(), (2, Some(1700)));
    assert_eq!(Film.none().aggregate((Film.rows(), Film.votes.max()), &s.db).await.unwrap(), (0, None));
    assert_eq!(Film.aggregate(Film.votes.max(), &s.db).await.unwrap(), Some(900));
    s.about("QuerySet::aggregate, Table::aggregate");
    let annotated = Film.filter(Film.classic.eq(true)).annotate((Film.title.length(), Film.reviews.count()));
    s.statement("QuerySet::annotate", |dialect| annotated.to_sql(dialect));
    let (film, values) = annotated.one(&s.db).await.unwrap();
    assert_eq!((film.title.as_str(), values), ("Alien", (5, 2)));
    let all = Film.annotate(Film.votes + 1).order_by(Film.id);
    s.statement("Table::annotate", |dialect| all.to_sql(dialect));
    assert_eq!(
        all.all(&s.db).await.unwrap().iter().map(|(_, votes)| *votes).collect::<Vec<_>>(),
        [901, 801, 101]
    );

    for (label, aggregate, why) in [
        ("Expr::order_by (of a sum)", Film.votes.sum().order_by(Film.id), "take their rows in an order"),
        (
            "Expr::distinct (in another's order)",
            Film.votes.sum().distinct().order_by(Film.id),
            "take their rows in an order",
        ),
    ] {
        s.refused(label, &Film.group_by(Film.classic).aggregate(aggregate), why);
    }
    let texts = Film.title.string_agg(",").distinct().order_by(Film.votes);
    s.refused(
        "Expr::distinct (texts in another's order)",
        &Film.group_by(Film.classic).aggregate(texts),
        "only in an order of their own",
    );
}
