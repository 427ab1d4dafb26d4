//! What a started site tells about itself: the list of routes, its checks, its settings.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::sync::Arc;

use quintet_core::{
    App, EmbeddedFile, Folder, Room, Services, Site,
    check::Level,
    command::{Args, Console},
    settings::WithSettings,
};
use quintet_macros::Settings;
use quintet_web::{Path, Routing, State, WebRoom, axum, get, routes};
use support::{start, start_with};

#[derive(Clone, Settings)]
#[settings("shop")]
struct Shop {
    /// Articles on a page.
    #[setting(default = 20)]
    per_page: u64,
}

#[get("/articles/")]
async fn articles(State(shop): State<Shop>) -> String {
    format!("{} a page", shop.per_page)
}

#[get("/articles/{id}/")]
async fn article(Path(id): Path<i64>) -> String {
    id.to_string()
}

fn site() -> Site {
    let app = App::new("shop").at("/shop").settings::<Shop>().routes(routes![articles, article]);
    Site::new().post("/", async || "").mount("/old", axum::Router::new()).install(app)
}

#[tokio::test]
async fn a_section_of_the_settings_is_a_state() {
    let site = start_with(site(), &[("shop.per_page", "7")], &[]).await.unwrap();
    assert_eq!(site.get("/shop/articles/").await.body, "7 a page");
}

#[tokio::test]
async fn the_routes_command_lists_what_is_installed() {
    let site = start(site()).await.unwrap();
    let (console, out) = Console::captured();
    let mut services = Services::builder();
    services.insert(console);
    services.insert(site.services.require::<Arc<quintet_web::Routes>>().unwrap().clone());
    let command = WebRoom.commands().into_iter().find(|c| c.name == "routes").unwrap();
    command.run(services.build(), Args::default()).await.unwrap();
    let text = out.text();
    let lines: Vec<_> = text.lines().map(|line| line.rsplit_once(':').unwrap().0).collect();
    assert_eq!(
        lines,
        [
            "POST  /                                    crates/web/tests/running.rs",
            "*     /old                                 crates/web/tests/running.rs",
            "GET   /shop/articles/       shop:articles  crates/web/tests/running.rs",
            "GET   /shop/articles/{id}/  shop:article   crates/web/tests/running.rs",
        ]
    );
}

#[tokio::test]
async fn a_stale_embed_is_noticed() {
    let source = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = source.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("templates/same.html", "same");
    write("templates/changed.html", "now");
    write("templates/new.html", "new");
    static FILES: [EmbeddedFile; 3] = [
        EmbeddedFile { path: "templates/same.html", bytes: b"same" },
        EmbeddedFile { path: "templates/changed.html", bytes: b"then" },
        EmbeddedFile { path: "static/gone.css", bytes: b"gone" },
    ];
    let root: &'static str = String::leak(source.path().to_str().unwrap().to_owned());
    let checks = async || {
        let site = start(Site::new().install(App::new("shop").folder(Folder::embedded(root, &FILES))))
            .await
            .unwrap();
        WebRoom.checks(&site.services).await
    };
    let found = checks().await;
    assert_eq!((found.len(), found[0].id, found[0].level), (1, "web.W001", Level::Warning));
    let all = "templates/changed.html (changed), templates/new.html (new), static/gone.css (gone)";
    assert!(found[0].message.ends_with(all), "{}", found[0].message);
    // On the machine that it is deployed to, the source is not there.
    drop(source);
    assert_eq!(checks().await, []);
}

#[tokio::test]
async fn an_app_has_the_directories_of_its_crate() {
    let app = quintet_web::app!("web");
    let folder = app.directory().unwrap();
    assert_eq!(folder.root(), std::path::Path::new(env!("CARGO_MANIFEST_DIR")));
    assert_eq!((app.label(), folder.is_embedded()), ("web", !cfg!(debug_assertions)));
}
