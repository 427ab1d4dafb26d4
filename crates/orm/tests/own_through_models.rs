//! Many-to-many relations through a model of the site's own, and those of a model to itself.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod common;

use std::sync::{Arc, Mutex};

use common::*;
use quintet_core::{
    App, ErrorKind, Services, Site,
    settings::Settings,
    signal::{Listen, Signals},
};
use quintet_orm::{change::Notice, dynamic::DynSet, prelude::*};

scenarios!(
    rows_between_are_made_with_values,
    rows_between_are_seen_from_both_sides,
    conditions_and_numbers_go_through_it,
    which_keys_are_meant_is_said_where_there_are_several,
    friends_are_friends_in_both_directions,
    friends_through_a_model_have_two_rows,
    who_follows_whom_has_a_direction,
    who_listens_hears_of_links_and_of_rows_between,
);

const CLUB: &str = r#"
CREATE TABLE club_person (id :key, name TEXT NOT NULL);
CREATE TABLE club_group (id :key, name TEXT NOT NULL);
CREATE TABLE club_membership (id :key, group_id :ref NOT NULL REFERENCES club_group (id) ON DELETE CASCADE,
    member_id :ref NOT NULL REFERENCES club_person (id) ON DELETE CASCADE, role TEXT NOT NULL, since :date NOT NULL);
CREATE TABLE club_invitation (id :key, guest_id :ref NOT NULL REFERENCES club_person (id),
    host_id :ref NOT NULL REFERENCES club_person (id), event_id :ref NOT NULL REFERENCES club_event (id));
CREATE TABLE club_event (id :key, name TEXT NOT NULL);
CREATE TABLE club_person_friends (id :key, from_person_id :ref NOT NULL REFERENCES club_person (id),
    to_person_id :ref NOT NULL REFERENCES club_person (id), UNIQUE (from_person_id, to_person_id));
CREATE TABLE club_person_follows (id :key, from_person_id :ref NOT NULL REFERENCES club_person (id),
    to_person_id :ref NOT NULL REFERENCES club_person (id), UNIQUE (from_person_id, to_person_id));
CREATE TABLE club_kinship (id :key, one_id :ref NOT NULL REFERENCES club_person (id),
    other_id :ref NOT NULL REFERENCES club_person (id), degree INTEGER NOT NULL);
"#;

#[model(app = "club", ordering = "name")]
#[derive(Debug, Clone)]
struct Person {
    name: String,
    #[field(via = members)]
    groups: HasMany<Group>,
    #[field(via = member)]
    memberships: HasMany<Membership>,
    #[field(symmetrical)]
    friends: ManyToMany<Person>,
    follows: ManyToMany<Person>,
    #[field(via = follows)]
    followers: HasMany<Person>,
    #[field(symmetrical, through = Kinship, through_fields = (one, other))]
    kin: ManyToMany<Person>,
}

#[model(app = "club", ordering = "name")]
#[derive(Debug, Clone)]
struct Group {
    name: String,
    #[field(through = Membership)]
    members: ManyToMany<Person>,
    memberships: HasMany<Membership>,
}

#[model(app = "club")]
#[derive(Debug, Clone)]
struct Membership {
    group: ForeignKey<Group>,
    member: ForeignKey<Person>,
    #[field(max_length = 10)]
    role: String,
    #[field(default = date("2020-01-01"))]
    since: Date,
}

#[model(app = "club")]
#[derive(Debug, Clone)]
struct Event {
    name: String,
    #[field(through = Invitation, through_fields = (event, guest))]
    guests: ManyToMany<Person>,
}

#[model(app = "club")]
#[derive(Debug, Clone)]
struct Invitation {
    guest: ForeignKey<Person>,
    host: ForeignKey<Person>,
    event: ForeignKey<Event>,
}

#[model(app = "club")]
#[derive(Debug, Clone)]
struct Kinship {
    one: ForeignKey<Person>,
    other: ForeignKey<Person>,
    degree: i32,
}

async fn club(on: &On) -> (Db, Vec<Person>) {
    // SQLite takes a table that comes later, PostgreSQL does not.
    let event = "CREATE TABLE club_event (id :key, name TEXT NOT NULL);";
    let tables = format!("{event}{}", CLUB.replace(event, ""));
    let db = on.with(&tables).await;
    let names = ["Ann", "Bob", "Cid", "Dan"].map(|name| create!(Person { name }));
    let people = Person.bulk_create(names, &db).await.unwrap();
    (db, people)
}

