//! A binary that carries other files than its source says so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use quintet_core::{App, EmbeddedFile, Folder, Room, Site};
use quintet_web::WebRoom;
use support::start;

const CARRIED: &[EmbeddedFile] = &[
    EmbeddedFile { path: "static/a.css", bytes: b"old" },
    EmbeddedFile { path: "templates/gone.html", bytes: b"gone" },
    EmbeddedFile { path: "templates/same.html", bytes: b"same" },
];

#[tokio::test]
async fn a_stale_binary_names_the_files_that_differ() {
    let source = tempfile::tempdir().unwrap();
    let root: &'static str = source.path().to_str().unwrap().to_owned().leak();
    let write = |path: &str, text: &str| {
        let path = source.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("templates/same.html", "same");
    write("templates/gone.html", "gone");
    write("static/a.css", "old");
    let app = || App::new("cinema").folder(Folder::embedded(root, CARRIED));
    let running = start(Site::new().install(app())).await.unwrap();
    assert!(WebRoom.checks(&running.services).await.is_empty());

    write("static/a.css", "new");
    write("locale/de.ftl", "new");
    std::fs::remove_file(source.path().join("templates/gone.html")).unwrap();
    let checks = WebRoom.checks(&running.services).await;
    assert_eq!(checks.len(), 1, "{checks:?}");
    let told = checks[0].to_string();
    for part in
        ["web.W001", "cinema", "static/a.css (changed)", "locale/de.ftl (new)", "templates/gone.html (gone)"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!told.contains("same.html"), "{told}");

    // Nothing is missing where only some were taken.
    let some = App::new("cinema").folder(Folder::embedded(root, CARRIED).partly());
    let running = start(Site::new().install(some)).await.unwrap();
    assert!(WebRoom.checks(&running.services).await.is_empty());

    // Where the source is not at hand there is nothing to compare with.
    let away = App::new("cinema").folder(Folder::embedded("/no/such/source", CARRIED));
    let running = start(Site::new().install(away)).await.unwrap();
    assert!(WebRoom.checks(&running.services).await.is_empty());
}
