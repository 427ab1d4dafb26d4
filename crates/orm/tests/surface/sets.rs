//! Queries: what they are narrowed, ordered, cut and asked by.

use quintet_orm::prelude::*;

use crate::{common::*, sheet::*};

#[derive(Shape, Debug, PartialEq)]
#[shape(model = Film)]
struct Card {
    title: String,
    #[shape(nested)]
    director: Name,
    #[shape(expr = Film.reviews.count())]
    reviews: i64,
}

#[derive(Shape, Debug, PartialEq)]
#[shape(model = Director)]
struct Name {
    name: String,
}

fn titles(query: QuerySet<Film>) -> QuerySet<Film, String> {
    query.select(Film.title)
}

fn is(titles: &[&str]) -> Vec<String> {
    titles.iter().map(|title| (*title).to_owned()).collect()
}

#[allow(clippy::too_many_lines)]
pub(crate) async fn rows(sheet: &mut Sheet) {
    let s = sheet;
    let db = s.db.clone();
    let of = |query: QuerySet<Film>| titles(query.order_by(Film.id));
    // Narrowed, ordered, cut.
    s.query(
        "Table::query, QuerySet::select",
        titles(Film.query()),
        &is(&["Blade Runner", "Alien", "Cléo de 5 à 7"]),
    )
    .await;
    s.query(
        "Table::select",
        Film.select((Film.title, Film.studio.city)).order_by(Film.id).limit(1),
        &[("Alien".to_owned(), Some("Los Angeles".to_owned()))],
    )
    .await;
    s.query("Table::filter", of(Film.filter(Film.votes.gt(500))), &is(BOTH)).await;
    s.query(
        "QuerySet::filter",
        of(Film.query().filter(Film.votes.gt(500)).filter(Film.classic.eq(false))),
        &is(BLADE),
    )
    .await;
    s.query("Table::exclude", of(Film.exclude(Film.subtitle.eq("x"))), &is(ALL)).await;
    s.query(
        "QuerySet::exclude",
        of(Film.query().exclude(Film.votes.gt(500) & Film.classic.eq(true))),
        &is(OTHERS),
    )
    .await;
    s.query(
        "Table::order_by",
        titles(Film.order_by((Film.classic.desc(), Film.votes))),
        &is(&["Alien", "Cléo de 5 à 7", "Blade Runner"]),
    )
    .await;
    s.query(
        "QuerySet::order_by",
        titles(Film.order_by(Film.title).order_by(Film.votes)),
        &is(&["Cléo de 5 à 7", "Blade Runner", "Alien"]),
    )
    .await;
    s.query(
        "QuerySet::reverse",
        titles(Film.query().reverse()),
        &is(&["Cléo de 5 à 7", "Alien", "Blade Runner"]),
    )
    .await;
    s.query(
        "QuerySet::reverse (with missing values at the end)",
        Film.order_by((Film.subtitle.asc().nulls_last(), Film.id.asc())).reverse().select(Film.id),
        &[3, 2, 1],
    )
    .await;
    s.query("Table::limit", Film.limit(2).select(Film.id), &[2, 1]).await;
    s.query("QuerySet::limit", of(Film.query().limit(1)), &is(ALIEN)).await;
    s.query("QuerySet::limit (0)", of(Film.query().limit(0)), &[]).await;
    s.query("QuerySet::limit (more than there are numbers)", of(Film.query().limit(u64::MAX)), &is(ALL))
        .await;
    s.query("QuerySet::offset", of(Film.query().offset(1)), &is(OTHERS)).await;
    s.query("QuerySet::offset (with a limit)", of(Film.query().offset(1).limit(1)), &is(BLADE)).await;
    s.query("QuerySet::offset (huge)", of(Film.query().offset(u64::MAX)), &[]).await;
    s.query(
        "QuerySet::distinct",
        Film.select(Film.director.name).distinct().order_by(Film.director.name),
        &["Agnès Varda".to_owned(), "Ridley Scott".to_owned()],
    )
    .await;
    let best =
        titles(Film.query().distinct_on(Film.director).order_by((Film.director.asc(), Film.votes.desc())));
    s.statement("QuerySet::distinct_on", |dialect| best.to_sql(dialect));
    if db.dialect().distinct_on {
        assert_eq!(best.clone().all(&db).await.unwrap(), ["Alien", "Cléo de 5 à 7"]);
        assert_eq!(best.count(&db).await.unwrap(), 2);
    } else {
        let error = best.all(&db).await.unwrap_err().to_string();
        assert!(
            error.contains("has no DISTINCT ON: instead of distinct_on(column), filter by row_number()"),
            "{error}"
        );
    }
    let any = Film.query().distinct_on((Film.classic, Film.studio)).select(Film.classic);
    s.statement("QuerySet::distinct_on (in no order)", |dialect| any.to_sql(dialect));
    let wrong = Film.query().distinct_on(Film.director).order_by(Film.votes);
    s.statement("QuerySet::distinct_on (in another order)", |dialect| wrong.to_sql(dialect));
    assert!(
        wrong
            .to_sql(&quintet_orm::dialect::POSTGRES)
            .unwrap_err()
            .to_string()
            .contains("must begin with the same columns")
    );
    s.query("Table::none", titles(Film.none()), &[]).await;
    s.query("QuerySet::none", titles(Film.filter(Film.votes.gt(0)).none()), &[]).await;
    let log = db.record();
    assert!(Film.none().all(&db).await.unwrap().is_empty() && !Film.none().exists(&db).await.unwrap());
    assert!(Film.limit(0).first(&db).await.unwrap().is_none() && Film.none().count(&db).await.unwrap() == 0);
    assert_eq!(log.count(), 0);

    // Asked.
    let alien = s.rows.alien.id;
    assert_eq!(Film.all(&db).await.unwrap().len(), 3);
    assert_eq!(Film.filter(Film.votes.gt(500)).all(&db).await.unwrap().len(), 2);
    assert_eq!(Film.first(&db).await.unwrap().unwrap().title, "Blade Runner");
    assert_eq!(Film.order_by(Film.title).first(&db).await.unwrap().unwrap().title, "Alien");
    assert_eq!(Film.last(&db).await.unwrap().unwrap().title, "Cléo de 5 à 7");
    assert_eq!(Film.order_by(Film.title.desc()).last(&db).await.unwrap().unwrap().title, "Alien");
    assert_eq!(Film.filter(Film.id.eq(alien)).one(&db).await.unwrap().title, "Alien");
    assert_eq!(Film.get(alien, &db).await.unwrap().title, "Alien");
    assert!(Film.filter(Film.votes.lt(0)).get(alien, &db).await.is_err());
    assert_eq!(
        (Film.count(&db).await.unwrap(), Film.filter(Film.votes.gt(500)).count(&db).await.unwrap()),
        (3, 2)
    );
    assert!(Film.exists(&db).await.unwrap() && !Film.filter(Film.votes.lt(0)).exists(&db).await.unwrap());
    assert_eq!(Film.earliest(Film.released, &db).await.unwrap().unwrap().title, "Cléo de 5 à 7");
    assert_eq!(
        Film.filter(Film.votes.gt(500)).earliest(Film.released, &db).await.unwrap().unwrap().title,
        "Alien"
    );
    assert_eq!(Film.latest(Film.released, &db).await.unwrap().unwrap().title, "Blade Runner");
    // Without a value it is never the latest.
    assert_eq!(
        Film.filter(Film.votes.gt(0)).latest(Film.subtitle, &db).await.unwrap().unwrap().title,
        "Alien"
    );
    let by_key = Film.in_bulk([alien, 99], &db).await.unwrap();
    assert_eq!((by_key.len(), by_key[&alien].title.as_str()), (1, "Alien"));
    assert!(Film.filter(Film.votes.lt(500)).in_bulk([alien], &db).await.unwrap().is_empty());
    let page = Film.order_by(Film.id).page(2, 2, &db).await.unwrap();
    assert_eq!(
        (page.items.len(), page.total, page.pages, page.has_next(), page.has_previous()),
        (1, 3, 2, false, true)
    );
    assert_eq!(page.map(|film| film.title).items, ["Cléo de 5 à 7"]);
    let first = Film.order_by(Film.id).page_from(Seek::Start, 2, &db).await.unwrap();
    let from = Seek::of(first.next.as_deref(), None).unwrap();
    let rest = Film.order_by(Film.id).page_from(from, 2, &db).await.unwrap().map(|film| film.title);
    assert_eq!((rest.items.as_slice(), rest.next), (&is(&["Cléo de 5 à 7"])[..], None));
    let mut stream = Film.stream(&db);
    let mut streamed = Vec::new();
    while let Some(film) = stream.next().await {
        streamed.push(film.unwrap().title);
    }
    drop(stream);
    let owned = (Film.stream_owned(db.clone()), Film.query().stream_owned(db.clone()));
    for mut stream in [owned.0, owned.1] {
        assert_eq!(stream.next().await.unwrap().unwrap().title, "Blade Runner");
    }
    assert_eq!(streamed, ["Blade Runner", "Alien", "Cléo de 5 à 7"]);
    let mut stream = Film.filter(Film.classic.eq(true)).select(Film.votes).stream(&db);
    assert_eq!(stream.next().await.unwrap().unwrap(), 900);
    drop(stream);
    assert!(Film.query().to_sql(&quintet_orm::dialect::SQLITE).unwrap().sql.starts_with("SELECT"));
    assert_eq!(Film.meta().name, "Film");
    s.about(
        "Table::all, QuerySet::all, Table::first, QuerySet::first, Table::last, QuerySet::last, QuerySet::one, Table::get, \
         QuerySet::get, Table::count, QuerySet::count, Table::exists, QuerySet::exists, Table::earliest, QuerySet::earliest, \
         Table::latest, QuerySet::latest, Table::in_bulk, QuerySet::in_bulk, QuerySet::page, QuerySet::page_from, Seek::of, Stretch::map, PageOf::has_next, \
         PageOf::has_previous, PageOf::map, Table::stream, QuerySet::stream, Table::stream_owned, QuerySet::stream_owned, Rows::next, QuerySet::to_sql, Table::meta",
    );

    // With related objects, as shapes.
    let joined = Film.select_related(Film.director).filter(Film.classic.eq(true));
    s.statement("Table::select_related", |dialect| joined.to_sql(dialect));
    assert_eq!(joined.one(&db).await.unwrap().director.get().unwrap().name, "Ridley Scott");
    let joined = Film.order_by(Film.id).select_related(Film.studio).select_related(Film.director.country);
    s.statement("QuerySet::select_related", |dialect| joined.to_sql(dialect));
    let films = joined.all(&db).await.unwrap();
    assert_eq!(
        films[0].director.get().unwrap().country.as_ref().unwrap().get().unwrap().name,
        "United Kingdom"
    );
    assert!(films[2].studio.is_none());
    let log = db.record();
    let films = Film
        .prefetch_related(Film.tags)
        .filter(Film.id.eq(alien))
        .prefetch_related(Film.reviews)
        .all(&db)
        .await
        .unwrap();
    assert_eq!(
        (films[0].tags.get().unwrap().len(), films[0].reviews.get().unwrap().len(), log.count()),
        (1, 2, 3)
    );
    s.about("Table::prefetch_related, QuerySet::prefetch_related, HasMany::get");
    let card = |title: &str, name: &str, reviews| Card {
        title: title.into(),
        director: Name { name: name.into() },
        reviews,
    };
    s.query(
        "QuerySet::shape",
        Film.filter(Film.votes.gt(800)).shape::<Card>(),
        &[card("Alien", "Ridley Scott", 2)],
    )
    .await;
    s.query(
        "Table::shape",
        Film.shape::<Card>().order_by(Film.votes).limit(1),
        &[card("Cléo de 5 à 7", "Agnès Varda", 1)],
    )
    .await;

    // Several put together.
    let few = || Film.filter(Film.votes.lt(850)).select(Film.title);
    let many = || Film.filter(Film.votes.gt(500)).select(Film.title);
    for (label, both, found) in [
        ("QuerySet::union, Combined::order_by", few().union(many()), ALL),
        (
            "QuerySet::union_all",
            few().union_all(many()),
            &["Alien", "Blade Runner", "Blade Runner", "Cléo de 5 à 7"],
        ),
        ("QuerySet::intersection", few().intersection(many()), BLADE),
        ("QuerySet::difference", few().difference(many()), CLEO),
        (
            "Combined::union",
            few().difference(many()).union(many().limit(1)),
            &["Blade Runner", "Cléo de 5 à 7"],
        ),
        (
            "Combined::union_all",
            few().intersection(many()).union_all(few()),
            &["Blade Runner", "Blade Runner", "Cléo de 5 à 7"],
        ),
        ("Combined::intersection", few().union(many()).intersection(few()), OTHERS),
        ("Combined::difference", few().union(many()).difference(few()), ALIEN),
        ("Combined::limit", few().union(many()).limit(2), BOTH),
        ("Combined::offset", few().union(many()).offset(2), CLEO),
    ] {
        let both = both.order_by(Film.title);
        s.statement(label, |dialect| both.to_sql(dialect));
        assert_eq!(
            both.clone().all(&db).await.unwrap_or_else(|error| panic!("{label}: {error:?}")),
            found,
            "{label}"
        );
        assert_eq!(both.clone().count(&db).await.unwrap(), found.len() as u64, "{label}");
        assert!(both.clone().exists(&db).await.unwrap(), "{label}");
        assert_eq!(both.first(&db).await.unwrap().as_deref(), found.first().copied(), "{label}");
    }
    s.about("Combined::all, Combined::count, Combined::exists, Combined::first, Combined::to_sql");

    // As JSON.
    let json = Film.filter(Film.votes.gt(500)).order_by(Film.id);
    s.statement("QuerySet::json", |dialect| json.to_sql(dialect));
    let (json, films) = (json.clone().json(&db).await.unwrap(), json.all(&db).await.unwrap());
    assert_eq!((json.len(), json.is_empty()), (2, false));
    assert_eq!(String::from_utf8_lossy(json.as_bytes()), serde_json::to_string(&films).unwrap());
    let all = Tag.json(&db).await.unwrap().into_bytes();
    assert_eq!(all, serde_json::to_vec(&Tag.all(&db).await.unwrap()).unwrap());
    let both = Tag.filter(Tag.name.eq("noir")).union(Tag.filter(Tag.name.eq("horror"))).order_by(Tag.name);
    let text = String::from_utf8(both.clone().json(&db).await.unwrap().into_bytes()).unwrap();
    assert_eq!(text, serde_json::to_string(&both.all(&db).await.unwrap()).unwrap());
    assert!(text.find("horror") < text.find("noir"), "{text}");
    s.about("Table::json, Combined::json");
    s.about("JsonRows::len, JsonRows::is_empty, JsonRows::as_bytes, JsonRows::into_bytes");

    // By hand.
    let films =
        Film.raw(said(&db, "SELECT * FROM cinema_film WHERE votes > ?1 ORDER BY id"), vec![500.into()]);
    assert_eq!(
        films
            .all(&db)
            .await
            .unwrap()
            .iter()
            .map(|film| (film.title.as_str(), film.price))
            .collect::<Vec<_>>(),
        [("Alien", dec("9.5")), ("Blade Runner", dec("10"))]
    );
    let pair = raw::<(String, i32)>("SELECT title, votes FROM cinema_film ORDER BY votes", vec![])
        .first(&db)
        .await
        .unwrap();
    assert_eq!(pair, Some(("Cléo de 5 à 7".to_owned(), 100)));
    let written =
        raw::<i32>("UPDATE cinema_film SET votes = votes + 0 WHERE votes = 900 RETURNING votes", vec![])
            .writes();
    assert_eq!(written.all(&db).await.unwrap(), [900]);
    let cards = "SELECT f.title, d.name AS director__name, f.id * 0 AS reviews FROM cinema_film f \
                 JOIN cinema_director d ON d.id = f.director_id WHERE f.votes = 900";
    let cards = Film.raw(cards, vec![]).shape::<Card>().on_replica().all(&db).await.unwrap();
    assert_eq!(
        (cards.len(), cards[0].title.as_str(), cards[0].director.name.as_str()),
        (1, "Alien", "Ridley Scott")
    );
    s.about("Table::raw, raw, Raw::all, Raw::first, Raw::writes, Raw::shape, Raw::on_replica");
}
