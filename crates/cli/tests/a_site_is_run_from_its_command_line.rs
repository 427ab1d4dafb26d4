//! From words on the command line to rooms, commands and their end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use quintet_core::{
    App, Boot, BoxFuture, Error, Folder, Result, Room, Services, Site,
    check::Check,
    command::{ArgSpec, Args, Captured, Command, Commands, Console},
    settings::{Key, Section, Settings, WithSettings},
};

/// What the rooms did, in order.
type Diary = Arc<Mutex<Vec<String>>>;

struct Probe {
    name: &'static str,
    diary: Diary,
    fails: bool,
    finds: Vec<Check>,
}

impl Probe {
    fn write(&self, what: &str) {
        self.diary.lock().unwrap().push(format!("{} {what}", self.name));
    }
}

impl Room for Probe {
    fn name(&self) -> &'static str {
        self.name
    }
    fn sections(&self) -> Vec<Section> {
        vec![Section::new(self.name, vec![Key::of::<Option<u16>>("port")])]
    }
    fn commands(&self) -> Vec<Command> {
        if self.name != "web" {
            return Vec::new();
        }
        let diary = self.diary.clone();
        vec![
            Command::new("serve", "Serves.", move |services: Services, _| {
                let diary = diary.clone();
                async move {
                    diary.lock().unwrap().push("served".into());
                    services.require::<Console>()?.line("serving");
                    Ok(())
                }
            }),
            Command::new("look", "Looks at the site before it works.", |_, _| async { Ok(()) }),
        ]
    }
    fn start<'a>(&'a self, boot: &'a mut Boot) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            self.write("start");
            assert!(boot.services.get::<Settings>().is_some() && boot.services.get::<Arc<Site>>().is_some());
            if self.fails { Err(Error::internal("no port is free")) } else { Ok(()) }
        })
    }
    fn ready<'a>(&'a self, _: &'a Services) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            self.write("ready");
            Ok(())
        })
    }
    fn checks<'a>(&'a self, _: &'a Services) -> BoxFuture<'a, Vec<Check>> {
        Box::pin(async move { self.finds.clone() })
    }
    fn deploy_checks<'a>(&'a self, _: &'a Services) -> BoxFuture<'a, Vec<Check>> {
        let open = (self.name == "web").then(|| Check::warning("web.W004", "open"));
        Box::pin(std::future::ready(open.into_iter().collect()))
    }
    fn stop<'a>(&'a self, _: &'a Services) -> BoxFuture<'a, ()> {
        Box::pin(async move { self.write("stop") })
    }
}

#[derive(Clone, Default)]
struct Case {
    diary: Diary,
    toml: &'static str,
    web_fails: bool,
    finds: Vec<Check>,
}

struct End {
    result: Result,
    out: Captured,
    diary: Vec<String>,
    root: tempfile::TempDir,
}

#[derive(Clone, quintet_macros::Settings)]
#[settings("cinema")]
struct Cinema {
    /// Films on a page.
    #[setting(default = 20)]
    per_page: u64,
}

impl Case {
    async fn run(self, words: &str) -> End {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("quintet.toml"), self.toml).unwrap();
        let probe = |name, fails, finds| -> Box<dyn Room> {
            Box::new(Probe { name, diary: self.diary.clone(), fails, finds })
        };
        let rooms = vec![probe("orm", false, Vec::new()), probe("web", self.web_fails, self.finds)];
        let show = Command::new("show", "Shows.", |services: Services, args: Args| async move {
            let per_page = services.require::<Cinema>()?.per_page;
            services.require::<Console>()?.line(format!("{} {per_page}", args.take::<String>("what")?));
            Ok(())
        });
        let show = show.arg(ArgSpec::of::<String>("what", ""));
        let directory: &'static str = root.path().to_str().unwrap().to_owned().leak();
        let site = Site::new()
            .folder(Folder::on_disk(directory))
            .install(App::new("cinema").settings::<Cinema>().commands(vec![show]));
        let (console, out) = Console::captured();
        let words = words.split_whitespace().map(Into::into).collect();
        let result = quintet_cli::run_with(site, rooms, words, console).await;
        let diary = self.diary.lock().unwrap().clone();
        End { result, out, diary, root }
    }
}

