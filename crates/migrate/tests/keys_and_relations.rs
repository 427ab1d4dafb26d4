//! Tables of models with keys of several columns, models between, one-to-ones and tables that are not ours: made, changed
//! and taken back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::*;
use quintet_core::meta::ModelMeta;
use quintet_migrate::{
    Graph, Operation, ProjectState,
    detect::{Hints, Prepared, arrange, detect},
    run::Target,
};
use quintet_orm::prelude::*;

mod before {
    use quintet_orm::prelude::*;

    #[model(app = "depot")]
    #[derive(Debug, Clone)]
    pub(super) struct Person {
        #[field(max_length = 40)]
        pub(super) name: String,
    }

    #[model(app = "depot")]
    #[derive(Debug, Clone)]
    pub(super) struct Shelf {
        #[field(primary_key)]
        pub(super) owner: ForeignKey<Person>,
        #[field(primary_key)]
        pub(super) number: i32,
        #[field(max_length = 40)]
        pub(super) title: String,
    }

    #[model(app = "depot")]
    #[derive(Debug, Clone)]
    pub(super) struct Team {
        pub(super) name: String,
    }
}

mod after {
    use quintet_orm::prelude::*;

    #[model(app = "depot")]
    #[derive(Debug, Clone)]
    pub(super) struct Person {
        #[field(max_length = 40)]
        pub(super) name: String,
        #[field(symmetrical)]
        pub(super) friends: ManyToMany<Person>,
        pub(super) card: HasOne<Card>,
    }

    /// A third column in the key.
    #[model(app = "depot")]
    #[derive(Debug, Clone)]
    pub(super) struct Shelf {
        #[field(primary_key)]
        pub(super) owner: ForeignKey<Person>,
        #[field(primary_key)]
        pub(super) number: i32,
        #[field(primary_key, max_length = 10, default = "main")]
        pub(super) room: String,
        #[field(max_length = 40)]
        pub(super) title: String,
    }

    #[model(app = "depot")]
    #[derive(Debug, Clone)]
    pub(super) struct Team {
        pub(super) name: String,
        #[field(through = Membership)]
        pub(super) members: ManyToMany<Person>,
    }

    #[model(app = "depot", unique_together = ["team", "person"])]
    #[derive(Debug, Clone)]
    pub(super) struct Membership {
        pub(super) team: ForeignKey<Team>,
        pub(super) person: ForeignKey<Person>,
        #[field(max_length = 10)]
        pub(super) role: String,
    }

    #[model(app = "depot")]
    #[derive(Debug, Clone)]
    pub(super) struct Card {
        pub(super) person: OneToOne<Person>,
        pub(super) legacy: Option<ForeignKey<Legacy>>,
    }

    /// Somebody else's table.
    #[model(app = "depot", managed = false, table = "old_legacy")]
    #[derive(Debug, Clone)]
    pub(super) struct Legacy {
        pub(super) note: String,
        pub(super) people: ManyToMany<Person>,
    }
}

