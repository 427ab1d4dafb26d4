//! A site's settings, from the texts that hold them to typed sections.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use quintet_core::settings::{Settings, Sources};
use quintet_core::{
    App, Services, Site,
    settings::{ByteSize, Origin, Secret, SettingsSection, SettingsSlot, WithSettings, sections_of},
};

#[derive(Debug, Clone, Copy, PartialEq, quintet_macros::Settings)]
enum SameSite {
    Lax,
    Strict,
    #[setting(name = "none")]
    Off,
}

/// The server.
#[derive(Debug, Clone, quintet_macros::Settings)]
#[settings("server")]
struct Server {
    /// Where it listens.
    #[setting(default = "127.0.0.1:8000", env = "QUINTET_BIND", env = "BIND")]
    bind: String,
    #[setting(default = 2)]
    workers: u16,
    #[setting(default = "1h30m")]
    timeout: Duration,
    #[setting(default = "10 MB", name = "max_body")]
    limit: ByteSize,
    #[setting(default)]
    hosts: Vec<String>,
    #[setting(default)]
    headers: BTreeMap<String, String>,
    root: Option<PathBuf>,
    #[setting(default = SameSite::Lax)]
    same_site: SameSite,
    #[setting(default = 0.5)]
    ratio: f64,
}

#[derive(Debug, Clone, quintet_macros::Settings)]
#[settings("database")]
struct Database {
    /// Where the data is.
    #[setting(env = "DATABASE_URL", secret)]
    url: String,
    password: Option<Secret>,
}

fn load(toml: &str, dotenv: &str, env: &[(&str, &str)]) -> quintet_core::Result<Settings> {
    let sources = Sources {
        toml: Some(("quintet.toml".into(), toml.into())),
        dotenv: Some((".env".into(), dotenv.into())),
        env: env.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect(),
        given: Vec::new(),
        root: "/srv/site".into(),
    };
    Settings::load(sources, &[Server::section(), Database::section()])
}

const URL: (&str, &str) = ("DATABASE_URL", "sqlite://site.db");

fn fails(toml: &str, dotenv: &str, env: &[(&str, &str)]) -> String {
    load(toml, dotenv, env).unwrap_err().to_string()
}

#[test]
fn what_nobody_sets_has_its_declared_default() {
    let server: Server = load("", "", &[URL]).unwrap().get().unwrap();
    assert_eq!((server.bind.as_str(), server.workers, server.timeout.as_secs()), ("127.0.0.1:8000", 2, 5400));
    assert_eq!(server.limit, ByteSize::new(10_000_000));
    assert!(server.hosts.is_empty() && server.headers.is_empty() && server.root.is_none());
    assert_eq!((server.same_site, server.ratio), (SameSite::Lax, 0.5));
}

