//! The ORM in a site: its settings, its service, its models and their checks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod driver_support;

use std::sync::{Arc, OnceLock};

use driver_support::{TABLE, count, insert};
use quintet_core::{
    App, Boot, ErrorKind, Result, Room, Service, Services, Site,
    meta::{FieldMeta, ModelMeta, ModelRef, OnDelete, Relation, Through},
    settings::{Settings, Sources},
};
use quintet_orm::{Db, Executor, Models, OrmRoom, registered_models};

async fn start(site: Site, settings: Settings) -> Result<Services> {
    let mut boot = Boot::new(Arc::new(site), settings, Services::builder()).unwrap();
    boot.services.insert(boot.site.clone());
    OrmRoom.start(&mut boot).await?;
    Ok(boot.services.build())
}

#[tokio::test]
async fn a_site_has_its_database_beside_its_settings() {
    let directory = tempfile::tempdir().unwrap();
    let settings = Settings::for_tests(directory.path(), [("database.readers", "1")]);
    let services = start(Site::new(), settings).await.unwrap();
    let db = Db::of(&services).unwrap();
    assert_eq!(db.url(), "sqlite://site.db");
    db.batch(TABLE.into()).await.unwrap();
    db.execute(insert("a")).await.unwrap();
    assert_eq!(count(&db).await, 1);
    assert!(directory.path().join("site.db").is_file());
    OrmRoom.stop(&services).await;
    assert_eq!(*db.execute(insert("b")).await.unwrap_err().kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn the_section_is_read_with_its_units_and_its_variable() {
    let directory = tempfile::tempdir().unwrap();
    let toml = "[database]\nwriter_wait = \"300ms\"\nslow_query = \"1s\"\nreaders = 2\ninline_steps = 70";
    let sources = Sources {
        root: directory.path().to_owned(),
        toml: Some(("quintet.toml".into(), toml.into())),
        env: vec![("DATABASE_URL".into(), "sqlite::memory:".into())],
        ..Sources::default()
    };
    let settings = Settings::load(sources, &OrmRoom.sections()).unwrap();
    let section = settings.get::<quintet_orm::DatabaseSettings>().unwrap();
    let options = section.options("default", settings.root());
    assert_eq!(
        (
            options.writer_wait.as_millis(),
            options.slow_query.as_millis(),
            options.readers,
            options.inline_steps
        ),
        (300, 1000, 2, 70)
    );
    assert_eq!(options.root, directory.path());
    let services = start(Site::new(), settings).await.unwrap();
    assert_eq!(services.require::<Db>().unwrap().url(), "sqlite::memory:");
}

#[tokio::test]
async fn a_wrong_url_is_shown_with_its_line_and_without_its_password() {
    let toml = "debug = true\n[database]\nurl = \"oracle://ann:hunter2@db/site\"";
    let sources = Sources { toml: Some(("quintet.toml".into(), toml.into())), ..Sources::default() };
    let settings = Settings::load(sources, &OrmRoom.sections()).unwrap();
    let section = settings.get::<quintet_orm::DatabaseSettings>().unwrap();
    let error = start(Site::new(), settings).await.unwrap_err();
    assert_eq!(error.place().unwrap().line, 3);
    let text = format!("{error:?} {section:?}");
    assert!(text.contains("ann:***@db") && !text.contains("hunter2"), "{text}");
}

#[tokio::test]
async fn without_the_room_the_error_names_what_is_missing() {
    let error = Db::of(&Services::builder().build()).unwrap_err().to_string();
    assert!(error.contains("Db"), "{error}");
}

macro_rules! model {
    ($name:ident, $text:literal, $table:expr, [$($field:expr),*]) => {
        static $name: ModelMeta = ModelMeta {
            name: $text,
            app: None,
            table: $table,
            module: "tests",
            verbose_name: "",
            verbose_name_plural: "",
            help_text: "",
            ordering: &[],
            unique_together: &[],
            indexes: &[],
            constraints: &[],
            fields: &[$($field),*],
            primary_key: &[0],
            renamed_from: None,
            typed: None,
            clean: None,
            options: quintet_core::meta::ModelOptions::BASE,
            identity: OnceLock::new(),
        };
    };
}

const ID: FieldMeta = FieldMeta { name: "id", column: "id", primary_key: true, ..FieldMeta::BASE };
model!(ALONE, "Alone", None, [ID]);
model!(TWIN, "Twin", Some("Shop_Alone"), [ID]);
model!(LEFT_OUT, "LeftOut", None, [ID]);
model!(
    POINTS,
    "Points",
    None,
    [
        ID,
        FieldMeta {
            name: "there",
            column: "there_id",
            relation: Relation::ToOne { to: ModelRef::Type(|| &LEFT_OUT), on_delete: OnDelete::Cascade },
            ..FieldMeta::BASE
        },
        FieldMeta {
            name: "many",
            relation: Relation::ManyToMany {
                to: ModelRef::Type(|| &ALONE),
                through: Through { table: Some("shop_alone"), from: "a", to: "b", ..Through::BASE },
            },
            ..FieldMeta::BASE
        }
    ]
);

#[tokio::test]
async fn models_get_their_apps_label_and_their_faults_are_found() {
    let shop = App::new("shop").models((vec![&ALONE], vec![&TWIN])).models(vec![&POINTS, &ALONE]);
    let other = App::new("other").models(vec![&ALONE]);
    let site = Site::new().install(shop).install(other);
    let models = registered_models(&site);
    assert_eq!(models, [&ALONE, &TWIN, &POINTS]);
    assert_eq!(ALONE.label(), "shop.Alone");

    let services =
        start(site, Settings::for_tests(".", [("database.url", "sqlite::memory:")])).await.unwrap();
    let checks = OrmRoom.checks(&services).await;
    let found: Vec<String> = checks.iter().map(ToString::to_string).collect();
    assert_eq!(
        checks.iter().map(|c| c.id).collect::<Vec<_>>(),
        ["orm.E001", "orm.E002", "orm.E002", "orm.E003"],
        "{found:#?}"
    );
    assert!(found[0].contains("`shop`") && found[0].contains("app `other`"), "{}", found[0]);
    assert!(found[1].contains("shop.Alone and shop.Twin both use the table `Shop_Alone`"), "{}", found[1]);
    assert!(found[2].contains("shop.Points.many"), "{}", found[2]);
    assert!(
        found[3].contains("Points.there leads to `LeftOut`") && found[3].contains(".models("),
        "{}",
        found[3]
    );
}

#[cfg(feature = "axum")]
#[tokio::test]
async fn a_handler_takes_the_database_from_its_request() {
    use axum_core::extract::FromRequestParts;

    let services =
        start(Site::new(), Settings::for_tests(".", [("database.url", "sqlite::memory:")])).await.unwrap();
    let (mut parts, ()) = http::Request::new(()).into_parts();
    let error = Db::from_request_parts(&mut parts, &()).await.unwrap_err();
    assert!(error.status() == 500 && error.to_string().contains("carries no services"), "{error}");
    parts.extensions.insert(services);
    assert_eq!(Db::from_request_parts(&mut parts, &()).await.unwrap().url(), "sqlite::memory:");
}