#[tokio::test]
async fn rooms_start_in_order_and_stop_in_reverse() {
    let end = Case { toml: "[cinema]\nper_page = 7", ..Case::default() }.run("show films").await;
    end.result.unwrap();
    assert_eq!(end.out.text(), "films 7\n");
    assert_eq!(end.diary, ["orm start", "web start", "orm ready", "web ready", "web stop", "orm stop"]);
}

#[tokio::test]
async fn a_rooms_own_command_looks_at_a_site_that_does_not_work_yet() {
    let end = Case::default().run("look").await;
    end.result.unwrap();
    assert_eq!(end.diary, ["orm start", "web start", "web stop", "orm stop"]);
}

#[tokio::test]
async fn if_a_room_fails_those_that_stand_are_stopped() {
    let end = Case { web_fails: true, ..Case::default() }.run("show films").await;
    let error = format!("{:?}", end.result.unwrap_err());
    assert!(error.contains("no port is free") && error.contains("room: web"), "{error}");
    assert_eq!(end.diary, ["orm start", "web start", "orm stop"]);
}

#[tokio::test]
async fn without_words_the_site_is_served_after_its_checks() {
    let finds = vec![Check::warning("web.W001", "odd"), Check::info("web.I001", "so")];
    let end = Case { finds, ..Case::default() }.run("").await;
    end.result.unwrap();
    assert_eq!(end.out.text(), "serving\n");
    assert_eq!(end.out.errors(), "warning web.W001: odd\n");
}

#[tokio::test]
async fn a_site_with_errors_is_not_served() {
    let finds = vec![Check::warning("web.W001", "odd"), Check::error("web.E001", "broken")];
    let end = Case { finds, ..Case::default() }.run("serve").await;
    assert!(end.result.unwrap_err().to_string().contains("not served"));
    assert_eq!(end.out.errors(), "error web.E001: broken\nwarning web.W001: odd\n");
    assert!(!end.diary.contains(&"served".to_owned()) && end.diary.last().unwrap() == "orm stop");
}

#[tokio::test]
async fn a_silenced_error_holds_nothing_up() {
    let finds = vec![Check::error("web.E001", "broken")];
    let end =
        Case { finds, toml: "[checks]\nsilence = [\"web.E001\"]", ..Case::default() }.run("serve").await;
    end.result.unwrap();
    assert_eq!(end.out.errors(), "");
}

#[tokio::test]
async fn check_fails_at_the_level_that_is_asked_for() {
    let with = |finds: Vec<Check>| Case { finds, ..Case::default() };
    let warning = || vec![Check::warning("web.W001", "odd").hint("mend it")];
    let end = with(warning()).run("check").await;
    end.result.unwrap();
    assert_eq!(end.out.errors(), "warning web.W001: odd\n    hint: mend it\n");
    assert_eq!(end.out.text(), "1 finding, none that fails.\n");
    let end = with(warning()).run("check --fail-level warning").await;
    assert_eq!(end.result.unwrap_err().to_string(), "1 finding of level `warning` or above");
    let end = with(Vec::new()).run("check").await;
    assert_eq!(end.out.text(), "No findings.\n");
    // What is only wrong where others are is looked for where somebody asks.
    let end = with(Vec::new()).run("check --deploy").await;
    end.result.unwrap();
    assert_eq!(end.out.errors(), "warning web.W004: open\n");
    let end = with(Vec::new()).run("check --deploy --fail-level warning").await;
    assert_eq!(end.result.unwrap_err().to_string(), "1 finding of level `warning` or above");
    let silent = Case { toml: "[checks]\nsilence = [\"web.W004\"]", ..Case::default() };
    assert_eq!(silent.run("check --deploy").await.out.text(), "No findings.\n");
    let end = with(Vec::new()).run("check --fail-level bad").await;
    assert_eq!(end.result.unwrap_err().status(), 400);
}

