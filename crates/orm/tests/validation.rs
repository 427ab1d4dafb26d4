//! What a field asks of its values, what a model asks of its rows, and what only a look into the database tells.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod common;

use common::{On, date, dec, scenarios};
use quintet_core::{
    FieldErrors, Room, Services, Site,
    clock::Clock,
    meta::{FieldMeta, Format},
};
use quintet_orm::{dynamic::DynSet, prelude::*};

scenarios!(
    every_rule_is_checked_wherever_a_value_is_known,
    a_field_speaks_in_its_own_words,
    a_model_looks_at_a_row_as_a_whole,
    the_rules_of_a_model_run_by_name_too,
    a_full_clean_tells_all_at_once,
    an_edit_does_not_collide_with_itself,
    a_conflict_has_the_shape_of_a_refusal,
    what_is_computed_at_each_save,
);

const TABLES: &str = r#"
CREATE TABLE rules_venue (id :key, name TEXT NOT NULL UNIQUE, slug TEXT NOT NULL, mail TEXT NOT NULL, site TEXT,
    code TEXT NOT NULL, seats INTEGER NOT NULL, price :money NOT NULL, rate :float NOT NULL, opened :date NOT NULL,
    plan TEXT, photo TEXT);
CREATE TABLE rules_event (id :key, title TEXT NOT NULL, slug TEXT NOT NULL, venue_id :ref NOT NULL REFERENCES rules_venue (id),
    starts :date NOT NULL, ends :date, note TEXT NOT NULL, changed :instant NOT NULL, made :instant NOT NULL,
    UNIQUE (venue_id, starts));
CREATE UNIQUE INDEX rules_event_title ON rules_event (title, ends);
"#;

#[model(app = "rules")]
#[derive(Debug, Clone)]
struct Venue {
    /// Its name.
    #[field(
        unique,
        min_length = 2,
        max_length = 20,
        error(
            unique = "that venue is there already",
            required = "which venue?",
            max_length = "shorter, please"
        )
    )]
    name: String,
    #[field(slug, default = "x")]
    slug: String,
    #[field(email, help_text = "Where we write to.")]
    mail: String,
    #[field(url)]
    site: Option<String>,
    #[field(regex = "^[A-Z]{2}[0-9]+$", default = "XX1")]
    code: String,
    #[field(min = 10, max = 100, step = 5, default = 10)]
    seats: i32,
    #[field(min = 0, step = dec("0.05"), max_digits = 6, decimal_places = 2, default = 1)]
    price: Decimal,
    #[field(min = 0.5, max = 1, default = 0.5)]
    rate: f64,
    #[field(max = date("2030-01-01"), default = date("2020-01-01"), editable = false)]
    opened: Date,
    #[field(upload_to = "plans/%Y")]
    plan: Option<StoredFile>,
    photo: Option<StoredImage>,
}

#[model(
    app = "rules",
    clean = Event::clean,
    unique_together = ["venue", "starts"],
    constraints = [unique(fields(title, ends)), unique(fields(note), where = "note <> ''")],
)]
#[derive(Debug, Clone)]
struct Event {
    title: String,
    #[field(slug, default = "")]
    slug: String,
    venue: ForeignKey<Venue>,
    starts: Date,
    ends: Option<Date>,
    #[field(blank)]
    note: String,
    #[field(on_save = now)]
    changed: Timestamp,
    #[field(default = now)]
    made: Timestamp,
}

impl Event {
    fn clean(row: &mut Clean<'_, Event>) {
        if let (Some(starts), Some(ends)) = (row.get(Event.starts), row.get(Event.ends))
            && ends < starts
        {
            row.error_coded((Event.starts, Event.ends), "order", "an event ends after it starts");
        }
        if row.get(Event.venue) == Some(13) {
            row.general("not there");
        }
        if let Some(title) = row.get(Event.title) {
            let title = title.trim().to_owned();
            if row.get(Event.slug).as_deref() == Some("") {
                row.set(Event.slug, title.to_lowercase().replace(' ', "-"));
            }
            row.set(Event.title, title);
        }
        if !row.is_new() && row.get(Event.note).as_deref() == Some("final") {
            row.error(Event.note, "is final");
        }
    }
}

async fn tables(on: &On) -> Db {
    on.with(TABLES).await
}

/// `field: code` of all that is wrong.
fn codes(error: &Error) -> Vec<String> {
    error.field_errors().unwrap().iter().map(|e| format!("{}: {}", e.field, e.code)).collect()
}

