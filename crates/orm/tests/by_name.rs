//! Queries and writes by name: the same SQL as typed ones, and nothing but what is allowed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod common;

use common::*;
use quintet_core::{Services, Site, TemplateValue};
use quintet_orm::{
    dialect::{POSTGRES, SQLITE},
    dynamic::{DynRow, DynSet},
    prelude::*,
};

scenarios!(
    a_filter_by_name_is_the_typed_filter,
    order_search_and_pages,
    rows_have_the_values_of_typed_rows,
    rows_are_written_from_text,
    rows_are_written_from_values,
    no_text_becomes_sql,
);

const ALLOWED: &[&str] = &[
    "id",
    "title",
    "subtitle",
    "votes",
    "price",
    "released",
    "status",
    "classic",
    "director",
    "director__name",
    "director__country__name",
    "studio",
    "studio__city",
    "tags",
    "tags__name",
    "reviews",
    "reviews__stars",
];

fn films() -> DynSet {
    DynSet::new(Film.meta()).allow(ALLOWED).unwrap()
}

fn titles(rows: &[DynRow]) -> Vec<&str> {
    rows.iter().filter_map(|row| row.get("title")?.as_text()).collect()
}

async fn a_filter_by_name_is_the_typed_filter(on: &On) {
    let (db, rows) = on.filled().await;
    let cases: Vec<(&str, &str, Cond<Film>)> = vec![
        ("title", "Alien", Film.title.eq("Alien")),
        ("title__exact", "Alien", Film.title.eq("Alien")),
        ("title__iexact", "aLIEN", Film.title.iexact("aLIEN")),
        ("title__contains", "lie", Film.title.contains("lie")),
        ("title__icontains", "LIE", Film.title.icontains("LIE")),
        ("title__startswith", "Al", Film.title.starts_with("Al")),
        ("title__istartswith", "AL", Film.title.istarts_with("AL")),
        ("title__endswith", "en", Film.title.ends_with("en")),
        ("title__iendswith", "EN", Film.title.iends_with("EN")),
        ("title__in", "Alien,Blade Runner", Film.title.is_in(["Alien", "Blade Runner"])),
        ("votes__in", "900,100", Film.votes.is_in([900, 100])),
        ("votes__in", "", Film.votes.is_in(Vec::<i32>::new())),
        ("votes__gt", "800", Film.votes.gt(800)),
        ("votes__gte", "800", Film.votes.ge(800)),
        ("votes__lt", "800", Film.votes.lt(800)),
        ("votes__lte", " 800 ", Film.votes.le(800)),
        ("votes__range", "100,800", Film.votes.between(100, 800)),
        ("price__gte", "9.50", Film.price.ge(dec("9.50"))),
        ("released__lt", "1979-05-25", Film.released.lt(date("1979-05-25"))),
        ("status", "gone", Film.status.eq(Status::Withdrawn)),
        ("classic", "yes", Film.classic.eq(true)),
        ("subtitle__isnull", "true", Film.subtitle.is_null()),
        ("subtitle__isnull", "0", Film.subtitle.is_not_null()),
        ("id", "2", Film.id.eq(2)),
        ("director", "1", Film.director.eq(rows.ridley.id)),
        ("director__in", "1,2", Film.director.is_in([1, 2])),
        ("director__name__icontains", "agnÈs", Film.director.name.icontains("agnÈs")),
        ("director__country__name", "United Kingdom", Film.director.country.name.eq("United Kingdom")),
        ("studio__isnull", "true", Film.studio.is_null()),
        ("studio__city__isnull", "yes", Film.studio.city.is_null()),
        ("tags", "1", Film.tags.contains(1)),
        ("tags__name__in", "noir,horror", Film.tags.any(Tag.name.is_in(["noir", "horror"]))),
        ("tags__isnull", "true", !Film.tags.exists()),
        ("tags__isnull", "false", Film.tags.exists()),
        ("reviews__stars__gte", "5", Film.reviews.any(Review.stars.ge(5))),
    ];
    for (name, value, condition) in cases {
        for dialect in [&SQLITE, &POSTGRES] {
            let typed = Film.filter(condition.clone()).to_sql(dialect).unwrap();
            let named =
                films().filter(name, value).unwrap().typed::<Film>().unwrap().to_sql(dialect).unwrap();
            assert_eq!((named.sql, named.params), (typed.sql, typed.params), "{name}={value}");
        }
        let expected: Vec<String> =
            Film.filter(condition.clone()).order_by(Film.id).select(Film.title).all(&db).await.unwrap();
        let found = films().filter(name, value).unwrap().order_by("id").unwrap().all(&db).await.unwrap();
        assert_eq!(titles(&found), expected, "{name}={value}");
        let rest = films().exclude(name, value).unwrap().count(&db).await.unwrap();
        assert_eq!(rest + u64::try_from(expected.len()).unwrap(), 3, "{name}={value}");
        assert_eq!(Film.exclude(condition).count(&db).await.unwrap(), rest, "{name}={value}");
    }
}

