//! `#[command]`: values are arguments of the command line, references are services.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::path::PathBuf;

use quintet_core::{
    App, Error, Result, Services,
    clock::Clock,
    command::{ArgStyle, Args, Captured, Command, CommandSlot, Commands, Console, Progress},
    commands,
    settings::Settings,
};
use quintet_macros::command;

#[derive(Clone, quintet_macros::Settings)]
#[settings("cinema")]
struct Cinema {
    #[setting(default = "Rex")]
    name: String,
}

/// Import titles, one a line.
///
/// Lines that are there already are left alone.
#[command]
async fn import_films(
    /// The file to read.
    file: PathBuf,
    limit: Option<u32>,
    /// Only look.
    dry_run: bool,
    console: &Console,
    progress: &Progress,
    conf: &Cinema,
    #[arg(positional)] _app: Option<String>,
    tags: Vec<String>,
) -> Result {
    progress.begin("films", None);
    progress.step();
    console.line(format!("{} {} {limit:?} {dry_run} {tags:?}", conf.name, file.display()));
    if progress.state().done == 1 { Ok(()) } else { Err(Error::internal("no step")) }
}

mod work {
    #[quintet_macros::command("clean")]
    pub(crate) async fn r#move(mut count: i32, clock: &quintet_core::clock::Clock) {
        count += 1;
        assert!(clock.now().as_second() > i64::from(count));
    }

    #[quintet_macros::command]
    pub(crate) async fn fails() -> Result<(), std::num::ParseIntError> {
        "x".parse::<i32>().map(drop)
    }
}

fn services() -> (Services, Captured) {
    let (console, out) = Console::captured();
    let mut services = Services::builder();
    services.insert(console);
    services.insert(Clock::system());
    services.insert(Settings::for_tests("/tmp", [("cinema.name", "Odeon")]));
    (services.build(), out)
}

fn installed() -> Vec<Command> {
    let app = App::new("cinema").commands(commands![import_films, work::r#move, work::fails]);
    app.slot::<CommandSlot>().unwrap().0.clone()
}

fn args(pairs: &[(&str, &str)]) -> Args {
    let mut args = Args::default();
    pairs.iter().for_each(|(name, value)| args.push(name, *value));
    args
}

#[test]
fn a_command_is_described_by_its_signature_and_comments() {
    let all = installed();
    assert_eq!(all.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["import-films", "clean", "fails"]);
    let import = &all[0];
    assert_eq!(import.about, "Import titles, one a line.\n\nLines that are there already are left alone.");
    let specs: Vec<_> =
        import.args.iter().map(|a| (a.name.as_str(), a.help.as_str(), a.style, a.positional)).collect();
    assert_eq!(
        specs,
        [
            ("file", "The file to read.", ArgStyle::Required, true),
            ("limit", "", ArgStyle::Option, false),
            ("dry_run", "Only look.", ArgStyle::Flag, false),
            ("app", "", ArgStyle::Option, true),
            ("tags", "", ArgStyle::Many, true),
        ]
    );
}

#[tokio::test]
async fn it_runs_with_what_was_given_and_what_the_site_has() {
    let (services, out) = services();
    let given = args(&[("file", "a.txt"), ("limit", "5"), ("dry_run", "true"), ("tags", "x"), ("tags", "y")]);
    installed()[0].run(services, given).await.unwrap();
    assert_eq!(out.text(), "Odeon a.txt Some(5) true [\"x\", \"y\"]\n");
}

#[tokio::test]
async fn nothing_and_any_result_are_good_ends() {
    let (services, _) = services();
    installed()[1].run(services.clone(), args(&[("count", "1")])).await.unwrap();
    let error = installed()[2].run(services, Args::default()).await.unwrap_err();
    assert!(error.downcast_ref::<std::num::ParseIntError>().is_some());
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let (services, _) = services();
    let error = installed()[0].run(services, Args::default()).await.unwrap_err().to_string();
    assert_eq!(error, "file: is needed");
    let error =
        installed()[1].run(Services::builder().build(), args(&[("count", "many")])).await.unwrap_err();
    assert!(error.to_string().starts_with("count: `many`"), "{error}");
}

#[tokio::test]
async fn the_function_stays_a_plain_function() {
    let (services, out) = services();
    let console = services.get::<Console>().unwrap();
    let progress = Progress::new(console.clone());
    let conf = Cinema { name: "Lux".into() };
    import_films("b".into(), None, false, console, &progress, &conf, None, Vec::new()).await.unwrap();
    assert_eq!(out.text(), "Lux b None false []\n");
}