fn refused<T: std::fmt::Debug>(result: Result<T>) -> Vec<String> {
    let error = result.unwrap_err();
    assert_eq!(error.status(), 422, "{error}");
    codes(&error)
}

async fn every_rule_is_checked_wherever_a_value_is_known(on: &On) {
    let db = tables(on).await;
    let wrong = create!(Venue {
        name: "a",
        slug: "no slug",
        mail: "nobody",
        site: "javascript:alert(1)",
        code: "xx",
        seats: 12,
        price: dec("0.07"),
        rate: 0.2,
        opened: date("2031-01-01"),
        plan: "../plan.pdf",
        photo: "/photo.png",
    });
    let all = [
        "name: min_length",
        "slug: format",
        "mail: format",
        "site: format",
        "code: regex",
        "seats: step",
        "price: step",
        "rate: min",
        "opened: max",
        "plan: format",
        "photo: format",
    ];
    assert_eq!(refused(wrong.clone().insert(&db).await), all);
    assert_eq!(refused(Venue.bulk_create([wrong], &db).await), all);
    let fine = create!(Venue {
        name: "Roxy",
        mail: "ann@bücher.example",
        site: "https://example.com/ä",
        seats: 95,
        price: dec("0.35"),
        rate: 1,
        plan: "plans/2026/a.pdf",
        photo: StoredImage::new("b.png"),
    });
    let venue = fine.insert(&db).await.unwrap();
    assert_eq!((venue.slug.as_str(), venue.plan.as_ref().unwrap().file_name()), ("x", "a.pdf"));
    assert_eq!(
        Venue.filter(Venue.plan.ends_with(".pdf") & Venue.photo.eq("b.png")).count(&db).await.unwrap(),
        1
    );
    // Edits, updates of many rows, values by name.
    let mut edit = venue.clone().edit();
    (edit.seats, edit.mail) = (105, "x@y".into());
    assert_eq!(refused(edit.save(&db).await), ["mail: format", "seats: max"]);
    assert_eq!(
        refused(Venue.filter(Venue.id.gt(0)).update(Venue.seats.set(5)).exec(&db).await),
        ["seats: min"]
    );
    let mut rows = [venue.clone()];
    rows[0].code = "ab1".into();
    assert_eq!(refused(Venue.bulk_update(&rows, Venue.code, &db).await), ["code: regex"]);
    let mut set = venue.clone();
    assert_eq!(refused(set.set_field("rate", 2.0)), ["rate: max"]);
    let names = ["name", "mail", "seats", "price", "site"];
    let set = DynSet::new(Venue.meta()).writable(names).unwrap();
    let given = [("name", ""), ("seats", "x"), ("price", "0.333"), ("site", ""), ("other", "1")];
    let by_name = refused(set.insert(given, &db).await);
    assert_eq!(
        by_name,
        [
            "name: required",
            "seats: invalid",
            "price: digits",
            "price: step",
            "other: invalid",
            "mail: required"
        ]
    );
    assert_eq!(refused(set.clone().update("1", [("mail", "x")], &db).await), ["mail: format"]);
    // What the database computes is not looked at: its own rules decide.
    assert_eq!(
        Venue.filter(Venue.id.gt(0)).update(Venue.seats.set(Venue.seats + 1)).exec(&db).await.unwrap(),
        1
    );
}

async fn a_field_speaks_in_its_own_words(on: &On) {
    let db = tables(on).await;
    let message =
        |error: &Error| error.field_errors().unwrap().of("name").map(str::to_owned).collect::<Vec<_>>();
    let long = create!(Venue { name: "a".repeat(21), mail: "a@b.co" }).insert(&db).await.unwrap_err();
    assert_eq!(message(&long), ["shorter, please"]);
    create!(Venue { name: "Roxy", mail: "a@b.co" }).insert(&db).await.unwrap();
    let twice = create!(Venue { name: "Roxy", mail: "a@b.co" });
    let looked = twice.full_clean(&db).await.unwrap_err();
    assert_eq!(message(&looked), ["that venue is there already"]);
    let told = twice.insert(&db).await.unwrap_err();
    assert_eq!((told.status().as_u16(), told.to_string().as_str()), (409, "that venue is there already"));
    let set = DynSet::new(Venue.meta()).writable(["name"]).unwrap();
    assert_eq!(message(&set.insert([("name", "")], &db).await.unwrap_err()), ["which venue?"]);
}

