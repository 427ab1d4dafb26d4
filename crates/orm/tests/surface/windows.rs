//! Values over the rows around each row.

use quintet_orm::prelude::*;
use serde_json::json;

use crate::{common::*, sheet::*};

pub(crate) async fn rows(sheet: &mut Sheet) {
    let s = sheet;
    let all = || window().order_by(Film.votes.desc());
    let own = || window().partition_by(Film.director).order_by(Film.votes.desc());
    let text = |text: &str| text.to_owned();
    let some = |text: &str| Some(text.to_owned());
    s.values("window, Window::order_by, WindowFn::over, row_number", row_number().over(all()), &[1, 2, 3])
        .await;
    s.values("Window::partition_by, rank", rank().over(own()), &[1, 2, 1]).await;
    s.values(
        "Window::partition_by (columns and expressions)",
        rank().over(window().partition_by((Film.director.name, Film.votes.gt(500))).order_by(Film.id)),
        &[1, 2, 1],
    )
    .await;
    let stars = || window().order_by(Review.stars.desc());
    let ranks = Review.order_by(Review.id).select((
        rank().over(stars()),
        dense_rank().over(stars()),
        percent_rank().over(stars()),
        cume_dist().over(stars()),
    ));
    let third = 1.0 / 3.0 * 2.0;
    s.query(
        "rank, dense_rank, percent_rank, cume_dist",
        ranks,
        &[(1, 1, 0.0, 0.5), (4, 3, 1.0, 1.0), (1, 1, 0.0, 0.5), (3, 2, third, 0.75)],
    )
    .await;
    s.values("ntile", ntile(2).over(all()), &[1, 1, 2]).await;
    s.values("Operand::lag", Film.title.lag(1).over(all()), &[None, some("Alien"), some("Blade Runner")])
        .await;
    s.values(
        "Operand::lag_or",
        Film.price.lag_or(2, dec("0.125")).over(all()),
        &[dec("0.125"), dec("0.125"), dec("9.5")],
    )
    .await;
    s.values("Operand::lead", Film.votes.lead(1).over(own()), &[Some(800), None, None]).await;
    s.values(
        "Operand::lead_or",
        Film.title.lead_or(1, "last").over(all()),
        &[text("Blade Runner"), text("Cléo de 5 à 7"), text("last")],
    )
    .await;
    s.values(
        "Operand::first_value",
        Film.title.first_value().over(own()),
        &[some("Alien"), some("Alien"), some("Cléo de 5 à 7")],
    )
    .await;
    s.values(
        "Operand::last_value",
        Film.title.last_value().over(own().rows(..)),
        &[some("Blade Runner"), some("Blade Runner"), some("Cléo de 5 à 7")],
    )
    .await;
    s.values(
        "Operand::nth_value",
        Film.title.nth_value(2).over(all()),
        &[None, some("Blade Runner"), some("Blade Runner")],
    )
    .await;

    // Aggregates: running, moving, around each row.
    s.values("Expr::over", Film.votes.sum().over(all()), &[Some(900), Some(1700), Some(1800)]).await;
    s.values(
        "Expr::over (a share of all)",
        Film.votes.as_float() / Film.votes.as_float().sum().over(window()).coalesce(1),
        &[0.5, 800.0 / 1800.0, 100.0 / 1800.0],
    )
    .await;
    s.values(
        "Expr::over (several in one)",
        (Film.votes.max() - Film.votes.min()).over(own().rows(..)),
        &[Some(100), Some(100), Some(0)],
    )
    .await;
    s.values("Expr::over (with a filter)", Film.rows().filter(Film.votes.gt(850)).over(window()), &[1, 1, 1])
        .await;
    s.values(
        "Expr::over (a decimal's mean)",
        Film.price.avg().over(all().rows(-1..=0)),
        &[Some(9.5), Some(9.75), Some(8.5)],
    )
    .await;
    s.values(
        "Expr::over (a variance)",
        Film.votes.variance().over(all().rows(-1..=0)),
        &[Some(0.0), Some(2500.0), Some(122_500.0)],
    )
    .await;
    s.values(
        "Expr::over (a sample's)",
        Film.votes.sample_variance().over(all().rows(0..=0)),
        &[None, None, None],
    )
    .await;
    s.values(
        "Expr::over (texts)",
        Film.title.left(1).string_agg("<").over(all()),
        &[some("A"), some("A<B"), some("A<B<C")],
    )
    .await;
    s.values(
        "Expr::over (any value)",
        Film.director.name.any_value().over(own()),
        &[some("Ridley Scott"), some("Ridley Scott"), some("Agnès Varda")],
    )
    .await;
    s.values(
        "Expr::over (all hold)",
        Film.votes.gt(500).bool_and().over(all()),
        &[Some(true), Some(true), Some(false)],
    )
    .await;
    s.values(
        "Expr::over (a list)",
        Film.votes.json_agg().over(all()),
        &[json!([900]), json!([900, 800]), json!([900, 800, 100])],
    )
    .await;
    s.values("Window::rows", Film.votes.sum().over(all().rows(0..)), &[Some(1800), Some(900), Some(100)])
        .await;
    s.values(
        "Window::rows (before each)",
        Film.votes.sum().over(all().rows(..0)),
        &[None, Some(900), Some(1700)],
    )
    .await;
    s.values("Window::rows (two further)", Film.rows().over(all().rows(1..3)), &[2, 1, 0]).await;
    s.values("Window::range", Film.rows().over(window().order_by(Film.votes).range(-100..=100)), &[2, 2, 1])
        .await;
    s.values(
        "Window::range (decimals)",
        Film.rows().over(window().order_by(Film.price).range(-1..=0)),
        &[1, 2, 1],
    )
    .await;
    s.values(
        "Window::range (equals)",
        Film.rows().over(window().order_by(Film.released).range(..=0)),
        &[2, 3, 1],
    )
    .await;
    let groups = Review.order_by(Review.id).select(Review.rows().over(stars().groups(-1..=0)));
    s.query("Window::groups", groups, &[2, 2, 2, 3]).await;
    for (label, exclude, counts) in [
        ("Window::exclude (the row)", Exclude::CurrentRow, [3, 3, 3, 3]),
        ("Window::exclude (its group)", Exclude::Group, [2, 3, 2, 3]),
        ("Window::exclude (its equals)", Exclude::Ties, [3, 4, 3, 4]),
        ("Window::exclude (nothing)", Exclude::Nothing, [4, 4, 4, 4]),
    ] {
        let around = stars().rows(..).exclude(exclude);
        s.query(label, Review.order_by(Review.id).select(Review.rows().over(around)), &counts).await;
    }
    s.values(
        "Window::exclude (without a frame)",
        Film.votes.sum().over(all().exclude(Exclude::CurrentRow)),
        &[None, Some(900), Some(1700)],
    )
    .await;
    s.values(
        "Window::exclude (without a frame and an order)",
        Film.votes.sum().over(window().exclude(Exclude::CurrentRow)),
        &[Some(900), Some(1000), Some(1700)],
    )
    .await;

    // Filtered by: rows are found first, and chosen among afterwards.
    let best = || rank().over(own()).eq(1);
    s.condition("WindowFn::over (filtered by)", best(), &["Alien", "Cléo de 5 à 7"]).await;
    s.condition(
        "WindowFn::over (with another condition, which comes first)",
        best() & Film.title.ne("Alien"),
        OTHERS,
    )
    .await;
    s.condition(
        "WindowFn::over (or another condition)",
        rank().over(all()).eq(1) | Film.director.name.starts_with("Agn"),
        &["Alien", "Cléo de 5 à 7"],
    )
    .await;
    s.condition("WindowFn::over (not)", !best(), BLADE).await;
    s.condition(
        "WindowFn::over (with a subquery beside it)",
        best() | Film.reviews.any(Review.stars.eq(5)),
        ALL,
    )
    .await;
    s.condition(
        "Expr::over (compared with a column)",
        Film.price.as_float().gt(Film.price.avg().over(window())),
        BOTH,
    )
    .await;
    let titles = |query: QuerySet<Film>| query.select(Film.title);
    s.query(
        "WindowFn::over (ordered by)",
        titles(Film.order_by((rank().over(own()), Film.id))),
        &["Alien", "Cléo de 5 à 7", "Blade Runner"].map(text),
    )
    .await;
    let place = row_number().over(all());
    let annotated = Film
        .annotate(place.clone())
        .filter(place.clone().gt(1))
        .order_by(place.clone().desc())
        .limit(1)
        .select_related(Film.director);
    s.statement("QuerySet::annotate (filtered and ordered by a window)", |dialect| annotated.to_sql(dialect));
    let found = annotated.clone().all(&s.db).await.unwrap();
    assert_eq!((found[0].0.title.as_str(), found[0].1, found.len()), ("Cléo de 5 à 7", 3, 1));
    assert_eq!(found[0].0.director.get().unwrap().name, "Agnès Varda");
    assert_eq!(found[0].0.price, dec("7"));
    // Counted, tested, put together, inside others, changed.
    let chosen = || Film.filter(best());
    assert_eq!(chosen().count(&s.db).await.unwrap(), 2);
    assert!(chosen().exists(&s.db).await.unwrap());
    assert!(!chosen().filter(Film.votes.lt(0)).exists(&s.db).await.unwrap());
    assert_eq!(chosen().aggregate(Film.votes.sum(), &s.db).await.unwrap(), Some(1000));
    assert_eq!(chosen().get(s.rows.alien.id, &s.db).await.unwrap().title, "Alien");
    assert_eq!(chosen().order_by(Film.id).page(2, 1, &s.db).await.unwrap().items[0].title, "Cléo de 5 à 7");
    assert_eq!(chosen().in_bulk([1, 2, 3], &s.db).await.unwrap().len(), 2);
    let grouped = chosen().group_by(Film.classic).order_by(Film.classic).aggregate(Film.rows());
    s.query("QuerySet::group_by (of chosen rows)", grouped, &[(false, 1), (true, 1)]).await;
    s.query(
        "QuerySet::distinct (of chosen rows)",
        chosen().select(Film.studio.is_null()).distinct().order_by(Film.studio.is_null()),
        &[false, true],
    )
    .await;
    s.condition(
        "Operand::in_query (of chosen rows)",
        Film.id.in_query(chosen().select(Film.id)),
        &["Alien", "Cléo de 5 à 7"],
    )
    .await;
    let of_country = Film.filter(
        row_number().over(window().order_by(Film.votes)).eq(1)
            & Film.director.key().eq(outer(Film.director.key())),
    );
    s.values(
        "QuerySet::scalar (of chosen rows)",
        of_country.select(Film.title).scalar(),
        &[some("Blade Runner"), some("Blade Runner"), some("Cléo de 5 à 7")],
    )
    .await;
    let both = titles(chosen().order_by(Film.id))
        .union(titles(Film.filter(Film.votes.eq(800))))
        .order_by(Film.title);
    s.statement("QuerySet::union (of chosen rows)", |dialect| both.to_sql(dialect));
    assert_eq!(both.all(&s.db).await.unwrap(), ALL);
    let update = chosen().update(Film.votes.set(Film.votes + 1));
    s.statement("QuerySet::update (of chosen rows)", |dialect| update.to_sql(dialect));
    assert_eq!(update.exec(&s.db).await.unwrap(), 2);
    assert_eq!(chosen().update(Film.votes.set(Film.votes - 1)).exec(&s.db).await.unwrap(), 2);
    // Only the best review of each film, for each film.
    let first = window().partition_by(Review.film).order_by((Review.stars.desc(), Review.id));
    let films = Film
        .order_by(Film.id)
        .prefetch_related(Film.reviews.filter(row_number().over(first).eq(1)))
        .all(&s.db)
        .await
        .unwrap();
    let stars: Vec<Vec<i32>> = films
        .iter()
        .map(|film| film.reviews.get().unwrap().iter().map(|review| review.stars).collect())
        .collect();
    assert_eq!(stars, [[5], [5], [4]]);
    let noir = s
        .rows
        .alien
        .related(Film.tags)
        .filter(row_number().over(window().order_by(Tag.name)).le(1))
        .all(&s.db)
        .await
        .unwrap();
    assert_eq!(noir[0].name, "horror");
    // Over groups.
    let by_director = Film
        .group_by(Film.director.name)
        .order_by(Film.director.name)
        .aggregate((Film.votes.sum(), rank().over(window().order_by(Film.votes.sum().desc()))));
    s.query(
        "WindowFn::over (groups)",
        by_director,
        &[(text("Agnès Varda"), (Some(100), 2)), (text("Ridley Scott"), (Some(1700), 1))],
    )
    .await;

    // Refused where no database takes one.
    let place = || rank().over(window().order_by(Film.votes));
    s.refused(
        "WindowFn::over (in an aggregate)",
        &Film.group_by(Film.classic).aggregate(place().max()),
        "stands in an aggregate",
    );
    s.refused(
        "WindowFn::over (a key of groups)",
        &Film.group_by(place()).aggregate(Film.rows()),
        "stands in a key of groups",
    );
    s.refused(
        "WindowFn::over (in another)",
        &Film.select(rank().over(window().order_by(place()))),
        "what a window is made of",
    );
    s.refused(
        "WindowFn::over (asked by another)",
        &Film.select(place().lag(1).over(window().order_by(Film.id))),
        "what a window function is asked about",
    );
    s.refused(
        "WindowFn::over (in a relation's filter)",
        &Director.filter(Director.films.any(place().eq(1))),
        "a condition inside another expression",
    );
    s.refused(
        "Expr::over (different values)",
        &Film.select(Film.title.count_distinct().over(window())),
        "takes no distinct()",
    );
    s.refused(
        "Expr::over (rows in an order)",
        &Film.select(Film.title.string_agg("").order_by(Film.id).over(window())),
        "give that order to the window",
    );
    s.refused(
        "Window::range (of dates)",
        &Film.select(Film.rows().over(window().order_by(Film.released).range(-1..=0))),
        "ordered by a number",
    );
    s.refused(
        "Window::range (without an order)",
        &Film.select(Film.rows().over(window().range(-1..=0))),
        "ordered by one number",
    );
    s.refused(
        "Window::groups (without an order)",
        &Film.select(Film.rows().over(window().groups(-1..=0))),
        "needs a window with an order",
    );
    s.refused(
        "Window::rows (backwards)",
        &Film.select(Film.rows().over(window().rows(std::ops::RangeInclusive::new(2, 1)))),
        "ends before it starts",
    );
    let set = Film.query().update(Film.votes.set(place().cast::<i32>()));
    assert!(set.exec(&s.db).await.unwrap_err().to_string().contains("a value that is set"));
}
