//! Receivers and subscriptions of a whole site.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(missing_docs, reason = "models and handlers of the test")]

use std::sync::Arc;

use quintet::{
    axum::http::StatusCode,
    core::Service,
    orm::change::{Change, Changes, Notice},
    prelude::*,
};

#[model(app = "shop")]
#[derive(Debug)]
pub struct Item {
    #[field(max_length = 20)]
    pub name: String,
    pub marks: HasMany<Mark>,
}

#[model(app = "shop")]
#[derive(Debug)]
pub struct Mark {
    pub item: ForeignKey<Item>,
    #[field(max_length = 20)]
    pub text: String,
}

/// How receivers of the site mark things.
#[derive(Clone, Debug)]
struct Marker(&'static str);

#[post("/{name}/")]
async fn plain(Path(name): Path<String>, db: Db) -> Result<(StatusCode, String)> {
    let item = create!(Item { name }).insert(&db).await?;
    Ok((StatusCode::CREATED, item.related(Item.marks).count(&db).await?.to_string()))
}

#[post("/whole/{name}/{end}/", atomic)]
async fn whole(Path((name, end)): Path<(String, String)>, db: Db) -> Result<(StatusCode, String)> {
    create!(Item { name: &*name }).insert(&db).await?;
    db.touched::<Mark>();
    let item = create!(Item { name: "second" }).insert(&db).await?;
    item.delete(&db).await?;
    match &*end {
        "error" => Err(Error::forbidden("no")),
        _ => Ok((StatusCode::CREATED, String::new())),
    }
}

fn site() -> Site {
    let app = App::new("shop").models((Item, Mark)).routes(routes![plain, whole]);
    let app = app.on(async |services: Services, item: Arc<Saved<Item>>| {
        let Marker(mark) = *services.require::<Marker>()?;
        match &*item.name {
            "bad" => Err(Error::forbidden("not that one")),
            // The request's handle is refused here, as the transaction's own is given.
            "wrong" => Item.count(&Db::of(&services)?).await.map(drop),
            _ => create!(Mark { item: item.id, text: mark }).insert(item.tx()).await.map(drop),
        }
    });
    Site::new().with(Marker("!")).install(app)
}

fn told(changes: &mut Changes) -> Vec<String> {
    let say = |change: &Change| format!("{:?} {}", change.what, change.model.name);
    std::iter::from_fn(|| changes.try_next())
        .map(|notice| match notice {
            Notice::Changes(batch) => batch.changes().iter().map(say).collect::<Vec<_>>().join(", "),
            other => format!("{other:?}"),
        })
        .collect()
}

#[quintet::test(site)]
async fn receivers_take_part_in_requests(site: TestSite) -> Result {
    let mut changes = site.db.changes();
    site.post("/chair/", &[("", "")]).await.status(201).contains("1");
    assert_eq!(told(&mut changes), ["Created Item, Created Mark"]);
    site.post("/bad/", &[("", "")]).await.status(403);
    site.post("/wrong/", &[("", "")]).await.status(500);
    assert!(told(&mut changes).is_empty() && Item.count(&site.db).await? == 1);
    // A request that is one transaction is one batch.
    site.post("/whole/table/ok/", &[("", "")]).await.status(201);
    assert_eq!(
        told(&mut changes),
        ["Created Item, Created Mark, Touched Mark, Created Item, Created Mark, Deleted Mark, Deleted Item"]
    );
    site.post("/whole/table/error/", &[("", "")]).await.status(403);
    site.post("/whole/wrong/ok/", &[("", "")]).await.status(500);
    assert!(told(&mut changes).is_empty() && Item.count(&site.db).await? == 2);
    Ok(())
}