async fn a_model_looks_at_a_row_as_a_whole(on: &On) {
    let db = tables(on).await;
    let venue = create!(Venue { name: "Roxy", mail: "a@b.co" }).insert(&db).await.unwrap();
    let wrong = create!(Event {
        title: "",
        venue: 13i64,
        starts: date("2026-02-02"),
        ends: date("2026-02-01"),
        note: ""
    });
    assert_eq!(refused(wrong.clone().insert(&db).await), ["starts: order", "ends: order", ": invalid"]);
    assert_eq!(refused(Event.bulk_create([wrong.clone()], &db).await).len(), 3);
    assert_eq!(refused(wrong.or_update(Event.id, Event.title, &db).await).len(), 3);
    // What it sets is written, and checked.
    let event =
        create!(Event { title: "  Jazz Night ", venue: &venue, starts: date("2026-02-01"), note: "" });
    let event = event.insert(&db).await.unwrap();
    assert_eq!((event.title.as_str(), event.slug.as_str()), ("Jazz Night", "jazz-night"));
    let bad = create!(Event { title: "Jazz!", venue: &venue, starts: date("2026-02-02"), note: "" });
    assert_eq!(refused(bad.insert(&db).await), ["slug: format"]);
    let mut edit = event.clone().edit();
    (edit.title, edit.ends) = (" Blues ".into(), Some(date("2026-02-01")));
    let event = edit.save(&db).await.unwrap();
    assert_eq!(event.title, "Blues");
    assert_eq!(Event.get(event.id, &db).await.unwrap().title, "Blues");
    let mut edit = event.clone().edit();
    (edit.note, edit.ends) = ("final".into(), Some(date("2020-01-01")));
    assert_eq!(refused(edit.save(&db).await), ["starts: order", "ends: order", "note: invalid"]);
    // Whole rows are looked at where many are written; single columns, of rows nobody has seen, are not.
    let mut rows = [event.clone()];
    rows[0].note = "final".into();
    assert_eq!(refused(Event.bulk_update(&rows, Event.note, &db).await), ["note: invalid"]);
    rows[0].note = " fine ".into();
    rows[0].title = " trimmed ".into();
    Event.bulk_update(&rows, (Event.note, Event.title), &db).await.unwrap();
    let now = Event.get(event.id, &db).await.unwrap();
    assert_eq!((now.note.as_str(), now.title.as_str()), (" fine ", "trimmed"));
    assert_eq!(Event.filter(Event.id.gt(0)).update(Event.note.set("final")).exec(&db).await.unwrap(), 1);
}

async fn the_rules_of_a_model_run_by_name_too(on: &On) {
    let db = tables(on).await;
    create!(Venue { name: "Roxy", mail: "a@b.co" }).insert(&db).await.unwrap();
    let set = DynSet::new(Event.meta()).writable(["title", "venue", "starts", "ends", "note"]).unwrap();
    let given = [("title", " A B "), ("venue", "1"), ("starts", "2026-02-02"), ("note", "")];
    let row = set.insert(given, &db).await.unwrap();
    assert_eq!((row.get("slug"), row.get("title")), (Some(&Value::from("a-b")), Some(&Value::from("A B"))));
    // A field that can't be read, and what the row as a whole lacks, at once.
    let given = [("title", ""), ("venue", "x"), ("starts", "2026-02-02"), ("ends", "2026-01-01")];
    let wrong = refused(set.insert(given, &db).await);
    assert_eq!(
        wrong,
        ["venue: invalid", "title: required", "note: required", "starts: order", "ends: order"]
    );
    assert_eq!(
        refused(set.clone().update("1", [("ends", "2026-01-01")], &db).await),
        ["starts: order", "ends: order"]
    );
    let row = set.clone().update("1", [("title", " C ")], &db).await.unwrap();
    assert_eq!(row.get("title"), Some(&Value::from("C")));
    let missing = set.clone().update("77", [("title", "C")], &db).await.unwrap_err();
    assert_eq!(missing.status(), 404);
}

