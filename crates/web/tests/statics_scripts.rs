//! Scripts without a build, by an import map, and with one, by Vite.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::{
    net::TcpListener,
    path::Path,
    sync::{Arc, Mutex},
};

use http::StatusCode;
use quintet_core::{
    App, EmbeddedFile, Folder, Result, Site,
    settings::{Section, Settings, SettingsSection, Sources},
    template::{Assets, PagePolicy},
};
use quintet_web::statics::StaticSettings;
use sha2::{Digest, Sha256};
use support::{Running, start, start_with};

/// Notes what a page asks for.
#[derive(Default)]
struct Policy(Mutex<Vec<String>>);

impl PagePolicy for Policy {
    fn nonce(&self) -> Result<String> {
        panic!("none of these needs one")
    }

    fn allow(&self, directive: &'static str, source: &str) {
        self.0.lock().unwrap().push(format!("{directive} {source}"));
    }
}

impl Policy {
    fn allows(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

fn assets(site: &Running) -> Arc<dyn Assets> {
    site.services.require::<Arc<dyn Assets>>().unwrap().clone()
}

fn digest(script: &str) -> String {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: String = Sha256::digest(script.as_bytes()).iter().map(|b| format!("{b:08b}")).collect();
    let six =
        |i: usize| usize::from_str_radix(&format!("{:0<6}", &bits[i..bits.len().min(i + 6)]), 2).unwrap();
    let text: String = (0..bits.len()).step_by(6).map(|i| char::from(letters[six(i)])).collect();
    format!("script-src 'sha256-{text}='")
}

static BINARY: [EmbeddedFile; 7] = [
    EmbeddedFile { path: "static/cinema/app.js", bytes: b"import './util.js'; import 'lit'" },
    EmbeddedFile { path: "static/cinema/util.js", bytes: b"export let a" },
    EmbeddedFile { path: "static/cinema/parts/b.js", bytes: b"export let b" },
    EmbeddedFile { path: "static/cinema/parts/c.mjs", bytes: b"export let c" },
    EmbeddedFile { path: "static/cinema/parts/d.css", bytes: b"d {}" },
    EmbeddedFile {
        path: "static/cinema/importmap.toml",
        bytes: b"app = \"cinema/app.js\"\nlit = \"/elsewhere/lit.js\"\n\"parts/\" = \"cinema/parts/\"\n",
    },
    EmbeddedFile {
        path: "static/shop/importmap.toml",
        bytes: b"app = \"shop/app.js\"\n\"<x>\" = \"cinema/util.js\"\n",
    },
];

fn in_the_binary() -> Site {
    let app = |label: &str| App::new(label).folder(Folder::embedded("/src/cinema", &BINARY));
    Site::new().install(app("cinema")).install(app("shop"))
}

fn map(tags: &str) -> (String, serde_json::Value) {
    let text = tags.strip_prefix("<script type=\"importmap\">").unwrap().split("</script>").next().unwrap();
    (text.to_owned(), serde_json::from_str(text).unwrap())
}

#[tokio::test]
async fn names_lead_to_files_with_their_versions() {
    let given = [("static.importmap", "lit=https://cdn.example.com/lit@3/lit.js")];
    let site = start_with(in_the_binary(), &given, &[]).await.unwrap();
    let assets = assets(&site);
    let policy = Policy::default();
    let tags = assets.import_map(Some("app"), Some(&policy)).unwrap();
    let (text, map) = map(&tags);
    let imports = &map["imports"];
    let url = |name: &str| assets.url(name).unwrap();
    assert_eq!(imports["app"], url("cinema/app.js"), "the first app wins");
    assert_eq!(imports["lit"], "https://cdn.example.com/lit@3/lit.js", "and the site before all");
    assert_eq!(imports["parts/b.js"], url("cinema/parts/b.js"));
    assert_eq!(imports["parts/c.mjs"], url("cinema/parts/c.mjs"));
    assert_eq!(imports["/static/cinema/util.js"], url("cinema/util.js"), "by a relative path, too");
    assert_eq!(imports["<x>"], url("cinema/util.js"));
    assert!(
        imports.get("parts/d.css").is_none() && imports["app"].as_str().unwrap().contains("app."),
        "{imports}"
    );
    assert!(!text.contains('<'), "nothing ends the element: {text}");
    assert!(
        tags.ends_with(&format!("<script type=\"module\" src=\"{}\"></script>\n", url("cinema/app.js"))),
        "{tags}"
    );
    assert_eq!(policy.allows(), ["script-src https://cdn.example.com", &digest(&text)]);
    assert_eq!(site.get(&url("cinema/app.js")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_is_wrong_in_a_map_is_told() {
    let site = start(in_the_binary()).await.unwrap();
    let error = assets(&site).import_map(Some("ap"), None).unwrap_err().to_string();
    assert!(error.contains("the import map has no `ap`; did you mean `app`?"), "{error}");
    let none = start(Site::new()).await.unwrap();
    let error = assets(&none).import_map(None, None).unwrap_err().to_string();
    assert!(error.contains("[static.importmap]"), "{error}");
    for (given, said) in
        [("x=cinema/ap.js", "did you mean `cinema/app.js`"), ("x=cinema/parts/", "must end with a slash")]
    {
        let given: &'static str = given;
        let settings = [("static.importmap", given)];
        let site = start_with(in_the_binary(), &settings, &[]).await.unwrap();
        let error = assets(&site).import_map(None, None).unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
        assert_eq!(error.place().unwrap().file, "quintet.toml");
    }
    let disk = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(disk.path().join("static/shop")).unwrap();
    std::fs::write(disk.path().join("static/shop/importmap.toml"), "a = 1\n").unwrap();
    let folder = Folder::on_disk(disk.path().to_str().unwrap().to_owned().leak());
    let site = start(Site::new().install(App::new("shop").folder(folder))).await.unwrap();
    let error = assets(&site).import_map(None, None).unwrap_err();
    assert_eq!(error.place().unwrap().line, 1);
}

#[test]
fn a_map_is_a_table_of_the_settings() {
    let toml = "[static]\nurl = \"/s/\"\n[static.importmap]\n\"parts/\" = \"cinema/parts/\"\nlit = \"lit.js\"\n\
                [static.vite]\ndev_server = \"http://localhost:1/\"\n";
    let sections: [Section; 2] = [StaticSettings::section(), quintet_web::statics::ViteSettings::section()];
    let sources = Sources { toml: Some(("quintet.toml".into(), toml.into())), ..Sources::default() };
    let settings = Settings::load(sources, &sections).unwrap();
    let section: StaticSettings = settings.get().unwrap();
    assert_eq!(section.importmap["parts/"], "cinema/parts/");
    assert_eq!(section.importmap.len(), 2);
}

const LIST: &str =
    r#"{"src/main.ts": {"file": "assets/main-a1.js", "isEntry": true, "css": ["assets/main-b2.css"]}}"#;

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn built(folder: &Path) {
    write(folder, "app/.vite/manifest.json", LIST);
    write(folder, "app/assets/main-a1.js", "import './other.js'");
    write(folder, "app/assets/main-b2.css", "a { background: url(dot.svg) }");
    write(folder, "app/assets/dot.svg", "<svg/>");
    write(folder, "site.css", "@import 'app/assets/main-b2.css'; a { background: url(app/assets/dot.svg) }");
}

#[tokio::test]
async fn what_vite_has_built_keeps_its_names() {
    let disk = tempfile::tempdir().unwrap();
    built(disk.path());
    let dirs = ("static.dirs", &*disk.path().to_str().unwrap().to_owned().leak());
    for settings in [vec![dirs], vec![dirs, ("debug", "true")]] {
        let site = start_with(Site::new(), &settings, &[]).await.unwrap();
        let assets = assets(&site);
        let policy = Policy::default();
        assert_eq!(
            assets.vite("src/main.ts", false, Some(&policy)).unwrap(),
            "<link rel=\"stylesheet\" href=\"/static/app/assets/main-b2.css\">\n\
             <script type=\"module\" src=\"/static/app/assets/main-a1.js\"></script>\n"
        );
        assert!(policy.allows().is_empty());
        let css = site.get("/static/app/assets/main-b2.css").await;
        assert!(css.header("cache-control").contains("immutable"), "its version is in its name");
        assert_eq!(css.body, "a { background: url(dot.svg) }", "Vite has the last word in it");
        assert_eq!(site.get("/static/app/assets/dot.svg").await.header("cache-control"), "no-cache");
        assert_eq!(site.get("/static/app/.vite/manifest.json").await.status, StatusCode::NOT_FOUND);
        let error = assets.vite("src/man.ts", false, None).unwrap_err().to_string();
        assert!(error.contains("did you mean `src/main.ts`?"), "{error}");
    }
    let site = start_with(Site::new(), &[dirs], &[]).await.unwrap();
    let sheet = site.get(&assets(&site).url("site.css").unwrap()).await.body;
    assert!(sheet.contains("@import 'app/assets/main-b2.css'") && !sheet.contains("dot.svg"), "{sheet}");
}

#[tokio::test]
async fn a_new_build_is_seen() {
    let disk = tempfile::tempdir().unwrap();
    let dirs = ("static.dirs", &*disk.path().to_str().unwrap().to_owned().leak());
    let site = start_with(Site::new(), &[dirs], &[]).await.unwrap();
    let assets = assets(&site);
    let error = assets.vite("src/main.ts", false, None).unwrap_err().to_string();
    assert!(error.contains("npx vite build"), "{error}");
    built(disk.path());
    assert!(assets.vite("src/main.ts", false, None).unwrap().contains("main-a1.js"));
    write(disk.path(), "app/.vite/manifest.json", &LIST.replace("main-a1", "main-second"));
    write(disk.path(), "app/assets/main-second.js", "");
    assert!(assets.vite("src/main.ts", false, None).unwrap().contains("main-second.js"));
    assert_eq!(site.get("/static/app/assets/main-a1.js").await.header("cache-control"), "no-cache");
    write(disk.path(), "other/.vite/manifest.json", LIST);
    let two = start_with(Site::new(), &[dirs], &[]).await.unwrap();
    let error = self::assets(&two).vite("src/main.ts", false, None).unwrap_err().to_string();
    assert!(
        error.contains("`app/.vite/manifest.json`") && error.contains("`manifest` in [static.vite]"),
        "{error}"
    );
    let chosen = [dirs, ("static.vite.manifest", "other/.vite/manifest.json")];
    let chosen = start_with(Site::new(), &chosen, &[]).await.unwrap();
    let error = self::assets(&chosen).vite("src/main.ts", false, None).unwrap_err().to_string();
    assert!(error.contains("`other/assets/main-b2.css`"), "{error}");
}

#[tokio::test]
async fn vites_server_is_used_while_it_answers_and_debug_is_on() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let server = ("static.vite.dev_server", &*format!("{origin}/base").leak());
    let disk = tempfile::tempdir().unwrap();
    built(disk.path());
    let dirs = ("static.dirs", &*disk.path().to_str().unwrap().to_owned().leak());

    let site = start_with(Site::new(), &[server, dirs, ("debug", "true")], &[]).await.unwrap();
    let policy = Policy::default();
    let tags = assets(&site).vite("src/main.tsx", true, Some(&policy)).unwrap();
    let script = tags.strip_prefix("<script type=\"module\">").unwrap().split("</script>").next().unwrap();
    assert!(
        script.starts_with(&format!("import RefreshRuntime from \"{origin}/base/@react-refresh\"\n")),
        "{tags}"
    );
    assert!(
        tags.ends_with(&format!(
            "<script type=\"module\" src=\"{origin}/base/@vite/client\"></script>\n\
             <script type=\"module\" src=\"{origin}/base/src/main.tsx\"></script>\n"
        )),
        "{tags}"
    );
    let allowed = policy.allows();
    for source in [
        format!("script-src {origin}"),
        digest(script),
        format!("connect-src {}", origin.replace("http", "ws")),
        "style-src 'unsafe-inline'".to_owned(),
    ] {
        assert!(allowed.contains(&source), "{source}: {allowed:?}");
    }
    let style = assets(&site).vite("src/site.scss", false, None).unwrap();
    assert!(
        style.contains(&format!("<link rel=\"stylesheet\" href=\"{origin}/base/src/site.scss\">")),
        "{style}"
    );

    let release = start_with(Site::new(), &[server, dirs], &[]).await.unwrap();
    assert!(assets(&release).vite("src/main.ts", false, None).unwrap().contains("main-a1.js"));
    drop(listener);
    let alone = start_with(Site::new(), &[server, dirs, ("debug", "true")], &[]).await.unwrap();
    assert!(
        assets(&alone).vite("src/main.ts", false, None).unwrap().contains("main-a1.js"),
        "without it, what is built"
    );
    let neither = start_with(Site::new(), &[server, ("debug", "true")], &[]).await.unwrap();
    let error = assets(&neither).vite("src/main.ts", false, None).unwrap_err().to_string();
    assert!(error.contains("does not answer") && error.contains("npx vite build"), "{error}");
    let Err(error) = start_with(Site::new(), &[("static.vite.dev_server", "localhost")], &[]).await else {
        panic!("no address")
    };
    assert!(error.to_string().contains("`static.vite.dev_server`"), "{error}");
}
