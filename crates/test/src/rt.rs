//! What `#[quintet::test]` expands to.

use std::any::type_name;

use quintet_core::{Result, Room, Site};
use tokio::runtime::Builder;

pub use crate::database::{Choice, On};
#[cfg(feature = "orm")]
pub use crate::factories::rt::{RawAssign, check_required};
use crate::{
    TestSite,
    database::{self, Own, Urls},
    time::StandStill,
};

/// How a test ends.
#[diagnostic::on_unimplemented(message = "a test can't end with `{Self}`", label = "return `()` or `Result`")]
pub trait Outcome {
    /// Fails the test if it went wrong.
    fn judge(self);
}

impl Outcome for () {
    fn judge(self) {}
}

impl<T, E: Into<quintet_core::Error>> Outcome for Result<T, E> {
    #[track_caller]
    fn judge(self) {
        if let Err(error) = self {
            panic!("{:?}", error.into());
        }
    }
}

/// How a test is run.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// The databases.
    pub on: Choice,
    /// Settings of its own.
    pub settings: &'static [(&'static str, &'static str)],
    /// Does tokio's clock stand still?
    pub paused: bool,
}

/// Starts the site, runs the test, stops the site: once on each database that `setup` names and that is there.
///
/// # Panics
/// If the site can't start or the test fails.
pub fn run<S, F, R>(setup: Setup, site: S, rooms: fn() -> Vec<Box<dyn Room>>, test: F)
where
    S: Fn() -> Site,
    F: AsyncFn(TestSite) -> R,
    R: Outcome,
{
    let mut builder = match setup.paused {
        true => Builder::new_current_thread(),
        false => Builder::new_multi_thread(),
    };
    let runtime = match builder.worker_threads(2).enable_all().start_paused(setup.paused).build() {
        Ok(runtime) => runtime,
        Err(error) => panic!("the test needs a runtime: {error}"),
    };
    for on in setup.on.list() {
        // Shown with a failure only: it tells on which database it was.
        println!("on {}:", on.name());
        runtime.block_on(run_on(on, setup, &site, rooms, &test));
    }
}

async fn run_on<S, F, R>(on: On, setup: Setup, site: &S, rooms: fn() -> Vec<Box<dyn Room>>, test: &F)
where
    S: Fn() -> Site,
    F: AsyncFn(TestSite) -> R,
    R: Outcome,
{
    let _still = setup.paused.then(StandStill::begin);
    let names = match database::names(&site()) {
        Ok(names) => names,
        Err(error) => panic!("the site's settings can't be read: {error:?}"),
    };
    let migrate = async |urls: Urls| {
        let migrated = TestSite::start_on(&urls, true, site(), rooms(), &[]).await?;
        migrated.running().stop().await;
        Ok(())
    };
    let own = match Own::make(on, type_name::<S>(), &names, migrate).await {
        Ok(own) => own,
        Err(error) => panic!("no database for the test on {}: {error:?}", on.name()),
    };
    let started = TestSite::start_on(&own.urls, on == On::Sqlite, site(), rooms(), setup.settings).await;
    let mut site = match started {
        Ok(started) => started,
        Err(error) => panic!("the site does not start on {}: {error:?}", on.name()),
    };
    site.paused = setup.paused;
    let running = site.running();
    let work = running.services().clone().scope(test(site));
    #[cfg(feature = "orm")]
    let work = crate::factories::numbered(work);
    let outcome = work.await;
    running.stop().await;
    if let Err(error) = own.clear().await {
        panic!("the test's database can't be dropped: {error:?}");
    }
    outcome.judge();
}
