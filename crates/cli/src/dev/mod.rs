//! The development loop: `cargo run -- dev`.
//!
//! This process becomes a supervisor. It holds the listening socket, knows what belongs to the project (`project`), hears what
//! changes (`watch`) and what that means (`change`), builds (`build`) and runs the site as a child that gets the socket (`child`).
//! The other half, in the child, is `quintet_web::dev`.
//!
//! The old child serves until the new one is ready, and connections wait in the socket's queue meanwhile, so that none is
//! refused. What does not compile, or does not start, is told in the terminal and in the browser: by the old child, or if there
//! is none, by the supervisor itself (`stand_in`).
mod build;
mod change;
mod child;
mod problem;
mod project;
mod stand_in;
mod watch;

use std::{
    net::TcpListener,
    path::Path,
    time::{Duration, Instant},
};

use quintet_core::{
    Error, Result,
    command::{Args, Console},
    settings::Settings,
};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::style::Style;
use build::Built;
use change::{Change, Level};
use child::{Child, Spawner, Started};
use problem::Problem;
use project::Project;
use stand_in::StandIn;
use watch::Watch;

/// How long an old child may take to finish what it has begun.
const DRAIN: Duration = Duration::from_secs(5);

/// Runs the loop until it is told to stop.
///
/// # Errors
/// If this is no project of Cargo's, or its address is taken.
pub(crate) async fn run(settings: &Settings, args: &Args, console: &Console) -> Result {
    let setting = |section: &str, key: &str| {
        settings.rows().into_iter().find(|row| row.section == section && row.key == key).map(|row| row.value)
    };
    let bind = args.take::<Option<String>>("bind")?.or_else(|| setting("server", "bind"));
    let Some(bind) = bind else {
        return Err(Error::settings("this site has no server that could be worked on"));
    };
    let dirs = setting("static", "dirs").unwrap_or_default();
    let dirs = dirs.split(", ").filter(|dir| !dir.is_empty()).map(|dir| settings.root().join(dir)).collect();
    let mut project = Project::find(settings.root(), dirs).await?;
    if let Some(features) = args.take::<Option<String>>("features")? {
        project.options.extend(["--features".to_owned(), features]);
    }
    if args.take("no_default_features")? {
        project.options.push("--no-default-features".to_owned());
    }
    let listener = listen(&bind)?;
    let address = listener.local_addr()?;
    let text_logs = setting("log", "format").is_some_and(|format| format == "auto");
    let spawner = Spawner::new(&listener, text_logs)?;
    let watch = Watch::start(&project)?;
    let stop =
        Stop { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? };
    console.line(format_args!("Serving http://{address}/ and watching {}  (Ctrl-C stops)", project.name()));
    Loop {
        project,
        watch,
        spawner,
        listener,
        child: None,
        stand_in: None,
        problem: None,
        stop,
        console: console.clone(),
    }
    .run()
    .await
}

