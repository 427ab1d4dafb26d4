//! What `#[quintet::test]` expands to.

use quintet_core::{Result, Room, Site};

use crate::TestSite;

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

/// Starts the site, runs the test, stops the site.
///
/// # Panics
/// If the site can't start or the test fails.
pub fn run<F, R>(site: impl FnOnce() -> Site, rooms: fn() -> Vec<Box<dyn Room>>, test: F)
where
    F: AsyncFnOnce(TestSite) -> R,
    R: Outcome,
{
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => panic!("the test needs a runtime: {error}"),
    };
    runtime.block_on(async {
        let site = match TestSite::start(site(), rooms()).await {
            Ok(started) => started,
            Err(error) => panic!("the site does not start: {error:?}"),
        };
        let running = site.running();
        let outcome = running.services().clone().scope(test(site)).await;
        running.stop().await;
        outcome.judge();
    });
}