async fn a_full_clean_tells_all_at_once(on: &On) {
    let db = tables(on).await;
    let venue = create!(Venue { name: "Roxy", mail: "a@b.co" }).insert(&db).await.unwrap();
    let day = date("2026-02-02");
    let first = create!(Event { title: "A", venue: &venue, starts: day, ends: day, note: "once" });
    first.full_clean(&db).await.unwrap();
    first.insert(&db).await.unwrap();
    let wrong = create!(Venue { name: "Roxy", mail: "nobody", slug: "" });
    assert_eq!(refused(wrong.full_clean(&db).await), ["slug: required", "mail: format", "name: unique"]);
    // An empty text is the program's business where no person gave it.
    assert_eq!(refused(wrong.insert(&db).await), ["mail: format"]);
    let twice = create!(Event { title: "A ", venue: &venue, starts: day, ends: day, note: "once" });
    let error = twice.full_clean(&db).await.unwrap_err();
    assert_eq!(codes(&error), [": unique", ": unique"]);
    assert!(error.to_string().contains("already a event with this venue and starts"), "{error}");
    let lost = create!(Event { title: "", venue: 99i64, starts: day, ends: date("2020-01-01"), note: "" });
    assert_eq!(
        refused(lost.full_clean(&db).await),
        ["title: required", "starts: order", "ends: order", "venue: unknown"]
    );
    // NULL is shared by any.
    let open = create!(Event { title: "A", venue: &venue, starts: date("2026-02-03"), note: "" });
    open.clone().insert(&db).await.unwrap();
    let other = create!(Event { title: "A", venue: &venue, starts: date("2026-02-04"), note: "" });
    other.full_clean(&db).await.unwrap();
    let key = create!(Event { id: 1, title: "B", venue: &venue, starts: date("2026-02-05"), note: "" });
    assert_eq!(refused(key.full_clean(&db).await), ["id: unique"]);
}

async fn an_edit_does_not_collide_with_itself(on: &On) {
    let db = tables(on).await;
    let venue = create!(Venue { name: "Roxy", mail: "a@b.co" }).insert(&db).await.unwrap();
    create!(Venue { name: "Ritz", mail: "a@b.co" }).insert(&db).await.unwrap();
    let mut edit = venue.clone().edit();
    edit.mail = "b@b.co".into();
    edit.name = "Roxy 2".into();
    edit.full_clean(&db).await.unwrap();
    edit.name = "Roxy".into();
    edit.full_clean(&db).await.unwrap();
    edit.name = "Ritz".into();
    assert_eq!(refused(edit.full_clean(&db).await), ["name: unique"]);
    (edit.name, edit.mail) = ("".into(), "".into());
    assert_eq!(refused(edit.full_clean(&db).await), ["name: required", "mail: required"]);
    let day = date("2026-02-02");
    let event =
        create!(Event { title: "A", venue: &venue, starts: day, note: "" }).insert(&db).await.unwrap();
    create!(Event { title: "B", venue: &venue, starts: date("2026-02-03"), note: "" })
        .insert(&db)
        .await
        .unwrap();
    let mut edit = event.edit();
    edit.title = " C ".into();
    edit.full_clean(&db).await.unwrap();
    assert_eq!(edit.title, "C");
    edit.starts = date("2026-02-03");
    assert_eq!(refused(edit.full_clean(&db).await), [": unique"]);
    edit.venue = ForeignKey::new(77);
    assert_eq!(refused(edit.full_clean(&db).await), ["venue: unknown"]);
}

async fn a_conflict_has_the_shape_of_a_refusal(on: &On) {
    let db = tables(on).await;
    let venue = create!(Venue { name: "Roxy", mail: "a@b.co" }).insert(&db).await.unwrap();
    let day = date("2026-02-02");
    let draft = || create!(Event { title: "A", venue: &venue, starts: day, note: "" });
    draft().insert(&db).await.unwrap();
    let error = draft().insert(&db).await.unwrap_err();
    assert_eq!((error.status().as_u16(), codes(&error)), (409, vec![": unique".to_owned()]));
    let error = create!(Venue { name: "Roxy", mail: "a@b.co" }).insert(&db).await.unwrap_err();
    assert_eq!((error.status().as_u16(), codes(&error)), (409, vec!["name: unique".to_owned()]));
    let lost =
        create!(Event { title: "A", venue: 99i64, starts: day, note: "" }).insert(&db).await.unwrap_err();
    assert_eq!((lost.status().as_u16(), codes(&lost)), (409, vec!["venue: unknown".to_owned()]));
}