fn changes(from: &ProjectState, models: &[&'static ModelMeta]) -> (ProjectState, Vec<Operation>) {
    let goal = ProjectState::of_models(models).unwrap();
    let mut answers = Prepared::default();
    let found = detect(from, &goal, &Hints::of_models(models).unwrap(), &mut answers);
    (goal, answers.settle(found).unwrap())
}

#[tokio::test]
async fn tables_are_made_changed_and_taken_back() {
    for engine in engines() {
        made_changed_and_taken_back(engine.open().await).await;
    }
}

async fn made_changed_and_taken_back(bed: Bed) {
    let db = bed.db.clone();
    let empty = ProjectState::default();
    let (first_state, operations) =
        changes(&empty, &[before::Person::meta(), before::Shelf::meta(), before::Team::meta()]);
    let first = Graph::new(arrange(&Graph::default(), &empty, operations, None).unwrap()).unwrap();
    go(&db, &first, Target::Latest).await.unwrap();
    assert_database(&db, &first_state).await;
    {
        use before::*;
        let ann = create!(Person { name: "Ann" }).insert(&db).await.unwrap();
        for (number, title) in [(1, "Tools"), (2, "Books")] {
            create!(Shelf { owner: &ann, number, title }).insert(&db).await.unwrap();
        }
        let again = create!(Shelf { owner: &ann, number: 1, title: "x" }).insert(&db).await.unwrap_err();
        assert_eq!(again.status(), 409);
        assert_eq!(Shelf.get((&ann, 2), &db).await.unwrap().title, "Books");
    }

    use after::*;
    let models =
        [Person::meta(), Shelf::meta(), Team::meta(), Membership::meta(), Card::meta(), Legacy::meta()];
    let (goal, operations) = changes(&first.state().unwrap(), &models);
    let made: Vec<&str> = operations
        .iter()
        .filter(|operation| matches!(operation, Operation::CreateModel { .. }))
        .filter_map(Operation::model)
        .collect();
    // No hidden table beside the model between, none for what is not ours; but one for friends.
    assert_eq!(made, ["depot.Card", "depot.Membership", "depot.Person_friends"]);
    let made = arrange(&first, &first.state().unwrap(), operations, None).unwrap();
    let both = Graph::new(first.iter().cloned().chain(made).collect()).unwrap();
    go(&db, &both, Target::Latest).await.unwrap();
    assert_database(&db, &goal).await;
    let again = changes(&both.state().unwrap(), &models).1;
    assert!(again.is_empty(), "{again:#?}");

    let ann = Person.first(&db).await.unwrap().unwrap();
    assert_eq!(Shelf.get((&ann, 2, "main"), &db).await.unwrap().title, "Books");
    create!(Shelf { owner: &ann, number: 2, room: "attic", title: "More" }).insert(&db).await.unwrap();
    assert_eq!(Shelf.filter(Shelf.owner.eq(&ann)).count(&db).await.unwrap(), 3);
    let card = create!(Card { person: &ann, legacy: 77 }).insert(&db).await.unwrap();
    assert_eq!(create!(Card { person: &ann }).insert(&db).await.unwrap_err().status(), 409);
    // Nothing is enforced towards a table that nobody is known to keep.
    assert_eq!(card.legacy.unwrap().id(), &77);
    let team = create!(Team { name: "A" }).insert(&db).await.unwrap();
    team.related(Team.members).with(Membership.role.set("lead")).add([&ann], &db).await.unwrap();
    let bob = create!(Person { name: "Bob", friends: [&ann] }).insert(&db).await.unwrap();
    assert_eq!(ann.related(Person.friends).all(&db).await.unwrap()[0].id, bob.id);
    let bob = Person.select_related(Person.card).get(&bob, &db).await.unwrap();
    assert!(bob.card.get().unwrap().is_none());

    // Back: the shelf that the smaller key has no room for is in the way, and named; without it, all else stays.
    let back = Target::Migration(first.iter().last().unwrap().key.clone());
    let error = go(&db, &both, back.clone()).await.unwrap_err().to_string();
    assert!(error.contains("depot_shelf") || error.contains("Shelf"), "{error}");
    Shelf.filter(Shelf.room.eq("attic")).delete(&db).await.unwrap();
    go(&db, &both, back).await.unwrap();
    assert_database(&db, &first_state).await;
    assert_eq!(before::Shelf.get((ann.id, 2), &db).await.unwrap().title, "Books");
    go(&db, &both, Target::Zero("depot".into())).await.unwrap();
    assert_database(&db, &empty).await;
}

#[test]
fn what_is_not_ours_is_in_no_state() {
    let models = [after::Person::meta(), after::Card::meta(), after::Legacy::meta()];
    let state = ProjectState::of_models(&models).unwrap();
    assert_eq!(
        state.models.keys().collect::<Vec<_>>(),
        ["depot.Card", "depot.Person", "depot.Person_friends"]
    );
    let card = &state.models["depot.Card"];
    assert!(card.field("legacy").unwrap().reference.is_none() && card.field("person").unwrap().unique);
    // A model that is ours may not lead to one that nobody registers, and the model between is needed too.
    let error = ProjectState::of_models(&[
        after::Team::meta(),
        after::Person::meta(),
        after::Card::meta(),
        after::Legacy::meta(),
    ]);
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("goes through depot.Membership, which is registered by no installed app"),
        "{error}"
    );
}