#[tokio::test]
async fn settings_are_listed_without_starting_a_room() {
    let toml = "secret_key = \"hunter2 hunter2 hunter2 hunter2\"\n[cinema]\nper_page = 7";
    let end = Case { toml, web_fails: true, ..Case::default() }.run("settings").await;
    end.result.unwrap();
    assert!(end.diary.is_empty());
    let text = end.out.text();
    let line =
        |key: &str| text.lines().find(|l| l.starts_with(key)).unwrap().split_whitespace().collect::<Vec<_>>();
    assert_eq!(line("cinema.per_page"), ["cinema.per_page", "7", "quintet.toml:3"]);
    assert_eq!(line("secret_key"), ["secret_key", "***", "quintet.toml:1"]);
    assert_eq!(line("log.level"), ["log.level", "info", "default"]);

    let end = Case { toml, ..Case::default() }.run("settings --json").await;
    let rows: Vec<serde_json::Value> = serde_json::from_str(&end.out.text()).unwrap();
    let row = rows.iter().find(|r| r["key"] == "cinema.per_page").unwrap();
    assert_eq!((&row["value"], &row["help"]), (&"7".into(), &"Films on a page.".into()));
    assert!(!end.out.text().contains("hunter2"));
}

#[tokio::test]
async fn wrong_settings_stop_everything_with_the_place() {
    let end = Case { toml: "[cinema]\nperpage = 7", ..Case::default() }.run("show films").await;
    let error = end.result.unwrap_err();
    assert_eq!(
        error.to_string(),
        "unknown key `perpage` in `[cinema]`; did you mean `per_page`? (quintet.toml:2:1)"
    );
    assert!(end.diary.is_empty());
}

#[tokio::test]
async fn wrong_words_are_told_before_anything_starts() {
    let end = Case { toml: "nonsense", ..Case::default() }.run("shwo films").await;
    let error = end.result.unwrap_err();
    assert_eq!(error.status(), 400);
    assert!(error.to_string().contains("there is `show`"), "{error}");
    assert!(end.diary.is_empty());
}

#[tokio::test]
async fn help_needs_no_good_settings() {
    let end = Case { toml: "nonsense", ..Case::default() }.run("--help").await;
    end.result.unwrap();
    for part in ["Commands of `cinema`:", "show", "serve", "settings", "check"] {
        assert!(end.out.text().contains(part), "{part}: {}", end.out.text());
    }
}

fn key_in(root: &Path) -> Option<String> {
    std::fs::read_to_string(root.join(".quintet/secret")).ok()
}

#[tokio::test]
async fn a_development_key_is_made_once_and_only_in_debug() {
    let end = Case { toml: "debug = true", ..Case::default() }.run("settings").await;
    let key = key_in(end.root.path()).unwrap();
    assert_eq!(key.len(), 64);
    assert_eq!(std::fs::read_to_string(end.root.path().join(".quintet/.gitignore")).unwrap(), "*\n");
    assert!(end.out.text().contains("***") && !end.out.text().contains(&key));
    let again = quintet_cli::boot::development_key(end.root.path()).unwrap();
    assert_eq!(again.expose(), key);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(end.root.path().join(".quintet/secret")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let end = Case::default().run("settings").await;
    assert_eq!(key_in(end.root.path()), None);
    let end = Case { toml: "debug = true\nsecret_key = \"own\"", ..Case::default() }.run("settings").await;
    assert_eq!(key_in(end.root.path()), None);
}

#[tokio::test]
async fn a_key_is_kept_where_the_settings_say() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys/site");
    let toml: &'static str = format!("secret_key_file = {:?}", file.display().to_string()).leak();
    let end = Case { toml, ..Case::default() }.run("settings").await;
    end.result.unwrap();
    let key = std::fs::read_to_string(&file).unwrap();
    assert_eq!(key.len(), 64);
    assert!(!end.out.text().contains(&key) && key_in(end.root.path()).is_none());
    // The folder is the site's: nothing is put there but the key, which stays.
    assert_eq!(std::fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
    Case { toml, ..Case::default() }.run("settings").await.result.unwrap();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), key);
    // What somebody has put there is not written over.
    std::fs::write(&file, "short\n").unwrap();
    let error = Case { toml, ..Case::default() }.run("settings").await.result.unwrap_err().to_string();
    assert!(error.contains("keys/site") && error.contains("fewer than 32"), "{error}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "short\n");
    // A key that is set comes before it.
    let both: &'static str = format!("secret_key = \"own\"\n{toml}").leak();
    Case { toml: both, ..Case::default() }.run("settings").await.result.unwrap();
}

#[test]
fn processes_that_start_together_agree_on_the_key() {
    let root = tempfile::tempdir().unwrap();
    let keys: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| quintet_cli::boot::development_key(root.path()).unwrap().expose().to_owned())
            })
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
}
