//! Foreign keys that no two rows share, seen from both sides.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod common;

use common::*;
use quintet_core::{ErrorKind, TemplateValue};
use quintet_orm::{dynamic::DynSet, prelude::*};

scenarios!(
    the_other_end_comes_in_the_same_query,
    the_other_end_is_a_column,
    the_other_end_comes_in_one_more_query,
    what_was_not_loaded_is_an_error_with_the_fix,
    no_two_rows_share_it,
    shapes_and_names_go_both_ways,
    a_key_can_be_the_primary_key,
);

const PEOPLE: &str = r#"
CREATE TABLE people_city (id :key, name TEXT NOT NULL);
CREATE TABLE people_user (id :key, name TEXT NOT NULL, boss_id :ref REFERENCES people_user (id));
CREATE TABLE people_profile (id :key, user_id :ref NOT NULL UNIQUE REFERENCES people_user (id) ON DELETE CASCADE,
    bio TEXT NOT NULL, stars INTEGER, city_id :ref REFERENCES people_city (id));
CREATE TABLE people_badge (user_id :ref PRIMARY KEY REFERENCES people_user (id), number INTEGER NOT NULL);
CREATE TABLE people_note (id :key, profile_id :ref NOT NULL REFERENCES people_profile (id), text TEXT NOT NULL);
"#;

#[model(app = "people")]
#[derive(Debug, Clone)]
struct City {
    name: String,
}

#[model(app = "people", ordering = "name")]
#[derive(Debug, Clone, PartialEq)]
struct User {
    name: String,
    boss: Option<ForeignKey<User>>,
    profile: HasOne<Profile>,
    #[field(via = user)]
    badge: HasOne<Badge>,
}

#[model(app = "people")]
#[derive(Debug, Clone)]
struct Profile {
    user: OneToOne<User>,
    #[field(default = "")]
    bio: String,
    stars: Option<i32>,
    city: Option<ForeignKey<City>>,
    notes: HasMany<Note>,
}

#[model(app = "people")]
#[derive(Debug, Clone)]
struct Badge {
    #[field(primary_key)]
    user: OneToOne<User>,
    number: i32,
}

#[model(app = "people")]
#[derive(Debug, Clone)]
struct Note {
    profile: ForeignKey<Profile>,
    text: String,
}

async fn filled(on: &On) -> (Db, Vec<User>) {
    let db = on.with(PEOPLE).await;
    let rome = create!(City { name: "Rome" }).insert(&db).await.unwrap();
    let ann = create!(User { name: "Ann" }).insert(&db).await.unwrap();
    let bob = create!(User { name: "Bob", boss: &ann }).insert(&db).await.unwrap();
    let cid = create!(User { name: "Cid", boss: &bob }).insert(&db).await.unwrap();
    let profile =
        create!(Profile { user: &ann, bio: "Cook", stars: 3, city: &rome }).insert(&db).await.unwrap();
    create!(Profile { user: &bob, bio: "Poet" }).insert(&db).await.unwrap();
    create!(Note { profile: &profile, text: "salt" }).insert(&db).await.unwrap();
    (db, vec![ann, bob, cid])
}

