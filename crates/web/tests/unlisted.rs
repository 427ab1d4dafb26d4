//! A handler that is in no `routes!` is told by the checks: this file is the source that they look at.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::{path::Path, sync::Arc};

use quintet_core::{
    App, Folder, Room, Services, Site,
    check::{Check, Level},
    settings::Settings,
};
use quintet_web::{Routes, Routing, WebRoom, get, post, routes};
use support::start;

#[get("/listed/")]
async fn listed() -> &'static str {
    ""
}

/// Known to be in no list.
#[post("/forgotten/")]
#[allow(dead_code)]
pub async fn on_purpose() -> &'static str {
    ""
}

/// Not private to rustc, and nowhere installed.
#[get("/forgotten/else/", name = "else")]
pub async fn forgotten() -> &'static str {
    ""
}

/// What the checks tell of a site in `root` whose app lies in `app`, with this `src/lib.rs`.
async fn told(root: &Path, app: &Path, lib: &str, embedded: bool) -> Vec<Check> {
    std::fs::create_dir_all(app.join("src")).unwrap();
    std::fs::write(root.join("Cargo.lock"), "").unwrap();
    std::fs::write(app.join("Cargo.toml"), "").unwrap();
    std::fs::write(app.join("src/lib.rs"), lib).unwrap();
    let path: &'static str = app.to_str().unwrap().to_owned().leak();
    let folder = if embedded { Folder::embedded(path, &[]) } else { Folder::on_disk(path) };
    let app = App::new("shop").at("/shop").folder(folder).routes(routes![listed]);
    let running = start(Site::new().install(app)).await.unwrap();
    // The same with settings that know where the site is.
    let mut services = Services::builder();
    services.insert(Settings::for_tests(root, [("debug", "true")]));
    services.insert(running.services.require::<Arc<Site>>().unwrap().clone());
    services.insert(running.services.require::<Arc<Routes>>().unwrap().clone());
    let mut found = WebRoom.checks(&services.build()).await;
    found.retain(|check| check.id == "web.W005");
    found
}

#[tokio::test]
async fn a_handler_in_no_list_is_named_with_its_place() {
    let site = tempfile::tempdir().unwrap();
    let this = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/unlisted.rs");
    let lib = format!("#[path = {:?}] pub mod pages;", this.to_str().unwrap());
    let found = told(site.path(), &site.path().join("app"), &lib, false).await;
    let [check] = &found[..] else { panic!("{found:?}") };
    assert_eq!(check.level, Level::Warning);
    assert!(
        check.message.contains("`pages::forgotten`") && check.message.contains("/forgotten/else/"),
        "{check}"
    );
    let line = 1 + std::fs::read_to_string(&this)
        .unwrap()
        .lines()
        .position(|l| l.starts_with("#[get(\"/forgotten/"))
        .unwrap();
    let place = check.object.as_deref().unwrap();
    assert!(place.ends_with(&format!("tests/unlisted.rs:{line}")), "{place}");
    assert!(check.hint.as_deref().unwrap().contains(".routes(routes![pages::forgotten])"), "{check}");
}

#[tokio::test]
async fn lines_that_have_moved_since_the_build_deceive_nobody() {
    let site = tempfile::tempdir().unwrap();
    let copy = site.path().join("crates/web/tests");
    std::fs::create_dir_all(&copy).unwrap();
    let this = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/unlisted.rs");
    let moved = format!("// one\n// two\n{}", std::fs::read_to_string(this).unwrap());
    std::fs::write(copy.join("unlisted.rs"), moved).unwrap();
    let lib = "#[path = \"../../crates/web/tests/unlisted.rs\"] pub mod pages;";
    let found = told(site.path(), &site.path().join("app"), lib, false).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].message.contains("`pages::forgotten`"), "{found:?}");
}

#[tokio::test]
async fn what_is_not_the_sites_own_is_left_alone() {
    let lib = "#[get(\"/x/\")] pub async fn of_a_library() {}";
    let site = tempfile::tempdir().unwrap();
    assert_eq!(told(site.path(), &site.path().join("app"), lib, false).await.len(), 1);
    // An app whose files are in a binary for debugging is a library's: what of it is installed is its own affair.
    assert_eq!(told(site.path(), &site.path().join("app"), lib, true).await, []);
    // So is one outside of the workspace.
    let elsewhere = tempfile::tempdir().unwrap();
    assert_eq!(told(site.path(), elsewhere.path(), lib, false).await, []);
}
