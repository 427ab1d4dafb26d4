//! Relations: the object of a key, the many on the other side.

use quintet_orm::prelude::*;

use crate::{common::*, sheet::*};

#[allow(clippy::too_many_lines)]
pub(crate) async fn rows(sheet: &mut Sheet) {
    let s = sheet;
    let db = s.db.clone();
    let (agnes, ridley) = (s.rows.agnes.clone(), s.rows.ridley.clone());
    let some = |text: &str| Some(text.to_owned());
    s.condition("FkCol::eq", Film.director.eq(&agnes), CLEO).await;
    s.condition("FkCol::ne", Film.studio.ne(1), CLEO).await;
    s.condition("FkCol::is_in", Film.director.is_in([&agnes, &ridley]), ALL).await;
    s.condition(
        "FkCol::in_query",
        Film.director.in_query(Director.filter(Director.country.is_null()).select(Director.id)),
        CLEO,
    )
    .await;
    s.condition("FkCol::is_null", Film.studio.is_null(), CLEO).await;
    s.condition("FkCol::is_not_null", Film.studio.is_not_null(), BOTH).await;
    s.values("FkCol::key", Film.studio.key(), &[Some(1), Some(1), None]).await;
    s.query("FkCol::asc", Film.order_by((Film.studio.asc(), Film.id.asc())).select(Film.id), &[3, 1, 2])
        .await;
    s.query("FkCol::desc", Film.order_by((Film.director.desc(), Film.id.desc())).select(Film.id), &[3, 2, 1])
        .await;
    let film = Film.get(s.rows.alien.id, &db).await.unwrap();
    assert_eq!((*film.director.id(), film.director.loaded().is_none()), (ridley.id, true));
    assert_eq!(film.director.fetch(&db).await.unwrap().name, "Ridley Scott");
    assert!(film.director.get().is_ok() && film.reviews.loaded().is_none());
    s.about("ForeignKey::id, ForeignKey::loaded, ForeignKey::fetch, ForeignKey::get, HasMany::loaded");

    s.condition("Many::any", Film.reviews.any(Review.stars.eq(3)), ALIEN).await;
    s.condition("Many::none", Film.reviews.none(Review.stars.eq(5)), CLEO).await;
    s.condition("Many::every", Film.reviews.every(Review.stars.eq(5)), BLADE).await;
    s.condition("Many::exists", Film.tags.exists(), BOTH).await;
    s.condition("Many::contains", Film.tags.contains(&s.rows.tags[1]), BLADE).await;
    s.values("Many::count", Film.reviews.count(), &[2, 1, 1]).await;
    s.values("Many::sum", Film.reviews.sum(Review.stars), &[Some(8), Some(5), Some(4)]).await;
    s.values("Many::avg", Film.reviews.avg(Review.stars), &[Some(4.0), Some(5.0), Some(4.0)]).await;
    s.values("Many::min", Film.reviews.min(Review.stars), &[Some(3), Some(5), Some(4)]).await;
    s.values("Many::max", Film.reviews.max(Review.stars), &[Some(5), Some(5), Some(4)]).await;
    s.values(
        "Many::aggregate",
        Film.tags.aggregate(Tag.name.string_agg(", ").order_by(Tag.name.desc())),
        &[some("horror"), some("noir, horror"), None],
    )
    .await;
    s.values(
        "Many::aggregate (put together)",
        Film.reviews.aggregate(Review.stars.max() - Review.stars.min()),
        &[Some(2), Some(0), Some(0)],
    )
    .await;
    let four = || Film.reviews.filter(Review.stars.ge(4));
    s.values("Many::filter, ManyQuery::count", four().count(), &[1, 1, 1]).await;
    s.condition("Many::exclude, ManyQuery::exists", Film.reviews.exclude(Review.stars.ge(4)).exists(), ALIEN)
        .await;
    s.values("ManyQuery::sum", four().sum(Review.stars), &[Some(5), Some(5), Some(4)]).await;
    s.values("ManyQuery::avg", four().avg(Review.stars), &[Some(5.0), Some(5.0), Some(4.0)]).await;
    s.values("ManyQuery::min", four().min(Review.stars), &[Some(5), Some(5), Some(4)]).await;
    s.values(
        "ManyQuery::max",
        Film.reviews.query().exclude(Review.stars.eq(5)).max(Review.stars),
        &[Some(3), None, Some(4)],
    )
    .await;
    s.values(
        "ManyQuery::filter, ManyQuery::aggregate",
        four().filter(Review.stars.lt(5)).aggregate(Review.rows()),
        &[0, 0, 1],
    )
    .await;
    s.values(
        "ManyQuery::exclude, Many::query",
        Film.reviews.query().exclude(Review.stars.lt(5)).count(),
        &[1, 1, 0],
    )
    .await;
    let dearest = Director.order_by(Director.id).select(Director.films.aggregate(Film.price.max()));
    s.query("Many::aggregate (decimals)", dearest, &[Some(dec("10")), Some(dec("7"))]).await;
    let loaded = |relation: Vec<Film>| {
        relation[0].reviews.get().unwrap().iter().map(|review| review.stars).collect::<Vec<_>>()
    };
    let one = || Film.filter(Film.title.eq("Alien"));
    assert_eq!(
        loaded(one().prefetch_related(Film.reviews.order_by(Review.stars)).all(&db).await.unwrap()),
        [3, 5]
    );
    assert_eq!(loaded(one().prefetch_related(four().order_by(Review.stars)).all(&db).await.unwrap()), [5]);
    for relation in
        [Film.reviews.select_related(Review.film), Film.reviews.query().select_related(Review.film)]
    {
        let films = one().prefetch_related(relation).all(&db).await.unwrap();
        assert_eq!(films[0].reviews.get().unwrap()[0].film.get().unwrap().title, "Alien");
    }
    for relation in
        [Director.films.prefetch_related(Film.tags), Director.films.query().prefetch_related(Film.tags)]
    {
        let directors =
            Director.filter(Director.id.eq(ridley.id)).prefetch_related(relation).all(&db).await.unwrap();
        let tags: usize =
            directors[0].films.get().unwrap().iter().map(|film| film.tags.get().unwrap().len()).sum();
        assert_eq!(tags, 3);
    }
    s.about(
        "Many::order_by, ManyQuery::order_by, Many::select_related, ManyQuery::select_related, Many::prefetch_related, \
         ManyQuery::prefetch_related",
    );

    let back = || Review.film.reverse();
    s.condition("FkCol::reverse, Reverse::any", back().any(Review.stars.eq(3)), ALIEN).await;
    s.condition("Reverse::none", back().none(Review.stars.eq(5)), CLEO).await;
    s.condition("Reverse::every", back().every(Review.stars.eq(5)), BLADE).await;
    s.condition("Reverse::filter, Reverse::exists", back().filter(Review.stars.lt(4)).exists(), ALIEN).await;
    s.values("Reverse::exclude, Reverse::count", back().exclude(Review.stars.lt(4)).count(), &[1, 1, 1])
        .await;
    s.values("Reverse::sum", back().sum(Review.stars), &[Some(8i64), Some(5), Some(4)]).await;
    s.values("Reverse::avg", back().avg(Review.stars), &[Some(4.0), Some(5.0), Some(4.0)]).await;
    s.values("Reverse::min", back().min(Review.stars), &[Some(3), Some(5), Some(4)]).await;
    s.values("Reverse::max", back().max(Review.stars), &[Some(5), Some(5), Some(4)]).await;
    s.values(
        "Reverse::aggregate",
        back().aggregate(Review.stars.cast::<String>().string_agg("").order_by(Review.stars)),
        &[some("35"), some("5"), some("4")],
    )
    .await;
    s.query(
        "Reverse::of",
        back().of(&s.rows.alien.clone()).order_by(Review.id).select(Review.stars),
        &[5, 3],
    )
    .await;
    let loaded = back().order_by(Review.stars).load([&s.rows.alien, &s.rows.cleo], &db).await.unwrap();
    assert_eq!(loaded[&s.rows.alien.id].iter().map(|review| review.stars).collect::<Vec<_>>(), [3, 5]);
    s.about("Reverse::load, Reverse::order_by");

    // The related objects of one row.
    let alien = s.rows.alien.clone();
    s.query(
        "Related::query",
        alien.related(Film.reviews).query().order_by(Review.id).select(Review.stars),
        &[5, 3],
    )
    .await;
    s.query(
        "Related::filter",
        alien.related(Film.tags).filter(Tag.name.eq("horror")).select(Tag.name),
        &["horror".to_owned()],
    )
    .await;
    s.query(
        "Related::exclude",
        alien.related(Film.tags).exclude(Tag.name.eq("horror")).select(Tag.name),
        &[],
    )
    .await;
    s.query(
        "Related::order_by",
        alien.related(Film.reviews).order_by(Review.stars).select(Review.stars),
        &[3, 5],
    )
    .await;
    assert_eq!(alien.related(Film.reviews).all(&db).await.unwrap().len(), 2);
    assert_eq!(alien.related(Film.tags).count(&db).await.unwrap(), 1);
    let names = async || alien.related(Film.tags).order_by(Tag.name).select(Tag.name).all(&db).await.unwrap();
    alien.related(Film.tags).add([&s.rows.tags[1], &s.rows.tags[0]], &db).await.unwrap();
    assert_eq!(names().await, ["horror", "noir"]);
    alien.related(Film.tags).remove([&s.rows.tags[0]], &db).await.unwrap();
    assert_eq!(names().await, ["noir"]);
    alien.related(Film.tags).clear(&db).await.unwrap();
    assert_eq!(names().await, NONE);
    alien.related(Film.tags).set([&s.rows.tags[0]], &db).await.unwrap();
    assert_eq!(names().await, ["horror"]);
    s.about("Related::all, Related::count, Related::add, Related::remove, Related::clear, Related::set");
}
