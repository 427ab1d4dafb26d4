//! Every rule of `on_delete`, from the model over the migration's file to the rows.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::*;
use quintet_core::meta::{ModelMeta, OnDelete};
use quintet_migrate::{
    Graph, ProjectState,
    detect::{Hints, Prepared, arrange, detect},
    file,
    run::Target,
};
use quintet_orm::prelude::*;

mod models {
    use quintet_orm::prelude::*;

    #[model(app = "shop")]
    #[derive(Debug, Clone)]
    pub(super) struct Owner {
        pub(super) name: String,
    }

    #[model(app = "shop")]
    #[derive(Debug, Clone)]
    pub(super) struct Case {
        pub(super) owner: ForeignKey<Owner>,
    }

    #[model(app = "shop")]
    #[derive(Debug, Clone)]
    pub(super) struct Thing {
        #[field(on_delete = restrict)]
        pub(super) inside: Option<ForeignKey<Case>>,
        #[field(on_delete = protect)]
        pub(super) guard: Option<ForeignKey<Owner>>,
        #[field(on_delete = set_null)]
        pub(super) last: Option<ForeignKey<Owner>>,
        #[field(on_delete = set_default, default = 1)]
        pub(super) usual: ForeignKey<Owner>,
        #[field(on_delete = set_default, db_default = "1")]
        pub(super) house: Option<ForeignKey<Owner>>,
        #[field(on_delete = set(Some(1)))]
        pub(super) keeper: Option<ForeignKey<Owner>>,
        #[field(on_delete = do_nothing)]
        pub(super) maker: Option<ForeignKey<Owner>>,
        #[field(version)]
        pub(super) version: i32,
    }
}
use models::{Case, Owner, Thing};

fn metas() -> [&'static ModelMeta; 3] {
    [Owner::meta(), Case::meta(), Thing::meta()]
}

#[tokio::test]
async fn rules_survive_the_file_and_hold() {
    for engine in engines() {
        hold(engine.open().await).await;
    }
}

async fn hold(bed: Bed) {
    let db = bed.db.clone();
    let goal = ProjectState::of_models(&metas()).unwrap();
    let operations =
        detect(&ProjectState::default(), &goal, &Hints::default(), &mut Prepared::default()).unwrap();
    let arranged = arrange(&Graph::default(), &ProjectState::default(), operations, None).unwrap();
    // As the file has it.
    let text = file::render(&arranged[0]);
    let read = file::parse("shop", "0001_initial", "0001_initial.toml", &text).unwrap();
    assert!(read.same_as(&arranged[0]), "{text}");
    for rule in ["restrict", "protect", "set_null", "set_default", "set", "do_nothing", "cascade"] {
        assert!(text.contains(&format!("on_delete = \"{rule}\"")), "{rule}: {text}");
    }
    go(&db, &Graph::new(vec![read]).unwrap(), Target::Latest).await.unwrap();
    assert_database(&db, &goal).await;
    let rules = goal.models["shop.Thing"].fields.iter().filter_map(|field| field.reference.as_ref());
    assert!(rules.clone().any(|reference| reference.on_delete == OnDelete::Set));
    assert_eq!(rules.count(), 7);

    db.know(metas());
    let names = ["house", "ann", "bob", "cleo", "dan"];
    let owners = Owner.bulk_create(names.map(|name| create!(Owner { name })), &db).await.unwrap();
    let (ann, bob, cleo, dan) = (&owners[1], &owners[2], &owners[3], &owners[4]);
    let case = create!(Case { owner: bob }).insert(&db).await.unwrap();
    let thing = create!(Thing { last: ann, usual: ann, house: ann, keeper: ann }).insert(&db).await.unwrap();
    ann.delete(&db).await.unwrap();
    let now = Thing.get(thing.id, &db).await.unwrap();
    let of = |key: &Option<ForeignKey<Owner>>| key.as_ref().map(|key| *key.id());
    assert_eq!(
        (of(&now.last), *now.usual.id(), of(&now.house), of(&now.keeper)),
        (None, 1, Some(1), Some(1))
    );
    now.update((Thing.inside.set(&case), Thing.guard.set(cleo), Thing.maker.set(dan)))
        .exec(&db)
        .await
        .unwrap();
    for (owner, says) in [
        (bob, "case can't be deleted: 1 thing points to it by `inside` (1)"),
        (cleo, "owner can't be deleted: 1 thing points to it by `guard` (1)"),
    ] {
        assert_eq!(owner.delete(&db).await.unwrap_err().to_string(), says);
    }
    // Nothing is done about it, so that it is refused in the end.
    assert_eq!(dan.delete(&db).await.unwrap_err().status().as_u16(), 409);
    assert_eq!(Owner.count(&db).await.unwrap(), 4);
    Thing.query().delete(&db).await.unwrap();
    bob.delete(&db).await.unwrap();
    assert_eq!((Case.count(&db).await.unwrap(), Owner.count(&db).await.unwrap()), (0, 3));
}
