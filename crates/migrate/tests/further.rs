//! Migrations that a site keeps for an app of another crate.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::path::Path;

use quintet_core::{App, Folder, Site};
use quintet_migrate::{KeepMigrations as _, sources};
use quintet_orm::prelude::*;

fn folder(files: &[(&str, &str)]) -> Folder {
    let root = tempfile::tempdir().unwrap().keep();
    for (path, text) in files {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    Folder::on_disk(Box::leak(root.to_str().unwrap().to_owned().into_boxed_str()))
}

const FIRST: &str = "depends = []\n[[operation]]\nop = \"create_model\"\nmodel = \"Item\"\ntable = \"shop_item\"\n\
                     fields = [{ name = \"id\", kind = \"big_int\", primary_key = true, auto = true }]\n";
const SECOND: &str = "depends = [\"0001_initial\"]\n[[operation]]\nop = \"add_field\"\nmodel = \"Item\"\n\
                      field = { name = \"price\", kind = \"int\", null = true }\n";

#[test]
fn they_are_read_beside_those_of_the_app_and_written_to_the_site() {
    let shipped = folder(&[("migrations/0001_initial.toml", FIRST)]);
    let own = folder(&[
        ("migrations/shop/0002_price.toml", SECOND),
        ("migrations/0001_initial.toml", "not = \"ours\""),
    ]);
    let shop = || App::new("shop").folder(shipped);

    let with = Site::new().install(shop().migrations_in(own));
    let graph = sources::load(&with).unwrap();
    assert_eq!(
        graph.iter().map(|migration| migration.key.to_string()).collect::<Vec<_>>(),
        ["shop.0001_initial", "shop.0002_price"]
    );
    assert!(graph.state().unwrap().models["shop.Item"].get("price").is_some());
    let path = sources::path_for(&with, "shop", "0003_more").unwrap();
    assert_eq!(path, own.root().join("migrations/shop/0003_more.toml"));

    let without = Site::new().install(shop());
    assert_eq!(sources::load(&without).unwrap().iter().count(), 1);
    let path = sources::path_for(&without, "shop", "0002_more").unwrap();
    assert_eq!(path, shipped.root().join("migrations/0002_more.toml"));
}

#[test]
fn in_the_apps_own_crate_there_is_nothing_further() {
    let home = folder(&[("migrations/0001_initial.toml", FIRST)]);
    let site = Site::new().install(App::new("shop").folder(home).migrations_in(home));
    assert_eq!(sources::load(&site).unwrap().iter().count(), 1);
    assert_eq!(
        sources::path_for(&site, "shop", "0002_more").unwrap(),
        home.root().join("migrations/0002_more.toml")
    );
}

#[test]
fn a_wrong_file_is_told_with_its_place() {
    let own = folder(&[("migrations/shop/0002 price.toml", SECOND)]);
    let site = Site::new().install(App::new("shop").migrations_in(own));
    let error = sources::load(&site).unwrap_err();
    let place = error.place().unwrap().to_string();
    assert!(place.contains(Path::new("migrations/shop/0002 price.toml").to_str().unwrap()), "{place}");
}

#[test]
fn a_directory_that_is_gone_is_told_and_not_taken_for_an_app_without_migrations() {
    #[model(app = "shop")]
    struct Item {
        price: Option<i32>,
    }
    let app = || App::new("shop").folder(Folder::on_disk("/there/is/none"));
    let error = sources::load(&Site::new().install(app().models(Item))).unwrap_err().to_string();
    assert!(
        error.contains("`shop`") && error.contains("/there/is/none") && error.contains("--release"),
        "{error}"
    );
    // Who has no models misses nothing.
    assert_eq!(sources::load(&Site::new().install(app())).unwrap().iter().count(), 0);
}
