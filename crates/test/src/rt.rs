//! What `#[quintet::test]` expands to.

use std::any::type_name;

use quintet_core::{Result, Room, Site};

pub use crate::database::{Choice, On};
use crate::{TestSite, database::Own};

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

/// Starts the site, runs the test, stops the site: once on each database that `choice` names and that is there.
///
/// # Panics
/// If the site can't start or the test fails.
pub fn run<S, F, R>(choice: Choice, site: S, rooms: fn() -> Vec<Box<dyn Room>>, test: F)
where
    S: Fn() -> Site,
    F: AsyncFn(TestSite) -> R,
    R: Outcome,
{
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => panic!("the test needs a runtime: {error}"),
    };
    for on in choice.list() {
        // Shown with a failure only: it tells on which database it was.
        println!("on {}:", on.name());
        runtime.block_on(run_on(on, &site, rooms, &test));
    }
}

async fn run_on<S, F, R>(on: On, site: &S, rooms: fn() -> Vec<Box<dyn Room>>, test: &F)
where
    S: Fn() -> Site,
    F: AsyncFn(TestSite) -> R,
    R: Outcome,
{
    let migrate = async |url: String| {
        let migrated = TestSite::start_on(&url, true, site(), rooms()).await?;
        migrated.running().stop().await;
        Ok(())
    };
    let own = match Own::make(on, type_name::<S>(), migrate).await {
        Ok(own) => own,
        Err(error) => panic!("no database for the test on {}: {error:?}", on.name()),
    };
    let site = match TestSite::start_on(&own.url, on == On::Sqlite, site(), rooms()).await {
        Ok(started) => started,
        Err(error) => panic!("the site does not start on {}: {error:?}", on.name()),
    };
    let running = site.running();
    let outcome = running.services().clone().scope(test(site)).await;
    running.stop().await;
    if let Err(error) = own.clear().await {
        panic!("the test's database can't be dropped: {error:?}");
    }
    outcome.judge();
}