fn names<'a>(people: impl IntoIterator<Item = &'a Person>) -> Vec<&'a str> {
    people.into_iter().map(|person| person.name.as_str()).collect()
}

async fn rows_between_are_made_with_values(on: &On) {
    let (db, people) = club(on).await;
    let [ann, bob, cid, dan] = people.as_slice() else { panic!() };
    let choir = create!(Group { name: "Choir" }).insert(&db).await.unwrap();
    let members = || choir.related(Group.members);
    let log = db.record();
    members().with(Membership.role.set("alto")).add([ann, bob, ann], &db).await.unwrap();
    let insert = log.queries().into_iter().find(|query| query.sql.starts_with("INSERT")).unwrap();
    assert!(
        marked(&insert.sql).starts_with(
            r#"INSERT INTO "club_membership" ("group_id", "member_id", "role", "since") VALUES (?1, ?2, ?3, ?4), (?5, ?6, ?7, ?8)"#
        ),
        "{}",
        insert.sql
    );
    // Whoever is related stays as he is, though no index says that the pair is unique.
    members()
        .with((Membership.role.set("tenor"), Membership.since.set(date("2024-05-01"))))
        .add([bob, cid], &db)
        .await
        .unwrap();
    let rows = Membership
        .order_by(Membership.id)
        .select((Membership.member.name, Membership.role, Membership.since))
        .all(&db)
        .await
        .unwrap();
    let told = |name: &str, role: &str, since| (name.to_owned(), role.to_owned(), date(since));
    let expected = [
        told("Ann", "alto", "2020-01-01"),
        told("Bob", "alto", "2020-01-01"),
        told("Cid", "tenor", "2024-05-01"),
    ];
    assert_eq!(rows, expected);
    // Without a value for a field that needs one, nothing is made.
    let error = members().add([dan], &db).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Invalid { .. }) && error.to_string().contains("role"),
        "{error:?}"
    );
    let error = create!(Group { name: "Band", members: [ann] }).insert(&db).await.unwrap_err();
    assert!(error.to_string().contains("role"), "{error:?}");
    assert_eq!(Group.count(&db).await.unwrap(), 1);
    let long = members().with(Membership.role.set("contrabassoon")).add([dan], &db).await.unwrap_err();
    assert!(long.to_string().contains("at most 10 characters"), "{long}");
    // Values of another model, and values where nothing has room for them.
    let wrong = members().with(Invitation.host.set(ann)).add([dan], &db).await.unwrap_err().to_string();
    assert!(wrong.contains("Group.members goes through Membership, not through Invitation"), "{wrong}");
    let wrong =
        ann.related(Person.memberships).with(Membership.role.set("x")).add([1], &db).await.unwrap_err();
    assert!(wrong.to_string().contains("Person.memberships goes through no table"), "{wrong}");
    let wrong = ann.related(Person.follows).with(Membership.role.set("x")).add([bob], &db).await.unwrap_err();
    assert!(wrong.to_string().contains("goes through a table of its own"), "{wrong}");

    members().with(Membership.role.set("bass")).set([bob, dan], &db).await.unwrap();
    let roles = Membership.order_by(Membership.member.name).select((Membership.member.name, Membership.role));
    let expected = [("Bob".to_owned(), "alto".to_owned()), ("Dan".to_owned(), "bass".to_owned())];
    assert_eq!(roles.all(&db).await.unwrap(), expected);
    members().remove([bob], &db).await.unwrap();
    assert_eq!(names(&members().all(&db).await.unwrap()), ["Dan"]);
    // From the other side.
    ann.related(Person.groups).with(Membership.role.set("lead")).add([&choir], &db).await.unwrap();
    assert_eq!(names(&members().order_by(Person.name).all(&db).await.unwrap()), ["Ann", "Dan"]);
    members().clear(&db).await.unwrap();
    assert_eq!((Membership.count(&db).await.unwrap(), Person.count(&db).await.unwrap()), (0, 4));
}

async fn grouped(on: &On) -> (Db, Vec<Person>) {
    let (db, people) = club(on).await;
    for (name, members) in [("Choir", &people[..3]), ("Band", &people[1..2]), ("Void", &[][..])] {
        let group = create!(Group { name }).insert(&db).await.unwrap();
        for (member, role) in members.iter().zip(["lead", "alto", "bass"]) {
            create!(Membership { group: &group, member, role }).insert(&db).await.unwrap();
        }
    }
    (db, people)
}