async fn what_is_computed_at_each_save(on: &On) {
    let db = tables(on).await;
    let venue = create!(Venue { name: "Roxy", mail: "a@b.co" }).insert(&db).await.unwrap();
    let clock = Clock::fixed("2026-11-20T12:00:00Z".parse().unwrap());
    let mut services = Services::builder();
    services.insert(clock.clone());
    let hour = || clock.advance(SignedDuration::from_hours(1));
    let at = |hour: u8| format!("2026-11-20T{hour:02}:00:00Z").parse::<Timestamp>().unwrap();
    let work = async {
        let day = date("2026-02-02");
        let event =
            create!(Event { title: "A", venue: &venue, starts: day, note: "" }).insert(&db).await.unwrap();
        assert_eq!((event.made, event.changed), (at(12), at(12)));
        hour();
        // Nothing changed, nothing is written.
        let event = event.edit().save(&db).await.unwrap();
        assert_eq!(event.changed, at(12));
        let mut edit = event.edit();
        edit.title = "B".into();
        let event = edit.save(&db).await.unwrap();
        assert_eq!((event.made, event.changed), (at(12), at(13)));
        assert_eq!(Event.get(event.id, &db).await.unwrap().changed, at(13));
        hour();
        let set = DynSet::new(Event.meta()).writable(["title"]).unwrap();
        let row = set.update(&event.id.to_string(), [("title", "C")], &db).await.unwrap();
        assert_eq!(row.get("changed"), Some(&Value::DateTime(at(14))));
        hour();
        Event.bulk_update(std::slice::from_ref(&event), Event.title, &db).await.unwrap();
        assert_eq!(Event.get(event.id, &db).await.unwrap().changed, at(15));
        hour();
        let draft = create!(Event { title: "D", venue: &venue, starts: day, note: "" });
        let event = draft.or_update((Event.venue, Event.starts), Event.title, &db).await.unwrap();
        assert_eq!((event.title.as_str(), event.changed, event.made), ("D", at(16), at(12)));
        hour();
        // An update of rows that nobody has seen changes what it says, and an edit may say it itself.
        Event.filter(Event.id.gt(0)).update(Event.title.set("E")).exec(&db).await.unwrap();
        let event = Event.get(event.id, &db).await.unwrap();
        assert_eq!(event.changed, at(16));
        let mut edit = event.edit();
        edit.changed = at(1);
        assert_eq!(edit.save(&db).await.unwrap().changed, at(1));
    };
    services.build().scope(work).await;
}

#[test]
fn the_metadata_tells_forms_and_documents() {
    let field = |name: &str| -> &'static FieldMeta { Venue::meta().field(name).unwrap().1 };
    assert_eq!((field("name").help_text, field("mail").help_text), ("Its name.", "Where we write to."));
    assert_eq!((field("mail").format, field("mail").max_length), (Format::Email, Some(254)));
    assert_eq!(
        (field("slug").format, field("slug").max_length, field("slug").index),
        (Format::Slug, Some(50), true)
    );
    assert_eq!((field("site").format, field("site").max_length), (Format::Url, Some(200)));
    assert_eq!((field("plan").format, field("plan").max_length), (Format::File, Some(100)));
    assert_eq!((field("photo").format, field("plan").upload_to), (Format::Image, "plans/%Y"));
    assert_eq!((field("opened").editable, field("name").editable), (false, true));
    assert_eq!((field("name").may_be_blank(), field("site").may_be_blank()), (false, true));
    let rules = field("seats").rules;
    let value = |make: Option<fn() -> Value>| make.map(|make| make());
    assert_eq!(
        (value(rules.min), value(rules.max), value(rules.step)),
        (Some(Value::Int(10)), Some(Value::Int(100)), Some(Value::Int(5)))
    );
    assert_eq!(value(field("price").rules.min), Some(Value::Decimal(dec("0"))));
    assert_eq!(
        (field("code").rules.regex, field("name").rules.min_length),
        (Some("^[A-Z]{2}[0-9]+$"), Some(2))
    );
    let event = |name: &str| -> &'static FieldMeta { Event::meta().field(name).unwrap().1 };
    assert!(event("note").may_be_blank() && !event("title").may_be_blank() && !event("changed").editable);
    assert!(!event("changed").is_required() && event("title").is_required());
    let debug = format!("{:?}", field("seats").rules);
    assert!(debug.contains("Int(100)"), "{debug}");
}

#[model(app = "rules")]
#[derive(Debug, Clone)]
struct Broken {
    #[field(regex = "(?=a)")]
    code: String,
}

#[tokio::test]
async fn a_pattern_that_is_none_is_told_at_the_start() {
    let mut errors = FieldErrors::new();
    quintet_orm::check_value(Broken::meta().field("code").unwrap().1, &"a".into(), &mut errors);
    assert_eq!(errors.codes("code").collect::<Vec<_>>(), ["regex"]);
    let site = Site::new().install(quintet_core::App::new("rules").models((Broken,)));
    let mut services = Services::builder();
    services.insert(std::sync::Arc::new(site));
    let found = quintet_orm::OrmRoom.checks(&services.build()).await;
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(
        found.iter().any(|check| check.contains("orm.E004") && check.contains("Broken.code")),
        "{found:?}"
    );
}
