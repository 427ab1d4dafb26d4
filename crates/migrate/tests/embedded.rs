//! Structs that models embed: their fields are columns like others, from the migration to the template.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::*;
use quintet_core::{FieldErrors, TemplateValue};
use quintet_orm::{dynamic::DynSet, prelude::*};

#[derive(Debug, Clone, PartialEq, Embed)]
struct Stamps {
    /// When it was made.
    #[field(default = now, index)]
    created: Timestamp,
    #[field(on_save = now)]
    changed: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Embed)]
struct Address {
    #[field(max_length = 20)]
    street: String,
    #[field(column = "postal_code", max_length = 5, regex = "^[0-9]+$", error(regex = "only digits"))]
    zip_code: String,
    #[field(min = 1)]
    floor: Option<i16>,
}

#[model(
    app = "embedded",
    ordering = ["-stamps.created", "id"],
    unique_together = ["name", "home.street"],
    indexes = [index(fields(home.zip_code, -stamps.changed))],
    clean = Person::clean,
)]
#[derive(Debug, Clone)]
struct Person {
    #[field(embed)]
    stamps: Stamps,
    name: String,
    #[field(embed, prefix = "home_")]
    home: Address,
    #[field(embed, prefix = "work_")]
    work: Address,
    boss: Option<ForeignKey<Person>>,
    friends: ManyToMany<Person>,
    #[field(via = boss)]
    team: HasMany<Person>,
    notes: HasMany<Note>,
    age: i32,
}

#[model(app = "embedded")]
#[derive(Debug, Clone)]
struct Note {
    person: ForeignKey<Person>,
    text: String,
    #[field(embed)]
    stamps: Stamps,
}

impl Person {
    fn clean(row: &mut Clean<'_, Person>) {
        if row.get(Person.home.street) == row.get(Person.work.street) {
            row.error(Person.work.street, "works at home");
        }
        if let Some(street) = row.get(Person.home.street) {
            row.set(Person.home.street, street.trim().to_owned());
        }
    }
}

fn address(street: &str, floor: Option<i16>) -> Address {
    Address { street: street.into(), zip_code: "12345".into(), floor }
}

#[test]
fn the_metadata_has_all_fields_in_order() {
    let names: Vec<_> = Person::meta().fields.iter().map(|f| (f.name, f.column)).collect();
    assert_eq!(
        names,
        [
            ("id", "id"),
            ("created", "created"),
            ("changed", "changed"),
            ("name", "name"),
            ("home_street", "home_street"),
            ("home_zip_code", "home_postal_code"),
            ("home_floor", "home_floor"),
            ("work_street", "work_street"),
            ("work_zip_code", "work_postal_code"),
            ("work_floor", "work_floor"),
            ("boss", "boss_id"),
            ("friends", ""),
            ("team", ""),
            ("notes", ""),
            ("age", "age"),
        ]
    );
    let field = |name: &str| Person::meta().field(name).unwrap().1;
    assert_eq!((field("created").help_text, field("created").index), ("When it was made.", true));
    assert_eq!(
        (field("work_zip_code").verbose_name, field("work_zip_code").max_length),
        ("work zip code", Some(5))
    );
    assert_eq!(Person::meta().ordering, [(1, true), (0, false)]);
    assert_eq!(Person::meta().unique_together, [&[3u16, 4][..]]);
    assert_eq!(Person::meta().indexes[0].fields, [(5, false), (2, true)]);
}

