//! Models as people declare them: their tables hold what the ORM writes, and follow when the models change.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::*;
use quintet_core::value::JsonValue;
use quintet_migrate::{
    Graph, Operation, ProjectState,
    detect::{Hints, Prepared, arrange, detect},
    run::Target,
};
use quintet_orm::prelude::*;

/// The shop as it was.
mod old {
    use quintet_orm::prelude::*;

    #[derive(Clone, Copy, Debug, PartialEq, Eq, Choices)]
    pub(super) enum Status {
        Draft,
        Live,
    }

    #[model(app = "shop")]
    #[derive(Debug, Clone)]
    pub(super) struct Maker {
        #[field(max_length = 40, unique)]
        pub(super) name: String,
    }

    #[model(app = "shop")]
    #[derive(Debug, Clone)]
    pub(super) struct Label {
        #[field(max_length = 20)]
        pub(super) name: String,
    }

    #[model(app = "shop", unique_together = ["title", "maker"])]
    #[derive(Debug, Clone)]
    pub(super) struct Thing {
        #[field(max_length = 40)]
        pub(super) title: String,
        pub(super) maker: ForeignKey<Maker>,
        pub(super) labels: ManyToMany<Label>,
        #[field(max_digits = 8, decimal_places = 2)]
        pub(super) price: Decimal,
        pub(super) weight: Option<f64>,
        #[field(default = Status::Draft)]
        pub(super) status: Status,
        pub(super) made: Date,
        pub(super) seen: Timestamp,
        pub(super) opens: Time,
        pub(super) lasts: SignedDuration,
        pub(super) data: JsonValue,
        pub(super) image: Vec<u8>,
    }
}

/// The shop as it is.
mod new {
    use quintet_orm::prelude::*;

    #[derive(Clone, Copy, Debug, PartialEq, Eq, Choices)]
    pub(super) enum Status {
        Hidden,
        Live,
    }

    #[model(app = "shop", renamed_from = "Maker")]
    #[derive(Debug, Clone)]
    pub(super) struct Company {
        #[field(max_length = 60, unique)]
        pub(super) name: String,
    }

    #[model(app = "shop")]
    #[derive(Debug, Clone)]
    pub(super) struct Label {
        #[field(max_length = 20)]
        pub(super) name: String,
    }

    #[model(
        app = "shop",
        unique_together = ["name", "maker"],
        indexes = [
            index(fields(name, -made)),
            index(fields(price), where = "weight > 1", name = "heavy"),
            index(fields(made), expressions("lower(name)")),
        ],
        constraints = [check("some_weight", "weight > 0"), unique(fields(name, made), where = "weight > 2")],
    )]
    #[derive(Debug, Clone)]
    pub(super) struct Thing {
        #[field(max_length = 40, renamed_from = "title")]
        pub(super) name: String,
        #[field(on_delete = set_null)]
        pub(super) maker: Option<ForeignKey<Company>>,
        #[field(renamed_from = "labels")]
        pub(super) tags: ManyToMany<Label>,
        #[field(max_digits = 10, decimal_places = 4)]
        pub(super) price: Decimal,
        #[field(default = 1.5)]
        pub(super) weight: f64,
        #[field(default = Status::Hidden)]
        pub(super) status: Status,
        pub(super) made: Date,
        pub(super) seen: Timestamp,
        pub(super) opens: Time,
        pub(super) lasts: SignedDuration,
        pub(super) data: JsonValue,
        pub(super) image: Vec<u8>,
        #[field(max_digits = 5, decimal_places = 2, default = 19)]
        pub(super) tax: Decimal,
        #[field(db_default = "upper('eur')")]
        pub(super) currency: String,
    }
}

#[tokio::test]
async fn tables_hold_what_the_orm_writes_and_follow_the_models() {
    for engine in engines() {
        hold_and_follow(engine.open().await).await;
    }
}

async fn hold_and_follow(bed: Bed) {
    let db = bed.db.clone();
    let before = [old::Maker::meta(), old::Label::meta(), old::Thing::meta()];
    let goal = ProjectState::of_models(&before).unwrap();
    let operations =
        detect(&ProjectState::default(), &goal, &Hints::default(), &mut Prepared::default()).unwrap();
    let first =
        Graph::new(arrange(&Graph::default(), &ProjectState::default(), operations, None).unwrap()).unwrap();
    go(&db, &first, Target::Latest).await.unwrap();
    assert_database(&db, &goal).await;
    let seen: Timestamp = "1979-05-25T20:15:00.25Z".parse().unwrap();
    let (opens, lasts): (Time, SignedDuration) = ("08:30:00".parse().unwrap(), "PT90M".parse().unwrap());
    let data: JsonValue = "[1,{\"a\":null}]".parse().unwrap();
    {
        use old::*;
        let maker = create!(Maker { name: "Acme" }).insert(&db).await.unwrap();
        let label = create!(Label { name: "new" }).insert(&db).await.unwrap();
        create!(Thing {
            title: "Anvil",
            maker: &maker,
            labels: [&label],
            price: "12.34".parse::<Decimal>().unwrap(),
            made: "1979-05-25".parse::<Date>().unwrap(),
            seen: seen,
            opens: opens,
            lasts: lasts,
            data: data.clone(),
            image: vec![0u8, 255],
        })
        .insert(&db)
        .await
        .unwrap();
        assert_eq!(Thing.all(&db).await.unwrap()[0].status, Status::Draft);
    }

    let after = [new::Company::meta(), new::Label::meta(), new::Thing::meta()];
    let goal = ProjectState::of_models(&after).unwrap();
    let mut answers = Prepared::new(["choice:shop.Thing.status.draft=hidden"]).unwrap();
    let found = detect(&first.state().unwrap(), &goal, &Hints::of_models(&after).unwrap(), &mut answers);
    let operations = answers.settle(found).unwrap();
    assert!(!operations.iter().any(Operation::loses_data), "{operations:#?}");
    let made = arrange(&first, &first.state().unwrap(), operations, None).unwrap();
    let both = Graph::new(first.iter().cloned().chain(made).collect()).unwrap();
    go(&db, &both, Target::Latest).await.unwrap();
    assert_database(&db, &goal).await;
    let thing = &goal.models["shop.Thing"];
    assert_eq!(thing.indexes.iter().filter(|index| index.unique).count(), 1, "{thing:#?}");
    assert_eq!((thing.indexes.len(), thing.checks.len()), (4, 1));
    {
        use new::*;
        let things = Thing.select_related(Thing.maker).prefetch_related(Thing.tags).all(&db).await.unwrap();
        let thing = &things[0];
        assert_eq!((thing.name.as_str(), thing.status, thing.weight), ("Anvil", Status::Hidden, 1.5));
        assert_eq!(
            (thing.price.to_string(), thing.tax.to_string()),
            ("12.3400".to_owned(), "19.00".to_owned())
        );
        assert_eq!((thing.seen, thing.opens, thing.lasts), (seen, opens, lasts));
        assert_eq!((&thing.data, &thing.image, thing.currency.as_str()), (&data, &vec![0u8, 255], "EUR"));
        assert_eq!(thing.maker.as_ref().unwrap().get().unwrap().name, "Acme");
        assert_eq!(thing.tags.get().unwrap()[0].name, "new");
    }
}