#[test]
fn every_type_is_read_from_the_file() {
    let toml = "
        [server]
        workers = 8
        timeout = \"5s\"
        max_body = \"1 KiB\"
        hosts = [\"a.example\", \"b.example\"]
        headers = { X-A = \"1\" }
        root = \"www\"
        same_site = \"strict\"
        ratio = 1
    ";
    let settings = load(toml, "", &[URL]).unwrap();
    let server: Server = settings.get().unwrap();
    assert_eq!((server.workers, server.timeout.as_secs(), server.limit.bytes()), (8, 5, 1024));
    assert_eq!((server.hosts.join(" "), server.headers["X-A"].as_str()), ("a.example b.example".into(), "1"));
    assert_eq!(settings.path(server.root.unwrap()), PathBuf::from("/srv/site/www"));
    assert_eq!((server.same_site, server.ratio), (SameSite::Strict, 1.0));
}

#[test]
fn later_layers_win() {
    let toml = "[server]\nworkers = 3";
    let workers = |dotenv: &str, env: &[(&str, &str)]| {
        load(toml, &format!("DATABASE_URL=x\n{dotenv}"), env).unwrap().get::<Server>().unwrap().workers
    };
    assert_eq!(workers("", &[]), 3);
    assert_eq!(workers("QUINTET_SERVER_WORKERS=4", &[]), 4);
    assert_eq!(workers("QUINTET_SERVER_WORKERS=4", &[("QUINTET_SERVER_WORKERS", "5")]), 5);
    assert_eq!(workers("QUINTET_SERVER_WORKERS=4", &[("QUINTET_SERVER_WORKERS", "")]), 4);
}

#[test]
fn the_program_has_the_last_word() {
    let sources = Sources {
        env: vec![("QUINTET_DEBUG".into(), "true".into())],
        given: vec![("debug".into(), "false".into()), ("log.level".into(), "warn".into())],
        ..Sources::default()
    };
    let settings = Settings::load(sources, &[]).unwrap();
    assert!(!settings.debug());
    let sources = Sources { given: vec![("log.levle".into(), "warn".into())], ..Sources::default() };
    let error = Settings::load(sources, &[]).unwrap_err().to_string();
    assert_eq!(error, "no setting is named `log.levle`; did you mean `log.level`?");
}

#[test]
fn an_alias_sets_the_key_and_two_names_must_agree() {
    let bind = |env: &[(&str, &str)]| load("", "", env).map(|s| s.get::<Server>().unwrap().bind);
    assert_eq!(bind(&[URL, ("BIND", "a")]).unwrap(), "a");
    assert_eq!(bind(&[URL, ("BIND", "a"), ("QUINTET_BIND", "a")]).unwrap(), "a");
    let error = bind(&[URL, ("BIND", "a"), ("QUINTET_SERVER_BIND", "b")]).unwrap_err().to_string();
    assert!(
        error.contains("BIND") && error.contains("QUINTET_SERVER_BIND") && error.contains("keep one"),
        "{error}"
    );
}

#[test]
fn wrong_keys_are_named_with_place_and_near_miss() {
    for (toml, message) in [
        ("[servr]\n", "unknown section `[servr]`; did you mean `server`? (quintet.toml:1:2)"),
        ("[shop]\nx = 1", "unknown section `[shop]`; no app of the site reads it (quintet.toml:1:2)"),
        (
            "[server]\nworkes = 1",
            "unknown key `workes` in `[server]`; did you mean `workers`? (quintet.toml:2:1)",
        ),
        ("workers = 1", "unknown key `workers`; `[server]` has a key of this name (quintet.toml:1:1)"),
        (
            "[server]\ndebug = true",
            "unknown key `debug` in `[server]`; it belongs to the top of the file, before any section (quintet.toml:2:1)",
        ),
        ("server = 1", "`server` is a section: write `[server]` and its keys below (quintet.toml:1:1)"),
        (
            "[server]\nworkers = \"2\"",
            "`workers` of `[server]`: expected a whole number from 0 to 65535, found the text \"2\" (quintet.toml:2:11)",
        ),
        (
            "[server]\nsame_site = \"lux\"",
            "`same_site` of `[server]`: expected \"lax\", \"strict\" or \"none\", found the text \"lux\": did you mean `lax`? (quintet.toml:2:13)",
        ),
    ] {
        assert_eq!(fails(toml, "", &[URL]), message);
    }
}

#[test]
fn a_wrong_variable_is_named() {
    assert_eq!(
        fails("", "", &[URL, ("QUINTET_SERVER_TIMEOUT", "5")]),
        "the environment variable QUINTET_SERVER_TIMEOUT (`timeout` of `[server]`): expected a duration such as \
         \"30s\", \"10m\" or \"1h30m\", found `5`: the number 5 needs a unit: ms, s, m, h, d or w"
    );
    assert_eq!(
        fails("", "DATABASE_URL=x\nQUINTET_SERVER_WORKERS=many", &[]),
        "QUINTET_SERVER_WORKERS (`workers` of `[server]`): expected a whole number from 0 to 65535, found `many` (.env:2)"
    );
    assert_eq!(
        fails("", "QUINTET_SERVER_WORKES=1", &[URL]),
        "no setting is named QUINTET_SERVER_WORKES; did you mean `QUINTET_SERVER_WORKERS`? (.env:1)"
    );
    let settings = load("", "", &[URL, ("QUINTET_SERVER_WORKES", "1")]).unwrap();
    assert!(
        settings.warnings()[0].contains("did you mean `QUINTET_SERVER_WORKERS`?"),
        "{:?}",
        settings.warnings()
    );
}

#[test]
fn a_missing_key_names_all_the_ways_to_give_it() {
    assert_eq!(
        fails("", "", &[]),
        "`url` of `[database]` (Where the data is) is needed: set `url = …` under `[database]` of quintet.toml, or \
         QUINTET_DATABASE_URL or DATABASE_URL in the environment or in `.env`"
    );
}

#[test]
fn all_problems_are_told_at_once_in_the_order_of_the_file() {
    let error = fails("debgu = 1\n[server]\nworkers = -1\nhosts = \"a\"", "", &[]);
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(lines[0], "4 problems in the settings:");
    assert!(lines[1].starts_with("  quintet.toml:1:1: unknown key `debgu`"), "{error}");
    assert!(lines[2].starts_with("  quintet.toml:3:11: `workers`"), "{error}");
    assert!(lines[3].starts_with("  quintet.toml:4:9: `hosts`"), "{error}");
    assert!(lines[4].starts_with("  `url` of `[database]`"), "{error}");
}

#[test]
fn syntax_errors_have_their_line() {
    let error = fails("debug = true\n[server\n", "", &[URL]);
    assert!(error.starts_with("this is no TOML: ") && error.contains("(quintet.toml:2:"), "{error}");
}

#[test]
fn no_secret_is_ever_told() {
    let toml = "secret_key = [\"hunter2\"]\n[database]\nurl = [\"hunter2\"]\npassword = 7777";
    let error = load(toml, "", &[]).unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(text.contains("3 problems") && !text.contains("hunter2") && !text.contains("7777"), "{text}");

    let env = [("DATABASE_URL", "postgres://ann:hunter2@db/x"), ("QUINTET_SECRET_KEY", "hunter2")];
    let settings = load("", "", &env).unwrap();
    let rows =
        format!("{:?} {settings:?} {:?}", settings.rows(), settings.get::<Database>().unwrap().password);
    assert_eq!(settings.get::<Database>().unwrap().url, "postgres://ann:hunter2@db/x");
    assert!(rows.contains("postgres://ann:***@db/x") && !rows.contains("hunter2"), "{rows}");
}

#[test]
fn rows_tell_values_and_origins() {
    let settings = load("[server]\nworkers = 3", "QUINTET_SERVER_RATIO=0.1", &[URL]).unwrap();
    let rows = settings.rows();
    // The last one: `[site]` has a `url`, too.
    let row = |key: &str| rows.iter().rfind(|r| r.key == key).unwrap();
    let origin = |key: &str| row(key).origin.to_string();
    assert_eq!((row("workers").value.as_str(), origin("workers").as_str()), ("3", "quintet.toml:2"));
    assert_eq!(
        (row("ratio").value.as_str(), origin("ratio").as_str()),
        ("0.1", ".env:1 QUINTET_SERVER_RATIO")
    );
    assert_eq!((row("timeout").value.as_str(), &row("timeout").origin), ("1h30m", &Origin::Default));
    assert_eq!(row("same_site").value, "lax");
    assert_eq!(
        (row("url").value.as_str(), origin("url").as_str()),
        ("sqlite://site.db", "environment DATABASE_URL")
    );
    assert_eq!(row("bind").help, "Where it listens.");
}

#[test]
fn an_apps_section_is_declared_once_and_becomes_a_service() {
    let site = Site::new().install(App::new("a").settings::<Server>());
    let sources =
        Sources { toml: Some(("quintet.toml".into(), "[server]\nworkers = 9".into())), ..Sources::default() };
    let settings = Settings::load(sources, &sections_of(&site, &[])).unwrap();
    let mut services = Services::builder();
    SettingsSlot::insert_all(&site, &settings, &mut services).unwrap();
    assert_eq!(services.get::<Server>().unwrap().workers, 9);
    let error = settings.get::<Database>().unwrap_err().to_string();
    assert!(error.contains("`[database]`") && error.contains(".settings::<Database>()"), "{error}");
}

#[test]
fn a_key_to_sign_with_is_needed_only_by_who_asks() {
    let settings = load("", "", &[URL]).unwrap();
    let error = settings.secret_key().unwrap_err().to_string();
    assert!(error.contains("QUINTET_SECRET_KEY") && error.contains("openssl rand"), "{error}");
    let settings = settings.or_secret_key(Secret::new("made"));
    assert_eq!(settings.secret_key().unwrap().expose(), "made");
    let set = load("secret_key = \"own\"", "", &[URL]).unwrap().or_secret_key(Secret::new("made"));
    assert_eq!(set.secret_key().unwrap().expose(), "own");
}

#[test]
fn tests_read_any_section_with_overrides() {
    let settings = Settings::for_tests("/tmp", [("server.workers", "7"), ("debug", "true")]);
    assert!(settings.debug());
    assert_eq!(settings.get::<Server>().unwrap().workers, 7);
    assert_eq!(Settings::default().get::<Server>().unwrap().workers, 2);
}