async fn rows_between_are_seen_from_both_sides(on: &On) {
    let (db, people) = grouped(on).await;
    let log = db.record();
    let groups = Group
        .query()
        .prefetch_related(Group.members.filter(Person.name.ne("Cid")))
        .prefetch_related(Group.memberships.select_related(Membership.member).order_by(Membership.role))
        .all(&db)
        .await
        .unwrap();
    assert_eq!(log.count(), 3);
    let sql = &log.queries()[1].sql;
    assert!(sql.contains(r#" JOIN "club_membership" AS "#) && sql.contains(r#"."member_id" = "#), "{sql}");
    let seen: Vec<_> = groups
        .iter()
        .map(|group| {
            let roles = group.memberships.get().unwrap().iter();
            let roles = roles.map(|row| format!("{} {}", row.role, row.member.get().unwrap().name));
            (group.name.as_str(), names(group.members.get().unwrap()), roles.collect::<Vec<_>>().join(", "))
        })
        .collect();
    let expected = [
        ("Band", vec!["Bob"], "lead Bob".to_owned()),
        ("Choir", vec!["Ann", "Bob"], "alto Bob, bass Cid, lead Ann".to_owned()),
        ("Void", vec![], String::new()),
    ];
    assert_eq!(seen, expected);
    let bob = Person.prefetch_related(Person.groups).get(&people[1], &db).await.unwrap();
    let of_bob: Vec<&str> = bob.groups.get().unwrap().iter().map(|group| group.name.as_str()).collect();
    assert_eq!(of_bob, ["Band", "Choir"]);
    assert_eq!(
        bob.related(Person.memberships).filter(Membership.role.eq("alto")).count(&db).await.unwrap(),
        1
    );
}

#[derive(Shape, Debug, PartialEq)]
#[shape(model = Group)]
struct GroupCard {
    name: String,
    #[shape(nested)]
    members: Vec<PersonName>,
    #[shape(expr = Group.members.count())]
    size: i64,
}

#[derive(Shape, Debug, PartialEq)]
#[shape(model = Person)]
struct PersonName {
    name: String,
}

async fn conditions_and_numbers_go_through_it(on: &On) {
    let (db, people) = grouped(on).await;
    let found = |groups: QuerySet<Group>| {
        let db = db.clone();
        async move { groups.select(Group.name).all(&db).await.unwrap() }
    };
    assert_eq!(found(Group.filter(Group.members.any(Person.name.eq("Ann")))).await, ["Choir"]);
    assert_eq!(found(Group.filter(Group.members.contains(&people[1]))).await, ["Band", "Choir"]);
    assert_eq!(found(Group.exclude(Group.members.exists())).await, ["Void"]);
    assert_eq!(found(Group.filter(Group.members.every(Person.name.lt("C")))).await, ["Band", "Void"]);
    let lead = Membership.role.eq("lead") & Membership.member.name.eq("Bob");
    assert_eq!(found(Group.filter(Group.memberships.any(lead))).await, ["Band"]);
    let counts = Group.select((Group.name, Group.members.count(), Group.members.max(Person.name)));
    let expected = [
        ("Band".to_owned(), 1, Some("Bob".to_owned())),
        ("Choir".to_owned(), 3, Some("Cid".to_owned())),
        ("Void".to_owned(), 0, None),
    ];
    assert_eq!(counts.all(&db).await.unwrap(), expected);
    let cards = Group.filter(Group.name.eq("Choir")).shape::<GroupCard>().all(&db).await.unwrap();
    let members = ["Ann", "Bob", "Cid"].map(|name| PersonName { name: name.into() }).into();
    assert_eq!(cards, [GroupCard { name: "Choir".into(), members, size: 3 }]);
    let by_name = DynSet::new(Group.meta()).allow(["members__name"]).unwrap();
    assert_eq!(by_name.filter("members__name__in", "Ann,Cid").unwrap().count(&db).await.unwrap(), 1);
}

async fn which_keys_are_meant_is_said_where_there_are_several(on: &On) {
    let (db, people) = club(on).await;
    let party = create!(Event { name: "Party" }).insert(&db).await.unwrap();
    let guests = party.related(Event.guests).with(Invitation.host.set(&people[0]));
    guests.add(&people[1..3], &db).await.unwrap();
    assert_eq!(names(&party.related(Event.guests).all(&db).await.unwrap()), ["Bob", "Cid"]);
    let between = Event.meta().between(2).unwrap();
    assert_eq!((between.table, between.from, between.to), ("club_invitation", "event_id", "guest_id"));
}

async fn friends_are_friends_in_both_directions(on: &On) {
    let (db, people) = club(on).await;
    let [ann, bob, cid, dan] = people.as_slice() else { panic!() };
    let friends = async |of: &Person| {
        let all = of.related(Person.friends).all(&db).await.unwrap();
        names(&all).join(" ")
    };
    ann.related(Person.friends).add([bob, cid, ann], &db).await.unwrap();
    bob.related(Person.friends).add([ann], &db).await.unwrap();
    assert_eq!(
        (friends(ann).await, friends(bob).await, friends(cid).await),
        ("Ann Bob Cid".into(), "Ann".into(), "Ann".into())
    );
    let popular = Person.filter(Person.friends.count().gt(1)).select(Person.name).all(&db).await.unwrap();
    assert_eq!(popular, ["Ann"]);
    cid.related(Person.friends).remove([ann], &db).await.unwrap();
    assert_eq!((friends(ann).await, friends(cid).await), ("Ann Bob".into(), String::new()));
    bob.related(Person.friends).set([cid, dan], &db).await.unwrap();
    assert_eq!(
        (friends(bob).await, friends(ann).await, friends(dan).await),
        ("Cid Dan".into(), "Ann".into(), "Bob".into())
    );
    bob.related(Person.friends).clear(&db).await.unwrap();
    assert_eq!((friends(bob).await, friends(cid).await, friends(dan).await), Default::default());
    let new = create!(Person { name: "Eve", friends: [ann, bob] }).insert(&db).await.unwrap();
    assert_eq!((friends(&new).await, friends(bob).await), ("Ann Bob".into(), "Eve".into()));
}

async fn friends_through_a_model_have_two_rows(on: &On) {
    let (db, people) = club(on).await;
    let [ann, bob, cid, _] = people.as_slice() else { panic!() };
    let kin = ann.related(Person.kin).with(Kinship.degree.set(1));
    kin.add([bob, cid], &db).await.unwrap();
    bob.related(Person.kin).with(Kinship.degree.set(2)).add([ann], &db).await.unwrap();
    let mut rows =
        Kinship.select((Kinship.one.name, Kinship.other.name, Kinship.degree)).all(&db).await.unwrap();
    rows.sort();
    let told = |one: &str, other: &str| (one.to_owned(), other.to_owned(), 1);
    assert_eq!(rows, [told("Ann", "Bob"), told("Ann", "Cid"), told("Bob", "Ann"), told("Cid", "Ann")]);
    cid.related(Person.kin).clear(&db).await.unwrap();
    assert_eq!(Kinship.count(&db).await.unwrap(), 2);
}

async fn who_follows_whom_has_a_direction(on: &On) {
    let (db, people) = club(on).await;
    let [ann, bob, cid, dan] = people.as_slice() else { panic!() };
    ann.related(Person.follows).add([bob, cid], &db).await.unwrap();
    cid.related(Person.followers).add([dan], &db).await.unwrap();
    let all = Person
        .query()
        .prefetch_related(Person.follows)
        .prefetch_related(Person.followers)
        .all(&db)
        .await
        .unwrap();
    let seen: Vec<(Vec<&str>, Vec<&str>)> =
        all.iter().map(|p| (names(p.follows.get().unwrap()), names(p.followers.get().unwrap()))).collect();
    let expected = [
        (vec!["Bob", "Cid"], vec![]),
        (vec![], vec!["Ann"]),
        (vec![], vec!["Ann", "Dan"]),
        (vec!["Cid"], vec![]),
    ];
    assert_eq!(seen, expected);
    let followed = Person
        .filter(Person.followers.any(Person.name.eq("Dan")))
        .select(Person.name)
        .all(&db)
        .await
        .unwrap();
    assert_eq!(followed, ["Cid"]);
}

async fn who_listens_hears_of_links_and_of_rows_between(on: &On) {
    let (db, people) = club(on).await;
    let [ann, bob, cid, _] = people.as_slice() else { panic!() };
    db.know([Person.meta(), Group.meta(), Membership.meta()]);
    let choir = create!(Group { name: "Choir" }).insert(&db).await.unwrap();
    let said = Arc::new(Mutex::new(Vec::new()));
    let (saving, linking) = (said.clone(), said.clone());
    let services = Services::builder().build();
    let receivers = Site::new()
        .on(move |_: Services, row: Arc<Saving<Membership>>| {
            // In capitals, whoever makes it.
            let role = row.get(Membership.role).unwrap().unwrap_or_default().to_uppercase();
            saving.lock().unwrap().push(role.clone());
            row.set(Membership.role.set(role));
            async { Ok(()) }
        })
        .on(move |_: Services, links: Arc<LinksChanged<Group>>| {
            linking.lock().unwrap().push(format!("+{} -{}", links.added().len(), links.removed().len()));
            async { Ok(()) }
        });
    db.listen(Signals::of(&receivers), &services);
    let mut changes = db.changes();
    let mut told = || {
        let mut all = Vec::new();
        while let Some(Notice::Changes(batch)) = changes.try_next() {
            all.extend(
                batch.changes().iter().map(|change| format!("{:?} {}", change.what, change.model.name)),
            );
        }
        all.sort();
        all.join(", ")
    };
    let members = || choir.related(Group.members).with(Membership.role.set("alto"));
    members().add([ann, bob], &db).await.unwrap();
    assert_eq!(std::mem::take(&mut *said.lock().unwrap()), ["ALTO", "ALTO", "+2 -0"]);
    assert_eq!(told(), "Created Membership, Links Group");
    assert_eq!(Membership.first(&db).await.unwrap().unwrap().role, "ALTO");
    members().add([bob], &db).await.unwrap();
    assert!(said.lock().unwrap().is_empty() && told().is_empty());
    members().set([bob, cid], &db).await.unwrap();
    assert_eq!(std::mem::take(&mut *said.lock().unwrap()), ["ALTO", "+1 -1"]);
    assert_eq!(told(), "Created Membership, Deleted Membership, Links Group, Links Group");
    members().clear(&db).await.unwrap();
    assert_eq!(std::mem::take(&mut *said.lock().unwrap()), ["+0 -2"]);
    // Friends are told once, though two rows are written.
    let mut friends = db.changes();
    ann.related(Person.friends).add([bob], &db).await.unwrap();
    assert!(matches!(friends.try_next(), Some(Notice::Changes(_))));
}

mod wrong {
    use quintet_orm::prelude::*;

    #[model]
    #[derive(Debug, Clone)]
    pub(super) struct Team {
        #[field(through = Game)]
        pub(super) players: ManyToMany<Player>,
        #[field(through = Nothing)]
        pub(super) coaches: ManyToMany<Player>,
    }

    #[model(permissions = [("view_team", "Can watch")])]
    #[derive(Debug, Clone)]
    pub(super) struct Player {
        pub(super) name: String,
    }

    #[model]
    #[derive(Debug, Clone)]
    pub(super) struct Game {
        pub(super) home: ForeignKey<Team>,
        pub(super) guest: ForeignKey<Team>,
        pub(super) player: ForeignKey<Player>,
    }

    #[model]
    #[derive(Debug, Clone)]
    pub(super) struct Nothing {
        pub(super) team: ForeignKey<Team>,
    }
}

#[tokio::test]
async fn a_model_between_that_does_not_fit_is_found_at_start() {
    use quintet_core::{Boot, Room};
    use quintet_orm::OrmRoom;
    use wrong::*;

    let app = App::new("wrong").models((Team, Player, Game, Nothing));
    let settings = Settings::for_tests(".", [("database.url", "sqlite::memory:")]);
    let site = Arc::new(Site::new().install(app));
    let mut boot = Boot::new(site.clone(), settings, Services::builder()).unwrap();
    boot.services.insert(site);
    OrmRoom.start(&mut boot).await.unwrap();
    let services = boot.services.build();
    let checks = OrmRoom.checks(&services).await;
    let text: Vec<String> = checks.iter().map(|check| format!("{} {}", check.id, check.message)).collect();
    assert_eq!(text.len(), 3, "{text:#?}");
    assert!(
        text[0].starts_with(
            "orm.E005 Team.players goes through Game, which has several foreign keys to Team (home, guest)"
        ) && text[0].contains("through_fields = ("),
        "{text:#?}"
    );
    assert_eq!(
        text[1],
        "orm.E005 Team.coaches goes through Nothing, which has no foreign key to Player: give it one"
    );
    assert!(text[2].starts_with("orm.E006 wrong.Team and wrong.Player both have the permission `view_team`"));
    let db = Db::open("sqlite::memory:", quintet_orm::DbOptions::default()).await.unwrap();
    let error = Team.filter(Team.players.exists()).count(&db).await.unwrap_err().to_string();
    assert!(error.contains("several foreign keys to Team"), "{error}");
}
