//! Access by name.

use quintet_orm::{dynamic::DynSet, prelude::*};

use crate::{common::*, sheet::*};

const ALLOWED: &[&str] = &[
    "title",
    "subtitle",
    "votes",
    "released",
    "classic",
    "price",
    "director__name",
    "reviews__stars",
    "studio",
];

impl Sheet {
    fn films(&self) -> DynSet {
        DynSet::new(Film.meta()).allow(ALLOWED).unwrap()
    }

    /// A lookup and the films that match.
    async fn lookup(&mut self, name: &str, value: &str, titles: &[&str]) {
        let found = self.films().filter(name, value).unwrap_or_else(|error| panic!("{name}: {error}"));
        let titles: Vec<String> = titles.iter().map(|title| (*title).to_owned()).collect();
        let query = found.typed::<Film>().unwrap().order_by(Film.id).select(Film.title);
        self.query(&format!("DynSet::filter ({name}={value})"), query, &titles).await;
    }
}

#[allow(clippy::too_many_lines)]
pub(crate) async fn rows(sheet: &mut Sheet) {
    let s = sheet;
    let db = s.db.clone();
    for (name, value, titles) in [
        ("title", "Alien", ALIEN),
        ("title__exact", "Alien", ALIEN),
        ("title__iexact", "alien", ALIEN),
        ("title__contains", "lie", ALIEN),
        ("title__icontains", "CLÉO", CLEO),
        ("title__startswith", "Al", ALIEN),
        ("title__istartswith", "al", ALIEN),
        ("title__endswith", "à 7", CLEO),
        ("title__iendswith", "À 7", CLEO),
        ("votes__in", "900,100", &["Alien", "Cléo de 5 à 7"]),
        ("votes__in", "", NONE),
        ("votes__gt", "800", ALIEN),
        ("votes__gte", "800", BOTH),
        ("votes__lt", "800", CLEO),
        ("price__lte", "9.5", &["Alien", "Cléo de 5 à 7"]),
        ("votes__range", "100,800", OTHERS),
        ("subtitle__isnull", "true", OTHERS),
        ("studio__isnull", "no", BOTH),
        ("director__name__icontains", "varda", CLEO),
        ("reviews__stars", "3", ALIEN),
        ("released__year", "1979", ALIEN),
        ("released__year__gte", "1979", BOTH),
        ("released__month__in", "4,5", &["Alien", "Cléo de 5 à 7"]),
        ("released__quarter__range", "2,2", ALL),
        ("released__week_day", "6", BOTH),
        ("released__iso_week_day", "3", CLEO),
    ] {
        s.lookup(name, value, titles).await;
    }
    s.about("DynSet::new, DynSet::allow, DynSet::typed");
    let moments = || DynSet::new(crate::calendar::Moment.meta()).allow(["at", "day"]).unwrap();
    let papers = || DynSet::new(crate::documents::Paper.meta()).allow(["info", "name"]).unwrap();
    for (set, name, value, count) in [
        (moments(), "at__date", "2024-08-31", 1),
        (moments(), "at__time__lt", "12:00", 1),
        (moments(), "at__hour__in", "1,22", 2),
        (moments(), "day__iso_year", "2025", 1),
        (moments(), "day__year__isnull", "true", 1),
        (papers(), "info__has_key", "live", 1),
        (papers(), "info__has_keys", "live,n", 1),
        (papers(), "info__has_keys", "live,m", 0),
        (papers(), "info__has_any_keys", "m,n", 1),
        (papers(), "info__contains", r#"{"n": 7}"#, 1),
        (papers(), "info__contained_by", r#"["x", 7, 8]"#, 1),
    ] {
        let found = set.filter(name, value).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(found.count(&db).await.unwrap(), count, "{name}={value}");
    }
    for (set, name, value, why) in [
        (moments(), "day__hour", "1", "`hour` does not fit this field"),
        (moments(), "at__hour__icontains", "1", "`icontains` does not fit this field"),
        (moments(), "at__hour", "x", "at__hour: "),
        (papers(), "info__has_key__gt", "1", "can't be filtered by"),
        (papers(), "info__contains", "{", "info__contains: "),
        (papers(), "name__has_key", "1", "`has_key` does not fit this field"),
    ] {
        let error = set.filter(name, value).unwrap_err().to_string();
        assert!(error.contains(why), "{name}: {error}");
    }
    let keys = |rows: Vec<quintet_orm::dynamic::DynRow>| {
        rows.iter().map(|row| row.key().as_int().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(
        keys(
            s.films().exclude("votes__gt", "800").unwrap().order_by("title").unwrap().all(&db).await.unwrap()
        ),
        [2, 3]
    );
    assert_eq!(keys(s.films().order_by("-votes,title").unwrap().page(2, 1).all(&db).await.unwrap()), [2, 3]);
    assert_eq!(
        keys(s.films().search("ridley BLADE", ["title", "director__name"]).unwrap().all(&db).await.unwrap()),
        [2]
    );
    assert_eq!(s.films().filter("votes__gt", "500").unwrap().count(&db).await.unwrap(), 2);
    assert!(!s.films().filter("votes__lt", "0").unwrap().exists(&db).await.unwrap());
    let row = s.films().get("1", &db).await.unwrap();
    assert_eq!((row.get("title"), row.meta().name), (Some(&Value::from("Alien")), "Film"));
    assert_eq!(DynSet::on(Film.filter(Film.classic.eq(true))).meta().name, "Film");
    assert_eq!(keys(DynSet::on(Film.filter(Film.classic.eq(true))).all(&db).await.unwrap()), [1]);
    let registry = [Film.meta(), Tag.meta()];
    assert_eq!(DynSet::of(&registry, "cinema.Film").unwrap().count(&db).await.unwrap(), 3);
    s.about(
        "DynSet::exclude, DynSet::order_by, DynSet::page, DynSet::search, DynSet::all, DynSet::count, DynSet::exists, \
         DynSet::get, DynRow::get, DynRow::meta, DynRow::key, DynSet::on, DynSet::meta, DynSet::of",
    );
    let title = |set: DynSet| set.typed::<Film>().unwrap().order_by(Film.id).select(Film.title);
    s.query("DynSet::having_key", title(s.films().having_key("1").unwrap()), &["Alien".to_owned()]).await;
    assert_eq!(s.films().having_key("one").unwrap_err().status(), 404);
    let (subtitle, _) = Film.meta().field("subtitle").unwrap();
    let among = s.films().among(subtitle, vec![Value::Null, Value::from("none has this")]);
    let others: Vec<String> = OTHERS.iter().map(|title| (*title).to_owned()).collect();
    s.query("DynSet::among", title(among), &others).await;
    let tags = || DynSet::new(Tag.meta()).writable(["name"]).unwrap();
    let tag = tags().insert([("name", "cult")], &db).await.unwrap();
    let key = tag.key().as_int().unwrap().to_string();
    let renamed = tags().update(&key, [("name", "cult film")], &db).await.unwrap();
    assert_eq!(renamed.get("name"), Some(&Value::from("cult film")));
    tags().delete(&key, &db).await.unwrap();
    assert!(tags().get(&key, &db).await.is_err());
    s.about("DynSet::writable, DynSet::insert, DynSet::update, DynSet::delete");
    let tags = || DynSet::new(Tag.meta()).unrestricted();
    let kept = tags().count(&db).await.unwrap();
    let tag = tags().create([("name", "pulp".into())], &db).await.unwrap();
    let noir = || tags().only(&tag).unwrap();
    assert_eq!(noir().update_all([("name", "pulp noir".into())], &db).await.unwrap(), 1);
    let all = tags().after(None, 100, &db).await.unwrap();
    assert_eq!(all.last().unwrap().get("name"), Some(&Value::from("pulp noir")));
    assert_eq!(tags().after(Some(&all[0].key()), 1, &db).await.unwrap(), all[1..2]);
    assert_eq!(noir().delete_all(&db).await.unwrap(), 1);
    assert_eq!(tags().count(&db).await.unwrap(), kept);
    s.about(
        "DynSet::unrestricted, DynSet::create, DynSet::only, DynSet::update_all, DynSet::after, DynSet::delete_all",
    );
}