async fn order_search_and_pages(on: &On) {
    let (db, _) = on.filled().await;
    let sql = |set: DynSet| set.typed::<Film>().unwrap().to_sql(&SQLITE).unwrap().sql;
    assert!(
        sql(films().order_by("-released, director__name,-released").unwrap())
            .ends_with(r#" ORDER BY t0."released" DESC, t1."name""#)
    );
    // Nothing asked: the model's own order.
    let unordered = films().order_by("").unwrap().all(&db).await.unwrap();
    assert_eq!(titles(&unordered), ["Blade Runner", "Alien", "Cléo de 5 à 7"]);
    // Each word in any of the fields; fields need not be allowed.
    let search =
        |words: &str| DynSet::new(Film.meta()).search(words, ["title", "director__name", "tags__name"]);
    for (words, found) in [
        ("ridley NOIR", vec!["Blade Runner"]),
        ("scott", vec!["Blade Runner", "Alien"]),
        ("cléo 7", vec!["Cléo de 5 à 7"]),
        ("scott cléo", vec![]),
        ("  ", vec!["Blade Runner", "Alien", "Cléo de 5 à 7"]),
    ] {
        assert_eq!(titles(&search(words).unwrap().all(&db).await.unwrap()), found, "{words}");
    }
    let log = db.record();
    let page = films().order_by("classic").unwrap().page(2, 1).all(&db).await.unwrap();
    assert_eq!(titles(&page), ["Cléo de 5 à 7", "Alien"]);
    assert!(log.queries()[0].sql.contains(r#"ORDER BY "classic", "id" LIMIT"#), "{}", log.queries()[0].sql);
    // Goes on with types.
    let typed = films().filter("votes__gt", "500").unwrap().typed::<Film>().unwrap();
    assert_eq!(typed.page(1, 1, &db).await.unwrap().total, 2);
    // Starts from types.
    let on = DynSet::on(Film.filter(Film.classic.eq(true))).allow(["votes"]).unwrap();
    assert_eq!(on.clone().filter("votes__lt", "900").unwrap().count(&db).await.unwrap(), 0);
    assert!(on.clone().exists(&db).await.unwrap());
    assert_eq!(on.get("2", &db).await.unwrap_err().to_string(), "Film 2 not found");
    assert!(films().typed::<Tag>().unwrap_err().to_string().contains("on Film, not on Tag"));
}

fn refused(set: quintet_orm::prelude::Result<DynSet>) -> (u16, String) {
    let error = set.unwrap_err();
    (error.status().as_u16(), error.to_string())
}

#[test]
fn wrong_names_lookups_and_values_are_explained() {
    for (name, value, message) in [
        ("titel", "x", "films can't be filtered by `titel`; did you mean `title`?"),
        (
            "director__nmae__icontains",
            "x",
            "films can't be filtered by `director__nmae`; did you mean `director__name`?",
        ),
        ("title__icontain", "x", "title__icontain: `icontain` is no lookup; did you mean `icontains`?"),
        (
            "votes__contains",
            "1",
            "votes__contains: `contains` does not fit this field; there are exact, in, gt, gte, lt, lte, range, isnull",
        ),
        ("classic__gt", "1", "classic__gt: `gt` does not fit this field; there are exact, in, isnull"),
        ("votes__gt", "many", "votes__gt: `many` is not a whole number from -2147483648 to 2147483647"),
        ("votes__in", "1,x", "votes__in: `x` is not a whole number from -2147483648 to 2147483647"),
        ("votes__range", "1", "votes__range: expected two values with a comma between, as in `1,5`"),
        ("released", "25.5.1979", "released: `25.5.1979` is not a date such as 1979-05-25"),
        ("price", "cheap", "price: `cheap` is not a decimal number such as 12.50"),
        ("status", "lost", "status: `lost` is not one of draft, released, gone"),
        (
            "subtitle__isnull",
            "maybe",
            "subtitle__isnull: `maybe` is not yes or no (true, false, on, off, 1, 0)",
        ),
    ] {
        assert_eq!(refused(films().filter(name, value)), (400, message.to_owned()));
        assert_eq!(refused(films().exclude(name, value)), (400, message.to_owned()));
    }
    // Secret, and a field of a related model that nobody allowed.
    for name in ["reviews__ip", "director__id"] {
        let (status, text) = refused(films().filter(name, "1"));
        assert!(
            status == 400 && text.starts_with(&format!("films can't be filtered by `{name}`; ")),
            "{text}"
        );
    }
    let long = vec!["1"; 1001].join(",");
    assert!(refused(films().filter("votes__in", &long)).1.contains("at most 1000 values (this has 1001)"));
    assert_eq!(
        refused(films().order_by("title,-votse")),
        (400, "films can't be ordered by `votse`; did you mean `votes`?".into())
    );
    assert!(refused(films().order_by("reviews__stars")).1.contains("several values"));
    assert_eq!(
        refused(DynSet::new(Film.meta()).filter("title", "x")),
        (400, "films can't be filtered by `title`".into())
    );
    assert_eq!(refused(films().search(&"a ".repeat(33), ["title"])).0, 400);
}

#[test]
fn a_developers_mistake_is_a_500_that_names_it() {
    let bare = || DynSet::new(Film.meta());
    for (set, message) in [
        (bare().allow(["directr__name"]), "Film has no field `directr`; did you mean `director`?"),
        (bare().allow(["director__nme"]), "Director has no field `nme`; did you mean `name`?"),
        (bare().allow(["title__name"]), "`title` leads to no other model"),
        (bare().allow(["reviews__ip"]), "Review.ip is secret"),
        (bare().allow(["tags__films__reviews__ip"]), "Review.ip is secret"),
        (bare().search("x", ["reviews__ip"]), "Review.ip is secret"),
        (bare().search("x", ["votes"]), "it is no text"),
        (bare().writable(["tags"]), "Film has no column `tags`"),
    ] {
        let (status, text) = refused(set);
        assert!(status == 500 && text.contains(message), "{status} {text}");
    }
}

#[test]
fn models_are_found_by_label() {
    let site = Site::new().install(quintet_core::App::new("cinema").models((Director, Film, Country)));
    assert_eq!(DynSet::of(&site, "cinema.Film").unwrap().meta(), Film.meta());
    let error = DynSet::of(&site, "cinema.Flim").unwrap_err();
    assert_eq!(
        (error.status().as_u16(), error.to_string().as_str()),
        (404, "there is no model `cinema.Flim`; did you mean `cinema.Film`?")
    );
    let mut services = Services::builder();
    services.insert(std::sync::Arc::new(site));
    let services = services.build();
    assert_eq!(DynSet::of(&services, "cinema.Country").unwrap().meta(), Country.meta());
    assert!(DynSet::of(&[Film.meta()], "cinema.Country").is_err());
}

async fn rows_have_the_values_of_typed_rows(on: &On) {
    let (db, rows) = on.filled().await;
    let alien = films().get("1", &db).await.unwrap();
    assert_eq!(alien.key(), Value::Int(rows.alien.id));
    assert_eq!(alien.get("released"), Some(&Value::Date(date("1979-05-25"))));
    assert_eq!(alien.get("price"), Some(&Value::Decimal(dec("9.50"))));
    assert_eq!(
        (alien.get("classic"), alien.get("director")),
        (Some(&Value::Bool(true)), Some(&Value::Int(1)))
    );
    assert_eq!((alien.get("nothing"), alien.get("reviews")), (None, None));
    let typed = Film.get(1, &db).await.unwrap();
    assert_eq!(alien.to_value(), typed.to_value());
    assert_eq!(serde_json::to_string(&alien).unwrap(), serde_json::to_string(&typed).unwrap());
    // Secret fields stay out of sight.
    let review = DynSet::new(Review.meta()).get("1", &db).await.unwrap();
    assert!(review.to_value().get("stars").is_some() && review.to_value().get("ip").is_none());
    for key in ["99", "abc", "", "1 OR 1=1"] {
        assert_eq!(films().get(key, &db).await.unwrap_err().status(), 404, "{key}");
    }
}

async fn rows_are_written_from_text(on: &On) {
    let (db, rows) = on.filled().await;
    let set = || {
        let names =
            ["title", "subtitle", "director", "studio", "price", "votes", "released", "status", "classic"];
        DynSet::new(Film.meta()).writable(names).unwrap()
    };
    let new = [
        ("title", "Stalker"),
        ("subtitle", ""),
        ("director", "2"),
        ("price", "8.5"),
        ("released", "1979-05-13"),
        ("status", "released"),
        ("classic", "on"),
    ];
    let stalker = set().insert(new, &db).await.unwrap();
    let typed = Film.filter(Film.title.eq("Stalker")).one(&db).await.unwrap();
    assert_eq!(stalker.key(), Value::Int(typed.id));
    assert_eq!(
        (typed.price, typed.status, typed.classic, typed.votes),
        (dec("8.5"), Status::Released, true, 0)
    );
    assert_eq!((typed.subtitle, *typed.director.id()), (None, rows.agnes.id));

    let wrong = [
        ("title", "x".repeat(201)),
        ("price", "free".into()),
        ("votes", "".into()),
        ("status", "lost".into()),
        ("titel", "y".into()),
        ("id", "7".into()),
    ];
    let error = set().insert(wrong.clone(), &db).await.unwrap_err();
    let quintet_core::ErrorKind::Invalid(errors) = error.kind() else { panic!("{error:?}") };
    let told: Vec<(&str, &str)> = errors.iter().map(|error| (&*error.field, &*error.message)).collect();
    assert_eq!(
        told,
        [
            ("title", "at most 200 characters (this has 201)"),
            ("price", "`free` is not a decimal number such as 12.50"),
            ("votes", "this field is required"),
            ("status", "`lost` is not one of draft, released, gone"),
            ("titel", "there is no such field; did you mean `title`?"),
            ("id", "there is no such field"),
            ("director", "this field is required"),
            ("released", "this field is required"),
        ]
    );
    assert_eq!(set().update("1", wrong, &db).await.unwrap_err().status(), 422);
    let taken = [("title", "Alien"), ("director", "1"), ("released", "1979-05-25")];
    assert_eq!(set().insert(taken, &db).await.unwrap_err().status(), 409);
    assert_eq!(set().update("1", [("director", "77")], &db).await.unwrap_err().status(), 409);

    let log = db.record();
    let alien = set().update("1", [("votes", "901"), ("studio", "")], &db).await.unwrap();
    assert_eq!(log.count(), 1);
    assert_eq!((alien.get("votes"), alien.get("studio")), (Some(&Value::Int(901)), Some(&Value::Null)));
    assert_eq!(Film.get(1, &db).await.unwrap().votes, 901);
    let same = set().update("1", Vec::<(&str, &str)>::new(), &db).await.unwrap();
    assert_eq!(same, alien);
    assert_eq!(set().update("99", [("votes", "1")], &db).await.unwrap_err().status(), 404);
    // Nothing is writable that nobody has named, and rows outside the query are out of reach.
    let closed = DynSet::new(Film.meta());
    assert_eq!(closed.update("1", [("votes", "1")], &db).await.unwrap_err().status(), 422);
    let classics = || DynSet::on(Film.filter(Film.classic.eq(true))).writable(["votes"]).unwrap();
    assert_eq!(classics().update("2", [("votes", "1")], &db).await.unwrap_err().status(), 404);
    assert_eq!(classics().delete("2", &db).await.unwrap_err().status(), 404);
    classics().delete("1", &db).await.unwrap();
    assert_eq!(Film.filter(Film.id.eq(1)).count(&db).await.unwrap(), 0);
    assert_eq!(set().delete("x", &db).await.unwrap_err().status(), 404);
}

async fn no_text_becomes_sql(on: &On) {
    let (db, rows) = on.filled().await;
    for nasty in NASTY {
        // As a name: refused before anything is asked.
        let log = db.record();
        for name in [
            (*nasty).to_owned(),
            format!("title{nasty}"),
            format!("title__{nasty}"),
            format!("title__{nasty}__exact"),
            format!("director__{nasty}"),
        ] {
            assert_eq!(refused(films().filter(&name, "x")).0, 400, "{name}");
            assert_eq!(refused(films().exclude(&name, "x")).0, 400, "{name}");
            assert_eq!(refused(films().order_by(&name)).0, 400, "{name}");
            assert_eq!(refused(films().order_by(&format!("-{name}"))).0, 400, "{name}");
            assert!(films().allow([&name]).is_err() && films().search("x", [&name]).is_err(), "{name}");
            assert!(
                films().writable([&name]).is_err() && DynSet::of(&[Film.meta()], &name).is_err(),
                "{name}"
            );
            let error = films().insert([(&name, "x")], &db).await.unwrap_err();
            assert_eq!(error.status(), 422, "{name}");
        }
        assert_eq!(log.count(), 0);
        for key in [(*nasty).to_owned(), format!("1{nasty}")] {
            assert_eq!(films().get(&key, &db).await.unwrap_err().status(), 404, "{key}");
            assert_eq!(films().delete(&key, &db).await.unwrap_err().status(), 404, "{key}");
            let update = films().writable(["title"]).unwrap().update(&key, [("title", "x")], &db).await;
            assert_eq!(update.unwrap_err().status(), 404, "{key}");
        }
        assert_eq!(log.count(), 0);
        // PostgreSQL has no texts with a NUL.
        if db.dialect().native_types && nasty.contains('\0') {
            continue;
        }
        // As a value: found as it is, and finds nothing else.
        let title = format!("a{nasty}b");
        let set = films().writable(["title", "director", "released", "subtitle"]).unwrap();
        let director = rows.ridley.id.to_string();
        let new = [("title", title.as_str()), ("director", &director), ("released", "2000-01-01")];
        let key = match set.insert(new, &db).await.unwrap().key() {
            Value::Int(key) => key.to_string(),
            other => panic!("{other:?}"),
        };
        for lookup in
            ["exact", "iexact", "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith"]
        {
            let found = films().filter(&format!("title__{lookup}"), &title).unwrap().all(&db).await.unwrap();
            assert_eq!(titles(&found), [title.as_str()], "{lookup} {nasty}");
        }
        if !nasty.contains(char::is_whitespace) {
            let found = films().search(&title, ["title"]).unwrap().all(&db).await.unwrap();
            assert_eq!(titles(&found), [title.as_str()], "{nasty}");
        }
        let changed = set.clone().update(&key, [("subtitle", *nasty)], &db).await.unwrap();
        assert_eq!(changed.get("subtitle").and_then(Value::as_text), Some(*nasty));
        let listed = films().filter("title__in", &title).unwrap().count(&db).await.unwrap();
        assert_eq!(listed, 1);
        set.delete(&key, &db).await.unwrap();
    }
    assert_eq!(Film.count(&db).await.unwrap(), 3);
}

async fn rows_are_written_from_values(on: &On) {
    let (db, _) = on.filled().await;
    let all = DynSet::new(Film.meta()).unrestricted();
    // Nothing had to be allowed.
    let found =
        all.clone().filter("director__name__icontains", "ridley").unwrap().order_by("-title").unwrap();
    assert!(!found.all(&db).await.unwrap().is_empty());
    let first = all.clone().after(None, 2, &db).await.unwrap();
    assert_eq!(first.len(), 2);
    let count = all.clone().count(&db).await.unwrap();
    let rest = all.clone().after(Some(&first[1].key()), 100, &db).await.unwrap();
    assert_eq!(rest.len() as u64, count - 2);
    assert!(rest.iter().all(|row| row.key().as_int() > first[1].key().as_int()));

    let changed =
        all.clone().only(&first[0]).unwrap().update_all([("title", "Changed".into())], &db).await.unwrap();
    assert_eq!(changed, 1);
    assert_eq!(titles(&all.clone().filter("title", "Changed").unwrap().all(&db).await.unwrap()), ["Changed"]);
    let error = all.clone().update_all([("titel", "x".into())], &db).await.unwrap_err().to_string();
    assert!(error.contains("did you mean `title`?"), "{error}");
    let error = all.clone().update_all([("title", Value::Null)], &db).await.unwrap_err();
    assert_eq!(error.status().as_u16(), 422);

    let directors = DynSet::new(Director.meta()).unrestricted();
    let ann = directors.create([("name", "Ann".into())], &db).await.unwrap();
    assert_eq!(ann.get("name").and_then(Value::as_text), Some("Ann"));
    assert!(
        directors.clone().only(&first[0]).unwrap_err().to_string().contains("a row of Film, not of Director")
    );
    assert_eq!(directors.clone().only(&ann).unwrap().delete_all(&db).await.unwrap(), 1);
    assert_eq!(directors.filter("name", "Ann").unwrap().count(&db).await.unwrap(), 0);
}
