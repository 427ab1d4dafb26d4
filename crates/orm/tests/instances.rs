//! Rows by name: fields read and set, what templates and JSON see.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod common;

use common::*;
use quintet_core::TemplateValue;
use quintet_orm::prelude::*;

scenarios!(fields_are_read_and_set_by_name, templates_see_columns_keys_and_what_was_loaded, rows_are_json,);

async fn fields_are_read_and_set_by_name(on: &On) {
    let (_, rows) = on.filled().await;
    let mut film = rows.alien;
    assert_eq!(film.get_field("price").unwrap(), Value::Decimal(dec("9.5")));
    assert_eq!(film.get_field("director").unwrap(), Value::Int(1));
    assert_eq!(film.get_field("director_id").unwrap(), Value::Int(1));
    film.set_field("title", "Alien 3").unwrap();
    film.set_field("studio", Value::Null).unwrap();
    film.set_field("director", 2).unwrap();
    film.set_field("status", Value::Text("draft".into())).unwrap();
    assert_eq!((film.title.as_str(), film.studio.is_none(), film.status), ("Alien 3", true, Status::Draft));
    assert_eq!((*film.director.id(), film.director.loaded().is_none()), (2, true));

    let text = film.get_field("titel").unwrap_err();
    assert_eq!(text.to_string(), "Film has no column `titel`; did you mean `title`?");
    assert!(film.get_field("reviews").is_err());
    for (name, value, message) in [
        ("title", Value::Null, "this field is required"),
        ("title", Value::Text("x".repeat(201)), "at most 200 characters (this has 201)"),
        ("status", Value::Text("x".into()), "`x` is not one of draft, released, gone"),
        ("price", Value::Decimal(dec("1.234")), "at most 2 digits after the point"),
        ("votes", Value::Text("many".into()), "expected a whole number of 32 bits, found the text \"many\""),
        ("released", Value::Map(vec![]), "map can't be stored in a column"),
    ] {
        let error = film.set_field(name, value).unwrap_err();
        assert_eq!(error.status().as_u16(), 422);
        assert_eq!(error.field_errors().unwrap().of(name).collect::<Vec<_>>(), [message]);
    }
    assert_eq!(film.title, "Alien 3");
}

async fn templates_see_columns_keys_and_what_was_loaded(on: &On) {
    let (db, _) = on.filled().await;
    let keys = |value: &Value| match value {
        Value::Map(map) => {
            let loaded = map.iter().filter(|(_, value)| !matches!(value, Value::NotLoaded(_)));
            loaded.map(|(name, _)| name.to_string()).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    let plain = Film.get(1, &db).await.unwrap().to_value();
    assert_eq!(
        keys(&plain),
        [
            "id",
            "title",
            "subtitle",
            "director_id",
            "studio_id",
            "price",
            "votes",
            "released",
            "status",
            "classic"
        ]
    );
    assert_eq!(plain.get("director_id"), Some(&Value::Int(1)));
    for (relation, fix) in [
        ("director", "add .select_related(Film.director) to the query, or ask for its key, `director_id`"),
        ("reviews", "add .prefetch_related(Film.reviews) to the query"),
    ] {
        let Some(Value::NotLoaded(what)) = plain.get(relation) else { panic!("{relation}: {plain:?}") };
        assert_eq!(what.to_string(), format!("`Film.{relation}` is not loaded: {fix}"));
        assert!(serde_json::to_value(&plain).unwrap().get(relation).is_none());
    }

    let films = Film
        .order_by(Film.id)
        .select_related(Film.director)
        .select_related(Film.studio)
        .prefetch_related(Film.reviews)
        .all(&db)
        .await
        .unwrap();
    let shown = films[0].to_value();
    assert_eq!(shown.get("director").unwrap().get("name"), Some(&Value::Text("Ridley Scott".into())));
    let Some(Value::List(reviews)) = shown.get("reviews") else { panic!("{shown:?}") };
    // The secret column is in none of it.
    assert_eq!(keys(&reviews[0]), ["id", "film_id", "stars", "text"]);
    assert_eq!(films[2].to_value().get("studio"), Some(&Value::Null));
}

async fn rows_are_json(on: &On) {
    let (db, _) = on.filled().await;
    let review = Review.query().select_related(Review.film).first(&db).await.unwrap().unwrap();
    let json = serde_json::to_value(&review).unwrap();
    assert_eq!(json["stars"], 5);
    assert_eq!(json["film"]["price"], "9.50");
    assert_eq!(json["film"]["released"], "1979-05-25");
    assert!(json.get("ip").is_none());
    assert_eq!(serde_json::to_string(&Status::Released).unwrap(), "\"released\"");
    assert_eq!(serde_json::from_str::<Status>("\"gone\"").unwrap(), Status::Withdrawn);
    let error = serde_json::from_str::<Status>("\"lost\"").unwrap_err().to_string();
    assert!(error.contains("draft, released, gone"), "{error}");
}

#[tokio::test]
async fn metadata_says_what_was_declared() {
    use quintet_core::meta::{FieldDefault, OnDelete, Relation};
    let film = Film.meta();
    assert_eq!((film.name, film.verbose_name, film.verbose_name_plural), ("Film", "film", "films"));
    assert_eq!(film.help_text, "A film that was shown somewhere.");
    assert_eq!(Country.meta().verbose_name_plural, "countries");
    assert_eq!((film.label(), film.identity().unwrap().table.as_str()), ("cinema.Film", "cinema_film"));
    assert_eq!(film.unique_together, [[1, 8]]);
    assert_eq!(film.ordering, [(8, true)]);
    let field = |name: &str| film.field(name).unwrap().1;
    assert_eq!(
        (field("id").auto, field("id").primary_key, field("title").max_length),
        (true, true, Some(200))
    );
    assert_eq!(
        (field("price").help_text, field("price").digits.unwrap().places),
        ("Price of a ticket in EUR.", 2)
    );
    assert!(
        matches!(field("price").default, FieldDefault::Value(make) if make() == Value::Decimal(10.into()))
    );
    assert!(matches!(field("studio").relation, Relation::ToOne { on_delete: OnDelete::SetNull, .. }));
    assert!(field("studio").null && field("studio").index && field("studio").column == "studio_id");
    assert_eq!(field("status").choices.len(), 3);
    assert!(
        field("title").is_required() && !field("votes").is_required() && !field("subtitle").is_required()
    );
    assert_eq!(field("reviews").relation.target().unwrap().name, "Review");
    assert!(Review.meta().field("ip").unwrap().1.secret);
    assert_eq!(film.through_table(film.field("tags").unwrap().0).unwrap(), "cinema_film_tags");
}

/// What opens something.
#[model(app = "vault")]
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// Whose.
    pub owner: String,
    /// How its bit is cut.
    #[field(secret)]
    pub bit: String,
}

#[test]
fn what_is_shown_of_a_row_for_debugging_has_no_secrets() {
    let key = Key { id: 7, owner: "ann".to_owned(), bit: "hunter2".to_owned() };
    let mask = quintet_core::hidden::MASK;
    assert_eq!(format!("{key:?}"), format!("Key {{ id: 7, owner: \"ann\", bit: {mask} }}"));
    // The other derives are still there.
    assert_eq!(key.clone(), key);
}