async fn the_other_end_comes_in_the_same_query(on: &On) {
    let (db, _) = filled(on).await;
    let log = db.record();
    let users =
        User.select_related(User.profile.city).select_related(User.boss.profile).all(&db).await.unwrap();
    assert_eq!(log.count(), 1);
    let sql = &log.queries()[0].sql;
    assert!(
        sql.contains(r#" LEFT JOIN "people_profile" AS t1 ON t1."user_id" = t0."id" LEFT JOIN "people_city" AS t2 ON t2."id" = t1."city_id""#),
        "{sql}"
    );
    let seen: Vec<_> = users
        .iter()
        .map(|user| {
            let profile = user.profile.get().unwrap();
            let city = profile.and_then(|p| p.city.as_ref()).map(|city| city.get().unwrap().name.as_str());
            let boss = user.boss.as_ref().map(|boss| boss.get().unwrap());
            (
                profile.map(|p| p.bio.as_str()),
                city,
                boss.and_then(|b| b.profile.get().unwrap()).map(|p| p.bio.as_str()),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [(Some("Cook"), Some("Rome"), None), (Some("Poet"), None, Some("Cook")), (None, None, Some("Poet"))]
    );
    assert_eq!(format!("{:?} {:?}", users[0].profile, users[2].profile), "Profile(1) none");
    let shown = users[2].to_value();
    assert_eq!(shown.get("profile"), Some(&Value::Null));
    assert_eq!(users[1].to_value().get("profile").unwrap().get("bio"), Some(&Value::from("Poet")));
}

async fn the_other_end_is_a_column(on: &On) {
    let (db, users) = filled(on).await;
    let names = |query: QuerySet<User>| {
        let db = db.clone();
        async move { query.select(User.name).all(&db).await.unwrap().join(" ") }
    };
    assert_eq!(names(User.filter(User.profile.bio.eq("Poet"))).await, "Bob");
    assert_eq!(names(User.filter(User.profile.is_null())).await, "Cid");
    assert_eq!(names(User.filter(User.profile.is_not_null())).await, "Ann Bob");
    assert_eq!(names(User.filter(User.profile.stars.is_null())).await, "Bob Cid");
    assert_eq!(names(User.filter(User.profile.notes.any(Note.text.eq("salt")))).await, "Ann");
    assert_eq!(names(User.order_by(User.profile.bio.desc())).await, "Bob Ann Cid");
    let profile = Profile.filter(Profile.bio.eq("Cook")).one(&db).await.unwrap();
    assert_eq!(names(User.filter(User.profile.eq(&profile))).await, "Ann");
    assert_eq!(names(User.filter(User.profile.ne(profile.id))).await, "Bob Cid");
    let rows = User.select((User.name, User.profile.bio, User.profile.city.name)).all(&db).await.unwrap();
    let told = |name: &str, bio: Option<&str>, city: Option<&str>| {
        (name.to_owned(), bio.map(str::to_owned), city.map(str::to_owned))
    };
    assert_eq!(
        rows,
        [told("Ann", Some("Cook"), Some("Rome")), told("Bob", Some("Poet"), None), told("Cid", None, None)]
    );
    let by_bio = User.group_by(User.profile.bio.coalesce("-")).aggregate(User.rows()).all(&db).await.unwrap();
    assert_eq!(by_bio.len(), 3);
    let bobs = Profile.filter(Profile.user.name.eq("Bob")).count(&db).await.unwrap();
    assert_eq!(bobs, 1);
    // Of one row.
    let ann = users[0].related_one(User.profile, &db).await.unwrap().unwrap();
    assert_eq!(ann.bio, "Cook");
    assert!(users[2].related_one(User.profile, &db).await.unwrap().is_none());
    let changed =
        User.filter(User.profile.bio.eq("Cook")).update(User.name.set("Anna")).exec(&db).await.unwrap();
    assert_eq!(changed, 1);
}

async fn the_other_end_comes_in_one_more_query(on: &On) {
    let (db, _) = filled(on).await;
    let log = db.record();
    let users = User.prefetch_related(User.profile).all(&db).await.unwrap();
    assert_eq!(log.count(), 2);
    let bios: Vec<_> = users.iter().map(|u| u.profile.get().unwrap().map(|p| p.bio.as_str())).collect();
    assert_eq!(bios, [Some("Cook"), Some("Poet"), None]);
    // Starting at an object, and going on from one.
    let users = User.prefetch_related(User.profile.notes).all(&db).await.unwrap();
    assert_eq!(users[0].profile.get().unwrap().unwrap().notes.get().unwrap()[0].text, "salt");
    assert!(users[1].profile.get().unwrap().unwrap().notes.get().unwrap().is_empty());
    let users = User.prefetch_related(User.boss.profile).all(&db).await.unwrap();
    let boss = users[1].boss.as_ref().unwrap().get().unwrap();
    assert_eq!(boss.profile.get().unwrap().unwrap().bio, "Cook");
}

async fn what_was_not_loaded_is_an_error_with_the_fix(on: &On) {
    let (db, users) = filled(on).await;
    let error = users[0].profile.get().unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::NotLoaded);
    let text = error.to_string();
    assert!(
        text.contains("User.profile was read at ") && text.contains("add .select_related(User.profile)"),
        "{text}"
    );
    assert!(!users[0].profile.is_loaded() && users[0].profile.loaded().is_none());
    assert!(matches!(users[0].to_value().get("profile"), Some(Value::NotLoaded(_))));
    assert_ne!(users[0], User.select_related(User.profile).get(&users[0], &db).await.unwrap());
    assert_eq!(users[0], User.get(&users[0], &db).await.unwrap());
}

async fn no_two_rows_share_it(on: &On) {
    let (db, users) = filled(on).await;
    let error = create!(Profile { user: &users[0] }).insert(&db).await.unwrap_err();
    assert_eq!(error.to_string(), "there is already a profile with this user");
    let (same, created) = create!(Profile { user: &users[0] }).or_get(Profile.user, &db).await.unwrap();
    assert_eq!((same.bio.as_str(), created), ("Cook", false));
    let field = Profile.meta().field("user").unwrap().1;
    assert!(field.unique && !field.index && !field.null);
}

#[derive(Shape, Debug, PartialEq)]
#[shape(model = User)]
struct UserCard {
    name: String,
    #[shape(nested)]
    profile: Option<ProfileCard>,
}

#[derive(Shape, Debug, PartialEq)]
#[shape(model = Profile)]
struct ProfileCard {
    bio: String,
    #[shape(nested)]
    notes: Vec<NoteText>,
}

#[derive(Shape, Debug, PartialEq)]
#[shape(model = Note)]
struct NoteText {
    text: String,
}

async fn shapes_and_names_go_both_ways(on: &On) {
    let (db, _) = filled(on).await;
    let cards = User.query().shape::<UserCard>().all(&db).await.unwrap();
    let profile = |bio: &str, notes: &[&str]| {
        let notes = notes.iter().map(|text| NoteText { text: (*text).into() }).collect();
        Some(ProfileCard { bio: bio.into(), notes })
    };
    let card = |name: &str, profile| UserCard { name: name.into(), profile };
    assert_eq!(
        cards,
        [card("Ann", profile("Cook", &["salt"])), card("Bob", profile("Poet", &[])), card("Cid", None)]
    );
    let users = || {
        DynSet::new(User.meta())
            .allow(["profile", "profile__bio", "profile__city__name", "boss__profile__bio"])
            .unwrap()
    };
    for (name, value, count) in [
        ("profile__bio", "Poet", 1),
        ("profile__city__name__icontains", "ROM", 1),
        ("profile__isnull", "true", 1),
        ("profile__isnull", "false", 2),
        ("profile", "1", 1),
        ("boss__profile__bio", "Cook", 1),
    ] {
        assert_eq!(users().filter(name, value).unwrap().count(&db).await.unwrap(), count, "{name}");
    }
    let ordered = users().order_by("-profile__bio").unwrap().all(&db).await.unwrap();
    assert_eq!(ordered[0].get("name"), Some(&Value::from("Bob")));
}

async fn a_key_can_be_the_primary_key(on: &On) {
    let (db, users) = filled(on).await;
    let badge = create!(Badge { user: &users[1], number: 7 }).insert(&db).await.unwrap();
    assert_eq!(badge.pk(), users[1].id);
    assert_eq!(Badge.get(users[1].id, &db).await.unwrap().number, 7);
    assert_eq!(
        Badge.select_related(Badge.user).first(&db).await.unwrap().unwrap().user.get().unwrap().name,
        "Bob"
    );
    let mut badge = badge.edit();
    badge.number = 8;
    badge.save(&db).await.unwrap();
    let users = User.select_related(User.badge).all(&db).await.unwrap();
    let numbers: Vec<_> = users.iter().map(|u| u.badge.get().unwrap().map(|badge| badge.number)).collect();
    assert_eq!(numbers, [None, Some(8), None]);
    assert_eq!(User.filter(User.badge.number.gt(7)).count(&db).await.unwrap(), 1);
}