#[tokio::test]
async fn embedded_fields_are_columns_like_others() {
    for engine in engines() {
        let bed = engine.tables(&[Person::meta(), Note::meta()]).await;
        let db = &*bed;
        let draft = create!(Person {
            name: "Ann",
            home: address(" High St ", Some(3)),
            work: &address("Low St", None),
            age: 30
        });
        let ann = draft.insert(db).await.unwrap();
        assert_eq!(
            (ann.home.street.as_str(), ann.home.floor, ann.work.floor, ann.age),
            ("High St", Some(3), None, 30)
        );
        let stamps = Stamps { created: "2020-01-01T00:00:00Z".parse().unwrap(), changed: ann.stamps.changed };
        let bob = create!(Person {
            name: "Bob",
            stamps: stamps.clone(),
            home: address("Elm St", None),
            work: address("Low St", Some(9)),
            boss: &ann,
            friends: [&ann],
            age: 40,
        });
        let bob = bob.insert(db).await.unwrap();
        assert_eq!((&bob.stamps, bob.boss.as_ref().map(|b| *b.id())), (&stamps, Some(ann.id)));
        // Filters, orders, selections; through relations; what stands behind embedded fields is where it should be.
        let find = Person.filter(Person.work.floor.ge(9) & Person.home.street.starts_with("Elm"));
        assert_eq!(find.one(db).await.unwrap().name, "Bob");
        let names = |rows: Vec<Person>| rows.into_iter().map(|p| p.name).collect::<Vec<_>>();
        assert_eq!(names(Person.all(db).await.unwrap()), ["Ann", "Bob"], "by its own order");
        assert_eq!(names(Person.order_by(Person.home.street).all(db).await.unwrap()), ["Bob", "Ann"]);
        let below = Person.filter(Person.boss.home.street.eq("High St")).select_related(Person.boss);
        let below = below.one(db).await.unwrap();
        assert_eq!(below.boss.as_ref().unwrap().get().unwrap().home, ann.home);
        let all =
            Person.prefetch_related(Person.friends).prefetch_related(Person.team).all(db).await.unwrap();
        assert_eq!((all[1].friends.get().unwrap()[0].age, all[0].team.get().unwrap()[0].id), (30, bob.id));
        let floors: Vec<(String, Option<i16>, Option<String>)> = Person
            .order_by(Person.age)
            .select((Person.work.street, Person.work.floor, Person.boss.home.zip_code))
            .all(db)
            .await
            .unwrap();
        assert_eq!(floors[1], ("Low St".to_owned(), Some(9), Some("12345".to_owned())));
        let top = Person.aggregate((Person.age.max(), Person.work.floor.max()), db).await.unwrap();
        assert_eq!(top, (Some(40), Some(9)));
        create!(Note { person: &bob, text: "x" }).insert(db).await.unwrap();
        assert_eq!(
            Note.filter(Note.person.stamps.created.lt(ann.stamps.created)).count(db).await.unwrap(),
            1
        );
        // Edits and updates.
        let mut edit = bob.edit();
        edit.work.street = "Side St".into();
        assert_eq!(edit.changed(), ["work_street"]);
        let bob = edit.save(db).await.unwrap();
        assert!(bob.stamps.changed > stamps.changed && bob.stamps.created == stamps.created);
        let update = Person
            .filter(Person.id.eq(bob.id))
            .update((Person.home.set(address("Oak St", Some(1))), Person.age.set(41)));
        assert_eq!(update.exec(db).await.unwrap(), 1);
        let mut rows = [Person.get(bob.id, db).await.unwrap()];
        assert_eq!((rows[0].home.street.as_str(), rows[0].home.floor, rows[0].age), ("Oak St", Some(1), 41));
        rows[0].home.floor = Some(2);
        Person.bulk_update(&rows, (Person.home.floor, Person.age), db).await.unwrap();
        assert_eq!(Person.get(bob.id, db).await.unwrap().home.floor, Some(2));
        // Rules, by the prefixed names.
        let codes = |errors: &FieldErrors| {
            errors.iter().map(|e| format!("{}: {}", e.field, e.message)).collect::<Vec<_>>()
        };
        let wrong = Address { street: "Same".into(), zip_code: "x".into(), floor: Some(0) };
        let wrong = create!(Person { name: "C", home: wrong.clone(), work: address("Same", None), age: 1 });
        let error = wrong.full_clean(db).await.unwrap_err();
        assert_eq!(
            codes(error.field_errors().unwrap()),
            ["home_zip_code: only digits", "home_floor: must be at least 1", "work_street: works at home"]
        );
        let twice =
            create!(Person { name: "Ann", home: address("High St", None), work: address("x", None), age: 1 });
        let error = twice.full_clean(db).await.unwrap_err();
        assert!(error.to_string().contains("name and home_street"), "{error}");
        // By name, as a map.
        let set = DynSet::new(Person.meta()).allow(["home_street", "boss__work_floor", "created"]).unwrap();
        let set = set.writable(["home_street", "home_floor"]).unwrap();
        let rows = set.clone().filter("home_street", "High St").unwrap().all(db).await.unwrap();
        assert_eq!(rows[0].get("home_floor"), Some(&Value::Int(3)));
        let row = set.update(&ann.id.to_string(), [("home_floor", "7")], db).await.unwrap();
        assert_eq!(row.get("home_floor"), Some(&Value::Int(7)));
        let shown = ann.to_value();
        assert_eq!(
            (shown.get("home_street"), shown.get("age")),
            (Some(&Value::from("High St")), Some(&Value::Int(30)))
        );
        assert_eq!(ann.get_field("work_zip_code").unwrap(), Value::from("12345"));
        let mut changed = ann.clone();
        changed.set_field("work_floor", 4).unwrap();
        assert_eq!(changed.work.floor, Some(4));
        let copy = create!(Person { name: "Copy", age: 2, ..&ann }).insert(db).await.unwrap();
        assert_eq!(copy.home, ann.home);
    }
}