fn listen(bind: &str) -> Result<TcpListener> {
    let hint = "set it by QUINTET_BIND, `bind` in [server] of quintet.toml, or --bind";
    let listener = TcpListener::bind(bind)
        .map_err(|e| Error::settings(format!("can't listen on {bind}: {e} ({hint})")).with_source(e))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    async fn told(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

struct Loop {
    project: Project,
    watch: Watch,
    spawner: Spawner,
    listener: TcpListener,
    child: Option<Child>,
    stand_in: Option<StandIn>,
    problem: Option<Problem>,
    stop: Stop,
    console: Console,
}

/// What ends a piece of work before its end.
enum Next {
    Done,
    Stopped,
}

impl Loop {
    async fn run(mut self) -> Result {
        let mut change = Change::of(Level::Rebuild);
        loop {
            if let Next::Stopped = self.handle(change).await? {
                break;
            }
            change = tokio::select! {
                change = self.watch.next() => change,
                ended = ended(&mut self.child) => {
                    self.child = None;
                    self.tell(ended).await?;
                    Change::of(Level::Nothing)
                }
                () = self.stop.told() => break,
            };
        }
        self.console.line("Stopping.");
        if let Some(child) = self.child.take() {
            tokio::select! {
                () = child.stop(DRAIN) => {}
                // Once more: at once.
                () = self.stop.told() => {}
            }
        }
        Ok(())
    }

    async fn handle(&mut self, change: Change) -> Result<Next> {
        let started = Instant::now();
        match change.level {
            Level::Nothing => return Ok(Next::Done),
            Level::Page => {
                if let Some(child) = &mut self.child {
                    child.say(&change.event()).await;
                    self.console.line(format_args!("  {}", change.describe()));
                }
                return Ok(Next::Done);
            }
            Level::Restart => {
                self.console.line(format_args!("  {}: starting again", change.describe()));
                return self.start(started, "").await;
            }
            Level::Rebuild => {}
        }
        if change.manifest {
            // There may be other packages now.
            self.project.again().await?;
            self.watch = Watch::start(&self.project)?;
        }
        if self.child.is_none() {
            self.stand_in(None)?;
        }
        let built = tokio::select! {
            built = build::build(&self.project, &self.console) => built?,
            () = self.stop.told() => return Ok(Next::Stopped),
        };
        match built {
            Built::Failed(problem) => {
                self.tell(problem).await?;
                Ok(Next::Done)
            }
            Built::Fresh
                if !change.restart && self.child.as_ref().is_some_and(|child| child.runs(&self.project)) =>
            {
                self.fine().await;
                if let (Some(child), true) = (&mut self.child, !change.files.is_empty()) {
                    child.say(&change.event()).await;
                }
                Ok(Next::Done)
            }
            Built::Fresh => self.start(started, "").await,
            Built::New => {
                let took = format!("built in {}, ", seconds(started));
                self.start(started, &took).await
            }
        }
    }

    /// Starts the site anew; the old one serves until the new one does.
    async fn start(&mut self, since: Instant, took: &str) -> Result<Next> {
        let started = tokio::select! {
            started = self.spawner.start(&self.project) => started?,
            () = self.stop.told() => return Ok(Next::Stopped),
            // Out of date before it has begun.
            () = self.watch.changed(Level::Restart) => return Ok(Next::Done),
        };
        match started {
            Started::Ready(child) => {
                self.stand_in = None;
                self.problem = None;
                if let Some(old) = self.child.replace(*child) {
                    tokio::spawn(old.stop(DRAIN));
                }
                let style = Style::stdout();
                self.console.line(format_args!(
                    "  {} {took}serving after {}",
                    style.green("✓"),
                    seconds(since)
                ));
            }
            Started::Failed(problem) => self.tell(problem).await?,
        }
        Ok(Next::Done)
    }

    /// Shows what is wrong, wherever somebody looks.
    async fn tell(&mut self, problem: Problem) -> Result {
        self.console.warn(problem.for_terminal());
        match &mut self.child {
            Some(child) => child.say(&format!("problem {}", problem.json())).await,
            None => self.stand_in(Some(&problem))?,
        }
        self.problem = Some(problem);
        Ok(())
    }

    async fn fine(&mut self) {
        if self.problem.take().is_some() {
            self.console.line("  as it was: nothing is wrong any more");
            if let Some(child) = &mut self.child {
                child.say("fine").await;
            }
        }
    }

    fn stand_in(&mut self, problem: Option<&Problem>) -> Result {
        match &self.stand_in {
            Some(stand_in) => stand_in.show(problem),
            None => self.stand_in = Some(StandIn::start(&self.listener, problem)?),
        }
        Ok(())
    }
}

/// Waits until the child ends by itself; for ever if there is none.
async fn ended(child: &mut Option<Child>) -> Problem {
    match child {
        Some(child) => child.ended().await,
        None => std::future::pending().await,
    }
}

fn seconds(since: Instant) -> String {
    format!("{:.2} s", since.elapsed().as_secs_f64())
}

/// `path` below `root`, for people.
fn below<'a>(path: &'a Path, root: &Path) -> &'a Path {
    path.strip_prefix(root).unwrap_or(path)
}
